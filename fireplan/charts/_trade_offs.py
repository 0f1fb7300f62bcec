"""Charts of siting: what each further station buys, and what one aim costs another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import (
    EDGE_PT,
    FONT,
    LABEL_PT,
    WIDTH_PT,
    Sheet,
    Words,
    drawable,
    label,
    quiet_grid,
    shortened,
    width_pt,
)
from fireplan.charts._palette import OBSERVED
from fireplan.colours import FASTER, INK
from fireplan.errors import InputError, listed
from fireplan.siting._results.siting_words import SECONDS, SHARE, amount_said, gain_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

PLOT_PT, LEFT_PT, RIGHT_PT, BOTTOM_PT, TOP_PT = 320.0, 76.0, 34.0, 42.0, 14.0
LABEL_MOST_PT = 150.0
UNITS = {"s": "s", "min": "min", "h": "h", "m": "m", "km": "km", "m2": "m²", "km2": "km²", "kph": "km/h"}
"""How the end of a column's name is written as a unit."""

UNDRAWN = ("plan without both figures is", "plans without both figures are")
"""What a plan that cannot be drawn is called, and several."""

SIDES = ((7.0, -4.0, "left"), (0.0, 8.0, "center"), (0.0, -16.0, "center"), (-7.0, -4.0, "right"))
"""Where the name of a point can stand: to the right, above, below, to the left. [pt]"""


