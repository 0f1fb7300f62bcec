"""From the written times of all rows to instants, with what each faulty time costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fireplan.incidents._columns_and_types import CALL_TIMES, MORE_TIMES, NO_STAMP, STAMP, TIMES, Flags, Stamps
from fireplan.incidents._times.stamp_order import drop_reversed
from fireplan.incidents._times.time_columns import CODES, MISSING, PLACEHOLDER, WrittenTimes
from fireplan.incidents._times.time_zones import Instants, both_readings, to_instants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    import pandas as pd

    from fireplan.errors import Faults
    from fireplan.incidents._columns_and_types import Ints
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._times.elapsed_times import Passed

AHEAD = timedelta(days=1)  # an agency's clocks may be that far ahead of this machine's


@dataclass(frozen=True)
class Clocked:
    """
    UTC stamps by row and column, NaT where there is none or it was dropped; `given` flags those the file has.

    `more` holds the stamps of the columns that not every file has, by name.
    """

    stamps: Stamps
    given: Flags
    more: dict[str, Stamps]

    def kept(self, rows: Flags) -> Clocked:
        """Give the stamps of some rows only."""
        return Clocked(self.stamps[rows], self.given[rows], {name: s[rows] for name, s in self.more.items()})

    def without_arrivals(self) -> Clocked:
        """Take arrivals for unknown, not for missing: without their column no unit is known to have been cancelled."""
        given = self.given.copy()
        off = self.more.get("cancelled_enroute")
        given[:, TIMES.index("arrived")] = True if off is None else np.isnat(off)
        return Clocked(self.stamps, given, self.more)

    def ordered(self, lines: Ints, *, ledger: Ledger) -> Clocked:
        """Drop the stamps that contradict the order in which things happen."""
        return Clocked(drop_reversed(self.stamps, lines, ledger=ledger), self.given, self.more)


def read_stamps(
    frame: pd.DataFrame,
    columns: Mapping[str, WrittenTimes],
    *,
    zone: ZoneInfo,
    faults: Faults,
    ledger: Ledger,
    passed: Mapping[str, Passed] | None = None,
    unsaid: Mapping[str, Ints] | None = None,
) -> Clocked:
    """
    Read the five times of each row, and the further ones that the file has, as UTC instants.

    Rows are set aside when a local time does not exist, the call was received in the future, or no time is left.

    Parameters
    ----------
    frame
        With `incident_id`, indexed by physical line.
    columns
        The times as they were written; see `read_times`.
    zone
        Of times without an offset.
    faults, ledger
        Take what is found.
    passed
        Times that are given as what has passed since another of the five.
    unsaid
        Of the times of a cell that names several units, the rows whose own is not known: they are not missing.
    """
    passed = passed or {}
    columns = {**columns, **{name: item.written for name, item in passed.items()}}
    more = [name for name in MORE_TIMES if name in columns]
    written = [columns[name] for name in TIMES]
    local = np.stack([column.local for column in written]).T  # so that each column lies in one piece
    instant = np.stack([column.instant for column in written]).T
    instants = to_instants(local, instant, zone=zone, incidents=frame["incident_id"])
    for name in (name for name in TIMES if name in passed):  # in their order: one may follow from another
        instants.utc[:, TIMES.index(name)] = instants.utc[:, TIMES.index(passed[name].after)] + passed[name].span
    future = instants.utc > _latest()
    if not faults.found:
        _set_aside(frame, local, instants=instants, future=future, zone=zone, ledger=ledger)
    stamps = np.where(future, NO_STAMP, instants.utc)
    alive = ~ledger.is_set_aside(frame.index)
    _note(frame, written, instants=instants, future=future, alive=alive, ledger=ledger)
    given = np.column_stack([(item.kind != MISSING) & (item.kind != PLACEHOLDER) for item in written])
    for name, rows in (unsaid or {}).items():
        if name in TIMES:
            given[:, TIMES.index(name)] |= np.isin(frame.index, rows)
    further = {}
    for name in more:
        lines = frame.index.to_numpy()[alive]
        further[name] = np.full(len(frame), NO_STAMP, dtype=STAMP)
        item, anchor = columns[name], stamps[alive]
        since = passed.get(name)
        own: Stamps = item.instant
        if since is not None:
            own = np.asarray(stamps[:, TIMES.index(since.after)] + since.span, dtype=STAMP)
        item = WrittenTimes(item.local[alive], own[alive], item.kind[alive])
        further[name][alive] = _further(item, anchor, lines, name=name, zone=zone, ledger=ledger)
    return Clocked(stamps, given, further)


def _further(item: WrittenTimes, stamps: Stamps, lines: Ints, *, name: str, zone: ZoneInfo, ledger: Ledger) -> Stamps:
    """
    Read one further column.

    A time that came twice is the first one that is not before the row went en route; one of the call itself, the first
    that is not before the call was received.
    """
    early, late, _ = both_readings(item.local, zone)
    known = stamps[:, :1] if name in CALL_TIMES else stamps[:, :3]
    start = np.fmax.reduce(known, axis=1)  # NaT where the row has none of them
    utc = np.where(np.isnat(item.instant), np.where(early < start, late, early), item.instant)
    for kind, code in CODES.items():
        ledger.add(code, lines[item.kind == kind], column=name)
    ledger.add("stamp_nonexistent", lines[~np.isnat(item.local) & np.isnat(early)], column=name)
    future = utc > _latest()
    ledger.add("stamp_in_future", lines[future], column=name)
    return np.where(future, NO_STAMP, utc)


def _latest() -> np.datetime64:
    return np.datetime64(datetime.now(UTC).replace(tzinfo=None) + AHEAD, "us")


def _set_aside(
    frame: pd.DataFrame, local: Stamps, *, instants: Instants, future: Flags, zone: ZoneInfo, ledger: Ledger
) -> None:
    lines = frame.index.to_numpy()
    for column, name in enumerate(TIMES):
        skipped = instants.skipped[:, column]
        texts = [f"{name} {_shown(stamp)} does not exist in {zone.key}" for stamp in local[skipped, column]]
        ledger.set_aside("time_nonexistent", lines[skipped], column=name, texts=texts)
    unknown = np.isnat(instants.utc)
    # with no received to go by, the row is in the future when all that it has is
    ahead = future[:, 0] | (unknown[:, 0] & future.any(axis=1) & (future | unknown).all(axis=1))
    first = np.where(future[:, 0], 0, future.argmax(axis=1))[ahead]
    texts = [
        f"{TIMES[column]} {_shown(stamp)} UTC lies in the future"
        for column, stamp in zip(first, instants.utc[ahead, first], strict=True)
    ]
    ledger.set_aside("time_in_future", lines[ahead], column=TIMES[0], texts=texts)
    ledger.set_aside("no_times", lines[(unknown | future).all(axis=1)])


def _note(
    frame: pd.DataFrame, written: list[WrittenTimes], *, instants: Instants, future: Flags, alive: Flags, ledger: Ledger
) -> None:
    lines = frame.index.to_numpy()
    aware = np.zeros(len(frame), dtype=np.int64)
    naive = aware.copy()
    for column, name in enumerate(TIMES):
        item = written[column]
        for kind, code in CODES.items():
            ledger.add(code, lines[(item.kind == kind) & alive], column=name)
        ledger.add("stamp_in_future", lines[future[:, column] & alive], column=name)
        twice = instants.twice[:, column] & alive
        ledger.add("ambiguous_hour", lines[twice & instants.unsettled], column=name)
        ledger.add("ambiguous_settled", lines[twice & ~instants.unsettled], column=name)
        aware += ~np.isnat(item.instant)
        naive += ~np.isnat(item.local)
    if aware.any() and naive.any():
        rarer = aware if aware.sum() <= naive.sum() else naive
        ledger.add("zone_mixed", lines[(rarer > 0) & alive])


def _shown(stamp: np.datetime64) -> str:
    return str(stamp.astype("datetime64[s]")).replace("T", " ")
