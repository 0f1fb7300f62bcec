"""Rings around the ground reached within a time, walked over a triangle mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLEAR_M = 1e-3
"""A ring keeps this far from vertices it does not pass, so that it never touches itself by chance. [m]"""


class Halves(NamedTuple):
    """
    The sides of triangles, each from a corner to the next; side k of triangle t is number 3 t + k.

    Attributes
    ----------
    twin
        The same edge as a side of the triangle beyond; -1: there is none.
    start, side, head
        Sides that leave vertex v are `side[start[v]:start[v + 1]]` and lead to `head` there; -1 - side: without twin.
    pinched
        Vertices at which triangles meet that share no edge there, not even through others.
    """

    twin: NDArray[np.int32]
    start: NDArray[np.int32]
    side: NDArray[np.int32]
    head: NDArray[np.int32]
    pinched: NDArray[np.bool_]


class ContourSpace:
    """
    Memory of one mesh's contours, reused by the next; one per thread.

    Between uses `time_s` is inf and `seen` zero everywhere, so a contour costs what it touches, not what there is.
    """

    def __init__(self, n_vertices: int, n_triangles: int) -> None:
        self.time_s = np.full(n_vertices, np.inf, dtype=np.float32)
        self.seen = np.zeros(n_triangles, dtype=np.uint8)


def link(triangles: NDArray[np.int32], n_vertices: int) -> Halves:
    """
    Find each triangle's neighbours.

    Parameters
    ----------
    triangles
        Corners, anticlockwise, n x 3; no edge belongs to more than two.
    n_vertices
        How many vertices there are.
    """
    return Halves(*_link(np.ascontiguousarray(triangles), n_vertices))


def spread(
    nodes: NDArray[np.int32],
    node_s: NDArray[np.float32],
    *,
    origin: tuple[int, float],
    streets: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]],
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
        For each street its first node, its last node, the time along it and the time back along it. [s]
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
    return _spread(
        nodes, node_s, origin[0], origin[1], *streets, along, *at_node, *on_street, *ways, limit_s, space.time_s
    )


def trace(
    xy_m: NDArray[np.float64],
    triangles: NDArray[np.int32],
    halves: Halves,
    *,
    reached: tuple[NDArray[np.int32], NDArray[np.float32]],
    limit_s: float,
    beyond_s: float,
    smallest_m2: float,
    space: ContourSpace,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Walk around the ground where time, linear inside each triangle, is within a limit.

    Parameters
    ----------
    xy_m, triangles, halves
        The mesh. [m]
    reached
        Vertices and the time to each. [s] All that are within the limit must be among them.
    limit_s
        The limit. [s]
    beyond_s
        Vertices later than the limit by more than this, and all that are not named, count as later by this. [s]
    smallest_m2
        Islands and holes smaller than this are left out. [m2]
    space
        Memory to reuse.

    Returns
    -------
    Corners of closed rings [m], where each ring begins, and where each polygon begins among the rings. A polygon's
    first ring is its shell, anticlockwise; the others are its holes, clockwise.

    Notes
    -----
    A ring runs with the ground on its left, from triangle to triangle and, where the mesh ends, along its rim. At a
    vertex where the mesh is pinched it stays with the triangles it came from; a ring that comes by such a vertex twice
    is parted there, so that rings touch at points and never cross.
    """
    corners, offsets, n_rings = _trace(
        xy_m, triangles, *halves, *reached, np.float32(limit_s), beyond_s, CLEAR_M, space.time_s, space.seen
    )
    return _polygons(corners, offsets[: n_rings + 1], smallest_m2)


@nb.njit(nogil=True, cache=True)
def _link(triangles, n_vertices):
    flat = triangles.ravel()
    n = len(flat)
    start = np.zeros(n_vertices + 1, dtype=np.int32)
    for i in range(n):
        start[flat[i] + 1] += 1
    for v in range(n_vertices):
        start[v + 1] += start[v]
    place = start[:-1].copy()
    side = np.empty(n, dtype=np.int32)
    head = np.empty(n, dtype=np.int32)
    for i in range(n):
        j = place[flat[i]]
        place[flat[i]] += 1
        side[j] = i
        head[j] = flat[_next(i)]
    twin = np.full(n, -1, dtype=np.int32)
    rims = np.zeros(n_vertices, dtype=np.int32)
    for i in range(n):
        to = flat[_next(i)]
        for j in range(start[to], start[to + 1]):
            if head[j] == flat[i]:
                twin[i] = side[j]
        if twin[i] < 0:
            rims[flat[i]] += 1
    for j in range(n):
        if twin[side[j]] < 0:
            side[j] = -1 - side[j]
    return twin, start, side, head, rims > 1


