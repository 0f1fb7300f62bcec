"""What can be posted: events in every shape, moves, alerts that were seen, the clock of a replay."""

import http.client
import json
import socket
import threading
from concurrent.futures import Future

import pytest
from fake_desk import TOKENS, FakeDesk, Served, an_event, wait_until
from live_desks import SetClock, desk_at
from live_towns import T0_US, at_us

from fireplan.live._store import StoreError
from fireplan.live._web import routes_write as posting
from fireplan.live._web.limits_and_headers import Limits
from fireplan.operations._events.event import as_stamp

JSON, LINES = "application/json", "application/x-ndjson"
KIB, MIB = 1024, 1024 * 1024


@pytest.fixture
def served():
    with Served(None) as served:
        yield served


@pytest.fixture(scope="module")
def kept():
    """A service for what is refused, and so leaves no trace."""
    with Served(None) as served:
        yield served


@pytest.fixture
def real(tmp_path):
    """A service on a real desk and a store."""
    with desk_at(tmp_path / "s.sqlite", clock=SetClock(at_us(600))) as desk, Served(None, desk=desk) as served:
        yield served


def post(served, body, kind=JSON, **headers):
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    return served.ask("POST", "/api/events", token=TOKENS.feed, body=body, content_type=kind, **headers)


def as_lines(events):
    return "".join(json.dumps(event) + "\n" for event in events)


def of_size(number, size):
    """Write an event of so many bytes: what is not named is not kept, but it counts."""
    empty = len(json.dumps(an_event(number, pad="")))
    return json.dumps(an_event(number, pad="x" * (size - empty)))


def said(second, number, **more):
    """An event of the line town."""
    ts = as_stamp(at_us(second))
    return {"event_id": f"r{number}", "ts": ts, "type": "unit.dispatched", "incident_id": "i", "unit_id": "E1", **more}


# -- shapes


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(an_event(1)), JSON),
        (json.dumps(an_event(1)), "application/json; charset=utf-8"),
        (json.dumps(an_event(1), indent=2), "Application/JSON"),
        (json.dumps([an_event(1)]), JSON),
        (as_lines([an_event(1)]), LINES),
        (as_lines([an_event(1)]).rstrip("\n"), LINES),
        ("\r\n" + as_lines([an_event(1)]).replace("\n", "\r\n\r\n"), LINES),
        ("\ufeff" + json.dumps([an_event(1)]), JSON),
    ],
)
def test_one_event_in_each_shape_is_taken_once(served, body, kind):
    body = body.encode()
    first, second = post(served, body, kind), post(served, body, kind)
    assert (first.status, first.json()) == (200, {"new": 1, "duplicates": 0, "refused": [], "row": 1})
    assert (second.status, second.json()) == (200, {"new": 0, "duplicates": 1, "refused": [], "row": 1})


@pytest.mark.parametrize("write", [json.dumps, as_lines], ids=["array", "lines"])
def test_some_are_taken_and_some_are_named(served, write):
    events = [an_event(0), an_event(1, ts="2025-07-01T08:00:00"), an_event(2), an_event(3, latitude=91, longitude=0)]
    answer = post(served, write(events), JSON if write is json.dumps else LINES)
    assert (answer.status, answer.json()["new"]) == (200, 2)
    refused = answer.json()["refused"]
    assert [(r["index"], r["event_id"], r["code"]) for r in refused[:1]] == [(1, "e1", "ts_naive")]
    assert [(r["index"], r["event_id"]) for r in refused[1:]] == [(3, "e3")]
    assert all(r["reason"] for r in refused)
    assert sorted(served.desk.by_id) == ["e0", "e2"]
    assert len(served.desk.refusals) == 2


def test_one_that_is_refused_is_told_why(kept):
    answer = post(kept, an_event(1, type="unit.teleported"))
    (refused,) = answer.json()["refused"]
    assert (answer.status, refused["index"], refused["event_id"]) == (422, 0, "e1")
    assert "type" in refused["reason"]
    assert answer.json()["new"] == answer.json()["duplicates"] == 0


