"""Dispatch (CAD) history: one export in; incidents, unit responses and a ledger of what was done to each row out."""

from fireplan.incidents._drafts.draft_mapping import draft_mapping
from fireplan.incidents._drafts.mapping_draft import MappingDraft
from fireplan.incidents._history import CadHistory
from fireplan.incidents._read_cad import read_cad, read_cad_rows, read_cad_sql

__all__ = ["CadHistory", "MappingDraft", "draft_mapping", "read_cad", "read_cad_rows", "read_cad_sql"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
