"""Shares in percent, held to a goal or not, and changes of shares."""

from __future__ import annotations

import math

from fireplan.wording._counts import count, signed, singular
from fireplan.wording._numbers import NOT_KNOWN, digits, known, rounded

MOST_DECIMALS = 4
SAME = 1e-12
"""A share that misses its goal by less than this part of it has reached it, as in `fireplan.measures`."""

CLOSE = 1e-6
"""Part of the last decimal that is taken for arithmetic: 100 * 0.07 is not quite 7."""

TOO_CLOSE = 5e-7
"""Shares nearer to one another than this are the same."""


def share(part: float | None, *, goal: float | None = math.nan) -> str:
    """
    Say a share in percent. It never stands without what it is a share of: `share_of` says both.

    Parameters
    ----------
    part
        The share, 0 to 1.
    goal
        What it is held to, 0 to 1; left out: nothing.

    Returns
    -------
    One decimal, and up to three more where fewer would round it across the goal, or to all or nothing.

    Examples
    --------
    >>> share(0.8951), share(0.89996, goal=0.9), share(0.99996), share(1.0), share(0.9)
    ('89.5 %', '89.996 %', '99.996 %', '100 %', '90.0 %')
    """
    value, held = known(part), known(goal)
    if not math.isfinite(value):
        return NOT_KNOWN
    if abs(value - held) <= SAME * held:  # sums of weights are not exact: this much short of a goal has reached it
        value = held
    if value in {0.0, 1.0}:
        return f"{100 * value:.0f} %"
    for decimals in range(1, MOST_DECIMALS + 1):
        scale = 10**decimals
        whole = rounded(100 * value * scale)
        if all(_same_side(value, whole, scale, end) for end in (0.0, 1.0, held) if not math.isnan(end)):
            return f"{digits(whole / scale, decimals)} %"
    return _just(value, held)


def _same_side(value: float, whole: int, scale: int, limit: float) -> bool:
    """Whether a share still lies on its own side of a limit once it is rounded."""
    end = 100 * limit * scale
    if value < limit:
        return whole < end - CLOSE
    # At the limit is within it; nothing is the one limit that what lies above must not be rounded to.
    return whole > CLOSE if limit == 0 else whole >= end - CLOSE


def _just(value: float, held: float) -> str:
    """Say a share that four decimals cannot tell from a limit."""
    if value == held:
        return goal(held)
    ends = [end for end in (held, 1.0, 0.0) if not math.isnan(end)]
    nearest = min(ends, key=lambda end: abs(end - value))
    return f"just {'under' if value < nearest else 'over'} {goal(nearest)}"


def goal(part: float | None) -> str:
    """
    Say a share that somebody set, with the digits it was set with.

    Examples
    --------
    >>> goal(0.9), goal(0.995), goal(None)
    ('90 %', '99.5 %', 'not known')
    """
    value = known(part)
    if not math.isfinite(value):
        return NOT_KNOWN
    whole = rounded(100 * value * 10**MOST_DECIMALS)
    text = digits(whole / 10**MOST_DECIMALS, MOST_DECIMALS).rstrip("0").rstrip(".")
    return f"{text} %"


def share_of(
    part: float | None,
    of: float | None,
    unit: str,
    *,
    goal: float | None = math.nan,
    low: float | None = math.nan,
    high: float | None = math.nan,
) -> str:
    """
    Say a share with what it is a share of.

    Parameters
    ----------
    part
        The share, 0 to 1.
    of
        The denominator.
    unit
        What is counted, in the plural.
    goal
        As in `share`.
    low, high
        Its interval, 0 to 1; missing: it has none, and nothing is said of one.

    Examples
    --------
    >>> share_of(0.712, 115000, "people")
    '71.2 % of 115,000 people'
    >>> share_of(0.727, 115000, "people", low=0.719, high=0.735)
    '72.7 % (71.9 % to 73.5 %) of 115,000 people'
    >>> share_of(float("nan"), 115000, "people")
    'not known, of 115,000 people'
    >>> share_of(1, 1, "people")
    '100 % of 1 person'
    """
    if not known(of) > 0:
        return f"no {unit} to take a share of"
    comma = "" if math.isfinite(known(part)) else ","
    told = count(of)
    ends = "" if comma else between(low, high)
    return f"{share(part, goal=goal)}{ends}{comma} of {told} {singular(unit) if told == '1' else unit}"


def between(low: float | None, high: float | None) -> str:
    """
    Say the interval of a share as it stands behind the share; nothing where either end is missing.

    Examples
    --------
    >>> between(0.719, 0.735), between(None, 0.735)
    (' (71.9 % to 73.5 %)', '')
    """
    return f" ({share(low)} to {share(high)})" if has_ends(low, high) else ""


def has_ends(low: float | None, high: float | None) -> bool:
    """Whether a share has an interval."""
    return math.isfinite(known(low)) and math.isfinite(known(high))


def shares_apart(one: float | None, other: float | None, *, goal: float | None = math.nan) -> tuple[str, str]:
    """
    Say two shares that are seen side by side, with as many decimals as it takes that they do not look alike.

    Parameters
    ----------
    one, other
        The shares, 0 to 1.
    goal
        As in `share`.

    Examples
    --------
    >>> shares_apart(0.8951, 0.8952)
    ('89.51 %', '89.52 %')
    """
    first, second = known(one), known(other)
    plain = share(first, goal=goal), share(second, goal=goal)
    if plain[0] != plain[1] or not abs(first - second) >= TOO_CLOSE:
        return plain
    for decimals in range(2, MOST_DECIMALS + 1):
        told = digits(100 * first, decimals), digits(100 * second, decimals)
        if told[0] != told[1]:
            return f"{told[0]} %", f"{told[1]} %"
    return plain


def points(change: float | None) -> str:
    """
    Say a change of a share in percentage points, with its sign.

    Examples
    --------
    >>> points(0.0312), points(0.0002)
    ('+3.1', '0.0')
    """
    return signed(100 * known(change), decimals=1)
