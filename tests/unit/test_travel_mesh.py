"""Outlines over small meshes, solved by hand and by clipping every triangle."""

from itertools import pairwise, product
from unittest import mock

import numpy as np
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from fireplan import _kernel as kernel
from fireplan._kernel.mesh.contour import CLEAR_M
from fireplan.travel import _mesh as meshes
from fireplan.travel._mesh import Arrivals, Groups, Mesh, outline, soonest

FAR = np.array([500_000, 4_000_000])
NONE = Groups(np.zeros(1, dtype=np.int32), np.empty(0, dtype=np.int32))


def mesh_of(xy, triangles):
    xy, triangles = np.array(xy, dtype=float), np.array(triangles, dtype=np.int32).reshape(-1, 3)
    return Mesh(xy, np.zeros(len(xy)), NONE, NONE, NONE, triangles, kernel.link(triangles, len(xy)))


def arriving(*vertex_s):
    times = np.array(vertex_s, dtype=np.float32)
    reached = np.flatnonzero(np.isfinite(times)).astype(np.int32)
    return Arrivals(reached, times[reached])


def grid(side, *, step=100.0, without=()):
    """Squares of two triangles each, rows from the south; those in `without`, as (column, row), are left out."""
    n = side + 1
    xy = [(x * step, y * step) for y in range(n) for x in range(n)]
    triangles = []
    for row, column in product(range(side), range(side)):
        if (column, row) not in without:
            a = row * n + column
            triangles += [(a, a + 1, a + n + 1), (a, a + n + 1, a + n)]
    return mesh_of(xy, triangles)


def areas(ground):
    assert ground.is_valid
    assert ground.geom_type == "MultiPolygon"
    return sorted(round(part.area, -1) for part in ground.geoms)


TRIANGLE = mesh_of([(0, 0), (200, 0), (0, 200)], [(0, 1, 2)])
CORNER = 100 * 100 / 2
WHOLE = 200 * 200 / 2


@pytest.mark.parametrize("inside", list(product([True, False], repeat=3)))
def test_one_triangle_is_cut_half_way_between_corners_within_and_beyond_the_limit(inside):
    ground = outline(TRIANGLE, arriving(*[80 if i else 120 for i in inside]), within_s=100)
    by_count = {0: [], 1: [CORNER], 2: [WHOLE - CORNER], 3: [WHOLE]}
    assert areas(ground) == by_count[sum(inside)]
    points = shapely.points(TRIANGLE.xy_m)
    assert (shapely.distance(ground, points)[list(inside)] < 1e-9).all()
    assert not shapely.intersects(ground, points)[[not i for i in inside]].any()
    for part in ground.geoms:
        assert part.exterior.is_ccw


@pytest.mark.parametrize("late", [160, 500, np.inf])
def test_a_corner_later_than_a_minute_past_the_limit_counts_as_later_by_a_minute(late):
    ground = outline(TRIANGLE, arriving(70, late, late), within_s=100)
    assert ground.area == pytest.approx(WHOLE * (30 / 90) ** 2, rel=1e-6)


def test_nothing_is_outlined_where_nothing_is_reached():
    for times in ([], [np.inf] * 9, [101.0] * 9):
        assert outline(grid(2), arriving(*times), within_s=100).is_empty
    assert outline(mesh_of(np.empty((0, 2)), []), arriving(), within_s=100).is_empty
    assert outline(mesh_of([(0, 0), (1, 0)], []), arriving(1, 1), within_s=100).is_empty


def test_where_everything_is_reached_the_outline_is_the_rim_of_the_mesh():
    ground = outline(grid(5), arriving(*[50.0] * 36), within_s=100)
    assert ground.equals(shapely.box(0, 0, 500, 500))
    holed = outline(grid(5, without={(2, 2)}), arriving(*[50.0] * 36), within_s=100)
    assert holed.equals(shapely.box(0, 0, 500, 500) - shapely.box(200, 200, 300, 300))
    assert len(holed.geoms[0].interiors) == 1


