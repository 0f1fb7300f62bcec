"""What response performance may be broken down by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import said, takes
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.response_performance._attendance import NO_UNITS
from fireplan.response_performance._policy import NOT_KNOWN
from fireplan.response_performance._time_groups import BY_TIME
from fireplan.response_performance._units_out import back_to_back, units_committed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.response_performance._attendance import Attendance


@takes
@dataclass(frozen=True)
class Shifts:
    """
    Shifts that follow one another.

    Attributes
    ----------
    names
        In the order in which they come on duty.
    starts
        Local time at which the first of them once came on, such as "2024-01-01 08:00".
    length_s
        How long each stays on duty. [s]
    """

    names: tuple[str, ...] = ("A", "B", "C")
    starts: str = "2024-01-01 08:00"
    length_s: float = 86_400.0

    def __post_init__(self) -> None:
        """Check the parts."""
        if not self.names or isinstance(self.names, str) or not 0 < self.length_s < float("inf"):
            raise InputError("shifts need names, in a tuple, and a length in seconds above zero")
        try:
            pd.Timestamp(self.starts)
        except ValueError as error:
            raise InputError(f"shifts start at {quoted(self.starts)}: write it as '2024-01-01 08:00'") from error

    def at(self, local: pd.Series[pd.Timestamp]) -> pd.Series[str]:
        """Name of the shift on duty at local times; by the clock on the wall, so that it changes at the same hour."""
        if not hasattr(local, "dt") or not pd.api.types.is_datetime64_any_dtype(local):
            raise InputError(f"local is {said(local)}: give a Series of times")
        wall = local.dt.tz_localize(None)
        turns = np.floor((wall - pd.Timestamp(self.starts)).dt.total_seconds() / self.length_s)
        named = [None if np.isnan(t) else self.names[int(t) % len(self.names)] for t in turns]
        return pd.Series(named, index=local.index, dtype="str")


OF_UNITS = ("station_id", "unit_id", "unit_type")

WHO_WAS_OUT: dict[str, Callable[[Attendance, pd.DataFrame], pd.Series[str]]] = {
    "units_committed": partial(units_committed, of_kind=True),
    "all_units_committed": partial(units_committed, of_kind=False),
    "back_to_back": back_to_back,
}
"""Groups by what units were doing when the call came in."""


def keys_for(
    attendance: Attendance, rows: pd.DataFrame, by: Sequence[str], *, shifts: Shifts | None = None
) -> pd.DataFrame:
    """
    Give the groups that responses belong to.

    Parameters
    ----------
    attendance
        Whose incidents.
    rows
        Responses or incidents, with `incident_id` as a column or the index.
    by
        `hour`, `weekday`, `month`, `year` of local time received (of the first stamp there is, where not known);
        `shift`; `station_id`, `unit_id`, `unit_type` of the unit; `units_committed`, how many units of its type were
        committed to other incidents when units were first sent ("0", "1", "2", "3+"), `all_units_committed` likewise of
        any type, and `back_to_back`, what the unit had done before; or a column of the incidents such as `category`,
        `call_type`, `priority`, `zone_id`, `risk_class`.
    shifts
        For "shift".

    Returns
    -------
    A column for each, in the order of `rows`; what has no value is in the group "not known".

    Raises
    ------
    UnknownIdError
        If there is no such thing; the message lists those there are.
    InputError
        If it is of units, and the history has none.
    """
    incidents = attendance.incidents
    ids = pd.Index(rows.get("incident_id", rows.index))
    at = incidents.index.get_indexer(ids) if by else None  # once for all groups: ids are long texts
    texts = [
        c for c in incidents.columns if c not in {"received", "local", "inside", "counts", incidents.geometry.name}
    ]
    keys = {}
    for name in by:
        if (
            name in (*OF_UNITS, *WHO_WAS_OUT)
            and attendance.grain == "incident"
            and (name in WHO_WAS_OUT or attendance.responses[name].isna().all())
        ):
            raise InputError(f"{quoted(name)} of the units cannot be told: {NO_UNITS}")
        if name in OF_UNITS and name in rows:
            keys[name] = with_unknown(rows[name])
            continue
        if name in WHO_WAS_OUT:
            keys[name] = with_unknown(WHO_WAS_OUT[name](attendance, rows))
            continue
        if name in BY_TIME:
            of_incident = BY_TIME[name](incidents["local"])
        elif name == "shift":
            of_incident = (shifts or Shifts()).at(incidents["local"])
        elif name in texts:
            of_incident = incidents[name]
        else:
            raise UnknownIdError("group", name, [*BY_TIME, "shift", *OF_UNITS, *WHO_WAS_OUT, *texts])
        found = of_incident.take(at) if at is not None and (at >= 0).all() else of_incident.reindex(ids)
        keys[name] = with_unknown(found.set_axis(rows.index))
    return pd.DataFrame(keys, index=rows.index)


def with_unknown(values: pd.Series) -> pd.Series:
    """Name the group of missing values, as the last one; without any the values stay what they are."""
    if values.notna().all():
        return values
    there = values.dropna()
    order = list(there.cat.categories) if isinstance(there.dtype, pd.CategoricalDtype) else sorted(there.unique())
    groups = pd.CategoricalDtype([*(group for group in order if group != NOT_KNOWN), NOT_KNOWN], ordered=True)
    return values.astype(object).where(values.notna(), NOT_KNOWN).astype(groups)
