"""What the values of a column say of what it may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.incidents._columns.categories import category_of, modes
from fireplan.incidents._columns.placeholders import is_placeholder
from fireplan.incidents._columns_and_types import MORE_TIMES, TIMES
from fireplan.incidents._drafts.time_formats import Written, how_written
from fireplan.incidents._formats.text_table import squeezed
from fireplan.incidents._ledger.ids import holds_several
from fireplan.stations import type_of_unit, unit_type

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT = re.compile(r"[A-Z]{1,8}[- ]?\d{1,4}[A-Z]?|\d{1,4}[A-Z]{0,3}\d{0,3}", re.IGNORECASE)
_NUMBER = r"\s*-?\d+\.\d+\s*"
PAIR = re.compile(
    rf"POINT\s*(?:Z|M|ZM)?\s*\(|\({_NUMBER},{_NUMBER}\)\s*$|^{_NUMBER}[, ]{_NUMBER}$|\"coordinates\"|'latitude'",
    re.IGNORECASE,
)
MIDNIGHT = re.compile(r"[T ](?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)Z?$", re.IGNORECASE)
MOMENTS = frozenset(("stamp", "epoch seconds", "epoch milliseconds", "days"))
MOST_PRIORITIES, LONGEST_PRIORITY, MOST_MODES = 20, 30, 12
MOST_SHIFTS = 8
LONGEST_ID, LONGEST_UNIT, MOST_CREW = 100, 8, 30
OFF_DEGREES = 0.7  # what a number that is no degree is worth as a coordinate: it may be on a grid
_NUMBERED = re.compile(r"^[A-Za-z]+-?\d+$")
ALL_TIMES = frozenset((*TIMES, *MORE_TIMES))
FEW = 500  # different values that are looked at closely


@dataclass(frozen=True)
class ColumnValues:
    """
    The values of one column, or of a fair sample of its rows.

    Attributes
    ----------
    texts
        As they are written, stripped.
    """

    texts: pd.Series[str]

    @cached_property
    def given(self) -> pd.Series[str]:
        """Those that are neither blank nor stand for a missing value."""
        blank = {text for text in self.texts.unique() if not text or is_placeholder(text)}
        return self.texts[~self.texts.isin(blank - {"0"})] if blank else self.texts

    @cached_property
    def filled(self) -> float:
        """Share of the rows that have one."""
        return len(self.given) / max(len(self.texts), 1)

    @cached_property
    def counts(self) -> pd.Series[int]:
        """How often each stands there."""
        return self.given.value_counts()

    @cached_property
    def written(self) -> Written:
        """How times are written, if these are times."""
        return how_written(self.texts)

    @cached_property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """As numbers, NaN where they are none."""
        return np.asarray(pd.to_numeric(self.given.str.replace(",", ".", regex=False), errors="coerce"), dtype=float)

    @cached_property
    def at_midnight(self) -> bool:
        """Whether these are dates, written as stamps of midnight."""
        return len(self.counts) > 1 and all(MIDNIGHT.search(str(text)) for text in self.counts.index)

    def share_of(self, fits: Callable[[str], object]) -> float:
        """Share of the rows with a value whose value fits."""
        counts = self.counts.iloc[:FEW]
        fitting = sum(int(n) for value, n in counts.items() if fits(str(value)))
        return fitting / max(int(counts.sum()), 1)

    def evidence(self, field: str) -> float:
        """
        Say to what share of the filled rows the values can be those of a field; 0 where they cannot.

        For fields that any text may be, 1 if it is not plainly something else.
        """
        if not len(self.given):
            return 0.0
        if field in ALL_TIMES:
            return self.written.share if self.written.kind in MOMENTS and not self.at_midnight else 0.0
        look = _LOOKS.get(field)
        if look is not None:
            return float(look(self))
        return 0.0 if self.written.kind in {"stamp", "clock"} else 1.0

    def looks_like(self, field: str) -> float:
        """Say to what share values are plainly those of a field, so that no name is needed."""
        if field == "unit_id":
            return self.share_of(
                lambda text: len(text) <= LONGEST_UNIT and _NUMBERED.search(text) and type_of_unit(text)
            )
        return self.evidence(field)


def _incident_id(values: ColumnValues) -> float:
    short = values.share_of(lambda text: len(text) <= LONGEST_ID)
    many = len(values.counts) > 0.02 * len(values.given)
    return short * values.filled if many and values.written.kind in {"none", "epoch seconds"} else 0.0


def _unit_id(values: ColumnValues) -> float:
    def fits(text: str) -> bool:
        return holds_several(text) or bool(type_of_unit(text) or UNIT.fullmatch(text.strip()))

    named = min(values.share_of(fits), 4 * values.share_of(lambda text: any(map(str.isdigit, text))))
    plain = values.share_of(lambda text: text.strip().isdigit())
    return named if plain < 0.5 or len(values.counts) > MOST_CREW else 0.0  # a few numbers are counts of units


def _unit_type(values: ColumnValues) -> float:
    return values.share_of(lambda text: unit_type(text) is not None)


def _call_type(values: ColumnValues) -> float:
    if values.written.kind != "none" or len(values.counts) > max(0.6 * len(values.given), 30):
        return 0.0
    known = values.share_of(lambda text: category_of(text) != "other")
    return 0.75 + 0.25 * known


def _priority(values: ColumnValues) -> float:
    few = len(values.counts) <= MOST_PRIORITIES
    return values.share_of(lambda text: len(text) <= LONGEST_PRIORITY) if few and values.written.kind == "none" else 0.0


def _coordinate(values: ColumnValues, most_deg: float = 180.0) -> float:
    with np.errstate(invalid="ignore"):
        inside = np.abs(values.numbers) <= most_deg
    return float(np.where(inside, 1.0, np.where(np.isfinite(values.numbers), OFF_DEGREES, 0.0)).mean())


def _latitude(values: ColumnValues) -> float:
    return _coordinate(values, 90.0)


def _point(values: ColumnValues) -> float:
    return values.share_of(PAIR.search)


def _mode(values: ColumnValues) -> float:
    return values.share_of(lambda text: squeezed(text) in modes()) if len(values.counts) <= MOST_MODES else 0.0


def _crew(values: ColumnValues) -> float:
    with np.errstate(invalid="ignore"):
        return float(((values.numbers >= 0) & (values.numbers <= MOST_CREW)).mean())


def _few(values: ColumnValues) -> float:
    return 1.0 if len(values.counts) <= max(0.6 * len(values.given), 5) and values.written.kind == "none" else 0.0


def _shift(values: ColumnValues) -> float:
    return 1.0 if len(values.counts) <= MOST_SHIFTS else 0.0


_LOOKS = {
    "incident_id": _incident_id,
    "unit_id": _unit_id,
    "unit_type": _unit_type,
    "call_type": _call_type,
    "priority": _priority,
    "latitude": _latitude,
    "longitude": _coordinate,
    "point": _point,
    "mode": _mode,
    "crew": _crew,
    "station_id": _few,
    "first_due": _few,
    "zone": _few,
    "aid": _few,
    "shift": _shift,
}
