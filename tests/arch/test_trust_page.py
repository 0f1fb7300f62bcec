"""The page of promises names tests that there are, and no test speaks to another machine."""

import ast
import re
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


def test_each_promise_names_its_proof():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row] == []


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_there(named):
    file, _, function = named.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if function:
        assert function in there
    else:
        assert any(name.startswith("test_") for name in there)


def test_no_test_reaches_another_machine():
    # An address that is kept for documentation (RFC 5737): nobody would answer, but that is not why it fails.
    # pytest-socket warns before it raises, and a warning is an error here.
    with socket.socket() as away, pytest.raises(UserWarning, match="tried to use socket"):
        away.connect(("192.0.2.1", 9))


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
