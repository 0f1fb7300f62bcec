"""
What may be shown to whom.

`public_cells` counts incidents into areas that may be published, and `public_table` takes out of a table of counts what
may not. `disclosive` checks what is already published, table against table. `areas` joins hexagons, `slices` says what
can be found by subtraction, `marks` is how a page or a file says whom it is for. Nothing here knows how anything looks.
"""

from fireplan.disclosure.checking import disclosive as disclosive
from fireplan.disclosure.counting import public_table as public_table
from fireplan.disclosure.marks import MARKS as MARKS
from fireplan.disclosure.marks import PUBLIC_NOTE as PUBLIC_NOTE
from fireplan.disclosure.marks import RESTRICTED as RESTRICTED
from fireplan.disclosure.marks import Profile as Profile
from fireplan.disclosure.marks import mark_of as mark_of
from fireplan.disclosure.publishing import public_cells as public_cells
