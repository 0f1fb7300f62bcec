"""Routes of the web service: what each takes and answers."""

import http.client
import json
import threading

import pytest
from fake_desk import TOKENS, Served, an_event, wait_until

from fireplan.live.web.security import Limits
from fireplan.operations.event import Event

LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("page")) as served:
        yield served


@pytest.fixture
def fresh(tmp_path):
    """A service of one's own."""
    with Served(tmp_path / "page") as served:
        yield served


def post(served, body, **headers):
    return served.ask("POST", "/api/events", token=TOKENS.feed, body=body, **headers)


def test_one_event_is_taken_once(fresh):
    first, again = post(fresh, an_event(1)), post(fresh, an_event(1))
    assert (first.status, first.json()) == (200, {"new": 1, "duplicates": 0, "refused": [], "row": 1})
    assert (again.status, again.json()) == (200, {"new": 0, "duplicates": 1, "refused": [], "row": 1})
    assert list(fresh.desk.by_id) == ["e1"]


def test_the_same_id_with_other_content_is_refused_by_name(fresh):
    post(fresh, an_event(1))
    answer = post(fresh, [an_event(2), an_event(1, unit_id="E2")])
    assert answer.status == 200
    assert answer.json()["new"] == 1
    (fault,) = answer.json()["refused"]
    assert (fault["index"], fault["event_id"], fault["code"]) == (1, "e1", "same_id_other_content")
    assert post(fresh, an_event(1, unit_id="E2")).status == 422


def test_an_array_keeps_what_can_be_used(fresh):
    answer = post(fresh, [an_event(1), {"event_id": "bad"}, 7, an_event(2)])
    said = answer.json()
    assert (answer.status, said["new"]) == (200, 2)
    assert [(f["index"], f["event_id"]) for f in said["refused"]] == [(1, "bad"), (2, None)]
    assert [r.line for r in fresh.desk.refusals] == [2, 3]
    assert {r.source for r in fresh.desk.refusals} == {"http"}


def test_lines_are_counted_as_they_stand(fresh):
    body = "\n".join(["\ufeff" + json.dumps(an_event(1)), "", "not JSON", json.dumps(an_event(2)) + "\r", ""])
    said = post(fresh, body.encode(), content_type=LINES).json()
    assert said["new"] == 2
    assert [(f["index"], f["code"]) for f in said["refused"]] == [(2, "not_json")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"[{},", "not_json"),
        (b"[{}] x", "not_json"),
        (b"[{} {}]", "not_json"),
        (b'{"event_id": NaN}', "not_finite"),
        (b'[{"event_id": Infinity}]', "not_finite"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 10_000, "too_deep"),
        (b'[{"event_id": "\xff"}]', "not_utf8"),
        ('{"event_id": "e"}'.encode("utf-16"), "not_utf8"),
        (b'{"event_id": "' + b"x" * 70_000 + b'"}', "too_long"),
        (b'[{"event_id": "' + b"x" * 70_000 + b'"}]', "too_long"),
        (b'[{"event_id": "' + "\u00e9".encode() * 40_000 + b'"}]', "too_long"),
        (b'{"event_id": ' + b"9" * 5000 + b"}", "not_json"),
        (b'"text"', "not_an_object"),
    ],
)
def test_bad_bodies_are_refused_with_their_reason(fresh, body, code):
    answer = post(fresh, body, content_type="application/json")
    assert answer.status == 422
    assert [f["code"] for f in answer.json()["refused"]] == [code]
    assert len(fresh.desk.refusals) == 1


def test_an_array_that_breaks_off_leaves_nothing(fresh):
    body = json.dumps([an_event(1), an_event(2)])[:-5]
    assert post(fresh, body, content_type="application/json").status == 422
    assert fresh.desk.by_id == {}


@pytest.mark.parametrize("empty", [[], b" [ ] "])
def test_nothing_is_nothing(served, empty):
    answer = post(served, empty, content_type="application/json")
    assert (answer.status, answer.json()) == (200, {"new": 0, "duplicates": 0, "refused": []})


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_of_another_site_could_send_is_refused(served, kind):
    assert post(served, json.dumps(an_event(3)), content_type=kind).status == 415


def test_too_many_events_are_refused_whole(tmp_path):
    with Served(tmp_path / "page", limits=Limits(batch_events=3)) as served:
        four = [an_event(i) for i in range(4)]
        assert post(served, four).status == 413
        assert post(served, "\n".join(map(json.dumps, four)), content_type=LINES).status == 413
        assert post(served, b"\n" * 7, content_type=LINES).status == 413
        assert served.desk.by_id == {}
        assert post(served, four[:3]).json()["new"] == 3


def test_a_large_batch_is_read_beside_the_loop(fresh):
    said = post(fresh, [an_event(i) for i in range(5000)]).json()
    assert (said["new"], said["row"], said["refused"]) == (5000, 5000, [])


