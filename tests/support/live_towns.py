"""Small towns and short words for what a feed says of them."""

import geopandas as gpd
import pandas as pd
import shapely

import fireplan as fp
from fireplan.operations._events.event import event_of
from fireplan.operations._picture import Picture
from fireplan.operations._status.live_cover import CoverNow

T0_US = 1_709_665_200_000_000  # 2024-03-05T19:00:00Z
SECOND_US = 1_000_000
SOUTH, NORTH = (-140.0, 30.0), (-140.0, 30.03)


def at_us(seconds):
    return T0_US + int(seconds * SECOND_US)


def line_town(*, engines=(("E1", "S1"), ("E2", "S2"))):
    """Line Street with a station at its south end and one at 30 blocks; 11.09 s a block."""
    town = fp.examples.line_town()
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1", "S2"], "name": ["South", "North"]},
        geometry=[shapely.Point(SOUTH), shapely.Point(NORTH)],
        crs="EPSG:4326",
    )
    units = pd.DataFrame({"unit_id": [u for u, _ in engines], "station_id": [s for _, s in engines]})
    return fp.Scenario(town.roads, stations, units, town.zones, name="line town", provenance="invented")


def line_picture(standard=fp.standards.NFPA_1710, *, policy=None, recall=None, scenario=None):
    cover = CoverNow(scenario or line_town(), standard=standard)
    return Picture(cover, standard=standard, policy=policy, recall=recall)


COUNT = iter(range(1, 10**9))


def say(kind, seconds, unit=None, incident=None, *, at=None, event_id=None, **more):
    """An event, by its type, its second after T0, and whom it speaks of."""
    said = {
        "event_id": event_id or f"t{next(COUNT)}",
        "ts": pd.Timestamp(at_us(seconds), unit="us", tz="UTC").isoformat(),
        "type": kind,
        "unit_id": unit,
        "incident_id": incident,
        **more,
    }
    if at is not None:
        said |= {"longitude": at[0], "latitude": at[1]}
    return event_of(said, received_us=at_us(seconds))


def call(incident, seconds, *, at, call_type="STRUCTURE FIRE", priority="1"):
    return say("incident.created", seconds, incident=incident, at=at, call_type=call_type, priority=priority)


def run(incident, unit, *stamps):
    """What a unit does at an incident: dispatched, en route, arrived, cleared, as far as seconds are given."""
    kinds = ("unit.dispatched", "unit.enroute", "unit.arrived", "unit.cleared")
    return [say(kind, s, unit, incident) for kind, s in zip(kinds, stamps, strict=False)]


def told(picture, events):
    for event in events:
        picture.take(event, now_us=event.ts_us)
    return picture
