"""Rings around the ground reached within a limit, walked from triangle to triangle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, part
from fireplan._kernel.mesh.half_edges import next_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.mesh.contour_memory import ContourSpace
    from fireplan._kernel.mesh.half_edges import Halves


def walk(
    xy_m: NDArray[np.float64],
    triangles: NDArray[np.int32],
    halves: Halves,
    *,
    reached: tuple[NDArray[np.int32], NDArray[np.float32]],
    limit_s: float,
    beyond_s: float,
    clear_m: float,
    space: ContourSpace,
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    """
    Walk all rings.

    Parameters
    ----------
    xy_m, triangles, halves, reached, limit_s, beyond_s, space
        As `trace` takes them.
    clear_m
        A ring keeps this far from vertices it does not pass. [m]

    Returns
    -------
    Corners of closed rings as x + iy [m], and where each ring begins, with the end of the last.
    """
    limit_s = float(np.float32(limit_s))  # as times are kept
    xy = np.ascontiguousarray(xy_m).view(np.complex128).reshape(-1)
    begins_at = triangles.reshape(-1)
    n = _sides_to_walk(*reached, limit_s, halves.start, halves.side, halves.head, space.time_s, space.sides)
    # A ring begins at the first of its sides, in whatever order the vertices were found.
    sides = np.sort(space.sides[:n])
    # A side adds three corners at most, and may close one ring in passing and one in the end.
    way = np.empty(3 * n, dtype=np.complex128)
    corners = np.empty(5 * n, dtype=np.complex128)
    offsets = np.zeros(2 * n + 1, dtype=np.int64)
    held = np.empty((n, 2), dtype=np.int64)
    n_rings = _walk(
        sides, xy, begins_at, halves.twin, halves.pinched, space.time_s, limit_s, limit_s + beyond_s, clear_m,
        space.seen, way, held, corners, offsets,
    )  # fmt: skip
    space.forget(reached[0])
    space.seen[sides] = False
    return corners, offsets[: n_rings + 1]


@compiled
def _sides_to_walk(vertices, vertex_s, limit_s, start, side, head, time_s, sides):
    """Lay the times down; list the sides that leave the ground, and those on the rim that begin on it."""
    for i in range(len(vertices)):
        time_s[vertices[i]] = vertex_s[i]
    n = 0
    for vertex in vertices:
        if time_s[vertex] > limit_s:
            continue
        for c in range(start[vertex], start[vertex + 1]):
            if side[c] < 0:
                sides[n] = -1 - side[c]
                n += 1
            elif time_s[head[c]] > limit_s:
                sides[n] = side[c]
                n += 1
    return n


@compiled
def _walk(
    sides, xy, begins_at, twin, pinched, time_s, limit_s, latest_s, clear_m, seen, way, held, corners, offsets
):  # fmt: skip
    """Write down the rings with the ground on their left; returns how many."""
    # Time is linear in a triangle, so the limit cuts it along one line or not at all (marching triangles). Invariant: h
    # is a side of the list: it leaves the ground, or lies on the rim and begins on the ground. Each is walked once, so
    # the work grows with the outline, not with the mesh.
    n_rings = np.int64(0)
    for i in range(len(sides)):
        h = np.int64(sides[i])
        n_way = 0
        n_held = 0
        # Every side has one before it on its ring, so the first that comes round again is the one it began with.
        while not seen[h]:
            seen[h] = True
            vertex = begins_at[next_side(h)]
            if time_s[vertex] > limit_s:
                # The side leaves the ground: cross its triangle to the side by which the ring goes on.
                while time_s[vertex] > limit_s:
                    h = next_side(h)
                    outside, vertex = vertex, begins_at[next_side(h)]
                way[n_way] = _crossing(vertex, outside, xy, time_s, limit_s, latest_s, clear_m)
                n_way += 1
                if twin[h] >= 0:
                    h = np.int64(twin[h])
                    continue
            # The ring stands on the rim, at the vertex at the end of the side.
            way[n_way] = xy[vertex]
            n_way += 1
            if pinched[vertex]:
                for k in range(n_held - 1, -1, -1):
                    if held[k, 0] == vertex:
                        _keep(way, held[k, 1], n_way - 1, corners, offsets, n_rings)
                        n_rings += 1
                        n_way = held[k, 1] + 1
                        n_held = k
                        break
                held[n_held, 0] = vertex
                held[n_held, 1] = n_way - 1
                n_held += 1
            # Turn about the vertex, inside the ground, to the next side on the rim.
            h = next_side(h)
            while twin[h] >= 0:
                h = next_side(np.int64(twin[h]))
            ahead = begins_at[next_side(h)]
            if time_s[ahead] > limit_s:
                way[n_way] = _crossing(vertex, ahead, xy, time_s, limit_s, latest_s, clear_m)
                n_way += 1
        if n_way > 0:
            _keep(way, np.int64(0), n_way, corners, offsets, n_rings)
            n_rings += 1
    return n_rings


@part
def _crossing(inner, outer, xy, time_s, limit_s, latest_s, clear_m):
    """Where an edge from a vertex on the ground to one beyond reaches the limit, short of both."""
    inner_s, outer_s = np.float64(time_s[inner]), min(np.float64(time_s[outer]), latest_s)
    edge = xy[outer] - xy[inner]
    short = min(0.25, clear_m / math.sqrt(edge.real * edge.real + edge.imag * edge.imag))
    share = min(1.0 - short, max(short, (limit_s - inner_s) / (outer_s - inner_s)))
    return xy[inner] + share * edge


@part
def _keep(way, begin, end, corners, offsets, n_rings):
    """Write a ring behind those found, and close it."""
    at = offsets[n_rings]
    for i in range(begin, end):
        corners[at] = way[i]
        at += 1
    corners[at] = way[begin]
    offsets[n_rings + 1] = at + 1
