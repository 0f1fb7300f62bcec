"""How far it is from stations to places by the quickest ways, many at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan.travel._places import station_places
from fireplan.travel._travel_times import reach

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


class MeasuredArcs(NamedTuple):
    """Arcs between states, by tail: where each leads, how long it takes [s], how far it is [m]."""

    start: NDArray[np.int64]
    head: NDArray[np.int64]
    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]


def length_rows(scenario: Scenario, ends: Places) -> NDArray[np.float32]:
    """
    Say how far it is from the open stations to places, by the ways of least time.

    Parameters
    ----------
    scenario
        Whose stations and roads.
    ends
        Where to.

    Returns
    -------
    Stations x places; inf where there is no way. [m] Of ways that are equally quick any counts.
    """
    starts, roads = station_places(scenario), scenario.roads
    arcs = _arcs(roads)
    found = np.empty((len(starts.ids), len(ends.ids)), dtype=np.float32)
    for row, origin in enumerate(zip(starts.on_road.street.tolist(), starts.on_road.along.tolist(), strict=True)):
        key: Hashable = ("lengths", roads.fingerprint, origin, ends.key)
        found[row] = scenario.memo.get(key, partial(_row, scenario, arcs, origin, ends))
    return found


def _arcs(roads: RoadNetwork) -> MeasuredArcs:
    """Lay out what a search runs over with lengths."""
    routing, streets = roads.routing, roads.routing.streets
    length_m = np.repeat(roads.length_m, 2)
    along_s = np.column_stack([streets.there_s, streets.back_s]).ravel()
    ends = np.column_stack([streets.last, streets.first]).ravel().astype(np.int64)
    if routing.by_turn:
        graph, ways = routing.graph, np.arange(len(along_s))
        before = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        tail = np.concatenate([before, ways])
        head = np.concatenate([graph.head.astype(np.int64), streets.nodes_from + ends])
        time_s = np.concatenate([graph.time_s.astype(float), along_s])
        length_m = np.concatenate([length_m[before], length_m])
    else:
        tail = np.column_stack([streets.first, streets.last]).ravel().astype(np.int64)
        head = ends
        time_s = along_s + np.column_stack([routing.lost_there_s, routing.lost_back_s]).ravel()
    going = np.flatnonzero(np.isfinite(time_s))
    order = going[np.argsort(tail[going], kind="stable")]
    start = np.searchsorted(tail[order], np.arange(routing.n_states + 1)).astype(np.int64)
    return MeasuredArcs(start, head[order], time_s[order], length_m[order])


def _row(scenario: Scenario, arcs: MeasuredArcs, origin: tuple[int, float], ends: Places) -> NDArray[np.float32]:
    """Lengths from one point on a street."""
    roads = scenario.roads
    routing, streets, length_m = roads.routing, roads.routing.streets, roads.length_m
    states, found_s = reach(scenario, origin)
    state_s, state_m = np.full(routing.n_states, np.inf), np.full(routing.n_states, np.nan)
    state_s[states] = found_s
    street, along = origin
    seeds = routing.seeds(np.array([street], np.int32), np.array([along]), owner=np.zeros(1, np.int64))
    # A seed that a way around reaches sooner is none: it is reached like any other.
    first = seeds.spent_s <= state_s[seeds.node] + 1e-3
    state = seeds.node[first].astype(np.int64)
    state_m[state] = np.where(
        _corner(roads, state) == roads.last[street], (1.0 - along) * length_m[street], along * length_m[street]
    )
    order = states[np.argsort(found_s, kind="stable")].astype(np.int64)
    while kernel.lengths_along(
        order, state_s, state_m, *arcs
    ):  # anew where two states have one time to single precision
        pass
    place, at = ends.on_road.street, ends.on_road.along
    on = np.flatnonzero(place >= 0)
    place, at = place[on], at[on]
    if routing.by_turn:
        by_first = np.where(at <= 0, streets.nodes_from + streets.first[place], 2 * place)
        by_last = np.where(at >= 1, streets.nodes_from + streets.last[place], 2 * place + 1)
    else:
        by_first, by_last = streets.first[place], streets.last[place]
    same = place == street
    ahead = at - along
    with np.errstate(invalid="ignore"):  # inf times nothing
        by_first_s = state_s[by_first] + np.where(at > 0, at * streets.there_s[place], 0.0)
        by_last_s = state_s[by_last] + np.where(at < 1, (1 - at) * streets.back_s[place], 0.0)
        whole_s = np.where(ahead >= 0, streets.there_s[place], streets.back_s[place])
        direct_s = np.where(same, np.where(ahead == 0, 0.0, np.abs(ahead) * whole_s), np.inf)
    ways_s = np.stack([direct_s, by_first_s, by_last_s])
    ways_m = np.stack(
        [
            np.abs(ahead) * length_m[place],
            state_m[by_first] + at * length_m[place],
            state_m[by_last] + (1 - at) * length_m[place],
        ]
    )
    best = ways_s.argmin(axis=0)
    each = np.arange(len(on))
    row = np.full(len(ends.ids), np.inf, dtype=np.float32)
    row[on] = np.where(np.isfinite(ways_s[best, each]), ways_m[best, each], np.inf)
    return row


def _corner(roads: RoadNetwork, state: NDArray[np.int64]) -> NDArray[np.int64]:
    """Node at which a search stands in a state."""
    routing = roads.routing
    if not routing.by_turn:
        return state
    streets = routing.streets
    way = np.minimum(state, streets.nodes_from - 1)
    entered = np.where(way % 2 == 0, streets.first[way >> 1], streets.last[way >> 1])
    return np.where(state >= streets.nodes_from, state - streets.nodes_from, entered)