@dataclass(frozen=True, eq=False)
class _Points:
    """Points to draw, their names, and their axes."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    texts: list[str]
    x_axis: str
    y_axis: str
    bound: NDArray[np.float64] | None = None
    whole_x: bool = False
    most: float = float("inf")
    gid: str = "points"


@takes
def marginal_curve(curve: pd.DataFrame, *, unit: str = "", title: str = "", about: About | None = None) -> Chart:
    """
    Draw what each further station buys.

    Parameters
    ----------
    curve
        The `curve` of a `Siting`: by `stations`, with `take`, `objective`, `gain`, and `share` where a share makes
        sense. A column `bound` is drawn as a band between what is attained and what no plan of so many can exceed.
    unit
        Unit of the objective, such as "people".
    title
        Left out: "What each further station buys".
    about
        Source, period and basis for the foot; left out: modelled.

    Returns
    -------
    A line over the number of stations: the share of what there is to reach where it is known, else the objective.
    Beside each point stands what it gains over the one before.

    Raises
    ------
    InputError
        If it is no such table, or holds no objective.
    """
    if not {"objective", "gain"} <= set(curve.columns) or curve.index.name != "stations":
        raise InputError("this is no `curve` of a `Siting`: give that table")
    rows = curve[np.isfinite(curve["objective"].to_numpy(float))].sort_index()
    if not len(rows):
        raise InputError("this curve holds no objective: there is nothing to draw")
    about = modelled(about, curve)
    objective, gain = rows["objective"].to_numpy(float), rows["gain"].to_numpy(float)
    total = _total(rows)
    scale = 1.0 if total is None else 100.0 / total
    bound = scale * rows["bound"].to_numpy(float) if "bound" in rows else None
    stations = rows.index.to_numpy(float)
    of = _in_unit(unit)
    texts = [gain_said(g, unit) if np.isfinite(g) and n > 0 else "" for n, g in zip(stations, gain, strict=True)]
    points = _Points(
        stations, scale * objective, texts, "Further stations", "Share attained [%]" if total else f"Attained{of}",
        bound, whole_x=True, most=101.0 if total else float("inf"), gid="attained",
    )  # fmt: skip
    goal = curve.attrs.get("goal")
    share = "" if total is None else f" ({wording.share(objective[-1] / total, goal=goal)} of {wording.figure(total)})"
    built = f"{wording.counted(stations[-1], 'station')} {'attains' if stations[-1] == 1 else 'attain'}"
    said = [f"{built} {amount_said(objective[-1], drawable(unit)).rstrip()}{share}."]
    if len(rows) > 1:
        said.append(f"Gains: the first {_gained(gain[1], unit)}, the last {_gained(gain[-1], unit)}.")
    notes = [f"Beside each point: what it gains over the one before{of}."]
    if bound is not None:
        notes.append("Band: from what is attained to the bound, beyond which no plan of so many stations lies.")
    foot = (
        f"n = {amount_said(total, drawable(unit)).rstrip()}" if total else f"n = {wording.counted(len(rows), 'plan')}",
        *about.told(),
    )
    words = Words(title or "What each further station buys", tuple(said), tuple(notes), foot)
    return Chart(words.title, words.alt, lambda: _curve_drawn(points, words))


@takes
def trade_off(
    front: pd.DataFrame,
    *,
    called: Mapping[str, str] | None = None,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw what one aim costs another: plans none of which is better in both.

    Parameters
    ----------
    front
        A row for each plan; its first two columns of numbers are drawn, the first to the right, the second up.
    called
        What to call those columns, with the unit, instead of their names; a name that ends in a unit, such as
        `mean_s`, gets it in brackets, and a share is written in percent.
    title
        Left out: "What one aim costs the other".
    about
        Source, period and basis for the foot; left out: modelled.

    Returns
    -------
    A point for each plan, joined in order, with its name in the index where there is room.

    Raises
    ------
    InputError
        If there are no two columns of numbers, or no plan with both.
    """
    numeric = [c for c in front.columns if is_numeric_dtype(front[c]) and not is_bool_dtype(front[c])][:2]
    if len(numeric) < 2:
        raise InputError(f"a trade-off needs two columns of numbers: the table has {listed(front.columns) or 'none'}")
    both = np.isfinite(front[numeric].to_numpy(float)).all(axis=1)
    if not both.any():
        raise InputError("no plan of this table has both figures: there is nothing to draw")
    rows = front[both].sort_values(numeric, kind="stable")
    about = modelled(about, front)
    axis = [_axis(str(c), called or {}) for c in numeric]
    x, y = (rows[c].to_numpy(float) * a.scale for c, a in zip(numeric, axis, strict=True))
    texts = [shortened(i, size=LABEL_PT, most_pt=LABEL_MOST_PT) for i in rows.index]
    points = _Points(x, y, texts, axis[0].text, axis[1].text, gid="front")
    ends = [f"{drawable(rows.index[i])}: {wording.figure(x[i])} and {wording.figure(y[i])}" for i in (0, -1)]
    said = f"{axis[0].text} against {axis[1].text}, from {ends[0]} to {ends[1]}." if len(rows) > 1 else f"{ends[0]}."
    lost = int((~both).sum())
    notes = (f"{wording.counted(lost, *UNDRAWN)} not drawn.",) if lost else ()
    words = Words(
        title or "What one aim costs the other",
        (said,),
        notes,
        (f"n = {wording.counted(len(rows), 'plan')}", *about.told()),
    )
    return Chart(words.title, words.alt, lambda: _front_drawn(points, words))


@dataclass(frozen=True)
class _Axis:
    text: str
    scale: float = 1.0


def _axis(column: str, called: Mapping[str, str]) -> _Axis:
    """Name an axis after its column, with its unit."""
    if column in called:
        return _Axis(drawable(called[column]))
    words, _, ending = column.rpartition("_")
    if column == "share" or ending == "share" or column.startswith("share_"):
        return _Axis(f"{wording.capital(drawable(column.replace('_', ' ')))} [%]", 100.0)
    if words and ending in UNITS:
        return _Axis(f"{wording.capital(drawable(words.replace('_', ' ')))} [{UNITS[ending]}]")
    return _Axis(wording.capital(drawable(column.replace("_", " "))))


def _curve_drawn(points: _Points, words: Words) -> Figure:
    sheet, axes = _axes(points, words)
    if points.bound is not None:
        known = np.isfinite(points.bound)
        axes.fill_between(
            points.x[known], points.y[known], points.bound[known], color=FASTER[0], linewidth=0, gid="bound"
        )
    axes.plot(points.x, points.y, "-o", color=OBSERVED, linewidth=2, markersize=5, gid=points.gid)
    every = max(1, int(np.ceil(len(points.x) / 12)))
    rising = points.y[-1] >= points.y[0]
    last = len(points.x) - 1
    for i, text in enumerate(points.texts):
        if text and (i % every == 0 or i == last):
            beside(axes, points.x[i], points.y[i], text, (4, -13 if rising else 6, "left"))
    return sheet.figure


