"""What each input that is not there would add."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fireplan.incidents._columns.pick_columns import COSTS

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
    `missing`, `why` that matters, and whether it is `needed`.
    """
    rows = [(what, f"would add {adds}", True) for key, (what, adds) in NEEDED.items() if key not in inputs]
    rows += [(what, f"would add {adds}", False) for key, (what, adds) in WOULD_ADD.items() if key not in inputs]
    absent = dict.fromkeys("point" if name in {"latitude", "longitude"} else name for name in cad_absent)
    rows += [
        (f"{name} in the dispatch history", f"without it {COSTS[name]}", False) for name in absent if name in COSTS
    ]
    return pd.DataFrame(rows, columns=["missing", "why", "needed"])
