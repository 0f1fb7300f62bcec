"""From sites to a plan: changes that a scenario takes, and the proof that they do what was claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._limits import last_within
from fireplan.changes import AddUnit, CloseStation, MoveUnit, OpenStation, SetTurnout
from fireplan.crs import WGS84, project
from fireplan.errors import FireplanError
from fireplan.measures import assess
from fireplan.roads._corners import BETWEEN, place_names
from fireplan.siting._problem.aims_and_rules import aim_objective
from fireplan.standards import Standard
from fireplan.stations._department import other_spelling

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.measures import Assessment
    from fireplan.measures._assessment import Arrival
    from fireplan.scenario import Change, Scenario
    from fireplan.siting._problem.prepared_problem import Demand, Setting

AGREES = 1e-6
"""A claim and its assessment may differ by this part: sums of weights are not exact."""


LAST_DIGITS_S = 5e-4
"""Times of one drive, worked out in two ways, may differ by so much. [s]"""


def placed(setting: Setting, ids: pd.Index) -> gpd.GeoDataFrame:
    """Give the candidates that can be used, each with its `place`: what people call it."""
    sites, roads = setting.candidates.loc[ids].copy(), setting.scenario.roads
    lonlat = shapely.get_coordinates(sites.geometry.array)
    place = pd.Series(place_names(roads, project(lonlat, source=WGS84, target=roads.crs)), index=sites.index)
    if "name" in sites.columns:  # a name made of those of streets says where a site is: no site is called so
        streets = {*roads.called.tolist()} - {""}
        where = sites["name"].map(lambda name: is_text(name) and streets.issuperset(name.split(BETWEEN)))
        place = place.mask(where.astype(bool), sites["name"])
    return sites.assign(place=place)


def plan_of(
    setting: Setting, sites: gpd.GeoDataFrame, units: NDArray[np.int64], *, close: list[str], move: bool = False
) -> tuple[Change, ...]:
    """
    Write sites as changes.

    Parameters
    ----------
    setting
        The scenario the plan is for.
    sites
        Sites to open, by `candidate_id`, points in EPSG:4326.
    units
        How many units go to each.
    close
        Stations to close.
    move
        Whether the units of the stations that close move to the new sites, the nearest first; else each site gets new
        ones.
    """
    scenario, kind = setting.scenario, setting.rules.unit
    staffed = len(scenario.units) > 0
    changes = openings(sites)
    if move:
        changes += _moves(scenario, sites, close)
        changes += _anew(setting, [c.unit_id for c in changes if isinstance(c, MoveUnit)])
    elif staffed:
        taken = set(scenario.units.index)
        for name, several in zip(sites.index, units, strict=True):
            for _ in range(int(several)):
                unit = new_unit(kind, str(name), taken)
                changes.append(AddUnit(unit, to=str(name), type=kind))
    return (*changes, *(CloseStation(s) for s in close))


def openings(sites: gpd.GeoDataFrame) -> list[Change]:
    """Open a station at each site, under the site's name where it has one, else under that of its place."""
    points = sites.geometry
    named = sites["name"] if "name" in sites.columns else [""] * len(sites)
    called = [
        str(name) if is_text(name) and name != place else f"Station at {place}" if is_text(place) else f"Site {site}"
        for site, name, place in zip(sites.index, named, sites["place"], strict=True)
    ]
    twice = {name for name in called if called.count(name) > 1}  # two sites at one corner
    names = [f"{n} ({site})" if n in twice else n for site, n in zip(sites.index, called, strict=True)]
    return [
        OpenStation(str(site), at=(float(x), float(y)), name=name)
        for site, x, y, name in zip(sites.index, points.x, points.y, names, strict=True)
    ]


def is_text(name: object) -> bool:
    """Say whether a cell of a column of names says anything."""
    return isinstance(name, str) and bool(name.strip())


def new_unit(kind: str, site: str, taken: set[str]) -> str:
    """Name a unit that is not there yet, such as "E-G0012", and take the name."""
    n = 1
    while (unit := f"{kind[0].upper()}-{site}" + (f"-{n}" if n > 1 else "")) in taken or other_spelling(unit, taken):
        n += 1
    taken.add(unit)
    return unit


def _moves(scenario: Scenario, sites: gpd.GeoDataFrame, close: list[str]) -> list[Change]:
    """Move each closed station's units to the nearest new site that has none yet."""
    left = list(sites.index)
    points = scenario.stations.geometry.to_crs(sites.crs)
    found: list[Change] = []
    for station in close:
        if not left:
            break
        away = shapely.distance(sites.geometry.loc[left].array, points[station])
        site = left.pop(int(np.argmin(away)))
        mine = scenario.units.index[scenario.units["station_id"] == station]
        found += [MoveUnit(str(unit), to=str(site)) for unit in mine]
    return found


