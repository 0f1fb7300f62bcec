"""How a department dispatches, as its history shows: pace by priority, the way home, and what neighbours take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import listed
from fireplan.simulation._simulate._drive_medians import drive_medians, median_drives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._call_templates import CallTemplates

FEWEST_RUNS = 100
"""Drives of a priority with fewer runs are as fast as others; a figure of our own."""

WORTH_TELLING = 0.02
"""A pace that differs from one by more than this is told."""

PART_OF_WAY, FEWEST_EXPECTED, SELDOM = 0.4, 20.0, 0.1
"""
A department sends nobody on the way home if, in the first 0.4 of it, fewer than a tenth as many dispatches are seen as
are to be expected, and twenty or more are; figures of our own.
"""

FEWEST_AID = 10
"""Neighbours stand by with a kind of unit of which so many came; a figure of our own."""


class Habits(NamedTuple):
    """
    What a history shows.

    Attributes
    ----------
    pace
        What drives to calls of each urgency are multiplied by.
    assignable
        Whether units were sent on their way home.
    aided
        Kinds of unit that neighbours sent.
    notes
        What of it is worth telling.
    """

    pace: NDArray[np.float64]
    assignable: bool
    aided: frozenset[str]
    notes: tuple[str, ...]


def habits(scenario: Scenario, templates: CallTemplates) -> Habits:
    """Learn how a department dispatches from its history."""
    own = templates.own
    row = own["row"].to_numpy(np.int64)
    median_s = median_drives(drive_medians(scenario, templates), templates, row, own["station_id"])
    calibrated = scenario.calibration is not None and scenario.roads.calibrated
    n_urgencies = int(templates.urgency.max(initial=0)) + 1
    pace, notes = _pace(templates, row, median_s) if calibrated else (np.ones(n_urgencies), [])
    expected, seen = _on_way_home(own, median_s)
    assignable = not (expected >= FEWEST_EXPECTED and seen < SELDOM * expected)
    if not assignable:
        notes.append(
            "units are not sent before they are home, as in the history: soon after they had cleared they were sent out"
            f" {wording.counted(seen, 'time')}, where {wording.count(round(expected))} were to be expected"
        )
    aided = frozenset(kind for kind, taken in templates.aid_s.items() if len(taken) >= FEWEST_AID)
    return Habits(pace, assignable, aided, tuple(notes))


def aid_note(aided: frozenset[str]) -> str:
    """Say what is handed on rather than waited for."""
    return (
        f"where no {listed(sorted(aided))} is free a neighbour's comes, as in the history; other units are waited for"
        if aided
        else "where no unit is free the call waits, as no neighbours' units were seen in the history"
    )


def _pace(
    templates: CallTemplates, row: NDArray[np.int64], median_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[str]]:
    """
    Say what drives to calls of each urgency are multiplied by, as observed from home.

    Calls of low priority are driven to without lights: a calibration on emergencies knows nothing of that.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = templates.own["travel_s"].to_numpy(float) / median_s
    pace = np.ones(int(templates.urgency.max(initial=0)) + 1)
    notes = []
    for rank in range(len(pace)):
        known = ratio[(templates.urgency[row] == rank) & np.isfinite(ratio)]
        if len(known) < FEWEST_RUNS:
            continue
        pace[rank] = float(np.median(known))
        if abs(pace[rank] - 1) > WORTH_TELLING:
            factor, runs = wording.number(pace[rank], decimals=2), wording.counted(len(known), "run")
            notes.append(
                f"drives to calls of priority {_priority(templates, rank)} take {factor} times the calibrated time, as"
                f" in {runs} of the history"
            )
    return pace, notes


def _on_way_home(own: pd.DataFrame, median_s: NDArray[np.float64]) -> tuple[float, int]:
    """How many dispatches are to be expected soon after units cleared, were they free then, and how many there were."""
    runs = own.assign(soon_s=PART_OF_WAY * median_s).sort_values(["unit_id", "dispatched"], kind="stable")
    following = runs.groupby("unit_id", sort=False)["dispatched"].shift(-1)
    free_s = (following - runs["cleared"]).dt.total_seconds().to_numpy(float)
    soon_s = runs["soon_s"].to_numpy(float)
    known = (free_s >= 0) & (soon_s > 0)
    if not known.any():
        return 0.0, 0
    rate = pd.DataFrame({"unit": runs["unit_id"], "free": free_s, "n": 1.0})[known].groupby("unit")[["free", "n"]].sum()
    each = runs["unit_id"].map(rate["n"] / rate["free"].clip(lower=1.0)).to_numpy(float)
    return float((each * np.minimum(soon_s, 1e6))[known].sum()), int((free_s < soon_s)[known].sum())


def _priority(templates: CallTemplates, rank: int) -> str:
    """Name the priority of an urgency."""
    if "priority" not in templates.incidents:
        return "not known"
    found = templates.incidents["priority"].to_numpy(object)[templates.urgency == rank]
    return str(found[0]) if len(found) and isinstance(found[0], str) else "not known"
