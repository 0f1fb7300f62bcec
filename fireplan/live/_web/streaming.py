"""
Updates on their way to many readers: each is written once, kept for a while, and sent to all.

`sse-starlette` is not used for this. Its end of a stream hangs on one flag of the process, which nothing takes back
(a second server in the process would send nothing), it finds a server to follow by its signal handlers (one in a
thread has none), it writes what it sends to its debug log, and it cannot let go of a reader that takes nothing while
something is being sent to them. What is left, a few bytes around a line, is written here.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

from fireplan.live._web.seen_by import as_seen_by
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.types import Receive, Scope, Send

    from fireplan.live._desk.interfaces import DeskLike, DeskUpdate
    from fireplan.live._web.limits_and_headers import Limits
    from fireplan.live._web.logs import Log

RETRY = b"retry: 2000\n\n"
COMMENT = b": still here\n\n"
READING_ROLES = (Role.VIEWER, Role.OPERATOR)
LAST_WORD_S = 0.5
"""How long a reader may take to accept the end of its stream. [s]"""


class Kept(NamedTuple):
    """
    An update as it is sent.

    Attributes
    ----------
    rev
        The revision it leads to.
    text
        Of the stream.
    ends_at
        Bytes of all updates up to it and with it, since the hub was opened.
    """

    rev: int
    text: bytes
    ends_at: int


class Ring:
    """
    The past updates that are kept.

    Parameters
    ----------
    most, most_bytes
        How many, and how long together; the last one is kept however long.

    Attributes
    ----------
    base
        The revision from which the first one kept leads on.
    """

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: deque[Kept] = deque()
        self.base, self.total_bytes = 0, 0

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    @property
    def head(self) -> int:
        """The last revision there is."""
        return self._kept[-1].rev if self._kept else self.base

    def add(self, rev: int, text: bytes) -> None:
        """Keep one more."""
        self.total_bytes += len(text)
        self._kept.append(Kept(rev, text, self.total_bytes))
        while len(self._kept) > self._most or (len(self._kept) > 1 and self._held_bytes() > self._most_bytes):
            self.base = self._kept.popleft().rev

    def clear(self, base: int) -> None:
        """Forget all: whoever is behind a revision has to start anew."""
        self._kept.clear()
        self.base = base

    def after(self, rev: int) -> Iterator[Kept]:
        """Yield those that lead on from a revision."""
        return islice(self._kept, self._place(rev), None)

    def lag(self, rev: int) -> tuple[int, int]:
        """How many lead on from a revision, and their bytes."""
        place = self._place(rev)
        if place == len(self._kept):
            return 0, 0
        first = self._kept[place]
        return len(self._kept) - place, self.total_bytes - first.ends_at + len(first.text)

    def _place(self, rev: int) -> int:
        if rev >= self.head:
            return len(self._kept)
        return bisect_right(self._kept, rev, key=lambda kept: kept.rev)

    def _held_bytes(self) -> int:
        first = self._kept[0]
        return self.total_bytes - first.ends_at + len(first.text)


class Reader:
    """
    One open stream.

    Parameters
    ----------
    key
        Of its session; None: a program with a token.
    role
        What it may see.
    left_s
        How long the session lasts. [s]

    Attributes
    ----------
    at
        The revision up to which all was handed over.
    measured_from
        The revision from which its lag counts: what it missed before it came does not.
    """

    def __init__(self, key: str | None, *, role: Role = Role.VIEWER, left_s: float | None = None) -> None:
        self.key, self.role, self.left_s = key, role, left_s
        self.at = self.measured_from = -1
        self.news, self.ended = asyncio.Event(), asyncio.Event()
        self.slow = False

    def end(self, *, slow: bool = False) -> None:
        """Let it end; a slow one without a last word."""
        self.slow |= slow
        self.ended.set()


class Hub:
    """
    Hands the desk's updates to all readers, each written once for each role. It lives on one event loop.

    Parameters
    ----------
    desk
        Where updates come from.
    limits
        How much is kept, and for how many.
    log
        Where faults are written.
    """

    def __init__(self, desk: DeskLike, *, limits: Limits, log: Log) -> None:
        self._desk, self.limits, self._log = desk, limits, log
        self._rings = {
            role: Ring(most=limits.kept_updates, most_bytes=limits.kept_bytes // len(READING_ROLES))
            for role in READING_ROLES
        }
        self._readers: dict[Reader, None] = {}
        self._boot = ""
        self._seen = 0  # the last revision that any reader can have heard of
        self._unsubscribe: Callable[[], None] | None = None
        self._snapshots: dict[Role, tuple[str, int, bytes]] = {}
        self._making = asyncio.Lock()
        self.closed = False
        self.hang_up: Callable[[Any], None] = lambda _client: None
        """Breaks a connection off, by the address of the caller; the server sets it."""

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._readers)

    def open(self) -> None:
        """Begin to listen. Called on the loop."""
        loop = asyncio.get_running_loop()

        def heard(update: DeskUpdate) -> None:  # in the desk's thread
            rev = update.rev
            try:
                texts = _written_for_roles(update.data)
            except Exception as error:  # noqa: BLE001 - the desk must not stop for it
                self._log.fault(error, "writing an update")
                texts = None
            with suppress(RuntimeError):  # the loop is closed: the service has ended
                loop.call_soon_threadsafe(self._take, rev, texts)

        self._unsubscribe = self._desk.subscribe(heard)
        snapshot = self._desk.snapshot()
        self._boot = str(snapshot["boot"])
        self._clear(int(snapshot["rev"]))
        self._seen = int(snapshot["rev"])

    def close(self) -> None:
        """End all streams, and listen no more."""
        self.closed = True
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._end(list(self._readers))

    def end_session(self, key: str) -> None:
        """End the streams of a session."""
        self._end([r for r in self._readers if r.key == key])

    def room(self, key: str | None, role: Role) -> str | None:
        """Say why there is no room for one more stream; None: there is. Viewers leave some to operators."""
        if self.closed:
            return "The service is closing."
        if len(self._readers) >= self.limits.streams:
            return "All streams are taken."
        viewers = sum(r.role is Role.VIEWER for r in self._readers) if role is Role.VIEWER else 0
        if viewers >= self.limits.viewer_streams:
            return "All streams of viewers are taken."
        if key is not None and sum(r.key == key for r in self._readers) >= self.limits.session_streams:
            return "This session has too many streams open."
        return None

    def join(self, reader: Reader) -> None:
        """Hand over to one more reader. There must be room."""
        self._readers[reader] = None
        reader.measured_from = self._rings[reader.role].head

    def leave(self, reader: Reader) -> None:
        """Hand over to it no more."""
        self._readers.pop(reader, None)

    def resumed_at(self, last_id: str, role: Role) -> int | None:
        """Give the revision from which a reader goes on; None: it has to start with a snapshot."""
        boot, _, rev = last_id.strip().rpartition("-")
        if boot != self._boot or not (rev.isascii() and rev.isdecimal()) or len(rev) > 15:
            return None
        return int(rev) if self._rings[role].base <= int(rev) <= self._seen else None

    def news_for(self, reader: Reader) -> list[Kept] | None:
        """Give what a reader has not been handed yet; None: some of it is no longer kept."""
        ring = self._rings[reader.role]
        return list(ring.after(reader.at)) if reader.at >= ring.base else None

    def with_id(self, rev: int) -> bytes:
        """Write the line by which a reader says later how far it came."""
        return f"id: {self._boot}-{rev}\n".encode()

    async def snapshot(self, role: Role) -> tuple[int, bytes]:
        """Give the whole state for a role, as JSON, and its revision. It is written once a revision."""
        async with self._making:
            boot, rev, text = await asyncio.to_thread(self._written, role)
            self._seen = max(self._seen, rev)
            if boot != self._boot:  # the desk began anew under us
                self._boot, self._seen = boot, rev
                self._clear(rev)
        return rev, text

    def _written(self, role: Role) -> tuple[str, int, bytes]:
        state = self._desk.snapshot()
        boot, rev = str(state["boot"]), int(state["rev"])
        made = self._snapshots.get(role)
        if made is None or made[:2] != (boot, rev):
            made = (boot, rev, as_json(as_seen_by(role, {**state, "role": role})))
            self._snapshots[role] = made
        return made

    def _take(self, rev: int, texts: dict[Role, bytes] | None) -> None:
        """Keep an update and wake the readers; those too far behind are let go."""
        if texts is None:  # it could not be written: all start anew
            self._clear(rev)
            self._end(list(self._readers))
            return
        head = self.with_id(rev)
        whole = {text: head + text for text in texts.values()}  # the same for both roles: kept once
        for role, ring in self._rings.items():
            ring.add(rev, whole[texts[role]])
        self._seen = max(self._seen, rev)
        for reader in list(self._readers):
            count, size = self._rings[reader.role].lag(max(reader.at, reader.measured_from))
            if count > self.limits.lag_updates or (count > 1 and size > self.limits.lag_bytes):
                reader.end(slow=True)
                self.leave(reader)
            reader.news.set()

    def _clear(self, rev: int) -> None:
        for ring in self._rings.values():
            ring.clear(rev)

    def _end(self, readers: list[Reader]) -> None:
        for reader in readers:
            reader.end()
            self.leave(reader)


class Stream(Response):
    """
    The answer that does not end: a snapshot, or what was missed; then every update.

    Parameters
    ----------
    hub
        Where updates come from.
    reader
        Who has joined it.
    last_id
        How far they came before; None: they are new.
    """

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, reader: Reader, *, last_id: str | None) -> None:
        self._hub, self._reader, self._last_id = hub, reader, last_id
        self.status_code, self.background = 200, None
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, until the reader leaves, its session ends, it is too slow, or the service closes."""
        reader, limits = self._reader, self._hub.limits
        tasks = [asyncio.create_task(self._write(send)), asyncio.create_task(_left(receive))]
        for task in tasks:
            task.add_done_callback(lambda _task: reader.ended.set())
        try:
            async with asyncio.timeout(reader.left_s):
                await reader.ended.wait()
        except TimeoutError:
            pass  # the session is over
        finally:
            self._hub.leave(reader)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        faults = [o for o in outcomes if isinstance(o, Exception)]
        if not reader.slow and not faults:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(LAST_WORD_S, limits.send_s)):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
        self._hub.hang_up(scope.get("client"))
        await asyncio.sleep(0)  # the connection learns of it before the server asks why the answer has no end
        for fault in faults:
            if not isinstance(fault, TimeoutError):  # that one is the reader's
                raise fault

    async def _write(self, send: Send) -> None:
        hub, reader = self._hub, self._reader
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await self._send(send, RETRY)
        resumed_at = hub.resumed_at(self._last_id, reader.role) if self._last_id else None
        if resumed_at is None:
            reader.at, text = await hub.snapshot(reader.role)
            await self._send(send, b"%bevent: snapshot\ndata: %b\n\n" % (hub.with_id(reader.at), text))
        else:
            reader.at = resumed_at
        while True:
            reader.news.clear()
            news = hub.news_for(reader)
            if news is None:  # it comes again, and starts anew
                return
            for kept in news:
                await self._send(send, kept.text)
                reader.at = kept.rev
            if not reader.news.is_set():
                await self._wait(send)

    async def _wait(self, send: Send) -> None:
        try:
            async with asyncio.timeout(self._hub.limits.comment_s):
                await self._reader.news.wait()
        except TimeoutError:
            await self._send(send, COMMENT)

    async def _send(self, send: Send, text: bytes) -> None:
        async with asyncio.timeout(self._hub.limits.send_s):
            await send({"type": "http.response.body", "body": text, "more_body": True})


def _written_for_roles(data: Mapping[str, Any]) -> dict[Role, bytes]:
    """Write an update for each role; where both see the same it is written once."""
    texts: dict[Role, bytes] = {}
    seen = {role: as_seen_by(role, data) for role in READING_ROLES}
    for role, said in seen.items():
        same = next((texts[other] for other in texts if seen[other] is said), None)
        texts[role] = same if same is not None else b"event: update\ndata: %b\n\n" % as_json(said)
    return texts


async def _left(receive: Receive) -> None:
    """Wait until the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def as_json(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """Write JSON on one line; a number that is none is an error, for a page could not read it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")
