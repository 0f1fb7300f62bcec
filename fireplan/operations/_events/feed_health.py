"""How the feed itself is doing: lag, silence, gaps, skew, duplicates, and what could not be used."""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.errors import listed
from fireplan.operations._events.event import HEARTBEAT, SECOND_US
from fireplan.operations._events.rhythm import Rhythm

if TYPE_CHECKING:
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal

WINDOW = 2000
"""Events that lag, skew and lateness are taken from."""

NUMBERED = 10_000
"""Numbered events in which gaps are looked for."""

LATE_S = 60.0
"""An event older by this than the newest before it came late. [s]"""

SKEWED_S = 30.0
"""A feed whose stamps are ahead of the clock by this is skewed. [s]"""

WEIGHED = 1000
"""What came last, of which the share is told that was set aside."""

LATELY_S = 3600.0
"""What was set aside longer ago than this calls for no alert. [s]"""

LAGGING_S = 60.0
FEWEST_BACK = 4
"""A number that falls by fewer than this is out of order; by more, and by half, the feed began anew."""

REFUSALS_SHOWN = 20
MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Health:
    """
    The state of a feed at an instant.

    Attributes
    ----------
    state
        "ok", "quiet", "late", "skewed" or "gaps": the gravest that holds; "none": nothing has come yet.
    last_event_us, last_received_us
        Newest stamp, and newest receipt. [us since 1970, UTC]
    silent_s
        Since the last receipt. [s]
    per_minute
        Events in the last ten minutes of the feed, a minute.
    lag_s, lag_p95_s
        From stamp to receipt: median and 95th percentile (inverted_cdf) of the last `WINDOW` events, not below 0. [s]
    skew_s
        How far the feed's clock is ahead of ours; 0: not to be told from lag. [s]
    gaps
        Numbers that are missing, as first and last of each gap.
    resets
        How often the feed began to number anew.
    duplicates, refused, late, events
        Counts since the start.
    refused_share, weighed
        Share that was set aside of the last `WEIGHED` that came, and of how many that is; None: of none.
    refused_lately, refused_since_us
        How many of these were set aside in the last hour, and when the first of them. [us since 1970, UTC]
    refused_example
        The newest of the commonest reason.
    notes
        What is wrong, in sentences.
    """

    state: str
    last_event_us: int | None
    last_received_us: int | None
    silent_s: float
    per_minute: float
    lag_s: float
    lag_p95_s: float
    skew_s: float
    gaps: tuple[tuple[int, int], ...]
    resets: int
    duplicates: int
    refused: int
    late: int
    events: int
    unknown_units: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    refused_share: float | None
    weighed: int
    refused_lately: int
    refused_since_us: int | None
    refused_example: Refusal | None
    notes: tuple[str, ...]


