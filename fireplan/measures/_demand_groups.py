"""Parts of the ground that figures are broken down by: columns of the zones, first due, a planner's own outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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

NOT_KNOWN = "not known"
"""The group of what lies in none."""


def groups_at(
    scenario: Scenario,
    goal: Objective,
    measure: Measure,
    groups: str | pd.Series[Any] | gpd.GeoDataFrame,
    name: str | None,
) -> tuple[NDArray[np.int64], list[object], str]:
    """Say of each place of a measure which group it lies in (-1: none), what the groups are, and what to call them."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    zones = held(scenario).zones
    if isinstance(groups, gpd.GeoDataFrame):
        if name is not None and name not in groups.columns:
            raise UnknownIdError("column of the groups", name, [c for c in groups.columns if c != "geometry"])
        if groups.crs is None:
            raise InputError("groups have no CRS: use .set_crs('EPSG:4326') if they are in longitude and latitude")
        values = pd.Series((groups.index if name is None else groups[name]).to_numpy(object))
        row = zone_of(points_of(scenario, measure.places), groups)
        what = name or str(groups.index.name or "group")
    elif isinstance(groups, str) and groups == FIRST_DUE:
        row = first_due_rows(scenario, measure.places, needs=goal.needs, interval=goal.interval)
        values, what = pd.Series(held(scenario).stations.index.to_numpy(object)), FIRST_DUE
    else:
        if isinstance(groups, str):
            if groups not in zones.columns or groups == "geometry":
                raise UnknownIdError("column of the zones", groups, [*(c for c in zones if c != "geometry"), FIRST_DUE])
            groups = zones[groups]
        strange = groups.index[~groups.index.isin(zones.index)]
        if len(strange):
            raise InputError(f"groups name {listed(map(quoted, strange))}, which are no zones: index them by zone_id")
        values, what = groups.reindex(zones.index).reset_index(drop=True), str(groups.name or "group")
        row = zones_of(scenario, measure.places)
    code, labels = pd.factorize(values, sort=True)
    return np.append(code, -1)[row], list(labels), what
