"""Siting for the district that is worst off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._kernel.cover.cover_runs import sums
from fireplan.errors import InputError
from fireplan.siting._cover_question import districts, problem_of
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.cover_problem import CoverProblem, Floor
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import siting_of
from fireplan.siting._results.plan_proof import Proven, assessed, reached_by
from fireplan.siting._solvers.cutting_planes import CoverParts, Master, add_required, solve_by_cuts
from fireplan.siting._solvers.highs import Solved, conclude, solve
from fireplan.siting._solvers.incumbent import Answer, Search, offer, searching
from fireplan.siting._solvers.solve_cover import by_cuts, chosen_in, solve_cover

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Change, Scenario
    from fireplan.siting._problem.integer_program import IntegerProgram, ProgramRows
    from fireplan.siting._results.siting_result import Siting

FOR_THE_WORST = 0.5
"""Share of the time spent on the worst-off district; the rest goes to all the others."""


@dataclass(frozen=True, eq=False)
class District:
    """A district: its weight by row, what of it is reached already, and all there is."""

    name: str
    weight: NDArray[np.float64]
    already: float
    total: float


@dataclass(frozen=True, eq=False)
class WorstWeigher:
    """Weighs choices by the share reached in the district where it is least."""

    problem: CoverProblem
    parts: tuple[District, ...]
    sense: int = 1

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """Least share of any district."""
        count = self.problem.counted(chosen)
        return min(float(p.already + p.weight[count > self.problem.base].sum()) / p.total for p in self.parts)

    def with_each(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same with each candidate on top."""
        count, out = self.problem.counted(chosen), np.empty(self.problem.runs.n)
        least = np.full(self.problem.runs.n, np.inf)
        for part in self.parts:
            reached = count > self.problem.base
            more = sums(self.problem.runs, np.where(reached, 0.0, part.weight), out)
            least = np.minimum(least, (part.already + part.weight[reached].sum() + more) / part.total)
        return least

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether a choice meets every condition."""
        return self.problem.meets(chosen, self.problem.counted(chosen))


@takes
def fairest(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    by: str,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that the worst-off district is reached best; among such plans, so that most is reached in all.

    Parameters
    ----------
    scenario, stations, candidates, within_s, weight, rules, time_limit_s, gap
        As in `max_coverage`.
    by
        Column of the zones that names districts.

    Returns
    -------
    The plan; its objective is the share reached in the district where it is least.

    Notes
    -----
    A maximin form of maximal covering, solved in two steps: first the least share is raised as far as it goes, then all
    that is reached, with that share as a floor. The bound is that of the first step.
    """
    rules = rules or Rules()
    if rules.floor_by:
        raise InputError("fairest sets its own floor: leave floor_by and floor out of the rules")
    setting = setting_of(scenario, candidates, rules)
    aim = Aim(weight or default_weight(scenario), within_s)
    demand, ids = setting.demand(aim), setting.times(aim).candidate_ids
    inside = districts(setting, demand, by)
    # Floors of nothing keep the rows of districts apart.
    apart = replace(rules, floor_by=by, floor=0.0)
    problem = problem_of(replace(setting, rules=apart), [demand], ids, stations)
    parts = tuple(
        District(f.name, f.weight, -f.least, float(demand.weight[inside[f.name]].sum())) for f in problem.floors
    )
    problem = replace(problem, floors=())
    weigher = WorstWeigher(problem, parts)
    answer = worst_first(weigher, time_limit_s=time_limit_s, gap=gap)

    def prove(plan: tuple[Change, ...]) -> Proven:
        arrival = assessed(setting, plan, demand, levels=1).arrival("units_1", aim.weight)
        reached, may_change = (demand.weight * part for part in reached_by(setting, demand, arrival))
        whole = {name: float(demand.weight[m].sum()) for name, m in inside.items()}
        return Proven(
            min(float(reached[m].sum()) / whole[name] for name, m in inside.items()),
            max(float(may_change[m].sum()) / whole[name] for name, m in inside.items()),
        )

    least = answer.chosen if not math.isnan(answer.objective) else np.arange(len(ids), problem.runs.n)
    count = problem.counted(least)
    worst = min(parts, key=lambda p: (p.already + p.weight[count > problem.base].sum()) / p.total)
    return siting_of(
        setting,
        weigher,
        problem.choice,
        answer,
        ids=ids,
        question=f"best for the worst-off of {wording.counted(len(parts), 'district')} ({by}); {aim}; up to {stations}"
        f" of {wording.counted(len(ids), 'candidate')}",
        unit="share reached in the worst-off district",
        total=math.nan,
        prove=prove,
        notes=(f"worst off under the plan: {worst.name}; n = {wording.count(worst.total)} {demand.unit}",),
        set_aside=setting.times(aim).set_aside,
    )


