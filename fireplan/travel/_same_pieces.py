"""The pieces of street of one network, found on another that has the same streets and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan.roads import OnRoad
from fireplan.travel._places import Places

if TYPE_CHECKING:
    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario

SAME_M = 0.05
"""A piece lies on a street this near to its middle. [m]"""


def same_pieces(before: Scenario, ends: Places, after: Scenario) -> Places:
    """
    Find pieces of street where a street was built since: rows and streets are others, the ground is the same.

    Parameters
    ----------
    before
        Whose pieces they are.
    ends
        From `places(before, "roads")`.
    after
        Where they are sought.

    Returns
    -------
    The same pieces, in order, on the streets there; those that are not there on no street (-1).
    """
    old, new = before.roads, after.roads
    key = ("same pieces", ends.key, new.geometry_fingerprint, new.attribute_fingerprint)
    return after.memo.get(key, lambda: Places("roads", key, ends.ids, _found(old, ends.on_road, new)))


def _found(old: RoadNetwork, on: OnRoad, new: RoadNetwork) -> OnRoad:
    was, now = old.streets.geometry.array, new.streets.geometry.array
    known = {wkb: row for row, wkb in enumerate(shapely.to_wkb(now))}
    there = np.array([known.get(wkb, -1) for wkb in shapely.to_wkb(was)], dtype=np.int64)
    back = np.array([known.get(wkb, -1) for wkb in shapely.to_wkb(shapely.reverse(was))], dtype=np.int64)
    turned = (there < 0) & (back >= 0)
    row = np.where(turned, back, there)
    street = row[on.street].astype(np.int32)
    along = np.where(turned[on.street], 1.0 - on.along, on.along)
    # What was cut lies on one of its pieces.
    cut = np.flatnonzero(street < 0)
    middles = shapely.line_interpolate_point(was[on.street[cut]], on.along[cut], normalized=True)
    point, candidate = shapely.STRtree(now).query(middles, predicate="dwithin", distance=SAME_M)
    of = on.street[cut[point]]
    alike = (new.street_name[candidate] == old.street_name[of]) & (new.highway[candidate] == old.highway[of])
    point, candidate = point[alike], candidate[alike]
    away_m = shapely.distance(middles[point], now[candidate])
    order = np.lexsort((candidate, away_m, point))
    _, first = np.unique(point[order], return_index=True)
    best = order[first]
    street[cut[point[best]]] = candidate[best]
    along[cut[point[best]]] = shapely.line_locate_point(now[candidate[best]], middles[point[best]], normalized=True)
    return OnRoad(street, along, on.offset_m)
