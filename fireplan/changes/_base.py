"""Changes as plain values, and what all of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import said
from fireplan.changes._drawn_shapes import drawn_ground, drawn_line
from fireplan.changes._hours_and_days import given_days, given_hours
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, UnreachableStationError, quoted
from fireplan.roads import snap_xy
from fireplan.scenario import held
from fireplan.stations._department import other_spelling

if TYPE_CHECKING:
    from fireplan.scenario import Change, Tables

LonLat = tuple[float, float]

EXPECTED = {
    "str": "give text in quotes",
    "float": "give a number",
    "tuple[str, ...]": "give a list of texts, such as ['E8']",
    "LonLat": "give (longitude, latitude)",
    "bool": "give True or False (true or false in plan.toml)",
}
"""What a value of each kind has to be, by the annotation of its field."""

DRAWN: dict[str, Callable[[object], object]] = {
    "Ground": drawn_ground,
    "Line": drawn_line,
    "Hours": given_hours,
    "Days": given_days,
}
"""How values are read that can be wrong in more than their kind."""


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
            if kind in DRAWN:
                try:
                    plain = DRAWN[kind](value)
                except InputError as error:
                    plain = None
                    faults.append(f"{field.name} {error}")
            else:
                plain = _of_kind(value, kind)
                if plain is None:
                    faults.append(f"{field.name} is {_shown(value)}: {EXPECTED[kind]}")
            object.__setattr__(self, field.name, plain)  # frozen for everyone else
        faults += [] if faults else self.own_faults()
        if faults:
            raise InputError(f"{self.verb}: " + "; ".join(faults))

    def own_faults(self) -> list[str]:
        """Say what is wrong with its values together, each being of its kind."""
        return []

    def told(self, names: Mapping[str, str]) -> str:  # noqa: ARG002 - for those that speak of a station
        """Say what it does, stations by their names; `names` gives those of their ids."""
        return str(self)

    def effects(self, before: Tables, after: Tables) -> list[str]:  # noqa: ARG002 - for those that have more to say
        """Say what a reader has to know of what the change made of the tables."""
        return []

    def to_dict(self) -> dict[str, Any]:
        """Write the change as plain values, as they stand in plan.toml."""
        first, *rest = fields(self)  # type: ignore[arg-type]
        details = {f.name: getattr(self, f.name) for f in rest if getattr(self, f.name) != f.default}
        return {self.verb: _plain(getattr(self, first.name)), **{k: _plain(v) for k, v in details.items()}}


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


def _plain(value: object) -> object:
    """Give a value as it stands in plan.toml: tuples are lists there."""
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    """Show a value of the wrong kind; what is in a table is not shown."""
    return quoted(value) if isinstance(value, str | Real | list | tuple) or value is None else said(value)


def _of_kind(value: object, kind: str) -> object:
    """The value in the form of its kind; None if it is of another."""
    many = _several(value)
    if kind == "str":
        return str(value) if isinstance(value, str) else None
    if kind == "float":
        return float(value) if _is_number(value) else None  # type: ignore[arg-type]
    if kind == "bool":
        return bool(value) if isinstance(value, bool | np.bool_) else None
    if kind == "LonLat":
        return tuple(map(float, many)) if many and len(many) == 2 and all(map(_is_number, many)) else None
    if isinstance(value, str) and value.strip() and not any(mark in value for mark in ";,"):
        many = [value]  # one of them; a list within a text is not guessed at
    return tuple(map(str, many)) if many is not None and all(isinstance(v, str) for v in many) else None


def _several(value: object) -> list[Any] | None:
    """The values of a list, an array, an index or a column; None: it is nothing of the kind."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) != 1:
        return None
    return list(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def new_id(value: str, what: str) -> None:
    """Make sure a new id is not blank."""
    if not value.strip():
        raise InputError(f"{what}: its id is blank; choose one")


def known_station(tables: Tables, station: str) -> None:
    """Make sure a station is there and open."""
    stations = held(tables).stations
    if station not in stations.index:
        raise UnknownIdError("station", station, stations.index, meant=same_id(station, stations.index))
    if not stations.loc[station, "open"]:
        raise InputError(f"station {quoted(station)} is closed")


def known_unit(tables: Tables, unit: str) -> None:
    """Make sure a unit is there."""
    units = held(tables).units
    if unit not in units.index:
        raise UnknownIdError("unit", unit, units.index, meant=other_spelling(unit, units.index))


def same_id(new: str, known: Iterable[object]) -> str | None:
    """Find the id that differs from a new one in case and blanks only."""
    wanted = new.casefold().split()
    each = known.to_numpy(object) if isinstance(known, pd.Index) else known  # quicker than one by one
    return next((str(k) for k in each if str(k).casefold().split() == wanted), None)


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

    columns, place = {c: [v] for c, v in row.items() if c != "geometry"}, gpd.array.from_shapely([row["geometry"]])
    index = pd.Index([name], name=frame.index.name)
    more = gpd.GeoDataFrame(columns, index=index, geometry=place, crs=frame.crs)
    return pd.concat([frame, more])


def point(at: LonLat, crs: object, *, what: str) -> shapely.Point:
    """Point in the table's CRS from longitude and latitude, refused where it cannot be."""
    lon, lat = at
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        why = "give two numbers"
        if abs(lon) <= 90 and abs(lat) <= 180:
            why = f"swapped? Write ({lat:g}, {lon:g})"
        elif np.isfinite(at).all():
            why = "longitude is -180 to 180, latitude -90 to 90; a projected system in metres or feet?"
        raise InputError(f"{what}: at {lon:g}, {lat:g} is not longitude, latitude in degrees; {why}")
    if lon == lat == 0:
        raise InputError(f"{what}: it lies at (0, 0): it was not geocoded; give its place")
    return shapely.Point(project(np.array([[lon, lat]]), source=WGS84, target=crs)[0])  # type: ignore[arg-type]


def on_a_road(tables: Tables, at: LonLat, *, what: str) -> None:
    """
    Make sure an engine can leave a station at a place: a road that a door may open on is near.

    Raises
    ------
    UnreachableStationError
        With how far the nearest road is, and how to mend it.
    """
    limit_m = tables.snap_limit_m
    if _off_road_m(tables, at, limit_m=limit_m) <= limit_m:
        return
    away_m, turned = _off_road_m(tables, at), (at[1], at[0])
    mend = "check its coordinates, and that the roads cover it"
    if abs(turned[1]) <= 90 and _off_road_m(tables, turned, limit_m=limit_m) <= limit_m:
        mend = f"longitude and latitude swapped? At ({turned[0]:g}, {turned[1]:g}) there is a road"
    away = f"{wording.distance(away_m)} from the nearest road" if np.isfinite(away_m) else "far from every road"
    raise UnreachableStationError(
        f"{what}: {at[1]:.5f}, {at[0]:.5f} lies {away} (limit {wording.distance(limit_m)}): {mend}"
    )


def _off_road_m(tables: Tables, at: LonLat, *, limit_m: float = np.inf) -> float:
    """Distance to the nearest street that a door may open on; inf: beyond the limit, or beyond measure. [m]"""
    xy_m = project(np.array([at]), source=WGS84, target=tables.roads.crs)
    if not np.isfinite(xy_m).all():
        return np.inf
    return float(snap_xy(tables.roads, xy_m, limit_m=limit_m, freeways=False).offset_m[0])
