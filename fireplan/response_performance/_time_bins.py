"""Spans of time on a line of instants, cut where a local hour, day or month ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._conversions import HOUR_US
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.response_performance._time_groups import BY_TIME
from fireplan.stations._schedules import is_always, watches_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

QUARTER_US = HOUR_US // 4
"""Local hours begin on a quarter of an hour of UTC in every zone in use since 1972. [us]"""

LONGEST_COMMITTED_S = 86_400.0
"""A unit that was committed for longer was not cleared when it was free: its time is not counted. [s]"""


class Bins(NamedTuple):
    """
    A period cut where a group ends.

    Attributes
    ----------
    edges_us
        Instants at which a bin begins, and the end of the last. [us since 1970, UTC]
    group
        Group of each bin.
    keys
        One row per group, in order: `hour`, `weekday`, `month`, `year` as asked for.
    elapsed_us
        Time in each group; a night on which the clocks go back has an hour more. [us]
    """

    edges_us: NDArray[np.int64]
    group: NDArray[np.int64]
    keys: pd.DataFrame
    elapsed_us: NDArray[np.int64]

    def group_at(self, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Group of each instant; -1 outside the period."""
        where = np.searchsorted(self.edges_us, at_us, side="right") - 1
        inside = (at_us >= self.edges_us[0]) & (at_us < self.edges_us[-1])
        return np.where(inside, self.group[np.clip(where, 0, len(self.group) - 1)], -1)


