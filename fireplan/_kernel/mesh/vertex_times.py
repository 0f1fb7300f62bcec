"""Times at nodes turned into times at the vertices of a mesh over the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled
from fireplan._kernel.shortest_paths.graph import Streets
from fireplan._kernel.shortest_paths.point_times import from_ends, from_origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.mesh.contour_memory import ContourSpace


def spread(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    *,
    origin: tuple[int, float],
    streets: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]] | Streets,
    along: NDArray[np.float64],
    at_node: tuple[NDArray[np.int32], NDArray[np.int32]],
    on_street: tuple[NDArray[np.int32], NDArray[np.int32]],
    ways: tuple[NDArray[np.int32], NDArray[np.int32]],
    limit_s: float,
    space: ContourSpace,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """
    Turn times at nodes into times at the vertices of a mesh over the streets.

    Parameters
    ----------
    nodes, node_s
        Nodes reached and the time to each, as `reach` returns them. [s]
    origin
        Street the search began on and the fraction along it.
    streets
        As `Streets`.
    along
        How far along its street each vertex is.
    at_node
        Vertices that have a node's time, itself first: where each node's begin, and which they are.
    on_street
        Vertices along each street, likewise.
    ways
        Streets that end at each node, likewise.
    limit_s
        Vertices farther than this are left out. [s]
    space
        Memory to reuse.

    Returns
    -------
    Vertices reached and the time to each. [s]
    """
    streets = Streets(*streets)
    near = node_s <= limit_s
    nodes, node_s = nodes[near], node_s[near]
    entered_s = np.full(streets.nodes_from, np.inf, dtype=np.float32)
    if streets.nodes_from:  # when each street is entered in each direction, and the nodes by themselves
        way = nodes < streets.nodes_from
        entered_s[nodes[way]] = node_s[way]
        nodes, node_s = nodes[~way] - np.int32(streets.nodes_from), node_s[~way]
    touched, time_s = space.touched, space.time_s
    count = _at_nodes(nodes, node_s, *at_node, time_s, touched)
    count = _along_streets(
        nodes, origin[0], origin[1], *streets, entered_s, along, *at_node, *on_street, *ways, limit_s, time_s, touched,
        count,
    )  # fmt: skip
    vertices = touched[:count].copy()
    times = time_s[vertices]
    space.forget(vertices)
    return vertices, times


@compiled
def _at_nodes(nodes, node_s, node_start, node_vertex, time_s, touched):
    """Give a node's time to its vertices; returns how many there are."""
    count = 0
    for i in range(len(nodes)):
        for j in range(node_start[nodes[i]], node_start[nodes[i] + 1]):
            time_s[node_vertex[j]] = node_s[i]
            touched[count] = node_vertex[j]
            count += 1
    return count


@compiled
def _along_streets(
    nodes, origin_street, origin_along, first, last, there_s, back_s, nodes_from, entered_s, along, node_start,
    node_vertex, street_start, street_vertex, way_start, way_street, limit_s, time_s, touched, count,
):  # fmt: skip
    """Give the vertices of each street that ends at a node, and of the origin's own, their times."""
    for i in range(-1, len(nodes)):  # -1: the street of the origin
        node, begin, end = -1, 0, 1
        if i >= 0:
            node = nodes[i]
            begin, end = way_start[node], way_start[node + 1]
        for w in range(begin, end):
            s = origin_street
            if i >= 0:
                s = way_street[w]
            if s < 0 or (i >= 0 and s == origin_street):
                continue
            # A street both of whose ends are reached is taken from its first.
            first_s = time_s[node_vertex[node_start[first[s]]]]
            if i >= 0 and node != first[s] and first_s < np.inf:
                continue
            last_s = time_s[node_vertex[node_start[last[s]]]]
            if nodes_from > 0:
                first_s, last_s = entered_s[2 * s], entered_s[2 * s + 1]
            there, back = there_s[s], back_s[s]
            for j in range(street_start[s], street_start[s + 1]):
                v = street_vertex[j]
                if time_s[v] < np.inf:
                    continue
                f = along[v]
                best = from_ends(np.float64(first_s), np.float64(last_s), f, there, back)
                if i < 0:
                    best = min(best, from_origin(origin_along, f, there, back))
                if best <= limit_s:
                    time_s[v] = best
                    touched[count] = v
                    count += 1
    return count
