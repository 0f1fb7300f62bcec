"""Nodes that can be entered but never left, or left but never entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def dead_end_notes(
    node_ids: NDArray[np.object_],
    *,
    first: NDArray[np.integer],
    last: NDArray[np.integer],
    there_s: NDArray[np.float64],
    back_s: NDArray[np.float64],
) -> Iterator[str]:
    """
    Name the nodes at which one-way streets end or begin with nothing to go on.

    Parameters
    ----------
    node_ids
        Names of the nodes.
    first, last, there_s, back_s
        The streets, as in `RoadNetwork`.

    Returns
    -------
    At most two sentences: where a station would reach nothing, and where nobody could be reached.
    """
    apart = first != last
    there, back = np.isfinite(there_s) & apart, np.isfinite(back_s) & apart
    left, entered = np.zeros(len(node_ids), dtype=bool), np.zeros(len(node_ids), dtype=bool)
    left[first[there]] = left[last[back]] = True
    entered[last[there]] = entered[first[back]] = True
    sinks, sources = np.flatnonzero(entered & ~left), np.flatnonzero(left & ~entered)
    if len(sinks):
        yield (
            f"{len(sinks)} nodes can be entered but never left, a station there reaches nothing:"
            f" {listed(node_ids[sinks], most=5)}"
        )
    if len(sources):
        yield (
            f"{len(sources)} nodes can be left but never entered, demand there is not reached:"
            f" {listed(node_ids[sources], most=5)}"
        )
