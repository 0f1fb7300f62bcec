"""What may be asked of the service beside events: small bodies and queries, each a model that also describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

JSON, LINES, FORM = "application/json", "application/x-ndjson", "application/x-www-form-urlencoded"
SMALL_BODY_BYTES = 4096
SLOWEST, FASTEST = 0.1, 3600.0
LATEST_MS = 2**43

Text = Annotated[str, Field(strict=True)]
Instant = Annotated[int | None, Field(ge=0, le=LATEST_MS, description="Milliseconds since 1970, UTC.")]
Asked = TypeVar("Asked", bound=BaseModel)


class LoginRequest(BaseModel):
    """A browser's log-in."""

    token: Text


class MoveRequest(BaseModel):
    """An order to stand by elsewhere."""

    unit_id: Text
    station_id: Text


class PaceRequest(BaseModel):
    """How a replay is to go on; what is left out stays as it is."""

    speed: Annotated[float | None, Field(strict=True, ge=SLOWEST, le=FASTEST, allow_inf_nan=False)] = None
    paused: Annotated[bool | None, Field(strict=True)] = None


class MomentQuery(BaseModel):
    """A moment of the past, or now."""

    at: Instant = None


class SpanQuery(BaseModel):
    """A span of time, open where a side is left out."""

    start: Instant = None
    end: Instant = None


async def said_in(request: Request, model: type[Asked]) -> Asked:
    """
    Read a small JSON body.

    Parameters
    ----------
    request
        With the body.
    model
        What it should be.

    Raises
    ------
    HTTPException
        415 for another media type; 413 if it is long; 422 for anything else, naming the fields, not what they held.
    """
    if not request.headers.get("content-type", JSON).lower().startswith(JSON):
        raise HTTPException(415, f"Send {JSON}: say so in Content-Type.")
    try:
        return model.model_validate_json(await small_body(request))
    except ValidationError as error:
        raise HTTPException(422, _why(error, "The body is no JSON object.")) from None


def asked_in(request: Request, model: type[Asked]) -> Asked:
    """Read a query, as `said_in` reads a body."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise HTTPException(422, f"{_why(error, '')} Instants are whole milliseconds since 1970.") from None


async def small_body(request: Request) -> bytes:
    """Read a small body; a longer one is an error."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > SMALL_BODY_BYTES:
            raise HTTPException(413, "The body is too long.")
    return body


def _why(error: ValidationError, otherwise: str) -> str:
    """Name the fields and what they should be; an error's own text would repeat what was said."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{fault['loc'][0]}: {fault['msg'][0].lower()}{fault['msg'][1:]}." for fault in faults if fault["loc"]]
    return f"Not usable: {' '.join(named)}" if named else otherwise
