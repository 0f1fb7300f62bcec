"""Nearest street segment of each point, by a uniform grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_CELL_M = 20.0
MOST_CELLS = 4_000_000


class SegmentGrid(NamedTuple):
    """
    Straight pieces of streets, filed by the square cells they touch.

    Attributes
    ----------
    ends_m
        Segments x (ax, ay, bx, by). [m]
    street
        Street of each segment.
    from_m, street_m
        Where along its street a segment begins, and how long the street is. [m]
    corner_m, cell_m
        Lower left corner and cell size of the grid. [m]
    shape
        Columns and rows.
    start, member
        Segments of cell c are `member[start[c]:start[c + 1]]`.
    """

    ends_m: NDArray[np.float64]
    street: NDArray[np.int32]
    from_m: NDArray[np.float64]
    street_m: NDArray[np.float64]
    corner_m: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]
    start: NDArray[np.int64]
    member: NDArray[np.int32]


def build_grid(xy_m: NDArray[np.float64], offsets: NDArray[np.int64]) -> SegmentGrid:
    """
    File the segments of streets in a grid.

    Parameters
    ----------
    xy_m
        Vertices of all streets, one street after the other, n x 2. [m]
    offsets
        Vertices of street s are `offsets[s]:offsets[s + 1]`.
    """
    counts = np.diff(offsets) - 1
    begins = np.ones(len(xy_m), dtype=bool)
    begins[offsets[1:] - 1] = False
    a = xy_m[begins]
    b = xy_m[np.flatnonzero(begins) + 1]
    street = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    length = np.hypot(*(b - a).T)
    total = np.concatenate(([0.0], np.cumsum(length)))
    first = np.concatenate(([0], np.cumsum(counts)))
    from_m = total[:-1] - np.repeat(total[first[:-1]], counts)
    street_m = total[first[1:]] - total[first[:-1]]
    # By column: over the short axis numpy is slow.
    corner = np.array([column.min() for column in xy_m.T]) if len(xy_m) else np.zeros(2)
    extent = np.array([max(np.ptp(column), 1.0) for column in xy_m.T]) if len(xy_m) else np.ones(2)
    cell = max(
        SMALLEST_CELL_M,
        float(np.sqrt(extent[0] * extent[1] / max(len(a), 1))),
        float(np.sqrt(extent[0] * extent[1] / MOST_CELLS)),
    )
    shape = (int(extent[0] / cell) + 1, int(extent[1] / cell) + 1)
    ends = np.hstack([a, b])
    start = np.zeros(shape[0] * shape[1] + 1, dtype=np.int64)
    none = np.empty(0, dtype=np.int32)
    _file(ends, corner[0], corner[1], cell, shape[0], shape[1], start, none, 0)
    np.cumsum(start, out=start)
    member = np.empty(start[-1], dtype=np.int32)
    _file(ends, corner[0], corner[1], cell, shape[0], shape[1], start[:-1].copy(), member, 1)
    return SegmentGrid(ends, street, from_m, street_m, (float(corner[0]), float(corner[1])), cell, shape, start, member)


def snap(
    grid: SegmentGrid,
    xy_m: NDArray[np.float64],
    *,
    limit_m: float,
    allowed: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """
    Put points on their nearest street.

    Parameters
    ----------
    grid
        The streets.
    xy_m
        Points, n x 2. [m] NaN: nowhere.
    limit_m
        Points farther than this from any street stay off the road. [m]
    allowed
        Which streets count.

    Returns
    -------
    Street (-1: none within the limit), fraction along it, and distance to it [m] (inf: none).
    """
    n = len(xy_m)
    street, along, away_m = np.full(n, -1, dtype=np.int32), np.zeros(n), np.full(n, np.inf)
    _snap(
        grid.ends_m, grid.street, grid.from_m, grid.street_m, *grid.corner_m, grid.cell_m, *grid.shape, grid.start,
        grid.member, xy_m, float(limit_m), allowed, street, along, away_m,
    )  # fmt: skip
    return street, along, away_m


@compiled
def _file(ends, x0, y0, cell, columns, rows, start, member, fill):
    """Count (fill = 0: into start[cell + 1]) or write (fill = 1) the segments each cell holds."""
    # A segment is filed in each cell whose middle it passes within half a diagonal: in all it touches, and few more.
    # Called twice: to count, then to write where the count says.
    reach = cell * 0.70711 + 1e-6
    for i in range(len(ends)):
        ax, ay, bx, by = ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3]
        c0 = max(0, int((min(ax, bx) - x0) / cell))
        c1 = min(columns - 1, int((max(ax, bx) - x0) / cell))
        r0 = max(0, int((min(ay, by) - y0) / cell))
        r1 = min(rows - 1, int((max(ay, by) - y0) / cell))
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                px = x0 + (c + 0.5) * cell
                py = y0 + (r + 0.5) * cell
                if _nearest(px, py, ax, ay, bx, by)[0] > reach * reach:
                    continue
                k = r * columns + c
                if fill == 1:
                    member[start[k]] = i
                    start[k] += 1
                else:
                    start[k + 1] += 1


@part
def _nearest(px, py, ax, ay, bx, by):
    """Squared distance of a point to a segment, and how far along the segment its foot lies (0 to 1)."""
    dx = bx - ax
    dy = by - ay
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0.0:
        t = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / square))
    ex = ax + t * dx - px
    ey = ay + t * dy - py
    return ex * ex + ey * ey, t


@compiled
def _snap(
    ends, street, from_m, street_m, x0, y0, cell, columns, rows, start, member, xy, limit_m, allowed,
    out_street, out_along, out_m,
):  # fmt: skip
    """Look through the cells about each point, ring by ring, until none nearer can come."""
    for i in range(len(xy)):
        px, py = xy[i, 0], xy[i, 1]
        if not (math.isfinite(px) and math.isfinite(py)):
            continue
        column = math.floor((px - x0) / cell)
        row = math.floor((py - y0) / cell)
        # A point outside the grid begins at the first ring that meets it.
        ring = max(0, -column, column - columns + 1, -row, row - rows + 1)
        last_ring = ring + max(columns, rows)
        best = limit_m * limit_m
        found = -1
        part = 0.0
        while ring <= last_ring:
            # Cells of this ring lie at least (ring - 1) cells away.
            near = (ring - 1) * cell
            if ring > 0 and near * near > best:
                break
            for r in range(max(0, row - ring), min(rows, row + ring + 1)):
                # Of the rows between the first and the last only the two ends are in the ring.
                inner = abs(r - row) < ring
                step = 2 * ring if inner else 1
                first = column - ring if inner else max(0, column - ring)
                last = column + ring if inner else min(columns - 1, column + ring)
                for c in range(first, last + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    k = r * columns + c
                    for j in range(start[k], start[k + 1]):
                        m = member[j]
                        if not allowed[street[m]]:
                            continue
                        d, t = _nearest(px, py, ends[m, 0], ends[m, 1], ends[m, 2], ends[m, 3])
                        if d < best or (d == best and (found < 0 or m < found)):
                            best, found, part = d, m, t
            ring += 1
        if found >= 0:
            s = street[found]
            piece = math.hypot(ends[found, 2] - ends[found, 0], ends[found, 3] - ends[found, 1])
            out_street[i] = s
            if street_m[s] > 0.0:
                out_along[i] = min(1.0, (from_m[found] + part * piece) / street_m[s])
            out_m[i] = math.sqrt(best)
