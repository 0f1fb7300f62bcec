"""One event of a dispatch feed, checked once, where it comes in: `Event` is the model of what may be said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError

from fireplan.operations._events.event_fields import (
    EPOCH,
    ID,
    INSTANT,
    LONGEST_TEXT,
    MOST_AHEAD_S,
    OTHER_ID,
    SECOND_US,
    SEQ,
    TIME,
    FieldRule,
    degrees,
    fault_of,
    in_us,
    received_by,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ASSIGNED", "EPOCH", "FIELDS", "HEARTBEAT", "INCIDENT_TYPES", "MEANING", "MODEL", "NEEDED_BY", "PLACED", "RANK",
    "SAID", "SECOND_US", "TYPES", "UNIT_TYPES", "Event", "Refused", "as_said", "as_stamp", "event_of", "in_us",
]  # fmt: skip

MEANING = {
    "heartbeat": "Nothing happened; the feed is there.",
    "incident.created": "A call was taken. Its place and type may follow.",
    "incident.updated": "Something of a call was set right.",
    "incident.closed": "All is done.",
    "unit.dispatched": "The unit was alarmed.",
    "unit.enroute": "It began to drive.",
    "unit.staged": "It waits near the scene.",
    "unit.arrived": "It is on the scene.",
    "unit.transporting": "It takes a patient away.",
    "unit.at_hospital": "It is at the hospital.",
    "unit.cancelled": "It was called off before it was needed.",
    "unit.cleared": "It is free, and on the road.",
    "unit.in_quarters": "It is free, and at its station.",
    "unit.out_of_service": "It cannot be sent.",
    "unit.in_service": "It can be sent again.",
    "unit.moved_up": "It stands by at the station `station_id`.",
    "unit.position": "It is at `latitude`, `longitude`.",
}
"""What each type of event says, in the order in which they come in a response."""

TYPES = tuple(MEANING)
RANK = {name: i for i, name in enumerate(TYPES)}
HEARTBEAT = "heartbeat"
INCIDENT_TYPES = tuple(name for name in TYPES if name.startswith("incident."))
UNIT_TYPES = tuple(name for name in TYPES if name.startswith("unit."))
ASSIGNED = ("unit.dispatched", "unit.enroute", "unit.staged", "unit.arrived", "unit.transporting", "unit.at_hospital")
"""Types by which a unit is at work on an incident, in the order in which they come."""

NEEDED_BY = {
    "incident_id": (*INCIDENT_TYPES, *ASSIGNED),
    "unit_id": UNIT_TYPES,
    "station_id": ("unit.moved_up",),
}
"""Types that cannot do without a field."""

PLACED = ("unit.position",)
"""Types that cannot do without a place."""

NEEDS = {kind: tuple(name for name, kinds in NEEDED_BY.items() if kind in kinds) for kind in TYPES}
KNOWN_TYPE = FieldRule(Literal[TYPES], "is unknown")


@dataclass(frozen=True, slots=True)
class Event:
    """
    What a dispatch system said happened.

    What stands beside the types below is what a feed may say for a field: `event_of` checks it, and the published
    schema is made from it. An event made in Python is not checked.

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

    event_id: Annotated[
        str,
        ID,
        Field(
            description="The feed's own id. The same id is the same event: sent again it changes nothing, and with "
            "other content it is set aside."
        ),
    ]
    ts_us: Annotated[
        int,
        INSTANT,
        Field(
            validation_alias="ts",
            description="When it happened: RFC 3339, with its offset from UTC, to the microsecond at most. Without an "
            f"offset, or more than {MOST_AHEAD_S / 60:g} minutes ahead of the clock that receives it, it is set aside.",
        ),
    ]
    type: Annotated[
        str,
        KNOWN_TYPE,
        Field(description="What happened. " + " ".join(f"{name}: {meaning}" for name, meaning in MEANING.items())),
    ]
    received_us: Annotated[
        int,
        PlainValidator(received_by, json_schema_input_type=Annotated[str, Field(json_schema_extra=TIME)] | None),
        Field(
            validation_alias="received_at",
            default=None,
            validate_default=True,
            description="When a gateway before this service received it, if there is one; RFC 3339 with offset.",
        ),
    ]
    seq: Annotated[
        int | None,
        SEQ,
        Field(
            description="Its place in the feed, if the feed numbers its events: a number that is missing is shown as a "
            "gap."
        ),
    ] = None
    incident_id: Annotated[str | None, OTHER_ID, Field(description="The incident it speaks of.")] = None
    unit_id: Annotated[str | None, OTHER_ID, Field(description="The unit it speaks of, as the project names it.")] = (
        None
    )
    latitude: Annotated[
        float | None,
        degrees("latitude", "North of the equator, WGS 84, of the incident; in a unit.position, of the unit. [°]"),
    ] = None
    longitude: Annotated[float | None, degrees("longitude", "East of Greenwich, WGS 84. [°]")] = None
    call_type: Annotated[
        str | None,
        text_of(LONGEST_TEXT),
        Field(description="What kind of call it is, as the dispatch system writes it."),
    ] = None
    priority: Annotated[
        str | None, text_of(LONGEST_TEXT), Field(description="Its priority, as the dispatch system writes it.")
    ] = None
    address: Annotated[
        str | None,
        text_of(LONGEST_TEXT),
        Field(description="Where it is, in words. Given to operators only, and never written to a log."),
    ] = None
    station_id: Annotated[
        str | None,
        OTHER_ID,
        Field(description="Where a unit.moved_up is to stand by, as the project names it."),
    ] = None

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


