"""The nearest few sources of every node, in one sweep; and the same when some have come and others gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from fireplan._kernel.jit import compiled, part
from fireplan._kernel.shortest_paths.graph import along_of, end_of
from fireplan._kernel.shortest_paths.single_source import BUCKET_S, MOST_BUCKETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Graph

NOBODY = -1
"""What stands in a list where no source does."""

T = TypeVar("T", bound=np.generic)

FEWEST_LABELS, FEWEST_ROWS = 65_536, 4096


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


class NearestSources(NamedTuple):
    """
    The nearest few sources of every node, the nearest first.

    What came from another table shares the lists that stayed, and has its own of those that changed.

    Attributes
    ----------
    row
        Where the list of each node stands: below `len(shared_s)` there, else by so much further on in `own_s`.
    shared_s, own_s
        Lists x places: when each source arrives; inf where fewer reach the node. [s]
    shared_source, own_source
        Likewise, which source; -1 where fewer do. Of sources at the same time that of lower rank comes first.
    rank
        Place of each source among those there are now; -1: it went.
    depth
        How many places of each list count: to there it is exact.
    """

    row: NDArray[np.int32]
    shared_s: NDArray[np.float64]
    shared_source: NDArray[np.int32]
    own_s: NDArray[np.float64]
    own_source: NDArray[np.int32]
    rank: NDArray[np.int32]
    depth: int

    def lists(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times [s] and ranks of the sources of every node, each nodes x depth."""
        time_s = np.concatenate([self.shared_s, self.own_s])[self.row, : self.depth]
        source = np.concatenate([self.shared_source, self.own_source])[self.row, : self.depth]
        return time_s, np.append(self.rank, np.int32(NOBODY))[source]


class Moved(NamedTuple):
    """
    Where lists are other ones.

    Attributes
    ----------
    node
        The nodes.
    time_s
        The earliest time at which one of the sources that make it so is there. [s]
    place
        The first place of the list at which one of them stands, or stood.
    """

    node: NDArray[np.int32]
    time_s: NDArray[np.float32]
    place: NDArray[np.int32]

    def above(self, depth: int) -> Moved:
        """Give those that differ in the first so many places."""
        high = self.place < depth
        return Moved(self.node[high], self.time_s[high], self.place[high])


def nearest_sources(graph: Graph, seeds: Seeds, depth: int) -> NearestSources:
    """
    Find the nearest few sources of every node.

    Parameters
    ----------
    graph
        The network.
    seeds
        Where sources enter; a source may enter at several nodes.
    depth
        How many sources to keep at a node.

    Notes
    -----
    One search from all sources at once, in which a node may be settled `depth` times, each by another source. One that
    is not among the nearest of a node is not among those of any node that it reaches by way of it: it stops there. The
    buckets are those of `reach`.
    """
    draft = _Draft(graph, None, depth)
    rank = np.arange(int(seeds.owner.max(initial=NOBODY)) + 1, dtype=np.int32)
    draft.let_in(graph, seeds, rank)
    return draft.table(rank)


def followed(
    graph: Graph, table: NearestSources, gone: Seeds, come: Seeds, rank: NDArray[np.int32]
) -> tuple[NearestSources, Moved]:
    """
    Let sources go and others come; only the nodes that have one of them among their nearest are visited.

    Parameters
    ----------
    graph
        The network that the table is of.
    table
        The nearest sources before; it stays as it is.
    gone
        Where those that go had entered, under their numbers in the table.
    come
        Where those that come enter, under numbers that the table does not have.
    rank
        Of every number old and new its place among the sources there are now; -1: it goes. Those that stay keep their
        order.

    Returns
    -------
    A table exact to its own depth, that of the old one less one for each that went; and what changed.
    """
    numbers = np.unique(gone.owner)
    draft = _Draft(graph, table, table.depth)
    # First in, then out: so a list that is not said to have moved is the same to the whole depth of the old table.
    if len(come.owner):
        draft.let_in(graph, come, _order(table.rank, rank))
    for number in numbers:
        draft.let_go(graph, gone.node[gone.owner == number], int(number))
    draft.depth -= len(numbers)
    return draft.table(rank), draft.moved()


def _order(before: NDArray[np.int32], rank: NDArray[np.int32]) -> NDArray[np.int32]:
    """Put those that go where they stood among the others: their lists are in that order until they have gone."""
    order = 2 * rank
    old = np.flatnonzero(before >= 0)
    old = old[np.argsort(before[old])]
    stays = rank[old] >= 0
    order[old[~stays]] = 2 * np.maximum.accumulate(rank[old])[~stays] + 1
    return order


