"""Candidate sites stand where they are said to, keep what is known of them, and can be left by road."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import examples
from fireplan.crs import WGS84
from fireplan.errors import TableError
from fireplan.roads import from_frames
from fireplan.scenario import Scenario
from fireplan.siting._candidates.candidate_sites import grid_sites, intersection_sites, listed_sites, parcel_sites
from fireplan.travel import candidate_times

STEP = 0.01  # degrees: some 1.1 km north, 960 m east at 30° N


def town(extra=(), *, highway="residential", snap_limit_m=200.0):
    """Four crossing streets, two by two, and further arcs (u, v) between nodes; node 90 and 91 lie far east."""
    at = {(i, j): 10 * i + j for i in range(4) for j in range(4)}
    nodes = pd.DataFrame({"x": -140 + STEP * i, "y": 30 + STEP * j} for i, j in at)
    nodes.index = list(at.values())
    nodes = pd.concat([nodes, pd.DataFrame({"x": [-139.5, -139.49], "y": 30.0}, index=[90, 91])])
    pairs = []
    for k in (1, 2):
        pairs += [(at[k, j], at[k, j + 1], f"{k} Avenue", highway) for j in range(3)]
        pairs += [(at[i, k], at[i + 1, k], f"{k} Street", "residential") for i in range(3)]
    both = [*pairs, *((v, u, *rest) for u, v, *rest in pairs), *extra]
    edges = pd.DataFrame(both, columns=["u", "v", "name", "highway"]).assign(key=0, speed_kph=36.0)
    roads = from_frames(nodes, edges.set_index(["u", "v", "key"]), crs=WGS84, source="hand-made")
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1"], "name": ["One"]}, geometry=[shapely.Point(-139.99, 30.01)], crs=WGS84
    )
    units = pd.DataFrame({"unit_id": ["E1"], "station_id": ["S1"], "type": ["engine"]})
    zones = gpd.GeoDataFrame(
        {"zone_id": ["Z1"], "population": 1.0}, geometry=[shapely.box(-140, 30, -139.97, 30.03)], crs=WGS84
    )
    return Scenario(roads=roads, stations=stations, units=units, zones=zones, snap_limit_m=snap_limit_m)


ISLAND = [(90, 91, "Far Road", "residential"), (91, 90, "Far Road", "residential")]


def faults_of(call, *args, **options):
    with pytest.raises(TableError) as caught:
        call(*args, **options)
    return " | ".join(caught.value.faults)


def square(x, y, side=STEP):
    return shapely.box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def check(sites):
    assert isinstance(sites, gpd.GeoDataFrame)
    assert sites.crs.to_epsg() == 4326
    assert sites.index.name == "candidate_id"
    assert sites.index.is_unique
    assert all(isinstance(i, str) for i in sites.index)
    assert isinstance(sites.attrs["notes"], list)
    xy = shapely.get_coordinates(sites.geometry.array)
    assert (np.round(xy, 7) == xy).all()
    return sites


def test_grid_points_stand_so_far_apart_in_metres_and_near_a_street():
    line = examples.line_town()
    sites = check(grid_sites(line, spacing_m=500))
    metric = sites.to_crs(line.roads.crs).geometry
    assert np.diff(metric.y) == pytest.approx(500, abs=0.1)
    assert len(sites) == 9  # Line Street is 4,430 m long
    assert list(sites.index[:2]) == ["G0001", "G0002"]
    assert sites.attrs["notes"] == []


def test_grid_points_off_the_road_are_left_out_and_told():
    sites = check(grid_sites(town(), spacing_m=300))
    assert 0 < len(sites) < 12 * 10
    (note,) = sites.attrs["notes"]
    assert "grid points left out: farther than 200 m from every street that a door may open on" in note
    far = int(note.split(" of ")[0])
    assert far + len(sites) == int(note.split(" of ")[1].split()[0].replace(",", ""))
    assert len(candidate_times(town(), sites).set_aside) == 0


def test_a_small_area_gets_its_middle():
    here = square(-139.99, 30.01, 0.001)
    sites = check(grid_sites(town(), spacing_m=500, within=here))
    assert len(sites) == 1
    assert sites.geometry.iloc[0].distance(here.centroid) < 1e-5


@pytest.mark.parametrize(
    "make", [lambda p: gpd.GeoSeries([p], crs=4326), lambda p: gpd.GeoDataFrame(geometry=[p], crs=4326)]
)
def test_area_may_be_a_table_in_any_crs(make):
    area = square(-139.985, 30.015, 0.012)
    plain = grid_sites(town(), spacing_m=200, within=area)
    other = grid_sites(town(), spacing_m=200, within=make(area).to_crs(3857))
    assert list(plain.index) == list(other.index)
    assert plain.within(area.buffer(1e-6)).all()


def test_every_fault_of_a_grid_is_told_at_once():
    told = faults_of(grid_sites, town(), spacing_m=-1, within=gpd.GeoSeries([square(-140, 30)]))
    assert "spacing_m is -1" in told
    assert "within has no crs" in told
    assert "within is no polygon" in faults_of(grid_sites, town(), within=[1, 2])
    assert "within holds no polygon" in faults_of(grid_sites, town(), within=shapely.Point(-140, 30))
    assert "within reaches beyond" in faults_of(grid_sites, town(), within=shapely.box(-140, 29, 200, 95))
    assert "take a larger one" in faults_of(grid_sites, town(), spacing_m=0.5)
    assert "none is left" in faults_of(grid_sites, town(), within=square(-139.0, 30.0))


def test_intersections_are_where_streets_meet_and_named_after_them():
    sites = check(intersection_sites(town()))
    assert set(sites["name"]) == {
        "1 Avenue / 1 Street",
        "1 Avenue / 2 Street",
        "1 Street / 2 Avenue",
        "2 Avenue / 2 Street",
    }
    assert all(i.startswith("X") for i in sites.index)
    # Two arms count where streets run on: none more here, but the ends have one.
    assert len(intersection_sites(town(), arms=1)) == 4 + 8
    assert "none is left" in faults_of(intersection_sites, town(), arms=5)


def test_freeways_make_no_intersections():
    assert "none is left" in faults_of(intersection_sites, town(highway="motorway"))


def test_intersections_near_each_other_are_thinned_the_same_way_each_time():
    sites = intersection_sites(town(), apart_m=1000.0)  # 960 m east, 1,110 m north
    assert len(sites) == 2
    assert sites.attrs["notes"] == ["2 of 4 intersections left out: nearer than 1.0 km to another one"]
    assert list(sites.index) == list(intersection_sites(town(), apart_m=1000.0).index)
    metric = sites.to_crs(town().roads.crs).geometry
    assert metric.iloc[0].distance(metric.iloc[1]) >= 1000


def test_sites_on_an_island_are_left_out_and_told():
    sites = check(intersection_sites(town(ISLAND), arms=1))
    assert len(sites) == 12
    (note,) = sites.attrs["notes"]
    assert note.startswith("2 of 14 intersections left out: on streets from which an engine cannot drive to the main")


@pytest.mark.parametrize(("way", "kept"), [((90, 10), True), ((10, 90), False)], ids=["out", "in"])
def test_one_way_out_is_enough_and_one_way_in_is_not(way, kept):
    table = pd.DataFrame({"latitude": [30.0], "longitude": [-139.49]})
    both = pd.concat([table, pd.DataFrame({"latitude": [30.01], "longitude": [-139.99]})], ignore_index=True)
    sites = listed_sites(both, town([*ISLAND, (*way, "Causeway", "residential")]))
    assert len(sites) == 1 + kept


def test_parcels_keep_their_columns_and_stand_inside():
    hook = shapely.Polygon([(0, 0), (9, 0), (9, 1), (1, 1), (1, 9), (0, 9)])
    hook = shapely.transform(hook, lambda xy: xy * 1e-4 + (-139.99, 30.01))
    parcels = gpd.GeoDataFrame(
        {"cost": [5.0, 6.0, 7.0], "geometry": [hook, square(-139.98, 30.01, 1e-5), square(-139.9, 30.1)]},
        index=pd.Index(["101-22", "101-23", "9"], name="apn"), crs=4326,
    )  # fmt: skip
    before = parcels.copy(deep=True)
    sites = check(parcel_sites(parcels, town(), smallest_m2=1000))
    pd.testing.assert_frame_equal(parcels, before)
    assert list(sites.index) == ["101-22"]
    assert sites["cost"].tolist() == [5.0]
    assert sites["area_m2"].iloc[0] == pytest.approx(17 * 9.6 * 11.1, rel=0.02)
    assert hook.covers(sites.geometry.iloc[0])
    assert [n.split(":")[0] for n in sites.attrs["notes"]] == ["1 of 3 parcels left out", "1 of 2 parcels left out"]


def test_every_fault_of_parcels_is_told_at_once():
    parcels = gpd.GeoDataFrame({"candidate_id": ["A", "A", " "]}, geometry=[square(0, 0), shapely.Point(0, 0), None])
    told = faults_of(parcel_sites, parcels, town(), smallest_m2=float("nan"))
    for part in ("crs is not set", "no polygon or multipolygon in row 2", "missing in row 3", "id 'A' appears twice",
                 "the id is missing in row 3", "smallest_m2 is nan"):  # fmt: skip
        assert part in told
    assert "not a GeoDataFrame" in faults_of(parcel_sites, pd.DataFrame({"a": [1]}), town())
    assert "not a GeoDataFrame" in faults_of(parcel_sites, None, town())


def test_a_list_keeps_names_and_costs_and_is_left_as_it_was():
    table = pd.DataFrame(
        {"candidate_id": [7, 8], "name": ["Old <depot>", "{{x}}"], "latitude": ["30.01", "30.02"], "cost": [1, 2],
         "longitude": [-139.990000049, -139.98]},
    )  # fmt: skip
    before = table.copy(deep=True)
    sites = check(listed_sites(table, town()))
    pd.testing.assert_frame_equal(table, before)
    assert list(sites.index) == ["7", "8"]
    assert sites["name"].tolist() == ["Old <depot>", "{{x}}"]
    assert list(sites.columns) == ["name", "cost", "geometry"]
    assert sites.geometry.x.tolist() == [-139.99, -139.98]


def test_a_list_may_be_points_in_another_crs_and_be_numbered():
    points = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=gpd.points_from_xy([-139.99, -139.98], [30.01] * 2), crs=4326
    )
    sites = check(listed_sites(points.to_crs(3857), town(), within=square(-139.99, 30.01, 0.005)))
    assert list(sites.index) == ["L0001"]
    assert sites["name"].tolist() == ["a"]
    assert sites.attrs["notes"] == ["1 of 2 listed sites left out: outside the area asked for"]


def test_every_fault_of_a_list_is_told_at_once():
    table = pd.DataFrame(
        {"candidate_id": ["A", "A", None], "latitude": [30.0, -139.9, "x"], "longitude": [1.0, 30.0, 200]}
    )
    told = faults_of(listed_sites, table, town(), within="here")
    for part in ("latitude is no number in row 3", "latitude is outside -90 to 90 degrees in row 2",
                 "longitude is outside -180 to 180 degrees in row 3", "id 'A' appears twice or more (rows 1, 2)",
                 "the id is missing in row 3", "within is no polygon"):  # fmt: skip
        assert part in told
    told = faults_of(listed_sites, table.drop(columns=["latitude", "longitude"]), town())
    assert "column 'latitude' is missing" in told
    assert "column 'longitude' is missing" in told
    assert "none is left" in faults_of(listed_sites, table.iloc[:0].astype({"latitude": float}), town())
    assert "no table" in faults_of(listed_sites, [(30.0, -140.0)], town())
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.0], [0.0]))
    assert "crs is not set" in faults_of(listed_sites, points, town())
    polygons = gpd.GeoDataFrame(geometry=[square(0, 0)], crs=4326)
    assert "parcel_sites for polygons" in faults_of(listed_sites, polygons, town())
