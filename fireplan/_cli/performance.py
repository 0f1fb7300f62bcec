"""What `fireplan performance` does: measure a project's dispatch history, write tables, and print the main ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan._cli import terminal as show
from fireplan._cli.public_performance import PUBLIC_NOTES, public_tables
from fireplan._cli.readers import say_for_whom
from fireplan.errors import ProjectError, listed
from fireplan.progress import silent
from fireplan.project import manifest, write_csv
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import audience_of, folder_of
from fireplan.project._audience_output import PublicationSeries, audience_output
from fireplan.project._read_project import nothing_usable
from fireplan.response_performance import (
    Shifts,
    attend,
    concurrency,
    drawdown,
    hour_by_weekday,
    reliability,
    sensitivity,
    why_missed,
    workload,
)
from fireplan.response_performance._baselines import baselines_of
from fireplan.response_performance._performance import measured, tabulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.incidents import CadHistory
    from fireplan.project import Project
    from fireplan.response_performance import Attendance

    Tell = Callable[[str], None]

STEPS = 11
MOST_NAMED = 8
"""Responses that are named where their time is left out."""

BY = ("station_id", "unit_id", "hour", "weekday", "month", "year", "category", "risk_class", "zone_id")
"""What tables are written by, where the history or the zones have it."""

OF_UNITS = ("station_id", "unit_id")
NONE_COUNTS = "No incident counts (n = 0), so that no baseline is told: policy.csv says which rule takes how many."
NOT_TOLD = (
    "Left out, as the records hold one row per incident and name no units: figures by station and by unit, workload,"
    " concurrency, drawdown, reliability, and objectives for more than the first unit."
)


def performance_project(read: Callable[[Tell], Project], out: Path | None, *, profile: str | None = None) -> None:
    """Measure a project's dispatch history, and write and print what comes out; `profile` as for `audience_of`."""
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(STEPS) as tell:
        project = read(tell)
        if project.history is None:
            raise ProjectError("plan.toml names no dispatch history: give inputs.cad, and measure again")
        if unusable := nothing_usable(project.history):
            raise ProjectError(f"nothing can be measured: {unusable[0]}")
        folder, audience = folder_of(project, out), audience_of(project, profile)
        ledger = PublicationSeries.read(project.folder) if audience.profile == "public" else None
        tell("putting units and incidents together")
        attendance = attend(project.history, scenario=project.today, policy=project.plan.performance.policy)
        tables, notes = _tables(project, project.history, attendance, tell)
        if attendance.grain == "incident":
            notes.append(NOT_TOLD)
        told = [*attendance.headline(), *notes, *project.notes]
        left_out: list[str] = []
        if ledger is not None:
            tell("checking it against all that was published")
            observed = measured(attendance, project.standard)
            left_out = [name for name in tables if audience.leaves_out(f"{name}.csv")]
            tables = public_tables(
                attendance, observed, project.standard, ledger, names=[name for name in tables if name not in left_out]
            )
            told = [*PUBLIC_NOTES, *project.standard.unverified()]
        tell("writing")
        with audience_output(folder, audience, ledger=ledger) as output:
            output.left_out += [f"{name}.csv" for name in left_out]
            for name, table in tables.items():
                write_csv(table, output.file(f"{name}.csv"))
            output.write_text("performance_notes.txt", "\n".join(told) + "\n")
            made_from = manifest(project, [project.today], outputs=list(output.part.iterdir()))
            output.write_manifest("performance_manifest.json", made_from)
    if ledger is None:
        _report(project, tables, attendance, output.folder)
    else:
        _report_public(project, tables["performance"])
    say_for_whom(output)


