"""Directed graphs as compressed rows, with nodes along a space-filling curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Graph(NamedTuple):
    """
    Arcs by tail node.

    Attributes
    ----------
    start
        Arcs of node i are `start[i]:start[i + 1]`; one entry more than there are nodes.
    head
        Node each arc leads to.
    time_s
        Time along each arc. [s]
    longest_s
        The longest arc; it sets the number of buckets of a search. [s]
    """

    start: NDArray[np.int64]
    head: NDArray[np.int32]
    time_s: NDArray[np.float32]
    longest_s: float

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.start) - 1


def build_graph(
    tail: NDArray[np.integer], head: NDArray[np.integer], time_s: NDArray[np.floating], *, n_nodes: int
) -> Graph:
    """
    Compress arcs into rows: of parallel arcs the fastest stays, self loops and closed arcs (inf) go.

    None of the arcs left out can lie on a shortest path.
    """
    keep = np.isfinite(time_s) & (tail != head)
    tail, head, time_s = tail[keep], head[keep], time_s[keep]
    order = np.lexsort((time_s, head, tail))
    tail, head, time_s = tail[order], head[order], time_s[order]
    fastest = np.ones(len(tail), dtype=bool)
    fastest[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, time_s = tail[fastest], head[fastest], time_s[fastest]
    start = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(tail, minlength=n_nodes), out=start[1:])
    return Graph(start, head.astype(np.int32), time_s.astype(np.float32), float(time_s.max()) if len(time_s) else 0.0)


def morton_order(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """
    Order places along a Z-shaped curve, so that neighbours on the ground are neighbours in memory.

    References
    ----------
    .. [1] G. M. Morton, "A computer oriented geodetic data base and a new technique in file sequencing",
       IBM, 1966.
    """
    if len(x_m) == 0:
        return np.empty(0, dtype=np.int64)
    span = max(float(np.ptp(x_m)), float(np.ptp(y_m)), 1e-9)
    cells = (1 << 16) - 1
    code = _spread(((x_m - x_m.min()) / span * cells).astype(np.uint64)) | (
        _spread(((y_m - y_m.min()) / span * cells).astype(np.uint64)) << np.uint64(1)
    )
    return np.lexsort((y_m, x_m, code))


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between the lower 16 bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
