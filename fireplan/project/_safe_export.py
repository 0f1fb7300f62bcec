"""Tables and layers written for other programs, with nothing in them that runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

import pandas as pd

from fireplan._html_escape import plain
from fireplan._whole_file import BREAKS
from fireplan.crs import WGS84, reproject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STARTS_A_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First letters that make a spreadsheet run a cell; the last four are the wide forms of the first."""

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Stands in GeoPackages as the date of writing, so that the same layer gives the same bytes."""


def safe_text(value: object) -> object:
    """
    Put text on one line, with an apostrophe before what a spreadsheet would run as a formula.

    Control characters become spaces; what hides or turns round is removed or spelled out, as on a page.
    """
    if not isinstance(value, str):
        return value
    harmless = value.isascii() and value.isprintable()  # as nearly all are, and told at once
    text = value if harmless else plain("".join(" " if category(c) in BREAKS else c for c in value))
    return f"'{text}" if text.lstrip().startswith(STARTS_A_FORMULA) else text


def write_csv(table: pd.DataFrame, file: Path) -> None:
    """
    Write a table as CSV: UTF-8 with a mark that Excel knows, formulas made harmless, Unix line ends.

    Parameters
    ----------
    table
        Its index is written too, unless it is but the number of the row.
    file
        Where to.
    """
    safe_table(table).to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")


def safe_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of numbers as they are and texts made safe, its index as columns."""
    safe = table.reset_index(drop=isinstance(table.index, pd.RangeIndex) and table.index.name is None)
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(t) for t in safe.dtypes]]:
        if getattr(safe, "_geometry_column_name", None) != column:
            safe[column] = safe[column].astype(object).map(safe_text)
    safe.columns = [safe_text(c) for c in safe.columns]
    return safe


def write_layers(layers: Mapping[str, pd.DataFrame], file: Path) -> None:
    """
    Write layers to a GeoPackage, in WGS 84.

    Parameters
    ----------
    layers
        By name; their indexes are written too. One without a geometry becomes a plain table.
    file
        Where to.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pyogrio  # noqa: PLC0415

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        for name, layer in layers.items():
            if isinstance(layer, gpd.GeoDataFrame):
                reproject(layer, WGS84).reset_index().to_file(file, layer=name, driver="GPKG", engine="pyogrio")
            else:
                pyogrio.write_dataframe(layer.reset_index(drop=True), file, layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
