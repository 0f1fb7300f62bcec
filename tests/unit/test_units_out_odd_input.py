"""What replay, simulation, hypercube and busy shares must not take in silence."""

import numpy as np
import pandas as pd
import pytest
from histories import history, went
from regular_calls import HOUR_S, regular, two_stations
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError
from fireplan.simulation import brownouts, compare_replays, displaced_workload, replay, second_unit, simulate
from fireplan.simulation._simulate._mean_interval import mean_interval

MARISOL = sample_city()
ONCE = {"days": 7, "replications": 1}


def one_day(n=12):
    """So many calls of E1 in one afternoon."""
    return history(*(went(f"c{i}", "E1", 600 * i, 600 * i + 60, 600 * i + 120, 600 * i + 240, 600 * i + 500)
                     for i in range(n)))  # fmt: skip


@pytest.mark.parametrize("ask", [replay, simulate, brownouts, second_unit])
def test_what_goes_through_the_week_is_not_asked_of_one_moment(ask):
    with pytest.raises(InputError, match=r"asks of one moment, Tue 14:00"):
        ask(two_stations().at("Tue 14:00"), regular(6 * HOUR_S))


def test_a_simulation_is_not_asked_of_a_part_of_the_calls():
    with pytest.raises(InputError, match="was narrowed"):
        simulate(MARISOL.today.only(category="fire"), regular(6 * HOUR_S))


def test_a_moment_is_not_lost_in_a_project_folder(tmp_path):
    with pytest.raises(InputError, match=r"asks of one moment, Tue 14:00, which a project cannot"):
        fp.project.write_project(two_stations().at("Tue 14:00"), tmp_path / "town")


def test_the_hypercube_of_a_moment_is_that_hour_s():
    town = two_stations().apply(fp.SetSchedule("08:00-20:00", units=("E2",)))
    rates = {"calls_per_hour": 0.4, "service_h": 0.5}
    assert fp.hypercube(town.at("Tue 03:00"), **rates).units.index.tolist() == ["E1"]
    assert fp.hypercube(town.at("Tue 14:00"), **rates).busy.equals(fp.hypercube(town, **rates, at="Tue 14:00").busy)
    with pytest.raises(InputError, match="write a day and an hour of the week"):
        fp.hypercube(town, **rates, at="Tuxedo 14:00")


def test_the_hypercube_of_an_hour_drives_as_in_that_hour():
    rates = {"calls_per_hour": 1.0, "service_h": 0.5}
    noon, night = (fp.hypercube(MARISOL.today, **rates, at=at) for at in ("Tue 12:00", "Tue 03:00"))
    assert noon.home_travel_s != night.home_travel_s
    assert night.home_travel_s == fp.hypercube(MARISOL.today.at("Tue 03:00"), **rates).home_travel_s


@pytest.mark.parametrize("ask", [replay, simulate, lambda town, past: fp.hypercube(town, history=past)])
def test_rows_that_stand_twice_are_not_counted_twice(ask):
    past = regular(6 * HOUR_S)
    twice = past._replace(responses=pd.concat([past.responses, past.responses], ignore_index=True))
    with pytest.raises(InputError, match=r"stand twice in all columns, such as unit 'E1'"):
        ask(two_stations(), twice)


def test_a_history_that_says_nothing_of_when_units_were_free_is_refused():
    past = one_day()
    endless = past._replace(responses=past.responses.assign(cleared=pd.Series(pd.NaT, index=past.responses.index, dtype=past.responses["cleared"].dtype)))  # fmt: skip  # noqa: E501
    with pytest.raises(InputError, match="does not say when any unit was free again"):
        replay(two_stations(), endless)
    for when in ("mean", "worst hour"):
        with pytest.raises(InputError, match="when its unit was free again"):
            fp.response_performance.busy_shares(endless, two_stations(), when=when)


def test_responses_without_an_end_are_said():
    past = one_day()
    some = past.responses.copy()
    some.loc[some.index[:3], "cleared"] = pd.NaT
    past = past._replace(responses=some)
    assert any(note.startswith("3 responses without a time of clearing") for note in replay(two_stations(), past).notes)
    busy = fp.response_performance.busy_shares(past, two_stations())
    notes = fp.assess(two_stations(), standard="NFPA_1710", availability=busy).notes()
    assert "3 of the responses have no known end: units are out longer than that" in notes
    assert "without a response in the history, and so taken to be never out: E2" in notes


