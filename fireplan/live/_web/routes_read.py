"""Routes that give the picture: the ground, the state, the stream of updates, past events, the project."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from fireplan.errors import FireplanError
from fireplan.live._store import StoreError
from fireplan.live._web.access import caller_of
from fireplan.live._web.error_responses import error_response
from fireplan.live._web.export import lines_of, pumped
from fireplan.live._web.openapi import Door
from fireplan.live._web.request_models import JSON, LINES, MomentQuery, SpanQuery, asked_in
from fireplan.live._web.seen_by import as_seen_by
from fireplan.live._web.streaming import Reader, Stream, as_json
from fireplan.live._web.tokens import Role
from fireplan.project._restricted_names import restricted_name

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from fireplan.live._web.service_context import Web

MS_US = 1000
BUSY_S = 2
ZIP = "application/zip"


class ReadingRoutes:
    """
    The routes.

    Parameters
    ----------
    web
        What they share.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._slow, self._exports = Turns(web.limits.slow_calls), Turns(web.limits.slow_calls)
        self._export_threads = ThreadPoolExecutor(web.limits.slow_calls, thread_name_prefix="fireplan-export")
        self._ground: bytes | None = None

    def routes(self) -> list[Door]:
        """Give them."""
        busy = {503: "Too much at once: come again after Retry-After."}
        return [
            Door("GET", "/api/ground", self.ground, "The ground", description=GROUND),
            Door(
                "GET",
                "/api/state",
                self.state,
                "The state, now or at a moment of the past",
                description=STATE,
                answers=busy,
                query=MomentQuery,
            ),
            Door(
                "GET",
                "/api/stream",
                self.stream,
                "The state and every update of it",
                description=STREAM,
                gives=Stream.media_type,
                answers=busy,
            ),
            Door(
                "GET",
                "/api/events",
                self.events,
                "Past events",
                description=EVENTS,
                gives=LINES,
                answers=busy,
                query=SpanQuery,
            ),
            Door(
                "GET",
                "/api/project.zip",
                self.project,
                "The project as a zip file",
                description=PROJECT,
                gives=ZIP,
                answers=busy,
            ),
        ]

    def close(self) -> None:
        """End the threads."""
        self._export_threads.shutdown(wait=False, cancel_futures=True)

    async def ground(self, _request: Request) -> Response:
        """Give what does not change."""
        if self._ground is None:
            self._ground = await asyncio.to_thread(as_json, self._web.desk.ground)
        return Response(self._ground, media_type=JSON)

    async def state(self, request: Request) -> Response:
        """Give the state."""
        role, at = _role(request), asked_in(request, MomentQuery).at
        if at is None:
            _, text = await self._web.hub.snapshot(role)
            return Response(text, media_type=JSON)
        with self._slow.taken(role):
            try:
                text = await asyncio.to_thread(self._moment, at, role)
            except StoreError:  # the past may be told when the store is back
                raise
            except FireplanError as error:
                fault = self._web.log.fault(error, "looking at the past")
                return error_response(422, "The state of that moment cannot be told.", fault=fault)
        return Response(text, media_type=JSON)

    async def stream(self, request: Request) -> Response:
        """Give the state and every update of it."""
        hub, session, role = self._web.hub, caller_of(request).session, _role(request)
        key = session.key if session else None
        full = hub.room(key, role)
        if full is not None:
            raise _busy(full)
        left_s = self._web.sessions.left_s(session) if session else None
        reader = Reader(key, role=role, left_s=left_s)
        hub.join(reader)
        return Stream(hub, reader, last_id=request.headers.get("last-event-id"))

    async def events(self, request: Request) -> Response:
        """Give past events."""
        span, role = asked_in(request, SpanQuery), _role(request)
        with_address = role is Role.OPERATOR
        start_us, end_us = (None if at is None else at * MS_US for at in (span.start, span.end))

        def make() -> Iterator[bytes]:
            return lines_of(self._web.desk.events_between(start_us, end_us), with_address=with_address)

        with ExitStack() as stack:
            stack.enter_context(self._exports.taken(role))
            chunks = pumped(make, self._export_threads)
            first = await anext(chunks, b"")  # what fails at once is told, and not broken off
            return EventExport(first, chunks, stack.pop_all())

    async def project(self, request: Request) -> Response:
        """Give the project."""
        with self._slow.taken(_role(request)):
            packed = await asyncio.to_thread(self._web.desk.project_zip)
        headers = {"content-disposition": f'attachment; filename="{restricted_name("project.zip")}"'}
        return Response(packed, media_type=ZIP, headers=headers)

    def _moment(self, at_ms: int, role: Role) -> bytes:
        return as_json(as_seen_by(role, {**self._web.desk.moment(at_ms * MS_US), "role": role}))


class Turns:
    """
    Turns at what takes long. Viewers leave the last one to operators.

    Parameters
    ----------
    most
        How many at once.
    """

    def __init__(self, most: int) -> None:
        self._most, self._most_of_viewers = most, max(1, most - 1)
        self._taken: list[Role] = []

    @contextmanager
    def taken(self, role: Role) -> Iterator[None]:
        """Take a turn, or none at all: who waits in a line here would wait in vain."""
        full = role is Role.VIEWER and self._taken.count(role) >= self._most_of_viewers
        if full or len(self._taken) >= self._most:
            raise _busy("Busy with other such requests.")
        self._taken.append(role)
        try:
            yield
        finally:
            self._taken.remove(role)


class EventExport(StreamingResponse):
    """
    Past events on their way, whose turn ends with them, also if nobody came to take the first of them.

    Parameters
    ----------
    first, chunks
        The lines.
    turn
        Closed at the end.
    """

    def __init__(self, first: bytes, chunks: AsyncGenerator[bytes, None], turn: ExitStack) -> None:
        self._first, self._chunks, self._turn = first, chunks, turn
        super().__init__(self._every(), media_type=LINES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._turn.close()
            await self._chunks.aclose()

    async def _every(self) -> AsyncIterator[bytes]:
        yield self._first
        async for chunk in self._chunks:
            yield chunk


def _role(request: Request) -> Role:
    role = caller_of(request).role
    if role is None:  # the guard lets no one through without one
        raise HTTPException(403)
    return role


def _busy(text: str) -> HTTPException:
    return HTTPException(503, text, headers={"Retry-After": str(BUSY_S)})


GROUND = "What does not change while the service runs: stations, zones and roads packed as text, the objective."
STATE = (
    "Units, incidents with their clocks, cover, advice, alerts, today's figures and the health of the feed, as one "
    "object. With `at` it is computed for a moment of the past from the events that are kept."
)
STREAM = (
    "Server-sent events. First `snapshot`, the state as a whole; then `update`, with what changed. After a break, "
    "Last-Event-ID gives what was missed, or a snapshot where that is no longer kept. An idle stream gets a comment "
    "every ten seconds. A reader that falls behind is let go, and comes again."
)
EVENTS = "Events from `start`, up to and without `end`, one JSON object a line. Addresses are given to operators only."
PROJECT = "Roads, stations, units and zones, as `fireplan.live.connect(url).scenario()` reads them."
