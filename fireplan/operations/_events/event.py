"""One event of a dispatch feed, checked once, where it comes in."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

SECOND_US = 1_000_000
MOST_AHEAD_S = 3600.0
"""A stamp farther than this ahead of the clock that received it is no stamp. [s]"""

LONGEST_ID, LONGEST_TEXT = 200, 500
"""Characters in an id, and in any other text."""

MOST_SEQ = 2**53
EARLIEST_US = 0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

INCIDENT_TYPES = ("incident.created", "incident.updated", "incident.closed")
UNIT_TYPES = (
    "unit.dispatched",
    "unit.enroute",
    "unit.staged",
    "unit.arrived",
    "unit.transporting",
    "unit.at_hospital",
    "unit.cancelled",
    "unit.cleared",
    "unit.in_quarters",
    "unit.out_of_service",
    "unit.in_service",
    "unit.moved_up",
    "unit.position",
)
HEARTBEAT = "heartbeat"
TYPES = (HEARTBEAT, *INCIDENT_TYPES, *UNIT_TYPES)
ASSIGNED = ("unit.dispatched", "unit.enroute", "unit.staged", "unit.arrived", "unit.transporting", "unit.at_hospital")
"""Types by which a unit is at work on an incident, in the order in which they come."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    What a dispatch system said happened.

    Attributes
    ----------
    event_id
        The feed's own id; the same id is the same event.
    ts_us
        When it happened. [us since 1970, UTC]
    type
        One of `TYPES`.
    received_us
        When it was received. [us since 1970, UTC]
    seq
        Its place in the feed, if the feed numbers its events.
    incident_id, unit_id
        Whom it speaks of.
    latitude, longitude
        Of the incident; in a `unit.position`, of the unit. [°]
    call_type, priority, address
        Of the incident, as typed.
    station_id
        Where a `unit.moved_up` is to stand by.
    """

    event_id: str
    ts_us: int
    type: str
    received_us: int
    seq: int | None = None
    incident_id: str | None = None
    unit_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    call_type: str | None = None
    priority: str | None = None
    address: str | None = None
    station_id: str | None = None

    @property
    def order(self) -> tuple[int, int, str]:
        """Where it stands among all events: by instant, then by how far its type is in a response, then by id."""
        return self.ts_us, RANK[self.type], self.event_id

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, without when it was received: an event delivered again says the same."""
        return (
            self.event_id, self.ts_us, self.type, self.seq, self.incident_id, self.unit_id, self.latitude,
            self.longitude, self.call_type, self.priority, self.address, self.station_id,
        )  # fmt: skip

    def digest(self) -> str:
        """Give a short sign of what it says, by which a repeated event is told from another under the same id."""
        return hashlib.blake2b(repr(self.content).encode(), digest_size=16).hexdigest()


RANK = {name: i for i, name in enumerate(TYPES)}
SAID = (
    "event_id", "ts_us", "type", "seq", "incident_id", "unit_id", "latitude", "longitude", "call_type", "priority",
    "address", "station_id",
)  # fmt: skip
TEXTS = {
    "incident_id": LONGEST_ID,
    "unit_id": LONGEST_ID,
    "station_id": LONGEST_ID,
    "call_type": LONGEST_TEXT,
    "priority": LONGEST_TEXT,
    "address": LONGEST_TEXT,
}


