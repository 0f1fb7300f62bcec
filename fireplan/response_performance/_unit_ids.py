"""Units of a history under the ids of the department's table of units, which may spell them another way."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fireplan import wording
from fireplan.errors import InputError, listed, quoted
from fireplan.stations._unit_ids import plain_unit_id

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TOLD = 8


class Matched(NamedTuple):
    """Ids of units as the table has them, where it has them, and what was made of others."""

    unit_id: pd.Series[str]
    notes: tuple[str, ...]


def matched_units(unit_id: pd.Series[str], table: pd.Index) -> Matched:
    """
    Put units of a history under the ids of a table.

    Parameters
    ----------
    unit_id
        One for each response.
    table
        Ids of the department's units.

    Returns
    -------
    An id that is in the table stays; one that differs from a single one of it in spelling alone becomes that; one that
    could be several stays as it is, and so does any other.
    """
    of_plain: dict[str, list[str]] = {}
    for known in table:
        of_plain.setdefault(plain_unit_id(known), []).append(str(known))
    counts = unit_id[~unit_id.isin(table)].value_counts()
    now: dict[str, str] = {}
    told, torn = [], []
    for strange, n in sorted(counts.items()):
        meant = of_plain.get(plain_unit_id(strange), [])
        if len(meant) == 1:
            now[str(strange)] = meant[0]
            told.append(f"{quoted(strange)} as {meant[0]} ({wording.counted(n, 'response')})")
        elif meant:
            torn.append(f"{quoted(strange)} ({wording.counted(n, 'response')}): {wording.joined(meant)}")
    notes = []
    if told:
        notes.append(f"units matched by the spelling of their ids: {listed(told, most=MOST_TOLD)}")
    if torn:
        notes.append(
            f"units that could be several of the table, and were taken for none: {listed(torn, most=MOST_TOLD)}"
        )
    return Matched(unit_id.replace(now) if now else unit_id, tuple(notes))


def refuse_strangers(unit_id: Iterable[str], table: pd.Index) -> None:
    """Refuse a history of which no unit is in the table: every one of its units would be a neighbour's."""
    found = sorted({str(unit) for unit in unit_id if not pd.isna(unit)})
    if not found or len(table) == 0 or pd.Index(found).isin(table).any():
        return
    known = {plain_unit_id(unit): str(unit) for unit in sorted(map(str, table))}
    close = ((unit, get_close_matches(plain_unit_id(unit), known, n=1, cutoff=0.5)) for unit in found)
    meant = next((f"; did you mean {known[alike[0]]} by {quoted(unit)}?" for unit, alike in close if alike), "")
    raise InputError(
        f"none of the {wording.counted(len(found), 'unit')} of this history is in the table of units: the history has"
        f" {listed(map(quoted, found), most=3)}, the table {listed(map(quoted, known.values()), most=3)}{meant};"
        " give both the same ids, or Policy(aid_received=True) if they are all neighbours'"
    )
