"""Units as they stand, as changes to the department with all at home: a live picture is a scenario like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fireplan.changes import MoveUnit, OpenStation, RemoveUnit
from fireplan.errors import InputError, quoted
from fireplan.incidents import CadHistory
from fireplan.operations._as_json import units_shown
from fireplan.operations._events.from_history import events_of
from fireplan.operations._picture import Picture
from fireplan.operations._status.live_cover import CoverNow
from fireplan.scenario import staffed_at
from fireplan.standards import named
from fireplan.stations._schedules import is_always

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fireplan.operations._events.event import Event
    from fireplan.operations.live_state import UnitState
    from fireplan.scenario import Change, Scenario
    from fireplan.standards import Standard


def scenario_at(
    scenario: Scenario,
    events: CadHistory | Iterable[Event],
    *,
    at: str | pd.Timestamp,
    standard: Standard | None = None,
    name: str = "",
) -> Scenario:
    """
    Give the department as it stood at an instant, by what was known of its units.

    Parameters
    ----------
    scenario
        The department with all its units at home.
    events
        Dispatch history, one row per unit per incident; or events, such as `events_of` or a live view's connection
        gives.
    at
        The instant, with its offset from UTC.
    standard
        Its objectives say which units count as cover; left out: NFPA 1710.
    name
        What to call it; left out: the instant.

    Returns
    -------
    The scenario with changes: units that could not be sent are out of service, those that stood by elsewhere are moved,
    and each that was free on the road stands at a post of its own there, called after it. Observed are the stamps;
    where a unit on its way back was is modelled.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project()  # doctest: +SKIP
    >>> busy = fp.operations.scenario_at(project.today, project.history, at="2025-11-06 14:00-08:00")  # doctest: +SKIP
    >>> fp.compare(project.today, busy, standard=project.standard).summary()  # doctest: +SKIP
    """
    instant = pd.Timestamp(at)
    if instant.tzinfo is None:
        raise InputError(f"{quoted(at)} has no offset from UTC: write it as 2026-07-01T08:00:00-07:00")
    now_us = instant.value // 1000
    told = events_of(events, end_us=now_us + 1) if isinstance(events, CadHistory) else events
    before = sorted((e for e in told if e.ts_us <= now_us), key=lambda e: e.order)
    standard = standard or named("NFPA_1710")
    picture = Picture(CoverNow(scenario, standard=standard), standard=standard)
    picture.rebuild(before, now_us=now_us)
    changes = changes_of(units_shown(picture.scene(now_us), picture), home=scenario)
    if not all(is_always(s) for s in scenario.units["schedule"]):
        local = instant.tz_convert(scenario.timezone)
        scenario = staffed_at(scenario, f"{local:%a %H:%M}", name=scenario.name)
    return scenario.apply(*changes, name=name or f"as of {instant:%Y-%m-%d %H:%M:%S%z}")


def changes_of(units: Sequence[UnitState], *, home: Scenario) -> tuple[Change, ...]:
    """
    Say what has to be changed for units to stand as they are shown.

    Parameters
    ----------
    units
        As a live view's state shows them: `unit_id`, `status`, `free`, `post`, `at`.
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
