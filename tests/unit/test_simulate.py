"""Simulated days that can be worked out by hand: who comes, who waits, what is handed on, and what is refused."""

import os

import numpy as np
import pandas as pd
import pytest
import shapely
from histories import history, went
from regular_calls import HOUR_S, MONDAY, crowded, regular, two_stations

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.simulation import nearest, simulate

TOWN = fp.examples.line_town()


def figures(found):
    """Mean of each figure."""
    return found.summary()["mean"]


def test_a_call_at_a_time_is_served_from_the_nearest_station_in_its_static_time():
    found = simulate(two_stations(), regular(6 * HOUR_S, north=(0.005, 0.03)), days=14, replications=2)
    due = fp.first_due(
        fp.Scenario(two_stations().roads, two_stations().stations, two_stations().units, incidents=found.incidents),
        to="incidents",
    )
    came = found.responses.set_index("incident_id")
    assert set(came["station_id"]) == {"S1", "S2"}
    assert (came["station_id"] == due["first_due"].reindex(came.index)).all()
    np.testing.assert_allclose(came["travel_s"], due["first_due_s"].reindex(came.index), atol=1e-3)


def test_turnout_travel_and_stay_follow_one_another():
    found = simulate(TOWN, regular(6 * HOUR_S, stay_s=900.0), days=7, replications=1)
    came = found.responses
    assert (came["call_processing_s"] == 60).all()
    np.testing.assert_allclose(came["turnout_s"], TOWN.units["turnout_s"].iloc[0])
    np.testing.assert_allclose((came["cleared"] - came["arrived"]).dt.total_seconds(), 900.0)
    np.testing.assert_allclose(
        came["total_response_s"], came["call_processing_s"] + came["turnout_s"] + came["travel_s"]
    )
    assert any("planned times" in note for note in found.notes)


def test_the_next_station_comes_when_the_first_is_out():
    both = regular(6 * HOUR_S, units=("E1", "E2"), north=(0.001,))
    came = simulate(two_stations(), both, days=7, replications=1).responses
    assert (came.groupby("incident_id")["station_id"].agg(sorted).map(tuple) == ("S1", "S2")).all()


def test_calls_wait_for_the_one_engine_and_are_served_in_order():
    found = simulate(TOWN, regular(900.0, stay_s=1200.0), days=7, replications=1, queue=True, assignable=False)
    came = found.responses.sort_values("received")
    assert figures(found)["served"] == figures(found)["calls"]
    assert came["dispatched"].is_monotonic_increasing
    begun, done = came["dispatched"].iloc[1:].to_numpy(), came["cleared"].iloc[:-1].to_numpy()
    assert (begun >= done).all()
    assert found.incidents["waited_s"].max() > 3600


def test_the_most_urgent_call_is_served_first():
    priority = np.resize(["2", "1"], 14 * 96)
    calls = regular(900.0, stay_s=1000.0, priority=priority)
    waited = simulate(TOWN, calls, days=7, replications=1, queue=True).incidents
    by = waited.groupby("priority")["waited_s"].mean()
    assert by["1"] < by["2"] / 2


@pytest.mark.parametrize(("aid", "outcome"), [(True, "aid"), (False, "lost")])
def test_what_nobody_serves_is_handed_on_or_lost_and_adds_up(aid, outcome):
    found = simulate(TOWN, regular(900.0), days=7, replications=3, queue=False, aid=aid)
    told = figures(found)
    assert told[outcome] > 0
    n = found.summary()["n"]
    assert n["served"] + n["aid"] + n["lost"] == n["calls"]
    assert n["units_sent"] + n["units_aid"] + n["units_unmet"] == n["units_asked"]
    assert set(found.incidents["outcome"]) == {"served", outcome}
    assert found.responses["mutual_aid"].any() == aid


def test_aid_takes_as_long_as_neighbours_took():
    calls = regular(900.0, units=("E1", "OCN E9"))
    came = simulate(TOWN, calls, days=7, replications=1).responses
    theirs = came[came["mutual_aid"]]
    assert (theirs["unit_id"] == "AID engine").all()
    np.testing.assert_allclose((theirs["arrived"] - theirs["dispatched"]).dt.total_seconds(), 240.0)


