"""Stretches of street joined into streets: straight through junctions, round corners, to dead ends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import LineString

from .curves import round_corners

if TYPE_CHECKING:
    from .lattice import Piece
    from .network import Network

OPPOSITE = (1, 0, 3, 2)


@dataclass
class Street:
    """
    One street: its nodes, its length [m], whether it stops dead, and the direction of its lattice line.

    Attributes
    ----------
    nodes
        Node numbers in order.
    length_m
        Length. [m]
    dead_end
        Whether either end is a dead end.
    heading
        0 along the lattice, 2 across it.
    """

    nodes: list[int]
    length_m: float
    dead_end: bool
    heading: int


def _leaving(pieces: list[Piece]) -> dict[int, list[tuple[int, int]]]:
    """List, for each lattice node, the pieces at it with the direction in which they leave."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for k, piece in enumerate(pieces):
        at[piece.start].append((k, piece.heading))
        if piece.end >= 0:
            at[piece.end].append((k, OPPOSITE[piece.heading]))
    return at


def _partners(at: dict[int, list[tuple[int, int]]]) -> dict[tuple[int, int], int]:
    """Say which piece carries on from which at each node: the one straight on, or round the only corner."""
    partner: dict[tuple[int, int], int] = {}
    for node, here in at.items():
        if len(here) == 2:
            pairs = [(here[0][0], here[1][0])]
        else:
            by_heading = {heading: k for k, heading in here}
            pairs = [(by_heading[h], by_heading[h + 1]) for h in (0, 2) if h in by_heading and h + 1 in by_heading]
        for a, b in pairs:
            partner[(node, a)] = b
            partner[(node, b)] = a
    return partner


def _walk(pieces: list[Piece], partner: dict[tuple[int, int], int], first: int, node: int, seen: set[int]) -> list:
    """Follow a street from one of its pieces, leaving that piece at a node."""
    found = []
    k = first
    while node >= 0:
        following = partner.get((node, k))
        if following is None or following in seen:
            break
        seen.add(following)
        piece = pieces[following]
        forward = piece.start == node
        found.append((following, forward))
        node, k = (piece.end if forward else piece.start), following
    return found


def _trace(pieces: list[Piece], partner: dict[tuple[int, int], int]) -> list[list[tuple[int, bool]]]:
    """Split the pieces into streets; each is a list of pieces, with whether each runs forward."""
    seen: set[int] = set()
    streets = []
    for k, piece in enumerate(pieces):
        if k in seen:
            continue
        seen.add(k)
        ahead = _walk(pieces, partner, k, piece.end, seen)
        behind = _walk(pieces, partner, k, piece.start, seen)
        streets.append([(b, not forward) for b, forward in reversed(behind)] + [(k, True)] + ahead)
    return streets


def _stretch_nodes(net: Network, coords: np.ndarray, low: int, high: int) -> tuple[list[int], float]:
    """Round and thin the line between two junctions, and add its bends as nodes."""
    line = LineString(round_corners(coords, times=2)).simplify(1.3)
    inner = [net.add_node(xy) for xy in list(line.coords)[1:-1]]
    return [low, *inner, high], line.length


def make_streets(net: Network, xy: np.ndarray, pieces: list[Piece]) -> list[Street]:
    """
    Join the pieces of one face into streets and add their nodes.

    Parameters
    ----------
    xy
        Places of the lattice nodes. [m]
    pieces
        Stretches between them.
    """
    at = _leaving(pieces)
    fixed: dict[int, int] = {}
    streets = []
    for trail in _trace(pieces, _partners(at)):
        nodes: list[int] = []
        length, dead, run = 0.0, False, None
        for k, forward in trail:
            piece = pieces[k]
            coords = piece.coords if forward else piece.coords[::-1]
            tail, head = (piece.start, piece.end) if forward else (piece.end, piece.start)
            if run is None:
                low = _anchor(net, fixed, xy, piece, tail, coords[0])
                nodes, run = [low], coords[:1]
                dead |= tail == -1 or (tail >= 0 and len(at[tail]) == 1)
            run = np.vstack([run, coords[1:]])
            last = (k, forward) == trail[-1]
            dead |= last and (head == -1 or (head >= 0 and len(at[head]) == 1))
            if last or len(at[head]) != 2:
                high = _anchor(net, fixed, xy, piece, head, coords[-1])
                more, metres = _stretch_nodes(net, run, nodes[-1], high)
                nodes, length, run = nodes + more[1:], length + metres, coords[-1:]
        streets.append(Street(nodes, length, dead, pieces[trail[0][0]].heading & 2))
    return streets


def _anchor(net: Network, fixed: dict[int, int], xy: np.ndarray, piece: Piece, end: int, at: np.ndarray) -> int:
    """Return the network node of one end of a piece."""
    if end == -2:
        return piece.joint
    if end == -1:
        return net.add_node(at)
    if end not in fixed:
        fixed[end] = net.add_node(xy[end])
    return fixed[end]
