"""What a replay sent, as tables: one row per response, and the responses of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._kernel.simulation.replay import FROM_ROAD
from fireplan._limits import last_within
from fireplan.simulation._call_figures import AID, NOT_PLACED, OWN, before_travel_s, chances, outcomes, spoken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.replay import SentAgain
    from fireplan.scenario import Scenario
    from fireplan.simulation._past_calls import PastCalls
    from fireplan.standards import Objective

WHENCE = ("station", "on the way home", "another call", "")
"""Where a unit was, in words; the last: nobody went."""


def dispatch_table(past: PastCalls, found: SentAgain, scenario: Scenario, objective: Objective) -> pd.DataFrame:
    """Give a row for each response that was sent again, in order of dispatch: see `Replay.dispatches`."""
    units, rows, own = scenario.units, past.rows, found.unit >= 0
    unit = np.where(own, found.unit, -1)
    station = np.append(units["station_id"].to_numpy(object), [None])[unit]
    out_h = np.where(own, found.cleared_s - past.sent.at_s, np.nan) / 3600
    before_s = before_travel_s(past, found.turnout_s, objective.interval)
    counts = spoken(past, objective)[past.sent.call] & ~np.isfinite(past.sent.driven_s)
    late = 1.0 - chances(scenario, found.median_s, last_within(objective.limit_s) - before_s)
    late = np.where(own, late, np.where(outcomes(past, found) == NOT_PLACED, np.nan, 1.0))
    table = pd.DataFrame(
        {
            "incident_id": rows["incident_id"].to_numpy(object),
            "dispatched": rows["dispatched"].array,
            "unit_type": past.kinds.to_numpy(object)[past.sent.kind],
            "observed_unit": rows["unit_id"].to_numpy(object),
            "outcome": outcomes(past, found),
            "unit_id": np.append(units.index.to_numpy(object), [None])[unit],
            "station_id": station,
            "whence": np.array(WHENCE, dtype=object)[np.where(own, found.whence, 3)],
            "turnout_s": found.turnout_s,
            "travel_s": found.median_s,
            "drive_s": found.drive_s,
            "committed_h": out_h,
            "late": np.where(counts, late, np.nan),
            "units_committed": found.out,
            "units_on_duty": found.of,
        }
    )
    return table.astype(dict.fromkeys(["incident_id", "unit_type", "observed_unit", "outcome", "unit_id",
                                       "station_id", "whence"], "str"))  # fmt: skip


def responses_of(past: PastCalls, found: SentAgain, scenario: Scenario) -> pd.DataFrame:
    """
    Give the responses of a replay as those of a history.

    What was not sent again stands as it was observed: it is the same before and after any change.
    """
    became = outcomes(past, found)
    again = _stamped(past, found, scenario)
    kept = again[(became == OWN) | (became == AID)]
    columns = [name for name in past.attendance.responses.columns if name in _OF_HISTORY]
    theirs = past.attendance.responses
    same = theirs[~past.again]
    table: pd.DataFrame = pd.concat([kept[columns], same[columns]], ignore_index=True)
    return table.sort_values(["incident_id", "dispatched"], kind="stable", ignore_index=True)


_OF_HISTORY = (
    "incident_id", "unit_id", "unit_type", "station_id", "received", "answered", "created", "dispatched", "enroute",
    "arrived", "cleared", "call_processing_s", "turnout_s", "travel_s", "total_response_s", "cancelled", "on_view",
    "already_on_road", "mutual_aid", "crew",
)  # fmt: skip
"""Columns of a history that a replay gives."""


def _stamped(past: PastCalls, found: SentAgain, scenario: Scenario) -> pd.DataFrame:
    """Stamps, to the second, of units that went; of neighbours' those of the record."""
    rows, units = past.rows.copy(), scenario.units
    own = found.unit >= 0
    moved = own & np.isfinite(found.drive_s) & ~rows["on_view"].to_numpy(bool)  # the others stand as they were observed
    begun = past.sent.at_s
    enroute = np.where(moved, begun + np.rint(found.turnout_s), np.nan)
    arrives = moved & ~np.isfinite(past.sent.driven_s)
    arrived = np.where(arrives, enroute + np.maximum(np.rint(found.drive_s), 1.0), np.nan)
    cleared = np.maximum(np.rint(found.cleared_s), np.fmax(arrived, begun))
    called_off = moved & ~arrives
    for name, s in (("enroute", enroute), ("arrived", arrived), ("cleared", cleared)):
        rows[name] = rows[name].mask(moved, _stamps(past, s))
    # Called off before it rolled.
    rows["enroute"] = rows["enroute"].mask(called_off & (rows["enroute"] > rows["cleared"]))
    taken = {"turnout_s": ("dispatched", "enroute"), "travel_s": ("enroute", "arrived"),
             "total_response_s": ("received", "arrived")}  # fmt: skip
    for name, (begin, end) in taken.items():
        rows[name] = rows[name].mask(moved, (rows[end] - rows[begin]).dt.total_seconds())
    rows["already_on_road"] = rows["already_on_road"].mask(moved, found.whence == FROM_ROAD)
    unit = np.where(own, found.unit, 0)
    for name, values in (("unit_id", units.index), ("station_id", units["station_id"]), ("crew", units["crew"])):
        rows[name] = rows[name].mask(own, pd.Series(values.to_numpy()[unit], index=rows.index))
    if "cancelled" in rows:
        rows["cancelled"] = rows["cancelled"].mask(moved, called_off)
    if "mutual_aid" in rows:
        rows["mutual_aid"] = rows["mutual_aid"].mask(own, other=False)
    return rows


def _stamps(past: PastCalls, seconds: NDArray[np.float64]) -> pd.Series[pd.Timestamp]:
    """Instants of seconds on the clock of the arrays."""
    known = ~np.isnan(seconds)
    us = np.where(known, np.nan_to_num(seconds) * 1e6, 0).astype(np.int64) + past.starts_us
    stamps = pd.Series(pd.DatetimeIndex(us.view("datetime64[us]")).tz_localize("UTC"))
    return stamps.where(known)
