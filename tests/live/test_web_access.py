"""Who may come in: every route is asked in every wrong way, and by every role."""

import base64
import hashlib
import html
import http.cookies
import json
import re

import pytest
from corpus import TABLE
from fake_desk import TOKENS, Served, an_event, wait_until

from fireplan.errors import InputError
from fireplan.live._web.event_schema import DIALECT
from fireplan.live._web.limits_and_headers import Limits
from fireplan.live._web.tokens import Tokens
from fireplan.operations._events.event import Event
from fireplan.operations._events.feed_lines import read_line

FORM = "application/x-www-form-urlencoded"
SAMPLES = {"name": "main.js", "key": "zone:S3"}
NOBODY = (
    "/nothing",
    "/api",
    "/api/",
    "/api/state/",
    "/%2e%2e/etc/passwd",
    "/assets",
    "/docs/",
    "/redoc",
    "//api/state",
)
PATIENT = Limits(client_failures=10_000, all_failures=10_000, comment_s=60)  # a stream that opens is a time-out
NOW_US = 1_900_000_000_000_000
OUTSIDE = re.compile(r"(?:https?:)?//[A-Za-z0-9][^\s'\"<>&]*")


@pytest.fixture(scope="module")
def served():
    """The service with its own page."""
    with Served(None, limits=PATIENT) as served:
        yield served


def routes(served):
    """Give every method and path there is, samples in place of what varies."""
    found = [
        (method, re.sub(r"\{(\w+)[^}]*\}", lambda name: SAMPLES[name[1]], route.path))
        for route in served.server.app.routes
        for method in sorted(route.methods)
    ]
    assert {("GET", "/api/state"), ("POST", "/api/alerts/zone:S3/acknowledge"), ("GET", "/openapi.json")} <= set(found)
    return found


def answered(served, asked, **how):
    """Status of each, by method and path."""
    return {(method, path): served.ask(method, path, **how).status for method, path in asked}


def others(statuses, status=403):
    return {asked: got for asked, got in statuses.items() if got != status}


def policy_of(answer):
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: said for name, _, said in (part.partition(" ") for part in parts)}


# -- nobody


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"token": "a-wrong-token-0123456789"},
        {"token": TOKENS.viewer[:-1]},
        {"token": ""},
        {"authorization": f"Token {TOKENS.operator}"},
        {"cookie": f"fireplan={TOKENS.operator}"},
        {"cookie": f"token={TOKENS.operator}; fireplan="},
    ],
    ids=["none", "wrong", "one character short", "empty", "other kind", "as a cookie", "other cookie"],
)
def test_every_route_and_every_other_path_is_forbidden(served, how):
    asked = routes(served) + [(method, path) for method in ("GET", "POST", "DELETE", "OPTIONS") for path in NOBODY]
    assert others(answered(served, asked, **how)) == {}


def test_a_session_that_was_ended_opens_no_route(served):
    cookie = served.login(TOKENS.operator)
    assert served.ask("GET", "/api/state", cookie=cookie).status == 200
    assert served.ask("POST", "/logout", cookie=cookie).status == 204
    assert others(answered(served, routes(served), cookie=cookie)) == {}


def test_a_session_ends_by_itself():
    with Served(None, limits=Limits(session_s=0.2)) as served:
        cookie = served.login()
        assert served.ask("GET", "/", cookie=cookie).status == 200
        wait_until(lambda: served.ask("GET", "/", cookie=cookie).status == 403)


@pytest.mark.parametrize(
    "host", ["dispatch.example.org", "127.0.0.1.example.org", "localhost.example.org:80", "", "127.0.0.1@example.org"]
)
def test_under_another_host_no_token_opens_anything(served, host):
    cookie = served.login(TOKENS.operator)
    asked = [*routes(served), ("GET", "/nothing")]
    assert others(answered(served, asked, token=TOKENS.operator, host=host)) == {}
    assert others(answered(served, asked, cookie=cookie, host=host)) == {}
    assert served.ask("POST", "/login", body={"token": TOKENS.viewer}, host=host).status == 403


def test_the_answers_do_not_tell_which_paths_there_are(served):
    there, not_there = served.ask("GET", "/api/state"), served.ask("GET", "/api/stat")
    del there.headers["date"], not_there.headers["date"]
    assert (there.headers, there.body) == (not_there.headers, not_there.body)


# -- the log-in


def test_the_page_is_a_form_for_those_who_are_not_known(served):
    answer = served.ask("GET", "/")
    assert (answer.status, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    text = answer.body.decode()
    assert re.search(r'<form[^>]* action="/login"', text)
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!data:)", text)  # it loads nothing


