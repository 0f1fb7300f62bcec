"""Where rows stand, where that is not their number: in which of several files, at which element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Ints


@dataclass(frozen=True)
class Stands:
    """
    Where rows stand, by the numbers under which they are known here.

    Attributes
    ----------
    rows
        Numbers of the rows, sorted.
    line
        Physical line, or number of the element, of each row: several rows may share one.
    file
        Number of each row's file.
    files
        Names of the files; one name, or none: there is but one file.
    """

    rows: Ints
    line: Ints
    file: Ints
    files: tuple[str, ...] = ()

    def lines(self, rows: Ints) -> Ints:
        """Give the lines of rows; a number that is no row's is its own line."""
        place, known = self._places(rows)
        return np.where(known, self.line[place], rows)

    def names(self, rows: Ints) -> list[str]:
        """Give the names of the files of rows; "" for a number that is no row's."""
        place, known = self._places(rows)
        return [self.files[n] if k else "" for n, k in zip(self.file[place].tolist(), known.tolist(), strict=True)]

    def text(self, rows: Ints, *, most: int) -> str:
        """Tell the first few lines of rows, each once, of several files with the name of each."""
        lines = self.lines(rows)
        if len(self.files) < 2:
            return _first(np.unique(lines), most)
        names = np.array(self.names(rows), dtype=object)
        found = [name for name in self.files if (names == name).any()]
        return "; ".join(f"{quoted(name)} {_first(np.unique(lines[names == name]), most)}" for name in found)

    def _places(self, rows: Ints) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        place = np.minimum(np.searchsorted(self.rows, rows), max(len(self.rows) - 1, 0)).astype(np.int64)
        return place, self.rows[place] == rows


def _first(lines: Ints, most: int) -> str:
    rest = f" and {len(lines) - most} more" if len(lines) > most else ""
    return listed(lines[:most].tolist()) + rest