class FeedHealth:
    """Watches a feed; memory is bounded however long it runs."""

    def __init__(self) -> None:
        self.events = self.duplicates = self.refused = self.late = 0
        self.last_event_us: int | None = None
        self.last_received_us: int | None = None
        self._lags_us: deque[int] = deque(maxlen=WINDOW)
        self._stamps_us: deque[int] = deque(maxlen=WINDOW)
        self._numbered: list[tuple[int, int]] = []
        self.rhythm = Rhythm()
        self._weighed: deque[int | None] = deque(maxlen=WEIGHED)
        self._refusals: deque[Refusal] = deque(maxlen=REFUSALS_SHOWN)

    def hear(self, event: Event) -> None:
        """Note a new event."""
        self.events += 1
        if self.last_event_us is not None and self.last_event_us - event.ts_us > LATE_S * SECOND_US:
            self.late += 1
        self.last_event_us = max(event.ts_us, self.last_event_us or 0)
        self.last_received_us = max(event.received_us, self.last_received_us or 0)
        self._lags_us.append(event.received_us - event.ts_us)
        self._stamps_us.append(event.ts_us)
        if event.type == HEARTBEAT:
            self.rhythm.beat(event.ts_us)
        self.rhythm.hear(event.received_us)
        self._weighed.append(None)
        if event.seq is not None:
            insort(self._numbered, (event.ts_us, event.seq))
            if len(self._numbered) > NUMBERED:
                del self._numbered[: NUMBERED // 10]

    def hear_again(self, received_us: int) -> None:
        """Note an event that had come before."""
        self.duplicates += 1
        self.rhythm.hear(received_us)
        self.last_received_us = max(received_us, self.last_received_us or 0)

    def refuse(self, refusal: Refusal) -> None:
        """Note what could not be used. It is no word of the feed: one that says nothing else is silent."""
        self.refused += 1
        self._weighed.append(refusal.received_us)
        self._refusals.append(refusal)

    def now(self, now_us: int, *, unknown_units: tuple[str, ...] = ()) -> Health:
        """
        Say how the feed is doing.

        Parameters
        ----------
        now_us
            The clock that receives. [us since 1970, UTC]
        unknown_units
            Units that it spoke of and nobody knows.
        """
        gaps, resets = self._gaps()
        lags_us = sorted(self._lags_us)
        # Nothing is received before it happens: what is stamped ahead of its receipt tells how far the clock is ahead.
        ahead_s = -lags_us[0] / SECOND_US if lags_us else 0.0
        skew_s = ahead_s if ahead_s > SKEWED_S else 0.0
        silent_s = 0.0 if self.last_received_us is None else max(0.0, (now_us - self.last_received_us) / SECOND_US)
        quiet = self.last_received_us is not None and self.rhythm.too_long(self.last_received_us, now_us)
        lag_s, lag_p95_s = _lag(lags_us, 0.5), _lag(lags_us, 0.95)
        state = "ok"
        for name, holds in (
            ("late", lag_s > LAGGING_S), ("gaps", bool(gaps)), ("skewed", skew_s > 0),
            ("quiet", quiet), ("none", self.last_received_us is None),
        ):  # fmt: skip
            state = name if holds else state
        return Health(
            state, self.last_event_us, self.last_received_us, silent_s, self._per_minute(), lag_s, lag_p95_s, skew_s,
            gaps[:MOST_GAPS], resets, self.duplicates, self.refused, self.late, self.events, unknown_units,
            tuple(reversed(self._refusals)), *self._set_aside(now_us),
            tuple(self._notes(gaps, resets, skew_s, silent_s if quiet else 0.0, unknown_units)),
        )  # fmt: skip

    def _set_aside(self, now_us: int) -> tuple[float | None, int, int, int | None, Refusal | None]:
        """Weigh what was set aside: its share, of how many, how many of it lately and since when, and an example."""
        times = [at for at in self._weighed if at is not None]
        lately = [at for at in times if at > now_us - LATELY_S * SECOND_US]
        share = len(times) / len(self._weighed) if self._weighed else None
        codes = [refusal.code for refusal in self._refusals]
        commonest = max(codes, key=codes.count, default=None)
        example = next((r for r in reversed(self._refusals) if r.code == commonest), None)
        return share, len(self._weighed), len(lately), min(lately, default=None), example

    def _per_minute(self) -> float:
        if not self._stamps_us:
            return 0.0
        since_us = (self.last_event_us or 0) - 600 * SECOND_US
        return sum(s > since_us for s in self._stamps_us) / 10

    def _gaps(self) -> tuple[tuple[tuple[int, int], ...], int]:
        """Numbers missing between those that came, each run of numbers by itself."""
        runs: list[list[int]] = []
        for _, seq in self._numbered:
            if not runs or _began_anew(runs[-1], seq):
                runs.append([])
            insort(runs[-1], seq)
        gaps = [(before + 1, after - 1) for run in runs for before, after in pairwise(run) if after - before > 1]
        return tuple(gaps), max(0, len(runs) - 1)

    def _notes(
        self,
        gaps: tuple[tuple[int, int], ...],
        resets: int,
        skew_s: float,
        silent_s: float,
        unknown_units: tuple[str, ...],
    ) -> list[str]:
        notes = []
        if self.last_received_us is None:
            notes.append(f"nothing {'that can be used ' if self.refused else ''}has come yet")
        elif silent_s:
            notes.append(f"nothing has come for {wording.roughly(silent_s)}: is the feed up?")
        if skew_s:
            notes.append(f"clock skew: the feed's stamps are {wording.roughly(skew_s)} ahead of this machine's clock")
        if gaps:
            missing = listed((str(a) if a == b else f"{a} to {b}" for a, b in gaps), most=5)
            notes.append(f"feed gap: seq {missing} missing; what they said is not known")
        if resets:
            notes.append(f"seq began anew {wording.counted(resets, 'time')}: another epoch, nothing dropped")
        if self.late:
            notes.append(
                f"late: {wording.counted(self.late, 'event')} came more than {wording.roughly(LATE_S)} after a newer"
                " one"
            )
        if self.duplicates:
            notes.append(f"duplicate: {wording.counted(self.duplicates, 'event')} came again and changed nothing")
        if self.refused:
            notes.append(f"set aside: {wording.count(self.refused)} lines or events that could not be used")
        if unknown_units:
            notes.append(f"units that nobody knows: {listed(unknown_units, most=5)}")
        return notes


def _began_anew(run: list[int], seq: int) -> bool:
    highest = run[-1]
    return highest - seq >= FEWEST_BACK and seq <= highest // 2


def _lag(lags_us: list[int], share: float) -> float:
    """Percentile of the lag by the inverted distribution, not below 0. [s]"""
    if not lags_us:
        return 0.0
    place = max(0, -int(-share * len(lags_us) // 1) - 1)
    return max(0.0, lags_us[min(place, len(lags_us) - 1)] / SECOND_US)
