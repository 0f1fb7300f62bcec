"""Nearest sources, kept through changes: always what a fresh search finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireplan import _kernel as kernel
from fireplan._kernel.shortest_paths.nearest_source import Field, Seeds, nearest_field

N_NODES = 40


def random_graph(seed, *, n=N_NODES, arcs=110):
    rng = np.random.default_rng(seed)
    times = rng.choice([0.0, 1.0, 2.5, 7.0, 30.0], arcs)  # ties and zero lengths on purpose
    return kernel.build_graph(rng.integers(0, n, arcs), rng.integers(0, n, arcs), times, n_nodes=n)


def seeds_of(nodes, owners):
    return Seeds(np.array(nodes, dtype=np.int32), np.zeros(len(nodes)), np.array(owners, dtype=np.int32))


def fresh(graph, nodes, owners, *, limit_s=np.inf):
    seeds = seeds_of(nodes, owners)
    return nearest_field(graph, seeds.node, seeds.spent_s, seeds.owner, limit_s=limit_s)


def same(field, expected):
    return np.array_equal(field.time_s.astype(np.float32), expected[0]) and np.array_equal(field.owner, expected[1])


def test_on_a_line_each_node_goes_to_the_nearer_end():
    tail, head = np.arange(6), np.arange(1, 7)
    both = np.concatenate([tail, head]), np.concatenate([head, tail])
    graph = kernel.build_graph(*both, np.full(12, 10.0), n_nodes=7)
    time_s, owner = fresh(graph, [0, 6], [0, 1])
    assert time_s.tolist() == [0, 10, 20, 30, 20, 10, 0]
    assert owner.tolist() == [0, 0, 0, 0, 1, 1, 1], "at a tie the lower source owns the node"


def test_nothing_beyond_the_limit_has_a_source():
    graph = kernel.build_graph(np.array([0, 1]), np.array([1, 2]), np.array([5.0, 5.0]), n_nodes=3)
    time_s, owner = fresh(graph, [0], [0], limit_s=7.0)
    assert time_s.tolist() == [0, 5, np.inf]
    assert owner.tolist() == [0, 0, -1]


@given(st.integers(0, 10_000), st.lists(st.integers(0, N_NODES - 1), min_size=1, max_size=6))
def test_field_is_the_least_of_single_searches(seed, nodes):
    graph = random_graph(seed)
    time_s, owner = fresh(graph, nodes, range(len(nodes)))
    alone = np.full((len(nodes), N_NODES), np.inf, dtype=np.float32)
    for i, node in enumerate(nodes):
        reached, times = kernel.reach(graph, np.array([node], dtype=np.int32), np.zeros(1))
        alone[i, reached] = times
    assert np.array_equal(time_s, alone.min(axis=0))
    assert np.array_equal(owner, np.where(np.isinf(time_s), -1, alone.argmin(axis=0)))


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(0, N_NODES - 1), min_size=2, max_size=6),
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=6),
)
def test_opening_and_closing_in_any_order_leaves_what_a_fresh_search_finds(seed, nodes, moves):
    graph = random_graph(seed)
    field = Field(graph)
    inside: set[int] = set()
    for opens, which in [(True, 0), *moves]:
        source = which % len(nodes)
        if opens and source not in inside:
            inside.add(source)
            field.spread(seeds_of([nodes[source]], [source]))
        elif not opens and source in inside and len(inside) > 1:
            inside.remove(source)
            left = sorted(inside)
            field.withdraw(source, left=seeds_of([nodes[i] for i in left], left))
        now = sorted(inside)
        assert same(field, fresh(graph, [nodes[i] for i in now], now))


@given(st.integers(0, 10_000), st.integers(0, N_NODES - 1), st.integers(0, N_NODES - 1))
def test_rolling_back_leaves_no_trace(seed, first, second):
    graph = random_graph(seed)
    field = Field(graph)
    field.fill(seeds_of([first], [0]))
    before = field.time_s.copy(), field.owner.copy()
    undo = field.spread(seeds_of([second], [1]))
    field.roll_back(undo)
    assert np.array_equal(field.time_s, before[0])
    assert np.array_equal(field.owner, before[1])


def test_a_search_that_needs_more_room_than_there_was_goes_on_where_it_stopped():
    # One hub to many nodes, each improved twice: more entries than the first room holds.
    n = 70_000
    spokes = np.arange(1, n)
    graph = kernel.build_graph(
        np.concatenate([np.zeros(n - 1, dtype=np.int64), spokes[:-1]]),
        np.concatenate([spokes, spokes[1:]]),
        np.concatenate([np.linspace(1.0, 900.0, n - 1), np.full(n - 2, 0.001)]),
        n_nodes=n,
    )
    nodes, times = kernel.reach(graph, np.zeros(1, dtype=np.int32), np.zeros(1))
    assert len(nodes) == n
    found = np.empty(n, dtype=np.float32)
    found[nodes] = times
    assert found[-1] == pytest.approx(1.0 + 0.001 * (n - 2), abs=0.01)
    assert np.array_equal(
        nearest_field(graph, np.zeros(1, dtype=np.int32), np.zeros(1), np.zeros(1, dtype=np.int32))[0], found
    )
