"""A history sent again: each response with the units as they stand at its dispatch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOBODY = -1
"""In place of a unit: none was there."""

HELD, AT_STATION, ON_THE_WAY = 0, 1, 2
"""A unit that drives home: cannot be sent; is sent as if it were home; is sent from where it is."""

STEEPEST = 200.0
"""Of two stations of which one is a hundredth farther, the nearer is then sent 88 times in 100."""

GRID = np.geomspace(1.0, STEEPEST, 20)
"""What `steepness` is looked for among."""

FROM_HOME, FROM_ROAD, FROM_CALL = 0, 1, 2
"""Where a unit was when it was sent: at its station, on its way home, or still at another call."""


class PastResponses(NamedTuple):
    """
    Responses in order of dispatch.

    Attributes
    ----------
    at_s
        Dispatch. [s]
    call, kind
        Which call, and which kind of unit.
    unit
        Who was sent; -1: nobody of these units.
    fixed
        Whether it is always the unit that was sent.
    cleared_s
        When that one cleared. [s]
    turnout_s
        Turnout of the crew of a usual station. [s]
    scene_s
        From arrival to clear; NaN: it did not arrive, and is out for as long as it was. [s]
    driven_s
        How long it drove before it was called off; NaN: it was not. [s]
    luck
        Where its drive stands among those of the same median: in units of the way to the 90th percentile (log).
    pace
        What its drive takes, against an emergency's.
    """

    at_s: NDArray[np.float64]
    call: NDArray[np.int64]
    kind: NDArray[np.int64]
    unit: NDArray[np.int64]
    fixed: NDArray[np.bool_]
    cleared_s: NDArray[np.float64]
    turnout_s: NDArray[np.float64]
    scene_s: NDArray[np.float64]
    driven_s: NDArray[np.float64]
    luck: NDArray[np.float64]
    pace: NDArray[np.float64]


class StaffedUnits(NamedTuple):
    """
    Units and their stations.

    Attributes
    ----------
    kind, station
        Of each unit.
    first_span, begin_s, end_s
        Spans in which each is staffed: those of unit u are `first_span[u]` to before `first_span[u + 1]`. [s]
    turnout_factor
        Turnout at each station, against a usual one.
    sign
        A number that stands for each station in every scenario.
    mate_start, mate
        Units that the same crew takes out, as for `UnitsInService`.
    """

    kind: NDArray[np.int64]
    station: NDArray[np.int64]
    first_span: NDArray[np.int64]
    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    turnout_factor: NDArray[np.float64]
    sign: NDArray[np.uint64]
    mate_start: NDArray[np.int64]
    mate: NDArray[np.int32]


class ReplayDrives(NamedTuple):
    """
    Medians of drives.

    Attributes
    ----------
    travel_s
        Stations x calls; inf: not reached, NaN: the place is not known. [s]
    call_xy_m
        Where the calls are. [m]
    s_per_m
        What a metre as the crow flies takes. [s]
    upper, slope
        Spread of drives, see `TravelSpread`; both 0: they do not differ.
    """

    travel_s: NDArray[np.float32]
    call_xy_m: NDArray[np.float64]
    s_per_m: float
    upper: float
    slope: float


class SentAgain(NamedTuple):
    """
    What became of each response.

    Attributes
    ----------
    nearest, nearest_s
        The nearest unit that could be sent, and the median of its drive. [s]
    unit
        Who went; -1: nobody.
    whence
        Where it was: 0 at its station, 1 on its way home, 2 at another call.
    median_s, drive_s
        Median of its drive, and what it took. [s]
    turnout_s, cleared_s
        Its turnout, and when it cleared. [s]
    out, of
        How many units of the kind were committed, or their crew with another, and how many were on duty.
    expected
        By `GRID`: of the responses asked about, to how many the nearest station is expected to be sent.
    """

    nearest: NDArray[np.int64]
    nearest_s: NDArray[np.float64]
    unit: NDArray[np.int64]
    whence: NDArray[np.int8]
    median_s: NDArray[np.float64]
    drive_s: NDArray[np.float64]
    turnout_s: NDArray[np.float64]
    cleared_s: NDArray[np.float64]
    out: NDArray[np.int64]
    of: NDArray[np.int64]
    expected: NDArray[np.float64]


def send_again(
    sent: PastResponses,
    fleet: StaffedUnits,
    drives: ReplayDrives,
    *,
    by_rules: bool,
    returning: int,
    ties_s: float,
    steepness: float = np.inf,
    asked: NDArray[np.bool_] | None = None,
) -> SentAgain:
    """
    Send units to each response in turn.

    Parameters
    ----------
    sent, fleet, drives
        Responses, units, drives.
    by_rules
        Whether the nearest unit of the kind goes, or the one that did.
    returning
        What a unit on its way home can do: `HELD`, `AT_STATION` or `ON_THE_WAY`.
    ties_s
        A unit that clears no more than this after a dispatch is free for it. [s]
    steepness
        How surely the nearest goes: a station is chosen in proportion to its drive to the minus this; inf: always.
    asked
        Responses for which `expected` is asked; not by the rules.
    """
    n = len(sent.at_s)
    found = SentAgain(
        np.full(n, NOBODY), np.full(n, np.inf), np.full(n, NOBODY), np.zeros(n, dtype=np.int8), np.full(n, np.nan),
        np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64), np.zeros(len(GRID)),
    )  # fmt: skip
    n_units = len(fleet.kind)
    never = np.full(n_units, -np.inf)
    state = (never.copy(), never.copy(), np.full(n_units, -1), fleet.first_span[:-1].copy(), never.copy(), never)
    asked = np.zeros(n, dtype=bool) if asked is None else asked
    seconds = np.empty(len(fleet.sign))
    how = (bool(by_rules), int(returning), float(ties_s), float(steepness))
    send_loop(sent, fleet, drives, how, asked, state, seconds, found)
    return found


@part
def _gumbel(call, sign):
    """Draw for a station at a call, the same whenever it is asked: minus log of minus log of a uniform number."""
    x = np.uint64(call + 1) * np.uint64(0x9E3779B97F4A7C15) + sign
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return -math.log(-math.log((np.float64(x >> np.uint64(11)) + 0.5) / 9007199254740992.0))


@part
def _add_expected(seconds, expected):
    """Add how likely the nearest station goes, of those that have a unit free (inf: none)."""
    nearest_s = max(seconds.min(), 1.0)
    for k in range(len(expected)):
        total = 0.0
        for station in range(len(seconds)):
            if seconds[station] < np.inf:
                total += (nearest_s / max(seconds[station], 1.0)) ** GRID[k]
        expected[k] += 1.0 / total


@part
def _drive(fleet, drives, u, c, at_s, clear_s, home_s, last):
    """Median of a drive from where a unit is, and where that is."""
    from_station_s = np.float64(drives.travel_s[fleet.station[u], c])
    if at_s >= home_s or last < 0:
        return from_station_s, FROM_HOME
    way_s = home_s - clear_s
    share = max(at_s - clear_s, 0.0) / way_s if way_s > 0.0 else 1.0
    dx = drives.call_xy_m[last, 0] - drives.call_xy_m[c, 0]
    dy = drives.call_xy_m[last, 1] - drives.call_xy_m[c, 1]
    from_scene_s = np.sqrt(dx * dx + dy * dy) * drives.s_per_m
    if np.isnan(from_scene_s):
        return from_station_s, FROM_ROAD
    return (1.0 - share) * from_scene_s + share * from_station_s, FROM_ROAD


@compiled
def send_loop(sent, fleet, drives, how, asked, state, seconds, found):
    by_rules, returning, ties_s, steepness = how
    # A crew that went with another unit clears, and is back for this one: it changes apparatus at the station.
    clear, home, last, span, crew_clear, crew_home = state
    n_units = len(fleet.kind)
    for i in range(len(sent.at_s)):
        at_s, c, kind = sent.at_s[i], sent.call[i], sent.kind[i]
        best, best_s, best_from, best_view = NOBODY, np.inf, FROM_HOME, np.inf
        if asked[i]:
            seconds[:] = np.inf
        for u in range(n_units):
            if fleet.kind[u] != kind:
                continue
            while span[u] < fleet.first_span[u + 1] and fleet.end_s[span[u]] <= at_s:
                span[u] += 1
            on_duty = span[u] < fleet.first_span[u + 1] and fleet.begin_s[span[u]] <= at_s
            if not on_duty:
                continue
            found.of[i] += 1
            if max(clear[u], crew_clear[u]) > at_s:
                found.out[i] += 1
            if crew_home[u] > at_s + ties_s:
                continue
            if (home[u] if returning == HELD else clear[u]) > at_s + ties_s:
                continue
            if returning == ON_THE_WAY:
                s, whence = _drive(fleet, drives, u, c, at_s, clear[u], home[u], last[u])
            else:
                s, whence = np.float64(drives.travel_s[fleet.station[u], c]), FROM_HOME
            if asked[i]:
                seconds[fleet.station[u]] = min(seconds[fleet.station[u]], s)
            view = s
            if steepness < np.inf and s < np.inf:
                view = max(s, 1.0) * math.exp(-_gumbel(c, fleet.sign[fleet.station[u]]) / steepness)
            if view < best_view:
                best, best_s, best_from, best_view = u, s, whence, view
        found.nearest[i], found.nearest_s[i] = best, best_s
        if asked[i] and best_s < np.inf:
            _add_expected(seconds, found.expected)
        stays = sent.fixed[i] or not by_rules
        u = sent.unit[i] if stays else best
        if u < 0:
            continue
        if stays:
            s, whence = _drive(fleet, drives, u, c, at_s, clear[u], home[u], last[u])
            if clear[u] > at_s + ties_s:  # it drives from nobody knows where
                s, whence = np.float64(drives.travel_s[fleet.station[u], c]), FROM_CALL
        else:
            s, whence = best_s, best_from
        wide = 0.0
        if drives.upper > 0.0 and s > 0.0:
            wide = min(max(drives.upper + drives.slope * np.log(max(s, 1.0) / 240.0), 0.005), 3.0)
        drive_s = s * np.exp(wide * sent.luck[i]) * sent.pace[i]
        # Who is rolling already has nothing to turn out for.
        turnout_s = 0.0 if whence == FROM_ROAD and not stays else sent.turnout_s[i]
        turnout_s *= fleet.turnout_factor[fleet.station[u]]
        if stays or np.isnan(sent.scene_s[i]):
            cleared_s = sent.cleared_s[i]
        else:
            cleared_s = at_s + turnout_s + drive_s + sent.scene_s[i]
        found.unit[i], found.whence[i] = u, whence
        found.median_s[i], found.drive_s[i] = s, drive_s
        found.turnout_s[i], found.cleared_s[i] = turnout_s, cleared_s
        back_s = np.float64(drives.travel_s[fleet.station[u], c])
        if not np.isfinite(back_s):
            back_s = np.float64(0.0)
        if not np.isnan(sent.driven_s[i]):
            back_s = min(back_s, sent.driven_s[i])
        if cleared_s >= clear[u]:
            clear[u], home[u], last[u] = cleared_s, cleared_s + back_s, c
        for at in range(fleet.mate_start[u], fleet.mate_start[u + 1]):
            m = fleet.mate[at]
            crew_clear[m] = max(crew_clear[m], cleared_s)
            crew_home[m] = max(crew_home[m], cleared_s + back_s)
