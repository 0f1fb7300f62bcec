"""The event, described for those who send it: a JSON schema made from the rules that check it."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from fireplan.operations import live_state
from fireplan.operations._events.event import (
    ASSIGNED,
    INCIDENT_TYPES,
    LONGEST_ID,
    LONGEST_TEXT,
    MOST_AHEAD_S,
    MOST_SEQ,
    TYPES,
    UNIT_TYPES,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
STAMP = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$"

MEANING = {
    "heartbeat": "Nothing happened; the feed is there.",
    "incident.created": "A call was taken. Its place and type may follow.",
    "incident.updated": "Something of a call was set right.",
    "incident.closed": "All is done.",
    "unit.dispatched": "The unit was alarmed.",
    "unit.enroute": "It began to drive.",
    "unit.staged": "It waits near the scene.",
    "unit.arrived": "It is on the scene.",
    "unit.transporting": "It takes a patient away.",
    "unit.at_hospital": "It is at the hospital.",
    "unit.cancelled": "It was called off before it was needed.",
    "unit.cleared": "It is free, and on the road.",
    "unit.in_quarters": "It is free, and at its station.",
    "unit.out_of_service": "It cannot be sent.",
    "unit.in_service": "It can be sent again.",
    "unit.moved_up": "It stands by at the station `station_id`.",
    "unit.position": "It is at `latitude`, `longitude`.",
}
"""What each type of event says."""

EXAMPLES: tuple[dict[str, Any], ...] = (
    {
        "event_id": "cad-1001",
        "seq": 1001,
        "ts": "2025-07-01T08:15:30-07:00",
        "type": "incident.created",
        "incident_id": "25-004711",
        "latitude": 33.12,
        "longitude": -127.31,
        "call_type": "STRUCTURE FIRE",
        "priority": "1",
        "address": "7400 BLOCK MAIN ST",
    },
    {
        "event_id": "cad-1002",
        "seq": 1002,
        "ts": "2025-07-01T08:15:52-07:00",
        "type": "unit.dispatched",
        "incident_id": "25-004711",
        "unit_id": "E1",
    },
    {"event_id": "cad-1003", "seq": 1003, "ts": "2025-07-01T15:16:00Z", "type": "heartbeat"},
)


def event_schema() -> dict[str, Any]:
    """
    Describe an event.

    Returns
    -------
    A JSON schema (2020-12). It holds what one event can be checked for on its own; what depends on the clock that
    receives it, or on other events, stands in the descriptions.
    """
    return {
        "$schema": DIALECT,
        "title": "Event of a dispatch feed",
        "description": "What a dispatch system said happened. Keys that are not named here are not kept.",
        "type": "object",
        "required": ["event_id", "ts", "type"],
        "properties": _properties(),
        "allOf": [
            _needs((*INCIDENT_TYPES, *ASSIGNED), "incident_id"),
            _needs(UNIT_TYPES, "unit_id"),
            _needs(("unit.moved_up",), "station_id"),
            _needs(("unit.position",), "latitude", "longitude"),
        ],
        "anyOf": [_place("number", needed=True), _place("null", needed=False)],
        "examples": list(EXAMPLES),
    }


def state_schema() -> dict[str, Any]:
    """
    Describe what is sent.

    Returns
    -------
    A JSON schema (2020-12) of the state, of its updates and of the ground: what GET /api/state, the messages of
    GET /api/stream and GET /api/ground give. No key but those named is sent. Made from `operations.live_state`.
    """
    sent = (live_state.State, live_state.Update, live_state.Ground)
    asked = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in sent]
    _, made = TypeAdapter.json_schemas(asked, schema_generator=_Plain)  # type: ignore[arg-type]
    for name, meant in _meanings().items():
        for key, said in made["$defs"].get(name, {"properties": {}})["properties"].items():
            said["description"] = meant.get(key) or said["description"]
    return {
        "$schema": DIALECT,
        "title": "What the live view sends",
        "description": "Instants are milliseconds since 1970, UTC; places are longitude and latitude, WGS 84; null is "
        "what is not known.",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in sent],
        "$defs": made["$defs"],
    }


class _Plain(GenerateJsonSchema):
    """Without a title for each key: it would be the key again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - as there
        """Say no."""
        return False


