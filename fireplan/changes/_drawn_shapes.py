"""Grounds and lines that a change is drawn by: as WKT, pairs of coordinates, shapes, layers or files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from fireplan._checked import said
from fireplan._geofiles.vector_files import read_vector
from fireplan.crs import HALF_TURN_DEG, PLACE_DECIMALS, PLACE_GRID_DEG, TURN_DEG, WGS84, project, within_180
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ground = Any
"""Outlines: WKT, a file of them, pairs of longitude and latitude, a shapely shape, or a layer with a CRS."""

Line = Any
"""A line: WKT, a file of one, pairs of longitude and latitude, a shapely line, or a layer with a CRS."""

AREAS, LINES = "outlines", "a line"
WKT = {
    AREAS: ("POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION"),
    LINES: ("LINESTRING", "MULTILINESTRING"),
}
GIVE = {
    AREAS: "WKT such as 'POLYGON ((-117.3 33.1, ...))', a file, pairs of longitude and latitude, or a layer with a CRS",
    LINES: "WKT such as 'LINESTRING (-117.3 33.1, ...)', a file, or pairs of longitude and latitude",
}


def drawn_ground(value: object) -> str:
    """
    Read outlines and give them as WKT, in longitude and latitude.

    Raises
    ------
    InputError
        Saying what it is instead, to be set behind the name of the argument.
    """
    shape = _finite(_shape(value, AREAS))
    parts = [p for p in shapely.get_parts(_flat(shape)) if shapely.get_dimensions(p) == 2 and not shapely.is_empty(p)]
    if not parts:
        raise InputError(f"holds no outline, but {_kind(shape)}: give polygons")
    _check_degrees(shapely.get_coordinates(parts))
    whole = shapely.union_all(shapely.make_valid(within_180(np.array(parts), small=True)))
    if shapely.get_dimensions(whole) < 2 or not whole.area > 0:
        raise InputError("encloses no ground: give the corners of its outline in order")
    whole = shapely.normalize(shapely.set_precision(whole, PLACE_GRID_DEG))
    return str(shapely.to_wkt(whole, rounding_precision=PLACE_DECIMALS))


def drawn_line(value: object) -> tuple[tuple[float, float], ...]:
    """
    Read one line and give its points, in longitude and latitude.

    Raises
    ------
    InputError
        Saying what it is instead, to be set behind the name of the argument.
    """
    shape = _finite(_shape(value, LINES))
    parts = [p for p in shapely.get_parts(_flat(shape)) if shapely.get_dimensions(p) == 1]
    if parts and not shapely.length(parts).any():
        raise InputError("has no length: give two places at least")
    if len(parts) > 1:
        parts = list(shapely.get_parts(shapely.line_merge(_turned(shapely.MultiLineString(parts)))))
    if len(parts) != 1:
        held = f"{len(parts)} lines that do not join" if parts else _kind(shape)
        raise InputError(f"holds {held}: give one line, or a change for each")
    points = shapely.get_coordinates(parts[0])
    _check_degrees(points)
    beyond = np.abs(points[:, 0]) > HALF_TURN_DEG
    points[beyond, 0] -= TURN_DEG * np.sign(points[beyond, 0])
    return tuple((float(x), float(y)) for x, y in points.round(PLACE_DECIMALS))


def ground_m(wkt: str, *, crs: Any) -> shapely.Geometry:  # noqa: ANN401 - a CRS of any kind
    """Give outlines that `drawn_ground` read in a metric CRS."""
    return shapely.make_valid(
        shapely.transform(shapely.from_wkt(wkt), lambda xy: project(xy, source=WGS84, target=crs))
    )


def line_m(points: tuple[tuple[float, float], ...], *, crs: Any) -> shapely.LineString:  # noqa: ANN401
    """Give a line that `drawn_line` read in a metric CRS."""
    return shapely.LineString(project(np.array(points, dtype=float), source=WGS84, target=crs))


def _turned(lines: shapely.MultiLineString) -> shapely.MultiLineString:
    """Count longitudes from 0 to 360 where lines lie on both sides of the 180th meridian: there they join."""
    if not np.ptp(shapely.get_coordinates(lines)[:, 0]) > HALF_TURN_DEG:
        return lines
    return shapely.transform(lines, lambda xy: np.column_stack([xy[:, 0] % TURN_DEG, xy[:, 1]]))


def _shape(value: object, what: str) -> shapely.Geometry:
    """Read a shape in whatever form it is given."""
    if isinstance(value, shapely.Geometry):
        return value
    if isinstance(value, Path):
        return _of_file(value, what)
    if isinstance(value, str):
        return _of_text(value, what)
    if hasattr(value, "geometry") and hasattr(value, "crs"):
        return _of_layer(value)
    pairs = _pairs(value)
    if pairs is None:
        raise InputError(f"is {said(value)}: give {GIVE[what]}")
    if not np.isfinite(pairs).all():
        raise InputError("holds coordinates that are no numbers")
    try:
        return shapely.Polygon(pairs) if what == AREAS else shapely.LineString(pairs)
    except (ValueError, shapely.errors.GEOSException):
        least = "three corners" if what == AREAS else "two places"
        raise InputError(f"has {len(pairs)} of them: give {least} at least") from None


def _of_text(value: str, what: str) -> shapely.Geometry:
    """Read WKT, or the file of that name."""
    if value.strip().upper().startswith(WKT[what]):
        try:
            with np.errstate(invalid="ignore"):  # what is no number is told below
                return shapely.from_wkt(value)
        except shapely.errors.GEOSException as error:
            raise InputError(f"{quoted(value)} cannot be read as WKT: {str(error).strip()[:120]}") from None
    if not Path(value).suffix:
        raise InputError(f"is {quoted(value)}: give {GIVE[what]}")
    return _of_file(Path(value), what)


def _finite(shape: shapely.Geometry) -> shapely.Geometry:
    """Make sure that coordinates are numbers."""
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise InputError("holds coordinates that are no numbers")
    return shape


def _of_file(file: Path, what: str) -> shapely.Geometry:
    return _of_layer(read_vector(file, what=what.removeprefix("a ")))


def _of_layer(layer: Any) -> shapely.Geometry:  # noqa: ANN401 - a layer of any kind
    if layer.crs is None:
        raise InputError("has no CRS: call .set_crs('EPSG:4326') if its coordinates are longitude and latitude")
    shapes = layer.geometry.to_crs(4326)
    return shapely.GeometryCollection([s for s in shapes if s is not None and not s.is_empty])


def _pairs(value: object) -> list[tuple[float, float]] | None:
    """Longitude and latitude one after the other; None: it is nothing of the kind."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) or hasattr(value, "columns"):
        return None
    found = []
    for one in value:
        if isinstance(one, str | bytes | Mapping) or not isinstance(one, Iterable):
            return None
        pair = list(one)
        if len(pair) != 2 or not all(isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in pair):
            return None
        found.append((float(pair[0]), float(pair[1])))
    return found or None


def _flat(shape: shapely.Geometry) -> shapely.Geometry:
    """Take collections within collections apart."""
    parts = shapely.get_parts(shape)
    while any(shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION) or any(
        shapely.get_type_id(parts) > shapely.GeometryType.POLYGON
    ):
        parts = shapely.get_parts(parts)
    return shapely.GeometryCollection(list(parts))


def _kind(shape: shapely.Geometry) -> str:
    return "nothing" if shapely.is_empty(shape) else type(shape).__name__


def _check_degrees(points: NDArray[np.float64]) -> None:
    """Make sure that coordinates are degrees, longitude first."""
    lon, lat = np.abs(points[:, 0]).max(), np.abs(points[:, 1]).max()
    if lat > 90 and lon <= 90:
        raise InputError("has latitude and longitude swapped: write longitude first")
    if lon > TURN_DEG or lat > 90:  # from 180 to 360 it is drawn across the 180th meridian, or counted from 0
        raise InputError("is not in longitude and latitude: a projected system? Give a layer with its CRS")
