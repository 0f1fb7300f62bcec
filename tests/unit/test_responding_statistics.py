"""Percentiles, shares and their intervals against figures from the literature and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, quantile_test

from fireplan.response_performance._statistics import percentile, percentile_interval, share_interval

RANKS = {50: (41, 50), 100: (84, 96), 1000: (881, 919)}


@pytest.mark.parametrize(("n", "ranks"), RANKS.items())
def test_the_interval_of_the_90th_percentile_is_between_known_ranks(n, ranks):
    ordered = np.arange(1.0, n + 1)
    assert percentile_interval(ordered, 0.9) == (np.ceil(0.9 * n), *ranks)


@pytest.mark.parametrize(("n", "ended"), [(35, False), (36, True)])
def test_the_interval_has_an_upper_end_from_36_values(n, ended):
    assert np.isfinite(percentile_interval(np.arange(n, dtype=float), 0.9).high) == ended


@given(st.integers(1, 3000), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_the_ends_leave_at_most_half_the_doubt_on_each_side_and_no_narrower_ones_do(n, share):
    _, low, high = percentile_interval(np.arange(1.0, n + 1), share)
    if np.isfinite(low):
        assert binom.cdf(low - 1, n, share) <= 0.025 < binom.cdf(low, n, share)
    if np.isfinite(high):
        assert binom.sf(high - 1, n, share) <= 0.025 < binom.sf(high - 2, n, share)
    else:
        assert binom.sf(n - 1, n, share) > 0.025


@given(st.integers(1, 3000), st.sampled_from([0.1, 0.5, 0.9, 0.95]), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_ends_are_those_of_scipy(n, share, confidence):
    values = np.arange(1.0, n + 1)
    theirs = quantile_test(values, p=share).confidence_interval(confidence)
    _, low, high = percentile_interval(values, share, confidence=confidence)
    assert low == (theirs.low if np.isfinite(theirs.low) else -np.inf)
    assert high == (theirs.high if np.isfinite(theirs.high) else np.inf)


def test_nine_values_have_the_percentile_of_the_inverted_distribution():
    assert percentile(np.arange(60.0, 541.0, 60.0), 0.9) == 540


@given(st.lists(st.integers(0, 900), min_size=1), st.integers(0, 900))
def test_the_percentile_is_within_a_limit_exactly_when_the_share_is(values, limit):
    ordered = np.sort(np.array(values, dtype=float))
    assert (percentile(ordered, 0.9) <= limit) == (10 * sum(v <= limit for v in values) >= 9 * len(values))


def test_percentiles_of_nothing_are_not_known():
    assert np.isnan(percentile(np.empty(0), 0.9))
    assert np.isnan(percentile_interval(np.empty(0), 0.9).value)
    assert np.isnan(share_interval(0, 0).value)


def test_wilson_intervals_are_those_of_the_textbook():
    # 9 of 10; Agresti and Coull (1998) print such intervals: 0.596 to 0.982.
    assert share_interval(9, 10) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)
    assert share_interval(0, 10) == pytest.approx((0.0, 0.0, 0.2775), abs=1e-4)
    assert share_interval(10, 10) == pytest.approx((1.0, 0.7225, 1.0), abs=1e-4)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_wilson_intervals_are_those_of_scipy(counts, confidence):
    theirs = binomtest(*counts).proportion_ci(confidence, method="wilson")
    assert share_interval(*counts, confidence=confidence)[1:] == pytest.approx(tuple(theirs), abs=1e-14)
