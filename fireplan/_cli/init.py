"""Makes a project of whatever files there are: shows what was understood, asks the rest, writes plan.toml."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan._cli.map_file import show_draft
from fireplan._cli.terminal import command_steps, plain
from fireplan.errors import FireplanError, listed, quoted
from fireplan.project import draft, open_project

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.project import ProjectDraft

AT_FAULT = 1  # exit code
STEPS = 7
MOST_NAMED = 6


def init_project(folder: Path, files: dict[str, Any], *, place: str | None, timezone: str | None, ask: bool) -> int:
    """Draft a project, show it, ask what only the planner can know, and write it; gives the exit code."""
    console = Console(highlight=False)
    talks = ask and sys.stdin.isatty() and console.is_terminal

    def drafted(zone: str | None) -> ProjectDraft:
        with command_steps(STEPS) as tell:
            return draft(folder, **files, place=place, timezone=zone, tell=tell)

    found = drafted(timezone)
    if talks and timezone is None:
        zone = Prompt.ask("Time zone of the city", default=found.timezone, console=console)
        found = found if zone == found.timezone else drafted(zone)
    _show(found, console)
    found = _settled(found, console) if talks else _guessed(found, console)
    if found.checklist["needed"].any() or found.faults:
        _list(console, "To be mended first", found.faults)
        _list(console, "Missing", [f"{r['missing']}" for _, r in found.checklist[found.checklist["needed"]].iterrows()])
        if found.checklist["needed"].any():
            named = f"fireplan init {found.folder} --roads FILE --stations FILE"
            console.print(Text(plain(f"Name the files, or put them into the folder: {named}")), soft_wrap=True)
        if found.checklist["needed"].any() or any(role in _roles_at_fault(found) for role in ("network", "stations")):
            return AT_FAULT
    written = found.write()
    return AT_FAULT if not _opens(written, console) or found.faults else 0


def _roles_at_fault(found: ProjectDraft) -> set[str]:
    return set(found.understood["input"][found.understood["understood"].str.startswith("cannot be read")])


def _show(found: ProjectDraft, console: Console) -> None:
    table = Table(title=Text("What was understood"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("input", "file", "understood"):
        table.add_column(name, overflow="fold")
    for _, row in found.understood.iterrows():
        table.add_row(*(Text(plain(row[name])) for name in ("input", "file", "understood")))
    if len(found.understood):
        console.print(table)
    if found.cad is not None:
        show_draft(found.cad)
    _list(console, "Noted", found.notes)
    if found.timezone:
        console.print(Text(plain(f"Time zone: {found.timezone}, by where the stations stand.")))


def _settled(found: ProjectDraft, console: Console) -> ProjectDraft:
    """Ask at the prompt what only the planner can know."""
    if found.cad is not None and not found.cad.bundled:
        cad = found.cad
        for field, row in cad.fields[cad.fields["certainty"] == "question"].iterrows():
            if Confirm.ask(plain(f"Is column {row['column']} {field}?"), console=console, default=False):
                cad = cad.taking(str(field))
        found = replace(found, cad=cad)
    for station, row in found.astray.iterrows():
        if Confirm.ask(
            plain(f"Station {station} ({row['name']}) {row['why']}: leave it out?"), default=True, console=console
        ):
            found = found.leaving_out(str(station))
    away = sorted(set(found.homeless.values()))
    if len(away) > 0 and Confirm.ask(plain(_of_homeless(found)), default=True, console=console):
        found = found.leaving_out(*away)
    return found


def _guessed(found: ProjectDraft, console: Console) -> ProjectDraft:
    """Take the best guess, and say so."""
    out = [*map(str, found.astray.index), *sorted(set(found.homeless.values()))]
    for station, row in found.astray.iterrows():
        console.print(Text(plain(f"GUESS: station {station} ({row['name']}) {row['why']}: left out.")))
    if found.homeless:
        console.print(Text(plain(f"GUESS: {_of_homeless(found).removesuffix(' Leave them out?')} They are left out.")))
    return found.leaving_out(*out)


def _of_homeless(found: ProjectDraft) -> str:
    units = listed(found.homeless, most=MOST_NAMED)
    stations = listed([quoted(s) for s in sorted(set(found.homeless.values()))], most=MOST_NAMED)
    counted = wording.counted(len(found.homeless), "unit")
    return f"{counted} ({units}) of stations that are not there ({stations}). Leave them out?"


def _list(console: Console, title: str, lines: tuple[str, ...] | list[str]) -> None:
    if lines:
        console.print(Text(f"\n{title}", style="bold"))
        for line in lines:
            console.print(Text(plain(f"- {line}")), soft_wrap=True)


def _opens(folder: Path, console: Console) -> bool:
    """Read the project that was written, and say what can be done with it now."""
    console.print()
    console.print(
        Text(plain(f"Written: {folder / 'plan.toml'}, and CHECKLIST.txt with what is missing.")), soft_wrap=True
    )
    try:
        project = open_project(folder)
    except FireplanError as error:
        console.print(Text(plain(f"It cannot be used yet: {error}")), soft_wrap=True)
        return False
    console.print(Text(plain(f"It opens: {project.today}")), soft_wrap=True)
    console.print(Text(plain(f"Next: fireplan assess {folder}")), soft_wrap=True)
    if project.history is not None:
        console.print(Text(plain(f"      fireplan performance {folder}")), soft_wrap=True)
    return True
