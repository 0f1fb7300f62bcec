"""OpenDocument workbooks (ods) as tables of text; what could exhaust the machine is refused before it is parsed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

import python_calamine

from fireplan.errors import FireplanError, InputError, quoted
from fireplan.incidents._formats.decode import MAX_UNPACK_RATIO, MAX_UNPACKED_BYTES, RATIO_FREE_BYTES
from fireplan.incidents._formats.xlsx import SPARSE, SPARSE_FREE, records_of_rows, sheet_with_rows

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.incidents._formats.text_table import Records, Shape
    from fireplan.incidents._ledger.ledger import Ledger

ODS = b"application/vnd.oasis.opendocument.spreadsheet"
MAX_CELLS = 10_000_000  # of a sheet, with those repeated
_REPEATED = re.compile(rb"""<table:table-(row|cell|covered-table-cell)\b([^>]*?)(/?)>""")
_TIMES = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["'](\d{1,9})["']""")


def is_ods(file: Path) -> bool:
    """Tell whether a zip archive is an OpenDocument workbook."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open("mimetype") as stream:
            return stream.read(len(ODS) + 1).strip() == ODS
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError, EOFError, zlib.error):
        return False


def read_ods(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read one sheet of an ods workbook: the one that the mapping names, else the first with rows.

    Parameters
    ----------
    file
        The workbook.
    shape
        The names to look for in the header, and the sheet if the user has named it.
    table
        What to call the file in errors.
    ledger
        Takes the note which sheet was taken.

    Raises
    ------
    InputError
        If the file is damaged, too large, has a password, or has no such sheet.
    TableError
        If its header is not on line 1, or there are no rows.

    Notes
    -----
    Which rows are hidden is not told: they are read like the others.
    """
    data = file.read_bytes()
    _refuse_bombs(data, name=file.name)
    damaged = InputError(f"{quoted(file.name)} is a damaged workbook, or has a password: save it again, or as CSV")
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))

        def cells(name: str) -> list[list[object]]:
            return list(map(list, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)))

        _, rows = sheet_with_rows(workbook.sheet_names, cells, shape.sheet, file=file, ledger=ledger)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, FireplanError):
            raise
        raise damaged from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the parser, which is no Exception
            raise damaged from error
        raise
    return records_of_rows(rows, shape, hidden=[], table=table, ledger=ledger)


def _refuse_bombs(data: bytes, *, name: str) -> None:
    """Refuse an ods archive that unpacks too large, or whose cells are repeated more than a table has room for."""
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_FREE_BYTES, MAX_UNPACK_RATIO * len(data)))
    size = 0
    content = b""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if not entry.filename.lower().endswith(".xml"):
                    continue
                with archive.open(entry) as stream:
                    part = stream.read(limit - size + 1)
                size += len(part)
                if size > limit:
                    raise InputError(f"{quoted(name)} unpacks to more than {limit:,} bytes: save the sheet as CSV")
                content = part if entry.filename == "content.xml" else content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{quoted(name)} is a damaged workbook, or has a password: save it again, or as CSV"
        ) from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise InputError(f"{quoted(name)} declares XML entities, which no spreadsheet program writes: refused")
    height, width, cells = _extent(content)
    if cells > MAX_CELLS or height * width > max(SPARSE_FREE, SPARSE * cells):
        raise InputError(
            f"{quoted(name)} has cells as far out as row {height:,} and column {width:,}, or cells that are repeated"
            " very often: delete the stray ones, or save the sheet as CSV"
        )


def _extent(content: bytes) -> tuple[int, int, int]:
    """Give the last row and the last column with content, and how many cells have any, repeats counted."""
    row = last = height = width = cells = times = here = at = 0
    for found in _REPEATED.finditer(content):
        number = _TIMES.search(found[2])
        repeated = int(number[1]) if number else 1
        if found[1] == b"row":
            row, cells, height = row + times, cells + times * here, max(height, last)
            times, here, at = repeated, 0, 0
        else:
            at += repeated
            if not found[3] or b"office:value" in found[2]:
                here, width, last = here + repeated, max(width, at), row + times
    return max(height, last), width, cells + times * here
