"""Histories whose places cannot be those of their stations are refused or noted; healthy ones are neither."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.calibration import held_out_runs
from fireplan.calibration._fitting import ground_of
from fireplan.calibration._misplaced import place_notes
from fireplan.calibration._runs import runs_of
from fireplan.errors import InputError
from fireplan.progress import silent
from fireplan.response_performance import Policy
from tests.support import driven_towns


def drawn(seed, *, n=600, stations=4):
    rng = np.random.default_rng(seed)
    truth, roads = driven_towns.written(rng), driven_towns.grid(rng)
    town = driven_towns.department(rng, roads, n=stations)
    return town, driven_towns.history(rng, town, truth, n)


def shifted(history, crs, east_m, north_m):
    calls = history.incidents
    moved = calls.geometry.to_crs(crs).translate(east_m, north_m).to_crs(calls.crs)
    return driven_towns.Told(calls.set_geometry(moved), history.responses, history.timezone)


def notes_of(history, scenario, priorities=None, longest_s=None):
    policy = Policy(first_types=("engine",), emergency_priorities=priorities, aid_given=True)
    with silent():
        runs = runs_of(history, scenario, policy=policy, longest_s=longest_s, seed=1)
        return place_notes(ground_of(scenario, runs), scenario, 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_healthy_town_of_any_size_is_neither_refused_nor_noted(seed):
    town, history = drawn(seed, n=(120, 300, 900)[seed % 3], stations=1 + seed % 4)
    assert notes_of(history, town) == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("east_m", "north_m", "said"), [(500, 0, "m west of"), (0, 500, "m south of")])
def test_places_that_are_all_shifted_are_refused_with_the_way_they_went(seed, east_m, north_m, said):
    town, history = drawn(seed)
    wrong = shifted(history, town.roads.crs, east_m, north_m)
    for call in (fp.calibrate, held_out_runs):
        with silent(), pytest.raises(InputError, match="in another reference system") as told:
            call(wrong, town)
        assert said in str(told.value)


def test_of_one_station_alone_a_shift_is_noted():
    town, history = drawn(100, n=120, stations=1)
    (note,) = notes_of(shifted(history, town.roads.crs, 300, 0), town)
    assert "250 m west of where the records put them" in note
    assert "check the reference systems" in note


def test_places_that_say_nothing_of_the_drives_are_noted_in_the_calibration():
    town, history = drawn(2)
    calls = history.incidents
    other = np.random.default_rng(1).permutation(calls.geometry.to_numpy())
    strange = history._replace(incidents=calls.set_geometry(gpd.GeoSeries(other, index=calls.index, crs=calls.crs)))
    with silent():
        found = fp.calibrate(strange, town, draws=0)
    assert sum("say next to nothing of which observed ones were longer" in note for note in found.notes) == 1


@pytest.mark.parametrize(("share", "refused"), [(0.0, None), (0.05, False), (0.25, True)])
def test_drives_faster_than_the_vehicle_in_a_straight_line_are_counted(share, refused):
    town, history = drawn(5)
    rows = history.responses
    fast = np.arange(len(rows)) < share / 0.8 * len(rows)  # some places are next to their station
    arrived = rows["arrived"].where(~fast, rows["enroute"] + pd.Timedelta(seconds=11))
    strange = history._replace(responses=rows.assign(arrived=arrived))
    if refused:
        with pytest.raises(InputError, match=r"went faster than 109 km/h in a straight line from station to place"):
            notes_of(strange, town)
        return
    told = [note for note in notes_of(strange, town) if "109 km/h" in note]
    assert len(told) == (refused is False)


def test_of_few_runs_nothing_is_said():
    town, history = drawn(7, n=80)
    assert notes_of(shifted(history, town.roads.crs, 400, 0), town) == ()


def test_a_vehicle_that_goes_faster_is_held_to_its_own_speed():
    town, history = drawn(5)
    ground = ground_of(town, runs_of(history, town, policy=Policy(aid_given=True), longest_s=None, seed=1))
    with pytest.raises(InputError, match="went faster than 20 km/h"):
        place_notes(replace(ground, top_kph=20.0), town, 1)


@pytest.fixture(scope="module")
def marisol():
    return sample_city(calibrated=False)


def test_the_sample_city_is_neither_refused_nor_noted(marisol):
    assert notes_of(marisol.history, marisol.today, ("1", "2"), 1800.0) == ()


@pytest.mark.parametrize(("east_m", "north_m"), [(300, 0), (0, -300), (-500, 0), (0, 1000), (2000, 0)])
def test_the_sample_city_is_refused_where_all_its_incidents_are_shifted(marisol, east_m, north_m):
    wrong = shifted(marisol.history, marisol.today.roads.crs, east_m, north_m)
    with pytest.raises(InputError, match=r"all incidents lay .* of where the records put them"):
        notes_of(wrong, marisol.today, ("1", "2"), 1800.0)


@pytest.mark.realdata
def test_san_francisco_is_neither_refused_nor_noted_until_it_is_shifted(san_francisco):
    history, today = san_francisco.history, san_francisco.today
    assert notes_of(history, today, ("3", "E"), 900.0) == ()
    for east_m, north_m in [(500, 0), (0, -500), (1000, 0), (0, 2000)]:
        with pytest.raises(InputError, match="in another reference system"):
            notes_of(shifted(history, today.roads.crs, east_m, north_m), today, ("3", "E"), 900.0)
