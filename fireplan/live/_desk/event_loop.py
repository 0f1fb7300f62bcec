"""
The desk: the one thread in which what is durable becomes part of the picture, then news.

An event is acknowledged after it is committed, never before. Commits are the keeper's, in a thread of its own: while a
database hangs, the desk goes on to say what it knows, and how old that is.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

from fireplan._conversions import DAY_US
from fireplan.errors import FireplanError
from fireplan.live._desk.base_layers import ground_of
from fireplan.live._desk.feed_clock import PlayedClock
from fireplan.live._desk.feed_line import POSTED, REMEMBERED_S, FeedLine
from fireplan.live._desk.interfaces import DeskUpdate, Receipt
from fireplan.live._desk.keeper import HandedIn, Keeper, Stored, wall_ms
from fireplan.live._desk.service_alerts import ServiceState
from fireplan.live._desk.state import StateMaker
from fireplan.live._desk.state_at import Past, day_events, up_to
from fireplan.live._store import Outcome, StoreError
from fireplan.operations._events.feed_check import same_id
from fireplan.operations._events.rhythm import Rhythm
from fireplan.operations._status.hourly import day_start_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fireplan.live._desk.department import Department
    from fireplan.live._desk.feed_clock import FeedClock
    from fireplan.live._store import Store
    from fireplan.operations import live_state
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal

log = logging.getLogger(__name__)

NEW = Outcome.NEW
PUBLISH_S = 0.25
"""News goes out no more often than this. [s]"""

WORK_SHARE = 0.3
"""Working out news takes no more than this share of the desk's time: where it takes long, it is done less often."""

AT_ONCE = 2000
"""Events that become part of the picture before news are worked out again."""

CLOSING_S = 10.0
"""How long what is under way may take when the desk closes. [s]"""

LEARNT_US = 14 * DAY_US
"""The rhythm of what comes is learnt of so long. [us]"""

FOLLOWED = 50
"""Of more events together the cover follows only when news are worked out."""

TICK_S = 1.0
"""Also without events units come home and clocks run out: the picture is looked at this often. [s]"""

DAY_S, PLAYED_DAY_S = 15.0, 3.0
"""The day's figures are worked out anew no more often than this; while a history is played quickly, than that. [s]"""

DAY_SHARE = 0.05
"""Working out the day's figures takes no more than this share of a processor."""

KEYED = {"units": "unit_id", "incidents": "incident_id"}


