"""What stands over a scenario that shares a page with others: its name, and the share it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.errors import UnknownIdError
from fireplan.measures._assessment import headline_row

if TYPE_CHECKING:
    from fireplan.comparison import Comparison
    from fireplan.measures import Assessment
    from fireplan.scenario import Scenario


def known_scenario(comparison: Comparison, name: str) -> Assessment:
    """Give the assessment of the scenario of that name, or say which there are."""
    if name not in comparison.names:
        raise UnknownIdError("scenario", name, comparison.names)
    return comparison[name]


def narrowed(scenario: Scenario) -> str:
    """Say which part of the demand a scenario was narrowed to, where its name does not; nothing where it is whole."""
    words = [s.words for s in scenario.selections if s.words not in scenario.name]
    return f" (only {', '.join(words)})" if words else ""


def named(scenario: Scenario) -> str:
    """Name a scenario with what it was narrowed to."""
    return f"{scenario.name}{narrowed(scenario)}"


def headline_of(assessment: Assessment, objective: str | None, *, count: str | None = None) -> str:
    """Say the share within an objective alone, ``90.0 %``; the line under it says of how many, and of what."""
    row = headline_row(assessment, objective, count=count)
    return wording.share(row["share"], goal=row["required_share"])
