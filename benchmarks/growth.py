"""How the cost of the main steps grows with nodes, stations and incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.measuring import Contest, Way, run
from benchmarks.tasks.field import nearest_field
from benchmarks.tasks.reach import LIMIT_S
from benchmarks.tasks.shared import reach_all, reach_from
from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.networks import Place


class Growth(NamedTuple):
    """Cost of one step at several sizes. [ms]; None: not there yet"""

    step: str
    grows: str
    sizes: list[int]
    ms: list[float | None]


def growth(places: list[Place], *, repeats: int) -> Iterator[Growth]:
    """Measure on the generated places, from small to large; stations and incidents on the one before the last."""
    sizes = [p.roads.n_nodes for p in places]
    yield Growth("480 s reach of 50 stations", "nodes", sizes, _all(places, _reach, repeats))
    yield Growth("nearest-station field, no cutoff", "nodes", sizes, _all(places, _field, repeats))
    yield Growth("change a speed, graph again", "nodes", sizes, _all(places, _graph, repeats))
    place = places[-2] if len(places) > 1 else places[-1]
    stations = [10, 50, 100] if place.quick else [50, 100, 200, 500, 1_000]
    ways = [_stations(place, n) for n in stations]
    yield Growth("480 s reach", "stations", stations, [_ms(w, repeats) for w in ways])
    ways = [_field(place, n) for n in stations]
    yield Growth("nearest-station field, no cutoff", "stations", stations, [_ms(w, repeats) for w in ways])
    incidents = [1_000, 4_000] if place.quick else [25_000, 50_000, 100_000, 200_000, 400_000]
    yield Growth("snap", "incidents", incidents, [_ms(_snap(place, n), repeats) for n in incidents])
    yield Growth(
        "times from 1 station, solved", "incidents", incidents, [_ms(_times(place, n), repeats) for n in incidents]
    )


def _all(places: list[Place], make: Callable[[Place], Way], repeats: int) -> list[float | None]:
    return [_ms(make(place), repeats) for place in places]


def _ms(way: Way, repeats: int) -> float | None:
    return run(Contest(task="growth", title="", place="", ours=way), repeats=repeats).ours.ms


def _stations(place: Place, count: int) -> Way:
    nodes = place.draw_nodes(count)
    return Way("", lambda: reach_all(place.roads.graph, nodes, limit_s=LIMIT_S))


def _reach(place: Place) -> Way:
    return _stations(place, 50)


def _field(place: Place, count: int = 50) -> Way:
    nodes = place.draw_nodes(count)
    return Way("", lambda: nearest_field(place.roads.graph, nodes))


def _graph(place: Place) -> Way:
    roads = place.roads
    return Way("", lambda: roads.with_times(there_s=roads.there_s * 1.1, back_s=roads.back_s * 1.1).graph)


def _snap(place: Place, count: int) -> Way:
    points_m, every = place.draw_points_m(count), np.ones(place.roads.n_streets, dtype=bool)
    return Way("", lambda: kernel.snap(place.roads.segment_grid, points_m, limit_m=np.inf, allowed=every))


def _times(place: Place, count: int) -> Way:
    roads, rng = place.roads, np.random.default_rng(11)
    points = (rng.integers(roads.n_streets, size=count).astype(np.int32), rng.random(count))
    workspace = kernel.Workspace(roads.n_nodes)
    found = reach_from(roads.graph, place.draw_nodes(1)[0], workspace, limit_s=np.inf)
    streets = (roads.first, roads.last, roads.there_s, roads.back_s)
    return Way(
        "",
        lambda: kernel.point_times(*found, origin=(-1, 0.0), streets=streets, points=points, workspace=workspace),
    )
