"""Times to the points that are reached, and to no others: sparse rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled
from fireplan._kernel.shortest_paths.nearest_sources_points import by_node, served_before
from fireplan._kernel.shortest_paths.point_times import at_first, at_last, from_ends, from_origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.graph import Streets
    from fireplan._kernel.shortest_paths.single_source import Workspace

DENSE_FROM = 16
"""A row that holds more than one in so many of all points is put in order by laying all out, not by sorting."""


class Filed:
    """
    Points filed by street, and the streets that hold any by node, so that a row costs what is reached.

    It never changes, and threads may share it.

    Parameters
    ----------
    streets
        The streets.
    n_nodes
        How many nodes there are, or whatever else a search runs over.
    street, along
        For each point its street (-1: on no street) and the fraction along it.
    """

    def __init__(
        self, streets: Streets, *, n_nodes: int, street: NDArray[np.int32], along: NDArray[np.float64]
    ) -> None:
        on = np.flatnonzero(street >= 0)
        order = on[np.argsort(street[on], kind="stable")]
        self.streets = streets
        self.n_points = len(street)
        self.point = order.astype(np.int32)
        self.along = along[order]
        self.from_street = np.searchsorted(street[order], np.arange(len(streets.first) + 1)).astype(np.int32)
        held = np.diff(self.from_street)
        some = np.flatnonzero(held).astype(np.int32)
        self.from_node, self.street_at = by_node(streets, n_nodes, some)
        so_far = np.concatenate([[0], np.cumsum(held[self.street_at])])
        self.points_at = np.diff(so_far[self.from_node])
        """Points on the streets that end at each node."""

    def row(
        self,
        nodes: NDArray[np.int32],
        node_s: NDArray[np.float32],
        *,
        origin: tuple[int, float],
        limit_s: float,
        workspace: Workspace,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """
        Turn times at nodes into times at the points within a limit.

        Parameters
        ----------
        nodes, node_s
            Nodes reached and the time to each, as `reach` returns them. [s]
        origin
            Street the search began on (-1 if at a node) and the fraction along it.
        limit_s
            Points farther than this are left out. [s]
        workspace
            Memory to reuse; one per thread.

        Returns
        -------
        Points reached, in their order, and the time to each [s]: what `point_times` gives, without the rest.
        """
        street, along = origin
        most = int(self.points_at[nodes].sum())
        if street >= 0:
            most += int(self.from_street[street + 1] - self.from_street[street])
        point, time_s = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.float32)
        count = _row(
            nodes, node_s, street, along, *self.streets, self.from_node, self.street_at, self.from_street,
            self.point, self.along, limit_s, workspace.time_s, point, time_s,
        )  # fmt: skip
        return self._in_order(point[:count], time_s[:count])

    def _in_order(
        self, point: NDArray[np.int32], time_s: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if len(point) * DENSE_FROM > self.n_points:
            row = np.full(self.n_points, np.inf, dtype=np.float32)
            row[point] = time_s
            reached = np.flatnonzero(row < np.inf).astype(np.int32)
            return reached, row[reached]
        order = np.argsort(point)
        return point[order], time_s[order]


@compiled
def _row(
    nodes, node_s, origin_street, origin_along, first, last, there_s, back_s, nodes_from, from_node, street_at,
    from_street, points, along, limit_s, time_s, out_point, out_s,
):  # fmt: skip
    """Serve each street that ends at a node reached, and the origin's own, once; `time_s` is left as it was."""
    # Turn -1 is the origin's own street, which is reached without passing either end. Invariant: a street is served
    # once, from the first of its ends that is reached, so no point stands twice.
    for i in range(len(nodes)):
        time_s[nodes[i]] = node_s[i]
    n = 0
    for i in range(-1, len(nodes)):
        begin, stop = 0, 1
        if i >= 0:
            begin, stop = from_node[nodes[i]], from_node[nodes[i] + 1]
        for k in range(begin, stop):
            street = origin_street
            if i >= 0:
                street = street_at[k]
                if street == origin_street or served_before(nodes[i], street, first, nodes_from, time_s):
                    continue  # served already, or from its other end
            if street < 0:
                continue
            there, back = there_s[street], back_s[street]
            for j in range(from_street[street], from_street[street + 1]):
                f = along[j]
                first_s = time_s[at_first(street, f, first, nodes_from)]
                last_s = time_s[at_last(street, f, last, nodes_from)]
                best = from_ends(np.float64(first_s), np.float64(last_s), f, there, back)
                if i < 0:
                    best = min(best, from_origin(origin_along, f, there, back))
                if best < np.inf and best <= limit_s:
                    out_point[n] = points[j]
                    out_s[n] = best
                    n += 1
    for i in range(len(nodes)):
        time_s[nodes[i]] = np.inf
    return n
