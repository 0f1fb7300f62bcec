"""Units as they stand, as changes to the department with all at home: a live picture is a scenario like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.changes import MoveUnit, OpenStation, RemoveUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.operations.live_state import UnitState
    from fireplan.scenario import Change, Scenario


def changes_of(units: Sequence[UnitState], *, home: Scenario) -> tuple[Change, ...]:
    """
    Say what has to be changed for units to stand as they are shown.

    Parameters
    ----------
    units
        As `fireplan.operations._as_json` shows them.
    home
        The department with all its units at home.

    Returns
    -------
    Changes for `Scenario.apply`: units that cannot be sent are removed; those that stand by elsewhere are moved; each
    that is free on the road is housed at a post there, called after it.
    """
    changes: list[Change] = []
    for unit in units:
        unit_id = str(unit["unit_id"])
        if unit_id not in home.units.index:
            continue
        post, at = unit["post"], unit["at"]
        if not unit["free"] or (unit["status"] == "returning" and at is None):
            changes.append(RemoveUnit(unit_id))
        elif unit["status"] == "returning" and at is not None:
            name = f"{unit_id} on the road"
            changes += [OpenStation(name, at=(at[0], at[1]), name=name), MoveUnit(unit_id, to=name)]
        elif post is not None and post != home.units.loc[unit_id, "station_id"]:
            changes.append(MoveUnit(unit_id, to=str(post)))
    return tuple(changes)
