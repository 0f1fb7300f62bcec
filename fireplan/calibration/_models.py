"""The ladder of models, from planning speeds to everything that runs can tell, each fitted by one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.calibration._curve_and_spread import STRAIGHT, Curve, scaled_curve
from fireplan.calibration._speeds_and_delays import HUBER, Design, Parameters, fit
from fireplan.roads import DriveCurve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.drive_times._calibration import Model

UNFITTED: tuple[Model, ...] = ("planning", "rand")
"""Models that are taken as they are published: nothing makes their times medians of the drives."""

RAND_KPH, RAND_RAMP_S = 60 / 1.7 * 1.609344, 39.0
"""T = 0.65 + 1.7 D minutes beyond 0.38 miles, and the root below: this speed after this ramp. [km/h], [s]"""

SHRUNK = 12.0
"""A station with so many runs keeps half of what is particular to it."""

FEWEST: dict[Model, int] = {"factor": 20, "rand_fitted": 60, "linear": 60, "class": 250, "full": 500}
"""Runs below which a model is not tried: it would learn noise. What it gains has to show on runs left out besides."""


class Learnt(NamedTuple):
    """
    A model as fitted to some runs.

    Attributes
    ----------
    parameters
        Start, paces, delays, factors of hours.
    curve
        From added seconds to the clock.
    ramp_s
        Of RAND's curve. [s]
    later_s
        What is particular to stations. [s]
    sd
        Robust standard deviation of the residuals of logarithms.
    """

    parameters: Parameters
    curve: Curve = STRAIGHT
    ramp_s: float = 0.0
    later_s: NDArray[np.float64] | None = None
    sd: float = 0.3

    def added_s(self, design: Design, station: NDArray[np.int64]) -> NDArray[np.float64]:
        """What start, streets and turns add up to. [s]"""
        found = self.parameters.added_s(design)
        return found if self.later_s is None else np.maximum(found + self.later_s[station], 1.0)

    def median_s(self, design: Design, station: NDArray[np.int64]) -> NDArray[np.float64]:
        """Modelled time of drives. [s]"""
        return np.maximum(self.as_drive_curve(0.0).clock_s(self.added_s(design, station)), 1.0)

    def as_drive_curve(self, start_s: float) -> DriveCurve:
        """Give the curve as a network takes it."""
        return DriveCurve(start_s, self.curve.offset_s, self.curve.scale, self.curve.power, self.ramp_s)


class FitMaterial(NamedTuple):
    """
    What models are fitted to.

    Attributes
    ----------
    designs
        By model.
    station
        Station of each run.
    n_stations
        How many there are.
    """

    designs: Mapping[Model, Design]
    station: NDArray[np.int64]
    n_stations: int

    def of(self, rows: NDArray[np.int64]) -> FitMaterial:
        """Of some runs."""
        designs = {model: design.of(rows) for model, design in self.designs.items()}
        return FitMaterial(designs, self.station[rows], self.n_stations)


def learn(
    model: Model,
    material: FitMaterial,
    rows: NDArray[np.int64] | None = None,
    *,
    first: Learnt | None = None,
    effects: bool = True,
) -> Learnt:
    """
    Fit a model to some runs.

    Parameters
    ----------
    model
        Which.
    material
        The runs.
    rows
        Which of them; left out: all.
    first
        Where to begin, such as the fit to all.
    effects
        Whether stations have something particular to them; only the full model has that.
    """
    whole = material.designs[model]
    design = whole if rows is None else whole.of(rows)
    station = material.station if rows is None else material.station[rows]
    if model in UNFITTED:
        plain = Parameters(0.0, np.ones(1), np.empty(0), np.zeros(1))
        return Learnt(plain, ramp_s=RAND_RAMP_S if model == "rand" else 0.0)
    if model == "factor":
        return _factor(design)
    if model == "rand_fitted":
        return _rand(design, first)
    fitted = fit(design, None if first is None else first.parameters)
    learnt = Learnt(fitted.parameters, sd=fitted.sd)
    if model == "full" and effects:
        later_s = station_effects(design, fitted.parameters, fitted.sd, station, material.n_stations)
        # What is particular to stations is no trait of the streets near them.
        fitted = fit(design._replace(fixed_s=design.fixed_s + later_s[station]), fitted.parameters)
        later_s = station_effects(design, fitted.parameters, fitted.sd, station, material.n_stations)
        learnt = Learnt(fitted.parameters, later_s=later_s, sd=fitted.sd)
    added_s = learnt.added_s(design, station)
    return learnt._replace(curve=scaled_curve(added_s, design.log_s))


def _factor(design: Design) -> Learnt:
    """Multiply driving by one factor: the median of what is left after delays, by driving."""
    driving_s = np.maximum(design.paces[:, 0], 0.1)
    left_s = np.maximum(np.exp(design.log_s) - design.fixed_s, 1.0)
    factor = float(np.exp(np.median(np.log(left_s / driving_s))))
    return Learnt(Parameters(0.0, np.array([factor]), np.empty(0), np.zeros(1)))


def _rand(design: Design, first: Learnt | None) -> Learnt:
    """Fit speed and ramp of RAND's curve by the least sum of absolute residuals of logarithms."""
    from scipy.optimize import minimize  # noqa: PLC0415 - slow to import

    at_rand_s = np.maximum(design.paces[:, 0], 0.1)

    def clock_s(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return DriveCurve(ramp_s=float(np.exp(v[1]))).clock_s(at_rand_s * np.exp(v[0]))

    def loss(v: NDArray[np.float64]) -> float:
        return float(np.abs(design.log_s - np.log(clock_s(v))).mean())

    begin = np.array([0.0, np.log(RAND_RAMP_S)])
    if first is not None:
        begin = np.array([np.log(first.parameters.paces[0]), np.log(max(first.ramp_s, 1.0))])
    found = minimize(loss, begin, method="Nelder-Mead", options={"xatol": 2e-3, "fatol": 1e-6, "maxiter": 150}).x
    pace, ramp_s = float(np.exp(found[0])), float(min(np.exp(found[1]), 600.0))
    return Learnt(Parameters(0.0, np.array([pace]), np.empty(0), np.zeros(1)), ramp_s=ramp_s)


def station_effects(
    design: Design, parameters: Parameters, sd: float, station: NDArray[np.int64], n_stations: int
) -> NDArray[np.float64]:
    """
    Find how much later the drives from each station come to speed, shrunk towards nothing. [s]

    A station without runs has none; the mean over the runs is nothing, as the common start holds it.
    """
    added_s = parameters.added_s(design)
    count = np.bincount(station, minlength=n_stations)
    later_s = np.zeros(n_stations)
    for _ in range(6):
        now_s = np.maximum(added_s + later_s[station], 5.0)
        scaled = (design.log_s - np.log(now_s)) / sd
        weight = np.minimum(1.0, HUBER / np.maximum(np.abs(scaled), 1e-9))
        strength = np.bincount(station, weights=weight / now_s**2, minlength=n_stations)
        pull = np.bincount(station, weights=weight * scaled * sd / now_s, minlength=n_stations)
        later_s = later_s + np.where(strength > 0, pull / np.maximum(strength, 1e-12), 0.0)
    later_s = later_s * count / (count + SHRUNK)
    later_s -= float(later_s @ count) / max(int(count.sum()), 1)
    return np.where(count > 0, np.maximum(later_s, -parameters.start_s), 0.0)
