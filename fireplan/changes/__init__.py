"""
What can be changed, each as a value.

A plan is a tuple of these: an idea of a planner's, an optimiser's answer and an entry in a project file are one and
the same. Each says what it does (`str`), does it (called with tables), and is written to and read from TOML.
"""

from fireplan.changes.demand import ScaleDemand as ScaleDemand
from fireplan.changes.reading import ALL as ALL
from fireplan.changes.reading import from_dict as from_dict
from fireplan.changes.roads import CloseRoad as CloseRoad
from fireplan.changes.roads import OpenRoad as OpenRoad
from fireplan.changes.roads import ScaleSpeeds as ScaleSpeeds
from fireplan.changes.stations import AddUnit as AddUnit
from fireplan.changes.stations import CloseStation as CloseStation
from fireplan.changes.stations import MoveStation as MoveStation
from fireplan.changes.stations import MoveUnit as MoveUnit
from fireplan.changes.stations import OpenStation as OpenStation
from fireplan.changes.stations import RemoveUnit as RemoveUnit
from fireplan.changes.stations import SetTurnout as SetTurnout
