"""How much is to be expected within a limit, where it is known how drives differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.drive_times._chances import Chances, Crews, chances_of
from fireplan.measures._tally import ROUNDING
from fireplan.travel._turnout import hours_driven

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.measures._demand_measures import Measure
    from fireplan.measures._tally import Tally
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective
    from fireplan.travel._force import ForceTimes

INTERVAL = (2.5, 97.5)
"""Percentiles between which an expectation lies as days are drawn anew."""


FARTHEST_S = 1e6
"""Arrivals that take longer than this are as good as none. [s]"""

MOST_STEPS = 60


class Expected(NamedTuple):
    """
    What is expected within a limit.

    Attributes
    ----------
    within
        So much, on average over drives.
    low, high
        Its 95 % interval as shares of all: curve and spread as fitted to days drawn anew; NaN without draws.
    p90_s
        Of all arrivals, places and drives together; inf if more than a tenth never comes. [s]
    calibration
        Fingerprint of what it was learnt from.
    """

    within: float
    low: float
    high: float
    p90_s: float
    calibration: str


def chances_for(scenario: Scenario, objective: Objective) -> Chances | None:
    """Give the law of arrivals under an objective; None: drives are planned, or it is not known how they differ."""
    calibration, roads = scenario.calibration, scenario.roads
    if calibration is None or not roads.calibrated:
        return None
    crews = None
    if objective.interval == "turnout_and_travel_s":
        kinds = tuple(sorted(k for k, n in objective.needs.items() if n > 0))
        crews = Crews(kinds, objective.categories, hours_driven(scenario))
    whole_week = bool(roads.periods)
    key = "chances", calibration.fingerprint, roads.curve, objective.limit_s, crews, whole_week

    def make() -> Chances | None:
        return chances_of(
            calibration, roads.curve, limit_s=objective.limit_s, crews=crews, whole_week=whole_week, key=key
        )

    return scenario.memo.get(key, make)


def expected(
    scenario: Scenario, measure: Measure, times: ForceTimes, objective: Objective, found: Tally
) -> Expected | None:
    """Sum up how likely each place is reached in time; None: it is not known how drives differ."""
    law = chances_for(scenario, objective)
    if law is None or scenario.calibration is None:
        return None
    name = scenario.calibration.fingerprint
    key = "expected", measure.key, times.key, law.key
    return scenario.memo.get(key, lambda: _expected(found, law, name))


def _expected(found: Tally, law: Chances, calibration: str) -> Expected:
    if not found.total > 0:
        return Expected(0.0, np.nan, np.nan, np.nan, calibration)
    reached = found.by_second
    ends = int(np.flatnonzero(reached)[-1]) + 1 if reached.any() else 0  # most seconds come after all arrivals
    shares = law.draws[:, :ends] @ reached[:ends] / found.total
    low, high = np.percentile(shares, INTERVAL) if len(shares) else (np.nan, np.nan)
    return Expected(
        float(law.by_second @ reached), float(low), float(high), p90_s(reached, found.total, law), calibration
    )


def p90_s(by_second: NDArray[np.float64], total: float, law: Chances) -> float:
    """
    Give the time by which nine of ten arrivals have come, places and drives together, to a tenth of a second.

    Parameters
    ----------
    by_second
        How much is reached in each whole second at the median.
    total
        How much there is, with what is never reached.
    law
        How drives differ.

    Returns
    -------
    NaN where there is nothing; inf where more than a tenth never comes.
    """
    if not total > 0:
        return float("nan")
    second = np.flatnonzero(by_second)
    weight = by_second[second]
    wanted = 0.9 * total * (1 - ROUNDING)
    if weight.sum() < wanted:
        return float("inf")
    law = law.coarser()

    def more(limit_s: float) -> float:
        return float(law.within(second, limit_s) @ weight) - wanted

    low, high = 0.0, 60.0
    over, under = -wanted, more(high)
    while under < 0:
        low, over, high = high, under, 2 * high
        if high > FARTHEST_S:
            return float("inf")
        under = more(high)
    # False position; an end that stays twice counts half (the Illinois rule): a third of the steps of halving.
    stayed = 0
    for _ in range(MOST_STEPS):
        if high - low <= 0.1:
            break
        middle = high - under * (high - low) / (under - over)
        middle = min(max(middle, low + 0.05), high - 0.05)
        found = more(middle)
        if found >= 0:
            high, under, over = middle, found, over / 2 if stayed < 0 else over
            stayed = -1
        else:
            low, over, under = middle, found, under / 2 if stayed > 0 else under
            stayed = 1
    return round(high, 1)
