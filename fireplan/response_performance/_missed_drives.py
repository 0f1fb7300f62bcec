"""Modelled drives of incidents over an objective: from the first-due station, and from where the unit came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.roads import REST
from fireplan.roads._speed_periods import DAY_MIN, period_of
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import mates
from fireplan.travel import first_due, places, time_rows
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fireplan.response_performance._attendance import Attendance
    from fireplan.response_performance._commitments import Commitments
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective


def modelled(
    table: pd.DataFrame, scenario: Scenario, objective: Objective, attendance: Attendance, commitments: Commitments
) -> pd.DataFrame:
    """Add who is first due, whether the responding unit was at home, and modelled travel."""
    drives = drives_in_hours(table, scenario, attendance, needs=objective.needs)
    table["first_due"] = pd.array(drives["first_due"].to_numpy(object), dtype="str")
    table["modelled_travel_s"] = drives["first_due_s"].to_numpy(float)
    table.loc[~np.isfinite(table["modelled_travel_s"]), "modelled_travel_s"] = np.nan
    table["from_away"] = table["already_on_road"] | commitments.at(
        table["unit_id"], table["dispatched"], table.index.to_series()
    )
    from_home_s = drives["from_home_s"].to_numpy(float)
    table["modelled_s"] = np.where(table["from_away"] | ~np.isfinite(from_home_s), np.nan, from_home_s)
    return table


def drives_in_hours(
    table: pd.DataFrame, scenario: Scenario, attendance: Attendance, *, needs: Mapping[str, float]
) -> pd.DataFrame:
    """
    Model drives to incidents; where drives are calibrated by hours, each in those of its call.

    Parameters
    ----------
    table
        By `incident_id`, with `station_id`, the home of the responding unit.
    scenario, attendance
        The department, and the incidents with their places.
    needs
        What first due is asked for.

    Returns
    -------
    By incident: `first_due`, `first_due_s`, and `from_home_s` (missing: not an open station) [s].
    """
    periods = scenario.roads.periods
    if not scenario.roads.calibrated or not periods or not len(table):
        return _drives_on(table, scenario, attendance, needs)
    local = attendance.incidents["local"].reindex(table.index)
    minute = (local.dt.day_of_week * DAY_MIN + local.dt.hour * 60 + local.dt.minute).fillna(-1).to_numpy(dtype=np.int64)
    period = np.where(minute < 0, -1, period_of(periods, minute))
    parts = []
    for i in np.unique(period):
        name = periods[i].name if i >= 0 else REST
        driven = scenario.during(name, incidents=False)
        parts.append(_drives_on(table[period == i], driven, attendance, needs))
    return pd.concat(parts).reindex(table.index)


def _drives_on(
    table: pd.DataFrame, scenario: Scenario, attendance: Attendance, needs: Mapping[str, float]
) -> pd.DataFrame:
    """Model drives on the streets as they are."""
    points = attendance.incidents.loc[table.index, [attendance.incidents.geometry.name]]
    town = replace(scenario, incidents=points if len(points) else None)
    starts = station_places(town)
    if not len(table):
        return pd.DataFrame({"first_due": [], "first_due_s": [], "from_home_s": []}, index=table.index)
    due = first_due(town, to="incidents", needs=needs)
    rows = np.vstack([time_rows(town, places(town, "incidents"), starts=starts), np.full(len(table), np.nan)])
    home = starts.ids.get_indexer(pd.Index(table["station_id"]))  # -1, the last row: not known
    from_home_s = rows[home, np.arange(len(table))].astype(float)
    return due[["first_due", "first_due_s"]].assign(from_home_s=from_home_s)


def first_due_busy(
    table: pd.DataFrame, scenario: Scenario, objective: Objective, attendance: Attendance, commitments: Commitments
) -> pd.Series[bool]:
    """Say whether all the units of the first-due station that would do, or their crews, were at other incidents."""
    kind = KINDS.index(next(iter(objective.needs)))
    staffed = units_on_duty(scenario, objective.needs)  # those of whom some are first due
    useful = staffed[supply(staffed)[:, kind] > 0]
    when = _first_dispatch(table, attendance, kind)
    homes = useful["station_id"].reset_index().set_index("station_id")["unit_id"]
    asked = table[["first_due"]].assign(row=np.arange(len(table)), when=when.array, incident_id=table.index)
    asked = asked[table["first_due"].notna().to_numpy()].join(homes.rename("asked_unit"), on="first_due")
    # A unit is out while its crew is out with another.
    shared = mates(staffed)
    asked["crew_unit"] = [[unit, *shared.get(str(unit), ())] for unit in asked["asked_unit"]]
    crews = asked.assign(number=np.arange(len(asked))).explode("crew_unit")
    out = commitments.at(crews["crew_unit"], crews["when"], crews["incident_id"])
    free = np.bincount(crews["number"], weights=out, minlength=len(asked)) == 0
    any_free = np.bincount(asked["row"], weights=free, minlength=len(table)) > 0
    return pd.Series(~any_free, index=table.index, dtype="boolean").where(table["first_due"].notna())


def _first_dispatch(table: pd.DataFrame, attendance: Attendance, kind: int) -> pd.Series[pd.Timestamp]:
    """When the first unit of the kind needed was sent to each incident."""
    responses = attendance.responses
    ours = responses["own"] | attendance.policy.aid_received
    rows = responses[ours & responses["incident_id"].isin(table.index) & responses["unit_type"].notna()]
    code, types = pd.factorize(rows["unit_type"])
    does = supply(pd.DataFrame({"type": types, "crew": 1.0}))[:, kind] > 0
    sent = rows[does[code]].groupby("incident_id")["dispatched"].min()
    return sent.reindex(table.index).fillna(table["dispatched"])
