"""
The desk: the one thread in which events become durable, then part of the picture, then news.

An event is acknowledged after it is committed, never before. What was handed in while a commit was under way is
committed together with the next.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from fireplan._conversions import DAY_US
from fireplan.errors import FireplanError
from fireplan.live._desk.base_layers import ground_of
from fireplan.live._desk.feed_clock import PlayedClock
from fireplan.live._desk.interfaces import DeskUpdate, Receipt
from fireplan.live._desk.state import StateMaker
from fireplan.live._desk.state_at import Past, day_events, up_to
from fireplan.live._store import Outcome
from fireplan.operations._events.feed_check import same_id
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
AT_ONCE = 2000
"""Events committed together at the most."""

PUBLISH_S = 0.25
"""News goes out no more often than this. [s]"""

WORK_SHARE = 0.3
"""Working out news takes no more than this share of the desk's time: where it takes long, it is done less often."""

FOLLOWED = 50
"""Of more events together the cover follows only when news are worked out."""

TICK_S = 1.0
"""Also without events units come home and clocks run out: the picture is looked at this often. [s]"""

DAY_S, PLAYED_DAY_S = 15.0, 3.0
"""The day's figures are worked out anew no more often than this; while a history is played quickly, than that. [s]"""

DAY_SHARE = 0.05
"""Working out the day's figures takes no more than this share of a processor."""

KEYED = {"units": "unit_id", "incidents": "incident_id"}


