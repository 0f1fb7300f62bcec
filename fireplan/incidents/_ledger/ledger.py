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
from fireplan.incidents._columns_and_types import IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.stands import Stands

    Lines = Sequence[int] | Ints | pd.Index[int]

LINES_SHOWN = 8
DETAILS_SHOWN = 16
LEDGER_COLUMNS = ("code", "outcome", "column", "rows", "lines", "meaning", "source")
ENDS = ("used", "set aside", "duplicate", "held")  # each row has exactly one of these


class Reason(NamedTuple):
    """One reason code: what becomes of the row, what the code means, and where the rule comes from."""

    outcome: str
    meaning: str
    source: str


@cache
def reasons() -> dict[str, Reason]:
    """
    Read all the reason codes there are, in the order in which the ledger lists them.

    The outcomes are `used`, `set aside`, `duplicate` and `held` (each row has exactly one of these; no rule of this
    reader holds a row back until now), and beside them `repaired` (a value was changed or dropped, the row is used),
    `noted` (used as it stands, but worth a look) and `counted` (nothing is wrong: a number that a report needs).
    """
    text = (files(__package__) / "reasons.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: Reason(row["outcome"], row["meaning"], row["source"]) for row in rows}


@dataclass
class _Entry:
    lines: list[Ints] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    details: dict[str, None] = field(default_factory=dict)

    def all_lines(self) -> Ints:
        """Give the different lines, sorted."""
        if not self.lines:
            return np.zeros(0, dtype=np.int64)
        if len(self.lines) > 1:
            self.lines = [np.concatenate(self.lines)]
        lines = self.lines[0]
        if (np.diff(lines) > 0).all():
            return lines
        if lines.max() > 64 * len(lines):
            self.lines = [np.unique(lines)]
        else:  # most of a file: ticked off, which is quicker than sorting
            ticked = np.zeros(lines.max() + 1, dtype=bool)
            ticked[lines] = True
            self.lines = [np.flatnonzero(ticked)]
        return self.lines[0]


class Ledger:
    """
    Gathers entries while an export is read.

    Nothing from an address or a narrative may be passed in: details hold ids, times and counts.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._set_aside: dict[int, tuple[str, str]] = {}
        self.stands: Stands | None = None  # where rows stand, if not at the line of their number

    def add(self, code: str, lines: Lines, *, column: str = "", detail: str = "") -> None:
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
        found = np.array(lines, dtype=np.int64)
        if len(found):
            self._entry(code, column=column, detail=detail).lines.append(found)

    def add_file(self, code: str, *, column: str = "", detail: str = "") -> None:
        """Note something about the file as a whole."""
        self._entry(code, column=column, detail=detail)

    def set_aside(self, code: str, lines: Lines, *, column: str = "", texts: Sequence[str] = ()) -> None:
        """Set rows aside; `texts` says for each what is wrong. The first reason of a row counts."""
        fresh: dict[int, str] = {}
        for place, line in enumerate(np.asarray(lines, dtype=np.int64).tolist()):
            if line not in self._set_aside:
                fresh[line] = texts[place] if texts else reasons()[code].meaning
        self._set_aside |= {line: (code, text) for line, text in fresh.items()}
        self.add(code, list(fresh), column=column, detail=next(iter(fresh.values())) if texts and fresh else "")

    def add_entries_of(self, other: Ledger) -> None:
        """Take over what another ledger notes of the file as a whole."""
        for code, entry in other._entries.items():
            for detail in entry.details or {"": None}:
                self.add_file(code, detail=detail)

    @property
    def last_line(self) -> int:
        """The last line that anything is said of, 0 where nothing is."""
        return max((int(entry.all_lines().max(initial=0)) for entry in self._entries.values()), default=0)

    def add_entries_beyond(self, other: Ledger, beyond: int) -> None:
        """Take over all that another ledger holds of a file whose lines are numbered beyond those of others."""
        for code, entry in other._entries.items():
            mine = self._entries.setdefault(code, _Entry())
            mine.lines += [lines + beyond for lines in entry.lines]
            mine.columns |= entry.columns
            mine.details |= entry.details
        self._set_aside |= {line + beyond: reason for line, reason in other._set_aside.items()}

    def is_set_aside(self, lines: Lines) -> Flags:
        """Tell for each line whether its row was set aside."""
        return np.isin(np.asarray(lines, dtype=np.int64), np.array(list(self._set_aside), dtype=np.int64))

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
        used = reasons()["rows_used"]
        rows = [("rows_used", "used", "", rows_ok, "", used.meaning, used.source)]
        for code, reason in reasons().items():
            if code not in self._entries:
                continue
            entry = self._entries[code]
            details = f" ({'; '.join(list(entry.details)[:DETAILS_SHOWN])})" if entry.details else ""
            at = entry.all_lines()
            rest = f" and {len(at) - LINES_SHOWN} more" if len(at) > LINES_SHOWN else ""
            lines = listed(at[:LINES_SHOWN].tolist()) + rest
            if self.stands is not None:
                lines = self.stands.text(at, most=LINES_SHOWN)
            columns = ", ".join(entry.columns)
            rows.append((code, reason.outcome, columns, len(at), lines, reason.meaning + details, reason.source))
        frame = pd.DataFrame(rows, columns=list(LEDGER_COLUMNS))
        return frame.astype({name: "str" for name in LEDGER_COLUMNS if name != "rows"} | {"rows": "int64"})

    def quarantine(self, ids: pd.DataFrame) -> pd.DataFrame:
        """Build the table of rows set aside; `ids` holds `incident_id` and `unit_id` by line, where readable."""
        lines = sorted(self._set_aside)
        known = ids.reindex(columns=list(IDS)).reindex(lines).astype("str")
        at = np.array(lines, dtype=np.int64)
        several = self.stands is not None and len(self.stands.files) > 1
        return pd.DataFrame(
            ({"file": pd.array(self.stands.names(at), dtype="str")} if self.stands is not None and several else {})
            | {
                "line": at if self.stands is None else self.stands.lines(at),
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
        return len(self._entries[code].all_lines()) if code in self._entries else 0
