"""Times by groups on the logarithmic scale, each group drawn to what it is part of as far as it was seldom seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.drive_times._travel_spread import LEVELS
from fireplan.drive_times._turnout_times import NORMAL_Z

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MEDIAN_COSTS = np.pi / 2
"""Variance of a median by that of a mean of as many."""

ROUNDS = 6
FAR = 4.0
"""Residuals beyond so many standard deviations count as that far: stamps go wrong."""

FEWEST_FOR_SHAPE = 300
"""With fewer times the shape is taken to be normal."""


class Effect(NamedTuple):
    """
    How the groups of one kind differ.

    Attributes
    ----------
    value
        Of each group, shrunk by n / (n + `k`).
    variance
        Of what it may be off by.
    k
        As many times say as much of a group as is known without any; inf: the groups do not differ.
    """

    value: NDArray[np.float64]
    variance: NDArray[np.float64]
    k: float


@dataclass(frozen=True, eq=False)
class LogTurnouts:
    """
    What was learnt of the logarithm of times: a centre, effects of groups, and how times differ within them.

    Attributes
    ----------
    centre
        Median of a group without effects.
    effects
        One for each grouping.
    log_scale, scales
        Logarithm of the standard deviation, and its effects for the groupings from `first_scale` on.
    first_scale
        The first grouping that has a standard deviation of its own.
    shape
        Quantiles at `LEVELS`, in standard deviations.
    shape_is
        "lognormal" or "observed".
    """

    centre: float
    effects: tuple[Effect, ...]
    log_scale: float
    scales: tuple[Effect, ...]
    first_scale: int
    shape: NDArray[np.float64]
    shape_is: str

    def location(self, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Median of the logarithm for times of these groups, one array of groups for each grouping."""
        return np.asarray(self.centre + sum(e.value[g] for e, g in zip(self.effects, groups, strict=True)))

    def scale(self, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Standard deviation of the logarithm for times of these groups."""
        of = groups[self.first_scale :]
        return np.exp(self.log_scale + sum(e.value[g] for e, g in zip(self.scales, of, strict=True)))

    def variance(self, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Of what `location` may be off by; groupings count as if they were independent of one another."""
        return np.asarray(sum(e.variance[g] for e, g in zip(self.effects, groups, strict=True)))


def fit_log_times(
    log_s: NDArray[np.float64], groups: Sequence[NDArray[np.int64]], sizes: Sequence[int], *, first_scale: int = 0
) -> LogTurnouts:
    """
    Learn how the logarithm of times differs between groups.

    Parameters
    ----------
    log_s
        Of each time.
    groups
        For each grouping, the coarse before the fine, the group of each time.
    sizes
        How many groups each grouping has, seen or not.
    first_scale
        The first grouping that has a standard deviation of its own.

    Notes
    -----
    Medians of residuals, grouping by grouping, until they settle. Each is shrunk towards none by n / (n + k): k is the
    variance of one time by that between groups, which is found by moments [1]_. Standard deviations follow in the same
    way.

    References
    ----------
    .. [1] R. DerSimonian and N. Laird, "Meta-analysis in clinical trials", Controlled Clinical Trials 7(3), 1986,
       177-188.
    """
    centre = float(np.median(log_s))
    effects = [Effect(np.zeros(size), np.zeros(size), np.inf) for size in sizes]
    residual = log_s - centre
    for _ in range(ROUNDS):
        variance = _robust_sd(residual) ** 2
        for i, (group, size) in enumerate(zip(groups, sizes, strict=True)):
            residual = residual + effects[i].value[group]
            median, n = _medians(residual, group, size)
            effects[i] = _shrunk(median, n, MEDIAN_COSTS * variance)
            residual = residual - effects[i].value[group]
        middle = float(np.median(residual))
        centre, residual = centre + middle, residual - middle
    return _with_scales(centre, effects, residual, groups, sizes, first_scale)


def _with_scales(
    centre: float,
    effects: list[Effect],
    residual: NDArray[np.float64],
    groups: Sequence[NDArray[np.int64]],
    sizes: Sequence[int],
    first_scale: int,
) -> LogTurnouts:
    """Learn how times differ within their groups."""
    log_scale = float(np.log(max(_robust_sd(residual), 1e-6)))
    scales = []
    standard = residual / np.exp(log_scale)
    for group, size in zip(groups[first_scale:], sizes[first_scale:], strict=True):
        square = np.clip(standard, -FAR, FAR) ** 2
        n = np.bincount(group, minlength=size).astype(float)
        mean = np.bincount(group, weights=square, minlength=size) / np.maximum(n, 1.0)
        # The logarithm of a standard deviation of n times varies by (kurtosis - 1) / 4n.
        costs = max(float(np.mean(square**2) / max(np.mean(square) ** 2, 1e-12)) - 1.0, 0.5) / 4
        scales.append(_shrunk(np.where(n > 1, np.log(np.maximum(mean, 1e-6)) / 2, 0.0), np.where(n > 1, n, 0), costs))
        standard = standard / np.exp(scales[-1].value[group])
    shape, shape_is = np.array(NORMAL_Z), "lognormal"
    if len(residual) >= FEWEST_FOR_SHAPE:
        shape = np.quantile(standard, LEVELS)
        shape, shape_is = shape - np.interp(0.5, LEVELS, shape), "observed"
    return LogTurnouts(centre, tuple(effects), log_scale, tuple(scales), first_scale, shape, shape_is)


def _shrunk(value: NDArray[np.float64], n: NDArray[np.float64], variance: float) -> Effect:
    """Draw effects towards none: each is known to variance / n."""
    seen = n > 0
    weight = np.where(seen, n / max(variance, 1e-12), 0.0)
    between = 0.0
    if seen.sum() > 1:
        between = max(0.0, (float(weight @ value**2) - float(seen.sum())) / float(weight.sum()))
    if between == 0.0:
        return Effect(np.zeros(len(value)), np.zeros(len(value)), np.inf)
    k = variance / between
    held = n / (n + k)
    return Effect(np.where(seen, value, 0.0) * held, between * (1 - held), float(k))


def _robust_sd(residual: NDArray[np.float64]) -> float:
    """Standard deviation of all but the far ends."""
    mad = float(np.median(np.abs(residual - np.median(residual)))) * 1.4826
    if mad == 0:
        return float(np.std(residual))
    return float(np.std(np.clip(residual, -FAR * mad, FAR * mad)))


def _medians(
    value: NDArray[np.float64], group: NDArray[np.int64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median of each group, 0 of one without any, and how many it has."""
    n = np.bincount(group, minlength=size)
    order = np.lexsort((value, group))
    ordered = value[order]
    begin = np.cumsum(n) - n
    last = max(len(value) - 1, 0)
    low = ordered[np.minimum(begin + np.maximum(n - 1, 0) // 2, last)]
    high = ordered[np.minimum(begin + n // 2, last)]
    return np.where(n > 0, (low + high) / 2, 0.0), n.astype(float)
