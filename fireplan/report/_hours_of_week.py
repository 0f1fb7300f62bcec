"""What is reached in every hour of the week, where units work by a schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from fireplan import charts, wording
from fireplan.measures import assess
from fireplan.measures._assessment import chosen_measure
from fireplan.report._blocks import Block, Prose, Table, TableColumn, drawn
from fireplan.travel._on_duty import duty_notes

if TYPE_CHECKING:
    from fireplan.measures import Assessment
    from fireplan.report._inputs import Material
    from fireplan.standards import Objective

COLUMNS = (
    TableColumn("title", "What is to arrive"),
    TableColumn("limit_s", "limit [min:s]", "clock"),
    TableColumn("unit", "Counted"),
    TableColumn("n", "n", "count"),
    TableColumn("share", "share on average", "share"),
    TableColumn("worst_share", "at worst", "share"),
    TableColumn("worst_at", "from"),
    TableColumn("best_share", "at best", "share"),
    TableColumn("best_at", "from "),
)


def hours_blocks(material: Material, baseline: Assessment, goal: Objective) -> list[Block]:
    """Say of which hour the figures are, and what the others have; nothing where all units are always on duty."""
    scenario, standard = baseline.scenario, baseline.standard
    told = duty_notes(scenario, goal.needs)
    if not told:
        return []
    said = Prose(f"{wording.capital(told[0].split(';')[0])}. The hours of the week are below.", "note")
    if scenario.when:
        return [Prose(f"{wording.capital(told[0])}.", "note")]
    week = assess(scenario, standard=standard, at="by hour")
    summary = week.summary()
    keys = [(o.key, chosen_measure(baseline, o.key)) for o in standard.planned]
    table = summary.loc[[key for key in summary.index if key in keys]]
    caption = f"Shares over the week, {scenario.name}"
    notes = Prose(f"{'. '.join(wording.capital(note) for note in week.notes())}.", "note")
    about = replace(material.about(), basis="modelled")  # of the department, not of its records
    hours = pd.DataFrame(week.by_hour())
    return [
        said,
        Table("hours_of_week", caption, pd.DataFrame(table), list(COLUMNS), material.modelled, pd.DataFrame(table)),
        notes,
        drawn("cover_by_hour", lambda: charts.cover_by_hour(week, objective=goal.key, about=about), hours),
    ]