def _meanings() -> dict[str, dict[str, str]]:
    """Read what each key means from the words under it; pydantic's reading leaves out what a type inherits."""
    read: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(live_state)).body:
        if isinstance(node, ast.ClassDef):
            meant = read[node.name] = {}
            for base in node.bases:
                meant.update(read.get(ast.unparse(base), {}))
            for key, words in pairwise(node.body):
                if isinstance(key, ast.AnnAssign) and isinstance(words, ast.Expr):
                    meant[ast.unparse(key.target)] = inspect.cleandoc(ast.literal_eval(words.value))
    return read


def _properties() -> dict[str, Any]:
    ahead = f"{MOST_AHEAD_S / 60:g} minutes"
    return {
        "event_id": {
            "description": "The feed's own id. The same id is the same event: sent again it changes nothing, and with "
            "other content it is set aside.",
            "oneOf": [
                {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": r"\S"},
                {"type": "integer"},
            ],
        },
        "ts": {
            "description": "When it happened: RFC 3339, with its offset from UTC, to the microsecond at most. Without "
            f"an offset, or more than {ahead} ahead of the clock that receives it, it is set aside.",
            "type": "string",
            "format": "date-time",
            "pattern": STAMP,
        },
        "type": {
            "description": "What happened. " + " ".join(f"{name}: {MEANING[name]}" for name in TYPES),
            "enum": list(TYPES),
        },
        "seq": {
            "description": "Its place in the feed, if the feed numbers its events: a number that is missing is shown "
            "as a gap.",
            "type": ["integer", "null"],
            "minimum": 0,
            "exclusiveMaximum": MOST_SEQ,
        },
        "incident_id": _text(LONGEST_ID, "The incident it speaks of."),
        "unit_id": _text(LONGEST_ID, "The unit it speaks of, as the project names it."),
        "station_id": _text(LONGEST_ID, "Where a unit.moved_up is to stand by, as the project names it."),
        "latitude": _degrees(90, "North of the equator, WGS 84, of the incident; in a unit.position, of the unit. [°]"),
        "longitude": _degrees(180, "East of Greenwich, WGS 84. [°]"),
        "call_type": _text(LONGEST_TEXT, "What kind of call it is, as the dispatch system writes it."),
        "priority": _text(LONGEST_TEXT, "Its priority, as the dispatch system writes it."),
        "address": _text(LONGEST_TEXT, "Where it is, in words. Given to operators only, and never written to a log."),
        "received_at": {
            "description": "When a gateway before this service received it, if there is one; RFC 3339 with offset.",
            "type": ["string", "null"],
            "format": "date-time",
        },
    }


def _text(longest: int, meaning: str) -> dict[str, Any]:
    whole = {"type": "integer", "exclusiveMinimum": -MOST_SEQ, "exclusiveMaximum": MOST_SEQ}
    return {"description": meaning, "oneOf": [{"type": ["string", "null"], "maxLength": longest}, whole]}


def _degrees(most: int, meaning: str) -> dict[str, Any]:
    return {"description": meaning, "type": ["number", "null"], "minimum": -most, "maximum": most}


def _place(kind: str, *, needed: bool) -> dict[str, Any]:
    """Say that both degrees are of one kind: there is a whole place, or none."""
    both = ("latitude", "longitude")
    return {"properties": {name: {"type": kind} for name in both}, "required": list(both) if needed else []}


def _needs(types: tuple[str, ...], *fields: str) -> dict[str, Any]:
    """Say that events of these types cannot do without these fields."""
    there = {field: {"not": {"enum": [None, ""]}} for field in fields}
    return {
        "if": {"properties": {"type": {"enum": list(types)}}, "required": ["type"]},
        "then": {"required": list(fields), "properties": there},
    }
