"""Tables written for other programs in five formats, each with notes on what its figures are."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.crs import PLACE_DECIMALS, WGS84, reproject
from fireplan.errors import InputError, listed, quoted
from fireplan.project._atomic_output import whole_outputs
from fireplan.project._kml import MADE as KML_START
from fireplan.project._kml import write_kml
from fireplan.project._safe_export import safe_text, write_csv, write_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

NOTES = "notes"
GEOJSON_START = f'{{"type": "FeatureCollection", "{NOTES}":'
MOST_ROWS = 1_048_575
MOST_LETTERS = 32_767
MOST_IN_SHEET_NAME = 31
WIDEST = 60
"""What a sheet of a workbook holds: rows below its header, letters in a cell, in its name; and the widest column."""

WRITTEN = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in workbooks as the date of writing, so that the same tables give the same bytes."""


@takes
def write_tables(tables: Mapping[str, pd.DataFrame], path: str | Path, *, notice: str = "") -> Path:
    """
    Write tables for other programs, all of it or nothing; the same tables give the same bytes.

    Texts are made safe: on one line, without control characters, and with an apostrophe before what a spreadsheet would
    run as a formula (``=``, ``+``, ``-``, ``@`` at the start). Numbers stay numbers, and ids such as "007E3" stay text.

    Parameters
    ----------
    tables
        By name. What their `attrs` say (n, unit, basis) is written as notes beside them.
    path
        Ends in .xlsx (a sheet for each table, and the notes), .gpkg (a layer or a table for each, WGS 84), .geojson
        (one table with outlines or points, by RFC 7946), .kml (a folder for each table with outlines or points), .csv
        (one table); or the name of a folder (a .csv for each). Notes on .csv files are in a file of their own, which
        ends in "_notes.csv". Outlines and points are brought to WGS 84 from whatever CRS a table names.

        A file that is there already is replaced if this call has made it; any other, such as one that a table was read
        from, stays, and is an error.
    notice
        A marking such as `fireplan.disclosure.RESTRICTED`; it stands in the notes, and on each sheet of a workbook when
        it is printed.

    Returns
    -------
    The path. Workbooks and .csv files hold no outlines; points stand as `longitude` and `latitude`. [°]

    Raises
    ------
    InputError
        If there are no tables, the ending is not known, a table does not fit the format or has outlines but no CRS, or
        the file is there and was made by something else.

    Examples
    --------
    Isochrones and a layer of one's own, for other programs:

    >>> import geopandas as gpd
    >>> town = fp.examples.line_town()
    >>> own = gpd.GeoDataFrame({"name": ["Depot"]}, geometry=gpd.points_from_xy([-140], [30]), crs="EPSG:4326")
    >>> layers = {"isochrones": fp.isochrones(town, within_s=[240, 480]), "own": own}
    >>> [fp.write_tables(layers, f"reach{ending}").name for ending in (".gpkg", ".kml")]
    ['reach.gpkg', 'reach.kml']
    >>> fp.write_tables({"isochrones": layers["isochrones"]}, "reach.geojson").name
    'reach.geojson'
    """
    target = Path(path)
    writers: dict[str, Callable[[dict[str, pd.DataFrame], Path, str], None]] = {
        ".xlsx": _write_xlsx,
        ".gpkg": _write_gpkg,
        ".geojson": _write_geojson,
        ".kml": _write_kml,
        ".csv": _write_one_csv,
    }
    ending = target.suffix.lower()
    if not tables:
        raise InputError("there are no tables to write: give at least one")
    if ending not in {*writers, ""}:
        raise InputError(f"cannot write {quoted(target.name)}: let its name end in {listed(writers)}, or name a folder")
    if NOTES in {name.casefold() for name in tables}:
        raise InputError(f"a table is called {NOTES!r}, which the notes are: give it another name")
    if ending and not is_ours(target):
        raise InputError(
            f"{quoted(target.name)} is there already, and write_tables has not made it: choose another name, or remove"
            " it first"
        )
    ready = {name: _plain(table, name) for name, table in tables.items()}
    if not ending:
        with whole_outputs(target) as part:
            names = _names(ready, limit=100)
            for name, table in ready.items():
                write_csv(_flat(table), part / f"{names[name]}.csv")
            write_csv(_notes(ready, notice), part / f"{NOTES}.csv")
        return target
    with whole_outputs(target.parent) as part:
        writers[ending](ready, part / target.name, notice)
    return target


def is_ours(file: Path) -> bool:
    """Whether a file may be replaced: it is not there, or holds the notes that are written beside all tables."""
    if not file.exists():
        return True
    if file.suffix.lower() == ".csv":
        return file.with_name(f"{file.stem}_{NOTES}.csv").exists()
    try:
        return file.is_file() and MARKS[file.suffix.lower()](file)
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, sqlite3.Error):
        return False


