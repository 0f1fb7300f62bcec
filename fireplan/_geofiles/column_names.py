"""Names under which offices keep a column, as data: `column_names.csv`; and which column of a table is meant."""

from __future__ import annotations

import csv
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fireplan.errors import Faults


class ColumnName(NamedTuple):
    """
    One name of a column of one table, and who uses it.

    Of several names in a file that of the lowest `rank` is taken; two of one rank are a question.
    """

    table: str
    column: str
    name: str
    rank: int
    source: str


@cache
def column_names() -> tuple[ColumnName, ...]:
    """Read the names, in the order in which they are listed."""
    text = (files(__package__) / "column_names.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(ColumnName(r["table"], r["column"], r["name"], int(r["rank"]), r["source"]) for r in rows)


def squeezed(name: object) -> str:
    """Give a name without what is spelt in more than one way: capitals, blanks, punctuation; "#" is "no"."""
    return "".join(c for c in str(name).replace("#", "no").casefold() if c.isalnum())


@cache
def _of_table(table: str) -> dict[str, tuple[str, int]]:
    """Column and rank by squeezed name; a column's own name has rank 0."""
    names = [n for n in column_names() if n.table == table]
    own = {squeezed(n.column): (n.column, 0) for n in names}
    return {squeezed(n.name): (n.column, n.rank) for n in names} | own


def knows(table: str, name: object) -> bool:
    """Whether a name is one of those of a table's columns."""
    return squeezed(name) in _of_table(table)


def name_columns(
    columns: Iterable[object],
    table: str,
    *,
    texts: Callable[[str], Sequence[str]],
    faults: Faults,
    given: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[str]]:
    """
    Find the columns of a table under whatever names it has them.

    Parameters
    ----------
    columns
        Names in the file.
    table
        Which table it is: stations, units, zones, incidents or roads.
    texts
        Gives the values of a column as text; "" where there is none. A column that is blank throughout is not taken for
        another name.
    faults
        Takes what cannot be told: a given name that is not there, and two names for one column.
    given
        Names that the user says, by column: they go before all others.

    Returns
    -------
    Name in the file by column, and a note on each name that is not the column's own.
    """
    held = [str(c) for c in columns]
    known = _of_table(table)
    found: dict[str, str] = {}
    for column, name in (given or {}).items():
        if column not in {c for c, _ in known.values()}:
            close = get_close_matches(column, {c for c, _ in known.values()}, n=1)
            hint = f": did you mean {quoted(close[0])}?" if close else ""
            faults.add(f"{table} have no column {quoted(column)}{hint}")
        elif name not in held:
            close = get_close_matches(name, held, n=1)
            hint = f"did you mean {quoted(close[0])}?" if close else f"found {listed(held, most=20)}"
            faults.add(f"there is no column {quoted(name)} to take for '{column}': {hint}")
        else:
            found[column] = name
    notes = []
    taken = set(found.values())
    by_column: dict[str, list[tuple[int, str]]] = {}
    for name in held:
        column, rank = known.get(squeezed(name), ("", 0))
        if column and column not in found and name not in taken:
            by_column.setdefault(column, []).append((-1 if name == column else rank, name))
    for column, names in by_column.items():
        filled = [(rank, name) for rank, name in names if rank <= 0 or any(texts(name))] or names
        lowest = min(rank for rank, _ in filled)
        first = [name for rank, name in filled if rank == lowest]
        if len({tuple(texts(name)) for name in first}) > 1:
            faults.add(
                f"column '{column}' may be {' or '.join(map(quoted, first))}: say which, with columns={{'{column}':"
                f' {quoted(first[0])}}}, or {column} = "{first[0]}" under [{_part(table)}] of plan.toml'
            )
        found[column] = first[0]
        if lowest > 0:
            notes.append(f"column {quoted(first[0])} used as '{column}'")
    return found, notes


def _part(table: str) -> str:
    """Part of plan.toml that names the columns of a table."""
    return {"zones": "demand.columns", "roads": "network.columns"}.get(table, f"{table}.columns")
