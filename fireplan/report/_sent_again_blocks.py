"""A history sent again beside its record, and years drawn from it, where the plan asks for a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import wording
from fireplan.errors import FireplanError
from fireplan.report._blocks import Block, Heading, Points, Prose, Table, TableColumn, absent
from fireplan.report._cell_words import NOTHING

if TYPE_CHECKING:
    from fireplan.report._inputs import Material
    from fireplan.simulation import Replay, Simulation

FIGURES = (
    TableColumn("what", "Figure"),
    TableColumn("told", "is", "told"),
    TableColumn("ends", "95 % interval", "told"),
    TableColumn("n", "n", "count"),
    TableColumn("unit", "of"),
)
SIMULATED = ("share_within", "p90_s", "utilisation", "calls", "served", "aid", "lost")
"""What is shown of a simulation; the rest is attached."""

_SHARE_ENDS = (wording.share, wording.share_interval)
_POINT_ENDS = (wording.points, lambda low, high: f"{wording.points(low)} to {wording.points(high)}")
_COUNT_ENDS = (wording.count, lambda low, high: f"{wording.count(low)} to {wording.count(high)}")
_SAID = {"share": _SHARE_ENDS, "s": (wording.percentile, wording.time_interval)}


def sent_again(material: Material) -> list[Block]:
    """How far a replay of the history is from the record: to be read before what is simulated."""
    try:
        found = material.replayed
    except FireplanError as error:
        return [Heading("How far the model of dispatch is off"), absent(f"The history was not sent again: {error}.")]
    if found is None:
        return []
    table = _replay_figures(found)
    return [
        Heading("How far the model of dispatch is off"),
        Prose(
            "Before anything is simulated, the history is sent again call by call and held against the record: read"
            " what is off here as part of every simulated figure. Real units: those that were really sent, with"
            f" modelled drives. By the rules: the nearest that are free. Asked of: {found.objective}."
        ),
        Table("replay_error", "The history sent again, beside the record", table, FIGURES, material.modelled),
        Points((*_notes(found.notes), f"Luck of drives is drawn with seed {found.seed}")),
    ]


def _notes(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Notes as sentences; what they say of the attributes of a result is nothing to a reader of a report."""
    return tuple(wording.capital(note.partition(", see `")[0].partition(": of the ways")[0]) for note in notes)


def _replay_figures(found: Replay) -> pd.DataFrame:
    base, summary = found.error, found.summary()
    right, error, within = (dict(summary.loc[name]) for name in ("right_first_unit", "share_error", "share_within"))
    calls = "calls that count, both known"
    rows = [
        ("Nearest by the model is the unit that went", right["value"], right["low"], right["high"], right["n"],
         "calls with one unit of the kind", _SHARE_ENDS),
        ("Within the limit, observed", base["share_observed"], None, None, base["n"], calls, _SHARE_ENDS),
        ("Within the limit, real units, modelled", base["share_modelled"], None, None, base["n"], calls, _SHARE_ENDS),
        ("Within the limit, by the rules, modelled", within["value"], within["low"], within["high"], within["n"],
         "calls that count", _SHARE_ENDS),
        ("By the rules, modelled less observed [points]", error["value"], error["low"], error["high"], error["n"],
         calls, _POINT_ENDS),
    ]  # fmt: skip
    return _figures(rows)


def _figures(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Figures of several kinds in one table, in words and as numbers."""
    table = pd.DataFrame(rows, columns=["what", "value", "low", "high", "n", "unit", "said"])
    told = [
        _told(value, low, high, said)
        for value, low, high, said in zip(table["value"], table["low"], table["high"], table["said"], strict=True)
    ]
    table["told"], table["ends"] = zip(*told, strict=True)
    return table.drop(columns="said").rename_axis("row")


def _told(value: Any, low: Any, high: Any, said: Any) -> tuple[str, str]:  # noqa: ANN401 - figures or nothing
    if pd.isna(value):
        return "too few calls", NOTHING
    figure, ends = said
    return figure(value), NOTHING if pd.isna(low) or pd.isna(high) else ends(low, high)


def simulated(material: Material) -> list[Block]:
    """Years drawn from the history, where the plan asks for them."""
    try:
        found = material.simulated
    except FireplanError as error:
        return [Heading("Years drawn from the history"), absent(f"Nothing was simulated: {error}.")]
    if found is None:
        return []
    summary = found.summary()
    row: Any = summary.loc["share_within"]
    times = f"{wording.counted(found.days, 'day')}, {wording.counted(found.replications, 'replication')}"
    return [
        Heading("Years drawn from the history"),
        Prose(
            f"Simulated share within the limit ({wording.lower(found.headline)}):"
            f" {wording.share_of(row['mean'], row['n'], 'calls', low=row['low'], high=row['high'])}. Drawn: {times},"
            f" seed {found.seed}; brackets hold 95 % intervals over replications."
        ),
        Table(
            "simulation",
            "Years drawn from the history: means over replications",
            summary,
            FIGURES,
            "simulated",
            _simulation_figures(found, summary),
        ),
        Points(_notes(found.notes)),
    ]


def _simulation_figures(found: Simulation, summary: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in SIMULATED:
        row: Any = summary.loc[name]
        said = _SAID.get(str(row["unit"]).split(" of ")[0], _COUNT_ENDS)
        each = f"; mean of a replication of {wording.counted(found.days, 'day')}" if said is _COUNT_ENDS else ""
        of = str(row["unit"]) if said is _SHARE_ENDS else "calls that were reached" if name == "p90_s" else "calls"
        rows.append((f"{row['title']}{each}", row["mean"], row["low"], row["high"], row["n"], of, said))
    return _figures(rows)
