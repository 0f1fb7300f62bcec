"""Old workbooks (xls)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fireplan._geofiles.workbooks.workbook import Workbook, damage_refused
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

OLE = b"\xd0\xcf\x11\xe0"
MAX_BYTES = 200_000_000


def open_xls(file: Path) -> Workbook:
    """
    Open an xls workbook.

    Raises
    ------
    InputError
        If it is damaged, too large, or has a password.

    Notes
    -----
    xlrd reads it, rows as long as they are: calamine, which reads the other workbooks, allots a sheet as one block and
    follows chains of sectors in circles, so that a damaged file of 14 kB can fill the memory. Which rows are hidden is
    not told: they are read like the others.
    """
    import xlrd  # noqa: PLC0415 - hardly ever needed

    size = file.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{quoted(file.name)} has {size:,} bytes (limit of a workbook {MAX_BYTES:,}): save it as CSV")
    with damage_refused(file.name):
        book = xlrd.open_workbook(
            file_contents=file.read_bytes(), ragged_rows=True, on_demand=True, logfile=io.StringIO()
        )
        names = list(book.sheet_names())

    def cells(name: str) -> list[list[object]]:
        with damage_refused(file.name):
            sheet = book.sheet_by_name(name)
            rows = [[_value(xlrd, cell, book.datemode) for cell in sheet.row(n)] for n in range(sheet.nrows)]
            width = max(map(len, rows), default=0)
            return [row + [""] * (width - len(row)) for row in rows]

    return Workbook(names, cells)


def _value(xlrd: Any, cell: Any, datemode: int) -> object:  # noqa: ANN401 - the module, and a cell of it
    """Give the value of a cell: a date is a number that is formatted so, a clock one below 1."""
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment: datetime = xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return cell.value
        return moment.time() if 0 <= cell.value < 1 else moment
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return "" if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR} else cell.value
