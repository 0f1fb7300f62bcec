"""OpenDocument workbooks (ods), measured before they are parsed."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import python_calamine

from fireplan._geofiles.workbooks.workbook import (
    BAD_ZIP,
    DAMAGED,
    Workbook,
    damage_refused,
    is_sparse,
    most_unpacked,
)
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from pathlib import Path

ODS = b"application/vnd.oasis.opendocument.spreadsheet"
MAX_CELLS = 10_000_000  # of a sheet, with those repeated
_REPEATED = re.compile(rb"""<table:table-(row|cell|covered-table-cell)\b([^>]*?)(/?)>""")
_TIMES = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["'](\d{1,9})["']""")


def is_ods(file: Path) -> bool:
    """Tell whether a zip archive is an OpenDocument workbook."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open("mimetype") as stream:
            return stream.read(len(ODS) + 1).strip() == ODS
    except (*BAD_ZIP, KeyError):
        return False


def open_ods(file: Path) -> Workbook:
    """
    Open an ods workbook.

    Raises
    ------
    InputError
        If it is damaged, unpacks too large, has a password, declares XML entities, or its cells are sparse or repeated
        very often.

    Notes
    -----
    Which rows are hidden is not told: they are read like the others.
    """
    data = file.read_bytes()
    _refuse_bombs(data, name=file.name)
    with damage_refused(file.name):
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))

    def cells(name: str) -> list[list[object]]:
        with damage_refused(file.name):
            return list(map(list, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))

    return Workbook(book.sheet_names, cells)


def _refuse_bombs(data: bytes, *, name: str) -> None:
    """Refuse an ods archive that unpacks too large, or whose cells are repeated more than a table has room for."""
    limit = most_unpacked(len(data))
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
    except BAD_ZIP as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{quoted(name)} {DAMAGED}") from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise InputError(f"{quoted(name)} declares XML entities, which no spreadsheet program writes: refused")
    height, width, cells = _extent(content)
    if cells > MAX_CELLS or is_sparse(height, width, cells):
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
