"""A day hour by hour: how many incidents, and how few units were left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from fireplan._conversions import HOUR_US
from fireplan.operations._events.event import EPOCH, in_us

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from fireplan.operations._events.event_records import Incident


class Hour(NamedTuple):
    """
    One hour of a day.

    Attributes
    ----------
    hour
        Of local time, 0 to 23; on the night on which clocks go back one of them is two hours long.
    incidents
        Received in it.
    free_least
        The fewest of the units counted that were free at once.
    """

    hour: int
    incidents: int
    free_least: int


def day_start_us(now_us: int, timezone: str) -> int:
    """Local midnight before an instant. [us since 1970, UTC]"""
    zone = ZoneInfo(timezone)
    local = (EPOCH + timedelta(microseconds=now_us)).astimezone(zone)
    return in_us(datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC))


def hours_of(incidents: Iterable[Incident], *, units: Collection[str], now_us: int, timezone: str) -> list[Hour]:
    """
    Go through the hours of the day so far.

    Parameters
    ----------
    incidents
        Those of the day, and of the day before as far as they reach into it.
    units
        The units counted; each is away from its dispatch until it is cleared.
    now_us
        The instant up to which. [us since 1970, UTC]
    timezone
        IANA zone of local time.
    """
    start_us = day_start_us(now_us, timezone)
    zone = ZoneInfo(timezone)
    steps: list[tuple[int, int, str]] = []
    received: dict[int, int] = {}
    least: dict[int, int] = {}
    for incident in incidents:
        if incident.received_us is not None and start_us <= incident.received_us <= now_us:
            hour = _hour(incident.received_us, zone)
            received[hour] = received.get(hour, 0) + 1
        for unit_id, response in incident.responses.items():
            if unit_id in units and response.dispatched_us is not None:
                # One that is not over yet is still on at the instant itself.
                ended_us = response.ended_us if response.ended_us is not None else now_us + 1
                steps += [(response.dispatched_us, 1, unit_id), (max(ended_us, response.dispatched_us), -1, unit_id)]
    # Local hours begin on a quarter of an hour of UTC in every zone: looking at each quarter misses none.
    steps += [(at_us, 0, "") for at_us in range(start_us, now_us + 1, HOUR_US // 4)]
    away: dict[str, int] = {}
    for at_us, change, unit_id in sorted(steps, key=lambda step: (step[0], step[1])):
        if change:
            away[unit_id] = away.get(unit_id, 0) + change
        if start_us <= at_us <= now_us:
            hour = _hour(at_us, zone)
            free = len(units) - sum(n > 0 for n in away.values())
            least[hour] = min(least.get(hour, free), free)
    return [Hour(hour, received.get(hour, 0), least[hour]) for hour in sorted(least)]


def _hour(at_us: int, zone: ZoneInfo) -> int:
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(zone).hour
