"""Tables of counts without the small ones, and without what would give them away."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.disclosure._marks import PUBLIC_NOTE, SMALLEST
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_BY = 3
MOST_WITHHELD = 1500
"""Counts left out of one table at most: to see that none follows from the others takes their number cubed."""

ZERO = 1e-8


Line = tuple[int, list[int]]
"""Row of a total, and rows of what it is the sum of."""


class _Sums(NamedTuple):
    """Counts with all their totals, and which add up to which."""

    keys: list[tuple[int, ...]]
    counts: NDArray[np.float64]
    equations: list[Line]


@takes
def public_table(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str],
    counts: str | Sequence[str] = "n",
    smallest: int = SMALLEST,
) -> pd.DataFrame:
    """
    Leave small counts out of a table, and as many others as it takes that nobody can work them out.

    Every total of the table, by each of `by`, by some of them and over all, is taken to be known, unless it is small
    itself. What is left out of a line whose total is known adds up to at least `smallest`; and no count left out for
    being small follows from all the others.

    Parameters
    ----------
    table
        One row for each group, with no total among them.
    by
        The one to three columns, or levels of the index, that name the group.
    counts
        Columns of counts. Several are parts of one whole, as "met" and "missed": they are then taken to be known
        together too. A count and a part of it must be given as two parts.
    smallest
        Smallest count that may be shown; 0 may be.

    Returns
    -------
    The table, in its order: small counts, and those that would give them away, are missing (`<NA>`). In their rows
    every other number is missing too, for it may rest on the count. `attrs` say how many counts are left out, and in
    `small_totals` which totals must not be published either.

    Raises
    ------
    InputError
        If a column is missing, a group stands twice, a count is none, or there are too many to check.

    References
    ----------
    .. [1] CMS, "Cell Size Suppression Policy": no cell of 1 to 10, nor one that can be derived.
    .. [2] Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4.
    """
    return without_small(table, by=by, counts=counts, smallest=smallest)


def without_small(
    table: pd.DataFrame, *, by: str | Sequence[str], counts: str | Sequence[str], smallest: int, mixed: bool = False
) -> pd.DataFrame:
    """
    Leave small counts out of a table, as `public_table` does.

    `mixed`: of groups, and totals, whose records are all of one part, no part is shown either, and none follows: what
    is left out of a line with such a group holds at least `smallest` of every part.
    """
    keys = [by] if isinstance(by, str) else list(by)
    parts = [counts] if isinstance(counts, str) else list(counts)
    flat = table.reset_index(drop=table.index.names == [None])
    _check(flat, keys, parts)
    if len(flat) == 0:
        return table.copy()
    coded = [pd.factorize(flat[key].astype(str)) for key in keys]
    values = flat[parts].to_numpy(float)
    dims = [np.repeat(code, len(parts)) for code, _ in coded]
    names = [list(known) for _, known in coded] + [parts]
    if len(parts) > 1:
        dims.append(np.tile(np.arange(len(parts)), len(flat)))
    sums = _sums(dims, values.ravel())
    hidden = _hidden(sums, _of_one_part(sums, len(parts)) if mixed else None, smallest=smallest)
    told = hidden[: values.size].reshape(values.shape)
    result = table.copy()
    gone = told.any(axis=1)
    for column in result.columns:
        if column in parts:
            held = pd.Series(values[:, parts.index(column)], index=result.index).astype("Int64")
            result[column] = held.mask(pd.Series(told[:, parts.index(column)], index=result.index))
        elif pd.api.types.is_numeric_dtype(result[column]) and column not in keys:
            result[column] = result[column].astype("Float64").mask(pd.Series(gone, index=result.index))
    result.attrs = {
        **table.attrs,
        "left_out": int(told.sum()),
        "small_totals": [_named(sums.keys[row], names) for row in np.flatnonzero(hidden) if row >= values.size],
        "smallest": smallest,
        "note": PUBLIC_NOTE,
    }
    return result


def _named(key: Sequence[int], names: Sequence[Sequence[str]]) -> str:
    """Name a total by what it is not added up over."""
    return ", ".join(known[code] for code, known in zip(key, names, strict=False) if code >= 0) or "all"


def _check(flat: pd.DataFrame, keys: Sequence[str], parts: Sequence[str]) -> None:
    missing = [c for c in (*keys, *parts) if c not in flat.columns]
    if missing:
        raise InputError(f"column {quoted(missing[0])} is missing: the table has {listed(flat.columns)}")
    if not 1 <= len(keys) <= MOST_BY or not parts:
        raise InputError(f"by names {len(keys)} columns and counts {len(parts)}: give 1 to {MOST_BY}, and at least one")
    if flat.duplicated(list(keys)).any():
        raise InputError(f"a group stands in two rows: name all the columns that tell groups apart, not only {keys}")
    values = flat[list(parts)].to_numpy(float)
    if not (np.isfinite(values).all() and (values >= 0).all() and (values == np.round(values)).all()):
        raise InputError(f"counts must be whole numbers, 0 or more: see {listed(parts)}")


def _sums(dims: Sequence[NDArray[np.int64]], values: NDArray[np.float64]) -> _Sums:
    """Add up every total; the table's own counts come first, in its order."""
    keys = list(zip(*(map(int, d) for d in dims), strict=True))
    counts = dict(zip(keys, map(float, values), strict=True))
    # Each count goes into one total for every way to add up over some of the columns.
    for key, count in list(counts.items()):
        for dropped in list(product((False, True), repeat=len(dims)))[1:]:
            total = tuple(-1 if out else code for code, out in zip(key, dropped, strict=True))
            counts[total] = counts.get(total, 0.0) + count
    row_of = {key: row for row, key in enumerate(counts)}
    parts_of: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    # Each key is a part of the total that adds up over one column more: these sums are all that ties counts together.
    for key, row in row_of.items():
        for d in [d for d, code in enumerate(key) if code >= 0]:
            parts_of.setdefault((d, (*key[:d], -1, *key[d + 1 :])), []).append(row)
    equations = [(row_of[total], parts) for (_, total), parts in parts_of.items()]
    return _Sums(list(row_of), np.array(list(counts.values())), equations)


