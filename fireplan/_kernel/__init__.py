"""
Shortest paths, snapping and cover counts on plain arrays.

Everything here takes and returns numpy arrays: no table, no CRS, no names. Units are seconds and metres.
The functions compile on first use and keep the result on disk; they release the GIL, so callers may run them
on threads.
"""

from fireplan._kernel.cover.force_arrival import force_times as force_times
from fireplan._kernel.mesh.contour import trace as trace
from fireplan._kernel.mesh.contour_memory import ContourSpace as ContourSpace
from fireplan._kernel.mesh.half_edges import Halves as Halves
from fireplan._kernel.mesh.half_edges import link as link
from fireplan._kernel.mesh.vertex_times import spread as spread
from fireplan._kernel.shortest_paths.graph import Graph as Graph
from fireplan._kernel.shortest_paths.graph import Pattern as Pattern
from fireplan._kernel.shortest_paths.graph import build_graph as build_graph
from fireplan._kernel.shortest_paths.graph import count_reached as count_reached
from fireplan._kernel.shortest_paths.graph import graph_of as graph_of
from fireplan._kernel.shortest_paths.graph import morton_order as morton_order
from fireplan._kernel.shortest_paths.graph import pattern_of as pattern_of
from fireplan._kernel.shortest_paths.nearest_source import Field as Field
from fireplan._kernel.shortest_paths.nearest_source import Seeds as Seeds
from fireplan._kernel.shortest_paths.nearest_source import Undo as Undo
from fireplan._kernel.shortest_paths.nearest_source import nearest_field as nearest_field
from fireplan._kernel.shortest_paths.nearest_source_points import Served as Served
from fireplan._kernel.shortest_paths.nearest_source_points import Sources as Sources
from fireplan._kernel.shortest_paths.nearest_source_points import Streets as Streets
from fireplan._kernel.shortest_paths.nearest_source_points import count_within as count_within
from fireplan._kernel.shortest_paths.nearest_sources import NearestSources as NearestSources
from fireplan._kernel.shortest_paths.nearest_sources import amount_at_points as amount_at_points
from fireplan._kernel.shortest_paths.nearest_sources import enter as enter
from fireplan._kernel.shortest_paths.nearest_sources import first_at_points as first_at_points
from fireplan._kernel.shortest_paths.nearest_sources import nearest_sources as nearest_sources
from fireplan._kernel.shortest_paths.nearest_sources import without as without
from fireplan._kernel.shortest_paths.point_times import point_times as point_times
from fireplan._kernel.shortest_paths.single_source import Workspace as Workspace
from fireplan._kernel.shortest_paths.single_source import reach as reach
from fireplan._kernel.shortest_paths.sparse_point_times import Filed as Filed
from fireplan._kernel.snapping import SegmentGrid as SegmentGrid
from fireplan._kernel.snapping import build_grid as build_grid
from fireplan._kernel.snapping import snap as snap
from fireplan._kernel.warmup import compile_ahead as compile_ahead
from fireplan._kernel.warmup import compile_search as compile_search
