"""Departments whose units are out: how busy each is, who comes instead, and what that does to response."""

from __future__ import annotations

from fireplan.simulation._simulate._dispatch_policies import DispatchMoment, nearest
from fireplan.simulation._simulate._simulate import simulate
from fireplan.simulation._simulate._simulation_result import SimulatedHistory, Simulation
from fireplan.simulation._simulate._what_ifs import brownouts, second_unit

__all__ = [
    "DispatchMoment",
    "SimulatedHistory",
    "Simulation",
    "brownouts",
    "nearest",
    "second_unit",
    "simulate",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
