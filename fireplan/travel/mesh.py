"""A triangle mesh over the streets, on which arrival times become areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

SPACING_M = 50.0
"""Distance between points along a street. [m]"""

VERGE_M = 25.0
"""How far the ground beside a street belongs to it, where no other street is nearer. [m]"""

OPEN_GROUND_M = 75.0
"""A street gets a verge on the side where no other street is as near as this. [m]"""

LONGEST_EDGE_M = 300.0
"""Triangles with a longer edge span water, canyons and fields, not a block, and are left out. [m]"""

SMALLEST_AREA_M2 = 2_000.0
"""Smaller islands and holes are specks of the mesh. [m2]"""

BEYOND_S = 60.0
"""How much later than the limit a vertex that is never reached counts, so that the outline can be placed. [s]"""


class Mesh(NamedTuple):
    """
    Triangles between points on and beside the streets.

    Attributes
    ----------
    xy_m
        Vertices. [m]
    node
        Node whose time a vertex has; -1: it has that of a point along a street.
    street, along
        That point.
    triangles
        Corners, anticlockwise.
    sides
        The edge opposite each corner's predecessor: side k runs from corner k to corner k + 1.
    edges
        Ends of each edge, the lower first.
    rim
        Edges with a triangle on one side only, as (from, to) with the triangle on the left, and the edge itself.
    """

    xy_m: NDArray[np.float64]
    node: NDArray[np.int32]
    street: NDArray[np.int32]
    along: NDArray[np.float64]
    triangles: NDArray[np.int32]
    sides: NDArray[np.int32]
    edges: NDArray[np.int32]
    rim: NDArray[np.int32]


def build_mesh(roads: RoadNetwork) -> Mesh:
    """
    Lay a Delaunay mesh over nodes, points along streets, and points beside them.

    Points beside a street (on its verge) have the time of the point they stand beside: they give the outermost street a
    width, so that a place on it lies inside the outline and not on it.
    """
    from scipy.spatial import Delaunay  # noqa: PLC0415 - slow to import

    node_xy = roads.node_xy_m
    street, along, xy, normal = _points_along(roads)
    beside = np.concatenate([np.arange(len(xy)), np.arange(len(xy))])
    away = np.concatenate([normal, -normal])
    free = _open_ground(roads, xy[beside] + away * OPEN_GROUND_M)
    verge, verge_xy = beside[free], (xy[beside] + away * VERGE_M)[free]
    ends = np.flatnonzero(np.bincount(np.concatenate([roads.first, roads.last]), minlength=roads.n_nodes) <= 2)
    tips = np.repeat(ends, 4)
    away = np.tile(np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), (len(ends), 1))
    free = _open_ground(roads, node_xy[tips] + away * OPEN_GROUND_M)
    tips, tip_xy = tips[free], (node_xy[tips] + away * VERGE_M)[free]
    all_xy = np.concatenate([node_xy, xy, verge_xy, tip_xy])
    none = np.full(len(xy) + len(verge), -1)
    node = np.concatenate([np.arange(len(node_xy)), none, tips]).astype(np.int32)
    on_street = np.concatenate([np.full(len(node_xy), -1), street, street[verge], np.full(len(tips), -1)])
    on_along = np.concatenate([np.zeros(len(node_xy)), along, along[verge], np.zeros(len(tips))])
    if len(all_xy) < 3 or np.linalg.matrix_rank(all_xy - all_xy[0]) < 2:
        return _mesh(all_xy, node, on_street, on_along, np.empty((0, 3), dtype=np.int32))
    centre = all_xy.mean(axis=0)
    triangles = Delaunay(all_xy - centre).simplices.astype(np.int32)
    return _mesh(all_xy, node, on_street, on_along, _worth_keeping(all_xy, triangles))


def _points_along(
    roads: RoadNetwork,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Street, fraction, place and unit normal of points along all streets, ends left out."""
    lines = roads.streets.geometry.array
    drawn_m = shapely.length(lines)
    count = np.maximum(1, np.ceil(drawn_m / SPACING_M).astype(np.int64) - 1)
    street = np.repeat(np.arange(roads.n_streets, dtype=np.int32), count)
    within = np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)
    along = (within + 1) / (np.repeat(count, count) + 1)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[street], along, normalized=True))
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[street], np.minimum(along + 1e-3, 1.0), normalized=True)
    )
    heading = ahead - xy
    size = np.maximum(np.hypot(heading[:, 0], heading[:, 1]), 1e-9)
    normal = np.column_stack([-heading[:, 1], heading[:, 0]]) / size[:, None]
    return street, along, xy, normal


