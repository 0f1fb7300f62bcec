"""The mesh laid block by block: which blocks a question needs, and the triangles of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan.progress import on_threads
from fireplan.travel._mesh_vertices import BLOCK_M, LEVELS, UNITS_PER_M, marked, place_vertices, within
from fireplan.travel._reached_streets import BESIDE_M

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.travel._mesh_vertices import Survey

LONGEST_EDGE_M = 300.0
"""Triangles with a longer edge span water, canyons and fields, not a block, and are left out. [m]"""

FLAT_M = 50_000.0
"""Triangles with a wider circle are flat. [m]"""

AT_ONCE = 400
"""As many blocks are laid at once; so many take well under a second."""

APART = 100
"""Blocks that are laid at once lie no more blocks apart than this: what can be told exactly is limited."""


class Piece(NamedTuple):
    """
    The mesh of a block.

    Attributes
    ----------
    number, units, street, along
        Vertices that stand in it, as in `Vertices`.
    triangles
        Numbers of the corners of those whose first corner in Z-order stands in it; others may stand in other blocks.
    """

    number: NDArray[np.int32]
    units: NDArray[np.int64]
    street: NDArray[np.int32]
    along: NDArray[np.float64]
    triangles: NDArray[np.int32]


NO_PIECE = Piece(
    np.empty(0, dtype=np.int32),
    np.empty((0, 2), dtype=np.int64),
    np.empty(0, dtype=np.int32),
    np.empty(0),
    np.empty((0, 3), dtype=np.int32),
)
"""A block without streets."""


def blocks_near(known: Survey, streets: NDArray[np.int64], *, within_m: float = BESIDE_M) -> NDArray[np.uint64]:
    """Numbers of the blocks that come near some streets, in Z-order."""
    blocks, _ = _touched(known, streets, within_m=within_m)
    return np.unique(blocks)


def lay(roads: RoadNetwork, known: Survey, blocks: NDArray[np.uint64]) -> Iterator[tuple[int, Piece]]:
    """
    Lay blocks on threads, showing progress.

    Parameters
    ----------
    roads, known
        The network, and what is known of it.
    blocks
        Their numbers, in Z-order.

    Yields
    ------
    Number and mesh of each. It depends on the network alone, not on what else is laid with it.
    """
    roads.segment_grid  # noqa: B018 - worked out before threads ask for it
    parts = _parts(blocks) if len(blocks) else []
    with on_threads(lambda part: _lay(roads, known, part), parts, what="mesh") as laid:
        for part, pieces in zip(parts, laid, strict=True):
            yield from zip(part.tolist(), pieces, strict=True)


def _parts(blocks: NDArray[np.uint64]) -> list[NDArray[np.uint64]]:
    """Part blocks into those that are laid at once."""
    if len(blocks) <= AT_ONCE and all(np.ptp(at) <= APART for at in kernel.z_square(blocks)):
        return [blocks]
    first, rest = np.array_split(blocks, 2)
    return _parts(first) + _parts(rest)


def _lay(roads: RoadNetwork, known: Survey, blocks: NDArray[np.uint64]) -> list[Piece]:
    """
    Lay some blocks at once.

    A triangle belongs to the block of its first corner, and counts when its circle holds no vertex of that block and
    the eight around it: so that it depends on these nine alone, and no two overlap. Where circles are narrower than a
    block that is the Delaunay mesh of all ground; beside open ground, where they are wider, a block is laid by itself.
    """
    inside = _with_those_around(blocks)
    placed = place_vertices(roads, known, _streets_near(known, inside), inside)
    each = np.flatnonzero(np.diff(placed.z, prepend=~placed.z[:1]))  # of vertices at one place the first
    number, units = placed.number[each].astype(np.int32), placed.units[each]
    block = placed.z[each] >> np.uint64(2 * LEVELS)
    triangles, at_wide = kernel.delaunay(units, longest=LONGEST_EDGE_M * UNITS_PER_M, widest=BLOCK_M * UNITS_PER_M)
    open_blocks = set(block[at_wide].tolist())
    filed = zip(*_runs(block[triangles[:, 0]], blocks), strict=True)
    stand = zip(*_runs(placed.z >> np.uint64(2 * LEVELS), blocks), strict=True)
    pieces = []
    for name, (begin, end), (first, last) in zip(blocks, stand, filed, strict=True):
        own: NDArray[np.signedinteger] = triangles[first:last]
        if int(name) in open_blocks:
            near = np.flatnonzero(within(_with_those_around(name[None]), block))
            alone, _ = kernel.delaunay(units[near], longest=LONGEST_EDGE_M * UNITS_PER_M, widest=FLAT_M * UNITS_PER_M)
            own = near[alone]
            own = own[block[own[:, 0]] == name]
        pieces.append(
            Piece(
                placed.number[begin:end].astype(np.int32),
                placed.units[begin:end].copy(),
                placed.street[begin:end].astype(np.int32),
                placed.along[begin:end].copy(),
                number[own],
            )
        )
    return pieces


def _runs(numbers: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the run of each number begins and ends, in a list in order."""
    return np.searchsorted(numbers, wanted), np.searchsorted(numbers, wanted, side="right")


def _streets_near(known: Survey, blocks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Streets of which a vertex may stand in some blocks, in order."""
    column, row = (part.astype(np.int64) for part in kernel.z_square(blocks))
    left, low = known.corner_m + np.array([column.min(), row.min()]) * BLOCK_M - BESIDE_M
    right, high = known.corner_m + np.array([column.max() + 1, row.max() + 1]) * BLOCK_M + BESIDE_M
    west, south, east, north = known.street_box_m.T
    near = np.flatnonzero((east >= left) & (north >= low) & (west <= right) & (south <= high))
    touched, street = _touched(known, near, within_m=BESIDE_M)
    return marked(len(known.street_box_m), street[within(blocks, touched)])


def _touched(
    known: Survey, streets: NDArray[np.int64], *, within_m: float
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Blocks that come near the box around each street, and that street."""
    box = known.street_box_m[streets]
    # A metre more, for what rounding to the grid may move.
    low = np.maximum(np.floor((box[:, :2] - within_m - 1 - known.corner_m) / BLOCK_M).astype(np.int64), 0)
    high = np.floor((box[:, 2:] + within_m + 1 - known.corner_m) / BLOCK_M).astype(np.int64)
    columns, rows = (high - low + 1).T
    count = columns * rows
    of = np.repeat(np.arange(len(streets)), count)
    k = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    return kernel.z_number(low[of, 0] + k % columns[of], low[of, 1] + k // columns[of]), streets[of]


def _with_those_around(blocks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Blocks and the eight around each, in order."""
    column, row = (part.astype(np.int64) for part in kernel.z_square(blocks))
    around = [
        kernel.z_number(c[kept], r[kept])
        for c, r in ((column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        for kept in [(c >= 0) & (r >= 0)]
    ]
    return np.unique(np.concatenate(around))
