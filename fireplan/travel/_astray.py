"""Stations from which nobody can drive: off the road; and those on a scrap of it, which somebody should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan.roads import snap
from fireplan.roads._snapping import in_crs, nearest
from fireplan.travel._network_parts import SMALLEST_REACH

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
    # Within the limit, as in a scenario: without one a station of an island would be put on roads far from it.
    off = snap(roads, stations.geometry, limit_m=snap_limit_m, freeways=False).street < 0
    xy_m = in_crs(roads, stations.geometry)
    offset_m = nearest(roads, xy_m, limit_m=np.inf, allowed=roads.has_doors).offset_m
    why = [f"lies {wording.distance(m)} from the nearest road" for m in offset_m[off]]
    return pd.DataFrame(
        {"name": stations["name"].to_numpy(object)[off], "offset_m": offset_m[off], "why": why},
        index=pd.Index(stations.index[off], name="station_id"),
    )


def stations_on_scraps(roads: RoadNetwork, stations: gpd.GeoDataFrame, *, snap_limit_m: float) -> dict[str, float]:
    """Find the stations that reach next to nothing, and the share of the network that each reaches."""
    on_road = snap(roads, stations.geometry, limit_m=snap_limit_m, freeways=False)
    most = int(np.ceil(SMALLEST_REACH * roads.n_nodes))
    length_m = np.bincount(roads.part[roads.first], weights=roads.length_m)
    of_part = length_m / length_m.sum()
    found = {}
    for place in np.flatnonzero(on_road.street >= 0):
        street, along = on_road.street[place : place + 1], on_road.along[place : place + 1]
        entered = np.concatenate(roads.routing.nodes_entered(street, along))
        reached = kernel.count_reached(roads.graph, entered[entered >= 0], most=most) / roads.n_nodes
        share = min(reached, float(of_part[roads.part[roads.first[street[0]]]]))
        if share < SMALLEST_REACH:
            found[str(stations.index[place])] = share
    return found
