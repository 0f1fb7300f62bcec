"""Open a station in the sample city, and read the figures."""

from __future__ import annotations

from itertools import count

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import fireplan as fp
from benchmarks.measuring import Contest, Way
from fireplan.travel._places import places, station_places

LIMIT_S = 240.0


def contests(*, quick: bool):
    today = fp.examples.marisol(calibrated=False)
    roads = today.roads
    nodes = roads.nodes
    within = np.flatnonzero(roads.component == 0)
    spots = np.random.default_rng(5).choice(within, 200, replace=False)
    lonlat = nodes[["x", "y"]].to_numpy()[spots]
    ours_at, theirs_at = count(), count()

    def ours():
        at = tuple(lonlat[next(ours_at) % len(spots)].tolist())
        new = today.apply(fp.OpenStation("N1", at=at, units=("E99",)), name="one more")
        return fp.compare(today, new, standard=fp.standards.NFPA_1710).summary()

    graph = roads.graph
    matrix = csr_array(
        (graph.time_s.astype(float), graph.head, graph.start.astype(np.int32)), shape=(graph.n_nodes, graph.n_nodes)
    )
    open_now = roads.first[station_places(today).on_road.street]
    points = [places(today, kind).on_road for kind in ("incidents", "zones", "roads")]
    street = np.concatenate([p.street for p in points])
    along = np.concatenate([p.along for p in points])

    def by_scipy():
        sources = np.append(open_now, spots[next(theirs_at) % len(spots)])
        node_s, _, owner = dijkstra(matrix, indices=sources, min_only=True, return_predecessors=True)
        there_s = node_s[roads.first[street]] + along * roads.there_s[street]
        back_s = node_s[roads.last[street]] + (1 - along) * roads.back_s[street]
        first_s = np.where(street >= 0, np.minimum(there_s, back_s), np.inf)
        return np.quantile(first_s[np.isfinite(first_s)], 0.9), (first_s <= LIMIT_S).mean(), owner

    yield Contest(
        task="whatif",
        title=f"apply, compare, summary: {len(street):,} points, a new place each time",
        place="marisol",
        ours=Way("fireplan", ours, note="2 objectives of 4 measures each, first due and whole force"),
        peers=(Way("scipy", by_scipy, note="less work: nearest station, p90 and one share", same_work=False),),
        most_ms=5.0,
        judged=not quick,
    )
