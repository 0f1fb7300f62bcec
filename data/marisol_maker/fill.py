"""Local streets: the lattice of a face joined to the roads around it, thinned into loops and dead ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon

from .entries import choose_entries
from .lattice import Lattice, Pattern, Piece, add_edges, make_lattice

if TYPE_CHECKING:
    from .collectors import RoadFinder
    from .curves import Warp
    from .network import Network


def _thin(lattice: Lattice, entries: list[Piece], pattern: Pattern, rng: np.random.Generator) -> list[Piece]:
    """Keep what joins every node to an entry, and a share of the rest; streets cut open leave dead ends."""
    parent = list(range(len(lattice.cells) + 1))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    outside = len(lattice.cells)
    for entry in entries:
        parent[root(entry.start)] = root(outside)
    weight = rng.random(len(lattice.edges)) + np.array([0.55 if e.heading == 2 else 0.0 for e in lattice.edges])
    draw = rng.random((len(lattice.edges), 3))
    kept: list[Piece] = list(entries)
    for k in np.argsort(weight, kind="stable"):
        edge = lattice.edges[k]
        a, b = root(edge.start), root(edge.end)
        share = pattern.keep_street if edge.heading == 0 else pattern.keep_cross
        if a != b or draw[k, 0] < share:
            parent[a] = b
            kept.append(edge)
        elif edge.heading == 0 and draw[k, 1] < pattern.stub:
            kept += _stubs(edge, both=draw[k, 2] < 0.45)
    home = root(outside)
    return [p for p in kept if root(p.start) == home]


def _stubs(edge: Piece, *, both: bool) -> list[Piece]:
    """Cut a street open and leave a dead end at one side or at both."""
    line = LineString(edge.coords)
    reach = 0.36 if both else 0.62
    stubs = []
    for start, coords, heading in ((edge.start, edge.coords, 0), (edge.end, edge.coords[::-1], 1)):
        line = LineString(coords)
        cut = shapely.ops.substring(line, 0, reach * line.length)
        stubs.append(Piece(start, -1, np.asarray(cut.coords), heading))
    return stubs if both else stubs[:1]


def fill_face(
    net: Network, face: Polygon, finder: RoadFinder, pattern: Pattern, warp: Warp, rng: np.random.Generator,
    *, frame: tuple[tuple[float, float], float] | None = None,
) -> tuple[np.ndarray, list[Piece]]:  # fmt: skip
    """
    Lay out the local streets of one face.

    Parameters
    ----------
    face
        Land between bounding roads and barriers.
    frame
        A point and a direction [m, radians] that the lattice shares with its neighbours, or nothing to fit the face.

    Returns
    -------
    Places of the lattice nodes [m], and the stretches of street between them.
    """
    lattice = make_lattice(face, pattern, warp, rng, frame)
    if not lattice.cells:
        return np.zeros((0, 2)), []
    add_edges(lattice, face, finder, 26.0)
    entries = choose_entries(net, lattice, face, finder, pattern, rng)
    return lattice.xy, _thin(lattice, entries, pattern, rng)
