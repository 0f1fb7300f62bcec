"""What a reader has to know of the changes a scenario was made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.changes._base import BaseChange
from fireplan.changes._hours_and_days import when_said
from fireplan.changes._new_roads import BuildRoad
from fireplan.changes._restrictions import BanTurn, SetRestriction
from fireplan.changes._roads import ScaleSpeeds
from fireplan.changes._street_choice import OfStreets
from fireplan.errors import listed
from fireplan.scenario import held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.scenario import Change, Scenario, Tables

SAME_PLACE = 1e-7
"""Two places nearer than this are one: a centimetre in degrees, less in metres."""

OF_ROADS = (OfStreets, BuildRoad, ScaleSpeeds, BanTurn)
PASSED = "the vehicle is under the limit"
ALREADY = "all is so already"
DRIVEN = ("first", "last", "there_s", "back_s", "wait_s", "banned")
"""What of a network is driven."""


@takes
def notes(scenario: Scenario) -> list[str]:
    """
    Say what a reader has to know of the changes a scenario was made by, those of its parents included.

    Parameters
    ----------
    scenario
        Such as `apply` gives.

    Returns
    -------
    A sentence for each new unit whose turnout or crew was not given, with what it was given instead and whose figures
    these are; for each change of roads with what was found: streets, km, directions, names, joints; and for each change
    that changes nothing, such as a unit moved to where it is.

    Notes
    -----
    The changes are made once more, one after the other, and what each made of the tables is looked at.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.changes.notes(fp.examples.line_town().apply(fp.MoveUnit("E1", to="S1")))
    ["'Move E1 to S1' changes nothing: all is so already"]
    """
    return list(dict.fromkeys(note for _, note in _noted(scenario)))


def road_notes(scenario: Scenario) -> list[str]:
    """Say what changes of roads found: of `notes` those that nobody should have to look up."""
    return list(dict.fromkeys(note for change, note in _noted(scenario) if isinstance(change, OF_ROADS)))


def _noted(scenario: Scenario) -> Iterator[tuple[Change, str]]:
    """Give every change with what is to be known of it."""
    made: list[Scenario] = []
    step: Scenario | None = scenario
    while step is not None:
        made.append(step)
        step = step.parent
    for child in reversed(made):
        if child.parent is None:
            continue
        tables = child.parent.tables
        for change in child.changes:
            after = change(tables)
            if isinstance(change, BaseChange):
                yield from ((change, note) for note in change.effects(tables, after))
            if _same(tables, after):
                passed = isinstance(change, SetRestriction) and change.lets_pass(tables.roads)
                yield change, f"'{change}' changes nothing: {PASSED if passed else ALREADY}"
            tables = after
    yield from _at_other_times([change for step in reversed(made) for change in step.changes])


def _at_other_times(made: list[Change]) -> Iterator[tuple[Change, str]]:
    """Say that changes which hold at different times are in one scenario: a network has one time."""
    timed = [c for c in made if isinstance(c, (OfStreets, BuildRoad, ScaleSpeeds))]
    said = {when: c for c in timed if (when := when_said(c.hours, c.weekdays, c.dates))}
    if len(said) > 1:
        note = (
            f"the changes of this scenario are of different times ({listed(said)}): its figures are as if all held at"
            " once; give a scenario to each"
        )
        yield next(reversed(said.values())), note


def _same(one: Tables, other: Tables) -> bool:
    """Whether two sets of tables say the same."""
    a, b = one.roads, other.roads
    if a is not b and not all(np.array_equal(getattr(a, name), getattr(b, name)) for name in DRIVEN):
        return False
    if a.periods != b.periods:
        return False
    return all(_alike(x, y) for x, y in zip(held(one), held(other), strict=True))


def _alike(one: pd.DataFrame | None, other: pd.DataFrame | None) -> bool:
    if one is other or one is None or other is None:
        return one is other
    if not (one.index.equals(other.index) and one.columns.equals(other.columns)):
        return False
    return all(_equal(one[name], other[name]) for name in one.columns)


def _equal(one: pd.Series, other: pd.Series) -> bool:
    if hasattr(one, "geom_type"):
        return bool(np.all(shapely.equals_exact(one.array, other.array, tolerance=SAME_PLACE)))
    if pd.api.types.is_numeric_dtype(one.dtype) and pd.api.types.is_numeric_dtype(other.dtype):
        mine, theirs = (s.to_numpy(float, na_value=np.nan) for s in (one, other))  # whole numbers times one are floats
        return bool(np.array_equal(mine, theirs, equal_nan=True))
    return bool(one.equals(other))
