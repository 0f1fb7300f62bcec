"""Demand that grows or shrinks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fireplan import wording
from fireplan.changes._base import BaseChange
from fireplan.errors import InputError, UnknownIdError
from fireplan.scenario import counted_columns, held

if TYPE_CHECKING:
    from fireplan.scenario import Tables


@dataclass(frozen=True)
class ScaleDemand(BaseChange):
    """
    Let the demand of zones grow or shrink; incidents at their own points stay as they are.

    Attributes
    ----------
    factor
        Weights are multiplied by it.
    weight
        Which weight of the zones, such as "population"; left out: all of them.
    zones
        Which zones; left out: all.
    """

    verb: ClassVar[str] = "scale_demand"
    factor: float
    weight: str = ""
    zones: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        where = f" in {wording.counted(len(self.zones), 'zone')}" if self.zones else ""
        return f"{(self.weight or 'demand').capitalize()} x {self.factor:g}{where}"

    def __call__(self, tables: Tables) -> Tables:
        """Scale it."""
        if not 0 <= self.factor < np.inf:
            raise InputError(f"{self}: factor must be a number, zero or more")
        if self.weight == "incidents" and tables.incidents is not None:
            raise InputError(f"{self}: incidents are counted at their own points, not by zone; scale another weight")
        zones = held(tables).zones.copy()
        weights = [c for c in counted_columns(tables, [self.weight]) if self.weight in {"", c}]
        if not weights:
            raise UnknownIdError("weight", self.weight, zones.select_dtypes("number").columns)
        for zone in self.zones:
            if zone not in zones.index:
                raise UnknownIdError("zone", zone, zones.index)
        rows = list(self.zones) or slice(None)
        for column in weights:
            zones[column] = zones[column].astype(float)
            zones.loc[rows, column] *= self.factor
        return tables._replace(zones=zones)
