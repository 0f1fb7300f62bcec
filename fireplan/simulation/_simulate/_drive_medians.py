"""Drives from stations to the places of calls, in each period of the week."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._kernel.simulation import nearest_first
from fireplan.crs import WGS84
from fireplan.roads import REST
from fireplan.roads._speed_periods import DAY_MIN, WEEK_MIN
from fireplan.travel import places
from fireplan.travel._places import station_places
from fireplan.travel._travel_times import time_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.travel import Places

MOST_BYTES, BYTES = 150_000_000, 6
"""Times of more places than this has room for are those of a place near by; so much is a time and its rank."""

CELLS_DEG = (0.0, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)
"""How far places may be put together: some 0, 50, 100, 200 m ... [degrees]"""


class DriveMedians(NamedTuple):
    """
    Median drives.

    Attributes
    ----------
    median_s
        Periods x places x open stations; inf: not reached. [s]
    nearest
        Rows of the stations, the nearest first.
    stations
        Ids of the open stations.
    place
        Row of the place of each pattern of a call.
    period_of_minute
        Row of the period of each minute of the week, from Monday at midnight.
    ends
        The places on the road, in parts, in the order of the rows.
    notes
        What was put together.
    """

    median_s: NDArray[np.float32]
    nearest: NDArray[np.int16]
    stations: tuple[str, ...]
    place: NDArray[np.int64]
    period_of_minute: NDArray[np.int64]
    ends: tuple[Places, ...]
    notes: tuple[str, ...]


def drive_medians(scenario: Scenario, templates: CallTemplates) -> DriveMedians:
    """Find the median drives from the open stations to where calls were, in each period of the week."""
    ends, place, cell = call_places(scenario, templates)
    notes: tuple[str, ...] = ()
    if cell:
        told = wording.distance(cell * 111_000)
        notes = (f"calls within about {told} of one another are driven to as one place, to save memory",)
    names = _period_names(scenario)
    median_s = np.empty((len(names), len(ends.ids), len(station_places(scenario).ids)), dtype=np.float32)
    for row, driven in enumerate(periods_driven(scenario)):
        median_s[row] = time_rows(driven, ends).T
    ids = tuple(map(str, station_places(scenario).ids))
    period = _period_of_minute(scenario, names)
    return DriveMedians(median_s, nearest_first(median_s), ids, place, period, (ends,), notes)


def call_places(scenario: Scenario, templates: CallTemplates) -> tuple[Places, NDArray[np.int64], float]:
    """Put the places of calls on the road: which each call is at, and how far they were put together. [°]"""
    n_stations = len(station_places(scenario).ids)
    xy = shapely.get_coordinates(templates.incidents.geometry.to_numpy())
    most = max(MOST_BYTES // (BYTES * max(n_stations, 1) * len(_period_names(scenario))), 1)
    xy, place, cell = _put_together(xy, most)
    return on_road(scenario, xy), place, cell


def periods_driven(scenario: Scenario) -> list[Scenario]:
    """Give the scenario as it is driven in each period of the week."""
    return [scenario if not name else scenario.during(name, incidents=False) for name in _period_names(scenario)]


def _period_names(scenario: Scenario) -> list[str]:
    return list(scenario.roads.period_names) if scenario.roads.periods else [""]


def _put_together(xy: NDArray[np.float64], most: int) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """Give places apart from one another, which of them each belongs to, and how far they were put together [°]."""
    for cell in CELLS_DEG:
        keys = xy if cell == 0 else np.floor(xy / cell)
        _, first, row = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        if len(first) <= most:
            break
    return xy[first], np.asarray(row, dtype=np.int64).ravel(), cell


def on_road(scenario: Scenario, xy: NDArray[np.float64]) -> Places:
    """Put places on the road, once for scenarios that share their streets."""
    roads = scenario.roads
    told = hashlib.sha256(xy.tobytes()).hexdigest()
    streets = roads.geometry_fingerprint, roads.attribute_fingerprint, hash(roads.drivable.tobytes())
    key = "places of simulated calls", told, *streets, scenario.snap_limit_m

    def make() -> Places:
        ids = pd.Index([str(i) for i in range(len(xy))], name="incident_id")
        points = gpd.GeoDataFrame(index=ids, geometry=shapely.points(xy), crs=WGS84)
        return places(replace(scenario, incidents=points), "incidents")

    return scenario.memo.get(key, make)


def _period_of_minute(scenario: Scenario, names: Sequence[str]) -> NDArray[np.int64]:
    """Row of the period of each minute of the week."""
    found = np.full(WEEK_MIN, names.index(REST) if REST in names else 0, dtype=np.int64)
    for period in scenario.roads.periods:
        found[period.minutes] = names.index(period.name)
    return found


def minute_of_week(dates: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Minute of the week of local times, from Monday at midnight."""
    clock = dates.dt.day_of_week * DAY_MIN + dates.dt.hour * 60 + dates.dt.minute
    return np.asarray(clock.to_numpy(np.int64), dtype=np.int64)


def periods_of(drives: DriveMedians, templates: CallTemplates, pattern: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of the period in which calls of the history came."""
    return drives.period_of_minute[minute_of_week(templates.incidents["local"])][pattern]


def median_drives(
    drives: DriveMedians, templates: CallTemplates, pattern: NDArray[np.int64], station_id: pd.Series[str]
) -> NDArray[np.float64]:
    """Median drives from stations to calls of the history; NaN where it is not known. [s]"""
    station = pd.Index(drives.stations).get_indexer(pd.Index(station_id.astype(str)))
    period = periods_of(drives, templates, pattern)
    median_s = drives.median_s[period, drives.place[pattern], station].astype(float)
    return np.where((station >= 0) & np.isfinite(median_s), median_s, np.nan)
