"""What is counted: people, dwellings, incidents, kilometres of road, each at the places where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.scenario import held, token
from fireplan.travel._places import Places, piece_lengths_m, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

UNITS = {"population": "people", "dwellings": "dwelling units", "incidents": "incidents", "road_km": "km of road"}
"""Unit of each weight; another column of the zones is its own unit."""


class Measure(NamedTuple):
    """
    One thing that is counted.

    Attributes
    ----------
    name
        Such as "population".
    unit
        Such as "people".
    places
        Where it is.
    weight
        How much of it is at each place; NaN where the place is not known.
    """

    name: str
    unit: str
    places: Places
    weight: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Places that are known; the others cannot be judged and are counted apart."""
        return np.isfinite(self.weight)


def measures_of(scenario: Scenario) -> list[Measure]:
    """
    Everything a scenario's coverage is measured by.

    Returns
    -------
    Numeric columns of the zones, each zone as a whole at its point; incidents at their own points if the scenario has
    them (else the zones' count); and the length of the streets.
    """
    zones = places(scenario, "zones")
    found = []
    tables = held(scenario)
    for column in tables.zones.select_dtypes("number").columns:
        if column == "incidents" and tables.incidents is not None:
            continue
        weight = tables.zones[column].fillna(0).to_numpy(float)
        found.append(Measure(column, UNITS.get(column, column), zones, weight))
    if tables.incidents is not None:
        points = places(scenario, "incidents")
        located = ~(tables.incidents.geometry.isna() | tables.incidents.geometry.is_empty).to_numpy()
        found.append(Measure("incidents", UNITS["incidents"], points, np.where(located, 1.0, np.nan)))
    streets = places(scenario, "roads")
    found.append(Measure("road_km", UNITS["road_km"], streets, piece_lengths_m(scenario.roads) / 1000))
    return found


def zones_of(scenario: Scenario, measured: Places) -> NDArray[np.int64]:
    """Row of the zone that each place lies in; -1: in none."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import shapely  # noqa: PLC0415

    from fireplan.demand import zone_of  # noqa: PLC0415

    if measured.kind == "zones":
        return np.arange(len(measured.ids))

    def make() -> NDArray[np.int64]:
        if measured.kind == "incidents" and scenario.incidents is not None:
            return zone_of(scenario.incidents, scenario.zones)
        lines = scenario.roads.streets.geometry.array[measured.on_road.street]
        middle = shapely.line_interpolate_point(lines, measured.on_road.along, normalized=True)
        return zone_of(gpd.GeoSeries(middle, crs=scenario.roads.crs), scenario.zones)

    key = ("zone of", measured.kind, token(scenario, "zones"), measured.key)
    return scenario.memo.get(key, make)
