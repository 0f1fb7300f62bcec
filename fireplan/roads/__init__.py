"""Road networks: read them, keep them, and put points on them."""

from fireplan.roads.frames import from_frames as from_frames
from fireplan.roads.graphs import from_graph as from_graph
from fireplan.roads.graphs import from_graphml as from_graphml
from fireplan.roads.network import RoadNetwork as RoadNetwork
from fireplan.roads.osm import from_osm as from_osm
from fireplan.roads.place import from_place as from_place
from fireplan.roads.snapping import SNAP_LIMIT_M as SNAP_LIMIT_M
from fireplan.roads.snapping import OnRoad as OnRoad
from fireplan.roads.snapping import snap as snap
from fireplan.roads.snapping import snap_xy as snap_xy
from fireplan.roads.speeds import class_speeds as class_speeds
from fireplan.roads.store import load as load
from fireplan.roads.store import save as save
