"""Stations opened, closed and moved; units added, removed, moved, and made quicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.changes._base import (
    BaseChange,
    LonLat,
    known_station,
    known_unit,
    new_id,
    on_a_road,
    point,
    same_id,
    with_row,
    with_value,
)
from fireplan.crs import WGS84, project
from fireplan.errors import Faults, InputError, quoted
from fireplan.scenario import held
from fireplan.stations._apparatus import known_type
from fireplan.stations._department import Typical, crew_of, other_spelling, turnout_of
from fireplan.stations._drive_starts import OF_PLACE
from fireplan.stations._schedules import ALWAYS, check_schedules, is_always
from fireplan.stations._shared_crews import SHARED_CREW, settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fireplan.scenario import Tables


@dataclass(frozen=True)
class OpenStation(BaseChange):
    """
    Open a new station, or one that is closed.

    Attributes
    ----------
    station_id
        Its id. Of a closed station: that station opens again where it is, and `at` and `name` are left out.
    at
        Longitude and latitude. [°]
    name
        What to call it; left out: "Station" and the id.
    units
        New units for it, whose names say what they are: "E8", "Engine 8", "Ladder 15", "BC2". A station without a unit
        covers nothing: give it one here, or with `MoveUnit` or `AddUnit`. People and turnout are as `AddUnit` says.
    turnout_s
        Planning turnout of these units [s]; left out: the department's own for their types.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.SetTurnout(90))
    >>> new = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2", "T2")))
    >>> new.units["turnout_s"].to_dict()
    {'E1': 90.0, 'E2': 90.0, 'T2': 80.0}
    >>> fp.changes.notes(new)[0]
    "unit 'E2' is new: turnout 1:30 and 4 people, as the department's 1 unit of type 'engine'"
    """

    verb: ClassVar[str] = "open_station"
    station_id: str
    at: LonLat | None = None
    name: str = ""
    units: tuple[str, ...] = ()
    turnout_s: float | None = None

    def __str__(self) -> str:
        """Say what it does."""
        return self._said(self.name or self.station_id)

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name and id."""
        called = wording.called(self.station_id, self.name)
        return self._said(names.get(self.station_id, called) if called == self.station_id else called)

    def _said(self, called: str) -> str:
        what = f"Open {called}" + (f" with {', '.join(self.units)}" if self.units else "")
        return what + ("" if self.turnout_s is None else f" (turnout {wording.clock(self.turnout_s)})")

    def __call__(self, tables: Tables) -> Tables:
        """Open the station and house its units."""
        stations, what = held(tables).stations, f"open_station {quoted(self.station_id)}"
        if self.turnout_s is not None and not self.units:
            raise InputError(f"{what}: turnout_s is that of new units, and there are none: name them, or leave it out")
        alike = same_id(self.station_id, stations.index)
        if alike is not None and self.station_id not in stations.index:
            raise InputError(f"{what}: there is a station {quoted(alike)}: write it so, or choose another id")
        if self.station_id in stations.index:
            if stations.loc[self.station_id, "open"]:
                raise InputError(
                    f"station {quoted(self.station_id)} exists and is open: move it (move_station), or choose"
                    " another id"
                )
            if self.at is not None or self.name:
                raise InputError(
                    f"station {quoted(self.station_id)} exists and is closed: leave out at and name to open it again,"
                    " or choose another id"
                )
            stations = with_value(stations, "open", [self.station_id], value=True)
            there = stations.geometry[self.station_id]
            if there is not None and not there.is_empty:
                xy = project(np.array([[there.x, there.y]]), source=stations.crs, target=WGS84)[0]
                on_a_road(tables, (float(xy[0]), float(xy[1])), what=what)
        else:
            new_id(self.station_id, self.verb)
            if self.at is None:
                raise InputError(f"{what}: say where, at=(longitude, latitude)")
            place = point(self.at, stations.crs, what=what)
            on_a_road(tables, self.at, what=what)
            row = {"name": self.name or f"Station {self.station_id}", "open": True, "geometry": place}
            stations = with_row(stations, self.station_id, row)
        tables = tables._replace(stations=stations)
        self._check_units(what)
        for unit in self.units:
            tables = AddUnit(unit, to=self.station_id, turnout_s=self.turnout_s)(tables)
        return tables

    def _check_units(self, what: str) -> None:
        """Make sure that every unit is one, and says what it is."""
        faults = Faults(f"{what} (add_unit takes a type)")
        for unit in self.units:
            if any(mark in unit for mark in ";,"):
                faults.add(f"unit {quoted(unit)} holds a comma or semicolon: one id each, as a list of texts")
            else:
                known_type(unit, "", faults)
        faults.raise_if_any()

    def effects(self, before: Tables, after: Tables) -> list[str]:
        """Say what its new units were given."""
        return _new_units(before, after, turnout_s=self.turnout_s, crew=None)


