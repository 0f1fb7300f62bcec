"""Routes that change something: events, moves, alerts that were seen, the clock of a replay."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from fireplan.live._web.access import caller_of
from fireplan.live._web.bodies import Posted, read_posted, refused
from fireplan.live._web.error_responses import error_response
from fireplan.live._web.event_schema import event_schema
from fireplan.live._web.openapi import Door, schema_of
from fireplan.live._web.request_models import JSON, LINES, MoveRequest, PaceRequest, said_in
from fireplan.live._web.streaming import as_json
from fireplan.operations._events.event import Event

if TYPE_CHECKING:
    from starlette.requests import Request

    from fireplan.live._desk.interfaces import Receipt
    from fireplan.live._web.service_context import Web

LONG_BODY_BYTES = 64 * 1024
"""A longer body is read in a thread, so that nothing else waits for it."""

COMMIT_S = 30.0
AGAIN_S = 2
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

    def routes(self) -> list[Door]:
        """Give them."""
        event = event_schema()
        one_or_more = {"oneOf": [event, {"type": "array", "items": event}]}
        lines = {"type": "string", "description": "One such object a line."}
        return [
            Door(
                "POST",
                "/api/events",
                self.events,
                "Post events",
                description=POST_EVENTS,
                answers=EVENT_ANSWERS,
                body={JSON: one_or_more, LINES: lines},
            ),
            Door(
                "POST",
                "/api/moves",
                self.move,
                "Order a move-up",
                description="Records that a unit is to stand by at another station, as a `unit.moved_up` event of now.",
                answers=EVENT_ANSWERS,
                body={JSON: schema_of(MoveRequest)},
            ),
            Door(
                "POST",
                "/api/alerts/{key:path}/acknowledge",
                self.acknowledge,
                "Note that an alert was seen",
                answers={404: "There is no such alert now."},
            ),
            Door(
                "POST",
                "/api/replay",
                self.replay,
                "Play a replay faster, slower, or not at all",
                description="Either may be left out, and stays as it is.",
                answers={409: "The feed is live: it has no speed."},
                body={JSON: schema_of(PaceRequest)},
            ),
        ]

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
        return _json(_answer(posted, receipt)) if receipt else error_response(503, NOT_KEPT, wait_s=AGAIN_S)

    async def move(self, request: Request) -> Response:
        """Record a move-up."""
        asked = await said_in(request, MoveRequest)
        unit_id, station_id = asked.unit_id, asked.station_id
        state = await asyncio.to_thread(self._web.desk.snapshot)
        if unit_id not in [unit["unit_id"] for unit in state["units"]]:
            return error_response(422, "There is no such unit.")
        if station_id not in [station["station_id"] for station in self._web.desk.ground["stations"]]:
            return error_response(422, "There is no such station.")
        now_us = int(state["now"]) * 1000
        name = f"move-{secrets.token_hex(8)}"
        event = Event(name, now_us, "unit.moved_up", now_us, unit_id=unit_id, station_id=station_id)
        posted = Posted([event], [0], [], [])
        receipt = await self._kept(posted)
        return (
            _json({**_answer(posted, receipt), "event_id": name})
            if receipt
            else error_response(503, NOT_KEPT, wait_s=AGAIN_S)
        )

    async def acknowledge(self, request: Request) -> Response:
        """Note that an alert was seen."""
        key, who = request.path_params["key"], caller_of(request).role
        if len(key) > LONGEST_KEY or not await asyncio.to_thread(self._web.desk.acknowledge, key, str(who)):
            return error_response(404, "There is no such alert now.")
        return _json({"acknowledged": True})

    async def replay(self, request: Request) -> Response:
        """Set the clock of a replay."""
        control = self._web.desk.replay
        if control is None:
            return error_response(409, "The feed is live: only a replay has a speed.")
        asked = await said_in(request, PaceRequest)
        await asyncio.to_thread(control.change, speed=asked.speed, paused=asked.paused)
        return _json(asked.model_dump())

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
    return Response(as_json(said), 422 if useless else 200, media_type=JSON)


POST_EVENTS = (
    "One object, a JSON array of them, or lines of them. The answer comes when they are durable. An event that was "
    "sent before changes nothing, so whoever got no answer sends again. `refused` names what was set aside and why; "
    "`row` is how many events are kept, and an update whose `upto` is as great shows these."
)
EVENT_ANSWERS = {
    200: "Durable. Some may have been set aside: see `refused`.",
    413: "Too long, or too many at once.",
    415: "Neither JSON nor lines of JSON.",
    422: "Nothing of it could be used; `refused` says why.",
    503: "Not kept, and not acknowledged: send again after Retry-After.",
}
