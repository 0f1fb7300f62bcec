"""Whether the places of a history can be those of its stations: what a shift of all of them would explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan.calibration._intervals import days_of
from fireplan.calibration._routes import drive
from fireplan.errors import InputError
from fireplan.roads import OnRoad
from fireplan.roads._snapping import in_crs, put
from fireplan.scenario import held

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.calibration._fitting import FitGround
    from fireplan.scenario import Scenario

FEWEST_TOLD = 100
"""Of fewer runs nothing is said of their places."""

MOST_ASKED = 2000
"""Of more runs so many are drawn: enough to tell a shift."""

FARTHEST_M, COARSE_M, FINE_M = 4000.0, 500.0, 125.0
"""Shifts are sought up to here, in steps, and about the best of them in finer steps. [m]"""

LEAST_SHIFT_M = 250.0
"""What is less may be a block, or where engines leave a station. [m]"""

DRAWN = 40
SURE_GAIN = 0.05
"""By so much the rank correlation of planned and observed drives rises in nearly all draws of days, to be sure."""

FEWEST_STATIONS = 2
"""Of one station alone, its own place may be wrong, or its streets lead one way."""

TOO_FAST, SOME_TOO_FAST = 0.1, 0.02
"""Shares of runs that were quicker, in a straight line, than the vehicle can go: no history; and one to look at."""

HARDLY = 0.2
"""Rank correlation of planned and observed drives below which the ones say next to nothing of the others."""


class PlaceShift(NamedTuple):
    """
    A shift of all places that would explain the drives better.

    Attributes
    ----------
    east_m, north_m
        How far. [m]
    before, after
        Rank correlation of planned and observed drives.
    gain_low
        By how much it rises at least, in all but one of forty draws of days.
    stations
        Stations from which the drives are.
    """

    east_m: float
    north_m: float
    before: float
    after: float
    gain_low: float
    stations: int

    @property
    def sure(self) -> bool:
        """Whether chance, or the ground about one station, cannot make it."""
        return self.gain_low >= SURE_GAIN and self.stations >= FEWEST_STATIONS

    def __str__(self) -> str:
        """Say how far it is, and what it explains."""
        ways = [(self.east_m, "east", "west"), (self.north_m, "north", "south")]
        parts = [f"{wording.distance(abs(m))} {there if m > 0 else back}" for m, there, back in ways if m]
        ranks = [wording.number(r, decimals=2) for r in (self.before, self.after)]
        return (
            f"{wording.joined(parts)} of where the records put them, planned drives fit the observed ones better"
            f" (rank correlation {ranks[1]}, not {ranks[0]})"
        )


def place_notes(ground: FitGround, scenario: Scenario, seed: int) -> tuple[str, ...]:
    """
    Say what is doubtful about the places of runs.

    Raises
    ------
    InputError
        If they cannot be right: too many runs went faster in a straight line than the vehicle goes, or all places are
        shifted.
    """
    runs = ground.runs
    if len(runs) < FEWEST_TOLD:
        return ()
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(runs))[:MOST_ASKED])
    stations_m = in_crs(scenario.roads, held(scenario).stations.loc[runs.stations].geometry)
    way_m = runs.xy_m - stations_m[runs.station]
    too_fast = _too_fast(ground, way_m)
    notes = [too_fast] if too_fast else []
    shift = _shift(ground, scenario, rows, way_m[rows], rng)
    if shift is not None:
        told = f"if all incidents lay {shift}"
        if shift.sure:
            raise InputError(
                f"{told}: are the coordinates, or those of the stations, in another reference system, or of another"
                " datum or zone than they are read in? Name the right crs, and calibrate again"
            )
        notes.append(f"{told}: check the reference systems of incidents and stations before any figure is used")
    planned_s = ground.driven(ground.ways).added_s
    known = _ranked(planned_s, runs.travel_s)
    if shift is None and known + 2 / np.sqrt(len(runs)) < HARDLY:
        notes.append(
            "planned drives say next to nothing of which observed ones were longer (rank correlation"
            f" {wording.number(known, decimals=2)}, n = {wording.count(len(runs))}): check that places, units and"
            " stamps are what they are taken for, before any figure is used"
        )
    return tuple(notes)


def _too_fast(ground: FitGround, way_m: NDArray[np.float64]) -> str:
    """Say how many runs were quicker, in a straight line, than the vehicle can go; refuse where they are many."""
    kph = np.hypot(*way_m.T) / ground.runs.travel_s * 3.6
    share = float((kph > ground.top_kph).mean())
    told = (
        f"{wording.share_of(share, len(kph), 'runs')} went faster than {ground.top_kph:g} km/h in a straight line from"
        " station to place, which no engine does"
    )
    if share > TOO_FAST:
        raise InputError(
            f"{told}: are the coordinates in another reference system than they are read in, are the units of other"
            " stations, or is another stamp taken for under way?"
        )
    return f"{told}: check places, home stations and stamps" if share > SOME_TOO_FAST else ""


def _shift(
    ground: FitGround,
    scenario: Scenario,
    rows: NDArray[np.int64],
    way_m: NDArray[np.float64],
    rng: np.random.Generator,
) -> PlaceShift | None:
    """Seek the shift that explains drives best as the crow flies, and see what it explains by road."""
    runs = ground.runs
    travel_s = runs.travel_s[rows]
    best = _best(way_m, travel_s, np.zeros(2), FARTHEST_M, COARSE_M)
    best = _best(way_m, travel_s, best, COARSE_M, FINE_M)
    if np.hypot(*best) < LEAST_SHIFT_M:
        return None
    moved = put(scenario.roads, runs.xy_m[rows] + best, limit_m=scenario.snap_limit_m, what="incident").on_road
    there = moved.street >= 0
    rows, moved = rows[there], _of(moved, there)
    as_is_s, moved_s = (
        drive(ground.ways, ground.exits, at, runs.station[rows]).added_s for at in (_of(runs.places, rows), moved)
    )
    both = np.isfinite(as_is_s) & np.isfinite(moved_s)
    rows, as_is_s, moved_s = rows[both], as_is_s[both], moved_s[both]
    if len(rows) < FEWEST_TOLD:
        return None
    travel_s, days = runs.travel_s[rows], days_of(runs.day[rows])
    draws = [days.drawn(rng) for _ in range(DRAWN)]
    gains = [_ranked(moved_s[d], travel_s[d]) - _ranked(as_is_s[d], travel_s[d]) for d in draws]
    low = float(np.quantile(gains, 1 / DRAWN))
    if low <= 0:
        return None
    stations = int((np.bincount(runs.station[rows]) >= FEWEST_TOLD / 10).sum())
    return PlaceShift(
        float(best[0]), float(best[1]), _ranked(as_is_s, travel_s), _ranked(moved_s, travel_s), low, stations
    )


def _best(
    way_m: NDArray[np.float64],
    travel_s: NDArray[np.float64],
    about_m: NDArray[np.float64],
    reach_m: float,
    step_m: float,
) -> NDArray[np.float64]:
    """Find the shift by which distances as the crow flies tell best which drives took longer. [m]"""
    steps = np.arange(-reach_m, reach_m + step_m / 2, step_m)
    shifts = about_m + np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    order = _ranks(travel_s)
    # Of shifts that tell alike the least is taken.
    shifts = shifts[np.argsort(np.hypot(*shifts.T), kind="stable")]
    told = [np.corrcoef(_ranks(np.hypot(*(way_m + shift).T)), order)[0, 1] for shift in shifts]
    return np.asarray(shifts[int(np.argmax(np.nan_to_num(told, nan=-1.0)))])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.stats import rankdata  # noqa: PLC0415 - slow to import

    return np.asarray(rankdata(values), dtype=np.float64)


def _ranked(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Rank correlation; none where either does not vary."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _of(at: OnRoad, rows: NDArray[np.integer] | NDArray[np.bool_]) -> OnRoad:
    return OnRoad(at.street[rows], at.along[rows], at.offset_m[rows])
