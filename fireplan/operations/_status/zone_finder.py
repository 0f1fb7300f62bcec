"""Which zone a place lies in, asked one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyproj
import shapely

from fireplan.crs import WGS84

if TYPE_CHECKING:
    import geopandas as gpd

KEPT = 4096
"""Places whose zone is kept."""


class ZoneFinder:
    """Finds the zone of a place; of overlapping zones the first, as `fireplan.demand.zone_of` does."""

    def __init__(self, zones: gpd.GeoDataFrame) -> None:
        self._tree = shapely.STRtree(zones.geometry.array.to_numpy())
        self._to_zones = pyproj.Transformer.from_crs(WGS84, zones.crs, always_xy=True)
        self._known: dict[tuple[float, float], int | None] = {}

    def at(self, place: tuple[float, float]) -> int | None:
        """Row of the zone that a longitude and latitude [°] lies in; None: in none."""
        if place not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            found = self._tree.query(shapely.Point(self._to_zones.transform(*place)), predicate="intersects")
            self._known[place] = int(found.min()) if len(found) else None
        return self._known[place]
