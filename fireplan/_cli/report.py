"""What `fireplan report` does: read a project, write its report whole, say where it is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fireplan import _kernel as kernel
from fireplan._cli import terminal as show
from fireplan.errors import FireplanError
from fireplan.progress import silent
from fireplan.project import whole_outputs
from fireplan.project._siting_plan import siting_question
from fireplan.report._inputs import material_of
from fireplan.report._pdf import check_printer
from fireplan.report._write_report import rendered, sections_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.project import Project
    from fireplan.siting import Robustness, Siting

    Tell = Callable[[str], None]

STEPS = 12
NAME = "report"


def report_project(
    read: Callable[[Tell], Project], out: Path | None, *, pdf: bool, paper: str, sites: bool = False
) -> None:
    """Write a project's report as HTML, and as PDF too if asked for; with an answer to its [siting] if asked for."""
    if pdf:
        check_printer()
    with silent(), show.command_steps(STEPS) as tell:
        tell("compiling (the first run takes a few seconds)")
        project = read(tell)
        kernel.compile_search()
        siting, runs = _siting(project, tell) if sites else (None, None)
        tell("measuring")
        material = material_of(project, siting=siting, robustness=runs)
        if material.simulates:
            tell("sending the history again and simulating, as [simulation] asks for (may take minutes)")
            with suppress(FireplanError):  # the chapter says what is wrong with it
                _ = material.replayed, material.simulated
        tell("writing chapters")
        sections = sections_of(material)
        folder = out if out is not None else project.folder / project.plan.output.dir
        with whole_outputs(folder) as part:
            for form in (".html", ".pdf") if pdf else (".html",):
                tell(f"drawing {NAME}{form}")
                (part / f"{NAME}{form}").write_bytes(rendered(material, sections, form=form, paper=paper))
    names = f"{NAME}.html" + (f" and {NAME}.pdf" if pdf else "")
    Console(highlight=False).print(Text(f"{names}: {folder.resolve()}"), soft_wrap=True)


def _siting(project: Project, tell: Tell) -> tuple[Siting, Robustness | None]:
    """Answer what [siting] asks, and try the answer under other assumptions."""
    tell("siting stations")
    question = siting_question(project)
    found = question.answer()
    return found, question.robustness(found)
