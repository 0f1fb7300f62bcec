"""What each input that is not there would add."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection

WOULD_ADD = {
    "units": (
        "a table of units: unit_id, station_id, type, crew, turnout_s",
        "whole forces (ERF), objectives for trucks, ambulances or people, turnout in drive times, workload by schedule",
    ),
    "cad": (
        "dispatch history: one row per unit and incident, or one per incident",
        "performance, demand where calls are, incidents in every share, workload, reliability, a live replay",
    ),
    "zones": (
        "outlines with people and dwellings, such as census blocks",
        "shares of people and dwellings, gaps by people, siting by people, equity by district",
    ),
}
"""By key of [inputs]: what it is, and what it would add."""

NEEDED = {
    "network": (
        "roads: an OpenStreetMap extract, GraphML, or street centrelines",
        "everything: without roads there is no drive time",
    ),
    "stations": ("stations: an id and a place each", "everything: without stations there is nobody to come"),
}


def checklist(inputs: Collection[str], *, cad_absent: Collection[str] = ()) -> pd.DataFrame:
    """
    List what is missing and what it would add.

    Parameters
    ----------
    inputs
        Keys of [inputs] that are there.
    cad_absent
        Canonical columns that the dispatch history does not have.

    Returns
    -------
    `missing`, `would_add`, and whether it is `needed`.
    """
    rows = [(what, adds, True) for key, (what, adds) in NEEDED.items() if key not in inputs]
    rows += [(what, adds, False) for key, (what, adds) in WOULD_ADD.items() if key not in inputs]
    rows += [(f"column {name} of the dispatch history", costs(name), False) for name in cad_absent]
    return pd.DataFrame(rows, columns=["missing", "would_add", "needed"])


def costs(column: str) -> str:
    """Say which figures a column of dispatch history carries."""
    return COLUMNS.get(column, "")


COLUMNS = {
    "incident_id": "which rows are one incident: without it each row is one",
    "unit_id": "units: second units, forces, workload, reliability",
    "call_type": "kinds of incident: objectives for fires or medical calls alone",
    "priority": "which calls are answered with lights and siren",
    "latitude": "places: maps, gaps, demand by zone",
    "longitude": "places: maps, gaps, demand by zone",
    "received": "call handling and total response, hours and days",
    "dispatched": "call handling and turnout",
    "enroute": "turnout and travel, each by itself",
    "arrived": "travel and total response",
    "cleared": "workload, concurrency, reliability",
}
