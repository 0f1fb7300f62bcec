"""The day so far: response performance against the objectives, and the day hour by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fireplan.errors import FireplanError
from fireplan.operations.board import Board
from fireplan.operations.history import history_of_incidents
from fireplan.operations.hours import day_start_us, hours_of
from fireplan.operations.showing import performance_shown
from fireplan.responding import performance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fireplan.operations.event import Event
    from fireplan.responding import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

REACHING_BACK_US = 24 * 3_600_000_000
"""Incidents that were received this long before midnight can still hold units after it. [us]"""


def day_shown(
    events: Iterable[Event],
    *,
    now_us: int,
    scenario: Scenario,
    standard: Standard,
    policy: Policy,
    timezone: str,
    counted: Collection[str],
) -> dict[str, Any]:
    """
    Measure the day so far.

    Parameters
    ----------
    events
        Those since `REACHING_BACK_US` before local midnight, up to the instant.
    now_us
        The instant. [us since 1970, UTC]
    scenario, standard, policy
        As for `fireplan.performance`.
    timezone
        IANA zone of local time.
    counted
        Units whose number is followed by the hour.

    Returns
    -------
    `today` and `hours`, as JSON.
    """
    start_us = day_start_us(now_us, timezone)
    board = Board(kept_us=None)
    for event in events:
        board.take(event)
    incidents = list(board.incidents())
    of_today = [i for i in incidents if i.received_us is not None and i.received_us >= start_us]
    history = history_of_incidents(of_today, timezone=timezone, units=scenario.units)
    table, note = None, "" if history is not None else "no unit was sent yet today"
    if history is not None:
        try:
            table = performance(history, scenario=scenario, standard=standard, policy=policy)
        except FireplanError as error:
            note = str(error)
    hours = hours_of(incidents, units=counted, now_us=now_us, timezone=timezone)
    return {
        "today": {
            "start": start_us // 1000,
            "at": now_us // 1000,
            "basis": scenario.provenance,
            "method": "90th percentile by the inverted distribution, with its order-statistic 95 % interval",
            "note": note,
            "rows": performance_shown(table, standard),
        },
        "hours": [hour._asdict() for hour in hours],
    }
