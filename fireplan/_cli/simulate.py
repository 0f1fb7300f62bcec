"""What `fireplan simulate` does: simulate a department and each what-if of its plan, and say what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._cli import terminal as show
from fireplan._cli import units_out as out_of
from fireplan._cli.readers import say_for_whom
from fireplan.errors import FireplanError, ProjectError
from fireplan.progress import silent
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import folder_of
from fireplan.simulation import AidRule, simulate
from fireplan.simulation._simulate._mean_interval import mean_interval
from fireplan.simulation._simulate._what_ifs import FIGURES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.incidents import CadHistory
    from fireplan.project import Project
    from fireplan.scenario import Scenario
    from fireplan.simulation import Simulation
    from fireplan.standards import Objective

    Tell = Callable[[str], None]

STEPS = 12
MOST_SCENARIOS = 4
MOST_UNITS = 30
"""So many are printed of how busy units are; the table has all."""

TITLES = {
    "share_within": "within, points",
    "p90_s": "p90 [s]",
    "wait_mean_s": "mean wait [s]",
    "aid": "calls to aid",
    "lost": "calls lost",
}


@dataclass(frozen=True, eq=False)
class _Figures:
    """What is kept of a simulation: its calls are let go of, as there may be millions."""

    name: str
    headline: str
    summary: pd.DataFrame
    by_replication: pd.DataFrame
    utilisation: pd.DataFrame
    notes: tuple[str, ...]

    def row(self, measure: str) -> Any:  # noqa: ANN401 - a row of a table, as pandas hands it out
        return self.summary.loc[measure]


def simulate_project(read: Callable[[Tell], Project], out: Path | None, *, profile: str | None = None) -> None:
    """Simulate a project's department and its what-ifs, and write and print what comes out."""
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(STEPS) as tell:
        project = read(tell)
        audience = out_of.internal_audience(project, profile, command="simulate")
        folder, history = folder_of(project, out), out_of.history_of(project, command="simulate")
        objective, notes = out_of.share_asked(project)
        found = _simulated(project, history, objective, tell)
        differences = out_of.put_together({one.name: _differences(found[0], one) for one in found[1:]})
        notes += _notes(found)
        tables = {
            "simulation": out_of.put_together({one.name: one.summary for one in found}),
            "simulation_by_replication": out_of.put_together({one.name: one.by_replication for one in found}),
            "simulation_utilisation": out_of.put_together({one.name: one.utilisation for one in found}),
            "simulation_differences": differences,
        }
        tell("writing")
        asked = project.plan.simulation
        made = {"seed": asked.seed, "days": asked.days, "replications": len(found[0].by_replication),
                "warm_up_days": asked.warm_up_days, "basis": "modelled", "share_within": found[0].headline}  # fmt: skip
        all_notes = [*notes, *project.standard.unverified(), *project.notes]
        written = out_of.write(
            project, folder, audience=audience, command="simulate", tables=tables, notes=all_notes,
            made=made,
        )  # fmt: skip
    _report(project, found, differences)
    out_of.where(written, command="simulate", tables=len(tables), notes=len(all_notes))
    say_for_whom(written)


def _simulated(project: Project, history: CadHistory, objective: Objective | None, tell: Tell) -> list[_Figures]:
    """Simulate today and each what-if; these as many times as today, so that all replications are pairs."""
    asked = {**project.plan.simulation.asked, "objective": objective}
    tell(f"simulating {project.today.name}")
    try:
        if not isinstance(rules := project.plan.simulation.aid, bool):
            asked["aid"] = tuple(AidRule(r.agency, r.rule, r.kinds, r.at_once, r.delay_seconds) for r in rules)
        today = simulate(project.today, history, **asked)
    except FireplanError as error:
        raise ProjectError(f"simulate, with [simulation] of plan.toml: {error}") from error
    asked |= {"within": None, "replications": today.replications}
    found = [_figures(today, project.today)]
    for scenario in project.scenarios:
        tell(f"simulating {scenario.name}")
        there = {unit: spells for unit, spells in asked["brown_outs"].items() if unit in scenario.units.index}
        with out_of.of_scenario(scenario, project):
            found.append(_figures(simulate(scenario, history, **{**asked, "brown_outs": there}), scenario))
    return found


def _figures(found: Simulation, scenario: Scenario) -> _Figures:
    return _Figures(
        scenario.name, found.headline, found.summary(), found.by_replication(), found.utilisation(), found.notes
    )


