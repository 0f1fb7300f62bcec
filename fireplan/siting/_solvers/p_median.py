"""The p-median problem on a matrix: sites from which places are served at the least weighted cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan._kernel.location.p_median import Rules
from fireplan.errors import Faults
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._solvers.highs import Rows, solve
from fireplan.siting._solvers.incumbent import Answer, relative_gap, searching
from fireplan.siting._solvers.p_median_lagrangian import STEPS, Prices, branch_and_bound
from fireplan.siting._solvers.p_median_local_search import Hunt, unproven

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fireplan.siting._solvers.highs import IntegerProgram

LOOSE = 1e-6
"""HiGHS leaves conditions unmet by this part, so its bound may be short of the optimum by as much."""

LITTLE = 1000
"""So many ways to serve places are left to HiGHS, more to branches."""

KICKS = 30
"""Kicks in vain after which the search for a better choice gives way to the proof."""


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

    def rules(self) -> Rules:
        """Give the conditions as arrays."""
        choice = self.choice
        pairs = np.array(choice.forbidden, dtype=np.int64).reshape(-1, 2)
        both = np.vstack([pairs, pairs[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        start = np.searchsorted(both[:, 0], np.arange(choice.n + 1)).astype(np.int64)
        price = np.zeros(choice.n) if choice.cost is None else np.asarray(choice.cost, dtype=float)
        quota = np.array(choice.quota, dtype=np.int64)
        return Rules(choice.group, quota, price, float(choice.budget), start, both[:, 1].copy())


def p_median_matrix(
    costs: object,
    weights: ArrayLike,
    p: int | None = None,
    *,
    base: ArrayLike | None = None,
    choice: Choice | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    first: ArrayLike | None = None,
) -> Answer:
    """
    Choose sites so that the weighted cost of serving the places is least.

    Parameters
    ----------
    costs
        Candidates x places, as `costs_of` takes them.
    weights
        How much each place counts; zero: not at all.
    p
        How many sites to choose.
    base
        Cost at which each place is served anyway, by stations that stand or as a limit beyond which all costs count
        the same; left out: each place must be served by a site chosen.
    choice
        Conditions on the choice, instead of `p`. Each candidate is chosen once at most.
    time_limit_s
        How long to search. [s]
    gap
        Share of the cost that is close enough; 0: until it is proven.
    first
        Positions of a choice to begin with.

    Returns
    -------
    The choice; its objective is the sum of weight times the least cost.

    Notes
    -----
    A greedy choice is bettered by exchanges [1]_ and kicks. Prices of serving each place give the bound [2]_ and rule
    out sites that no better choice has, or lacks; HiGHS settles the rest, stated by radius [3]_.

    References
    ----------
    .. [1] Whitaker (1983), INFOR 21, 95-108; Resende and Werneck (2007), EJOR 174, 54-68.
    .. [2] Beasley (1985), EJOR 21, 270-273; Hanjoul and Peeters (1985), EJOR 20, 387-396.
    .. [3] Cornuejols, Nemhauser and Wolsey (1980); Elloumi (2010), J. Comb. Optim. 19, 69-83.
    """
    task = Task.of(costs, weights, base, p, choice)
    with searching(sense=-1, what="p-median", time_limit_s=time_limit_s, gap=gap) as search:
        reason = task.unserved_reason()
        if reason:
            search.end("infeasible", reason)
        hunt = Hunt(task, search)
        hunt.begin(first)
        search.check()
        prices = Prices.of(hunt.team, hunt.must)
        _lower(hunt, prices)
        _finish(hunt, prices)
    return search.answer()


def _lower(hunt: Hunt, prices: Prices) -> None:
    """Raise the prices to the best bound, following what they suggest on the way."""
    search = hunt.search
    while prices.scale > 1e-3:
        best_total, best = math.inf, prices.closed
        for _ in range(STEPS):
            picked, total = prices.step(hunt.worth)
            if total < best_total:
                best_total, best = total, picked
            if search.left_s <= 0:
                break
        search.tighten(prices.bound if prices.bound < hunt.worth else search.objective)
        search.check()
        hunt.follow(best)
        search.check()
        if not len(prices.undecided):
            return


def _finish(hunt: Hunt, prices: Prices) -> None:
    """Kick the choice until that is in vain, then settle what is left by branches, or by HiGHS where it is little."""
    search, idle = hunt.search, 0
    while idle < KICKS and len(prices.undecided):
        idle = 0 if hunt.kick() else idle + 1
        search.check()
    prices.price = prices.best
    prices.step(hunt.worth)
    if prices.bound > hunt.worth:
        return
    if not len(prices.undecided):
        hunt.team.serve(np.flatnonzero(prices.opened))
        hunt.settle()
        return
    little = int(prices.useful(hunt.worth).sum()) <= LITTLE
    if hunt.task.choice.counted_only and not little:
        branch_and_bound(hunt, prices)
        return
    program = _left_over(hunt, prices)
    if program is None:
        return
    search.model = program
    values, finished = solve(program, search, options={"objective_bound": hunt.worth})
    if values is not None:
        hunt.team.serve(np.flatnonzero(values[: hunt.task.choice.n] > 0.5))
        hunt.settle()
        search.check()
    if not finished:
        unproven(search)
    if values is not None and relative_gap(search.objective, min(search.bound, search.objective)) > LOOSE:
        search.end("gap_limit" if search.gap else "time_limit", "HiGHS stopped before it had proven the optimum")


def _left_over(hunt: Hunt, prices: Prices) -> IntegerProgram | None:
    """
    State by radius what is left: only choices below `worth` need be told apart.

    Variables are the candidates, then for each place and each distinct cost of its sites whether none as cheap is open.
    None: nothing is left, the best choice is optimal.
    """
    service, choice, worth = hunt.team.service, hunt.task.choice, hunt.worth
    n, m = service.n_sites, len(service.base)
    owner = np.repeat(np.arange(m), np.diff(service.first))
    keep = prices.useful(worth)
    owner, site, dear = owner[keep], service.site[keep], service.dear[keep]
    without = (service.base <= prices.limit(worth)) & ~hunt.must
    served = np.bincount(owner, minlength=m) > 0
    if (~served & ~without).any():
        return None
    new = np.concatenate([[True], (np.diff(owner) > 0) | (np.diff(dear) > 0)])[: len(owner)]
    level = np.cumsum(new) - 1
    place, cost = owner[new], dear[new]
    head = np.concatenate([[True], np.diff(place) > 0])[: len(place)]
    last = np.concatenate([head[1:], [True]])[: len(place)]
    after = np.where(last, service.base[place], np.concatenate([cost[1:], [0.0]])[: len(place)])
    upper = np.where(last & ~without[place], 0.0, 1.0)
    step = np.where(upper > 0, after - cost, 0.0)
    rows = Rows()
    k = np.arange(len(place))
    column = np.concatenate([site, n + k, n + k[~head] - 1])
    value = np.concatenate([np.ones(len(site) + len(k)), -np.ones(int((~head).sum()))])
    row = np.concatenate([level, k, k[~head]])
    order = np.argsort(row, kind="stable")
    rows.add(column[order], value[order], count=np.bincount(row, minlength=len(k)), lower=np.where(head, 1.0, 0.0))
    choice.add_rows(rows)
    return rows.program(
        sense=-1,
        cost=np.concatenate([np.zeros(n), step]),
        lower=np.concatenate([prices.opened.astype(float), np.zeros(len(k))]),
        upper=np.concatenate([(~prices.closed).astype(float), upper]),
        integer=np.arange(n + len(k)) < n,
        name={"open candidate": (0, n), "none open as cheap": (n, n + len(k))},
        offset=float(cost[head].sum() + service.base[~served].sum()),
    )
