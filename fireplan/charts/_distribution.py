"""How long it took: the share of records by seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import (
    FONT,
    LABEL_PT,
    STEPS_S,
    WIDTH_PT,
    Sheet,
    Words,
    clock_axis,
    label,
    quiet_grid,
)
from fireplan.charts._palette import OBJECTIVE, OBSERVED, PALE
from fireplan.colours import INK
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.response_performance import Attendance, attend
from fireplan.response_performance._performance import Observed, calls_of, intervals_of, objectives_of, units_of
from fireplan.response_performance._statistics import FEWEST, USUAL_SHARE, Interval, percentile_interval, share_interval
from fireplan.standards import CALL_INTERVALS, OBSERVED_INTERVALS, Standard
from fireplan.standards._objectives import current_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from fireplan.response_performance import History
    from fireplan.standards import Objective

BARS = 60
POINTS = 2000
PLOT_PT = 330.0
BARS_PT, GAP_PT, AXIS_PT = 58.0, 14.0, 34.0
TOP_PT = 16.0
_PERCENT_PT = (PLOT_PT - AXIS_PT - BARS_PT - GAP_PT - TOP_PT) / 101
ROOM_BELOW_PT, P90_DOWN_PT, APART_PT = 30.0, -16.0, 17.0
"""Where the names of the marks stand. [pt]"""
LAST = 0.98
"""Share of the records that is drawn at least; what took longer is counted and not drawn."""


@dataclass(frozen=True, eq=False)
class _Spread:
    """Times in order, and what they are held to."""

    ordered: NDArray[np.float64]
    p90: Interval
    limit_s: float | None
    within: Interval | None
    goal: float | None
    axis: str
    last_s: float


@takes
def distribution(
    history: History | Attendance,
    *,
    interval: str = "travel_s",
    limit_s: float | None = None,
    goal: float | None = None,
    objective: Objective | None = None,
    nth: int | None = 1,
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw the share of records by how long they took.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it, where a policy or units matter.
    interval
        A key of `fireplan.standards.OBSERVED_INTERVALS`, such as "handling_s", "travel_s" or "total_response_s".
    limit_s, goal
        What it is held to, and for what share; left out: nothing. [s]
    objective
        Instead of `interval`, `limit_s` and `goal`: the incidents that an objective of a standard applies to, until
        what it needs has come.
    nth
        Times of the first unit to arrive (1), the second (2) and so on; None: of every unit that counts. Not looked at
        for intervals of the call, nor for an objective but one of turnout.
    title
        Left out: the interval, and whose it is.
    about
        Source, period and basis for the foot; left out: period and basis as the history says.

    Returns
    -------
    The cumulative share with the 90th percentile (inverted_cdf) and its order-statistic 95 % interval, and, with a
    limit, the share within it and its Wilson 95 % interval; below it records by time. The figures are those of
    `fireplan.performance`.

    Raises
    ------
    InputError
        If fewer than ten records are known, or an interval and an objective are both given.
    UnknownIdError
        If there is no such interval.
    """
    if objective is not None and (limit_s is not None or goal is not None):
        raise InputError("give an objective, or limit_s and goal, not both")
    interval = current_interval(interval)
    if interval not in OBSERVED_INTERVALS:
        raise UnknownIdError("interval", interval, OBSERVED_INTERVALS)
    if limit_s is not None and not 0 < limit_s < float("inf"):
        raise InputError(f"limit_s is {limit_s}: give a number of seconds above zero")
    if goal is not None and (limit_s is None or not 0 < goal <= 1):
        raise InputError("goal is a share such as 0.9, and needs limit_s")
    if nth is not None and nth < 1:
        raise InputError(f"nth is {nth}: 1 is the first unit to arrive")
    attendance = history if isinstance(history, Attendance) else attend(history)
    observed = _observed(attendance, interval, objective, nth)
    if objective is not None:
        limit_s, goal, interval = observed.limit_s, objective.share, objective.interval
    known = np.sort(observed.seconds[~np.isnan(observed.seconds)])
    whose = _whose(interval, objective, nth)
    if len(known) < FEWEST:
        raise InputError(
            f"{len(known)} records of {OBSERVED_INTERVALS[interval]} ({whose}) are known: fewer than {FEWEST} are not"
            " drawn. Look at the ledger of `attend`, and at the policy"
        )
    p90 = percentile_interval(known, USUAL_SHARE)
    within = None if limit_s is None else share_interval(int((known <= last_within(limit_s)).sum()), len(known))
    last_s = _last(known, p90, limit_s)
    spread = _Spread(
        known, p90, limit_s, within, goal, f"{wording.capital(OBSERVED_INTERVALS[interval])} [min:s]", last_s
    )
    about = (about or About()).or_else({})
    if not (about.period and about.basis):
        own = About.of(attendance)
        about = About(about.source, about.period or own.period, about.basis or own.basis)
    what = OBSERVED_INTERVALS[interval]
    default = f"{wording.capital(what)} of {whose}" if objective is None else f"{whose}: {what}"
    words = _words(spread, title or default, observed, about)
    return Chart(words.title, words.alt, lambda: _drawn(spread, words))


