"""Compile ahead, so that the wait comes at a moment of the caller's choosing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fireplan._kernel.cover.cover_runs import alike, as_runs, sums, times_covered
from fireplan._kernel.location.lagrangian_cover import Relaxation, Room, Rows
from fireplan._kernel.mesh.contour import trace
from fireplan._kernel.mesh.contour_memory import ContourSpace
from fireplan._kernel.mesh.delaunay import delaunay
from fireplan._kernel.mesh.half_edges import link
from fireplan._kernel.mesh.vertex_times import spread
from fireplan._kernel.shortest_paths.graph import build_graph, count_reached
from fireplan._kernel.shortest_paths.nearest_sources import Seeds, followed, nearest_sources
from fireplan._kernel.shortest_paths.nearest_sources_points import (
    Sources,
    StreetPoints,
    Streets,
    amount_at_points,
    by_node,
    by_street,
    first_at_points,
    points_moved,
)
from fireplan._kernel.shortest_paths.single_source import reach
from fireplan._kernel.snapping import build_grid, snap

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def compile_ahead() -> None:
    """Run what every command needs once, on two nodes and a street; takes seconds the first time, then nothing."""
    one, zero, two = np.ones(1), np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.int32)
    # A network's arrays cannot be written to, and to the compiler that is another type.
    streets = (_frozen(zero), _frozen(two), _frozen(one), _frozen(one))
    graph = build_graph(zero, two, one, n_nodes=2)
    nodes, node_s = reach(graph, zero, np.zeros(1))
    seeds = Seeds(zero, np.zeros(1), zero)
    table = nearest_sources(graph, seeds, 2)
    on, at = Streets(*streets), StreetPoints(_frozen(zero), _frozen(np.array([0.2])), _frozen(zero))
    there = on, at, Sources(zero, np.zeros(1), np.zeros(1))
    first_at_points(table, *there, depth=1)
    amount_at_points(table, *there, brings=one, need=1.0)
    rank = np.array([-1, 0], dtype=np.int32)
    _, moved = followed(graph, table, seeds, seeds._replace(owner=two), rank)
    points_moved(moved, on, (by_node(on, 2), by_street(at[0], 1)), at[1], also=zero, before_s=np.ones(1, np.float32))
    count_reached(graph, zero, most=1)
    grid = build_grid(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 2]))
    snap(grid, np.zeros((1, 2)), limit_m=1.0, allowed=np.ones(1, dtype=bool))
    _outline_ahead(nodes, node_s, streets)


@cache
def compile_siting() -> None:
    """Run what a search for sites needs once, on two candidates and two rows, so that its clock starts after it."""
    start, place = np.array([0, 1, 2]), _up_to(2, np.int32)
    group, n_rows = alike(start, place, 2)
    runs = as_runs(start, place, group.astype(np.int32), n_rows)
    sums(runs, np.ones(2), np.empty(2))
    times_covered(runs, _up_to(1, np.int64), np.ones(2, dtype=np.int64))
    rows = Rows(np.ones(2), np.zeros(2, dtype=np.int64), np.ones(1))
    ones = np.ones(2, dtype=np.int64)
    room = Room(_up_to(2, np.int64), ones, np.zeros(2, dtype=np.int64), ones[:1], ones)
    Relaxation(runs, rows).descend(rows, room, towards=1.0, iterations=2)


def _up_to(n: int, kind: type[np.generic]) -> NDArray[Any]:
    """0 to n - 1."""
    return np.arange(n).astype(kind)


def _outline_ahead(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    streets: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Run the functions for meshes and outlines on two nodes and two points beside them."""
    xy = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 8.0]])
    corners, _ = delaunay(xy.astype(np.int64), longest=99.0, widest=99.0)
    halves = link(corners, len(xy))
    each = np.arange(3, dtype=np.int32)
    space = ContourSpace(len(xy), len(halves.twin) // 3)
    reached = spread(
        nodes,
        node_s,
        origin=(0, 0.5),
        streets=streets,
        along=np.full(len(xy), 0.5),
        at_node=(each, np.arange(2, dtype=np.int32)),
        on_street=(np.array([0, 2], dtype=np.int32), np.array([2, 3], dtype=np.int32)),
        ways=(each, np.zeros(2, dtype=np.int32)),
        limit_s=9.0,
        space=space,
    )
    trace(xy, corners, halves, reached=reached, limit_s=0.7, beyond_s=1.0, smallest_m2=1.0, space=space)


def _frozen(values: NDArray[T]) -> NDArray[T]:
    frozen = values.copy()
    frozen.flags.writeable = False
    return frozen
