"""Status logs: one row per unit and status in, one row per unit out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import listed, quoted
from fireplan.incidents._columns.find_columns import STATUS, STATUS_TIME
from fireplan.incidents._columns_and_types import CALL_TIMES, ORDER_OF_TIMES
from fireplan.incidents._ledger.ledger import RowsOfResponses

if TYPE_CHECKING:
    from fireplan.errors import Faults
    from fireplan.incidents._columns.mapping import LogStatuses
    from fireplan.incidents._columns_and_types import Flags, Ints, Stamps
    from fireplan.incidents._ledger.ledger import Ledger

OF_CALLS = ("received", *CALL_TIMES)
_DISPATCHED, _CLEARED = (ORDER_OF_TIMES.index(name) for name in ("dispatched", "cleared"))
STATUSES_SHOWN = 12


class LogTimes(NamedTuple):
    """The time of each row of a log in UTC, NaT where it has none; and the later one that it may be just as well."""

    early: Stamps
    late: Stamps

    def kept(self, rows: Flags) -> LogTimes:
        """Give the times of some rows only."""
        return LogTimes(self.early[rows], self.late[rows])


def log_as_rows(
    frame: pd.DataFrame, log: LogStatuses, times: LogTimes, *, faults: Faults, ledger: Ledger
) -> tuple[pd.DataFrame, RowsOfResponses]:
    """
    Make one row per unit and incident of a status log.

    Of each status the first counts, of `cleared` the last. A unit that is dispatched after it cleared responds a second
    time. Statuses of the call itself (received, answered, created) are the incident's, whichever unit they stand with.

    Parameters
    ----------
    frame
        Text, with the columns of the log and `unit_id`, indexed by physical line.
    log
        What the statuses mean.
    times
        The time of each row, to order them by.
    faults, ledger
        Take what is found.

    Returns
    -------
    The rows, numbered from 0, and the lines that each came from.
    """
    kind = _kinds(frame[STATUS], log, times.early, faults=faults, ledger=ledger)
    lines = frame.index.to_numpy()
    names = np.array(ORDER_OF_TIMES, dtype=object)
    of_call = np.isin(kind, [ORDER_OF_TIMES.index(name) for name in OF_CALLS])
    used = np.flatnonzero((kind >= 0) & ~of_call)
    incident = pd.factorize(frame["incident_id"].str.strip())[0]
    unit = pd.factorize(frame["unit_id"].str.strip().str.casefold())[0]
    when = _settled(times, incident, unit, used)
    order = used[np.lexsort((kind[used], when[used], unit[used], incident[used]))]
    number = _numbered(incident[order], unit[order], kind[order])
    count = int(number[-1]) + 1 if len(number) else 0
    first = np.full(count, len(frame))
    np.minimum.at(first, number, order)
    rows = frame.iloc[first].drop(columns=[STATUS, STATUS_TIME])
    rows = rows.set_axis(pd.RangeIndex(count), axis="index")
    text = frame[STATUS_TIME].to_numpy(dtype=object)
    for name, _ in log.statuses():
        column = np.full(count, "", dtype=object)
        if name in OF_CALLS:
            column = rows[name].to_numpy(dtype=object).copy() if name in rows else column
            _put_first(
                column, incident[first], text, incident, np.flatnonzero(kind == ORDER_OF_TIMES.index(name)), when
            )
        else:
            at = np.flatnonzero(names[kind[order]] == name)
            at = at if name == "cleared" else at[::-1]  # of those put into one place the last stays
            column[number[at]] = text[order[at]]
        rows[name] = pd.Series(column, index=rows.index, dtype="str")
    by_number = np.lexsort((lines[order], number))
    loose = np.setdiff1d(lines, lines[order])
    return rows, RowsOfResponses(number[by_number], lines[order][by_number], loose)


def _settled(times: LogTimes, incident: Ints, unit: Ints, used: Ints) -> Stamps:
    """
    Settle which of two hours it was, by the order in which a unit's rows stand in the file.

    A log is written as things happen, or turned round as a whole. Where neither order fits the times, the earlier hour
    is taken.
    """
    when = times.early.copy()
    twice = used[times.early[used] < times.late[used]]
    asked = used[np.isin(incident[used], incident[twice])] if len(twice) else twice
    rows = pd.Series(asked).groupby([incident[asked], unit[asked]])
    for _, group in rows:
        places = group.to_numpy()
        for order in (places, places[::-1]):
            read = _never_back(times.early[order], times.late[order])
            if read is not None:
                when[order] = read
                break
    return when


def _never_back(early: Stamps, late: Stamps) -> Stamps | None:
    """Choose readings of which none lies before the one before it; None if there are none."""
    read = early.copy()
    for at in range(1, len(read)):
        if read[at] < read[at - 1]:
            read[at] = late[at]
        if read[at] < read[at - 1]:
            return None
    return read


def _kinds(stated: pd.Series[str], log: LogStatuses, when: Stamps, *, faults: Faults, ledger: Ledger) -> Ints:
    """Number the time that each row sets, as they stand in ORDER_OF_TIMES; -1 where it sets none."""
    meaning = {status.strip().casefold(): name for name, statuses in log.statuses() for status in statuses}
    codes, different = pd.factorize(stated.str.strip().str.casefold())
    kinds = np.array([ORDER_OF_TIMES.index(meaning[s]) if s in meaning else -1 for s in map(str, different)])
    strange = _counted(stated, kinds[codes] < 0) if len(different) else ""
    if not (kinds >= 0).any():
        faults.add(f"none of the statuses of [log] values is in column {quoted(log.status)}, which holds {strange}")
    ledger.add("status_ignored", stated.index[kinds[codes] < 0], column=log.status, detail=strange)
    found = kinds[codes]
    timeless = (found >= 0) & np.isnat(when)
    ledger.add("status_without_time", stated.index[timeless], column=log.status)
    return np.where(timeless, -1, found)


def _counted(stated: pd.Series[str], rows: Flags) -> str:
    counts = stated[rows].str.strip().value_counts()
    return listed(
        (f"{quoted(status, limit=20)} in {wording.counted(n, 'row')}" for status, n in counts.items()),
        most=STATUSES_SHOWN,
    )


def _numbered(incident: Ints, unit: Ints, kind: Ints) -> Ints:
    """Number the responses of rows in the order of incident, unit and time."""
    n = len(kind)
    fresh = np.append(True, (incident[1:] != incident[:-1]) | (unit[1:] != unit[:-1]))[:n]
    cleared = np.cumsum(kind == _CLEARED)
    sent = np.flatnonzero(kind == _DISPATCHED)
    group = np.cumsum(fresh)
    before = cleared - (kind == _CLEARED)
    start = before[np.flatnonzero(fresh)[group[sent] - 1]] if n else before
    same = np.append(False, group[sent][1:] == group[sent][:-1])[: len(sent)]
    other = np.flatnonzero(kind != _CLEARED)
    first = np.full(int(group[-1]) + 1 if n else 1, n)
    np.minimum.at(first, group[other], other)
    # Being available before it was sent ends no response.
    start = np.where(first[group[sent]] == sent, cleared[sent], start)
    earlier = np.where(same, np.append(0, cleared[sent][:-1])[: len(sent)], start)
    again = np.zeros(n, dtype=bool)
    again[sent] = cleared[sent] > earlier
    return np.cumsum(fresh | again) - 1


def _put_first(column: np.ndarray, own: Ints, text: np.ndarray, incident: Ints, at: Ints, when: Stamps) -> None:
    """Put into each row the text of its incident's earliest row among some."""
    at = at[np.argsort(when[at], kind="stable")[::-1]]
    earliest = dict(zip(incident[at].tolist(), at.tolist(), strict=True))  # the last one put in, which is the earliest
    for row, number in enumerate(own.tolist()):
        if number in earliest:
            column[row] = text[earliest[number]]
