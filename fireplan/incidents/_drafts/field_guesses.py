"""Which column holds which field, by its name and by its values, and how sure that is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from fireplan.incidents._columns_and_types import TIMES
from fireplan.incidents._drafts.column_names import name_scores, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from fireplan.incidents._drafts.column_values import ColumnValues

Certainty: TypeAlias = Literal["sure", "guess", "question"]

SURE, LIKELY, POSSIBLE = 0.82, 0.6, 0.4
ALL_BUT_A_FEW = 0.94
NUMBERS = frozenset(("id", "number", "no", "num", "key", "item", "identifier"))
APART = 0.06  # of two columns for one field, how much better the first has to be
FEWEST_ROWS, IN_ORDER = 10, 0.8
NEARLY_ALL, MOST, FURTHEST_S = 0.95, 0.5, 3_600.0
"""Of rows in which a column does not lie after the call, of those in which it lies before, and how far at most. [s]"""
BY_VALUES = {"point": 0.62, "unit_id": 0.45}
"""Fields that values alone may tell, however the column is called: a guess if hardly anything else looks so."""


class Guess(NamedTuple):
    """
    A column for a field.

    Attributes
    ----------
    field
        The canonical column.
    column
        Its name in the file.
    score
        How well name and values fit, from 0 to 1.
    evidence
        Share of the rows with a value whose value can be one of this field.
    certainty
        Whether it can be taken, should be looked at, or has to be asked.
    why
        By which words of the name, or what speaks against it.
    others
        Further columns that could be it, the likeliest first.
    """

    field: str
    column: str
    score: float
    evidence: float
    certainty: Certainty
    why: str
    others: tuple[str, ...] = ()


def guesses(
    values: Mapping[str, ColumnValues], *, known: Mapping[str, str] | None = None, leave: Collection[str] = ()
) -> dict[str, Guess]:
    """
    Guess which column holds which field, each column for one field at most.

    Parameters
    ----------
    values
        Of each column, by its name.
    known
        Columns by field as a mapping with this header has them: their names count whole.
    leave
        Columns that belong to something else.

    Returns
    -------
    By field; a field that no column seems to hold is left out.
    """
    fits = [fit for column in values if column not in leave for fit in _fits(column, values[column])]
    for field, column in (known or {}).items():
        if column in values and column not in leave:
            fits.append(Guess(field, column, 1.1, values[column].evidence(field), "sure", "as in a known export"))
    fits.sort(key=lambda fit: -fit.score)
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for fit in fits:
        if fit.field not in found and fit.column not in taken:
            found[fit.field] = fit
            taken.add(fit.column)
    for field, fit in found.items():
        rivals = {
            other.column: other.score
            for other in reversed(fits)
            if other.field == field and other.column not in taken and other.score >= POSSIBLE
        }
        others = sorted(rivals, key=lambda column: -rivals[column])
        near = bool(others) and rivals[others[0]] > fit.score - APART
        found[field] = fit._replace(certainty=_certainty(fit.score, near=near), others=tuple(others[:3]))
    return _one_place(found)


def _fits(column: str, values: ColumnValues) -> list[Guess]:
    found = []
    for fits in name_scores(column):
        evidence = values.evidence(fits.field)
        if evidence > 0:
            score = fits.score * (0.5 + 0.5 * evidence)
            why = f'by "{fits.words}"' if fits.words else "its name says date and time, and no more"
            found.append(Guess(fits.field, column, score, evidence, "sure", why))
    for field, score in BY_VALUES.items():
        if not found and values.looks_like(field) > ALL_BUT_A_FEW:
            found.append(Guess(field, column, score, values.evidence(field), "question", "by its values alone"))
    if not found and values.evidence("incident_id") > ALL_BUT_A_FEW and NUMBERS & set(words_of(column)):
        found.append(
            Guess(
                "incident_id", column, LIKELY + 0.01, values.evidence("incident_id"), "guess", "a number, many of them"
            )
        )
    return found


def _certainty(score: float, *, near: bool) -> Certainty:
    if score < LIKELY:
        return "question"
    return "guess" if near or score < SURE else "sure"


def _one_place(found: dict[str, Guess]) -> dict[str, Guess]:
    """Keep one way to say where: two columns, else one."""
    both = {"latitude", "longitude"} & set(found)
    if len(both) == 1 or (
        "point" in found and both and found["point"].score > max(found[f].score for f in both) + APART
    ):
        found = {field: fit for field, fit in found.items() if field not in both}
    if {"latitude", "longitude"} <= set(found):
        found.pop("point", None)
    return found


def out_of_order(found: Mapping[str, Guess], stamps: Mapping[str, pd.Series[pd.Timestamp]]) -> dict[str, str]:
    """
    Find the times that contradict the others in too many rows to be what they are taken for.

    Parameters
    ----------
    found
        Guesses by field.
    stamps
        The stamps of each field that is a time.

    Returns
    -------
    By field what speaks against it.
    """
    names = [name for name in TIMES if name in stamps and name in found]
    against: dict[str, str] = {}
    for earlier, later in pairwise(names):
        both = stamps[earlier].notna() & stamps[later].notna()
        if both.sum() < FEWEST_ROWS:
            continue
        right = float(np.mean(stamps[earlier][both] <= stamps[later][both]))
        if right < IN_ORDER:
            worse = min((earlier, later), key=lambda name: found[name].score)
            against[worse] = f"{later} lies before {earlier} in {1 - right:.0%} of {int(both.sum()):,} rows"
    return against


def differ(one: pd.Series[pd.Timestamp], other: pd.Series[pd.Timestamp]) -> bool:
    """Tell whether two columns of stamps say different things in more than a few rows."""
    both = one.notna() & other.notna()
    return bool(both.any() and np.mean(one[both] != other[both]) > 1 - NEARLY_ALL)


def before_the_call(received: pd.Series[pd.Timestamp], other: pd.Series[pd.Timestamp]) -> float | None:
    """Give the share of rows in which another column lies shortly before the call; None if it is not of the call."""
    both = received.notna() & other.notna()
    if both.sum() < FEWEST_ROWS:
        return None
    ahead = (received[both] - other[both]).dt.total_seconds()
    share = float(np.mean(ahead > 0))
    near = 0 <= ahead.median() <= FURTHEST_S
    return share if near and share > MOST and float(np.mean(ahead >= 0)) >= NEARLY_ALL else None
