"""Stations and units from files."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan._geofiles import local_file, read_vector
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.stations._apparatus import complete_units

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

NEEDED = ("station_id", "name", "latitude", "longitude")
SYNONYMS = {"station_id": ("facility_id", "id"), "name": ("common_name", "station_name")}


@takes
def read_stations(path: str | Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Read fire stations and the units they house.

    Parameters
    ----------
    path
        CSV with `station_id,name,latitude,longitude,units` (units such as "E1;T1;M1"), or GeoJSON, GeoPackage,
        shapefile or GeoParquet with `station_id`, `name` and a point or footprint. `open` (yes or no; left out: yes)
        and `agency` count where they stand.

    Returns
    -------
    stations
        By `station_id`: `name`, `open`, `agency` if the file has it, and a point in WGS 84. What was repaired stands in
        `.attrs["notes"]`.
    units
        By `unit_id`: `type` (from the letters of the id), `station_id`, `crew`, `turnout_s` [s].

    Raises
    ------
    TableError
        With every fault: missing columns or coordinates, ids that stand twice, a unit housed at two stations. A
        station is never dropped.
    """
    stations, units = read_station_table(path)
    return stations, complete_units(units)


def read_station_table(path: str | Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read stations, and the ids and homes of their units; what each unit is a table of units may tell."""
    file = local_file(path, what="station file")
    return _from_csv(file) if file.suffix.lower() == ".csv" else _from_layer(file)


@takes
def read_units(path: str | Path) -> pd.DataFrame:
    """
    Read a table of units.

    Parameters
    ----------
    path
        CSV with `unit_id,station_id` and, where known, `type`, `crew` [people], `turnout_s` [s], `schedule`.

    Returns
    -------
    By `unit_id`, completed by `fireplan.stations.complete_units`.
    """
    file = local_file(path, what="unit file")
    lines, rows = _rows_of_csv(file)
    faults = Faults(f"units file {file.name}")
    if not rows:
        faults.add("there are no units in it, only a header")
    for column in ("unit_id", "station_id"):
        if rows and column not in rows[0]:
            faults.add(f"column '{column}' is missing; found {listed(rows[0])}")
    faults.raise_if_any()
    units = pd.DataFrame(rows).set_index("unit_id")
    for column in ("crew", "turnout_s"):
        if column in units.columns:
            number = pd.to_numeric(units[column].replace("", None), errors="coerce")
            wrong = number.isna() & (units[column] != "")
            if wrong.any():
                where = [line for line, w in zip(lines, wrong, strict=True) if w]
                faults.add(f"column '{column}' is not a number on line {listed(where)}")
            units[column] = number
    faults.raise_if_any()
    return complete_units(units)


def _rows_of_csv(file: Path) -> tuple[list[int], list[dict[str, str]]]:
    """Physical line and text of each row of a CSV; every id stays as it is written."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = file.read_text(encoding="cp1252", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="_more", restval="")
    try:
        header = [str(name).strip() for name in reader.fieldnames or ()]
        numbered = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{file.name} cannot be read as CSV: {error} on line {reader.line_num}") from error
    if not header:
        raise InputError(f"{file.name} is empty")
    twice = [name for name, n in Counter(header).items() if n > 1]
    if twice:
        raise InputError(f"{file.name}: column {quoted(twice[0])} stands more than once in the header: name each once")
    lines = [line for line, _ in numbered]
    return lines, [{str(k).strip(): v for k, v in row.items() if k != "_more"} for _, row in numbered]


def _from_csv(file: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    lines, rows = _rows_of_csv(file)
    faults = Faults(f"stations file {file.name}")
    if not rows:
        faults.add("there are no stations in it, only a header: nothing to plan")
        faults.raise_if_any()
    for column in NEEDED:
        if column not in rows[0]:
            faults.add(f"column '{column}' is missing; found {listed(rows[0])}")
    faults.raise_if_any()
    points = [_point_of(row, line, faults) for line, row in zip(lines, rows, strict=True)]
    kept = [c for c in (*NEEDED[:2], "agency") if c in rows[0]]
    frame = pd.DataFrame({c: [r[c].strip() for r in rows] for c in kept})
    frame["open"] = [_is_open(r.get("open", ""), r["station_id"], faults) for r in rows]
    housed = [(r["station_id"].strip(), r.get("units", ""), line) for line, r in zip(lines, rows, strict=True)]
    return station_tables(frame, points, housed, faults, notes=[])


def _point_of(row: dict[str, str], line: int, faults: Faults) -> shapely.Point | None:
    """Point of one row; what is wrong with it goes to `faults`."""
    who = f"{quoted(row['station_id'])} (line {line})"
    values = []
    for column in ("longitude", "latitude"):
        try:
            values.append(float(row[column]))
        except ValueError:
            faults.add(f"{column} of {who} is {quoted(row[column])}: give degrees")
            return None
    longitude, latitude = values
    return shapely.Point(values) if on_earth(longitude, latitude, who, faults) else None


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


def _is_open(text: str, station: str, faults: Faults) -> bool:
    """Whether a station is in service; it is unless the file says otherwise."""
    word = text.strip().lower()
    if word in {"no", "false", "0", "closed"}:
        return False
    if word not in {"", "yes", "true", "1", "open", "nan", "none"}:
        faults.add(f"column 'open' of {quoted(station)} is {quoted(text)}: write yes or no")
    return True


def _from_layer(file: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    layer = read_vector(file, what="station file")
    faults = Faults(f"stations file {file.name}")
    notes: list[str] = []
    if len(layer) == 0:
        faults.add("there are no stations in it: nothing to plan")
    for column, others in SYNONYMS.items():
        if column not in layer.columns:
            found = next((o for o in others if o in layer.columns), None)
            if found is None:
                faults.add(f"column '{column}' is missing; found {listed(layer.columns)}")
            else:
                layer = layer.rename(columns={found: column})
                notes.append(f"column '{found}' used as '{column}'")
    if layer.crs is None:
        faults.add("crs is missing: save the layer with one")
    faults.raise_if_any()
    ids = layer["station_id"].fillna("").astype(str)
    for i in layer.index[layer.geometry.isna() | layer.geometry.is_empty]:
        faults.add(f"{quoted(ids[i])} (feature {i + 1}) has no geometry: a station is never dropped, give its place")
    faults.raise_if_any()
    shapes = layer.to_crs("EPSG:4326").geometry.force_2d()
    broken = ~shapes.is_valid
    if broken.any():
        notes.append(f"{broken.sum()} invalid (self-crossing) outlines repaired")
        shapes = shapes.make_valid()
    footprint = shapes.geom_type != "Point"
    if footprint.any():
        notes.append(f"{footprint.sum()} stations are polygons, not points: a point inside each is used")
    points = list(shapes.representative_point())
    for i, point in enumerate(points):
        on_earth(point.x, point.y, f"{quoted(ids[i])} (feature {i + 1})", faults)
    kept = [c for c in (*NEEDED[:2], "agency") if c in layer.columns]
    frame = pd.DataFrame({c: layer[c].fillna("").astype(str).str.strip() for c in kept})
    given = layer["open"].astype(str) if "open" in layer.columns else [""] * len(layer)
    frame["open"] = [_is_open(o, s, faults) for o, s in zip(given, frame["station_id"], strict=True)]
    units = layer["units"].fillna("").astype(str) if "units" in layer.columns else [""] * len(layer)
    housed = [(s, u, i + 1) for i, (s, u) in enumerate(zip(frame["station_id"], units, strict=True))]
    return station_tables(frame, points, housed, faults, notes=notes)


def station_tables(
    frame: pd.DataFrame,
    points: list[shapely.Point | None],
    housed: list[tuple[str, str, int]],
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


def _units_of(housed: list[tuple[str, str, int]], faults: Faults, notes: list[str]) -> pd.DataFrame:
    """Units from lists such as "E1;T1;M1"; each may be housed once."""
    home: dict[str, tuple[str, int]] = {}
    for station, text, line in housed:
        if "," in text:
            notes.append(f"units on line {line} are separated by commas: split")
        names = [n.strip().upper() for n in re.split(r"[;,]", text)]
        clean = [n for n in names if n]
        if [n.strip() for n in re.split(r"[;,]", text.strip(";"))] != clean and clean:
            notes.append(f"units on line {line} written as {quoted(text)}: cleaned")
        for unit in clean:
            before = home.get(unit)
            if before is not None and before[0] == station:
                notes.append(f"unit {quoted(unit)} named twice on line {line}: counted once")
            elif before is not None:
                faults.add(
                    f"unit {quoted(unit)} is housed at {quoted(before[0])} (line {before[1]}) and at"
                    f" {quoted(station)} (line {line}): a unit has one home"
                )
            else:
                home[unit] = (station, line)
    return pd.DataFrame(
        {"station_id": [s for s, _ in home.values()]}, index=pd.Index(list(home), name="unit_id", dtype=str)
    )
