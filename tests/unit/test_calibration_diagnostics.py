"""Errors of drives by what they have in common, worked out anew, and what drives must not be used for."""

import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from learnt_drives import learnt, runs

import fireplan as fp
from fireplan.calibration import diagnostics
from fireplan.errors import InputError, TableError

TABLES = ("over_all", "by_fifth", "by_station", "by_hour", "by_distance", "by_class")


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def table():
    return runs()


@pytest.fixture(scope="module")
def found(table, town):
    return diagnostics(table, learnt(town.roads), town)


def said(found, start):
    return [text for text in found.do_not_use_for if text.startswith(start)]


def test_every_run_is_in_one_group_of_each_table(found, table):
    for name in TABLES:
        assert getattr(found, name)["n"].sum() == len(table)
    assert found.by_fifth["n"].between(383, 385).all()
    assert found.by_hour.index.tolist() == list(range(24))


def test_figures_are_those_of_the_runs(found, table):
    here = table[table["station_id"] == "S1"]
    error_s = here["median_s"] - here["observed_s"]
    row = found.by_station.loc["S1"]
    assert row["n"] == len(here)
    assert row["bias_s"] == pytest.approx(error_s.median())
    assert row["median_error_s"] == pytest.approx(error_s.abs().median())
    assert row["p90_error_s"] == pytest.approx(np.quantile(error_s.abs(), 0.9, method="inverted_cdf"))
    assert row["below_p90"] == pytest.approx((here["observed_s"] <= here["p90_s"]).mean())
    assert row["bias_low_s"] < row["bias_s"] < row["bias_high_s"]
    assert row["below_p90_low"] < row["below_p90"] < row["below_p90_high"]


def test_groups_of_few_runs_have_no_figure(found):
    row = found.by_class.loc["trunk"]
    assert row["n"] < 10
    assert row.drop("n").isna().all()


def test_fifths_are_named_by_their_times_and_follow_one_another(found, table):
    assert found.by_fifth["predicted_s"].is_monotonic_increasing
    first, last = found.by_fifth.index[0], found.by_fifth.index[-1]
    assert first.startswith(fp.wording.clock(table["median_s"].min()))
    assert last.endswith(fp.wording.clock(table["median_s"].max()))


def test_what_runs_do_not_say_has_no_rows(table):
    found = diagnostics(table[["observed_s", "median_s"]])
    for name in TABLES[2:]:
        assert len(getattr(found, name)) == 0
    assert found.over_all["below_p90"].isna().all()
    assert "p90" not in repr(found).split("\n", 1)[1]


def test_what_it_must_not_be_used_for(found, table, town):
    text = said(found, "the times of single stations")[0]
    assert "S3 (26 runs)" in text
    assert "S2" not in text
    assert said(found, "a new station, with the error")[0].endswith("it is 15 s at the median, p90 49 s")
    longest = said(found, "drives longer than")[0]
    assert "192 of 1,919 runs" in longest
    assert longest.endswith(f"none longer than {fp.wording.clock(table['median_s'].max())}")
    assert "service (4 runs)" in said(found, "classes of road of which")[0]
    assert "November and December" in said(found, "other seasons")[0]
    assert "3 January 2020" in said(found, "times long after")[0]
    assert said(found, "drives without lights and siren")
    assert said(found, "snow, ice")
    assert not said(found, "any real department")
    invented = diagnostics(table, learnt(town.roads, basis="invented"))
    assert said(invented, "any real department: the runs are invented")


def test_hours_with_few_runs_are_named_together(table):
    by_day = table[~(table["hour"].isin([2, 3, 4, 23]))]
    text = said(diagnostics(by_day), "single hours")[0]
    assert text.endswith("fewer than 30 runs: 2:00 to 5:00 and 23:00 to 24:00")


