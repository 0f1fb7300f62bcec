"""Zones and incidents from layers, under whatever names offices and the census give their columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._geofiles import name_columns, read_office_table
from fireplan.crs import WGS84, known_crs, metric_crs, project
from fireplan.demand._overlaps import PEOPLE
from fireplan.demand._zones import from_polygons
from fireplan.errors import Faults, InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from fireplan._geofiles import OfficeTable

EARTH_DEG = (540.0, 90.0001)
"""No longitude and no latitude is beyond, as some layers count on beyond the 180th meridian. [°]"""

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")


@takes
def read_zones(
    path: str | Path | pd.DataFrame,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Read zones from a layer: census blocks or tracts as the census gives them, or a planner's own.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, shapefile (also packed as .zip), file geodatabase, GeoParquet, FlatGeobuf or KML; a
        GeoDataFrame; or a table of PostGIS, such as "postgresql://host/city#gis.blocks".
    layer
        Name of the layer in a file of several; "city.gpkg#blocks" says the same.
    columns
        Name in the file by column, such as {"population": "RESIDENTS"}, where it is not known or may be two. Known are
        those of the census (`GEOID20`, `POP20`, `POP100`, `HOUSING20`, `HU100`) and others: see docs/data_formats.md.
    crs
        CRS of the layer where it does not say, such as "EPSG:2227".

    Returns
    -------
    By `zone_id`: `population`, `dwellings` and all other columns, in the CRS of the layer. What was found under other
    names, repaired, or overlaps stands in `.attrs["notes"]`.

    Raises
    ------
    TableError
        With every fault: no ids, two columns that may be one, places that are missing.
    InputError
        If the file cannot be read; an outline that is damaged is named by its row.
    """
    zones, notes = _layer(path, table="zones", key="zone_id", layer=layer, columns=columns, crs=crs)
    _check_outlines(zones)
    shapes = zones.geometry
    broken = ~(shapes.is_valid | shapes.isna())
    if broken.any():
        zones = zones.set_geometry(shapes.where(~broken, shapes.make_valid()))
        n_broken = wording.counted(broken.sum(), "invalid (self-crossing) outline")
        notes.append(f"{n_broken} of zones repaired: {_named(zones, broken)}")
    zones = from_polygons(zones)
    zones.attrs["notes"] = (*notes, *zones.attrs["notes"])
    return zones