def test_the_form_may_run_its_own_script_and_style_and_nothing_else(served):
    answer = served.ask("GET", "/")
    policy = policy_of(answer)
    for kind in ("script", "style"):
        texts = re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", answer.body.decode(), re.DOTALL)
        assert len(texts) == 1
        digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert (policy["default-src"], policy["connect-src"], policy["form-action"]) == ("'none'", "'self'", "'self'")
    assert (policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert not re.search(r"\son\w+=|style=", answer.body.decode())  # which no hash would let run


@pytest.mark.parametrize(("token", "role"), [(TOKENS.viewer, "viewer"), (TOKENS.operator, "operator")])
def test_logging_in_with_json_and_with_a_form(served, token, role):
    as_json = served.ask("POST", "/login", body={"token": token})
    as_form = served.ask("POST", "/login", body=f"token={token}", content_type=FORM)
    assert (as_json.status, as_json.json()) == (200, {"role": role})
    assert (as_form.status, as_form.headers["location"]) == (303, "/")
    for answer in (as_json, as_form):
        (said,) = http.cookies.SimpleCookie(answer.headers["set-cookie"]).values()
        assert (said["httponly"], said["samesite"].lower(), said["path"]) == (True, "strict", "/")
        assert (said["secure"], said["domain"]) == ("", "")
        assert token not in answer.headers["set-cookie"]
        cookie = f"{said.key}={said.value}"
        assert served.ask("GET", "/api/state", cookie=cookie).json()["role"] == role
        assert served.ask("GET", "/", cookie=cookie).status == 200


def test_logging_out_ends_the_session_and_no_other(served):
    mine, theirs = served.login(), served.login()
    answer = served.ask("POST", "/logout", cookie=mine)
    assert answer.status == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert served.ask("GET", "/api/state", cookie=mine).status == 403
    assert served.ask("GET", "/api/state", cookie=theirs).status == 200


@pytest.mark.parametrize("token", ["wrong", TOKENS.feed, "", None, [TOKENS.viewer], {"token": TOKENS.viewer}])
def test_who_may_not_log_in(served, token):
    answer = served.ask("POST", "/login", body={"token": token})
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_behind_a_proxy_the_cookie_is_for_https_only():
    with Served(None, behind_proxy=True, allowed_hosts=["dispatch.example.org"]) as served:
        answer = served.ask("POST", "/login", body={"token": TOKENS.viewer}, host="dispatch.example.org")
        assert answer.status == 200
        (said,) = http.cookies.SimpleCookie(answer.headers["set-cookie"]).values()
        assert said["secure"] is True


def test_wrong_tokens_are_slowed_down():
    with Served(None, limits=Limits(client_failures=3, slowed_s=0.1)) as served:
        cookie = served.login()
        wrong = [served.ask("POST", "/login", body={"token": f"wrong-{i}"}).status for i in range(3)]
        assert wrong == [403] * 3
        for how in ({"body": {"token": "wrong"}}, {"body": "token=wrong", "content_type": FORM}):
            answer = served.ask("POST", "/login", **how)
            assert answer.status == 429
            assert 0 < int(answer.headers["retry-after"]) <= 60
            assert "set-cookie" not in answer.headers
        for how in ({"body": {"token": TOKENS.viewer}}, {"body": f"token={TOKENS.viewer}", "content_type": FORM}):
            assert "set-cookie" in served.ask("POST", "/login", **how).headers  # guesses keep nobody out
        assert served.ask("GET", "/api/state", cookie=cookie).status == 200  # who is in stays in


# -- roles


def test_a_viewer_posts_nothing_but_its_leave(served):
    posts = [asked for asked in routes(served) if asked[0] not in {"GET", "HEAD"}]
    before = served.desk.submits
    for how in ({"token": TOKENS.viewer}, {"cookie": served.login()}):
        statuses = answered(served, posts, body={"speed": 5}, **how)
        assert others(statuses) == {("POST", "/logout"): 204}
    assert (served.desk.submits, served.desk.acknowledged, served.desk.replay.changes) == (before, [], 0)


def test_the_feed_posts_events_and_nothing_else(served):
    statuses = answered(served, [*routes(served), ("GET", "/nothing")], token=TOKENS.feed, body=an_event(1))
    assert others(statuses) == {("POST", "/api/events"): 200}


def test_an_operator_may_do_all():
    bodies = {
        "/api/events": an_event(1),
        "/api/moves": {"unit_id": "E1", "station_id": "S2"},
        "/api/replay": {"paused": True},
        "/login": {"token": TOKENS.viewer},
    }
    with Served(None) as served:
        for method, path in routes(served):
            if path == "/api/stream":
                continue
            answer = served.ask(
                method, path, token=TOKENS.operator, body=bodies.get(path) if method == "POST" else None
            )
            assert answer.status in {200, 204}, (method, path, answer.body)
        with served.stream(token=TOKENS.operator) as stream:
            assert stream.status == 200
        assert (served.desk.submits, len(served.desk.acknowledged), served.desk.replay.changes) == (2, 1, 1)


def test_no_get_changes_anything():
    query = "?speed=5&paused=true&unit_id=E1&station_id=S2&key=zone:S3&acknowledge=1"
    with Served(None) as served:
        cookie = served.login(TOKENS.operator)
        gets = {path for method, path in routes(served) if method == "GET"}
        posts = {path for method, path in routes(served) if method == "POST"}
        for method in ("GET", "HEAD"):
            for path in (gets | posts) - {"/api/stream"}:
                served.ask(method, path + query, cookie=cookie)
        with served.stream(token=None, cookie=cookie) as stream:
            stream.next()
        desk = served.desk
        assert (desk.submits, desk.acknowledged, desk.replay.changes, desk.rev) == (0, [], 0, 0)
        assert len(served.web.sessions) == 1


# -- other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.org"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "file://"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
def test_another_site_can_neither_post_nor_follow(served, headers):
    cookie = served.login(TOKENS.operator)
    asked = [a for a in routes(served) if a[0] == "POST" or a[1] == "/api/stream"]
    assert others(answered(served, asked, cookie=cookie, body={"token": TOKENS.viewer}, **headers)) == {}
    assert served.ask("GET", "/api/state", cookie=cookie).status == 200  # not logged out either


def test_our_own_page_can(served):
    own = {"origin": f"http://127.0.0.1:{served.server.port}", "sec_fetch_site": "same-origin"}
    cookie = served.login(TOKENS.operator)
    assert served.ask("POST", "/api/events", cookie=cookie, body=[], **own).status == 200
    with served.stream(token=None, cookie=cookie, **own) as stream:
        assert stream.status == 200


# -- headers and descriptions


def test_headers_stand_on_every_answer(served):
    asked = [
        (m, p, t) for m, p in [*routes(served), ("GET", "/nothing")] for t in (None, TOKENS.viewer, TOKENS.operator)
    ]
    for method, path, token in asked:
        if (path, token) in {("/api/stream", TOKENS.viewer), ("/api/stream", TOKENS.operator)}:
            with served.stream(token=token) as stream:
                headers = {k.lower(): v for k, v in stream.answer.getheaders()}
        else:
            headers = served.ask(method, path, token=token).headers
        where = (method, path, token)
        assert "frame-ancestors 'none'" in headers["content-security-policy"], where
        assert "unsafe" not in headers["content-security-policy"], where
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer"), where
        fresh = "private, no-cache" if path.startswith("/assets/") and token else "no-store"
        assert headers["cache-control"] == fresh, where
        assert not [name for name in headers if name.startswith("access-control") or name == "server"], where


def test_the_policy_of_the_page_allows_this_server_alone(served):
    policy = policy_of(served.ask("GET", "/", token=TOKENS.viewer))
    assert policy["default-src"] == "'self'"
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'", "'none'")
    assert set(policy) == {"default-src", "img-src", "object-src", "base-uri", "form-action", "frame-ancestors"}


def test_the_descriptions_name_no_address_outside(served):
    for path in ("/docs", "/openapi.json"):
        assert served.ask("GET", path).status == 403
        text = served.ask("GET", path, token=TOKENS.viewer).body.decode()
        outside = {found for found in OUTSIDE.findall(text) if not found.startswith("http://127.0.0.1:8000/")}
        assert outside <= ({DIALECT} if path == "/openapi.json" else set())  # a name; nothing loads it
    assert TOKENS.viewer not in text


def test_every_route_but_those_of_the_page_is_described(served):
    document = served.ask("GET", "/openapi.json", token=TOKENS.viewer).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    there = {(m, route.path_format) for route in served.server.app.routes for m in route.methods}
    assert there - described == {
        ("GET", "/"), ("HEAD", "/"), ("GET", "/assets/{name}"), ("HEAD", "/assets/{name}"), ("GET", "/docs"),
        ("GET", "/openapi.json"),
    }  # fmt: skip
    assert described <= there
    assert document["security"] == [{"token": []}, {"session": []}]
    open_ones = [path for path, ways in document["paths"].items() for way in ways.values() if way.get("security") == []]
    assert open_ones == ["/login"]
    said = [way for ways in document["paths"].values() for way in ways.values()]
    assert all(way["summary"] and {"403", "422"} <= set(way["responses"]) for way in said)


def test_the_docs_say_who_may_do_what_as_the_guard_does(served):
    page = html.unescape(served.ask("GET", "/docs", token=TOKENS.viewer).body.decode())
    who = dict(re.findall(r"<h3><code>([^<]*)</code>[^<]*</h3>\n<p class=\"who\">([^<]*)</p>", page))
    assert who["POST /login"] == "anyone"
    assert who["POST /logout"] == who["GET /api/state"] == "viewer, operator"
    assert who["POST /api/events"] == "operator, feed"
    assert who["POST /api/moves"] == who["POST /api/alerts/{key}/acknowledge"] == "operator"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/", 200),
        ("HEAD", "/api/state", 405),
        ("HEAD", "/api/stream", 405),  # it would have no end
        ("HEAD", "/api/project.zip", 405),
        ("PUT", "/api/events", 405),
        ("GET", "/api/state/", 404),
        ("GET", "/api/state?at=-1", 422),
        ("GET", "/api/state?at=soon", 422),
        ("GET", f"/api/events?end={2**43 + 1}", 422),
    ],
)
def test_what_there_is_not_is_not_answered(served, method, path, status):
    assert served.ask(method, path, token=TOKENS.operator).status == status


