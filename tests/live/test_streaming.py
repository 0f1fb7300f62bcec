"""Streams of updates: what each reader gets, after a break, when it is slow, and at the end."""

import contextlib
import http.client
import json
import math
import socket
import threading
import time

import pytest
from fake_desk import TOKENS, Served, an_event, wait_until

from fireplan.live.web.security import Limits


@pytest.fixture
def serve(tmp_path):
    """Start services with limits; they end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **limits: stack.enter_context(Served(tmp_path / "page", limits=Limits(**limits)))


def revs(stream, count):
    """Revisions of the next so many updates."""
    return [stream.next("update")[2]["rev"] for _ in range(count)]


def test_a_snapshot_then_every_update(serve):
    served = serve()
    served.desk.publish()
    with served.stream() as stream:
        assert stream.answer.getheader("content-type") == "text/event-stream; charset=utf-8"
        assert stream.answer.getheader("cache-control") == "no-store"
        event_id, name, data = stream.next()
        assert (event_id, name, data["rev"], data["role"]) == ("k3f9-1", "snapshot", 1, "viewer")
        for _ in range(5):
            served.desk.publish()
        told = [stream.next() for _ in range(5)]
        assert [(i, n, d["rev"]) for i, n, d in told] == [(f"k3f9-{r}", "update", r) for r in range(2, 7)]


def test_the_snapshot_says_to_whom(serve):
    served = serve()
    for token, role in ((TOKENS.viewer, "viewer"), (TOKENS.operator, "operator")):
        with served.stream(token=token) as stream:
            assert stream.next()[2]["role"] == role


def test_a_resumed_stream_gets_what_was_missed_and_no_more(serve):
    served = serve()
    with served.stream() as stream:
        stream.next()
        for _ in range(3):
            served.desk.publish()
        last_id = [stream.next()[0] for _ in range(2)][-1]
    for _ in range(4):
        served.desk.publish()
    with served.stream(last_event_id=last_id) as stream:
        assert revs(stream, 5) == [3, 4, 5, 6, 7]
        served.desk.publish()
        event_id, name, data = stream.next()
        assert (event_id, name, data["rev"]) == ("k3f9-8", "update", 8)


def test_who_missed_nothing_gets_nothing_again(serve):
    served = serve(comment_s=0.1)
    served.desk.publish()
    with served.stream() as stream:
        last_id = stream.next()[0]
    with served.stream(last_event_id=last_id) as stream:
        assert stream.block() == {"retry": "2000"}
        assert stream.block() == {"": "still here"}


@pytest.mark.parametrize(
    "last_id", ["other-3", "k3f9-9999", "k3f9--1", "k3f9-", "k3f9", "3", "k3f9-x", "k3f9-\u00b2", "k3f9-" + "9" * 40]
)
def test_what_cannot_be_resumed_starts_anew(serve, last_id):
    served = serve()
    for _ in range(5):
        served.desk.publish()
    with served.stream(last_event_id=last_id.encode()) as stream:
        assert stream.next()[:2] == ("k3f9-5", "snapshot")


def test_what_is_no_longer_kept_starts_anew(serve):
    served = serve(kept_updates=3)
    for _ in range(6):
        served.desk.publish()
    wait_until(lambda: len(served.web.hub._ring) == 3 and served.web.hub._ring.head == 6)
    with served.stream(last_event_id="k3f9-2") as stream:
        assert stream.next()[:2] == ("k3f9-6", "snapshot")
    with served.stream(last_event_id="k3f9-3") as stream:
        assert revs(stream, 3) == [4, 5, 6]


def test_a_desk_that_began_anew_starts_its_readers_anew(serve):
    served = serve()
    for _ in range(3):
        served.desk.publish()
    served.desk.boot, served.desk.rev = "new1", 0
    with served.stream(last_event_id="old-3") as stream:
        assert stream.next()[:2] == ("new1-0", "snapshot")
        served.desk.publish()
        assert stream.next()[0] == "new1-1"


def test_a_snapshot_newer_than_the_updates_hides_those_it_holds(serve):
    """The desk is ahead of what it has told: nothing comes twice, and nothing is left out."""
    served = serve()
    served.desk.rev = 3
    with served.stream() as stream:
        assert stream.next()[2]["rev"] == 3
        served.desk.rev = 1
        for _ in range(4):
            served.desk.publish()
        assert revs(stream, 2) == [4, 5]


def test_updates_during_the_snapshot_are_not_lost(serve):
    """Many readers join while many updates are told: each gets a whole sequence from its snapshot on."""
    served = serve()
    stop, wrong = threading.Event(), []

    def publish():
        while not stop.is_set():
            served.desk.publish()
            time.sleep(0.002)

    def read():
        with served.stream() as stream:
            rev = stream.next()[2]["rev"]
            for told in revs(stream, 30):
                rev += 1
                if told != rev:
                    wrong.append((told, rev))

    publisher = threading.Thread(target=publish)
    readers = [threading.Thread(target=read) for _ in range(12)]
    publisher.start()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(20)
    stop.set()
    publisher.join(5)
    assert wrong == []
    assert not any(r.is_alive() for r in readers)


def test_an_idle_stream_gets_comments(serve):
    with serve(comment_s=0.05).stream() as stream:
        stream.next()
        assert [stream.block() for _ in range(3)] == [{"": "still here"}] * 3


def test_an_update_is_written_once_for_all(serve, monkeypatch):
    served = serve()
    written = []
    from fireplan.live.web import streaming  # noqa: PLC0415

    as_json = streaming.as_json
    monkeypatch.setattr(streaming, "as_json", lambda value: written.append("rev" in value) or as_json(value))
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream()) for _ in range(10)]
        for stream in streams:
            stream.next()
        assert len(written) == 1  # one snapshot of one revision for one role
        served.desk.publish()
        assert {stream.next()[0] for stream in streams} == {"k3f9-1"}
        assert len(written) == 2


def stalled(served):
    """Open a stream, read its head, and take nothing more."""
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(("127.0.0.1", served.server.port))
    link.settimeout(10)
    head = f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKENS.viewer}\r\n\r\n"
    link.sendall(head.encode())
    assert link.recv(12) == b"HTTP/1.1 200"
    return link


def test_a_slow_reader_is_let_go_and_the_others_are_not(serve):
    served = serve(lag_updates=8, lag_bytes=2**30)
    with stalled(served) as slow, served.stream() as stream:
        assert stream.next()[1] == "snapshot"
        wait_until(lambda: len(served.web.hub) == 2)
        sent = 0
        while len(served.web.hub) == 2:
            assert sent < 400
            served.desk.publish(filler="x" * 200_000)
            sent += 1
            assert stream.next("update")[2]["rev"] == sent
        assert len(served.web.hub) == 1
        with contextlib.suppress(ConnectionResetError):
            while slow.recv(1 << 20):
                pass
        served.desk.publish()
        assert stream.next("update")[2]["rev"] == sent + 1
    assert not any(" fault " in line for line in served.lines)


def test_a_slow_reader_is_let_go_by_bytes(serve):
    served = serve(lag_updates=10_000, lag_bytes=1_000_000)
    with stalled(served):
        wait_until(lambda: len(served.web.hub) == 1)
        sent = 0
        while len(served.web.hub):
            assert sent < 400
            served.desk.publish(filler="x" * 100_000)
            sent += 1
            time.sleep(0.005)
        assert sent >= 10


def test_a_reader_that_takes_nothing_is_let_go_in_time(serve):
    served = serve(send_s=0.3, lag_updates=10_000, lag_bytes=2**30)
    with stalled(served):
        for _ in range(60):
            served.desk.publish(filler="x" * 200_000)
        wait_until(lambda: len(served.web.hub) == 0)


def test_a_reader_that_comes_back_late_may_catch_up(serve):
    served = serve(lag_updates=4)
    for _ in range(100):
        served.desk.publish(filler="x" * 10_000)
    with served.stream(last_event_id="k3f9-0") as stream:
        assert revs(stream, 100) == list(range(1, 101))


def test_a_reader_that_leaves_gives_its_place_back(serve):
    served = serve()
    for _ in range(3):
        with served.stream() as stream:
            stream.next()
            assert len(served.web.hub) == 1
        wait_until(lambda: len(served.web.hub) == 0)


def test_there_are_so_many_streams_and_no_more(serve):
    served = serve(streams=5)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream()) for _ in range(5)]
        assert [s.status for s in streams] == [200] * 5
        refused = stack.enter_context(served.stream())
        assert refused.status == 503
        assert refused.answer.getheader("retry-after") == "2"
        streams[0].close()
        wait_until(lambda: len(served.web.hub) == 4)
        assert stack.enter_context(served.stream()).status == 200


def test_the_cap_is_250(serve):
    served = serve()
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream()) for _ in range(250)]
        assert {s.status for s in streams} == {200}
        assert stack.enter_context(served.stream()).status == 503
        served.desk.publish()
        assert {s.next("update")[0] for s in streams} == {"k3f9-1"}


def test_a_session_has_so_many_streams_and_no_more(serve):
    served = serve()
    cookie, other = served.login(), served.login()
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream(token=None, cookie=cookie)) for _ in range(20)]
        assert {s.status for s in streams} == {200}
        assert stack.enter_context(served.stream(token=None, cookie=cookie)).status == 503
        assert stack.enter_context(served.stream(token=None, cookie=other)).status == 200


def test_logging_out_ends_the_streams_of_the_session(serve):
    served = serve()
    cookie, other = served.login(), served.login()
    with served.stream(token=None, cookie=cookie) as mine, served.stream(token=None, cookie=other) as theirs:
        assert mine.next()[1] == theirs.next()[1] == "snapshot"
        assert served.ask("POST", "/logout", cookie=cookie).status == 204
        assert mine.next() is None
        served.desk.publish()
        assert theirs.next()[1] == "update"


def test_a_stream_ends_with_its_session(serve):
    served = serve(session_s=0.4)
    with served.stream(token=None, cookie=served.login()) as stream:
        stream.next()
        began_s = time.monotonic()
        assert stream.next() is None
        assert time.monotonic() - began_s < 2
    assert len(served.web.hub) == 0


def test_stopping_ends_all_streams(serve):
    served = serve()
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(served.stream()) for _ in range(20)]
        for stream in streams:
            stream.next()
        began_s = time.monotonic()
        served.server.stop()
        assert time.monotonic() - began_s < 1.5  # none had to be cut off when patience ended
        assert [stream.next() for stream in streams] == [None] * 20
    assert served.desk.listeners == []
    assert not any(" fault " in line for line in served.lines)


def test_stopping_does_not_wait_for_a_reader_that_takes_nothing(serve):
    served = serve(lag_updates=10_000, lag_bytes=2**30)
    with stalled(served):
        for _ in range(60):
            served.desk.publish(filler="x" * 200_000)
        began_s = time.monotonic()
        served.server.stop()
        assert time.monotonic() - began_s < 3
        assert not served.server._thread.is_alive()


def test_an_update_that_is_no_json_starts_all_anew(serve):
    served = serve()
    with served.stream() as stream:
        last_id = stream.next()[0]
        served.desk.publish(share=math.nan)
        assert stream.next() is None
    with served.stream(last_event_id=last_id) as stream:
        assert stream.next()[:2] == ("k3f9-1", "snapshot")
        served.desk.publish(share=0.5)
        assert stream.next()[2]["share"] == 0.5
    assert sum(" fault " in line for line in served.lines) == 1


def test_a_snapshot_that_fails_ends_the_stream(serve):
    served = serve()
    served.desk.broken = ValueError("canary")
    with served.stream() as stream, contextlib.suppress(http.client.HTTPException, ConnectionError):
        assert stream.next() is None
    wait_until(lambda: len(served.web.hub) == 0 and any(" fault " in line for line in served.lines))
    assert "canary" not in "\n".join(served.lines)


def test_text_of_the_feed_cannot_break_out_of_its_line(serve):
    served = serve()
    text = "a\nevent: evil\ndata: {}\n\nid: 1\r\u2028\u0085\x00"
    with served.stream() as stream:
        stream.next()
        served.desk.publish(address=text)
        event_id, name, data = stream.next()
        assert (event_id, name, data["address"]) == ("k3f9-1", "update", text)


def test_an_event_that_is_posted_arrives(serve):
    served = serve()
    with served.stream() as stream:
        stream.next()
        row = served.ask("POST", "/api/events", token=TOKENS.feed, body=an_event(1)).json()["row"]
        assert stream.next()[2]["upto"] >= row == 1


def test_two_services_in_one_process(serve):
    one = serve()
    with one.stream() as stream:
        stream.next()
        one.server.stop()
        assert stream.next() is None
    two = serve()
    with two.stream() as stream:
        assert json.dumps(stream.next()[2]["rev"]) == "0"
        two.desk.publish()
        assert stream.next()[1] == "update"
