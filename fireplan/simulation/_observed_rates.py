"""How often units are called, how many at once and how long they are out, from a dispatch history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._conversions import HOUR_US
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance import workload
from fireplan.response_performance._attendance import NO_UNITS, beside
from fireplan.response_performance._time_bins import clock_of, instants_us
from fireplan.response_performance._time_groups import WEEKDAYS
from fireplan.scenario import root
from fireplan.stations._schedules import DAY_MIN, minute_of, minutes_on

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from fireplan.response_performance import History
    from fireplan.scenario import Scenario

SHORTEST_H = 7 * 24.0
"""A history shorter than a week does not hold all hours of one. [h]"""

MOST_COUNTED = 8


class HourOfWeek(NamedTuple):
    """An hour of the week by the clock on the wall: day (0: Monday) and minute of the day."""

    day: int
    minute: int

    def __str__(self) -> str:
        """Say it, such as "Tue 14:00"."""
        return f"{WEEKDAYS[self.day][:3]} {self.minute // 60}:{self.minute % 60:02d}"


class OurRuns(NamedTuple):
    """A history of the runs of some units alone."""

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str


class ObservedRates(NamedTuple):
    """
    What a history says of calls to some units.

    Attributes
    ----------
    incidents
        Those that any unit of these types was sent to, whether or not it is there still.
    calls_per_hour
        How many there were an hour.
    units_per_call
        Share of them by how many of the units were sent.
    out_h
        By type of unit, from dispatch to clear. [h]
    notes
        What was counted, and what not.
    """

    incidents: pd.Index
    calls_per_hour: float
    units_per_call: dict[int, float]
    out_h: dict[str, float]
    notes: tuple[str, ...]


def hour_of(at: str) -> HourOfWeek:
    """Read an hour of the week, such as "Tue 14:00"."""
    try:
        return HourOfWeek(*divmod(minute_of(at), DAY_MIN))
    except InputError as error:
        raise InputError(f"at is {quoted(at)}: write a day and an hour of the week, as 'Tue 14:00'") from error


def on_duty(schedule: str, at: HourOfWeek) -> bool:
    """Say whether a unit with a schedule is staffed at an hour of the week."""
    return bool(minutes_on(schedule)[at.day * DAY_MIN + at.minute])


def observed_rates(
    history: History, scenario: Scenario, units: Collection[str], types: Collection[str], *, at: HourOfWeek | None
) -> ObservedRates:
    """
    Count calls to units of some types, how many of these went to each, and how long they were out.

    Calls are those of the department as it was, before any change: a station that is closed loses its units, not its
    calls.

    Parameters
    ----------
    history
        One row per unit per incident.
    scenario
        Whose units they are.
    units, types
        Ids of those that answer now, and their types.
    at
        Count the calls of this hour of the week alone; how many units went, and how long they were out, is of all.
    """
    if "unit_id" not in history.responses:
        raise InputError(NO_UNITS)
    if scenario.selections:
        raise InputError(
            f"{quoted(scenario.name)} holds a part of the demand ({scenario.selections[-1].words}), and units are busy"
            " with all of it: ask of the whole, or give calls_per_hour and service_h"
        )
    before = root(scenario)
    responses = beside(history, before).responses
    then = responses["own"] & responses["unit_type"].isin(types)
    ours = responses[then | responses["unit_id"].isin(units)]
    if not len(ours):
        raise InputError(f"the history has no response of the department's units of type {listed(map(quoted, types))}")
    received = history.incidents["received"]
    clock = clock_of(received, history.timezone, start=None, end=None)
    begin, end = clock.ends_us
    if (end - begin) / HOUR_US < SHORTEST_H:
        raise InputError(
            f"the history covers {wording.number((end - begin) / HOUR_US)} hours, less than a week: give a longer one,"
            " or calls_per_hour and service_h"
        )
    each = ours.groupby("incident_id")["unit_id"].nunique()
    known = received.reindex(each.index).dropna()
    by = ("weekday", "hour") if at is not None else ()
    bins = clock.bins(by)
    group, elapsed_us = bins.group_at(instants_us(known)), bins.elapsed_us
    mine = np.arange(len(elapsed_us))
    if at is not None:
        keys = bins.keys
        mine = np.flatnonzero((keys["weekday"].cat.codes == at.day) & (keys["hour"] == at.minute // 60))
    n, hours = int(np.isin(group, mine).sum()), float(elapsed_us[mine].sum()) / HOUR_US
    if not n or not hours:
        raise InputError(
            f"the history has no call to these units at {at}: ask for another hour, or give calls_per_hour"
        )
    counted = each.clip(upper=MOST_COUNTED).value_counts(normalize=True).sort_index()
    when = "" if at is None else f" at {at}"
    notes = [f"{wording.counted(n, 'call')} in {wording.counted(hours, 'hour')}{when} of the history"]
    if len(each) > len(known):
        notes.append(f"{wording.counted(len(each) - len(known), 'call')} without a time received not counted")
    if (each > MOST_COUNTED).any():
        many = wording.counted(int((each > MOST_COUNTED).sum()), "call")
        notes.append(f"{many} that took more than {MOST_COUNTED} units counted as {MOST_COUNTED}")
    return ObservedRates(
        pd.Index(each.index), n / hours, dict(zip(counted.index.astype(int).tolist(), counted.tolist(), strict=True)),
        _out_h(OurRuns(history.incidents, ours.assign(own=True), history.timezone)), tuple(notes),
    )  # fmt: skip


def _out_h(runs: OurRuns) -> dict[str, float]:
    """Mean time from dispatch to clear by type of unit, of responses whose end is known. [h]"""
    table = workload(runs, by="unit_type")
    ended = table["n"] - table["unknown"] - table["over_a_day"]
    mean_h = table["committed_h"] / ended.where(ended > 0)
    return {str(kind): float(h) for kind, h in mean_h.items() if h > 0}
