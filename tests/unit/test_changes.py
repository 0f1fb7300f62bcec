"""What each change does to a scenario, what it says, and how it is written."""

import json
import tomllib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import tomlkit

import fireplan as fp
from fireplan import changes
from fireplan.errors import FireplanError, InputError, UnknownIdError, UnreachableStationError

NORTH = (-140.0, 30.04)  # the far end of Line Street
MIDDLE = (-140.0, 30.02)

EVERY = [
    (fp.OpenStation("S2", at=MIDDLE, name="New", units=("E2", "T2")), "Open New with E2, T2"),
    (fp.OpenStation("S2", at=MIDDLE, units=("E2",), turnout_s=75), "Open S2 with E2 (turnout 1:15)"),
    (fp.OpenStation("S2"), "Open S2"),
    (fp.CloseStation("S1"), "Close S1"),
    (fp.MoveStation("S1", at=MIDDLE), "Move S1 to 30.02000, -140.00000"),
    (fp.AddUnit("E2", to="S1"), "Add E2 at S1"),
    (fp.AddUnit("X1", to="S1", type="engine", crew=3, turnout_s=95), "Add X1 at S1 (3 people, turnout 1:35)"),
    (
        fp.AddUnit("X1", to="S1", type="engine", schedule="Mon-Fri 08:00-20:00"),
        "Add X1 at S1 (Mon-Fri 08:00-20:00)",
    ),
    (fp.SetSchedule("08:00-20:00", units=("E1",)), "Staff E1 08:00-20:00"),
    (fp.SetSchedule("always"), "Staff all units around the clock"),
    (fp.AddUnit("X1", to="S1", type="truck", shared_crew="E1"), "Add X1 at S1 (crew shared with E1)"),
    (fp.ShareCrew(("E1",)), "Own crews for E1"),
    (fp.ShareCrew(("E1", "E2"), apart=True), "Own crews for E1, E2"),
    (fp.RemoveUnit("E1"), "Remove E1"),
    (fp.MoveUnit("E1", to="S2"), "Move E1 to S2"),
    (fp.SetTurnout(60), "Turnout 1:00 for all units"),
    (fp.SetTurnout(60.5, units=("E1",), stations=("S1",)), "Turnout 1:01 for E1, S1"),
    (fp.CloseRoad("Line Street"), "Close Line Street"),
    (fp.CloseRoad("", near=MIDDLE), "Close the road near 30.02000, -140.00000"),
    (fp.OpenRoad("Line Street", near=MIDDLE, speed_kph=50), "Open Line Street near 30.02000, -140.00000 at 50 km/h"),
    (fp.CloseRoad(ref="A 8", direction="North-bound", hours=(22, 6.5)), "Close A 8 northbound, 22:00 to 06:30"),
    (
        fp.CloseRoad("Line Street", area=[(-141, 30), (-139, 30), (-139, 31)], spare="bridges", everywhere=True),
        "Close Line Street in the area drawn without bridges",
    ),
    (
        fp.CloseRoad(across=[(-141, 30), (-139, 30)], toward=NORTH, weekdays=("sat",), dates=("2025-06-01",) * 2),
        "Close all streets across the line drawn toward 30.04000, -140.00000, Saturday, 2025-06-01",
    ),
    (
        fp.BuildRoad([(-140, 30.0), (-140, 30.01)], "primary", "Bypass", 60, oneway=True, bridge=True),
        "Build Bypass as a bridge",
    ),
    (fp.BuildRoad("LINESTRING (-140 30, -140 30.01)", loose=True), "Build a residential road"),
    (
        fp.SetRestriction("Line Street", max_weight_t=7.5, max_height_m=4, note="weak culvert"),
        "Limit Line Street to 7.5 t of weight, 4 m of height (weak culvert)",
    ),
    (
        fp.BanTurn("Line Street", onto="Line Street", near=MIDDLE),
        "Ban the turn from Line Street onto Line Street near 30.02000, -140.00000",
    ),
    (fp.ScaleSpeeds(0.8), "Speeds x 0.8"),
    (
        fp.ScaleSpeeds(0.8, ("primary",), area=[(-141, 30), (-139, 30), (-139, 31)], skip_missing=True, hours=(7, 9)),
        "Speeds x 0.8 on primary in the area drawn, 07:00 to 09:00",
    ),
    (fp.ScaleSpeeds(0.8, highway=("residential",)), "Speeds x 0.8 on residential"),
    (fp.ScaleDemand(1.5), "Demand x 1.5"),
    (fp.ScaleDemand(1.5, weight="population", zones=("Z01", "Z02")), "Population x 1.5 in 2 zones"),
    (fp.ScaleDemand(1.5, zones=("Z01",), categories=("ems", "fire")), "Calls for ems, fire x 1.5 in 1 zone"),
]
CASES = pytest.mark.parametrize(("change", "text"), EVERY, ids=[str(c) for c, _ in EVERY])


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def two(town):
    """The town with a second station in the middle that has an engine of its own."""
    return town.apply(fp.OpenStation("S2", at=MIDDLE, units=("E2",)), name="two")


