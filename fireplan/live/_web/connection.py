"""
One connection: its TLS, how much a request's head may cost, and its end, which every answer under way learns of.

Uvicorn's own tells the end of a connection to the last request alone that came on it: a stream behind which another
request was sent would never hear that its reader has gone.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fireplan.live._web.places import source_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from fireplan.live._web.places import ConnectionPlaces
    from fireplan.live._web.tokens import Role

LINK = "fireplan.link"
HEAD_BYTES = 32 * 1024
HEAD_PIECE_BYTES = 4096
MOST_HEADERS = 100
VERSIONS = frozenset({"1.0", "1.1"})
MOST_WAITING = 8
"""Requests sent behind one that is being answered."""

SILENT_S = 10.0
"""The whole head of a request has to come within this. [s]"""

KEEP_ALIVE_S = 15
"""A connection on which nothing is asked is closed after this. [s]"""

STUCK_S = 30.0
"""A connection that takes nothing of what waits for it is broken off after this. [s]"""

GONE_MS = 60_000
"""A machine that acknowledges nothing of what it was sent has gone after this. [ms]"""

TLS_END_S = 3.0


class HeadTooLargeError(Exception):
    """The head of a request is longer than is taken."""


class OtherVersionError(Exception):
    """The request is in a version of HTTP that is not spoken here."""


class Cycle(Protocol):
    """One request and its answer, as uvicorn keeps them."""

    disconnected: bool
    response_complete: bool
    response_started: bool
    keep_alive: bool
    body: bytearray
    message_event: asyncio.Event


class HttpConnection(HttpToolsProtocol):
    """
    One connection.

    Parameters
    ----------
    places
        Of all connections.
    more
        As uvicorn gives it.

    Attributes
    ----------
    source
        Where it comes from.
    role
        Whose right token was on its last request; None: none was.
    came
        Its number.
    gone
        Set when it has ended.
    """

    def __init__(self, *, places: ConnectionPlaces, **more: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(**more)
        self.source, self.role, self.came = "", None, 0
        self.gone = asyncio.Event()
        self._places = places
        self._raw: Any = None
        self._open: list[Cycle] = []
        self._early: list[bytes] = []
        self._deaf = self._in_head = False
        self._head_bytes = self._headers = 0
        self._head_ends_s: float | None = None
        self._unsent, self._unsent_since_s = 0, 0.0

    role: Role | None

    @property
    def is_answered(self) -> bool:
        """Whether a request of it is being answered."""
        return any(not cycle.response_complete for cycle in self._open)

    def begin(self, transport: Any) -> bool:  # noqa: ANN401 - a transport of asyncio
        """Take a place, before any TLS; False: there is none."""
        self._raw = transport
        peer = transport.get_extra_info("peername")
        self.source = source_of(str(peer[0]) if peer else "")
        self._head_ends_s = time.monotonic() + SILENT_S
        _watch_over(transport.get_extra_info("socket"))
        return self._places.take(self)

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - a transport of asyncio
        """Begin to listen."""
        if self._raw is None and not self.begin(transport):
            return
        super().connection_made(transport)
        early, self._early = self._early, []
        for data in early:  # it came together with the end of the handshake
            self.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every answer under way that nobody hears it."""
        self._deaf = True
        self._places.give_up(self)
        self._tell_gone()
        if self.transport is None:  # it ended in its handshake
            self.connections.discard(self)
            return
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """Take the end of what is sent for the end of the connection: whoever reads on keeps it open."""
        self._deaf = True
        if self.is_answered:
            self._tell_gone()

    def data_received(self, data: bytes) -> None:
        """Read on, a head only as far as it may go."""
        if self.transport is None:
            self._early.append(data)
            if sum(map(len, self._early)) > HEAD_BYTES:
                self.cut()
            return
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(memoryview(data))
        except httptools.HttpParserUpgrade:
            # What follows is not HTTP. The request itself is answered as any other, and then it is over.
            self._deaf = True
            if self.cycle is not None:
                self.cycle.keep_alive = False
        except HeadTooLargeError:
            self._refuse(431, "The head of the request is too long.")
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, HeadTooLargeError):
                self._refuse(431, "The head of the request is too long.")
            else:
                self._refuse(400, "This is no HTTP request.")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self.scope[LINK] = self  # type: ignore[literal-required]
        self._in_head, self._head_bytes, self._headers = True, 0, 0

    def on_url(self, url: bytes) -> None:
        """Count the path."""
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._head_bytes += len(name) + len(value) + 4
        self._headers += 1
        if self._headers > MOST_HEADERS or self._head_bytes > HEAD_BYTES:
            raise HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer the request, or let it wait behind others; who sends too many at once is broken off."""
        self._in_head, self._head_ends_s = False, None
        if self.parser.get_http_version() not in VERSIONS:
            raise OtherVersionError
        self._open = [cycle for cycle in self._open if not cycle.response_complete]
        former = self.cycle
        super().on_headers_complete()
        if self.cycle is not former:
            self._open.append(self.cycle)
        if len(self._open) > MOST_WAITING:
            self.cut()
            return
        # Reading goes on, or nobody would notice that the caller leaves.
        self.flow.resume_reading()

    def on_body(self, body: bytes) -> None:
        """Keep what came of a body; one that waits behind an answer may not be long."""
        super().on_body(body)
        waits = len(self._open) > 1 and self._open[-1] is self.cycle
        if waits and len(self.cycle.body) > HIGH_WATER_LIMIT:
            self.cut()

    def on_response_complete(self) -> None:
        """Wait for the next request, but not for ever."""
        super().on_response_complete()
        self._head_ends_s = time.monotonic() + KEEP_ALIVE_S + SILENT_S

    def cut(self) -> None:
        """Break it off."""
        self._deaf = True
        self._places.give_up(self)
        self._tell_gone()
        for transport in (self.transport, self._raw):
            if transport is not None:
                transport.abort()

    def sweep(self, now_s: float) -> None:
        """Break it off if it has kept us waiting: for a head, or by taking nothing. Called once a second."""
        if self._head_ends_s is not None and now_s > self._head_ends_s and not self.is_answered and not self._unsent:
            self.cut()
            return
        unsent = 0 if self.transport is None else self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since_s = unsent, now_s
        elif now_s - self._unsent_since_s > STUCK_S:
            self.cut()

    def _feed(self, data: memoryview) -> None:
        at = 0
        while at < len(data) and not self._deaf and self.parser is not None:
            heading = self._in_head or not self.is_answered
            end = at + HEAD_PIECE_BYTES if heading else len(data)
            counted = self._head_bytes if self._in_head else 0
            self.parser.feed_data(data[at:end])
            if self._in_head and self._head_bytes == counted:  # in the middle of one header
                self._head_bytes += len(data[at:end])
                if self._head_bytes > HEAD_BYTES:
                    raise HeadTooLargeError
            at = end

    def _refuse(self, status: int, error: str) -> None:
        """Say no to what is no request of ours; in the middle of an answer nothing can be said."""
        self._deaf = True
        if self.is_answered:
            self.cut()
            return
        body = json.dumps({"error": error}).encode()
        phrase = {400: b"Bad Request", 431: b"Request Header Fields Too Large"}[status]
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\nx-content-type-options: nosniff\r\n" % (
            status,
            phrase,
        )
        head += b"cache-control: no-store\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(head + body)
        self.transport.close()
        self._head_ends_s = time.monotonic() + SILENT_S

    def _tell_gone(self) -> None:
        self.gone.set()
        self.pipeline.clear()
        for cycle in self._open:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if self.flow is not None:
            self.flow.resume_writing()


class Doorstep(asyncio.Protocol):
    """
    A connection before its TLS: it has a place from the moment it comes, and may lose it as any other.

    Parameters
    ----------
    connection
        What it becomes.
    context
        Of TLS.
    """

    def __init__(self, connection: HttpConnection, context: ssl.SSLContext) -> None:
        self._connection, self._context = connection, context
        self._shaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        if self._connection.begin(transport):
            self._shaking = asyncio.get_running_loop().create_task(self._shake(transport))

    def connection_lost(self, _exc: Exception | None) -> None:
        """End, before the handshake began."""
        self._connection.connection_lost(None)

    async def _shake(self, transport: Any) -> None:  # noqa: ANN401 - a transport of asyncio
        connection = self._connection
        try:
            over_tls = await asyncio.get_running_loop().start_tls(
                transport,
                connection,
                self._context,
                server_side=True,
                ssl_handshake_timeout=SILENT_S,
                ssl_shutdown_timeout=TLS_END_S,
            )
        except Exception:  # noqa: BLE001 - no TLS, a certificate that is refused, too slow, gone: it is over
            connection.cut()
            return
        if over_tls is None or transport.is_closing():
            connection.cut()
            return
        connection.connection_made(over_tls)


def connection_maker(places: ConnectionPlaces, context: ssl.SSLContext | None) -> Callable[..., asyncio.Protocol]:
    """
    Make what uvicorn calls for each connection.

    Parameters
    ----------
    places
        Of all connections.
    context
        Of TLS; None: without.
    """

    def make(**more: Any) -> asyncio.Protocol:  # noqa: ANN401 - uvicorn's own
        connection = HttpConnection(places=places, **more)
        return connection if context is None else Doorstep(connection, context)

    return make


def _watch_over(raw: Any) -> None:  # noqa: ANN401 - a socket
    """Have the system tell when the other machine has gone without a word."""
    if raw is None:
        return
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)
