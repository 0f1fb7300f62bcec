"""Whatever way units stand in a file: one row for each of them at each incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from fireplan.incidents._ledger.ledger import RowsOfResponses
from fireplan.incidents._shapes.side_by_side import side_by_side
from fireplan.incidents._shapes.status_log import LogTimes, log_as_rows
from fireplan.incidents._shapes.units_in_cells import units_apart

if TYPE_CHECKING:
    from fireplan.errors import Faults
    from fireplan.incidents._columns.pick_columns import Picked
    from fireplan.incidents._columns_and_types import Ints
    from fireplan.incidents._ledger.ledger import Ledger

    Clocks: TypeAlias = tuple[tuple[Ints | None, tuple[tuple[str, ...], ...]], ...]


class Shaped(NamedTuple):
    """
    One row per unit at each incident, as text, indexed as the ledger counts.

    `unsaid` holds of each time the rows that lack it since nobody can say which unit's it is, and `clocks` says which
    times share one date: of some rows, or (None) of all.
    """

    frame: pd.DataFrame
    unsaid: dict[str, Ints]
    clocks: Clocks


def one_row_per_unit(
    picked: Picked, *, when: LogTimes | None, partner: pd.Series[int] | None, faults: Faults, ledger: Ledger
) -> Shaped:
    """
    Make one row per unit and incident of the rows of a file.

    Parameters
    ----------
    picked
        The columns used, indexed by physical line.
    when
        Of a status log the times of its rows.
    partner
        Of two files that were joined the line in the first, by that in the second.
    faults, ledger
        Take what is found. If rows become something else than rows, the ledger follows them by number from here on.
    """
    mapping = picked.mapping
    frame = picked.frame
    clocks: Clocks = ((None, picked.clocks[0]),) if picked.clocks[0] else ()
    if mapping.log is not None:
        again = frame.duplicated().to_numpy()
        ledger.duplicate("duplicate_row", frame.index[again])
        frame, when = frame[~again], when.kept(~again) if when is not None else None
    if mapping.number_rows:
        frame = frame.assign(incident_id=_numbers(frame, ledger=ledger))
    if mapping.log is None and not picked.units and not mapping.split_units and partner is None:
        return Shaped(frame, {}, clocks)
    whole = ~ledger.is_set_aside(frame.index)
    frame = frame[whole]
    unsaid: dict[str, Ints] = {}
    if mapping.log is not None and when is not None:
        rows, origins = log_as_rows(frame, mapping.log, when.kept(whole), faults=faults, ledger=ledger)
    else:
        lines = frame.index.to_numpy()
        if picked.units:
            rows, place, which = side_by_side(frame, [unit.loc[frame.index] for unit in picked.units])
            clocks = tuple(
                (np.flatnonzero(which == number), groups) for number, groups in enumerate(picked.clocks) if groups
            )
            if not any("unit_id" in part for part in (*picked.units, frame)):
                ledger.add_file("units_by_place", column="unit_id")
        elif mapping.split_units:
            rows, place, unsaid = units_apart(frame)
            nobody = np.unique(np.concatenate([place[:0], *(place[taken] for taken in unsaid.values())]))
            ledger.add("units_in_cell", lines[nobody], column="unit_id")
        else:
            rows, place = frame, np.arange(len(frame))
        rows = rows.set_axis(pd.RangeIndex(len(rows)), axis="index")
        origins = RowsOfResponses(np.arange(len(rows)), lines[place])
    ledger.follow(origins if partner is None else _with_partners(origins, partner))
    return Shaped(rows, unsaid, clocks)


def _numbers(frame: pd.DataFrame, *, ledger: Ledger) -> pd.Series[str]:
    """Name incidents without an id by the line on which they stand."""
    called = pd.Series([f"row {line}" for line in frame.index], index=frame.index, dtype="str")
    given = frame["incident_id"] if "incident_id" in frame else called.mask(called != "", "")
    blank = given.str.strip() == ""
    ledger.add("rows_numbered", frame.index[blank], column="incident_id")
    alike = frame[blank].duplicated(keep=False)
    ledger.add("rows_alike", alike.index[alike], column="incident_id")
    return given.mask(blank, called)


def _with_partners(origins: RowsOfResponses, partner: pd.Series[int]) -> RowsOfResponses:
    """Let each response come from the row of its incident too."""
    number = np.concatenate([origins.number, origins.number])
    line = np.concatenate([origins.line, partner.reindex(origins.line).to_numpy()])
    order = np.argsort(number, kind="stable")  # the unit's own lines stay before the incident's
    loose: Ints = np.append(origins.loose, partner.reindex(origins.loose).to_numpy(dtype=np.int64))
    return RowsOfResponses(number[order], line[order], loose)
