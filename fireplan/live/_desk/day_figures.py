"""The day so far: response performance against the objectives, and the day hour by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._conversions import HOUR_US
from fireplan.errors import FireplanError
from fireplan.operations._as_json import performance_shown
from fireplan.operations._events.event_records import Board
from fireplan.operations._events.to_history import history_of_incidents
from fireplan.operations._status.hourly import day_start_us, hours_of
from fireplan.response_performance import performance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fireplan.operations._events.event import Event
    from fireplan.operations.live_state import Day
    from fireplan.response_performance import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

REACHING_BACK_US = 48 * HOUR_US
"""Incidents of which nothing was said for so long play no part in a day. [us]"""


class Today:
    """
    The day so far, kept as events come in.

    Parameters
    ----------
    scenario, standard, policy
        As for `fireplan.performance`.
    timezone
        IANA zone of local time.
    counted
        Units whose number is followed by the hour.
    """

    def __init__(
        self, scenario: Scenario, *, standard: Standard, policy: Policy, timezone: str, counted: Collection[str]
    ) -> None:
        self._scenario, self._standard, self._policy = scenario, standard, policy
        self._timezone, self._counted = timezone, counted
        self._board = Board(kept_us=REACHING_BACK_US)

    def take(self, events: Iterable[Event]) -> None:
        """Take events in; those of the day before are needed as far as they reach into the day."""
        for event in events:
            self._board.take(event)

    def shown(self, now_us: int) -> Day:
        """Measure the day up to an instant [us since 1970, UTC]: `today` and `hours`, as JSON."""
        start_us = day_start_us(now_us, self._timezone)
        incidents = list(self._board.incidents())
        of_today = [i for i in incidents if i.received_us is not None and i.received_us >= start_us]
        history = history_of_incidents(of_today, timezone=self._timezone, units=self._scenario.units)
        table, note = None, "" if history is not None else "no unit was sent yet today"
        if history is not None:
            try:
                table = performance(history, scenario=self._scenario, standard=self._standard, policy=self._policy)
            except FireplanError as error:
                note = str(error)
        hours = hours_of(incidents, units=self._counted, now_us=now_us, timezone=self._timezone)
        return {
            "today": {
                "start": start_us // 1000,
                "at": now_us // 1000,
                "basis": self._scenario.provenance,
                "method": "90th percentile by the inverted distribution, with its order-statistic 95 % interval",
                "note": note,
                "rows": performance_shown(table, self._standard),
            },
            "hours": [
                {"hour": hour.hour, "incidents": hour.incidents, "free_least": hour.free_least} for hour in hours
            ],
        }
