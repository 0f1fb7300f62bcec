"""What is usual in a department of its own: turnout and crew by type of unit, and the names its units go by."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import InputError, listed, quoted
from fireplan.stations._apparatus import (
    FIGHTS_FIRE,
    KINDS,
    USUAL_CREW,
    USUAL_TURNOUT_S,
    complete_units,
    unit_type,
    unit_types,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class Typical(NamedTuple):
    """A figure that stands for the units of a type, and of how many of them it is; 0: of none, so a planning figure."""

    value: float
    n: int


@takes
def department_turnout_s(units: pd.DataFrame, kind: str) -> float:
    """
    Give the turnout a new unit of a type has in a department: the median of those it has.

    Parameters
    ----------
    units
        By `unit_id`, such as `scenario.units`.
    kind
        Type of the new unit, such as "engine".

    Returns
    -------
    The median planning turnout of the department's units of that type; where it has none, `USUAL_TURNOUT_S`. [s]

    Raises
    ------
    InputError
        If there is no such type.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.SetTurnout(95))
    >>> fp.stations.department_turnout_s(town.units, "engine"), fp.stations.department_turnout_s(town.units, "truck")
    (95.0, 80.0)
    """
    return turnout_of(units, kind).value


@takes
def department_crew(units: pd.DataFrame, kind: str) -> float:
    """
    Give the people aboard a new unit of a type in a department: the median of the units it has.

    Parameters
    ----------
    units
        By `unit_id`, such as `scenario.units`.
    kind
        Type of the new unit, such as "engine".

    Returns
    -------
    The median crew of the department's units of that type, of two middle ones the smaller; where it has none, the crew
    that is usual for the type. [people]

    Raises
    ------
    InputError
        If there is no such type.

    Examples
    --------
    >>> import fireplan as fp
    >>> units = fp.examples.line_town().units.assign(crew=3)
    >>> fp.stations.department_crew(units, "engine"), fp.stations.department_crew(units, "truck")
    (3.0, 4.0)
    """
    return crew_of(units, kind).value


def turnout_of(units: pd.DataFrame, kind: str) -> Typical:
    """Give the turnout of `department_turnout_s`, and of how many units it is. [s]"""
    own_s = _known(units, kind, "turnout_s")
    return Typical(float(np.median(own_s)), len(own_s)) if len(own_s) else Typical(USUAL_TURNOUT_S, 0)


def crew_of(units: pd.DataFrame, kind: str) -> Typical:
    """Give the crew of `department_crew`, and of how many units it is. [people]"""
    own = _known(units, kind, "crew")
    if not len(own):
        return Typical(float(USUAL_CREW.get(unit_type(kind) or "", 0)), 0)
    return Typical(float(np.quantile(own, 0.5, method="inverted_cdf")), len(own))  # no half people


def _known(units: pd.DataFrame, kind: str, column: str) -> NDArray[np.float64]:
    """Values of a column for the units of a type, where they are known."""
    of_type = FIGHTS_FIRE if kind == KINDS[-1] else (unit_type(kind),)
    if of_type == (None,):
        types = sorted(set(unit_types().values()))
        close = get_close_matches(kind.casefold(), types, n=1)
        hint = f"did you mean {quoted(close[0])}?" if close else f"known are {listed(types, most=len(types))}"
        raise InputError(f"type {quoted(kind)} is unknown: {hint}")
    full = units if {"type", column} <= set(units.columns) else complete_units(units)
    values = full.loc[full["type"].isin(of_type).to_numpy(), column].to_numpy(float, na_value=np.nan)
    return np.asarray(values[np.isfinite(values)], dtype=float)


def other_spelling(unit_id: str, known: Iterable[object]) -> str | None:
    """
    Find the unit that a name means under another spelling.

    Parameters
    ----------
    unit_id
        Such as "Engine 3", "E-03" or "e3".
    known
        Names of units, among them perhaps "E3".

    Returns
    -------
    The one it means: of the same type and number, whose word is short for its word or the other way round; None where
    there is none, or where the name itself is known. "T3" and "Ladder 3", both trucks, are two units.
    """
    named = [str(k) for k in (known.to_numpy(object) if isinstance(known, pd.Index) else known)]
    if unit_id in named or (mine := _word_and_number(unit_id)) is None:
        return None
    return next((k for k in named if (theirs := _word_and_number(k)) is not None and _same(mine, theirs)), None)


@lru_cache(maxsize=4096)  # every what-if that adds a unit asks it of all there are
def _word_and_number(unit_id: str) -> tuple[str, str, int] | None:
    """Type, letters and number of a name that is a word for a type and a number, and nothing more; else None."""
    parts = re.findall(r"[a-z]+|[0-9]+", unit_id.casefold())
    words = list(takewhile(lambda part: not part.isdigit(), parts))
    kind = unit_types().get(" ".join(words)) if len(parts) == len(words) + 1 else None
    return None if kind is None else (kind, "".join(words), int(parts[-1]))


def _same(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    if (one[0], one[2]) != (other[0], other[2]):
        return False
    short, long = sorted((one[1], other[1]), key=len)
    rest = iter(long)
    return short[0] == long[0] and all(letter in rest for letter in short)  # letters of it, in its order
