"""When calls come: hours of the day by weekdays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import Words
from fireplan.charts._hour_grid import HourGrid, drawn
from fireplan.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DIGITS = 3
"""Most decimals that are written into a cell."""


@takes
def hour_by_weekday(table: pd.DataFrame, *, title: str = "", about: About | None = None) -> Chart:
    """
    Draw when calls come, by hour of the day and weekday.

    Parameters
    ----------
    table
        From `fireplan.response_performance.hour_by_weekday`.
    title
        Left out: "Incidents by hour and weekday".
    about
        Source, period and basis for the foot; left out: period and basis as the table says.

    Returns
    -------
    Weekdays from Monday, hours of local time from 0 to 23; colours and figures are incidents per hour. Hours that the
    period did not have are grey.

    Raises
    ------
    InputError
        If it is no such table, or counts no incident.
    """
    if not {"per_hour", "n", "hours"} <= set(table.columns.get_level_values(0)) or table.columns.nlevels != 2:
        raise InputError("this is no table of `fireplan.response_performance.hour_by_weekday`: give that one whole")
    n = int(table["n"].to_numpy().sum())
    if n == 0:
        raise InputError("this table counts no incident: there is nothing to draw")
    per_hour = table["per_hour"].to_numpy(float).T.copy()
    days, hours = [str(d) for d in table["per_hour"].columns], [int(h) for h in table.index]
    about = (about or About()).or_else(table.attrs)
    words = _words(per_hour, days, hours, Words(title or "Incidents by hour and weekday", (), (), ()))
    words = Words(words.title, words.said, words.notes, (f"n = {wording.counted(n, 'incident')}", *about.told()))
    look = HourGrid(
        per_hour,
        days,
        hours,
        digits=_digits(per_hour),
        ends=(0.0, float(np.nanmax(per_hour))),
        axis="Hour of the day, local time, in which the call was received [h]",
        legend="Incidents per hour",
    )
    return Chart(words.title, words.alt, lambda: drawn(look, words))


def _words(per_hour: NDArray[np.float64], days: list[str], hours: list[int], words: Words) -> Words:
    most = np.unravel_index(np.nanargmax(per_hour), per_hour.shape)
    least = np.unravel_index(np.nanargmin(per_hour), per_hour.shape)
    digits = _digits(per_hour)
    said = (
        f"Most calls come on {days[most[0]]} from {hours[most[1]]}:00,"
        f" {wording.number(per_hour[most], decimals=digits)} an hour; fewest on {days[least[0]]}"
        f" from {hours[least[1]]}:00, {wording.number(per_hour[least], decimals=digits)} an hour."
    )
    grey = int(np.isnan(per_hour).sum())
    notes = (f"Grey: the period has no such hour ({grey}).",) if grey else ()
    return Words(words.title, (said,), notes, words.foot)


def _digits(per_hour: NDArray[np.float64]) -> int:
    """Decimals at which the largest figure has two digits."""
    return int(np.clip(1 - np.floor(np.log10(np.nanmax(per_hour))), 0, DIGITS))
