"""Who brings the unit asked for from the stations there are, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class ExistingUnits(NamedTuple):
    """
    Who brings the unit asked for: rows of stations, and of one station whose units turn out at different times several.

    Attributes
    ----------
    station
        Station of each row.
    units
        How many units it brings.
    later_s
        Turnout to add after the drive, where it counts. [s]
    waits_s
        Turnout waited for before it, and told with it: see `fireplan.travel._turnout`. [s]
    travel_s
        Drive to each place, with what is waited for before it; rows x places. [s]
    """

    station: pd.Index
    units: NDArray[np.int64]
    later_s: NDArray[np.float32]
    waits_s: NDArray[np.float32]
    travel_s: NDArray[np.float32]

    def arrival_s(self, speed: float = 1.0) -> NDArray[np.float32]:
        """When they arrive at each place, driving this many times as fast; rows x places. [s]"""
        return np.asarray(driven_s(self.travel_s, speed, self.waits_s[:, None]) + self.later_s[:, None])


def driven_s(travel_s: NDArray[np.float32], speed: float, waits_s: NDArray[np.float32]) -> NDArray[np.float32]:
    """Drives, with what is waited for before them, made this many times as fast. [s]"""
    if speed == 1:
        return travel_s
    return np.asarray((travel_s - waits_s) / np.float32(speed) + waits_s)
