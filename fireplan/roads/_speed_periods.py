"""Periods of the week and how much slower or faster the streets are driven in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan._checked import takes
from fireplan.errors import Faults, UnknownIdError, listed, quoted
from fireplan.roads._classes import LANES
from fireplan.roads._rules.speeds import class_speeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REST = "rest of the week"
"""What the hours are called that no period names: the network's own times hold in them."""

DAY_MIN, WEEK_MIN = 1440, 7 * 1440
LEAST_FACTOR, MOST_FACTOR = 0.05, 3.0
"""A factor beyond these is taken for a percentage, or for a mistake."""


@takes(own=("factor", "hours"))
@dataclass(frozen=True)
class SpeedPeriod:
    """
    Hours of the week in which streets are driven slower, or faster, than the network says.

    Attributes
    ----------
    name
        What people call it, such as "pm peak".
    hours
        From the first hour of the day to before the second, by the city's own clock: `(22, 6)` is the night, half
        hours are 7.5. A night belongs to the day on which it begins.
    weekdays
        Such as `["Monday", "Friday"]`, or their first three letters; left out: every day.
    factor
        Speeds are multiplied by it: 0.8 is a fifth slower. One number for all streets, or one for each class of road
        that it concerns, such as `{"primary": 0.7}`; the others keep their speed.
    basis
        Where the factors come from: "assumed", until they are learnt from records.

    Raises
    ------
    InputError
        With every fault of the values.

    Examples
    --------
    >>> import fireplan as fp
    >>> peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), weekdays=["Mon", "Tue"], factor={"primary": 0.7})
    >>> print(peak)
    pm peak (16:00 to 19:00, Monday, Tuesday): speeds x 0.7 on primary (assumed)
    """

    name: str
    hours: tuple[float, float] = (0.0, 24.0)
    weekdays: tuple[str, ...] = ()
    factor: float | Mapping[str, float] = 1.0
    basis: str = "assumed"

    def __post_init__(self) -> None:
        """Refuse what is no period, and write hours, weekdays and factors in one way."""
        faults = Faults(f"period {quoted(self.name)}")
        if not self.name.strip():
            faults.add("name is blank: say what people call it, such as 'pm peak'")
        if self.name.strip().casefold() == REST:
            faults.add(f"{quoted(REST)} is what the hours without a period are called: choose another name")
        hours = _hours(self.hours, faults)
        days = [[d for d in DAYS if len(n) >= 3 and d.casefold().startswith(n.casefold())] for n in self.weekdays]
        bad = [name for name, found in zip(self.weekdays, days, strict=True) if not found]
        if bad:
            faults.add(f"weekdays names {listed(map(quoted, bad))}: use {listed(DAYS)}, or their first three letters")
        factors = self.factor if isinstance(self.factor, Mapping) else {"": self.factor}
        if not factors:
            faults.add("factor names no class of road: give a number, or such as {'primary': 0.7}")
        for highway, factor in factors.items():
            _check_factor(highway, factor, faults)
        faults.raise_if_any()
        object.__setattr__(self, "hours", hours)
        object.__setattr__(self, "weekdays", tuple(d for d in DAYS if [d] in days))
        by_class = {str(highway): float(factor) for highway, factor in factors.items()}
        object.__setattr__(self, "factor", by_class if isinstance(self.factor, Mapping) else by_class[""])

    def __str__(self) -> str:
        """Say when it is, what it does, and on what grounds."""
        if isinstance(self.factor, Mapping):
            said = ", ".join(f"x {factor:g} on {highway}" for highway, factor in self.factor.items())
        else:
            said = f"x {self.factor:g}"
        return f"{self.name} ({self.when}): speeds {said} ({self.basis})"

    @property
    def when(self) -> str:
        """Hours and weekdays in words."""
        return ", ".join([f"{_clock(self.hours[0])} to {_clock(self.hours[1])}", *_days_said(self.weekdays)])

    @property
    def minutes(self) -> NDArray[np.bool_]:
        """Which minutes of the week it holds, from Monday at midnight."""
        found = np.zeros(WEEK_MIN, dtype=bool)
        start, end = (round(60 * hour) for hour in self.hours)
        length = end - start if start < end else end - start + DAY_MIN
        for day in self.weekdays or DAYS:
            first = DAYS.index(day) * DAY_MIN + start
            found[np.arange(first, first + length) % WEEK_MIN] = True
        return found

    def factors(self, highway: NDArray[np.str_]) -> NDArray[np.float64]:
        """Give what the speed of each street is multiplied by."""
        if not isinstance(self.factor, Mapping):
            return np.full(len(highway), self.factor)
        found = np.ones(len(highway))
        for name, factor in self.factor.items():
            found[highway == name] = factor
        return found


