"""From what a search adds up along streets and turns to the time a drive takes, from wherever it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.scenario import held, token
from fireplan.stations._drive_starts import later_starts
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


def start_times(scenario: Scenario, starts: Places) -> NDArray[np.float64]:
    """Say how long it takes from each open station until an engine is at speed; see `station_places`. [s]"""
    roads = scenario.roads
    common_s = np.full(len(starts.ids), roads.curve.start_s)
    if not roads.calibrated:
        return common_s
    later_s = later_starts(held(scenario).stations).reindex(starts.ids).to_numpy(float)
    return np.asarray(np.maximum(common_s + np.nan_to_num(later_s), 0.0))


def start_of(scenario: Scenario, origin: tuple[int, float]) -> float:
    """Say how long it takes at a place on the road until an engine is at speed: a station's, or that of all. [s]"""
    roads = scenario.roads
    if not roads.calibrated or "later_s" not in held(scenario).stations:
        return roads.curve.start_s
    starts = station_places(scenario)

    def make() -> dict[tuple[int, float], float]:
        known: dict[tuple[int, float], float] = {}
        on = starts.on_road
        each = zip(on.street.tolist(), on.along.tolist(), start_times(scenario, starts).tolist(), strict=True)
        for street, along, start_s in each:
            known[street, along] = min(start_s, known.get((street, along), np.inf))
        return known

    key = "starts", token(scenario, "stations"), roads.fingerprint, roads.attribute_fingerprint, scenario.snap_limit_m
    return scenario.memo.get(key, make).get(origin, roads.curve.start_s)
