"""What is played through a whole week cannot start from a part of the calls, or from one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.errors import quoted

if TYPE_CHECKING:
    from fireplan.errors import Faults
    from fireplan.scenario import Scenario


def refuse_parts(scenario: Scenario, faults: Faults) -> None:
    """Find that a scenario was narrowed to a part of its calls, or asks of one moment of the week."""
    if scenario.selections:
        faults.add(
            f"scenario {quoted(scenario.name)} was narrowed ({scenario.selections[-1].words}), but calls that are left"
            " out keep units busy too: give the whole one, and say by policy or objective which calls count"
        )
    if scenario.when:
        faults.add(
            f"scenario {quoted(scenario.name)} asks of one moment, {scenario.when}, but calls come at all hours, each"
            " with the units and the streets of its own: give the scenario it was made from"
        )
