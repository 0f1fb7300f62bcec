"""Which window of time each area of a page may show, beside all that the ledger holds of that area."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.disclosure._marks import SMALLEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.disclosure._publications import Publication, Publications, PublishedFigure

COUNT = "n"
HELD = "n, not shown"
"""Names of the count in a ledger: as it was shown, and as it was held back."""


@dataclass(frozen=True)
class RecordSet:
    """
    Which records of an area are counted: those of some days, categories and priorities.

    Attributes
    ----------
    start, end
        Days as ordinals: the first, and the one after the last. None: nobody knows.
    categories, priorities
        None: all.
    """

    start: int | None
    end: int | None
    categories: frozenset[str] | None = None
    priorities: frozenset[str] | None = None

    @property
    def filter(self) -> Filter:
        """What is counted, whenever."""
        return self.categories, self.priorities


MOST_THREES = 40
"""Figures of one area of which all threes are tried: their number grows with its cube."""

Filter = tuple[frozenset[str] | None, frozenset[str] | None]


class Seen(NamedTuple):
    """A figure of the ledger: what it counts, how many records that were, and where it stands."""

    records: RecordSet
    n: float
    entry: Publication
    figure: PublishedFigure


@dataclass
class AreaRecords:
    """Records of one area, or of all: the day, category and priority of each."""

    days: NDArray[np.int64]
    categories: NDArray[np.object_]
    priorities: NDArray[np.object_]
    _chosen: dict[Filter, NDArray[np.bool_]] = field(default_factory=dict)

    def of(self, chosen: Filter) -> NDArray[np.bool_]:
        """Flag the records that a filter counts."""
        if chosen not in self._chosen:
            flags = np.ones(len(self.days), dtype=bool)
            for values, wanted in zip((self.categories, self.priorities), chosen, strict=True):
                if wanted is not None:
                    flags &= np.fromiter((v in wanted for v in values), dtype=bool, count=len(values))
            self._chosen[chosen] = flags
        return self._chosen[chosen]

    def part(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> AreaRecords:
        """Take some of the records."""
        return AreaRecords(self.days[rows], self.categories[rows], self.priorities[rows])

    def within(self, start: int, end: int) -> NDArray[np.bool_]:
        """Flag the records of a window."""
        return (self.days >= start) & (self.days < end)

    def count(self, counted: RecordSet) -> int:
        """Count the records of a set."""
        flags = self.of(counted.filter)
        if counted.start is not None and counted.end is not None:
            flags = flags & self.within(counted.start, counted.end)
        return int(flags.sum())


def seen_by_area(published: Publications | None) -> dict[str, list[Seen]]:
    """Sort the figures of a ledger by area, the oldest first."""
    found: dict[str, list[Seen]] = {}
    for entry in published.entries if published is not None else ():
        chosen = tuple(None if words is None else frozenset(words) for words in (entry.categories, entry.priorities))
        for figure in entry.figures:
            numbers = dict(figure.numbers)
            start, end = (None if day is None else day.toordinal() for day in (figure.start, figure.end))
            n = numbers.get(COUNT, numbers.get(HELD, np.nan))
            found.setdefault(figure.area, []).append(Seen(RecordSet(start, end, *chosen), n, entry, figure))
    return found


def asked_of(records: pd.DataFrame) -> RecordSet:
    """Say what records there are: from the first day to the last, of what categories and priorities."""
    chosen = tuple(
        frozenset(records[name].dropna().map(str)) | {""} if name in records and len(records) else None
        for name in ("category", "priority")
    )
    days = records["day"].dropna() if "day" in records else ()
    if not len(days) or len(days) < len(records):
        return RecordSet(None, None, *chosen)
    return RecordSet(int(min(days)), int(max(days)) + 1, *chosen)


def records_of(records: pd.DataFrame) -> AreaRecords:
    """Take from records what a check asks for."""
    n = len(records)
    days = records["day"].fillna(-1).to_numpy(np.int64) if "day" in records else np.full(n, -1, dtype=np.int64)
    kinds = [
        records[name].astype(object).where(records[name].notna(), "").map(str).to_numpy(object)
        if name in records
        else np.full(n, "", dtype=object)
        for name in ("category", "priority")
    ]
    return AreaRecords(days, kinds[0], kinds[1])


def may_be_shown(
    asked: RecordSet,
    here: AreaRecords,
    everywhere: AreaRecords,
    seen: Sequence[Seen],
    *,
    smallest: int = SMALLEST,
) -> bool:
    """
    Whether a figure of an area may be shown beside all that was shown of it before.

    Parameters
    ----------
    asked
        What the figure counts.
    here, everywhere
        All records at hand of the area, and of all areas.
    seen
        What the ledger holds of the area.
    smallest
        Smallest count that may be found.
    """
    n = here.count(asked)
    if n < smallest:
        return False
    if not seen:
        return True
    if asked.start is None or any(s.records.start is None for s in seen):
        return False
    sets = [s.records for s in seen]
    return (
        asked not in sets
        and _pairs_hold(asked, here, seen, smallest=smallest)
        and _blocks_hold(asked, here, seen, smallest=smallest)
        and _filters_hold(asked, here, everywhere, sets, smallest=smallest)
        and not small_differences(asked, float(n), [(s.records, s.n) for s in seen], smallest=smallest)
    )


def _cuts(sets: Iterable[RecordSet]) -> list[int]:
    return sorted({day for s in sets for day in (s.start, s.end) if day is not None})


def _blocks(sets: Sequence[RecordSet]) -> set[tuple[int, int]]:
    """Part the days that windows cover wherever one begins or ends."""
    return {
        (a, b)
        for a, b in pairwise(_cuts(sets))
        if any(s.start is not None and s.end is not None and s.start <= a and b <= s.end for s in sets)
    }


def _pairs_hold(asked: RecordSet, here: AreaRecords, seen: Sequence[Seen], *, smallest: int) -> bool:
    """
    Whether what a figure counts and an earlier one does not, and what that counts and this does not, is none or enough.

    Someone may know one of the two, such as what a rolling window left behind, and so learn the other. What both count
    is at hand, so that the second is known even where its records are not.
    """
    chosen = here.of(asked.filter) & here.within(asked.start or 0, asked.end or 0)
    n = int(chosen.sum())
    for s in seen:
        then = s.records
        both = int((chosen & here.of(then.filter) & here.within(then.start or 0, then.end or 0)).sum())
        came, went = n - both, s.n - both
        if 0 < came < smallest or 0 < went < smallest or (came == 0 and went == 0):
            return False
    return True


def _blocks_hold(asked: RecordSet, here: AreaRecords, seen: Sequence[Seen], *, smallest: int) -> bool:
    """
    Whether every piece of time that windows of one filter part holds enough records.

    Then whatever is made of these windows by adding and subtracting, of however many, is made of such pieces: it holds
    none of them, or enough. A piece before the first record at hand is what the ledger counted less what is at hand.
    """
    same = [s for s in seen if s.records.filter == asked.filter]
    before = _blocks([s.records for s in same])
    chosen = here.of(asked.filter)
    first = asked.start if asked.start is not None else 0
    for a, b in _blocks([*(s.records for s in same), asked]) - before:
        n = int((chosen & here.within(a, b)).sum())
        if a < first:
            whole = [s for s in same if s.records.start == a and s.records.end is not None and s.records.end >= b]
            if b > first or not whole:
                return False
            s = whole[-1]
            n = int(s.n - (chosen & here.within(b, s.records.end or b)).sum()) if np.isfinite(s.n) else 0
        if n < smallest:
            return False
    return True


def _filters_hold(
    asked: RecordSet, here: AreaRecords, everywhere: AreaRecords, sets: Sequence[RecordSet], *, smallest: int
) -> bool:
    """
    Whether what is left between filters, over the days at which the windows of all of them are cut, is enough or none.

    None is enough only where there was none in any area: that all calls of a place were of one kind is told else.
    """
    others = sorted({s.filter for s in sets} - {asked.filter}, key=repr)
    for many in (1, 2):
        for chosen in combinations(others, many):
            filters = [asked.filter, *chosen]
            chains = [[s for s in sets if s.filter == f] for f in filters]
            chains[0] = [*chains[0], asked]
            common = sorted(set.intersection(*(set(_cuts(chain)) for chain in chains)))
            covered = [_blocks(chain) for chain in chains]
            spans = [
                (a, b) for a, b in pairwise(common) if all(any(x <= a < y for x, y in blocks) for blocks in covered)
            ]
            if not spans:
                continue
            for signs in product((1, -1), repeat=many):
                made = sum(
                    sign * here.of(f).astype(int) for sign, f in zip((1, *signs), filters, strict=True)
                )  # fmt: skip
                if np.abs(made).max(initial=0) > 1:
                    continue
                whole = sum(sign * everywhere.of(f).astype(int) for sign, f in zip((1, *signs), filters, strict=True))
                for a, b in spans:
                    inside, all_inside = here.within(a, b), everywhere.within(a, b)
                    for side in (1, -1):
                        n = int(((made == side) & inside).sum())
                        if n < smallest and (n or ((whole == side) & all_inside).any()):
                            return False
    return True


def small_differences(
    asked: RecordSet, n: float, seen: Sequence[tuple[RecordSet, float]], *, smallest: int = SMALLEST
) -> bool:
    """
    Whether a figure with one, two or three of the ledger, added or subtracted, gives a small count.

    What is made counts every record once or not at all, or every one once less, or none: then it must be nought, for it
    is what was corrected between publications. Of figures of one filter, the gains from window to window are taken for
    known as well.

    Parameters
    ----------
    asked, n
        The figure: what it counts, and how many.
    seen
        Those of the ledger.
    smallest
        Smallest count that may be found.
    """
    known = list(dict(seen).items())
    sets = [asked, *(s for s, _ in known)]
    atoms = pieces(sets)
    values = np.array([n, *(value for _, value in known)], dtype=float)
    if not known:
        return False
    mine, others, held = atoms[0], atoms[1:], values[1:]
    for sign in (1, -1):
        if _any_small(mine + sign * others, n + sign * held, smallest):
            return True
    first, second = np.triu_indices(len(others), 1)
    gains, gained = [mine[None]], [np.array([n])]
    same = np.array([s.filter == asked.filter for s, _ in known])
    own = mine - others[same]
    single = (own >= 0).all(axis=1) | (own <= 0).all(axis=1)
    gains.append(own[single])
    gained.append((n - held[same])[single])
    steps, stepped = np.concatenate(gains), np.concatenate(gained)
    for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        for part in np.array_split(np.arange(len(first)), max(1, len(first) // 4000)):
            pair = a * others[first[part]] + b * others[second[part]]
            of_pair = a * held[first[part]] + b * held[second[part]]
            for step, value in zip(steps, stepped, strict=True):
                if _any_small(step + pair, value + of_pair, smallest):
                    return True
    last = slice(-MOST_THREES, None)
    return _threes_tell(mine, n, others[last], held[last], smallest)


def _threes_tell(
    mine: NDArray[np.int8], n: float, others: NDArray[np.int8], held: NDArray[np.float64], smallest: int
) -> bool:
    """Whether a figure with three others gives a small count."""
    threes = np.array(list(combinations(range(len(others)), 3)), dtype=np.int64).reshape(-1, 3)
    for part in np.array_split(threes, max(1, len(threes) // 4000)):
        for signs in product((1, -1), repeat=3):
            made = mine + sum(sign * others[part[:, at]] for at, sign in enumerate(signs))
            values = n + sum(sign * held[part[:, at]] for at, sign in enumerate(signs))
            if _any_small(made, values, smallest):
                return True
    return False


def _any_small(made: NDArray[np.int8], values: NDArray[np.float64], smallest: int) -> bool:
    """Whether any combination counts records once at most, with one sign, and comes to a small count."""
    once = ((made >= 0).all(axis=1) & (made <= 1).all(axis=1)) | ((made <= 0).all(axis=1) & (made >= -1).all(axis=1))
    size = np.abs(values)
    return bool((once & (size > 0) & (size < smallest)).any())


def pieces(sets: Sequence[RecordSet]) -> NDArray[np.int8]:
    """Say by 1 and 0 which pieces of time and kind each set counts; pieces are as large as they can be."""
    cuts = _cuts(sets)
    whens = np.array(
        [[s.start is None or (s.start <= a and b <= (s.end or 0)) for a, b in pairwise(cuts)] for s in sets], dtype=bool
    ).reshape(len(sets), -1)
    made = whens
    for number in (0, 1):
        kinds = sorted({kind for s in sets for kind in s.filter[number] or ()})
        what = np.array([[s.filter[number] is None or k in (s.filter[number] or ()) for k in kinds] for s in sets])
        rest = np.array([[s.filter[number] is None] for s in sets])
        held = np.hstack([what.reshape(len(sets), -1), rest]).astype(bool)
        held = np.unique(held, axis=1)
        made = (made[:, :, None] & held[:, None, :]).reshape(len(sets), -1)
    return np.unique(made, axis=1).astype(np.int8)


def day_of(ordinal: int | None) -> dt.date | None:
    """Give a day by its number."""
    return None if ordinal is None else dt.date.fromordinal(ordinal)
