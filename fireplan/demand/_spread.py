"""Zones with area at several points: along their streets, or at their dwellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import InputError, UnknownIdError

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

PIECE_M = 100.0
"""Streets bear demand in pieces no longer than this, each at its middle. [m]"""

BESIDE_M, FARTHEST_M = 25.0, 50.0
"""
A street bounds a zone if its middle line is this near to the outline; of a zone that has none, if it is as near as the
second. Outlines are drawn by kerbs, fences or middle lines. [m]
"""

COUNTED = ("population", "households", "dwellings", "buildings", "jobs", "incidents")
BLOCK = "block"


@takes
def spread_along_streets(
    zones: gpd.GeoDataFrame, roads: RoadNetwork, *, weights: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """
    Part each zone into points along its own streets, and its weights among them.

    Parameters
    ----------
    zones
        By `zone_id`, with outlines; points stay as they are.
    roads
        The network: motorways and their ramps, tunnels, bridges and scraps bear nobody.
    weights
        Columns that are parted besides `population`, `households`, `dwellings`, `buildings`, `jobs` and `incidents`;
        all others are what each part has like the whole.

    Returns
    -------
    By `zone_id`, such as "Z1/3", with the id of the whole zone in `block`: a point in the middle of each piece of
    street of at most 100 m that lies in the zone, or within 25 m of its outline (50 m, where there is none). Weights
    are parted by length; streets inside count twice, as both their sides are the zone's. Whole numbers stay whole, and
    every zone keeps its sum. Parts on which no weight falls are left out. A zone without a street stays as it is.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> block = town.zones.dissolve().rename_axis("zone_id").assign(population=1000.0)
    >>> parts = fp.demand.spread_along_streets(block, town.roads)
    >>> len(parts), float(parts["population"].sum())
    (80, 1000.0)
    """
    _check(zones)
    shapes = zones.geometry.to_crs(roads.crs).to_numpy()
    doors = roads.doors
    fit = np.flatnonzero(roads.has_doors & ~(doors.carried | doors.scrap) & doors.to_reach)
    count = np.maximum(1, np.ceil(roads.length_m[fit] / PIECE_M).astype(np.int64))
    street = np.repeat(fit, count)
    within = np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)
    lines = roads.streets.geometry.to_numpy()
    middles = shapely.line_interpolate_point(lines[street], (within + 0.5) / np.repeat(count, count), normalized=True)
    length_m = roads.length_m[street] / np.repeat(count, count)
    with_area = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    zone, piece = _beside(shapes, with_area, middles, BESIDE_M)
    bare = np.setdiff1d(with_area, zone)
    more = _beside(shapes, bare, middles, FARTHEST_M)
    zone, piece = np.concatenate([zone, more[0]]), np.concatenate([piece, more[1]])
    order = np.lexsort((piece, zone))
    zone, piece = zone[order], piece[order]
    edge_m = shapely.distance(middles[piece], shapely.boundary(shapes[zone]))
    inside = shapely.intersects(shapes[zone], middles[piece]) & (edge_m > BESIDE_M)
    points = _in_crs(middles[piece], roads.crs, zones)
    return _parted(zones, zone, points, length_m[piece] * np.where(inside, 2.0, 1.0), weights)


@takes
def spread_over_places(
    zones: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, share: str | None = None, weights: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """
    Part each zone into the places that lie in it, such as dwellings or addresses, and its weights among them.

    Parameters
    ----------
    zones
        By `zone_id`, with outlines; points stay as they are.
    places
        Points or footprints with a CRS; a footprint counts by a point inside it.
    share
        Column of the places by which weights are parted, such as the number of flats; left out: each counts once.
    weights
        As in `spread_along_streets`.

    Returns
    -------
    As of `spread_along_streets`, at the places. A zone in which none lies stays as it is.
    """
    _check(zones)
    if share is not None and share not in places.columns:
        raise UnknownIdError("column", share, places.columns)
    if places.crs is None:
        raise InputError("the places have no CRS: call .set_crs('EPSG:4326') if they are in degrees")
    known = places[~(places.geometry.isna() | places.geometry.is_empty)]
    at = known.geometry.to_crs(zones.crs).representative_point().to_numpy()
    counts = np.ones(len(known)) if share is None else known[share].to_numpy(float, na_value=0.0)
    if (counts < 0).any() or not np.isfinite(counts).all():
        raise InputError(f"column {share!r} of the places is negative or infinite: give how much each counts")
    shapes = zones.geometry.to_numpy()
    with_area = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    zone, place = _beside(shapes, with_area, at, 0.0)
    if len(known) and len(with_area) and not len(place):
        raise InputError(
            f"none of {wording.counted(len(known), 'place')} lies in a zone: check the CRS of the places, and whether"
            " longitude and latitude are swapped"
        )
    _, first = np.unique(place, return_index=True)  # on the line between two zones it is the first's
    zone, place = zone[first], place[first]
    order = np.lexsort((place, zone))
    zone, place = zone[order], place[order]
    counted = counts[place] > 0
    return _parted(zones, zone[counted], at[place[counted]], counts[place[counted]], weights)


def _check(zones: gpd.GeoDataFrame) -> None:
    if BLOCK in zones.columns:
        raise InputError(
            "the zones have a column 'block', which is to hold the zone each part is of: call it by another name"
        )
    if zones.crs is None:
        raise InputError("the zones have no CRS: call .set_crs('EPSG:4326') if they are in degrees")


def _beside(
    shapes: NDArray[np.object_], which: NDArray[np.int64], points: NDArray[np.object_], within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which points lie in some of the shapes, or so near to them: rows of shapes, and of points."""
    if not len(which) or not len(points):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(points)
    if within_m:
        row, point = tree.query(shapes[which], predicate="dwithin", distance=within_m)
    else:
        row, point = tree.query(shapes[which], predicate="intersects")
    return which[row], point


