"""Roads from tables of nodes and directed edges, such as OSMnx makes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.crs import WGS84, known_crs, metric_crs, project
from fireplan.errors import Faults, listed, quoted
from fireplan.roads._classes import NOT_DRIVEN
from fireplan.roads._network import RoadNetwork, build_network
from fireplan.roads._repairs import repair_geometry, repair_lengths, repair_times, states_speeds
from fireplan.roads._speeds import planning_caveat

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

SAME_PLACE_M = 0.01
"""Vertices nearer than this are the same. [m]"""

TRUE_SCALE = 0.005
"""A projection whose scale is off by more than this share is not measured in."""


@takes
def from_frames(
    nodes: gpd.GeoDataFrame | pd.DataFrame,
    edges: gpd.GeoDataFrame | pd.DataFrame,
    *,
    crs: object = None,
    source: str = "",
    notes: tuple[str, ...] = (),
) -> RoadNetwork:
    """
    Build a network from tables.

    Parameters
    ----------
    nodes
        By node id: `x` and `y` in `crs`.
    edges
        By (u, v, key): one row per direction of travel. `travel_time` [s] counts where it stands; else `length` [m]
        over `speed_kph` [km/h]; else over the posted or class speed of `maxspeed` and `highway`. Optional: `length`
        (left out: measured), `name`, `geometry` (left out: straight).
    crs
        CRS of `x`, `y` and the geometry; left out: that of `nodes`, else WGS 84 if the coordinates fit.
    source
        What to name in footers.
    notes
        Sentences to keep beside those found here.

    Returns
    -------
    A street for every pair of opposite edges with the same line, and for every edge without an opposite.

    Raises
    ------
    TableError, NetworkError
        With all faults: no nodes, coordinates that are missing or do not fit the CRS, edges to nodes that are not
        there, times or speeds that are negative, NaN or infinite.
    """
    system, found = _crs_of(nodes, crs)
    remarks = [*notes, *found]
    edges, remark = _driven(_with_ends(edges))
    remarks += remark
    if remark:
        nodes = nodes[nodes.index.isin(pd.concat([edges["u"], edges["v"]]))]
    ids = nodes.index.to_numpy(dtype=object)
    xy = np.column_stack([pd.to_numeric(nodes[c], errors="coerce").to_numpy(float) for c in ("x", "y")])
    _check_ids(nodes.index, source)
    place = pd.Series(np.arange(len(ids)), index=ids)
    tail = place.reindex(edges["u"]).to_numpy()
    head = place.reindex(edges["v"]).to_numpy()
    _check_ends(ids, xy, edges, np.isnan(tail) | np.isnan(head), source)
    tail, head = tail.astype(np.int64), head.astype(np.int64)
    lonlat = project(xy, source=system, target=WGS84)
    metric = system if _is_metric(system, lonlat) else metric_crs(lonlat[:, 0], lonlat[:, 1])
    lines, remark = repair_geometry(edges, xy[tail], xy[head])
    remarks += remark
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    length_m, remark = repair_lengths(edges, project(coordinates, source=system, target=WGS84), line)
    remarks += remark
    time_s, remark = repair_times(edges, length_m)
    remarks += remark
    if not states_speeds(edges):
        remarks.append(planning_caveat())
    xy_m = project(xy, source=system, target=metric)
    lines = np.asarray(shapely.linestrings(project(coordinates, source=system, target=metric), indices=line))
    streets = _pair(tail, head, lines, time_s)
    return build_network(
        crs=metric,
        node_ids=ids,
        node_xy_m=xy_m,
        first=tail[streets.row],
        last=head[streets.row],
        length_m=length_m[streets.row],
        there_s=streets.there_s,
        back_s=streets.back_s,
        lines=lines[streets.row],
        highway=_text(edges, "highway", "unclassified")[streets.row],
        street_name=_text(edges, "name", "")[streets.row],
        source=source,
        notes=tuple(remarks),
    )


def _crs_of(nodes: pd.DataFrame, crs: object) -> tuple[pyproj.CRS, list[str]]:
    """Find out what system the coordinates are in, and whether they can be."""
    named = crs if crs is not None else getattr(nodes, "crs", None)
    faults = Faults("network")
    if not {"x", "y"} <= set(nodes.columns):
        faults.add("columns 'x' and 'y' are missing from the nodes")
        faults.raise_if_any()
    xy = nodes[["x", "y"]].apply(pd.to_numeric, errors="coerce")
    fits = bool((xy["x"].abs().max() <= 180.0001) and (xy["y"].abs().max() <= 90.0001)) or xy.empty
    if named is None:
        if not fits:
            faults.add("crs is missing and the coordinates are not longitude and latitude: name the crs")
            faults.raise_if_any()
        return WGS84, ["crs is missing: WGS 84 assumed, which the coordinates fit"]
    system = known_crs(named, what="network")
    if system.is_geographic and not fits:
        faults.add(
            f"crs says {system.to_string()}, longitude and latitude, but x reaches {xy['x'].abs().max():,.0f}:"
            " the coordinates look like metres; name their crs"
        )
        faults.raise_if_any()
    return system, []


def _is_metric(system: pyproj.CRS, lonlat: NDArray[np.float64]) -> bool:
    """Whether a metre of the system is a metre on the ground here; in Web Mercator, say, it is not."""
    if not system.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in system.axis_info):
        return False
    scale = pyproj.Proj(system).get_factors(*lonlat.mean(axis=0))
    return all(abs(s - 1.0) < TRUE_SCALE for s in (scale.meridional_scale, scale.parallel_scale))


def _with_ends(edges: pd.DataFrame) -> pd.DataFrame:
    """Edges with `u` and `v` as columns, whether they stood in the index or not."""
    table = edges if {"u", "v"} <= set(edges.columns) else edges.reset_index()
    faults = Faults("network")
    for column in ("u", "v"):
        if column not in table.columns:
            faults.add(f"'{column}' is missing from the edges: index them by (u, v, key)")
    faults.raise_if_any()
    return table.reset_index(drop=True)


def _driven(edges: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out footpaths and others that no engine drives; of several classes one that is driven will do."""
    if "highway" not in edges.columns:
        return edges, []
    classes = [v if isinstance(v, list | tuple) else str(v).split(";") for v in edges["highway"]]
    walked = np.array([bool(c) and all(str(v).strip() in NOT_DRIVEN for v in c) for c in classes], dtype=bool)
    if not walked.any():
        return edges, []
    named = Counter(str(c[0]).strip() for c, w in zip(classes, walked, strict=True) if w)
    told = listed(f"{name} ({n})" for name, n in sorted(named.items()))
    return edges[~walked].reset_index(drop=True), [
        f"{wording.counted(walked.sum(), 'edge')} that no engine drives left out: {told}"
    ]


