"""
Shortest paths, snapping and cover counts on plain arrays.

Everything here takes and returns numpy arrays: no table, no CRS, no names. Units are seconds and metres.
The functions compile on first use and keep the result on disk; they release the GIL, so callers may run them
on threads.
"""

from fireplan.kernel.contour import trace as trace
from fireplan.kernel.cover import first_three as first_three
from fireplan.kernel.cover import force_times as force_times
from fireplan.kernel.field import Field as Field
from fireplan.kernel.field import Seeds as Seeds
from fireplan.kernel.field import Undo as Undo
from fireplan.kernel.field import nearest_field as nearest_field
from fireplan.kernel.graph import Graph as Graph
from fireplan.kernel.graph import Pattern as Pattern
from fireplan.kernel.graph import build_graph as build_graph
from fireplan.kernel.graph import graph_of as graph_of
from fireplan.kernel.graph import morton_order as morton_order
from fireplan.kernel.graph import pattern_of as pattern_of
from fireplan.kernel.halves import Halves as Halves
from fireplan.kernel.halves import link as link
from fireplan.kernel.points import point_times as point_times
from fireplan.kernel.rows import Filed as Filed
from fireplan.kernel.search import Workspace as Workspace
from fireplan.kernel.search import reach as reach
from fireplan.kernel.served import Served as Served
from fireplan.kernel.served import Sources as Sources
from fireplan.kernel.served import Streets as Streets
from fireplan.kernel.served import count_within as count_within
from fireplan.kernel.snapping import SegmentGrid as SegmentGrid
from fireplan.kernel.snapping import build_grid as build_grid
from fireplan.kernel.snapping import snap as snap
from fireplan.kernel.space import ContourSpace as ContourSpace
from fireplan.kernel.spreading import spread as spread
from fireplan.kernel.warmup import compile_ahead as compile_ahead
