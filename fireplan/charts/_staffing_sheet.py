"""How busy units of a kind are by hour of the week, and which hours deserve a peak unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import Words
from fireplan.charts._hour_grid import HourGrid, drawn
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance._peak_blocks import PATTERNS, block_mask

if TYPE_CHECKING:
    from fireplan.response_performance import StaffingSheet

    Figured = Literal["out_mean", "calls_per_hour", "first_due_out", "missed"]

FIGURES = {
    "out_mean": ("Units out", "units out on calls, on average", 1),
    "calls_per_hour": ("Calls per hour", "calls per hour", 1),
    "first_due_out": ("Calls with first due out", "calls that found their first-due unit out", 0),
    "missed": ("Calls missed", "calls over the objective", 0),
}
"""What a cell can hold: what stands at the colours, in the title, and how many decimals."""


@takes
def staffing_sheet(
    sheet: StaffingSheet,
    *,
    figure: Figured = "out_mean",
    days: str = "Mon-Sun",
    title: str = "",
    about: About | None = None,
) -> Chart:
    """
    Draw how busy units of a kind are by hour of the week, with the best hours for a peak unit framed.

    Parameters
    ----------
    sheet
        From `fireplan.response_performance.staffing_sheet`.
    figure
        "out_mean", units out on average; "calls_per_hour"; or counted over the whole history "first_due_out", calls
        that found their first-due unit out, or "missed", calls over the objective.
    days
        Of which blocks the best is framed: "Mon-Sun" or "Mon-Fri".
    title
        Left out: the kind of unit and the figure.
    about
        Source, period and basis for the foot; left out: period and basis as the sheet says.

    Returns
    -------
    Weekdays from Monday, hours of local time from 0 to 23.

    Raises
    ------
    UnknownIdError
        If the figure or the days are none of these.
    InputError
        If no unit was ever out, or no call was.
    """
    if figure not in FIGURES:
        raise UnknownIdError("figure", figure, FIGURES)
    if days not in PATTERNS:
        raise UnknownIdError("days", days, PATTERNS)
    table = sheet.by_hour()
    legend, what, digits = FIGURES[figure]
    values = table[figure].to_numpy(float).reshape(7, 24)
    if not np.nanmax(values) > 0:
        raise InputError(f"nothing to draw: {what} are none in any hour")
    best: Any = sheet.blocks.loc[(days, 1)]
    about = (about or About()).or_else(table.attrs)
    foot = (
        f"{wording.number(sheet.weeks, decimals=1)} weeks, {wording.counted(table['calls'].sum(), 'call')}",
        *about.told(),
    )
    words = Words(
        title or f"{wording.capital(sheet.kind)}: {what}, by hour of the week",
        (f"Framed: {sheet.best_said(days)}.",),
        tuple(wording.capital(note) + "." for note in sheet.notes),
        foot,
    )
    look = HourGrid(
        values,
        list(dict.fromkeys(table["weekday"])),
        list(range(24)),
        digits=digits,
        ends=(0.0, float(np.nanmax(values))),
        axis="Hour of the day, local time [h]",
        legend=legend,
        marked=block_mask(days, int(best["begins"]), sheet.block_h),
    )
    return Chart(words.title, words.alt, lambda: drawn(look, words))
