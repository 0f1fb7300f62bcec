"""A point in one cell, in the ways in which exports write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from typing import Literal

_NUMBER = r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
_DOTTED = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PAIR = re.compile(rf"\(?\s*({_NUMBER})\s*[,;]?\s+({_NUMBER})\s*\)?|\(?\s*([+-]?[\d.]+),([+-]?[\d.]+)\s*\)?")
_WKT = re.compile(
    rf"(?:SRID\s*=\s*\d+\s*;\s*)?POINT\s*(?:ZM|Z|M)?\s*\(\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER}){{0,2}}\s*\)",
    re.IGNORECASE,
)
_GEOJSON = re.compile(rf"[\"']coordinates[\"']\s*:\s*\[\s*({_DOTTED})\s*,\s*({_DOTTED})")
_KEYS = {
    name: re.compile(rf"[\"']{name}[\"']\s*:\s*[\"']?({_DOTTED})[\"']?\s*[,}}]") for name in ("latitude", "longitude")
}
_AFTER_ADDRESS = re.compile(rf"\(\s*({_DOTTED})\s*,\s*({_DOTTED})\s*\)\s*$")


def points_apart(text: pd.Series[str], *, order: Literal["lat_lon", "lon_lat"]) -> pd.DataFrame:
    """
    Part cells that hold a point into latitude and longitude, as text.

    Read are a pair of numbers, with or without brackets; WKT, with heights and an SRID before it; a GeoJSON point; an
    object with latitude and longitude; and an address that a pair in brackets follows. What is none of these stays as
    it is, in both columns.

    Parameters
    ----------
    text
        The cells.
    order
        Which of a pair comes first. WKT and GeoJSON have the longitude first by their own rules.
    """
    codes, values = pd.factorize(text)
    pairs = [_latitude_longitude(str(value), order=order) for value in values]
    spread = np.array(pairs, dtype=object).reshape(-1, 2)[codes]
    return pd.DataFrame(spread, columns=["latitude", "longitude"], index=text.index, dtype="str")


def _latitude_longitude(text: str, *, order: str) -> tuple[str, str]:
    if "oint" in text or "OINT" in text or "coordinates" in text:
        found = _WKT.search(text) or _GEOJSON.search(text)
        if found:
            return found[2], found[1]
    if "latitude" in text:
        latitude, longitude = (pattern.search(text) for pattern in _KEYS.values())
        if latitude and longitude:
            return latitude[1], longitude[1]
    found = _PAIR.fullmatch(text) or _AFTER_ADDRESS.search(text)
    one, two = [part for part in found.groups() if part] if found else (text, text)
    return (two, one) if order == "lon_lat" else (one, two)
