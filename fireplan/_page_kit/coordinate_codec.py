"""
Coordinates as short text.

A layer's coordinates are rounded to 1e-5 degrees (about a metre), written as differences from the point before, and
each difference as one to six characters of a 64-letter alphabet. `browser/packed_coordinates.js` reads them back. The
alphabet holds letters, digits, `-` and `_` only, so that packed text means nothing to HTML, JavaScript or a template.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
GRID = 1e5  # steps per degree
MOST_DIGITS = 6  # of 5 bits each: enough for 360 degrees, twice


def pack_integers(values: ArrayLike) -> str:
    """Write whole numbers as text: sign in the lowest bit, then groups of five bits, lowest group first."""
    v = np.asarray(values, dtype=np.int64)
    left = np.where(v < 0, -2 * v - 1, 2 * v)
    size = np.ones(len(v), dtype=np.int64)
    for digits in range(1, MOST_DIGITS):
        size += left >= 1 << (5 * digits)
    place = np.cumsum(size) - size
    letters = np.empty(int(size.sum()), dtype=np.uint8)
    while len(left):  # a letter of all, then the next of those that have one
        more = left > 31
        letters[place] = ALPHABET[(left & 31) | (more << 5)]
        left, place = left[more] >> 5, place[more] + 1
    return letters.tobytes().decode("ascii")


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
