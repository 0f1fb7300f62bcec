"""What performance says beside its figures: units matched, resolution, priorities, what is left out; and sums."""

import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend, hour_by_weekday, performance, reliability, workload
from fireplan.stations._unit_ids import plain_unit_id as plain
from tests.support.histories import NOON, department, history, went

MINUTE = (0, 60, 120, 300, 900)


def calls(*units, stamps=(0, 40, 100, 280, 901), n=12, **more):
    return history(
        *(
            went(f"I{i}", u, *(s + 3600 * i for s in stamps), **more)
            for i in range(n)
            for u in units[i % len(units) :][:1]
        )
    )


# --- ids of units


@pytest.mark.parametrize("unit", ["M01", "m-1", "M 1", "m1", "M.001"])
def test_a_unit_spelt_another_way_is_matched_and_said(unit):
    town = department(M1=("ambulance", 2), M2=("ambulance", 2))
    seen = attend(calls(unit), scenario=town)
    assert seen.responses["own"].all()
    assert set(seen.responses["unit_id"]) == {"M1"}
    assert seen.notes == (f"units matched by the spelling of their ids: '{unit}' as M1 (12 responses)",)
    assert workload(calls(unit), scenario=town, by="unit_id")["n"].to_dict() == {"M1": 12, "M2": 0}


def test_a_unit_that_could_be_two_is_none_of_them_and_said():
    town = department(**{"M1": ("ambulance", 2), "M-1": ("ambulance", 2)})
    seen = attend(calls("M1", "M01"), scenario=town)
    assert seen.responses.set_index("unit_id")["own"].groupby(level=0).all().to_dict() == {"M01": False, "M1": True}
    assert "'M01' (6 responses): M-1 and M1" in seen.notes[0]


def test_ids_that_differ_in_more_than_spelling_stay_apart():
    assert plain("E10") != plain("E1")
    assert plain("E1") != plain("M1")
    assert plain("E1A") != plain("E1")
    seen = attend(calls("E1", "E10"), scenario=department(E1=("engine", 4)))
    assert seen.responses.set_index("unit_id")["own"].groupby(level=0).all().to_dict() == {"E1": True, "E10": False}


def test_a_history_of_strangers_is_refused_with_examples_of_both():
    town = department(E1=("engine", 4), E2=("engine", 4))
    told = "none of the 2 units of this history is in the table of units: the history has 'EN1', 'X7', the table 'E1'"
    with pytest.raises(InputError, match=told + ", 'E2'; did you mean E1 by 'EN1'"):
        performance(calls("EN1", "X7"), scenario=town)
    with pytest.raises(InputError, match="none of the 2 units"):
        workload(calls("EN1", "X7"), scenario=town)
    assert performance(calls("EN1"), scenario=town, policy=Policy(aid_received=True)).loc["travel", "n"] == 12


def test_the_reader_takes_them_for_the_departments_own_too():
    row = {"incident_id": "1", "unit_id": "m-01", "call_type": "EMS", "priority": "1", "latitude": "39.9"}
    row |= {"longitude": "-75.1", "received": "2024-03-13 06:00:01", "dispatched": "2024-03-13 06:01:01"}
    row |= {"enroute": "", "arrived": "2024-03-13 06:05:01", "cleared": ""}
    rows = [row, row | {"incident_id": "2", "unit_id": "M2"}]
    for units, aid in ((["M1"], [False, True]), (["M1", "M-1"], [True, True])):
        seen = fp.incidents.read_cad_rows(rows, timezone="America/New_York", units=units)
        assert seen.responses["mutual_aid"].tolist() == aid


# --- resolution


def test_stamps_to_the_minute_leave_their_half_width():
    table = performance(calls("E1", stamps=MINUTE))
    assert table["half_width_s"].to_dict() == dict.fromkeys(table.index, 60.0)
    assert table.loc["travel", "note"].endswith("stamps to the minute: 1:00 off either way")
    assert any("Stamps are to the minute" in line for line in table.attrs["left_out"])
    one = performance(calls("E1", stamps=(0, 40, 100, 300, 901)))  # received and arrived alone
    assert one["half_width_s"].to_dict() == {
        "handling": 30, "turnout": 0, "travel": 30, "turnout_and_travel": 30, "total_response": 60,
    }  # fmt: skip
    assert one.attrs["resolution_s"] == {"received": 60, "dispatched": 1, "enroute": 1, "arrived": 60, "cleared": 1}
    assert (performance(calls("E1", stamps=(7, 40, 100, 280, 901)))["half_width_s"] == 0).all()


# --- what is left out


