import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import roads
from fireplan.errors import FireplanError, InputError, NetworkError, TableError

LON, LAT = -75.0, 40.0
BLOCK_M = 111.035


def nodes(n=3, **columns):
    """Nodes 0, 1, 2 ... 0.001 degrees apart going north."""
    return pd.DataFrame({"x": LON, "y": LAT + np.arange(n) / 1000} | columns, index=pd.RangeIndex(n))


def edges(*pairs, **columns):
    table = pd.DataFrame({"u": [p[0] for p in pairs], "v": [p[1] for p in pairs], "key": 0} | columns)
    return table.set_index(["u", "v", "key"])


def seconds(network):
    return {(u, v): t for (u, v, _), t in network.edges["travel_time"].items()}


def test_lengths_and_times_are_worked_out_where_they_are_left_out():
    network = roads.from_frames(nodes(), edges((0, 1), (1, 0), speed_kph=36.0), crs="EPSG:4326")
    assert network.length_m == pytest.approx([BLOCK_M], rel=1e-4)
    assert seconds(network) == pytest.approx({(0, 1): BLOCK_M / 10, (1, 0): BLOCK_M / 10}, rel=1e-4)
    assert network.notes == ()


def test_travel_time_goes_before_speed_and_speed_before_class():
    stated = {
        "travel_time": [50.0, None, None],
        "speed_kph": [36.0, 36.0, None],
        "highway": "primary",
        "maxspeed": "50",
    }
    found = seconds(roads.from_frames(nodes(), edges((0, 1), (1, 2), (2, 0), **stated), crs=4326))
    assert found[0, 1] == 50.0
    assert found[1, 2] == pytest.approx(BLOCK_M / 10, rel=1e-4)
    assert found[2, 0] == pytest.approx(2 * BLOCK_M / 50 * 3.6, rel=1e-4)


def test_opposite_edges_on_one_line_are_one_street_and_others_are_not():
    bent = shapely.LineString([(LON, LAT), (LON + 0.001, LAT), (LON, LAT + 0.001)])
    table = edges((0, 1), (1, 0), (0, 1), geometry=[None, None, bent])
    network = roads.from_frames(nodes(), table.set_index(pd.MultiIndex.from_tuples([(0, 1, 0), (1, 0, 0), (0, 1, 1)])
        .set_names(["u", "v", "key"])), crs=4326)  # fmt: skip
    assert network.n_streets == 2
    assert len(network.edges) == 3


def test_identical_edges_keep_the_fastest_and_do_not_add_up():
    table = edges((0, 1), (0, 1), (0, 1), travel_time=[40.0, 30.0, 35.0], name=["slow", "fast", "middling"])
    network = roads.from_frames(nodes(), table, crs=4326)
    assert seconds(network) == {(0, 1): 30.0}
    assert network.street_name.tolist() == ["fast"]


def test_geometry_drawn_against_its_edge_is_turned_and_said_so():
    north = shapely.LineString([(LON, LAT), (LON + 0.0005, LAT + 0.0003), (LON, LAT + 0.001)])
    right = roads.from_frames(nodes(2), edges((0, 1), geometry=[north]), crs=4326)
    wrong = roads.from_frames(nodes(2), edges((0, 1), geometry=[north.reverse()]), crs=4326)
    assert wrong.fingerprint == right.fingerprint
    assert any("drawn against its edge on 1 edges" in n and "0 -> 1" in n for n in wrong.notes)


