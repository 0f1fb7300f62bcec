"""Candidate sites are checked: what is asked for, the tables they come from, and that an engine can leave by road."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan.crs import PLACE_DECIMALS, WGS84
from fireplan.errors import Faults, listed, quoted
from fireplan.roads import snap
from fireplan.travel import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from fireplan.roads import OnRoad, RoadNetwork
    from fireplan.scenario import Scenario

    Area: TypeAlias = BaseGeometry | gpd.GeoDataFrame | gpd.GeoSeries | None

OWN_COLUMNS = ("candidate_id", "geometry")
COORDINATES = {"latitude": 90.0, "longitude": 180.0}
"""Columns of a list, and how far from zero they can be. [°]"""


def area_m(within: Area, scenario: Scenario, faults: Faults) -> BaseGeometry | None:
    """Give the polygon to keep to, in the metric CRS; None: there is none, or it is at fault."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if within is None:
        return None
    if isinstance(within, gpd.GeoDataFrame | gpd.GeoSeries):
        outlines = within.geometry
    elif isinstance(within, shapely.Geometry):
        outlines = gpd.GeoSeries([within], crs=WGS84)
    else:
        faults.add("within is no polygon: give one of Shapely in EPSG:4326, or a GeoDataFrame or GeoSeries")
        return None
    if outlines.crs is None:
        faults.add("within has no crs: call .set_crs('EPSG:4326') if its coordinates are longitude and latitude")
        return None
    outlines = outlines[~(outlines.isna() | outlines.is_empty)]
    if not len(outlines) or (shapely.get_dimensions(outlines.array) < 2).any():
        faults.add("within holds no polygon, or something else beside: give polygons only")
        return None
    whole: BaseGeometry = outlines.make_valid().to_crs(scenario.roads.crs).union_all()
    if not np.isfinite(whole.bounds).all():
        faults.add("within reaches beyond what the metric CRS of the roads can hold: check its coordinates and its crs")
        return None
    return whole


def check_metres(faults: Faults, *, zero: bool = False, **sizes: float) -> None:
    """Note sizes that are not above zero; `zero`: they may be zero."""
    for name, size in sizes.items():
        if not (np.isfinite(size) and (size > 0 or (zero and size == 0))):
            faults.add(f"{name} is {size}: give a number above zero{', or 0' if zero else ''}")


def check_shapes(table: Any, faults: Faults, kinds: tuple[str, ...], mend: str) -> bool:  # noqa: ANN401 - anything
    """Note what is wrong with the geometry of a table; says whether it has any at all."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if not isinstance(table, gpd.GeoDataFrame):
        faults.add("it is not a GeoDataFrame: build one with geopandas.GeoDataFrame(..., geometry=..., crs=...)")
        return False
    if table.active_geometry_name is None:
        faults.add(f"it has no geometry: {mend}")
        return False
    shapes = table.geometry
    if shapes.crs is None:
        faults.add("crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude")
    missing = (shapes.isna() | shapes.is_empty).to_numpy()
    other = ~missing & ~shapes.geom_type.isin(kinds).to_numpy()
    if missing.any():
        faults.add(f"geometry is missing in {rows_named(missing)}")
    if other.any():
        faults.add(f"geometry is no {' or '.join(kinds).lower()} in {rows_named(other)}: {mend}")
    return True


def coordinates(table: pd.DataFrame, faults: Faults) -> NDArray[np.float64]:
    """Read `longitude` and `latitude` from columns, and note what is wrong with them."""
    there = list(getattr(table, "columns", ()))
    lacking = [c for c in COORDINATES if c not in there]
    for column in lacking:
        faults.add(f"column '{column}' is missing: it has {listed(map(quoted, there)) or 'none'}")
    if lacking:
        return np.empty((0, 2))
    degrees = {c: pd.to_numeric(table[c], errors="coerce").to_numpy(float, na_value=np.nan) for c in COORDINATES}
    for column, most in COORDINATES.items():
        lost = ~np.isfinite(degrees[column])
        if lost.any():
            faults.add(f"{column} is no number in {rows_named(lost)}: write degrees with a decimal point")
        off = ~lost & (np.abs(degrees[column]) > most)
        if off.any():
            faults.add(
                f"{column} is outside -{most:g} to {most:g} degrees in {rows_named(off)}: are the columns swapped?"
            )
    return np.column_stack([degrees["longitude"], degrees["latitude"]])


def ids_of(table: pd.DataFrame, letter: str, faults: Faults) -> pd.Index:
    """Take the ids of a table as text: a column, else its index, else numbers."""
    if "candidate_id" in table:
        ids = pd.Index(table["candidate_id"])
    elif isinstance(table.index, pd.RangeIndex):
        return numbered(letter, len(table))
    else:
        ids = table.index
    if ids.nlevels > 1:
        faults.add("the index has several levels: give each site one id, in a column 'candidate_id'")
        return pd.Index([])
    text = pd.Index([str(i).strip() for i in ids], dtype="str")
    blank = ids.isna() | (text == "")
    if blank.any():
        faults.add(f"the id is missing in {rows_named(blank)}")
    for twice in text[~blank & text.duplicated()].unique()[:5]:
        faults.add(f"id {quoted(twice)} appears twice or more ({rows_named(text == twice)}): ids must be unique")
    return text


def numbered(letter: str, n: int) -> pd.Index:
    """Make ids: a letter and a running number."""
    width = max(4, len(str(n)))
    return pd.Index([f"{letter}{i:0{width}}" for i in range(1, n + 1)], dtype="str")


def table_of(lonlat: NDArray[np.float64], ids: pd.Index, rest: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """Make the table of sites, coordinates rounded."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    rest = pd.DataFrame(index=ids) if rest is None else rest.drop(columns=list(OWN_COLUMNS), errors="ignore")
    points = shapely.points(np.round(lonlat, PLACE_DECIMALS))
    return gpd.GeoDataFrame(rest.set_axis(ids.rename("candidate_id")), geometry=points, crs=WGS84)