def test_a_fifth_that_is_told_too_short_is_named(table):
    late = table.assign(observed_s=table["observed_s"] + 40 * (table["median_s"] > 240))
    texts = [t for t in diagnostics(late).do_not_use_for if "too short at the median" in t and "drives of" in t]
    assert len(texts) == 1
    assert texts[0].startswith(f"drives of {diagnostics(late).by_fifth.index[-1]}: they are told ")
    narrow = table.assign(p90_s=table["median_s"] * 1.05)
    assert any(t.startswith("the 90th percentile of drives of") for t in diagnostics(narrow).do_not_use_for)
    assert not any(t.startswith("the 90th percentile of drives of") for t in diagnostics(table).do_not_use_for)


def test_a_station_and_a_class_that_are_told_too_long_are_named(table):
    early = table.assign(observed_s=table["observed_s"] - 25 * (table["station_id"] == "S2")).query("observed_s > 10")
    texts = [t for t in diagnostics(early).do_not_use_for if t.startswith("drives from S2: they are told ")]
    assert len(texts) == 1
    assert texts[0].endswith(f" s too long at the median (n = {(early['station_id'] == 'S2').sum()})")
    assert not any("drives from S1" in t for t in diagnostics(early).do_not_use_for)
    slow = table.assign(observed_s=table["observed_s"] + 25 * (table["highway"] == "primary"))
    assert any(t.startswith("drives mostly on primary: they are told ") for t in diagnostics(slow).do_not_use_for)


def test_an_hour_and_a_distance_that_are_told_too_short_are_named(table):
    rush = table.assign(observed_s=table["observed_s"] + np.where(table["hour"] == 8, 40.0, 0.0))
    (text,) = said(diagnostics(rush), "drives to calls of the hour from")
    assert text.startswith("drives to calls of the hour from 8:00: they are told ")
    assert "s too short at the median" in text
    far = table["km"] > table["km"].quantile(0.8)
    found = diagnostics(table.assign(observed_s=table["observed_s"] + np.where(far, 60.0, 0.0)))
    (text,) = said(found, "drives over")
    assert text.startswith(f"drives over {found.by_distance.index[-1]}: they are told ")


def test_a_few_months_are_named_and_not_the_many_that_are_missing(table):
    spring = table[pd.to_datetime(table["day"]).dt.month == 4]
    assert said(diagnostics(spring), "other seasons")[0].endswith("runs: all are in April")


def test_a_station_without_a_run_is_named(table, town):
    elsewhere = table.assign(station_id="other")
    assert "S1 (0 runs)" in said(diagnostics(elsewhere, scenario=town), "the times of single stations")[0]


@settings(max_examples=tries(40), deadline=None)
@given(st.lists(st.floats(20, 900), min_size=10, max_size=60), st.integers(0, 10**6))
def test_tables_hold_together_for_any_runs(seconds, seed):
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"observed_s": seconds, "median_s": random.choice(seconds, len(seconds))})
    found = diagnostics(table.assign(hour=random.integers(0, 24, len(table)), km=random.random(len(table))))
    for name in ("by_fifth", "by_hour", "by_distance"):
        rows = getattr(found, name)
        assert rows["n"].sum() == len(table)
        known = rows[rows["bias_s"].notna()]
        assert (known["bias_low_s"] <= known["bias_s"]).all()
        assert (known["bias_s"] <= known["bias_high_s"]).all()
        assert (known["median_error_s"] <= known["p90_error_s"] + 1e-9).all()


def test_tables_cannot_be_edited(found):
    mine = found.by_fifth
    mine["bias_s"] = 0.0
    assert (found.by_fifth["bias_s"] != 0).any()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.drop(columns="median_s"), "column 'median_s' is missing.*held_out_runs"),
        (lambda t: t.assign(observed_s="2:10"), "column 'observed_s' holds no numbers: give seconds"),
        (lambda t: t.assign(observed_s=-t["observed_s"]), "column 'observed_s', row 0: .* is no drive"),
        (lambda t: t.head(9), "there are 9 runs with all times: an error is told from 10 on"),
        (lambda t: t.assign(observed_s=np.nan), "there are 0 runs"),
    ],
)
def test_runs_that_say_nothing_are_refused(table, change, match):
    with pytest.raises((InputError, TableError), match=match):
        diagnostics(change(table))