@dataclass(frozen=True)
class CloseStation(BaseChange):
    """Close a station; its units go out of service unless they were moved before."""

    verb: ClassVar[str] = "close_station"
    station_id: str

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name."""
        return f"Close {names.get(self.station_id, self.station_id)}"

    def __call__(self, tables: Tables) -> Tables:
        """Close it."""
        known_station(tables, self.station_id)
        units = held(tables).units
        return tables._replace(
            stations=with_value(held(tables).stations, "open", [self.station_id], value=False),
            units=units[units["station_id"] != self.station_id],
        )


@dataclass(frozen=True)
class MoveStation(BaseChange):
    """Move a station, with its units, to another place (`at`: longitude and latitude [°])."""

    verb: ClassVar[str] = "move_station"
    station_id: str
    at: LonLat

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name."""
        return f"Move {names.get(self.station_id, self.station_id)} to {self.at[1]:.5f}, {self.at[0]:.5f}"

    def __call__(self, tables: Tables) -> Tables:
        """Move it."""
        known_station(tables, self.station_id)
        stations = held(tables).stations.copy()
        what = f"move_station {quoted(self.station_id)}"
        place = point(self.at, stations.crs, what=what)
        on_a_road(tables, self.at, what=what)
        stations.loc[self.station_id, stations.geometry.name] = place
        for name in set(OF_PLACE) & set(stations.columns):  # that was of the place it left
            stations.loc[self.station_id, name] = "" if name == "street" else np.nan
        return tables._replace(stations=stations)


