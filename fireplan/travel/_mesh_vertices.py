"""Where the vertices of the mesh stand: on the streets and beside them, on a grid of whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan.travel._reached_streets import BESIDE_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

SPACING_M = 50.0
"""Distance between points along a street. [m]"""

PROBE_M = 75.0
"""A street gets a verge on the side where, so far off it, the ground is open. [m]"""

OPEN_GROUND_M = 67.5
"""Ground is open where no street is as near as this. [m]"""

UNITS_PER_M = 1024
"""Vertices stand on a grid of about a millimetre, so that triangles can be told exactly."""

BLOCK_M = 1024
"""Side of the squares by which the mesh is laid. [m]"""

LEVELS = 20
"""A block is 2**20 units wide."""

TIPS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
"""Ways in which the end of a street gets a verge."""


class Survey(NamedTuple):
    """
    What must be known of a network before any vertex is placed.

    Attributes
    ----------
    corner_m
        Where the grid begins, south-west of all vertices. [m]
    drawn_m
        Length of all streets as drawn, one after the other, up to each of their corners. [m]
    street_begins
        Number of the first point along each street, and of what would come after the last.
    street_box_m
        West, south, east and north end of each street. [m]
    """

    corner_m: NDArray[np.float64]
    drawn_m: NDArray[np.float64]
    street_begins: NDArray[np.int64]
    street_box_m: NDArray[np.float64]

    def units(self, xy_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """Nearest places on the grid."""
        return np.rint((xy_m - self.corner_m) * UNITS_PER_M).astype(np.int64)

    def xy_m(self, units: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where places on the grid are. [m]"""
        return np.asarray(self.corner_m + units / UNITS_PER_M)


class Vertices(NamedTuple):
    """
    Vertices in Z-order; of those at one place, the one with the least number comes first.

    Attributes
    ----------
    number
        Which each is of all that the network may have: nodes, points along streets, the verge on their left, that on
        their right, and four tips of each node.
    units
        Where it stands on the grid.
    z
        That place along the Z-shaped curve.
    street
        The street along which it has its time; -1 - node: it has the time of that node.
    along
        How far along that street.
    """

    number: NDArray[np.int64]
    units: NDArray[np.int64]
    z: NDArray[np.uint64]
    street: NDArray[np.int64]
    along: NDArray[np.float64]


def survey(roads: RoadNetwork) -> Survey:
    """Measure the streets, and number what may become a vertex."""
    begin, end = roads.offsets[:-1], roads.offsets[1:] - 1
    x, y = np.ascontiguousarray(roads.xy_m.T)  # over the short axis numpy is slow
    step_m = np.hypot(np.diff(x), np.diff(y))
    step_m[end[:-1]] = 0.0  # from one street to the next
    drawn_m = np.concatenate([[0.0], np.cumsum(step_m)])
    count = np.maximum(1, np.ceil((drawn_m[end] - drawn_m[begin]) / SPACING_M).astype(np.int64) - 1)
    box = np.empty((roads.n_streets, 4))
    low = np.empty(2)
    for k, at in enumerate((x, y)):
        if roads.n_streets:
            box[:, k], box[:, 2 + k] = np.minimum.reduceat(at, begin), np.maximum.reduceat(at, begin)
        low[k] = min(at.min(initial=np.inf), roads.node_xy_m[:, k].min())
    corner = np.floor((low - 2 * BESIDE_M) / BLOCK_M) * BLOCK_M
    return Survey(corner, drawn_m, np.concatenate([[0], np.cumsum(count)]), box)


def n_numbers(roads: RoadNetwork, known: Survey) -> int:
    """How many vertices the network has at the most."""
    return int((1 + len(TIPS)) * roads.n_nodes + 3 * known.street_begins[-1])


