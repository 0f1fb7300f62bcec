"""Changes as plain values, and what all of them need."""

from __future__ import annotations

from dataclasses import fields
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.scenario import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fireplan.scenario import Change, Tables

LonLat = tuple[float, float]

EXPECTED = {
    "str": "give text in quotes",
    "float": "give a number",
    "tuple[str, ...]": "give a list of texts, such as ['E8']",
    "LonLat": "give (longitude, latitude)",
}
"""What a value of each kind has to be, by the annotation of its field."""


class BaseChange:
    """Reading and writing of changes: one key names the change and its subject, the others its details."""

    verb: ClassVar[str]

    def __post_init__(self) -> None:
        """Check the kind of every value, and give lists and numbers the form they are compared and written in."""
        faults = []
        for field in fields(self):  # type: ignore[arg-type]
            value, kind = getattr(self, field.name), str(field.type).removesuffix(" | None")
            if value is None and kind != field.type:
                continue
            plain = _of_kind(value, kind)
            if plain is None:
                faults.append(f"{field.name} is {quoted(value)}: {EXPECTED[kind]}")
            object.__setattr__(self, field.name, plain)  # frozen for everyone else
        if faults:
            raise InputError(f"{self.verb}: " + "; ".join(faults))

    def told(self, names: Mapping[str, str]) -> str:  # noqa: ARG002 - for those that speak of a station
        """Say what it does, stations by their names; `names` gives those of their ids."""
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """Write the change as plain values, as they stand in plan.toml."""
        first, *rest = fields(self)  # type: ignore[arg-type]
        details = {f.name: getattr(self, f.name) for f in rest if getattr(self, f.name) != f.default}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in details.items()}
        return {self.verb: getattr(self, first.name), **plain}


def told(changes: Iterable[Change], names: Mapping[str, str] | pd.Series[str]) -> list[str]:
    """
    Say what changes do, stations by their names, ids in brackets.

    Parameters
    ----------
    changes
        The changes.
    names
        Names of stations by id, such as the column of `Scenario.stations` after the changes.
    """
    called = {str(key): wording.called(str(key), name) for key, name in names.items() if isinstance(name, str)}
    return [c.told(called) if isinstance(c, BaseChange) else str(c) for c in changes]


def _of_kind(value: object, kind: str) -> object:
    """The value in the form of its kind; None if it is of another."""
    many = list(value) if isinstance(value, list | tuple) else None
    if kind == "str":
        return str(value) if isinstance(value, str) else None
    if kind == "float":
        return float(value) if _is_number(value) else None  # type: ignore[arg-type]
    if kind == "LonLat":
        return tuple(map(float, many)) if many and len(many) == 2 and all(map(_is_number, many)) else None
    return tuple(map(str, many)) if many is not None and all(isinstance(v, str) for v in many) else None


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def new_id(value: str, what: str) -> None:
    """Make sure a new id is not blank."""
    if not value.strip():
        raise InputError(f"{what}: its id is blank; choose one")


def known_station(tables: Tables, station: str) -> None:
    """Make sure a station is there and open."""
    stations = held(tables).stations
    if station not in stations.index:
        raise UnknownIdError("station", station, stations.index)
    if not stations.loc[station, "open"]:
        raise InputError(f"station {quoted(station)} is closed")


def known_unit(tables: Tables, unit: str) -> None:
    """Make sure a unit is there."""
    units = held(tables).units
    if unit not in units.index:
        raise UnknownIdError("unit", unit, units.index)


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
    lon, lat = at
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(f"{what}: at {lon:g}, {lat:g} is not longitude, latitude in degrees; swapped?")
    return shapely.Point(project(np.array([[lon, lat]]), source=WGS84, target=crs)[0])  # type: ignore[arg-type]
