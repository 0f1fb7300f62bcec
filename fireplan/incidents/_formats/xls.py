"""Old workbooks (xls) as tables of text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fireplan.errors import FireplanError, InputError, quoted
from fireplan.incidents._formats.xlsx import records_of_rows, sheet_with_rows

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from fireplan.incidents._formats.text_table import Records, Shape
    from fireplan.incidents._ledger.ledger import Ledger

OLE = b"\xd0\xcf\x11\xe0"
MAX_BYTES = 200_000_000


def read_xls(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read one sheet of an xls workbook: the one that the mapping names, else the first with rows.

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
    xlrd reads it, rows as long as they are: calamine, which reads the other workbooks, allots a sheet as one block and
    follows chains of sectors in circles, so that a damaged file of 14 kB can fill the memory. Which rows are hidden is
    not told: they are read like the others.
    """
    import xlrd  # noqa: PLC0415 - hardly ever needed

    size = file.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{quoted(file.name)} has {size:,} bytes (limit of a workbook {MAX_BYTES:,}): save it as CSV")
    try:
        book = xlrd.open_workbook(
            file_contents=file.read_bytes(), ragged_rows=True, on_demand=True, logfile=io.StringIO()
        )

        def cells(name: str) -> list[list[object]]:
            sheet = book.sheet_by_name(name)
            rows = [[_value(xlrd, cell, book.datemode) for cell in sheet.row(n)] for n in range(sheet.nrows)]
            width = max(map(len, rows), default=0)
            return [row + [""] * (width - len(row)) for row in rows]

        _, rows = sheet_with_rows(book.sheet_names(), cells, shape.sheet, file=file, ledger=ledger)
    except FireplanError:
        raise
    except Exception as error:  # the parser of damaged files raises what comes
        raise InputError(
            f"{quoted(file.name)} is a damaged workbook, or has a password: save it again, or as CSV"
        ) from error
    return records_of_rows(rows, shape, hidden=[], table=table, ledger=ledger)


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
