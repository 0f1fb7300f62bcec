"""What further stations buy, and what one aim costs another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.progress import silent, steps
from fireplan.siting._cover_question import checked_goal, must_stand, problem_of, stated, tie_breaker
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import drives_said
from fireplan.siting._results.plan_proof import columns_named
from fireplan.siting._results.site_values import CoverWeigher, settled
from fireplan.siting._solvers.incumbent import searching
from fireplan.siting._solvers.solve_cover import solve_cover

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.prepared_problem import Demand, Setting
    from fireplan.siting._solvers.incumbent import Answer

BESIDE = 1e-4
"""What the second aim is worth beside the first where its floor is met: enough to part plans that tie."""


@takes
def marginal_curve(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    up_to: int = 5,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    goal: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> pd.DataFrame:
    """
    Say what the first, second ... station buys: the best plan for each number of stations.

    Parameters
    ----------
    scenario, candidates, within_s, weight, rules, goal, gap
        As in `max_coverage`.
    up_to
        The most stations to be looked at.
    time_limit_s
        How long to search for each number. [s]

    Returns
    -------
    By `stations` (0 to `up_to`): `objective`, `bound`, `gap`, `status`, `gain` over one station fewer, `share` (of all
    there is: n in `attrs`, the goal if there is one, and `drives`, how wrong they are, where they are calibrated), and
    `sites`, the ids of the best plan. Best plans need not contain one another; see `Siting.curve` for the order in
    which to build one of them.
    """
    checked_goal(goal)
    setting = setting_of(scenario, candidates, rules or Rules())
    aim = Aim(weight or default_weight(scenario), within_s)
    demand, ids = setting.demand(aim), setting.times(aim).candidate_ids
    asked = stated(setting, [demand], ids, up_to)
    problem = asked.problem
    names, sooner = columns_named(setting, ids), tie_breaker(setting, [demand], asked)
    rows = []
    with steps(up_to + 1, what="stations") as step:
        for k in range(up_to + 1):
            choice = replace(problem.choice, quota=(k, *problem.choice.quota[1:]))
            with silent():
                found = _solved(replace(problem, choice=choice), time_limit_s=time_limit_s, gap=gap)
            best = settled(CoverWeigher(problem), found.chosen, choice, sooner, n_new=len(ids))
            sites = "; ".join(names[j] for j in best if j < len(ids))
            rows.append((found.objective, found.bound, found.gap, found.status, sites))
            step()
            if found.status == "interrupted":
                break
    table = pd.DataFrame(rows, columns=["objective", "bound", "gap", "status", "sites"]).rename_axis("stations")
    table.insert(4, "gain", table["objective"].diff().fillna(0.0))
    table.insert(5, "share", table["objective"] / problem.total)
    table.attrs.update(n=problem.total, unit=demand.unit, aim=str(aim), basis="modelled")
    if goal is not None:
        table.attrs["goal"] = goal
    return _with_drives(table, setting)


@takes
def trade_off(
    scenario: Scenario,
    *,
    stations: int = 2,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    aims: Sequence[Aim],
    points: int = 9,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
) -> pd.DataFrame:
    """
    Say what one aim costs another: plans of which none is better in both.

    Parameters
    ----------
    scenario, stations, candidates, rules
        As in `max_coverage`.
    aims
        Two of them; their importance does not count.
    points
        How many plans to look for, 2 or more; fewer come back where some coincide.
    time_limit_s
        How long to search for each. [s]

    Returns
    -------
    One row for each `plan` (A, B ...), from best for the first aim to best for the second: a column for each aim, in
    its own unit (`attrs["units"]`, all there is in `attrs["totals"]`), `sites`, `status`, and `gap` of the first aim
    under the floor set for the second.

    Notes
    -----
    The first aim is maximised with a floor under the second, raised step by step (the constraint method: Haimes, Lasdon
    and Wismer 1971), so plans in dents of the front are found too.
    """
    if len(aims) != 2 or points < 2:
        raise InputError("trade_off weighs two aims and looks for two plans or more: give aims=(one, other), points=9")
    setting = setting_of(scenario, candidates, rules or Rules())
    both = (replace(aims[0], importance=1.0), replace(aims[1], importance=BESIDE))
    demands = [setting.demand(aim) for aim in both]
    ids = setting.times(both[0]).candidate_ids
    must_stand(setting, ids)
    second = np.arange(sum(len(d.weight) for d in demands)) >= len(demands[0].weight)
    problem = problem_of(setting, demands, ids, stations, floors={"second": (second, 0.0)})
    names = columns_named(setting, ids)
    worth = _Both(problem)
    found: list[tuple[float, float, Answer]] = []
    with steps(points, what="plans") as step, silent():
        answer = _solved(problem, time_limit_s=time_limit_s, gap=0.0)
        found.append((*worth.shares(answer.chosen), answer))
        alone = problem_of(setting, [demands[1]], ids, stations)
        top = _solved(alone, time_limit_s=time_limit_s, gap=0.0).objective / float(demands[1].weight.sum())
        low = found[0][1]
        # The floor rises in equal steps from what the best plan for the first aim does for the second to the most any
        # plan does. It is a hair lower than it should be, so that a plan that just attains it is not lost by rounding.
        for part in np.linspace(0, 1, points)[1:]:
            step()
            if answer.status == "interrupted":
                break
            floored = worth.with_floor((low + (top - low) * part) * (1 - 1e-9))
            answer = _solved(floored, time_limit_s=time_limit_s, gap=0.0)
            if answer.objective == answer.objective:  # a plan was found
                found.append((*worth.shares(answer.chosen), answer))
    return _with_drives(_front(found, demands=demands, names=names, n_new=len(ids)), setting)


def _with_drives(table: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """Say beside a table how wrong modelled drives are, where that is known."""
    said = drives_said(setting)
    if said:
        table.attrs["drives"] = said[0]
    return table


class _Both:
    """Two aims as rows of one problem, the second worth little: what a choice reaches of each, and floors."""

    def __init__(self, problem: CoverProblem) -> None:
        self.problem = problem
        self.already = -problem.floors[0].least  # a floor of nothing, less what is reached already

    def shares(self, chosen: NDArray[np.int64]) -> tuple[float, float]:
        """Share of each aim that a choice reaches."""
        count = self.problem.counted(chosen)
        of_second = float(self.problem.floors[0].weight[count > 0].sum()) + self.already
        return self.problem.value(count) - of_second, of_second / BESIDE

    def with_floor(self, share: float) -> CoverProblem:
        """Give the problem with a floor under the second aim."""
        floor = self.problem.floors[0]._replace(least=share * BESIDE - self.already)
        return replace(self.problem, floors=(floor,))


def _front(
    found: list[tuple[float, float, Answer]], *, demands: list[Demand], names: list[str], n_new: int
) -> pd.DataFrame:
    """Lay out the plans, without those that another one beats or equals."""
    kept: list[tuple[float, float, Answer]] = []
    # By the first aim, falling: a plan is beaten by none (it is on the Pareto front) if it does more for the second
    # than every plan before it.
    for one, other, answer in sorted(found, key=lambda f: (-f[0], -f[1])):
        if not kept or other > kept[-1][1] + 1e-12:
            kept.append((one, other, answer))
    totals = [float(d.weight.sum()) for d in demands]
    labels = [str(d.aim) for d in demands]
    table = pd.DataFrame(
        {
            labels[0]: [one * totals[0] for one, _, _ in kept],
            labels[1]: [other * totals[1] for _, other, _ in kept],
            "sites": ["; ".join(names[j] for j in a.chosen if j < n_new) for _, _, a in kept],
            "status": [a.status for _, _, a in kept],
            "gap": [a.gap for _, _, a in kept],
        },
        index=pd.Index([_letter(i) for i in range(len(kept))], name="plan"),
    )
    units = dict(zip(labels, (d.unit for d in demands), strict=True))
    table.attrs.update(units=units, totals=dict(zip(labels, totals, strict=True)), basis="modelled")
    return table


def _letter(i: int) -> str:
    """A, B ... Z, AA ..."""
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)


def _solved(problem: CoverProblem, *, time_limit_s: float, gap: float) -> Answer:
    with searching(sense=1, what="plan", time_limit_s=time_limit_s, gap=gap, step=problem.step) as search:
        solve_cover(problem, search)
    return search.answer()
