import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from fireplan import _kernel as kernel


def chain(*seconds):
    """0 -> 1 -> 2 ..., one way."""
    n = len(seconds)
    return kernel.build_graph(np.arange(n), np.arange(1, n + 1), np.array(seconds, dtype=float), n_nodes=n + 1)


def solve(graph, seeds=(0,), seed_s=None, **options):
    start_s = np.zeros(len(seeds)) if seed_s is None else np.array(seed_s, dtype=float)
    nodes, node_s = kernel.reach(graph, np.array(seeds, dtype=np.int32), start_s, **options)
    assert len(set(nodes.tolist())) == len(nodes)
    return {int(n): float(t) for n, t in zip(nodes, node_s, strict=True)}


def test_times_add_up_along_a_chain():
    assert solve(chain(10, 20.5, 0.25)) == {0: 0.0, 1: 10.0, 2: 30.5, 3: 30.75}


def test_a_one_way_chain_is_not_driven_back():
    assert solve(chain(10, 20), seeds=[1]) == {1: 0.0, 2: 20.0}


def test_the_limit_is_met_and_nothing_beyond_it_is_returned():
    assert solve(chain(10, 20, 1), limit_s=30.0) == {0: 0.0, 1: 10.0, 2: 30.0}


def test_a_seed_beyond_the_limit_is_not_reached():
    assert solve(chain(10), seeds=[0, 1], seed_s=[31, 3], limit_s=30.0) == {1: 3.0}


def test_zero_length_arcs_cost_nothing_and_do_not_loop():
    ring = kernel.build_graph(np.array([0, 1, 2]), np.array([1, 2, 0]), np.zeros(3), n_nodes=3)
    assert solve(ring) == {0: 0.0, 1: 0.0, 2: 0.0}


def test_of_two_seeds_the_one_that_comes_first_wins():
    assert solve(chain(10, 10, 10), seeds=[0, 2], seed_s=[0, 15]) == {0: 0.0, 1: 10.0, 2: 15.0, 3: 25.0}
    assert solve(chain(10, 10, 10), seeds=[0, 2], seed_s=[0, 25])[2] == 20.0


def test_the_same_seed_twice_counts_with_its_least_time():
    for seed_s in ([7, 4], [4, 7]):
        assert solve(chain(10), seeds=[0, 0], seed_s=seed_s) == {0: 4.0, 1: 14.0}


def test_a_sink_is_entered_and_not_left():
    star = kernel.build_graph(np.array([0, 2]), np.array([1, 1]), np.array([3.0, 4.0]), n_nodes=3)
    assert solve(star, seeds=[1]) == {1: 0.0}
    assert solve(star) == {0: 0.0, 1: 3.0}


def test_no_seed_reaches_nothing():
    assert solve(chain(10), seeds=[]) == {}


def test_a_later_arc_may_improve_a_node_in_the_same_second():
    graph = kernel.build_graph(
        np.array([0, 0, 1, 2]), np.array([2, 1, 2, 3]), np.array([0.9, 0.1, 0.1, 5.0]), n_nodes=4
    )
    assert solve(graph) == pytest.approx({0: 0.0, 1: 0.1, 2: 0.2, 3: 5.2})


@pytest.mark.parametrize("longest_s", [1e5, 1e7, 1e12])
def test_an_arc_that_takes_for_ever_costs_time_but_no_memory(longest_s):
    found = solve(chain(3.0, longest_s, 4.0))
    assert found == pytest.approx({0: 0.0, 1: 3.0, 2: longest_s + 3, 3: longest_s + 7}, rel=1e-6)


def test_a_workspace_used_again_bears_no_trace_of_the_search_before():
    rng = np.random.default_rng(3)
    tail, head = rng.integers(0, 200, (2, 700))
    graph = kernel.build_graph(tail, head, rng.uniform(0, 90, 700), n_nodes=200)
    shared = kernel.Workspace(200)
    for seed in rng.integers(0, 200, 60):
        limit_s = float(rng.choice([5.0, 60.0, np.inf]))
        alone = solve(graph, seeds=[seed], limit_s=limit_s)
        assert solve(graph, seeds=[seed], limit_s=limit_s, workspace=shared) == alone
        assert np.isinf(shared.time_s).all()
        assert np.isinf(shared.time_s).all()


def test_a_thousand_node_graph_agrees_with_scipy_from_every_node():
    rng = np.random.default_rng(11)
    tail, head = rng.integers(0, 1000, (2, 3500))
    seconds = rng.choice([0.5, 1.0, 7.25, 31.0, 399.0], 3500)
    graph = kernel.build_graph(tail, head, seconds, n_nodes=1000)
    matrix = csr_array((graph.time_s.astype(float), graph.head, graph.start), shape=(1000, 1000))
    expected = dijkstra(matrix, indices=np.arange(0, 1000, 10))
    for row, seed in zip(expected, range(0, 1000, 10), strict=True):
        found = np.full(1000, np.inf)
        nodes, node_s = kernel.reach(graph, np.array([seed], dtype=np.int32), np.zeros(1))
        found[nodes] = node_s
        np.testing.assert_allclose(found, row, rtol=1e-6)


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
    zero = np.zeros(1, dtype=np.int32)
    nodes, times = kernel.reach(graph, zero, np.zeros(1))
    assert len(nodes) == n
    found = np.empty(n, dtype=np.float32)
    found[nodes] = times
    assert found[-1] == pytest.approx(1.0 + 0.001 * (n - 2), abs=0.01)
    # The same of many sources at once, of one that comes to all lists of a table, and of one that goes from all.
    seeds, come = kernel.Seeds(zero, np.zeros(1), zero), kernel.Seeds(zero, np.full(1, 0.5), zero + 1)
    nobody = kernel.Seeds(zero[:0], np.zeros(0), zero[:0])
    table = kernel.nearest_sources(graph, seeds, 2)
    assert np.array_equal(table.lists()[0][:, 0].astype(np.float32), found)
    more, moved = kernel.followed(graph, table, nobody, come, np.arange(2, dtype=np.int32))
    assert len(moved.node) == n
    np.testing.assert_allclose(np.diff(more.lists()[0]), 0.5)
    left, moved = kernel.followed(graph, more, seeds, nobody, np.array([-1, 0], dtype=np.int32))
    assert len(moved.node) == n
    assert left.depth == 1
    assert (left.lists()[1] == 0).all()