def test_a_department_without_neighbours_lets_calls_wait_and_says_so():
    found = simulate(TOWN, regular(900.0), days=7, replications=1)
    assert figures(found)["aid"] == 0
    assert any("the call waits" in note for note in found.notes)


def test_no_unit_is_sent_outside_its_hours():
    units = TOWN.units.assign(schedule="Mon-Fri 08:00-20:00")
    town = fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones)
    found = simulate(town, regular(1800.0, stay_s=300.0), days=14, replications=1, queue=False)
    local = found.responses.loc[~found.responses["mutual_aid"], "dispatched"].dt.tz_convert(found.timezone)
    assert local.dt.hour.between(8, 19).all()
    assert (local.dt.day_of_week < 5).all()
    duty = found.utilisation()["duty_h"].iloc[0]
    assert duty == pytest.approx(10 * 12)


def test_schedules_that_touch_are_on_duty_once():
    units = TOWN.units.assign(schedule="08:00-20:00; 20:00-22:00")
    town = fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones)
    found = simulate(town, regular(6 * HOUR_S), days=7, replications=1)
    assert found.utilisation()["duty_h"].iloc[0] == pytest.approx(7 * 14)


def test_a_brown_out_takes_a_unit_out_for_its_spells():
    calls = regular(3 * HOUR_S, north=(0.001,))
    spells = {"E1": [("2025-06-04", "2025-06-06 12:00")]}
    found = simulate(two_stations(), calls, days=7, replications=1, brown_outs=spells)
    local = found.responses["dispatched"].dt.tz_convert(found.timezone).dt.tz_localize(None)
    out = (local >= "2025-06-04") & (local < "2025-06-06 12:00")
    assert (found.responses.loc[out, "unit_id"] == "E2").all()
    assert (found.responses.loc[~out, "unit_id"] == "E1").all()
    always = simulate(two_stations(), calls, days=7, replications=1, brown_outs={"E1": "always"})
    assert (always.responses["unit_id"] == "E2").all()
    assert np.isnan(always.utilisation().loc["E1", "utilisation"])


def test_a_unit_on_its_way_home_comes_late_rather_than_early():
    calls = regular(1260.0, stay_s=900.0, north=(0.03,))
    home = simulate(TOWN, calls, days=7, replications=1, assignable=False, queue=True).responses
    way = simulate(TOWN, calls, days=7, replications=1, assignable=True, queue=True).responses
    assert not home["already_on_road"].any()
    rolling = way[way["already_on_road"]]
    assert len(rolling)
    assert rolling["turnout_s"].isna().all()
    assert (rolling["travel_s"] >= home["travel_s"].min() - 1e-6).all()


def test_a_history_in_which_nobody_is_sent_on_the_way_home_is_followed():
    calls = regular(1800.0, stay_s=300.0, days=28, north=(0.035,))
    assert any("not sent before they are home" in note for note in simulate(TOWN, calls, days=7, replications=1).notes)


def test_run_cards_say_what_is_sent():
    calls = regular(6 * HOUR_S)
    found = simulate(crowded(), calls, days=7, replications=1, run_cards={"fire": {"engine": 1, "ambulance": 1}})
    assert set(found.responses["unit_id"]) == {"E1", "M1"}


def test_a_run_card_that_asks_for_more_than_there_is_counts_what_is_unmet():
    found = simulate(
        crowded(),
        regular(6 * HOUR_S),
        days=7,
        replications=1,
        run_cards={"fire": {"engine": 3, "rescue": 1}},
        aid=False,
    )
    told = figures(found)
    assert told["units_asked"] == 4 * told["calls"]
    assert told["units_unmet"] >= told["calls"]
    assert told["units_sent"] + told["units_unmet"] == told["units_asked"]
    assert any("the department has no rescue" in note for note in found.notes)


