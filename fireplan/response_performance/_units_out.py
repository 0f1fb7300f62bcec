"""How many units were out already when a call came in, and which units came straight from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan.response_performance._commitments import committed_rows
from fireplan.response_performance._time_bins import Spans, instants_us, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance

MOST_OUT = 3
"""So many units out, and more, are one level."""

LEVELS_OUT = (*map(str, range(MOST_OUT)), f"{MOST_OUT}+")

SOON_S = 600.0
"""A unit sent again no later than this after it cleared has calls back to back. [s]"""

AT_ANOTHER, SOON, RESTED = "at another call", "cleared within 10 min", "free for longer"
BACK_TO_BACK = (AT_ANOTHER, SOON, RESTED)


def units_committed(attendance: Attendance, rows: pd.DataFrame, *, of_kind: bool) -> pd.Series[str]:
    """
    Say how many of the department's units were committed to other incidents when units were first sent to one.

    Parameters
    ----------
    attendance
        Who went to what.
    rows
        Responses or incidents, with `incident_id` as a column or the index.
    of_kind
        Whether units of the type of the responding unit are meant, or all.

    Returns
    -------
    "0", "1", "2" or "3+" in the order of `rows`; missing where no dispatch, or no type, is known, and of
    a history without times of clearing. A unit sent to two
    incidents is one; what was sent at the same moment is not out yet, what clears at it is no longer.
    """
    responses = attendance.responses
    begun, end = committed_rows(responses[responses["own"] & responses["unit_id"].notna()])
    if begun["cleared"].isna().all():  # who was out is not known at all
        return _named(np.full(len(rows), -1), LEVELS_OUT, rows.index)
    unit, _ = pd.factorize(begun["unit_id"])
    types = pd.Index(responses["unit_type"].dropna().unique())
    spans = merge(Spans(unit.astype(np.int64), instants_us(begun["dispatched"]), instants_us(end)))
    type_of = np.full(unit.max(initial=-1) + 1, -1)
    type_of[unit] = types.get_indexer(pd.Index(begun["unit_type"]))
    ids = pd.Index(rows.get("incident_id", rows.index))
    sent = responses.groupby("incident_id")["dispatched"].min().reindex(ids)
    at_us, known = instants_us(sent), sent.notna().to_numpy(copy=True)
    out = np.zeros(len(ids), dtype=np.int64)
    if of_kind:
        kind = types.get_indexer(pd.Index(_types_of(attendance, rows, ids)))
        known &= kind >= 0
        for k in np.unique(kind[known]):
            here = kind == k
            mine = type_of[spans.owner] == k
            out[here] = _running(spans.begin_us[mine], spans.end_us[mine], at_us[here])
    else:
        out = _running(spans.begin_us, spans.end_us, at_us)
    return _named(np.where(known, np.minimum(out, MOST_OUT), -1), LEVELS_OUT, rows.index)


def back_to_back(attendance: Attendance, rows: pd.DataFrame) -> pd.Series[str]:
    """
    Say of responses what the unit had done before: still at another call, cleared within ten minutes, or neither.

    Parameters
    ----------
    attendance
        Who went to what.
    rows
        Responses or incidents; of an incident the unit that was first to arrive is meant.

    Returns
    -------
    One of `BACK_TO_BACK` in the order of `rows`; missing where the unit, or its dispatch, is not known, and of a
    history without times of clearing. A unit of which no call before is on record has rested.
    """
    responses = attendance.responses
    begun, end = committed_rows(responses[responses["unit_id"].notna()])
    if begun["cleared"].isna().all():
        return _named(np.full(len(rows), -1), BACK_TO_BACK, rows.index)
    order = np.lexsort((instants_us(begun["dispatched"]), pd.factorize(begun["unit_id"])[0]))
    table = pd.DataFrame(
        {
            "incident_id": begun["incident_id"].to_numpy(object)[order],
            "unit_id": begun["unit_id"].to_numpy(object)[order],
            "begin": instants_us(begun["dispatched"])[order],
            "end": instants_us(end)[order],
        }
    )
    # Of one call a unit may be sent to twice, its own spell does not count as another.
    own = table.groupby("unit_id", sort=False)
    before = own["end"].cummax().groupby(table["unit_id"], sort=False).shift(fill_value=np.iinfo(np.int64).min // 2)
    same = own["incident_id"].shift() == table["incident_id"]
    before = before.mask(same).groupby(table["unit_id"], sort=False).ffill()
    since_s = (table["begin"] - before) / 1e6
    code = np.select([since_s < 0, since_s <= SOON_S], [0, 1], 2)
    of = pd.Series(code, index=pd.MultiIndex.from_frame(table[["incident_id", "unit_id"]]))
    of = of[~of.index.duplicated()]
    ids = pd.Index(rows.get("incident_id", rows.index))
    unit = rows["unit_id"] if "unit_id" in rows else attendance.firsts()["unit_id"].reindex(ids)
    found = of.reindex(pd.MultiIndex.from_arrays([ids, pd.Index(unit)])).fillna(-1).to_numpy(np.int64)
    return _named(found, BACK_TO_BACK, rows.index)


def _named(level: NDArray[np.int64], names: Sequence[str], index: pd.Index) -> pd.Series[str]:
    """Levels by name, in their order; -1: missing."""
    kind = pd.CategoricalDtype(list(names), ordered=True)
    named: pd.Series[Any] = pd.Series(np.array([*names, None], dtype=object)[level], index=index).astype(kind)
    return named


def _types_of(attendance: Attendance, rows: pd.DataFrame, ids: pd.Index) -> pd.Series[str]:
    """Types of the units that responses are of; of incidents, of the unit that was first to arrive."""
    return rows["unit_type"] if "unit_type" in rows else attendance.firsts()["unit_type"].reindex(ids)


def _running(begin_us: NDArray[np.int64], end_us: NDArray[np.int64], at_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many spans have begun before each moment and not ended by it."""
    begun = np.searchsorted(np.sort(begin_us), at_us, side="left")
    ended = np.searchsorted(np.sort(end_us), at_us, side="right")
    return np.asarray(begun - ended)
