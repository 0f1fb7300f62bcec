"""By which street each station's engines leave, where runs tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.calibration._models import SHRUNK
from fireplan.calibration._routes import drive
from fireplan.calibration._speeds_and_delays import HUBER
from fireplan.crs import WGS84, project
from fireplan.roads import OnRoad
from fireplan.roads._snapping import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.calibration._models import Learnt
    from fireplan.calibration._routes import RunWays
    from fireplan.calibration._runs import EngineRuns
    from fireplan.roads import RoadNetwork

NEAR_M = 45.0
"""A station's own yard is no larger: streets farther than this are none it opens on. [m]"""

MOST_STREETS = 6
FEWEST_RUNS = 20
DRAWS = 1000
SURE = 0.025
"""By chance alone one station in so many cities may be moved: the level is shared among all streets that are tried."""


class Exit(NamedTuple):
    """
    A street by which a station's engines leave.

    Attributes
    ----------
    station
        Its place among the stations.
    on_road
        The place on the street.
    gain, gain_low
        What it adds to the log likelihood of a run that was left out, and the lower end of the 95 % interval.
    """

    station: int
    on_road: OnRoad
    gain: float
    gain_low: float


def candidates(roads: RoadNetwork, xy_m: NDArray[np.float64], now: OnRoad) -> list[OnRoad]:
    """
    List, for each station, the streets about it by which it might leave, besides that by which it does.

    Parameters
    ----------
    roads
        The network.
    xy_m
        Where the stations stand. [m]
    now
        Where they leave today.

    Returns
    -------
    For each station the nearest place on every street of another name within `NEAR_M`.
    """
    opens = roads.has_doors & ~(roads.doors.tunnel | roads.doors.scrap) & roads.doors.to_leave
    found = []
    for place, street in zip(xy_m, now.street, strict=True):
        left = opens.copy()
        left &= ~_alike(roads, int(street))
        rows: list[OnRoad] = []
        while len(rows) < MOST_STREETS:
            near = nearest(roads, place[None, :], limit_m=NEAR_M, allowed=left)
            if near.street[0] < 0:
                break
            rows.append(near)
            left &= ~_alike(roads, int(near.street[0]))
        found.append(
            OnRoad(
                np.array([r.street[0] for r in rows], dtype=np.int32),
                np.array([r.along[0] for r in rows], dtype=float),
                np.array([r.offset_m[0] for r in rows], dtype=float),
            )
        )
    return found


def _alike(roads: RoadNetwork, street: int) -> NDArray[np.bool_]:
    """Streets of the same name and class; of those without a name the one alone."""
    if not roads.called[street]:
        return np.asarray(np.arange(roads.n_streets) == street)
    return np.asarray((roads.called == roads.called[street]) & (roads.highway == roads.highway[street]))


def better_exits(
    runs: EngineRuns,
    exits: OnRoad,
    others: list[OnRoad],
    *,
    added_of: Callable[[NDArray[np.int64], OnRoad], NDArray[np.float64]],
    learnt: Learnt,
    fold: NDArray[np.int64],
    seed: int,
) -> list[Exit]:
    """
    Find stations that leave by another street, beyond noise.

    Parameters
    ----------
    runs
        The runs.
    exits, others
        Where stations leave now, and by which streets they might.
    added_of
        Gives what rows of runs add up to where they leave by another place, without what is particular to stations. [s]
    learnt
        The model so far.
    fold
        Of each run; what is particular to a station is told from the other folds.
    seed
        Draws the days.

    Notes
    -----
    With every street the station has a start of its own, told without the fold on which it is tested. The gain is that
    in log likelihood, of residuals with two exponential sides; its lower end is a quantile over days drawn anew, at a
    level that is shared among all streets tried in the city (Bonferroni).
    """
    tried = sum(len(o) for o in others)
    found = []
    for k, streets in enumerate(others):
        rows = np.flatnonzero(runs.station == k)
        if len(rows) < FEWEST_RUNS or not len(streets):
            continue
        log_s = np.log(runs.travel_s[rows])
        here = OnRoad(exits.street[[k]], exits.along[[k]], exits.offset_m[[k]])
        base = _losses(added_of(rows, here), log_s, fold[rows], learnt)
        best: Exit | None = None
        for i in range(len(streets)):
            place = OnRoad(streets.street[[i]], streets.along[[i]], streets.offset_m[[i]])
            added_s = added_of(rows, place)
            if not np.isfinite(added_s).all():
                continue
            gain = base - _losses(added_s, log_s, fold[rows], learnt)
            mean, low, sure = _over_days(gain, runs.day[rows], SURE / max(tried, 1), seed)
            if sure > 0 and (best is None or mean > best.gain):
                best = Exit(k, place, mean, low)
        if best is not None:
            found.append(best)
    return found


