"""
A county as it publishes itself, made up: two towns, a highway between them, an island; no OpenStreetMap.

Everything stands on straight lines, in metres east and north of a corner, so that times can be reckoned by hand. The
corner is where a metre of the grid is a metre on the ground.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

EAST, NORTH, CRS = 320_000.0, 4_400_000.0, "EPSG:32613"
MPS = 0.44704
"""Metres a second of one mile an hour."""

TOWN, ROAD, HIGHWAY = 25 * MPS, 35 * MPS, 55 * MPS
"""Posted speeds: streets of the towns, the road beside the highway, the highway. [m/s]"""

BIRCH = 13_600
"""Where the second town begins, east of the first. [m]"""


def at(x, y):
    return EAST + x, NORTH + y


def lonlat(x, y):
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(*at(x, y))
    return round(lon, 7), round(lat, 7)


def centrelines():
    """Street centrelines under the names an office gives its columns."""
    rows = []

    def add(name, places, *, mph=25, code="S1400", oneway="B", levels=(0, 0), route="", bridge="N"):
        line = shapely.LineString([at(*place) for place in places])
        rows.append((name, mph, oneway, code, *levels, route, bridge, line))

    # Alder: five streets north, three east, 400 m apart; a block of Third is driven west alone, and drawn east.
    for i in range(5):
        for j in range(2):
            add(f"{'ABCDE'[i]} St", [(400 * i, 400 * j), (400 * i, 400 * j + 400)])
    for j, name in enumerate(("Main St", "Second St", "Third St")):
        for i in range(4):
            add(name, [(400 * i, 400 * j), (400 * i + 400, 400 * j)], oneway="TF" if (i, j) == (2, 2) else "B")
    # The highway, with a road beside it, and Mill Rd over it on a bridge that touches it on the map.
    highway = {"mph": 55, "code": "S1200", "route": "SR 7"}
    for start, end in ((1600, 4600), (4600, 7600), (7600, BIRCH)):
        add("State Highway 7", [(start, 0), (end, 0)], **highway)
    add("Frontage Rd", [(4600, 0), (4600, 400), (7600, 400)], mph=35)
    add("Mill Rd", [(7600, 400), (7600, 0)], levels=(0, 1), bridge="Y")
    add("Mill Rd", [(7600, 0), (7600, -400)], levels=(1, 0), bridge="Y")
    # Birch: its own Main St; the island: one lane, and a bridge on foot.
    for i in range(2):
        add("Main St", [(BIRCH + 400 * i, 0), (BIRCH + 400 * i + 400, 0)])
        add("Ferry Ln", [(5000 + 400 * i, 6000), (5400 + 400 * i, 6000)])
    add("Footbridge", [(4600, 400), (5000, 6000)], mph=0, code="S1710")
    columns = ["STREETNAME", "SPEED_MPH", "ONEWAY", "MTFCC", "F_ZLEV", "T_ZLEV", "ROUTE_NUM", "BRIDGE", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS)


ZONES = {  # people, and where: 20 m beside their street
    "A1": (1000, 200, 20),
    "A2": (1000, 1400, 820),
    "A3": (1000, 1000, 820),
    "M1": (200, 7620, -200),
    "B1": (500, BIRCH + 600, 20),
    "B2": (500, BIRCH + 200, 20),
    "I1": (100, 5600, 6020),
}


def zones():
    shapes = [shapely.box(*at(x - 15, y - 15), *at(x + 15, y + 15)) for _, x, y in ZONES.values()]
    table = {"GEOID": list(ZONES), "population": [people for people, _, _ in ZONES.values()]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def stations():
    rows = []
    for number, name, units, x, y in ((1, "Alder", "E1;T1", 0, -10), (3, "Cedar Island", "E3", 5000, 5990)):
        lon, lat = lonlat(x, y)
        rows.append((f"S{number}", name, lat, lon, units))
    return pd.DataFrame(rows, columns=["station_id", "name", "latitude", "longitude", "units"])


def sites():
    """Places where a station could stand: in Birch, on Mill Rd, and on the island."""
    rows = []
    for name, x, y in (("birch", BIRCH + 400, -10), ("mill", 7590, -200), ("island", 5800, 5990)):
        lon, lat = lonlat(x, y)
        rows.append((name, lat, lon))
    return pd.DataFrame(rows, columns=["candidate_id", "latitude", "longitude"])


def calls():
    """Dispatch history: four calls in Alder, one in Birch, one on the island; one row per unit."""
    places = [ZONES[zone][1:] for zone in ("A1", "A2", "A3", "A1", "B2", "I1")]
    rows = []
    for i, (x, y) in enumerate(places):
        lon, lat = lonlat(x, y)
        stamps = pd.Timestamp(f"2025-03-0{i + 3} 17:00:00") + pd.to_timedelta(
            [0, 60, 130, 130 + 100 * (i + 1)], unit="s"
        )
        times = [f"{stamp:%Y-%m-%d %H:%M:%S}" for stamp in stamps]
        cleared = f"{stamps[-1] + pd.Timedelta(minutes=30):%Y-%m-%d %H:%M:%S}"
        unit = "E3" if i == 5 else "E1"
        rows.append((f"25-{i:04d}", unit, "STRUCTURE FIRE", "1", lat, lon, *times, cleared))
    columns = ["incident_id", "unit_id", "call_type", "priority", "latitude", "longitude",
               "received", "dispatched", "enroute", "arrived", "cleared"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def write(folder, *, roads="roads.shp"):
    """Write what the county publishes: a shapefile, or another format by its ending, and tables."""
    folder.mkdir(parents=True, exist_ok=True)
    centrelines().to_file(folder / roads)
    zones().to_crs(4326).to_file(folder / "blocks.geojson")
    stations().to_csv(folder / "stations.csv", index=False)
    sites().to_csv(folder / "sites.csv", index=False)
    calls().to_csv(folder / "calls.csv", index=False)
    return folder
