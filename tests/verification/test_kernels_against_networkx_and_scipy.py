"""Every search of the kernel against NetworkX and SciPy: on 400 random multigraphs and on two cities."""

from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from oracles import Town, TurningTown, other_times, random_streets, random_turns

from fireplan import _kernel as kernel
from fireplan.roads._routing import over_turns
from fireplan.roads._turns import StreetTurns, ways_of

N_GRAPHS, BLOCK = 400, 25
CLOSE_S = 1e-3
UNBOUNDED_S = np.inf


def agree(found_s, expected_s, *, limit_s=UNBOUNDED_S):
    """Hold times against both libraries'; what a rounding may put on either side of the limit may stand on either."""
    found_s = np.broadcast_to(found_s, expected_s.shape)
    at_limit = (expected_s >= limit_s - CLOSE_S) & (expected_s <= limit_s + CLOSE_S) & (limit_s < np.inf)
    within = np.where(at_limit, np.isfinite(found_s), expected_s <= limit_s)
    np.testing.assert_allclose(found_s, np.where(within, expected_s, np.inf), rtol=0, atol=CLOSE_S)


DEPTHS = (1, 3)


def lists_agree(town, table, sources, depth):
    """Each node has the times of its nearest sources in order, and each belongs to a source that attains it."""
    time_s, who = table.lists()
    nearest_s = np.sort(town.node_s[:, sources], axis=1)[:, :depth]
    for k in range(depth):
        agree(time_s[:, k], nearest_s[:, k] if k < len(sources) else np.full((2, town.n_nodes), np.inf))
        assert np.array_equal(who[:, k] >= 0, np.isfinite(time_s[:, k]))
        nodes = np.flatnonzero(who[:, k] >= 0)
        agree(time_s[nodes, k], town.node_s[:, np.array(sources, dtype=int)[who[nodes, k]], nodes])


def ranks(town, sources):
    """Of every source its place among those there are; -1: it is not there."""
    rank = np.full(len(town.source[0]), -1, dtype=np.int32)
    rank[sources] = np.arange(len(sources))
    return rank


def stand(town, sources):
    street, along = (a[sources] for a in town.source)
    return kernel.Sources(street, along, np.zeros(len(sources)))


def reach_from_nodes(town):
    work = kernel.Workspace(town.n_nodes)
    for limit_s in (UNBOUNDED_S, town.limit_s):
        nodes, node_s = kernel.reach(town.graph, *town.gates, limit_s=limit_s, corners=True, workspace=work)
        assert len(np.unique(nodes)) == len(nodes)
        found_s = np.full(town.n_nodes, np.inf)
        found_s[nodes] = node_s
        agree(found_s, town.gate_node_s, limit_s=limit_s)
    assert np.isinf(work.time_s).all()


def points_from_a_source(town):
    work = kernel.Workspace(town.n_nodes)
    for i, origin in enumerate(zip(*(a.tolist() for a in town.source), strict=True)):
        for limit_s in (UNBOUNDED_S, town.limit_s):
            seeds = town.seeds([i])
            seeded = seeds.node, seeds.spent_s
            nodes, node_s = kernel.reach(town.graph, *seeded, limit_s=limit_s, corners=True, workspace=work)
            options = {"origin": origin, "streets": town.streets, "points": town.point, "limit_s": limit_s}
            found_s = kernel.point_times(nodes, node_s, workspace=work, **options)
            agree(found_s, town.point_s[:, i], limit_s=limit_s)
            street, along = town.point
            filed = kernel.Filed(town.streets, n_nodes=town.n_nodes, street=street, along=along)
            point, point_s = filed.row(nodes, node_s, origin=origin, limit_s=limit_s, workspace=work)
            assert np.array_equal(point, np.flatnonzero(np.isfinite(found_s)))
            assert np.array_equal(point_s, found_s[point])


def nearest_of_every_node(town):
    everyone = list(range(len(town.source[0])))
    for depth in DEPTHS:
        lists_agree(town, kernel.nearest_sources(town.graph, town.seeds(everyone), depth), everyone, depth)


def sources_that_come_and_go(town):
    for depth, now, table, _ in states(town):
        lists_agree(town, table, now, depth)


