"""Compile ahead, so that the wait comes at a moment of the caller's choosing."""

from __future__ import annotations

import numpy as np

from fireplan.kernel.cover import first_three, force_times
from fireplan.kernel.graph import build_graph
from fireplan.kernel.points import point_times
from fireplan.kernel.search import Workspace, reach
from fireplan.kernel.snapping import build_grid, snap


def compile_ahead() -> None:
    """Run every compiled function once on two nodes and a street; takes seconds the first time, then nothing."""
    one, zero, two = np.ones(1), np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.int32)
    graph = build_graph(zero, two, one, n_nodes=2)
    nodes, node_s = reach(graph, zero, np.zeros(1))
    times = point_times(
        nodes,
        node_s,
        origin=(0, 0.5),
        streets=(zero, two, one, one),
        points=(zero, np.array([0.2])),
        workspace=Workspace(2),
    )[None, :]
    first_three(times)
    force_times(times, np.ones((1, 1)), one)
    grid = build_grid(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 2]))
    snap(grid, np.zeros((1, 2)), limit_m=1.0, allowed=np.ones(1, dtype=bool))
