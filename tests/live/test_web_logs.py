"""A canary in everything that may be personal or secret: no line of the log tells it, and no error does."""

import json
import logging
import re
import socket
from urllib.parse import quote

import pytest
from fake_desk import TOKENS, FakeDesk, Served, an_event, wait_until
from live_desks import SetClock, desk_at, eventually
from live_towns import at_us

from fireplan.errors import InputError
from fireplan.live._web.limits_and_headers import Limits

CANARY = "kanari-7400-zebra"
SECRET = f"{CANARY}-0123456789"
JSON, LINES = "application/json", "application/x-ndjson"
PERSONAL = {"address": CANARY, "call_type": CANARY, "priority": CANARY, "narrative": CANARY, CANARY: CANARY}
LINE = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z "
    r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d{3}) (?P<ms>\d+\.\d) ms (?P<role>viewer|operator|feed|-)"
)


@pytest.fixture
def served(capfd, caplog):
    """A service; when it has ended, nothing that was written anywhere holds the canary, or an address."""
    caplog.set_level(logging.DEBUG)
    with Served(None, limits=Limits(client_failures=10_000, all_failures=10_000)) as served:
        yield served
    seen = capfd.readouterr()
    everything = "\n".join([*served.lines, caplog.text, seen.out, seen.err])
    assert served.lines
    assert CANARY not in everything
    assert "127.0.0.1" not in everything
    assert "Traceback" not in everything
    assert not [token for token in (TOKENS.viewer, TOKENS.operator, TOKENS.feed) if token in everything]


def is_silent(answer):
    """Whether an answer repeats nothing."""
    return CANARY not in answer.body.decode() and CANARY not in str(answer.headers)


def line_of(served, number=-1):
    return LINE.fullmatch(served.lines[number])


# -- what a line holds


@pytest.mark.parametrize(
    ("method", "path", "how", "line"),
    [
        ("GET", "/api/state", {"token": TOKENS.viewer}, ("GET", "/api/state", "200", "viewer")),
        ("GET", f"/api/state?at={CANARY}", {"token": TOKENS.operator}, ("GET", "/api/state", "422", "operator")),
        ("GET", "/assets/main.js", {"token": TOKENS.viewer}, ("GET", "/assets/{name:path}", "200", "viewer")),
        ("HEAD", "/", {}, ("HEAD", "/", "403", "-")),
        ("GET", f"/{CANARY}", {"token": TOKENS.viewer}, ("GET", "(unknown)", "404", "viewer")),
        ("GET", f"/assets/{CANARY}", {}, ("GET", "/assets/{name:path}", "403", "-")),
        (
            "POST",
            f"/api/alerts/{CANARY}/acknowledge",
            {"token": TOKENS.operator},
            ("POST", "/api/alerts/{key:path}/acknowledge", "404", "operator"),
        ),
        ("POST", "/api/events", {"token": TOKENS.feed, "body": []}, ("POST", "/api/events", "200", "feed")),
        ("POST", "/login", {"body": {"token": SECRET}}, ("POST", "/login", "403", "-")),
        ("DELETE", "/api/state", {"token": TOKENS.operator}, ("DELETE", "/api/state", "405", "operator")),
        ("KANARI", "/api/state", {"token": TOKENS.viewer}, ("OTHER", "/api/state", "403", "viewer")),
    ],
)
def test_a_line_has_method_template_status_time_and_role(served, method, path, how, line):
    answer = served.ask(method, path, **how)
    if method == "KANARI" and answer.status == 400:  # the server itself does not take such a method
        served.ask("GET", "/")
        line = ("GET", "/", "403", "-")
    wait_until(lambda: served.lines)
    found = line_of(served)
    assert found.group("method", "path", "status", "role") == line
    assert 0 <= float(found["ms"]) < 5000


def test_there_is_a_line_for_every_request(served):
    for _ in range(5):
        served.ask("GET", "/api/state", token=TOKENS.viewer)
        served.ask("GET", "/api/state")
    wait_until(lambda: len(served.lines) == 10)
    assert all(map(LINE.fullmatch, served.lines))


def test_a_stream_has_its_line_when_it_ends(served):
    with served.stream() as stream:
        stream.next()
        assert served.lines == []
    wait_until(lambda: served.lines)
    assert line_of(served).group("method", "path", "role") == ("GET", "/api/stream", "viewer")


# -- where a canary may sit


