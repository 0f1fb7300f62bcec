"""Points grouped by density: by hand, and as scikit-learn groups them."""

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from fireplan.measures._density_clusters import density_clusters


def clusters(x, weight, *, link_m=1.0, least=1.0):
    xy = np.column_stack([x, np.zeros(len(x))]).astype(float)
    return density_clusters(xy, np.array(weight, dtype=float), link_m=link_m, least=least).tolist()


def test_neighbours_belong_together_and_what_weighs_too_little_to_nothing():
    assert clusters([0, 1, 2, 9, 20, 21], [1, 0.1, 1, 0.5, 1, 1]) == [0, 0, 0, -1, 1, 1]


def test_a_point_exactly_as_far_away_is_a_neighbour():
    assert clusters([0, 1, 2.001], [1, 1, 1]) == [0, 0, 1]


def test_a_point_between_two_clusters_belongs_to_the_first():
    # The one in the middle is near cores on both sides, and holds too little to be one and join them.
    assert clusters([-1, 0, 1, 2, 3], [2, 1, 0.1, 1, 2], least=2.5) == [0, 0, 0, 1, 1]
    assert clusters([3, 2, 1, 0, -1], [2, 1, 0.1, 1, 2], least=2.5) == [0, 0, 0, 1, 1]
    assert clusters([1, -1, 0, 2, 3], [0.1, 2, 1, 1, 2], least=2.5) == [0, 0, 0, 1, 1]


def test_clusters_are_numbered_by_their_first_core_and_not_by_what_lies_beside_it():
    assert clusters([10, 5, 9, 8], [0.1, 3, 1, 1.5], least=2.0) == [1, 0, 1, 1]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_are_grouped_too(n):
    assert clusters(range(n), [2.0] * n) == [0] * n


@settings(max_examples=tries(100))
@given(st.integers(0, 2**32 - 1), st.integers(1, 120), st.sampled_from([0, 1, 3, 6]), st.booleans())
def test_groups_are_those_of_scikit_learn(seed, n, least, whole):
    rng = np.random.default_rng(seed)
    # On a grid many points lie exactly at the limit; weights of eighths add up exactly in any order.
    xy = rng.integers(0, 12, (n, 2)).astype(float) if whole else rng.uniform(0, 12, (n, 2))
    weight = rng.integers(1, 17, n) / 8
    theirs = DBSCAN(eps=1.0, min_samples=max(least, 1)).fit(xy, sample_weight=weight if least else None)
    ours = density_clusters(xy, weight if least else np.ones(n), link_m=1.0, least=max(least, 1))
    assert ours.tolist() == theirs.labels_.tolist()