def first_due_s(scenario):
    return fp.first_due(scenario)["first_due_s"].to_numpy()


BLOCK_S = 11.0852  # 110.852 m at 36 km/h
MIDDLES_S = (np.arange(40) + 0.5) * BLOCK_S  # from S1 in the south to the middle of each block
BLOCK_31 = (-140.0, 30.0305)


def turned(scenario):
    """The same town with its station at the north end: everything is driven the other way."""
    return scenario.apply(fp.MoveStation("S1", at=NORTH))


def one_way(roads, *, block, shut):
    """The same roads with a block, counted from 1 in the south, closed northward or southward."""
    street = np.arange(roads.n_streets) == np.argsort(roads.node_xy_m[roads.first, 1])[block - 1]
    runs_north = roads.node_xy_m[roads.last, 1] > roads.node_xy_m[roads.first, 1]
    there = street & (runs_north if shut == "northward" else ~runs_north)
    back = street & ~there
    return roads.with_times(there_s=np.where(there, np.inf, roads.there_s), back_s=np.where(back, np.inf, roads.back_s))


def block_s(scenario, block):
    """Time to drive a block northward and southward. [s]"""
    roads = scenario.roads
    street = np.argsort(roads.node_xy_m[roads.first, 1])[block - 1]
    north = roads.node_xy_m[roads.last[street], 1] > roads.node_xy_m[roads.first[street], 1]
    both = float(roads.there_s[street]), float(roads.back_s[street])
    return both if north else both[::-1]


@pytest.fixture(scope="module")
def mixed(town):
    """The town with twenty blocks of South Street, residential, and twenty of North Street, primary."""
    y = 30.0 + 0.001 * np.arange(41)
    nodes = pd.DataFrame({"x": -140.0, "y": y}, index=pd.RangeIndex(41))
    south, north = np.arange(40), np.arange(1, 41)
    edges = pd.DataFrame({"u": np.concatenate([south, north]), "v": np.concatenate([north, south]), "key": 0})
    lower = edges[["u", "v"]].min(axis=1) < 20
    edges = edges.assign(
        name=np.where(lower, "South Street", "North Street"),
        highway=np.where(lower, "residential", "primary"),
        speed_kph=36.0,
    )
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    return fp.Scenario(roads, town.stations, town.units, town.zones)


def test_every_change_is_tried_here():
    assert {type(c) for c, _ in EVERY} == set(changes.ALL)
    assert set(changes.ALL) <= {getattr(fp, name) for name in fp.__all__}


# --- what they say, and how they are written


@CASES
def test_says_what_it_does(change, text):
    assert str(change) == text


@CASES
def test_plain_values_give_the_same_change(change, text):
    assert changes.from_dict(change.to_dict()) == change
    assert str(changes.from_dict(change.to_dict())) == text


@CASES
def test_toml_and_json_give_the_same_change(change, text):
    read = tomllib.loads(tomlkit.dumps({"changes": [change.to_dict()]}))
    assert changes.from_dict(read["changes"][0]) == change
    assert str(changes.from_dict(json.loads(json.dumps(change.to_dict())))) == text


def test_plain_values_leave_out_what_is_usual():
    assert fp.AddUnit("E2", to="S1").to_dict() == {"add_unit": "E2", "to": "S1"}


@pytest.mark.parametrize(
    "units", ["E2", np.array(["E2"]), pd.Index(["E2"]), pd.Series(["E2"]), {"E2": 1}.keys()], ids=type
)
def test_one_unit_and_lists_of_any_kind_are_taken(units):
    assert fp.OpenStation("S2", at=np.array(MIDDLE), units=units) == fp.OpenStation("S2", at=MIDDLE, units=("E2",))
    assert fp.SetTurnout(60, units=units) == fp.SetTurnout(60, units=("E2",))


def test_lists_and_numpy_numbers_make_the_same_change():
    loose = fp.OpenStation("S2", at=[np.float64(-140), np.float32(30)], units=["E2"])
    assert loose == fp.OpenStation("S2", at=(-140.0, 30.0), units=("E2",))
    assert hash(loose) == hash(fp.OpenStation("S2", at=(-140.0, 30.0), units=("E2",)))
    assert tomlkit.dumps(loose.to_dict())


