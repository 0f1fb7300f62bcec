"""The whole picture at one instant, kept as events come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan.operations._advice.alerts import Alert, alerts_of
from fireplan.operations._advice.move_up import Move, best_moves
from fireplan.operations._events.event import SECOND_US
from fireplan.operations._events.event_records import Board
from fireplan.operations._status.incident_clocks import Clocks, Force, IncidentClock
from fireplan.operations._status.uncovered_since import LostGround
from fireplan.operations._status.unit_routes import Way, Ways
from fireplan.operations._status.unit_status import Roster, UnitNow
from fireplan.operations._status.zone_finder import ZoneFinder
from fireplan.response_performance import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from fireplan.operations._events.event import Event
    from fireplan.operations._events.event_records import Incident
    from fireplan.operations._events.feed_health import Health
    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.standards import Objective, Standard
    from fireplan.travel import Spot

SOON_S = (300.0, 600.0)
"""How far ahead returning units are looked at. [s]"""

CLOSED_US = 3 * 3600 * SECOND_US
MOST_CLOSED = 100
"""Closed incidents are shown for so long, and the newest so many of them. [us]"""

STEPPED_US = 2 * 3600 * SECOND_US
"""Of a picture that is built anew, this much is gone through step by step, to know since when ground is lost. [us]"""


@dataclass(frozen=True, eq=False)
class Scene:
    """
    What there is at one instant.

    Attributes
    ----------
    now_us
        The instant. [us since 1970, UTC]
    units
        How every unit stands.
    incidents
        Open ones by when they were received, then the newest that were closed in the last three hours.
    clocks
        By incident.
    forces
        By incident, of those that are open.
    codes
        What each zone is now; see `CoverNow.codes`.
    home, within
        Zones reached in time when all are at home, and now.
    soon
        Seconds ahead, and the zones that will be reached then, when returning units have come home.
    home_force, within_force
        The same for the force; None: the standard asks for none.
    moves
        Advice.
    version
        Changes when what is covered does.
    """

    now_us: int
    units: tuple[UnitNow, ...]
    incidents: tuple[Incident, ...]
    clocks: dict[str, list[IncidentClock]]
    forces: dict[str, Force | None]
    codes: NDArray[np.uint8]
    within: NDArray[np.bool_]
    soon: tuple[tuple[float, NDArray[np.bool_]], ...]
    within_force: NDArray[np.bool_] | None
    moves: tuple[Move, ...]
    version: int


class Picture:
    """
    Events taken in, and what they come to.

    Parameters
    ----------
    cover
        The department's cover; it is this picture's own from here on.
    standard, policy
        What incidents are held to; see `Clocks`.
    recall
        See `Board`.
    """

    def __init__(
        self,
        cover: CoverNow,
        *,
        standard: Standard,
        policy: Policy | None = None,
        recall: Callable[[str], Iterable[Event]] | None = None,
    ) -> None:
        self.cover = cover
        self.roster = Roster(cover)
        self._asked = {o.key: cover.asked_by(o) for o in standard.objectives if o.where}
        self.clocks = Clocks(standard, policy=policy or Policy(), units=cover.scenario.units, on_ground=self._on_ground)
        self._recall = recall
        self._ways = Ways(cover)
        self._zones = ZoneFinder(cover.scenario.zones)
        self.reset()

    def reset(self) -> None:
        """Forget every event."""
        self.board = Board(recall=self._recall, units=self.roster.home_of)
        self._left: dict[str, Spot] = {}
        self.lost = LostGround(len(self.cover.zones.ids))
        self._moves: tuple[tuple[int, int], tuple[Move, ...]] = ((-1, -1), ())
        for unit_id in self.roster.home_of:
            self.cover.put(unit_id, self.cover.home(unit_id))

    def gather(self, event: Event) -> None:
        """Take in one event, and leave the cover to follow when the next scene is asked for."""
        self.board.take(event)

    def take(self, event: Event, *, now_us: int) -> None:
        """Take in one event, and follow it with the cover."""
        touched = self.board.take(event)
        if touched.unit_id is not None:
            self._follow_crew(touched.unit_id, now_us)
        if event.type == "incident.closed" and touched.incident_id is not None:
            incident = self.board.incident(touched.incident_id)
            for unit_id in () if incident is None else incident.responses:
                self._follow_crew(unit_id, now_us)

    def rebuild(self, events: Iterable[Event], *, now_us: int, whole: bool = True) -> None:
        """
        Begin anew from events in order of their instants.

        Parameters
        ----------
        events
            All up to the instant, or at least those of the last day.
        now_us
            The instant. [us since 1970, UTC]
        whole
            These are all events there ever were.
        """
        self.reset()
        if not whole:
            self.board.forgets()
        for event in events:
            step = event.ts_us > now_us - STEPPED_US
            if step:
                self._stand(event.ts_us)
                self.lost.note(self.cover.codes(), event.ts_us)
                self.take(event, now_us=event.ts_us)
            else:
                self.board.take(event)
        self._stand(now_us)
        self.lost.note(self.cover.codes(), now_us)

    def scene(self, now_us: int) -> Scene:
        """Say what there is at an instant, which is no earlier than the one before."""
        units = self._stand(now_us)
        running = self.board.open_incidents()
        incidents = [*running, *self.board.closed_since(now_us - CLOSED_US, most=MOST_CLOSED)]
        cover = self.cover
        codes = cover.codes()
        self.lost.note(codes, now_us)
        return Scene(
            now_us,
            tuple(units),
            tuple(incidents),
            {i.incident_id: self.clocks.on(i, now_us=now_us) for i in incidents},
            {i.incident_id: self.clocks.force(i, now_us=now_us) for i in running},
            codes,
            cover.within(),
            tuple((ahead_s, self._soon(units, now_us, ahead_s)) for ahead_s in SOON_S),
            cover.within_force(),
            self._advice(units, now_us),
            cover.version,
        )

    def alerts(self, scene: Scene, *, health: Health, minutes: float) -> list[Alert]:
        """Gather what has to be told; see `alerts_of`."""
        running = {i.incident_id: i for i in scene.incidents if i.closed_us is None}
        return alerts_of(
            self.cover,
            uncovered=self.lost.longer_than(self.cover, minutes=minutes, now_us=scene.now_us),
            running={k: (i, scene.clocks[k], scene.forces[k]) for k, i in running.items()},
            health=health,
            minutes=minutes,
        )

    def zone_of(self, at: tuple[float, float] | None) -> int | None:
        """Row of the zone that a longitude and latitude [°] lies in; None: in none."""
        return None if at is None else self._zones.at(at)

    def _on_ground(self, objective: Objective, incident: Incident) -> bool:
        """Whether an incident lies in a zone that an objective speaks of."""
        zone = self.zone_of(incident.at)
        return zone is not None and bool(self._asked[objective.key][zone])

    def _stand(self, now_us: int) -> list[UnitNow]:
        """Let every unit stand as it does at an instant."""
        units = self.roster.all_now(self.board, now_us)
        for unit in units:
            self._follow(unit)
        return units

    def way(self, unit: UnitNow) -> Way | None:
        """Give the way that a unit is on; None: it is not on the road, or its way is not known."""
        if unit.status == "returning" and unit.standing is not None and unit.post is not None:
            start, home = unit.standing.spot, self.cover.at(unit.post)
            return self._ways.way(unit, start, home.spot) if start and home and home.spot else None
        if unit.status != "enroute" or unit.incident_id is None or unit.at is not None:
            return None
        incident = self.board.incident(unit.incident_id)
        left = self._left.get(unit.unit_id)
        end = None if incident is None or incident.at is None else self.roster.spot(incident.at)
        return self._ways.way(unit, left, end) if left is not None and end is not None else None

    def _follow_crew(self, unit_id: str, now_us: int) -> None:
        """Let a unit stand as it does, and those that its crew leaves behind or comes back to."""
        for unit in self.roster.crew_of(unit_id):
            self._follow(self.roster.now(self.board, unit, now_us))

    def _follow(self, unit: UnitNow) -> None:
        """Let a unit stand as it does; of one that leaves it is kept from where."""
        stood = self.cover.standing(unit.unit_id)
        if stood is not None and unit.standing is None and stood.spot is not None:
            self._left[unit.unit_id] = stood.spot
        self.cover.put(unit.unit_id, unit.standing)

    def _soon(self, units: list[UnitNow], now_us: int, ahead_s: float) -> NDArray[np.bool_]:
        """Zones reached when those on their way back have come home."""
        by_us = now_us + int(ahead_s * SECOND_US)
        home = [
            (u.unit_id, self.cover.at(u.post))
            for u in units
            if u.status == "returning" and u.post is not None and u.home_by_us is not None and u.home_by_us <= by_us
        ]
        return self.cover.within_if(home) if home else self.cover.within()

    def _advice(self, units: list[UnitNow], now_us: int) -> tuple[Move, ...]:
        """Look for moves anew when the cover has changed, and once a minute, as units come nearer home."""
        key = (self.cover.version, now_us // (60 * SECOND_US))
        if self._moves[0] != key:
            self._moves = (key, tuple(best_moves(self.cover, units, now_us=now_us)))
        return self._moves[1]
