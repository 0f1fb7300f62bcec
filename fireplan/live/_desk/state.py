"""The state as JSON: the picture, its alerts, and the feed's health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.live._desk.day_figures import Today
from fireplan.live._desk.service_alerts import service_alerts
from fireplan.operations import _as_json as showing
from fireplan.operations._advice.alerts import by_gravity
from fireplan.operations._events.event_records import KEPT_US
from fireplan.operations._events.feed_health import FeedHealth
from fireplan.operations._picture import Picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fireplan.live._desk.department import Department
    from fireplan.live._desk.service_alerts import ServiceState
    from fireplan.live._store import Store
    from fireplan.operations._events.event import Event
    from fireplan.operations.live_state import PictureState


class StateMaker:
    """
    Makes states from events.

    Parameters
    ----------
    department
        Whose. Its cover is copied, so that makers do not disturb each other.
    source
        What the feed is called.
    """

    def __init__(self, department: Department, *, source: str) -> None:
        self.department, self.source = department, source
        self._events: Store | None = None
        self._until_us: int | None = None
        self.picture = Picture(
            department.cover(), standard=department.standard, policy=department.policy, recall=self._recall
        )
        self.health = FeedHealth()
        self.acknowledged: dict[str, str] = {}

    def recall_until(self, store: Store, until_us: int | None) -> None:
        """Say where incidents are recalled from, and up to which instant. [us since 1970, UTC]"""
        self._events, self._until_us = store, until_us

    def rebuild(self, events: Iterable[Event], *, now_us: int, whole: bool) -> None:
        """Begin anew; see `Picture.rebuild`."""
        self.health = FeedHealth()
        self.picture.rebuild(self._heard(events, now_us - KEPT_US), now_us=now_us, whole=whole)

    def state(self, now_us: int, service: ServiceState | None = None) -> PictureState:
        """
        Make the state at an instant, which is no earlier than the one before. [us since 1970, UTC]

        Parameters
        ----------
        now_us
            The instant.
        service
            How the store and the feeds are; None: that is not told, as of the past.

        Returns
        -------
        `now`, `units`, `incidents`, `cover`, `advice`, `alerts` and `health`.
        """
        picture, cover = self.picture, self.picture.cover
        scene = picture.scene(now_us)
        strangers = tuple(u.unit_id for u in scene.units if not u.known)
        health = self.health.now(now_us, unknown_units=strangers)
        alerts = picture.alerts(scene, health=health, minutes=self.department.uncovered_minutes)
        if service is not None:
            alerts = by_gravity([*alerts, *service_alerts(service, now_us)])
        standing = {a.key for a in alerts}
        self.acknowledged = {k: who for k, who in self.acknowledged.items() if k in standing}
        return {
            "now": now_us // 1000,
            "units": showing.units_shown(scene, picture),
            "incidents": showing.incidents_shown(scene, picture),
            "cover": showing.cover_shown(scene, cover, self.department.usual),
            "advice": showing.moves_shown(scene.moves, cover),
            "alerts": showing.alerts_shown(alerts, self.acknowledged),
            "health": showing.health_shown(health, source=self.source, feeds=service.feeds if service else ()),
        }

    def today(self) -> Today:
        """Begin the figures of a day."""
        department = self.department
        return Today(
            department.scenario,
            standard=department.standard,
            policy=department.policy,
            timezone=department.timezone,
            counted=frozenset(self.picture.cover.counted()),
        )

    def _heard(self, events: Iterable[Event], since_us: int) -> Iterator[Event]:
        """Let the feed's health hear events; not single older ones, between whose numbers everything is missing."""
        for event in events:
            if event.ts_us >= since_us:
                self.health.hear(event)
            yield event

    def _recall(self, incident_id: str) -> Iterable[Event]:
        if self._events is None:
            return ()
        found = self._events.events(incident_id=incident_id)
        return found if self._until_us is None else (e for e in found if e.ts_us <= self._until_us)
