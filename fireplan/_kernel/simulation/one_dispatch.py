"""One unit asked for: which are free for it, which is nearest, and when it is free again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import counting_nothing

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST_LEVEL, LEVELS_EACH, LAST = 0.005, 100.0, 99
"""Quantiles are kept at the middles of a hundred equal shares: the first, how many to a whole, and the last row."""

LAST_OF_ALL_S = 1e8
"""A unit that is sent only where no other would do seems as much farther away; longer than any drive. [s]"""

LEAST_UPPER, MOST_UPPER, USUAL_S = 0.005, 3.0, 240.0
"""As in `fireplan.drive_times.TravelSpread`."""


class UnitsInService(NamedTuple):
    """
    Units.

    Attributes
    ----------
    station
        Row of each unit's own station in the drives.
    kind_start, kind_unit
        Units that may be sent where a kind is asked for, by station: those of kind k at station s of n are
        `kind_unit[kind_start[k * n + s] : kind_start[k * n + s + 1]]`, in the order of the table.
    duty_start, duty_begin_s, duty_end_s
        Spans on duty of each unit, likewise, in order and apart. [s]
    crew
        Which turnouts its crew has.
    factor
        Its turnouts by those of a usual station.
    assignable
        Whether a unit may be sent while it drives home.
    mate_start, mate
        Units that the same crew takes out, which are left behind when it takes one: those of unit u are
        `mate[mate_start[u] : mate_start[u + 1]]`.
    after_s
        From asking for each to its dispatch; and `LAST_OF_ALL_S` more if it is sent only where no other would do. [s]
    lender
        Who lends it, and no more than so many at once; -1: nobody does.
    lends, lent_start, lent
        By lender: how many at most, and its units, `lent[lent_start[l] : lent_start[l + 1]]`.
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
    mate_start: NDArray[np.int64]
    mate: NDArray[np.int32]
    after_s: NDArray[np.float64]
    lender: NDArray[np.int64]
    lends: NDArray[np.int64]
    lent_start: NDArray[np.int64]
    lent: NDArray[np.int64]


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
        From dispatch to being called off, whoever is sent; NaN: it arrives. [s]
    leaves
        Place from which it drives home: that of the call, or a hospital. The way there is part of `stay_s`.
    sibling
        The next row of the same call, after the last the first; itself, if there is no other: `in_rings` of the calls.
    went
        Who was sent, -1 until then; written as rows are served. No unit goes to a call twice.
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
    leaves: NDArray[np.int32]
    sibling: NDArray[np.int64]
    went: NDArray[np.int32]


class Drives(NamedTuple):
    """
    How long it takes to turn out and to drive.

    Attributes
    ----------
    median_s
        Periods x places x stations, so that what is compared stands together; inf: not reached. [s]
    nearest
        Periods x places x stations: rows of the stations, the nearest first.
    turnout_s
        Crews x circumstances x a hundred quantiles. [s]
    upper, slope
        Of the spread of drives about their median.
    """

    median_s: NDArray[np.float32]
    nearest: NDArray[np.int16]
    turnout_s: NDArray[np.float64]
    upper: float
    slope: float


class Moments(NamedTuple):
    """
    How units stand.

    Attributes
    ----------
    home_s
        When each is home again from its last call. [s]
    ready_s, off_s
        From when and until when it may be sent, if nothing else takes it. [s]
    span
        Its first span on duty not yet over.
    held_s
        Until when its crew is out with another unit. [s]
    station
        Where it is stationed now: row of its own station, or of that to which it was moved.
    left, left_s
        Of one that drives from one station to another: the station it left, and when; -1: it drives from elsewhere, or
        not at all. [s]
    """

    home_s: NDArray[np.float64]
    ready_s: NDArray[np.float64]
    off_s: NDArray[np.float64]
    span: NDArray[np.int64]
    held_s: NDArray[np.float64]
    station: NDArray[np.int32]
    left: NDArray[np.int32]
    left_s: NDArray[np.float64]


