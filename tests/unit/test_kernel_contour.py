"""Outlines on meshes small enough to draw by hand."""

from itertools import pairwise

import numpy as np
import pytest

from fireplan import _kernel as kernel

# Nine vertices a hundred metres apart, numbered from the lower left, and eight triangles between them.
GRID_M = np.array([[100.0 * x, 100.0 * y] for y in range(3) for x in range(3)])
CELLS = [0, 1, 3, 4]
TRIANGLES = np.array([t for c in CELLS for t in ((c, c + 1, c + 4), (c, c + 4, c + 3))], dtype=np.int32)
CENTRE = 4


def trace(xy_m, triangles, times, *, limit_s=30.0, smallest_m2=1.0):
    """Rings of each polygon; times are by vertex."""
    halves = kernel.link(triangles, len(xy_m))
    space = kernel.ContourSpace(len(xy_m), len(triangles))
    reached = np.array(list(times), dtype=np.int32), np.array(list(times.values()), dtype=np.float32)
    corners, rings, polygons = kernel.trace(
        xy_m, triangles, halves, reached=reached, limit_s=limit_s, beyond_s=60.0, smallest_m2=smallest_m2, space=space
    )
    assert np.isinf(space.time_s).all()
    assert not space.seen.any()
    drawn = [corners[a:b] for a, b in pairwise(rings)]
    assert all((ring[0] == ring[-1]).all() for ring in drawn)
    return [drawn[a:b] for a, b in pairwise(polygons)]


def area_m2(ring):
    x, y = ring.T
    return 0.5 * (x[:-1] * y[1:] - x[1:] * y[:-1]).sum()


def test_sides_know_their_twins():
    halves = kernel.link(TRIANGLES, len(GRID_M))
    start = TRIANGLES.reshape(-1)
    end = np.roll(TRIANGLES, -1, axis=1).reshape(-1)
    inside = np.flatnonzero(halves.twin >= 0)
    assert len(inside) == 16
    assert (start[inside] == end[halves.twin[inside]]).all()
    assert (end[inside] == start[halves.twin[inside]]).all()
    assert not halves.pinched.any()
    for vertex in range(len(GRID_M)):
        mine = slice(halves.start[vertex], halves.start[vertex + 1])
        side = np.where(halves.side[mine] < 0, -1 - halves.side[mine], halves.side[mine])
        assert (start[side] == vertex).all()
        assert (end[side] == halves.head[mine]).all()
        assert ((halves.twin[side] < 0) == (halves.side[mine] < 0)).all()


def test_about_one_vertex_the_ring_stands_where_each_edge_reaches_the_limit():
    ((ring,),) = trace(GRID_M, TRIANGLES, {CENTRE: 0.0})
    # 30 s of the 90 s that a vertex beyond counts: a third of each of the six edges.
    third = (GRID_M[[0, 1, 3, 5, 7, 8]] - GRID_M[CENTRE]) / 3 + GRID_M[CENTRE]
    assert {tuple(np.round(p, 6)) for p in ring} == {tuple(np.round(p, 6)) for p in third}
    assert area_m2(ring) == pytest.approx(30_000 / 9)


def test_where_all_is_reached_the_ring_follows_the_rim():
    ((ring,),) = trace(GRID_M, TRIANGLES, dict.fromkeys(range(9), 5.0))
    assert area_m2(ring) == pytest.approx(40_000)
    assert len(ring) == 9


def test_a_hole_runs_clockwise_behind_its_shell():
    times = {v: 0.0 for v in range(9) if v != CENTRE}
    ((shell, hole),) = trace(GRID_M, TRIANGLES, times)
    assert area_m2(shell) == pytest.approx(40_000)
    assert area_m2(hole) == pytest.approx(-30_000 * 4 / 9)


def test_holes_and_islands_below_the_smallest_are_left_out():
    times = {v: 0.0 for v in range(9) if v != CENTRE}
    ((shell,),) = trace(GRID_M, TRIANGLES, times, smallest_m2=20_000.0)
    assert area_m2(shell) == pytest.approx(40_000)
    assert trace(GRID_M, TRIANGLES, {CENTRE: 0.0}, smallest_m2=5_000.0) == []
    assert trace(GRID_M, TRIANGLES, {CENTRE: 31.0}) == []


def test_a_ring_that_touches_itself_at_a_vertex_is_parted_there():
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 50.0], [0.0, 100.0], [100.0, 100.0]])
    corners = np.array([[0, 1, 2], [2, 4, 3]], dtype=np.int32)
    assert kernel.link(corners, 5).pinched.tolist() == [False, False, True, False, False]
    polygons = trace(xy, corners, dict.fromkeys(range(5), 0.0))
    assert [area_m2(ring) for (ring,) in polygons] == [2_500.0, 2_500.0]


def test_a_ring_that_closes_a_loop_through_a_pinched_vertex_is_shell_and_hole():
    # A square with a hole that reaches the corner where vertex 0 stands.
    xy = np.array(
        [[0.0, 0.0], [300.0, 0.0], [300.0, 300.0], [0.0, 300.0], [150.0, 80.0], [200.0, 200.0], [80.0, 150.0]]
    )
    corners = [[0, 1, 4], [1, 5, 4], [1, 2, 5], [2, 3, 5], [3, 6, 5], [3, 0, 6]]
    polygons = trace(xy, np.array(corners, dtype=np.int32), dict.fromkeys(range(7), 0.0))
    ((shell, hole),) = polygons
    assert area_m2(shell) == pytest.approx(90_000)
    assert len(hole) == 5
    assert tuple(xy[0]) in {tuple(p) for p in hole}


def test_rings_begin_at_the_same_side_in_whatever_order_vertices_are_named():
    times = {v: (31.0 if v == CENTRE else float(v)) for v in range(9)}
    first = trace(GRID_M, TRIANGLES, times)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(9).tolist()
        again = trace(GRID_M, TRIANGLES, {v: times[v] for v in order})
        assert [[ring.tolist() for ring in part] for part in again] == [[r.tolist() for r in part] for part in first]
