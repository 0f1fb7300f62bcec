"""Cells of the report's tables in words; how a figure is said is `fireplan.wording`'s."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import wording

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING = "\N{EN DASH}"

KINDS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "told": str,
    "name": wording.named,
    "count": wording.count,
    "number": lambda value: wording.number(value, decimals=1),
    "share": wording.share,
    "points": wording.points,
    "signed": wording.signed,
    "clock": wording.clock,
    "percentile": wording.percentile,
    "low": wording.low_end,
    "high": wording.high_end,
    "verdict": str,
}
"""
How a cell is told: "told" is a figure, and "verdict" a verdict, already in words; "number" has a decimal; "points" is a
change of a share in percentage points, "signed" of a count; "clock", "percentile", and the ends "low" and "high" of an
interval are times [s].
"""

ENDLESS = {"clock", "percentile", "low", "high"}
"""Kinds that say something of an infinite value."""


def cell_words(value: Any, kind: str) -> str:  # noqa: ANN401 - a cell of any table
    """
    Tell one value of a table.

    Parameters
    ----------
    value
        A cell; what is missing is a dash.
    kind
        One of `KINDS`.
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if isinstance(value, float) and math.isinf(value) and kind not in ENDLESS:
        return NOTHING
    return KINDS[kind](value)
