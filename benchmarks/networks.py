"""Road networks to measure on: generated ones of any size, the sample city, and San Francisco where it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pyproj
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from fireplan import roads
from fireplan.examples import marisol_folder
from fireplan.roads._build_network import build_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

NODES_PER_KM2 = 60.0

# What is drawn, before the parts that cannot be driven to and from everywhere are left out. What stays has 60 nodes a
# square kilometre, 2.54 arcs a node and 12 % one-way streets.
KEPT_NODES = 0.884
STREETS_PER_NODE = 1.288
ONE_WAY_SHARE = 0.166
ARTERIAL_EVERY, COLLECTOR_EVERY, FREEWAY_EVERY = 8, 4, 48
CLASS_KPH = {"motorway": 88.0, "primary": 56.0, "tertiary": 48.0, "residential": 40.0}
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def generated(n_nodes: int, *, seed: int = 1) -> RoadNetwork:
    """
    Make a road-like network: a jittered lattice with streets left out, four classes of speed, and one-ways.

    Parameters
    ----------
    n_nodes
        About how many nodes; what is not strongly connected is left out.
    seed
        The same seed gives the same network.

    Returns
    -------
    Some 60 nodes a square kilometre, 2.54 arcs a node, and 12 % one-way streets.
    """
    rng = np.random.default_rng(seed)
    side = round(np.sqrt(n_nodes / KEPT_NODES))
    step_m = 1000.0 / np.sqrt(NODES_PER_KM2 / KEPT_NODES)
    row, column = np.divmod(np.arange(side * side), side)
    xy = np.column_stack([column, row]) * step_m + rng.uniform(-0.3, 0.3, (side * side, 2)) * step_m
    xy += (500_000.0, 3_600_000.0)
    east = np.flatnonzero(column < side - 1)
    north = np.flatnonzero(row < side - 1)
    first = np.concatenate([east, north])
    last = np.concatenate([east + 1, north + side])
    line = np.concatenate([row[east], column[north]])
    highway = np.select(
        [line % FREEWAY_EVERY == 0, line % ARTERIAL_EVERY == 0, line % COLLECTOR_EVERY == 0],
        ["motorway", "primary", "tertiary"],
        default="residential",
    )
    local = highway == "residential"
    keep = ~local | (rng.random(len(first)) < (STREETS_PER_NODE * side * side - (~local).sum()) / local.sum())
    first, last, highway, local = first[keep], last[keep], highway[keep], local[keep]
    length_m = np.hypot(*(xy[first] - xy[last]).T) * rng.uniform(1.0, 1.15, len(first))
    kph = np.select([highway == name for name in CLASS_KPH], list(CLASS_KPH.values()))
    time_s = length_m / kph * 3.6
    one_way = local & (rng.random(len(first)) < ONE_WAY_SHARE / local.mean())
    forward = rng.random(len(first)) < 0.5
    there_s = np.where(one_way & ~forward, np.inf, time_s)
    back_s = np.where(one_way & forward, np.inf, time_s)
    inside = _largest_part(len(xy), first, last, np.isfinite(there_s), np.isfinite(back_s))
    stay = inside[first] & inside[last]
    place = np.cumsum(inside) - 1
    return build_network(
        crs=pyproj.CRS.from_epsg(32611),
        node_ids=np.arange(inside.sum()).astype(object),
        node_xy_m=xy[inside],
        first=place[first[stay]],
        last=place[last[stay]],
        length_m=length_m[stay],
        there_s=there_s[stay],
        back_s=back_s[stay],
        lines=shapely.linestrings(np.stack([xy[first[stay]], xy[last[stay]]], axis=1)),
        highway=highway[stay].astype(str),
        street_name=np.full(stay.sum(), ""),
        source="generated",
        notes=(),
    )


def lanes(n_streets: int, *, seed: int = 1) -> RoadNetwork:
    """
    Make winding lanes, drawn with eleven points each, between the corners of a grid: what there is to draw of a county.

    Parameters
    ----------
    n_streets
        About how many streets; each is driven both ways.
    seed
        The same seed gives the same network.
    """
    rng, step_m = np.random.default_rng(seed), 200.0
    side = round(np.sqrt(n_streets / 2)) + 1
    row, column = np.divmod(np.arange(side * side), side)
    xy = np.column_stack([column, row]) * step_m + (500_000.0, 3_600_000.0)
    east, north = np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)
    first, last = np.concatenate([east, north]), np.concatenate([east + 1, north + side])
    along = np.linspace(0, 1, 11)[None, :, None]
    points = xy[first][:, None] * (1 - along) + xy[last][:, None] * along
    points[:, 1:-1] += rng.uniform(-9.0, 9.0, (len(first), 9, 2))
    lines = shapely.linestrings(points)
    length_m = shapely.length(lines)
    time_s = length_m / CLASS_KPH["residential"] * 3.6
    return build_network(
        crs=pyproj.CRS.from_epsg(32611),
        node_ids=np.arange(len(xy)).astype(object),
        node_xy_m=xy,
        first=first,
        last=last,
        length_m=length_m,
        there_s=time_s,
        back_s=time_s,
        lines=lines,
        highway=np.full(len(first), "residential"),
        street_name=np.full(len(first), ""),
        source="generated",
        notes=(),
    )


def _largest_part(n_nodes: int, first, last, there, back) -> NDArray[np.bool_]:
    """Nodes that can be driven to and from one another."""
    tail, head = np.concatenate([first[there], last[back]]), np.concatenate([last[there], first[back]])
    arcs = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n_nodes, n_nodes))
    _, label = connected_components(arcs, directed=True, connection="strong")
    return label == np.bincount(label).argmax()


def marisol() -> RoadNetwork:
    """Roads of the sample city."""
    return roads.from_osm(marisol_folder() / "roads.osm.gz")


def san_francisco() -> RoadNetwork | None:
    """Streets of San Francisco, where the shared data are."""
    file = SHARED / "sf" / "sf_drive.graphml.gz"
    return roads.from_graphml(file) if file.exists() else None


@dataclass(frozen=True, eq=False)
class Place:
    """
    A network to measure on, and the same one as other libraries take it; made when first asked for, outside the clock.

    Attributes
    ----------
    name
        What the tables call it.
    roads
        The network.
    judged
        Whether the targets are held against what is measured here.
    quick
        Whether the amounts of work are small.
    """

    name: str
    roads: RoadNetwork
    judged: bool = False
    quick: bool = False

    MOST_NETWORKX_NODES = 400_000

    @cached_property
    def main(self) -> NDArray[np.int32]:
        """Nodes of the largest strongly connected part."""
        return np.flatnonzero(self.roads.component == 0).astype(np.int32)

    def draw_nodes(self, count: int, *, seed: int = 7) -> NDArray[np.int32]:
        """Draw nodes of the largest part, each at most once."""
        rng = np.random.default_rng(seed)
        return rng.choice(self.main, min(count, len(self.main)), replace=False)

    def draw_points_m(self, count: int, *, seed: int = 8) -> NDArray[np.float64]:
        """Draw points that scatter about the streets."""
        rng = np.random.default_rng(seed)
        street = rng.integers(self.roads.n_streets, size=count)
        xy = self.roads.xy_m[self.roads.offsets[street]]
        return xy + rng.normal(0.0, 40.0, (count, 2))

    @cached_property
    def matrix(self) -> csr_array:
        """The arcs as scipy takes them."""
        graph = self.roads.graph
        shape = (graph.n_nodes, graph.n_nodes)
        return csr_array((graph.time_s.astype(float), graph.head, graph.start.astype(np.int32)), shape=shape)

    @cached_property
    def digraph(self) -> nx.DiGraph:
        """The arcs as networkx takes them."""
        graph = self.roads.graph
        tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        made = nx.DiGraph()
        made.add_nodes_from(range(graph.n_nodes))
        made.add_weighted_edges_from(
            zip(tail.tolist(), graph.head.tolist(), graph.time_s.tolist(), strict=True), weight="time"
        )
        return made

    @cached_property
    def street_graph(self) -> nx.MultiDiGraph:
        """The network as OSMnx takes it, projected, with `time` on each edge."""
        net = self.roads
        made = nx.MultiDiGraph(crs=net.crs.to_string(), simplified=True)
        made.add_nodes_from(
            (i, {"x": x, "y": y}) for i, (x, y) in enumerate(zip(*net.node_xy_m.T.tolist(), strict=True))
        )
        lines = net.streets.geometry.to_numpy()
        ways = [(net.first, net.last, net.there_s, lines), (net.last, net.first, net.back_s, shapely.reverse(lines))]
        for tail, head, time_s, drawn in ways:
            made.add_edges_from(
                (u, v, {"time": t, "length": m, "geometry": line, "osmid": s})
                for s, (u, v, t, m, line) in enumerate(
                    zip(tail.tolist(), head.tolist(), time_s.tolist(), net.length_m.tolist(), drawn, strict=True)
                )
                if t < np.inf
            )
        return made

    @cached_property
    def pandana(self):
        """The arcs as pandana takes them; an ImportError where it is not installed."""
        pandana = import_module("pandana")  # optional: the `bench` extra
        import pandas as pd  # noqa: PLC0415

        graph = self.roads.graph
        tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        x, y = (pd.Series(c) for c in self.roads.node_xy_m.T)
        weight = pd.DataFrame({"time": graph.time_s.astype(float)})
        return pandana.Network(x, y, pd.Series(tail), pd.Series(graph.head.astype(int)), weight, twoway=False)
