"""Shortest times from one origin, bounded by a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.kernel.graph import Graph

BUCKET_S = 1.0
"""Width of a bucket. [s] Wider means fewer buckets and more repeated work inside each."""

MOST_BUCKETS = 65_536
"""An arc so long that it asks for more makes all buckets wider: memory does not follow the data."""


class Workspace:
    """
    Memory of one search, reused by the next; one per thread.

    Between searches `time_s` is inf everywhere, so a search costs what it touches, not what there is.
    """

    def __init__(self, n_nodes: int) -> None:
        self.time_s = np.full(n_nodes, np.inf)
        self.following = np.empty(n_nodes, dtype=np.int32)
        self.before = np.empty(n_nodes, dtype=np.int32)
        self.bucket_of = np.full(n_nodes, -1, dtype=np.int32)
        self.touched = np.empty(n_nodes, dtype=np.int32)


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
    Dial's bucket queue [1]_ with buckets of a second or more and times that are not whole: a bucket is emptied
    until nothing falls back into it, so that the result is exact. Times add up in double precision and are
    rounded once, at the end.

    References
    ----------
    .. [1] R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering", Communications of the
       ACM 12(11), 1969, https://doi.org/10.1145/363269.363610.
    """
    work = Workspace(graph.n_nodes) if workspace is None else workspace
    spread_s = float(np.ptp(seed_s)) if len(seed_s) else 0.0
    longest_s = max(graph.longest_s, spread_s)
    bucket_s = max(BUCKET_S, longest_s / MOST_BUCKETS)
    n_buckets = int(longest_s / bucket_s) + 3
    count = _dial(
        graph.start, graph.head, graph.time_s, seeds, seed_s, limit_s, bucket_s,
        np.full(n_buckets, -1, dtype=np.int32), work.time_s, work.following, work.before, work.bucket_of, work.touched,
    )  # fmt: skip
    nodes = work.touched[:count].copy()
    times = work.time_s[nodes].astype(np.float32)
    work.time_s[nodes] = np.inf
    return nodes, times


@nb.njit(nogil=True, cache=True)
def _dial(start, head, arc_s, seeds, seed_s, limit_s, bucket_s, first, time_s, following, before, bucket_of, touched):
    """Run the search; leaves the times in `time_s`, returns how many nodes stand in `touched`."""
    n_buckets = len(first)
    count = 0
    queued = 0
    current = np.int64(0)
    for i in range(len(seeds)):
        node = seeds[i]
        if seed_s[i] > limit_s or seed_s[i] >= time_s[node]:
            continue
        if time_s[node] == np.inf:
            touched[count] = node
            count += 1
        else:
            _take_out(node, first, following, before, bucket_of)
            queued -= 1
        time_s[node] = seed_s[i]
        _put_in(node, np.int64(seed_s[i] / bucket_s) % n_buckets, first, following, before, bucket_of)
        queued += 1
    if queued > 0:
        current = np.int64(time_s[touched[:count]].min() / bucket_s)
    while queued > 0:
        slot = current % n_buckets
        while first[slot] >= 0:
            node = first[slot]
            _take_out(node, first, following, before, bucket_of)
            queued -= 1
            here_s = time_s[node]
            for arc in range(start[node], start[node + 1]):
                to = head[arc]
                there_s = here_s + arc_s[arc]
                if there_s < time_s[to] and there_s <= limit_s:
                    if time_s[to] == np.inf:
                        touched[count] = to
                        count += 1
                    elif bucket_of[to] >= 0:
                        _take_out(to, first, following, before, bucket_of)
                        queued -= 1
                    time_s[to] = there_s
                    _put_in(to, np.int64(there_s / bucket_s) % n_buckets, first, following, before, bucket_of)
                    queued += 1
        current += 1
    return count


@nb.njit(nogil=True, cache=True)
def _put_in(node, slot, first, following, before, bucket_of):
    """Put a node at the head of a bucket."""
    after = first[slot]
    following[node] = after
    before[node] = -1
    if after >= 0:
        before[after] = node
    first[slot] = node
    bucket_of[node] = slot


@nb.njit(nogil=True, cache=True)
def _take_out(node, first, following, before, bucket_of):
    """Unlink a node from its bucket."""
    left = before[node]
    right = following[node]
    if left >= 0:
        following[left] = right
    else:
        first[bucket_of[node]] = right
    if right >= 0:
        before[right] = left
    bucket_of[node] = -1
