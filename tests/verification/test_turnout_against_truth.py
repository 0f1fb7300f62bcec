"""Turnout, total response and reasons on the history of Marisol against what it was drawn from."""

import tomllib

import numpy as np
import pytest
from sample_city import sample_city

from fireplan import examples
from fireplan.calibration import total_response, turnout_times
from fireplan.response_performance import Policy, attend, why_missed
from fireplan.standards import Objective

CLASS_OF = {"ems": "ems", "alarm": "fire", "fire": "fire", "hazmat": "other", "service": "other"}


@pytest.fixture(scope="module")
def truth():
    return tomllib.loads((examples.marisol_folder() / "truth.toml").read_text(encoding="utf-8"))["times"]


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def attendance(project):
    return attend(project.history, scenario=project.today, policy=Policy(emergency_priorities=("1", "2")))


@pytest.fixture(scope="module")
def found(attendance):
    return turnout_times(attendance)


def usual_factor(found, truth):
    """Factor of what the calibration takes for a usual station: the mean over turnouts."""
    n = np.array([found.stations[s].n for s in truth["turnout_factor"]])
    return np.exp(np.average(np.log(list(truth["turnout_factor"].values())), weights=n))


def test_factors_of_stations_are_those_that_were_drawn(found, truth):
    usual = usual_factor(found, truth)
    for name, factor in truth["turnout_factor"].items():
        told = found.stations[name]
        assert told.factor * usual == pytest.approx(factor, rel=0.03), name
    held = [
        found.stations[s].low <= factor / usual <= found.stations[s].high
        for s, factor in truth["turnout_factor"].items()
    ]
    assert np.mean(held) >= 0.7


def test_day_and_night_are_the_hours_that_were_drawn(found, truth):
    day = tuple(truth["day_hours"])
    assert {law.hours for law in found.laws} == {day, day[::-1]}


def test_medians_and_spread_are_those_that_were_drawn(found, truth):
    usual = usual_factor(found, truth)
    for name, law in truth["turnout_s"].items():
        kinds = [c for c, of in CLASS_OF.items() if of == name]
        for part, hours in (("day", range(7, 22)), ("night", [22, 23, *range(7)])):
            told_s = found.distribution_s(categories=kinds, hours=hours)
            # Written down to the second below: half a second short on average.
            assert np.median(told_s) + 0.5 == pytest.approx(law[part] * usual, abs=2), (name, part)
            assert np.log(told_s).std() == pytest.approx(law["sigma"], abs=0.02), (name, part)
        # Each kind of call by itself; seldom ones are drawn to what is like them.
        for one in (law for law in found.laws if law.category in kinds and law.n >= 300):
            assert one.sigma == pytest.approx(law["sigma"], abs=0.02), one


def test_the_p90_of_a_station_by_day_is_as_observed(found, attendance):
    rows = attendance.responses[attendance.responses["unit_type"] == "engine"]
    hour = attendance.incidents["local"].dt.hour.reindex(rows["incident_id"]).to_numpy()
    ems = attendance.incidents["category"].reindex(rows["incident_id"]).eq("ems").to_numpy()
    for station in found.stations:
        its = rows[(rows["station_id"] == station).to_numpy() & (hour >= 7) & (hour < 22) & ems]
        told_s = np.interp(
            0.9, np.linspace(0.005, 0.995, 100), found.distribution_s(["engine"], ["ems"], hours=[12], station=station)
        )
        assert told_s == pytest.approx(its["turnout_s"].quantile(0.9), abs=3), station


@pytest.fixture(scope="module")
def calibrated():
    """Marisol by the calibration that comes with it."""
    return sample_city().today


def test_total_response_is_the_sum_of_its_parts(calibrated, project):
    policy = Policy(emergency_priorities=("1", "2"), first_types=("engine",))
    told = total_response(attend(project.history, scenario=project.today, policy=policy), calibrated)
    assert (told["n"] > 18_000).all()
    for measure, within_s in (("handling_s", 1), ("turnout_s", 1), ("travel_s", 7), ("total_response_s", 6)):
        row = told.loc[measure]
        for name in ("p50", "p90"):
            assert row[f"predicted_{name}_s"] == pytest.approx(row[f"observed_{name}_s"], abs=within_s), (measure, name)


def test_on_true_drives_distance_decides_most_and_slow_drives_are_few(calibrated, attendance):
    goal = Objective("first", "First engine", 240.0)
    missed = why_missed(attendance, scenario=calibrated, objective=goal)
    share = missed.totals()["share"]
    assert share["distance"] == pytest.approx(0.52, abs=0.04)
    assert share["first_due_busy"] == pytest.approx(0.26, abs=0.03)
    assert share["slow_travel"] == pytest.approx(0.18, abs=0.03)
    assert abs(missed.drive_ratio - 1) < 0.05
    assert missed.totals()["incidents"].sum() == pytest.approx(len(missed.incidents), abs=0.01)
