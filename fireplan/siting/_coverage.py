"""Siting by coverage: as much as possible within a limit, once, twice, or by a unit that is free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.siting._cover_question import covered
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.local_busy import local_busy
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._problem.worth_by_place import enough_worth, expected_worth
from fireplan.siting.models import units_for, worth_if_busy
from fireplan.stations import own_stations

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.scenario import Scenario
    from fireplan.siting._results.siting_result import Siting


@takes
def max_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    aims: Sequence[Aim] = (),
    rules: Rules | None = None,
    goal: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that as much as possible is reached in time (MCLP).

    Parameters
    ----------
    scenario
        The department as it stands; what its open stations reach is reached already.
    stations
        How many may be opened.
    candidates
        Points with a CRS, by id; see `grid_sites`, `intersection_sites`, `parcel_sites` and `listed_sites`.
    within_s
        Within which time. [s]
    weight
        What is counted, such as "population", "dwellings" or "incidents"; left out: people where they are known, else
        incidents.
    aims
        Several things to be reached at once, instead of `within_s` and `weight`; the objective is then the sum of
        importance times share.
    rules
        Kind of unit, costs, stations that may close, and so on; see `Rules`.
    goal
        Share that is asked for, 0 to 1, such as 0.9: what is attained is told by it, so that a share that just misses
        is not rounded to it. The search does not stop there. Left out: none.
    time_limit_s
        How long to search. [s]
    gap
        Share of the objective that is close enough; 0: until it is proven.

    Returns
    -------
    The plan, its bound, and what came close: `Siting`.

    Raises
    ------
    InputError, UnknownIdError
        If a candidate, an aim or a rule cannot be used, or more stations are asked for than there are candidates.
    FireplanError
        If assessing the plan does not give what the model claims.

    Notes
    -----
    Maximal covering (Church and ReVelle 1974), beside existing stations. A place is reached when the unit arrives
    within the limit, the limit itself included.

    Examples
    --------
    >>> import fireplan as fp
    >>> import geopandas as gpd
    >>> town = fp.examples.line_town()
    >>> sites = gpd.GeoSeries(gpd.points_from_xy([-140] * 3, [30.01, 30.02, 30.03]), index=["A", "B", "C"], crs=4326)
    >>> best = fp.siting.max_coverage(town, stations=1, candidates=sites, within_s=100)
    >>> list(best.chosen.index), best.status
    (['B'], 'optimal')
    """
    setting = setting_of(scenario, candidates, rules or Rules())
    several = tuple(aims) or (Aim(weight or default_weight(scenario), within_s),)
    return covered(
        setting, several, what="most reached", stations=stations, worth=(1.0,), goal=goal, time_limit_s=time_limit_s,
        gap=gap,
    )  # fmt: skip