@pytest.mark.parametrize("geometry", ["LINESTRING (oops", "POINT (1 2)", "LINESTRING (nan nan, 1 2)", ""])
def test_geometry_that_cannot_be_read_gives_a_straight_line_and_a_note(geometry):
    network = roads.from_frames(nodes(2), edges((0, 1), geometry=[geometry]), crs=4326)
    assert network.length_m == pytest.approx([BLOCK_M], rel=1e-4)
    assert any("geometry cannot be read on 1 edges" in n and "0 -> 1" in n for n in network.notes)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("travel_time", -5.0), ("travel_time", np.inf), ("travel_time", "soon"),
        ("speed_kph", -40.0), ("speed_kph", 0.0), ("speed_kph", np.inf), ("speed_kph", "fast"), ("speed_kph", [30, 50]),
    ],
)  # fmt: skip
def test_times_no_shortest_path_is_right_with_are_refused_by_edge(column, value):
    table = edges((0, 1), (1, 2)).assign(**{column: pd.Series([30.0, value], dtype=object).to_numpy()})
    with pytest.raises(TableError, match=rf"{column} of edge 1 -> 2 is"):
        roads.from_frames(nodes(), table, crs=4326)


def test_a_missing_time_is_worked_out_from_the_length():
    network = roads.from_frames(nodes(2), edges((0, 1), travel_time=[np.nan], speed_kph=36.0), crs=4326)
    assert seconds(network)[0, 1] == pytest.approx(BLOCK_M / 10, rel=1e-4)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"speed_kph": 4000.0}, "speed above 160 km/h on 1 edges"),
        ({"travel_time": 0.001}, "speed above 160 km/h on 1 edges"),
        ({"travel_time": 0.0}, "speed above 160 km/h on 1 edges"),
        ({"speed_kph": 1e-6}, "speed below 1 km/h on 1 edges"),
        ({"travel_time": 1e15}, "speed below 1 km/h on 1 edges"),
    ],
    ids=str,
)
def test_absurd_speeds_give_way_to_that_of_the_class_and_are_named(stated, told):
    usual = roads.from_frames(nodes(2), edges((0, 1)), crs=4326)
    network = roads.from_frames(nodes(2), edges((0, 1), **stated), crs=4326)
    assert network.fingerprint == usual.fingerprint
    assert any(told in note and "0 -> 1" in note for note in network.notes)


def test_a_delay_on_a_short_street_is_no_absurd_speed():
    network = roads.from_frames(nodes(2), edges((0, 1), (1, 0), travel_time=400.0), crs=4326)
    assert (seconds(network), network.notes) == ({(0, 1): 400.0, (1, 0): 400.0}, ())


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (0.111, "length looks like km"), (20.0, "length is shorter than the line"), (np.nan, "length is not a number"),
        (-3.0, "length is not a number"), ("far", "length is not a number"), ([1, 2], "length is not a number"),
        (1e300, "length is over 1,000 km"),
    ],
)  # fmt: skip
def test_lengths_that_cannot_be_are_measured_and_named(length, told):
    table = edges((0, 1)).assign(length=pd.Series([length], dtype=object).to_numpy())
    network = roads.from_frames(nodes(2), table, crs=4326)
    assert network.length_m == pytest.approx([BLOCK_M], rel=1e-4)
    assert any(told in note and "0 -> 1" in note for note in network.notes)


def test_a_length_that_sets_the_time_may_not_be_shorter_than_its_line_and_one_that_does_not_may_be_rough():
    rough = edges((0, 1), (1, 0), length=80.0)
    assert roads.from_frames(nodes(2), rough, crs=4326).length_m == pytest.approx([BLOCK_M], rel=1e-4)
    timed = roads.from_frames(nodes(2), rough.assign(travel_time=12.0), crs=4326)
    assert (timed.length_m.tolist(), seconds(timed), timed.notes) == ([80.0], {(0, 1): 12.0, (1, 0): 12.0}, ())


def test_no_metres_in_no_time_join_two_nodes():
    network = roads.from_frames(nodes(2), edges((0, 1), length=0.0, travel_time=0.0), crs=4326)
    assert (seconds(network), network.length_m.tolist()) == ({(0, 1): 0.0}, [0.0])


def test_a_length_longer_than_its_line_is_believed():
    network = roads.from_frames(nodes(2), edges((0, 1), (1, 0), length=300.0, speed_kph=36.0), crs=4326)
    assert network.notes == ()
    assert seconds(network) == pytest.approx({(0, 1): 30.0, (1, 0): 30.0})


