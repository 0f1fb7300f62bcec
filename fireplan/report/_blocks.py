"""What a report is made of: sentences, tables and figures, in sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from fireplan import wording
from fireplan.errors import InputError
from fireplan.report._cell_words import cell_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.charts import Chart


@dataclass(frozen=True)
class Prose:
    """
    Sentences.

    Attributes
    ----------
    text
        They, not yet escaped.
    tone
        "": as any other; "note": small; "absent": says what was not given; "warning": to be seen first.
    """

    text: str
    tone: str = ""
    form: ClassVar[str] = "prose"


@dataclass(frozen=True)
class Points:
    """
    A list.

    Attributes
    ----------
    items
        Its lines, not yet escaped.
    """

    items: tuple[str, ...]
    form: ClassVar[str] = "points"


@dataclass(frozen=True)
class Heading:
    """
    A heading inside a section.

    Attributes
    ----------
    text
        Its words.
    """

    text: str
    form: ClassVar[str] = "heading"


@dataclass(frozen=True)
class TableColumn:
    """
    A column that is shown.

    Attributes
    ----------
    name
        In the table; an index level too.
    head
        What stands over it, with its unit.
    kind
        How its values are told; see `cell_words`.
    """

    name: str
    head: str
    kind: str = "text"

    @property
    def style(self) -> str:
        """Class of its cells: n, a number, to the right; v, a verdict; t, text."""
        return {"text": "t", "name": "t", "verdict": "v"}.get(self.kind, "n")


@dataclass(frozen=True, eq=False)
class Table:
    """
    A table: some of its columns and rows are shown, all of it is attached.

    Attributes
    ----------
    key
        Name of its file, ours and not the data's.
    caption
        What it holds.
    data
        All of it.
    columns
        What is shown.
    basis
        "observed", "modelled" or "invented", and what else its figures rest on.
    shown
        Rows that are shown; left out: the first `most` of `data`.
    most
        Rows shown at most.
    """

    key: str
    caption: str
    data: pd.DataFrame
    columns: Sequence[TableColumn]
    basis: str
    shown: pd.DataFrame | None = None
    most: int = 40
    form: ClassVar[str] = "table"

    @property
    def rows(self) -> list[list[str]]:
        """What stands in its cells."""
        table = self._candidates.head(self.most).reset_index()
        cells = [[cell_words(v, c.kind) for v in table[c.name].tolist()] for c in self.columns]
        return [list(row) for row in zip(*cells, strict=True)]

    @property
    def left_out(self) -> str:
        """What is not shown."""
        rows = min(len(self._candidates), self.most)
        if rows == len(self.data):
            return ""
        return f"{wording.count(rows)} of {wording.count(len(self.data))} rows are shown; all are attached."

    @property
    def _candidates(self) -> pd.DataFrame:
        return self.data if self.shown is None else self.shown


@dataclass(frozen=True, eq=False)
class Figure:
    """
    A chart or a map, with the table it was drawn from.

    Attributes
    ----------
    key
        Name of its file, ours and not the data's.
    chart
        What is drawn.
    data
        The table.
    dots
        As dots instead of lines: for maps, whose lines are many.
    """

    key: str
    chart: Chart
    data: pd.DataFrame
    dots: bool = False
    form: ClassVar[str] = "figure"


Block = Prose | Points | Heading | Table | Figure


@dataclass
class Section:
    """
    A chapter.

    Attributes
    ----------
    title
        Its heading.
    blocks
        What stands in it.
    """

    title: str
    blocks: list[Block] = field(default_factory=list)


def drawn(key: str, chart: Callable[[], Chart], data: pd.DataFrame, *, dots: bool = False) -> Block:
    """Draw a figure, or say why there is none."""
    try:
        return Figure(key, chart(), data, dots)
    except InputError as error:
        return absent(f"No figure: {error}.")


def absent(text: str) -> Prose:
    """Say what was not given."""
    return Prose(text, "absent")


def attached(data: pd.DataFrame) -> pd.DataFrame:
    """Give a table as it is attached: its index as columns, without outlines."""
    table = pd.DataFrame(data).copy(deep=False)
    table = table.drop(columns=[c for c in table.columns if str(table[c].dtype) == "geometry"])
    if isinstance(table.columns, pd.MultiIndex):
        table.columns = [" ".join(map(str, c)).strip() for c in table.columns]
    return table
