"""The search for better choices of a p-median: greedy, exchanges and kicks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.location.p_median import Team, file_costs, thinned
from fireplan.errors import Faults
from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._solvers.highs import solve
from fireplan.siting._solvers.incumbent import PROVEN

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fireplan.siting._problem.service_problem import Task
    from fireplan.siting._solvers.incumbent import Search

TRIES = 30
"""Kicks to find any choice that serves every place, before HiGHS is asked."""


def fill(team: Team, barred: NDArray[np.bool_] | None = None, *, idle: bool = False) -> None:
    """Add the best site until there is none: greedy."""
    while team.move(barred, exchange=False, idle=idle):
        pass


def settle(team: Team, search: Search, *, idle: bool) -> None:
    """Add and exchange sites until that betters nothing, or time is up."""
    fill(team, idle=idle)
    while search.left_s > 0 and team.move():
        pass


def unproven(search: Search) -> None:
    """End the search where HiGHS was not done: time was up, or it gave up."""
    search.check()
    search.end("time_limit")


class Hunt:
    """The search for better choices, on weighted costs."""

    def __init__(self, task: Task, search: Search) -> None:
        counts, live = task.live()
        weights, before = task.weights[counts], task.base[counts]
        cost = live.cost * weights[live.place]
        self.must = np.isinf(before)
        dearest = np.zeros(len(before))
        np.maximum.at(dearest, live.place, cost)
        dearest[~self.must] = before[~self.must] * weights[~self.must]
        # A place that must be served costs more without a site than all places can cost together.
        worst = 1.0 + 2.0 * float(dearest.sum())
        service = file_costs(live.start, live.place, cost, np.where(self.must, worst, dearest))
        self.task, self.search = task, search
        self.team = Team(service, task.rules())
        self.best = self.team.chosen
        self.best_total = math.inf
        self.dice = np.random.default_rng(0)
        self.idle = task.choice.counted_only
        whole = bool((cost == np.floor(cost)).all() and (dearest == np.floor(dearest)).all())
        search.step = float(whole and worst < 2**50)
        nearest = np.where(self.must, np.inf, dearest)
        np.minimum.at(nearest, live.place, cost)
        search.tighten(float(nearest.sum()))

    def begin(self, first: ArrayLike | None) -> None:
        """Find a first choice: the one given, a greedy one, or by HiGHS any that serves every place."""
        if first is not None:
            given = np.unique(np.asarray(first, dtype=np.int64))
            if not ((given >= 0) & (given < self.task.choice.n)).all() or not self.task.choice.allows(given):
                faults = Faults("the siting problem")
                faults.add("first is not a choice that is allowed: give positions of candidates within every condition")
                faults.raise_if_any()
            self.team.serve(given)
        self.settle()
        if first is not None:
            self.team.serve(np.empty(0, dtype=np.int64))
            self.settle()
        if math.isnan(self.search.objective):
            for _ in range(TRIES):
                self.kick()
        if math.isnan(self.search.objective):
            self._any()

    def _any(self) -> None:
        """Ask HiGHS for a choice that serves every place, or the proof that there is none."""
        service, choice = self.team.service, self.task.choice
        must = self.must[service.place]
        start = np.concatenate([[0], np.cumsum(must)])[service.start]
        number = (np.cumsum(self.must) - 1).astype(np.int32)
        group = choice.group if choice.counted_only else None
        start, place, n_places = thinned(start, number[service.place[must]], int(self.must.sum()), group)
        alone = file_costs(start, place, np.zeros(len(place)), np.ones(n_places))
        rows = ProgramRows()
        rows.add(alone.site, 1.0, count=np.diff(alone.first), lower=1.0)
        choice.add_rows(rows)
        ones = np.ones(choice.n)
        program = rows.program(
            sense=-1, cost=0 * ones, upper=ones, integer=ones > 0, name={"open candidate": (0, choice.n)}
        )
        self.search.model = program
        self.search.check()
        values, finished = solve(program, self.search)
        if values is not None:
            self.team.serve(np.flatnonzero(values > 0.5))
            self.settle()
        elif finished:
            self.search.end("infeasible", "no choice within the conditions serves every place that has to be served")
        if math.isnan(self.search.objective):
            unproven(self.search)

    def settle(self) -> None:
        """Better the choice until no move does, while there is time, and keep it if it is the best."""
        fill(self.team, idle=self.idle)
        self.offer()
        settle(self.team, self.search, idle=self.idle)
        self.offer()

    def offer(self) -> None:
        """Keep the team's choice if it is the best; its cost is worked out anew."""
        if self.team.total >= self.best_total:
            return
        chosen, task = self.team.chosen, self.task
        least = task.costs.least(chosen, task.base)
        counts = task.weights > 0
        objective = float((least[counts] * task.weights[counts]).sum())
        if math.isfinite(objective) and task.choice.allows(chosen):
            self.best, self.best_total = chosen, self.team.total
            self.search.improve(chosen, objective)

    def kick(self) -> bool:
        """Close a few sites, open others instead, and settle; says whether the best choice got better."""
        # Iterated local search: part of the best choice stays, what left and half of the other sites are barred for one
        # filling, then all may come back by exchanges. The seed is fixed: the same problem takes the same kicks.
        before = self.best_total
        chosen = self.best if len(self.best) else self.team.chosen
        away = self.dice.integers(1, max(2, min(len(chosen), 4 + len(chosen) // 10)), endpoint=True)
        stay = self.dice.permutation(chosen)[away:]
        barred = self.dice.random(self.task.choice.n) < 0.5
        barred[chosen] = True
        self.team.serve(stay)
        fill(self.team, barred, idle=self.idle)
        self.settle()
        return self.best_total < before

    def follow(self, wanted: NDArray[np.bool_]) -> None:
        """Settle from what the prices suggest."""
        self.team.serve(np.empty(0, dtype=np.int64))
        fill(self.team, ~wanted)
        self.settle()

    @property
    def worth(self) -> float:
        """Choices that cost more than this are not looked for."""
        objective = self.search.objective
        return objective - self.search.step + 1e-6 if self.search.step else objective * (1 - PROVEN / 10)