@dataclass(frozen=True)
class AddUnit(BaseChange):
    """
    Put a new unit into service.

    Attributes
    ----------
    unit_id
        Its id.
    to
        Station that houses it.
    type
        What it is; left out: what the letters of its id say.
    crew
        People aboard; left out: as on the department's own units of the type (`stations.department_crew`).
    turnout_s
        Planning turnout [s]; left out: that of the department's own units of the type, or 80 s where it has none
        (`stations.department_turnout_s`); the department is meant as the changes before this one left it.
        `changes.notes` says which it was.
    schedule
        When it is staffed: "always", "08:00-20:00", "Mon-Fri 07:30-18:00", several parted by semicolons.
    shared_crew
        The unit of its station whose crew takes it out as well, one at a time, such as "E1"; or the text in
        `shared_crew` of those that share one. Left out: a crew of its own.
    """

    verb: ClassVar[str] = "add_unit"
    unit_id: str
    to: str
    type: str = ""
    crew: float | None = None
    turnout_s: float | None = None
    schedule: str = ALWAYS
    shared_crew: str = ""

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name."""
        crew = [] if self.crew is None else [wording.counted(self.crew, "person", "people")]
        turnout = [] if self.turnout_s is None else [f"turnout {wording.clock(self.turnout_s)}"]
        staffed = [] if is_always(self.schedule) else [self.schedule]
        shared = [f"crew shared with {self.shared_crew}"] if self.shared_crew.strip() else []
        details = crew + turnout + staffed + shared
        given = f" ({', '.join(details)})" if details else ""
        return f"Add {self.unit_id} at {names.get(self.to, self.to)}{given}"

    def __call__(self, tables: Tables) -> Tables:
        """Add it."""
        known_station(tables, self.to)
        new_id(self.unit_id, self.verb)
        for name, value in (("crew", self.crew), ("turnout_s", self.turnout_s)):
            if value is not None and not 0 <= value < np.inf:
                raise InputError(f"{self}: {name} must be a number, zero or more")
        units = held(tables).units
        same = self.unit_id if self.unit_id in units.index else other_spelling(self.unit_id, units.index)
        if same is not None:
            home = units.loc[same, "station_id"]
            exists = "exists" if same == self.unit_id else f"is {quoted(same)} under another name"
            raise InputError(
                f"unit {quoted(self.unit_id)} {exists}, at {quoted(home)}: to move it there use MoveUnit"
                f" (move_unit = {quoted(same)}, to = {quoted(self.to)}); for a new unit choose another number"
            )
        faults = Faults(f"'{self}'")
        kind = known_type(self.unit_id, self.type, faults)
        check_schedules(pd.DataFrame({"schedule": [self.schedule]}, index=[self.unit_id]), faults)
        faults.raise_if_any()
        row = pd.DataFrame(
            {
                "station_id": [self.to],
                "type": [kind],
                "crew": [float(crew_of(units, kind).value if self.crew is None else self.crew)],
                "turnout_s": [float(turnout_of(units, kind).value if self.turnout_s is None else self.turnout_s)],
                "schedule": [self.schedule.strip() or ALWAYS],
            },
            index=pd.Index([self.unit_id], name="unit_id"),
        )
        if self.shared_crew.strip() or SHARED_CREW in units.columns:
            row[SHARED_CREW] = [self.shared_crew.strip()]
        return tables._replace(units=settled(pd.concat([units, row]) if len(units) else row))

    def effects(self, before: Tables, after: Tables) -> list[str]:
        """Say what it was given."""
        return _new_units(before, after, turnout_s=self.turnout_s, crew=self.crew)


def _new_units(before: Tables, after: Tables, *, turnout_s: float | None, crew: float | None) -> list[str]:
    """Say of the units that are new which turnout and crew they were given, and where from."""
    mine, found = held(before).units, []
    new = held(after).units
    for unit in new.index.difference(mine.index, sort=False):
        kind = str(new.loc[unit, "type"])
        turnout, people = turnout_of(mine, kind), crew_of(mine, kind)
        clock, aboard = wording.clock(turnout.value), wording.counted(people.value, "person", "people")
        given = [f"turnout {clock}"] * (turnout_s is None) + [aboard] * (crew is None)
        if given:
            found.append(f"unit {quoted(unit)} is new: {' and '.join(given)}, {_whose(turnout, kind)}")
    return found


def _whose(usual: Typical, kind: str) -> str:
    """Say whose figures they are."""
    if not usual.n:
        return f"the usual figures, as the department has no unit of type {quoted(kind)}: give its own where known"
    units = f"the department's {wording.counted(usual.n, 'unit')} of type {quoted(kind)}"
    return f"as {units}" if usual.n == 1 else f"the medians of {units}"


@dataclass(frozen=True)
class RemoveUnit(BaseChange):
    """Take a unit out of service."""

    verb: ClassVar[str] = "remove_unit"
    unit_id: str

    def __str__(self) -> str:
        """Say what it does."""
        return f"Remove {self.unit_id}"

    def __call__(self, tables: Tables) -> Tables:
        """Remove it."""
        known_unit(tables, self.unit_id)
        return tables._replace(units=held(tables).units.drop(index=self.unit_id))


@dataclass(frozen=True)
class MoveUnit(BaseChange):
    """House a unit at another station (`to`)."""

    verb: ClassVar[str] = "move_unit"
    unit_id: str
    to: str

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name."""
        return f"Move {self.unit_id} to {names.get(self.to, self.to)}"

    def __call__(self, tables: Tables) -> Tables:
        """Move it."""
        known_unit(tables, self.unit_id)
        known_station(tables, self.to)
        return tables._replace(units=with_value(held(tables).units, "station_id", [self.unit_id], value=self.to))
