"""Small exports of which figures once came out wrong without a word, each with its right value."""

from pathlib import Path

import numpy as np
import pytest

import fireplan as fp
from fireplan.errors import InputError
from fireplan.incidents._ledger.ids import holds_several
from fireplan.incidents._ledger.ledger import Ledger
from fireplan.incidents._times.stamp_order import flag
from fireplan.response_performance import Policy, attend
from fireplan.standards import Objective, Standard
from tests.support.histories import department, history, went

CASES = Path(__file__).parents[1] / "data" / "cases"


def read(name, *, mapping=None):
    return fp.read_cad(CASES / name, timezone="America/New_York", mapping=mapping)


def figures(table, measure):
    return table.loc[measure, ["n", "unknown", "p50_s", "p90_s"]].tolist()


def test_calls_that_the_unit_came_upon_are_left_out_of_the_sum_too():
    table = fp.performance(read("on_view_half.csv"))
    assert figures(table, "turnout_and_travel") == [15, 15, 354, 468]
    assert (table["unknown"] == 15).all()


def test_no_interval_longer_than_the_cap_counts_sums_included():
    capped = fp.performance(read("second_resolution.csv"), policy=Policy(longest_s=300))
    assert capped.loc["turnout_and_travel", ["n", "unknown", "p90_s"]].tolist() == [14, 16, 290]
    assert capped.loc["travel", ["n", "unknown"]].tolist() == [18, 12]
    assert (capped["p90_s"].dropna() <= 300).all()


def test_call_handling_over_the_cap_does_not_count():
    calls = history(*(went(f"I{i}", "E1", 0, 10 if i else 301, 320, 330, 900) for i in range(12)))
    assert fp.performance(calls, policy=Policy(longest_s=300)).loc["handling", ["n", "unknown"]].tolist() == [
        11, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("interval", ["travel_s", "turnout_and_travel_s", "total_response_s"])
def test_a_force_over_the_cap_or_met_upon_the_road_is_not_known(interval):
    town = department(E1=("engine", 4), E2=("engine", 4))
    two = Standard("own", "own", (Objective("two", "Two", 600, interval, needs={"engine": 2}),))
    slow = history(went("A", "E1", 0, 10, 70, 200, 900), went("A", "E2", 0, 10, 70, 500, 900))
    row = fp.performance(slow, scenario=town, standard=two, policy=Policy(longest_s=400)).loc["two"]
    assert row[["n", "unknown"]].tolist() == [0, 1]
    assert fp.performance(slow, scenario=town, standard=two).loc["two", "n"] == 1
    upon = history(went("A", "E1", 0, 10, 70, 100, 900), went("A", "E2", 120, 120, None, 120, 900, on_view=True))
    assert fp.performance(upon, scenario=town, standard=two).loc["two", ["n", "unknown"]].tolist() == [0, 1]


def test_a_unit_already_on_the_road_has_no_turnout_so_no_sum_with_it():
    calls = history(*(went(f"I{i}", "E1", 0, 10, 10, 100, 900, already_on_road=True) for i in range(12)))
    seen = attend(calls).responses
    assert seen["turnout_and_travel_s"].isna().all()
    assert (seen["total_response_s"] == 100).all()


def test_types_of_unit_are_taken_as_people_write_them():
    history_ = read("unit_type_as_written.csv")
    assert set(history_.responses["unit_type"]) <= {"engine", "truck", "ambulance"}
    assert figures(fp.performance(history_), "total_response") == [30, 0, 392, 510]


def test_a_chief_is_known_by_its_name():
    seen = attend(read("chief_first_no_types.csv"))
    assert figures(fp.performance(seen), "total_response") == [30, 0, 392, 510]
    rule = seen.ledger.set_index("rule").loc["first_types"]
    assert rule["responses"] == 15
    assert rule["setting"].endswith("types from the names of units")


def test_a_rule_that_could_not_be_applied_says_so():
    seen = attend(history(*(went(f"I{i}", "4711", 0, 10, 70, 100, 900) for i in range(12))))
    assert seen.ledger.set_index("rule").loc["first_types", "setting"].startswith("not applied: nothing tells")
    assert seen.responses["counts"].all()


def test_a_history_without_any_first_type_is_refused_with_the_types_it_has():
    odd = history(*(went(f"I{i}", "X1", 0, 10, 70, 100, 900, unit_type="Blimp") for i in range(12)))
    with pytest.raises(InputError, match=r"none of 12 responses would count; types found: 'Blimp' \(12\)"):
        fp.performance(odd)


def test_a_type_that_no_table_knows_is_kept_and_counted():
    row = dict.fromkeys(("incident_id", "unit_id", "call_type", "priority", "latitude", "longitude"), "1")
    row |= {"received": "2024-03-13 06:05:09", "dispatched": "2024-03-13 06:06:09", "enroute": "", "arrived": ""}
    row |= {"cleared": "2024-03-13 07:06:09", "latitude": "40.7", "longitude": "-73.9"}
    rows = [row | {"incident_id": str(i), "unit_type": kind} for i, kind in enumerate(["Engin", "ENG", "", "Blimp"])]
    seen = fp.incidents.read_cad_rows(rows, timezone="America/New_York")
    assert seen.responses["unit_type"].fillna("").tolist() == ["Engin", "engine", "", "Blimp"]
    noted = seen.ledger.set_index("code").loc["unit_type_unknown"]
    assert noted["rows"] == 2
    assert any("'Blimp' in 1 rows" in line for line in seen.messages())


def test_several_units_in_a_cell_are_refused_by_name():
    with pytest.raises(InputError, match=r"unit_id holds several units in 30 of 30 rows, such as 'E1;T1;B2' on line 2"):
        read("many_units_in_a_cell.csv")


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("E1;T1;B2", True), ("E1, T1", True), ("E1|T1", True), ("E1/T1", True), ("E1 T1", True), ("E1 & M-2", True),
        ("E1\nT1", True), ("OCN E12", False), ("Engine 4", False), ("E1;", False), ("1,234", False), ("24/7", False),
        ("E1/2", False), ("", False), ("E1 and T1", True), ("Engine 1 / Truck 2", True), ("Sand and Gravel", False),
    ],
)  # fmt: skip
def test_what_is_one_unit_and_what_are_several(text, several):
    assert holds_several(text) is several


