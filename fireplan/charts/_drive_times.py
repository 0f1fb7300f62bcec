"""How wrong modelled drives are: observed against predicted, error by group, and model beside model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import (
    EDGE_PT,
    FONT,
    LABEL_PT,
    SMALL_PT,
    Sheet,
    Words,
    clock_axis,
    label,
    names,
    quiet_grid,
    shortened,
    width_pt,
    wrapped,
)
from fireplan.charts._palette import OBJECTIVE, OBSERVED, PALE, QUIET, SEQUENCE
from fireplan.colours import INK
from fireplan.drive_times import MODELS
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance._statistics import FEWEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from fireplan.calibration import Diagnostics
    from fireplan.drive_times import Calibration

    Figured = Literal["bias_s", "median_error_s"]
    By = Literal["station", "hour", "distance", "class", "fifth"]

FIGURES = {
    "bias_s": "Predicted less observed, median [s]",
    "median_error_s": "Error of a drive, median (dot) and 90th percentile (ring) [s]",
}
GROUPS = {"station": "station", "hour": "hour of the day", "distance": "distance driven",
          "class": "class of road that carries most of the way", "fifth": "predicted time"}  # fmt: skip
SHOWN = 0.99
"""Part of the runs that the axes of observed against predicted hold."""

FINE_S = 10.0
"""Errors below this are told to a tenth of a second. [s]"""

CELLS, SQUARE_PT = 36, 330.0
ROW_PT, NAMES_PT, MOST = 19.0, 200.0, 60


@takes
def drive_times(found: Diagnostics, *, title: str = "", about: About | None = None) -> Chart:
    """
    Draw observed against predicted drives.

    Parameters
    ----------
    found
        From `fireplan.calibration.diagnostics`.
    title
        Left out: "Drives as observed, against what was predicted".
    about
        Source, period and basis for the foot.

    Returns
    -------
    Cells, the darker the more runs; the line on which both are the same; the median observed drive of each fifth of the
    predicted times; and, where there is one, the line that nine in ten were predicted to stay below. One run in a
    hundred, the longest, is outside the axes, and is told.
    """
    runs = found.runs.view()
    fifths, whole = found.by_fifth, found.over_all.iloc[0]
    known = fifths["bias_s"].dropna()
    said = (
        f"Median error {wording.count(whole['median_error_s'])} s, 90th percentile"
        f" {wording.count(whole['p90_error_s'])} s; bias {wording.signed(whole['bias_s'])} s at the median."
    )
    if len(known):
        worst = int(np.argmax(known.abs().to_numpy()))
        bias = wording.signed(known.iloc[worst])
        said += f" Of fifths by predicted time, {known.index[worst]} is farthest off: {bias} s."
    last_s = float(max(np.quantile(runs["observed_s"], SHOWN), np.quantile(runs["median_s"], SHOWN)))
    out = int(((runs["observed_s"] > last_s) | (runs["median_s"] > last_s)).sum())
    notes = (
        f"Each run is predicted without its own {found.fold}. Cells: runs, the darker the more. Dots: median of each"
        " fifth."
    )
    if out:
        notes += f" {wording.counted(out, 'longer run is', 'longer runs are')} outside the axes."
    words = Words(
        title or "Drives as observed, against what was predicted", (said,), (notes,), _foot(int(whole["n"]), about)
    )
    return Chart(words.title, words.alt, lambda: _square(runs, fifths, last_s, words))


@takes
def drive_errors(
    found: Diagnostics,
    *,
    by: By = "station",
    figure: Figured = "median_error_s",
    called: Mapping[str, str] | pd.Series[str] | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw how wrong modelled drives are, group by group.

    Parameters
    ----------
    found
        From `fireplan.calibration.diagnostics`.
    by
        "station", "hour", "distance", "class" (of road) or "fifth" (of predicted time).
    figure
        "median_error_s", the median of the absolute error with its 90th percentile, or "bias_s", the median of
        predicted less observed.
    called
        Names to show instead of ids.
    title
        Left out: the figure and the group.
    about
        Source, period and basis for the foot.

    Returns
    -------
    A line for each group, with the 95 % interval of the median, and n; groups of fewer than ten runs are gaps.

    Raises
    ------
    UnknownIdError
        If there is no such group or figure.
    InputError
        If the runs do not say, or no group has a figure.
    """
    if by not in GROUPS:
        raise UnknownIdError("group", by, GROUPS)
    if figure not in FIGURES:
        raise UnknownIdError("figure", figure, FIGURES)
    table = getattr(found, f"by_{by}")
    if not len(table) or table[figure].isna().all():
        raise InputError(f"the runs do not say how wrong drives are by {GROUPS[by]}: there is nothing to draw")
    if by in ("station", "class"):
        table = table.sort_values("n", ascending=False, kind="stable")
    left_out = max(0, len(table) - MOST)
    rows = table.head(MOST)
    texts = [str(g) if called is None else str(called.get(str(g), g)) for g in rows.index]
    texts = [f"{h}:00" for h in rows.index] if by == "hour" else texts
    known = rows[rows[figure].notna()]
    ends = [known[figure].idxmin(), known[figure].idxmax()]
    fine = 1 if known[figure].abs().max() < FINE_S else 0
    told = [f"{_seconds(known.loc[e, figure], figure, fine)} ({texts[rows.index.get_loc(e)]})" for e in ends]
    what = "Bias at the median" if figure == "bias_s" else "Median error"
    said = f"{what}: {told[0]}." if ends[0] == ends[1] else f"{what} from {told[0]} to {told[1]}."
    notes = [f"Whiskers: 95 % interval of the median. Each run is predicted without its own {found.fold}."]
    if figure == "bias_s":
        notes.append("Left of nought: told too short.")
    few = len(rows) - len(known)
    if few:
        notes.append(f"{wording.counted(few, 'group')} of fewer than {FEWEST} runs: no figure is given.")
    if left_out:
        notes.append(f"{wording.count(left_out)} more do not fit on the page.")
    words = Words(
        title or f"How wrong drive times are, by {GROUPS[by]}", (said,), (" ".join(notes),),
        _foot(int(table["n"].sum()), about),
    )  # fmt: skip
    return Chart(words.title, words.alt, lambda: _lines(rows, texts, figure, words))