def _check_ids(ids: pd.Index, source: str) -> None:
    faults = Faults(f"network {source}".strip())
    for twice in ids[ids.duplicated()].unique()[:5]:
        faults.add(f"node {quoted(twice)} appears more than once: ids must be unique")
    faults.raise_if_any()


def _check_ends(
    ids: NDArray[np.object_],
    xy: NDArray[np.float64],
    edges: pd.DataFrame,
    loose: NDArray[np.bool_],
    source: str,
) -> None:
    faults = Faults(f"network {source}".strip())
    if len(ids) == 0:
        faults.add("it has no nodes")
    for i in np.flatnonzero(~np.isfinite(xy).all(axis=1))[:5]:
        faults.add(f"node {ids[i]} has no coordinates (x = {xy[i, 0]}, y = {xy[i, 1]})")
    for i in np.flatnonzero(loose)[:5]:
        u, v = edges["u"].iloc[i], edges["v"].iloc[i]
        faults.add(f"edge {u} -> {v} leads to or from a node that is not there")
    faults.raise_if_any()


class _Streets:
    """Edges paired into streets: which edge draws each street, and the time in both directions."""

    def __init__(self, row: NDArray[np.int64], there_s: NDArray[np.float64], back_s: NDArray[np.float64]) -> None:
        self.row, self.there_s, self.back_s = row, there_s, back_s


def _pair(
    tail: NDArray[np.int64], head: NDArray[np.int64], lines: NDArray[np.object_], time_s: NDArray[np.float64]
) -> _Streets:
    """
    Join opposite edges that run along the same line; of identical edges the fastest counts, and gives the rest.

    A line and its reverse are told apart by their coordinates, so that loops pair up too.
    """
    forth = shapely.to_wkb(shapely.set_precision(lines, SAME_PLACE_M, mode="pointwise"))
    back = shapely.to_wkb(shapely.set_precision(shapely.reverse(lines), SAME_PLACE_M, mode="pointwise"))
    turned = (tail > head) | ((tail == head) & (forth > back))
    table = pd.DataFrame(
        {
            "low": np.minimum(tail, head),
            "high": np.maximum(tail, head),
            "line": np.where(turned, back, forth),
            "turned": turned,
            "row": np.arange(len(tail)),
            "there_s": np.where(turned, np.inf, time_s),
            "back_s": np.where(turned, time_s, np.inf),
        }
    )
    table = table.assign(time_s=time_s).sort_values(["turned", "time_s", "row"], kind="stable")
    grouped = table.groupby(["low", "high", "line"], sort=False).agg(
        turned=("turned", "first"), row=("row", "first"), there_s=("there_s", "min"), back_s=("back_s", "min")
    )
    # A street known only from its turned edge is drawn in that edge's direction.
    turned_only = grouped["turned"].to_numpy()
    there_s, back_s = grouped["there_s"].to_numpy(), grouped["back_s"].to_numpy()
    return _Streets(
        grouped["row"].to_numpy(), np.where(turned_only, back_s, there_s), np.where(turned_only, there_s, back_s)
    )


def _text(edges: pd.DataFrame, column: str, missing: str) -> NDArray[np.str_]:
    """Text of a column that may hold lists, numbers or nothing."""
    if column not in edges.columns:
        return np.full(len(edges), missing)
    return np.array([_one_text(value, missing) for value in edges[column]], dtype=str)


def _one_text(value: object, missing: str) -> str:
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return missing if value is None or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself
