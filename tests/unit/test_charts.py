"""Charts say what the tables hold, on axes with units, above a foot with n, source, period and basis."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from histories import department, history, went

from fireplan import charts, performance, response_performance
from fireplan import workload as workload_of
from fireplan.charts import _chart_layout as sheet
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance._missed_parts import REASONS
from fireplan.response_performance._statistics import TOO_SMALL
from fireplan.standards import Objective

ABOUT = charts.About("hand-made records", "March 2025", "invented")
FOOT = "Source: hand-made records. Period: March 2025. Basis: invented."
ENGINE = Objective("first", "First engine", 240.0, share=0.9)
MARKUP = "Sta$\\frac{$1}^_{% & <b>`${x}`"


def drives(*travel_s, unit="E1"):
    """Incidents a day apart, each with a minute of call processing and one of turnout."""
    day = pd.Timedelta(days=1)
    start = pd.Timestamp("2025-01-06 20:00", tz="UTC")
    return history(
        *(
            went(f"I{i:03d}", unit, 0, 60, 120, 120 + s, 4000, at=start + i * day, unit_type="engine")
            for i, s in enumerate(travel_s)
        )
    )


def table(groups, by="month", *, p90=300.0, n=50, low=-20, high=20, limit=240.0, **columns):
    """A table as `performance` gives it."""
    p90 = np.broadcast_to(np.asarray(p90, float), len(groups))
    rows = pd.DataFrame({by: groups, "measure": "travel", "title": "travel time", "interval": "travel_s", "n": n})
    rows = rows.assign(
        p90_s=p90, p90_low_s=p90 + low, p90_high_s=p90 + high, share=0.8, share_low=0.7, share_high=0.9,
        limit_s=limit, goal=0.9 if np.isfinite(limit) else np.nan, **{"note": "", **columns},
    )  # fmt: skip
    return rows.set_index([by, "measure"])


def named(figure, gid):
    found = [a for axes in figure.axes for a in (*axes.lines, *axes.collections) if a.get_gid() == gid]
    assert len(found) == 1, gid
    return found[0]


def texts(figure):
    figure.canvas.draw()
    found = [*figure.texts]
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    return [t.get_text() for t in found]


def totals(**incidents):
    counts = pd.Series(incidents).reindex(list(REASONS)).fillna(0).astype("int64").rename_axis("reason")
    known = int(counts.drop("unknown").sum())
    rows = pd.DataFrame({"incidents": counts, "known": known, "alone": counts // 2, "over_p50_s": 30.0})
    return rows.assign(share=(counts / max(known, 1)).where(counts.index != "unknown"))


def every_chart():
    short = drives(*range(100, 160))
    attendance = response_performance.attend(short)
    return {
        "distribution": charts.distribution(attendance, limit_s=130, goal=0.9, about=ABOUT),
        "hour_by_weekday": charts.hour_by_weekday(response_performance.hour_by_weekday(short), about=ABOUT),
        "by_month": charts.by_month(table(["2025-01", "2025-02"]), about=ABOUT),
        "by_group": charts.by_group(table(["S1", "S2"], "station_id"), about=ABOUT),
        "workload": charts.workload(workload_of(short, by="unit_id"), about=ABOUT),
        "reasons": charts.reasons(totals(distance=8, turnout=2, unknown=1), about=ABOUT),
    }


@pytest.fixture(scope="module")
def drawn():
    return every_chart()


NAMES = ("distribution", "hour_by_weekday", "by_month", "by_group", "workload", "reasons")


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_the_same_bytes_twice_and_holds_no_date(drawn, name):
    svg = drawn[name].svg()
    assert svg == every_chart()[name].svg()
    assert b"<dc:date>" not in svg
    assert drawn[name].pdf() == drawn[name].pdf()


@pytest.mark.parametrize("name", NAMES)
def test_foot_says_n_source_period_and_basis(drawn, name):
    chart = drawn[name]
    modelled = FOOT.replace("invented", "invented, with modelled travel") if name == "reasons" else FOOT
    assert re.search(r"\bn = \d", chart.alt)
    assert chart.alt.endswith(modelled)
    foot = " ".join(t.get_text() for t in chart.figure().texts)
    for part in ("n = ", "Source: hand-made records", "Period: March 2025", "Basis: invented"):
        assert part in foot


@pytest.mark.parametrize("name", NAMES)
def test_axes_say_their_unit(drawn, name):
    unit = {
        "hour_by_weekday": "Incidents per hour", "workload": "committed [%]", "reasons": "Incidents over the objective",
    }.get(name, "[min:s]")  # fmt: skip
    assert any(unit in text for text in texts(drawn[name].figure()))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_at_the_edge_of_the_page(drawn, name):
    figure = drawn[name].figure()
    figure.canvas.draw()
    box, page = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= page[0]
    assert box.y1 <= page[1]


@pytest.mark.parametrize("name", NAMES)
def test_readers_settings_neither_change_a_chart_nor_are_changed(drawn, name):
    svg = drawn[name].svg()
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "text.color": "white"}):
        before = dict(mpl.rcParams)
        assert drawn[name].svg() == svg
        assert dict(mpl.rcParams) == before


def test_distribution_marks_what_performance_measures():
    attendance = response_performance.attend(drives(*range(200, 300)), scenario=department(E1=("engine", 4)))
    row = performance(attendance).loc["travel"]
    chart = charts.distribution(attendance, limit_s=240, goal=0.9, about=ABOUT)
    figure = chart.figure()
    assert named(figure, "limit").get_xdata()[0] == 240
    assert named(figure, "goal").get_ydata()[0] == 90
    assert named(figure, "p90").get_xdata()[0] == row["p90_s"] == 289
    assert list(named(figure, "p90_interval").get_xdata()) == [row["p90_low_s"], row["p90_high_s"]]
    assert named(figure, "share").get_ydata()[0] == pytest.approx(41)  # 200 to 240 s
    curve = named(figure, "cumulative")
    assert np.interp(249.5, curve.get_xdata(), curve.get_ydata()) == pytest.approx(50, abs=1)
    assert "90 % took 4:49 or less" in chart.alt
    assert "41.0 % were within 4:00 (95 % interval 31.9 % to 50.8 %); the goal is 90 %" in chart.alt


def test_distribution_of_an_objective_has_its_limit_and_its_records():
    town = department(E1=("engine", 4))
    attendance = response_performance.attend(drives(*range(200, 300)), scenario=town)
    chart = charts.distribution(attendance, objective=ENGINE, about=ABOUT)
    assert named(chart.figure(), "limit").get_xdata()[0] == 240
    assert "not seen in their source" in chart.alt


@pytest.mark.parametrize("interval", ["handling_s", "turnout_s", "turnout_and_travel_s", "total_response_s"])
def test_distribution_counts_the_records_of_every_interval(interval):
    attendance = response_performance.attend(drives(*range(200, 220)))
    row = performance(attendance).loc[interval.removesuffix("_s")]
    chart = charts.distribution(attendance, interval=interval)
    assert f"n = {row['n']:,}" in chart.alt
    assert named(chart.figure(), "p90").get_xdata()[0] == row["p90_s"]


def test_distribution_takes_period_and_basis_from_the_history():
    chart = charts.distribution(drives(*range(200, 220)))
    assert "Source: not stated. Period: 6 Jan 2025 to 25 Jan 2025. Basis: observed." in chart.alt


def test_records_beyond_the_edge_are_counted_and_said():
    chart = charts.distribution(drives(*range(100, 299), 3000), limit_s=240)
    assert "n = 200" in chart.alt
    assert "1 record (0.5 %) took longer than" in chart.alt


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"limit_s": -1}, "above zero"),
        ({"goal": 0.9}, "needs limit_s"),
        ({"limit_s": 240, "goal": 90}, "share such as 0.9"),
        ({"limit_s": 240, "objective": ENGINE}, "not both"),
        ({"nth": 0}, "nth is 0"),
    ],
)
def test_distribution_refuses_what_cannot_be(options, told):
    with pytest.raises(InputError, match=re.escape(told)):
        charts.distribution(drives(*range(200, 220)), **options)


def test_distribution_of_fewer_than_ten_is_refused():
    with pytest.raises(InputError, match="9 records of travel time"):
        charts.distribution(drives(*range(200, 209)))
    with pytest.raises(UnknownIdError, match="travel_s"):
        charts.distribution(drives(*range(200, 220)), interval="travel")


def test_months_are_drawn_where_the_table_has_them():
    figure = charts.by_month(table(["2025-01", "2025-02"], p90=[300, 200]), about=ABOUT).figure()
    assert list(named(figure, "values").get_ydata()) == [300, 200]
    whiskers = [segment[:, 1].tolist() for segment in named(figure, "whiskers").get_segments()]
    assert whiskers == [[280, 320], [180, 220]]
    assert named(figure, "limit").get_ydata()[0] == 240
    assert "limit 4:00 (goal 90 %)" in texts(figure)


def test_months_without_a_figure_and_months_that_are_missing_are_gaps():
    months = table(["2025-01", "2025-02", "2025-04"], p90=[300, np.nan, 310], note=["", TOO_SMALL, ""])
    chart = charts.by_month(months, about=ABOUT)
    figure = chart.figure()
    assert list(named(figure, "values").get_xdata()) == [0, 3]
    assert np.isnan(named(figure, "line").get_ydata()[[1, 2]]).all()
    assert "2 months with fewer than 10 records: no figure is given." in chart.alt
    assert "0 of 2 months are at or under the limit" in chart.alt


def test_open_end_of_an_interval_is_an_arrow():
    chart = charts.by_month(table(["2025-01"], high=np.inf, n=20), about=ABOUT)
    assert "an arrow: too few records" in chart.alt
    assert chart.svg()


def test_one_group_is_enough():
    chart = charts.by_group(table(["S1"], "station_id"), about=ABOUT)
    assert "90th percentile: 5:00 (S1)." in chart.alt
    assert named(chart.figure(), "values").get_xdata()[0] == 300


def test_groups_are_put_worst_first_and_the_unknown_last():
    rows = table(["A", "B", "C"], "station_id", p90=[200, np.nan, 400], n=[50, 3, 60])
    figure = charts.by_group(rows, about=ABOUT, called={"A": "Alpha"}).figure()
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["C", "Alpha", "B"]
    assert list(named(figure, "values").get_xdata()) == [400, 200]
    assert {"60", "50", "3", "fewer than 10 records"} <= set(texts(figure))


def test_share_is_drawn_against_the_goal():
    chart = charts.by_group(table(["S1", "S2"], "station_id"), figure="share", about=ABOUT)
    figure = chart.figure()
    assert named(figure, "limit").get_xdata()[0] == 90
    assert list(named(figure, "values").get_xdata()) == [80, 80]
    assert "Within the limit of 4:00 [%]" in texts(figure)


def test_hours_follow_one_another_to_midnight():
    figure = charts.by_group(table([3, 17], "hour"), about=ABOUT).figure()
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == [str(h) for h in range(24)]


def test_tables_that_cannot_be_drawn_by_group_are_refused():
    good = table(["2025-01"])
    with pytest.raises(InputError, match="empty"):
        charts.by_month(good.iloc[:0])
    with pytest.raises(InputError, match="no group has 10 records"):
        charts.by_month(table(["2025-01"], p90=np.nan))
    with pytest.raises(InputError, match="by='month'"):
        charts.by_month(table(["S1"], "station_id"))
    with pytest.raises(InputError, match="by one thing"):
        charts.by_group(performance(drives(*range(200, 220))))
    with pytest.raises(InputError, match=r"fireplan\.performance"):
        charts.by_group(good.drop(columns="p90_s"))
    with pytest.raises(InputError, match="no limit"):
        charts.by_group(table(["S1"], "station_id", limit=np.nan), figure="share")
    with pytest.raises(UnknownIdError, match="travel"):
        charts.by_group(good, measure="travels")


def test_heat_map_has_monday_first_and_the_figures_of_the_table():
    calls = response_performance.hour_by_weekday(drives(*[100] * 14))
    figure = charts.hour_by_weekday(calls, about=ABOUT).figure()
    cells = named(figure, "calls").get_array()
    assert cells.shape == (7, 24)
    assert cells[0, 12] == calls["per_hour"].loc[12, "Monday"] == 1.0  # 20:00 UTC
    axes = figure.axes[0]
    assert axes.get_yticklabels()[0].get_text() == "Monday"
    assert axes.yaxis_inverted()


def test_hours_that_the_period_did_not_have_are_grey_and_said():
    calls = response_performance.hour_by_weekday(drives(100, 100), start="2025-01-06", end="2025-01-08")
    chart = charts.hour_by_weekday(calls)
    assert "Grey: the period has no such hour (120)." in chart.alt
    assert "Period: 6 Jan 2025 to 7 Jan 2025. Basis: observed." in chart.alt


def test_heat_map_of_nothing_is_refused():
    calls = response_performance.hour_by_weekday(drives(100), start="2026-01-01", end="2026-02-01")
    with pytest.raises(InputError, match="no incident"):
        charts.hour_by_weekday(calls)
    with pytest.raises(InputError, match="no table"):
        charts.hour_by_weekday(calls["n"])


def test_workload_has_bars_in_order_and_only_the_callers_limit():
    rows = pd.DataFrame(
        {"units": 1, "n": [5, 9, 0], "unknown": [1, 0, 0], "staffed_h": [10.0, 10, 0], "uhu": [0.1, 0.3, np.nan]},
        index=pd.Index(["E1", "E2", "E3"], name="unit_id"),
    )
    chart = charts.workload(rows, about=ABOUT)
    figure = chart.figure()
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["E2", "E1", "E3"]
    assert [round(p.get_width(), 9) for p in figure.axes[0].patches[:3]] == [30, 10, 0]
    assert {"30.0 % (n 9)", "10.0 % (n 5)", "not staffed (n 0)"} <= set(texts(figure))
    assert not figure.axes[0].lines
    assert "The end of 1 responses is not known" in chart.alt
    limited = charts.workload(rows.assign(most_uhu=0.25, over=rows["uhu"] > 0.25, most_source="memo"), about=ABOUT)
    assert named(limited.figure(), "limit").get_xdata()[0] == 25
    assert "limit 25 %: memo" in texts(limited.figure())
    assert "1 of 2 are over the limit" in limited.alt


def test_workload_of_nobody_is_refused():
    rows = pd.DataFrame({"n": [0], "unknown": [0], "staffed_h": [0.0], "uhu": [np.nan]}, index=["E1"])
    with pytest.raises(InputError, match="staffed"):
        charts.workload(rows)
    with pytest.raises(InputError, match="staffed"):
        charts.workload(rows.iloc[:0])
    with pytest.raises(InputError, match="no table"):
        charts.workload(rows.drop(columns="uhu"))


def test_workload_says_how_many_do_not_fit():
    rows = pd.DataFrame(
        {"n": 1, "unknown": 0, "staffed_h": 1.0, "uhu": np.linspace(0.1, 0.9, 70)},
        index=pd.Index([f"E{i}" for i in range(70)], name="unit_id"),
    )
    assert "10 more do not fit on the page." in charts.workload(rows).alt


def test_reasons_are_put_by_size_with_the_unexplained_last():
    figure = charts.reasons(totals(distance=8, turnout=12, unknown=40), about=ABOUT).figure()
    labels = [t.get_text().replace("\n", " ") for t in figure.axes[0].get_yticklabels()]
    assert labels[:2] == [
        "The crew took longer to turn out than its limit",
        "The first-due station is too far away, at modelled times",
    ]
    assert labels[-2] == "A stamp or the place is missing"
    widths = [p.get_width() for p in figure.axes[0].patches]
    assert widths[:2] == [12, 8]
    assert widths[len(REASONS) : len(REASONS) + 2] == [6, 4]
    assert {"12 (60.0 %)", "8 (40.0 %)", "40"} <= set(texts(figure))


def test_reasons_of_nothing_are_refused():
    with pytest.raises(InputError, match="no incident"):
        charts.reasons(totals())
    with pytest.raises(InputError, match="not broken down"):
        charts.reasons(totals(distance=3).reset_index())
    assert "No reason is known." in charts.reasons(totals(unknown=3)).alt


@pytest.mark.parametrize("name", [MARKUP, "$", "$$", "a\nb\t$x$", "駅 消防署", "\u202eeno noitatS", "x" * 400, ""])
def test_names_from_data_are_drawn_as_they_are(name, tmp_path):
    chart = charts.by_group(table([name, "S2"], "station_id"), about=charts.About(name, name, name), title=name or "t")
    figure = chart.figure()
    figure.savefig(tmp_path / "own.png")
    assert chart.svg().startswith(b"<?xml")
    assert chart.pdf().startswith(b"%PDF")
    assert chart.png().startswith(b"\x89PNG")
    if name == MARKUP:
        assert MARKUP in [t.get_text() for t in figure.axes[0].get_yticklabels()]


def test_names_of_units_and_limits_may_hold_dollars():
    rows = pd.DataFrame(
        {"n": [1], "unknown": [0], "staffed_h": [1.0], "uhu": [0.5], "most_uhu": [0.4], "most_source": [MARKUP]},
        index=pd.Index([MARKUP], name="unit_id"),
    )
    assert charts.workload(rows).svg()


def test_html_holds_the_picture_and_its_alternative_text_escaped():
    chart = charts.by_group(table([MARKUP], "station_id"), about=ABOUT)
    page = chart._repr_html_()
    assert page.count("<") == page.count(">") == 1
    assert "<b>" not in page
    assert not set("{}$`\\") & set(page)
    assert 'src="data:image/svg+xml;base64,' in page


def test_long_names_are_shortened_and_letters_without_a_shape_replaced():
    assert sheet.shortened("Station of the very long name", size=10, most_pt=60).endswith("…")
    assert sheet.width_pt(sheet.shortened("W" * 99, size=10, most_pt=60), 10) <= 60
    assert sheet.drawable("駅 1\u202e\x00\n2\ud800") == "\ufffd 1[U+202E] 2\ufffd"


@pytest.mark.parametrize("suffix", [".svg", ".PNG", ".pdf"])
def test_save_writes_what_the_name_says(drawn, suffix, tmp_path):
    path = drawn["by_group"].save(tmp_path / f"chart{suffix}")
    assert path.read_bytes()[:4] in {b"<?xm", b"\x89PNG", b"%PDF"}
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_save_refuses_other_names_and_folders_that_are_not_there(drawn, tmp_path):
    with pytest.raises(InputError, match=r"\.svg, \.png or \.pdf"):
        drawn["by_group"].save(tmp_path / "chart.jpg")
    with pytest.raises(InputError, match="no folder"):
        drawn["by_group"].save(tmp_path / "none" / "chart.svg")


def test_charts_and_tables_are_not_changed(drawn):
    rows = table(["S1"], "station_id")
    before = rows.copy()
    charts.by_group(rows).svg()
    pd.testing.assert_frame_equal(rows, before)
    with pytest.raises(AttributeError):
        drawn["by_group"].title = "other"
    assert "Chart: Travel time" in repr(drawn["by_group"])


def test_words_hold_no_character_that_a_file_may_not():
    chart = charts.by_group(table(["S1"], "station_id"), title="Title\x00 \ud800\n2", about=charts.About("a\x01\x1b"))
    assert chart.title == "Title \ufffd 2"
    ET.fromstring(chart.svg())  # noqa: S314 - our own


def test_fireplan_does_not_start_matplotlib_and_charts_do_not_start_pyplot():
    code = (
        "import sys, fireplan; assert 'matplotlib' not in sys.modules;"
        "import matplotlib.figure; before = 'matplotlib.pyplot' in sys.modules; assert not before;"
        "from fireplan.charts import _chart_layout, _palette"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    sources = [p.read_text(encoding="utf-8") for p in Path(charts.__file__).parent.glob("*.py")]
    assert not any("pyplot" in text for text in sources)


def test_a_group_that_is_not_known_says_so():
    rows = table(["S1", "S2"], "station_id").reset_index()
    rows.loc[rows["station_id"] == "S2", "station_id"] = None
    figure = charts.by_group(rows.set_index(["station_id", "measure"])).figure()
    assert "not known" in [t.get_text() for axes in figure.axes for t in axes.get_yticklabels()]
