"""The Lagrangian bound of covering problems, by subgradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.cover.cover_runs import Runs

DEFLECTION = 0.75
"""How much of the last direction stays in the next."""

SHRINK = 0.6
"""Steps shrink by this when the bound has stood still."""

STILL = 1e-5
"""A bound that falls by less than this part of itself stands still."""


class Rows(NamedTuple):
    """
    Demand to be covered, row by row.

    Attributes
    ----------
    weight
        Of each row; 0: nothing is left to gain there.
    base
        How often each row is covered before anything is chosen.
    worth
        What being covered once more is worth, by how often it is covered so far; never rising.
    """

    weight: NDArray[np.float64]
    base: NDArray[np.int64]
    worth: NDArray[np.float64]


class Room(NamedTuple):
    """
    What may still be chosen.

    Attributes
    ----------
    alive
        Candidates that may be, by position.
    most
        How often each candidate may be chosen. [n]
    group
        Group of each candidate. [n]
    quota
        How many of each group may be chosen.
    units
        How many units come with each candidate. [n]
    """

    alive: NDArray[np.int64]
    most: NDArray[np.int64]
    group: NDArray[np.int64]
    quota: NDArray[np.int64]
    units: NDArray[np.int64]


class Relaxation:
    """
    Multipliers of one problem, the bound they prove, and what was seen on the way.

    Attributes
    ----------
    bound
        The lowest bound on what can be gained.
    price
        The multipliers that prove it: what being covered once more may cost, by row.
    score
        Sum of the price over what each candidate covers; -1: it may not be chosen. [n]
    often
        How often each candidate was in the relaxed answer of late, 0 to 1. [n]
    best, value
        How often each candidate stands in the best relaxed answer that met all conditions, and what that gains.

    Notes
    -----
    Held to the prices, rows and candidates come apart: the bound is the sum of what each row gains at its price and the
    best candidates by score (Galvão and ReVelle 1996, for maximal covering; the same for any worth that never rises).
    Steps are Polyak's, along a direction that remembers the last ones (Camerini, Fratta and Maffioli 1975).
    """

    def __init__(self, runs: Runs, rows: Rows, price: NDArray[np.float64] | None = None) -> None:
        n, m = runs.n, runs.n_rows
        self._runs = runs
        self.price = np.zeros(m)
        self.score = np.zeros(n)
        self.often = np.zeros(n)
        self.best = np.zeros(n, dtype=np.int64)
        self.value, self.bound = 0.0, np.inf
        top = rows.weight * rows.worth[np.minimum(rows.base, len(rows.worth) - 1)]
        self._at = top * 0.5 if price is None else np.minimum(price, top)
        self._direction, self._prefix, self._now = np.zeros(m), np.zeros(m + 1), np.zeros(n)
        self._step, self._picked = np.zeros(m + 1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self._state = np.array([np.inf, 0.0, 0.0, 0.0])

    def descend(
        self,
        rows: Rows,
        room: Room,
        *,
        towards: float,
        iterations: int,
        stride: float = 1.0,
        patience: int = 40,
        stop_below: float = -np.inf,
    ) -> None:
        """
        Lower the bound.

        Parameters
        ----------
        rows, room
            What is to be covered, and what may be chosen.
        towards
            A gain that is known to be possible: steps aim there.
        iterations
            How many at most; some milliseconds each on a city.
        stride
            Length of the first steps, as a share of Polyak's.
        patience
            Iterations without a lower bound before steps shrink.
        stop_below
            A bound under this is good enough.
        """
        state = self._state
        state[2], state[3] = stride, 0.0
        self._direction[:] = 0.0
        if np.isfinite(self.bound):
            self._at[:] = self.price
        _descend(
            *self._runs[:3], room.units, rows.weight, rows.base, rows.worth, room.alive, room.most, room.group,
            room.quota, self._at, self.price, self._now, self.score, self._direction, self._prefix, self._step,
            self.often, self._picked, self.best, state, towards, iterations, patience, stop_below,
        )  # fmt: skip
        self.bound, self.value = float(state[0]), float(state[1])


@part
def _copy(values, into):
    """Copy as many values as there is room for; `into[:] = values` would compile what to say if they were more."""
    for i in range(len(into)):
        into[i] = values[i]


@compiled
def _descend(
    start, lo, hi, units, weight, base, worth, alive, most, group, quota, at, price, now, score, direction, prefix,
    step, often, picked, best, state, towards, iterations, patience, stop_below,
):  # fmt: skip
    # Subgradient optimisation (Held, Wolfe and Crowder 1974). Any prices prove a bound; they wander in `at`, while
    # state[0] is the lowest bound so far and `price` and `score` are those that gave it. state[1] is the best gain of a
    # relaxed answer, state[2] the stride, state[3] the turns since the bound last fell by more than STILL of itself.
    m, levels = len(weight), len(worth)
    value_now = np.empty(len(alive))
    left = np.empty_like(quota)
    for _ in range(iterations):
        # Every row takes what is worth more than its price; worth never rises, so the first level that is not is the
        # last to be looked at.
        bound = 0.0
        prefix[0] = 0.0
        for i in range(m):
            prefix[i + 1] = prefix[i] + at[i]
            if weight[i] > 0.0:
                for k in range(base[i], levels):
                    over = weight[i] * worth[k] - at[i]
                    if over <= 0.0:
                        break
                    bound += over
        # The candidates that earn most are taken, as far as the quotas go: what one earns is the sum of the prices of
        # its rows, two look-ups of the running sum a run. What is taken is written at the ends of its runs alone.
        for r in range(len(alive)):
            j = alive[r]
            total = 0.0
            for k in range(start[j], start[j + 1]):
                total += prefix[hi[k]] - prefix[lo[k]]
            now[j] = total * units[j]
            value_now[r] = -now[j]
        _copy(quota, left)
        step[:] = 0
        for r in range(len(alive)):
            often[alive[r]] *= 0.95
        for r in np.argsort(value_now):
            j = alive[r]
            picked[j] = 0
            taken = min(most[j], left[group[j]])
            if taken <= 0 or now[j] <= 0.0:
                continue
            left[group[j]] -= taken
            picked[j] = taken
            bound += taken * now[j]
            often[j] += 0.05
            for k in range(start[j], start[j + 1]):
                step[lo[k]] += taken * units[j]
                step[hi[k]] -= taken * units[j]
        if bound < state[0]:
            state[3] = 0.0 if bound < state[0] * (1.0 - STILL) else state[3] + 1.0
            state[0] = bound
            _copy(at, price)
            score[:] = -1.0
            for r in range(len(alive)):
                score[alive[r]] = now[alive[r]]
            if bound < stop_below:
                return
        else:
            state[3] += 1.0
        # What the taken candidates cover (a running sum of what was written), against what the rows take: the
        # difference is the slope in that row's price. Slopes that lead out of the box of prices are no length.
        covered, gained, norm = 0, 0.0, 0.0
        for i in range(m):
            covered += step[i]
            if weight[i] <= 0.0:
                continue
            slope = float(covered)
            for k in range(base[i], levels):
                w = weight[i] * worth[k]
                if k < base[i] + covered:
                    gained += w
                if w > at[i]:
                    slope -= 1.0
                elif k >= base[i] + covered:
                    break
            d = DEFLECTION * direction[i] + slope
            direction[i] = d
            if not ((d > 0.0 and at[i] <= 0.0) or (d < 0.0 and at[i] >= weight[i] * worth[base[i]])):
                norm += d * d
        if gained > state[1]:
            state[1] = gained
            best[:] = 0
            for r in range(len(alive)):
                best[alive[r]] = picked[alive[r]]
        # No lower bound for long: back to the best prices, with shorter steps.
        if state[3] >= patience:
            state[2] *= SHRINK
            state[3] = 0.0
            _copy(price, at)
            direction[:] = 0.0
            continue
        # Polyak's step: as far as would close the gap if the bound fell along the slope.
        length = state[2] * (bound - towards) / max(norm, 1e-12)
        for i in range(m):
            if weight[i] > 0.0:
                at[i] = min(max(at[i] - length * direction[i], 0.0), weight[i] * worth[base[i]])
            else:
                at[i] = 0.0
