"""What the commands do, step by step: read, measure, draw, write whole, say where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import _kernel as kernel
from fireplan import maps, wording
from fireplan._cli import terminal as show
from fireplan._cli.readers import say_for_whom
from fireplan.changes._notes import road_notes
from fireplan.comparison import Comparison
from fireplan.errors import ProjectError
from fireplan.measures import assess, by_period, gaps
from fireplan.measures._assessment import chosen_measure
from fireplan.progress import silent
from fireplan.project import manifest, write_csv, write_layers
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import audience_of, folder_of, public_project
from fireplan.project._audience_output import PublicationSeries, audience_output
from fireplan.travel import first_due_areas, isochrones
from fireplan.travel._network_parts import small_part_notes
from fireplan.travel._on_duty import duty_notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from fireplan.measures import WeekOfCover
    from fireplan.project import Project
    from fireplan.project._audience import Audience
    from fireplan.project._audience_output import AudienceOutput
    from fireplan.scenario import Scenario

    Tell = Callable[[str], None]

READING_STEPS = 5
DRAWING_STEPS = 4


@dataclass(frozen=True, eq=False)
class _Results:
    """Everything one run makes."""

    project: Project
    comparison: Comparison
    holes: dict[str, gpd.GeoDataFrame]
    reached: gpd.GeoDataFrame
    page: maps.Page
    periods: pd.DataFrame | None = None
    week: WeekOfCover | None = None

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures has to know, each once."""
        found = list(dict.fromkeys([*self.comparison.baseline.notes(), *self.project.notes]))
        for assessment in self.comparison.assessments[1:]:
            found += [f"{assessment.scenario.name}: {n}" for n in assessment.notes() if n not in found]
        if self.week is not None:
            found += [f"over the week: {note}" for note in self.week.notes() if note not in found]
        if self.periods is not None:
            found += [f"by period: {note}" for note in self.periods.attrs["notes"] if note not in found]
        return found


def compare_project(
    read: Callable[[Tell], Project],
    out: Path | None,
    *,
    profile: str | None = None,
    ledger_in: Path | None = None,
    outlines_ready: Callable[[], object] | None = None,
) -> None:
    """
    Compare a project's department as it stands with its what-ifs, and write and print what comes out.

    Parameters
    ----------
    read
        Opens the project.
    out
        Where to; None: the plan's output folder.
    profile
        "public" or "internal"; None: see `audience_of`.
    ledger_in
        Folder that keeps what is published; None: the project's.
    outlines_ready
        Called before outlines are drawn.
    """
    _run(read, out, outlines_ready, profile=profile, ledger_in=ledger_in, with_plans=True)


def assess_project(
    read: Callable[[Tell], Project],
    out: Path | None,
    *,
    profile: str | None = None,
    outlines_ready: Callable[[], object] | None = None,
) -> None:
    """Assess a project's department as it stands, and write and print what comes out; see `compare_project`."""
    _run(read, out, outlines_ready, profile=profile, with_plans=False)


def _run(
    read: Callable[[Tell], Project],
    out: Path | None,
    outlines_ready: Callable[[], object] | None,
    *,
    profile: str | None,
    with_plans: bool,
    ledger_in: Path | None = None,
) -> None:
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(READING_STEPS + DRAWING_STEPS + 4) as tell:
        tell("compiling (the first run takes a few seconds)")
        kernel.compile_search()
        project = read(tell)
        if with_plans and not project.scenarios:
            raise ProjectError("plan.toml holds no [[scenario]] and no [changes]: nothing to compare; use assess")
        folder = folder_of(project, out)
        audience, ledger = audience_of(project, profile), None
        if audience.profile == "public":
            tell("leaving dispatch records out")
            ledger, project = PublicationSeries.read(ledger_in or project.folder), public_project(project)
        results = _measure(project, tell, outlines_ready, readers=(audience, ledger), with_plans=with_plans)
        tell("writing")
        written = _write(results, folder, audience, ledger)
    lines = [wording.capital(f"{project.left_out}.")] if project.left_out else []
    lines += show.drive_lines(results.comparison)
    if results.week is not None:
        lines += week_lines(results.week)
    lines += [f"{wording.capital(note)}." for note in small_part_notes(project.today)]  # that may be a wrong place
    if results.periods is not None:
        lines += show.period_lines(results.periods, results.comparison.baseline)
    for scenario in results.project.scenarios if with_plans else ():
        lines += [f"{scenario.name}: {note}." for note in road_notes(scenario)]
    lines += [line for name, found in results.holes.items() for line in show.gap_lines(name, found)]
    lines += planning_lines(results.comparison, project.planned, project.scenarios if with_plans else ())
    kind = "invented data, modelled times" if project.plan.provenance == "invented" else "modelled"
    cut = [f"; {selection}" for selection in project.today.selections]
    show.report(results.comparison, lines, title=f"{project.title} ({kind}){''.join(cut)}")
    show.where(folder, notes=len(results.notes), named=audience.name)
    say_for_whom(written)