# --- what they refuse when they are made


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.OpenStation("S2", at=MIDDLE, units="E2;M2"), "units is 'E2;M2': give a list of texts, such as"),
        (lambda: fp.OpenStation("S2", at=MIDDLE, units=pd.DataFrame()), "units is a DataFrame: give a list of texts"),
        (lambda: fp.OpenStation(8, at=MIDDLE), "station_id is '8': give text in quotes"),
        (lambda: fp.OpenStation("S2", at=(1.0,)), r"at is '\(1.0,\)': give \(longitude, latitude\)"),
        (lambda: fp.OpenStation("S2", at=(-140.0, 30.0, 12.0)), r"at is '\(-140.0, 30.0, 12.0\)': give \(longitude"),
        (lambda: fp.MoveStation("S2", at="here"), "at is 'here'"),
        (lambda: fp.CloseRoad(""), "name the road, or a place near it, its ref, an area, or a line across"),
        (lambda: fp.ScaleSpeeds("fast"), "factor is 'fast': give a number"),
        (lambda: fp.ScaleDemand(1, zones=[1, 2]), "zones is"),
        (lambda: fp.SetTurnout(turnout_s=True), "turnout_s is 'True'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_all_values_of_the_wrong_kind_are_named_at_once():
    with pytest.raises(InputError, match=r"unit_id is .*; to is .*; crew is"):
        fp.AddUnit(1, to=2, crew="four")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"open_staton": "S2"}, "unknown change 'open_staton': did you mean 'open_station'?"),
        ({"at": [1, 2], "open_staton": "S2"}, "unknown change 'open_staton'"),
        ({}, "unknown change"),
        ({"open_station": "S2", "close_station": "S1"}, "one change, this one has open_station, close_station"),
        ({"open_station": "S2", "units_": ["E2"]}, "unknown detail of open_station 'units_': did you mean 'units'?"),
        ({"move_station": "S2"}, "move_station 'S2': at is missing"),
        ({"open_station": "S2", "units": "E2, M2"}, "units is 'E2, M2': give a list"),
        ({"scale_speeds": "fast"}, "factor is 'fast'"),
        ({"close_station": ["S1", "S2"]}, "station_id is"),
    ],
)
def test_reading_names_what_is_wrong(entry, said):
    with pytest.raises(FireplanError) as caught:
        changes.from_dict(entry)
    assert said in str(caught.value)


# --- what they do


def test_opened_station_with_a_unit_covers(town):
    there = town.apply(fp.OpenStation("S2", at=NORTH, units=("E2",)))
    # Zone 40 has its middle 55 m from the north end: 5.5 s at 10 m a second.
    assert fp.first_due(there).loc["Z40", "first_due"] == "S2"
    assert first_due_s(there)[-1] == pytest.approx(5.54, abs=0.01)
    assert there.stations.loc["S2", "name"] == "Station S2"
    assert there.units.loc["E2", ["type", "station_id", "crew"]].tolist() == ["engine", "S2", 4]


def test_opened_station_without_a_unit_covers_nothing_and_a_note_says_so(town):
    there = town.apply(fp.OpenStation("S2", at=NORTH))
    np.testing.assert_array_equal(first_due_s(there), first_due_s(town))
    notes = fp.assess(there, standard=fp.standards.NFPA_1710).notes()
    assert any("open stations without a unit cover nothing: S2" in n for n in notes)
    assert not any("without a unit" in n for n in fp.assess(town, standard=fp.standards.NFPA_1710).notes())


def test_closed_station_opens_again_where_it_was(two):
    shut = two.apply(fp.CloseStation("S2"))
    again = shut.apply(fp.OpenStation("S2", units=("E2",)))
    np.testing.assert_array_equal(first_due_s(again), first_due_s(two))


def test_closed_station_does_not_open_again_elsewhere(two):
    shut = two.apply(fp.CloseStation("S2"))
    with pytest.raises(InputError, match="'S2' exists and is closed: leave out at and name"):
        shut.apply(fp.OpenStation("S2", at=NORTH, units=("E2",)))


def test_closing_takes_the_units_out_of_service(two):
    shut = two.apply(fp.CloseStation("S1"))
    assert list(shut.units.index) == ["E2"]
    assert set(fp.first_due(shut)["first_due"]) == {"S2"}
    assert list(shut.stations.index[shut.stations["open"]]) == ["S2"]


def test_unit_moved_before_the_closing_stays(two):
    shut = two.apply(fp.MoveUnit("E1", to="S2"), fp.CloseStation("S1"))
    assert sorted(shut.units.index) == ["E1", "E2"]


def test_moving_a_station_moves_its_cover(town):
    moved = town.apply(fp.MoveStation("S1", at=NORTH))
    np.testing.assert_allclose(first_due_s(moved), first_due_s(town)[::-1], atol=0.01)


def test_moving_a_unit_leaves_the_old_station_covering_nothing(town):
    moved = town.apply(fp.OpenStation("S2", at=NORTH), fp.MoveUnit("E1", to="S2"))
    assert set(fp.first_due(moved)["first_due"]) == {"S2"}
    stations = fp.assess(moved, standard=fp.standards.NFPA_1710).stations["n"]
    assert stations.xs(("first_engine", "population"), level=("objective", "measure")).to_dict() == {"S1": 0, "S2": 400}


def test_unit_added_has_what_was_asked_for(town):
    unit = town.apply(fp.AddUnit("X9", to="S1", type="Engine", crew=3, turnout_s=95)).units.loc["X9"]
    assert unit[["type", "station_id", "crew", "turnout_s"]].tolist() == ["engine", "S1", 3, 95]


