"""How likely help is to come in time, by when it comes at the median."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._drive_curve import DriveCurve
from fireplan.stations import USUAL_TURNOUT_S

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.drive_times._calibration import Calibration
    from fireplan.drive_times._travel_spread import TravelSpread

LATE_S = 7200
"""Arrivals later than this at the median are not told apart. [s]"""

NO_TURNOUT = np.zeros(1)
COARSE = 25
"""So many equally likely turnouts are enough for drawn laws."""


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
        Equally likely turnouts; nothing, where none counts. [s]
    told_turnout_s
        The turnout that arrivals are told with at the median. [s]
    key
        What stands for it, for keeping results.
    """

    by_second: NDArray[np.float64]
    draws: NDArray[np.float64]
    spread: TravelSpread
    turnout_s: NDArray[np.float64]
    told_turnout_s: float
    key: Hashable = None

    def at(self, arrival_s: NDArray[np.floating]) -> NDArray[np.float64]:
        """Say how likely each of some places is reached in time; one that is never reached, not at all."""
        reached = np.isfinite(arrival_s)
        second = np.clip(np.where(reached, arrival_s, 0.0), 0, LATE_S).astype(np.int64)
        return np.where(reached, self.by_second[second], 0.0)

    def coarser(self) -> Chances:
        """Give the same law with fewer turnouts, which is as good to a tenth of a second."""
        few_s = self.turnout_s if len(self.turnout_s) < COARSE else self.turnout_s.reshape(COARSE, -1).mean(axis=1)
        return self._replace(turnout_s=few_s)

    def within(self, second: NDArray[np.int64], limit_s: float) -> NDArray[np.float64]:
        """Say how likely arrivals of these whole seconds at the median are within any limit."""
        return in_time(self.spread, second + 0.5 - self.told_turnout_s, limit_s, self.turnout_s)


class Crews(NamedTuple):
    """Whose turnout counts: kinds of unit, categories of incident (none named: all), hours of the day (None: all)."""

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    hours: tuple[int, ...] | None = None


def chances_of(
    calibration: Calibration,
    curve: DriveCurve,
    *,
    limit_s: float,
    crews: Crews | None,
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
    crews
        Whose turnout counts besides the drive; None: nobody's.
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
    turnout_s, later_s = (NO_TURNOUT, 0.0) if crews is None else _turnout_of(calibration, crews)
    second = np.arange(LATE_S + 1)
    by_second = in_time(spread, second + 0.5 - later_s, limit_s, turnout_s)
    # Drawn laws are smooth in time: every fifth second is enough for them.
    coarse = np.concatenate([np.arange(0.5, 1800, 5), np.arange(1800.5, LATE_S + 60, 60)])
    added_s = np.maximum(np.asarray(curve.added_s(np.maximum(coarse - later_s, 0.0))) - curve.start_s, 0.0)
    widened = spread.upper / calibration.spread.upper if calibration.spread is not None else 1.0
    draws = np.empty((len(calibration.draws), LATE_S + 1))
    found = Chances(by_second, draws, spread, turnout_s, later_s, key)
    for row, draw in zip(draws, calibration.draws, strict=True):
        drawn = DriveCurve(draw.start_s, draw.offset_s, draw.scale, draw.power, curve.ramp_s)
        median_s = np.asarray(drawn.clock_s(added_s, draw.start_s))
        law = type(spread)(draw.upper * widened, draw.slope, spread.shape, spread.shape_is)
        row[:] = np.interp(second + 0.5, coarse, in_time(law, median_s, limit_s, found.coarser().turnout_s))
    return found


def _turnout_of(calibration: Calibration, crews: Crews) -> tuple[NDArray[np.float64], float]:
    """Equally likely turnouts of some crews, and the one they are told with: the median to all incidents. [s]"""
    if calibration.turnouts is None:
        return np.array([USUAL_TURNOUT_S]), USUAL_TURNOUT_S  # planned, and taken to be kept
    of_these = calibration.turnouts.distribution_s(crews.kinds, crews.categories, hours=crews.hours)
    return of_these, calibration.turnouts.median_s(crews.kinds, hours=crews.hours)


def in_time(
    spread: TravelSpread, drive_s: NDArray[np.floating], limit_s: float, turnout_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Say how likely turnout and drive together come within a limit.

    Parameters
    ----------
    spread
        How drives differ.
    drive_s
        Medians of drives. [s]
    limit_s
        The limit. [s]
    turnout_s
        Equally likely turnouts, independent of the drive. [s]
    """
    median_s = np.maximum(np.asarray(drive_s, dtype=float), 1e-6)
    found = np.zeros(len(median_s))
    for turns_out_s in turnout_s.tolist():
        found += spread.chance(median_s, limit_s - turns_out_s)
    return found / len(turnout_s)
