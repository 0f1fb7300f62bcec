"""Mappings: which columns of an agency's export hold what, as data."""

from __future__ import annotations

import codecs
import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.incidents._columns_and_types import CANONICAL, MORE_TIMES, OF_INCIDENTS, OF_UNITS, OPTIONAL, TIMES

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

MAX_MAPPING_BYTES = 1_000_000
TEXTS = ("call_type", "priority", *OF_UNITS, *OF_INCIDENTS)
NEEDED = ("incident_id", "arrived")
STARTS = ("received", "dispatched")  # one of them is needed too
KNOWN = ("incident_id", "unit_id", *TEXTS, *TIMES, *MORE_TIMES)
INTERVALS = (
    "answering_s", "processing_s", "handling_s", "call_processing_s", "turnout_s", "travel_s", "total_response_s",
)  # fmt: skip
FLAGS = ("cancelled", "on_view", "already_on_road", "mutual_aid")
TAKEN = frozenset((*CANONICAL, *OPTIONAL, *INTERVALS, *FLAGS, "category", "geometry", "point", "line"))

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = Name | tuple[Name, ...]
Own = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(_Strict):
    """How to get an incident's point: two columns, or one that holds both numbers."""

    latitude: Name | None = None
    longitude: Name | None = None
    column: Name | None = None
    order: Literal["lat_lon", "lon_lat"] = "lat_lon"
    scale: float = Field(default=1.0, gt=0, description="multiply by this, 1e-6 for micro-degrees")
    crs: str | None = Field(default=None, description="of projected coordinates; longitude is then x, latitude y")

    @model_validator(mode="after")
    def _one_way(self) -> Point:
        pair = (self.latitude is not None, self.longitude is not None)
        if pair[0] != pair[1] or pair[0] == (self.column is not None):
            raise ValueError("give either both 'latitude' and 'longitude', or 'column'")
        return self


