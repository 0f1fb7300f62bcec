"""Rows of responses in the order of their incidents."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Ints, Stamps


class OrderedRows:
    """
    Responses in the order of their incidents, with numbers for their ids, so that none is compared as text again.

    Attributes
    ----------
    table
        As it was read, indexed by physical line: a million rows take room, and time to sort.
    order
        Its rows in order: those of one incident stand together.
    incident
        The number of each row's incident, in order, from 0 as the ids are sorted.
    unit
        The number of each row's unit as these are sorted; None where there are no units.
    """

    def __init__(self, table: pd.DataFrame, order: Ints, incident: Ints, unit: Ints | None) -> None:
        self.table, self.order, self.incident, self.unit = table, order, incident, unit

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.order)

    @cached_property
    def starts(self) -> Ints:
        """The first row of each incident."""
        return np.flatnonzero(np.diff(self.incident, prepend=-1))

    @cached_property
    def lines(self) -> Ints:
        """Where each row stands in the file."""
        return self.table.index.to_numpy()[self.order]

    def column(self, name: str) -> pd.Series[Any]:
        """One column, in order."""
        return self.table[name].iloc[self.order]

    @cached_property
    def ids(self) -> pd.Index[str]:
        """The incidents' ids."""
        ids = self.table["incident_id"].array.take(self.order[self.starts])
        index: pd.Index[str] = pd.Index(ids, name="incident_id")
        return index

    def first(self, name: str) -> Any:  # noqa: ANN401 - an array of the same kind
        """Give the first value of each incident that is not missing; missing where it has none."""
        values = self.table[name]
        there = values.notna().to_numpy()[self.order]
        n = len(self)
        row = np.minimum.reduceat(np.where(there, np.arange(n), n), self.starts)
        return values.array.take(np.append(self.order, -1)[row], allow_fill=True)

    def earliest(self, name: str) -> Stamps:
        """Find the earliest time of each incident, NaT where it has none."""
        stamps = self.table[name].dt.tz_localize(None).to_numpy()[self.order]
        return np.asarray(np.fmin.reduceat(stamps, self.starts))

    @cached_property
    def by_received(self) -> Ints:
        """Numbers of the incidents in the order in which they were received; where that is not known, at the end."""
        return np.argsort(self.earliest("received"), kind="stable")  # NaT is sorted to the end
