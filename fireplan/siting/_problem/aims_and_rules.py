"""What is asked of sites, and under which rules, as values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults, listed, quoted
from fireplan.standards import INTERVALS, Objective
from fireplan.stations import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fireplan.scenario import Change


@takes
@dataclass(frozen=True, eq=False)
class Aim:
    """
    What is to be reached, and how fast.

    Attributes
    ----------
    weight
        What is counted: "incidents", at their own points where the scenario has them, or a column of the zones.
    within_s
        Within which time. [s]
    importance
        What reaching all of it is worth beside the other aims, above zero.
    where
        Which zones or incidents count, True or False by id (incidents at night, one district); left out: all.
    conditions
        Changes under which times are driven, such as `ScaleSpeeds(0.8)` for the rush hour; left out: none.
    name
        What to call it; left out: what is counted and the limit.
    categories
        Kinds of incident whose turnout holds, where that was learnt from a dispatch history and counts; (): all.
    """

    weight: str = "population"
    within_s: float = 240.0
    importance: float = 1.0
    where: pd.Series[bool] | None = None
    conditions: tuple[Change, ...] = ()
    name: str = ""
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults(f"aim {quoted(self.weight)}")
        if not 0 < self.within_s < math.inf:
            faults.add(f"within_s is {self.within_s}: give a number of seconds above zero")
        if not 0 < self.importance < math.inf:
            faults.add(f"importance is {self.importance}: give a number above zero")
        faults.raise_if_any()

    def __str__(self) -> str:
        """Say it in a few words."""
        under = f" ({', '.join(map(str, self.conditions))})" if self.conditions else ""
        return self.name or f"{self.weight} within {wording.clock(self.within_s)}{under}"


@takes
@dataclass(frozen=True, eq=False)
class Rules:
    """
    Under which rules sites are chosen.

    Attributes
    ----------
    unit
        Kind of unit that has to arrive; each new site gets one.
    interval
        "travel_s", or "turnout_and_travel_s" to add planning turnout; new units have the
        department's for their type.
    locked
        Open stations that stay, whatever `closable` says; left out: all that are not closable.
    closable
        Open stations that may be closed.
    site_cost
        What opening a site costs: one figure for all, or the column of the candidates that says so.
    closing_cost
        What closing a station costs, by id or one figure for all; below zero: a saving.
    budget
        What there is to spend, in the unit of the costs; inf: as much as it takes.
    apart_m
        New sites are at least this far from one another, as the crow flies. [m]
    forbidden
        Pairs of candidates of which at most one may be opened.
    floor_by, floor
        Column of the zones that names districts, and the share of the weight that has to be reached in each, 0 to 1.
    """

    unit: str = "engine"
    interval: str = "travel_s"
    locked: tuple[str, ...] = ()
    closable: tuple[str, ...] = ()
    site_cost: float | str = 0.0
    closing_cost: float | Mapping[str, float] = 0.0
    budget: float = math.inf
    apart_m: float = 0.0
    forbidden: tuple[tuple[str, str], ...] = field(default=())
    floor_by: str = ""
    floor: float = 0.0

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults("the rules")
        if self.unit not in KINDS[:-1]:
            faults.add(f"unit is {quoted(self.unit)}: kinds are {listed(KINDS[:-1])}")
        if self.interval not in INTERVALS:
            faults.add(f"interval is {quoted(self.interval)}: use {listed(INTERVALS)}")
        both = [s for s in self.closable if s in self.locked]
        if both:
            faults.add(f"stations {listed(map(quoted, both))} are both locked and closable: name each in one place")
        if not self.budget >= 0:
            faults.add(f"budget is {self.budget}: give a number, zero or more")
        if not 0 <= self.apart_m < math.inf:
            faults.add(f"apart_m is {self.apart_m}: give metres, zero or more")
        if not 0 <= self.floor <= 1:
            faults.add(f"floor is {self.floor}: give a share such as 0.6 for 60 %")
        if self.floor and not self.floor_by:
            faults.add("floor is set, but not for which districts: name their column in floor_by")
        faults.raise_if_any()


def aim_objective(aim: Aim, rules: Rules, units: int = 1) -> Objective:
    """Give the objective by which an assessment tells what is asked for: so many units in time."""
    return Objective(
        key=f"units_{units}",
        title=f"{units} x {rules.unit}",
        limit_s=aim.within_s,
        interval=rules.interval,
        needs={rules.unit: units},
        weight=aim.weight,
        categories=aim.categories,
        source="this question",
        edition="local",
        verified=True,
    )
