"""Stations and units out of a department's record in NERIS, as its API gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan._geofiles import json_content, local_file
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.stations._apparatus import FIGHTS_FIRE, complete_units, neris_unit_types
from fireplan.stations._read_stations import on_earth, station_tables

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

WHAT = "NERIS entity"
MOST_NAMED = 12


class _Unit(NamedTuple):
    unit_id: str
    station_id: str
    neris_type: str
    crew: float
    dedicated: bool


@takes
def read_neris_entity(path: str | Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Read the stations and units of a department out of its record in NERIS.

    Parameters
    ----------
    path
        JSON as the API gives one entity: `stations` with `station_id`, `location` and `units`.

    Returns
    -------
    stations
        By `station_id`: `name`, `open`, and a point in WGS 84. Its `.attrs` hold `notes`, `timezone` (the IANA name, ""
        where the record has none) and `aid_agreements` (pairs of a department's NERIS id and the kind of agreement).
    units
        By `unit_id`, which is the CAD designation, or the NERIS id where there is none: `type`, `station_id`, `crew`
        [people], `turnout_s` [s], `neris_type` as the record has it, and `dedicated_staffing`.

    Raises
    ------
    InputError
        If the file is no such record.
    TableError
        With every fault: a station without a place, ids that stand twice. A station is never dropped.

    Notes
    -----
    Each of the 49 kinds of unit of NERIS has a type here (`neris_unit_types.csv`); one that NERIS adds later is noted,
    and `other`, which counts as nothing. A unit whose staffing is not dedicated shares its crew with others of its
    station: the people are counted once, with the dedicated units, or else with one unit, if possible one that fights
    fire. Such units all count as there, though one crew cannot take two of them: the notes name them. Addresses are not
    read.
    """
    file = local_file(path, what=WHAT)
    entity = _entity(json_content(file, what=WHAT), name=file.name)
    faults = Faults(f"NERIS entity {file.name}")
    notes: list[str] = []
    rows, points, units = [], [], []
    for number, station in enumerate(entity["stations"], start=1):
        if not isinstance(station, dict):
            faults.add(f"station {number} of the list is no object")
            continue
        station_id = _text(station.get("station_id")) or _text(station.get("neris_id"))
        rows.append({"station_id": station_id, "name": _text(station.get("internal_id")) or f"Station {station_id}"})
        points.append(_point(station.get("location"), f"{quoted(station_id)} (station {number} of the list)", faults))
        units += _units(station, station_id, faults)
    faults.raise_if_any()
    housed = [
        (row["station_id"], _housed(units, row["station_id"]), f"station {n} of the list")
        for n, row in enumerate(rows, start=1)
    ]
    frame = pd.DataFrame(rows, columns=["station_id", "name"]).astype("str").assign(open=True)
    stations, home = station_tables(frame, points, housed, faults, notes=notes)
    table = _unit_table(units, home, notes)
    stations.attrs = {
        "notes": tuple(notes),
        "timezone": _text(entity.get("time_zone")),
        "aid_agreements": tuple(_agreements(entity.get("aid_agreements"))),
    }
    return stations, complete_units(table)


def _entity(content: object, *, name: str) -> dict[str, Any]:
    """Find the one department in the file."""
    held = content.get("entities", content) if isinstance(content, dict) else content
    found = [held] if isinstance(held, dict) else held
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        raise InputError(f"{WHAT} {quoted(name)} holds no department: give what the API gives for one entity")
    if len(found) > 1:
        raise InputError(f"{WHAT} {quoted(name)} holds {len(found)} departments: give the record of one")
    entity: dict[str, Any] = found[0]
    if not isinstance(entity.get("stations"), list) or not entity["stations"]:
        raise InputError(f"{WHAT} {quoted(name)} lists no stations: give the record of a fire department that has any")
    return entity


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _point(location: object, who: str, faults: Faults) -> shapely.Point | None:
    """Point of a station; what is wrong with it goes to `faults`."""
    shape = location.get("geometry") if isinstance(location, dict) else None
    crs = _text(location.get("crs")) if isinstance(location, dict) else ""
    if crs not in {"", "4326", "EPSG:4326"}:
        faults.add(f"location of {who} is in crs {quoted(crs)}: give it in degrees, EPSG:4326")
        return None
    at = shape.get("coordinates") if isinstance(shape, dict) and shape.get("type", "Point") == "Point" else None
    if not isinstance(at, list) or len(at) != 2 or not all(type(part) in {int, float} for part in at):
        link = " is a link, not a point" if isinstance(location, str) else " is missing or no point"
        faults.add(f"location of {who}{link}: write its point into the file, longitude first; no station is dropped")
        return None
    return shapely.Point(at) if on_earth(float(at[0]), float(at[1]), who, faults) else None


