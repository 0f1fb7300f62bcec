"""The nearest few sources of every node, in one sweep, and of every point along a street."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part
from fireplan._kernel.shortest_paths.single_source import BUCKET_S, MOST_BUCKETS, NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Graph
    from fireplan._kernel.shortest_paths.nearest_source import Seeds
    from fireplan._kernel.shortest_paths.nearest_source_points import Sources, Streets

FEWEST_LABELS = 65_536


class NearestSources(NamedTuple):
    """
    The nearest few sources of every node, the nearest first.

    Attributes
    ----------
    time_s
        Nodes x places: when each source arrives; inf where fewer reach the node. [s]
    source
        Likewise, which source; -1 where fewer do. Of sources at the same time the lower number comes first.
    """

    time_s: NDArray[np.float64]
    source: NDArray[np.int32]

    @property
    def depth(self) -> int:
        """How many sources a node has room for."""
        return self.time_s.shape[1]


def nearest_sources(graph: Graph, seeds: Seeds, depth: int, *, limit_s: float = np.inf) -> NearestSources:
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
    limit_s
        Nothing farther than this is visited. [s]

    Notes
    -----
    One search from all sources at once, in which a node may be settled `depth` times, each by another source. One that
    is not among the nearest of a node is not among those of any node that it reaches by way of it: it stops there. The
    buckets are those of `sweep`.
    """
    nothing = NearestSources(
        np.full((graph.n_nodes, depth), np.inf), np.full((graph.n_nodes, depth), NOBODY, dtype=np.int32)
    )
    return enter(graph, nothing, seeds, limit_s=limit_s)


def enter(
    graph: Graph,
    table: NearestSources,
    seeds: Seeds,
    *,
    limit_s: float = np.inf,
    touched: NDArray[np.bool_] | None = None,
) -> NearestSources:
    """
    Let more sources into a table, in place; only the nodes that one of them comes to are visited.

    Parameters
    ----------
    graph
        The network that the table is of.
    table
        Changed in place, and given back.
    seeds
        Where the new sources enter.
    limit_s
        As in `nearest_sources`. [s]
    touched
        For each node: set where its list changes. Left out: it is not asked.
    """
    touched = np.zeros(graph.n_nodes, dtype=bool) if touched is None else touched
    seed_s = seeds.spent_s
    spread_s = float(np.ptp(seed_s)) if len(seed_s) else 0.0
    longest_s = max(graph.longest_s, spread_s)
    bucket_s = max(BUCKET_S, longest_s / MOST_BUCKETS)
    first = np.full(int(longest_s / bucket_s) + 3, -1, dtype=np.int32)
    labels = np.empty((max(FEWEST_LABELS, 2 * len(seed_s)), 3), dtype=np.int32)
    state = np.array([0, 0, 0], dtype=np.int64)
    while not _label(
        graph.start, graph.arcs, graph.arcs.view(np.float32), *seeds, limit_s, 1.0 / bucket_s, first, labels, *table,
        touched, state,
    ):  # fmt: skip
        more = np.empty((2 * len(labels), 3), dtype=np.int32)
        more[: len(labels)] = labels
        labels = more
    return table


def without(table: NearestSources, number: NDArray[np.int32], depth: int) -> tuple[NearestSources, NDArray[np.bool_]]:
    """
    Take sources out of a table, and number the others anew.

    Parameters
    ----------
    table
        The nearest sources of every node; it stays as it is.
    number
        New number of each source, -1 for those that go; the order of the others stays.
    depth
        How many places the new table has: those of the old one, less the sources that go.

    Returns
    -------
    A table that is exact to its own depth, as of each node at most as many sources went as it has places less; and for
    each node whether one of those that went stood in its list.
    """
    n = len(table.time_s)
    found = NearestSources(np.full((n, depth), np.inf), np.full((n, depth), NOBODY, dtype=np.int32))
    touched = np.zeros(n, dtype=bool)
    _without(*table, number, *found, touched)
    return found, touched


