"""Points put on their nearest street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import osmnx as ox
import shapely

from benchmarks.measuring import CannotRunError, Contest, Way
from benchmarks.tasks.shared import demand
from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from benchmarks.networks import Place

SAME_M = 0.01


def contests(place: Place):
    roads = place.roads
    points_m = place.draw_points_m(5_000 if place.quick else 100_000)
    points = shapely.points(points_m)
    every = np.ones(roads.n_streets, dtype=bool)
    lines = roads.streets.geometry.to_numpy()
    tree = shapely.STRtree(lines)
    tree.nearest(points[:1])

    def snap(grid):
        return kernel.snap(grid, points_m, limit_m=np.inf, allowed=every)

    def by_shapely(index):
        street = index.nearest(points)
        return street, shapely.line_locate_point(lines[street], points, normalized=True)

    def by_osmnx():
        _, away_m = ox.distance.nearest_edges(place.street_graph, points_m[:, 0], points_m[:, 1], return_dist=True)
        return np.asarray(away_m)

    def check(ours, theirs):
        for name, their in theirs.items():
            away_m = their if name == "osmnx" else shapely.distance(lines[their[0]], points)
            worst = np.abs(ours[2] - away_m).max()
            demand(worst < SAME_M, f"{name}: distances differ by {worst:.3f} m")

    def street_graph():
        if roads.n_nodes > place.MOST_NETWORKX_NODES:
            raise CannotRunError("a graph of this size is not held in networkx here")
        return place.street_graph

    grid = roads.segment_grid
    yield Contest(
        task="snap",
        title=f"snap {len(points):,} points, index built before",
        place=place.name,
        ours=Way("fireplan", lambda: snap(grid)),
        peers=(
            Way("shapely STRtree", lambda: by_shapely(tree)),
            Way("osmnx", by_osmnx, prepare=street_graph, note="builds its index in every call"),
        ),
        check=check,
        times_faster={"osmnx": 40, "shapely STRtree": 10},
        judged=place.judged,
    )
    yield Contest(
        task="snap",
        title=f"snap {len(points):,} points, index built inside",
        place=place.name,
        ours=Way("fireplan", lambda: snap(kernel.build_grid(roads.xy_m, roads.offsets))),
        peers=(Way("shapely STRtree", lambda: by_shapely(shapely.STRtree(lines))),),
        check=check,
        judged=place.judged,
    )