def _hours(given: Any, faults: Faults) -> tuple[float, float]:  # noqa: ANN401 - whatever was given
    fault = f"hours is {given!r}: give two different hours of the day from 0 to 24, such as (22, 6)"
    several = isinstance(given, list | tuple) and len(given) == 2
    if not several or not all(isinstance(h, int | float) and not isinstance(h, bool) and 0 <= h <= 24 for h in given):
        faults.add(fault)
        return 0.0, 24.0
    start, end = map(float, given)
    if start == end or (start, end) == (24.0, 0.0):
        faults.add(fault)
    elif any(abs(60 * hour - round(60 * hour)) > 1e-6 for hour in (start, end)):
        faults.add(f"hours is {given!r}: give whole minutes, such as 7.5 for 07:30")
    return start, end


def _check_factor(highway: object, factor: object, faults: Faults) -> None:
    what = f"factor of {quoted(highway)}" if highway else "factor"
    if not isinstance(factor, int | float) or isinstance(factor, bool) or not math.isfinite(factor) or not factor > 0:
        faults.add(f"{what} is {factor!r}: give a number above zero, such as 0.8 for a fifth slower")
    elif not LEAST_FACTOR <= factor <= MOST_FACTOR:
        hint = f"{factor / 100:g} for {factor:g} %?" if 5 <= factor <= 300 else "0.8 is a fifth slower"
        faults.add(f"{what} is {float(factor):g}: speeds are multiplied by it; {hint}")


def check_periods(periods: Sequence[SpeedPeriod], highway: NDArray[np.str_] | None = None) -> None:
    """
    Refuse periods that do not fit together, or speak of classes of road that there are none of.

    Parameters
    ----------
    periods
        All of a network.
    highway
        Its classes; a class that none of its streets has may be named if it is one that others have.
    """
    faults = Faults("periods")
    names = [p.name.strip().casefold() for p in periods]
    for name in sorted({p.name for p in periods if names.count(p.name.strip().casefold()) > 1}):
        faults.add(f"the name {quoted(name)} stands twice: names differ")
    for i, one in enumerate(periods):
        for other in periods[i + 1 :]:
            both = np.flatnonzero(one.minutes & other.minutes)
            if len(both):
                day, minute = divmod(int(both[0]), DAY_MIN)
                faults.add(
                    f"{quoted(one.name)} and {quoted(other.name)} are both on {DAYS[day]} at {_clock(minute / 60)}: an"
                    " hour belongs to one period"
                )
    if highway is not None:
        known = {*class_speeds(), *LANES, *highway.tolist()}
        for period in periods:
            named = period.factor if isinstance(period.factor, Mapping) else ()
            for name in sorted(set(named) - known):
                faults.add(f"period {quoted(period.name)}: {UnknownIdError('class of road', name, known)}")
    faults.raise_if_any()


def period_notes(periods: Sequence[SpeedPeriod], highway: NDArray[np.str_]) -> list[str]:
    """Say of periods which they are, what holds in the hours between, and which classes they name in vain."""
    if not periods:
        return []
    here = set(highway.tolist())
    notes = [f"period {period}" for period in periods]
    rest = WEEK_MIN - int(sum(p.minutes.sum() for p in periods))
    if rest:
        notes.append(
            f"{rest / 60:g} of the 168 hours of the week are in no period: the network's own times hold in them"
        )
    for period in periods:
        missing = sorted(set(period.factor) - here) if isinstance(period.factor, Mapping) else []
        if missing:
            notes.append(f"period {quoted(period.name)} names {listed(missing)}: the network has no such street")
    return notes


def period_of(periods: Iterable[SpeedPeriod], minute: NDArray[np.int64]) -> NDArray[np.int8]:
    """Say in which of some periods each minute of the week lies; -1: in none."""
    week = np.full(WEEK_MIN, -1, dtype=np.int8)
    for i, period in enumerate(periods):
        week[period.minutes] = i
    return week[minute]


def as_plain(periods: Iterable[SpeedPeriod]) -> list[dict[str, Any]]:
    """Give periods as plain values, to be kept."""
    return [
        {"name": p.name, "hours": list(p.hours), "weekdays": list(p.weekdays), "factor": p.factor, "basis": p.basis}
        for p in periods
    ]


def _clock(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _days_said(days: tuple[str, ...]) -> list[str]:
    """Name weekdays; three and more that follow one another by the first and the last."""
    if not days or len(days) == len(DAYS):
        return []
    first = DAYS.index(days[0])
    if len(days) > 2 and days == DAYS[first : first + len(days)]:
        return [f"{days[0]} to {days[-1]}"]
    return list(days)
