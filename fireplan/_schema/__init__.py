"""What the tables hold: one CSV for each, which is both the check at run time and the page in the docs."""

from fireplan._schema.check import check_table as check_table
from fireplan._schema.check import columns as columns
