"""Where it may listen, and how it begins and ends."""

import contextlib
import http.client
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest
from fake_desk import TOKENS, FakeDesk, Served, wait_until

from fireplan.errors import FireplanError, InputError
from fireplan.live._web import connection
from fireplan.live._web.limits_and_headers import Limits
from fireplan.live._web.logs import Log
from fireplan.live._web.page_files import PageFiles
from fireplan.live._web.server import Binding, Server

ANY = "0.0.0.0"  # noqa: S104 - what is refused
PEM = {"certfile": "cert.pem", "keyfile": "key.pem"}
NAMED = {"allowed_hosts": ["dispatch.example.org"]}
OPENSSL = shutil.which("openssl")


@pytest.fixture
def desk():
    desk = FakeDesk()
    yield desk
    desk.close()


def server_of(desk, lines=None, **binding):
    write = (lambda _line: None) if lines is None else lines.append
    return Server(desk, Binding(port=0, **binding), tokens=TOKENS, log=Log(write))


def threads():
    return {t.name for t in threading.enumerate() if t.name.startswith("fireplan-web")}


# -- where


@pytest.mark.parametrize(
    ("binding", "mend"),
    [
        ({"host": ANY}, "--certfile and --keyfile.*--behind-proxy"),
        ({"host": "::"}, "--certfile"),
        ({"host": ""}, "--certfile"),
        ({"host": "192.0.2.1"}, "--certfile"),
        ({"host": "127.0.0.2"}, "--certfile"),
        ({"host": "station.example.org", **NAMED}, "--certfile"),
        ({"host": ANY, "behind_proxy": True}, "--allowed-host"),
        ({"behind_proxy": True}, "--allowed-host"),
        ({"host": ANY, **PEM}, "--allowed-host"),
        ({"certfile": "cert.pem"}, "--keyfile"),
        ({"keyfile": "key.pem"}, "--certfile"),
        ({"host": ANY, "certfile": "cert.pem", **NAMED}, "--keyfile"),
        ({"allowed_hosts": ["https://dispatch.example.org"]}, "without https"),
        ({"allowed_hosts": ["*"]}, "host name"),
        ({"allowed_hosts": ["a b"]}, "host name"),
    ],
    ids=str,
)
def test_what_is_not_safe_is_refused_with_its_mend(desk, binding, mend):
    with pytest.raises(InputError, match=mend):
        server_of(desk, **binding)
    assert desk.listeners == []


@pytest.mark.parametrize(
    ("binding", "names"),
    [
        ({}, {"127.0.0.1", "localhost", "[::1]"}),
        ({"host": "localhost"}, {"127.0.0.1", "localhost", "[::1]"}),
        (NAMED, {"127.0.0.1", "localhost", "[::1]", "dispatch.example.org"}),
        ({"host": ANY, "behind_proxy": True, **NAMED}, {"dispatch.example.org"}),
        ({"host": ANY, **PEM, "allowed_hosts": ["Dispatch.Example.org:443"]}, {"dispatch.example.org"}),
        ({"host": "192.0.2.1", **PEM}, {"192.0.2.1"}),
    ],
    ids=["usual", "localhost", "named", "behind a proxy", "any address", "one address"],
)
def test_the_names_under_which_it_answers(binding, names):
    assert set(Binding(**binding).names()) == names


def test_it_listens_on_this_machine_alone(desk):
    server = server_of(desk)
    assert (server.host, server.url) == ("127.0.0.1", f"http://127.0.0.1:{server.port}")
    assert server._socket.getsockname()[0] == "127.0.0.1"
    server.stop()


def test_behind_a_proxy_it_answers_under_the_name_alone():
    with Served(None, behind_proxy=True, **NAMED, host=ANY) as served:
        status = {
            host: served.ask("GET", "/api/state", token=TOKENS.viewer, host=host).status
            for host in ("dispatch.example.org", "DISPATCH.example.org:443", "127.0.0.1", "localhost", "example.org")
        }
        assert list(status.values()) == [200, 200, 403, 403, 403]
        origin = {"host": "dispatch.example.org", "origin": "https://dispatch.example.org"}
        assert served.ask("POST", "/api/events", token=TOKENS.feed, body=[], **origin).status == 200
        plain = {"host": "dispatch.example.org", "origin": "http://dispatch.example.org"}
        assert served.ask("POST", "/api/events", token=TOKENS.feed, body=[], **plain).status == 403


def test_a_port_in_use_is_told_with_its_mend(desk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} .*give another --port"):
            Server(desk, Binding(port=port), tokens=TOKENS)


