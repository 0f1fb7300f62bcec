"""How much weight arrives within a limit, never, and in each whole second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray


def add_arrivals(
    sums: NDArray[np.float64],
    by_second: NDArray[np.float64],
    arrival_s: NDArray[np.float32],
    weight: NDArray[np.float64],
    *,
    limit_s: float,
    sign: float = 1.0,
) -> None:
    """
    Add weights to sums, in place.

    Parameters
    ----------
    sums
        In all, within the limit, never (inf).
    by_second
        By the whole second of the arrival; the last takes all that is later.
    arrival_s
        At each place. [s]
    weight
        At each place; NaN: not known, and passed over.
    limit_s
        The limit. [s]
    sign
        -1 to take them away again.
    """
    _add(read_only(arrival_s), read_only(weight), float(limit_s), sign, sums, by_second)


@compiled
def _add(arrival_s, weight, limit_s, sign, sums, by_second):
    total, within, never = 0.0, 0.0, 0.0
    last = len(by_second) - 1
    for i in range(len(arrival_s)):
        here = weight[i]
        if not here > 0.0:
            continue
        here_s = arrival_s[i]
        total += here
        if here_s <= limit_s:
            within += here
        if here_s < last:
            by_second[np.int64(here_s)] += sign * here
        elif here_s < np.inf:
            by_second[last] += sign * here
        else:
            never += here
    sums[0] += sign * total
    sums[1] += sign * within
    sums[2] += sign * never
