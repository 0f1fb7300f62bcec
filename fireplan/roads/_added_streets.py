"""Streets that are not there yet, joined to a network: where they meet its streets, and the network with them."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from fireplan._conversions import KPH_PER_MPS
from fireplan.crs import WGS84, project, step_lengths_m
from fireplan.errors import NetworkError
from fireplan.roads._build_network import build_network
from fireplan.roads._network import RoadNetwork
from fireplan.roads._turns import Control, Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

JOIN_M = 15.0
"""An end of a new street joins a street this near: plans are drawn by hand. [m]"""

NODE_M = 5.0
"""A joint this near to the end of a street is made there, at the node. [m]"""

DOUBLED_M, LEAST_DOUBLED_M = 4.0, 30.0
"""A new street that runs this near to another for at least so long lies on it. [m]"""

OTHER_LEVEL = int(Feature.BRIDGE | Feature.TUNNEL)


class Joint(NamedTuple):
    """
    Where a new street meets one of the network.

    Attributes
    ----------
    at_m
        How far along the new street. [m]
    street
        The street it meets.
    along
        The fraction along that street; 0 or 1: at the node there.
    away_m
        How far the joint lies off the line as drawn. [m]
    """

    at_m: float
    street: int
    along: float
    away_m: float


class Joints(NamedTuple):
    """
    Where a new street meets a network.

    Attributes
    ----------
    start, end
        At its ends; None: nothing is near there.
    start_m, end_m
        How far the nearest street lies from each end. [m]
    between
        On the way, where streets are crossed at grade.
    passed
        Streets that are crossed without a joint: freeways, and those on another level.
    """

    start: Joint | None
    end: Joint | None
    start_m: float
    end_m: float
    between: tuple[Joint, ...]
    passed: tuple[int, ...]

    @property
    def all(self) -> list[Joint]:
        """Every joint, from its start on."""
        return [j for j in (self.start, *self.between, self.end) if j is not None]


class NewStreet(NamedTuple):
    """
    A street to be added: what `RoadNetwork` knows of each.

    `line` in the network's CRS [m], `kph` how fast it is driven [km/h], `features` bits of `Feature`.
    """

    line: shapely.LineString
    highway: str
    name: str
    ref: str
    kph: float
    oneway: bool
    features: int


def joints_of(roads: RoadNetwork, line: shapely.LineString, *, crossings: bool, features: int) -> Joints:
    """
    Find where a new street meets a network.

    Parameters
    ----------
    roads
        The network.
    line
        The new street, in the CRS of the network. [m]
    crossings
        Join it to the streets that it crosses, too; on a bridge or in a tunnel it joins none.
    features
        What it is: bits of `Feature`.
    """
    lines = roads.streets.geometry.array
    level = (roads.features & OTHER_LEVEL) != 0
    ends = [shapely.Point(line.coords[0]), shapely.Point(line.coords[-1])]
    found = [_end_joint(lines, level, ends[0], 0.0), _end_joint(lines, level, ends[1], line.length)]
    crossed = np.flatnonzero(shapely.intersects(line, lines))
    between, passed = [], []
    taken = {_node_of(roads, j) for j, _ in found if j is not None} - {None}
    at_ends = [(j, _node_of(roads, j), p) for (j, _), p in zip(found, ends, strict=True) if j is not None]
    joins = crossings and not features & OTHER_LEVEL
    for street in crossed.tolist():
        for place in _points_of(shapely.intersection(line, lines[street])):
            if any(
                place.distance(p) <= JOIN_M
                and (street == j.street or (node is not None and node in {roads.first[street], roads.last[street]}))
                for j, node, p in at_ends
            ):
                continue  # its end is joined to it there already
            if not joins or level[street] or roads.is_freeway[street]:
                passed.append(street)
                continue
            joint = _joint(lines, street, place, float(line.project(place)))
            node = _node_of(roads, joint)
            if node is None or node not in taken:
                between.append(joint)
                taken.add(node)
    between.sort()
    (start, start_m), (end, end_m) = found
    return Joints(start, end, start_m, end_m, tuple(between), tuple(dict.fromkeys(passed)))


def with_street(roads: RoadNetwork, new: NewStreet, joints: Joints) -> RoadNetwork:
    """
    Give the network with a street more, joined to it.

    Streets that it touches are cut there; each piece keeps what is known of the whole, turns and controls at its ends
    included. Nodes, streets and their order are others than before.
    """
    n = roads.n_nodes
    split: dict[int, list[float]] = {}
    for joint in joints.all:
        if 0.0 < joint.along < 1.0:
            split.setdefault(joint.street, []).append(joint.along)
    pieces = _Pieces(roads)
    for street in sorted(split):
        pieces.cut(street, sorted(set(split[street])))
    stops: list[int] = []
    for joint in joints.all:
        node = _node_of(roads, joint)
        stops.append(pieces.node_at[joint.street, joint.along] if node is None else node)
    if joints.start is None:
        stops.insert(0, pieces.new_node(new.line.coords[0])[0])
    if joints.end is None:
        stops.append(pieces.new_node(new.line.coords[-1])[0])
    laid = laid_lines(roads, new, joints)
    first = [stops[i] for i, _ in laid]
    last = [stops[i + 1] for i, _ in laid]
    lines = [line for _, line in laid]
    long_m = np.array([ground_m(line, roads) for line in lines])
    own_s = long_m / new.kph * KPH_PER_MPS
    k = len(lines)
    rows = pieces.row
    built = build_network(
        crs=roads.crs,
        node_ids=np.concatenate([roads.node_ids, _new_ids(roads.node_ids, pieces.n_nodes - n)]),
        node_xy_m=np.vstack([roads.node_xy_m, *pieces.new_xy]) if pieces.new_xy else roads.node_xy_m,
        first=np.concatenate([pieces.first, first]),
        last=np.concatenate([pieces.last, last]),
        length_m=np.concatenate([roads.length_m[rows] * pieces.share, long_m]),
        there_s=np.concatenate([_part_s(roads.there_s[rows], pieces.share), own_s]),
        back_s=np.concatenate([_part_s(roads.back_s[rows], pieces.share), np.full(k, np.inf) if new.oneway else own_s]),
        lines=np.concatenate([pieces.lines, np.array(lines, dtype=object)]),
        highway=_with(roads.highway[rows], new.highway, k),
        street_name=_with(roads.street_name[rows], new.name, k),
        source=roads.source,
        notes=(),
        street_ref=_with(roads.street_ref[rows], new.ref, k),
        features=np.concatenate([roads.features[rows], np.full(k, new.features, dtype=np.uint16)]),
        control=np.vstack([pieces.control, np.full((k, 2), Control.NONE, dtype=np.uint8)]),
        wait_s=np.concatenate([roads.wait_s, np.zeros(pieces.n_nodes - n)]),
        banned=pieces.banned,
    )
    given = {f.name: getattr(roads, f.name) for f in fields(RoadNetwork) if f.name not in BUILT and f.init}
    return replace(built, **given)


def laid_lines(roads: RoadNetwork, new: NewStreet, joints: Joints) -> list[tuple[int, shapely.LineString]]:
    """
    Give the pieces of a new street as they are laid, from joint to joint, each with the row of the stop it begins at.

    They begin and end on the streets that are joined, which the line as drawn comes near to.

    Raises
    ------
    NetworkError
        If it begins and ends at one place.
    """
    stops: list[tuple[float, tuple[float, ...], object]] = []
    for joint in joints.all:
        node, street = _node_of(roads, joint), roads.streets.geometry.array[joint.street]
        xy = street.interpolate(joint.along, normalized=True).coords[0] if node is None else roads.node_xy_m[node]
        stops.append((joint.at_m, tuple(xy[:2]), (joint.street, joint.along) if node is None else node))
    if joints.start is None:
        stops.insert(0, (0.0, new.line.coords[0][:2], "start"))
    if joints.end is None:
        stops.append((new.line.length, new.line.coords[-1][:2], "end"))
    found = []
    for i, ((from_m, a_xy, a), (to_m, b_xy, b)) in enumerate(pairwise(stops)):
        drawn = substring(new.line, from_m, to_m)
        inner = shapely.get_coordinates(drawn)[1:-1] if drawn.geom_type == "LineString" else np.empty((0, 2))
        line = shapely.LineString(np.vstack([a_xy, inner, b_xy]))
        if (a != b or len(inner)) and line.length > 0:
            found.append((i, line))
    if not found:
        raise NetworkError("the new street begins and ends at one place: draw it longer")
    return found


BUILT = {
    "crs", "node_ids", "node_xy_m", "first", "last", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway",
    "street_name", "street_ref", "features", "control", "wait_s", "banned",
}  # fmt: skip
"""What another row of streets makes anew; the rest a network has from the one that it comes from."""


class _Pieces:
    """The streets of a network, some of them in pieces."""

    def __init__(self, roads: RoadNetwork) -> None:
        self.roads = roads
        self.n_nodes = roads.n_nodes
        self.new_xy: list[NDArray[np.float64]] = []
        self.node_at: dict[tuple[int, float], int] = {}
        self._cuts: dict[int, list[float]] = {}
        self._made: tuple[NDArray[np.int64], ...] | None = None

    def new_node(self, xy: tuple[float, ...]) -> tuple[int, tuple[float, float]]:
        """Add a node, and give its row and place."""
        self.new_xy.append(np.array([xy[:2]], dtype=float))
        self.n_nodes += 1
        return self.n_nodes - 1, (float(xy[0]), float(xy[1]))

    def xy(self, node: int) -> tuple[float, float]:
        """Where a node is. [m]"""
        n = self.roads.n_nodes
        x, y = self.roads.node_xy_m[node] if node < n else self.new_xy[node - n][0]
        return float(x), float(y)

    def cut(self, street: int, at: list[float]) -> None:
        """Cut a street at fractions of it."""
        line = self.roads.streets.geometry.array[street]
        for along in at:
            self.node_at[street, along], _ = self.new_node(line.interpolate(along, normalized=True).coords[0])
        self._cuts[street] = at

    @property
    def row(self) -> NDArray[np.int64]:
        """Street that each piece is of: those that are whole, then those in pieces."""
        whole = np.setdiff1d(np.arange(self.roads.n_streets), list(self._cuts))
        return np.concatenate([whole, *(np.full(len(at) + 1, s) for s, at in self._cuts.items())]).astype(np.int64)

    def _each(self) -> list[tuple[int, int, int, float, float]]:
        """Give street, first and last node, and where it begins and ends, of every piece of a street that was cut."""
        found = []
        for street, at in self._cuts.items():
            nodes = [
                int(self.roads.first[street]),
                *(self.node_at[street, a] for a in at),
                int(self.roads.last[street]),
            ]
            marks = [0.0, *at, 1.0]
            found += [(street, nodes[i], nodes[i + 1], marks[i], marks[i + 1]) for i in range(len(nodes) - 1)]
        return found

    @property
    def _whole(self) -> NDArray[np.int64]:
        return np.setdiff1d(np.arange(self.roads.n_streets), list(self._cuts))

    @property
    def first(self) -> NDArray[np.int64]:
        """Node at which each piece begins."""
        return np.concatenate([self.roads.first[self._whole], [e[1] for e in self._each()]]).astype(np.int64)

    @property
    def last(self) -> NDArray[np.int64]:
        """Node at which each piece ends."""
        return np.concatenate([self.roads.last[self._whole], [e[2] for e in self._each()]]).astype(np.int64)

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of its street that each piece is."""
        return np.concatenate([np.ones(len(self._whole)), [e[4] - e[3] for e in self._each()]])

    @property
    def lines(self) -> NDArray[np.object_]:
        """Each piece as a line between the places of its nodes."""
        lines = self.roads.streets.geometry.array
        cut = []
        for street, a, b, begin, end in self._each():
            piece = shapely.get_coordinates(substring(lines[street], begin, end, normalized=True))
            if begin > 0:
                piece[0] = self.xy(a)
            if end < 1:
                piece[-1] = self.xy(b)
            cut.append(shapely.LineString(piece))
        return np.concatenate([np.asarray(lines[self._whole], dtype=object), np.array(cut, dtype=object)])

    @property
    def control(self) -> NDArray[np.uint8]:
        """What is met at the ends of each piece: where it was cut, nothing."""
        roads = self.roads
        rows = [
            (roads.control[s, 0] if end == 1.0 else Control.NONE, roads.control[s, 1] if begin == 0.0 else Control.NONE)
            for s, _, _, begin, end in self._each()
        ]
        cut = np.array(rows, dtype=np.uint8).reshape(-1, 2)
        return np.vstack([roads.control[self._whole], cut])

    @property
    def banned(self) -> NDArray[np.int64]:
        """Forbidden turns, from and onto the pieces that lie at the corner."""
        n = self.roads.n_streets
        head, tail = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)  # the piece at each end of a street
        row = self.row
        order = np.arange(len(row))
        head[row[::-1]] = order[::-1]
        tail[row] = order
        turns = np.asarray(self.roads.banned, dtype=np.int64).reshape(-1, 2)
        street, back = np.divmod(turns, 2)
        # Driven as drawn, a street is left at its last piece and entered at its first; driven back, the other way.
        leaving = np.where(back[:, 0] == 1, head[street[:, 0]], tail[street[:, 0]])
        entering = np.where(back[:, 1] == 1, tail[street[:, 1]], head[street[:, 1]])
        return np.column_stack([2 * leaving + back[:, 0], 2 * entering + back[:, 1]])