def place_vertices(
    roads: RoadNetwork, known: Survey, streets: NDArray[np.int64], inside: NDArray[np.uint64]
) -> Vertices:
    """
    Place the vertices that stand in some blocks.

    Parameters
    ----------
    roads, known
        The network, and what is known of it.
    streets
        Those that come within `BESIDE_M` of the blocks, and perhaps others; in order.
    inside
        Numbers of the blocks, in order.

    Notes
    -----
    Points beside a street (on its verge) have the time of the point they stand beside: they give the outermost street a
    width, so that a place on it lies inside the outline and not on it.
    """
    point, street, along, xy, normal = _points_along(roads, known, streets)
    nodes = marked(roads.n_nodes, roads.first[streets], roads.last[streets])
    n_ways = np.bincount(roads.first, minlength=roads.n_nodes) + np.bincount(roads.last, minlength=roads.n_nodes)
    ends = nodes[n_ways[nodes] <= 2]
    first = 0
    found = []

    def add(
        which: NDArray[np.int64], of: NDArray[np.int64], along: NDArray[np.float64], xy: NDArray[np.float64],
        *, to: NDArray[np.float64] | None = None,
    ) -> None:  # fmt: skip
        """Add what lies inside; what lies to a side of a street only where the ground there is open."""
        units = known.units(xy if to is None else xy + to * BESIDE_M)
        here = np.flatnonzero(_lie_in(inside, units))
        if to is not None:
            here = here[_open(roads, (xy + to * PROBE_M)[here])]
        found.append((first + which[here], units[here], of[here], along[here]))

    add(nodes, -1 - nodes, np.zeros(len(nodes)), roads.node_xy_m[nodes])
    first += roads.n_nodes
    add(point, street, along, xy)
    for side in (normal, -normal):
        first += int(known.street_begins[-1])
        add(point, street, along, xy, to=side)
    first += int(known.street_begins[-1])
    for way in TIPS:
        add(ends, -1 - ends, np.zeros(len(ends)), roads.node_xy_m[ends], to=way)
        first += roads.n_nodes
    number, units, of, f = (np.concatenate(parts) for parts in zip(*found, strict=True))
    z = kernel.z_number(*units.T)
    order = np.argsort(z, kind="stable")
    return Vertices(number[order], units[order], z[order], of[order], f[order])


def _points_along(
    roads: RoadNetwork, known: Survey, streets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Number, street, fraction, place and unit normal of points along streets, ends left out."""
    count = known.street_begins[streets + 1] - known.street_begins[streets]
    street = np.repeat(streets, count)
    step = np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)
    along = (step + 1) / (np.repeat(count, count) + 1)
    begin, end = roads.offsets[street], roads.offsets[street + 1] - 1
    drawn_m = known.drawn_m
    at_m = drawn_m[begin] + along * (drawn_m[end] - drawn_m[begin])
    corner = np.clip(np.searchsorted(drawn_m, at_m, side="right") - 1, begin, end - 1)
    heading = roads.xy_m[corner + 1] - roads.xy_m[corner]
    size_m = np.maximum(drawn_m[corner + 1] - drawn_m[corner], 1e-9)
    xy = roads.xy_m[corner] + heading * ((at_m - drawn_m[corner]) / size_m)[:, None]
    normal = np.column_stack([-heading[:, 1], heading[:, 0]]) / size_m[:, None]
    return known.street_begins[street] + step, street, along, xy, normal


def _open(roads: RoadNetwork, probes_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether ground is open."""
    every = np.ones(roads.n_streets, dtype=bool)
    street, _, _ = kernel.snap(roads.segment_grid, probes_m, limit_m=OPEN_GROUND_M, allowed=every)
    return np.asarray(street < 0)


def _lie_in(inside: NDArray[np.uint64], units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which places lie in some blocks, whose numbers are in order."""
    return within(inside, kernel.z_number(*(units >> LEVELS).T))


def marked(n: int, *numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Which of 0 to n - 1 are named, in order."""
    named = np.zeros(n, dtype=bool)
    for these in numbers:
        named[these] = True
    return np.flatnonzero(named)


def within(inside: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which numbers are among those in order."""
    if len(inside) == 0:
        return np.zeros(len(numbers), dtype=bool)
    return np.asarray(inside[np.minimum(np.searchsorted(inside, numbers), len(inside) - 1)] == numbers)
