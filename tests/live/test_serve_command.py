"""`fireplan serve` as a person runs it: what it prints, closed without the token, ended by Ctrl-C."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

import fireplan as fp


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The sample city's replay, on any free port."""
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "fireplan", "serve", str(fp.examples.marisol_folder())]
    command += ["--replay", "--speed", "600", "--port", "0"]
    env = {k: v for k, v in os.environ.items() if not k.endswith("_TOKEN")}
    log = folder / "log"
    with (
        log.open("w") as err,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True, env=env, cwd=folder) as process,
    ):
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, log.read_text()
            lines.append(line.strip())
        yield process, lines, log
        process.kill()


def asked(url, path, *, token=None):
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_says_where_it_is_and_lets_nobody_in_without_the_token(served):
    _, lines, _ = served
    assert lines[0] == "Marisol: the live view is running."
    found = {line.split()[0]: line.split()[1] for line in lines[1:3]}
    assert list(found) == ["operator", "viewer"]
    url, token = found["viewer"].split("/#token=")
    assert asked(url, "/api/state")[0] == 403
    status, body = asked(url, "/api/state", token=token)
    assert status == 200
    state = json.loads(body)
    assert (state["live"], state["role"], state["speed"]) == (True, "viewer", 600)
    assert len(state["units"]) == 13
    assert asked(url, "/", token=token)[0] == 200
    assert re.fullmatch(
        r"feed +POST http://127\.0\.0\.1:\d+/api/events with the header 'Authorization: Bearer \S+'", lines[3]
    )


def test_its_log_names_no_token(served):
    _, lines, log = served
    tokens = re.findall(r"token=(\S+)", " ".join(lines))
    assert len(tokens) == 2
    assert not any(token in log.read_text() for token in tokens)
    assert "GET /api/state 200" in log.read_text()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise on Windows")
def test_ctrl_c_ends_it_at_once(served):
    process, _, log = served
    began_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert time.monotonic() - began_s < 8
    assert "Traceback" not in log.read_text()
