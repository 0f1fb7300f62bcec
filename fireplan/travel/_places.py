"""Sets of points on the road that times are wanted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import InputError, UnreachableStationError, listed, quoted
from fireplan.roads import OnRoad, snap
from fireplan.scenario import held, token

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario, TableName

PIECE_M = 100.0
"""Streets are measured in pieces no longer than this, each by its middle. [m]"""

REVIEW_M = 50.0
"""A station farther than this from its street is named, so that somebody looks. [m]"""

SMALLEST_REACH = 0.05
"""A station that reaches a smaller share of the nodes than this stands on an island."""


class Places(NamedTuple):
    """
    Points on streets, with names.

    Attributes
    ----------
    kind
        "zones", "incidents" or "roads".
    key
        What the set depends on, for keeping results.
    ids
        Name of each point.
    on_road
        Where each stands.
    """

    kind: str
    key: Hashable
    ids: pd.Index
    on_road: OnRoad


@takes
def places(scenario: Scenario, kind: str) -> Places:
    """
    Put zones, incidents or pieces of street on the road.

    Parameters
    ----------
    scenario
        Whose.
    kind
        "zones" (a point inside each, not on a freeway), "incidents" (their own points) or "roads" (the middle of
        every piece of street).
    """
    roads = scenario.roads
    key: tuple[Hashable, ...]
    if kind == "roads":
        key = ("places", kind, roads.geometry_fingerprint, roads.attribute_fingerprint)
        return scenario.memo.get(key, lambda: _road_pieces(roads, key))
    name: TableName = "zones" if kind == "zones" else "incidents"
    table = getattr(held(scenario), name)
    if table is None:
        raise InputError(f"scenario {quoted(scenario.name)} has no incidents: give it some, or ask for zones")
    limit_m = scenario.snap_limit_m
    key = (
        "places",
        kind,
        token(scenario, name),
        limit_m,
        roads.geometry_fingerprint,
        roads.attribute_fingerprint,
        hash(np.packbits(roads.drivable).tobytes()),
    )

    def make() -> Places:
        points = table.geometry.representative_point() if kind == "zones" else table.geometry
        return Places(kind, key, table.index.view(), snap(roads, points, limit_m=limit_m, freeways=kind == "incidents"))

    return scenario.memo.get(key, make)


class ZonesInMetres(NamedTuple):
    """
    The zones in the CRS of the roads.

    Attributes
    ----------
    shapes
        Outlines, or points.
    points
        A point inside each, n x 2. [m]
    """

    shapes: NDArray[np.object_]
    points: NDArray[np.float64]


def zones_m(scenario: Scenario) -> ZonesInMetres:
    """Give the zones in the CRS of the roads, in order; what comes from the same zones shares them."""

    def make() -> ZonesInMetres:
        shapes = held(scenario).zones.geometry.to_crs(scenario.roads.crs)
        points = shapely.get_coordinates(shapes.representative_point().array)
        return ZonesInMetres(shapes.to_numpy().copy(), points)

    return scenario.memo.get(("zones in metres", token(scenario, "zones"), scenario.roads.crs), make)


def _road_pieces(roads: RoadNetwork, key: Hashable) -> Places:
    count = np.maximum(1, np.ceil(roads.length_m / PIECE_M).astype(np.int64))
    street = np.repeat(np.arange(roads.n_streets, dtype=np.int32), count)
    within = np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)
    along = (within + 0.5) / np.repeat(count, count)
    return Places("roads", key, pd.RangeIndex(len(street)), OnRoad(street, along, np.zeros(len(street))))


def piece_lengths_m(roads: RoadNetwork) -> NDArray[np.float64]:
    """Length of each piece of street, in the order of `places(scenario, "roads")`. [m]"""
    count = np.maximum(1, np.ceil(roads.length_m / PIECE_M).astype(np.int64))
    return np.repeat(roads.length_m / count, count)


def station_places(scenario: Scenario) -> Places:
    """
    Put the open stations on the road: on a street that doors open on.

    Raises
    ------
    UnreachableStationError
        Naming every open station that is farther than the limit from a street, with its distance.
    """
    roads = scenario.roads  # no door opens on a freeway, so that classes of street count too
    key = "stations", token(scenario, "stations"), roads.fingerprint, roads.attribute_fingerprint, scenario.snap_limit_m
    return scenario.memo.get(key, lambda: _stations_on_road(scenario))


def _stations_on_road(scenario: Scenario) -> Places:
    stations = held(scenario).stations
    stations = stations[stations["open"]]
    on_road = snap(scenario.roads, stations.geometry, limit_m=scenario.snap_limit_m, freeways=False)
    off = np.flatnonzero(on_road.street < 0)
    if len(off):
        far = snap(scenario.roads, stations.geometry.iloc[off], limit_m=np.inf, freeways=False).offset_m
        told = (
            f"{quoted(s)} lies {wording.distance(m)} from the nearest road"
            for s, m in zip(stations.index[off], far, strict=True)
        )
        raise UnreachableStationError(
            f"{len(off)} of {len(stations)} stations are off the road (limit"
            f" {wording.distance(scenario.snap_limit_m)}): {listed(told)}: check their coordinates, and that the"
            " roads cover them, or leave them out by `leave_out` in [stations] of plan.toml"
        )
    return Places("stations", ("stations",), stations.index, on_road)


@takes
def station_notes(scenario: Scenario) -> list[str]:
    """
    Say which open stations should be looked at, because of where they were put on the road.

    Parameters
    ----------
    scenario
        Whose stations and roads.

    Returns
    -------
    A sentence for each station that lies farther than 50 m from the street it was put on, or to which a freeway, on
    which no door opens, is nearer than that street. Distances and street names are shown.

    Raises
    ------
    UnreachableStationError
        As `station_places`.
    """
    roads = scenario.roads
    used = station_places(scenario)
    stations = held(scenario).stations
    points = stations.geometry[stations["open"]]
    nearest = snap(roads, points, limit_m=scenario.snap_limit_m)
    notes = []
    for i, station in enumerate(used.ids):
        street, passed = used.on_road.street[i], nearest.street[i]
        far = used.on_road.offset_m[i]
        put = f"station {quoted(station)} is snapped to {_street(roads, street)}, {wording.distance(far)} away"
        if roads.is_freeway[passed]:
            passed_m = wording.distance(nearest.offset_m[i])
            notes.append(f"{put}; the nearest street, {_street(roads, passed)} at {passed_m}, is a freeway")
        elif far > REVIEW_M:
            notes.append(f"{put}: check that it opens on that street")
    return notes


def _street(roads: RoadNetwork, street: int) -> str:
    name = roads.street_name[street]
    return quoted(name) if name else f"a {roads.highway[street]} street without a name"