def test_a_quint_serves_as_engine_and_truck():
    units = TOWN.units.assign(type="quint")
    town = fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones)
    found = simulate(town, regular(6 * HOUR_S), days=7, replications=1, run_cards={"fire": {"truck": 1}})
    assert figures(found)["served"] == figures(found)["calls"]


@pytest.mark.parametrize("after_s", [140.0, 2000.0])
def test_a_unit_called_off_does_not_arrive_whoever_is_sent(after_s):
    rows = [
        row
        for i in range(60)
        for at in [MONDAY + pd.Timedelta(hours=6 * i)]
        for row in (
            went(f"c{i}", "E1", 0, 60, 120, 300, 1500, at=at),
            went(f"c{i}", "E2", 0, 60, 120, None, 60 + after_s, at=at, cancelled=True),
        )
    ]
    came = simulate(two_stations(), history(*rows), days=14, replications=1).responses
    off = came[came["cancelled"]]
    assert len(off) == len(came) / 2
    assert off["arrived"].isna().all()
    np.testing.assert_allclose((off["cleared"] - off["dispatched"]).dt.total_seconds(), after_s)


@pytest.mark.parametrize("demand", ["days", "poisson"])
def test_growth_brings_more_calls(demand):
    calls = regular(3 * HOUR_S, days=28)
    plain = figures(simulate(TOWN, calls, days=84, replications=4, demand=demand))["calls"]
    grown = figures(simulate(TOWN, calls, days=84, replications=4, demand=demand, growth={"fire": 1.5}))["calls"]
    assert plain == pytest.approx(84 * 8, rel=0.05)
    assert grown / plain == pytest.approx(1.5, rel=0.05)


def test_poisson_hours_without_a_call_stay_without():
    calls = regular(24 * HOUR_S, days=28)
    received = simulate(TOWN, calls, days=28, replications=1, demand="poisson").incidents["received"]
    assert set(received.dt.tz_convert(calls.timezone).dt.hour) == {12}


def test_days_are_like_those_of_the_same_weekday():
    quiet = regular(24 * HOUR_S, days=14)
    kept = quiet.incidents["received"].dt.tz_convert(quiet.timezone).dt.day_of_week < 5
    left = quiet._replace(
        incidents=quiet.incidents[kept],
        responses=quiet.responses[quiet.responses["incident_id"].isin(quiet.incidents.index[kept])],
    )
    found = simulate(TOWN, left, days=28, replications=1).incidents["received"].dt.tz_convert(quiet.timezone)
    assert (found.dt.day_of_week < 5).all()


def test_the_warm_up_is_not_counted():
    found = simulate(TOWN, regular(6 * HOUR_S), days=7, replications=1, warm_up_days=3, start="2025-06-02")
    local = found.incidents["received"].dt.tz_convert(found.timezone).dt.tz_localize(None)
    assert local.min() >= pd.Timestamp("2025-06-02")
    assert local.max() < pd.Timestamp("2025-06-09")
    assert len(local) == 28


def test_same_seed_same_bytes_whatever_the_number_of_threads(monkeypatch):
    calls = regular(1800.0)
    told = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(os, "cpu_count", lambda n=threads: n)
        found = simulate(two_stations(), calls, days=14, replications=6, demand="poisson", within=0.01)
        told.append((found.replications, found.all_responses().to_csv(), found.summary().to_csv()))
    assert told[0] == told[1] == told[2]
    other = simulate(two_stations(), calls, days=14, replications=6, demand="poisson", seed=2)
    assert other.all_responses().to_csv() != told[0][1]


def test_what_is_kept_of_a_replication_is_small():
    found = simulate(TOWN, regular(1800.0), days=14, replications=1)
    kept = found._runs[0]
    arrays = [each for each in (*kept, *kept.sent) if isinstance(each, np.ndarray)]
    assert sum(each.nbytes for each in arrays) <= 12 * len(kept.template) + 52 * len(kept.call)


