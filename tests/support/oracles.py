"""Travel times by NetworkX and by SciPy, and random road networks to try the kernels on."""

from functools import cache, cached_property
from itertools import pairwise

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from fireplan import _kernel as kernel
from fireplan.roads._routing import Routing

TINY_S = 1e-9
"""Added to every arc for SciPy, to which an arc of no time may be no arc. [s]"""

NETWORKX, SCIPY = 0, 1
EXACT_S = [0.0, 0.0, 0.25, 0.5, 1.0, 2.5, 7.0, 30.0, 120.0]


class Arcs:
    """A multigraph, as NetworkX and as SciPy take it."""

    def __init__(self, tail, head, time_s, *, n_nodes):
        self.digraph = nx.MultiDiGraph()
        self.digraph.add_nodes_from(range(n_nodes))
        self.digraph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), time_s.tolist(), strict=True))
        order = np.lexsort((time_s, head, tail))  # of parallel arcs the quickest first: SciPy would add them up
        _, first = np.unique(np.stack([tail[order], head[order]]), axis=1, return_index=True)
        least = order[first]
        self.matrix = csr_array((time_s[least] + TINY_S, (tail[least], head[least])), shape=(n_nodes, n_nodes))

    def times(self, nodes, spent_s):
        """Least times to every node from some nodes, with time spent there before; by NetworkX, by SciPy."""
        n = self.matrix.shape[0]
        gates = [("gate", i) for i in range(len(nodes))]
        self.digraph.add_weighted_edges_from(zip(gates, nodes.tolist(), spent_s.tolist(), strict=True))
        found = nx.multi_source_dijkstra_path_length(self.digraph, gates) if gates else {}
        self.digraph.remove_nodes_from(gates)
        by_networkx = np.array([found.get(node, np.inf) for node in range(n)])
        rows = dijkstra(self.matrix, indices=nodes).reshape(len(nodes), n) if gates else np.empty((0, n))
        return np.stack([by_networkx, (rows + spent_s[:, None]).min(axis=0, initial=np.inf)])