def test_unit_added_is_guessed_from_its_letters(town):
    squad = town.apply(fp.AddUnit("SQ1", to="S1"), fp.AddUnit("BR2", to="S1")).units  # by all the letters
    assert squad["type"].to_dict() == {"E1": "engine", "SQ1": "rescue", "BR2": "brush"}
    units = town.apply(fp.AddUnit("T1", to="S1"), fp.AddUnit("M1", to="S1")).units
    assert units["type"].to_dict() == {"E1": "engine", "T1": "truck", "M1": "ambulance"}
    assert units["crew"].to_dict() == {"E1": 4, "T1": 4, "M1": 2}
    assert set(units["turnout_s"]) == {80}


def test_nobody_aboard_and_no_turnout_are_numbers_too(town):
    unit = town.apply(fp.AddUnit("E9", to="S1", crew=0, turnout_s=0)).units.loc["E9"]
    assert unit[["crew", "turnout_s"]].tolist() == [0, 0]
    assert town.apply(fp.SetTurnout(0)).units["turnout_s"].tolist() == [0]
    assert town.apply(fp.ScaleDemand(0)).zones["population"].tolist() == [0] * 40


def test_a_station_opens_with_all_its_units(town):
    there = town.apply(fp.OpenStation("S2", at=NORTH, units=("E2", "T2", "M2"))).units
    assert there["station_id"].to_dict() == {"E1": "S1", "E2": "S2", "T2": "S2", "M2": "S2"}
    assert there["type"].tolist() == ["engine", "engine", "truck", "ambulance"]


def test_a_station_closes_with_all_its_units_and_no_others(two):
    more = two.apply(fp.AddUnit("T2", to="S2"), fp.AddUnit("T1", to="S1"))
    assert list(more.apply(fp.CloseStation("S2")).units.index) == ["E1", "T1"]


def test_places_at_the_edge_of_the_world_are_places(town):
    for edge in ((-180.0, 90.0), (180.0, -90.0)):
        with pytest.raises(UnreachableStationError, match="from the nearest road"):
            town.apply(fp.OpenStation("S2", at=edge))
    for beyond in ((180.001, 0.0), (-180.001, 0.0), (0.0, 90.001), (0.0, -90.001)):
        with pytest.raises(InputError, match="is not longitude, latitude in degrees"):
            town.apply(fp.OpenStation("S2", at=beyond))


def test_removed_unit_covers_no_more(two):
    gone = two.apply(fp.RemoveUnit("E2"))
    assert set(fp.first_due(gone)["first_due"]) == {"S1"}
    assert list(gone.units.index) == ["E1"]


def test_turnout_of_chosen_units_only(two):
    assert two.apply(fp.SetTurnout(60, units=("E2",))).units["turnout_s"].to_dict() == {"E1": 80, "E2": 60}
    assert two.apply(fp.SetTurnout(60, stations=("S1",))).units["turnout_s"].to_dict() == {"E1": 60, "E2": 80}
    assert two.apply(fp.SetTurnout(60)).units["turnout_s"].to_dict() == {"E1": 60, "E2": 60}
    three = two.apply(fp.AddUnit("T2", to="S2"))
    both = three.apply(fp.SetTurnout(60, units=("T2",), stations=("S1",)))  # the units named, and those of the stations
    assert both.units["turnout_s"].to_dict() == {"E1": 60, "E2": 80, "T2": 60}


def test_closed_road_cuts_off_what_lies_behind(town):
    cut = town.apply(fp.CloseRoad("Line Street", near=(-140.0, 30.0305)))  # the 31st block
    reached = np.isfinite(first_due_s(cut))
    assert reached[:30].all()
    assert not reached[31:].any()


def test_a_closed_road_is_closed_in_both_directions(town):
    shut = fp.CloseRoad("Line Street", near=BLOCK_31)
    assert block_s(town.apply(shut), 31) == (np.inf, np.inf)
    # From the south blocks 1 to 30 are left, from the north 40 to 32; the zone of block 31 itself takes an open street.
    north = np.isfinite(first_due_s(turned(town).apply(shut)))
    assert (north[31:].all(), north[:30].any()) == (True, False)
    south = np.isfinite(first_due_s(town.apply(shut)))
    assert (south[:30].all(), south[31:].any()) == (True, False)
    assert np.isinf(town.apply(fp.CloseRoad("Line Street")).roads.there_s).all()
    assert np.isinf(town.apply(fp.CloseRoad("Line Street")).roads.back_s).all()


@pytest.mark.parametrize("of_town", [lambda t: t, turned], ids=["from the south", "from the north"])
def test_a_closed_road_opens_in_both_directions(town, of_town):
    start = of_town(town)
    shut = start.apply(fp.CloseRoad("", near=BLOCK_31))
    assert np.isinf(first_due_s(shut)).any()
    again = shut.apply(fp.OpenRoad("", near=BLOCK_31, speed_kph=36))
    np.testing.assert_allclose(first_due_s(again), first_due_s(start), rtol=1e-5)
    assert block_s(again, 31) == pytest.approx((BLOCK_S, BLOCK_S), abs=1e-3)


