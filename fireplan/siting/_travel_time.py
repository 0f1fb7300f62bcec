"""Siting by time: the mean time to everybody, and the longest time to anybody."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.errors import InputError
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.prepared_problem import Setting, setting_of
from fireplan.siting._problem.service_problem import Costs
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import siting_of
from fireplan.siting._results.plan_proof import Proven, arrivals
from fireplan.siting._results.site_values import MeanWeigher
from fireplan.siting._solvers.p_center import p_center_matrix
from fireplan.siting._solvers.p_median import p_median_matrix

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Change, Scenario
    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._results.siting_result import Siting

FARTHEST_S = 1800.0
"""Times are worked out to half an hour. [s]"""


@takes
def p_median(
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    weight: str | None = None,
    at_most_s: float = FARTHEST_S,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that the mean time to all there is, by weight, is least (p-median).

    Parameters
    ----------
    scenario, stations, candidates, weight, rules, time_limit_s, gap
        As in `max_coverage`.
    at_most_s
        Places that nobody reaches within this time count as if they were reached then: they stay in the mean. [s]

    Returns
    -------
    The plan; its objective is the weighted mean time of the first unit. [s]

    Notes
    -----
    The p-median problem (Hakimi 1964; ReVelle and Swain 1970). A mean hides who is served late: hold the plan to a
    standard before it is chosen.
    """
    setting = setting_of(scenario, candidates, rules or Rules(), medians=True)
    return _timed(
        setting, Aim(weight or default_weight(scenario), at_most_s), stations=stations, worst=False,
        time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


@takes
def p_center(
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    weight: str | None = None,
    at_most_s: float = FARTHEST_S,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that the longest time to any place is least (p-center).

    Parameters
    ----------
    scenario, stations, candidates, rules, time_limit_s, gap
        As in `max_coverage`.
    weight
        Places where this is zero do not count; more of it does not count for more.
    at_most_s
        Places that no candidate and no station reaches within this time are left out, and a note says how many. [s]

    Returns
    -------
    The plan; its objective is the longest time of the first unit to a place. [s]

    Notes
    -----
    The vertex p-center problem (Hakimi 1965).
    """
    setting = setting_of(scenario, candidates, rules or Rules(), medians=True)
    return _timed(
        setting, Aim(weight or default_weight(scenario), at_most_s), stations=stations, worst=True,
        time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


def _timed(setting: Setting, aim: Aim, *, stations: int, worst: bool, time_limit_s: float, gap: float) -> Siting:
    demand = setting.demand(aim)
    ids, costs, base, choice = _costs(setting, aim, stations)
    weight, notes = demand.weight, []
    if worst:
        lost = _never(costs, base) & (weight > 0)
        if lost.any():
            notes.append(
                f"{wording.counted(lost.sum(), 'place')} with {wording.count(weight[lost].sum())} {demand.unit},"
                " reached by no candidate and no station within"
                f" {wording.clock(aim.within_s)}, left out of the longest time"
            )
            weight = np.where(lost, 0.0, weight)
        how = p_center_matrix(costs, weights=weight, base=base, choice=choice, time_limit_s=time_limit_s, gap=gap)
    else:
        base = np.minimum(base, aim.within_s)
        notes.append(f"places not reached within {wording.clock(aim.within_s)} count as {wording.clock(aim.within_s)}")
        how = p_median_matrix(costs, weight, base=base, choice=choice, time_limit_s=time_limit_s, gap=gap)
    weigher, per = MeanWeigher(costs, weight, base, choice, worst=worst), 1.0 if worst else 1.0 / float(weight.sum())

    def prove(plan: tuple[Change, ...]) -> Proven:
        found_s = arrivals(setting, plan, demand)
        if worst:
            return Proven(float(found_s[weight > 0].max(initial=0.0)))
        return Proven(float((weight * np.minimum(found_s, aim.within_s)).sum()) * per)

    return siting_of(
        setting,
        weigher,
        choice,
        how,
        ids=ids,
        question=f"{'shortest longest' if worst else 'shortest mean'} time to {aim.weight}; up to {choice.quota[0]} of"
        f" {wording.counted(len(ids), 'candidate')}",
        unit="s",
        total=math.nan,
        prove=prove,
        claimed_per=per,
        notes=tuple(notes),
        set_aside=setting.times(aim).set_aside,
    )


def _costs(setting: Setting, aim: Aim, stations: int) -> tuple[pd.Index, Costs, NDArray[np.float64], Choice]:
    """Times from candidates and closable stations, and of what stays. [s]"""
    times, there = setting.times(aim), setting.sources(aim)
    ids = times.candidate_ids
    if len(times.place) == 0:
        raise InputError(
            f"none of {wording.count(len(setting.candidates))} candidates reaches any place within"
            f" {wording.clock(aim.within_s)}: check their"
            " coordinates, or allow more time"
        )
    stays = ~there.station.isin(setting.closable)
    arrival_s = there.arrival_s()
    base = arrival_s[stays].min(axis=0, initial=np.inf).astype(float)
    arrives_s = setting.arrivals(aim, times)
    in_time = arrives_s <= last_within(aim.within_s)  # times are solved to a little beyond it
    start, place = [np.concatenate([[0], np.cumsum(in_time)])[times.start]], [times.place[in_time]]
    cost = [arrives_s[in_time].astype(float)]
    for station in setting.closable:
        quickest = arrival_s[there.station == station].min(axis=0, initial=np.inf)
        near = np.flatnonzero(quickest <= last_within(aim.within_s)).astype(np.int32)
        start.append(start[-1][-1:] + len(near))
        place.append(near)
        cost.append(quickest[near].astype(float))
    costs = Costs(np.concatenate(start), np.concatenate(place), np.concatenate(cost), len(times.place_ids))
    return ids, costs, base, setting.choice(ids, stations=stations)


def _never(costs: Costs, base: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Places that nobody reaches."""
    never = np.isinf(base)
    never[costs.place] = False
    return never
