"""How long drives take, how wrong that still is, and what it must not be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fireplan import charts, wording
from fireplan.calibration import diagnostics, model_card
from fireplan.changes._drive_error import error_said, speeds_scaled
from fireplan.drive_times import MODELS
from fireplan.measures._drives_said import SOURCE, planned_said
from fireplan.report._blocks import Block, Heading, Points, Prose, Section, Table, TableColumn, absent, drawn
from fireplan.report._cell_words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fireplan.calibration import Diagnostics
    from fireplan.drive_times import Calibration
    from fireplan.report._inputs import Material
    from fireplan.scenario import Scenario

NOT_FOR = "What it must not be used for"
ERRORS = (
    TableColumn("n", "n runs", "count"),
    TableColumn("predicted_s", "predicted, median [min:s]", "clock"),
    TableColumn("observed_s", "observed, median [min:s]", "clock"),
    TableColumn("bias_told", "predicted less observed (95 % interval) [s]", "told"),
    TableColumn("error_told", "median error (95 % interval) [s]", "told"),
    TableColumn("p90_error_s", "90th percentile of the error [s]", "count"),
    TableColumn("below_told", "below the predicted 90th percentile (95 % interval)", "told"),
)
TRIED = (
    TableColumn("what", "Model"),
    TableColumn("n", "n runs", "count"),
    TableColumn("bias_s", "predicted less observed [s]", "signed"),
    TableColumn("median_error_s", "median error [s]", "count"),
    TableColumn("p90_error_s", "90th percentile of the error [s]", "count"),
    TableColumn("spearman_told", "rank correlation", "told"),
    TableColumn("below_p90", "below the predicted 90th percentile", "share"),
    TableColumn("taken", ""),
)
BY = (
    ("by_fifth", "predicted", "Predicted time", "by fifths of the predicted time"),
    ("by_station", "station_id", "Station", "by station"),
    ("by_distance", "km", "Distance", "by fifths of the distance driven"),
    ("by_class", "highway", "Class of road", "by the class of road that carries most of the way"),
    ("by_hour", "hour", "Hour", "by hour of the day"),
)


def drive_times_section(material: Material) -> Section:
    """Say how long drives take and how sure that is; or that they are planned."""
    section, scenario = Section("Drive times"), material.scenario
    calibration = None if scenario is None else scenario.calibration
    if scenario is None or calibration is None:
        planned = "" if scenario is None else f" {wording.capital(planned_said(scenario))} ({SOURCE})."
        section.blocks.append(absent(f"No calibration was given.{planned}"))
        return section
    if material.withheld:
        section.blocks += [
            Prose(f"{wording.capital(material.told_of_drives(error_said(scenario)))}."),
            absent(f"{material.withheld} How far off drives are by station, street and hour is left out with them."),
        ]
        return section
    fold = wording.singular(calibration.error.held_out)
    found = None if material.drives is None else diagnostics(material.drives, calibration, scenario)
    section.blocks += [
        Prose(
            "Every modelled time of this report is that of a drive as the department's own records show it"
            f"{_scaled_said(material)}. Each drive below is predicted by a model that was fitted without its {fold}, so"
            " the errors are those of drives that it never saw."
        ),
        *_card(scenario, calibration, found),
        *_ladder(material, calibration),
    ]
    if found is None:
        section.blocks.append(
            absent(
                "The runs themselves were not given, so their errors are not broken down here: give runs=, from"
                " fireplan.calibration.held_out_runs."
            )
        )
    else:
        section.blocks += _other_runs(calibration, found)
        section.blocks += _errors(material, calibration, found)
    return section


def _other_runs(calibration: Calibration, found: Diagnostics) -> list[Block]:
    """Say if the runs are not those that the calibration was made of."""
    here = len(found.runs.view())
    if not calibration.runs or here == calibration.runs:
        return []
    return [
        Prose(
            f"The errors below are of {wording.counted(here, 'run')}, the calibration was made of"
            f" {wording.count(calibration.runs)}: they are not the same runs. Calibrate anew.",
            "warning",
        )
    ]


def _scaled_said(material: Material) -> str:
    """Say of which scenarios that is not so, as their speeds were scaled."""
    assessments = () if material.comparison is None else material.comparison.assessments
    names = [f"“{a.scenario.name}”" for a in assessments if speeds_scaled(a.scenario)]
    return f", except of {wording.joined(names)}, where speeds were scaled since" if names else ""


def _card(scenario: Scenario, calibration: Calibration, found: Diagnostics | None) -> list[Block]:
    card = model_card(calibration, found)
    blocks: list[Block] = [Prose(f"{wording.capital(error_said(scenario))}.")]
    # What it must not be used for is read first, not last.
    parts = sorted(card.parts, key=lambda part: part.title != NOT_FOR)
    for part in parts:
        blocks += [Heading(part.title), Points(part.lines)]
    return blocks


def _ladder(material: Material, calibration: Calibration) -> list[Block]:
    if not calibration.ladder:
        return []
    table = pd.DataFrame([{"model": step.model, **step.error._asdict()} for step in calibration.ladder])
    table["what"] = [wording.capital(MODELS[step.model]) for step in calibration.ladder]
    table["taken"] = ["taken" if step.model == calibration.model else "" for step in calibration.ladder]
    table["spearman_told"] = [wording.number(r, decimals=2) for r in table["spearman"]]
    about = material.about(modelled=True)
    about = charts.About(about.source, "", calibration.basis)
    return [
        Heading("Models that were tried"),
        drawn("drive_models", lambda: charts.ladder(calibration, about=about), table),
        Table(
            "models",
            f"Every model on the same folds, {calibration.error.held_out} left out in turn",
            table.set_index("model"),
            TRIED,
            calibration.basis,
        ),
    ]


def _errors(material: Material, calibration: Calibration, found: Diagnostics) -> list[Block]:
    scenario = material.scenario
    source = "" if scenario is None else scenario.source
    days = f"{calibration.first_day} to {calibration.last_day}" if calibration.first_day else ""
    about = charts.About(source, days, calibration.basis)
    called = pd.Series(dtype=str) if scenario is None else scenario.stations["name"]
    blocks: list[Block] = [
        Heading("Observed against predicted"),
        drawn("drive_times", lambda: charts.drive_times(found, about=about), found.by_fifth),
        drawn(
            "drive_bias_by_station",
            lambda: charts.drive_errors(found, by="station", figure="bias_s", called=called, about=about),
            found.by_station,
        ),
        drawn("drive_errors_by_hour", lambda: charts.drive_errors(found, by="hour", about=about), found.by_hour),
    ]
    for name, column, head, said in BY:
        table: pd.DataFrame = getattr(found, name)
        if not len(table):
            continue
        first = TableColumn(column, head)
        shown = _in_words(table)
        if name == "by_station":
            shown.index = pd.Index([str(called.get(s, s)) for s in shown.index], name=column)
        elif name == "by_hour":
            shown.index = pd.Index([f"{h}:00" for h in shown.index], name=column)
        blocks.append(
            Table(f"drives_{name}", f"Drives {said}", table, [first, *ERRORS], calibration.basis, shown, most=60)
        )
    blocks.append(
        Prose(
            "Predicted less observed is the median of the differences: below nought, drives are told too short."
            " Intervals are those of medians between order statistics [2], and Wilson's of shares [3]. Groups of fewer"
            " than ten runs have no figure.",
            "note",
        )
    )
    return blocks


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Put figures beside their intervals; a dash: there is none."""
    rows = table.to_dict("records")
    return table.assign(
        bias_told=[_ends(wording.signed, row["bias_s"], row["bias_low_s"], row["bias_high_s"]) for row in rows],
        error_told=[
            _ends(wording.count, row["median_error_s"], row["median_error_low_s"], row["median_error_high_s"])
            for row in rows
        ],
        below_told=[
            NOTHING
            if pd.isna(row["below_p90"])
            else wording.share(row["below_p90"]) + wording.between(row["below_p90_low"], row["below_p90_high"])
            for row in rows
        ],
    )


def _ends(said: Callable[[float], str], value: float, low: float, high: float) -> str:
    if pd.isna(value):
        return NOTHING
    ends = [said(end) if abs(end) != float("inf") else "open" for end in (low, high)]
    return f"{said(value)} ({ends[0]} to {ends[1]})"