def domain(graph: Graph, table: NearestSources, seeds: Seeds) -> Moved:
    """Find the nodes that have any of some sources among their nearest, and the earliest time of one of them there."""
    draft = _Draft(graph, table, table.depth)
    for number in np.unique(seeds.owner):
        draft.let_go(graph, seeds.node[seeds.owner == number], int(number))
    return draft.moved()


# What a search has come to, kept outside it so that it can stop for more room and go on.
USED, WAITING, BUCKET, ROWS = range(4)
DONE, MORE_LABELS, MORE_ROWS = range(3)


_Arrays = tuple[
    "NDArray[np.int32]", "NDArray[np.float64]", "NDArray[np.int32]", "NDArray[np.int32]", "NDArray[np.float64]",
    "NDArray[np.int32]", "NDArray[np.float64]", "NDArray[np.int32]",
]  # fmt: skip


class _Draft:
    """A table while it is written; lists that stay are shared with the one that it comes from."""

    def __init__(self, graph: Graph, before: NearestSources | None, depth: int) -> None:
        self.depth = depth
        if before is None:
            n = graph.n_nodes
            self.row, self.used = np.arange(n, dtype=np.int32), n
            self.shared_s, self.shared_source = np.empty((0, depth)), np.empty((0, depth), dtype=np.int32)
            self.own_s, self.own_source = np.full((n, depth), np.inf), np.full((n, depth), NOBODY, dtype=np.int32)
            self.node, self.moved_s = np.arange(n, dtype=np.int32), np.full(n, np.inf)
            self.moved_at = np.full(n, depth, dtype=np.int32)
        else:
            self.row, self.used = before.row.copy(), len(before.own_s)
            self.shared_s, self.shared_source = before.shared_s, before.shared_source
            more = max(FEWEST_ROWS, self.used)
            self.own_s, self.own_source = _longer(before.own_s, more), _longer(before.own_source, more)
            self.node = np.empty(len(self.own_s), dtype=np.int32)
            own = np.flatnonzero(before.row >= len(before.shared_s)) if self.used else np.empty(0, dtype=np.int64)
            self.node[before.row[own] - len(before.shared_s)] = own
            self.moved_s = np.full(len(self.own_s), np.inf)
            self.moved_at = np.full(len(self.own_s), self.own_s.shape[1], dtype=np.int32)
        for values in (self.shared_s, self.shared_source):
            values.flags.writeable = False  # also where there are none: to the compiler that is one type

    def let_in(self, graph: Graph, seeds: Seeds, rank: NDArray[np.int32]) -> None:
        """Search from sources that come."""
        spread_s = float(np.ptp(seeds.spent_s)) if len(seeds.spent_s) else 0.0
        longest_s = max(graph.longest_s, spread_s)
        bucket_s = max(BUCKET_S, longest_s / MOST_BUCKETS)
        first = np.full(int(longest_s / bucket_s) + 3, -1, dtype=np.int32)
        labels = np.empty((max(FEWEST_LABELS, 2 * len(seeds.spent_s)), 3), dtype=np.int32)
        state = np.array([0, 0, 0, self.used], dtype=np.int64)
        while wanted := _label(
            graph.start, graph.arcs, graph.arcs.view(np.float32), *graph.ways, *seeds, 1.0 / bucket_s, first, labels,
            rank, *self._arrays, self.depth, state,
        ):  # fmt: skip
            if wanted == MORE_LABELS:
                labels = _longer(labels, len(labels))
            else:
                self._grow()
        self.used = int(state[ROWS])

    def let_go(self, graph: Graph, nodes: NDArray[np.int32], number: int) -> None:
        """Take a source out of every list it is in: each is reached from where it entered by way of others."""
        state = np.array([0, 0, 0, self.used], dtype=np.int64)
        waiting = np.empty(len(graph.arcs) + graph.ways.nodes_from + len(nodes), dtype=np.int32)
        waiting[: len(nodes)] = nodes
        state[WAITING] = len(nodes)
        ways = graph.ways.first, graph.ways.last, graph.ways.nodes_from
        while not _unlabel(graph.start, graph.arcs, *ways, waiting, number, *self._arrays, self.depth, state):
            self._grow()
        self.used = int(state[ROWS])

    def table(self, rank: NDArray[np.int32]) -> NearestSources:
        """Give what was written."""
        own_s, own_source = self.own_s[: self.used], self.own_source[: self.used]
        row, shared_s, shared_source = self.row, self.shared_s, self.shared_source
        if 2 * self.used > len(row):  # little is shared any more, or nothing
            own = np.flatnonzero(row >= len(shared_s))
            if len(shared_s):
                time_s, source = shared_s.copy(), shared_source.copy()
                time_s[own], source[own] = own_s[row[own] - len(shared_s)], own_source[row[own] - len(shared_s)]
            else:
                time_s, source = own_s, own_source
            row, shared_s, shared_source = np.arange(len(row), dtype=np.int32), time_s, source
            own_s, own_source = own_s[:0].copy(), own_source[:0].copy()
        elif self.used < len(self.own_s):
            own_s, own_source = own_s.copy(), own_source.copy()  # without the room that was not needed
        for values in (row, shared_s, shared_source, own_s, own_source, rank):
            values.flags.writeable = False
        return NearestSources(row, shared_s, shared_source, own_s, own_source, rank, self.depth)

    def moved(self) -> Moved:
        """Give what changed since the table that it came from."""
        moved = np.flatnonzero(self.moved_s[: self.used] < np.inf)
        return Moved(self.node[moved], self.moved_s[moved].astype(np.float32), self.moved_at[moved])

    @property
    def _arrays(self) -> _Arrays:
        return (
            self.row, self.shared_s, self.shared_source, self.node, self.own_s, self.own_source, self.moved_s,
            self.moved_at,
        )  # fmt: skip

    def _grow(self) -> None:
        more = max(FEWEST_ROWS, len(self.own_s))
        self.own_s, self.own_source = _longer(self.own_s, more), _longer(self.own_source, more)
        self.node, self.moved_s = _longer(self.node, more), _longer(self.moved_s, more)
        self.moved_at = _longer(self.moved_at, more)
        self.moved_s[-more:] = np.inf


