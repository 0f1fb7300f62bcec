"""Dispatch (CAD) history: one export in; incidents, unit responses and a ledger of what was done to each row out."""

from fireplan.incidents.cad import read_cad, read_cad_rows, read_cad_sql
from fireplan.incidents.history import CadHistory

__all__ = ["CadHistory", "read_cad", "read_cad_rows", "read_cad_sql"]
