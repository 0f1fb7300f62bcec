"""A triangle mesh over the streets, on which arrival times become areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan import _kernel as kernel
from fireplan.travel._mesh_blocks import NO_PIECE, blocks_near, lay
from fireplan.travel._mesh_vertices import marked, n_numbers, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.travel._mesh_blocks import Piece
    from fireplan.travel._mesh_vertices import Survey

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


def build_mesh(roads: RoadNetwork, known: Survey | None = None, pieces: Sequence[Piece] | None = None) -> Mesh:
    """
    Join the meshes of blocks.

    Parameters
    ----------
    roads, known
        The network, and what is known of it.
    pieces
        Meshes of the blocks, in Z-order; left out: of all there are.

    Returns
    -------
    The Delaunay mesh over nodes, points along streets and points beside them, as far as it lies in the blocks: vertices
    and triangles stand in the same order whatever else there is.
    """
    if known is None:
        known = survey(roads)
    if pieces is None:
        pieces = [piece for _, piece in lay(roads, known, blocks_near(known, np.arange(roads.n_streets)))]
    number, units, street, along, corners = (np.concatenate(parts) for parts in zip(NO_PIECE, *pieces, strict=True))
    place = np.full(n_numbers(roads, known), -1, dtype=np.int32)
    place[number] = np.arange(len(number), dtype=np.int32)
    triangles = place[corners]
    triangles = triangles[(triangles >= 0).all(axis=1)]
    at_node = np.flatnonzero(street < 0)
    at_node = at_node[np.argsort(number[at_node] >= roads.n_nodes, kind="stable")]  # nodes, then what is beside them
    on_street = np.flatnonzero(street >= 0)
    streets = marked(roads.n_streets, street[on_street])
    return Mesh(
        known.xy_m(units),
        along,
        _groups(-1 - street[at_node], at_node, roads.n_nodes),
        _groups(street[on_street], on_street, roads.n_streets),
        _groups(np.concatenate([roads.first[streets], roads.last[streets]]), np.tile(streets, 2), roads.n_nodes),
        triangles,
        kernel.link(triangles, len(number)),
    )


def _groups(of: NDArray[np.signedinteger], members: NDArray[np.signedinteger], n_groups: int) -> Groups:
    """List the members of each group."""
    start = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n_groups))])
    return Groups(start.astype(np.int32), members[np.argsort(of, kind="stable")].astype(np.int32))


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
        What a search reached and the time to each [s], at least what is not beyond `cutoff_s`.
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
            streets=roads.routing.streets,
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
