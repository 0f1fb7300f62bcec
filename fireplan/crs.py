"""The metric coordinate system of a study area, and moving geometry in and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj

from fireplan.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["WGS84", "metric_crs", "project"]

WGS84 = pyproj.CRS.from_epsg(4326)

PLACE_DECIMALS = 7
"""Decimals of a degree to which places are kept: about a centimetre, so that what is written and read is the same."""

PLACE_GRID_DEG = 1e-7
"""The same as a grid on which outlines meet. [°]"""

UTM_SOUTH_LIMIT_DEG, UTM_NORTH_LIMIT_DEG = -80.0, 84.0


def metric_crs(longitude: ArrayLike, latitude: ArrayLike) -> pyproj.CRS:
    """
    Choose the metric CRS in which a study area is measured.

    Parameters
    ----------
    longitude, latitude
        Places in the area, WGS 84. [°]

    Returns
    -------
    The UTM zone of the area's middle; polar stereographic beyond UTM's limits.

    Notes
    -----
    Distances in a UTM zone are true to 0.1 % within some 6° of its middle [1]_: a county lies well inside one. The
    middle is a mean of directions, so an area across the 180th meridian gets a zone beside it, not Greenwich.

    References
    ----------
    .. [1] J. P. Snyder, "Map projections: a working manual", USGS Professional Paper 1395, 1987,
       https://doi.org/10.3133/pp1395.
    """
    lon = np.radians(np.asarray(longitude, dtype=float))
    lat = np.asarray(latitude, dtype=float)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        raise InputError("no place with a longitude and a latitude: a metric CRS cannot be chosen")
    middle_lon = float(np.degrees(np.arctan2(np.sin(lon[known]).mean(), np.cos(lon[known]).mean())))
    middle_lat = float(lat[known].mean())
    if middle_lat > UTM_NORTH_LIMIT_DEG:
        return pyproj.CRS.from_epsg(32661)
    if middle_lat < UTM_SOUTH_LIMIT_DEG:
        return pyproj.CRS.from_epsg(32761)
    zone = min(60, int((middle_lon + 180) // 6) + 1)
    return pyproj.CRS.from_epsg((32600 if middle_lat >= 0 else 32700) + zone)


def project(xy: NDArray[np.float64], *, source: pyproj.CRS | str, target: pyproj.CRS | str) -> NDArray[np.float64]:
    """
    Move coordinates from one CRS to another.

    Parameters
    ----------
    xy
        Coordinates, n x 2, easting or longitude first.
    source, target
        The two systems.
    """
    if pyproj.CRS.from_user_input(source) == pyproj.CRS.from_user_input(target):
        return xy
    move = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return np.column_stack(move.transform(xy[:, 0], xy[:, 1]))


def known_crs(value: object, *, what: str) -> pyproj.CRS:
    """Read a CRS that a person or a file names, or say that there is no such thing."""
    try:
        return pyproj.CRS.from_user_input(value)
    except (pyproj.exceptions.CRSError, TypeError, ValueError) as error:
        raise InputError(f"{what}: crs {str(value)[:60]!r} is not known; name one such as 'EPSG:4326'") from error


def step_lengths_m(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Length of each step of a path, on the WGS 84 ellipsoid. [m]

    Parameters
    ----------
    lonlat
        The path's vertices, n x 2. [°]

    Returns
    -------
    n - 1 lengths, true on the ground: no projection's scale is in them.
    """
    _, _, step_m = pyproj.Geod(ellps="WGS84").inv(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    return np.asarray(step_m)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