def test_all_refused_is_an_error_and_each_is_named(kept):
    answer = post(kept, [an_event(i, ts="") for i in range(3)])
    assert (answer.status, [r["event_id"] for r in answer.json()["refused"]]) == (422, ["e0", "e1", "e2"])


def test_a_duplicate_among_refused_ones_is_no_error(served):
    post(served, an_event(1))
    answer = post(served, [an_event(1), an_event(2, ts="")])
    assert (answer.status, answer.json()["duplicates"], len(answer.json()["refused"])) == (200, 1, 1)


def test_the_same_id_with_other_content_is_named_where_it_stands(served):
    post(served, an_event(1))
    answer = post(served, as_lines([an_event(2), an_event(1, unit_id="E2")]), LINES)
    (refused,) = answer.json()["refused"]
    assert (refused["index"], refused["event_id"], refused["code"]) == (1, "e1", "same_id_other_content")
    assert served.desk.by_id["e1"].unit_id == "E1"


# -- too much


def test_an_event_of_64_kib_is_taken_and_a_byte_more_is_not(served):
    whole = 64 * KIB
    assert post(served, of_size(1, whole)).json()["new"] == 1
    assert post(served, f"[{of_size(2, whole)}]").json()["new"] == 1
    assert post(served, of_size(3, whole) + "\n", LINES).json()["new"] == 1
    for body, kind in (
        (of_size(4, whole + 1), JSON),
        (f"[{of_size(5, whole + 1)}]", JSON),
        (of_size(6, whole + 1) + "\n", LINES),
    ):
        answer = post(served, body, kind)
        assert (answer.status, [r["code"] for r in answer.json()["refused"]]) == (422, ["too_long"])
    mixed = post(served, f"[{of_size(7, 20)},{of_size(8, 100 * KIB)},{of_size(9, 300)}]")
    assert (mixed.status, mixed.json()["new"], mixed.json()["refused"][0]["index"]) == (200, 2, 1)
    assert all(len(r.text) <= 2000 for r in served.desk.refusals)


def test_five_thousand_events_are_taken_and_one_more_is_not(served):
    events = [an_event(i) for i in range(5001)]
    for body, kind in ((events, JSON), (as_lines(events), LINES)):
        answer = post(served, body, kind)
        assert answer.status == 413
        assert "5,000" in answer.json()["error"]
    assert (served.desk.by_id, served.desk.refusals, served.desk.submits) == ({}, [], 0)
    assert post(served, events[:5000]).json()["new"] == 5000


def test_a_body_of_4_mib_is_read_and_a_byte_more_is_not(served):
    assert post(served, b"[" + b" " * (4 * MIB - 2) + b"]").status == 200
    head = f"POST /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS.feed}\r\n"
    head += f"Content-Type: {JSON}\r\nContent-Length: {4 * MIB + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as link:
        link.sendall(head.encode())  # and nothing of the body: it is not waited for
        answer = http.client.HTTPResponse(link)
        answer.begin()
        assert (answer.status, answer.getheader("connection")) == (413, "close")
        answer.close()


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30, "+5", "0x10", ""])
def test_a_length_that_is_none(kept, length):
    head = f"POST /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS.feed}\r\n"
    head += f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", kept.server.port), timeout=5) as link:
        link.sendall(head.encode())
        answer = http.client.HTTPResponse(link)
        answer.begin()
        assert answer.status in {400, 413, 422}
        answer.close()
    assert kept.desk.by_id == {}


# -- in pieces


def test_a_body_in_pieces_is_one_body(served):
    text = json.dumps([an_event(i) for i in range(300)]).encode()
    pieces = (text[i : i + 777] for i in range(0, len(text), 777))
    assert post(served, pieces).json()["new"] == 300
    assert post(served, iter([as_lines([an_event(300)]).encode()]), LINES).json()["new"] == 1


