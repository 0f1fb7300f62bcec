"""What is read: the stream of updates, from its beginning, after a break and to its end; the past; the project."""

import contextlib
import io
import json
import socket
import threading
import time
import zipfile

import pytest
from fake_desk import TOKENS, FakeDesk, Served, an_event, wait_until
from live_desks import SetClock, desk_at
from live_towns import at_us, run, say

from fireplan.live._web.limits_and_headers import Limits

SOON_S = 3.0
ALICE, BOB = TOKENS.viewer, TOKENS.operator


@pytest.fixture
def serve():
    """Start services with such limits; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda desk=None, **limits: stack.enter_context(Served(None, desk=desk, limits=Limits(**limits)))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A service on a real desk, for which ten minutes have passed."""
    with (
        desk_at(tmp_path_factory.mktemp("real") / "s.sqlite", clock=SetClock(at_us(600))) as desk,
        Served(None, desk=desk) as served,
    ):
        called = say("incident.created", 0, incident="1", at=(-140.0, 30.015), address="7400 BLOCK")
        desk.submit([called, *run("1", "E1", 30, 90, 250)]).result(10)
        yield served


def take(stream, count):
    """Give the next so many messages: id, event and revision."""
    return [(said[0], said[1], said[2]["rev"]) for said in (stream.next() for _ in range(count))]


def ended_within(stream, seconds=SOON_S):
    began_s = time.monotonic()
    while stream.next() is not None:
        pass
    return time.monotonic() - began_s < seconds


@contextlib.contextmanager
def reads_nothing(served):
    """Someone who asks for the stream and then takes nothing of it."""
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(5)
        link.connect(("127.0.0.1", served.server.port))
        head = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ALICE}\r\n\r\n"
        link.sendall(head.encode())
        wait_until(lambda: len(served.web.hub) == 1)
        yield link


# -- the beginning


def test_a_snapshot_comes_first_and_updates_follow_in_order(serve):
    served = serve()
    for _ in range(3):
        served.desk.publish()
    with served.stream() as stream:
        assert stream.answer.getheader("content-type").startswith("text/event-stream")
        assert take(stream, 1) == [("k3f9-3", "snapshot", 3)]
        for _ in range(50):
            served.desk.publish()
        assert take(stream, 50) == [(f"k3f9-{rev}", "update", rev) for rev in range(4, 54)]


def test_the_snapshot_is_the_state(serve):
    served = serve()
    for token in (ALICE, BOB):
        with served.stream(token=token) as stream:
            assert stream.next()[2] == served.ask("GET", "/api/state", token=token).json()


def test_whoever_joins_while_much_is_said_misses_nothing(serve):
    served = serve()
    done = threading.Event()

    def talk():
        while not done.wait(0.001):
            served.desk.publish()

    talker = threading.Thread(target=talk)
    talker.start()
    try:
        for _ in range(15):
            with served.stream() as stream:
                revs = [rev for _, _, rev in take(stream, 20)]
                assert revs == list(range(revs[0], revs[0] + 20))
    finally:
        done.set()
        talker.join()


# -- after a break


