"""Routes that change something: events, moves, alerts that were seen, the clock of a replay."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002 - read at run time by FastAPI
from starlette.responses import Response

from fireplan.live._web.access import told
from fireplan.live._web.bodies import JSON, LINES, Posted, read_posted, refused
from fireplan.live._web.event_schema import event_schema
from fireplan.live._web.routes_page import body_of, caller_of
from fireplan.live._web.streaming import as_json
from fireplan.operations._events.event import Event

if TYPE_CHECKING:
    from fastapi import FastAPI

    from fireplan.live._desk.interfaces import Receipt
    from fireplan.live._web.routes_page import Web

LONG_BODY_BYTES = 64 * 1024
"""A longer body is read in a thread, so that nothing else waits for it."""

SMALL_BODY_BYTES = 4096
COMMIT_S = 30.0
AGAIN_S = 2
SLOWEST, FASTEST = 0.1, 3600.0
LONGEST_KEY = 200
SAME_ID = ("same_id_other_content", "an event of this id is known with other content: the first one stays")
NOT_KEPT = "The store cannot take events now; nothing of this was acknowledged. Send it again."


class PostingRoutes:
    """
    The routes.

    Parameters
    ----------
    web
        What they share.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._long = asyncio.Semaphore(1)

    def add_to(self, app: FastAPI) -> None:
        """Add them to an application."""
        shared: dict[str, Any] = {"methods": ["POST"], "response_model": None, "tags": ["posting"]}
        app.add_api_route(
            "/api/events",
            self.events,
            summary="Post events",
            description=POST_EVENTS,
            responses=EVENT_ANSWERS,
            openapi_extra=_body(event_schema(), lines=True),
            **shared,
        )
        app.add_api_route(
            "/api/moves",
            self.move,
            summary="Order a move-up",
            description="Records that a unit is to stand by at another station, as a `unit.moved_up` event of now.",
            responses=EVENT_ANSWERS,
            openapi_extra=_body(_object(unit_id={"type": "string"}, station_id={"type": "string"})),
            **shared,
        )
        app.add_api_route(
            "/api/alerts/{key:path}/acknowledge",
            self.acknowledge,
            summary="Note that an alert was seen",
            responses={404: {"description": "There is no such alert now."}},
            **shared,
        )
        speed = {"type": "number", "minimum": SLOWEST, "maximum": FASTEST}
        app.add_api_route(
            "/api/replay",
            self.replay,
            summary="Play a replay faster, slower, or not at all",
            description="Either may be left out, and stays as it is.",
            responses={409: {"description": "The feed is live: it has no speed."}},
            openapi_extra=_body({"type": "object", "properties": {"speed": speed, "paused": {"type": "boolean"}}}),
            **shared,
        )

    async def events(self, request: Request) -> Response:
        """Take events in, and answer when they are durable."""
        received_us = time.time_ns() // 1000
        kind = request.headers.get("content-type", "")
        body = await request.body()
        limits = self._web.limits
        if len(body) <= LONG_BODY_BYTES:
            posted = read_posted(body, kind, received_us=received_us, limits=limits)
        else:
            async with self._long:
                posted = await asyncio.to_thread(read_posted, body, kind, received_us=received_us, limits=limits)
        if not posted.events and not posted.refusals:
            return _json({"new": 0, "duplicates": 0, "refused": []})
        receipt = await self._kept(posted)
        return _json(_answer(posted, receipt)) if receipt else told(503, NOT_KEPT, wait_s=AGAIN_S)

    async def move(self, request: Request) -> Response:
        """Record a move-up."""
        said = await _object_said(request)
        unit_id, station_id = said.get("unit_id"), said.get("station_id")
        state = await asyncio.to_thread(self._web.desk.snapshot)
        if unit_id not in [unit["unit_id"] for unit in state["units"]]:
            return told(422, "There is no such unit.")
        if station_id not in [station["station_id"] for station in self._web.desk.ground["stations"]]:
            return told(422, "There is no such station.")
        now_us = int(state["now"]) * 1000
        name = f"move-{secrets.token_hex(8)}"
        event = Event(name, now_us, "unit.moved_up", now_us, unit_id=unit_id, station_id=station_id)
        posted = Posted([event], [0], [], [])
        receipt = await self._kept(posted)
        return _json({**_answer(posted, receipt), "event_id": name}) if receipt else told(503, NOT_KEPT, wait_s=AGAIN_S)

    async def acknowledge(self, request: Request, key: str) -> Response:
        """Note that an alert was seen."""
        who = caller_of(request).role
        if len(key) > LONGEST_KEY or not await asyncio.to_thread(self._web.desk.acknowledge, key, str(who)):
            return told(404, "There is no such alert now.")
        return _json({"acknowledged": True})

    async def replay(self, request: Request) -> Response:
        """Set the clock of a replay."""
        control = self._web.desk.replay
        if control is None:
            return told(409, "The feed is live: only a replay has a speed.")
        said = await _object_said(request)
        speed, paused = said.get("speed"), said.get("paused")
        if speed is not None and not _is_speed(speed):
            return told(422, f"speed is no number from {SLOWEST:g} to {FASTEST:g}.")
        if paused is not None and not isinstance(paused, bool):
            return told(422, "paused is neither true nor false.")
        await asyncio.to_thread(control.change, speed=None if speed is None else float(speed), paused=paused)
        return _json({"speed": speed, "paused": paused})

    async def _kept(self, posted: Posted) -> Receipt | None:
        """Hand events to the desk, and wait until they are durable; None: they are not."""
        try:
            handed = asyncio.wrap_future(self._web.desk.submit(posted.events, posted.refusals))
            async with asyncio.timeout(COMMIT_S):
                # Whoever waits here may be called off; what was handed in may not.
                return await asyncio.shield(handed)
        except Exception as error:  # noqa: BLE001 - whatever it was: nothing is acknowledged
            self._web.log.fault(error, "keeping events")
            return None


