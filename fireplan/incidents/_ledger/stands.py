"""Where rows stand, where that is not the line of their number: in which of several files, at which element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.incidents._columns_and_types import Ints

MOST_FILES = 8
"""Files of which lines are told."""


@dataclass(frozen=True)
class Stands:
    """
    Where rows stand, by the numbers under which they are known here.

    Attributes
    ----------
    files
        Names of the files, in order; one name that nobody needs, where there is but one.
    beyond
        Of each file, how many numbers those before it have.
    elements
        Of each file, the element that each of its rows is of, by row; None: its rows are its lines.
    """

    files: tuple[str, ...]
    beyond: Ints
    elements: tuple[Ints | None, ...]

    @classmethod
    def at_elements(cls, elements: Ints) -> Stands:
        """Say of the rows of one file of which element each is; they are numbered from 1."""
        return cls(("",), np.zeros(1, dtype=np.int64), (elements,))

    @classmethod
    def of_files(cls, files: Sequence[str], beyond: Sequence[int], own: Sequence[Stands | None]) -> Stands:
        """Put files one after the other."""
        elements = tuple(None if stands is None else stands.elements[0] for stands in own)
        return cls(tuple(files), np.array(beyond, dtype=np.int64), elements)

    def lines(self, rows: Ints) -> Ints:
        """Give the lines, or elements, at which rows stand, each in its own file."""
        file = self._file(rows)
        lines: Ints = rows - self.beyond[file]
        for number, elements in enumerate(self.elements):
            if elements is not None:
                here = file == number
                lines[here] = elements[lines[here] - 1]
        return lines

    def names(self, rows: Ints) -> list[str]:
        """Give the names of the files in which rows stand."""
        return [self.files[number] for number in self._file(rows).tolist()]

    def text(self, rows: Ints, *, most: int) -> str:
        """Tell the first few lines of rows, each once; of several files with the name of each."""
        if not len(rows):
            return ""
        file, lines = self._file(rows), self.lines(rows)
        if len(self.files) == 1:
            return _first(np.unique(lines), most)
        here = np.unique(file)
        told = [f"{quoted(self.files[n])} {_first(np.unique(lines[file == n]), most)}" for n in here[:MOST_FILES]]
        rest = f"; and in {len(here) - MOST_FILES} more files" if len(here) > MOST_FILES else ""
        return "; ".join(told) + rest

    def _file(self, rows: Ints) -> Ints:
        return np.searchsorted(self.beyond, rows, side="left") - 1


def _first(lines: Ints, most: int) -> str:
    rest = f" and {len(lines) - most} more" if len(lines) > most else ""
    return listed(lines[:most].tolist()) + rest
