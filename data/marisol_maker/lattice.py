"""The bent lattice from which the local streets of a face are taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon

from .collectors import RoadFinder, face_axes

if TYPE_CHECKING:
    from .curves import Warp

STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True)
class Pattern:
    """
    How the streets of a neighbourhood are laid out.

    Attributes
    ----------
    depth_m, block_m
        Distance between parallel streets, and between cross streets. [m]
    warp_m, jitter
        Bend of the lattice [m] and unevenness as a share of the spacing.
    keep_street, keep_cross
        Share of lattice edges kept, along streets and across them, beyond what joins everything.
    stub
        Chance that a street which is cut leaves dead ends.
    entry_m
        Least distance between entries along a bounding road. [m]
    """

    depth_m: float
    block_m: float
    warp_m: float
    jitter: float
    keep_street: float
    keep_cross: float
    stub: float
    entry_m: float


@dataclass
class Piece:
    """
    A stretch of street between two lattice nodes, or from one to a bounding road, or to a dead end.

    Attributes
    ----------
    start, end
        Lattice nodes; `end` is -1 for a dead end and -2 for a junction with a bounding road.
    coords
        Points from start to end. [m]
    heading
        Index into `STEPS` of the direction in which it leaves its start.
    joint
        The network node where it meets a bounding road, or -1.
    """

    start: int
    end: int
    coords: np.ndarray
    heading: int
    joint: int = -1


@dataclass
class Lattice:
    """The nodes and candidate edges inside one face."""

    xy: np.ndarray
    index: dict[tuple[int, int], int]
    cells: list[tuple[int, int]]
    place: object
    edges: list[Piece] = field(default_factory=list)


def make_lattice(face: Polygon, pattern: Pattern, warp: Warp, rng: np.random.Generator, frame: tuple | None) -> Lattice:
    """Lay the lattice over a face and keep what lies well inside it."""
    centre, angle = (face_axes(face)[:2]) if frame is None else (np.asarray(frame[0]), frame[1])
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    extent = np.abs((np.asarray(face.exterior.coords) - centre) @ axes.T).max(axis=0)
    count = np.maximum(np.round(2 * extent / [pattern.block_m, pattern.depth_m]), 1).astype(int)
    spacing = 2 * extent / count if frame is None else np.array([pattern.block_m, pattern.depth_m])
    count += (1 - count % 2) * (frame is not None)
    limit = count + 2
    shape = (int(2 * limit[0] + 3), int(2 * limit[1] + 3))
    wobble = rng.normal(0, pattern.jitter, (*shape, 2)).clip(-0.3, 0.3)
    fixed = warp(centre[None, :], pattern.warp_m)[0] - centre

    def place(cell: np.ndarray) -> np.ndarray:
        """Turn lattice coordinates into points of the plane."""
        cell = np.atleast_2d(cell).astype(float)
        low = np.clip(np.floor(cell).astype(int) + limit, 0, np.array(shape) - 2)
        part = cell - np.floor(cell)
        push = np.zeros_like(cell)
        for di in (0, 1):
            for dj in (0, 1):
                share = np.abs(1 - di - part[:, 0]) * np.abs(1 - dj - part[:, 1])
                push += wobble[low[:, 0] + di, low[:, 1] + dj] * share[:, None]
        flat = (cell + 0.5 - (count % 2) / 2 + push) * spacing
        return warp(centre + flat @ axes, pattern.warp_m) - fixed

    span = [np.arange(-c // 2 - 1, c // 2 + 2) for c in count]
    grid = np.array([(i, j) for i in span[0] for j in span[1]])
    xy = place(grid)
    inner = face.buffer(-0.42 * min(spacing))
    inside = shapely.contains_xy(inner, xy[:, 0], xy[:, 1]) if not inner.is_empty else np.zeros(len(xy), bool)
    cells = [(int(i), int(j)) for i, j in grid[inside]]
    return Lattice(xy[inside], {cell: k for k, cell in enumerate(cells)}, cells, place)


def add_edges(lattice: Lattice, face: Polygon, finder: RoadFinder, margin_m: float) -> None:
    """Join lattice neighbours wherever the street between them stays inside the face and clear of roads."""
    inner = face.buffer(-margin_m).difference(finder.within(face, margin_m))
    shapely.prepare(inner)
    for k, (i, j) in enumerate(lattice.cells):
        for heading in (0, 2):
            step = STEPS[heading]
            other = lattice.index.get((i + step[0], j + step[1]))
            if other is None:
                continue
            t = np.linspace(0, 1, 4)[:, None]
            coords = lattice.place(np.array([i, j]) + t * np.array(step))
            if inner.contains(LineString(coords)):
                lattice.edges.append(Piece(k, other, coords, heading))