def test_in_tokens_cookies_and_other_headers(served):
    cookie = served.login(TOKENS.operator)
    asked = [
        {"token": SECRET},
        {"authorization": SECRET},
        {"authorization": f"Basic {SECRET}"},
        {"cookie": f"fireplan={SECRET}"},
        {"cookie": f"{SECRET}={SECRET}; {cookie}x"},
        {"host": f"{CANARY}.example.org"},
        {"token": TOKENS.operator, "host": CANARY},
        {"token": TOKENS.operator, "origin": f"https://{CANARY}", "sec_fetch_site": CANARY},
        {"token": TOKENS.operator, "content_length": CANARY},
        {"token": TOKENS.operator, "content_type": CANARY},
        {"user_agent": CANARY, "referer": f"https://{CANARY}/", "x_forwarded_for": CANARY},
        {"token": TOKENS.viewer, "last_event_id": CANARY, "if_none_match": CANARY, "user_agent": CANARY},
    ]
    for how in asked:
        for method, path in (("POST", "/api/events"), ("GET", "/api/state"), ("GET", "/"), ("POST", "/logout")):
            if method == "GET" and "content_length" in how:
                continue
            answer = served.ask(method, path, **how)
            assert answer.status < 400 or is_silent(answer), (method, path, how)
    for body in ({"token": SECRET}, {CANARY: SECRET}, [SECRET], SECRET):
        answer = served.ask("POST", "/login", body=json.dumps(body), content_type=JSON)
        assert (answer.status, is_silent(answer)) == (403, True)
    for kind in ("application/x-www-form-urlencoded", JSON, CANARY):
        answer = served.ask("POST", "/login", body=f"token={SECRET}&{CANARY}={SECRET}", content_type=kind)
        assert (answer.status, is_silent(answer)) == (403, True)


@pytest.mark.parametrize("token", [None, TOKENS.viewer, TOKENS.operator])
def test_in_paths_and_queries(served, token):
    paths = [
        f"/{CANARY}",
        f"/?token={SECRET}",
        f"/assets/{CANARY}",
        f"/assets/..%2f{CANARY}",
        f"/api/{CANARY}/state",
        f"/api/state?at={CANARY}",
        f"/api/state?{CANARY}=1&at=x",
        f"/api/events?start={CANARY}&end={CANARY}",
        f"/api/alerts/{CANARY}%0a/acknowledge",
        f"/api/alerts/{quote(CANARY * 20)}/acknowledge",
    ]
    for path in paths:
        for method in ("GET", "POST", "PUT"):
            answer = served.ask(method, path, token=token)
            assert answer.status < 400 or is_silent(answer), (method, path)


def test_in_events_that_are_kept_and_in_events_that_are_refused(served):
    bad = [
        {"latitude": CANARY, "longitude": 1},
        {"ts": CANARY},
        {"ts": f"2025-07-01T08:00:00{CANARY}"},
        {"type": "unit.teleported"},
        {"seq": CANARY},
        {"unit_id": [CANARY]},
        {"address": {CANARY: CANARY}},
        {"address": CANARY * 100},
        {"incident_id": None},
    ]
    events = [an_event(i, **PERSONAL | more) for i, more in enumerate(bad)]
    for event in events:
        answer = served.ask("POST", "/api/events", token=TOKENS.feed, body=event)
        assert (answer.status, is_silent(answer)) == (422, True), event
    for body in (events, [an_event(90, **PERSONAL), *events, CANARY, [CANARY]]):
        for text, kind in ((json.dumps(body), JSON), ("\n".join(map(json.dumps, body)), LINES)):
            assert is_silent(served.ask("POST", "/api/events", token=TOKENS.feed, body=text, content_type=kind))
    other = an_event(90, **PERSONAL | {"address": f"{CANARY} 2"})
    answer = served.ask("POST", "/api/events", token=TOKENS.feed, body=other)
    assert (answer.status, is_silent(answer)) == (422, True)
    for text in (CANARY, "{" + CANARY, f'[{{"address": "{CANARY}"', f'{{"{CANARY}": NaN}}', f'[{{"{CANARY}": NaN}}]'):
        for kind in (JSON, LINES, f"text/{CANARY}"):
            answer = served.ask("POST", "/api/events", token=TOKENS.feed, body=text, content_type=kind)
            assert (answer.status in {415, 422}, is_silent(answer)) == (True, True), (text, kind)


def test_what_was_refused_is_not_shown_to_viewers(tmp_path):
    with desk_at(tmp_path / "s.sqlite", clock=SetClock(at_us(600))) as desk, Served(None, desk=desk) as served:
        for more in ({"seq": -1}, {"latitude": CANARY}, {"ts": "2025-07-01T08:00:00"}, {"type": "unit.teleported"}):
            event = an_event(1, **PERSONAL | more)
            assert served.ask("POST", "/api/events", token=TOKENS.feed, body=event).status == 422
        eventually(lambda: served.ask("GET", "/api/state", token=TOKENS.viewer).json()["health"]["refused"] == 4)
        for path in ("/api/state", f"/api/state?at={at_us(500) // 1000}", "/api/events"):
            assert CANARY not in served.ask("GET", path, token=TOKENS.operator).body.decode()


