"""When enough have come, by the times of every source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def force_times(
    time_s: NDArray[np.float32], supply: NDArray[np.float64], need: NDArray[np.float64]
) -> NDArray[np.float32]:
    """
    Time at which the last missing part of a force arrives.

    Parameters
    ----------
    time_s
        Sources x points. [s]
    supply
        Sources x kinds: how much of each kind a source sends.
    need
        How much of each kind must have arrived.

    Returns
    -------
    Per point, the arrival of the source that completes the force; inf where it never is complete. [s]
    """
    out = np.full(time_s.shape[1], np.inf, dtype=np.float32)
    order = np.empty(len(time_s), dtype=np.int32)
    arrival = np.empty(len(time_s), dtype=np.float32)
    _force_times(time_s, supply, need, need.copy(), order, arrival, out)
    return out


@compiled
def _force_times(time_s, supply, need, missing, order, arrival, out):
    """Fill `out`; sources of a point stand in `order` of `arrival`."""
    # Sources reached are put in order of arrival by insertion (there are few, and ties keep their order), then taken
    # one after the other. Invariant: `missing` is the need less what has come; the first arrival that leaves none
    # completes it.
    n_kinds = len(need)
    for i in range(len(out)):
        n = 0
        for s in range(len(order)):
            t = time_s[s, i]
            if t == np.inf:
                continue
            place = n
            while place > 0 and arrival[place - 1] > t:
                arrival[place] = arrival[place - 1]
                order[place] = order[place - 1]
                place -= 1
            arrival[place] = t
            order[place] = s
            n += 1
        for k in range(n_kinds):
            missing[k] = need[k]
        for j in range(n):
            complete = True
            for k in range(n_kinds):
                missing[k] -= supply[order[j], k]
                if missing[k] > 0:
                    complete = False
            if complete:
                out[i] = arrival[j]
                break
