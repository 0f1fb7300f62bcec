"""Dispatches of a unit that was still at another call by its own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.response_performance._time_bins import LONGEST_COMMITTED_S

if TYPE_CHECKING:
    from collections.abc import Collection

STAMPS_S = 20.0
"""Stamps of a unit that clears and is dispatched again may stand the wrong way round by as much. [s]"""


def overlapping(responses: pd.DataFrame, units: Collection[str]) -> int:
    """
    Count responses to which a unit was dispatched while it was committed to another.

    Parameters
    ----------
    responses
        With `unit_id`, `dispatched` and `cleared`.
    units
        Of which units.

    Returns
    -------
    How many; a commitment of more than a day has lost its end, and counts as none.
    """
    rows = responses.loc[responses["unit_id"].isin(list(units)) & responses["dispatched"].notna()]
    out_s = (rows["cleared"] - rows["dispatched"]).dt.total_seconds()
    rows = rows.loc[out_s.between(0, LONGEST_COMMITTED_S)].sort_values(["unit_id", "dispatched"], kind="stable")
    if not len(rows):
        return 0
    begin, end = (rows[name].dt.as_unit("us").astype("int64").to_numpy() / 1e6 for name in ("dispatched", "cleared"))
    unit = rows["unit_id"].astype(str)
    # The latest end of any that began before; an end of another unit is none.
    latest = pd.Series(end, index=rows.index).groupby(unit.to_numpy(), sort=False).cummax()
    before = latest.groupby(unit.to_numpy(), sort=False).shift().to_numpy(float)
    return int(np.sum(begin + STAMPS_S < before))  # NaN: there is none before


def overlapping_said(n: int) -> list[str]:
    """Say how many there are; nothing where there are none."""
    if not n:
        return []
    counted = wording.counted(n, "response is of a unit", "responses are of units")
    whose = "that was" if n == 1 else "that were"
    return [f"{counted} {whose} still at another call by the record: counted once where time is added up, else as two"]
