"""Cover by hour of the week."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import Words
from fireplan.charts._hour_grid import HourGrid, drawn
from fireplan.errors import InputError
from fireplan.measures._assessment import chosen_measure, chosen_objective

if TYPE_CHECKING:
    from fireplan.measures import WeekOfCover

STEP = 5.0
"""The scale of colours begins at a multiple of this. [%]"""


@takes
def cover_by_hour(
    week: WeekOfCover, *, objective: str | None = None, title: str = "", about: About | None = None
) -> Chart:
    """
    Draw how much is within an objective in every hour of the week.

    Parameters
    ----------
    week
        From `fireplan.assess(..., at="by hour")`.
    objective
        Key of the objective; left out: the first of the standard.
    title
        Left out: what arrives, and within which time.
    about
        Source, period and basis for the foot; left out: those of the scenario.

    Returns
    -------
    Weekdays from Monday, hours of local time from 0 to 23; colours and figures are percent of what the objective
    weighs.

    Raises
    ------
    InputError
        If there is nothing that could be covered.
    """
    first = week.states[0].assessment
    goal = chosen_objective(first, objective)
    key = goal.key, chosen_measure(first, goal.key)
    row: Any = week.summary().loc[key]
    if not row["n"] > 0:
        raise InputError(f"objective {goal.key!r} speaks of nothing that could be covered: there is nothing to draw")
    table: Any = week.by_hour().loc[key]
    percent = 100 * table["share"].to_numpy(float).reshape(7, 24)
    days = list(dict.fromkeys(table["weekday"]))
    limit = wording.clock(goal.limit_s)
    goal_said = "" if math.isnan(row["required_share"]) else f", of {wording.share(row['required_share'])} asked for"
    told = (
        f"{wording.share_of(row['share'], row['n'], row['unit'])} on average{goal_said}; at least"
        f" {wording.share(row['worst_share'])} from {row['worst_at']}, at most {wording.share(row['best_share'])} from"
        f" {row['best_at']}."
    )
    scenario = week.scenario
    about = (about or About()).or_else({"source": scenario.source, "basis": "modelled"})
    foot = (f"n = {wording.count(row['n'])} {row['unit']}", *about.told())
    words = Words(title or f"{goal.title} within {limit}, by hour of the week", (told,), tuple(week.notes()), foot)
    low = STEP * math.floor(float(percent.min()) / STEP)
    high = STEP * math.ceil(float(percent.max()) / STEP)
    look = HourGrid(
        percent,
        days,
        list(range(24)),
        digits=0,
        ends=(min(low, 100 - STEP), max(high, low + STEP)),
        axis="Hour of the day, local time [h]",
        legend="Within the limit [%]",
    )
    return Chart(words.title, words.alt, lambda: drawn(look, words))
