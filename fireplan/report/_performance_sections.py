"""What the records show: response performance, why objectives were missed, reliability."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

import pandas as pd

from fireplan import charts, wording
from fireplan.errors import InputError, listed
from fireplan.progress import silent
from fireplan.report._blocks import Block, Heading, Points, Prose, Section, Table, TableColumn, absent, drawn
from fireplan.report._cell_words import NOTHING
from fireplan.response_performance import sensitivity, workload
from fireplan.response_performance._baselines import TOLD as VERDICTS
from fireplan.response_performance._baselines import baselines_of
from fireplan.response_performance._performance import tabulated
from fireplan.response_performance._statistics import FEWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from fireplan.report._inputs import Material
    from fireplan.response_performance import Attendance

NO_HISTORY = "No dispatch history was given, so nothing here was observed."
PERFORMED = (
    TableColumn("what", "What was measured"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("n", "n records", "count"),
    TableColumn("unknown", "not known", "count"),
    TableColumn("p50_s", "median [min:s]", "clock"),
    TableColumn("p90_s", "90th percentile [min:s]", "percentile"),
    TableColumn("p90_interval", "95 % interval", "told"),
    TableColumn("share_told", "within limit", "told"),
    TableColumn("share_interval", "95 % interval", "told"),
    TableColumn("goal_told", "against the goal", "verdict"),
)
INTERVALS = (
    "90th percentiles are observed values (inverted_cdf) with their interval between order statistics, shares have"
    " Wilson's. Records whose interval is not known are counted beside n and are not in it. The goal is a share of n."
)
CHECKED = (
    TableColumn("title", "What was measured"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("n", "n records", "count"),
    TableColumn("p50_s", "median [min:s]", "clock"),
    TableColumn("p90_s", "90th percentile [min:s]", "percentile"),
    TableColumn("share", "within limit", "share"),
)
COARSE = (
    "Times are to 30 seconds and shares to a whole percent; what rests on fewer than 11 records is not shown, nor what"
    " would give such a number away together with all that was published before."
)
BENCHED = (
    TableColumn("category", "Program"),
    TableColumn("risk_class", "Risk"),
    TableColumn("what", "Measure"),
    TableColumn("n", "n", "count"),
    TableColumn("baseline_s", "baseline [min:s]", "percentile"),
    TableColumn("baseline_low_s", "from", "low"),
    TableColumn("baseline_high_s", "to", "high"),
    TableColumn("benchmark_s", "benchmark [min:s]", "clock"),
    TableColumn("share_told", "within it", "told"),
    TableColumn("verdict", "Verdict"),
)


def performance_section(material: Material) -> Section:
    """Say how quickly the department responded."""
    attendance = material.attendance
    section = Section("Response performance")
    if attendance is None:
        section.blocks += _checked(material)
        return section
    section.blocks += [
        Prose(
            "What follows was taken from dispatch records. Times are those of the first unit that counts to arrive at"
            " each incident, unless a row says otherwise; the rules of what counts stand in the data ledger."
        ),
        Points(tuple(attendance.headline())),
        *_overall(material),
        *_by(material, attendance),
        *_baselines(material, attendance),
        *_missed(material),
        *_choices(material),
    ]
    return section


def _checked(material: Material) -> list[Block]:
    """Show what may be published of the records, or say why there is nothing."""
    shown = material.checked
    if shown is None or not len(shown):
        few = [] if shown is None else [absent("Too few records to publish a figure over all.")]
        return [absent(material.unless_withheld(NO_HISTORY)), *few]
    return [
        Prose("Of the dispatch records this public report shows what can be published; single calls are left out."),
        Table(
            "performance", f"Response performance, records of {shown.attrs['days']}", shown, CHECKED, material.observed
        ),
        Prose(COARSE, "note"),
    ]


def _overall(material: Material) -> list[Block]:
    table, attendance = material.achieved, material.attendance
    if table is None or attendance is None:
        return []
    blocks: list[Block] = [
        Table("performance", "Response performance over all", table, PERFORMED, material.observed, in_words(table)),
        Prose(INTERVALS, "note"),
        *_untold(table),
        *unverified(material),
    ]
    about = material.about()
    if material.first_unit is not None and material.first_unit.key in table.index:
        goal = material.first_unit
        blocks.append(
            drawn(
                "distribution",
                lambda: charts.distribution(attendance, objective=goal, about=about),
                table.loc[[goal.key]],
            )
        )
    blocks.append(
        drawn(
            "total_response",
            lambda: charts.distribution(attendance, interval="total_response_s", about=about),
            table.loc[["total_response"]],
        )
    )
    return blocks


def _untold(table: pd.DataFrame) -> list[Block]:
    """Say why rows have no figure, and what stamps leave open."""
    noted = table[table["note"] != ""]
    told = dict.fromkeys(f"{t.split(' within ')[0]}: {n}." for t, n in zip(noted["title"], noted["note"], strict=True))
    return [Points(tuple(told))] if told else []


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Put intervals into one column each, and the limit into its own."""
    rows = table.assign(
        what=[title.rsplit(" within ", 1)[0] for title in table["title"]],
        p90_interval=_ends(table, "p90", "_s", wording.time_interval),
        share_interval=_ends(table, "share", "", wording.share_interval),
    )
    goals = [
        NOTHING if pd.isna(met) else wording.goal_verdict(met, goal=goal) or NOTHING
        for met, goal in zip(table["met"], table["goal"], strict=True)
    ]
    return rows.assign(share_told=_within(table["share"], table["goal"]), goal_told=goals)


