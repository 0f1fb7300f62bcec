"""What is compiled in a second process: only what is not on disk, and never for longer than the command runs."""

import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import pytest

from fireplan._kernel import warmup
from fireplan._kernel.warmup import beside, compile_ahead, compile_outlines


class Other:
    """Stands for the second process."""

    def __init__(self, command):
        self.command, self.done = command, []

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.done.append("left")

    def wait(self):
        self.done.append("waited")

    def terminate(self):
        self.done.append("ended")


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    found = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: found.append(Other(command)) or found[-1])
    return found


@pytest.fixture
def first_run(monkeypatch):
    """Nothing is on disk: every call is a miss."""
    misses = Counter()
    monkeypatch.setattr(warmup, "forget", SimpleNamespace(stats=SimpleNamespace(cache_misses=misses)))
    monkeypatch.setattr(warmup.ContourSpace, "forget", lambda *_: misses.update(["types"]))
    monkeypatch.setattr(warmup.os, "cpu_count", lambda: 2)


def test_what_is_on_disk_starts_nothing(started):
    compile_ahead()
    with beside(compile_outlines) as ready:
        ready()
    assert started == []


@pytest.mark.usefixtures("first_run")
def test_the_first_run_compiles_beside_and_waits_when_it_is_asked_to(started):
    with beside(compile_outlines) as ready:
        assert started[0].done == []
        ready()
    assert started[0].command[:3] == [sys.executable, "-P", "-c"]
    assert started[0].done == ["waited", "ended", "left"]


@pytest.mark.usefixtures("first_run")
def test_a_command_that_fails_leaves_no_process_behind(started):
    with pytest.raises(ValueError, match="enough"), beside(compile_outlines):
        raise ValueError("enough")
    assert started[0].done == ["ended", "left"]


@pytest.mark.usefixtures("first_run")
def test_one_processor_compiles_by_itself(started, monkeypatch):
    monkeypatch.setattr(warmup.os, "cpu_count", lambda: 1)
    with beside(compile_outlines) as ready:
        ready()
    assert started == []


@pytest.mark.usefixtures("first_run")
def test_what_the_other_process_is_told_runs(started):
    with beside(compile_outlines):
        code = started[0].command[-1].removesuffix("compiling()")
    named = {}
    exec(code, named)  # noqa: S102 - our own words
    assert named["compiling"] is compile_outlines