class Town:
    """
    Streets with sources and points on them, and how long it takes to drive there by NetworkX and by SciPy.

    For these two every street is cut wherever a source or point stands, so that they find all times node to node, and
    know nothing of fractions along a street.

    Attributes
    ----------
    graph
        The arcs, for the kernel.
    gates
        Nodes to search from, some named twice, with the time spent at each: any number from none.
    source, point
        Street (of points: -1: none) and fraction along it.
    begin, steps
        Sources to begin with; then, step by step, the source that closes and the one that opens (None: neither).
    limit_s
        A limit that some nodes lie within.
    """

    def __init__(self, streets, graph, *, seed, n_sources, n_points, doors=None):
        rng = np.random.default_rng([seed, 1])
        self.streets, self.graph, self.n_nodes = streets, graph, graph.n_nodes
        n_streets = len(streets.first)
        drivable = np.isfinite(streets.there_s) | np.isfinite(streets.back_s)
        doors = np.flatnonzero(drivable if doors is None else doors & drivable)
        n_sources = n_sources if len(doors) else 0
        self.source = (
            rng.choice(doors, n_sources).astype(np.int32) if n_sources else np.empty(0, dtype=np.int32),
            rng.choice([0.0, 1.0, 0.5, *rng.random(6)], n_sources),
        )
        street = rng.integers(-1, n_streets, n_points).astype(np.int32)
        along = rng.choice([0.0, 1.0, 0.5, *rng.random(n_points)], n_points)
        street[:n_sources], along[:n_sources] = (a[:n_points] for a in self.source)  # some at the very door
        self.point = street, along
        nodes = rng.integers(0, self.n_nodes, rng.integers(0, 5)).astype(np.int32)
        self.gates = nodes, np.where(rng.random(len(nodes)) < 0.4, 0.0, rng.uniform(0, 90, len(nodes)))
        self.limit_s = float(rng.choice([0.0, 2.5, 30.0, 60.0, 120.0, 300.0]))
        self.begin, self.steps = _steps(rng, n_sources)

    @cached_property
    def _cut(self):
        """The multigraph with a node wherever a source or point stands; those nodes."""
        streets, n_streets = self.streets, len(self.streets.first)
        street, along = (np.concatenate([a, b]) for a, b in zip(self.source, self.point, strict=True))
        node = np.full(len(street), -1)
        for end, nodes in ((0.0, streets.first), (1.0, streets.last)):  # there it stands at the node itself
            at_end = (street >= 0) & (along == end)
            node[at_end] = nodes[street[at_end]]
        on = np.flatnonzero((street >= 0) & (node < 0))
        places, which = np.unique(np.column_stack([street[on], along[on]]), axis=0, return_inverse=True)
        node[on] = self.n_nodes + which.ravel()
        each = np.arange(n_streets)
        stop_street = np.concatenate([each, each, places[:, 0].astype(int)])
        stop_along = np.concatenate([np.zeros(n_streets), np.ones(n_streets), places[:, 1]])
        stop_node = np.concatenate([streets.first, streets.last, self.n_nodes + np.arange(len(places))])
        rank = np.repeat([0, 2, 1], [n_streets, n_streets, len(places)])
        order = np.lexsort((rank, stop_along, stop_street))
        order = np.stack([order[:-1], order[1:]])[:, np.diff(stop_street[order]) == 0]
        (a, b), part = stop_node[order], np.diff(stop_along[order], axis=0)[0]
        on_street = stop_street[order[0]]
        ways = [(a, b, streets.there_s[on_street]), (b, a, streets.back_s[on_street])]
        open_to = [np.isfinite(time_s) for *_, time_s in ways]
        tail, head, time_s = (
            np.concatenate([way[k][o] for way, o in zip(ways, open_to, strict=True)]) for k in range(3)
        )
        part = np.concatenate([part[o] for o in open_to])
        arcs = Arcs(tail, head, time_s * part, n_nodes=self.n_nodes + len(places))
        return arcs, node[: len(self.source[0])], node[len(self.source[0]) :]

    @cached_property
    def gate_node_s(self):
        """Times from the gates: two libraries x nodes. [s]"""
        return self._cut[0].times(*self.gates)[:, : self.n_nodes]

    @cached_property
    def _source_s(self):
        arcs, starts, _ = self._cut
        rows = [arcs.times(start[None], np.zeros(1)) for start in starts]
        return np.stack(rows, axis=1) if rows else np.empty((2, 0, arcs.matrix.shape[0]))

    @cached_property
    def node_s(self):
        """Times from each source: two libraries x sources x nodes. [s]"""
        return self._source_s[..., : self.n_nodes]

    @cached_property
    def point_s(self):
        """Times from each source: two libraries x sources x points. [s]"""
        ends = self._cut[2]
        return np.where(ends >= 0, self._source_s[..., ends], np.inf)

    def seeds(self, sources):
        """Where some of the sources enter the network."""
        rows = np.array(sources, dtype=np.int64)
        nothing_s = np.zeros(len(self.streets.first))
        routing = Routing(self.graph, self.streets, nothing_s, nothing_s)
        return routing.seeds(self.source[0][rows], self.source[1][rows], owner=rows)


