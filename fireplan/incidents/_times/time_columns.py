"""From the text of a time column to times, with one decided format per column; nothing is guessed row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fireplan.incidents._columns.placeholders import is_placeholder
from fireplan.incidents._columns_and_types import MORE_TIMES, NO_STAMP, STAMP, TIMES, Flags, Ints, Stamps
from fireplan.incidents._formats.text_table import TEXT
from fireplan.incidents._times.time_patterns import (
    LONGEST,
    Parts,
    assemble,
    by_shape,
    match_shape,
    read_parts,
    refused_kind,
    shape_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fireplan.errors import Faults

EARLIEST_YEAR = 1980  # before it no dispatch computer kept such records
MOST_COUNTED = {"seconds": 1e11, "milliseconds": 1e14, "excel": 1e6}  # numbers beyond it count something else

FEWEST_ALIKE, FEWEST_DAYS = 20, 5  # stamps at midnight, and days of them, from which on they are dates
FEWEST_CLOCKS = 100  # to speak of hours that never come
HALF_A_DAY = ([*range(12)], [*range(1, 13)])
"""All hours of stamps of which it was lost whether they are of the morning or the afternoon."""

MISSING, READ, PLACEHOLDER, LEAP, OLD, UNREADABLE = range(6)
CODES = {
    PLACEHOLDER: "placeholder_time",
    LEAP: "leap_second",
    OLD: "year_implausible",
    UNREADABLE: "time_unreadable",
}
_PLACEHOLDER_DATES = np.array(
    ["0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "9999-12-31"], dtype="datetime64[D]"
)
_ADVICE = {
    "serial": 'holds Excel serial numbers: say so by a mapping with [times] epoch = "excel", or export date and time',
    "epoch": 'holds epoch seconds: say so by a mapping with [times] epoch = "seconds"',
    "milliseconds": 'holds epoch milliseconds: say so by a mapping with [times] epoch = "milliseconds"',
    "short year": "writes the year with two digits: say how by a mapping with [times] formats, such as"
    ' "%m/%d/%y %H:%M"',
    "clock": "holds a time without its date, so events over midnight cannot be ordered: join the date column to it",
    "date": "holds a date without a time of day: export date and time",
}


@dataclass(frozen=True)
class WrittenTimes:
    """
    One column's times as they were written.

    `local` is the time on the wall, NaT where none could be read or where the text has an offset; `instant` is UTC
    where the text has an offset, else NaT; `kind` says for each row whether it was read, and why not.
    """

    local: Stamps
    instant: Stamps
    kind: npt.NDArray[np.int8]


@dataclass(frozen=True)
class _Column:
    """A column boiled down to its different values."""

    name: str
    codes: Ints
    texts: pa.LargeStringArray
    counts: Ints
    lines: Ints  # of the first row with each value
    tell: Callable[[int], str]  # how a line is told


def boiled_down(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pa.LargeStringArray]]:
    """
    Put numbers in the place of written times, equal ones alike: what comes after is quicker, and takes less room.

    Parameters
    ----------
    frame
        Text columns.

    Returns
    -------
    The frame with numbers in its time columns, and the texts that they stand for.
    """
    numbers, texts = {}, {}
    for name in (name for name in (*TIMES, *MORE_TIMES) if name in frame):
        codes, different = pd.factorize(frame[name])
        numbers[name], texts[name] = codes.astype(np.int32), pa.array(different.array, type=TEXT)
    return frame.assign(**numbers), texts


def read_times(
    frame: pd.DataFrame,
    texts: Mapping[str, pa.LargeStringArray],
    *,
    names: Mapping[str, str],
    formats: Sequence[str],
    faults: Faults,
    lines: Ints | None = None,
    epoch: str | None = None,
    tell: Callable[[int], str] = str,
) -> dict[str, WrittenTimes]:
    """
    Read all time columns.

    Parameters
    ----------
    frame
        Times as numbers, indexed by physical line.
    texts
        What the numbers stand for, stripped: for each column its different texts, all of them in use.
    names
        What to call each column in errors.
    formats
        strptime formats to try in turn; none to find out the format. Day and month order is found out from all
        values of a column, or from the other columns when it has no day above 12 itself.
    faults
        Takes what makes a column unusable as a whole.
    lines
        The physical line of each row; left out: its index.
    epoch
        What numbers count, if they are times: "seconds" or "milliseconds" from 1970, "excel" days on the local clock.
    tell
        How a line is told: of several files with the name of its own.
    """
    result: dict[str, WrittenTimes] = {}
    open_: dict[str, tuple[_Column, list[Parts]]] = {}
    at = frame.index.to_numpy() if lines is None else lines
    for name in texts:
        column = _column(frame[name], texts[name], name=names[name], lines=at, tell=tell)
        if epoch is not None and (counted := _counted(column, epoch)) is not None:
            result[name] = _finish(column, counted, faults=faults)
            continue
        parts = [] if formats else _all_parts(column)
        if any(part.open_order for part in parts):
            open_[name] = (column, parts)
        elif formats:
            result[name] = _read_as(column, formats, faults=faults)
        else:
            result[name] = _finish(column, _assembled(column, parts, day_first=False), faults=faults)
    orders = {name: _order(column, parts, faults=faults) for name, (column, parts) in open_.items()}
    settled = {order for order in orders.values() if order in {"day", "month"}}
    for name, (column, parts) in open_.items():
        order = orders[name]
        if order == "open" and len(settled) == 1:
            order = next(iter(settled))
        if order == "open":
            faults.add(
                f"column {column.name} may write the day or the month first, and no value tells:"
                " give a mapping with [times] formats"
            )
        result[name] = _finish(column, _assembled(column, parts, day_first=order == "day"), faults=faults)
    return result


def _without_clock(text: str) -> bool:
    """Tell whether a date is followed by what stands for a missing clock, as in "2024-03-13 NULL"."""
    date, _, clock = text.partition(" ")
    return any(map(str.isdigit, date)) and bool(clock) and is_placeholder(clock.strip())


def _counted(column: _Column, epoch: str) -> WrittenTimes | None:
    """Read numbers as times; None if most of the values are no numbers, but dates as they are written."""
    texts = pd.Series(column.texts.to_pylist(), dtype="str")
    number = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    there = (np.abs(number) < MOST_COUNTED[epoch]) & (number != 0)
    written = np.array([match_shape(shape_of(text)) is not None for text in texts], dtype=bool) & ~there
    if column.counts[written].sum() > column.counts[there].sum():
        return None
    stamps = np.full(len(texts), NO_STAMP, dtype=STAMP)
    start = np.datetime64("1899-12-30" if epoch == "excel" else "1970-01-01", "us")
    # A day of a spreadsheet has some fifteen digits: what is beyond the millisecond is rounding.
    each_ms = {"seconds": 1000.0, "milliseconds": 1.0, "excel": 86_400_000.0}[epoch]
    stamps[there] = start + np.round(number[there] * each_ms).astype(np.int64) * np.timedelta64(1000, "us")
    kind = np.where(there, READ, UNREADABLE).astype(np.int8)
    nothing = np.full(len(texts), NO_STAMP, dtype=STAMP)
    return WrittenTimes(stamps, nothing, kind) if epoch == "excel" else WrittenTimes(nothing, stamps, kind)


def _column(
    numbers: pd.Series[int], texts: pa.LargeStringArray, *, name: str, lines: Ints, tell: Callable[[int], str]
) -> _Column:
    values = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    codes: Ints = np.asarray(numbers, dtype=np.int64)
    first = np.zeros(len(values), dtype=np.int64)
    first[codes[::-1]] = lines[::-1]
    return _Column(name, codes, values, np.bincount(codes, minlength=len(values)), first, tell)


def _all_parts(column: _Column) -> list[Parts]:
    found = [(match_shape(shape), where, codes) for shape, where, codes in by_shape(column.texts)]
    return [read_parts(codes, where, found=match) for match, where, codes in found if match]


def _order(column: _Column, parts: list[Parts], *, faults: Faults) -> str:
    """Decide which of day and month stands first: 'day', 'month', 'open', or 'none' where it does not matter."""
    pieces = [part for part in parts if part.open_order]
    if not pieces:
        return "none"
    first = np.concatenate([part.numbers["a"] for part in pieces])
    second = np.concatenate([part.numbers["b"] for part in pieces])
    where = np.concatenate([part.where for part in pieces])
    day_first, month_first = (first > 12) & (second <= 12), (second > 12) & (first <= 12)
    if day_first.any() and month_first.any():
        one, other = (column.tell(int(column.lines[where[flags]].min())) for flags in (day_first, month_first))
        faults.add(
            f"column {column.name} writes the day first (line {one}) and the month first (line {other}):"
            " export it in one format"
        )
        return "none"
    if day_first.any() or month_first.any():
        return "day" if day_first.any() else "month"
    return "open" if (first != second).any() else "none"


def _assembled(column: _Column, parts: list[Parts], *, day_first: bool) -> WrittenTimes:
    local = np.full(len(column.texts), NO_STAMP, dtype=STAMP)
    instant = local.copy()
    kind = np.full(len(column.texts), UNREADABLE, dtype=np.int8)
    for part in parts:
        stamps, leap = assemble(part, day_first=day_first)
        if part.offset_min is None:
            local[part.where] = stamps
        else:
            instant[part.where] = stamps - part.offset_min * np.timedelta64(60_000_000, "us")
        kind[part.where] = np.where(leap, LEAP, np.where(np.isnat(stamps), UNREADABLE, READ))
    return WrittenTimes(local, instant, kind)


def _read_as(column: _Column, formats: Sequence[str], *, faults: Faults) -> WrittenTimes:
    local = np.full(len(column.texts), NO_STAMP, dtype=STAMP)
    instant = local.copy()
    texts = np.array(column.texts.to_pylist(), dtype=object)
    leap = np.array([":60" in value[:LONGEST] for value in texts], dtype=bool)
    left = ~leap & np.array([0 < len(value) <= LONGEST for value in texts], dtype=bool)
    for text in formats:
        aware = "%z" in text
        read = pd.to_datetime(pd.Series(texts[left], dtype="str"), format=text, errors="coerce", utc=aware)
        stamps = (read.dt.tz_localize(None) if aware else read).to_numpy().astype(STAMP)
        (instant if aware else local)[left] = stamps
        left[left] = np.isnat(stamps)
    known = ~np.isnat(local) | ~np.isnat(instant)
    return _finish(
        column,
        WrittenTimes(local, instant, np.where(known, READ, np.where(leap, LEAP, UNREADABLE)).astype(np.int8)),
        faults=faults,
    )


def _finish(column: _Column, written: WrittenTimes, *, faults: Faults) -> WrittenTimes:
    """Tell the missing from the unreadable, refuse a column unusable as a whole, and spread it over the rows."""
    local, instant, kind = written.local.copy(), written.instant.copy(), written.kind.copy()
    stamps = np.where(np.isnat(local), instant, local)
    dates = stamps.astype("datetime64[D]")
    kind[(kind == READ) & (dates < np.datetime64(f"{EARLIEST_YEAR}-01-01"))] = OLD
    kind[np.isin(dates, _PLACEHOLDER_DATES)] = PLACEHOLDER
    kind[(kind == UNREADABLE) & pc.equal(column.texts, "").to_numpy(zero_copy_only=False)] = MISSING
    for place in np.flatnonzero(kind == UNREADABLE):
        text = str(column.texts[int(place)])
        if is_placeholder(text) or _without_clock(text):
            kind[place] = PLACEHOLDER
        elif refused_kind(shape_of(text)) == "long year":
            kind[place] = OLD
    _refuse(column, kind, faults=faults)
    _refuse_half_clocks(column, stamps, local, kind, faults=faults)
    unusable = kind != READ
    local[unusable] = NO_STAMP
    instant[unusable] = NO_STAMP
    return WrittenTimes(local[column.codes], instant[column.codes], kind[column.codes])


def _refuse(column: _Column, kind: npt.NDArray[np.int8], *, faults: Faults) -> None:
    """Note a fault when more than half of a column's values cannot be read."""
    bad: Flags = kind == UNREADABLE
    given = column.counts[(kind != MISSING) & (kind != PLACEHOLDER)].sum()
    if 2 * column.counts[bad].sum() <= given:
        return
    kinds = pd.Series([refused_kind(shape_of(str(value))) for value in column.texts.filter(pa.array(bad))])
    common = str(kinds.mode().iloc[0])
    line = column.tell(int(column.lines[bad].min()))
    count = int(column.counts[bad].sum())
    what = _ADVICE.get(common, "cannot be read as date and time: give a mapping with [times] formats")
    faults.add(f"column {column.name} {what} ({count} of {int(given)} values, from line {line})")


def _refuse_half_clocks(
    column: _Column, stamps: Stamps, local: Stamps, kind: npt.NDArray[np.int8], *, faults: Faults
) -> None:
    """Note a fault where stamps are dates at midnight, or their hours lost whether it was morning or afternoon."""
    there = kind == READ
    days = stamps[there].astype("datetime64[D]")
    n = int(column.counts[there].sum())
    if n >= FEWEST_ALIKE and (stamps[there] == days).all() and len(np.unique(days)) >= FEWEST_DAYS:
        faults.add(
            f"column {column.name} holds a date without a time of day, all of its {n:,} values are at 00:00: export"
            " date and time"
        )
    there &= ~np.isnat(local)
    hours = np.unique((local[there] - local[there].astype("datetime64[D]")).astype("timedelta64[h]").astype(int))
    if column.counts[there].sum() >= FEWEST_CLOCKS and hours.tolist() in HALF_A_DAY:
        faults.add(
            f"column {column.name} has every hour up to 12 and none after it in {n:,} values: AM and PM were lost:"
            " export them too, or a clock of 24 hours"
        )
