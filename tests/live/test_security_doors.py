"""Who gets in: every route without a token, with a wrong one, from elsewhere; what each role may do."""

import asyncio
import http.client
import re

import pytest
from fake_desk import TOKENS, Served, an_event, wait_until
from starlette.routing import Route

from fireplan.live.web.guard import UNKNOWN_PATH, Templates, may
from fireplan.live.web.security import Limits
from fireplan.live.web.tokens import Role

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FILLED = {"{name:path}": "live.js", "{key:path}": "zone:S3"}
SAFE = {"GET", "HEAD"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("page"), limits=Limits(client_failures=10_000, all_failures=10_000)) as served:
        yield served


def path_of(route):
    return re.sub(r"\{[^}]*\}", lambda found: FILLED[found[0]], route.path)


def routes(served):
    """Every route and method of the application."""
    every = [(method, path_of(r)) for r in served.server.app.routes for method in sorted(r.methods)]
    assert len(every) >= 18
    return every


def test_every_route_is_one_that_the_tests_can_list(served):
    assert all(isinstance(route, Route) and route.methods for route in served.server.app.routes)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-token-0123456789"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {TOKENS.operator}"},
        {"authorization": TOKENS.operator},
        {"cookie": "fireplan=0123456789"},
        {"cookie": f"fireplan={TOKENS.operator}"},
        {"x-forwarded-for": "127.0.0.1"},
    ],
    ids=["none", "wrong", "empty", "basic", "bare", "no session", "token as cookie", "forwarded"],
)
def test_every_route_is_closed(served, headers):
    for method, path in [*routes(served), *((m, "/nothing/here") for m in METHODS)]:
        answer = served.ask(method, path, **headers)
        assert answer.status == 403, (method, path)
        if (method, path) != ("GET", "/"):
            assert b"<" not in answer.body
    assert served.desk.by_id == {}


def test_every_method_of_every_path_is_closed(served):
    for path in {path for _, path in routes(served)}:
        statuses = {m: served.ask(m, path).status for m in METHODS}
        assert set(statuses.values()) == {403}, (path, statuses)


def test_a_token_in_the_address_opens_nothing(served):
    for name in ("token", "access_token", "authorization"):
        assert served.ask("GET", f"/api/state?{name}={TOKENS.viewer}").status == 403


def test_every_route_is_closed_under_another_host(served):
    for method, path in routes(served):
        for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost:x", "127.0.0.1, evil.example"):
            answer = served.ask(method, path, token=TOKENS.operator, host=host)
            assert answer.status == 403, (method, path, host)
    for host in ("localhost", "LOCALHOST:80", f"127.0.0.1:{served.server.port}", "[::1]:1"):
        assert served.ask("GET", "/api/state", token=TOKENS.viewer, host=host).status == 200


def test_two_hosts_are_none(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=5)
    connection.putrequest("GET", "/api/state", skip_host=True)
    for host in ("localhost", "evil.example"):
        connection.putheader("host", host)
    connection.putheader("authorization", f"Bearer {TOKENS.viewer}")
    connection.endheaders()
    assert connection.getresponse().status in {400, 403}
    connection.close()


def test_a_session_that_is_over_opens_nothing(tmp_path):
    with Served(tmp_path / "page", limits=Limits(session_s=0.3)) as served:
        cookie = served.login(TOKENS.operator)
        assert served.ask("GET", "/api/state", cookie=cookie).status == 200
        wait_until(lambda: served.ask("GET", "/api/state", cookie=cookie).status == 403)
        for method, path in routes(served):
            assert served.ask(method, path, cookie=cookie).status == 403, (method, path)


def test_a_wrong_token_is_not_made_good_by_a_cookie(served):
    cookie = served.login()
    assert served.ask("GET", "/api/state", cookie=cookie, token="not " + TOKENS.viewer).status == 403


