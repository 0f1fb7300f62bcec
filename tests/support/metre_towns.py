"""Small towns given in metres: streets with what they are, stations, zones and calls at places on a plane."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from fireplan import Scenario
from fireplan.roads._build_network import build_network

UTM = pyproj.CRS.from_epsg(32607)
AT_M = (500_000.0, 6_600_000.0)
"""Where the plane's corner lies: coordinates are added to it. [m]"""

MPS = 10.0


def network(*streets):
    """Streets of (name, places, traits): traits are `highway`, `features`, `ref`, `there` and `back` (open or not)."""
    nodes = {}
    rows = []
    for name, places, traits in streets:
        for a, b in itertools.pairwise(places):
            u, v = (nodes.setdefault(p, len(nodes)) for p in (a, b))
            rows.append((u, v, name, traits))
    xy = np.array(list(nodes), dtype=float) + AT_M
    lines = np.array([shapely.LineString(xy[[u, v]]) for u, v, _, _ in rows], dtype=object)
    length = shapely.length(lines)

    def trait(key, usual):
        return [traits.get(key, usual) for *_, traits in rows]

    return build_network(
        crs=UTM, node_ids=np.arange(len(nodes)).astype(object), node_xy_m=xy,
        first=np.array([r[0] for r in rows]), last=np.array([r[1] for r in rows]), length_m=length,
        there_s=np.where(trait("there", usual=True), length / MPS, np.inf),
        back_s=np.where(trait("back", usual=True), length / MPS, np.inf),
        lines=lines, highway=np.array(trait("highway", "residential")), street_name=np.array([r[2] for r in rows]),
        source="test", notes=(), street_ref=np.array(trait("ref", "")),
        features=np.array(trait("features", 0), dtype=np.uint16),
    )  # fmt: skip


def points(places, crs=UTM):
    return gpd.GeoSeries([shapely.Point(x + AT_M[0], y + AT_M[1]) for x, y in places], crs=UTM).to_crs(crs)


def boxes(*bounds):
    shapes = [shapely.affinity.translate(shapely.box(*b), *AT_M) for b in bounds]
    return gpd.GeoSeries(shapes, crs=UTM)


def town(roads, stations, *, zones=None, people=None, calls=None, streets=None, **given):
    """A scenario: stations by id at places, zones by shapes or places, calls at places."""
    table = gpd.GeoDataFrame(
        {"name": list(stations)}, geometry=points(stations.values()).to_numpy(), crs=UTM,
        index=pd.Index(list(stations), name="station_id"),
    )  # fmt: skip
    if streets is not None:
        table["street"] = [streets.get(s, "") for s in stations]
    shapes = points([(0, 0)]) if zones is None else zones if isinstance(zones, gpd.GeoSeries) else points(zones)
    ids = pd.Index([f"Z{i}" for i in range(len(shapes))], name="zone_id")
    area = gpd.GeoDataFrame({"population": people or [1] * len(shapes)}, geometry=shapes.to_numpy(), crs=UTM, index=ids)
    incidents = None
    if calls is not None:
        ids = pd.Index([f"I{i}" for i in range(len(calls))], name="incident_id")
        incidents = gpd.GeoDataFrame(geometry=points(calls).to_numpy(), crs=UTM, index=ids)
    return Scenario(roads, table, zones=area, incidents=incidents, **given)