def _within(shares: pd.Series[float], goals: pd.Series[float]) -> list[str]:
    """Say shares beside the goals they are held to; a dash: there is none."""
    asked = zip(shares, goals, strict=True)
    return [wording.share(share, goal=goal) if isfinite(share) else NOTHING for share, goal in asked]


def _ends(table: pd.DataFrame, name: str, unit: str, said: Callable[[float, float], str]) -> list[str]:
    """Say the intervals of a figure; a dash: it has none."""
    ends = zip(table[f"{name}_low{unit}"], table[f"{name}_high{unit}"], strict=True)
    return [NOTHING if isnan(low) or isnan(high) else said(low, high) for low, high in ends]


def unverified(material: Material) -> list[Block]:
    """Name the figures of the standard that were not seen in their source."""
    found = [] if material.standard is None else material.standard.unverified()
    if not found:
        return []
    told = "Figures of the standard that were not seen in their source, to be checked before they are stated: "
    return [Prose(f"{told}{'; '.join(found)}.", "warning")]


def _by(material: Material, attendance: Attendance) -> list[Block]:
    """By month and by station."""
    measure = "total_response" if material.first_unit is None else material.first_unit.key
    about = material.about()
    blocks: list[Block] = [Heading("By month and by station")]
    by_month = tabulated(attendance, material.measured, ["month"])
    if measure not in by_month.index.get_level_values("measure"):
        measure = "total_response"
    if measure not in by_month.index.get_level_values("measure"):
        return [*blocks, absent("No unit that counts arrived at any incident: no figures by month or by station.")]
    blocks.append(drawn("by_month", lambda: charts.by_month(by_month, measure=measure, about=about), by_month))
    if material.scenario is None:
        return [*blocks, absent("Stations are not known without the department's units: no figures by station.")]
    if attendance.grain == "incident":
        return [*blocks, absent("The records hold one row per incident and name no units: no figures by station.")]
    called = material.scenario.stations["name"]
    by_station = tabulated(attendance, material.measured, ["station_id"])
    blocks.append(
        drawn(
            "by_station", lambda: charts.by_group(by_station, measure=measure, called=called, about=about), by_station
        )
    )
    return blocks


def _baselines(material: Material, attendance: Attendance) -> list[Block]:
    """Baselines by program and class of risk, in the sentences of standards of cover."""
    kinds = tuple(by for by in ("category", "risk_class") if by in attendance.incidents)
    try:
        table = baselines_of(
            attendance, material.measured, standard=material.standard, by=kinds, basis=material.observed
        )
    except InputError as error:
        return [absent(f"No baselines: {error}.")]
    overall = table[table["period"] == table["period"].iloc[-1]]
    said = overall[(overall["measure"] == "total_response") & (overall["n"] >= FEWEST)]
    benched = overall[overall["benchmark_s"].notna() & (overall["n"] >= FEWEST)]
    titles = {} if material.standard is None else {o.key: o.title for o in material.standard.objectives}
    benched = benched.assign(
        what=[titles.get(key, wording.named(key)) for key in benched["measure"]],
        share_told=_within(benched["share"], benched["benchmark_share"]),
        verdict=benched["verdict"].map(VERDICTS),
    )
    columns = [c for c in BENCHED if c.name in benched.columns]
    return [
        Heading("Baselines by program and class of risk"),
        Prose(
            "The benchmark is the goal; the baseline is the measured 90th percentile, in the manner of the CPSE's"
            " standards of cover. Programs and classes of risk are never thrown together."
        ),
        Points(tuple(said["sentence"])) if len(said) else absent("No group has ten records of total response time."),
        Table(
            "baselines", "Baselines beside their benchmarks, all years", table, columns, material.observed,
            shown=benched, most=30,
        ),
    ]  # fmt: skip


