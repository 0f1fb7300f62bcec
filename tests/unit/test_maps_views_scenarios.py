"""The views of one department: territories, depth of force, and what a zone's card says."""

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame, points_from_xy

import fireplan as fp
from fireplan import maps
from fireplan.maps._views.first_due import TERRITORY, colour_apart
from tests.support.map_pages import areas, cells, colours, layer_data, shown

TWO = fp.OpenStation("S2", at=(-140.0, 30.03), name="Station 2", units=("E2",))


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def pair(town):
    return town.apply(TWO, name="two stations")


def assessed(scenario):
    return fp.assess(scenario, standard=fp.standards.NFPA_1710)


def test_territories_part_the_people_where_two_stations_are_equally_near(pair):
    page = maps.first_due(pair)
    (ground,) = areas(page)
    # Station 2 stands 30 blocks north: the border is at block 15, and each block holds ten people.
    assert cells(ground, "") == ["Station 1", "Station 2"]
    assert cells(ground, "People") == ["150 (37.5 % of 400)", "250 (62.5 % of 400)"]
    # Nine in ten of Station 1's people: the 14th zone, whose middle is 13.5 blocks away, 11.1 s each.
    assert cells(ground, "90 % reached in")[0] == "2:30, of 150 people"
    assert cells(ground, "Units") == ["E1", "E2"]
    assert len(set(colours(ground))) == 2
    assert "S1: Station 1 37.5 % S2: Station 2 62.5 %" in shown(page)
    assert "400 people in 40 zones" in shown(page)


def test_incidents_count_at_their_own_points_where_there_are_no_people(pair):
    at = GeoDataFrame(
        {"incident_id": ["A", "B", "C"]}, geometry=points_from_xy([-140] * 3, [30.001, 30.0149, 30.02]), crs=4326
    )
    zones = pair.zones[["geometry"]].assign(incidents=1.0)
    calls = fp.Scenario(pair.roads, pair.stations, pair.units, zones, incidents=at)
    (ground,) = areas(maps.first_due(calls))
    assert cells(ground, "Incidents") == ["2 (66.7 % of 3)", "1 (33.3 % of 3)"]
    # B lies 14.9 blocks from Station 1, 11.09 s each; C ten blocks from Station 2.
    assert cells(ground, "90 % reached in") == ["2:46, of 2 incidents", "1:51, of 1 incidents"]


def test_a_territory_is_of_the_unit_asked_for(pair):
    page = maps.first_due(pair, needs={"truck": 1})
    assert areas(page) == []
    assert "No station is first due anywhere" in shown(page)
    assert "Of these, 400 people are reached by no station." in shown(page)


@pytest.mark.parametrize("side", [5, 9])
def test_neighbours_differ_in_colour_and_all_colours_are_used(side):
    squares = [shapely.box(i, j, i + 1, j + 1) for i in range(side) for j in range(side)]
    given = colour_apart(squares, touch=0.1, palette=TERRITORY)
    tree = shapely.STRtree(squares)
    pairs = tree.query(squares, predicate="dwithin", distance=0.1).T
    assert all(given[a] != given[b] for a, b in pairs if a != b)
    assert set(given) == set(TERRITORY)


def test_few_areas_have_a_colour_each_and_too_many_neighbours_do_not_stop_it():
    assert len(set(colour_apart([shapely.Point(0, 0)] * 8, touch=1, palette=TERRITORY))) == 8
    assert len(colour_apart([shapely.Point(0, 0)] * 20, touch=1, palette=TERRITORY)) == 20
    assert colour_apart([], touch=1, palette=TERRITORY) == []


def test_depth_counts_engines_and_the_whole_force_in_order(pair):
    crews = fp.AddUnit("E3", to="S1", type="engine", crew=9), fp.AddUnit("E4", to="S2", type="engine", crew=5)
    page = maps.erf(assessed(pair.apply(*crews, fp.ScaleSpeeds(0.5), name="slow streets")))
    depth = areas(page)[0]
    # 13 people come from block 0, 9 from block 30. At 5 m/s 21.6 blocks are driven in 480 s, so the middles of zones 8
    # to 21 are within it of both; each of the others has the two engines of one station.
    assert cells(depth, "Within the limit") == [
        *["2 engines"] * 8, *["whole force: 16 people"] * 14, *["2 engines"] * 18,
    ]  # fmt: skip
    assert cells(depth, "In time")[7].startswith("no, limit 8:00")
    assert "Initial full alarm, 16 people within 8:00: 35.0 % of 400 people" in shown(page)
    assert "no engine 0 % 1 engine 0 % 2 engines 65.0 %" in shown(page)


def test_depth_of_one_engine_has_no_whole_force(town):
    page = maps.erf(assessed(town), objective="first_engine")
    (depth, _ground) = areas(page)
    said = cells(depth, "Within the limit")
    # 240 s at 10 m/s: the middle of the 22nd zone is 21.5 blocks of 110.9 m away, that of the 23rd 22.5.
    assert said == ["1 engine"] * 22 + ["no engine"] * 18
    assert colours(depth)[0] != colours(depth)[-1]
    assert cells(depth, "Second engine") == ["not reached"] * 40
    assert cells(depth, "In time")[-1] == "no, limit 4:00: too far"
    assert "no engine 45.0 % 1 engine 55.0 % 2 engines 0 %" in shown(page)


def test_a_zone_card_names_three_stations_and_why_it_is_late(pair):
    zones = areas(maps.coverage(assessed(pair)))[0]
    assert cells(zones, "First due")[0].startswith("Station 1, ")
    assert cells(zones, "Second due")[0].startswith("Station 2, ")
    assert cells(zones, "Third due")[0] == "none"
    assert set(cells(zones, "In time")) == {"yes, limit 4:00"}


def test_compared_scenarios_are_named_on_each_others_cards(town, pair):
    comparison = fp.compare(town, pair, standard=fp.standards.NFPA_1710)
    first, second = (data for data in areas(maps.compare(comparison)) if "In time" in data["labels"])
    assert cells(first, "two stations")[-1].endswith("; first due Station 2")
    assert cells(second, "line town")[-1].endswith(", not in time; first due Station 1")


def test_a_station_of_many_is_folded_and_all_stay_listed(town):
    many = town.apply(
        *(fp.OpenStation(f"N{i}", at=(-140.0, 30.0 + 0.002 * i), units=(f"E1{i}",)) for i in range(1, 20)), name="many"
    )
    page = maps.first_due(many)
    assert page.legends[0].folded
    assert len(page.legends[0].entries) == 21
    (stations,) = [data for kind, data in layer_data(page) if kind == "stations"]
    assert stations["rows"] == 20


def test_the_scenario_is_left_as_it_was(pair):
    before = pair.zones.copy(), pair.stations.copy()
    maps.first_due(pair)
    maps.erf(assessed(pair))
    assert before[0].equals(pair.zones)
    assert before[1].equals(pair.stations)
    assert np.array_equal(before[0].columns, pair.zones.columns)
