"""Forces of several kinds where a crew has the choice of several units: each place is sent what completes it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import _kernel as kernel
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import crew_numbers, one_each
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._unit_arrivals import arrivals_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places

BLOCK = 4_000_000
"""So many times are put in order at once."""


def has_choice(units: pd.DataFrame, needs: Mapping[str, float]) -> bool:
    """Whether some crew has to choose which of several kinds that are needed it brings."""
    kinds = [KINDS.index(kind) for kind, n in needs.items() if n > 0]
    if len(kinds) < 2 or not len(units):
        return False
    useful = np.flatnonzero((supply(units)[:, kinds] > 0).any(axis=1))
    return bool((crew_numbers(units.iloc[useful]) >= 0).any())


def need_of(needs: Mapping[str, float]) -> NDArray[np.float64]:
    """How much of each of `KINDS` is needed."""
    return np.array([needs.get(kind, 0.0) for kind in KINDS], dtype=float)


def crews_that_choose(
    scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str
) -> NDArray[np.float32] | None:
    """Arrival of a force at every place, each crew going with one unit; None: no crew has the choice. [s]"""
    if not has_choice(units_on_duty(scenario, needs), needs):
        return None
    units, arrival_s = arrivals_of(scenario, ends, needs, interval)
    brings, crew, need = supply(units), one_each(units), need_of(needs)
    found = np.empty(len(ends.ids), dtype=np.float32)
    step = max(BLOCK // max(len(units), 1), 1)
    for begin in range(0, len(found), step):
        here = slice(begin, begin + step)
        found[here] = kernel.crew_force_times(np.ascontiguousarray(arrival_s[:, here]), brings, crew, need)
    return found
