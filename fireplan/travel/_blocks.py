"""Large zones, whose middle is far from every road: the nearest road of their own block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan.roads import OnRoad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

BESIDE_M = 50.0
"""A road so near to the outline of a block bounds it: blocks are drawn by kerbs, fences or lines in the road. [m]"""

AT_NODE_M = 0.5


def by_own_block(roads: RoadNetwork, shapes: NDArray[np.object_], middles_m: NDArray[np.float64]) -> OnRoad:
    """
    Put zones on that road in or along their own outline which is nearest to their middle.

    Parameters
    ----------
    roads
        The network.
    shapes
        The zones, in its CRS.
    middles_m
        A point inside each, n x 2. [m]

    Returns
    -------
    Street, fraction along it and distance from the middle; off the road are zones that have no outline, or no street in
    it or within 50 m of it that doors open on.
    """
    n, doors = len(shapes), roads.doors
    street, along, offset_m = np.full(n, -1, dtype=np.int32), np.zeros(n), np.full(n, np.inf)
    fit = np.flatnonzero(roads.has_doors & ~(doors.carried | doors.scrap) & doors.to_reach)
    outlines = np.flatnonzero(shapely.get_dimensions(shapes) == 2) if n else np.empty(0, dtype=np.int64)
    if not len(outlines) or not len(fit):
        return OnRoad(street, along, offset_m)
    lines = roads.streets.geometry.to_numpy()
    ground = shapely.buffer(shapes[outlines], BESIDE_M)
    block, line = shapely.STRtree(lines[fit]).query(ground, predicate="intersects")
    line = fit[line]
    inside = shapely.intersection(lines[line], ground[block])
    middle = shapely.points(middles_m[outlines[block]])
    away_m = shapely.distance(inside, middle)
    order = np.lexsort((line, away_m, block))
    first = order[np.flatnonzero(np.diff(block[order], prepend=-1))]
    first = first[np.isfinite(away_m[first])]
    foot = shapely.get_point(shapely.shortest_line(inside[first], middle[first]), 0)
    rows, chosen = outlines[block[first]], line[first]
    street[rows], offset_m[rows] = chosen, away_m[first]
    part = shapely.line_locate_point(lines[chosen], foot, normalized=True)
    near_m = AT_NODE_M / np.maximum(roads.length_m[chosen], AT_NODE_M)
    along[rows] = np.where(part < near_m, 0.0, np.where(1.0 - part < near_m, 1.0, part))
    return OnRoad(street, along, offset_m)
