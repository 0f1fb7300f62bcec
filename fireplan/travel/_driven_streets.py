"""The quickest way as a table: which streets, which turns, and what takes how long."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import said as said_kind
from fireplan._checked import takes
from fireplan.crs import WGS84, reproject
from fireplan.errors import Faults, InputError, UnknownIdError, quoted
from fireplan.roads import snap
from fireplan.roads._turns import KINDS_OF_TURN, kinds_of
from fireplan.scenario import held
from fireplan.travel._ad_hoc_points import Spot
from fireplan.travel._clock import start_of
from fireplan.travel._places import places, station_places
from fireplan.travel._routes import RouteSearch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from fireplan.scenario import Scenario
    from fireplan.travel._routes import DrivenPiece

ROUNDING_S = 1e-3
"""Times of a search are rounded to single precision. [s]"""

LONGEST_S = 36_000.0
"""What takes longer is no way that a unit drives. [s]"""


@takes
def route(scenario: Scenario, from_: object, to: object, *, among: str | None = None) -> gpd.GeoDataFrame:
    """
    Say which way a unit would take, street by street.

    Parameters
    ----------
    scenario
        Whose roads, and how turns are reckoned on them: `roads.with_turns`.
    from_
        Id of an open station, or of a unit, which leaves from its station; or a point: longitude and latitude [°], or a
        shapely Point of them.
    to
        Id of a zone or an incident, or of an open station, or a point.
    among
        "zones", "incidents" or "stations": which of them `to` names; needed only where an id is in several.

    Returns
    -------
    One row per piece of street between two junctions, in the order in which they are driven: `name`, `ref`,
    `highway`, `length_m` [m]; `turn`, by which it is entered ("start", "straight", "left", "right" or "back");
    `travel_s` along it, `turn_s` and `wait_s` lost before it is entered, and `arrives_s`, when it is left [s]; and the
    line, in WGS 84. On calibrated roads streets and turns add up to less than `arrives_s`, which counts the start and
    is told by their curve (`roads.curve`). `attrs["travel_s"]` is the time in all, as `travel_times` gives it [s], and
    `attrs["streets"]` the rows of `roads.streets` that are driven.

    Raises
    ------
    InputError
        If a point lies off the road, or no way leads there.

    Notes
    -----
    What turns cost on average (turns="mean") and what is lost at a node is lost there whoever comes: at a place that
    stands at a corner it stands in the last row, and so it does in `travel_times`.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> way = fp.travel.route(town, "S1", "Z03")
    >>> way["turn"].value_counts().to_dict()
    {'straight': 2, 'start': 1}
    >>> round(way.attrs["travel_s"])
    28
    >>> fp.travel.route(town, "E1", "Z03").equals(way)  # from where Engine 1 stands
    True
    """
    faults = Faults("route")
    for name, place in (("from_", from_), ("to", to)):
        if not isinstance(place, str | int | float | shapely.Point) and _point(place) is None:
            faults.add(f"{name} is {said_kind(place)}: give an id, or a point: longitude and latitude")
    faults.raise_if_any()
    roads = scenario.roads
    start, ends = _start(scenario, from_), list(_ends(scenario, to, among))
    routes = RouteSearch(roads, cutoff_s=LONGEST_S)
    found = [way for end in ends if (way := routes.pieces(start, end)) is not None]
    if not found:
        raise InputError(f"no way leads from {_said(from_)} to {_said(to)} in the directions that may be driven")
    pieces, added_s = min(found, key=lambda way: way[1])
    table = _table(scenario, routes, pieces, added_s)
    begins_s = start_of(scenario, (start.street, start.along))
    table["arrives_s"] = roads.curve.clock_s(table["arrives_s"].to_numpy(), begins_s)
    table.attrs["travel_s"] = roads.curve.clock_s(added_s, begins_s)
    return table


def _table(scenario: Scenario, routes: RouteSearch, pieces: list[DrivenPiece], takes_s: float) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    roads = scenario.roads
    street = np.array([piece.street for piece in pieces], dtype=np.int64)
    way = np.array([piece.way for piece in pieces], dtype=np.int64)
    share = np.array([abs(piece.end - piece.begin) for piece in pieces])
    whole_s = np.where(way % 2 == 1, roads.back_s[street], roads.there_s[street])
    travel_s = np.where(share > 0, share * whole_s, 0.0)
    kind = kinds_of(way[:-1], way[1:], xy_m=roads.xy_m, offsets=roads.offsets)
    node = np.where(way % 2 == 1, roads.last[street], roads.first[street])[1:]
    lost_s = np.array([routes.lost_s(before, after) for before, after in pairwise(way.tolist())])
    wait_s = np.minimum(roads.wait_s[node], lost_s)
    turn_s = np.append(0.0, lost_s - wait_s)
    wait_s = np.append(0.0, wait_s)
    if len(pieces):  # what is lost at a corner at which the way ends
        lost_there_s = takes_s - float((travel_s + turn_s + wait_s).sum())
        wait_s[-1] += lost_there_s if lost_there_s > ROUNDING_S else 0.0
    lines = [shapely.LineString(routes.points(piece)) for piece in pieces]
    table = gpd.GeoDataFrame(
        {
            "name": roads.street_name[street],
            "ref": roads.street_ref[street],
            "highway": roads.highway[street],
            "length_m": share * roads.length_m[street],
            "turn": [*["start"][: len(pieces)], *np.array(KINDS_OF_TURN)[kind].tolist()],
            "travel_s": travel_s,
            "turn_s": turn_s[: len(pieces)],
            "wait_s": wait_s[: len(pieces)],
            "arrives_s": np.cumsum(travel_s + turn_s[: len(pieces)] + wait_s[: len(pieces)]),
        },
        geometry=lines,
        index=pd.RangeIndex(len(pieces), name="piece"),
        crs=roads.crs,
    )
    table = reproject(table, WGS84)
    table.attrs |= {"travel_s": takes_s, "streets": street.tolist()}
    return table


def _start(scenario: Scenario, from_: object) -> Spot:
    point = _point(from_)
    if point is not None:
        return _spot(scenario, point, freeways=False)
    starts = station_places(scenario)
    units = held(scenario).units
    home = from_
    if isinstance(from_, str) and from_ in units.index and from_ not in held(scenario).stations.index:
        home = units["station_id"].loc[from_]
    found = np.flatnonzero(starts.ids == home)
    if not len(found) and home is not from_:
        raise InputError(f"unit {quoted(from_)} is housed at {quoted(home)}, which is not open")
    if not len(found):
        raise UnknownIdError("open station or unit", from_, [*starts.ids, *units.index])
    return Spot(int(starts.on_road.street[found[0]]), float(starts.on_road.along[found[0]]))


def _ends(scenario: Scenario, to: object, among: str | None) -> Iterator[Spot]:
    """Give the places on the road of what is driven to: of a zone perhaps several."""
    point = _point(to)
    if point is not None:
        yield _spot(scenario, point, freeways=True)
        return
    kinds = ("zones", "incidents", "stations")
    if among is not None and among not in kinds:
        raise InputError(f"among is {quoted(among)}: choose 'zones', 'incidents' or 'stations'")
    sets = {
        kind: station_places(scenario) if kind == "stations" else places(scenario, kind)
        for kind in ((among,) if among else kinds)
        if kind != "incidents" or among or held(scenario).incidents is not None
    }
    named = {kind: np.flatnonzero(ends.ids == to) for kind, ends in sets.items()}
    named = {kind: rows for kind, rows in named.items() if len(rows)}
    if len(named) > 1:
        raise InputError(f"{_said(to)} names one of the {' and one of the '.join(named)}: say which, with among=")
    if not named:
        raise UnknownIdError(
            "zone, incident or open station", to, [i for ends in sets.values() for i in ends.ids[:1000]]
        )
    ((kind, rows),) = named.items()
    on = sets[kind].on_road
    there = rows[on.street[rows] >= 0]
    if not len(there):
        raise InputError(f"{_said(to)} lies off the road, farther than the limit of {scenario.snap_limit_m:g} m")
    for row in there:
        yield Spot(int(on.street[row]), float(on.along[row]))


def _point(place: object) -> tuple[float, float] | None:
    """Longitude and latitude of what is a point; None: it is an id."""
    if isinstance(place, shapely.Point) and not place.is_empty:
        return place.x, place.y
    if isinstance(place, tuple | list) and len(place) == 2 and all(isinstance(v, int | float) for v in place):
        return float(place[0]), float(place[1])
    return None


def _spot(scenario: Scenario, point: tuple[float, float], *, freeways: bool) -> Spot:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if abs(point[1]) > 90 >= abs(point[0]):
        raise InputError(f"{_said(point)} has latitude and longitude swapped: write longitude first")
    where = gpd.GeoSeries([shapely.Point(point)], crs=WGS84)
    on = snap(scenario.roads, where, limit_m=scenario.snap_limit_m, freeways=freeways)
    if on.street[0] < 0:
        raise InputError(f"{_said(point)} lies off the road, farther than the limit of {scenario.snap_limit_m:g} m")
    return Spot(int(on.street[0]), float(on.along[0]))


def _said(place: object) -> str:
    point = _point(place)
    return quoted(place) if point is None else f"longitude {point[0]:g}, latitude {point[1]:g}"
