"""From a file to a workbook: which kind it is by its content."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from fireplan._geofiles.workbooks.ods import is_ods, open_ods
from fireplan._geofiles.workbooks.workbook import BAD_ZIP, Workbook
from fireplan._geofiles.workbooks.xls import OLE, open_xls
from fireplan._geofiles.workbooks.xlsb import open_xlsb
from fireplan._geofiles.workbooks.xlsx import open_xlsx

if TYPE_CHECKING:
    from pathlib import Path


def open_workbook(file: Path) -> Workbook:
    """
    Open a workbook of any kind: xlsx, xlsm, xls, xlsb or ods.

    Raises
    ------
    InputError
        If it is none, damaged, too large, or has a password.
    """
    with file.open("rb") as stream:
        head = stream.read(len(OLE))
    if head == OLE:
        return open_xls(file)
    if is_ods(file):
        return open_ods(file)
    return open_xlsb(file) if _is_xlsb(file) else open_xlsx(file)


def _is_xlsb(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return "xl/workbook.bin" in archive.namelist()
    except BAD_ZIP:
        return False