def _longer(values: NDArray[T], more: int) -> NDArray[T]:
    """Copy into a longer array; what is added is not set."""
    longer = np.empty((len(values) + more, *values.shape[1:]), dtype=values.dtype)
    longer[: len(values)] = values
    return longer


@part
def _own(node, row, shared_s, shared_source, own_node, own_s, own_source, moved_s, moved_at, used):
    """Give a node a list of its own, a copy of the shared one."""
    for k in range(own_s.shape[1]):
        own_s[used, k] = shared_s[row[node], k]
        own_source[used, k] = shared_source[row[node], k]
    own_node[used] = node
    moved_s[used] = np.inf
    moved_at[used] = own_s.shape[1]
    row[node] = len(shared_s) + used


@part
def _gains(shared, number, there_s, rank, shared_s, shared_source, depth):
    """Tell whether a source is to be put in a shared list: as `_insert` would."""
    for k in range(depth):
        if shared_source[shared, k] == number:
            return there_s < shared_s[shared, k]
        if shared_source[shared, k] < 0:
            return True
    last_s, other = shared_s[shared, depth - 1], shared_source[shared, depth - 1]
    return there_s < last_s or (there_s == last_s and rank[number] < rank[other])


@part
def _insert(r, number, there_s, rank, own_s, own_source, depth):
    """Put a source into a list, if it is among the nearest; at which place it stands then, -1: it gains nothing."""
    place = depth
    for k in range(depth):
        if own_source[r, k] == number:
            if there_s >= own_s[r, k]:
                return -1
            place = k
            break
        if own_source[r, k] < 0:
            place = k
            break
    if place == depth:
        place = depth - 1
        last_s, other = own_s[r, place], own_source[r, place]
        if there_s > last_s or (there_s == last_s and rank[number] > rank[other]):
            return -1
    # From its place it moves up past all that come later; what stood in the last place of a full list falls out.
    while place > 0:
        before_s, other = own_s[r, place - 1], own_source[r, place - 1]
        if before_s < there_s or (before_s == there_s and rank[other] < rank[number]):
            break
        own_s[r, place] = before_s
        own_source[r, place] = other
        place -= 1
    own_s[r, place] = there_s
    own_source[r, place] = number
    return place


