"""First-due areas, force areas and exact outlines on one street, worked out by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import Scenario, changes, examples, roads, travel
from fireplan.errors import InputError

BESIDE_M = 25.0
BLOCK_M = 110.85


@pytest.fixture
def town():
    return examples.line_town()


def at(block):
    return (-140.0, 30.0 + block / 1000)


def metric(town, table):
    return table.to_crs(town.roads.crs)


def ends(town, geometry):
    """South and north end of an area, in metres from the south end of the street."""
    start = town.roads.node_xy_m[:, 1].min()
    return geometry.bounds[1] - start, geometry.bounds[3] - start


def with_units(town, *units):
    table = pd.DataFrame(units, columns=["unit_id", "station_id", "type", "crew", "turnout_s"]).set_index("unit_id")
    return Scenario(town.roads, town.stations, table, town.zones)


def test_two_stations_part_the_street_in_the_middle(town):
    plan = town.apply(changes.OpenStation("S2", at=at(40), units=("E2",)))
    areas = metric(town, travel.first_due_areas(plan))
    assert areas.index.tolist() == ["S1", "S2"]
    assert areas.index.name == "station_id"
    assert ends(town, areas.geometry["S1"])[1] == pytest.approx(20 * BLOCK_M, abs=1)
    assert ends(town, areas.geometry["S2"])[0] == pytest.approx(20 * BLOCK_M, abs=1)
    assert shapely.area(shapely.intersection(*areas.geometry)) == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(areas["area_km2"] * 1e6, areas.area, rtol=0.002)


def test_a_quicker_turnout_moves_the_border(town):
    plan = with_units(
        town.apply(changes.OpenStation("S2", at=at(40))),
        ("E1", "S1", "engine", 4, 80), ("E2", "S2", "engine", 4, 60), ("R2", "S2", "rescue", 3, 10),
    )  # fmt: skip
    by_travel = metric(town, travel.first_due_areas(plan))
    by_both = metric(town, travel.first_due_areas(plan, interval="turnout_and_travel_s"))
    border_m = ends(town, by_travel.geometry["S1"])[1] - ends(town, by_both.geometry["S1"])[1]
    assert border_m == pytest.approx(10 * (80 - 60) / 2, abs=1)  # 10 m a second, from either side


def test_only_stations_with_what_is_needed_have_an_area(town):
    plan = with_units(town.apply(changes.OpenStation("S2", at=at(40))), ("E1", "S1", "engine", 4, 80))
    assert travel.first_due_areas(plan).index.tolist() == ["S1"]
    assert travel.first_due_areas(plan, needs={"truck": 1}).empty


def test_of_two_stations_at_one_place_the_first_has_the_ground(town):
    plan = town.apply(changes.OpenStation("S2", at=at(0), units=("E2",)))
    areas = travel.first_due_areas(plan)
    assert areas.geometry["S2"].is_empty
    assert areas["area_km2"].loc["S2"] == 0
    alone = travel.first_due_areas(town)
    assert areas["area_km2"].loc["S1"] == pytest.approx(alone["area_km2"].loc["S1"], rel=1e-6)


def test_areas_come_in_the_crs_of_the_zones(town):
    assert travel.first_due_areas(town).crs == town.zones.crs
    assert travel.erf_areas(town, needs=[{"engine": 1}]).crs == town.zones.crs


def test_a_force_is_there_where_its_last_part_has_arrived(town):
    plan = with_units(
        town.apply(changes.OpenStation("S2", at=at(40))), ("E1", "S1", "engine", 4, 60), ("E2", "S2", "engine", 4, 60)
    )
    areas = metric(
        town, travel.erf_areas(plan, needs=[{"engine": 1}, {"engine": 2}, {"people": 9}], within_s=[240, 300])
    )
    assert areas["force"].tolist() == ["1 engine", "1 engine", "2 engines", "2 engines", "9 people", "9 people"]
    assert areas["within_s"].tolist() == [300, 240] * 3
    two = areas.geometry.iloc[2]
    assert ends(town, two) == pytest.approx((40 * BLOCK_M - 3000, 3000), abs=2)
    assert areas.geometry.iloc[4:].is_empty.all()
    one = metric(town, travel.isochrones(plan, within_s=[300], dissolve=True))
    assert areas.area.iloc[0] == pytest.approx(one.area.iloc[0], rel=1e-3)


def test_a_force_of_one_station_waits_for_its_last_turnout(town):
    plan = with_units(town, ("E1", "S1", "engine", 4, 60), ("E2", "S1", "engine", 4, 100))
    asked = {"within_s": [300], "interval": "turnout_and_travel_s"}
    areas = metric(town, travel.erf_areas(plan, needs=[{"people": 4}, {"people": 8}], **asked))
    assert ends(town, areas.geometry.iloc[0])[1] == pytest.approx(2400, abs=2)
    assert ends(town, areas.geometry.iloc[1])[1] == pytest.approx(2000, abs=2)


def test_without_units_every_open_station_brings_everything(town):
    plan = with_units(town)
    areas = travel.erf_areas(plan, needs=[{"engine": 4, "people": 16}], within_s=[100])
    assert areas["area_km2"].iloc[0] == pytest.approx(travel.isochrones(plan, within_s=[100])["area_km2"].iloc[0])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"needs": []}, "names no force"),
        ({"needs": [{}]}, "give numbers above zero"),
        ({"needs": [{"engine": 0}]}, "give numbers above zero"),
        ({"needs": [{"helicopter": 1}]}, "helicopter"),
        ({"within_s": [-5]}, "above zero"),
        ({"interval": "minutes"}, "interval"),
    ],
)
def test_what_cannot_be_asked_is_refused(town, asked, named):
    with pytest.raises(InputError, match=named):
        travel.erf_areas(town, **asked)


def test_an_exact_outline_is_a_strip_along_what_is_reached(town):
    ground = metric(town, travel.isochrones(town, within_s=[100, 200], exact=True))
    assert ground["within_s"].tolist() == [200, 100]
    for _, row in ground.iterrows():
        long_m = 10 * row["within_s"]
        assert ends(town, row.geometry) == pytest.approx((-BESIDE_M, long_m + BESIDE_M), abs=1)
        assert row.geometry.area == pytest.approx(2 * BESIDE_M * long_m + np.pi * BESIDE_M**2, rel=0.01)
    wider = metric(town, travel.isochrones(town, within_s=[100], exact=True, beside_m=50))
    assert ends(town, wider.geometry.iloc[0])[0] == pytest.approx(-50, abs=0.5)


def test_exact_outlines_dissolve_and_nest(town):
    plan = town.apply(changes.OpenStation("S2", at=at(40)))
    each = metric(town, travel.isochrones(plan, within_s=[60, 120], exact=True))
    together = metric(town, travel.isochrones(plan, within_s=[60, 120], exact=True, dissolve=True))
    assert together["within_s"].tolist() == [120, 60]
    for _, row in together.iterrows():
        parts = each.loc[each["within_s"] == row["within_s"]]
        assert row.geometry.area == pytest.approx(parts.union_all().area)
    for _, rows in each.groupby("station_id"):
        larger, smaller = rows.geometry
        assert larger.buffer(1e-3).covers(smaller)  # a hair is lost on the way to degrees and back


def test_a_street_entered_from_both_ends_keeps_a_gap_in_its_middle(town):
    plan = town.apply(changes.OpenStation("S2", at=at(1)), changes.ScaleSpeeds(0.1))
    both = metric(town, travel.isochrones(plan, within_s=[30], exact=True, dissolve=True, beside_m=1))
    assert len(both.geometry.iloc[0].geoms) == 2


def test_an_exact_outline_needs_a_width(town):
    with pytest.raises(InputError, match="beside_m"):
        travel.isochrones(town, exact=True, beside_m=0)


def test_a_one_way_street_is_reached_one_way(town):
    one_way = town.roads.edges.reset_index()
    one_way = one_way[one_way["u"] < one_way["v"]]
    net = roads.from_frames(
        town.roads.nodes, gpd.GeoDataFrame(one_way.set_index(["u", "v", "key"]), crs=town.roads.edges.crs)
    )
    middle = town.apply(changes.MoveStation("S1", at=at(20.5)))
    plan = Scenario(net, middle.stations, town.units, town.zones)
    ground = metric(plan, travel.isochrones(plan, within_s=[60], exact=True))
    south, north = ends(town, ground.geometry.iloc[0])
    assert south == pytest.approx(20.5 * BLOCK_M - BESIDE_M, abs=1)
    assert north == pytest.approx(20.5 * BLOCK_M + 600 + BESIDE_M, abs=1)