@pytest.mark.parametrize("host", ["no such host", "x" * 300])
def test_an_address_that_is_none(desk, host):
    with pytest.raises(InputError, match="--host"):
        server_of(desk, host=host, behind_proxy=True, **NAMED)


@pytest.mark.parametrize("port", [-1, 65_536, 2**40])
def test_a_port_that_is_none(desk, port):
    with pytest.raises(InputError, match="give --port"):
        Server(desk, Binding(port=port), tokens=TOKENS)


def test_an_address_of_another_machine(desk):
    with pytest.raises(InputError, match="no address of this machine"):
        server_of(desk, host="192.0.2.1", behind_proxy=True, **NAMED)


def test_a_folder_without_a_page(tmp_path):
    with pytest.raises(InputError, match="install fireplan again"):
        PageFiles.read(tmp_path)


# -- beginning and end


def test_started_and_stopped_twice_it_leaves_nothing(desk):
    before = threading.active_count()
    for _ in range(2):
        lines = []
        server = server_of(desk, lines)
        with server:
            assert threads() == {"fireplan-web"}
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as link:
                link.request("GET", "/api/events", headers={"authorization": f"Bearer {TOKENS.viewer}"})
                answer = link.getresponse()
                assert (answer.status, answer.read()) == (200, b"")
            assert len(desk.listeners) == 1
        wait_until(lambda: threading.active_count() <= before)
        assert threads() == set()
        assert desk.listeners == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)
        assert not [line for line in lines if " fault " in line]


def test_the_same_port_can_be_taken_again_at_once(desk):
    first = server_of(desk).start()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", first.port, timeout=5)) as link:
        link.request("GET", "/")
        link.getresponse().read()
        first.stop()
    again = Server(desk, Binding(port=first.port), tokens=TOKENS, log=Log(lambda _line: None))
    with again:
        assert again.port == first.port


def test_stopping_twice_and_before_it_has_begun(desk):
    server = server_of(desk)
    server.stop()
    server.stop()
    with server_of(desk) as other:
        other.stop()
    other.stop()


def test_a_desk_that_fails_at_the_start_is_told(desk):
    desk.broken = ValueError("canary")
    lines = []
    server = server_of(desk, lines)
    with pytest.raises(FireplanError, match="did not start"):
        server.start()
    assert threads() == set()
    assert [" fault " in line and "ValueError at " in line for line in lines] == [True]
    assert "canary" not in lines[0]
    with pytest.raises(FireplanError, match="did not start"):
        server_of(desk, lines).run()
    assert desk.listeners == []


def test_it_ends_soon_although_connections_are_open(desk):
    server = server_of(desk).start()
    with contextlib.ExitStack() as stack:
        for said in (
            b"",
            b"GET / HTTP/1.1\r\n",
            b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n",
        ):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            link.sendall(said)
        kept = stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)))
        kept.request("GET", "/")
        kept.getresponse().read()
        began_s = time.monotonic()
        server.stop()
        assert time.monotonic() - began_s < 4  # the body that does not come is waited for, but not for long
    assert threads() == set()


def test_what_is_being_answered_is_answered(desk):
    begun = threading.Event()
    packed = desk.project_zip

    def slow():
        begun.set()
        time.sleep(0.4)
        return packed()

    desk.project_zip = slow
    with Served(None, desk=desk) as served:
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(served.ask("GET", "/api/project.zip", token=TOKENS.viewer).status)
        )
        asking.start()
        assert begun.wait(5)
        served.server.stop()
        asking.join(5)
        assert answers == [200]


