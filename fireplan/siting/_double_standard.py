"""Siting by two limits at once: all within the far one, most twice within the near one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults, InputError
from fireplan.siting._cover_question import must_be_reached, must_reach, must_stand, steps_of
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.stepped_demand import beside
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import siting_of
from fireplan.siting._results.plan_proof import Proven, covered_weight
from fireplan.siting._results.site_values import CoverWeigher
from fireplan.siting._solvers.incumbent import searching
from fireplan.siting._solvers.solve_cover import solve_cover
from fireplan.siting.models import stack

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.scenario import Change, Scenario
    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.prepared_problem import Demand, Setting
    from fireplan.siting._results.siting_result import Siting


@takes
def double_standard(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    near_s: float = 240.0,
    far_s: float = 480.0,
    share: float = 0.9,
    weight: str | None = None,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that all is reached within a far limit, a share within a near one, and most twice (DSM).

    Parameters
    ----------
    scenario, stations, candidates, weight, rules, time_limit_s, gap
        As in `max_coverage`.
    near_s, far_s
        The two limits. [s]
    share
        Share of the weight that has to be reached within the near limit.

    Returns
    -------
    The plan; its objective is the weight reached by two units within the near limit. What no station and no candidate
    reaches within the far limit is left out of "all", and a note says how much that is.

    Notes
    -----
    The double standard model (Gendreau, Laporte and Semet 1997).
    """
    faults = Faults("the double standard")
    if not near_s < far_s:
        faults.add(f"near_s is {near_s} and far_s {far_s}: the far limit has to be the longer one")
    if not 0 <= share <= 1:
        faults.add(f"share is {share}: give a share such as 0.9 for 90 %")
    faults.raise_if_any()
    if len(scenario.units) == 0:
        raise InputError("double_standard counts units, and the scenario has none: say which each station houses")
    setting = setting_of(scenario, candidates, rules or Rules())
    name = weight or default_weight(scenario)
    near, far = Aim(name, near_s), Aim(name, far_s)
    demand, ids = setting.demand(near), setting.times(near).candidate_ids
    must_stand(setting, ids)
    wide, _, wide_base = setting.covers(far)
    must_reach(wide, len(ids), [demand])
    reached = wide_base > 0
    reached[wide.place] = True
    lost = ~reached & (demand.weight > 0)
    choice, worth = setting.choice(ids, stations=stations), (0.0, 1.0)
    floor = f"all within {wording.clock(near_s)} ({wording.goal(share)})"
    everywhere = np.ones(len(demand.weight), dtype=bool)
    if setting.law(near) is None:
        problem = _by_medians(setting, near, far, demand, choice, floor={floor: share})
    else:
        steps = steps_of(
            setting, [demand], choice, n_new=len(ids), worth=worth, floors={floor: (everywhere, share)}
        )  # fmt: skip
        # The far limit is one that everybody has to be within: at the median drive.
        must = must_be_reached(setting, [demand._replace(aim=far)], choice, worth=worth)
        problem = beside(steps[0].problem, must)
    with searching(sense=1, what="double standard", time_limit_s=time_limit_s, gap=gap, step=problem.step) as search:
        solve_cover(problem, search)

    def prove(plan: tuple[Change, ...]) -> Proven:
        return covered_weight(setting, plan, demand, worth=problem.worth)

    held = f"{wording.count(demand.weight[lost].sum())} {demand.unit}"
    left = f"{wording.counted(lost.sum(), 'place')} with {held} out of everyone's reach"
    return siting_of(
        setting,
        CoverWeigher(problem),
        problem.choice,
        search.answer(),
        ids=ids,
        question=f"most {name} reached twice within {wording.clock(near_s)}, {wording.goal(share)} once, all within"
        f" {wording.clock(far_s)}; up to"
        f" {stations} of {wording.counted(len(ids), 'candidate')}",
        unit=demand.unit,
        total=problem.total,
        prove=prove,
        notes=(left,) if lost.any() else (),
        set_aside=setting.times(near).set_aside,
    )


def _by_medians(
    setting: Setting, near: Aim, far: Aim, demand: Demand, choice: Choice, *, floor: dict[str, float]
) -> CoverProblem:
    """State it where places are reached or not: rows of the near limit, and rows of no weight of the far one."""
    (close_by, units, base), (wide, _, wide_base) = setting.covers(near), setting.covers(far)
    m = len(demand.weight)
    reached = wide_base > 0
    reached[wide.place] = True
    within = np.arange(2 * m) < m
    return cover_problem(
        stack(close_by, wide),
        np.concatenate([demand.weight, np.zeros(m)]),
        choice,
        worth=(0.0, 1.0),
        base=np.concatenate([base, wide_base]),
        units=units,
        points=np.concatenate([demand.points, demand.points]),
        required=np.concatenate([np.zeros(m, dtype=bool), reached & (demand.weight > 0)]),
        floors={name: (within, share) for name, share in floor.items()},
    )
