"""What people call a point: the nearest street corner, or the road it lies on and what that is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.roads._snapping import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

UNNAMED = "unnamed road"
BETWEEN = " / "
"""What stands between the streets of a corner."""

MOST_STREETS = 3
"""A corner is called by so many of its streets; more are left out."""

AT_M, CLOSE_M, NEAR_M = 50.0, 400.0, 1000.0
"""
Up to the first, a point stands at a corner whatever it lies on; up to the second, one on a named street is called by
the corner; up to the third, a corner is near; from there on its distance is told. [m]
"""


class Corners(NamedTuple):
    """
    Places where streets of different names meet.

    Attributes
    ----------
    node
        Node of each, ascending.
    name
        The streets, such as "5th Avenue / Oak Street".
    """

    node: NDArray[np.int64]
    name: NDArray[np.object_]


def streets_at(roads: RoadNetwork, *, least: int = 2) -> Corners:
    """
    Name the nodes where streets meet that doors open on; those with neither name nor number do not count.

    Parameters
    ----------
    roads
        The network.
    least
        How many different names have to meet.
    """
    streets = np.flatnonzero(roads.has_doors & (roads.called != ""))
    code, names = pd.factorize(roads.called[streets].astype(object), sort=True)
    ends = np.concatenate([roads.first[streets], roads.last[streets]]).astype(np.int64)
    pairs = np.unique(ends * max(len(names), 1) + np.tile(code, 2))  # by node, and by name within it
    node, which = np.divmod(pairs, max(len(names), 1))
    found, start, count = np.unique(node, return_index=True, return_counts=True)
    kept = count >= least
    found, start, count = found[kept], start[kept], count[kept]
    said = np.full(len(found), "", dtype=object)
    for i in range(MOST_STREETS):  # the i-th street of every corner at once
        more = count > i
        said[more] += (BETWEEN if i else "") + np.asarray(names, dtype=object)[which[start[more] + i]]
    return Corners(found, said)


def place_names(roads: RoadNetwork, xy_m: NDArray[np.float64]) -> list[str]:
    """
    Say where points are, as people would: "5th Avenue / Oak Street", "Harbor Road, 2.3 km from Oak Street".

    Parameters
    ----------
    roads
        The network.
    xy_m
        Points in its CRS; n x 2. [m]

    Returns
    -------
    For each point the nearest street corner; where that is far, or the road has no name, the road and the corner it is
    near. "": no road is there, or the point is missing.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    on_road = nearest(roads, xy_m, limit_m=CLOSE_M, allowed=roads.has_doors)
    there = on_road.street >= 0
    street = np.where(there, np.append(roads.called, "")[on_road.street], "")
    corners = streets_at(roads)
    if not len(corners.node):
        return [str(s or UNNAMED) if on else "" for s, on in zip(street, there, strict=True)]
    known = np.asarray(np.isfinite(xy_m).all(axis=1))
    away_m, which = np.full(len(xy_m), np.inf), np.zeros(len(xy_m), dtype=np.int64)
    away_m[known], which[known] = cKDTree(roads.node_xy_m[corners.node]).query(xy_m[known])
    corner = corners.name[which]
    told = zip(street, corner, away_m, there, known, strict=True)
    return [_place(str(s), str(c), float(m), on_road=bool(on)) if ok else "" for s, c, m, on, ok in told]


def _place(street: str, corner: str, away_m: float, *, on_road: bool) -> str:
    """Put a road and the nearest corner into words."""
    if away_m <= (CLOSE_M if street or not on_road else AT_M):
        return corner
    others = [other for other in corner.split(BETWEEN) if other != street]
    other = BETWEEN.join(others)
    away = f" near {other}" if away_m <= NEAR_M else f", {wording.distance(away_m)} from {other}"
    if not on_road:
        return away.strip(" ,")
    return f"{street or UNNAMED}{away}"
