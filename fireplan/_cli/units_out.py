"""What `fireplan replay` and `fireplan simulate` share: which share is asked, how it is said, and what is written."""

from __future__ import annotations

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
from fireplan.project import manifest, write_csv
from fireplan.project._audience import audience_of
from fireplan.project._audience_output import audience_output
from fireplan.simulation._share_asked import share_of_standard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fireplan.incidents import CadHistory
    from fireplan.project import Project
    from fireplan.project._audience import Audience
    from fireplan.project._audience_output import AudienceOutput
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
    """Find the share that is told, and what a reader has to know of it; see `share_of_standard`."""
    return share_of_standard(project.standard)


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


def internal_audience(project: Project, profile: str | None, *, command: str) -> Audience:
    """Say for whom the files of a command are that sends single calls; there is no public form of them."""
    audience = audience_of(project, profile)
    if audience.profile == "public":
        said = "" if profile else " (output.profile of plan.toml)"
        raise ProjectError(
            f"there is no public form of what {command} writes{said}: it rests on single calls. Say --profile internal;"
            " `fireplan performance --profile public` and `fireplan report --profile public` give what can be shown"
        )
    return audience


def write(
    project: Project,
    folder: Path,
    *,
    audience: Audience,
    command: str,
    tables: Mapping[str, pd.DataFrame],
    notes: Sequence[str],
    made: Mapping[str, Any],
    pages: Mapping[str, str] | None = None,
) -> AudienceOutput:
    """Write tables, pages by the names of their files, notes and manifest of a command, or nothing."""
    with audience_output(folder, audience) as output:
        for name, page in (pages or {}).items():
            output.file(name).write_text(page, encoding="utf-8", newline="\n")
        for name, table in tables.items():
            write_csv(table, output.file(f"{name}.csv"))
        output.write_text(f"{command}_notes.txt", "\n".join(notes) + "\n")
        made_from = manifest(project, [project.today, *project.scenarios], outputs=list(output.part.iterdir()))
        output.write_manifest(f"{command}_manifest.json", {**made_from, command: dict(made)})
    return output


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


def where(output: AudienceOutput, *, command: str, tables: int, notes: int) -> None:
    """Print where tables and notes are."""
    console = Console(highlight=False, soft_wrap=True)
    resolved = output.folder.resolve()
    file = resolved / output.audience.name(f"{command}_notes.txt")
    console.print(Text(f"\n{wording.counted(notes, 'note')}, data and method: {file}"))
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
