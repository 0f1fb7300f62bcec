"""The ground each station can reach within a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from fireplan._checked import takes
from fireplan.errors import Faults, UnknownIdError
from fireplan.progress import steps
from fireplan.travel._arrival_surface import ArrivalSurface, as_table, checked_limits, known_outline, origins_of
from fireplan.travel._clock import start_of
from fireplan.travel._mesh import soonest
from fireplan.travel._places import station_places
from fireplan.travel._reached_streets import BESIDE_M, reached_strips

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.scenario import Scenario


@takes
def isochrones(
    scenario: Scenario,
    *,
    within_s: Sequence[float] = (240, 480),
    stations: Sequence[str] | None = None,
    dissolve: bool = False,
    exact: bool = False,
    beside_m: float = BESIDE_M,
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
    exact
        Draw only the ground beside streets that are reached, each cut where time runs out, and nothing between them:
        slower and ragged, and nothing in it is estimated.
    beside_m
        How far from such a street its ground goes; with `exact` only. [m]

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
    faults = Faults("isochrones")
    limits = checked_limits(within_s, faults)
    if stations is not None and len(stations) == 0:
        faults.add("no station is named: leave `stations` out for all open ones")
    if not 0 < beside_m < float("inf"):
        faults.add(f"beside_m must be a number of metres above zero, not {beside_m}")
    faults.raise_if_any()
    starts = station_places(scenario)
    for station in () if stations is None else stations:
        if station not in starts.ids:
            raise UnknownIdError("open station", station, starts.ids)
    places = zip(starts.ids, origins_of(starts), strict=True)
    origins = {s: o for s, o in places if stations is None or s in stations}
    if exact:
        areas = {}
        with steps(len(origins), what="outlines") as step:
            for s, o in origins.items():
                areas[s] = _strips(scenario, o, tuple(limits), beside_m)
                step()
        together = {limit: shapely.union_all([a[limit] for a in areas.values()]) for limit in limits if dissolve}
        by_limit = {limit: _multi(area) for limit, area in together.items()}
        by_station = {(s, limit): areas[s][limit] for limit in limits for s in origins if not dissolve}
    else:
        by_limit, by_station = _contours(scenario, origins, limits, dissolve=dissolve)
    rows: list[dict[str, object]] = [{"within_s": s, "geometry": area} for s, area in by_limit.items()]
    rows += [{"station_id": name, "within_s": s, "geometry": area} for (name, s), area in by_station.items()]
    return as_table(scenario, rows, columns=["within_s"] if dissolve else ["station_id", "within_s"])


Outlines = tuple[dict[float, shapely.MultiPolygon], dict[tuple[str, float], shapely.MultiPolygon]]


def _contours(
    scenario: Scenario, origins: dict[str, tuple[int, float]], limits: list[float], *, dissolve: bool
) -> Outlines:
    """Outlines over the mesh: of all origins by limit, or of each by origin and limit."""
    if dissolve:
        ground = ArrivalSurface(scenario, list(origins.values()), farthest_s=limits[0])
        # All of them first: finding them uses the same memory as joining them.
        together = soonest(list(ground.arrivals_of(list(origins.values()))), space=ground.space)
        return {s: ground.contour(together, s) for s in limits}, {}
    at_hand = {(name, s): known_outline(scenario, o, s) for s in limits for name, o in origins.items()}
    each = {key: area for key, area in at_hand.items() if area is not None}
    new = [key for key, area in at_hand.items() if area is None]
    ground = ArrivalSurface(scenario, [origins[name] for name, _ in new], farthest_s=limits[0])
    with steps(len(new), what="outlines") as step:
        for name, s in new:
            each[name, s] = ground.outline(origins[name], s)
            step()
    return {}, {key: each[key] for key in at_hand}


def _strips(
    scenario: Scenario, origin: tuple[int, float], limits: tuple[float, ...], beside_m: float
) -> dict[float, shapely.MultiPolygon]:
    key = ("strips", scenario.roads.fingerprint, origin, start_of(scenario, origin), limits, beside_m)
    return scenario.memo.get(key, lambda: reached_strips(scenario, origin, within_s=limits, beside_m=beside_m))


def _multi(area: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(list(shapely.get_parts(area)))
