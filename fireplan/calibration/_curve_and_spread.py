"""The curve that makes medians right, and how far drives lie about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.drive_times import LEVELS, NORMAL_SHAPE, TravelSpread

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOPE_STEPS = 14
"""Of a golden section: enough for a slope to a thousandth."""

LEAST_UPWARD = 0.2
"""A shape whose 90th percentile is nearer to its median than this, of what it should be, is none."""

OFTEN_ENOUGH = 300
"""From so many runs on, the shape is theirs; of fewer it is taken to be lognormal."""

POWERS = (0.4, 1.0)
"""Between these: a curve that bends upwards would make routes longer than they need be look quick."""


class Curve(NamedTuple):
    """offset + scale x^power. [s]"""

    offset_s: float = 0.0
    scale: float = 1.0
    power: float = 1.0

    def clock_s(self, added_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How long a drive takes. [s]"""
        return self.offset_s + self.scale * added_s**self.power

    def slope(self, added_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much longer, for each second more."""
        return self.scale * self.power * added_s ** (self.power - 1)


STRAIGHT = Curve()


def scaled_curve(added_s: NDArray[np.float64], log_s: NDArray[np.float64]) -> Curve:
    """Make the median right by one factor."""
    return Curve(0.0, float(np.exp(np.median(log_s - np.log(added_s)))), 1.0)


def bent_curve(added_s: NDArray[np.float64], log_s: NDArray[np.float64], first: Curve | None = None) -> Curve:
    """
    Fit a concave curve by the least sum of absolute residuals of logarithms: half of the runs lie on either side.

    For an offset, as a share of the scale, and a power, the scale is a median; those two are sought by a simplex.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - slow to import

    unit = float(np.median(added_s))
    x = added_s / unit

    def at(v: NDArray[np.float64]) -> tuple[float, float, float]:
        power = POWERS[0] + (POWERS[1] - POWERS[0]) / (1 + np.exp(-v[0]))
        return float(np.exp(v[1])), float(power), 0.0

    def loss(v: NDArray[np.float64]) -> float:
        share, power, _ = at(v)
        residual = log_s - np.log(share + x**power)
        return float(np.abs(residual - np.median(residual)).mean())

    begin = np.array([0.0, -2.5])
    if first is not None and first.power < POWERS[1]:
        share = max(first.offset_s / (first.scale * unit**first.power), 1e-4)
        where = np.clip((first.power - POWERS[0]) / (POWERS[1] - POWERS[0]), 0.01, 0.99)
        begin = np.array([np.log(where / (1 - where)), np.log(share)])
    found = minimize(loss, begin, method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-6, "maxiter": 120})
    share, power, _ = at(found.x)
    scale = float(np.exp(np.median(log_s - np.log(share + x**power))))
    return Curve(scale * share, scale / unit**power, power)


def spread_of(
    median_s: NDArray[np.float64], observed_s: NDArray[np.float64], *, shape: bool = True, fitted: bool = True
) -> TravelSpread:
    """
    Learn how far drives lie about their medians, from medians that were not fitted to them.

    Of a model that is fitted to nothing (`fitted` is false) modelled times are no medians: how far they are off is then
    part of the shape, so that shares and percentiles are those of the drives.

    The way to the 90th percentile is a quantile regression [1]_ of the logarithm of observed by modelled on that of the
    modelled time: for each slope the level is a quantile, and the slope is sought by golden section.

    References
    ----------
    .. [1] R. Koenker and G. Bassett, "Regression quantiles", Econometrica 46(1), 1978, 33-50.
    """
    residual = np.log(observed_s / median_s)
    middle = float(np.median(residual))
    found = _about_medians(median_s, residual - middle, shape=shape)
    if fitted:
        return found
    off = float(np.median(residual / found.upper_at(median_s)))
    return replace(found, shape=tuple(z + off for z in found.shape))


def _about_medians(median_s: NDArray[np.float64], residual: NDArray[np.float64], *, shape: bool) -> TravelSpread:
    away = np.log(median_s / 240.0)
    upper, slope = upper_of(away, residual)
    if not shape or len(residual) < OFTEN_ENOUGH:
        return TravelSpread(upper, slope, NORMAL_SHAPE, "lognormal")
    plain = TravelSpread(upper, slope)
    z = np.quantile(residual / plain.upper_at(median_s), LEVELS)
    z = z - np.interp(0.5, LEVELS, z)
    upward = float(np.interp(0.9, LEVELS, z))
    if upward < LEAST_UPWARD:  # stamps so coarse that most drives take the same time
        return plain
    z = z / upward
    return TravelSpread(upper, slope, tuple(float(v) for v in z), "observed")


def upper_of(away: NDArray[np.float64], residual: NDArray[np.float64], level: float = 0.9) -> tuple[float, float]:
    """
    Regress a quantile of residuals on how far medians lie from 240 s.

    Of fewer than `OFTEN_ENOUGH` runs the slope is drawn to nothing: what they tell of it is noise.
    """

    def at(slope: float) -> tuple[float, float]:
        left = residual - slope * away
        upper = float(np.quantile(left, level))
        off = left - upper
        return float(np.where(off > 0, level * off, (level - 1) * off).mean()), upper

    low, high = -0.6, 0.6
    golden = (np.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    loss_a, loss_b = at(a)[0], at(b)[0]
    for _ in range(SLOPE_STEPS):
        if loss_a <= loss_b:
            high, b, loss_b = b, a, loss_a
            a = high - golden * (high - low)
            loss_a = at(a)[0]
        else:
            low, a, loss_a = a, b, loss_b
            b = low + golden * (high - low)
            loss_b = at(b)[0]
    slope = (low + high) / 2 * min(len(residual) / OFTEN_ENOUGH, 1.0)
    return max(at(slope)[1], 0.01), float(slope)
