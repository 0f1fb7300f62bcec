"""How soon units turn out, and when they are staffed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.changes._base import BaseChange, known_station, known_unit, with_value
from fireplan.errors import Faults, InputError
from fireplan.scenario import Tables, held
from fireplan.stations._schedules import ALWAYS, check_schedules, is_always

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class SetTurnout(BaseChange):
    """
    Set the planning turnout.

    Attributes
    ----------
    turnout_s
        Dispatch to wheels rolling. [s]
    units, stations
        Whose; left out both: everyone's.
    """

    verb: ClassVar[str] = "set_turnout"
    turnout_s: float
    units: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the names of the stations."""
        return f"Turnout {wording.clock(self.turnout_s)} for {_whose_said(self.units, self.stations, names)}"

    def __call__(self, tables: Tables) -> Tables:
        """Set it."""
        if not 0 <= self.turnout_s < np.inf:
            raise InputError(f"{self}: turnout_s must be a number of seconds, zero or more")
        names = _whose(tables, self.units, self.stations)
        return tables._replace(units=with_value(held(tables).units, "turnout_s", names, value=float(self.turnout_s)))


@dataclass(frozen=True)
class SetSchedule(BaseChange):
    """
    Set the hours at which units are staffed.

    Attributes
    ----------
    schedule
        "always", or times of the city's own clock: "08:00-20:00", "Mon-Fri 07:30-18:00", several parted by semicolons.
    units, stations
        Whose; left out both: everyone's.
    """

    verb: ClassVar[str] = "set_schedule"
    schedule: str
    units: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the names of the stations."""
        when = "around the clock" if is_always(self.schedule) else self.schedule
        return f"Staff {_whose_said(self.units, self.stations, names)} {when}"

    def __call__(self, tables: Tables) -> Tables:
        """Set it."""
        names = _whose(tables, self.units, self.stations)
        faults = Faults(f"'{self}'")
        check_schedules(pd.DataFrame({"schedule": [self.schedule]}, index=names[:1] or ["all"]), faults)
        faults.raise_if_any()
        text = self.schedule.strip() or ALWAYS
        return tables._replace(units=with_value(held(tables).units, "schedule", names, value=text))


def _whose_said(units: tuple[str, ...], stations: tuple[str, ...], names: Mapping[str, str]) -> str:
    return ", ".join((*units, *(names.get(s, s) for s in stations))) or "all units"


def _whose(tables: Tables, units: tuple[str, ...], stations: tuple[str, ...]) -> list[str]:
    """Ids of the units that are meant."""
    for unit in units:
        known_unit(tables, unit)
    for station in stations:
        known_station(tables, station)
    table = held(tables).units
    if not (units or stations):
        return list(table.index)
    return list(table.index[table.index.isin(units) | table["station_id"].isin(stations).to_numpy()])