def test_a_break_costs_nothing(serve):
    """Cut off again and again at any place, a reader gets every update once."""
    served = serve()
    with served.stream() as stream:
        last_id, _, _ = stream.next()
    heard, said = [], 0
    for burst in (1, 4, 0, 7, 2, 30, 1):
        for _ in range(burst):
            said = served.desk.publish()
        if not burst:
            continue
        with served.stream(last_event_id=last_id) as stream:
            for _ in range(max(1, burst // 2)):
                last_id, name, data = stream.next()
                assert name == "update"
                heard.append(data["rev"])
    with served.stream(last_event_id=last_id) as stream:
        while heard[-1] < said:
            heard.append(stream.next("update")[2]["rev"])
    assert heard == list(range(1, said + 1))


def test_after_another_boot_a_snapshot_comes(serve):
    first = serve()
    first.desk.publish()
    with first.stream() as stream:
        last_id = stream.next()[0]
    desk = FakeDesk()
    desk.boot, desk.rev = "b00t", 7
    second = serve(desk)
    with second.stream(last_event_id=last_id) as stream:
        assert take(stream, 1) == [("b00t-7", "snapshot", 7)]
        second.desk.publish()
        assert take(stream, 1) == [("b00t-8", "update", 8)]


@pytest.mark.parametrize("last_id", ["", "k3f9-", "-1", "k3f9-999", "k3f9-1.5", "k3f9-\xb9", "x" * 5000, "k3f9-0\tx"])
def test_a_place_that_never_was_leads_to_a_snapshot(serve, last_id):
    served = serve()
    served.desk.publish()
    with served.stream(last_event_id=last_id) as stream:
        assert take(stream, 1) == [("k3f9-1", "snapshot", 1)]


def test_what_is_too_long_ago_leads_to_a_snapshot(serve):
    served = serve(kept_updates=5)
    for _ in range(20):
        served.desk.publish()
    with served.stream(last_event_id="k3f9-14") as stream:
        assert take(stream, 1) == [("k3f9-20", "snapshot", 20)]
    with served.stream(last_event_id="k3f9-15") as stream:
        assert take(stream, 5)[0] == ("k3f9-16", "update", 16)


# -- slow readers, and too many


def test_a_slow_reader_is_let_go_and_may_come_back_where_it_was(serve):
    desk = FakeDesk(filler="x" * 100_000)
    served = serve(desk, lag_updates=20, kept_updates=2000, kept_bytes=2**30)
    with reads_nothing(served) as link:
        for _ in range(1000):
            desk.publish()
            time.sleep(0.002)
            if not len(served.web.hub):
                break
        assert len(served.web.hub) == 0
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)  # from here on it reads as fast as it can
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := link.recv(1 << 20):
                got += piece
    ids = [line for line in got.split(b"\n") if line.startswith(b"id: ")][:-1]  # the last one may be cut short
    assert ids
    last_id = ids[-1].removeprefix(b"id: ").strip().decode()
    came = int(last_id.rpartition("-")[2])
    assert came < desk.rev
    with served.stream(last_event_id=last_id) as stream:
        assert [rev for _, _, rev in take(stream, desk.rev - came)] == list(range(came + 1, desk.rev + 1))


def test_a_slow_reader_keeps_no_other_waiting(serve):
    desk = FakeDesk(filler="x" * 50_000)
    served = serve(desk, lag_updates=1000, lag_bytes=2**30, send_s=60)
    with reads_nothing(served), served.stream() as stream:
        stream.next()
        for _ in range(100):
            began_s = time.monotonic()
            rev = desk.publish()
            assert stream.next()[2]["rev"] == rev
            assert time.monotonic() - began_s < 1


def test_more_streams_than_the_limit_are_told_to_wait(serve):
    served = serve(streams=3)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream()) for _ in range(3)]
        refused = stack.enter_context(served.stream())
        assert (refused.status, int(refused.answer.getheader("retry-after")) > 0) == (503, True)
        assert served.ask("GET", "/api/state", token=ALICE).status == 200
        streams.pop().close()
        wait_until(lambda: len(served.web.hub) == 2)
        assert stack.enter_context(served.stream()).status == 200


def test_one_session_cannot_take_all_streams(serve):
    served = serve(streams=5, session_streams=2)
    cookie = served.login()
    with contextlib.ExitStack() as stack:
        statuses = [stack.enter_context(served.stream(token=None, cookie=cookie)).status for _ in range(3)]
        assert statuses == [200, 200, 503]
        assert stack.enter_context(served.stream(token=None, cookie=served.login())).status == 200


def test_an_idle_stream_is_kept_open_by_comments(serve):
    served = serve(comment_s=0.1)
    with served.stream() as stream:
        stream.next()
        assert [list(stream.block()) for _ in range(3)] == [[""]] * 3
        served.desk.publish()
        assert take(stream, 1) == [("k3f9-1", "update", 1)]


# -- the end


def test_logging_out_ends_the_streams_of_this_browser_alone(serve):
    served = serve()
    mine, theirs = served.login(), served.login()
    with (
        served.stream(token=None, cookie=mine) as one,
        served.stream(token=None, cookie=mine) as two,
        served.stream(token=None, cookie=theirs) as three,
    ):
        for stream in (one, two, three):
            stream.next()
        assert served.ask("POST", "/logout", cookie=mine).status == 204
        assert ended_within(one)
        assert ended_within(two)
        served.desk.publish()
        assert take(three, 1) == [("k3f9-1", "update", 1)]
        assert len(served.web.hub) == 1


def test_a_session_that_is_over_ends_its_stream(serve):
    served = serve(session_s=0.3, comment_s=0.1)
    with served.stream(token=None, cookie=served.login()) as stream:
        assert stream.status == 200
        assert ended_within(stream)


def test_closing_ends_every_stream_even_one_that_reads_nothing(serve):
    desk = FakeDesk(filler="x" * 200_000)
    served = serve(desk, lag_updates=1000, lag_bytes=2**30)
    with reads_nothing(served), served.stream() as stream:
        stream.next()
        for _ in range(50):
            desk.publish()
            stream.next()
        began_s = time.monotonic()
        served.server.stop()
        assert time.monotonic() - began_s < SOON_S
        assert stream.next() is None
    assert desk.listeners == []


def test_who_comes_while_it_closes_is_refused(serve):
    served = serve()
    served.web.hub.closed = True
    with served.stream() as stream:
        assert stream.status == 503


# -- a real desk


def test_a_moment_of_the_past(real):
    def status(second):
        answer = real.ask("GET", f"/api/state?at={at_us(second) // 1000}", token=ALICE)
        assert (answer.status, answer.json()["live"], answer.json()["role"]) == (200, False, "viewer")
        assert answer.json()["now"] == at_us(second) // 1000
        return next(u["status"] for u in answer.json()["units"] if u["unit_id"] == "E1")

    assert [status(s) for s in (10, 60, 200, 300)] == ["in_quarters", "dispatched", "enroute", "on_scene"]


