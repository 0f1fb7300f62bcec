"""What must hold of response performance, whatever was dispatched."""

import numpy as np
import pandas as pd
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.response_performance import performance
from fireplan.standards import Objective, Standard
from tests.support.histories import NOON, history, went

CALLS = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 3600), st.integers(0, 200), st.integers(0, 200),
        st.one_of(st.none(), st.integers(0, 900)),
        st.sampled_from(["E1", "E2", "T1"]), st.sampled_from(["fire", "ems"]),
    ),
    min_size=1, max_size=40,
)  # fmt: skip
WEEK = pd.Timedelta(weeks=1)


NOTHING = pd.Timedelta(0)


def built(calls, *, first=0, later=NOTHING):
    """One response per call: when, call processing, turnout, travel (None: never arrived), unit, category."""
    rows = [
        went(
            f"I{first + i}", unit, 0, processing, processing + turnout,
            None if travel is None else processing + turnout + travel, 4000, at=NOON + later + pd.Timedelta(seconds=at),
        )
        for i, (at, processing, turnout, travel, unit, _) in enumerate(calls)
    ]  # fmt: skip
    return history(*rows, category=[c[-1] for c in calls])


@settings(max_examples=tries(40))  # each takes a tenth of a second
@given(CALLS, st.integers(1, 900))
def test_the_90th_percentile_is_within_the_limit_exactly_when_nine_in_ten_are(calls, limit_s):
    goal = Standard("own", "own", (Objective("goal", "Turnout", limit_s, "turnout_s", share=0.9),))
    row = performance(built(calls), standard=goal, nth=None).loc["goal"]
    if row["n"] >= 10:
        assert (row["p90_s"] <= limit_s) == (row["share"] >= 0.9) == row["met"]
        assert row["p90_low_s"] <= row["p90_s"] <= row["p90_high_s"]
        assert row["share_low"] <= row["share"] <= row["share_high"]
    else:
        assert np.isnan(row["p90_s"])


@settings(max_examples=tries(40))  # each takes a tenth of a second
@given(CALLS, st.sampled_from(["unit_id", "hour", "weekday", "category", ["month", "unit_id"]]))
def test_every_record_is_in_n_or_unknown_and_groups_add_up(calls, by):
    made = built(calls)
    columns = ["n", "unknown"]
    whole = performance(made, nth=None)[columns]
    assert (whole["n"] + whole["unknown"] == len(calls)).all()
    parts = performance(made, nth=None, by=by).groupby(level="measure", observed=True, dropna=False)[columns].sum()
    assert parts.to_dict("index") == whole.to_dict("index")


@settings(max_examples=tries(40))  # each takes a tenth of a second
@given(CALLS, st.randoms(use_true_random=False), st.sampled_from(["hour", "weekday", "month", "year", "priority"]))
def test_groups_add_up_where_stamps_and_values_are_missing(calls, random, by):
    rows = [
        went(f"I{i}", "E1", *(None if random.random() < 0.4 else 60 * k for k in range(5)), at=NOON + i * WEEK)
        for i in range(len(calls))
    ]
    made = history(*rows, priority=[random.choice(["1", None]) for _ in rows])
    columns = ["n", "unknown"]
    whole = performance(made, nth=None)[columns]
    parts = performance(made, nth=None, by=by)[columns].groupby(level="measure").sum()
    assert parts.to_dict("index") == whole.to_dict("index")


@settings(max_examples=tries(40))  # each takes a tenth of a second
@given(CALLS, st.integers(-40, 40), st.randoms(use_true_random=False))
def test_neither_order_nor_whole_weeks_change_the_report(calls, weeks, random):
    before = performance(built(calls), nth=None, by="weekday")
    shuffled = random.sample(calls, len(calls))
    pd.testing.assert_frame_equal(before, performance(built(shuffled), nth=None, by="weekday"))
    utc = built(calls, later=weeks * WEEK)._replace(timezone="UTC")  # by other clocks a week can be an hour off
    pd.testing.assert_frame_equal(
        performance(built(calls)._replace(timezone="UTC"), nth=None, by=["weekday", "hour"]),
        performance(utc, nth=None, by=["weekday", "hour"]),
    )


@settings(max_examples=tries(40))  # each takes a tenth of a second
@given(CALLS, CALLS)
def test_counts_of_two_exports_add_up(one, other):
    both = performance(built([*one, *other]), nth=None)["n"]
    apart = performance(built(one), nth=None)["n"] + performance(built(other, first=len(one)), nth=None)["n"]
    pd.testing.assert_series_equal(both, apart)
