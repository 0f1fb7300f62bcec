"""Points on the road network: the nearest street, how far along it, and how far off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan.crs import project
from fireplan.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

SNAP_LIMIT_M = 200.0
"""Farther than this from any street, a place counts as off the road. [m]"""

AT_NODE_M = 0.5
"""What is nearer than this to the end of its street stands at the node, whichever street was nearest by a hair. [m]"""


@takes
@dataclass(frozen=True, eq=False)
class OnRoad:
    """
    Points on streets.

    Attributes
    ----------
    street
        Row of the street in the network; -1: off the road.
    along
        Fraction of the street, from its first to its last node.
    offset_m
        Distance from the point to the street; inf: off the road. [m]
    """

    street: NDArray[np.int32]
    along: NDArray[np.float64]
    offset_m: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of points."""
        return len(self.street)


@takes
def snap(roads: RoadNetwork, points: gpd.GeoSeries, *, limit_m: float = SNAP_LIMIT_M, freeways: bool = True) -> OnRoad:
    """
    Put points on the nearest street.

    Parameters
    ----------
    roads
        The network.
    points
        Points with a CRS; missing ones stay off the road.
    limit_m
        Points farther than this from every street stay off the road. [m]
    freeways
        Whether motorways and ramps count. Incidents happen on them; doors do not open on them.

    Returns
    -------
    Street, fraction along it and offset of every point, in the order given. The offset adds no time.
    """
    missing = points.isna() | points.is_empty
    xy = np.full((len(points), 2), np.nan)
    here = ~missing.to_numpy()
    xy[here] = project(
        np.column_stack([points.array[here].x, points.array[here].y]), source=points.crs, target=roads.crs
    )
    return snap_xy(roads, xy, limit_m=limit_m, freeways=freeways)


@takes
def snap_xy(roads: RoadNetwork, xy_m: NDArray[np.float64], *, limit_m: float, freeways: bool) -> OnRoad:
    """Put coordinates in the network's CRS on the nearest street; otherwise as `snap`."""
    if np.ndim(xy_m) != 2 or np.shape(xy_m)[1] != 2 or not np.issubdtype(np.asarray(xy_m).dtype, np.number):
        raise InputError(f"xy_m is an array of shape {np.shape(xy_m)}: give one of numbers in two columns, x and y")
    allowed = roads.drivable if freeways else roads.has_doors
    points = np.asarray(xy_m, dtype=float)
    street, along, offset_m = kernel.snap(roads.segment_grid, points, limit_m=float(limit_m), allowed=allowed)
    length_m = np.append(roads.length_m, 0.0)[street]  # off the road: the last
    along = np.where(along * length_m < AT_NODE_M, 0.0, np.where((1.0 - along) * length_m < AT_NODE_M, 1.0, along))
    return OnRoad(street, along, offset_m)
