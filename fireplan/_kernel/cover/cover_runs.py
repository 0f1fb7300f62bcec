"""
Cover sets as runs: which candidate covers which rows of demand, for candidates and rows by the hundred thousand.

A candidate covers what lies around it, so with the rows in an order that keeps neighbours together its cover set is a
few runs of consecutive rows. With running sums of any worth of the rows, a candidate's sum is two look-ups a run
instead of one a row: ten to forty times less to read on a city.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Runs(NamedTuple):
    """
    Rows that each candidate covers: candidate j covers lo[k]..hi[k]-1 for k from start[j] to start[j + 1] - 1.

    Attributes
    ----------
    start, lo, hi
        The runs.
    n_rows
        How many rows there are.
    """

    start: NDArray[np.int64]
    lo: NDArray[np.int32]
    hi: NDArray[np.int32]
    n_rows: int

    @property
    def n(self) -> int:
        """How many candidates there are."""
        return len(self.start) - 1

    def rows(self, candidate: int) -> NDArray[np.int64]:
        """Rows that one candidate covers, ascending."""
        mine = slice(self.start[candidate], self.start[candidate + 1])
        length = (self.hi[mine] - self.lo[mine]).astype(np.int64)
        first = np.repeat(self.lo[mine] - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
        return np.asarray(first + np.arange(length.sum()), dtype=np.int64)


def alike(start: NDArray[np.int64], place: NDArray[np.int32], n_places: int) -> tuple[NDArray[np.int64], int]:
    """
    Group places that are covered by the same candidates.

    Parameters
    ----------
    start, place
        Places of each candidate, compressed.
    n_places
        How many places there are.

    Returns
    -------
    Group of each place, -1 where no candidate covers it, and the number of groups; groups are numbered by their first
    place. Cover sets are told apart by 128 random bits a candidate, summed.
    """
    key = np.random.default_rng(0).integers(0, 2**63, (2, len(start) - 1), dtype=np.uint64)
    one, other = np.zeros(n_places, dtype=np.uint64), np.zeros(n_places, dtype=np.uint64)
    covered = np.zeros(n_places, dtype=np.bool_)
    _signatures(start, place, key[0], key[1], one, other, covered)
    order = np.lexsort((other, one))
    order = order[covered[order]]
    if len(order) == 0:
        return np.full(n_places, -1), 0
    new = np.ones(len(order), dtype=bool)
    new[1:] = (one[order[1:]] != one[order[:-1]]) | (other[order[1:]] != other[order[:-1]])
    number = np.cumsum(new) - 1
    first = order[new]  # a stable sort: the first place of each group
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    group = np.full(n_places, -1)
    group[order] = rank[number]
    return group, len(first)


def as_runs(start: NDArray[np.int64], place: NDArray[np.int32], row: NDArray[np.int32], n_rows: int) -> Runs:
    """
    Turn cover sets into runs.

    Parameters
    ----------
    start, place
        Places of each candidate, compressed.
    row
        Row of each place; -1: it does not count. Several places may share a row.
    n_rows
        How many rows there are.
    """
    flags = np.zeros(n_rows + 1, dtype=np.uint8)
    counted = np.zeros(len(start), dtype=np.int64)
    nothing = np.empty(0, dtype=np.int32)
    total = _runs(start, place, row, flags, counted, nothing, nothing, 0)
    lo, hi = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    _runs(start, place, row, flags, counted, lo, hi, 1)
    return Runs(counted, lo, hi, n_rows)


def sums(runs: Runs, worth: NDArray[np.float64], out: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the worth of the rows that each candidate covers, into `out`."""
    prefix = np.zeros(runs.n_rows + 1)
    np.cumsum(worth, out=prefix[1:])
    _sums(runs.start, runs.lo, runs.hi, prefix, out)
    return out


def times_covered(runs: Runs, chosen: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count by how many units of the chosen candidates (one chosen twice stands twice) each row is covered."""
    count = np.zeros(runs.n_rows + 1, dtype=np.int64)
    _count(runs.start, runs.lo, runs.hi, np.asarray(chosen, dtype=np.int64), units, count)
    return count[:-1]


@compiled
def _signatures(start, place, key_a, key_b, a, b, covered):
    # Places with the same candidates get the same two sums; that others do too is as good as impossible.
    for j in range(len(start) - 1):
        for k in range(start[j], start[j + 1]):
            i = place[k]
            a[i] += key_a[j]
            b[i] += key_b[j]
            covered[i] = True


@compiled
def _runs(start, place, row, flags, counted, lo, hi, fill):
    # Rows of a candidate are flagged, then swept from the first to the last and cleared on the way, which puts them in
    # order without sorting. Invariant: between candidates no flag is set. Called twice: to count, then to fill.
    total = 0
    for j in range(len(start) - 1):
        counted[j] = total
        first, last = len(flags), -1
        for k in range(start[j], start[j + 1]):
            i = row[place[k]]
            if i >= 0:
                flags[i] = 1
                first = min(first, i)
                last = max(last, i)
        inside = False
        for i in range(first, last + 2):  # one past the last is never flagged: it ends the last run
            if flags[i]:
                flags[i] = 0
                if not inside:
                    inside = True
                    if fill:
                        lo[total] = i
            elif inside:
                inside = False
                if fill:
                    hi[total] = i
                total += 1
    counted[len(start) - 1] = total
    return total


@compiled
def _sums(start, lo, hi, prefix, out):
    # The sum of a run is the difference of two running sums.
    for j in range(len(start) - 1):
        total = 0.0
        for k in range(start[j], start[j + 1]):
            total += prefix[hi[k]] - prefix[lo[k]]
        out[j] = total


@compiled
def _count(start, lo, hi, chosen, units, count):
    # Each run is written at its two ends; the running sum of that is the count at every row.
    for j in chosen:
        for k in range(start[j], start[j + 1]):
            count[lo[k]] += units[j]
            count[hi[k]] -= units[j]
    total = 0
    for i in range(len(count)):
        total += count[i]
        count[i] = total
