"""What stands in front of every route: nothing passes it without a token, a host and an origin that are known."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from fireplan.live._store import StoreError
from fireplan.live._web.connection import LINK
from fireplan.live._web.error_responses import REFUSED, error_response, refusal_of, too_long
from fireplan.live._web.limits_and_headers import host_name, is_loopback, same_origin, with_headers
from fireplan.live._web.places import UNKNOWN_SOURCE, source_of
from fireplan.live._web.sessions import COOKIE
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from fireplan.live._web.service_context import Web
    from fireplan.live._web.sessions import Session

CALLER = "fireplan.caller"
READING = frozenset({"GET", "HEAD"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
UNKNOWN_PATH = "(unknown)"
LEFT = 499
"""Status written down for a caller who left before the answer."""

AWAY_S = 5
AWAY = "The store cannot be read or written now. Come again after Retry-After."
WRONG_TOKENS = "Too many wrong tokens: this one is wrong too. A right one passes at any time."


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks.

    Attributes
    ----------
    role
        What they may do; None: nothing but log in.
    session
        The browser's session; None: a program with a token.
    template
        The path asked for, as the route's template.
    is_wrong
        A token was said, and it is nobody's.
    sessions
        All sessions whose cookies came along.
    """

    role: Role | None
    session: Session | None
    template: str
    is_wrong: bool = False
    sessions: tuple[Session, ...] = ()


def caller_of(request: Request) -> Caller:
    """Tell who asks, as the guard found it."""
    caller: Caller = request.scope[CALLER]
    return caller


async def slowed_answer(web: Web, scope: Scope) -> Response | None:
    """
    Count a wrong token, and hold the answer back where there were many of late.

    The token has been looked at before: a right one is never slowed, by nobody's guesses. What is held back keeps
    nothing from others, for its connection is the first to go when places run out.

    Parameters
    ----------
    web
        What is shared.
    scope
        Of the request.

    Returns
    -------
    The answer, after a while; None: there were few, and it may be said at once.
    """
    source = source_of_caller(scope, behind_proxy=web.behind_proxy)
    wait_s = web.failures.wait_s(source)
    web.failures.add(source)
    if not wait_s:
        return None
    link = scope.get(LINK)
    try:
        async with asyncio.timeout(web.limits.slowed_s):
            await (asyncio.Event() if link is None else link.gone).wait()
    except TimeoutError:
        pass
    return error_response(429, WRONG_TOKENS, wait_s=wait_s)


def source_of_caller(scope: Scope, *, behind_proxy: bool) -> str:
    """Tell where a request comes from, as its wrong tokens are counted."""
    if not behind_proxy:
        client = scope.get("client")
        return source_of(client[0]) if client else UNKNOWN_SOURCE
    # The last one is what our own proxy saw; those before it are what it was told.
    said = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return source_of(said[-1].decode("latin-1").rpartition(",")[2]) if said else UNKNOWN_SOURCE


class WatchedSend:
    """
    The way back: adds headers, and keeps in mind what was answered.

    Parameters
    ----------
    send
        The server's.
    https_only
        A browser is told to come by https from now on.
    """

    def __init__(self, send: Send, *, https_only: bool = False) -> None:
        self._send, self._https_only = send, https_only
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        """Pass a message back."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = with_headers(message.get("headers", ()), https_only=self._https_only)
            message = {**message, "headers": headers}
        await self._send(message)


class Body:
    """
    The way in: ends where a body grows too long, or takes too long.

    Parameters
    ----------
    receive
        The server's.
    most
        Bytes of a body.
    patience_s
        How long the whole body may take. [s]
    """

    def __init__(self, receive: Receive, *, most: int, patience_s: float) -> None:
        self._receive, self._left, self._patience_s = receive, most, patience_s
        self._whole = False
        self._ends_s: float | None = None

    async def __call__(self) -> Message:
        """Pass a message in."""
        if self._whole:  # what is waited for now is the caller's leaving
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._ends_s = self._ends_s or loop.time() + self._patience_s
        try:
            async with asyncio.timeout_at(self._ends_s):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The body took too long to come.") from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        if self._left < 0:
            raise too_long()
        return message


class Templates:
    """
    The templates of paths.

    Parameters
    ----------
    routes
        Of the application.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        every = [(r.path, r.path_regex) for r in routes if isinstance(r, Route)]
        self._plain = frozenset(path for path, _ in every if "{" not in path)
        self._shaped = [(path, regex) for path, regex in every if "{" in path]

    def of(self, path: str) -> str:
        """Give the template of a path."""
        if path in self._plain:
            return path
        return next((template for template, regex in self._shaped if regex.match(path)), UNKNOWN_PATH)


def may(role: Role, method: str, template: str) -> bool:
    """
    Tell whether a role may do this.

    What is not named here is an operator's: a new route that changes something is closed to the others.
    """
    if role is Role.FEED:
        return method == "POST" and template == "/api/events"
    return method in READING or template == "/logout" or role is Role.OPERATOR


