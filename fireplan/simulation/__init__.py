"""Departments whose units are out: how busy each is, who comes instead, and what that does to response."""

from __future__ import annotations

from fireplan.simulation._hypercube import Hypercube, hypercube
from fireplan.simulation._hypercube_matrix import HypercubeAnswer, hypercube_matrix
from fireplan.simulation._paired_replays import compare_replays, displaced_workload
from fireplan.simulation._replay import Replay, replay

__all__ = [
    "Hypercube",
    "HypercubeAnswer",
    "Replay",
    "compare_replays",
    "displaced_workload",
    "hypercube",
    "hypercube_matrix",
    "replay",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