# -- TLS


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A certificate for localhost that signs itself, its key, and another key."""
    if OPENSSL is None:
        pytest.skip("openssl, which makes the certificate, is not here")
    folder = tmp_path_factory.mktemp("tls")
    cert, key, other = (folder / name for name in ("cert.pem", "key.pem", "other.pem"))
    new = [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    new += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*new, "-keyout", key, "-out", cert], check=True, capture_output=True)
    subprocess.run([*new, "-keyout", other, "-out", folder / "unused.pem"], check=True, capture_output=True)
    return cert, key, other


def test_over_tls(desk, pem):
    cert, key, _ = pem
    lines = []
    context = ssl.create_default_context(cafile=cert)
    with server_of(desk, lines, certfile=cert, keyfile=key) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        with contextlib.closing(
            http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)
        ) as link:
            link.request(
                "POST", "/login", json.dumps({"token": TOKENS.viewer}), {"origin": f"https://localhost:{server.port}"}
            )
            answer = link.getresponse()
            cookie = answer.getheader("set-cookie")
            assert (answer.status, json.loads(answer.read())) == (200, {"role": "viewer"})
            assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
            link.request("GET", "/api/stream", headers={"cookie": cookie.partition(";")[0]})
            stream = link.getresponse()
            assert (stream.status, stream.readline()) == (200, b"retry: 2000\n")
            stream.close()
        plain = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        with contextlib.closing(plain):
            plain.request("GET", "/")  # the same port without TLS
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                plain.getresponse()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
            old.wrap_socket(raw, server_hostname="localhost")  # whose certificate it does not know
    assert not [line for line in lines if " fault " in line]


def test_over_tls_it_ends_soon_too(desk, pem):
    cert, key, _ = pem
    context = ssl.create_default_context(cafile=cert)
    server = server_of(desk, certfile=cert, keyfile=key).start()
    with contextlib.closing(http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)) as link:
        link.request("GET", "/api/stream", headers={"authorization": f"Bearer {TOKENS.viewer}"})
        with contextlib.closing(link.getresponse()) as stream:
            assert stream.readline() == b"retry: 2000\n"
            began_s = time.monotonic()
            server.stop()
            assert time.monotonic() - began_s < 3


@pytest.mark.parametrize("wrong", ["no file", "a folder", "no PEM", "swapped", "of another"])
def test_a_certificate_that_cannot_be_used(desk, pem, tmp_path, wrong):
    cert, key, other = pem
    text = tmp_path / "text.pem"
    text.write_text("no PEM")
    used = {
        "no file": (tmp_path / "none.pem", key),
        "a folder": (tmp_path, key),
        "no PEM": (text, text),
        "swapped": (key, cert),
        "of another": (cert, other),
    }[wrong]
    with pytest.raises(InputError, match="PEM files that belong together"):
        server_of(desk, certfile=used[0], keyfile=used[1])


def test_a_key_with_a_password_is_refused_and_not_asked_for(desk, pem, tmp_path):
    cert, key, _ = pem
    locked = tmp_path / "locked.pem"
    lock = [OPENSSL, "ec", "-in", key, "-aes128", "-passout", "pass:secret", "-out", locked]
    subprocess.run(lock, check=True, capture_output=True)
    with pytest.raises(InputError, match="without password"):
        server_of(desk, certfile=cert, keyfile=locked)


def over_tls(desk, pem, **limits):
    cert, key, _ = pem
    binding = Binding(port=0, certfile=cert, keyfile=key, allowed_hosts=["dispatch.example.org"])
    return Server(desk, binding, tokens=TOKENS, log=Log(lambda _line: None), limits=Limits(**limits))


def test_handshakes_that_do_not_end_keep_nobody_out(desk, pem, monkeypatch):
    monkeypatch.setattr(connection, "SILENT_S", 1.5)
    context = ssl.create_default_context(cafile=pem[0])
    with over_tls(desk, pem, streams=4, connections_besides=28) as server, contextlib.ExitStack() as stack:
        for number in range(90):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            link.sendall((b"", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n")[number % 3])
        for _ in range(5):
            link = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)
            stack.enter_context(contextlib.closing(link))
            link.request("POST", "/api/events", "[]", {"authorization": f"Bearer {TOKENS.feed}"})
            assert link.getresponse().status == 200
        assert len(server.places) <= 32
        wait_until(lambda: len(server.places) <= 5)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_over_tls_a_stream_ends_with_its_connection(desk, pem, how):
    context = ssl.create_default_context(cafile=pem[0])
    said = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS.viewer}\r\n\r\n".encode()
    with over_tls(desk, pem) as server:
        for times in (1, 3):
            raw = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            link = context.wrap_socket(raw, server_hostname="localhost")
            link.sendall(said * times)  # in TLS 1.3 it may come together with the end of the handshake
            wait_until(lambda: len(server.app.state.web.hub) == 1)
            if how == "reset":
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()
            wait_until(lambda: len(server.app.state.web.hub) == 0)
        wait_until(lambda: len(server.places) == 0)


def test_over_tls_a_browser_comes_by_https_from_then_on(desk, pem):
    context = ssl.create_default_context(cafile=pem[0])
    with over_tls(desk, pem) as server:
        found = {}
        for host in ("dispatch.example.org", "localhost"):
            link = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=5)
            with contextlib.closing(link):
                link.request("GET", "/", headers={"host": host})
                found[host] = link.getresponse().getheader("strict-transport-security")
        # Other services of this very machine may be without TLS.
        assert found == {"dispatch.example.org": "max-age=31536000", "localhost": None}