def test_scenarios_share_their_calls_and_their_luck():
    calls = regular(1800.0)
    one = simulate(TOWN, calls, days=14, replications=2, demand="poisson", queue=True)
    two = simulate(two_stations(), calls, days=14, replications=2, demand="poisson", queue=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.incidents.drop(columns="waited_s")), pd.DataFrame(two.incidents.drop(columns="waited_s"))
    )


def test_it_stops_when_the_interval_is_narrow_enough_and_says_when_it_is_not():
    calls = regular(1800.0)
    wide = simulate(two_stations(), calls, days=7, replications=40, demand="poisson", within=0.2)
    assert 5 <= wide.replications < 40
    row = wide.summary().loc["share_within"]
    assert row["high"] - row["low"] <= 0.2
    narrow = simulate(two_stations(), calls, days=7, replications=5, demand="poisson", within=1e-6)
    assert narrow.replications == 5
    assert any("not as narrow as asked for" in note for note in narrow.notes)


def test_a_policy_in_python_gives_the_same_as_the_compiled_one():
    calls = regular(900.0, units=("E1", "E2"), north=(0.001, 0.03, 0.015))
    for queue in (True, False):
        asked = {"days": 7, "replications": 2, "demand": "poisson", "queue": queue}
        compiled = simulate(two_stations(), calls, **asked)
        python = simulate(two_stations(), calls, **asked, policy=nearest)
        pd.testing.assert_frame_equal(compiled.all_responses(), python.all_responses(), check_exact=True)


def test_a_policy_may_send_another_or_none_and_no_stranger():
    calls = regular(6 * HOUR_S, north=(0.001,))
    far = simulate(two_stations(), calls, days=7, replications=1, policy=lambda moment: moment.free[-1])
    assert set(far.responses["unit_id"]) == {"E2"}
    none = simulate(two_stations(), calls, days=7, replications=1, policy=lambda _: None)
    assert figures(none)["aid"] == figures(none)["calls"]
    with pytest.raises(InputError, match="policy sent 'E9' where engine was asked for"):
        simulate(two_stations(), calls, days=7, replications=1, policy=lambda _: "E9")


def test_measures_take_a_simulation_as_a_history():
    town = two_stations()
    found = simulate(town, regular(1800.0, stay_s=1500.0, north=(0.001, 0.03)), days=14, replications=2)
    table = fp.performance(found, scenario=town, by="station_id")
    assert table.attrs["basis"] == "modelled"
    first = fp.response_performance.attend(found, scenario=town).firsts()["total_response_s"]
    row = found._of_run(found._runs[0])
    assert row["share_within"] == (float((first <= 480).mean()), len(first))
    assert row["p90_s"][0] == pytest.approx(fp.performance(found, scenario=town).loc["total_response", "p90_s"])
    objective = fp.Objective("x", "First engine", 120.0)
    assert fp.why_missed(found, scenario=town, objective=objective).measured == len(first)
    start = found.incidents["received"].min().tz_convert(found.timezone).strftime("%Y-%m-%d")
    busy = fp.workload(found, scenario=town, by="unit_id", start=start)["uhu"]
    single = simulate(town, regular(1800.0, stay_s=1500.0, north=(0.001, 0.03)), days=14, replications=1)
    np.testing.assert_allclose(single.utilisation()["utilisation"], busy, atol=0.002)


def test_the_headline_may_be_an_objective():
    town = two_stations()
    calls = regular(1800.0, north=(0.001, 0.035))
    objective = fp.Objective("x", "First engine", 120.0)
    found = simulate(town, calls, days=14, replications=1, objective=objective)
    observed = fp.performance(found, scenario=town, standard=fp.Standard("x", "x", (objective,)))
    assert found.summary().loc["share_within", "mean"] == observed.loc["x", "share"]
    with pytest.raises(InputError, match="cannot be the headline"):
        simulate(town, calls, objective=fp.Objective("f", "Turnout", 80, interval="turnout_s"))