def _starts(file: Path, text: str) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(text.encode())) == text.encode()


def _has_sheet_of_notes(file: Path) -> bool:
    with zipfile.ZipFile(file) as book:
        return f'name="{NOTES}"'.encode() in book.read("xl/workbook.xml")


def _has_layer_of_notes(file: Path) -> bool:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT 1 FROM gpkg_contents WHERE table_name = ?", (NOTES,))
        return found.fetchone() is not None


MARKS: dict[str, Callable[[Path], bool]] = {
    ".geojson": lambda file: _starts(file, GEOJSON_START),
    ".gpkg": _has_layer_of_notes,
    ".kml": lambda file: _starts(file, KML_START),
    ".xlsx": _has_sheet_of_notes,
}
"""By ending: how a file that was made here is known."""


def _plain(table: pd.DataFrame, called: str) -> pd.DataFrame:
    """Return a table of numbers and safe text, its index as columns and its geometry, if any, in `geometry`."""
    named = not (isinstance(table.index, pd.RangeIndex) and table.index.names == [None])
    ready = table.reset_index() if named else table.reset_index(drop=True)
    shapes = getattr(ready, "_geometry_column_name", None)
    safe: dict[str, Any] = {}
    for at, column in enumerate(ready.columns):
        if column == shapes:
            continue
        values = ready.iloc[:, at]
        name = str(safe_text(", ".join(map(str, column)) if isinstance(column, tuple) else str(column)))
        if name in safe or (name == "geometry" and shapes is not None):
            raise InputError(f"column {quoted(name)} stands twice in a table: give each its own name")
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
            safe[name] = values.to_numpy() if isinstance(values.dtype, np.dtype) else _numbers(values)
        else:
            safe[name] = pd.array([_text(v) for v in values.astype(object)], dtype=object)
    plain = pd.DataFrame(safe, index=ready.index)
    plain.attrs = dict(table.attrs)
    if shapes is None:
        return plain
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if ready.crs is None:
        raise InputError(f"table {quoted(called)} has a geometry but no CRS: use .set_crs()")
    if not safe:
        plain["row"] = np.arange(1, len(plain) + 1)
    placed: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=reproject(ready[shapes], WGS84).to_numpy(), crs="EPSG:4326")
    placed.attrs = dict(table.attrs)
    return placed


def _numbers(values: pd.Series[Any]) -> Any:  # noqa: ANN401 - an array of one of three types
    """Turn numbers that may be missing into numpy's: whole ones stay whole where none is missing."""
    if not values.isna().any():
        kind = bool if pd.api.types.is_bool_dtype(values) else values.dtype.numpy_dtype  # type: ignore[union-attr]
        return values.to_numpy(dtype=kind)
    return values.to_numpy(dtype=float, na_value=np.nan)


def _text(value: object) -> str | None:
    """Write one value as safe text; None where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        value = value.isoformat()
    return str(safe_text(value if isinstance(value, str) else str(value)))


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Leave outlines out, and give points as two columns."""
    if "geometry" not in table.columns or not hasattr(table, "crs"):
        return table
    shapes = table["geometry"].to_numpy()
    flat = pd.DataFrame(table.drop(columns="geometry"))
    if len(shapes) and (shapely.get_type_id(shapes[~shapely.is_missing(shapes)]) == shapely.GeometryType.POINT).all():
        flat["longitude"] = shapely.get_x(shapes).round(PLACE_DECIMALS)
        flat["latitude"] = shapely.get_y(shapes).round(PLACE_DECIMALS)
    return flat


def _notes(tables: Mapping[str, pd.DataFrame], notice: str) -> pd.DataFrame:
    """Say in a table what each table's figures are."""
    rows = [("", "notice", _text(notice))] if notice else []
    for name, table in tables.items():
        rows.append((str(_text(name)), "rows", str(len(table))))
        rows += [(str(_text(name)), str(_text(str(k))), _said(v)) for k, v in table.attrs.items() if _sayable(v)]
    return pd.DataFrame(rows, columns=["table", "what", "value"], dtype=object)


def _sayable(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | datetime | list | tuple | np.generic)


def _said(value: object) -> str | None:
    return "; ".join(str(_text(v)) for v in value) if isinstance(value, list | tuple) else _text(value)


def _names(tables: Mapping[str, pd.DataFrame], *, limit: int) -> dict[str, str]:
    """Name sheets or files after tables: short, different whatever their case, and with letters that all take."""
    names: dict[str, str] = {}
    used = {NOTES, "history"}
    for name in tables:
        stem = re.sub(r"[^\w \-]+", "_", str(_text(name))).strip(" _-")[:limit] or "table"
        chosen, number = stem, 2
        while chosen.casefold() in used:
            chosen = f"{stem[: limit - len(str(number)) - 1]}_{number}"
            number += 1
        used.add(chosen.casefold())
        names[name] = chosen
    return names


