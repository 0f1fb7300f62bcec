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
    point,
    with_row,
    with_value,
)
from fireplan.errors import InputError, quoted
from fireplan.scenario import held
from fireplan.stations import complete_units

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
        New units for it. A station without a unit covers nothing: give it one here, or with `MoveUnit` or `AddUnit`.
    """

    verb: ClassVar[str] = "open_station"
    station_id: str
    at: LonLat | None = None
    name: str = ""
    units: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        return self._said(self.name or self.station_id)

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name and id."""
        called = wording.called(self.station_id, self.name)
        return self._said(names.get(self.station_id, called) if called == self.station_id else called)

    def _said(self, called: str) -> str:
        return f"Open {called}" + (f" with {', '.join(self.units)}" if self.units else "")

    def __call__(self, tables: Tables) -> Tables:
        """Open the station and house its units."""
        stations = held(tables).stations
        if self.station_id in stations.index:
            if stations.loc[self.station_id, "open"]:
                raise InputError(f"station {quoted(self.station_id)} exists and is open: choose another id")
            if self.at is not None or self.name:
                raise InputError(
                    f"station {quoted(self.station_id)} exists and is closed: leave out at and name to open it again,"
                    " or choose another id"
                )
            stations = with_value(stations, "open", [self.station_id], value=True)
        else:
            new_id(self.station_id, self.verb)
            if self.at is None:
                raise InputError(f"open_station {quoted(self.station_id)}: say where, at=(longitude, latitude)")
            place = point(self.at, stations.crs, what=f"open_station {quoted(self.station_id)}")
            row = {"name": self.name or f"Station {self.station_id}", "open": True, "geometry": place}
            stations = with_row(stations, self.station_id, row)
        tables = tables._replace(stations=stations)
        for unit in self.units:
            tables = AddUnit(unit, to=self.station_id)(tables)
        return tables


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
        place = point(self.at, stations.crs, what=f"move_station {quoted(self.station_id)}")
        stations.loc[self.station_id, stations.geometry.name] = place
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
        People aboard; left out: usual for the type.
    turnout_s
        Planning turnout [s]; left out: the usual 80 s.
    """

    verb: ClassVar[str] = "add_unit"
    unit_id: str
    to: str
    type: str = ""
    crew: float | None = None
    turnout_s: float | None = None

    def __str__(self) -> str:
        """Say what it does."""
        return self.told({})

    def told(self, names: Mapping[str, str]) -> str:
        """Say it with the station's name."""
        return f"Add {self.unit_id} at {names.get(self.to, self.to)}"

    def __call__(self, tables: Tables) -> Tables:
        """Add it."""
        known_station(tables, self.to)
        new_id(self.unit_id, self.verb)
        for name, value in (("crew", self.crew), ("turnout_s", self.turnout_s)):
            if value is not None and not 0 <= value < np.inf:
                raise InputError(f"{self}: {name} must be a number, zero or more")
        units = held(tables).units
        if self.unit_id in units.index:
            raise InputError(f"unit {quoted(self.unit_id)} exists: use MoveUnit, or choose another id")
        row = complete_units(
            pd.DataFrame(
                {
                    "station_id": [self.to],
                    "type": [self.type],
                    "crew": [np.nan if self.crew is None else self.crew],
                    "turnout_s": [np.nan if self.turnout_s is None else self.turnout_s],
                },
                index=pd.Index([self.unit_id], name="unit_id"),
            )
        )
        return tables._replace(units=pd.concat([units, row]) if len(units) else row)


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
        whose = ", ".join((*self.units, *(names.get(s, s) for s in self.stations))) or "all units"
        return f"Turnout {wording.clock(self.turnout_s)} for {whose}"

    def __call__(self, tables: Tables) -> Tables:
        """Set it."""
        if not 0 <= self.turnout_s < np.inf:
            raise InputError(f"{self}: turnout_s must be a number of seconds, zero or more")
        for unit in self.units:
            known_unit(tables, unit)
        for station in self.stations:
            known_station(tables, station)
        table = held(tables).units
        chosen = table.index.isin(self.units) | table["station_id"].isin(self.stations).to_numpy()
        if not (self.units or self.stations):
            chosen = np.ones(len(table), dtype=bool)
        names = list(table.index[chosen])
        return tables._replace(units=with_value(table, "turnout_s", names, value=float(self.turnout_s)))
