"""Demand that grows or shrinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fireplan import wording
from fireplan.changes._base import BaseChange
from fireplan.errors import InputError, UnknownIdError, listed
from fireplan.scenario import counted_columns, held

if TYPE_CHECKING:
    from fireplan.scenario import Scenario, Tables


@dataclass(frozen=True)
class ScaleDemand(BaseChange):
    """
    Let demand grow or shrink: the weights of zones, and the calls that `simulate` draws.

    Incidents at their own points stay as they are, in maps, assessments and replays.

    Attributes
    ----------
    factor
        Weights and counts of calls are multiplied by it.
    weight
        Which weight of the zones, such as "population", and not the calls; left out: all of them, and the calls.
    zones
        Which zones; left out: all, and for calls those outside every zone too.
    categories
        Calls of these categories alone, such as "ems", and no weights of zones; left out: all calls.
    """

    verb: ClassVar[str] = "scale_demand"
    factor: float
    weight: str = ""
    zones: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        where = f" in {wording.counted(len(self.zones), 'zone')}" if self.zones else ""
        of = f" for {listed(self.categories)}" if self.categories else ""
        return (
            f"{(self.weight or ('calls' if self.categories else 'demand')).capitalize()}{of} x {self.factor:g}{where}"
        )

    def __call__(self, tables: Tables) -> Tables:
        """Scale it."""
        if not 0 <= self.factor < np.inf:
            raise InputError(f"{self}: factor must be a number, zero or more")
        if self.categories and self.weight:
            raise InputError(f"{self}: zones know no categories; name `weight` or `categories`, not both")
        if self.weight == "incidents" and tables.incidents is not None:
            raise InputError(f"{self}: incidents are counted at their own points, not by zone; scale another weight")
        zones = held(tables).zones.copy()
        weights = [c for c in counted_columns(tables, [self.weight]) if self.weight in {"", c}]
        if not weights and not self.categories:
            raise UnknownIdError("weight", self.weight, zones.select_dtypes("number").columns)
        for zone in self.zones:
            if zone not in zones.index:
                raise UnknownIdError("zone", zone, zones.index)
        if self.categories:
            return tables
        rows = list(self.zones) or slice(None)
        for column in weights:
            zones[column] = zones[column].astype(float)
            zones.loc[rows, column] *= self.factor
        return tables._replace(zones=zones)


def scaled_demand(scenario: Scenario) -> list[ScaleDemand]:
    """Give the changes of demand that a scenario has, and those it comes from, in the order in which they were made."""
    found: list[ScaleDemand] = []
    here: Scenario | None = scenario
    while here is not None:
        found = [*(change for change in here.changes if isinstance(change, ScaleDemand)), *found]
        here = here.parent
    return found
