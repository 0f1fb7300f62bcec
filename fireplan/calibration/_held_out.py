"""How wrong models are on runs that they were not fitted to, all on the same folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.calibration._curve_and_spread import STRAIGHT, bent_curve
from fireplan.drive_times import HeldOutError, TravelSpread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.calibration._refits import LeftOut
    from fireplan.calibration._runs import EngineRuns

MOST_FOLDS, MOST_WEEK_FOLDS, WEEK_DAYS, FEW_DAYS = 14, 7, 7, 60
"""Of more than two months a seventh is left out at a time: what the other six tell is hardly less."""


class Folds(NamedTuple):
    """
    Runs by what they are left out with.

    Attributes
    ----------
    fold
        Of each run.
    what
        What is left out: "days", "weeks", "runs".
    """

    fold: NDArray[np.int64]
    what: str


def folds_by_day(runs: EngineRuns, seed: int) -> Folds:
    """
    Part runs into folds by day, or by week where there are more than two months.

    Whole days: runs of one day share weather, traffic and incidents.
    """
    days = np.unique(runs.day)
    if len(days) < 2:
        fold = np.random.default_rng(seed).permutation(len(runs)) % max(min(MOST_FOLDS, len(runs)), 1)
        return Folds(fold.astype(np.int64), "runs")
    block = runs.day // WEEK_DAYS if len(days) > FEW_DAYS else runs.day
    names, of = np.unique(block, return_inverse=True)
    by_week = len(days) > FEW_DAYS
    order = np.random.default_rng(seed).permutation(len(names)) % (MOST_WEEK_FOLDS if by_week else MOST_FOLDS)
    return Folds(order[of].astype(np.int64), "weeks" if by_week else "days")


def bent(left: LeftOut, log_s: NDArray[np.float64], fold: NDArray[np.int64]) -> LeftOut:
    """Tell runs that were left out by a concave curve, which is fitted to those of other folds, left out likewise."""
    found = left._replace(median_s=np.full(len(fold), np.nan))
    for one in np.unique(fold):
        tested = fold == one
        curve = bent_curve(left.added_s[~tested], log_s[~tested]) if not tested.all() else STRAIGHT
        found.median_s[tested] = np.maximum(curve.clock_s(left.added_s[tested]), 1.0)
    return found


def error_of(
    median_s: NDArray[np.float64],
    observed_s: NDArray[np.float64],
    what: str,
    *,
    below: NDArray[np.bool_] | None = None,
) -> HeldOutError:
    """Sum up the errors of runs that were left out."""
    from scipy.stats import rankdata  # noqa: PLC0415 - slow to import

    known = np.isfinite(median_s)
    error = median_s[known] - observed_s[known]
    n = int(known.sum())
    if not n:
        return HeldOutError(0, what, np.nan, np.nan, np.nan, np.nan)
    ranks = rankdata(median_s[known]), rankdata(observed_s[known])
    varies = n > 1 and np.ptp(ranks[0]) > 0 and np.ptp(ranks[1]) > 0
    return HeldOutError(
        n,
        what,
        float(np.median(error)),
        float(np.median(np.abs(error))),
        float(np.quantile(np.abs(error), 0.9)),
        float(np.corrcoef(*ranks)[0, 1]) if varies else float("nan"),
        float("nan") if below is None else float(below[known].mean()),
    )


def below_p90(
    median_s: NDArray[np.float64],
    observed_s: NDArray[np.float64],
    fold: NDArray[np.int64],
    learn_spread: Callable[[NDArray[np.float64], NDArray[np.float64]], TravelSpread],
) -> NDArray[np.bool_]:
    """Say which runs took no longer than the 90th percentile that is learnt without their fold."""
    found = np.zeros(len(fold), dtype=bool)
    for one in np.unique(fold):
        rows = (fold != one) & np.isfinite(median_s)
        tested = fold == one
        if rows.any():
            spread = learn_spread(median_s[rows], observed_s[rows])
            found[tested] = observed_s[tested] <= spread.quantile_s(median_s[tested], 0.9)
    return found


def score_of(
    median_s: NDArray[np.float64], observed_s: NDArray[np.float64], block: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64], NDArray[np.int64]]:
    """Mean absolute logarithm of modelled by observed; and its sum and number of runs by block of days."""
    off = np.abs(np.log(median_s / observed_s))
    _, of = np.unique(block, return_inverse=True)
    total, count = np.bincount(of, weights=off), np.bincount(of)
    return float(off.mean()), total.astype(np.float64), count.astype(np.int64)


def standard_error(total: NDArray[np.float64], count: NDArray[np.int64]) -> float:
    """Standard error of a mean over runs that come in blocks, such as days."""
    n = int(count.sum())
    if len(count) < 2 or not n:
        return float("inf")
    mean = total.sum() / n
    off = total - mean * count
    return float(np.sqrt(len(count) / (len(count) - 1) * (off**2).sum()) / n)