def test_a_call_without_received_is_placed_by_its_first_stamp():
    seen = read("received_partly_blank.csv")
    for by in ("hour", "weekday", "month", "year"):
        parts = fp.performance(seen, by=by)
        assert parts.xs("travel", level="measure")["n"].sum() == 30
        assert parts.xs("total_response", level="measure")[["n", "unknown"]].sum().tolist() == [20, 10]
        assert "not known" not in parts.index.get_level_values(by)


def test_what_has_no_stamp_and_no_priority_is_a_group_with_a_name():
    rows = [went(f"I{i}", "E1", *((0, 10, 70, 100, 900) if i else (None,) * 5)) for i in range(12)]
    made = history(*rows, priority=[None, *"1" * 11])
    for by in ("hour", "weekday", "month", "year", "shift", "priority"):
        parts = fp.performance(made, by=by).xs("handling", level="measure")
        assert parts.loc["not known", ["n", "unknown"]].tolist() == [0, 1]
        assert parts[["n", "unknown"]].sum().tolist() == [11, 1]


def test_equal_minutes_are_short_turnouts_not_units_on_the_road():
    seen = read("minute_stamps_short_turnouts.csv")
    assert not seen.responses[["on_view", "already_on_road"]].any(axis=None)
    assert seen.ledger.set_index("code").loc["minute_resolution", "rows"] == 30
    assert fp.performance(seen).loc["turnout", ["n", "unknown"]].tolist() == [30, 0]


def test_the_resolution_is_that_of_a_column():
    lines = np.arange(2, 10)
    stamps = np.full((8, 5), np.datetime64("2024-03-13T06:05:00", "us")) + np.arange(8)[:, None] * np.timedelta64(
        1, "h"
    )
    stamps[:, 1] += np.arange(8) * np.timedelta64(1, "s")  # seconds in `dispatched` alone
    stamps[:, 2:] += np.timedelta64(60, "s")
    ledger = Ledger()
    flag(stamps, ~np.isnat(stamps), lines=lines, ledger=ledger)
    found = ledger.frame(rows_ok=8).set_index("code").loc["minutes_in_column"]
    assert found["column"] == "received, enroute, arrived, cleared"


def test_a_blank_clock_beside_a_date_is_a_missing_stamp():
    seen = read("blank_clock_beside_date.csv", mapping=CASES / "blank_clock_beside_date.toml")
    assert seen.responses["cancelled"].sum() == 10
    assert seen.ledger.set_index("code").loc["cancelled", "rows"] == 10
    assert "time_unreadable" not in set(seen.ledger["code"])


def test_a_placeholder_for_a_clock_beside_a_date_is_one_too(tmp_path):
    text = (CASES / "blank_clock_beside_date.csv").read_text(encoding="utf-8").replace(",,", ",NULL,")
    file = tmp_path / "cad.csv"
    file.write_text(text, encoding="utf-8")
    seen = fp.read_cad(file, timezone="America/New_York", mapping=CASES / "blank_clock_beside_date.toml")
    assert seen.responses["cancelled"].sum() == 10
    assert "time_unreadable" not in set(seen.ledger["code"])
