"""Points on the road network: the street each belongs to, how far along it, and how far off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan.crs import project
from fireplan.errors import InputError
from fireplan.roads._turns import Feature

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

SNAP_LIMIT_M = 200.0
"""Farther than this from any street, a place counts as off the road. [m]"""

AT_NODE_M = 0.5
"""What is nearer than this to the end of its street stands at the node, whichever street was nearest by a hair. [m]"""

MORE_M = 50.0
"""A place is taken off a street that is unfit for another which lies at most so much farther off. [m]"""

DRIVEWAY_M = 15.0
"""A drawn driveway is a station's own if it comes as near to it as this. [m]"""

Standing = Literal["station", "unit", "zone", "incident"]
"""What stands on the road: by which streets are fit for it."""


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
    Put points on the street they belong to: the nearest, unless it is unfit.

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

    Notes
    -----
    A door (`freeways=False`) opens on no street in a tunnel, on none that is a scrap joined to no other (under 1 km and
    under 10 % of all streets) and on none from which the rest cannot be driven to, as long as a street that is fit lies
    within the limit; nor on a bridge, where another lies at most 50 m farther off. A drawn driveway within 15 m goes
    before the street beside it. An incident (`freeways=True`) is taken out of a tunnel, and off a scrap or a street
    that cannot be driven to, where another street lies at most 50 m farther off.
    """
    return snap_xy(roads, in_crs(roads, points), limit_m=limit_m, freeways=freeways)


@takes
def snap_xy(roads: RoadNetwork, xy_m: NDArray[np.float64], *, limit_m: float, freeways: bool) -> OnRoad:
    """Put coordinates in the network's CRS on the street they belong to; otherwise as `snap`."""
    if np.ndim(xy_m) != 2 or np.shape(xy_m)[1] != 2 or not np.issubdtype(np.asarray(xy_m).dtype, np.number):
        raise InputError(f"xy_m is an array of shape {np.shape(xy_m)}: give one of numbers in two columns, x and y")
    points = np.asarray(xy_m, dtype=float)
    return put(roads, points, limit_m=limit_m, what="incident" if freeways else "station").on_road


def in_crs(roads: RoadNetwork, points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Coordinates of points in the network's CRS, n x 2; NaN where there is none. [m]"""
    xy = np.full((len(points), 2), np.nan)
    here = ~(points.isna() | points.is_empty).to_numpy()
    xy[here] = project(
        np.column_stack([points.array[here].x, points.array[here].y]), source=points.crs, target=roads.crs
    )
    return xy


def nearest(
    roads: RoadNetwork, xy_m: NDArray[np.float64], *, limit_m: float, allowed: NDArray[np.bool_] | None = None
) -> OnRoad:
    """Put points on the nearest of the streets that are allowed, fit or not; left out: all that can be driven."""
    allowed = roads.drivable if allowed is None else allowed
    points = np.array(xy_m, dtype=float)  # to the compiler, what may not be written to is another type
    street, along, offset_m = kernel.snap(roads.segment_grid, points, limit_m=float(limit_m), allowed=allowed)
    length_m = np.append(roads.length_m, 0.0)[street]  # off the road: the last
    along = np.where(along * length_m < AT_NODE_M, 0.0, np.where((1.0 - along) * length_m < AT_NODE_M, 1.0, along))
    return OnRoad(street, along, offset_m)


class Put(NamedTuple):
    """Where points were put, and the streets nearest to them, whether these are fit or not."""

    on_road: OnRoad
    nearest: OnRoad


def put(roads: RoadNetwork, xy_m: NDArray[np.float64], *, limit_m: float, what: Standing) -> Put:
    """Put points on the street they belong to: the nearest, or a fit one by the rules for what they are; see `snap`."""
    doors, opens = roads.doors, roads.drivable if what == "incident" else roads.has_doors
    near = nearest(roads, xy_m, limit_m=limit_m, allowed=opens)
    if what == "incident":
        unfit = doors.tunnel | doors.scrap | ~doors.to_reach
        return Put(_instead(roads, xy_m, near, unfit, opens, limit_m=limit_m), near)
    if what == "unit":  # on the move it may well be on a bridge or in a tunnel
        return Put(_instead(roads, xy_m, near, doors.scrap | ~doors.to_leave, opens, limit_m=limit_m), near)
    if what == "zone":
        found = _instead(roads, xy_m, near, doors.tunnel, opens, limit_m=limit_m, more_m=np.inf)
        unfit = doors.carried | doors.scrap | ~doors.to_reach
        return Put(_instead(roads, xy_m, found, unfit, opens, limit_m=limit_m), near)
    unfit = doors.tunnel | doors.scrap | ~doors.to_leave
    found = _instead(roads, xy_m, near, unfit, opens, limit_m=limit_m, more_m=np.inf)
    found = _instead(roads, xy_m, found, unfit | doors.carried, opens, limit_m=limit_m)
    driveway = opens & ~unfit & ((roads.features & Feature.TO_DOORS) != 0)
    if driveway.any():
        own = nearest(roads, xy_m, limit_m=min(DRIVEWAY_M, limit_m), allowed=driveway)
        found = taken(found, own, own.street >= 0)
    return Put(found, near)


def _instead(
    roads: RoadNetwork,
    xy_m: NDArray[np.float64],
    near: OnRoad,
    unfit: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    *,
    limit_m: float,
    more_m: float = MORE_M,
) -> OnRoad:
    """Take points off streets that are unfit, where another lies within the limit, and little farther off."""
    rows = np.flatnonzero(np.append(unfit, False)[near.street])
    if not len(rows):
        return near
    fit = nearest(roads, xy_m[rows], limit_m=limit_m, allowed=allowed & ~unfit)
    better = fit.offset_m <= np.minimum(near.offset_m[rows] + more_m, limit_m)
    return taken(near, fit, better, rows=rows)


def taken(near: OnRoad, other: OnRoad, chosen: NDArray[np.bool_], *, rows: NDArray[np.int64] | None = None) -> OnRoad:
    """Put points elsewhere, where that is chosen; `other` may be of some rows alone."""
    rows = np.arange(len(near)) if rows is None else rows
    found = OnRoad(near.street.copy(), near.along.copy(), near.offset_m.copy())
    found.street[rows[chosen]] = other.street[chosen]
    found.along[rows[chosen]] = other.along[chosen]
    found.offset_m[rows[chosen]] = other.offset_m[chosen]
    return found
