"""Pinned versions for a reproducible installation."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINNED = dict(
    line.split("==") for line in LINES if re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][\w.!+-]*", line, re.IGNORECASE)
)


def requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(r) for r in [*project["dependencies"], *project["optional-dependencies"]["dev"]]]


def test_every_line_pins_one_package():
    assert [line for line in LINES if line.count("==") != 1 or line.split("==")[0] not in PINNED] == []
    assert len({canonicalize_name(name) for name in PINNED}) == len(LINES)


def test_core_and_dev_dependencies_are_pinned():
    held = {canonicalize_name(name) for name in PINNED}
    assert [r.name for r in requirements() if canonicalize_name(r.name) not in held] == []


def test_pins_fit_what_the_project_asks_for():
    held = {canonicalize_name(name): version for name, version in PINNED.items()}
    assert [r.name for r in requirements() if not r.specifier.contains(held[canonicalize_name(r.name)])] == []
