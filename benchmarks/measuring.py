"""Interleaved repeats of several ways to do one thing: time, memory, and whether the results agree."""

from __future__ import annotations

import ctypes
import gc
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
ENOUGH_S = 12.0
"""A way whose runs have taken longer than this together is not run again. [s]"""


class CannotRunError(Exception):
    """Why a way cannot be run here."""


class DifferenceError(Exception):
    """How results differ."""


@dataclass(frozen=True)
class Way:
    """
    One way to do the work.

    Attributes
    ----------
    name
        Whose.
    run
        Does the work; what it returns is compared.
    prepare
        What the clock does not see: the form in which the library takes the network. May raise CannotRunError.
    share
        The part of the work that is run; the time is divided by it and marked "~".
    note
        What to know about it.
    same_work
        Whether it does all of the work: there is a ratio only then.
    """

    name: str
    run: Callable[[], object]
    prepare: Callable[[], object] = lambda: None
    share: float = 1.0
    note: str = ""
    same_work: bool = True


@dataclass(frozen=True)
class Contest:
    """
    Work that fireplan and others do.

    Attributes
    ----------
    task, title, place
        What, in short and in words, and where.
    ours, peers
        The ways.
    check
        Given our result and a dict of the peers', raises DifferenceError where they differ; returns what to note and
        whether `quality` is met.
    times_faster
        Target: how many times as fast as each peer.
    most_ms, most_mb, quality
        Target: longest time, most memory, and in words what `check` judges.
    per
        Times are given for each of so many pieces of work.
    clock
        "cpu" or "wall".
    in_process
        Whether the work is done in this process, so that its memory shows.
    judged
        Whether the targets hold here.
    """

    task: str
    title: str
    place: str
    ours: Way
    peers: tuple[Way, ...] = ()
    check: Callable[[object, dict[str, object]], tuple[str, bool] | None] | None = None
    times_faster: dict[str, float] = field(default_factory=dict)
    most_ms: float | None = None
    most_mb: float | None = None
    quality: str = ""
    per: int = 1
    clock: str = "cpu"
    in_process: bool = True
    judged: bool = True


@dataclass
class Measured:
    """What one way took: time for one piece of work [ms], memory [MB], or why it was not run."""

    name: str
    ms: float | None = None
    mb: float | None = None
    runs: int = 0
    extrapolated: bool = False
    same_work: bool = True
    note: str = ""
    result: object = None


@dataclass
class Outcome:
    """A contest that was run."""

    contest: Contest
    ours: Measured
    peers: list[Measured]
    failure: str = ""
    remark: str = ""
    good: bool = True


def run(contest: Contest, *, repeats: int) -> Outcome:
    """Run all ways once for memory and results, then in turn for time."""
    ways = [contest.ours, *contest.peers]
    measured = [Measured(w.name, note=w.note, extrapolated=w.share < 1, same_work=w.same_work) for w in ways]
    first_ms: dict[int, float] = {}
    broken: list[str] = []
    for i, way in enumerate(ways):
        try:
            way.prepare()
            watch = PeakMemory()
            first_ms[i], measured[i].result = _timed(way, contest)
            measured[i].mb = watch.grown_mb() if contest.in_process else None
        except CannotRunError as reason:
            measured[i].note = f"n/a: {reason}"
        except Exception as error:  # noqa: BLE001 - one way that breaks must not end the run
            measured[i].note = f"n/a: {type(error).__name__}: {error}"
            broken.append(f"{way.name}: {type(error).__name__}")
    failure, remark, good = _agree(contest, measured)
    failure = failure or "; ".join(broken)
    for m in measured:
        m.result = None
    times: dict[int, list[float]] = {i: [] for i in first_ms}
    for _ in range(repeats):
        for i, several in times.items():
            if sum([first_ms[i], *several]) * contest.per * ways[i].share < ENOUGH_S * 1000:
                several.append(_timed(ways[i], contest)[0])
    for i, several in times.items():
        measured[i].ms = statistics.median(several or [first_ms[i]])
        measured[i].runs = max(1, len(several))
    return Outcome(contest, measured[0], measured[1:], failure, remark, good)


def _timed(way: Way, contest: Contest) -> tuple[float, object]:
    """Time for one piece of the work [ms], and the result."""
    clock = CLOCKS[contest.clock]
    gc.collect()
    began = clock()
    result = way.run()
    return (clock() - began) * 1000 / way.share / contest.per, result


def _agree(contest: Contest, measured: list[Measured]) -> tuple[str, str, bool]:
    ours = measured[0].result
    if contest.check is None or ours is None:
        return "", "", True
    try:
        said = contest.check(ours, {m.name: m.result for m in measured[1:] if m.result is not None})
    except DifferenceError as difference:
        return str(difference), "", False
    return "", *(said or ("", True))


class PeakMemory:
    """
    How far resident memory of this process rises above what it was.

    Linux keeps the highest resident size of a process and lets it be reset; elsewhere nothing is measured.
    """

    def __init__(self) -> None:
        gc.collect()
        self.before_kb: int | None = None
        if not sys.platform.startswith("linux"):
            return
        try:
            # Memory that was freed but is still held would hide what is used next.
            ctypes.CDLL("libc.so.6").malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            self.before_kb = _status_kb("VmRSS")
        except OSError:
            self.before_kb = None

    def grown_mb(self) -> float | None:
        """How far, so far. [MB]"""
        return None if self.before_kb is None else max(0, _status_kb("VmHWM") - self.before_kb) * 1024 / 1e6


def _status_kb(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0
