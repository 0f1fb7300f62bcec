"""Every search of the kernel against NetworkX and SciPy: on 400 random multigraphs and on two cities."""

from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest
from oracles import Town, other_times, random_streets

from fireplan import _kernel as kernel

N_GRAPHS, BLOCK = 400, 25
CLOSE_S = 1e-3
UNBOUNDED_S = np.inf


def agree(found_s, expected_s, *, limit_s=UNBOUNDED_S):
    """Hold times against both libraries'; what a rounding may put on either side of the limit may stand on either."""
    found_s = np.broadcast_to(found_s, expected_s.shape)
    at_limit = (expected_s >= limit_s - CLOSE_S) & (expected_s <= limit_s + CLOSE_S) & (limit_s < np.inf)
    within = np.where(at_limit, np.isfinite(found_s), expected_s <= limit_s)
    np.testing.assert_allclose(found_s, np.where(within, expected_s, np.inf), rtol=0, atol=CLOSE_S)


def field_agrees(town, time_s, owner, sources, *, limit_s=UNBOUNDED_S):
    """Each node has the time of its nearest source, and belongs to a source that attains it."""
    agree(time_s, town.node_s[:, sources].min(axis=1, initial=np.inf), limit_s=limit_s)
    assert np.array_equal(owner >= 0, np.isfinite(time_s))
    nodes = np.flatnonzero(owner >= 0)
    assert np.isin(owner[nodes], sources).all()
    agree(time_s[nodes], town.node_s[:, owner[nodes], nodes])


def reach_from_nodes(town):
    work = kernel.Workspace(town.n_nodes)
    for limit_s in (UNBOUNDED_S, town.limit_s):
        nodes, node_s = kernel.reach(town.graph, *town.gates, limit_s=limit_s, workspace=work)
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
            nodes, node_s = kernel.reach(town.graph, seeds.node, seeds.spent_s, limit_s=limit_s, workspace=work)
            options = {"origin": origin, "streets": town.streets, "points": town.point, "limit_s": limit_s}
            found_s = kernel.point_times(nodes, node_s, workspace=work, **options)
            agree(found_s, town.point_s[:, i], limit_s=limit_s)


def nearest_source(town):
    everyone = list(range(len(town.source[0])))
    for limit_s in (UNBOUNDED_S, town.limit_s):
        for sources in (everyone, everyone[1::2]):
            seeds = town.seeds(sources)
            found = kernel.nearest_field(town.graph, seeds.node, seeds.spent_s, seeds.owner, limit_s=limit_s)
            field_agrees(town, *found, sources, limit_s=limit_s)


def sources_that_come_and_go(town):
    for limit_s in (UNBOUNDED_S, town.limit_s):
        now = set(town.begin)
        field = kernel.Field(town.graph)
        field.fill(town.seeds(town.begin), limit_s=limit_s)
        changes = []
        for closes, opens in town.steps:
            if closes is not None:
                now.remove(closes)
                stood = field.time_s.copy(), field.owner.copy()
                changes.append((stood, field.withdraw(closes, left=town.seeds(sorted(now)), limit_s=limit_s)))
            if opens is not None:
                now.add(opens)
                stood = field.time_s.copy(), field.owner.copy()
                changes.append((stood, field.spread(town.seeds([opens]), limit_s=limit_s)))
            field_agrees(town, field.time_s, field.owner, sorted(now), limit_s=limit_s)
        for (time_s, owner), undo in reversed(changes):
            field.roll_back(undo)
            assert np.array_equal(field.time_s, time_s)
            assert np.array_equal(field.owner, owner)


def points_while_sources_come_and_go(town):
    now = set(town.begin)
    field = kernel.Field(town.graph)
    field.fill(town.seeds(town.begin))
    street, along = town.point
    served = kernel.Served(field, town.streets, street=street, along=along)
    served.refresh(town.sources(town.begin))
    changes = []
    for closes, opens in town.steps:
        for source, here in ((closes, now - {closes}), (opens, now - {closes} | {opens})):
            if source is None:
                continue
            ids = sorted(here)
            gone = source == closes
            undo = field.withdraw(source, left=town.seeds(ids)) if gone else field.spread(town.seeds([source]))
            stood = served.arrival_s.copy()
            also = town.source[0][[source]]
            changes.append((stood, undo, *served.follow(undo.node, town.sources(ids), also=also)))
            agree(served.arrival_s, town.point_s[:, ids].min(axis=1, initial=np.inf))
            now = here
    for stood, undo, points, before in reversed(changes):
        field.roll_back(undo)
        served.arrival_s[points] = before
        assert np.array_equal(served.arrival_s, stood)


SEARCHES = [
    reach_from_nodes,
    points_from_a_source,
    nearest_source,
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


def test_the_random_multigraphs_hold_what_a_search_may_stumble_over():
    seen = dict.fromkeys(["loop", "parallel", "no time", "sink", "unreachable", "none reached", "beyond"], 0)
    for seed in range(N_GRAPHS):
        town = random_town(seed, slowed=False)
        first, last, there_s, back_s = town.streets
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
