"""What it costs to serve places from candidates, and the question asked of that: where p-median and p-center begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan._kernel.location.p_median import ExchangeRules
from fireplan.errors import Faults
from fireplan.siting._problem.constraints import Choice

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Costs:
    """
    What it costs to serve places from candidates; an entry that is absent, or infinite, cannot serve.

    Attributes
    ----------
    start, place, cost
        Compressed rows, one for each candidate: its places (ascending) and costs are at `start[j]:start[j + 1]`.
    n_places
        How many places there are.
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    cost: NDArray[Any]
    n_places: int

    @property
    def n_candidates(self) -> int:
        """How many candidates there are."""
        return len(self.start) - 1

    @property
    def candidate(self) -> NDArray[np.int32]:
        """The candidate of each entry."""
        return np.repeat(np.arange(self.n_candidates, dtype=np.int32), np.diff(self.start))

    def only(self, which: NDArray[np.bool_]) -> Costs:
        """Give these entries alone."""
        kept = np.concatenate([[0], np.cumsum(which)])[self.start]
        return Costs(kept, self.place[which], self.cost[which], self.n_places)

    def least(self, chosen: NDArray[np.int64], base: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cost of each place when it is served by the cheapest of some candidates, or as before."""
        out = base.copy()
        for j in chosen:
            mine = slice(self.start[j], self.start[j + 1])
            out[self.place[mine]] = np.minimum(out[self.place[mine]], self.cost[mine])
        return out


def costs_of(costs: object) -> Costs:
    """
    Read costs of any accepted kind.

    Parameters
    ----------
    costs
        Candidates x places: an array (inf: cannot serve), a scipy sparse array (absent: cannot serve; a zero that is
        stored is a cost of zero), or `Costs`.
    """
    faults = Faults("the costs")
    if isinstance(costs, Costs):
        found = costs
        inside = np.diff(costs.place) > 0
        inside[costs.start[1:-1][(costs.start[1:-1] > 0) & (costs.start[1:-1] < len(costs.place))] - 1] = True
        if not inside.all():
            faults.add("places of a candidate are not in order: give them ascending, each once")
    elif hasattr(costs, "tocsr"):
        rows = costs.tocsr(copy=True)
        rows.sum_duplicates()
        found = Costs(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data, rows.shape[1])
    else:
        table = np.asarray(costs, dtype=float)
        if table.ndim != 2:
            faults.add(f"costs have {table.ndim} dimensions: give candidates x places")
            faults.raise_if_any()
        candidate, place = np.nonzero(~np.isposinf(table))
        start = np.searchsorted(candidate, np.arange(len(table) + 1)).astype(np.int64)
        found = Costs(start, place.astype(np.int32), table[candidate, place], table.shape[1])
    if len(found.place) and not 0 <= found.place.min() <= found.place.max() < found.n_places:
        faults.add(f"places lie outside 0 to {found.n_places - 1}")
    for which, what in ((np.isnan(found.cost), "not a number"), (found.cost < 0, "negative")):
        if which.any():
            e = int(np.flatnonzero(which)[0])
            where = f"first: candidate {found.candidate[e]}, place {found.place[e]}"
            faults.add(f"{int(which.sum())} costs are {what} ({where}): give zero or more, inf where it cannot serve")
    faults.raise_if_any()
    return found.only(~np.isposinf(found.cost))


@dataclass(frozen=True, eq=False)
class Task:
    """A question on a matrix, checked: what it costs, how much each place counts, and what may be chosen."""

    costs: Costs
    weights: NDArray[np.float64]
    base: NDArray[np.float64]
    choice: Choice

    @classmethod
    def of(
        cls, costs: object, weights: ArrayLike | None, base: ArrayLike | None, p: int | None, choice: Choice | None
    ) -> Task:
        """Check what was given; all faults are raised together."""
        read, faults = costs_of(costs), Faults("the siting problem")
        n, m = read.n_candidates, read.n_places
        weight = np.ones(m) if weights is None else np.asarray(weights, dtype=float)
        before = np.full(m, np.inf) if base is None else np.asarray(base, dtype=float)
        if weight.shape != (m,):
            faults.add(f"weights have the shape {weight.shape}: give one for each of the {m} places")
        elif not (np.isfinite(weight) & (weight >= 0)).all():
            faults.add("weights are negative or not finite: give zero or more")
        if before.shape not in {(), (m,)}:
            faults.add(f"base has the shape {before.shape}: give one number, or one for each of the {m} places")
        elif not (before >= 0).all():
            faults.add("base is negative or not a number: give zero or more, inf for a place not served yet")
        if (p is None) == (choice is None):
            faults.add("give either p or a choice")
        if choice is not None and choice.n != n:
            faults.add(f"the choice is among {choice.n} candidates, the costs are of {n}")
        faults.raise_if_any()
        chosen = Choice(n, (0 if p is None else p,)) if choice is None else choice
        return cls(read, weight, np.broadcast_to(before, m).astype(float), chosen)

    def live(self) -> tuple[NDArray[np.bool_], Costs]:
        """Give the places that count, and the entries that can better one of them, numbered among those."""
        counts = self.weights > 0
        read = self.costs
        useful = read.only(counts[read.place] & (read.cost < self.base[read.place]))
        number = (np.cumsum(counts) - 1).astype(np.int32)
        return counts, Costs(useful.start, number[useful.place], useful.cost.astype(float), int(counts.sum()))

    def unserved_reason(self) -> str:
        """Say how many places can be served by nobody; "": none."""
        counts, live = self.live()
        reached = np.bincount(live.place, minlength=live.n_places) > 0
        missing = int((~reached & np.isinf(self.base[counts])).sum())
        return f"{missing} of {live.n_places} places cannot be served by any candidate" if missing else ""

    def rules(self) -> ExchangeRules:
        """Give the conditions as arrays."""
        choice = self.choice
        pairs = np.array(choice.forbidden, dtype=np.int64).reshape(-1, 2)
        both = np.vstack([pairs, pairs[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        start = np.searchsorted(both[:, 0], np.arange(choice.n + 1)).astype(np.int64)
        price = np.zeros(choice.n) if choice.cost is None else np.asarray(choice.cost, dtype=float)
        quota = np.array(choice.quota, dtype=np.int64)
        return ExchangeRules(choice.group, quota, price, float(choice.budget), start, both[:, 1].copy())
