"""A history as arrays: its calls, the responses to them in order of dispatch, and what cannot be sent again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._kernel.simulation.replay import NOBODY, PastResponses
from fireplan.drive_times._travel_spread import LEVELS
from fireplan.errors import InputError
from fireplan.response_performance._attendance import NO_UNITS
from fireplan.response_performance._time_bins import LONGEST_COMMITTED_S, MISSING_US, instants_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.drive_times import Calibration
    from fireplan.response_performance import Attendance
    from fireplan.scenario import Scenario


REPLACED_S = 60.0
"""A unit sent no later than this after one was called off takes its place. [s]"""


@dataclass(frozen=True)
class PastCalls:
    """
    What was sent, in order of dispatch.

    Attributes
    ----------
    attendance
        Who went to what.
    incidents
        Those to which a unit that can be sent again went, in order of dispatch; `sent.call` counts them.
    rows
        The responses that are sent again, as `attendance.responses` has them, in order of dispatch; of one dispatch of
        one kind, the department's own in order of arrival, then those of neighbours.
    kinds, units
        Kinds of unit by number, and the department's units by number.
    sent
        The same as arrays.
    starts_us
        When the clock of the arrays begins. [us since 1970, UTC]
    placed
        Which calls have a place that a station reaches.
    again
        Which rows of `attendance.responses` are sent again.
    left_out
        Responses that are not sent again, by reason.
    """

    attendance: Attendance
    incidents: gpd.GeoDataFrame
    rows: pd.DataFrame
    kinds: pd.Index
    units: pd.Index
    sent: PastResponses
    starts_us: int
    placed: NDArray[np.bool_]
    again: NDArray[np.bool_]
    left_out: Mapping[str, int]

    def reached(self, travel_s: NDArray[np.float32]) -> PastCalls:
        """Take calls that no station reaches (stations x calls, inf) for such as have no place."""
        placed = self.placed & np.isfinite(travel_s).any(axis=0)
        sent = self.sent._replace(fixed=self.sent.fixed | ~placed[self.sent.call])
        return replace(self, placed=placed, sent=sent)


def past_calls(attendance: Attendance, department: Scenario, *, seed: int) -> PastCalls:
    """
    Put a history into order of dispatch.

    Parameters
    ----------
    attendance
        Who went to what.
    department
        The department that answered.
    seed
        Of the luck of drives.
    """
    if attendance.grain == "incident":
        raise InputError(f"what a unit did before cannot be told: {NO_UNITS}")
    units = department.units
    responses = attendance.responses
    kinds = pd.Index(sorted(units["type"].unique()))
    kind = kinds.get_indexer(pd.Index(responses["unit_type"]))
    dispatched = responses["dispatched"].notna().to_numpy()
    left_out = {
        "no time of dispatch is known": int((~dispatched).sum()),
        "of a kind that the department has no unit of, or of none that is known": int((dispatched & (kind < 0)).sum()),
    }
    closed = units.index[~units["station_id"].isin(department.stations.index[department.stations["open"]])]
    homeless = dispatched & (kind >= 0) & responses["unit_id"].isin(closed).to_numpy()
    left_out["of a unit whose station is closed, so that nobody knows where it came from"] = int(homeless.sum())
    stays = dispatched & (kind >= 0) & ~homeless
    rows = responses[stays].assign(kind=kind[stays])
    if not dispatched.any():
        raise InputError(
            "the history does not say when any unit was dispatched, so that what it was sent to before cannot be told:"
            " give that column"
        )
    if not len(rows):
        raise InputError("no response of the history is of a kind of unit that the scenario has: see its unit types")
    if rows["cleared"].isna().all():
        raise InputError(
            "the history does not say when any unit was free again (cleared), so that who was out is not known: give"
            " that column"
        )
    rows["unit"] = units.index.get_indexer(pd.Index(rows["unit_id"]))
    rows["theirs"] = rows["unit"] < 0
    at = attendance.incidents.index.get_indexer(pd.Index(rows["incident_id"]))
    rows["incident"] = at
    # A unit that was called off comes after those that arrived.
    rows = rows.sort_values(["dispatched", "incident", "kind", "theirs", "arrived"], kind="stable")
    call, first = pd.factorize(rows["incident"])
    incidents = attendance.incidents.iloc[first]
    placed = ~(incidents.geometry.isna() | incidents.geometry.is_empty).to_numpy()
    sent, starts_us = _as_arrays(rows, call, placed, department, seed)
    rows = rows.drop(columns=["incident"]).reset_index(drop=True)
    return PastCalls(attendance, incidents, rows, kinds, units.index, sent, starts_us, placed, stays, left_out)


def _as_arrays(
    rows: pd.DataFrame, call: NDArray[np.int64], placed: NDArray[np.bool_], department: Scenario, seed: int
) -> tuple[PastResponses, int]:
    """Responses as the loop takes them, and when its clock begins."""
    stamps = {name: instants_us(rows[name]) for name in ("dispatched", "enroute", "arrived", "cleared")}
    starts_us = int(stamps["dispatched"].min())
    s = {name: np.where(us == MISSING_US, np.nan, (us - starts_us) / 1e6) for name, us in stamps.items()}
    begun = s["dispatched"]
    over = ~(s["cleared"] - begun <= LONGEST_COMMITTED_S)  # or missing: it ends with its last stamp
    last = np.fmax(np.fmax(begun, s["enroute"]), s["arrived"])
    cleared = np.maximum(np.where(over, last, s["cleared"]), begun)
    off = rows["cancelled"].to_numpy(bool) if "cancelled" in rows else np.zeros(len(rows), dtype=bool)
    scene = np.where(off | (cleared < s["arrived"]), np.nan, cleared - s["arrived"])
    driven = np.where(off, np.fmax(cleared - np.fmin(s["enroute"], cleared), 0.0), np.nan)
    driven[off & np.isnan(s["enroute"])] = 0.0
    unit = rows["unit"].to_numpy(np.int64)
    seen = rows["on_view"].to_numpy(bool) if "on_view" in rows else np.zeros(len(rows), dtype=bool)
    fixed = ~placed[call] | (seen & (unit >= 0))
    spread = department.calibration.spread if department.calibration is not None else None
    level = np.random.default_rng(seed).random(len(rows))
    luck = np.zeros(len(rows)) if spread is None else np.interp(level, LEVELS, spread.shape)
    return (
        PastResponses(
            begun, call.astype(np.int64), rows["kind"].to_numpy(np.int64), np.where(unit < 0, NOBODY, unit), fixed,
            cleared, _turnout_s(rows, department), scene, driven, luck, np.ones(len(rows)),
        ),
        starts_us,
    )  # fmt: skip


def called_off_last(sent: PastResponses) -> PastResponses:
    """
    Let the first units sent to a call be those that arrive.

    In the record the first sent is called off when a nearer one is found. By the rules the nearest goes first, and it
    is what comes after that is not needed. A unit that was sent when all before it had long been called off was sent to
    a new alarm.
    """
    moves = np.flatnonzero(~sent.fixed & (sent.unit >= 0))
    slot = moves[np.lexsort((moves, sent.call[moves], sent.kind[moves]))]
    together = [sent.kind[slot], sent.call[slot]]
    out_s = pd.Series(sent.cleared_s[slot]).groupby(together)
    all_before_s = out_s.cummax().groupby(together).shift().to_numpy(float)
    alarm = np.cumsum(~(sent.at_s[slot] <= all_before_s + REPLACED_S))  # and the first of a call
    taken = slot[np.lexsort((np.isfinite(sent.driven_s[slot]), alarm))]
    order = np.arange(len(sent.at_s))
    order[slot] = taken
    return sent._replace(
        cleared_s=sent.at_s + (sent.cleared_s - sent.at_s)[order],
        turnout_s=sent.turnout_s[order],
        scene_s=sent.scene_s[order],
        driven_s=sent.driven_s[order],
        luck=sent.luck[order],
    )


def turnout_factors(calibration: Calibration | None, stations: pd.Index) -> NDArray[np.float64]:
    """How crews of some stations turn out, against a usual one."""
    turnouts = None if calibration is None else calibration.turnouts
    return np.array([1.0 if turnouts is None else turnouts.factor(str(name)) for name in stations])


def _turnout_s(rows: pd.DataFrame, department: Scenario) -> NDArray[np.float64]:
    """Turnout as the record has it, by the crew of a usual station; where it has none, the median of the kind. [s]"""
    turned_out_s = (rows["enroute"] - rows["dispatched"]).dt.total_seconds().clip(lower=0.0)
    # Of units that were on the road already nothing, and so here.
    known = rows["turnout_s"].fillna(turned_out_s)
    usual_s = known.groupby(rows["kind"]).median()
    planned_s = department.units.groupby("type")["turnout_s"].median()
    by_kind = dict(enumerate(planned_s.sort_index())) | usual_s.dropna().to_dict()
    filled = known.fillna(rows["kind"].map(by_kind)).to_numpy(float)
    home = rows["station_id"].fillna("")
    factor = dict(zip(home.unique(), turnout_factors(department.calibration, pd.Index(home.unique())), strict=True))
    return filled / np.where(known.notna(), home.map(factor).to_numpy(float), 1.0)