def test_in_other_bodies(served):
    for path in ("/api/moves", "/api/replay"):
        for body in (CANARY, f'"{CANARY}"', json.dumps({"unit_id": CANARY, "station_id": CANARY, "speed": CANARY})):
            answer = served.ask("POST", path, token=TOKENS.operator, body=body, content_type=JSON)
            assert (answer.status, is_silent(answer)) == (422, True)


@pytest.mark.parametrize(
    "said",
    [
        f"GET /{CANARY} HTTP/1.1\r\n\r\n",
        f"{CANARY}\r\n\r\n",
        f"GET / HTTP/{CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\n{CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {CANARY}\r\n\r\n",
        f"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
        f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n{CANARY}: x\r\n\r\n",
        f"GET /\u00e9{CANARY} HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 100_000}\r\n\r\n",
    ],
    ids=range(8),
)
def test_in_what_is_no_request(served, said):
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as link:
        link.sendall(said.encode())
        link.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := link.recv(65536):
                answer += piece
        except ConnectionError:
            pass
    assert CANARY not in answer.decode()
    assert b" 200 " not in answer[:20]
    served.ask("GET", "/")
    wait_until(lambda: served.lines)


# -- faults


class Speaking(FakeDesk):
    """A desk whose every call fails, and tells what it should not."""

    def __init__(self, make):
        super().__init__()
        self.make = make
        self.speaking = False

    def fail(self, *_args, **_more):
        if not self.speaking:
            return
        fault = self.make(f"near {CANARY}")
        fault.add_note(CANARY)
        raise fault from KeyError(CANARY)

    def snapshot(self):
        self.fail()
        return super().snapshot()

    def moment(self, at_us):
        self.fail()
        return super().moment(at_us)

    def events_between(self, start_us, end_us):
        self.fail()
        return super().events_between(start_us, end_us)

    def project_zip(self):
        self.fail()
        return super().project_zip()

    def acknowledge(self, key, who):
        self.fail()
        return super().acknowledge(key, who)

    def submit(self, *args, **more):
        self.fail()
        return super().submit(*args, **more)


class OddError(Exception):
    """Its text and its looks tell too much."""

    def __repr__(self):
        return CANARY


@pytest.mark.parametrize("make", [ValueError, OSError, InputError, OddError, RecursionError])
def test_a_fault_is_told_by_its_id_alone(make, capfd):
    desk = Speaking(make)
    with Served(None, desk=desk) as served:
        desk.speaking = True
        desk.replay.change = desk.fail
        asked = [
            ("GET", "/api/state", None),
            ("GET", "/api/state?at=1751380000000", None),
            ("GET", "/api/project.zip", None),
            ("POST", "/api/alerts/zone:S3/acknowledge", None),
            ("POST", "/api/moves", {"unit_id": "E1", "station_id": "S2"}),
            ("POST", "/api/replay", {"speed": 5}),
            ("POST", "/api/events", an_event(1, **PERSONAL)),
        ]
        for method, path, body in asked:
            answer = served.ask(method, path, token=TOKENS.operator, body=body)
            assert answer.status in {422, 500, 503}, (method, path)
            assert is_silent(answer)
            assert "default-src" in answer.headers["content-security-policy"]
            if answer.status == 500:
                fault = answer.json()["fault"]
                wait_until(lambda fault=fault: [line for line in served.lines if fault in line])
        answer = served.ask("GET", "/api/events", token=TOKENS.operator)
        assert (answer.status, is_silent(answer)) == (500, True)
        wait_until(lambda: sum(LINE.fullmatch(line) is not None for line in served.lines) == len(asked) + 1)
        desk.speaking = False
    seen = capfd.readouterr()
    text = "\n".join(served.lines) + seen.out + seen.err
    assert CANARY not in text
    assert text.count(f"{make.__qualname__} at ") == len(asked) + 1  # the line names the type, and where it was
    assert "test_web_logs.py" in text


def test_a_store_that_fails_later_tells_nothing(served):
    served.desk.failing = OSError(f"cannot write {CANARY}")
    answer = served.ask("POST", "/api/events", token=TOKENS.feed, body=an_event(1, **PERSONAL))
    assert (answer.status, is_silent(answer)) == (503, True)


def test_an_update_that_cannot_be_written_tells_nothing(served):
    with served.stream() as stream:
        stream.next()
        served.desk.publish(address={CANARY})  # a set is no JSON
        assert stream.next() is None
    assert is_silent(served.ask("GET", "/api/state", token=TOKENS.viewer))