@nb.njit(nogil=True, cache=True)
def _next(side):
    """The side that begins where this one ends."""
    return side - 2 if side % 3 == 2 else side + 1


@nb.njit(nogil=True, cache=True)
def _spread(
    nodes, node_s, origin_street, origin_along, first, last, there_s, back_s, along,
    node_start, node_vertex, street_start, street_vertex, way_start, way_street, limit_s, time_s,
):  # fmt: skip
    out = np.empty(64 + 4 * len(nodes), dtype=np.int32)
    count = 0
    for i in range(len(nodes)):
        if node_s[i] > limit_s:
            continue
        begin, end = node_start[nodes[i]], node_start[nodes[i] + 1]
        if count + end - begin > len(out):
            out = _longer(out, count + end - begin)
        for j in range(begin, end):
            time_s[node_vertex[j]] = node_s[i]
            out[count] = node_vertex[j]
            count += 1
    for i in range(-1, len(nodes)):  # -1: the street of the origin
        if i >= 0:
            node = nodes[i]
            if node_s[i] > limit_s:
                continue
            begin, end = way_start[node], way_start[node + 1]
        else:
            node, begin, end = -1, 0, 1
        for w in range(begin, end):
            s = way_street[w] if i >= 0 else origin_street
            if s < 0 or (i >= 0 and s == origin_street):
                continue
            # A street both of whose ends are reached is taken from its first.
            first_s, last_s = time_s[node_vertex[node_start[first[s]]]], time_s[node_vertex[node_start[last[s]]]]
            if i >= 0 and node != first[s] and first_s < np.inf:
                continue
            room = count + street_start[s + 1] - street_start[s]
            if room > len(out):
                out = _longer(out, room)
            for j in range(street_start[s], street_start[s + 1]):
                v = street_vertex[j]
                f = along[v]
                best = np.inf
                if there_s[s] < np.inf:
                    best = first_s + f * there_s[s]
                if back_s[s] < np.inf:
                    best = min(best, last_s + (1.0 - f) * back_s[s])
                if s == origin_street:
                    if f >= origin_along and there_s[s] < np.inf:
                        best = min(best, (f - origin_along) * there_s[s])
                    if f <= origin_along and back_s[s] < np.inf:
                        best = min(best, (origin_along - f) * back_s[s])
                if best <= limit_s and time_s[v] == np.inf:
                    time_s[v] = best
                    out[count] = v
                    count += 1
    # Plain loops here and below: whole-array expressions take seconds to compile.
    vertices = np.empty(count, dtype=np.int32)
    times = np.empty(count, dtype=time_s.dtype)
    for i in range(count):
        vertices[i] = out[i]
        times[i] = time_s[out[i]]
    for i in range(count):
        time_s[vertices[i]] = np.inf
    return vertices, times


@nb.njit(nogil=True, cache=True)
def _longer(array, least):
    """Copy of a list with more room behind it."""
    longer = np.empty(max(2 * len(array), least), dtype=array.dtype)
    for i in range(len(array)):
        longer[i] = array[i]
    return longer


@nb.njit(nogil=True, cache=True)
def _cross(xy, time_s, a, b, limit, beyond, clear):
    """Where an edge reaches the limit, the same from either end and short of both."""
    low, high = min(a, b), max(a, b)
    low_s = min(np.float64(time_s[low]), limit + beyond)
    high_s = min(np.float64(time_s[high]), limit + beyond)
    dx = xy[high, 0] - xy[low, 0]
    dy = xy[high, 1] - xy[low, 1]
    short = min(0.25, clear / max(np.hypot(dx, dy), 1e-9))
    share = min(1.0 - short, max(short, (limit - low_s) / (high_s - low_s)))
    return xy[low, 0] + share * dx, xy[low, 1] + share * dy


