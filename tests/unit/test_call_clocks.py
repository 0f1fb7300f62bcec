"""Answering, processing and handling of a call: three intervals, and no limit of one held against another."""

import pandas as pd
import pytest

import fireplan as fp
from fireplan import standards
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend, baseline_sentences, performance, sensitivity
from fireplan.standards import Objective, Standard
from tests.support.histories import department, history, went

DAY = "2024-03-13 06:"
ROW = {
    "incident_id": "1", "unit_id": "E1", "call_type": "FIRE", "priority": "1", "latitude": "39.95",
    "longitude": "-75.16",
    "received": f"{DAY}00:00", "answered": f"{DAY}00:12", "created": f"{DAY}00:40", "dispatched": f"{DAY}01:10",
    "enroute": f"{DAY}02:10", "arrived": f"{DAY}05:10", "cleared": f"{DAY}40:00",
}  # fmt: skip
NFPA = standards.NFPA_1710 + standards.NFPA_1710_MORE


def read(*rows, drop=(), rename=None):
    table = [{(rename or {}).get(k, k): v for k, v in (ROW | row).items() if k not in drop} for row in rows or ({},)]
    return fp.incidents.read_cad_rows(table, timezone="America/New_York")


def calls(n=12, *, answered=12):
    """Calls of 40 s from receipt to dispatch, answered after so many; None: not told."""
    rows = [went(f"I{i}", "E1", *(2000 * i + s for s in (0, 40, 100, 280, 900))) for i in range(n)]
    made = history(*rows)
    if answered is not None:
        made.responses["answered"] = made.responses["received"] + pd.Timedelta(seconds=answered)
    return made


def codes(seen):
    return set(seen.ledger["code"])


def test_the_three_intervals_are_told_apart():
    table = performance(calls())
    assert table.loc[["answering", "processing", "handling"], "p50_s"].tolist() == [12, 28, 40]
    assert table.loc[["answered_to_arrival", "total_response"], "p50_s"].tolist() == [268, 280]
    assert table.loc["total_response", "title"] == "total response time to arrival"


def test_a_limit_for_processing_is_held_against_processing_alone():
    known, untold = (performance(calls(answered=a), standard=NFPA) for a in (12, None))
    assert known.loc["alarm_processing", ["n", "p90_s", "within"]].tolist() == [12, 28, 12]
    assert known.loc["answering_95", ["n", "p90_s"]].tolist() == [12, 12]
    for key in ("alarm_processing", "processing_95", "answering_95", "answering_99"):
        row = untold.loc[key]
        assert row[["n", "unknown"]].tolist() == [0, 12]
        assert row["note"].startswith("not measured: the records do not say when calls")
        assert pd.isna(row["met"])
    assert untold.loc["handling", "p50_s"] == 40
    assert not {"answering", "processing", "answered_to_arrival"} & set(untold.index)


def test_what_is_not_told_is_said_in_the_sentence_too():
    told = baseline_sentences(performance(calls(answered=None), standard=NFPA), standard=NFPA).set_index("measure")
    assert (
        "the call processing time is not measured: the records do not say when calls were answered"
        in (told.loc["alarm_processing", "sentence"])
    )
    with pytest.raises(InputError, match="processing_s is not measured"):
        sensitivity(calls(answered=None), measure="processing_s")


def test_processing_is_to_the_first_dispatch_and_not_of_a_unit_that_came_upon_the_call():
    rows = [went("A", "E1", 0, 40, 100, 280, 900), went("A", "E2", 0, 30, 90, 300, 900),
            went("A", "E3", 0, 0, None, 0, 900, on_view=True)]  # fmt: skip
    made = history(*rows)
    made.responses["answered"] = made.responses["received"] + pd.Timedelta(seconds=10)
    seen = attend(made)
    table = performance(seen)
    assert table.loc[["answering", "processing", "handling"], "n"].tolist() == [1, 1, 1]
    upon = seen.responses.set_index("unit_id").loc["E3", ["answering_s", "processing_s", "handling_s"]]
    assert upon.isna().all()
    capped = performance(attend(made, policy=Policy(longest_s=25)))
    assert capped.loc[["answering", "processing", "handling"], "n"].tolist() == [1, 1, 0]


def test_two_names_of_one_clock_tell_no_answering():
    table = performance(calls(answered=0), standard=NFPA)
    assert table.loc["answering_95", ["n", "unknown"]].tolist() == [0, 12]
    assert table.loc["alarm_processing", "p50_s"] == 40


def test_a_force_from_the_answering_of_the_call():
    town = department(E1=("engine", 10))
    row = performance(calls(), scenario=town, standard="AGBF").loc["agbf_first"]
    assert row[["n", "p90_s", "limit_s", "goal"]].tolist() == [12, 268, 570, 0.95]
    untold = performance(calls(answered=None), scenario=town, standard="AGBF").loc["agbf_first"]
    assert untold["n"] == 0
    assert untold["note"].startswith("not measured")


