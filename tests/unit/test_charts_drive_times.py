"""Charts of drive times draw what the diagnostics hold, with n, and refuse what holds nothing."""

from dataclasses import replace

import numpy as np
import pytest
from learnt_drives import LADDER, learnt, runs

import fireplan as fp
from fireplan import charts
from fireplan.calibration import diagnostics
from fireplan.drive_times import MODELS
from fireplan.errors import InputError, UnknownIdError

ABOUT = charts.About("hand-made", "2020", "invented")


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def found():
    return diagnostics(runs())


def drawn(chart, gid):
    parts = [a for axes in chart.figure().axes for a in (*axes.lines, *axes.collections) if a.get_gid() == gid]
    assert len(parts) == 1, gid
    return parts[0]


def words(chart):
    figure = chart.figure()
    return [t.get_text() for axes in figure.axes for t in (*axes.texts, *axes.get_yticklabels())]


def test_observed_against_predicted(found):
    chart = charts.drive_times(found, about=ABOUT)
    x, y = drawn(chart, "fifths").get_data()
    np.testing.assert_allclose(x, found.by_fifth["predicted_s"])
    np.testing.assert_allclose(y, found.by_fifth["observed_s"])
    x, y = drawn(chart, "nine").get_data()
    np.testing.assert_allclose(y / x, np.exp(0.14 * 1.2816), rtol=1e-6)  # each run's own p90 lies so far above
    table = found.runs.view()
    last_s = drawn(chart, "same").get_data()[0][-1]
    out = ((table["observed_s"] > last_s) | (table["median_s"] > last_s)).sum()
    assert drawn(chart, "runs").get_array().sum() > 0
    assert f"{out} longer runs are outside the axes." in chart.alt
    whole = found.over_all.iloc[0]
    assert f"Median error {whole['median_error_s']:.0f} s, 90th percentile {whole['p90_error_s']:.0f} s" in chart.alt
    assert "n = 1,919 runs. Source: hand-made. Period: 2020. Basis: invented." in chart.alt


def test_what_was_left_out_in_turn_is_named_by_what_it_was(town, found):
    weeks = learnt(town.roads)
    weeks = replace(weeks, error=weeks.error._replace(held_out="weeks"))
    for chart in (charts.drive_times, charts.drive_errors):
        assert "predicted without its own week." in chart(diagnostics(runs(), weeks, town)).alt
        assert "predicted without its own day." in chart(diagnostics(runs(), learnt(town.roads), town)).alt
        assert "predicted without its own fold." in chart(found).alt


def test_there_is_no_line_where_no_percentile_was_predicted():
    chart = charts.drive_times(diagnostics(runs().drop(columns="p90_s")))
    assert not [a for axes in chart.figure().axes for a in axes.lines if a.get_gid() == "nine"]


@pytest.mark.parametrize("by", ["station", "hour", "distance", "class", "fifth"])
@pytest.mark.parametrize("figure", ["bias_s", "median_error_s"])
def test_errors_by_group(found, by, figure):
    chart = charts.drive_errors(found, by=by, figure=figure)
    table = getattr(found, f"by_{by}").dropna(subset=[figure])
    x, _ = drawn(chart, "values").get_data()
    np.testing.assert_allclose(np.sort(x), np.sort(table[figure]))
    if figure == "median_error_s":
        np.testing.assert_allclose(np.sort(drawn(chart, "p90").get_data()[0]), np.sort(table["p90_error_s"]))
    stem = figure.removesuffix("_s")
    low = [path.vertices[0, 0] for path in drawn(chart, "whiskers").get_paths()]
    np.testing.assert_allclose(np.sort(low), np.sort(table[f"{stem}_low_s"]))
    assert {fp.wording.count(n) for n in table["n"]} <= set(words(chart))


def test_groups_of_few_runs_are_gaps_and_names_are_called(found):
    chart = charts.drive_errors(found, by="class", called={"trunk": "Trunk road"})
    assert "fewer than 10 runs" in words(chart)
    assert "Trunk road" in words(chart)
    assert "1 group of fewer than 10 runs: no figure is given." in chart.alt


def test_the_ladder_has_every_model_and_says_which_was_taken(town):
    calibration = learnt(town.roads)
    chart = charts.ladder(calibration)
    axes = chart.figure().axes[0]
    bars = {gid: [b.get_width() for b in axes.patches if b.get_gid() == gid] for gid in ("median", "p90")}
    assert bars == {"median": [e[1] for e in LADDER.values()], "p90": [e[2] for e in LADDER.values()]}
    assert f"Taken: {MODELS['full']}." in chart.alt
    assert "Better than class by more than one standard error." in chart.alt
    assert "Period: 2020-01-03 to 2020-12-30. Basis: observed." in chart.alt


def test_every_chart_is_the_same_bytes_each_time(found, town):
    for chart in (charts.drive_times(found), charts.drive_errors(found), charts.ladder(learnt(town.roads))):
        assert chart.svg() == chart.svg()


def test_what_holds_nothing_is_refused(found, town):
    with pytest.raises(UnknownIdError, match="unknown group 'weather'"):
        charts.drive_errors(found, by="weather")
    with pytest.raises(UnknownIdError, match="unknown figure 'n'"):
        charts.drive_errors(found, figure="n")
    bare = diagnostics(found.runs.view()[["observed_s", "median_s"]])
    with pytest.raises(InputError, match="the runs do not say how wrong drives are by hour of the day"):
        charts.drive_errors(bare, by="hour")
    with pytest.raises(InputError, match="tells of no other model"):
        charts.ladder(learnt(town.roads, ladder=()))
