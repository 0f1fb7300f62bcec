"""Limits that hold turnout: distributions added up, against simulation; hours, categories and what-ifs."""

import dataclasses

import numpy as np
import pytest

import fireplan as fp
from fireplan.drive_times import (
    Calibration,
    Draw,
    HeldOutError,
    TravelSpread,
    TurnoutLaw,
    TurnoutTimes,
)
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.drive_times._chances import Crews, chances_of
from fireplan.measures._expected import chances_for
from fireplan.roads import REST, DriveCurve, SpeedPeriod
from fireplan.standards import Objective, Standard
from fireplan.travel._turnout import hours_driven

ERROR = HeldOutError(1919, "days", 0.0, 31.0, 101.0, 0.5, 0.9)
TURNOUT = TurnoutTimes(
    1000,
    (
        TurnoutLaw("engine", "ems", (7, 22), 600, 50.0, 49.0, 51.0, 0.3),
        TurnoutLaw("engine", "ems", (22, 7), 200, 80.0, 78.0, 82.0, 0.3),
        TurnoutLaw("engine", "fire", (7, 22), 150, 65.0, 63.0, 67.0, 0.25),
        TurnoutLaw("engine", "fire", (22, 7), 50, 95.0, 92.0, 98.0, 0.25),
    ),
)
NIGHT = SpeedPeriod("night", hours=(22, 7), factor=1.1, basis="calibrated")
LIMIT_S = 240.0


@pytest.fixture(scope="module")
def plain():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def calibration(plain):
    return Calibration(
        "full",
        ERROR,
        network_fingerprint(plain.roads),
        "x",
        curve=DriveCurve(start_s=9.0),
        spread=TravelSpread(0.3, slope=-0.05),
        draws=(Draw(9.0, 0.0, 1.0, 1.0, 0.3, -0.05),) * 3,
        periods=(NIGHT,),
        week_sd=0.05,
        turnouts=TURNOUT,
    )


@pytest.fixture(scope="module")
def town(plain, calibration):
    return plain.calibrated(calibration)


def goal(**more):
    given = {"interval": "turnout_and_travel_s", "verified": True, **more}
    return Objective("first", "First engine", LIMIT_S, **given)


def share(scenario, objective=None):
    one = Standard("x", "x", (objective or goal(),))
    return fp.assess(scenario, standard=one).summary().loc["first", "share"].iloc[0]


@pytest.mark.parametrize("crews", [Crews(), Crews(("engine",), ("fire",)), Crews(("engine",), (), (23, 0, 1)), None])
@pytest.mark.parametrize("whole_week", [True, False])
def test_chances_are_those_of_turnouts_and_drives_drawn_together(calibration, crews, whole_week):
    law = chances_of(calibration, calibration.curve, limit_s=LIMIT_S, crews=crews, whole_week=whole_week)
    rng = np.random.default_rng(7)
    n = 40_000
    turnout_s, told_s = np.zeros(n), 0.0
    if crews is not None:
        laws = [one for one in TURNOUT.laws if not crews.categories or one.category in crews.categories]
        laws = [one for one in laws if crews.hours is None or one.hours == (22, 7)]
        which = rng.choice(len(laws), n, p=np.array([one.n for one in laws]) / sum(one.n for one in laws))
        median_s, sigma = np.array([(one.median_s, one.sigma) for one in laws]).T
        turnout_s = median_s[which] * np.exp(sigma[which] * rng.normal(size=n))
        told_s = TURNOUT.median_s(crews.kinds, hours=crews.hours)
    spread = calibration.over_the_week() if whole_week else calibration.spread
    for drive_s in (60, 120, 170, 220, 300):
        upper = spread.upper_at(np.array([drive_s]))[0]
        drives_s = drive_s * np.exp(upper / 1.28155 * rng.normal(size=n))
        drawn = np.mean(turnout_s + drives_s <= LIMIT_S)
        assert law.at(np.array([drive_s + told_s]))[0] == pytest.approx(drawn, abs=0.012), drive_s
    assert np.abs(law.draws - law.by_second).max() < 0.012


def test_a_place_that_is_never_reached_has_no_chance(calibration):
    law = chances_of(calibration, calibration.curve, limit_s=LIMIT_S, crews=Crews(), whole_week=True)
    assert law.at(np.array([np.inf, 30.0])).tolist() == [0.0, law.by_second[30]]


def test_without_observed_turnouts_the_planned_one_is_kept(calibration):
    bare = dataclasses.replace(calibration, turnouts=None)
    law = chances_of(bare, bare.curve, limit_s=LIMIT_S, crews=Crews(), whole_week=False)
    drive_s = np.array([100.0, 150.0, 200.0])
    assert law.at(drive_s + 80) == pytest.approx(bare.spread.chance(drive_s + 0.5, LIMIT_S - 80))


def test_a_period_has_the_turnout_of_its_hours(town):
    assert hours_driven(town) is None
    night, day = town.during("night"), town.during(REST)
    assert hours_driven(night) == (0, 1, 2, 3, 4, 5, 6, 22, 23)
    assert hours_driven(day) == tuple(range(7, 22))
    for scenario, hours in ((night, hours_driven(night)), (day, hours_driven(day))):
        travel = fp.first_due(scenario, to="zones")["first_due_s"]
        both = fp.first_due(scenario, to="zones", interval="turnout_and_travel_s")["first_due_s"]
        assert (both - travel).to_numpy() == pytest.approx(TURNOUT.median_s(["engine"], hours=hours), abs=0.01)
    assert share(night) < share(day)


def test_the_week_is_between_its_periods(town):
    assert share(town.during("night")) < share(town) < share(town.during(REST))


def test_calls_of_a_category_have_their_own_turnout(town):
    assert share(town, goal(categories=("fire",))) < share(town, goal()) < share(town, goal(categories=("ems",)))
    assert chances_for(town, goal(categories=("fire",))).told_turnout_s == TURNOUT.median_s(["engine"])


def test_turnout_that_is_set_acts_as_a_change_of_what_was_observed(town):
    observed_s = town.units["turnout_s"].to_numpy()
    assert observed_s == pytest.approx(TURNOUT.median_s(["engine"]))
    same = town.apply(fp.SetTurnout(float(observed_s[0])))
    slower = town.apply(fp.SetTurnout(float(observed_s[0]) + 20))
    told = {
        s.name: fp.first_due(s, to="zones", interval="turnout_and_travel_s")["first_due_s"].to_numpy()
        for s in (town, same, slower)
    }
    assert told[same.name] == pytest.approx(told[town.name], abs=0.01)
    assert told[slower.name] - told[town.name] == pytest.approx(20, abs=0.01)
    assert share(slower) < share(same) == pytest.approx(share(town), abs=1e-4)
    at_night = slower.during("night"), town.during("night")
    later_s = [fp.first_due(s, to="zones", interval="turnout_and_travel_s")["first_due_s"] for s in at_night]
    assert (later_s[0] - later_s[1]).to_numpy() == pytest.approx(20, abs=0.01)
