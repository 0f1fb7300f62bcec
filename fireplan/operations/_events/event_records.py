"""
What the events say, gathered: one record for each unit, and one for each incident of the last day.

A record keeps of every field only what decides it: the first or the last stamp, and the value that was said last. Such
records can be put together in any order and more than once, so a feed that is late, out of order or delivered twice
ends in the same state.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from fireplan.operations._events.event import ASSIGNED, HEARTBEAT, SECOND_US, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KEPT_US = 24 * 3600 * SECOND_US
"""An incident is on the board until nothing has been said of it for this long. [us]"""

SWEPT_US = 600 * SECOND_US
"""The board is swept when this much has passed. [us]"""

Order = tuple[int, int, str]
NEVER: Order = (-1, -1, "")

FIRST_STAMPS = {
    "unit.dispatched": "dispatched_us",
    "unit.enroute": "enroute_us",
    "unit.staged": "staged_us",
    "unit.arrived": "arrived_us",
    "unit.transporting": "transporting_us",
    "unit.at_hospital": "at_hospital_us",
}
"""Of these the first counts."""

ENDS = {"unit.cancelled": "cancelled_us", "unit.cleared": "cleared_us"}
"""Of these the last counts."""

AT_INCIDENT = frozenset(FIRST_STAMPS) | frozenset(ENDS)
AT_WORK = frozenset(ASSIGNED)
POSTED = frozenset({"unit.moved_up", "unit.in_quarters"})
TEXTS = ("call_type", "priority", "address")


class ReportedValue(NamedTuple):
    """A value, and where the event that said it stands among all."""

    order: Order
    value: object


class Response:
    """What one unit did at one incident. Instants are microseconds since 1970, UTC; None: not said."""

    __slots__ = (
        "arrived_us", "at_hospital_us", "cancelled_us", "cleared_us", "dispatched_us", "enroute_us", "last",
        "staged_us", "transporting_us",
    )  # fmt: skip

    def __init__(self) -> None:
        self.dispatched_us: int | None = None
        self.enroute_us: int | None = None
        self.staged_us: int | None = None
        self.arrived_us: int | None = None
        self.transporting_us: int | None = None
        self.at_hospital_us: int | None = None
        self.cancelled_us: int | None = None
        self.cleared_us: int | None = None
        self.last = ReportedValue(NEVER, "")

    @property
    def over(self) -> bool:
        """The unit was cleared or called off, and not sent again."""
        return self.last.value in ENDS

    @property
    def ended_us(self) -> int | None:
        """When it was over; None: it is not."""
        return self.last.order[0] if self.over else None

    def take(self, event: Event, order: Order) -> None:
        """Take in what an event says of this response; its place among all is given, since it is asked for often."""
        if event.type in FIRST_STAMPS:
            name = FIRST_STAMPS[event.type]
            stood = getattr(self, name)
            if stood is None or event.ts_us < stood:
                setattr(self, name, event.ts_us)
        elif event.type in ENDS:
            name = ENDS[event.type]
            stood = getattr(self, name)
            if stood is None or event.ts_us > stood:
                setattr(self, name, event.ts_us)
        else:
            return
        if order > self.last.order:
            self.last = ReportedValue(order, event.type)


class Incident:
    """What is known of one incident."""

    __slots__ = ("closed", "first_us", "incident_id", "last_us", "received_us", "reopened", "responses", "said")

    def __init__(self, incident_id: str) -> None:
        self.incident_id = incident_id
        self.received_us: int | None = None
        self.first_us: int | None = None
        self.last_us = -1
        self.closed = NEVER
        self.reopened = NEVER
        self.said: dict[str, ReportedValue] = {}
        self.responses: dict[str, Response] = {}

    def take(self, event: Event, order: Order) -> None:
        """Take in what an event says of this incident."""
        ts_us, kind = event.ts_us, event.type
        self.last_us = max(self.last_us, ts_us)
        if self.first_us is None or ts_us < self.first_us:
            self.first_us = ts_us
        if kind == "incident.created" and (self.received_us is None or ts_us < self.received_us):
            self.received_us = ts_us
        if kind in AT_INCIDENT and event.unit_id is not None:
            response = self.responses.get(event.unit_id)
            if response is None:
                response = self.responses[event.unit_id] = Response()
            response.take(event, order)
            if kind in AT_WORK and order > self.reopened:
                self.reopened = order
        elif kind == "incident.closed" and order > self.closed:
            self.closed = order
        if kind != "unit.position":
            self._note(event, order)

    def _note(self, event: Event, order: Order) -> None:
        said = self.said
        for name in TEXTS:
            value = getattr(event, name)
            if value is not None and (name not in said or order > said[name].order):
                said[name] = ReportedValue(order, value)
        if event.latitude is not None and ("at" not in said or order > said["at"].order):
            said["at"] = ReportedValue(order, (event.longitude, event.latitude))

    def text(self, name: str) -> str | None:
        """Give the call type, priority or address, as it was said last."""
        said = self.said.get(name)
        return None if said is None else str(said.value)

    @property
    def at(self) -> tuple[float, float] | None:
        """Longitude and latitude. [°]"""
        said = self.said.get("at")
        return None if said is None else said.value  # type: ignore[return-value]

    @property
    def closed_us(self) -> int | None:
        """When it was closed, or its last unit cleared; None: it is open."""
        if self.closed > self.reopened:
            return self.closed[0]
        last_us = None
        for response in self.responses.values():
            last = response.last
            if last.value not in ENDS:
                return None
            if last_us is None or last.order[0] > last_us:
                last_us = last.order[0]
        return last_us


class Word(NamedTuple):
    """What was last said of a unit: its status, and at which incident."""

    order: Order
    type: str
    incident_id: str | None

    @property
    def ts_us(self) -> int:
        """When. [us since 1970, UTC]"""
        return self.order[0]


class Unit:
    """What is known of one unit."""

    __slots__ = ("_latest", "at", "last_us", "post", "unit_id", "word")

    def __init__(self, unit_id: str) -> None:
        self.unit_id = unit_id
        self.last_us = -1
        self.word: Word | None = None
        self.post = ReportedValue(NEVER, None)
        self.at = ReportedValue(NEVER, None)
        self._latest: list[Word] = []

    def take(self, event: Event, order: Order) -> None:
        """Take in what an event says of this unit."""
        self.last_us = max(self.last_us, event.ts_us)
        if event.type == "unit.position":
            if order > self.at.order:
                self.at = ReportedValue(order, (event.longitude, event.latitude))
            return
        if event.type in POSTED and order > self.post.order:
            self.post = ReportedValue(order, event.station_id)
        self._hear(Word(order, event.type, event.incident_id))

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude it last said it was at. [°]"""
        return self.at.value  # type: ignore[return-value]

    def _hear(self, word: Word) -> None:
        """
        Keep the last word.

        What was said of the same instant is kept together: a unit cleared from one incident in the second in which it
        is sent to another is at work on the other.
        """
        if self._latest and word.ts_us < self._latest[0].ts_us:
            return
        if not self._latest or word.ts_us > self._latest[0].ts_us:
            self._latest = []
        if word not in self._latest:
            self._latest.append(word)
        if len(self._latest) == 1:
            self.word = word
            return
        ended = {w.incident_id for w in self._latest if w.type in ENDS}
        at_work = [w for w in self._latest if w.type in ASSIGNED and w.incident_id not in ended]
        self.word = max(at_work or self._latest)


