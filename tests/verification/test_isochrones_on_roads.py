"""Isochrones tried on places on the road: is a place inside when, and only when, it is reached in time?"""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import Scenario, roads, travel
from fireplan.roads import OnRoad
from fireplan.travel._places import Places

POINTS = 10_000
MARGIN_S = 15.0
WRONG = 0.01
LIMITS = (240.0, 480.0)


def wrong_shares(plan, stations, within_s=LIMITS):
    """Share of places on the wrong side, by station and limit; places drawn in proportion to street length."""
    rng = np.random.default_rng(31)
    streets = plan.roads.streets
    length = plan.roads.length_m
    street = rng.choice(len(length), POINTS, p=length / length.sum()).astype(np.int32)
    along = rng.random(POINTS)
    xy = shapely.line_interpolate_point(streets.geometry.array[street], along, normalized=True)
    ends = Places("roads", ("tried", "isochrones"), pd.RangeIndex(POINTS), OnRoad(street, along, np.zeros(POINTS)))
    names = plan.stations.index[plan.stations["open"]]
    arrival = dict(zip(names, travel.time_rows(plan, ends), strict=True))
    ground = travel.isochrones(plan, within_s=within_s, stations=stations).to_crs(plan.roads.crs)
    shares = {}
    for _, row in ground.iterrows():
        shapely.prepare(row.geometry)
        inside = shapely.intersects(row.geometry, np.asarray(xy))
        seconds = arrival[row["station_id"]]
        clear = np.abs(seconds - row["within_s"]) > MARGIN_S
        wrong = (inside != (seconds <= row["within_s"])) & clear
        assert clear.sum() > 0.8 * POINTS
        shares[row["station_id"], row["within_s"]] = wrong.sum() / clear.sum()
    return shares


@pytest.fixture(scope="module")
def san_francisco(shared_data, san_francisco_roads):
    """The city's roads with every fifth of its stations."""
    network = san_francisco_roads
    layer = gpd.read_file(shared_data / "sf" / "sf_fire_stations.geojson")
    points = layer.to_crs(4326).geometry.representative_point()
    stations = gpd.GeoDataFrame(
        {"name": "Station"}, geometry=points.to_numpy(), crs=4326,
        index=pd.Index([f"S{i}" for i in range(len(layer))], name="station_id"),
    )  # fmt: skip
    on_road = roads.snap(network, stations.geometry, freeways=False).street >= 0
    zones = stations.iloc[:1].drop(columns="name").rename_axis("zone_id")
    units = pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str))
    return Scenario(network, stations[on_road].iloc[::5], units, zones)


def test_places_in_marisol_are_on_their_side_of_the_line(marisol):
    shares = wrong_shares(marisol, None)
    assert len(shares) == 14
    assert max(shares.values()) <= WRONG


@pytest.mark.realdata
def test_places_in_san_francisco_are_on_their_side_of_the_line(san_francisco):
    shares = wrong_shares(san_francisco, list(san_francisco.stations.index[:6]))
    assert len(shares) == 12
    assert max(shares.values()) <= WRONG


def test_outlines_are_valid_and_each_lies_inside_the_next(marisol):
    ground = travel.isochrones(marisol, within_s=[60, 120, 240, 480, 900])
    assert ground.geometry.is_valid.all()
    assert (ground.geometry.geom_type == "MultiPolygon").all()
    for _, rows in ground.to_crs(marisol.roads.crs).groupby("station_id"):
        outlines = rows.sort_values("within_s").geometry.tolist()
        for smaller, larger in pairwise(outlines):
            assert smaller.area < larger.area
            assert shapely.difference(smaller, larger).area < 1.0


@pytest.mark.realdata
def test_outlines_in_san_francisco_are_valid_and_nested(san_francisco):
    ground = travel.isochrones(san_francisco, within_s=[120, 240]).to_crs(san_francisco.roads.crs)
    assert ground.geometry.is_valid.all()
    for _, rows in ground.groupby("station_id"):
        smaller, larger = rows.sort_values("within_s").geometry
        assert shapely.difference(smaller, larger).area < 1.0


def test_together_they_cover_what_each_covers_alone(marisol):
    alone = travel.isochrones(marisol, within_s=[240]).to_crs(marisol.roads.crs)
    together = travel.isochrones(marisol, within_s=[240], dissolve=True).to_crs(marisol.roads.crs)
    assert list(together.columns) == ["within_s", "area_km2", "geometry"]
    union = alone.geometry.union_all()
    whole = together.geometry.iloc[0]
    assert shapely.difference(union, whole).area < 1e-4 * union.area
    assert shapely.difference(whole, union).area < 0.01 * union.area  # where two stations' minutes meet between streets


def test_open_water_is_not_crossed(marisol):
    ground = travel.isochrones(marisol, within_s=[480], dissolve=True).to_crs(marisol.roads.crs)
    lines = shapely.union_all(marisol.roads.streets.geometry.array)
    whole = ground.geometry.iloc[0]
    low, left, high, right = whole.bounds[1], whole.bounds[0], whole.bounds[3], whole.bounds[2]
    rng = np.random.default_rng(3)
    xy = np.column_stack([rng.uniform(left, right, 20_000), rng.uniform(low, high, 20_000)])
    away = shapely.distance(shapely.points(xy), lines)
    inside = shapely.contains_xy(whole, *xy.T)
    assert inside[away < 20].sum() > 100
    assert inside[away > 160].sum() == 0


def long_road(**options):
    """One road of 6 km without a turning, driven at 10 m a second, and a station at its end."""
    x = 500_000 + 1000.0 * np.arange(7)
    nodes = pd.DataFrame({"x": x, "y": 4_400_000.0})
    pairs = [(i, i + 1) for i in range(6)] + [(i + 1, i) for i in range(6)]
    edges = pd.DataFrame(pairs, columns=["u", "v"]).assign(length=1000.0, travel_time=100.0)
    network = roads.from_frames(nodes, edges, crs="EPSG:32618")
    stations = gpd.GeoDataFrame(
        {"name": "End"}, geometry=[shapely.Point(x[0], 4_400_000)], crs=32618, index=pd.Index(["S1"], name="station_id")
    )
    zones = gpd.GeoDataFrame(
        geometry=[shapely.Point(x[3], 4_400_000)], crs=32618, index=pd.Index(["Z1"], name="zone_id")
    )
    units = pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str))
    return Scenario(network, stations, units, zones, **options)


def test_from_the_end_of_a_long_road_the_ground_is_a_strip_as_long_as_time_allows():
    ground = travel.isochrones(long_road(), within_s=[240, 480])
    for _, row in ground.iterrows():
        assert row.geometry.bounds[2] == pytest.approx(500_000 + 10 * row["within_s"], abs=1)
        assert row.geometry.bounds[0] == pytest.approx(499_975, abs=1)
        assert len(row.geometry.geoms) == 1
        assert row.geometry.area == pytest.approx((10 * row["within_s"] + 25) * 50, rel=0.02)


def test_places_on_a_long_road_are_on_their_side_of_the_line():
    assert max(wrong_shares(long_road(), None).values()) == 0.0