def _in_crs(points: NDArray[np.object_], crs: object, zones: gpd.GeoDataFrame) -> NDArray[np.object_]:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    return np.asarray(gpd.GeoSeries(points, crs=crs).to_crs(zones.crs).to_numpy())


def _parted(
    zones: gpd.GeoDataFrame,
    zone: NDArray[np.int64],
    points: NDArray[np.object_],
    share: NDArray[np.float64],
    weights: Collection[str],
) -> gpd.GeoDataFrame:
    """Part zones by rows of zones, points and shares, which come zone by zone; zones without a point stay whole."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    numeric = set(zones.select_dtypes("number").columns)
    for name in weights:
        if name not in numeric:
            raise UnknownIdError("weight", name, sorted(numeric))
    columns = [c for c in zones.columns if c in numeric and c in {*COUNTED, *weights}]
    n = np.bincount(zone, minlength=len(zones))
    alone = np.flatnonzero(n == 0)
    rows = np.concatenate([zone, alone])
    geometry = np.concatenate([points, zones.geometry.to_numpy()[alone]])
    part = np.arange(len(zone)) - np.repeat(np.cumsum(n) - n, n) + 1
    ids = zones.index.astype(str).to_numpy(object)
    names = [f"{z}/{k}" for z, k in zip(ids[zone], part, strict=True)] + list(ids[alone])
    others = zones.drop(columns=zones.geometry.name).iloc[rows]
    table = others.set_axis(pd.Index(names, name="zone_id"), axis=0)
    table[BLOCK] = ids[rows]
    falls = np.zeros(len(rows), dtype=bool)
    falls[len(zone) :] = True
    for column in columns:
        value = zones[column].to_numpy(float, na_value=np.nan)
        values = np.concatenate([_split(value, zone, share), value[alone]])
        kept = zones[column].dtype
        table[column] = (
            values.astype(kept) if pd.api.types.is_integer_dtype(kept) and np.isfinite(values).all() else values
        )
        falls |= ~(values == 0)
    if not columns:
        falls[:] = True
    first = np.zeros(len(rows), dtype=bool)
    first[np.searchsorted(zone, np.flatnonzero(n))] = True
    bears = np.bincount(rows, weights=falls, minlength=len(zones)) > 0
    falls |= first & ~bears[rows]  # of a zone in which nobody lives one part stays
    order = np.argsort(rows, kind="stable")
    order = order[falls[order]]
    found = gpd.GeoDataFrame(table.iloc[order], geometry=geometry[order], crs=zones.crs)
    found.attrs = dict(zones.attrs)
    return found


def _split(value: NDArray[np.float64], zone: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part the value of each zone by shares, whole numbers into whole ones, evenly along it; sums are kept."""
    if not len(zone):
        return np.empty(0)
    total = np.bincount(zone, weights=share, minlength=len(value))
    begins = np.flatnonzero(np.diff(zone, prepend=-1))
    run = np.cumsum(share)
    before = np.repeat(run[begins] - share[begins], np.diff(np.append(begins, len(zone))))
    upto = (run - before) / total[zone]  # of its own zone, up to and with each part
    upto[np.append(begins[1:] - 1, len(zone) - 1)] = 1.0
    reached = upto * value[zone]
    whole = (value == np.round(value))[zone]
    reached = np.where(whole, np.floor(reached + 0.5), reached)
    earlier = np.concatenate([[0.0], reached[:-1]])
    earlier[begins] = 0.0
    return np.asarray(reached - earlier)
