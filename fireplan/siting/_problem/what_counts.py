"""What a question counts if nobody says, where that is, and what an objective asks of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fireplan._checked import takes
from fireplan.errors import InputError, quoted
from fireplan.measures._demand_measures import ON, USUAL_FIRST, applies_to
from fireplan.scenario import counted_columns
from fireplan.siting._problem.aims_and_rules import Aim
from fireplan.travel._places import places

if TYPE_CHECKING:
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective


def place_kind(scenario: Scenario, weight: str) -> str:
    """Say whether a weight is counted at incidents or by zone."""
    return "incidents" if weight == "incidents" and scenario.incidents is not None else "zones"


def default_weight(scenario: Scenario) -> str:
    """
    What is counted if nobody says.

    Incidents, where the scenario was narrowed to some; else people where they are known, incidents, dwellings, or the
    first weight that the zones have.
    """
    calls = scenario.incidents is not None
    if calls and any(s.of_incidents for s in scenario.selections):
        return "incidents"
    columns = counted_columns(scenario)
    for name in USUAL_FIRST:
        if name in columns or (name == "incidents" and calls):
            return name
    if not columns:
        raise InputError(
            "the scenario counts nothing: give its zones a weight such as population, or incidents; a column of another"
            " name is counted when weights= names it"
        )
    return columns[0]


@takes
def aim_of(scenario: Scenario, objective: Objective, *, importance: float = 1.0) -> Aim:
    """
    Seek sites for what an objective speaks of: its limit, its ground, its incidents, its weight.

    Parameters
    ----------
    scenario
        The department as it stands.
    objective
        One that a first unit meets.
    importance
        As in `Aim`.

    Returns
    -------
    An aim with `where` set to the ground, or the incidents, of the objective; named after it.

    Raises
    ------
    InputError
        If the objective asks for a force (sites bring one unit each), or by a column that is not there.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> print(fp.siting.aim_of(town, fp.standards.NFPA_1710["first_engine"]))
    First engine within 4:00 travel time to 90 %: population
    """
    if len(objective.needs) != 1 or max(objective.needs.values()) > 1:
        raise InputError(f"objective {quoted(objective.key)} asks for a force: sites are sought for one unit each")
    weight = objective.weight or default_weight(scenario)
    measured = places(scenario, place_kind(scenario, weight))
    where = None
    if objective.where or (objective.calls and measured.kind == "incidents"):
        where = pd.Series(applies_to(scenario, objective, measured) == ON, index=measured.ids)
    return Aim(
        weight, objective.limit_s, importance=importance, where=where, name=f"{objective}: {weight}",
        categories=objective.categories,
    )  # fmt: skip
