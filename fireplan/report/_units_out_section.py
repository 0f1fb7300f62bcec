"""What calls meet when units are out: observed, modelled with units as busy as they are, and simulated if asked for."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from fireplan import charts, wording
from fireplan.errors import InputError
from fireplan.measures import assess
from fireplan.progress import silent
from fireplan.report._blocks import Block, Heading, Prose, Section, Table, TableColumn, absent, drawn
from fireplan.report._performance_sections import PERFORMED, in_words
from fireplan.report._sent_again_blocks import sent_again, simulated
from fireplan.response_performance import busy_shares, workload
from fireplan.response_performance._busy_shares import WORST_HOUR
from fireplan.response_performance._commitments import not_cleared_said
from fireplan.response_performance._performance import Observed, tabulated
from fireplan.response_performance._policy import NOT_KNOWN
from fireplan.response_performance._statistics import FEWEST, share_interval
from fireplan.standards import INTERVALS, OBSERVED_INTERVALS

if TYPE_CHECKING:
    from fireplan.measures import Assessment, CoverWhenBusy
    from fireplan.report._inputs import Material
    from fireplan.response_performance import Attendance, Missed
    from fireplan.scenario import Scenario

TITLE = "When units are out"
NOBODY_TOLD = "No dispatch history was given, so who was out when calls came is not known."
NO_DEPARTMENT = "Who was out cannot be said without the department's units, which were not given."
NO_UNITS = "The records hold one row per incident and name no units, so who was out when calls came cannot be said."

LEVEL = "level"
"""How many units were out, or what the unit had done before."""

HOW_LONG = tuple(column for column in PERFORMED if column.name not in {"limit_s", "goal_told"})
LEVELS = {
    "units_committed": ("Units of its type out already", "How long it took, by units of the same type that were out"),
    "all_units_committed": ("Units of any type out already", "How long it took, by units of any type that were out"),
    "back_to_back": ("Before this call", "How long it took, by what the unit had done before"),
}
FIRST_DUE = (
    TableColumn("name", "Area of"),
    TableColumn("n", "n incidents", "count"),
    TableColumn("out", "first due out", "count"),
    TableColumn("share_out", "share", "share"),
    TableColumn("share_out_low", "from", "share"),
    TableColumn("share_out_high", "to", "share"),
    TableColumn("share_within_free", "within limit if free", "share"),
    TableColumn("share_within_out", "if out", "share"),
)
BUSY = (
    TableColumn("unit_id", "Unit"),
    TableColumn("type", "Type"),
    TableColumn("station", "Station"),
    TableColumn("n", "n runs", "count"),
    TableColumn("unknown", "end not known", "count"),
    TableColumn("busy_share", "out, share of its staffed time", "share"),
    TableColumn("busy_share_worst", "in the worst hour", "share"),
)
COVER = (
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("unit", "Counted"),
    TableColumn("n", "n", "count"),
    TableColumn("home_told", "all at home and free", "told"),
    TableColumn("told", "units as busy as they are", "told"),
    TableColumn("lost_share", "lost [points]", "number"),
    TableColumn("nobody_free", "no unit free", "share"),
)


def units_out_section(material: Material) -> Section:
    """Say what it does to response that units are out."""
    section, attendance, scenario = Section(TITLE), material.attendance, material.scenario
    if attendance is None:
        section.blocks.append(absent(material.unless_withheld(NOBODY_TOLD)))
    elif scenario is None or not len(scenario.units):
        section.blocks.append(absent(NO_DEPARTMENT))
    elif attendance.grain == "incident":
        section.blocks.append(absent(NO_UNITS))
    else:
        section.blocks += [
            *_first_due(material),
            *_levels(material, attendance),
            *_busy(material, attendance, scenario),
            *sent_again(material),
            *simulated(material),
        ]
    return section


def _first_due(material: Material) -> list[Block]:
    """Say how often the first-due unit is out, what that does, and how much of the missed comes from it."""
    found = material.missed
    asked = None if found is None else found.calls[found.calls["first_due_busy"].notna()]
    if found is None or asked is None:
        return [absent("How often the first-due unit is out needs an objective for one unit that records can tell.")]
    if len(asked) < FEWEST:
        return [absent(f"Too few incidents ({len(asked)}) to say how often the first-due unit is out.")]
    table = _by_first_due(material, asked)
    return [
        Prose(_chief_said(material, found, asked)),
        Prose(_first_due_note(material, found, len(asked)), "note"),
        Heading("First-due unit out"),
        Table("first_due_out", f"How often the first-due {_kind(found)} is out", table, FIRST_DUE, material.observed),
        *_missed(material, found),
    ]


def _kind(found: Missed) -> str:
    kind = next(iter(found.objective.needs))
    return "unit" if kind == "people" else kind


def _chief_said(material: Material, found: Missed, asked: pd.DataFrame) -> str:
    """The chapter in a sentence."""
    goal, kind, n = found.objective, _kind(found), len(asked)
    out = asked["first_due_busy"].astype(bool)
    share = share_interval(int(out.sum()), n)
    hundred = round(100 * share.value)
    lead = f"Of 100 calls {hundred} find" if hundred or not out.any() else "Fewer than one call in 100 finds"
    lead += f" every {kind} of their first-due station out" if hundred or not out.any() else " its first-due unit out"
    ends = wording.share_interval(share.low, share.high)
    within = f"within {wording.clock(goal.limit_s)} ({INTERVALS.get(goal.interval, OBSERVED_INTERVALS[goal.interval])})"
    told = f"{lead} ({material.observed}: {wording.share_of(share.value, n, 'incidents')}, 95 % interval {ends})"
    late = [_within(asked, out), _within(asked, ~out)]
    if not all(isfinite(part) for part in late):
        return f"{told}. Too few calls of either kind to say what that does to the time it takes."
    first, other = wording.shares_apart(*late)
    return (
        f"{told}. Of those {first} have one {within}, of the others {other} (n = {wording.count(out.sum())} and"
        f" {wording.count(n - out.sum())})."
    )


def _within(calls: pd.DataFrame, some: pd.Series[bool]) -> float:
    """Share of some calls that were within the limit; NaN: too few."""
    here = calls.loc[some, "over_s"] <= 0
    return float(here.mean()) if len(here) >= FEWEST else float("nan")


def _first_due_note(material: Material, found: Missed, n: int) -> str:
    """What these figures are of, and what they leave out."""
    goal, left = found.objective, len(found.calls) - n
    what = (
        f"Calls are those that the objective is held to: {goal}. Out: all units of the kind that the first-due station"
        f" houses were committed to other incidents when the first was sent, by the records ({material.observed}); who"
        " is first due is modelled (the nearest by travel)"
    )
    gone = [(left, "without a first-due station"), (found.unmeasured, "of which the time is not known")]
    left_out = [f"{wording.count(many)} {why}" for many, why in gone if many]
    parts = [what, f"left out: {wording.joined(left_out)}"] if left_out else [what]
    return f"{'; '.join([*parts, *found.duty, *not_cleared_said(found.attendance.responses)])}."


def _by_first_due(material: Material, asked: pd.DataFrame) -> pd.DataFrame:
    """By first-due station: how often its units are out, and what then comes in time."""
    names: Any = {} if material.scenario is None else material.scenario.stations["name"]
    rows = []
    for station, calls in [("", asked), *asked.groupby("first_due", observed=True)]:
        out = calls["first_due_busy"].astype(bool)
        n, k = len(calls), int(out.sum())
        share = share_interval(k, n) if n >= FEWEST else share_interval(0, 0)
        rows.append(
            {
                "first_due": station,
                "name": str(names.get(station, station)) if station else "all stations",
                "n": n,
                "out": k,
                "share_out": share.value,
                "share_out_low": share.low,
                "share_out_high": share.high,
                "share_within_free": _within(calls, ~out),
                "n_free": n - k,
                "share_within_out": _within(calls, out),
                "n_out": k,
            }
        )
    return pd.DataFrame(rows).set_index("first_due")


def _missed(material: Material, found: Missed) -> list[Block]:
    """How much of the missed objectives comes from it."""
    row: Any = found.totals().loc["first_due_busy"]
    if not row["known"] >= FEWEST:
        return [absent("Too few objectives were missed for a reason that is known to say how much availability did.")]
    weighed = " Reasons are probabilities, and these are expected numbers." if found.chances is not None else ""
    unknown = len(found.incidents) - round(row["known"])
    left = (
        f" {wording.counted(unknown, 'more was', 'more were')} missed for a reason that is not known."
        if unknown
        else ""
    )
    return [
        Prose(
            f"Of the {wording.count(row['known'])} missed whose reason is known (records, {material.observed},"
            f" against modelled drives), {wording.share(row['share'])} ({wording.count(row['incidents'])}) were missed"
            f" because the first-due {_kind(found)} was out and another came from farther away; with it at home"
            f" {wording.count(row['alone'])} of them would have been met.{left}{weighed} The other reasons stand in the"
            " chapter on response performance."
        )
    ]


def _levels(material: Material, attendance: Attendance) -> list[Block]:
    """How long it took, by how many were out already and by what the unit had done before."""
    observed = _of_goal(material)
    if not observed:
        return [absent("No unit that counts arrived at any incident: nothing by how many units were out.")]
    blocks: list[Block] = [Heading("How many units were out already")]
    measure = observed[0].measure
    for by, (head, caption) in LEVELS.items():
        try:
            table = tabulated(attendance, observed, [by])
        except InputError as error:
            return [*blocks, absent(f"Nothing by how many units were out: {error}.")]
        told = in_words(table.reset_index().rename(columns={by: LEVEL}))
        columns = [TableColumn(LEVEL, head), *HOW_LONG[len(observed) == 1 :]]  # one measure stands in the caption
        of = f"{caption}: {observed[0].title}" if len(observed) == 1 else caption
        blocks.append(Table(by, of, table, columns, material.observed, told))
        if by == "units_committed":
            blocks.append(_chart(table, measure, material))
    blocks.append(
        Prose(
            "Out already: the department's units that were committed to other incidents when units were first sent to"
            " this one. Other things than distance go with that: busy hours are also hours of slow streets.",
            "note",
        )
    )
    return blocks


def _chart(table: pd.DataFrame, measure: str, material: Material) -> Block:
    """Draw the share within the limit by how many units were out; the percentile where there is no limit."""
    known = pd.DataFrame(table[table.index.get_level_values(0) != NOT_KNOWN])
    limits = known.xs(measure, level="measure")["limit_s"] if len(known) else pd.Series(dtype=float)
    figure: Literal["share", "p90_s"] = "share" if limits.notna().any() else "p90_s"
    about = material.about()
    goal = material.first_unit
    title = (
        f"{goal.title} within {wording.clock(goal.limit_s)}, by number of units out"
        if figure == "share" and goal
        else ""
    )
    return drawn(
        "units_out",
        lambda: charts.by_group(known, measure=measure, figure=figure, title=title, about=about),
        known,
    )


def _of_goal(material: Material) -> list[Observed]:
    """The objective of one unit and the travel of that unit, or total response where there is no such objective."""
    goal, found = material.first_unit, material.missed
    key = "total_response" if goal is None or found is None else goal.key
    observed = [o for o in material.measured if o.measure == key and not o.untold]
    if found is not None and goal is not None and observed and goal.interval != "travel_s":
        rows = found.calls.reset_index()
        observed.append(
            Observed("travel", "Travel of that unit", "travel_s", rows, rows["travel_s"].to_numpy(float))
        )  # fmt: skip
    return observed


def _busy(material: Material, attendance: Attendance, scenario: Scenario) -> list[Block]:
    """How busy units are, and what is covered with them so."""
    blocks: list[Block] = [Heading("Cover with units as busy as they are")]
    try:
        busy = busy_shares(attendance, scenario)
        worst = busy_shares(attendance, scenario, when=WORST_HOUR)
        load = workload(attendance, scenario=scenario, by="unit_id")
    except InputError as error:
        return [*blocks, absent(f"No share of time out: {error}.")]
    units = scenario.units
    names = scenario.stations["name"]
    table = pd.DataFrame(
        {
            "type": units["type"],
            "station": [str(names.get(s, s)) for s in units["station_id"]],
            "n": load["n"].reindex(units.index).fillna(0).astype(int),
            "unknown": load["unknown"].reindex(units.index).fillna(0).astype(int),
            "busy_share": busy,
            "busy_share_worst": worst,
        }
    ).rename_axis("unit_id")
    hour = str(worst.attrs["when"]).removeprefix(f"{WORST_HOUR}, ")
    said = (
        "Out: from dispatch until cleared, of the staffed time of the unit. Worst hour: that of the week in which units"
        f" together are out most, {hour}. Runs whose end is not known count as no time."
    )
    unseen = str(busy.attrs.get("unseen") or "")
    blocks += [
        Table("busy_shares", "Share of its time for which each unit is out", table, BUSY, material.observed),
        Prose(said + (f" Without a run in these records, and so never out: {unseen}." if unseen else ""), "note"),
    ]
    baseline = material.baseline
    return [*blocks, *(_cover(material, baseline, busy) if baseline is not None else [])]


def _cover(material: Material, baseline: Assessment, busy: pd.Series[Any]) -> list[Block]:
    try:
        with silent():
            found = assess(baseline.scenario, standard=baseline.standard, availability=busy)
            summary = found.summary()
    except InputError as error:
        return [absent(f"No cover with units out: {error}.")]
    if not len(summary):
        return [absent("No cover with units out: no objective of the standard asks for one unit.")]
    pairs = [
        wording.shares_apart(home, share, goal=goal)
        for home, share, goal in zip(summary["home_share"], summary["share"], summary["required_share"], strict=True)
    ]
    shown = summary.assign(
        home_told=[home for home, _ in pairs],
        told=[share for _, share in pairs],
        lost_share=100 * summary["lost_share"],
    )
    return [
        Prose(_cover_said(material, found)),
        Table("cover_when_busy", "Expected cover with units out", summary, COVER, material.modelled, shown),
        Prose(f"{'. '.join(wording.capital(n) for n in found.notes() if n not in baseline.notes())}.", "note"),
    ]


def _cover_said(material: Material, found: CoverWhenBusy) -> str:
    """The first objective in a sentence."""
    key = found.arrivals[0].objective.key
    summary = found.summary()
    here: Any = summary.xs(key, level="objective").reset_index()
    weighs = here["measure"] == ("population" if "population" in set(here["measure"]) else here["measure"].iloc[0])
    row: Any = here[weighs].iloc[0]
    home, share = wording.shares_apart(row["home_share"], row["share"], goal=row["required_share"])
    return (
        f"With every unit at home and free, {home} of {wording.count(row['n'])} {row['unit']} are within reach of the"
        f" {wording.lower(row['title'])} in {wording.clock(row['limit_s'])}; with units out for as much of their"
        f" time as in the records, {share} ({material.modelled})."
    )