def test_pieces_that_are_too_much_together():
    with Served(None, limits=Limits(body_bytes=10_000)) as served:
        assert post(served, (b"[" + b" " * 999 for _ in range(11))).status == 413
        assert post(served, (b" " * 999 for _ in range(10))).status == 422
        assert served.desk.by_id == {}


def test_a_body_that_stays_away_is_not_waited_for():
    with Served(None, limits=Limits(body_s=0.2)) as served:
        assert post(served, b"[", content_length="50").status == 408


def test_a_caller_who_leaves_in_the_middle_leaves_nothing(served):
    head = f"POST /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS.feed}\r\n"
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as link:
        link.sendall((head + "Content-Length: 5000\r\n\r\n" + json.dumps(an_event(1))).encode())
    assert post(served, an_event(2)).status == 200
    wait_until(lambda: len(served.lines) == 2)
    assert list(served.desk.by_id) == ["e2"]
    assert sorted(line.split()[3] for line in served.lines) == ["200", "499"]  # and no fault


# -- nonsense


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"null",
        b"7",
        b'"e1"',
        b"{",
        b"[1, 2",
        b"[{}]]",
        b"\x00",
        b"\xff\xfe[\x00]\x00",
        b"[" * 200_000,
        b"[[[[[]]]]]",
        b'[{"event_id": {"a": {"b": []}}}]',
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"event_id": "x", "ts": "2025-07-01T08:00:00Z", "type": "heartbeat", "seq": 1e400}',
        b'[{"event_id": "x", "ts": "2025-07-01T08:00:00Z", "type": "heartbeat", "seq": NaN}]',
        b'[{"event_id": "x", "ts": "2025-07-01T08:00:00Z", "type": "heartbeat", "seq": ' + b"9" * 5000 + b"}]",
        b'{"event_id": "\\ud800", "ts": "2025-07-01T08:00:00", "type": "heartbeat"}',
    ],
    ids=lambda body: repr(body[:30]),
)
@pytest.mark.parametrize("kind", [JSON, LINES])
def test_nonsense_is_refused_with_a_reason(kept, body, kind):
    answer = post(kept, body, kind)
    if kind == LINES and not body.strip(b"\x00"):  # a blank line
        assert (answer.status, answer.json()["new"]) == (200, 0)
        return
    assert answer.status == 422
    assert answer.json()["new"] == 0
    assert all(r["code"] and r["reason"] for r in answer.json()["refused"])
    assert answer.json()["refused"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "x"]
)
def test_another_kind_is_refused(kept, kind):
    for path in ("/api/events", "/api/moves", "/api/replay"):
        answer = kept.ask("POST", path, token=TOKENS.operator, body=json.dumps({"speed": 5}), content_type=kind)
        assert answer.status == 415, path
        assert JSON in answer.json()["error"]


# -- a store that fails


def test_nothing_is_acknowledged_that_is_not_kept(served):
    served.desk.failing = StoreError("no room")
    answer = post(served, [an_event(1), an_event(2, ts="")])
    assert (answer.status, set(answer.json())) == (503, {"error"})
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    served.desk.failing = None
    assert post(served, an_event(1)).json()["new"] == 1


def test_a_desk_that_takes_nothing_more(served, monkeypatch):
    def closed(*_args, **_more):
        raise RuntimeError("closed")

    monkeypatch.setattr(served.desk, "submit", closed)
    assert post(served, an_event(1)).status == 503
    move = served.ask("POST", "/api/moves", token=TOKENS.operator, body={"unit_id": "E1", "station_id": "S2"})
    assert (move.status, "retry-after" in move.headers) == (503, True)


def test_a_desk_that_does_not_answer(served, monkeypatch):
    monkeypatch.setattr(posting, "COMMIT_S", 0.1)
    monkeypatch.setattr(served.desk, "submit", lambda *_args, **_more: Future())
    answer = post(served, an_event(1))
    assert (answer.status, "retry-after" in answer.headers) == (503, True)


