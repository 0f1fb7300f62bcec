"""A triangle mesh over the streets, on which arrival times become areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan import _kernel as kernel
from fireplan.travel._reached_streets import BESIDE_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

SPACING_M = 50.0
"""Distance between points along a street. [m]"""

OPEN_GROUND_M = 75.0
"""A street gets a verge on the side where no other street is as near as this. [m]"""

LONGEST_EDGE_M = 300.0
"""Triangles with a longer edge span water, canyons and fields, not a block, and are left out. [m]"""

SMALLEST_AREA_M2 = 2_000.0
"""Smaller islands and holes are specks of the mesh. [m2]"""

BEYOND_S = 60.0
"""How much later than the limit a vertex counts that is reached later still or never. [s]"""


class Groups(NamedTuple):
    """Members of each thing: `member[start[i]:start[i + 1]]`."""

    start: NDArray[np.int32]
    member: NDArray[np.int32]


class Mesh(NamedTuple):
    """
    Triangles between points on and beside the streets.

    Attributes
    ----------
    xy_m
        Vertices. [m]
    along
        How far along its street a vertex is that has the time of a point there.
    at_node
        For each node the vertices that have its time: itself, then those beside it.
    on_street
        For each street the vertices that have the time of a point along it.
    ways
        For each node the streets that end there.
    triangles
        Corners, anticlockwise.
    halves
        Their sides.
    """

    xy_m: NDArray[np.float64]
    along: NDArray[np.float64]
    at_node: Groups
    on_street: Groups
    ways: Groups
    triangles: NDArray[np.int32]
    halves: kernel.Halves

    def space(self) -> kernel.ContourSpace:
        """Memory for outlines of this mesh."""
        return kernel.ContourSpace(len(self.xy_m), len(self.triangles))


class Arrivals(NamedTuple):
    """Vertices that are reached, and the time to each. [s]"""

    vertices: NDArray[np.int32]
    vertex_s: NDArray[np.float32]


def build_mesh(roads: RoadNetwork) -> Mesh:
    """
    Lay a Delaunay mesh over nodes, points along streets, and points beside them.

    Points beside a street (on its verge) have the time of the point they stand beside: they give the outermost street a
    width, so that a place on it lies inside the outline and not on it.
    """
    node_xy = roads.node_xy_m
    street, along, xy, normal = _points_along(roads)
    beside = np.concatenate([np.arange(len(xy)), np.arange(len(xy))])
    away = np.concatenate([normal, -normal])
    free = _open_ground(roads, xy[beside] + away * OPEN_GROUND_M)
    verge, verge_xy = beside[free], (xy[beside] + away * BESIDE_M)[free]
    ends = np.flatnonzero(np.bincount(np.concatenate([roads.first, roads.last]), minlength=roads.n_nodes) <= 2)
    tips = np.repeat(ends, 4)
    away = np.tile(np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), (len(ends), 1))
    free = _open_ground(roads, node_xy[tips] + away * OPEN_GROUND_M)
    tips, tip_xy = tips[free], (node_xy[tips] + away * BESIDE_M)[free]
    all_xy = np.concatenate([node_xy, xy, verge_xy, tip_xy])
    all_along = np.concatenate([np.zeros(roads.n_nodes), along, along[verge], np.zeros(len(tips))])
    # Neighbours in space become neighbours in memory.
    order = kernel.morton_order(all_xy[:, 0], all_xy[:, 1])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    all_xy, all_along = all_xy[order], all_along[order]
    at_street, after = np.split(place[roads.n_nodes :], [len(xy) + len(verge)])
    nodes, streets = np.arange(roads.n_nodes), np.arange(roads.n_streets)
    at_node = _groups(np.concatenate([nodes, tips]), np.concatenate([place[: roads.n_nodes], after]), roads.n_nodes)
    on_street = _groups(np.concatenate([street, street[verge]]), at_street, roads.n_streets)
    ways = _groups(np.concatenate([roads.first, roads.last]), np.concatenate([streets, streets]), roads.n_nodes)
    triangles = _worth_keeping(all_xy, _delaunay(all_xy))
    triangles = triangles[np.argsort(triangles[:, 0], kind="stable")]
    halves = kernel.link(triangles, len(all_xy))
    return Mesh(all_xy, all_along, at_node, on_street, ways, triangles, halves)


def _delaunay(xy_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """Delaunay triangles; none where all points lie on a line."""
    from scipy.spatial import Delaunay  # noqa: PLC0415 - slow to import

    if len(xy_m) < 3 or np.linalg.matrix_rank(xy_m - xy_m[0]) < 2:
        return np.empty((0, 3), dtype=np.int32)
    return np.asarray(Delaunay(xy_m - xy_m.mean(axis=0)).simplices, dtype=np.int32)


def _groups(of: NDArray[np.signedinteger], members: NDArray[np.int64], n_groups: int) -> Groups:
    """List the members of each group."""
    start = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n_groups))])
    return Groups(start.astype(np.int32), members[np.argsort(of, kind="stable")].astype(np.int32))


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


def arrivals(
    mesh: Mesh,
    roads: RoadNetwork,
    found: tuple[NDArray[np.int32], NDArray[np.float32]],
    *,
    origin: tuple[int, float],
    cutoff_s: float,
    space: kernel.ContourSpace,
) -> Arrivals:
    """
    Find when the vertices near an origin are reached.

    Parameters
    ----------
    mesh, roads
        The triangles, and the network they lie over.
    found
        Nodes reached and the time to each [s], at least those not beyond `cutoff_s`.
    origin
        Street and fraction along it where the search began.
    cutoff_s
        Vertices farther than this are left out. [s]
    space
        Memory to reuse.
    """
    return Arrivals(
        *kernel.spread(
            *found,
            origin=origin,
            streets=(roads.first, roads.last, roads.there_s, roads.back_s),
            along=mesh.along,
            at_node=mesh.at_node,
            on_street=mesh.on_street,
            ways=mesh.ways,
            limit_s=cutoff_s,
            space=space,
        )
    )


def soonest(every: Sequence[Arrivals], *, space: kernel.ContourSpace) -> Arrivals:
    """Earliest arrival at each vertex that any of several origins reaches."""
    time_s = space.time_s
    new = []
    # Invariant: `time_s` holds the least of the origins so far, and a vertex is new when it still is inf; what is laid
    # down is taken away again below, so the memory costs what is reached.
    for vertices, vertex_s in every:
        so_far_s = time_s[vertices]
        new.append(vertices[np.isinf(so_far_s)])
        time_s[vertices] = np.minimum(so_far_s, vertex_s)
    all_reached = np.concatenate(new)
    all_s = time_s[all_reached]
    time_s[all_reached] = np.inf
    return Arrivals(all_reached, all_s)


def outline(
    mesh: Mesh,
    reached: Arrivals,
    *,
    within_s: float,
    beyond_s: float = BEYOND_S,
    space: kernel.ContourSpace | None = None,
) -> shapely.MultiPolygon:
    """
    Outline the ground reached within a time.

    Parameters
    ----------
    mesh
        The triangles.
    reached
        Arrival at the vertices reached. [s] All that are reached within the limit and `beyond_s` must be among them.
    within_s
        The limit. [s]
    beyond_s
        Vertices later than the limit by more than this count as later by just this, so that a search to there is
        enough, whatever else is asked for. [s]
    space
        Memory to reuse.

    Returns
    -------
    The area where arrival, taken as linear inside each triangle, is within the limit. A larger limit contains it.
    Islands smaller than `SMALLEST_AREA_M2` are left out and such holes filled: what is left out at one limit is no
    larger at a smaller one.
    """
    corners, rings, polygons = kernel.trace(
        mesh.xy_m,
        mesh.triangles,
        mesh.halves,
        reached=reached,
        limit_s=within_s,
        beyond_s=beyond_s,
        smallest_m2=SMALLEST_AREA_M2,
        space=mesh.space() if space is None else space,
    )
    if len(corners) == 0:
        return shapely.MultiPolygon()
    ends = np.array([0, len(polygons) - 1])
    area: shapely.MultiPolygon
    (area,) = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, corners, (rings, polygons, ends))
    return area
