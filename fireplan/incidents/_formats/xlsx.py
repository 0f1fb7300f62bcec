"""Xlsx workbooks as tables of text; what could exhaust the machine is refused before anything is parsed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import numpy as np
import python_calamine

from fireplan.errors import InputError, TableError, listed, quoted
from fireplan.incidents._formats.cell_text import cell_text, is_whole_float
from fireplan.incidents._formats.decode import MAX_UNPACK_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES
from fireplan.incidents._formats.text_table import HEADER_SOUGHT_IN, Records, Shape, as_text, check_header, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fireplan.incidents._ledger.ledger import Ledger

    Parts = dict[str, bytes]

MAX_PARTS = 2000
SPARSE = 8  # times as many places as cells, from which on a sheet is refused
SPARSE_FREE = 2_000_000  # places
_SLICE = 4_000_000
_OVERLAP = 64
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d{1,7})["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")


def read_workbook(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read one sheet of a workbook: the one that the mapping names, else the first with rows.

    Parameters
    ----------
    file
        An xlsx file.
    shape
        The names to look for in the header, and the sheet if the user has named it.
    table
        What to call the file in errors.
    ledger
        Takes the notes: which sheet was taken, which rows are hidden.

    Raises
    ------
    InputError
        If the file is damaged, unpacks too large, has a password, declares XML entities, or has no such sheet.
    TableError
        If its header is not on line 1, or there are no rows.

    Notes
    -----
    Every part is unpacked and measured here first, and the parser is given what was measured. Limits: 200 MB
    unpacked, 100 times the file's size.
    """
    parts = _parts(file)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(_repacked(parts)))
        name, rows = _sheet(workbook, parts, shape.sheet, file=file, ledger=ledger)
    except python_calamine.PasswordError as error:
        raise InputError(f"{quoted(file.name)} is an xlsx workbook with a password: save it without one") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{quoted(file.name)} is a damaged xlsx workbook: save it again, or as CSV") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the parser, which is no Exception
            raise InputError(f"{quoted(file.name)} is a damaged xlsx workbook: save it again, or as CSV") from error
        raise
    hidden = _hidden_rows(parts.get(_path_of(parts, name), b""))
    return records_of_rows(rows, shape, hidden=hidden, table=table, ledger=ledger)


def _parts(file: Path) -> Parts:
    """Unpack the parts that hold cells; refuse what is damaged, too large, or declares entities."""
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_FREE_BYTES, MAX_UNPACK_RATIO * file.stat().st_size))
    parts: Parts = {}
    size = 0
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith((".xml", ".rels"))]
            if len(entries) > MAX_PARTS:
                raise InputError(f"{quoted(file.name)} holds more than {MAX_PARTS:,} parts: save the sheet as CSV")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise InputError(f"{quoted(file.name)} is locked with a password: save it without one")
                with archive.open(entry) as stream:
                    part = stream.read(limit - size + 1)
                size += len(part)
                if size > limit:
                    raise InputError(
                        f"{quoted(file.name)} unpacks to more than {limit:,} bytes (limit {MAX_UNPACKED_BYTES:,} bytes"
                        f" and {MAX_UNPACK_RATIO} times its size): save the sheet as CSV"
                    )
                parts[entry.filename.lstrip("/")] = part
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{quoted(file.name)} is a damaged xlsx file or zip archive: save it again") from error
    if "xl/workbook.xml" not in parts:
        raise InputError(f"{quoted(file.name)} is a zip archive but no xlsx workbook: save the sheet as .xlsx or CSV")
    for part in parts.values():
        plain = part.replace(b"\0", b"") if b"\0" in part[:200] else part
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise InputError(f"{quoted(file.name)} declares XML entities, which no spreadsheet program writes: refused")
    return parts


def _repacked(parts: Parts) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def _sheet(
    workbook: python_calamine.CalamineWorkbook, parts: Parts, wanted: str | None, *, file: Path, ledger: Ledger
) -> tuple[str, list[list[object]]]:
    """Take the sheet that is named, or the first that has rows; refuse sparse ones before they are parsed."""

    def cells(name: str) -> list[list[object]]:
        _refuse_sparse(parts.get(_path_of(parts, name), b""), file=file)
        return list(map(list, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)))

    return sheet_with_rows(workbook.sheet_names, cells, wanted, file=file, ledger=ledger)


