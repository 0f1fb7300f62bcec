"""How likely help is to come in time, by when it comes at the median."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._drive_curve import DriveCurve

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.drive_times._calibration import Calibration
    from fireplan.drive_times._travel_spread import TravelSpread

LATE_S = 7200
"""Arrivals later than this at the median are not told apart. [s]"""

NO_TURNOUT = np.zeros(1)


class Chances(NamedTuple):
    """
    The law of arrivals under one objective.

    Attributes
    ----------
    by_second
        How likely help is to come within the limit where it comes in each whole second at the median.
    draws
        The same as fitted to days drawn anew, draws x seconds; no row where there are none.
    spread
        How drives of one median differ.
    turnout_s
        Equally likely turnouts, of which the median is told with the drive; nothing, where none counts. [s]
    key
        What stands for it, for keeping results.
    """

    by_second: NDArray[np.float64]
    draws: NDArray[np.float64]
    spread: TravelSpread
    turnout_s: NDArray[np.float64]
    key: Hashable = None

    def at(self, arrival_s: NDArray[np.floating]) -> NDArray[np.float64]:
        """Say how likely each of some places is reached in time; one that is never reached, not at all."""
        reached = np.isfinite(arrival_s)
        second = np.clip(np.where(reached, arrival_s, 0.0), 0, LATE_S).astype(np.int64)
        return np.where(reached, self.by_second[second], 0.0)

    def within(self, second: NDArray[np.int64], limit_s: float) -> NDArray[np.float64]:
        """Say how likely arrivals of these whole seconds at the median are within any limit."""
        return in_time(self.spread, second + 0.5, limit_s, self.turnout_s)


def chances_of(
    calibration: Calibration,
    curve: DriveCurve,
    *,
    limit_s: float,
    with_turnout: bool,
    kinds: tuple[str, ...],
    categories: tuple[str, ...],
    whole_week: bool,
    key: Hashable = None,
) -> Chances | None:
    """
    Work out how likely help is to come within a limit.

    Parameters
    ----------
    calibration
        What drives and turnouts were learnt from.
    curve
        By which drives are told here.
    limit_s
        The limit. [s]
    with_turnout, kinds, categories
        Whether the turnout counts, and of which units to which incidents.
    whole_week
        Whether drives of all hours are meant together, or of hours that are alike.
    key
        What is to stand for it.

    Returns
    -------
    None: the calibration does not say how drives differ.
    """
    spread = calibration.over_the_week() if whole_week else calibration.spread
    if spread is None:
        return None
    turnout_s = NO_TURNOUT
    if with_turnout and calibration.turnout is not None:
        turnout_s = calibration.turnout.distribution_s(kinds, categories)
    second = np.arange(LATE_S + 1)
    by_second = in_time(spread, second + 0.5, limit_s, turnout_s)
    # Drawn laws are smooth in time: every fifth second is enough for them.
    coarse = np.concatenate([np.arange(0.5, 1800, 5), np.arange(1800.5, LATE_S + 60, 60)])
    later_s = float(np.median(turnout_s))
    added_s = np.maximum(np.asarray(curve.added_s(np.maximum(coarse - later_s, 0.0))) - curve.start_s, 0.0)
    widened = spread.upper / calibration.spread.upper if calibration.spread is not None else 1.0
    draws = np.empty((len(calibration.draws), LATE_S + 1))
    for row, draw in zip(draws, calibration.draws, strict=True):
        drawn = DriveCurve(draw.start_s, draw.offset_s, draw.scale, draw.power, curve.ramp_s)
        median_s = np.asarray(drawn.clock_s(added_s, draw.start_s))
        law = type(spread)(draw.upper * widened, draw.slope, spread.shape, spread.shape_is)
        found = in_time(law, median_s + later_s, limit_s, turnout_s)
        row[:] = np.interp(second + 0.5, coarse, found)
    return Chances(by_second, draws, spread, turnout_s, key)


def in_time(
    spread: TravelSpread, told_s: NDArray[np.floating], limit_s: float, turnout_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say how likely arrivals that are told so at the median come within a limit, over equally likely turnouts."""
    drive_s = np.maximum(np.asarray(told_s, dtype=float) - np.median(turnout_s), 1e-6)
    found = np.zeros(len(drive_s))
    for turns_out_s in turnout_s.tolist():
        found += spread.chance(drive_s, limit_s - turns_out_s)
    return found / len(turnout_s)
