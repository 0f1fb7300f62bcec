"""Whether zones are places of incidents: hexagons or points that are there because somebody called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan.crs import WGS84
from fireplan.demand._zones import COARSEST_H3, FINEST_H3
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

SAME_DEG = 1e-5
"""Corners this near to those of a hexagon are the hexagon's: files round them. [degrees]"""

PEOPLE = ("population", "people", "residents", "households")
MEND = (
    "use areas that are there whether or not anybody called, such as census blocks or districts, or all hexagons of the"
    " city, the empty ones too"
)


def refuse_zones_of_incidents(scenario: Scenario) -> None:
    """
    Refuse zones that show where incidents were.

    It is told from the zones themselves, as they are after any file: their outlines are H3 hexagons, whatever their
    ids, and there is one only where an incident was, or they have gaps between them; or they are points without people.

    Raises
    ------
    InputError
        Naming the scenario, and what to use instead.
    """
    zones = scenario.zones
    if not len(zones):
        return
    points = shapely.get_type_id(zones.geometry.to_numpy()) == shapely.GeometryType.POINT
    if points.any() and "incidents" in zones and not any(name in zones for name in PEOPLE):
        raise InputError(f"zones of {quoted(scenario.name)} are the places of incidents: on a public page {MEND}")
    flat = zones.geometry.to_crs(WGS84).to_numpy()
    found = _are_hexagons(flat)
    if 2 * found.sum() > len(zones) and (_all_called(scenario, zones) or _gaps(flat[found])):
        raise InputError(
            f"zones of {quoted(scenario.name)} are hexagons counted from incidents, so that each shows where somebody"
            f" called: on a public page {MEND}"
        )


def _are_hexagons(outlines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Flag the outlines that are H3 hexagons of some resolution."""
    import h3  # noqa: PLC0415 - slow to import

    found = np.zeros(len(outlines), dtype=bool)
    # a hexagon has six corners, a pentagon or one that an edge of the net crosses a few more
    likely = np.flatnonzero(
        (shapely.get_type_id(outlines) == shapely.GeometryType.POLYGON)
        & (shapely.get_num_coordinates(outlines) <= MOST_CORNERS)
    )
    for row in likely:
        middle = shapely.centroid(outlines[row])
        corners = shapely.get_coordinates(outlines[row])[:-1]
        for resolution in range(COARSEST_H3, FINEST_H3 + 1):
            cell = h3.latlng_to_cell(middle.y, middle.x, resolution)
            ring = np.array(h3.cell_to_boundary(cell))[:, ::-1]
            if len(ring) == len(corners):
                apart = np.abs(ring[:, None, :] - corners[None, :, :]).max(axis=2).min(axis=1)
                if apart.max() < SAME_DEG:
                    found[row] = True
                    break
    return found


MOST_CORNERS = 11


def _all_called(scenario: Scenario, zones: gpd.GeoDataFrame) -> bool:
    """Whether there is a zone only where an incident was."""
    if "incidents" in zones:
        return bool((zones["incidents"] > 0).all())
    calls = scenario.incidents
    if calls is None or not len(calls):
        return False
    there = calls.geometry[~(calls.geometry.isna() | calls.geometry.is_empty)].to_crs(zones.crs).to_numpy()
    near, _ = shapely.STRtree(there).query(zones.geometry.to_numpy(), predicate="intersects")
    return len(set(near)) == len(zones)


def _gaps(outlines: NDArray[np.object_]) -> bool:
    """Whether hexagons stand apart, or around ground without one."""
    whole = shapely.union_all(shapely.buffer(outlines, SAME_DEG))
    return whole.geom_type != "Polygon" or len(whole.interiors) > 0