def sheet_with_rows(
    names: Sequence[str],
    cells: Callable[[str], list[list[object]]],
    wanted: str | None,
    *,
    file: Path,
    ledger: Ledger,
) -> tuple[str, list[list[object]]]:
    """Give the name and the cells of the sheet that is wanted, or of the first that has rows."""
    n = len(names)
    if wanted is not None:
        found = [name for name in names if name.casefold() == wanted.strip().casefold()]
        if not found:
            known = listed(quoted(name) for name in names)
            raise InputError(f"{quoted(file.name)} has no sheet {quoted(wanted)}: it has {known}")
        names = found
    for name in names:
        rows = cells(name)
        if rows:
            if n > 1 and wanted is None:
                ledger.add_file("sheet_chosen", detail=f"sheet {quoted(name)} of {n}")
            return name, rows
    raise TableError(f"CAD file {quoted(file.name)}", ["no sheet of this workbook has rows"])


def _refuse_sparse(xml: bytes, *, file: Path) -> None:
    """Refuse a sheet whose few cells lie far apart: as a table it would fill the memory."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    cells = 0
    for low in range(0, len(xml), _SLICE):
        piece = xml[low : low + _SLICE + _OVERLAP]
        found = _PLACE.findall(piece)
        columns.update(column for column, _ in found)
        rows.update(row for _, row in found)
        cells += len(_CELL.findall(piece))
    width = max((_column_number(column) for column in columns), default=0)
    height = max(map(int, rows), default=0)
    if width * height > max(SPARSE_FREE, SPARSE * cells):
        raise InputError(
            f"{quoted(file.name)} has cells as far out as row {height:,} and column {width:,} with next to nothing"
            " between them: delete the stray cells, or save the sheet as CSV"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _path_of(parts: Parts, sheet: str) -> str:
    """Find the part that holds a sheet; '' if the workbook does not say."""
    relations = {
        _attribute(found, b"Id"): _attribute(found, b"Target")
        for found in _RELATION.findall(parts.get("xl/_rels/workbook.xml.rels", b""))
    }
    for found in _SHEET.findall(parts.get("xl/workbook.xml", b"")):
        if _attribute(found, b"name") == sheet:
            target = relations.get(_attribute(found, rb"\w+:id"), "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _attribute(text: bytes, name: bytes) -> str:
    found = re.search(rb"(?<![\w:])" + name + rb"""\s*=\s*(?:"([^"]*)"|'([^']*)')""", text)
    return unescape((found[1] or found[2] or b"").decode("utf-8", errors="replace")) if found else ""


def _hidden_rows(xml: bytes) -> list[int]:
    if b"hidden" not in xml:
        return []
    hidden: list[int] = []
    line = 0
    for found in _ROW.finditer(xml):
        number = _NUMBER.search(found[1])
        line = int(number[1]) if number else line + 1
        if _HIDDEN.search(found[1]):
            hidden.append(line)
    return hidden


def records_of_rows(
    rows: list[list[object]], shape: Shape, *, hidden: list[int], table: str, ledger: Ledger
) -> Records:
    """Turn the cells of a sheet into a table of text; `hidden` holds lines that are noted."""
    top = [[cell_text(cell) for cell in row] for row in rows[:HEADER_SOUGHT_IN]]
    best, at = max((shape.matches(row), -line) for line, row in enumerate(top, start=1))
    check_header(best, -at, shape, table=table)
    header = [name.strip() for name in top[0]]
    kept = [n for n, row in enumerate(rows[1:], start=2) if any(cell_text(cell).strip() for cell in row)]
    refuse_empty(len(kept), table=table)
    ledger.add("rows_hidden", sorted(set(hidden) & set(kept)))
    columns = {}
    numeric = {}
    for place in shape.places(header):
        cells = [rows[line - 1][place] for line in kept]
        whole = np.array([is_whole_float(cell) for cell in cells], dtype=bool)
        if whole.any():
            numeric[place] = whole
        columns[place] = as_text([cell_text(_tidied(cell)) for cell in cells])
    return Records(header, columns, np.array(kept, dtype=np.int64), len(kept), numeric)


def _tidied(cell: object) -> object:
    """Round a time to the millisecond: it is a fraction of a day in the file, good to no more than that."""
    if not isinstance(cell, datetime) or not cell.microsecond:
        return cell
    return cell.replace(microsecond=0) + timedelta(milliseconds=round(cell.microsecond / 1000))
