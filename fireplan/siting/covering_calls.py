"""Siting by coverage: as much as possible within a limit, once, twice, or by a unit that is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.errors import Faults, InputError, UnknownIdError
from fireplan.siting.aims import Aim, Rules
from fireplan.siting.assembling import siting_of
from fireplan.siting.covering import Covers, cover_problem
from fireplan.siting.finishing import solve_cover
from fireplan.siting.models import stack, units_for, worth_if_busy
from fireplan.siting.plans import covered_weight
from fireplan.siting.search import check_limits, searching
from fireplan.siting.setting import Demand, Setting, default_weight, setting_of
from fireplan.siting.weighing import CoverWeigher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Change, Scenario
    from fireplan.siting.covering import CoverProblem
    from fireplan.siting.result import Siting


def max_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    aims: Sequence[Aim] = (),
    rules: Rules | None = None,
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
    (['C'], 'optimal')
    """
    setting = setting_of(scenario, candidates, rules or Rules())
    several = tuple(aims) or (Aim(weight or default_weight(scenario), within_s),)
    return _covered(
        setting, several, what="most reached", stations=stations, worth=(1.0,), time_limit_s=time_limit_s, gap=gap
    )


def expected_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    units: int = 1,
    busy: float,
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
        Probability that a unit is busy, 0 to below 1, the same for all and independent: `fireplan.workload` measures
        it as unit-hour utilisation.
    most_at_a_site
        How many of them may stand at one site.

    Returns
    -------
    The plan; its objective is the weight expected to find a unit free in time.

    Notes
    -----
    Maximum expected covering (Daskin 1983). A place reached in time by k units counts 1 - busy**k. That units are busy
    independently of one another, and all alike, is the model's assumption, not the department's.
    """
    if not 0 <= busy < 1:
        raise InputError(f"busy is {busy}: give a probability, 0 to below 1, such as 0.15")
    setting = setting_of(scenario, candidates, rules or Rules())
    _needs_units(scenario, "expected_coverage")
    aims = (Aim(weight or default_weight(scenario), within_s),)
    worth = worth_if_busy(busy)[: max(1, len(scenario.units) + units)]
    return _covered(
        setting, aims, what=f"most expected to be reached, each unit busy {busy:.0%} of the time", stations=units,
        worth=worth, several=most_at_a_site if busy else 1, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


def reliable_coverage(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    units: int = 1,
    busy: float,
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
    Maximum availability (ReVelle and Hogan 1989).
    """
    setting = setting_of(scenario, candidates, rules or Rules())
    _needs_units(scenario, "reliable_coverage")
    enough = units_for(busy, reliability)
    aims = (Aim(weight or default_weight(scenario), within_s),)
    return _covered(
        setting, aims, what=f"most reached by {enough} units, so that one is free {reliability:.0%} of the time",
        stations=units, worth=(*[0.0] * (enough - 1), 1.0), several=most_at_a_site, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


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
    return _covered(
        setting, aims, what=what, stations=stations, worth=worth, all_once=first is None, time_limit_s=time_limit_s,
        gap=gap,
    )  # fmt: skip


def relocate(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    within_s: float = 240.0,
    weight: str | None = None,
    aims: Sequence[Aim] = (),
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Close stations and open as many elsewhere, so that as much as possible is reached in time.

    Parameters
    ----------
    scenario, candidates, within_s, weight, aims, time_limit_s, gap
        As in `max_coverage`.
    stations
        How many move.
    rules
        `closable` names those that may; left out: every open station that is not locked.

    Returns
    -------
    The plan: the units of each station that closes move to the new site nearest to it.
    """
    rules = rules or Rules()
    if not rules.closable:
        from dataclasses import replace  # noqa: PLC0415 - of this branch alone

        open_ids = scenario.stations.index[scenario.stations["open"]]
        rules = replace(rules, closable=tuple(s for s in map(str, open_ids) if s not in rules.locked))
    setting = setting_of(scenario, candidates, rules)
    if stations > len(setting.closable):
        raise InputError(
            f"{stations} stations are to move, and {len(setting.closable)} may: ask for fewer, or make more closable"
        )
    several = tuple(aims) or (Aim(weight or default_weight(scenario), within_s),)
    return _covered(
        setting, several, what=f"most reached with {stations} stations moved", stations=stations, worth=(1.0,),
        closing=stations, time_limit_s=time_limit_s, gap=gap,
    )  # fmt: skip


def _needs_units(scenario: Scenario, call: str) -> None:
    if len(scenario.units) == 0:
        raise InputError(f"{call} counts units, and the scenario has none: say which units each station houses")


def _covered(  # noqa: PLR0913 - a question has this many parts
    setting: Setting,
    aims: Sequence[Aim],
    *,
    what: str,
    stations: int,
    worth: tuple[float, ...],
    time_limit_s: float,
    gap: float,
    several: int = 1,
    closing: int | None = None,
    all_once: bool = False,
) -> Siting:
    """Ask a covering question of a scenario."""
    check_limits(time_limit_s=time_limit_s, gap=gap)
    demands = [setting.demand(aim) for aim in aims]
    ids = setting.times(aims[0]).candidate_ids
    problem = _problem(
        setting, demands, ids, stations, worth=worth, several=several, closing=closing, all_once=all_once
    )
    with searching(sense=1, what=what, time_limit_s=time_limit_s, gap=gap, step=problem.step) as search:
        solve_cover(problem, search)

    def prove(plan: tuple[Change, ...]) -> float:
        return sum(
            scale * covered_weight(setting, plan, demand, worth=problem.worth)
            for demand, scale in zip(demands, scales(demands), strict=True)
        )

    asked = "; ".join(str(d.aim) for d in demands)
    return siting_of(
        setting,
        CoverWeigher(problem),
        problem.choice,
        search.answer(),
        ids=ids,
        question=f"{what}; {asked}; up to {problem.choice.quota[0]} of {len(ids):,} candidates",
        unit=demands[0].unit if len(demands) == 1 else "weighted share",
        total=problem.total,
        prove=prove,
        tie_s=_mean_times(setting, demands, problem),
        move=closing is not None,
        set_aside=setting.times(demands[0].aim).set_aside,
    )


def _problem(
    setting: Setting,
    demands: Sequence[Demand],
    ids: pd.Index,
    stations: int,
    *,
    worth: tuple[float, ...],
    several: int,
    closing: int | None,
    all_once: bool,
) -> CoverProblem:
    """State a question of a scenario as a covering problem: the places of each aim are rows of their own."""
    if len(ids) == 0:
        raise InputError(
            f"none of {len(setting.candidates):,} candidates stands on a road that an engine may leave by:"
            " check their coordinates"
        )
    parts = [setting.covers(d.aim) for d in demands]
    covers = stack(*(p[0] for p in parts))
    _reaches_something(covers, len(ids), demands)
    weight = np.concatenate([d.weight * s for d, s in zip(demands, scales(demands), strict=True)])
    base = np.concatenate([p[2] for p in parts])
    required = None
    if all_once:
        reached = base > 0
        reached[covers.place] = True
        required = (weight > 0) & reached
    return cover_problem(
        covers,
        weight,
        setting.choice(ids, stations=stations, closing=closing, several=several),
        worth=worth,
        base=base,
        units=parts[0][1],
        points=np.concatenate([d.points for d in demands]),
        required=required,
        floors=_floors(setting, demands),
    )


def scales(demands: Sequence[Demand]) -> list[float]:
    """Say what one unit of each aim's weight is worth: 1 where there is one aim, else importance by share."""
    if len(demands) == 1:
        return [1.0]
    return [d.aim.importance / float(d.weight.sum()) for d in demands]


def _reaches_something(covers: Covers, n_new: int, demands: Sequence[Demand]) -> None:
    weight = np.concatenate([d.weight for d in demands])
    if not (weight[covers.place[: covers.start[n_new]]] > 0).any():
        limits = ", ".join(str(d.aim) for d in demands)
        raise InputError(f"no candidate reaches anything that counts ({limits}): give others, or a longer limit")


def _floors(setting: Setting, demands: Sequence[Demand]) -> dict[str, tuple[NDArray[np.bool_], float]]:
    """Districts with the share that has to be reached in each: rows of the first aim."""
    rules = setting.rules
    if not rules.floor_by:
        return {}
    zones = setting.scenario.zones
    if rules.floor_by not in zones.columns:
        raise UnknownIdError("column of the zones", rules.floor_by, zones.columns)
    demand = demands[0]
    if demand.places.kind != "zones":
        faults = Faults("the rules")
        faults.add("floor_by parts zones, and incidents are counted at their own points: floor another weight")
        faults.raise_if_any()
    district = zones[rules.floor_by].astype(str).to_numpy()
    rest = np.zeros(sum(len(d.weight) for d in demands[1:]), dtype=bool)
    return {
        name: (np.concatenate([district == name, rest]), rules.floor)
        for name in sorted(set(district[demand.weight > 0]))
    }


def _mean_times(
    setting: Setting, demands: Sequence[Demand], problem: CoverProblem
) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Say how soon each candidate is, on average, at what it would add to others."""
    several = [setting.times(d.aim) for d in demands]
    first = np.cumsum([0, *(len(d.weight) for d in demands)])
    who = np.concatenate([np.repeat(np.arange(len(t.candidate_ids)), np.diff(t.start)) for t in several])
    place = np.concatenate([t.place + first[i] for i, t in enumerate(several)])
    travel_s = np.concatenate([t.travel_s for t in several])
    weight = np.concatenate([d.weight * s for d, s in zip(demands, scales(demands), strict=True)])
    worth = np.append(problem.worth, 0.0)

    def of(others: NDArray[np.int64]) -> NDArray[np.float64]:
        count = problem.counted(others)
        level = np.where(problem.row >= 0, np.minimum(count[problem.row], len(problem.worth)), len(problem.worth))
        gain = (weight * worth[level])[place]
        total = np.bincount(who, weights=gain, minlength=problem.runs.n)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_s = np.bincount(who, weights=gain * travel_s, minlength=problem.runs.n) / total
        return np.where(total > 0, mean_s, np.inf)

    return of
