"""Networks as servers, editors and OSMnx of every age write them."""

import gzip
import shutil
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import roads
from fireplan.errors import NetworkError
from fireplan.roads._rules.speeds import planning_caveat

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"


def named(network):
    return sorted(network.street_name.tolist())


@pytest.mark.parametrize(
    ("case", "names", "nodes", "repairs"),
    [
        ("ext_osm_xml.osm.xml", ["A Street"], {1, 5}, ()),
        ("overpass_ways_first.osm", ["A Street"], {1, 5}, ()),
        ("overpass_out_geom.osm", ["A", "A", "A"], {1, 3, 5}, ()),
        ("josm_all_negative.osm", ["A Street"], {-1, -5}, ()),
        ("josm_new_road_negative_ids.osm", ["A Street", "A Street", "New Road"], {1, 3, 5, -2}, ()),
        ("josm_action_delete.osm", ["B Street"], {1, 5}, ("1 element marked as deleted left out",)),
        ("osmnx_version1.osm", ["Road", "Road", "Road"], {1, 2, 3, 4}, ()),
    ],
)
def test_what_servers_and_editors_write_is_read(case, names, nodes, repairs):
    network = roads.from_osm(CASES / case)
    assert named(network) == names
    assert set(network.node_ids) == nodes
    assert network.repairs == repairs


def test_a_file_that_says_no_version_is_read(tmp_path):
    text = (CASES / "osmnx_version1.osm").read_text(encoding="utf-8")
    assert 'version="1"' in text
    file = tmp_path / "none.osm"
    file.write_text(text.replace('<osm version="1"', "<osm", 1), encoding="utf-8")
    assert named(roads.from_osm(file)) == ["Road", "Road", "Road"]


@pytest.mark.parametrize(
    ("case", "remark"),
    [
        ("overpass_timeout_remark.osm", 'Query run out of memory in "recurse" at line 5'),
        ("remark.osm", "runtime error: timed out"),
    ],
)  # fmt: skip
def test_an_answer_that_says_it_is_not_whole_is_refused_with_its_words(case, remark, tmp_path):
    for file in (CASES / case, tmp_path / f"{case}.gz"):
        if file.suffix == ".gz":
            file.write_bytes(gzip.compress((CASES / case).read_bytes()))
        with pytest.raises(NetworkError, match="says itself that it is not whole") as told:
            roads.from_osm(file)
        assert remark in str(told.value)


def test_of_a_history_the_last_version_counts():
    network = roads.from_osm(CASES / "history_two_versions.osm")
    assert network.highway.tolist() == ["motorway"]
    assert "1 way in several versions: the last of each counts" in network.notes


def test_of_a_history_the_last_version_of_a_barrier_and_of_a_restriction_counts(tmp_path):
    places = "".join(f'<node id="{i}" version="1" lat="{40 + i / 1000}" lon="-75"/>' for i in (1, 3, 4))
    node = '<node id="2" version="{}" lat="40.002" lon="-75">{}</node>'
    way = '<way id="{}" version="{}"><nd ref="{}"/><nd ref="{}"/><tag k="highway" v="residential"/></way>'
    rule = (
        '<relation id="1" version="{}"><tag k="type" v="restriction"/>{}<member type="way" ref="11" role="from"/>'
        '<member type="node" ref="3" role="via"/><member type="way" ref="12" role="to"/></relation>'
    )
    ways = way.format(10, 1, 1, 2) + way.format(10, 2, 1, 2) + way.format(11, 1, 2, 3) + way.format(12, 1, 3, 4)
    bollard, banned = '<tag k="barrier" v="bollard"/>', '<tag k="restriction" v="no_left_turn"/>'
    for first, last, shut in ((bollard, "", False), ("", bollard, True)):
        nodes = places + node.format(1, first) + node.format(2, last)
        rules = rule.format(1, banned if first else "") + rule.format(2, banned if last else "")
        file = tmp_path / "history.osm"
        file.write_text(f'<osm version="0.6">{nodes}{ways}{rules}</osm>', encoding="utf-8")
        network = roads.from_osm(file)
        assert np.isinf(fp.travel.node_times(network, 1).get(4, np.inf)) == shut
        assert len(network.banned) == shut
        assert "1 way in several versions: the last of each counts" in network.notes


@pytest.mark.parametrize(("name", "told"), [("a.osm.pbf", "no drivable way"), ("a.osh.pbf", "is a history: take one")])
def test_a_packed_history_is_refused(tmp_path, name, told):
    with osmium.SimpleWriter(str(tmp_path / name)) as written:  # which knows a history by its name, and marks it
        written.add_node(osmium.osm.mutable.Node(id=1, version=1, location=(-75, 40)))
    with pytest.raises(NetworkError, match=told):
        roads.from_osm(tmp_path / name)


def test_a_new_road_of_an_editor_is_driven():
    network = roads.from_osm(CASES / "josm_new_road_negative_ids.osm")
    assert np.isfinite(fp.travel.node_times(network, 1)[-2])


def test_ways_before_nodes_are_the_same_network(tmp_path):
    plain = tmp_path / "plain.osm"
    shutil.copy(CASES / "ext_osm_xml.osm.xml", plain)
    assert roads.from_osm(plain).fingerprint == roads.from_osm(CASES / "overpass_ways_first.osm").fingerprint


