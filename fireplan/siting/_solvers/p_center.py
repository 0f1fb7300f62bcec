"""The p-center problem on a matrix: sites from which the place served worst is served best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.location.p_median import Team, file_costs, thinned
from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._problem.service_problem import Task
from fireplan.siting._solvers.highs import solve
from fireplan.siting._solvers.incumbent import Answer, Search, searching
from fireplan.siting._solvers.p_median_lagrangian import STEPS, Prices
from fireplan.siting._solvers.p_median_local_search import fill, settle, unproven

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.integer_program import IntegerProgram

KICKS = 8
"""Kicks after which a radius is left to the proof."""

FEW = 5
"""Radii tried even if there is no time."""

NARROW = 0.1
"""Prices stop once they have halved the radii down to this share of those that are open."""

LAST_SCALE = 0.02
"""Prices that change by less than this share of the way are left as they are."""

NONE_LEFT = 1e-6
"""A bound above this on the number of places left uncovered is one of at least one place."""


def p_center_matrix(
    costs: object,
    p: int | None = None,
    *,
    weights: ArrayLike | None = None,
    base: ArrayLike | None = None,
    choice: Choice | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Answer:
    """
    Choose sites so that the greatest cost of serving a place is least.

    Parameters
    ----------
    costs
        Candidates x places, as `fireplan.siting._problem.service_problem.costs_of` takes them.
    p
        How many sites to choose.
    weights
        Places of weight zero do not count; left out: all count. More weight does not count for more.
    base
        Cost at which each place is served anyway; left out: each place must be served by a site chosen.
    choice
        Conditions on the choice, instead of `p`. Each candidate is chosen once at most.
    time_limit_s
        How long to search. [s]
    gap
        Share of the cost that is close enough; 0: until it is proven.

    Returns
    -------
    The choice; its objective is the greatest of the least costs (0 where no place counts).

    Notes
    -----
    The optimum is one of the costs: they are halved by asking whether sites cover every place within one [1]_, [2]_.
    Exchanges look for such sites, HiGHS proves where there are none.

    References
    ----------
    .. [1] Minieka (1970), SIAM Review 12, 138-139.
    .. [2] Elloumi, Labbé and Pochet (2004), INFORMS J. on Computing 16, 84-94.
    """
    task = Task.of(costs, weights, base, p, choice)
    with searching(sense=-1, what="p-center", time_limit_s=time_limit_s, gap=gap) as search:
        reason = task.unserved_reason()
        if reason:
            search.end("infeasible", reason)
        radii = _Radii(task, search)
        radii.guess()
        radii.price()
        radii.prove()
    return search.answer()


class _Radii:
    """The costs that can be the optimum, ascending: those from `low` on may be, `high` is reached."""

    def __init__(self, task: Task, search: Search) -> None:
        self.task, self.search = task, search
        self.counts, self.live = task.live()
        self.base = task.base[self.counts]
        nearest = self.base.copy()
        np.minimum.at(nearest, self.live.place, self.live.cost)
        least = float(nearest.max(initial=0.0))
        every = np.unique(np.concatenate([self.live.cost, self.base[np.isfinite(self.base)], [least]]))
        self.radius = every[every >= least]
        self.low, self.high = 0, len(self.radius)
        self.rules = task.rules()
        self.dice = np.random.default_rng(0)
        search.tighten(least)

    def guess(self) -> None:
        """Halve the radii by exchanges alone: what these do not cover may still be coverable."""
        low, tries = 0, 0
        if not self._cover(len(self.radius) - 1, kicks=KICKS):
            return
        # Bisection on the radius, which turns the p-center into covering. `high` is reached by a choice at hand; `low`
        # is only a guess here, for exchanges that fail prove nothing, so `self.low` stays as it is.
        while low < self.high and (tries < FEW or self.search.left_s > 0):
            middle = (low + self.high) // 2
            if not self._cover(middle, kicks=KICKS):
                low = middle + 1
            tries += 1
        self.search.check()

    def price(self) -> None:
        """Halve what is left by prices alone: what these leave open may be either."""
        high = self.high
        # Bisection between what is proven impossible (below `self.low`) and what prices could not rule out (`high`),
        # which need not be possible.
        while self.low < min(high, self.high) and not self._narrow(high):
            middle = (self.low + min(high, self.high)) // 2
            team = _team(self, float(self.radius[middle]))
            if self._priced_out(team, _prices(team)):
                self._rule_out(middle)
            else:
                high = middle
            self.search.check()

    def prove(self) -> None:
        """Halve what is left, by HiGHS where exchanges do not cover."""
        # Invariant: no choice covers within a radius before `low`, and one at hand covers within that at `high`, if
        # that is not past the end. Where they meet, that one is the optimum.
        while self.low < self.high:
            middle = (self.low + self.high) // 2
            if not self._cover(middle, kicks=KICKS) and not self._cover_by_program(middle):
                self._rule_out(middle)
            self.search.check()

    def _rule_out(self, at: int) -> None:
        """Note that no choice covers every place within a radius."""
        self.low = at + 1
        if self.low == len(self.radius):
            self.search.end("infeasible", "no choice within the conditions serves every place that has to be served")
        self.search.tighten(float(self.radius[self.low]))

    def _narrow(self, high: int) -> bool:
        """Say whether prices have little more to tell, against what is open."""
        if max(high, self.high) >= len(self.radius):
            return False
        low, open_to, best = self.radius[[self.low, high, self.high]]
        return bool(open_to - low < NARROW * (best - low))

    def _offer(self, chosen: NDArray[np.int64]) -> bool:
        """Keep a choice if it is allowed and the best so far; says whether it serves every place."""
        objective = float(self.task.costs.least(chosen, self.task.base)[self.counts].max(initial=0.0))
        if not math.isfinite(objective) or not self.task.choice.allows(chosen):
            return False
        self.search.improve(chosen, objective)
        self.high = min(self.high, int(np.searchsorted(self.radius, self.search.objective)))
        return True

    def _cover(self, at: int, *, kicks: int) -> bool:
        """Look for sites that cover every place within a radius, by exchanges."""
        team = _team(self, float(self.radius[at]))
        idle = self.task.choice.counted_only
        settle(team, self.search, idle=idle)
        # Close a few sites and refill without half of the others (a kick); a kick that leaves more uncovered is undone.
        for _ in range(kicks):
            if team.total == 0 or self.search.left_s <= 0 or not len(team.chosen):
                break
            before, total = team.chosen, team.total
            away = self.dice.integers(1, max(2, len(before) // 4), endpoint=True)
            team.serve(self.dice.permutation(before)[away:])
            barred = self.dice.random(team.service.n_sites) < 0.5
            barred[before] = True
            fill(team, barred)
            settle(team, self.search, idle=idle)
            if team.total > total:
                team.serve(before)
        return team.total == 0 and self._offer(team.chosen)

    def _priced_out(self, team: Team, prices: Prices) -> bool:
        """
        Say whether prices prove that some place stays uncovered: whether their bound on how many do is above none.

        Where the sites that prices suggest cover every place, they are kept, and that is all.
        """
        while prices.scale > LAST_SCALE and len(prices.undecided):
            fewest, best = math.inf, prices.opened
            for _ in range(STEPS):
                picked, total = prices.step(NONE_LEFT, aim=0.5)
                if total < fewest:
                    fewest, best = total, picked
            if prices.bound > NONE_LEFT:
                return True
            team.serve(np.empty(0, dtype=np.int64))
            fill(team, ~best)
            settle(team, self.search, idle=self.task.choice.counted_only)
            if team.total == 0 and self._offer(team.chosen):
                return False
            self.search.check()
        return False

    def _cover_by_program(self, at: int) -> bool:
        """Ask HiGHS for sites that cover every place within a radius."""
        team = _team(self, float(self.radius[at]))
        prices = _prices(team)
        if self._priced_out(team, prices):
            return False
        if self.high <= at:
            return True
        program = _covering(self, team, prices)
        self.search.model = program
        inner = Search(-1, 0.0, self.search.ends_s, lambda _: self.search.tell(self.search.told()))
        values, finished = solve(program, inner, options={"mip_max_improving_sols": 1})
        if values is not None:
            team.serve(np.flatnonzero(values > 0.5))
            settle(team, self.search, idle=self.task.choice.counted_only)
            if team.total == 0 and self._offer(team.chosen):
                return True
            self.search.end("time_limit", "HiGHS gave sites that do not cover, so the bound was not proven further")
        if not finished:
            unproven(self.search)
        return False


def _team(radii: _Radii, radius: float) -> Team:
    """Give a team whose total is the number of places not covered within a radius, of those that must be looked at."""
    need = radii.base > radius
    live = radii.live
    near = live.only(need[live.place] & (live.cost <= radius))
    number = (np.cumsum(need) - 1).astype(np.int32)
    group = radii.rules.group if radii.task.choice.counted_only else None
    start, place, n = thinned(near.start, number[near.place], int(need.sum()), group)
    return Team(file_costs(start, place, np.zeros(len(place)), np.ones(n)), radii.rules)


def _prices(team: Team) -> Prices:
    return Prices.of(team, np.zeros(len(team.service.base), dtype=np.bool_))


def _covering(radii: _Radii, team: Team, prices: Prices) -> IntegerProgram:
    """State that every place must be covered, by as few sites as can be."""
    service, choice = team.service, radii.task.choice
    rows = ProgramRows()
    rows.add(service.site, 1.0, count=np.diff(service.first), lower=1.0)
    choice.add_rows(rows)
    ones = np.ones(choice.n)
    return rows.program(
        sense=-1,
        cost=ones,
        lower=prices.opened.astype(float),
        upper=(~prices.closed).astype(float),
        integer=ones > 0,
        name={"open candidate": (0, choice.n)},
    )