def _tables(
    project: Project, history: CadHistory, attendance: Attendance, tell: Tell
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Every table, by the name of its file, and what a reader of them has to know."""
    notes = project.standard.unverified()
    shifts = _shifts(project)
    tell("measuring response performance")
    observed = measured(attendance, project.standard)
    tables = {"performance": tabulated(attendance, observed)}
    groups = [*BY, *(["shift"] if shifts else [])]
    for by in groups:
        if by in {"risk_class", "zone_id"} and by not in attendance.incidents:
            continue
        if by in OF_UNITS and attendance.grain == "incident":
            continue
        tables[f"performance_by_{by}"] = tabulated(attendance, observed, [by], shifts=shifts)
    tell("measuring workload")
    if attendance.grain == "unit":
        tables |= _of_units(project, attendance)
    tables["calls_by_hour_and_weekday"] = pd.DataFrame(hour_by_weekday(attendance)["per_hour"])
    tell("measuring reliability")
    if attendance.grain == "unit":
        tables["reliability"] = reliability(attendance, scenario=project.today)
    tell("asking why objectives were missed")
    for objective in project.standard.planned:
        if objective.interval == "travel_s" and not objective.weight and set(objective.needs) != {"people"}:
            missed = why_missed(attendance, scenario=project.today, objective=objective)
            tables[f"missed_{objective.key}"] = missed.totals()
            notes += [note for note in missed.notes() if note not in notes]
    tell("trying other choices of what counts")
    tables["sensitivity"] = sensitivity(history, scenario=project.today, policy=attendance.policy)
    tell("writing baselines")
    kinds = tuple(by for by in ("category", "risk_class") if by in attendance.incidents)
    if attendance.incidents["counts"].any():
        tables["baselines"] = baselines_of(
            attendance, observed, standard=project.standard, by=kinds, basis=project.today.provenance
        )
    else:
        notes.append(NONE_COUNTS)
    tables["policy"] = attendance.ledger
    tables["priorities"] = attendance.priorities().rename_axis("priority").to_frame()
    return tables | {"ledger": history.ledger, "quarantine": history.quarantine}, notes


def _of_units(project: Project, attendance: Attendance) -> dict[str, pd.DataFrame]:
    """Tables that only a history with units gives."""
    return {
        "workload": workload(attendance, scenario=project.today),
        "workload_by_unit": workload(attendance, scenario=project.today, by="unit_id"),
        "concurrency": concurrency(attendance),
        "drawdown_by_hour": drawdown(attendance, scenario=project.today, by="hour"),
    }


def _shifts(project: Project) -> Shifts | None:
    given = project.plan.performance.shifts
    return None if given is None else Shifts(given.names, given.starts, given.hours * 3600)


def _report(project: Project, tables: dict[str, pd.DataFrame], attendance: Attendance, folder: Path) -> None:
    """Print what is left out, the headline tables, and where the others are."""
    console = Console(highlight=False)
    overall = tables["performance"]
    held = overall["limit_s"].notna()
    title = f"{project.title}: response performance ({_basis(project)})"
    for line in [title, *attendance.headline()]:
        console.print(Text(show.plain(line)))
    intervals = _table("Intervals", "n", "unknown", "p50", "p90 (95 %)")
    for row in overall[~held].itertuples():
        intervals.add_row(*_cells(row))
    console.print(intervals)
    if held.any():
        objectives = _table("Objectives", "n", "unknown", "p90", "within (95 %)", "goal")
        for row in overall[held].itertuples():
            objectives.add_row(*_held_cells(row))
        console.print(objectives)
    noted = overall[overall["note"] != ""]
    notes = dict.fromkeys(f"{_name(row)}: {row.note!s}." for row in noted.itertuples())
    over = tables["workload"].attrs["over_a_day"] if "workload" in tables else ()
    if over:
        told = f"Committed for more than a day and left out of committed hours: {listed(over, most=MOST_NAMED)}."
        notes[f"{wording.counted(len(over), 'response')}. {told}"] = None
    ends = "p90: 90th percentile (inverted_cdf), between order statistics; shares with Wilson's interval; both 95 %"
    if attendance.grain == "incident":
        notes[NOT_TOLD] = None
    if "baselines" not in tables:
        notes[NONE_COUNTS] = None
    for line in [*notes, ends]:
        console.print(Text(show.plain(line)))
    console.print(Text(f"{len(tables)} tables, the ledger among them: {folder.resolve()}"), soft_wrap=True)


def _report_public(project: Project, overall: pd.DataFrame) -> None:
    """Print what is published over all."""
    console = Console(highlight=False)
    console.print(Text(show.plain(f"{project.title}: response performance, as published ({_basis(project)})")))
    if not len(overall):
        console.print(Text("Too few records to publish a figure over all."))
    for row in overall.to_dict("records"):
        share = (
            "" if pd.isna(row["share"]) else f", {wording.share(row['share'])} within {wording.clock(row['limit_s'])}"
        )
        p90 = "" if pd.isna(row["p90_s"]) else f", p90 {wording.percentile(row['p90_s'])} to 30 seconds"
        told = f"{row['title']}: n = {wording.count(row['n'])}{share}{p90}"
        console.print(Text(show.plain(f"{told} (records of {overall.attrs['days']})")))


def _table(what: str, *columns: str) -> Table:
    """Begin a table that fits 80 columns: its names wrap, its figures do not."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(what, min_width=15)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _basis(project: Project) -> str:
    return "invented" if project.plan.provenance == "invented" else "observed"


def _name(row: Any) -> str:  # noqa: ANN401 - a row of a table, as pandas hands it out
    title: str = row.title.rsplit(" within ", 1)[0]
    return title if pd.isna(row.limit_s) else f"{title}, {wording.clock(row.limit_s)}"


def _cells(row: Any) -> list[Text]:  # noqa: ANN401 - a row of a table, as pandas hands it out
    known = not pd.isna(row.p90_s)
    ends = f" ({wording.time_interval(row.p90_low_s, row.p90_high_s)})" if known else ""
    told = [
        _name(row),
        wording.count(row.n),
        wording.count(row.unknown),
        "-" if pd.isna(row.p50_s) else wording.clock(row.p50_s),
        f"{wording.percentile(row.p90_s)}{ends}" if known else "-",
    ]
    return [Text(show.plain(cell)) for cell in told]


def _held_cells(row: Any) -> list[Text]:  # noqa: ANN401 - a row of a table, as pandas hands it out
    share = "-"
    if not pd.isna(row.share):
        ends = wording.share_interval(row.share_low, row.share_high)
        share = f"{wording.share(row.share, goal=row.goal)} ({ends})"
    goal = "" if pd.isna(row.goal) or pd.isna(row.met) else wording.verdict(row.met)
    told = [
        _name(row),
        wording.count(row.n),
        wording.count(row.unknown),
        "-" if pd.isna(row.p90_s) else wording.percentile(row.p90_s),
        share,
        goal,
    ]
    return [Text(show.plain(cell)) for cell in told]
