"""How likely help comes in time, in words: whole percent, and never certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._page_kit.style import whole_percent
from fireplan.measures._expected import chances_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.measures import Assessment
    from fireplan.standards import Objective

SURE, UNSURE = 99.5, 0.5
"""A modelled chance from here on is told as "over 99 %", below as "under 1 %": a model is never certain. [%]"""

MEDIAN = "Times are medians: half of the drives take longer."


def known(goal: Objective, *assessments: Assessment) -> bool:
    """Whether it is known of all of them how likely each zone is reached in time."""
    return all(chances_for(a.scenario, goal) is not None for a in assessments)


def chances(assessment: Assessment, goal: Objective) -> NDArray[np.float64]:
    """How likely each zone is reached in time; where it is not known how drives differ, yes or no."""
    zones = assessment.zones
    column = f"{goal.key}_chance" if f"{goal.key}_chance" in zones else f"{goal.key}_within"
    return np.asarray(zones[column].to_numpy(float))


def chance_said(chance: float) -> str:
    """
    Say how likely something is, in whole percent.

    Examples
    --------
    >>> chance_said(0.634), chance_said(0.999), chance_said(0.0)
    ('63 %', 'over 99 %', 'under 1 %')
    """
    percent = 100 * chance
    if percent >= SURE:
        return "over 99 %"
    return f"{int(whole_percent(chance))} %" if percent >= UNSURE else "under 1 %"


def arrivals_said(assessment: Assessment, goal: Objective) -> list[str]:
    """Say when each zone is reached; where it is known how drives differ, that this is at the median."""
    median = " at the median" if known(goal, assessment) else ""
    return [
        wording.clock(seconds, limit_s=goal.limit_s) + (median if np.isfinite(seconds) else "")
        for seconds in assessment.zones[f"{goal.key}_s"].tolist()
    ]


def likely_said(chance: float, arrival_s: float, limit_s: float) -> str:
    """Say how likely a place is reached within a limit; of one that is never reached, that."""
    if not np.isfinite(arrival_s):
        return wording.clock(arrival_s)
    return f"{chance_said(chance)} likely within {wording.clock(limit_s)}"
