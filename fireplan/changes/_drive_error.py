"""How wrong modelled drives are, in the one sentence that stands wherever such a time is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.changes._roads import ScaleSpeeds

if TYPE_CHECKING:
    from fireplan.scenario import Scenario


def error_said(scenario: Scenario) -> str:
    """Say how wrong calibrated drives are, and whether speeds were scaled since that was found; "" where planned."""
    calibration = scenario.calibration
    if calibration is None or not scenario.roads.calibrated:
        return ""
    return calibration.headline + (", before speeds were scaled" if speeds_scaled(scenario) else "")


def errors_said(*scenarios: Scenario) -> str:
    """Say it of several: once of the first, and by name of those of which something else is to be said."""
    first = error_said(scenarios[0])
    others = {s.name: said for s in scenarios[1:] if (said := error_said(s)) not in {"", first}}
    return "; ".join(filter(None, [first, *(f"{name}: {said}" for name, said in others.items())]))


def speeds_scaled(scenario: Scenario) -> bool:
    """Whether a change made streets quicker or slower than they are."""
    since: Scenario | None = scenario
    while since is not None and not any(isinstance(change, ScaleSpeeds) for change in since.changes):
        since = since.parent
    return since is not None
