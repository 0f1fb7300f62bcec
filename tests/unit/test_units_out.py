"""Performance by how many units were out already, and by calls back to back, on hand-made histories."""

import pandas as pd
import pytest

import fireplan as fp
from fireplan.errors import InputError
from fireplan.response_performance import attend
from fireplan.response_performance._groups import keys_for
from fireplan.response_performance._units_out import AT_ANOTHER, RESTED, SOON
from tests.support.histories import department, history, went

TOWN = department(
    E1=("engine", 4), E2=("engine", 4), E3=("engine", 4), E4=("engine", 4), E5=("engine", 4), T1=("truck", 4)
)


def out(rows, *, by="units_committed", town=TOWN):
    """The group of the first response to each incident."""
    seen = attend(history(*rows), scenario=town)
    keys = keys_for(seen, seen.responses, [by])[by]
    return dict(zip(seen.responses["incident_id"], keys.astype(str), strict=True))


def sent(name, unit, at, cleared=5000, **more):
    return went(name, unit, at - 30, at, at + 60, at + 120, cleared, **more)


def test_units_of_the_kind_that_were_out_are_counted():
    rows = [sent(name, f"E{k + 1}", 10 * k) for k, name in enumerate("ABCDE")]
    assert out(rows) == {"A": "0", "B": "1", "C": "2", "D": "3+", "E": "3+"}


def test_a_truck_is_no_engine_but_a_unit():
    rows = [sent("A", "T1", 0), sent("B", "E1", 10), sent("C", "E2", 20)]
    assert out(rows) == {"A": "0", "B": "0", "C": "1"}
    assert out(rows, by="all_units_committed") == {"A": "0", "B": "1", "C": "2"}


def test_units_at_the_same_incident_are_not_out_already():
    rows = [sent("A", "E1", 0), sent("A", "E2", 300), sent("B", "E3", 400)]
    assert out(rows) == {"A": "0", "B": "2"}


def test_who_clears_at_that_moment_is_no_longer_out_and_who_is_sent_at_it_not_yet():
    assert out([sent("A", "E1", 0, cleared=500), sent("B", "E2", 500)]) == {"A": "0", "B": "0"}
    assert out([sent("A", "E1", 0, cleared=501), sent("B", "E2", 500)]) == {"A": "0", "B": "1"}
    assert out([sent("A", "E1", 500), sent("B", "E2", 500)]) == {"A": "0", "B": "0"}


def test_a_unit_sent_to_two_incidents_is_one_and_a_neighbours_is_none():
    rows = [sent("A", "E1", 0), sent("B", "E1", 100), sent("C", "E77", 150), sent("D", "E2", 200)]
    assert out(rows)["D"] == "1"


def test_a_commitment_without_an_end_lasts_to_its_last_stamp():
    rows = [sent("A", "E1", 0, cleared=None), sent("B", "E2", 100), sent("C", "E3", 121, cleared=9000)]
    assert out(rows) == {"A": "0", "B": "1", "C": "1"}  # E1 arrived at 120 s; E2 is out


def test_calls_back_to_back():
    rows = [
        sent("A", "E1", 0, cleared=1000),
        sent("B", "E1", 900, cleared=2000),
        sent("C", "E1", 2600, cleared=3000),
        sent("D", "E1", 3601, cleared=4000),
        sent("E", "E2", 3700),
    ]
    told = out(rows, by="back_to_back")
    assert told == {"A": RESTED, "B": AT_ANOTHER, "C": SOON, "D": RESTED, "E": RESTED}


def test_a_second_dispatch_to_the_same_call_is_not_back_to_back():
    rows = [sent("A", "E1", 0, cleared=1000), sent("A", "E1", 50, cleared=1100), sent("B", "E1", 9000, cleared=9500)]
    assert set(out(rows, by="back_to_back").values()) == {RESTED}


def test_performance_by_units_committed_adds_up():
    rows = [sent(f"I{k:02d}", f"E{k % 5 + 1}", 300 * k, cleared=300 * k + 700) for k in range(60)]
    past = history(*rows)
    whole = fp.performance(past, scenario=TOWN).loc["travel"]
    for by in ("units_committed", "all_units_committed", "back_to_back"):
        parts = fp.performance(past, scenario=TOWN, by=by).xs("travel", level="measure")
        assert parts["n"].sum() == whole["n"]
    by_out = fp.performance(past, scenario=TOWN, by="units_committed").xs("travel", level="measure")["n"]
    assert by_out.to_dict() == {"0": 1, "1": 1, "2": 58}


def test_misses_by_units_committed():
    rows = [sent(f"I{k:02d}", f"E{k % 2 + 1}", 900 * k, cleared=900 * k + 1000) for k in range(30)]
    far = fp.why_missed(
        history(*rows, points=[(-140.0, 30.03)] * 30), scenario=TOWN, objective=fp.Objective("x", "First engine", 50)
    )
    assert far.totals(by="units_committed")["incidents"].groupby("units_committed").sum().to_dict() == {"0": 1, "1": 29}


def test_a_history_without_units_cannot_say_who_was_out():
    past = history(sent("A", "E1", 0))
    alone = past._replace(responses=past.responses.drop(columns="unit_id"))
    for by in ("units_committed", "all_units_committed", "back_to_back"):
        with pytest.raises(InputError, match="cannot be told"):
            fp.performance(alone, by=by)


def test_what_is_not_known_stands_apart():
    past = history(sent("A", "E1", 0), went("B", "E2", 0, None, 50, 100, 200))
    seen = attend(past, scenario=TOWN)
    keys = keys_for(seen, seen.responses, ["units_committed"])["units_committed"]
    assert dict(zip(seen.responses["incident_id"], keys, strict=True)) == {"A": "0", "B": "not known"}
    assert isinstance(keys.dtype, pd.CategoricalDtype)
