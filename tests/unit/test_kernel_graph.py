import numpy as np
import pytest

from fireplan import _kernel as kernel


def arcs(graph):
    return {
        (tail, int(graph.head[i])): float(graph.time_s[i])
        for tail in range(graph.n_nodes)
        for i in range(graph.start[tail], graph.start[tail + 1])
    }


def graph_of(*rows, n_nodes=3):
    tail, head, time_s = (np.array(c) for c in zip(*rows, strict=True))
    return kernel.build_graph(tail, head, time_s.astype(float), n_nodes=n_nodes)


def test_of_parallel_arcs_the_fastest_stays_and_they_do_not_add_up():
    assert arcs(graph_of((0, 1, 40), (0, 1, 30), (0, 1, 35))) == {(0, 1): 30.0}


def test_opposite_arcs_are_not_parallel():
    assert arcs(graph_of((0, 1, 40), (1, 0, 30))) == {(0, 1): 40.0, (1, 0): 30.0}


def test_self_loops_and_closed_arcs_are_left_out():
    assert arcs(graph_of((0, 0, 5), (0, 1, np.inf), (1, 2, 7), (2, 1, np.nan))) == {(1, 2): 7.0}


def test_an_arc_closed_once_and_open_once_is_open():
    assert arcs(graph_of((0, 1, np.inf), (0, 1, 9))) == {(0, 1): 9.0}


def test_nodes_without_arcs_have_empty_rows():
    graph = graph_of((4, 2, 1.5), n_nodes=6)
    assert graph.n_nodes == 6
    assert graph.start.tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_longest_arc_is_that_of_the_arcs_kept():
    assert graph_of((0, 1, 90), (0, 1, 30), (1, 2, 31), (2, 2, 500)).longest_s == 31.0


def test_a_graph_without_arcs_can_be_built_and_searched():
    none = np.empty(0, dtype=np.int32)
    graph = kernel.build_graph(none, none, np.empty(0), n_nodes=2)
    assert graph.longest_s == 0.0
    nodes, node_s = kernel.reach(graph, np.array([1], dtype=np.int32), np.zeros(1))
    assert (nodes.tolist(), node_s.tolist()) == ([1], [0.0])


def test_morton_order_is_the_letter_z():
    x, y = np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    assert kernel.morton_order(x, y).tolist() == [3, 2, 1, 0]


def test_morton_order_visits_each_quarter_whole():
    x, y = (a.ravel() for a in np.meshgrid(np.arange(8.0), np.arange(8.0)))
    order = kernel.morton_order(x, y)
    quarter = (x[order] >= 4).astype(int) + 2 * (y[order] >= 4)
    assert quarter.tolist() == sorted(quarter.tolist())


def test_morton_order_does_not_depend_on_the_order_given():
    rng = np.random.default_rng(5)
    xy = rng.uniform(0, 1000, (500, 2))
    mixed = rng.permutation(500)
    first = xy[kernel.morton_order(*xy.T)]
    again = xy[mixed][kernel.morton_order(*xy[mixed].T)]
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("xy", [np.empty((0, 2)), np.zeros((1, 2)), np.ones((3, 2))])
def test_morton_order_of_nothing_and_of_one_place(xy):
    assert kernel.morton_order(*xy.T).tolist() == list(range(len(xy)))