def _front_drawn(points: _Points, words: Words) -> Figure:
    sheet, axes = _axes(points, words)
    axes.plot(points.x, points.y, "-", color=FASTER[1], linewidth=1.6)
    axes.plot(points.x, points.y, "o", color=OBSERVED, markersize=6, gid=points.gid)
    to_pt = axes.transData.transform(np.column_stack([points.x, points.y])) * 72.0 / sheet.figure.dpi
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in to_pt]
    low, high = EDGE_PT / 2, WIDTH_PT - EDGE_PT / 2
    for i in _spread_order(len(points.x)):
        text, (x, y) = points.texts[i], to_pt[i]
        wide = width_pt(text, LABEL_PT)
        for right, up, side in SIDES:
            left = x + right - {"left": 0.0, "center": wide / 2, "right": wide}[side]
            box = (left, y + up - 2, left + wide, y + up + LABEL_PT)
            if low < box[0] and box[2] < high and not any(_meet(box, other) for other in taken):
                taken.append(box)
                beside(axes, points.x[i], points.y[i], text, (right, up, side))
                break
    return sheet.figure


def _spread_order(n: int) -> list[int]:
    """First, last, and then the rest: if there is no room for all names, those of the ends are there."""
    return [0, *([n - 1] if n > 1 else []), *range(1, n - 1)]


def _meet(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _axes(points: _Points, words: Words) -> tuple[Sheet, Axes]:
    """Make axes with room around the points."""
    sheet = Sheet(words, plot_pt=PLOT_PT)
    height = PLOT_PT - BOTTOM_PT - TOP_PT
    axes = sheet.axes(left=LEFT_PT, right=RIGHT_PT, bottom=BOTTOM_PT, height=height)
    heights = points.y if points.bound is None else np.append(points.y, points.bound[np.isfinite(points.bound)])
    low, high = _room(heights, 0.1)
    axes.set(xlim=_room(points.x, 0.06), ylim=(low, min(high, points.most)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: wording.figure(y)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: wording.figure(x)))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=points.whole_x))
    label(axes.xaxis, points.x_axis)
    label(axes.yaxis, points.y_axis)
    axes.yaxis.set_label_coords(-54 / (WIDTH_PT - LEFT_PT - RIGHT_PT), 0.5)
    quiet_grid(axes, "both")
    return sheet, axes


def beside(axes: Axes, x: float, y: float, text: str, where: tuple[float, float, str]) -> None:
    """Write beside a point: so far to the right and up [pt], and which side of the text stands there."""
    right, up, side = where
    axes.annotate(
        text, (x, y), xytext=(right, up), textcoords="offset points", ha=side, color=INK, fontsize=LABEL_PT,
        fontfamily=FONT, parse_math=False, annotation_clip=False,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
    )  # fmt: skip


def _total(rows: pd.DataFrame) -> float | None:
    """Work out what there is to reach; None: a share is not known."""
    if "share" not in rows or not np.isfinite(rows["share"].to_numpy(float)).all():
        return None
    last = rows.iloc[-1]
    share = float(last["share"])
    return float(last["objective"]) / share if share > 0 else None


def _room(values: NDArray[np.float64], part: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    side = part * (high - low) or 0.5 * max(abs(high), 1.0)
    return low - side, high + side


def modelled(about: About | None, table: pd.DataFrame) -> About:
    """Say that the figures are modelled, unless somebody says otherwise."""
    return (about or About()).or_else({"basis": "modelled", **table.attrs})


def _in_unit(unit: str) -> str:
    return f" [{drawable(unit)}]" if unit else ""


def _gained(gain: float, unit: str) -> str:
    """Say a gain with its unit; one of time or of a share has it in its words."""
    said, counted = gain_said(gain, unit), bool(unit) and unit != SECONDS and not unit.startswith(SHARE)
    return f"{said} {drawable(unit)}" if counted else said
