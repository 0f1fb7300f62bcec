"""The web service as one application."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from fireplan.live._web.access import LEFT, Guard, Templates
from fireplan.live._web.api_docs import DocsRoutes
from fireplan.live._web.error_responses import error_response
from fireplan.live._web.limits_and_headers import Failures, Limits
from fireplan.live._web.logs import Log
from fireplan.live._web.openapi import openapi_of
from fireplan.live._web.page_files import PageFiles
from fireplan.live._web.routes_page import PageRoutes
from fireplan.live._web.routes_read import ReadingRoutes
from fireplan.live._web.routes_write import PostingRoutes
from fireplan.live._web.service_context import Web
from fireplan.live._web.sessions import Sessions
from fireplan.live._web.streaming import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from pathlib import Path

    from starlette.requests import Request

    from fireplan.live._desk.interfaces import DeskLike
    from fireplan.live._web.tokens import Tokens

DESCRIPTION = (
    "What a fire department covers right now: units, incidents and their clocks, ground covered and lost, and advice. "
    "All instants are milliseconds since 1970, UTC, on the feed's own clock."
)


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
) -> Starlette:
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
        sessions=Sessions(
            most=limits.sessions,
            most_operators=limits.operator_sessions,
            lasts_s=limits.session_s,
            ended=hub.end_session,
        ),
        failures=Failures(each=limits.client_failures, overall=limits.all_failures),
        hub=hub,
        files=PageFiles.read(page_folder),
        limits=limits,
        log=log,
        secure=secure_cookies,
        behind_proxy=behind_proxy,
    )
    pages, reading = PageRoutes(web), ReadingRoutes(web)
    routes = [*pages.routes(), *reading.routes(), *PostingRoutes(web).routes()]
    about = {"title": f"fireplan live: {desk.title}", "version": version("fireplan"), "description": DESCRIPTION}
    routes += DocsRoutes(lambda: openapi_of(routes, **about)).routes()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
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

    guard = Middleware(Guard, web=web, allowed_hosts=allowed_hosts, login=pages.login_form, templates=Templates(routes))
    app = Starlette(routes=routes, middleware=[guard], exception_handlers=_handlers(), lifespan=lifespan)
    app.router.redirect_slashes = False
    app.state.web = web
    return app


def _handlers() -> dict[Any, Any]:
    """Make the answers to what is raised: none of them repeats anything of the request. The guard answers the rest."""

    async def refused(_request: Request, error: HTTPException) -> Response:
        waits = (error.headers or {}).get("Retry-After")
        return error_response(error.status_code, str(error.detail), wait_s=int(waits) if waits else None)

    async def left(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=LEFT)  # nobody hears it; it is no fault of ours

    return {HTTPException: refused, ClientDisconnect: left}
