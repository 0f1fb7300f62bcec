"""How far it is along the quickest ways that a search has found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDED_S, ROUNDED_SHARE = 1e-3, 1e-6
"""Times found are rounded to single precision: a way is a quickest one if it is no slower than by so much."""


@compiled
def lengths_along(
    order: NDArray[np.int64],
    state_s: NDArray[np.float64],
    state_m: NDArray[np.float64],
    start: NDArray[np.int64],
    head: NDArray[np.int64],
    time_s: NDArray[np.float64],
    length_m: NDArray[np.float64],
) -> int:
    """
    Follow the quickest ways, and sum their lengths.

    Parameters
    ----------
    order
        States that a search reached, in order of their times.
    state_s
        The time to each state. [s]
    state_m
        How far it is to each: known of the seeds, NaN of the others; written. [m]
    start, head, time_s, length_m
        Arcs by tail: where each leads, how long it takes, how far it is. [s, m]

    Returns
    -------
    How many states came to be known. Of ways that are equally quick the one counts whose last corner comes first.
    """
    found = np.int64(0)
    for tail in order:
        if np.isnan(state_m[tail]):
            continue
        for arc in range(start[tail], start[tail + 1]):
            to = head[arc]
            at_s = state_s[tail] + time_s[arc]
            if np.isnan(state_m[to]) and at_s <= state_s[to] + ROUNDED_S + ROUNDED_SHARE * at_s:
                state_m[to] = state_m[tail] + length_m[arc]
                found += 1
    return int(found)
