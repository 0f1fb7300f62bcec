"""What could be changed: scenarios side by side, and where to put stations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import charts, wording
from fireplan._page_kit import style
from fireplan.changes._base import told
from fireplan.colours import ELSEWHERE, UNKNOWN
from fireplan.measures._assessment import chosen_measure, headline_row
from fireplan.measures._demand_measures import UNITS, in_zones
from fireplan.measures._drives_said import is_expected
from fireplan.report._blocks import Block, Heading, Points, Prose, Section, Table, TableColumn, absent, drawn
from fireplan.report._cell_words import NOTHING
from fireplan.report._coverage_sections import EXPECTED, interval_of, share_columns, with_told
from fireplan.report._zone_maps import Shading, shaded
from fireplan.siting._results import siting_words as words

if TYPE_CHECKING:
    from fireplan.comparison import Comparison
    from fireplan.measures import Assessment
    from fireplan.report._inputs import Material
    from fireplan.siting import Robustness, Siting

STEPS_S = (10.0, 30.0, 60.0, 120.0)
MOST_MAPS = 4
CHANGED = ("before_s", "after_s", "change_s", "first_due_before", "first_due_after")
COMPARED = (
    TableColumn("scenario", "Scenario"),
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("n", "n", "count"),
    TableColumn("unit", "unit"),
    TableColumn("within", "within", "count"),
    TableColumn("share_told", "share", "told"),
    TableColumn("change", "change [points]", "points"),
    TableColumn("goal_told", "against the goal", "verdict"),
)
EXCHANGED = (
    TableColumn("scenario", "Scenario"),
    TableColumn("title", "What is to arrive"),
    TableColumn("unit", "Counted"),
    TableColumn("gained", "come within", "count"),
    TableColumn("lost", "fall out", "count"),
    TableColumn("net", "net", "signed"),
    TableColumn("n", "of n", "count"),
    TableColumn("faster", "sooner", "count"),
    TableColumn("slower", "later", "count"),
)


def scenarios_section(material: Material) -> Section:
    """Put the what-ifs side by side."""
    section, comparison = Section("Scenarios side by side"), material.comparison
    if comparison is None or not material.plans:
        section.blocks.append(absent("No what-if was given, so there is nothing to compare the department with."))
        return section
    name, gains = comparison.names[0], comparison.gains()
    section.blocks += [
        Prose(
            f"Each scenario is the department with the changes named here and nothing else. “{name}” is what the others"
            " are compared with: the same places, with the same weights. All figures are modelled."
        ),
        Points(tuple(f"{a.scenario.name}: {_changes(a)}" for a in material.plans)),
        *_tables(material, comparison, gains),
    ]
    for plan in material.plans[:MOST_MAPS]:
        section.blocks.append(_gained(material, comparison, plan, gains))
    if len(material.plans) > MOST_MAPS:
        rest = len(material.plans) - MOST_MAPS
        more = wording.counted(rest, "more scenario stands", "more scenarios stand")
        have = "has" if rest == 1 else "have"
        section.blocks.append(Prose(f"{more} in the tables and {have} no map here.", "note"))
    return section


def _changes(assessment: Assessment) -> str:
    scenario = assessment.scenario
    return "; ".join(told(scenario.changes, scenario.stations["name"])) or "no change"


def _tables(material: Material, comparison: Comparison, gains: pd.DataFrame) -> list[Block]:
    summary = comparison.summary()
    titles = {o.key: o.title for o in comparison.standard.planned}
    gains = gains.assign(title=[titles.get(k, k) for k in gains.index.get_level_values("objective")])
    # An objective that speaks of dwellings is told in dwellings.
    counted_in = {o.key: chosen_measure(comparison.baseline, o.key) for o in comparison.standard.planned}
    tables = []
    for table in (summary, gains):
        objective, by = (table.index.get_level_values(level) for level in ("objective", "measure"))
        tables.append(table[[counted_in.get(o) == m for o, m in zip(objective, by, strict=True)]])
    compared, exchanged = share_columns(summary, COMPARED), list(EXCHANGED)
    if summary["median_share"].notna().any():
        exchanged = [replace(c, head=EXPECTED.get(c.name, c.head)) for c in EXCHANGED]
    ordered = tables[0].sort_index(level="objective", sort_remaining=False, kind="stable")
    return [
        Table("scenarios", "Shares within each objective", summary, compared, material.modelled, with_told(ordered)),
        Table("gains", "Who gains and who loses", gains, exchanged, material.modelled, tables[1]),
        Prose(
            f"“Sooner” and “later” count what is reached more than {wording.clock(STEPS_S[0])} sooner or later than"
            f" before{', by the median drive' if summary['median_share'].notna().any() else ''}.",
            "note",
        ),
    ]


def _gained(material: Material, comparison: Comparison, plan: Assessment, gains: pd.DataFrame) -> Block:
    """Map what one scenario changes for the first objective of one unit, or the first there is."""
    baseline = comparison.baseline
    goal = material.first_unit or comparison.standard.planned[0]
    table = comparison.changes(plan.scenario.name, objective=goal.key)
    change = table["change_s"]
    measure = baseline.arrival(goal.key, chosen_measure(baseline, goal.key)).measure
    by_zone = measure.places.kind != "roads"
    weight = pd.Series(in_zones(baseline.scenario, measure), index=table.index) if by_zone else None
    unit = UNITS.get(measure.name, measure.name) if by_zone else "zones"
    bands = style.change_bands(*STEPS_S)
    missing, missing_colour = "never reached", UNKNOWN
    if goal.where:
        change = change.where(baseline.zones[f"{goal.key}_applies"])
        missing, missing_colour = "not asked of here, or never reached", ELSEWHERE
    row: Any = gains.xs((plan.scenario.name, goal.key, measure.name), level=(0, 1, 2)).iloc[0]
    least = STEPS_S[0]
    by_median = ", by the median drive" if is_expected(headline_row(baseline, goal.key)) else ""
    said = (
        f"{wording.count(row['faster'])} of {wording.count(row['n'])} {row['unit']} are reached over"
        f" {wording.clock(least)} sooner, {wording.count(row['slower'])} over {wording.clock(least)} later{by_median}."
    )
    name = plan.scenario.name
    title = f"{name}: change of the modelled {interval_of(goal)}, {wording.lower(goal.title)}"
    return shaded(
        f"change_{comparison.names.index(name)}",
        Shading(change, bands, weight, unit, title, said, heading=name, missing=missing, missing_colour=missing_colour),
        scenario=plan.scenario,
        before=comparison.baseline.scenario,
        about=material.about(modelled=True),
        data=pd.DataFrame(table[[c for c in table.columns if c in CHANGED or c == measure.name]]),
    )


def siting_section(material: Material) -> Section:
    """Say where stations would do most, and how sure that is."""
    section, found = Section("Where to put stations"), material.siting
    if found is None:
        section.blocks.append(absent("No search for sites was given."))
        return section
    section.blocks += [
        Prose(f"Asked for: {found.question}. All figures are modelled, with every unit at home and free."),
        Points(tuple(words.plan_said(found)) or ("No change improves on the department as it stands.",)),
        Prose(_proof(found)),
        Table("sites", "Sites of the plan", _chosen(found), _chosen_columns(found), material.modelled),
        _curve(found, material),
    ]
    about = material.about(modelled=True)
    if "gain" in found.curve and len(found.curve) > 1:
        curve, unit = found.curve, found.score_unit
        section.blocks.append(drawn("curve", lambda: charts.marginal_curve(curve, unit=unit, about=about), curve))
    ups = found.runner_ups
    if len(ups):
        columns = [
            TableColumn("leave_out", "Leave out"),
            TableColumn("take", "Take instead"),
            TableColumn("objective_told", f"attained [{words.unit_said(found.score_unit)}]", "told"),
            TableColumn("behind_told", "behind the plan", "told"),
        ]
        section.blocks.append(
            Table("runner_ups", "What comes close", ups, columns, material.modelled, _close(found), most=10)
        )
    section.blocks += _robust(material, material.robustness)
    section.blocks.append(Points(tuple(map(material.told_of_drives, found.notes))) if found.notes else Prose(""))
    return section


def _curve(found: Siting, material: Material) -> Table:
    """Lay out what each further station buys, sites by their places."""
    table, unit, names = found.curve, found.score_unit, words.names_of(found)
    goal = None if math.isnan(found.goal) else found.goal
    shown = table.assign(
        take=[names.get(str(site), str(site)) for site in table["take"].fillna("")],
        objective_told=[words.figure_said(float(value), unit) for value in table["objective"]],
        gain_told=[words.gain_said(float(value), unit) for value in table["gain"]],
        share_told=[NOTHING if pd.isna(share) else wording.share(share, goal=goal) for share in table["share"]],
    )
    columns = [
        TableColumn("stations", "Stations", "count"),
        TableColumn("take", "Site"),
        TableColumn("objective_told", f"attained [{words.unit_said(unit)}]", "told"),
        TableColumn("gain_told", "gain", "told"),
        TableColumn("share_told", "share of all", "told"),
    ]
    return Table("site_curve", "What each further station buys", table, columns, material.modelled, shown)


def _close(found: Siting) -> pd.DataFrame:
    """Say what comes close, sites by their places."""
    table, unit, names = found.runner_ups, found.score_unit, words.names_of(found)
    return table.assign(
        leave_out=[names.get(str(site), str(site)) for site in table["leave_out"]],
        take=[names.get(str(site), str(site)) for site in table["take"]],
        objective_told=[words.figure_said(float(value), unit) for value in table["objective"]],
        behind_told=[words.apart_said(float(value), unit) for value in table["behind"]],
    )


def _proof(found: Siting) -> str:
    if found.objective != found.objective:
        return f"There is no answer ({found.status}): {found.reason}."
    sure = "no other choice among these candidates is better" if found.status == "optimal" else "a better one may exist"
    was = f"; as it stands it is {before}" if (before := words.before_said(found)) else ""
    little = f" {text}" if (text := words.little_said(found)) else ""
    return (
        f"The plan attains {words.attained_said(found)}{was}.{little} No plan can be better"
        f" than {words.figure_said(found.bound, found.unit)}: the gap is {wording.share(found.gap)}"
        f" ({wording.named(found.status)}: {sure})."
        f" {wording.counted(len(found.sites), 'candidate site was', 'candidate sites were')} tried;"
        f" {wording.count(len(found.set_aside))} set aside."
    )


def _chosen(found: Siting) -> pd.DataFrame:
    chosen = found.chosen.to_crs("EPSG:4326")
    table = pd.DataFrame(chosen.drop(columns=chosen.geometry.name))
    names, unit = words.names_of(found), found.score_unit
    return table.assign(
        latitude=chosen.geometry.y.round(5),
        longitude=chosen.geometry.x.round(5),
        called=[names.get(str(site), str(site)) for site in chosen.index],
        alone_told=[words.figure_said(float(value), unit) for value in chosen["alone"]],
        beside_told=[words.figure_said(float(value), unit) for value in chosen["beside"]],
    )


def _chosen_columns(found: Siting) -> list[TableColumn]:
    unit = words.unit_said(found.score_unit)
    return [
        TableColumn("called", "Site"),
        TableColumn("latitude", "Latitude [°]"),
        TableColumn("longitude", "Longitude [°]"),
        TableColumn("alone_told", f"alone [{unit}]", "told"),
        TableColumn("beside_told", f"beside the others [{unit}]", "told"),
    ]


def _robust(material: Material, runs: Robustness | None) -> list[Block]:
    if runs is None:
        return [absent("Other assumptions of demand, speeds and limits were not tried.")]
    about = material.about(modelled=True)
    return [
        Heading("Whether it holds under other assumptions"),
        Prose("; ".join(line.strip() for line in runs.summary.splitlines()) + "."),
        drawn("robustness", lambda: charts.robustness(runs.sites, about=about), runs.sites),
    ]