@dataclass(frozen=True)
class LocalPeriod:
    """
    A period, and the zone whose clocks tell its hours.

    Attributes
    ----------
    start, end
        Instants; the end is no longer part of it.
    timezone
        IANA zone of local time.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    timezone: str

    @property
    def ends_us(self) -> tuple[int, int]:
        """Start and end. [us since 1970, UTC]"""
        return _us(self.start), _us(self.end)

    def bins(self, by: Sequence[str]) -> Bins:
        """Cut the period where any of `hour`, `weekday`, `month`, `year` of local time becomes another."""
        start, end = self.ends_us
        if not by:
            alone = pd.DataFrame(index=pd.RangeIndex(1))
            return Bins(np.array([start, end]), np.zeros(1, np.int64), alone, np.array([end - start]))
        quarters = np.arange(start // QUARTER_US * QUARTER_US, end, QUARTER_US, dtype=np.int64)
        quarters[0] = start
        wall = _at(quarters).tz_convert(self.timezone).tz_localize(None).as_unit("us").asi8
        begins = np.diff(wall // HOUR_US, prepend=np.int64(-1)) != 0
        begins[0] = True
        edges = quarters[begins]
        local = pd.Series(_at(edges).tz_convert(self.timezone))
        labels = pd.DataFrame({name: BY_TIME[name](local) for name in by})
        group = labels.groupby(list(by), sort=True, observed=True).ngroup().to_numpy(np.int64)
        _, first = np.unique(group, return_index=True)
        keys = labels.iloc[first].reset_index(drop=True)
        other = np.diff(group, prepend=np.int64(-1)) != 0
        edges, group = np.append(edges[other], end), group[other]
        elapsed = np.zeros(len(keys), np.int64)
        np.add.at(elapsed, group, np.diff(edges))
        return Bins(edges, group, keys, elapsed)

    def stated(self) -> dict[str, str]:
        """Give the period as text, for `DataFrame.attrs`."""
        ends = [t.tz_convert(self.timezone).isoformat() for t in (self.start, self.end)]
        return {"start": ends[0], "end": ends[1], "timezone": self.timezone}


def clock_of(
    received: pd.Series, timezone: str, *, start: str | pd.Timestamp | None, end: str | pd.Timestamp | None
) -> LocalPeriod:
    """
    Give the period that a history covers.

    Parameters
    ----------
    received
        When its calls were received.
    timezone
        IANA zone of local time.
    start, end
        Local times, or instants with a zone; left out: the local midnight before the first call was received, and the
        one after the last.
    """
    known = received.dropna()
    if known.empty and (start is None or end is None):
        raise InputError("this history has no time received, so its period is not known: give start and end")
    if start is None:
        start = known.min().tz_convert(timezone).tz_localize(None).normalize()
    if end is None:
        end = known.max().tz_convert(timezone).tz_localize(None).normalize() + pd.Timedelta(days=1)
    clock = LocalPeriod(_instant(start, timezone, "start"), _instant(end, timezone, "end"), timezone)
    if not clock.start < clock.end:
        raise InputError(f"the period ends ({clock.end}) no later than it starts ({clock.start})")
    return clock


def checked_keys(by: str | Sequence[str], *others: str) -> list[str]:
    """Names to group by, once each: `hour`, `weekday`, `month`, `year` or `others`; nothing else is known."""
    names = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    for name in names:
        if name not in BY_TIME and name not in others:
            raise UnknownIdError("group", name, [*BY_TIME, *others])
    return names


class Spans(NamedTuple):
    """Spans of time, each of an owner given by number; the end is no longer part of one. [us since 1970, UTC]"""

    owner: NDArray[np.int64]
    begin_us: NDArray[np.int64]
    end_us: NDArray[np.int64]


def instants_us(times: pd.Series) -> NDArray[np.int64]:
    """Instants of a column of times with a zone; the least integer where one is missing. [us since 1970, UTC]"""
    return np.asarray(pd.DatetimeIndex(times).as_unit("us").asi8)


MISSING_US = np.iinfo(np.int64).min
"""What pandas writes for a missing time."""


def merge(spans: Spans) -> Spans:
    """Join the spans of each owner that overlap or touch; in order of owner and time, without empty ones."""
    some = spans.end_us > spans.begin_us
    owner, begin, end = (part[some] for part in spans)
    if not len(owner):
        return Spans(owner, begin, end)
    order = np.lexsort((begin, owner))
    owner, begin, end = owner[order], begin[order], end[order]
    reach = pd.Series(end).groupby(owner).cummax().to_numpy()
    fresh = np.ones(len(owner), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (begin[1:] > reach[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(owner)) - 1
    return Spans(owner[first], begin[first], reach[last])


def without(spans: Spans, taken: Spans) -> Spans:
    """Parts of each owner's spans that none of the same owner's taken spans covers; both merged before."""
    owner = np.concatenate([spans.owner, spans.owner, taken.owner, taken.owner])
    at = np.concatenate([spans.begin_us, spans.end_us, taken.begin_us, taken.end_us])
    n, m = len(spans.owner), len(taken.owner)
    there = np.repeat([1, -1, 0, 0], [n, n, m, m])
    gone = np.repeat([0, 0, 1, -1], [n, n, m, m])
    order = np.lexsort((at, owner))
    owner, at = owner[order], at[order]
    left = (np.cumsum(there[order]) > 0) & (np.cumsum(gone[order]) == 0)
    part = np.flatnonzero(left[:-1] & (owner[1:] == owner[:-1]) & (at[1:] > at[:-1]))
    return Spans(owner[part], at[part], at[part + 1])


def time_by_group(spans: Spans, bins: Bins, *, owners: int) -> NDArray[np.int64]:
    """Time of each owner's spans within each group: owners x groups. [us]"""
    begin = np.clip(spans.begin_us, bins.edges_us[0], bins.edges_us[-1])
    end = np.clip(spans.end_us, bins.edges_us[0], bins.edges_us[-1])
    some = np.flatnonzero(end > begin)
    begin, end, owner = begin[some], end[some], spans.owner[some]
    first = np.searchsorted(bins.edges_us, begin, side="right") - 1
    count = np.searchsorted(bins.edges_us, end, side="left") - first
    row = np.repeat(np.arange(len(some)), count)
    piece = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    taken = np.minimum(end[row], bins.edges_us[piece + 1]) - np.maximum(begin[row], bins.edges_us[piece])
    groups = len(bins.keys)
    total = np.bincount(owner[row] * groups + bins.group[piece], weights=taken, minlength=owners * groups)
    return total.astype(np.int64).reshape(owners, groups)


