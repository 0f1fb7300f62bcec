"""What a project knows beside a file that is checked: its zone, its roads, its stations and its units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan.errors import listed

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd

    from fireplan.project import Plan
    from fireplan.roads import RoadNetwork

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

OUTSIDE_M = 25_000.0
"""From every road; farther off nothing lies that a department answers from or to."""

DEGREE_M = 111_320.0
LEAST_COSINE = 0.01
SWAPPED = "latitude and longitude look swapped: only so they lie in the city of the project"
ELSEWHERE = f"over {OUTSIDE_M / 1000:g} km from the roads and zones of the project: look at the place"
MOST_NAMED = 8

WITHOUT = {
    "cad": "whether the calls lie in the city, and whether the units are the department's",
    "stations": "whether the stations lie in the city and by its roads",
    "network": "whether the roads are those of the department's stations",
    "scenario": "whether the plan's files can be read, and whether its what-ifs name what is there",
    "feed": "whether the units and stations are the department's, and whether the places lie in the city",
}
"""What a file alone does not tell, by kind."""


class Extent(NamedTuple):
    """Ends of a city, with as much around it as is still near. [°]"""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: Floats, latitude: Floats) -> Flags:
        """Flag the places that lie in the city or near it."""
        across = (longitude >= self.west) & (longitude <= self.east)
        return across & (latitude >= self.south) & (latitude <= self.north)

    def odd_places(self, longitude: Floats, latitude: Floats, who: list[str]) -> tuple[list[str], list[str]]:
        """
        Say which places are not in the city, and of which of them latitude and longitude look swapped.

        Parameters
        ----------
        longitude, latitude
            As they are given. [°]
        who
            What lies at each, such as "station S1".

        Returns
        -------
        A fault, if any look swapped; a note, if others lie elsewhere.
        """
        away = ~self.holds(longitude, latitude)
        swapped = away & self.holds(latitude, longitude)
        faults, notes = (
            [f"{listed(dict.fromkeys(np.array(who, dtype=object)[at]), most=MOST_NAMED)}: {said}"] if at.any() else []
            for at, said in ((swapped, SWAPPED), (away & ~swapped, ELSEWHERE))
        )
        return faults, notes


def extent_of(ground: list[gpd.GeoDataFrame]) -> Extent:
    """Find the ends of roads and zones."""
    ends = np.array([table.to_crs(4326).total_bounds for table in ground])
    west, south = ends[:, :2].min(axis=0)
    east, north = ends[:, 2:].max(axis=0)
    high = OUTSIDE_M / DEGREE_M
    wide = high / max(np.cos(np.radians(max(abs(south), abs(north)))), LEAST_COSINE)
    return Extent(west - wide, south - high, east + wide, north + high)


@dataclass(frozen=True)
class CheckContext:
    """
    A project, of which only what a check needs is read.

    Attributes
    ----------
    folder, plan
        Where it is, and its plan.
    """

    folder: Path
    plan: Plan

    @cached_property
    def roads(self) -> RoadNetwork:
        """Its roads."""
        from fireplan.project._read_project import read_network  # noqa: PLC0415 - slow to import

        return read_network(self.folder, self.plan.inputs.network, self.plan.network, self.plan.vehicle)

    @cached_property
    def housed(self) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[str] | None, list[str]]:
        """Its stations and units, the ids of its own units, and what its plan leaves out."""
        from fireplan.project._read_project import stations_and_units  # noqa: PLC0415 - slow to import

        return stations_and_units(self.plan, self.folder)

    @cached_property
    def zones(self) -> gpd.GeoDataFrame | None:
        """Its zones, if it has any."""
        from fireplan import demand  # noqa: PLC0415 - slow to import
        from fireplan.project._plan import source_of  # noqa: PLC0415

        named = self.plan.inputs.zones
        if named is None:
            return None
        return demand.read_zones(
            source_of(self.folder, named), columns=self.plan.demand.columns, crs=self.plan.demand.crs
        )

    @property
    def ground(self) -> list[Any]:
        """Its roads and zones, as `read_cad` takes them."""
        return [self.roads.streets, *([] if self.zones is None else [self.zones])]

    @cached_property
    def extent(self) -> Extent:
        """Where the city is."""
        return extent_of(self.ground)


def context_of(project: Path) -> CheckContext:
    """
    Open a project as far as its plan.

    Raises
    ------
    ProjectError
        If its plan cannot be read.
    """
    from fireplan.project import read_plan  # noqa: PLC0415 - slow to import

    plan = read_plan(project)
    return CheckContext(project if project.is_dir() else project.parent, plan)
