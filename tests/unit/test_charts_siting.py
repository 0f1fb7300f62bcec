"""Charts of siting draw what their tables hold, on axes with units, above a foot with n, source, period and basis."""

import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from fireplan import charts
from fireplan.errors import InputError

ABOUT = charts.About("hand-made", "2025", "invented")
FOOT = "Source: hand-made. Period: 2025. Basis: invented."
HOSTILE = "<script>x</script>{{191*7}}${1}$\\frac{$"


def curve(**columns):
    """100 of 400 people today; each further station gains half of what the one before did."""
    rows = pd.DataFrame(
        {"take": [None, "A", "B", "C"], "objective": [100.0, 260.0, 340.0, 380.0], "gain": [np.nan, 160.0, 80.0, 40.0]},
        index=pd.RangeIndex(4, name="stations"),
    )
    return rows.assign(**{"share": rows["objective"] / 400, **columns})


def front():
    return pd.DataFrame(
        {"what": ["a", "b", "c"], "mean_s": [100.0, 120.0, 150.0], "flag": True, "share": [0.5, 0.7, 0.8]},
        index=["P1", HOSTILE, "P3"],
    )


def runs(n=20):
    share = np.linspace(1.0, 0.05, n)
    return pd.DataFrame(
        {"chosen_share": share, "n": 50, "low": share - 0.05, "high": np.minimum(share + 0.05, 1)},
        index=pd.Index([f"X{i}" for i in range(n)], name="candidate_id"),
    )


def every_chart():
    return {
        "marginal_curve": charts.marginal_curve(curve(bound=curve()["objective"] + 5), unit="people", about=ABOUT),
        "trade_off": charts.trade_off(front(), about=ABOUT),
        "robustness": charts.robustness(runs(), about=ABOUT),
    }


def drawn(chart, gid):
    found = [a for axes in chart.figure().axes for a in (*axes.lines, *axes.collections) if a.get_gid() == gid]
    assert len(found) == 1, gid
    return found[0]


def texts(chart):
    figure = chart.figure()
    figure.canvas.draw()
    found = [*figure.texts]
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    return [t.get_text() for t in found]


@pytest.mark.parametrize("name", list(every_chart()))
def test_every_chart_has_a_foot_and_draws_the_same_twice(name):
    chart = every_chart()[name]
    assert chart.alt.endswith(FOOT)
    assert "n = " in chart.alt
    assert chart.svg() == every_chart()[name].svg()
    ET.fromstring(chart.svg())  # noqa: S314 - our own
    assert all(t.get_parse_math() is False for t in chart.figure().texts)


@pytest.mark.parametrize("name", list(every_chart()))
def test_no_text_leaves_the_page_or_covers_another(name):
    figure = every_chart()[name].figure()
    figure.canvas.draw()
    whole = figure.bbox
    found = [t for axes in figure.axes for t in axes.texts]
    boxes = [t.get_window_extent() for t in (*figure.texts, *found)]
    assert all(b.x0 >= -1 and b.x1 <= whole.x1 + 1 and b.y0 >= -1 and b.y1 <= whole.y1 + 1 for b in boxes)
    beside = [t.get_window_extent() for t in found]
    for i, a in enumerate(beside):
        assert not any(a.overlaps(b) for b in beside[:i])


def test_curve_is_of_shares_where_they_are_known_with_gains_beside():
    chart = charts.marginal_curve(curve(), unit="people", about=ABOUT)
    x, y = drawn(chart, "attained").get_data()
    assert x.tolist() == [0, 1, 2, 3]
    assert y == pytest.approx([25, 65, 85, 95])
    assert [t for t in texts(chart) if t.startswith("+")] == ["+160", "+80", "+40"]
    assert "Share attained [%]" in texts(chart)
    assert "3 stations attain 380 people (95.0 % of 400)." in chart.alt
    assert "n = 400 people" in chart.alt


def test_curve_is_of_the_objective_where_no_share_makes_sense():
    rows = curve(share=np.nan).assign(objective=[240.0, 200.0, 180.0, 170.0], gain=[np.nan, 40.0, 20.0, 10.0])
    chart = charts.marginal_curve(rows, unit="s")
    assert drawn(chart, "attained").get_ydata().tolist() == [240, 200, 180, 170]
    assert "Attained [s]" in texts(chart)
    assert chart.alt.endswith("Basis: modelled.")


