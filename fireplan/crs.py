"""The metric coordinate system of a study area, and moving geometry in and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyproj
import shapely

from fireplan.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

Placed = TypeVar("Placed", "gpd.GeoDataFrame", "gpd.GeoSeries")
__all__ = ["WGS84", "metric_crs", "project"]

WGS84 = pyproj.CRS.from_epsg(4326)

PLACE_DECIMALS = 7
"""Decimals of a degree to which places are kept: about a centimetre, so that what is written and read is the same."""

PLACE_GRID_DEG = 1e-7
"""The same as a grid on which outlines meet. [°]"""

TURN_DEG, HALF_TURN_DEG = 360.0, 180.0

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


def reproject(table: Placed, target: pyproj.CRS | str) -> Placed:
    """
    Move a table, or a column of geometry, from a metric CRS to another; what crosses the 180th meridian is cut there.

    Parameters
    ----------
    table
        With a CRS. One in degrees is moved as it is.
    target
        The other CRS.

    Notes
    -----
    In degrees a line from 179.9 to -179.9 leads around the earth, so that formats ask for two parts, one on each side
    (RFC 7946, section 3.1.9).
    """
    moved = table.to_crs(target)
    if not pyproj.CRS.from_user_input(target).is_geographic or table.crs.is_geographic:
        return moved
    shapes = moved.geometry.to_numpy()
    cut = cut_at_180(shapes, across=_wide(shapes))
    return moved if cut is shapes else _with_shapes(moved, cut)


def _wide(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which geometries of a study area reach around the earth in degrees: those that cross the 180th meridian."""
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):  # nothing is there
        return np.asarray(bounds[:, 2] - bounds[:, 0] > HALF_TURN_DEG)


def within_180(shapes: NDArray[np.object_], *, small: bool = False) -> NDArray[np.object_]:
    """
    Bring geometries that are drawn beyond 180 degrees back, in two parts where they cross; the same, if none is.

    Parameters
    ----------
    shapes
        In degrees.
    small
        Whether none can reach half around the earth, so that one which does was drawn from one side to the other.
    """
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):  # nothing is there
        beyond = (bounds[:, 2] > HALF_TURN_DEG) | (bounds[:, 0] < -HALF_TURN_DEG)
        near = (bounds[:, 2] <= TURN_DEG) & (bounds[:, 0] >= -TURN_DEG)
        wide = bounds[:, 2] - bounds[:, 0] > HALF_TURN_DEG
    return cut_at_180(shapes, across=near & ((beyond & ~wide) | (wide & small)))


def cut_at_180(shapes: NDArray[np.object_], *, across: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Cut some geometries at the 180th meridian, into parts that lie between it and itself; the same, if none is."""
    if not across.any():
        return shapes
    found = shapes.copy()
    for row in np.flatnonzero(across):
        found[row] = _in_two(shapes[row])
    return found


def _in_two(shape: shapely.Geometry) -> shapely.Geometry:
    """Cut a geometry at the 180th meridian, whichever way it is drawn across."""
    pieces = shapely.get_parts(shape)
    turned = [shapely.transform(p, lambda xy: np.column_stack([xy[:, 0] % TURN_DEG, xy[:, 1]])) for p in pieces]
    one = turned[0] if len(turned) == 1 else shapely.union_all(turned)
    dimension = int(shapely.get_dimensions(one))
    if dimension == 2 and not shapely.is_valid(one):
        one = shapely.make_valid(one, method="structure", keep_collapsed=False)
    west = shapely.intersection(one, shapely.box(0.0, -90.0, HALF_TURN_DEG, 90.0))
    east = shapely.intersection(one, shapely.box(HALF_TURN_DEG, -90.0, TURN_DEG, 90.0))
    halves = [west, shapely.transform(east, lambda xy: xy - (TURN_DEG, 0.0))]
    parts = [p for half in halves for p in shapely.get_parts(half) if shapely.get_dimensions(p) == dimension]
    if len(parts) == 1 and shapely.get_type_id(shape) < shapely.GeometryType.MULTIPOINT:
        alone: shapely.Geometry = parts[0]
        return alone
    if dimension == 2:
        return shapely.MultiPolygon(parts)
    return shapely.MultiLineString(parts) if dimension == 1 else shapely.MultiPoint(parts)


def bounds_deg(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """
    West, south, east and north of geometries in degrees. [°]

    Of those on both sides of the 180th meridian east is beyond 180: what lies there is one place, and not the earth.
    """
    if not len(shapes):
        return np.full(4, np.nan)
    around = np.asarray(shapely.total_bounds(shapes))
    if not around[2] - around[0] > HALF_TURN_DEG or _wide(shapely.get_parts(shapes)).any():
        return around
    xy = shapely.get_coordinates(shapes)
    turned = xy[:, 0] % TURN_DEG
    if np.ptp(turned) > HALF_TURN_DEG:
        return around
    return np.array([turned.min(), around[1], turned.max(), around[3]])


def _with_shapes(table: Placed, shapes: NDArray[np.object_]) -> Placed:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if isinstance(table, gpd.GeoDataFrame):
        return table.set_geometry(shapes, crs=table.crs)
    return gpd.GeoSeries(shapes, index=table.index, crs=table.crs, name=table.name)


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
