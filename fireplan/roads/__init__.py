"""Road networks: read them, keep them, and put points on them."""

from fireplan.roads._drive_curve import DriveCurve
from fireplan.roads._graphs.frames import from_frames
from fireplan.roads._graphs.osmnx_graphs import from_graph, from_graphml
from fireplan.roads._graphs.osmnx_place import from_place
from fireplan.roads._lines.centrelines import from_lines
from fireplan.roads._network import RoadNetwork
from fireplan.roads._npz import load, save
from fireplan.roads._osm.osm_extract import from_osm
from fireplan.roads._rules.speeds import class_speeds
from fireplan.roads._rules.vehicles import Vehicle
from fireplan.roads._snapping import SNAP_LIMIT_M, OnRoad, snap, snap_xy
from fireplan.roads._speed_periods import REST, SpeedPeriod
from fireplan.roads._turns import Control, Feature, TurnDelays

__all__ = [
    "REST",
    "SNAP_LIMIT_M",
    "Control",
    "DriveCurve",
    "Feature",
    "OnRoad",
    "RoadNetwork",
    "SpeedPeriod",
    "TurnDelays",
    "Vehicle",
    "class_speeds",
    "from_frames",
    "from_graph",
    "from_graphml",
    "from_lines",
    "from_osm",
    "from_place",
    "load",
    "save",
    "snap",
    "snap_xy",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
