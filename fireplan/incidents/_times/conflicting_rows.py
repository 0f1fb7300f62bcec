"""Rows that tell of one response of one unit, and not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.incidents._columns_and_types import IDS, NO_STAMP, TIMES
from fireplan.incidents._times.instants import Clocked

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Flags, Ints, Stamps
    from fireplan.incidents._ledger.ledger import Ledger

OWN = ("dispatched", "enroute", "arrived")
"""Stamps of which a unit can have only one at a time: rows that share one tell of one response."""


def counted_once(
    table: pd.DataFrame, clocked: Clocked, again: Flags, *, ledger: Ledger
) -> tuple[pd.DataFrame, Clocked]:
    """
    Make one row of those that tell of one response.

    A unit can be sent to an incident twice. Rows that share the time of its dispatch, its turning out or its arrival
    tell of one response, and so does a row without any of these. Stamps that they agree on stand, those that only one
    of them has are taken from it, and those in which they differ are dropped, since nobody can say which is right; of
    several times of receipt the earliest stands, of texts and points the first as they are sorted. The order of the
    rows does not matter.

    Parameters
    ----------
    table
        Ids, texts and points, indexed as the ledger counts.
    clocked
        The stamps, in order.
    again
        Flags the rows among which a unit may stand on an incident again.
    ledger
        Takes the counts.

    Returns
    -------
    The rows and the stamps that are left.
    """
    rows = np.flatnonzero(again)
    rows = rows[table.iloc[rows][list(IDS)].duplicated(keep=False).to_numpy()]
    response = _responses(table.iloc[rows], clocked.stamps[rows])
    several = np.bincount(response, minlength=1)[response] > 1 if len(rows) else np.zeros(0, dtype=bool)
    rows, response = rows[several], response[several]
    if not len(rows):
        return table, clocked
    order = np.lexsort((rows, response))
    starts = np.flatnonzero(np.diff(response[order], prepend=-1))
    first = rows[order][starts]  # of each response the row that stays
    left = np.ones(len(table), dtype=bool)
    left[rows] = False
    left[first] = True
    stamps, given = clocked.stamps.copy(), clocked.given.copy()
    given[first] = np.logical_or.reduceat(given[rows][order], starts)
    differ = []
    more = {name: values.copy() for name, values in clocked.more.items()}
    columns = {name: stamps[:, at] for at, name in enumerate(TIMES)} | more
    for name, values in columns.items():
        low, high = (choose.reduceat(values[rows][order], starts) for choose in (np.fmin, np.fmax))
        unlike = low < high
        values[first] = low if name == "received" else np.where(unlike, NO_STAMP, low)
        if unlike.any():
            differ.append(name)
    facts, unlike_facts = _facts_filled(table, rows, response, first)
    ledger.duplicate("conflicting_row", table.index[~left], column=", ".join(differ + unlike_facts))
    return facts[left], Clocked(stamps, given, more).kept(left)


def _responses(ids: pd.DataFrame, stamps: Stamps) -> Ints:
    """Number the responses that rows tell of."""
    own = stamps[:, [TIMES.index(name) for name in OWN]]
    parent = np.arange(len(ids))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    number = pd.MultiIndex.from_frame(ids[list(IDS)]).factorize()[0]
    bare: Flags = np.asarray(np.isnat(own).all(axis=1))
    for column in range(len(OWN)):
        known = np.flatnonzero(~np.isnat(own[:, column]))
        keys = pd.MultiIndex.from_arrays([number[known], own[known, column]])
        first: dict[int, int] = {}
        for row, key in zip(known.tolist(), keys.factorize()[0].tolist(), strict=True):
            parent[root(row)] = root(first.setdefault(key, row))
    # A row without any stamp of its own goes with the earliest response, whichever row of it that is.
    earliest = np.lexsort((*own.T[::-1], np.fmin.reduce(own, axis=1), bare, number))
    start: dict[int, int] = {}
    without: list[bool] = bare.tolist()
    for row in earliest.tolist():
        lead = start.setdefault(int(number[row]), row)
        if without[row]:
            parent[root(row)] = root(lead)
    return np.array([root(row) for row in range(len(ids))], dtype=np.int64)


def _facts_filled(table: pd.DataFrame, rows: Ints, response: Ints, first: Ints) -> tuple[pd.DataFrame, list[str]]:
    """Put into the row that stays the first value of each column as they are sorted; name the columns that differ."""
    facts = table.iloc[rows].sort_values([*map(str, table.columns)], kind="stable")
    facts["of response"] = pd.Series(response, index=table.index[rows])
    groups = facts.groupby("of response", sort=True)
    known = groups.first()
    unlike = [str(name) for name, several in groups.nunique().gt(1).any().items() if several]
    filled = {}
    for name in known:
        column = table[name].array.copy()
        column[first] = known[name].array
        filled[str(name)] = pd.Series(column, index=table.index)
    return table.assign(**filled), unlike
