"""The ground each station can reach within a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan import kernel
from fireplan.errors import Faults, UnknownIdError
from fireplan.travel.mesh import Mesh, build_mesh, outline
from fireplan.travel.places import station_places
from fireplan.travel.times import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario


def isochrones(
    scenario: Scenario,
    *,
    within_s: Sequence[float] = (240, 480),
    stations: Sequence[str] | None = None,
    dissolve: bool = False,
) -> gpd.GeoDataFrame:
    """
    Outline what each open station can reach within given travel times.

    Parameters
    ----------
    scenario
        Stations and roads. Units are not looked at.
    within_s
        Travel times, without turnout. [s]
    stations
        Which stations; left out: all open ones.
    dissolve
        One outline for all of them together.

    Returns
    -------
    One row per station and limit: `station_id`, `within_s` [s], `area_km2`, and the outline, in the CRS of
    `scenario.zones`; dissolved: one row per limit, without `station_id`. Larger limits come first, so that smaller ones
    are drawn over them; each contains the smaller ones.

    Raises
    ------
    UnreachableStationError
        If a station is farther than the limit from any street.

    Notes
    -----
    Arrival is known at every node and along every street; between streets it is taken as linear over a triangle mesh,
    and the outline is where it equals the limit [1]_. The mesh leaves out open ground wider than 300 m, such as water.

    References
    ----------
    .. [1] On contouring over triangles: D. F. Watson, "Contouring: a guide to the analysis and display of spatial
       data", Pergamon, 1992.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    faults = Faults("within_s")
    limits = sorted({float(s) for s in within_s}, reverse=True)
    if not limits or not all(0 < s < np.inf for s in limits):
        faults.add(f"travel times must be numbers of seconds above zero, not {list(within_s)}")
    if stations is not None and len(stations) == 0:
        faults.add("no station is named: leave `stations` out for all open ones")
    faults.raise_if_any()
    starts = station_places(scenario)
    for station in stations or ():
        if station not in starts.ids:
            raise UnknownIdError("open station", station, starts.ids)
    chosen = [i for i, s in enumerate(starts.ids) if stations is None or s in stations]
    mesh = scenario.memo.get(("mesh", scenario.roads.geometry_fingerprint), lambda: build_mesh(scenario.roads))
    origins = {starts.ids[i]: (int(starts.on_road.street[i]), float(starts.on_road.along[i])) for i in chosen}
    rows: list[dict[str, object]] = []
    for limit in limits:
        if dissolve:
            together = np.min(np.stack([_vertex_times(scenario, mesh, o) for o in origins.values()]), axis=0)
            rows.append({"within_s": limit, "geometry": outline(mesh, together, within_s=limit)})
            continue
        rows += [
            {"station_id": s, "within_s": limit, "geometry": _outline_from(scenario, mesh, o, limit)}
            for s, o in origins.items()
        ]
    table = gpd.GeoDataFrame(rows, crs=scenario.roads.crs)
    table["area_km2"] = table.area / 1e6
    moved = table.to_crs(scenario.zones.crs)
    moved.geometry = _made_valid(moved.geometry.to_numpy())
    return moved


def _made_valid(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Mend outlines whose rings touch at a point and, rounded to another CRS, cross there by a hair."""
    crossed = ~shapely.is_valid(outlines)
    mended = shapely.make_valid(outlines[crossed], method="structure", keep_collapsed=False)
    outlines[crossed] = [shapely.MultiPolygon(list(shapely.get_parts(area))) for area in mended]
    return outlines


def _outline_from(scenario: Scenario, mesh: Mesh, origin: tuple[int, float], within_s: float) -> shapely.MultiPolygon:
    """Outline of one origin; drawn once, whichever scenario asks."""
    key = ("outline", scenario.roads.fingerprint, origin, within_s)
    return scenario.memo.get(key, lambda: outline(mesh, _vertex_times(scenario, mesh, origin), within_s=within_s))


def _vertex_times(scenario: Scenario, mesh: Mesh, origin: tuple[int, float]) -> NDArray[np.float32]:
    """Arrival at the vertices of the mesh. [s]"""
    roads = scenario.roads

    def make() -> NDArray[np.float32]:
        found = reach(scenario, origin)
        times = kernel.point_times(
            found.nodes,
            found.node_s,
            origin=origin,
            streets=(roads.first, roads.last, roads.there_s, roads.back_s),
            points=(mesh.street, mesh.along),
            workspace=kernel.Workspace(roads.n_nodes),
        )
        node_s = np.full(roads.n_nodes, np.inf, dtype=np.float32)
        node_s[found.nodes] = found.node_s
        at_node = mesh.node >= 0
        times[at_node] = node_s[mesh.node[at_node]]
        return times

    return scenario.memo.get(("mesh times", roads.fingerprint, origin), make)
