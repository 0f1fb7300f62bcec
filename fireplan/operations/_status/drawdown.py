"""How many units are left, and how unusual that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.errors import FireplanError
from fireplan.response_performance import drawdown
from fireplan.stations import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.incidents import CadHistory
    from fireplan.operations._status.live_cover import CoverNow

TITLES = {"engine": "engines", "truck": "trucks", "rescue": "rescues", "ambulance": "ambulances", "battalion": "chiefs"}
"""Kinds of unit that are counted, and what a reader calls them."""

RARE = (0.25, 0.10, 0.02, 0.002)
"""From level to level: so few or fewer are free for no more than this share of time."""

LEFT = (0.75, 0.50, 0.25, 0.0)
"""Without a history: from level to level, no more than this share of the units is free."""


@dataclass(frozen=True, slots=True)
class Level:
    """
    How far a department is drawn down.

    Attributes
    ----------
    level
        0 (usual) to 4 (hardly ever seen).
    title
        How many are left of how many.
    usual
        What the level is taken from.
    """

    level: int
    title: str
    usual: str


class Usual:
    """
    How often how many units of a kind are free.

    Parameters
    ----------
    cover
        For the units, and the kind that cover is measured by.
    history
        Dispatch history of the department; None: there is none.
    """

    def __init__(self, cover: CoverNow, history: CadHistory | None) -> None:
        self.kind = next((k for k in cover.objective.needs if k in TITLES), "engine")
        self.kinds = tuple(k for k in KINDS if k in TITLES and cover.free_of(k)[1])
        self._at_most: NDArray[np.float64] | None = None
        self._period = ""
        if history is None or history.grain != "unit":
            return
        try:
            table = drawdown(history, scenario=cover.scenario, unit_type=self.kind)
        except FireplanError:
            return  # the history does not say; the level is taken from how many are left
        columns = [c for c in table.columns if c.startswith("share_free_")]
        self._at_most = np.cumsum(table[columns].iloc[0].to_numpy(float))
        self._period = f"{str(table.attrs.get('start', ''))[:10]} to {str(table.attrs.get('end', ''))[:10]}"

    def level(self, free: int, of: int) -> Level:
        """Say how far the department is drawn down with so many of so many free."""
        title = f"{free} of {of} {TITLES[self.kind]} free"
        if self._at_most is None:
            share = free / of if of else 0.0
            level = sum(share <= limit for limit in LEFT) if free < of else 0
            return Level(level, title, "levels by the share of units free: no history to tell how usual that is")
        share = float(self._at_most[min(free, len(self._at_most) - 1)])
        level = sum(share <= limit for limit in RARE) if free < of else 0
        return Level(level, title, f"so few or fewer were free for {wording.share(share)} of {self._period}")
