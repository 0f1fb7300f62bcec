"""Groups of local time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

BY_TIME: dict[str, Callable[[pd.Series], pd.Series]] = {
    "hour": lambda local: local.dt.hour.astype("Int64"),
    "weekday": lambda local: local.dt.day_name().astype(pd.CategoricalDtype(list(WEEKDAYS), ordered=True)),
    "month": lambda local: local.dt.strftime("%Y-%m"),
    "year": lambda local: local.dt.year.astype("Int64"),
}
