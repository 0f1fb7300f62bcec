"""Outlines of what stations reach, with the mesh counted and without, and how near they come to the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from benchmarks.measuring import CannotRunError, Contest, Way
from benchmarks.networks import generated
from benchmarks.tasks.reach import LIMIT_S
from benchmarks.tasks.shared import demand, reach_from
from fireplan import Scenario, progress, travel
from fireplan import _kernel as kernel
from fireplan.travel._mesh import BEYOND_S, arrivals, build_mesh, outline

if TYPE_CHECKING:
    from benchmarks.networks import Place
    from fireplan.roads import RoadNetwork

NEAR_M = 100.0
"""Points farther than this from any street are not asked about. [m]"""

LEAST_IOU = 0.94
MOST_NODES = 400_000
"""Larger networks are not meshed here: it would take most of the run."""

CITY_NODES, CITY_STATIONS = 60_000, 50
"""A city of the size of Porto with its surroundings, and how many stations it has."""

EDGE_BUFFER_M, NODE_BUFFER_M = 25.0, 50.0
"""The widths of the OSMnx examples. [m]"""


def contests(place: Place):
    roads = place.roads
    if roads.n_nodes > MOST_NODES:
        return
    yield _outlines(place)
    yield Contest(
        task="isochrones",
        title="the whole mesh",
        place=place.name,
        ours=Way("fireplan", lambda: build_mesh(roads)),
        most_ms=4_000.0,
        judged=place.judged,
    )
    yield _cold(place.name, roads, 1, within_s=[LIMIT_S], most_ms=500.0, judged=place.judged)
    yield _cold(place.name, roads, CITY_STATIONS, within_s=[LIMIT_S / 2, LIMIT_S])
    if place.judged:
        city = generated(CITY_NODES)
        name = f"generated {CITY_NODES // 1000}k"
        yield _cold(name, city, CITY_STATIONS, within_s=[LIMIT_S / 2, LIMIT_S], most_ms=1_500.0, judged=True)


def _outlines(place: Place) -> Contest:
    """Outlines over a mesh that is there, beside the usual recipe."""
    roads = place.roads
    graph, streets = roads.graph, (roads.first, roads.last, roads.there_s, roads.back_s)
    stations = place.draw_nodes(5 if place.quick else 20)
    few = 1 if place.quick else 2
    mesh = build_mesh(roads)
    space = mesh.space()
    street_of = np.zeros(graph.n_nodes, dtype=np.int32)
    street_of[roads.last] = np.arange(roads.n_streets)
    street_of[roads.first] = np.arange(roads.n_streets)
    workspace = kernel.Workspace(graph.n_nodes)

    def point_times(found, points):
        return kernel.point_times(*found, origin=(-1, 0.0), streets=streets, points=points, workspace=workspace)

    def draw(station):
        search_s = LIMIT_S + BEYOND_S
        found = reach_from(graph, station, workspace, limit_s=search_s)
        street = street_of[station]
        origin = (int(street), 0.0 if roads.first[street] == station else 1.0)
        reached = arrivals(mesh, roads, found, origin=origin, cutoff_s=search_s, space=space)
        return outline(mesh, reached, within_s=LIMIT_S, space=space)

    def recipe(station):
        reached = nx.ego_graph(place.street_graph, int(station), radius=LIMIT_S, distance="time")
        dots = gpd.GeoSeries([shapely.Point(d["x"], d["y"]) for _, d in reached.nodes(data=True)])
        lines = gpd.GeoSeries([d["geometry"] for _, _, d in reached.edges(data=True)])
        pieces = [*dots.buffer(NODE_BUFFER_M), *lines.buffer(EDGE_BUFFER_M)]
        whole = gpd.GeoSeries(pieces).union_all()
        return shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(whole)])

    def street_graph():
        if roads.n_nodes > place.MOST_NETWORKX_NODES:
            raise CannotRunError("a graph of this size is not held in networkx here")
        return place.street_graph

    def agreement(areas):
        return np.mean([_overlap(place, point_times, s, a) for s, a in zip(stations, areas, strict=False)], axis=0)

    def check(ours, theirs):
        mine, mine_false = agreement(ours[:5])
        said = f"IoU with the network {mine:.3f}, false area {mine_false:.1%} (5 stations)"
        if "osmnx recipe" not in theirs:
            return said, bool(mine >= LEAST_IOU)
        other, other_false = agreement(theirs["osmnx recipe"])
        same, same_false = agreement(ours[:few])
        said += f"; on the recipe's {few}: {same:.3f}, {same_false:.1%}, recipe {other:.3f}, {other_false:.1%}"
        return said, bool(mine >= LEAST_IOU and same > other)

    draw(stations[0])
    return Contest(
        task="isochrones",
        title=f"480 s outline, each of {len(stations)} (mesh built before)",
        place=place.name,
        ours=Way("fireplan", lambda: [draw(s) for s in stations], note=f"{len(mesh.xy_m):,} vertices"),
        peers=(
            Way(
                "osmnx recipe",
                lambda: [recipe(s) for s in stations[:few]],
                prepare=street_graph,
                share=few / len(stations),
                note="nodes and edges buffered, union, holes filled",
            ),
        ),
        check=check,
        times_faster={"osmnx recipe": 200},
        most_ms=8.0,
        quality="IoU 0.94 and above the recipe's",
        per=len(stations),
        judged=place.judged,
    )


def _cold(
    name: str, roads: RoadNetwork, stations: int, *, within_s, most_ms: float | None = None, judged: bool = False
) -> Contest:
    """Ask for isochrones of a network as it was read: snapping, search, mesh and table counted."""

    def ask(plan: Scenario):
        with progress.silent():
            return travel.isochrones(plan, within_s=within_s, stations=list(plan.stations.index[:stations]))

    def check(ours, _theirs):
        plan = _department(replace(roads), stations)
        with progress.silent():
            travel.first_due_areas(plan)  # has the mesh laid everywhere
        same = ask(plan).geometry.geom_equals_exact(ours.geometry, tolerance=0.0)
        demand(bool(same.all()), "another outline where the whole mesh was laid before")
        return "the same to the last digit where the whole mesh was laid before", True

    limits = " and ".join(f"{s:.0f}" for s in within_s)
    return Contest(
        task="isochrones",
        title=f"{limits} s isochrones of {stations} station{'s' * (stations > 1)}, cold (mesh counted)",
        place=name,
        ours=Way("fireplan", lambda: ask(_department(replace(roads), stations))),
        check=check,
        most_ms=most_ms,
        judged=judged,
    )


def _department(roads: RoadNetwork, count: int) -> Scenario:
    """Stations at random on streets with doors, the first one near the middle."""
    drawn = np.random.default_rng(7).choice(np.flatnonzero(roads.has_doors), max(count, 50), replace=False)
    at = roads.xy_m[roads.offsets[drawn]]
    at = at[np.argsort(np.hypot(*(at - np.median(roads.node_xy_m, axis=0)).T), kind="stable")]
    ids = pd.Index([f"S{i}" for i in range(len(at))], name="station_id")
    stations = gpd.GeoDataFrame({"name": ids}, geometry=shapely.points(at), index=ids, crs=roads.crs)
    zones = gpd.GeoDataFrame(geometry=shapely.points(at[:1]), index=pd.Index(["Z"], name="zone_id"), crs=roads.crs)
    units = pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str))
    return Scenario(roads, stations, units, zones)


def _overlap(place: Place, point_times, station, area) -> tuple[float, float]:
    """How much an area and the truth share of what either holds, and the part of the truth that is falsely added."""
    roads = place.roads
    found = reach_from(roads.graph, station, None, limit_s=LIMIT_S)
    low, high = roads.node_xy_m[found[0]].min(axis=0) - 300.0, roads.node_xy_m[found[0]].max(axis=0) + 300.0
    points_m = np.random.default_rng(9).uniform(low, high, (4_000 if place.quick else 20_000, 2))
    every = np.ones(roads.n_streets, dtype=bool)
    street, along, _ = kernel.snap(roads.segment_grid, points_m, limit_m=NEAR_M, allowed=every)
    near = street >= 0
    truth = point_times(found, (street[near], along[near])) <= LIMIT_S
    shapely.prepare(area)
    drawn = shapely.contains_xy(area, points_m[near])
    return (truth & drawn).sum() / (truth | drawn).sum(), (drawn & ~truth).sum() / truth.sum()
