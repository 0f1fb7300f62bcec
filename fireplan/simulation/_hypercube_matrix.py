"""The hypercube on arrays: calls by place, whom each place asks in which order, and how long units are out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._kernel.jit import COMPILING
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.progress import listening
from fireplan.simulation._hypercube_lists import lists_of
from fireplan.simulation._hypercube_nearly import NEIGHBOURS, nearly
from fireplan.simulation._hypercube_states import QueueAsked, exactly, runs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from fireplan.simulation._hypercube_states import QueueFound

METHODS = ("auto", "exact", "approximate")
EXACT_UP_TO = 16
"""So many units are solved exactly unless something else is asked for."""

TIE_S = 1.0
"""Units whose drives differ by no more are asked alike. [s]"""

MOST_UNITS_A_CALL = 8
SAME_SHARE = 1e-6
"""Shares add up to 1 but for this."""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class HypercubeAnswer:
    """
    How busy units are in the long run, and whom each place gets.

    Attributes
    ----------
    busy
        By unit: which share of the time it is out.
    runs_per_hour
        By unit: how often it goes out. [1/h]
    out_h
        By unit: how long it is out, on average. [h]
    first
        Units x places: how likely the unit is the first sent to a call there, at once.
    sent
        Units x places: how likely it is sent there at all, at once.
    nearest
        Units x places: the same of the first if all were free; units that are asked alike share.
    calls_per_hour
        By place, as given. [1/h]
    reached
        By place: whether any unit answers it at all.
    waits
        Whether calls wait for units that are not free; else those that find none are lost, or given to aid.
    waiting_share
        Share of the calls at places reached that wait for their first unit; 0 without a queue.
    mean_wait_h
        How long calls wait for their first unit, on average over all of them. [h]
    units_wanted
        Units that a call takes, on average.
    counts
        Which share of the time 0, 1, ... units are busy.
    method
        "exact" or "approximate".
    off
        How far what comes to the states and what leaves them are apart, as a share of all; NaN if approximate.
    sweeps
        How many sweeps or rounds it took.
    n_lists
        How many different orders of units there are among the places.
    """

    busy: NDArray[np.float64]
    runs_per_hour: NDArray[np.float64]
    out_h: NDArray[np.float64]
    first: NDArray[np.float64]
    sent: NDArray[np.float64]
    nearest: NDArray[np.float64]
    calls_per_hour: NDArray[np.float64]
    reached: NDArray[np.bool_]
    waits: bool
    waiting_share: float
    mean_wait_h: float
    units_wanted: float
    counts: NDArray[np.float64]
    method: str
    off: float
    sweeps: int
    n_lists: int

    @property
    def flows_per_hour(self) -> dict[str, float]:
        """
        Say what becomes of the calls. [1/h]

        Returns
        -------
        `at_once`: units are sent at once; `waited`: they wait first; `lost`: no unit that answers the place is free;
        `not_reached`: none answers it at all. They add up to all calls.
        """
        calls = self.calls_per_hour
        reached = float(calls[self.reached].sum())
        at_once = float(calls @ self.first.sum(axis=0))
        waited = reached * self.waiting_share
        return {
            "at_once": at_once,
            "waited": waited,
            "lost": max(reached - at_once - waited, 0.0),
            "not_reached": float(calls[~self.reached].sum()),
        }

    def __repr__(self) -> str:
        """Say how busy units are, and what becomes of the calls."""
        flows = self.flows_per_hour
        told = ", ".join(f"{name.replace('_', ' ')} {wording.share(part / sum(flows.values()))}" for name, part in
                         flows.items())  # fmt: skip
        return (
            f"HypercubeAnswer ({self.method}): {wording.counted(len(self.busy), 'unit')}, busy"
            f" {wording.share(self.busy.min())} to {wording.share(self.busy.max())}; calls: {told}"
        )


@takes
def hypercube_matrix(
    calls_per_hour: ArrayLike,
    drive_s: ArrayLike,
    *,
    out_h: ArrayLike,
    units_per_call: float | Mapping[int, float] = 1,
    queue: bool = False,
    method: str = "auto",
    tie_s: float = TIE_S,
) -> HypercubeAnswer:
    """
    Work out how busy units are when each call takes the nearest that are free (the hypercube queueing model).

    Parameters
    ----------
    calls_per_hour
        By place. [1/h]
    drive_s
        Units x places: how long units drive there, which is the order in which they are asked, or any other figure
        that has this order; inf or NaN: the unit does not answer that place. [s]
    out_h
        How long a unit is out for a call, from its dispatch until it can be sent again, on average: one figure, by
        unit, or units x places. [h]
    units_per_call
        How many units a call takes: a number, or shares of the calls by number, such as `{1: 0.8, 2: 0.15, 4: 0.05}`.
        If fewer are free, those are sent; the rest is waited for (with a queue) or done without.
    queue
        True: calls that find no unit free wait, the first to come being the first served. False: they are lost, or
        given to aid.
    method
        "exact": every state of the department, 2 to the power of the units. "approximate": neighbourhoods of units.
        "auto": exact up to 16 units.
    tie_s
        Units whose drives differ by no more are asked alike: those of them that are free share the calls. [s]

    Returns
    -------
    Shares of time, whom calls get, and what becomes of them: `HypercubeAnswer`.

    Raises
    ------
    TableError
        With every figure that cannot be used.
    InputError
        If the states do not fit into memory; if with a queue calls come faster than units come free, or a unit does not
        answer every place.

    Notes
    -----
    Larson (1974): calls come by chance and evenly through time at each place (Poisson), and times out are exponential
    [1]_. What is exact is exact for that. Units of one call come free one by one [2]_. What matters of times out is
    their mean, nearly: in a loss system their spread hardly changes how busy units are. Where `out_h` differs by place,
    each unit's mean over its own calls counts, found by solving again [4]_. A queue is a chain of its own beyond the
    state in which all are out, and is solved in closed form. Several units that are asked alike share in equal parts.

    "approximate": Larson's iteration with correction factors [3]_, with Jarvis's for unequal times out [4]_; then
    neighbourhoods of 11 units are solved exactly, the units around them being busy as found so far. The last step is
    our own.

    References
    ----------
    .. [1] R. C. Larson, A hypercube queuing model for facility location and redistricting in urban emergency services,
       Computers & Operations Research 1 (1974).
    .. [2] K. R. Chelst, Z. Barlach, Multiple unit dispatches in emergency services, Management Science 27 (1981).
    .. [3] R. C. Larson, Approximating the performance of urban emergency service systems, Operations Research 23
       (1975).
    .. [4] J. P. Jarvis, Approximating the equilibrium behavior of multi-server loss systems, Management Science 31
       (1985).

    Examples
    --------
    Two engines, two places, a call every other hour at each, out for an hour.

    >>> from fireplan.simulation import hypercube_matrix
    >>> found = hypercube_matrix([0.5, 0.5], [[60, 180], [180, 60]], out_h=1.0)
    >>> found.busy.round(3), found.counts.round(3)
    (array([0.4, 0.4]), array([0.4, 0.4, 0.2]))
    """
    calls, drive, out, share = _checked(calls_per_hour, drive_s, out_h, units_per_call, method=method, tie_s=tie_s)
    answers = np.isfinite(drive)
    used, reached = np.asarray(answers.any(axis=1)), np.asarray(answers.any(axis=0))
    if not calls[reached].any():
        raise InputError("no unit answers any place where calls come: nothing can be worked out")
    at = np.flatnonzero(reached)
    if queue and not answers[np.ix_(used, at)].all():
        lacks = np.flatnonzero(used & ~answers[:, at].all(axis=1))
        raise InputError(
            "with a queue the unit that comes free first takes what waits, and some do not answer every place"
            f" (units in rows {listed(lacks)}): leave queue out, or leave out these places or units"
        )
    lists = lists_of(drive[np.ix_(used, at)], tie_s)
    n_lists = len(lists.unit)
    by_list = np.bincount(lists.of, weights=calls[at], minlength=n_lists).astype(float)
    # Of a list at whose places no call comes, each place counts once: nothing depends on it.
    weight = np.where(by_list[lists.of] > 0, calls[at], 1.0)
    of_list = np.stack([np.bincount(lists.of, weights=weight * row[at], minlength=n_lists) for row in out[used]])
    mean_h = of_list / np.bincount(lists.of, weights=weight, minlength=n_lists)
    asked = QueueAsked(lists, by_list, mean_h.T, share, queue)
    exact = method == "exact" or (method == "auto" and int(used.sum()) <= EXACT_UP_TO)
    solve = exactly if exact else nearly
    _compiled_for(solve)
    found = listening(partial(solve, asked), what="states of units")

    def spread(by_unit: NDArray[np.float64], otherwise: NDArray[np.float64] | float) -> NDArray[np.float64]:
        whole = np.broadcast_to(np.asarray(otherwise, dtype=float), used.shape).copy()
        whole[used] = by_unit
        return whole

    def at_places(by_list: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = np.zeros(drive.shape)
        whole[np.ix_(used, at)] = by_list[lists.of].T
        return whole

    return HypercubeAnswer(
        busy=spread(found.busy, 0.0),
        runs_per_hour=spread(runs_of(asked, found).sum(axis=0), 0.0),
        out_h=spread(1.0 / found.ends, out.mean(axis=1)),
        first=at_places(found.first),
        sent=at_places(found.sent),
        nearest=at_places(lists.nearest()),
        calls_per_hour=calls,
        reached=reached,
        waits=queue,
        waiting_share=found.waiting.calls,
        mean_wait_h=found.waiting.first_h,
        units_wanted=float(share @ np.arange(1, len(share) + 1)),
        counts=found.counts,
        method="exact" if exact else "approximate",
        off=found.off,
        sweeps=found.sweeps,
        n_lists=n_lists,
    )


@cache
def _compiled_for(solve: Callable[[QueueAsked], QueueFound]) -> None:
    """Answer the smallest question of the kind once, so that progress tells compiling from solving."""
    n = NEIGHBOURS + 1 if solve is nearly else 1
    lists = lists_of(np.arange(float(n))[:, None], TIE_S)
    smallest = QueueAsked(lists, np.ones(1), np.full((1, n), 0.1), np.ones(1), queue=False)
    listening(partial(solve, smallest), what=COMPILING)


def shares_of(units_per_call: float | Mapping[int, float], faults: Faults) -> NDArray[np.float64]:
    """Share of calls that take 1, 2, ... units."""
    given = dict(units_per_call) if isinstance(units_per_call, Mapping) else {units_per_call: 1.0}
    number = {k: float(share) for k, share in given.items() if share}
    right = all(float(k).is_integer() and 1 <= k <= MOST_UNITS_A_CALL for k in number)
    if not number or not right:
        faults.add(
            f"units_per_call is {units_per_call}: give a whole number of units, 1 to {MOST_UNITS_A_CALL}, or shares of"
            " the calls by such numbers, as {1: 0.8, 2: 0.2}"
        )
        return np.ones(1)
    total = sum(number.values())
    if min(number.values()) < 0 or not abs(total - 1) <= SAME_SHARE:
        faults.add(f"shares of units_per_call add up to {total:g}: give shares, none below zero, that add up to 1")
        return np.ones(1)
    found = np.zeros(int(max(number)))
    for k, share in number.items():
        found[int(k) - 1] += share / total
    return found


def _checked(
    calls_per_hour: ArrayLike,
    drive_s: ArrayLike,
    out_h: ArrayLike,
    units_per_call: float | Mapping[int, float],
    *,
    method: str,
    tie_s: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Take the figures in as arrays: calls, drives, times out of every unit at every place, shares by units taken."""
    faults = Faults("hypercube")
    calls = np.asarray(calls_per_hour, dtype=float)
    drive, out = np.asarray(drive_s, dtype=float), np.asarray(out_h, dtype=float)
    if drive.ndim != 2 or calls.ndim != 1 or drive.shape[1] != len(calls) or 0 in drive.shape:
        faults.add(
            f"drive_s has shape {drive.shape} and calls_per_hour {calls.shape}: give units x places, and one figure for"
            " each place"
        )
        faults.raise_if_any()
    if not (np.isfinite(calls).all() and (calls >= 0).all()):
        bad = np.flatnonzero(~(np.isfinite(calls) & (calls >= 0)))
        faults.add(f"calls_per_hour is {calls[bad[0]]} at place {bad[0]}: give numbers, zero or more")
    elif not calls.sum() > 0:
        faults.add("calls_per_hour is zero everywhere: without calls no unit is ever busy")
    if (drive < 0).any():
        faults.add(f"drive_s holds {drive.min():g}: give times, zero or more, and inf where a unit does not answer")
    shape = out.shape
    if out.ndim == 1 and len(out) == len(drive):
        out = out[:, None]
    try:
        out = np.broadcast_to(out, drive.shape)
    except ValueError:
        faults.add(f"out_h has shape {shape}: give one figure, one for each unit, or units x places")
        out = np.ones(drive.shape)
    used = np.isfinite(drive)
    if not (np.isfinite(out[used]).all() and (out[used] > 0).all()):
        faults.add("out_h is not above zero everywhere: give the hours that a unit is out for a call")
    share = shares_of(units_per_call, faults)
    if method not in METHODS:
        faults.add(f"method is {quoted(method)}: use {listed(METHODS)}")
    if not 0 <= tie_s < np.inf:
        faults.add(f"tie_s is {tie_s}: give a number of seconds, zero or more")
    faults.raise_if_any()
    return calls, drive, np.where(used, out, 0.0), share
