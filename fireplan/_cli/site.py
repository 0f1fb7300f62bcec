"""What `fireplan site` does: answer what a project's [siting] asks, write what was found, and print the main of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd
import tomlkit

from fireplan import _kernel as kernel
from fireplan import maps, wording
from fireplan._cli import terminal as show
from fireplan._cli.readers import say_for_whom
from fireplan._cli.site_terminal import report
from fireplan.errors import ProjectError, listed
from fireplan.measures import assess
from fireplan.progress import silent
from fireplan.project import manifest, write_csv, write_layers
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import audience_of, folder_of, public_project
from fireplan.project._audience_output import PublicationSeries, audience_output
from fireplan.project._manifest import file_hash
from fireplan.project._plan import file_of
from fireplan.project._siting_plan import siting_question
from fireplan.siting._results.siting_words import little_said, names_of, plan_said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.project import Project
    from fireplan.project._audience import Audience
    from fireplan.project._audience_output import AudienceOutput
    from fireplan.project._siting_plan import Question
    from fireplan.siting import Robustness, Siting

    Tell = Callable[[str], None]

STEPS = 11
SCENARIO = "Siting"
"""What the plan is called in changes.toml, where no what-if is called that already."""

RUN_COLUMNS = ("chosen_runs", "n", "chosen_share", "low", "high", "near_share", "place")


@dataclass(frozen=True, eq=False)
class _Results:
    """Everything one run makes."""

    question: Question
    found: Siting
    curve: pd.DataFrame
    runs: Robustness | None
    page: maps.Page

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures has to know, each once."""
        found, project = self.found, self.question.project
        little = little_said(found)
        told = [found.question, *([little] if little else []), *([found.reason] if found.reason else []), *found.notes]
        told += self.question.candidates.attrs.get("notes", ())
        if self.question.covers_most:
            told.append("curve.csv: the best plan for each number of stations, which need not contain the one before")
        else:
            told.append("curve.csv: the best order of building this plan")
        if self.runs is None and project.plan.siting.robustness_runs:
            told.append("other assumptions were not tried: that is for plans of max_coverage that open a station")
        told += ["; ".join(line.strip() for line in str(self.runs).splitlines())] if self.runs is not None else []
        return list(dict.fromkeys([*told, *project.standard.unverified(), *project.notes]))


def site_project(
    read: Callable[[Tell], Project], out: Path | None, *, stations: int | None = None, profile: str | None = None
) -> None:
    """Answer what a project's [siting] asks, and write and print what comes out; `profile` as for `audience_of`."""
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(STEPS) as tell:
        tell("compiling (the first run takes a few seconds)")
        kernel.compile_search()
        project = read(tell)
        folder = folder_of(project, out)
        audience, ledger = audience_of(project, profile), None
        if audience.profile == "public":
            tell("leaving dispatch records out")
            check_public_siting(project)
            ledger, project = PublicationSeries.read(project.folder), public_project(project)
        tell("finding candidate sites")
        question = siting_question(project, stations=stations)
        results = _answered(question, tell, audience, ledger)
        tell("writing")
        written = _write(results, folder, audience, ledger)
    kind = "invented data, modelled times" if project.plan.provenance == "invented" else "modelled"
    report(
        results.found, results.curve, results.runs, title=f"{project.title}: where to put stations ({kind})",
        folder=folder, notes=len(results.notes), named=audience.name,
    )  # fmt: skip
    say_for_whom(written)


def check_public_siting(project: Project) -> None:
    """Refuse to site in public by what is counted in dispatch records: sites would show where these are."""
    asked = project.plan.siting
    counted = [f"siting.weight is {asked.weight!r}"] if asked.weight == "incidents" else []
    counted += [f"siting.busy is {asked.busy!r}, of the dispatch history"] if isinstance(asked.busy, str) else []
    if counted:
        raise ProjectError(
            f"{counted[0]}: sites that are chosen by dispatch records show where these are. For the public site by"
            " people, with a number for busy; or say --profile internal"
        )


