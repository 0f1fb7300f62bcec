"""Where help is needed: zones made from outlines, from incidents, or as hexagons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan._conversions import MILE_M
from fireplan._schema import check_table
from fireplan.crs import WGS84, metric_crs
from fireplan.demand._overlaps import overlap_notes
from fireplan.errors import InputError, UnknownIdError, listed

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

HALF_TURN = 180.0
FINEST_H3, COARSEST_H3 = 12, 4
DISC_RADIUS_M = 60.0
"""A zone without an outline is drawn as a disc of this radius. [m]"""

HEXAGON = 9
"""H3 resolution: hexagons of about 0.1 km2, 200 m a side."""


@takes
def from_polygons(
    polygons: gpd.GeoDataFrame, *, zone_id: str = "zone_id", incidents: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """
    Take zones from outlines: census blocks, parcels, a planner's own.

    Parameters
    ----------
    polygons
        With the id in `zone_id` and weights such as `population`, `dwellings`.
    zone_id
        Column of the id.
    incidents
        Count these into the zones as weight `incidents`.

    Returns
    -------
    By `zone_id`, in the CRS given. A zone is reached when a point inside it is reached. Which of them overlap, so that
    people may be counted twice, stands in `.attrs["notes"]`.
    """
    if zone_id not in polygons.columns and polygons.index.name != zone_id:
        raise InputError(f"column {zone_id!r} is missing from the polygons; found {listed(polygons.columns)}")
    zones = polygons.rename(columns={zone_id: "zone_id"})
    zones = zones.set_index("zone_id") if "zone_id" in zones.columns else zones.rename_axis("zone_id")
    zones.index = zones.index.astype(str)
    check_table(zones, "zones")
    if incidents is not None:
        inside = zone_of(incidents, zones)
        zones["incidents"] = np.bincount(inside[inside >= 0], minlength=len(zones)).astype(float)
    zones.attrs["notes"] = tuple(overlap_notes(zones))
    return zones


@takes
def from_incidents(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Make each located incident a zone of its own, with weight `incidents` = 1.

    Parameters
    ----------
    incidents
        By `incident_id`. Those without a point are left out: the count that remains is the table's length.
    """
    located = incidents[~(incidents.geometry.isna() | incidents.geometry.is_empty)]
    if len(located) == 0:
        raise InputError("no incident has a place: zones cannot be made from them")
    return located.rename_axis("zone_id")[["geometry"]].assign(incidents=1.0)


@takes
def hexagons(incidents: gpd.GeoDataFrame, *, resolution: int = HEXAGON) -> gpd.GeoDataFrame:
    """
    Count incidents into hexagons.

    Parameters
    ----------
    incidents
        Points with a CRS; those without a place are left out.
    resolution
        H3 resolution, 4 (1,770 km2) to 12 (300 m2); 9 is about 0.1 km2.

    Returns
    -------
    By `zone_id` (the H3 index), WGS 84: weight `incidents` and the outline. Hexagons without an incident are left out.

    References
    ----------
    .. [1] Uber Technologies, "H3: a hexagonal hierarchical geospatial indexing system", https://h3geo.org.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import h3  # noqa: PLC0415

    if not COARSEST_H3 <= resolution <= FINEST_H3:
        raise InputError(f"resolution is {resolution}: choose {COARSEST_H3} to {FINEST_H3}")
    located = from_incidents(incidents).to_crs(WGS84)
    lon, lat = located.geometry.x.to_numpy(), located.geometry.y.to_numpy()
    cells = pd.Series([h3.latlng_to_cell(a, o, resolution) for a, o in zip(lat, lon, strict=True)])
    counts = cells.value_counts().sort_index()
    outlines = [outline(np.array(h3.cell_to_boundary(c))[:, ::-1]) for c in counts.index]
    return gpd.GeoDataFrame(
        {"incidents": counts.to_numpy(float)},
        geometry=outlines,
        index=pd.Index(counts.index, name="zone_id"),
        crs=WGS84,
    )


def outline(ring: NDArray[np.float64]) -> shapely.Geometry:
    """Outline of a cell; across the 180th meridian in two parts, one on each side."""
    if np.ptp(ring[:, 0]) < HALF_TURN:
        return shapely.Polygon(ring)
    whole = shapely.Polygon(np.column_stack([ring[:, 0] % 360, ring[:, 1]]))
    east = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    west = shapely.intersection(whole, shapely.box(180, -90, 360, 90))
    return shapely.union(east, shapely.transform(west, lambda xy: xy - (360, 0)))


@takes
def people_per_mi2(zones: gpd.GeoDataFrame, *, of: str = "population", by: str | None = None) -> pd.Series[float]:
    """
    Density of the ground that each zone lies in.

    Parameters
    ----------
    zones
        Outlines with a CRS.
    of
        Column that is counted.
    by
        Column that names larger areas, such as districts or tracts, whose density counts: single blocks and hexagons
        scatter. Left out: each zone by itself.

    Returns
    -------
    People per square mile, by zone; missing where nothing is known of an area, or it has no name or no extent.

    Raises
    ------
    InputError
        If a column is missing, or the zones are points.

    Examples
    --------
    >>> import fireplan as fp
    >>> density = fp.demand.people_per_mi2(fp.examples.line_town().zones)
    >>> fp.standards.demand_zones(density).unique().tolist()
    ['urban']
    """
    for column in (of, by):
        if column is not None and column not in zones.columns:
            raise UnknownIdError("column of the zones", column, [c for c in zones.columns if c != zones.geometry.name])
    if zones.crs is None or not (shapely.get_dimensions(zones.geometry.array) == 2).any():
        raise InputError("density needs outlines with a CRS: points have no area")
    lonlat = zones.geometry.to_crs(WGS84)
    middle = lonlat.representative_point()
    mi2 = lonlat.to_crs(metric_crs(middle.x.to_numpy(), middle.y.to_numpy())).area / MILE_M**2
    people = zones[of].astype(float)
    if by is not None:
        people, mi2 = (v.groupby(zones[by]).transform("sum", min_count=1) for v in (people, mi2))
    density: pd.Series[float] = (people / mi2).where(mi2 > 0)
    return density


@takes
def zone_of(
    points: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """
    Say which zone each point lies in.

    Returns
    -------
    Row of the zone (-1: in none, or no place); of overlapping zones the first.
    """
    geometry = points.geometry.to_crs(zones.crs).array
    found = np.full(len(geometry), -1, dtype=np.int64)
    here = np.flatnonzero(~(shapely.is_missing(geometry) | shapely.is_empty(geometry)))
    point, zone = shapely.STRtree(zones.geometry.array).query(geometry[here], predicate="intersects")
    order = np.lexsort((-zone, point))
    found[here[point[order]]] = zone[order]  # the last written, so the first zone, stays
    return found
