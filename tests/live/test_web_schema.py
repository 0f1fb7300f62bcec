"""The JSON schema of an event says what the reader does."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fireplan.live._web.event_schema import EXAMPLES, event_schema
from fireplan.operations._events.event import MEANING, TYPES, Event, Refused, event_of

NOW_US = 1_900_000_000_000_000
FULL = {
    "event_id": "e1",
    "ts": "2025-07-01T08:00:00Z",
    "seq": 1,
    "incident_id": "25-1",
    "unit_id": "E1",
    "station_id": "S1",
    "latitude": 33.1,
    "longitude": -127.5,
    "call_type": "MEDICAL",
    "priority": "1",
    "address": "7400 BLOCK",
}
VALID = Draft202012Validator(event_schema()).is_valid


def taken(said):
    try:
        event_of(said, received_us=NOW_US)
    except Refused:
        return False
    return True


def test_it_is_a_schema():
    Draft202012Validator.check_schema(event_schema())
    json.dumps(event_schema())


def test_every_type_and_field_is_described():
    properties = event_schema()["properties"]
    assert set(MEANING) == set(TYPES)
    fields = {f for f in Event.__dataclass_fields__ if not f.endswith("_us")} | {"ts", "received_at"}
    assert set(properties) == fields
    assert all(said["description"] for said in properties.values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["type"])
def test_examples_are_taken(example):
    assert VALID(example)
    assert taken(example)


@pytest.mark.parametrize("kind", TYPES)
def test_what_a_type_needs(kind):
    whole = {**FULL, "type": kind}
    assert VALID(whole)
    assert taken(whole)
    for field in FULL:
        for less in ({k: v for k, v in whole.items() if k != field}, {**whole, field: None}):
            assert VALID(less) == taken(less), (kind, field, less.get(field, "left out"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", ""),
        ("event_id", " "),
        ("event_id", 17),
        ("event_id", 1.5),
        ("event_id", "x" * 201),
        ("event_id", True),
        ("ts", "2025-07-01T08:00:00"),
        ("ts", "2025-07-01T08:00Z"),
        ("ts", "2025-07-01 08:00:00+02:00"),
        ("ts", "today"),
        ("ts", 5),
        ("type", "unit.teleported"),
        ("seq", -1),
        ("seq", 1.5),
        ("seq", 2**53),
        ("seq", 0),
        ("unit_id", 7),
        ("unit_id", "x" * 201),
        ("unit_id", ["E1"]),
        ("address", "x" * 500),
        ("address", "x" * 501),
        ("latitude", 91),
        ("latitude", "33.1"),
        ("longitude", -180),
        ("longitude", True),
        ("unheard_of", {"a": 1}),
    ],
)
def test_values_are_judged_alike(field, value):
    said = {**FULL, "type": "unit.dispatched", field: value}
    assert VALID(said) == taken(said)


VALUES = [
    None, "", " ", "E1", "x" * 200, "x" * 201, "x" * 500, "x" * 501, "\U0001f692" * 200, 0, -1, 7, 1.5, True,
    False, 2**53, 2**53 - 1, -(2**53), 1 - 2**53, 90, 90.5, -90, 180, -180.5, [], ["E1"], {}, "2025-07-01T08:00:00Z",
    "2025-07-01T08:00:00.123456-07:00", "2025-07-01T08:00:00", "today", "heartbeat", "unit.position", "unit.teleported",
]  # fmt: skip


@given(
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from([*FULL, "type", "narrative"]), st.sampled_from(VALUES), max_size=3),
    st.sets(st.sampled_from(list(FULL)), max_size=3),
)
def test_whatever_is_said_is_judged_alike(kind, change, left_out):
    said = {name: value for name, value in ({**FULL, "type": kind} | change).items() if name not in left_out}
    assert VALID(said) == taken(said)


def test_the_schema_in_docs_is_that_of_the_service():
    # To write it anew: FILE.write_text(json.dumps(event_schema(), indent=2) + "\n")
    file = Path(__file__).resolve().parents[2] / "docs" / "event.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == event_schema()
