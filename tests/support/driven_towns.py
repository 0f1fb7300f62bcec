"""Random towns on a grid, and histories of drives through them by written speeds, delays and hours."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fireplan import Scenario, travel
from fireplan.roads import TurnDelays
from fireplan.roads._build_network import build_network
from tests.support.metre_towns import AT_M, UTM

CLASSES = ("primary", "secondary", "residential")
FIRST = pd.Timestamp("2025-03-03 08:00", tz="UTC")  # midnight in Los Angeles, a Monday
ZONE = "America/Los_Angeles"


class Written(NamedTuple):
    """What drives are made of: speeds by class [km/h], start and delays [s], hours that are slow, spread."""

    kph: dict[str, float]
    start_s: float
    left_s: float
    right_s: float
    slow_hours: tuple[int, int]
    slow: float
    sigma: float


class Told(NamedTuple):
    """What a calibration asks of a history."""

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str = ZONE


def written(rng):
    """Draw what drives are made of."""
    begin = int(rng.integers(6, 16))
    return Written(
        dict(zip(CLASSES, rng.uniform([50, 42, 25], [75, 60, 40]).tolist(), strict=True)),
        float(rng.uniform(5, 40)), float(rng.uniform(3, 8)), float(rng.uniform(1, 4)),
        (begin, begin + 4), float(rng.uniform(0.65, 0.8)), float(rng.uniform(0.08, 0.2)),
    )  # fmt: skip


def grid(rng, *, side=16):
    """A grid of streets, each bent at random corners of its own; every fourth is a main street."""
    step_m = rng.uniform(110, 180, (2, side))
    x, y = (np.concatenate([[0.0], np.cumsum(s[:-1])]) for s in step_m)
    xy = np.column_stack([np.repeat(x, side), np.tile(y, side)]) + AT_M + rng.uniform(-8, 8, (side * side, 2))
    at = np.arange(side * side).reshape(side, side)
    first = np.concatenate([at[:-1].ravel(), at[:, :-1].ravel()])
    last = np.concatenate([at[1:].ravel(), at[:, 1:].ravel()])
    row = np.concatenate([np.tile(np.arange(side), side - 1), np.repeat(np.arange(side), side - 1)])
    kind = np.where(row % 8 == 2, "primary", np.where(row % 4 == 0, "secondary", "residential"))
    across = np.repeat(["East", "North"], side * (side - 1))
    lines = shapely.linestrings(np.stack([xy[first], xy[last]], axis=1))
    length = shapely.length(lines)
    return build_network(
        crs=UTM, node_ids=np.arange(side * side).astype(object), node_xy_m=xy, first=first, last=last,
        length_m=length, there_s=length / 10, back_s=length / 10, lines=np.asarray(lines, dtype=object),
        highway=kind, street_name=np.char.add(across, row.astype(str)), source="test", notes=(),
    )  # fmt: skip


def department(rng, roads, n=4):
    """Stations beside streets, each with one engine."""
    low, high = roads.node_xy_m.min(axis=0), roads.node_xy_m.max(axis=0)
    xy = rng.uniform(low + 0.2 * (high - low), high - 0.2 * (high - low), (n, 2))
    ids = [f"S{i + 1}" for i in range(n)]
    stations = gpd.GeoDataFrame(
        {"name": ids}, geometry=gpd.points_from_xy(*xy.T), crs=UTM, index=pd.Index(ids, name="station_id")
    ).to_crs(4326)
    units = pd.DataFrame({"station_id": ids, "type": "engine"}, index=pd.Index([f"E{i + 1}" for i in range(n)]))
    return Scenario(roads, stations, units.rename_axis("unit_id"), name="grid", timezone=ZONE)


def history(rng, town, truth, n):
    """Drives of the first-due engine to places at random, an hour apart, with the noise that is written."""
    low, high = town.roads.node_xy_m.min(axis=0), town.roads.node_xy_m.max(axis=0)
    ids = pd.Index([f"I{i}" for i in range(n)], name="incident_id")
    points = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(low, high, (n, 2)).T), crs=UTM).to_crs(4326)
    received = FIRST + pd.to_timedelta(3600 * np.arange(n) + rng.integers(0, 3000, n), unit="s")
    calls = gpd.GeoDataFrame(
        {"call_type": "FIRE", "category": "fire", "priority": "1", "received": received.astype("datetime64[us, UTC]")},
        geometry=points.to_numpy(), crs=4326, index=ids,
    )  # fmt: skip
    hour = calls["received"].dt.tz_convert(ZONE).dt.hour.to_numpy()
    slow = (hour >= truth.slow_hours[0]) & (hour < truth.slow_hours[1])
    at_speed, in_slow = (_times_s(town, calls, truth, factor) for factor in (1.0, truth.slow))
    taken_s = np.where(slow, in_slow, at_speed) + truth.start_s
    nearest = at_speed.argmin(axis=0)
    travel_s = np.round(taken_s[nearest, np.arange(n)] * np.exp(truth.sigma * rng.standard_normal(n)))
    dispatched = received + pd.to_timedelta(60, unit="s")
    enroute = dispatched + pd.to_timedelta(rng.integers(40, 90, n), unit="s")
    arrived = enroute + pd.to_timedelta(travel_s, unit="s")
    responses = pd.DataFrame(
        {
            "incident_id": ids, "unit_id": town.units.index.to_numpy()[nearest], "received": received,
            "dispatched": dispatched, "enroute": enroute, "arrived": arrived,
            "cleared": arrived + pd.to_timedelta(600, unit="s"),
        }
    )  # fmt: skip
    for name in ("received", "dispatched", "enroute", "arrived", "cleared"):
        responses[name] = responses[name].astype("datetime64[us, UTC]")
    seconds = {"turnout_s": ("dispatched", "enroute"), "travel_s": ("enroute", "arrived")}
    for name, (begin, end) in seconds.items():
        responses[name] = (responses[end] - responses[begin]).dt.total_seconds()
    responses["call_processing_s"] = 60.0
    responses["total_response_s"] = (responses["arrived"] - responses["received"]).dt.total_seconds()
    return Told(calls, responses.assign(cancelled=False, on_view=False, already_on_road=False))


def _times_s(town, calls, truth, factor):
    """Written times from every station to every call, without a start. [s]"""
    roads = town.roads
    kph = np.array([truth.kph[name] for name in roads.highway]) * factor
    along_s = roads.length_m / kph * 3.6
    delays = TurnDelays(
        left_s=truth.left_s, right_s=truth.right_s, signal_s=0.0, stop_s=0.0, give_way_s=0.0, roundabout_s=0.0
    )
    driven = roads.with_times(there_s=along_s, back_s=along_s).with_turns("exact", delays)
    there = Scenario(driven, town.stations, town.units, incidents=calls)
    return travel.travel_times(there, to="incidents").transpose("station_id", "incident_id").to_numpy()
