"""When a whole force had arrived at each incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.stations import KINDS, supply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance
    from fireplan.standards import Objective

SINCE = {
    "travel_s": "enroute",
    "turnout_and_travel_s": "dispatched",
    "answered_to_arrival_s": "answered",
    "total_response_s": "received",
}
"""Where each interval begins for a force: with the first unit under way, the first dispatch, the answer, the call."""


def force_arrivals(attendance: Attendance, objective: Objective) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """
    Measure an objective at each incident that counts.

    Parameters
    ----------
    attendance
        Who went to what.
    objective
        What must have arrived, and which interval is measured.

    Returns
    -------
    One row per incident to which anything needed was sent: `incident_id`, and the unit that filled the last missing
    part; and the time it took [s], NaN where the force was never complete or a stamp is missing. Where one unit is
    enough its own interval is taken; of a history without units that of the first, and of no force any.
    """
    if attendance.grain == "incident":
        sent = attendance.responses[attendance.responses["measured"]]
        completed = sent[sent["nth"] == 1]
    else:
        sent = _sent(attendance, objective.needs)
        completed = _completing(sent, objective.needs)
    ids = pd.Index(sent["incident_id"].unique(), name="incident_id")
    last = completed.set_index("incident_id").reindex(ids)
    columns = ["unit_id", "unit_type", "station_id"]
    alone = is_alone(objective)
    if attendance.grain == "incident" and not alone:
        return last[columns].reset_index(), np.full(len(ids), np.nan)
    if alone and objective.interval in last:
        taken_s = last[objective.interval]
    else:
        began = sent.loc[~sent["on_view"]].groupby("incident_id")[SINCE[objective.interval]].min().reindex(ids)
        taken_s = (last["arrived"] - began).dt.total_seconds()
    # A force filled by a unit that came upon the call itself answers no call: no clock of dispatch measures it.
    known = (taken_s >= 0) & (taken_s <= attendance.policy.cap_s) & (last["on_view"] == False)  # noqa: E712 - or missing
    return last[columns].reset_index(), taken_s.where(known).to_numpy(float)


def is_alone(objective: Objective) -> bool:
    """Whether one unit of one kind is all that an objective asks for."""
    return len(objective.needs) == 1 and max(objective.needs.values()) <= 1


def _sent(attendance: Attendance, needs: Mapping[str, float]) -> pd.DataFrame:
    """Responses of units that bring any of what is needed, with what they bring, in order of arrival."""
    responses = attendance.responses
    ours = responses["own"] | attendance.policy.aid_received
    rows = responses[responses["measured"] & ours & responses["unit_type"].notna()]
    code, types = pd.factorize(rows["unit_type"])
    of_type = supply(pd.DataFrame({"type": types, "crew": 1.0}))
    brings = {kind: of_type[code, KINDS.index(kind)] for kind in needs}
    if "people" in brings:
        brings["people"] = brings["people"] * rows["crew"].fillna(0.0).to_numpy()
    useful = np.any([amount > 0 for amount in brings.values()], axis=0)
    return rows.assign(**{f"brings_{kind}": amount for kind, amount in brings.items()})[useful]


def _completing(sent: pd.DataFrame, needs: Mapping[str, float]) -> pd.DataFrame:
    """Per incident, the first response with which nothing is missing any more."""
    arrived = sent[sent["arrived"].notna()]
    complete = np.ones(len(arrived), dtype=bool)
    for kind, needed in needs.items():
        so_far = arrived.groupby("incident_id", sort=False)[f"brings_{kind}"].cumsum()
        complete &= (so_far >= needed).to_numpy()
    return arrived[complete].drop_duplicates("incident_id")
