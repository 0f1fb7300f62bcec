"""Changes as plain values, and what all of them need."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, quoted

if TYPE_CHECKING:
    from fireplan.scenario import Tables

LonLat = tuple[float, float]


class Written:
    """Reading and writing of changes: one key names the change and its subject, the others its details."""

    verb: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Write the change as plain values, as they stand in plan.toml."""
        first, *rest = fields(self)  # type: ignore[arg-type]
        details = {f.name: getattr(self, f.name) for f in rest if getattr(self, f.name) != f.default}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in details.items()}
        return {self.verb: getattr(self, first.name), **plain}


def known_station(tables: Tables, station: str) -> None:
    """Make sure a station is there and open."""
    if station not in tables.stations.index:
        raise UnknownIdError("station", station, tables.stations.index)
    if not tables.stations.loc[station, "open"]:
        raise InputError(f"station {quoted(station)} is closed")


def known_unit(tables: Tables, unit: str) -> None:
    """Make sure a unit is there."""
    if unit not in tables.units.index:
        raise UnknownIdError("unit", unit, tables.units.index)


def positive(value: float, name: str, what: str) -> None:
    """Make sure a number is above zero."""
    if not 0 < value < np.inf:
        raise InputError(f"{what}: {name} must be a number above zero")


def with_value(frame: pd.DataFrame, column: str, rows: list[str], *, value: object) -> Any:  # noqa: ANN401
    """Copy a table with one column set in some rows."""
    table = frame.copy()
    table.loc[rows, column] = value  # type: ignore[call-overload]
    return table


def with_row(frame: pd.DataFrame, name: str, row: dict[str, Any]) -> Any:  # noqa: ANN401
    """Copy a table with one row more."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    more = gpd.GeoDataFrame([row], index=pd.Index([name], name=frame.index.name), crs=frame.crs)
    return pd.concat([frame, more])


def point(at: LonLat, crs: object, *, what: str) -> shapely.Point:
    """Point in the table's CRS from longitude and latitude, refused where it cannot be."""
    try:
        lon, lat = map(float, at)
    except (TypeError, ValueError):
        raise InputError(f"{what}: at must be (longitude, latitude), not {quoted(at)}") from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(f"{what}: at {lon:g}, {lat:g} is not longitude, latitude in degrees; swapped?")
    return shapely.Point(project(np.array([[lon, lat]]), source=WGS84, target=crs)[0])  # type: ignore[arg-type]