def test_a_real_store_that_fails_for_a_while(real, monkeypatch):
    append = real.desk._store.append

    def full(*_args, **_more):
        raise StoreError("no room")

    monkeypatch.setattr(real.desk._store, "append", full)
    assert post(real, said(1, 1)).status == 503
    assert list(real.desk.events_between(None, None)) == []
    monkeypatch.setattr(real.desk._store, "append", append)
    assert post(real, said(1, 1)).json()["new"] == 1


# -- a real desk


def test_what_was_acknowledged_is_kept_and_shown(real):
    row = post(real, [said(1, 1), said(2, 2, type="unit.enroute")]).json()["row"]
    assert [e.event_id for e in real.desk.events_between(None, None)] == ["r1", "r2"]
    with real.stream() as stream:
        state = stream.next("snapshot")[2]
        while state["upto"] < row:
            state |= stream.next("update")[2]
    state = real.ask("GET", "/api/state", token=TOKENS.viewer).json()
    assert next(u for u in state["units"] if u["unit_id"] == "E1")["status"] == "enroute"


def test_many_callers_at_once_lose_nothing_and_double_nothing(real):
    answers = []

    def send(mine):
        for number in (*range(40), *range(100 + 40 * mine, 140 + 40 * mine)):
            answers.append(post(real, said(1 + number / 100, number)).json())  # noqa: PERF401 - as they come

    threads = [threading.Thread(target=send, args=(mine,)) for mine in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), sum(a["new"] for a in answers), sum(a["duplicates"] for a in answers)) == (320, 200, 120)
    assert len(list(real.desk.events_between(None, None))) == 200


def test_any_text_of_the_feed_is_kept_and_can_be_fed_again(real):
    texts = ("\x00", "\ud800", "\u2028", "a\nb", "{{7*7}}", "'; DROP TABLE events; --", "\U0001f692", "x" * 400)
    for number, text in enumerate(texts):
        seen = "".join(filter(str.isprintable, text))[:150]  # of an id, what cannot be seen is refused
        event = said(number, number, address=f"{text}.", call_type=f".{text}", incident_id=f"i{number}{seen}")
        assert post(real, event).json()["new"] == 1, text
    lines = real.ask("GET", "/api/events", token=TOKENS.operator)
    assert lines.body.count(b"\n") == len(texts)
    assert post(real, lines.body, LINES).json() | {"row": 0} == {"new": 0, "duplicates": 8, "refused": [], "row": 0}
    assert real.ask("GET", "/api/state", token=TOKENS.viewer).status == 200


def test_a_key_twice_and_an_id_that_cannot_be_seen_are_refused_in_every_kind_of_body(real):
    good = json.dumps(said(1, 1))
    twice = json.dumps(said(2, 2))[:-1] + ', "unit_id": "E1", "unit_id": "T1"}'
    unseen = json.dumps(said(3, 3, unit_id="E1\x00"))
    lines = post(real, f"{good}\n{twice}\n{unseen}".encode(), LINES).json()
    assert [(r["index"], r["code"]) for r in lines["refused"]] == [(1, "key_twice"), (2, "unit_id")]
    array = post(real, f"[{good}, {twice}, {unseen}]".encode(), JSON).json()
    assert [(r["index"], r["code"]) for r in array["refused"]] == [(1, "key_twice"), (2, "unit_id")]
    assert (lines["new"], array["duplicates"]) == (1, 1)
    assert [post(real, one.encode(), JSON).json()["new"] for one in (twice, unseen)] == [0, 0]


# -- moves


