"""Arrival at many points along streets, kept beside a field of nearest sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled
from fireplan._kernel.shortest_paths.point_times import from_ends, from_origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.nearest_source import Field


LATE_S = 7200
"""Arrivals later than this are not told apart by second while a percentile is looked for. [s]"""


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
        # Only streets with points are filed by node.
        some = np.flatnonzero(np.diff(self.from_street)).astype(np.int32)
        ends = np.concatenate([streets.first[some], streets.last[some]])
        at = np.argsort(ends, kind="stable")
        self.street_at = np.concatenate([some, some])[at]
        self.from_node = np.searchsorted(ends[at], np.arange(n_nodes + 1)).astype(np.int32)
        self.arrival_s = np.full(len(street), np.inf, dtype=np.float32)
        self._seen = np.zeros(n_streets, dtype=np.int64)
        self._turn = 0
        # Room for the streets and the points of one change.
        self._touched = np.empty(n_streets, dtype=np.int32)
        self._points = np.empty(len(order), dtype=np.int32)
        self._before_s = np.empty(len(order), dtype=np.float32)

    def refresh(self, sources: Sources) -> None:
        """Work out the arrival at every point."""
        self._turn += 1
        self._seen[:] = self._turn
        self._serve(np.arange(len(self.streets.first), dtype=np.int32), sources)

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
        n = _streets_at(changed, also, self.from_node, self.street_at, self._seen, self._turn, self._touched)
        n = self._serve(self._touched[:n], sources)
        return self._points[:n].copy(), self._before_s[:n].copy()

    def _serve(self, touched: NDArray[np.int32], sources: Sources) -> int:
        """Serve the points of some streets, marked as seen in this turn; returns how many."""
        n = _serve(
            touched, *self.streets, self.from_street, self.point, self.along, self.field.time_s, self.arrival_s,
            self._points, self._before_s,
        )  # fmt: skip
        _serve_own(
            *sources, self._seen, self._turn, self.streets.there_s, self.streets.back_s, self.from_street, self.point,
            self.along, self.arrival_s,
        )  # fmt: skip
        return int(n)


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
    counts = np.array([np.count_nonzero(arrival_s <= np.float32(limit_s)) for limit_s in limits_s], dtype=np.int64)
    if len(arrival_s) == 0:
        return counts, float("inf")
    wanted = max(1, int(np.ceil(percent / 100 * len(arrival_s) * (1 - 1e-12))))
    # Only the arrivals of the second in which the wanted one falls are put in order.
    by_second = np.zeros(LATE_S + 1, dtype=np.int64)
    _count_seconds(arrival_s, by_second)
    so_far = np.cumsum(by_second)
    second = int(np.searchsorted(so_far, wanted))
    inside = arrival_s[(arrival_s >= second) & ((arrival_s < second + 1) | (second == LATE_S))]
    place = wanted - 1 - int(so_far[second] - by_second[second])
    return counts, float(np.partition(inside, place)[place])


@compiled
def _count_seconds(arrival_s, by_second):
    """Count arrivals by whole second; all that are late stand in the last place."""
    late = len(by_second) - 1
    for i in range(len(arrival_s)):
        if arrival_s[i] < late:
            by_second[np.int64(arrival_s[i])] += 1
        else:
            by_second[late] += 1


@compiled
def _streets_at(nodes, also, from_node, street_at, seen, turn, out):
    """List streets that end at any of the nodes, and others named, each once; returns how many."""
    n = 0
    for i in range(len(nodes)):
        for k in range(from_node[nodes[i]], from_node[nodes[i] + 1]):
            street = street_at[k]
            if seen[street] != turn:
                seen[street] = turn
                out[n] = street
                n += 1
    for i in range(len(also)):
        if seen[also[i]] != turn:
            seen[also[i]] = turn
            out[n] = also[i]
            n += 1
    return n


@compiled
def _serve(
    touched, first, last, there_s, back_s, from_street, point, along, node_s, arrival_s, out_point, out_before_s
):  # fmt: skip
    """Arrival at the points of some streets from either end; returns how many, and what stood there before."""
    n = 0
    for i in range(len(touched)):
        street = touched[i]
        begin, stop = from_street[street], from_street[street + 1]
        if begin == stop:
            continue
        there, back = there_s[street], back_s[street]
        first_s, last_s = np.float64(node_s[first[street]]), np.float64(node_s[last[street]])
        for k in range(begin, stop):
            best = from_ends(first_s, last_s, along[k], there, back)
            out_point[n] = point[k]
            out_before_s[n] = arrival_s[point[k]]
            n += 1
            arrival_s[point[k]] = best
    return n


@compiled
def _serve_own(
    source_street, source_along, seen, turn, there_s, back_s, from_street, point, along, arrival_s
):  # fmt: skip
    """Bring arrivals forward on streets of this turn on which a source stands."""
    # A source on the street itself can be nearer than any that comes by its ends; it only ever brings arrivals forward.
    for source in range(len(source_street)):
        street, begins = source_street[source], source_along[source]
        if seen[street] != turn:
            continue
        there, back = there_s[street], back_s[street]
        for k in range(from_street[street], from_street[street + 1]):
            best = from_origin(begins, along[k], there, back)
            arrival_s[point[k]] = min(arrival_s[point[k]], best)
