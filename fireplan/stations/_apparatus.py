"""What a unit is, and what it brings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPE_BY_PREFIX = {
    "E": "engine", "ENG": "engine", "P": "engine", "PUMP": "engine",
    "T": "truck", "TRK": "truck", "L": "truck", "LAD": "truck", "TK": "truck",
    "Q": "quint", "QT": "quint",
    "R": "rescue", "RES": "rescue", "RS": "rescue", "SQ": "rescue",
    "M": "ambulance", "A": "ambulance", "AMB": "ambulance", "MED": "ambulance", "RA": "ambulance",
    "B": "battalion", "BC": "battalion", "BAT": "battalion", "D": "battalion", "DC": "battalion",
    "BR": "brush", "WT": "tender",
}  # fmt: skip
"""What the letters of a unit's id usually stand for."""

USUAL_CREW = {"engine": 4, "truck": 4, "quint": 4, "rescue": 4, "ambulance": 2, "battalion": 1, "brush": 2, "tender": 2}
"""People aboard when a table does not say; four on an engine or truck as in NFPA 1710."""

USUAL_TURNOUT_S = 80.0
"""Turnout to fires in NFPA 1710; a planning figure until measured. [s]"""

KINDS = ("engine", "truck", "rescue", "ambulance", "battalion", "people")
"""What an objective may ask for. `people` counts crews that fight fires: ambulances bring none."""

ALSO_COUNTS_AS = {"quint": ("engine", "truck")}
FIGHTS_FIRE = ("engine", "truck", "quint", "rescue", "battalion")


def type_of_unit(unit_id: str) -> str:
    """Guess what a unit is from the letters its id begins with; "other" if they say nothing."""
    letters = re.match(r"[A-Za-z]+", unit_id.strip())
    return TYPE_BY_PREFIX.get(letters[0].upper(), "other") if letters else "other"


@takes
def complete_units(units: pd.DataFrame) -> pd.DataFrame:
    """Fill in the columns a table of units may leave out: `type`, `crew` [people], `turnout_s` [s], `schedule`."""
    full = units.copy()
    if "type" not in full.columns:
        full["type"] = [type_of_unit(str(u)) for u in full.index]
    full["type"] = full["type"].astype(str).str.strip().str.lower()
    usual = full["type"].map(USUAL_CREW).fillna(0)
    full["crew"] = full["crew"].fillna(usual) if "crew" in full.columns else usual
    full["turnout_s"] = (full["turnout_s"] if "turnout_s" in full.columns else pd.Series(np.nan, full.index)).fillna(
        USUAL_TURNOUT_S
    )
    if "schedule" not in full.columns:
        full["schedule"] = "always"
    return full


@takes
def supply(units: pd.DataFrame) -> NDArray[np.float64]:
    """
    What each unit brings.

    Returns
    -------
    Units x `KINDS`: 1 for each kind the unit counts as, and the people aboard if they fight fires.
    """
    brings = np.zeros((len(units), len(KINDS)))
    types = units["type"].to_numpy()
    for k, kind in enumerate(KINDS[:-1]):
        brings[:, k] = [kind == t or kind in ALSO_COUNTS_AS.get(t, ()) for t in types]
    brings[:, -1] = np.where(np.isin(types, FIGHTS_FIRE), units["crew"].to_numpy(float), 0.0)
    return brings
