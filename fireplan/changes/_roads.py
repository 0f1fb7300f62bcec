"""Roads closed and opened, and driven faster or slower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import shapely

from fireplan import wording
from fireplan._conversions import KPH_PER_MPS
from fireplan.changes._base import BaseChange, LonLat, point, positive
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.roads import SNAP_LIMIT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Tables


@dataclass(frozen=True)
class CloseRoad(BaseChange):
    """
    Close a road in both directions.

    Attributes
    ----------
    road
        Its name, every street of that name; with `near` only the one nearest to that place (and `road` may be "").
    near
        Longitude and latitude of a place on it. [°]
    """

    verb: ClassVar[str] = "close_road"
    road: str
    near: LonLat | None = None

    def __str__(self) -> str:
        """Say what it does."""
        return f"Close {self.road or 'the road'}" + (
            f" near {self.near[1]:.5f}, {self.near[0]:.5f}" if self.near else ""
        )

    def __call__(self, tables: Tables) -> Tables:
        """Close it."""
        shut = streets(tables.roads, self.road, self.near)
        there_s, back_s = tables.roads.there_s.copy(), tables.roads.back_s.copy()
        there_s[shut] = back_s[shut] = np.inf
        return tables._replace(roads=tables.roads.with_times(there_s=there_s, back_s=back_s, note=f"{self}"))


@dataclass(frozen=True)
class OpenRoad(BaseChange):
    """
    Open a closed road, or the closed direction of one, at a speed.

    Attributes
    ----------
    road, near
        As in `CloseRoad`.
    speed_kph
        How fast it is driven. [km/h]
    """

    verb: ClassVar[str] = "open_road"
    road: str
    near: LonLat | None = None
    speed_kph: float = 40.0

    def __str__(self) -> str:
        """Say what it does."""
        return f"Open {self.road or 'the road'} at {self.speed_kph:g} km/h"

    def __call__(self, tables: Tables) -> Tables:
        """Open it."""
        positive(self.speed_kph, "speed_kph", str(self))
        roads = tables.roads
        found = streets(roads, self.road, self.near)
        own_s = roads.length_m[found] / self.speed_kph * KPH_PER_MPS
        there_s, back_s = roads.there_s.copy(), roads.back_s.copy()
        there_s[found] = np.where(np.isinf(there_s[found]), own_s, there_s[found])
        back_s[found] = np.where(np.isinf(back_s[found]), own_s, back_s[found])
        return tables._replace(roads=roads.with_times(there_s=there_s, back_s=back_s, note=f"{self}"))


@dataclass(frozen=True)
class ScaleSpeeds(BaseChange):
    """
    Drive faster or slower.

    Attributes
    ----------
    factor
        Speeds are multiplied by it: 0.8 is a fifth slower.
    highway
        Classes of road it applies to; left out: all.
    """

    verb: ClassVar[str] = "scale_speeds"
    factor: float
    highway: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say what it does."""
        return f"Speeds x {self.factor:g}" + (f" on {', '.join(self.highway)}" if self.highway else "")

    def __call__(self, tables: Tables) -> Tables:
        """Scale them."""
        positive(self.factor, "factor", str(self))
        roads = tables.roads
        unknown = set(self.highway) - set(roads.highway)
        if unknown:
            raise UnknownIdError("class of road", min(unknown), set(roads.highway))
        scale = np.where(np.isin(roads.highway, self.highway), self.factor, 1.0) if self.highway else self.factor
        return tables._replace(
            roads=roads.with_times(there_s=roads.there_s / scale, back_s=roads.back_s / scale, note=f"{self}")
        )


def streets(roads: RoadNetwork, name: str, near: LonLat | None) -> NDArray[np.bool_]:
    """Find the streets a change speaks of: all of a name, or the one nearest to a place."""
    found = np.asarray(roads.street_name == name) if name else np.ones(roads.n_streets, dtype=bool)
    if not found.any():
        raise UnknownIdError("road", name, {n for n in roads.street_name if n})
    if near is None:
        if not name:
            raise InputError("close_road or open_road: name the road, or a place near it")
        return found
    place = point(near, roads.crs, what=f"road {quoted(name)}")
    rows = np.flatnonzero(found)
    away_m = shapely.distance(roads.streets.geometry.array[rows], place)
    if not away_m.min() <= SNAP_LIMIT_M:  # far away it is not a number
        raise InputError(
            f"no street {quoted(name)} within {wording.distance(SNAP_LIMIT_M)} of {near[1]:.5f}, {near[0]:.5f}"
        )
    chosen = np.zeros(roads.n_streets, dtype=bool)
    chosen[rows[np.argmin(away_m)]] = True
    return chosen
