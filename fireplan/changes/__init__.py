"""
What can be changed, each as a value.

A plan is a tuple of these: an idea of a planner's, an optimiser's answer and an entry in a project file are one and
the same. Each says what it does (`str`), does it (called with tables), and is written to and read from TOML.
"""

from fireplan.changes._changed_roads import changed_roads
from fireplan.changes._demand import ScaleDemand
from fireplan.changes._new_roads import BuildRoad
from fireplan.changes._notes import notes
from fireplan.changes._registry import ALL, from_dict, from_dicts
from fireplan.changes._restrictions import BanTurn, SetRestriction
from fireplan.changes._roads import CloseRoad, OpenRoad, ScaleSpeeds
from fireplan.changes._staffing import SetSchedule, SetTurnout, ShareCrew
from fireplan.changes._stations import AddUnit, CloseStation, MoveStation, MoveUnit, OpenStation, RemoveUnit

__all__ = [
    "ALL",
    "AddUnit",
    "BanTurn",
    "BuildRoad",
    "CloseRoad",
    "CloseStation",
    "MoveStation",
    "MoveUnit",
    "OpenRoad",
    "OpenStation",
    "RemoveUnit",
    "ScaleDemand",
    "ScaleSpeeds",
    "SetRestriction",
    "SetSchedule",
    "SetTurnout",
    "ShareCrew",
    "changed_roads",
    "from_dict",
    "from_dicts",
    "notes",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
