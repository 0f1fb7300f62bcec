"""Departments whose units are out: how busy each is, who comes instead, and what that does to response."""

from __future__ import annotations

from fireplan.simulation._aid_rules import AidRule
from fireplan.simulation._hospitals import Hospitals
from fireplan.simulation._hypercube import Hypercube, hypercube
from fireplan.simulation._hypercube_matrix import HypercubeAnswer, hypercube_matrix
from fireplan.simulation._paired_replays import compare_replays, displaced_workload
from fireplan.simulation._replay import Replay, replay
from fireplan.simulation._simulate._dispatch_policies import DispatchMoment, nearest
from fireplan.simulation._simulate._move_policies import (
    DMEXCLP,
    Backfill,
    BestMoves,
    ComplianceTable,
    MoveMoment,
    compliance_table,
)
from fireplan.simulation._simulate._moves_judged import move_ups
from fireplan.simulation._simulate._simulate import simulate
from fireplan.simulation._simulate._simulation_result import SimulatedHistory, Simulation
from fireplan.simulation._simulate._what_ifs import brownouts, second_unit

__all__ = [
    "DMEXCLP",
    "AidRule",
    "Backfill",
    "BestMoves",
    "ComplianceTable",
    "DispatchMoment",
    "Hospitals",
    "Hypercube",
    "HypercubeAnswer",
    "MoveMoment",
    "Replay",
    "SimulatedHistory",
    "Simulation",
    "brownouts",
    "compare_replays",
    "compliance_table",
    "displaced_workload",
    "hypercube",
    "hypercube_matrix",
    "move_ups",
    "nearest",
    "replay",
    "second_unit",
    "simulate",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
