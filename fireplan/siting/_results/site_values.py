"""What every site is worth beside the others: scores, runner-ups, and what each further station buys."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.service_problem import Costs

SAME = 1e-9
"""Choices whose worth differs by less than this part attain the same: sums of weights are not exact."""

RUNNER_UPS = 10
"""So many runner-ups are named."""


class Weigher(Protocol):
    """Says what a choice attains, and what it would with one candidate more."""

    @property
    def sense(self) -> int:
        """1: more is better; -1: less is better."""

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """What a choice attains."""

    def with_each(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """What it would attain with each candidate on top."""

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether a choice meets every condition."""


@dataclass(frozen=True, eq=False)
class CoverWeigher:
    """Weighs choices of a covering problem."""

    problem: CoverProblem
    sense: int = 1

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether a choice meets every condition."""
        return self.problem.meets(chosen, self.problem.counted(chosen))

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """Worth of a choice."""
        return self.problem.objective(chosen)

    def with_each(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Worth with each candidate on top."""
        count = self.problem.counted(chosen)
        return self.problem.value(count) + self.problem.gains(count)


@dataclass(frozen=True, eq=False)
class MeanWeigher:
    """Weighs choices by the mean time, or with `worst` by the longest."""

    costs: Costs
    weight: NDArray[np.float64]
    base: NDArray[np.float64]
    choice: Choice
    worst: bool = False
    sense: int = -1

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether a choice meets every condition."""
        return self.choice.allows(chosen)

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """Mean or longest time of a choice. [s]"""
        return self._of(self._times(chosen))

    def with_each(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Mean or longest time with each candidate on top. [s]"""
        now = self._times(chosen)
        costs, n = self.costs, len(self.costs.start) - 1
        if not self.worst:
            who = np.repeat(np.arange(n), np.diff(costs.start))
            less = self.weight[costs.place] * np.maximum(now[costs.place] - costs.cost, 0.0)
            saved = np.bincount(who, weights=less, minlength=n) / self.weight.sum()
            return np.asarray(self._of(now) - saved)
        found = np.empty(n)
        for j in range(n):
            mine = slice(costs.start[j], costs.start[j + 1])
            then = now.copy()
            then[costs.place[mine]] = np.minimum(then[costs.place[mine]], costs.cost[mine])
            found[j] = self._of(then)
        return found

    def _times(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        now = self.base.copy()
        for j in chosen:
            mine = slice(self.costs.start[j], self.costs.start[j + 1])
            place = self.costs.place[mine]
            now[place] = np.minimum(now[place], self.costs.cost[mine])
        return now

    def _of(self, times: NDArray[np.float64]) -> float:
        counted = self.weight > 0
        if self.worst:
            return float(times[counted].max(initial=0.0))
        return float((self.weight[counted] * times[counted]).sum() / self.weight.sum())


def scores(weigher: Weigher, chosen: NDArray[np.int64], *, n_new: int) -> pd.DataFrame:
    """
    Score every candidate.

    Returns
    -------
    By position: `chosen`, how often it is; `alone` and `beside`, see `Siting.sites`.
    """
    sense, new = weigher.sense, chosen[chosen < n_new]
    stays = chosen[chosen >= n_new]
    table = pd.DataFrame({"chosen": np.bincount(new, minlength=n_new)})
    table["alone"] = sense * _more(weigher.with_each(stays)[:n_new], weigher.objective(stays))
    whole = weigher.objective(chosen)
    beside = sense * _more(weigher.with_each(chosen)[:n_new], whole)
    for j in np.unique(new):
        beside[j] = sense * (whole - weigher.objective(np.delete(chosen, np.flatnonzero(chosen == j)[0])))
    table["beside"] = beside
    return table


def _more(values: NDArray[np.float64], than: float) -> NDArray[np.float64]:
    """How much more each is; where somebody is reached by neither, and the longest time is without end, nothing."""
    return np.subtract(values, than, out=np.zeros(len(values)), where=values != than)


def runner_ups(
    weigher: Weigher, chosen: NDArray[np.int64], choice: Choice, names: Sequence[str], *, n_new: int
) -> pd.DataFrame:
    """
    Find the best plans that differ in one site.

    Returns
    -------
    `leave_out`, `take`, `objective` and `behind`, best first.
    """
    sense, found = weigher.sense, []
    whole = weigher.objective(chosen)
    # Each site of the plan is left out in turn, and all that could take its place are weighed in one pass.
    for out in np.unique(chosen[chosen < n_new]):
        others = np.delete(chosen, np.flatnonzero(chosen == out)[0])
        value = sense * weigher.with_each(others)
        value[~choice.may_join(others)] = -np.inf
        value[np.unique(chosen)] = -np.inf
        value[n_new:] = -np.inf
        best = (j for j in np.argsort(-value, kind="stable") if np.isfinite(value[j]))
        meets = (j for j in best if weigher.allows(np.append(others, j)))
        found += [(names[out], names[j], sense * value[j], whole * sense - value[j]) for j in islice(meets, RUNNER_UPS)]
    table = pd.DataFrame(found, columns=["leave_out", "take", "objective", "behind"])
    return table.sort_values("behind", kind="stable").head(RUNNER_UPS).reset_index(drop=True)


def building_order(
    weigher: Weigher, chosen: NDArray[np.int64], names: Sequence[str], *, n_new: int, total: float
) -> pd.DataFrame:
    """
    Put the sites of a plan in the order in which each adds most.

    Returns
    -------
    By `stations`: `take`, `objective`, `gain`, `share`.
    """
    sense = weigher.sense
    left, taken = list(chosen[chosen < n_new]), chosen[chosen >= n_new]
    value = weigher.objective(taken)
    rows: list[tuple[object, ...]] = [("", value, 0.0)]
    # Greedy over the sites of the plan alone: the order is for building it, and says nothing of plans of other sizes.
    while left:
        each = sense * weigher.with_each(taken)
        best = max(left, key=lambda j: each[j])
        left.remove(best)
        taken = np.append(taken, best)
        then = weigher.objective(taken)
        rows.append((names[best], then, sense * float(_more(np.array([then]), value)[0])))
        value = then
    table = pd.DataFrame(rows, columns=["take", "objective", "gain"])
    table["share"] = table["objective"] / total
    return table.rename_axis("stations")


def settled(
    weigher: Weigher,
    chosen: NDArray[np.int64],
    choice: Choice,
    tie_s: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    *,
    n_new: int,
) -> NDArray[np.int64]:
    """
    Among sites that attain the same, take the one that is soonest where it alone reaches.

    Parameters
    ----------
    tie_s
        Given the other columns chosen, the mean time of each column to what none of them reaches. [s]

    Returns
    -------
    A choice that attains no less.
    """
    sense = weigher.sense
    # One site at a time, against those that attain the same beside all others. Invariant: the plan attains no less and
    # meets every condition, and no exchange makes it later.
    for out in np.unique(chosen[chosen < n_new]):
        others = np.delete(chosen, np.flatnonzero(chosen == out)[0])
        value = sense * weigher.with_each(others)
        alike = np.flatnonzero((value >= value[out] - SAME * abs(value[out])) & choice.may_join(others))
        alike = alike[alike < n_new]
        if len(alike) < 2:
            continue
        times = tie_s(others)
        best = alike[np.argmin(times[alike])]
        if times[best] < times[out] and weigher.allows(np.append(others, best)):
            chosen = np.sort(np.append(others, best))
    return chosen


def as_good(weigher: Weigher, chosen: NDArray[np.int64], choice: Choice, *, n_new: int) -> NDArray[np.bool_]:
    """Say which candidates are in a choice, or would be in one that attains the same with one site exchanged."""
    sense = weigher.sense
    found = np.zeros(n_new, dtype=bool)
    found[chosen[chosen < n_new]] = True
    whole = sense * weigher.objective(chosen)
    for out in np.unique(chosen[chosen < n_new]):
        others = np.delete(chosen, np.flatnonzero(chosen == out)[0])
        alike = (sense * weigher.with_each(others) >= whole - SAME * abs(whole)) & choice.may_join(others)
        found |= alike[:n_new]
    return found
