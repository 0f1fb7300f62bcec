"""Routes of the page itself: the page, what it loads, and logging in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from fireplan.live._web.access import caller_of, slowed_answer
from fireplan.live._web.error_responses import REFUSED, error_response
from fireplan.live._web.openapi import Door, schema_of
from fireplan.live._web.request_models import FORM, JSON, LoginRequest, small_body
from fireplan.live._web.sessions import COOKIE
from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from starlette.requests import Request

    from fireplan.live._web.service_context import Web


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

    def routes(self) -> list[Door]:
        """Give them."""
        return [
            Door("GET HEAD", "/", self.page),
            Door("GET HEAD", "/assets/{name:path}", self.asset),
            Door(
                "POST",
                "/login",
                self.login,
                "Log a browser in",
                description="A right token sets the cookie of a session, which lasts 12 hours, at any time. After ten "
                "wrong tokens in a minute from one source, and sixty from all, the answer to a wrong one is held back.",
                answers={
                    200: "Logged in: the cookie is set (303 to the page, if a form was sent).",
                    403: "Not a token of a viewer or an operator.",
                    429: "Too many wrong tokens: wait as long as Retry-After says.",
                },
                body=dict.fromkeys((JSON, FORM), schema_of(LoginRequest)),
                is_open=True,
            ),
            Door(
                "POST",
                "/logout",
                self.logout,
                "Log a browser out",
                description="The session and all of its streams end.",
                gives=None,
            ),
        ]

    async def page(self, _request: Request) -> Response:
        """Give the page."""
        return Response(self._web.files.index, media_type="text/html")

    async def asset(self, request: Request) -> Response:
        """Give a file that the page loads."""
        asset = self._web.files.assets.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {"etag": asset.tag, "cache-control": "private, no-cache"}
        if request.headers.get("if-none-match") == asset.tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, headers=headers | {"content-type": asset.kind})

    async def login(self, request: Request) -> Response:
        """Begin a session, if the token is right."""
        web = self._web
        is_form = request.headers.get("content-type", "").startswith(FORM)
        role = web.tokens.role_of(await _token_said(request, is_form=is_form))
        if role not in {Role.VIEWER, Role.OPERATOR}:
            slowed = await slowed_answer(web, request.scope) if role is None else None
            return slowed or (self.login_form() if is_form else error_response(403, REFUSED))
        for former in caller_of(request).sessions:  # whatever this browser was before, it is no more
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


async def _token_said(request: Request, *, is_form: bool) -> str:
    body = await small_body(request)
    try:
        if is_form:
            return parse_qs(body.decode(), max_num_fields=4).get("token", [""])[0].strip()
        return LoginRequest.model_validate_json(body).token.strip()
    except ValueError:
        return ""
