"""From decoded text to rows of fields with their physical lines."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan.errors import TableError, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fireplan.incidents.ledger import Ledger

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "TAB", "|": "vertical bar"}
HEADER_SOUGHT_IN = 30  # lines


@dataclass(frozen=True)
class Records:
    """The rows of one file: `header`, `rows` (each as long as the header) and the physical line of each row."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    rows_in: int


@dataclass(frozen=True)
class Shape:
    """What a file should look like: the header names wanted, and the delimiter if it is known."""

    wanted: Collection[str]
    delimiter: str | None = None


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
    delimiter = _delimiter(lines, shape, table=table)
    if delimiter != "," and shape.delimiter is None:
        ledger.add_file("delimiter_detected", detail=DELIMITERS[delimiter])
    records = _records(lines, delimiter, table=table, ledger=ledger)
    first = next(records, None)
    header = [name.strip() for name in first[2]] if first and first[2] else []
    rows: list[list[str]] = []
    at: list[int] = []
    rows_in = 0
    for start, end, row in records:
        if row is not None and not any(map(str.strip, row)):
            continue
        rows_in += 1
        if row is None:
            continue
        fitted = _fitted(row, len(header))
        if fitted is not None:
            rows.append(fitted)
            at.append(start)
        elif end > start:
            raise TableError(table, [_unclosed(start)])
        else:
            ledger.set_aside("fields_wrong", [start], texts=[f"{len(row)} fields, expected {len(header)}"])
    if not rows_in:
        raise TableError(table, ["there are no rows below the header"])
    return Records(header, rows, at, rows_in)


def header_matches(line: str, *, delimiter: str, wanted: Collection[str]) -> int:
    """Count the wanted names that a line holds, regardless of case and outer spaces."""
    try:
        fields = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return 0
    return len({name.casefold() for name in wanted} & {field.strip().casefold() for field in fields})


def _physical_lines(text: str, ledger: Ledger) -> list[str]:
    if "\n" in text:
        # A carriage return inside a line of such a file ends nothing: it is part of the text.
        lines = text.replace("\r\n", "\n").replace("\r", " ").split("\n")
    else:
        lines = text.split("\r")
        if len(lines) > 1:
            ledger.add_file("line_ends_cr")
    return lines


def _delimiter(lines: list[str], shape: Shape, *, table: str) -> str:
    """Find the delimiter by the header names; the header must be on line 1."""
    best, at, delimiter = max(
        (header_matches(line, delimiter=delimiter, wanted=shape.wanted), -number, delimiter)
        for number, line in enumerate(lines[:HEADER_SOUGHT_IN], start=1)
        for delimiter in ([shape.delimiter] if shape.delimiter else DELIMITERS)
    )
    if not best:
        names = listed(shape.wanted, most=30)
        raise TableError(table, [f"line 1 is not a header: it holds none of the columns wanted, which are {names}"])
    if at < -1 and best >= min(3, len(shape.wanted)):
        fault = (
            f"the header is not on line 1: it looks as if it were on line {-at}; remove the {-at - 1} lines above it"
        )
        raise TableError(table, [fault])
    return delimiter


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
            if reader.line_num > start or "end of data" in str(error) or start == 1:
                raise TableError(table, [_unclosed(start)]) from error
            ledger.set_aside("quote_misplaced", [start])
            yield start, start, None
        else:
            yield start, reader.line_num, row


def _unclosed(start: int) -> str:
    return f"line {start}: a quote that opens in this row is never closed, or closes rows below: mend the quotes there"


def _fitted(row: list[str], width: int) -> list[str] | None:
    """Cut blank fields beyond the header; None if the row does not fit it."""
    if len(row) > width and not any(map(str.strip, row[width:])):
        return row[:width]
    return row if len(row) == width else None
