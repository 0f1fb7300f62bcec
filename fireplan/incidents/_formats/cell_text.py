"""Typed values as text, without loss: what a workbook or a database holds, as a careful CSV export would write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeGuard

EXACT_BELOW = 2.0**53  # whole numbers that a float holds exactly


def cell_text(value: object) -> str:
    """
    Give a value as text: dates and times in ISO 8601, whole numbers without a fraction, nothing as nothing.

    A time with an offset becomes UTC with a Z.
    """
    if isinstance(value, str):
        text = value
    elif value is None:
        text = ""
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float | Decimal):
        text = _number(value)
    elif isinstance(value, datetime):
        text = _stamp(value)
    elif isinstance(value, date | time):
        text = value.isoformat()
    elif isinstance(value, bytes | bytearray | memoryview):
        text = bytes(value).decode("utf-8", errors="replace")
    else:
        text = str(value)
    return text.replace("\0", "")


def is_whole_float(value: object) -> TypeGuard[float | Decimal]:
    """Tell whether a value is a number that is whole but was kept as one that need not be."""
    return isinstance(value, float | Decimal) and bool(value == value) and value == value // 1  # noqa: PLR0124 - NaN


def _number(value: float | Decimal) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return ""
    if is_whole_float(value) and -EXACT_BELOW < float(value) < EXACT_BELOW:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def _stamp(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
