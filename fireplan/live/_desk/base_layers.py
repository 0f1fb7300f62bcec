"""What does not change while the live view runs: streets, zones, stations and names, as JSON."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan._page_kit import coordinate_codec
from fireplan._page_kit.generalisation import merged_lines, simplified
from fireplan.crs import WGS84, bounds_deg, reproject
from fireplan.operations._as_json import objective_shown
from fireplan.operations._status.unit_status import STATUSES
from fireplan.roads._classes import MAIN_ROADS, THROUGH_ROADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.operations.live_state import Ground, RoadsState
    from fireplan.roads import RoadNetwork

MOST_MINOR_STREETS = 60_000
"""A network of more streets than this is drawn without its smallest: a page has to stay light."""

THINNED_M = 4.0
MANY_CORNERS = 60_000
ZONES_THINNED_M = 12.0
HEXAGON_RADIUS_M = 90.0
"""A zone that is a point is drawn as a hexagon of this radius. [m]"""


def ground_of(cover: CoverNow, *, title: str, timezone: str, replay: bool) -> Ground:
    """
    Gather what a page draws once.

    Parameters
    ----------
    cover
        The department.
    title
        What stands over the page.
    timezone
        IANA zone of the agency's local time.
    replay
        Whether a history is played, so that the page offers speed and pause.
    """
    scenario = cover.scenario
    outlines = _outlines(scenario.zones, scenario.roads)
    structure, points = coordinate_codec.pack_polygons(outlines)
    stations = scenario.stations.to_crs(WGS84)
    west, south, east, north = bounds_deg(np.concatenate([outlines, stations.geometry.to_numpy()])).tolist()
    weight = cover.measures[0]
    return {
        "title": title,
        "timezone": timezone,
        "provenance": scenario.provenance,
        "source": scenario.source,
        "data_date": scenario.data_date,
        "version": version("fireplan"),
        "bounds": [[south, west], [north, east]],
        "objective": objective_shown(cover.objective),
        "weight": {"name": weight.name, "unit": weight.unit},
        "stations": [
            {"station_id": str(s), "name": str(row["name"]), "at": [p.x, p.y], "open": bool(row["open"])}
            for (s, row), p in zip(stations.iterrows(), stations.geometry, strict=True)
        ],
        "zones": {
            "n": len(outlines),
            "structure": structure,
            "points": points,
            "ids": [str(z) for z in scenario.zones.index],
            "weights": [round(float(w), 1) for w in weight.weight],
        },
        "roads": list(_roads(scenario.roads)),
        "replay": replay,
        "statuses": dict(STATUSES),
    }


def _outlines(zones: gpd.GeoDataFrame, roads: RoadNetwork) -> NDArray[np.object_]:
    """Outlines of the zones in longitude and latitude; points become hexagons."""
    metric = zones.geometry.to_crs(roads.crs)
    shapes = metric.array.to_numpy()
    points = shapely.get_dimensions(shapes) < 2
    if points.any():
        turn = np.linspace(0, 2 * np.pi, 7)[:-1]
        centre = shapely.get_coordinates(shapely.centroid(shapes[points]))
        ring = centre[:, None, :] + HEXAGON_RADIUS_M * np.column_stack([np.cos(turn), np.sin(turn)])[None]
        shapes = shapes.copy()
        shapes[points] = shapely.polygons(ring)
    areas = reproject(type(zones.geometry)(shapes, crs=roads.crs), WGS84).array.to_numpy()
    tolerance_m = ZONES_THINNED_M if shapely.get_num_coordinates(areas).sum() > MANY_CORNERS else 0.0
    thin = simplified(areas, tolerance_m=tolerance_m)
    return np.asarray(shapely.set_precision(thin, 1 / coordinate_codec.GRID, mode="pointwise"))


def _roads(roads: RoadNetwork) -> Iterator[RoadsState]:
    """Streets by class, joined and thinned out."""
    streets = reproject(roads.streets, WGS84)
    kind = streets["highway"].astype(str)
    major, middle = kind.isin(MAIN_ROADS).to_numpy(), kind.isin(THROUGH_ROADS).to_numpy()
    parts = {"major": major, "middle": middle, "minor": ~major & ~middle}
    if parts["minor"].sum() > MOST_MINOR_STREETS:
        del parts["minor"]
    for name, chosen in parts.items():
        if not chosen.any():
            continue
        lines = merged_lines(streets.geometry.to_numpy()[chosen], tolerance_m=THINNED_M)
        counts, points = coordinate_codec.pack_lines(lines)
        yield {"class": name, "counts": counts, "points": points}
