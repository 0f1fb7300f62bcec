"""Whose ground it is, and where a whole force arrives in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import one_each
from fireplan.travel._arrival_surface import ArrivalSurface, as_table, checked_limits, origins_of
from fireplan.travel._crew_choice import has_choice, need_of
from fireplan.travel._first_due import ONE_ENGINE
from fireplan.travel._mesh import BEYOND_S, Arrivals, outline
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import station_places
from fireplan.travel._suppliers import suppliers, units_of_sources
from fireplan.travel._turnout import told_turnout_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._mesh import Mesh

ALMOST = 1e-6
"""What rounding may take from a sum of crews."""

LEAST_LEAD_S = 1e-3
"""Where two stations tie, the one named first leads by this. [s]"""

MOST_LEAD_S = 600.0
"""Lead where no other station arrives at all. [s]"""


@takes
def first_due_areas(
    scenario: Scenario, *, needs: Mapping[str, float] | None = None, interval: str = "travel_s"
) -> gpd.GeoDataFrame:
    """
    Part the ground among the stations by who is first due.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    needs
        Kinds of unit of which a station must house at least one to count; left out: an engine.
    interval
        "travel_s", or "turnout_and_travel_s" to add the planning turnout of the quickest such unit.

    Returns
    -------
    By `station_id`: `area_km2` and the first-due area, in the CRS of `scenario.zones`. A station that is first due
    nowhere has an empty one. Areas do not overlap; together they are all ground near streets that can be reached.

    Notes
    -----
    Each vertex of the mesh over the streets belongs to the station that arrives first. Between two vertices of
    different stations the border is where their leads over the next station, taken as linear, cancel out. As for
    `first_due`, all units are taken to be at home and free, and without units every open station counts.
    """
    starts = station_places(scenario)
    row, later_s, _ = suppliers(scenario, starts, needs=needs or ONE_ENGINE, interval=interval)
    row, quickest = np.unique(row, return_index=True)  # of a station's turnouts the quickest stands first
    origins = origins_of(starts)
    sources = [origins[r] for r in row]
    ground = ArrivalSurface(scenario, sources, farthest_s=np.inf)
    owner, lead_s = _leads(ground, sources, later_s[quickest])
    parts = _parts(ground, owner, lead_s, n=len(row))
    rows = [{"station_id": starts.ids[r], "geometry": part} for r, part in zip(row, parts, strict=True)]
    return as_table(scenario, rows, columns=["station_id"]).set_index("station_id")


def _leads(
    ground: ArrivalSurface, origins: list[tuple[int, float]], later_s: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Who arrives first at each vertex (-1: nobody), and how long before the next. [s]"""
    n = len(ground.mesh.xy_m)
    owner = np.full(n, -1, dtype=np.int32)
    first_s, second_s = np.full((2, n), np.inf, dtype=np.float32)
    # One origin at a time, so that memory does not grow with their number.
    reached = ground.arrivals_of(origins, later_s=later_s.tolist(), keep=False)
    for i, (vertices, arrival_s) in enumerate(reached):
        so_far_s = first_s[vertices]
        second_s[vertices] = np.minimum(second_s[vertices], np.maximum(so_far_s, arrival_s))
        ahead = vertices[arrival_s < so_far_s]
        owner[ahead] = i
        first_s[vertices] = np.minimum(so_far_s, arrival_s)
    owned = owner >= 0
    lead_s = np.full(n, BEYOND_S, dtype=np.float32)
    lead_s[owned] = np.clip(second_s[owned] - first_s[owned], LEAST_LEAD_S, MOST_LEAD_S)
    return owner, lead_s


def _parts(
    ground: ArrivalSurface, owner: NDArray[np.int32], lead_s: NDArray[np.float32], *, n: int
) -> list[shapely.MultiPolygon]:
    """
    Ground of each owner.

    Around an owner's vertices a contour is drawn at no lead: its own vertices lead, their neighbours trail by what
    they lead by. So neighbours find the same border, each from its side.
    """
    triangles = ground.mesh.triangles
    owners = owner[triangles]
    mixed = (owners != owners[:, :1]).any(axis=1)
    beside_owner, beside = [], []
    for a in range(3):
        for b in range(3):
            foreign = mixed & (owners[:, a] != owners[:, b])
            beside_owner.append(owners[foreign, a])
            beside.append(triangles[foreign, b])
    all_owner = np.concatenate([owner, *beside_owner])
    all_vertex = np.concatenate([np.arange(len(owner), dtype=np.int32), *beside])
    order = np.argsort(all_owner, kind="stable")
    start = np.searchsorted(all_owner[order], np.arange(n + 1))
    middle_owner, middles = _middles(ground.mesh, owner, lead_s)
    parts = []
    for i in range(n):
        vertices = np.unique(all_vertex[order[start[i] : start[i + 1]]])
        trails_s = np.where(owner[vertices] == i, -lead_s[vertices], lead_s[vertices])
        own = outline(
            ground.mesh, Arrivals(vertices, trails_s), within_s=0.0, beyond_s=2 * MOST_LEAD_S, space=ground.space
        )
        here = middles[middle_owner == i]
        joined = shapely.union_all([own, *here]) if len(here) else own
        parts.append(shapely.MultiPolygon([p for p in shapely.get_parts(joined) if p.geom_type == "Polygon"]))
    return parts


