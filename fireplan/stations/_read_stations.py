"""Stations and units from files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan._geofiles import name_columns, read_office_table
from fireplan._geofiles.out_of_service import out_of_service
from fireplan.crs import WGS84, known_crs, project
from fireplan.errors import Faults, listed, quoted
from fireplan.stations._agencies import with_home
from fireplan.stations._apparatus import complete_units
from fireplan.stations._drive_starts import EXIT
from fireplan.stations._shared_crews import SHARED_CREW, check_crews, crew_notes, without_flags
from fireplan.stations._unit_homes import home_column, housed_at
from fireplan.stations._unit_ids import units_named

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import geopandas as gpd

    from fireplan._geofiles import OfficeTable

    Place = tuple[float, float] | str
    """Longitude and latitude; or what is wrong with them."""

LEARNT = (*EXIT, "later_s")
"""Columns that a calibrated department's stations have."""
NEEDED = ("station_id", "name", "latitude", "longitude")
SHORTEST_TURNOUT_S = 10.0  # of the longest of a table; less can only be minutes
DEGREES = 360.0
"""What is larger than this is no angle."""

ANTARCTIC_DEG = -60.0

_PAIR = re.compile(r"\s*\(?\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)?\s*")
_WKT = re.compile(r"\s*(?:MULTI)?(?:POINT|POLYGON)", re.IGNORECASE)


