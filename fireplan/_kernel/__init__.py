"""
Shortest paths, snapping and cover counts on plain arrays.

Everything here takes and returns numpy arrays: no table, no CRS, no names. Units are seconds and metres.
The functions compile on first use and keep the result on disk; they release the GIL, so callers may run them
on threads.
"""

from fireplan._kernel.cover.arrivals_by_second import add_arrivals as add_arrivals
from fireplan._kernel.cover.force_arrival import force_times as force_times
from fireplan._kernel.cover.shared_crew_force import completing as completing
from fireplan._kernel.cover.shared_crew_force import crew_force_times as crew_force_times
from fireplan._kernel.jit import read_only as read_only
from fireplan._kernel.mesh.contour import trace as trace
from fireplan._kernel.mesh.contour_memory import ContourSpace as ContourSpace
from fireplan._kernel.mesh.delaunay import delaunay as delaunay
from fireplan._kernel.mesh.half_edges import Halves as Halves
from fireplan._kernel.mesh.half_edges import link as link
from fireplan._kernel.mesh.vertex_times import spread as spread
from fireplan._kernel.normal_equations import DrivenRuns as DrivenRuns
from fireplan._kernel.normal_equations import added_times as added_times
from fireplan._kernel.normal_equations import normal_sums as normal_sums
from fireplan._kernel.shortest_paths.graph import Graph as Graph
from fireplan._kernel.shortest_paths.graph import Pattern as Pattern
from fireplan._kernel.shortest_paths.graph import Streets as Streets
from fireplan._kernel.shortest_paths.graph import build_graph as build_graph
from fireplan._kernel.shortest_paths.graph import count_reached as count_reached
from fireplan._kernel.shortest_paths.graph import graph_of as graph_of
from fireplan._kernel.shortest_paths.graph import morton_order as morton_order
from fireplan._kernel.shortest_paths.graph import pattern_of as pattern_of
from fireplan._kernel.shortest_paths.graph import z_number as z_number
from fireplan._kernel.shortest_paths.graph import z_square as z_square
from fireplan._kernel.shortest_paths.lengths import lengths_along as lengths_along
from fireplan._kernel.shortest_paths.nearest_sources import Moved as Moved
from fireplan._kernel.shortest_paths.nearest_sources import NearestSources as NearestSources
from fireplan._kernel.shortest_paths.nearest_sources import Seeds as Seeds
from fireplan._kernel.shortest_paths.nearest_sources import domain as domain
from fireplan._kernel.shortest_paths.nearest_sources import followed as followed
from fireplan._kernel.shortest_paths.nearest_sources import nearest_sources as nearest_sources
from fireplan._kernel.shortest_paths.nearest_sources_points import Grouped as Grouped
from fireplan._kernel.shortest_paths.nearest_sources_points import Sources as Sources
from fireplan._kernel.shortest_paths.nearest_sources_points import StreetPoints as StreetPoints
from fireplan._kernel.shortest_paths.nearest_sources_points import amount_at_points as amount_at_points
from fireplan._kernel.shortest_paths.nearest_sources_points import by_node as by_node
from fireplan._kernel.shortest_paths.nearest_sources_points import by_street as by_street
from fireplan._kernel.shortest_paths.nearest_sources_points import first_at_points as first_at_points
from fireplan._kernel.shortest_paths.nearest_sources_points import points_moved as points_moved
from fireplan._kernel.shortest_paths.point_times import point_times as point_times
from fireplan._kernel.shortest_paths.route_sums import DrivenWays as DrivenWays
from fireplan._kernel.shortest_paths.route_sums import RouteSums as RouteSums
from fireplan._kernel.shortest_paths.route_sums import route_sums as route_sums
from fireplan._kernel.shortest_paths.single_source import Workspace as Workspace
from fireplan._kernel.shortest_paths.single_source import reach as reach
from fireplan._kernel.shortest_paths.sparse_point_times import Filed as Filed
from fireplan._kernel.shortest_paths.street_losses import Arcs as Arcs
from fireplan._kernel.shortest_paths.street_losses import Ends as Ends
from fireplan._kernel.shortest_paths.street_losses import Entries as Entries
from fireplan._kernel.shortest_paths.street_losses import Losses as Losses
from fireplan._kernel.shortest_paths.street_losses import LossSearch as LossSearch
from fireplan._kernel.shortest_paths.street_losses import Tree as Tree
from fireplan._kernel.shortest_paths.street_losses import arcs_of as arcs_of
from fireplan._kernel.shortest_paths.street_losses import arrivals as arrivals
from fireplan._kernel.shortest_paths.street_losses import quickest_tree as quickest_tree
from fireplan._kernel.shortest_paths.street_losses import weight_over as weight_over
from fireplan._kernel.snapping import SegmentGrid as SegmentGrid
from fireplan._kernel.snapping import build_grid as build_grid
from fireplan._kernel.snapping import snap as snap
from fireplan._kernel.warmup import compile_ahead as compile_ahead
from fireplan._kernel.warmup import compile_search as compile_search
