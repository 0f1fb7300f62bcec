"""What stands over a scenario that shares a page with others: its name, and the share it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.errors import UnknownIdError
from fireplan.measures._assessment import chosen_objective

if TYPE_CHECKING:
    from fireplan.comparison import Comparison
    from fireplan.measures import Assessment


def known_scenario(comparison: Comparison, name: str) -> Assessment:
    """Give the assessment of the scenario of that name, or say which there are."""
    if name not in comparison.names:
        raise UnknownIdError("scenario", name, comparison.names)
    return comparison[name]


def headline_of(assessment: Assessment, objective: str | None) -> str:
    """Say the share within an objective alone, ``90.0 %``; the line under it says of how many, and of what."""
    summary = assessment.summary().loc[chosen_objective(assessment, objective).key]
    measure = next(m for m in ("population", "incidents", *summary.index) if m in summary.index)
    row = summary.loc[measure]
    return wording.share(row["share"], goal=row["required_share"])
