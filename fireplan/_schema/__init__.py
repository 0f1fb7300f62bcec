"""What the tables hold: one CSV for each, which is both the check at run time and the page in the docs."""

from fireplan._schema.check import check_table as check_table
from fireplan._schema.check import columns as columns
from fireplan._schema.lasting_order import natural_key as natural_key
from fireplan._schema.lasting_order import natural_order as natural_order