def added_from(
    ways: RunWays,
    runs: EngineRuns,
    rows: NDArray[np.int64],
    place: OnRoad,
    learnt: Learnt,
    design_of_driven: Callable[..., object],
) -> NDArray[np.float64]:
    """What runs add up to where they leave by one place, without what is particular to stations. [s]"""
    places = OnRoad(runs.places.street[rows], runs.places.along[rows], runs.places.offset_m[rows])
    driven = drive(ways, place, places, np.zeros(len(rows), dtype=np.int64))
    added_s = learnt.parameters.added_s(design_of_driven(driven, rows))  # type: ignore[arg-type]
    return np.where(np.isfinite(driven.added_s), added_s, np.inf)


def _losses(
    added_s: NDArray[np.float64], log_s: NDArray[np.float64], fold: NDArray[np.int64], learnt: Learnt
) -> NDArray[np.float64]:
    """Loss of each run, with a start of the station's own that is told from the other folds."""
    loss = np.zeros(len(log_s))
    width = learnt.sd * 0.8  # the mean absolute residual of a normal law
    for one in np.unique(fold):
        told, tested = fold != one, fold == one
        later_s = _later_s(added_s[told], log_s[told], learnt.sd) if told.any() else 0.0
        clock_s = learnt.as_drive_curve(0.0).clock_s(np.maximum(added_s[tested] + later_s, 1.0))
        loss[tested] = np.abs(log_s[tested] - np.log(np.maximum(clock_s, 1.0))) / width
    return loss


def _later_s(added_s: NDArray[np.float64], log_s: NDArray[np.float64], sd: float) -> float:
    later_s = 0.0
    for _ in range(5):
        now_s = np.maximum(added_s + later_s, 5.0)
        scaled = (log_s - np.log(now_s)) / sd
        weight = np.minimum(1.0, HUBER / np.maximum(np.abs(scaled), 1e-9))
        later_s += float((weight * scaled * sd / now_s).sum() / (weight / now_s**2).sum())
    return later_s * len(log_s) / (len(log_s) + SHRUNK)


def _over_days(
    gain: NDArray[np.float64], day: NDArray[np.int64], level: float, seed: int
) -> tuple[float, float, float]:
    """Mean gain of a run; its 2.5 % quantile over days drawn anew, and that at another level, by the normal law."""
    from statistics import NormalDist  # noqa: PLC0415 - only here

    _, of = np.unique(day, return_inverse=True)
    total, count = np.bincount(of, weights=gain).astype(np.float64), np.bincount(of).astype(np.int64)
    rng = np.random.default_rng(seed)
    taken = rng.integers(0, len(count), (DRAWS, len(count)))
    means = total[taken].sum(axis=1) / np.maximum(count[taken].sum(axis=1), 1)
    mean, sd = float(gain.mean()), float(means.std())
    return mean, float(np.quantile(means, SURE)), mean + NormalDist().inv_cdf(level) * sd


def lonlat_of(roads: RoadNetwork, place: OnRoad) -> tuple[float, float]:
    """Longitude and latitude of a place on a street. [°]"""
    street, along = int(place.street[0]), float(place.along[0])
    xy = roads.xy_m[roads.offsets[street] : roads.offsets[street + 1]]
    at_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    point = [np.interp(along * at_m[-1], at_m, xy[:, i]) for i in range(2)]
    lon, lat = project(np.array([point]), source=roads.crs, target=WGS84)[0]
    return float(lon), float(lat)