class Times(_Strict):
    """How times are written; without formats ISO 8601 and unambiguous slash dates are read."""

    formats: tuple[Name, ...] = ()

    @field_validator("formats")
    @classmethod
    def _whole(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for text in formats:
            needs = (("%Y",), ("%m", "%b", "%B"), ("%d",), ("%H", "%I"), ("%M",))
            if not all(any(part in text for part in either) for either in needs):
                raise ValueError(f"{quoted(text)} must hold a four-digit year, month, day, hour and minute")
            if "%I" in text and "%p" not in text:
                raise ValueError(f"{quoted(text)} has %I (12 hours) and needs %p")
        return formats


class Text(_Strict):
    """How the file is written, where that is not found out."""

    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: Name = "utf-8"
    sheet: Name | None = Field(default=None, description="of a workbook; left out: the first with rows")

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError as error:
            raise ValueError(f"there is no encoding {quoted(encoding)}") from error


class Mapping(_Strict):
    """
    Where the canonical columns stand in one agency's export.

    `columns` gives the source's name for each canonical column, or several of which the first that is there is used;
    `join` gives the two columns of a time whose date and clock stand apart; `optional` lists those that may be absent;
    without `unit_id` the file has one row per incident. `carry` names further source columns to keep, under names of
    the user's own; `translate` changes the values of text columns, leaving unknown ones as they are. A mapping with
    `hint` was not checked against a real export, and reading by it says so.
    """

    title: str = ""
    source: str = ""
    hint: bool = False
    columns: dict[str, Names]
    join: dict[str, tuple[Name, Name]] = Field(default_factory=dict)
    optional: tuple[str, ...] = ()
    point: Point
    times: Times = Times()
    text: Text = Text()
    carry: dict[Own, Name] = Field(default_factory=dict)
    translate: dict[str, dict[str, str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _columns(self) -> Mapping:
        for name in self.columns:
            if name not in KNOWN:
                raise ValueError(f"columns: unknown column {_suggested(name, KNOWN)}")
        for name in self.join:
            if name not in (*TIMES, *MORE_TIMES) or name in self.columns:
                raise ValueError(f"join: {quoted(name)} is no time, or stands in [columns] too")
        given = {*self.columns, *self.join}
        missing = [name for name in NEEDED if name not in given]
        if not any(name in given for name in STARTS):
            missing.append(" or ".join(STARTS))
        if missing:
            raise ValueError(f"columns: no source column given for {listed(missing)}")
        for name in self.optional:
            if name not in {*self.columns, "point"} or name in NEEDED:
                raise ValueError(f"optional: {quoted(name)} is no column of this mapping that can be left out")
        return self

    @model_validator(mode="after")
    def _own_names(self) -> Mapping:
        for name in self.carry:
            if name in TAKEN:
                raise ValueError(f"carry: the name {quoted(name)} is taken, choose another")
        allowed = (*TEXTS, *self.carry)
        for name in self.translate:
            if name not in allowed:
                raise ValueError(f"translate: unknown column {_suggested(name, allowed)}")
        return self

    def sources(self) -> dict[str, tuple[str, ...]]:
        """Give the source columns of each column to be read, the point's included, in order of preference."""
        point = self.point
        named = {"point": point.column, "latitude": point.latitude, "longitude": point.longitude}
        places = {name: (source,) for name, source in named.items() if source}
        carried = {name: (source,) for name, source in self.carry.items()}
        return {name: (s,) if isinstance(s, str) else s for name, s in self.columns.items()} | places | carried

    def may_lack(self, name: str) -> bool:
        """Tell whether the file may do without a column."""
        return name in self.optional or (name in {"latitude", "longitude"} and "point" in self.optional)


_SECTIONS: dict[str, type[BaseModel]] = {"point": Point, "times": Times, "text": Text}
CANONICAL_MAPPING = Mapping(
    title="the canonical columns",
    columns={name: name for name in CANONICAL if name not in {"latitude", "longitude"}},
    point=Point(latitude="latitude", longitude="longitude"),
)


def bundled_mappings() -> list[str]:
    """List the mappings that come with the package."""
    folder = files(__package__) / "mappings"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_mapping(mapping: str | PathLike[str] | None) -> Mapping:
    """
    Load a mapping: None for the canonical columns, the name of a bundled one, or the path of a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read or a key is wrong; the key is named.
    UnknownIdError
        If there is no bundled mapping of that name.
    """
    if mapping is None:
        return CANONICAL_MAPPING
    name = str(mapping)
    if name in bundled_mappings():
        text = (files(__package__) / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml"):
        text = _read(Path(mapping))
    else:
        raise UnknownIdError("mapping", name, bundled_mappings())
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"mapping {quoted(name)} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise InputError(f"mapping {quoted(name)}: {_explained(error)}") from error


def _read(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"there is no mapping file {quoted(path)}")
    if path.stat().st_size > MAX_MAPPING_BYTES:
        raise InputError(f"mapping file {quoted(path)} is larger than {MAX_MAPPING_BYTES:,} bytes")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"mapping file {quoted(path)} is not UTF-8 text") from error


def _explained(error: ValidationError) -> str:
    """Tell each fault in one phrase, with a suggestion for a misspelt key."""
    faults = []
    for item in error.errors():
        where = [str(part) for part in item["loc"]]
        if item["type"] == "extra_forbidden":
            model = _SECTIONS.get(where[0], Mapping)
            at = f" in [{where[0]}]" if len(where) > 1 else ""
            faults.append(f"unknown key{at} {_suggested(where[-1], list(model.model_fields))}")
        else:
            place = f"{'.'.join(where)}: " if where else ""
            faults.append(place + item["msg"].removeprefix("Value error, "))
    return "; ".join(faults)


def _suggested(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return (
        f"{quoted(name)}: did you mean {quoted(close[0])}?"
        if close
        else f"{quoted(name)} (known: {listed(known, most=20)})"
    )
