"""The live picture: one word of a unit, taken in and followed by what is covered now."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

import fireplan as fp
from benchmarks.measuring import Contest, Way
from benchmarks.tasks.shared import demand
from fireplan._conversions import DAY_US
from fireplan.operations._events.event import Event
from fireplan.operations._events.from_history import busiest_day_us, events_of
from fireplan.operations._picture import Picture
from fireplan.operations._status.live_cover import CoverNow

if TYPE_CHECKING:
    from benchmarks.networks import Place

LIMIT_S = 240.0
STATIONS, ZONES, QUICK_ZONES = 50, 20_000, 1_000
MOST_MS, MOST_MS_SMALL = 20.0, 5.0


def day(*, quick: bool):
    """Marisol's busiest day, word by word."""
    project = fp.examples.marisol_project(calibrated=False)
    start_us = busiest_day_us(project.history)
    events = events_of(project.history, start_us=start_us, end_us=start_us + DAY_US)
    cover = CoverNow(project.today, standard=project.standard)
    picture = Picture(cover, standard=project.standard, policy=project.plan.performance.policy)

    def words():
        picture.reset()
        shares = []
        for event in events:
            picture.take(event, now_us=event.ts_us)
            within = cover.within()
            shares.append([m.share(within) for m in cover.measures])
        return shares[-1]

    yield Contest(
        task="live",
        title=f"a word of the feed: taken in, and what is covered then ({len(events)} words of a day)",
        place="marisol",
        ours=Way("fireplan", words),
        most_ms=MOST_MS_SMALL,
        per=len(events),
        clock="wall",
        judged=not quick,
    )

    def scenes():
        picture.reset()
        for event in events:
            picture.take(event, now_us=event.ts_us)
            scene = picture.scene(event.ts_us)
        return len(scene.moves)

    yield Contest(
        task="live",
        title="the whole picture after each word: units, clocks, cover now and soon, force, advice",
        place="marisol",
        ours=Way("fireplan", scenes),
        per=len(events),
        clock="wall",
        judged=False,
    )


def contests(place: Place):
    """Units of fifty stations leave, and are free again on the road, on a network of any size."""
    roads, cover, spots = place.roads, *_town(place)
    picture = Picture(cover, standard=fp.standards.NFPA_1710)
    zone_nodes = _node_of(cover)
    home_nodes = {u: int(roads.first[cover.home(u).spot.street]) for u in cover.scenario.units.index}
    turn, theirs = count(), count()

    def word(n: int) -> list[Event]:
        """A unit is sent, arrives and is cleared at a place it has never been to."""
        unit, at, ts_us = f"E{n % STATIONS}", spots[n % len(spots)], (1_000_000 + 3600 * n) * 1_000_000
        kinds = ("unit.dispatched", "unit.enroute", "unit.arrived", "unit.cleared")
        return [
            Event(f"{n}-{k}", ts_us + k * 1_000_000, kind, ts_us, None, f"i{n}", unit, at[1], at[0])
            for k, kind in enumerate(kinds)
        ]

    def ours():
        for event in word(next(turn)):
            picture.take(event, now_us=event.ts_us)
            share = cover.measures[0].share(cover.within())
        return share

    def by_scipy():
        """The same with the field of all free units worked out anew at each word."""
        n = next(theirs)
        away = [node for i, node in enumerate(home_nodes.values()) if i != n % STATIONS]
        for _ in range(4):
            node_s = dijkstra(place.matrix, indices=np.array(away), min_only=True, limit=LIMIT_S)
            share = float((node_s[zone_nodes] <= LIMIT_S).mean())
        return share

    def check(found, others):
        demand(abs(found - others["scipy"]) < 0.05, f"scipy: {others['scipy']:.1%} covered, not {found:.1%}")
        return f"{found:.1%} of {len(zone_nodes):,} zones within 240 s", True

    yield Contest(
        task="live",
        title=f"a word of the feed, and what is covered of {len(zone_nodes):,} zones by {STATIONS} engines",
        place=place.name,
        ours=Way("fireplan", ours, note="places along streets; the unit stands where it was cleared"),
        peers=(Way("scipy", by_scipy, note="nearest node; without the unit on the road"),),
        check=check,
        most_ms=MOST_MS,
        per=4,
        clock="wall",
        judged=place.judged,
    )


def _town(place: Place) -> tuple[CoverNow, list[tuple[float, float]]]:
    """A department of fifty engines, zones strewn over its streets, and places where something happens."""
    roads = place.roads
    chosen = place.draw_nodes(STATIONS)
    rng = np.random.default_rng(3)
    drawn = rng.integers(roads.n_nodes, size=QUICK_ZONES if place.quick else ZONES)
    points = gpd.GeoSeries(gpd.points_from_xy(*roads.node_xy_m[chosen].T), crs=roads.crs)
    stations = gpd.GeoDataFrame(
        {"station_id": [f"S{i}" for i in range(STATIONS)], "name": [f"Station {i}" for i in range(STATIONS)]},
        geometry=points,
    )
    units = pd.DataFrame(
        {"unit_id": [f"E{i}" for i in range(STATIONS)], "station_id": [f"S{i}" for i in range(STATIONS)]}
    )
    zones = gpd.GeoDataFrame(
        {"zone_id": [f"Z{i}" for i in range(len(drawn))], "population": 1.0},
        geometry=gpd.GeoSeries(gpd.points_from_xy(*roads.node_xy_m[drawn].T), crs=roads.crs),
    )
    scenario = fp.Scenario(roads, stations.to_crs(4326), units, zones, name="generated", provenance="invented")
    cover = CoverNow(scenario, standard=fp.standards.NFPA_1710)
    spots = gpd.GeoSeries(gpd.points_from_xy(*roads.node_xy_m[rng.integers(roads.n_nodes, size=500)].T), crs=roads.crs)
    lonlat = spots.to_crs(4326)
    return cover, list(zip(lonlat.x.tolist(), lonlat.y.tolist(), strict=True))


def _node_of(cover: CoverNow) -> np.ndarray:
    on = cover.zones.on_road
    roads = cover.scenario.roads
    return np.where(on.along < 0.5, roads.first[on.street], roads.last[on.street])
