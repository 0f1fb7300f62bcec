"""Routes of the page itself: the page, what it loads, and logging in and out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002 - read at run time by FastAPI
from starlette.responses import RedirectResponse, Response

from fireplan.live._web.access import CALLER, REFUSED, told
from fireplan.live._web.sessions import COOKIE
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fireplan.live._desk.interfaces import DeskLike
    from fireplan.live._web.access import Caller
    from fireplan.live._web.limits_and_headers import Failures, Limits
    from fireplan.live._web.logs import Log
    from fireplan.live._web.page_files import PageFiles
    from fireplan.live._web.sessions import Sessions
    from fireplan.live._web.streaming import Hub
    from fireplan.live._web.tokens import Tokens

LONGEST_LOGIN_BYTES = 4096
UNKNOWN_ADDRESS = "unknown"


@dataclass(frozen=True, slots=True)
class Web:
    """
    What the routes share.

    Attributes
    ----------
    desk
        Where events go, and the state comes from.
    tokens, sessions, failures
        Who is known, and who tried to be.
    hub
        The streams.
    files
        The page.
    limits
        How much is taken.
    log
        Where it is written down.
    secure
        Cookies are for https only.
    behind_proxy
        Callers are told apart by what the proxy says of them.
    kept
        What is made once and kept: the docs page.
    """

    desk: DeskLike
    tokens: Tokens
    sessions: Sessions
    failures: Failures
    hub: Hub
    files: PageFiles
    limits: Limits
    log: Log
    secure: bool
    behind_proxy: bool = False
    kept: dict[str, Any] = field(default_factory=dict)


class PageRoutes:
    """
    The routes.

    Parameters
    ----------
    web
        What they share.
    """

    def __init__(self, web: Web) -> None:
        self._web = web

    def add_to(self, app: FastAPI) -> None:
        """Add them to an application."""
        hidden: dict[str, Any] = {"include_in_schema": False, "response_model": None}
        app.add_api_route("/", self.page, methods=["GET", "HEAD"], **hidden)
        app.add_api_route("/assets/{name:path}", self.asset, methods=["GET", "HEAD"], **hidden)
        app.add_api_route(
            "/login",
            self.login,
            methods=["POST"],
            response_model=None,
            tags=["session"],
            summary="Log a browser in",
            description="A right token sets the cookie of a session, which lasts 12 hours. After ten wrong tokens in "
            "a minute nothing is compared any more until the minute has passed.",
            responses={
                200: {"description": "Logged in: the cookie is set (303 to the page, if a form was sent)."},
                403: {"description": "Not a token of a viewer or an operator."},
                429: {"description": "Too many wrong tokens: wait as long as Retry-After says."},
            },
            openapi_extra=LOGIN_BODY,
        )
        app.add_api_route(
            "/logout",
            self.logout,
            methods=["POST"],
            response_model=None,
            status_code=204,
            tags=["session"],
            summary="Log a browser out",
            description="The session and all of its streams end.",
        )

    async def page(self) -> Response:
        """Give the page."""
        return Response(self._web.files.index, media_type="text/html")

    async def asset(self, request: Request, name: str) -> Response:
        """Give a file that the page loads."""
        asset = self._web.files.assets.get(name)
        if asset is None:
            raise HTTPException(404)
        headers = {"etag": asset.tag, "cache-control": "private, no-cache"}
        if request.headers.get("if-none-match") == asset.tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, headers=headers | {"content-type": asset.kind})

    async def login(self, request: Request) -> Response:
        """Begin a session, if the token is right."""
        web = self._web
        address = self._address(request)
        wait_s = web.failures.wait_s(address)
        if wait_s:
            return told(429, "Too many wrong tokens: wait a little.", wait_s=wait_s)
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        role = web.tokens.role_of(await _token_said(request, is_form=is_form))
        if role not in {Role.VIEWER, Role.OPERATOR}:
            web.failures.add(address)
            return self.login_form() if is_form else told(403, REFUSED)
        former = caller_of(request).session
        if former is not None:
            web.sessions.end(former.key)
        answer: Response = (
            RedirectResponse("/", 303)
            if is_form
            else Response(json.dumps({"role": role}), media_type="application/json")
        )
        answer.set_cookie(
            COOKIE,
            web.sessions.begin(role),
            max_age=int(web.sessions.lasts_s),
            path="/",
            httponly=True,
            samesite="strict",
            secure=web.secure,
        )
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session."""
        session = caller_of(request).session
        if session is not None:
            self._web.sessions.end(session.key)
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=self._web.secure)
        return answer

    def login_form(self) -> Response:
        """Answer that a token is needed, with a form for it."""
        files = self._web.files
        headers = {"content-security-policy": files.login_policy}
        return Response(files.login, 403, headers=headers, media_type="text/html")

    def _address(self, request: Request) -> str:
        if self._web.behind_proxy:
            # The last one is what our own proxy saw; those before it are what it was told.
            said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return said[:64] or UNKNOWN_ADDRESS
        return request.client.host if request.client else UNKNOWN_ADDRESS


def caller_of(request: Request) -> Caller:
    """Tell who asks, as the guard found it."""
    caller: Caller = request.scope[CALLER]
    return caller


async def body_of(request: Request, *, most: int) -> bytes:
    """Read a small body; longer than `most` bytes it is an error."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, "The body is too long.")
    return body


async def _token_said(request: Request, *, is_form: bool) -> str:
    body = await body_of(request, most=LONGEST_LOGIN_BYTES)
    try:
        if is_form:
            return parse_qs(body.decode(), max_num_fields=4).get("token", [""])[0].strip()
        said = json.loads(body)
        token = said.get("token") if isinstance(said, dict) else None
        return token.strip() if isinstance(token, str) else ""
    except (ValueError, RecursionError):
        return ""


TOKEN_BODY = {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}}
LOGIN_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": TOKEN_BODY} for kind in ("application/json", "application/x-www-form-urlencoded")},
    },
    "security": [],
}
