"""Set covering made smaller: rows and columns that another one makes idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Both(NamedTuple):
    """
    A cover matrix by candidate and by row, compressed.

    Attributes
    ----------
    start, row
        Rows that each candidate covers.
    row_start, candidate
        Candidates that cover each row.
    """

    start: NDArray[np.int64]
    row: NDArray[np.int32]
    row_start: NDArray[np.int64]
    candidate: NDArray[np.int32]


def drop_rows(both: Both, rows: NDArray[np.bool_], candidates: NDArray[np.bool_]) -> int:
    """
    Drop rows that are covered whenever another one is.

    Parameters
    ----------
    both
        Who covers what.
    rows, candidates
        Those that are left; rows dropped are taken out.

    Returns
    -------
    How many were dropped.
    """
    seen = np.zeros(len(rows), dtype=np.int32)
    return int(_drop_rows(*both, rows, candidates, seen))


def drop_candidates(
    both: Both, rows: NDArray[np.bool_], candidates: NDArray[np.bool_], cost: NDArray[np.float64]
) -> int:
    """
    Drop candidates of which another, no dearer one covers all that they cover.

    Parameters
    ----------
    both
        Who covers what.
    rows, candidates
        Those that are left; candidates dropped are taken out.
    cost
        Of each candidate.

    Returns
    -------
    How many were dropped.
    """
    seen = np.zeros(len(candidates), dtype=np.int32)
    return int(_drop_candidates(*both, rows, candidates, cost, seen))


@compiled
def _drop_rows(start, row, row_start, candidate, rows, candidates, seen):
    # Count, for one row k, how many of its candidates cover each other row: a row that all of them cover is covered
    # whenever k is. Invariant: between rows `seen` is zero everywhere; a row is asked at its first visit and zeroed
    # there.
    dropped = 0
    for k in range(len(rows)):
        if not rows[k]:
            continue
        degree = 0
        for e in range(row_start[k], row_start[k + 1]):
            j = candidate[e]
            if candidates[j]:
                degree += 1
                for f in range(start[j], start[j + 1]):
                    seen[row[f]] += 1
        for e in range(row_start[k], row_start[k + 1]):
            j = candidate[e]
            if not candidates[j]:
                continue
            for f in range(start[j], start[j + 1]):
                i = row[f]
                # Whoever covers k covers i: i need not be asked for. Of two alike the first stays.
                if seen[i] == degree and i != k and rows[i] and degree > 0:
                    rows[i] = False
                    dropped += 1
                seen[i] = 0
    return dropped


@compiled
def _drop_candidates(start, row, row_start, candidate, rows, candidates, cost, seen):
    # The same the other way round: a candidate that is met at each of the rows j covers, covers them all. Of two alike
    # at the same cost the first looked at goes, and the other stays, because one that is gone makes nobody idle.
    dropped = 0
    for j in range(len(candidates)):
        if not candidates[j]:
            continue
        size = 0
        for f in range(start[j], start[j + 1]):
            i = row[f]
            if rows[i]:
                size += 1
                for e in range(row_start[i], row_start[i + 1]):
                    seen[candidate[e]] += 1
        idle = size == 0
        for f in range(start[j], start[j + 1]):
            i = row[f]
            if not rows[i]:
                continue
            for e in range(row_start[i], row_start[i + 1]):
                other = candidate[e]
                if seen[other] == size and other != j and candidates[other] and cost[other] <= cost[j]:
                    idle = True
                seen[other] = 0
        if idle:
            candidates[j] = False
            dropped += 1
    return dropped
