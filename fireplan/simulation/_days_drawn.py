"""Intervals of means and sums from whole days drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.response_performance._period_differences import draw_days
from fireplan.response_performance._statistics import CONFIDENCE, FEWEST, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS_DRAWN = 1000
"""How many times days are drawn, where nobody says."""

FEWEST_DAYS = 7
"""Fewer do not tell how days differ: intervals drawn from them are much too narrow, so there are none."""

FEW_DAYS = "no interval: fewer than seven days"

_NOTHING = Interval(float("nan"), float("nan"), float("nan"))


def means_by_day(
    values: NDArray[np.float64], day: NDArray[np.object_], *, seed: int, draws: int = DAYS_DRAWN
) -> Interval:
    """Give the mean of some values and its 95 % interval: calls of one day hang together, so whole days are drawn."""
    if len(values) < FEWEST:
        return _NOTHING
    _, at = np.unique(day, return_inverse=True)
    sums, counts = np.bincount(at, weights=values), np.bincount(at)
    if len(counts) < FEWEST_DAYS:
        return Interval(float(values.mean()), float("nan"), float("nan"))
    drawn = draw_days(len(counts), draws, np.random.default_rng(seed))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (drawn @ sums) / (drawn @ counts)
    return _interval(float(values.mean()), np.asarray(means[np.isfinite(means)], dtype=float))


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (np.nan, np.nan)
    return Interval(value, float(low), float(high))
