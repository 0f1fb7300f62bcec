"""Faces between roads, and the collector roads that part the large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Point, Polygon

from .network import Network, join, joint_near
from .skeleton import Road

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_FACE_M2 = 12_000.0


def cut_faces(buildable: shapely.Geometry, roads: list[Road], parting: list[LineString]) -> list[Polygon]:
    """Return the pieces of buildable land between the roads and the parting lines, largest first."""
    lines = [part.boundary for part in shapely.get_parts(buildable)] + [road.line for road in roads] + parting
    pieces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(shapely.unary_union(lines)))))
    shapely.prepare(buildable)
    faces = [p for p in pieces if p.area > MIN_FACE_M2 and buildable.contains(p.representative_point())]
    return sorted(faces, key=lambda face: (-round(face.area), round(face.centroid.x), round(face.centroid.y)))


def face_axes(face: Polygon) -> tuple[np.ndarray, float, float, float]:
    """
    Describe the rectangle about a face.

    Returns
    -------
    Its centre [m], the direction of its long side [radians], and its long and short sides [m].
    """
    box = face.minimum_rotated_rectangle
    corners = np.asarray(box.exterior.coords)[:4]
    sides = np.diff(np.vstack([corners, corners[:1]]), axis=0)[:2]
    lengths = np.hypot(*sides.T)
    long = int(np.argmax(lengths))
    angle = float(np.arctan2(sides[long][1], sides[long][0]))
    if angle <= -np.pi / 2 or angle > np.pi / 2:
        angle += np.pi if angle <= 0 else -np.pi
    return np.asarray(box.centroid.coords[0]), angle, float(lengths[long]), float(lengths[1 - long])


class RoadFinder:
    """
    Answers which road a point of a face's edge lies on.

    Parameters
    ----------
    roads
        The roads to look among.
    """

    def __init__(self, roads: list[Road]) -> None:
        self.roads = roads
        self._tree = shapely.STRtree([road.line for road in roads])

    def at(self, point: Point, reach_m: float = 1.0) -> Road | None:
        """Return the road within reach of a point, or nothing. [m]."""
        found = self._tree.query_nearest(point, max_distance=reach_m, all_matches=False)
        return self.roads[int(found[0])] if len(found) else None

    def within(self, area: Polygon, reach_m: float) -> shapely.Geometry:
        """Return the strips about the roads that touch an area. [m]."""
        found = sorted(self._tree.query(area, predicate="intersects"))
        return shapely.unary_union([self.roads[k].line.buffer(reach_m) for k in found])

    def near(self, line: LineString, reach_m: float) -> bool:
        """Tell whether any road comes within reach of a line. [m]."""
        return len(self._tree.query(line, predicate="dwithin", distance=reach_m)) > 0


def _bent_line(face: Polygon, rng: np.random.Generator, angle: float, length_m: float) -> LineString | None:
    """Draw a gently bent line through the middle of a face, clipped to it."""
    t = np.linspace(-1, 1, 41)
    sway = 0.07 * length_m * np.sin(np.pi * t * rng.uniform(0.7, 1.4) + rng.uniform(0, 2 * np.pi))
    sway -= np.interp(0.0, t, sway)
    along = np.array([np.cos(angle), np.sin(angle)])
    side = np.array([-along[1], along[0]])
    middle = np.asarray(face.centroid.coords[0])
    line = LineString(middle + np.outer(t * length_m, along) + np.outer(sway, side))
    parts = [p for p in shapely.get_parts(line.intersection(face)) if p.geom_type == "LineString"]
    if not parts:
        return None
    return min(parts, key=lambda p: p.distance(Point(middle)) - 0.1 * p.length)


def _pull_end(line: LineString, target: tuple[float, float], *, first: bool) -> LineString:
    """Bend a line so that one of its ends comes to lie on a target."""
    coords = np.asarray(line.coords)
    share = np.linspace(1, 0, len(coords)) if first else np.linspace(0, 1, len(coords))
    move = np.asarray(target) - (coords[0] if first else coords[-1])
    return LineString(coords + np.outer(share**2, move))


def _meets_well(line: LineString, road: Road, *, first: bool) -> bool:
    """Tell whether the end of a line meets a road at an angle wide enough to turn at."""
    ends = (
        [line.interpolate(0), line.interpolate(40)] if first else [line.interpolate(line.length), line.interpolate(-40)]
    )
    at = road.line.project(ends[0])
    along = np.subtract(road.line.interpolate(at + 15).coords[0], road.line.interpolate(max(at - 15, 0)).coords[0])
    out = np.subtract(ends[1].coords[0], ends[0].coords[0])
    return abs(along @ out) < 0.7 * np.hypot(*along) * np.hypot(*out)


def _fit(net: Network, line: LineString, face: Polygon, met: list[Road | None]) -> LineString | None:
    """Bend the ends of a line onto junctions nearby, and refuse it where it meets a road badly."""
    for k, road in enumerate(met):
        if road is None:
            continue
        end = Point(line.coords[0 if k == 0 else -1])
        node = joint_near(road, road.line.project(end), 130.0)
        if node is not None:
            pulled = _pull_end(line, net.xy[node], first=k == 0)
            inside = pulled.is_simple and pulled.difference(face.buffer(1.0)).length < 1
            line = pulled if inside and _meets_well(pulled, road, first=k == 0) else line
        at = road.line.project(Point(line.coords[0 if k == 0 else -1]))
        clash = joint_near(road, at, 5.0) is None and joint_near(road, at, 75.0) is not None
        if clash or not _meets_well(line, road, first=k == 0):
            return None
    return line


def draw_collector(
    net: Network, face: Polygon, finder: RoadFinder, rng: np.random.Generator, *, angle: float, length_m: float
) -> tuple[Road, LineString] | None:
    """
    Draw one collector across a face and join it to the roads at its ends.

    Returns
    -------
    The road and the line that parts the face, which runs on to a barrier where the road stops short of it; nothing
    where no collector would fit.
    """
    line = _bent_line(face, rng, angle, length_m)
    if line is None or line.length < 260:
        return None
    met = [finder.at(Point(line.coords[k])) for k in (0, -1)]
    if met[0] is None and met[1] is None:
        return None
    fitted = _fit(net, line, face, met)
    if fitted is None or finder.near(shapely.ops.substring(fitted, 0.25, 0.75, normalized=True), 110.0):
        return None
    low, high = (0.0 if met[0] else 75.0), fitted.length - (0.0 if met[1] else 75.0)
    new = Road("", "tertiary", shapely.ops.substring(fitted, low, high).simplify(1.0), 2, 30)
    for k, road in enumerate(met):
        if road is not None:
            coords = list(new.line.coords)
            node = join(net, road, road.line.project(Point(coords[0 if k == 0 else -1])), 5.0)
            coords[0 if k == 0 else -1] = net.xy[node]
            new.line = LineString(coords)
            new.joints.append((0.0 if k == 0 else np.inf, node))
    new.joints = [(min(s, new.line.length), node) for s, node in new.joints]
    parting = LineString([*fitted.coords[:1], *new.line.coords, *fitted.coords[-1:]])
    return new, parting


def free_end_lines(roads: list[Road], reach_m: float = 450.0) -> list[LineString]:
    """Return straight lines that carry the loose ends of roads on, so that they part the land ahead of them. [m]."""
    lines = []
    for road in roads:
        for at, back in ((0.0, 30.0), (road.line.length, road.line.length - 30.0)):
            if joint_near(road, at, 5.0) is None:
                end, before = (np.array(road.line.interpolate(s).coords[0]) for s in (at, back))
                ahead = (end - before) / np.hypot(*(end - before))
                lines.append(LineString([end - ahead, end + reach_m * ahead]))
    return lines


def add_collectors(
    net: Network, buildable: shapely.Geometry, roads: list[Road], rng: np.random.Generator, limits_m2: list[float],
    *, whole: Callable[[Polygon], bool],
) -> tuple[list[Road], list[LineString]]:  # fmt: skip
    """
    Part large faces by collectors, round after round.

    Parameters
    ----------
    buildable
        Land that may be built on.
    roads
        Roads so far.
    limits_m2
        For each round, the area above which a face is parted. [m2]
    whole
        Tells which faces are never parted.

    Returns
    -------
    The collectors, and the lines besides roads that part the land.
    """
    made: list[Road] = []
    parting = free_end_lines(roads)
    for limit in limits_m2:
        finder = RoadFinder(roads + made)
        fresh: list[Road] = []
        for face in cut_faces(buildable, roads + made, parting):
            if face.area < limit:
                break
            if whole(face):
                continue
            _, angle, long, short = face_axes(face)
            for turn in (np.pi / 2, 0.0) if long > 1.25 * short else (0.0, np.pi / 2):
                slant = angle + turn + rng.normal(0, 0.06)
                drawn = draw_collector(net, face, finder, rng, angle=slant, length_m=long * 1.2)
                if drawn is not None:
                    fresh.append(drawn[0])
                    parting.append(drawn[1])
                    break
        made += fresh
    return made, parting
