"""The table of text that every kind of file is turned into, so that nothing after it differs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fireplan.errors import TableError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._ledger.stands import Stands

HEADER_SOUGHT_IN = 30  # lines
FEWEST_DATA_COLUMNS = 2  # below a header: an id and a time
HEADER_LIKELY = 3  # wanted names on a line, from which on it is taken for the header
EXACT_DIGITS = 15  # of a number in a workbook
TEXT = pa.large_string()
_STR = pd.StringDtype("pyarrow", na_value=np.nan)
_NUMBERED = re.compile(r"(.+)#([1-9][0-9]?)")
_DATA_LIKE = re.compile(r"[0-9]{3}|[0-9][.:/-][0-9]")
LONGEST_NAME = 60  # characters; what is longer is a narrative
NAMES_SHOWN = 20


@dataclass(frozen=True)
class Records:
    """
    The rows of one file, as columns of text.

    `header` holds the names, `columns` the text by place in the header (those that may be wanted), `lines` the
    physical line of each row with the header on line 1, and `rows_in` counts the rows, those set aside included.
    `numeric` flags, by place, the cells that the file holds as numbers with a fraction of zero. `stands` says where
    the rows stand where `lines` only numbers them: of several files, or several rows at one place.
    """

    header: list[str]
    columns: dict[int, pa.ChunkedArray]
    lines: Ints
    rows_in: int
    numeric: dict[int, Flags] = field(default_factory=dict)
    stands: Stands | None = None

    @property
    def last_line(self) -> int:
        """The number of the last row, 0 where there is none."""
        return int(self.lines.max(initial=0))

    def texts(self, place: int) -> pd.Series[str]:
        """Give one column as pandas text, indexed by physical line."""
        index = pd.Index(self.lines, name="line")
        return pd.Series(pd.arrays.ArrowStringArray(self.columns[place], dtype=_STR), index=index)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Shape:
    """
    What a file should look like: header names wanted and accepted, and what the user's mapping says about it.

    With `every` all columns are wanted, whatever their names.
    """

    wanted: Collection[str]
    accepted: frozenset[str] = frozenset()  # squeezed
    delimiter: str | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    every: bool = False

    def matches(self, fields: Sequence[str]) -> int:
        """Count the different accepted names among the fields of a line."""
        if self.every:
            return len({squeezed(field) for field in fields if any(map(str.isalpha, field))})
        return len({squeezed(field) for field in fields} & self.accepted)

    def places(self, header: Sequence[str]) -> list[int]:
        """Find the columns that may be wanted."""
        return [place for place, name in enumerate(header) if self.every or squeezed(name) in self.accepted]


def stripped(text: pd.Series[str]) -> pd.Series[str]:
    """Strip texts of the space around them: the same column, not copied, where no text begins or ends with any."""
    column = pa.array(text.array, type=TEXT)
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return text.str.strip() if any(map(_has_edges, chunks)) else text


def _has_edges(chunk: pa.LargeStringArray) -> bool:
    """Tell whether a text begins or ends with a space, or with a character beyond ASCII, which may be one."""
    if chunk.null_count:
        return True
    _, offsets, codes = chunk.buffers()
    at = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    filled = at[1:] > at[:-1]
    byte = np.frombuffer(codes, dtype=np.uint8) if codes else np.zeros(0, dtype=np.uint8)
    plain = np.zeros(256, dtype=bool)
    plain[33:127] = True
    return not (plain[byte[at[:-1][filled]]].all() and plain[byte[at[1:][filled] - 1]].all())


def squeezed(name: str) -> str:
    """Give a column's name without case, spaces and punctuation, in which spellings differ; "#" is a number."""
    return "".join(filter(str.isalnum, name.casefold().replace("#", "number"))) or name.strip()


def numbered_name(source: str) -> tuple[str, int]:
    """Part a name such as "Time#2", the second column of a name that stands in the header more than once."""
    found = _NUMBERED.fullmatch(source)
    return (found[1], int(found[2])) if found else (source, 1)


def as_text(values: Sequence[str]) -> pa.ChunkedArray:
    """Turn a list into a column of text."""
    return pa.chunked_array([pa.array(values, type=TEXT)])


def plainly_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """
    Tell whether a line holds names of columns, and surely no data, so that it can be shown.

    Its fields are short and all different, none looks like a number, a date or an id, and below them stand some that
    do.
    """
    names = [name.strip() for name in first]
    if len(names) < HEADER_LIKELY or len(set(names)) < len(names) or not below:
        return False
    if any(not name or len(name) > LONGEST_NAME or _DATA_LIKE.search(name) or name.isdigit() for name in names):
        return False
    data = sum(any(_DATA_LIKE.search(row[place]) for row in below if place < len(row)) for place in range(len(names)))
    return data >= FEWEST_DATA_COLUMNS and any(len(row) == len(names) for row in below)


def check_header(best: int, at: int, shape: Shape, *, table: str, names: Sequence[str] = ()) -> None:
    """
    Refuse a file whose header is not on line 1.

    Parameters
    ----------
    best
        The most wanted names that any line holds.
    at
        The physical line that holds them.
    shape
        What is wanted.
    table
        What to call the file in errors.
    names
        What stands on line 1, if that is plainly a header.

    Raises
    ------
    TableError
        If no line is a header, or a lower one is.
    """
    if not best and names:
        shown = listed(map(quoted, names), most=NAMES_SHOWN)
        mend = "say in a mapping which is which; `fireplan map FILE` drafts one"
        raise TableError(table, [f"none of the {len(names)} names on line 1 is known: {mend}. They are {shown}"])
    if not best:
        wanted = listed(shape.wanted, most=30)
        raise TableError(table, [f"line 1 is not a header: it holds none of the columns wanted, which are {wanted}"])
    if at > 1 and best >= min(HEADER_LIKELY, len(shape.wanted)):
        fault = f"the header is not on line 1: it looks as if it were on line {at}; remove the {at - 1} lines above it"
        raise TableError(table, [fault])


def from_rows(
    header: list[str], rows: list[list[str]], lines: Sequence[int], *, rows_in: int, places: Sequence[int]
) -> Records:
    """Gather rows of fields, each as long as the header, into columns."""
    columns = {place: as_text([row[place] for row in rows]) for place in places}
    return Records(header, columns, np.asarray(lines, dtype=np.int64), rows_in)


def refuse_empty(rows_in: int, *, table: str) -> None:
    """Refuse a file without rows."""
    if not rows_in:
        raise TableError(table, ["there are no rows below the header"])


def note_numbers(records: Records, places: dict[str, int], *, ledger: Ledger) -> None:
    """Note ids that the file holds as numbers: read without a fraction; set aside those too long to be exact."""
    for name, place in places.items():
        if place not in records.numeric:
            continue
        length = np.asarray(pc.utf8_length(records.columns[place]))
        ledger.set_aside("id_digits_lost", records.lines[records.numeric[place] & (length > EXACT_DIGITS)], column=name)
        ledger.add("id_was_number", records.lines[records.numeric[place] & (length <= EXACT_DIGITS)], column=name)
