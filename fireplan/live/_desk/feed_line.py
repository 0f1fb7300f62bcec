"""The line of a feed: when it last said something usable, its rhythm, and what is wrong with it."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan.live._desk.keeper import wall_ms
from fireplan.operations._events.event import HEARTBEAT
from fireplan.operations._events.rhythm import Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal
    from fireplan.operations.live_state import FeedLineState

POSTED = "posted events"
"""What is called a feed that comes over the web."""

REMEMBERED_S = 300.0
"""Rhythms are kept in the store this often. [s]"""


OVER_MS = 5000
"""A feed that was tried again and has not failed for so long is going. [ms]"""

UNUSABLE = 5
"""So many refusals without a usable word among them are no slip of a line: nothing of the feed can be used."""


class FeedLine:
    """
    How one feed is doing. It may be told and asked from any thread.

    Parameters
    ----------
    name
        What the feed is called.
    judged
        Whether its silence is told: that of a history that is played is not.
    """

    def __init__(self, name: str, *, judged: bool = True) -> None:
        self.name = name
        self.events = self.refused = 0
        self._in_vain = 0
        self._judged = judged
        self._lock = threading.Lock()
        self._rhythm = Rhythm()
        self._last_ms: int | None = None
        self._failure: str | None = None
        self._retry_ms: int | None = None
        self._tried_ms = 0
        self._ended = False
        self._of: Callable[[str], Any] = lambda _: None

    @property
    def is_used(self) -> bool:
        """Whether anything ever came by it."""
        return self._last_ms is not None or self.refused > 0

    @staticmethod
    def kept_as(name: str) -> str:
        """Name what a store keeps of a feed's rhythm."""
        return f"rhythm of {name}"

    def recall(self, kept: str | None, rhythm: Rhythm) -> None:
        """Go on with the rhythm that was kept; where none was, with that of all that came."""
        with self._lock:
            self._rhythm = Rhythm.from_text(rhythm.as_text()) or Rhythm()
            if kept is not None:
                try:
                    said = json.loads(kept)
                    self._rhythm = Rhythm.from_text(json.dumps(said["silences"])) or self._rhythm
                    self._last_ms = self._last_ms or int(said["last_ms"])
                except (ValueError, TypeError, KeyError):
                    return

    def as_text(self) -> str:
        """Write down what a store keeps of it."""
        with self._lock:
            return json.dumps({"last_ms": self._last_ms, "silences": json.loads(self._rhythm.as_text())})

    def asks(self, of: Callable[[str], Any]) -> None:
        """Say how to ask the feed for its `trouble`, for what is `lost`, and when it is tried again (`again_us`)."""
        self._of = of

    def hear(self, events: Sequence[Event], refusals: Sequence[Refusal]) -> None:
        """Note what came. What could not be used is no word: a feed of nothing but that is silent."""
        now_ms = wall_ms()
        with self._lock:
            self.events += len(events)
            self.refused += len(refusals)
            self._failure = self._retry_ms = None
            self._ended = False
            self._in_vain = 0 if events else self._in_vain + len(refusals)
            if events:
                self._last_ms = now_ms
                self._rhythm.hear(now_ms * 1000)
                for event in events:
                    if event.type == HEARTBEAT:
                        self._rhythm.beat(event.ts_us)

    def fails(self, why: str, *, again_s: float) -> None:
        """Note that it failed, and when it is tried again."""
        with self._lock:
            self._failure, self._retry_ms = why, wall_ms() + int(again_s * 1000)

    def goes_on(self) -> None:
        """Note that it is tried again; when that goes well for a while, the failure is over."""
        with self._lock:
            self._retry_ms, self._tried_ms = None, wall_ms()

    def ends(self) -> None:
        """Note that it has come to its end."""
        with self._lock:
            self._ended = True

    def shown(self, wall: int) -> FeedLineState:
        """Show it as it is at an instant of the wall clock. [ms since 1970, UTC]"""
        said, lost, again_us = self._of("trouble"), self._of("lost"), self._of("again_us")
        with self._lock:
            if self._retry_ms is None and wall > self._tried_ms + OVER_MS:
                self._failure = None
            in_vain = self._in_vain >= UNUSABLE
            unused = f"none of the last {wording.count(self._in_vain)} that came could be used" if in_vain else None
            trouble = self._failure or said or unused
            last_ms = self._last_ms
            silent = last_ms is not None and self._judged and self._rhythm.too_long(last_ms * 1000, wall * 1000)
            state = "ok"
            for name, holds in (
                ("none", last_ms is None), ("quiet", silent), ("troubled", trouble is not None and last_ms is not None),
                ("troubled", self._failure is not None or in_vain), ("ended", self._ended),
            ):  # fmt: skip
                state = name if holds else state
            return {
                "name": self.name,
                "state": state,
                "last_word": last_ms,
                "usual_s": None if last_ms is None else self._rhythm.usual_s(wall * 1000),
                "trouble": trouble or lost,
                "retry_at": self._retry_ms if again_us is None else again_us // 1000,
                "events": self.events,
                "refused": self.refused,
            }
