"""The way a unit would take, as a line to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan.travel._ad_hoc_points import part_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.travel._ad_hoc_points import Spot

MOST_STREETS = 5000
"""A way along more streets than this is none that a unit drives."""


@takes
class Routes:
    """
    Finds the quickest way between two places on the road.

    Parameters
    ----------
    roads
        The network.
    cutoff_s
        Ways that take longer are not looked for. [s]
    """

    @former_argument("within_s", now="cutoff_s")
    def __init__(self, roads: RoadNetwork, *, cutoff_s: float) -> None:
        self._roads = roads
        self._cutoff_s = cutoff_s
        ends = np.concatenate([roads.first, roads.last])
        order = np.argsort(ends, kind="stable")
        self._street_at = np.concatenate([np.arange(roads.n_streets), np.arange(roads.n_streets)])[order]
        self._from_node = np.searchsorted(ends[order], np.arange(roads.n_nodes + 1))
        self._workspace = kernel.Workspace(roads.n_nodes)
        self._node_s = np.full(roads.n_nodes, np.inf)

    @takes
    def way(self, start: Spot, end: Spot) -> tuple[NDArray[np.float64], float] | None:
        """
        Find the quickest way.

        Returns
        -------
        Its points in the network's CRS, in order, and how long it takes [s]; None: there is none within the limit.
        """
        roads = self._roads
        seeds = roads.routing.seeds(
            np.array([start.street], dtype=np.int32), np.array([start.along]), owner=np.zeros(1, dtype=np.int64)
        )
        nodes, found_s = kernel.reach(
            roads.graph, seeds.node, seeds.spent_s, limit_s=self._cutoff_s, workspace=self._workspace
        )
        self._node_s[nodes] = found_s
        try:
            return self._backwards(start, end)
        finally:
            self._node_s[nodes] = np.inf

    def _backwards(self, start: Spot, end: Spot) -> tuple[NDArray[np.float64], float] | None:
        """Go back from the end, from each node to the one it was reached from."""
        roads, node_s = self._roads, self._node_s
        by_first_s = node_s[roads.first[end.street]] + part_s(end.along, float(roads.there_s[end.street]))
        by_last_s = node_s[roads.last[end.street]] + part_s(1.0 - end.along, float(roads.back_s[end.street]))
        direct_s = self._direct_s(start, end)
        takes_s = min(by_first_s, by_last_s, direct_s)
        if not takes_s <= self._cutoff_s:
            return None
        if direct_s <= takes_s:
            return self._piece(end.street, start.along, end.along), float(direct_s)
        by_first = by_first_s <= by_last_s
        pieces = [self._piece(end.street, 0.0 if by_first else 1.0, end.along)]
        node = int(roads.first[end.street] if by_first else roads.last[end.street])
        # Back along the search: a node was reached by the street that gives it its time (Dijkstra 1959). Each step goes
        # to a node strictly nearer the start, so no node comes twice; the count only guards against times that do not
        # fit.
        for _ in range(MOST_STREETS):
            seeded_s = self._seeded_s(start, node)
            before = self._before(node)
            if before is None or seeded_s <= before[2]:
                at = 0.0 if node == roads.first[start.street] else 1.0
                pieces.append(self._piece(start.street, start.along, at))
                return np.concatenate(pieces[::-1]), float(takes_s)
            street, node = before[0], before[1]
            forward = roads.first[street] == node
            pieces.append(self._piece(street, 0.0 if forward else 1.0, 1.0 if forward else 0.0))
        return None

    def _before(self, node: int) -> tuple[int, int, float] | None:
        """The street by which a node is reached soonest, the node at its other end, and the time of arrival by it."""
        roads, best = self._roads, None
        best_s = np.inf
        for street in self._street_at[self._from_node[node] : self._from_node[node + 1]]:
            first, last = int(roads.first[street]), int(roads.last[street])
            for other, takes_s in ((first, roads.there_s[street]), (last, roads.back_s[street])):
                if other == node and first != last:
                    continue
                arrives_s = self._node_s[other] + takes_s
                if arrives_s < best_s and self._node_s[other] < self._node_s[node]:
                    best, best_s = (int(street), other, float(arrives_s)), arrives_s
        return best

    def _seeded_s(self, start: Spot, node: int) -> float:
        """When a node is reached straight from the start."""
        roads = self._roads
        ahead_s = part_s(1.0 - start.along, float(roads.there_s[start.street]))
        behind_s = part_s(start.along, float(roads.back_s[start.street]))
        ways = [ahead_s] if roads.last[start.street] == node else []
        ways += [behind_s] if roads.first[start.street] == node else []
        return min(ways, default=np.inf)

    def _direct_s(self, start: Spot, end: Spot) -> float:
        """How long it takes along one street, without leaving it."""
        if start.street != end.street:
            return np.inf
        ahead = end.along - start.along
        whole_s = self._roads.there_s[end.street] if ahead >= 0 else self._roads.back_s[end.street]
        return part_s(abs(ahead), float(whole_s))

    def _piece(self, street: int, begin: float, end: float) -> NDArray[np.float64]:
        """Points of a street between two fractions of it, in the order in which they are passed."""
        roads = self._roads
        xy = roads.xy_m[roads.offsets[street] : roads.offsets[street + 1]]
        step_m = np.hypot(*np.diff(xy, axis=0).T)
        at_m = np.concatenate([[0.0], np.cumsum(step_m)])
        low, high = sorted((begin * at_m[-1], end * at_m[-1]))
        inside = (at_m > low) & (at_m < high)
        places_m = np.concatenate([[low], at_m[inside], [high]])
        points = np.column_stack([np.interp(places_m, at_m, xy[:, 0]), np.interp(places_m, at_m, xy[:, 1])])
        return points if begin <= end else points[::-1]
