"""Small dispatch histories, written as rows of seconds."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fireplan import Scenario, examples

NOON = pd.Timestamp("2025-03-03 20:00", tz="UTC")  # a Monday, noon in Los Angeles
ZONE = "America/Los_Angeles"
STAMPS = ("received", "dispatched", "enroute", "arrived", "cleared")


class SmallHistory(NamedTuple):
    """What measures ask of a history."""

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str = ZONE


def went(incident, unit, *stamps, at=NOON, **more):
    """One response: seconds after `at` of received, dispatched, enroute, arrived and cleared; None is not known."""
    times = {
        name: pd.NaT if s is None else at + pd.Timedelta(seconds=s) for name, s in zip(STAMPS, stamps, strict=True)
    }
    return {"incident_id": incident, "unit_id": unit, **times, **more}


def history(*rows, **of_incidents):
    """Put responses together; `of_incidents` gives columns of the incidents by name, in their order, or points."""
    responses = pd.DataFrame(list(rows))
    for name in STAMPS:
        responses[name] = pd.to_datetime(responses[name], utc=True).astype("datetime64[us, UTC]")
    for name, begin, end in (
        ("call_processing_s", "received", "dispatched"), ("turnout_s", "dispatched", "enroute"),
        ("travel_s", "enroute", "arrived"), ("total_response_s", "received", "arrived"),
    ):  # fmt: skip
        responses[name] = (responses[end] - responses[begin]).dt.total_seconds()
    for flag in ("cancelled", "on_view", "already_on_road"):
        responses[flag] = (responses[flag] == True) if flag in responses else False  # noqa: E712 - missing is not
    ids = pd.Index(responses["incident_id"].unique(), name="incident_id")
    points = of_incidents.pop("points", [(-140.0, 30.01)] * len(ids))
    columns = {"call_type": "FIRE", "category": "fire", "priority": "1", **of_incidents}
    table = pd.DataFrame({k: np.broadcast_to(np.array(v, dtype=object), len(ids)) for k, v in columns.items()}, ids)
    table = table.astype("str")
    table["received"] = responses.groupby("incident_id")["received"].min().reindex(ids)
    return SmallHistory(
        gpd.GeoDataFrame(table, geometry=[None if p is None else shapely.Point(p) for p in points], crs=4326), responses
    )


def department(**units):
    """Line town with units by id: (type, crew), all at its one station."""
    town = examples.line_town()
    rows = [(u, kind, "S1", crew, 60.0) for u, (kind, crew) in units.items()]
    table = pd.DataFrame(rows, columns=["unit_id", "type", "station_id", "crew", "turnout_s"]).set_index("unit_id")
    return Scenario(town.roads, town.stations, table, town.zones)