def _open_ground(roads: RoadNetwork, probes_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether places a probe's length off their own street have no other street nearer."""
    every = np.ones(roads.n_streets, dtype=bool)
    _, _, away_m = kernel.snap(roads.segment_grid, probes_m, limit_m=OPEN_GROUND_M, allowed=every)
    return np.asarray(away_m > 0.9 * OPEN_GROUND_M)


def _worth_keeping(xy_m: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Drop triangles that span open ground or are flat; turn the others anticlockwise."""
    corners = xy_m[triangles]
    reach = np.roll(corners, -1, axis=1) - corners
    longest = np.hypot(reach[..., 0], reach[..., 1]).max(axis=1)
    twice = reach[:, 0, 0] * reach[:, 1, 1] - reach[:, 0, 1] * reach[:, 1, 0]
    triangles = np.where(twice[:, None] < 0, triangles[:, ::-1], triangles)
    return np.asarray(triangles[(longest <= LONGEST_EDGE_M) & (np.abs(twice) > 1e-6)], dtype=np.int32)


def _mesh(
    xy_m: NDArray[np.float64],
    node: NDArray[np.int32],
    street: NDArray[np.int64],
    along: NDArray[np.float64],
    triangles: NDArray[np.int32],
) -> Mesh:
    tail, head = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head)
    code, side, uses = np.unique(low * len(xy_m) + high, return_inverse=True, return_counts=True)
    edges = np.column_stack([code // max(len(xy_m), 1), code % max(len(xy_m), 1)]).astype(np.int32)
    lone = uses[side] == 1
    rim = np.column_stack([tail[lone], head[lone], side[lone]]).astype(np.int32)
    return Mesh(xy_m, node, street.astype(np.int32), along, triangles, side.reshape(-1, 3).astype(np.int32), edges, rim)


def outline(mesh: Mesh, vertex_s: NDArray[np.float32], *, within_s: float) -> shapely.MultiPolygon:
    """
    Outline the ground reached within a time.

    Parameters
    ----------
    mesh
        The triangles.
    vertex_s
        Arrival at each vertex. [s]
    within_s
        The limit. [s]

    Returns
    -------
    The area where arrival, taken as linear inside each triangle, is within the limit. A larger limit contains it.

    Notes
    -----
    Marching triangles: each edge that crosses the limit is cut once, at a place computed in the edge's own
    direction, so that neighbours agree on it to the last bit and the outline closes.
    """
    inside = vertex_s <= within_s
    corner_in = inside[mesh.triangles]
    count = corner_in.sum(axis=1)
    starts, stops = [], []
    for lone_is_in in (True, False):
        # The corner that differs from the other two; the cut runs between the two sides that meet there.
        cut = np.flatnonzero(count == (1 if lone_is_in else 2))
        lone = (corner_in[cut] if lone_is_in else ~corner_in[cut]).argmax(axis=1)
        after, before = mesh.sides[cut, lone], mesh.sides[cut, (lone + 2) % 3]
        starts.append(after if lone_is_in else before)
        stops.append(before if lone_is_in else after)
    cut_from, cut_to = np.concatenate(starts), np.concatenate(stops)
    crossing = _crossings(mesh, vertex_s, within_s)
    lines = [np.stack([crossing[cut_from], crossing[cut_to]], axis=1)]
    tail_in, head_in = inside[mesh.rim[:, 0]], inside[mesh.rim[:, 1]]
    some = tail_in | head_in
    tail, head, edge = mesh.rim[some].T
    begin = np.where(tail_in[some, None], mesh.xy_m[tail], crossing[edge])
    end = np.where(head_in[some, None], mesh.xy_m[head], crossing[edge])
    lines.append(np.stack([begin, end], axis=1))
    pieces = np.concatenate(lines)
    pieces = pieces[(pieces[:, 0] != pieces[:, 1]).any(axis=1)]
    if len(pieces) == 0:
        return shapely.MultiPolygon()
    area = shapely.build_area(shapely.multilinestrings(shapely.linestrings(pieces)))
    return _without_specks(area)


def _crossings(mesh: Mesh, vertex_s: NDArray[np.float32], within_s: float) -> NDArray[np.float64]:
    """Where each edge reaches the limit; meaningful only on edges that do."""
    time_s = np.where(np.isfinite(vertex_s), vertex_s, within_s + BEYOND_S).astype(float)
    low, high = mesh.edges[:, 0], mesh.edges[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (within_s - time_s[low]) / (time_s[high] - time_s[low])
    share = np.clip(np.nan_to_num(share), 0.0, 1.0)[:, None]
    return np.asarray(mesh.xy_m[low] + share * (mesh.xy_m[high] - mesh.xy_m[low]))


def _without_specks(area: shapely.Geometry) -> shapely.MultiPolygon:
    """Drop islands and fill holes too small to be seen. What is dropped at one limit is no larger at a smaller one."""
    parts = shapely.get_parts(area)
    parts = parts[shapely.area(parts) >= SMALLEST_AREA_M2]
    whole = []
    for part in parts:
        holes = [r for r in part.interiors if shapely.Polygon(r).area >= SMALLEST_AREA_M2]
        whole.append(shapely.Polygon(part.exterior, holes))
    return shapely.MultiPolygon(whole)
