"""Clocks that share one date, and go on past midnight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.incidents._columns_and_types import NO_STAMP, ORDER_OF_TIMES
from fireplan.incidents._times.time_columns import WrittenTimes

if TYPE_CHECKING:
    import pandas as pd

    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._shapes.one_row_per_unit import Clocks

HALF_A_DAY = np.timedelta64(12, "h")
DAY = np.timedelta64(24, "h")


def to_next_day(
    written: dict[str, WrittenTimes], clocks: Clocks, index: pd.Index[int], *, ledger: Ledger
) -> dict[str, WrittenTimes]:
    """
    Move clocks that are earlier than the one before them by more than half a day to the next day.

    A smaller step back is no midnight: it stays, and contradicts what comes before it.

    Parameters
    ----------
    written
        The times as they were written.
    clocks
        Which of them share one date, in some of the rows or in all.
    index, ledger
        How the rows are called, and what takes the counts.
    """
    moved = dict(written)
    for some, groups in clocks:
        rows = np.ones(len(index), dtype=bool) if some is None else index.isin(some)
        for group in groups:
            names = [name for name in ORDER_OF_TIMES if name in group and name in moved]
            before = np.full(len(index), NO_STAMP)
            for name in names:
                item = moved[name]
                local = item.local
                late = rows & (before - local > HALF_A_DAY)
                if late.any():
                    local = np.where(late, local + DAY, local)
                    ledger.add("next_day", index[late], column=name)
                    moved[name] = WrittenTimes(local, item.instant, item.kind)
                before = np.where(np.isnat(local), before, np.fmax(before, local))
    return moved
