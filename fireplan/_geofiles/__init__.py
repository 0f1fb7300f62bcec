"""Tables and layers from outside, read without letting their content choose how."""

from fireplan._geofiles.column_names import name_columns
from fireplan._geofiles.local_files import (
    LIMIT_BYTES,
    MOST_UNPACKED,
    is_database,
    local_file,
    page_said,
    refuse_dtd,
    remark_said,
    with_layer,
    without_password,
)
from fireplan._geofiles.office_tables import OfficeTable, cell_text, read_office_table
from fireplan._geofiles.vector_files import is_layer, json_content, read_vector

__all__ = [
    "LIMIT_BYTES",
    "MOST_UNPACKED",
    "OfficeTable",
    "cell_text",
    "is_database",
    "is_layer",
    "json_content",
    "local_file",
    "name_columns",
    "page_said",
    "read_office_table",
    "read_vector",
    "refuse_dtd",
    "remark_said",
    "with_layer",
    "without_password",
]