@pytest.mark.parametrize(("shut", "times_s"), [("northward", (22.17, 11.085)), ("southward", (11.085, 22.17))])
def test_of_a_one_way_street_only_the_closed_direction_opens(town, shut, times_s):
    oneway = fp.Scenario(one_way(town.roads, block=31, shut=shut), town.stations, town.units, town.zones)
    assert np.isinf(block_s(oneway, 31)).sum() == 1
    # 110.852 m at 18 km/h; the way that was open stays at 36.
    opened = oneway.apply(fp.OpenRoad("", near=BLOCK_31, speed_kph=18))
    assert block_s(opened, 31) == pytest.approx(times_s, abs=0.01)
    assert block_s(opened, 30) == block_s(town, 30)


def test_a_road_opened_without_a_speed_is_driven_at_40_kph(town):
    again = town.apply(fp.CloseRoad("", near=BLOCK_31), fp.OpenRoad("", near=BLOCK_31))
    assert block_s(again, 31) == pytest.approx((110.852 / 40 * 3.6,) * 2, abs=1e-3)  # 9.98 s


def test_of_a_name_the_street_nearest_to_the_place_is_closed(mixed):
    # The place lies in block 19, on South Street; North Street begins 166 m from it, with block 21.
    shut = mixed.apply(fp.CloseRoad("North Street", near=(-140.0, 30.0185)))
    assert [np.isinf(block_s(shut, b)).all() for b in (19, 20, 21, 22)] == [False, False, True, False]
    assert np.isinf(shut.roads.there_s).sum() == 1
    nearest = mixed.apply(fp.CloseRoad("", near=(-140.0, 30.0185)))
    assert np.isinf(block_s(nearest, 19)).all()
    with pytest.raises(InputError, match="no street 'North Street' within 200 m"):
        mixed.apply(fp.CloseRoad("North Street", near=(-140.0, 30.0181)))  # 211 m


def test_closing_a_name_closes_every_street_of_it_and_no_other(mixed):
    shut = mixed.apply(fp.CloseRoad("North Street"))
    assert [np.isinf(block_s(shut, b)).any() for b in range(1, 41)] == [False] * 20 + [True] * 20


def test_closed_road_opens_at_its_speed(town):
    near = (-140.0, 30.0305)
    again = town.apply(fp.CloseRoad("", near=near), fp.OpenRoad("", near=near, speed_kph=18))
    # The block of 110.85 m takes 22.17 s at 5 m a second and not 11.09 s.
    assert (first_due_s(again) - first_due_s(town))[31:] == pytest.approx(11.085, abs=0.01)
    np.testing.assert_array_equal(first_due_s(again)[:30], first_due_s(town)[:30])


def test_opening_an_open_road_leaves_its_speed(town):
    same = town.apply(fp.OpenRoad("Line Street", speed_kph=5))
    np.testing.assert_array_equal(first_due_s(same), first_due_s(town))


def test_speeds_scale_times_inversely(town):
    np.testing.assert_allclose(first_due_s(town.apply(fp.ScaleSpeeds(0.5))), 2 * first_due_s(town), rtol=1e-6)
    some = town.apply(fp.ScaleSpeeds(0.5, highway=("residential",)))
    np.testing.assert_allclose(first_due_s(some), 2 * first_due_s(town), rtol=1e-6)


def test_speeds_scale_in_both_directions(town):
    for start in (town, turned(town)):
        np.testing.assert_allclose(first_due_s(start.apply(fp.ScaleSpeeds(2))), first_due_s(start) / 2, rtol=1e-5)
    assert block_s(town.apply(fp.ScaleSpeeds(0.5)), 7) == pytest.approx((2 * BLOCK_S,) * 2, abs=1e-3)


def test_only_the_classes_named_are_driven_slower(mixed):
    slower = mixed.apply(fp.ScaleSpeeds(0.5, highway=("primary",)))
    # Twenty blocks of South Street as before; on North Street each block counts twice.
    expected_s = np.where(np.arange(40) < 20, MIDDLES_S, 2 * MIDDLES_S - 20 * BLOCK_S)
    np.testing.assert_allclose(first_due_s(slower), expected_s, atol=0.02)
    both = mixed.apply(fp.ScaleSpeeds(0.5, highway=("primary", "residential")))
    np.testing.assert_allclose(first_due_s(both), 2 * MIDDLES_S, atol=0.02)


def test_only_the_weight_named_grows(town):
    zones = town.zones.assign(dwellings=4.0, jobs=[None, *[2.0] * 39])
    rich = fp.Scenario(town.roads, town.stations, town.units, zones)
    grown = rich.apply(fp.ScaleDemand(3, weight="dwellings", zones=("Z01",))).zones
    assert grown.loc["Z01", ["population", "dwellings"]].tolist() == [10, 12]
    assert grown.loc["Z02", ["population", "dwellings"]].tolist() == [10, 4]
    every = rich.apply(fp.ScaleDemand(3)).zones
    assert every.loc["Z02", ["population", "dwellings", "jobs"]].tolist() == [30, 12, 6]
    assert np.isnan(every.loc["Z01", "jobs"])  # what is not known is not none


