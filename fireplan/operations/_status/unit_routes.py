"""Where a unit on the road is taken to be, between the places that it was heard from."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan.operations._events.event import SECOND_US
from fireplan.travel import Routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.operations._status.unit_status import UnitNow
    from fireplan.travel import Spot

LONGEST_S = 3600.0
THINNED_M = 8.0
KEPT = 512
"""Ways that are kept while their units are on them."""


class Way(NamedTuple):
    """
    The way a unit is taken to drive, at planning speeds; modelled, unless it says itself where it is.

    Attributes
    ----------
    points
        Longitude and latitude. [°]
    from_us, to_us
        When it left, and when it is taken to be there. [us since 1970, UTC]
    """

    points: NDArray[np.float64]
    from_us: int
    to_us: int


class Ways:
    """
    Finds the ways of units on the road, each once.

    Parameters
    ----------
    cover
        For the roads.
    """

    def __init__(self, cover: CoverNow) -> None:
        self._passing = cover.passing
        self._routes = Routes(cover.scenario.roads, within_s=LONGEST_S)
        self._kept: OrderedDict[tuple[Spot, Spot], tuple[NDArray[np.float64], float] | None] = OrderedDict()

    def way(self, unit: UnitNow, start: Spot, end: Spot) -> Way | None:
        """Give the way of a unit from where it was to where it is going; None: there is none."""
        if unit.since_us is None:
            return None
        if (start, end) not in self._kept:
            self._kept[start, end] = self._found(start, end)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end((start, end))
        found = self._kept[start, end]
        if found is None:
            return None
        return Way(found[0], unit.since_us, unit.since_us + int(found[1] * SECOND_US))

    def _found(self, start: Spot, end: Spot) -> tuple[NDArray[np.float64], float] | None:
        found = self._routes.way(start, end)
        if found is None:
            return None
        line = shapely.simplify(shapely.linestrings(found[0]), THINNED_M)
        return np.round(self._passing.lonlat(shapely.get_coordinates(line)), 6), found[1]
