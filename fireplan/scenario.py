"""A department and its city at one moment: roads, stations, units, demand."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.memo import Memo
from fireplan.roads import SNAP_LIMIT_M
from fireplan.schema import check_table
from fireplan.stations import complete_units

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from fireplan.roads import RoadNetwork


class Tables(NamedTuple):
    """What a change is given, and gives back."""

    roads: RoadNetwork
    stations: gpd.GeoDataFrame
    units: pd.DataFrame
    zones: gpd.GeoDataFrame
    incidents: gpd.GeoDataFrame | None


class Change(Protocol):
    """Anything that turns tables into other tables and can say what it does."""

    def __call__(self, tables: Tables) -> Tables:
        """Make the change."""

    def __str__(self) -> str:
        """Say what it does, for reports."""


@dataclass(frozen=True, eq=False, repr=False)
class Scenario:
    """
    Roads, stations, units and demand that belong together.

    A scenario never changes and does one thing: `apply` gives another. Whatever is measured, drawn or sought is a
    function in the layers above.

    Attributes
    ----------
    roads
        The road network.
    stations
        By `station_id`; columns in `fireplan.schema`.
    units
        By `unit_id`; `station_id` says where each is housed.
    zones
        By `zone_id`; outlines or points with weights such as `population`, `dwellings`, `incidents`.
    incidents
        By `incident_id`, at their own points; None: zones carry the demand alone.
    name
        What people call it.
    changes
        What was done to `parent` to get here.
    parent
        The scenario this one came from.
    provenance
        "observed", "modelled" or "invented": what kind of data this is.
    source, data_date
        Where the data come from, and of when they are; for footers.
    snap_limit_m
        Places farther than this from any street are off the road: a station is refused, demand is not reached. [m]
    memo
        Results kept for this scenario and those that come from it.

    Raises
    ------
    TableError
        With every fault of a table: see `fireplan.schema`.
    """

    roads: RoadNetwork
    stations: gpd.GeoDataFrame
    units: pd.DataFrame
    zones: gpd.GeoDataFrame
    _: KW_ONLY
    incidents: gpd.GeoDataFrame | None = None
    name: str = "today"
    changes: tuple[Change, ...] = ()
    parent: Scenario | None = None
    provenance: str = "observed"
    source: str = ""
    data_date: str = ""
    snap_limit_m: float = SNAP_LIMIT_M
    memo: Memo = field(default_factory=Memo)

    def __post_init__(self) -> None:
        """Check the tables once; from here on they are trusted."""
        if self.parent is not None:
            return  # apply has checked what it changed

        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)  # frozen for everyone else

        put("stations", _with_defaults(_indexed(self.stations, "station_id")))
        put("units", _indexed(self.units, "unit_id"))
        put("zones", _indexed(self.zones, "zone_id"))
        check_table(self.stations, "stations")
        check_table(self.zones, "zones")
        if len(self.units):
            put("units", complete_units(self.units))
            check_table(self.units, "units")
        if self.incidents is not None:
            put("incidents", _indexed(self.incidents, "incident_id"))
            check_table(self.incidents, "incidents")
        _check_homes(self.units, self.stations)

    def __repr__(self) -> str:
        """Say what it holds."""
        parts = [
            f"Scenario {quoted(self.name)}: {int(self.stations['open'].sum())} open stations, {len(self.units)} units",
            f"{len(self.zones):,} zones",
            f"{0 if self.incidents is None else len(self.incidents):,} incidents",
            f"{self.roads.n_streets:,} streets",
        ]
        return "\n  ".join([", ".join(parts), *map(str, self.changes)])

    @property
    def tables(self) -> Tables:
        """The tables, as a change sees them."""
        return Tables(self.roads, self.stations, self.units, self.zones, self.incidents)

    def apply(self, *changes: Change, name: str | None = None) -> Scenario:
        """
        Say what would be if.

        Parameters
        ----------
        changes
            Made one after the other; see `fireplan.changes`.
        name
            What to call the result; left out: the changes in words.

        Returns
        -------
        Another scenario. What is known of this one's travel times is known of it too.

        Raises
        ------
        UnknownIdError
            If a change names a station or unit that is not there.
        InputError
            If a change cannot be made: a station opened twice, the last one closed.
        """
        tables = self.tables
        for change in changes:
            tables = change(tables)
        if not tables.stations["open"].any():
            raise InputError(f"{listed(map(str, changes))}: no open station would be left")
        _check_homes(tables.units, tables.stations)
        return Scenario(
            *tables[:4],
            incidents=tables.incidents,
            name=name or "; ".join(map(str, changes)) or self.name,
            changes=tuple(changes),
            parent=self,
            provenance=self.provenance,
            source=self.source,
            data_date=self.data_date,
            snap_limit_m=self.snap_limit_m,
            memo=self.memo,
        )


def _indexed(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Put the id into the index, as text, without touching the caller's table."""
    table = frame.set_index(key) if key in frame.columns else frame.copy(deep=False)
    if table.index.name == key:
        table.index = table.index.astype(str)
    return table


def _with_defaults(stations: pd.DataFrame) -> pd.DataFrame:
    if "open" not in stations.columns:
        return stations.assign(open=True)
    return stations.assign(open=stations["open"].astype(bool))


def _check_homes(units: pd.DataFrame, stations: pd.DataFrame) -> None:
    """Every unit is housed at a station that is there."""
    if len(units) == 0:
        return
    homeless = ~units["station_id"].isin(stations.index)
    if homeless.any():
        faults = Faults("table 'units'")
        for unit in units.index[np.flatnonzero(homeless)[:5]]:
            faults.add(
                f"unit {quoted(unit)} is housed at {quoted(units.loc[unit, 'station_id'])}, which is not a station;"
                f" stations are {listed(stations.index)}"
            )
        faults.raise_if_any()