def test_demand_scales_where_it_is_asked_to(town):
    grown = town.apply(fp.ScaleDemand(3, weight="population", zones=("Z01", "Z40"))).zones["population"]
    assert grown.sum() == 400 + 2 * 20
    assert grown[["Z01", "Z02", "Z40"]].tolist() == [30, 10, 30]
    assert town.apply(fp.ScaleDemand(0)).zones["population"].sum() == 0


# --- what a new unit is given


@pytest.fixture(scope="module")
def slow(town):
    """A department whose three engines turn out in 95 s in the middle, with three aboard; and one ambulance."""
    ids = ["E1", "E2", "E3", "M1"]
    units = pd.DataFrame({"station_id": "S1", "turnout_s": [90.0, 95.0, 120.0, 60.0], "crew": [3, 3, 4, 2]}, index=ids)
    return fp.Scenario(town.roads, town.stations, units.rename_axis("unit_id"), town.zones)


def test_a_new_unit_takes_the_turnout_and_crew_of_its_department(slow):
    there = slow.apply(fp.OpenStation("S2", at=NORTH, units=("Engine 8", "T2", "Medic 3")))
    assert there.units.loc[["Engine 8", "T2", "Medic 3"], ["type", "turnout_s", "crew"]].to_numpy().tolist() == [
        ["engine", 95, 3], ["truck", 80, 4], ["ambulance", 60, 2]
    ]  # fmt: skip
    assert changes.notes(there) == [
        "unit 'Engine 8' is new: turnout 1:35 and 3 people, the medians of the department's 3 units of type 'engine'",
        (
            "unit 'T2' is new: turnout 1:20 and 4 people, the usual figures, as the department has no unit of type"
            " 'truck': give its own where known"
        ),
        "unit 'Medic 3' is new: turnout 1:00 and 2 people, as the department's 1 unit of type 'ambulance'",
    ]


def test_what_is_given_is_not_taken_from_the_department(slow):
    mine = slow.apply(fp.OpenStation("S2", at=NORTH, units=("E8",), turnout_s=70), fp.AddUnit("E9", to="S2", crew=5))
    assert mine.units.loc[["E8", "E9"], ["turnout_s", "crew"]].to_numpy().tolist() == [[70, 3], [92.5, 5]]
    assert [note.split(":", 1)[1].split(",")[0] for note in changes.notes(mine)] == [" 3 people", " turnout 1:33"]
    whole = slow.apply(fp.AddUnit("E9", to="S1", crew=5, turnout_s=0))
    assert changes.notes(whole) == []


def test_notes_are_those_of_the_moment_of_each_change_and_of_the_parents(slow):
    later = slow.apply(fp.AddUnit("E8", to="S1"), fp.SetTurnout(60)).apply(fp.AddUnit("E9", to="S1"))
    assert later.units.loc[["E8", "E9"], "turnout_s"].tolist() == [60, 60]
    assert [note[:36] for note in changes.notes(later)] == [
        "unit 'E8' is new: turnout 1:35 and 3", "unit 'E9' is new: turnout 1:00 and 3"
    ]  # fmt: skip
    assert changes.notes(slow) == []


@pytest.mark.parametrize(
    "change",
    [
        fp.MoveUnit("E1", to="S1"), fp.MoveStation("S2", at=MIDDLE), fp.SetTurnout(80), fp.ScaleSpeeds(1),
        fp.ScaleDemand(1), fp.OpenRoad("Line Street"), fp.SetTurnout(80, units="E2"),
    ],
    ids=str,
)  # fmt: skip
def test_a_change_that_changes_nothing_says_so(two, change):
    same = f"'{change}' changes nothing: all is so already"
    assert same in changes.notes(two.apply(change))
    real = two.apply(fp.MoveUnit("E1", to="S2"), fp.SetTurnout(81), fp.ScaleDemand(2), fp.CloseRoad("", near=BLOCK_31),
                     fp.MoveStation("S2", at=NORTH), fp.ScaleSpeeds(2))  # fmt: skip
    assert not any("changes nothing" in note for note in changes.notes(real))


# --- what they refuse when they are applied


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ((-139.9, 30.03), "lies 9.6 km from the nearest road (limit 200 m): check its coordinates, and that the roads"),
        ((-140.0, 30.0426), "lies 288 m from the nearest road"),
    ],
)
def test_a_station_in_the_sea_is_refused_at_once(two, at, said):
    shut = two.apply(fp.CloseStation("S2"))
    for start, change in ((two, fp.OpenStation("S8", at=at)), (two, fp.MoveStation("S2", at=at))):
        with pytest.raises(UnreachableStationError) as caught:
            start.apply(change)
        assert said in str(caught.value)
        assert change.station_id in str(caught.value)
    assert shut.apply(fp.OpenStation("S2")).stations.loc["S2", "open"]


