"""When units are staffed: schedules of the week, and moments of it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.errors import Faults, InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

ALWAYS = "always"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_MIN, WEEK_MIN = 1440, 7 * 1440

_WATCH = re.compile(r"(?:([a-z, -]+?)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MOMENT = re.compile(r"([a-z]+)\.?,?\s+(\d{1,2})(?::(\d{2}))?")
_SHORT = {name[:3].lower(): number for number, name in enumerate(DAYS)}


class Watch(NamedTuple):
    """Hours of the clock on some days; an end beyond midnight lies on the next day. [min]"""

    weekdays: tuple[int, ...]
    begin_min: int
    end_min: int


def watches_of(schedule: str) -> Iterator[Watch]:
    """
    Read a schedule.

    Parameters
    ----------
    schedule
        Times of the clock on the wall such as "08:00-20:00", "Mon-Fri 07:30-18:00" or "Fri,Sat 18:00-02:00; Sun
        10:00-18:00". Times that end no later than they begin end on the next day.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    for text in schedule.lower().split(";"):
        found = _WATCH.fullmatch(text.strip())
        weekdays = _weekdays_of(found[1] or "") if found else []
        begin, end = (int(found[i]) * 60 + int(found[i + 1]) for i in (2, 4)) if found else (0, 0)
        minutes_wrong = found is not None and (int(found[3]) > 59 or int(found[5]) > 59)
        if not weekdays or minutes_wrong or begin >= DAY_MIN or end > DAY_MIN:
            raise InputError(
                f"schedule {quoted(schedule)} cannot be read: write 'always', '08:00-20:00' or 'Mon-Fri 07:30-18:00',"
                " several parted by semicolons"
            )
        yield Watch(tuple(weekdays), begin, end if end > begin else end + DAY_MIN)


def _weekdays_of(text: str) -> list[int]:
    """Numbers of weekdays such as "mon-fri" or "sat,sun"; all if there is no text, none if it cannot be read."""
    if not text.strip() or text.strip() == "daily":
        return list(range(7))
    days: list[int] = []
    for part in text.split(","):
        ends = [_SHORT.get(name.strip()[:3]) for name in part.split("-")]
        if len(ends) > 2 or None in ends:
            return []
        first, last = (int(ends[0] or 0), int(ends[-1] or 0))
        days += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    return days


def is_always(schedule: object) -> bool:
    """Whether a unit is staffed around the clock, also when nothing is said."""
    text = str(schedule).strip().lower()
    return text in {"", ALWAYS, "nan", "none", "<na>"}


@lru_cache(maxsize=256)
def _staffed(schedule: str) -> NDArray[np.int64]:
    count = np.zeros(WEEK_MIN, dtype=np.int64)
    for watch in watches_of(schedule):
        for day in watch.weekdays:
            first = day * DAY_MIN + watch.begin_min
            np.add.at(count, np.arange(first, first + watch.end_min - watch.begin_min) % WEEK_MIN, 1)
    count.flags.writeable = False
    return count


def minutes_on(schedule: object) -> NDArray[np.bool_]:
    """Say in which minutes of the week, from Monday at midnight, a unit is staffed."""
    if is_always(schedule):
        return np.ones(WEEK_MIN, dtype=bool)
    return _staffed(str(schedule)) > 0


def check_schedules(units: pd.DataFrame, faults: Faults) -> None:
    """Find units whose schedule cannot be read, or names an hour twice."""
    for unit, schedule in units["schedule"].items():
        if is_always(schedule):
            continue
        try:
            twice = np.flatnonzero(_staffed(str(schedule)) > 1)
        except InputError as fault:
            faults.add(f"unit {quoted(unit)}: {fault}")
            continue
        if len(twice):
            faults.add(
                f"unit {quoted(unit)}: schedule {quoted(schedule)} holds {moment_said(int(twice[0]))} twice: name each"
                " hour once"
            )


def minute_of(moment: str) -> int:
    """
    Read a moment of the week, such as "Tue 14:00": its minute, from Monday at midnight.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    found = _MOMENT.fullmatch(moment.strip().lower())
    day = _SHORT.get(found[1][:3]) if found and len(found[1]) >= 3 else None
    known = found is not None and day is not None and DAYS[day].lower().startswith(found[1])
    minute = int(found[2]) * 60 + int(found[3] or 0) if found else DAY_MIN
    if not known or found is None or day is None or int(found[3] or 0) > 59 or minute >= DAY_MIN:
        raise InputError(
            f"{quoted(moment)} is no moment of the week: write a day and a time of the clock, such as"
            f" {quoted('Tue 14:00')}; days are {listed(DAYS)}, or their first three letters"
        )
    return day * DAY_MIN + minute


def moment_said(minute: int) -> str:
    """Say a minute of the week, as `minute_of` reads it."""
    day, clock = divmod(minute % WEEK_MIN, DAY_MIN)
    return f"{DAYS[day][:3]} {clock // 60:02d}:{clock % 60:02d}"
