"""The streets reached within a time, each cut where time runs out, and the ground beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.ops import substring

from fireplan._limits import last_within
from fireplan.travel._clock import start_of
from fireplan.travel._travel_times import Reach, reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario

BESIDE_M = 25.0
"""How far the ground beside a street belongs to it, where no other street is nearer. [m]"""

ARC_STEPS = 4
"""Corners of a quarter circle round the end of a street."""


def reached_strips(
    scenario: Scenario, origin: tuple[int, float], *, within_s: Sequence[float], beside_m: float
) -> dict[float, shapely.MultiPolygon]:
    """
    Ground beside the streets an origin reaches.

    Parameters
    ----------
    scenario
        Whose roads.
    origin
        Street and fraction along it.
    within_s
        Travel times. [s]
    beside_m
        How far from a street its ground goes. [m]

    Returns
    -------
    By travel time; each contains those of smaller times.
    """
    roads = scenario.roads
    areas: dict[float, shapely.MultiPolygon] = {}
    inner: list[shapely.Geometry] = []
    start_s = start_of(scenario, origin)
    # Streets are cut where what they add up to runs out.
    added_s = {limit_s: max(roads.curve.added_s(last_within(limit_s), start_s), 0.0) for limit_s in within_s}
    farthest = reach(scenario, origin, cutoff_s=max(added_s.values()))
    for told_s, limit_s in sorted(added_s.items()):
        in_time = farthest.node_s <= limit_s
        found = Reach(farthest.nodes[in_time], farthest.node_s[in_time])
        lines = reached_lines(roads, found, origin=origin, within_s=limit_s)
        # Street by street: the buffer of many lines at once takes time in proportion to their square.
        strips = shapely.buffer(lines, beside_m, quad_segs=ARC_STEPS)
        # Round ends are polygons, so a longer piece can miss a shorter one's end by millimetres.
        area = shapely.union_all([*strips, *inner])
        inner = [area]
        areas[told_s] = shapely.MultiPolygon(list(shapely.get_parts(area)))
    return areas


def reached_lines(
    roads: RoadNetwork, found: Reach, *, origin: tuple[int, float], within_s: float
) -> NDArray[np.object_]:
    """
    Cut the streets an origin reaches where time runs out.

    Parameters
    ----------
    roads
        The network.
    found
        What a search reached within the time, and the time to each. [s]
    origin
        Street and fraction along it where the search began.
    within_s
        The time. [s]

    Returns
    -------
    Lines; a street entered from both ends and not reached in its middle gives two. [m]
    """
    routing = roads.routing
    state_s = np.full(routing.n_states, np.inf)
    state_s[found.nodes] = found.node_s
    way = np.arange(roads.n_streets)
    first, last = (2 * way, 2 * way + 1) if routing.by_turn else (roads.first, roads.last)
    from_first = _share(within_s - state_s[first], roads.there_s)
    from_last = _share(within_s - state_s[last], roads.back_s)
    whole = from_first + from_last >= 1
    pieces: list[tuple[int, float, float]] = []
    pieces += [(int(s), 0.0, float(from_first[s])) for s in np.flatnonzero((from_first > 0) & ~whole)]
    pieces += [(int(s), 1.0 - float(from_last[s]), 1.0) for s in np.flatnonzero((from_last > 0) & ~whole)]
    street, along = origin
    own = np.array([street])
    ahead = float(_share(np.array([within_s]), roads.there_s[own])[0])
    behind = float(_share(np.array([within_s]), roads.back_s[own])[0])
    pieces.append((street, max(0.0, along - behind), min(1.0, along + ahead)))
    lines = roads.streets.geometry.array
    cut = [substring(lines[s], a, b, normalized=True) for s, a, b in pieces]
    return np.concatenate([np.asarray(lines[whole], dtype=object), np.array(cut, dtype=object)])


def _share(left_s: NDArray[np.float64], whole_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of a street is driven in the time left; nothing where it may not be driven that way."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole_s > 0, left_s / whole_s, 1.0)
    return np.where((left_s >= 0) & np.isfinite(whole_s), np.clip(share, 0.0, 1.0), 0.0)
