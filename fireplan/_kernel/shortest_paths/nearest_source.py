"""The nearest source of every node, kept so that a change costs only what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled
from fireplan._kernel.shortest_paths.graph import Graph, pack
from fireplan._kernel.shortest_paths.single_source import NOBODY, ChangeLog, Queue, is_new, sweep, write_down

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Seeds(NamedTuple):
    """
    Where sources enter the network.

    Attributes
    ----------
    node
        Node each seed stands on.
    spent_s
        Time already spent there. [s]
    owner
        Source it belongs to: a number from 0.
    """

    node: NDArray[np.int32]
    spent_s: NDArray[np.float64]
    owner: NDArray[np.int32]


class Undo(NamedTuple):
    """Nodes that changed, and what stood there before."""

    node: NDArray[np.int32]
    time_s: NDArray[np.float64]
    owner: NDArray[np.int32]


class Field:
    """
    Time from the nearest source, and which source that is, at every node.

    Of sources at the same time the lower number owns a node, so the field depends on its sources alone, not on the
    order in which they came and went. It is the one thing in the kernel that changes: `spread` and `withdraw` say what
    they changed, and `roll_back` puts it back.
    """

    def __init__(self, graph: Graph) -> None:
        n = graph.n_nodes
        self.graph = graph
        self._reversed: Graph | None = None
        self.time_s = np.full(n, np.inf)
        self.owner = np.full(n, NOBODY, dtype=np.int32)
        self._queue = Queue()
        self._noted = np.zeros(n, dtype=np.int64)
        self._turn = 0
        self._journal = Undo(np.empty(n, dtype=np.int32), np.empty(n), np.empty(n, dtype=np.int32))

    def spread(self, seeds: Seeds, *, limit_s: float = np.inf) -> Undo:
        """
        Let sources take the nodes they are nearest to; nothing else is visited.

        Parameters
        ----------
        seeds
            Where the sources enter.
        limit_s
            Nothing farther than this is taken. [s]
        """
        self._turn += 1
        return self._undo(self._spread(seeds, limit_s, 0))

    def fill(self, seeds: Seeds, *, limit_s: float = np.inf) -> None:
        """As `spread`, for the first sources, without keeping what stood there before."""
        turn, self._turn = self._turn, 0
        self._spread(seeds, limit_s, 0)
        self._turn = turn

    def withdraw(self, owner: int, *, left: Seeds, limit_s: float = np.inf) -> Undo:
        """
        Take a source away: its nodes go to the sources around them.

        Parameters
        ----------
        owner
            The source.
        left
            Seeds of all the others.
        limit_s
            As in `spread`. [s]
        """
        self._turn += 1
        lost = np.flatnonzero(self.owner == owner).astype(np.int32)
        count = _forget(lost, self.time_s, self.owner, *self._ledger())
        if self._reversed is None:
            self._reversed = _turned(self.graph)
        back = self._reversed
        size = int((back.start[lost + 1] - back.start[lost]).sum())
        border = Seeds(np.empty(size, dtype=np.int32), np.empty(size), np.empty(size, dtype=np.int32))
        n = _border(lost, back.start, back.arcs, back.arcs.view(np.float32), self.time_s, self.owner, *border)
        own = np.isin(left.node, lost)
        seeds = Seeds(
            np.concatenate([border.node[:n], left.node[own]]),
            np.concatenate([border.spent_s[:n], left.spent_s[own]]),
            np.concatenate([border.owner[:n], left.owner[own]]),
        )
        return self._undo(self._spread(seeds, limit_s, count))

    def roll_back(self, undo: Undo) -> None:
        """Put back what a change changed; the last change first."""
        self.time_s[undo.node] = undo.time_s
        self.owner[undo.node] = undo.owner

    def _spread(self, seeds: Seeds, limit_s: float, count: int) -> int:
        return sweep(
            self.graph, seeds, limit_s=limit_s, time_s=self.time_s, owner=self.owner, ledger=self._ledger(),
            count=count, queue=self._queue,
        )  # fmt: skip

    def _ledger(self) -> ChangeLog:
        return ChangeLog(*self._journal, self._noted, self._turn)

    def _undo(self, count: int) -> Undo:
        kept = self._journal
        return Undo(kept.node[:count].copy(), kept.time_s[:count].copy(), kept.owner[:count].copy())


def nearest_field(
    graph: Graph,
    seeds: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    owner: NDArray[np.int32],
    *,
    limit_s: float = np.inf,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """
    Time from the nearest source at every node, and which source it is.

    Parameters
    ----------
    graph
        The network.
    seeds, seed_s, owner
        As `Seeds`.
    limit_s
        Nothing farther than this is reached. [s]

    Returns
    -------
    Time (inf: not reached) [s] and source (-1: none) of every node.
    """
    field = Field(graph)
    field.fill(Seeds(seeds, seed_s, owner), limit_s=limit_s)
    return field.time_s.astype(np.float32), field.owner


def _turned(graph: Graph) -> Graph:
    """The same arcs by the node they lead to."""
    tail = np.repeat(np.arange(graph.n_nodes, dtype=np.int32), np.diff(graph.start))
    order = np.argsort(graph.head, kind="stable")
    return pack(graph.head[order], tail[order], graph.time_s[order], n_nodes=graph.n_nodes)


@compiled
def _forget(lost, time_s, owner, j_node, j_time_s, j_owner, noted, turn):
    """Clear nodes; returns how many were noted."""
    count = 0
    for node in lost:
        if is_new(node, time_s[node], noted, turn):
            write_down(node, time_s[node], owner, j_node, j_time_s, j_owner, noted, turn, count)
            count += 1
        time_s[node] = np.inf
        owner[node] = NOBODY
    return count


@compiled
def _border(lost, start, arcs, arc_s, time_s, owner, out_node, out_s, out_owner):
    """Write a seed for every arc that leads into cleared nodes from one that still is reached."""
    n = 0
    for node in lost:
        for arc in range(start[node], start[node + 1]):
            source = arcs[arc, 0]
            if time_s[source] < np.inf:
                out_node[n] = node
                out_s[n] = time_s[source] + arc_s[arc, 1]
                out_owner[n] = owner[source]
                n += 1
    return n
