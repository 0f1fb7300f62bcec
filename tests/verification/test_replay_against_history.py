"""Replays of the sample city and of San Francisco against what really happened there."""

import time

import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.progress import silent
from fireplan.response_performance import Policy, attend
from fireplan.simulation import compare_replays, displaced_workload

SIREN = Policy(emergency_priorities=("1", "2"))
ENGINE = fp.Objective("first", "First engine", 240.0)
OBJECTIVES = (
    ENGINE,
    fp.Objective("short", "First engine", 180.0),
    fp.Objective("long", "First engine", 300.0),
    fp.Objective("both", "First engine", 320.0, interval="turnout_and_travel_s"),
    fp.Objective("total", "First engine", 400.0, interval="total_response_s"),
)


@pytest.fixture(scope="module")
def project():
    return sample_city()


@pytest.fixture(scope="module")
def seen(project):
    return attend(project.history, scenario=project.today, policy=SIREN)


@pytest.fixture(scope="module")
def today(project, seen):
    return fp.replay(project.today, seen, objective=ENGINE)


def test_the_right_engine_goes(today):
    right = today.rules.xs("engine", level="unit_type")["share"]
    assert right["at station"] >= 0.975  # without the drive home
    assert right["held"] >= 0.99
    assert today.returning == "held"
    assert today.baseline.loc[("all", "all"), "right_share"] == right["held"]
    assert (today.baseline.xs("station_id", level="group")["right_share"].dropna() > 0.98).all()


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.key)
@pytest.mark.parametrize("sent", ["observed", "rules"])
def test_shares_of_missed_objectives_are_right(project, seen, objective, sent):
    error = fp.replay(project.today, seen, objective=objective, sent=sent).summary().loc["share_error"]
    assert error["n"] > 18_000
    assert abs(error["value"]) < 0.015


def test_times_by_station_are_right(today):
    by = today.baseline.xs("station_id", level="group")
    by = by[by["n"] > 0]
    assert (by["travel_error_p50_s"].abs() < 6).all()
    assert ((by["travel_modelled_p90_s"] - by["travel_observed_p90_s"]).abs() < 20).all()
    assert ((by["share_modelled"] - by["share_observed"]).abs() < 0.03).all()


def test_units_are_as_busy_as_they_were(project, today):
    was, now = (fp.workload(h, scenario=project.today, by="unit_id")["uhu"] for h in (project.history, today))
    assert ((was - now).abs() < 0.005).all()


def test_performance_of_a_replay_is_that_of_its_history(project, today):
    was, now = (fp.performance(h, scenario=project.today, policy=SIREN) for h in (project.history, today))
    assert abs(now.loc["total_response", "p90_s"] - was.loc["total_response", "p90_s"]) < 5
    assert abs(now.loc["travel", "p50_s"] - was.loc["travel", "p50_s"]) < 3


def test_two_years_take_seconds(project):
    began = time.process_time()
    fp.replay(project.today, project.history, policy=SIREN, objective=ENGINE)
    assert time.process_time() - began < 3.0


def test_closing_a_station_moves_its_work_and_loses_what_it_must(project, seen, today):
    closed = fp.replay(project.today.apply(fp.CloseStation("S3")), seen, objective=ENGINE)
    found = compare_replays(today, closed).loc[0]
    assert found["high"] < -0.05
    assert found["low"] < found["change"] < found["high"]
    moved = displaced_workload(today, closed)
    assert moved.attrs["units"] == ["E3", "M3"]
    gone = today.dispatches["unit_id"].isin(["E3", "M3"])
    assert moved.loc["direct", "responses"].sum() == gone.sum()


def test_the_neighbour_withdraws_an_ambulance(project, seen):
    total = fp.Objective("als", "First ambulance", 600.0, needs={"ambulance": 1}, interval="total_response_s")
    without = project.today.apply(fp.RemoveUnit("M2"), name="the neighbour withdraws M2")
    before, after = (fp.replay(town, seen, objective=total) for town in (project.today, without))
    moved = displaced_workload(before, after)
    direct = moved.loc["direct"]
    assert direct["responses"].sum() == (before.dispatches["unit_id"] == "M2").sum() > 4000
    assert ("S6", "nobody") in direct.index
    assert direct["late_after"].sum() > direct["late_before"].sum()
    assert compare_replays(before, after).loc[0, "high"] < 0


def test_a_second_engine_at_the_busiest_station_is_a_gain_and_one_where_nothing_happens_none(project, seen, today):
    busiest = fp.workload(project.history, scenario=project.today, by="unit_id")["n"].filter(like="E").idxmax()
    home = project.today.units.loc[busiest, "station_id"]
    gain = compare_replays(today, fp.replay(project.today.apply(fp.AddUnit("E9", to=home)), seen, objective=ENGINE))
    assert gain.loc[0, "low"] > 0
    truck = compare_replays(today, fp.replay(project.today.apply(fp.AddUnit("T9", to="S2")), seen, objective=ENGINE))
    assert truck.loc[0, "low"] <= 0 <= truck.loc[0, "high"]


def test_the_more_engines_are_out_the_more_is_missed(project):
    one = fp.Standard("one", "One", (ENGINE,))
    engines = attend(project.history, scenario=project.today,
                     policy=Policy(first_types=("engine",), emergency_priorities=("1", "2")))  # fmt: skip
    share = fp.performance(engines, standard=one, by="units_committed").xs("first", level="measure")["share"]
    assert share[["0", "1", "2", "3+"]].is_monotonic_decreasing
    assert share["0"] - share["3+"] > 0.2


@pytest.mark.realdata
def test_shares_are_right_in_san_francisco(san_francisco):
    city = san_francisco
    policy = Policy(first_types=("engine",), emergency_priorities=("3", "E"))
    with silent():
        learnt = fp.calibrate(city.history, city.today, emergency_priorities=("3", "E"), longest_s=900, draws=5)
    town = city.today.calibrated(learnt)
    seen = attend(city.history, scenario=town, policy=policy)
    for objective in OBJECTIVES:
        for sent in ("rules", "observed"):
            found = fp.replay(town, seen, sent=sent, objective=objective)
            error = found.summary().loc["share_error"]
            assert error["n"] > 2000
            assert abs(error["value"]) < 0.015, (sent, objective.key)
    assert found.returning == "at station"  # San Francisco sends units that are on their way home
    assert found.baseline.loc[("all", "all"), "right_share"] > 0.8