def _units(station: dict[str, Any], station_id: str, faults: Faults) -> list[_Unit]:
    found = []
    given = station.get("units") or []
    for number, unit in enumerate(given if isinstance(given, list) else [given], start=1):
        who = f"unit {number} of station {quoted(station_id)}"
        if not isinstance(unit, dict):
            faults.add(f"{who} is no object")
            continue
        unit_id = _text(unit.get("cad_designation_1")) or _text(unit.get("neris_id"))
        if not unit_id or "," in unit_id or ";" in unit_id:
            faults.add(f"{who} has no cad_designation_1 and no neris_id that can be an id")
            continue
        staffing = unit.get("staffing")
        if isinstance(staffing, int) and not isinstance(staffing, bool) and staffing < 0:
            faults.add(f"staffing of {who} is {staffing}: give the people aboard")
        crew = float(staffing) if isinstance(staffing, int) and not isinstance(staffing, bool) else np.nan
        dedicated = unit.get("dedicated_staffing") is not False
        found.append(_Unit(unit_id.upper(), station_id, _text(unit.get("type")), crew, dedicated))
    return found


def _housed(units: list[_Unit], station_id: str) -> str:
    return ";".join(unit.unit_id for unit in units if unit.station_id == station_id)


def _unit_table(units: list[_Unit], home: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    first = {unit.unit_id: unit for unit in reversed(units)}
    held = [first[str(unit_id)] for unit_id in home.index]
    known = neris_unit_types()
    strange = [f"{unit.unit_id} ({quoted(unit.neris_type)})" for unit in held if unit.neris_type not in known]
    if strange:
        told = listed(strange, most=MOST_NAMED)
        notes.append(f"kinds of unit that NERIS did not have when fireplan was written count as nothing: {told}")
    table = home.assign(
        type=pd.array([known.get(unit.neris_type, "other") for unit in held], dtype="str"),
        crew=[unit.crew for unit in held],
        neris_type=pd.array([unit.neris_type for unit in held], dtype="str"),
        dedicated_staffing=[unit.dedicated for unit in held],
    )
    for station_id, own in table.groupby("station_id", sort=False):
        shared = own.index[~own["dedicated_staffing"]]
        if not len(shared) or len(own) == 1:
            continue
        fights = own.assign(fights=own["type"].isin(FIGHTS_FIRE))
        ranked = fights.sort_values(["fights", "crew"], ascending=False, kind="stable")
        keeps = [] if own["dedicated_staffing"].any() else [ranked.index[0]]
        table.loc[shared.difference(keeps), "crew"] = 0.0
        with_whom = f"with {keeps[0]}" if keeps else "with its dedicated units"
        notes.append(
            f"station {quoted(station_id)}: {listed(shared, most=MOST_NAMED)} share a crew; its people are counted"
            f" once, {with_whom}, but each of these units counts as there, though one crew cannot take two"
        )
    return table


def _agreements(given: object) -> list[tuple[str, str]]:
    rows = given if isinstance(given, list) else []
    pairs = [(_text(row.get("neris_id_dept")), _text(row.get("type"))) for row in rows if isinstance(row, dict)]
    return [pair for pair in pairs if pair[0]]
