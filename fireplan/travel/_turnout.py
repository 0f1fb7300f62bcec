"""From what a search adds up to the time that is told of an arrival: the drive, and the turnout where it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.stations import USUAL_TURNOUT_S

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario


def common_turnout_s(scenario: Scenario, interval: str, needs: Iterable[str]) -> float:
    """
    Say which part of the turnout is told after the drive rather than waited for before it. [s]

    Where drives are told by a curve, a turnout must not be bent by it: what crews of these kinds take at the median is
    added afterwards, and only how a unit differs from that is waited for before. Both follow the department, so that
    scenarios which come from one another share it.
    """
    if not scenario.roads.calibrated or interval != "turnout_and_travel_s":
        return 0.0
    turnout = None if scenario.calibration is None else scenario.calibration.turnout
    return USUAL_TURNOUT_S if turnout is None else float(np.median(turnout.distribution_s(needs)))


def told_key(scenario: Scenario, interval: str, needs: Iterable[str]) -> tuple[Hashable, ...] | None:
    """Name what `told` does; None: nothing, as times are told as they add up."""
    later_s = common_turnout_s(scenario, interval, needs)
    curve = scenario.roads.curve
    return None if curve.is_straight and not later_s else ("told", curve, later_s)


def told(scenario: Scenario, added_s: NDArray[np.float32], interval: str, needs: Iterable[str]) -> NDArray[np.float32]:
    """Tell times that streets, turns, starts and turnouts add up to as those of arrivals. [s]"""
    found = scenario.roads.curve.clock_s(added_s)
    later_s = common_turnout_s(scenario, interval, needs)
    return found + np.float32(later_s) if later_s else found
