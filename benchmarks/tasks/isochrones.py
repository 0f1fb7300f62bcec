"""Outlines of what stations reach in eight minutes, and how near they come to the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from benchmarks.measuring import CannotRunError, Contest, Way
from benchmarks.tasks.reach import LIMIT_S
from benchmarks.tasks.shared import reach_from
from fireplan import _kernel as kernel
from fireplan.travel._mesh import BEYOND_S, arrivals, build_mesh, outline

if TYPE_CHECKING:
    from benchmarks.networks import Place

NEAR_M = 100.0
"""Points farther than this from any street are not asked about. [m]"""

LEAST_IOU = 0.94
MOST_NODES = 400_000
"""Larger networks are not meshed here: it would take most of the run."""

EDGE_BUFFER_M, NODE_BUFFER_M = 25.0, 50.0
"""The widths of the OSMnx examples. [m]"""


def contests(place: Place):
    roads = place.roads
    if roads.n_nodes > MOST_NODES:
        return
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
        reached = arrivals(mesh, roads, found, origin=origin, within_s=search_s, space=space)
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
    yield Contest(
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
    yield Contest(
        task="isochrones",
        title="the mesh itself, once per network",
        place=place.name,
        ours=Way("fireplan", lambda: build_mesh(roads)),
        judged=False,
    )


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
