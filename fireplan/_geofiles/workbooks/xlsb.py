"""Binary workbooks (xlsb), unpacked and measured before they are parsed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import python_calamine

from fireplan._geofiles.workbooks.workbook import Workbook, damage_refused, is_sparse
from fireplan._geofiles.workbooks.xlsx import repacked, unpacked_parts
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROW = 0  # records, as MS-XLSB numbers them
CELLS = range(1, 12)
SHEETS = "xl/worksheets/"


def open_xlsb(file: Path) -> Workbook:
    """
    Open an xlsb workbook.

    Raises
    ------
    InputError
        If it is damaged, unpacks too large, or a sheet of it is sparse.

    Notes
    -----
    Which rows are hidden is not told: they are read like the others.
    """
    parts = unpacked_parts(file)
    for name, part in parts.items():
        if name.lower().startswith(SHEETS) and name.lower().endswith(".bin"):
            _refuse_sparse(part, file=file)
    with damage_refused(file.name):
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(repacked(parts)))

    def cells(name: str) -> list[list[object]]:
        with damage_refused(file.name):
            return list(map(list, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))

    return Workbook(book.sheet_names, cells)


def _refuse_sparse(part: bytes, *, file: Path) -> None:
    """Refuse a sheet whose few cells lie far apart: as a table it would fill the memory."""
    height = width = cells = 0
    for kind, at in _records(part):
        number = int.from_bytes(part[at : at + 4], "little") + 1
        if kind == ROW:
            height = max(height, number)
        elif kind in CELLS:
            width, cells = max(width, number), cells + 1
    if is_sparse(height, width, cells):
        raise InputError(
            f"{quoted(file.name)} has cells as far out as row {height:,} and column {width:,} with next to nothing"
            " between them: delete the stray cells, or save the sheet as CSV"
        )


def _records(part: bytes) -> Iterator[tuple[int, int]]:
    """Give the kind of each record and where its content begins; both numbers before it have seven bits in a byte."""
    at = 0
    while at < len(part):
        kind, at = _number(part, at, most=2)
        size, at = _number(part, at, most=4)
        yield kind, at
        at += size


def _number(part: bytes, at: int, *, most: int) -> tuple[int, int]:
    number = 0
    for place, byte in enumerate(part[at : at + most]):
        number |= (byte & 0x7F) << 7 * place
        at += 1
        if byte < 0x80:
            break
    return number, at