class Refused(Exception):  # noqa: N818 - not an error: the event is set aside with its reason
    """
    An event that cannot be used.

    Attributes
    ----------
    code
        Short name of the reason.
    reason
        What is wrong, in words that hold nothing personal.
    event_id
        Its id, if it has one.
    """

    def __init__(self, code: str, reason: str, *, event_id: str | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.event_id = code, reason, event_id


def event_of(said: Mapping[str, Any], *, received_us: int) -> Event:
    """
    Check one event.

    Parameters
    ----------
    said
        The event as it came. Keys that no event has are not kept.
    received_us
        When it was received, unless it says itself (`received_at`). [us since 1970, UTC]

    Raises
    ------
    Refused
        With everything that is wrong with it: a field missing or of the wrong kind, a type that is not known, a stamp
        without an offset or far ahead of the clock, a place that is none.
    """
    if not isinstance(said, dict):
        raise Refused("not_an_object", "it is not a JSON object: send one object for each event")
    faults: list[tuple[str, str]] = []
    event_id = _event_id(said.get("event_id"), faults)
    kind = said.get("type")
    if not isinstance(kind, str) or kind not in RANK:
        faults.append(_unknown_type(kind))
        kind = HEARTBEAT
    received_us = _received(said.get("received_at"), received_us)
    ts_us = _instant(said.get("ts"), faults)
    if ts_us - received_us > MOST_AHEAD_S * SECOND_US:
        ahead_h = (ts_us - received_us) / SECOND_US / 3600
        faults.append(("ts_ahead", f"ts is {ahead_h:,.0f} h ahead of the clock that received it: over the skew limit"))
    texts = {name: _text(said.get(name), name, longest, faults) for name, longest in TEXTS.items()}
    latitude = _degrees(said.get("latitude"), "latitude", 90, faults)
    longitude = _degrees(said.get("longitude"), "longitude", 180, faults)
    if (latitude is None) != (longitude is None) and not faults:
        faults.append(("place", "latitude or longitude is missing: give both, or neither"))
    seq = said.get("seq")
    if seq is not None and (not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < MOST_SEQ):
        faults.append(("seq", "seq is not a whole number from 0: number the events, or leave it out"))
    faults += _missing(kind, texts, placed=latitude is not None)
    if faults:
        raise Refused(faults[0][0], "; ".join(text for _, text in faults), event_id=event_id or None)
    return Event(event_id, ts_us, kind, received_us, seq, latitude=latitude, longitude=longitude, **texts)


def _event_id(value: object, faults: list[tuple[str, str]]) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID or not value.isprintable():
        faults.append(("event_id", f"event_id is missing, or no text of up to {LONGEST_ID} characters"))
        return ""
    return value


def _unknown_type(kind: object) -> tuple[str, str]:
    if kind is None:
        return "type", "type is missing"
    name = kind if isinstance(kind, str) else type(kind).__name__
    return "unknown_type", f"type {quoted(name, limit=40)} is unknown: known are {listed(TYPES, most=len(TYPES))}"


def _instant(value: object, faults: list[tuple[str, str]]) -> int:
    """Give an RFC 3339 stamp in microseconds; its offset is needed."""
    if value is None:
        faults.append(("ts", "ts is missing"))
        return EARLIEST_US
    at = _stamp(value)
    if at is None:
        faults.append(("ts", "ts is not a stamp such as 2024-03-05T19:00:20-05:00"))
        return EARLIEST_US
    if at.tzinfo is None:
        faults.append(("ts_naive", "ts has no offset from UTC: write -05:00 or Z behind it; it is not guessed"))
        return EARLIEST_US
    us = in_us(at)
    if us < EARLIEST_US:
        faults.append(("ts", "ts lies before 1970"))
    return us


def _received(value: object, otherwise_us: int) -> int:
    """When a gateway says that it received the event; if it does not say so, or says a time to come, when we did."""
    at = _stamp(value)
    if at is None or at.tzinfo is None or at < EPOCH:
        return otherwise_us
    return min(in_us(at), otherwise_us + int(MOST_AHEAD_S) * SECOND_US)


def _stamp(value: object) -> datetime | None:
    if not isinstance(value, str) or not 16 <= len(value) <= 40:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def in_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware stamp."""
    return (at - EPOCH) // timedelta(microseconds=1)


def as_stamp(us: int) -> str:
    """Write an instant as text, in UTC."""
    return (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def as_said(event: Event) -> dict[str, Any]:
    """Write an event as a feed would send it."""
    said: dict[str, Any] = {"event_id": event.event_id, "ts": as_stamp(event.ts_us), "type": event.type}
    more = [name for name in SAID if name not in {*said, "ts_us"}]
    said |= {name: value for name in more if (value := getattr(event, name)) is not None}
    return said | {"received_at": as_stamp(event.received_us)}


def _text(value: object, name: str, longest: int, faults: list[tuple[str, str]]) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_SEQ:
        value = str(value)
    if not isinstance(value, str) or len(value) > longest:
        faults.append((name, f"{name} is no text of up to {longest} characters"))
        return None
    # Half a surrogate pair can stand in JSON, but in no database.
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "") or None


def _degrees(value: object, name: str, most: float, faults: list[tuple[str, str]]) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < math.inf:
        faults.append((name, f"{name} is not a finite number of degrees"))
        return None
    if abs(value) > most:  # whole numbers of any length are in Python's JSON
        faults.append((name, f"{name} is outside -{most} to {most} degrees"))
        return None
    return float(value)


def _missing(kind: str, texts: Mapping[str, str | None], *, placed: bool) -> list[tuple[str, str]]:
    """Name the fields that an event of this type cannot do without."""
    needed = []
    if kind in INCIDENT_TYPES or kind in ASSIGNED:
        needed.append("incident_id")
    if kind in UNIT_TYPES:
        needed.append("unit_id")
    if kind == "unit.moved_up":
        needed.append("station_id")
    faults = [(name, f"{name} is missing, and {kind} needs it") for name in needed if texts[name] is None]
    if kind == "unit.position" and not placed:
        faults.append(("place", "latitude and longitude are missing, and unit.position needs them"))
    return faults