def test_calls_for_what_the_department_never_sent_are_not_in_the_headline():
    town = two_stations()
    calls = regular(6 * HOUR_S, units=("OCN M9",), days=14)
    own = regular(6 * HOUR_S, days=14)
    theirs = calls._replace(
        incidents=calls.incidents.rename(lambda i: f"x{i}"),
        responses=calls.responses.assign(incident_id="x" + calls.responses["incident_id"]),
    )
    both = own._replace(
        incidents=pd.concat([own.incidents, theirs.incidents]),
        responses=pd.concat([own.responses, theirs.responses], ignore_index=True),
    )
    found = simulate(town, both, days=7, replications=1).summary()
    assert found.loc["calls", "n"] == 56
    assert found.loc["share_within", "n"] == 28
    gone = simulate(town.apply(fp.RemoveUnit("E1"), fp.RemoveUnit("E2"), fp.AddUnit("T1", to="S1", type="truck")),
                    both, days=7, replications=1).summary()  # fmt: skip
    assert gone.loc["share_within", "n"] == 28  # what is taken away does not leave the count
    assert gone.loc["share_within", "mean"] == 0


def test_it_says_itself_in_a_few_lines():
    said = repr(simulate(TOWN, regular(6 * HOUR_S), days=7, replications=2))
    assert "7 days x 2 replications, 56 calls, seed 1; modelled" in said
    assert "calls: served 100 %, aid 0 %, lost 0 %" in said


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"days": 0}, "days is 0"),
        ({"replications": 0}, "replications is 0"),
        ({"warm_up_days": -1}, "warm_up_days is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"within": 2.0}, "within is 2"),
        ({"demand": "noise"}, "demand is 'noise'"),
        ({"growth": -1.0}, "growth of 'fire' is -1"),
        ({"growth": {"ems": 2.0}}, "growth names 'ems', but the categories of the history are 'fire'"),
        ({"run_cards": {"ems": {"engine": 1}}}, "run_cards names 'ems'"),
        ({"run_cards": {"fire": {"enjine": 1}}}, "asks for 'enjine', which is no type of unit: known are"),
        ({"run_cards": {"fire": {"engine": 0}}}, "asks for nothing"),
        ({"run_cards": {"fire": {"engine": -1}}}, "asks for -1 of 'engine'"),
        ({"brown_outs": {"E1": [("2025-03-05", "2025-03-04")]}}, "ends no later than it begins"),
        ({"brown_outs": {"E1": [("soon", "later")]}}, "is no begin and end"),
        ({"start": "soon"}, "start is 'soon'"),
        ({"policy": 7}, "policy is the number 7"),
    ],
)
def test_what_cannot_be_simulated_is_refused(asked, match):
    with pytest.raises(InputError, match=match):
        simulate(TOWN, regular(6 * HOUR_S), **asked)


def test_a_brown_out_of_a_unit_that_is_not_there_is_refused():
    with pytest.raises(UnknownIdError, match="E9"):
        simulate(TOWN, regular(6 * HOUR_S), brown_outs={"E9": "always"})


def test_a_history_shorter_than_a_week_is_refused():
    with pytest.raises(InputError, match="covers 6 days"):
        simulate(TOWN, regular(6 * HOUR_S, days=6))


def test_demand_without_units_is_refused():
    empty = fp.Scenario(TOWN.roads, TOWN.stations, None, TOWN.zones)
    with pytest.raises(InputError, match="has no units"):
        simulate(empty, regular(6 * HOUR_S))


def test_a_unit_whose_station_is_closed_is_not_sent():
    town = two_stations()
    stations = town.stations.assign(open=[True, False])
    found = simulate(
        fp.Scenario(town.roads, stations, town.units, town.zones), regular(6 * HOUR_S, north=(0.03,)), days=7,
        replications=1,
    )  # fmt: skip
    assert set(found.responses["unit_id"]) == {"E1"}
    assert any("not in service, as the station is closed: E2" in note for note in found.notes)


def test_a_removed_unit_was_still_sent_in_the_history():
    town = two_stations()
    calls = regular(6 * HOUR_S, units=("E1", "E2"))
    found = simulate(town.apply(fp.RemoveUnit("E2")), calls, days=7, replications=1, queue=False)
    assert figures(found)["units_asked"] == 2 * figures(found)["calls"]


