"""Rings put in order: each hole behind the shell around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def polygons_of(
    corners: NDArray[np.complex128], offsets: NDArray[np.int64], *, smallest_m2: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Give each hole to the smallest shell around it, and leave specks out.

    Parameters
    ----------
    corners
        Corners of closed rings as x + iy: shells anticlockwise, holes clockwise. [m]
    offsets
        Where each ring begins, and the end of the last.
    smallest_m2
        Islands and holes smaller than this are left out. [m2]

    Returns
    -------
    Corners n x 2 [m], where each ring begins, and where each polygon begins among the rings.
    """
    n = len(offsets) - 1
    area = np.empty(n)
    box = np.empty((n, 4))
    middle = np.empty(n, dtype=np.complex128)
    owner = np.empty(n, dtype=np.int64)
    net = np.empty(n)
    _measure(corners, offsets, area, box, middle)
    _own(corners, offsets, area, box, middle, smallest_m2, owner, net)
    kept = np.flatnonzero((owner >= 0) & (net[owner] >= smallest_m2))
    kept = kept[np.lexsort((area[kept] < 0, owner[kept]))]
    begins, size = offsets[kept], offsets[kept + 1] - offsets[kept]
    rings = np.concatenate([[0], np.cumsum(size)])
    polygons = np.append(np.flatnonzero(area[kept] > 0), len(kept))
    chosen = corners[np.repeat(begins - rings[:-1], size) + np.arange(rings[-1])]
    return chosen.view(np.float64).reshape(-1, 2), rings, polygons


@compiled
def _measure(corners, offsets, area, box, middle):
    """Area and box of each ring, and the middle of its longest side: a point that no other ring passes."""
    # The shoelace sum, from the first corner as origin: far from it, in metres of a grid, digits would be lost.
    for r in range(len(area)):
        origin = corners[offsets[r]]
        left = right = origin.real
        low = high = origin.imag
        twice = 0.0
        longest = -1.0
        for i in range(offsets[r], offsets[r + 1] - 1):
            here, ahead = corners[i] - origin, corners[i + 1] - origin
            twice += here.real * ahead.imag - ahead.real * here.imag
            x, y = corners[i].real, corners[i].imag
            left, right = min(left, x), max(right, x)
            low, high = min(low, y), max(high, y)
            step = ahead - here
            square = step.real * step.real + step.imag * step.imag
            if square > longest:
                longest = square
                middle[r] = 0.5 * (corners[i] + corners[i + 1])
        area[r] = 0.5 * twice
        box[r, 0], box[r, 1], box[r, 2], box[r, 3] = left, low, right, high


@compiled
def _own(corners, offsets, area, box, middle, smallest, owner, net):
    """
    Find the shell of each ring (-1: none), and the area of each shell without its holes.

    A shell smaller than a speck holds nothing that counts, nor does a hole smaller than one.
    """
    for r in range(len(area)):
        owner[r] = r if area[r] >= smallest else -1
        net[r] = area[r]
    # The even-odd rule: a ray from a point of the hole crosses the ring around it an odd number of times. Of the shells
    # that hold the point the smallest is the hole's own; boxes rule most shells out first.
    for hole in range(len(area)):
        if area[hole] > -smallest:
            continue
        x, y = middle[hole].real, middle[hole].imag
        best = -1
        for r in range(len(area)):
            if area[r] < smallest or (best >= 0 and area[r] >= area[best]):
                continue
            if x < box[r, 0] or y < box[r, 1] or x > box[r, 2] or y > box[r, 3]:
                continue
            inside = False
            for i in range(offsets[r], offsets[r + 1] - 1):
                here, ahead = corners[i], corners[i + 1]
                if (here.imag > y) != (ahead.imag > y):
                    share = (y - here.imag) / (ahead.imag - here.imag)
                    if x < here.real + share * (ahead.real - here.real):
                        inside = not inside
            if inside:
                best = r
        if best >= 0:
            owner[hole] = best
            net[best] += area[hole]
