"""When each unit of a kind arrives at places, one by one: who comes if others are out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads import OnRoad
from fireplan.stations import KINDS, supply
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import station_places
from fireplan.travel._travel_times import time_rows
from fireplan.travel._turnout import common_turnout_s, told_turnout_s

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


class UnitArrivals(NamedTuple):
    """
    When units arrive.

    Attributes
    ----------
    ids
        Units of the kind that are on duty at open stations.
    arrival_s
        Units x places, inf where no road leads. [s]
    """

    ids: pd.Index
    arrival_s: NDArray[np.float32]


def unit_arrivals(scenario: Scenario, ends: Places, kind: str, interval: str) -> UnitArrivals:
    """
    Say when each unit of a kind arrives at each of some places, told as `first_due` tells it.

    Parameters
    ----------
    scenario
        Whose units.
    ends
        Where to.
    kind
        One of `stations.KINDS`, but people.
    interval
        "travel_s" or "turnout_and_travel_s".
    """
    starts = station_places(scenario)
    units = units_on_duty(scenario, {kind: 1.0})
    row = {station: i for i, station in enumerate(starts.ids.to_numpy(object))}
    at = np.array([row.get(home, -1) for home in units["station_id"].to_numpy(object)], dtype=np.int64)
    useful = (at >= 0) & (supply(units)[:, KINDS.index(kind)] > 0) if len(units) else np.zeros(0, dtype=bool)
    units, at = units[useful], at[useful]
    turnout_s = np.zeros(len(units))
    if interval == "turnout_and_travel_s":
        turnout_s = units["turnout_s"].to_numpy(float) - common_turnout_s(scenario, interval, [kind])
    if not scenario.roads.calibrated:
        rows = time_rows(scenario, ends, starts=starts)[at]
        return UnitArrivals(units.index, rows + turnout_s[:, None].astype(np.float32))
    on = starts.on_road
    standing = starts._replace(ids=starts.ids[at], on_road=OnRoad(on.street[at], on.along[at], on.offset_m[at]))
    rows = time_rows(scenario, ends, starts=standing, later_s=turnout_s)
    return UnitArrivals(units.index, rows + np.float32(told_turnout_s(scenario, interval, [kind])))
