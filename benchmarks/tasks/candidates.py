"""Everything within eight minutes of each of thousands of candidate sites, kept sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from benchmarks.measuring import Contest, Way
from benchmarks.tasks.reach import LIMIT_S
from benchmarks.tasks.shared import as_row, reach_all, same_times

if TYPE_CHECKING:
    from benchmarks.networks import Place

CHUNK = 25


def contests(place: Place):
    graph = place.roads.graph
    sites = place.draw_nodes(200 if place.quick else 5_000)
    part = min(len(sites), CHUNK if place.quick else 100)

    def by_scipy():
        kept = []
        for begin in range(0, part, CHUNK):
            rows = dijkstra(place.matrix, indices=sites[begin : begin + CHUNK], limit=LIMIT_S)
            for row in rows:
                nodes = np.flatnonzero(np.isfinite(row))
                kept.append((nodes.astype(np.int32), row[nodes].astype(np.float32)))
        return kept

    def check(ours, theirs):
        for found, their in zip(ours, theirs["scipy"][:20], strict=False):
            same_times(as_row(found, graph.n_nodes), as_row(their, graph.n_nodes), label="scipy")
        return f"{sum(len(nodes) for nodes, _ in ours) / 1e6:.1f} M times kept", True

    yield Contest(
        task="candidates",
        title=f"480 s reach of {len(sites):,} candidates, sparse",
        place=place.name,
        ours=Way("fireplan", lambda: reach_all(graph, sites, limit_s=LIMIT_S)),
        peers=(
            Way(
                "scipy",
                by_scipy,
                prepare=lambda: place.matrix,
                share=part / len(sites),
                note=f"rows in blocks of {CHUNK}, then sparse; memory is that of the part",
            ),
        ),
        check=check,
        times_faster={"scipy": 6},
        most_ms=2_500.0,
        most_mb=300.0,
        judged=place.judged,
    )