def states(town):
    """The nearest sources at every step, each from the one before, and what moved."""
    for depth in (3, 9):
        now = sorted(town.begin)
        table = kernel.nearest_sources(town.graph, town.seeds(now), depth)
        everyone = ranks(town, list(range(len(town.source[0]))))
        table = table._replace(rank=np.where(ranks(town, now) >= 0, everyone, -1).astype(np.int32)) if now else table
        lists_before = None
        for closes, opens in town.steps:
            gone = [] if closes is None else [closes]
            come = [] if opens is None else [opens]
            now = sorted({*now, *come} - {*gone})
            before, lists_before = table, table.lists()
            rank = np.where(ranks(town, now) >= 0, everyone, -1).astype(np.int32)
            table, moved = kernel.followed(town.graph, table, town.seeds(gone), town.seeds(come), rank)
            assert all(np.array_equal(a, b) for a, b in zip(before.lists(), lists_before, strict=True))
            yield table.depth, now, table._replace(rank=ranks(town, now)), (gone, come, moved)
            if table.depth < 2:
                break


def points_while_sources_come_and_go(town):
    street, along = town.point
    grouped = kernel.by_node(town.streets, town.n_nodes), kernel.by_street(street, len(town.streets.first))
    points = kernel.StreetPoints(street, along, np.arange(len(street), dtype=np.int32))
    stood_s = None
    last_depth = 0
    for depth, now, table, (gone, come, moved) in states(town):
        if depth < 2:
            continue
        _, best_s = kernel.first_at_points(table, town.streets, points, stand(town, now), depth=2)
        nearest_s = np.sort(town.point_s[:, now], axis=1)
        for k in range(2):
            agree(best_s[k], nearest_s[:, k] if k < len(now) else np.full((2, len(street)), np.inf))
        if stood_s is not None and depth <= last_depth:
            also = town.source[0][[*gone, *come]]
            rows = kernel.points_moved(moved, town.streets, grouped, along, also=also, before_s=stood_s[-1])
            assert len(np.unique(rows)) == len(rows)
            stays = np.setdiff1d(np.arange(len(street)), rows)
            assert np.array_equal(best_s[:, stays], stood_s[:, stays])
        stood_s, last_depth = best_s, depth


SEARCHES = [
    reach_from_nodes,
    points_from_a_source,
    nearest_of_every_node,
    sources_that_come_and_go,
    points_while_sources_come_and_go,
]
every_search = pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.__name__)
twice = pytest.mark.parametrize("slowed", [False, True], ids=["as drawn", "at other times"])


@cache
def random_town(seed, *, slowed):
    streets, n_nodes = random_streets(seed)
    tail, head = np.concatenate([streets.first, streets.last]), np.concatenate([streets.last, streets.first])
    pattern = kernel.pattern_of(tail, head, n_nodes=n_nodes)
    if slowed:
        streets = kernel.Streets(streets.first, streets.last, *other_times(streets, seed))
    graph = kernel.graph_of(pattern, np.concatenate([streets.there_s, streets.back_s]))
    return Town(streets, graph, seed=seed, n_sources=4, n_points=30)


@cache
def random_turning_town(seed, *, slowed):
    streets, n_nodes = random_streets(seed)
    if slowed:
        streets = kernel.Streets(streets.first, streets.last, *other_times(streets, seed))
    ways = ways_of(*streets[:4])
    before, after, delay_s = random_turns(seed, streets)
    turns = StreetTurns(before, after, delay_s, np.zeros(len(before), dtype=np.uint8))
    routing = over_turns(ways, streets, turns, wait_s=np.zeros(n_nodes))
    options = {"turns": (before, after, delay_s), "n_crossings": n_nodes}
    return TurningTown(routing.streets, routing.graph, seed=seed, n_sources=4, n_points=30, **options)


@contextmanager
def named(seed):
    """Name the graph in a failure."""
    try:
        yield
    except Exception as error:
        error.add_note(f"graph of seed {seed}")
        raise


@pytest.mark.parametrize("first", range(0, N_GRAPHS, BLOCK))
@twice
@every_search
def test_on_random_multigraphs(search, slowed, first):
    for seed in range(first, first + BLOCK):
        with named(seed):
            search(random_town(seed, slowed=slowed))


