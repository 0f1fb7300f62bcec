"""Means over replications, which are independent of one another, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.response_performance._statistics import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class MeanInterval(NamedTuple):
    """A mean and the interval that holds the true one with 95 % confidence; NaN of one replication."""

    mean: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From the lower to the upper end; inf where there is none."""
        return self.high - self.low if np.isfinite(self.high) else float("inf")


def mean_interval(
    values: Sequence[float] | NDArray[np.float64], *, least: float = -np.inf, most: float = np.inf
) -> MeanInterval:
    """
    Give the mean of replications with the interval of Student's t; those without a value are passed over.

    The interval ends at `least` and `most`, beyond which there is no such figure.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return MeanInterval(float("nan"), float("nan"), float("nan"))
    mean = float(known.mean())
    if len(known) < 2:
        return MeanInterval(mean, float("nan"), float("nan"))
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import

    half = float(stdtrit(len(known) - 1, (1 + CONFIDENCE) / 2) * known.std(ddof=1) / np.sqrt(len(known)))
    return MeanInterval(mean, max(mean - half, least), min(mean + half, most))