class _Handed(NamedTuple):
    events: Sequence[Event]
    refusals: Sequence[Refusal]
    position: tuple[str, str] | None
    receipt: Future[Receipt]


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
        self._keep_days, self._kept_until_us = keep_days, 0
        self._maker = StateMaker(department, source=source)
        self._maker.recall_until(store, None)
        self._past = Past(store, StateMaker(department, source=source))
        self.ground = ground_of(
            self._maker.picture.cover, title=self.title, timezone=department.timezone, replay=self.replay is not None
        )
        self._inbox: queue.SimpleQueue[_Handed | Callable[[], None] | None] = queue.SimpleQueue()
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
        """Wait until what was in the store is part of the picture."""
        return self._ready.wait(timeout_s)

    def submit(
        self, events: Sequence[Event], refusals: Sequence[Refusal] = (), *, position: tuple[str, str] | None = None
    ) -> Future[Receipt]:
        """Take events in; the future is done when they are durable, and raises if they are not."""
        receipt: Future[Receipt] = Future()
        if self._closing.is_set():
            receipt.set_exception(FireplanError("the live service is closing: send it again later"))
        else:
            self._inbox.put(_Handed(events, refusals, position, receipt))
        return receipt

    def snapshot(self) -> live_state.DeskState:
        """Give the whole state. It is not modified by anyone."""
        if self._state is None:
            raise FireplanError("the live service has no state yet: ask again in a while")
        return self._state

    def moment(self, at_us: int) -> live_state.DeskState:
        """Give the whole state as it was at an instant. [us since 1970, UTC]"""
        state = self.snapshot()
        past = self._past.moment(at_us)
        return {"boot": self.boot, "rev": state["rev"], "upto": state["upto"], "range": state["range"], **past}

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
            self._closing.set()
            self._inbox.put(None)
        self._thread.join(timeout=10)
        self._day_thread.join(timeout=10)
        self._store.close()

    def _run(self) -> None:
        """Live in the desk's thread."""
        self._resume()
        next_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            handed, over = self._gathered(max(0.0, next_s - now_s))
            if handed:
                self._commit(handed)
            now_s = time.monotonic()
            if now_s >= next_s or (self._dirty and now_s >= self._published_s + self._pause_s):
                self._guarded(self._publish)
                took_s = time.monotonic() - now_s
                self._pause_s = max(PUBLISH_S, took_s / WORK_SHARE)
                next_s = time.monotonic() + max(TICK_S, self._pause_s)
            if self._dirty:
                next_s = min(next_s, self._published_s + self._pause_s)
            if over and not handed:
                return

    def _resume(self) -> None:
        """Put the picture together from what the store holds."""
        now_us = self.clock.now_us()
        span = self._store.span()
        self._row = self._store.counts()["events"]
        if span is not None:
            latest_us = max(span[1], now_us)
            self._maker.rebuild(up_to(self._store, latest_us), now_us=latest_us, whole=False)
            self._today.take(day_events(self._store, latest_us))
        self._range = list(span) if span is not None else None
        self._guarded(self._publish)
        self._ready.set()

    def _gathered(self, wait_s: float) -> tuple[list[_Handed], bool]:
        """Wait for something to do, and take what there is of it."""
        handed: list[_Handed] = []
        count, over = 0, False
        try:
            found = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
            while True:
                if found is None:
                    over = True
                elif isinstance(found, _Handed):
                    handed.append(found)
                    count += len(found.events)
                else:
                    self._guarded(found)
                if count >= AT_ONCE:
                    break
                found = self._inbox.get_nowait()
        except queue.Empty:
            pass
        if over:
            self._inbox.put(None)  # it is found again when all before it is done
        return handed, over

    def _commit(self, handed: list[_Handed]) -> None:
        """Make durable what was handed in, together where no feed's position goes with it."""
        together = [h for h in handed if h.position is None]
        parts = [[h] for h in handed if h.position is not None]
        for part in [together, *parts] if together else parts:
            events = [e for h in part for e in h.events]
            refusals = [r for h in part for r in h.refusals]
            try:
                outcomes = self._store.append(events, refusals, position=part[0].position)
            except Exception as error:  # noqa: BLE001 - whoever handed it in is told, and the desk goes on
                log.error("the store took nothing (%s)", type(error).__name__)  # noqa: TRY400 - a traceback may hold data
                for h in part:
                    h.receipt.set_exception(error)
                continue
            self._take(part, outcomes)

    def _take(self, part: list[_Handed], outcomes: list[Outcome]) -> None:
        """Let what is durable become part of the picture, and acknowledge it."""
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
        self._for_today.put([e for e, o in zip((e for h in part for e in h.events), outcomes, strict=True) if o is NEW])
        for event, outcome in zip((e for h in part for e in h.events), outcomes, strict=True):
            if outcome is NEW:
                health.hear(event)
                if several:
                    picture.gather(event)
                else:
                    self._guarded(lambda event=event: picture.take(event, now_us=now_us))  # type: ignore[misc]
                self._range = _widened(self._range, event.ts_us)
            elif outcome is Outcome.DUPLICATE:
                health.hear_again(event.received_us)
            else:
                health.refuse(same_id(event, source="feed", line=None))
        for refusal in (r for h in part for r in h.refusals):
            health.refuse(refusal)
        self._dirty = True

    def _publish(self) -> None:
        """Work the state out, and tell what is new in it."""
        self._dirty = False
        self._published_s = time.monotonic()
        picture, rev = self._maker.state(self.clock.now_us()), self._rev + 1
        state: live_state.DeskState = {
            "boot": self.boot,
            "rev": rev,
            "live": True,
            "speed": self.clock.speed,
            "paused": self.clock.paused,
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
        self._forget()

    def _forget(self) -> None:
        """Delete what is older than it is to be kept, once a day."""
        now_us = self.clock.now_us()
        if self._keep_days is None or now_us < self._kept_until_us + DAY_US:
            return
        self._kept_until_us = now_us
        self._store.forget(now_us - self._keep_days * DAY_US)

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
    news: dict[str, Any] = {key: after[key] for key in ("rev", "now", "speed", "paused", "upto")}
    gone: list[str] = []
    for part, key in KEYED.items():
        old = {entry[key]: entry for entry in before.get(part, ())}
        changed = [entry for entry in after[part] if old.get(entry[key]) != entry]
        if changed:
            news[part] = changed
        gone += sorted(old.keys() - {entry[key] for entry in after[part]})
    if gone:
        news["gone"] = gone
    for part in ("cover", "advice", "alerts", "today", "hours", "health", "range"):
        if part in after and after[part] != before.get(part):
            news[part] = after[part]
    if "cover" in news and "cover" in before:
        same = {k for k in ("zones", "first") if before["cover"][k] == after["cover"][k]}
        news["cover"] = {k: v for k, v in after["cover"].items() if k not in same}
    return cast("live_state.Update", news)


def _widened(span: list[int] | None, at_us: int) -> list[int]:
    return [at_us, at_us] if span is None else [min(span[0], at_us), max(span[1], at_us)]
