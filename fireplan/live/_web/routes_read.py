"""Routes that give the picture: the ground, the state, the stream of updates, past events, the project."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002 - read at run time by FastAPI
from starlette.responses import Response, StreamingResponse

from fireplan.errors import FireplanError
from fireplan.live._web.access import told
from fireplan.live._web.api_docs import docs_page, docs_policy
from fireplan.live._web.bodies import LINES
from fireplan.live._web.event_schema import event_schema
from fireplan.live._web.export import lines_of, pumped
from fireplan.live._web.routes_page import caller_of
from fireplan.live._web.streaming import Reader, Stream, as_json
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI

    from fireplan.live._web.routes_page import Web

MS_US = 1000
LATEST_MS = 2**43
BUSY_S = 2
Instant = Annotated[int | None, Query(ge=0, le=LATEST_MS, description="Milliseconds since 1970, UTC.")]


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
        self._slow = asyncio.Semaphore(web.limits.slow_calls)
        self._exports = asyncio.Semaphore(web.limits.slow_calls)
        self._export_threads = ThreadPoolExecutor(web.limits.slow_calls, thread_name_prefix="fireplan-export")
        self._ground: bytes | None = None

    def add_to(self, app: FastAPI) -> None:
        """Add them to an application."""
        for path, route, summary, description, responses in (
            ("/api/ground", self.ground, "The ground", GROUND, _ok("application/json")),
            (
                "/api/state",
                self.state,
                "The state, now or at a moment of the past",
                STATE,
                _ok("application/json", 503),
            ),
            ("/api/stream", self.stream, "The state and every update of it", STREAM, _ok("text/event-stream", 503)),
            ("/api/events", self.events, "Past events", EVENTS, _ok(LINES, 503)),
            ("/api/project.zip", self.project, "The project as a zip file", PROJECT, _ok("application/zip", 503)),
            ("/api/schema", self.schema, "JSON schema of an event", SCHEMA, _ok("application/schema+json")),
        ):
            app.add_api_route(
                path,
                route,
                methods=["GET"],
                response_model=None,
                response_class=Response,
                tags=["reading"],
                summary=summary,
                description=description,
                responses=responses,
            )
        app.add_api_route("/docs", self.docs, methods=["GET"], response_model=None, include_in_schema=False)

    def close(self) -> None:
        """End the threads."""
        self._export_threads.shutdown(wait=False, cancel_futures=True)

    async def ground(self) -> Response:
        """Give what does not change."""
        if self._ground is None:
            self._ground = await asyncio.to_thread(as_json, self._web.desk.ground)
        return Response(self._ground, media_type="application/json")

    async def state(self, request: Request, at: Instant = None) -> Response:
        """Give the state."""
        role = _role(request)
        if at is None:
            _, text = await self._web.hub.snapshot(role)
            return Response(text, media_type="application/json")
        async with self._turn(self._slow):
            try:
                text = await asyncio.to_thread(self._moment, at, role)
            except FireplanError as error:
                fault = self._web.log.fault(error, "looking at the past")
                return told(422, "The state of that moment cannot be told.", fault=fault)
        return Response(text, media_type="application/json")

    async def stream(self, request: Request) -> Response:
        """Give the state and every update of it."""
        hub, session = self._web.hub, caller_of(request).session
        key = session.key if session else None
        full = hub.room(key)
        if full is not None:
            raise _busy(full)
        reader = Reader(key, left_s=self._web.sessions.left_s(session) if session else None)
        hub.join(reader)
        return Stream(hub, reader, role=_role(request), last_id=request.headers.get("last-event-id"))

    async def events(self, request: Request, start: Instant = None, end: Instant = None) -> Response:
        """Give past events."""
        turn = self._turn(self._exports)
        await turn.__aenter__()
        with_address = _role(request) is Role.OPERATOR
        start_us, end_us = (None if at is None else at * MS_US for at in (start, end))

        def make() -> Iterator[bytes]:
            return lines_of(self._web.desk.events_between(start_us, end_us), with_address=with_address)

        async def chunks() -> AsyncIterator[bytes]:
            try:
                async for chunk in pumped(make, self._export_threads):
                    yield chunk
            finally:
                await turn.__aexit__(None, None, None)

        return StreamingResponse(chunks(), media_type=LINES)

    async def project(self) -> Response:
        """Give the project."""
        async with self._turn(self._slow):
            packed = await asyncio.to_thread(self._web.desk.project_zip)
        headers = {"content-disposition": 'attachment; filename="project.zip"'}
        return Response(packed, media_type="application/zip", headers=headers)

    async def schema(self) -> Response:
        """Give the schema of an event."""
        return Response(as_json(event_schema()), media_type="application/schema+json")

    async def docs(self, request: Request) -> Response:
        """Give the page that describes all of this."""
        page = self._web.kept.get("docs")
        if page is None:
            page = self._web.kept["docs"] = docs_page(request.app.openapi(), event_schema())
        return Response(page, media_type="text/html", headers={"content-security-policy": docs_policy(page)})

    def _moment(self, at_ms: int, role: Role) -> bytes:
        return as_json({**self._web.desk.moment(at_ms * MS_US), "role": role})

    @asynccontextmanager
    async def _turn(self, places: asyncio.Semaphore) -> AsyncIterator[None]:
        """Take one of few places, or none at all: who waits in a line here would wait in vain."""
        if places.locked():
            raise _busy("Busy with other such requests.")
        async with places:
            yield


def _role(request: Request) -> Role:
    role = caller_of(request).role
    if role is None:  # the guard lets no one through without one
        raise HTTPException(403)
    return role


def _busy(text: str) -> HTTPException:
    return HTTPException(503, text, headers={"Retry-After": str(BUSY_S)})


def _ok(kind: str, *more: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route that reads."""
    answers: dict[int | str, dict[str, Any]] = {200: {"content": {kind: {}}}}
    return answers | {status: {"description": "Too much at once: come again after Retry-After."} for status in more}


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
SCHEMA = "JSON Schema 2020-12 of what is posted to /api/events."
