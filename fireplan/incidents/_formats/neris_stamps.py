"""What NERIS writes otherwise than a table would: stamps as seconds, and several types of an incident."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from fireplan.incidents._formats.cell_text import cell_text

OF_CALLS = ("call_arrival", "call_answered", "call_create", "incident_clear")
OF_TACTICS = (
    "command_established", "completed_sizeup", "suppression_complete", "primary_search_begin",
    "primary_search_complete", "water_on_fire", "fire_under_control", "fire_knocked_down", "extrication_complete",
)  # fmt: skip
OF_RESPONSES = ("dispatch", "enroute_to_scene", "on_scene", "canceled_enroute", "staging", "unit_clear")
NERIS_STAMPS = frozenset(
    [
        *(f"dispatch.{name}" for name in OF_CALLS),
        *(f"{of}tactic_timestamps.{name}" for of in ("", "dispatch.") for name in OF_TACTICS),
        *(f"{of}unit_responses.{name}" for of in ("", "dispatch.") for name in OF_RESPONSES),
    ]
)
"""Names under which the API takes seconds since 1970 beside ISO 8601."""

UNIT_RESPONSES = "dispatch.unit_responses."
MILLISECONDS_FROM = 2e10  # no second of this century or the next is so large
_NUMBER = re.compile(r"\d{8,14}(?:\.\d{1,9})?")


def is_neris(header: list[str]) -> bool:
    """Tell by its names whether a file is an incident, or a list of them, as the NERIS API gives it."""
    return "dispatch.incident_number" in header and any(name.startswith(UNIT_RESPONSES) for name in header)


def tactic_names() -> dict[str, str]:
    """Give each time of a tactic with the names under which it may stand, those of the dispatch first."""
    return {f"{of}tactic_timestamps.{name}": name for of in ("", "dispatch.") for name in OF_TACTICS}


def tactics_in(header: list[str]) -> dict[str, str]:
    """Say which times of tactics a file has: by their own names, under which names it has them."""
    return {own: name for name, own in tactic_names().items() if name in header}


def stamp_text(text: str) -> str:
    """Give a stamp that was written as seconds, or milliseconds, since 1970 as ISO 8601; another as it is."""
    if not _NUMBER.fullmatch(text):
        return text
    seconds = float(text)
    since = timedelta(seconds=seconds / 1000 if seconds > MILLISECONDS_FROM else seconds)
    return cell_text(datetime(1970, 1, 1, tzinfo=UTC) + since)


def primary_type(incident: dict[str, Any]) -> dict[str, Any]:
    """Give an incident with its one primary type, or its first, instead of the list of all its types."""
    types = incident.get("incident_types")
    if not isinstance(types, list):
        return incident
    found = [item for item in types if isinstance(item, dict) and isinstance(item.get("type"), str)]
    found.sort(key=lambda item: item.get("primary") is not True)
    return incident | {"incident_types": {"primary": found[0]["type"] if found else ""}}
