"""Stations from which nobody can drive: off the road, or on a scrap of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan.roads import snap
from fireplan.travel._places import SMALLEST_REACH

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.roads import RoadNetwork


def stations_astray(roads: RoadNetwork, stations: gpd.GeoDataFrame, *, snap_limit_m: float) -> pd.DataFrame:
    """
    Find the stations with which a scenario would be refused.

    Parameters
    ----------
    roads
        The network.
    stations
        With their names and points.
    snap_limit_m
        As of a scenario. [m]

    Returns
    -------
    By station: its `name`, `offset_m` to the nearest street on which doors open [m], and `why` it is astray, in words.
    """
    on_road = snap(roads, stations.geometry, limit_m=np.inf, freeways=False)
    most = int(np.ceil(SMALLEST_REACH * roads.n_nodes))
    found = []
    for place, (station, name) in enumerate(stations["name"].items()):
        offset_m = float(on_road.offset_m[place])
        if not offset_m <= snap_limit_m:
            found.append((station, name, offset_m, f"lies {wording.distance(offset_m)} from the nearest road"))
            continue
        street, along = on_road.street[place : place + 1], on_road.along[place : place + 1]
        entered = np.concatenate(roads.routing.nodes_entered(street, along))
        share = kernel.count_reached(roads.graph, entered[entered >= 0], most=most) / roads.n_nodes
        if share < SMALLEST_REACH:
            why = f"stands on a road that reaches {wording.share(share)} of the network"
            found.append((station, name, offset_m, why))
    return pd.DataFrame(found, columns=["station_id", "name", "offset_m", "why"]).set_index("station_id")
