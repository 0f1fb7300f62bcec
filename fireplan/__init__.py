"""
Coverage planning for fire departments.

>>> import fireplan as fp
>>> town = fp.examples.line_town()
>>> new = town.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
>>> fp.compare(town, new, standard=fp.standards.NFPA_1710).summary()["share"].round(2).loc["Station 2", "first_engine"]
measure
population    1.0
road_km       1.0
Name: share, dtype: float64
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fireplan._version import __version__ as __version__

# Names and the modules that hold them. They are imported when first asked for, so that importing fireplan, and asking
# its command line for help, waits for nothing.
_MODULES = (
    "calibration", "changes", "charts", "crs", "demand", "disclosure", "examples", "incidents",
    "live", "maps", "measures", "operations", "project", "response_performance", "roads", "simulation", "siting",
    "standards", "stations", "travel", "wording",
)  # fmt: skip
_NAMES = {
    "AddUnit": "changes",
    "BanTurn": "changes",
    "BuildRoad": "changes",
    "CloseRoad": "changes",
    "CloseStation": "changes",
    "MoveStation": "changes",
    "MoveUnit": "changes",
    "OpenRoad": "changes",
    "OpenStation": "changes",
    "RemoveUnit": "changes",
    "ScaleDemand": "changes",
    "ScaleSpeeds": "changes",
    "SetRestriction": "changes",
    "SetSchedule": "changes",
    "SetTurnout": "changes",
    "ShareCrew": "changes",
    "Assessment": "measures",
    "assess": "measures",
    "gaps": "measures",
    "Calibration": "drive_times",
    "calibrate": "calibration",
    "Comparison": "comparison",
    "compare": "comparison",
    "compare_many": "comparison",
    "CadHistory": "incidents",
    "read_cad": "incidents",
    "read_cad_sql": "incidents",
    "FireplanError": "errors",
    "open_project": "project",
    "read_project": "project",
    "write_project": "project",
    "write_tables": "project",
    "write_report": "report",
    "RoadNetwork": "roads",
    "Policy": "response_performance",
    "performance": "response_performance",
    "reliability": "response_performance",
    "why_missed": "response_performance",
    "workload": "response_performance",
    "replay": "simulation",
    "Scenario": "scenario",
    "hypercube": "simulation",
    "simulate": "simulation",
    "brownouts": "simulation",
    "second_unit": "simulation",
    "move_ups": "simulation",
    "Objective": "standards",
    "Standard": "standards",
    "read_stations": "stations",
    "first_due": "travel",
    "isochrones": "travel",
    "travel_times": "travel",
}

__all__ = [*_MODULES, *_NAMES]  # noqa: PLE0604 - a test compares them with what a type checker sees below

if TYPE_CHECKING:
    from fireplan import calibration as calibration
    from fireplan import changes as changes
    from fireplan import charts as charts
    from fireplan import crs as crs
    from fireplan import demand as demand
    from fireplan import disclosure as disclosure
    from fireplan import examples as examples
    from fireplan import incidents as incidents
    from fireplan import live as live
    from fireplan import maps as maps
    from fireplan import measures as measures
    from fireplan import operations as operations
    from fireplan import project as project
    from fireplan import response_performance as response_performance
    from fireplan import roads as roads
    from fireplan import simulation as simulation
    from fireplan import siting as siting
    from fireplan import standards as standards
    from fireplan import stations as stations
    from fireplan import travel as travel
    from fireplan import wording as wording
    from fireplan.calibration import calibrate as calibrate
    from fireplan.changes import AddUnit as AddUnit
    from fireplan.changes import BanTurn as BanTurn
    from fireplan.changes import BuildRoad as BuildRoad
    from fireplan.changes import CloseRoad as CloseRoad
    from fireplan.changes import CloseStation as CloseStation
    from fireplan.changes import MoveStation as MoveStation
    from fireplan.changes import MoveUnit as MoveUnit
    from fireplan.changes import OpenRoad as OpenRoad
    from fireplan.changes import OpenStation as OpenStation
    from fireplan.changes import RemoveUnit as RemoveUnit
    from fireplan.changes import ScaleDemand as ScaleDemand
    from fireplan.changes import ScaleSpeeds as ScaleSpeeds
    from fireplan.changes import SetRestriction as SetRestriction
    from fireplan.changes import SetSchedule as SetSchedule
    from fireplan.changes import SetTurnout as SetTurnout
    from fireplan.changes import ShareCrew as ShareCrew
    from fireplan.comparison import Comparison as Comparison
    from fireplan.comparison import compare as compare
    from fireplan.comparison import compare_many as compare_many
    from fireplan.drive_times import Calibration as Calibration
    from fireplan.errors import FireplanError as FireplanError
    from fireplan.incidents import CadHistory as CadHistory
    from fireplan.incidents import read_cad as read_cad
    from fireplan.incidents import read_cad_sql as read_cad_sql
    from fireplan.measures import Assessment as Assessment
    from fireplan.measures import assess as assess
    from fireplan.measures import gaps as gaps
    from fireplan.project import open_project as open_project
    from fireplan.project import read_project as read_project
    from fireplan.project import write_project as write_project
    from fireplan.project import write_tables as write_tables
    from fireplan.report import write_report as write_report
    from fireplan.response_performance import Policy as Policy
    from fireplan.response_performance import performance as performance
    from fireplan.response_performance import reliability as reliability
    from fireplan.response_performance import why_missed as why_missed
    from fireplan.response_performance import workload as workload
    from fireplan.roads import RoadNetwork as RoadNetwork
    from fireplan.scenario import Scenario as Scenario
    from fireplan.simulation import brownouts as brownouts
    from fireplan.simulation import hypercube as hypercube
    from fireplan.simulation import move_ups as move_ups
    from fireplan.simulation import replay as replay
    from fireplan.simulation import second_unit as second_unit
    from fireplan.simulation import simulate as simulate
    from fireplan.standards import Objective as Objective
    from fireplan.standards import Standard as Standard
    from fireplan.stations import read_stations as read_stations
    from fireplan.travel import first_due as first_due
    from fireplan.travel import isochrones as isochrones
    from fireplan.travel import travel_times as travel_times


# Names of the release before; they go with the next one.
_RENAMED = {"responding": "response_performance"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name in _RENAMED:
        from fireplan._former_names import warn_of_former  # noqa: PLC0415 - seldom needed

        warn_of_former(f"fireplan.{name}", now=f"fireplan.{_RENAMED[name]}", stacklevel=3)
        name = _RENAMED[name]
    if name in _MODULES:
        return import_module(f"fireplan.{name}")
    if name in _NAMES:
        value = getattr(import_module(f"fireplan.{_NAMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fireplan' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