Faults = dict[str, tuple[str, str]]
"""What is wrong, by field: short name of the reason, and the reason."""

MOST_AHEAD_US = int(MOST_AHEAD_S) * SECOND_US
SAID = (
    "event_id", "ts_us", "type", "seq", "incident_id", "unit_id", "latitude", "longitude", "call_type", "priority",
    "address", "station_id",
)  # fmt: skip
MODEL = TypeAdapter(Event)
FIELDS = ("ts", "received_at", *(name for name in SAID if name != "ts_us"))
"""Names under which a feed says something."""

WORDS = ("call_type", "priority", "address")
"""Fields that people read, and nothing is told apart by."""

NOTHING = {"event_id": "-", "ts": EPOCH.isoformat(), "type": HEARTBEAT}
"""What stands for fields that cannot be used, while the rest is looked at."""


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
    wrong: Faults = {}
    try:
        event = MODEL.validate_python(said, context=received_us)
    except ValidationError:
        event, wrong = _looked_at_again(said, received_us)
    odd = _odds_of(event)
    if not wrong and not odd:
        return event
    faults = [*wrong.values(), *(fault for name, fault in odd.items() if name not in wrong)]
    event_id = None if "event_id" in wrong else event.event_id
    raise Refused(faults[0][0], "; ".join(text for _, text in faults), event_id=event_id)


def _looked_at_again(said: Mapping[str, Any], received_us: int) -> tuple[Event, Faults]:
    """Read an event field by field: give what can be used of it, and what is wrong with each other field."""
    # Half a surrogate pair can stand in JSON, but in no database. In an id it is a fault, as it would no longer tell
    # one from another.
    known = {name: value for name in FIELDS if (value := said.get(name)) is not None}
    for name, value in known.items():
        if isinstance(value, str) and name in WORDS:
            known[name] = value.encode("utf-8", "replace").decode("utf-8")
    try:
        return MODEL.validate_python(known, context=received_us), {}
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    wrong = {str(fault["loc"][0]): fault_of(fault, types=TYPES) for fault in found}
    rest = {name: value for name, value in known.items() if name not in wrong}
    return MODEL.validate_python(NOTHING | rest, context=received_us), wrong


def _odds_of(event: Event) -> Faults:
    """Find what no field shows alone."""
    odd: Faults = {}
    ahead_us = event.ts_us - event.received_us
    if ahead_us > MOST_AHEAD_US:
        ahead_h = ahead_us / SECOND_US / 3600
        odd["ts"] = "ts_ahead", f"ts is {ahead_h:,.0f} h ahead of the clock that received it: over the skew limit"
    for name in NEEDS[event.type]:
        if getattr(event, name) is None:
            odd[name] = name, f"{name} is missing, and {event.type} needs it"
    if (event.latitude is None) != (event.longitude is None):
        missing = "latitude" if event.latitude is None else "longitude"
        odd[missing] = "place", f"{missing} is missing: give both, or neither"
    elif event.latitude is None and event.type in PLACED:
        odd["latitude"] = "place", f"latitude and longitude are missing, and {event.type} needs them"
    return odd


def as_stamp(us: int) -> str:
    """Write an instant as text, in UTC."""
    return (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def as_said(event: Event) -> dict[str, Any]:
    """Write an event as a feed would send it."""
    said: dict[str, Any] = {"event_id": event.event_id, "ts": as_stamp(event.ts_us), "type": event.type}
    more = [name for name in SAID if name not in {*said, "ts_us"}]
    said |= {name: value for name in more if (value := getattr(event, name)) is not None}
    return said | {"received_at": as_stamp(event.received_us)}
