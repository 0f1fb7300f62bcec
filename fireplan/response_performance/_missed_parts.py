"""Parts of a response, what each is allowed, and which of them decided that an objective was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.standards import Objective, Standard

REASONS = {
    "handling": "the call took longer to handle, from its receipt to the dispatch, than its limit",
    "turnout": "the crew took longer to turn out than its limit",
    "distance": "the first-due station is too far away, at modelled times",
    "first_due_busy": "the first-due station's units were all committed, and one came from farther away",
    "came_from_elsewhere": "a unit came from farther away than the first-due station, which had one free",
    "slow_travel": "the drive took longer than modelled from the station it began at",
    "outside_area": "the place lies outside the zones, or no station reaches it by road",
    "unknown": "a stamp or the place is missing",
}
"""What may decide that an objective was missed, and what each means."""

LIMITS = ("NFPA_1710", "NFPA_1710_MORE")
"""Whose limits of call handling and turnout hold unless another standard is given."""

TOLERANCE_S = 1e-6
"""What a sum of seconds may be off by rounding. [s]"""

PARTS = {
    "travel_s": (),
    "turnout_and_travel_s": ("turnout_s",),
    "total_response_s": ("handling_s", "turnout_s"),
}
MADE_OF = {"handling_s": ("answering_s", "processing_s")}
EXCESSES = ("handling", "turnout", "distance", "elsewhere", "slow_travel")


def decided(table: pd.DataFrame, objective: Objective, limits: Standard, *, told: bool) -> pd.DataFrame:
    """Add the excess of each part, and the reason; where units are not told, all drive from the first-due station."""
    left_s = np.full(len(table), float(objective.limit_s))
    excess = np.full((len(EXCESSES), len(table)), np.nan)
    for part in PARTS[objective.interval]:
        allowed_s = _allowed(table["category"], part, limits)
        left_s -= allowed_s
        excess[EXCESSES.index(part.removesuffix("_s"))] = table[part] - allowed_s
    if (left_s <= 0).any():
        raise InputError(
            f"{quoted(objective.title)} within {wording.clock(objective.limit_s)} leaves nothing for travel after the"
            " limits of"
            f" {quoted(limits.name)} for {listed(PARTS[objective.interval])}: give a standard with shorter ones"
        )
    due_s, home_s, took_s = (table[c].to_numpy(float) for c in ("modelled_travel_s", "modelled_s", "travel_s"))
    began_s = np.where(np.isnan(home_s), took_s, home_s) if told else due_s
    excess[2:] = due_s - left_s, began_s - due_s, took_s - began_s
    needed = [len(EXCESSES) - 1, *(EXCESSES.index(p.removesuffix("_s")) for p in PARTS[objective.interval])]
    outside = table["located"].to_numpy() & (~table["inside"].to_numpy(bool) | table["first_due"].isna().to_numpy())
    unknown = (np.isnan(excess[needed]).any(axis=0) | ~table["located"].to_numpy()) & ~outside
    part = np.nan_to_num(excess, nan=-np.inf).argmax(axis=0)
    names = np.array([*EXCESSES, "outside_area", "unknown"], dtype=object)
    reason = names[np.where(outside, len(EXCESSES), np.where(unknown, len(EXCESSES) + 1, part))]
    elsewhere = np.where(table["first_due_busy"].fillna(value=False), "first_due_busy", "came_from_elsewhere")
    reason = np.where(reason == "elsewhere", elsewhere, reason)
    alone = np.nan_to_num(excess, nan=-np.inf).max(axis=0) >= table["over_s"].to_numpy() - TOLERANCE_S
    more = {f"{name}_excess_s": excess[i] for i, name in enumerate(EXCESSES)}
    return table.assign(
        **more,
        reason=pd.Categorical(reason, categories=list(REASONS)),
        alone=pd.Series(alone, index=table.index, dtype="boolean").mask(outside | unknown),
    )


def limits_of(part: str, limits: Standard) -> list[Objective]:
    """
    Give the objectives that say what a part is allowed: its own, or those of what it is made of.

    Those for a part of the ground, some priorities or types of call are passed over: limits go by category alone.
    """
    narrow = [o for o in limits.objectives if o.where or o.priorities or o.call_types]
    found = [o for o in limits.objectives if o.interval == part and o not in narrow]
    if not found and part in MADE_OF:
        pieces = [limits_of(piece, limits) for piece in MADE_OF[part]]
        return [o for piece in pieces for o in piece] if all(pieces) else []
    everywhere = next((i for i, o in enumerate(found) if not o.categories), len(found))
    return found[: everywhere + 1]


def _allowed(category: pd.Series[str], part: str, limits: Standard) -> NDArray[np.float64]:
    """Limit of a part for each incident: of the first objective that applies, or the longest. [s]"""
    objectives = limits_of(part, limits)
    if not objectives:
        of_pieces = f", nor for {listed(MADE_OF[part])}" if part in MADE_OF else ""
        raise InputError(
            f"standard {quoted(limits.name)} sets no limit for {part}{of_pieces}: add one that does, as in"
            f" standard + fireplan.standards.{' + fireplan.standards.'.join(LIMITS)}, or leave it out for these"
        )
    allowed_s = np.zeros(len(category))
    for interval in dict.fromkeys(o.interval for o in objectives):
        its = [o for o in objectives if o.interval == interval]
        longest_s = np.full(len(category), max(o.limit_s for o in its))
        for objective in reversed(its):
            applies = category.isin(objective.categories).to_numpy() if objective.categories else slice(None)
            longest_s[applies] = objective.limit_s
        allowed_s += longest_s
    return allowed_s