@compiled
def _label(
    start, arcs, arc_s, way_first, way_last, way_there_s, way_back_s, nodes_from, seeds, seed_s, seed_owner, per_s,
    first, labels, rank, row, shared_s, shared_source, own_node, own_s, own_source, moved_s, moved_at, depth, state,
):  # fmt: skip
    """Run the search; says for what it needs more room, to be called again with it."""
    n_buckets, n_shared = len(first), len(shared_s)  # where none is shared, each node has its own list in its own row
    used, waiting, current, rows = state[USED], state[WAITING], state[BUCKET], state[ROWS]
    if used == 0:
        if n_shared > 0 and rows + len(seeds) > len(own_s):
            return MORE_ROWS
        earliest_s = np.inf
        for i in range(len(seeds)):
            node, number = seeds[i], seed_owner[i]
            if row[node] < n_shared:
                if not _gains(row[node], number, seed_s[i], rank, shared_s, shared_source, depth):
                    continue
                _own(node, row, shared_s, shared_source, own_node, own_s, own_source, moved_s, moved_at, rows)
                rows += 1
            r = row[node] - n_shared
            place = _insert(r, number, seed_s[i], rank, own_s, own_source, depth)
            if place < 0:
                continue
            moved_s[r], moved_at[r] = min(moved_s[r], seed_s[i]), min(moved_at[r], place)
            earliest_s = min(earliest_s, seed_s[i])
            bucket = np.int64(seed_s[i] * per_s) % n_buckets
            labels[used, 0], labels[used, 1], labels[used, 2] = seeds[i], seed_owner[i], first[bucket]
            first[bucket] = used
            used += 1
            waiting += 1
        if waiting > 0:
            current = np.int64(earliest_s * per_s)
    # As in `_dial`, with a label for each pair of node and source. Invariant: no time below the current bucket changes
    # any more, and every pair whose time may still lower another's has a label in the bucket of that time.
    slot = current % n_buckets
    while waiting > 0:
        while first[slot] >= 0:
            label = first[slot]
            node, number = labels[label, 0], labels[label, 1]
            ways = start[node + 1] - start[node] + (node < nodes_from)
            if used + ways > len(labels) or (n_shared > 0 and rows + ways > len(own_s)):
                state[USED], state[WAITING], state[BUCKET], state[ROWS] = used, waiting, current, rows
                return MORE_LABELS if used + ways > len(labels) else MORE_ROWS
            first[slot] = labels[label, 2]
            waiting -= 1
            r = row[node] - n_shared if n_shared > 0 else node
            here_s = np.inf
            for k in range(depth):
                if own_source[r, k] == number:
                    here_s = own_s[r, k]
                    break
            if here_s == np.inf or np.int64(here_s * per_s) != current:
                continue  # fallen out of the list, or improved since and done with
            begin = start[node]
            for arc in range(begin - (node < nodes_from), start[node + 1]):
                if arc < begin:  # of a way: to the node at its end
                    to = end_of(node, way_first, way_last, nodes_from)
                    there_s = here_s + along_of(node, way_there_s, way_back_s)
                else:
                    to = arcs[arc, 0]
                    there_s = here_s + arc_s[arc, 1]
                r = to
                if n_shared > 0:
                    if row[to] < n_shared:
                        if not _gains(row[to], number, there_s, rank, shared_s, shared_source, depth):
                            continue
                        _own(to, row, shared_s, shared_source, own_node, own_s, own_source, moved_s, moved_at, rows)
                        rows += 1
                    r = row[to] - n_shared
                place = _insert(r, number, there_s, rank, own_s, own_source, depth)
                if place < 0:
                    continue
                if n_shared > 0:
                    moved_s[r], moved_at[r] = min(moved_s[r], there_s), min(moved_at[r], place)
                later = np.int64(there_s * per_s) - current + slot
                if later >= n_buckets:
                    later -= n_buckets
                labels[used, 0], labels[used, 1], labels[used, 2] = to, number, first[later]
                first[later] = used
                used += 1
                waiting += 1
        current += 1
        slot += 1
        if slot == n_buckets:
            slot = 0
    state[USED], state[WAITING], state[BUCKET], state[ROWS] = used, waiting, current, rows
    return DONE


@compiled
def _unlabel(
    start, arcs, way_first, way_last, nodes_from, waiting, number, row, shared_s, shared_source, own_node,
    own_s, own_source, moved_s, moved_at, depth, state,
):  # fmt: skip
    """Take a source out of the lists of nodes that wait, and of all beyond; false if there is no room for them."""
    n_shared, n, rows = len(shared_s), state[WAITING], state[ROWS]
    while n > 0:
        if rows == len(own_s):
            state[WAITING], state[ROWS] = n, rows
            return False
        n -= 1
        node = waiting[n]
        r = row[node] - n_shared
        place = _place(number, shared_source[row[node]] if r < 0 else own_source[r], depth)
        if place < 0:
            continue
        if r < 0:
            _own(node, row, shared_s, shared_source, own_node, own_s, own_source, moved_s, moved_at, rows)
            r = rows
            rows += 1
        moved_s[r] = min(moved_s[r], own_s[r, place])
        moved_at[r] = min(moved_at[r], place)
        for k in range(place, depth - 1):
            own_s[r, k] = own_s[r, k + 1]
            own_source[r, k] = own_source[r, k + 1]
        own_s[r, depth - 1] = np.inf
        own_source[r, depth - 1] = NOBODY
        for arc in range(start[node] - (node < nodes_from), start[node + 1]):
            to = end_of(node, way_first, way_last, nodes_from) if arc < start[node] else arcs[arc, 0]
            there = row[to] - n_shared
            if _place(number, shared_source[row[to]] if there < 0 else own_source[there], depth) >= 0:
                waiting[n] = to
                n += 1
    state[WAITING], state[ROWS] = n, rows
    return True


@part
def _place(number, list_source, depth):
    """Where a source stands in a list; -1: it does not."""
    for k in range(depth):
        if list_source[k] == number:
            return k
    return -1