def first_at_points(
    table: NearestSources,
    streets: Streets,
    points: tuple[NDArray[np.int32], NDArray[np.float64]],
    sources: Sources,
    later_s: NDArray[np.float64],
    *,
    depth: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """
    Find the nearest few sources of points along streets, from those of the two ends.

    Parameters
    ----------
    table
        Of every node; at least as deep as asked for.
    streets
        Ends of each street, and the time along it.
    points
        For each point its street (-1: on none) and the fraction along it.
    sources
        Where each source stands: one on the point's own street may come without passing a node.
    later_s
        When each source sets out: what its seeds had spent besides the way to their nodes. [s]
    depth
        How many to find.

    Returns
    -------
    Source (-1: none) and time (inf) [s], each depth x points. Ties go to the source that stands first.
    """
    n = len(points[0])
    source = np.full((depth, n), NOBODY, dtype=np.int32)
    time_s = np.full((depth, n), np.inf, dtype=np.float32)
    nothing = np.empty(0, dtype=np.float32)
    _ask(table, streets, points, sources, later_s, np.empty(0), 0.0, source, time_s, nothing)
    return source, time_s


def amount_at_points(
    table: NearestSources,
    streets: Streets,
    points: tuple[NDArray[np.int32], NDArray[np.float64]],
    sources: Sources,
    later_s: NDArray[np.float64],
    *,
    brings: NDArray[np.float64],
    need: float,
) -> tuple[NDArray[np.float32], bool]:
    """
    Find when enough of one thing has come to points along streets.

    Parameters
    ----------
    table, streets, points, sources, later_s
        As in `first_at_points`.
    brings
        How much each source brings.
    need
        How much must have come.

    Returns
    -------
    Arrival of the source that completes it at each point (inf: it never is) [s], and whether the table was deep enough
    to say so of every point; if not, it has to be asked again of a deeper one.
    """
    out = np.full(len(points[0]), np.inf, dtype=np.float32)
    nobody, never = np.empty((0, 0), dtype=np.int32), np.empty((0, 0), dtype=np.float32)
    return out, _ask(table, streets, points, sources, later_s, brings, float(need), nobody, never, out)


def _ask(
    table: NearestSources,
    streets: Streets,
    points: tuple[NDArray[np.int32], NDArray[np.float64]],
    sources: Sources,
    later_s: NDArray[np.float64],
    brings: NDArray[np.float64],
    need: float,
    source: NDArray[np.int32],
    time_s: NDArray[np.float32],
    amount_s: NDArray[np.float32],
) -> bool:
    """Ask the one loop for the nearest, or for an amount: what is not asked for has no room."""
    own, on = _by_street(sources, len(streets.first))
    room = _room(table, sources)
    return bool(
        _at_points(
            *table, *streets, *points, own, on, sources.along, later_s, *room, brings, need, source, time_s, amount_s
        )
    )  # fmt: skip


def _by_street(sources: Sources, n_streets: int) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Say on which streets sources stand, and on which each does."""
    own = np.zeros(n_streets, dtype=bool)
    own[sources.street] = True
    return own, np.ascontiguousarray(sources.street, dtype=np.int32)


def _room(table: NearestSources, sources: Sources) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Room for the sources of one point: those of its two ends, and those on its street."""
    most = 2 * table.depth + len(sources.street)
    return np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float32)


# What a search has come to, kept outside it so that it can stop for more room and go on.
USED, WAITING, BUCKET = range(3)


@part
def _offer(node, number, there_s, time_s, source):
    """Put a source into the list of a node, if it is among the nearest; false if it is not, or gains nothing."""
    depth = time_s.shape[1]
    place = depth
    for k in range(depth):
        if source[node, k] == number:
            if there_s >= time_s[node, k]:
                return False
            place = k
            break
        if source[node, k] < 0:
            place = k
            break
    if place == depth:
        place = depth - 1
        if there_s > time_s[node, place] or (there_s == time_s[node, place] and number > source[node, place]):
            return False
    # From its place it moves up past all that come later; what stood in the last place of a full list falls out.
    while place > 0:
        before_s, other = time_s[node, place - 1], source[node, place - 1]
        if before_s < there_s or (before_s == there_s and other < number):
            break
        time_s[node, place] = before_s
        source[node, place] = other
        place -= 1
    time_s[node, place] = there_s
    source[node, place] = number
    return True


@part
def _time_of(node, number, time_s, source):
    """Give the time at which a source stands in the list of a node; inf: it does not."""
    for k in range(time_s.shape[1]):
        if source[node, k] == number:
            return time_s[node, k]
    return np.inf


