"""The loop over all that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import counting_nothing
from fireplan._kernel.simulation.one_dispatch import asks_nothing, choose, nearest_free, send, soonest_s
from fireplan._kernel.simulation.waiting_lines import first_waiting, put_in_line, take_from_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.one_dispatch import Drives, Moments, UnitsAsked, UnitsInService, UnitsSent
    from fireplan._kernel.simulation.waiting_lines import Lines


@counting_nothing
def run(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    moments: Moments,
    lines: Lines,
    sent: UnitsSent,
    waits: NDArray[np.bool_],
) -> None:
    """
    Send the nearest free unit to each row asked for.

    Parameters
    ----------
    asked, fleet, drives
        What is asked for, who there is, and how long they take.
    moments, lines
        When units are free and who waits; changed.
    sent
        Written.
    waits
        By row: where none is free it waits, and is served by the first that is, of rows that wait the most
        urgent. Rows still waiting after the last was asked for are served then. Without, and where none will ever be:
        nobody.
    """
    since_s = -np.inf
    fresh, n = 0, len(asked.at_s)
    while True:
        until_s = asked.at_s[fresh] if fresh < n else np.inf
        kind, at_s = -1, np.inf
        if lines.length[-1] > 0:
            kind, at_s = first_waiting(since_s, asked, fleet, drives, moments, lines)
        waited = kind >= 0 and at_s <= until_s
        if waited:
            row, since_s = take_from_line(kind, asked, lines), at_s
        elif fresh < n:
            row, since_s = fresh, until_s
            fresh += 1
        else:
            break
        # One place at which a unit is chosen and sent: the compiler puts a function that is called twice aside.
        unit = nearest_free(row, since_s, asked, fleet, drives, moments)
        if unit >= 0 and not asks_nothing(row, unit, asked, fleet):
            unit = choose(row, since_s, asked, fleet, drives, moments)
        if unit >= 0:
            send(row, unit, since_s, asked, fleet, drives, moments, sent)
        elif not waited and waits[row] and soonest_s(row, since_s, asked, fleet, drives, moments) < np.inf:
            put_in_line(row, asked, lines)
