"""Where street centrelines join: ends that meet, ends on another line, and crossings that are or are not joined."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

JOINT_M = 0.1
"""Ends nearer than this are one node: hand-drawn and rounded coordinates differ by millimetres. [m]"""


class Pieces(NamedTuple):
    """
    Lines cut into pieces between nodes.

    Attributes
    ----------
    line
        Row of the line each piece is of.
    first, last
        Nodes it runs between.
    shapes
        Its course.
    node_xy_m
        Nodes, n x 2. [m]
    crossings
        Places where lines cross and share no node.
    """

    line: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    shapes: NDArray[np.object_]
    node_xy_m: NDArray[np.float64]
    crossings: int


def cut_at_joints(lines: NDArray[np.object_], levels: NDArray[np.object_] | None, *, join_crossings: bool) -> Pieces:
    """
    Cut lines where they join.

    Parameters
    ----------
    lines
        Courses in metres, each a LineString.
    levels
        Level of both ends of each line, n x 2; ends join ends of their own level. None: every end is on the ground.
    join_crossings
        Whether lines also join where they cross and neither ends.
    """
    n = len(lines)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1)])
    level = np.zeros(2 * n, dtype=np.int64)
    if levels is not None:
        _, code = np.unique(np.concatenate([levels[:, 0], levels[:, 1]]).astype(str), return_inverse=True)
        level = code.astype(np.int64)
    node, node_xy, node_level = _ends_as_nodes(ends, level)
    cuts = [*_ends_on_lines(lines, node[:n], node[n:], level.reshape(2, n).T, node_xy, node_level)]
    crossing = _crossings(lines, node_xy)
    count = len(crossing)
    if join_crossings and count:
        new, node_xy = _new_nodes(crossing, node_xy)
        cuts += new
        count = 0
    return _pieces(lines, node[:n], node[n:], cuts, node_xy, crossings=count)


class _Cut(NamedTuple):
    line: int
    along_m: float
    node: int


class _Crossing(NamedTuple):
    one: int
    other: int
    x: float
    y: float


def _ends_as_nodes(
    ends: NDArray[np.float64], level: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Join ends that are near each other and on one level: node of each end, and place and level of each node."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415
    from scipy.spatial import cKDTree  # noqa: PLC0415

    pairs = cKDTree(ends).query_pairs(JOINT_M, output_type="ndarray")
    pairs = pairs[level[pairs[:, 0]] == level[pairs[:, 1]]]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends)))
    _, node = connected_components(links, directed=False)
    _, first = np.unique(node, return_index=True)
    return node.astype(np.int64), ends[first], level[first]


def _ends_on_lines(
    lines: NDArray[np.object_],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    level: NDArray[np.int64],
    node_xy: NDArray[np.float64],
    node_level: NDArray[np.int64],
) -> list[_Cut]:
    """Nodes that lie within a line, on the level of both its ends: the line is cut there."""
    points: NDArray[np.object_] = np.asarray(shapely.points(node_xy), dtype=object)
    at, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=JOINT_M)
    own = (first[line] == at) | (last[line] == at)
    flat = (level[line, 0] == level[line, 1]) & (level[line, 0] == node_level[at])
    at, line = at[~own & flat], line[~own & flat]
    along = np.asarray(shapely.line_locate_point(lines[line], points[at]))
    inside = (along > JOINT_M) & (along < shapely.length(lines[line]) - JOINT_M)
    found = zip(line[inside].tolist(), along[inside].tolist(), at[inside].tolist(), strict=True)
    return [_Cut(*cut) for cut in found]


def _crossings(lines: NDArray[np.object_], node_xy: NDArray[np.float64]) -> list[_Crossing]:
    """Places where two lines cross, or share a vertex, away from every node."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(lines[one], lines[other])
    points, pair = shapely.get_parts(shared, return_index=True)
    dots = shapely.get_type_id(points) == shapely.GeometryType.POINT
    points, pair = points[dots], pair[dots]
    if not len(points):
        return []
    xy = shapely.get_coordinates(points)
    near, _ = cKDTree(node_xy).query(xy, distance_upper_bound=2 * JOINT_M)
    loose = ~np.isfinite(near)
    rows = zip(one[pair[loose]].tolist(), other[pair[loose]].tolist(), *xy[loose].T.tolist(), strict=True)
    return [_Crossing(*row) for row in rows]


def _new_nodes(crossings: list[_Crossing], node_xy: NDArray[np.float64]) -> tuple[list[_Cut], NDArray[np.float64]]:
    """A node for each place where lines cross, and the cuts of both lines there."""
    places: dict[tuple[float, float], int] = {}
    for crossing in crossings:
        places.setdefault((round(crossing.x, 1), round(crossing.y, 1)), len(node_xy) + len(places))
    cuts = []
    for crossing in crossings:
        node = places[round(crossing.x, 1), round(crossing.y, 1)]
        cuts += [_Cut(line, -1.0, node) for line in (crossing.one, crossing.other)]
    return cuts, np.concatenate([node_xy, np.array(list(places))])


def _pieces(
    lines: NDArray[np.object_],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    cuts: list[_Cut],
    node_xy: NDArray[np.float64],
    *,
    crossings: int,
) -> Pieces:
    from shapely.ops import substring  # noqa: PLC0415 - rarely needed

    by_line: dict[int, dict[int, float]] = {}
    for cut in cuts:
        along = cut.along_m if cut.along_m >= 0 else lines[cut.line].project(shapely.Point(node_xy[cut.node]))
        by_line.setdefault(cut.line, {})[cut.node] = along
    whole = np.array([i not in by_line for i in range(len(lines))], dtype=bool)
    rows = np.flatnonzero(whole).tolist()
    firsts, lasts, shapes = first[whole].tolist(), last[whole].tolist(), list(lines[whole])
    for i in sorted(by_line):
        line = lines[i]
        stops = sorted((along, node) for node, along in by_line[i].items())
        steps = [(0.0, int(first[i])), *stops, (float(line.length), int(last[i]))]
        for (begin, tail), (end, head) in pairwise(steps):
            rows.append(i)
            firsts.append(tail)
            lasts.append(head)
            part = substring(line, begin, end)
            shapes.append(part if part.geom_type == "LineString" else shapely.LineString(node_xy[[tail, head]]))
    return Pieces(
        np.array(rows, dtype=np.int64),
        np.array(firsts, dtype=np.int64),
        np.array(lasts, dtype=np.int64),
        np.array(shapes, dtype=object),
        node_xy,
        crossings,
    )
