"""Whether something that is held to a limit or a goal keeps it."""

from __future__ import annotations

import math

from fireplan.wording._counts import count
from fireplan.wording._numbers import NOT_KNOWN, known
from fireplan.wording._shares import between, has_ends, share
from fireplan.wording._shares import goal as goal_said

MET, MISSED = "met", "missed"
NOT_SURE = "not sure"
"""Said of a goal that lies within the interval of the share that is held to it."""


def verdict(met: object) -> str:
    """
    Say a verdict.

    Parameters
    ----------
    met
        True, False, or missing.

    Examples
    --------
    >>> verdict(True), verdict(False), verdict(None)
    ('met', 'missed', 'not known')
    """
    held = known(met)
    if math.isnan(held):
        return NOT_KNOWN
    return MET if held else MISSED


def goal_verdict(
    met: object,
    *,
    goal: float | None = math.nan,
    at_most_outside: float | None = math.nan,
    low: float | None = math.nan,
    high: float | None = math.nan,
) -> str:
    """
    Say what was asked for, and whether it is so.

    A verdict never stands beside a share alone: "90.0 % missed" is read as if 90 % had been missed.

    Parameters
    ----------
    met
        True, False, or missing.
    goal
        Share that was asked for, 0 to 1; missing: none.
    at_most_outside
        How much may lie outside; missing: no such rule.
    low, high
        Interval of the share, 0 to 1; missing: it has none.

    Returns
    -------
    "" where nothing was asked for. Where the goal lies within the interval the verdict is not sure, and that is said.

    Examples
    --------
    >>> goal_verdict(False, goal=0.9), goal_verdict(True, at_most_outside=1500), goal_verdict(None)
    ('goal 90 %: missed', 'goal at most 1,500 outside: met', '')
    >>> goal_verdict(False, goal=0.9, low=0.88, high=0.91)
    'goal 90 %: missed, not sure'
    """
    asked = [goal_said(goal)] if math.isfinite(known(goal)) else []
    asked += [f"at most {count(at_most_outside)} outside"] if math.isfinite(known(at_most_outside)) else []
    if not asked:
        return ""
    unsure = has_ends(low, high) and known(low) < known(goal) <= known(high) and not math.isnan(known(met))
    return f"goal {', '.join(asked)}: {verdict(met)}" + (f", {NOT_SURE}" if unsure else "")


def share_held(
    part: float | None,
    met: object,
    *,
    goal: float | None = math.nan,
    at_most_outside: float | None = math.nan,
    low: float | None = math.nan,
    high: float | None = math.nan,
) -> str:
    """
    Say a share with what was asked for, and whether it is so.

    Parameters
    ----------
    part
        The share, 0 to 1.
    met, goal, at_most_outside, low, high
        As in `goal_verdict`.

    Examples
    --------
    >>> share_held(0.89994, False, goal=0.9), share_held(0.5, None)
    ('89.99 % (goal 90 %: missed)', '50.0 %')
    >>> share_held(0.727, False, goal=0.9, low=0.719, high=0.735)
    '72.7 % (71.9 % to 73.5 %; goal 90 %: missed)'
    """
    told = goal_verdict(met, goal=goal, at_most_outside=at_most_outside, low=low, high=high)
    behind = [text for text in (between(low, high).strip(" ()"), told) if text]
    return share(part, goal=goal) + (f" ({'; '.join(behind)})" if behind else "")