def test_an_edge_to_a_node_that_is_not_there_is_refused():
    with pytest.raises(TableError, match=r"edge 1 -> 777 leads to or from a node that is not there"):
        roads.from_frames(nodes(), edges((0, 1), (1, 777)), crs=4326)


@pytest.mark.parametrize("x", [np.nan, None, "west", np.inf])
def test_a_node_without_coordinates_is_refused_by_name(x):
    table = nodes().astype(object)
    table.loc[1, "x"] = x
    with pytest.raises(FireplanError, match=r"node 1|coordinates"):
        roads.from_frames(table, edges((0, 2)), crs=4326)


def test_ids_that_stand_twice_are_refused():
    twice = nodes().set_axis([0, 1, 1])
    with pytest.raises(TableError, match="node '1' appears more than once"):
        roads.from_frames(twice, edges((0, 1)), crs=4326)


def test_edges_without_ends_are_refused():
    with pytest.raises(TableError, match="'v' is missing from the edges"):
        roads.from_frames(nodes(), pd.DataFrame({"u": [0], "to": [1]}), crs=4326)


def test_edges_may_hold_their_ends_as_columns():
    plain = roads.from_frames(nodes(), edges((0, 1), (1, 2)).reset_index(), crs=4326)
    assert plain.fingerprint == roads.from_frames(nodes(), edges((0, 1), (1, 2)), crs=4326).fingerprint


def test_all_faults_are_told_at_once():
    with pytest.raises(TableError) as raised:
        roads.from_frames(nodes(), edges((0, 8), (9, 1)), crs=4326)
    assert len(raised.value.faults) == 2


def test_no_nodes_are_nothing_to_drive_on():
    with pytest.raises(InputError, match="no nodes"):
        roads.from_frames(nodes(0), edges(), crs=4326)


def test_without_a_crs_degrees_are_assumed_only_where_they_fit():
    network = roads.from_frames(nodes(), edges((0, 1)))
    assert any("crs is missing: WGS 84 assumed" in note for note in network.notes)
    with pytest.raises(InputError, match="crs is missing"):
        roads.from_frames(nodes() * 1e4, edges((0, 1)))


def test_metres_called_degrees_are_refused():
    with pytest.raises(InputError, match=r"crs says EPSG:4326.*look like metres"):
        roads.from_frames(nodes().assign(x=486_000.0, y=4_427_000.0), edges((0, 1)), crs="EPSG:4326")


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", "{{191*7}}"])
def test_a_crs_nobody_knows_is_refused(crs):
    with pytest.raises(InputError, match="crs"):
        roads.from_frames(nodes(), edges((0, 1)), crs=crs)


@pytest.mark.parametrize("crs", ["EPSG:32618", "EPSG:3857", "EPSG:2272", "EPSG:5070"])
def test_whatever_the_crs_a_metre_is_a_metre_on_the_ground(crs):
    table = gpd.GeoDataFrame(nodes(), geometry=gpd.points_from_xy(nodes()["x"], nodes()["y"]), crs=4326).to_crs(crs)
    table = table.assign(x=table.geometry.x, y=table.geometry.y)
    network = roads.from_frames(table, edges((0, 1), (1, 2)))
    assert network.length_m == pytest.approx([BLOCK_M, BLOCK_M], rel=1e-4)
    drawn_m = np.hypot(*np.diff(network.node_xy_m, axis=0).T)
    assert drawn_m == pytest.approx([BLOCK_M, BLOCK_M], rel=0.005)


def test_a_network_of_one_node_is_read_and_reaches_itself():
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node(7, x=LON, y=LAT)
    network = roads.from_graph(graph)
    assert any("single node" in note for note in network.notes)
    assert (len(network.edges), len(network.streets), len(network.components)) == (0, 0, 1)
    off = roads.snap(network, gpd.GeoSeries([shapely.Point(LON, LAT)], crs=4326))
    assert off.street.tolist() == [-1]


