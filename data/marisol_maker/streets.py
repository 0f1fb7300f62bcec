"""The whole road network of the town, from the freeway to the last dead end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Point, Polygon

from . import skeleton
from .chains import Street, make_streets
from .collectors import RoadFinder, add_collectors, cut_faces
from .curves import Warp
from .fill import fill_face
from .names import NameBook
from .neighbourhoods import PATTERNS, Neighbourhood, built_up, neighbourhood_at
from .network import Network, Way, add_road, join, join_crossings, snap_ends

if TYPE_CHECKING:
    from .geography import Geography
    from .skeleton import Road

GRID_ANCHOR = (-2900.0, 2100.0)  # the regular grid of the old town is laid out from here
COLLECTOR_LIMITS_M2 = [800_000.0, 520_000.0, 420_000.0]


@dataclass
class Streets:
    """
    The network with what later steps need of how it was made.

    Attributes
    ----------
    net
        Nodes and ways.
    faces
        Each piece of land between larger roads, with its neighbourhood.
    rail
        The railway.
    ramp_feet
        Nodes where ramps meet an arterial.
    """

    net: Network
    faces: list[tuple[Polygon, Neighbourhood]]
    rail: Road
    ramp_feet: list[int]


def _barriers(geography: Geography, rail: LineString, axis: LineString, roads: list[Road]) -> shapely.Geometry:
    """Return the land on which local streets may run."""
    blocked = [pond.buffer(42) for pond in geography.lagoons.values()]
    blocked += [rail.buffer(24), axis.buffer(62)]
    for road in roads:
        if road.name in skeleton.INTERCHANGES:
            cross = road.line.intersection(axis)
            along = axis.project(cross)
            near = shapely.ops.substring(axis, max(along - 430, 0), along + 430)
            blocked.append(near.buffer(100))
    land = geography.dry.buffer(-48).intersection(built_up())
    return land.difference(shapely.unary_union(blocked)).buffer(-2).buffer(2)


def _mark_bridges(roads: list[Road], geography: Geography, axis: LineString) -> None:
    """Mark the stretches of road over water and over the freeway."""
    for road in roads:
        spans = [pond.buffer(8) for pond in geography.lagoons.values()]
        if road.kind not in ("motorway", "trunk", "rail"):
            spans.append(axis.buffer(34))
        for area in spans:
            for part in shapely.get_parts(road.line.intersection(area)):
                if part.geom_type == "LineString" and part.length > 5:
                    ends = sorted(road.line.project(Point(xy)) for xy in (part.coords[0], part.coords[-1]))
                    road.bridges.append((ends[0], ends[1]))


def _join_freeway(net: Network, arterials: list[Road], freeway: list[Road], ends: list[Road]) -> list[tuple[Road, int]]:
    """Tie the carriageways together at both ends and hang the ramps on them; return ramps with their feet."""
    for trunk, at_start in zip(ends, (True, False), strict=True):
        node = join(net, trunk, 0.0)
        south, north = freeway
        south.joints.append((0.0 if at_start else south.line.length, node))
        north.joints.append((north.line.length if at_start else 0.0, node))
    axis = LineString(skeleton.freeway_axis())
    ramps = []
    for name in skeleton.INTERCHANGES:
        arterial = next(road for road in arterials if road.name == name)
        for ramp, side, foot_s in skeleton.make_ramps(arterial, axis, freeway):
            foot = join(net, arterial, foot_s, 10.0)
            way = freeway[0] if side == "south" else freeway[1]
            off = Point(net.xy[foot]).distance(Point(ramp.line.coords[-1])) < 15
            nose_s = way.line.project(Point(ramp.line.coords[0 if off else -1]))
            nose = join(net, way, nose_s, 10.0)
            low, high = (nose, foot) if off else (foot, nose)
            ramp.line = LineString([net.xy[low], *list(ramp.line.coords)[1:-1], net.xy[high]])
            ramp.joints = [(0.0, low), (ramp.line.length, high)]
            ramps.append((ramp, foot))
    return ramps


def _major_tags(road: Road, rng: np.random.Generator) -> dict[str, str]:
    """Return the tags of a larger road."""
    tags = {"highway": road.kind, "name": road.name, "lanes": str(road.lanes)}
    if road.kind == "motorway_link":
        tags.pop("name")
    if road.oneway:
        tags["oneway"] = "yes"
    posted = {"tertiary": 0.85, "motorway_link": 0.3}.get(road.kind, 1.0)
    if road.mph and rng.random() < posted:
        tags["maxspeed"] = f"{road.mph} mph"
    return tags


def _local_tags(street: Street, area: Neighbourhood, book: NameBook, rng: np.random.Generator) -> dict[str, str]:
    """Return the tags of a local street."""
    if area.land_use == "downtown":
        kind, name = "residential", "downtown"
    elif area.pattern == "works":
        kind, name = "unclassified", "works"
    else:
        kind, name = "residential", "dead end" if street.dead_end and street.length_m < 260 else "street"
    tags = {"highway": kind, "name": book.take(name), "lanes": "2"}
    if rng.random() < (0.6 if kind == "unclassified" else 0.36):
        tags["maxspeed"] = "30 mph" if kind == "unclassified" else "25 mph"
    return tags


def _gridded(face: Polygon) -> bool:
    """Tell whether a face lies in the regular grid of the old town."""
    return neighbourhood_at(face.representative_point()).pattern == "grid"


def make_network(geography: Geography, seeds: dict[str, np.random.Generator]) -> Streets:
    """
    Draw every road of the town.

    Parameters
    ----------
    geography
        Land and water.
    seeds
        Random streams by cause: "collectors", "local", "names", "tags".
    """
    net = Network()
    arterials, freeway, ends = skeleton.make_arterials(), skeleton.make_freeway(), skeleton.make_freeway_ends()
    rail, axis = skeleton.make_rail(), LineString(skeleton.freeway_axis())
    surface = arterials + ends
    snap_ends(net, surface)
    join_crossings(net, surface)
    ramps = _join_freeway(net, arterials, freeway, ends)
    buildable = _barriers(geography, rail.line, axis, arterials)
    collectors, parting = add_collectors(
        net, buildable, surface, seeds["collectors"], COLLECTOR_LIMITS_M2, whole=_gridded
    )
    book = NameBook(seeds["names"])
    for road in collectors:
        road.name = book.take("collector")
    major = surface + collectors
    finder, warp = RoadFinder(major), Warp(seeds["local"], (850.0, 2000.0))
    faces, local = [], []
    for face in cut_faces(buildable, major, parting):
        area = neighbourhood_at(face.representative_point())
        frame = None if area.angle is None else (GRID_ANCHOR, float(np.radians(area.angle)))
        xy, pieces = fill_face(net, face, finder, PATTERNS[area.pattern], warp, seeds["local"], frame=frame)
        local += [(street, area) for street in make_streets(net, xy, pieces)]
        faces.append((face, area))
    _mark_bridges([*surface, *freeway, rail], geography, axis)
    for road in [*freeway, *surface, *collectors, *(ramp for ramp, _ in ramps)]:
        add_road(net, road, _major_tags(road, seeds["tags"]))
    for street, area in local:
        net.ways.append(_local_way(street, area, book, seeds["tags"]))
    return Streets(net, faces, rail, [foot for _, foot in ramps])


def _local_way(street: Street, area: Neighbourhood, book: NameBook, rng: np.random.Generator) -> Way:
    """Return a local street as a way."""
    return Way(street.nodes, _local_tags(street, area, book, rng))
