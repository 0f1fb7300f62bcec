"""One unit asked for: which are free for it, which is nearest, and when it is free again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST_LEVEL, LEVELS_EACH, LAST = 0.005, 100.0, 99
"""Quantiles are kept at the middles of a hundred equal shares: the first, how many to a whole, and the last row."""

LEAST_UPPER, MOST_UPPER, USUAL_S = 0.005, 3.0, 240.0
"""As in `fireplan.drive_times.TravelSpread`."""


class UnitsInService(NamedTuple):
    """
    Units.

    Attributes
    ----------
    station
        Row of each unit's station in the drives.
    kind_start, kind_unit
        Units that may be sent where a kind is asked for: those of kind k are `kind_unit[kind_start[k] :
        kind_start[k + 1]]`, in the order of the table.
    duty_start, duty_begin_s, duty_end_s
        Spans on duty of each unit, likewise, in order and apart. [s]
    crew
        Which turnouts its crew has.
    factor
        Its turnouts by those of a usual station.
    assignable
        Whether a unit may be sent while it drives home.
    """

    station: NDArray[np.int32]
    kind_start: NDArray[np.int64]
    kind_unit: NDArray[np.int32]
    duty_start: NDArray[np.int64]
    duty_begin_s: NDArray[np.float64]
    duty_end_s: NDArray[np.float64]
    crew: NDArray[np.int32]
    factor: NDArray[np.float64]
    assignable: bool


class UnitsAsked(NamedTuple):
    """
    What calls ask for: a row for each unit, in order of asking.

    Attributes
    ----------
    at_s
        When it is asked for. [s]
    kind, place, period
        What, where, and row of the period whose drives hold.
    urgency
        The less, the sooner it is served of those that wait: one for each row, none twice.
    circumstance
        Which of a crew's turnouts it meets: category and hour.
    turnout_level, drive_z
        Where it stands among turnouts (0 to 1), and among drives (their `z`).
    pace
        What drives are multiplied by.
    stay_s
        From arrival to clear. [s]
    called_off_s
        From dispatch to being called off; NaN: it arrives. [s]
    """

    at_s: NDArray[np.float64]
    kind: NDArray[np.int32]
    place: NDArray[np.int32]
    period: NDArray[np.int32]
    urgency: NDArray[np.int64]
    circumstance: NDArray[np.int32]
    turnout_level: NDArray[np.float64]
    drive_z: NDArray[np.float64]
    pace: NDArray[np.float64]
    stay_s: NDArray[np.float64]
    called_off_s: NDArray[np.float64]


class Drives(NamedTuple):
    """
    How long it takes to turn out and to drive.

    Attributes
    ----------
    median_s
        Periods x stations x places; inf: not reached. [s]
    turnout_s
        Crews x circumstances x a hundred quantiles. [s]
    upper, slope
        Of the spread of drives about their median.
    """

    median_s: NDArray[np.float32]
    turnout_s: NDArray[np.float64]
    upper: float
    slope: float


class Moments(NamedTuple):
    """When each unit is clear of its last call and when it is home again [s]; its first span on duty not yet over."""

    clear_s: NDArray[np.float64]
    home_s: NDArray[np.float64]
    span: NDArray[np.int64]


class UnitsSent(NamedTuple):
    """Who was sent, by row asked for (-1: nobody), and when: dispatched, under way, arrived (NaN: not), clear. [s]"""

    unit: NDArray[np.int32]
    dispatched_s: NDArray[np.float64]
    enroute_s: NDArray[np.float64]
    arrived_s: NDArray[np.float64]
    cleared_s: NDArray[np.float64]


@compiled
def ready_s(unit: int, at_s: float, fleet: UnitsInService, moments: Moments) -> float:
    """Say when a unit may next be sent, from a moment on; inf: never. Moments asked for never go back. [s]"""
    last = fleet.duty_start[unit + 1]
    while moments.span[unit] < last and fleet.duty_end_s[moments.span[unit]] <= at_s:
        moments.span[unit] += 1
    since_s = moments.clear_s[unit] if fleet.assignable else moments.home_s[unit]
    since_s = max(since_s, at_s)
    span = moments.span[unit]
    while span < last and fleet.duty_end_s[span] <= since_s:
        span += 1
    if span == last:
        return np.inf
    return max(since_s, fleet.duty_begin_s[span])


@compiled
def eta_s(
    row: int, unit: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments
) -> float:
    """Say how long a unit drives at the median: one on its way home by way of its station. [s]"""
    drive_s = float(drives.median_s[asked.period[row], fleet.station[unit], asked.place[row]])
    return drive_s + max(moments.home_s[unit] - at_s, 0.0)


@compiled
def choose(row: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments) -> int:
    """Find the nearest unit that may be sent now; of some as near the first in the table; -1: none."""
    best, best_s = -1, np.inf
    kind = asked.kind[row]
    for at in range(fleet.kind_start[kind], fleet.kind_start[kind + 1]):
        unit = int(fleet.kind_unit[at])
        if ready_s(unit, at_s, fleet, moments) <= at_s:
            found_s = eta_s(row, unit, at_s, asked, fleet, drives, moments)
            if found_s < best_s:
                best, best_s = unit, found_s
    return best


@compiled
def soonest_s(
    row: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments
) -> float:
    """Say when a unit that reaches the place may be sent, from a moment on; inf: never. [s]"""
    best_s = np.inf
    kind = asked.kind[row]
    for at in range(fleet.kind_start[kind], fleet.kind_start[kind + 1]):
        unit = int(fleet.kind_unit[at])
        if drives.median_s[asked.period[row], fleet.station[unit], asked.place[row]] < np.inf:
            best_s = min(best_s, ready_s(unit, at_s, fleet, moments))
    return best_s


@compiled
def send(
    row: int,
    unit: int,
    at_s: float,
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    moments: Moments,
    sent: UnitsSent,
) -> None:
    """Send a unit: write its stamps, and when it is clear and home again."""
    median_s = eta_s(row, unit, at_s, asked, fleet, drives, moments)
    enroute_s = at_s
    if moments.home_s[unit] <= at_s:
        x = min(max((asked.turnout_level[row] - LOWEST_LEVEL) * LEVELS_EACH, 0.0), float(LAST))
        low = min(int(x), LAST - 1)
        of = drives.turnout_s[fleet.crew[unit], asked.circumstance[row]]
        enroute_s += (of[low] + (x - low) * (of[low + 1] - of[low])) * fleet.factor[unit]
    way = drives.upper + drives.slope * math.log(max(median_s, 1.0) / USUAL_S)
    way = min(max(way, LEAST_UPPER), MOST_UPPER)
    arrived_s = enroute_s + median_s * math.exp(way * asked.drive_z[row]) * asked.pace[row]
    back_s = float(drives.median_s[asked.period[row], fleet.station[unit], asked.place[row]])
    off_s = at_s + asked.called_off_s[row]
    if off_s < arrived_s:
        arrived_s, cleared_s = np.nan, max(off_s, enroute_s)
        back_s *= 0.5  # it turned back somewhere on the way
    else:
        cleared_s = arrived_s + asked.stay_s[row]
    moments.clear_s[unit] = cleared_s
    moments.home_s[unit] = cleared_s + back_s
    sent.unit[row] = unit
    sent.dispatched_s[row] = at_s
    sent.enroute_s[row] = enroute_s
    sent.arrived_s[row] = arrived_s
    sent.cleared_s[row] = cleared_s
