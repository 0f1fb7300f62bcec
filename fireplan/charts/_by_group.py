"""A figure of response performance, group by group, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
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
    clock_axis,
    label,
    names,
    quiet_grid,
    shortened,
    width_pt,
)
from fireplan.charts._palette import OBJECTIVE, OBSERVED, PALE, QUIET
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.response_performance._statistics import FEWEST
from fireplan.standards import OBSERVED_INTERVALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Figured = Literal["p90_s", "share"]

FIGURES = {"p90_s": "90th percentile", "share": "Share within the limit"}
"""Figures with an interval."""

SPOKEN = {"units_committed": "number of units out", "all_units_committed": "number of units out, of any type"}
"""Groups that are not said as they are called."""

IN_ORDER = ("month", "hour", "weekday", "year", "shift", *SPOKEN)
"""Groups that follow one another; others are put in order of the figure, worst first."""

COLUMNS = ("title", "interval", "n", "p90_s", "p90_low_s", "p90_high_s", "share", "share_low", "share_high", "limit_s")
MOST = 60
"""Groups that fit on a page."""

NAMES_PT = 190.0
ROW_PT = 19.0
ACROSS_PT, COUNTS_PT = 230.0, 52.0


@dataclass(frozen=True, eq=False)
class _Groups:
    """What is drawn, in order; seconds, or percent."""

    by: str
    figure: str
    names: list[str]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    line: float | None
    line_text: str
    axis: str

    @property
    def known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.value)

    def told(self, value: float) -> str:
        if self.figure == "p90_s":
            return wording.percentile(value)
        return wording.share(value / 100, goal=None if self.line is None else self.line / 100)


@takes
def by_month(
    table: pd.DataFrame,
    *,
    measure: str = "travel",
    figure: Figured = "p90_s",
    limit_s: float | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw a figure of response performance month by month.

    Parameters
    ----------
    table
        From `fireplan.performance` with ``by="month"``.
    measure, figure, limit_s, title, about
        As for `by_group`.

    Returns
    -------
    As `by_group`; months between the first and the last that the table does not have are gaps too.
    """
    if list(table.index.names) != ["month", "measure"]:
        raise InputError(f"this table is by {_levels(table)}: give one of `performance` with by='month'")
    return by_group(table, measure=measure, figure=figure, limit_s=limit_s, title=title, about=about)


