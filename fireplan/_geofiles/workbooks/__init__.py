"""Workbooks as sheets of cells; what could exhaust the machine is refused before anything is parsed."""

from fireplan._geofiles.workbooks.ods import is_ods
from fireplan._geofiles.workbooks.open_workbook import open_workbook
from fireplan._geofiles.workbooks.workbook import Workbook
from fireplan._geofiles.workbooks.xls import OLE

__all__ = ["OLE", "Workbook", "is_ods", "open_workbook"]
