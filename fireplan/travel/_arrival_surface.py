"""Arrival over the ground between the streets, from any origin of one scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan.progress import steps
from fireplan.travel._mesh import BEYOND_S, Arrivals, arrivals, build_mesh, outline
from fireplan.travel._travel_times import reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd

    from fireplan.errors import Faults
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places


class ArrivalSurface:
    """
    The mesh over a scenario's streets, and arrival at its vertices.

    Parameters
    ----------
    scenario
        Whose roads; meshes and arrivals are kept in its memory.
    farthest_s
        The largest travel time that will be asked for. [s]
    """

    def __init__(self, scenario: Scenario, *, farthest_s: float) -> None:
        self.scenario = scenario
        self.mesh = scenario.memo.get(("mesh", scenario.roads.geometry_fingerprint), lambda: build_mesh(scenario.roads))
        self.space = self.mesh.space()
        self._search_s = farthest_s + BEYOND_S

    def outline(self, origin: tuple[int, float], within_s: float) -> shapely.MultiPolygon:
        """Outline of what one origin reaches; drawn once, whichever scenario asks."""
        key = ("outline", self.scenario.roads.fingerprint, origin, within_s)
        return self.scenario.memo.get(key, lambda: self.contour(self.arrivals(origin), within_s))

    def contour(self, reached: Arrivals, within_s: float) -> shapely.MultiPolygon:
        """Outline of where arrival is within a time. [s]"""
        return outline(self.mesh, reached, within_s=within_s, space=self.space)

    def arrivals(self, origin: tuple[int, float]) -> Arrivals:
        """Arrival at the vertices, as far as anything asks. [s]"""
        key = ("mesh times", self.scenario.roads.fingerprint, origin, self._search_s)
        return self.scenario.memo.get(key, lambda: self.arrivals_once(origin))

    def arrivals_of(self, origins: Sequence[tuple[int, float]], *, keep: bool = True) -> Iterator[Arrivals]:
        """Arrivals of one origin after another, showing progress; see `arrivals` and `arrivals_once`."""
        with steps(len(origins), what="arrivals") as step:
            for origin in origins:
                yield self.arrivals(origin) if keep else self.arrivals_once(origin)
                step()

    def arrivals_once(self, origin: tuple[int, float]) -> Arrivals:
        """Arrival at the vertices, not kept. [s]"""
        roads = self.scenario.roads
        # Where the whole network has been searched already, that is used.
        all_known = ("reach", roads.fingerprint, origin, np.inf) in self.scenario.memo
        found = reach(self.scenario, origin, cutoff_s=np.inf if all_known else self._search_s)
        return arrivals(self.mesh, roads, found, origin=origin, cutoff_s=self._search_s, space=self.space)


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
    moved = table.to_crs(scenario.zones.crs)
    outlines = moved.geometry.to_numpy().copy()
    # Rings that touch at a point may, rounded to another CRS, cross there by a hair.
    crossed = ~shapely.is_valid(outlines)
    mended = shapely.make_valid(outlines[crossed], method="structure", keep_collapsed=False)
    outlines[crossed] = [shapely.MultiPolygon(list(shapely.get_parts(area))) for area in mended]
    return moved.set_geometry(outlines, crs=moved.crs)
