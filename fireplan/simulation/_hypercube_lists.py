"""Whom a place asks for a unit, and in which order; places that ask alike are one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.simulation.hypercube import Order

if TYPE_CHECKING:
    from numpy.typing import NDArray


class AskedLists(NamedTuple):
    """
    Who is asked, in order, by places that ask alike.

    Attributes
    ----------
    unit, group
        Lists x places in the order: the unit asked (-1: none any more), and the number of its group; units of one
        group are asked alike.
    of
        List of each place that was given.
    """

    unit: NDArray[np.int32]
    group: NDArray[np.int32]
    of: NDArray[np.int64]

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return int(self.unit.shape[1])

    @property
    def asked(self) -> NDArray[np.int64]:
        """How many units each list has."""
        return np.asarray((self.unit >= 0).sum(axis=1))

    def nearest(self) -> NDArray[np.float64]:
        """Lists x units: who would be first if all were free; those who are asked alike share."""
        found = np.zeros(self.unit.shape)
        rows, places = np.nonzero((self.unit >= 0) & (self.group == 0))
        found[rows, self.unit[rows, places]] = 1.0
        shared = found.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(found, shared, out=found, where=shared > 0))

    def as_bits(self, most: int) -> Order:
        """Give the groups of each list as bits, for calls that take up to so many units."""
        rows, places = np.nonzero(self.unit >= 0)
        n_groups = np.where(self.unit >= 0, self.group + 1, 0).max(axis=1, initial=0)
        start = np.concatenate([[0], np.cumsum(n_groups)]).astype(np.int64)
        bits = np.zeros(start[-1], dtype=np.int64)
        np.bitwise_or.at(
            bits, start[rows] + self.group[rows, places], np.int64(1) << self.unit[rows, places].astype(np.int64)
        )
        others = np.zeros((len(bits), 1, most))
        others[:, :, 0] = 1.0
        return Order(start, bits, others)


def lists_of(after: NDArray[np.floating], tie: float) -> AskedLists:
    """
    Put units in the order in which places ask for them.

    Parameters
    ----------
    after
        Units x places: how long after the call a unit comes, or its rank; what is not finite is not asked.
    tie
        Units no farther apart than this, the first of them counted, are asked alike.
    """
    n_units, n_places = after.shape
    order = np.argsort(after, axis=0, kind="stable")
    ordered = np.take_along_axis(np.asarray(after, dtype=float), order, axis=0)
    group = np.zeros((n_units, n_places), dtype=np.int32)
    lead = ordered[0].copy() if n_units else np.zeros(n_places)
    for place in range(1, n_units):
        with np.errstate(invalid="ignore"):
            other = ordered[place] - lead > tie
        group[place] = group[place - 1] + other
        lead = np.where(other, ordered[place], lead)
    asked = np.isfinite(ordered)
    # Within a group the order does not matter: one order for all, so that lists that mean the same are the same.
    canonical = np.argsort(np.where(asked, group.astype(np.int64) * n_units + order, n_units**2 + order), axis=0)
    unit = np.where(asked, np.take_along_axis(order, canonical, axis=0), -1).astype(np.int32)
    group = np.where(asked, group, -1).astype(np.int32)
    rows = np.ascontiguousarray(np.concatenate([unit, group]).T)
    as_one = rows.view([("", rows.dtype)] * rows.shape[1]).ravel()
    _, first, of = np.unique(as_one, return_index=True, return_inverse=True)
    return AskedLists(
        np.ascontiguousarray(unit.T[first]), np.ascontiguousarray(group.T[first]), of.ravel().astype(np.int64)
    )
