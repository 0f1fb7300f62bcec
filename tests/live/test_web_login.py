"""Logging in and out; tokens, sessions, and the count of failures."""

import base64
import hashlib
import http.cookies
import time

import pytest
from fake_desk import TOKENS, Served

from fireplan.errors import InputError
from fireplan.live._web.limits_and_headers import Failures, Limits, host_name, policy_of, same_origin
from fireplan.live._web.sessions import Sessions
from fireplan.live._web.tokens import Role, Tokens

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def served(tmp_path):
    with Served(tmp_path / "page") as served:
        yield served


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def test_the_way_in_and_out(served):
    form = served.ask("GET", "/")
    assert (form.status, form.headers["content-type"]) == (403, "text/html; charset=utf-8")
    answer = served.ask("POST", "/login", body={"token": TOKENS.operator})
    assert (answer.status, answer.json()) == (200, {"role": "operator"})
    cookie = http.cookies.SimpleCookie(answer.headers["set-cookie"])["fireplan"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert (cookie["secure"], cookie["domain"], cookie["max-age"]) == ("", "", "43200")
    assert TOKENS.operator not in cookie.value
    said = f"fireplan={cookie.value}"
    assert served.ask("GET", "/", cookie=said).status == 200
    assert served.ask("GET", "/api/state", cookie=f"a=b; {said}; c").json()["role"] == "operator"
    out = served.ask("POST", "/logout", cookie=said)
    assert out.status == 204
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert served.ask("GET", "/", cookie=said).status == 403


def test_the_form_runs_its_own_script_and_no_other(served):
    answer = served.ask("GET", "/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for kind, text in (("script", b"let a = 1;"), ("style", b"body{margin:0}")):
        assert text in answer.body
        assert policy[f"{kind}-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
    assert served.ask("HEAD", "/").status == 403
    assert served.ask("HEAD", "/").body == b""


def test_a_plain_form_is_taken_too(served):
    right = served.ask("POST", "/login", body=f"token={TOKENS.viewer}", content_type=FORM)
    assert (right.status, right.headers["location"]) == (303, "/")
    assert "set-cookie" in right.headers
    wrong = served.ask("POST", "/login", body="token=wrong", content_type=FORM)
    assert wrong.status == 403
    assert b"<form" in wrong.body


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"token": 7}', '{"token": null}', '{"token": ["x"]}', "\ud7ff"])
def test_what_is_no_token(served, body):
    assert served.ask("POST", "/login", body=body.encode(), content_type="application/json").status == 403


def test_a_long_token_is_not_read(served):
    assert served.ask("POST", "/login", body={"token": "x" * 5000}).status == 413


def test_a_new_login_ends_the_session_before(served):
    first = served.login()
    second = served.ask("POST", "/login", body={"token": TOKENS.viewer}, cookie=first)
    assert second.status == 200
    assert served.ask("GET", "/api/state", cookie=first).status == 403
    assert len(served.web.sessions) == 1


def test_a_cookie_of_another_page_does_not_hide_ours(served):
    cookie = served.login()
    planted = "; ".join(f"fireplan=planted{i}" for i in range(40))
    assert served.ask("GET", "/api/state", cookie=f"{planted}; {cookie}").status == 200


def test_after_ten_failures_a_wrong_token_waits_and_a_right_one_passes(served):
    for _ in range(10):
        assert served.ask("POST", "/login", body={"token": "wrong"}).status == 403
    began_s = time.monotonic()
    answer = served.ask("POST", "/login", body={"token": "wrong"})
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "set-cookie" not in answer.headers
    assert time.monotonic() - began_s >= Limits().slowed_s
    assert served.login(TOKENS.viewer)
    assert served.ask("GET", "/api/state", token=TOKENS.viewer).status == 200


def test_behind_a_proxy_callers_are_told_apart(tmp_path):
    with Served(tmp_path / "page", behind_proxy=True, allowed_hosts=["dispatch.example.org"]) as served:

        def login(address, token=None):
            headers = {"host": "dispatch.example.org", "x-forwarded-for": address}
            return served.ask("POST", "/login", body={"token": token or "wrong"}, **headers)

        for i in range(10):
            assert login(f"10.0.0.{i}, 192.0.2.1").status == 403  # the last one is what our proxy saw
        assert login("192.0.2.1").status == 429
        right = login("192.0.2.2", TOKENS.viewer)
        assert right.status == 200
        assert "Secure" in right.headers["set-cookie"]


def test_without_a_proxy_the_header_is_not_believed(tmp_path):
    with Served(tmp_path / "page", limits=Limits(client_failures=2)) as served:
        statuses = [
            served.ask("POST", "/login", body={"token": "x"}, x_forwarded_for=f"192.0.2.{i}").status for i in range(4)
        ]
        assert statuses == [403, 403, 429, 429]


def test_failures_are_forgotten_after_a_minute():
    clock = Clock()
    failures = Failures(each=3, overall=5, clock=clock)
    for second in range(3):
        clock.now_s = 1000.0 + second
        failures.add("a")
    assert failures.wait_s("a") == 59  # the first of three was two seconds ago
    assert failures.wait_s("b") == 0
    clock.now_s = 1060.5
    assert failures.wait_s("a") == 0


def test_all_together_are_counted():
    clock = Clock()
    failures = Failures(each=3, overall=5, clock=clock)
    for name in "abcde":
        failures.add(name)
    assert failures.wait_s("f") == 61
    clock.now_s += 60
    assert failures.wait_s("f") == 0


def test_failures_take_bounded_memory():
    failures = Failures(each=3, overall=5)
    for i in range(5000):
        failures.add(f"address {i}")
    assert len(failures) == Failures.ADDRESSES_KEPT


def test_sessions_are_known_by_a_hash():
    sessions = Sessions()
    session_id = sessions.begin(Role.VIEWER)
    assert session_id not in repr(vars(sessions))
    assert sessions.find(session_id).role is Role.VIEWER
    assert sessions.find(session_id + "x") is None
    assert sessions.find("x" * 10_000) is None


def test_the_oldest_session_goes():
    ended = []
    sessions = Sessions(most=3, ended=ended.append)
    ids = [sessions.begin(Role.VIEWER) for _ in range(4)]
    assert [sessions.find(i) is not None for i in ids] == [False, True, True, True]
    assert len(ended) == 1


def test_sessions_end_in_time():
    clock, ended = Clock(), []
    sessions = Sessions(lasts_s=60, clock=clock, ended=ended.append)
    first = sessions.begin(Role.VIEWER)
    clock.now_s += 59
    assert sessions.left_s(sessions.find(first)) == pytest.approx(1)
    clock.now_s += 1
    assert sessions.find(first) is None
    assert len(ended) == 1
    assert len(sessions) == 0


def test_tokens_are_drawn_and_long():
    one, two = Tokens(), Tokens()
    assert len({one.viewer, one.operator, one.feed, two.viewer, two.operator, two.feed}) == 6
    assert min(map(len, (one.viewer, one.operator, one.feed))) == 32
    assert one.viewer not in repr(one)


def test_whose_a_token_is():
    assert [TOKENS.role_of(t) for t in (TOKENS.viewer, TOKENS.operator, TOKENS.feed)] == list(Role)
    for wrong in ("", TOKENS.viewer[:-1], TOKENS.viewer + "x", TOKENS.viewer.upper(), "\udcff"):
        assert TOKENS.role_of(wrong) is None


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "x" * 513, "with a space in it", "not-asc\u00efi-0123456789", "tab\t" * 6]
)
def test_bad_tokens_are_refused_without_being_said(token):
    with pytest.raises(InputError) as caught:
        Tokens(viewer=token)
    assert len(token) < 6 or token not in str(caught.value)


