"""The hours, weekdays and dates that a change holds for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from numbers import Real
from typing import Any

import numpy as np

from fireplan._checked import said
from fireplan.errors import InputError, listed, quoted
from fireplan.roads._speed_periods import DAYS

Hours = Any
"""Two hours of the day, such as (7, 9)."""

Days = Any
"""The first and the last day, such as ("2025-06-01", "2025-08-31")."""


def given_hours(value: object) -> tuple[float, float]:
    """Read two hours of the day, or say what is wrong with them."""
    given = _two(value)
    numbers = given is not None and all(isinstance(h, Real) and not isinstance(h, bool | np.bool_) for h in given)
    if not numbers or given is None or not all(0 <= h <= 24 for h in given) or given[0] == given[1]:
        shown = quoted(value) if isinstance(value, str | Real | list | tuple) else said(value)
        raise InputError(f"is {shown}: give two different hours of the day from 0 to 24, such as (22, 6)")
    return float(given[0]), float(given[1])


def given_days(value: object) -> tuple[str, str]:
    """Read the first and the last day, or say what is wrong with them."""
    given, shown = _two(value), quoted(value) if isinstance(value, str | list | tuple) else said(value)
    try:
        first, last = (_day(one) for one in given or ())
    except ValueError:
        give = "give the first and the last day, such as ('2024-01-01', '2024-03-31')"
        raise InputError(f"is {shown}: {give}") from None
    if last < first:
        raise InputError(f"ends before it starts: {first} to {last}")
    return first.isoformat(), last.isoformat()


def days_named(names: Iterable[str]) -> list[str]:
    """Name weekdays in full, in the order of the week; their first three letters will do."""
    found = {name: [d for d in DAYS if len(name) >= 3 and d.casefold().startswith(name.casefold())] for name in names}
    bad = [name for name, days in found.items() if not days]
    if bad:
        raise InputError(f"names {listed(map(quoted, bad))}: use {listed(DAYS)}, or their first three letters")
    return [d for d in DAYS if [d] in found.values()]


def when_said(hours: Hours | None, weekdays: Iterable[str], dates: Days | None) -> str:
    """Say when a change holds: "07:00 to 09:00, Saturday, Sunday, 2025-06-01 to 2025-08-31"; "": always."""
    parts = [f"{_clock(hours[0])} to {_clock(hours[1])}"] if hours is not None else []
    parts += days_named(weekdays)
    parts += [f"{dates[0]} to {dates[1]}" if dates[0] != dates[1] else dates[0]] if dates is not None else []
    return ", ".join(parts)


def as_asked_of_demand(hours: Hours | None, weekdays: Iterable[str], dates: Days | None) -> str:
    """Write how the calls of these hours are asked for."""
    parts = [f"hours=({hours[0]:g}, {hours[1]:g})"] if hours is not None else []
    named = days_named(weekdays)
    parts += [f"weekdays={named}"] if named else []
    parts += [f"dates={dates}"] if dates is not None else []
    return f"only({', '.join(parts)})"


def _two(value: object) -> list[Any] | None:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) or hasattr(value, "columns"):
        return None
    found = list(value)
    return found if len(found) == 2 else None


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(value.strip() if isinstance(value, str) else "")


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
