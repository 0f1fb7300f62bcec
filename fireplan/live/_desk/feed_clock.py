"""What time it is for a feed: the wall clock's, or that of a history that is played."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from fireplan.errors import InputError

SLOWEST, FASTEST = 0.1, 3600.0


class FeedClock(Protocol):
    """A clock that a feed's stamps are held against."""

    speed: float
    paused: bool

    def now_us(self) -> int:
        """Tell the time. [us since 1970, UTC]"""


class WallClock:
    """The time of day."""

    speed = 1.0
    paused = False

    def now_us(self) -> int:
        """Tell the time. [us since 1970, UTC]"""
        return time.time_ns() // 1000


class PlayedClock:
    """
    The time in a history that is played faster or slower, or stands still.

    Parameters
    ----------
    start_us
        Where it begins. [us since 1970, UTC]
    speed
        Seconds of history for each second.
    """

    def __init__(self, start_us: int, *, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._from_us = start_us
        self._since_ns = time.monotonic_ns()
        self.paused = False
        self.speed = _checked(speed)

    def now_us(self) -> int:
        """Tell the time. [us since 1970, UTC]"""
        with self._lock:
            return self._now_us()

    def change(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Go faster or slower, stop or go on, from this moment."""
        wanted = self.speed if speed is None else _checked(speed)
        with self._lock:
            self._from_us = self._now_us()
            self._since_ns = time.monotonic_ns()
            self.speed = wanted
            self.paused = self.paused if paused is None else paused

    def set(self, at_us: int) -> None:
        """Go on from another instant."""
        with self._lock:
            self._from_us, self._since_ns = at_us, time.monotonic_ns()

    def _now_us(self) -> int:
        if self.paused:
            return self._from_us
        return self._from_us + int((time.monotonic_ns() - self._since_ns) / 1000 * self.speed)


def _checked(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise InputError(f"speed is {speed:g}: give seconds of history for each second, {SLOWEST:g} to {FASTEST:g}")
    return float(speed)
