"""What stands in a cell for nothing: NULL, N/A, zeros in the place of a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Flags

_PLACEHOLDERS = frozenset(
    (
        "null",
        "(null)",
        "n/a",
        "#n/a",
        "na",
        "none",
        "nil",
        "nan",
        "nat",
        "-",
        "--",
        "---",
        ".",
        "?",
        "0",
        "unknown",
        "tbd",
    )
)
_ZEROS = frozenset("0-/:. T")
_LIKE_A_DATE = ("1900-01-01", "1899-12-3", "1/1/1900", "01/01/1900")


def is_placeholder(text: str) -> bool:
    """Tell whether a text stands for a missing value: NULL, N/A, -, 0000-00-00 00:00:00 and the like."""
    return text.casefold() in _PLACEHOLDERS or (len(text) > 7 and _ZEROS.issuperset(text.upper()) and "0" in text)


def holds_nothing(text: pd.Series[str], *, times: bool) -> Flags:
    """Flag the cells that are blank or, of a column of times, hold a placeholder."""
    blank = (text == "").to_numpy(dtype=bool)
    if not times:
        return blank
    codes, values = pd.factorize(text)
    empty = [is_placeholder(str(value)) or str(value).startswith(_LIKE_A_DATE) for value in values]
    return np.asarray(blank | np.array([*empty, False], dtype=bool)[codes])
