"""Where the local streets of a face meet the roads around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Polygon

from .lattice import STEPS, Lattice, Pattern, Piece
from .network import Network, joint_near

if TYPE_CHECKING:
    from .collectors import RoadFinder
    from .skeleton import Road


def _entry_candidates(lattice: Lattice, face: Polygon, finder: RoadFinder) -> list[tuple[Piece, Road, float]]:
    """Find where streets could be led out of the lattice to a bounding road."""
    joined = {(e.start, e.heading) for e in lattice.edges} | {(e.end, e.heading + 1) for e in lattice.edges}
    edge = face.boundary
    found = []
    for k, (i, j) in enumerate(lattice.cells):
        for heading, step in enumerate(STEPS):
            if (k, heading) in joined:
                continue
            coords = lattice.place(np.array([i, j]) + np.linspace(0, 1.6, 9)[:, None] * np.array(step))
            line = LineString(coords)
            hits = [h for h in shapely.get_parts(line.intersection(edge)) if h.geom_type == "Point"]
            if not hits:
                continue
            reach, hit = min(((line.project(h), h) for h in hits), key=lambda pair: pair[0])
            road = finder.at(hit)
            if road is None or reach < 18 or finder.near(shapely.ops.substring(line, 0, reach - 12), 8.0):
                continue
            at = road.line.project(hit)
            before, after = (np.array(road.line.interpolate(at + d).coords[0]) for d in (-8, 8))
            along = (after - before) / max(np.hypot(*(after - before)), 1e-9)
            out = np.array(hit.coords[0]) - coords[0]
            if abs(along @ out) / np.hypot(*out) > 0.72:
                continue
            steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
            kept = coords[steps < reach - 12]
            path = np.vstack([kept if len(kept) else coords[:1], hit.coords[0]])
            found.append((Piece(k, -2, path, heading), road, float(at)))
    return found


def _accept(
    net: Network, piece: Piece, road: Road, at_m: float, spacing_m: float, placed: list[LineString], owner: list[tuple]
) -> bool:
    """Join a street to a bounding road if that is far enough from other junctions and crosses no street."""
    gaps = [abs(s - at_m) for s, _ in road.joints]
    node = joint_near(road, at_m, 32.0)
    if node is None and gaps and min(gaps) < spacing_m:
        return False
    if node is None and (at_m < 25 or at_m > road.line.length - 25):
        return False
    coords = piece.coords.copy()
    if node is not None:
        coords[-1] = net.xy[node]
    line = LineString(coords)
    for other, ends in zip(placed, owner, strict=True):
        if line.distance(other) < 14 and piece.start not in ends and (node is None or node not in ends):
            return False
        if (piece.start in ends or (node is not None and node in ends)) and line.crosses(other):
            return False
    if node is None:
        node = net.add_node(coords[-1])
        road.joints.append((at_m, node))
    piece.joint, piece.coords = node, coords
    placed.append(line)
    owner.append((piece.start, node + 10**7))
    return True


def choose_entries(
    net: Network, lattice: Lattice, face: Polygon, finder: RoadFinder, pattern: Pattern, rng: np.random.Generator
) -> list[Piece]:
    """Pick entries: well spaced first, then closer ones for parts that would have none."""
    candidates = _entry_candidates(lattice, face, finder)
    if not candidates:
        return []
    order = rng.permutation(len(candidates))
    placed = [LineString(e.coords) for e in lattice.edges]
    owner: list[tuple] = [(e.start, e.end) for e in lattice.edges]
    factor = {"primary": 1.5, "secondary": 1.2, "trunk": 3.0}
    chosen: list[Piece] = []
    size = len(lattice.cells)
    pairs = np.array([(e.start, e.end) for e in lattice.edges]).reshape(-1, 2)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    part = connected_components(links, directed=False)[1]
    for strict in (True, False):
        for k in order:
            piece, road, at = candidates[k]
            served = sum(1 for p in chosen if part[p.start] == part[piece.start])
            if piece.joint >= 0 or (not strict and served >= 2):
                continue
            spacing = pattern.entry_m * factor.get(road.kind, 1.0) if strict else 55.0
            if any(p.start == piece.start for p in chosen):
                continue
            if _accept(net, piece, road, at, spacing, placed, owner):
                chosen.append(piece)
    return chosen