@takes
def read_stations(
    path: str | Path | pd.DataFrame,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
    home: str | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Read fire stations and the units they house.

    Parameters
    ----------
    path
        A table with `station_id,name,latitude,longitude,units` (units such as "E1;T1;M1"): CSV, a workbook (.xlsx,
        .xls, .ods) or plain Parquet. Or a layer with `station_id`, `name` and a point or footprint: GeoJSON,
        GeoPackage, shapefile (also packed as .zip), file geodatabase, GeoParquet, FlatGeobuf or KML; a table in memory;
        a table of a database, such as "postgresql://host/city#gis.stations". `open` (yes or no; left out: yes),
        `agency` and `street`, by which engines leave, count where they stand, and what `Scenario.calibrated` writes
        down of starts. Columns are known by many other names:
        see docs/data_formats.md.
    layer
        Name of the layer or sheet in a file of several; "city.gpkg#stations" says the same.
    columns
        Name in the file by column, such as {"station_id": "FACILITYID"}, where it is not known or may be two.
    crs
        CRS of the coordinates where they are not longitude and latitude and the file does not say, such as "EPSG:2227".
    home
        The `agency` whose stations are the department's own; the others count in cover as neighbours'. Left out: those
        whose agency is blank or, where none is, the agency that has the most.

    Returns
    -------
    stations
        By `station_id`: `name`, `open`, `agency`, `street`, `exit_longitude` and `exit_latitude` [°] and `later_s` [s]
        if the file has them, and a point in WGS 84. What was
        repaired stands in `.attrs["notes"]`.
    units
        By `unit_id`: `type` (from the letters of the id), `station_id`, `crew`, `turnout_s` [s].

    Raises
    ------
    TableError
        With every fault: missing columns or coordinates, two columns that may be one, ids that stand twice, a unit
        housed at two stations. A station is never dropped.
    """
    stations, units = read_station_table(path, layer=layer, columns=columns, crs=crs, home=home)
    return stations, complete_units(units)


@takes
def read_station_table(
    path: str | Path | pd.DataFrame,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
    home: str | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read stations, and the ids and homes of their units; what each unit is a table of units may tell."""
    table = read_office_table(path, what="station file", table="stations", layer=layer, given=(columns or {}).values())
    faults = Faults(table.name)
    if not len(table.rows):
        faults.add(
            f"there are no stations in it{'' if table.shapes is not None else ', only a header'}: nothing to plan"
        )
        faults.raise_if_any()
    found, notes = name_columns(table.rows.columns, "stations", texts=table.texts, faults=faults, given=columns)
    notes = [*table.notes, *notes]
    _name_for_id(table, found, notes)
    ids = table.texts(found["station_id"]) if "station_id" in found else []
    names = table.texts(found["name"]) if "name" in found else _names_of_ids(found, ids, notes)
    if names is not None:
        found.setdefault("name", found.get("station_id", ""))
    _check_columns(table, found, faults)
    faults.raise_if_any()
    who = [f"{quoted(i)} ({place})" for i, place in zip(ids, table.places, strict=True)]
    points = _points(table, found, who, crs=crs, faults=faults, notes=notes)
    frame = pd.DataFrame({"station_id": ids, "name": names})
    if "agency" in found:
        frame["agency"] = table.texts(found["agency"])
        with_home(frame, home, notes)
    if "street" in found:
        frame["street"] = table.texts(found["street"])
    for name in LEARNT:
        if name in found:
            frame[name] = _numbers(table, found[name], faults)
    opened = table.texts(found["open"]) if "open" in found else [""] * len(ids)
    frame["open"] = [_is_open(o, s, faults) for o, s in zip(opened, ids, strict=True)]
    if "station_id" in found:
        mend = "they count like the others: leave them out, or name the column as 'open'"
        _note_out_of_service(table, found, notes, who="station_id", mend=mend)
    housed = _housed(table, found, ids, notes)
    return station_tables(frame, points, housed, faults, notes=notes)


@takes
def read_units(
    path: str | Path | pd.DataFrame,
    *,
    stations: pd.DataFrame | None = None,
    without: Collection[str] = (),
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Read a table of units.

    Parameters
    ----------
    path
        A table with `unit_id,station_id` and, where known, `type`, `crew` [people], `turnout_s` [s], `schedule` and
        `shared_crew` (the same text, or the id of the other unit, for units of a station that one crew takes out, one
        at a time), from whatever `read_stations` reads; columns are known by many other names.
    stations
        By `station_id`: where given, each unit's home is found among them, by id or by the number of the station.
    without
        Ids of stations that are left out: their units need no home.
    layer, columns
        As in `read_stations`.

    Returns
    -------
    By `unit_id`, completed by `fireplan.stations.complete_units`. What was found under other names, and which units
    have no home among the stations, stands in `.attrs["notes"]`; the ids of the latter in `.attrs["without_station"]`.
    """
    table = read_office_table(path, what="unit file", table="units", layer=layer, given=(columns or {}).values())
    faults = Faults(table.name)
    if not len(table.rows):
        faults.add("there are no units in it, only a header")
        faults.raise_if_any()
    given = dict(columns or {})
    home = None if stations is None or "station_id" in given else home_column(table, stations)
    found, notes = name_columns(
        table.rows.columns, "units", texts=table.texts, faults=faults,
        given=given if home is None else {**given, "station_id": home},
    )  # fmt: skip
    notes = [*table.notes, *notes]
    if home is not None:
        notes.append(f"column {quoted(home)} used as 'station_id': its values are stations")
    for column in ("unit_id", "station_id"):
        if column not in found:
            faults.add(f"column '{column}' is missing; found {listed(table.rows.columns)}")
    faults.raise_if_any()
    units = _unit_rows(table, found, faults)
    _note_out_of_service(table, found, notes, who="unit_id", mend="they count like the others: leave their rows out")
    homeless: tuple[str, ...] = ()
    if stations is not None:
        away = units["station_id"].isin(list(without))
        housed = housed_at(units[~away], stations, column=found["station_id"], notes=notes)
        homeless = housed.attrs.get("without_station", ())
        units = pd.concat([housed, units[away]]) if away.any() else housed
    if SHARED_CREW in found:
        units = without_flags(units, column=found[SHARED_CREW], notes=notes)
    full = complete_units(units)
    check_crews(full, faults)
    faults.raise_if_any()
    full.attrs["notes"] = (*notes, *crew_notes(full))
    full.attrs["without_station"] = homeless
    return full


def _numbers(table: OfficeTable, column: str, faults: Faults) -> pd.Series[float]:
    """The numbers of a column; what is blank is not known."""
    texts = pd.Series(table.texts(column), dtype=object)
    number = pd.to_numeric(texts.replace("", None), errors="coerce").astype(float)
    wrong = number.isna() & (texts != "")
    if wrong.any():
        where = [place for place, w in zip(table.places, wrong, strict=True) if w]
        faults.add(f"column {quoted(column)} is not a number on {listed(where)}")
    return number


def _unit_rows(table: OfficeTable, found: dict[str, str], faults: Faults) -> pd.DataFrame:
    """The rows by `unit_id`, with numbers where numbers belong."""
    others = {c: c for c in map(str, table.rows.columns) if c not in {*found, *found.values()}}
    units = pd.DataFrame({column: table.texts(name) for column, name in {**found, **others}.items()}, dtype=object)
    units = units.set_index("unit_id")
    for column in ("crew", "turnout_s"):
        if column in units.columns:
            number = pd.to_numeric(units[column].replace("", None), errors="coerce")
            wrong = number.isna() & (units[column] != "")
            if wrong.any():
                where = [place for place, w in zip(table.places, wrong, strict=True) if w]
                faults.add(f"column '{column}' is not a number on {listed(where)}")
            units[column] = number
    _check_turnouts(units, faults)
    seen: dict[str, tuple[str, str]] = {}
    for place, unit, home in zip(table.places, map(str, units.index), units["station_id"], strict=True):
        if not unit:
            faults.add(f"unit_id is empty on {place}: every unit has one")
        elif unit in seen:
            before, at = seen[unit]
            faults.add(
                f"unit {quoted(unit)} is housed at {quoted(before)} ({at}) and at {quoted(home)} ({place}): a unit has"
                " one home, and one row"
            )
        elif len(units_named(unit)) > 1:
            faults.add(f"unit_id {quoted(unit)} on {place} names several units: give each a row")
        seen.setdefault(unit, (str(home), place))
    faults.raise_if_any()
    return units


def _check_turnouts(units: pd.DataFrame, faults: Faults) -> None:
    """Refuse turnouts that are so short that they can only be minutes."""
    if "turnout_s" not in units.columns:
        return
    there = units["turnout_s"][units["turnout_s"] > 0]
    if len(there) and there.max() < SHORTEST_TURNOUT_S:
        faults.add(f"column 'turnout_s' is {there.max():g} at most: are these minutes? Give seconds")


def _note_out_of_service(table: OfficeTable, found: dict[str, str], notes: list[str], *, who: str, mend: str) -> None:
    """Say which rows a column that is not used calls closed, planned or a reserve: they count like the others."""
    ids = table.texts(found[who])
    for column, places, word in out_of_service(table, {*found, *found.values()}):
        named = listed(quoted(ids[place]) for place in places)
        notes.append(f"by column {quoted(column)} ({quoted(word)}), which is not used, not in service: {named}; {mend}")


def _name_for_id(table: OfficeTable, found: dict[str, str], notes: list[str]) -> None:
    """Let names serve as ids where a table has no column of ids and no two stations share a name."""
    if "station_id" in found or "name" not in found:
        return
    names = table.texts(found["name"])
    if all(names) and len(set(names)) == len(names):
        found["station_id"] = found["name"]
        notes.append(f"there is no column of ids: {quoted(found['name'])} serves as 'station_id'")


def _names_of_ids(found: dict[str, str], ids: list[str], notes: list[str]) -> list[str] | None:
    """Names for stations that have but one column, numbers as "Station 7"; None where it says that it holds ids."""
    if not ids or found["station_id"] == "station_id":
        return None
    if not all(i.isdigit() for i in ids):
        notes.append(f"there is no column of names: {quoted(found['station_id'])} serves as 'name'")
        return ids
    notes.append(
        f"there is no column of names: stations are called by {quoted(found['station_id'])}, as 'Station {ids[0]}'"
    )
    return [f"Station {i}" for i in ids]


def _check_columns(table: OfficeTable, found: dict[str, str], faults: Faults) -> None:
    """Say which columns are missing; without coordinates a table has no places."""
    placed = table.shapes is not None or "point" in found
    missing = [c for c in NEEDED[: 2 if placed else 4] if c not in found]
    for column in missing:
        faults.add(f"column '{column}' is missing; found {listed(table.rows.columns)}")
    if {"latitude", "longitude"} <= set(missing):
        addresses = "; addresses are not looked up: geocode them first" if "address" in found else ""
        faults.add(f"the stations have no places: add latitude and longitude, or give the layer of stations{addresses}")


def _points(
    table: OfficeTable, found: dict[str, str], who: list[str], *, crs: str | None, faults: Faults, notes: list[str]
) -> list[shapely.Point | None]:
    """Points of the stations in WGS 84; what is wrong with them goes to `faults`."""
    if table.shapes is not None:
        read = _places_of_layer(table.shapes, who, crs=crs, faults=faults, notes=notes)
    elif {"latitude", "longitude"} <= set(found):
        read = _places_of_columns(table, found, who, notes=notes)
    else:
        read = [_place_of_text(text, w) for text, w in zip(table.texts(found["point"]), who, strict=True)]
    if table.shapes is None:
        read = _in_degrees(read, who, crs=crs, faults=faults)
    points: list[shapely.Point | None] = []
    for place, w in zip(read, who, strict=True):
        if isinstance(place, str):
            faults.add(place)
            points.append(None)
        else:
            points.append(shapely.Point(place) if on_earth(*place, w, faults) else None)
    known = [p for p in points if p is not None]
    if known and all(p.y < ANTARCTIC_DEG < p.x <= -ANTARCTIC_DEG for p in known):
        faults.add("every station lies in the Antarctic, and none if latitude and longitude are swapped: are they?")
    return points


def _places_of_layer(
    shapes: gpd.GeoSeries, who: list[str], *, crs: str | None, faults: Faults, notes: list[str]
) -> list[Place]:
    if shapes.crs is None and crs is None:
        faults.add("crs is missing: save the layer with one, or name it with crs=")
        faults.raise_if_any()
    system = shapes.crs if shapes.crs is not None else known_crs(crs, what="station file")
    for w, lost in zip(who, shapes.isna() | shapes.is_empty, strict=True):
        if lost:
            faults.add(f"{w} has no geometry: a station is never dropped, give its place")
    faults.raise_if_any()
    shapes = shapes.set_crs(system, allow_override=True).force_2d().to_crs(WGS84)
    broken = ~shapes.is_valid
    if broken.any():
        notes.append(f"{broken.sum()} invalid (self-crossing) outlines repaired")
        shapes = shapes.make_valid()
    footprint = shapes.geom_type != "Point"
    if footprint.any():
        notes.append(f"{footprint.sum()} stations are polygons, not points: a point inside each is used")
    return [(p.x, p.y) for p in shapes.representative_point()]


def _places_of_columns(table: OfficeTable, found: dict[str, str], who: list[str], *, notes: list[str]) -> list[Place]:
    texts = {column: table.texts(found[column]) for column in ("longitude", "latitude")}
    commas = 0
    read: list[Place] = []
    for row, w in enumerate(who):
        values = []
        for column, written in texts.items():
            text = written[row]
            plain = text.replace(",", ".") if table.decimal_comma and text.count(",") == 1 else text
            commas += plain != text
            try:
                values.append(float(plain))
            except ValueError:
                read.append(f"{column} of {w} is {quoted(text)}: give degrees")
                break
        else:
            read.append((values[0], values[1]))
    if commas:
        notes.append(f"{commas} coordinates have a comma for a point: read as decimals")
    return read


def _place_of_text(text: str, who: str) -> Place:
    """Read a place from "POINT (-122.4 37.7)", or from "(37.7, -122.4)" with the latitude first."""
    pair = _PAIR.fullmatch(text)
    if pair is not None:
        return float(pair[2]), float(pair[1])
    shape = shapely.from_wkt(text, on_invalid="ignore") if _WKT.match(text) else None
    if shape is None or shape.is_empty:
        return f"the place of {who} is {quoted(text)}: give a point, such as 'POINT (-122.4 37.7)'"
    inside = shape.representative_point()
    return inside.x, inside.y


def _in_degrees(read: list[Place], who: list[str], *, crs: str | None, faults: Faults) -> list[Place]:
    """Move places of a named CRS to WGS 84; where none is named, refuse those that are plainly projected, once."""
    known = {i: place for i, place in enumerate(read) if not isinstance(place, str)}
    if crs is not None and known:
        moved = project(np.array(list(known.values())), source=known_crs(crs, what="station file"), target=WGS84)
        degrees = dict(zip(known, moved.tolist(), strict=True))
        return [(degrees[i][0], degrees[i][1]) if i in degrees else place for i, place in enumerate(read)]
    large = {i: place for i, place in known.items() if all(DEGREES < abs(v) < np.inf for v in place)}
    if 2 * len(large) > len(read):
        row, (x, y) = next(iter(large.items()))
        faults.add(
            f"the coordinates are projected, such as {x:.0f}, {y:.0f} of {who[row]}, far beyond 180 degrees: name"
            " their system, with crs='EPSG:...', or crs = \"EPSG:...\" under [stations] of plan.toml"
        )
        faults.raise_if_any()
    return read


def on_earth(longitude: float, latitude: float, who: str, faults: Faults) -> bool:
    """Whether a station can stand there; if not, `faults` says why."""
    for column, value, most in (("longitude", longitude, 180.0), ("latitude", latitude, 90.0)):
        if not abs(value) <= most:
            faults.add(
                f"{column} of {who} is {value:g}, beyond {most:g} degrees:"
                " latitude and longitude swapped, or a projected CRS?"
            )
            return False
    if longitude == latitude == 0.0:
        faults.add(f"{who} lies at (0, 0): it was not geocoded; give its place")
        return False
    return True


def _housed(table: OfficeTable, found: dict[str, str], ids: list[str], notes: list[str]) -> list[tuple[str, str, str]]:
    """Station, its list of units, and where that stands; a column that counts units names none."""
    texts = table.texts(found["units"]) if "units" in found else [""] * len(ids)
    filled = [t for t in texts if t]
    if filled and all(re.fullmatch(r"\d{1,2}", t) for t in filled) and len(set(filled)) < len(filled):
        notes.append(f"column {quoted(found['units'])} counts units and names none: not used")
        texts = [""] * len(ids)
    return list(zip(ids, texts, table.places, strict=True))


def _is_open(text: str, station: str, faults: Faults) -> bool:
    """Whether a station is in service; it is unless the file says otherwise."""
    word = text.strip().lower()
    if word in {"no", "false", "0", "closed"}:
        return False
    if word not in {"", "yes", "true", "1", "open", "nan", "none"}:
        faults.add(f"column 'open' of {quoted(station)} is {quoted(text)}: write yes or no")
    return True


def station_tables(
    frame: pd.DataFrame,
    points: list[shapely.Point | None],
    housed: list[tuple[str, str, str]],
    faults: Faults,
    *,
    notes: list[str],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make the two tables of stations, their points, and the units that each houses; faults are raised together."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    nameless = frame.index[frame["station_id"] == ""]
    if len(nameless):
        faults.add(f"station_id is empty in row {listed(nameless + 1)}: every station has one")
    for twice, n in Counter(frame["station_id"]).items():
        if n > 1 and twice:
            faults.add(f"station_id {quoted(twice)} appears {n} times: ids must be unique")
    units = _units_of(housed, faults, notes)
    faults.raise_if_any()
    stations = gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326").set_index("station_id")
    places = Counter((p.x, p.y) for p in points if p is not None)
    for station, point in zip(stations.index, points, strict=True):
        if point is not None and places[point.x, point.y] > 1:
            notes.append(f"station {quoted(station)} stands at the same point as another")
    stations.attrs["notes"] = tuple(notes)
    return stations, units


def _units_of(housed: list[tuple[str, str, str]], faults: Faults, notes: list[str]) -> pd.DataFrame:
    """Units from lists such as "E1;T1;M1"; each may be housed once."""
    home: dict[str, tuple[str, str]] = {}
    for station, text, place in housed:
        if "," in text:
            notes.append(f"units on {place} are separated by commas: split")
        names = [n.strip().upper() for n in re.split(r"[;,]", text)]
        clean = [n for n in names if n]
        if [n.strip() for n in re.split(r"[;,]", text.strip(";"))] != clean and clean:
            notes.append(f"units on {place} written as {quoted(text)}: cleaned")
        several = [quoted(name) for name in clean if len(units_named(name)) > 1]
        if several:
            notes.append(f"{listed(several)} on {place} names several units: each is one of its own")
        for unit in (unit for name in clean for unit in units_named(name)):
            before = home.get(unit)
            if before is not None and before[0] == station:
                notes.append(f"unit {quoted(unit)} named twice on {place}: counted once")
            elif before is not None:
                faults.add(
                    f"unit {quoted(unit)} is housed at {quoted(before[0])} ({before[1]}) and at"
                    f" {quoted(station)} ({place}): a unit has one home"
                )
            else:
                home[unit] = (station, place)
    return pd.DataFrame(
        {"station_id": [s for s, _ in home.values()]}, index=pd.Index(list(home), name="unit_id", dtype=str)
    )
