import csv
import gzip
import importlib
import io
import json
import math
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy._core._multiarray_umath import __cpu_features__ as cpu_features
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

ROOT = Path(__file__).parents[2]
CITY = ROOT / "data" / "marisol"
FILES = [
    "README.md",
    "cad.csv.gz",
    "plan.toml",
    "roads.osm.gz",
    "stations.csv",
    "truth.toml",
    "units.csv",
    "zones.geojson",
]
CAD_COLUMNS = [
    "incident_id",
    "unit_id",
    "call_type",
    "priority",
    "latitude",
    "longitude",
    "received",
    "dispatched",
    "enroute",
    "arrived",
    "cleared",
    "address",
    "narrative",
]
DRIVABLE = {
    "motorway",
    "motorway_link",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
}
OPEN_SEA = (-127.60, 33.00, -127.40, 33.20)  # west, south, east, north
METRES_PER_DEGREE = np.array([111_320 * math.cos(math.radians(33.1)), 110_900])


def unpacked(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def table(path):
    return list(csv.DictReader(io.StringIO(unpacked(path).decode("utf-8"))))


class Roads:
    """The road file, read without the help of what wrote it."""

    def __init__(self, root):
        self.node_ids = [int(node.get("id")) for node in root.iter("node")]
        self.at = {int(node.get("id")): (float(node.get("lon")), float(node.get("lat"))) for node in root.iter("node")}
        self.ways = [
            (
                [int(ref.get("ref")) for ref in way.iter("nd")],
                {tag.get("k"): tag.get("v") for tag in way.iter("tag")},
                int(way.get("id")),
            )
            for way in root.iter("way")
        ]
        self.drivable = [way for way in self.ways if way[1].get("highway") in DRIVABLE]

    def metres(self, nodes):
        return np.array([self.at[n] for n in nodes]) * METRES_PER_DEGREE

    def line(self, nodes):
        return shapely.LineString(self.metres(nodes))

    def polygons(self, key, value):
        return {
            tags.get("name", str(number)): shapely.Polygon(self.metres(nodes))
            for nodes, tags, number in self.ways
            if tags.get(key) == value
        }

    def graph(self, speed_kph):
        index = {n: k for k, n in enumerate(sorted({n for way in self.drivable for n in way[0]}))}
        tails, heads, seconds = [], [], []
        for nodes, tags, _ in self.drivable:
            steps = np.hypot(*np.diff(self.metres(nodes), axis=0).T) / speed_kph[tags["highway"]] * 3.6
            for a, b, s in zip(nodes[:-1], nodes[1:], steps, strict=True):
                pairs = [(a, b)] if tags.get("oneway") == "yes" else [(a, b), (b, a)]
                for tail, head in pairs:
                    tails.append(index[tail])
                    heads.append(index[head])
                    seconds.append(max(s, 1e-6))
        size = len(index)
        return index, coo_array((seconds, (tails, heads)), shape=(size, size)).tocsr()


@pytest.fixture(scope="module")
def truth():
    return tomllib.loads((CITY / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cad():
    return table(CITY / "cad.csv.gz")


@pytest.fixture(scope="module")
def roads():
    return Roads(ET.fromstring(unpacked(CITY / "roads.osm.gz")))  # noqa: S314


@pytest.fixture(scope="module")
def zones():
    return json.loads((CITY / "zones.geojson").read_text(encoding="utf-8"))["features"]


@pytest.fixture(scope="module")
def shapes(zones):
    return [
        shapely.Polygon(
            np.array(zone["geometry"]["coordinates"][0]) * METRES_PER_DEGREE,
            [np.array(ring) * METRES_PER_DEGREE for ring in zone["geometry"]["coordinates"][1:]],
        )
        for zone in zones
    ]


# --- the files -------------------------------------------------------------------------------------------------


def test_made_again_the_files_are_the_same(tmp_path):
    made = subprocess.run(
        [sys.executable, ROOT / "data" / "make_marisol.py", "--out", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES)
    if not processor_rounds_alike():
        comes_out_alike(tmp_path)
        return
    # What is packed is compared unpacked: libraries that pack alike in content need not pack alike in bytes.
    differing = [name for name in FILES if unpacked(tmp_path / name) != unpacked(CITY / name)]
    assert differing == []


def processor_rounds_alike():
    """
    Whether sines and logarithms have the last digits they had where the city was drawn.

    NumPy takes them from other code on processors with AVX-512, as that one was. A last digit decides where a street
    ends, and so on: without them it is another city of the same kind.
    """
    return bool(cpu_features.get("AVX512_SKX"))


def comes_out_alike(folder):
    """The city is of the same size and its people are reached alike, whatever the last digits."""
    here, there = (tomllib.loads((f / "truth.toml").read_text(encoding="utf-8")) for f in (CITY, folder))
    for part, key in (("made", "incidents"), ("made", "rows"), ("network", "km"), ("zones", "number")):
        assert there[part][key] == pytest.approx(here[part][key], rel=0.02), (part, key)
    assert (folder / "plan.toml").read_bytes() == (CITY / "plan.toml").read_bytes()
    for case in ("today", "station_8", "close_station"):
        share = "population_share_within_240_s"
        assert there["coverage"][case][share] == pytest.approx(here["coverage"][case][share], abs=0.01)


@pytest.mark.soak
def test_another_seed_makes_another_history(truth, request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("makes the city anew: by hand, with -m soak")
    assert truth["made"]["seed"] == 7
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'data')!r});"
        "from marisol_maker.city import make_city; print(len(make_city(8).rows))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert int(done.stdout) != truth["made"]["rows"]


def test_the_script_does_without_the_toolkit():
    for path in [ROOT / "data" / "make_marisol.py", *(ROOT / "data" / "marisol_maker").glob("*.py")]:
        assert "fireplan" not in path.read_text(encoding="utf-8"), path.name


def test_all_is_small_and_packed_without_time_or_name():
    assert sum((CITY / name).stat().st_size for name in FILES) < 8_000_000
    for name in ("cad.csv.gz", "roads.osm.gz"):
        head = (CITY / name).read_bytes()[:10]
        assert head[3] == 0, "a file name or comment stands in the header"
        assert head[4:8] == bytes(4), "a time stands in the header"


def test_the_note_says_invented_and_quotes_the_truth(truth):
    note = (CITY / "README.md").read_text(encoding="utf-8")
    assert "**invented**" in note
    assert "$" not in note
    for kind, found in truth["planted"].items():
        assert f"{found['rows']:,}" in note, kind


# --- the place -------------------------------------------------------------------------------------------------


def test_everything_lies_in_the_open_sea(roads, zones):
    west, south, east, north = OPEN_SEA
    points = np.array(list(roads.at.values()))
    rings = np.concatenate([zone["geometry"]["coordinates"][0] for zone in zones])
    for xy in (points, rings):
        assert xy.min(axis=0) == pytest.approx(np.clip(xy.min(axis=0), [west, south], [east, north]))
        assert xy.max(axis=0) == pytest.approx(np.clip(xy.max(axis=0), [west, south], [east, north]))


def test_stations_and_units_fit_each_other():
    stations, units = table(CITY / "stations.csv"), table(CITY / "units.csv")
    assert list(stations[0]) == ["station_id", "name", "latitude", "longitude", "units"]
    assert list(units[0]) == ["unit_id", "type", "station_id", "crew", "turnout_s"]
    assert [row["station_id"] for row in stations] == [f"S{k}" for k in range(1, 8)]
    listed = {(unit, row["station_id"]) for row in stations for unit in row["units"].split(";")}
    assert listed == {(row["unit_id"], row["station_id"]) for row in units}
    assert Counter(row["type"] for row in units) == {"engine": 7, "ambulance": 4, "truck": 1, "battalion": 1}


def test_zones_hold_the_people_and_tile_the_land(zones, shapes, truth):
    values = [zone["properties"] for zone in zones]
    assert 1200 <= len(zones) <= 1800
    assert len({v["zone_id"] for v in values}) == len(zones)
    assert sum(v["population"] for v in values) == pytest.approx(115_000, rel=0.02)
    assert sum(v["dwellings"] for v in values) == pytest.approx(46_000, rel=0.02)
    assert {v["risk_class"] for v in values} == {"low", "moderate", "high"}
    assert all(shape.is_valid for shape in shapes)
    total = sum(shape.area for shape in shapes)
    assert total / 1e6 == pytest.approx(truth["zones"]["area_km2"], rel=0.01)
    assert shapely.union_all(shapes).area == pytest.approx(total, rel=1e-6), "zones overlap"


def test_numbers_of_nodes_and_ways_are_positive_and_apart(roads):
    assert len(set(roads.node_ids)) == len(roads.node_ids)
    ways = [way[2] for way in roads.ways]
    assert min(roads.node_ids) == 1_000_001
    assert min(ways) == 2_000_001
    assert max(roads.node_ids) < min(ways)
    places = Counter(roads.at[n] for n in {n for way in roads.drivable for n in way[0]})
    assert max(places.values()) == 1, "two nodes share a place"


def test_nearly_all_roads_reach_each_other(roads, truth):
    index, graph = roads.graph(truth["travel"]["speed_kph"])
    part = connected_components(graph, connection="strong")[1]
    sizes = np.sort(np.bincount(part))[::-1]
    assert sizes[0] / sizes.sum() >= 0.995
    assert len(sizes) == 2, "one town and one islet, each of one piece"
    weak = np.bincount(connected_components(graph, connection="weak")[1])
    assert min(weak) == truth["network"]["nodes_on_the_islet"]
    assert 6 <= min(weak) <= 15
    assert len(weak) == 2
    assert len(index) == truth["network"]["drivable_nodes"]


def test_few_bridges_cross_each_lagoon_and_nothing_else_does(roads, truth):
    lagoons = roads.polygons("natural", "water")
    land = shapely.union_all(list(roads.polygons("natural", "coastline").values()))
    assert len(lagoons) == 3
    crossing = Counter()
    for nodes, tags, number in roads.drivable:
        line = roads.line(nodes)
        wet = [name for name, pond in lagoons.items() if pond.intersects(line)]
        assert not wet or tags.get("bridge") == "yes", number
        assert land.contains(line) or tags.get("bridge") == "yes", number
        crossing.update(wet)
    assert crossing == {"Laguna Garza": 3, "Laguna del Puerto": 4, "Laguna Serena": 3}
    assert truth["network"]["bridges_over"] == [f"{name} {crossing[name]}" for name in lagoons]


def test_the_freeway_is_joined_by_ramps_only(roads):
    users = defaultdict(set)
    for nodes, tags, _ in roads.drivable:
        for node in nodes:
            users[node].add(tags["highway"])
    on_freeway = [kinds for kinds in users.values() if "motorway" in kinds]
    assert on_freeway
    assert {kind for kinds in on_freeway for kind in kinds} == {"motorway", "motorway_link", "trunk"}
    one_way = [tags.get("oneway") for _, tags, _ in roads.drivable if tags["highway"].startswith("motorway")]
    assert set(one_way) == {"yes"}
    assert sum(tags["highway"] == "motorway_link" for _, tags, _ in roads.drivable) == 24


def test_traffic_keeps_right_on_the_freeway(roads):
    lanes = [roads.metres(nodes) for nodes, tags, _ in roads.drivable if tags["highway"] == "motorway"]
    south = np.concatenate([xy for xy in lanes if xy[-1, 1] < xy[0, 1]])
    north = np.concatenate([xy for xy in lanes if xy[-1, 1] > xy[0, 1]])
    south, north = south[np.argsort(south[:, 1])], north[np.argsort(north[:, 1])]
    y = np.linspace(south[100, 1], south[-100, 1], 50)
    apart = np.interp(y, north[:, 1], north[:, 0]) - np.interp(y, south[:, 1], south[:, 0])
    assert apart.min() > 20, "southbound is west of northbound"


def test_streets_cross_only_at_nodes(roads):
    pairs = np.array([pair for nodes, tags, _ in roads.drivable if "bridge" not in tags for pair in pairwise(nodes)])
    lines = shapely.linestrings([roads.metres(pair) for pair in pairs])
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    joined = (pairs[first][:, :, None] == pairs[second][:, None, :]).any(axis=(1, 2))
    assert pairs[first[~joined]].tolist() == []


def test_streets_cross_the_railway_on_arterials_only(roads):
    rails = shapely.union_all([roads.line(nodes) for nodes, tags, _ in roads.ways if "railway" in tags])
    crossing = Counter(tags["highway"] for nodes, tags, _ in roads.drivable if roads.line(nodes).intersects(rails))
    assert set(crossing) == {"primary", "secondary"}
    assert sum(crossing.values()) <= 10


def test_posted_speeds_stand_on_some_ways_only(roads, truth):
    posted = [tags["maxspeed"] for _, tags, _ in roads.drivable if "maxspeed" in tags]
    assert all(value.endswith(" mph") for value in posted)
    assert len(posted) / len(roads.drivable) == pytest.approx(truth["network"]["ways_with_maxspeed_share"], abs=1e-5)
    assert 0.35 < len(posted) / len(roads.drivable) < 0.45


def test_true_times_charge_turns_at_junctions_only(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "data")
    network = importlib.import_module("marisol_maker.network")
    routing = importlib.import_module("marisol_maker.routing")
    # From the west through a bend of two arms at 1 to a crossing at 2; arms north 3, east 4, south 5, each 100 m.
    places = [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0), (200.0, 100.0), (300.0, 0.0), (200.0, -100.0)]
    net = network.Network(xy=places)
    for nodes in ([0, 1], [1, 2], [2, 3], [2, 4], [5, 2]):
        net.ways.append(network.Way(nodes, {"highway": "residential"}))
    delays = {"right": 2.0, "left": 4.5, "straight_at_signal": 3.5}
    travel = {"startup_s": 9.0, "speed_kph": {"residential": 36.0}, "delay_s": delays, "hour_factor": [1.0, 0.5]}

    def times(hour):
        arcs = routing.make_arcs(net, ["residential"], set())
        found = routing.TrueTimes(net, arcs, travel, [0])
        ends = [int(np.flatnonzero((arcs.tail == 2) & (arcs.head == head))[0]) for head in (3, 4, 5)]
        return found.to_points(np.array(ends), np.full(3, 0.5), hour)[0].tolist()

    assert times(0) == pytest.approx([9 + 25 + 4.5, 9 + 25, 9 + 25 + 2.0])
    assert times(1) == pytest.approx([9 + 50 + 4.5, 9 + 50, 9 + 50 + 2.0])
    net.node_tags[2] = {"highway": "traffic_signals"}
    assert times(0) == pytest.approx([9 + 25 + 8.0, 9 + 25 + 3.5, 9 + 25 + 5.5])


def test_the_gap_is_far_from_every_station_and_near_the_new_one(roads, zones, shapes, truth):
    index, graph = roads.graph(truth["travel"]["speed_kph"])
    nodes = np.array(list(index))
    tree = shapely.STRtree([shapely.Point(roads.at[n] * METRES_PER_DEGREE) for n in nodes])
    posts = [(float(row["longitude"]), float(row["latitude"])) for row in table(CITY / "stations.csv")]
    posts.append(tuple(truth["coverage"]["station_8"]["site"]))
    ends = tree.nearest([shapely.Point(np.array(post) * METRES_PER_DEGREE) for post in posts])
    seconds = dijkstra(graph, indices=ends)
    hill = [k for k, zone in enumerate(zones) if zone["properties"]["land_use"] == "hill suburb"]
    people = np.array([zones[k]["properties"]["population"] for k in hill])
    place = tree.nearest([shapes[k].representative_point() for k in hill])
    today, after = seconds[:-1].min(axis=0)[place], seconds[-1][place]
    # Without the delays of turns and signals: what is far here is farther still in truth.
    assert people[today > 280].sum() > 0.95 * people.sum()
    assert people[after < 200].sum() > 0.95 * people.sum()
    assert people.sum() == truth["gap"]["population"]
    assert 0.07 < people.sum() / truth["city"]["population"] < 0.09
    rule = truth["coverage"]
    assert rule["today"]["dwellings_outside_300_s"] > 1500 > rule["station_8"]["dwellings_outside_300_s"]
    assert rule["close_station"]["population_share_within_240_s"] < (
        rule["today"]["population_share_within_240_s"] - 0.05
    )


# --- the history -----------------------------------------------------------------------------------------------


def blank(row, *columns):
    return all(row[column] == "" for column in columns)


def earlier(row, column, other):
    return row[column] != "" and row[other] != "" and row[column] < row[other]


def test_the_history_has_its_columns_and_size(cad, truth):
    assert list(cad[0]) == CAD_COLUMNS
    assert len(cad) == truth["made"]["rows"]
    assert len({row["incident_id"] for row in cad}) == truth["made"]["incidents"]
    assert 28_000 < truth["made"]["incidents"] < 33_000
    assert {row["received"][:4] for row in cad} == {"2024", "2025"}
    medical = sum(row["call_type"].startswith("MEDICAL") for row in cad) / len(cad)
    assert 0.6 < medical < 0.72


def test_the_planted_faults_are_as_many_as_written(cad, truth):
    planted = truth["planted"]
    cancelled = [row["narrative"].startswith("CANCELLED EN ROUTE") for row in cad]
    hall = planted["default_point"]["at"]
    default = (f"{hall[0]:.6f}", f"{hall[1]:.6f}")
    own = {row["unit_id"] for row in table(CITY / "units.csv")}
    seen = {
        "missing_arrived": [blank(r, "arrived") and not c for r, c in zip(cad, cancelled, strict=True)],
        "missing_enroute": [blank(r, "enroute") for r in cad],
        "enroute_before_dispatched": [earlier(r, "enroute", "dispatched") for r in cad],
        "arrived_before_enroute": [earlier(r, "arrived", "enroute") for r in cad],
        "zero_coordinates": [(r["latitude"], r["longitude"]) == ("0.000000", "0.000000") for r in cad],
        "missing_coordinates": [blank(r, "latitude", "longitude") for r in cad],
        "swapped_coordinates": [r["latitude"].startswith("-127.") for r in cad],
        "default_point": [(r["longitude"], r["latitude"]) == default for r in cad],
        "cancelled_en_route": cancelled,
        "mutual_aid": [r["unit_id"] not in own for r in cad],
    }
    copies = Counter(tuple(row.values()) for row in cad)
    counts = {
        kind: {"rows": sum(found), "incidents": len({r["incident_id"] for r, f in zip(cad, found, strict=True) if f})}
        for kind, found in seen.items()
    }
    counts["exact_duplicates"] = {
        "rows": sum(n - 1 for n in copies.values()),
        "incidents": len({row[0] for row, n in copies.items() if n > 1}),
    }
    # What the change of the clocks makes look reversed is written down apart from what was planted.
    clock = truth["clock_changes"]
    counts["enroute_before_dispatched"]["rows"] -= clock["apparent_enroute_before_dispatched"]
    counts["arrived_before_enroute"]["rows"] -= clock["apparent_arrived_before_enroute"]
    written = {kind: {"rows": t["rows"], "incidents": t["incidents"]} for kind, t in planted.items()}
    assert counts == written
    faulty = [kind for kind, t in planted.items() if t["fault"] and kind != "exact_duplicates"]
    assert max(sum(marks) for marks in zip(*(seen[kind] for kind in faulty), strict=True)) == 1


def test_the_settings_name_the_counts_that_came_out(truth):
    asked, planted = truth["faults"], truth["planted"]
    for kind in ("enroute_before_dispatched", "arrived_before_enroute", "exact_duplicates"):
        assert planted[kind]["rows"] == asked[kind]
    for kind in ("zero_coordinates", "missing_coordinates", "swapped_coordinates", "default_point"):
        assert planted[kind]["incidents"] == asked[f"{kind}_incidents"]
    for kind in ("missing_arrived", "missing_enroute"):
        assert planted[kind]["rows"] / truth["made"]["rows"] == pytest.approx(asked[f"{kind}_share"], rel=0.01)


@pytest.mark.parametrize("night", ["2024-11-03T01:", "2025-11-02T01:"])
def test_somebody_calls_in_the_hour_that_strikes_twice(cad, night):
    assert [row for row in cad if row["received"].startswith(night)]


def test_turnout_comes_from_the_written_truth(cad, truth):
    times = truth["times"]
    low, high = times["day_hours"]
    turnout = defaultdict(list)
    for row in cad:
        hour = int(row["received"][11:13])
        if row["unit_id"] == "E1" and not blank(row, "enroute") and not earlier(row, "enroute", "dispatched"):
            sent, gone = (datetime.fromisoformat(row[c]) for c in ("dispatched", "enroute"))
            kind = "ems" if row["call_type"].startswith(("MEDICAL", "TRAFFIC")) else "other"
            turnout[kind, low <= hour < high].append((gone - sent).total_seconds())
    for day, label in ((True, "day"), (False, "night")):
        law = times["turnout_s"]["ems"]
        expected = law[label] * times["turnout_factor"]["S1"]
        assert np.median(turnout["ems", day]) == pytest.approx(expected, rel=0.06), label


def test_travel_follows_the_roads(cad, roads, truth):
    index, graph = roads.graph(truth["travel"]["speed_kph"])
    nodes = np.array(list(index))
    tree = shapely.STRtree([shapely.Point(roads.at[n] * METRES_PER_DEGREE) for n in nodes])
    home = {
        unit: (float(row["longitude"]), float(row["latitude"]))
        for row in table(CITY / "stations.csv")
        for unit in row["units"].split(";")
    }
    ends = tree.nearest([shapely.Point(np.array(xy) * METRES_PER_DEGREE) for xy in home.values()])
    seconds = dict(zip(home, dijkstra(graph, indices=ends), strict=True))
    logs = []
    for row in cad[::25]:
        if row["unit_id"] not in home or row["priority"] == "3" or not row["latitude"].startswith("33."):
            continue
        if blank(row, "arrived") or blank(row, "enroute"):
            continue
        gone, there = (datetime.fromisoformat(row[c]) for c in ("enroute", "arrived"))
        xy = np.array([float(row["longitude"]), float(row["latitude"])]) * METRES_PER_DEGREE
        modelled = seconds[row["unit_id"]][int(tree.nearest(shapely.Point(xy)))]
        if there > gone and 60 < modelled < 2000:
            logs.append((math.log((there - gone).total_seconds()), math.log(modelled)))
    measured, modelled = np.array(logs).T
    assert len(logs) > 1000
    assert np.corrcoef(measured, modelled)[0, 1] > 0.85
    assert 0.0 < np.median(measured - modelled) < 0.45, "turns, signals, start-up and the hour add to the free run"
