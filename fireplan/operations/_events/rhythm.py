"""
The rhythm of a feed: how long it is silent by hour of the day, and which silence is too long.

Silences between words are counted in classes, by the hour of the day (UTC) in which they began; of each hour about the
last 2,000 weigh. Words less than a second apart are one.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

from fireplan._conversions import HOUR_US
from fireplan.operations._events.event import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable

EDGES_S = tuple(2 ** (k / 2) for k in range(37))
"""Upper ends of the classes of silences: a second to three days, each half as long again. [s]"""

FEWEST = 50
"""So many silences are needed to speak of a rhythm: of the hour and its neighbours, else of the whole day."""

MOST = 2000
USUAL, LONGEST = 0.5, 0.99
TIMES_LONGEST, SHORTEST_S = 2.0, 300.0
"""A silence is too long from twice the longest of a hundred on, but not under five minutes. [s]"""

UNKNOWN_S = 7200.0
"""While no rhythm is known, a silence is too long from this on: a small town sleeps at night. [s]"""

MISSED_BEATS, SHORTEST_BEATS_S = 5, 120.0
"""A feed with heartbeats is silent when so many are missing, and at least so long [s]."""

FEWEST_BEATS = 3
HOURS = 24


class Rhythm:
    """How long a feed is silent, by hour of the day."""

    def __init__(self) -> None:
        self._counts = [[0] * len(EDGES_S) for _ in range(HOURS)]
        self._last_us: int | None = None
        self._beats_us: deque[int] = deque(maxlen=21)

    @classmethod
    def of(cls, heard_us: Iterable[int]) -> Rhythm:
        """Learn from when words came. [us since 1970, UTC]"""
        made = cls()
        for at_us in heard_us:
            made.hear(at_us)
        return made

    def hear(self, at_us: int) -> None:
        """Note a word, by when it came. [us since 1970, UTC]"""
        last_us = self._last_us
        self._last_us = at_us if last_us is None else max(at_us, last_us)
        if last_us is None or at_us - last_us < SECOND_US:
            return
        hour = self._counts[_hour(last_us)]
        hour[min(bisect_left(EDGES_S, (at_us - last_us) / SECOND_US), len(EDGES_S) - 1)] += 1
        if sum(hour) > MOST:
            hour[:] = [n // 2 for n in hour]

    def beat(self, at_us: int) -> None:
        """Note a heartbeat, by its stamp. [us since 1970, UTC]"""
        self._beats_us.append(at_us)

    def usual_s(self, at_us: int) -> float | None:
        """Give the middle one of the silences of that hour of the day; None: too few are known. [s]"""
        return self._quantile(at_us, USUAL)

    def too_long(self, last_us: int, now_us: int) -> bool:
        """
        Tell whether it is too long since the last word.

        A silence that reaches into busier hours is judged by each of them, from its beginning on.

        Parameters
        ----------
        last_us, now_us
            Of the last word, and now. [us since 1970, UTC]
        """
        silent_s = (now_us - last_us) / SECOND_US
        if len(self._beats_us) >= FEWEST_BEATS:
            steps_us = sorted(b - a for a, b in pairwise(sorted(self._beats_us)))
            return silent_s > max(SHORTEST_BEATS_S, MISSED_BEATS * steps_us[len(steps_us) // 2] / SECOND_US)
        hours = range(last_us // HOUR_US + 1, now_us // HOUR_US + 1)
        begins_us = [last_us, *(hour * HOUR_US for hour in hours[:HOURS])]
        return any((now_us - begin_us) / SECOND_US > self._longest_s(begin_us) for begin_us in begins_us)

    def as_text(self) -> str:
        """Write it down."""
        return json.dumps(self._counts, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Rhythm | None:
        """Read what `as_text` wrote; None: it is something else."""
        made = cls()
        try:
            counts = json.loads(text)
            if [len(hour) for hour in counts] != [len(EDGES_S)] * HOURS:
                return None
            made._counts = [[int(n) for n in hour] for hour in counts]
        except (ValueError, TypeError):
            return None
        return made

    def _longest_s(self, at_us: int) -> float:
        longest_s = self._quantile(at_us, LONGEST)
        return UNKNOWN_S if longest_s is None else max(SHORTEST_S, TIMES_LONGEST * longest_s)

    def _quantile(self, at_us: int, share: float) -> float | None:
        hour = _hour(at_us)
        near = [sum(n) for n in zip(*(self._counts[(hour + step) % HOURS] for step in (-1, 0, 1)), strict=True)]
        if sum(near) < FEWEST:
            near = [sum(n) for n in zip(*self._counts, strict=True)]
        if sum(near) < FEWEST:
            return None
        left = share * sum(near)
        for n, edge_s in zip(near, EDGES_S, strict=True):
            left -= n
            if left <= 0:
                return edge_s
        return EDGES_S[-1]


def _hour(at_us: int) -> int:
    return at_us // HOUR_US % HOURS
