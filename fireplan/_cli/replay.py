"""What `fireplan replay` does: send the calls of a project's history again, and say how far off that is first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import maps, wording
from fireplan._cli import terminal as show
from fireplan._cli import units_out as out_of
from fireplan._cli.readers import say_for_whom
from fireplan.errors import FireplanError, listed
from fireplan.progress import silent
from fireplan.project._atomic_output import check_output
from fireplan.project._audience import folder_of
from fireplan.response_performance import attend, staffing_sheet
from fireplan.simulation import compare_replays, displaced_workload, replay
from fireplan.simulation._paired_replays import DIRECT, KNOCK_ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fireplan.project import Project
    from fireplan.response_performance import Attendance, StaffingSheet
    from fireplan.simulation import Replay
    from fireplan.standards import Objective

    Tell = Callable[[str], None]

STEPS = 14
MOST_PLACES = 12
"""So many are printed of where the work of units that are gone goes; the table has all."""


def replay_project(
    read: Callable[[Tell], Project], out: Path | None, *, playback: str | None = None, profile: str | None = None
) -> None:
    """
    Send the calls of a project's history again, today and in each what-if, and write and print what comes out.

    Parameters
    ----------
    read
        Opens the project.
    out
        Where to; None: the plan's output folder.
    playback
        A local date that is drawn as it was replayed, today and in each what-if; None: none is.
    profile
        As for `audience_of`.
    """
    if out is not None:
        check_output(out)
    with silent(), show.command_steps(STEPS) as tell:
        project = read(tell)
        audience = out_of.internal_audience(project, profile, command="replay")
        folder, history = folder_of(project, out), out_of.history_of(project, command="replay")
        objective, notes = out_of.share_asked(project)
        seed = project.plan.simulation.seed
        tell("putting units and incidents together")
        seen = attend(history, scenario=project.today, policy=project.plan.performance.policy)
        found: dict[str, Replay] = {}
        pages: dict[str, str] = {}
        for scenario in (project.today, *project.scenarios):
            tell(f"sending units again: {scenario.name}")
            with out_of.of_scenario(scenario, project):
                found[scenario.name] = replay(scenario, seen, objective=objective, seed=seed)
                if playback is not None:
                    tell(f"drawing {playback}: {scenario.name}")
                    page = maps.playback(found[scenario.name], scenario, day=playback, profile=audience.profile)
                    pages[f"replay_playback{f'_{len(pages)}' if pages else ''}.html"] = page.to_html()
        tell("setting what-ifs beside today")
        today = found[project.today.name]
        others = {name: one for name, one in found.items() if one is not today}
        moved = {
            name: displaced_workload(today, one, seed=seed) for name, one in others.items() if _loses_units(today, one)
        }
        changes = {name: compare_replays(today, one, seed=seed) for name, one in others.items()}
        by_station = {name: compare_replays(today, one, by="station_id", seed=seed) for name, one in others.items()}
        tell("counting units out by hour of the week")
        sheet, why_none = _sheet(project, seen, objective, seed)
        tables = {
            "replay_baseline": today.baseline,
            "replay_rules": today.rules,
            "replay": out_of.put_together({name: one.summary() for name, one in found.items()}),
            "replay_changes": out_of.put_together(changes).drop(columns="index", errors="ignore"),
            "replay_changes_by_station": out_of.put_together(by_station),
            "replay_displaced": out_of.put_together(moved),
        }
        if sheet is not None:
            tables["staffing_sheet"] = sheet.by_hour()
            notes += [
                f"staffing sheet, {sheet.kind} (observed): {sheet.best_said(days)}" for days in ("Mon-Sun", "Mon-Fri")
            ]
        notes += why_none
        notes += [*today.notes, *seen.headline()]
        for name, one in others.items():
            notes += [f"{name}: {note}" for note in one.notes if note not in today.notes]
        notes += [*project.standard.unverified(), *project.notes]
        tell("writing")
        made = {"seed": seed, "replications": next((t.attrs["replications"] for t in changes.values()), 0),
                "basis": "modelled", "objective": str(today.objective), "returning": today.returning}  # fmt: skip
        written = out_of.write(
            project, folder, audience=audience, command="replay", tables=tables, notes=notes,
            made=made, pages=pages,
        )  # fmt: skip
    _report(project, found, changes, moved)
    out_of.where(written, command="replay", tables=len(tables), notes=len(notes))
    if pages:
        drawn = ", ".join(map(audience.name, pages))
        out_of.say(f"{playback} as replayed, for internal use: {drawn}, today first, then each what-if")
    say_for_whom(written)


def _sheet(
    project: Project, seen: Attendance, objective: Objective | None, seed: int
) -> tuple[StaffingSheet | None, list[str]]:
    """Count how busy units of the kind asked for are, hour by hour; or say why that cannot be."""
    try:
        return staffing_sheet(seen, scenario=project.today, objective=objective, seed=seed), []
    except FireplanError as error:
        return None, [f"no staffing sheet: {error}"]


def _loses_units(today: Replay, other: Replay) -> bool:
    """Whether a unit that can be sent today cannot be sent in a what-if."""
    sendable = [
        set(s.units.index[s.units["station_id"].isin(s.stations.index[s.stations["open"]])])
        for s in (today.scenario, other.scenario)
    ]
    return bool(sendable[0] - sendable[1])


def _report(
    project: Project, found: dict[str, Replay], changes: dict[str, pd.DataFrame], moved: dict[str, pd.DataFrame]
) -> None:
    """Print the error first, then today, then what-ifs beside it, then who takes the work of units that are gone."""
    today = found[project.today.name]
    out_of.say(out_of.title(project, "history sent again"), f"Share told: {today.objective}.")
    out_of.say("", "How far the model is from the record, of the units that were really sent", *_error_lines(today))
    rows = [_row(name, one) for name, one in found.items()]
    out_of.say("", "Sent by the rules: the nearest of those that are free")
    out_of.show_table(["calls", "within (95 %)", "n", "own", "to aid", "nobody", "no place"], rows)
    if changes:
        paired = [_paired(name, table.iloc[0]) for name, table in changes.items()]
        out_of.show_table(["what-if less today", "change, points (95 %)", "n", "gained", "lost"], paired)
        out_of.say(f"Paired call by call; intervals from whole days drawn anew. {out_of.NOTHING_SHOWN}")
    for name, table in moved.items():
        _report_displaced(name, table)
    for line in show.error_lines(project.today, *project.scenarios):
        out_of.say(line)


def _error_lines(today: Replay) -> list[str]:
    base: Any = today.error
    by_rules: Any = today.summary().loc["share_error"]
    right = f"too few calls with one (n = {wording.count(base['single'])})"
    if not pd.isna(base["right_share"]):
        share = out_of.share_told(base["right_share"], base["right_low"], base["right_high"])
        right = f"{share} of {wording.counted(base['single'], 'call')} with one"
    lines = [f"  right first unit: {right}"]
    if pd.isna(base["share_observed"]):
        lines.append(f"  travel and shares: too few calls (n = {wording.count(base['n'])})")
        return lines
    modelled, observed = (wording.percentile(base[f"travel_{side}_p90_s"]) for side in ("modelled", "observed"))
    error = f"{wording.signed(base['travel_error_p50_s'])} s at the median"
    lines.append(f"  travel: {error}; p90 {modelled} modelled, {observed} observed (n = {wording.count(base['n'])})")
    modelled, observed = (wording.share(base[f"share_{side}"]) for side in ("modelled", "observed"))
    lines.append(f"  within: {modelled} modelled, {observed} observed")
    if not by_rules["note"]:
        error = out_of.points_told(by_rules["value"], by_rules["low"], by_rules["high"])
        lines.append(
            f"  by the rules, modelled less observed: {error} points (n = {wording.count(by_rules['n'])}):"
            " read it as part of every share below"
        )
    return lines


def _row(name: str, one: Replay) -> list[str]:
    found: Any = one.summary()
    within = found.loc["share_within"]
    share = "too few calls" if within["note"] else out_of.share_told(within["value"], within["low"], within["high"])
    ends = [wording.count(found.loc[f"calls_{what}", "value"]) for what in ("own", "aid", "unmet", "not_placed")]
    return [name, share, wording.count(within["n"]), *ends]


def _paired(name: str, row: Any) -> list[str]:  # noqa: ANN401 - a row of a table, as pandas hands it out
    change = out_of.points_told(row["change"], row["low"], row["high"])
    return [name, change, wording.count(row["n"]), wording.count(row["gained"]), wording.count(row["lost"])]


def _report_displaced(name: str, table: pd.DataFrame) -> None:
    """Print where the responses of units that are gone go, and how many others move."""
    gone, many = listed(table.attrs["units"]), wording.counted(table.attrs["responses"], "response")
    out_of.say(f"{name}: who takes the {many} of {gone}")
    causes = table.index.get_level_values("cause")
    direct: Any = table[causes == DIRECT].sort_values("responses", ascending=False, kind="stable")
    rows = [
        [f"{row.from_station} to {row.to_station}", wording.count(row.responses),
         f"{wording.count(row.low)} to {wording.count(row.high)}", wording.number(row.hours_after),
         wording.count(row.late_before), wording.count(row.late_after)]
        for row in direct.reset_index().itertuples()
    ]  # fmt: skip
    heads = ["from and to", "responses", "95 %", "hours", "late today", "late then"]
    out_of.show_table(heads, rows[:MOST_PLACES])
    left = len(rows) - MOST_PLACES
    more = f"{wording.counted(left, 'more row')} in replay_displaced.csv. " if left > 0 else ""
    others = wording.counted(int(table.loc[causes == KNOCK_ON, "responses"].sum()), "other response")
    late = "Late: expected over the limit, of calls that count and units that the share asks for."
    out_of.say(f"{more}{others} move as units are busy at other times. {late}")
