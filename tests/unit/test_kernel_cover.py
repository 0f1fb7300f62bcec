import numpy as np
import pytest

from fireplan import _kernel as kernel

INF = np.inf


def table(*rows):
    return np.array(rows, dtype=np.float32)


def test_a_force_is_complete_when_its_last_part_arrives():
    times = table([100, 100], [200, 200], [300, INF])
    supply = np.array([[1, 0, 4.0], [0, 1, 4.0], [1, 0, 4.0]])
    need = np.array([2, 1, 12.0])
    assert kernel.force_times(times, supply, need).tolist() == [300.0, INF]


def test_a_force_counts_people_across_sources():
    times = table([100], [200], [50])
    assert kernel.force_times(times, np.array([[4.0], [4.0], [3.0]]), np.array([7.0])).tolist() == [100.0]


def test_sources_out_of_reach_bring_nothing():
    assert kernel.force_times(table([INF], [10]), np.array([[9.0], [1.0]]), np.array([2.0])).tolist() == [INF]


@pytest.mark.parametrize("seed", range(10))
def test_force_times_agree_with_trying_every_moment(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    times = rng.integers(0, 12, (n, 150)).astype(np.float32)
    times[rng.random(times.shape) < 0.2] = INF
    supply = rng.integers(0, 4, (n, 3)).astype(float)
    need = rng.integers(0, 6, 3).astype(float)
    need[rng.integers(3)] += 1
    expected = np.full(150, INF)
    for i in range(150):
        for moment in sorted(set(times[:, i][np.isfinite(times[:, i])].tolist())):
            if (supply[times[:, i] <= moment].sum(axis=0) >= need).all():
                expected[i] = moment
                break
    np.testing.assert_array_equal(kernel.force_times(times, supply, need), expected)


def test_compiling_ahead_runs_every_function():
    kernel.compile_ahead()