def test_a_move_is_seen_in_the_state(real):
    answer = real.ask("POST", "/api/moves", token=TOKENS.operator, body={"unit_id": "E1", "station_id": "S2"})
    assert (answer.status, answer.json()["new"]) == (200, 1)
    (event,) = real.desk.events_between(None, None)
    assert (event.type, event.unit_id, event.station_id) == ("unit.moved_up", "E1", "S2")
    assert event.event_id == answer.json()["event_id"]
    assert T0_US < event.ts_us <= at_us(600)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 4000,
        "{}",
        '{"unit_id": "E1"}',
        '{"unit_id": "E1", "station_id": null}',
        '{"unit_id": "X", "station_id": "S1"}',
        '{"unit_id": "E1", "station_id": "X"}',
        '{"unit_id": {"a": 1}, "station_id": ["S1"]}',
    ],
)
def test_a_move_of_nobody_or_to_nowhere(kept, body):
    answer = kept.ask("POST", "/api/moves", token=TOKENS.operator, body=body, content_type=JSON)
    assert answer.status == 422
    assert kept.desk.by_id == {}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"unit_id": "E1"}, "station_id"),
        ({"unit_id": 7, "station_id": "S1"}, "unit_id"),
        ({"unit_id": "X", "station_id": "S1"}, "no such unit"),
        ({"unit_id": "E1", "station_id": "X"}, "no such station"),
        (["E1", "S1"], "no JSON object"),
    ],
)
def test_a_move_that_cannot_be_is_told_why(kept, body, says):
    answer = kept.ask("POST", "/api/moves", token=TOKENS.operator, body=body)
    assert (answer.status, says in answer.json()["error"]) == (422, True)


def test_a_move_is_a_small_body(kept):
    body = {"unit_id": "E1", "station_id": "S1", "pad": "x" * 5000}
    assert kept.ask("POST", "/api/moves", token=TOKENS.operator, body=body).status == 413


# -- alerts


@pytest.mark.parametrize("key", ["zone:S3", "zone:a/b/c", "zone:%20x", "zone:%C3%A9"])
def test_an_alert_is_noted_with_whose_role_it_was(served, key):
    answer = served.ask("POST", f"/api/alerts/{key}/acknowledge", token=TOKENS.operator)
    assert (answer.status, answer.json()) == (200, {"acknowledged": True})
    assert [who for _, who in served.desk.acknowledged] == ["operator"]


@pytest.mark.parametrize("key", ["unknown", "x" * 201, "zone:" + "x" * 200, "%00", "..%2f..", "<script>"])
def test_an_alert_that_is_not_there(kept, key):
    answer = kept.ask("POST", f"/api/alerts/{key}/acknowledge", token=TOKENS.operator)
    assert answer.status == 404
    assert key not in answer.body.decode()


# -- the clock of a replay


@pytest.mark.parametrize("speed", [0.1, 1, 60.5, 3600])
def test_speeds_within_the_limits(served, speed):
    assert served.ask("POST", "/api/replay", token=TOKENS.operator, body={"speed": speed}).status == 200
    assert (served.desk.replay.speed, served.desk.replay.paused) == (speed, False)


@pytest.mark.parametrize(
    "body",
    [
        '{"speed": 0.09}',
        '{"speed": 0}',
        '{"speed": -60}',
        '{"speed": 3600.1}',
        '{"speed": 1e400}',
        '{"speed": NaN}',
        '{"speed": ' + "9" * 400 + "}",
        '{"speed": ' + "9" * 4050 + "}",
        '{"speed": "60"}',
        '{"speed": true}',
        '{"speed": [60]}',
        '{"paused": 1}',
        '{"paused": "true"}',
        '{"speed": 60, "paused": []}',
        "[60]",
    ],
    ids=lambda body: body[:24],
)
def test_other_speeds_change_nothing(kept, body):
    answer = kept.ask("POST", "/api/replay", token=TOKENS.operator, body=body, content_type=JSON)
    assert answer.status == 422
    assert kept.desk.replay.changes == 0


def test_stopping_keeps_the_speed(served):
    for body, left in (
        ({"paused": True}, (60.0, True)),
        ({"speed": 5}, (5.0, True)),
        ({"paused": False}, (5.0, False)),
    ):
        assert served.ask("POST", "/api/replay", token=TOKENS.operator, body=body).status == 200
        assert (served.desk.replay.speed, served.desk.replay.paused) == left


def test_a_live_feed_has_no_speed():
    with Served(None, desk=FakeDesk(replay=False)) as served:
        answer = served.ask("POST", "/api/replay", token=TOKENS.operator, body={"speed": 60})
        assert answer.status == 409
        assert "live" in answer.json()["error"]
