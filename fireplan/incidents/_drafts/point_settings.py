"""How the points of a file are written: degrees, micro-degrees, without a sign, or on a grid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan.errors import quoted

if TYPE_CHECKING:
    from fireplan.incidents._drafts.column_values import ColumnValues

MICRO = 1e6
FARTHEST_NORTH = 15.5e6
"""Northings of cities on any grid lie below it, in feet or metres: larger ones are micro-degrees."""
BRITISH_GRID = (700_000.0, 1_300_000.0)
"""Largest eastings and northings of the British National Grid. [m]"""

_PAIR = re.compile(r"(-?\d+\.\d+)\s*[, ]\s*(-?\d+\.\d+)")
_WKT = re.compile(r"POINT|coordinates", re.IGNORECASE)


class PointSettings(NamedTuple):
    """Keys of [point] besides the columns, and what has to be asked of it."""

    keys: dict[str, Any]
    question: str = ""


def of_two_columns(latitude: ColumnValues, longitude: ColumnValues, *, timezone: str | None) -> PointSettings:
    """Find out what two columns of numbers are."""
    lat, lon = (values.numbers[np.isfinite(values.numbers) & (values.numbers != 0)] for values in (latitude, longitude))
    if not len(lat) or not len(lon):
        return PointSettings({})
    y, x = float(np.median(lat)), float(np.median(lon))
    keys: dict[str, Any] = {}
    if FARTHEST_NORTH < abs(y) <= 90 * MICRO and MICRO < abs(x) <= 180 * MICRO:
        keys["scale"] = 1 / MICRO
        y, x = y / MICRO, x / MICRO
    if abs(y) > 90 or abs(x) > 180:
        if timezone == "Europe/London" and 0 < x < BRITISH_GRID[0] and 0 < y < BRITISH_GRID[1]:
            return PointSettings({"crs": "EPSG:27700"}, "points are on a grid: taken for the British National Grid")
        if abs(y) <= 180 and abs(x) <= 90:
            return PointSettings({}, "latitude and longitude look swapped: change the two columns over in [point]")
        return PointSettings({}, "points are no degrees but on a grid: give its crs in [point], such as 'EPSG:2272'")
    if x > 0 and timezone is not None and timezone.startswith(("America/", "US/", "Canada/")):
        keys["west_positive"] = True
    return PointSettings(keys)


def of_one_column(values: ColumnValues) -> PointSettings:
    """Find out which of two numbers in a cell stands first."""
    texts = [str(text) for text in values.counts.index[:200]]
    if any(map(_WKT.search, texts)):
        return PointSettings({})
    pairs = np.array([found.groups() for found in map(_PAIR.search, texts) if found], dtype=float).reshape(-1, 2)
    if not len(pairs):
        return PointSettings({})
    first, second = np.abs(np.median(pairs, axis=0))
    if first > 90 >= second:
        return PointSettings({"order": "lon_lat"})
    if second <= 90 and not any(text.rstrip().endswith(")") for text in texts):
        return PointSettings(
            {"order": "lat_lon"},
            f"which number of {quoted(texts[0])} is the latitude? The first is taken: [point] order says so",
        )
    return PointSettings({})
