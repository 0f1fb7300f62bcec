"""Departments whose units are out: how busy each is, who comes instead, and what that does to response."""

from __future__ import annotations

from fireplan.simulation._hypercube import Hypercube, hypercube
from fireplan.simulation._hypercube_matrix import HypercubeAnswer, hypercube_matrix

__all__ = ["Hypercube", "HypercubeAnswer", "hypercube", "hypercube_matrix"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
