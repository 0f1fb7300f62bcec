"""What `fireplan replay` and `fireplan simulate` share: which share is asked, how it is said, and what is written."""

from __future__ import annotations

import json
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan._cli.terminal import plain
from fireplan.errors import FireplanError, ProjectError, quoted
from fireplan.project import manifest, whole_outputs, write_csv
from fireplan.response_performance._erf_arrivals import is_alone
from fireplan.simulation._simulate._headline import SINCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fireplan.incidents import CadHistory
    from fireplan.project import Project
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

NOTHING_SHOWN = "In brackets: 95 % intervals. An interval that holds zero shows nothing."


def history_of(project: Project, *, command: str) -> CadHistory:
    """Give the dispatch history that calls and the time units are out are taken from, or say what is missing."""
    if project.history is None:
        raise ProjectError(
            f"plan.toml names no dispatch history, and {command} takes calls and the time that units are out from one:"
            " give inputs.cad, with a row per unit per incident"
        )
    if project.history.grain == "incident":
        raise ProjectError(
            f"the history of inputs.cad has one row per incident and names no units, so that {command} cannot tell when"
            " which was out: give one with a row per unit per incident"
        )
    return project.history


def share_asked(project: Project) -> tuple[Objective | None, list[str]]:
    """
    Find the share that is told: the first of the standard that is of calls and asks for a single unit, everywhere.

    Parameters
    ----------
    project
        Whose standard.

    Returns
    -------
    The objective, None where the standard has none, and what a reader has to know of it.
    """
    planned = project.standard.planned
    fit = [o for o in planned if _is_of_one_unit(o)][:1]
    rest = "; ".join(f"{o.title}, {wording.clock(o.limit_s)}" for o in planned if o not in fit)
    if not fit:
        return None, ["The standard has no objective of calls for a single unit, so that the share is of a usual one."]
    return fit[0], [f"Objectives of the standard that are not told here: {rest}."] if rest else []


def _is_of_one_unit(objective: Objective) -> bool:
    """Whether both a replay and a simulation can tell it."""
    of_calls = not objective.where and not objective.weight and objective.interval in SINCE
    return of_calls and is_alone(objective) and dict(objective.needs) != {"people": 1} and 1 in objective.needs.values()


@contextmanager
def of_scenario(scenario: Scenario, project: Project) -> Iterator[None]:
    """Name the what-if in errors: the figures of others may be well."""
    try:
        yield
    except FireplanError as error:
        if scenario is project.today:
            raise
        raise ProjectError(f"scenario {quoted(scenario.name)}: {error}") from error


def put_together(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put tables of several scenarios under one another, told apart by their first column."""
    parts = [pd.DataFrame(table.reset_index()) for table in tables.values()]
    for name, part in zip(tables, parts, strict=True):
        part.insert(0, "scenario", name)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["scenario"])


def write(
    project: Project,
    folder: Path,
    *,
    command: str,
    tables: Mapping[str, pd.DataFrame],
    notes: Sequence[str],
    made: Mapping[str, Any],
    pages: Mapping[str, str] | None = None,
) -> None:
    """Write tables, pages by the names of their files, notes and manifest of a command, or nothing."""
    with whole_outputs(folder) as part:
        for name, page in (pages or {}).items():
            _write_text(part / name, page)
        for name, table in tables.items():
            write_csv(table, part / f"{name}.csv")
        _write_text(part / f"{command}_notes.txt", "\n".join(notes) + "\n")
        made_from = manifest(project, [project.today, *project.scenarios], outputs=list(part.iterdir()))
        text = json.dumps({**made_from, command: dict(made)}, indent=2, ensure_ascii=False) + "\n"
        _write_text(part / f"{command}_manifest.json", text)


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def title(project: Project, what: str) -> str:
    """Say whose figures these are, and that they are modelled."""
    invented = "invented data, " if project.plan.provenance == "invented" else ""
    return f"{project.title}: {what} ({invented}modelled)"


def say(*lines: str) -> None:
    """Print lines of text, wrapped to the terminal."""
    console = Console(highlight=False)
    for line in lines:
        console.print(Text(plain(line)))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table that fits 80 columns: the first columns wrap, figures do not."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        words = number < left
        table.add_column(Text(plain(column)), justify="left" if words else "right", no_wrap=not words)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console(highlight=False).print(table)


def where(folder: Path, *, command: str, tables: int, notes: int) -> None:
    """Print where tables and notes are."""
    console = Console(highlight=False, soft_wrap=True)
    resolved = folder.resolve()
    console.print(Text(f"\n{wording.counted(notes, 'note')}, data and method: {resolved / f'{command}_notes.txt'}"))
    console.print(Text(f"{wording.counted(tables, 'table')} and manifest: {resolved}"))


def share_told(value: float, low: float, high: float) -> str:
    """Say a share and its interval."""
    if not isfinite(value):
        return "too few calls"
    ends = f" ({wording.share_interval(low, high)})" if isfinite(low) or isfinite(high) else ""
    return wording.share(value) + ends


def points_told(value: float, low: float, high: float) -> str:
    """Say a difference of shares in percentage points, and its interval."""
    if not isfinite(value):
        return "too few calls"
    return wording.points(value) + (f" ({wording.points(low)} to {wording.points(high)})" if isfinite(low) else "")


def change_told(value: float, low: float, high: float, *, decimals: int = 0) -> str:
    """Say a difference of counts or seconds, and its interval."""
    if not isfinite(value):
        return "too few calls"
    ends = [wording.signed(end, decimals=decimals) for end in (low, high)] if isfinite(low) else []
    return wording.signed(value, decimals=decimals) + (f" ({' to '.join(ends)})" if ends else "")
