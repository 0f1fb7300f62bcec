"""Typed columns of Arrow as columns of text, without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fireplan.errors import InputError, quoted
from fireplan.incidents._formats.cell_text import EXACT_BELOW
from fireplan.incidents._formats.text_table import TEXT, Records, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.incidents._columns_and_types import Flags

MAX_TEXT_BYTES = 2_000_000_000  # of one column as text


def records_of(header: Sequence[str], typed: Mapping[int, pa.ChunkedArray], *, name: str, table: str) -> Records:
    """
    Turn typed columns into records: row n stands on line n + 1, as if the names were on line 1.

    Parameters
    ----------
    header
        The names of all columns.
    typed
        Columns by place in the header. Times with a zone are instants, others are local.
    name
        Of the file, for errors.
    table
        What to call the file in errors of its rows.

    Raises
    ------
    InputError
        If a column holds lists or records.
    TableError
        If there are no rows.
    """
    columns: dict[int, pa.ChunkedArray] = {}
    numeric: dict[int, Flags] = {}
    for place, column in typed.items():
        if pa.types.is_floating(column.type):
            numeric[place] = np.asarray(pc.fill_null(pc.equal(pc.floor(column), column), fill_value=False))
        columns[place] = column_text(column, column_name=header[place], name=name)
    kept = np.zeros(max(map(len, columns.values()), default=0), dtype=bool)
    for column in columns.values():
        kept |= np.asarray(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
    refuse_empty(int(kept.sum()), table=table)
    lines = np.flatnonzero(kept) + 2
    if not kept.all():
        columns = {place: column.filter(pa.array(kept)) for place, column in columns.items()}
        numeric = {place: flags[kept] for place, flags in numeric.items()}
    return Records([name.strip() for name in header], columns, lines, len(lines), numeric)


def column_text(column: pa.ChunkedArray, *, column_name: str, name: str) -> pa.ChunkedArray:
    """Turn one column into text without loss."""
    kind = column.type
    try:
        if pa.types.is_dictionary(kind):
            if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
                _refuse_long(column, column_name=column_name, name=name)
                return _cleaned(column.cast(TEXT))
            return column_text(column.cast(kind.value_type), column_name=column_name, name=name)
        if pa.types.is_timestamp(kind):
            return _filled(_stamps(column))
        if pa.types.is_floating(kind):
            return _filled(_numbers(column.cast(pa.float64())))
        if pa.types.is_decimal(kind):
            return _filled(pc.replace_substring_regex(column.cast(TEXT), r"\.0+$", ""))
        if pa.types.is_nested(kind):
            raise InputError(f"{quoted(name)}: column {quoted(column_name)} holds lists or records, not single values")
        return _cleaned(column.cast(TEXT))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(
            f"{quoted(name)}: column {quoted(column_name)} of type {kind} cannot be read as text"
        ) from error


def _refuse_long(column: pa.ChunkedArray, *, column_name: str, name: str) -> None:
    """Refuse a column that few long values, repeated, would make too large as text."""
    size = 0
    for chunk in column.chunks:
        lengths = pc.binary_length(chunk.dictionary)
        size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if size > MAX_TEXT_BYTES:
        raise InputError(f"{quoted(name)}: column {quoted(column_name)} is {size:,} bytes of text: split the file")


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
