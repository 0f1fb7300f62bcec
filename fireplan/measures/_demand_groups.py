"""Parts of the ground that figures are broken down by: columns of the zones, first due, a planner's own outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan.demand import zone_of
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.measures._demand_measures import FIRST_DUE, points_of, zones_of
from fireplan.scenario import held
from fireplan.travel._first_due import first_due_rows

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.measures._demand_measures import Measure
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

NOT_KNOWN, IN_NONE = "not known", "in none of them"
"""The group of what has no value, and of what lies in none of the outlines."""


class GroundGroups(NamedTuple):
    """Which group each place lies in (-1: none), what the groups are, what to call them, and what to call the rest."""

    code: NDArray[np.int64]
    labels: list[object]
    what: str
    rest: str


def groups_at(
    scenario: Scenario,
    goal: Objective,
    measure: Measure,
    groups: str | pd.Series[Any] | gpd.GeoDataFrame | gpd.GeoSeries,
    name: str | None,
) -> GroundGroups:
    """Say of each place of a measure which group it lies in."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if isinstance(groups, gpd.GeoDataFrame | gpd.GeoSeries):
        return _in_outlines(points_of(scenario, measure.places), groups, name)
    zones = held(scenario).zones
    if isinstance(groups, str) and groups == FIRST_DUE:
        row = first_due_rows(scenario, measure.places, needs=goal.needs, interval=goal.interval)
        values, what = pd.Series(held(scenario).stations.index.to_numpy(object)), FIRST_DUE
    else:
        if isinstance(groups, str):
            if groups not in zones.columns or groups == "geometry":
                raise UnknownIdError("column of the zones", groups, [*(c for c in zones if c != "geometry"), FIRST_DUE])
            groups = zones[groups]
        if groups.index.has_duplicates:
            twice = groups.index[groups.index.duplicated()].unique()
            raise InputError(f"groups name {listed(map(quoted, twice))} more than once: give each zone one value")
        strange = groups.index[~groups.index.isin(zones.index)]
        if len(strange):
            raise InputError(f"groups name {listed(map(quoted, strange))}, which are no zones: index them by zone_id")
        values, what = groups.reindex(zones.index).reset_index(drop=True), str(groups.name or "group")
        row = zones_of(scenario, measure.places)
    return _coded(values, row, what, NOT_KNOWN)


def _in_outlines(points: gpd.GeoSeries, outlines: gpd.GeoDataFrame | gpd.GeoSeries, name: str | None) -> GroundGroups:
    """Say in which outline each point lies."""
    frame: Any = outlines if hasattr(outlines, "columns") else outlines.to_frame("geometry")
    if frame.crs is None:
        raise InputError("groups have no CRS: use .set_crs('EPSG:4326') if they are in longitude and latitude")
    if name is None and isinstance(frame.index, pd.RangeIndex):
        texts = [c for c in frame.select_dtypes(exclude="number") if c != frame.geometry.name]
        name = texts[0] if len(texts) == 1 else None  # what else would the outlines be called by
    if name is not None and name not in frame.columns:
        raise UnknownIdError("column of the groups", name, [c for c in frame.columns if c != frame.geometry.name])
    values = pd.Series((frame.index if name is None else frame[name]).to_numpy(object))
    _refuse_overlaps(points, frame, values)
    return _coded(values, zone_of(points, frame), name or str(frame.index.name or "group"), IN_NONE)


def _coded(values: pd.Series[Any], row: NDArray[np.int64], what: str, rest: str) -> GroundGroups:
    code, labels = pd.factorize(values, sort=True)
    return GroundGroups(np.append(code, -1)[row], list(labels), what, rest)


def _refuse_overlaps(points: gpd.GeoSeries, outlines: gpd.GeoDataFrame, names: pd.Series[Any]) -> None:
    """Refuse outlines that share ground on which something lies: each place would be counted in one of them alone."""
    geometry = points.to_crs(outlines.crs).array
    here = np.flatnonzero(~(shapely.is_missing(geometry) | shapely.is_empty(geometry)))
    point, outline = shapely.STRtree(outlines.geometry.array).query(geometry[here], predicate="within")
    code = pd.factorize(names)[0]
    both = pd.DataFrame({"point": point, "code": code[outline]}).drop_duplicates()
    several = both[both["point"].duplicated(keep=False)]
    if len(several):
        two = [quoted(names[int(np.flatnonzero(code == c)[0])]) for c in several["code"].iloc[:2]]
        raise InputError(
            f"the outlines overlap: {several['point'].nunique()} places lie in more than one, such as"
            f" {' and '.join(two)}: part them first, or ask for one after the other"
        )