def test_calls_without_a_place_and_units_of_no_kind_are_told():
    calls = regular(6 * HOUR_S, units=("E1", "Able"), north=(0.01,))
    shapes = calls.incidents.geometry.copy()
    shapes.iloc[3] = None
    found = simulate(TOWN, calls._replace(incidents=calls.incidents.set_geometry(shapes)), days=7, replications=1)
    said = " ".join(found.notes)
    assert "1 call has no place" in said
    assert "56 responses are left out" in said
    assert found.incidents.geometry.notna().all()


def test_a_last_day_that_is_hardly_covered_is_left_out_and_named():
    calls = regular(HOUR_S, days=14.1)
    found = simulate(TOWN, calls, days=28, replications=1)
    assert (
        found.incidents.groupby(found.incidents["received"].dt.tz_convert(calls.timezone).dt.date).size() == 24
    ).all()
    assert any("hardly covers are left out: 2025-06-16 (2 calls)" in note for note in found.notes)


def test_nights_on_which_the_clocks_change_keep_their_hours():
    calls = regular(HOUR_S / 2)
    for start in ("2025-03-08", "2025-11-01"):
        found = simulate(TOWN, calls, days=3, replications=1, start=start, queue=False)
        local = found.incidents["received"].dt.tz_convert(found.timezone)
        assert (local.dt.tz_localize(None).dt.minute.isin([15, 45])).all()
        assert len(local) == 3 * 48


def test_a_unit_that_cleared_is_not_sent_again_as_the_second_unit_of_its_call():
    """Of two engines one is out all day: the other goes to each call once, and is free long before the next."""
    town = two_stations()
    cards = {"fire": {"engine": 2}}
    asked = {"days": 7, "replications": 1, "run_cards": cards, "brown_outs": {"E2": "always"}, "aid": False}
    for policy in (None, fp.simulation.nearest):
        found = simulate(town, regular(6 * HOUR_S), **asked, queue=True, policy=policy)
        told = figures(found)
        assert told["units_asked"] == 2 * told["calls"]
        assert told["units_sent"] == told["calls"] == told["units_unmet"]
        assert not found.responses.duplicated(["incident_id", "unit_id"]).any()


def test_who_waits_for_a_unit_that_has_gone_to_its_call_holds_up_nobody():
    """The second engine of a call can only be E1, which went as its first: later calls do not wait behind it."""
    rows = [
        row
        for i in range(28)
        for at in [MONDAY + pd.Timedelta(hours=6 * i)]
        for row in (
            went(f"a{i}", "E1", 0, 60, 120, 300, 4000, at=at),
            went(f"b{i}", "E1", 0, 60, 120, 300, 1500, at=at + pd.Timedelta(minutes=10)),
            went(f"b{i}", "E2", 0, 60, 120, 300, 1500, at=at + pd.Timedelta(minutes=10)),
            went(f"c{i}", "E1", 0, 60, 120, 300, 1500, at=at + pd.Timedelta(minutes=20)),
        )
    ]
    asked = {"days": 6, "replications": 1, "brown_outs": {"E2": "always"}, "aid": False, "queue": True}
    for policy in (None, fp.simulation.nearest):
        told = figures(simulate(two_stations(), history(*rows), **asked, policy=policy))
        assert told["served"] == told["calls"]
        assert told["units_unmet"] == told["calls"] / 3


def shared_crew():
    """A truck that the engine's crew takes out."""
    return TOWN.apply(fp.AddUnit("T1", to="S1", shared_crew="E1"))


