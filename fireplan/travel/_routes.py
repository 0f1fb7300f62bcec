"""The way a unit would take, as a line to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan._limits import last_within
from fireplan.travel._ad_hoc_points import part_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.travel._ad_hoc_points import Spot

MOST_STREETS = 5000
"""A way along more streets than this is none that a unit drives."""


class DrivenPiece(NamedTuple):
    """A street that is driven, from one fraction of it to another."""

    street: int
    begin: float
    end: float

    @property
    def way(self) -> int:
        """The street in the direction in which it is driven."""
        return 2 * self.street + (self.end < self.begin)


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
        self._curve = roads.curve
        self._search = RouteSearch(roads, cutoff_s=max(roads.curve.added_s(last_within(cutoff_s)), 0.0))

    @takes
    def way(self, start: Spot, end: Spot) -> tuple[NDArray[np.float64], float] | None:
        """
        Find the quickest way.

        Returns
        -------
        Its points in the network's CRS, in order, and how long it takes [s]; None: there is none within the limit.
        """
        found = self._search.pieces(start, end)
        if found is None:
            return None
        pieces, added_s = found
        return np.concatenate([self._search.points(piece) for piece in pieces]), self._curve.clock_s(added_s)


class RouteSearch:
    """Finds the quickest way between two places, as the pieces of street that are driven, in seconds as they add up."""

    def __init__(self, roads: RoadNetwork, *, cutoff_s: float) -> None:
        self._roads = roads
        self._cutoff_s = cutoff_s
        ends = np.concatenate([roads.first, roads.last])
        order = np.argsort(ends, kind="stable")
        # A way is twice the row of a street, and one more where it is driven back.
        row = 2 * np.arange(roads.n_streets)
        self._way_to = np.concatenate([row + 1, row])[order]
        self._from_node = np.searchsorted(ends[order], np.arange(roads.n_nodes + 1))
        self._routing = roads.routing
        self._workspace = kernel.Workspace(self._routing.n_states)
        self._state_s = np.full(self._routing.n_states, np.inf)

    def pieces(self, start: Spot, end: Spot) -> tuple[list[DrivenPiece], float] | None:
        """Find the quickest way, as the pieces of street that it is made of, and how long it takes [s]; None: none."""
        routing = self._routing
        seeds = routing.seeds(
            np.array([start.street], dtype=np.int32), np.array([start.along]), owner=np.zeros(1, dtype=np.int64)
        )
        limit_s, work = self._cutoff_s, self._workspace
        states, found_s = kernel.reach(
            routing.graph, seeds.node, seeds.spent_s, limit_s=limit_s, corners=True, workspace=work
        )  # fmt: skip
        self._state_s[states] = found_s
        try:
            return self._backwards(start, end)
        finally:
            self._state_s[states] = np.inf

    def _backwards(self, start: Spot, end: Spot) -> tuple[list[DrivenPiece], float] | None:
        """Go back from the end, from each street to the one from which it was entered."""
        roads = self._roads
        at_first, at_last = self._routing.states_at(end.street, end.along)
        by_first_s = self._state_s[at_first] + part_s(end.along, float(roads.there_s[end.street]))
        by_last_s = self._state_s[at_last] + part_s(1.0 - end.along, float(roads.back_s[end.street]))
        direct_s = self._direct_s(start, end)
        takes_s = float(min(by_first_s, by_last_s, direct_s))
        if not takes_s <= self._cutoff_s:
            return None
        if direct_s <= takes_s:
            return [DrivenPiece(end.street, start.along, end.along)], takes_s
        back = int(by_last_s < by_first_s)
        node = int((roads.last if back else roads.first)[end.street])
        corner = end.along == back  # nothing of the street itself is driven
        way = None if corner else 2 * end.street + back
        pieces = [] if corner else [DrivenPiece(end.street, float(back), end.along)]
        passed: set[int] = set()
        # Back along the search: what has a time got it from the street that gives it that time (Dijkstra 1959).
        while len(passed) < MOST_STREETS:
            before = self._before(way, node, start, passed)
            if before is None:
                return None
            way, begin = before
            if way is None:  # it begins here
                return pieces[::-1], takes_s
            pieces.append(DrivenPiece(way // 2, begin, 1.0 - way % 2))
            if begin != way % 2:
                return pieces[::-1], takes_s
            passed.add(way)
            node = int((roads.last if way % 2 else roads.first)[way // 2])
        return None

    def _before(self, way: int | None, node: int, start: Spot, passed: set[int]) -> tuple[int | None, float] | None:
        """
        Say by which way, begun how far along its street, a node is reached soonest for turning onto another.

        None in the place of the way: one that begins at the node. None at all: there is none.
        """
        roads = self._roads
        if start.along in {0.0, 1.0} and node == (roads.last if start.along else roads.first)[start.street]:
            return None, 0.0
        best_s, best = np.inf, None
        for other in self._way_to[self._from_node[node] : self._from_node[node + 1]].tolist():
            street, back = divmod(other, 2)
            whole_s = float((roads.back_s if back else roads.there_s)[street])
            lost_s = self.lost_s(other, way)
            if not np.isfinite(whole_s + lost_s):
                continue
            if street == start.street and 0 < start.along < 1:
                arrives_s = abs(1 - back - start.along) * whole_s + lost_s
                if arrives_s < best_s:
                    best_s, best = arrives_s, (other, start.along)
            entered = other if self._routing.by_turn else (roads.last if back else roads.first)[street]
            arrives_s = float(self._state_s[entered]) + whole_s + lost_s
            if arrives_s < best_s and other not in passed:
                best_s, best = arrives_s, (other, float(back))
        return best

    def lost_s(self, before: int, after: int | None) -> float:
        """What is lost between one way and the next, or none [s]; inf: that turn cannot be made."""
        routing, (street, back) = self._routing, divmod(before, 2)
        if not routing.by_turn:
            return float((routing.lost_back_s if back else routing.lost_there_s)[street])
        if after is None:
            return 0.0
        graph = routing.graph
        arcs = slice(graph.start[before], graph.start[before + 1])
        arc_s = graph.time_s[arcs][graph.head[arcs] == after]
        if not len(arc_s):
            return float(np.inf)
        return max(0.0, float(arc_s[0]) - float((self._roads.back_s if back else self._roads.there_s)[street]))

    def _direct_s(self, start: Spot, end: Spot) -> float:
        """How long it takes along one street, without leaving it."""
        if start.street != end.street:
            return np.inf
        ahead = end.along - start.along
        whole_s = self._roads.there_s[end.street] if ahead >= 0 else self._roads.back_s[end.street]
        return part_s(abs(ahead), float(whole_s))

    def points(self, piece: DrivenPiece) -> NDArray[np.float64]:
        """Points of a piece, in the order in which they are passed."""
        (street, begin, end), roads = piece, self._roads
        xy = roads.xy_m[roads.offsets[street] : roads.offsets[street + 1]]
        step_m = np.hypot(*np.diff(xy, axis=0).T)
        at_m = np.concatenate([[0.0], np.cumsum(step_m)])
        low, high = sorted((begin * at_m[-1], end * at_m[-1]))
        inside = (at_m > low) & (at_m < high)
        places_m = np.concatenate([[low], at_m[inside], [high]])
        points = np.column_stack([np.interp(places_m, at_m, xy[:, 0]), np.interp(places_m, at_m, xy[:, 1])])
        return points if begin <= end else points[::-1]
