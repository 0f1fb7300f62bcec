"""Turnout learnt from the history of Marisol against what it was drawn from."""

import tomllib

import numpy as np
import pytest

from fireplan import examples
from fireplan.calibration import turnout_times
from fireplan.response_performance import Policy, attend

CLASS_OF = {"ems": "ems", "alarm": "fire", "fire": "fire", "hazmat": "other", "service": "other"}


@pytest.fixture(scope="module")
def truth():
    return tomllib.loads((examples.marisol_folder() / "truth.toml").read_text(encoding="utf-8"))["times"]


@pytest.fixture(scope="module")
def project():
    return examples.marisol_project(calibrated=False)


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
