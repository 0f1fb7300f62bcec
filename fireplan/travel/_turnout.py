"""From what a search adds up to the time that is told of an arrival: the drive, and the turnout where it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from fireplan.roads import REST
from fireplan.roads._network import DRIVEN_AS
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
    scenarios which come from one another share it; both are of all hours together, as the turnouts of units are.
    """
    if not scenario.roads.calibrated or interval != "turnout_and_travel_s":
        return 0.0
    turnout = None if scenario.calibration is None else scenario.calibration.turnouts
    return USUAL_TURNOUT_S if turnout is None else turnout.median_s(_asked(needs))


def told_turnout_s(scenario: Scenario, interval: str, needs: Iterable[str]) -> float:
    """Say what is added after the drive: as `common_turnout_s`, in the hours that the streets are driven in. [s]"""
    turnout = None if scenario.calibration is None else scenario.calibration.turnouts
    hours = None if turnout is None else hours_driven(scenario)
    if turnout is None or hours is None or not scenario.roads.calibrated or interval != "turnout_and_travel_s":
        return common_turnout_s(scenario, interval, needs)
    return turnout.median_s(_asked(needs), hours=hours)


def _asked(needs: Iterable[str]) -> list[str]:
    """Kinds of which any are needed."""
    return [kind for kind in needs if not isinstance(needs, Mapping) or needs[kind] > 0]


def hours_driven(scenario: Scenario) -> tuple[int, ...] | None:
    """Say in which hours of the day the streets are driven as they are; None: in all."""
    driven = [note for note in scenario.roads.notes if note.startswith(DRIVEN_AS)]
    if not driven or scenario.roads.periods:
        return None
    before: Scenario | None = scenario
    while before is not None and not before.roads.periods:
        before = before.parent
    periods = () if before is None else before.roads.periods
    if driven[-1] == f"{DRIVEN_AS}the {REST}":
        return _most_of(~np.any([p.minutes for p in periods], axis=0)) if periods else None
    return next((_most_of(p.minutes) for p in periods if driven[-1] == f"{DRIVEN_AS}{p}"), None)


def _most_of(minutes: NDArray[np.bool_]) -> tuple[int, ...] | None:
    """Hours of the day of which most, on some day, is among minutes of the week; None: none."""
    share = minutes.reshape(7, 24, 60).mean(axis=2).max(axis=0)
    return tuple(int(h) for h in np.flatnonzero(share >= min(0.5, share.max()))) if share.any() else None


def told_key(scenario: Scenario, interval: str, needs: Iterable[str]) -> tuple[Hashable, ...] | None:
    """Name what `told` does; None: nothing, as times are told as they add up."""
    later_s = told_turnout_s(scenario, interval, needs)
    curve = scenario.roads.curve
    return None if curve.is_straight and not later_s else ("told", curve, later_s)


def told(scenario: Scenario, added_s: NDArray[np.float32], interval: str, needs: Iterable[str]) -> NDArray[np.float32]:
    """Tell times that streets, turns, starts and turnouts add up to as those of arrivals. [s]"""
    found = scenario.roads.curve.clock_s(added_s)
    later_s = told_turnout_s(scenario, interval, needs)
    return found + np.float32(later_s) if later_s else found
