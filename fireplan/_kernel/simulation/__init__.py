"""Units sent to calls one after the other: who is free, who waits, who comes."""

from fireplan._kernel.simulation.dispatch_loop import run
from fireplan._kernel.simulation.one_dispatch import (
    Drives,
    Moments,
    UnitsAsked,
    UnitsInService,
    UnitsSent,
    choose,
    eta_s,
    ready_s,
    send,
    soonest_s,
)
from fireplan._kernel.simulation.waiting_lines import Lines, first_waiting, lines_for, put_in_line, take_from_line

__all__ = [
    "Drives",
    "Lines",
    "Moments",
    "UnitsAsked",
    "UnitsInService",
    "UnitsSent",
    "choose",
    "eta_s",
    "first_waiting",
    "lines_for",
    "put_in_line",
    "ready_s",
    "run",
    "send",
    "soonest_s",
    "take_from_line",
]