def test_ground_reached_late_inside_a_ring_is_a_hole_and_ground_in_the_hole_an_island():
    far = np.array([max(abs(x - 7), abs(y - 7)) for y in range(15) for x in range(15)])
    times = np.where(far < 2, 0.0, np.where(far < 4, 200.0, np.where(far < 6, 0.0, 200.0)))
    ground = outline(grid(14), arriving(*times), within_s=100)
    shell, island = sorted(ground.geoms, key=lambda part: -part.area)
    assert len(shell.interiors) == 1
    assert len(island.interiors) == 0
    assert shapely.Polygon(shell.interiors[0]).contains(island)
    by_hand = clipped(grid(14), times, 100)
    assert shapely.symmetric_difference(ground, by_hand).area < 10


def test_islands_and_holes_too_small_to_be_seen_are_left_out():
    quiet = np.full(81, 0.0)
    quiet[40] = 110.0  # a hole of 0.09 x 30,000 m2 at a fifth of each side
    assert areas(outline(grid(8, step=20.0), arriving(*quiet), within_s=100)) == [160 * 160]
    early = np.full(81, np.inf)
    early[40] = 0.0
    assert outline(grid(8, step=20.0), arriving(*early), within_s=100).is_empty


def test_two_squares_that_meet_at_a_corner_are_two_parts():
    pinched = grid(2, without={(0, 1), (1, 0)})
    ground = outline(pinched, arriving(*[50.0] * 9), within_s=100)
    assert areas(ground) == [10_000, 10_000]
    assert ground.equals(shapely.union(shapely.box(0, 0, 100, 100), shapely.box(100, 100, 200, 200)))


def test_a_hole_that_meets_the_rim_at_a_corner_stays_a_hole():
    pinched = grid(3, without={(1, 1), (0, 0)})
    ground = outline(pinched, arriving(*[50.0] * 16), within_s=100)
    assert areas(ground) == [70_000]
    assert len(ground.geoms[0].interiors) == 1


@pytest.mark.parametrize("within", [100.0, np.nextafter(np.float32(100), np.float32(200))])
def test_vertices_reached_at_the_very_limit_are_inside(within):
    times = [0, 100, 200, 0, 100, 200, 0, 100, 200]
    ground = outline(grid(2), arriving(*times), within_s=float(within))
    assert ground.is_valid
    assert ground.area == pytest.approx(20_000, abs=1)
    assert shapely.intersects(ground, shapely.points([(100, 0), (100, 100), (100, 200)])).all()


def test_the_soonest_of_several_counts():
    one, two = arriving(1, np.inf, 5, np.inf), arriving(3, 4, 2, np.inf)
    space = kernel.ContourSpace(4, 0)
    both = soonest([one, two], space=space)
    assert dict(zip(both.vertices.tolist(), both.vertex_s.tolist(), strict=True)) == {0: 1, 1: 4, 2: 2}
    assert np.isinf(space.time_s).all()


def test_memory_is_left_as_it_was_found():
    net = grid(4, without={(1, 1)})
    space = net.space()
    rng = np.random.default_rng(4)
    for _ in range(20):
        reached = arriving(*rng.choice([50.0, 150.0, np.inf], 25))
        once = outline(net, reached, within_s=100, space=space)
        assert once.equals_exact(outline(net, reached, within_s=100))
        assert np.isinf(space.time_s).all()
        assert not space.seen.any()