def _of_one_part(sums: _Sums, parts: int) -> NDArray[np.bool_]:
    """Flag the parts of groups and totals that have records of some parts and none of others."""
    flags = np.zeros(len(sums.keys), dtype=bool)
    if parts > 1:
        groups: dict[tuple[int, ...], list[int]] = {}
        for row, key in enumerate(sums.keys):
            if key[-1] >= 0:
                groups.setdefault(key[:-1], []).append(row)
        for rows in groups.values():
            counts = sums.counts[rows]
            flags[rows] = counts.min() == 0 < counts.max()
    return flags


def _hidden(sums: _Sums, one_part: NDArray[np.bool_] | None, *, smallest: int) -> NDArray[np.bool_]:
    """Choose what to leave out, totals among it: the small, then the least of what would give them away."""
    flagged = np.zeros(len(sums.keys), dtype=bool) if one_part is None else one_part
    small = ((sums.counts > 0) & (sums.counts < smallest)) | flagged
    hidden = small.copy()
    # Complementary suppression. Each turn hides one count more, so it ends; it ends well when no known total gives a
    # small sum away and no small count follows from all that is shown.
    while True:
        line = _thin(sums, hidden, flagged, smallest=smallest)
        if line is None:
            found = np.flatnonzero(small & _follows(sums, hidden))
            if not len(found):
                return hidden
            line = _open(sums, hidden, int(found[0]))
        if line is None:
            return (sums.counts > 0) | flagged  # there is no other way: nothing is shown but zeros
        hidden[_least(sums, hidden, line)] = True


def _thin(sums: _Sums, hidden: NDArray[np.bool_], one_part: NDArray[np.bool_], *, smallest: int) -> Line | None:
    """Find a known total whose hidden parts add up to a small count; more of it must be hidden."""
    for total, parts in sums.equations:
        rest = sums.counts[parts][hidden[parts]].sum()
        # nought is told as well where it says that a group had none of a part
        if not hidden[total] and rest < smallest and (rest > 0 or one_part[parts].any()):
            return total, parts
    return None


def _open(sums: _Sums, hidden: NDArray[np.bool_], found: int) -> Line | None:
    """Find a line to hide more of, so that a small count follows no longer: one with a single hidden count first."""
    lines = [e for e in sums.equations if _least(sums, hidden, e) >= 0]
    single = [e for e in lines if hidden[[e[0], *e[1]]].sum() == 1]
    own = [e for e in lines if found in (e[0], *e[1])]
    return next(iter([*single, *own, *lines]), None)


def _least(sums: _Sums, hidden: NDArray[np.bool_], line: Line) -> int:
    """
    Choose the next count of a line to hide; -1 where all are, or are zero.

    A part before the total; one that also helps another line with a single hidden count before others; the smallest.
    """
    total, parts = line
    shown = [row for row in parts if not hidden[row] and sums.counts[row] > 0]
    if not shown:
        return total if not hidden[total] and sums.counts[total] > 0 else -1
    helped = dict.fromkeys(shown, 0)
    for other in sums.equations:
        if other is not line and hidden[[other[0], *other[1]]].sum() == 1:
            for row in helped.keys() & set(other[1]):
                helped[row] += 1
    return min(shown, key=lambda row: (-helped[row], sums.counts[row], row))


def _follows(sums: _Sums, hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flag what is hidden and yet follows from what is shown, by the sums alone."""
    rows = np.flatnonzero(hidden)
    if len(rows) > MOST_WITHHELD:
        raise InputError(f"{len(rows)} counts would be left out, too many to check: publish fewer or larger groups")
    place = {int(row): column for column, row in enumerate(rows)}
    lines = np.zeros((len(sums.equations), len(rows)))
    for line, (total, parts) in zip(lines, sums.equations, strict=True):
        for row in (r for r in parts if r in place):
            line[place[row]] = 1.0
        if total in place:
            line[place[total]] = -1.0
    follows = np.zeros(len(hidden), dtype=bool)
    # What is hidden can be anything that keeps the sums: the directions in which all sums stay (the null space). A
    # count that moves in none of them is fixed by what is shown.
    if len(rows):
        _, size, directions = np.linalg.svd(lines, full_matrices=True)
        free = directions[int((size > ZERO).sum()) :]
        follows[rows] = np.abs(free).max(axis=0, initial=0.0) < ZERO
    return follows
