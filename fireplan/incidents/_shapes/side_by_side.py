"""Units that stand side by side in a row: each becomes a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.incidents._columns.placeholders import holds_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.incidents._columns_and_types import Flags, Ints


def side_by_side(frame: pd.DataFrame, units: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, Ints, Ints]:
    """
    Put units that stand side by side below one another.

    A unit whose own columns are all blank is none. A row without any unit stays one row: its incident happened.

    Parameters
    ----------
    frame
        What all units of a row share.
    units
        The own columns of each, as text. Where none has a `unit_id`, they are called by where they stand.

    Returns
    -------
    The rows, the place in `frame` that each came from, and which of the units of that row it is.
    """
    own = list(dict.fromkeys(name for part in units for name in part))
    named = "unit_id" in own or "unit_id" in frame
    there = [_says_something(part) for part in units]
    nobody = ~np.logical_or.reduce(there)
    there[0] = there[0] | nobody
    parts = []
    for number, (part, rows) in enumerate(zip(units, there, strict=True)):
        table = frame[rows].assign(**{str(name): part[name][rows] for name in part})
        lacking = [str(name) for name in own if name not in part and name not in frame]
        table = table.assign(**{name: pd.Series("", index=table.index, dtype="str") for name in lacking})
        if not named:
            called = pd.Series(f"unit {number + 1}", index=table.index, dtype="str")
            table = table.assign(unit_id=called)
        parts.append(table)
    place = np.concatenate([np.flatnonzero(rows) for rows in there])
    which = np.concatenate([np.full(rows.sum(), number) for number, rows in enumerate(there)])
    order = np.lexsort((which, place))
    return pd.concat(parts).iloc[order], place[order], which[order]


def _says_something(part: pd.DataFrame) -> Flags:
    """Flag the rows in which any of a unit's own columns holds a value."""
    blank = [holds_nothing(part[name].str.strip(), times=True) for name in part]
    return np.asarray(~np.logical_and.reduce(blank))
