"""Shortest times from one origin, bounded by a limit, and the search that all shortest times come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Graph

BUCKET_S = 1.0
"""Width of a bucket. [s] Wider means fewer buckets and more repeated work inside each."""

MOST_BUCKETS = 65_536
"""An arc so long that it asks for more makes all buckets wider: memory does not follow the data."""

NOBODY = -1
"""Owner of a node that no source has reached."""

FEWEST_ENTRIES = 65_536


class Queue:
    """Room for the entries of a search: a node, and the entry behind it in its bucket. It grows and never shrinks."""

    def __init__(self) -> None:
        self.entries = np.empty((FEWEST_ENTRIES, 2), dtype=np.int32)

    def hold(self, wanted: int) -> NDArray[np.int32]:
        """Make room for so many entries, keeping those there are."""
        if wanted > len(self.entries):
            more = np.empty((wanted, 2), dtype=np.int32)
            more[: len(self.entries)] = self.entries
            self.entries = more
        return self.entries


class Workspace:
    """
    Memory of one search, reused by the next; one per thread.

    Between searches `time_s` is inf everywhere, so a search costs what it touches, not what there is.
    """

    def __init__(self, n_nodes: int) -> None:
        self.time_s = np.full(n_nodes, np.inf)
        self.touched = np.empty(n_nodes, dtype=np.int32)
        self.queue = Queue()


class ChangeLog(NamedTuple):
    """
    Where a search writes down the nodes it changes, each once, and what stood there before.

    Attributes
    ----------
    node
        Nodes changed, in the order in which they first were.
    time_s, owner
        What stood at each; None: nothing did.
    noted
        For each node the last turn in which it was written down; None: a node is new as long as its time is inf.
    turn
        This search; in turn 0 nothing is written down.
    """

    node: NDArray[np.int32]
    time_s: NDArray[np.float64] | None = None
    owner: NDArray[np.int32] | None = None
    noted: NDArray[np.int64] | None = None
    turn: int = 1


def sweep(
    graph: Graph,
    seeds: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int32] | None],
    *,
    limit_s: float,
    time_s: NDArray[np.float64],
    owner: NDArray[np.int32] | None = None,
    ledger: ChangeLog,
    count: int = 0,
    queue: Queue,
) -> int:
    """
    Lower the times of nodes to what seeds and the arcs from them allow: the one search behind all others.

    Parameters
    ----------
    graph
        The network.
    seeds
        Node, time already spent there [s] and source of each seed; without `owner` no source.
    limit_s
        Nothing farther than this is visited. [s]
    time_s
        Time at each node so far, inf where none is known; lowered in place. [s]
    owner
        Source that gave each node its time, likewise; of sources at the same time the lower number owns a node. None:
        it is not asked.
    ledger
        Where the nodes changed are written down.
    count
        How many stand there already.
    queue
        Memory to reuse.

    Returns
    -------
    How many nodes stand in the ledger.

    Notes
    -----
    Dial's bucket queue [1]_ with buckets of a second or more and times that are not whole: a bucket is emptied
    until nothing falls back into it, so that the result is exact. A node that is improved enters its bucket anew, and
    the older entry is passed over when its turn comes. Times add up in double precision.

    References
    ----------
    .. [1] R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering", Communications of the
       ACM 12(11), 1969, https://doi.org/10.1145/363269.363610.
    """
    seed_s = seeds[1]
    # Times that wait at once lie no farther apart than the longest arc, or the first and the last seed: a ring of so
    # many buckets holds them, and no two rounds of it share a bucket.
    spread_s = float(np.ptp(seed_s)) if len(seed_s) else 0.0
    longest_s = max(graph.longest_s, spread_s)
    bucket_s = max(BUCKET_S, longest_s / MOST_BUCKETS)
    first = np.full(int(longest_s / bucket_s) + 3, -1, dtype=np.int32)
    entries = queue.hold(len(seed_s))
    state = np.array([count, 0, 0, 0], dtype=np.int64)
    while not _dial(
        graph.start, graph.arcs, graph.arcs.view(np.float32), *seeds, limit_s, 1.0 / bucket_s, first, entries,
        time_s, owner, *ledger, state,
    ):  # fmt: skip
        entries = queue.hold(2 * len(entries))
    return int(state[COUNT])


def reach(
    graph: Graph,
    seeds: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    *,
    limit_s: float = np.inf,
    workspace: Workspace | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """
    Shortest times from a set of seeds to every node within a limit.

    Parameters
    ----------
    graph
        The network.
    seeds
        Nodes the search starts from.
    seed_s
        Time already spent at each seed. [s]
    limit_s
        Nothing farther than this is visited. [s]
    workspace
        Memory to reuse.

    Returns
    -------
    Nodes reached and the time to each [s]; in no particular order.

    Notes
    -----
    The search is `sweep`'s; times are rounded to single precision once, at the end.
    """
    work = Workspace(graph.n_nodes) if workspace is None else workspace
    count = sweep(
        graph,
        (seeds, seed_s, None),
        limit_s=limit_s,
        time_s=work.time_s,
        ledger=ChangeLog(work.touched),
        queue=work.queue,
    )
    nodes = work.touched[:count].copy()
    times = work.time_s[nodes].astype(np.float32)
    work.time_s[nodes] = np.inf
    return nodes, times


# What a search has come to, kept outside it so that it can stop for more room and go on.
COUNT, USED, WAITING, BUCKET = range(4)


@part
def is_new(node, before_s, noted, turn):
    """Tell whether a node that is about to change is not in the ledger of this turn yet."""
    if noted is None:
        return before_s == np.inf
    return turn != 0 and noted[node] != turn


@part
def write_down(node, before_s, owner, j_node, j_time_s, j_owner, noted, turn, count):
    """Write a node that is about to change into the ledger, with what stands there."""
    j_node[count] = node
    if noted is not None:
        noted[node] = turn
        j_time_s[count] = before_s
        j_owner[count] = owner[node]


@part
def _owner_at(node, owner):
    """Give the source that owns a node, where that is asked."""
    if owner is None:
        return NOBODY
    return owner[node]


@part
def _gains(there_s, source, before_s, node, owner):
    """Tell whether a node gains by this time, or by this source at the same time."""
    if owner is None:
        return there_s < before_s
    return there_s < before_s or (there_s == before_s and source < owner[node])


@part
def _enter(node, slot, first, entries, used):
    """Put a node at the head of a bucket."""
    entries[used, 0] = node
    entries[used, 1] = first[slot]
    first[slot] = used


@compiled
def _dial(
    start, arcs, arc_s, seeds, seed_s, seed_owner, limit_s, per_s, first, entries,
    time_s, owner, j_node, j_time_s, j_owner, noted, turn, state,
):  # fmt: skip
    """
    Run the search; false if it needs more entries, to be called again with them.

    What is None (`owner` with `seed_owner`, and most of the ledger) is a type of its own to the compiler, which leaves
    out the branches that ask for it: searches with and without owners are one loop here and two in the machine.
    """
    n_buckets = len(first)
    count, used, waiting, current = state[COUNT], state[USED], state[WAITING], state[BUCKET]
    # Seeds enter the bucket of their time, and the first bucket is that of the earliest.
    if used == 0:
        earliest_s = np.inf
        for i in range(len(seeds)):
            node = seeds[i]
            spent_s = seed_s[i]
            source = _owner_at(i, seed_owner)
            if not _gains(spent_s, source, time_s[node], node, owner) or spent_s > limit_s:
                continue
            if is_new(node, time_s[node], noted, turn):
                write_down(node, time_s[node], owner, j_node, j_time_s, j_owner, noted, turn, count)
                count += 1
            time_s[node] = spent_s
            if owner is not None:
                owner[node] = source
            earliest_s = min(earliest_s, spent_s)
            _enter(node, np.int64(spent_s * per_s) % n_buckets, first, entries, used)
            used += 1
            waiting += 1
        if waiting > 0:
            current = np.int64(earliest_s * per_s)
    # Buckets are emptied in order of time (Dial 1969). Invariant: no time below the current bucket changes any more,
    # and every node whose time may still lower another's has an entry in the bucket of that time. An arc shorter than
    # a bucket leads back into it: it is emptied until nothing falls back, and its nodes may be settled more than once.
    slot = current % n_buckets
    while waiting > 0:
        while first[slot] >= 0:
            entry = first[slot]
            node = entries[entry, 0]
            if used + start[node + 1] - start[node] > len(entries):
                state[COUNT], state[USED], state[WAITING], state[BUCKET] = count, used, waiting, current
                return False  # the entry still waits, so nothing is lost
            first[slot] = entries[entry, 1]
            waiting -= 1
            here_s = time_s[node]
            if np.int64(here_s * per_s) != current:
                continue  # improved since, and done with
            source = _owner_at(np.int64(node), owner)
            for arc in range(start[node], start[node + 1]):
                to = arcs[arc, 0]
                there_s = here_s + arc_s[arc, 1]
                before_s = time_s[to]
                if _gains(there_s, source, before_s, to, owner) and there_s <= limit_s:
                    if is_new(to, before_s, noted, turn):
                        write_down(to, before_s, owner, j_node, j_time_s, j_owner, noted, turn, count)
                        count += 1
                    time_s[to] = there_s
                    if owner is not None:
                        owner[to] = source
                    later = np.int64(there_s * per_s) - current + slot
                    if later >= n_buckets:
                        later -= n_buckets
                    _enter(to, later, first, entries, used)
                    used += 1
                    waiting += 1
        current += 1
        slot += 1
        if slot == n_buckets:
            slot = 0
    state[COUNT], state[USED], state[WAITING], state[BUCKET] = count, used, waiting, current
    return True