def inside(sites: gpd.GeoDataFrame, scenario: Scenario, area: BaseGeometry | None) -> NDArray[np.bool_]:
    """Say which sites lie in a polygon."""
    if area is None:
        return np.ones(len(sites), dtype=bool)
    shapely.prepare(area)
    points = sites.geometry.to_crs(scenario.roads.crs).array
    return np.asarray(shapely.intersects(area, np.asarray(points)))


def asked_for(
    sites: gpd.GeoDataFrame, scenario: Scenario, area: BaseGeometry | None, notes: list[str], *, what: str
) -> gpd.GeoDataFrame:
    """Keep the sites of somebody's table that can be used, and say of every other one why not."""
    within = inside(sites, scenario, area)
    if not within.all():
        notes = [*notes, f"{count_of_all(~within)} {what} left out: outside the area asked for"]
    return usable(sites[within], scenario, what=what, notes=notes)


def usable(sites: gpd.GeoDataFrame, scenario: Scenario, *, what: str, notes: Iterable[str] = ()) -> gpd.GeoDataFrame:
    """Keep the sites that an engine can leave by road; `attrs["notes"]` says what was left out."""
    on_road = snap(scenario.roads, sites.geometry, limit_m=scenario.snap_limit_m, freeways=False)
    off = on_road.street < 0
    island = ~off & ~_leads_on(scenario.roads, on_road) & ~_among_people(scenario, on_road)
    near = f"farther than {wording.distance(scenario.snap_limit_m)} from every street that a door may open on"
    cut_off = (
        "on streets from which an engine cannot drive to the main part of the network, nor about an island with demand"
    )
    told = [*notes]
    told += [
        f"{count_of_all(lost)} {what} left out: {why}" for lost, why in ((off, near), (island, cut_off)) if lost.any()
    ]
    kept = sites[~off & ~island]
    if not len(kept):
        faults = Faults("candidate sites")
        faults.add(f"none is left ({'; '.join(told) or f'there are no {what}'}): look at the area and at the roads")
        faults.raise_if_any()
    kept.attrs = {"notes": told}
    return kept


def _leads_on(roads: RoadNetwork, on_road: OnRoad) -> NDArray[np.bool_]:
    """Say which points an engine can leave for the largest part of the network in which every node can be reached."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import breadth_first_order  # noqa: PLC0415

    graph, n = roads.graph, roads.n_nodes
    back = csr_array((np.ones(len(graph.head), dtype=np.int8), graph.head, graph.start), shape=(n, n)).T.tocsr()
    main = int(np.argmin(roads.component))
    leads = np.zeros(n, dtype=bool)
    leads[breadth_first_order(back, main, return_predecessors=False)] = True
    placed = np.flatnonzero(on_road.street >= 0)
    out = np.zeros(len(on_road), dtype=bool)
    first, last = roads.routing.nodes_entered(on_road.street[placed], on_road.along[placed])
    out[placed] = (leads[first] & (first >= 0)) | (leads[last] & (last >= 0))
    return out


def _among_people(scenario: Scenario, on_road: OnRoad) -> NDArray[np.bool_]:
    """Say which points stand on a part of the roads of its own, such as an island, where there are zones."""
    roads = scenario.roads
    zones = places(scenario, "zones").on_road.street
    inhabited = np.unique(roads.part[roads.first[zones[zones >= 0]]])
    fit = roads.doors.to_leave & (roads.part[roads.first] != 0) & np.isin(roads.part[roads.first], inhabited)
    return np.append(fit, False)[on_road.street]


def count_of_all(lost: NDArray[np.bool_]) -> str:
    """Count: ``3 of 1,200``."""
    return f"{wording.count(lost.sum())} of {wording.count(len(lost))}"


def rows_named(which: Any) -> str:  # noqa: ANN401 - a mask of any kind
    """Name the rows of a table in which something holds."""
    rows = np.flatnonzero(np.asarray(which)) + 1
    return f"row{'s' if len(rows) > 1 else ''} {listed(rows)}"
