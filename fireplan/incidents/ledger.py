"""The ledger: what was done to each row of an export, counted under a reason code."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LINES_SHOWN = 8
LEDGER_COLUMNS = ("code", "outcome", "column", "rows", "lines", "meaning")


class Reason(NamedTuple):
    """One reason code: what becomes of the row, and what the code means."""

    outcome: str
    meaning: str


@cache
def reasons() -> dict[str, Reason]:
    """
    Read all the reason codes there are, in the order in which the ledger lists them.

    The outcomes are `used`, `set aside` and `duplicate` (each row has exactly one of these), and beside them
    `repaired` (a value was changed or dropped, the row is used), `noted` (used as it stands, but worth a look) and
    `counted` (nothing is wrong: a number that a report needs).
    """
    text = (files("fireplan.incidents") / "reasons.csv").read_text(encoding="utf-8")
    return {row["code"]: Reason(row["outcome"], row["meaning"]) for row in csv.DictReader(text.splitlines())}


@dataclass
class _Entry:
    lines: set[int] = field(default_factory=set)
    columns: dict[str, None] = field(default_factory=dict)
    details: dict[str, None] = field(default_factory=dict)


class Ledger:
    """
    Gathers entries while an export is read.

    Nothing from an address or a narrative may be passed in: details hold ids, times and counts.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._set_aside: dict[int, tuple[str, str]] = {}

    def add(self, code: str, lines: Iterable[int], *, column: str = "", detail: str = "") -> None:
        """
        Count rows under a code; without any line nothing is noted.

        Parameters
        ----------
        code
            A code of `reasons()`.
        lines
            Physical lines of the rows; the header is line 1.
        column
            The column that the entry is about.
        detail
            What to add to the meaning: which ids, which values.
        """
        found = {int(line) for line in lines}
        if found:
            self._entry(code, column=column, detail=detail).lines.update(found)

    def add_file(self, code: str, *, detail: str = "") -> None:
        """Note something about the file as a whole."""
        self._entry(code, detail=detail)

    def set_aside(self, code: str, lines: Iterable[int], *, column: str = "", texts: Sequence[str] = ()) -> None:
        """Set rows aside; `texts` says for each what is wrong. The first reason of a row counts."""
        fresh: dict[int, str] = {}
        for place, line in enumerate(lines):
            if int(line) not in self._set_aside:
                fresh[int(line)] = texts[place] if texts else reasons()[code].meaning
        self._set_aside |= {line: (code, text) for line, text in fresh.items()}
        self.add(code, fresh, column=column, detail=next(iter(fresh.values())) if texts and fresh else "")

    def is_set_aside(self, lines: Sequence[int]) -> list[bool]:
        """Tell for each line whether its row was set aside."""
        return [int(line) in self._set_aside for line in lines]

    def _entry(self, code: str, *, column: str = "", detail: str = "") -> _Entry:
        if code not in reasons():
            raise KeyError(code)
        entry = self._entries.setdefault(code, _Entry())
        for name in column.split(", ") if column else ():
            entry.columns.setdefault(name)
        if detail:
            entry.details.setdefault(detail)
        return entry

    def frame(self, *, rows_ok: int) -> pd.DataFrame:
        """Build the ledger: one row per reason code, `rows_used` first, then in the order of `reasons()`."""
        rows = [("rows_used", "used", "", rows_ok, "", reasons()["rows_used"].meaning)]
        for code, reason in reasons().items():
            if code not in self._entries:
                continue
            entry = self._entries[code]
            details = f" ({'; '.join(list(entry.details)[:LINES_SHOWN])})" if entry.details else ""
            lines = listed(sorted(entry.lines), most=LINES_SHOWN)
            columns = ", ".join(entry.columns)
            rows.append((code, reason.outcome, columns, len(entry.lines), lines, reason.meaning + details))
        frame = pd.DataFrame(rows, columns=list(LEDGER_COLUMNS))
        return frame.astype({name: "str" for name in LEDGER_COLUMNS if name != "rows"} | {"rows": "int64"})

    def quarantine(self, ids: pd.DataFrame) -> pd.DataFrame:
        """Build the table of rows set aside; `ids` holds `incident_id` and `unit_id` by line, where readable."""
        lines = sorted(self._set_aside)
        known = ids.reindex(lines)
        return pd.DataFrame(
            {
                "line": np.array(lines, dtype=np.int64),
                "incident_id": known["incident_id"].str.slice(0, 60).array,
                "unit_id": known["unit_id"].str.slice(0, 60).array,
                "code": pd.array([self._set_aside[line][0] for line in lines], dtype="str"),
                "reason": pd.array([self._set_aside[line][1] for line in lines], dtype="str"),
            }
        )

    @property
    def rows_set_aside(self) -> int:
        """Rows set aside so far."""
        return len(self._set_aside)

    def count(self, code: str) -> int:
        """Rows counted under one code so far."""
        return len(self._entries[code].lines) if code in self._entries else 0
