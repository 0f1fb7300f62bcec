"""Tables as they may be published in a series."""

from __future__ import annotations

import datetime as dt
import re
from copy import copy
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._page_series import coarse, enough_for, entry_of
from fireplan.disclosure._publications import Publication, Publications, PublishedFigure, TableScope
from fireplan.disclosure._series import RecordSet, day_of, pieces
from fireplan.disclosure._suppression import without_small
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

KIND = "table"
HELD = ", not shown"
PERCENTILE = re.compile(r"^p(\d{1,2})(?:_|$)")
NO_FILTER = TableScope()


@takes
def publishable(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str],
    counts: str | Sequence[str] = "n",
    times: str | Sequence[str] = (),
    of: TableScope | None = None,
    smallest: int = SMALLEST,
    published: Publications | None = None,
) -> tuple[pd.DataFrame, Publication]:
    """
    Give a table as it may be published beside all that was published before, and what to record of it.

    A count is left out where it is small, where it would give a small one away in this table, and where the table less
    an earlier one, or one with and less two of them, would. Windows of time that overlap without one holding the other,
    records that were corrected, and a window that was published already show the earlier table again.

    Parameters
    ----------
    table, by, counts, smallest
        As in `public_table`; several counts are parts of one whole, and a group in which one of them is nought says
        what all its records were: none of its counts is shown.
    times
        Columns of times [s]: they are rounded to 30 s, and left out where too few records lie on either side of a
        percentile (a name such as "p90_s"; any other is taken for a median).
    of
        What was counted, and when; left out: nobody knows, and a later table of the same kind shows this one again.
    published
        The ledger, from `read_publications`; left out: nothing was published before.

    Returns
    -------
    The table as it may be published, and its publication for `record_publications`. `attrs["days"]` are the days that
    were counted, `attrs["again"]` whether it is an earlier table; other numbers than counts and times are missing then.

    Raises
    ------
    InputError
        If the table is none that `public_table` takes, a column is missing, or a day comes after its end.

    Examples
    --------
    >>> import datetime as dt, pandas as pd, fireplan as fp
    >>> table = pd.DataFrame({"station": ["S1", "S2"], "n": [60, 45]})
    >>> january = fp.disclosure.TableScope("Calls", dt.date(2026, 1, 1), dt.date(2026, 2, 1))
    >>> shown, first = fp.disclosure.publishable(table, by="station", of=january)
    >>> series = fp.disclosure.Publications().adding([first])
    >>> a_day_more = fp.disclosure.TableScope("Calls", dt.date(2026, 1, 1), dt.date(2026, 2, 2))
    >>> again, _ = fp.disclosure.publishable(
    ...     table.assign(n=[61, 45]), by="station", of=a_day_more, published=series
    ... )
    >>> again["n"].tolist(), again.attrs["days"]
    ([60, 45], '2026-01-01 to 2026-01-31')
    """
    scope = of if of is not None else NO_FILTER
    keys, parts, timed = ([names] if isinstance(names, str) else list(names) for names in (by, counts, times))
    shown = without_small(table, by=keys, counts=parts, smallest=smallest, mixed=True)
    asked = _asked(scope)
    flat = table.reset_index(drop=table.index.names == [None])
    missing = [name for name in timed if name not in flat.columns]
    if missing:
        raise InputError(f"column {quoted(missing[0])} of times is missing: the table has {listed(flat.columns)}")
    rows = [" | ".join(f"{key}={value}" for key, value in zip(keys, row, strict=True)) for row in _rows(flat, keys)]
    kind = Publication(
        dt.datetime.now(tz=dt.UTC).date(), KIND, scope.title, f"by {', '.join(keys)}", measure=", ".join(parts),
        objective=scope.objective, scenario=scope.scenario,
    )  # fmt: skip
    earlier = _earlier(kind, published)
    truth = pd.DataFrame(flat[parts].to_numpy(float), index=rows, columns=parts)
    hidden = _hidden(shown, parts, truth)
    names_of = dict(zip(rows, _rows(flat, keys), strict=True))
    more = _beside(asked, truth, hidden, earlier, by=keys, names_of=names_of, smallest=smallest)
    if more is not None:
        more = _as_records(
            asked, truth, more, [*earlier, *_same_records(kind, published)],
            by=keys, names_of=names_of, smallest=smallest,
        )  # fmt: skip
    if more is not None:
        more = more | _like_others(asked, truth, more, earlier, _relatives(kind, published), smallest=smallest)[:, None]
    same = [e for e in earlier if e.records == asked] or [e for e in earlier if e.records.filter == asked.filter]
    same = [e for e in same if e.whole] or same
    grew = more is not None and bool(same) and _gained(asked, same[-1].records) is not None
    if more is not None and grew and (~more.any(axis=1)).sum() < len(same[-1].whole):
        more = None  # the earlier table tells more than what is left of this one
    if more is None:
        result = _again(shown, rows, same[-1] if same else None, parts, timed)
        return result, entry_of(kind, asked, (), published)
    result = _shown(shown, truth, more, timed)
    result.attrs["days"] = _days(scope.start, scope.end)
    figures = []
    for place, (row, told) in enumerate(zip(rows, more, strict=True)):
        numbers = [
            (f"{part}{HELD if out else ''}", float(value))
            for part, value, out in zip(parts, truth.iloc[place], told, strict=True)
        ]
        numbers += [(name, float(result[name].iloc[place])) for name in timed if pd.notna(result[name].iloc[place])]
        figures.append(PublishedFigure(row, day_of(asked.start), day_of(asked.end), tuple(numbers)))
    return result, entry_of(kind, asked, figures, published)


