"""Distances and centres on the globe, good enough to tell a bad coordinate from a good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from fireplan.incidents._times.time_zones import zone_place

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Flags, Floats

GLOBE = Geod(a=6_371_008.8, f=0)  # a ball of the mean radius, IUGG: an ellipsoid is not needed here, and slower
ROUNDING = 1 + 1e-9  # more than what rounding may take off a bound
ZONE_REACH_M = 3_500_000.0  # from a zone's principal place; wider than any zone but a few

Degrees = float | npt.NDArray[np.float64]


def distance_m(lat: Degrees, lon: Degrees, *, to: tuple[Degrees, Degrees], where: Flags | None = None) -> Floats:
    """
    Great-circle distance, right across the antimeridian and at the poles; NaN where it is not asked for. [m]

    Parameters
    ----------
    lat, lon
        One place, or many. [degrees]
    to
        Latitude and longitude of the other. [degrees]
    where
        Which of many it is worked out for; left out: all. It takes half a microsecond each.
    """
    places = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in (lat, lon, *to)))
    asked = np.ones(places[0].shape, dtype=bool) if where is None else where
    lat1, lon1, lat2, lon2 = (place[asked] for place in places)
    away_m = np.full(places[0].shape, np.nan)
    away_m[asked] = GLOBE.inv(lon1, lat1, lon2, lat2, return_back_azimuth=False)[2]
    return away_m


def longest_m(lat: Floats, lon: Floats, *, to: tuple[float, float]) -> Floats:
    """Give what the distance to a place is no longer than: along the meridian, then along the place's parallel. [m]"""
    along_rad = np.radians(np.abs(lon - to[1])) * np.cos(np.radians(to[0]))
    return np.asarray((np.radians(np.abs(lat - to[0])) + along_rad) * GLOBE.a * ROUNDING)


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


def near_zone(lat: Floats, lon: Floats, *, timezone: str, where: Flags | None = None) -> Flags:
    """Tell for each point (of those asked about) whether it lies where a time zone is kept; none if it has no place."""
    place = zone_place(timezone)
    if place is None:
        return np.zeros(len(lat), dtype=bool)
    on_globe = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    asked = on_globe if where is None else on_globe & where
    # Along a meridian, then along a parallel, is never shorter: nearly all points need no more than this sum.
    sure = asked & (np.radians(np.abs(lat - place[0]) + np.abs(lon - place[1])) * GLOBE.a <= ZONE_REACH_M)
    return np.asarray(sure | (distance_m(lat, lon, to=place, where=asked & ~sure) <= ZONE_REACH_M), dtype=bool)
