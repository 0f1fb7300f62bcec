"""Sets of points on the road that times are wanted for, and by which street each is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnreachableStationError, listed, quoted
from fireplan.roads import Feature, OnRoad
from fireplan.roads._snapping import SNAP_LIMIT_M, Put, in_crs, nearest, put, taken
from fireplan.scenario import held, token
from fireplan.stations._drive_starts import exits
from fireplan.travel._blocks import by_own_block
from fireplan.travel._exit_streets import by_named_street, streets_named

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario, TableName

EXIT_M = 2.0
"""The place at which a station's engines leave lies on a street this near; else the station is put like others. [m]"""

PIECE_M = 100.0
"""Streets are measured in pieces no longer than this, each by its middle. [m]"""


class Placed(NamedTuple):
    """Places, and what has to be told of how they were put there."""

    places: Places
    notes: tuple[str, ...]


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
    return _of(scenario, kind).places


def place_notes(scenario: Scenario, kind: str) -> tuple[str, ...]:
    """Say how many zones or incidents are not reached by the nearest street, and by how many metres that matters."""
    return _of(scenario, kind).notes


def _of(scenario: Scenario, kind: str) -> Placed:
    """Give places with what is told of them, kept by what they depend on."""
    roads = scenario.roads
    key: tuple[Hashable, ...]
    if kind == "roads":
        key = ("places", kind, roads.geometry_fingerprint, roads.attribute_fingerprint)
        return scenario.memo.get(key, lambda: Placed(_road_pieces(roads, key), ()))
    name: TableName = "zones" if kind == "zones" else "incidents"
    if getattr(held(scenario), name) is None:
        raise InputError(f"scenario {quoted(scenario.name)} has no incidents: give it some, or ask for zones")
    key = (
        "places",
        kind,
        token(scenario, name),
        scenario.snap_limit_m,
        roads.geometry_fingerprint,
        roads.attribute_fingerprint,
        hash(np.packbits([roads.drivable, *roads.doors]).tobytes()),
    )
    return scenario.memo.get(key, lambda: _placed(scenario, kind, key))


def _placed(scenario: Scenario, kind: str, key: Hashable) -> Placed:
    """Put zones or incidents on the road."""
    roads, limit_m = scenario.roads, scenario.snap_limit_m
    zones, calls = held(scenario).zones, held(scenario).incidents
    if kind == "incidents" and calls is not None:
        xy_m = in_crs(roads, calls.geometry)
        found = put(roads, xy_m, limit_m=limit_m, what="incident")
        notes = (*_moved_said(roads, found, "incident"), *_shut_said(roads, xy_m, found.on_road, "incident"))
        return Placed(Places(kind, key, calls.index.view(), found.on_road), notes)
    points = in_crs(roads, zones.geometry.representative_point())  # as zones are drawn, in whatever CRS
    found = put(roads, points, limit_m=limit_m, what="zone")
    on_road, notes = found.on_road, _moved_said(roads, found, "zone")
    far = np.flatnonzero(on_road.street < 0)
    by_block = by_own_block(roads, zones.geometry.iloc[far].to_crs(roads.crs).to_numpy(), points[far])
    reached = by_block.street >= 0
    if reached.any():
        on_road = taken(on_road, by_block, reached, rows=far)
        large = wording.counted(reached.sum(), "zone is", "zones are")
        own = "its own block" if reached.sum() == 1 else "their own block"
        said = (
            f"{large} large: reached at the nearest road of {own}, up to"
            f" {wording.distance(by_block.offset_m[reached].max())} from the middle"
        )
        notes = (*notes, said)
    notes = (*notes, *_shut_said(roads, points, on_road, "zone"))
    return Placed(Places(kind, key, zones.index.view(), on_road), notes)


def _shut_said(roads: RoadNetwork, xy_m: NDArray[np.float64], on_road: OnRoad, what: str) -> tuple[str, ...]:
    """Say how many places lie on closed streets and are reached by the next one: by foot from there, perhaps sooner."""
    if roads.drivable.all():
        return ()
    opens = ~roads.is_freeway if what == "zone" else np.ones(roads.n_streets, dtype=bool)
    drawn = nearest(roads, xy_m, limit_m=SNAP_LIMIT_M, allowed=opens)
    shut = np.flatnonzero(~np.append(roads.drivable, True)[drawn.street] & (on_road.street >= 0))
    if not len(shut):
        return ()
    who = wording.counted(len(shut), f"{what} on a closed street is", f"{what}s on closed streets are")
    most = wording.distance(on_road.offset_m[shut].max())
    return (f"{who} reached from the next street that is open, up to {most} away, which may be sooner than before",)


