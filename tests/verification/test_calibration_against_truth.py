"""Drive times learnt from Marisol's history, against the figures that it was drawn from."""

import tomllib
from typing import NamedTuple

import numpy as np
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.calibration._calibrate import held_out_table, told
from fireplan.calibration._study import Study, study_of
from fireplan.drive_times import LEVELS
from fireplan.progress import silent
from fireplan.travel._places import station_places

NORMAL_P90 = 1.2815515655446004
LIMIT_S = 240.0
MAIN = ("primary", "secondary", "tertiary", "residential")


class Learnt(NamedTuple):
    project: fp.project.Project
    study: Study
    calibration: fp.Calibration
    runs: object


@pytest.fixture(scope="module")
def truth():
    file = fp.examples.marisol_folder() / "truth.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))["travel"]


@pytest.fixture(scope="module")
def learnt():
    project = sample_city(calibrated=False)
    with silent():
        study = study_of(
            project.history, project.today, emergency_priorities=("1", "2"), first_types=("engine",), longest_s=1800.0,
            draws=20, seed=1,
        )  # fmt: skip
        calibration = told(study, project.history, project.today, draws=20, seed=1)
    return Learnt(project, study, calibration, held_out_table(study))


@pytest.fixture(scope="module")
def hourly(learnt):
    """Factor of every hour of a Wednesday."""
    factor = np.full(24, np.nan)
    for period in learnt.calibration.periods:
        factor[period.minutes[2 * 1440 : 3 * 1440 : 60]] = period.factor
    return factor


def test_every_response_is_accounted_for(learnt):
    assert learnt.calibration.runs == 18_973
    assert sum(n for _, n in learnt.calibration.ledger) == len(learnt.project.history.responses)
    assert dict(learnt.calibration.ledger)["used"] == 18_973
    assert dict(learnt.calibration.ledger)["at a point that a geocoder gives where it knows none"] == 93


def test_everything_that_can_be_told_is_told(learnt):
    assert learnt.calibration.model == "full"
    assert learnt.calibration.basis == "invented"
    assert [step.model for step in learnt.calibration.ladder] == list(fp.drive_times.MODELS)


@pytest.mark.parametrize("highway", MAIN)
def test_speeds_of_main_classes_are_those_written(highway, learnt, truth, hourly):
    kph = learnt.calibration.speeds_kph[highway].value * hourly[12]
    assert kph == pytest.approx(truth["speed_kph"][highway], rel=0.02)


@pytest.mark.parametrize("highway", ["motorway", "trunk", "motorway_link", "unclassified"])
def test_intervals_of_other_classes_hold_the_speeds_written(highway, learnt, truth, hourly):
    speed = learnt.calibration.speeds_kph[highway]
    assert speed.low * hourly[12] <= truth["speed_kph"][highway] <= speed.high * hourly[12]


def test_start_and_delays_are_those_written(learnt, truth):
    c = learnt.calibration
    assert c.start.value == pytest.approx(truth["startup_s"], abs=0.5)
    assert c.delays.left_s == pytest.approx(truth["delay_s"]["left"], abs=0.8)
    assert c.delays.right_s == pytest.approx(truth["delay_s"]["right"], abs=0.8)
    assert c.delays.signal_s == pytest.approx(truth["delay_s"]["straight_at_signal"], abs=0.8)
    assert c.delays.straight_s <= 0.3


def test_hours_are_those_written(hourly, truth):
    np.testing.assert_allclose(hourly / hourly[12], truth["hour_factor"], rtol=0.03)


def test_spread_is_that_written(learnt, truth):
    spread = learnt.calibration.spread
    assert spread.upper / NORMAL_P90 == pytest.approx(truth["noise_sigma"], abs=0.005)
    assert abs(spread.slope) < 0.02


def test_stations_leave_by_the_streets_on_which_they_were_set_down(learnt):
    calibrated = learnt.project.today.calibrated(learnt.calibration)
    highway = calibrated.roads.highway[station_places(calibrated).on_road.street]
    assert np.isin(highway, ["primary", "secondary"]).sum() >= 6
    moved = {name for name, start in learnt.calibration.stations.items() if start.at is not None}
    assert moved <= {"S1", "S5", "S6"}
    assert all(learnt.calibration.stations[name].gain_low > 0 for name in moved)


def test_stations_are_alike_as_written(learnt):
    assert max(abs(start.later_s) for start in learnt.calibration.stations.values()) < 1.5


def test_errors_on_weeks_left_out(learnt):
    error = learnt.calibration.error
    assert error.held_out == "weeks"
    assert error.median_error_s <= 15.5
    assert error.p90_error_s <= 50.0
    assert abs(error.bias_s) < 1.0
    assert error.below_p90 == pytest.approx(0.9, abs=0.01)


def test_the_full_model_is_the_best_on_days_stations_and_the_second_year(learnt):
    *others, full = learnt.calibration.ladder
    for other in others:
        assert full.score < other.score
        assert full.by_station.median_error_s < other.by_station.median_error_s
        assert full.by_period.median_error_s < other.by_period.median_error_s


def test_shares_and_90th_percentiles_by_station_are_those_observed(learnt):
    spread, runs = learnt.calibration.spread, learnt.runs
    median_s, observed_s = runs["median_s"].to_numpy(), runs["observed_s"].to_numpy()
    chance = spread.chance(median_s, LIMIT_S)
    drawn_s = np.stack([spread.quantile_s(median_s, level) for level in LEVELS], axis=1)
    groups = list(runs.groupby("station_id").indices.values())
    shares = [abs(chance[rows].mean() - (observed_s[rows] <= LIMIT_S).mean()) for rows in groups]
    p90s = [abs(np.quantile(drawn_s[rows], 0.9) - np.quantile(observed_s[rows], 0.9)) for rows in groups]
    assert np.mean(shares) <= 0.01
    assert np.mean(p90s) <= 8.0


def test_what_is_driven_by_it_tells_the_medians_that_were_learnt(learnt):
    """The engine on calibrated roads gives the times to which the model was fitted, hour by hour."""
    calibrated = learnt.project.today.calibrated(learnt.calibration)
    runs, ground = learnt.study.ground.runs, learnt.study.ground
    rung = learnt.study.rungs["full"]
    fitted_s = rung.learnt.median_s(learnt.study.material.designs["full"], runs.station)
    for period in learnt.calibration.periods[:2]:
        there = calibrated.during(period.name, incidents=False)
        rows = np.flatnonzero(np.isin(runs.hour, np.flatnonzero(period.minutes[::60][:24])))
        times = fp.travel.travel_times(there, to="incidents")
        ids = times["incident_id"].to_index().get_indexer(runs.incident[rows])
        stations = times["station_id"].to_index().get_indexer(runs.stations[runs.station[rows]])
        told_s = times.transpose("station_id", "incident_id").to_numpy()[stations, ids]
        # Ways are chosen by the hour there, and by the week here.
        assert np.median(np.abs(told_s / fitted_s[rows] - 1)) < 0.003
        assert np.quantile(np.abs(told_s / fitted_s[rows] - 1), 0.95) < 0.03
    assert ground.bands
