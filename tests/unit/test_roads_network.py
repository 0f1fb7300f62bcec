import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import examples, roads
from fireplan.errors import InputError, NetworkError
from fireplan.roads._build_network import build_network


@pytest.fixture(scope="module")
def line():
    return examples.line_town().roads


def two_islands():
    """Nodes 0-1-2 in a row and 8-9 a kilometre away."""
    ids = [0, 1, 2, 8, 9]
    nodes = pd.DataFrame({"x": -75.0, "y": [40.0, 40.001, 40.002, 40.012, 40.013]}, index=ids)
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1), (8, 9), (9, 8)]
    edges = pd.DataFrame(pairs, columns=["u", "v"]).assign(travel_time=10.0, highway="residential")
    return nodes, edges


def test_components_are_counted_from_the_largest(line):
    assert line.components["nodes"].tolist() == [41]
    parts = roads.from_frames(*two_islands(), crs=4326)
    assert parts.components["nodes"].tolist() == [3, 2]
    assert parts.components["share_of_nodes"].tolist() == [0.6, 0.4]
    assert parts.components["street_km"].tolist() == pytest.approx([0.22207, 0.11103], rel=1e-3)
    assert parts.nodes["component"].to_dict() == {0: 0, 1: 0, 2: 0, 8: 1, 9: 1}


def test_a_node_that_is_entered_and_never_left_is_a_component_of_its_own():
    nodes, edges = two_islands()
    parts = roads.from_frames(nodes, edges[:-3], crs=4326)
    assert parts.components["nodes"].tolist() == [2, 1, 1, 1]


def test_a_network_says_what_it_holds(line):
    assert repr(line).startswith("RoadNetwork: 41 nodes, 40 streets, 4 km (EPSG:32607, line town (invented))")


def test_notes_are_told_one_to_a_line():
    noted = roads.from_frames(*two_islands())
    assert repr(noted).splitlines()[1] == "  - crs is missing: WGS 84 assumed, which the coordinates fit"


