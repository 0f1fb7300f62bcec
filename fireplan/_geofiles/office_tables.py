"""Tables as offices keep them: CSV, workbooks, layers, databases and tables in memory, as rows that can be named."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan._geofiles.column_names import knows
from fireplan._geofiles.database_tables import read_database_table
from fireplan._geofiles.local_files import is_database, local_file, with_layer
from fireplan._geofiles.read_apart import read_parquet_apart, read_parquet_head
from fireplan._geofiles.vector_files import READABLE, check_unpacked, read_vector
from fireplan._geofiles.workbooks import OLE, open_workbook
from fireplan.errors import InputError, listed, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import geopandas as gpd

TEXT = (".csv", ".tsv", ".txt", ".tab")
DATABASES = (".db", ".sqlite", ".sqlite3")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
DELIMITERS = ",;\t|"
TITLE_ROWS = 10
"""Rows at the head of a table among which its header is sought."""

HEAD_LETTERS = 100_000

HEADER_NAMES = 2
"""Known names in a row below the first that make it the header: one may be a value."""

MOST_ROWS = 5_000_000

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, eq=False)
class OfficeTable:
    """
    A table with what to call each row.

    Attributes
    ----------
    name
        What to call it in messages.
    rows
        Its columns, by row number from 0: text from a text file or a workbook, else as they came.
    places
        What to call each row, such as "line 3" or "feature 1".
    shapes
        The places of the rows, if the table is a layer.
    shapes_at
        Which of the columns they were.
    decimal_comma
        Whether a comma in a number may be its point: semicolons part the columns.
    """

    name: str
    rows: pd.DataFrame
    places: list[str]
    shapes: gpd.GeoSeries | None = None
    shapes_at: int = 0
    decimal_comma: bool = False
    notes: list[str] = field(default_factory=list)

    def texts(self, column: str) -> list[str]:
        """Values of a column as text; "" where there is none."""
        return [cell_text(value).strip() for value in self.rows[column]]


def cell_text(value: object) -> str:
    """Write a cell as a person would: a whole number without a point, nothing as ""."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)  # noqa: PLR0124
    if isinstance(value, date):
        return value.isoformat()
    item = getattr(value, "item", None)  # numpy's own numbers
    return cell_text(item()) if item is not None and getattr(value, "ndim", 1) == 0 else str(value)


def read_office_table(
    source: str | Path | pd.DataFrame,
    *,
    what: str,
    table: str,
    layer: str | None = None,
    given: Collection[str] = (),
) -> OfficeTable:
    """
    Read a table, or a layer, from whatever holds it.

    Parameters
    ----------
    source
        CSV or other parted text, a workbook, a layer as in `read_vector`, plain Parquet, a file of SQLite or the URL of
        an SQL database with the table after "#", or a table in memory.
    what
        What it is, for messages.
    table
        Which table it should be, whose header is looked for under a title.
    layer
        Name of the layer or sheet in a file of several.
    given
        Names of columns that the user says: the header has them.
    """
    if isinstance(source, pd.DataFrame):
        return _of_frame(source, name=f"{table} table")
    path, layer = with_layer(source, layer)
    if is_database(path):
        frame = read_database_table(str(path), layer, what=what)
        return _of_frame(frame, name=f"{table} table {layer}")
    file = local_file(path, what=what)
    ending = file.suffix.lower()
    if ending in TEXT:
        return _of_text(file, table=table, given=given)
    if ending in WORKBOOKS:
        return _of_workbook(file, what=what, table=table, sheet=layer, given=given)
    return _of_layer(file, what=what, table=table, layer=layer)


def _of_layer(file: Path, *, what: str, table: str, layer: str | None) -> OfficeTable:
    """Read what holds layers, or tables that are none: a file of SQLite, plain Parquet."""
    ending = file.suffix.lower()
    if ending in DATABASES:
        frame = read_database_table(f"sqlite:///{file.as_posix()}", layer, what=what)
        return _of_frame(frame, name=f"{table} table {layer}")
    if ending == ".parquet" and not _has_places(file, what=what):
        return _of_frame(_plain_parquet(file, what=what), name=f"{table} file {file.name}")
    if ending not in READABLE:
        every = [*TEXT, *WORKBOOKS, *READABLE, *DATABASES]
        raise InputError(f"{what} {quoted(file.name)}: expected one of {listed(every, most=len(every))}")
    found = read_vector(file, what=what, layer=layer)
    return _of_frame(found, name=f"{table} file {file.name}", row="feature")


def _of_frame(frame: pd.DataFrame, *, name: str, row: str = "row") -> OfficeTable:
    """Take a table in memory; names in its index are columns."""
    named = frame.index.names != [None] and not set(frame.index.names) & set(frame.columns)
    table = frame.reset_index() if named else frame.reset_index(drop=True)
    shapes, at = None, 0
    if hasattr(frame, "geometry") and hasattr(frame, "crs") and _active(frame):
        shapes = table.geometry
        at = [str(c) for c in table.columns].index(str(shapes.name))
        table = pd.DataFrame(table.drop(columns=shapes.name))
    table = pd.DataFrame(table).set_axis([str(c) for c in table.columns], axis="columns")
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputError(f"{name}: column {quoted(twice[0])} stands more than once: name each once")
    return OfficeTable(name, table, [f"{row} {i + 1}" for i in range(len(table))], shapes, at)


def _active(frame: Any) -> bool:  # noqa: ANN401 - a GeoDataFrame, whose geometry may be none
    try:
        return frame.geometry is not None
    except AttributeError:
        return False