@takes
def expected_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    units: int = 1,
    busy: float | pd.Series[Any],
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    most_at_a_site: int = 2,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site units so that as much as possible is expected to be reached in time by one that is free (MEXCLP).

    Parameters
    ----------
    scenario, candidates, within_s, weight, rules, time_limit_s, gap
        As in `max_coverage`. The units that are there count, each as often as it is there.
    units
        How many units may be added.
    busy
        Probability that a unit is busy, 0 to below 1: one for all; or, by `unit_id` or `station_id`, that of each, as
        `response_performance.busy_shares`, a `hypercube(...).busy`, a simulation's `utilisation()["utilisation"]` or
        you say. Units are independent. `fireplan.workload` measures it as unit-hour utilisation.
    most_at_a_site
        How many of them may stand at one site.

    Returns
    -------
    The plan; its objective is the weight expected to find a unit free in time.

    Notes
    -----
    Maximum expected covering (Daskin 1983). A place reached in time by k units counts 1 - busy**k. That units are busy
    independently of one another, and all alike, is the model's assumption, not the department's.

    With busy shares by unit or station each place has its own, after the local estimates of ReVelle and Hogan (1989):
    the mean of the units that reach it in time today, or of the station that is first where none does. New units are
    taken to be as busy as those. Of units that are busy unlike one another the mean says a little less than
    1 - q1 q2 ..., never more, as the product of some shares is no more than that of their mean. The notes say where the
    shares are from, and their range.
    """
    setting = setting_of(scenario, candidates, rules or Rules())
    _needs_units(scenario, "expected_coverage")
    aims = (Aim(weight or default_weight(scenario), within_s),)
    if isinstance(busy, pd.Series):
        local = local_busy(setting, aims[0], busy)
        return covered(
            setting, aims, what=f"most expected to be reached, each unit as busy as those near ({local.told} of the"
            " time)", stations=units, worth=(1.0,), several=most_at_a_site, time_limit_s=time_limit_s, gap=gap,
            by_place=expected_worth(
                local.at_place, min(len(worth_if_busy(local.at_place.max())), len(scenario.units) + units)
            ),
            notes=(local.note,),
        )  # fmt: skip
    if not 0 <= busy < 1:
        raise InputError(f"busy is {busy}: give a probability, 0 to below 1, such as 0.15")
    worth = worth_if_busy(busy)[: max(1, len(scenario.units) + units)]
    return covered(
        setting, aims, what=f"most expected to be reached, each unit busy {wording.goal(busy)} of the"
        " time", stations=units,
        worth=worth, several=most_at_a_site if busy else 1, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


@takes
def reliable_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    units: int = 1,
    busy: float | pd.Series[Any],
    reliability: float = 0.9,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    most_at_a_site: int = 2,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site units so that as much as possible is reached in time with a given reliability (MALP I).

    Parameters
    ----------
    scenario, units, busy, candidates, within_s, weight, rules, most_at_a_site, time_limit_s, gap
        As in `expected_coverage`.
    reliability
        Probability with which a unit has to be free, above 0 and below 1.

    Returns
    -------
    The plan; its objective is the weight reached in time by as many units as it takes.

    Notes
    -----
    Maximum availability (ReVelle and Hogan 1989). With busy shares by unit or station (`expected_coverage` says how
    each place comes to its own) each place takes as many units as make one free there (MALP II).
    """
    setting = setting_of(scenario, candidates, rules or Rules())
    _needs_units(scenario, "reliable_coverage")
    aims = (Aim(weight or default_weight(scenario), within_s),)
    if isinstance(busy, pd.Series):
        local = local_busy(setting, aims[0], busy)
        each = np.array([units_for(float(b), reliability) for b in local.at_place])
        least, most = int(each.min()), int(each.max())
        told = wording.counted(most, "unit") if least == most else f"{least} to {wording.counted(most, 'unit')}"
        return covered(
            setting, aims, what=f"most reached by {told}, as busy as those near ({local.told} of the time), so that one"
            f" is free {wording.goal(reliability)} of the time",
            stations=units, worth=(1.0,), several=most_at_a_site, time_limit_s=time_limit_s, gap=gap,
            by_place=enough_worth(each, len(scenario.units) + units), notes=(local.note,),
        )  # fmt: skip
    enough = units_for(busy, reliability)
    return covered(
        setting, aims, what=f"most reached by {wording.counted(enough, 'unit')}, so that one is free"
        f" {wording.goal(reliability)} of the time",
        stations=units, worth=(*[0.0] * (enough - 1), 1.0), several=most_at_a_site, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


@takes
def backup_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    first: float | None = None,
    within_s: float = 240.0,
    weight: str | None = None,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations so that as much as possible is reached in time by two units (BACOP1, BACOP2).

    Parameters
    ----------
    scenario, stations, candidates, within_s, weight, rules, time_limit_s, gap
        As in `max_coverage`.
    first
        What being reached by one unit is worth, 0 to 1; by a second, the rest (BACOP2). Left out: whatever any
        candidate or station can reach has to be reached by one, and what is reached by two counts (BACOP1).

    Returns
    -------
    The plan; its objective is the weight reached by two units, or first * (by one) + (1 - first) * (by two).

    Notes
    -----
    Backup coverage (Hogan and ReVelle 1986).
    """
    if first is not None and not 0 <= first <= 1:
        raise InputError(f"first is {first}: give what being reached once is worth, 0 to 1")
    setting = setting_of(scenario, candidates, rules or Rules())
    _needs_units(scenario, "backup_coverage")
    aims = (Aim(weight or default_weight(scenario), within_s),)
    worth = (0.0, 1.0) if first is None else (first, 1 - first)
    what = "most reached twice, all reached once" if first is None else f"most reached twice, once worth {first:g}"
    return covered(
        setting, aims, what=what, stations=stations, worth=worth, all_once=first is None, time_limit_s=time_limit_s,
        gap=gap,
    )  # fmt: skip


@takes
def relocate(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    aims: Sequence[Aim] = (),
    rules: Rules | None = None,
    goal: float | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Close stations and open as many elsewhere, so that as much as possible is reached in time.

    Parameters
    ----------
    scenario, candidates, within_s, weight, aims, goal, time_limit_s, gap
        As in `max_coverage`.
    stations
        How many move.
    rules
        `closable` names those that may; left out: every open station of the department that is not locked, and none of
        a neighbour's.

    Returns
    -------
    The plan: the units of each station that closes move to the new site nearest to it. Where turnouts were observed
    and count, crews that move are taken to turn out as those of the department do: the plan says so.
    """
    rules = rules or Rules()
    if not rules.closable:
        from dataclasses import replace  # noqa: PLC0415 - of this branch alone

        stations_now = scenario.stations
        open_ids = stations_now.index[stations_now["open"] & own_stations(stations_now)]
        rules = replace(rules, closable=tuple(s for s in map(str, open_ids) if s not in rules.locked))
    setting = setting_of(scenario, candidates, rules)
    if stations > len(setting.closable):
        raise InputError(
            f"{wording.counted(stations, 'station is', 'stations are')} to move, and"
            f" {wording.count(len(setting.closable))} may: ask for fewer, or make more closable"
        )
    several = tuple(aims) or (Aim(weight or default_weight(scenario), within_s),)
    return covered(
        setting, several, what=f"most reached with {wording.counted(stations, 'station')} moved", stations=stations,
        worth=(1.0,), closing=stations, goal=goal, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


def _needs_units(scenario: Scenario, call: str) -> None:
    if len(scenario.units) == 0:
        raise InputError(f"{call} counts units, and the scenario has none: say which units each station houses")
