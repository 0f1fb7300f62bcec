"""The nearest few sources of points along streets, and when enough of something has come there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part, read_only
from fireplan._kernel.shortest_paths.nearest_sources import NOBODY
from fireplan._kernel.shortest_paths.point_times import at_first, at_last

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Streets
    from fireplan._kernel.shortest_paths.nearest_sources import Moved, NearestSources


class Sources(NamedTuple):
    """Where each source stands, and when it sets out: what its seeds had spent besides the way to their nodes. [s]"""

    street: NDArray[np.int32]
    along: NDArray[np.float64]
    later_s: NDArray[np.float64]


class Grouped(NamedTuple):
    """
    Things by where they lie: those of place i are `item[start[i]:start[i + 1]]`.

    StreetPoints by street, streets by node.
    """

    start: NDArray[np.int32]
    item: NDArray[np.int32]


class StreetPoints(NamedTuple):
    """
    StreetPoints on streets.

    Attributes
    ----------
    street, along
        Of each its street (-1: on none) and the fraction along it.
    order
        In which to look at them: neighbours after one another, as they ask for the same lists; those on none may be
        left out.
    """

    street: NDArray[np.int32]
    along: NDArray[np.float64]
    order: NDArray[np.int32]


_Stands = tuple[
    "NDArray[np.bool_]", "NDArray[np.int32]", "NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.int32]",
    "NDArray[np.float32]",
]  # fmt: skip


def by_street(street: NDArray[np.int32], n_streets: int) -> Grouped:
    """Group points by the street they are on; those on none are left out."""
    order = np.argsort(street, kind="stable")
    start = np.searchsorted(street[order], np.arange(n_streets + 1))
    return Grouped((start - start[0]).astype(np.int32), order[start[0] :].astype(np.int32))


def by_node(streets: Streets, n_nodes: int, which: NDArray[np.int32] | None = None) -> Grouped:
    """
    Group streets, or some of them, by the nodes they end at; one that ends where it begins but once.

    Where a search runs over streets by direction, these have themselves, and the nodes after them what ends there.
    """
    which = np.arange(len(streets.first), dtype=np.int32) if which is None else which
    two = which[streets.first[which] != streets.last[which]]
    ends = np.concatenate([streets.first[which], streets.last[two]])
    order = np.argsort(ends, kind="stable")
    n_ends = n_nodes - streets.nodes_from
    start = np.searchsorted(ends[order], np.arange(n_ends + 1)).astype(np.int32)
    item = np.concatenate([which, two])[order].astype(np.int32)
    if streets.nodes_from:
        each = np.repeat(which, 2).astype(np.int32)
        own = np.searchsorted(each, np.arange(len(streets.first)), side="left")
        own = np.column_stack([own, own + (np.searchsorted(which, np.arange(len(own)), side="right") > own // 2)])
        start = np.concatenate([own.ravel().astype(np.int32), start + np.int32(len(each))])
        item = np.concatenate([each, item])
    return Grouped(start, item)


def first_at_points(
    table: NearestSources, streets: Streets, points: StreetPoints, sources: Sources, *, depth: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """
    Find the nearest few sources of points along streets, from those of the two ends.

    Parameters
    ----------
    table
        Of every node; at least as deep as asked for.
    streets
        The streets.
    points
        On them.
    sources
        Each by its rank: one on the point's own street may come without passing a node.
    depth
        How many to find.

    Returns
    -------
    Rank of the source (-1: none) and time (inf) [s], each depth x points. Ties go to the source of lower rank.
    """
    n = len(points.street)
    source = np.full((depth, n), NOBODY, dtype=np.int32)
    time_s = np.full((depth, n), np.inf, dtype=np.float32)
    _first(*table, *streets, *points, *_stands(table, streets, sources), source, time_s)
    return source, time_s


def amount_at_points(
    table: NearestSources,
    streets: Streets,
    points: StreetPoints,
    sources: Sources,
    *,
    brings: NDArray[np.float64],
    need: float,
) -> tuple[NDArray[np.float32], int]:
    """
    Find when enough of one thing has come to points along streets.

    Parameters
    ----------
    table, streets, points, sources
        As in `first_at_points`.
    brings
        How much each source brings, by rank.
    need
        How much must have come.

    Returns
    -------
    Arrival of the source that completes it at each point (inf: it never is) [s], and to which depth of the lists that
    is owed; -1: the table was not deep enough to say so of every point, and a deeper one has to be asked.
    """
    out_s = np.full(len(points.street), np.inf, dtype=np.float32)
    stands = _stands(table, streets, sources)
    return out_s, int(_amount(*table, *streets, *points, *stands, read_only(brings), float(need), out_s))


def points_moved(
    moved: Moved,
    streets: Streets,
    grouped: tuple[Grouped, Grouped],
    along: NDArray[np.float64],
    *,
    also: NDArray[np.int32],
    before_s: NDArray[np.float32],
) -> NDArray[np.int32]:
    """
    Find the points at which something that came, or went, is early enough to matter.

    Parameters
    ----------
    moved
        Where lists changed, and from when on.
    streets
        The streets.
    grouped
        Streets by node, and points by street.
    along
        Of each point.
    also
        Streets on which a source came or went: all points there are looked at.
    before_s
        When at each point all was there that was asked for: what arrives later does not matter. [s]
    """
    n_nodes = len(grouped[0].start) - 1
    when_s, seen = np.full(n_nodes, np.inf, dtype=np.float32), np.zeros(n_nodes, dtype=bool)
    out = np.empty(len(along), dtype=np.int32)
    where = read_only(moved.node), read_only(moved.time_s), when_s, seen
    streets_at, points_on = ((read_only(one.start), read_only(one.item)) for one in grouped)
    n = _moved(*where, *streets, *streets_at, *points_on, along, np.unique(also), read_only(before_s), out)
    return out[:n].copy()


def _stands(table: NearestSources, streets: Streets, sources: Sources) -> _Stands:
    """Say on which streets sources stand, and where each does; and give room for those that come to one point."""
    own = np.zeros(len(streets.first), dtype=bool)
    own[sources.street] = True
    most = 2 * table.depth + len(sources.street)  # the sources of the two ends of a street, and those on it
    return own, *sources, np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float32)


@part
def served_before(node, s, first, nodes_from, time_s):
    """Tell whether a street whose ends, or ways, are reached has its turn with another of them than this."""
    if nodes_from == 0:
        return node != first[s] and time_s[first[s]] < np.inf
    there = 2 * np.int64(s)
    if node == there:
        return False
    if time_s[there] < np.inf:
        return True
    if node == there + 1:
        return False
    if time_s[there + 1] < np.inf:
        return True
    return node != nodes_from + first[s] and time_s[nodes_from + first[s]] < np.inf


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
def _from_end(list_s, list_source, rank, depth, more_s, n, room, room_s):
    """List the sources of one end of a street, so much later; returns how many there are."""
    for k in range(depth):
        if list_source[k] < 0:
            break
        # Times at nodes are taken as a search from one source gives them, in single precision, so that both agree.
        n = _put(np.int64(rank[list_source[k]]), np.float64(np.float32(list_s[k])) + more_s, n, room, room_s)
    return n


@part
def _gather(
    i, at_most, row, shared_s, shared_source, own_s, own_source, rank, first, last, there_s, back_s, nodes_from,
    street, along, own, on, stands, later_s, room, room_s,
):  # fmt: skip
    """List the sources that come to a point, from so much of each list; how many there are, and whether that is all."""
    n_shared = len(shared_s)
    s, f = street[i], along[i]
    there, back = there_s[s], back_s[s]
    n = np.int64(0)
    # The lists of the ends are exact to their depth, so that of the point is too; if none is full, it is whole.
    whole = True
    for end in range(2):
        left = f if end == 0 else 1.0 - f
        along_s = there if end == 0 else back
        r = row[at_first(s, f, first, nodes_from) if end == 0 else at_last(s, f, last, nodes_from)]
        whole = whole and (shared_source[r] if r < n_shared else own_source[r - n_shared])[at_most - 1] < 0
        if along_s < np.inf or left <= 0.0:
            more_s = left * along_s if left > 0.0 else 0.0
            if r < n_shared:
                n = _from_end(shared_s[r], shared_source[r], rank, at_most, more_s, n, room, room_s)
            else:
                n = _from_end(own_s[r - n_shared], own_source[r - n_shared], rank, at_most, more_s, n, room, room_s)
    for number in range(len(on) if own[s] else 0):
        if on[number] != s:
            continue
        begin = stands[number]
        if f >= begin and there < np.inf:
            n = _put(number, (f - begin) * there + later_s[number], n, room, room_s)
        if f <= begin and back < np.inf:
            n = _put(number, (begin - f) * back + later_s[number], n, room, room_s)
    return n, whole


@compiled
def _first(
    row, shared_s, shared_source, own_s, own_source, rank, depth, first, last, there_s, back_s, nodes_from, street,
    along, order, own, on, stands, later_s, room, room_s, out, out_s,
):  # fmt: skip
    """Write the nearest sources of each point."""
    for i in order:
        if street[i] < 0:
            continue
        n, _ = _gather(
            i, min(depth, len(out)), row, shared_s, shared_source, own_s, own_source, rank, first, last, there_s,
            back_s, nodes_from, street, along, own, on, stands, later_s, room, room_s,
        )  # fmt: skip
        for k in range(min(n, len(out))):
            out[k, i] = room[k]
            out_s[k, i] = room_s[k]


@compiled
def _amount(
    row, shared_s, shared_source, own_s, own_source, rank, depth, first, last, there_s, back_s, nodes_from, street,
    along, order, own, on, stands, later_s, room, room_s, brings, need, out_s,
):  # fmt: skip
    """Write when enough has come to each point; how deep the lists were needed, -1: they were not deep enough."""
    n_shared = len(shared_s)
    deepest, enough = np.int64(0), True
    for i in order:
        s = street[i]
        if s < 0:
            continue
        missing = need
        taken = np.int64(0)
        if own[s]:
            n, whole = _gather(
                i, depth, row, shared_s, shared_source, own_s, own_source, rank, first, last, there_s, back_s,
                nodes_from, street, along, own, on, stands, later_s, room, room_s,
            )  # fmt: skip
            while missing > 0 and taken < (n if whole else min(n, depth)):
                missing -= brings[room[taken]]
                out_s[i] = room_s[taken]
                taken += 1
        else:
            # Both ends' lists are in order, so whoever comes next is at the head of one of them.
            f = along[i]
            a, b = row[at_first(s, f, first, nodes_from)], row[at_last(s, f, last, nodes_from)]
            more_a, more_b = f * there_s[s] if f > 0.0 else 0.0, (1.0 - f) * back_s[s] if f < 1.0 else 0.0
            whole = True
            for r in (a, b):
                last_one = shared_source[r, depth - 1] if r < n_shared else own_source[r - n_shared, depth - 1]
                whole = whole and last_one < 0
            i_a, i_b = np.int64(0) if more_a < np.inf else depth, np.int64(0) if more_b < np.inf else depth
            while missing > 0 and (whole or taken < depth):
                number_a, number_b = -1, -1
                a_s, b_s = np.float32(np.inf), np.float32(np.inf)
                if i_a < depth:
                    number_a = shared_source[a, i_a] if a < n_shared else own_source[a - n_shared, i_a]
                    here_s = shared_s[a, i_a] if a < n_shared else own_s[a - n_shared, i_a]
                    a_s = np.float32(np.float64(np.float32(here_s)) + more_a)
                if i_b < depth:
                    number_b = shared_source[b, i_b] if b < n_shared else own_source[b - n_shared, i_b]
                    here_s = shared_s[b, i_b] if b < n_shared else own_s[b - n_shared, i_b]
                    b_s = np.float32(np.float64(np.float32(here_s)) + more_b)
                if number_a < 0 and number_b < 0:
                    break
                if number_b < 0 or (number_a >= 0 and a_s <= b_s):
                    number, now_s = rank[number_a], a_s
                    i_a += 1
                else:
                    number, now_s = rank[number_b], b_s
                    i_b += 1
                met = False
                for k in range(taken):
                    met = met or room[k] == number
                if not met:
                    room[taken] = number
                    taken += 1
                    missing -= brings[number]
                    out_s[i] = now_s
        deepest = max(deepest, min(taken, depth))
        if missing > 0:
            out_s[i] = np.inf
            # Whatever came to the end of the list would matter.
            deepest = max(deepest, min(taken + 1, depth))
            enough = enough and whole
    return deepest if enough else -1


@compiled
def _moved(
    nodes, node_s, when_s, seen, first, last, there_s, back_s, nodes_from, node_start, node_street, street_start,
    street_point, along, also, before_s, out,
):  # fmt: skip
    """Write the points that are to be looked at, each once; how many there are."""
    for i in range(len(nodes)):
        when_s[nodes[i]] = min(when_s[nodes[i]], node_s[i])
    n = 0
    for i in range(len(also)):
        for k in range(street_start[also[i]], street_start[also[i] + 1]):
            out[n] = street_point[k]
            n += 1
    for node in nodes:
        if seen[node]:
            continue
        seen[node] = True
        for j in range(node_start[node], node_start[node + 1]):
            s = node_street[j]
            # A street of which both ends moved is looked at with its first.
            done = served_before(node, s, first, nodes_from, when_s)
            for k in range(len(also)):
                done = done or also[k] == s
            if done:
                continue
            for k in range(street_start[s], street_start[s + 1]):
                point = street_point[k]
                f = along[point]
                earliest_s = np.inf
                first_s = np.float64(when_s[at_first(s, f, first, nodes_from)])
                last_s = np.float64(when_s[at_last(s, f, last, nodes_from)])
                if f <= 0.0:
                    earliest_s = first_s
                elif there_s[s] < np.inf:
                    earliest_s = first_s + f * there_s[s]
                if f >= 1.0:
                    earliest_s = min(earliest_s, last_s)
                elif back_s[s] < np.inf:
                    earliest_s = min(earliest_s, last_s + (1.0 - f) * back_s[s])
                if np.float32(earliest_s) <= before_s[point] and earliest_s < np.inf:
                    out[n] = point
                    n += 1
    return n
