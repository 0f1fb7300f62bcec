"""What the travel model shows: distribution, concentration, gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._page_kit import style
from fireplan.changes._drive_error import error_said
from fireplan.colours import ELSEWHERE
from fireplan.measures import by_period
from fireplan.measures._assessment import chosen_measure, headline_row, untold_said
from fireplan.measures._by_period import WHOLE_WEEK
from fireplan.measures._demand_measures import UNITS, in_zones
from fireplan.measures._drives_said import is_expected, share_ends
from fireplan.measures._gaps import late_told
from fireplan.report._blocks import Block, Prose, Section, Table, TableColumn, absent
from fireplan.report._cell_words import NOTHING
from fireplan.report._hours_of_week import hours_blocks
from fireplan.report._inputs import is_force
from fireplan.report._zone_maps import Shading, shaded
from fireplan.travel import first_due
from fireplan.travel._places import station_places
from fireplan.travel._suppliers import suppliers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.measures import Assessment
    from fireplan.report._inputs import Material
    from fireplan.standards import Objective

NO_SCENARIO = "No department was given, so nothing here was modelled."
SHARES = (
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("unit", "Counted"),
    TableColumn("n", "n", "count"),
    TableColumn("within", "within", "count"),
    TableColumn("outside", "outside", "count"),
    TableColumn("share_told", "share within", "told"),
    TableColumn("p90_s", "90th percentile [min:s]", "percentile"),
    TableColumn("goal_told", "against the goal", "verdict"),
)
PERIODS = (
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("period", "Period"),
    TableColumn("when", "when"),
    TableColumn("unit", "Counted"),
    TableColumn("n", "n", "count"),
    TableColumn("outside", "outside", "count"),
    TableColumn("share_told", "share within", "told"),
    TableColumn("p90_s", "90th percentile [min:s]", "percentile"),
    TableColumn("goal_told", "against the goal", "verdict"),
)
GROUND = (
    TableColumn("ground", "Ground"),
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("counted", "Counted"),
    TableColumn("n", "n", "count"),
    TableColumn("outside", "outside", "count"),
    TableColumn("share_told", "share within", "told"),
    TableColumn("goal_told", "against the goal", "verdict"),
    TableColumn("elsewhere", "elsewhere", "count"),
    TableColumn("untold", "not known where", "count"),
)


def distribution_section(material: Material) -> Section:
    """Say how much a first unit reaches in time."""
    section, baseline, goal = Section("Distribution"), material.baseline, material.first_unit
    if baseline is None:
        section.blocks.append(absent(NO_SCENARIO))
        return section
    section.blocks.append(
        Prose(
            "Distribution is how well stations are spread: what the first unit due can reach within its objective. It"
            " is modelled on the road network with every unit at home and free, and without call processing. Records"
            " show how it went; this shows what the places of the stations make possible."
        )
    )
    if goal is None:
        section.blocks.append(absent("The standard has no objective for a first unit."))
        return section
    section.blocks += [
        *ground_blocks(material),
        _shares(material, "distribution_shares", "What the first unit due reaches", force=False),
        *hours_blocks(material, baseline, goal),
        *_chance_map(material, goal, "first_due_chance"),
        _time_map(material, goal, "first_due_map", f"{goal.title}: {_times_of(material)} {interval_of(goal)}"),
        _by_station(material, baseline, goal),
        *_period_blocks(baseline, material),
    ]
    return section


def _period_blocks(baseline: Assessment, material: Material) -> list[Block]:
    """Say what is reached in time in each period of the week, where streets are driven otherwise in some."""
    if not baseline.scenario.roads.periods:
        return []
    found = by_period(baseline.scenario, standard=baseline.standard)
    chosen = [(goal.key, chosen_measure(baseline, goal.key)) for goal in baseline.standard.planned]
    shown = found.loc[[key for key in found.index if key[:2] in chosen]]
    caption = f"Shares by period of the week, {baseline.scenario.name}; speed factors: {found.attrs['basis']}"
    columns = list(PERIODS)
    told = (
        f"The whole week weighs each period by its {found['week_by'].iloc[0]}; incidents are those of the period's own"
        " hours. All other figures of this report are at the speeds of the hours in no period. Periods:"
        f" {'; '.join(map(str, baseline.scenario.roads.periods))}."
    )
    if baseline.scenario.roads.calibrated:
        # Shares elsewhere are of the whole week already: a second figure of it would differ in its last digit.
        found, shown = (table.drop(WHOLE_WEEK, level="period") for table in (found, shown))
        unlike = any(p.name != p.when for p in baseline.scenario.roads.periods)
        columns = [
            replace(c, head=EXPECTED_IN_PERIODS.get(c.name, c.head)) for c in PERIODS if c.name != "when" or unlike
        ]
        told = (
            "Incidents are those of the period's own hours. All other figures of this report are over all hours of the"
            " week together. By how much speeds differ stands in the chapter on drive times."
        )
    return [
        Table("periods", caption, with_told(found), columns, material.modelled, with_told(shown)),
        Prose(told, "note"),
    ]


def concentration_section(material: Material) -> Section:
    """Say how much an effective response force reaches in time."""
    section, goal = Section("Concentration"), material.force
    if material.baseline is None:
        section.blocks.append(absent(NO_SCENARIO))
        return section
    if goal is None:
        with_units = material.baseline is None or len(material.baseline.scenario.units) > 0
        section.blocks.append(
            absent("The standard has no objective for an effective response force.")
            if with_units
            else absent("No units are given: a force needs a table of units.")
        )
        return section
    section.blocks += [
        Prose(
            "Concentration is how many units stand near enough together: where an effective response force, all its"
            " units and people, can be assembled within its objective. It is modelled with every unit at home."
        ),
        *(ground_blocks(material) if material.first_unit is None else []),
        _shares(material, "concentration_shares", "What an effective response force reaches", force=True),
        *_chance_map(material, goal, "force_chance"),
        _time_map(material, goal, "force_map", f"{goal.title}: {_times_of(material)} {interval_of(goal)}"),
    ]
    return section


def gaps_section(material: Material) -> Section:
    """Say where the objective is out of reach."""
    section, goal, scenario = Section("Gaps"), material.first_unit, material.scenario
    if scenario is None or goal is None:
        section.blocks.append(absent(NO_SCENARIO if scenario is None else "There is no objective for a first unit."))
        return section
    found = material.holes[scenario.name]
    what = f"{goal.title} within {wording.clock(goal.limit_s)}"
    attrs, likely = found.attrs, "elsewhere" in found.attrs
    weight, unit = attrs.get("weight"), attrs.get("unit")
    if likely:
        lead = "Zones that lie together, and where help is likelier late than in time, are one gap."
        times = f"Times are medians; {material.told_of_drives(error_said(scenario))}."
    else:
        lead, times = "Zones outside the objective that lie together are one gap.", "Times are modelled."
    section.blocks.append(
        Prose(f"{lead} Each is given with what it holds, which station is nearest, and the likeliest reason. {times}")
    )
    if not len(found):
        section.blocks.append(
            Prose(
                f"There is no gap: {_scattered_said(found, what)}"
                if likely
                else f"There is no gap: all zones that weigh anything have the {what}."
            )
        )
        return section
    names = {"population": "people", "dwellings": "dwellings", "incidents_n": "incidents"}
    if weight in found:
        names = {weight: unit, **{n: h for n, h in names.items() if n != weight}}
    weights = [TableColumn(n, str(h), "count") for n, h in names.items() if n in found]
    columns = [
        TableColumn("gap", "Gap", "count"),
        *weights,
        *([TableColumn("late", f"expected late ({unit})", "count")] if "late" in found else []),
        TableColumn("area_km2", "area [km²]", "number"),
        TableColumn("nearest_name", "Nearest station"),
        TableColumn("travel_told", "median [min:s]", "told"),
        TableColumn("worst_told", "longest [min:s]", "told"),
        TableColumn("reason", "Reason"),
    ]
    table = pd.DataFrame(found.drop(columns=found.geometry.name))
    for name in ("travel", "worst"):  # a gap lies outside the limit, and is never told to lie at it
        table[f"{name}_told"] = [wording.clock(s, limit_s=goal.limit_s) for s in table[f"{name}_s"]]
    told_gaps = f"Gaps of {what}, {scenario.name}"
    attrs = found.attrs
    late = late_told(found) if "elsewhere" in attrs else None
    shown = None if late is None else table.assign(late=late.rows)
    section.blocks.append(Table("gaps", told_gaps, table, columns, material.modelled, shown, most=20))
    if late is not None:
        section.blocks.append(Prose(wording.capital(_scattered_said(found, what)), "note"))
    elif {"outside", "scattered", "total", "unit"} <= set(attrs):
        section.blocks.append(
            Prose(
                f"{wording.count(attrs['outside'])} of {wording.count(attrs['total'])} {unit} lie outside the"
                f" objective; {wording.count(attrs['scattered'])} of them are scattered and belong to no gap.",
                "note",
            )
        )
    return section


def _scattered_said(found: gpd.GeoDataFrame, what: str) -> str:
    """Say how much is expected to be reached late, in gaps and elsewhere."""
    attrs, late = found.attrs, late_told(found)
    in_gaps = f"{wording.count(late.in_gaps)} in gaps, " if len(found) else ""
    return (
        f"{wording.count(attrs['outside'])} of {wording.count(attrs['total'])} {attrs['unit']} are expected not to have"
        f" the {what}: {in_gaps}{wording.count(late.scattered)} scattered where help is likelier late"
        f"{' too' if in_gaps else ''}, and {wording.count(late.elsewhere)} where it is likelier in time."
    )


def ground_blocks(material: Material) -> list[Block]:
    """Say of which ground and which incidents each objective speaks, where any speaks of a part; what is left out."""
    baseline = material.baseline
    if baseline is None or not any(
        o.where or (o.calls and chosen_measure(baseline, o.key) == "incidents") for o in baseline.standard.planned
    ):
        return []
    rows = []
    for goal in baseline.standard.planned:
        row = headline_row(baseline, goal.key)
        ground = goal.ground.removeprefix("where ") or "all"
        counted = str(row["unit"]).removesuffix(f" {goal.ground}") if goal.ground else row["unit"]
        rows.append({**row, "ground": ground, "counted": counted})
    table = with_told(pd.DataFrame(rows).set_index(["objective", "measure"]))
    blocks: list[Block] = [
        Table(
            "objectives_by_ground", f"Each objective on its own ground, {baseline.scenario.name}", table,
            share_columns(table, GROUND),
            material.modelled,
        )
    ]  # fmt: skip
    untold = [f"{o['title']}: {said}" for o in rows if (said := untold_said(pd.Series(o)))]
    rest = f" {'; '.join(untold)}." if untold else ""
    text = (
        "“Elsewhere” lies on other ground, or is another kind of incident: it is in no figure of the objective. Of what"
        f" is “not known where” the data do not say.{rest}"
    )
    return [*blocks, Prose(text, "note")]


def interval_of(goal: Objective) -> str:
    """Name the interval that an objective is held to."""
    return {"travel_s": "travel time", "turnout_and_travel_s": "turnout and travel time"}.get(
        goal.interval, goal.interval
    )


def _shares(material: Material, key: str, caption: str, *, force: bool) -> Block:
    baseline = material.baseline
    if baseline is None:
        return absent(NO_SCENARIO)
    keys = [o.key for o in baseline.standard.planned if is_force(o) == force]
    table = baseline.summary()
    rows = table[table.index.get_level_values("objective").isin(keys)]
    columns = share_columns(rows, SHARES)
    return Table(key, f"{caption}, {baseline.scenario.name}", with_told(rows), columns, material.modelled)


def with_told(table: pd.DataFrame) -> pd.DataFrame:
    """Add shares in words: one that misses its goal, or all, is not rounded to it; and what was asked for."""
    rows = [share_ends(row) | dict(row) for row in table.to_dict("records")]
    shares = [
        wording.share(row["share"], goal=row["required_share"]) + wording.between(row["low"], row["high"])
        for row in rows
    ]
    asked = ("at_most_outside", "low", "high")
    held = [
        wording.goal_verdict(row["met"], goal=row["required_share"], **{name: row[name] for name in asked}) or NOTHING
        for row in rows
    ]
    return table.assign(share_told=shares, goal_told=held)


def share_columns(table: pd.DataFrame, columns: Sequence[TableColumn]) -> list[TableColumn]:
    """Give the columns of shares; where these are expected, say so, and what is reached at the median drive."""
    if "median_share" not in table or table["median_share"].isna().all():
        return list(columns)
    found = []
    for column in columns:
        head = EXPECTED.get(column.name, column.head)
        found.append(replace(column, head=head))
        if column.name == "share_told":
            found.append(TableColumn("median_share", "at the median drive", "share"))
        if column.name == "p90_s":
            found[-1] = TableColumn("all_p90_s", "90 % of arrivals by [min:s]", "percentile")
    return found


EXPECTED = {
    "within": "expected within",
    "outside": "expected outside",
    "share_told": "expected share (95 % interval)",
    "share": "expected share",
    "gained": "gained, expected",
    "lost": "lost, expected",
    "net": "net, expected",
}
"""What stands over columns whose figures are expected."""

EXPECTED_IN_PERIODS = {
    "outside": "expected outside",
    "share_told": "expected share",
    "p90_s": "90th percentile of median drives [min:s]",
}
"""The same over columns of periods, which have no interval."""


def _by_station(material: Material, baseline: Assessment, goal: Objective) -> Block:
    table = baseline.stations.xs(goal.key, level="objective")
    measure = chosen_measure(baseline, goal.key)
    shown = table.xs(measure, level="measure")
    unit = str(shown["unit"].iloc[0]) if len(shown) else ""
    columns = [
        TableColumn("name", "Station"),
        TableColumn("n", f"first due to ({unit})", "count"),
        TableColumn("within", "within the limit", "count"),
        TableColumn("share", "share", "share"),
    ]
    if is_expected(headline_row(baseline, goal.key)):
        columns = [replace(c, head=EXPECTED.get(c.name, c.head)) for c in columns]
    caption = f"What each station is first due to, {goal.title} within {wording.clock(goal.limit_s)}"
    scenario = baseline.scenario
    starts = station_places(scenario)
    able = set(starts.ids[suppliers(scenario, starts, needs=goal.needs)[0]])
    open_ones = shown[shown["open"] & shown.index.isin(able)]  # a station that houses none of it is due nowhere
    return Table(
        "first_due_by_station", caption, pd.DataFrame(table), columns, material.modelled, pd.DataFrame(open_ones)
    )


def _times_of(material: Material) -> str:
    """Say what the times of a map are."""
    scenario = material.scenario
    return "modelled median" if scenario is not None and scenario.roads.calibrated else "modelled"


def _chance_map(material: Material, goal: Objective, key: str) -> list[Block]:
    """Map how likely each zone is reached in time; nothing where it is not known how drives differ."""
    baseline = material.baseline
    if baseline is None or f"{goal.key}_chance" not in baseline.zones:
        return []
    zones, scenario = baseline.zones, baseline.scenario
    chance = zones[f"{goal.key}_chance"].where(np.isfinite(zones[f"{goal.key}_s"]), np.inf)
    if f"{goal.key}_applies" in zones:
        chance = chance.where(zones[f"{goal.key}_applies"])
    row: Any = headline_row(baseline, goal.key)
    measure = baseline.arrival(goal.key, row["measure"]).measure
    by_zone = measure.places.kind != "roads"
    weight = pd.Series(in_zones(scenario, measure), index=zones.index) if by_zone else None
    share = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"], **share_ends(row))
    said = f"{share} are expected within {wording.clock(goal.limit_s)}: each place by how likely it is reached in time."
    percent = pd.Series(style.whole_percent(chance), index=zones.index)  # classes are those of map pages
    title = f"{goal.title}: how likely within {wording.clock(goal.limit_s)}"
    data = pd.DataFrame({"chance": zones[f"{goal.key}_chance"], "median_s": zones[f"{goal.key}_s"]})
    shading = Shading(
        percent, style.chance_bands(), weight, UNITS.get(measure.name, measure.name) if by_zone else "zones",
        title, said, heading=scenario.name, missing="not asked of here", missing_colour=ELSEWHERE,
    )  # fmt: skip
    return [
        shaded(
            key, shading, scenario=scenario, before=scenario, about=material.about(modelled=True),
            data=data.assign(weight=weight) if weight is not None else data,
        )
    ]  # fmt: skip


def _time_map(material: Material, goal: Objective, key: str, title: str) -> Block:
    baseline = material.baseline
    if baseline is None:
        return absent(NO_SCENARIO)
    zones = baseline.zones
    seconds = zones[f"{goal.key}_s"]
    bands = style.time_bands(goal.limit_s, 1.5 * goal.limit_s, 2 * goal.limit_s)
    row: Any = headline_row(baseline, goal.key)
    scenario = baseline.scenario
    measure = baseline.arrival(goal.key, row["measure"]).measure
    by_zone = measure.places.kind != "roads"
    weight = pd.Series(in_zones(scenario, measure), index=zones.index) if by_zone else None
    # Short, as the legend has no room: of which ground and incidents stands over the map.
    unit = UNITS.get(measure.name, measure.name) if by_zone else "zones"
    left_out = untold_said(row)
    share = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"])
    lie = "lie within the objective"
    if is_expected(row):  # the map shows medians, so what stands over it is of medians too
        share = wording.share_of(row["median_share"], row["n"], row["unit"])
        lie += " at the median drive; expected over drives, which differ, are"
        lie += f" {wording.share(row['share'], goal=row['required_share'])}{wording.between(**share_ends(row))}"
    said = f"{share} {lie}{f'; {left_out}' if left_out else ''}."
    in_none = 0.0 if weight is None else float(row["n"]) - float(weight.sum())
    if in_none >= 1 / 2:
        said += f" {wording.count(in_none)} of them lie in no zone: the legend does not count those."
    if f"{goal.key}_applies" in zones:  # off its ground no time is shown
        seconds = seconds.where(zones[f"{goal.key}_applies"])
    due = first_due(scenario, objective=goal)["first_due"]
    data = pd.DataFrame({"travel_s": zones[f"{goal.key}_s"], "first_due": due})
    return shaded(
        key,
        Shading(
            seconds,
            bands,
            weight,
            unit,
            title,
            said,
            heading=scenario.name,
            missing="not asked of here",
            missing_colour=ELSEWHERE,
        ),
        scenario=scenario,
        before=scenario,
        about=material.about(modelled=True),
        data=data.assign(weight=weight) if weight is not None else data,
    )
