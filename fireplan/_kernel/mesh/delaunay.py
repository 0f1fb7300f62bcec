"""The Delaunay triangles of points on a grid, in whole numbers: the same whatever else is asked about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled
from fireplan._kernel.mesh.half_edges import next_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_UNITS = 1 << 27
"""Points and circles may reach this far: the products below then fit into two words of 64 bits. [units]"""

LOW_BITS = 30
"""Numbers are multiplied in a lower part of so many bits and the rest."""

UNSURE = 1e-14
"""A sum of three products, in floating point, is trusted where it is larger than this part of them."""


def delaunay(units: NDArray[np.int64], *, longest: float, widest: float) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """
    Join points into Delaunay triangles, and keep those that are small.

    Parameters
    ----------
    units
        Points, n x 2, each once, and neighbours on the ground near one another in the list: in Z-order. [units]
    longest
        Triangles with a longer side are left out. [units]
    widest
        Triangles whose circle through the corners has a larger diameter are left out. [units]

    Returns
    -------
    Corners, anticlockwise, the one that stands first in the list first; triangles in order of their corners. And which
    points are corners of a triangle with a larger circle, or lie on the rim of all.

    Notes
    -----
    Points are put in one after the other, and edges flipped until no circle through the corners of a triangle holds a
    point [1]_. Signs are exact. Where four points lie on one circle, the edge from the first of them counts, as if each
    point were lower by a hair than all after it [2]_. So a triangle depends on the points in its circle and on nothing
    else: from points of a part of the ground come the triangles that come from all, as far as their circles lie in it.

    References
    ----------
    .. [1] C. L. Lawson, "Software for C1 surface interpolation", in Mathematical Software III, 1977.
    .. [2] H. Edelsbrunner, E. P. Muecke, "Simulation of simplicity", ACM Transactions on Graphics 9(1), 1990.
    """
    n = len(units)
    if n < 3:
        return np.empty((0, 3), dtype=np.int32), np.ones(n, dtype=bool)
    low, high = units.min(axis=0), units.max(axis=0)
    span = int((high - low).max())
    # Three far corners hold all points; no circle that is kept reaches them.
    far = span + 2 * math.ceil(widest)
    if far > MOST_UNITS:
        raise ValueError(f"points and circles of {far} units: up to {MOST_UNITS} can be told exactly")
    corners = np.array([(-far, -far), (2 * span + 2 * far, -far), (-far, 2 * span + 2 * far)])
    x, y = np.ascontiguousarray(np.concatenate([units - low, corners]).T)
    begins_at, twin = np.empty((2, 3 * (2 * n + 1)), dtype=np.int32)
    _join(x, y, begins_at, twin, np.empty(8 * n + 8, dtype=np.int32))
    start = np.zeros(n + 1, dtype=np.int32)
    kept = np.full((2 * n + 1, 3), -1, dtype=np.int32)
    at_wide = np.zeros(n + 3, dtype=bool)
    n_kept = _keep(x, y, begins_at, float(longest) ** 2, float(widest), start, kept, at_wide)
    return kept[:n_kept].copy(), at_wide[:n]


@compiled
def _join(x, y, corner, twin, stack):
    """Put the points in one after the other; sides and twins as in `Halves`."""
    n = len(x) - 3
    for k in range(3):
        corner[k] = n + k
        twin[k] = -1
    count = 1
    t = 0
    for p in range(n):
        px, py = x[p], y[p]
        # Walk to the triangle that holds the point: over any side that has it on its right.
        k = 0
        while k < 3:
            h = 3 * t + k
            a, b = corner[h], corner[next_side(h)]
            k += 1
            if (x[b] - x[a]) * (py - y[a]) - (y[b] - y[a]) * (px - x[a]) < 0:
                t = twin[h] // 3
                k = 0
        # Part it in three. A point on a side makes one of them flat, and that side is flipped below: the circle through
        # three points in a line, seen from the one between, holds all beyond the line.
        h = 3 * t
        u, v = 3 * count, 3 * count + 3
        count += 2
        a, b, c = corner[h], corner[h + 1], corner[h + 2]
        bc, ca = twin[h + 1], twin[h + 2]
        corner[h + 2] = corner[u + 2] = corner[v + 2] = p
        corner[u], corner[u + 1], corner[v], corner[v + 1] = b, c, c, a
        twin[h + 1], twin[u + 2] = u + 2, h + 1
        twin[u + 1], twin[v + 2] = v + 2, u + 1
        twin[v + 1], twin[h + 2] = h + 2, v + 1
        twin[u], twin[v] = bc, ca
        if bc >= 0:
            twin[bc] = u
        if ca >= 0:
            twin[ca] = v
        stack[0], stack[1], stack[2] = h, u, v
        depth = 3
        # Invariant: of the sides opposite the new point, those that may have to be flipped are on the stack.
        while depth > 0:
            depth -= 1
            h = stack[depth]
            g = twin[h]
            if g < 0:
                continue
            h1 = next_side(h)
            g1 = next_side(g)
            g2 = next_side(g1)
            a, b, d = corner[h], corner[h1], corner[g2]
            side = _in_circle(x[a] - x[d], y[a] - y[d], x[b] - x[d], y[b] - y[d], px - x[d], py - y[d])
            if side < 0 or (side == 0 and min(a, b) < min(p, d)):
                continue
            # Triangles a b p and b a d become a d p and p d b.
            ad, db, bp = twin[g1], twin[g2], twin[h1]
            corner[h1] = corner[g1] = d
            corner[g], corner[g2] = p, b
            twin[h], twin[g1], twin[g2], twin[bp] = ad, db, bp, g2
            if ad >= 0:
                twin[ad] = h
            if db >= 0:
                twin[db] = g1
            twin[h1], twin[g] = g, h1
            stack[depth], stack[depth + 1] = h, g1
            depth += 2
    for i in range(3 * count, len(corner)):
        corner[i] = n


@compiled
def _in_circle(ax, ay, bx, by, cx, cy):
    """Whether the origin lies in the circle through a, b, c, anticlockwise: 1, or on it: 0, or outside: -1."""
    a_up, b_up, c_up = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    a, b, c = bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx
    u, v, w = np.float64(a) * np.float64(a_up), np.float64(b) * np.float64(b_up), np.float64(c) * np.float64(c_up)
    total = u + v + w
    if abs(total) > UNSURE * (abs(u) + abs(v) + abs(w)):
        return 1 if total > 0 else -1
    # The same sum in whole numbers: a number is high * 2**30 + low, and low is never negative.
    mask = (1 << LOW_BITS) - 1
    ah, bh, ch, al, bl, cl = a >> LOW_BITS, b >> LOW_BITS, c >> LOW_BITS, a & mask, b & mask, c & mask
    auh, buh, cuh, aul, bul, cul = (
        a_up >> LOW_BITS, b_up >> LOW_BITS, c_up >> LOW_BITS, a_up & mask, b_up & mask, c_up & mask,
    )  # fmt: skip
    low = al * aul + bl * bul + cl * cul
    middle = ah * aul + al * auh + bh * bul + bl * buh + ch * cul + cl * cuh + (low >> LOW_BITS)
    high = ah * auh + bh * buh + ch * cuh + (middle >> LOW_BITS)
    if high != 0:
        return 1 if high > 0 else -1
    return 1 if (middle & mask) > 0 or (low & mask) > 0 else 0


@compiled
def _keep(x, y, corner, longest_square, widest, start, kept, at_wide):
    """File the triangles that are small; mark the corners of those that are wide, or reach the far corners."""
    n = len(x) - 3
    for again in range(2):  # to count those of each first corner, then to write them down
        for t in range(0, len(corner), 3):
            # Turned so that the first point comes first, whichever triangle this was while it was made: rounding below
            # is the same.
            a, b, c = corner[t], corner[t + 1], corner[t + 2]
            if b < a and b < c:
                a, b, c = b, c, a
            elif c < a:
                a, b, c = c, a, b
            ux, uy = np.float64(x[b] - x[a]), np.float64(y[b] - y[a])
            vx, vy = np.float64(x[c] - x[a]), np.float64(y[c] - y[a])
            uu, vv, ww = ux * ux + uy * uy, vx * vx + vy * vy, (vx - ux) * (vx - ux) + (vy - uy) * (vy - uy)
            if max(b, c) >= n or math.sqrt(uu) * math.sqrt(vv) * math.sqrt(ww) > widest * (ux * vy - uy * vx):
                at_wide[a] = at_wide[b] = at_wide[c] = True
            elif max(uu, vv, ww) <= longest_square:
                if again == 0:
                    start[a + 1] += 1
                    continue
                # The few of one corner are put in order as they come.
                i = start[a]
                start[a] = i + 1
                while i > 0 and kept[i - 1, 0] == a and kept[i - 1, 1] > b:
                    kept[i, 0], kept[i, 1], kept[i, 2] = a, kept[i - 1, 1], kept[i - 1, 2]
                    i -= 1
                kept[i, 0], kept[i, 1], kept[i, 2] = a, b, c
        for i in range(n if again == 0 else 0):
            start[i + 1] += start[i]
    return start[n - 1]
