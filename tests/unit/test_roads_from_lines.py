"""Street centrelines as counties, the census and OSMnx keep them."""

import geopandas as gpd
import numpy as np
import osmnx as ox
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import roads
from fireplan.errors import InputError, NetworkError, TableError
from fireplan.project import read_plan, write_project
from fireplan.roads._lines.line_codes import road_classes
from fireplan.roads._rules.speeds import class_speeds

METRIC = "EPSG:32618"
X, Y = 500_000, 4_430_000
MPH = 1.609344


def street(*places):
    """A line through places in hundreds of metres."""
    return shapely.LineString([(X + 100 * x, Y + 100 * y) for x, y in places])


def layer(*lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=METRIC)


CROSS = street((0, 1), (1, 1)), street((1, 1), (2, 1)), street((1, 0), (1, 1)), street((1, 1), (1, 2))
"""Four lines that meet in the middle."""


def minutes(network, by="name"):
    return {row[by]: (row["there_s"], row["back_s"]) for _, row in network.streets.iterrows()}


def kph(network):
    return {
        str(r["name"]): round(r["length"] / min(r["there_s"], r["back_s"]) * 3.6, 1)
        for _, r in network.streets.iterrows()
    }


def test_lines_that_share_an_end_are_joined():
    network = roads.from_lines(layer(*CROSS, name=list("abcd")))
    assert (network.n_nodes, network.n_streets) == (5, 4)
    assert len(network.components) == 1
    assert network.length_m.sum() == pytest.approx(400, rel=1e-3)


def test_ends_millimetres_apart_are_one():
    near = shapely.transform(CROSS[1], lambda xy: xy + np.array([0.004, -0.004]))
    assert roads.from_lines(layer(CROSS[0], near)).n_nodes == 3
    far = shapely.transform(CROSS[1], lambda xy: xy + np.array([0.4, 0]))
    assert roads.from_lines(layer(CROSS[0], far)).n_nodes == 4


@pytest.mark.parametrize("through", [street((0, 1), (2, 1)), street((0, 1), (1, 1), (2, 1))])
def test_a_line_is_cut_where_another_ends_on_it(through):
    network = roads.from_lines(layer(through, CROSS[2], name=["main", "side"]))
    assert (network.n_nodes, network.n_streets) == (4, 3)
    assert sorted(network.street_name) == ["main", "main", "side"]
    assert network.length_m.tolist() == pytest.approx([100, 100, 100], rel=1e-3)


def test_crossings_that_share_no_end_are_counted_and_joined_when_asked():
    over = layer(street((0, 1), (2, 1)), street((1, 0), (1, 2)))
    apart = roads.from_lines(over)
    assert (apart.n_nodes, apart.n_streets) == (4, 2)
    assert any(n.startswith("1 crossing of lines that share no end are not joined") for n in apart.notes)
    assert any("the network is in 2 parts" in n for n in apart.notes)
    joined = roads.from_lines(over, join_crossings=True)
    assert (joined.n_nodes, joined.n_streets) == (5, 4)
    assert not any("crossing" in n for n in joined.notes)


def test_lines_that_are_not_cut_at_junctions_are_refused():
    lines = [street((0, i), (5, i)) for i in (1, 2, 3, 4)] + [street((i, 0), (i, 5)) for i in (1, 2, 3, 4)]
    with pytest.raises(NetworkError, match=r"cross 16 times without a joint, .* 8 streets: .*join_crossings=True"):
        roads.from_lines(layer(*lines))
    assert roads.from_lines(layer(*lines), join_crossings=True).n_streets == 40
    assert roads.from_lines(layer(*lines), join_crossings=False).n_streets == 8


def test_levels_keep_an_overpass_from_its_street():
    flat = roads.from_lines(layer(*CROSS))
    raised = layer(*CROSS, F_ZLEV=[0, 1, 0, 0], T_ZLEV=[1, 0, 0, 0], name=list("abcd"))
    network = roads.from_lines(raised)
    assert (flat.n_nodes, network.n_nodes) == (5, 6)
    assert network.n_streets == 4
    named = roads.from_lines(raised.rename(columns={"F_ZLEV": "a", "T_ZLEV": "b"}), from_level="a", to_level="b")
    assert named.fingerprint == network.fingerprint


