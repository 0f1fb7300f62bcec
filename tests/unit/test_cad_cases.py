"""Small exports of which figures once came out wrong without a word, each with its right value."""

from pathlib import Path

import pytest

import fireplan as fp
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


def test_call_processing_over_the_cap_does_not_count():
    calls = history(*(went(f"I{i}", "E1", 0, 10 if i else 301, 320, 330, 900) for i in range(12)))
    assert fp.performance(calls, policy=Policy(longest_s=300)).loc["call_processing", ["n", "unknown"]].tolist() == [
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
