"""Lines and outlines made lighter for a page: thinned out, joined, neighbours still fitting each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan._page_kit.coordinate_codec import GRID
from fireplan.crs import PLACE_GRID_DEG

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRES_PER_DEGREE = 111_320.0


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
    snapped = shapely.set_precision(_single(lines), 1 / GRID)
    snapped = snapped[~shapely.is_empty(snapped)]
    if not len(snapped):
        return snapped
    alike = shapely.normalize(snapped)
    _, each = np.unique(shapely.to_wkb(alike), return_index=True)
    whole = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_single(alike[each]))))
    middle = np.mean(shapely.total_bounds(whole)[[1, 3]])
    to_m = METRES_PER_DEGREE * np.array([np.cos(np.radians(middle)), 1.0])
    # Line by line: all at once each piece is held against all others, in time that grows faster than their number.
    metric = _scaled(whole, to_m)
    # Plainly, in a seventh of the time that it takes to see that no line comes to cross itself; a loop would vanish.
    thinned = shapely.simplify(metric, tolerance_m, preserve_topology=False)
    loop = shapely.is_closed(metric)
    thinned[loop] = shapely.simplify(metric[loop], tolerance_m)
    return shapely.normalize(_scaled(thinned, 1 / to_m))


def _single(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take lines of several parts apart; where there are none, nothing is copied."""
    several = shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING
    return np.asarray(shapely.get_parts(lines)) if several.any() else lines


def _scaled(lines: NDArray[np.object_], factor: NDArray[np.float64]) -> NDArray[np.object_]:
    """Stretch lines; made anew from their points in half the time that `shapely.transform` takes to set them."""
    xy, of = shapely.get_coordinates(lines, return_index=True)
    return np.asarray(shapely.linestrings(xy * factor, indices=of))