def _observed(attendance: Attendance, interval: str, objective: Objective | None, nth: int | None) -> Observed:
    """Take the records that `performance` takes."""
    units, calls = units_of(attendance, nth), calls_of(attendance)
    if objective is None:
        return next(o for o in intervals_of(units, calls) if o.interval == interval)
    found = objectives_of(attendance, Standard(objective.key, objective.title, (objective,)), units, calls)
    if not found:
        raise InputError(f"{quoted(objective.title)} counts {objective.weight}, not records: it is for plans")
    return found[0]


def _whose(interval: str, objective: Objective | None, nth: int | None) -> str:
    if objective is not None:
        part = "; ".join(filter(None, (objective.calls, objective.ground)))
        what = f" ({part})" if part else ""
        return f"{objective.title}{what}"
    if interval in CALL_INTERVALS:
        return "incidents"
    if nth is None:
        return "all units that count"
    return "the first unit to arrive" if nth == 1 else f"unit {nth} to arrive"


def _last(ordered: NDArray[np.float64], p90: Interval, limit_s: float | None) -> float:
    """Where the picture ends: room for what is marked, and a round time. [s]"""
    marked = [float(np.quantile(ordered, LAST, method="inverted_cdf")), 1.35 * p90.value, 10.0]
    if np.isfinite(p90.high):
        marked.append(1.1 * p90.high)
    if limit_s is not None:
        marked.append(1.45 * limit_s)
    step = next((s for s in STEPS_S if max(marked) / s <= 10), STEPS_S[-1])
    return float(np.ceil(max(marked) / step) * step)


def _words(spread: _Spread, title: str, observed: Observed, about: About) -> Words:
    n, p90 = len(spread.ordered), spread.p90
    said = [
        f"90 % took {wording.percentile(p90.value)} or less (95 % interval {wording.time_interval(p90.low, p90.high)})."
    ]
    if spread.limit_s is not None and spread.within is not None:
        share = spread.within
        goal = "" if spread.goal is None else f"; the goal is {wording.goal(spread.goal)}"
        said.append(
            f"{wording.share(share.value, goal=spread.goal)} were within {wording.clock(spread.limit_s)}"
            f" (95 % interval {wording.share_interval(share.low, share.high)}){goal}."
        )
    notes = []
    beyond = int((spread.ordered > spread.last_s).sum())
    if beyond:
        notes.append(
            f"{wording.counted(beyond, 'record')} ({wording.share(beyond / n)}) took longer than"
            f" {wording.clock(spread.last_s)}: they count, and lie beyond the right edge."
        )
    if observed.verified is False:
        notes.append("The figures of this objective were not seen in their source: check them before stating them.")
    unknown = len(observed.seconds) - n
    foot = (
        f"n = {wording.count(n)}" + (f" ({wording.count(unknown)} more are not known)" if unknown else ""),
        *about.told(),
    )
    return Words(title, tuple(said), tuple(notes), foot)


def _drawn(spread: _Spread, words: Words) -> Figure:
    sheet = Sheet(words, plot_pt=PLOT_PT)
    low = sheet.axes(left=72, right=24, bottom=AXIS_PT, height=BARS_PT)
    high_at = AXIS_PT + BARS_PT + GAP_PT
    high = sheet.axes(left=72, right=24, bottom=high_at, height=PLOT_PT - high_at - TOP_PT)
    _cumulative(high, spread)
    _counted(low, spread)
    return sheet.figure