class TurningTown(Town):
    """
    The same where turns cost time and some are forbidden: its nodes are streets by direction, then the nodes.

    The other libraries are given the line graph, in which a street is driven from stop to stop in one direction, and at
    its end there is an arc for every turn that is allowed.

    Attributes
    ----------
    turns
        Of each turn that is allowed the way before, the way after, and what it costs. [s]
    """

    def __init__(self, streets, graph, *, turns, n_crossings, **options):
        self.turns, self.n_crossings = turns, n_crossings
        super().__init__(streets, graph, **options)

    @cached_property
    def _cut(self):
        streets, n_ways = self.streets, self.streets.nodes_from
        ends = np.stack([streets.first, streets.last])
        stops = {s: {0.0, 1.0} for s in range(n_ways // 2)}
        street, along = (np.concatenate([a, b]) for a, b in zip(self.source, self.point, strict=True))
        for s, f in zip(street.tolist(), along.tolist(), strict=True):
            stops.get(s, set()).add(f)
        # Passing each stop in each direction; the entry of a way has its own number.
        number, arcs = {}, []
        count = n_ways + self.n_crossings
        for way in range(n_ways):
            s, back = divmod(way, 2)
            takes_s = (streets.back_s if back else streets.there_s)[s]
            order = sorted(stops[s], reverse=bool(back))
            for k, f in enumerate(order):
                number[way, f] = way if k == 0 else count + len(number)
            if np.isfinite(takes_s):
                arcs += [(number[way, a], number[way, b], abs(b - a) * takes_s) for a, b in pairwise(order)]
                arcs.append((number[way, 1.0 - back], n_ways + ends[1 - back, s], 0.0))
        going = np.isfinite(np.column_stack([streets.there_s, streets.back_s]).ravel())
        arcs += [
            (number[b, 1.0 - b % 2], a, cost) for b, a, cost in zip(*(t.tolist() for t in self.turns), strict=True)
        ]
        count += len(number)
        starts, finish = [], []
        for i, (s, f) in enumerate(zip(street.tolist(), along.tolist(), strict=True)):
            corner = n_ways + ends[int(f), s] if s >= 0 and f in {0.0, 1.0} else None
            if i < len(self.source[0]):
                on = [corner] if corner is not None else [number[2 * s, f], number[2 * s + 1, f]]
                if corner is not None:  # whoever stands at a corner leaves by any street
                    on += [2 * t for t in np.flatnonzero(streets.first == corner - n_ways)]
                    on += [2 * t + 1 for t in np.flatnonzero(streets.last == corner - n_ways)]
                arcs += [(count, to, 0.0) for to in on if to >= n_ways or going[to]]
                starts.append(count)
            elif s < 0:
                finish.append(-1)
                continue
            else:
                to = [corner] if corner is not None else [number[2 * s, f], number[2 * s + 1, f]]
                arcs += [(at, count, 0.0) for at in to]
                finish.append(count)
            count += 1
        tail, head, time_s = (np.array(column) for column in zip(*arcs, strict=True)) if arcs else np.empty((3, 0))
        made = Arcs(tail.astype(np.int64), head.astype(np.int64), np.asarray(time_s, dtype=float), n_nodes=count)
        return made, np.array(starts, dtype=np.int64), np.array(finish, dtype=np.int64)


def _steps(rng, n_sources):
    inside = set(np.flatnonzero(rng.random(n_sources) < 0.5).tolist())
    begin, steps = sorted(inside), []
    for _ in range(6 if n_sources else 0):
        outside = sorted(set(range(n_sources)) - inside)
        closes = int(rng.choice(sorted(inside))) if inside and rng.random() < 0.6 else None
        opens = int(rng.choice(outside)) if outside and (closes is None or rng.random() < 0.5) else None
        inside = (inside - {closes}) | ({opens} - {None})
        steps.append((closes, opens))
    return begin, steps


@cache
def random_streets(seed):
    """Streets with loops, parallels, no length, one way or closed; and how many nodes there are."""
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(1, 50))
    n_streets = int(rng.integers(0, 2 * n_nodes + 4))
    first, last = rng.integers(0, n_nodes, (2, n_streets)).astype(np.int32)
    loop = rng.random(n_streets) < 0.05
    last[loop] = first[loop]
    twin = np.flatnonzero(rng.random(n_streets) < 0.15)
    of = rng.integers(0, max(n_streets, 1), len(twin))
    first[twin], last[twin] = first[of], last[of]
    there_s, back_s = (
        np.where(rng.random(n_streets) < 0.5, rng.choice(EXACT_S, n_streets), rng.uniform(0, 90, n_streets))
        for _ in range(2)
    )
    shut = rng.uniform(0, 0.5)
    there_s[rng.random(n_streets) < shut] = np.inf
    back_s[rng.random(n_streets) < shut] = np.inf
    return kernel.Streets(first, last, there_s, back_s), n_nodes


def random_turns(seed, streets):
    """Turns from every way onto every other that begins where it ends: some forbidden, some at a cost."""
    rng = np.random.default_rng([seed, 3])
    going = np.isfinite(np.column_stack([streets.there_s, streets.back_s]).ravel())
    tail = np.column_stack([streets.first, streets.last]).ravel()
    head = np.column_stack([streets.last, streets.first]).ravel()
    pairs = [
        (b, a)
        for b in np.flatnonzero(going)
        for a in np.flatnonzero(going & (tail == head[b]))
        if a != b ^ 1 or rng.random() < 0.1
    ]
    before, after = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    stays = rng.random(len(before)) > rng.choice([0.0, 0.1, 0.4])
    delay_s = np.where(rng.random(len(before)) < 0.5, 0.0, rng.choice([1.0, 2.0, 4.5, 30.0], len(before)))
    return before[stays], after[stays], delay_s[stays].astype(np.float32)


def other_times(streets, seed):
    """The same streets at other speeds, some closed and some opened: times there and back."""
    rng = np.random.default_rng([seed, 2])
    other = []
    for time_s in (streets.there_s, streets.back_s):
        changed = time_s * rng.choice([0.5, 1.0, 2.0, 3.0], len(time_s))
        changed[rng.random(len(time_s)) < 0.1] = np.inf
        opened = rng.random(len(time_s)) < 0.1
        changed[opened] = rng.uniform(0, 90, opened.sum())
        other.append(changed)
    return other
