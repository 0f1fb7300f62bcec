"""The tables, as Markdown."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.growth import Growth
    from benchmarks.measuring import Measured, Outcome

PACKAGES = (
    "fireplan", "numpy", "scipy", "numba", "networkx", "osmnx", "pandana", "shapely", "geopandas", "pandas", "highspy",
    "spopt", "PuLP",
)  # fmt: skip

HOW = """\
Each row is one contest: fireplan and the others do the same work on the same network in one process, run in turn
(A B A B ...), and the median is kept; a way is not run again once it has taken 12 s. Times are CPU time of the whole
process, all threads together (`wall` rows: time on the clock); every way runs on one thread, but for
the what-if, where fireplan uses those it likes. `~`: a part of the work
was run and the time scaled up. Preparing a network in the form a library takes is not counted. Results are compared
first; where they differ the row fails. Memory is how far the resident size of the process rose during the first run
(Linux: VmHWM after a reset, less VmRSS before it); what a library reuses of memory already held does not show.
Compiled functions are compiled, or read from disk, before the clock starts. Targets are held against the generated
networks of 240,000 and 1,000,000 nodes and the rows without a network; other networks are shown for comparison.
"""


def document(outcomes: list[Outcome], grown: list[Growth], places: Iterable[str], *, quick: bool) -> str:
    """All tables, with what they were measured on."""
    title = "# Benchmarks" + (" (quick: small sizes, few repeats, no targets held)" if quick else "")
    parts = [title, HOW, "\n".join(_machine()), _networks(places), _contests(outcomes), _growth(grown)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _machine() -> list[str]:
    return [
        f"- {datetime.now(tz=UTC):%d %b %Y %H:%M} UTC",
        f"- {_cpu()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        f"- {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}",
    ]


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _networks(places: Iterable[str]) -> str:
    return "\n".join(f"- {place}" for place in places)


def _contests(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ""
    lines = [
        "## fireplan and others",
        "",
        "| task | network | fireplan, ms | MB | peer | peer, ms | MB | ratio | target | met | notes |",
        "|---|---|--:|--:|---|--:|--:|--:|---|---|---|",
    ]
    for outcome in outcomes:
        lines += list(_rows(outcome))
    return "\n".join(lines)


def _rows(outcome: Outcome) -> Iterable[str]:
    contest, ours = outcome.contest, outcome.ours
    title = contest.title + (" (wall)" if contest.clock == "wall" else "")
    said = [note for note in (ours.note, outcome.remark) if note]
    if outcome.failure:
        said.append(f"FAILED: {outcome.failure}")
    if not outcome.peers or contest.most_ms or contest.most_mb:
        target, met = _own_target(outcome)
        cells = [title, contest.place, _ms(ours), _mb(ours), "", "", "", "", target, _verdict(outcome, met)]
        yield _line([*cells, "; ".join(said)])
        said = []
    for peer in outcome.peers:
        wanted = contest.times_faster.get(peer.name)
        ratio = peer.ms / ours.ms if peer.ms and ours.ms and peer.same_work else None
        met = None if wanted is None or ratio is None else ratio >= wanted
        cells = [
            title, contest.place, _ms(ours), _mb(ours), peer.name, _ms(peer), _mb(peer),
            "" if ratio is None else ("~" if peer.extrapolated else "") + f"{ratio:.{1 if ratio < 100 else 0}f}x",
            "" if wanted is None else f"{wanted:g}x", _verdict(outcome, met),
        ]  # fmt: skip
        yield _line([*cells, "; ".join([*said, *filter(None, [peer.note])])])
        said = []


def _own_target(outcome: Outcome) -> tuple[str, bool | None]:
    contest, ours = outcome.contest, outcome.ours
    wanted, met = [], []
    if contest.most_ms is not None:
        wanted.append(f"{contest.most_ms:,.0f} ms")
        met.append(ours.ms is not None and ours.ms <= contest.most_ms)
    if contest.most_mb is not None:
        wanted.append(f"{contest.most_mb:,.0f} MB")
        met.append(ours.mb is not None and ours.mb <= contest.most_mb)
    if contest.quality:
        wanted.append(contest.quality)
        met.append(outcome.good)
    return ", ".join(wanted), all(met) if met and ours.ms is not None else None


def _verdict(outcome: Outcome, met: bool | None) -> str:  # noqa: FBT001 - three values
    if outcome.failure:
        return "FAILED"
    if met is None or not outcome.contest.judged:
        return ""
    return "yes" if met else "no"


def _growth(grown: list[Growth]) -> str:
    if not grown:
        return ""
    lines = ["## How the cost grows", "", "Milliseconds; sizes before the colon.", "", "| step | grows with | ms |"]
    lines.append("|---|---|---|")
    for row in grown:
        pairs = zip(row.sizes, row.ms, strict=True)
        cost = "not there yet" if None in row.ms else " · ".join(f"{n:,}: {_number(ms)}" for n, ms in pairs)
        lines.append(_line([row.step, row.grows, cost]))
    return "\n".join(lines)


def _ms(measured: Measured) -> str:
    if measured.ms is None:
        return "n/a" if measured.name != "fireplan" else "not there yet"
    return ("~ " if measured.extrapolated else "") + _number(measured.ms)


def _number(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def _mb(measured: Measured) -> str:
    return "" if measured.mb is None else f"{measured.mb:,.0f}"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