def _only(tables: Mapping[str, pd.DataFrame], file: Path) -> pd.DataFrame:
    if len(tables) != 1:
        raise InputError(
            f"{quoted(file.name)} takes one table, not {len(tables)}: choose .xlsx or .gpkg, or name a folder"
        )
    return next(iter(tables.values()))


def _write_one_csv(tables: dict[str, pd.DataFrame], file: Path, notice: str) -> None:
    write_csv(_flat(_only(tables, file)), file)
    write_csv(_notes(tables, notice), file.with_name(f"{file.stem}_{NOTES}.csv"))


def _write_gpkg(tables: dict[str, pd.DataFrame], file: Path, notice: str) -> None:
    names = _names(tables, limit=60)
    # the first column stands in for the index, which layers are written with
    layers = {names[name]: t.set_index(t.columns[0]) if hasattr(t, "crs") else t for name, t in tables.items()}
    write_layers(layers | {NOTES: _notes(tables, notice)}, file)


def _write_geojson(tables: dict[str, pd.DataFrame], file: Path, notice: str) -> None:
    table = _only(tables, file)
    if not hasattr(table, "crs"):
        raise InputError(f"{quoted(file.name)} takes a table with places: this one has no geometry")
    layer: gpd.GeoDataFrame = table
    turned = shapely.orient_polygons(layer.geometry.to_numpy())  # outer rings anticlockwise, as RFC 7946 asks
    shapes = shapely.transform(turned, lambda xy: np.round(xy, PLACE_DECIMALS))
    columns = {c: [_json(v) for v in layer[c].tolist()] for c in layer.columns if c != "geometry"}
    features = [
        {
            "type": "Feature",
            "properties": {name: values[row] for name, values in columns.items()},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in enumerate(shapes)
    ]
    notes = _notes(tables, notice)
    said = dict(zip(notes["what"], notes["value"], strict=True))
    content = {"type": "FeatureCollection", NOTES: said, "features": features}
    file.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8", newline="\n")


def _write_kml(tables: dict[str, pd.DataFrame], file: Path, notice: str) -> None:
    flat = [name for name, table in tables.items() if not hasattr(table, "crs")]
    if flat:
        raise InputError(
            f"{quoted(file.name)} takes tables with places: {listed(map(quoted, flat))} has no geometry; choose .gpkg"
        )
    notes = _notes(tables, "")
    said = {
        str(_text(name)): "; ".join(f"{what}: {value}" for what, value in zip(own["what"], own["value"], strict=True))
        for name, own in notes.groupby("table", sort=False)
    }
    if notice:
        said = {name: f"{_text(notice)}; {text}" for name, text in said.items()}
    layers: dict[str, Any] = {str(_text(name)): table for name, table in tables.items()}
    if len(layers) < len(tables):
        raise InputError(f"{quoted(file.name)}: two tables have one name once it is made safe: give each its own")
    write_kml(layers, said, file)


def _json(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_xlsx(tables: dict[str, pd.DataFrame], file: Path, notice: str) -> None:
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - not needed otherwise

    names = _names(tables, limit=MOST_IN_SHEET_NAME)
    sheets = {names[name]: _flat(table) for name, table in tables.items()} | {NOTES: _notes(tables, notice)}
    for name, table in sheets.items():
        if len(table) > MOST_ROWS:
            raise InputError(f"table {quoted(name)} has {len(table):,} rows, a sheet holds {MOST_ROWS:,}: choose .gpkg")
    book = xlsxwriter.Workbook(str(file), {"in_memory": True})  # and nothing in temporary files
    book.set_properties({"created": WRITTEN.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        if notice:
            sheet.set_header("&C" + str(_text(notice)).replace("&", "&&"))
        for at, column in enumerate(table.columns):
            values = table[column].tolist()
            sheet.write_string(0, at, str(column)[:MOST_LETTERS], bold)
            longest = max((len(str(v)) for v in (column, *values[:200])), default=0)
            sheet.set_column(at, at, min(longest + 2, WIDEST))
            for row, value in enumerate(values, start=1):
                _write_cell(sheet, row, at, value)
    book.close()


def _write_cell(sheet: Any, row: int, at: int, value: object) -> None:  # noqa: ANN401 - a sheet of XlsxWriter
    """Write a cell with the type its value has: text is never taken for a number, a link or a formula."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, at, value)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, at, value)
    else:
        text = str(value)
        sheet.write_string(row, at, text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…")
