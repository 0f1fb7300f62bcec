"""Directed graphs as compressed rows, with nodes along a space-filling curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Streets(NamedTuple):
    """
    Ends of each street, and the time along it and back.

    Attributes
    ----------
    first, last
        The nodes it runs between.
    there_s, back_s
        Time along it from its first node, and back from its last; inf where that is not allowed. [s]
    nodes_from
        0: a search runs over nodes. Else it runs over streets by direction: state 2 s is street s as it is entered at
        its first node, 2 s + 1 as it is entered at its last, and the nodes, as they are arrived at, are numbered from
        here.
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    there_s: NDArray[np.float64]
    back_s: NDArray[np.float64]
    nodes_from: int = 0


_NONE, _NONE_S = read_only(np.empty(0, dtype=np.int32)), read_only(np.empty(0))
NO_STREETS = Streets(_NONE, _NONE, _NONE_S, _NONE_S)


class Graph(NamedTuple):
    """
    Arcs by tail node.

    Attributes
    ----------
    start
        Arcs of node i are `start[i]:start[i + 1]`; one entry more than there are nodes.
    arcs
        Arcs x (node it leads to, bits of the time along it [s] as a 32-bit float). The two lie side by side because
        they are read together: a search waits for memory more than it reckons.
    longest_s
        The longest arc; it sets the number of buckets of a search. [s]
    ways
        Where what is called a node here is a street in one direction, as it is entered: the streets. From each of them
        leads, besides its arcs, the way along it to the node at its end, from which nothing leads on: so who stands at
        a corner is reached by any. For the sake of room and time these arcs are written nowhere.
    """

    start: NDArray[np.int32]
    arcs: NDArray[np.int32]
    longest_s: float
    ways: Streets = NO_STREETS

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.start) - 1

    @property
    def head(self) -> NDArray[np.int32]:
        """Node each arc leads to."""
        return self.arcs[:, 0]

    @property
    def time_s(self) -> NDArray[np.float32]:
        """Time along each arc. [s]"""
        return self.arcs.view(np.float32)[:, 1]


class Pattern(NamedTuple):
    """
    Which arcs lie between the same nodes, whatever the time along them: found once, used for every change of speed.

    Attributes
    ----------
    order
        Arcs by tail and head; self loops left out.
    begins
        Where in `order` the arcs between the next two nodes begin.
    tail, head
        Those nodes.
    n_nodes
        Number of nodes.
    """

    order: NDArray[np.int64]
    begins: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    n_nodes: int


def pattern_of(tail: NDArray[np.integer], head: NDArray[np.integer], *, n_nodes: int) -> Pattern:
    """Find the pattern of arcs."""
    order = np.argsort(tail.astype(np.int64) * n_nodes + head, kind="stable")
    order = order[tail[order] != head[order]]
    tail, head = tail[order], head[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    first = np.flatnonzero(begins)
    return Pattern(order, first, tail[first].astype(np.int32), head[first].astype(np.int32), n_nodes)


def graph_of(pattern: Pattern, time_s: NDArray[np.floating]) -> Graph:
    """
    Compress arcs into rows: of parallel arcs the fastest stays, self loops and closed arcs (inf) go.

    None of the arcs left out can lie on a shortest path.
    """
    if len(pattern.begins) == 0:
        return pack(pattern.tail, pattern.head, np.empty(0), n_nodes=pattern.n_nodes)
    fastest_s = np.minimum.reduceat(time_s[pattern.order], pattern.begins)
    open_to = np.isfinite(fastest_s)
    return pack(pattern.tail[open_to], pattern.head[open_to], fastest_s[open_to], n_nodes=pattern.n_nodes)


def build_graph(
    tail: NDArray[np.integer], head: NDArray[np.integer], time_s: NDArray[np.floating], *, n_nodes: int
) -> Graph:
    """Compress arcs into rows, as `graph_of`."""
    return graph_of(pattern_of(tail, head, n_nodes=n_nodes), time_s)


def pack(tail: NDArray[np.integer], head: NDArray[np.integer], time_s: NDArray[np.floating], *, n_nodes: int) -> Graph:
    """Compress arcs that stand in order of their tails."""
    start = np.zeros(n_nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=n_nodes), out=start[1:])
    arcs = np.empty((len(head), 2), dtype=np.int32)
    arcs[:, 0] = head
    arcs.view(np.float32)[:, 1] = time_s
    return Graph(start, arcs, float(arcs.view(np.float32)[:, 1].max()) if len(head) else 0.0)


def morton_order(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """
    Order places along a Z-shaped curve, so that neighbours on the ground are neighbours in memory.

    References
    ----------
    .. [1] G. M. Morton, "A computer oriented geodetic data base and a new technique in file sequencing",
       IBM, 1966.
    """
    return np.lexsort((y_m, x_m, morton_code(x_m, y_m)))


def morton_code(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Number the squares of a grid over all places, 65,536 a side, along that curve; the square of each place."""
    if len(x) == 0:
        return np.empty(0, dtype=np.uint64)
    span = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    cells = (1 << 16) - 1
    column, row = (((at - at.min()) / span * cells).astype(np.uint64) for at in (x, y))
    return z_number(column, row)


def z_number(column: NDArray[np.integer], row: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Number squares along a Z-shaped curve: the bits of column and row, up to 32 of each, in turns."""
    return _spread(column.astype(np.uint64)) | (_spread(row.astype(np.uint64)) << np.uint64(1))


def z_square(number: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Column and row of squares numbered by `z_number`."""
    return _gather(number), _gather(number >> np.uint64(1))


SPREAD = (
    (0, 0x00000000FFFFFFFF), (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333), (1, 0x5555555555555555),
)  # fmt: skip
"""How far bits move at each step, and where they are then."""


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between the lower 32 bits."""
    for shift, mask in SPREAD:
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def _gather(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Take every second bit."""
    bits = bits & np.uint64(SPREAD[-1][1])
    for (shift, _), (_, mask) in zip(SPREAD[:0:-1], SPREAD[-2::-1], strict=True):
        bits = (bits | (bits >> np.uint64(shift))) & np.uint64(mask)
    return bits


def count_reached(graph: Graph, nodes: NDArray[np.int32], *, most: int) -> int:
    """
    Count the nodes that can be reached from some nodes, however long it takes; no further than to `most`.

    Parameters
    ----------
    graph
        The network.
    nodes
        Where to begin; they count too.
    most
        Where to stop.
    """
    seen = np.zeros(graph.n_nodes, dtype=bool)
    return int(_count_reached(graph.start, graph.arcs, nodes, most, seen, np.empty(graph.n_nodes, dtype=np.int32)))


@part
def end_of(way, first, last, nodes_from):
    """The node at the end of a way along a street, by its number among the states."""
    return np.int32(nodes_from + (last[way >> 1] if way & 1 == 0 else first[way >> 1]))


@part
def along_of(way, there_s, back_s):
    """Time along a way. [s]"""
    return there_s[way >> 1] if way & 1 == 0 else back_s[way >> 1]


@compiled
def _count_reached(start, arcs, nodes, most, seen, found):
    n = 0
    for i in range(len(nodes)):
        if not seen[nodes[i]]:
            seen[nodes[i]] = True
            found[n] = nodes[i]
            n += 1
    done = 0
    while done < n < most:
        node = found[done]
        done += 1
        for arc in range(start[node], start[node + 1]):
            to = arcs[arc, 0]
            if not seen[to]:
                seen[to] = True
                found[n] = to
                n += 1
    return n
