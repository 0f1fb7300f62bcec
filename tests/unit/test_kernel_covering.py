"""Cover sets as runs, against plain counting; the Lagrangian bound, against the optimum."""

from itertools import combinations

import numpy as np
import pytest

from fireplan._kernel.cover.cover_runs import alike, as_runs, sums, times_covered
from fireplan._kernel.location.lagrangian_cover import Relaxation, Room, Rows
from fireplan._kernel.location.set_cover_reduction import Both, drop_candidates, drop_rows


def compressed(matrix):
    """Rows of a matrix of True and False, compressed."""
    place = [np.flatnonzero(row) for row in matrix]
    start = np.concatenate([[0], np.cumsum([len(p) for p in place])])
    return start, np.concatenate([*place, []]).astype(np.int32)


@pytest.fixture(params=range(30))
def covers(request):
    rng = np.random.default_rng(request.param)
    return rng.random((6, 15)) < rng.uniform(0.1, 0.8)


def test_places_are_alike_exactly_where_their_columns_are(covers):
    group, n = alike(*compressed(covers), covers.shape[1])
    for i in range(covers.shape[1]):
        for k in range(covers.shape[1]):
            same = (covers[:, i] == covers[:, k]).all() and covers[:, i].any()
            assert (group[i] == group[k] and group[i] >= 0) == same
    assert n == len(set(group[group >= 0]))
    assert list(dict.fromkeys(group[group >= 0])) == list(range(n))


def test_runs_hold_what_the_matrix_holds(covers):
    start, place = compressed(covers)
    row = np.random.default_rng(3).permutation(covers.shape[1]).astype(np.int32)
    row[4] = -1
    runs = as_runs(start, place, row, covers.shape[1])
    worth = np.arange(1.0, covers.shape[1] + 1)
    for j, mine in enumerate(covers):
        assert sorted(row[mine & (row >= 0)]) == list(runs.rows(j))
    expected = [worth[runs.rows(j)].sum() for j in range(len(covers))]
    assert sums(runs, worth, np.empty(len(covers))) == pytest.approx(expected)
    assert (runs.lo[1:] > runs.hi[:-1])[np.diff(np.repeat(np.arange(len(covers)), np.diff(runs.start))) == 0].all()


def test_covers_are_counted_by_units(covers):
    runs = as_runs(*compressed(covers), np.arange(covers.shape[1], dtype=np.int32), covers.shape[1])
    units = np.array([1, 2, 1, 3, 1, 1])
    chosen = np.array([0, 1, 1, 3])
    assert (times_covered(runs, chosen, units) == (covers[chosen] * units[chosen, None]).sum(axis=0)).all()


def test_the_bound_is_never_below_the_optimum_and_comes_near(covers):
    n, m = covers.shape
    weight = np.random.default_rng(1).integers(1, 9, m).astype(float)
    runs = as_runs(*compressed(covers), np.arange(m, dtype=np.int32), m)
    rows = Rows(weight, np.zeros(m, dtype=np.int64), np.ones(1))
    one = np.ones(n, dtype=np.int64)
    room = Room(np.arange(n), one, one * 0, np.array([2]), one)
    best = max(weight[covers[list(c)].any(axis=0)].sum() for c in combinations(range(n), 2))
    relaxed = Relaxation(runs, rows)
    relaxed.descend(rows, room, towards=best, iterations=300)
    assert best <= relaxed.bound * (1 + 1e-9)
    assert relaxed.bound <= 1.25 * best
    assert relaxed.value <= best
    assert weight[covers[relaxed.best > 0].any(axis=0)].sum() == relaxed.value


def test_dropped_rows_and_candidates_are_idle(covers):
    covers[0] |= ~covers.any(axis=0)
    both = Both(*compressed(covers), *compressed(covers.T))
    rows, left = np.ones(covers.shape[1], dtype=bool), np.ones(len(covers), dtype=bool)
    while drop_rows(both, rows, left) + drop_candidates(both, rows, left, np.ones(len(covers))):
        pass
    fewest = [
        min(k for k in range(1, 7) if any(part[list(c)].any(axis=0).all() for c in combinations(range(len(part)), k)))
        for part in (covers, covers[left][:, rows])
        if part.size
    ]
    assert len(set(fewest)) == 1
