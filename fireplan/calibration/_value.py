"""What was learnt as the value that scenarios are driven by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan.calibration._exits import lonlat_of
from fireplan.calibration._hours import WEEKDAYS, WEEKEND
from fireplan.calibration._intervals import days_of, interval, parameters_drawn
from fireplan.calibration._models import RAND_KPH, Learnt
from fireplan.calibration._routes import DELAYS
from fireplan.calibration._speeds_and_delays import PACE_SD, Design
from fireplan.drive_times import Calibration, Estimate, StationStart
from fireplan.drive_times._calibration import FACTORS
from fireplan.errors import InputError
from fireplan.roads import SpeedPeriod, TurnDelays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.calibration._fitting import FitGround
    from fireplan.calibration._hours import HourBand
    from fireplan.drive_times._calibration import Model
    from fireplan.roads import RoadNetwork

ENOUGH = 20
"""Runs below which a class, or a kind of turn, is told by the planning ratio."""

LEAST_KM = 0.02
SLOWEST_KPH = 3.0


def as_calibration(
    ground: FitGround,
    roads: RoadNetwork,
    design: Design,
    learnt: Learnt,
    *,
    model: Model,
    rng: np.random.Generator,
    rest: Mapping[str, Any],
) -> Calibration:
    """
    Put a model into the value that is driven by.

    Parameters
    ----------
    ground, roads
        Runs and network.
    design, learnt
        What the model was fitted to, and how.
    model
        Which.
    rng
        Draws days for the intervals.
    rest
        What else the value holds.
    """
    parts: dict[str, Any] = dict(rest)
    learnt = straightened(learnt)
    parameters = learnt.parameters
    if model == "planning":
        return Calibration(model=model, **parts)
    if model in ("factor", "linear"):
        parts["factor"] = _factor(float(parameters.paces[0]))
    if model in ("rand", "rand_fitted"):
        parts["speeds_kph"] = _even_speeds(ground, learnt, fitted=model == "rand_fitted")
    start_s = parameters.start_s if model in ("linear", "class", "full") else 0.0
    parts["curve"] = learnt.as_drive_curve(start_s)
    if model in ("linear", "class", "full"):
        runs = ground.runs
        later_s = 0.0 if learnt.later_s is None else learnt.later_s[runs.station]
        whole = design._replace(fixed_s=design.fixed_s + later_s)
        if learnt.curve.scale != 1.0 or learnt.curve.power != 1.0:
            # Days are drawn on the scale of added seconds.
            added_s = np.maximum(np.asarray(learnt.as_drive_curve(0.0).added_s(np.exp(design.log_s))), 1.0)
            whole = whole._replace(log_s=np.log(added_s))
        drawn = parameters_drawn(whole, parameters, days_of(runs.day), rng)
        parts["start"] = Estimate(parameters.start_s, *interval(drawn[:, 0]), len(runs))
        if model != "linear":
            parts |= _by_class(ground, design, parameters.paces, drawn)
        if model == "full":
            parts |= _turns_and_hours(ground, roads, design, learnt, drawn)
            parts["stations"] = _stations(ground, roads, learnt)
    return Calibration(model=model, **parts)


def _factor(pace: float) -> float:
    """Give the factor of planning speeds; what is beyond all doubt is refused, as held-out errors are of the whole."""
    factor, (least, most) = 1 / pace, FACTORS
    if not least <= factor <= most:
        raise InputError(
            f"engines would drive {factor:.3g} times as fast as planned, and no fewer than {least:g} or more than"
            f" {most:g} times can be: check that places, home stations and stamps are what they are taken for"
        )
    return factor


def straightened(learnt: Learnt) -> Learnt:
    """Put a curve that is one factor alone into start, paces and delays, so that drives add up as they are."""
    curve, p = learnt.curve, learnt.parameters
    if curve.power != 1.0 or curve.offset_s or curve.scale == 1.0:
        return learnt
    by = curve.scale
    parameters = p._replace(start_s=p.start_s * by, paces=p.paces * by, delays_s=p.delays_s * by)
    later_s = None if learnt.later_s is None else learnt.later_s * by
    return learnt._replace(parameters=parameters, later_s=later_s, curve=curve._replace(scale=1.0))


def _even_speeds(ground: FitGround, learnt: Learnt, *, fitted: bool) -> dict[str, Estimate]:
    kph = RAND_KPH / float(learnt.parameters.paces[0])
    one = Estimate(kph, kph, kph, len(ground.runs), "fitted" if fitted else "planning")
    return dict.fromkeys(ground.ways.classes, one)


def _by_class(
    ground: FitGround, design: Design, paces: NDArray[np.float64], drawn: NDArray[np.float64]
) -> dict[str, Any]:
    """Speeds by class, with intervals; those of classes that few runs drive rest on the planning ratios."""
    speeds = {}
    level = float(np.mean(paces))
    for i, name in enumerate(ground.ways.classes):
        kph = ground.planning_kph[i] / np.clip(drawn[:, 1 + i], 0.05, None)
        km = design.paces[:, i] * ground.planning_kph[i] / 3600
        n = int((km >= LEAST_KM).sum())
        told = n >= ENOUGH and float(np.std(drawn[:, 1 + i])) < 0.7 * PACE_SD * level
        value = max(float(ground.planning_kph[i] / paces[i]), SLOWEST_KPH)
        low, high = interval(kph)
        speeds[name] = Estimate(value, min(low, value), max(high, value), n, "fitted" if told else "planning")
    return {"speeds_kph": speeds}


def _turns_and_hours(
    ground: FitGround, roads: RoadNetwork, design: Design, learnt: Learnt, drawn: NDArray[np.float64]
) -> dict[str, Any]:
    p = learnt.parameters
    c = len(p.paces)
    estimates: dict[str, Estimate] = {}
    costs: dict[str, Any] = {}
    for j, k in enumerate(ground.kinds.tolist()):
        name, value = DELAYS[k], float(p.delays_s[j])
        n = int((design.turns[:, j] > 0).sum())
        estimates[name] = Estimate(value, *interval(drawn[:, 1 + c + j]), n, "fitted" if n >= ENOUGH else "planning")
        costs[name] = value
    # A kind that no way here has may come with a street that is built: it costs what is usual.
    delays = TurnDelays(drives_on=roads.delays.drives_on)._replace(**costs)
    parts: dict[str, Any] = {"delays": delays, "delay_estimates": estimates}
    parts["week_sd"] = _week_sd(design, learnt, ground.runs.station)
    if len(ground.bands) > 1:
        count = np.bincount(design.band, minlength=len(p.log_h))
        of_hours = np.exp(drawn[:, 1 + c + len(p.delays_s) :])
        factors = [float(f) for f in np.exp(p.log_h)]
        parts["periods"] = tuple(_period(band, f) for band, f in zip(ground.bands, factors, strict=True))
        parts["period_estimates"] = {
            band.name: Estimate(factors[i], *interval(of_hours[:, i]), int(count[i]))
            for i, band in enumerate(ground.bands)
        }
    return parts


def _week_sd(design: Design, learnt: Learnt, station: NDArray[np.int64]) -> float:
    """How the times of the runs would differ by the hour alone, which moves driving and neither start nor turns."""
    n = len(learnt.parameters.log_h)
    share = np.bincount(design.band, minlength=n) / max(len(design.band), 1)
    in_band = [learnt.median_s(design._replace(band=np.full_like(design.band, b)), station) for b in range(n)]
    log_s = np.log(np.stack(in_band, axis=1))
    return float(np.sqrt(((log_s - (log_s @ share)[:, None]) ** 2 @ share).mean()))


def _period(band: HourBand, factor: float) -> SpeedPeriod:
    days = {"": (), "weekdays": WEEKDAYS, "weekend": WEEKEND}[band.days]
    end = 24 if band.end == 0 and band.days else band.end
    return SpeedPeriod(band.name, hours=(band.begin, end), weekdays=days, factor=factor, basis="calibrated")


def _stations(ground: FitGround, roads: RoadNetwork, learnt: Learnt) -> dict[str, StationStart]:
    """What is particular to the stations that had runs."""
    runs = ground.runs
    count = np.bincount(runs.station, minlength=len(runs.stations))
    moved = {one.station: one for one in ground.moved}
    found = {}
    for k, name in enumerate(runs.stations):
        if not count[k]:
            continue
        later_s = 0.0 if learnt.later_s is None else float(max(learnt.later_s[k], -learnt.parameters.start_s))
        start = StationStart(later_s, int(count[k]))
        if k in moved:
            one = moved[k]
            street = str(roads.called[int(one.on_road.street[0])])
            start = start._replace(
                street=street, at=lonlat_of(roads, one.on_road), gain=one.gain, gain_low=one.gain_low
            )
        found[str(name)] = start
    return found