def test_a_viewer_posts_nothing(served):
    for method, path in routes(served):
        if method not in SAFE and path not in {"/login", "/logout"}:
            assert served.ask(method, path, token=TOKENS.viewer, body={}).status == 403, (method, path)
            assert served.ask(method, path, cookie=served.login(), body={}).status == 403, (method, path)


def test_a_feed_posts_events_and_does_nothing_else(served):
    for method, path in routes(served):
        if (method, path) not in {("POST", "/api/events"), ("POST", "/login")}:
            assert served.ask(method, path, token=TOKENS.feed, body={}).status == 403, (method, path)
    assert served.ask("POST", "/api/events", token=TOKENS.feed, body=[]).status == 200
    assert served.ask("POST", "/login", body={"token": TOKENS.feed}).status == 403


def test_a_new_route_that_changes_something_is_an_operators():
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert [role for role in Role if may(role, method, "/api/something-new")] == [Role.OPERATOR]


def test_no_get_changes_anything(served):
    """Whatever is asked by GET or HEAD, as an operator: no event, no move, no alert, no clock, no session."""
    desk, web = served.desk, served.web
    cookie = served.login(TOKENS.operator)

    def state():
        return dict(desk.by_id), list(desk.acknowledged), vars(desk.replay).copy(), len(web.sessions), desk.rev

    before = state()
    for method in ("GET", "HEAD"):
        for path in {path for _, path in routes(served)} - {"/api/stream"}:
            query = "?speed=5&paused=true&unit_id=E1&station_id=S2&token=" + TOKENS.operator
            served.ask(method, path + query, cookie=cookie)
    with served.stream(token=TOKENS.operator) as stream:
        assert stream.next()[1] == "snapshot"
    assert state() == before


ELSEWHERE = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1"},  # another port
    {"origin": "https://{host}"},  # another scheme
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "http://{host}", "sec-fetch-site": "cross-site"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_post_from_another_site_is_refused(served, headers):
    cookie = served.login(TOKENS.operator)
    host = f"127.0.0.1:{served.server.port}"
    headers = {name: value.format(host=host) for name, value in headers.items()}
    for method, path in routes(served):
        if method not in SAFE or path == "/api/stream":
            answer = served.ask(method, path, body={"token": TOKENS.viewer}, cookie=cookie, **headers)
            assert answer.status == 403, (method, path)
            assert "set-cookie" not in answer.headers
    assert served.ask("GET", "/api/state", cookie=cookie).status == 200  # the session was not ended


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://{host}"}, {"origin": "null", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
    ids=str,
)
def test_a_post_of_our_own_page_is_taken(served, headers):
    host = f"127.0.0.1:{served.server.port}"
    headers = {name: value.format(host=host) for name, value in headers.items()}
    assert served.ask("POST", "/api/events", token=TOKENS.feed, body=[], **headers).status == 200


def test_headers_are_on_every_answer(served):
    asked = [("GET", "/", None), ("GET", "/", TOKENS.viewer), ("GET", "/api/state", TOKENS.viewer)]
    asked += [("GET", "/nothing", TOKENS.viewer), ("GET", "/nothing", None), ("GET", "/docs", TOKENS.viewer)]
    for method, path, token in asked:
        headers = served.ask(method, path, token=token).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "permissions-policy" in headers
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


def test_the_policy_of_the_page_is_that_of_the_contract(served):
    assert served.ask("GET", "/", token=TOKENS.viewer).headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def test_a_web_socket_is_closed(served):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": "/api/stream", "headers": []}
    asyncio.run(served.server.app(scope, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_templates_hide_what_stands_in_a_path(served):
    templates = Templates(served.server.app.routes)
    assert templates.of("/api/alerts/zone:S3/acknowledge") == "/api/alerts/{key:path}/acknowledge"
    assert templates.of("/api/state") == "/api/state"
    assert templates.of("/canary") == UNKNOWN_PATH


def test_events_of_an_operator_by_cookie(served):
    cookie = served.login(TOKENS.operator)
    answer = served.ask("POST", "/api/events", cookie=cookie, body=an_event(77))
    assert answer.json()["new"] == 1
