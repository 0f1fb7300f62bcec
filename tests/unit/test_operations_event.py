"""Events and lines of a feed, at the border."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireplan.operations._events.event import TYPES, Event, Refused, as_said, as_stamp, event_of
from fireplan.operations._events.feed_lines import (
    LONGEST_LINE_BYTES,
    _parsed,
    read_line,
    read_object,
)
from fireplan.operations._events.refusal import Refusal

NOW_US = 1_709_665_300_000_000
GOOD = {
    "event_id": "ev-1",
    "seq": 1,
    "ts": "2024-03-05T14:00:20-05:00",
    "type": "unit.dispatched",
    "incident_id": "24-1",
    "unit_id": "007E3",
    "latitude": 39.951,
    "longitude": -75.161,
    "call_type": "EMS",
    "priority": 1,
}


def test_a_good_event_is_read_whole():
    event = event_of(GOOD | {"__proto__": {"x": 1}, "narrative": "secret"}, received_us=NOW_US)
    assert event == Event(
        "ev-1", 1_709_665_220_000_000, "unit.dispatched", NOW_US, 1, "24-1", "007E3", 39.951, -75.161, "EMS", "1"
    )


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"ts": None}, "ts", "ts is missing"),
        ({"ts": "2024-03-05T19:00:20"}, "ts_naive", "no offset"),
        ({"ts": "yesterday"}, "ts", "not a stamp"),
        ({"ts": 1709665220}, "ts", "not a stamp"),
        ({"ts": "1969-01-01T00:00:00Z"}, "ts", "before 1970"),
        ({"ts": "2031-01-01T00:00:00Z"}, "ts_ahead", "skew limit"),
        ({"type": "unit.teleported"}, "unknown_type", "'unit.teleported' is unknown"),
        ({"type": None}, "type", "type is missing"),
        ({"type": ["x"]}, "unknown_type", "unknown"),
        ({"event_id": ""}, "event_id", "event_id"),
        ({"event_id": "a\nb"}, "event_id", "event_id"),
        ({"event_id": "x" * 201}, "event_id", "event_id"),
        ({"unit_id": None}, "unit_id", "unit.dispatched needs it"),
        ({"incident_id": ""}, "incident_id", "needs it"),
        ({"latitude": 139.9}, "latitude", "outside -90 to 90"),
        ({"latitude": float("inf")}, "latitude", "finite"),
        ({"longitude": None}, "place", "both, or neither"),
        ({"longitude": "-75"}, "longitude", "finite number"),
        ({"latitude": True}, "latitude", "finite number"),
        ({"latitude": float("nan")}, "latitude", "finite number"),
        ({"latitude": 10**400}, "latitude", "outside -90 to 90"),
        ({"seq": 10**400}, "seq", "whole number"),
        ({"priority": 10**400}, "priority", "no text"),
        ({"incident_id": "\x00"}, "incident_id", "printable characters"),
        ({"priority": [[1]]}, "priority", "no text"),
        ({"call_type": "x" * 501}, "call_type", "no text"),
        ({"seq": -1}, "seq", "whole number"),
        ({"seq": 1.5}, "seq", "whole number"),
        ({"type": "unit.position", "latitude": None, "longitude": None}, "place", "unit.position needs them"),
        ({"type": "unit.moved_up"}, "station_id", "unit.moved_up needs it"),
    ],
)
def test_each_fault_is_named_with_its_event(change, code, says):
    with pytest.raises(Refused) as refused:
        event_of(GOOD | change, received_us=NOW_US)
    assert refused.value.code == code
    assert says in refused.value.reason


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"event_id": None}, "event_id", "event_id is missing"),
        ({"event_id": "a\nb"}, "event_id", "event_id is no text of 1 to 200 printable characters"),
        ({"event_id": 10**200}, "event_id", "event_id is no text of 1 to 200 printable characters"),
        ({"event_id": "\ud800"}, "event_id", "event_id is no text of 1 to 200 printable characters"),
        ({"ts": None}, "ts", "ts is missing"),
        ({"ts": "2024-02-30T19:00:20Z"}, "ts", "ts is not a stamp such as 2024-03-05T19:00:20-05:00"),
        ({"ts": "1969-12-31T23:59:59Z"}, "ts", "ts lies before 1970"),
        (
            {"ts": "2024-03-05T19:00:20"},
            "ts_naive",
            "ts has no offset from UTC: write -05:00 or Z behind it; it is not guessed",
        ),
        (
            {"ts": "2024-03-06T00:01:41Z"},  # five hours and a second after NOW_US
            "ts_ahead",
            "ts is 5 h ahead of the clock that received it: over the skew limit",
        ),
        ({"seq": True}, "seq", "seq is not a whole number from 0: number the events, or leave it out"),
        ({"unit_id": ["E1"]}, "unit_id", "unit_id is no text of up to 200 characters"),
        ({"incident_id": None}, "incident_id", "incident_id is missing, and unit.dispatched needs it"),
        ({"latitude": None}, "place", "latitude is missing: give both, or neither"),
        ({"longitude": -180.01}, "longitude", "longitude is outside -180 to 180 degrees"),
        ({"longitude": "1"}, "longitude", "longitude is not a finite number of degrees"),
        (
            {"type": "unit.position", "latitude": None},
            "place",
            "latitude is missing: give both, or neither",
        ),
    ],
)
def test_a_fault_is_told_once_and_in_whole(change, code, reason):
    with pytest.raises(Refused) as refused:
        event_of(GOOD | change, received_us=NOW_US)
    assert (refused.value.code, refused.value.reason) == (code, reason)
    assert refused.value.event_id == (None if "event_id" in change else "ev-1")


def test_what_is_wrong_as_a_whole_is_told_beside_what_is_wrong_with_a_field():
    with pytest.raises(Refused) as refused:
        event_of(GOOD | {"ts": "2031-01-01T00:00:00Z", "seq": -1, "unit_id": ""}, received_us=NOW_US)
    told = refused.value.reason.split("; ")
    assert [text.split()[0] for text in told] == ["seq", "ts", "unit_id"]


@pytest.mark.parametrize(("said", "kept"), [(17, "17"), (-5, "-5"), (2**63, str(2**63)), ("a b", "a b")])
def test_a_whole_number_is_an_id(said, kept):
    assert event_of(GOOD | {"event_id": said}, received_us=NOW_US).event_id == kept


@pytest.mark.parametrize("name", ["event_id", "incident_id", "unit_id", "station_id"])
@pytest.mark.parametrize(
    "said",
    ["E1\x00", "E\u202e1", "E1\u200b", "E1\n", "\ud800", "A\udfffB", "E1 ", " E1", "\u00a0E1", "E" * 201, "\x7f"],
)
def test_an_id_of_characters_that_cannot_be_seen_is_refused(name, said):
    """A feed that says E1 with a NUL behind it must not put E1 out of service, nor make another unit of it."""
    for raw in (json.dumps({**GOOD, name: said}), json.dumps({**GOOD, name: said}, ensure_ascii=False)):
        read = read_line(raw.encode("utf-8", "surrogatepass"), number=4, received_us=NOW_US, source="cad")
        assert isinstance(read, Refusal)
        assert read.line == 4
        assert name in read.reason or read.code in {"not_utf8", "not_json"}


def test_a_key_that_stands_twice_is_refused_with_its_line():
    line = b'{"event_id":"2","ts":"2024-03-05T19:00:21Z","type":"unit.out_of_service","unit_id":"E2","unit_id":"T1"}'
    read = read_line(line, number=2, received_us=NOW_US, source="cad")
    assert (read.code, read.line) == ("key_twice", 2)
    assert read.reason == "key 'unit_id' stands twice in one object: which of the two counts cannot be told"
    within = json.dumps(GOOD)[:-1].encode() + b',"more":{"a":1,"a":2}}'
    assert read_line(within, number=None, received_us=NOW_US, source="cad").code == "key_twice"


def test_keys_that_no_event_has_change_nothing():
    plain = event_of(GOOD, received_us=NOW_US)
    assert event_of(GOOD | {5: 1, "\ud800": 2, "ts_us": 3, "received_us": 4}, received_us=NOW_US) == plain
    with pytest.raises(Refused, match=r"^seq is not a whole number"):
        event_of(GOOD | {5: 1, "\ud800": 2, "seq": -1}, received_us=NOW_US)


def test_a_whole_number_of_degrees_is_the_same_event_as_its_float():
    whole, broken = (event_of(GOOD | {"latitude": value}, received_us=NOW_US) for value in (40, 40.0))
    assert whole.digest() == broken.digest()


def test_all_faults_are_told_together():
    with pytest.raises(Refused, match=r"ts is missing; .*unit_id is missing"):
        event_of({"event_id": "a", "type": "unit.enroute", "incident_id": "1"}, received_us=NOW_US)


def test_a_reason_holds_nothing_personal():
    with pytest.raises(Refused) as refused:
        event_of(GOOD | {"address": ["12 CANARY ST"], "ts": "CANARY"}, received_us=NOW_US)
    assert "CANARY" not in refused.value.reason


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_can_be_said(kind):
    assert event_of(GOOD | {"type": kind, "station_id": "S1"}, received_us=NOW_US).type == kind


def test_a_gateway_may_say_when_it_received_but_not_that_it_will():
    assert event_of(GOOD | {"received_at": "2024-03-05T19:00:30Z"}, received_us=NOW_US).received_us == 1709665230000000
    later = event_of(GOOD | {"received_at": "2030-01-01T00:00:00Z"}, received_us=NOW_US)
    assert later.received_us - NOW_US <= 3_600_000_000
    with pytest.raises(Refused, match="skew limit"):
        event_of(GOOD | {"ts": "2030-01-01T00:00:00Z", "received_at": "2030-01-01T00:00:00Z"}, received_us=NOW_US)


def test_the_digest_tells_contents_apart_and_not_deliveries():
    first = event_of(GOOD, received_us=NOW_US)
    again = event_of(GOOD, received_us=NOW_US + 5)
    other = event_of(GOOD | {"unit_id": "E2"}, received_us=NOW_US)
    assert first.digest() == again.digest() != other.digest()


def test_what_is_written_is_read_the_same():
    for change in (
        {},
        {"address": "\x00"},
        {"call_type": "A\ud800"},
        {"seq": None, "latitude": None, "longitude": None},
    ):
        event = event_of(GOOD | change, received_us=NOW_US)
        again = event_of(json.loads(json.dumps(as_said(event))), received_us=NOW_US)
        assert again.digest() == event.digest()


def test_order_is_by_instant_then_by_what_comes_first():
    same = [event_of(GOOD | {"type": k, "event_id": k}, received_us=NOW_US) for k in reversed(TYPES[:9])]
    assert [e.type for e in sorted(same, key=lambda e: e.order)] == list(TYPES[:9])


def test_stamps_come_back_the_same():
    assert as_stamp(1_709_665_220_000_000) == "2024-03-05T19:00:20Z"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "not_json"),
        (b"** CAD RESTARTED **", "not_json"),
        (b"[1]", "not_an_object"),
        (b"7", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"a": NaN}', "not_finite"),
        (json.dumps(GOOD | {"narrative": float("-inf")}).encode(), "not_finite"),
        (b"\xff\xfe{", "not_utf8"),
        (b"{\x00}", "not_utf8"),
        (b"[" * 5000, "too_deep"),
        (b'"' + b"x" * LONGEST_LINE_BYTES + b'"', "too_long"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "not_json"),
    ],
)
def test_lines_that_are_no_event_are_set_aside(raw, code):
    found = read_line(raw, number=7, received_us=NOW_US, source="cad")
    assert isinstance(found, Refusal)
    assert (found.code, found.line, found.source) == (code, 7, "cad")
    assert len(found.text) <= 2000


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"  \n", b"\x00"])
def test_blank_lines_are_nothing(raw):
    assert read_line(raw, number=1, received_us=NOW_US, source="cad") is None


def test_half_a_character_is_replaced():
    line = json.dumps(GOOD | {"call_type": "A\ud800B\x00"}).encode()
    assert read_line(line, number=2, received_us=NOW_US, source="cad").call_type == "A?B"


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
        max_leaves=8,
    )
)
def test_a_line_is_read_as_the_json_of_python_reads_it(value):
    """To the last bit of a float, with half characters or without; the same event twice must be the same event."""
    for text in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")):
        assert repr(_parsed(text)) == repr(json.loads(text))


@given(st.binary(max_size=300))
def test_no_bytes_are_a_traceback(raw):
    read_line(raw, number=1, received_us=NOW_US, source="cad")


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "address", "received_at"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=3,
        ),
    )
)
def test_no_object_is_a_traceback(change):
    found = read_object(GOOD | change, number=1, received_us=NOW_US, source="cad")
    assert found.reason if isinstance(found, Refusal) else found.ts_us <= NOW_US + 3_600_000_000