def test_how_far_a_station_may_lie_is_the_scenario_s_to_say(town):
    near, far = (-140.0015, 30.02), (-140.004, 30.02)  # 145 m and 386 m
    wide = fp.Scenario(town.roads, town.stations, town.units, town.zones, snap_limit_m=400)
    assert "S2" in town.apply(fp.OpenStation("S2", at=near)).stations.index
    assert "S2" in wide.apply(fp.OpenStation("S2", at=far)).stations.index
    assert "S3" in wide.apply(fp.OpenStation("S2", at=far)).apply(fp.OpenStation("S3", at=far)).stations.index
    strict = fp.Scenario(town.roads, town.stations, town.units, town.zones, snap_limit_m=100)
    with pytest.raises(UnreachableStationError, match=r"lies 145 m .*limit 100 m"):
        strict.apply(fp.OpenStation("S2", at=near))


def test_a_station_with_longitude_and_latitude_swapped_is_told_so():
    nodes = pd.DataFrame({"x": [8.68, 8.69], "y": [50.11, 50.11]}, index=[1, 2])
    edges = pd.DataFrame({"u": [1, 2], "v": [2, 1], "key": 0, "travel_time": 60.0}).set_index(["u", "v", "key"])
    roads = fp.roads.from_frames(nodes, edges, crs=4326)
    home = gpd.GeoDataFrame(
        {"station_id": ["S1"], "name": ["One"]}, geometry=gpd.points_from_xy([8.68], [50.11]), crs=4326
    )
    zones = gpd.GeoDataFrame({"zone_id": ["a"], "population": [1]}, geometry=home.geometry)
    town = fp.Scenario(roads, home, pd.DataFrame(), zones)
    with pytest.raises(UnreachableStationError, match=r"swapped\? At \(8.685, 50.11\) there is a road"):
        town.apply(fp.OpenStation("S2", at=(50.11, 8.685)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (fp.CloseStation("S11"), "unknown station 'S11': did you mean 'S1'? Known: S1, S2."),
        (fp.CloseStation("Nord"), "unknown station 'Nord'. Known: S1, S2."),
        (fp.MoveUnit("E1", to="S22"), "unknown station 'S22': did you mean 'S2'?"),
        (fp.MoveUnit("E11", to="S2"), "unknown unit 'E11': did you mean 'E1'?"),
        (fp.MoveUnit("Engine 2", to="S1"), "unknown unit 'Engine 2': did you mean 'E2'?"),
        (fp.CloseStation("s2"), "unknown station 's2': did you mean 'S2'?"),
        (fp.RemoveUnit("E11"), "unknown unit 'E11'"),
        (fp.SetTurnout(60, units=("E11",)), "unknown unit 'E11'"),
        (fp.SetTurnout(60, stations=("S3",)), "unknown station 'S3'"),
        (fp.CloseRoad("Lime Street"), "unknown road 'Lime Street': did you mean 'Line Street'?"),
        (fp.ScaleSpeeds(1, highway=("residental",)), "did you mean 'residential'?"),
        (fp.ScaleDemand(2, weight="populaton"), "unknown weight 'populaton': did you mean 'population'?"),
        (fp.ScaleDemand(2, zones=("Z41",)), "unknown zone 'Z41'"),
    ],
    ids=str,
)
def test_unknown_ids_come_with_a_suggestion(two, change, said):
    with pytest.raises(UnknownIdError) as caught:
        two.apply(change)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            fp.OpenStation("S1", at=NORTH),
            "station 'S1' exists and is open: move it (move_station), or choose another id",
        ),
        (fp.OpenStation("S3"), "say where, at=(longitude, latitude)"),
        (
            fp.OpenStation("S3", at=(30.02, -140.0)),
            "is not longitude, latitude in degrees; swapped? Write (-140, 30.02)",
        ),
        (fp.OpenStation("S3", at=(float("nan"), 30.0)), "is not longitude, latitude in degrees; give two numbers"),
        (fp.OpenStation("S3", at=(500_000, 3_300_000)), "a projected system in metres or feet?"),
        (fp.OpenStation("S3", at=(0, 0)), "it lies at (0, 0): it was not geocoded; give its place"),
        (fp.OpenStation("s2", at=NORTH), "there is a station 'S2': write it so, or choose another id"),
        (fp.OpenStation("S3", at=NORTH, turnout_s=60), "turnout_s is that of new units, and there are none"),
        (fp.OpenStation("S3", at=NORTH, units=("E3;M3",)), "'E3;M3' holds a comma or semicolon: one id each"),
        (
            fp.OpenStation("S3", at=NORTH, units=("Enigne 8",)),
            "its id does not say what it is: give its type; did you mean 'engine'?",
        ),
        (
            fp.OpenStation("S3", at=NORTH, units=("X8", "E3", "Y9")),
            "2 faults in open_station 'S3' (add_unit takes a type)",
        ),
        (
            fp.OpenStation("S3", at=NORTH, units=("Engine 1",)),
            "unit 'Engine 1' is 'E1' under another name, at 'S1': to move it there use MoveUnit",
        ),
        (fp.OpenStation("S3", at=NORTH, units=("E3", "e-03")), "unit 'e-03' is 'E3' under another name, at 'S3'"),
        (fp.OpenStation(" ", at=NORTH), "id is blank"),
        (fp.MoveStation("S1", at=(30.02, -140.0)), "swapped?"),
        (fp.AddUnit("E1", to="S1"), "unit 'E1' exists, at 'S1': to move it there use MoveUnit"),
        (fp.AddUnit("E3", to="S1", crew=-1), "crew must be a number, zero or more"),
        (fp.AddUnit("E3", to="S1", turnout_s=float("inf")), "turnout_s must be a number, zero or more"),
        (fp.SetTurnout(-1), "turnout_s must be a number of seconds"),
        (fp.CloseRoad("Line Street", near=(-140.1, 30.0)), "no street 'Line Street' within 200 m"),
        (fp.CloseRoad("Line Street", near=(30.0, -140.0)), "swapped?"),
        (fp.CloseRoad("", near=(30.0, -75.0)), "no street '' within 200 m"),
        (fp.OpenRoad("Line Street", speed_kph=0), "speed_kph must be a number above zero"),
        (fp.ScaleSpeeds(0), "factor must be a number above zero"),
        (fp.ScaleSpeeds(float("nan")), "factor must be a number above zero"),
        (fp.ScaleDemand(-1), "factor must be a number, zero or more"),
        (fp.ScaleDemand(float("inf")), "factor must be a number, zero or more"),
    ],
    ids=str,
)
def test_impossible_changes_say_how_to_mend_them(two, change, said):
    with pytest.raises(InputError) as caught:
        two.apply(change)
    assert said in str(caught.value)


