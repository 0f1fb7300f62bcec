"""Parquet files as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fireplan.errors import InputError, TableError, quoted
from fireplan.incidents._formats.cell_text import EXACT_BELOW
from fireplan.incidents._formats.decode import MAX_ROWS
from fireplan.incidents._formats.text_table import TEXT, Records, Shape, check_header, refuse_empty

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.incidents._columns_and_types import Flags

MAX_TEXT_BYTES = 2_000_000_000  # of one column as text


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
    columns: dict[int, pa.ChunkedArray] = {}
    numeric: dict[int, Flags] = {}
    for place, column in zip(places, read.columns, strict=True):
        if pa.types.is_floating(column.type):
            numeric[place] = np.asarray(pc.fill_null(pc.equal(pc.floor(column), column), fill_value=False))
        columns[place] = _text(column, name=header[place], file=file)
    kept = np.zeros(len(read), dtype=bool)
    for column in columns.values():
        kept |= np.asarray(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
    refuse_empty(int(kept.sum()), table=table)
    lines = np.flatnonzero(kept) + 2
    if not kept.all():
        columns = {place: column.filter(pa.array(kept)) for place, column in columns.items()}
        numeric = {place: flags[kept] for place, flags in numeric.items()}
    return Records([name.strip() for name in header], columns, lines, len(lines), numeric)


def _refuse_unpacked(metadata: pq.FileMetaData, names: set[str], *, file: Path) -> None:
    """Refuse a file whose wanted columns unpack to too much."""
    groups = (metadata.row_group(n) for n in range(metadata.num_row_groups))
    chunks = (group.column(n) for group in groups for n in range(group.num_columns))
    size = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in names)
    if size > MAX_TEXT_BYTES:
        raise InputError(f"{quoted(file.name)} unpacks to {size:,} bytes (limit {MAX_TEXT_BYTES:,}): split it by year")


def _is_text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))


def _text(column: pa.ChunkedArray, *, name: str, file: Path) -> pa.ChunkedArray:
    """Turn one column into text without loss."""
    kind = column.type
    try:
        if pa.types.is_dictionary(kind):
            if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
                _refuse_long(column, name=name, file=file)
                return _cleaned(column.cast(TEXT))
            return _text(column.cast(kind.value_type), name=name, file=file)
        if pa.types.is_timestamp(kind):
            return _filled(_stamps(column))
        if pa.types.is_floating(kind):
            return _filled(_numbers(column.cast(pa.float64())))
        if pa.types.is_decimal(kind):
            return _filled(pc.replace_substring_regex(column.cast(TEXT), r"\.0+$", ""))
        if pa.types.is_nested(kind):
            raise InputError(f"{quoted(file.name)}: column {quoted(name)} holds lists or records, not single values")
        return _cleaned(column.cast(TEXT))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{quoted(file.name)}: column {quoted(name)} of type {kind} cannot be read as text") from error


def _refuse_long(column: pa.ChunkedArray, *, name: str, file: Path) -> None:
    """Refuse a column that few long values, repeated, would make too large as text."""
    size = 0
    for chunk in column.chunks:
        lengths = pc.binary_length(chunk.dictionary)
        size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if size > MAX_TEXT_BYTES:
        raise InputError(f"{quoted(file.name)}: column {quoted(name)} is {size:,} bytes of text: split the file")


def _stamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    aware = column.type.tz is not None
    plain = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    text = pc.strftime(plain.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
    text = pc.replace_substring_regex(text.cast(TEXT), r"\.?0{6}$", "")
    return pc.binary_join_element_wise(text, pa.scalar("Z", TEXT), pa.scalar("", TEXT)) if aware else text


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), EXACT_BELOW))
    whole = pc.fill_null(whole, fill_value=False)
    integers = pc.if_else(whole, column, 0.0).cast(pa.int64()).cast(TEXT)
    written = pc.if_else(pc.is_nan(column), pa.scalar(None, TEXT), column.cast(TEXT))
    return pc.if_else(whole, integers, written)


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    filled = pc.fill_null(column, pa.scalar("", column.type))
    return filled if isinstance(filled, pa.ChunkedArray) else pa.chunked_array([filled])


def _cleaned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring(_filled(column), "\0", "")