def test_two_roles_cannot_share_a_token():
    with pytest.raises(InputError, match="same token"):
        Tokens(viewer="x" * 20, operator="x" * 20)


def test_tokens_from_the_environment_and_a_file(tmp_path):
    file = tmp_path / "tokens.toml"
    file.write_text('viewer = "of-the-file-0123456789"\noperator = "operator-of-the-file-01"\n')
    file.chmod(0o600)
    tokens = Tokens.found({"FIREPLAN_VIEWER_TOKEN": "of-the-environment-0123"}, file=file)
    assert (tokens.viewer, tokens.operator) == ("of-the-environment-0123", "operator-of-the-file-01")
    assert len(tokens.feed) == 32


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ('viewer = "secret-0123456789"', 0o644, "chmod 600"),
        ('viewer = "secret-0123456789', 0o600, "no TOML"),
        ('wiewer = "secret-0123456789"', 0o600, "viewer, operator, feed"),
        ("viewer = 7", 0o600, "as text"),
    ],
)
def test_token_files_that_are_refused(tmp_path, text, mode, says):
    file = tmp_path / "tokens.toml"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(InputError, match=says) as caught:
        Tokens.found({}, file=file)
    assert "secret" not in str(caught.value)


def test_a_token_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Tokens.found({}, file=tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8000", "localhost"),
        ("dispatch.example.org.", "dispatch.example.org"),
        ("[::1]:8000", "[::1]"),
        ("", None),
        ("a b", None),
        ("host:port", None),
        ("user@host", None),
        ("host/path", None),
        ("http://host", None),
    ],
)
def test_names_of_hosts(said, name):
    assert host_name(said) == name


def test_https_is_another_origin():
    headers = {"host": "dispatch.example.org", "origin": "https://dispatch.example.org"}
    assert same_origin(headers, secure=True)
    assert not same_origin(headers, secure=False)


def test_a_policy_without_scripts_allows_none():
    policy = policy_of("<p>nothing</p>")
    assert "script-src" not in policy
    assert "connect-src" not in policy
    assert policy.startswith("default-src 'none'")
