"""Compile ahead, so that the wait comes at a moment of the caller's choosing."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan._kernel.cover.arrivals_by_second import add_arrivals
from fireplan._kernel.cover.cover_runs import alike, as_runs, sums, times_covered
from fireplan._kernel.jit import read_only
from fireplan._kernel.location.lagrangian_cover import Relaxation, Room, Rows
from fireplan._kernel.mesh.contour import trace
from fireplan._kernel.mesh.contour_memory import ContourSpace, forget
from fireplan._kernel.mesh.delaunay import delaunay
from fireplan._kernel.mesh.half_edges import Halves, link
from fireplan._kernel.mesh.vertex_times import spread
from fireplan._kernel.shortest_paths.graph import Streets, build_graph, count_reached
from fireplan._kernel.shortest_paths.nearest_sources import Seeds, followed, nearest_sources
from fireplan._kernel.shortest_paths.nearest_sources_points import (
    Sources,
    StreetPoints,
    amount_at_points,
    by_node,
    by_street,
    first_at_points,
    points_moved,
)
from fireplan._kernel.shortest_paths.single_source import reach
from fireplan._kernel.snapping import build_grid, snap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Graph

    Ends = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]


def compile_ahead() -> None:
    """Run what maps and figures need once, on two nodes and a street; takes seconds the first time, then nothing."""
    compile_search()
    compile_outlines()


def compile_search() -> None:
    """Run what every command needs once: points on streets, and the nearest stations."""
    graph, zero, streets = _street()
    grid = build_grid(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 2]))
    snap(grid, np.zeros((1, 2)), limit_m=1.0, allowed=np.ones(1, dtype=bool))
    seeds = Seeds(zero, np.zeros(1), zero)
    table = nearest_sources(graph, seeds, 2)
    on, at = Streets(*streets), StreetPoints(read_only(zero), read_only(np.array([0.2])), read_only(zero))
    there = on, at, Sources(zero, np.zeros(1), np.zeros(1))
    first_at_points(table, *there, depth=1)
    arrival_s, _ = amount_at_points(table, *there, brings=np.ones(1), need=1.0)
    rank = np.array([-1, 0], dtype=np.int32)
    _, moved = followed(graph, table, seeds, seeds._replace(owner=zero + 1), rank)
    points_moved(moved, on, (by_node(on, 2), by_street(at.street, 1)), at.along, also=zero, before_s=arrival_s)
    add_arrivals(np.zeros(3), np.zeros(2), read_only(arrival_s), read_only(np.ones(1)), limit_s=1.0)
    count_reached(graph, zero, most=1)


def compile_outlines() -> None:
    """Run what outlines need once: the search from one place, and the mesh."""
    graph, zero, streets = _street()
    nodes, node_s = reach(graph, zero, np.zeros(1))
    _outline_ahead(nodes, node_s, streets)


@contextmanager
def beside(compiling: Callable[[], None]) -> Iterator[Callable[[], object]]:
    """
    Compile in a second process, if nothing is on disk yet and there is a processor for it.

    Compiling is work of the interpreter, which does one thing at a time: a thread would gain nothing.

    Parameters
    ----------
    compiling
        `compile_search` or `compile_outlines`.

    Yields
    ------
    A function that waits until it is done; to be called before what it compiles is used.
    """
    known = sum(forget.stats.cache_misses.values())
    ContourSpace(0, 0).forget(np.zeros(0, dtype=np.int32))  # of all the quickest to try
    if sum(forget.stats.cache_misses.values()) == known or (os.cpu_count() or 1) < 2:
        yield lambda: None
        return
    code = f"from {__name__} import {compiling.__name__} as compiling; compiling()"
    quiet = subprocess.DEVNULL
    # -P: it imports nothing from the folder it happens to run in.
    command = [sys.executable, "-P", "-c", code]
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as other:  # noqa: S603 - our own words
        try:
            yield other.wait
        finally:
            other.terminate()  # nothing, once it is done


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


def _street() -> tuple[Graph, NDArray[np.int32], Ends]:
    """A street between two nodes: its graph, its number, and its ends and times, which cannot be written to."""
    one, zero, two = np.ones(1), np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.int32)
    # A network's arrays cannot be written to, and to the compiler that is another type.
    streets = (read_only(zero), read_only(two), read_only(one), read_only(one))
    return build_graph(zero, two, one, n_nodes=2), zero, streets


def _up_to(n: int, kind: type[np.generic]) -> NDArray[Any]:
    """0 to n - 1."""
    return np.arange(n).astype(kind)


def _outline_ahead(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    streets: Ends,
) -> None:
    """Run the functions for meshes and outlines on two nodes and two points beside them."""
    xy = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 8.0]])
    corners, _ = delaunay(xy.astype(np.int64), longest=99.0, widest=99.0)
    twin, start, side, head, pinched = link(corners, len(xy))
    halves = Halves(read_only(twin), read_only(start), read_only(side), read_only(head), read_only(pinched))
    each = np.arange(3, dtype=np.int32)
    space = ContourSpace(len(xy), len(halves.twin) // 3)
    reached = spread(
        nodes,
        node_s,
        origin=(0, 0.5),
        streets=streets,
        along=read_only(np.full(len(xy), 0.5)),
        at_node=(read_only(each), read_only(np.arange(2, dtype=np.int32))),
        on_street=(read_only(np.array([0, 2], dtype=np.int32)), read_only(np.array([2, 3], dtype=np.int32))),
        ways=(read_only(each), read_only(np.zeros(2, dtype=np.int32))),
        limit_s=9.0,
        space=space,
    )
    reached = (read_only(reached[0]), read_only(reached[1]))
    trace(
        read_only(xy),
        read_only(corners),
        halves,
        reached=reached,
        limit_s=0.7,
        beyond_s=1.0,
        smallest_m2=1.0,
        space=space,
    )
