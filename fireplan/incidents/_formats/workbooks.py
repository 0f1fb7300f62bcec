"""Workbooks of dispatch history as tables of text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fireplan._geofiles.workbooks import open_workbook
from fireplan.errors import InputError, TableError, listed, quoted
from fireplan.incidents._formats.cell_text import cell_text, is_whole_float
from fireplan.incidents._formats.text_table import HEADER_SOUGHT_IN, Records, Shape, as_text, check_header, refuse_empty

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan._geofiles.workbooks import Workbook
    from fireplan.incidents._ledger.ledger import Ledger


def read_workbook(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read one sheet of a workbook: the one that the mapping names, else the first with rows.

    Parameters
    ----------
    file
        An xlsx, xls, xlsb or ods file.
    shape
        The names to look for in the header, and the sheet if the user has named it.
    table
        What to call the file in errors.
    ledger
        Takes the notes: which sheet was taken, which rows are hidden where the kind tells.

    Raises
    ------
    InputError
        If the file is damaged, too large, has a password, declares XML entities, or has no such sheet.
    TableError
        If its header is not on line 1, or there are no rows.
    """
    book = open_workbook(file)
    name, rows = _sheet_with_rows(book, shape.sheet, file=file, ledger=ledger)
    return _records_of_rows(rows, shape, hidden=book.hidden(name), table=table, ledger=ledger)


def _sheet_with_rows(
    book: Workbook, wanted: str | None, *, file: Path, ledger: Ledger
) -> tuple[str, list[list[object]]]:
    """Give the name and the cells of the sheet that is wanted, or of the first that has rows."""
    names = book.names
    n = len(names)
    if wanted is not None:
        found = [name for name in names if name.casefold() == wanted.strip().casefold()]
        if not found:
            known = listed(quoted(name) for name in names)
            raise InputError(f"{quoted(file.name)} has no sheet {quoted(wanted)}: it has {known}")
        names = found
    for name in names:
        rows = book.cells(name)
        if rows:
            if n > 1 and wanted is None:
                ledger.add_file("sheet_chosen", detail=f"sheet {quoted(name)} of {n}")
            return name, rows
    raise TableError(f"CAD file {quoted(file.name)}", ["no sheet of this workbook has rows"])


def _records_of_rows(
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
