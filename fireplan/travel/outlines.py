"""The ground each station can reach within a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan.errors import Faults, UnknownIdError
from fireplan.travel.mesh import BEYOND_S, Arrivals, Mesh, arrivals, build_mesh, outline, soonest
from fireplan.travel.places import station_places
from fireplan.travel.times import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan import kernel
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
    draw = _Draw(scenario, mesh, limits[0] + BEYOND_S, mesh.space())
    rows: list[dict[str, object]] = []
    if dissolve:
        together = soonest([draw.arrivals(o) for o in origins.values()], space=draw.space)
        rows = [{"within_s": s, "geometry": outline(mesh, together, within_s=s, space=draw.space)} for s in limits]
    else:
        rows = [
            {"station_id": name, "within_s": s, "geometry": draw.outline(o, s)}
            for s in limits
            for name, o in origins.items()
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


class _Draw(NamedTuple):
    """What the outlines of one call share."""

    scenario: Scenario
    mesh: Mesh
    search_s: float
    space: kernel.ContourSpace

    def outline(self, origin: tuple[int, float], within_s: float) -> shapely.MultiPolygon:
        """Outline of one origin; drawn once, whichever scenario asks."""
        key = ("outline", self.scenario.roads.fingerprint, origin, within_s)
        return self.scenario.memo.get(
            key, lambda: outline(self.mesh, self.arrivals(origin), within_s=within_s, space=self.space)
        )

    def arrivals(self, origin: tuple[int, float]) -> Arrivals:
        """Arrival at the vertices of the mesh, as far as any outline of this call asks. [s]"""
        roads = self.scenario.roads

        def make() -> Arrivals:
            # Where the whole network has been searched already, that is used.
            all_known = ("reach", roads.fingerprint, origin, np.inf) in self.scenario.memo
            found = reach(self.scenario, origin, within_s=np.inf if all_known else self.search_s)
            return arrivals(self.mesh, roads, found, origin=origin, within_s=self.search_s, space=self.space)

        return self.scenario.memo.get(("mesh times", roads.fingerprint, origin, self.search_s), make)
