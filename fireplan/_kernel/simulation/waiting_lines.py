"""Who waits for a unit: a line for each kind, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import counting_nothing
from fireplan._kernel.simulation.one_dispatch import soonest_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.one_dispatch import Drives, Moments, UnitsAsked, UnitsInService


class Lines(NamedTuple):
    """
    Rows that wait, as a heap for each kind.

    Attributes
    ----------
    row
        Those of kind k stand from `start[k]` on; the first is the most urgent.
    start, length
        Of each kind; `length` has the sum of all besides, at its end.
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    length: NDArray[np.int64]


def lines_for(kind: NDArray[np.int32]) -> Lines:
    """Make empty lines, with room for all that may ask."""
    n_kinds = int(kind.max(initial=0)) + 1
    start = np.zeros(n_kinds + 1, dtype=np.int64)
    np.cumsum(np.bincount(kind, minlength=n_kinds), out=start[1:])
    return Lines(np.zeros(len(kind), dtype=np.int64), start, np.zeros(n_kinds + 1, dtype=np.int64))


@counting_nothing
def put_in_line(row: int, asked: UnitsAsked, lines: Lines) -> None:
    """Let a row wait."""
    kind = asked.kind[row]
    start, at = lines.start[kind], lines.length[kind]
    lines.length[kind] += 1
    lines.length[-1] += 1
    while at > 0:
        above = (at - 1) // 2
        if asked.urgency[lines.row[start + above]] <= asked.urgency[row]:
            break
        lines.row[start + at] = lines.row[start + above]
        at = above
    lines.row[start + at] = row


@counting_nothing
def take_from_line(kind: int, asked: UnitsAsked, lines: Lines) -> int:
    """Take out the most urgent row of a kind that waits."""
    start = lines.start[kind]
    first = lines.row[start]
    lines.length[kind] -= 1
    lines.length[-1] -= 1
    n = lines.length[kind]
    row = lines.row[start + n]
    at = np.int64(0)
    while 2 * at + 1 < n:
        below = 2 * at + 1
        if below + 1 < n and asked.urgency[lines.row[start + below + 1]] < asked.urgency[lines.row[start + below]]:
            below += 1
        if asked.urgency[row] <= asked.urgency[lines.row[start + below]]:
            break
        lines.row[start + at] = lines.row[start + below]
        at = below
    lines.row[start + at] = row
    return first


@counting_nothing
def first_waiting(
    since_s: float, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, moments: Moments, lines: Lines
) -> tuple[int, float]:
    """
    Give the kind whose line is served next, from a moment on, and when; -1 and inf: nobody waits.

    One for whom nobody can come any more, as who could has gone to the call with another row, leaves the line at once.
    """
    best, best_s, best_urgency = -1, np.inf, np.int64(0)
    for kind in range(len(lines.length) - 1):
        if lines.length[kind] == 0:
            continue
        row = lines.row[lines.start[kind]]
        found_s = soonest_s(row, since_s, asked, fleet, drives, moments)
        if found_s == np.inf:
            return kind, since_s
        if found_s < best_s or (found_s == best_s and best >= 0 and asked.urgency[row] < best_urgency):
            best, best_s, best_urgency = kind, found_s, asked.urgency[row]
    return best, best_s
