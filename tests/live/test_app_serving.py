"""Where the service listens, how it starts, and how it ends."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from fake_desk import TOKENS, FakeDesk, Served, a_page, an_event, wait_until

from fireplan.errors import InputError
from fireplan.live.web import serving
from fireplan.live.web.page_files import PageFiles
from fireplan.live.web.serving import Binding, Server

TLS = {"certfile": "c.pem", "keyfile": "k.pem"}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_is_free(host):
    assert {"127.0.0.1", "localhost", "[::1]"} <= set(Binding(host=host).names())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "dispatch.example.org", ""])  # noqa: S104
def test_any_other_address_is_refused(host):
    with pytest.raises(InputError, match=r"--certfile.*--behind-proxy"):
        Binding(host=host).names()


def test_tls_opens_another_address():
    assert Binding(host="192.0.2.7", **TLS).names() == ["192.0.2.7"]
    assert Binding(host="2001:db8::7", **TLS).names() == ["[2001:db8::7]"]
    named = Binding(host="0.0.0.0", allowed_hosts=["Dispatch.example.org"], **TLS)  # noqa: S104
    assert named.names() == ["dispatch.example.org"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0:0:0:0:0:0:0:0"])  # noqa: S104
def test_all_addresses_need_a_name(host):
    with pytest.raises(InputError, match="--allowed-host"):
        Server(FakeDesk(), Binding(host=host, port=0, **TLS), tokens=TOKENS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"behind_proxy": True}, "--allowed-host"),
        ({"host": "0.0.0.0", "behind_proxy": True}, "--allowed-host"),  # noqa: S104
        ({"certfile": "c.pem"}, "--keyfile"),
        ({"keyfile": "k.pem"}, "--certfile"),
        ({"allowed_hosts": ["https://dispatch.example.org/"]}, "no host name"),
        ({"allowed_hosts": [""]}, "no host name"),
    ],
)
def test_what_is_left_out_is_named(options, says):
    with pytest.raises(InputError, match=says):
        Binding(**options).names()


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} .* is in use: give another --port"):
            Server(FakeDesk(), Binding(port=port), tokens=TOKENS, page_folder=a_page(tmp_path / "page"))


def test_two_services_cannot_take_one_port_although_neither_has_begun(tmp_path):
    page = a_page(tmp_path / "page")
    first = Server(FakeDesk(), Binding(port=0), tokens=TOKENS, page_folder=page)
    try:
        with pytest.raises(InputError, match="in use"):
            Server(FakeDesk(), Binding(port=first.port), tokens=TOKENS, page_folder=page)
    finally:
        first.stop()


@pytest.mark.parametrize("port", [-1, 65_536, 10**12])
def test_a_port_that_is_none(tmp_path, port):
    with pytest.raises(InputError, match="is no port"):
        Server(FakeDesk(), Binding(port=port), tokens=TOKENS, page_folder=a_page(tmp_path / "page"))


def test_a_page_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="holds no page"):
        PageFiles.read(tmp_path)


def test_our_own_page_is_there():
    files = PageFiles.read()
    assert b"<html" in files.index.lower()
    assert files.login_policy.count("sha256-") >= 2
    assert {"leaflet.js", "leaflet.css", "main.js", "live.css"} <= set(files.assets)


def test_the_certificate_must_be_one(tmp_path):
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text("none")
    binding = Binding(port=0, certfile=tmp_path / "c.pem", keyfile=tmp_path / "k.pem")
    with pytest.raises(InputError, match="PEM"):
        Server(FakeDesk(), binding, tokens=TOKENS, page_folder=a_page(tmp_path / "page"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate of this test")
def test_over_tls(tmp_path):
    certfile, keyfile = tmp_path / "c.pem", tmp_path / "k.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", keyfile, "-out", certfile]
    subprocess.run(command, check=True, capture_output=True)
    with Served(tmp_path / "page", certfile=certfile, keyfile=keyfile) as served:
        assert served.server.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=certfile)
        link = http.client.HTTPSConnection("localhost", served.server.port, context=context, timeout=5)
        link.request("POST", "/login", json.dumps({"token": TOKENS.viewer}), {"content-type": "application/json"})
        answer = link.getresponse()
        assert answer.status == 200
        assert "Secure" in answer.getheader("set-cookie")
        link.close()


def test_answers_in_the_making_are_given_when_it_stops(tmp_path):
    with Served(tmp_path / "page") as served:
        begun, packed = threading.Event(), served.desk.project_zip

        def slow():
            begun.set()
            time.sleep(0.5)
            return packed()

        served.desk.project_zip = slow
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(served.ask("GET", "/api/project.zip", token=TOKENS.viewer))
        )
        asking.start()
        assert begun.wait(5)
        served.server.stop()
        asking.join(5)
        assert [a.status for a in answers] == [200]


def test_a_desk_that_is_stuck_does_not_keep_it_open(tmp_path):
    with Served(tmp_path / "page") as served:
        served.desk.submit = lambda *_args, **_options: concurrent.futures.Future()
        asking = threading.Thread(target=ask_and_forget, args=(served,))
        asking.start()
        wait_until(lambda: len(served.server._uvicorn.server_state.tasks) == 1)
        began_s = time.monotonic()
        served.server.stop()
        assert time.monotonic() - began_s < 3
        asking.join(5)


def ask_and_forget(served):
    with contextlib.suppress(OSError, http.client.HTTPException):
        served.ask("POST", "/api/events", token=TOKENS.feed, body=an_event(1))


def test_a_connection_that_says_nothing_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "SILENT_S", 0.5)
    with Served(tmp_path / "page") as served:
        for said in (b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"):
            with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as link:
                link.sendall(said)
                with contextlib.suppress(ConnectionResetError):
                    assert link.recv(1) == b""


PROGRAM = """
import sys
sys.path.insert(0, {support!r})
from pathlib import Path
from fake_desk import TOKENS, FakeDesk, a_page
from fireplan.live.web.logs import Log
from fireplan.live.web import serving
page = a_page(Path({folder!r}))
binding, log = serving.Binding(port=0), Log(lambda line: None)
server = serving.Server(FakeDesk(), binding, tokens=TOKENS, page_folder=page, log=log)
print(server.port, flush=True)
server.run()
print("after", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_follows_is_done(tmp_path, sig):
    support = os.path.join(os.path.dirname(__file__), "..", "support")  # noqa: PTH118, PTH120
    program = PROGRAM.format(support=support, folder=str(tmp_path / "page"))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        link.request("GET", "/api/stream", headers={"authorization": f"Bearer {TOKENS.viewer}"})
        answer = link.getresponse()
        assert answer.status == 200
        began_s = time.monotonic()
        process.send_signal(sig)
        assert process.stdout.readline() == "after\n"
        assert process.wait(5) == 0
        assert time.monotonic() - began_s < 3.5
        link.close()