def test_an_undirected_graph_is_driven_both_ways_and_said_so():
    graph = nx.MultiGraph(crs="epsg:4326")
    graph.add_node("a", x=LON, y=LAT)
    graph.add_node("b", x=LON, y=LAT + 0.001)
    graph.add_edge("a", "b", travel_time=20.0)
    network = roads.from_graph(graph)
    assert seconds(network) == {("a", "b"): 20.0, ("b", "a"): 20.0}
    assert network.n_streets == 1
    assert any("not directed" in note for note in network.notes)


def test_a_graph_without_nodes_is_refused():
    with pytest.raises(NetworkError, match="no nodes"):
        roads.from_graph(nx.MultiDiGraph(crs="epsg:4326"))


def test_the_callers_tables_are_left_as_they_were():
    mine, drawn = nodes(), edges((0, 1), (1, 0), length=0.111, speed_kph=4000.0)
    before = mine.copy(), drawn.copy()
    roads.from_frames(mine, drawn, crs=4326)
    pd.testing.assert_frame_equal(mine, before[0])
    pd.testing.assert_frame_equal(drawn, before[1])


@pytest.mark.parametrize(
    ("highway", "named", "kph"),
    [
        (["footway", "residential"], "residential", 40),
        (["track", "primary"], "primary", 56),
        ("Primary", "primary", 56),
        ("lane", "lane", 40),
    ],
)
def test_a_street_has_the_class_under_which_it_is_driven(highway, named, kph):
    table = edges((0, 1)).drop(columns=["travel_time", "highway"], errors="ignore")
    network = roads.from_frames(nodes(), table.assign(highway=[highway]), crs=4326)
    assert network.highway.tolist() == [named]
    assert network.length_m / network.there_s * 3.6 == pytest.approx([kph])


@pytest.mark.parametrize(("vehicle", "open_to"), [("engine", True), ("car", False)])
def test_engines_drive_against_one_way_traffic_where_they_may(vehicle, open_to):
    said = edges((0, 1), (1, 2)).assign(**{"oneway:emergency": ["no", None]})
    network = roads.from_frames(nodes(), said, crs=4326, vehicle=vehicle)
    assert network.n_streets == 2
    assert np.isfinite(network.there_s).all()
    assert np.isfinite(network.back_s).tolist() == [open_to, False]


@pytest.mark.parametrize(
    ("crossings", "guarded", "waits"),
    [({3: 20.0}, False, 0), ({3: 20.0}, True, 1), ({3: 50.0}, False, 1), ({3: 50.0, 4: 70.0}, True, 1),
     ({3: 50.0, 4: 150.0}, True, 2)],
)  # fmt: skip
def test_crossings_of_a_graph_cost_what_they_cost_in_an_extract(crossings, guarded, waits):
    """Junction 0 with arms to 1 and 2, and a street over crossings to 9: metres from the junction."""
    places = {0: (0, 0), 1: (0, 99), 2: (0, -99), 9: (300, 0)} | {node: (m, 0) for node, m in crossings.items()}
    table = pd.DataFrame.from_dict(places, orient="index", columns=["x", "y"])
    table = table.assign(x=table["x"] + 500_000.0, y=table["y"] + 4_000_000.0)
    table["railway"] = ["level_crossing" if node in crossings else None for node in table.index]
    table["crossing:barrier"] = "full" if guarded else None
    said = edges((0, 1), (0, 2), *itertools.pairwise([0, *crossings, 9]), highway="primary")
    network = roads.from_frames(table, said, crs=32618)
    assert network.wait_s.sum() == 10 * waits
    assert any("trams" in note for note in network.notes) is (waits == 0)


def test_a_barrier_at_a_junction_of_a_graph_shuts_nothing_and_it_is_said():
    aside = nodes().loc[[1]].assign(x=LON + 0.001).set_axis([3])
    table = pd.concat([nodes(), aside]).assign(barrier=[None, "bollard", None, None])
    said = edges(*[pair for other in (0, 2, 3) for pair in ((1, other), (other, 1))])
    network = roads.from_frames(table, said, crs=4326)
    assert network.n_nodes == 4
    assert any(note.startswith("1 barrier at junctions passed as if open") for note in network.notes)
