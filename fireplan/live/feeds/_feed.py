"""What a feed adapter is: a source of events that can be read on from where one stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fireplan.operations._events.event import Event
from fireplan.operations._events.refusal import Refusal

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator

MOST_EVENTS = 500
"""Events and refusals in one batch."""

MOST_WAIT_S = 0.2
"""An event waits no longer than this for others of its batch. [s]"""


class Batch(NamedTuple):
    """
    What came in together, to be stored in one transaction.

    Attributes
    ----------
    events, refusals
        What can be used, and what cannot, in the order of the source.
    position
        Where the feed is to go on after this batch, in its own words; None: it cannot.
    """

    events: tuple[Event, ...]
    refusals: tuple[Refusal, ...]
    position: str | None


class Feed(Protocol):
    """
    A source of events.

    An adapter may also have an attribute `trouble`: None, or in words why nothing comes, as "the file is not there
    yet"; an attribute `lost`: None, or what could not be read and never will be; and a method `check`, which raises an
    `InputError` if it cannot be read as it was named: the service does not start then.
    `fireplan.live.feeds.check_feed` tries whether an adapter keeps to this.

    Attributes
    ----------
    name
        What the source is called; the same after a restart, and another for each feed of a store.
    """

    name: str

    def resume(self, position: str | None) -> None:
        """Go on from a batch's position; None: from the beginning. To be called before `batches`."""

    def batches(self, stop: threading.Event) -> Iterator[Batch]:
        """
        Give what comes, until `stop` is set.

        It waits in small steps while there is nothing, ends soon after `stop` is set, and puts at most `MOST_EVENTS` in
        a batch.
        """


def now_us() -> int:
    """Tell the time. [us since 1970, UTC]"""
    return time.time_ns() // 1000


def batch_of(read: Iterable[Event | Refusal], position: str | None) -> Batch:
    """Part what was read into what can be used and what cannot."""
    read = list(read)
    events = tuple(item for item in read if isinstance(item, Event))
    return Batch(events, tuple(item for item in read if isinstance(item, Refusal)), position)