def worst_first(weigher: WorstWeigher, *, time_limit_s: float, gap: float) -> Answer:
    """Raise the least share, then all that is reached with that share as a floor."""
    problem = weigher.problem
    with searching(sense=1, what="worst off", time_limit_s=time_limit_s * FOR_THE_WORST, gap=gap) as first:
        first.tighten(weigher.objective(np.repeat(np.arange(problem.runs.n), problem.choice.most)))
        none = np.empty(0, dtype=np.int64)
        if weigher.allows(none):
            first.improve(none, weigher.objective(none))
        first.check()

        def tell(chosen: NDArray[np.int64]) -> None:
            if weigher.allows(chosen):
                first.improve(chosen, weigher.objective(chosen))

        if by_cuts(problem):
            solved = _maximin_by_cuts(weigher, first, tell)
        else:
            program = _maximin(problem, weigher.parts)
            first.model = program
            solved = solve(program, first)
            if solved.values is not None:
                tell(chosen_in(solved.values, problem.runs.n))
        conclude(solved, first, infeasible=lambda: "no choice meets these conditions")
    answer = first.answer()
    if math.isnan(answer.objective) or answer.status == "interrupted":
        return answer
    floors = tuple(Floor(p.name, p.weight, answer.objective * p.total - p.already) for p in weigher.parts)
    floored = replace(problem, floors=floors)
    left_s = time_limit_s * (1 - FOR_THE_WORST)
    with searching(sense=1, what="all the others", time_limit_s=left_s, gap=gap, step=problem.step) as second:
        offer(floored, second, answer.chosen)
        solve_cover(floored, second)
    chosen = second.answer().chosen
    return replace(answer, chosen=chosen, objective=weigher.objective(chosen))


def _maximin_by_cuts(weigher: WorstWeigher, search: Search, tell: Callable[[NDArray[np.int64]], None]) -> Solved:
    """State the same in parts of districts instead of rows, and solve it by cuts."""
    problem, districts_ = weigher.problem, weigher.parts
    parts = CoverParts.by([p.weight for p in districts_])
    n, k = problem.runs.n, len(parts.of)

    def fix(rows: ProgramRows, variable: NDArray[np.int64]) -> None:
        for number, part in enumerate(districts_):
            mine = variable[parts.of == number]
            value = np.append(np.ones(len(mine)), -part.total)
            rows.add(np.append(mine, n + k), value, lower=-part.already)
        add_required(problem, rows)

    cost = np.append(np.zeros(n + k), 1.0)
    upper = np.concatenate([problem.choice.most.astype(float), parts.weight.sum(axis=1), [1.0]])
    return solve_by_cuts(problem, search, parts, Master(fix, cost, upper), tell)


def _maximin(problem: CoverProblem, parts: tuple[District, ...]) -> IntegerProgram:
    """State that the least share of any district is to be as great as possible: one variable more, the share itself."""
    # For each district one row: what is reached anew, less its total times the least share, is no less than what it
    # reaches already, negated. So no district's share is below the variable, which is made as great as it goes.
    plain = problem.program()
    size, n = len(plain.cost), problem.runs.n
    row_of = np.repeat(np.arange(len(problem.weight)), len(problem.worth))[
        np.tile(np.arange(len(problem.worth)), len(problem.weight)) >= np.repeat(problem.base, len(problem.worth))
    ]
    start, value = [plain.start], [plain.value]
    column: list[NDArray[Any]] = [plain.column]
    for part in parts:
        mine = np.flatnonzero(part.weight[row_of] > 0)
        column += [n + mine, np.array([size])]
        value += [part.weight[row_of[mine]], np.array([-part.total])]
        start.append(start[-1][-1:] + len(mine) + 1)
    return replace(
        plain,
        cost=np.append(np.zeros(size), 1.0),
        lower=np.append(plain.lower, 0.0),
        upper=np.append(plain.upper, 1.0),
        integer=np.append(plain.integer, False),
        start=np.concatenate(start),
        column=np.concatenate(column).astype(np.int32),
        value=np.concatenate(value),
        row_lower=np.concatenate([plain.row_lower, [-p.already for p in parts]]),
        row_upper=np.concatenate([plain.row_upper, np.full(len(parts), np.inf)]),
        offset=0.0,
        name={**plain.name, "least share": (size, size + 1)},
    )