class Desk:
    """
    Takes events in, keeps the state, and tells what changed.

    Parameters
    ----------
    department
        Whose picture it is.
    store
        Where events are kept; the desk closes it.
    clock
        What the feed's stamps are held against.
    source
        What the feed is called on the page.
    keep_days
        Older events are deleted, once a day; None: none is. [days]
    """

    def __init__(
        self,
        department: Department,
        store: Store,
        *,
        clock: FeedClock,
        source: str,
        keep_days: int | None = None,
    ) -> None:
        self.title = department.title
        self.boot = secrets.token_hex(4)
        self.clock = clock
        self._department, self._store = department, store
        self._inbox: queue.SimpleQueue[Stored | Callable[[], None] | None] = queue.SimpleQueue()
        self._keeper = Keeper(
            store,
            tell=self._inbox.put,
            lost_track=lambda: self._inbox.put(self._put_together),
            clock=clock,
            keep_days=keep_days,
        )
        self._lines: dict[str, FeedLine] = {}
        self._posted = FeedLine(POSTED)
        self._stale = False
        self._remembered_s = time.monotonic()
        self._failed: Exception | None = None
        self._maker = StateMaker(department, source=source)
        self._maker.recall_until(store, None)
        self._past = Past(store, StateMaker(department, source=source))
        self.ground = ground_of(
            self._maker.picture.cover, title=self.title, timezone=department.timezone, replay=self.replay is not None
        )
        self._listeners: tuple[Callable[[DeskUpdate], None], ...] = ()
        self._state: live_state.DeskState | None = None
        self._day: live_state.Day | None = None
        self._today = self._maker.today()
        self._for_today: queue.SimpleQueue[list[Event]] = queue.SimpleQueue()
        self._rev = 0
        self._row = 0
        self._published_s, self._pause_s = 0.0, PUBLISH_S
        self._dirty = True
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
        self._day_thread = threading.Thread(target=self._run_days, name="day", daemon=True)
        self._thread.start()
        self._day_thread.start()

    @property
    def replay(self) -> PlayedClock | None:
        """The clock of the history that is played; None: the feed is live."""
        return self.clock if isinstance(self.clock, PlayedClock) else None

    def wait_ready(self, timeout_s: float | None = None) -> bool:
        """Wait until what was in the store is part of the picture; what kept that from happening is raised."""
        ready = self._ready.wait(timeout_s)
        if self._failed is not None:
            raise self._failed
        return ready

    def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        *,
        position: tuple[str, str] | None = None,
        line: FeedLine | None = None,
    ) -> Future[Receipt]:
        """
        Take events in; the future is done when they are durable, and raises if they are not.

        A feed that has a `line` tells that one itself what came.
        """
        receipt: Future[Receipt] = Future()
        if self._closing.is_set():
            receipt.set_exception(FireplanError("the live service is closing: send it again later"))
        else:
            # A move that an operator orders is no word of a feed.
            fed = [event for event in events if event.type != "unit.moved_up"]
            if line is None and position is None and (fed or refusals):
                self._posted.hear(fed, refusals)
            self._keeper.put(HandedIn(events, refusals, position, receipt))
        return receipt

    def line(self, name: str) -> FeedLine:
        """Give the line of a feed, by which the page tells how that one is doing."""
        if name not in self._lines:
            known = self.position(FeedLine.kept_as(name))
            line = FeedLine(name, judged=self.replay is None)
            line.recall(known, self._maker.health.rhythm)
            self._lines = {**self._lines, name: line}
        return self._lines[name]

    def snapshot(self) -> live_state.DeskState:
        """Give the whole state. It is not modified by anyone."""
        if self._state is None:
            raise FireplanError("the live service has no state yet: ask again in a while")
        return self._state

    def moment(self, at_us: int) -> live_state.DeskState:
        """Give the whole state as it was at an instant. [us since 1970, UTC]"""
        state = self.snapshot()
        past = self._past.moment(at_us)
        return {
            "boot": self.boot,
            "rev": state["rev"],
            "wall": wall_ms(),
            "store": state["store"],
            "upto": state["upto"],
            "range": state["range"],
            **past,
        }

    def subscribe(self, listener: Callable[[DeskUpdate], None]) -> Callable[[], None]:
        """Have every update told, in the desk's own thread, in order; what is returned ends that."""
        self._listeners = (*self._listeners, listener)

        def end() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return end

    def events_between(self, start_us: int | None, end_us: int | None) -> Iterator[Event]:
        """Yield the events of a span, in order of their instants; the end is exclusive; None: open."""
        return self._store.events(start_us=start_us, end_us=end_us)

    def acknowledge(self, key: str, who: str) -> bool:
        """Note that someone has seen an alert; False: there is no such alert now."""
        if self._state is None or not any(alert["key"] == key for alert in self._state["alerts"]):
            return False

        def note() -> None:
            self._maker.acknowledged[key] = who
            self._dirty = True

        self._inbox.put(note)
        return True

    def project_zip(self) -> bytes:
        """Give the project as a zip file, for a notebook."""
        return self._department.as_zip

    def now_us(self) -> int:
        """Tell the feed's time. [us since 1970, UTC]"""
        return self.clock.now_us()

    def position(self, source: str) -> str | None:
        """Say where a feed was left."""
        return self._store.position(source)

    def close(self) -> None:
        """Commit what was handed in, and end."""
        if not self._closing.is_set():
            if self._keeper.is_well():
                self._remember()
            self._closing.set()
            self._keeper.close(CLOSING_S)
            self._inbox.put(None)
        self._thread.join(timeout=CLOSING_S)
        self._day_thread.join(timeout=CLOSING_S)
        self._store.close()

    def _run(self) -> None:
        """Live in the desk's thread."""
        try:
            self._resume()
        except Exception as error:  # noqa: BLE001 - whoever waits for the desk is told
            self._failed = error
            self._ready.set()
            return
        next_s = time.monotonic()
        over = False
        while not over:
            now_s = time.monotonic()
            over = self._heard(max(0.0, next_s - now_s))
            now_s = time.monotonic()
            if now_s >= next_s or (self._dirty and now_s >= self._published_s + self._pause_s):
                self._guarded(self._publish)
                took_s = time.monotonic() - now_s
                self._pause_s = max(PUBLISH_S, took_s / WORK_SHARE)
                next_s = time.monotonic() + max(TICK_S, self._pause_s)
                if time.monotonic() > self._remembered_s + REMEMBERED_S and self._keeper.is_well():
                    self._remember()
            if self._dirty:
                next_s = min(next_s, self._published_s + self._pause_s)

    def _resume(self) -> None:
        """Put the picture together from what the store holds."""
        self._row = self._store.counts()["events"]
        self._put_together()
        self._keeper.start()
        self._guarded(self._publish)
        self._ready.set()

    def _put_together(self) -> None:
        now_us = self.clock.now_us()
        self._stale = False
        span = self._store.span()
        if span is not None:
            latest_us = max(span[1], now_us)
            self._maker.rebuild(up_to(self._store, latest_us), now_us=latest_us, whole=False)
            self._maker.health.rhythm = Rhythm.of(self._store.receipts(span[1] - LEARNT_US))
            self._today = self._maker.today()
            self._today.take(day_events(self._store, latest_us))
        self._posted.recall(self._store.position(FeedLine.kept_as(POSTED)), self._maker.health.rhythm)
        self._range = list(span) if span is not None else None

    def _remember(self) -> None:
        """Keep the rhythm of each feed, so that its silence can be judged also after a restart."""
        self._remembered_s = time.monotonic()
        for line in (*self._lines.values(), self._posted):
            if line.events:
                receipt: Future[Receipt] = Future()
                self._keeper.put(HandedIn((), (), (FeedLine.kept_as(line.name), line.as_text()), receipt))

    def _heard(self, wait_s: float) -> bool:
        """Wait for something to do, and do what there is of it; True: it is over."""
        count = 0
        try:
            found = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
            while found is not None:
                if isinstance(found, Stored):
                    self._take(found)
                    count += len(found.outcomes)
                else:
                    self._guarded(found)
                if count >= AT_ONCE:
                    return False
                found = self._inbox.get_nowait()
        except queue.Empty:
            return False
        return True

    def _take(self, stored: Stored) -> None:
        """Let what is durable become part of the picture, and acknowledge it."""
        part, outcomes = stored.part, [*stored.outcomes, *(NEW for _ in stored.found)]
        events = [*(e for h in part for e in h.events), *stored.found]
        self._row += sum(outcome is NEW for outcome in outcomes)
        at = 0
        for h in part:
            found = outcomes[at : at + len(h.events)]
            at += len(h.events)
            conflicts = tuple(e.event_id for e, o in zip(h.events, found, strict=True) if o is Outcome.CONFLICT)
            h.receipt.set_result(
                Receipt(
                    found.count(NEW),
                    found.count(Outcome.DUPLICATE),
                    len(h.refusals) + len(conflicts),
                    self._row,
                    conflicts,
                )
            )
        now_us = self.clock.now_us()
        health, picture = self._maker.health, self._maker.picture
        several = len(outcomes) > FOLLOWED
        self._for_today.put([e for e, o in zip(events, outcomes, strict=True) if o is NEW])
        for event, outcome in zip(events, outcomes, strict=True):
            if outcome is NEW:
                health.hear(event)
                if several:
                    picture.gather(event)
                else:
                    self._guarded(lambda event=event: self._follow(event, now_us))  # type: ignore[misc]
                self._range = _widened(self._range, event.ts_us)
            elif outcome is Outcome.DUPLICATE:
                health.hear_again(event.received_us)
            else:
                health.refuse(same_id(event, source="feed", line=None))
        for refusal in (r for h in part for r in h.refusals):
            health.refuse(refusal)
        self._dirty = True

    def _follow(self, event: Event, now_us: int) -> None:
        try:
            self._maker.picture.take(event, now_us=now_us)
        except StoreError:
            # What was said of its incident before could not be read: it is put together anew when it can.
            self._stale = True

    def _publish(self) -> None:
        """Work the state out, and tell what is new in it."""
        self._dirty = False
        self._published_s = time.monotonic()
        wall, store = wall_ms(), self._keeper.state()
        if self._stale and store["state"] == "ok":
            self._put_together()
        service = ServiceState(wall, store, self._lines_shown(wall), replay=self.replay is not None)
        picture, rev = self._maker.state(self.clock.now_us(), service), self._rev + 1
        state: live_state.DeskState = {
            "boot": self.boot,
            "rev": rev,
            "live": True,
            "speed": self.clock.speed,
            "paused": self.clock.paused,
            "wall": wall,
            "store": store,
            "upto": self._row,
            "range": None if self._range is None else [us // 1000 for us in self._range],
            "now": picture["now"],
            "units": picture["units"],
            "incidents": picture["incidents"],
            "cover": picture["cover"],
            "advice": picture["advice"],
            "alerts": picture["alerts"],
            "health": picture["health"],
        }
        if self._day is not None:
            state["today"], state["hours"] = self._day["today"], self._day["hours"]
        news = _changes(self._state, state)
        self._state, self._rev = state, rev
        for listener in self._listeners:
            listener(DeskUpdate(rev, news))

    def _lines_shown(self, wall: int) -> list[live_state.FeedLineState]:
        """Show each feed; what is posted is one of them where anything was, or where nothing else feeds the desk."""
        lines = list(self._lines.values())
        if not lines or self._posted.is_used:
            lines.append(self._posted)
        return [line.shown(wall) for line in lines]

    def _run_days(self) -> None:
        """Live in a thread of its own: the day's figures take longer than news may wait."""
        self._ready.wait()
        pause_s = 0.5
        while not self._closing.wait(pause_s):
            began_s = time.monotonic()
            self._guarded(self._measure_day)
            least_s = DAY_S if self.clock.speed <= 1 else PLAYED_DAY_S
            pause_s = max(least_s, (time.monotonic() - began_s) / DAY_SHARE)

    def _measure_day(self) -> None:
        """Take in what came since, and measure the day anew if anything did, or if a new day began."""
        now_us = self.clock.now_us()
        came = False
        while not self._for_today.empty():
            self._today.take(self._for_today.get())
            came = True
        if (
            came
            or self._day is None
            or day_start_us(now_us, self._department.timezone) != self._day["today"]["start"] * 1000
        ):
            self._day = self._today.shown(now_us)
            self._dirty = True

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something that must not end the desk: a picture that fails is logged, and drawn anew at the next word."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - see above
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = "" if place is None else f"{place.tb_frame.f_code.co_name}, line {place.tb_lineno}"
            log.error("the picture failed: %s in %s", type(error).__name__, where)  # noqa: TRY400 - may hold data


def _changes(state_before: live_state.DeskState | None, state_after: live_state.DeskState) -> live_state.Update:
    """Say what is new: units and incidents that changed, which of these are gone, and other parts whole."""
    # The parts are gone through by name: what they are called is held by the tests, not by the type checker.
    before, after = cast("dict[str, Any]", state_before or {}), cast("dict[str, Any]", state_after)
    news: dict[str, Any] = {key: after[key] for key in ("rev", "now", "wall", "speed", "paused", "upto")}
    gone: list[str] = []
    for part, key in KEYED.items():
        old = {entry[key]: entry for entry in before.get(part, ())}
        changed = [entry for entry in after[part] if old.get(entry[key]) != entry]
        if changed:
            news[part] = changed
        gone += sorted(old.keys() - {entry[key] for entry in after[part]})
    if gone:
        news["gone"] = gone
    for part in ("cover", "advice", "alerts", "today", "hours", "health", "store", "range"):
        if part in after and after[part] != before.get(part):
            news[part] = after[part]
    if "cover" in news and "cover" in before:
        same = {k for k in ("zones", "first") if before["cover"][k] == after["cover"][k]}
        news["cover"] = {k: v for k, v in after["cover"].items() if k not in same}
    return cast("live_state.Update", news)


def _widened(span: list[int] | None, at_us: int) -> list[int]:
    return [at_us, at_us] if span is None else [min(span[0], at_us), max(span[1], at_us)]
