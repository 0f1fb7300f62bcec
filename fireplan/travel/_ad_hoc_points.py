"""Times from and to places where units stand for a while: on the road, at an incident, on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan._limits import last_within
from fireplan.crs import WGS84
from fireplan.errors import InputError, UnknownIdError
from fireplan.roads._snapping import put
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fireplan.roads._routing import Routing
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


class Spot(NamedTuple):
    """A point on a street: its row in the network, and the fraction along it."""

    street: int
    along: float


@takes
class Passing:
    """
    Travel times from and to places that come and go; nothing is kept of a place that has gone.

    Where a unit stands is put on the nearest street that is no freeway, on a bridge and in a tunnel too: a unit that is
    free on a freeway has to leave it first.

    Parameters
    ----------
    scenario
        Whose roads and open stations.
    cutoff_s
        What is farther than this from a place is not looked for. [s]
    """

    @former_argument("within_s", now="cutoff_s")
    def __init__(self, scenario: Scenario, *, cutoff_s: float) -> None:
        self._scenario = scenario
        self._cutoff_s = cutoff_s
        self._to_metric = pyproj.Transformer.from_crs(WGS84, scenario.roads.crs, always_xy=True)  # slow to make
        roads = scenario.roads
        homes = station_places(scenario)
        spots = zip(homes.on_road.street.tolist(), homes.on_road.along.tolist(), strict=True)
        self._homes = {str(s): Spot(*spot) for s, spot in zip(homes.ids, spots, strict=True)}
        self._toward: dict[str, NDArray[np.float32]] = {}
        self._routing = roads.routing
        self._workspace = kernel.Workspace(roads.routing.n_states)

    @takes
    def spot(self, at: tuple[float, float]) -> Spot | None:
        """Put a longitude and latitude [°] on the road; None: it is off the road."""
        xy = np.column_stack(self._to_metric.transform([at[0]], [at[1]]))
        if not np.isfinite(xy).all():
            return None
        found = put(self._scenario.roads, xy, limit_m=self._scenario.snap_limit_m, what="unit").on_road
        return Spot(int(found.street[0]), float(found.along[0])) if found.street[0] >= 0 else None

    @takes
    def lonlat(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn coordinates of the network's CRS into longitude and latitude. [°]"""
        if np.ndim(xy_m) != 2 or np.shape(xy_m)[1] != 2 or not np.issubdtype(np.asarray(xy_m).dtype, np.number):
            raise InputError(f"xy_m is an array of shape {np.shape(xy_m)}: give one of two columns, x and y")
        xy_m = np.asarray(xy_m)
        return np.column_stack(self._to_metric.transform(xy_m[:, 0], xy_m[:, 1], direction="INVERSE"))

    @takes
    def station(self, station_id: str) -> Spot:
        """Say where an open station stands."""
        if station_id not in self._homes:
            raise UnknownIdError("open station", station_id, self._homes)
        return self._homes[station_id]

    @takes
    def times_from(self, spot: Spot, ends: Places) -> NDArray[np.float32]:
        """Give the times of a unit that is on the road, from a place to all of a set; inf beyond `cutoff_s`. [s]"""
        roads = self._scenario.roads
        limit_s = max(roads.curve.added_s(last_within(self._cutoff_s)), 0.0)
        nodes, node_s = _reach(roads.routing, spot, limit_s, self._workspace)
        added_s = kernel.point_times(
            nodes,
            node_s,
            origin=spot,
            streets=roads.routing.streets,
            points=(ends.on_road.street, ends.on_road.along),
            limit_s=limit_s,
            workspace=self._workspace,
        )
        return roads.curve.clock_s(added_s)

    @takes
    def look_homeward(self, station_ids: Iterable[str]) -> None:
        """Search the ways back to some stations, if that was not done yet."""
        for station_id in station_ids:
            if station_id not in self._toward:
                back = self._scenario.roads.routing_back
                node_s = np.full(back.n_states, np.inf, dtype=np.float32)
                nodes, found_s = _reach(back, self.station(station_id), np.inf, self._workspace)
                node_s[nodes] = found_s
                self._toward[station_id] = node_s

    @takes
    def time_to(self, station_id: str, spot: Spot) -> float:
        """
        Give the driving time from a place to a station. [s]

        One search from each station, on the same streets driven the other way, is kept; then a place costs two
        look-ups. `look_homeward` makes it ahead.
        """
        home = self.station(station_id)
        self.look_homeward([station_id])
        routing, turned, state_s = self._routing, self._scenario.roads.routing_back, self._toward[station_id]
        street, along = spot
        there, back = float(turned.streets.there_s[street]), float(turned.streets.back_s[street])
        first, last = turned.states_at(street, along)
        # What is lost at the end of a street by whoever leaves it is no part of a search from the other side.
        best = min(
            float(state_s[first]) + part_s(along, there) + part_s(along > 0, float(routing.lost_back_s[street])),
            float(state_s[last]) + part_s(1.0 - along, back) + part_s(along < 1, float(routing.lost_there_s[street])),
        )
        if street == home.street:
            ahead = along - home.along
            best = min(
                best, part_s(ahead, there) if ahead >= 0 else np.inf, part_s(-ahead, back) if ahead <= 0 else np.inf
            )
        return self._scenario.roads.curve.clock_s(best)


def part_s(share: float, whole_s: float) -> float:
    """Part of the time along a street; none of it takes none, even where it may not be driven."""
    return share * whole_s if share > 0 else 0.0


def _reach(
    routing: Routing, spot: Spot, cutoff_s: float, workspace: kernel.Workspace
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    street, along = np.array([spot.street], dtype=np.int32), np.array([spot.along])
    seeds = routing.seeds(street, along, owner=np.zeros(1, dtype=np.int64))
    return kernel.reach(
        routing.graph, seeds.node, seeds.spent_s, limit_s=cutoff_s, corners=True, workspace=workspace
    )  # fmt: skip