def _end_joint(
    lines: NDArray[np.object_], level: NDArray[np.bool_], place: shapely.Point, at_m: float
) -> tuple[Joint | None, float]:
    """Join an end to the nearest street; to one on the ground before one on a bridge or in a tunnel."""
    away_m = shapely.distance(lines, place)
    near = np.flatnonzero(away_m <= JOIN_M)
    if not len(near):
        return None, float(away_m.min(initial=np.inf))
    street = int(near[np.lexsort((near, away_m[near], level[near]))[0]])
    return _joint(lines, street, place, at_m), float(away_m[street])


def _joint(lines: NDArray[np.object_], street: int, place: shapely.Point, at_m: float) -> Joint:
    """Put a joint onto a street where a place is nearest to it; near one of its ends, there."""
    line = lines[street]
    on_m = float(line.project(place))
    along = on_m / line.length if line.length > 0 else 0.0
    along = 0.0 if on_m <= NODE_M else 1.0 if line.length - on_m <= NODE_M else along
    if line.length <= 2 * NODE_M:
        along = 0.0 if on_m < line.length / 2 else 1.0
    return Joint(at_m, street, along, float(line.interpolate(along, normalized=True).distance(place)))


def _node_of(roads: RoadNetwork, joint: Joint) -> int | None:
    """The node of the network that a joint is at; None: it cuts a street."""
    if joint.along == 0.0:
        return int(roads.first[joint.street])
    return int(roads.last[joint.street]) if joint.along == 1.0 else None


