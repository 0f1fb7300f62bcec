"""A small town full of ties, whose tables, streets and calls can be given in any order of their rows."""

import json
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import fireplan as fp
from fireplan.roads import from_frames

SIDE = 9
STEP_DEG = 0.002
CORNER = (-140.0, 30.0)
STREET_S = 24.1
"""Every street takes as long, so that much is equally near. [s]"""

PLAN = """
name = "Tie Town"
timezone = "America/Los_Angeles"
provenance = "invented"
source = "invented"

[inputs]
network = "roads.graphml"
stations = "stations.csv"
units = "units.csv"
zones = "zones.geojson"
cad = "cad.csv"

[standards]
use = ["NFPA_1710"]

[demand]
weights = ["risk"]

[[scenario]]
name = "Station 12"
changes = [ { open_station = "S12", name = "Station 12", at = [-139.998, 30.014], units = ["E12"] } ]

[[scenario]]
name = "Close Station 10"
changes = [ { close_station = "S10" } ]

[siting]
candidates = "sites.csv"
within_seconds = 97
p = 2
robustness_runs = 6

[output]
dir = "out"
"""


class Parts(NamedTuple):
    """What a town is made of, as it is given."""

    nodes: pd.DataFrame
    edges: pd.DataFrame
    stations: gpd.GeoDataFrame
    units: pd.DataFrame
    zones: gpd.GeoDataFrame
    incidents: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    cad: pd.DataFrame


def at(column, row):
    """A place by streets east and north of the corner. [°]"""
    return CORNER[0] + STEP_DEG * column, CORNER[1] + STEP_DEG * row


def parts():
    """Give the town in order of its ids."""
    rng = np.random.default_rng(5)
    names = [f"{c}-{r}" for c in range(SIDE) for r in range(SIDE)]
    xy = np.array([at(c, r) for c in range(SIDE) for r in range(SIDE)])
    nodes = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1]}, index=pd.Index(names, name="osmid"))
    pairs = [(f"{c}-{r}", f"{c + 1}-{r}") for c in range(SIDE - 1) for r in range(SIDE)]
    pairs += [(f"{c}-{r}", f"{c}-{r + 1}") for c in range(SIDE) for r in range(SIDE - 1)]
    both = pairs + [(v, u) for u, v in pairs]
    edges = pd.DataFrame(both, columns=["u", "v"]).assign(
        key=0, highway="residential", travel_time=STREET_S, name=[f"Street {min(u, v)}" for u, v in both]
    )
    twice = edges.iloc[[3]].assign(key=1, name="Another name")
    edges = pd.concat([edges, twice], ignore_index=True).set_index(["u", "v", "key"])
    homes = {"S1": (1, 1), "S2": (7, 1), "S3": (4, 4), "S9": (1, 7), "S10": (7, 7), "S11": (7, 7)}
    stations = gpd.GeoDataFrame(
        {"name": [f"Station {s[1:]}" for s in homes]}, index=pd.Index(list(homes), name="station_id"),
        geometry=[shapely.Point(at(*p)) for p in homes.values()], crs=4326,
    )  # fmt: skip
    rows = [(f"E{s[1:]}", "engine", s, 4, 60.0) for s in homes] + [("T1", "truck", "S3", 4, 61.3)]
    rows += [("E13", "engine", "S3", 3, 60.0), ("M1", "ambulance", "S3", 2, 60.0), ("M2", "ambulance", "S1", 2, 60.1)]
    units = pd.DataFrame(rows, columns=["unit_id", "type", "station_id", "crew", "turnout_s"]).set_index("unit_id")
    places = [(c + 0.5, float(r)) for c in range(SIDE - 1) for r in range(SIDE)]
    half = 0.45 * STEP_DEG
    zones = gpd.GeoDataFrame(
        {
            "population": rng.integers(1, 9, len(places)), "dwellings": rng.integers(1, 5, len(places)),
            "risk": np.round(rng.uniform(0.1, 0.9, len(places)), 1),
            "risk_class": np.where(rng.random(len(places)) < 0.3, "high", "low"),
        },
        index=pd.Index([f"Z{i}" for i in range(len(places))], name="zone_id"), crs=4326,
        geometry=[shapely.box(x - half, y - half, x + half, y + half) for x, y in (at(*p) for p in places)],
    )  # fmt: skip
    found = rng.integers(0, SIDE, (40, 2))
    incidents = gpd.GeoDataFrame(
        index=pd.Index([f"I{i}" for i in range(len(found))], name="incident_id"), crs=4326,
        geometry=[shapely.Point(at(c, r)) for c, r in found],
    )  # fmt: skip
    spots = [(2, 5), (3, 6), (5, 2), (6, 3), (4, 1), (4, 7), (0, 4), (8, 4), (2, 3), (5, 6), (0, 0), (8, 0)]
    sites = gpd.GeoDataFrame(
        {"name": [f"Site {i}" for i in range(len(spots))]},
        index=pd.Index([f"C{i}" for i in range(len(spots))], name="candidate_id"), crs=4326,
        geometry=[shapely.Point(at(*p)) for p in spots],
    )  # fmt: skip
    return Parts(nodes, edges, stations, units, zones, incidents, sites, _calls(rng, list(units.index)))


