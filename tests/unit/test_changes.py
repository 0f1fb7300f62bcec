"""What each change does to a scenario, what it says, and how it is written."""

import json
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import tomli_w

import fireplan as fp
from fireplan import changes
from fireplan.errors import FireplanError, InputError, UnknownIdError

NORTH = (-140.0, 30.04)  # the far end of Line Street
MIDDLE = (-140.0, 30.02)

EVERY = [
    (fp.OpenStation("S2", at=MIDDLE, name="New", units=("E2", "T2")), "Open New with E2, T2"),
    (fp.OpenStation("S2"), "Open S2"),
    (fp.CloseStation("S1"), "Close S1"),
    (fp.MoveStation("S1", at=MIDDLE), "Move S1 to 30.02000, -140.00000"),
    (fp.AddUnit("E2", to="S1"), "Add E2 at S1"),
    (fp.AddUnit("X1", to="S1", type="engine", crew=3, turnout_s=95), "Add X1 at S1"),
    (fp.RemoveUnit("E1"), "Remove E1"),
    (fp.MoveUnit("E1", to="S2"), "Move E1 to S2"),
    (fp.SetTurnout(60), "Turnout 1:00 for all units"),
    (fp.SetTurnout(60.5, units=("E1",), stations=("S1",)), "Turnout 1:01 for E1, S1"),
    (fp.CloseRoad("Line Street"), "Close Line Street"),
    (fp.CloseRoad("", near=MIDDLE), "Close the road near 30.02000, -140.00000"),
    (fp.OpenRoad("Line Street", near=MIDDLE, speed_kph=50), "Open Line Street at 50 km/h"),
    (fp.ScaleSpeeds(0.8), "Speeds x 0.8"),
    (fp.ScaleSpeeds(0.8, highway=("residential",)), "Speeds x 0.8 on residential"),
    (fp.ScaleDemand(1.5), "Demand x 1.5"),
    (fp.ScaleDemand(1.5, weight="population", zones=("Z01", "Z02")), "Population x 1.5 in 2 zones"),
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
    read = tomllib.loads(tomli_w.dumps({"changes": [change.to_dict()]}))
    assert changes.from_dict(read["changes"][0]) == change
    assert str(changes.from_dict(json.loads(json.dumps(change.to_dict())))) == text


def test_plain_values_leave_out_what_is_usual():
    assert fp.AddUnit("E2", to="S1").to_dict() == {"add_unit": "E2", "to": "S1"}


def test_lists_and_numpy_numbers_make_the_same_change():
    loose = fp.OpenStation("S2", at=[np.float64(-140), np.float32(30)], units=["E2"])
    assert loose == fp.OpenStation("S2", at=(-140.0, 30.0), units=("E2",))
    assert hash(loose) == hash(fp.OpenStation("S2", at=(-140.0, 30.0), units=("E2",)))
    assert tomli_w.dumps(loose.to_dict())


# --- what they refuse when they are made


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.OpenStation("S2", at=MIDDLE, units="E2"), "units is 'E2': give a list of texts, such as"),
        (lambda: fp.OpenStation(8, at=MIDDLE), "station_id is '8': give text in quotes"),
        (lambda: fp.OpenStation("S2", at=(1.0,)), r"at is '\(1.0,\)': give \(longitude, latitude\)"),
        (lambda: fp.MoveStation("S2", at="here"), "at is 'here'"),
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
        ({"open_station": "S2", "units": "E2"}, "units is 'E2': give a list"),
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
    units = town.apply(fp.AddUnit("T1", to="S1"), fp.AddUnit("M1", to="S1")).units
    assert units["type"].to_dict() == {"E1": "engine", "T1": "truck", "M1": "ambulance"}
    assert units["crew"].to_dict() == {"E1": 4, "T1": 4, "M1": 2}
    assert set(units["turnout_s"]) == {80}


def test_removed_unit_covers_no_more(two):
    gone = two.apply(fp.RemoveUnit("E2"))
    assert set(fp.first_due(gone)["first_due"]) == {"S1"}
    assert list(gone.units.index) == ["E1"]


def test_turnout_of_chosen_units_only(two):
    assert two.apply(fp.SetTurnout(60, units=("E2",))).units["turnout_s"].to_dict() == {"E1": 80, "E2": 60}
    assert two.apply(fp.SetTurnout(60, stations=("S1",))).units["turnout_s"].to_dict() == {"E1": 60, "E2": 80}
    assert two.apply(fp.SetTurnout(60)).units["turnout_s"].to_dict() == {"E1": 60, "E2": 60}


def test_closed_road_cuts_off_what_lies_behind(town):
    cut = town.apply(fp.CloseRoad("Line Street", near=(-140.0, 30.0305)))  # the 31st block
    reached = np.isfinite(first_due_s(cut))
    assert reached[:30].all()
    assert not reached[31:].any()


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


def test_demand_scales_where_it_is_asked_to(town):
    grown = town.apply(fp.ScaleDemand(3, weight="population", zones=("Z01", "Z40"))).zones["population"]
    assert grown.sum() == 400 + 2 * 20
    assert grown[["Z01", "Z02", "Z40"]].tolist() == [30, 10, 30]
    assert town.apply(fp.ScaleDemand(0)).zones["population"].sum() == 0


# --- what they refuse when they are applied


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (fp.CloseStation("S11"), "unknown station 'S11': did you mean 'S1'? Known: S1, S2."),
        (fp.CloseStation("Nord"), "unknown station 'Nord'. Known: S1, S2."),
        (fp.MoveUnit("E1", to="S22"), "unknown station 'S22': did you mean 'S2'?"),
        (fp.MoveUnit("E11", to="S2"), "unknown unit 'E11': did you mean 'E1'?"),
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
        (fp.OpenStation("S1", at=NORTH), "station 'S1' exists and is open: choose another id"),
        (fp.OpenStation("S3"), "say where, at=(longitude, latitude)"),
        (fp.OpenStation("S3", at=(30.02, -140.0)), "at 30.02, -140 is not longitude, latitude in degrees; swapped?"),
        (fp.OpenStation("S3", at=(float("nan"), 30.0)), "is not longitude, latitude"),
        (fp.OpenStation(" ", at=NORTH), "id is blank"),
        (fp.MoveStation("S1", at=(30.02, -140.0)), "swapped?"),
        (fp.AddUnit("E1", to="S1"), "unit 'E1' exists: use MoveUnit"),
        (fp.AddUnit("E3", to="S1", crew=-1), "crew must be a number, zero or more"),
        (fp.AddUnit("E3", to="S1", turnout_s=float("inf")), "turnout_s must be a number, zero or more"),
        (fp.SetTurnout(-1), "turnout_s must be a number of seconds"),
        (fp.CloseRoad(""), "name the road, or a place near it"),
        (fp.CloseRoad("Line Street", near=(-140.1, 30.0)), "no street 'Line Street' within 200 m"),
        (fp.CloseRoad("Line Street", near=(30.0, -140.0)), "swapped?"),
        (fp.CloseRoad("", near=(30.0, -75.0)), "no street '' within 200 m"),
        (fp.OpenRoad("Line Street", speed_kph=0), "speed_kph must be a number above zero"),
        (fp.ScaleSpeeds(0), "factor must be a number above zero"),
        (fp.ScaleSpeeds(float("nan")), "factor must be a number above zero"),
        (fp.ScaleDemand(-1), "factor must be a number, zero or more"),
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
