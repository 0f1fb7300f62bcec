"""Parquet files as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from fireplan.errors import InputError, TableError, quoted
from fireplan.incidents._formats.arrow_text import MAX_TEXT_BYTES, records_of
from fireplan.incidents._formats.decode import MAX_ROWS
from fireplan.incidents._formats.text_table import Records, Shape, check_header

if TYPE_CHECKING:
    from pathlib import Path


def read_parquet(file: Path, shape: Shape, *, table: str) -> Records:
    """
    Read the columns of a Parquet file that may be wanted.

    Row n of the data stands on line n + 1, as if the names were on line 1. Times with a zone are instants, others
    are local.

    Parameters
    ----------
    file
        A Parquet file.
    shape
        The names to look for.
    table
        What to call the file in errors.

    Raises
    ------
    InputError
        If the file is damaged or too large, or a wanted column holds lists or records.
    TableError
        If no column is wanted, or there are no rows.
    """
    try:
        with pq.ParquetFile(file, memory_map=False) as source:
            header = [field.name for field in source.schema_arrow]
            rows = source.metadata.num_rows
            if rows > MAX_ROWS:
                raise InputError(f"{quoted(file.name)} has {rows:,} rows (limit {MAX_ROWS:,}): split it by year")
            check_header(shape.matches(header), 1, shape, table=table)
            places = shape.places(header)
            names = [header[place] for place in places]
            if len(set(names)) < len(names) or len(set(header)) < len(header):
                raise TableError(table, ["two columns have the same name: rename one"])
            _refuse_unpacked(source.metadata, set(names), file=file)
            texts = [name for place, name in zip(places, names, strict=True) if _is_text(source.schema_arrow[place])]
        read = pq.read_table(file, columns=names, memory_map=False, read_dictionary=texts, partitioning=None)
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{quoted(file.name)} is a damaged Parquet file: export it again") from error
    read = read.select(names)
    typed = dict(zip(places, read.columns, strict=True))
    return records_of(header, typed, name=file.name, table=table)


def _refuse_unpacked(metadata: pq.FileMetaData, names: set[str], *, file: Path) -> None:
    """Refuse a file whose wanted columns unpack to too much."""
    groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
    chunks = (group.column(n) for group in groups for n in range(group.num_columns))
    size = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in names)
    if size > MAX_TEXT_BYTES:
        raise InputError(f"{quoted(file.name)} unpacks to {size:,} bytes (limit {MAX_TEXT_BYTES:,}): split it by year")


def _is_text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