def _cumulative(axes: Axes, spread: _Spread) -> None:
    seconds, counts = np.unique(spread.ordered, return_counts=True)
    share = 100 * np.cumsum(counts) / len(spread.ordered)
    if len(seconds) > POINTS:
        grid = np.linspace(0, spread.last_s, POINTS)
        share = np.concatenate([[0.0], share])[np.searchsorted(seconds, grid, side="right")]
        seconds = grid
    axes.step(np.append(0, seconds), np.append(0, share), where="post", color=OBSERVED, linewidth=2, gid="cumulative")
    axes.set(xlim=(0, spread.last_s), ylim=(0, 101), yticks=range(0, 101, 10))
    clock_axis(axes.xaxis, spread.last_s)
    axes.tick_params(labelbottom=False)
    label(axes.yaxis, "Share of records [%]")
    axes.yaxis.set_label_coords(-44 / (WIDTH_PT - 96), 0.5)
    quiet_grid(axes, "both")
    p90 = spread.p90
    if spread.limit_s is not None and spread.within is not None:
        if spread.goal is not None:
            axes.axhline(100 * spread.goal, color=OBJECTIVE, linewidth=1.2, linestyle=(0, (1, 2)), gid="goal")
            _text(
                axes, spread.last_s, 100 * spread.goal, f"goal {wording.goal(spread.goal)}", (-2, 5), "right", OBJECTIVE
            )
        axes.axvline(spread.limit_s, color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)), gid="limit")
        _text(axes, spread.limit_s, 101, f"limit {wording.clock(spread.limit_s)}", (0, 3), "center", OBJECTIVE)
        share_low, share_high = 100 * spread.within.low, 100 * spread.within.high
        axes.plot(
            [spread.limit_s] * 2, [share_low, share_high], "-_", color=INK, linewidth=2, markersize=13,
            markeredgewidth=1.6, gid="share_interval",
        )  # fmt: skip
        axes.plot(spread.limit_s, 100 * spread.within.value, "o", color=INK, markersize=5, gid="share")
        told = f"{wording.share(spread.within.value, goal=spread.goal)} within {wording.clock(spread.limit_s)}"
        at_pt = spread.within.value * 100 * _PERCENT_PT
        down = -20.0 if at_pt > ROOM_BELOW_PT else 6.0
        other_pt = 100 * USUAL_SHARE * _PERCENT_PT + P90_DOWN_PT
        if abs(p90.value - spread.limit_s) < 0.25 * spread.last_s and abs(at_pt + down - other_pt) < APART_PT:
            down = other_pt - APART_PT - at_pt
        _text(axes, spread.limit_s, 100 * spread.within.value, told, (9, down), "left", INK)
    ends_s = np.clip([p90.low, p90.high], 0, spread.last_s)
    axes.plot(ends_s, [90, 90], "-|", color=INK, linewidth=2, markersize=13, markeredgewidth=1.6, gid="p90_interval")
    axes.plot(p90.value, 90, "o", color=INK, markersize=5, gid="p90")
    _text(axes, p90.value, 90, f"90th percentile {wording.percentile(p90.value)}", (9, P90_DOWN_PT), "left", INK)


def _counted(axes: Axes, spread: _Spread) -> None:
    width = next((s for s in STEPS_S if spread.last_s / s <= BARS), STEPS_S[-1])
    edges = np.arange(0, spread.last_s + width, width)
    count, _ = np.histogram(spread.ordered[spread.ordered <= spread.last_s], bins=edges)
    axes.bar(edges[:-1], count, width=width, align="edge", color=PALE, edgecolor="white", linewidth=0.4)
    if spread.limit_s is not None:
        axes.axvline(spread.limit_s, color=OBJECTIVE, linewidth=1.6, linestyle=(0, (5, 3)))
    axes.set_xlim(0, spread.last_s)
    clock_axis(axes.xaxis, spread.last_s)
    axes.locator_params(axis="y", nbins=3, integer=True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: wording.figure(y)))
    label(axes.xaxis, spread.axis)
    label(axes.yaxis, "Records", f"per {width} s")
    axes.yaxis.set_label_coords(-44 / (WIDTH_PT - 96), 0.5)


def _text(axes: Axes, x: float, y: float, text: str, off: tuple[float, float], side: str, colour: str) -> None:
    axes.annotate(
        text, (x, y), xytext=off, textcoords="offset points", ha=side, color=colour, fontsize=LABEL_PT, fontfamily=FONT,
        parse_math=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
    )  # fmt: skip