@pytest.mark.parametrize(
    ("column", "unit", "values", "expected"),
    [
        ("SPEED", "mph", [25, 35, 45, 55], 25 * MPH), ("SPEED", "km/h", [25, 35, 45, 55], 25.0),
        ("SPEED_MPH", None, [25, 35, 45, 55], 25 * MPH), ("Speed Limit", None, ["25 mph"] * 4, 25 * MPH),
        ("maxspeed", None, [25, 35, 45, 55], 25.0),
    ],
)  # fmt: skip
def test_speeds_have_a_unit(column, unit, values, expected):
    named = {"speed": column} if column == "SPEED" else {}
    network = roads.from_lines(layer(*CROSS, name=list("abcd"), **{column: values}), speed_unit=unit, **named)
    assert kph(network)["a"] == pytest.approx(expected, abs=0.06)


def test_a_speed_without_a_unit_is_asked_back():
    with pytest.raises(TableError, match="unit of speeds in 'SPEEDLIMIT' is not told: say speed_unit='mph'"):
        roads.from_lines(layer(*CROSS, SPEEDLIMIT=[25, 25, 25, 25]))
    with pytest.raises(TableError, match="speed_unit is 'knots': write 'mph' or 'km/h'"):
        roads.from_lines(layer(*CROSS, SPEEDLIMIT=[25, 25, 25, 25]), speed_unit="knots")


def test_speeds_that_are_none_or_cannot_be_give_way_to_the_class():
    lines = layer(*CROSS, name=list("abcd"), SPEED_MPH=[0, None, 250, 30], MTFCC=["S1400", "S1200", "S1400", "S1400"])
    network = roads.from_lines(lines)
    assert kph(network) == {"a": 40.0, "b": 56.0, "c": 40.0, "d": round(30 * MPH, 1)}
    told = "\n".join(network.notes)
    assert "2 of 4 lines have no posted speed, class speed used" in told
    assert "'250' (1)" in told


@pytest.mark.parametrize(
    ("codes", "open_ways"),
    [
        (["B", "FT", "TF", ""], 6), (["b", "f", "t", "B"], 6), (["0", "1", "-1", "0"], 6), (["N", "Y", "Y", "N"], 6),
        (["no", "yes", "-1", "no"], 6), (["N", "N", "N", "F"], 7), ([None, "FT", None, None], 7),
        (["false", "true", "false", ""], 7),
    ],
)  # fmt: skip
def test_one_way_codes_are_known(codes, open_ways):
    network = roads.from_lines(layer(*CROSS, name=list("abcd"), OneWay=codes))
    assert np.isfinite(network.there_s).sum() + np.isfinite(network.back_s).sum() == open_ways


def test_a_one_way_is_driven_as_drawn_or_against():
    network = roads.from_lines(layer(*CROSS, name=list("abcd"), OneWay=["FT", "TF", "B", "B"]))
    by_name = {r["name"]: r for _, r in network.edges.reset_index().iterrows() if r["name"] in "ab"}
    begin = {n: network.nodes.loc[by_name[n]["u"]].geometry.x for n in "ab"}
    end = {n: network.nodes.loc[by_name[n]["v"]].geometry.x for n in "ab"}
    assert begin["a"] < end["a"]
    assert begin["b"] > end["b"]


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (["B", "B", "XX", "B"], "one-way code 'XX' on 1 line is not known"),
        (["T", "F", "F", "F"], "one-way code 'F' may be true or false, or from and to"),
        (["FT", "N", "B", "B"], "one-way code 'N' on 1 line may be no one-way, or closed in both directions"),
    ],
)
def test_one_way_codes_that_cannot_be_told_are_asked_back(codes, told):
    with pytest.raises(TableError, match=told):
        roads.from_lines(layer(*CROSS, OneWay=codes))


