"""Places to try things on: a street with one station, and the sample city."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan.crs import WGS84
from fireplan.errors import InputError
from fireplan.incidents import read_cad_rows
from fireplan.project import Project, open_project
from fireplan.roads import from_frames
from fireplan.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from fireplan.response_performance import History

__all__ = ["line_town", "line_town_history", "marisol", "marisol_folder", "marisol_project"]

BLOCKS = 40
LINE_CALLS = 14
BLOCK_DEG = 0.001
LINE_KPH = 36.0
"""Speed on Line Street: 10 m a second, so that times can be worked out in one's head. [km/h]"""


def marisol_folder() -> Path:
    """Folder of the sample city: in the installed package, or in the source tree."""
    packed = Path(str(resources.files("fireplan") / "_data" / "marisol"))
    source = Path(__file__).resolve().parent.parent / "data" / "marisol"
    for folder in (packed, source):
        if (folder / "plan.toml").is_file():
            return folder
    raise InputError("the sample city is not there: reinstall fireplan, or run data/make_marisol.py")


def marisol(*, calibrated: bool = True) -> Scenario:
    """
    Read the sample city Marisol, as it stands today.

    Parameters
    ----------
    calibrated
        Whether drives take as long as its dispatch history says (its `calibration.toml`), or are planned.

    Returns
    -------
    Seven stations, 115,000 invented people in the open sea, and two years of invented dispatch history.
    """
    return marisol_project(calibrated=calibrated).today


def marisol_project(*, tell: Callable[[str], None] | None = None, calibrated: bool = True) -> Project:
    """
    Read the sample city with its what-ifs, its standard and its history.

    Parameters
    ----------
    tell, calibrated
        As in `open_project`.
    """
    return open_project(marisol_folder(), tell=tell, calibrated=calibrated)


def line_town() -> Scenario:
    """
    Build a town on one street, small enough to check by hand.

    Returns
    -------
    Line Street runs 40 blocks of 0.001 degrees north (about 111 m each) from 30° N on the 140th meridian west, driven
    at 36 km/h both ways. Station S1 with engine E1 stands at its south end. Each block is a zone of ten people.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    y = 30.0 + BLOCK_DEG * np.arange(BLOCKS + 1)
    nodes = pd.DataFrame({"x": -140.0, "y": y}, index=pd.RangeIndex(BLOCKS + 1))
    south, north = np.arange(BLOCKS), np.arange(1, BLOCKS + 1)
    edges = pd.DataFrame({"u": np.concatenate([south, north]), "v": np.concatenate([north, south]), "key": 0}).assign(
        name="Line Street", highway="residential", speed_kph=LINE_KPH
    )
    roads = from_frames(nodes, edges.set_index(["u", "v", "key"]), crs=WGS84, source="line town (invented)")
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1"], "name": ["Station 1"]}, geometry=[shapely.Point(-140.0, 30.0)], crs=WGS84
    )
    units = pd.DataFrame({"unit_id": ["E1"], "station_id": ["S1"], "type": ["engine"]})
    zones = gpd.GeoDataFrame(
        {"zone_id": [f"Z{i + 1:02d}" for i in range(BLOCKS)], "population": 10.0},
        geometry=[shapely.box(-140.0 - BLOCK_DEG / 2, low, -140.0 + BLOCK_DEG / 2, low + BLOCK_DEG) for low in y[:-1]],
        crs=WGS84,
    )
    return Scenario(roads, stations, units, zones, name="line town", provenance="invented", source="line town")


def line_town_history() -> History:
    """
    Read a fortnight of calls of `line_town`, few enough to check by hand.

    Returns
    -------
    From 4 March 2024 on a fire a day at two in the afternoon, ten blocks up the street. Engine E1 is dispatched after a
    minute, drives off after another, arrives four minutes later and is free at 14:40. Times are nine hours behind UTC.

    Examples
    --------
    >>> import fireplan as fp
    >>> history = fp.examples.line_town_history()
    >>> len(history.incidents), history.responses["unit_id"].unique().tolist()
    (14, ['E1'])
    """
    stamps = {"received": "14:00", "dispatched": "14:01", "enroute": "14:02", "arrived": "14:06", "cleared": "14:40"}
    rows = [
        {
            "incident_id": str(day),
            "unit_id": "E1",
            "call_type": "FIRE",
            "priority": "1",
            "latitude": "30.01",
            "longitude": "-140.0",
            **{name: f"2024-03-{4 + day:02d} {clock}:00" for name, clock in stamps.items()},
        }
        for day in range(LINE_CALLS)
    ]
    return read_cad_rows(rows, timezone="Etc/GMT+9")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
