"""How often units are called, how many at once and how long they are out, from a dispatch history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._conversions import HOUR_US
from fireplan.errors import InputError, quoted
from fireplan.response_performance import workload
from fireplan.response_performance._attendance import NO_UNITS
from fireplan.response_performance._groups import WEEKDAYS
from fireplan.response_performance._time_bins import LocalPeriod, clock_of, instants_us, staffed_spans
from fireplan.response_performance._unit_ids import matched_units

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class ObservedRates(NamedTuple):
    """
    What a history says of calls to some units.

    Attributes
    ----------
    incidents
        Those that any of the units was sent to.
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
    day, _, clock = at.strip().partition(" ")
    hour, _, minute = clock.strip().partition(":")
    days = [name[:3].lower() for name in WEEKDAYS]
    digits = hour.isdigit() and (minute.isdigit() or not minute)
    if day[:3].lower() not in days or not digits or int(hour) > 23 or int(minute or 0) > 59:
        raise InputError(f"at is {quoted(at)}: write a day and an hour of the week, as 'Tue 14:00'")
    return HourOfWeek(days.index(day[:3].lower()), 60 * int(hour) + int(minute or 0))


def on_duty(schedule: str, at: HourOfWeek) -> bool:
    """Say whether a unit with a schedule is staffed at an hour of the week."""
    monday = pd.Timestamp("2024-01-01", tz="UTC")  # any week of clocks that do not change
    spans = staffed_spans(schedule, LocalPeriod(monday, monday + pd.Timedelta(days=7), "UTC"))
    moment = instants_us(pd.Series([monday + pd.Timedelta(days=at.day, minutes=at.minute)]))[0]
    return bool(((spans.begin_us <= moment) & (moment < spans.end_us)).any())


def observed_rates(
    history: History, scenario: Scenario, units: Sequence[str], *, at: HourOfWeek | None
) -> ObservedRates:
    """
    Count calls to some units, how many of these went to each, and how long they were out.

    Parameters
    ----------
    history
        One row per unit per incident.
    scenario
        Whose units they are.
    units
        Their ids.
    at
        Count the calls of this hour of the week alone; how many units went, and how long they were out, is of all.
    """
    responses = history.responses
    if "unit_id" not in responses:
        raise InputError(NO_UNITS)
    ids, _ = matched_units(responses["unit_id"], scenario.units.index)
    ours = responses[ids.isin(units).to_numpy()]
    if not len(ours):
        raise InputError(f"the history has no response of the {wording.counted(len(units), 'unit')} asked about")
    received = history.incidents["received"]
    clock = clock_of(received, history.timezone, start=None, end=None)
    begin, end = clock.ends_us
    if (end - begin) / HOUR_US < SHORTEST_H:
        raise InputError(
            f"the history covers {wording.number((end - begin) / HOUR_US)} hours, less than a week: give a longer one,"
            " or calls_per_hour and service_h"
        )
    each = ids[ids.isin(units)].groupby(ours["incident_id"].to_numpy()).nunique()
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
    kinds = scenario.units.loc[list(units), "type"].unique().tolist()
    return ObservedRates(
        pd.Index(each.index), n / hours, dict(zip(counted.index.astype(int).tolist(), counted.tolist(), strict=True)),
        _out_h(history, scenario, kinds), tuple(notes),
    )  # fmt: skip


def _out_h(history: History, scenario: Scenario, kinds: list[str]) -> dict[str, float]:
    """Mean time from dispatch to clear by type of unit, of responses whose end is known. [h]"""
    table = workload(history, scenario=scenario, by="unit_type")
    ended = table["n"] - table["unknown"] - table["over_a_day"]
    mean_h = (table["committed_h"] / ended.where(ended > 0)).reindex(kinds)
    lacks = mean_h.index[~(mean_h > 0)]
    if len(lacks):
        raise InputError(
            f"the history does not say how long a unit of type {quoted(lacks[0])} is out: give service_h for it, as"
            f" {{'{lacks[0]}': 0.6}}"
        )
    return {str(kind): float(h) for kind, h in mean_h.items()}
