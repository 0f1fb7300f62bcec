"""A department of many stations through the public calls: a first assessment, and what-ifs with every measure."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

import fireplan as fp
from benchmarks.measuring import Contest, Way
from benchmarks.tasks.shared import demand
from fireplan.travel._places import places, station_places

if TYPE_CHECKING:
    from benchmarks.networks import Place

LIMIT_S = 240.0


class Size(NamedTuple):
    """How much is asked of a place, and what it may take: each number of stations with its targets. [ms], [MB]"""

    zones: int
    calls: int
    stations: dict[int, tuple[float | None, float | None]]
    most_mb: float | None = None


QUICK = Size(500, 2000, {20: (None, None)})
CITY = Size(20_000, 100_000, {40: (None, 5)})
COUNTY = Size(20_000, 100_000, {50: (3000, 30), 300: (3000, 10), 1000: (4500, None)}, 1000)
STATE = Size(70_000, 5_000_000, {300: (25_000, 50)}, 6000)
MANY_NODES = 500_000


def department(place: Place, n_stations: int) -> fp.Scenario:
    """Make a department: an engine at each station, a truck at every third, people in zones, calls at their points."""
    roads = place.roads
    rng = np.random.default_rng(3)

    def frame(xy_m, **columns):
        return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xy_m[:, 0], xy_m[:, 1]), crs=roads.crs)

    names = [f"S{i}" for i in range(n_stations)]
    stations = frame(roads.node_xy_m[place.draw_nodes(n_stations)] + 5, station_id=names, name=names)
    trucks = names[::3]
    units = pd.DataFrame(
        {
            "unit_id": [f"E{i}" for i in range(len(names))] + [f"T{i}" for i in range(len(trucks))],
            "station_id": names + trucks,
            "type": ["engine"] * len(names) + ["truck"] * len(trucks),
        }
    )
    n_zones, n_calls, *_ = size_of(place)
    people = rng.integers(1, 200, n_zones).astype(float)
    zones = frame(place.draw_points_m(n_zones), zone_id=[f"Z{i}" for i in range(n_zones)], population=people)
    calls = frame(place.draw_points_m(n_calls, seed=9), incident_id=[f"I{i}" for i in range(n_calls)], category="fire")
    return fp.Scenario(roads, stations, units, zones, incidents=calls)


def size_of(place: Place) -> Size:
    if place.quick:
        return QUICK
    if not place.judged:
        return CITY
    return STATE if place.roads.n_nodes > MANY_NODES else COUNTY


def contests(place: Place):
    roads, size = place.roads, size_of(place)
    for n_stations, (first_ms, what_if_ms) in size.stations.items():
        today = department(place, n_stations)
        points = [places(today, kind).on_road for kind in ("incidents", "zones", "roads")]
        street = np.concatenate([p.street for p in points])
        along = np.concatenate([p.along for p in points])
        stand = station_places(today).on_road
        sources = np.where(stand.along < 0.5, roads.first[stand.street], roads.last[stand.street])
        spots = place.draw_nodes(200, seed=5)
        lonlat = roads.nodes[["x", "y"]].to_numpy()[spots]

        def first(today=today):
            fresh = fp.Scenario(today.roads, today.stations, today.units, today.zones, incidents=today.incidents)
            return fp.assess(fresh, standard="NFPA_1710").summary()

        def arrivals(node_s, street=street, along=along):
            there_s = node_s[roads.first[street]] + along * roads.there_s[street]
            back_s = node_s[roads.last[street]] + (1 - along) * roads.back_s[street]
            return np.where(street >= 0, np.minimum(there_s, back_s), np.inf)

        def by_scipy(sources=sources, arrivals=arrivals):
            arrival_s = arrivals(dijkstra(place.matrix, indices=sources, min_only=True))
            return np.quantile(arrival_s[np.isfinite(arrival_s)], 0.9), (arrival_s <= LIMIT_S).mean()

        words = f"{n_stations:,} stations, {len(street):,} places"
        yield Contest(
            task="county",
            title=f"first assess: {words}",
            place=place.name,
            ours=Way("fireplan", first, note="first engine and 16 people, 3 measures each"),
            peers=(
                Way(
                    "scipy", by_scipy, prepare=lambda: place.matrix, note="less: nearest station, p90 and one share",
                    same_work=False,
                ),
            ),
            most_ms=first_ms,
            most_mb=size.most_mb,
            judged=place.judged,
        )  # fmt: skip
        yield _what_ifs(place, today, words, (lonlat, spots), (by_scipy, sources, arrivals), most_ms=what_if_ms)


def _what_ifs(place: Place, today: fp.Scenario, words: str, at, scipys, *, most_ms: float | None) -> Contest:
    (lonlat, spots), (by_scipy, sources, arrivals) = at, scipys
    asked, again, new = count(), count(), count()
    fp.assess(today, standard="NFPA_1710").summary()
    kept: dict[str, np.ndarray] = {}

    def ours():
        k = next(asked)
        opened = today.apply(
            fp.OpenStation(f"N{k}", at=tuple(lonlat[k % len(spots)].tolist()), units=(f"E99{k}0",)), name=f"more {k}"
        )
        return fp.compare(today, opened, standard="NFPA_1710").summary()

    def whole():
        return by_scipy(np.append(sources, spots[next(again) % len(spots)]))

    def prepare():
        if not kept:
            kept["node_s"] = dijkstra(place.matrix, indices=sources, min_only=True)
        return kept

    def expert():
        node_s = dijkstra(place.matrix, indices=int(spots[next(new) % len(spots)]), limit=1200.0)
        arrival_s = arrivals(np.minimum(node_s, kept["node_s"]))
        return np.quantile(arrival_s[np.isfinite(arrival_s)], 0.9), (arrival_s <= LIMIT_S).mean()

    def check(result, theirs):
        demand(len(result) == 12, f"{len(result)} rows: two objectives of three measures, twice, are 12")
        return f"{theirs['scipy, all anew'][1]:.1%} of places within 240 s", True

    return Contest(
        task="county",
        title=f"what-if, a new place each time: {words}",
        place=place.name,
        ours=Way("fireplan", ours, note="apply, compare, summary: first engine and 16 people, 3 measures each"),
        peers=(
            Way("scipy, all anew", whole, prepare=prepare, note="less: nearest station, p90 and one share"),
            Way("scipy, the new row", expert, prepare=prepare, note="less: a bounded row, a kept minimum, one share"),
        ),
        check=check,
        times_faster={"scipy, all anew": 5, "scipy, the new row": 1},
        most_ms=most_ms,
        judged=place.judged,
    )  # fmt: skip