def test_a_table_leads_with_what_the_policy_leaves_out():
    made = calls("E1")
    priority = ["1"] * 4 + ["3"] * 7 + [None]
    made.incidents["priority"] = pd.array(priority, dtype="str")
    seen = attend(made, policy=Policy(emergency_priorities=("1",)))
    assert seen.priorities().to_dict() == {"1": 4, "3": 7, "not known": 1}
    first, second, third, *_ = seen.headline()
    assert first == (
        "More than half is left out: 8 of 12 incidents (66.7 %) by emergency_only, not answered as emergencies."
    )
    assert second.startswith("Measured are 4 of 12 incidents; left out are 8 incidents by emergency_only")
    assert third == "Priorities found: 1 (4), 3 (7), not known (1); emergencies are 1."
    assert performance(seen).attrs["priorities"] == {"1": 4, "3": 7, "not known": 1}
    assert attend(made).headline()[0] == "Measured are 12 of 12 incidents; the policy leaves out none."


def test_a_cap_says_how_many_responses_lose_an_interval():
    rules = attend(calls("E1"), policy=Policy(longest_s=200)).ledger.set_index("rule")
    assert rules.loc["longest_s", "responses"] == 12
    assert "longest_s" not in attend(calls("E1")).ledger["rule"].to_numpy()


# --- committed time


def test_commitments_of_over_a_day_are_named_and_left_out():
    rows = [went("A", "E1", 0, 10, 70, 130, 3610), went("B", "E1", 7200, 7200, 7260, 7320, 7200 + 86_401),
            went("C", "E1", 200_000, 200_000, 200_060, 200_120, 200_000 + 86_400)]  # fmt: skip
    table = workload(history(*rows), start=NOON, end=NOON + pd.Timedelta(days=5))
    assert table[["n", "unknown", "over_a_day"]].iloc[0].tolist() == [3, 0, 1]
    assert table["committed_h"].iloc[0] == pytest.approx(1 + 24)
    assert table.attrs["over_a_day"] == ("B E1",)


def test_calls_without_received_stand_in_the_hours_of_the_week():
    made = history(*(went(f"I{i}", "E1", None if i else 0, 10, 70, 100, 900) for i in range(12)))
    assert hour_by_weekday(made)["n"].to_numpy().sum() == 12


def test_a_unit_that_came_upon_a_call_served_no_area():
    town = department(E1=("engine", 4))
    rows = [went(f"I{i}", "E1", 0, 0, None, 0, 900, on_view=True) for i in range(3)]
    rows += [went(f"J{i}", "E1", 0, 40, 100, 280, 900) for i in range(12)]
    table = reliability(history(*rows), scenario=town, by=())
    assert table[["n", "n_first", "n_initial"]].iloc[0].tolist() == [12, 12, 12]
    assert table.attrs["nobody_eligible"] == 3


# --- parts add up to the whole


def adds_up(seen, groups, **asked):
    whole = performance(seen, **asked)
    for by in groups:
        parts = performance(seen, by=by, **asked).groupby(level="measure")[["n", "unknown"]].sum()
        parts = parts.reindex(whole.index, fill_value=0)  # an objective without a record is in no group
        pd.testing.assert_frame_equal(parts, whole[["n", "unknown"]], check_dtype=False, obj=by)
    incidents = seen.incidents
    assert hour_by_weekday(seen)["n"].to_numpy().sum() == incidents["local"].notna().sum()


def test_marisol_adds_up():
    project = sample_city(calibrated=False)
    seen = attend(project.history, scenario=project.today, policy=project.plan.performance.policy)
    adds_up(seen, ("hour", "weekday", "month", "station_id", "zone_id"), standard=project.standard)
    loads = workload(seen, scenario=project.today)
    for by in ("hour", "weekday", "month", "station_id"):
        parts = workload(seen, scenario=project.today, by=by)[["n", "committed_h"]].sum()
        assert parts.tolist() == pytest.approx(loads[["n", "committed_h"]].iloc[0].tolist())
    whole = reliability(seen, scenario=project.today, by=())
    by_hour = reliability(seen, scenario=project.today, by="hour")
    assert by_hour[["n", "served_first"]].sum().tolist() == whole[["n", "served_first"]].iloc[0].tolist()


@pytest.mark.realdata
def test_san_francisco_adds_up(shared_data):
    calls_of_city = shared_data / "sf" / "sffd_calls_2020-04-07_20.csv.gz"
    seen = attend(fp.read_cad(calls_of_city, timezone="America/Los_Angeles", mapping="san_francisco"))
    adds_up(seen, ("hour", "weekday", "month", "unit_id", "category", "priority"), standard="NFPA_1710")