class _EarlierTable:
    """A table of the ledger: what it counted, all its counts, and which were shown."""

    def __init__(self, entry: Publication) -> None:
        first = entry.figures[0]
        chosen = [None if words is None else frozenset(words) for words in (entry.categories, entry.priorities)]
        days = [None if day is None else day.toordinal() for day in (first.start, first.end)]
        self.records = RecordSet(days[0], days[1], *chosen)
        self.numbers = {figure.area: dict(figure.numbers) for figure in entry.figures}
        self.days = _days(first.start, first.end)
        self.whole = [row for row, told in self.numbers.items() if not any(name.endswith(HELD) for name in told)]

    def summed(self, parts: Sequence[str]) -> _EarlierTable:
        """Give the same table by how many records its rows had, in place of their parts."""
        rows = list(self.numbers)
        values, held = self.counts(rows, parts)
        result = copy(self)
        result.numbers = {
            row: {f"n{HELD if out else ''}": float(n)}
            for row, n, out in zip(rows, values.sum(axis=1), np.asarray(held.any(axis=1)), strict=True)
        }
        return result

    def counts(self, rows: Sequence[str], parts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Give its counts of rows, nought where it had no such row, and whether each was held back."""
        values = np.zeros((len(rows), len(parts)))
        held = np.zeros(values.shape, dtype=bool)
        for (i, row), (j, part) in product(enumerate(rows), enumerate(parts)):
            numbers = self.numbers.get(row, {})
            held[i, j] = part not in numbers and f"{part}{HELD}" in numbers
            values[i, j] = numbers.get(part, numbers.get(f"{part}{HELD}", 0.0))
        return values, held


def _asked(scope: TableScope) -> RecordSet:
    """Say what a table counts."""
    if (scope.start is None) != (scope.end is None) or (scope.start and scope.end and scope.start >= scope.end):
        raise InputError(f"days go from {scope.start} to {scope.end}: give the first, and the one after the last")
    days = [None if day is None else day.toordinal() for day in (scope.start, scope.end)]
    chosen = [None if words is None else frozenset(map(str, words)) for words in (scope.categories, scope.priorities)]
    return RecordSet(days[0], days[1], *chosen)


def _rows(flat: pd.DataFrame, keys: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(flat[key].astype(str) for key in keys), strict=True))


def _earlier(kind: Publication, published: Publications | None) -> list[_EarlierTable]:
    """List the earlier tables of a kind that showed something new."""
    alike = ("kind", "title", "areas", "measure", "objective", "scenario")
    return [
        _EarlierTable(entry)
        for entry in (published.entries if published is not None else ())
        if entry.figures and all(getattr(entry, name) == getattr(kind, name) for name in alike)
    ]


def _relatives(kind: Publication, published: Publications | None) -> list[_EarlierTable]:
    """List the tables by the same columns that speak of something else, such as of another limit."""
    alike = ("title", "measure", "objective", "scenario")
    return [
        _EarlierTable(entry)
        for entry in (published.entries if published is not None else ())
        if entry.figures
        and (entry.kind, entry.areas) == (kind.kind, kind.areas)
        and any(getattr(entry, name) != getattr(kind, name) for name in alike)
    ]


def _same_records(kind: Publication, published: Publications | None) -> list[_EarlierTable]:
    """List the tables that part the same records by something else, such as another limit."""
    alike = ("kind", "title", "areas", "measure")
    return [
        _EarlierTable(entry)
        for entry in (published.entries if published is not None else ())
        if entry.figures
        and all(getattr(entry, name) == getattr(kind, name) for name in alike)
        and (entry.objective, entry.scenario) != (kind.objective, kind.scenario)
    ]


def _as_records(
    asked: RecordSet,
    truth: pd.DataFrame,
    hidden: NDArray[np.bool_],
    tables: Sequence[_EarlierTable],
    *,
    by: list[str],
    names_of: dict[str, tuple[str, ...]],
    smallest: int,
) -> NDArray[np.bool_] | None:
    """
    Flag what a table holds back as its parts add up to how many records there were; None: it may not be shown.

    However two tables part their records, by limits of 240 s and of 300 s, both tell how many there were: what came
    between them, or what one of the same days counts and another does not, is no small count either.
    """
    parts = list(truth.columns)
    if len(parts) == 1:
        return hidden
    whole = truth.sum(axis=1).to_frame("n")
    out = np.asarray(hidden.any(axis=1))[:, None]
    before: dict[RecordSet, _EarlierTable] = {}
    for e in tables:
        summed = e.summed(parts)
        if e.records != asked:
            known = before.setdefault(e.records, summed)
            known.numbers = {**summed.numbers, **{row: told for row, told in known.numbers.items() if "n" in told}}
            continue
        then, held = summed.counts(list(truth.index), ["n"])
        apart = np.abs(whole.to_numpy() - then)
        if ((apart > 0) & (apart < smallest) & ~out & ~held).any() or 0 < apart.sum() < smallest:
            return None
    told = _beside(asked, whole, out, list(before.values()), by=by, names_of=names_of, smallest=smallest)
    return None if told is None else hidden | told


def _like_others(
    asked: RecordSet,
    truth: pd.DataFrame,
    hidden: NDArray[np.bool_],
    earlier: Sequence[_EarlierTable],
    relatives: Sequence[_EarlierTable],
    *,
    smallest: int,
) -> NDArray[np.bool_]:
    """
    Flag the rows of which a count, or its gain, differs little from one of another table of the same records.

    Those reached within 240 s are among those reached within 480 s: what one table counts less the other is then a
    count. Which counts hold which cannot be known, so that none may differ from any other by a small number.
    """
    rows = list(truth.index)
    mine = [(asked, truth.to_numpy(), hidden)]
    for e in earlier:
        if (gained := _gained(asked, e.records)) is not None:
            values, held = e.counts(rows, list(truth.columns))
            mine.append((gained, truth.to_numpy() - values, hidden | held))
    theirs = []
    for number, e in enumerate(relatives):
        parts = sorted({name.removesuffix(HELD) for told in e.numbers.values() for name in told if name[:1] != "p"})
        values, held = e.counts(rows, parts)
        theirs.append((e.records, values, held))
        for before in relatives[:number]:
            if (gained := _gained(e.records, before.records)) is not None:
                values_then, held_then = before.counts(rows, parts)
                theirs.append((gained, values - values_then, held | held_then))
    pairs = []
    for (records, values, out), (others, counts, held) in product(mine, theirs):
        if records == others:
            apart = values[:, :, None] - counts[:, None, :]
            pairs += [(apart.reshape(len(rows), -1), (out[:, :, None] | held[:, None, :]).reshape(len(rows), -1))]
    for e in relatives:
        if _gained(asked, e.records) is not None:  # a day and a limit apart: both add to what is between them
            values, held = e.counts(rows, list(truth.columns))
            has = [any({part, f"{part}{HELD}"} & numbers.keys() for numbers in e.numbers.values()) for part in truth]
            pairs.append(((truth.to_numpy() - values)[:, has], (hidden | held)[:, has]))
    return _told_by(pairs, np.asarray(hidden.any(axis=1)), truth.to_numpy().sum(axis=1), smallest=smallest)


def _told_by(
    pairs: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]],
    hidden: NDArray[np.bool_],
    size: NDArray[np.float64],
    *,
    smallest: int,
) -> NDArray[np.bool_]:
    """
    Flag the rows to hold back for what is between tables: small counts, and the least of what would give them away.

    What neither table shows follows as a sum where both totals are known: that is no small count either.
    """
    told = np.zeros(len(size), dtype=bool)
    for apart, out in pairs:
        told |= ((apart != 0) & (np.abs(apart) < smallest) & ~out).any(axis=1)
    while len(left := np.flatnonzero(~told & ~hidden)):
        sums = [np.where(told[:, None] | out, apart, 0.0).sum(axis=0) for apart, out in pairs]
        alone = told.sum() == 1 and not hidden[~told].any()
        if not alone and not any(((s != 0) & (np.abs(s) < smallest)).any() for s in sums):
            break
        told[left[np.argmin(size[left])]] = True
    return told


def _gained(now: RecordSet, then: RecordSet) -> RecordSet | None:
    """Say what a window that begins with another, and goes on, has more than that; None: it is no such window."""
    if now.filter != then.filter or now.start != then.start or now.end is None or then.end is None:
        return None
    return RecordSet(then.end, now.end, *now.filter) if then.end < now.end else None


def _hidden(shown: pd.DataFrame, parts: Sequence[str], truth: pd.DataFrame) -> NDArray[np.bool_]:
    """Flag the counts that the table alone must hold back."""
    hidden = shown[list(parts)].isna().to_numpy()
    if len(parts) > 1:
        values = truth.to_numpy()
        hidden[(values == 0).any(axis=1) & (values.sum(axis=1) > 0)] = True
    return np.asarray(hidden)


def _beside(
    asked: RecordSet,
    truth: pd.DataFrame,
    hidden: NDArray[np.bool_],
    earlier: Sequence[_EarlierTable],
    *,
    by: list[str],
    names_of: dict[str, tuple[str, ...]],
    smallest: int,
) -> NDArray[np.bool_] | None:
    """Flag what a table holds back beside all earlier ones; None: it may not be shown at all."""
    if not earlier:
        return hidden
    if asked.start is None or any(e.records.start is None or e.records == asked for e in earlier):
        return None
    rows = sorted({*truth.index, *(row for e in earlier for row in e.numbers)})
    parts = list(truth.columns)
    mine = truth.reindex(rows, fill_value=0.0).to_numpy()
    tables = [e.counts(rows, parts) for e in earlier]
    atoms = pieces([asked, *(e.records for e in earlier)])
    own = [e.records.filter == asked.filter for e in earlier]
    if any(_crosses(atoms[0], other) for other, alike in zip(atoms[1:], own, strict=True) if alike):
        return None
    told = pd.DataFrame(hidden, index=truth.index).reindex(rows, fill_value=False).to_numpy().copy()
    # rows that only the ledger has lie in no line of the table
    frame = pd.DataFrame([names_of.get(row, (row,) * len(by)) for row in rows], columns=by)
    for other, (values, _) in zip(atoms[1:], tables, strict=True):
        made = atoms[0] - other
        if made.max() > 0 and made.min() < 0 and (atoms[0] & other).any():
            continue  # other kinds of records: what is left of either is seen by triples, and by its own table
        if not (atoms[0] & other).any():
            continue
        gain = (mine - values) * (1 if made.max() > 0 else -1)
        if (gain < 0).any() or 0 < gain.sum() < smallest:
            return None
        grown = frame.assign(**dict(zip(parts, gain.astype(int).T, strict=True)))
        told |= without_small(grown, by=by, counts=parts, smallest=smallest, mixed=True)[parts].isna().to_numpy()
    steps = [(atoms[0], mine, told)]
    steps += [
        (atoms[0] - other, mine - values, told | out)
        for other, (values, out), alike in zip(atoms[1:], tables, own, strict=True)
        if alike
    ]
    if any(_pairs_tell(step, atoms[1:], tables, smallest=smallest) for step in steps):
        return None
    kept = pd.DataFrame(told, index=rows).reindex(truth.index).to_numpy()
    return np.asarray(kept, dtype=bool)


def _crosses(mine: NDArray[np.int8], other: NDArray[np.int8]) -> bool:
    """Whether two windows overlap and neither holds the other: what came and what went cannot be told apart."""
    return bool((mine & other).any() and (mine & ~other & 1).any() and (other & ~mine & 1).any())


def _pairs_tell(
    step: tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.bool_]],
    atoms: NDArray[np.int8],
    tables: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]],
    *,
    smallest: int,
) -> bool:
    """Whether a table, or what it gained, with two earlier ones gives a small count or records of one part alone."""
    mine, counts, told = step
    for first, second in combinations(range(len(tables)), 2):
        for a, b in product((1, -1), repeat=2):
            made = mine + a * atoms[first] + b * atoms[second]
            if made.max() > 1 or made.min() < -1 or (made.max() > 0 and made.min() < 0):
                continue
            (x, out_x), (y, out_y) = tables[first], tables[second]
            size = np.abs(counts + a * x + b * y)
            seen = ~told & ~out_x & ~out_y
            if ((size > 0) & (size < smallest) & seen).any():
                return True
            one_part = (size.min(axis=1) == 0) & (size.max(axis=1) > 0)
            if (one_part & seen.all(axis=1)).any():
                return True
    return False


def _shown(shown: pd.DataFrame, truth: pd.DataFrame, hidden: NDArray[np.bool_], timed: Sequence[str]) -> pd.DataFrame:
    """Leave out of a public table what the ledger forbids, and make its times coarse."""
    result, parts = shown.copy(), list(truth.columns)
    whole, gone = truth.sum(axis=1).to_numpy(), hidden.any(axis=1)
    for column in result.columns:
        values = result[column]
        if column in parts:
            result[column] = values.mask(pd.Series(hidden[:, parts.index(column)], index=result.index))
        elif column in timed:
            found = PERCENTILE.match(str(column))
            enough = whole >= enough_for(int(found[1]) / 100 if found and int(found[1]) else 0.5)
            coarsened = [
                coarse(float(v)) if ok and pd.notna(v) else np.nan for v, ok in zip(values, enough & ~gone, strict=True)
            ]
            result[column] = pd.array(coarsened, dtype="Float64")
        elif pd.api.types.is_float_dtype(values):
            result[column] = values.mask(pd.Series(gone, index=result.index))
    result.attrs = {**shown.attrs, "left_out": int(hidden.sum()), "again": False}
    return result


def _again(
    shown: pd.DataFrame, rows: Sequence[str], before: _EarlierTable | None, parts: Sequence[str], timed: Sequence[str]
) -> pd.DataFrame:
    """Show an earlier table, or nothing of this one."""
    result = shown.copy()
    for column in result.columns:
        if column in parts or column in timed:
            values = [before.numbers.get(row, {}).get(str(column)) if before else None for row in rows]
            held = pd.array([pd.NA if v is None else v for v in values], dtype="Float64")
            result[column] = held.astype("Int64") if column in parts else held
        elif pd.api.types.is_float_dtype(result[column]):
            result[column] = pd.array([pd.NA] * len(result), dtype="Float64")
    left_out = int(result[list(parts)].isna().to_numpy().sum())
    result.attrs = {**shown.attrs, "left_out": left_out, "again": True, "days": before.days if before else ""}
    return result


def _days(start: dt.date | None, end: dt.date | None) -> str:
    """Say which days were counted: the first and the last."""
    return "" if start is None or end is None else f"{start.isoformat()} to {(end - dt.timedelta(days=1)).isoformat()}"
