"""ARCHITECTURE.md is one page, and names what is there."""

import re
from pathlib import Path

import fireplan

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TO_COME = PAGE[PAGE.index("## Room for what comes") : PAGE.index("## Where this departs")]
THERE = {p.relative_to(ROOT / "fireplan").with_suffix("").as_posix() for p in (ROOT / "fireplan").rglob("*")}


def test_it_is_one_page():
    assert len(PAGE.splitlines()) <= 120


def test_every_room_is_in_the_table():
    rooms = {path for path in THERE if "/" not in path} - {"__init__", "__main__", "__pycache__", "py", "_data"}
    named = set(re.findall(r"`(\w+)`", PAGE))
    assert rooms - named - {"py.typed"} == set()


def test_every_path_it_names_is_there():
    paths = set(re.findall(r"`(\w+(?:/\w+)+)(?:\.\w+)?`", PAGE.replace(TO_COME, "")))
    # Inside one row a path may begin below the room that the row names.
    missing = {p for p in paths if not any(there.endswith(p) for there in THERE) and not (ROOT / p).exists()}
    assert missing == set()
    assert len(paths) > 10


def test_every_call_it_names_is_there():
    for room, name in re.findall(r"`(\w+)\.(\w+)`", PAGE.replace(TO_COME, "")):
        if room in fireplan.__all__ and name not in {"toml", "md"}:
            assert hasattr(getattr(fireplan, room), name), f"{room}.{name}"