def test_a_query_that_cannot_be_used_is_named(served):
    error = served.ask("GET", "/api/events?start=1&end=kanari", token=TOKENS.viewer).json()["error"]
    assert error.startswith("Not usable: end: ")
    assert "milliseconds" in error
    assert "start" not in error
    assert "kanari" not in error


def test_the_page_and_what_it_loads_name_no_address_outside(served):
    page = served.ask("GET", "/", token=TOKENS.viewer).body.decode()
    loads = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert [name for name in loads if name.endswith(".js")]
    for name in loads:
        assert name.startswith(("/", "data:", "#")), name
        assert not name.startswith("//"), name
        if name.startswith("/assets/"):
            assert served.ask("GET", name, token=TOKENS.viewer).status == 200, name
            assert served.ask("GET", name).status == 403, name


@pytest.mark.corpus
@pytest.mark.skipif(not TABLE.exists(), reason="the corpus is not there")
def test_every_good_event_of_the_corpus_fits_the_schema(served):
    """And what the schema takes is taken, but for what depends on the clock."""
    jsonschema = pytest.importorskip("jsonschema")
    answer = served.ask("GET", "/api/schema", token=TOKENS.viewer)
    schema = answer.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    fits = jsonschema.Draft202012Validator(schema)
    good = 0
    for file in sorted((TABLE.parent / "feed").glob("*.jsonl")):
        for number, line in enumerate(file.read_bytes().split(b"\n"), start=1):
            read = read_line(line, number=number, received_us=NOW_US, source="corpus")
            if isinstance(read, Event):
                said = json.loads(line.decode("utf-8-sig"))
                assert [fault.message for fault in fits.iter_errors(said)] == [], (file.name, number)
                good += 1
            elif read is not None and read.code not in {"ts_ahead", "too_long", "too_deep", "not_utf8", "not_json"}:
                said = json.loads(line)
                assert not fits.is_valid(said), (file.name, number, read.code)
    assert good > 150


# -- tokens


@pytest.mark.parametrize("role", ["viewer", "operator", "feed"])
@pytest.mark.parametrize("token", ["fifteen-letters", "x", " " * 20, "line\nbreak-0123456789"])
def test_tokens_that_are_none(role, token):
    with pytest.raises(InputError, match=f"the {role} token") as caught:
        Tokens(**{role: token})
    assert len(token) < 2 or token not in str(caught.value)
    with pytest.raises(InputError, match=f"the {role} token"):
        Tokens.found({f"FIREPLAN_{role.upper()}_TOKEN": token})


def test_sixteen_letters_are_enough():
    assert Tokens(viewer="sixteen-letters.").viewer == "sixteen-letters."


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o777])
def test_a_token_file_that_others_can_read_is_refused(tmp_path, mode):
    file = tmp_path / "tokens.toml"
    file.write_text(f'viewer = "{TOKENS.viewer}"\n')
    file.chmod(mode)
    with pytest.raises(InputError, match="chmod 600") as caught:
        Tokens.found({}, file=file)
    assert TOKENS.viewer not in str(caught.value)
    file.chmod(0o600)
    assert Tokens.found({}, file=file).viewer == TOKENS.viewer