def _anew(setting: Setting, moved: list[str]) -> list[Change]:
    """
    Let crews that move turn out as those of the department do, where turnouts were observed house by house.

    What was particular to the house they leave does not move with them.
    """
    calibration, rules, units = setting.scenario.calibration, setting.rules, setting.scenario.units
    if calibration is None or calibration.turnouts is None or rules.interval != "turnout_and_travel_s":
        return []
    mine = units.loc[moved]
    other = mine.index[(mine["type"] == rules.unit) & (mine["turnout_s"] != setting.turnout_s)]
    return [SetTurnout(setting.turnout_s, units=tuple(map(str, other)))] if len(other) else []


def assessed(setting: Setting, plan: tuple[Change, ...], demand: Demand, *, levels: int) -> Assessment:
    """Assess a plan by one aim: one objective for each number of units that has to arrive."""
    aim = demand.aim
    objectives = tuple(aim_objective(aim, setting.rules, k) for k in range(1, levels + 1))
    scenario = setting.scenario.apply(*plan, *aim.conditions)
    return assess(scenario, standard=Standard("siting", "siting", objectives))


class Proven(NamedTuple):
    """What a plan attains when it is assessed, and how much of it the rounding of times may change."""

    value: float
    rounded: float = 0.0


def covered_weight(setting: Setting, plan: tuple[Change, ...], demand: Demand, *, worth: NDArray[np.float64]) -> Proven:
    """
    Work out from an assessment what a plan attains by one aim.

    Parameters
    ----------
    setting, plan, demand
        The question and the answer.
    worth
        What each level is worth, everywhere or (levels x places) at each place.
    """
    assessment = assessed(setting, plan, demand, levels=len(worth))
    value, rounded = 0.0, 0.0
    for k, w in enumerate(worth):
        arrival = assessment.arrival(f"units_{k + 1}", demand.aim.weight)
        chance, may_change = reached_by(setting, demand, arrival)
        value += float((w * demand.weight * chance).sum())
        rounded += float((w * demand.weight * may_change).sum())
    return Proven(value, rounded)


def reached_by(setting: Setting, demand: Demand, arrival: Arrival) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Say how likely each place is reached in time, or whether, and how much of that rounding may change."""
    law, arrival_s = setting.law(demand.aim), arrival.arrival_s.astype(float)
    if not setting.scenario.roads.calibrated:
        return arrival.within.astype(float), np.zeros(len(arrival_s))
    # Where drives follow a curve, one search and many searches add up to the same time but for the last digits.
    reached = np.isfinite(arrival_s)
    early, late = (np.where(reached, np.maximum(arrival_s + by, 0.0), np.inf) for by in (-LAST_DIGITS_S, LAST_DIGITS_S))
    if law is None:
        latest_s = last_within(demand.aim.within_s)
        return arrival.within.astype(float), ((early <= latest_s) != (late <= latest_s)).astype(float)
    return arrival.chance, law.at(early) - law.at(late)


def expected_said(setting: Setting, plan: tuple[Change, ...], demand: Demand) -> tuple[str, ...]:
    """Say what is to be expected of a plan that was sought by median drives; (): it is not known how they differ."""
    if replace(setting, medians=False).law(demand.aim) is None:
        return ()
    arrival = assessed(setting, plan, demand, levels=1).arrival("units_1", demand.aim.weight)
    within, total = float((demand.weight * arrival.chance).sum()), float(demand.weight.sum())
    share = f"{wording.figure(within)} ({wording.share(within / total)})"
    return (f"of {wording.amount(total, demand.unit)}, {share} are to be expected in time under the plan",)


def arrivals(setting: Setting, plan: tuple[Change, ...], demand: Demand) -> NDArray[np.float64]:
    """First arrival at each place of one aim after a plan, from an assessment. [s]"""
    found = assessed(setting, plan, demand, levels=1)
    return np.asarray(found.arrival("units_1", demand.aim.weight).arrival_s, dtype=float)


def must_agree(claimed: float, found: float, what: str, rounded: float = 0.0) -> None:
    """
    Refuse an answer that its own plan does not attain.

    Parameters
    ----------
    claimed, found
        What the model says, and what an assessment does.
    what
        Unit of both.
    rounded
        How much of it the rounding of times may change.

    Raises
    ------
    FireplanError
        If the two differ by more than rounding.
    """
    if not abs(claimed - found) <= AGREES * max(1.0, abs(claimed), abs(found)) + rounded:
        raise FireplanError(
            f"the model claims {claimed:.9g} {what}, but its plan, assessed, attains {found:.9g}: do not use this"
            " answer, and report it"
        )


def columns_named(setting: Setting, ids: pd.Index) -> list[Any]:
    """Name the columns of the model: candidates, and after them the closable stations."""
    return [*map(str, ids), *setting.closable]
