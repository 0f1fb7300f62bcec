"""What stands in front of every route: nothing passes it without a token, a host and an origin that are known."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from fireplan.live._web.error_responses import REFUSED, error_response, refusal_of, too_long
from fireplan.live._web.limits_and_headers import host_name, same_origin, with_headers
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
    """

    role: Role | None
    session: Session | None
    template: str


def caller_of(request: Request) -> Caller:
    """Tell who asks, as the guard found it."""
    caller: Caller = request.scope[CALLER]
    return caller


class WatchedSend:
    """
    The way back: adds headers, and keeps in mind what was answered.

    Parameters
    ----------
    send
        The server's.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        """Pass a message back."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": with_headers(message.get("headers", ()))}
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
        self._app, self._tokens, self._sessions = app, web.tokens, web.sessions
        self._hosts = frozenset(name.lower().rstrip(".") for name in allowed_hosts)
        self._secure, self._limits, self._log, self._login = web.secure, web.limits, web.log, login
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request, and see it to its end."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, WatchedSend(send))
        else:  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, answer: WatchedSend) -> None:
        began_s = time.perf_counter()
        method = scope["method"]
        headers = _headers(scope)
        caller = self._caller(scope, headers)
        scope[CALLER] = caller
        body = Body(receive, most=self._limits.body_bytes, patience_s=self._limits.body_s)
        status = LEFT
        try:
            refused = self._refusal(method, caller, headers)
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
        if answer.status is None:
            await error_response(500, "Something went wrong here.", fault=fault_id)(scope, receive, answer)
        return 500

    def _caller(self, scope: Scope, headers: Mapping[str, str]) -> Caller:
        template = self._templates.of(scope["path"])
        said = headers.get("authorization")
        if said is not None:
            kind, _, token = said.partition(" ")
            role = self._tokens.role_of(token.strip()) if kind.lower() == "bearer" else None
            return Caller(role, None, template)
        for session_id in _cookies(headers.get("cookie", "")):
            session = self._sessions.find(session_id)
            if session is not None:
                return Caller(session.role, session, template)
        return Caller(None, None, template)

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
        said = headers.get("content-length", "0")
        if not said.isdecimal() or len(said) > 15 or int(said) > self._limits.body_bytes:
            return refusal_of(too_long())
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


def _cookies(said: str, *, most: int = 4) -> list[str]:
    """Give the values of our cookie; another page of this host may have set one of the same name."""
    pairs = (part.strip().partition("=") for part in said.split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:most]