class Guard:
    """
    Judges every request before the application sees it, and writes down what came of it.

    Parameters
    ----------
    app
        The application.
    web
        Who is known, how much is taken, and where it is written down.
    allowed_hosts
        Names under which the service may be asked for.
    login
        Makes the answer to someone unknown who asks for the page.
    templates
        Of the application's paths.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        web: Web,
        allowed_hosts: Collection[str],
        login: Callable[[], Response],
        templates: Templates,
    ) -> None:
        self._app, self._web, self._tokens, self._sessions = app, web, web.tokens, web.sessions
        self._hosts = frozenset(name.lower().rstrip(".") for name in allowed_hosts)
        self._secure, self._limits, self._log, self._login = web.secure, web.limits, web.log, login
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request, and see it to its end."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = time.perf_counter()
        method = scope["method"]
        headers = _headers(scope)
        caller = self._caller(scope, headers)
        scope[CALLER] = caller
        link = scope.get(LINK)
        if link is not None:
            link.role = caller.role
        answer = WatchedSend(send, https_only=self._secure and not is_loopback(host_name(headers.get("host", ""))))
        body = Body(receive, most=self._limits.body_bytes, patience_s=self._limits.body_s)
        status = LEFT
        try:
            refused = self._refusal(method, caller, headers)
            if caller.is_wrong and caller.template != "/login":  # there the body says it
                refused = await slowed_answer(self._web, scope) or refused
            await (self._app(scope, body, answer) if refused is None else refused(scope, receive, answer))
            status = answer.status or LEFT
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001 - it is written down here, without what it says
            status = await self._fault(error, scope, receive, answer)
        finally:
            role = caller.role or "-"
            known = method if method in METHODS else "OTHER"
            self._log.access(known, caller.template, status, took_s=time.perf_counter() - began_s, role=role)

    async def _fault(self, error: Exception, scope: Scope, receive: Receive, answer: WatchedSend) -> int:
        fault_id = self._log.fault(error, f"answering {scope[CALLER].template}")
        if isinstance(error, StoreError) and answer.status is None:
            await error_response(503, AWAY, wait_s=AWAY_S, fault=fault_id)(scope, receive, answer)
            return 503
        if answer.status is None:
            await error_response(500, "Something went wrong here.", fault=fault_id)(scope, receive, answer)
        return 500

    def _caller(self, scope: Scope, headers: Mapping[str, str]) -> Caller:
        template = self._templates.of(scope["path"])
        said = headers.get("authorization")
        if said is not None:
            kind, _, token = said.partition(" ")
            role = self._tokens.role_of(token.strip()) if kind.lower() == "bearer" else None
            return Caller(role, None, template, role is None and kind.lower() == "bearer", self._known(headers))
        sessions = self._known(headers)
        if sessions:
            return Caller(sessions[0].role, sessions[0], template, sessions=sessions)
        return Caller(None, None, template)

    def _known(self, headers: Mapping[str, str]) -> tuple[Session, ...]:
        found = (self._sessions.find(session_id) for session_id in _cookies(headers.get("cookie", "")))
        return tuple(session for session in found if session is not None)

    def _refusal(self, method: str, caller: Caller, headers: Mapping[str, str]) -> Response | None:
        """Say no, if it is no."""
        if host_name(headers.get("host", "")) not in self._hosts:
            return error_response(403, "Forbidden: the service is not known under this host name.")
        alone = method in READING and caller.template != "/api/stream"
        if not alone and not same_origin(headers, secure=self._secure):
            return error_response(403, "Forbidden: the request comes from another site.")
        logs_in = method == "POST" and caller.template == "/login"
        if not logs_in and caller.role is None:
            return self._login() if method in READING and caller.template == "/" else error_response(403, REFUSED)
        if not logs_in and caller.role is not None and not may(caller.role, method, caller.template):
            return error_response(403, f"Forbidden: not for the role {caller.role}.")
        return self._body_refusal(method, headers)

    def _body_refusal(self, method: str, headers: Mapping[str, str]) -> Response | None:
        said = headers.get("content-length", "0")
        if not said.isdecimal() or len(said) > 15 or int(said) > self._limits.body_bytes:
            return refusal_of(too_long())
        if method in READING and ("transfer-encoding" in headers or int(said)):
            return error_response(400, "A request that reads has no body.")
        return None


def _headers(scope: Scope) -> dict[str, str]:
    """Give the headers by name; a Host or Authorization said twice is as good as none."""
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in headers and name == "cookie":
            headers[name] += "; " + value.decode("latin-1")
        elif name in headers and name in {"host", "authorization", "origin", "content-length"}:
            headers[name] = "?"
        else:
            headers[name] = value.decode("latin-1")
    return headers


def _cookies(said: str, *, most: int = 50) -> list[str]:
    """Give the values of our cookie; another page of this host may have set many of the same name to hide it."""
    pairs = (part.strip().partition("=") for part in said.split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:most]