def test_arrays_bar_writing(line):
    for name in ("node_xy_m", "first", "last", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(line, name)[0] = getattr(line, name)[1]


def test_attributes_bar_replacing(line):
    with pytest.raises(AttributeError):
        line.there_s = line.back_s


@pytest.mark.parametrize("table", ["nodes", "streets", "edges"])
def test_tables_handed_out_cannot_be_used_to_change_the_network(line, table):
    before = getattr(line, table).copy()
    mine = getattr(line, table)
    column = mine.columns[0]
    mine[column] = "mine"
    mine["more"] = 1
    mine.index.name = "other"
    mine.attrs["mine"] = 1
    also = getattr(line, table)
    also.iloc[0, 1] = also.iloc[1, 1]
    also.loc[also.index[0], "geometry"] = None
    pd.testing.assert_frame_equal(getattr(line, table), before)
    assert getattr(line, table).attrs == {}


def test_the_geometry_handed_out_cannot_be_written_into(line):
    for table in ("nodes", "streets", "edges"):
        before = getattr(line, table).geometry.to_wkt().tolist()
        try:
            getattr(line, table).geometry.array[0] = shapely.Point(0, 0)
        except ValueError:
            continue  # barred is as good as not heard
        assert getattr(line, table).geometry.to_wkt().tolist() == before


def test_edges_have_osmnx_names_and_units(line):
    edge = line.edges.loc[(0, 1, 0)]
    assert edge["length"] == pytest.approx(110.85, abs=0.01)
    assert edge["speed_kph"] == pytest.approx(36.0)
    assert edge["travel_time"] == pytest.approx(11.085, abs=0.001)
    assert edge.geometry.coords[0][1] < edge.geometry.coords[-1][1]
    assert line.edges.loc[(1, 0, 0)].geometry.equals(edge.geometry.reverse())
    assert line.edges.crs.to_epsg() == line.nodes.crs.to_epsg() == 4326


def test_other_times_on_the_same_streets_keep_where_they_lie(line):
    slow = line.with_times(there_s=line.there_s * 2, back_s=line.back_s * 2, note="Slow day")
    assert slow.fingerprint != line.fingerprint
    assert slow.geometry_fingerprint == line.geometry_fingerprint
    assert slow.notes == (*line.notes, "Slow day")
    assert line.edges["travel_time"].sum() * 2 == pytest.approx(slow.edges["travel_time"].sum())


def test_the_callers_times_are_copied(line):
    mine = line.there_s.copy()
    other = line.with_times(there_s=mine, back_s=line.back_s)
    mine[:] = 1.0
    assert other.fingerprint == line.fingerprint


def test_a_closed_direction_is_no_edge_and_no_arc(line):
    shut = line.there_s.copy()
    shut[0] = np.inf
    other = line.with_times(there_s=shut, back_s=line.back_s)
    assert len(other.edges) == len(line.edges) - 1
    assert len(other.graph.head) == len(line.graph.head) - 1


def test_without_nodes_there_is_no_network():
    none = np.empty(0)
    with pytest.raises(NetworkError, match="no nodes"):
        build_network(
            crs=None, node_ids=none, node_xy_m=np.empty((0, 2)), first=none, last=none, length_m=none, there_s=none,
            back_s=none, lines=none, highway=none, street_name=none, source="", notes=(),
        )  # fmt: skip


def points(*lonlat):
    return gpd.GeoSeries([None if p is None else shapely.Point(p) for p in lonlat], crs=4326)


def test_a_point_is_snapped_with_its_offset(line):
    on = roads.snap(line, points((-139.999, 30.00025)))
    assert on.along.tolist() == pytest.approx([0.25], abs=1e-3)
    assert on.offset_m.tolist() == pytest.approx([96.49], abs=0.1)
    assert len(on) == 1


def test_a_point_beyond_the_limit_and_one_that_is_missing_stay_off_the_road(line):
    on = roads.snap(line, points((-139.997, 30.01), None, (-140, 30.01)))
    assert on.street.tolist()[:2] == [-1, -1]
    assert on.street[2] >= 0
    assert np.isinf(on.offset_m[:2]).all()
    assert roads.snap(line, points((-139.997, 30.01)), limit_m=300).offset_m[0] == pytest.approx(289.5, abs=0.5)


def test_an_empty_point_stays_off_the_road(line):
    on = roads.snap(line, gpd.GeoSeries([shapely.Point()], crs=4326))
    assert on.street.tolist() == [-1]


def test_points_in_another_crs_land_on_the_same_place(line):
    here = points((-139.9995, 30.0104))
    other = roads.snap(line, here.to_crs(3857))
    assert other.along == pytest.approx(roads.snap(line, here).along)


def freeway_and_lane():
    nodes = pd.DataFrame({"x": [-75.0, -75.0, -74.999, -74.999], "y": [40.0, 40.002, 40.0, 40.002]}, index=list("abcd"))
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    edges = pd.DataFrame(pairs, columns=["u", "v"]).assign(highway=["motorway"] * 2 + ["residential"] * 2)
    return roads.from_frames(nodes, edges, crs=4326)


def test_no_door_opens_on_a_freeway():
    network = freeway_and_lane()
    beside = points((-74.9999, 40.001))
    assert network.highway[roads.snap(network, beside).street[0]] == "motorway"
    door = roads.snap(network, beside, freeways=False)
    assert network.highway[door.street[0]] == "residential"
    assert door.offset_m[0] == pytest.approx(76.9, abs=0.2)


def test_a_street_closed_both_ways_is_not_snapped_to(line):
    shut = np.full(line.n_streets, np.inf)
    shut[1:] = line.there_s[1:]
    other = line.with_times(there_s=shut, back_s=shut)
    closed = line.first[0], line.last[0]
    middle = line.node_xy_m[list(closed)].mean(axis=0)
    found = roads.snap_xy(other, middle[None, :], limit_m=1000, freeways=True)
    assert found.street[0] > 0
    assert found.offset_m[0] == pytest.approx(55.4, abs=0.2)


@pytest.mark.parametrize("turns", ["none", "exact"])
@pytest.mark.parametrize("time_s", [1e39, -1.0, np.nan])
def test_a_time_in_which_nobody_drives_a_street_is_refused(line, turns, time_s):
    there_s = line.there_s.copy()
    there_s[2] = time_s
    with pytest.raises(InputError, match=r"there_s of street 2 is .*: a driving time is from 0 to"):
        line.with_turns(turns).with_times(there_s=there_s, back_s=line.back_s)
