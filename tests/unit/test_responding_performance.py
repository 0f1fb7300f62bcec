"""Response performance on histories small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from fireplan import standards
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance import Policy, Shifts, attend, performance
from fireplan.response_performance._erf_arrivals import force_arrivals
from fireplan.standards import Objective, Standard
from tests.support.histories import NOON, department, history, went

EVERYONE = Policy(emergency_only=False)


def figures(table, measure):
    return table.xs(measure, level="measure").iloc[0] if table.index.nlevels > 1 else table.loc[measure]


def many(n, *, unit="E1", step=1, **more):
    """Calls of which the nth takes n seconds to reach, on one day each."""
    return [
        went(f"I{i}", unit, 0, 10, 70, 70 + step * i, 900, at=NOON + pd.Timedelta(days=i), **more)
        for i in range(1, n + 1)
    ]


def test_each_interval_has_its_own_n():
    calls = history(
        went("A", "E1", 0, 30, 90, 290, 900),
        went("B", "E1", 0, 40, None, 300, 900),
        went("C", "E1", 0, 50, 120, None, 900, cancelled=True),
    )
    table = performance(calls, nth=None)
    assert table["n"].to_dict() == {
        "handling": 3, "turnout": 2, "travel": 1, "turnout_and_travel": 2, "total_response": 2,
    }  # fmt: skip
    assert table["unknown"].loc["travel"] == 2
    assert (table["note"] == "n too small (below 10)").all()
    assert table[["p50_s", "p90_s", "p90_low_s", "p90_high_s"]].isna().all(axis=None)


def test_percentiles_and_shares_of_a_hundred_calls():
    standard = Standard("own", "own", (Objective("first", "First engine", 80, share=0.9),))
    table = performance(history(*many(100)), scenario=department(E1=("engine", 4)), standard=standard)
    travel = table.loc["travel"]
    assert travel[["n", "p50_s", "p90_s", "p90_low_s", "p90_high_s"]].tolist() == [100, 50, 90, 84, 96]
    first = table.loc["first"]
    assert (first["within"], first["share"], first["met"]) == (80, 0.8, False)
    assert first["share_low"] == pytest.approx(0.7112, abs=1e-4)
    assert first["share_high"] == pytest.approx(0.8666, abs=1e-4)
    assert np.isnan(travel["share"])


@pytest.mark.parametrize(("n", "met"), [(9, None), (10, True)])
def test_from_ten_records_on_an_objective_is_met_or_not(n, met):
    standard = Standard("own", "own", (Objective("first", "First engine", 80, share=0.9),))
    row = performance(history(*many(n)), scenario=department(E1=("engine", 4)), standard=standard).loc["first"]
    assert row["n"] == row["within"] == n
    assert (pd.isna(row["met"]), np.isnan(row["share"]), row["note"] != "") == (
        (True, True, True) if met is None else (False, False, True)  # too few for an upper end of p90
    )
    assert met is None or row["met"] == met


@pytest.mark.parametrize(("limit_s", "met"), [(90, True), (89.999, False)])
def test_nine_in_ten_at_the_very_limit_have_met_it(limit_s, met):
    standard = Standard("own", "own", (Objective("first", "First engine", limit_s, share=0.9),))
    row = performance(history(*many(100)), scenario=department(E1=("engine", 4)), standard=standard).loc["first"]
    assert (row["within"], row["met"]) == (90 if met else 89, met)


def test_the_first_unit_is_the_first_to_arrive_that_counts():
    town = department(E1=("engine", 4), E2=("engine", 4), BC=("battalion", 1))
    calls = history(
        went("A", "E1", 0, 10, 70, 400, 900), went("A", "E2", 0, 20, 60, 300, 900), went("A", "BC", 0, 10, 20, 100, 900)
    )
    seen = attend(calls, scenario=town)
    assert seen.responses.set_index("unit_id")["nth"].to_dict() == {"BC": 0, "E2": 1, "E1": 2}
    assert seen.firsts()["travel_s"].tolist() == [240]
    assert seen.firsts(2)["travel_s"].tolist() == [330]
    with_chief = Policy(first_types=("engine", "battalion"))
    assert attend(calls, scenario=town, policy=with_chief).firsts()["unit_id"].tolist() == ["BC"]


def test_call_handling_ends_with_the_first_dispatch_of_any_unit():
    calls = history(went("A", "E1", 0, 90, 150, 400, 900), went("A", "E2", 0, 30, 95, 500, 900))
    assert performance(history(*many(12)))["p50_s"].loc["handling"] == 10
    one = [performance(calls, nth=n)["n"].loc["handling"] for n in (1, 2, None)]
    assert one == [1, 1, 1]


def calls_an_hour_apart(n, *rows):
    """So many calls, each with these responses (unit, stamps, more)."""
    return [
        went(f"I{i:02d}", unit, *stamps, at=NOON + pd.Timedelta(hours=i), **more)
        for i in range(n)
        for unit, stamps, more in rows
    ]


def test_call_handling_is_from_the_call_to_the_dispatch_of_whoever_was_sent_first():
    rows = calls_an_hour_apart(12, ("E1", (0, 90, 150, 400, 900), {}), ("E2", (0, 30, 95, 500, 900), {}))
    assert performance(history(*rows))["p50_s"].loc["handling"] == 30
    assert performance(history(*rows[::-1]))["p50_s"].loc["handling"] == 30


def test_a_unit_that_came_upon_the_call_was_not_dispatched_to_it():
    seen = ("E1", (0, 0, 0, 0, 900), {"on_view": True})
    rows = calls_an_hour_apart(12, seen, ("E2", (0, 40, 95, 500, 900), {}))
    assert performance(history(*rows))["p50_s"].loc["handling"] == 40
    alone = performance(history(*calls_an_hour_apart(12, seen))).loc["handling"]
    assert alone[["n", "unknown"]].tolist() == [0, 12]


def test_an_interval_that_ends_before_it_begins_is_not_known():
    # Arrived 20 s before it was dispatched, or dispatched 5 s before the call came in; in the same second it is zero.
    wrong = calls_an_hour_apart(10, ("E1", (0, 120, 130, 100, 900), {}))
    table = performance(history(*wrong))
    assert table.loc["turnout_and_travel", ["n", "unknown"]].tolist() == [0, 10]
    early = performance(history(*calls_an_hour_apart(10, ("E1", (0, -5, 60, 100, 900), {}))))
    assert early.loc["handling", ["n", "unknown"]].tolist() == [0, 10]
    at_once = performance(history(*calls_an_hour_apart(10, ("E1", (0, 0, 0, 0, 900), {}))))
    assert at_once.loc[["handling", "turnout_and_travel"], "p90_s"].tolist() == [0, 0]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_that_arrive_in_the_same_second_the_first_by_name_is_first(order):
    rows = [went("A", unit, 0, 10, enroute, 200, 900) for unit, enroute in (("E1", 60), ("E2", 90))]
    rows.append(went("A", "E0", 0, 10, 70, None, 900))  # it never arrived
    seen = attend(history(*rows[::order]))
    assert seen.responses.set_index("unit_id")["nth"].to_dict() == {"E0": 0, "E1": 1, "E2": 2}
    assert seen.firsts()["travel_s"].tolist() == [140]
    assert seen.firsts(2)["travel_s"].tolist() == [110]


def test_neighbours_do_not_count_unless_asked():
    town = department(E1=("engine", 4))
    calls = history(went("A", "X9", 0, 10, 70, 100, 900, unit_type="engine"), went("A", "E1", 0, 10, 70, 400, 900))
    assert attend(calls, scenario=town).firsts()["unit_id"].tolist() == ["E1"]
    assert attend(calls, scenario=town, policy=Policy(aid_received=True)).firsts()["unit_id"].tolist() == ["X9"]
    left_out = attend(calls, scenario=town).ledger.set_index("rule")["responses"]
    assert left_out["aid_received"] == 1


def test_calls_outside_the_zones_do_not_count_unless_asked_but_those_without_a_place_do():
    town = department(E1=("engine", 4))
    rows = [went(i, "E1", 0, 10, 70, 100, 900) for i in "ABC"]
    calls = history(*rows, points=[(-140.0, 30.0104), (-139.0, 31.0), None])
    assert attend(calls, scenario=town).incidents["counts"].tolist() == [True, False, True]
    assert attend(calls, scenario=town, policy=Policy(aid_given=True)).incidents["counts"].all()
    assert attend(calls).incidents["counts"].all()


def test_only_emergencies_count_where_priorities_say_so():
    calls = history(*[went(i, "E1", 0, 10, 70, 100, 900) for i in "AB"], priority=["1", "3"])
    policy = Policy(emergency_priorities=("1", "2"))
    assert attend(calls, policy=policy).incidents["counts"].tolist() == [True, False]
    assert attend(calls, policy=policy).ledger.set_index("rule")["incidents"]["emergency_only"] == 1
    both = Policy(emergency_priorities=("1", "2"), emergency_only=False)
    assert attend(calls, policy=both).incidents["counts"].all()
    assert attend(calls).incidents["counts"].all()


def test_a_cancelled_unit_has_a_turnout_unless_that_is_not_wanted():
    calls = history(went("A", "E1", 0, 10, 70, None, 900, cancelled=True))
    assert performance(calls, nth=None)["n"].loc["turnout"] == 1
    assert performance(calls, nth=None, policy=Policy(cancelled_turned_out=False))["n"].loc["turnout"] == 0


def test_a_unit_that_stages_has_arrived_then_unless_that_is_not_wanted():
    rows = [
        went("A", "E1", 0, 10, 70, 500, 900, staged=NOON + pd.Timedelta(seconds=170)),
        went("B", "E1", 0, 10, 70, None, 900, staged=NOON + pd.Timedelta(seconds=270)),
        went("C", "E1", 0, 10, 70, 130, 900, staged=pd.NaT),
    ]
    seen = attend(history(*rows)).firsts()
    assert seen["travel_s"].to_dict() == {"A": 100, "B": 200, "C": 60}
    assert seen["total_response_s"].to_dict() == {"A": 170, "B": 270, "C": 130}
    plain = attend(history(*rows), policy=Policy(staging_is_arrival=False)).firsts()
    assert plain["travel_s"].to_dict() == {"A": 430, "C": 60}


def test_staging_after_arrival_changes_nothing():
    # Staged when it was there already: the earlier stamp is the arrival, whatever the column.
    rows = [
        went("A", "E1", 0, 10, 70, 170, 900, staged=NOON + pd.Timedelta(seconds=200)),
        went("B", "E1", 0, 10, 70, 170, 900, staged=NOON + pd.Timedelta(seconds=170)),
        went("C", "E1", 0, 10, 70, 170, 900, staged=NOON + pd.Timedelta(seconds=169)),
    ]
    seen = attend(history(*rows)).firsts()
    assert seen["travel_s"].to_dict() == {"A": 100, "B": 100, "C": 99}
    assert seen["total_response_s"].to_dict() == {"A": 170, "B": 170, "C": 169}
    assert (seen["arrived"] - NOON).dt.total_seconds().tolist() == [170, 170, 169]


def test_the_unit_that_staged_first_is_first():
    rows = [
        went("A", "E1", 0, 10, 70, 300, 900, staged=NOON + pd.Timedelta(seconds=150)),
        went("A", "E2", 0, 10, 70, 200, 900, staged=NOON + pd.Timedelta(seconds=250)),
    ]
    assert attend(history(*rows)).firsts()["unit_id"].tolist() == ["E1"]
    plain = attend(history(*rows), policy=Policy(staging_is_arrival=False))
    assert plain.firsts()["unit_id"].tolist() == ["E2"]


@pytest.mark.parametrize(("longest_s", "n"), [(3930, 1), (3929, 0), (None, 1)])
def test_an_interval_as_long_as_the_longest_is_kept(longest_s, n):
    calls = history(went("A", "E1", 0, 10, 70, 4000, 5000))  # 3,930 s of travel
    assert performance(calls, policy=Policy(longest_s=longest_s))["n"].loc["travel"] == n


def test_who_was_aboard_that_day_comes_before_the_table_of_units():
    town = department(E1=("engine", 4), E2=("engine", 4))
    calls = history(went("A", "E1", 0, 10, 70, 200, 900, crew=3.0), went("A", "E2", 0, 10, 70, 300, 900, crew=np.nan))
    seen = attend(calls, scenario=town)
    assert seen.responses.set_index("unit_id")["crew"].to_dict() == {"E1": 3, "E2": 4}
    seven = Objective("seven", "Seven", 480, needs={"people": 7})
    eight = Objective("eight", "Eight", 480, needs={"people": 8})
    assert force_arrivals(seen, seven)[1].tolist() == [230]
    assert np.isnan(force_arrivals(seen, eight)[1]).all()


def test_a_call_of_which_the_mode_is_not_known_is_an_emergency():
    rows = [went(i, "E1", 0, 10, 70, 100, 900) for i in "ABC"]
    calls = history(*rows, mode=["emergency", "non_emergency", "unknown"])
    assert attend(calls).incidents["counts"].tolist() == [True, False, True]
    # Priorities, where they are given, decide alone.
    assert attend(calls, policy=Policy(emergency_priorities=("1",))).incidents["counts"].all()
    assert not attend(calls, policy=Policy(emergency_priorities=("2",))).incidents["counts"].any()


def test_what_two_rules_leave_out_is_counted_once():
    # A is neither an emergency nor in the city, B is far away, C is no emergency, D counts.
    rows = [went(i, "E1", 0, 10, 70, 100, 900) for i in "ABCD"]
    far, near = (-139.0, 31.0), (-140.0, 30.0104)
    calls = history(*rows, points=[far, far, near, near], priority=["3", "1", "3", "1"])
    seen = attend(calls, scenario=department(E1=("engine", 4)), policy=Policy(emergency_priorities=("1",)))
    assert seen.incidents["counts"].tolist() == [False, False, False, True]
    assert seen.ledger.set_index("rule")["incidents"].loc[["emergency_only", "aid_given"]].tolist() == [2, 1]


def test_long_intervals_are_left_out_only_if_asked_and_each_on_its_own():
    calls = history(went("A", "E1", 0, 10, 70, 4000, 5000))
    assert performance(calls)["n"].loc[["turnout", "travel"]].tolist() == [1, 1]
    assert performance(calls, policy=Policy(longest_s=1800))["n"].loc[["turnout", "travel"]].tolist() == [1, 0]


def test_a_force_is_complete_with_its_last_missing_part():
    town = department(E1=("engine", 4), E2=("engine", 4), T1=("truck", 4), M1=("ambulance", 2))
    force = Objective("force", "Force", 480, needs={"engine": 2, "people": 12}, share=0.9)
    total = Objective("total", "Total", 480, needs={"people": 12}, interval="total_response_s")
    calls = history(
        went("A", "E1", 0, 10, 70, 200, 900), went("A", "M1", 0, 10, 60, 250, 900),
        went("A", "E2", 0, 10, 90, 300, 900), went("A", "T1", 0, 10, 80, 600, 900),
        went("B", "E1", 0, 10, 70, 200, 900), went("B", "E2", 0, 10, 70, 300, 900),
    )  # fmt: skip
    rows, seconds = force_arrivals(attend(calls, scenario=town), force)
    assert rows["incident_id"].tolist() == ["A", "B"]
    np.testing.assert_array_equal(seconds, [530, np.nan])  # the truck's arrival, from the first engine under way
    assert rows["unit_id"].iloc[0] == "T1"
    np.testing.assert_array_equal(force_arrivals(attend(calls, scenario=town), total)[1], [600, np.nan])
    table = performance(calls, scenario=town, standard=Standard("own", "own", (force,)))
    assert table.loc["force", ["n", "unknown"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("interval", "alone_s", "both_s"),
    [("travel_s", 110, 240), ("turnout_and_travel_s", 150, 270), ("total_response_s", 200, 300)],
)
def test_one_unit_is_timed_by_its_own_stamps_and_a_force_from_the_first(interval, alone_s, both_s):
    # E2 is sent at 50 s, under way at 90 s and there at 200 s; E1 at 30, 60 and 300 s, when the two are complete.
    calls = history(went("A", "E1", 0, 30, 60, 300, 900), went("A", "E2", 0, 50, 90, 200, 900))
    seen = attend(calls, scenario=department(E1=("engine", 4), E2=("engine", 4)))
    alone = Objective("alone", "First engine", 480, interval)
    both = Objective("both", "Two engines", 480, interval, needs={"engine": 2})
    assert force_arrivals(seen, alone)[1].tolist() == [alone_s]
    assert force_arrivals(seen, both)[1].tolist() == [both_s]


def test_a_force_of_two_kinds_waits_for_the_last_of_either():
    town = department(E1=("engine", 4), E2=("engine", 4), T1=("truck", 4))
    force = Objective("force", "Force", 480, needs={"engine": 2, "truck": 1})
    arrivals = {"engines first": (200, 300, 400), "truck first": (300, 400, 200)}
    rows = [
        went(name, unit, 0, 10, 60, s, 900)
        for name, seconds in arrivals.items()
        for unit, s in zip(("E1", "E2", "T1"), seconds, strict=True)
    ]
    found, seconds = force_arrivals(attend(history(*rows), scenario=town), force)
    assert found["unit_id"].to_dict() == {0: "T1", 1: "E2"}
    assert seconds.tolist() == [340, 340]


def test_one_engine_is_measured_by_its_own_travel():
    town = department(E1=("engine", 4), M1=("ambulance", 2))
    calls = history(went("A", "M1", 0, 10, 20, 100, 900), went("A", "E1", 0, 10, 70, 200, 900))
    engine = Standard("own", "own", (Objective("engine", "Engine", 240, share=0.9),))
    rows = [went(f"I{i}", u, *s, at=NOON + pd.Timedelta(days=i)) for i in range(12) for u, s in
            (("M1", (0, 10, 20, 100, 900)), ("E1", (0, 10, 70, 200, 900)))]  # fmt: skip
    table = performance(history(*rows), scenario=town, standard=engine)
    assert table["p90_s"].loc[["travel", "engine"]].tolist() == [80, 130]
    assert attend(calls, scenario=town).firsts()["unit_id"].tolist() == ["M1"]


def test_objectives_speak_of_their_categories():
    standard = Standard(
        "own", "own",
        (Objective("ems", "EMS turnout", 60, "turnout_s", share=0.9, categories=("ems",)),
         Objective("all", "Turnout", 60, "turnout_s", share=0.9)),
    )  # fmt: skip
    calls = history(*many(20), category=["ems"] * 5 + ["fire"] * 15)
    assert performance(calls, standard=standard)["n"].loc[["ems", "all"]].tolist() == [5, 20]


def test_groups_of_the_clock_are_local():
    late = pd.Timestamp("2025-03-01 07:30", tz="UTC")  # Friday the 28th, half past eleven at night
    calls = history(went("A", "E1", 0, 10, 70, 200, 900, at=late))
    table = performance(calls, by=["hour", "weekday", "month", "year"])
    assert table.index[0][:4] == (23, "Friday", "2025-02", 2025)


def test_shifts_follow_one_another():
    local = pd.Series(pd.to_datetime(["2024-01-01 07:59", "2024-01-01 08:00", "2024-01-02 08:00", "2024-01-04 09:00"]))
    assert Shifts().at(local.dt.tz_localize("America/Los_Angeles")).tolist() == ["C", "A", "B", "A"]
    days = Shifts(("day", "night"), "2024-01-01 07:00", 12 * 3600)
    assert days.at(local.dt.tz_localize("America/Los_Angeles")).tolist() == ["day", "day", "day", "day"]
    with pytest.raises(InputError, match="shifts start"):
        Shifts(starts="tomorrow or so")


def test_the_shift_changes_at_the_same_hour_when_the_clocks_change():
    night = pd.Series(pd.to_datetime(["2025-03-09 07:59", "2025-03-09 08:00"])).dt.tz_localize("America/Los_Angeles")
    assert Shifts().at(night).nunique() == 2


def test_groups_are_complete_and_add_up():
    town = department(E1=("engine", 4), E2=("engine", 4))
    calls = history(*many(40), *[went(f"J{i}", "E2", 0, 10, 70, 200, 900) for i in range(12)])
    whole = performance(calls, scenario=town)["n"]
    for by in ("unit_id", "station_id", "unit_type", "hour", "weekday", "category", "zone_id", ["year", "unit_id"]):
        table = performance(calls, scenario=town, by=by)
        parts = table["n"].groupby(level="measure").sum()
        assert parts.to_dict() == whole.to_dict(), by
    by_unit = performance(calls, scenario=town, by="unit_id")
    assert by_unit.loc[("E2", "travel"), "p90_s"] == 130


def test_what_cannot_be_asked_is_refused():
    calls = history(*many(3))
    with pytest.raises(UnknownIdError, match="'weekday'"):
        performance(calls, by="weekdy")
    with pytest.raises(InputError, match="nth"):
        performance(calls, nth=0)
    of_incidents = calls._replace(responses=calls.responses.drop(columns="unit_id"))
    for asked in ({"nth": 2}, {"nth": None}, {"by": "unit_id"}, {"by": ["hour", "station_id"]}):
        with pytest.raises(InputError, match="one row per incident"):
            performance(of_incidents, **asked)
    for wrong in ({"first_types": ()}, {"first_types": "engine"}, {"longest_s": 0}, {"emergency_priorities": "1"}):
        with pytest.raises(InputError):
            Policy(**wrong)


def test_the_history_is_not_changed():
    calls = history(*many(12))
    before = calls.responses.copy(), calls.incidents.copy()
    performance(calls, scenario=department(E1=("engine", 4)), standard=standards.NFPA_1710, by="hour")
    pd.testing.assert_frame_equal(calls.responses, before[0])
    pd.testing.assert_frame_equal(calls.incidents, before[1])


def test_neither_order_nor_repetition_of_rows_matters():
    rows = many(30, step=7)
    shuffled = [rows[i] for i in np.random.default_rng(2).permutation(len(rows))]
    pd.testing.assert_frame_equal(performance(history(*rows)), performance(history(*shuffled)))


def test_the_ledger_states_every_rule_with_its_source():
    ledger = attend(history(*many(3))).ledger
    assert ledger["rule"].tolist() == [  # without those that ask for nothing
        "first_types", "emergency_only", "cancelled_turned_out", "staging_is_arrival", "aid_received", "aid_given",
    ]  # fmt: skip
    not_applied = ledger.loc[ledger["setting"].str.startswith("not applied"), "rule"]
    assert not_applied.tolist() == ["emergency_only", "staging_is_arrival", "aid_received", "aid_given"]
    assert (ledger["source"].str.len() > 5).all()
