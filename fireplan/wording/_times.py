"""Lengths of time, as a clock shows them."""

from __future__ import annotations

import math

from fireplan._limits import last_within
from fireplan.wording._counts import count
from fireplan.wording._numbers import MINUS, NOT_KNOWN, known, rounded

NOT_REACHED = "not reached"
NO_CHANGE = "no change"
NEWLY, NO_LONGER = "newly reached", "no longer reached"
ROUNDING = 1e-6
"""Part of a second that comes of adding times up, and counts as none. [s]"""

SECONDS_UP_TO_S, HOURS_UP_TO_MIN = 90.0, 48 * 60
"""Up to where an age is told in seconds [s], and in hours [min]."""


def clock(time_s: float | None, *, limit_s: float | None = math.nan) -> str:
    """
    Say a length of time as minutes and seconds, from an hour on with hours.

    Parameters
    ----------
    time_s
        How long. [s]
    limit_s
        What it is held to [s]: a time over its limit, beyond the rounding of sums, is never rounded to it. Left out:
        nothing.

    Returns
    -------
    The nearest second. Infinite: "not reached"; missing: "not known".

    Examples
    --------
    >>> clock(269.9), clock(59.6), clock(3599.7), clock(240.3), clock(240.3, limit_s=240)
    ('4:30', '1:00', '1:00:00', '4:00', '4:01')
    """
    value, limit = known(time_s), known(limit_s)
    if not math.isfinite(value):
        return _endless(value)
    whole = rounded(value)
    return _set(_up(value) if value > last_within(limit) and limit >= whole else whole)


def percentile(time_s: float | None) -> str:
    """
    Say a 90th percentile, or another time that so many did not exceed: rounded up, never down.

    Examples
    --------
    >>> percentile(269.1), percentile(270.0)
    ('4:30', '4:30')
    """
    value = known(time_s)
    return _set(_up(value)) if math.isfinite(value) else _endless(value)


def passed(time_s: float | None) -> str:
    """
    Say what a running clock shows: the whole seconds that have passed.

    Examples
    --------
    >>> passed(59.9), passed(-2.0)
    ('0:59', '0:00')
    """
    value = known(time_s)
    return _set(max(0, math.floor(value))) if math.isfinite(value) else _endless(value)


def down(time_s: float) -> str:
    """Say a time that so many reached or exceeded: rounded down."""
    return _set(math.floor(time_s + ROUNDING))


def change(time_s: float | None) -> str:
    """
    Say a change of a time.

    Examples
    --------
    >>> change(70), change(-45.2), change(0.3), change(float("-inf"))
    ('1:10 slower', '0:45 faster', 'no change', 'newly reached')
    """
    value = known(time_s)
    if math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value):
        return NO_LONGER if value > 0 else NEWLY
    if not rounded(value):
        return NO_CHANGE
    return f"{clock(abs(value))} {'slower' if value > 0 else 'faster'}"


def span(low_s: float | None, high_s: float | None) -> str:
    """
    Say a class of times.

    Parameters
    ----------
    low_s, high_s
        Its ends [s]; infinite: it has none on that side.

    Examples
    --------
    >>> span(240, 480), span(480, float("inf"))
    ('4:00 to 8:00', '8:00 or more')
    """
    low, high = known(low_s), known(high_s)
    if math.isnan(low) or math.isnan(high):
        return NOT_KNOWN
    if low == -math.inf:
        return "any time" if high == math.inf else f"up to {clock(high)}"
    if low == math.inf:
        return NOT_REACHED
    if high == math.inf:
        return f"{clock(low)} or more"
    ends = clock(low), clock(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def roughly(time_s: float | None) -> str:
    """
    Say how long something has been so, roughly.

    Examples
    --------
    >>> roughly(12.4), roughly(240), roughly(7500), roughly(260000)
    ('12 s', '4 min', '2 h 5 min', '3 days')
    """
    value = known(time_s)
    if not math.isfinite(value):
        return NOT_KNOWN
    value = max(0.0, value)
    if value < SECONDS_UP_TO_S:
        return f"{rounded(value)} s"
    minutes = rounded(value / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < HOURS_UP_TO_MIN:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{count(minutes / 1440)} days"


def _up(value: float) -> int:
    whole = math.floor(value)
    return whole if value <= max(last_within(whole), whole + ROUNDING) else whole + 1


def _endless(value: float) -> str:
    return NOT_REACHED if value == math.inf else NOT_KNOWN


def _set(whole: int) -> str:
    """Set whole seconds as a clock does."""
    sign, whole = MINUS if whole < 0 else "", abs(whole)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{sign}{hours}:{minutes:02d}:{rest:02d}" if hours else f"{sign}{minutes}:{rest:02d}"
