"""What a person reads in the terminal: steps as they happen, tables, and where to look."""

from __future__ import annotations

from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan.changes._drive_error import errors_said
from fireplan.measures._assessment import chosen_measure, headline_row, left_out, untold_said
from fireplan.measures._by_period import WHOLE_WEEK
from fireplan.measures._drives_said import expected_said, is_expected, planned_said, share_ends
from fireplan.measures._gaps import late_told
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fireplan.comparison import Comparison
    from fireplan.measures import Assessment
    from fireplan.scenario import Scenario


def plain(text: object) -> str:
    """Take control characters out of text from data, so that a terminal shows it and does nothing else."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


@contextmanager
def command_steps(total: int) -> Iterator[Callable[[str], None]]:
    """
    Show steps of work on the error stream as they happen.

    Parameters
    ----------
    total
        How many steps there will be.

    Yields
    ------
    A function to call with a few words before each step.
    """
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda what: console.print(Text(f"- {plain(what)}"))
        return
    columns = (SpinnerColumn(), BarColumn(bar_width=24), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)

        def tell(what: str) -> None:
            progress.update(task, description=plain(what).replace("[", "("), advance=1)

        yield tell


def shares_table(comparison: Comparison, *, title: str) -> Table:
    """Lay out shares: a block per objective, a row per measure, a column per scenario."""
    summary = comparison.summary()
    table = Table(
        title=Text(plain(title)),
        title_justify="left",
        caption=Text("; ".join(_explained(comparison))),
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    expected = any(is_expected(row) for a in comparison.assessments for row in a.headlines)
    table.add_column("expected share within" if expected else "share within")
    for name in comparison.names:
        table.add_column(Text(plain(name)), justify="right", min_width=17 if len(comparison.names) <= 3 else 13)
    for goal in comparison.standard.planned:
        ground = f", {goal.ground}" if goal.where else ""
        clock = "" if goal.interval == "travel_s" else f" {INTERVALS[goal.interval]}"
        table.add_row(Text(plain(f"{goal.title}, {wording.clock(goal.limit_s)}{clock}{ground}"), style="bold"))
        here = pd.DataFrame(summary.xs(goal.key, level="objective"))
        first = chosen_measure(comparison.baseline, goal.key)
        for measure in dict.fromkeys([first, *here.index.get_level_values("measure")]):
            rows = pd.DataFrame(here.xs(measure, level="measure"))
            table.add_row(*_cells(rows, comparison.names, weighs_one=measure == "incidents"))
    return table


def _explained(comparison: Comparison) -> list[str]:
    """Explain what stands in the table, and nothing else."""
    said = ["in brackets: change in percentage points"] if len(comparison.names) > 1 else []
    rows = [row for a in comparison.assessments for row in a.headlines]
    if any(is_expected(row) for row in rows):
        ends = any(wording.between(row["share_low"], row["share_high"]) for row in rows)
        said.append("expected: each place by how likely it is reached in time" + ("; a to b: 95 % interval" * ends))
    held = any(o.share is not None or o.at_most_outside is not None for o in comparison.standard.planned)
    said += ["goal: what the objective asks for, and whether it is so"] if held else []
    unsure = [wording.goal_verdict(row["met"], goal=row["required_share"], **share_ends(row)) for row in rows]
    if any(wording.NOT_SURE in text for text in unsure):
        said.append(f"{wording.NOT_SURE}: the goal lies in the interval")
    return said


def _cells(rows: pd.DataFrame, names: tuple[str, ...], *, weighs_one: bool) -> list[Text]:
    first: Any = rows.loc[names[0]]
    # Rows without a place are counted; a place counts once only where each weighs one, as incidents do.
    nowhere = left_out(first["not_located"], first["n"] + first["not_located"]) if weighs_one else ""
    nowhere = "; ".join(filter(None, (nowhere, untold_said(first))))
    cells = [Text(plain(f"  of {wording.count(first['n'])} {first['unit']}" + (f" ({nowhere})" if nowhere else "")))]
    for i, name in enumerate(names):
        row: Any = rows.loc[name]
        change = f" ({wording.points(row['change'])})" if i else ""
        ends = share_ends(row)
        asked = {"goal": row["required_share"], "at_most_outside": row["at_most_outside"], **ends}
        if len(names) == 1 and not is_expected(row):
            cells.append(Text(wording.share_held(row["share"], row["met"], **asked)))
            continue
        # Beside other scenarios, or an interval, what was asked for stands under the share: a line holds only so much.
        under = (wording.between(**ends).strip(" ()"), wording.goal_verdict(row["met"], **asked))
        held = [text for text in under if text]
        cells.append(Text("\n".join([f"{wording.share(row['share'], goal=row['required_share'])}{change}", *held])))
    return cells


def error_lines(scenario: Scenario, *others: Scenario) -> list[str]:
    """Say how wrong drive times are, and those of others where they are driven otherwise; or that they are planned."""
    planned, calibration = planned_said(scenario), scenario.calibration
    if planned or calibration is None:
        return [f"{wording.capital(planned)}."] if planned else []
    return [f"{wording.capital(errors_said(scenario, *others))} ({calibration.basis} runs)."]


def drive_lines(comparison: Comparison) -> list[str]:
    """Say how wrong drive times are, and what is expected besides; or that they were only planned."""
    scenario = comparison.baseline.scenario
    lines = error_lines(scenario, *(a.scenario for a in comparison.assessments[1:]))
    if planned_said(scenario) or scenario.calibration is None:
        return lines
    for goal in comparison.standard.planned:
        row: Any = headline_row(comparison.baseline, goal.key)
        said = expected_said(row)
        if said:
            lines.append(f"{goal.title}, {wording.clock(goal.limit_s)}, {comparison.names[0]}, {row['unit']}: {said}.")
    return lines + _gain_lines(comparison)


def _gain_lines(comparison: Comparison) -> list[str]:
    """Say who is expected in time that was not, and the other way round: a line for each what-if and objective."""
    gains: Any = comparison.gains()
    lines = []
    for name in comparison.names[1:]:
        for goal in comparison.standard.planned:
            row = gains.loc[(name, goal.key, chosen_measure(comparison.baseline, goal.key))]
            fewer = wording.count(abs(row["net"])) + (" fewer" if row["net"] < 0 else " more")
            parts = f"{wording.count(row['gained'])} gained, {wording.count(row['lost'])} lost"
            lines.append(
                f"{name}, {goal.title}, {wording.clock(goal.limit_s)}: of {wording.count(row['n'])} {row['unit']}"
                f" {fewer} are expected in time ({parts})."
            )
    return lines


def period_lines(found: pd.DataFrame, baseline: Assessment) -> list[str]:
    """Say what is within each objective in each period of the week: a line for each objective."""
    lines, calibrated = [], baseline.scenario.roads.calibrated
    for goal in baseline.standard.planned:
        rows: Any = found.loc[(goal.key, chosen_measure(baseline, goal.key))]
        if calibrated:  # shares elsewhere are of the whole week: a second figure of it would differ in its last digit
            rows = rows.drop(WHOLE_WEEK)
        alike = (
            calibrated and len(set(map(wording.count, rows["n"]))) == 1
        )  # hours that were learnt are many: n is told once
        shares = [
            f"{name} {wording.share(row['share'], goal=row['required_share'])}"
            if alike
            else f"{name} {wording.share_of(row['share'], row['n'], row['unit'], goal=row['required_share'])}"
            for name, row in rows.iterrows()
        ]
        of = f", of {wording.count(rows['n'].iloc[0])} {rows['unit'].iloc[0]}" if alike else ""
        expected = ", expected" if calibrated else ""
        lines.append(f"By period, {goal.title}, {wording.clock(goal.limit_s)}{of}{expected}: {'; '.join(shares)}")
    if calibrated:
        return [*lines, "These are of single periods; all other figures here are over all hours of the week together."]
    weighed = found["week_by"].iloc[0]
    assumed = "; speed factors are assumed" if (found.attrs["basis"] == "assumed") else ""
    rest = "all other figures here are at the speeds of the hours in no period"
    return [*lines, f"The whole week weighs each period by its {weighed}{assumed}; {rest}."]


def gap_lines(name: str, found: pd.DataFrame, *, most: int = 3) -> list[str]:
    """Say the largest gaps of a scenario."""
    total, outside = found.attrs["total"], found.attrs["outside"]
    weight, unit, scattered, limit_s = (found.attrs[name] for name in ("weight", "unit", "scattered", "limit_s"))
    rest = f"; {wording.count(scattered)} of them lie scattered, in no gap" if scattered else ""
    where = f"outside {found.attrs['title']}, {wording.clock(limit_s)}, in {wording.counted(len(found), 'gap')}{rest}"
    late_in = None
    if "elsewhere" in found.attrs:  # where it is known how drives differ, some are late everywhere
        late_in = late_told(found)
        late = f"{wording.count(late_in.in_gaps)} of them in {wording.counted(len(found), 'gap')}"
        rest = f"; {wording.count(late_in.scattered)} of them lie scattered, in no gap" if scattered else ""
        sooner = f"; {wording.count(late_in.elsewhere)} of them where help is likelier in time"
        where = f"expected outside {found.attrs['title']}, {wording.clock(limit_s)}; {late}{rest}{sooner}"
    lines = [f"Gaps, {name}: {wording.count(outside)} of {wording.count(total)} {unit} {where}"]
    for place, (gap, row) in enumerate(found.head(most).iterrows()):
        reached = row["travel_s"] < inf and not pd.isna(row["nearest_name"])  # of most of it, no station may be
        nearest = (
            f"{row['nearest_name']} at {wording.clock(row['travel_s'], limit_s=limit_s)}"
            if reached
            else "no station in reach"
        )
        many = unit.partition(" (")[0]  # of which kind they are stands above
        held = f"{wording.counted(row[weight], wording.singular(many), many)} in {wording.area(row['area_km2'])}"
        held += f", {wording.count(late_in.rows[place])} expected late" if late_in is not None else ""
        lines.append(f"  {gap}. {held}; {nearest}; {row['reason']}")
    return lines


def report(comparison: Comparison, lines: list[str], *, title: str) -> None:
    """Print the shares, then lines of text."""
    console = Console(highlight=False)
    console.print(shares_table(comparison, title=title))
    for line in lines:
        console.print(Text(plain(line)), soft_wrap=not console.is_terminal)  # in a file a line stays one


def where(folder: Path, *, notes: int, named: Callable[[str], str]) -> None:
    """Print where the notes, the tables and the map are, as files are `named`."""
    console = Console(highlight=False, soft_wrap=True)
    resolved = folder.resolve()
    console.print(
        Text(f"\n{wording.counted(notes, 'note')} on the data and the method: {resolved / named('notes.txt')}")
    )
    console.print(Text(f"Tables, layers and manifest: {resolved}"))
    console.print(Text(f"Map: {resolved / named('map.html')}"))