def test_codes_of_the_layers_own_are_given():
    lines = layer(*CROSS, name=list("abcd"), DIR=["A", "B", "X", "A"], KIND=["1", "7", "7", "9"])
    network = roads.from_lines(
        lines, oneway="DIR", road_class="KIND", oneway_codes={"A": "both", "B": "forward", "X": "closed"},
        classes={"1": "primary", "7": "residential", "9": ""},
    )  # fmt: skip
    assert sorted(network.street_name) == ["a", "b"]
    assert kph(network) == {"a": 56.0, "b": 40.0}
    assert "1 line of a class that no engine drives left out" in network.notes
    assert "1 line closed in both directions left out" in network.notes
    for wrong, told in (
        ({"oneway_codes": {"A": "up"}}, "directions are both, forward"),
        ({"classes": {"1": "x"}}, "classes= names 'x'"),
    ):  # fmt: skip
        with pytest.raises(TableError, match=told):
            roads.from_lines(lines, **wrong)


def test_classes_of_the_census_and_of_nena_are_known():
    for column, codes in (
        ("MTFCC", ["S1100", "S1400", "S1630", "S1710"]), ("RoadClass", ["Primary", "Local", "Ramp", "Walkway"]),
        ("FCC", ["A11", "A41", "A63", "A71"]), ("highway", ["motorway", "residential", "motorway_link", "footway"]),
    ):  # fmt: skip
        network = roads.from_lines(layer(*CROSS, **{column: codes}))
        assert sorted(network.highway.tolist()) == ["motorway", "motorway_link", "residential"]
        assert "1 line of a class that no engine drives left out" in network.notes


@pytest.mark.parametrize(("column", "codes"), [("MTFCC", ["S1400", "R1011", "H3010", "P0001"]),
                                               ("CFCC", ["A41", "B11", "H11", "F10"])])  # fmt: skip
def test_rails_and_rivers_of_the_census_are_no_roads(column, codes):
    network = roads.from_lines(layer(*CROSS, **{column: codes}))
    assert network.n_streets == 1
    assert "3 lines of a class that no engine drives left out" in network.notes


def test_levels_at_one_end_alone_are_said_not_to_count():
    network = roads.from_lines(layer(*CROSS, F_ZLEV=[0, 1, 0, 0]))
    assert network.n_nodes == 5
    assert any("levels are known at one end alone ('F_ZLEV')" in n for n in network.notes)


def test_primary_is_what_the_rest_of_the_layer_makes_it():
    of_nena = roads.from_lines(layer(*CROSS, RoadClass=["Primary", "Local", "Local", "Local"]))
    assert "motorway" in of_nena.highway
    assert any("'Local' as residential, 'Primary' as motorway" in n for n in of_nena.notes)
    for codes in (["Primary", "residential", "residential", "residential"], ["primary", "secondary", "", ""]):
        assert "primary" in roads.from_lines(layer(*CROSS, RoadClass=codes)).highway


def test_every_known_class_is_one_that_is_driven_or_none():
    assert set(road_classes().values()) <= {*class_speeds(), ""}


def test_a_class_that_nobody_knows_is_named():
    network = roads.from_lines(layer(*CROSS, ROAD_CLASS=["Local", "Zork", "Zork", ""]))
    assert any("class of road not known on 3 lines" in n and "'Zork' (2)" in n for n in network.notes)


def test_what_is_no_street_is_counted():
    doubled = shapely.MultiLineString([[(X, Y + 500), (X + 100, Y + 500)], [(X, Y + 600), (X + 100, Y + 600)]])
    point = shapely.LineString([(X, Y), (X, Y)])
    lines = layer(*CROSS, CROSS[0].reverse(), doubled, point, None, shapely.LineString())
    network = roads.from_lines(lines)
    assert network.n_streets == 6
    told = "\n".join(network.notes)
    for note in (
        "2 lines without a geometry left out", "1 line without a length left out", "1 line of several parts",
        "1 line drawn twice",
    ):  # fmt: skip
        assert note in told


