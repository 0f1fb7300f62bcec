"""Level crossings of a graph: which are of trains, and at which one waits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from fireplan.roads._rules.barriers import APPROACH_M, ONE_CROSSING_M, THROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from fireplan.roads._rules.barriers import Met

    Arms = dict[int, list[tuple[float, int]]]


class Crossings(NamedTuple):
    """Nodes at which one waits for trains, and those of trams, as it seems; at others beside these one has waited."""

    waits: set[int]
    trams: set[int]


def crossings_of(
    things: list[tuple[int, Met]],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    length_m: NDArray[np.float64],
) -> Crossings:
    """
    Tell crossings of trains from those of trams, as `from_osm` does.

    Parameters
    ----------
    things
        What is met at nodes.
    first, last, length_m
        The streets: their nodes, and their lengths. [m]
    """
    found = Crossings(set(), set())
    crossings = [(node, thing) for node, thing in things if thing.crossing]
    if not crossings:
        return found
    arms: Arms = defaultdict(list)
    for a, b, metres in zip(first.tolist(), last.tolist(), length_m.tolist(), strict=True):
        arms[a].append((metres, b))
        arms[b].append((metres, a))
    for node, thing in crossings:
        around = list(_around(node, arms))
        if not thing.guarded and any(metres < APPROACH_M and len(arms[at]) > THROUGH for metres, at in around):
            found.trams.add(node)
        elif not any(metres < ONE_CROSSING_M and at in found.waits for metres, at in around):
            found.waits.add(node)
    return found


def _around(node: int, arms: Arms) -> Iterator[tuple[float, int]]:
    """A node, and those that follow along its streets as far as the next junction, with how far they are off. [m]"""
    yield 0.0, node
    waiting = [(metres, node, at) for metres, at in arms[node]]
    while waiting:
        metres, before, at = waiting.pop()
        if metres >= ONE_CROSSING_M or at == node:
            continue
        yield metres, at
        if len(arms[at]) == THROUGH:
            waiting += [(metres + more, at, beyond) for more, beyond in arms[at] if beyond != before]
