"""The web service as one application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

import fireplan
from fireplan.live._web.access import CALLER, FAULT, LEFT, Guard, Templates, told
from fireplan.live._web.limits_and_headers import Failures, Limits
from fireplan.live._web.logs import Log
from fireplan.live._web.page_files import PageFiles
from fireplan.live._web.routes_page import PageRoutes, Web
from fireplan.live._web.routes_read import ReadingRoutes
from fireplan.live._web.routes_write import PostingRoutes
from fireplan.live._web.sessions import COOKIE, Sessions
from fireplan.live._web.streaming import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from fireplan.live._desk.interfaces import DeskLike
    from fireplan.live._web.tokens import Tokens

DESCRIPTION = (
    "What a fire department covers right now: units, incidents and their clocks, ground covered and lost, and advice. "
    "All instants are milliseconds since 1970, UTC, on the feed's own clock."
)
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


class LiveApp(FastAPI):
    """
    A FastAPI application that nothing reaches but through the guard.

    Middleware of FastAPI stands behind its own error handling, which answers before it: the guard stands before all.

    Attributes
    ----------
    web
        What the routes share.
    guard
        What stands in front.
    """

    web: Web
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, if the guard lets it pass."""
        await self.guard(scope, receive, send)

    @cached_property
    def unguarded(self) -> Any:  # noqa: ANN401 - an ASGI application
        """What the guard passes on to."""
        return super().__call__

    def openapi(self) -> dict[str, Any]:
        """Describe the routes, and that every one of them needs a token."""
        document = super().openapi()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        document["security"] = [{name: []} for name in SCHEMES]
        for methods in document["paths"].values():
            for route in methods.values():
                # FastAPI's own shape of this answer is not what is answered here.
                route["responses"]["422"] = {"description": "Something in it cannot be used; the answer says what."}
                route["responses"].setdefault("403", {"description": "No token, or not for this role."})
        document.get("components", {}).pop("schemas", None)
        return document


def create_app(
    desk: DeskLike,
    *,
    tokens: Tokens,
    allowed_hosts: Collection[str],
    secure_cookies: bool,
    page_folder: Path | None = None,
    limits: Limits | None = None,
    log: Log | None = None,
    behind_proxy: bool = False,
) -> LiveApp:
    """
    Make the application.

    Parameters
    ----------
    desk
        Where events go, and the state comes from.
    tokens
        Who may do what.
    allowed_hosts
        Names under which it may be asked for, without ports: ``["127.0.0.1", "localhost"]``.
    secure_cookies
        It is reached by https.
    page_folder
        Where the page's files are; None: our own.
    limits
        How much it takes; None: as `Limits` has it.
    log
        Where it writes its lines; None: standard error.
    behind_proxy
        Callers reach it through a proxy, which says in X-Forwarded-For who they are.

    Raises
    ------
    InputError
        The page's files are not there.
    """
    limits, log = limits or Limits(), log or Log()
    hub = Hub(desk, limits=limits, log=log)
    web = Web(
        desk=desk,
        tokens=tokens,
        sessions=Sessions(most=limits.sessions, lasts_s=limits.session_s, ended=hub.end_session),
        failures=Failures(each=limits.client_failures, overall=limits.all_failures),
        hub=hub,
        files=PageFiles.read(page_folder),
        limits=limits,
        log=log,
        secure=secure_cookies,
        behind_proxy=behind_proxy,
    )
    pages, reading, posting = PageRoutes(web), ReadingRoutes(web), PostingRoutes(web)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(log.of_loop)
        try:
            hub.open()
        except Exception as error:
            log.fault(error, "starting")
            hub.close()
            raise
        yield
        hub.close()
        reading.close()

    app = LiveApp(
        title=f"fireplan live: {desk.title}",
        version=fireplan.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers=_handlers(log),
    )
    for routes in (pages, reading, posting):
        routes.add_to(app)
    app.web = web
    app.guard = Guard(
        app.unguarded,
        web=web,
        allowed_hosts=allowed_hosts,
        login=pages.login_form,
        templates=lambda: Templates(app.routes),
    )
    return app


def _handlers(log: Log) -> dict[int | type[Exception], Any]:
    """Make the answers to what is raised: none of them repeats anything of the request."""

    async def refused(_request: Request, error: HTTPException) -> Response:
        waits = (error.headers or {}).get("Retry-After")
        return told(error.status_code, str(error.detail), wait_s=int(waits) if waits else None)

    async def unfit(_request: Request, error: RequestValidationError) -> Response:
        # What FastAPI would answer repeats the value.
        fields = sorted({str(fault["loc"][-1]) for fault in error.errors() if fault["loc"][0] != "body"})
        return told(422, f"Not usable: {', '.join(fields) or 'the body'}. Instants are whole milliseconds since 1970.")

    async def fault(request: Request, error: Exception) -> Response:
        request.scope[FAULT] = log.fault(error, f"answering {request.scope[CALLER].template}")
        return told(500, "Something went wrong here.", fault=request.scope[FAULT])

    async def left(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=LEFT)  # nobody hears it; it is no fault of ours

    return {HTTPException: refused, RequestValidationError: unfit, ClientDisconnect: left, Exception: fault}