@takes
def by_group(
    table: pd.DataFrame,
    *,
    measure: str = "travel",
    figure: Figured = "p90_s",
    limit_s: float | None = None,
    called: Mapping[str, str] | pd.Series[str] | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw a figure of response performance for each group, with its 95 % interval and its n.

    Parameters
    ----------
    table
        From `fireplan.performance`, by one thing.
    measure
        Which rows: an interval such as "travel", or the key of an objective such as "first_engine".
    figure
        "p90_s", the 90th percentile, or "share", the share within an objective's limit.
    limit_s
        A limit to be drawn beside the percentile where the measure has none of its own. [s]
    called
        Names to show instead of ids, such as ``scenario.stations["name"]``.
    title
        Left out: the measure, the figure and the group.
    about
        Source, period and basis for the foot.

    Returns
    -------
    Months, hours, weekdays, years and shifts in their order, n below them; other groups one under another, the worst
    first. Whiskers are the intervals of the table; an arrow is an end that there are too few records for. Groups
    of fewer than ten records are gaps.

    Raises
    ------
    InputError
        If it is no such table, is by more than one thing, or no group has a figure.
    UnknownIdError
        If the measure is not in it.
    """
    rows = _rows(table, measure, figure)
    by = str(rows.index.name)
    about = (about or About()).or_else(table.attrs)
    rows = _in_order(rows, by, figure)
    left_out = max(0, len(rows) - MOST) if by not in IN_ORDER else 0
    rows = rows.iloc[: len(rows) - left_out]
    groups = _groups(rows, by, figure, limit_s, called)
    what = str(table.xs(measure, level="measure")["title"].iloc[0])
    default = f"{wording.capital(what)}: {FIGURES[figure].lower()} by {_spoken(by)}"
    if by == "month" and not about.period:
        about = About(about.source, f"{_named(groups.names[0], by)} to {_named(groups.names[-1], by)}", about.basis)
    words = _words(groups, title or default, about, left_out)
    return Chart(words.title, words.alt, lambda: _across(groups, words) if by in IN_ORDER else _down(groups, words))


def _rows(table: pd.DataFrame, measure: str, figure: str) -> pd.DataFrame:
    """Rows of the measure, by their one group."""
    if figure not in FIGURES:
        raise UnknownIdError("figure", figure, FIGURES)
    missing = [c for c in COLUMNS if c not in table]
    if "measure" not in table.index.names or missing:
        raise InputError("this is no table of `fireplan.performance`: give that one")
    if table.index.nlevels != 2:
        raise InputError(f"this table is by {_levels(table)}: give one that is by one thing, such as by='month'")
    if not len(table):
        raise InputError("this table is empty: there is nothing to draw")
    if measure not in table.index.get_level_values("measure"):
        raise UnknownIdError("measure", measure, table.index.get_level_values("measure").unique())
    rows = table.loc[table.index.get_level_values("measure") == measure].droplevel("measure")
    if figure == "share" and rows["limit_s"].isna().all():
        raise InputError(f"{quoted(measure)} has no limit, so there is no share: name an objective as measure")
    if rows[figure].isna().all():
        raise InputError(f"no group has {FEWEST} records of {quoted(measure)}: there is nothing to draw")
    return rows


def _levels(table: pd.DataFrame) -> str:
    return listed([quoted(name) for name in table.index.names if name != "measure"]) or "nothing"


def _in_order(rows: pd.DataFrame, by: str, figure: str) -> pd.DataFrame:
    if by == "month":
        months = pd.period_range(rows.index.min(), rows.index.max(), freq="M").strftime("%Y-%m")
        rows = rows.reindex(pd.Index(months, name=by))
    elif by == "hour":
        rows = rows.reindex(pd.RangeIndex(24, name=by))
    elif by in IN_ORDER:
        rows = rows.sort_index()
    else:
        rows = _by_size(rows, figure)
    return rows


def _by_size(rows: pd.DataFrame, figure: str) -> pd.DataFrame:
    """The worst first, the unknown last."""
    return rows.sort_values(figure, ascending=figure == "share", na_position="last", kind="stable")


def _groups(
    rows: pd.DataFrame, by: str, figure: str, limit_s: float | None, called: Mapping[str, str] | pd.Series[str] | None
) -> _Groups:
    low, high = ("p90_low_s", "p90_high_s") if figure == "p90_s" else ("share_low", "share_high")
    scale = 1.0 if figure == "p90_s" else 100.0
    own_limit, goal = rows["limit_s"].dropna(), rows["goal"].dropna()
    if figure == "p90_s":
        line = float(own_limit.iloc[0]) if len(own_limit) else limit_s
        text = "" if line is None else f"limit {wording.clock(line)}"
    else:
        line = 100 * float(goal.iloc[0]) if len(goal) else None
        text = "" if line is None else f"goal {wording.goal(line / 100)}"
    if line is not None and figure == "p90_s" and len(goal):
        text += f" (goal {wording.goal(float(goal.iloc[0]))})"
    limit = f" of {wording.clock(own_limit.iloc[0])}" if len(own_limit) else ""
    interval = OBSERVED_INTERVALS[str(rows["interval"].dropna().iloc[0])]
    axis = (
        f"{wording.capital(interval)}, 90th percentile [min:s]" if figure == "p90_s" else f"Within the limit{limit} [%]"
    )
    ids = ["not known" if pd.isna(g) else str(g) for g in rows.index]
    value, least, most = (rows[c].to_numpy(float) * scale for c in (figure, low, high))
    return _Groups(
        by=by,
        figure=figure,
        names=ids if called is None else [str(called.get(g, g)) for g in ids],
        value=value,
        low=least,
        high=most,
        n=rows["n"].fillna(0).to_numpy(np.int64),
        line=line,
        line_text=text,
        axis=axis,
    )


def _words(groups: _Groups, title: str, about: About, left_out: int) -> Words:
    known = np.flatnonzero(groups.known)
    texts = [_named(name, groups.by) for name in groups.names]
    least, most = known[groups.value[known].argmin()], known[groups.value[known].argmax()]
    what = FIGURES[groups.figure]
    if len(known) == 1:
        said = f"{what}: {groups.told(groups.value[least])} ({texts[least]})."
    else:
        said = (
            f"{what} from {groups.told(groups.value[least])} ({texts[least]}) to"
            f" {groups.told(groups.value[most])} ({texts[most]})."
        )
    if groups.line is not None:
        good = groups.value[known] <= groups.line if groups.figure == "p90_s" else groups.value[known] >= groups.line
        verb = "at or under the limit" if groups.figure == "p90_s" else "at or over the goal"
        said += f" {int(good.sum())} of {len(known)} {_spoken(groups.by, many=True)} are {verb}."
    notes = ["Whiskers: 95 % interval."]
    if np.isinf(groups.high[known]).any() or np.isinf(groups.low[known]).any():
        notes[0] = "Whiskers: 95 % interval; an arrow: too few records for that end."
    gaps = len(groups.value) - len(known)
    if gaps:
        word = _spoken(groups.by, many=gaps > 1)
        notes.append(f"{gaps} {word} with fewer than {FEWEST} records: no figure is given.")
    if left_out:
        notes.append(f"{left_out} more {_spoken(groups.by, many=True)} do not fit on the page.")
    n = f"n = {wording.count(groups.n.sum())}"
    return Words(title, (said,), (" ".join(notes),), (n, *about.told()))


def _spoken(by: str, *, many: bool = False) -> str:
    if by in SPOKEN:
        return "groups" if many else SPOKEN[by]
    word = by.removesuffix("_id").replace("_", " ")
    if not many:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"


def _named(name: str, by: str) -> str:
    """Say a group within a sentence."""
    if by == "month":
        return f"{pd.Timestamp(f'{name}-01'):%b %Y}"
    if by in SPOKEN and name[:1].isdigit():
        return f"with {name} out"
    return f"from {name}:00" if by == "hour" else name


def _span(groups: _Groups) -> tuple[float, float]:
    """First and last value of the axis."""
    if groups.figure == "share":
        return 0.0, 100.0
    marked = np.concatenate([groups.value, groups.high, [groups.line or 0.0]])
    top = float(marked[np.isfinite(marked)].max())
    return 0.0, max(1.12 * top, 10.0)


def _across(groups: _Groups, words: Words) -> Figure:
    """Groups beside one another, n below."""
    axis_pt = 52.0 if groups.by == "month" else 38.0
    sheet = Sheet(words, plot_pt=ACROSS_PT + COUNTS_PT + axis_pt + 26)
    side = EDGE_PT + 8
    top = sheet.axes(left=66, right=side, bottom=axis_pt + COUNTS_PT + 16, height=ACROSS_PT)
    low = sheet.axes(left=66, right=side, bottom=axis_pt, height=COUNTS_PT)
    at = np.arange(len(groups.names), dtype=float)
    first, last = _span(groups)
    top.plot(at, groups.value, color=OBSERVED, linewidth=1, alpha=0.6, gid="line")
    _whiskers(top, groups, at, first, last, upright=True)
    top.set_ylim(first, last)
    if groups.figure == "p90_s":
        clock_axis(top.yaxis, last, most=8)
    if groups.line is not None:
        top.axhline(groups.line, color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)), gid="limit")
        _beside(top, groups, last)
    label(top.yaxis, groups.axis)
    quiet_grid(top, "y")
    low.bar(at, groups.n, color=PALE, width=0.7, gid="n")
    low.locator_params(axis="y", nbins=3, integer=True)
    low.yaxis.set_major_formatter(FuncFormatter(lambda y, _: wording.figure(y)))
    label(low.yaxis, "n")
    label(
        low.xaxis,
        {"hour": "Hour of the day, local time [h]", "month": "Month"}.get(
            groups.by, wording.capital(_spoken(groups.by))
        ),
    )
    for axes in (top, low):
        axes.set_xlim(-0.6, len(at) - 0.4)
    room = (WIDTH_PT - 66 - side) / len(at)
    texts = [shortened(name, size=LABEL_PT, most_pt=max(room - 4, 14)) for name in groups.names]
    if groups.by == "month":
        texts = _months(groups.names)
    names(top.xaxis, at, [""] * len(at))
    names(low.xaxis, at, texts)
    return sheet.figure


def _months(months: list[str]) -> list[str]:
    """Names of the months, shorter the more there are, with the year under the first of each."""
    told = []
    step = max(1, int(np.ceil(len(months) / 36)))
    for i, month in enumerate(months):
        stamp = pd.Timestamp(f"{month}-01")
        name = f"{stamp:%b}" if len(months) <= 24 else f"{stamp:%b}"[0]
        new = i == 0 or stamp.month == 1
        shown = name if step == 1 else ""
        told.append(f"{shown}\n{stamp.year if new else ' '}")
    return told


def _beside(axes: Axes, groups: _Groups, last: float) -> None:
    """Name the line."""
    line = groups.line or 0.0
    above = groups.figure == "p90_s" or line < last - 8
    axes.annotate(
        groups.line_text, (1, line), xycoords=("axes fraction", "data"), xytext=(-2, 5 if above else -13),
        textcoords="offset points", ha="right", color=OBJECTIVE, fontsize=LABEL_PT, fontfamily=FONT, parse_math=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
    )  # fmt: skip


def _whiskers(
    axes: Axes, groups: _Groups, at: NDArray[np.float64], first: float, last: float, *, upright: bool
) -> None:
    """Draw each value with its interval; an open end is an arrow at the edge."""
    known = groups.known
    low, high = np.clip(groups.low[known], first, last), np.clip(groups.high[known], first, last)
    at, value = at[known], groups.value[known]
    draw = axes.vlines if upright else axes.hlines
    draw(at, low, high, color=OBSERVED, linewidth=1.6, gid="whiskers")
    for ends, marks in ((groups.low[known], "v<"), (groups.high[known], "^>")):
        is_open = np.isinf(ends)
        if not is_open.any():
            continue
        edge = np.where(ends[is_open] > 0, last, first)
        place = (at[is_open], edge) if upright else (edge, at[is_open])
        axes.plot(*place, marks[0 if upright else 1], color=OBSERVED, markersize=5, clip_on=False)
    place = (at, value) if upright else (value, at)
    axes.plot(*place, "o", color=OBSERVED, markersize=5.5, gid="values")


def _down(groups: _Groups, words: Words) -> Figure:
    """Groups under one another, n beside them."""
    rows = len(groups.names)
    axis_pt = 40.0
    sheet = Sheet(words, plot_pt=rows * ROW_PT + 14 + axis_pt + 18)
    texts = [shortened(name, size=LABEL_PT, most_pt=NAMES_PT) for name in groups.names]
    left = EDGE_PT + max(width_pt(t, LABEL_PT) for t in texts) + 12
    counts = [wording.count(n) for n in groups.n]
    right = EDGE_PT + max(width_pt(t, LABEL_PT) for t in [*counts, "n"]) + 10
    axes = sheet.axes(left=max(left, 50), right=right, bottom=axis_pt, height=rows * ROW_PT + 14)
    at = np.arange(rows, dtype=float)
    first, last = _span(groups)
    _whiskers(axes, groups, at, first, last, upright=False)
    axes.set(xlim=(first, last), ylim=(rows - 0.3, -0.7))
    if groups.figure == "p90_s":
        clock_axis(axes.xaxis, last)
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: wording.figure(x)))
    if groups.line is not None:
        axes.axvline(groups.line, color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)), gid="limit")
        side = "left" if groups.line < 0.5 * last else "right"
        axes.annotate(
            groups.line_text, (groups.line, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), ha=side,
            textcoords="offset points", color=OBJECTIVE, fontsize=LABEL_PT, fontfamily=FONT, parse_math=False,
        )  # fmt: skip
    names(axes.yaxis, at, texts)
    axes.tick_params(axis="y", length=0)
    label(axes.xaxis, groups.axis)
    quiet_grid(axes, "x")
    for y, text in [*zip(at, counts, strict=True), (-1.0, "n")]:
        axes.annotate(
            text, (1, y), xycoords=("axes fraction", "data"), xytext=(right - EDGE_PT, 0), textcoords="offset points",
            ha="right", va="center", color=QUIET, fontsize=LABEL_PT, fontfamily=FONT, annotation_clip=False,
        )  # fmt: skip
    for y in at[~groups.known]:
        axes.annotate(
            f"fewer than {FEWEST} records", (0, y), xytext=(4, 0), textcoords="offset points", va="center", color=QUIET,
            fontsize=SMALL_PT, fontfamily=FONT,
        )  # fmt: skip
    return sheet.figure