@nb.njit(nogil=True, cache=True)
def _trace(
    xy, triangles, twin, start, side, head, pinched, vertices, vertex_s, limit, beyond, clear, time_s, seen
):  # fmt: skip
    """Rings with the ground on their left: their corners, the first not repeated, and where each begins."""
    flat = triangles.ravel()
    limit_s = np.float64(limit)
    for i in range(len(vertices)):
        time_s[vertices[i]] = vertex_s[i]
    corners = np.empty((1024, 2))
    offsets = np.zeros(64, dtype=np.int64)
    n_rings = 0
    way = np.empty((1024, 2))
    held = np.empty((16, 2), dtype=np.int64)
    marked = np.empty(1024, dtype=np.int32)
    n_marked = 0
    for i in range(len(vertices)):
        v = vertices[i]
        if not time_s[v] <= limit:
            continue
        for c in range(start[v], start[v + 1]):
            out = not time_s[head[c]] <= limit
            on_rim = side[c] < 0
            if not (out or on_rim):
                continue
            h = -1 - side[c] if on_rim else side[c]
            if (seen[h // 3] >> (3 if out else h % 3)) & 1:
                continue
            # Walk until the side the ring began with comes round again. `h` is a side that leaves the ground
            # (crossing: the ring stands where it does), or one on the rim whose end the ring stands at.
            first_side, crossing = h, out
            n_way = 0
            n_held = 0
            while True:
                if crossing:
                    t = h // 3
                    seen[t] |= 8
                    if n_marked == len(marked):
                        marked = _longer(marked, 0)
                    marked[n_marked] = t
                    n_marked += 1
                    h = _next(h)
                    while not time_s[flat[_next(h)]] <= limit:
                        h = _next(h)
                    x, y = _cross(xy, time_s, flat[h], flat[_next(h)], limit_s, beyond, clear)
                    if n_way + 2 > len(way):
                        way = _wider(way)
                    way[n_way, 0], way[n_way, 1] = x, y
                    n_way += 1
                    if twin[h] >= 0:
                        h = twin[h]
                        if h == first_side:
                            break
                        continue
                else:
                    # Turn about the vertex, inside the ground, to the next side on the rim.
                    h = _next(h)
                    while twin[h] >= 0:
                        h = _next(twin[h])
                    if not time_s[flat[_next(h)]] <= limit:
                        x, y = _cross(xy, time_s, flat[h], flat[_next(h)], limit_s, beyond, clear)
                        if n_way + 2 > len(way):
                            way = _wider(way)
                        way[n_way, 0], way[n_way, 1] = x, y
                        n_way += 1
                        crossing = True
                        if h == first_side:
                            break
                        continue
                    t = h // 3
                    seen[t] |= 1 << (h % 3)
                    if n_marked == len(marked):
                        marked = _longer(marked, 0)
                    marked[n_marked] = t
                    n_marked += 1
                # The ring comes to the vertex at the end of side h.
                crossing = False
                to = flat[_next(h)]
                if n_way + 2 > len(way):
                    way = _wider(way)
                way[n_way, 0], way[n_way, 1] = xy[to, 0], xy[to, 1]
                n_way += 1
                if pinched[to]:
                    for k in range(n_held - 1, -1, -1):
                        if held[k, 0] == to:
                            begin = held[k, 1]
                            corners, offsets = _keep(corners, offsets, n_rings, way, begin, n_way - 1)
                            n_rings += 1
                            n_way = begin + 1
                            n_held = k
                            break
                    if n_held + 1 > len(held):
                        held = _wider(held)
                    held[n_held, 0], held[n_held, 1] = to, n_way - 1
                    n_held += 1
                if h == first_side:
                    break
            corners, offsets = _keep(corners, offsets, n_rings, way, np.int64(0), n_way)
            n_rings += 1
    for i in range(len(vertices)):
        time_s[vertices[i]] = np.inf
    for i in range(n_marked):
        seen[marked[i]] = 0
    return corners, offsets, n_rings


@nb.njit(nogil=True, cache=True)
def _wider(array):
    """Copy of a table with twice the rows."""
    longer = np.empty((2 * len(array), array.shape[1]), dtype=array.dtype)
    for i in range(len(array)):
        for j in range(array.shape[1]):
            longer[i, j] = array[i, j]
    return longer


@nb.njit(nogil=True, cache=True)
def _keep(corners, offsets, n_rings, way, begin, end):
    """Add a ring to those found."""
    at = offsets[n_rings]
    while at + end - begin > len(corners):
        corners = _wider(corners)
    for i in range(begin, end):
        corners[at + i - begin, 0] = way[i, 0]
        corners[at + i - begin, 1] = way[i, 1]
    if n_rings + 1 == len(offsets):
        offsets = _longer(offsets, 0)
    offsets[n_rings + 1] = at + end - begin
    return corners, offsets


@nb.njit(nogil=True, cache=True)
def _polygons(corners, offsets, smallest):
    """Give each hole to the smallest shell around it, leave specks out, and close the rings."""
    n = len(offsets) - 1
    area = np.zeros(n)
    box = np.empty((n, 4))
    for r in range(n):
        a, b = offsets[r], offsets[r + 1]
        x0, y0 = corners[a, 0], corners[a, 1]
        box[r, 0], box[r, 1], box[r, 2], box[r, 3] = x0, y0, x0, y0
        for i in range(a, b):
            x, y = corners[i, 0], corners[i, 1]
            j = i + 1 if i + 1 < b else a
            area[r] += 0.5 * ((x - x0) * (corners[j, 1] - y0) - (corners[j, 0] - x0) * (y - y0))
            box[r, 0], box[r, 1] = min(box[r, 0], x), min(box[r, 1], y)
            box[r, 2], box[r, 3] = max(box[r, 2], x), max(box[r, 3], y)
    # A shell smaller than a speck holds nothing that counts, nor does a hole smaller than one.
    owner = np.empty(n, dtype=np.int64)
    net = np.empty(n)
    shells = np.empty(n, dtype=np.int64)
    many = 0
    for r in range(n):
        owner[r] = -1
        net[r] = area[r]
        if area[r] >= smallest:
            shells[many] = r
            many += 1
    for r in range(n):
        if area[r] > -smallest:
            continue
        px, py = _middle(corners, offsets[r], offsets[r + 1])
        for k in range(many):
            s = shells[k]
            if not (box[s, 0] <= px <= box[s, 2] and box[s, 1] <= py <= box[s, 3]):
                continue
            if (owner[r] < 0 or area[s] < area[owner[r]]) and _holds(corners, offsets[s], offsets[s + 1], px, py):
                owner[r] = s
        if owner[r] >= 0:
            net[owner[r]] += area[r]
    kept, total, n_shells = 0, np.int64(0), 0
    for r in range(n):
        of = np.int64(r) if area[r] > 0 else owner[r]
        if of >= 0 and area[of] >= smallest and net[of] >= smallest:
            kept += 1
            total += offsets[r + 1] - offsets[r] + 1
            n_shells += 1 if of == r else 0
    out = np.empty((total, 2))
    ring_start = np.zeros(kept + 1, dtype=np.int64)
    polygon_start = np.zeros(n_shells + 1, dtype=np.int64)
    # Holes in the order of their shells.
    first_hole = np.empty(n, dtype=np.int64)
    next_hole = np.empty(n, dtype=np.int64)
    for r in range(n):
        first_hole[r] = next_hole[r] = -1
    for r in range(n - 1, -1, -1):
        if owner[r] >= 0:
            next_hole[r] = first_hole[owner[r]]
            first_hole[owner[r]] = r
    at = 0
    ring = 0
    polygon = 0
    for k in range(many):
        s = shells[k]
        if net[s] < smallest:
            continue
        part = s
        while part >= 0:
            a, b = offsets[part], offsets[part + 1]
            for i in range(a, b + 1):
                j = i if i < b else a
                out[at, 0], out[at, 1] = corners[j, 0], corners[j, 1]
                at += 1
            ring += 1
            ring_start[ring] = at
            part = first_hole[s] if part == s else next_hole[part]
        polygon += 1
        polygon_start[polygon] = ring
    return out, ring_start, polygon_start


@nb.njit(nogil=True, cache=True)
def _middle(corners, a, b):
    """The middle of a ring's longest side: a point that no other ring passes."""
    longest = -1.0
    x, y = 0.0, 0.0
    for i in range(a, b):
        j = i + 1 if i + 1 < b else a
        length = np.hypot(corners[j, 0] - corners[i, 0], corners[j, 1] - corners[i, 1])
        if length > longest:
            longest = length
            x = 0.5 * (corners[i, 0] + corners[j, 0])
            y = 0.5 * (corners[i, 1] + corners[j, 1])
    return x, y


@nb.njit(nogil=True, cache=True)
def _holds(corners, a, b, px, py):
    """Whether a point lies inside a ring."""
    inside = False
    for i in range(a, b):
        j = i + 1 if i + 1 < b else a
        y0, y1 = corners[i, 1], corners[j, 1]
        if (y0 > py) != (y1 > py):
            x0, x1 = corners[i, 0], corners[j, 0]
            if px < x0 + (py - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
    return inside