def test_a_body_over_the_cap_is_not_read(tmp_path):
    with Served(tmp_path / "page", limits=Limits(body_bytes=1000)) as served:
        assert post(served, b"x" * 1001, content_type="application/json").status == 413
        pieces = (b"[" + b" " * 400 for _ in range(4))
        assert post(served, pieces, content_type="application/json").status == 413
        assert post(served, an_event(1)).status == 200
        assert served.desk.refusals == []


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path):
    with Served(tmp_path / "page", limits=Limits(body_s=0.2)) as served:
        assert post(served, b"[", content_type="application/json", content_length="100").status == 408


def test_a_store_that_fails_acknowledges_nothing(fresh):
    fresh.desk.failing = OSError("canary in a message")
    answer = post(fresh, an_event(1))
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert "new" not in answer.json()
    assert "canary" not in answer.body.decode() + "".join(fresh.lines)
    fresh.desk.failing = None
    assert post(fresh, an_event(1)).json()["new"] == 1


def test_the_state_says_to_whom(served):
    for token, role in ((TOKENS.viewer, "viewer"), (TOKENS.operator, "operator")):
        state = served.ask("GET", "/api/state", token=token).json()
        assert (state["role"], state["live"], state["boot"]) == (role, True, "k3f9")


def test_a_moment_of_the_past(served):
    state = served.ask("GET", "/api/state?at=1751380000123", token=TOKENS.viewer).json()
    assert (state["now"], state["live"], state["role"]) == (1_751_380_000_123, False, "viewer")
    assert served.ask("GET", "/api/state?at=1", token=TOKENS.viewer).status == 422


@pytest.mark.parametrize("query", ["at=x", "at=-1", "at=1e3", f"at={2**60}", "at=1.5"])
def test_an_instant_that_is_none(served, query):
    answer = served.ask("GET", f"/api/state?{query}", token=TOKENS.viewer)
    assert answer.status == 422
    assert "at" in answer.json()["error"]


def test_only_few_moments_are_in_the_making_at_once(tmp_path):
    with Served(tmp_path / "page", limits=Limits(slow_calls=1)) as served:
        begun, go = threading.Event(), threading.Event()
        packed = served.desk.project_zip

        def slow():
            begun.set()
            assert go.wait(5)
            return packed()

        served.desk.project_zip = slow
        first = threading.Thread(target=served.ask, args=("GET", "/api/project.zip"), kwargs={"token": TOKENS.viewer})
        first.start()
        assert begun.wait(5)
        answer = served.ask("GET", "/api/state?at=1751380000123", token=TOKENS.viewer)
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        go.set()
        first.join(5)
        assert served.ask("GET", "/api/state?at=1751380000123", token=TOKENS.viewer).status == 200


def test_past_events_can_be_fed_again(fresh):
    events = [an_event(i, address="7400 BLOCK") for i in range(3000)]
    post(fresh, events)
    answer = fresh.ask("GET", "/api/events", token=TOKENS.operator)
    lines = answer.body.splitlines()
    assert (answer.headers["content-type"], len(lines)) == (LINES, 3000)
    assert json.loads(lines[7])["address"] == "7400 BLOCK"
    again = post(fresh, answer.body, content_type=LINES).json()
    assert (again["new"], again["duplicates"], again["refused"]) == (0, 3000, [])


def test_a_viewer_gets_no_addresses(fresh):
    post(fresh, an_event(1, address="7400 BLOCK"))
    assert b"7400" in fresh.ask("GET", "/api/events", token=TOKENS.operator).body
    answer = fresh.ask("GET", "/api/events", token=TOKENS.viewer)
    assert json.loads(answer.body)["event_id"] == "e1"
    assert b"7400" not in answer.body


def test_a_span_ends_before_its_end(fresh):
    for i, second in enumerate((10, 20, 30)):
        post(fresh, an_event(i, ts=f"2025-07-01T08:00:{second}Z"))
    start_ms = 1_751_356_800_000 + 10_000
    answer = fresh.ask("GET", f"/api/events?start={start_ms}&end={start_ms + 20_000}", token=TOKENS.viewer)
    assert [json.loads(line)["event_id"] for line in answer.body.splitlines()] == ["e0", "e1"]


def test_exports_give_their_place_back(tmp_path):
    with Served(tmp_path / "page", limits=Limits(slow_calls=1)) as served:
        post(served, an_event(1))
        assert [served.ask("GET", "/api/events", token=TOKENS.viewer).status for _ in range(5)] == [200] * 5


def test_the_project_is_a_file(served):
    answer = served.ask("GET", "/api/project.zip", token=TOKENS.viewer)
    assert (answer.headers["content-type"], answer.body[:2]) == ("application/zip", b"PK")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_move_is_an_event_of_now(fresh):
    body = {"unit_id": "E1", "station_id": "S2"}
    answer = fresh.ask("POST", "/api/moves", token=TOKENS.operator, body=body)
    assert (answer.status, answer.json()["new"]) == (200, 1)
    (event,) = fresh.desk.by_id.values()
    assert isinstance(event, Event)
    assert (event.type, event.unit_id, event.station_id) == ("unit.moved_up", "E1", "S2")
    assert event.ts_us == event.received_us == fresh.desk.now_ms * 1000