@pytest.mark.parametrize("bad", ['id="x"', 'id="99999999999999999999"'])
def test_an_id_that_is_no_number_is_refused(tmp_path, bad):
    for extra in ("", '<node id="-7" lat="1" lon="1"/>'):  # with and without putting in order
        text = (CASES / "ext_osm_xml.osm.xml").read_text(encoding="utf-8")
        text = text.replace('id="10"', bad).replace("</osm>", f"{extra}</osm>")
        (tmp_path / "a.osm").write_text(text, encoding="utf-8")
        with pytest.raises(NetworkError):
            roads.from_osm(tmp_path / "a.osm")


@settings(max_examples=tries(100))
@given(st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, data):
    case = data.draw(
        st.sampled_from(
            [
                "josm_new_road_negative_ids.osm",
                "overpass_out_geom.osm",
                "history_two_versions.osm",
                "restriction_no_straight.osm",
                "barrier_bollard.osm",
                "maxheight_2m.osm",
            ]
        )
    )
    content = bytearray((CASES / case).read_bytes())
    at = data.draw(st.integers(60, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 40))] = data.draw(
        st.sampled_from([b"", b"-", b"1", b'"', b"<nd ref='-1'/>"])
    )
    file = tmp_path_factory.getbasetemp() / "mutated.osm"
    file.write_bytes(bytes(content))
    try:
        network = roads.from_osm(file)
    except NetworkError:
        return
    assert network.n_streets >= 1
    assert np.isfinite(network.length_m).all()


def test_footpaths_of_a_graph_are_left_out_and_counted():
    network = roads.from_graphml(CASES / "graphml_with_footways.graphml")
    assert network.n_streets == 3
    assert network.repairs == ("4 edges that no engine drives left out: footway (2), steps (2)",)
    assert planning_caveat() in network.notes


def test_a_node_is_found_by_its_number_and_by_its_text():
    network = roads.from_graphml(CASES / "graphml_with_footways.graphml")
    by_number, by_text = fp.travel.node_times(network, 1), fp.travel.node_times(network, "1")
    assert by_number.to_dict() == by_text.to_dict()
    assert len(by_number) == 4
    extract = roads.from_osm(CASES / "josm_new_road_negative_ids.osm")
    assert fp.travel.node_times(extract, "1").to_dict() == fp.travel.node_times(extract, 1).to_dict()


def test_an_edge_of_two_classes_is_driven_if_one_of_them_is(tmp_path):
    graph = nx.read_graphml(CASES / "graphml_with_footways.graphml", force_multigraph=True)
    for _, _, data in graph.edges(data=True):
        if data["highway"] == "footway":
            data["highway"] = "['footway', 'service']"
    nx.write_graphml(graph, tmp_path / "a.graphml")
    network = roads.from_graphml(tmp_path / "a.graphml")
    assert network.n_streets == 4
    assert network.repairs == ("2 edges that no engine drives left out: steps (2)",)


def test_the_first_releases_of_osmnx_are_read(tmp_path):
    graph = nx.MultiDiGraph(crs="{'init': 'epsg:4326'}", name="old", simplified="True")
    for number, (lon, lat) in {"53": (-75.0, 40.0), "54": (-75.0, 40.01)}.items():
        graph.add_node(number, osmid=number, x=str(lon), y=str(lat), highway="nan")
    way = {"osmid": "[4, 5]", "highway": "['residential', 'tertiary']", "oneway": "False", "length": "1110.35",
           "maxspeed": "['25 mph', '35 mph']", "name": "['A', 'B']"}  # fmt: skip
    graph.add_edge("53", "54", **way)
    graph.add_edge("54", "53", **way)
    nx.write_graphml(graph, tmp_path / "old.graphml")
    network = roads.from_graphml(tmp_path / "old.graphml")
    assert (network.n_nodes, network.n_streets) == (2, 1)
    assert network.there_s[0] == pytest.approx(1110.35 / (25 * 1.609344) * 3.6)
    assert network.street_name.tolist() == ["A"]
    assert network.repairs == ()


def test_a_street_whose_last_version_is_none_any_more_is_not_driven(tmp_path):
    nodes = "".join(f'<node id="{i}" version="1" lat="{40 + i / 1000}" lon="-75"/>' for i in (1, 2, 3))
    way = '<way id="{}" version="{}"><nd ref="{}"/><nd ref="{}"/><tag k="{}" v="{}"/></way>'
    ways = [
        (10, 1, 1, 2, "highway", "residential"),
        (11, 1, 2, 3, "highway", "residential"),
        (11, 2, 2, 3, "name", "Gone"),
    ]
    file = tmp_path / "history.osm"
    for space in ("", " " * 2**20):  # as it lies in one chunk of the file, or is cut into two
        content = nodes + "".join(way.format(*one) for one in ways).replace("<way", space + "<way", 1)
        file.write_text(f'<osm version="0.6">{content}</osm>')
        assert roads.from_osm(file).n_streets == 1


def test_a_barrier_that_was_moved_away_in_its_last_version_is_passed(tmp_path):
    place = '<node id="{}" version="{}" lat="{}" lon="-75">{}</node>'
    bollard = '<tag k="barrier" v="bollard"/>'
    nodes = place.format(1, 1, 40.001, "") + place.format(2, 1, 40.002, bollard) + place.format(2, 2, 40.002, "")
    nodes += place.format(3, 1, 40.003, "")
    way = '<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>'
    file = tmp_path / "history.osm"
    file.write_text(f'<osm version="0.6">{nodes}{way}</osm>')
    assert not any("barrier" in note for note in roads.from_osm(file).notes)
