"""
What may be shown to whom.

`public_cells` counts incidents into areas that may be published, and `public_table` takes out of a table of counts what
may not. `disclosive` checks what is already published, table against table. `mark_of` is how a page or
a file says whom it is for. Nothing here knows how anything looks.
"""

from fireplan.disclosure._differencing import disclosive
from fireplan.disclosure._marks import MARKS, PUBLIC_NOTE, RESTRICTED, Profile, mark_of
from fireplan.disclosure._public_cells import public_cells
from fireplan.disclosure._publications import (
    Publication,
    Publications,
    PublishedFigure,
    TableScope,
    read_publications,
    record_publications,
)
from fireplan.disclosure._publishable import publishable
from fireplan.disclosure._suppression import public_table

__all__ = [
    "MARKS", "PUBLIC_NOTE", "RESTRICTED", "Profile", "Publication", "Publications", "PublishedFigure", "TableScope",
    "disclosive", "mark_of", "public_cells", "public_table", "publishable", "read_publications", "record_publications",
]  # fmt: skip


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
