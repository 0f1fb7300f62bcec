"""Parquet files as tables of text; they are read in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fireplan._geofiles.read_apart import ParquetHead, Wanted, read_parquet_apart
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
    header: list[str] = []
    names: list[str] = []
    places: list[int] = []

    def choose(head: ParquetHead) -> Wanted:
        """Refuse what is no export or too large; else take the columns that may be wanted."""
        header[:] = head.schema.names
        if head.rows > MAX_ROWS:
            raise InputError(f"{quoted(file.name)} has {head.rows:,} rows (limit {MAX_ROWS:,}): split it by year")
        check_header(shape.matches(header), 1, shape, table=table)
        places[:] = shape.places(header)
        names[:] = [header[place] for place in places]
        if len(set(names)) < len(names) or len(set(header)) < len(header):
            raise TableError(table, ["two columns have the same name: rename one"])
        _refuse_unpacked(head, file=file, names=names)
        return Wanted(names, tuple(name for name in names if _is_text(head.schema.field(name))))

    read = read_parquet_apart(file, choose)
    try:
        typed = dict(zip(places, read.select(names).columns, strict=True))
    except KeyError as error:
        raise InputError(f"{quoted(file.name)} is a damaged Parquet file: export it again") from error
    return records_of(header, typed, name=file.name, table=table)


def _refuse_unpacked(head: ParquetHead, *, file: Path, names: list[str]) -> None:
    """Refuse a file whose wanted columns unpack to too much."""
    size = sum(head.unpacked_bytes.get(name, 0) for name in names)
    if size > MAX_TEXT_BYTES:
        raise InputError(f"{quoted(file.name)} unpacks to {size:,} bytes (limit {MAX_TEXT_BYTES:,}): split it by year")


def _is_text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
