"""The report, written as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fireplan._checked import takes
from fireplan._whole_file import check_file_name, write_whole
from fireplan.disclosure import mark_of
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.report._community_section import community_section
from fireplan.report._coverage_sections import concentration_section, distribution_section, gaps_section
from fireplan.report._drive_times_section import drive_times_section
from fireplan.report._html_page import PAPERS, set_page
from fireplan.report._inputs import material_of
from fireplan.report._methods_ledger_manifest import ledger_section, manifest_section, methods_section
from fireplan.report._pdf import check_printer, pdf_of
from fireplan.report._performance_sections import performance_section, reliability_section
from fireplan.report._scenario_and_siting_sections import scenarios_section, siting_section
from fireplan.report._summary_section import summary_section
from fireplan.report._units_out_section import units_out_section
from fireplan.standards._library import standard_of

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

    import pandas as pd

    from fireplan.incidents import CadHistory
    from fireplan.report._blocks import Section
    from fireplan.report._inputs import Material, Subject
    from fireplan.response_performance import Attendance
    from fireplan.siting import Robustness, Siting
    from fireplan.standards import Standard

CHAPTERS = {
    "summary": summary_section,
    "community": community_section,
    "performance": performance_section,
    "drive_times": drive_times_section,
    "distribution": distribution_section,
    "concentration": concentration_section,
    "reliability": reliability_section,
    "units_out": units_out_section,
    "gaps": gaps_section,
    "scenarios": scenarios_section,
    "siting": siting_section,
    "methods": methods_section,
    "ledger": ledger_section,
    "manifest": manifest_section,
}
"""What a report can hold, in order; `drive_times` only where they are calibrated, or asked for."""


@takes
def write_report(  # noqa: PLR0913 - a report has this many parts
    subject: Subject,
    path: str | os.PathLike[str],
    *,
    history: CadHistory | Attendance | None = None,
    standard: Standard | str | None = None,
    siting: Siting | None = None,
    robustness: Robustness | None = None,
    runs: pd.DataFrame | None = None,
    title: str = "",
    paper: str = "A4",
    chapters: Collection[str] | None = None,
    profile: Literal["internal"] | None = None,
) -> Path:
    """
    Write a report that reads from start to end, on screen and on paper.

    Parameters
    ----------
    subject
        A `Project`; or a `Comparison`, `Assessment` or `Scenario`; or a dispatch history (`CadHistory`, or what
        `attend` made of it).
    path
        Ends in .html or .pdf, and is written so: all of it or nothing.
    history
        Dispatch history beside a comparison, an assessment or a scenario. Not with a project, which has its own.
    standard
        What a scenario or a history is held to; a comparison, an assessment or a project has its own.
    siting, robustness
        Where to put stations, and how far that holds; see `fireplan.siting`.
    runs
        Drives as observed and as predicted, from `fireplan.calibration.held_out_runs`, for the chapter on drive times
        of a calibrated scenario.
    title
        Left out: that of the project, or the source of the scenario.
    paper
        "A4" or "Letter".
    chapters
        Names of the chapters wanted, of `CHAPTERS`; left out: all.
    profile
        "internal": RESTRICTED stands over it and on every page that is printed. A public one is made by `fireplan
        report --profile public`, which keeps what was published beside the project.

    Returns
    -------
    The path. The page holds all it needs: no script, no request; every table and figure has its data as CSV inside (in
    the PDF as an attachment). What was not given is said to be missing. The same inputs give the same bytes.

    Raises
    ------
    InputError
        If the name ends otherwise, the file cannot be written (its folder is not there, a folder has its name, the disk
        is full), the parts do not fit together, or a PDF is asked for and WeasyPrint is not installed.
    """
    target = Path(path)
    if target.suffix.lower() not in {".html", ".pdf"}:
        raise InputError(f"cannot write {quoted(target.name)}: let the name of a report end in .html or .pdf")
    check_file_name(target)
    if paper not in PAPERS:
        raise InputError(f"paper is {quoted(paper)}: give 'A4' or 'Letter'")
    if profile not in {None, "internal"}:
        raise InputError(
            f"profile is {quoted(profile)}: give 'internal', or leave it out; `fireplan report --profile public` writes"
            " a public report, as it has to be checked against all that a project has published"
        )
    unknown = sorted(set(chapters or ()) - set(CHAPTERS))
    if unknown:
        raise UnknownIdError("chapter", unknown[0], CHAPTERS)
    if target.suffix.lower() == ".pdf":
        check_printer()
    material = material_of(
        subject, history=history, standard=standard_of(standard), siting=siting, robustness=robustness, title=title,
        runs=runs,
    )  # fmt: skip
    notice = "" if profile is None else mark_of(profile)
    data = report_bytes(material, form=target.suffix.lower(), paper=paper, chapters=chapters, notice=notice)
    return write_whole(target, data)


def report_bytes(
    material: Material,
    *,
    form: str = ".html",
    paper: str = "A4",
    chapters: Collection[str] | None = None,
    notice: str = "",
) -> bytes:
    """
    Make a report.

    Parameters
    ----------
    material
        From `material_of`.
    form
        ".html" or ".pdf".
    paper
        "A4" or "Letter".
    chapters
        As for `write_report`.
    notice
        A marking that must be seen.
    """
    return rendered(material, sections_of(material, chapters=chapters), form=form, paper=paper, notice=notice)


def sections_of(material: Material, *, chapters: Collection[str] | None = None) -> list[Section]:
    """Write the chapters of a report that are wanted; None: all."""
    calibrated = material.scenario is not None and material.scenario.calibration is not None
    wanted = chapters if chapters is not None else set(CHAPTERS) - (set() if calibrated else {"drive_times"})
    return [write(material) for name, write in CHAPTERS.items() if name in wanted]


def rendered(
    material: Material, sections: Sequence[Section], *, form: str, paper: str = "A4", notice: str = ""
) -> bytes:
    """
    Set chapters as a file.

    Parameters
    ----------
    material
        What they were written from; its facts stand at the head.
    sections
        From `sections_of`.
    form
        ".html" or ".pdf".
    paper
        "A4" or "Letter".
    notice
        A marking that must be seen.
    """
    page, attachments = set_page(
        material.title,
        sections,
        facts=_facts(material),
        invented=material.basis == "invented",
        notice=notice,
        paper=paper,
        embedded=form == ".html",
    )
    return page.encode() if form == ".html" else pdf_of(page, attachments)


def _facts(material: Material) -> list[tuple[str, str]]:
    """What stands at the head."""
    facts = []
    scenario = material.scenario
    if scenario is not None:
        facts += [("Source", scenario.source or "not stated"), ("Data of", scenario.data_date or "not stated")]
        facts += [("Demand", str(selection)) for selection in scenario.selections]
    if material.attendance is not None:
        facts.append(("Records", material.about().period))
    if material.standard is not None:
        facts.append(("Standard", material.standard.title))
    if material.comparison is not None and material.plans:
        facts.append(("Scenarios", "; ".join(material.comparison.names)))
    facts.append(("Basis", f"records: {material.observed}; plans: {material.modelled}"))
    return facts