def _middles(
    mesh: Mesh, owner: NDArray[np.int32], lead_s: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """
    Where three areas meet inside a triangle: the ground between their borders, and who gets it.

    Each border cuts off its own corner, and what is left in the middle goes to whoever leads by most there.
    """
    owners = owner[mesh.triangles]
    a, b, c = owners.T
    meet = np.flatnonzero((a != b) & (b != c) & (c != a))
    corners, owners = mesh.triangles[meet], owners[meet]
    ends = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)]), axis=0)
    lead = lead_s[ends].astype(float)
    share = (lead[0] / (lead[0] + lead[1]))[..., None]
    xy = mesh.xy_m[ends]
    crossings = xy[0] + share * (xy[1] - xy[0])
    most = np.where(owners >= 0, lead_s[corners], -1.0).argmax(axis=1)
    middles = shapely.polygons(crossings) if len(meet) else np.empty(0, dtype=object)
    return owners[np.arange(len(meet)), most], middles


@takes
def erf_areas(
    scenario: Scenario,
    *,
    needs: Sequence[Mapping[str, float]] = ({"engine": 1}, {"engine": 2}, {"engine": 3}),
    within_s: Sequence[float] = (480,),
    interval: str = "travel_s",
) -> gpd.GeoDataFrame:
    """
    Outline where a whole force, such as an effective response force, has arrived within given times.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    needs
        The forces: kinds of unit, or `people`, and how many of each must have arrived. As they stand, the ground where
        one, two and three engines overlap.
    within_s
        Times. [s]
    interval
        "travel_s", or "turnout_and_travel_s" to add each unit's planning turnout.

    Returns
    -------
    One row per force and time, in the order given, times largest first: `force` in words, `within_s` [s], `area_km2`,
    and the outline, in the CRS of `scenario.zones`; empty where the force is nowhere complete in time.

    Notes
    -----
    A force is complete with the arrival that fills its last missing part. At each vertex of the mesh over the streets
    arrivals are counted up; between vertices the time of completion is taken as linear, as in `isochrones`. All units
    are taken to be at home and free.
    """
    faults = Faults("erf_areas")
    limits = checked_limits(within_s, faults)
    forces = [dict(n) for n in needs]
    for force in forces:
        if not force or not all(k in KINDS and 0 < n < np.inf for k, n in force.items()):
            faults.add(f"force {force}: give numbers above zero of {', '.join(KINDS)}")
    if not forces:
        faults.add("needs names no force")
    faults.raise_if_any()
    starts = station_places(scenario)
    wanted = {kind: 1.0 for force in forces for kind in force}
    row, later_s, brings = suppliers(scenario, starts, needs=wanted, interval=interval)
    origins = origins_of(starts)
    sources = [origins[r] for r in row]
    common_s = told_turnout_s(scenario, interval, wanted)
    limits = [s - common_s for s in limits]
    ground = ArrivalSurface(scenario, sources, farthest_s=limits[0])
    reached = list(ground.arrivals_of(sources, later_s=later_s.tolist()))
    vertex = np.concatenate([np.empty(0, dtype=np.int32), *(r.vertices for r in reached)])
    arrival_s = np.concatenate([np.empty(0, dtype=np.float32), *(r.vertex_s for r in reached)])
    source = np.repeat(np.arange(len(row)), [len(r.vertices) for r in reached])
    order = np.lexsort((arrival_s, vertex))
    vertex, arrival_s, source = vertex[order], arrival_s[order], source[order]
    rows: list[dict[str, object]] = []
    for force in forces:
        if has_choice(units_on_duty(scenario, wanted), force):
            housed = units_of_sources(scenario, starts, row, later_s, needs=wanted, interval=interval)
            complete = _chosen(vertex, arrival_s, source, housed, force)
        else:
            complete = _completed(vertex, arrival_s, brings[source], force)
        rows += [
            {"force": wording.force(force), "within_s": s + common_s, "geometry": ground.contour(complete, s)}
            for s in limits
        ]
    return as_table(scenario, rows, columns=["force", "within_s"])


def _completed(
    vertex: NDArray[np.int32], arrival_s: NDArray[np.float32], brings: NDArray[np.float64], force: Mapping[str, float]
) -> Arrivals:
    """When a force is complete at each vertex, from arrivals in order of vertex and time. [s]"""
    # Arrivals stand by vertex, then by time: a running sum less what it was before the vertex's first arrival is what
    # has come there so far. The first arrival with which every kind is complete is the answer; what never is has no
    # row.
    new = np.flatnonzero(np.diff(vertex, prepend=-1))
    complete = np.ones(len(vertex), dtype=bool)
    for kind, needed in force.items():
        counted = np.minimum(brings[:, KINDS.index(kind)], needed)  # so that what brings any number adds up, too
        so_far = np.cumsum(counted)
        before = np.repeat((so_far - counted)[new], np.diff(new, append=len(vertex)))
        complete &= so_far - before >= needed - ALMOST
    filled = np.flatnonzero(complete)
    vertices, first = np.unique(vertex[filled], return_index=True)
    return Arrivals(vertices, arrival_s[filled[first]])


def _chosen(
    vertex: NDArray[np.int32],
    arrival_s: NDArray[np.float32],
    source: NDArray[np.int64],
    housed: list[pd.DataFrame],
    force: Mapping[str, float],
) -> Arrivals:
    """Do as `_completed` does, where crews choose with which unit they come; `housed`: units by source. [s]"""
    every = pd.concat(housed)
    crew, n_units = one_each(every), np.array([len(units) for units in housed])
    first = np.cumsum(n_units) - n_units
    each = n_units[source]  # an arrival of a source is one of each of its units
    unit = np.repeat(first[source] - np.cumsum(each) + each, each) + np.arange(each.sum())
    vertices, begins = np.unique(np.repeat(vertex, each), return_index=True)
    start = np.append(begins, len(unit)).astype(np.int64)
    at = kernel.completing(start, unit.astype(np.int64), supply(every), crew, need_of(force))
    filled = at >= 0
    return Arrivals(vertices[filled], np.repeat(arrival_s, each)[at[filled]])
