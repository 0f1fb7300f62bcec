"""What all figures share: which are known, how halves are rounded, and how digits are set."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
NOT_KNOWN = "not known"
UNLIMITED = "unlimited"


def known(value: object) -> float:
    """
    Give a value as a number; NaN: it is missing.

    Parameters
    ----------
    value
        A cell of any table: None, NaN and pandas' NA are missing.

    Examples
    --------
    >>> known(None)
    nan
    """
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def rounded(value: float) -> int:
    """
    Round to a whole number, halves away from zero.

    The page's script does the same arithmetic on the same doubles, so that it comes to the same digits; the languages'
    own rounding would not (``round(0.5)`` is 0 in Python, ``Math.round(0.5)`` is 1).

    Examples
    --------
    >>> rounded(0.5), rounded(-2.5)
    (1, -3)
    """
    whole = math.floor(abs(value) + 0.5)
    return -whole if value < 0 else whole


def digits(value: float, decimals: int) -> str:
    """
    Set a number with thousands separators and a true minus; one that rounds to nothing has no sign.

    Examples
    --------
    >>> digits(1234.56, 1), digits(-0.04, 1), digits(-3, 0) == f"{MINUS}3"
    ('1,234.6', '0.0', True)
    """
    scale = 10**decimals
    whole = rounded(value * scale)
    text = f"{abs(whole) // scale:,}"
    if decimals:
        text += f".{abs(whole) % scale:0{decimals}d}"
    return f"{MINUS}{text}" if whole < 0 else text
