"""Shortest times from one origin, bounded by a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, part, read_only
from fireplan._kernel.shortest_paths.graph import along_of, end_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Graph

BUCKET_S = 1.0
"""Width of a bucket. [s] Wider means fewer buckets and more repeated work inside each."""

MOST_BUCKETS = 65_536
"""An arc so long that it asks for more makes all buckets wider: memory does not follow the data."""

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


def reach(
    graph: Graph,
    seeds: NDArray[np.int32],
    seed_s: NDArray[np.float64],
    *,
    limit_s: float = np.inf,
    corners: bool = False,
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
    corners
        Where the search runs over ways along streets: whether the nodes at which they end are wanted, too.
    workspace
        Memory to reuse.

    Returns
    -------
    Nodes reached and the time to each [s]; in no particular order.

    Notes
    -----
    Dial's bucket queue [1]_ with buckets of a second or more and times that are not whole: a bucket is emptied
    until nothing falls back into it, so that the result is exact. A node that is improved enters its bucket anew, and
    the older entry is passed over when its turn comes. Times add up in double precision and are rounded to single once,
    at the end.

    References
    ----------
    .. [1] R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering", Communications of the
       ACM 12(11), 1969, https://doi.org/10.1145/363269.363610.
    """
    work = Workspace(graph.n_nodes) if workspace is None else workspace
    # Times that wait at once lie no farther apart than the longest arc, or the first and the last seed: a ring of so
    # many buckets holds them, and no two rounds of it share a bucket.
    spread_s = float(np.ptp(seed_s)) if len(seed_s) else 0.0
    longest_s = max(graph.longest_s, spread_s)
    bucket_s = max(BUCKET_S, longest_s / MOST_BUCKETS)
    first = np.full(int(longest_s / bucket_s) + 3, -1, dtype=np.int32)
    entries = work.queue.hold(len(seed_s))
    state = np.array([0, 0, 0, 0], dtype=np.int64)
    while not _dial(
        graph.start, graph.arcs, graph.arcs.view(np.float32), seeds, seed_s, limit_s, 1.0 / bucket_s, first, entries,
        work.time_s, work.touched, state,
    ):  # fmt: skip
        entries = work.queue.hold(2 * len(entries))
    count = int(state[COUNT])
    if corners and graph.ways.nodes_from:
        count = int(_at_ends(count, limit_s, *graph.ways, work.time_s, work.touched))
    return _taken(work, count)


def _taken(work: Workspace, count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Give what was reached, and clear the memory for the next search."""
    found, found_s = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.float32)
    _take(read_only(work.touched), found, found_s, work.time_s)
    return found, found_s


# What a search has come to, kept outside it so that it can stop for more room and go on.
COUNT, USED, WAITING, BUCKET = range(4)


@part
def _enter(node, slot, first, entries, used):
    """Put a node at the head of a bucket."""
    entries[used, 0] = node
    entries[used, 1] = first[slot]
    first[slot] = used


@compiled
def _dial(start, arcs, arc_s, seeds, seed_s, limit_s, per_s, first, entries, time_s, touched, state):
    """Run the search; false if it needs more entries, to be called again with them."""
    n_buckets = len(first)
    count, used, waiting, current = state[COUNT], state[USED], state[WAITING], state[BUCKET]
    # Seeds enter the bucket of their time, and the first bucket is that of the earliest.
    if used == 0:
        earliest_s = np.inf
        for i in range(len(seeds)):
            node = seeds[i]
            spent_s = seed_s[i]
            if spent_s >= time_s[node] or spent_s > limit_s:
                continue
            if time_s[node] == np.inf:
                touched[count] = node
                count += 1
            time_s[node] = spent_s
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
            for arc in range(start[node], start[node + 1]):
                to = arcs[arc, 0]
                there_s = here_s + arc_s[arc, 1]
                before_s = time_s[to]
                if there_s < before_s and there_s <= limit_s:
                    if before_s == np.inf:
                        touched[count] = to
                        count += 1
                    time_s[to] = there_s
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


@compiled
def _at_ends(n_ways, limit_s, first, last, there_s, back_s, nodes_from, time_s, touched):
    """Go along every way that was reached to the node at its end; how many states that makes."""
    # Nodes lead nowhere, so it is enough to do that once, when all ways have their times.
    count = np.int64(n_ways)
    for i in range(n_ways):
        way = touched[i]
        if way >= nodes_from:
            continue
        node = end_of(way, first, last, nodes_from)
        arrives_s = time_s[way] + along_of(way, there_s, back_s)
        if arrives_s < time_s[node] and arrives_s <= limit_s:
            if time_s[node] == np.inf:
                touched[count] = node
                count += 1
            time_s[node] = arrives_s
    return count


@compiled
def _take(touched, found, found_s, time_s):
    """Write what was reached, and clear the times."""
    for i in range(len(found)):
        found[i] = touched[i]
        found_s[i] = time_s[touched[i]]
        time_s[touched[i]] = np.inf