def test_a_street_drawn_once_for_each_direction_is_one_street():
    network = roads.from_lines(layer(CROSS[0], CROSS[0].reverse(), OneWay=["FT", "FT"]))
    assert network.n_streets == 1
    assert np.isfinite([network.there_s[0], network.back_s[0]]).all()
    assert not any("twice" in n for n in network.notes)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: layer(*CROSS).set_crs(None, allow_override=True), "crs is missing"),
        (lambda: layer(shapely.Point(X, Y)), "holds Point, not lines"),
        (lambda: layer(*CROSS, highway=["footway"] * 4), "holds no line to drive on"),
        (lambda: layer(*CROSS).drop(columns="geometry").assign(a=1), "the table has no lines"),
    ],
)
def test_what_is_no_network_is_refused(made, told):
    with pytest.raises(InputError, match=told):
        roads.from_lines(made())


def test_columns_that_are_named_must_be_there():
    with pytest.raises(TableError, match="no column 'SPD' to take for 'speed': did you mean 'SPDL'"):
        roads.from_lines(layer(*CROSS, SPDL=[1, 2, 3, 4]), speed="SPD")


@pytest.fixture(scope="module")
def town():
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 0.01, 0.01, 0], [0, 0, 0.01, 0.01]), crs=4326)
    nodes = nodes.assign(x=nodes.geometry.x, y=nodes.geometry.y)
    edges = [(0, 1, "residential"), (1, 0, "residential"), (1, 2, "primary"), (3, 2, "primary"), (3, 0, "residential"),
             (0, 3, "residential")]  # fmt: skip
    edges = gpd.pd.DataFrame(edges, columns=["u", "v", "highway"]).assign(name="A", maxspeed="30 mph")
    return roads.from_frames(nodes, edges, crs=4326)


@pytest.mark.parametrize("directed", [True, False])
def test_a_geopackage_of_osmnx_is_known_by_its_layers(town, tmp_path, directed):
    graph = town.to_graph()
    for _, _, _, data in graph.edges(keys=True, data=True):
        data["osmid"] = int(1000 * data["length"])
    ox.save_graph_geopackage(graph, tmp_path / "town.gpkg", directed=directed)
    network = roads.from_lines(tmp_path / "town.gpkg")
    assert (network.n_nodes, network.n_streets) == (4, 4)
    assert sorted(map(int, network.node_ids)) == [0, 1, 2, 3]
    driven = {(int(u), int(v)): round(t, 3) for (u, v, _), t in network.edges["travel_time"].items()}
    assert driven == {(int(u), int(v)): round(t, 3) for (u, v, _), t in town.edges["travel_time"].items()}


