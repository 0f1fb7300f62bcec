"""Figures in words: counts, shares, times, and a sentence with its n."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from fireplan.charts._chart_layout import clock, ends, percent

NOTHING = "\N{EN DASH}"
NOT_REACHED = "not reached"
MINUS = "\N{MINUS SIGN}"
MOST_DECIMALS = 4


def told(value: Any, kind: str) -> str:  # noqa: ANN401, PLR0911 - a cell of any table, told in one of eight ways
    """
    Tell one value of a table.

    Parameters
    ----------
    value
        A cell.
    kind
        "text"; "told", a figure already in words; "name", a key with spaces; "count", whole; "number", with a decimal;
        "share", 0 to 1, in percent; "points", a change of such a share in percentage points; "signed", a change of a
        count; "clock", minutes and seconds, and "end", the same where an end of an interval may be open [s]; "verdict",
        a truth value as met or not met.
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if kind == "verdict":
        return "met" if value else "not met"
    if kind in {"text", "told"}:
        return str(value)
    if kind == "name":
        return str(value).replace("_", " ")
    number = float(value)
    if math.isinf(number):
        return {"clock": NOT_REACHED, "end": "open"}.get(kind, NOTHING)
    if kind in {"clock", "end"}:
        return clock(number)
    if kind == "share":
        return percent(number)
    if kind == "points":
        return signed(100 * number, 1)
    if kind == "signed":
        return signed(number, 0)
    return f"{number:,.1f}" if kind == "number" else f"{number:,.0f}"


def signed(number: float, decimals: int) -> str:
    """Write a change with its sign; one that rounds to nothing has none."""
    text = f"{abs(number):,.{decimals}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{MINUS if number < 0 else '+'}{text}"


def share_of(share: float, goal: float = math.nan) -> str:
    """
    Write a share in percent, with as many decimals as it takes to tell it from the goal it misses, and from all.

    Parameters
    ----------
    share
        0 to 1.
    goal
        What it is held to.

    Examples
    --------
    >>> share_of(0.8999, 0.9)
    '89.99 %'
    """
    if math.isnan(share):
        return "a share that is not known"
    missed = [g for g in (goal, 1.0) if share < g]
    for decimals in range(1, MOST_DECIMALS + 1):
        text = f"{100 * share:.{decimals}f}"
        if all(float(text) < 100 * g for g in missed):
            return f"{text} %"
    return f"just under {100 * min(missed):g} %"


def interval_of(low: float, high: float) -> str:
    """Write the interval of a share."""
    return f"95 % interval {percent(low)} to {percent(high)}"


def seconds_between(low: float, high: float) -> str:
    """Write the interval of a time."""
    return f"95 % interval {ends(low, high)}"


def joined(items: list[str]) -> str:
    """Join words as in a sentence."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def lower(text: str) -> str:
    """Begin a title as a word inside a sentence."""
    return text[:1].lower() + text[1:]


def counted(n: float, singular: str, plural: str = "") -> str:
    """Say how many."""
    return f"{n:,.0f} {singular if n == 1 else plural or singular + 's'}"