def _calls(rng, units):
    """Two months of calls, some received in the same second, with one to three units each."""
    rows = []
    for i in range(120):
        received = pd.Timestamp("2025-03-03 08:00") + pd.Timedelta(hours=12 * (i // 2)) + pd.Timedelta(seconds=i % 3)
        x, y = at(*rng.integers(0, SIDE, 2))
        kind = ["STRUCTURE FIRE", "MEDICAL - CARDIAC", "ALARM"][int(rng.integers(3))]
        for unit in rng.choice(units, int(rng.integers(1, 4)), replace=False):
            stamps = received + pd.to_timedelta(np.cumsum([0, 60, *rng.integers(30, 400, 2), 1800.3]), unit="s")
            rows.append((f"25-{i:04d}", unit, kind, 1 + i % 2, round(y, 6), round(x, 6), *stamps.floor("s")))
    stamps = ["received", "dispatched", "enroute", "arrived", "cleared"]
    table = pd.DataFrame(
        rows, columns=["incident_id", "unit_id", "call_type", "priority", "latitude", "longitude", *stamps]
    )
    return table.assign(**{s: table[s].dt.strftime("%Y-%m-%dT%H:%M:%S") for s in stamps})


def shuffled(town, seed):
    """Give the same with the rows of every table in another order."""
    rng = np.random.default_rng(seed)
    return Parts(*(table.iloc[rng.permutation(len(table))] for table in town))


def scenario(town, *, calls=False):
    """Build the scenario; with `calls` incidents are at their own points."""
    roads = from_frames(town.nodes, town.edges, crs=4326)
    given = {"incidents": town.incidents} if calls else {}
    return fp.Scenario(
        roads, town.stations, town.units, town.zones, name="Tie Town", timezone="America/Los_Angeles",
        weights=("risk",), **given,
    )  # fmt: skip


def history(town):
    """Read its calls."""
    return fp.read_cad(town.cad.astype(str).reset_index(drop=True), timezone="America/Los_Angeles")


def write(town, folder):
    """Write it as the folder of a project."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    (folder / "roads.graphml").write_text(_graphml(town), encoding="utf-8")
    for name in ("stations", "sites"):
        table = getattr(town, name)
        xy = {"latitude": table.geometry.y, "longitude": table.geometry.x}
        pd.DataFrame(table.drop(columns="geometry").assign(**xy)).to_csv(folder / f"{name}.csv")
    town.units.to_csv(folder / "units.csv")
    (folder / "zones.geojson").write_text(json.dumps(json.loads(town.zones.reset_index().to_json())), encoding="utf-8")
    town.cad.to_csv(folder / "cad.csv", index=False)
    return folder


def _graphml(town):
    """The streets as OSMnx writes them."""
    keys = [("x", "node"), ("y", "node"), ("highway", "edge"), ("travel_time", "edge"), ("name", "edge")]
    lines = ["<?xml version='1.0' encoding='utf-8'?>", '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [f'<key id="{k}" for="{of}" attr.name="{k}" attr.type="string"/>' for k, of in keys]
    lines += ['<key id="crs" for="graph" attr.name="crs" attr.type="string"/>', '<graph edgedefault="directed">']
    lines += ['<data key="crs">EPSG:4326</data>']
    for node, x, y in town.nodes.itertuples():
        lines.append(f'<node id="{node}"><data key="x">{x!r}</data><data key="y">{y!r}</data></node>')
    for (u, v, key), row in zip(town.edges.index, town.edges.itertuples(index=False), strict=True):
        told = "".join(f'<data key="{k}">{getattr(row, k)}</data>' for k, of in keys if of == "edge")
        lines.append(f'<edge source="{u}" target="{v}" id="{key}">{told}</edge>')
    return "\n".join([*lines, "</graph>", "</graphml>"])


def as_bytes(result):
    """Lay a table out in order of its ids, every digit written."""
    if isinstance(result, pd.DataFrame):
        table = pd.DataFrame(result.reset_index(names=[f"level_{i}" for i in range(result.index.nlevels)]))
        for name in table.columns:
            if hasattr(result, "geometry") and name == result.geometry.name:
                table[name] = [g.wkb_hex for g in result.geometry]
        table = table.map(repr)
        return table.sort_values(list(table.columns)).to_csv(index=False).encode()
    if isinstance(result, pd.Series):
        return as_bytes(result.to_frame("value"))
    if isinstance(result, np.ndarray):
        return result.tobytes()
    if isinstance(result, (list, tuple)):
        return b"\n".join(as_bytes(r) for r in result)
    return repr(result).encode()
