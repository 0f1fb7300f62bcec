"""Mappings: which columns of an agency's export hold what, as data."""

from __future__ import annotations

import codecs
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from fireplan._bounded_text import toml_content
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.incidents._columns_and_types import (
    CANONICAL,
    IDS,
    MORE_TIMES,
    OF_INCIDENTS,
    OF_UNITS,
    OPTIONAL,
    ORDER_OF_TIMES,
    TIMES,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

MAX_MAPPING_BYTES = 1_000_000
TEXTS = ("call_type", "priority", *OF_UNITS, *OF_INCIDENTS)
ALL_TIMES = frozenset((*TIMES, *MORE_TIMES))
KNOWN = ("incident_id", "unit_id", *TEXTS, *TIMES, *MORE_TIMES)
INTERVALS = (
    "answering_s", "processing_s", "handling_s", "call_processing_s", "turnout_s", "travel_s", "total_response_s",
)  # fmt: skip
FLAGS = ("cancelled", "on_view", "already_on_road", "mutual_aid")
TAKEN = frozenset((*CANONICAL, *OPTIONAL, *INTERVALS, *FLAGS, "category", "geometry", "point", "line"))

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = Name | tuple[Name, ...]
Joined = Annotated[tuple[Name, ...], Field(min_length=2, max_length=6)]
"""Columns that are put together: of a time its date and clock, or year, month, day and clock; of an id its parts."""
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
    west_positive: bool = Field(default=False, description="longitudes west of Greenwich are written without a sign")

    @model_validator(mode="after")
    def _one_way(self) -> Point:
        pair = (self.latitude is not None, self.longitude is not None)
        if pair[0] != pair[1] or pair[0] == (self.column is not None):
            raise ValueError("give either both 'latitude' and 'longitude', or 'column'")
        if self.west_positive and self.crs is not None:
            raise ValueError("west_positive is of degrees: coordinates of a crs have their own signs")
        return self


class Times(_Strict):
    """How times are written; without formats ISO 8601 and unambiguous slash dates are read."""

    formats: tuple[Name, ...] = Field(default=(), description="strptime formats, tried in turn")
    epoch: Literal["seconds", "milliseconds", "excel"] | None = Field(
        default=None, description="numbers are counted from 1970 in UTC, or are a spreadsheet's days on the local clock"
    )
    zone: Name | None = Field(
        default=None, description="IANA zone of stamps without an offset; left out: that of the agency"
    )

    @field_validator("formats")
    @classmethod
    def _whole(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for text in formats:
            needs = (("%Y", "%y"), ("%m", "%b", "%B"), ("%d",), ("%H", "%I"), ("%M",))
            if not all(any(part in text for part in either) for either in needs):
                raise ValueError(f"{quoted(text)} must hold a year, month, day, hour and minute")
            if "%I" in text and "%p" not in text:
                raise ValueError(f"{quoted(text)} has %I (12 hours) and needs %p")
        return formats

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError(f"there is no time zone {quoted(zone)}: give an IANA name such as 'UTC'")
        return zone


class Text(_Strict):
    """How the file is written, where that is not found out."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    encoding: Name = "utf-8"
    sheet: Name | None = Field(default=None, description="of a workbook; left out: the first with rows")

    @field_validator("delimiter")
    @classmethod
    def _parts(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and (delimiter.isalnum() or delimiter in "\"'\r\n .-:"):
            raise ValueError(f"{quoted(delimiter)} stands inside of values: no delimiter")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError as error:
            raise ValueError(f"there is no encoding {quoted(encoding)}") from error


class Elapsed(_Strict):
    """A time that is given as what has passed since another."""

    column: Name
    after: Literal["received", "dispatched", "enroute", "arrived"]
    unit: Literal["seconds", "minutes"] = "seconds"


class _Columns(_Strict):
    columns: dict[str, Names] = Field(default_factory=dict)
    join: dict[str, Joined] = Field(default_factory=dict)
    elapsed: dict[str, Elapsed] = Field(default_factory=dict)


class UnitBeside(_Columns):
    """One of several units that stand side by side in a row: its columns, beside those that all have."""


class LogStatuses(_Strict):
    """A status log: one row for each unit and status, of which one row for each unit is made."""

    status: Name
    time: Name | Joined
    values: dict[str, tuple[Name, ...]] = Field(description="of each time the statuses that set it")

    def statuses(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give each time with the statuses that set it."""
        return [*self.values.items()]

    @field_validator("values")
    @classmethod
    def _times(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        seen: dict[str, str] = {}
        for name, statuses in values.items():
            if name not in ALL_TIMES:
                raise ValueError(f"{quoted(name)} is no time (times are {listed(sorted(ALL_TIMES))})")
            for status in statuses:
                if seen.setdefault(status.strip().casefold(), name) != name:
                    raise ValueError(f"{quoted(status)} stands for {seen[status.strip().casefold()]} and for {name}")
        if "dispatched" not in values:
            raise ValueError("say which statuses are 'dispatched': a response begins with one")
        return values


class SecondTable(_Strict):
    """A second file with one row per unit, where the first has one per incident."""

    key: Name | tuple[Name, Name] = Field(description="the incident's number, in both files or in each")


class Mapping(_Columns):
    """
    Where the canonical columns stand in one agency's export.

    A column is named as the header has it; `Time#2` is the second of that name. Only an id of the incident, or
    `number_rows`, and one time are needed: without `unit_id` the file has one row per incident, and reading says which
    figures each column that is absent costs.

    Attributes
    ----------
    title, source, hint
        What it is of, where that is known from, and whether it was never checked against a real export: then reading
        by it says so.
    columns
        The source's name of each canonical column, or several: row by row the first that holds a value counts.
    join
        Of a time whose date and clock stand apart, the columns to put together. Where several clocks share one date,
        one that is earlier than the one before it is of the next day. Of an id that is unique only with others, such
        as the department's and the year's, its parts, which a hyphen joins.
    elapsed
        Of a time that is given as what has passed since another, where and since which.
    responses
        Units that stand side by side in a row, each with its own columns; what all have stands in `columns`. Without
        a column of their ids they are called "unit 1", "unit 2" by where they stand.
    log
        How a status log is read; with `optional = ["log"]` only if the file has the column of statuses.
    second
        How a second file with one row per unit is joined to this one.
    split_units
        Whether a cell of `unit_id` names several units, which then have a row each.
    number_rows
        Whether rows without an id of the incident are numbered: each is an incident of its own.
    optional
        Columns of this mapping that the file may lack without a word about what was meant.
    point, times, text
        How points, times and the file are written.
    carry
        Further source columns to keep, under names of the user's own.
    translate
        Of text columns, what values become; unknown ones stay as they are.
    """

    title: str = ""
    source: str = ""
    hint: bool = False
    responses: tuple[UnitBeside, ...] = ()
    log: LogStatuses | None = None
    second: SecondTable | None = None
    split_units: bool = False
    number_rows: bool = False
    optional: tuple[str, ...] = ()
    point: Point | None = None
    times: Times = Times()
    text: Text = Text()
    carry: dict[Own, Name] = Field(default_factory=dict)
    translate: dict[str, dict[str, str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _columns(self) -> Mapping:
        _check_names(self.columns, self.join, self.elapsed, within="")
        for number, response in enumerate(self.responses, start=1):
            _check_names(response.columns, response.join, response.elapsed, within=f"responses {number}: ")
        given = self.given
        missing = []
        if "incident_id" not in given and not self.number_rows:
            missing.append("incident_id (or number_rows = true, if each row is an incident of its own)")
        if not given & ALL_TIMES:
            missing.append("any time, such as received")
        if missing:
            raise ValueError(f"columns: no source column given for {listed(missing)}")
        for name in self.optional:
            if name not in given | {"point", "log"}:
                raise ValueError(f"optional: {quoted(name)} is no column of this mapping")
        return self

    @model_validator(mode="after")
    def _one_shape(self) -> Mapping:
        shapes = {"responses": bool(self.responses), "log": self.log is not None, "split_units": self.split_units}
        used = [name for name, there in shapes.items() if there]
        if len(used) > 1:
            raise ValueError(f"{listed(used)} are two ways in which units stand in a file: give one")
        if (self.split_units or self.log is not None) and "unit_id" not in self.given:
            raise ValueError(f"{used[0]} needs the column of 'unit_id'")
        if self.responses and self.second is not None:
            raise ValueError("responses and second are two ways in which units stand in files: give one")
        if not all(response.columns or response.join or response.elapsed for response in self.responses):
            raise ValueError("responses: one of them names no column")
        return self

    @model_validator(mode="after")
    def _elapsed_after(self) -> Mapping:
        since: dict[str, tuple[str, str]] = {}
        for name, item in ((name, item) for part in self.parts() for name, item in part.elapsed.items()):
            if ORDER_OF_TIMES.index(item.after) >= ORDER_OF_TIMES.index(name):
                raise ValueError(f"elapsed: {quoted(name)} comes before {quoted(item.after)}")
            if item.after not in self.given:
                raise ValueError(f"elapsed: {quoted(name)} is after {quoted(item.after)}, which is no column")
            if since.setdefault(name, (item.after, item.unit)) != (item.after, item.unit):
                raise ValueError(f"elapsed: {quoted(name)} is given in two ways: say it alike for each unit")
            if any(name in part.columns or name in part.join for part in self.parts()):
                raise ValueError(f"elapsed: {quoted(name)} is given twice")
        return self

    @property
    def given(self) -> set[str]:
        """Canonical columns that the mapping says anything of, but for the point's."""
        found = {*self.columns, *self.join, *self.elapsed}
        for response in self.responses:
            found |= {*response.columns, *response.join, *response.elapsed}
        return found if self.log is None else found | set(self.log.values)

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
        named = {} if point is None else {
            "point": point.column, "latitude": point.latitude, "longitude": point.longitude,
        }  # fmt: skip
        places = {name: (source,) for name, source in named.items() if source}
        carried = {name: (source,) for name, source in self.carry.items()}
        return {name: several(source) for name, source in self.columns.items()} | places | carried

    def wanted(self) -> list[str]:
        """List every source column that the mapping names."""
        found = [name for names in self.sources().values() for name in names]
        for part in self.parts():
            found += [name for names in part.join.values() for name in names]
            found += [item.column for item in part.elapsed.values()]
        found += [name for response in self.responses for names in response.columns.values() for name in several(names)]
        if self.log is not None:
            found += [self.log.status, *several(self.log.time)]
        if self.second is not None:
            found += several(self.second.key)
        return list(dict.fromkeys(found))

    def parts(self) -> tuple[_Columns, ...]:
        """Give what names columns: the mapping itself, and each unit that stands side by side."""
        return (self, *self.responses)

    def may_lack(self, name: str) -> bool:
        """Tell whether the file may do without a column."""
        return name in self.optional or (name in {"latitude", "longitude"} and "point" in self.optional)


def several(names: Names) -> tuple[str, ...]:
    """Give one name or several as several."""
    return (names,) if isinstance(names, str) else names


def _check_names(
    columns: dict[str, Names], join: dict[str, Joined], elapsed: dict[str, Elapsed], *, within: str
) -> None:
    """Refuse columns that are not canonical, and times that are given twice."""
    for name in columns:
        if name not in KNOWN:
            raise ValueError(f"{within}columns: unknown column {_suggested(name, KNOWN)}")
    for part, names in (("join", join), ("elapsed", elapsed)):
        for name in names:
            if name not in ALL_TIMES and not (part == "join" and name in IDS):
                raise ValueError(f"{within}{part}: {quoted(name)} is no time (times are {listed(sorted(ALL_TIMES))})")
            if name in columns or (part == "elapsed" and name in join):
                raise ValueError(f"{within}{part}: {quoted(name)} is given twice")


_SECTIONS: dict[str, type[BaseModel]] = {
    "point": Point, "times": Times, "text": Text, "log": LogStatuses, "second": SecondTable, "responses": UnitBeside,
}  # fmt: skip
CANONICAL_MAPPING = Mapping(
    title="the canonical columns",
    columns={name: name for name in CANONICAL if name not in {"latitude", "longitude"}},
    point=Point(latitude="latitude", longitude="longitude"),
)


def bundled_mappings() -> list[str]:
    """List the mappings that come with the package."""
    folder = files(__package__) / "mappings"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_mapping(mapping: str | PathLike[str] | Mapping | None) -> Mapping:
    """
    Load a mapping: None for the canonical columns, the name of a bundled one, the path of a TOML file, or one at hand.

    Raises
    ------
    InputError
        If the file cannot be read or a key is wrong; the key is named.
    UnknownIdError
        If there is no bundled mapping of that name.
    """
    if mapping is None or isinstance(mapping, Mapping):
        return mapping or CANONICAL_MAPPING
    name = str(mapping)
    if name in bundled_mappings():
        text = (files(__package__) / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml"):
        text = _read(Path(mapping))
    else:
        raise UnknownIdError("mapping", name, bundled_mappings())
    try:
        return Mapping.model_validate(toml_content(text, label=f"mapping {quoted(name)}"))
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
