"""Units sent to calls one after the other: who is free, who waits, who comes."""

from fireplan._kernel.simulation.dispatch_loop import run
from fireplan._kernel.simulation.one_dispatch import (
    Drives,
    Moments,
    UnitsAsked,
    UnitsInService,
    UnitsSent,
    all_at_home,
    choose,
    eta_s,
    free_from_s,
    has_gone,
    in_rings,
    mates_of,
    nearest_first,
    send,
    soonest_s,
    units_by_kind,
)
from fireplan._kernel.simulation.waiting_lines import Lines, first_waiting, lines_for, put_in_line, take_from_line

__all__ = [
    "Drives",
    "Lines",
    "Moments",
    "UnitsAsked",
    "UnitsInService",
    "UnitsSent",
    "all_at_home",
    "choose",
    "eta_s",
    "first_waiting",
    "free_from_s",
    "has_gone",
    "in_rings",
    "lines_for",
    "mates_of",
    "nearest_first",
    "put_in_line",
    "run",
    "send",
    "soonest_s",
    "take_from_line",
    "units_by_kind",
]
