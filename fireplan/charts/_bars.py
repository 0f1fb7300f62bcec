"""Bars: how busy units are, and why objectives were missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import (
    EDGE_PT,
    FONT,
    LABEL_PT,
    SMALL_PT,
    WIDTH_PT,
    Sheet,
    Words,
    label,
    names,
    quiet_grid,
    shortened,
    width_pt,
    wrapped,
)
from fireplan.charts._palette import OBJECTIVE, OBSERVED, PALE
from fireplan.colours import INK, UNKNOWN
from fireplan.errors import InputError
from fireplan.response_performance._missed_parts import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MOST = 60
NAMES_PT = 190.0
SENTENCE_PT = 230.0
BY_TIME = {"hour", "weekday", "month", "year"}
NOT_MENDED = ("outside_area", "unknown")
"""Reasons of which nobody can say whether mending them would have done."""


@dataclass(frozen=True, eq=False)
class _Bars:
    """What is drawn, from top to bottom."""

    names: list[list[str]]
    value: NDArray[np.float64]
    dark: NDArray[np.float64]
    grey: NDArray[np.bool_]
    told: list[str]
    axis: str
    line: float | None = None
    line_text: str = ""
    legend: tuple[str, str, str] | None = None


@takes
def workload(
    table: pd.DataFrame,
    *,
    called: Mapping[str, str] | pd.Series[str] | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw unit-hour utilisation, the busiest first.

    Parameters
    ----------
    table
        From `fireplan.workload`, by units, types, stations or time. A limit is drawn where the table has one, with who
        gives it; there is no standard for one.
    called
        Names to show instead of ids.
    title
        Left out: "Unit-hour utilisation" and the groups.
    about
        Source, period and basis for the foot; left out: period and basis as the table says.

    Returns
    -------
    A bar for each group, with its share of staffed time committed and its n of responses. Times of day and of the year
    stand in their order. Groups that were never staffed have no bar.

    Raises
    ------
    InputError
        If it is no such table, or no group was staffed.
    """
    if not {"n", "unknown", "uhu", "staffed_h"} <= set(table.columns):
        raise InputError("this is no table of `fireplan.workload`: give that one")
    if not len(table) or table["uhu"].isna().all():
        raise InputError("no group of this table was staffed: there is nothing to draw")
    by = [str(n) for n in table.index.names if n is not None]
    about = (about or About()).or_else(table.attrs)
    rows = table if BY_TIME & set(by) else table.sort_values("uhu", ascending=False, kind="stable")
    left_out = max(0, len(rows) - MOST)
    rows = rows.iloc[:MOST]
    ids = [g if isinstance(g, tuple) else (g,) for g in rows.index] if by else [("all units",)]
    texts = [", ".join(str(part if called is None else called.get(str(part), part)) for part in g) for g in ids]
    uhu = rows["uhu"].to_numpy(float)
    told = [
        f"{'not staffed' if np.isnan(u) else wording.share(u)} (n {wording.count(n)})"
        for u, n in zip(uhu, rows["n"], strict=True)
    ]
    line, line_text = None, ""
    if "most_uhu" in rows:
        line = 100 * float(rows["most_uhu"].iloc[0])
        line_text = f"limit {wording.goal(line / 100)}: {rows['most_source'].iloc[0]}"
    bars = _Bars(
        [[shortened(t, size=LABEL_PT, most_pt=NAMES_PT)] for t in texts], 100 * np.nan_to_num(uhu),
        100 * np.nan_to_num(uhu), np.zeros(len(rows), dtype=bool), told,
        "Unit-hour utilisation: share of staffed time committed [%]", line, line_text,
    )  # fmt: skip
    groups = ", ".join(b.removesuffix("_id").replace("_", " ") for b in by)
    said, notes, foot = _of_workload(table, texts, uhu, bars, about)
    if left_out:
        notes = (*notes, f"{left_out} more do not fit on the page.")
    words = Words(title or "Unit-hour utilisation" + (f" by {groups}" if by else ""), said, notes, foot)
    return Chart(words.title, words.alt, lambda: _drawn(bars, words))


