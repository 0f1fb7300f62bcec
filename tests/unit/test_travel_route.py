"""The way a unit takes, street by street, against the times that are asked by themselves."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError
from fireplan.scenario import on_roads
from fireplan.travel import route


@pytest.fixture(scope="module", params=["none", "mean", "exact"])
def town(request):
    scenario = sample_city(calibrated=False).today
    roads = scenario.roads
    wait_s = np.where(np.random.default_rng(2).random(roads.n_nodes) < 0.1, 15.0, 0.0)
    return on_roads(scenario, replace(roads, wait_s=wait_s, turns=request.param))


def test_parts_add_up_to_the_travel_time_and_pieces_meet(town):
    times = fp.travel_times(town)
    for zone in town.zones.index[::90]:
        way = route(town, "S1", zone, among="zones")
        total_s = float(times.sel(station_id="S1", zone_id=zone))
        assert way.attrs["travel_s"] == pytest.approx(total_s, abs=2e-3)
        assert way[["travel_s", "turn_s", "wait_s"]].sum().sum() == pytest.approx(total_s, abs=2e-2)
        assert way["arrives_s"].iloc[-1] == pytest.approx(total_s, abs=2e-2)
        assert way["arrives_s"].is_monotonic_increasing
        assert way["turn"].iloc[0] == "start"
        assert set(way["turn"].iloc[1:]) <= {"straight", "left", "right", "back"}
        lines = way.to_crs(town.roads.crs).geometry
        ends = [shapely.get_coordinates(line) for line in lines]
        for a, b in pairwise(ends):
            assert np.hypot(*(a[-1] - b[0])) < 0.01
        np.testing.assert_allclose(way["length_m"], lines.length, rtol=0.01, atol=0.1)
        assert way.crs == WGS84


def test_turns_cost_only_where_they_are_reckoned(town):
    way = route(town, "S1", "S6", among="stations")
    turns = town.roads.turns
    assert (way["turn_s"].sum() > 0) == (turns != "none")
    if turns == "exact":
        left = way[(way["turn"] == "left") & (way["highway"] != "motorway_link")]
        assert left["turn_s"].max() >= town.roads.delays.left_s - 1e-4


def test_from_and_to_points(town):
    at = town.stations.to_crs(WGS84).geometry["S3"]
    by_id, by_point = (route(town, start, "S5", among="stations") for start in ("S3", at))
    assert by_point.attrs == by_id.attrs
    there = route(town, (at.x, at.y), town.stations.to_crs(WGS84).geometry["S5"])
    assert there.attrs["travel_s"] == pytest.approx(by_id.attrs["travel_s"])


def test_from_a_corner_to_a_corner():
    town = fp.examples.line_town()
    nodes = project(town.roads.node_xy_m, source=town.roads.crs, target=WGS84)
    north = nodes[np.argsort(nodes[:, 1])]
    way = route(town, tuple(north[3]), tuple(north[6]))
    assert len(way) == 3
    assert way["travel_s"].sum() == pytest.approx(way.attrs["travel_s"])
    nowhere = route(town, tuple(north[3]), tuple(north[3]))
    assert nowhere["length_m"].sum() == nowhere.attrs["travel_s"] == 0


def test_what_cannot_be_asked_is_said():
    town = fp.examples.line_town()
    zone = town.zones.index[0]
    with pytest.raises(UnknownIdError):
        route(town, "S9", zone)
    with pytest.raises(UnknownIdError):
        route(town, "S1", "nowhere")
    with pytest.raises(InputError, match="off the road"):
        route(town, "S1", (-139.0, 30.0))
    with pytest.raises(InputError, match="among is 'streets'"):
        route(town, "S1", zone, among="streets")
    renamed = fp.Scenario(town.roads, town.stations, town.units, town.zones.rename(index={zone: "S1"}))
    with pytest.raises(InputError, match="zones and one of the stations"):
        route(renamed, "S1", "S1")
    there = np.full(town.roads.n_streets, np.inf)
    shut = on_roads(town, town.roads.with_times(there_s=there, back_s=town.roads.back_s))
    reached = [z for z, s in fp.travel_times(shut).sel(station_id="S1").to_series().items() if np.isinf(s)]
    assert reached
    with pytest.raises(InputError, match="no way leads from 'S1'"):
        route(shut, "S1", reached[0])


def test_a_way_may_begin_with_a_unit_which_leaves_from_its_station():
    city = sample_city(calibrated=False).today
    way = route(city, "E3", (-127.50, 33.115))
    assert way.equals(route(city, "S3", (-127.50, 33.115)))
    moved = city.apply(fp.MoveUnit("E3", to="S1"))
    assert route(moved, "E3", (-127.50, 33.115)).equals(route(city, "S1", (-127.50, 33.115)))
    closed = replace(city, stations=city.stations.assign(open=city.stations.index != "S3"))
    with pytest.raises(InputError, match=r"unit 'E3' is housed at 'S3', which is not open"):
        route(closed, "E3", (-127.50, 33.115))
    with pytest.raises(InputError, match="latitude and longitude swapped: write longitude first"):
        route(city, "E3", (33.115, -127.50))
    with pytest.raises(UnknownIdError, match="unknown open station or unit 'E33': did you mean 'E3'"):
        route(city, "E33", (-127.50, 33.115))
