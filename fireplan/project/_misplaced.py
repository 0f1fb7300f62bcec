"""Stations and zones that lie nowhere near the roads, and among them if their coordinates are swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.crs import WGS84, project
from fireplan.errors import TableError, listed, quoted

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.roads import RoadNetwork

BESIDE_DEG = 1.0
"""So far beyond the last road a place may still be meant: some 100 km. [°]"""

MOST_NAMED = 5


def refuse_swapped(table: gpd.GeoDataFrame, roads: RoadNetwork, *, what: str) -> None:
    """
    Refuse places far from the roads that would be among them with coordinates swapped, or with another sign.

    Parameters
    ----------
    table
        Stations or zones, by their id.
    roads
        The network they are to stand on.
    what
        What to call the table.

    Raises
    ------
    TableError
        With what seems to have happened, and to which places.
    """
    middle = table.geometry.representative_point().to_crs(WGS84)
    placed = np.column_stack([middle.x, middle.y])
    known = np.isfinite(placed).all(axis=1)
    ground = project(roads.node_xy_m, source=roads.crs, target=WGS84)
    low, high = ground.min(axis=0) - BESIDE_DEG, ground.max(axis=0) + BESIDE_DEG

    def here(places: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.asarray(((places >= low) & (places <= high)).all(axis=1) & known)

    away = known & ~here(placed)
    otherwise = {
        "latitude and longitude look swapped": placed[:, ::-1],
        "the longitude seems to lack its minus, or to have one too many": placed * (-1, 1),
        "the latitude seems to lack its minus, or to have one too many": placed * (1, -1),
        "latitude and longitude look swapped, and a minus lacks": placed[:, ::-1] * (-1, 1),
    }
    faults = []
    for why, places in otherwise.items():
        found = away & here(places)
        away &= ~found
        if found.any():
            x, y = placed[np.argmax(found)]
            named = listed(map(quoted, table.index[found]), most=MOST_NAMED)
            faults.append(f"{named}: {why} (longitude {x:g}, latitude {y:g}, far from every road)")
    if faults:
        raise TableError(what, faults)
