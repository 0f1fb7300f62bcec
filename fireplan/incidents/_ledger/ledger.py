"""The ledger: what was done to each row of an export, counted under a reason code."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.errors import listed, quoted
from fireplan.incidents._columns_and_types import IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.stands import Stands

    Lines = Sequence[int] | Ints | pd.Index[int]

LINES_SHOWN = 8
SECOND_FILE = 2**40  # added to the lines of a second file: no file has as many
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


class RowCounts(NamedTuple):
    """How many physical rows were used, set aside, and left out as duplicates."""

    ok: int
    set_aside: int
    duplicate: int


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


@dataclass(frozen=True)
class RowsOfResponses:
    """
    Which rows of the file, or of both files, each response was made from.

    `number` and `line` are pairs, sorted by number; the numbers are those of the responses, from 0. The first line of
    each is where messages say that it stands. `loose` holds the lines that were read, and of which no response came.
    """

    number: Ints
    line: Ints
    loose: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def first(self) -> Ints:
        """Give the line at which each response stands."""
        return self.line[np.flatnonzero(np.diff(self.number, prepend=-1))]


class Ledger:
    """
    Gathers entries while an export is read.

    Nothing from an address or a narrative may be passed in: details hold ids, times and counts. Rows are told by their
    physical line; once a file's rows have become responses (`follow`), by the numbers of these.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._set_aside: dict[int, tuple[str, str]] = {}
        self._again: list[Ints] = []  # duplicates, told as the rows are
        self._lines_aside: dict[int, tuple[str, str]] = {}  # before the rows became responses
        self._lines_again = np.zeros(0, dtype=np.int64)
        self._origins: RowsOfResponses | None = None
        self._first: Ints | None = None
        self._files: list[str] = []
        self.stands: Stands | None = None  # where rows stand, if not at the line of their number

    def add(self, code: str, lines: Lines, *, column: str = "", detail: str = "") -> None:
        """
        Count rows under a code; without any line nothing is noted.

        Parameters
        ----------
        code
            A code of `reasons()`.
        lines
            Physical lines of the rows, the header being line 1; or numbers of responses.
        column
            The column that the entry is about.
        detail
            What to add to the meaning: which ids, which values.
        """
        found = np.array(lines, dtype=np.int64) if self._first is None else self.lines_of(lines)
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

    def take(self, other: Ledger, *, file: str) -> None:
        """Take over what another ledger noted of a second file, whose lines are told with its name from now on."""
        self._files.append(file)
        for code, entry in other._entries.items():
            mine = self._entry(code)
            mine.lines.extend(lines + SECOND_FILE for lines in entry.lines)
            mine.columns |= entry.columns
            mine.details |= entry.details
        self._set_aside |= {line + SECOND_FILE: why for line, why in other._set_aside.items()}

    def duplicate(self, code: str, lines: Lines, *, column: str = "", detail: str = "") -> None:
        """Count rows that repeat others and are left out."""
        if len(lines):
            self._again.append(np.asarray(lines, dtype=np.int64))
        self.add(code, lines, column=column, detail=detail)

    def follow(self, origins: RowsOfResponses) -> None:
        """From now on take numbers of responses in the place of lines, and count rows by what becomes of these."""
        self._lines_aside, self._set_aside = self._set_aside, {}
        self._lines_again, self._again = self._all_again(), []
        self._origins, self._first = origins, origins.first()

    def lines_of(self, rows: Lines) -> Ints:
        """Give the physical line at which each row stands."""
        at = np.asarray(rows, dtype=np.int64)
        return at if self._first is None else self._first[at]

    def _all_again(self) -> Ints:
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self._again]))

    def counts(self, kept: Lines) -> RowCounts:
        """Count the physical rows that are used, given the responses kept; those set aside; and duplicates."""
        aside = np.array([*self._set_aside], dtype=np.int64)
        if self._origins is None:
            return RowCounts(len(kept), len(aside), len(self._all_again()))
        number, line = self._origins.number, self._origins.line
        before = np.append(np.array([*self._lines_aside], dtype=np.int64), self._lines_again)
        ok = np.unique(np.append(line[np.isin(number, np.asarray(kept, dtype=np.int64))], self._origins.loose))
        ok = np.setdiff1d(ok, before)
        lost = np.setdiff1d(np.setdiff1d(line[np.isin(number, aside)], ok), before)
        again = np.setdiff1d(np.setdiff1d(line[np.isin(number, self._all_again())], ok), np.append(lost, before))
        return RowCounts(len(ok), len(self._lines_aside) + len(lost), len(self._lines_again) + len(again))

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
        self._again += [lines + beyond for lines in other._again]

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
            lines = self._lines_told(at)
            columns = ", ".join(entry.columns)
            rows.append((code, reason.outcome, columns, len(at), lines, reason.meaning + details, reason.source))
        frame = pd.DataFrame(rows, columns=list(LEDGER_COLUMNS))
        return frame.astype({name: "str" for name in LEDGER_COLUMNS if name != "rows"} | {"rows": "int64"})

    def _lines_told(self, at: Ints) -> str:
        """Tell the first few lines."""
        if self.stands is not None:
            own, second = at[at < SECOND_FILE], at[at >= SECOND_FILE]
            told = [self.stands.text(own, most=LINES_SHOWN)] if len(own) else []
            return "; ".join([*told, *map(self.told, second[:LINES_SHOWN].tolist())])
        rest = f" and {len(at) - LINES_SHOWN} more" if len(at) > LINES_SHOWN else ""
        return listed(map(self.told, at[:LINES_SHOWN].tolist())) + rest

    def told(self, line: int) -> str:
        """Tell a line, with the file's name if there are several."""
        if line >= SECOND_FILE:
            return f"{quoted(self._files[0])} {line - SECOND_FILE}"
        return str(line) if self.stands is None else self.stands.text(np.array([line], dtype=np.int64), most=1)

    def quarantine(self, ids: pd.DataFrame) -> pd.DataFrame:
        """Build the table of rows set aside; `ids` holds `incident_id` and `unit_id` by row, where readable."""
        rows = sorted(self._set_aside)
        known = ids.reindex(columns=list(IDS)).reindex(rows).astype("str")
        table = self._aside(self.lines_of(rows), [self._set_aside[row] for row in rows], known)
        if self._lines_aside:  # before there were responses, and so without their ids
            lines = sorted(self._lines_aside)
            unknown = pd.DataFrame(index=range(len(lines)), columns=list(IDS)).astype("str")
            earlier = self._aside(np.array(lines), [self._lines_aside[line] for line in lines], unknown)
            table = pd.concat([earlier, table]) if rows else earlier
            table = table.sort_values("line", kind="stable", ignore_index=True)
        second = table["line"] >= SECOND_FILE
        several = self.stands is not None and len(self.stands.files) > 1
        if self._files or several:
            table.insert(0, "file", pd.Series("", index=table.index, dtype="str"))
        if self._files:
            table["file"] = table["file"].mask(second, self._files[0])
            table["line"] = table["line"].mask(second, table["line"] - SECOND_FILE)
        if self.stands is not None:
            numbers = table.loc[~second, "line"].to_numpy()
            if several:
                table.loc[~second, "file"] = self.stands.names(numbers)
            table.loc[~second, "line"] = self.stands.lines(numbers)
        return table

    def _aside(self, lines: Ints, why: list[tuple[str, str]], known: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "line": np.asarray(lines, dtype=np.int64),
                "incident_id": known["incident_id"].str.slice(0, 60).array,
                "unit_id": known["unit_id"].str.slice(0, 60).array,
                "code": pd.array([code for code, _ in why], dtype="str"),
                "reason": pd.array([reason for _, reason in why], dtype="str"),
            }
        )

    @property
    def rows_set_aside(self) -> int:
        """Rows set aside so far."""
        return len(self._set_aside)

    def count(self, code: str) -> int:
        """Rows counted under one code so far."""
        return len(self._entries[code].all_lines()) if code in self._entries else 0
