"""Which incidents a publication counts, and what can be found by subtracting one from another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_SLICES = 10
"""Publications checked together: what can be made of them grows as 3 to their number."""

EVERYWHERE_ELSE = -1
"""Stands for the ground outside every area shown."""


@dataclass(frozen=True)
class Slice:
    """
    Which incidents a publication counts.

    Attributes
    ----------
    months
        First and last, as "2024-01"; None: all there are.
    categories
        In order of name; None: all there are.
    """

    months: tuple[str, str] | None = None
    categories: tuple[str, ...] | None = None

    def told(self) -> str:
        """Say it in words."""
        when = "all months" if self.months is None else f"{self.months[0]} to {self.months[1]}"
        return f"{'all incidents' if self.categories is None else ', '.join(self.categories)}, {when}"


class Exposure(NamedTuple):
    """A small count that can be found: in which area (row), by adding and subtracting which publications."""

    area: int
    signs: tuple[int, ...]
    n: int


def exposures(
    slices: Sequence[Slice], shown: NDArray[np.float64], totals: NDArray[np.float64], *, smallest: int
) -> list[Exposure]:
    """
    Find every small count that publications on the same areas give away.

    Each sum and difference of publications that counts every incident once or not at all is made, in every area where
    all that it needs is shown, and for the ground outside those areas. What adds up to no incident must be nought or at
    least `smallest` too: it is what was corrected between two publications.

    Parameters
    ----------
    slices
        One for each publication.
    shown
        Counts by area and publication, NaN where none is shown.
    totals
        Incidents in each publication, shown or not; NaN where nobody knows.
    smallest
        Smallest count that may be found.
    """
    found = []
    for signs in combinations(slices):
        used = signs != 0
        visible = ~np.isnan(shown[:, used]).any(axis=1)
        counts = shown[np.ix_(visible, used)] @ signs[used]
        rows = np.flatnonzero(visible)
        made = tuple(int(s) for s in signs)
        small = _small(counts, smallest)
        found += [Exposure(int(a), made, int(c)) for a, c in zip(rows[small], counts[small], strict=True)]
        rest = float(totals[used] @ signs[used] - counts.sum())
        if len(rows) and _small(np.array([rest]), smallest)[0]:
            found.append(Exposure(EVERYWHERE_ELSE, made, int(rest)))
    return found


def combinations(slices: Sequence[Slice]) -> NDArray[np.int64]:
    """
    Say how publications can be added and subtracted so that every incident counts once or not at all.

    Returns
    -------
    A row for each way, a column for each publication: 1 added, -1 subtracted, 0 left out.
    """
    if len(slices) > MOST_SLICES:
        raise InputError(
            f"{len(slices)} publications are too many to check together: give the {MOST_SLICES} or fewer that overlap"
        )
    signs: NDArray[np.int64] = np.array(list(product((0, 1, -1), repeat=len(slices))), dtype=np.int64)[1:]
    counted = signs @ _atoms(slices)
    once: NDArray[np.bool_] = ((counted == 0) | (counted == 1)).all(axis=1)
    kept: NDArray[np.int64] = signs[once]
    return kept


def _small(counts: NDArray[np.float64], smallest: int) -> NDArray[np.bool_]:
    """Flag counts from 1 to one less than the smallest allowed; a correction may be negative."""
    size = np.abs(np.nan_to_num(counts))
    return (size > 0) & (size < smallest)


def _atoms(slices: Sequence[Slice]) -> NDArray[np.int64]:
    """Say which pieces of time and kind each publication counts; pieces are as large as they can be."""
    spans = [None if s.months is None else (month_number(s.months[0]), month_number(s.months[1]) + 1) for s in slices]
    cuts = sorted({cut for span in spans if span for cut in span})
    kinds = sorted({kind for s in slices for kind in s.categories or ()})
    rows = []
    for s, span in zip(slices, spans, strict=True):
        # a piece before the first cut, one after each, and one for all categories that nobody names
        when = [span is None or span[0] <= cut < span[1] for cut in (-1, *cuts)]
        what = [s.categories is None or kind in s.categories for kind in kinds] + [s.categories is None]
        rows.append(np.outer(when, what).ravel())
    return np.array(rows, dtype=np.int64)


def month_number(month: str) -> int:
    """Count the months to one written as "2024-01"."""
    year, _, number = month.partition("-")
    if not (len(year) == 4 and len(number) == 2 and (year + number).isdecimal() and 1 <= int(number) <= 12):
        raise InputError(f"{month!r} is no month: write it as '2024-01'")
    return 12 * int(year) + int(number) - 1
