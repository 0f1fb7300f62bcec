"""Times to points that lie part of the way along a street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, part
from fireplan._kernel.shortest_paths.graph import Streets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.shortest_paths.single_source import Workspace


def point_times(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    *,
    origin: tuple[int, float],
    streets: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]] | Streets,
    points: tuple[NDArray[np.int32], NDArray[np.float64]],
    limit_s: float = np.inf,
    workspace: Workspace,
) -> NDArray[np.float32]:
    """
    Turn times at nodes, or at whatever else a search runs over, into times at points along streets.

    Parameters
    ----------
    nodes, node_s
        Nodes reached and the time to each, as `reach` returns them. [s]
    origin
        Street the search began on (-1 if at a node) and the fraction along it.
    streets
        As `Streets`.
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
    out = np.full(len(points[0]), np.inf, dtype=np.float32)
    _point_times(time_s, origin[0], origin[1], *Streets(*streets), *points, limit_s, out)
    time_s[nodes] = np.inf
    return out


@part
def at_first(s, f, first, nodes_from):
    """What a point so far along a street is reached from at its first node: one that stands at the node, however."""
    if nodes_from == 0:
        return np.int64(first[s])
    return np.int64(nodes_from + first[s] if f <= 0.0 else 2 * np.int64(s))


@part
def at_last(s, f, last, nodes_from):
    """Likewise at its last node."""
    if nodes_from == 0:
        return np.int64(last[s])
    return np.int64(nodes_from + last[s] if f >= 1.0 else 2 * np.int64(s) + 1)


@part
def from_ends(first_s, last_s, f, there, back):
    """Arrival at a fraction of a street from the arrivals at its ends; at an end itself, however it may be driven."""
    best = np.inf
    if there < np.inf or f <= 0.0:
        # Where a street is closed one way its time is inf, and inf times nothing is no number.
        best = first_s + f * there if f > 0.0 else first_s
    if back < np.inf or f >= 1.0:
        best = min(best, last_s + (1.0 - f) * back if f < 1.0 else last_s)
    return best


@part
def from_origin(origin, f, there, back):
    """Arrival at a fraction of a street from another fraction of the same, without leaving it; inf: not that way."""
    best = np.inf
    if f >= origin and there < np.inf:
        best = (f - origin) * there
    if f <= origin and back < np.inf:
        best = min(best, (origin - f) * back)
    return best


@compiled
def _point_times(
    node_s, origin_street, origin_along, first, last, there_s, back_s, nodes_from, street, along, limit_s, out
):  # fmt: skip
    for i in range(len(street)):
        s = street[i]
        if s < 0:
            continue
        f = along[i]
        there, back = there_s[s], back_s[s]
        first_s, last_s = node_s[at_first(s, f, first, nodes_from)], node_s[at_last(s, f, last, nodes_from)]
        best = from_ends(np.float64(first_s), np.float64(last_s), f, there, back)
        if s == origin_street:
            best = min(best, from_origin(origin_along, f, there, back))
        if best <= limit_s:
            out[i] = best