def _answer(posted: Posted, receipt: Receipt) -> dict[str, Any]:
    """Say what became of each."""
    conflicting = set(receipt.conflicts)
    # The last one of an id in a batch is the one that was set aside.
    place_of = {e.event_id: place for e, place in zip(posted.events, posted.places, strict=True)} if conflicting else {}
    found = [refused(place_of.get(event_id, 0), event_id, *SAME_ID) for event_id in receipt.conflicts]
    every = sorted([*posted.refused, *found], key=lambda said: said["index"])
    return {"new": receipt.new, "duplicates": receipt.duplicates, "refused": every, "row": receipt.row}


def _json(said: dict[str, Any]) -> Response:
    """Answer; an error if there was something, and none of it could be used."""
    useless = bool(said.get("refused")) and not said["new"] and not said["duplicates"]
    return Response(as_json(said), 422 if useless else 200, media_type="application/json")


async def _object_said(request: Request) -> dict[str, Any]:
    """Read a small JSON object."""
    if not request.headers.get("content-type", JSON).lower().startswith(JSON):
        raise HTTPException(415, f"Send {JSON}: say so in Content-Type.")
    try:
        said = json.loads(await body_of(request, most=SMALL_BODY_BYTES))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise HTTPException(422, "The body is no JSON object.")
    return said


def _is_speed(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return SLOWEST <= value <= FASTEST  # neither NaN nor infinity is, and a whole number may have any length


def _object(**properties: object) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _body(schema: dict[str, Any], *, lines: bool = False) -> dict[str, Any]:
    """Describe a body for OpenAPI: an object, and where lines are taken also an array and lines of it."""
    one_or_more = {"oneOf": [schema, {"type": "array", "items": schema}]}
    content: dict[str, Any] = {JSON: {"schema": one_or_more if lines else schema}}
    if lines:
        content[LINES] = {"schema": {"type": "string", "description": "One such object a line."}}
    return {"requestBody": {"required": True, "content": content}}


POST_EVENTS = (
    "One object, a JSON array of them, or lines of them. The answer comes when they are durable. An event that was "
    "sent before changes nothing, so whoever got no answer sends again. `refused` names what was set aside and why; "
    "`row` is how many events are kept, and an update whose `upto` is as great shows these."
)
EVENT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Durable. Some may have been set aside: see `refused`."},
    413: {"description": "Too long, or too many at once."},
    415: {"description": "Neither JSON nor lines of JSON."},
    422: {"description": "Nothing of it could be used; `refused` says why."},
    503: {"description": "Not kept, and not acknowledged: send again after Retry-After."},
}
