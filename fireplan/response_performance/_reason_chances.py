"""How likely each reason decided that an objective was missed, where it is known how drives differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.response_performance._missed_parts import EXCESSES, REASONS, TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fireplan.drive_times import TravelSpread

NOT_WEIGHED = ("outside_area", "unknown")
DISTANCE, ELSEWHERE, SLOW = (EXCESSES.index(name) for name in ("distance", "elsewhere", "slow_travel"))


class ReasonChances(NamedTuple):
    """
    Reasons by incident.

    Attributes
    ----------
    chances
        Incidents x `REASONS`: how likely each decided; they add up to one.
    alone
        The same: how likely it decided and mending it alone would have met the objective.
    """

    chances: pd.DataFrame
    alone: pd.DataFrame


def reason_chances(table: pd.DataFrame, spread: TravelSpread, *, told: bool) -> ReasonChances:
    """
    Weigh the reasons of incidents over an objective.

    Parameters
    ----------
    table
        With excesses and reasons at the median drive, see `decided`.
    spread
        How drives differ from their median.
    told
        Whether it is told which unit came; else all drive from the first-due station.

    Notes
    -----
    What a drive usually takes is no one figure but a distribution. For each of a hundred equally likely usual drives,
    the same from the first-due station and from where the unit came, the parts have their excesses as at the median,
    and the largest decides. But a drive was slow only if the usual one would have met the objective, all else being as
    it was: otherwise the objective would have been missed without it.
    """
    weighed = ~table["reason"].isin(NOT_WEIGHED).to_numpy()
    rows = table[weighed]
    over_s = rows["over_s"].to_numpy(float)
    busy = rows["first_due_busy"].fillna(value=False).to_numpy(bool)
    column = np.array([list(REASONS).index(name) if name in REASONS else -1 for name in EXCESSES])
    elsewhere = [list(REASONS).index(name) for name in ("came_from_elsewhere", "first_due_busy")]
    at = np.arange(len(rows))
    found = np.zeros((2, len(rows), len(REASONS)))
    usual = list(_usual_drives(rows, spread, told=told))
    for excess in usual:
        excess[SLOW] = np.where(excess[SLOW] >= over_s - TOLERANCE_S, excess[SLOW], -np.inf)
        part = excess.argmax(axis=0)
        reason = np.where(part == ELSEWHERE, np.where(busy, elsewhere[1], elsewhere[0]), column[part])
        found[0, at, reason] += 1
        found[1, at, reason] += excess.max(axis=0) >= over_s - TOLERANCE_S
    whole = np.zeros((2, len(table), len(REASONS)))
    whole[:, weighed] = found / len(usual)
    code = table["reason"].cat.codes.to_numpy()
    whole[0, ~weighed, code[~weighed]] = 1.0
    return ReasonChances(*(pd.DataFrame(part, index=table.index, columns=list(REASONS)) for part in whole))


def _usual_drives(rows: pd.DataFrame, spread: TravelSpread, *, told: bool) -> Iterator[NDArray[np.float64]]:
    """Excesses of each part for each of equally likely usual drives, parts x incidents. [s]"""
    due_s, home_s, took_s = (rows[c].to_numpy(float) for c in ("modelled_travel_s", "modelled_s", "travel_s"))
    at_median = rows[[f"{name}_excess_s" for name in EXCESSES]].to_numpy(float).T
    left_s = due_s - at_median[DISTANCE]
    away = np.isnan(home_s)
    home_s = np.where(away, 1.0, home_s)
    due_upper, home_upper = spread.upper_at(due_s), spread.upper_at(home_s)
    others = np.nan_to_num(at_median, nan=-np.inf)
    for z in spread.shape:
        excess = others.copy()
        from_due_s = due_s * np.exp(due_upper * z)
        # Of a unit that was not at home the drive is what it was.
        from_home_s = np.where(away, took_s, home_s * np.exp(home_upper * z)) if told else from_due_s
        excess[DISTANCE:] = from_due_s - left_s, from_home_s - from_due_s, took_s - from_home_s
        yield excess


def likeliest(table: pd.DataFrame, found: ReasonChances) -> pd.DataFrame:
    """Give each incident its likeliest reason, of equal ones the earliest, and how likely that is."""
    chances, alone = found.chances.to_numpy(), found.alone.to_numpy()
    code = chances.argmax(axis=1) if len(table) else np.zeros(0, dtype=np.int64)
    row = np.arange(len(table))
    reason = pd.Categorical(np.array(list(REASONS), dtype=object)[code], categories=list(REASONS))
    told = pd.Series(alone[row, code] >= chances[row, code] / 2, index=table.index, dtype="boolean")
    return table.assign(
        reason=reason, reason_chance=chances[row, code], alone=told.mask(np.asarray(reason.isin(NOT_WEIGHED)))
    )