@takes
def ladder(calibration: Calibration, *, title: str = "", about: About | None = None) -> Chart:
    """
    Draw the error of every model that was tried, on the same days or weeks left out.

    Parameters
    ----------
    calibration
        From `fireplan.calibrate`.
    title
        Left out: "Models of drive times, from the simplest to the fullest".
    about
        Source, period and basis for the foot.

    Returns
    -------
    A bar for the median of the absolute error and one for its 90th percentile; the model that was taken is dark.

    Raises
    ------
    InputError
        If the calibration tells of no other model.
    """
    steps = calibration.ladder
    if not steps:
        raise InputError("this calibration tells of no other model: there is nothing to draw")
    taken = [step.model == calibration.model for step in steps]
    texts = [wording.capital(MODELS[step.model]) for step in steps]
    median_s, p90_s = (np.array([getattr(s.error, f"{n}_error_s") for s in steps]) for n in ("median", "p90"))
    model = MODELS[calibration.model]
    why = f"{wording.capital(calibration.reason)}." if calibration.reason else ""
    taken_said = "" if model in calibration.reason else f"Taken: {model}. "
    said = f"{taken_said}{wording.capital(calibration.headline)}."
    about = about or About()
    about = About(about.source, about.period or f"{calibration.first_day} to {calibration.last_day}".strip(" to"),
                  about.basis or calibration.basis)  # fmt: skip
    words = Words(
        title or "Models of drive times, from the simplest to the fullest", (said,),
        tuple(text for text in (why, f"All on the same folds, {steps[0].error.held_out} left out in turn.") if text),
        _foot(steps[0].error.n, about),
    )  # fmt: skip
    return Chart(words.title, words.alt, lambda: _bars(texts, median_s, p90_s, taken, words))


def _foot(n: int, about: About | None) -> tuple[str, ...]:
    return (f"n = {wording.counted(n, 'run')}", *(about or About()).told())


