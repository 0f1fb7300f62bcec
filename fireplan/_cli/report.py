"""What `fireplan report` does: read a project, write its report whole, say where it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fireplan import _kernel as kernel
from fireplan._cli import terminal as show
from fireplan._cli.public_performance import checked_performance
from fireplan._cli.readers import say_for_whom
from fireplan._cli.site import check_public_siting
from fireplan.errors import FireplanError
from fireplan.maps._pages.disclosure_profile import without_counts
from fireplan.progress import silent
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import audience_of, folder_of, public_manifest, public_project, rests_on_records
from fireplan.project._audience_output import PublicationSeries, audience_output
from fireplan.project._siting_plan import siting_question
from fireplan.report._inputs import material_of
from fireplan.report._pdf import check_printer
from fireplan.report._write_report import rendered, sections_of
from fireplan.response_performance import attend
from fireplan.response_performance._performance import measured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from fireplan.project import Project
    from fireplan.siting import Robustness, Siting

    Tell = Callable[[str], None]

STEPS = 12
NAME = "report"
WITHHELD = (
    "Dispatch records are left out of this public report: what shows single calls, small counts or exact times is for"
    " internal use."
)


def report_project(
    read: Callable[[Tell], Project],
    out: Path | None,
    *,
    pdf: bool,
    paper: str,
    sites: bool = False,
    profile: str | None = None,
) -> None:
    """
    Write a project's report.

    Parameters
    ----------
    read
        Opens the project.
    out
        Where to; None: the plan's output folder.
    pdf
        Write it as PDF too.
    paper
        What it is printed on.
    sites
        Answer its [siting] in it.
    profile
        As for `audience_of`.
    """
    if pdf:
        check_printer()
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(STEPS) as tell:
        tell("compiling (the first run takes a few seconds)")
        project = read(tell)
        kernel.compile_search()
        folder = folder_of(project, out)
        audience, ledger = audience_of(project, profile), None
        shown = project
        if audience.profile == "public":
            tell("leaving dispatch records out")
            ledger = PublicationSeries.read(project.folder)
            if sites:
                check_public_siting(project)
            shown = public_project(project)
        siting, runs = _siting(shown, tell) if sites else (None, None)
        tell("measuring")
        material = material_of(shown, siting=siting, robustness=runs)
        if ledger is not None:
            withheld = WITHHELD if rests_on_records(project) else ""
            made_from = public_manifest(material.manifest)
            notes = tuple(map(without_counts, material.notes))
            material = replace(
                material, withheld=withheld, checked=_checked(project, ledger), manifest=made_from, notes=notes
            )
        if material.simulates:
            tell("sending the history again and simulating, as [simulation] asks for (may take minutes)")
            with suppress(FireplanError):  # the chapter says what is wrong with it
                _ = material.replayed, material.simulated
        tell("writing chapters")
        sections = sections_of(material)
        with audience_output(folder, audience, ledger=ledger) as output:
            for form in (".html", ".pdf") if pdf else (".html",):
                name = f"{NAME}{form}"
                tell(f"drawing {audience.name(name)}")
                notice = audience.mark(name)
                output.file(name).write_bytes(rendered(material, sections, form=form, paper=paper, notice=notice))
    names = " and ".join(map(audience.name, output.names))
    Console(highlight=False).print(Text(f"{names}: {output.folder.resolve()}"), soft_wrap=True)
    say_for_whom(output)


def _checked(project: Project, ledger: PublicationSeries) -> pd.DataFrame | None:
    """Measure what may be published of a project's records; None: it has none."""
    if project.history is None:
        return None
    attendance = attend(project.history, scenario=project.today, policy=project.plan.performance.policy)
    return checked_performance(attendance, measured(attendance, project.standard), project.standard, ledger)


def _siting(project: Project, tell: Tell) -> tuple[Siting, Robustness | None]:
    """Answer what [siting] asks, and try the answer under other assumptions."""
    tell("siting stations")
    question = siting_question(project)
    found = question.answer()
    return found, question.robustness(found)
