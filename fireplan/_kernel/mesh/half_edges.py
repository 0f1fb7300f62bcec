"""The sides of triangles, and which two are the same edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Halves(NamedTuple):
    """
    The sides of triangles, each from a corner to the next; side k of triangle t is number 3 t + k.

    Attributes
    ----------
    twin
        The same edge as a side of the triangle beyond; -1: there is none.
    start, side, head
        Sides that leave vertex v are `side[start[v]:start[v + 1]]` and lead to `head` there; -1 - side: without twin.
    pinched
        Vertices at which triangles meet that share no edge there, not even through others.
    """

    twin: NDArray[np.int32]
    start: NDArray[np.int32]
    side: NDArray[np.int32]
    head: NDArray[np.int32]
    pinched: NDArray[np.bool_]


def link(triangles: NDArray[np.int32], n_vertices: int) -> Halves:
    """
    Find each triangle's neighbours.

    Parameters
    ----------
    triangles
        Corners, anticlockwise, n x 3; no edge belongs to more than two.
    n_vertices
        How many vertices there are.
    """
    begins_at = triangles.reshape(-1)
    n = len(begins_at)
    start = np.zeros(n_vertices + 1, dtype=np.int32)
    np.cumsum(np.bincount(begins_at, minlength=n_vertices), out=start[1:])
    halves = Halves(
        twin=np.full(n, -1, dtype=np.int32),
        start=start,
        side=np.empty(n, dtype=np.int32),
        head=np.empty(n, dtype=np.int32),
        pinched=np.zeros(n_vertices, dtype=bool),
    )
    _file(begins_at, start[:-1].copy(), halves.side, halves.head)
    _pair(begins_at, *halves, np.zeros(n_vertices, dtype=bool))
    return halves


@part
def next_side(side):
    """The side that begins where this one ends."""
    return side - 2 if side % 3 == 2 else side + 1


@compiled
def _file(begins_at, place, side, head):
    """File sides under the vertex they leave; `place` is where the next one of each goes."""
    for i in range(len(begins_at)):
        vertex = begins_at[i]
        j = place[vertex]
        place[vertex] = j + 1
        side[j] = i
        head[j] = begins_at[next_side(i)]


@compiled
def _pair(begins_at, twin, start, side, head, pinched, on_rim):
    """Find twins; mark the sides that have none, and the vertices that more than one such side leaves."""
    # The twin of a side from a to b runs from b to a, and so is among the sides that leave b. A vertex that two sides
    # without twin leave is pinched: triangles meet there that share no edge.
    for i in range(len(begins_at)):
        vertex, to = begins_at[i], begins_at[next_side(i)]
        for j in range(start[to], start[to + 1]):
            if head[j] == vertex:
                twin[i] = side[j]
        if twin[i] < 0:
            pinched[vertex] = on_rim[vertex]
            on_rim[vertex] = True
    for j in range(len(side)):
        if twin[side[j]] < 0:
            side[j] = -1 - side[j]