def _answered(question: Question, tell: Tell, audience: Audience, ledger: PublicationSeries | None) -> _Results:
    tell(f"searching among {wording.counted(len(question.candidates), 'site')}")
    found = question.answer()
    _go_on({found.status})
    tell("working out what each further station buys")
    curve = question.curve(found)
    _go_on(set(curve["status"]) if "status" in curve else set())
    tell("trying other assumptions")
    runs = question.robustness(found)
    tell("drawing the map")
    page = maps.siting(
        found,
        title=f"{question.project.title}: where to put stations",
        robustness=None if runs is None else runs.sites,
        assessment=assess(found.scenario, standard=question.project.standard),
        profile=audience.profile,
        published=None if ledger is None else ledger.so_far,
    )
    if ledger is not None:
        ledger.add(*page.publications)
    return _Results(question, found, curve, runs, page)


def _go_on(statuses: set[str]) -> None:
    """End the command where its search was interrupted: a search keeps what it has, a command writes all or nothing."""
    if "interrupted" in statuses:
        raise KeyboardInterrupt


def _write(results: _Results, folder: Path, audience: Audience, ledger: PublicationSeries | None) -> AudienceOutput:
    """Write every file of a run, or none."""
    project, found, runs = results.question.project, results.found, results.runs
    sites = found.sites.to_crs("EPSG:4326")
    places = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    places = places.assign(latitude=sites.geometry.y, longitude=sites.geometry.x)
    empty = pd.DataFrame(columns=list(RUN_COLUMNS), index=pd.Index([], name="candidate_id"))
    with audience_output(folder, audience, ledger=ledger) as output:
        results.page.save(output.file("siting.html"))
        write_csv(places, output.file("sites.csv"))
        write_layers({"sites": sites}, output.file("sites.gpkg"))
        write_csv(found.set_aside, output.file("set_aside.csv"))
        write_csv(found.runner_ups, output.file("runner_ups.csv"))
        write_csv(results.curve, output.file("curve.csv"))
        write_csv(empty if runs is None else runs.sites, output.file("robustness.csv"))
        write_csv(pd.DataFrame() if runs is None else runs.runs, output.file("robustness_runs.csv"))
        write_csv(_summary(results), output.file("siting_summary.csv"))
        changes = changes_toml(found, taken=[s.name for s in project.plan.scenario])
        output.write_text("changes.toml", changes, comment="# ")
        output.write_text("siting_notes.txt", "\n".join(results.notes) + "\n")
        scenarios = [project.today, found.after(SCENARIO)]
        made_from = manifest(project, scenarios, outputs=list(output.part.iterdir()))
        for key, name in project.plan.siting.files.items():
            made_from["inputs"][key] = {"file": name, "sha256": file_hash(file_of(project.folder, name))}
        made_from["siting"] = {"stations": results.question.stations, "candidates": len(results.question.candidates)}
        output.write_manifest("siting_manifest.json", made_from)
    return output


def _summary(results: _Results) -> pd.DataFrame:
    """Give the answer in one row."""
    found = results.found
    names = ("question", "objective", "bound", "gap", "unit", "before", "total", "share", "goal", "status", "reason")
    row: dict[str, Any] = {name: getattr(found, name) for name in names}
    row |= {"sites": "; ".join(map(str, found.chosen.index)), "plan": "; ".join(plan_said(found))}
    return pd.DataFrame([row])


def changes_toml(found: Siting, *, taken: list[str]) -> str:
    """
    Write a plan as a scenario that can be pasted at the end of plan.toml.

    Parameters
    ----------
    found
        The answer.
    taken
        Names of the what-ifs that are there.
    """
    if isnan(found.objective) or not found.plan:
        return f"# No changes: {_on_one_line(found.reason or 'nothing improves on the department as it stands')}\n"
    name, number = SCENARIO, 1
    while name in taken:
        number += 1
        name = f"{SCENARIO} {number}"
    called = names_of(found)
    sites = listed([called.get(str(site), str(site)) for site in found.chosen.index], most=20)
    entries = {"scenario": [{"name": name, "changes": [c.to_dict() for c in found.plan]}]}  # type: ignore[attr-defined]
    return f"# {_on_one_line(found.question)}: {_on_one_line(sites)}\n{tomlkit.dumps(entries)}"


def _on_one_line(text: str) -> str:
    return show.plain(text).replace("\n", " ")
