"""What the quickest ways from some exits to many places are made of: metres by group of streets, turns by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = 8
"""Kinds of turn that are counted: the bits of a byte."""


class DrivenWays(NamedTuple):
    """
    Ways along streets (twice the row of a street, and one more where it is driven back) and the turns between them.

    Attributes
    ----------
    along_s
        Time along each way; inf: closed. [s]
    length_m
        Length of each way. [m]
    group
        The group that each counts for, from 0.
    head
        Node at which each ends.
    start
        Turns from way w are `start[w]:start[w + 1]`; one entry more than there are ways.
    before, after
        The way that each turn leaves, and the one it enters.
    lost_s
        What each turn costs in the search. [s]
    kinds
        What each turn is, as bits.
    wait_s
        Of what it costs, what is neither of its kinds: lost at its node. [s]
    into_start, into
        Ways that end at node v are `into[into_start[v]:into_start[v + 1]]`, where they may be driven.
    leave_start, leave
        Ways that begin there, likewise.
    """

    along_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    group: NDArray[np.int32]
    head: NDArray[np.int32]
    start: NDArray[np.int32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    lost_s: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    wait_s: NDArray[np.float64]
    into_start: NDArray[np.int32]
    into: NDArray[np.int32]
    leave_start: NDArray[np.int32]
    leave: NDArray[np.int32]


class RouteSums(NamedTuple):
    """
    What quickest ways are made of.

    Attributes
    ----------
    time_s
        How long each takes; inf: there is none. [s]
    length_m
        Metres by group of streets, runs x groups. [m]
    turns
        Turns by kind, runs x `KINDS`.
    wait_s
        Lost at nodes. [s]
    """

    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    turns: NDArray[np.float64]
    wait_s: NDArray[np.float64]


def route_sums(
    ways: DrivenWays,
    exits: tuple[NDArray[np.int32], NDArray[np.float64]],
    places: tuple[NDArray[np.int32], NDArray[np.float64]],
    leaves_from: NDArray[np.int64],
    *,
    n_groups: int,
) -> RouteSums:
    """
    Find quickest ways and add up what they are made of.

    Parameters
    ----------
    ways
        The network.
    exits, places
        Streets, and fractions of them.
    leaves_from
        The exit of each place.
    n_groups
        Number of groups of streets.

    Notes
    -----
    One search by Dijkstra's method over ways, as they are entered, for each exit; it ends when every way that leads to
    a place has its time. Then each way is walked back from its place.
    """
    n_ways, n_places = len(ways.along_s), len(leaves_from)
    order = np.argsort(leaves_from, kind="stable")
    begins = np.searchsorted(leaves_from[order], np.arange(len(exits[0]) + 1))
    width = n_groups + KINDS + 1
    sums, time_s = np.zeros((n_places, width)), np.full(n_places, np.inf)
    room = len(ways.before) + n_ways + 2
    best_s, parent = np.full(n_ways, np.inf), np.full(n_ways, -1, dtype=np.int32)
    partial, wanted = np.zeros(n_ways, dtype=np.uint8), np.full(n_ways, -1, dtype=np.int32)
    heap_s, heap = np.empty(room), np.empty(room, dtype=np.int32)
    for k in np.flatnonzero(np.diff(begins)):
        mine = order[begins[k] : begins[k + 1]]
        at, along = int(exits[0][k]), float(exits[1][k])
        if at < 0:
            continue
        streets, shares = places[0][mine].astype(np.int32), places[1][mine].astype(float)
        part_sums, part_s = np.zeros((len(mine), width)), np.full(len(mine), np.inf)
        best_s[:] = np.inf
        _search(
            ways.along_s, ways.head, ways.start, ways.after, ways.lost_s, ways.into_start, ways.into, ways.leave_start,
            ways.leave, at, along, streets, shares, int(k), best_s, parent, partial, wanted, heap_s, heap,
        )  # fmt: skip
        _walk(
            ways.along_s, ways.length_m, ways.group, ways.head, ways.before, ways.kinds, ways.wait_s, ways.into_start,
            ways.into, at, along, streets, shares, n_groups, best_s, parent, partial, part_sums, part_s,
        )  # fmt: skip
        sums[mine], time_s[mine] = part_sums, part_s
    return RouteSums(time_s, sums[:, :n_groups], sums[:, n_groups:-1], sums[:, -1])


@part
def _up(heap_s, heap, i):
    """Let an entry rise in a heap."""
    time_s, way = heap_s[i], heap[i]
    while i > 0:
        above = (i - 1) >> 1
        if heap_s[above] <= time_s:
            break
        heap_s[i], heap[i] = heap_s[above], heap[above]
        i = above
    heap_s[i], heap[i] = time_s, way


@part
def _down(heap_s, heap, n):
    """Let the last of `n` entries sink in from the top of a heap."""
    time_s, way = heap_s[n], heap[n]
    i = np.int64(0)
    while True:
        below = 2 * i + 1
        if below >= n:
            break
        if below + 1 < n and heap_s[below + 1] < heap_s[below]:
            below += 1
        if heap_s[below] >= time_s:
            break
        heap_s[i], heap[i] = heap_s[below], heap[below]
        i = below
    heap_s[i], heap[i] = time_s, way


@part
def _corner(street, share, head):
    """The node at which a place stands; -1: within its street."""
    if share <= 0:
        return np.int64(head[2 * street + 1])
    if share >= 1:
        return np.int64(head[2 * street])
    return np.int64(-1)


@part
def _want(way, along_s, wanted, stamp):
    """Count a way as wanted, unless it is closed or was counted before."""
    if not np.isfinite(along_s[way]) or wanted[way] == stamp:
        return np.int64(0)
    wanted[way] = stamp
    return np.int64(1)


@compiled
def _search(
    along_s, head, start, after, lost_s, into_start, into, leave_start, leave, at, along, streets, shares, stamp,
    best_s, parent, partial, wanted, heap_s, heap,
):  # fmt: skip
    """Find when each way is entered soonest, and over which turn, until all that lead to places are known."""
    left = np.int64(0)
    for i in range(len(streets)):
        node = _corner(streets[i], shares[i], head)
        if node < 0:
            left += _want(2 * streets[i], along_s, wanted, stamp) + _want(2 * streets[i] + 1, along_s, wanted, stamp)
            continue
        for j in range(into_start[node], into_start[node + 1]):
            left += _want(into[j], along_s, wanted, stamp)
    n = np.int64(0)
    corner = _corner(at, along, head)
    if corner >= 0:
        for j in range(leave_start[corner], leave_start[corner + 1]):
            way = leave[j]
            best_s[way], parent[way], partial[way] = 0.0, -1, 0
            heap_s[n], heap[n] = 0.0, way
            _up(heap_s, heap, n)
            n += 1
    else:
        for way in range(2 * at, 2 * at + 2):
            if not np.isfinite(along_s[way]):
                continue
            rest = along if way & 1 else 1.0 - along
            for turn in range(start[way], start[way + 1]):
                to, time_s = after[turn], rest * along_s[way] + lost_s[turn]
                if time_s < best_s[to]:
                    best_s[to], parent[to], partial[to] = time_s, turn, 1
                    heap_s[n], heap[n] = time_s, to
                    _up(heap_s, heap, n)
                    n += 1
    # Dijkstra 1959. Entries that were bettered since stay in the heap and are passed over.
    while n > 0 and left > 0:
        here_s, way = heap_s[0], heap[0]
        n -= 1
        _down(heap_s, heap, n)
        if here_s > best_s[way]:
            continue
        if wanted[way] == stamp:
            wanted[way] = -2 - stamp
            left -= 1
        for turn in range(start[way], start[way + 1]):
            to, time_s = after[turn], here_s + along_s[way] + lost_s[turn]
            if time_s < best_s[to]:
                best_s[to], parent[to], partial[to] = time_s, turn, 0
                heap_s[n], heap[n] = time_s, to
                _up(heap_s, heap, n)
                n += 1


@compiled
def _walk(
    along_s, length_m, group, head, before, kinds, wait_s, into_start, into,
    at, along, streets, shares, n_groups, best_s, parent, partial, sums, time_s,
):  # fmt: skip
    """Go back from every place, adding up what is driven."""
    corner = _corner(at, along, head)
    for i in range(len(streets)):
        street, share = streets[i], shares[i]
        node = _corner(street, share, head)
        found_s, last, driven = np.inf, np.int64(-1), 1.0
        if node < 0:
            for side in range(2):
                way = np.int64(2 * street + side)
                piece = 1.0 - share if way & 1 else share
                if best_s[way] < np.inf and best_s[way] + piece * along_s[way] < found_s:
                    found_s, last, driven = best_s[way] + piece * along_s[way], np.int64(way), piece
        else:
            for j in range(into_start[node], into_start[node + 1]):
                way = into[j]
                if best_s[way] + along_s[way] < found_s:
                    found_s, last, driven = best_s[way] + along_s[way], np.int64(way), 1.0
        # Straight along the street of the exit, without leaving it; to a corner of it by whichever street it stands on.
        straight, piece = np.int64(-1), 0.0
        if street == at:
            straight, piece = np.int64(2 * at + (share < along)), abs(share - along)
        if node >= 0 and corner < 0:
            for side in range(2):
                way = np.int64(2 * at + side)
                if head[way] == node:
                    rest = along if way & 1 else 1.0 - along
                    if np.isfinite(along_s[way]) and (straight < 0 or rest * along_s[way] < piece * along_s[straight]):
                        straight, piece = np.int64(way), rest
        if node >= 0 and node == corner:
            time_s[i] = 0.0
            continue
        if straight >= 0 and (piece == 0 or (np.isfinite(along_s[straight]) and piece * along_s[straight] <= found_s)):
            time_s[i] = 0.0 if piece == 0 else piece * along_s[straight]
            sums[i, group[straight]] += piece * length_m[straight]
            continue
        if last < 0:
            continue
        time_s[i] = found_s
        sums[i, group[last]] += driven * length_m[last]
        while parent[last] >= 0:
            turn = parent[last]
            bits = np.int64(kinds[turn])
            for k in range(8):
                sums[i, n_groups + k] += (bits >> k) & 1
            sums[i, n_groups + 8] += wait_s[turn]
            from_start = partial[last] == 1
            last = np.int64(before[turn])
            if from_start:
                rest = along if last & 1 else 1.0 - along
                sums[i, group[last]] += rest * length_m[last]
                break
            sums[i, group[last]] += length_m[last]
