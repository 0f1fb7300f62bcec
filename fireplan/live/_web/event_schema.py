"""The event, described for those who send it: a JSON schema made from the model that checks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from fireplan.operations._events.event import MODEL, NEEDED_BY, PLACED

if TYPE_CHECKING:
    from collections.abc import Iterable

DIALECT = GenerateJsonSchema.schema_dialect

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


class Untitled(GenerateJsonSchema):
    """pydantic's schema, without a title for each field that says its name once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - as in pydantic
        """Say that there is none."""
        return False


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
        **MODEL.json_schema(schema_generator=Untitled),
        "title": "Event of a dispatch feed",
        "description": "What a dispatch system said happened. Keys that are not named here are not kept.",
        "allOf": [*(_needs(types, name) for name, types in NEEDED_BY.items()), _needs(PLACED, "latitude", "longitude")],
        "anyOf": [_place("number", needed=True), _place("null", needed=False)],
        "examples": list(EXAMPLES),
    }


def _place(kind: str, *, needed: bool) -> dict[str, Any]:
    """Say that both degrees are of one kind: there is a whole place, or none."""
    both = ("latitude", "longitude")
    return {"properties": {name: {"type": kind} for name in both}, "required": list(both) if needed else []}


def _needs(types: Iterable[str], *fields: str) -> dict[str, Any]:
    """Say that events of these types cannot do without these fields."""
    there = {field: {"not": {"enum": [None, ""]}} for field in fields}
    return {
        "if": {"properties": {"type": {"enum": list(types)}}, "required": ["type"]},
        "then": {"required": list(fields), "properties": there},
    }
