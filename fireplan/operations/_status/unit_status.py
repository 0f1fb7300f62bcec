"""Units as they stand at an instant: what each is doing, whether it is free, and from where it would go."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.errors import InputError, listed
from fireplan.operations._events.event import SECOND_US
from fireplan.operations._status.live_cover import Standing
from fireplan.stations._schedules import DAY_MIN, is_always, minutes_on
from fireplan.stations._shared_crews import mates

if TYPE_CHECKING:
    from fireplan.operations._events.event_records import Board, Incident, Unit, Word
    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.travel import Spot

AT_WORK = {
    "unit.dispatched": "dispatched",
    "unit.enroute": "enroute",
    "unit.staged": "staged",
    "unit.arrived": "on_scene",
    "unit.transporting": "transporting",
    "unit.at_hospital": "at_hospital",
}
STATUSES = {
    "in_quarters": "In quarters",
    "returning": "Free, on the way back",
    "available": "Free, on the road",
    "moved_up": "Free, at another station",
    "dispatched": "Dispatched",
    "enroute": "En route",
    "staged": "Staged",
    "on_scene": "On scene",
    "transporting": "Transporting",
    "at_hospital": "At hospital",
    "out_of_service": "Out of service",
    "unknown": "Not known",
}
"""What a unit can be doing, and what a reader calls it."""

FREE = ("in_quarters", "returning", "available", "moved_up")
LonLat = tuple[float, float]

STRANGER = "not in the project"
OFF_DUTY = "off duty by its schedule"
CREW_OUT = "its crew is out with"
LONG_SILENT_US = 12 * 3600 * SECOND_US
"""A unit at work of which nothing was said for this long is pointed out. [us]"""

SPOTS_KEPT = 4096
"""Places put on the road that are kept."""

USUAL_RETURN_S = 900.0
"""A unit that is free at a place not known is taken to be home after this. [s]"""


@dataclass(frozen=True, slots=True)
class UnitNow:
    """
    One unit at an instant.

    Attributes
    ----------
    unit_id
        Which.
    status
        A key of `STATUSES`.
    known
        It is one of the department's own.
    since_us
        Since when; None: nothing was heard of it. [us since 1970, UTC]
    incident_id
        Where it is at work.
    at
        Longitude and latitude, where known. [°]
    post
        Station it is at, or on its way to.
    home_by_us
        When it is taken to be there. [us since 1970, UTC]
    standing
        From where it would go; None: it is not free, or not the department's.
    flags
        What should be looked at.
    """

    unit_id: str
    status: str
    _: KW_ONLY
    known: bool = True
    since_us: int | None = None
    incident_id: str | None = None
    at: LonLat | None = None
    post: str | None = None
    home_by_us: int | None = None
    standing: Standing | None = None
    flags: tuple[str, ...] = ()

    @property
    def free(self) -> bool:
        """It can be sent."""
        return self.known and self.status in FREE


class Stand(NamedTuple):
    """Where a unit is, as far as is known."""

    at: LonLat | None
    spot: Spot | None


class Roster:
    """
    Says how the department's units stand.

    Parameters
    ----------
    cover
        For the units, their homes, and the way back.

    Raises
    ------
    InputError
        If units work by a schedule, and the scenario names no time zone by whose clock that would be.
    """

    def __init__(self, cover: CoverNow) -> None:
        self._cover = cover
        units, stations = cover.scenario.units, cover.scenario.stations
        self.home_of = {str(u): str(s) for u, s in units["station_id"].items()}
        points = stations.geometry.to_crs(4326)
        self.station_at = {str(s): (float(p.x), float(p.y)) for s, p in points.items()}
        self._spots: dict[LonLat, Spot | None] = {}
        self._mates = mates(units)
        self._on = {str(u): minutes_on(s) for u, s in units["schedule"].items() if not is_always(s)}
        self._timezone = cover.scenario.timezone
        if self._on and not self._timezone:
            raise InputError(
                f"{listed(self._on)} work by a schedule, and the scenario names no time zone: give it one, such as"
                " timezone='America/Los_Angeles'"
            )

    def all_now(self, board: Board, now_us: int) -> list[UnitNow]:
        """Say how every unit stands: the department's own in their order, then others that were spoken of."""
        strangers = sorted(u.unit_id for u in board.units() if u.unit_id not in self.home_of)
        return [self.now(board, unit_id, now_us) for unit_id in [*self.home_of, *strangers]]

    def now(self, board: Board, unit_id: str, now_us: int) -> UnitNow:
        """
        Say how one unit stands at an instant.

        A unit that was cleared or called off is on its way back until the drive to its post is over, unless it says
        that it is there; then it is taken to be in quarters. One that is free outside the hours of its schedule is off
        duty; one that is at work then still is. One in quarters whose crew took out another unit, or stands by with it
        elsewhere, is out of service until that is back.
        """
        found = self._heard(board, unit_id, now_us)
        if found.status == "in_quarters" and (other := self._crew_with(board, unit_id, now_us)) is not None:
            flags = (*found.flags, f"{CREW_OUT} {other}")
            return replace(found, status="out_of_service", standing=None, flags=flags)
        if not found.free or self._on_duty(unit_id, now_us):
            return found
        return replace(found, status="out_of_service", standing=None, flags=(*found.flags, OFF_DUTY))

    def crew_of(self, unit_id: str) -> tuple[str, ...]:
        """Name a unit and those that share its crew, all of which change when it goes."""
        return unit_id, *self._mates.get(unit_id, ())

    def _crew_with(self, board: Board, unit_id: str, now_us: int) -> str | None:
        """Give the unit that the crew of one in quarters is out with; None: the crew is there."""
        for mate in self._mates.get(unit_id, ()):
            if self._heard(board, mate, now_us).status not in {"in_quarters", "out_of_service", "unknown"}:
                return mate
        return None

    def _on_duty(self, unit_id: str, now_us: int) -> bool:
        minutes = self._on.get(unit_id)
        if minutes is None:
            return True
        local = pd.Timestamp(now_us, unit="us", tz="UTC").tz_convert(self._timezone)
        return bool(minutes[local.day_of_week * DAY_MIN + local.hour * 60 + local.minute])

    def _heard(self, board: Board, unit_id: str, now_us: int) -> UnitNow:
        """What its last word says of a unit, whatever the hour."""
        unit = board.unit(unit_id)
        known = unit_id in self.home_of
        if unit is None or unit.word is None:
            return self._unheard(unit_id, unit, known=known)
        word = unit.word
        incident = board.incident(word.incident_id) if word.incident_id is not None else None
        if word.type in AT_WORK:
            ended_us = _closed_after(incident, word)
            if ended_us is None:
                return self._at_work(unit, word, incident, now_us, known=known)
            stand = self._stand(unit, incident, at_work=True)
            flags = ("cleared with its incident, not by itself",)
            return self._free(unit, ended_us, stand, now_us, known=known, flags=flags)
        if word.type == "unit.out_of_service":
            return UnitNow(unit_id, "out_of_service", known=known, since_us=word.ts_us)
        if word.type in {"unit.in_quarters", "unit.in_service"}:
            return self._in_quarters(unit_id, self._post(unit), since_us=word.ts_us, known=known)
        arrived = incident is not None and _arrived(incident, unit_id)
        stand = self._stand(unit, incident, at_work=arrived)
        return self._free(unit, word.ts_us, stand, now_us, known=known, flags=())

    def _unheard(self, unit_id: str, unit: Unit | None, *, known: bool) -> UnitNow:
        if known:
            flags = ("nothing heard of it yet",)
            return self._in_quarters(unit_id, self.home_of[unit_id], since_us=None, known=True, flags=flags)
        at, since_us = (None, None) if unit is None else (unit.place, unit.last_us)
        return UnitNow(unit_id, "unknown", known=False, since_us=since_us, at=at, flags=(STRANGER,))

    def _in_quarters(
        self, unit_id: str, post: str | None, *, since_us: int | None, known: bool, flags: tuple[str, ...] = ()
    ) -> UnitNow:
        if not known:
            return UnitNow(unit_id, "in_quarters", known=False, since_us=since_us, flags=(STRANGER, *flags))
        return UnitNow(
            unit_id,
            "in_quarters" if post == self.home_of[unit_id] else "moved_up",
            since_us=since_us,
            at=self.station_at.get(post or ""),
            post=post,
            home_by_us=since_us,
            standing=self._cover.at(post) if post is not None else None,
            flags=flags,
        )

    def _at_work(self, unit: Unit, word: Word, incident: Incident | None, now_us: int, *, known: bool) -> UnitNow:
        flags = [] if known else [STRANGER]
        response = None if incident is None else incident.responses.get(unit.unit_id)
        if response is not None and response.arrived_us is not None and response.dispatched_us is None:
            flags.append("arrived without dispatch: no such transition")
        if now_us - unit.last_us > LONG_SILENT_US:
            flags.append("nothing heard of it for over 12 hours")
        status = AT_WORK[word.type]
        there = status in {"on_scene", "staged"} and incident is not None
        at = self._last_place(unit, incident.at if there and incident is not None else None, word)
        if at is None and status == "dispatched":
            at = self.station_at.get(self._post(unit) or "")
        return UnitNow(
            unit.unit_id,
            status,
            known=known,
            since_us=word.ts_us,
            incident_id=word.incident_id,
            at=at,
            flags=tuple(flags),
        )

    def _free(
        self, unit: Unit, since_us: int, stand: Stand, now_us: int, *, known: bool, flags: tuple[str, ...]
    ) -> UnitNow:
        """A unit that can be sent, on its way to its post."""
        if not known:
            flags = (STRANGER, *flags)
            return UnitNow(unit.unit_id, "available", known=False, since_us=since_us, at=stand.at, flags=flags)
        post = self._post(unit)
        drive_s = self._drive_s(post, stand.spot)
        if drive_s is None:
            drive_s, flags = USUAL_RETURN_S, (*flags, "on the way back from a place not known")
        home_by_us = since_us + int(drive_s * SECOND_US)
        if now_us >= home_by_us:
            return self._in_quarters(unit.unit_id, post, since_us=home_by_us, known=True, flags=flags)
        return UnitNow(
            unit.unit_id,
            "returning",
            since_us=since_us,
            at=stand.at,
            post=post,
            home_by_us=home_by_us,
            standing=Standing(stand.spot, at_station=False),
            flags=flags,
        )

    def _stand(self, unit: Unit, incident: Incident | None, *, at_work: bool) -> Stand:
        """Where a unit was when it became free: where it said, at its incident, or still at home."""
        at = self._last_place(unit, incident.at if incident is not None and at_work else None, unit.word)
        if at is None and not at_work and unit.unit_id in self.home_of:
            moved_up = unit.word is not None and unit.word.type == "unit.moved_up"
            at = self.station_at.get((self.home_of[unit.unit_id] if moved_up else self._post(unit)) or "")
        if at is None:
            return Stand(None, None)
        return Stand(at, self.spot(at))

    def spot(self, at: LonLat) -> Spot | None:
        """Put a place on the road; None: it is off the road."""
        if at not in self._spots:
            if len(self._spots) >= SPOTS_KEPT:
                self._spots.clear()
            self._spots[at] = self._cover.passing.spot(at)
        return self._spots[at]

    @staticmethod
    def _last_place(unit: Unit, otherwise: LonLat | None, word: Word | None) -> LonLat | None:
        """Where the unit itself last said it was, unless that is older than the word that says otherwise."""
        newer = word is not None and unit.at.order[0] >= word.ts_us
        return unit.place if unit.place is not None and (otherwise is None or newer) else otherwise

    def _post(self, unit: Unit) -> str | None:
        """Station a unit is to stand by at."""
        said = unit.post.value
        home = self.home_of.get(unit.unit_id)
        return str(said) if said is not None and str(said) in self.station_at else home

    def _drive_s(self, post: str | None, spot: Spot | None) -> float | None:
        if post is None or spot is None or self._cover.at(post) is None:
            return None
        drive_s = self._cover.passing.time_to(post, spot)
        return drive_s if np.isfinite(drive_s) else None


def _closed_after(incident: Incident | None, word: Word) -> int | None:
    """When an incident was closed after a unit's last word from it; None: it was not."""
    closed_us = None if incident is None else incident.closed_us
    return closed_us if closed_us is not None and closed_us >= word.ts_us else None


def _arrived(incident: Incident, unit_id: str) -> bool:
    response = incident.responses.get(unit_id)
    return response is not None and response.arrived_us is not None
