"""Hexagons along the roads, for a map of a place of which nothing is known but its roads and stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.crs import WGS84, project
from fireplan.demand._zones import HEXAGON, outline
from fireplan.errors import InputError
from fireplan.roads import SNAP_LIMIT_M, snap

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.roads import RoadNetwork

STEP_M = 100.0
"""Streets are followed in steps of this. [m]"""

COUNTY_KM = 8000.0
"""From so many kilometres of street on, hexagons are one size larger. [km]"""


@takes
def along_roads(roads: RoadNetwork, *, snap_limit_m: float = SNAP_LIMIT_M) -> gpd.GeoDataFrame:
    """
    Part the ground along the roads into hexagons that count nothing.

    Parameters
    ----------
    roads
        Streets; those that no door opens on are passed over.
    snap_limit_m
        Hexagons whose middle is farther than this from a street are left out. [m]

    Returns
    -------
    By `zone_id` (the H3 index), WGS 84: the outline, and no weight. They carry colour and names of stations on a map;
    what is counted are the kilometres of road.

    Raises
    ------
    InputError
        If there is no street that doors open on.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import h3  # noqa: PLC0415

    streets = np.flatnonzero(roads.has_doors)
    if not len(streets):
        raise InputError("no street is open that doors open on: zones cannot be made along them")
    resolution = HEXAGON if roads.length_m.sum() <= COUNTY_KM * 1000 else HEXAGON - 1
    lines = roads.streets.geometry.to_numpy()[streets]
    long = shapely.length(lines) > STEP_M  # and GEOS parts no line that has no length
    xy = np.concatenate([shapely.get_coordinates(part) for part in (lines, shapely.segmentize(lines[long], STEP_M))])
    lonlat = project(xy, source=roads.crs, target=WGS84)
    cells = sorted({h3.latlng_to_cell(lat, lon, resolution) for lon, lat in lonlat})
    outlines = [outline(np.array(h3.cell_to_boundary(cell))[:, ::-1]) for cell in cells]
    zones = gpd.GeoDataFrame(geometry=outlines, index=pd.Index(cells, name="zone_id", dtype=str), crs=WGS84)
    near = snap(roads, zones.geometry.representative_point(), limit_m=snap_limit_m, freeways=False).street >= 0
    return zones[near] if near.any() else zones
