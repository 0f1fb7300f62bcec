"""Medians of drives from every open station to every call, each in the hours of its call."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._kernel.simulation import mates_of
from fireplan._kernel.simulation.replay import ReplayDrives, StaffedUnits
from fireplan.errors import quoted
from fireplan.response_performance._time_bins import clock_of, staffed_spans
from fireplan.roads import REST, OnRoad
from fireplan.roads._snapping import in_crs
from fireplan.roads._speed_periods import DAY_MIN, period_of
from fireplan.simulation._past_calls import turnout_factors
from fireplan.simulation._spells_out import without_spells
from fireplan.stations._shared_crews import crew_numbers
from fireplan.travel import Places, places, time_rows
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._past_calls import PastCalls
    from fireplan.simulation._spells_out import SpellsOut

NEAR_M = 500.0
"""ReplayDrives shorter than this say little of what a metre takes: their start does. [m]"""


def drives_to_calls(scenario: Scenario, past: PastCalls) -> ReplayDrives:
    """Model the drives from every open station of a scenario; inf where a call is not reached, NaN without a place."""
    incidents, starts = past.incidents, station_places(scenario)
    xy_m = in_crs(scenario.roads, incidents.geometry)
    # Named by what it holds: a what-if of the same calls finds the rows of its parent.
    key = (
        "calls of a history",
        hashlib.sha256(xy_m.tobytes()).hexdigest(),
        scenario.roads.fingerprint,
        scenario.snap_limit_m,
    )
    ends = scenario.memo.get(key, lambda: _on_road(scenario, incidents))
    travel_s = np.empty((len(starts.ids), len(incidents)), dtype=np.float32)
    for driven, rows, name in _by_hours(scenario, past):
        some = ends._replace(key=(*key, name), ids=ends.ids[rows], on_road=_taken(ends.on_road, rows))
        travel_s[:, rows] = time_rows(driven, some, starts=starts)
    travel_s[:, ~past.placed] = np.nan
    spread = None if scenario.calibration is None else scenario.calibration.spread
    return ReplayDrives(
        travel_s, xy_m, _s_per_m(scenario, travel_s, xy_m, starts),
        0.0 if spread is None else spread.upper, 0.0 if spread is None else spread.slope,
    )  # fmt: skip


def fleet_of(scenario: Scenario, past: PastCalls, out: SpellsOut | None = None) -> StaffedUnits:
    """
    Units at open stations, and when each is staffed; one at a closed station, or of a kind never sent, never is.

    Parameters
    ----------
    scenario, past
        Whose units, and the calls.
    out
        When units are out of service besides.
    """
    units, stations = scenario.units, station_places(scenario).ids
    station = stations.get_indexer(pd.Index(units["station_id"]))
    clock = clock_of(pd.Series(past.attendance.incidents["local"]), past.attendance.timezone, start=None, end=None)
    code, schedules = pd.factorize(units["schedule"])
    known = [staffed_spans(text, clock) for text in schedules]
    first, last = clock.ends_us
    far_s = 10.0 * 366 * 86_400  # whoever is on duty at an end of the period is so beyond it
    begin, end, count = [], [], [0]
    for u in range(len(units)):
        unit_id = str(units.index[u])
        spans = without_spells(
            known[code[u]], (out or {}).get(unit_id, ()), clock, f"out_of_service of {quoted(unit_id)}"
        )
        on = station[u] >= 0
        b = np.where(spans.begin_us <= first, -far_s, (spans.begin_us - past.starts_us) / 1e6) if on else np.empty(0)
        e = np.where(spans.end_us >= last, far_s, (spans.end_us - past.starts_us) / 1e6) if on else np.empty(0)
        begin.append(b)
        end.append(e)
        count.append(len(b))
    return StaffedUnits(
        past.kinds.get_indexer(pd.Index(units["type"])).astype(np.int64), np.maximum(station, 0).astype(np.int64),
        np.cumsum(count).astype(np.int64), np.concatenate(begin), np.concatenate(end),
        turnout_factors(scenario.calibration, stations), _signs(stations), *mates_of(crew_numbers(units)),
    )  # fmt: skip


def _signs(stations: pd.Index) -> NDArray[np.uint64]:
    """Make a number of the id of each station."""
    of = [hashlib.blake2b(str(name).encode(), digest_size=8).digest() for name in stations]
    return np.frombuffer(b"".join(of), dtype="<u8").astype(np.uint64)


def _by_hours(scenario: Scenario, past: PastCalls) -> list[tuple[Scenario, NDArray[np.intp], str]]:
    """Calls by the hours in which streets are driven alike; where drives are not calibrated by hours, all together."""
    periods = scenario.roads.periods
    if not scenario.roads.calibrated or not periods:
        return [(scenario, np.arange(len(past.incidents)), "")]
    local = past.incidents["local"]
    minute = (local.dt.day_of_week * DAY_MIN + local.dt.hour * 60 + local.dt.minute).to_numpy(dtype=np.int64)
    period = period_of(periods, minute)
    found = []
    for i in np.unique(period):
        name = periods[i].name if i >= 0 else REST
        found.append((scenario.during(name, incidents=False), np.flatnonzero(period == i), name))
    return found


def _taken(on_road: OnRoad, rows: NDArray[np.intp]) -> OnRoad:
    return OnRoad(on_road.street[rows], on_road.along[rows], on_road.offset_m[rows])


def _on_road(scenario: Scenario, incidents: gpd.GeoDataFrame) -> Places:
    return places(replace(scenario, incidents=incidents[[incidents.geometry.name]]), "incidents")


def _s_per_m(scenario: Scenario, travel_s: NDArray[np.float32], xy_m: NDArray[np.float64], starts: Places) -> float:
    """What a metre as the crow flies takes, the middle of all drives from stations. [s]"""
    at_m = in_crs(scenario.roads, scenario.stations.geometry.loc[starts.ids])
    apart_m = np.hypot(*(at_m[:, None, :] - xy_m[None, :, :]).transpose(2, 0, 1))
    usual = np.isfinite(travel_s) & (apart_m > NEAR_M)
    return float(np.median(travel_s[usual] / apart_m[usual])) if usual.any() else 0.1