def _of_workload(
    table: pd.DataFrame, texts: list[str], uhu: NDArray[np.float64], bars: _Bars, about: About
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    known = np.flatnonzero(~np.isnan(uhu))
    most, least = known[uhu[known].argmax()], known[uhu[known].argmin()]
    said = f"{texts[most]} is committed for {wording.share(uhu[most])} of its staffed time"
    said += f", {texts[least]} for {wording.share(uhu[least])}." if len(known) > 1 else "."
    if bars.line is not None:
        said += f" {int((table['uhu'] * 100 > bars.line).sum())} of {len(known)} are over the limit."
    notes = []
    unknown = int(table["unknown"].sum())
    if unknown:
        notes.append(f"The end of {wording.count(unknown)} responses is not known: their time is missing here.")
    return (said,), tuple(notes), (f"n = {wording.count(table['n'].sum())} responses", *about.told())


@takes
def reasons(totals: pd.DataFrame, *, title: str = "", about: About | None = None) -> Chart:
    """
    Draw why objectives were missed.

    Parameters
    ----------
    totals
        From `totals` of what `fireplan.response_performance.why_missed` gives, not broken down; or one group of it.
    title
        Left out: "Why the objective was missed".
    about
        Source, period and basis for the foot; left out: observed, with modelled travel.

    Returns
    -------
    A bar for each reason, the most frequent first: incidents, and their share of those whose reason is known; dark the
    ones that mending this alone would have brought within the objective. What lies outside the area, or is not known,
    is grey and last: nobody can say what mending it would have done.

    Raises
    ------
    InputError
        If it is no such table, or counts no incident.
    """
    if totals.index.name != "reason" or not {"incidents", "share", "alone", "known"} <= set(totals.columns):
        raise InputError(
            "this is no table of reasons: give `why_missed(...).totals()`, not broken down, or one group of it"
        )
    n = round(float(totals["incidents"].sum()))
    if n == 0:
        raise InputError("no incident missed the objective: there is nothing to draw")
    last = totals.index.isin(NOT_MENDED)
    rows = totals.assign(last=last).sort_values(["last", "incidents"], ascending=[True, False], kind="stable")
    grey = rows["last"].to_numpy(bool)
    sentences = [wording.capital(REASONS.get(str(r), str(r))) for r in rows.index]
    told = [
        wording.count(i) + ("" if np.isnan(s) else f" ({wording.share(s)})")
        for i, s in zip(rows["incidents"], rows["share"].astype(float), strict=True)
    ]
    alone = rows["alone"].to_numpy(float)
    bars = _Bars(
        [wrapped(s, size=LABEL_PT, most_pt=SENTENCE_PT) for s in sentences], rows["incidents"].to_numpy(float),
        np.where(grey, 0.0, alone), grey, told, "Incidents over the objective",
        legend=("mending this alone would have met it", "it would not have", "cannot be said"),
    )  # fmt: skip
    known = float(totals["known"].iloc[0])
    top = totals["incidents"].where(totals["share"].notna(), 0)
    first = str(top.idxmax())
    said = "No reason is known."
    if top.max() > 0:
        said = (
            f"Most often: {REASONS.get(first, first)} ({wording.counted(top.max(), 'incident')},"
            f" {wording.share(top.max() / known)} of {wording.count(known)} whose reason is known)."
        )
    about = (about or About()).or_else(totals.attrs)
    about = About(about.source, about.period, f"{about.basis or 'observed'}, with modelled travel")
    each = "Each incident has one reason: its largest excess."
    if totals.attrs.get("chances"):
        each = "Numbers are expected ones: sums of how likely each reason is, by how calibrated drives differ."
    notes = (f"Shares are of the incidents whose reason is known. {each}",)
    words = Words(
        title or "Why the objective was missed",
        (said,),
        notes,
        (f"n = {wording.counted(n, 'incident')}", *about.told()),
    )
    return Chart(words.title, words.alt, lambda: _drawn(bars, words))


def _drawn(bars: _Bars, words: Words) -> Figure:
    lines = max(len(n) for n in bars.names)
    row_pt = 19.0 if lines == 1 else 12.5 * lines + 8
    rows, axis_pt, legend_pt = len(bars.names), 40.0, 22.0 if bars.legend else 0.0
    line_pt = 16.0 if bars.line is not None else 0.0
    height = rows * row_pt + 6
    sheet = Sheet(words, plot_pt=height + axis_pt + legend_pt + line_pt + 4)
    left = EDGE_PT + max(width_pt(line, LABEL_PT) for name in bars.names for line in name) + 12
    right = EDGE_PT + 4
    axes = sheet.axes(left=max(left, 50), right=right, bottom=axis_pt, height=height)
    at = np.arange(rows, dtype=float)
    light = np.where(bars.grey, UNKNOWN, PALE)
    axes.barh(at, bars.value, height=0.68, color=list(light), gid="bars")
    axes.barh(at, bars.dark, height=0.68, color=OBSERVED, gid="dark")
    room_pt = WIDTH_PT - max(left, 50) - right
    widest = max(width_pt(t, LABEL_PT) for t in bars.told) + 10
    top = max(float(bars.value.max()), bars.line or 0.0, 1e-9) * room_pt / (room_pt - widest)
    axes.set(xlim=(0, top), ylim=(rows - 0.4, -0.6))
    for y, value, text in zip(at, bars.value, bars.told, strict=True):
        axes.annotate(
            text, (value, y), xytext=(4, 0), textcoords="offset points", va="center", color=INK, fontsize=LABEL_PT,
            fontfamily=FONT, parse_math=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
        )  # fmt: skip
    if bars.line is not None:
        axes.axvline(bars.line, color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)), gid="limit")
        left_side = bars.line < 0.5 * top
        share = bars.line / top
        most_pt = room_pt * (1 - share if left_side else share)
        axes.annotate(
            shortened(bars.line_text, size=LABEL_PT, most_pt=most_pt), (bars.line, 1),
            xycoords=("data", "axes fraction"), xytext=(0, 3), ha="left" if left_side else "right",
            textcoords="offset points", color=OBJECTIVE, fontsize=LABEL_PT, fontfamily=FONT, parse_math=False,
        )  # fmt: skip
    names(axes.yaxis, at, ["\n".join(name) for name in bars.names])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: wording.figure(x)))
    axes.locator_params(axis="x", nbins=8, integer=bars.legend is not None)
    label(axes.xaxis, bars.axis)
    quiet_grid(axes, "x")
    if bars.legend:
        _legend(axes, bars)
    return sheet.figure


def _legend(axes: Axes, bars: _Bars) -> None:
    """Name the colours in a line above the bars."""
    x = 0.0
    for colour, text in zip((OBSERVED, PALE, UNKNOWN), bars.legend or (), strict=True):
        axes.annotate(
            "\N{BLACK SQUARE}", (0, 1), xycoords="axes fraction", xytext=(x, 6), textcoords="offset points",
            color=colour, fontsize=LABEL_PT + 3, fontfamily=FONT,
        )  # fmt: skip
        axes.annotate(
            text, (0, 1), xycoords="axes fraction", xytext=(x + 13, 7), textcoords="offset points", color=INK,
            fontsize=SMALL_PT, fontfamily=FONT,
        )  # fmt: skip
        x += 13 + width_pt(text, SMALL_PT) + 16