def _missed(material: Material) -> list[Block]:
    found, goal = material.missed, material.first_unit
    if found is None or goal is None:
        return [absent("Why the objective was missed cannot be said without a department, an objective and records.")]
    totals = found.totals()
    title = f"Why the {wording.lower(goal.title)} took over {wording.clock(goal.limit_s)}"
    return [
        Heading("Why the objective was missed"),
        drawn("missed", lambda: charts.reasons(totals, title=title, about=material.about()), totals),
        Points(tuple(found.notes())),
    ]


def _choices(material: Material) -> list[Block]:
    """How much hangs on what counts."""
    if material.history is None or material.attendance is None:
        return []
    with silent():
        table = sensitivity(material.history, scenario=material.scenario, policy=material.attendance.policy)
    columns = [
        TableColumn("rule", "Rule", "name"),
        TableColumn("setting", "Setting"),
        TableColumn("n", "n", "count"),
        TableColumn("p90_s", "90th percentile [min:s]", "percentile"),
        TableColumn("p90_low_s", "from", "low"),
        TableColumn("p90_high_s", "to", "high"),
        TableColumn("p90_change_s", "change [s]", "signed"),
        TableColumn("source", "Where the rule comes from"),
    ]
    return [
        Heading("If other rules of what counts were used"),
        Table("sensitivity", "Total response time under other rules", table, columns, material.observed),
    ]


def reliability_section(material: Material) -> Section:
    """Say how often a station served its own area, and how busy units are."""
    section, attendance, scenario = Section("Reliability and workload"), material.attendance, material.scenario
    if attendance is None or scenario is None:
        untold = (
            material.unless_withheld(NO_HISTORY) if attendance is None else "The department's units were not given."
        )
        section.blocks.append(absent(untold))
        return section
    about = material.about()
    section.blocks += _reliable(material)
    try:
        load = workload(attendance, scenario=scenario, by="unit_id")
    except InputError as error:
        section.blocks.append(absent(f"No workload: {error}."))
        return section
    if over := load.attrs["over_a_day"]:
        section.blocks.append(
            Prose(
                f"{wording.counted(len(over), 'response')} ended more than a day after they began and are left out of"
                f" committed hours: {listed(over)}.",
                "warning",
            )
        )
    columns = [
        TableColumn("unit_id", "Unit"),
        TableColumn("n", "n responses", "count"),
        TableColumn("over_a_day", "over a day", "count"),
        TableColumn("committed_h", "committed [h]", "count"),
        TableColumn("staffed_h", "staffed [h]", "count"),
        TableColumn("uhu", "unit-hour utilisation", "share"),
        TableColumn("responses_per_day", "responses a day", "number"),
    ]
    section.blocks += [
        drawn("workload", lambda: charts.workload(load, about=about), load),
        Table("workload_by_unit", "Workload of each unit", load, columns, material.observed),
    ]
    return section


def _reliable(material: Material) -> list[Block]:
    try:
        table = material.reliable
    except InputError as error:
        return [absent(f"No reliability: {error}.")]
    if table is None or material.scenario is None:
        return []
    names = material.scenario.stations["name"]
    named = table.assign(name=[names.get(str(i), str(i)) for i in table.index])
    columns = [
        TableColumn("name", "Area of"),
        TableColumn("n", "n incidents", "count"),
        TableColumn("share_first", "first to arrive", "share"),
        TableColumn("share_first_low", "from", "share"),
        TableColumn("share_first_high", "to", "share"),
        TableColumn("share_initial", "in the first dispatch", "share"),
        TableColumn("share_initial_low", "from", "share"),
        TableColumn("share_initial_high", "to", "share"),
    ]
    return [
        Prose(
            "Reliability is the share of the incidents in a station's area that a unit of that station served: as the"
            " first to arrive, or among the units dispatched within 60 s of the first dispatch. A station whose units"
            " are often away on other calls is less reliable. The areas are modelled, who came is observed."
        ),
        Table("reliability", "Reliability of each station", named, columns, material.observed),
    ]
