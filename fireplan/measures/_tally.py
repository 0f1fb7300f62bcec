"""Sums of what is counted by when help arrives, followed from a scenario to what comes from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan._limits import last_within
from fireplan.travel._force import whole

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from fireplan.measures._demand_measures import Measure
    from fireplan.scenario import Scenario
    from fireplan.travel._force import ForceTimes

ROUNDING = 1e-12
"""A share that misses its goal by less than this part of it has reached it: sums of weights are not exact."""

LATE_S = 7200
"""Arrivals later than this are not told apart by second before a percentile is looked for among them. [s]"""


class Tally(NamedTuple):
    """
    How much of a measure there is, by when help arrives.

    Attributes
    ----------
    total, within, unreachable
        In all, within the limit, and never reached.
    by_second
        What is reached in each whole second; the last takes all that is later.
    """

    total: float
    within: float
    unreachable: float
    by_second: NDArray[np.float64]


def tally(scenario: Scenario, measure: Measure, times: ForceTimes, limit_s: float) -> Tally:
    """Sum a measure up by when help arrives; after a what-if, only where that has changed."""

    def key(times_key: Hashable) -> Hashable:
        return "tally", measure.key, times_key, limit_s

    def make() -> Tally:
        latest_s = last_within(limit_s)
        known = scenario.memo.known(key(times.before)) if times.before is not None and measure.exact else None
        if known is None:
            sums, by_second = np.zeros(3), np.zeros(LATE_S + 1)
            kernel.add_arrivals(sums, by_second, whole(scenario, times), measure.weight, limit_s=latest_s)
        else:
            sums, by_second = np.array(known[:3]), known.by_second.copy()
            weight = measure.weight[times.row]
            kernel.add_arrivals(sums, by_second, times.before_s[times.row], weight, limit_s=latest_s, sign=-1.0)
            kernel.add_arrivals(sums, by_second, times.row_s, weight, limit_s=latest_s)
        total, within, unreachable = sums.tolist()
        return Tally(total, within, unreachable, by_second)

    return scenario.memo.get(key(times.key), make)


def percentile_s(scenario: Scenario, measure: Measure, times: ForceTimes, found: Tally, percent: float) -> float:
    """Percentile of arrival, as `weighted_percentile` defines it, from sums that are there already. [s]"""
    key = "percentile", measure.key, times.key, percent
    return scenario.memo.get(key, lambda: _percentile_s(scenario, measure, times, found, percent))


def _percentile_s(scenario: Scenario, measure: Measure, times: ForceTimes, found: Tally, percent: float) -> float:
    if not found.total > 0:
        return float("nan")
    wanted = percent / 100 * found.total * (1 - ROUNDING)
    reached = np.cumsum(found.by_second)
    if reached[-1] < wanted:
        return float("inf")
    second = int(np.searchsorted(reached, wanted))
    before = reached[second - 1] if second else 0.0
    if times.before is None or not measure.exact:
        values, weight = _members(scenario, measure, times.key, whole(scenario, times), second)
    else:
        # Those of the scenario before, less those that are reached otherwise now, and what has become of them.
        values, weight = _members(scenario, measure, times.before, times.before_s, second)
        here = measure.weight[times.row]
        gone, come = times.before_s[times.row], times.row_s
        out, in_ = _in_second(gone, here, second), _in_second(come, here, second)
        values = np.concatenate([values, gone[out], come[in_]])
        weight = np.concatenate([weight, -here[out], here[in_]])
        order = np.argsort(values, kind="stable")
        values, weight = values[order], weight[order]
    place = np.searchsorted(before + _at_each(values, np.cumsum(weight)), wanted)
    return float(values[min(int(place), len(values) - 1)])


def _at_each(values: NDArray[np.float32], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give all that has come by each value, what comes at the same time included."""
    return sums[np.searchsorted(values, values, side="right") - 1]


def _members(
    scenario: Scenario, measure: Measure, key: Hashable, arrival_s: NDArray[np.float32], second: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Arrivals in one second, in order, and their weights."""

    def make() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        inside = np.flatnonzero(_in_second(arrival_s, measure.weight, second))
        inside = inside[np.argsort(arrival_s[inside], kind="stable")]
        return arrival_s[inside], measure.weight[inside]

    return scenario.memo.get(("in second", measure.key, key, second), make)


def _in_second(arrival_s: NDArray[np.float32], weight: NDArray[np.float64], second: int) -> NDArray[np.bool_]:
    inside = (arrival_s >= second) & (weight > 0)
    return inside & (arrival_s < (second + 1 if second < LATE_S else np.inf))


def weighted_percentile(values: NDArray[np.floating], weight: NDArray[np.float64], percent: float) -> float:
    """
    Percentile by the inverted distribution: the least value that `percent` of the weight does not exceed.

    The only definition under which p90 <= T exactly when at least 90 % lie within T. Values are zero or more; what is
    not finite comes after all others. NaN if nothing weighs anything.
    """
    if not weight.sum() > 0:
        return float("nan")
    wanted = percent / 100 * weight.sum() * (1 - ROUNDING)
    finite = np.flatnonzero(np.isfinite(values))
    # First the whole second in which it falls, then the place in that second: cheaper than sorting everything.
    whole = values[finite].astype(np.int64)
    reached = np.cumsum(np.bincount(whole, weights=weight[finite]))
    if len(reached) == 0 or reached[-1] < wanted:
        return float("inf")
    second = int(np.searchsorted(reached, wanted))
    inside = finite[whole == second]
    inside = inside[np.argsort(values[inside], kind="stable")]
    before = reached[second - 1] if second else 0.0
    place = np.searchsorted(before + np.cumsum(weight[inside]), wanted)
    return float(values[inside[min(int(place), len(inside) - 1)]])
