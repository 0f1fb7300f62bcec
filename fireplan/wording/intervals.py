"""Intervals of shares and of times, with ends that may be open."""

from __future__ import annotations

import math

from fireplan.wording.numbers import known
from fireplan.wording.shares import share
from fireplan.wording.times import down, percentile


def share_interval(low: float | None, high: float | None) -> str:
    """
    Say the interval of a share.

    Examples
    --------
    >>> share_interval(0.8071, 0.8424)
    '80.7 % to 84.2 %'
    """
    return f"{share(low)} to {share(high)}"


def time_interval(low_s: float | None, high_s: float | None) -> str:
    """
    Say the interval of a time, its ends rounded outwards.

    Parameters
    ----------
    low_s, high_s
        The ends [s]; one that there are too few records for is infinite or missing, and said to be open.

    Examples
    --------
    >>> time_interval(269.9, 301.2)
    '4:29 to 5:02'
    >>> time_interval(269.9, float("inf"))
    '4:29 or more; too few records for an upper end'
    """
    low, high = known(low_s), known(high_s)
    if math.isfinite(low) and math.isfinite(high):
        return f"{down(low)} to {percentile(high)}"
    if math.isfinite(low):
        return f"{down(low)} or more; too few records for an upper end"
    return f"up to {percentile(high)}; too few records for a lower end" if math.isfinite(high) else "open at both ends"
