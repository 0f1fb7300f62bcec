"""From decoded text to rows of fields with their physical lines, whatever the quotes are like."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fireplan.errors import TableError
from fireplan.incidents._formats.text_table import (
    HEADER_LIKELY,
    HEADER_SOUGHT_IN,
    TEXT,
    Records,
    Shape,
    check_header,
    plainly_header,
    refuse_empty,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.incidents._ledger.ledger import Ledger

PUT_AWAY_ROWS = 20_000
LONGEST_FIELD = 131_072
"""Characters of a field that `csv` reads; what is longer is no field of a dispatch export."""

LIMIT_SAID = "field limit"
DELIMITERS = {
    ",": "comma", ";": "semicolon", "\t": "TAB", "|": "vertical bar", "^": "caret", "~": "tilde",
    "\x1f": "unit separator",
}  # fmt: skip
"""FoundColumns out by themselves, the usual ones first; a mapping may name any other."""


def split_records(text: str, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Split a file's text into rows.

    Rows with another number of fields than the header, or with misplaced quotes, are set aside. Blank lines and
    lines of nothing but delimiters are left out.

    Parameters
    ----------
    text
        The whole file.
    shape
        The names to look for in the header, and the delimiter if the user has given it.
    table
        What to call the file in errors.
    ledger
        Takes the notes and the rows set aside.

    Raises
    ------
    TableError
        If the header is not on line 1, a quote is never closed, or there are no rows.
    """
    lines = _physical_lines(text, ledger)
    delimiter = find_delimiter(lines, shape, table=table, ledger=ledger)
    records = _records(lines, delimiter, table=table, ledger=ledger)
    first = next(records, None)
    header = [name.strip() for name in first[2]] if first and first[2] else []
    rows: list[list[str]] = []
    at: list[int] = []
    columns: dict[int, list[pa.Array]] = {place: [] for place in shape.places(header)}
    rows_in = 0

    def put_away() -> None:
        """Turn what has come into columns: as lists of fields a million rows would take a gigabyte."""
        for place, parts in columns.items():
            parts.append(pa.array([row[place] for row in rows], type=TEXT))
        rows.clear()

    for start, end, row in records:
        if row is not None and not any(map(str.strip, row)):
            continue
        rows_in += 1
        if row is None:
            continue
        fitted = fitted_row(row, len(header), start=start, end=end, table=table, ledger=ledger)
        if fitted is not None:
            rows.append(fitted)
            at.append(start)
            if len(rows) == PUT_AWAY_ROWS:
                put_away()
    put_away()
    refuse_empty(rows_in, table=table)
    found = {place: pa.chunked_array(parts, type=TEXT) for place, parts in columns.items()}
    return Records(header, found, np.array(at, dtype=np.int64), rows_in)


def header_matches(line: str, *, delimiter: str, shape: Shape) -> int:
    """Count the wanted names that a line holds, regardless of case and outer spaces."""
    return shape.matches(_fields(line, delimiter))


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def find_delimiter(lines: list[str], shape: Shape, *, table: str, ledger: Ledger) -> str:
    """Find the delimiter by the header names, and note it if it is no comma; the header must be on line 1."""
    asked = [shape.delimiter] if shape.delimiter else [*DELIMITERS]
    found = [
        (header_matches(line, delimiter=delimiter, shape=shape), -number, -place)
        for number, line in enumerate(lines[:HEADER_SOUGHT_IN], start=1)
        for place, delimiter in enumerate(asked)
    ]
    best, at, place = max(found)
    if best < min(HEADER_LIKELY, len(shape.wanted)):  # a name or two lower down are data that happen to be names
        best, at, place = max(item for item in found if item[1] == -1)
    delimiter = asked[-place]
    check_header(best, -at, shape, table=table, names=() if best else _plain_names(lines, asked))
    if delimiter != "," and shape.delimiter is None:
        ledger.add_file("delimiter_detected", detail=DELIMITERS[delimiter])
    return delimiter


def _plain_names(lines: list[str], delimiters: list[str]) -> list[str]:
    """Give the names on line 1, split by the delimiter that gives the most of them; none unless it is a header."""
    parted = [[_fields(line, delimiter) for line in lines[: HEADER_SOUGHT_IN + 1]] for delimiter in delimiters]
    first, *below = max(parted, key=lambda rows: len(rows[0]), default=[[]])
    return [name.strip() for name in first] if plainly_header(first, [row for row in below if row]) else []


def fitted_row(row: list[str], width: int, *, start: int, end: int, table: str, ledger: Ledger) -> list[str] | None:
    """
    Cut blank fields beyond the header; set the row aside, and give None, if it still does not fit.

    Raises
    ------
    TableError
        If a row of the wrong width runs over several lines: then a quote in it was never closed.
    """
    if len(row) > width and not any(map(str.strip, row[width:])):
        return row[:width]
    if len(row) == width:
        return row
    if end > start:
        raise TableError(table, [unclosed(start)])
    ledger.set_aside("fields_wrong", [start], texts=[f"{len(row)} fields, expected {width}"])
    return None


def unclosed(start: int) -> str:
    """Say that a quote is never closed."""
    return f"line {start}: a quote that opens in this row is never closed, or closes rows below: mend the quotes there"


def _physical_lines(text: str, ledger: Ledger) -> list[str]:
    if "\n" in text:
        # A carriage return inside a line of such a file ends nothing: it is part of the text.
        lines = text.replace("\r\n", "\n").replace("\r", " ").split("\n")
    else:
        lines = text.split("\r")
        if len(lines) > 1:
            ledger.add_file("line_ends_cr")
    return lines


def _records(
    lines: list[str], delimiter: str, *, table: str, ledger: Ledger
) -> Iterator[tuple[int, int, list[str] | None]]:
    """Give each record with its first and last physical line; None for a row whose quotes are misplaced."""
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            long = LIMIT_SAID in str(error)
            if long and start == 1:
                raise TableError(table, [f"a name on line 1 has over {LONGEST_FIELD:,} characters"]) from error
            if reader.line_num > start or "end of data" in str(error) or start == 1:
                raise TableError(table, [unclosed(start)]) from error
            ledger.set_aside("field_too_long" if long else "quote_misplaced", [start])
            yield start, start, None
        else:
            yield start, reader.line_num, row
