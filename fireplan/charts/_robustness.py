"""Which sites are chosen again and again, whatever the assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import (
    EDGE_PT,
    LABEL_PT,
    Sheet,
    Words,
    drawable,
    label,
    names,
    quiet_grid,
    shortened,
    width_pt,
)
from fireplan.charts._palette import OBSERVED, PALE
from fireplan.charts._trade_offs import beside, modelled
from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

MOST_SITES = 15
ROW_PT = 20.0
NAMES_PT = 230.0


@takes
def robustness(
    table: pd.DataFrame,
    *,
    called: Mapping[str, str] | pd.Series[str] | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw in how many runs each site is chosen, the most frequent first.

    Parameters
    ----------
    table
        By `candidate_id`: `chosen_share` (0 to 1), `n` runs, and, if known, `low` and `high`, the interval of it.
    called
        Names to show instead of ids.
    title
        Left out: "How often each site is chosen".
    about
        Source, period and basis for the foot; left out: modelled.

    Returns
    -------
    A bar for each of the 15 sites chosen most often; whiskers from `low` to `high`.

    Raises
    ------
    InputError
        If it is no such table, or no site is chosen in any run.
    """
    if not {"chosen_share", "n"} <= set(table.columns):
        raise InputError("this is no table of robustness: give one with `chosen_share` and `n` by candidate")
    ever = table[(table["n"] > 0) & (table["chosen_share"] > 0)]
    if not len(ever):
        raise InputError("no site is chosen in any run: there is nothing to draw")
    about = modelled(about, table)
    rows = ever.sort_values("chosen_share", ascending=False, kind="stable").head(MOST_SITES)
    places = rows["place"] if "place" in rows else [""] * len(rows)
    known = {str(i): wording.called(str(i), str(place)) for i, place in zip(rows.index, places, strict=True)}
    names_of = {**known, **(called or {})}
    texts = [drawable(names_of[str(i)]) for i in rows.index]
    share, runs = rows["chosen_share"].to_numpy(float), rows["n"].to_numpy(int)
    many = " to ".join(dict.fromkeys(map(wording.count, (runs.min(), runs.max()))))
    said = f"{texts[0]} is chosen in {wording.share(share[0])} of {wording.counted(runs[0], 'run')}"
    said += f", {texts[-1]} in {wording.share(share[-1])}." if len(rows) > 1 else "."
    notes = []
    if {"low", "high"} <= set(rows.columns):
        notes.append("Whiskers: interval of the share.")
    if over := len(ever) - len(rows):
        notes.append(
            f"{wording.counted(over, 'more site is', 'more sites are')} chosen in some run and"
            f" {'does' if over == 1 else 'do'} not fit on the page."
        )
    words = Words(
        title or "How often each site is chosen",
        (said,),
        tuple(notes),
        (f"n = {many} {'run' if many == '1' else 'runs'}", *about.told()),
    )
    return Chart(words.title, words.alt, lambda: _bars_drawn(rows, texts, words))


def _bars_drawn(rows: pd.DataFrame, texts: list[str], words: Words) -> Figure:
    n = len(rows)
    height, axis_pt = n * ROW_PT + 6, 40.0
    sheet = Sheet(words, plot_pt=height + axis_pt + 4)
    short = [shortened(t, size=LABEL_PT, most_pt=NAMES_PT) for t in texts]
    share, runs = 100 * rows["chosen_share"].to_numpy(float), rows["n"].to_numpy(int)
    told = [f"{wording.share(s / 100)} (n {wording.count(r)})" for s, r in zip(share, runs, strict=True)]
    left = max(50.0, EDGE_PT + max(width_pt(t, LABEL_PT) for t in short) + 12)
    right = EDGE_PT + max(width_pt(t, LABEL_PT) for t in told) + 8
    axes = sheet.axes(left=left, right=right, bottom=axis_pt, height=height)
    at = np.arange(n, dtype=float)
    axes.barh(at, share, height=0.68, color=PALE, gid="bars")
    edge = share.copy()
    if {"low", "high"} <= set(rows.columns):
        low, high = (100 * rows[c].to_numpy(float) for c in ("low", "high"))
        known = np.isfinite(low) & np.isfinite(high)
        axes.hlines(at[known], low[known], high[known], color=OBSERVED, linewidth=1.8, gid="interval")
        axes.plot(low[known], at[known], "|", high[known], at[known], "|", color=OBSERVED, markersize=8)
        edge[known] = np.maximum(edge[known], high[known])
    axes.set(xlim=(0, 100), ylim=(n - 0.4, -0.6))
    for y, end, text in zip(at, edge, told, strict=True):
        beside(axes, end, y, text, (5, -3.5, "left"))
    names(axes.yaxis, at, short)
    axes.tick_params(axis="y", length=0)
    label(axes.xaxis, "Share of runs in which the site is chosen [%]")
    quiet_grid(axes, "x")
    return sheet.figure
