"""What a unit is, and what it brings."""

from __future__ import annotations

import csv
import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import Faults, listed, quoted
from fireplan.stations._schedules import ALWAYS, check_schedules
from fireplan.stations._shared_crews import settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

WHOLE_WORD = 4
"""Letters from which on a word within a name says what a unit is; shorter ones are too many things."""

USUAL_CREW = {"engine": 4, "truck": 4, "quint": 4, "rescue": 4, "ambulance": 2, "battalion": 1, "brush": 2, "tender": 2}
"""People aboard when a table does not say; four on an engine or truck as in NFPA 1710."""

USUAL_TURNOUT_S = 80.0
"""Turnout to fires in NFPA 1710; a planning figure until measured. [s]"""

KINDS = ("engine", "truck", "rescue", "ambulance", "battalion", "people")
"""What an objective may ask for. `people` counts crews that fight fires: ambulances bring none."""

ALSO_COUNTS_AS = {"quint": ("engine", "truck")}
FIGHTS_FIRE = ("engine", "truck", "quint", "rescue", "battalion")


@cache
def unit_types() -> Mapping[str, str]:
    """
    Read the words by which people name types of unit, and the type that each stands for.

    The one table of them, `unit_types.csv`, serves stations, units, dispatch records and the live feed.
    """
    text = (files(__package__) / "unit_types.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["word"]: row["type"] for row in csv.DictReader(text.splitlines())})


@cache
def neris_unit_types() -> Mapping[str, str]:
    """Read the kinds of unit of NERIS, and the type that each counts as here."""
    text = (files(__package__) / "neris_unit_types.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["neris"]: row["type"] for row in csv.DictReader(text.splitlines())})


@takes
def unit_type(text: str) -> str | None:
    """
    Tell what a unit is from its type or its id as people write it.

    Parameters
    ----------
    text
        Such as "Engine", "ENG", "E4", "Ladder 15", "fire engine", "BC-1", or a kind of NERIS such as "ENGINE_STRUCT".

    Returns
    -------
    The type, such as "engine"; None if the text says nothing that the table knows, or two things at once.
    """
    if text in neris_unit_types():
        return neris_unit_types()[text]
    known = unit_types()
    parts = re.findall(r"[a-z]+|[0-9]+", text.casefold())
    words = [part for part in parts if not part.isdigit()]
    leading = list(takewhile(lambda part: not part.isdigit(), parts))
    for phrase in (" ".join(words), " ".join(leading)):
        if phrase in known:
            return known[phrase]
    whole = {known[word] for word in words if len(word) >= WHOLE_WORD and word in known}
    return whole.pop() if len(whole) == 1 else None


@takes
def type_of_unit(unit_id: str) -> str | None:
    """Tell what a unit is from its id; of "OCN E12", which says nothing as a whole, by its last part; or None."""
    last = re.search(r"\s([A-Za-z]+-?[0-9]\S*)$", unit_id)
    return unit_type(unit_id) or (unit_type(last[1]) if last else None)


def known_type(unit_id: str, written: str, faults: Faults) -> str:
    """Give the type of a unit from what is written, or from its id where nothing is; else `faults` says so."""
    blank = written.strip().casefold() in {"", "nan", "none", "<na>"}
    found = type_of_unit(unit_id) if blank else unit_type(written)
    if found is None:
        types = sorted(set(unit_types().values()))
        said = " ".join(re.findall(r"[a-z]+", unit_id.casefold())) if blank else written.strip().casefold()
        words = [*types, *unit_types()] if len(said) >= WHOLE_WORD or not blank else []
        close = get_close_matches(said, words, n=1, cutoff=0.75)
        mend = f"did you mean {quoted(close[0])}?" if close else f"known are {listed(types, most=len(types))}"
        what = "its id does not say what it is: give its type;" if blank else f"type {quoted(written)} is unknown:"
        faults.add(f"unit {quoted(unit_id)}: {what} {mend}")
        return ""
    return found


@takes
def complete_units(units: pd.DataFrame) -> pd.DataFrame:
    """
    Fill in the columns a table of units may leave out: `type`, `crew` [people], `turnout_s` [s], `schedule`.

    Where there is a column `shared_crew`, units that name one another there are given the same text.

    Raises
    ------
    TableError
        If what a unit is can be told neither from its type nor, where that is blank, from its id; if a schedule cannot
        be read, or names an hour twice.
    """
    full = units.copy()
    written = full["type"].astype("str").fillna("") if "type" in full.columns else [""] * len(full)
    faults = Faults("units")
    types = [known_type(str(unit), text, faults) for unit, text in zip(full.index, written, strict=True)]
    faults.raise_if_any()
    full["type"] = pd.Series(types, index=full.index, dtype="str")
    usual = full["type"].map(USUAL_CREW).fillna(0)
    full["crew"] = full["crew"].fillna(usual) if "crew" in full.columns else usual
    full["turnout_s"] = (full["turnout_s"] if "turnout_s" in full.columns else pd.Series(np.nan, full.index)).fillna(
        USUAL_TURNOUT_S
    )
    full["schedule"] = full["schedule"].fillna(ALWAYS) if "schedule" in full.columns else ALWAYS
    check_schedules(full, faults)
    faults.raise_if_any()
    return settled(full)


@takes
def supply(units: pd.DataFrame) -> NDArray[np.float64]:
    """
    What each unit brings.

    Returns
    -------
    Units x `KINDS`: 1 for each kind the unit counts as, and the people aboard if they fight fires.
    """
    code, types = pd.factorize(units["type"].to_numpy(object))
    each = np.array(
        [[kind == t or kind in ALSO_COUNTS_AS.get(t, ()) for kind in KINDS[:-1]] + [t in FIGHTS_FIRE] for t in types],
        dtype=float,
    ).reshape(-1, len(KINDS))
    brings = each[code]
    brings[:, -1] = np.where(brings[:, -1] > 0, units["crew"].to_numpy(float), 0.0)
    return brings
