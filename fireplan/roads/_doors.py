"""Which streets a place may stand on: no door opens in a tunnel, and nobody comes from a scrap of road."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._turns import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCRAP_KM, SCRAP_SHARE = 1.0, 0.1
"""Streets that are joined to no other count as a scrap if they are shorter, and a smaller share of all, than this."""

CORE_SHARE = 0.05
"""Nodes that an engine can drive about between, and come back, are a core of their part from this share of it on."""


class Doors(NamedTuple):
    """
    Streets, by what keeps a place off them; one value for each street.

    Attributes
    ----------
    carried
        In a tunnel or on a bridge: what stands beside its line stands over or under it.
    tunnel
        In a tunnel.
    scrap
        Of a part of the network that is too small to live on, such as a yard that is drawn without its gate.
    to_leave
        From here an engine comes to the rest of the part, as far as one-way streets go.
    to_reach
        From the rest of the part an engine comes here.
    """

    carried: NDArray[np.bool_]
    tunnel: NDArray[np.bool_]
    scrap: NDArray[np.bool_]
    to_leave: NDArray[np.bool_]
    to_reach: NDArray[np.bool_]


def parts_of(
    first: NDArray[np.int32], last: NDArray[np.int32], length_m: NDArray[np.float64], n_nodes: int
) -> NDArray[np.int32]:
    """
    Number the parts of a network that no street joins, by node; 0 is that with most street.

    One-way and closed streets join as others do: a part ends where the drawing ends, whatever may be driven.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    matrix = csr_array((np.ones(len(first), dtype=np.int8), (first, last)), shape=(n_nodes, n_nodes))
    _, label = connected_components(matrix, directed=False)
    metres = np.bincount(label[first], weights=length_m, minlength=int(label.max(initial=-1)) + 1)
    rank = np.argsort(np.argsort(-metres, kind="stable"), kind="stable")
    return np.asarray(rank[label], dtype=np.int32)


class AsDrawn(NamedTuple):
    """What is asked of a network: the nodes of each street, their part, and how each way is driven."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    part: NDArray[np.int32]
    length_m: NDArray[np.float64]
    there_s: NDArray[np.float64]
    back_s: NDArray[np.float64]
    features: NDArray[np.uint16]


def doors_of(streets: AsDrawn) -> Doors:
    """Tell of each street what keeps a place off it; a street that is shut counts as open both ways."""
    part = streets.part[streets.first]
    km = np.bincount(part, weights=streets.length_m, minlength=1) / 1000
    scrap = (km < SCRAP_KM) & (km < SCRAP_SHARE * km.sum())
    there, back = np.isfinite(streets.there_s), np.isfinite(streets.back_s)
    shut = ~there & ~back
    there, back = there | shut, back | shut
    left, reached = _about_the_cores(streets, there, back)
    return Doors(
        carried=(streets.features & (Feature.TUNNEL | Feature.BRIDGE)) != 0,
        tunnel=(streets.features & Feature.TUNNEL) != 0,
        scrap=scrap[part],
        to_leave=(there & left[streets.last]) | (back & left[streets.first]),
        to_reach=(there & reached[streets.first]) | (back & reached[streets.last]),
    )


def _about_the_cores(
    streets: AsDrawn, there: NDArray[np.bool_], back: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """From which nodes the core of their part is reached, and which are reached from it; a core can be driven about."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import breadth_first_order, connected_components  # noqa: PLC0415

    first, last, part = streets.first, streets.last, streets.part
    n = len(part)
    tail = np.concatenate([first[there], last[back]])
    head = np.concatenate([last[there], first[back]])
    matrix = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n, n))
    _, label = connected_components(matrix, directed=True, connection="strong")
    size = np.bincount(label)[label]
    lowest = np.full(n, n)
    np.minimum.at(lowest, label, np.arange(n))  # stands for a core: how they are labelled hangs on the order of streets
    order = np.lexsort((np.arange(n), lowest[label], -size, part))  # the largest core of each part comes first
    one_each = np.ones(n, dtype=bool)
    one_each[1:] = np.diff(label[order]) != 0
    of_part = np.diff(part[order], prepend=-1) != 0
    large = (size[order] > 1) & (size[order] >= CORE_SHARE * np.bincount(part)[part[order]])
    core = order[one_each & (of_part | large)]
    # Where no engine can come back to any place, there is no rest to come from: nobody is kept off a street.
    none = np.flatnonzero((np.bincount(part, weights=size > 1, minlength=1) == 0)[part])
    core = np.union1d(core, none)

    def reached(start: NDArray[np.int32], end: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Nodes that are come to along arcs, from a place beyond all that leads to every core."""
        tails, heads = np.concatenate([start, np.full(len(core), n)]), np.concatenate([end, core])
        graph = csr_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(n + 1, n + 1))
        found = np.zeros(n + 1, dtype=bool)
        found[breadth_first_order(graph, n, return_predecessors=False)] = True
        return found[:n]

    return reached(head, tail), reached(tail, head)
