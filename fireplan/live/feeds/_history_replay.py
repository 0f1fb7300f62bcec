"""Dispatch history played as a feed."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from fireplan.live.feeds._feed import MOST_EVENTS, Batch

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from fireplan.live._desk.feed_clock import PlayedClock
    from fireplan.operations._events.event import Event

STEP_S = 0.05
"""How often the clock is looked at. [s]"""


class ReplayedFeed:
    """
    Plays events by a clock of their own.

    Parameters
    ----------
    events
        In order, from before the clock's start on: those before it come at once.
    clock
        Tells which are due. It stops when all have come.
    name
        What the feed is called.
    """

    def __init__(self, events: Sequence[Event], clock: PlayedClock, *, name: str = "replay") -> None:
        self.name = name
        self.trouble: str | None = None
        self._events, self._clock = events, clock
        self._stamps_us = [event.ts_us for event in events]
        self._next = 0

    def resume(self, position: str | None) -> None:
        """Go on from a batch's position; None: from the beginning."""
        self._next = 0 if position is None else min(int(position), len(self._events))
        if 0 < self._next < len(self._events):
            self._clock.set(max(self._clock.now_us(), self._stamps_us[self._next - 1]))

    def batches(self, stop: threading.Event) -> Iterator[Batch]:
        """Give what is due, until `stop` is set or all has come."""
        while not stop.is_set():
            due = bisect_left(self._stamps_us, self._clock.now_us() + 1, lo=self._next)
            while self._next < due and not stop.is_set():
                end = min(due, self._next + MOST_EVENTS)
                batch = Batch(tuple(self._events[self._next : end]), (), str(end))
                self._next = end
                yield batch
            if self._next >= len(self._events):
                self._clock.change(paused=True)
                self.trouble = "the history has been played to its end"
                return
            stop.wait(STEP_S)
