"""Every street of a class gets slower: the nearest-station field again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.measuring import Contest, Way
from benchmarks.tasks.field import nearest_field
from benchmarks.tasks.shared import same_times

if TYPE_CHECKING:
    from benchmarks.networks import Place

SLOWER = 1.2


def contests(place: Place):
    roads = place.roads
    stations = place.draw_nodes(50)
    times = np.where(roads.highway == "residential", SLOWER, 1.0)
    matrix = place.matrix
    slow_s = roads.with_times(there_s=roads.there_s * times, back_s=roads.back_s * times).graph.time_s
    # scipy is given the factor of each arc: the cheapest way to change its matrix.
    factor = np.divide(slow_s, matrix.data, out=np.ones(matrix.nnz), where=matrix.data > 0)

    def ours():
        slower = roads.with_times(there_s=roads.there_s * times, back_s=roads.back_s * times)
        return nearest_field(slower.graph, stations)

    def by_scipy():
        slower = csr_array((matrix.data * factor, matrix.indices, matrix.indptr), shape=matrix.shape)
        return dijkstra(slower, indices=stations, min_only=True, return_predecessors=True)

    yield Contest(
        task="speeds",
        title=f"a speed class changes: field of {len(stations)} stations, graph included",
        place=place.name,
        ours=Way("fireplan", ours),
        peers=(Way("scipy", by_scipy, note="given the factor of each arc"),),
        check=lambda mine, theirs: same_times(np.asarray(mine[0], dtype=float), theirs["scipy"][0], label="scipy"),
        times_faster={"scipy": 2},
        most_ms=25.0,
        judged=place.judged,
    )
