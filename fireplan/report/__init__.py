"""
The report: what was measured, in one document a council can read, on screen and on paper.

`write_report` makes it. `material` is what there is to report on, `sections` and those beside it turn that into
`blocks` (sentences, tables, figures), `page` sets these as HTML and `paper` as PDF. Nothing is computed here that the
layers below do not compute; every table and figure carries its data as CSV.
"""

from fireplan.report._inputs import Material, material_of
from fireplan.report._write_report import write_report

__all__ = ["Material", "material_of", "write_report"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
