"""What `fireplan calibrate` does: learn a project's drive times, keep and pin them, and say how wrong they are."""

from __future__ import annotations

from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._cli import terminal as show
from fireplan.calibration import Diagnostics, diagnostics, model_card
from fireplan.calibration._calibrate import held_out_table, with_study
from fireplan.drive_times import write_calibration
from fireplan.drive_times._calibration import unlearnt_said
from fireplan.errors import ProjectError
from fireplan.measures import assess
from fireplan.measures._assessment import chosen_measure
from fireplan.progress import silent
from fireplan.project import open_project
from fireplan.project._atomic_output import check_output
from fireplan.project._pinned_calibration import pin, pinned_name, settings_of
from fireplan.response_performance._statistics import FEWEST
from fireplan.roads._turns import COSTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fireplan.drive_times import Calibration, Estimate, HeldOutError
    from fireplan.project import Project
    from fireplan.scenario import Scenario

STEPS = 9
FOR_WHOM = "For internal use: it is a part of the project, and holds numbers of runs, small ones among them."
NOT_FOR = "What it must not be used for"
"""A part of the model card."""

LADDER = {
    "planning": "planning speeds",
    "factor": "times one factor",
    "rand": "RAND, as published",
    "rand_fitted": "RAND, fitted",
    "linear": "start, one factor",
    "class": "start, classes",
    "full": "start, classes, turns, hours",
}
"""What models are called where there is little room."""


def calibrate_project(folder: Path, *, dry_run: bool) -> None:
    """Learn drive times from a project's history, write calibration.toml, pin it in the plan, and print its card."""
    with silent(), show.command_steps(STEPS) as tell:
        tell("compiling (the first run takes a few seconds)")
        kernel.compile_search()
        project = open_project(folder, tell=tell, calibrated=False)
        if project.history is None:
            raise ProjectError("plan.toml names no dispatch history: give inputs.cad, and calibrate again")
        if not dry_run:
            check_output(project.folder)
        tell("learning drive times")
        found, study = with_study(project.history, project.today, **settings_of(project.plan))
        runs = held_out_table(study)
        errors = diagnostics(runs, found, project.today) if len(runs) >= FEWEST else None
        tell("assessing by planning speeds and calibrated")
        shares = list(_before_and_after(project, project.today.calibrated(found)))
        said = "Nothing was written (--dry-run)."
        if not dry_run:
            tell("writing")
            said = _kept(project, found)
    _print_card(project, found, errors, shares)
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"\n{show.plain(said)}"))
    if not dry_run and project.plan.provenance != "invented":
        console.print(Text(FOR_WHOM))


def _kept(project: Project, found: Calibration) -> str:
    """Write the calibration and pin it; say where it is."""
    plan = project.folder / project.plan_file
    name = pinned_name(plan)
    file = write_calibration(found, project.folder / name)
    if found.periods and project.plan.periods:
        return (
            f"Written: {file.resolve()}. It is not pinned: it has learnt hours of its own, so leave [[periods]] out of"
            f' plan.toml, and write calibration = "{name}" under [inputs].'
        )
    if pin(plan, name):
        return f'Written: {file.resolve()}. Pinned in {plan.name}: calibration = "{name}" under [inputs].'
    return f"Written: {file.resolve()}; {plan.name} pins it."


def _before_and_after(project: Project, calibrated: Scenario) -> Iterator[str]:
    """Say what is within each objective by planning speeds, and what is to be expected of calibrated drives."""
    before = assess(project.today, standard=project.standard)
    after = assess(calibrated, standard=project.standard)
    for goal in project.standard.planned:
        measure = chosen_measure(before, goal.key)
        planned: Any = before.summary().loc[(goal.key, measure)]
        expected: Any = after.summary().loc[(goal.key, measure)]
        share = wording.share(expected["share"], goal=goal.share)
        ends = ""
        if np.isfinite(expected["share_low"]):
            ends = f" ({wording.share_interval(expected['share_low'], expected['share_high'])})"
        yield (
            f"{goal.title}, {wording.clock(goal.limit_s)}, of {wording.count(planned['n'])} {planned['unit']}:"
            f" {wording.share(planned['share'], goal=goal.share)} by planning speeds, {share}{ends} expected of"
            " calibrated drives"
        )


