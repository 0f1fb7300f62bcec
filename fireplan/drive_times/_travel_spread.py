"""How far drives of one modelled time differ from one another."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from fireplan._checked import takes
from fireplan.errors import Faults

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = tuple(round(0.005 + 0.01 * i, 3) for i in range(100))
"""Levels at which a shape is kept: the middles of hundredths."""

NORMAL_P90 = NormalDist().inv_cdf(0.9)
NORMAL_SHAPE = tuple(NormalDist().inv_cdf(level) / NORMAL_P90 for level in LEVELS)
"""Quantiles of the normal distribution, in units of the way from its median to its 90th percentile."""

LEAST_UPPER, MOST_UPPER = 0.005, 3.0


@takes
@dataclass(frozen=True)
class TravelSpread:
    """
    The distribution of drives about their median.

    A drive of median m takes m exp(u(m) z). u(m) = `upper` + `slope` ln(m / 240 s) is the way from the median to the
    90th percentile, on the logarithmic scale; z has median 0 and 90th percentile 1. Where
    drives are told by a model that was fitted to nothing, such as planning speeds, m is what it says, and z holds how
    far that is off: its median is then not 0.

    Attributes
    ----------
    upper
        The way at a median of 240 s.
    slope
        How it changes with the logarithm of the median.
    shape
        Quantiles of z at the middles of a hundred equal shares (0.005, 0.015, ...), in rising order; a lognormal
        distribution has those of `NORMAL_SHAPE`.
    shape_is
        "lognormal", or "observed" where the shape is that of the runs.
    """

    upper: float
    slope: float = 0.0
    shape: tuple[float, ...] = NORMAL_SHAPE
    shape_is: str = "lognormal"

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        faults = Faults("spread")
        if not LEAST_UPPER <= self.upper <= MOST_UPPER:
            faults.add(f"upper is {self.upper!r}: give a number from {LEAST_UPPER:g} to {MOST_UPPER:g}, such as 0.4")
        if not abs(self.slope) <= 2:
            faults.add(f"slope is {self.slope!r}: give a number from -2 to 2")
        if len(self.shape) != len(LEVELS):
            faults.add(f"shape has {len(self.shape)} values: give {len(LEVELS)}")
        elif not (np.isfinite(self.shape).all() and (np.diff(self.shape) >= 0).all()):
            faults.add("shape falls, or is not finite: give quantiles in rising order")
        faults.raise_if_any()

    def upper_at(self, median_s: NDArray[np.floating]) -> NDArray[np.float64]:
        """Way from the median to the 90th percentile, on the logarithmic scale, of drives of some medians."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.upper + self.slope * np.log(np.maximum(median_s, 1.0) / 240.0)
        known = np.nan_to_num(found, nan=self.upper, posinf=self.upper)
        return np.asarray(np.clip(known, LEAST_UPPER, MOST_UPPER))

    def chance(self, median_s: NDArray[np.floating], limit_s: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """
        Say how likely drives of some medians are to take no longer than a limit.

        Parameters
        ----------
        median_s, limit_s
            Broadcast against each other; an infinite median never arrives. [s]
        """
        median, limit = np.broadcast_arrays(np.asarray(median_s, dtype=float), np.asarray(limit_s, dtype=float))
        sure = np.isfinite(median) & (limit > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.log(np.where(sure, limit, 1.0) / np.maximum(np.where(sure, median, 1.0), 1e-9))
            z = z / self.upper_at(np.where(sure, median, 1.0))
        found = np.interp(z, self.shape, LEVELS, left=0.0, right=1.0)
        # Beyond the outermost quantiles that are kept lies half a hundredth on each side.
        return np.where(sure, found, 0.0)

    def quantile_s(self, median_s: NDArray[np.floating], level: float) -> NDArray[np.float64]:
        """Give a quantile of drives of some medians. [s]"""
        z = float(np.interp(level, LEVELS, self.shape))
        return np.asarray(median_s) * np.exp(self.upper_at(np.asarray(median_s)) * z)

    def widened(self, more_sd: float) -> TravelSpread:
        """Give the spread of drives that vary besides by an independent factor of that standard deviation (log)."""
        sd = self.upper / NORMAL_P90
        wide = float(np.sqrt(sd**2 + more_sd**2)) / sd if more_sd > 0 else 1.0
        return TravelSpread(min(self.upper * wide, MOST_UPPER), self.slope, self.shape, self.shape_is)
