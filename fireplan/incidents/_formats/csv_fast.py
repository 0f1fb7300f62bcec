"""
The quick way through a clean CSV file: its layout is checked as bytes, and Arrow splits it.

A file that is not clean (stray quotes, other encodings, NUL, odd line ends) is left to `text`, which reads row by row.
Both give the same rows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from fireplan.incidents._formats.csv_by_row import LONGEST_FIELD, find_delimiter, fitted_row
from fireplan.incidents._formats.text_table import HEADER_SOUGHT_IN, TEXT, Records, Shape, refuse_empty

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.ledger import Ledger

    Bytes = npt.NDArray[np.uint8]

SLICE_BYTES = 4_000_000
BLOCK_BYTES = 1_000_000
ODD_SHARE = 0.02  # rows of another width, beyond which the file is not clean ...
ODD_FREE = 100  # ... if there are more of them than this
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True)
class _Layout:
    """Of each record: first byte, byte after the last, delimiters outside quotes, first and last physical line."""

    starts: Ints
    ends: Ints
    delimiters: Ints
    lines: Ints
    last_lines: Ints


@dataclass(frozen=True)
class _File:
    """The bytes of a file, and how they are laid out."""

    data: bytes
    layout: _Layout
    header: list[str]
    delimiter: str

    def row(self, record: int) -> list[str]:
        """Split one record."""
        text = self.data[self.layout.starts[record] : self.layout.ends[record]].decode("utf-8")
        lines = (line + "\n" for line in text.split("\n"))
        return next(csv.reader(lines, delimiter=self.delimiter, strict=True), [])


def clean_records(data: bytes, shape: Shape, *, table: str, ledger: Ledger) -> Records | None:
    """
    Split a clean CSV file into columns; None if it is not clean.

    Parameters
    ----------
    data
        UTF-8, without a byte-order mark.
    shape
        The names to look for in the header, and the delimiter if the user has given it.
    table
        What to call the file in errors.
    ledger
        Takes the notes and the rows set aside, if the file is clean.

    Raises
    ------
    TableError
        If the header is not on line 1, or there are no rows.
    """
    data = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    if not _is_plain(data):
        return None
    top = data[:SLICE_BYTES].decode("utf-8", errors="ignore").split("\n")[:HEADER_SOUGHT_IN]
    for_this = type(ledger)()  # what is found on the way counts only if the file is clean
    delimiter = find_delimiter(top, shape, table=table, ledger=for_this)
    header = _header(top[0], delimiter)
    start = len(top[0].encode()) + 1
    plain = bool(header) and delimiter.isascii()  # a delimiter of several bytes is read row by row
    layout = _layout(np.frombuffer(data, dtype=np.uint8), ord(delimiter), start=start) if plain else None
    if layout is None:
        return None
    if (layout.ends - layout.starts).max(
        initial=0
    ) > LONGEST_FIELD:  # row by row those with a field that long are found and set aside
        return None
    places = shape.places(header)
    odd = layout.delimiters != len(header) - 1
    split = _split(data, start, delimiter, width=len(header), places=places)
    if odd.sum() > max(ODD_FREE, ODD_SHARE * len(odd)) or split is None or len(split) != (~odd).sum():
        return None
    ledger.add_entries_of(for_this)
    file = _File(data, layout, header, delimiter)
    return _joined(file, split, odd, places, table=table, ledger=ledger)


def _joined(file: _File, split: pa.Table, odd: Flags, places: list[int], *, table: str, ledger: Ledger) -> Records:
    """Join the records that Arrow split and those of another width that can be mended."""
    kept = np.flatnonzero(~odd)
    full = ~_empty(split, file, kept)
    fitted, lines, rows_in = _mended(file, np.flatnonzero(odd), table=table, ledger=ledger)
    rows_in += int(full.sum())
    refuse_empty(rows_in, table=table)
    at = np.concatenate([file.layout.lines[kept[full]], lines])
    order = np.argsort(at, kind="stable")
    columns = {}
    for number, place in enumerate(places):
        column = split.column(number) if full.all() else split.column(number).filter(pa.array(full))
        if len(lines):
            column = pa.chunked_array([*column.chunks, pa.array([row[place] for row in fitted], type=TEXT)])
            column = column.take(pa.array(order))
        columns[place] = column
    return Records(file.header, columns, at[order], rows_in)


def _is_plain(data: bytes) -> bool:
    return b"\n" in data and b"\r" not in data and b"\0" not in data and _is_utf8(data)


def _header(line: str, delimiter: str) -> list[str]:
    """Split the header; nothing if it is blank or its quotes are odd."""
    if not line.strip() or line.count('"') % 2:
        return []
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True))]
    except csv.Error:
        return []


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _layout(codes: Bytes, delimiter: int, *, start: int) -> _Layout | None:
    """Find the records; None if a quote stands where it may not."""
    ends: list[Ints] = []
    numbers: list[Ints] = []
    physical: list[Ints] = []
    inside, delimiters_before, lines_before = False, 0, 1
    for low in range(start, len(codes), SLICE_BYTES):
        piece = codes[low : low + SLICE_BYTES]
        newlines = np.flatnonzero(piece == _NEWLINE)
        commas = np.flatnonzero(piece == delimiter)
        line_of = lines_before + np.arange(1, len(newlines) + 1)
        lines_before += len(newlines)
        quotes = np.flatnonzero(piece == _QUOTE)
        if len(quotes) or inside:
            if not _quotes_are_right(codes, quotes + low, delimiter, inside=inside, start=start):
                return None
            outside = (np.searchsorted(quotes, newlines) + inside) % 2 == 0
            newlines, line_of = newlines[outside], line_of[outside]
            commas = commas[(np.searchsorted(quotes, commas) + inside) % 2 == 0]
            inside = bool((len(quotes) + inside) % 2)
        numbers.append(np.searchsorted(commas, newlines) + delimiters_before)
        delimiters_before += len(commas)
        ends.append(newlines + low)
        physical.append(line_of)
    if inside:
        return None
    end, before, last = (np.concatenate([np.zeros(0, dtype=np.int64), *parts]) for parts in (ends, numbers, physical))
    if not len(end) or end[-1] != len(codes) - 1:  # the last line has no line end
        end, before, last = (
            np.append(end, len(codes)),
            np.append(before, delimiters_before),
            np.append(last, lines_before + 1),
        )
    starts = np.append(start, end[:-1] + 1)
    return _Layout(starts, end, np.diff(before, prepend=0), np.append(1, last[:-1]) + 1, last)


def _quotes_are_right(codes: Bytes, at: Ints, delimiter: int, *, inside: bool, start: int) -> bool:
    """Tell whether each quote opens at the start of a field, or closes at its end, or doubles another."""
    opening = (np.arange(len(at)) + inside) % 2 == 0
    before = codes[np.maximum(at - 1, 0)][opening]
    first = at[opening] == start
    fits = first | (before == delimiter) | (before == _NEWLINE) | (before == _QUOTE)
    closing = at[~opening]
    after = codes[np.minimum(closing + 1, len(codes) - 1)]
    ends = (closing == len(codes) - 1) | (after == delimiter) | (after == _NEWLINE) | (after == _QUOTE)
    return bool(fits.all() and ends.all())


def _split(data: bytes, start: int, delimiter: str, *, width: int, places: list[int]) -> pa.Table | None:
    """Let Arrow split the records of the right width. The text is known to be UTF-8."""
    quotes = b'"' in data
    names = [f"c{place}" for place in range(width)]
    wanted = [names[place] for place in places]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(start)),
            # One thread and blocks that stay in the cache take half the time of several and large ones.
            read_options=arrow_csv.ReadOptions(
                column_names=names,
                use_threads=False,
                block_size=BLOCK_BYTES,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quotes else False,
                newlines_in_values=quotes,
                invalid_row_handler=lambda _: "skip",
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, TEXT),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _mended(file: _File, odd: Ints, *, table: str, ledger: Ledger) -> tuple[list[list[str]], Ints, int]:
    """Read the records of another width: those that blank fields make too long are used, others set aside."""
    fitted: list[list[str]] = []
    lines: list[int] = []
    rows_in = 0
    for record in odd:
        row = file.row(record)
        if not any(map(str.strip, row)):
            continue
        rows_in += 1
        line, last = int(file.layout.lines[record]), int(file.layout.last_lines[record])
        kept = fitted_row(row, len(file.header), start=line, end=last, table=table, ledger=ledger)
        if kept is not None:
            fitted.append(kept)
            lines.append(line)
    return fitted, np.array(lines, dtype=np.int64), rows_in


def _empty(split: pa.Table, file: _File, kept: Ints) -> Flags:
    """Flag the records in which nothing stands between the delimiters."""
    nothing = np.ones(len(split), dtype=bool)
    for column in split.columns:
        if not nothing.any():
            break
        nothing &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    for place in np.flatnonzero(nothing):
        nothing[place] = not any(map(str.strip, file.row(kept[place])))
    return nothing
