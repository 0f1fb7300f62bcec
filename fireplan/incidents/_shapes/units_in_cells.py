"""Cells that name several units, with one set of stamps for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.incidents._columns.placeholders import holds_nothing
from fireplan.stations._unit_ids import units_named

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Ints

OF_ONE_UNIT = ("enroute", "cancelled_enroute", "staged", "arrived")
"""Times of a cell that are those of the first unit to do so; whichever that was, one unit has them, the others not."""


def units_apart(frame: pd.DataFrame) -> tuple[pd.DataFrame, Ints, dict[str, Ints]]:
    """
    Give each unit that a cell names a row.

    Dispatched and cleared are those of all units named, for they are the incident's. En route and arrived are those
    of the first unit there: they stay with the first unit named, and are not known of the others.

    Returns
    -------
    The rows; the place in `frame` that each came from; and of each time that was taken from a row since nobody can
    say whose it is, the rows that this happened to.
    """
    codes, cells = pd.factorize(frame["unit_id"])
    named = [_once(units_named(str(cell))) for cell in cells]
    many = np.array([len(units) for units in named], dtype=np.int64)[codes]
    place = np.repeat(np.arange(len(frame)), many)
    first = np.append(0, np.cumsum(many))[:-1]
    which = np.arange(len(place)) - first[place]
    units = [named[code][number] for code, number in zip(codes[place], which, strict=True)]
    rows = frame.iloc[place]
    rows = rows.assign(unit_id=pd.Series(units, index=rows.index, dtype="str"))
    unsaid: dict[str, Ints] = {}
    for name in (name for name in OF_ONE_UNIT if name in rows):
        unsaid[name] = np.flatnonzero((which > 0) & ~holds_nothing(rows[name], times=True))
        rows = rows.assign(**{name: rows[name].mask(pd.Series(which > 0, index=rows.index), "")})
    return rows, place, unsaid


def _once(units: list[str]) -> list[str]:
    """Leave out units that are named again."""
    return [*{unit.casefold(): unit for unit in reversed(units)}.values()][::-1]