@pytest.mark.parametrize(
    "body",
    [
        {"unit_id": "X9", "station_id": "S1"},
        {"unit_id": "E1", "station_id": "S9"},
        {"unit_id": ["E1"], "station_id": "S1"},
        {"unit_id": "E1", "station_id": {}},
        {},
        [],
    ],
)
def test_a_move_of_or_to_nobody_is_refused(served, body):
    assert served.ask("POST", "/api/moves", token=TOKENS.operator, body=body).status == 422


def test_an_alert_is_noted_as_seen(served):
    seen = served.ask("POST", "/api/alerts/zone:S3/acknowledge", token=TOKENS.operator)
    assert seen.status == 200
    assert served.ask("POST", "/api/alerts/other/acknowledge", token=TOKENS.operator).status == 404
    assert served.ask("POST", f"/api/alerts/{'z' * 300}/acknowledge", token=TOKENS.operator).status == 404
    assert served.desk.acknowledged[:2] == [("zone:S3", "operator"), ("other", "operator")]


def test_a_replay_takes_another_speed(served):
    def change(**body):
        return served.ask("POST", "/api/replay", token=TOKENS.operator, body=body).status

    assert change(speed=120) == 200
    assert (served.desk.replay.speed, served.desk.replay.paused) == (120.0, False)
    assert change(paused=True) == 200
    assert (served.desk.replay.speed, served.desk.replay.paused) == (120.0, True)
    assert [change(speed=v) for v in (0, -1, 1e9, "60", True, None)] == [422] * 5 + [200]
    assert change(paused=1) == 422


def test_a_live_feed_has_no_speed(fresh):
    fresh.desk.replay = None
    assert fresh.ask("POST", "/api/replay", token=TOKENS.operator, body={"speed": 60}).status == 409


def test_assets_are_those_of_the_list(served):
    for name in ("live.js", "live.css", "leaflet.js", "leaflet.css", "images/layers.png"):
        answer = served.ask("GET", f"/assets/{name}", token=TOKENS.viewer)
        assert answer.status == 200, name
        again = served.ask("GET", f"/assets/{name}", token=TOKENS.viewer, if_none_match=answer.headers["etag"])
        assert (again.status, again.body) == (304, b"")
    for name in ("secret.txt", "index.html", "../live.js", "..%2f..%2flive.js", "%2fetc%2fpasswd", ""):
        assert served.ask("GET", f"/assets/{name}", token=TOKENS.viewer).status == 404, name


def test_unknown_paths_and_methods(served):
    assert served.ask("GET", "/nothing", token=TOKENS.viewer).status == 404
    assert served.ask("POST", "/api/state", token=TOKENS.operator).status == 405
    assert served.ask("GET", "/api/state/", token=TOKENS.viewer).status == 404


def test_the_docs_load_nothing(served):
    answer = served.ask("GET", "/docs", token=TOKENS.viewer)
    page = answer.body.decode()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in page
    assert "<link" not in page
    assert "src=" not in page
    document = served.ask("GET", "/openapi.json", token=TOKENS.viewer).json()
    for path, methods in document["paths"].items():
        assert (
            f"<code>{'GET' if 'get' in methods else 'POST'} {path.replace('{', '&#123;').replace('}', '&#125;')}"
            in page
        )


def test_openapi_describes_every_route_that_is_not_a_page(served):
    document = served.ask("GET", "/openapi.json", token=TOKENS.viewer).json()
    said = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    hidden = {"/", "/assets/{name:path}", "/docs", "/openapi.json"}
    there = {(m, r.path) for r in served.server.app.routes if r.path not in hidden for m in r.methods}
    assert {(m, p.replace(":path", "")) for m, p in there} == said
    assert document["security"] == [{"token": []}, {"session": []}]
    body = document["paths"]["/api/events"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", LINES}


def test_a_fault_says_its_id_and_nothing_else(fresh):
    fresh.desk.broken = ValueError("canary of an address")
    for path in ("/api/state", "/api/state?at=1751380000123", "/api/project.zip"):
        answer = fresh.ask("GET", path, token=TOKENS.operator)
        assert answer.status == 500
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        said = answer.json()
        assert set(said) == {"error", "fault"}
        wait_until(lambda said=said: any(said["fault"] in line for line in fresh.lines))
        assert "canary" not in answer.body.decode()
    text = "\n".join(fresh.lines)
    assert "canary" not in text
    assert "builtins.ValueError at " in text
    assert "fake_desk.py" in text


def test_an_export_that_breaks_is_cut_off(fresh):
    fresh.desk.broken = ValueError("canary of an address")
    with pytest.raises((OSError, http.client.HTTPException)):  # the answer has no end
        fresh.ask("GET", "/api/events", token=TOKENS.operator)
    wait_until(lambda: any(" fault " in line for line in fresh.lines))
    assert "canary" not in "\n".join(fresh.lines)