def test_a_word_that_is_no_way_to_send_is_refused():
    with pytest.raises(InputError, match=r"sent is 'best': use observed, rules"):
        replay(two_stations(), one_day(), sent="best")
    with pytest.raises(InputError, match="returning is 'home'"):
        replay(two_stations(), one_day(), returning="home")


def test_one_day_has_no_interval():
    town = two_stations()
    before, after = (replay(s, one_day()) for s in (town, town.apply(fp.RemoveUnit("E1"))))
    row = compare_replays(before, after).iloc[0]
    assert np.isnan([row["low"], row["high"]]).all()
    assert row["note"] == "no interval: fewer than seven days"
    assert displaced_workload(before, after)[["low", "high"]].isna().all(axis=None)
    share = before.summary().loc["share_within"]
    assert np.isnan([share["low"], share["high"]]).all()
    assert share["note"] == "no interval: fewer than seven days"


def test_an_interval_ends_where_there_is_no_such_figure():
    wide = mean_interval([0.2, 0.9], least=0.0, most=1.0)
    assert (wide.low, wide.high) == (0.0, 1.0)
    found = simulate(two_stations(), regular(900.0), days=1, replications=2, demand="poisson").summary()
    assert found["low"].min() >= 0
    assert found.loc[["share_within", "utilisation", "share_waited"], "high"].max() <= 1


def test_one_replication_says_that_there_is_no_interval():
    assert any("one replication: there is no interval" in note
               for note in simulate(two_stations(), regular(6 * HOUR_S), **ONCE).notes)  # fmt: skip


@pytest.mark.parametrize("policy", [None, fp.simulation.nearest])
def test_no_unit_is_sent_to_one_call_again_because_its_card_asks_for_more_than_there_are(policy):
    found = simulate(two_stations(), regular(6 * HOUR_S), **ONCE, run_cards={"fire": {"engine": 5}}, queue=True, aid=False, policy=policy)  # fmt: skip  # noqa: E501
    told = found.summary()["mean"]
    assert not found.responses.duplicated(["incident_id", "unit_id"]).any()
    assert told["units_sent"] == 2 * told["calls"]
    assert told["units_unmet"] == 3 * told["calls"]
    assert any("for more (engine) than there are" in note for note in found.notes)


def test_a_history_of_strangers_is_no_demand():
    past = regular(6 * HOUR_S)
    strange = past._replace(responses=past.responses.assign(unit_id="X9", unit_type="engine"))
    with pytest.raises(InputError, match=r"none of the 1 unit of this history is in the table of units"):
        simulate(two_stations(), strange)


def test_what_ifs_of_nothing_are_refused():
    past = regular(6 * HOUR_S)
    with pytest.raises(InputError, match="no call of the history asks for a unit of type 'rescue'"):
        second_unit(two_stations(), past, type="rescue")
    with pytest.raises(InputError, match="stations names none"):
        second_unit(two_stations(), past, stations=[])
    with pytest.raises(InputError, match="there is no company to be closed"):
        brownouts(two_stations(), past, units=[])


def test_why_missed_says_whose_hours_it_counts_and_asks_nobody_else():
    town = two_stations().apply(
        fp.AddUnit("E9", to="S1", schedule="08:00-20:00"), fp.SetSchedule("00:00-24:00", units=("E1",))
    )
    past = history(
        went("a", "E1", 0, 60, 120, 300, 4000),
        went("b", "E2", 600, 660, 720, 1600, 1700),
        points=[(-140.0, 30.001), (-140.0, 30.001)],
    )
    missed = fp.why_missed(past, scenario=town, objective=fp.Objective("first", "First engine", 240))
    assert any("E9 is off duty" in note for note in missed.notes())
    assert missed.incidents.loc["b", "first_due_busy"]


@pytest.mark.parametrize("by", ["units_committed", "all_units_committed", "back_to_back"])
def test_without_times_of_clearing_nobody_is_said_to_have_been_free(by):
    past = one_day()
    never = past.responses["cleared"].where(past.responses["cleared"].isna())
    endless = past._replace(responses=past.responses.assign(cleared=never))
    found = fp.performance(endless, scenario=two_stations(), by=by)
    assert set(found.index.get_level_values(by)) == {"not known"}


@pytest.mark.parametrize("ask", [replay, simulate])
def test_a_history_without_times_of_dispatch_says_so_and_blames_no_types(ask):
    past = one_day()
    never = past.responses.assign(dispatched=past.responses["dispatched"].where(past.responses["dispatched"].isna()))
    with pytest.raises(InputError, match="does not say when any unit was dispatched"):
        ask(two_stations(), past._replace(responses=never))
