"""Intervals of shares and of times, with ends that may be open."""

from __future__ import annotations

import math

from fireplan.wording._numbers import known
from fireplan.wording._shares import share
from fireplan.wording._times import down, percentile

NO_LOWER, NO_UPPER, OPEN = "no lower end", "no upper end", "open at both ends"


def share_interval(low: float | None, high: float | None) -> str:
    """
    Say the interval of a share.

    Parameters
    ----------
    low, high
        The ends, 0 to 1; one that there are too few records for is infinite or missing.

    Examples
    --------
    >>> share_interval(0.8071, 0.8424), share_interval(float("nan"), 0.5)
    ('80.7 % to 84.2 %', 'no lower end to 50.0 %')
    """
    ends = [math.isfinite(known(end)) for end in (low, high)]
    if not any(ends):
        return OPEN
    return f"{share(low) if ends[0] else NO_LOWER} to {share(high) if ends[1] else NO_UPPER}"


def time_interval(low_s: float | None, high_s: float | None) -> str:
    """
    Say the interval of a time, its ends rounded outwards.

    Parameters
    ----------
    low_s, high_s
        The ends [s]; one that there are too few records for is infinite or missing.

    Examples
    --------
    >>> time_interval(269.9, 301.2), time_interval(269.9, float("inf"))
    ('4:29 to 5:02', '4:29 to no upper end')
    """
    if not math.isfinite(known(low_s)) and not math.isfinite(known(high_s)):
        return OPEN
    return f"{low_end(low_s)} to {high_end(high_s)}"


def low_end(low_s: float | None) -> str:
    """
    Say the lower end of the interval of a time: rounded down.

    Examples
    --------
    >>> low_end(269.9), low_end(None)
    ('4:29', 'no lower end')
    """
    value = known(low_s)
    return down(value) if math.isfinite(value) else NO_LOWER


def high_end(high_s: float | None) -> str:
    """
    Say the upper end of the interval of a time: rounded up.

    Examples
    --------
    >>> high_end(301.2), high_end(float("inf"))
    ('5:02', 'no upper end')
    """
    value = known(high_s)
    return percentile(value) if math.isfinite(value) else NO_UPPER