class Touched(NamedTuple):
    """What an event changed."""

    unit_id: str | None
    incident_id: str | None


NOTHING = Touched(None, None)


class Board:
    """
    All that is known from the events taken in, whatever their order.

    Parameters
    ----------
    recall
        Gives every event of an incident again, for one that was swept from the board and is spoken of once more. Left
        out: nothing was ever swept, or it is not missed.
    kept_us
        How long an incident stays after the last word of it; None: for ever. [us]
    units
        The department's own units. Others go as incidents do.
    """

    def __init__(
        self,
        *,
        recall: Callable[[str], Iterable[Event]] | None = None,
        kept_us: int | None = KEPT_US,
        units: Iterable[str] = (),
    ) -> None:
        self.latest_us = -1
        self._recall = recall
        self._kept_us = kept_us
        self._own = frozenset(units)
        self._units: dict[str, Unit] = {}
        self._incidents: dict[str, Incident] = {}
        self._open: dict[str, Incident] = {}
        self._closed_us: dict[str, int] = {}
        self._swept_us = -1
        self._swept_any = False

    def take(self, event: Event) -> Touched:
        """Take in one event, and say whom it speaks of."""
        self.latest_us = max(self.latest_us, event.ts_us)
        if event.type == HEARTBEAT:
            return NOTHING
        order = event.order
        unit_id, incident_id = event.unit_id, event.incident_id
        if incident_id is not None:
            incident = self._incident(incident_id)
            incident.take(event, order)
            self._file(incident)
        if event.type[0] == "i":
            unit_id = None  # an incident may name the unit it was made for, which says nothing of the unit
        elif unit_id is not None:
            unit = self._units.get(unit_id)
            if unit is None:
                unit = self._units[unit_id] = Unit(unit_id)
            unit.take(event, order)
        if self._kept_us is not None and self.latest_us - self._swept_us > SWEPT_US:
            self._sweep()
        return Touched(unit_id, incident_id)

    def forgets(self) -> None:
        """Say that the events taken in are not all there are: what is not here may have to be recalled."""
        self._swept_any = True

    def units(self) -> Iterator[Unit]:
        """Everything known of units: the department's own, and others spoken of within the time kept."""
        return (u for u in self._units.values() if self._fresh(u.last_us) or u.unit_id in self._own)

    def unit(self, unit_id: str) -> Unit | None:
        """Give what is known of one unit."""
        found = self._units.get(unit_id)
        return found if found is not None and (self._fresh(found.last_us) or unit_id in self._own) else None

    def incidents(self) -> Iterator[Incident]:
        """Incidents spoken of within the time kept."""
        return (i for i in self._incidents.values() if self._fresh(i.last_us))

    def open_incidents(self) -> list[Incident]:
        """Incidents that are not closed, the oldest first."""
        return sorted(
            (i for i in self._open.values() if self._fresh(i.last_us)),
            key=lambda i: (i.received_us or i.last_us, i.incident_id),
        )

    def closed_since(self, since_us: int, *, most: int) -> list[Incident]:
        """Incidents closed after an instant [us since 1970, UTC], the newest first, and no more than `most`."""
        closed = (
            (-closed_us, incident_id) for incident_id, closed_us in self._closed_us.items() if closed_us > since_us
        )
        newest = [self._incidents[incident_id] for _, incident_id in heapq.nsmallest(most, closed)]
        return [i for i in newest if self._fresh(i.last_us)]

    def incident(self, incident_id: str) -> Incident | None:
        """Give what is known of one incident."""
        found = self._incidents.get(incident_id)
        return found if found is not None and self._fresh(found.last_us) else None

    def _incident(self, incident_id: str) -> Incident:
        found = self._incidents.get(incident_id)
        if found is None:
            found = self._incidents[incident_id] = Incident(incident_id)
            if self._swept_any and self._recall is not None:
                for event in self._recall(incident_id):
                    found.take(event, event.order)
        return found

    def _file(self, incident: Incident) -> None:
        """Keep open and closed incidents apart, so that neither has to be looked for."""
        closed_us = incident.closed_us
        if closed_us is None:
            self._open[incident.incident_id] = incident
            self._closed_us.pop(incident.incident_id, None)
        else:
            self._closed_us[incident.incident_id] = closed_us
            self._open.pop(incident.incident_id, None)

    def _fresh(self, last_us: int) -> bool:
        return self._kept_us is None or last_us >= self.latest_us - self._kept_us

    def _sweep(self) -> None:
        """Let go of what is no longer shown."""
        # Invariant: only what is fresh is shown, so letting go of the rest changes nothing. An incident that is spoken
        # of again is recalled from its events, and is then what it would have been.
        self._swept_us = self.latest_us
        gone = [i.incident_id for i in self._incidents.values() if not self._fresh(i.last_us)]
        for incident_id in gone:
            del self._incidents[incident_id]
            self._open.pop(incident_id, None)
            self._closed_us.pop(incident_id, None)
        self._swept_any |= bool(gone)
        for unit in [u for u in self._units.values() if not self._fresh(u.last_us) and u.unit_id not in self._own]:
            del self._units[unit.unit_id]
