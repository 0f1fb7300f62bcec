"""Delaunay triangles of many points, quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def triangulate(xy_m: NDArray[np.float64]) -> NDArray[np.int32] | None:
    """
    Lay Delaunay triangles between points.

    Parameters
    ----------
    xy_m
        The points, n x 2. [m] Of points in one place one is used.

    Returns
    -------
    Corners, anticlockwise; None where the points are too few, too nearly on one line, or so placed that rounding
    spoils the result: an exact method must be asked then.

    Notes
    -----
    The points are taken in the order of their distance from the middle; each is joined to the hull of those before
    it, and edges are flipped until no circle around a triangle holds a point of its neighbours [1]_.

    References
    ----------
    .. [1] D. A. Sinclair, "S-hull: a fast radial sweep-hull routine for Delaunay triangulation", 2016,
       https://arxiv.org/abs/1604.01428.
    """
    n = len(xy_m)
    if n < 3:
        return None
    x = xy_m[:, 0] - xy_m[:, 0].mean()
    y = xy_m[:, 1].mean() - xy_m[:, 1]
    seed = _seed(x, y)
    if seed[0] < 0:
        return None
    from_seed = np.hypot(x - seed[3], y - seed[4])
    order = np.argsort(from_seed)
    flat, joined = _sweep(x, y, order.astype(np.int32), *seed)
    triangles = flat.reshape(-1, 3)
    if len(triangles) == 0 or joined != len(np.unique(x + 1j * y) if joined < n else xy_m):
        return None
    a, b, c = triangles.T
    twice = (x[b] - x[a]) * (y[a] - y[c]) - (y[a] - y[b]) * (x[c] - x[a])
    return triangles if twice.min() >= 0 else None


@nb.njit(nogil=True, cache=True)
def _seed(x, y):
    """Three points near the middle, clockwise as y grows downward, and the centre of the circle through them."""
    cx = 0.5 * (x.min() + x.max())
    cy = 0.5 * (y.min() + y.max())
    a = np.argmin((x - cx) ** 2 + (y - cy) ** 2)
    b, c = -1, -1
    best = np.inf
    for i in range(len(x)):
        d = (x[i] - x[a]) ** 2 + (y[i] - y[a]) ** 2
        if 0 < d < best:
            b, best = i, d
    if b < 0:
        return -1, -1, -1, 0.0, 0.0
    best = np.inf
    mx, my = 0.0, 0.0
    dx, dy = x[b] - x[a], y[b] - y[a]
    bl = dx * dx + dy * dy
    for i in range(len(x)):
        ex, ey = x[i] - x[a], y[i] - y[a]
        d = dx * ey - dy * ex
        if i in (a, b) or d == 0.0:
            continue
        cl = ex * ex + ey * ey
        px = (ey * bl - dy * cl) * 0.5 / d
        py = (dx * cl - ex * bl) * 0.5 / d
        radius = px * px + py * py
        if radius < best:
            c, best = i, radius
            mx, my = x[a] + px, y[a] + py
    if c < 0:
        return -1, -1, -1, 0.0, 0.0
    if _turn(x[a], y[a], x[b], y[b], x[c], y[c]) < 0:
        b, c = c, b
    return a, b, c, mx, my


@nb.njit(nogil=True, cache=True)
def _turn(ax, ay, bx, by, cx, cy):
    return (ay - cy) * (bx - cx) - (ax - cx) * (by - cy)


@nb.njit(nogil=True, cache=True)
def _slot(dx, dy, n_slots):
    """A direction as one of so many slots, in the order of angles."""
    size = abs(dx) + abs(dy)
    p = dx / size if size > 0 else 0.0
    turn = (3.0 - p if dy > 0 else 1.0 + p) / 4.0
    return int(np.floor(turn * n_slots)) % n_slots


@nb.njit(nogil=True, cache=True)
def _sweep(x, y, order, a, b, c, mx, my):
    """Corners of the triangles, and how many points are joined to them; nothing where flips do not come to an end."""
    n = len(x)
    most = 2 * n + 1
    corner = np.empty(3 * most, dtype=np.int32)
    twin = np.empty(3 * most, dtype=np.int32)
    before = np.zeros(n, dtype=np.int32)
    after = np.zeros(n, dtype=np.int32)
    side_of = np.zeros(n, dtype=np.int32)
    n_slots = int(np.ceil(np.sqrt(n)))
    slots = np.full(n_slots, -1, dtype=np.int32)
    after[a], after[b], after[c] = b, c, a
    before[a], before[b], before[c] = c, a, b
    side_of[a], side_of[b], side_of[c] = 0, 1, 2
    for i in (a, b, c):
        slots[_slot(x[i] - mx, y[i] - my, n_slots)] = i
    stack = np.empty(4096, dtype=np.int32)
    flips = np.full(1, 64 * n + 4096, dtype=np.int64)
    size = _add(corner, twin, 0, a, b, c, -1, -1, -1)
    joined = 3
    for i in order:
        if i in (a, b, c):
            continue
        px, py = x[i], y[i]
        key = _slot(px - mx, py - my, n_slots)
        start = -1
        for j in range(n_slots):
            start = slots[(key + j) % n_slots]
            if start >= 0 and start != after[start]:
                break
        start = before[start]
        e = start
        while True:
            q = after[e]
            if _turn(px, py, x[e], y[e], x[q], y[q]) < 0:
                break
            e = q
            if e == start:
                e = -1
                break
        if e < 0:
            continue  # on the hull or inside it: in the place of another point
        joined += 1
        t = size
        size = _add(corner, twin, size, e, i, after[e], -1, -1, side_of[e])
        side_of[i] = _flip(corner, twin, x, y, t + 2, before, side_of, e, stack, flips)
        side_of[e] = t
        to = after[e]
        while True:
            q = after[to]
            if not _turn(px, py, x[to], y[to], x[q], y[q]) < 0:
                break
            t = size
            size = _add(corner, twin, size, to, i, q, side_of[i], -1, side_of[to])
            side_of[i] = _flip(corner, twin, x, y, t + 2, before, side_of, e, stack, flips)
            after[to] = to
            to = q
        if e == start:
            while True:
                q = before[e]
                if not _turn(px, py, x[q], y[q], x[e], y[e]) < 0:
                    break
                t = size
                size = _add(corner, twin, size, q, i, e, -1, side_of[e], side_of[q])
                _flip(corner, twin, x, y, t + 2, before, side_of, e, stack, flips)
                side_of[q] = t
                after[e] = e
                e = q
        before[i] = e
        after[e] = i
        before[to] = i
        after[i] = to
        slots[key] = i
        slots[_slot(x[e] - mx, y[e] - my, n_slots)] = e
        if flips[0] < 0:
            return corner[:0].copy(), 0
    return corner[:size].copy(), joined


@nb.njit(nogil=True, cache=True)
def _add(corner, twin, t, i, j, k, ti, tj, tk):
    """Add a triangle behind those there are."""
    corner[t], corner[t + 1], corner[t + 2] = i, j, k
    _join(twin, t, ti)
    _join(twin, t + 1, tj)
    _join(twin, t + 2, tk)
    return t + 3


@nb.njit(nogil=True, cache=True)
def _join(twin, a, b):
    twin[a] = b
    if b >= 0:
        twin[b] = a


@nb.njit(nogil=True, cache=True)
def _flip(corner, twin, x, y, a, before, side_of, hull, stack, flips):
    """Flip an edge, and those around it, until each triangle's circle is empty; returns the hull's side."""
    n_stack = 0
    while True:
        b = twin[a]
        a0 = a - a % 3
        ar = a0 + (a + 2) % 3
        if b < 0:
            if n_stack == 0:
                return ar
            n_stack -= 1
            a = stack[n_stack]
            continue
        b0 = b - b % 3
        al = a0 + (a + 1) % 3
        bl = b0 + (b + 2) % 3
        p0, pr, pl, p1 = corner[ar], corner[a], corner[al], corner[bl]
        if flips[0] >= 0 and _in_circle(x, y, p0, pr, pl, p1):
            flips[0] -= 1
            corner[a] = p1
            corner[b] = p0
            hbl = twin[bl]
            if hbl < 0:
                e = hull
                while True:
                    if side_of[e] == bl:
                        side_of[e] = a
                        break
                    e = before[e]
                    if e == hull:
                        break
            _join(twin, a, hbl)
            _join(twin, b, twin[ar])
            _join(twin, ar, bl)
            if n_stack < len(stack):
                stack[n_stack] = b0 + (b + 1) % 3
                n_stack += 1
        else:
            if n_stack == 0:
                return ar
            n_stack -= 1
            a = stack[n_stack]


@nb.njit(nogil=True, cache=True)
def _in_circle(x, y, a, b, c, p):
    dx, dy = x[a] - x[p], y[a] - y[p]
    ex, ey = x[b] - x[p], y[b] - y[p]
    fx, fy = x[c] - x[p], y[c] - y[p]
    ap = dx * dx + dy * dy
    bp = ex * ex + ey * ey
    cp = fx * fx + fy * fy
    return dx * (ey * cp - bp * fy) - dy * (ex * cp - bp * fx) + ap * (ex * fy - ey * fx) < 0
