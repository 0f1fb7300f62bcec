"""Percentiles, shares and their intervals."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 10
"""Figures from fewer records than this are not given."""

TOO_SMALL = f"n too small (below {FEWEST})"

USUAL_SHARE = 0.9
"""Share of the percentile that is given where no other is asked for."""

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A figure and the interval that holds the true one with 95 % confidence."""

    value: float
    low: float
    high: float


def percentile(ordered: NDArray[np.float64], share: float) -> float:
    """
    Smallest value that a share of the values does not exceed (inverted_cdf).

    The only definition under which the percentile is within a limit exactly when that share of the values is.

    Parameters
    ----------
    ordered
        Values in order, none NaN.
    share
        Such as 0.9.
    """
    if len(ordered) == 0:
        return float("nan")
    return float(ordered[_rank(len(ordered), share) - 1])


def _rank(n: int, share: float) -> int:
    return max(1, int(np.ceil(n * share * (1 - 1e-12))))


def percentile_interval(ordered: NDArray[np.float64], share: float, *, confidence: float = CONFIDENCE) -> Interval:
    """
    Give a percentile and its distribution-free interval: two of the values themselves.

    Parameters
    ----------
    ordered
        Values in order, none NaN.
    share
        Such as 0.9.
    confidence
        Of the interval.

    Returns
    -------
    The upper end is inf where there are too few values for one (fewer than 36 for the 90th percentile), the lower one
    minus infinity likewise.

    Notes
    -----
    How many of n values lie below the true percentile is binomial, whatever their distribution; the ranks are those
    that leave at most half of 1 - confidence on either side [1]_.

    References
    ----------
    .. [1] G. J. Hahn and W. Q. Meeker, "Statistical intervals", Wiley, 1991, chapter 5.
    """
    n = len(ordered)
    if n == 0:
        return Interval(float("nan"), float("-inf"), float("inf"))
    low, high = _interval_ranks(n, share, confidence)
    return Interval(
        percentile(ordered, share),
        float(ordered[int(low) - 1]) if np.isfinite(low) else low,
        float(ordered[int(high) - 1]) if np.isfinite(high) else high,
    )


@lru_cache(maxsize=65_536)
def _interval_ranks(n: int, share: float, confidence: float) -> tuple[float, float]:
    """
    Ranks, from 1, of the ends of a percentile's interval; infinite where there is none.

    They are those of SciPy's `quantile_test`, whose module takes longer to import than any history to measure; a test
    holds the two together.
    """
    from scipy.special import bdtr, bdtrc, bdtrik  # noqa: PLC0415 - slow to import

    tail = (1 - confidence) / 2
    low = max(0, int(bdtrik(tail, n, share)))  # near the least count that is not below the tail, and no farther off ...
    while low > 0 and bdtr(low - 1, n, share) >= tail:
        low -= 1
    while bdtr(low, n, share) < tail:
        low += 1
    high = min(n, int(bdtrik(1 - tail, n, share)))  # ... than rounding: likewise of those above
    while high > 0 and bdtrc(high - 1, n, share) <= tail:
        high -= 1
    while bdtrc(high, n, share) > tail:
        high += 1
    return (float(low) if low > 0 else -np.inf), (float(high + 1) if high < n else np.inf)


def share_interval(within: int, n: int, *, confidence: float = CONFIDENCE) -> Interval:
    """
    Give a share and its Wilson interval.

    Notes
    -----
    SciPy has it as a method of `binomtest`, which also works out a test that nobody asked for and takes seven times as
    long; a test holds the two together.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    from scipy.special import ndtri  # noqa: PLC0415 - slow to import

    z = float(ndtri((1 + confidence) / 2))
    share = within / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
