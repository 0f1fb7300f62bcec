import gzip
import pickle

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from ascii_roads import drawn

from fireplan import roads, travel
from fireplan.errors import NetworkError


def town():
    """Four corners in OSMnx's form, with merged ways whose attributes are lists."""
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=True)
    for node, (x, y) in enumerate([(-75.0, 40.0), (-74.999, 40.0), (-74.999, 40.001), (-75.0, 40.001)], start=1):
        graph.add_node(node, x=x, y=y)
    for u, v in [(1, 2), (2, 3), (3, 4), (4, 1)]:
        for tail, head in ((u, v), (v, u)):
            graph.add_edge(tail, head, osmid=10 * u + v, length=120.0, oneway=False, highway="residential")
    graph.edges[1, 2, 0].update(
        highway=["motorway_link", "motorway"], name=["Ramp", "Freeway"], maxspeed=["50 mph", "40 mph"]
    )
    graph.edges[2, 1, 0].update(
        highway=["motorway_link", "motorway"], name=["Ramp", "Freeway"], maxspeed=["50 mph", "40 mph"]
    )
    return graph  # fmt: skip


def written(tmp_path, graph, name="town.graphml"):
    file = tmp_path / name
    ox.save_graphml(graph, file)
    return file


def test_a_file_that_osmnx_wrote_reads_as_the_graph_itself_does(tmp_path):
    file = written(tmp_path, town())
    itself, read, by_osmnx = roads.from_graph(town()), roads.from_graphml(file), roads.from_graph(ox.load_graphml(file))
    assert read.fingerprint == itself.fingerprint == by_osmnx.fingerprint
    assert read.highway.tolist() == itself.highway.tolist()
    assert read.street_name.tolist() == itself.street_name.tolist()


def test_merged_ways_keep_their_class_name_and_lowest_limit(tmp_path):
    network = roads.from_graphml(written(tmp_path, town()))
    ramp = network.streets[network.streets["highway"] == "motorway_link"]
    assert ramp["name"].tolist() == ["Ramp"]
    assert ramp["there_s"].tolist() == pytest.approx([120 / (40 * 1.609344) * 3.6])
    assert network.is_freeway.sum() == 1


def test_a_packed_file_reads_the_same(tmp_path):
    file = written(tmp_path, town())
    packed = tmp_path / "town.graphml.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert roads.from_graphml(packed).fingerprint == roads.from_graphml(file).fingerprint


def test_a_round_trip_through_osmnx_keeps_every_time(tmp_path):
    first = roads.from_graph(town())
    again = roads.from_graphml(written(tmp_path, first.to_graph()))
    assert (again.n_nodes, again.n_streets) == (first.n_nodes, first.n_streets)
    assert sorted(again.edges["travel_time"]) == pytest.approx(sorted(first.edges["travel_time"]))
    assert again.length_m.sum() == pytest.approx(first.length_m.sum())
    # What comes back has speeds of its own: those of the classes are no assumption of this reader any more.
    assert list(again.notes) == [note for note in first.notes if not note.startswith("class speeds")]
    assert len(first.notes) - len(again.notes) <= 1


def test_to_graph_is_a_graph_osmnx_can_work_with():
    graph = roads.from_graph(town()).to_graph()
    nodes, edges = ox.graph_to_gdfs(graph)
    assert len(nodes) == 4
    assert len(edges) == 8
    path = ox.shortest_path(graph, 1, 3, weight="travel_time")
    assert path[0] == 1
    assert path[-1] == 3
    assert nx.is_strongly_connected(graph)


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("name", ["cache.pkl", "cache.pickle", "cache.joblib", "cache.graphml"])
def test_a_pickle_is_refused_by_name_and_by_content_and_never_opened(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(NetworkError, match="pickle"):
        roads.from_graphml(file)


GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
ENTITY = '<!DOCTYPE graphml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (f"{ENTITY}{GRAPHML}</graphml>".encode(), "DTD"),
        (f"<!--{'x' * 200_000}-->{ENTITY}{GRAPHML}</graphml>".encode(), "DTD"),
        (f'<?xml version="1.0" encoding="utf-16"?>{ENTITY}{GRAPHML}</graphml>'.encode("utf-16"), "DTD"),
        (f"{GRAPHML}<graph>".encode(), "cannot be read as GraphML"),
        (b"not xml", "not XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><graphml/>', "not XML"),
        (b"<html><body>503</body></html>", "cannot be read as GraphML"),
        (
            f'{GRAPHML}<key id="x" for="node" attr.name="x" attr.type="double"/><graph edgedefault="directed">'
            '<node id="1"><data key="x">west</data></node></graph></graphml>'.encode(),
            "cannot be read as GraphML",
        ),
    ],
    ids=["empty", "blank", "dtd", "late-dtd", "utf-16-dtd", "torn", "text", "encoding", "html", "value"],
)
def test_what_is_no_graphml_is_refused_with_its_name_and_reason(tmp_path, content, told):
    file = tmp_path / "town.graphml"
    file.write_bytes(content)
    with pytest.raises(NetworkError, match=told) as raised:
        roads.from_graphml(file)
    assert "town.graphml" in str(raised.value)
    assert "root:" not in str(raised.value)


