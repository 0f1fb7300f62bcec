"""Candidate sites: a grid, road intersections, parcels, or a list; each where an engine can leave by road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan.crs import WGS84, project
from fireplan.errors import Faults
from fireplan.roads._corners import streets_at
from fireplan.siting._candidates.candidate_checks import (
    COORDINATES,
    area_m,
    asked_for,
    check_metres,
    check_shapes,
    coordinates,
    count_of_all,
    ids_of,
    inside,
    numbered,
    rows_named,
    table_of,
    usable,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.siting._candidates.candidate_checks import Area

MOST_POINTS = 1_000_000
"""A grid of more points than this was not meant."""


@takes(own=("within",))
def grid_sites(scenario: Scenario, *, spacing_m: float = 500.0, within: Area = None) -> gpd.GeoDataFrame:
    """
    Lay a square grid of candidate sites.

    Parameters
    ----------
    scenario
        Zones and roads. The grid stands in the metric CRS of the roads, in the middle of the extent of the zones.
    spacing_m
        From one point to the next. [m]
    within
        Polygon to keep to, instead of the extent of the zones: from Shapely in EPSG:4326, or a table with a CRS.

    Returns
    -------
    Points in EPSG:4326 by `candidate_id` ("G0012", rows from south to north), where the grid has them: not moved to
    the road. Left out, and told in `attrs["notes"]`, is what is farther than `scenario.snap_limit_m` from every street
    that a door may open on, and what stands on a street from which the main part of the network cannot be driven to.

    Raises
    ------
    TableError
        With all that is wrong with what was asked; or if no site is left.

    Examples
    --------
    >>> import fireplan as fp
    >>> from fireplan.siting._candidates.candidate_sites import grid_sites
    >>> list(grid_sites(fp.examples.line_town(), spacing_m=2000).index)
    ['G0001', 'G0002', 'G0003']
    """
    faults = Faults("grid of candidate sites")
    check_metres(faults, spacing_m=spacing_m)
    area = area_m(within, scenario, faults)
    faults.raise_if_any()
    zones_m = scenario.zones.geometry.to_crs(scenario.roads.crs)
    west, south, east, north = zones_m.total_bounds if area is None else area.bounds
    n_x, n_y = (int(np.nan_to_num(side) // spacing_m) + 1 for side in (east - west, north - south))
    if not np.isfinite([west, south, east, north]).all():
        faults.add("the scenario has no zones: name the area with within=")
    elif n_x * n_y > MOST_POINTS:
        faults.add(f"spacing_m is {spacing_m:g}, which makes {n_x * n_y:,} points: take a larger one")
    faults.raise_if_any()
    x = (west + east) / 2 + (np.arange(n_x) - (n_x - 1) / 2) * spacing_m
    y = (south + north) / 2 + (np.arange(n_y) - (n_y - 1) / 2) * spacing_m
    xy = np.column_stack([np.tile(x, n_y), np.repeat(y, n_x)])
    sites = table_of(project(xy, source=scenario.roads.crs, target=WGS84), numbered("G", len(xy)))
    return usable(sites[inside(sites, scenario, area)], scenario, what="grid points")


@takes(own=("within",))
def intersection_sites(
    scenario: Scenario, *, within: Area = None, arms: int = 3, apart_m: float = 200.0
) -> gpd.GeoDataFrame:
    """
    Take road intersections as candidate sites.

    Parameters
    ----------
    scenario
        Roads. Freeways and ramps are not looked at, nor streets closed both ways.
    within
        As in `grid_sites`; left out: wherever there are roads.
    arms
        How many ends of streets have to meet at least.
    apart_m
        Of intersections nearer to each other than this, the first along a Z-shaped curve stays; 0: all stay. [m]

    Returns
    -------
    As `grid_sites` ("X0345"), with `name`: the streets that meet ("": they have no names).

    Raises
    ------
    TableError
        With all that is wrong with what was asked; or if no site is left.
    """
    faults = Faults("intersections as candidate sites")
    if arms < 1:
        faults.add(f"arms is {arms}: give a whole number above zero")
    if not (np.isfinite(apart_m) and apart_m >= 0):
        faults.add(f"apart_m is {apart_m}: give a number of metres, or 0")
    area = area_m(within, scenario, faults)
    faults.raise_if_any()
    roads = scenario.roads
    ends = np.concatenate([roads.first[roads.has_doors], roads.last[roads.has_doors]])
    nodes = np.flatnonzero(np.bincount(ends, minlength=roads.n_nodes) >= arms)
    nodes = nodes[kernel.morton_order(*roads.node_xy_m[nodes].T)]
    lonlat = project(roads.node_xy_m[nodes], source=roads.crs, target=WGS84)
    sites = table_of(lonlat, numbered("X", len(nodes)), pd.DataFrame({"node": nodes}))
    sites = usable(sites[inside(sites, scenario, area)], scenario, what="intersections")
    apart = _apart(shapely.get_coordinates(sites.geometry.to_crs(roads.crs).array), apart_m)
    thinned = sites[apart]
    thinned = thinned.assign(name=_street_names(roads, thinned["node"].to_numpy()))[["name", "geometry"]]
    if not apart.all():
        note = f"{count_of_all(~apart)} intersections left out: nearer than {wording.distance(apart_m)} to another one"
        thinned.attrs["notes"] = [*sites.attrs["notes"], note]
    return thinned


@takes(own=("within", "parcels"))
def parcel_sites(
    parcels: gpd.GeoDataFrame, scenario: Scenario, *, within: Area = None, smallest_m2: float = 2000.0
) -> gpd.GeoDataFrame:
    """
    Take parcels of land as candidate sites, each at a point inside it.

    Parameters
    ----------
    parcels
        Polygons with a CRS. Ids are in the column `candidate_id`, else in the index, else they are numbered.
    scenario
        Roads.
    within
        As in `grid_sites`; left out: wherever there are roads.
    smallest_m2
        Smaller parcels are left out. [m2]

    Returns
    -------
    As `grid_sites` ("P0001" where they are numbered), with `area_m2` and the other columns of the parcels.

    Raises
    ------
    TableError
        With all that is wrong with the parcels and with what was asked; or if no site is left.
    """
    faults = Faults("parcels")
    check_metres(faults, smallest_m2=smallest_m2, zero=True)
    area = area_m(within, scenario, faults)
    if not check_shapes(parcels, faults, ("Polygon", "MultiPolygon"), "use polygons, or listed_sites for points"):
        faults.raise_if_any()
    ids = ids_of(parcels, "P", faults)
    faults.raise_if_any()
    outlines = parcels.geometry.make_valid()
    area_m2 = outlines.to_crs(scenario.roads.crs).area.to_numpy()
    points = outlines.representative_point().to_crs(WGS84)
    rest = pd.DataFrame(parcels).drop(columns=parcels.geometry.name).assign(area_m2=area_m2)
    sites = table_of(shapely.get_coordinates(points.array), ids, rest)
    large = area_m2 >= smallest_m2
    notes = [] if large.all() else [f"{count_of_all(~large)} parcels left out: smaller than {smallest_m2:,.10g} m²"]
    return asked_for(sites[large], scenario, area, notes, what="parcels")


@takes(own=("within", "table"))
def listed_sites(table: pd.DataFrame, scenario: Scenario, *, within: Area = None) -> gpd.GeoDataFrame:
    """
    Take a list of places as candidate sites.

    Parameters
    ----------
    table
        `latitude` and `longitude` [°], or points with a CRS. Ids as in `parcel_sites`; `name` and `cost` are not
        needed.
    scenario
        Roads.
    within
        As in `grid_sites`; left out: wherever there are roads.

    Returns
    -------
    As `grid_sites` ("L0001" where they are numbered), with the other columns of the list.

    Raises
    ------
    TableError
        With all that is wrong with the list and with what was asked; or if no site is left.
    """
    faults = Faults("list of candidate sites")
    area = area_m(within, scenario, faults)
    if not isinstance(table, pd.DataFrame):
        faults.add("it is no table: give a DataFrame with latitude and longitude, or a GeoDataFrame of points")
        faults.raise_if_any()
    if hasattr(table, "crs"):
        if not check_shapes(table, faults, ("Point",), "use points, or parcel_sites for polygons"):
            faults.raise_if_any()
        rest = pd.DataFrame(table).drop(columns=table.geometry.name)
        lonlat = shapely.get_coordinates(table.geometry.to_crs(WGS84).array) if not faults.found else np.empty((0, 2))
        if not np.isfinite(lonlat).all():
            faults.add(
                f"coordinates are not on the earth in {rows_named(~np.isfinite(lonlat).all(axis=1))}: check the CRS"
            )
    else:
        lonlat = coordinates(table, faults)
        rest = pd.DataFrame(table).drop(columns=list(COORDINATES), errors="ignore")
    ids = ids_of(table, "L", faults)
    faults.raise_if_any()
    return asked_for(table_of(lonlat, ids, rest), scenario, area, [], what="listed sites")


def _street_names(roads: RoadNetwork, nodes: NDArray[np.int64]) -> NDArray[np.object_]:
    """Name nodes by the streets that meet there and that doors open on."""
    found = streets_at(roads, least=1)
    names = pd.Series(found.name, index=found.node).reindex(nodes, fill_value="")
    return np.asarray(names.to_numpy(object))


def _apart(xy_m: NDArray[np.float64], apart_m: float) -> NDArray[np.bool_]:
    """Keep the first of points nearer to each other than a distance, in the order given."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    kept = np.ones(len(xy_m), dtype=bool)
    if apart_m > 0:
        tree = cKDTree(xy_m)
        for i, point in enumerate(xy_m):
            if kept[i]:
                near = np.asarray(tree.query_ball_point(point, np.nextafter(apart_m, 0)), dtype=np.int64)
                kept[near[near > i]] = False
    return kept
