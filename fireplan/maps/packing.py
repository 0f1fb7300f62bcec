"""
Coordinates as short text.

A layer's coordinates are rounded to 1e-5 degrees (about a metre), written as differences from the point before, and
each difference as one to six characters of a 64-letter alphabet. The page's own script reads them back. The alphabet
holds letters, digits, `-` and `_` only, so that packed text means nothing to HTML, JavaScript or a template.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan.crs import PLACE_GRID_DEG

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
GRID = 1e5  # steps per degree
MOST_DIGITS = 6  # of 5 bits each: enough for 360 degrees, twice
METRES_PER_DEGREE = 111_320.0


def pack_integers(values: ArrayLike) -> str:
    """Write whole numbers as text: sign in the lowest bit, then groups of five bits, lowest group first."""
    v = np.asarray(values, dtype=np.int64)
    unsigned = np.where(v < 0, -2 * v - 1, 2 * v)
    groups = unsigned[:, None] >> (5 * np.arange(MOST_DIGITS))
    needed = np.maximum(1, (groups > 0).sum(axis=1))
    place = np.arange(MOST_DIGITS)
    more = place < needed[:, None] - 1
    letters = ALPHABET[(groups & 31) | np.where(more, 32, 0)]
    text: bytes = letters[place < needed[:, None]].tobytes()
    return text.decode("ascii")


def pack_coordinates(xy: NDArray[np.float64]) -> str:
    """Write points (longitude, latitude) as text, each as the step from the one before."""
    grid = np.rint(np.asarray(xy, dtype=np.float64).reshape(-1, 2) * GRID).astype(np.int64)
    return pack_integers(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel())


def pack_lines(lines: NDArray[np.object_]) -> tuple[str, str]:
    """Write lines as two texts: how many points each has, and the points."""
    xy, of = shapely.get_coordinates(lines, return_index=True)
    return pack_integers(np.bincount(of, minlength=len(lines))), pack_coordinates(xy)


def pack_polygons(areas: NDArray[np.object_]) -> tuple[str, str]:
    """
    Write polygons and multipolygons as two texts: their structure, and their points.

    The structure is, for each area, its number of polygons; for each of these its number of rings; for each of these
    its number of points. The point that closes a ring is left out.
    """
    polygons, area_of = shapely.get_parts(areas, return_index=True)
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    closes = np.append(ring_of[1:] != ring_of[:-1], True) if len(ring_of) else np.zeros(0, dtype=bool)
    points = np.bincount(ring_of[~closes], minlength=len(rings))
    structure: list[int] = []
    first_ring = np.searchsorted(polygon_of, np.arange(len(polygons) + 1))
    first_polygon = np.searchsorted(area_of, np.arange(len(areas) + 1))
    for start, stop in pairwise(first_polygon):
        structure.append(stop - start)
        for p in range(start, stop):
            structure.append(first_ring[p + 1] - first_ring[p])
            structure.extend(points[first_ring[p] : first_ring[p + 1]])
    return pack_integers(structure), pack_coordinates(xy[~closes])


def simplified(areas: NDArray[np.object_], *, tolerance_m: float) -> NDArray[np.object_]:
    """
    Thin out the outlines of areas; neighbours that shared a border still do.

    Parameters
    ----------
    areas
        Polygons and multipolygons in longitude and latitude.
    tolerance_m
        A corner goes if the triangle it makes is smaller than the square of this [1]_. An area that would vanish or
        break keeps its outline. [m]

    Notes
    -----
    Areas that overlap or whose borders do not match have no common borders to keep: each is thinned alone, by how far
    the outline moves.

    References
    ----------
    .. [1] M. Visvalingam and J. D. Whyatt, "Line generalisation by repeated elimination of points", The Cartographic
       Journal 30 (1993).
    """
    if not len(areas) or tolerance_m <= 0:
        return areas
    bounds = shapely.total_bounds(areas)
    if not np.isfinite(bounds).all():
        return areas
    to_m = METRES_PER_DEGREE * np.array([np.cos(np.radians(np.mean(bounds[[1, 3]]))), 1.0])
    # Corners that differ by less than a centimetre are one: after a change of CRS they may not be quite.
    metric = shapely.transform(shapely.set_precision(areas, PLACE_GRID_DEG, mode="pointwise"), lambda xy: xy * to_m)
    if shapely.is_valid(metric).all() and shapely.coverage_is_valid(metric):
        thin = shapely.coverage_simplify(metric, tolerance_m)
    else:
        thin = shapely.simplify(metric, tolerance_m)
    kept = shapely.is_valid(thin) & ~shapely.is_empty(thin)
    return np.where(kept, shapely.transform(thin, lambda xy: xy / to_m), areas)


def merged_lines(lines: NDArray[np.object_], *, tolerance_m: float) -> NDArray[np.object_]:
    """
    Join lines end to end, thin out their points, and put them in an order of their own.

    A street that is there in both directions is kept once.

    Parameters
    ----------
    lines
        LineStrings and MultiLineStrings in longitude and latitude.
    tolerance_m
        How far a thinned line may leave the original. [m]
    """
    parts = shapely.get_parts(lines)
    snapped = shapely.set_precision(parts, 1 / GRID)
    snapped = snapped[~shapely.is_empty(snapped)]
    if not len(snapped):
        return snapped
    each = np.unique(shapely.to_wkb(shapely.normalize(snapped)))
    whole = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(shapely.from_wkb(each))))
    middle = np.mean(shapely.total_bounds(whole)[[1, 3]])
    to_m = METRES_PER_DEGREE * np.array([np.cos(np.radians(middle)), 1.0])
    thinned = shapely.simplify(shapely.transform(whole, lambda xy: xy * to_m), tolerance_m)
    return shapely.normalize(shapely.get_parts(shapely.transform(thinned, lambda xy: xy / to_m)))
