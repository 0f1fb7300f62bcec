"""Units sent to calls: the compiled loop, or the same in Python where a policy of one's own chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel import simulation as kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan._kernel.simulation import Drives, Moments, UnitsAsked, UnitsInService, UnitsSent

    Chooser = Callable[[int, float, Moments], int]


def send_units(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    *,
    queue: NDArray[np.bool_],
    beyond: NDArray[np.bool_] | None = None,
    chooser: Chooser | None = None,
) -> UnitsSent:
    """
    Send units to all that is asked for.

    Parameters
    ----------
    asked, fleet, drives
        What is asked for, in order of time; who there is; how long they take.
    queue
        By kind, whether what finds nobody free waits.
    beyond
        Rows that never wait.
    chooser
        Given a row, the moment and when units are free: which is sent, -1 for none. Left out: the nearest, compiled.
    """
    n, moments = len(asked.at_s), kernel.all_at_home(fleet)
    lines = kernel.lines_for(asked.kind)
    sent = kernel.UnitsSent(np.full(n, -1, dtype=np.int32), *(np.full(n, np.nan) for _ in range(4)))
    waits = queue[asked.kind] if beyond is None else queue[asked.kind] & ~beyond
    if chooser is None:
        kernel.run(asked, fleet, drives, moments, lines, sent, waits)
        return sent
    _run_in_python(asked, fleet, drives, moments, lines, sent, waits=waits, chooser=chooser)
    return sent


def _run_in_python(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    moments: Moments,
    lines: kernel.Lines,
    sent: UnitsSent,
    *,
    waits: NDArray[np.bool_],
    chooser: Chooser,
) -> None:
    """Do as `kernel.run` does, from the same compiled parts, but ask a policy."""
    there = asked, fleet, drives, moments
    since_s, n = -np.inf, len(asked.at_s)
    for row in range(n + 1):
        until_s = float(asked.at_s[row]) if row < n else np.inf
        while lines.length[-1] > 0:
            kind, at_s = kernel.first_waiting(since_s, *there, lines)
            if kind < 0 or at_s > until_s:
                break
            waited = kernel.take_from_line(kind, asked, lines)
            unit = chooser(waited, at_s, moments) if kernel.choose(waited, at_s, *there) >= 0 else -1
            if unit >= 0:
                kernel.send(waited, unit, at_s, *there, sent)
            since_s = at_s
        if row == n:
            break
        since_s = until_s
        if kernel.choose(row, since_s, *there) >= 0:
            unit = chooser(row, since_s, moments)
            if unit >= 0:
                kernel.send(row, unit, since_s, *there, sent)
        elif waits[row] and kernel.soonest_s(row, since_s, *there) < np.inf:
            kernel.put_in_line(row, asked, lines)
