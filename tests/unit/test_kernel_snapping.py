import time

import numpy as np
import pytest
import shapely

from fireplan import _kernel as kernel


def grid_of(*lines):
    offsets = np.cumsum([0, *(len(line) for line in lines)])
    return kernel.build_grid(np.concatenate([np.asarray(line, float) for line in lines]), offsets)


def snap(grid, points, *, limit_m=1e9, allowed=None):
    every = np.ones(len(grid.street_m), dtype=bool) if allowed is None else np.array(allowed)
    return kernel.snap(grid, np.asarray(points, float).reshape(-1, 2), limit_m=limit_m, allowed=every)


def test_a_point_beside_a_street_gets_its_fraction_and_offset():
    street, along, offset_m = snap(grid_of([(0, 0), (100, 0)]), [(25, 30)])
    assert (street.tolist(), along.tolist(), offset_m.tolist()) == ([0], [0.25], [30.0])


def test_the_fraction_counts_the_pieces_before():
    bent = grid_of([(0, 0), (100, 0), (100, 300)])
    _, along, _ = snap(bent, [(100, 100), (104, 0), (50, -3)])
    assert along.tolist() == [0.5, 0.25, 0.125]


def test_a_point_past_the_end_snaps_to_the_end():
    street, along, offset_m = snap(grid_of([(0, 0), (100, 0)]), [(103, 4), (-3, -4)])
    assert (along.tolist(), offset_m.tolist()) == ([1.0, 0.0], [5.0, 5.0])
    assert street.tolist() == [0, 0]


def test_farther_than_the_limit_is_off_the_road_and_at_the_limit_on_it():
    street, along, offset_m = snap(grid_of([(0, 0), (100, 0)]), [(50, 200), (50, 200.001)], limit_m=200.0)
    assert street.tolist() == [0, -1]
    assert offset_m.tolist() == [200.0, np.inf]
    assert along[1] == 0.0


def test_streets_that_are_not_allowed_are_passed_over():
    two = grid_of([(0, 0), (100, 0)], [(0, 50), (100, 50)])
    street, _, offset_m = snap(two, [(50, 1)], allowed=[False, True])
    assert (street.tolist(), offset_m.tolist()) == ([1], [49.0])
    assert snap(two, [(50, 1)], allowed=[False, False])[0].tolist() == [-1]


@pytest.mark.parametrize("nowhere", [(np.nan, 0), (0, np.nan), (np.inf, 0), (0, -np.inf)])
def test_a_place_that_is_not_known_is_off_the_road(nowhere):
    street, _, offset_m = snap(grid_of([(0, 0), (100, 0)]), [nowhere, (50, 0)])
    assert street.tolist() == [-1, 0]
    assert offset_m.tolist() == [np.inf, 0.0]


def test_of_streets_equally_near_the_one_that_stands_first_is_taken():
    cross = grid_of([(0, 0), (100, 0)], [(0, 0), (0, 100)], [(0, 0), (-100, 0)])
    assert snap(cross, [(0, 0), (-3, 3), (30, 30)])[0].tolist() == [0, 1, 0]


def test_a_street_of_no_length_can_be_snapped_to():
    street, along, offset_m = snap(grid_of([(5, 5), (5, 5)]), [(5, 9)])
    assert (street.tolist(), along.tolist(), offset_m.tolist()) == ([0], [0.0], [4.0])


def test_without_streets_everything_is_off_the_road():
    none = kernel.build_grid(np.empty((0, 2)), np.zeros(1, dtype=np.int64))
    street, _, offset_m = snap(none, [(0, 0), (1e6, 1e6)])
    assert street.tolist() == [-1, -1]
    assert np.isinf(offset_m).all()


def random_streets(seed, n=300):
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(n):
        start = rng.uniform(0, 3000, 2)
        lines.append(start + np.vstack([np.zeros(2), rng.normal(0, 120, (rng.integers(1, 6), 2)).cumsum(axis=0)]))
    return lines


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spread", [0, 600, 50_000])
def test_snapping_agrees_with_measuring_every_street(seed, spread):
    lines = random_streets(seed)
    rng = np.random.default_rng(100 + seed)
    allowed = rng.random(len(lines)) < 0.6
    points = rng.uniform(-spread, 3000 + spread, (400, 2))
    limit_m = float(rng.choice([60.0, 500.0, np.inf]))
    street, along, offset_m = snap(grid_of(*lines), points, limit_m=limit_m, allowed=allowed)
    drawn = shapely.linestrings(np.concatenate(lines), indices=np.repeat(range(len(lines)), [len(x) for x in lines]))
    away = shapely.distance(shapely.points(points)[:, None], drawn[None, :])
    away[:, ~allowed] = np.inf
    nearest = away.min(axis=1)
    nearest[nearest > limit_m] = np.inf
    np.testing.assert_allclose(offset_m, nearest, atol=1e-6)
    on = street >= 0
    assert (on == np.isfinite(nearest)).all()
    foot = shapely.line_interpolate_point(drawn[street[on]], along[on], normalized=True)
    np.testing.assert_allclose(shapely.distance(foot, shapely.points(points[on])), nearest[on], atol=1e-6)


def test_a_long_straight_street_is_found_from_every_cell_it_crosses():
    lines = [*random_streets(9, n=50), np.array([(0, 0), (3000, 2999)])]
    only = np.zeros(len(lines), dtype=bool)
    only[-1] = True
    at = np.linspace(0, 1, 200)[:, None] * np.array([[3000, 2999]])
    street, along, offset_m = snap(grid_of(*lines), at, allowed=only)
    assert (street == len(lines) - 1).all()
    np.testing.assert_allclose(along, np.linspace(0, 1, 200), atol=1e-9)
    np.testing.assert_allclose(offset_m, 0, atol=1e-9)


def test_a_place_on_the_other_side_of_the_earth_is_answered_at_once():
    grid = grid_of(*random_streets(1))
    snap(grid, [(0, 0)])
    began = time.perf_counter()
    street, _, _ = snap(grid, [(2e7, 2e7), (-2e7, 1500), (1500, 2e7)], limit_m=np.inf)
    assert (street >= 0).all()
    assert time.perf_counter() - began < 1.0
