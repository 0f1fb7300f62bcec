"""Several files of one layout as one table of text, whose lines are told with the names of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fireplan.errors import InputError, TableError, quoted
from fireplan.incidents._formats.text_table import TEXT, Records, squeezed
from fireplan.incidents._ledger.ledger import Ledger
from fireplan.incidents._ledger.stands import Stands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from fireplan.incidents._columns_and_types import Flags
    from fireplan.incidents._formats.text_table import Shape

MOST_FILES = 100_000


def read_several(
    paths: Sequence[str | PathLike[str]],
    read: Callable[[str | PathLike[str], Ledger], Records],
    shape: Shape,
    *,
    table: str,
    ledger: Ledger,
) -> Records:
    """
    Read files one after the other, each by its own kind.

    Parameters
    ----------
    paths
        The files, in any order.
    read
        Reads one of them, and tells its ledger.
    shape
        The names to look for.
    table
        What to call them in errors.
    ledger
        Takes what each file's ledger has, told with the file's name.

    Raises
    ------
    InputError
        If there are too many, or one of them cannot be read.
    TableError
        If two tables have each a wanted column that the other lacks, so that they are of two layouts.
    """
    if len(paths) > MOST_FILES:
        raise InputError(f"{len(paths):,} files are given (limit {MOST_FILES:,}): put them together first")
    names = _names(paths)
    found: list[Records] = []
    beyond: list[int] = []
    reached = 0
    for path in paths:
        own = Ledger()
        records = read(path, own)
        found.append(records)
        beyond.append(reached)
        ledger.add_entries_beyond(own, reached)
        reached += max(records.last_line, own.last_line)
    _refuse_two_layouts(found, names, shape, table=table, ledger=ledger)
    header, columns, numeric = _joined(found)
    lines = np.concatenate([records.lines + start for records, start in zip(found, beyond, strict=True)])
    stands = Stands.of_files(names, beyond, [records.stands for records in found])
    return Records(header, columns, lines, sum(records.rows_in for records in found), numeric, stands)


def _names(paths: Sequence[str | PathLike[str]]) -> list[str]:
    """Name the files: by their last part, and those that share it by as much more as tells them apart."""
    parts = [str(path).replace("\\", "/").rstrip("/").split("/") for path in paths]
    return ["/".join(own[-_told_apart(own, parts) :]) for own in parts]


def _told_apart(own: list[str], parts: list[list[str]]) -> int:
    others = [other for other in parts if other != own and other[-1] == own[-1]]
    return next((n for n in range(1, len(own) + 1) if all(other[-n:] != own[-n:] for other in others)), len(own))


def _refuse_two_layouts(
    found: Sequence[Records], names: Sequence[str], shape: Shape, *, table: str, ledger: Ledger
) -> None:
    """Refuse files of two layouts; note columns that some of them lack. An object of JSON may lack any key."""
    has = [{squeezed(name): name for name in records.header} for records in found]
    wanted = [own.keys() & shape.accepted for own in has]
    tables = [n for n, records in enumerate(found) if records.stands is None]
    for number in tables:
        other, first = wanted[number], wanted[tables[0]]
        if first - other and other - first:
            one, two = quoted(has[tables[0]][min(first - other)]), quoted(has[number][min(other - first)])
            fault = (
                f"{quoted(names[tables[0]])} has a column {one} that {quoted(names[number])} lacks, and that one has"
                f" {two}: they are of two layouts; read each by itself, or give both the same names"
            )
            raise TableError(table, [fault])
    for key in sorted(set[str]().union(*wanted)):
        lacking = sum(key not in own for own in wanted)
        if lacking:
            ledger.add_file(
                "columns_differ", detail=f"{quoted(_spelt(key, has))} in {lacking} of {len(found)} files not"
            )


def _spelt(key: str, has: Sequence[dict[str, str]]) -> str:
    return next(own[key] for own in has if key in own)


def _joined(found: Sequence[Records]) -> tuple[list[str], dict[int, pa.ChunkedArray], dict[int, Flags]]:
    """Put columns of the same name one below the other; where a file lacks one, it is blank."""
    spelt: dict[tuple[str, int], str] = {}
    keys: list[list[tuple[str, int]]] = []
    for records in found:
        own: list[tuple[str, int]] = []
        for name in records.header:  # the second column of a name is another one
            own.append((squeezed(name), sum(key == squeezed(name) for key, _ in own)))
            spelt.setdefault(own[-1], name)
        keys.append(own)
    columns: dict[int, pa.ChunkedArray] = {}
    numeric: dict[int, Flags] = {}
    for place, key in enumerate(spelt):
        at = [own.index(key) if key in own else -1 for own in keys]
        if not any(n in records.columns for n, records in zip(at, found, strict=True)):
            continue
        parts: list[pa.Array] = []
        flags: list[Flags] = []
        for n, records in zip(at, found, strict=True):
            size = len(records.lines)
            parts += records.columns[n].chunks if n in records.columns else [pa.array([""] * size, type=TEXT)]
            flags.append(records.numeric.get(n, np.zeros(size, dtype=bool)))
        columns[place] = pa.chunked_array(parts, type=TEXT)
        if any(part.any() for part in flags):
            numeric[place] = np.concatenate(flags)
    return list(spelt.values()), columns, numeric
