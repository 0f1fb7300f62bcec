"""Distances and centres on the globe, good enough to tell a bad coordinate from a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fireplan.incidents._times.time_zones import zone_place

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Flags, Floats

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
ZONE_REACH_M = 3_500_000.0  # from a zone's principal place; wider than any zone but a few

Degrees = float | npt.NDArray[np.float64]


def distance_m(lat: Degrees, lon: Degrees, *, to: tuple[Degrees, Degrees]) -> Floats:
    """Great-circle distance by the haversine formula, right across the antimeridian and at the poles. [m]"""
    lat1, lon1, lat2, lon2 = (np.radians(np.asarray(value, dtype=np.float64)) for value in (lat, lon, *to))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))), dtype=np.float64)


def centre_of(lat: Floats, lon: Floats) -> tuple[float, float]:
    """
    Find a robust centre: the median of the points as vectors, which a few outliers hardly move.

    Returns
    -------
    Latitude and longitude. [degrees]
    """
    phi, lam = np.radians(lat), np.radians(lon)
    vectors = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    x, y, z = np.median(vectors, axis=0)
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def near_zone(lat: Floats, lon: Floats, *, timezone: str) -> Flags:
    """Tell for each point whether it lies where a time zone is kept; none does if the zone has no place."""
    place = zone_place(timezone)
    if place is None:
        return np.zeros(len(lat), dtype=bool)
    on_globe = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    return np.asarray(on_globe & (distance_m(lat, lon, to=place) <= ZONE_REACH_M), dtype=bool)
