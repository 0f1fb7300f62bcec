"""A draft of a project, as a value: what was understood, what is at fault, what is asked, and the files that say so."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from fireplan._geofiles import is_database
from fireplan._whole_file import write_whole
from fireplan.errors import InputError, ProjectError, quoted
from fireplan.project._plan import file_of
from fireplan.project._plan_draft.missing_inputs import checklist

if TYPE_CHECKING:
    import pandas as pd
    from tomlkit.container import Container
    from tomlkit.items import Item

    from fireplan.incidents import MappingDraft

PLAN_FILE, MAPPING_FILE = "plan.toml", "cad_mapping.toml"
MOST_NAMED = 12


@dataclass(frozen=True, eq=False)
class ProjectDraft:
    """
    What was understood of the files of a department.

    Attributes
    ----------
    folder
        Where the project will be.
    inputs
        Its files, by key of [inputs] in plan.toml.
    understood
        One row per input: `input`, `file`, `understood` (in words).
    faults
        What keeps the inputs from being used, all of them.
    questions
        What only the planner can know.
    notes
        Which column was used for what, what was left out or repaired.
    astray
        Stations that a scenario would refuse, with the reason: they are left out if `leave_out` names them.
    leave_out
        Ids of stations that the project does without; their units go with them.
    homeless
        Units of the table whose station is not among the stations.
    timezone
        IANA zone of the city.
    cad
        How its dispatch history is read; None if it has none, or a mapping of its own.
    priorities
        How many incidents have each priority.
    timezone_from
        By what the zone was told, in words.
    mapping
        Name of the mapping that was there already, by which the dispatch history is read.
    """

    folder: Path
    inputs: dict[str, str | Path | tuple[str | Path, ...]]
    understood: pd.DataFrame
    faults: tuple[str, ...]
    questions: tuple[str, ...]
    notes: tuple[str, ...]
    astray: pd.DataFrame
    leave_out: tuple[str, ...]
    homeless: dict[str, str]
    timezone: str
    cad: MappingDraft | None
    priorities: dict[str, int]
    timezone_from: str = "by where its stations stand"
    mapping: str = ""

    def __repr__(self) -> str:
        """Say what was understood of each file, then all that is not as it should be."""
        lines = [f"Draft of the project {self.folder.resolve().name}, {self.timezone or 'time zone not known'}"]
        lines += [f"  {row['input']}: {row['file']}, {row['understood']}" for _, row in self.understood.iterrows()]
        lines += [
            f"  ASTRAY   station {station} ({row['name']}) {row['why']}" for station, row in self.astray.iterrows()
        ]
        return "\n".join([*lines, *(f"  {line}" for line in self.checklist_text().splitlines())])

    @property
    def checklist(self) -> pd.DataFrame:
        """What is missing, and what each missing thing would add."""
        return checklist(self.inputs, cad_absent=() if self.cad is None else self.cad.absent)

    def leaving_out(self, *stations: str) -> ProjectDraft:
        """Give the draft that does without these stations."""
        return replace(self, leave_out=tuple(dict.fromkeys([*self.leave_out, *stations])))

    def plan(self) -> tomlkit.TOMLDocument:
        """Give plan.toml, with what should be looked at in comments."""
        plan = tomlkit.document()
        plan.add(
            tomlkit.comment(
                "Drafted by fireplan init: look at it, and change what is wrong. Run again, it keeps your edits."
            )
        )
        plan.add(tomlkit.comment("All keys: docs/plan.md; what counts, in words: docs/projects.md."))
        _put(plan, "name", self.folder.resolve().name, "what stands over maps and reports")
        _put(plan, "timezone", self.timezone, f"of the city, {self.timezone_from}" if self.timezone else "QUESTION")
        _put(plan, "source", "", "who made the data: shown under every map")
        _put(plan, "data_date", "", "of when they are")
        inputs = tomlkit.table()
        for key, file in self.inputs.items():
            several = [relative(one, self.folder) for one in (file if isinstance(file, tuple) else (file,))]
            inputs.add(key, several if isinstance(file, tuple) else several[0])
            mapping = self.mapping if self.cad is None else self.cad.bundled or MAPPING_FILE
            if key == "cad" and mapping:
                bundled = self.cad is not None and self.cad.bundled
                said = "which column holds what" + (", as fireplan knows this export" if bundled else "")
                _put(inputs, "cad_mapping", mapping, said)
        plan.add("inputs", inputs)
        if self.leave_out:
            stations = tomlkit.table()
            _put(stations, "leave_out", list(self.leave_out), self._why_left_out())
            plan.add("stations", stations)
        standards = tomlkit.table()
        _put(
            standards, "use", ["NFPA_1710"], "what the department is held to; others and local rules: docs/projects.md"
        )
        plan.add("standards", standards)
        if self.priorities:
            performance = tomlkit.table()
            said = ", ".join(f"{name} ({n:,})" for name, n in list(self.priorities.items())[:MOST_NAMED])
            performance.add(
                tomlkit.comment(f"Which of these are answered with lights and siren? {said}. Left out: all count.")
            )
            named = json.dumps(list(self.priorities)[:MOST_NAMED], ensure_ascii=False)
            performance.add(tomlkit.comment(f"emergency_priorities = {named} # strike out those that are not"))
            plan.add("performance", performance)
        return plan

    def _why_left_out(self) -> str:
        whys = {str(s): f"({row['name']}) {row['why']}" for s, row in self.astray.iterrows()}
        reasons = [f"{station} {whys.get(station, 'is not among the stations')}" for station in self.leave_out]
        more = f"; and {len(reasons) - 4} more" if len(reasons) > 4 else ""
        return "; ".join(reasons[:4]) + more

    def write(self) -> Path:
        """
        Write plan.toml, the mapping and CHECKLIST.txt; what is there already is kept, and only what it lacks is added.

        Returns
        -------
        The folder.

        Raises
        ------
        ProjectError
            If an input is missing without which nothing can be done, or a plan.toml that is there is no TOML.
        """
        needed = self.checklist[self.checklist["needed"]]
        if len(needed):
            raise ProjectError(
                f"a project needs {' and '.join(needed['missing'])}: name the file, or put it in the folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / PLAN_FILE
        plan = self.plan()
        if file.exists():
            plan = merged(_read(file), plan)
        _write(file, tomlkit.dumps(plan))
        mapping = self.folder / MAPPING_FILE
        if self.cad is not None and not self.cad.bundled and not mapping.exists():
            _write(mapping, self.cad.to_toml())
        _write(self.folder / "CHECKLIST.txt", self.checklist_text())
        return self.folder

    def checklist_text(self) -> str:
        """Give faults, questions and what is missing as text."""
        lines = [f"FAULT    {fault}" for fault in self.faults]
        lines += [f"QUESTION {question}" for question in self.questions]
        lines += [f"NOTE     {note}" for note in self.notes]
        lines += [f"MISSING  {row['missing']}: {row['why']}." for _, row in self.checklist.iterrows()]
        return "\n".join(lines or ["Nothing is missing."]) + "\n"


def name_of(source: str | Path) -> str:
    """Name an input for people: a file without its folders, a database's table without its password."""
    text = str(source)
    return text.rpartition("@")[2] if is_database(text) else Path(text).name