def _measure(
    project: Project,
    tell: Tell,
    outlines_ready: Callable[[], object] | None,
    *,
    readers: tuple[Audience, PublicationSeries | None],
    with_plans: bool,
) -> _Results:
    scenarios = (project.today, *(project.scenarios if with_plans else ()))
    assessments = []
    for scenario in scenarios:
        tell(f"assessing {scenario.name}")
        assessments.append(assess(scenario, standard=project.standard))
    comparison = Comparison(tuple(assessments))
    periods = None
    if project.today.roads.periods and (project.planned is None or project.plan.periods):  # not each hour learnt
        tell("assessing each period of the week")
        periods = by_period(project.today, standard=project.standard)
    week = None
    if duty_notes(project.today):
        tell("assessing each hour of the week")
        week = assess(project.today, standard=project.standard, at="by hour")
    tell("finding gaps")
    holes = {a.scenario.name: gaps(a) for a in assessments}
    tell("drawing isochrones")
    if outlines_ready is not None:
        outlines_ready()
    limits = sorted({o.limit_s for o in comparison.standard.planned})
    reached = pd.concat([isochrones(s, within_s=limits).assign(scenario=s.name) for s in scenarios])
    tell("drawing the map")
    page: maps.Page
    audience, ledger = readers
    marked: dict[str, Any] = {"profile": audience.profile, "published": None if ledger is None else ledger.so_far}
    if len(assessments) > 1:
        page = maps.compare(comparison, title=project.title, **marked)
    else:
        page = maps.coverage(assessments[0], title=project.title, **marked)
    if ledger is not None:
        ledger.add(*page.publications)
    if project.left_out and page.footer is not None:  # who sees the map sees ground without its station
        said = f"{wording.capital(project.left_out)}. {page.footer.method}"
        page.footer = replace(page.footer, method=said)
    return _Results(project, comparison, holes, reached.reset_index(drop=True), page, periods, week)


def planning_lines(comparison: Comparison, planned: Scenario | None, plans: tuple[Scenario, ...]) -> list[str]:
    """
    Say what planning speeds would have said, and what was learnt says instead: a line for each objective.

    Parameters
    ----------
    comparison
        Of the calibrated department and its what-ifs.
    planned
        The department by planning speeds; None: it is not calibrated.
    plans
        The what-ifs.
    """
    if planned is None:
        return []
    lines = ["By planning speeds it would have been (in brackets: by the drive times learnt, as above):"]
    scenarios = (planned, *(planned.apply(*plan.changes, name=plan.name) for plan in plans))
    told = [assess(scenario, standard=comparison.standard).summary() for scenario in scenarios]
    for goal in comparison.standard.planned:
        of = (goal.key, chosen_measure(comparison.baseline, goal.key))
        rows: list[Any] = [summary.loc[of] for summary in told]
        here: list[Any] = [a.summary().loc[of] for a in comparison.assessments]
        pairs = []
        for scenario, by_plan, now in zip(scenarios, rows, here, strict=True):
            if goal.at_most_outside is None:
                was, instead = (wording.share(row["share"], goal=goal.share) for row in (by_plan, now))
            else:
                was, instead = (_outside(row, of[0]) for row, of in ((by_plan, rows), (now, here)))
            pairs.append(f"{scenario.name} {was} ({instead})")
        lines.append(f"  {goal.title}, {wording.clock(goal.limit_s)}, of {rows[0]['unit']}: {'; '.join(pairs)}")
    return lines


def week_lines(week: WeekOfCover) -> list[str]:
    """Say of which hour the figures are where units work by a schedule, and what the week has: a line an objective."""
    first = week.states[0].assessment
    lines = [f"{wording.capital(note)}." for note in duty_notes(week.scenario, week.standard.planned[0].needs)]
    for goal in week.standard.planned:
        row: Any = week.summary().loc[(goal.key, chosen_measure(first, goal.key))]
        lines.append(
            f"  {goal.title}, {wording.clock(goal.limit_s)}, over the week:"
            f" {wording.share_of(row['share'], row['n'], row['unit'], goal=row['required_share'])} on average,"
            f" {wording.share(row['worst_share'])} at worst ({row['worst_at']}), {wording.share(row['best_share'])} at"
            f" best ({row['best_at']})."
        )
    return lines


def _outside(row: Any, today: Any) -> str:  # noqa: ANN401 - rows of a table, as pandas hands them out
    """Say how much is outside, and how much more that is than today."""
    change = wording.signed(row["outside"] - today["outside"])
    return f"{wording.count(row['outside'])} outside" + ("" if row is today else f", {change}")


def _write(results: _Results, folder: Path, audience: Audience, ledger: PublicationSeries | None) -> AudienceOutput:
    """Write every file of a run, or none."""
    scenarios = [a.scenario for a in results.comparison.assessments]
    with audience_output(folder, audience, ledger=ledger) as output:
        results.page.save(output.file("map.html"))
        write_csv(results.comparison.summary(), output.file("summary.csv"))
        if results.periods is not None:
            write_csv(results.periods, output.file("periods.csv"))
        if results.week is not None:
            write_csv(results.week.by_hour(), output.file("cover_by_hour.csv"))
        if len(scenarios) > 1:
            write_csv(results.comparison.gains(), output.file("gains.csv"))
        found = [table.reset_index().assign(scenario=name) for name, table in results.holes.items()]
        write_layers({"gaps": pd.concat(found, ignore_index=True)}, output.file("gaps.gpkg"))
        write_layers({"isochrones": results.reached}, output.file("isochrones.gpkg"))
        if results.project.plan.inputs.zones is None:  # the ground is what is left to ask of
            areas = [first_due_areas(s).reset_index().assign(scenario=s.name) for s in scenarios]
            write_layers({"first_due": pd.concat(areas, ignore_index=True)}, output.file("first_due.gpkg"))
            write_csv(results.comparison.baseline.stations, output.file("first_due.csv"))
        output.write_text("notes.txt", "\n".join(results.notes) + "\n")
        made_from = manifest(results.project, scenarios, outputs=list(output.part.iterdir()))
        output.write_manifest("manifest.json", made_from)
    return output