def _seconds(value: float, figure: str, decimals: int) -> str:
    told = wording.signed if figure == "bias_s" else wording.number
    return f"{told(value, decimals=decimals)} s"


def _square(runs: pd.DataFrame, fifths: pd.DataFrame, last_s: float, words: Words) -> Figure:
    """Predicted to the right, observed upwards."""
    sheet = Sheet(words, plot_pt=SQUARE_PT + 60)
    axes = sheet.axes(left=70, right=EDGE_PT + 150, bottom=44, height=SQUARE_PT)
    axes.hexbin(
        runs["median_s"], runs["observed_s"], gridsize=CELLS, extent=(0, last_s, 0, last_s), mincnt=1, bins="log",
        cmap=ListedColormap(list(SEQUENCE[1:])), linewidths=0.1, gid="runs",
    )  # fmt: skip
    line = np.array([0.0, last_s])
    axes.plot(line, line, color=INK, linewidth=1.2, gid="same")
    _beside(axes, last_s, "as predicted", INK)
    known = runs["p90_s"].notna() if "p90_s" in runs else pd.Series(False, index=runs.index)  # noqa: FBT003 - a value
    if known.any():
        rows = runs[known].sort_values("median_s")
        # A line through what was predicted fold by fold.
        step = np.unique(np.linspace(0, len(rows) - 1, 60).astype(int))
        x = rows["median_s"].rolling(max(1, len(rows) // 60), min_periods=1).median().to_numpy()[step]
        ratio = (rows["p90_s"] / rows["median_s"]).rolling(max(1, len(rows) // 10), min_periods=1).median()
        y = x * ratio.to_numpy()[step]
        inside = (x <= last_s) & (y <= last_s)
        axes.plot(x[inside], y[inside], color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)), gid="nine")
        if inside.any():
            at = float(x[inside][-1]), float(y[inside][-1])
            axes.annotate(
                "nine in ten below", at, xytext=(-8, 2), textcoords="offset points", color=OBJECTIVE, ha="right",
                fontsize=LABEL_PT, fontfamily=FONT, annotation_clip=False,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
            )  # fmt: skip
    shown = fifths[fifths["predicted_s"].notna()]
    axes.plot(shown["predicted_s"], shown["observed_s"], "o", color=OBSERVED, markersize=7,
              markeredgecolor="white", gid="fifths")  # fmt: skip
    axes.set(xlim=(0, last_s), ylim=(0, last_s))
    clock_axis(axes.xaxis, last_s, most=8)
    clock_axis(axes.yaxis, last_s, most=8)
    label(axes.xaxis, "Predicted, median [min:s]")
    label(axes.yaxis, "Observed [min:s]")
    quiet_grid(axes, "both")
    return sheet.figure


def _beside(axes: Axes, last_s: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (last_s, last_s), xytext=(6, -4), textcoords="offset points", color=colour, fontsize=LABEL_PT,
        fontfamily=FONT, annotation_clip=False,
    )  # fmt: skip


def _lines(rows: pd.DataFrame, texts: Sequence[str], figure: str, words: Words) -> Figure:
    """Groups under one another, n beside them."""
    sheet = Sheet(words, plot_pt=len(rows) * ROW_PT + 14 + 40 + 18)
    short = [shortened(text, size=LABEL_PT, most_pt=NAMES_PT) for text in texts]
    left = EDGE_PT + max(width_pt(t, LABEL_PT) for t in short) + 12
    counts = [wording.count(n) for n in rows["n"]]
    right = EDGE_PT + max(width_pt(t, LABEL_PT) for t in [*counts, "n"]) + 10
    axes = sheet.axes(left=max(left, 50), right=right, bottom=40, height=len(rows) * ROW_PT + 14)
    at = np.arange(len(rows), dtype=float)
    value = rows[figure].to_numpy(float)
    stem = figure.removesuffix("_s")
    low, high = rows[f"{stem}_low_s"].to_numpy(float), rows[f"{stem}_high_s"].to_numpy(float)
    first, last = _span(rows, figure, low, high)
    known = np.isfinite(value)
    axes.hlines(at[known], np.clip(low[known], first, last), np.clip(high[known], first, last), color=OBSERVED,
                linewidth=1.6, gid="whiskers")  # fmt: skip
    axes.plot(value[known], at[known], "o", color=OBSERVED, markersize=5.5, gid="values")
    if figure == "bias_s":
        axes.axvline(0, color=INK, linewidth=1.2, gid="nought")
    else:
        axes.plot(rows["p90_error_s"].to_numpy(float)[known], at[known], "o", color=OBSERVED, markerfacecolor="white",
                  markersize=5.5, gid="p90")  # fmt: skip
    axes.set(xlim=(first, last), ylim=(len(rows) - 0.3, -0.7))
    axes.locator_params(axis="x", nbins=9)
    names(axes.yaxis, at, short)
    axes.tick_params(axis="y", length=0)
    label(axes.xaxis, FIGURES[figure])
    quiet_grid(axes, "x")
    for y, text in [*zip(at, counts, strict=True), (-1.0, "n")]:
        axes.annotate(
            text, (1, y), xycoords=("axes fraction", "data"), xytext=(right - EDGE_PT, 0), textcoords="offset points",
            ha="right", va="center", color=QUIET, fontsize=LABEL_PT, fontfamily=FONT, annotation_clip=False,
        )  # fmt: skip
    for y in at[~known]:
        axes.annotate(
            f"fewer than {FEWEST} runs", (0, y), xytext=(4, 0), textcoords="offset points", va="center", color=QUIET,
            fontsize=SMALL_PT, fontfamily=FONT,
        )  # fmt: skip
    return sheet.figure


def _span(rows: pd.DataFrame, figure: str, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float]:
    """First and last value of the axis."""
    if figure == "bias_s":
        ends = np.concatenate([low, high, rows[figure].to_numpy(float)])
        most = 1.1 * max(float(np.abs(ends[np.isfinite(ends)]).max()), 5.0)
        return -most, most
    ends = np.concatenate([high, rows["p90_error_s"].to_numpy(float)])
    return 0.0, 1.08 * max(float(ends[np.isfinite(ends)].max()), 10.0)


def _bars(
    texts: Sequence[str], median_s: NDArray[np.float64], p90_s: NDArray[np.float64], taken: Sequence[bool], words: Words
) -> Figure:
    """Models under one another: the median error over its 90th percentile."""
    row_pt = 32.0
    sheet = Sheet(words, plot_pt=len(texts) * row_pt + 6 + 40)
    parts = [wrapped(text, size=LABEL_PT, most_pt=NAMES_PT) for text in texts]
    left = EDGE_PT + max(width_pt(line, LABEL_PT) for part in parts for line in part) + 12
    axes = sheet.axes(left=left, right=EDGE_PT + 40, bottom=40, height=len(texts) * row_pt + 6)
    at = np.arange(len(texts), dtype=float)
    dark = [OBSERVED if one else PALE for one in taken]
    axes.barh(at - 0.19, median_s, height=0.34, color=dark, gid="median")
    axes.barh(at + 0.19, p90_s, height=0.34, color="white", edgecolor=[OBSERVED if one else QUIET for one in taken],
              linewidth=1.2, gid="p90")  # fmt: skip
    for y, value, text in [
        *zip(at - 0.19, median_s, ["median"] * len(texts), strict=True),
        *zip(at + 0.19, p90_s, ["p90"] * len(texts), strict=True),
    ]:
        axes.annotate(
            f"{text} {wording.count(value)} s", (value, y), xytext=(4, 0), textcoords="offset points", va="center",
            color=INK, fontsize=SMALL_PT, fontfamily=FONT, annotation_clip=False,
        )  # fmt: skip
    axes.set(xlim=(0, 1.12 * float(max(p90_s.max(), median_s.max()))), ylim=(len(texts) - 0.4, -0.6))
    names(axes.yaxis, at, ["\n".join(part) for part in parts])
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=8)
    label(axes.xaxis, "Error of a drive that the model was not fitted to [s]")
    quiet_grid(axes, "x")
    return sheet.figure
