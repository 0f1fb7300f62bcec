"""Times to points that lie part of the way along a street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.kernel.search import Workspace


def point_times(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    *,
    origin: tuple[int, float],
    streets: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]],
    points: tuple[NDArray[np.int32], NDArray[np.float64]],
    limit_s: float = np.inf,
    workspace: Workspace,
) -> NDArray[np.float32]:
    """
    Turn times at nodes into times at points along streets.

    Parameters
    ----------
    nodes, node_s
        Nodes reached and the time to each, as `reach` returns them. [s]
    origin
        Street the search began on (-1 if at a node) and the fraction along it.
    streets
        For each street its first node, its last node, the time along it and the time back along it (inf where
        that is not allowed). [s]
    points
        For each point its street (-1: on no street) and the fraction along it.
    limit_s
        Points farther than this count as not reached. [s]
    workspace
        Memory to reuse.

    Returns
    -------
    Time to each point, inf where it is not reached. [s]
    """
    time_s = workspace.time_s
    time_s[nodes] = node_s
    out = _point_times(time_s, origin[0], origin[1], *streets, *points, limit_s)
    time_s[nodes] = np.inf
    return out


@nb.njit(nogil=True, cache=True)
def _point_times(node_s, origin_street, origin_along, first, last, there_s, back_s, street, along, limit_s):
    out = np.full(len(street), np.inf, dtype=np.float32)
    for i in range(len(street)):
        s = street[i]
        if s < 0:
            continue
        f = along[i]
        best = np.inf
        if there_s[s] < np.inf:
            best = node_s[first[s]] + f * there_s[s]
        if back_s[s] < np.inf:
            best = min(best, node_s[last[s]] + (1.0 - f) * back_s[s])
        if s == origin_street:
            if f >= origin_along and there_s[s] < np.inf:
                best = min(best, (f - origin_along) * there_s[s])
            if f <= origin_along and back_s[s] < np.inf:
                best = min(best, (origin_along - f) * back_s[s])
        if best <= limit_s:
            out[i] = best
    return out
