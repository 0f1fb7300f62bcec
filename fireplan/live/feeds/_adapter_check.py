"""A check that any feed adapter must pass."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fireplan.errors import FireplanError, listed, quoted
from fireplan.live.feeds._feed import MOST_EVENTS, Batch, Feed
from fireplan.operations._events.event import as_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Make = Callable[[], Feed]
    Write = Callable[[Sequence[Mapping[str, Any]]], None]
    Tear = Callable[[Mapping[str, Any]], Callable[[], None]]

MANY = 3 * MOST_EVENTS + 7
"""Events that are more than one batch, and no whole number of them."""

ENDS_WITHIN_S = 2.0
"""How soon after `stop` an adapter must have ended. [s]"""

FIRST_US = 1_700_000_000_000_000
HOSTILE = ("4e492", "O'Brien & <b>Söhne</b>", '"; DROP TABLE events; --', "{{191*7}} ${191*7}", "\U0001f692 №5")
"""Texts that a careless adapter would change."""


class FeedFault(FireplanError, AssertionError):  # noqa: N818 - named as what it tells of
    """A feed adapter does not keep what `Feed` promises."""


def check_feed(make: Make, write: Write, *, tear: Tear | None = None, patience_s: float = 10.0) -> None:
    r"""
    Try whether an adapter keeps what `Feed` promises.

    What is written comes out, once, in order, unchanged; what cannot be used comes out as a refusal and stops nothing;
    from every position an adapter made anew goes on exactly there; it ends soon after it is told to, idle or busy.

    Parameters
    ----------
    make
        Makes the adapter anew, on the same source, as after a restart.
    write
        Appends events, as dictionaries, to that source. At first the source is empty.
    tear
        Appends the first half of one event, and returns what appends the second. If left out, the source cannot hold
        half an event.
    patience_s
        How long an event may take from `write` to its batch. [s]

    Raises
    ------
    FeedFault
        At the first promise that is not kept, with what was seen.

    Examples
    --------
    An adapter for a file of JSON lines:

    >>> import json, pathlib, tempfile
    >>> from fireplan.live.feeds import TailedFile, check_feed
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "feed.jsonl"
    >>> def write(events):
    ...     with path.open("a") as file:
    ...         file.writelines(json.dumps(event) + "\n" for event in events)
    >>> check_feed(lambda: TailedFile(path), write)
    """
    check = _Check(make, write, patience_s)
    check.names()
    check.ends_when_idle()
    check.gives_what_is_written()
    check.sets_aside()
    check.goes_on_from_everywhere()
    check.ends_when_busy()
    check.gives_what_comes_meanwhile()
    if tear is not None:
        check.waits_for_the_rest(tear)


class _Check:
    def __init__(self, make: Make, write: Write, patience_s: float) -> None:
        self.make, self.write, self.patience_s = make, write, patience_s
        self.n = 0
        self.seen: list[tuple[str, str | None]] = []
        """Ids in the order of the source, each with the position after its batch if it is the last of it."""

    def said(self, n: int) -> list[dict[str, Any]]:
        """Think of events, each different."""
        numbers = range(self.n, self.n + n)
        self.n += n
        return [
            {
                "event_id": f"check-{i:05d}",
                "seq": i,
                "ts": as_stamp(FIRST_US + i * 1_000_000),
                "type": "incident.created",
                "incident_id": f"00{i}",
                "latitude": 39.95,
                "longitude": -75.161 + i / 1e6,
                "call_type": "1E1",
                "priority": "007",
                "address": HOSTILE[i % len(HOSTILE)],
            }
            for i in numbers
        ]

    def last(self) -> str | None:
        """The position after all that was seen."""
        return self.seen[-1][1] if self.seen else None

    def names(self) -> None:
        """A name is a text, and the same after a restart."""
        first, second = self.make().name, self.make().name
        _see(isinstance(first, str) and bool(first.strip()), f"its name is {quoted(first)}: give it a text")
        _see(
            first == second, f"made anew it is called {quoted(second)}, not {quoted(first)}: its position would be lost"
        )

    def ends_when_idle(self) -> None:
        """From a source without news nothing comes, and it can be stopped."""
        with self.reading(self.last()) as batches:
            time.sleep(0.3)
            _see(not batches, f"it gives {len(batches)} batches though nothing was written")

    def gives_what_is_written(self) -> None:
        """Everything comes, once, in order, unchanged."""
        self.write(events := self.said(MANY))
        self.hand_in(self.read(self.last(), len(events)), events)

    def sets_aside(self) -> None:
        """What cannot be used comes as a refusal, and the rest beside it."""
        events = self.said(5)
        broken = {**events[2], "ts": "2024-03-05T19:00:20"}
        self.write([*events[:2], broken, *events[3:]])
        batches = self.read(self.last(), 4)
        refusals = [refusal for batch in batches for refusal in batch.refusals]
        _see(len(refusals) == 1, f"of one event without an offset it makes {len(refusals)} refusals")
        name = self.make().name
        _see(
            refusals[0].source == name, f"its refusal names {quoted(refusals[0].source)} as source, not {quoted(name)}"
        )
        _see(refusals[0].event_id == broken["event_id"], "its refusal does not name the event")
        self.hand_in(batches, [*events[:2], *events[3:]])

    def goes_on_from_everywhere(self) -> None:
        """From each position exactly the rest comes."""
        for place, (event_id, position) in enumerate(self.seen):
            if position is None:
                continue
            rest = [known for known, _ in self.seen[place + 1 :]]
            found = _ids(self.read(position, len(rest)))
            _see(found == rest, f"gone on behind {event_id}, it gives {_said(found)} instead of {_said(rest)}")
        everything = [known for known, _ in self.seen]
        found = _ids(self.read(None, len(everything)))
        _see(found == everything, f"from the beginning, it gives {_said(found)} instead of {_said(everything)}")

    def ends_when_busy(self) -> None:
        """Stopped in the midst, it ends, and what it had not given comes from the next."""
        self.write(events := self.said(MANY))
        with self.reading(self.last(), most=1) as batches:
            self.await_n(batches, 1)
        _see(len(batches) == 1, f"it gives {len(batches) - 1} more batches after it was stopped")
        position = batches[0].position
        self.hand_in([*batches, *self.read(position, len(events) - len(batches[0].events))], events)

    def gives_what_comes_meanwhile(self) -> None:
        """What is written while it reads comes in time."""
        events = self.said(6)
        with self.reading(self.last()) as batches:
            for event in events:
                self.write([event])
                time.sleep(0.05)
            self.await_n(batches, len(events))
        self.hand_in(batches, events)

    def waits_for_the_rest(self, tear: Tear) -> None:
        """Half an event is neither used nor refused."""
        events = self.said(2)
        with self.reading(self.last()) as batches:
            finish = tear(events[0])
            time.sleep(0.4)
            _see(not batches, "it does not wait for the second half of an event")
            finish()
            self.write(events[1:])
            self.await_n(batches, 2)
        self.hand_in(batches, events)

    def hand_in(self, batches: Sequence[Batch], events: Sequence[Mapping[str, Any]]) -> None:
        """Hold what came to what was written, and note the positions."""
        found, wanted = _ids(batches), [event["event_id"] for event in events]
        _see(found == wanted, f"it gives {_said(found)} instead of {_said(wanted)}")
        by_id = {event["event_id"]: event for event in events}
        for batch in batches:
            n = len(batch.events) + len(batch.refusals)
            _see(0 < n <= MOST_EVENTS, f"a batch holds {n} events: from 1 to {MOST_EVENTS} are allowed")
            _see(batch.position is None or isinstance(batch.position, str), "a position is no text")
            for event in batch.events:
                for name in ("incident_id", "latitude", "longitude", "call_type", "priority", "address", "seq"):
                    wanted_value, value = by_id[event.event_id][name], getattr(event, name)
                    _see(value == wanted_value, f"{name} {quoted(wanted_value)} came out as {quoted(value)}")
                _see(as_stamp(event.ts_us) == by_id[event.event_id]["ts"], f"ts of {event.event_id} came out changed")
            ids = [event.event_id for event in batch.events]
            self.seen += [(event_id, batch.position if event_id == ids[-1] else None) for event_id in ids]

    def read(self, position: str | None, n: int) -> list[Batch]:
        """Read from a position until there are so many events, and a moment more."""
        with self.reading(position) as batches:
            self.await_n(batches, n)
        return batches

    def await_n(self, batches: list[Batch], n: int) -> None:
        """Wait until so many events have come, and a moment for what should not."""
        end_s = time.monotonic() + self.patience_s
        while sum(len(batch.events) for batch in list(batches)) < n and time.monotonic() < end_s:
            time.sleep(0.01)
        time.sleep(0.15)

    @contextmanager
    def reading(self, position: str | None, *, most: int | None = None) -> Iterator[list[Batch]]:
        """Read in another thread, told to stop after `most` batches or at the end; see that it does."""
        feed, stop = self.make(), threading.Event()
        batches: list[Batch] = []
        faults: list[Exception] = []

        def run() -> None:
            try:
                feed.resume(position)
                for batch in feed.batches(stop):
                    batches.append(batch)
                    if len(batches) == most:
                        stop.set()
            except Exception as error:  # noqa: BLE001 - told below, in the thread that asks
                faults.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield batches
        finally:
            stop.set()
            thread.join(ENDS_WITHIN_S)
        if faults:
            raise FeedFault(f"it fails: {faults[0]}") from faults[0]
        _see(not thread.is_alive(), f"it has not ended {ENDS_WITHIN_S:g} s after it was told to")


def _ids(batches: Sequence[Batch]) -> list[str]:
    return [event.event_id for batch in batches for event in batch.events]


def _said(ids: Sequence[str]) -> str:
    return f"{len(ids)} events ({listed(ids, most=3)})"


def _see(promise: bool, fault: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not promise:
        raise FeedFault(fault)
