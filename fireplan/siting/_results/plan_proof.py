"""From sites to a plan: changes that a scenario takes, and the proof that they do what was claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fireplan.changes import AddUnit, CloseStation, MoveUnit, OpenStation
from fireplan.crs import WGS84, project
from fireplan.errors import FireplanError
from fireplan.measures import assess
from fireplan.roads._corners import BETWEEN, place_names
from fireplan.standards import Objective, Standard
from fireplan.stations._department import other_spelling

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.measures import Assessment
    from fireplan.scenario import Change, Scenario
    from fireplan.siting._problem.prepared_problem import Demand, Setting

AGREES = 1e-6
"""A claim and its assessment may differ by this part: sums of weights are not exact."""


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


def assessed(setting: Setting, plan: tuple[Change, ...], demand: Demand, *, levels: int) -> Assessment:
    """Assess a plan by one aim: one objective for each number of units that has to arrive."""
    aim, rules = demand.aim, setting.rules
    objectives = tuple(
        Objective(
            key=f"units_{k}",
            title=f"{k} x {rules.unit}",
            limit_s=aim.within_s,
            interval=rules.interval,
            needs={rules.unit: k},
            weight=aim.weight,
            source="this question",
            edition="local",
            verified=True,
        )
        for k in range(1, levels + 1)
    )
    scenario = setting.scenario.apply(*plan, *aim.conditions)
    return assess(scenario, standard=Standard("siting", "siting", objectives))


def covered_weight(setting: Setting, plan: tuple[Change, ...], demand: Demand, *, worth: NDArray[np.float64]) -> float:
    """Work out from an assessment what a plan attains by one aim."""
    assessment = assessed(setting, plan, demand, levels=len(worth))
    reached = [assessment.arrival(f"units_{k + 1}", demand.aim.weight).within for k in range(len(worth))]
    return float(sum(w * demand.weight[mask].sum() for w, mask in zip(worth, reached, strict=True)))


def arrivals(setting: Setting, plan: tuple[Change, ...], demand: Demand) -> NDArray[np.float64]:
    """First arrival at each place of one aim after a plan, from an assessment. [s]"""
    found = assessed(setting, plan, demand, levels=1)
    return np.asarray(found.arrival("units_1", demand.aim.weight).arrival_s, dtype=float)


def must_agree(claimed: float, found: float, what: str) -> None:
    """
    Refuse an answer that its own plan does not attain.

    Raises
    ------
    FireplanError
        If the two differ by more than rounding.
    """
    if not abs(claimed - found) <= AGREES * max(1.0, abs(claimed), abs(found)):
        raise FireplanError(
            f"the model claims {claimed:.9g} {what}, but its plan, assessed, attains {found:.9g}: do not use this"
            " answer, and report it"
        )


def columns_named(setting: Setting, ids: pd.Index) -> list[Any]:
    """Name the columns of the model: candidates, and after them the closable stations."""
    return [*map(str, ids), *setting.closable]
