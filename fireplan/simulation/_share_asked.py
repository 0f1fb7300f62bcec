"""Which share a replay and a simulation tell, of the objectives of a standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.response_performance._erf_arrivals import is_alone
from fireplan.simulation._simulate._headline import SINCE

if TYPE_CHECKING:
    from fireplan.standards import Objective, Standard


def share_of_standard(standard: Standard) -> tuple[Objective | None, list[str]]:
    """
    Find the share that is told: the first of a standard that is of calls and asks for a single unit, everywhere.

    Parameters
    ----------
    standard
        Whose objectives.

    Returns
    -------
    The objective, None where the standard has none, and what a reader has to know of it.
    """
    planned = standard.planned
    fit = [o for o in planned if _is_of_one_unit(o)][:1]
    rest = "; ".join(f"{o.title}, {wording.clock(o.limit_s)}" for o in planned if o not in fit)
    if not fit:
        return None, ["The standard has no objective of calls for a single unit, so that the share is of a usual one."]
    return fit[0], [f"Objectives of the standard that are not told here: {rest}."] if rest else []


def _is_of_one_unit(objective: Objective) -> bool:
    """Whether both a replay and a simulation can tell it."""
    of_calls = not objective.where and not objective.weight and objective.interval in SINCE
    return of_calls and is_alone(objective) and dict(objective.needs) != {"people": 1} and 1 in objective.needs.values()
