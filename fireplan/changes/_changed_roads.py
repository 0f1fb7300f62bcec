"""The streets that changes closed, opened, built, and made slower or faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.changes._new_roads import BuildRoad
from fireplan.roads._added_streets import ground_m, laid_lines
from fireplan.scenario import root

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario

KINDS = ("closed", "opened", "built", "slower", "faster")
"""What may have become of a street, what matters most first."""

NOTICEABLE = 1e-3
"""A time that differs by a smaller share than this is the same."""


@takes
def changed_roads(scenario: Scenario, *, before: Scenario | None = None) -> gpd.GeoDataFrame:
    """
    Say which streets are driven otherwise than before.

    Parameters
    ----------
    scenario
        Such as `apply` gives.
    before
        What it is held against; left out: the scenario before any change.

    Returns
    -------
    One row per street, in the CRS of the roads: `kind` ("closed", "opened", "built", "slower", "faster"), `both`
    (whether in both directions), `name`, `highway`, `length_m` [m] and a line. Streets that a limit shuts the vehicle
    out of are closed.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    oldest = root(scenario) if before is None else before
    crs = scenario.roads.crs
    if oldest.roads.geometry_fingerprint == scenario.roads.geometry_fingerprint:
        parts = [_between(oldest.roads, scenario.roads)]
    else:
        parts = [*_step_by_step(oldest, scenario), *_not_built(oldest, scenario)]
    parts = [part.to_crs(crs) for part in parts if len(part)]
    if not parts:
        return _rows(scenario.roads, np.empty(0, dtype=np.int64), np.empty(0, dtype=object), np.empty(0, dtype=bool))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)


def _chain(scenario: Scenario) -> list[Scenario]:
    """A scenario and those that it comes from, itself first."""
    found: list[Scenario] = []
    step: Scenario | None = scenario
    while step is not None:
        found.append(step)
        step = step.parent
    return found


def _not_built(before: Scenario, scenario: Scenario) -> list[gpd.GeoDataFrame]:
    """Roads that were built in what a scenario is held against, and not in the scenario: there they are closed."""
    mine = _chain(scenario)
    built = {change for step in mine for change in step.changes if isinstance(change, BuildRoad)}
    return [
        _built(change, before.roads).assign(kind="closed")
        for step in _chain(before)
        if not any(step is one for one in mine)
        for change in step.changes
        if isinstance(change, BuildRoad) and change not in built
    ]


def _step_by_step(oldest: Scenario, scenario: Scenario) -> list[gpd.GeoDataFrame]:
    """Follow the changes one by one: where a road was built, streets before and after cannot be told row by row."""
    line = _chain(scenario)
    first = next((step for step in line if step is oldest), line[-1])
    line = line[: next(i for i, step in enumerate(line) if step is first)]
    tables, parts = first.tables, []
    begin = tables.roads
    for child in reversed(line):
        for change in child.changes:
            after = change(tables)
            if isinstance(change, BuildRoad):
                parts.append(_between(begin, tables.roads))
                parts.append(_built(change, tables.roads))
                begin = after.roads
            tables = after
    same = begin.geometry_fingerprint == scenario.roads.geometry_fingerprint
    return [*parts, _between(begin, scenario.roads)] if same else parts


def _between(one: RoadNetwork, other: RoadNetwork) -> gpd.GeoDataFrame:
    """Find the streets of which the times differ, on networks that have the same."""
    if one is other:
        none = np.empty(0, dtype=np.int64)
        return _rows(other, none, np.empty(0, dtype=object), np.empty(0, dtype=bool))
    kind = np.full(other.n_streets, "", dtype=object)
    ways = np.zeros(other.n_streets, dtype=np.int64)
    for name in ("faster", "slower", "opened", "closed"):
        mine = np.column_stack([_became(a, b, name) for a, b in ((one.there_s, other.there_s),
                                                                 (one.back_s, other.back_s))])  # fmt: skip
        found = mine.any(axis=1)
        kind[found] = name
        ways[found] = mine[found].sum(axis=1)
    open_before = np.isfinite(np.column_stack([one.there_s, one.back_s])).sum(axis=1)
    rows = np.flatnonzero(kind != "")
    whole = (ways == 2) | ((kind == "closed") & (ways == open_before))
    return _rows(other, rows, kind[rows], whole[rows])


def _became(before_s: NDArray[np.float64], after_s: NDArray[np.float64], kind: str) -> NDArray[np.bool_]:
    was, now = np.isfinite(before_s), np.isfinite(after_s)
    if kind in {"opened", "closed"}:
        return np.asarray(now & ~was if kind == "opened" else was & ~now)
    both = was & now
    with np.errstate(invalid="ignore"):
        more_s = after_s - before_s
        noticeable = both & (np.abs(more_s) > NOTICEABLE * before_s)
    return np.asarray(noticeable & (more_s < 0 if kind == "faster" else more_s > 0))


def _rows(
    roads: RoadNetwork, rows: NDArray[np.int64], kind: NDArray[np.object_], both: NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    columns = {
        "kind": kind,
        "both": both,
        "name": roads.street_name[rows].astype(object),
        "highway": roads.highway[rows].astype(object),
        "length_m": roads.length_m[rows],
    }
    return gpd.GeoDataFrame(columns, geometry=roads.streets.geometry.array[rows], crs=roads.crs)


def _built(change: BuildRoad, roads: RoadNetwork) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    new = change.street(roads)
    laid = [line for _, line in laid_lines(roads, new, change.joints(roads, new))]
    columns = {
        "kind": ["built"], "both": [not new.oneway], "name": [new.name], "highway": [new.highway],
        "length_m": [sum(ground_m(line, roads) for line in laid)],
    }  # fmt: skip
    # Pieces follow one on the other, if not by the same digits: none is left out.
    whole = shapely.LineString(np.vstack([shapely.get_coordinates(line) for line in laid]))
    return gpd.GeoDataFrame(columns, geometry=[shapely.remove_repeated_points(whole)], crs=roads.crs)
