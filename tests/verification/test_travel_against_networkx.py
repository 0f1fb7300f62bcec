"""Travel times against NetworkX, distances against OSMnx, on a sample city and on real ones."""

import gzip
from dataclasses import replace

import networkx as nx
import numpy as np
import osmnx as ox
import pyproj
import pytest

from fireplan import roads, travel

SOURCES, TARGETS = 40, 25  # a thousand pairs
CLOSE_S = 1e-3


def sampled_pairs(network, weight):
    """Ours and NetworkX's figure for random pairs of nodes; inf where there is no way."""
    rng = np.random.default_rng(20)
    graph = network.to_graph()
    ours, theirs = [], []
    for source in rng.choice(network.node_ids, SOURCES, replace=False):
        targets = rng.choice(network.node_ids, TARGETS, replace=False)
        found = nx.single_source_dijkstra_path_length(graph, source, weight=weight)
        theirs += [found.get(target, np.inf) for target in targets]
        ours += travel.node_times(network, source).reindex(targets).fillna(np.inf).tolist()
    return np.array(ours), np.array(theirs)


def agree(network):
    ours, theirs = sampled_pairs(network, "travel_time")
    assert len(ours) == 1000
    assert np.isfinite(theirs).sum() > 900
    np.testing.assert_array_equal(np.isinf(ours), np.isinf(theirs))
    reached = np.isfinite(theirs)
    assert np.abs(ours[reached] - theirs[reached]).max() <= CLOSE_S


def test_a_thousand_pairs_in_marisol(marisol):
    agree(marisol.roads)


@pytest.mark.realdata
def test_a_thousand_pairs_in_san_francisco(san_francisco_roads):
    network = san_francisco_roads
    assert (network.n_nodes, network.n_streets) == (8993, 15129)
    assert network.repairs == ()
    agree(network)


@pytest.mark.realdata
def test_a_thousand_pairs_in_north_east_san_francisco(shared_data):
    agree(roads.from_osm(shared_data / "osm" / "sf_northeast.osm.gz"))


DRIVEN = {
    f"{road}{link}" for road in ("motorway", "trunk", "primary", "secondary", "tertiary") for link in ("", "_link")
} | {"residential", "unclassified", "living_street", "service"}


def osmnx_graph(file, monkeypatch):
    """OSMnx's graph of an extract, every node kept, cut down to the roads of `DRIVEN` that are open to engines."""
    more = ["motor_vehicle", "motorcar", "vehicle", "emergency", "bus", "psv"]
    monkeypatch.setattr(ox.settings, "useful_tags_way", [*ox.settings.useful_tags_way, *more])
    graph = ox.graph_from_xml(file, simplify=False, retain_all=True)
    geod = pyproj.Geod(ellps="WGS84")
    for u, v, key, tags in list(graph.edges(keys=True, data=True)):
        access = next((tags[k] for k in ("motor_vehicle", "motorcar", "vehicle", "access") if k in tags), "yes")
        engines = {"yes", "designated"} & {tags.get(k) for k in ("emergency", "bus", "psv")}
        shut = access in {"no", "agricultural", "forestry"} and not engines
        yard = tags["highway"] == "service" and tags.get("service") in {"driveway", "parking_aisle", "drive-through"}
        if tags["highway"] not in DRIVEN or shut or yard or tags.get("area") == "yes":
            graph.remove_edge(u, v, key)
        else:
            a, b = graph.nodes[u], graph.nodes[v]
            tags["length"] = geod.inv(a["x"], a["y"], b["x"], b["y"])[2]
    return graph


@pytest.mark.realdata
def test_distances_agree_with_osmnx_between_two_hundred_nodes(shared_data, monkeypatch):
    file = shared_data / "osm" / "sf_northeast.osm.gz"
    network = roads.from_osm(file)
    common = np.isin(network.highway, list(DRIVEN))
    metres = replace(network, wait_s=None).with_times(
        there_s=np.where(np.isfinite(network.there_s) & common, network.length_m, np.inf),
        back_s=np.where(np.isfinite(network.back_s) & common, network.length_m, np.inf),
    )
    graph = osmnx_graph(file, monkeypatch)
    shared = np.array([n for n in network.node_ids if n in graph], dtype=object)
    assert len(shared) > 0.95 * network.n_nodes
    chosen = np.random.default_rng(7).choice(shared, 200, replace=False)
    sources, targets = chosen[:10], chosen[10:]
    reached = 0
    for source in sources:
        theirs = nx.single_source_dijkstra_path_length(graph, source, weight="length")
        ours = travel.node_times(metres, source).reindex(targets)
        expected = np.array([theirs.get(target, np.inf) for target in targets])
        np.testing.assert_allclose(ours.fillna(np.inf), expected, rtol=1e-5, atol=0.01)
        reached += np.isfinite(expected).sum()
    assert reached > 1000


@pytest.mark.realdata
def test_every_one_way_of_osmnx_is_one_way_here(shared_data, monkeypatch, tmp_path):
    file = tmp_path / "sf.osm"  # OSMnx knows no one-ways of vehicles alone
    text = gzip.decompress((shared_data / "osm" / "sf_northeast.osm.gz").read_bytes())
    file.write_bytes(text.replace(b'k="oneway:vehicle"', b'k="oneway"'))
    network = roads.from_osm(file)
    common = np.isin(network.highway, list(DRIVEN))
    one_way = np.isfinite(network.there_s) != np.isfinite(network.back_s)
    graph = osmnx_graph(file, monkeypatch)
    theirs = sum(d["length"] for *_, d in graph.edges(data=True) if d["oneway"])
    assert network.length_m[one_way & common].sum() == pytest.approx(theirs, rel=1e-6)
    both = sum(d["length"] for *_, d in graph.edges(data=True) if not d["oneway"]) / 2
    assert network.length_m[~one_way & common].sum() == pytest.approx(both, rel=1e-6)


@pytest.mark.realdata
def test_helsinki_is_read_with_its_one_ways_and_what_was_clipped(shared_data):
    network = roads.from_osm(shared_data / "osm" / "Helsinki.osm.pbf")
    assert network.crs.to_epsg() == 32635
    one_way = np.isfinite(network.there_s) != np.isfinite(network.back_s)
    assert 0.2 < one_way.mean() < 0.9
    assert any(note.startswith("clipped extract: 150 nodes") for note in network.notes)
    assert any("45 turn restriction relations" in note for note in network.notes)
    assert network.components["share_of_nodes"].iloc[0] > 0.5
    lonlat = network.nodes
    assert lonlat["x"].between(24.8, 25.1).all()
    assert lonlat["y"].between(60.1, 60.3).all()
