"""Examples in docstrings run, and give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def with_examples():
    """Modules that hold an example."""
    for path in sorted((ROOT / "fireplan").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", list(with_examples()))
def test_examples_give_what_they_say(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where those that write, write
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"fp": importlib.import_module("fireplan")})
    assert found.failed == 0
