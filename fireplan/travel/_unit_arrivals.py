"""When each unit of a kind arrives at places, one by one: who comes if others are out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.roads import OnRoad
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import one_each
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import station_places
from fireplan.travel._travel_times import time_rows
from fireplan.travel._turnout import common_turnout_s, told_turnout_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


class UnitArrivals(NamedTuple):
    """
    When units arrive.

    Attributes
    ----------
    ids
        Units of the kind that are on duty at open stations; of a crew that could take out several the quickest.
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
    units, arrival_s = arrivals_of(scenario, ends, {kind: 1.0}, interval)
    first = quickest_of_crews(units)  # of a crew one unit comes, whichever is asked for
    return UnitArrivals(units.index[first], arrival_s[first])


def quickest_of_crews(units: pd.DataFrame) -> NDArray[np.int64]:
    """Rows of the units that are the first of their crew to turn out; those with a crew of their own are."""
    by_turnout = np.argsort(units["turnout_s"].to_numpy(float), kind="stable")
    first = ~pd.Index(one_each(units)[by_turnout]).duplicated()
    return np.sort(by_turnout[first])


def arrivals_of(
    scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """
    Say when each unit that brings any of what is needed arrives at each of some places.

    Parameters
    ----------
    scenario, ends, interval
        As for `unit_arrivals`.
    needs
        Kinds of unit, or `people`.

    Returns
    -------
    Rows of the units that are on duty at open stations, those of one crew included; and their times as
    `UnitArrivals.arrival_s`. [s]
    """
    starts = station_places(scenario)
    units = units_on_duty(scenario, needs)
    kinds = sorted(k for k, n in needs.items() if n > 0)
    row = {station: i for i, station in enumerate(starts.ids.to_numpy(object))}
    at = np.array([row.get(home, -1) for home in units["station_id"].to_numpy(object)], dtype=np.int64)
    brings = supply(units)[:, [KINDS.index(k) for k in kinds]] if len(units) else np.zeros((0, len(kinds)))
    useful = (at >= 0) & (brings > 0).any(axis=1)
    units, at = units[useful], at[useful]
    turnout_s = np.zeros(len(units))
    if interval == "turnout_and_travel_s":
        turnout_s = units["turnout_s"].to_numpy(float) - common_turnout_s(scenario, interval, kinds)
    if not scenario.roads.calibrated:
        rows = time_rows(scenario, ends, starts=starts)[at]
        return units, rows + turnout_s[:, None].astype(np.float32)
    on = starts.on_road
    standing = starts._replace(ids=starts.ids[at], on_road=OnRoad(on.street[at], on.along[at], on.offset_m[at]))
    rows = time_rows(scenario, ends, starts=standing, later_s=turnout_s)
    return units, rows + np.float32(told_turnout_s(scenario, interval, kinds))