def relative(source: str | Path, folder: Path) -> str:
    """
    Name an input as seen from the project's folder.

    Raises
    ------
    InputError
        If it is on another drive, which a plan cannot name.
    """
    if is_database(source):
        return str(source)
    file = file_of(Path(), str(source))
    layer = str(source).removeprefix(str(file))
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix() + layer
    except ValueError as error:
        raise InputError(f"{quoted(str(file))} is on another drive than the project: copy it into {folder}") from error


def merged(old: tomlkit.TOMLDocument, new: tomlkit.TOMLDocument) -> tomlkit.TOMLDocument:
    """Add to a plan what it lacks; whatever it has, comments too, stays."""
    _fill(old, new)
    return old


def _fill(old: Container | Any, new: Container | Any) -> None:  # noqa: ANN401 - tables of tomlkit
    for key, value in new.items():
        if key not in old:
            old.add(key, value)
        elif hasattr(value, "items") and hasattr(old[key], "items"):
            _fill(old[key], value)


def _put(table: Any, key: str, value: Any, why: str) -> None:  # noqa: ANN401 - tables of tomlkit
    item: Item = tomlkit.item(value)
    item.comment(why)
    table.add(key, item)


def _read(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8-sig"))
    except (tomlkit.exceptions.ParseError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file.name} is not TOML: {error}: mend or delete it") from error


def _write(file: Path, text: str) -> None:
    write_whole(file, text.encode())
