"""A department and its city at one moment: roads, stations, units, demand."""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import shapely

from fireplan import demand, wording
from fireplan._checked import takes
from fireplan._frozen_tables import FrozenTable, Handed, Token, freeze_own
from fireplan._one_release import OfOneRelease
from fireplan._result_cache import Memo
from fireplan._schema import check_table, columns, natural_order
from fireplan._selection import Selection, choose_incidents, minute_of_week, outline_of
from fireplan.crs import within_180
from fireplan.drive_times._calibration import drive_by
from fireplan.errors import Faults, InputError, UnknownIdError, listed, quoted
from fireplan.roads import SNAP_LIMIT_M
from fireplan.roads._network import DRIVEN_AS
from fireplan.roads._speed_periods import REST, period_of
from fireplan.roads._street_names import StreetBook, without_house
from fireplan.stations import complete_units
from fireplan.stations._agencies import with_neighbours
from fireplan.stations._apparatus import USUAL_CREW
from fireplan.stations._drive_starts import with_starts
from fireplan.stations._exit_streets import exit_streets
from fireplan.stations._schedules import minute_of, moment_said
from fireplan.stations._shared_crews import check_crews

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.drive_times import Calibration
    from fireplan.roads import RoadNetwork, SpeedPeriod

__all__ = ["USUAL_WEIGHTS", "Change", "Scenario", "Tables"]


USUAL_WEIGHTS = ("population", "households", "dwellings", "buildings", "jobs", "incidents")
"""Columns of the zones that are counted by their name; others when a scenario, an objective or an aim names them."""

TableName = Literal["stations", "units", "zones", "incidents"]
TABLES: tuple[TableName, ...] = get_args(TableName)
LASTING: tuple[TableName, ...] = ("stations", "units", "zones")
"""Tables that are kept in an order of their own; incidents stand as they were given."""


@dataclass(frozen=True, eq=False, repr=False)
class Tables:
    """
    What a change is given, and gives back.

    The tables of a scenario are handed out as views: an edit of one changes nothing, until it is given back with
    `_replace`.
    """

    roads: RoadNetwork
    stations: Handed[gpd.GeoDataFrame] = Handed()
    units: Handed[pd.DataFrame] = Handed()
    zones: Handed[gpd.GeoDataFrame] = Handed()
    incidents: Handed[gpd.GeoDataFrame | None] = Handed(optional=True)
    weights: tuple[str, ...] = ()
    snap_limit_m: float = SNAP_LIMIT_M

    def _replace(self, **parts: Any) -> Tables:  # noqa: ANN401 - a network, or a table of any kind
        """Give the same with other roads, or other tables; the rest stays what it is."""
        return Tables(**{**vars(self), **parts})


