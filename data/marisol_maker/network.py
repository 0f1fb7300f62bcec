"""Nodes and ways: how roads that were drawn as lines become one joined network."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, Point

if TYPE_CHECKING:
    from .skeleton import Road

JOINT_REACH_M = 35.0  # two junctions on one road nearer than this are one junction


@dataclass(eq=False)
class Way:
    """
    A run of nodes with tags, as it will be written.

    Attributes
    ----------
    nodes
        Node numbers in order.
    tags
        Tags of the way.
    """

    nodes: list[int]
    tags: dict[str, str]


@dataclass
class Network:
    """
    Everything that is written to the road file, in the local plane.

    Attributes
    ----------
    xy
        Place of each node. [m]
    ways
        Ways, in the order they were made.
    node_tags
        Tags of those nodes that have any.
    """

    xy: list[tuple[float, float]] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)

    def add_node(self, xy: tuple[float, float] | np.ndarray) -> int:
        """Add a node and return its number."""
        self.xy.append((float(xy[0]), float(xy[1])))
        return len(self.xy) - 1

    def add_line(self, line: LineString, tags: dict[str, str]) -> Way:
        """Add a line all of whose nodes are its own."""
        coords = list(line.coords)
        closed = coords[0] == coords[-1]
        nodes = [self.add_node(xy) for xy in (coords[:-1] if closed else coords)]
        way = Way([*nodes, nodes[0]] if closed else nodes, dict(tags))
        self.ways.append(way)
        return way


def joint_near(road: Road, at_m: float, reach_m: float = JOINT_REACH_M) -> int | None:
    """Return the node of the junction nearest to a distance along a road, if one lies within reach. [m]."""
    near = [(abs(s - at_m), node) for s, node in road.joints if abs(s - at_m) <= reach_m]
    return min(near)[1] if near else None


def join(net: Network, road: Road, at_m: float, reach_m: float = JOINT_REACH_M) -> int:
    """Return the junction at a distance along a road, making it where there is none. [m]."""
    node = joint_near(road, at_m, reach_m)
    if node is None:
        node = net.add_node(road.line.interpolate(at_m).coords[0])
        road.joints.append((float(at_m), node))
    return node


def snap_ends(net: Network, roads: list[Road], reach_m: float = 140.0) -> None:
    """Bring each loose end that comes near another road onto that road, and join the two there. [m]."""
    for road in roads:
        for first in (True, False):
            coords = list(road.line.coords)
            end = Point(coords[0] if first else coords[-1])
            others = [(other.line.distance(end), k) for k, other in enumerate(roads) if other is not road]
            gap, k = min(others)
            if gap > reach_m:
                continue
            other = roads[k]
            hits = shapely.get_parts(road.line.intersection(other.line))
            near = [hit for hit in hits if hit.geom_type == "Point" and hit.distance(end) < 2 * reach_m]
            target = min(near, key=end.distance) if near else end
            node = join(net, other, other.line.project(target))
            meeting = net.xy[node]
            keep = [xy for xy in coords if Point(xy).distance(end) > 1.5 * max(Point(meeting).distance(end), 15)]
            road.line = LineString([meeting, *keep] if first else [*keep, meeting])
            road.joints = [(road.line.project(Point(net.xy[n])), n) for _, n in road.joints]
            road.joints.append((0.0 if first else road.line.length, node))


def join_crossings(net: Network, roads: list[Road]) -> None:
    """Make a junction wherever two roads cross at one level."""
    for i, road in enumerate(roads):
        for other in roads[i + 1 :]:
            for hit in shapely.get_parts(road.line.intersection(other.line)):
                if hit.geom_type != "Point":
                    continue
                here, there = road.line.project(hit), other.line.project(hit)
                mine, theirs = joint_near(road, here), joint_near(other, there)
                if mine is not None and mine == theirs:
                    continue
                node = mine if mine is not None else theirs
                node = join(net, road, here) if node is None else node
                if mine is None and theirs is not None:
                    road.joints.append((here, node))
                if theirs is None:
                    other.joints.append((there, node))


def road_nodes(net: Network, road: Road, *, merge_m: float = 5.0) -> list[tuple[float, int]]:
    """Return the distance and node of each point along a road: its junctions, and its bends between them. [m]."""
    joints = sorted(road.joints)
    coords = np.asarray(road.line.coords)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    taken = np.array([s for s, _ in joints]) if joints else np.array([np.inf])
    bends = [
        (float(s), net.add_node(xy)) for s, xy in zip(along, coords, strict=True) if np.abs(taken - s).min() > merge_m
    ]
    points = sorted(joints + bends)
    return points[:1] + [b for a, b in pairwise(points) if a[1] != b[1]]


def add_road(net: Network, road: Road, tags: dict[str, str]) -> list[Way]:
    """Add a road as ways, cut where its bridges begin and end."""
    for low, high in road.bridges:
        for s in (low, high):
            if joint_near(road, s, 12.0) is None:
                join(net, road, s, 0.0)
    points = road_nodes(net, road)
    ways: list[Way] = []
    run: list[int] = []
    state: bool | None = None
    for (s, node), (after, following) in pairwise(points):
        middle = (s + after) / 2
        bridge = any(low < middle < high for low, high in road.bridges)
        if bridge != state:
            run = [node]
            extra = {"bridge": "yes", "layer": "1"} if bridge else {}
            ways.append(Way(run, {**tags, **road.tags, **extra}))
            state = bridge
        run.append(following)
    net.ways.extend(ways)
    return ways
