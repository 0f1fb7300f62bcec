"""What a layer takes from a table: rows that can be drawn, columns, colours, and words, escaped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._html_escape import escape
from fireplan._page_kit.style import check_colours
from fireplan.crs import bounds_deg, within_180
from fireplan.errors import InputError, TableError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray


def cell_text(value: object) -> str:
    """Say one value of a table: numbers with separators, missing ones as not known. Not yet escaped."""
    if value is None or value is pd.NA or value is pd.NaT:
        return wording.NOT_KNOWN
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return wording.count(int(value))
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            return wording.number(float(value))
        return wording.number(float(value), decimals=0 if float(value).is_integer() else 1)
    return str(value)


def words(
    table: gpd.GeoDataFrame, *, name: str, popup: Sequence[tuple[str, str]], tooltip: str | None
) -> dict[str, list[Any] | None]:
    """The texts of a layer, escaped: labels and columns of its cards, and its tooltips."""
    return {
        "labels": [escape(label) for label, _ in popup],
        "cells": [_cells(column_of(table, column, name=name)) for _, column in popup],
        "tooltip": None if tooltip is None else _cells(column_of(table, tooltip, name=name)),
    }


def _cells(values: Sequence[object]) -> list[str]:
    """Escape the words of a column, those of equal texts once: a column of a map says few things many times."""
    texts = [cell_text(v) for v in values]
    escaped = {text: escape(text) for text in set(texts)}
    return [escaped[text] for text in texts]


def drawable(gdf: gpd.GeoDataFrame, *, name: str, kinds: Iterable[shapely.GeometryType]) -> gpd.GeoDataFrame:
    """Return the rows that can be drawn, or say why the table cannot be."""
    if gdf.crs is None or gdf.crs.to_epsg() != 4326:
        raise InputError(f"{name}: maps are drawn from EPSG:4326, not {gdf.crs or 'an unknown CRS'}: use .to_crs(4326)")
    geometry = gdf.geometry.to_numpy()
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    table, geometry = gdf[there], geometry[there]
    if (back := within_180(geometry)) is not geometry:
        table, geometry = table.set_geometry(back, crs=table.crs), back
    wrong = ~np.isin(shapely.get_type_id(geometry), [int(kind) for kind in kinds])
    faults = []
    if wrong.any():
        first = listed(table.index[wrong], most=4)
        faults.append(f"{listed(k.name.lower() for k in kinds)} wanted, but rows {first} hold something else")
    low, high = (-180.0, -90.0), (180.0, 90.0)
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    off = ~((xy >= low) & (xy <= high)).all(axis=1)
    if off.any():
        first = listed(table.index[np.unique(row[off])], most=4)
        faults.append(f"rows {first} lie off the earth: coordinates are longitude, latitude in degrees")
    if faults:
        raise TableError(f"layer {quoted(name)}", faults)
    return table


def extent_deg(table: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """West, south, east and north of a layer; east is beyond 180 where it lies on both sides of that meridian. [°]"""
    return bounds_deg(table.geometry.to_numpy())


def column_of(table: gpd.GeoDataFrame, column: str, *, name: str) -> list[object]:
    """Return one column as Python values."""
    if column not in table.columns:
        raise InputError(f"{name}: there is no column {quoted(column)} in the table: it has {listed(table.columns)}")
    return table[column].tolist()  # type: ignore[no-any-return]


def fills_of(table: gpd.GeoDataFrame, fill: str, *, name: str) -> list[str]:
    """Return the colour of each row."""
    colours = [fill] * len(table) if fill.startswith("#") else column_of(table, fill, name=name)
    check_colours(set(map(str, colours)), where=name)
    return [str(c).lower() for c in colours]