def _has_places(file: Path, *, what: str) -> bool:
    return b"geo" in (read_parquet_head(file, what=what).schema.metadata or {})


def _plain_parquet(file: Path, *, what: str) -> pd.DataFrame:
    table = read_parquet_apart(file, what=what)
    try:
        frame: pd.DataFrame = table.to_pandas()
    except Exception as error:  # what a file says of its columns may be anything
        raise InputError(f"{what} {quoted(file.name)} is damaged: {one_line(error)}") from error
    return frame


def _of_text(file: Path, *, table: str, given: Collection[str]) -> OfficeTable:
    text = _decoded(file)
    if text.lstrip()[:1] == "<":
        raise InputError(f"{file.name} is a web page or XML, not a table: the download was answered with a page")
    delimiter = _delimiter(text, table=table, given=given)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    cells: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            cells.append((reader.line_num, row))
            if len(cells) > MOST_ROWS:
                raise InputError(f"{file.name} has more than {MOST_ROWS:,} rows: clip it first")
    except csv.Error as error:
        raise InputError(f"{file.name} cannot be read as CSV: {one_line(error)} on line {reader.line_num}") from error
    numbered = [(f"line {line}", row) for line, row in cells]
    found = _with_header(numbered, file=file.name, table=table, given=given)
    return OfficeTable(found.name, found.rows, found.places, decimal_comma=delimiter == ";", notes=found.notes)


def _delimiter(text: str, *, table: str, given: Collection[str]) -> str:
    """Find what parts the columns: that by which a line at the head has most known names, else most columns."""
    head = [line for line in text[:HEAD_LETTERS].splitlines() if line.strip()][:TITLE_ROWS]

    def known(delimiter: str) -> tuple[int, int]:
        cells = [[c.strip().strip('"') for c in line.split(delimiter)] for line in head]
        return max(sum(knows(table, c) or c in given for c in row) for row in cells), head[0].count(delimiter)

    return max(DELIMITERS, key=known) if head else ","


def _decoded(file: Path) -> str:
    content = file.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _of_workbook(file: Path, *, what: str, table: str, sheet: str | None, given: Collection[str]) -> OfficeTable:
    if zipfile.is_zipfile(file):
        check_unpacked(file, what=what)
    elif not _is_old_workbook(file):
        raise InputError(f"{what} {quoted(file.name)} cannot be read as a workbook: its content is that of none")
    book = open_workbook(file)
    if sheet is not None and sheet not in book.names:
        known = listed(map(quoted, book.names))
        raise InputError(f"{what} {quoted(file.name)} has no sheet {quoted(sheet)}: it has {known}")
    held = {name: book.cells(name) for name in ([sheet] if sheet is not None else book.names)}
    filled = [name for name, rows in held.items() if any(cell_text(c) for row in rows for c in row)]
    if len(filled) > 1:
        raise InputError(
            f"{what} {quoted(file.name)} holds {len(filled)} sheets, {listed(map(quoted, filled))}: name one, as in"
            f" {quoted(f'{file.name}#{filled[0]}')}"
        )
    if not filled:
        raise InputError(f"{what} {quoted(file.name)} is empty")
    name = filled[0]
    numbered = [(f"row {i}", [cell_text(c) for c in row]) for i, row in enumerate(held[name], start=1)]
    found = _with_header(numbered, file=file.name, table=table, given=given)
    hidden = {f"row {i}" for i in book.hidden(name)} & set(found.places)
    if hidden:
        shown = [place for place in found.places if place in hidden]
        found.notes.append(f"{listed(shown)}: hidden in the workbook, and read like the others")
    return found


def _is_record(row: list[str], width: int) -> bool:
    """Whether a row is no title, but holds values under nearly all columns, two of them numbers at least."""
    held = [c.strip() for c in row if c.strip()]
    return len(held) >= max(3, width - 1) and sum(_NUMBER.fullmatch(c) is not None for c in held) >= 2


def _is_old_workbook(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(OLE)) == OLE


def _with_header(cells: list[tuple[str, list[str]]], *, file: str, table: str, given: Collection[str]) -> OfficeTable:
    """Find the header, under a title if there is one, and put each row under it."""
    filled = [(place, row) for place, row in cells if any(c.strip() for c in row)]
    if not filled:
        raise InputError(f"{file} is empty")
    known = [sum(knows(table, c) or c.strip() in given for c in row) for _, row in filled[:TITLE_ROWS]]
    at = 0 if known[0] or max(known) < HEADER_NAMES else known.index(max(known))
    notes = [f"the header is on {filled[at][0]}: what stands above it is left out"] if at else []
    header = [c.strip() for c in filled[at][1]]
    while header and not header[-1]:
        header.pop()
    twice = next((c for i, c in enumerate(header) if c and c in header[:i]), None)
    if twice is not None:
        raise InputError(f"{file}: column {quoted(twice)} stands more than once in the header: name each once")
    above = [place for place, row in filled[:at] if _is_record(row, len(header))]
    if above:
        raise InputError(
            f"{file}: {listed(above)} stands above the header, {filled[at][0]}, and is a record: put it below"
        )
    body = filled[at + 1 :]
    long = [place for place, row in body if any(c.strip() for c in row[len(header) :])]
    if long:
        raise InputError(
            f"{file}: there are more fields than the header has columns on {listed(long)}: is a comma in a name not in"
            " quotes?"
        )
    width = len(header)
    rows = [[*row[:width], *[""] * (width - len(row))] for _, row in body]
    columns = [c or f"column {i}" for i, c in enumerate(header, start=1)]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return OfficeTable(f"{table} file {file}", frame, [place for place, _ in body], notes=notes)
