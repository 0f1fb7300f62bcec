"""
The keeper: the one thread in which what comes in becomes durable, so that the desk never waits for a database.

What was handed in while a commit was under way is committed together with the next, in the order in which it came. Also
without events something is committed every few seconds: so it is known that the store takes what it is given.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from fireplan._conversions import DAY_US
from fireplan.errors import FireplanError
from fireplan.live._desk.retention import forgetting_before_us, logged_deletion
from fireplan.live._store import Outcome, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from fireplan.live._desk.feed_clock import FeedClock
    from fireplan.live._desk.interfaces import Receipt
    from fireplan.live._store import Store
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal
    from fireplan.operations.live_state import StoreState

log = logging.getLogger(__name__)

AT_ONCE = 2000
"""Events committed together at the most."""

SIGN_S = 3.0
"""A sign of life is committed this often, also without events. [s]"""

REFUSED_S = 15.0
"""While events were refused so lately a sign of life does not prove that a store of these is well again. [s]"""

UNPROVEN = frozenset({"full", "corrupt"})
"""A sign of life needs less room than an event, and may touch none of what is spoilt."""

SLOW_S, HUNG_S = 2.0, 9.0
"""A commit that takes longer is told as slow, and as one that will not end. [s]"""

GATHERED_S = 0.001
"""While many hand in at once, so long is waited for the others: they are committed together. [s]"""

MOST_UNSURE = 100_000
"""Ids remembered of which it is not known whether they were stored."""

UNSURE_S = 60.0
"""So long after a store is well again these are looked for: a server may end late what it was asked. [s]"""

SAID = {
    "slow": "a commit has been under way for some seconds: see what the store's disk or database does",
    "hung": "the store does not answer: see that its disk or its database works. Nothing is acknowledged meanwhile",
}


class HandedIn(NamedTuple):
    """What was handed in together, and its receipt."""

    events: Sequence[Event]
    refusals: Sequence[Refusal]
    position: tuple[str, str] | None
    receipt: Future[Receipt]


class Stored(NamedTuple):
    """What became durable together; without a part, what an earlier commit had stored after all."""

    part: list[HandedIn]
    outcomes: list[Outcome]
    found: list[Event]


class Keeper:
    """
    Commits what is handed in, and knows how the store is.

    Parameters
    ----------
    store
        Where events are kept.
    tell
        Called in the keeper's own thread with what became durable. Receipts of what did not are settled here.
    lost_track
        Called when so much is unsure that the picture has to be put together from the store.
    clock, keep_days
        By which older events are deleted, once a day; None: none is. [days]
    """

    def __init__(
        self,
        store: Store,
        *,
        tell: Callable[[Stored], None],
        lost_track: Callable[[], None],
        clock: FeedClock,
        keep_days: int | None,
    ) -> None:
        self._store, self._tell, self._lost_track = store, tell, lost_track
        self._clock, self._keep_days = clock, keep_days
        self._inbox: queue.SimpleQueue[HandedIn | None] = queue.SimpleQueue()
        self._unsure: dict[str, None] = {}
        self._well_s: float | None = None
        self._signed_s = 0.0
        self._several = False
        self._lock = threading.Lock()
        self._began: tuple[float, int] | None = None
        self._trouble: tuple[str, int, str] | None = None
        self._last_ms: int | None = None
        self._refused_s = -REFUSED_S
        self._kept_until_us, self._forgetting_us = 0, 0
        self._forgot = 0
        self._oldest: tuple[int, int] | None = None
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, handed: HandedIn) -> None:
        """Have something committed, behind all before it."""
        self._inbox.put(handed)

    def close(self, timeout_s: float) -> None:
        """Commit what was handed in, and end; what cannot be committed in time is refused."""
        self._inbox.put(None)
        self._thread.join(timeout=timeout_s)

    def state(self) -> StoreState:
        """Say how the store is; it waits for nothing."""
        with self._lock:
            began, trouble, last_ms = self._began, self._trouble, self._last_ms
        under_way_s = 0.0 if began is None else time.monotonic() - began[0]
        if trouble is None and began is not None and under_way_s > SLOW_S:
            trouble = (
                ("unreachable", began[1], SAID["hung"]) if under_way_s > HUNG_S else ("slow", began[1], SAID["slow"])
            )
        if trouble is None:
            return {"state": "ok", "since": None, "last_commit": last_ms, "said": ""}
        return {"state": trouble[0], "since": trouble[1], "last_commit": last_ms, "said": trouble[2]}

    def is_well(self) -> bool:
        """Tell whether the last that was tried came to its end, and nothing has been under way for long."""
        return self.state()["state"] == "ok"

    def _run(self) -> None:
        over = False
        while not over:
            handed, over = self._gathered()
            if handed:
                self._commit(handed)
            if not over and time.monotonic() > self._signed_s + SIGN_S:
                self._signed_s = time.monotonic()
                self._attempt(lambda: self._store.sign(wall_ms()), is_sign=True)
                self._look_for_unsure()
            if not over:
                self._forget()
        self._refuse_rest()

    def _gathered(self) -> tuple[list[HandedIn], bool]:
        """Wait for something to commit, no longer than till the next sign of life, and take what there is."""
        handed: list[HandedIn] = []
        count = 0
        try:
            due_s = max(0.01, self._signed_s + SIGN_S - time.monotonic())
            found = self._inbox.get(timeout=0.01 if self._forgetting_us else due_s)
            if found is not None and self._several:
                time.sleep(GATHERED_S)
            while found is not None:
                handed.append(found)
                count += len(found.events)
                if count >= AT_ONCE:
                    return handed, False
                found = self._inbox.get_nowait()
        except queue.Empty:
            self._several = len(handed) > 1
            return handed, False
        return handed, True

    def _commit(self, handed: list[HandedIn]) -> None:
        """Make durable what was handed in, together where no feed's position goes with it."""
        together = [h for h in handed if h.position is None]
        parts = [[h] for h in handed if h.position is not None]
        away: StoreError | None = None
        for part in [together, *parts] if together else parts:
            events = [e for h in part for e in h.events]
            refusals = [r for h in part for r in h.refusals]
            outcomes: list[Outcome] = []
            # A store that has just not answered is not asked again for each feed: each would wait as long.
            error = away or self._attempt(
                lambda: outcomes.extend(self._store.append(events, refusals, position=part[0].position))  # noqa: B023 - called at once
            )
            if error is None:
                for event, outcome in zip(events, outcomes, strict=True):
                    if outcome is Outcome.NEW:
                        self._unsure.pop(event.event_id, None)
                self._tell(Stored(part, outcomes, []))
                continue
            if away is None:
                self._unsure.update(dict.fromkeys(e.event_id for e in events))
                away = error if isinstance(error, StoreError) and error.kind else None
            for h in part:
                h.receipt.set_exception(error)
        self._look_for_unsure()

    def _attempt(self, work: Callable[[], None], *, is_sign: bool = False) -> Exception | None:
        """Do something with the store, and note how it went."""
        began_ms = wall_ms()
        with self._lock:
            self._began = (time.monotonic(), began_ms)
        kind, said = "", ""
        error: Exception | None = None
        try:
            work()
        except StoreError as refused:
            kind, said, error = refused.kind, str(refused), refused
            if not kind:
                log.error("the store took nothing (%s)", type(refused).__name__)  # noqa: TRY400 - may hold data
        except Exception as failed:  # noqa: BLE001 - whoever handed it in is told, and the keeper goes on
            log.error("the store took nothing (%s)", type(failed).__name__)  # noqa: TRY400 - a traceback may hold data
            error = failed
        with self._lock:
            before, self._began = self._trouble, None
            if kind and not is_sign:
                self._refused_s = time.monotonic()
            if error is None and not is_sign:
                self._refused_s = -REFUSED_S
            lately = time.monotonic() - self._refused_s < REFUSED_S
            proves_nothing = is_sign and lately and before is not None and before[0] in UNPROVEN
            if error is None and not proves_nothing:
                self._trouble, self._last_ms = None, wall_ms()
            elif kind:
                since_ms = before[1] if before is not None and before[0] == kind else began_ms
                self._trouble = (kind, since_ms, said)
            after = self._trouble
        if after is not None and (before is None or before[0] != after[0]):
            log.error("the store is in trouble (%s): %s", after[0], after[2])
        elif before is not None and after is None:
            log.warning("the store takes what it is given again")
            self._well_s = time.monotonic()
        return error

    def _look_for_unsure(self) -> None:
        """Find what was stored though nobody was told so: a connection can be lost after the commit."""
        if not self._unsure or self._trouble is not None:
            return
        if self._well_s is None:
            self._well_s = time.monotonic()
        try:
            if len(self._unsure) > MOST_UNSURE:
                self._unsure.clear()
                self._lost_track()
                return
            found = self._store.stored(list(self._unsure))
        except StoreError:
            return
        for event in found:
            self._unsure.pop(event.event_id, None)
        if found:
            self._tell(Stored([], [], sorted(found, key=lambda e: e.order)))
        if time.monotonic() - self._well_s > UNSURE_S:
            self._unsure.clear()

    def _forget(self) -> None:
        """Delete what is older than it is to be kept, once a day, some of it at a time."""
        now_us = self._clock.now_us()
        if self._keep_days is None or self._trouble is not None:
            return
        try:
            if not self._forgetting_us and now_us >= self._kept_until_us + DAY_US:
                self._kept_until_us = now_us
                before_us = forgetting_before_us(self._store, now_us, self._keep_days)
                self._forgetting_us, self._forgot = before_us or 0, 0
                self._oldest = self._store.span()
            if self._forgetting_us:
                n = self._store.forget_some(self._forgetting_us)
                self._forgot += n
                if not n:
                    self._store.wipe_log()
                    logged_deletion(self._forgot, self._oldest, self._forgetting_us)
                    self._forgetting_us = 0
        except StoreError as error:
            self._forgetting_us = 0
            log.error("nothing more was deleted: %s", error)  # noqa: TRY400 - a traceback may hold data

    def _refuse_rest(self) -> None:
        """Settle what came while the keeper ended."""
        while True:
            try:
                found = self._inbox.get_nowait()
            except queue.Empty:
                return
            if found is not None:
                found.receipt.set_exception(FireplanError("the live service is closing: send it again later"))


def wall_ms() -> int:
    """Tell the wall clock. [ms since 1970, UTC]"""
    return time.time_ns() // 1_000_000
