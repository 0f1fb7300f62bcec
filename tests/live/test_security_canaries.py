"""A canary in every field that may hold something personal: it reaches no log and no error."""

import json
import logging

import pytest
from fake_desk import TOKENS, Served, an_event, wait_until

from fireplan.live.web.logs import Log

CANARY = "CANARY7400"
LINES = "application/x-ndjson"


@pytest.fixture
def served(tmp_path):
    with Served(tmp_path / "page") as served:
        yield served


def ask_everything(served):
    """Ask what can go wrong with a canary in it, and give the answers that are errors."""
    said = {"address": CANARY, "call_type": CANARY, "priority": CANARY, "narrative": CANARY}
    events = [
        an_event(1, **said),
        an_event(2, **said, latitude=CANARY),
        an_event(3, **said, ts=CANARY),
        an_event(4, **{**said, "address": CANARY * 100}),
        an_event(5, **said, seq=CANARY),
    ]
    answers = [served.ask("POST", "/api/events", token=TOKENS.feed, body=event) for event in events]
    answers.append(served.ask("POST", "/api/events", token=TOKENS.feed, body=[*events, CANARY]))
    lines = "\n".join([*map(json.dumps, events), CANARY, "{" + CANARY])
    answers.append(served.ask("POST", "/api/events", token=TOKENS.feed, body=lines, content_type=LINES))
    kinds = ("application/json", "text/plain", CANARY)
    answers += [served.ask("POST", "/api/events", token=TOKENS.feed, body=CANARY, content_type=k) for k in kinds]
    reading = ("GET", "HEAD", "PUT", "DELETE")
    paths = (
        f"/{CANARY}",
        f"/assets/{CANARY}",
        f"/api/state?at={CANARY}",
        f"/api/events?start={CANARY}",
        f"/?x={CANARY}",
    )
    for path in paths:
        for token in (None, TOKENS.operator, CANARY):
            answers += [served.ask(method, path, token=token) for method in reading]
    for path in ("/login", "/api/moves", "/api/replay", f"/api/alerts/{CANARY}/acknowledge"):
        for body in ({"token": CANARY, "unit_id": CANARY, "speed": CANARY}, [CANARY]):
            answers.append(served.ask("POST", path, token=TOKENS.operator, body=body))
    answers.append(served.ask("GET", "/api/state", cookie=f"fireplan={CANARY}", user_agent=CANARY, referer=CANARY))
    answers.append(served.ask("GET", "/api/state", token=TOKENS.viewer, host=CANARY))
    answers.append(served.ask("GET", "/api/stream", token=TOKENS.viewer, origin=CANARY))
    served.desk.failing = OSError(CANARY)
    answers.append(served.ask("POST", "/api/events", token=TOKENS.feed, body=an_event(9, **said)))
    served.desk.broken = ValueError(CANARY)
    for path in ("/api/state", "/api/state?at=1751380000123", "/api/project.zip"):
        answers.append(served.ask("GET", path, token=TOKENS.operator))
    return answers


def test_no_log_and_no_error_tells(served, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    cookie = served.login(TOKENS.operator)
    answers = ask_everything(served)
    errors = [a for a in answers if a.status >= 400]
    assert {a.status for a in errors} >= {403, 404, 405, 415, 422, 500, 503}
    for answer in errors:
        assert CANARY not in answer.body.decode()
        assert CANARY not in str(answer.headers)
    wait_until(lambda: len(served.lines) >= len(answers))
    served.server.stop()
    seen = capfd.readouterr()
    told = "\n".join([*served.lines, caplog.text, seen.out, seen.err])
    for secret in (
        CANARY,
        "127.0.0.1",
        cookie.partition("=")[2],
        *(getattr(TOKENS, r) for r in ("viewer", "operator")),
    ):
        assert secret not in told
    assert "Traceback" not in told


def test_one_line_a_request(served):
    served.ask("GET", "/api/state?at=1751380000123", token=TOKENS.viewer)
    wait_until(lambda: served.lines)
    (line,) = served.lines
    stamp, method, template, status, took, unit, role = line.split()
    assert stamp.endswith("Z")
    assert (method, template, status, unit, role) == ("GET", "/api/state", "200", "ms", "viewer")
    assert float(took) > 0


def test_a_stream_is_written_down_when_it_ends(served):
    with served.stream() as stream:
        stream.next()
    wait_until(lambda: served.lines)
    assert "GET /api/stream 200" in served.lines[0]


def test_a_fault_names_places_only():
    lines = []

    def inner():
        raise KeyError(CANARY)

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError(CANARY) from error
    except ValueError as error:
        fault = Log(lines.append).fault(error, "testing")
    assert fault in lines[0]
    assert CANARY not in lines[0]
    assert "builtins.ValueError" in lines[0]
    assert "builtins.KeyError" in lines[0]
    assert "test_security_canaries.py" in lines[0]


def test_an_exception_that_comes_from_itself():
    lines = []
    error = ValueError("x")
    error.__cause__ = KeyError("y")
    error.__cause__.__cause__ = error
    Log(lines.append).fault(error, "testing")
    assert lines[0].count("ValueError") == 1


def test_the_loop_says_no_more(served):
    log = served.web.log
    log.of_loop(None, {"message": CANARY, "exception": RuntimeError(CANARY)})
    log.of_loop(None, {"message": CANARY})
    log.of_loop(None, {"message": CANARY, "exception": ConnectionResetError(CANARY)})
    assert len(served.lines) == 2
    assert CANARY not in "\n".join(served.lines)
