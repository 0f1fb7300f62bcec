"""Which units may be counted on at the time of the week that is asked of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan.errors import listed
from fireplan.scenario import held, token
from fireplan.stations import KINDS, supply
from fireplan.stations._schedules import WEEK_MIN, is_always, minute_of, minutes_on, moment_said

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario


class DutyAt(NamedTuple):
    """
    Units that are staffed at a moment of the week.

    Attributes
    ----------
    minute
        Of the week, from Monday at midnight; -1: all are staffed around the clock.
    mask
        Which of the scenario's units.
    """

    minute: int
    mask: NDArray[np.bool_]


def on_duty(scenario: Scenario, needs: Mapping[str, float] | None = None) -> DutyAt:
    """
    Say which units may be counted on.

    Parameters
    ----------
    scenario
        Where it asks of a moment (`Scenario.at`), those on duty then. Else those on duty at the moment of the week at
        which the fewest of what is needed are, the earliest such: no unit counts at hours that it does not work.
    needs
        Kinds of unit, or `people`; left out: any unit.
    """
    kinds = None if needs is None else tuple(sorted(k for k, n in needs.items() if n > 0))

    def make() -> DutyAt:
        units = held(scenario).units
        minutes = _staffed(units)
        if minutes is None:
            return DutyAt(minute_of(scenario.when) if scenario.when else -1, np.ones(len(units), dtype=bool))
        if scenario.when:
            minute = minute_of(scenario.when)
        else:
            brings = supply(units)
            useful = brings if kinds is None else brings[:, [KINDS.index(k) for k in kinds]]
            count = (useful > 0).any(axis=1) if len(useful) else np.zeros(len(units), dtype=bool)
            minute = int(np.argmin(minutes[count].sum(axis=0))) if count.any() else 0
        return DutyAt(minute, minutes[:, minute])

    return scenario.memo.get(("on duty", token(scenario, "units"), scenario.when, kinds), make)


def units_on_duty(scenario: Scenario, needs: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Give the rows of the units that may be counted on; see `on_duty`."""
    units = held(scenario).units
    mask = on_duty(scenario, needs).mask
    return units if mask.all() else units[mask]


def _staffed(units: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Units x minutes of the week; None: all are staffed around the clock."""
    if not len(units) or all(is_always(s) for s in units["schedule"]):
        return None
    return np.array([minutes_on(s) for s in units["schedule"]])


class DutyState(NamedTuple):
    """
    Minutes of the week in which the same units are on duty, and the streets are driven alike.

    Attributes
    ----------
    minute
        The first of them, from Monday at midnight.
    minutes
        All of them.
    on_duty
        How many units are.
    """

    minute: int
    minutes: NDArray[np.bool_]
    on_duty: int


def duty_states(scenario: Scenario) -> list[DutyState]:
    """List the states of the week, in the order in which they first come."""
    units = held(scenario).units
    minutes = _staffed(units)
    code = np.zeros(WEEK_MIN, dtype=np.int64)
    for i, period in enumerate(scenario.roads.periods):
        code[period.minutes] = i + 1
    rows = np.vstack([code[None, :], np.ones((1, WEEK_MIN)) if minutes is None else minutes]).T
    _, first, of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    found = []
    for state in np.argsort(first):
        here = of.ravel() == state
        at = int(first[state])
        found.append(DutyState(at, here, len(units) if minutes is None else int(minutes[:, at].sum())))
    return found


def duty_notes(scenario: Scenario, needs: Mapping[str, float] | None = None) -> list[str]:
    """Say of which time of the week a figure is, where units are not all staffed around the clock."""
    units = held(scenario).units
    part = [str(u) for u, s in units["schedule"].items() if not is_always(s)] if len(units) else []
    if not part:
        return []
    found = on_duty(scenario, needs)
    off = units.index[~found.mask]
    when = moment_said(found.minute)
    told = f"{listed(off)} {'is' if len(off) == 1 else 'are'} off duty" if len(off) else "all units are on duty"
    which = f"on duty at {when}" if scenario.when else f"on duty at {when}, when they are fewest"
    asked = "" if scenario.when else "; ask of another moment, or of the whole week, by assess(..., at=)"
    some = f"{wording.counted(len(part), 'unit')} of {len(units)} {'works' if len(part) == 1 else 'work'} by a schedule"
    return [f"{some}: figures are with those {which}: {told}{asked}"]