def test_bound_is_a_band_above_what_is_attained():
    chart = charts.marginal_curve(curve(bound=[100.0, 280.0, 360.0, 400.0]), unit="people")
    corners = drawn(chart, "bound").get_paths()[0].vertices
    assert corners[:, 1].max() == pytest.approx(100)
    assert "no plan of so many stations" in chart.alt
    with pytest.raises(AssertionError):
        drawn(charts.marginal_curve(curve()), "bound")


def test_curve_of_many_stations_names_some_of_them():
    n = 60
    objective = 1000 * (1 - np.exp(-np.arange(n) / 15))
    rows = pd.DataFrame(
        {"objective": objective, "gain": np.diff(objective, prepend=0)}, index=pd.RangeIndex(n, name="stations")
    )
    gains = [t for t in texts(charts.marginal_curve(rows)) if t.startswith("+")]
    assert 8 <= len(gains) <= 14


def test_trade_off_draws_the_first_two_columns_of_numbers_with_units():
    chart = charts.trade_off(front())
    x, y = drawn(chart, "front").get_data()
    assert x.tolist() == [100, 120, 150]
    assert y == pytest.approx([50, 70, 80])
    assert {"Mean [s]", "Share [%]"} <= set(texts(chart))
    called = charts.trade_off(front(), called={"mean_s": "Mean travel time [s]"})
    assert "Mean travel time [s]" in texts(called)
    assert "n = 3 plans" in chart.alt


def test_plans_without_both_figures_are_counted():
    rows = front()
    rows.loc["P3", "share"] = np.nan
    assert "1 plan without both figures is not drawn." in charts.trade_off(rows).alt


def test_robustness_draws_the_fifteen_most_frequent_with_their_interval():
    table = runs().sample(frac=1, random_state=1)
    chart = charts.robustness(table, called={"X0": "Elm <b>"})
    (axes,) = chart.figure().axes
    bars = [p for p in axes.patches if p.get_gid() == "bars"]
    assert [b.get_width() for b in bars] == pytest.approx(100 * runs()["chosen_share"].to_numpy()[:15])
    ends = np.array([s[:, 0] for s in drawn(chart, "interval").get_segments()])
    assert ends == pytest.approx(100 * runs()[["low", "high"]].to_numpy()[:15])
    said = texts(chart)
    assert "Elm <b>" in said
    assert "100 % (n 50)" in said
    assert "5 more sites are chosen in some run and do not fit on the page." in chart.alt
    assert "n = 50 runs" in chart.alt


def test_text_from_data_is_drawn_as_it_was_typed():
    table = runs(2).rename(index={"X0": HOSTILE})
    for chart in (charts.robustness(table), charts.trade_off(front())):
        assert any(HOSTILE[:12] in t for t in texts(chart))
        assert b"<script>" not in chart.svg()
        assert "<script>" not in re.sub('base64,[^"]*', "", chart.to_html())
    assert "[{{" in charts.marginal_curve(curve(), unit="{{191*7}}").alt
    assert mpl.rcParams["svg.hashsalt"] is None


def test_callers_tables_are_left_as_they_were():
    tables = curve(), front(), runs()
    for call, table in zip((charts.marginal_curve, charts.trade_off, charts.robustness), tables, strict=True):
        before = table.copy(deep=True)
        call(table).svg()
        pd.testing.assert_frame_equal(table, before)


def test_other_tables_are_refused():
    with pytest.raises(InputError, match="no `curve`"):
        charts.marginal_curve(front())
    with pytest.raises(InputError, match="holds no objective"):
        charts.marginal_curve(curve().iloc[:0])
    with pytest.raises(InputError, match="two columns of numbers"):
        charts.trade_off(front()[["what", "mean_s", "flag"]])
    with pytest.raises(InputError, match="both figures"):
        charts.trade_off(front().assign(share=np.nan))
    with pytest.raises(InputError, match="no table of robustness"):
        charts.robustness(front())
    with pytest.raises(InputError, match="no site is chosen"):
        charts.robustness(runs().assign(chosen_share=0.0))