def test_neighbours_know_each_other():
    halves = kernel.link(grid(3, without={(1, 1)}).triangles, 16)
    joined = np.flatnonzero(halves.twin >= 0)
    np.testing.assert_array_equal(halves.twin[halves.twin[joined]], joined)
    assert (halves.twin < 0).sum() == 12 + 4
    assert not halves.pinched.any()
    assert np.flatnonzero(kernel.link(grid(2, without={(0, 1), (1, 0)}).triangles, 9).pinched).tolist() == [4]


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 4])
@pytest.mark.parametrize("jitter", [0.0, 1e-9, 1e-4])
def test_triangles_between_points_of_a_lattice_fill_it_once(turn, jitter):
    xy = np.stack(np.meshgrid(np.arange(30), np.arange(20)), axis=-1).reshape(-1, 2) * 50.0
    xy = xy @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + FAR
    xy = np.concatenate([xy, xy[:40]]) + np.random.default_rng(2).normal(0, jitter, (640, 2))
    units = np.unique(np.rint((xy - FAR) * 1024).astype(np.int64), axis=0)
    triangles, _ = kernel.delaunay(units, longest=300 * 1024, widest=1024 * 1024)
    corners = FAR + units[triangles] / 1024
    assert shapely.area(shapely.polygons(corners)).sum() == pytest.approx(29 * 19 * 2500, rel=1e-4)
    assert shapely.union_all(shapely.polygons(corners), grid_size=1e-3).area == pytest.approx(29 * 19 * 2500, rel=1e-4)


def test_points_on_one_line_have_no_triangles():
    for n in (0, 1, 2, 3, 40):
        units = np.column_stack([np.arange(n), 3 * np.arange(n)]) * 10
        assert len(kernel.delaunay(units, longest=1e6, widest=1e6)[0]) == 0


def clipped(net, times, limit):
    """The ground within the limit, triangle by triangle."""
    times = np.minimum(np.array(times, dtype=float), limit + meshes.BEYOND_S)
    pieces = []
    for corners in net.triangles:
        ring = []
        for a, b in zip(corners, np.roll(corners, -1), strict=True):
            if times[a] <= limit:
                ring.append(net.xy_m[a])
            if (times[a] <= limit) != (times[b] <= limit):
                ring.append(net.xy_m[a] + (limit - times[a]) / (times[b] - times[a]) * (net.xy_m[b] - net.xy_m[a]))
        if ring:
            pieces.append(shapely.Polygon(ring))
    return shapely.union_all(shapely.make_valid(pieces)) if pieces else shapely.MultiPolygon()


@st.composite
def random_meshes(draw):
    """Triangles between scattered points with some taken out, and times of which some are the limit itself."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(4, 60))
    xy = rng.uniform(0, 2000, (n, 2)) + FAR
    triangles = Delaunay(xy - xy.mean(axis=0)).simplices
    triangles = triangles[rng.random(len(triangles)) < draw(st.sampled_from([1.0, 0.8, 0.5]))]
    a, b, c = xy[triangles].transpose(1, 0, 2)
    twice = np.cross(np.pad(b - a, ((0, 0), (0, 1))), np.pad(c - a, ((0, 0), (0, 1))))[:, 2]
    triangles = np.where(twice[:, None] < 0, triangles[:, ::-1], triangles)[np.abs(twice) > 10]
    times = rng.choice([0, 50, 99, 100, 100, 101, 120, 300, np.inf], n) + rng.choice([0.0, 0.25])
    return mesh_of(xy, triangles), times


@settings(max_examples=tries(150), deadline=None)
@given(random_meshes())
def test_an_outline_is_what_is_left_of_each_triangle_once_cut(case):
    net, times = case
    with mock.patch.object(meshes, "SMALLEST_AREA_M2", 0.01):
        ground = outline(net, arriving(*times), within_s=100)
    wanted = clipped(net, times, 100)
    assert ground.is_valid
    # A cut keeps a millimetre from the vertices of the mesh.
    edges_m = np.hypot(*(net.xy_m[net.triangles] - net.xy_m[np.roll(net.triangles, -1, axis=1)]).reshape(-1, 2).T)
    assert shapely.symmetric_difference(ground, wanted).area <= 2 * CLEAR_M * edges_m.sum()


@settings(max_examples=tries(100), deadline=None)
@given(random_meshes(), st.lists(st.integers(1, 400), min_size=2, max_size=6, unique=True))
def test_outlines_lie_inside_those_of_larger_limits_specks_and_all(case, limits):
    net, times = case
    outlines = [outline(net, arriving(*times), within_s=s) for s in sorted(limits)]
    for smaller, larger in pairwise(outlines):
        assert shapely.difference(smaller, larger).area < 1.0
