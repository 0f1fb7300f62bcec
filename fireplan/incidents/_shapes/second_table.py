"""A second table with one row per unit, joined to the one with a row per incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from fireplan.errors import TableError, quoted
from fireplan.incidents._columns.find_columns import place_of
from fireplan.incidents._columns.mapping import CANONICAL_MAPPING, several
from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import OF_UNITS
from fireplan.incidents._formats.text_table import Records, squeezed
from fireplan.incidents._ledger.ledger import SECOND_FILE

if TYPE_CHECKING:
    from fireplan.incidents._columns.mapping import Mapping
    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.ledger import Ledger

OF_RESPONSES = frozenset(
    ("unit_id", "dispatched", "enroute", "staged", "arrived", "cancelled_enroute", "cleared", *OF_UNITS)
)
"""Columns that are taken from the second table where both have one of that name; the others are the incident's."""


def joined(
    first: Records, second: Records, mapping: Mapping, *, tables: tuple[str, str], ledger: Ledger
) -> tuple[Records, pd.Series[int]]:
    """
    Join two tables by the incident's number.

    Parameters
    ----------
    first, second
        One row per incident, and one per unit. Lines of the second count from `SECOND_FILE`.
    mapping
        Names the columns and the key.
    tables
        What to call the two in errors.
    ledger
        Takes the rows without a partner, and rows that repeat others.

    Returns
    -------
    One row per row of the second table that has a partner, and the line of that partner by its own line.
    """
    keys = several(mapping.second.key) if mapping.second is not None else _usual_key(mapping)
    places = [
        _key_place(records, keys[min(number, len(keys) - 1)], mapping, table=table)
        for number, (records, table) in enumerate(((first, tables[0]), (second, tables[1])))
    ]
    incidents, units = (
        records.texts(place).str.strip() for records, place in zip((first, second), places, strict=True)
    )
    whole = _whole_rows(first), _whole_rows(second)
    alone = _told_apart(incidents, whole[0], ledger=ledger)
    rows = _told_apart(units, whole[1], ledger=ledger, once=False)
    known = pd.Index(incidents[alone])
    found = known.get_indexer(pd.Index(units))
    lost = rows & (found < 0)
    ledger.set_aside("no_incident", second.lines[lost])
    kept = np.flatnonzero(rows & (found >= 0))
    at = np.flatnonzero(alone)[found[kept]]
    childless = alone.copy()
    childless[at] = False
    ledger.set_aside("no_units", first.lines[childless])
    if not len(kept):
        raise TableError(tables[1], [
            f"no {quoted(keys[-1])} of it is a {quoted(keys[0])} of {tables[0]}: are these files of the same calls?"
        ])  # fmt: skip
    header = _one_header(first.header, second.header, mapping)
    columns = {place: column.take(pa.array(at)) for place, column in first.columns.items()}
    width = len(first.header)
    columns |= {place + width: column.take(pa.array(kept)) for place, column in second.columns.items()}
    numeric = {place: flags[at] for place, flags in first.numeric.items()}
    numeric |= {place + width: flags[kept] for place, flags in second.numeric.items()}
    lines = second.lines[kept]
    partner = pd.Series(first.lines[at], index=lines)
    return Records(header, columns, lines, first.rows_in + second.rows_in, numeric), partner


def moved(records: Records) -> Records:
    """Count a table's lines as those of a second file."""
    return Records(records.header, records.columns, records.lines + SECOND_FILE, records.rows_in, records.numeric)


def _usual_key(mapping: Mapping) -> tuple[str, ...]:
    return mapping.sources().get("incident_id", ("incident_id",))[:1]


def _key_place(records: Records, key: str, mapping: Mapping, *, table: str) -> int:
    place = place_of(key, records.header)
    if place is None and mapping is CANONICAL_MAPPING:
        ids = [
            (known.rank, at) for at, name in enumerate(records.header)
            if (known := synonyms().get(squeezed(name))) is not None and known.canonical == "incident_id"
        ]  # fmt: skip
        place = min(ids)[1] if ids else None
    if place is None or place not in records.columns:
        raise TableError(table, [f"column {quoted(key)}, by which the two files are joined, is missing"])
    return place


def _whole_rows(records: Records) -> pd.DataFrame:
    return pd.DataFrame({place: records.texts(place).to_numpy(dtype=object) for place in sorted(records.columns)})


def _told_apart(keys: pd.Series[str], rows: pd.DataFrame, *, ledger: Ledger, once: bool = True) -> Flags:
    """Flag the rows that have a key and repeat no other; with `once`, those of which no earlier row has the key."""
    lines: Ints = keys.index.to_numpy()
    blank = (keys == "").to_numpy(dtype=bool)
    ledger.set_aside("incident_id_missing", lines[blank], column="incident_id")
    again = rows.duplicated().to_numpy() & ~blank
    ledger.duplicate("duplicate_row", lines[again])
    good = ~blank & ~again
    if once:
        twice = np.zeros(len(keys), dtype=bool)
        twice[np.flatnonzero(good)] = keys[good].duplicated().to_numpy()
        ledger.set_aside("incident_twice", lines[twice], column="incident_id")
        good &= ~twice
    return good


def _one_header(first: list[str], second: list[str], mapping: Mapping) -> list[str]:
    """Put two headers side by side; of a name that both have only the column that is wanted keeps it."""
    one, two = list(first), list(second)
    for at, name in enumerate(first):
        same = [place for place, other in enumerate(second) if squeezed(other) == squeezed(name)]
        if not same:
            continue
        if _canonical(name, mapping) in OF_RESPONSES:
            one[at] = ""
        else:
            for place in same:
                two[place] = ""
    return one + two


def _canonical(name: str, mapping: Mapping) -> str:
    """Tell which column a name of the header gives."""
    if mapping is CANONICAL_MAPPING:
        known = synonyms().get(squeezed(name))
        return known.canonical if known is not None else ""
    for canonical, sources in (mapping.sources() | dict(mapping.join)).items():
        if squeezed(name) in map(squeezed, sources):
            return canonical
    return ""
