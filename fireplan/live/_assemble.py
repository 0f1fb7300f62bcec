"""A live view put together from its parts and run: store, desk, feeds."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan import _kernel as kernel
from fireplan._conversions import DAY_US, HOUR_US
from fireplan.errors import FireplanError, InputError, listed, quoted
from fireplan.live._desk.department import Department
from fireplan.live._desk.event_loop import Desk
from fireplan.live._desk.feed_clock import PlayedClock, WallClock
from fireplan.live._store import Store
from fireplan.live.feeds import PolledView, TailedFile
from fireplan.live.feeds._history_replay import ReplayedFeed
from fireplan.operations._events.from_history import busiest_day_us, events_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fireplan.incidents import CadHistory
    from fireplan.live._desk.feed_clock import FeedClock
    from fireplan.live._desk.feed_line import FeedLine
    from fireplan.live.feeds import Feed
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.refusal import Refusal
    from fireplan.project import Project

log = logging.getLogger(__name__)

AGAIN_S = 2.0
"""A batch that the store did not take is handed in again after this. [s]"""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 5.0
"""A feed that fails is tried again after this, and each time after twice as long, up to that. [s]"""

WELL_S = 60.0
"""A feed that went well for so long begins with the first pause again. [s]"""

LOOKED_S = 0.5
"""How often a feed that waits for the store looks whether it is to stop. [s]"""

LEAD_US = 12 * HOUR_US
"""A replay begins with what was so long before: units that were out then are out. [us]"""

DAWN_US = 6 * HOUR_US
"""A replay begins at six in the morning, unless asked otherwise. [us]"""


def feed_of(said: str) -> Feed:
    """
    Make the feed that a command line names.

    Parameters
    ----------
    said
        A file of JSON lines; or the address of a database and, behind a #, a table or view in it.
    """
    url, hash_, table = said.rpartition("#")
    if hash_ and "://" in url:
        return PolledView(url, table)
    if "://" in said:
        raise InputError(f"feed {quoted(said.split('://', maxsplit=1)[0])}://...: name the table or view behind a #")
    return TailedFile(said)


def replay_of(
    history: CadHistory, *, speed: float, start_us: int | None = None, days: float = 2.0, name: str = "replay"
) -> tuple[ReplayedFeed, PlayedClock]:
    """
    Make a feed that plays a history, with its clock.

    Parameters
    ----------
    history
        From `fireplan.read_cad`.
    speed
        Seconds of history for each second.
    start_us
        Where it begins; None: at six in the morning of the busiest of the last 90 days. [us since 1970, UTC]
    days
        How much of it is played. [days]
    name
        What the feed is called.
    """
    if start_us is None:
        start_us = busiest_day_us(history) + DAWN_US
    events = events_of(history, start_us=start_us - LEAD_US, end_us=start_us + int(days * DAY_US))
    if not any(event.ts_us >= start_us for event in events):
        raise InputError("the history holds nothing from there on: choose another start of the replay")
    clock = PlayedClock(start_us, speed=speed)
    return ReplayedFeed(events, clock, name=name), clock


@contextmanager
def open_desk(
    project: Project,
    *,
    store: str | Path | None,
    feeds: Sequence[Feed] = (),
    clock: FeedClock | None = None,
    source: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Desk]:
    """
    Run the desk of a project with its feeds.

    Parameters
    ----------
    project
        Whose department it is.
    store
        Where events are kept: a file, or the address of a database; None: in a folder that goes with the view.
    feeds
        Where events come from, besides those that are posted.
    clock
        What stamps are held against; None: the wall clock.
    source
        What the feed is called on the page; "": after the feeds.
    tell
        Called with a few words before each step that takes a while.

    Yields
    ------
    The desk, with what was in the store in its picture. At the end the feeds stop, and what they handed in is durable.

    Raises
    ------
    InputError
        If a feed cannot be read as it was named: its folder, database, table or columns are not there. A file that is
        not there yet is waited for.
    """
    check_feeds(feeds)
    with tempfile.TemporaryDirectory(prefix="fireplan-live-") as folder:
        kept = Store.open(store if store is not None else Path(folder) / "events.sqlite")
        tell("compiling (the first run takes a few seconds)")
        kernel.compile_ahead()
        tell("working out cover with all units at home")
        named = source or ", ".join(feed.name for feed in feeds) or "posted events"
        desk = Desk(
            Department.of(project),
            kept,
            clock=clock or WallClock(),
            source=named,
            keep_days=project.plan.live.keep_days,
        )
        stop = threading.Event()
        threads = [
            threading.Thread(target=pump, args=(feed, desk, stop), name=f"feed {i}", daemon=True)
            for i, feed in enumerate(feeds)
        ]
        try:
            tell("reading events of before")
            desk.wait_ready()
            for thread in threads:
                thread.start()
            yield desk
        finally:
            stop.set()
            for thread in threads:
                if thread.is_alive():
                    thread.join(timeout=5)
            desk.close()


def check_feeds(feeds: Sequence[Feed]) -> None:
    """
    Look whether each feed can be read as it was named, and has a name of its own.

    Raises
    ------
    InputError
        If not, with the reason.
    """
    names = [feed.name for feed in feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"several feeds are called {listed(map(quoted, twice))}, and a store tells feeds by their names: give each"
            " file or table a name of its own",
        )
    for feed in feeds:
        check: Callable[[], None] | None = getattr(feed, "check", None)
        if check is not None:
            try:
                check()
            except InputError as error:
                raise InputError(f"feed {quoted(feed.name)}: {error}") from None


def pump(feed: Feed, desk: Desk, stop: threading.Event) -> None:
    """
    Hand in what a feed gives, batch by batch, each durable before the next, until `stop` is set or the feed ends.

    A batch that the store does not take is handed in again: nothing is passed over. A feed that fails is read again
    from its last batch on, after a pause.
    """
    pause_s = FIRST_PAUSE_S
    line: FeedLine | None = None
    while not stop.is_set():
        began_s = time.monotonic()
        try:
            if line is None:
                line = desk.line(feed.name)
                line.asks(lambda name: getattr(feed, name, None))
            line.goes_on()
            ended = _read(feed, desk, line, stop)
        except Exception as error:  # noqa: BLE001 - a feed that fails is tried again, and the page tells of it
            pause_s = FIRST_PAUSE_S if time.monotonic() - began_s > WELL_S else pause_s
            # Words of our own hold no data; those of others may.
            why = str(error) if isinstance(error, FireplanError) else f"it failed ({type(error).__name__})"
            log.error("feed %s failed: %s; it is tried again", feed.name, type(error).__name__)  # noqa: TRY400 - see above
            if line is not None:
                line.fails(why, again_s=pause_s)
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            if ended:
                line.ends()
            return


def _read(feed: Feed, desk: Desk, line: FeedLine, stop: threading.Event) -> bool:
    """Read a feed from its last batch on; True: it has come to its end."""
    feed.resume(desk.position(feed.name))
    for batch in feed.batches(stop):
        position = None if batch.position is None else (feed.name, batch.position)
        line.hear(batch.events, batch.refusals)
        while not _taken(desk, batch.events, batch.refusals, position, line, stop):
            if stop.wait(AGAIN_S):
                return False
    return not stop.is_set()


def _taken(
    desk: Desk,
    events: Sequence[Event],
    refusals: Sequence[Refusal],
    position: tuple[str, str] | None,
    line: FeedLine,
    stop: threading.Event,
) -> bool:
    """Hand in a batch and wait until it is durable, however long; False: it was not taken."""
    receipt = desk.submit(events, refusals, position=position, line=line)
    while True:
        try:
            receipt.result(timeout=LOOKED_S)
        except TimeoutError:
            if stop.is_set():
                return False
        except OSError:  # a StoreError is an OSError; the desk tells of it
            return False
        else:
            return True
