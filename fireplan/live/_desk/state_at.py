"""A moment of the past, put together again from the store."""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING

from fireplan.live._desk.day_figures import REACHING_BACK_US
from fireplan.operations._events.event_records import KEPT_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.live._desk.state import StateMaker
    from fireplan.live._store import Store
    from fireplan.operations._events.event import Event
    from fireplan.operations.live_state import Moment


class Past:
    """
    Shows moments of the past, one at a time.

    What is shown is what the stamps say was so then, also of events that came later.

    Parameters
    ----------
    store
        Where the events are.
    maker
        Makes the state from events; this one's own.
    """

    def __init__(self, store: Store, maker: StateMaker) -> None:
        self._store, self._maker = store, maker
        self._lock = threading.Lock()

    def moment(self, at_us: int) -> Moment:
        """Give the whole state as it was at an instant. [us since 1970, UTC]"""
        with self._lock:
            self._maker.recall_until(self._store, at_us)
            self._maker.rebuild(up_to(self._store, at_us), now_us=at_us, whole=False)
            state = self._maker.state(at_us)
            today = self._maker.today()
            today.take(day_events(self._store, at_us))
        return {**state, **today.shown(at_us), "live": False, "speed": 0.0, "paused": True}


def up_to(store: Store, at_us: int) -> Iterator[Event]:
    """Events of the day before an instant, and of each unit the last word before that, in order."""
    since_us = at_us - KEPT_US
    older = sorted(store.last_of_units(since_us), key=lambda e: e.order)
    return heapq.merge(older, store.events(start_us=since_us, end_us=at_us + 1), key=lambda e: e.ts_us)


def day_events(store: Store, now_us: int) -> Iterator[Event]:
    """Events that the figures of a day are made from."""
    return store.events(start_us=now_us - REACHING_BACK_US, end_us=now_us + 1)