class Held(NamedTuple):
    """The tables of a scenario themselves: to be read, and never edited, kept or handed out."""

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


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Scenario(OfOneRelease):
    """
    Roads, stations, units and demand that belong together.

    A scenario never changes and does one thing: `apply` gives another. Whatever is measured, drawn or sought is a
    function in the layers above. Tables are taken in as they are when it is built, and handed out as views: an edit of
    one is the editor's own, and changes neither the scenario nor any answer.

    Stations, units and zones are kept in an order of their own, so that the order in which they were given leaves no
    trace in any result: by id, numbers in it by their value (S2 before S10), and units by kind before that. What a
    change adds stands after what was there. Incidents stand as they were given; no figure depends on their order. Where
    two stations or units are as near, or two sites as good, the one that stands first is taken.

    Attributes
    ----------
    roads
        The road network.
    stations
        By `station_id`; columns in `fireplan._schema`.
    units
        By `unit_id`; `station_id` says where each is housed. None: each open station counts, and no force can be asked
        for.
    zones
        By `zone_id`; outlines or points with weights such as `population`, `dwellings`, `incidents`. None: hexagons,
        of the incidents or, without any, along the roads.
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
    timezone
        IANA zone of the city's clocks, such as "America/Los_Angeles"; "": nothing is asked by the hour.
    weights
        Columns of the zones that are counted besides `USUAL_WEIGHTS`, such as ("beds",).
    selections
        What it was narrowed to by `only`, one after the other.
    calibration
        What its drives were learnt from; None: they are planned. See `calibrated`.
    when
        Moment of the week that is asked of, such as "Tue 14:00"; "": the one at which the fewest units are on duty. See
        `at`.
    snap_limit_m
        Places farther than this from any street are off the road: a station is refused, demand is not reached. [m]
    memo
        Results kept for this scenario and those that come from it.

    Raises
    ------
    TableError
        With every fault of a table: see `fireplan._schema`.
    """

    roads: RoadNetwork
    stations: Handed[gpd.GeoDataFrame] = Handed()
    units: Handed[pd.DataFrame] = Handed(optional=True)
    zones: Handed[gpd.GeoDataFrame] = Handed(optional=True)
    _: KW_ONLY
    incidents: Handed[gpd.GeoDataFrame | None] = Handed(optional=True)
    name: str = "today"
    changes: tuple[Change, ...] = ()
    parent: Scenario | None = None
    provenance: str = "observed"
    source: str = ""
    data_date: str = ""
    timezone: str = ""
    weights: tuple[str, ...] = ()
    selections: tuple[Selection, ...] = ()
    calibration: Calibration | None = None
    when: str = ""
    snap_limit_m: float = SNAP_LIMIT_M
    memo: Memo = field(default_factory=Memo)
    _checked: InitVar[bool] = False

    def __post_init__(self, _checked: bool) -> None:
        """Check the tables once; from here on they are trusted."""
        if _checked:
            return  # apply has checked what it changed

        def put(name: TableName, table: pd.DataFrame) -> None:
            object.__setattr__(self, name, freeze_own(table))  # frozen for everyone else; its columns are copies

        put("stations", _indexed(self.stations, "station_id"))
        units, zones = vars(self)["units"].table, vars(self)["zones"].table  # either may be None
        put("units", _indexed(units if units is not None and len(units) else _no_units(), "unit_id"))
        put("zones", _on_both_sides(_indexed(self._made_zones() if zones is None else zones, "zone_id")))
        check_table(self.stations, "stations")
        put("stations", _with_flag(self.stations))
        _check_streets(self.roads, self.stations)
        check_table(self.zones, "zones")
        put("zones", _with_weights(self.zones, self.weights))
        if len(self.units):
            check_table(self.units.assign(type=self.units.get("type", "other")), "units")
        put("units", complete_units(_with_numbers(_with_text(self.units, "station_id"), "units")))
        if self.incidents is not None:
            put("incidents", _indexed(self.incidents, "incident_id"))
            check_table(self.incidents, "incidents")
            _check_points(self.incidents)
        _check_homes(self.units, self.stations)
        _check_timezone(self.timezone)
        if self.parent is None:  # one that comes from another stands as that does, whatever was put in its place
            for name in LASTING:
                table = vars(self)[name].table
                order = _lasting_order(table, name)
                if order is not None:
                    put(name, table.iloc[order])
        object.__setattr__(self, "when", moment_said(minute_of(self.when)) if self.when.strip() else "")

    def _made_zones(self) -> gpd.GeoDataFrame:
        """Hexagons for a place without zones: of its incidents, or along its roads."""
        incidents = self.incidents
        if incidents is not None and not (incidents.geometry.isna() | incidents.geometry.is_empty).all():
            return demand.hexagons(_indexed(incidents, "incident_id"))
        return demand.along_roads(self.roads, snap_limit_m=self.snap_limit_m)

    def __repr__(self) -> str:
        """Say what it holds."""
        n_open = wording.counted(self.stations["open"].sum(), "open station")
        parts = [
            f"Scenario {quoted(self.name)}: {with_neighbours(n_open, self.stations)}",
            wording.counted(len(self.units), "unit"),
            wording.counted(len(self.zones), "zone"),
            wording.counted(0 if self.incidents is None else len(self.incidents), "incident"),
            wording.counted(self.roads.n_streets, "street"),
        ]
        return "\n  ".join([", ".join(parts), *map(str, self.changes)])

    @property
    def tables(self) -> Tables:
        """The tables, as a change sees them."""
        given = vars(self)
        tables = {name: given[name] for name in TABLES}
        return Tables(self.roads, **tables, weights=self.weights, snap_limit_m=self.snap_limit_m)

    @takes
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
            If a change cannot be made: a station opened twice, the last one closed, the last unit removed, or the
            first added where every station counts because none has a unit.
        """
        tables = self.tables
        for change in changes:
            tables = change(tables)
        mine, theirs = held(self).units, held(tables)
        if not theirs.stations["open"].any():
            raise InputError(f"{listed(map(str, changes))}: no open station would be left")
        if len(mine) and not len(theirs.units):
            raise InputError(f"{listed(map(str, changes))}: no unit would be left")
        if len(theirs.units) and not len(mine):
            raise InputError(
                f"{listed(map(str, changes))}: no station of {quoted(self.name)} has a unit, so each counts; with the"
                " first unit the others would cover nothing: leave units out, or give every station its own"
            )
        _check_homes(theirs.units, theirs.stations)
        return self._with(tables, name=name or "; ".join(map(str, changes)) or self.name, changes=tuple(changes))

    @takes
    def only(  # noqa: PLR0913 - demand is chosen in so many ways
        self,
        *,
        incidents: pd.Series[bool] | Sequence[str] | None = None,
        category: str | Sequence[str] | None = None,
        call_type: str | Sequence[str] | None = None,
        priority: str | float | Sequence[str] | None = None,
        hours: tuple[float, float] | None = None,
        weekdays: str | Sequence[str] | None = None,
        dates: tuple[str, str] | None = None,
        area: gpd.GeoDataFrame | gpd.GeoSeries | str | None = None,
        name: str | None = None,
    ) -> Scenario:
        """
        Ask of a part of the demand alone.

        Parameters
        ----------
        incidents
            True or False of each by id, or the ids of those that count.
        category, call_type, priority
            Values of these columns of the incidents, one or several; case does not matter.
        hours
            From the first hour of the day to before the second, by the city's own clock: `(22, 6)` is the night.
        weekdays
            Such as `["Saturday", "Sunday"]`, by the city's own clock; of hours over midnight the day they begin on.
        dates
            The first and the last day, such as `("2024-01-01", "2024-03-31")`, both included.
        area
            Ground to stay on: outlines with a CRS, or "zones" for that of the zones. Zones count by a point inside
            them, incidents and streets by where they are.
        name
            What to call it; left out: the name of this one, and what was asked.

        Returns
        -------
        The same department with less demand. What was asked stands in its `selections`, and with every figure. Compare
        it with what comes from it by `apply`.

        Raises
        ------
        TableError
            With every fault: a column that is missing, a value that no incident has, times that cannot be told.
        InputError
            If nothing is left, or nothing was asked.

        Examples
        --------
        >>> import fireplan as fp
        >>> town = fp.examples.line_town()
        >>> south = town.only(area=town.zones.iloc[:10], name="the south")
        >>> print(south.selections[0])
        only the area named: 10 of 40 zones
        """
        kinds = {"category": category, "call_type": call_type, "priority": priority}
        by_kind = incidents is not None or any(asked is not None for asked in kinds.values())
        by_time = not (hours is None and weekdays is None and dates is None)
        if not by_kind and not by_time and area is None:
            raise InputError("nothing is asked: name incidents, a kind, hours, weekdays, dates or an area")
        tables = held(self)
        zones, calls = tables.zones, tables.incidents
        if calls is None and (by_kind or by_time):
            raise InputError(f"scenario {quoted(self.name)} has no incidents to choose from: give it some")
        words: list[str] = []
        untold = 0
        if calls is not None:
            mask, words, untold = choose_incidents(
                calls, incidents=incidents, kinds=kinds, hours=hours, weekdays=weekdays, dates=dates,
                timezone=self.timezone or str(calls.attrs.get("timezone", "")),
            )  # fmt: skip
            calls = calls[mask]
        ground = None
        if area is not None:
            ground = outline_of(zones if isinstance(area, str) else area, crs=self.roads.crs)
            zones = zones[_inside(zones.representative_point(), ground, self.roads.crs)]
            calls = None if calls is None else calls[_inside(calls.geometry, ground, self.roads.crs)]
            words.append(
                "ground of the zones" if isinstance(area, str) else str(area.attrs.get("name", "the area named"))
            )
        if not len(zones) or (calls is not None and not len(calls)):
            raise InputError(f"nothing is left of {quoted(self.name)} for {', '.join(words)}: ask for more")
        selection = Selection(
            ", ".join(words),
            (0 if calls is None else len(calls), 0 if tables.incidents is None else len(tables.incidents)),
            (len(zones), len(tables.zones)),
            area=ground,
            of_incidents=by_kind or by_time,
            untold=untold,
        )
        parts: dict[str, Any] = {"incidents": calls if calls is None else freeze_own(calls)}
        if zones is not tables.zones:
            parts["zones"] = freeze_own(zones)
        found = self._with(self.tables._replace(**parts), name=name or f"{self.name}, {selection.words}", changes=())
        object.__setattr__(found, "selections", (*self.selections, selection))
        return found

    @takes
    def with_periods(self, *periods: SpeedPeriod) -> Scenario:
        """
        Say in which hours of the week the streets are driven otherwise; see `RoadNetwork.with_periods`.

        Parameters
        ----------
        periods
            Each with its hours and factors.
        """
        return on_roads(self, self.roads.with_periods(*periods))

    @takes
    def during(self, period: str, *, incidents: bool = True, name: str | None = None) -> Scenario:
        """
        Ask of one period of the week: streets at its speeds, and its own incidents.

        Parameters
        ----------
        period
            Name of one of `roads.periods`, or "rest of the week" for the hours that are in none of them.
        incidents
            Count the incidents of its hours alone, by the city's own clock. False: all of them, as `compare` needs,
            which pairs the same places in two periods.
        name
            What to call it; left out: the name of this one, and the period.

        Returns
        -------
        The same department in these hours. What is counted if nobody says stays what it was; of incidents the unit says
        which hours they are of.

        Raises
        ------
        InputError, UnknownIdError
            If the network has no periods, or none of that name.
        TableError
            If it cannot be told when incidents were.

        Examples
        --------
        >>> import fireplan as fp
        >>> town = fp.examples.line_town()
        >>> peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
        >>> town.with_periods(peak).during("pm peak").name
        'line town, pm peak'
        """
        roads = self.roads.during(period)
        parts: dict[str, Any] = {"roads": roads}
        selections = self.selections
        calls = held(self).incidents
        if incidents and calls is not None:
            mask, untold = self._calls_of(calls, period)
            words = next((f"{p.name}: {p.when}" for p in self.roads.periods if p.name == period), period)
            parts["incidents"] = freeze_own(calls[mask])
            n_zones = len(held(self).zones)
            chosen = Selection(words, (int(mask.sum()), len(calls)), (n_zones, n_zones), untold=untold, of_period=True)
            selections = (*selections, chosen)
        found = self._with(self.tables._replace(**parts), name=name or f"{self.name}, {period}", changes=())
        object.__setattr__(found, "selections", selections)
        return found

    @takes
    def at(self, when: str, *, name: str | None = None) -> Scenario:
        """
        Ask of one moment of the week: the units on duty then, on streets at the speeds of that hour.

        Parameters
        ----------
        when
            A day and a time of the city's own clock, such as "Tue 14:00".
        name
            What to call it; left out: the name of this one, and the moment.

        Returns
        -------
        The same department at that moment. All incidents are counted, whenever they were, so that moments can be held
        against each other.

        Raises
        ------
        InputError
            If that is no moment of the week, or the streets are driven as in one period already.

        Examples
        --------
        >>> import fireplan as fp
        >>> town = fp.examples.line_town().apply(fp.AddUnit("E9", to="S1", schedule="08:00-20:00"))
        >>> town.at("tuesday 14:00").when
        'Tue 14:00'
        """
        minute = minute_of(when)
        said = moment_said(minute)
        found = self
        if self.roads.periods:
            place = int(period_of(self.roads.periods, np.array([minute]))[0])
            names = self.roads.period_names
            found = self.during(names[place] if place >= 0 else REST, incidents=False)
        elif any(note.startswith(DRIVEN_AS) for note in self.roads.notes):
            raise InputError(
                f"{quoted(self.name)} is driven as in one period already: ask `at` of the scenario it was made from"
            )
        return staffed_at(found, said, name=name or f"{self.name}, {said}")

    @takes
    def calibrated(self, calibration: Calibration) -> Scenario:
        """
        Drive by what was learnt from the dispatch history; whatever is measured, drawn or sought follows.

        Parameters
        ----------
        calibration
            From `fireplan.calibrate`, or `fireplan.calibration.read_calibration`.

        Returns
        -------
        The same department, with the speeds, turns, starts, hours, exits and turnouts of the calibration. A planned
        turnout of a unit gives way to the observed one. Changes are made anew on it; a new station has the common
        start, and a station that moves loses what was its own.

        Raises
        ------
        InputError
            If the calibration is of another network, or the scenario is calibrated already, or driven as in one period.
        """
        if self.roads.calibrated:
            raise InputError(f"scenario {quoted(self.name)} is calibrated already: calibrate the one it was made from")
        if self.parent is not None and self.changes:
            return self.parent.calibrated(calibration).apply(*self.changes, name=self.name)
        if self.parent is not None:
            if self.roads.fingerprint != self.parent.roads.fingerprint:
                raise InputError(
                    f"{quoted(self.name)} is driven otherwise than {quoted(self.parent.name)}, as in one period of the"
                    " week: calibrate that first, then ask `during`"
                )
            whole, given = self.parent.calibrated(calibration), vars(self)
            parts = {name: given[name] for name in ("zones", "incidents")}
            found = whole._with(whole.tables._replace(**parts), name=self.name, changes=())  # noqa: SLF001
            object.__setattr__(found, "selections", self.selections)
            return found
        calibration.check_network(self.roads)
        tables = held(self)
        parts = {"stations": freeze_own(with_starts(tables.stations, calibration.stations))}
        if len(tables.units) and calibration.turnouts is not None:
            parts["units"] = freeze_own(calibration.turnouts.of_units(tables.units))
        others = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in TABLES}
        others |= {"calibration": calibration}
        driven = self.tables._replace(roads=drive_by(self.roads, calibration), **parts)
        return Scenario(**others | vars(driven), _checked=True)

    def _calls_of(self, calls: gpd.GeoDataFrame, period: str) -> tuple[NDArray[np.bool_], int]:
        """Say which incidents came in during a period, and of how many the record does not say when."""
        periods = self.roads.periods
        minute = minute_of_week(calls, self.timezone or str(calls.attrs.get("timezone", "")))
        place = next((i for i, p in enumerate(periods) if p.name == period), -1)
        return (minute >= 0) & (period_of(periods, minute) == place), int((minute < 0).sum())

    def _with(self, tables: Tables, *, name: str, changes: tuple[Change, ...]) -> Scenario:
        """Give the scenario that comes from this one and holds these tables, which need no check."""
        others = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in TABLES}
        others |= {"name": name, "changes": changes, "parent": self}
        return Scenario(**others | vars(tables), _checked=True)


def held(scenario: Scenario | Tables) -> Held:
    """
    Read the tables of a scenario, or those that a change is given, themselves.

    For the library's own measures, which ask hundreds of times and save the cost of a view: they edit nothing of what
    they are given, and hand nothing of it out.
    """
    given = vars(scenario)
    return Held(*(given[name].table for name in TABLES))


def token(scenario: Scenario, table: TableName) -> Token:
    """Give what stands for the content of one of the tables in keys of the memo."""
    frozen: FrozenTable[Any] = vars(scenario)[table]
    return frozen.token


def on_roads(scenario: Scenario, roads: RoadNetwork) -> Scenario:
    """Put the same department on other roads, without a change that says so."""
    return scenario._with(scenario.tables._replace(roads=roads), name=scenario.name, changes=())  # noqa: SLF001


def _lasting_order(table: pd.DataFrame, name: TableName) -> NDArray[np.intp] | None:
    """
    Say in which order a table is kept, whatever order it came in; None: it stands so already.

    By id, numbers in it by their value: S2 before S10. Units by kind first, engines before all, so that those of one
    kind stand together.
    """
    if name == "units":
        kinds = {kind: place for place, kind in enumerate(USUAL_CREW)}
        return natural_order(table.index, after=[table["type"].map(kinds).fillna(len(kinds)).to_numpy(np.int64)])
    return natural_order(table.index)


def _indexed(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Put the id into the index, as text, without touching the caller's table."""
    table = frame.set_index(key) if key in frame.columns else frame.copy(deep=False)
    if table.index.name == key:
        table.index = table.index.astype(str)
    return table


