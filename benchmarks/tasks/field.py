"""The nearest station of every node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.measuring import Contest, Way
from benchmarks.tasks.reach import digraph_of
from benchmarks.tasks.shared import as_row, demand, same_times
from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from benchmarks.networks import Place


def nearest_field(graph, nodes):
    """Time and owner of every node."""
    seeds = kernel.Seeds(nodes, np.zeros(len(nodes)), np.arange(len(nodes), dtype=np.int32))
    time_s, owner = kernel.nearest_sources(graph, seeds, 1).lists()
    return time_s[:, 0], owner[:, 0]


def contests(place: Place):
    graph = place.roads.graph
    stations = place.draw_nodes(50)

    def check(ours, theirs):
        time_s, owner = np.asarray(ours[0], dtype=float), ours[1]
        if "scipy" in theirs:
            best_s, _, source = theirs["scipy"]
            same_times(time_s, best_s, label="scipy")
            reached = np.isfinite(best_s)
            apart = (stations[owner[reached]] != source[reached]).mean()
            demand(apart < 1e-3, f"scipy: {apart:.1%} of nodes have another owner")
        if "networkx" in theirs:
            found = theirs["networkx"]
            same_times(time_s, as_row((list(found), list(found.values())), graph.n_nodes), label="networkx")

    yield Contest(
        task="field",
        title=f"nearest of {len(stations)} stations: time and owner of every node",
        place=place.name,
        ours=Way("fireplan", lambda: nearest_field(graph, stations)),
        peers=(
            Way(
                "scipy",
                lambda: dijkstra(place.matrix, indices=stations, min_only=True, return_predecessors=True),
                prepare=lambda: place.matrix,
            ),
            Way(
                "networkx",
                lambda: nx.multi_source_dijkstra_path_length(place.digraph, stations.tolist(), weight="time"),
                prepare=lambda: digraph_of(place),
                note="times only, no owner",
            ),
        ),
        check=check,
        times_faster={"scipy": 2.5, "networkx": 60},
        judged=place.judged,
    )
