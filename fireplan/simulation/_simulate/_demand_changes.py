"""What changes of demand in a scenario make of the calls of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.changes._demand import scaled_demand
from fireplan.errors import Faults, listed, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._call_templates import CallTemplates


def call_factors(scenario: Scenario, templates: CallTemplates) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """
    Give by call of the history how many are to come instead of it, and say what was counted.

    Raises
    ------
    InputError
        If a change names a category that the history has not.
    """
    times = np.ones(len(templates.category))
    zone = templates.incidents["zone_id"].astype(object).to_numpy() if "zone_id" in templates.incidents else None
    notes, faults = [], Faults("simulate")
    for change in scaled_demand(scenario):
        if change.weight:
            notes.append(f"{change}: weights of zones alone; without `weight` it would hold for calls too")
            continue
        unknown = [name for name in change.categories if name not in templates.categories]
        if unknown:
            faults.add(
                f"{change}: no category of the history is {listed(map(quoted, unknown))}: use"
                f" {listed(map(quoted, templates.categories))}"
            )
            continue
        held = np.ones(len(times), dtype=bool)
        if change.categories:
            held &= np.isin(templates.category, [templates.categories.index(name) for name in change.categories])
        if change.zones:
            held &= np.isin(zone, change.zones) if zone is not None else False
        times[held] *= change.factor
        n = wording.counted(held.sum(), "call", "calls")
        notes.append(f"{change}: of {n} of {wording.count(len(times))} in the history")
    faults.raise_if_any()
    return times, tuple(notes)
