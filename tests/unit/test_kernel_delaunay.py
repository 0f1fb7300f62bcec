"""Delaunay triangles against Qhull, and against whole numbers of any size where points lie on one circle."""

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, Delaunay

from fireplan import _kernel as kernel

WIDE = 1 << 25


def in_order(points):
    """Each point once, in Z-order."""
    points = np.unique(np.array(points, dtype=np.int64).reshape(-1, 2), axis=0)
    return points[np.argsort(kernel.z_number(*(points - points.min(axis=0, initial=0)).T), kind="stable")]


def triangles_of(points, *, longest=1e9, widest=WIDE):
    return kernel.delaunay(points, longest=longest, widest=widest)[0]


def named(points, triangles):
    """Triangles as sets of places."""
    return {frozenset(map(tuple, points[t].tolist())) for t in triangles}


def twice_area(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def in_circle(a, b, c, p):
    """Above zero: p lies in the circle; in Python's whole numbers, which have no end."""
    (ax, ay), (bx, by), (cx, cy) = ((q[0] - p[0], q[1] - p[1]) for q in (a, b, c))
    return (
        (ax * ax + ay * ay) * (bx * cy - by * cx)
        + (bx * bx + by * by) * (cx * ay - cy * ax)
        + (cx * cx + cy * cy) * (ax * by - ay * bx)
    )


@pytest.mark.parametrize("seed", range(5))
def test_scattered_points_have_the_triangles_that_qhull_finds(seed):
    points = in_order(np.random.default_rng(seed).integers(0, 10_000_000, (3_000, 2)))
    a, b, c = points[Delaunay(points - points.mean(axis=0)).simplices].transpose(1, 0, 2).astype(float)
    sides = [np.hypot(*(p - q).T) for p, q in ((a, b), (b, c), (c, a))]
    twice = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    for longest, widest in ((1e9, WIDE), (400_000, WIDE), (1e9, 500_000), (400_000, 420_000)):
        small = (np.max(sides, axis=0) <= longest) & (np.prod(sides, axis=0) <= widest * twice)
        wanted = {frozenset(map(tuple, corners)) for corners in np.stack([a, b, c], axis=1)[small].astype(int).tolist()}
        assert len(wanted) > 100
        assert named(points, triangles_of(points, longest=longest, widest=widest)) == wanted


def test_triangles_stand_in_order_and_turn_left():
    points = in_order(np.random.default_rng(3).integers(0, 50, (900, 2)) * 1000)
    triangles = triangles_of(points)
    assert (triangles[:, 0] < triangles[:, 1:].min(axis=1)).all()
    pairs = triangles[:, 0].astype(np.int64) * len(points) + triangles[:, 1]
    assert (np.diff(pairs) > 0).all()
    assert (np.array([twice_area(*points[t].tolist()) for t in triangles]) > 0).all()


@st.composite
def awkward_points(draw):
    """Points of a lattice or of one circle, some a single unit off, near one another or far apart."""
    size = draw(st.sampled_from([1, 3, 51_201, 4_000_037]))
    if draw(st.booleans()):
        spot = st.tuples(st.integers(0, 7), st.integers(0, 7))
        spots = np.array(draw(st.lists(spot, min_size=3, max_size=40))) * size
    else:  # 65 = hypot(16, 63) = hypot(33, 56) = hypot(25, 60) = hypot(39, 52)
        round_ = [(65, 0), (16, 63), (33, 56), (25, 60), (39, 52)]
        round_ = [(sx * x, sy * y) for a, b in round_ for x, y in ((a, b), (b, a)) for sx in (1, -1) for sy in (1, -1)]
        spots = (np.array(draw(st.lists(st.sampled_from(round_), min_size=3, max_size=30))) + 65) * (size // 8 + 1)
    off = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=2 * len(spots), max_size=2 * len(spots)))
    return in_order(spots + np.array(off).reshape(-1, 2))


@settings(max_examples=tries(300), deadline=None)
@given(awkward_points())
def test_no_circle_holds_a_point_and_together_triangles_fill_the_hull(points):
    triangles = triangles_of(points)
    places = points.tolist()
    for t in triangles:
        side = np.array([np.sign(in_circle(*(places[i] for i in t), p)) for p in places], dtype=int)
        assert (side <= 0).all()
        # Of points on one circle each triangle has the first.
        assert np.flatnonzero(side == 0)[0] == t[0]
    if np.ptp(points, axis=0).max() < 1_000_000 and np.linalg.matrix_rank(points - points[0]) == 2:
        # No circle but that of a sliver along the hull is too wide here.
        whole = sum(twice_area(*(places[i] for i in t)) for t in triangles) / 2
        assert whole == pytest.approx(ConvexHull(points - points[0]).volume, rel=0.01, abs=1)


@settings(max_examples=tries(300), deadline=None)
@given(awkward_points(), st.sampled_from([0.2, 0.5, 0.8]), st.sampled_from([1.5, 3.0, 9.0]))
def test_from_a_part_of_the_points_come_the_triangles_that_come_from_all(points, share, width):
    widest = min(max(np.ptp(points, axis=0).max() * width / 10, 1.0), WIDE)
    edge = np.quantile(points[:, 0], share)
    part = points[points[:, 0] <= edge + widest]

    def of_the_part(places):
        triangles = triangles_of(places, widest=widest)
        return named(places, triangles[places[triangles[:, 0], 0] <= edge])

    assert of_the_part(points) == of_the_part(part)


def test_points_beside_open_ground_are_told():
    lake = in_order([(x, y) for x in range(21) for y in range(21) if (x - 10) ** 2 + (y - 10) ** 2 > 36])
    _, at_wide = kernel.delaunay(lake, longest=100, widest=4)
    x, y = lake.T
    shore = np.hypot(x - 10, y - 10) < 6.5
    rim = (x == 0) | (x == 20) | (y == 0) | (y == 20)
    assert at_wide[shore].any()
    assert at_wide[rim].all()
    assert not at_wide[~rim & (np.hypot(x - 10, y - 10) > 8)].any()


def test_points_too_far_apart_to_be_told_exactly_are_refused():
    with pytest.raises(ValueError, match="told exactly"):
        kernel.delaunay(np.array([[0, 0], [1 << 28, 0], [0, 5]]), longest=9.0, widest=9.0)


def test_squares_keep_their_number():
    column, row = np.random.default_rng(5).integers(0, 1 << 32, (2, 1000))
    number = kernel.z_number(column, row)
    assert (np.stack(kernel.z_square(number)) == np.stack([column, row]).astype(np.uint64)).all()
    assert kernel.z_number(np.array([0, 1, 0, 1, 2]), np.array([0, 0, 1, 1, 0])).tolist() == [0, 1, 2, 3, 4]