@takes
def read_incidents(
    path: str | Path | pd.DataFrame,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Read a layer of incidents at their own points; a table of dispatch records is for `fireplan.read_cad`.

    Parameters
    ----------
    path, layer, columns, crs
        As in `read_zones`; known columns are `incident_id`, `call_type`, `category` and `priority`.

    Returns
    -------
    By `incident_id`, with all columns; what was found under other names stands in `.attrs["notes"]`.
    """
    incidents, notes = _layer(path, table="incidents", key="incident_id", layer=layer, columns=columns, crs=crs)
    incidents = incidents.set_index("incident_id")
    incidents.attrs["notes"] = tuple(notes)
    return incidents


def _layer(
    path: str | Path | pd.DataFrame,
    *,
    table: str,
    key: str,
    layer: str | None,
    columns: Mapping[str, str] | None,
    crs: str | None,
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read a layer with its columns under their own names, and its ids as text; and what is to be noted."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    what = {"zones": "zone file", "incidents": "incident file"}[table]
    read = read_office_table(path, what=what, table=table, layer=layer)
    faults = Faults(read.name)
    found, notes = name_columns(read.rows.columns, table, texts=read.texts, faults=faults, given=columns)
    if key not in found:
        faults.add(f"column '{key}' is missing; found {listed(read.rows.columns)}")
    system = _system(read, table, crs, faults)
    for column in (c for c in PEOPLE if c in found and table == "zones"):
        _check_separators(read.texts(found[column]), found[column], read.rows[found[column]], faults)
    faults.raise_if_any()
    rows = read.rows.rename(columns={name: column for column, name in found.items()})
    rows = rows.assign(**{key: read.texts(found[key])})
    shapes = gpd.GeoSeries(read.shapes).set_crs(system).force_2d()
    _check_places(shapes, read, faults)
    rows.insert(read.shapes_at, "geometry", shapes)
    return gpd.GeoDataFrame(rows, geometry="geometry"), [*read.notes, *notes]


def _check_places(shapes: gpd.GeoSeries, read: OfficeTable, faults: Faults) -> None:
    """Refuse places that are nowhere on earth, or too far from the others to be measured with them; name their rows."""
    held = shapes.to_numpy()
    corners = shapely.bounds(held)
    there = ~(shapely.is_missing(held) | shapely.is_empty(held))
    places, row = shapely.get_coordinates(held, return_index=True)
    with np.errstate(invalid="ignore"):
        odd = np.isin(np.arange(len(held)), row[~np.isfinite(places).all(axis=1)])
        if shapes.crs.is_geographic:
            odd |= there & ~(np.abs(corners) <= np.tile(EARTH_DEG, 2)).all(axis=1)
        why = "beyond 180 or 90 degrees, or no numbers: are latitude and longitude swapped, or is it another CRS?"
        if not odd.any() and there.any():
            both = corners[there].reshape(-1, 2)
            lonlat = project(both, source=shapes.crs, target=WGS84)
            lost = ~np.isfinite(lonlat).all(axis=1)
            why = "nowhere on earth in its CRS: is it another CRS?"
            if not lost.any():
                flat = project(lonlat, source=WGS84, target=metric_crs(lonlat[:, 0], lonlat[:, 1]))
                lost = ~np.isfinite(flat).all(axis=1)
                why = "too far from the others to be measured with them: leave it out, or correct it"
            odd[np.flatnonzero(there)[lost.reshape(-1, 2).any(axis=1)]] = True
    if odd.any():
        x, y = corners[np.argmax(odd), :2]
        named = listed((read.places[i] for i in np.flatnonzero(odd)), most=5)
        faults.add(f"{named}: coordinates such as {x:g}, {y:g} are {why}")
        faults.raise_if_any()


def _check_outlines(zones: gpd.GeoDataFrame) -> None:
    """Refuse lines: a zone is an outline, or a point where its people are taken to live."""
    lines = pd.Series(shapely.get_dimensions(zones.geometry.to_numpy()) == 1, index=zones.index)
    if lines.any():
        raise InputError(f"zones are lines, not outlines: {_named(zones, lines)}; give the layer of outlines")


def _check_separators(texts: list[str], name: str, values: pd.Series[Any], faults: Faults) -> None:
    """Refuse counts in text that may have a point for thousands: "1.010" is 1,010 people, or hardly more than one."""
    if pd.api.types.is_numeric_dtype(values):
        return
    either = [row for row, text in enumerate(texts, start=1) if _THOUSANDS.fullmatch(text)]
    if either:
        faults.add(
            f"column {quoted(name)} has {quoted(texts[either[0] - 1])} (row {listed(either, most=3)}): the point may"
            " part thousands or decimals; save it as numbers"
        )


def _system(read: OfficeTable, table: str, crs: str | None, faults: Faults) -> object:
    """CRS of a layer: its own, or the one that is named for it."""
    if read.shapes is None:
        mend = {
            "zones": "give a layer with their outlines; join the table to it by its ids first",
            "incidents": "give a layer, or name a table of dispatch records inputs.cad",
        }[table]
        faults.add(f"the {table} have no places: {mend}")
        return None
    if read.shapes.crs is None and crs is None:
        faults.add("crs is missing: save the layer with one, or name it with crs=")
        return None
    return read.shapes.crs if read.shapes.crs is not None else known_crs(crs, what=read.name)


def _named(zones: gpd.GeoDataFrame, which: pd.Series[bool]) -> str:
    """Name the rows of zones."""
    rows = np.flatnonzero(which.to_numpy())
    return listed((f"{quoted(zones['zone_id'].iloc[i])} (row {i + 1})" for i in rows), most=5)
