"""Calls that an objective speaks of: how long its unit took, who was first due, and whether that was out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._limits import last_within
from fireplan.response_performance._missed_drives import first_due_busy, modelled
from fireplan.response_performance._performance import objectives_of
from fireplan.standards import Standard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance
    from fireplan.response_performance._commitments import Commitments
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective


class CallsHeldTo(NamedTuple):
    """
    Calls that an objective speaks of.

    Attributes
    ----------
    table
        By `incident_id`, in order of time received, those of which the interval is known.
    unmeasured
        Those to which a unit was sent and of which it is not.
    """

    table: pd.DataFrame
    unmeasured: int


def calls_held_to(
    attendance: Attendance, scenario: Scenario, objective: Objective, commitments: Commitments
) -> CallsHeldTo:
    """
    Put together what is known of each call that an objective for one unit speaks of.

    Parameters
    ----------
    attendance
        Who went to what.
    scenario
        The department.
    objective
        For the first unit of one kind.
    commitments
        When its units were committed.

    Returns
    -------
    Observed times and the unit that came; modelled drives and who is first due; and `first_due_busy`, whether all units
    of the kind of the first-due station were committed to other incidents (missing: no station is first due, or no
    units are told).
    """
    rows, seconds = _measured(attendance, objective)
    known = ~np.isnan(seconds)
    table = _observed(attendance, rows[known], seconds[known], objective)
    table = modelled(table, scenario, objective, attendance, commitments)
    if attendance.grain == "unit":
        busy = first_due_busy(table, scenario, objective, attendance, commitments)
    else:
        busy = pd.Series(pd.NA, index=table.index, dtype="boolean")
    return CallsHeldTo(table.assign(first_due_busy=busy), int((~known).sum()))


def _measured(attendance: Attendance, objective: Objective) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Give the incidents that the objective applies to, with the unit that met it, and the time it took."""
    one = Standard(objective.key, objective.title, (objective,))
    nothing = pd.DataFrame()  # what objectives without travel would be measured on
    observed = objectives_of(attendance, one, nothing, nothing)[0]
    return observed.rows, observed.seconds


def _observed(
    attendance: Attendance, rows: pd.DataFrame, seconds: NDArray[np.float64], objective: Objective
) -> pd.DataFrame:
    """By incident, in order of time received: the responding unit and its stamps."""
    parts = ["dispatched", "handling_s", "turnout_s", "travel_s", "already_on_road"]
    key = ["incident_id", "unit_id"] if attendance.grain == "unit" else ["incident_id"]
    its = attendance.responses.drop_duplicates(key).set_index(key)[parts]  # in order of arrival
    table: pd.DataFrame = rows.join(its, on=key).set_index("incident_id")
    table["turnout_s"] = table["turnout_s"].mask(table["already_on_road"], 0.0)  # it was out when it was dispatched
    table["observed_s"] = seconds
    table["limit_s"] = float(objective.limit_s)
    over_s = table["observed_s"] - table["limit_s"]
    within = table["observed_s"] <= last_within(objective.limit_s)
    table["over_s"] = over_s.mask(within, np.minimum(over_s, 0.0))  # over it only where it does not count as within
    incidents = attendance.incidents
    table = table.loc[incidents.index[incidents.index.isin(table.index)]]
    table["category"] = incidents["category"].reindex(table.index)
    point = incidents.geometry.reindex(table.index)
    table["located"] = ~(point.isna() | point.is_empty).to_numpy()
    table["inside"] = incidents["inside"].reindex(table.index)
    return table
