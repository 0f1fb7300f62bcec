"""Stations and zones that lie nowhere near the roads, and among them if their coordinates are swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.crs import WGS84, project
from fireplan.errors import TableError, listed, quoted

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.roads import RoadNetwork

BESIDE_DEG = 1.0
"""So far beyond the last road a place may still be meant: some 100 km. [°]"""

MOST_NAMED = 5


def refuse_misplaced(table: gpd.GeoDataFrame, roads: RoadNetwork, *, what: str) -> list[str]:
    """
    Refuse places far from the roads if all are, or if they would be there with coordinates swapped or another sign.

    Parameters
    ----------
    table
        Stations or zones, by their id.
    roads
        The network they are to stand on.
    what
        What to call the table.

    Returns
    -------
    Notes: which of them lie far from every road, if any.

    Raises
    ------
    TableError
        With what seems to have happened, and to which places.
    """
    middle = table.geometry.representative_point().to_crs(WGS84)
    placed = np.column_stack([(middle.x + 180.0) % 360.0 - 180.0, middle.y])  # some layers count on beyond 180 degrees
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
    faults, notes = [], []
    for why, places in otherwise.items():
        found = away & here(places)
        away &= ~found
        if found.any():
            x, y = placed[np.argmax(found)]
            named = listed(map(quoted, table.index[found]), most=MOST_NAMED)
            faults.append(f"{named}: {why} (longitude {x:g}, latitude {y:g}, far from every road)")
    if away.any():
        x, y = placed[np.argmax(away)]
        named = listed(map(quoted, table.index[away]), most=MOST_NAMED)
        far = f"over 100 km from every road: {named} (the first at longitude {x:g}, latitude {y:g})"
        if away.all():
            faults.append(f"all lie {far}: they are of another place than the roads, or in another CRS than is said")
        else:
            n = wording.counted(away.sum(), "place lies", "places lie")
            notes.append(f"{what}: {n} {far}; of another town, or misplaced?")
    if faults:
        raise TableError(what, faults)
    return notes