def test_last_station_is_not_closed(town):
    with pytest.raises(InputError, match="no open station would be left"):
        town.apply(fp.CloseStation("S1"))


def test_last_unit_is_not_removed(town):
    # Without any unit every open station would count, and a removal would add cover.
    with pytest.raises(InputError, match="no unit would be left"):
        town.apply(fp.OpenStation("S2", at=NORTH), fp.RemoveUnit("E1"))


def test_last_unit_is_replaced_in_one_step(town):
    swapped = town.apply(fp.RemoveUnit("E1"), fp.AddUnit("E2", to="S1"))
    np.testing.assert_array_equal(first_due_s(swapped), first_due_s(town))


def test_first_unit_does_not_silence_the_other_stations(town):
    bare = fp.Scenario(town.roads, town.stations, pd.DataFrame(), town.zones)
    assert np.isfinite(first_due_s(bare)).all()
    with pytest.raises(InputError, match="has a unit, so each counts"):
        bare.apply(fp.OpenStation("S2", at=NORTH, units=("E2",)))


def test_stations_without_any_units_open_and_close(town):
    bare = fp.Scenario(town.roads, town.stations, pd.DataFrame(), town.zones)
    there = bare.apply(fp.OpenStation("S2", at=NORTH))
    assert first_due_s(there)[-1] < 10
    np.testing.assert_array_equal(first_due_s(there.apply(fp.CloseStation("S2"))), first_due_s(bare))
    assert len(there.apply(fp.SetTurnout(60)).units) == 0


def test_closed_station_is_not_closed_or_moved_again(two):
    shut = two.apply(fp.CloseStation("S2"))
    for change in (fp.CloseStation("S2"), fp.MoveStation("S2", at=NORTH), fp.MoveUnit("E1", to="S2")):
        with pytest.raises(InputError, match="station 'S2' is closed"):
            shut.apply(change)


def test_incidents_at_their_own_points_are_not_scaled(town):
    calls = gpd.GeoDataFrame({"incident_id": ["1"]}, geometry=gpd.points_from_xy([-140.0], [30.02]), crs="EPSG:4326")
    with_calls = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(incidents=1.0), incidents=calls)
    with pytest.raises(InputError, match="counted at their own points"):
        with_calls.apply(fp.ScaleDemand(2, weight="incidents"))


# --- what they leave alone


@CASES
def test_the_parent_keeps_its_tables(two, change, text):
    start = two.apply(fp.CloseStation("S2")) if change == fp.OpenStation("S2") else two
    if isinstance(change, fp.OpenStation | fp.AddUnit) and change != fp.OpenStation("S2"):
        start = fp.examples.line_town()
    if getattr(change, "ref", ""):
        roads = replace(start.roads, street_ref=np.full(start.roads.n_streets, "A 8;B 10"))
        start = fp.Scenario(roads, start.stations, start.units, start.zones)
    before = [t.copy() for t in (start.stations, start.units, start.zones)]
    times = start.roads.there_s.copy()
    child = start.apply(change)
    for table, held in zip((start.stations, start.units, start.zones), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(held))
    np.testing.assert_array_equal(start.roads.there_s, times)
    assert child.name == text
    assert child.changes == (change,)
    assert child.parent is start


def test_road_times_cannot_be_written_to(town):
    shut = town.apply(fp.CloseRoad("", near=MIDDLE))
    with pytest.raises(ValueError, match="read-only"):
        shut.roads.there_s[0] = 1.0
