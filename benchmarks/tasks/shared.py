"""What several tasks need."""

from __future__ import annotations

import numpy as np

from benchmarks.measuring import DifferenceError
from fireplan import _kernel as kernel

SAME_S = 0.005
"""Times that differ by less are the same. [s]"""


def reach_from(graph, node: int, workspace, *, limit_s: float):
    """Nodes within the limit of one node, and the time to each."""
    return kernel.reach(graph, np.array([node], dtype=np.int32), np.zeros(1), limit_s=limit_s, workspace=workspace)


def reach_all(graph, nodes, *, limit_s: float):
    """The same from each of several nodes, one after the other."""
    workspace = kernel.Workspace(graph.n_nodes)
    return [reach_from(graph, node, workspace, limit_s=limit_s) for node in nodes]


def demand(agreed: bool, difference: str) -> None:  # noqa: FBT001 - as assert
    """Fail a contest in which results differ."""
    if not agreed:
        raise DifferenceError(difference)


def same_times(ours, theirs, *, label: str, within_s: float = SAME_S) -> None:
    """Demand that two arrays of times, inf where not reached, agree; places at the limit itself may fall either way."""
    both = np.isfinite(ours) & np.isfinite(theirs)
    either = np.isfinite(ours) | np.isfinite(theirs)
    apart = (either & ~both).sum()
    demand(apart <= 1e-3 * either.sum() + 1, f"{label}: {apart} of {either.sum()} reached by one only")
    worst = np.abs(ours[both] - theirs[both]).max(initial=0.0)
    demand(worst <= within_s, f"{label}: times differ by {worst:.3f} s")


def as_row(found, n_nodes: int):
    """Times of one search on all nodes."""
    row = np.full(n_nodes, np.inf)
    row[found[0]] = found[1]
    return row