def test_a_packed_file_that_swells_beyond_reason_is_refused(tmp_path):
    file = tmp_path / "bomb.graphml.gz"
    file.write_bytes(gzip.compress(b" " * 50_000_000))
    with pytest.raises(NetworkError, match="100 times"):
        roads.from_graphml(file)


def test_a_torn_packed_file_is_damaged(tmp_path):
    whole = gzip.compress(written(tmp_path, town()).read_bytes())
    file = tmp_path / "torn.graphml.gz"
    for broken in (whole[: len(whole) // 2], whole[:30] + b"\xff" * 30 + whole[60:], b"\x1f\x8bxx"):
        file.write_bytes(broken)
        with pytest.raises(NetworkError, match=r"torn\.graphml\.gz"):
            roads.from_graphml(file)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(NetworkError, match="does not exist"):
        roads.from_graphml(tmp_path / "none.graphml")


def test_half_a_graphml_never_leads_to_a_traceback(tmp_path):
    whole = written(tmp_path, town()).read_bytes()
    file = tmp_path / "half.graphml"
    rng = np.random.default_rng(8)
    for cut in rng.integers(1, len(whole), 40):
        broken = bytearray(whole)
        broken[cut : cut + 3] = rng.bytes(3)
        file.write_bytes(bytes(broken))
        try:
            roads.from_graphml(file)
        except ValueError as error:
            assert type(error).__module__ == "fireplan.errors"  # noqa: PT017 - it may also be read


def test_what_streets_are_survives_a_graph(tmp_path):
    town = drawn(
        "a-b-c-d-e-f",
        ways={"ab": "primary ref=A8 bridge=yes", "bc": "footway emergency=designated", "cd": "track tracktype=grade1",
              "de": "residential tunnel=yes", "ef": "residential junction=roundabout oneway=no"},
        nodes={"b": "barrier=gate"},
        folder=tmp_path,
    ).network  # fmt: skip
    again = roads.from_graph(town.to_graph())
    assert again.n_streets == town.n_streets == 5
    assert sorted(zip(again.street_ref, again.features, strict=True)) == sorted(
        zip(town.street_ref, town.features, strict=True)
    )
    ours, theirs = (travel.node_times(network, 1).sort_index() for network in (town, again))
    assert theirs.to_numpy() == pytest.approx(ours.to_numpy())


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"access": "no"}, "2 edges left out: closed to motor vehicles (2, 0.2 km)"),
        ({"maxheight": "2.1"}, "2 edges left out: too low for the vehicle (2, 0.2 km)"),
        ({"bridge": "yes", "maxweight": ["7.5", "20"]}, "2 edges left out: too weak for the vehicle (2, 0.2 km)"),
        ({"highway": "service", "service": "driveway"}, "2 edges left out: driveways and parking aisles (2, 0.2 km)"),
        ({"smoothness": "impassable"}, "2 edges left out: too rough for the vehicle (2, 0.2 km)"),
        ({"maxspeed:conditional": "30 @ (22:00-06:00)"}, "edges with what is not reckoned with: maxspeed:conditional"),
        (
            {"maxweight": "3.5"},
            "2 edges with a posted weight under that of the vehicle and no bridge: driven, as a rule",
        ),
    ],
    ids=str,
)
def test_edges_of_a_graph_are_judged_as_ways_of_an_extract_are(tmp_path, tags, told):
    graph = town()
    u, v = 2, 3
    for a, b in ((u, v), (v, u)):
        graph.edges[a, b, 0].update(tags)
    network = roads.from_graphml(written(tmp_path, graph))
    assert any(note.startswith(told) for note in network.repairs), network.repairs
    assert (("2", "3") in {(a, b) for a, b, _ in network.edges.index}) == ("left out" not in told)


def test_nodes_of_a_graph_say_what_is_met_there():
    graph = town()
    middle, corner = 1, 3
    graph.nodes[middle]["highway"] = "traffic_signals"
    graph.nodes[corner]["barrier"] = "gate"
    network = roads.from_graph(graph)
    assert network.wait_s[network.node_ids == corner].tolist() == [15]
    signals = network.control == 1
    at = np.stack([network.last, network.first], axis=1)
    assert set(network.node_ids[at[signals]]) == {middle}
    assert signals.sum() == graph.out_degree(middle)
    graph.nodes[corner]["barrier"] = "bollard"
    shut = roads.from_graph(graph)
    assert shut.n_nodes == network.n_nodes + 1
    assert "1 barrier shut streets there: bollard (1)" in shut.repairs
