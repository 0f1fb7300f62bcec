"""Answers that say no, in our own words."""

from __future__ import annotations

import json

from starlette.exceptions import HTTPException
from starlette.responses import Response

REFUSED = "Forbidden: a token is needed."


def error_response(status: int, error: str, *, wait_s: int | None = None, **more: object) -> Response:
    """
    Answer with an error, as JSON.

    Parameters
    ----------
    status
        Of HTTP.
    error
        What is wrong, in our own words.
    wait_s
        When to come again, if that helps. [s]
    more
        Other members of the object.
    """
    # Whatever of the body has not been read is not waited for.
    headers = {"connection": "close"} if status in {400, 403, 408, 413, 429} else {}
    if wait_s is not None:
        headers["retry-after"] = str(wait_s)
    body = json.dumps({"error": error, **more}).encode()
    return Response(body, status, headers=headers, media_type="application/json")


def refusal_of(error: HTTPException) -> Response:
    """Answer with an error that was raised."""
    return error_response(error.status_code, str(error.detail))


def too_long() -> HTTPException:
    """Make the error of a body that is too long."""
    return HTTPException(413, "The body is too long: send less at once.")