def units_by_kind(
    serves: NDArray[np.bool_], station: NDArray[np.integer], n_stations: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give `kind_start` and `kind_unit` of units: kinds x units, whether each may be sent where a kind is asked for."""
    kind, unit = np.nonzero(serves)
    at = kind * n_stations + station[unit]
    start = np.zeros(len(serves) * n_stations + 1, dtype=np.int64)
    np.cumsum(np.bincount(at, minlength=len(start) - 1), out=start[1:])
    return start, unit[np.argsort(at, kind="stable")].astype(np.int32)


def mates_of(crew: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give `mate_start` and `mate` of units, by the number of the crew each shares with others (-1: with none)."""
    shares = (crew[:, None] == crew) & (crew >= 0)[:, None] & ~np.eye(len(crew), dtype=bool)
    return np.concatenate([[0], np.cumsum(shares.sum(axis=1))]).astype(np.int64), np.nonzero(shares)[1].astype(np.int32)


class Terms(NamedTuple):
    """On what terms units are sent: `after_s` and all that follows it in `UnitsInService`."""

    after_s: NDArray[np.float64]
    lender: NDArray[np.int64]
    lends: NDArray[np.int64]
    lent_start: NDArray[np.int64]
    lent: NDArray[np.int64]


def own_terms(n_units: int) -> Terms:
    """Give the terms of units that are a department's own."""
    return lent_terms(np.zeros(n_units), np.full(n_units, -1), np.zeros(0, dtype=np.int64))


def lent_terms(after_s: NDArray[np.float64], lender: NDArray[np.integer], lends: NDArray[np.integer]) -> Terms:
    """Give the terms of units by their delay, their lender, and how many each lender lends."""
    order = np.argsort(lender, kind="stable")
    lent = order[lender[order] >= 0]
    start = np.searchsorted(lender[lent], np.arange(len(lends) + 1))
    return Terms(
        after_s, lender.astype(np.int64), lends.astype(np.int64), start.astype(np.int64), lent.astype(np.int64)
    )


def in_rings(call: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give `sibling` of rows, by the number of the call of each."""
    order = np.argsort(call, kind="stable")
    numbers = call[order]
    last = np.append(numbers[1:] != numbers[:-1], True)[: len(call)]
    first = np.append(True, last[:-1])[: len(call)]
    following = np.append(order[1:], -1)[: len(call)]
    following[last] = order[first]
    found = np.empty(len(call), dtype=np.int64)
    found[order] = following
    return found


def nearest_first(median_s: NDArray[np.float32]) -> NDArray[np.int16]:
    """Give rows of stations in order of their drives, for each period and place."""
    found = np.empty(median_s.shape, dtype=np.int16)
    for period, each in enumerate(median_s):  # one at a time: ranks are sorted as numbers four times as long
        found[period] = np.argsort(each, axis=-1, kind="stable")
    return found


def all_at_home(units: UnitsInService) -> Moments:
    """Let all units be home; their hours are looked up when they are first asked."""
    never = np.full(len(units.station), -np.inf)
    return Moments(
        home_s=never.copy(),
        ready_s=never.copy(),
        off_s=never.copy(),
        span=units.duty_start[:-1].copy(),
        held_s=never.copy(),
        station=units.station.copy(),
        left=np.full(len(units.station), -1, dtype=np.int32),
        left_s=never.copy(),
    )


class UnitsSent(NamedTuple):
    """Who was sent, by row asked for (-1: nobody), and when: dispatched, under way, arrived (NaN: not), clear. [s]"""

    unit: NDArray[np.int32]
    dispatched_s: NDArray[np.float64]
    enroute_s: NDArray[np.float64]
    arrived_s: NDArray[np.float64]
    cleared_s: NDArray[np.float64]


@counting_nothing
def renew(unit: int, since_s: float, fleet: UnitsInService, moments: Moments) -> None:
    """Look up when a unit that is free from a moment on may next be sent, and until when."""
    since_s = max(since_s, moments.held_s[unit])
    last = fleet.duty_start[unit + 1]
    span = moments.span[unit]
    while span < last and fleet.duty_end_s[span] <= since_s:
        span += 1
    moments.span[unit] = span
    if span == last:
        moments.ready_s[unit] = moments.off_s[unit] = np.inf
    else:
        moments.ready_s[unit] = max(since_s, fleet.duty_begin_s[span])
        moments.off_s[unit] = fleet.duty_end_s[span]


@counting_nothing
def free_from_s(unit: int, at_s: float, fleet: UnitsInService, moments: Moments) -> float:
    """Say when a unit may next be sent, from a moment on; inf: never. Moments asked for never go back. [s]"""
    if at_s >= moments.off_s[unit]:
        renew(unit, at_s, fleet, moments)
    return max(moments.ready_s[unit], at_s)


@counting_nothing
def has_gone(row: int, unit: int, asked: UnitsAsked) -> bool:
    """Say whether a unit was sent to the call of a row already."""
    other = asked.sibling[row]
    while other != row:
        if asked.went[other] == unit:
            return True
        other = asked.sibling[other]
    return False


@counting_nothing
def lent_from_s(unit: int, at_s: float, fleet: UnitsInService, moments: Moments) -> float:
    """Say from when on, at a moment or later, its lender has so few others out that it sends a unit. [s]"""
    lender = fleet.lender[unit]
    if lender < 0:
        return at_s
    first, last, most = fleet.lent_start[lender], fleet.lent_start[lender + 1], fleet.lends[lender]
    if most <= 0:
        return np.inf
    out = np.int64(0)
    for at in range(first, last):
        if fleet.lent[at] != unit and moments.home_s[fleet.lent[at]] > at_s:
            out += 1
    if out < most:
        return at_s
    best_s = np.inf
    for at in range(first, last):  # the moment at which enough of them are home
        home_s = moments.home_s[fleet.lent[at]]
        if fleet.lent[at] == unit or home_s <= at_s or home_s >= best_s:
            continue
        later = np.int64(0)
        for other in range(first, last):
            if fleet.lent[other] != unit and moments.home_s[fleet.lent[other]] > home_s:
                later += 1
        if later < most:
            best_s = home_s
    return best_s


@counting_nothing
def may_go(row: int, unit: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, moments: Moments) -> bool:
    """Say whether a unit that is free may go: it has not gone to the call yet, and its lender lends it."""
    return not has_gone(row, unit, asked) and (
        fleet.lender[unit] < 0 or lent_from_s(unit, at_s, fleet, moments) <= at_s
    )


@counting_nothing
def eta_s(row: int, unit: int, at_s: float, asked: UnitsAsked, drives: Drives, moments: Moments) -> float:
    """
    Say how long a unit drives at the median: one on its way home by way of its station. [s]

    One that drives from a station to another may as well turn back to where it came from.
    """
    drive_s = float(drives.median_s[asked.period[row], asked.place[row], moments.station[unit]])
    drive_s += max(moments.home_s[unit] - at_s, 0.0)
    left = moments.left[unit]
    if left >= 0 and moments.home_s[unit] > at_s:
        back_s = at_s - moments.left_s[unit]
        drive_s = min(drive_s, back_s + float(drives.median_s[asked.period[row], asked.place[row], left]))
    return drive_s


@counting_nothing
def nearest_free(
    row: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments
) -> int:
    """
    Find the nearest unit that is free where all are stationed at home; of some as near the table's first; -1: none.

    It calls next to nothing, so that the compiler makes it a part of the loop: most calls are served by it alone.
    """
    best, best_s = -1, np.inf
    period, place = asked.period[row], asked.place[row]
    n_stations = drives.nearest.shape[2]
    first = asked.kind[row] * n_stations
    for rank in range(n_stations):
        station = drives.nearest[period, place, rank]
        drive_s = float(drives.median_s[period, place, station])
        if drive_s > best_s or drive_s == np.inf:
            break
        for at in range(fleet.kind_start[first + station], fleet.kind_start[first + station + 1]):
            unit = int(fleet.kind_unit[at])
            if at_s >= moments.off_s[unit]:
                renew(unit, at_s, fleet, moments)
            if moments.ready_s[unit] <= at_s:
                found_s = drive_s + max(moments.home_s[unit] - at_s, 0.0) + fleet.after_s[unit]
                if found_s < best_s or (found_s == best_s and unit < best):
                    best, best_s = unit, found_s
    return best


@counting_nothing
def choose(row: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments) -> int:
    """Find the nearest unit that may be sent now and has not gone yet; of some as near the table's first; -1: none."""
    best, best_s = -1, np.inf
    n_stations = drives.nearest.shape[2]
    first = asked.kind[row] * n_stations
    for at in range(fleet.kind_start[first], fleet.kind_start[first + n_stations]):
        unit = int(fleet.kind_unit[at])
        if free_from_s(unit, at_s, fleet, moments) <= at_s and may_go(row, unit, at_s, asked, fleet, moments):
            found_s = eta_s(row, unit, at_s, asked, drives, moments) + fleet.after_s[unit]
            if found_s < best_s or (found_s == best_s and unit < best):
                best, best_s = unit, found_s
    return best


@counting_nothing
def asks_nothing(row: int, unit: int, asked: UnitsAsked, fleet: UnitsInService) -> bool:
    """Say whether a unit may go if it is free: to the one row of a call, and nobody lends it."""
    return asked.sibling[row] == row and fleet.lender[unit] < 0


@counting_nothing
def soonest_s(
    row: int, at_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments
) -> float:
    """Say when a unit that reaches the place and has not gone may be sent, from a moment on; inf: never. [s]"""
    best_s = np.inf
    period, place = asked.period[row], asked.place[row]
    n_stations = drives.nearest.shape[2]
    first = asked.kind[row] * n_stations
    for at in range(fleet.kind_start[first], fleet.kind_start[first + n_stations]):
        unit = int(fleet.kind_unit[at])
        gone = asked.sibling[row] != row and has_gone(row, unit, asked)
        if drives.median_s[period, place, moments.station[unit]] < np.inf and not gone:
            if at_s >= moments.off_s[unit]:
                renew(unit, at_s, fleet, moments)
            ready_s = max(moments.ready_s[unit], at_s)
            if fleet.lender[unit] >= 0 and ready_s < np.inf:
                ready_s = max(ready_s, lent_from_s(unit, ready_s, fleet, moments))
            best_s = min(best_s, ready_s)
    return max(best_s, at_s)


@counting_nothing
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
    after_s = fleet.after_s[unit]
    at_s += after_s - LAST_OF_ALL_S if after_s >= LAST_OF_ALL_S else after_s
    median_s = eta_s(row, unit, at_s, asked, drives, moments)
    enroute_s = at_s
    if moments.home_s[unit] <= at_s:
        x = min(max((asked.turnout_level[row] - LOWEST_LEVEL) * LEVELS_EACH, 0.0), float(LAST))
        low = min(int(x), LAST - 1)
        of = drives.turnout_s[fleet.crew[unit], asked.circumstance[row]]
        enroute_s += (of[low] + (x - low) * (of[low + 1] - of[low])) * fleet.factor[unit]
    drive_s = median_s * asked.pace[row]
    if asked.drive_z[row] != 0.0:
        way = drives.upper + drives.slope * math.log(max(median_s, 1.0) / USUAL_S)
        drive_s *= math.exp(min(max(way, LEAST_UPPER), MOST_UPPER) * asked.drive_z[row])
    arrived_s = enroute_s + drive_s
    back_s = float(drives.median_s[asked.period[row], asked.leaves[row], moments.station[unit]])
    if back_s == np.inf:  # no way home is known from there: as long as the way out
        back_s = median_s
    off_s = asked.called_off_s[row]
    if off_s >= 0.0:
        arrived_s, cleared_s = np.nan, max(at_s + off_s, enroute_s)
        back_s *= 0.5  # it turned back somewhere on the way
    else:
        cleared_s = arrived_s + asked.stay_s[row]
    moments.home_s[unit] = cleared_s + back_s
    renew(unit, cleared_s if fleet.assignable else moments.home_s[unit], fleet, moments)
    for at in range(fleet.mate_start[unit], fleet.mate_start[unit + 1]):
        mate = int(fleet.mate[at])
        moments.held_s[mate] = moments.home_s[unit]  # its crew changes apparatus at the station
        renew(mate, moments.home_s[unit], fleet, moments)
    sent.unit[row] = asked.went[row] = unit
    sent.dispatched_s[row] = at_s
    sent.enroute_s[row] = enroute_s
    sent.arrived_s[row] = arrived_s
    sent.cleared_s[row] = cleared_s
