"""Everything within eight minutes of each of many stations."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.measuring import CannotRunError, Contest, Way
from benchmarks.tasks.shared import as_row, reach_all, same_times
from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from benchmarks.networks import Place

LIMIT_S = 480.0
ROUNDED_S = 0.1
"""pandana rounds every arc to a millisecond, and a path has some hundred arcs. [s]"""

MOST_TIMES_SLOWER = 1.8
"""How much longer a search over turns may take than one over nodes."""

MOST_DENSE = 60_000_000
"""Numbers in the dense rows that are let run at once; more are run in part."""


def contests(place: Place):
    graph = place.roads.graph
    stations = place.draw_nodes(50 if place.quick else 500)
    dense = max(2, min(len(stations), MOST_DENSE // graph.n_nodes))
    few = min(len(stations), 2 if place.quick else 10)

    def by_pandana():
        return place.pandana.nodes_in_range(stations, LIMIT_S, "time")

    def by_networkx():
        return [nx.single_source_dijkstra_path_length(place.digraph, int(s), LIMIT_S, "time") for s in stations[:few]]

    def check(ours, theirs):
        rows = [as_row(found, graph.n_nodes) for found in ours[:few]]
        for i, row in enumerate(rows):
            if "scipy" in theirs:
                same_times(row, theirs["scipy"][i], label="scipy")
            if "networkx" in theirs:
                found = theirs["networkx"][i]
                same_times(row, as_row((list(found), list(found.values())), graph.n_nodes), label="networkx")
            if "pandana" in theirs:
                table = theirs["pandana"]
                mine = table[table["source"] == stations[i]]
                same_times(
                    row, as_row((mine["destination"], mine["time"]), graph.n_nodes), label="pandana", within_s=ROUNDED_S
                )
        return f"{np.mean([len(found[0]) for found in ours]):,.0f} nodes each", True

    yield Contest(
        task="reach",
        title=f"480 s reach of {len(stations)} stations",
        place=place.name,
        ours=Way("fireplan", lambda: reach_all(graph, stations, limit_s=LIMIT_S)),
        peers=(
            Way(
                "scipy",
                lambda: dijkstra(place.matrix, indices=stations[:dense], limit=LIMIT_S),
                prepare=lambda: place.matrix,
                share=dense / len(stations),
                note="dense rows",
            ),
            Way("pandana", by_pandana, prepare=lambda: pandana_of(place), note="rounds arcs to 1 ms"),
            Way("networkx", by_networkx, prepare=lambda: digraph_of(place), share=few / len(stations)),
        ),
        check=check,
        times_faster={"scipy": 10, "pandana": 7},
        judged=place.judged,
    )
    yield _over_turns(place, stations[:50])


def _over_turns(place: Place, stations):
    """The same search with each turn by itself: states are streets by direction."""
    nodes, ways = place.roads.routing, place.roads.with_turns("exact").routing

    def all_of(routing):
        workspace = kernel.Workspace(routing.n_states)
        one = np.zeros(1, dtype=np.int64)
        seeds = [routing.from_nodes(stations[i : i + 1], owner=one) for i in range(len(stations))]
        return lambda: [
            kernel.reach(routing.graph, s.node, s.spent_s, limit_s=LIMIT_S, workspace=workspace) for s in seeds
        ]

    def check(ours, _):
        graph = ways.graph
        streets = np.arange(ways.streets.nodes_from)
        tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        arcs = csr_array((graph.time_s.astype(float), (tail, graph.head)), shape=(graph.n_nodes,) * 2)
        seeds = ways.from_nodes(stations[:1], owner=np.zeros(1, dtype=np.int64))
        row = dijkstra(arcs, indices=seeds.node, limit=LIMIT_S, min_only=True)
        same_times(as_row(ours[0], graph.n_nodes)[streets], row[streets], label="scipy over turns")
        megabytes = (graph.start.nbytes + graph.arcs.nbytes) / 1e6
        return f"{np.mean([len(found[0]) for found in ours]):,.0f} states each, {megabytes:.1f} MB", True

    return Contest(
        task="reach",
        title=f"480 s reach of {len(stations)} stations, each turn by itself",
        place=place.name,
        ours=Way("fireplan", all_of(ways)),
        peers=(Way("fireplan over nodes", all_of(nodes)),),
        check=check,
        times_faster={"fireplan over nodes": 1 / MOST_TIMES_SLOWER},
        judged=place.judged,
    )


@contextmanager
def _silent():
    """Keep what compiled code prints from standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w", encoding="ascii") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def pandana_of(place: Place):
    """The network as pandana takes it, where that can be had."""
    try:
        with _silent():
            return place.pandana
    except ImportError as error:
        raise CannotRunError(f"not installed or not importable ({error})") from error


def digraph_of(place: Place):
    """The network as networkx takes it, where it fits into memory."""
    if place.roads.n_nodes > place.MOST_NETWORKX_NODES:
        raise CannotRunError("a graph of this size is not held in networkx here")
    return place.digraph
