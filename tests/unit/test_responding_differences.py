"""Differences between periods and between simulations, and their intervals."""

import numpy as np
import pandas as pd
import pytest

from fireplan.errors import InputError
from fireplan.response_performance import attend
from fireplan.response_performance._period_differences import between, difference, draw_days, drawn_percentiles, split
from fireplan.response_performance._statistics import percentile
from fireplan.standards import Objective
from tests.support.histories import NOON, history, went


def calls(travel_s, *, start=NOON, per_day=4, name="I", **more):
    """One call for each time of travel, so many a day."""
    at = start + pd.to_timedelta(np.arange(len(travel_s)) // per_day, unit="D")
    return [
        went(f"{name}{i:04d}", "E1", 0, 10, 70, 70 + int(t), 2000, at=a, **more)
        for i, (t, a) in enumerate(zip(travel_s, at, strict=True))
    ]


def uneven(seed, n=200, mean=200):
    return np.random.default_rng(seed).gamma(5, mean / 5, n).round()


def test_the_same_data_differ_by_nothing():
    seen = history(*calls(uneven(1)))
    row = difference(seen, seen, replications=200).iloc[0]
    assert row["difference"] == 0
    assert row["low"] < 0 < row["high"]
    paired = difference(seen, seen, paired=True, replications=200).iloc[0]
    assert (paired["difference"], paired["low"], paired["high"]) == (0, 0, 0)


def test_values_and_their_difference():
    one, other = history(*calls(range(1, 101))), history(*calls(range(11, 111)))
    table = difference(one, other, replications=100)
    row = table.loc["travel"]
    assert row[["value_a", "value_b", "difference", "n_a", "n_b"]].tolist() == [90, 100, 10, 100, 100]
    assert row[["statistic", "unit", "replications", "seed", "note"]].tolist() == ["p90", "s", 100, 1, ""]
    share = difference(one, other, statistic="share", limit_s=50, replications=100).loc["travel"]
    assert share[["value_a", "value_b", "unit"]].tolist() == [0.5, 0.4, "share of records"]
    assert share["difference"] == pytest.approx(-0.1)
    assert difference(one, other, statistic="p50", replications=9).loc["travel", "value_b"] == 60


def test_paired_sides_cancel_what_days_have_in_common():
    slow_days = np.repeat(np.random.default_rng(2).gamma(4, 60, 60).round(), 4)
    one, other = history(*calls(slow_days)), history(*calls(slow_days + 10))
    paired = difference(one, other, paired=True, replications=200).iloc[0]
    assert (paired["difference"], paired["low"], paired["high"]) == (10, 10, 10)
    apart = difference(one, other, replications=200).iloc[0]
    assert apart["low"] < 0 < apart["high"]


def test_the_order_of_rows_does_not_matter():
    one, other = history(*calls(uneven(3))), history(*calls(uneven(4), name="J"))
    shuffled = [
        h._replace(
            incidents=h.incidents.sample(frac=1, random_state=5), responses=h.responses.sample(frac=1, random_state=6)
        )
        for h in (one, other)
    ]
    for options in ({}, {"statistic": "share", "limit_s": 250.0}, {"by": "weekday"}):
        pd.testing.assert_frame_equal(
            difference(one, other, replications=50, **options), difference(*shuffled, replications=50, **options)
        )


def test_draws_are_repeatable_and_differ_by_seed():
    one, other = history(*calls(uneven(3))), history(*calls(uneven(4)))
    ends = [tuple(difference(one, other, replications=50, seed=s).iloc[0][["low", "high"]]) for s in (7, 7, 8)]
    assert ends[0] == ends[1] != ends[2]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_percentiles_of_draws_are_those_of_records_repeated(share):
    rng = np.random.default_rng(8)
    value, day = rng.gamma(5, 40, 150).round(), rng.integers(0, 20, 150)
    drawn = draw_days(20, 40, rng)
    assert (drawn.sum(axis=1) == 20).all()
    expected = [percentile(np.sort(np.repeat(value, row[day])), share) for row in drawn]
    np.testing.assert_array_equal(drawn_percentiles(value, day, drawn, share), expected)


def test_draws_without_a_record_have_no_percentile():
    drawn = np.array([[2, 0], [0, 2]], dtype=np.int32)
    np.testing.assert_array_equal(drawn_percentiles(np.array([5.0, 7.0]), np.array([1, 1]), drawn, 0.9), [np.nan, 7.0])


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(9)
    days, per_day, held = 80, 8, 0
    repeats = 80
    for _ in range(repeats):
        drawn = []
        for _side in range(2):
            of_day = rng.normal(0, 0.25, days).repeat(per_day)  # calls of one day hang together
            value = np.exp(5 + of_day + rng.normal(0, 0.3, days * per_day))
            weights = draw_days(days, 200, rng)
            drawn.append(drawn_percentiles(value, np.arange(days).repeat(per_day), weights, 0.9))
        low, high = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
        held += low <= 0 <= high
    assert 0.87 <= held / repeats <= 1  # 95 % but for chance: 2.4 % is its standard error


def test_days_are_drawn_whole():
    same_all_day = np.repeat(np.random.default_rng(10).gamma(4, 60, 40).round(), 10)
    whole = history(*calls(same_all_day, per_day=10))
    each_its_own = history(*calls(same_all_day, per_day=1))
    rows = [difference(h, h, replications=300).iloc[0] for h in (whole, each_its_own)]
    width = [row["high"] - row["low"] for row in rows]
    assert width[0] > 2 * width[1]


def test_groups_and_groups_too_small():
    names = ["fire"] * 60 + ["ems"] * 60 + ["hazmat"] * 5
    one = history(*calls(uneven(11, 125)), category=names)
    other = history(*calls(uneven(12, 125)), category=["fire"] * 60 + ["ems"] * 20 + ["service"] * 45)
    table = difference(one, other, by="category", replications=100)
    assert table.index.get_level_values("category").tolist() == ["ems", "fire", "hazmat", "service"]
    assert table[["n_a", "n_b"]].to_numpy().tolist() == [[60, 20], [60, 60], [5, 0], [0, 45]]
    assert table["note"].tolist() == [
        "n too small for an interval", "", "n too small (below 10)", "n too small (below 10)",
    ]  # fmt: skip
    assert table["difference"].notna().tolist() == [True, True, False, False]
    assert table["low"].notna().tolist() == [False, True, False, False]


def test_an_objective_is_measured_where_it_applies():
    names = ["fire"] * 50 + ["ems"] * 50
    one = history(*calls(range(100), unit_type="engine"), category=names)
    other = history(*calls(range(10, 110), unit_type="engine"), category=names)
    objective = Objective("first", "First engine", 30, categories=("fire",))
    row = difference(one, other, measure=objective, statistic="share", paired=True, replications=50).loc["first"]
    assert row[["n_a", "n_b"]].tolist() == [50, 50]
    assert row[["value_a", "value_b"]].tolist() == [31 / 50, 21 / 50]


def test_call_handling_is_of_the_incident():
    one = history(*calls(uneven(13)))
    assert difference(one, one, measure="handling_s", replications=20).loc["handling", "value_a"] == 10


def test_periods_are_cut_at_local_midnight():
    at = [pd.Timestamp(t, tz="America/Los_Angeles").tz_convert("UTC") for t in
          ("2024-12-31 23:59:59", "2025-01-01 00:00", "2025-06-30 12:00", "2026-01-01 00:00")]  # fmt: skip
    seen = history(*[went(n, "E1", 0, 10, 70, 170, 900, at=a) for n, a in zip("ABCD", at, strict=True)])
    assert list(between(seen, "2025-01-01", "2026-01-01").incidents.index) == ["B", "C"]
    assert list(between(seen, None, "2025-06-30 12:00").responses["incident_id"]) == ["A", "B"]
    parts = split(seen, at=["2025-01-01", "2026-01-01"])
    assert [list(p.incidents.index) for p in parts] == [["A"], ["B", "C"], ["D"]]
    assert [list(p.incidents.index) for p in split(seen, at="2025-01-01")] == [["A"], ["B", "C", "D"]]
    with pytest.raises(InputError, match="the history runs from 2024-12-31 to 2026-01-01"):
        between(seen, "2030-01-01", None)
    with pytest.raises(InputError, match="write it as"):
        between(seen, "last year", None)
    with pytest.raises(InputError, match="without an offset"):
        between(seen, "2025-01-01T00:00Z", None)


def test_a_change_between_periods_is_found():
    rows = [*calls(uneven(14, 800)), *calls(uneven(15, 800, mean=260), start=NOON + pd.Timedelta(days=200), name="J")]
    before, after = split(history(*rows), at="2025-09-19")
    row = difference(attend(before), attend(after), replications=300).loc["travel"]
    assert (row["n_a"], row["n_b"]) == (800, 800)
    assert row["low"] > 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"measure": "drive_s"}, "measure is 'drive_s'"),
        ({"statistic": "mean"}, "statistic is 'mean'"),
        ({"statistic": "share"}, "give limit_s"),
        ({"limit_s": -5}, "limit_s is -5"),
        ({"nth": 0}, "nth is 0"),
        ({"replications": 0}, "replications is 0"),
    ],
)
def test_questions_without_an_answer_are_refused(options, told):
    seen = history(*calls([100] * 12))
    with pytest.raises(InputError, match=told):
        difference(seen, seen, **options)


def test_pairs_must_be_of_the_same_incidents():
    one, other = history(*calls([100] * 12)), history(*calls([100] * 13))
    with pytest.raises(InputError, match="1 incident is on one side only, such as 'I0012'"):
        difference(one, other, paired=True)
