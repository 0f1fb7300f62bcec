"""How the times of a column are written: as stamps, dates, clocks or numbers, and by which format they are read."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from fireplan.incidents._columns.placeholders import is_placeholder
from fireplan.incidents._formats.text_table import TEXT
from fireplan.incidents._times.time_columns import EARLIEST_YEAR
from fireplan.incidents._times.time_patterns import assemble, by_shape, match_shape, read_parts, refused_kind, shape_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from fireplan.incidents._columns_and_types import Flags, Ints, Stamps

Kind: TypeAlias = Literal["stamp", "date", "clock", "epoch seconds", "epoch milliseconds", "days", "none"]

_HALF = r"[ap]\.?m\.?$"
LOOKS = {
    "%H:%M:%S": r"\d:\d\d:\d\d$",
    "%H:%M": r"\d:\d\d$",
    "%I:%M:%S %p": rf"(?i)\d:\d\d:\d\d {_HALF}",
    "%I:%M %p": rf"(?i)\d:\d\d {_HALF}",
    "%I:%M:%S%p": rf"(?i)\d:\d\d:\d\d{_HALF}",
    "%I:%M%p": rf"(?i)\d:\d\d{_HALF}",
    "%H:%M:%S.%f": r"\d:\d\d:\d\d\.\d+$",
    "%I.%M.%S.%f %p": rf"(?i)\d\.\d\d\.\d\d\.\d+ {_HALF}",
    "%H.%M.%S": r"\d\.\d\d\.\d\d$",
    "%H%M%S": r"(?:T| )\d{6}$",
    "%H%M": r"(?:T| )\d{4}$",
}
"""Clocks, and by what they are told."""

CLOCKS = tuple(LOOKS)
DATES = (
    "%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%m-%y", "%d.%m.%y", "%y-%m-%d", "%y/%m/%d", "%d %b %Y", "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %y", "%d/%b/%Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%a %b %d %Y", "%A, %B %d, %Y",
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d",
)  # fmt: skip
TOGETHER = ("%m%d%Y%H%M", "%m%d%Y%H%M%S", "%d%m%Y%H%M", "%d%m%Y%H%M%S", "%Y%m%d%H%M%S", "%Y%m%d%H%M")
MONTH_FIRST = ("America/", "US/", "Pacific/Honolulu", "Pacific/Guam")
"""Zones in which the month is written first, as far as a guess may go."""
PROBED, FEW, ENOUGH = 5, 200, 0.9
FEWEST_CALLS, FEWEST_DIRECTED = 300, 0.08
BUSIEST_H, FAR_H, NEAR_H = 15.5, 3.5, 3.0
"""The middle of the day of calls, how far from it is odd, and how near is not. [h]"""
FEWEST_DIGITS, LONGEST = 5, 45  # of a time, and the characters of the longest
FIRST_S, LAST_S = 315_532_800, 4_102_444_800  # 1980 and 2100, from 1970
FIRST_DAY, LAST_DAY = 29_221, 73_051  # the same in the days of a spreadsheet


class Written(NamedTuple):
    """
    How a column's values are written.

    Attributes
    ----------
    kind
        Stamps, dates alone, clocks alone, or numbers; "none": no time.
    share
        Share of the filled values that are read so.
    formats
        For strptime; none: read without.
    either
        Formats of which the values do not tell which is right: the day or the month first.
    """

    kind: Kind
    share: float
    formats: tuple[str, ...] = ()
    either: tuple[str, ...] = ()


DIGITS = {
    "epoch seconds": r"[1-9]\d{8,9}(?:\.\d+)?",
    "epoch milliseconds": r"[1-9]\d{11,12}",
    "days": r"\d{5}(?:\.\d+)?",
}

NO_TIME = Written("none", 0.0)


def how_written(texts: pd.Series[str]) -> Written:
    """
    Find out how times are written.

    Parameters
    ----------
    texts
        The values, stripped; blanks and placeholders count for nothing.
    """
    different = [text for text in texts.unique() if text and not is_placeholder(text)]
    if not different:
        return NO_TIME
    counts: Ints = np.asarray(texts.value_counts()[different], dtype=np.int64)
    values = pd.Series(different, dtype="str")
    of = counts.sum()
    month, day = _plain(values, day_first=False), _plain(values, day_first=True)
    best = max(counts[_there(month)].sum(), counts[_there(day)].sum()) / of
    if best >= ENOUGH:
        both = _there(month) & _there(day)
        if both.sum() == max(_there(month).sum(), _there(day).sum()) and (month != day).any():
            return Written("stamp", float(best), either=_slashed(values))
        return Written("stamp", float(best))
    kinds = pd.Series([refused_kind(shape_of(text)) for text in different])
    for kind in ("clock", "date"):
        share = counts[(kinds == kind).to_numpy()].sum() / of
        if share >= ENOUGH:
            return Written(kind, float(share))
    number = _number(values, counts)
    return number if number.kind != "none" else _by_format(values, counts)


def first_of_day_and_month(timezone: str | None) -> Literal["day", "month"]:
    """Say which is written first where a zone is kept; a guess."""
    return "month" if timezone is None or timezone.startswith(MONTH_FIRST) else "day"


def chosen(written: Written, timezone: str | None) -> tuple[str, ...]:
    """Give the formats; of those that are as good the usual ones of the place."""
    if not written.either:
        return written.formats
    first = "%m" if first_of_day_and_month(timezone) == "month" else "%d"
    return tuple(text for text in written.either if text.startswith(first)) or written.either[:1]


def _plain(values: pd.Series[str], *, day_first: bool) -> Stamps:
    """Read stamps as they are read without a format."""
    stamps = np.full(len(values), np.datetime64("NaT", "us"))
    for shape, where, codes in by_shape(pa.array(values.array, type=TEXT)):
        found = match_shape(shape)
        if found:
            stamps[where], _ = assemble(read_parts(codes, where, found=found), day_first=day_first)
    return np.where(stamps.astype("datetime64[Y]").astype(int) + 1970 < EARLIEST_YEAR, np.datetime64("NaT"), stamps)


def _there(stamps: Stamps) -> Flags:
    return np.asarray(~np.isnat(stamps))


def _slashed(values: pd.Series[str]) -> tuple[str, ...]:
    """Name the formats of stamps of which nothing tells what stands first."""
    text = values.iloc[0]
    apart = next((c for c in "/.-" if c in text), "/")
    dates = [f"%m{apart}%d{apart}%Y", f"%d{apart}%m{apart}%Y"]
    return tuple(
        f"{date} {clock}" for date, clock in product(dates, CLOCKS[:6]) if _share(values, f"{date} {clock}") > 0
    )


def _number(values: pd.Series[str], counts: Ints) -> Written:
    number = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    there = np.isfinite(number)
    if counts[there].sum() < ENOUGH * counts.sum():
        return NO_TIME
    whole = bool((number[there] == np.rint(number[there])).all())
    for kind, unit, may_be in (
        ("epoch seconds", 1.0, True), ("epoch milliseconds", 1e3, whole), ("days", 86_400.0, not whole),
    ):  # fmt: skip
        fits = may_be and bool(values.str.fullmatch(DIGITS[kind]).mean() >= ENOUGH)
        low, high = (FIRST_DAY, LAST_DAY) if kind == "days" else (FIRST_S * unit, LAST_S * unit)
        inside = there & (number > low) & (number < high)
        if fits and counts[inside].sum() >= ENOUGH * counts.sum():
            return Written(kind, float(counts[inside].sum() / counts.sum()))  # type: ignore[arg-type]
    return NO_TIME


def _by_format(values: pd.Series[str], counts: Ints) -> Written:
    """Try formats on a few values, and those that read them on all."""
    few = values.iloc[np.unique(np.linspace(0, len(values) - 1, FEW).astype(int))]
    digits = few.str.count(r"\d")
    if ((digits >= FEWEST_DIGITS) & (few.str.len() <= LONGEST)).mean() < ENOUGH:
        return NO_TIME
    together = few.str.fullmatch(r"\d{12}|\d{14}").mean() >= ENOUGH
    clocks = [clock for clock in CLOCKS if few.str.contains(LOOKS[clock]).mean() >= ENOUGH]
    tried = [f"{date}{gap}{clock}" for date, clock, gap in product(DATES, clocks, (" ", ", ", "T"))]
    if few.str.contains(r"^\d{1,2}:\d\d").mean() >= ENOUGH:
        tried = [f"{clock} {date}" for clock, date in product(CLOCKS, DATES)]
    probe = few.iloc[np.unique(np.linspace(0, len(few) - 1, PROBED).astype(int))].tolist()
    tried = [text for text in tried if "%f" in text or sum(_parses(value, text) for value in probe) * 2 > len(probe)]
    read = [text for text in (TOGETHER if together else tried) if _share(few, text) >= ENOUGH]
    if together:
        wide = int(digits.mode().iloc[0])
        read = [text for text in read if ("%S" in text) == (wide > len("mmddyyyyhhmm"))]
    kind: Kind = "stamp"
    if not read:
        read, kind = [text for text in DATES if _share(few, text) >= ENOUGH], "date"
    shares = {text: float(counts[_read(values, text)].sum() / counts.sum()) for text in read}
    best = max(shares.values(), default=0.0)
    if best < ENOUGH:
        return NO_TIME
    good = _narrowest(values, [text for text in read if shares[text] == best])
    return Written(kind, best, formats=good[:1]) if len(good) == 1 else Written(kind, best, either=good)


def _narrowest(values: pd.Series[str], formats: list[str]) -> tuple[str, ...]:
    """Leave out formats that take days for years: by them the calls are of many more years."""
    years = {}
    for text in formats if len(formats) > 1 else ():
        read = pd.to_datetime(values, format=text, errors="coerce").dt.year
        years[text] = int(read.max() - read.min())
    return tuple(text for text in formats if not years or years[text] <= 2 * min(years.values()) + 1)


def _read(values: pd.Series[str], text: str) -> Flags:
    read = pd.to_datetime(values, format=text, errors="coerce")
    return np.asarray((read.dt.year >= EARLIEST_YEAR).to_numpy(dtype=bool))


def _parses(value: str, text: str) -> bool:
    """Tell whether one value is read by a format: much quicker than asking of a column."""
    try:
        datetime.strptime(value, text)  # noqa: DTZ007 - whether, not when
    except ValueError:
        return False
    return True


def _share(values: pd.Series[str], text: str) -> float:
    return float(_read(values, text).mean())


def formats_of(written: list[Written], texts: dict[str, pd.Series[str]], *, timezone: str | None) -> list[str]:
    """Give formats that read all of several columns: those that are read without one need theirs, too."""
    formats: dict[str, None] = {}
    settled = {text for how in written for text in how.formats}
    for how, column in zip(written, texts.values(), strict=True):
        if how.formats:
            found = how.formats
        elif how.either:
            found = tuple(text for text in how.either if text in settled) or chosen(how, timezone)
        else:
            found = explicit(column)
        formats |= dict.fromkeys(found)
    return list(formats)


def explicit(texts: pd.Series[str]) -> tuple[str, ...]:
    """Give formats for stamps that would be read without one."""
    values = pd.Series([text for text in texts.unique() if text and not is_placeholder(text)], dtype="str")
    how = _by_format(values, np.ones(len(values), dtype=np.int64))
    return how.formats or how.either[:1]


def stamps_of(texts: pd.Series[str], how: Written) -> pd.Series[pd.Timestamp]:
    """Read a column as it is written, as far as its order of day and month does not matter; NaT else."""
    if how.kind in {"epoch seconds", "epoch milliseconds", "days"}:
        return pd.to_datetime(pd.to_numeric(texts, errors="coerce"), unit="s" if how.kind == "epoch seconds" else "ms")
    if how.formats:
        return pd.to_datetime(texts, format=how.formats[0], errors="coerce")
    codes, different = pd.factorize(texts)
    month = not (how.kind == "stamp" and _there(_plain(pd.Series(different), day_first=False)).mean() < ENOUGH)
    return pd.Series(_plain(pd.Series(different, dtype="str"), day_first=not month)[codes])


def looks_like_utc(stamps: pd.Series[pd.Timestamp], zone: ZoneInfo) -> bool:
    """
    Tell whether calls come in as people live only if their times are in UTC.

    People call most in the middle of the afternoon: the mean direction of the hours on the dial of a day lies there.
    """
    as_local, as_utc = _off_the_busiest_h(stamps, zone)
    return as_local > FAR_H and as_utc < NEAR_H


def looks_like_local(stamps: pd.Series[pd.Timestamp], zone: ZoneInfo) -> bool:
    """Tell whether calls come in as people live only if numbers that should count UTC count local time."""
    as_local, as_utc = _off_the_busiest_h(stamps, zone)
    return as_utc > FAR_H and as_local < NEAR_H


def _off_the_busiest_h(stamps: pd.Series[pd.Timestamp], zone: ZoneInfo) -> tuple[float, float]:
    """Say how far the middle of the calls lies from where it should, as local times and as UTC; NaN if none is."""
    known = stamps.dropna()
    if len(known) < FEWEST_CALLS or known.dt.tz is not None:
        return np.nan, np.nan
    hours = (known.dt.hour + known.dt.minute / 60).to_numpy(dtype=float)
    mean = np.exp(2j * np.pi * hours / 24).mean()
    offset = zone.utcoffset(known.iloc[len(known) // 2].to_pydatetime())
    if abs(mean) < FEWEST_DIRECTED or offset is None:
        return np.nan, np.nan
    middle = float(np.angle(mean)) * 12 / np.pi
    return _apart_h(middle, BUSIEST_H), _apart_h(middle + offset.total_seconds() / 3600, BUSIEST_H)


def _apart_h(hour: float, other: float) -> float:
    return abs((hour - other + 12) % 24 - 12)
