"""The street by which a station says that its engines leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._snapping import nearest, taken
from fireplan.roads._street_names import StreetBook
from fireplan.stations._exit_streets import exit_streets

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.roads import OnRoad, RoadNetwork


class NamedStreet(NamedTuple):
    """Rows of the stations that leave by streets of one name, and those streets."""

    rows: NDArray[np.int64]
    streets: NDArray[np.bool_]


def streets_named(roads: RoadNetwork, stations: pd.DataFrame) -> list[NamedStreet]:
    """Find the streets that the stations name; what is named and is not there is passed over."""
    asked = np.array(exit_streets(stations), dtype=object)
    if not asked.astype(bool).any():
        return []
    book = StreetBook(roads)
    found = [NamedStreet(np.flatnonzero(asked == name), book.find(name)) for name in dict.fromkeys(asked) if name]
    return [one for one in found if one.streets.any()]


def by_named_street(
    roads: RoadNetwork, xy_m: NDArray[np.float64], streets: NDArray[np.bool_], *, limit_m: float
) -> OnRoad:
    """Put stations on the nearest piece of the streets they name: of those that are fit, or else of all."""
    doors, known = roads.doors, roads.drivable & streets
    anyhow = nearest(roads, xy_m, limit_m=limit_m, allowed=known)
    fit = nearest(roads, xy_m, limit_m=limit_m, allowed=known & ~(doors.tunnel | doors.scrap) & doors.to_leave)
    return taken(anyhow, fit, fit.street >= 0)
