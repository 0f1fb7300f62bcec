"""Tables and layers written for other programs, with nothing in them that runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

STARTS_A_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First letters that make a spreadsheet run a cell; the last four are the wide forms of the first."""

BREAKS = {"Cc", "Zl", "Zp"}
"""Unicode categories of what controls a device or ends a line."""

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Stands in GeoPackages as the date of writing, so that the same layer gives the same bytes."""


def safe_text(value: object) -> object:
    """Put text on one line, with an apostrophe before what a spreadsheet would run as a formula."""
    if not isinstance(value, str):
        return value
    text = "".join(" " if category(c) in BREAKS else c for c in value)
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
    plain = table.reset_index(drop=isinstance(table.index, pd.RangeIndex) and table.index.name is None)
    for column in plain.columns[[not pd.api.types.is_numeric_dtype(t) for t in plain.dtypes]]:
        plain[column] = plain[column].astype(object).map(safe_text)
    plain.columns = [safe_text(c) for c in plain.columns]
    plain.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_layers(layers: dict[str, gpd.GeoDataFrame], file: Path) -> None:
    """
    Write layers to a GeoPackage, in WGS 84.

    Parameters
    ----------
    layers
        By name; their indexes are written too.
    file
        Where to.
    """
    import pyogrio  # noqa: PLC0415 - slow to import

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        for name, layer in layers.items():
            table = layer.to_crs("EPSG:4326").reset_index()
            table.to_file(file, layer=name, driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