def test_a_crew_takes_out_one_of_its_units_at_a_time():
    rows = [
        row
        for i in range(28)
        for at in [MONDAY + pd.Timedelta(hours=6 * i)]
        for row in (
            went(f"a{i}", "E1", 0, 60, 120, 300, 1500, at=at),
            went(f"b{i}", "T1", 0, 60, 120, 300, 1500, at=at + pd.Timedelta(minutes=10)),
        )
    ]
    found = simulate(shared_crew(), history(*rows), days=6, replications=1, queue=True)
    came = found.responses.sort_values("dispatched")
    home = came["cleared"] + (came["arrived"] - came["enroute"])  # as far back as there
    gap = (came["dispatched"] - home.shift()).dt.total_seconds()[came["unit_type"] == "truck"]
    np.testing.assert_allclose(gap, 0.0, atol=1.0)
    assert "one crew for several units, of which one at a time can be out: E1 + T1" in found.notes
    own = simulate(shared_crew().apply(fp.ShareCrew(("E1", "T1"), apart=True)), history(*rows), days=6, replications=1)
    assert figures(own)["wait_mean_s"] == 0 < figures(found)["wait_mean_s"]


def test_nobody_waits_for_the_second_unit_of_a_crew_at_the_same_call():
    cards = {"fire": {"engine": 1, "truck": 1}}
    found = simulate(shared_crew(), regular(6 * HOUR_S), days=7, replications=1, run_cards=cards, aid=False, queue=True)
    told = figures(found)
    assert told["units_sent"] == told["units_unmet"] == told["calls"]
    assert any("for more (truck) than there are" in note for note in found.notes)
    one_quint = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units.assign(type="quint"), TOWN.zones)
    alone = figures(simulate(one_quint, regular(6 * HOUR_S), days=7, replications=1, run_cards=cards, aid=False))
    assert alone["units_sent"] == alone["units_unmet"] == alone["calls"]


def risky():
    """The line town's zones with high risk in the south and low in the north, and two stations."""
    town = two_stations()
    zones = town.zones.assign(risk_class=np.where(np.arange(len(town.zones)) < 20, "High", "Low"))
    return fp.Scenario(town.roads, town.stations, town.units, zones)


def both_grounds(*, units=("E1", "E2")):
    """A call in the south and one in the north in turn, each with two engines."""
    return regular(6 * HOUR_S, days=14, units=units, north=(0.005, 0.03))


def test_a_force_is_within_when_its_last_part_has_come():
    town = two_stations()
    pair = fp.Objective("pair", "Two engines", 300.0, needs={"engine": 2}, interval="travel_s")
    found = simulate(town, both_grounds(), days=14, replications=1, objective=pair)
    came = found.responses.groupby("incident_id")
    seconds = (came["arrived"].max() - came["enroute"].min()).dt.total_seconds()
    row = found.summary().loc["share_within"]
    assert row["n"] == len(seconds) == 56
    assert row["mean"] == pytest.approx((seconds <= 300.0).mean())
    standard = fp.Standard("x", "x", (pair,))
    assert row["mean"] == fp.performance(found, scenario=town, standard=standard).loc["pair", "share"]
    tight = fp.Objective("pair", "Two engines", float(seconds.min()) + 1, needs={"engine": 2}, interval="travel_s")
    share = figures(simulate(town, both_grounds(), days=14, replications=1, objective=tight))["share_within"]
    assert share == pytest.approx((seconds <= seconds.min() + 1).mean()) == 0.5


def test_a_force_that_is_never_complete_stays_in_the_denominator():
    people = fp.Objective("erf", "Twelve people", 3600.0, needs={"people": 12}, interval="total_response_s")
    found = simulate(two_stations(), both_grounds(), days=14, replications=1, objective=people)
    row = found.summary().loc["share_within"]
    assert (row["mean"], row["n"]) == (0.0, 56)
    eight = fp.Objective("erf", "Eight people", 3600.0, needs={"people": 8}, interval="total_response_s")
    assert (
        figures(simulate(two_stations(), both_grounds(), days=14, replications=1, objective=eight))["share_within"] == 1
    )


def test_a_headline_on_its_own_ground_counts_calls_there():
    pair = {"needs": {"engine": 2}, "interval": "travel_s", "where": {"risk_class": ("high",)}}
    found = simulate(
        risky(), both_grounds(), days=14, replications=1, objective=fp.Objective("p", "Pair", 999.0, **pair)
    )
    row = found.summary().loc["share_within"]
    assert (row["mean"], row["n"]) == (1.0, 28)
    with pytest.raises(InputError, match="risk_class"):
        simulate(
            two_stations(), both_grounds(), days=7, replications=1, objective=fp.Objective("p", "Pair", 99.0, **pair)
        )


