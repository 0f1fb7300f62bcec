"""How soon units turn out, when they are staffed, and which share a crew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.changes._base import BaseChange, known_station, known_unit, with_value
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.scenario import Tables, held
from fireplan.stations._schedules import ALWAYS, check_schedules, is_always
from fireplan.stations._shared_crews import SHARED_CREW, crew_texts

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


@dataclass(frozen=True)
class ShareCrew(BaseChange):
    """
    Staff units of a station by one crew, which takes out one of them at a time; or give each a crew of its own.

    Attributes
    ----------
    units
        Which; they stand at one station. One alone shares its crew with nobody any more.
    apart
        Give each of them its own crew instead.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.AddUnit("T1", to="S1"), fp.ShareCrew(("E1", "T1")))
    >>> str(town.changes[1])
    'One crew for E1, T1'
    >>> town.units["shared_crew"].to_dict()
    {'E1': 'E1', 'T1': 'E1'}
    """

    verb: ClassVar[str] = "share_crew"
    units: tuple[str, ...]
    apart: bool = False

    def __str__(self) -> str:
        """Say what it does."""
        if self.apart or len(self.units) == 1:
            return f"Own crews for {', '.join(self.units)}"
        return f"One crew for {', '.join(self.units)}"

    def own_faults(self) -> list[str]:
        """Say what is wrong with its values together."""
        return [] if self.units else ["units names none: name those that share a crew, such as ['E1', 'T1']"]

    def __call__(self, tables: Tables) -> Tables:
        """Let them share it."""
        for unit in self.units:
            known_unit(tables, unit)
        units, names = held(tables).units, list(dict.fromkeys(self.units))
        homes = units.loc[names, "station_id"]
        if len(set(homes)) > 1 and not self.apart:
            told = listed(f"{quoted(unit)} at {quoted(home)}" for unit, home in homes.items())
            raise InputError(f"share_crew: a crew is at one station, but there are {told}: move them first (move_unit)")
        text = "" if self.apart or len(names) == 1 else names[0]
        now = pd.Series(crew_texts(units), index=units.index, dtype="str")
        # Those who stay behind in a crew that was called by the name of one who leaves it.
        stay = now.index[now.isin(names) & ~now.index.isin(names)]
        for name in now.loc[stay].unique():
            left = now.index[(now == name) & ~now.index.isin(names)]
            now[left] = str(left[0])
        now[names] = text
        return tables._replace(units=units.assign(**{SHARED_CREW: now}))


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