def _on_both_sides(zones: Any) -> Any:  # noqa: ANN401 - whatever it is, until it is checked
    """Cut zones that cross the 180th meridian there, whichever way they are drawn: no place is lost in them."""
    if getattr(zones, "crs", None) is None or not zones.crs.is_geographic:
        return zones
    shapes = zones.geometry.to_numpy()
    cut = within_180(shapes, small=True)
    return zones if cut is shapes else zones.set_geometry(cut, crs=zones.crs)


def _no_units() -> pd.DataFrame:
    return pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str), dtype=str)


def _with_text(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Ids that refer to another table, as text like those there."""
    return frame.assign(**{column: frame[column].astype(str)})


def _with_numbers(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Numbers that stand there as text, checked before, as numbers."""
    names = [c.column for c in columns(table) if c.dtype == "number" and c.column in frame.columns]
    return frame.assign(**{c: pd.to_numeric(frame[c]) for c in names if not pd.api.types.is_numeric_dtype(frame[c])})


def _with_flag(stations: pd.DataFrame) -> pd.DataFrame:
    """Say of every station whether it is open: yes, unless the table says otherwise."""
    if "open" not in stations.columns:
        return stations.assign(open=True)
    unclear = ~stations["open"].isin([True, False])
    if unclear.any():
        faults = Faults("table 'stations'")
        faults.add(f"column 'open' is neither True nor False for {_rows(stations, unclear)}: give one, or leave it out")
        faults.raise_if_any()
    return stations.assign(open=stations["open"].astype(bool))


def _check_streets(roads: RoadNetwork, stations: pd.DataFrame) -> None:
    """Make sure that every street by which a station says it leaves is one; of an address, that may be another's."""
    asked = {s: street for s, street in zip(stations.index, exit_streets(stations), strict=True) if street}
    if not asked:
        return
    book, faults = StreetBook(roads), Faults("table 'stations'")
    for station, street in asked.items():
        if book.find(street).any() or without_house(street) != street:
            continue
        close = book.similar(street)
        hint = f"did you mean {quoted(close)}?" if close else "no street has a name like it."
        faults.add(
            f"station {quoted(station)} is to leave by {quoted(street)} (column 'street'), which is no street here:"
            f" {hint} Write its name or number, or leave it blank for the nearest"
        )
    faults.raise_if_any()


def _with_weights(zones: pd.DataFrame, declared: Sequence[str]) -> pd.DataFrame:
    """Make sure that every column that is counted can be."""
    table = _with_numbers(zones, "zones")
    numeric = list(table.select_dtypes("number").columns)
    faults = Faults("table 'zones'")
    for column in declared:
        if column not in table.columns:
            faults.add(str(UnknownIdError("weight", column, numeric)))
        elif column not in numeric:
            faults.add(f"column {quoted(column)} is counted, but holds no numbers: give numbers, or leave it out")
    for column in numeric:
        if column not in {*USUAL_WEIGHTS, *declared}:
            continue
        value = table[column].to_numpy(float, na_value=np.nan)
        bad = (value < 0) | np.isinf(value)
        if bad.any():
            faults.add(f"column {quoted(column)} is counted, but negative or infinite for {_rows(table, bad)}")
    faults.raise_if_any()
    return table


def counted_columns(scenario: Scenario | Tables, also: Iterable[str] = ()) -> list[str]:
    """
    Name the numeric columns of the zones that are counted.

    Parameters
    ----------
    scenario
        Whose.
    also
        Columns that whoever asks names himself: an objective's weight, an aim's.
    """
    wanted = {*USUAL_WEIGHTS, *scenario.weights, *also}
    return [c for c in held(scenario).zones.select_dtypes("number").columns if c in wanted]


def missing_said(scenario: Scenario | Tables) -> list[str]:
    """Say what a scenario does without, and what its figures are of instead: one sentence for each table."""
    said = []
    if not len(held(scenario).units):
        said.append("no units are given: what is first due is told by stations, each of which counts as one unit")
    if held(scenario).incidents is None and not counted_columns(scenario):
        said.append("no people, homes or incidents are given: what is counted are kilometres of road")
    return said


def _check_points(incidents: pd.DataFrame) -> None:
    """Incidents stand at points of a known system, or nowhere."""
    faults = Faults("table 'incidents'")
    if not hasattr(incidents, "crs"):
        faults.add("it is not a GeoDataFrame: build it with geopandas.GeoDataFrame(..., crs=...)")
        faults.raise_if_any()
    if incidents.crs is None:
        faults.add("crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude")
    kind = incidents.geometry.geom_type
    other = kind.notna() & (kind != "Point") & ~incidents.geometry.is_empty
    if other.any():
        faults.add(f"geometry is not a point for {_rows(incidents, other)}: use .representative_point()")
    faults.raise_if_any()


def _inside(points: gpd.GeoSeries, ground: shapely.Geometry, crs: Any) -> NDArray[np.bool_]:  # noqa: ANN401
    """Say which points lie on a ground that is given in `crs`; a place that is not known lies on none."""
    shapely.prepare(ground)
    return np.asarray(shapely.intersects(ground, points.to_crs(crs).array))


def root(scenario: Scenario) -> Scenario:
    """Give the scenario before any change, whose ground of stations is what people mean by it."""
    while scenario.parent is not None:
        scenario = scenario.parent
    return scenario


def staffed_at(scenario: Scenario, when: str, *, name: str) -> Scenario:
    """Give the scenario with the units that are on duty at a moment, on the streets as they are driven."""
    found = scenario._with(scenario.tables, name=name, changes=())  # noqa: SLF001 - of its own room
    object.__setattr__(found, "when", when)
    return found


def all_demand(scenario: Scenario) -> Scenario:
    """Give the scenario with all its demand, before it was narrowed to a part."""
    while scenario.selections and scenario.parent is not None:
        scenario = scenario.parent
    return scenario


def _check_timezone(name: str) -> None:
    """Make sure that there is such a time zone."""
    if name and name not in available_timezones():
        raise UnknownIdError("time zone", name, sorted(available_timezones()))


def _rows(table: pd.DataFrame, which: Any) -> str:  # noqa: ANN401 - a mask of any kind
    """Name rows by id and place."""
    rows = np.flatnonzero(which)
    return listed(f"{quoted(name)} (row {row + 1})" for row, name in zip(rows, table.index[rows], strict=True))


def _check_homes(units: pd.DataFrame, stations: pd.DataFrame) -> None:
    """Every unit is housed at a station that is there, and no crew at two."""
    if len(units) == 0:
        return
    known, homes = set(stations.index.to_numpy(object)), units["station_id"].to_numpy(object)
    homeless = np.array([home not in known for home in homes])
    if homeless.any():
        faults = Faults("table 'units'")
        for unit in units.index[np.flatnonzero(homeless)[:5]]:
            faults.add(
                f"unit {quoted(unit)} is housed at {quoted(units.loc[unit, 'station_id'])}, which is not a station;"
                f" stations are {listed(stations.index)}"
            )
        faults.raise_if_any()
    crews = Faults("table 'units'")
    check_crews(units, crews)
    crews.raise_if_any()


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