def test_the_reader_keeps_answered_and_created():
    seen = read()
    assert seen.incidents.loc["1", ["received", "answered", "created"]].dt.strftime("%M:%S").tolist() == [
        "00:00", "00:12", "00:40",
    ]  # fmt: skip
    one = attend(seen).responses.loc[0, ["answering_s", "processing_s", "handling_s", "call_processing_s"]]
    assert one.tolist() == [12, 58, 70, 70]


@pytest.mark.parametrize(
    ("column", "at", "code"),
    [
        ("answered", "05:59:00", "answered_before_received"), ("answered", "06:01:11", "dispatched_before_answered"),
        ("created", "05:59:00", "created_before_received"),
    ],
)  # fmt: skip
def test_times_of_the_call_in_the_wrong_order_are_dropped(column, at, code):
    seen = read({column: f"2024-03-13 {at}"})
    assert code in codes(seen)
    assert pd.isna(seen.incidents.loc["1", column])
    assert attend(seen).responses.loc[0, "handling_s"] == 70


def test_the_next_time_there_is_stands_for_received_and_answering_is_not_known():
    seen = read(drop=["received"])
    assert "received_stood_in" in codes(seen)
    table = performance(seen, standard=NFPA)
    assert table.loc["answering_95", "n"] == 0
    assert attend(seen).responses.loc[0, ["processing_s", "handling_s"]].tolist() == [58, 58]
    assert "received_stood_in" not in codes(read())


def test_names_of_neris_and_nfors_are_known():
    neris = {"received": "dispatch_time_call_arrival", "answered": "dispatch_time_call_answering",
             "created": "dispatch_time_call_create"}  # fmt: skip
    for names in (neris, {"answered": "psap_answer_time", "created": "event_opened"}):
        assert attend(read(rename=names)).responses.loc[0, ["answering_s", "processing_s"]].tolist() == [12, 58]


def test_a_call_is_placed_by_its_answering_where_nothing_else_is_known():
    seen = read({"received": ""}, {"incident_id": "2", "unit_id": "E2"})
    assert attend(seen).incidents.loc["1", "local"].strftime("%H:%M:%S") == "06:00:12"


def test_the_former_name_is_handling_and_says_so():
    with pytest.warns(DeprecationWarning, match="call_processing_s is now handling_s"):
        former = Objective("p", "Calls", 64, "call_processing_s")
    assert former.interval == "handling_s"
    assert str(former) == "Calls within 1:04 call handling"
    table = performance(calls(answered=None), standard=Standard("own", "own", (former,)))
    assert table.loc["p", "n"] == 12


def test_figures_of_the_standards_beside_the_first_engine_and_the_full_alarm():
    told = {o.key: (o.interval, o.limit_s, o.share) for o in standards.NFPA_1710_MORE.objectives}
    assert told == {
        "second_company": ("travel_s", 360, 0.9), "first_responder": ("travel_s", 240, 0.9),
        "advanced_life_support": ("travel_s", 480, 0.9), "answering_95": ("answering_s", 15, 0.95),
        "answering_99": ("answering_s", 40, 0.99), "processing_95": ("processing_s", 106, 0.95),
    }  # fmt: skip
    (high_rise,) = standards.NFPA_1710_HIGH_RISE.objectives
    assert (high_rise.limit_s, high_rise.where) == (610, {"risk_class": ("high_rise",)})
    agbf = [(o.limit_s, dict(o.needs), o.share, o.interval) for o in standards.AGBF.objectives]
    assert agbf == [(570, {"people": 10}, 0.95, "answered_to_arrival_s"), (870, {"people": 16}, 0.95, agbf[0][3])]
    assert [o.limit_s for o in standards.VICTORIA_CFA.objectives] == [480, 600, 1200]
    assert [(o.limit_s, o.interval) for o in standards.VICTORIA_FRV.objectives] == [
        (462, "turnout_and_travel_s"), (552, "turnout_and_travel_s"),
    ]  # fmt: skip
    assert (standards.NETHERLANDS["dutch_all"].limit_s, standards.BAVARIA["bavaria_help"].limit_s) == (1080, 600)
    weak = (standards.NFPA_1710_MORE, standards.NFPA_1710_HIGH_RISE, standards.NETHERLANDS, standards.VICTORIA_CFA)
    assert not any(o.verified for standard in weak for o in standard.objectives)
    assert [f.value_s for f in standards.reference_figures()] == [529]


def test_an_objective_of_one_class_of_risk_is_never_held_against_all_ground():
    with pytest.raises(InputError, match="is held where risk_class is high_rise, and no column 'risk_class' says so"):
        performance(calls(), scenario=department(E1=("engine", 4)), standard="NFPA_1710_HIGH_RISE")