@pytest.mark.parametrize("at", ["", "now", "-5", "1.5", str(2**43 + 1), "9" * 400, "%00", "0x10"])
def test_an_instant_that_is_none(real, at):
    for path in (f"/api/state?at={at}", f"/api/events?start={at}", f"/api/events?end={at}"):
        answer = real.ask("GET", path, token=ALICE)
        assert answer.status in {400, 422}, path


@pytest.mark.parametrize("at", [0, 1, 2**43])
def test_an_instant_far_away_is_answered(real, at):
    assert real.ask("GET", f"/api/state?at={at}", token=ALICE).status in {200, 422}
    assert real.ask("GET", f"/api/events?start={at}&end={at}", token=ALICE).body == b""
    assert not any(" 500 " in line for line in real.lines)


def test_past_events_are_lines_with_addresses_for_operators_only(real):
    for token, addresses in ((BOB, ["7400 BLOCK"]), (ALICE, [])):
        answer = real.ask("GET", "/api/events", token=token)
        assert answer.headers["content-type"] == "application/x-ndjson"
        said = [json.loads(line) for line in answer.body.splitlines()]
        assert [s["type"] for s in said] == ["incident.created", "unit.dispatched", "unit.enroute", "unit.arrived"]
        assert [s["address"] for s in said if "address" in s] == addresses
    assert real.ask("GET", "/api/events", token=TOKENS.feed).status == 403


def test_a_span_begins_with_its_start_and_ends_before_its_end(real):
    def types(start, end):
        path = f"/api/events?start={at_us(start) // 1000}&end={at_us(end) // 1000}"
        return [json.loads(line)["type"] for line in real.ask("GET", path, token=ALICE).body.splitlines()]

    assert types(30, 90) == ["unit.dispatched"]
    assert types(30, 90.001) == ["unit.dispatched", "unit.enroute"]
    assert types(250, 0) == []


def test_the_project_holds_no_incident(real):
    answer = real.ask("GET", "/api/project.zip", token=ALICE)
    assert answer.headers["content-disposition"] == 'attachment; filename="project.RESTRICTED.zip"'
    names = zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
    assert "stations.csv" in names
    assert not [name for name in names if "incident" in name or "event" in name]


def test_a_reader_that_adds_up_updates_has_the_state(real):
    """A snapshot, and each update laid over it, is what the desk says."""
    with real.stream() as stream:
        state = stream.next("snapshot")[2]
        last = 0
        for second, kind in ((300, "unit.cleared"), (400, "unit.in_quarters"), (500, "unit.out_of_service")):
            event = {"event_id": f"x{second}", "ts": f"2024-03-05T19:0{second // 60}:{second % 60:02d}Z", "type": kind}
            event |= {"unit_id": "E1", "incident_id": "1"}
            last = real.ask("POST", "/api/events", token=TOKENS.feed, body=event).json()["row"]
        while state["upto"] < last:
            update = stream.next("update")[2]
            for name, by in (("units", "unit_id"), ("incidents", "incident_id")):
                whole = {one[by]: one for one in state[name]} | {one[by]: one for one in update.pop(name, ())}
                state[name] = [one for key, one in whole.items() if key not in update.get("gone", ())]
            state |= {name: said for name, said in update.items() if name != "gone"}
    now = real.ask("GET", "/api/state", token=ALICE).json()
    assert state["rev"] == now["rev"]
    by_id = {u["unit_id"]: u for u in now["units"]}
    assert {u["unit_id"]: u for u in state["units"]} == by_id
    assert by_id["E1"]["status"] == "out_of_service"


def test_many_past_events_are_sent_as_they_are_read(serve):
    served = serve()
    served.ask("POST", "/api/events", token=TOKENS.feed, body=[an_event(i, address="A" * 400) for i in range(4000)])
    answer = served.ask("GET", "/api/events", token=BOB)
    assert answer.headers.get("transfer-encoding") == "chunked"
    assert [json.loads(line)["event_id"] for line in answer.body.splitlines()] == [f"e{i}" for i in range(4000)]


def test_an_export_that_nobody_takes_gives_its_place_back(serve):
    served = serve(slow_calls=1)
    for start in range(0, 20_000, 4000):
        body = [an_event(i, address="A" * 500) for i in range(start, start + 4000)]
        assert served.ask("POST", "/api/events", token=TOKENS.feed, body=body).status == 200
    head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {BOB}\r\n\r\n"
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(5)
        link.connect(("127.0.0.1", served.server.port))
        link.sendall(head.encode())
        link.recv(100)
        busy = served.ask("GET", "/api/events", token=BOB)
        assert (busy.status, "retry-after" in busy.headers) == (503, True)
    wait_until(lambda: served.ask("GET", "/api/events?start=0&end=1", token=BOB).status == 200)
