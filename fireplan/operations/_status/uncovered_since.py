"""How long ground that is covered when all are at home has been without cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.operations._status.live_cover import LOST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.operations._status.live_cover import CoverNow


class Uncovered(NamedTuple):
    """
    Ground of one station that has been without cover for too long.

    Attributes
    ----------
    station_id
        Whose ground it is when all units are at home.
    demand
        How much is without cover for that long.
    since_us
        Since when the first of it is. [us since 1970, UTC]
    zones
        How many zones that are.
    """

    station_id: str
    demand: float
    since_us: int
    zones: int


class LostGround:
    """Notes since when each zone has been out of reach; 0: it is not."""

    def __init__(self, n_zones: int) -> None:
        self.since_us: NDArray[np.int64] = np.zeros(n_zones, dtype=np.int64)

    def note(self, codes: NDArray[np.uint8], now_us: int) -> None:
        """Take note of what is out of reach at an instant; later instants come later."""
        lost = codes == LOST
        fresh = lost & (self.since_us == 0)
        self.since_us[~lost] = 0
        self.since_us[fresh] = now_us

    def longer_than(self, cover: CoverNow, *, minutes: float, now_us: int) -> list[Uncovered]:
        """Group what has been out of reach for longer than some minutes by the station whose ground it is."""
        long = (self.since_us > 0) & (now_us - self.since_us > minutes * 60_000_000)
        weight = cover.measures[0].weight
        found = []
        for station in sorted({str(s) for s in cover.ground_of[long] if s is not None}):
            here = long & (cover.ground_of == station)
            demand = float(weight[here].sum())
            if demand > 0:
                found.append(Uncovered(station, demand, int(self.since_us[here].min()), int(here.sum())))
        return found
