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
from fireplan.errors import Faults, listed, one_line, quoted
from fireplan.roads._build_network import build_network, lasting_node_order
from fireplan.roads._graphs.graph_tags import class_named, edge_passages, nodes_met, tag_text, with_exempt
from fireplan.roads._graphs.repairs import repair_geometry, repair_lengths, repair_times, states_speeds
from fireplan.roads._rules.reading_notes import BY_LIMIT, LEFT_OUT, Counts, of_nodes, shut_by_limits
from fireplan.roads._rules.speeds import planning_caveat
from fireplan.roads._rules.vehicles import Vehicle, said_of, vehicle_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork
    from fireplan.roads._rules.access import Passage

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
    vehicle: Vehicle | str = "engine",
    source: str = "",
    notes: tuple[str, ...] = (),
) -> RoadNetwork:
    """
    Build a network from tables.

    Parameters
    ----------
    nodes
        By node id: `x` and `y` in `crs`. Optional: tags of OpenStreetMap, such as `highway` (signals, signs), `railway`
        and `barrier`.
    edges
        By (u, v, key): one row per direction of travel. `travel_time` [s] counts where it stands; else `length` [m]
        over `speed_kph` [km/h]; else over the posted or class speed of `maxspeed` and `highway`. Optional: `length`
        (left out: measured), `name`, `geometry` (left out: straight), and tags of OpenStreetMap, of which `from_osm`
        says what they mean: `access`, `bridge`, `ref` and others.
    crs
        CRS of `x`, `y` and the geometry; left out: that of `nodes`, else WGS 84 if the coordinates fit.
    vehicle
        Who drives: `Vehicle.preset("truck")`, its name, or a vehicle with figures of your own.
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
    driver = vehicle_of(vehicle)
    edges, passages, remark = _driven(with_exempt(_with_ends(edges), driver), driver)
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
    time_s, remark = repair_times(edges, length_m, np.array([p.forward_kph for p in passages]))
    remarks += remark
    if not states_speeds(edges):
        remarks.append(planning_caveat())
    xy_m = project(xy, source=system, target=metric)
    lines = np.asarray(shapely.linestrings(project(coordinates, source=system, target=metric), indices=line))
    rank = np.empty(len(ids), dtype=np.int64)
    rank[lasting_node_order(xy_m, ids)] = np.arange(len(ids))
    streets = _pair(rank[tail], rank[head], lines, time_s, edges)
    named = edges["highway"] if "highway" in edges.columns else [None] * len(edges)
    highway = np.array([class_named(v, p) for v, p in zip(named, passages, strict=True)], dtype=str)[streets.row]
    tally = Counts()
    met = nodes_met(nodes, tail[streets.row], head[streets.row], length_m[streets.row], highway, driver, tally)
    both_sides = np.append(np.arange(len(ids)), met.twin_of).astype(np.int64)
    return build_network(
        crs=metric,
        node_ids=_ids_with_twins(ids, met.twin_of),
        node_xy_m=xy_m[both_sides],
        first=met.first,
        last=met.last,
        length_m=length_m[streets.row],
        there_s=streets.there_s,
        back_s=streets.back_s,
        lines=lines[streets.row],
        highway=highway,
        street_name=_text(edges, "name", "")[streets.row],
        source=source,
        notes=(*said_of(driver), *remarks, *of_nodes(tally)),
        street_ref=np.array([tag_text(ref) for ref in edges["ref"]], dtype=str)[streets.row]
        if "ref" in edges
        else None,
        features=np.array([p.features for p in passages], dtype=np.uint16)[streets.row],
        control=met.control,
        wait_s=met.wait_s,
        vehicle=driver,
    )


def _ids_with_twins(ids: NDArray[np.object_], twin_of: list[int]) -> NDArray[np.object_]:
    """Ids of nodes, and of those on the other sides of barriers: that of the node with a minus, or so many."""
    taken = set(ids.tolist())
    named = ids.tolist()
    for node in twin_of:
        twin = -abs(int(ids[node])) if isinstance(ids[node], int | np.integer) else f"-{ids[node]}"
        while twin in taken:
            twin = f"-{twin}" if isinstance(twin, str) else twin - 1
        taken.add(twin)
        named.append(twin)
    return np.array([*named, None], dtype=object)[:-1]


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


def _driven(edges: pd.DataFrame, vehicle: Vehicle) -> tuple[pd.DataFrame, list[Passage], list[str]]:
    """Leave out what the vehicle does not drive; of several classes one that is driven will do."""
    passages = edge_passages(edges, vehicle)
    driven = np.array([bool(p.highway) for p in passages], dtype=bool)
    remarks = []
    by_class = np.array([p.left_out in OF_A_CLASS for p in passages], dtype=bool) & ~driven
    if by_class.any():
        named = Counter(tag_text(v).split(";")[0].strip() for v in edges["highway"][by_class])
        told = listed(f"{name} ({n})" for name, n in sorted(named.items()))
        remarks.append(f"{wording.counted(by_class.sum(), 'edge')} that no engine drives left out: {told}")
    shut = Counter(p.left_out for p, here in zip(passages, ~driven & ~by_class, strict=True) if here)
    if shut:
        told = listed(
            (f"{LEFT_OUT[why]} ({n}{_km_of(edges, passages, why)})" for why, n in sorted(shut.items())), most=20
        )
        remarks.append(f"{wording.counted(sum(shut.values()), 'edge')} left out: {told}")
    remarks += _shut(edges, passages)
    remarks += _told(passages)
    kept = [p for p in passages if p.highway]
    return (edges if driven.all() else edges[driven].reset_index(drop=True)), kept, remarks


OF_A_CLASS = {"on_foot", "track", "construction", "other", ""}
"""Reasons to leave out that lie in the class of a way."""


def _shut(edges: pd.DataFrame, passages: list[Passage]) -> Iterator[str]:
    """Name the streets that shut out the vehicle by its size or weight."""
    tally = Counts()
    rows = [row for row, one in enumerate(passages) if one.left_out in BY_LIMIT]
    for row in rows:
        said = (tag_text(edges[key].iloc[row]) for key in ("name", "ref") if key in edges.columns)
        tally.add(f"shut {next(filter(None, said), 'without a name')}")
    return shut_by_limits(tally)


def _km_of(edges: pd.DataFrame, passages: list[Passage], why: str) -> str:
    """Kilometres of edges that are left out for one reason, where their lengths are stated."""
    if "length" not in edges.columns:
        return ""
    length_m = pd.to_numeric(edges["length"], errors="coerce")
    km = length_m[[p.left_out == why for p in passages]].sum() / 1000
    return f", {km:,.1f} km" if np.isfinite(km) else ""


def _told(passages: list[Passage]) -> list[str]:
    """Say what is passed over of edges that are driven."""
    tally = Counts()
    for one in passages:
        for key in one.told if one.highway else ():
            tally.n[key] += 1
    said = [f"{key.removeprefix('limit ')} (not read)" for key in tally.n if key.startswith("limit ")]
    said += [key.removeprefix("conditional ") for key in tally.n if key.startswith("conditional ")]
    notes = [f"edges with what is not reckoned with: {listed(sorted(said))}"] if said else []
    if tally.n["weight rule"]:
        edges = wording.counted(tally.n["weight rule"], "edge")
        notes.append(
            f"{edges} with a posted weight under that of the vehicle and no bridge: driven, as a rule of traffic"
        )
    return notes


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
        faults.add(f"node {one_line(ids[i])} has no coordinates (x = {xy[i, 0]}, y = {xy[i, 1]})")
    for i in np.flatnonzero(loose)[:5]:
        u, v = edges["u"].iloc[i], edges["v"].iloc[i]
        faults.add(f"edge {one_line(u)} -> {one_line(v)} leads to or from a node that is not there")
    faults.raise_if_any()


class _Streets:
    """Edges paired into streets: which edge draws each street, and the time in both directions."""

    def __init__(self, row: NDArray[np.int64], there_s: NDArray[np.float64], back_s: NDArray[np.float64]) -> None:
        self.row, self.there_s, self.back_s = row, there_s, back_s


def _pair(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    lines: NDArray[np.object_],
    time_s: NDArray[np.float64],
    edges: pd.DataFrame,
) -> _Streets:
    """
    Join opposite edges that run along the same line; of identical edges the fastest counts, and gives the rest.

    A line and its reverse are told apart by their coordinates, so that loops pair up too. Of edges that are as fast,
    the first by name, number and class counts. Ends are numbers of nodes in their lasting order.
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
    table = table.assign(time_s=time_s, said="")
    alike = table.duplicated(["low", "high", "line", "turned", "time_s"], keep=False).to_numpy()
    if alike.any():
        told = [edges[c][alike].map(tag_text) for c in ("name", "ref", "highway", "length") if c in edges.columns]
        table.loc[alike, "said"] = ["\0".join(texts) for texts in zip(*told, strict=True)] if told else ""
    table = table.sort_values(["turned", "time_s", "said", "row"], kind="stable")
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