def test_run_cards_go_by_class_of_risk_before_category():
    cards = {"fire": {"engine": 1}, ("fire", "high"): {"engine": 2}}
    found = simulate(risky(), both_grounds(units=("E1",)), days=14, replications=1, run_cards=cards)
    assert figures(found)["units_asked"] == 28 * 2 + 28
    came = found.responses.groupby("incident_id").size()
    south = found.incidents.geometry.y < 30.02
    assert came[south[came.index]].eq(2).all()
    assert came[~south[came.index]].eq(1).all()
    only = simulate(risky(), both_grounds(), days=14, replications=1, run_cards={("fire", "low"): {"engine": 1}})
    assert figures(only)["units_asked"] == 28 + 28 * 2
    with pytest.raises(InputError, match="risk_class 'maximum'"):
        simulate(risky(), both_grounds(), days=7, run_cards={("fire", "maximum"): {"engine": 1}})


@pytest.mark.parametrize("demand", ["days", "poisson"])
def test_demand_that_is_scaled_brings_calls_by_place_and_category(demand):
    # Places in turn: half of the calls lie in the first zone, half far north of it.
    calls = regular(HOUR_S, north=(0.0005, 0.0305))
    first, last = zone_at(0.0005), zone_at(0.0305)

    def counted(*changes):
        found = simulate(TOWN.apply(*changes), calls, days=84, replications=4, demand=demand)
        at = found.incidents.geometry.y < 30.02
        return float(figures(found)["calls"]), float(at.mean()), found.notes

    usual, south, _ = counted()
    assert south == pytest.approx(0.5, abs=0.03)
    n, south, notes = counted(fp.ScaleDemand(3, zones=(first,)))
    assert n == pytest.approx(2 * usual, rel=0.05)
    assert south == pytest.approx(0.75, abs=0.03)
    assert "Demand x 3 in 1 zone: of 168 calls of 336 in the history" in notes
    n, south, _ = counted(fp.ScaleDemand(0, zones=(last,)), fp.ScaleDemand(2))
    assert n == pytest.approx(usual, rel=0.05)
    assert south == 1
    n, south, notes = counted(fp.ScaleDemand(5, weight="population"))
    assert (n, south) == pytest.approx((usual, 0.5), rel=0.05)
    assert any("weights of zones alone" in note for note in notes)
    assert counted(fp.ScaleDemand(2, categories=("fire",)))[0] == pytest.approx(2 * usual, rel=0.05)
    with pytest.raises(InputError, match=r"no category of the history is 'flood': use 'fire'"):
        counted(fp.ScaleDemand(2, categories=("flood",)))


def zone_at(north):
    zones = TOWN.zones.to_crs(4326)
    return str(zones.index[zones.contains(shapely.Point(-140.0, 30.0 + north))][0])


def test_zones_know_no_categories():
    with pytest.raises(InputError, match="name `weight` or `categories`, not both"):
        TOWN.apply(fp.ScaleDemand(2, weight="population", categories=("fire",)))
    grown = TOWN.apply(fp.ScaleDemand(2, categories=("fire",)))
    assert grown.zones["population"].tolist() == TOWN.zones["population"].tolist()


def test_a_unit_held_over_after_its_hours_keeps_its_mean_within_its_interval():
    """On duty for an hour a day, at a call of two hours in it."""
    calls = regular(6 * HOUR_S, stay_s=7200.0, north=(0.001,))
    town = two_stations().apply(fp.SetSchedule("02:30-03:30", units=("E1",)))
    row = simulate(town, calls, days=7, replications=2).utilisation().loc["E1"]
    assert row["utilisation"] == pytest.approx(2.0, abs=0.05)
    assert row["low"] == pytest.approx(row["utilisation"])
    assert row["high"] == pytest.approx(row["utilisation"])
