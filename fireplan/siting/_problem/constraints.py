"""What may be chosen: how many, at what cost, and which candidates exclude each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan.errors import Faults, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.siting._problem.integer_program import ProgramRows


@dataclass(frozen=True, eq=False)
class Choice:
    """
    Conditions on a choice among candidates.

    Attributes
    ----------
    n
        How many candidates there are.
    quota
        How many may be chosen, by group.
    group
        Group of each candidate; left out: all are of group 0.
    cost, budget
        What choosing each costs, and what there is to spend, in the same unit; a cost may be negative (a saving).
    forbidden
        Pairs of positions of which at most one may be chosen.
    most
        How often each may be chosen (units at one site); left out: once.
    """

    n: int
    quota: tuple[int, ...]
    group: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    cost: NDArray[np.float64] | None = None
    budget: float = math.inf
    forbidden: tuple[tuple[int, int], ...] = ()
    most: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """Fill in what was left out, and check the rest."""
        if len(self.group) == 0:
            object.__setattr__(self, "group", np.zeros(self.n, dtype=np.int64))
        if len(self.most) == 0:
            object.__setattr__(self, "most", np.ones(self.n, dtype=np.int64))
        self._check()

    def _check(self) -> None:
        faults = Faults("the choice")
        for g, quota in enumerate(self.quota):
            there = int(self.most[self.group == g].sum())
            if quota < 0 or quota != int(quota):
                faults.add(f"{quota} are to be chosen: give a whole number, zero or more")
            elif quota > there:
                faults.add(f"{quota} are to be chosen of {there} candidates: ask for fewer, or give more candidates")
        if self.cost is not None and not np.isfinite(self.cost).all():
            faults.add(f"cost is not a number for candidate {_first(~np.isfinite(self.cost))}")
        if math.isnan(self.budget):
            faults.add("budget is not a number")
        if self.budget < math.inf and self.cost is None:
            faults.add("there is a budget but no cost: give what each site costs")
        beyond = [p for p in self.forbidden if not all(0 <= j < self.n for j in p) or p[0] == p[1]]
        if beyond:
            faults.add(f"forbidden pairs name no two candidates: {listed(beyond)}")
        elif (self.most[self._pairs] > 1).any():
            faults.add("forbidden pairs hold candidates that may be chosen more than once: allow one unit at each")
        faults.raise_if_any()

    @cached_property
    def _pairs(self) -> NDArray[np.int64]:
        return np.array(self.forbidden, dtype=np.int64).reshape(-1, 2)

    @property
    def counted_only(self) -> bool:
        """Whether numbers by group are the only conditions."""
        return not self.forbidden and math.isinf(self.budget)

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether a choice (positions; one chosen twice stands twice) meets every condition."""
        times = np.bincount(chosen, minlength=self.n)
        used = np.bincount(self.group, weights=times, minlength=len(self.quota))
        if (times > self.most).any() or (used > np.array(self.quota)).any():
            return False
        if self.cost is not None and self.spent(chosen) > self.budget + 1e-9 * max(1.0, abs(self.budget)):
            return False
        return not (times[self._pairs] > 0).all(axis=1).any()

    def may_join(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say of each candidate whether it may be chosen on top of a choice."""
        times = np.bincount(chosen, minlength=self.n)
        used = np.bincount(self.group, weights=times, minlength=len(self.quota))
        free = (times < self.most) & (used < np.array(self.quota))[self.group]
        if self.cost is not None:
            free &= self.cost <= self.budget - self.spent(chosen) + 1e-9 * max(1.0, abs(self.budget))
        one, other = self._pairs.T
        free[one[times[other] > 0]] = False
        free[other[times[one] > 0]] = False
        return free

    def spent(self, chosen: NDArray[np.int64]) -> float:
        """What a choice costs; 0 where costs are not given."""
        return 0.0 if self.cost is None else float(self.cost[chosen].sum())

    def add_rows(self, rows: ProgramRows, columns: NDArray[Any] | None = None) -> None:
        """
        Add the conditions to an integer program.

        Parameters
        ----------
        rows
            Where to.
        columns
            The variable of each candidate, -1 where it has been ruled out; left out: variables 0 to n - 1.
        """
        at = np.arange(self.n) if columns is None else np.asarray(columns)
        for g, quota in enumerate(self.quota):
            mine = at[(self.group == g) & (at >= 0)]
            if len(mine):
                rows.add(mine, 1.0, upper=float(quota))
        if self.cost is not None and self.budget < math.inf:
            rows.add(at[at >= 0], self.cost[at >= 0], upper=self.budget)
        for pair in self._pairs:
            if (at[pair] >= 0).all() and (self.most[pair] > 0).all():
                rows.add(at[pair], 1.0, upper=1.0)


def pairs_within(points: NDArray[np.float64], apart_m: float) -> tuple[tuple[int, int], ...]:
    """
    Pairs of points nearer to each other than a distance.

    Parameters
    ----------
    points
        x and y of each. [m]
    apart_m
        The distance. [m]
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    near = cKDTree(points).query_pairs(apart_m)
    distance_m = {p: float(np.hypot(*(points[p[0]] - points[p[1]]))) for p in near}
    return tuple(sorted(p for p, d in distance_m.items() if d < apart_m))


def merged(pairs: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Each pair once, the smaller position first."""
    return tuple(sorted({(min(a, b), max(a, b)) for a, b in pairs}))


def _first(which: NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(which)[0])
