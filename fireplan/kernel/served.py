"""Arrival at many points along streets, kept beside a field of nearest sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.kernel.field import Field


class Streets(NamedTuple):
    """Ends of each street, and the time along it and back; inf where that is not allowed. [s]"""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    there_s: NDArray[np.float64]
    back_s: NDArray[np.float64]


class Sources(NamedTuple):
    """Where each source stands: its street and the fraction along it."""

    street: NDArray[np.int32]
    along: NDArray[np.float64]


class Served:
    """
    Arrival at points from the nearest source.

    Points are filed by street and streets by node, so that after a change of the field only the points on streets
    whose ends changed are looked at.
    """

    def __init__(
        self, field: Field, streets: Streets, *, street: NDArray[np.int32], along: NDArray[np.float64]
    ) -> None:
        n_streets, n_nodes = len(streets.first), len(field.time_s)
        self.field = field
        self.streets = streets
        on = np.flatnonzero(street >= 0)
        order = on[np.argsort(street[on], kind="stable")]
        self.point = order.astype(np.int32)
        self.along = along[order]
        self.from_street = np.searchsorted(street[order], np.arange(n_streets + 1)).astype(np.int32)
        ends = np.concatenate([streets.first, streets.last])
        at = np.argsort(ends, kind="stable")
        self.street_at = (at % max(n_streets, 1)).astype(np.int32)
        self.from_node = np.searchsorted(ends[at], np.arange(n_nodes + 1)).astype(np.int32)
        self.arrival_s = np.full(len(street), np.inf, dtype=np.float32)
        self._seen = np.zeros(n_streets, dtype=np.int64)
        self._turn = 0

    def refresh(self, sources: Sources) -> None:
        """Work out the arrival at every point."""
        every = np.arange(len(self.streets.first), dtype=np.int32)
        self._serve(every, sources)

    def follow(
        self, changed: NDArray[np.int32], sources: Sources, *, also: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """
        Work out anew the arrivals that a change of the field may have changed.

        Parameters
        ----------
        changed
            Nodes of the field that changed.
        sources
            All sources there are now.
        also
            Streets on which a source came or went.

        Returns
        -------
        The points looked at, and what stood there before. [s]
        """
        self._turn += 1
        touched = _streets_at(changed, also, self.from_node, self.street_at, self._seen, self._turn)
        points = _points_on(touched, self.from_street, self.point)
        before = self.arrival_s[points]
        self._serve(touched, sources)
        return points, before

    def _serve(self, touched: NDArray[np.int32], sources: Sources) -> None:
        order = np.argsort(sources.street, kind="stable")
        _serve(
            touched, *self.streets, self.from_street, self.point, self.along, self.field.time_s,
            sources.street[order], sources.along[order], self.arrival_s,
        )  # fmt: skip


def count_within(
    arrival_s: NDArray[np.float32], limits_s: NDArray[np.float64], *, percent: float
) -> tuple[NDArray[np.int64], float]:
    """
    Count points within limits, and give the percentile of arrival by the inverted distribution.

    Parameters
    ----------
    arrival_s
        Arrival at each point. [s] inf: not reached.
    limits_s
        The limits. [s]
    percent
        Such as 90.

    Returns
    -------
    Points within each limit, and the percentile (inf: too few are reached) [s].
    """
    counts = np.zeros(len(limits_s), dtype=np.int64)
    wanted = int(np.ceil(percent / 100 * len(arrival_s) * (1 - 1e-12)))
    inside, before = _count(arrival_s, limits_s, counts, wanted)
    if len(inside) == 0:
        return counts, float("inf")
    inside.sort()
    return counts, float(inside[max(0, wanted - before - 1)])


@nb.njit(nogil=True, cache=True)
def _count(arrival_s, limits_s, counts, wanted):
    """Fill the counts; returns all arrivals in the whole second of the wanted one, and how many come before it."""
    longest = np.float32(-1.0)
    for value in arrival_s:
        if value < np.inf and value > longest:
            longest = value
    by_second = np.zeros(np.int64(longest) + 2, dtype=np.int64)
    for k in range(len(limits_s)):
        limit_s = np.float32(limits_s[k])
        n = 0
        for value in arrival_s:
            n += value <= limit_s
        counts[k] = n
    for value in arrival_s:
        if value < np.inf:
            by_second[np.int64(value)] += 1
    second, before = 0, 0
    while second < len(by_second) and before + by_second[second] < wanted:
        before += by_second[second]
        second += 1
    inside = np.empty(by_second[second] if second < len(by_second) else 0, dtype=np.float32)
    found = 0
    low, high = np.float32(second), np.float32(second + 1)
    if len(inside) > 0:
        for value in arrival_s:
            if value >= low and value < high:
                inside[found] = value
                found += 1
    return inside, before


@nb.njit(nogil=True, cache=True)
def _streets_at(nodes, also, from_node, street_at, seen, turn):
    """Streets that end at any of the nodes, and others named, each once."""
    size = len(also)
    for node in nodes:
        size += from_node[node + 1] - from_node[node]
    out = np.empty(size, dtype=np.int32)
    n = 0
    for node in nodes:
        for k in range(from_node[node], from_node[node + 1]):
            street = street_at[k]
            if seen[street] != turn:
                seen[street] = turn
                out[n] = street
                n += 1
    for street in also:
        if seen[street] != turn:
            seen[street] = turn
            out[n] = street
            n += 1
    return out[:n]


@nb.njit(nogil=True, cache=True)
def _points_on(streets, from_street, point):
    """Points filed under streets."""
    size = 0
    for street in streets:
        size += from_street[street + 1] - from_street[street]
    out = np.empty(size, dtype=np.int32)
    n = 0
    for street in streets:
        for k in range(from_street[street], from_street[street + 1]):
            out[n] = point[k]
            n += 1
    return out


@nb.njit(nogil=True, cache=True)
def _serve(touched, first, last, there_s, back_s, from_street, point, along, node_s, at_street, at_along, arrival_s):
    """Arrival at the points of some streets: from either end, or from a source on the street itself."""
    for street in touched:
        begin, stop = from_street[street], from_street[street + 1]
        if begin == stop:
            continue
        there, back = there_s[street], back_s[street]
        low = np.searchsorted(at_street, street)
        for k in range(begin, stop):
            f = along[k]
            best = np.inf
            if there < np.inf:
                best = node_s[first[street]] + f * there
            if back < np.inf:
                best = min(best, node_s[last[street]] + (1.0 - f) * back)
            source = low
            while source < len(at_street) and at_street[source] == street:
                if f >= at_along[source] and there < np.inf:
                    best = min(best, (f - at_along[source]) * there)
                if f <= at_along[source] and back < np.inf:
                    best = min(best, (at_along[source] - f) * back)
                source += 1
            arrival_s[point[k]] = best