@pytest.mark.parametrize("first", range(0, N_GRAPHS, BLOCK))
@every_search
def test_on_random_multigraphs_with_turns(search, first):
    for seed in range(first, first + BLOCK):
        if len(random_streets(seed)[0].first):
            with named(seed):
                search(random_turning_town(seed, slowed=seed % 2 == 0))


def test_the_random_multigraphs_hold_what_a_search_may_stumble_over():
    seen = dict.fromkeys(["loop", "parallel", "no time", "sink", "unreachable", "none reached", "beyond"], 0)
    for seed in range(N_GRAPHS):
        town = random_town(seed, slowed=False)
        first, last, there_s, back_s, _ = town.streets
        ends = np.stack([np.minimum(first, last), np.maximum(first, last)])
        leaves = np.bincount(np.concatenate([first[np.isfinite(there_s)], last[np.isfinite(back_s)]]), minlength=50)
        enters = np.bincount(np.concatenate([last[np.isfinite(there_s)], first[np.isfinite(back_s)]]), minlength=50)
        reached = town.gate_node_s[0]
        seen["loop"] += (first == last).any()
        seen["parallel"] += np.unique(ends, axis=1).shape[1] < len(first)
        seen["no time"] += (np.concatenate([there_s, back_s]) == 0).any()
        seen["sink"] += ((enters > 0) & (leaves == 0)).any()
        seen["unreachable"] += np.isinf(reached).any() and np.isfinite(reached).any()
        seen["none reached"] += np.isinf(reached).all()
        seen["beyond"] += (np.isfinite(reached) & (reached > town.limit_s)).any()
    assert min(seen.values()) >= 40, seen


def town_of(network):
    streets = kernel.Streets(network.first, network.last, network.there_s, network.back_s)
    return Town(streets, network.graph, seed=1, n_sources=6, n_points=2000, doors=network.has_doors)


def slowed_network(network):
    there_s, back_s = other_times(network, 3)
    return network.with_times(there_s=there_s, back_s=back_s)


@pytest.fixture(scope="module", params=["as drawn", "at other times"])
def marisol_town(request, marisol):
    return town_of(marisol.roads if request.param == "as drawn" else slowed_network(marisol.roads))


@pytest.fixture(scope="module", params=["as drawn", "at other times"])
def san_francisco_town(request, san_francisco_roads):
    return town_of(san_francisco_roads if request.param == "as drawn" else slowed_network(san_francisco_roads))


@every_search
def test_in_marisol(search, marisol_town):
    search(marisol_town)


@pytest.mark.realdata
@every_search
def test_in_san_francisco(search, san_francisco_town):
    search(san_francisco_town)


def turning_town_of(network):
    """With its turns at their costs, one in twenty of them forbidden."""
    rng = np.random.default_rng(4)
    plain = network.with_turns("exact").street_turns
    some = rng.random(len(plain.before)) < 0.05
    banned = np.column_stack([plain.before, plain.after])[some]
    altered = replace(network, turns="exact", banned=banned)
    turns, routing = altered.street_turns, altered.routing
    options = {"turns": (turns.before, turns.after, turns.delay_s), "n_crossings": network.n_nodes}
    town = {"seed": 1, "n_sources": 3, "n_points": 500, "doors": network.has_doors}
    return TurningTown(routing.streets, routing.graph, **town, **options)


over_turns_in_cities = pytest.mark.parametrize(
    "search", [points_from_a_source, nearest_of_every_node], ids=lambda search: search.__name__
)


@pytest.fixture(scope="module")
def marisol_turns(marisol):
    return turning_town_of(marisol.roads)


@pytest.fixture(scope="module")
def san_francisco_turns(san_francisco_roads):
    return turning_town_of(san_francisco_roads)


@over_turns_in_cities
def test_in_marisol_with_turns(search, marisol_turns):
    search(marisol_turns)


@pytest.mark.realdata
@over_turns_in_cities
def test_in_san_francisco_with_turns(search, san_francisco_turns):
    search(san_francisco_turns)