def _moved_said(roads: RoadNetwork, found: Put, what: str) -> tuple[str, ...]:
    """Say how many places were taken off the nearest street, why, and how much farther that is."""
    near, on_road = found.nearest, found.on_road
    moved = np.flatnonzero(near.street != on_road.street)
    if not len(moved):
        return ()
    more_m = on_road.offset_m[moved] - near.offset_m[moved]
    why = _why_unfit(roads, near.street[moved], leaving=False)
    told = ", ".join(f"{wording.count(why.count(w))} because that {w}" for w in dict.fromkeys(sorted(why)))
    who = wording.counted(len(moved), f"{what} is", f"{what}s are")
    most = wording.distance(more_m.max())
    return (f"{who} not reached by the nearest street but by another, at most {most} farther off: {told}",)


def _why_unfit(roads: RoadNetwork, street: NDArray[np.int32], *, leaving: bool) -> list[str]:
    """Say of streets why nobody leaves by them, or is reached by them, in words that follow "the street"."""
    doors, feature = roads.doors, roads.features[street]
    shut = ~(doors.to_leave if leaving else doors.to_reach)[street]
    why = np.full(len(street), "is not its driveway", dtype=object)
    why[(feature & Feature.BRIDGE) != 0] = "is a bridge, on which no door opens"
    why[shut] = "cannot be left for the other roads" if leaving else "cannot be driven to from the other roads"
    why[doors.scrap[street]] = "is joined to no other road"
    why[(feature & Feature.TUNNEL) != 0] = "is in a tunnel, where no door opens"
    return list(why)


def unfit(roads: RoadNetwork, street: int) -> str:
    """Say why no station leaves by a street, in words that follow "the street"."""
    if roads.doors.scrap[street] and not roads.features[street] & Feature.TUNNEL:
        lengths_m = np.bincount(roads.part[roads.first], weights=roads.length_m)
        own_m = lengths_m[roads.part[roads.first[street]]]
        share = wording.share(own_m / lengths_m.sum())
        return f"belongs to {wording.distance(own_m)} of road, {share} of all, that are joined to no other"
    return _why_unfit(roads, np.array([street], dtype=np.int32), leaving=True)[0]


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
    roads = scenario.roads
    xy_m = in_crs(roads, stations.geometry)
    on_road = put(roads, xy_m, limit_m=scenario.snap_limit_m, what="station").on_road
    for named in streets_named(roads, stations):
        own = by_named_street(roads, xy_m[named.rows], named.streets, limit_m=scenario.snap_limit_m)
        on_road = taken(on_road, own, own.street >= 0, rows=named.rows)
    named_at = exits(stations)
    told = np.flatnonzero(np.isfinite(named_at).all(axis=1))
    if len(told):
        at_m = project(named_at[told], source=WGS84, target=roads.crs)
        own = nearest(roads, at_m, limit_m=EXIT_M, allowed=roads.drivable)
        on_road = taken(on_road, own, own.street >= 0, rows=told)
    off = np.flatnonzero(on_road.street < 0)
    if len(off):
        raise UnreachableStationError(_off_said(scenario, stations.index, xy_m, off))
    return Places("stations", ("stations",), stations.index, on_road)


def _off_said(scenario: Scenario, ids: pd.Index, xy_m: NDArray[np.float64], off: NDArray[np.int64]) -> str:
    """Say of stations that were not put on the road why not: no street is near, or those near are closed."""
    roads, limit = scenario.roads, wording.distance(scenario.snap_limit_m)
    near = nearest(roads, xy_m[off], limit_m=scenario.snap_limit_m, allowed=~roads.drivable)
    shut, said = near.street >= 0, []
    if shut.any():
        told = listed(
            f"{quoted(s)} by {quoted(roads.called[street] or 'a street without a name')}, {wording.distance(m)} away"
            for s, street, m in zip(ids[off[shut]], near.street[shut], near.offset_m[shut], strict=True)
        )
        said.append(
            f"{shut.sum()} of {len(ids)} stations cannot be left: the streets within {limit} are closed"
            f" ({told}): close the station too, by CloseStation, or leave a street open"
        )
    lost = off[~shut]
    if len(lost):
        far = nearest(roads, xy_m[lost], limit_m=np.inf, allowed=roads.has_doors).offset_m
        told = listed(
            f"{quoted(s)} lies {wording.distance(m)} from the nearest road" for s, m in zip(ids[lost], far, strict=True)
        )
        said.append(
            f"{len(lost)} of {len(ids)} stations are off the road (limit {limit}): {told}: check their coordinates, and"
            " that the roads cover them, or leave them out by `leave_out` in [stations] of plan.toml"
        )
    return "; ".join(said)