@compiled
def _label(
    start, arcs, arc_s, seeds, seed_s, seed_owner, limit_s, per_s, first, labels, time_s, source, touched, state,
):  # fmt: skip
    """Run the search; false if it needs room for more labels, to be called again with it."""
    n_buckets = len(first)
    used, waiting, current = state[USED], state[WAITING], state[BUCKET]
    if used == 0:
        earliest_s = np.inf
        for i in range(len(seeds)):
            if seed_s[i] > limit_s or not _offer(seeds[i], seed_owner[i], seed_s[i], time_s, source):
                continue
            touched[seeds[i]] = True
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
            if used + start[node + 1] - start[node] > len(labels):
                state[USED], state[WAITING], state[BUCKET] = used, waiting, current
                return False
            first[slot] = labels[label, 2]
            waiting -= 1
            here_s = _time_of(node, number, time_s, source)
            if here_s == np.inf or np.int64(here_s * per_s) != current:
                continue  # fallen out of the list, or improved since and done with
            for arc in range(start[node], start[node + 1]):
                to = arcs[arc, 0]
                there_s = here_s + arc_s[arc, 1]
                if there_s <= limit_s and _offer(to, number, there_s, time_s, source):
                    touched[to] = True
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
    state[USED], state[WAITING], state[BUCKET] = used, waiting, current
    return True


@compiled
def _without(time_s, source, number, out_s, out_source, touched):
    depth = out_s.shape[1]
    for node in range(len(time_s)):
        n = 0
        for k in range(time_s.shape[1]):
            if source[node, k] < 0:
                break
            if number[source[node, k]] < 0:
                touched[node] = True
            elif n < depth:
                out_s[node, n] = time_s[node, k]
                out_source[node, n] = number[source[node, k]]
                n += 1


@part
def _put(number, there_s, n, room, room_s):
    """Put a source into the list of a point, in order; returns how many there are."""
    there_s = np.float32(there_s)
    place = n
    for k in range(n):
        if room[k] == number:
            if there_s >= room_s[k]:
                return n
            place = k
            break
    if place == n:
        n += 1
    while place > 0 and (room_s[place - 1] > there_s or (room_s[place - 1] == there_s and room[place - 1] > number)):
        room_s[place] = room_s[place - 1]
        room[place] = room[place - 1]
        place -= 1
    room_s[place] = there_s
    room[place] = number
    return n


@part
def _gather(i, time_s, source, first, last, there_s, back_s, street, along, own, on, stands, later_s, room, room_s):
    """List the sources that come to a point by either end of its street, or stand on it; returns how many."""
    s = street[i]
    f = along[i]
    n = np.int64(0)
    # Times at nodes are taken as a search from one source gives them, in single precision, so that both agree.
    for end in range(2):
        node, way, along_s = first[s], f, there_s[s]
        if end == 1:
            node, way, along_s = last[s], 1.0 - f, back_s[s]
        if along_s == np.inf and way > 0.0:
            continue
        way_s = way * along_s if way > 0.0 else 0.0  # a closed street's time is inf, and inf times nothing no number
        for k in range(time_s.shape[1]):
            if source[node, k] < 0:
                break
            n = _put(source[node, k], np.float64(np.float32(time_s[node, k])) + way_s, n, room, room_s)
    for number in range(len(on) if own[s] else 0):
        if on[number] != s:
            continue
        ahead = f - stands[number]
        along_s = there_s[s] if ahead >= 0.0 else back_s[s]
        if ahead == 0.0 and along_s == np.inf:
            along_s = back_s[s]
        if along_s < np.inf:
            n = _put(np.int32(number), abs(ahead) * along_s + later_s[number], n, room, room_s)
    return n


@compiled
def _at_points(
    time_s, source, first, last, there_s, back_s, street, along, own, on, stands, later_s, room, room_s,
    brings, need, out, out_s, amount_s,
):  # fmt: skip
    """Write the nearest sources of each point, or when enough has come to it; false if the lists were too short."""
    depth = time_s.shape[1]
    enough = True
    for i in range(len(street)):
        s = street[i]
        if s < 0:
            continue
        n = _gather(
            i, time_s, source, first, last, there_s, back_s, street, along, own, on, stands, later_s, room, room_s
        )  # fmt: skip
        for k in range(min(n, len(out))):
            out[k, i] = room[k]
            out_s[k, i] = room_s[k]
        if len(amount_s) == 0:
            continue
        # The lists of the ends are exact to their depth, so that of the point is too; a list that is not full is whole.
        whole = source[first[s], depth - 1] < 0 and source[last[s], depth - 1] < 0
        missing = need
        for k in range(n if whole else min(n, depth)):
            missing -= brings[room[k]]
            if missing <= 0:
                amount_s[i] = room_s[k]
                break
        if missing > 0 and not whole:
            enough = False
    return enough
