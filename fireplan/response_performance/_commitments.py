"""When units were committed to incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.response_performance._time_bins import LONGEST_COMMITTED_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_CLEARED = 0.02
"""Fewer responses without an end change no share that is told."""


def committed_rows(responses: pd.DataFrame, return_s: float = 0.0) -> tuple[pd.DataFrame, pd.Series[pd.Timestamp]]:
    """Responses with a time of dispatch, and when each ends: cleared, or else the last stamp there is."""
    stamps = [name for name in ("dispatched", "enroute", "arrived") if name in responses]
    last = responses[stamps].max(axis=1)
    rows = responses[responses["dispatched"].notna()]
    day = pd.Timedelta(seconds=LONGEST_COMMITTED_S)
    cleared = rows["cleared"].where(~(rows["cleared"] - rows["dispatched"] > day))  # a day on is a stamp gone wrong
    return rows, cleared.fillna(last).clip(lower=rows["dispatched"]) + pd.Timedelta(seconds=return_s)


def not_cleared_said(responses: pd.DataFrame) -> list[str]:
    """Say of how many responses the end is not known, so that units are taken to be free too soon."""
    rows = responses[responses["dispatched"].notna()]
    missing = int(rows["cleared"].isna().sum())
    if missing <= NOT_CLEARED * len(rows):
        return []
    part = wording.share(missing / len(rows))
    told = (
        f"of {wording.count(missing)} of {wording.counted(len(rows), 'response')} ({part}) it is not known"
        " when the unit was free again (cleared): it is taken to be so after its last stamp, so that units that were"
        " out are told too seldom"
    )
    return [told]


class Commitments:
    """
    When units were committed to incidents.

    Parameters
    ----------
    responses
        One row per unit per incident, with the stamps.
    return_s
        How long a unit stays committed after it has cleared. [s]
    """

    def __init__(self, responses: pd.DataFrame, return_s: float = 0.0) -> None:
        rows, end = committed_rows(responses, return_s)
        self._units, self._incidents = pd.Index(rows["unit_id"].unique()), pd.Index(rows["incident_id"].unique())
        unit = self._units.get_indexer(pd.Index(rows["unit_id"]))
        begins, ends = _microseconds(rows["dispatched"]), _microseconds(end)
        # One more on either side, for moments before the first and after the last.
        self._first = int(begins.min()) - 1 if len(rows) else 0
        self._span = int(ends.max()) - self._first + 2 if len(rows) else 1
        self._begins = np.sort(self._coded(unit, begins))
        self._ends = np.sort(self._coded(unit, ends))
        incident = self._incidents.get_indexer(pd.Index(rows["incident_id"]))
        pair = unit * np.int64(len(self._incidents)) + incident
        order = np.argsort(pair, kind="stable")
        self._pair, self._pair_begins, self._pair_ends = pair[order], begins[order], ends[order]

    def _coded(self, unit: NDArray[np.int64], moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Put the moments of all units on one line, one unit after the other."""
        return unit * np.int64(self._span) + np.clip(moment - self._first, 0, self._span - 1)

    def at(
        self, unit_id: pd.Series[str], when: pd.Series[pd.Timestamp], incident_id: pd.Series[str]
    ) -> NDArray[np.bool_]:
        """
        Say whether units were committed to another incident at a moment: not before dispatch, nor any more when clear.

        Parameters
        ----------
        unit_id, when, incident_id
            Which unit, at which moment, and the incident that does not count as another.
        """
        unit = self._units.get_indexer(pd.Index(unit_id))
        asked = np.flatnonzero((unit >= 0) & when.notna().to_numpy())
        unit, moment = unit[asked], _microseconds(when)[asked]
        code = self._coded(unit, moment)
        begun = np.searchsorted(self._begins, code, side="right") - np.searchsorted(self._ends, code, side="right")
        incident = self._incidents.get_indexer(pd.Index(incident_id))[asked]
        begun -= self._to_itself(unit * np.int64(len(self._incidents)) + incident, moment, known=incident >= 0)
        busy = np.zeros(len(when), dtype=bool)
        busy[asked] = begun > 0
        return busy

    def _to_itself(
        self, pair: NDArray[np.int64], moment: NDArray[np.int64], *, known: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """How many of a unit's commitments at a moment are to the incident itself; it may be sent to one twice."""
        low, high = np.searchsorted(self._pair, pair, side="left"), np.searchsorted(self._pair, pair, side="right")
        count = np.where(known, high - low, 0)
        at = np.repeat(np.arange(len(pair)), count)
        row = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
        running = (self._pair_begins[row] <= moment[at]) & (moment[at] < self._pair_ends[row])
        return np.bincount(at[running], minlength=len(pair))


def _microseconds(stamps: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    return np.asarray(stamps.dt.as_unit("us").astype("int64"), dtype=np.int64)
