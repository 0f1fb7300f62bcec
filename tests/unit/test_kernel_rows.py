"""Sparse rows hold what dense rows hold, and nothing else."""

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan import _kernel as kernel

N_NODES, N_STREETS = 30, 50


def random_town(seed, *, n_points):
    """Streets with one-ways, closed ones and loops, and points on them; some on none."""
    rng = np.random.default_rng(seed)
    first, last = rng.integers(0, N_NODES, (2, N_STREETS)).astype(np.int32)
    there_s, back_s = (np.where(rng.random(N_STREETS) < 0.2, np.inf, rng.uniform(0, 60, N_STREETS)) for _ in "ab")
    street = rng.integers(-1, N_STREETS, n_points).astype(np.int32)
    return kernel.Streets(first, last, there_s, back_s), street, rng.choice([0.0, 0.25, 0.5, 0.9, 1.0], n_points)


def seeds(streets, street, along):
    ways = [(streets.last, 1 - along, streets.there_s), (streets.first, along, streets.back_s)]
    found = [(node[street], part * time_s[street]) for node, part, time_s in ways if time_s[street] < np.inf]
    return np.array([n for n, _ in found], dtype=np.int32), np.array([s for _, s in found], dtype=float)


@settings(max_examples=tries(100))
@given(st.integers(0, 10_000), st.sampled_from([0, 7, 300]), st.sampled_from([0.0, 20.0, 80.0, np.inf]), st.booleans())
def test_a_row_is_the_dense_row_without_what_is_not_reached(seed, n_points, limit_s, sparse):
    streets, street, along = random_town(seed, n_points=n_points)
    if sparse:  # so many points elsewhere that rows are put in order by sorting
        street = np.concatenate([street, np.full(20 * n_points, -1, dtype=np.int32)])
        along = np.concatenate([along, np.zeros(20 * n_points)])
    tail, head = np.concatenate([streets.first, streets.last]), np.concatenate([streets.last, streets.first])
    graph = kernel.build_graph(tail, head, np.concatenate([streets.there_s, streets.back_s]), n_nodes=N_NODES)
    filed = kernel.Filed(streets, n_nodes=N_NODES, street=street, along=along)
    work = kernel.Workspace(N_NODES)
    for origin in [(seed % N_STREETS, 0.5), ((seed + 1) % N_STREETS, 0.0), ((seed + 2) % N_STREETS, 0.9)]:
        reached = kernel.reach(graph, *seeds(streets, *origin), limit_s=limit_s, workspace=work)
        points, row_s = filed.row(*reached, origin=origin, limit_s=limit_s, workspace=work)
        dense_s = kernel.point_times(
            *reached, origin=origin, streets=streets, points=(street, along), limit_s=limit_s, workspace=work
        )
        np.testing.assert_array_equal(points, np.flatnonzero(dense_s < np.inf))
        np.testing.assert_array_equal(row_s, dense_s[points])
        assert (points.dtype, row_s.dtype) == (np.int32, np.float32)
        assert np.isinf(work.time_s).all()


@pytest.mark.parametrize(("limit_s", "expected"), [(4.0, [1, 2]), (5.0, [0, 1, 2]), (40.0, [0, 1, 2, 3])])
def test_the_origins_own_street_is_served_though_its_ends_are_too_far(limit_s, expected):
    length_s = np.array([20.0, 20.0])
    streets = kernel.Streets(np.array([0, 1], np.int32), np.array([1, 2], np.int32), length_s, length_s)
    graph = kernel.build_graph(np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1]), np.full(4, 20.0), n_nodes=3)
    filed = kernel.Filed(
        streets, n_nodes=3, street=np.array([0, 0, 0, 1], np.int32), along=np.array([0.25, 0.4, 0.5, 0.5])
    )
    work = kernel.Workspace(3)
    reached = kernel.reach(graph, np.array([1, 0]), np.array([10.0, 10.0]), limit_s=limit_s, workspace=work)
    assert filed.row(*reached, origin=(0, 0.5), limit_s=limit_s, workspace=work)[0].tolist() == expected


def test_from_a_node_no_street_is_the_origins_own():
    one_way = kernel.Streets(np.array([0], np.int32), np.array([1], np.int32), np.array([20.0]), np.array([np.inf]))
    filed = kernel.Filed(one_way, n_nodes=2, street=np.array([0], np.int32), along=np.array([0.5]))
    there, back = (np.array([0], np.int32), np.zeros(1, np.float32)), (np.array([1], np.int32), np.zeros(1, np.float32))
    work = kernel.Workspace(2)
    assert filed.row(*there, origin=(-1, 0.0), limit_s=99.0, workspace=work)[1].tolist() == [10.0]
    assert filed.row(*back, origin=(-1, 0.0), limit_s=99.0, workspace=work)[1].tolist() == []
