"""How few stations it takes: everything reached in time (LSCP)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.changes import OpenStation
from fireplan.errors import FireplanError, InputError
from fireplan.siting._cover_question import must_reach, must_stand, problem_of
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import siting_of
from fireplan.siting._results.plan_proof import AGREES, Proven, covered_weight, expected_said
from fireplan.siting._results.site_values import CoverWeigher
from fireplan.siting._solvers.set_cover import set_cover_matrix

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.scenario import Change, Scenario
    from fireplan.siting._results.siting_result import Siting


@takes
def set_cover(
    scenario: Scenario,
    *,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Find the fewest new stations with which everything that can be reached is reached in time (LSCP).

    Parameters
    ----------
    scenario, candidates, within_s, weight, time_limit_s, gap
        As in `max_coverage`. Places where the weight is zero need not be reached.
    rules
        With `site_cost` the cheapest stations are sought, not the fewest. `budget` and closable stations are not for
        this question.

    Returns
    -------
    The plan; its objective is how many stations it opens, or what they cost. Places that no station and no candidate
    reaches in time are left out, and a note says how many. `sites`, `curve` and `runner_ups` are in the weight that
    counts, to show what each station of the plan is for.

    Notes
    -----
    Location set covering (Toregas, Swain, ReVelle and Bergman 1971), beside existing stations.
    """
    rules = rules or Rules()
    if rules.closable or rules.budget < math.inf:
        raise InputError("set_cover knows no budget and no closable stations: ask max_coverage or relocate")
    setting = setting_of(scenario, candidates, rules, medians=True)
    aim = Aim(weight or default_weight(scenario), within_s)
    demand, ids = setting.demand(aim), setting.times(aim).candidate_ids
    must_stand(setting, ids)
    covers, _, base = setting.covers(aim)
    must_reach(covers, len(ids), [demand])
    reached = base > 0
    reached[covers.place] = True
    lost = ~reached & (demand.weight > 0)
    cost = setting.site_cost(ids)
    priced = bool((cost != 0).any())
    choice = setting.choice(ids, stations=len(ids))
    answer = set_cover_matrix(
        covers, cost=cost if priced else None, required=reached & (base == 0) & (demand.weight > 0), choice=choice,
        time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip
    problem = replace(problem_of(setting, [demand], ids, len(ids), all_once=True), choice=choice)
    whole = float(demand.weight[reached].sum())

    def prove(plan: tuple[Change, ...]) -> Proven:
        found = covered_weight(setting, plan, demand, worth=np.ones(1))
        if abs(found.value - whole) > AGREES * max(1.0, whole) + found.rounded:
            raise FireplanError(
                f"the plan, assessed, reaches {found.value:.9g} {demand.unit} of {whole:.9g}: do not use it, and report"
                " it"
            )
        opened = [c.station_id for c in plan if isinstance(c, OpenStation)]
        return Proven(float(cost[ids.get_indexer(pd.Index(opened))].sum()) if priced else float(len(opened)))

    notes = [f"site scores, runner-ups and the order of building are in {demand.unit} reached"]
    if lost.any():
        notes.append(
            f"{wording.counted(lost.sum(), 'place')} with {wording.count(demand.weight[lost].sum())} {demand.unit},"
            " reached in time by no station and no candidate, left out"
        )
    found = siting_of(
        setting,
        CoverWeigher(problem),
        choice,
        answer,
        ids=ids,
        question=f"{'cheapest' if priced else 'fewest'} stations that reach all {aim};"
        f" {wording.counted(len(ids), 'candidate')}",
        unit="cost" if priced else "stations",
        total=float(demand.weight.sum()),
        share_of="weight",
        prove=prove,
        notes=tuple(notes),
        counted_in=demand.unit,
        set_aside=setting.times(aim).set_aside,
    )
    return replace(found, notes=(*found.notes, *expected_said(setting, found.plan, demand)))