def test_a_plan_names_the_columns_of_its_centrelines(tmp_path):
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    streets = fp.open_project(folder).today.roads.streets
    lines = gpd.GeoDataFrame({"ST": streets["name"], "LIM": 25, "K": "x"}, geometry=streets.geometry, crs=streets.crs)
    lines.to_file(folder / "roads.gpkg", layer="centrelines")
    text = (folder / "plan.toml").read_text(encoding="utf-8").replace("roads.npz", "roads.gpkg#centrelines")
    more = '[network.columns]\nname = "ST"\nspeed = "LIM"\nspeed_unit = "mph"\nclass = "K"\n'
    more += '[network.classes]\nx = "primary"\n'
    text = text.replace("[network]\nsnap_limit_m = 200.0\n", f"[network]\nsnap_limit_m = 200.0\n{more}")
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    network = fp.open_project(folder).today.roads
    assert set(network.highway) == {"primary"}
    assert network.length_m.sum() / network.there_s.sum() * 3.6 == pytest.approx(25 * MPH, rel=1e-4)
    (folder / "plan.toml").write_text(text.replace('class = "K"', 'klass = "K"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"network\.columns: unknown key 'klass': did you mean 'class'"):
        read_plan(folder)


@pytest.mark.realdata
def test_the_streets_of_a_city_come_back_from_their_lines(shared_data):
    whole = roads.from_osm(shared_data / "osm" / "sf_northeast.osm.gz")
    streets = whole.streets
    there, back = np.isfinite(streets["there_s"]), np.isfinite(streets["back_s"])
    codes = np.where(there & back, "B", np.where(there, "FT", "TF"))
    columns = {"FULLNAME": streets["name"], "class": streets["highway"], "ONE_WAY": codes}
    lines = gpd.GeoDataFrame(columns, geometry=streets.geometry, crs=streets.crs).to_crs(2227)
    network = roads.from_lines(lines)
    barriers = int((whole.node_ids < 0).sum())  # whose far sides lines do not know
    assert (network.n_nodes, network.n_streets) == (whole.n_nodes - barriers, whole.n_streets)
    assert network.length_m.sum() == pytest.approx(whole.length_m.sum())
    assert any(n.startswith("68 crossings of lines that share no end are not joined") for n in network.notes)


@settings(max_examples=tries(60))
@given(st.data())
def test_pieces_of_a_grid_join_whatever_their_order_direction_and_millimetres(data):
    every = [((x, y), (x + 1, y)) for x in range(4) for y in range(4)] + [
        ((x, y), (x, y + 1)) for x in range(4) for y in range(4)
    ]
    chosen = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=20, unique=True))
    shift = st.floats(-0.004, 0.004)
    lines = []
    for a, b in chosen:
        ends = (b, a) if data.draw(st.booleans()) else (a, b)
        lines.append(
            shapely.LineString([(X + 100 * x + data.draw(shift), Y + 100 * y + data.draw(shift)) for x, y in ends])
        )
    network = roads.from_lines(layer(*lines))
    assert network.n_nodes == len({end for line in chosen for end in line})
    assert network.n_streets == len(chosen)
    assert network.length_m.sum() == pytest.approx(100 * len(chosen), rel=2e-3)
    assert not any("crossing" in note for note in network.notes)


def test_a_limit_in_capitals_has_no_unit():
    with pytest.raises(TableError, match="unit of speeds in 'MAXSPEED' is not told"):
        roads.from_lines(layer(*CROSS, MAXSPEED=[25, 25, 25, 25]))


def test_roads_without_a_line_are_refused():
    with pytest.raises(NetworkError, match="none has a length"):
        roads.from_lines(layer(shapely.LineString([(X, Y), (X, Y)])))


@pytest.mark.parametrize(("mps", "refused"), [(True, True), (False, False)])
def test_speeds_in_another_unit_than_their_name_says_are_asked_back(mps, refused):
    """8.9 and 13.4 are metres per second: driven as km/h every call would be late."""
    lines = [street((i, 1), (i + 1, 1)) for i in range(12)]
    lines = layer(*lines, SPEED_KPH=[speed / (3.6 if mps else 1.0) for speed in [30.0, 50.0] * 6])
    if refused:
        with pytest.raises(TableError, match=r"the middle one is 11\.1 km/h.: their unit is another, such as metres"):
            roads.from_lines(lines)
    else:
        assert roads.from_lines(lines).n_streets == 12


def test_numbers_bridges_and_tunnels_are_read():
    lines = layer(
        street((0, 0), (1, 0)), street((1, 0), (2, 0)), street((2, 0), (3, 0)), street((3, 0), (4, 0)),
        name=["Main St", "Main St", "", "Main St"], ROUTE_NUM=["SR 12", "", "SR 12", ""],
        bridge=["N", "Y", "viaduct", "maybe"], IS_TUNNEL=["1", "0", "", "0"],
    )  # fmt: skip
    network = fp.roads.from_lines(lines)
    order = np.argsort(network.node_xy_m[network.first, 0])
    assert network.street_ref[order].tolist() == ["SR 12", "", "SR 12", ""]
    bridge, tunnel = (network.features[order] & flag > 0 for flag in (fp.roads.Feature.BRIDGE, fp.roads.Feature.TUNNEL))
    assert bridge.tolist() == [False, True, True, False]
    assert tunnel.tolist() == [True, False, False, False]
    assert any("'maybe' (1), which is neither yes nor no" in note for note in network.notes)
    same = fp.roads.from_lines(lines.rename(columns={"ROUTE_NUM": "number"}), ref="number")
    assert same.street_ref.tolist() == network.street_ref.tolist()