def time_by_level(spans: Spans, bins: Bins, *, most: int | None = None) -> NDArray[np.int64]:
    """
    Time in each group during which exactly 0, 1, 2, ... spans ran at once.

    Returns
    -------
    Groups x levels, as many levels as are reached, and at least up to `most`. [us]
    """
    start, end = bins.edges_us[0], bins.edges_us[-1]
    at = np.concatenate([bins.edges_us, np.clip(spans.begin_us, start, end), np.clip(spans.end_us, start, end)])
    step = np.repeat([0, 1, -1], [len(bins.edges_us), len(spans.owner), len(spans.owner)])
    order = np.argsort(at, kind="stable")
    at, level = at[order], np.cumsum(step[order])
    lasts = np.diff(at)
    some = np.flatnonzero(lasts > 0)
    level, lasts, group = level[some], lasts[some], bins.group_at(at[some])
    levels = max(int(level.max(initial=0)), most or 0) + 1
    time = np.bincount(group * levels + level, weights=lasts, minlength=len(bins.keys) * levels)
    return time.astype(np.int64).reshape(len(bins.keys), levels)


def staffed_spans(schedule: str, clock: LocalPeriod) -> Spans:
    """
    Give the spans of a period during which a unit is staffed.

    Parameters
    ----------
    schedule
        "always" (also when blank), or times of the clock on the wall such as "08:00-20:00", "Mon-Fri 07:30-18:00" or
        "Fri,Sat 18:00-02:00; Sun 10:00-18:00". Times that end no later than they begin end on the next day.
    clock
        The period.

    Returns
    -------
    Merged spans of owner 0, within the period. When the clocks change, a watch over that hour is longer or shorter.

    Raises
    ------
    InputError
        If the schedule cannot be read.
    """
    start, end = clock.ends_us
    if is_always(schedule):
        return Spans(np.zeros(1, np.int64), np.array([start]), np.array([end]))
    local = [t.tz_convert(clock.timezone).tz_localize(None).normalize() for t in (clock.start, clock.end)]
    days = pd.date_range(local[0] - pd.Timedelta(days=1), local[1], freq="D", unit="us")
    begins, ends = [], []
    for watch in watches_of(schedule):
        on = days[days.day_of_week.isin(watch.weekdays)]
        begins.append(_instants(on + pd.Timedelta(minutes=watch.begin_min), clock.timezone))
        ends.append(_instants(on + pd.Timedelta(minutes=watch.end_min), clock.timezone))
    begin, finish = np.clip(np.concatenate(begins), start, end), np.clip(np.concatenate(ends), start, end)
    return merge(Spans(np.zeros(len(begin), np.int64), begin, finish))


def _at(us: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(us.view("datetime64[us]")).tz_localize("UTC")


def _us(instant: pd.Timestamp) -> int:
    return int(instant.as_unit("us").asm8.astype(np.int64))


def _instant(time: str | pd.Timestamp, timezone: str, what: str) -> pd.Timestamp:
    """Instant of a local time; of a time the clock strikes twice the first, of one it leaves out the next there is."""
    try:
        stamp = pd.Timestamp(time)
    except ValueError as error:
        raise InputError(f"{what} is {quoted(time)}: write it as '2024-01-01' or '2024-01-01 08:00'") from error
    if stamp.tzinfo is None:
        stamp = stamp.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return stamp.tz_convert("UTC")


def _instants(wall: pd.DatetimeIndex, timezone: str) -> NDArray[np.int64]:
    first = np.ones(len(wall), dtype=bool)
    local = wall.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
    return np.asarray(local.as_unit("us").asi8)
