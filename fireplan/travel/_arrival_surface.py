"""Arrival over the ground between the streets, from any origin of one scenario."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan._limits import last_within
from fireplan.crs import reproject
from fireplan.progress import steps
from fireplan.travel._clock import start_of
from fireplan.travel._mesh import BEYOND_S, Arrivals, arrivals, build_mesh, outline
from fireplan.travel._mesh_blocks import LONGEST_EDGE_M, Piece, blocks_near, lay
from fireplan.travel._mesh_vertices import marked, survey, within
from fireplan.travel._reached_streets import BESIDE_M
from fireplan.travel._travel_times import reach

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan import _kernel as kernel
    from fireplan.errors import Faults
    from fireplan.scenario import Scenario
    from fireplan.travel._mesh import Mesh
    from fireplan.travel._mesh_vertices import Survey
    from fireplan.travel._places import Places
    from fireplan.travel._travel_times import Reach


class _Laid(NamedTuple):
    """The mesh of some blocks of a network, and their numbers in order."""

    geometry: str
    blocks: NDArray[np.uint64]
    mesh: Mesh


class ArrivalSurface:
    """
    The mesh over a scenario's streets, as far as some origins reach, and arrival at its vertices.

    Parameters
    ----------
    scenario
        Whose roads; meshes and arrivals are kept in its memory.
    origins
        Street and fraction along it of each origin that will be asked about.
    farthest_s
        The largest travel time that will be asked for. [s]
    """

    def __init__(self, scenario: Scenario, origins: Sequence[tuple[int, float]], *, farthest_s: float) -> None:
        self.scenario = scenario
        self.origins = frozenset(origins)
        self._search_s = farthest_s + BEYOND_S

    @property
    def mesh(self) -> Mesh:
        """The mesh of all blocks that the origins come near, and perhaps of more."""
        return self._laid.mesh

    @cached_property
    def _laid(self) -> _Laid:
        needed, geometry = self._blocks, self.scenario.roads.geometry_fingerprint
        # From a mesh that has more blocks nothing else comes.
        at_hand = self.scenario.memo.find_where(
            _Laid, lambda laid: laid.geometry == geometry and bool(within(laid.blocks, needed).all())
        )
        return at_hand or self.scenario.memo.get(("mesh", geometry, needed.tobytes()), self._lay)

    def _lay(self) -> _Laid:
        roads, memo = self.scenario.roads, self.scenario.memo
        geometry = roads.geometry_fingerprint
        pieces = {block: memo.find(("mesh of a block", geometry, block), Piece) for block in self._blocks.tolist()}
        new = np.array([block for block, piece in pieces.items() if piece is None], dtype=np.uint64)
        for block, piece in lay(roads, self._survey, new):
            pieces[block] = piece
            memo.get(("mesh of a block", geometry, block), partial(_same, piece))
        laid = [piece for piece in pieces.values() if piece is not None]
        return _Laid(geometry, self._blocks, build_mesh(roads, self._survey, laid))

    @cached_property
    def space(self) -> kernel.ContourSpace:
        """Memory for its outlines."""
        return self.mesh.space()

    @cached_property
    def _survey(self) -> Survey:
        roads = self.scenario.roads
        return self.scenario.memo.get(("mesh survey", roads.geometry_fingerprint), lambda: survey(roads))

    @cached_property
    def _blocks(self) -> NDArray[np.uint64]:
        """Blocks that hold what the origins reach and all triangles about it."""
        roads = self.scenario.roads
        if np.isinf(self._search_s):
            return blocks_near(self._survey, np.arange(roads.n_streets))
        own = np.array([street for street, _ in self.origins], dtype=np.int64)
        reached = np.zeros(roads.n_nodes, dtype=bool)
        for origin in self.origins:
            nodes, node_s = roads.routing.at_nodes(*self._reach(origin))
            reached[nodes[node_s <= self._added_s(origin)]] = True
        streets = marked(roads.n_streets, own, np.flatnonzero(reached[roads.first] | reached[roads.last]))
        return blocks_near(self._survey, streets, within_m=BESIDE_M + LONGEST_EDGE_M)

    def outline(self, origin: tuple[int, float], within_s: float) -> shapely.MultiPolygon:
        """Outline of what one origin reaches; drawn once, whichever scenario asks."""
        key = _outline_key(self.scenario, origin, within_s)
        return self.scenario.memo.get(key, lambda: self.contour(self.arrivals(origin), within_s))

    def _added_s(self, origin: tuple[int, float], later_s: float = 0.0) -> float:
        """What streets and turns may add up to from an origin that sets out so much later, as far as anything asks."""
        return self.scenario.roads.curve.added_s(self._search_s, start_of(self.scenario, origin) + later_s)

    def contour(self, reached: Arrivals, within_s: float) -> shapely.MultiPolygon:
        """Outline of where arrival is within a time. [s]"""
        return outline(self.mesh, reached, within_s=last_within(within_s), space=self.space)

    def arrivals(self, origin: tuple[int, float]) -> Arrivals:
        """Arrival at the vertices, as far as anything asks. [s]"""
        # Vertices are numbered within the mesh.
        start_s = start_of(self.scenario, origin)
        driven = self.scenario.roads.fingerprint, origin, start_s
        key = ("mesh times", *driven, self._search_s, self._laid.blocks.tobytes())
        return self.scenario.memo.get(key, lambda: self.arrivals_once(origin))

    def arrivals_of(
        self, origins: Sequence[tuple[int, float]], *, later_s: Sequence[float] | None = None, keep: bool = True
    ) -> Iterator[Arrivals]:
        """Arrivals of one origin after another, perhaps later than others; see `arrivals` and `arrivals_once`."""
        later = [0.0] * len(origins) if later_s is None else [float(s) for s in later_s]
        with steps(len(origins), what="arrivals") as step:
            for origin, waits_s in zip(origins, later, strict=True):
                yield self.arrivals(origin) if keep and not waits_s else self.arrivals_once(origin, waits_s)
                step()

    def arrivals_once(self, origin: tuple[int, float], later_s: float = 0.0) -> Arrivals:
        """Arrival at the vertices of one that sets out so much later, not kept. [s]"""
        if origin not in self.origins:
            raise LookupError(f"no mesh was laid about {origin}")
        roads, found = self.scenario.roads, self._reach(origin)
        added = arrivals(
            self.mesh, roads, found, origin=origin, cutoff_s=self._added_s(origin, later_s), space=self.space
        )
        begins_s = max(0.0, start_of(self.scenario, origin) + later_s)
        return Arrivals(added.vertices, roads.curve.clock_s(added.vertex_s, begins_s))

    def _reach(self, origin: tuple[int, float]) -> Reach:
        # Where the whole network has been searched already, that is used.
        all_known = ("reach", self.scenario.roads.fingerprint, origin, np.inf) in self.scenario.memo
        return reach(self.scenario, origin, cutoff_s=np.inf if all_known else max(self._added_s(origin), 0.0))


def known_outline(scenario: Scenario, origin: tuple[int, float], within_s: float) -> shapely.MultiPolygon | None:
    """Outline of what one origin reaches, where it was drawn already."""
    return scenario.memo.find(_outline_key(scenario, origin, within_s), shapely.MultiPolygon)


def _same(piece: Piece) -> Piece:
    return piece


def _outline_key(scenario: Scenario, origin: tuple[int, float], within_s: float) -> Hashable:
    return "outline", scenario.roads.fingerprint, origin, start_of(scenario, origin), within_s


def origins_of(starts: Places) -> list[tuple[int, float]]:
    """Street and fraction along it of each start."""
    return list(zip(starts.on_road.street.tolist(), starts.on_road.along.tolist(), strict=True))


def checked_limits(within_s: Sequence[float], faults: Faults) -> list[float]:
    """Travel times in order, largest first, each once. [s]"""
    limits = sorted({float(s) for s in within_s}, reverse=True)
    if not limits or not all(0 < s < np.inf for s in limits):
        faults.add(f"travel times must be numbers of seconds above zero, not {list(within_s)}")
    return limits


def as_table(scenario: Scenario, rows: Iterable[Mapping[str, object]], *, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """
    Turn outlines in the network's metres into a table in the CRS of the zones.

    Parameters
    ----------
    scenario
        Whose roads and zones.
    rows
        Each with `geometry` [m] and the columns named.
    columns
        These come first; `area_km2` and the outline follow.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    columns = [*columns, "geometry"]
    table = gpd.GeoDataFrame(pd.DataFrame(list(rows), columns=columns), geometry="geometry", crs=scenario.roads.crs)
    table.insert(len(columns) - 1, "area_km2", table.area / 1e6)
    moved = reproject(table, scenario.zones.crs)
    outlines = moved.geometry.to_numpy().copy()
    # Rings that touch at a point may, rounded to another CRS, cross there by a hair.
    crossed = ~shapely.is_valid(outlines)
    mended = shapely.make_valid(outlines[crossed], method="structure", keep_collapsed=False)
    outlines[crossed] = [shapely.MultiPolygon(list(shapely.get_parts(area))) for area in mended]
    return moved.set_geometry(outlines, crs=moved.crs)