def _points_of(shape: shapely.Geometry) -> list[shapely.Point]:
    """Points at which two lines meet; of a stretch that they share, both its ends."""
    found: list[shapely.Point] = []
    for part in shapely.get_parts(shape):
        if shapely.get_dimensions(part) == 0:
            found.append(part)
        elif shapely.get_dimensions(part) == 1:
            found += [shapely.Point(part.coords[0]), shapely.Point(part.coords[-1])]
    return found


def _part_s(whole_s: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(whole_s * share)


def doubled(roads: RoadNetwork, line: shapely.LineString) -> tuple[float, NDArray[np.int64]]:
    """Length of a line that lies on streets of a network, and these streets; where it crosses them is not on them."""
    lines = roads.streets.geometry.array
    near = np.flatnonzero(shapely.dwithin(line, lines, DOUBLED_M))
    ground = shapely.union_all(shapely.buffer(lines[near], DOUBLED_M, cap_style="flat"))
    along = [p for p in shapely.get_parts(shapely.intersection(line, ground)) if p.length > LEAST_DOUBLED_M]
    if not along:
        return 0.0, near[:0]
    whole = shapely.MultiLineString(along)
    shared_m = shapely.length(shapely.intersection(whole, shapely.buffer(lines[near], DOUBLED_M, cap_style="flat")))
    return float(sum(ground_m(p, roads) for p in along)), near[shared_m > LEAST_DOUBLED_M]


def ground_m(line: shapely.LineString, roads: RoadNetwork) -> float:
    """Length of a line on the ground, without the scale of the projection. [m]"""
    return float(step_lengths_m(project(shapely.get_coordinates(line), source=roads.crs, target=WGS84)).sum())


def _with(values: NDArray[np.str_], new: str, n: int) -> NDArray[np.str_]:
    return np.concatenate([values.astype(object), np.full(n, new, dtype=object)]).astype(str)


def _new_ids(known: NDArray[np.object_], n: int) -> NDArray[np.object_]:
    """Name new nodes as no other is named: numbers below zero, as editors give them, or text where ids are text."""
    if all(isinstance(i, int | np.integer) for i in known):
        lowest = min(0, *map(int, known)) if len(known) else 0
        return np.array([lowest - 1 - i for i in range(n)], dtype=object)
    found: list[str] = []
    taken, number = {str(i) for i in known}, 0
    while len(found) < n:
        number += 1
        if f"new {number}" not in taken:
            found.append(f"new {number}")
    return np.array(found, dtype=object)