def _differences(today: _Figures, other: _Figures) -> pd.DataFrame:
    """Set figures side by side, replication by replication: the what-if less today."""
    rows = []
    for name in FIGURES:
        before, after = (one.by_replication[name].to_numpy(float) for one in (today, other))
        gap = mean_interval(after - before)
        rows.append(
            {"measure": name, "today": float(np.mean(before)), "what_if": float(np.mean(after)), "change": gap.mean,
             "low": gap.low, "high": gap.high, "replications": len(before)}
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("measure")


def _notes(found: list[_Figures]) -> list[str]:
    """What the figures rest on, each once; of a what-if what is said of it alone."""
    notes = list(found[0].notes)
    for one in found[1:]:
        notes += [f"{one.name}: {note}" for note in one.notes if note not in found[0].notes]
    return notes


def _report(project: Project, found: list[_Figures], differences: pd.DataFrame) -> None:
    asked, n = project.plan.simulation, len(found[0].by_replication)
    times = f"{wording.counted(asked.days, 'day')} x {wording.counted(n, 'replication')}, seed {asked.seed}"
    out_of.say(out_of.title(project, "simulation"), f"{times}. Share told: {found[0].headline}.")
    out_of.show_table(["calls of a replication", "calls", "served", "to aid", "lost"], [_calls(one) for one in found])
    out_of.show_table(
        ["first arrival", "within (95 %)", "n", "p90 of response (95 %)"], [_arrival(one) for one in found]
    )
    out_of.say("p90: of calls of every category, from the call to the first unit of the kind that the share asks for.")
    _report_units(found)
    if len(found) > 1:
        for one in found[1:]:
            rows = [_difference(row) for row in differences[differences["scenario"] == one.name].itertuples()]
            out_of.say(f"{one.name}, less today")
            out_of.show_table(["figure", "today", "what-if", "change (95 %)"], rows)
        out_of.say(
            "Differences are of the same calls with the same luck, replication by replication;"
            f" calls are of a replication. {out_of.NOTHING_SHOWN}"
        )
    for line in show.error_lines(project.today, *project.scenarios):
        out_of.say(line)


def _calls(one: _Figures) -> list[str]:
    """Means over replications, rounded so that they add up."""
    ends = wording.parted([one.row(name)["mean"] for name in ("served", "aid", "lost")])
    return [one.name, *map(wording.count, (sum(ends), *ends))]


def _arrival(one: _Figures) -> list[str]:
    within, p90 = one.row("share_within"), one.row("p90_s")
    ends = f" ({wording.time_interval(p90['low'], p90['high'])})" if np.isfinite(p90["low"]) else ""
    time = wording.percentile(p90["mean"]) + ends if np.isfinite(p90["mean"]) else "too few calls"
    share = out_of.share_told(within["mean"], within["low"], within["high"])
    return [one.name, share, wording.count(within["n"]), time]


def _report_units(found: list[_Figures]) -> None:
    """Print how busy units are: by scenario, as many as a terminal holds."""
    shown = found[:MOST_SCENARIOS]
    # A what-if may have units that today has not, and the other way round.
    busy = pd.concat({one.name: one.utilisation["utilisation"] for one in shown}, axis=1)
    rows = [
        [str(unit), *("-" if pd.isna(share) else wording.share(share) for share in shares)]
        for unit, *shares in busy.head(MOST_UNITS).itertuples()
    ]
    heads = ["today", *(f"what-if {i}" for i in range(1, len(shown)))]
    out_of.show_table(["share of time committed", *heads], rows)
    named = [f"{head}: {one.name}" for head, one in zip(heads[1:], shown[1:], strict=True)]
    left = len(busy) - len(rows), len(found) - len(shown)
    rest = [wording.counted(n, what) for n, what in zip(left, ("unit", "what-if"), strict=True) if n]
    more = [f"{' and '.join(rest)} more in simulation_utilisation.csv"] if rest else []
    if named or more:
        out_of.say("; ".join([*named, *more]) + ".")


def _difference(row: Any) -> list[str]:  # noqa: ANN401 - a row of a table, as pandas hands it out
    name, figures = row.measure, (row.change, row.low, row.high)
    if name == "share_within":
        sides = [wording.share(value) for value in (row.today, row.what_if)]
        return [TITLES[name], *sides, out_of.points_told(*figures)]
    if name == "p90_s":
        sides = [wording.percentile(value) for value in (row.today, row.what_if)]
        return [TITLES[name], *sides, out_of.change_told(*figures, decimals=1)]
    sides = [wording.number(value, decimals=1) for value in (row.today, row.what_if)]
    return [TITLES[name], *sides, out_of.change_told(*figures, decimals=1)]
