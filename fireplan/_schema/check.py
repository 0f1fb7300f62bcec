"""Check a table against its schema, once, at the border."""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.errors import Faults, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 1e15
"""No count, time or distance is larger: with such numbers no total would be right."""

MOST_NAMED = 5
"""Rows named in one fault; the others are counted."""


class SchemaColumn(NamedTuple):
    """One line of a schema."""

    column: str
    dtype: str
    unit: str
    required: str
    meaning: str


@functools.cache
def columns(table: str) -> tuple[SchemaColumn, ...]:
    """Read the schema of a table: stations, units, zones, incidents or responses."""
    text = (resources.files(__package__) / "tables" / f"{table}.csv").read_text(encoding="utf-8")
    return tuple(SchemaColumn(**row) for row in csv.DictReader(text.splitlines()))


def check_table(frame: pd.DataFrame, table: str, *, label: str | None = None) -> None:
    """
    Raise every fault of a table at once.

    Parameters
    ----------
    frame
        The table; its index is the id where the schema says so.
    table
        Name of the schema.
    label
        What to call the table in the message, such as a file name.

    Raises
    ------
    TableError
        With all faults: missing columns, ids that are empty or stand twice, values of the wrong kind, negative or
        infinite numbers, geometry that is missing or not of the kind asked for.
    """
    faults = Faults(label or f"table '{table}'")
    for fault in _faults(frame, table):
        faults.add(fault)
    faults.raise_if_any()


def _faults(frame: pd.DataFrame, table: str) -> Iterator[str]:
    if len(frame) == 0:
        yield "it is empty: no row to work with"
    for spec in columns(table):
        if spec.required == "index":
            yield from _index_faults(frame, spec.column)
        elif spec.column not in frame.columns:
            if spec.required == "yes":
                yield f"column '{spec.column}' is missing: add it ({spec.meaning})"
        elif spec.dtype in {"number", "signed"}:
            yield from _number_faults(frame[spec.column], spec)
        elif spec.dtype == "text" and spec.required == "yes":
            empty = frame[spec.column].isna() | (frame[spec.column].astype(str).str.strip() == "")
            if empty.any():
                yield f"column '{spec.column}' is empty for {_named(frame, empty)}: fill it in"
        elif spec.dtype in {"point", "any"} and spec.required == "yes":
            yield from _geometry_faults(frame, spec)


def _index_faults(frame: pd.DataFrame, name: str) -> Iterator[str]:
    if frame.index.name != name:
        yield f"the index must be '{name}': call .set_index('{name}')"
        return
    ids = frame.index.astype(str)
    empty = frame.index.isna() | (ids.str.strip() == "")
    if empty.any():
        yield f"'{name}' is empty in row {listed(np.flatnonzero(empty) + 1)}"
    for twice in ids[ids.duplicated()].unique()[:MOST_NAMED]:
        rows = np.flatnonzero(ids == twice) + 1
        yield f"{name} {quoted(twice)} appears {len(rows)} times (rows {listed(rows)}): ids must be unique"


def _number_faults(values: pd.Series, spec: SchemaColumn) -> Iterator[str]:
    frame = values.to_frame()
    number = pd.to_numeric(values, errors="coerce").astype(float)
    wrong = number.isna() & values.notna()
    if wrong.any():
        yield f"column '{spec.column}' is not a number for {_named(frame, wrong)}"
    signed = spec.dtype == "signed"
    bad = number.abs() == np.inf if signed else (number < 0) | np.isinf(number)
    if bad.any():
        yield f"column '{spec.column}' is {'infinite' if signed else 'negative or infinite'} for {_named(frame, bad)}"
    beyond = ~bad & (number.abs() > MOST)
    if beyond.any():
        yield f"column '{spec.column}' is larger than {MOST:,.0f} for {_named(frame, beyond)}: no count or time is"


def _geometry_faults(frame: pd.DataFrame, spec: SchemaColumn) -> Iterator[str]:
    if not hasattr(frame, "crs"):
        yield "it is not a GeoDataFrame: build it with geopandas.GeoDataFrame(..., crs=...)"
        return
    if frame.crs is None:
        yield "crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude"
    missing = frame.geometry.isna() | frame.geometry.is_empty
    if missing.any():
        yield f"geometry is missing for {_named(frame, missing)}"
    if spec.dtype == "point":
        other = ~missing & (frame.geometry.geom_type != "Point")
        if other.any():
            yield f"geometry is not a point for {_named(frame, other)}: use .representative_point()"


def _named(frame: pd.DataFrame, which: pd.Series) -> str:
    """Name the rows of a fault by id and place."""
    places = np.flatnonzero(which.to_numpy())
    names = [f"{quoted(frame.index[i])} (row {i + 1})" for i in places[:MOST_NAMED]]
    return listed(names + [""] * (len(places) - len(names)), most=MOST_NAMED)