def _print_card(project: Project, found: Calibration, errors: Diagnostics | None, shares: list[str]) -> None:
    console = Console(highlight=False)

    def say(lines: list[str], title: str = "") -> None:
        if title and lines:
            console.print(Text(f"\n{title}", style="bold"))
        for line in lines:
            console.print(Text(show.plain(line)), soft_wrap=not console.is_terminal)

    days = f", {found.first_day} to {found.last_day}" if found.first_day else ""
    say([f"{project.title}: drive times learnt from {wording.counted(found.runs, f'{found.basis} run')}{days}"])
    say([f"{wording.capital(found.headline)}.", f"{wording.capital(found.reason)}."])
    console.print()
    console.print(_ladder(found))
    if found.speeds_kph:
        console.print(_speeds(project.today, found))
    say(list(_learnt(found)), "Start, turns, turnout and hours")
    say(list(_streets(project, found)), "Stations whose engines leave by another street than the nearest")
    say(list(_runs(found)), "Runs")
    say(shares, "What difference it makes")
    say([f"- {note}" for note in found.notes], "What to know")
    hanging = TextWrapper(console.width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
    say([part for line in model_card(found, errors)[NOT_FOR] for part in hanging.wrap(line)], NOT_FOR)


def _ladder(found: Calibration) -> Table:
    """Lay out every model with its error on runs left out."""
    what = found.error.held_out
    title = f"Error of drives, {what} left out of the fit [s]: median bias, median and p90 of its size; * taken"
    table = Table(title=Text(show.plain(title)), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("model")
    for name in ("bias", "median", "p90", "rank corr.", "below p90"):
        table.add_column(name, justify="right", no_wrap=True)
    for step in found.ladder:
        mark = "*" if step.model == found.model else " "
        table.add_row(Text(f"{mark} {LADDER[step.model]}"), *_error_cells(step.error))
    if found.by_station is not None:
        table.add_section()
        table.add_row(Text(f"* {found.by_station.held_out} left out"), *_error_cells(found.by_station))
    return table


def _error_cells(error: HeldOutError) -> list[Text]:
    below = wording.share(error.below_p90) if np.isfinite(error.below_p90) else "-"
    told = (
        wording.signed(error.bias_s),
        wording.number(error.median_error_s),
        wording.number(error.p90_error_s),
        wording.number(error.spearman, decimals=2),
    )
    return [*map(Text, told), Text(below)]


def _speeds(today: Scenario, found: Calibration) -> Table:
    """Lay out speeds by class beside those planned."""
    table = Table(title=Text("Speeds [km/h]"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class of road")
    for name in ("planned", "learnt", "95 % interval", "runs"):
        table.add_column(name, justify="right")
    table.add_column("rests on")
    roads = today.roads
    for name, speed in sorted(found.speeds_kph.items(), key=lambda item: -item[1].n):
        of = (roads.highway == name) & np.isfinite(roads.there_s)
        planned = "-" if not of.any() else f"{roads.length_m[of].sum() / roads.there_s[of].sum() * 3.6:.0f}"
        rests = unlearnt_said(speed, found.model) or "runs"
        told = (
            name,
            planned,
            f"{speed.value:.1f}",
            f"{speed.low:.1f} to {speed.high:.1f}",
            wording.count(speed.n),
            rests,
        )
        table.add_row(*(Text(show.plain(cell)) for cell in told))
    return table


def _learnt(found: Calibration) -> Iterator[str]:
    if not found.speeds_kph and found.factor != 1:
        yield f"planning speeds times {found.factor:.2f}"
    if found.start is not None:
        yield f"from under way to driving at speed: {_with_interval(found.start)} s"
    turns = [f"{COSTS[key]} {_with_interval(e)} s" for key, e in found.delay_estimates.items() if key in COSTS]
    if turns:
        yield f"turns: {', '.join(turns)}"
    if found.turnouts is not None:
        half, most = np.quantile(found.turnouts.quantiles_s, [0.5, 0.9])
        n = wording.counted(found.turnouts.n, "turnout")
        yield f"turnout: median {wording.clock(half)}, p90 {wording.percentile(most)}, as observed at {n}"
    for period in found.periods:
        sure = found.period_estimates.get(period.name)
        yield f"{period}" if sure is None else f"{period.name}: speeds times {_with_interval(sure, digits=2)}"


def _with_interval(of: Estimate, digits: int = 1) -> str:
    return f"{of.value:.{digits}f} ({of.low:.{digits}f} to {of.high:.{digits}f})"


def _streets(project: Project, found: Calibration) -> Iterator[str]:
    names = project.today.stations["name"]
    for station, start in found.stations.items():
        if start.at is not None:
            called = wording.called(station, str(names.get(station, station)))
            yield (
                f"{called}: by {start.street or 'a street without a name'}, likelier by {start.gain:.3f} a run (log"
                f" likelihood of runs left out, at least {start.gain_low:.3f}), n = {wording.count(start.n)}"
            )


def _runs(found: Calibration) -> Iterator[str]:
    for rule, n in found.ledger:
        if n:
            yield f"{wording.count(n)} {rule}"
