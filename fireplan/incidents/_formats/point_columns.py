"""Points of features as two columns in degrees."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fireplan.errors import InputError, quoted
from fireplan.incidents._formats.text_table import TEXT

if TYPE_CHECKING:
    import pyproj

    from fireplan.incidents._columns_and_types import Flags, Floats
    from fireplan.incidents._formats.text_table import Records

X, Y = "longitude", "latitude"
"""Names of the columns in which the point of a feature stands."""

_DEGREES = re.compile(r"(?:.*epsg:.*)?4326|.*crs:?84", re.IGNORECASE)


def crs_of(said: object) -> str | None:
    """
    Tell which CRS a file says its points are in; None if it says nothing, or degrees.

    Parameters
    ----------
    said
        A `crs` of GeoJSON, or a `spatialReference` of ArcGIS.
    """
    name: object = None
    if isinstance(said, dict):
        held = said.get("properties")
        name = held.get("name") if isinstance(held, dict) else None
        name = name or said.get("latestWkid") or said.get("wkid") or said.get("wkt")
    return None if not name or _DEGREES.fullmatch(str(name)) else str(name)


def in_degrees(records: Records, crs: str, at: Flags, *, name: str) -> Records:
    """
    Give the points of some rows in degrees.

    Parameters
    ----------
    records
        With columns `longitude` and `latitude`.
    crs
        What these are in: an EPSG or ESRI number, a name, or WKT.
    at
        The rows whose points are in it.
    name
        Of the file, for errors.

    Raises
    ------
    InputError
        If there is no such CRS.
    """
    places = [records.header.index(column) for column in (X, Y)]
    if not at.any() or not all(place in records.columns for place in places):
        return records
    texts = [records.columns[place].to_numpy(zero_copy_only=False) for place in places]
    x, y = (column[at].astype(float) for column in texts)
    for column, values in zip(texts, degrees(known_crs(crs, name=name), x, y), strict=True):
        column[at] = [f"{value:.7f}" if np.isfinite(value) else "" for value in values]
    fresh = {place: pa.chunked_array([pa.array(c, type=TEXT)]) for place, c in zip(places, texts, strict=True)}
    return dataclasses.replace(records, columns=records.columns | fresh)


def known_crs(crs: str, *, name: str) -> pyproj.CRS:
    """Find a CRS by its number at EPSG or Esri, its name or WKT."""
    import pyproj  # noqa: PLC0415 - slow to import, and hardly ever needed

    tried: list[Any] = [f"EPSG:{crs}", f"ESRI:{crs}"] if crs.isdigit() else [crs]
    for one in tried:
        try:
            return pyproj.CRS.from_user_input(one)
        except pyproj.exceptions.CRSError:
            continue
    raise InputError(f"{quoted(name)}: its points are in crs {quoted(crs)}, which is not known: ask for EPSG:4326")


def degrees(crs: pyproj.CRS, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn coordinates into longitude and latitude."""
    import pyproj  # noqa: PLC0415

    longitude, latitude = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)
