"""`fireplan serve` as a person and as a service runs it: what it prints, closed without the token, ended by Ctrl-C."""

import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import fireplan as fp
from fireplan.live._web.tokens import Tokens

COMMAND = [sys.executable, "-m", "fireplan", "serve", str(fp.examples.marisol_folder())]
COMMAND += ["--replay", "--speed", "600", "--port", "0"]


def tokens_in(file):
    return tomllib.loads(Path(file).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The sample city's replay, on any free port."""
    folder = tmp_path_factory.mktemp("served")
    env = {k: v for k, v in os.environ.items() if not k.endswith("_TOKEN")}
    env |= {"XDG_STATE_HOME": str(folder), "LOCALAPPDATA": str(folder)}
    env.pop("RUNTIME_DIRECTORY", None)
    log = folder / "log"
    with (
        log.open("w") as err,
        subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=err, text=True, env=env, cwd=folder) as process,
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
    found = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:3]}
    assert list(found) == ["address", "tokens"]
    url, token = found["address"].rstrip("/"), tokens_in(found["tokens"])["viewer"]
    assert asked(url, "/api/state")[0] == 403
    status, body = asked(url, "/api/state", token=token)
    assert status == 200
    state = json.loads(body)
    assert (state["live"], state["role"], state["speed"]) == (True, "viewer", 600)
    assert len(state["units"]) == 13
    assert asked(url, "/", token=token)[0] == 200


def test_without_a_terminal_its_tokens_are_in_a_file_and_in_nothing_that_is_printed(served):
    _, lines, log = served
    file = Path(lines[2].split(maxsplit=1)[1])
    tokens = tokens_in(file)
    assert (set(tokens), min(map(len, tokens.values()))) == ({"viewer", "operator", "feed"}, 32)
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Tokens.found({}, file=file).operator == tokens["operator"]  # it can be given back with --tokens
    printed = "\n".join(lines) + log.read_text()
    assert not any(token in printed for token in tokens.values())
    assert "GET /api/state 200" in log.read_text()


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals on Windows")
def test_in_a_terminal_they_are_shown(tmp_path):
    import pty  # noqa: PLC0415 - not there on Windows

    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if not k.endswith("_TOKEN")} | {"XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(COMMAND, stdout=theirs, stderr=subprocess.DEVNULL, env=env, cwd=tmp_path) as process:
        os.close(theirs)
        said = ""
        while "Ctrl-C" not in said:
            said += os.read(ours, 4096).decode()
        process.kill()
    os.close(ours)
    found = re.findall(r"(\w+) +http://127\.0\.0\.1:\d+/#token=(\S{32})\s", said)
    assert [name for name, _ in found] == ["operator", "viewer"]
    posts = r"feed +POST http://127\.0\.0\.1:\d+/api/events with the header 'Authorization: Bearer \S{32}'"
    assert re.search(posts, said)
    assert list(tmp_path.rglob("live-*.toml")) == []


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise on Windows")
def test_ctrl_c_ends_it_at_once(served):
    process, lines, log = served
    file = Path(lines[2].split(maxsplit=1)[1])
    assert file.exists()
    began_s = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert time.monotonic() - began_s < 8
    assert not file.exists()
    assert "Traceback" not in log.read_text()
