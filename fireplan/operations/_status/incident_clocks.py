"""The clocks that run on an incident: call handling, turnout, travel of the first unit, the whole force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fireplan._limits import last_within
from fireplan.incidents._columns.categories import category_of
from fireplan.operations._events.event import SECOND_US
from fireplan.standards import CALL_INTERVALS, OBSERVED_INTERVALS
from fireplan.standards._objectives import value_text
from fireplan.stations import KINDS, supply, type_of_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from fireplan.operations._events.event_records import Incident, Response
    from fireplan.response_performance import Policy
    from fireplan.standards import Objective, Standard


UNTOLD = ("answering_s", "processing_s", "answered_to_arrival_s")
"""Intervals of which a feed says neither beginning nor end."""


class IncidentClock(NamedTuple):
    """
    One clock on one incident.

    Attributes
    ----------
    objective
        What it is held to.
    started_us, stopped_us
        When its interval began and ended; None: not yet. [us since 1970, UTC]
    state
        "waiting" to begin, "running" within its limit, "late" (running past it), "met" or "missed".
    """

    objective: Objective
    started_us: int | None
    stopped_us: int | None
    state: str


class Force(NamedTuple):
    """
    How far the force that an objective asks for is assembled.

    Attributes
    ----------
    objective
        What asks for it.
    have
        What has arrived, by kind; staged units too, where the policy lets staging stop the clock.
    sent
        What is on scene or on its way, by kind.
    state
        As of its clock.
    """

    objective: Objective
    have: dict[str, float]
    sent: dict[str, float]
    state: str


@dataclass(frozen=True, eq=False)
class Sent:
    """A response with what its unit brings."""

    unit_id: str
    response: Response
    brings: Mapping[str, float]
    counts: bool


class Clocks:
    """
    Sets the clocks of a standard on incidents.

    The intervals are those of `fireplan.performance`: turnout is that of the first unit to arrive, the travel of a
    force begins with the first unit under way. While an incident runs, its clocks run too.

    Parameters
    ----------
    standard
        Whose objectives, each on the incidents that it speaks of; those that count dwellings or people are for plans
        and have no clock, and those that begin or end when the call is answered none either: no event says when it was,
        and a limit for processing is never held against handling.
    policy
        Which units stop a clock, and which incidents are held to it.
    units
        The department's units.
    on_ground
        Whether an incident lies on the ground of an objective that names one; left out: none is known to.
    """

    def __init__(
        self,
        standard: Standard,
        *,
        policy: Policy,
        units: pd.DataFrame,
        on_ground: Callable[[Objective, Incident], bool] | None = None,
    ) -> None:
        self._objectives = [
            o for o in standard.objectives if o.weight in {"", "incidents"} and o.interval not in UNTOLD
        ]
        self._policy = policy
        self._on_ground = on_ground
        table = supply(units)
        self._brings = {
            str(unit): {k: float(n) for k, n in zip(KINDS, row, strict=True) if n > 0}
            for unit, row in zip(units.index, table, strict=True)
        }
        self.types = {str(unit): str(kind) for unit, kind in units["type"].items()}

    def emergency(self, incident: Incident) -> bool:
        """Whether an incident is answered with lights and siren, as far as its priority says."""
        wanted = self._policy.emergency_priorities
        return not self._policy.emergency_only or wanted is None or incident.text("priority") in wanted

    def on(self, incident: Incident, *, now_us: int) -> list[IncidentClock]:
        """Set the clocks of an incident as they stand at an instant; none where it is no emergency."""
        if not self.emergency(incident):
            return []
        sent = self._sent(incident)
        found = []
        for objective in self._objectives:
            if not self._speaks_of(objective, incident):
                continue
            started_us, stopped_us = self._span(objective, incident, sent)
            if stopped_us is None and started_us is not None and incident.closed_us is not None:
                continue  # called off before it could be reached
            found.append(
                IncidentClock(objective, started_us, stopped_us, _state(objective, started_us, stopped_us, now_us))
            )
        return found

    def _speaks_of(self, objective: Objective, incident: Incident) -> bool:
        """Whether an incident is one that an objective speaks of, as far as it is known."""
        call_type = incident.text("call_type") or ""
        kinds = (
            (objective.categories, category_of(call_type) or ""),
            (objective.priorities, value_text(incident.text("priority") or "")),
            (objective.call_types, call_type.strip()),
        )
        if any(wanted and value.casefold() not in {str(w).casefold() for w in wanted} for wanted, value in kinds):
            return False
        return not objective.where or (self._on_ground is not None and self._on_ground(objective, incident))

    def force(self, incident: Incident, *, now_us: int) -> Force | None:
        """Say how far the largest force asked for is assembled; None: none is asked for."""
        asked = [c for c in self.on(incident, now_us=now_us) if _is_force(c.objective)]
        if not asked:
            return None
        clock = asked[-1]
        have: dict[str, float] = dict.fromkeys(clock.objective.needs, 0.0)
        coming = dict(have)
        for s in self._sent(incident):
            if s.response.over:
                continue
            for kind in clock.objective.needs:
                coming[kind] += s.brings.get(kind, 0.0)
                have[kind] += s.brings.get(kind, 0.0) if self._is_there(s.response) else 0.0
        return Force(clock.objective, have, coming, clock.state)

    def _is_there(self, response: Response) -> bool:
        """Whether a unit has arrived by the rule that stops the clock; else a force is met with nothing there."""
        return _arrival(response, staged=self._policy.staging_is_arrival) is not None

    def _sent(self, incident: Incident) -> list[Sent]:
        """Responses of the department's own units, with what each brings."""
        found = []
        for unit_id, response in incident.responses.items():
            own = unit_id in self._brings
            kind = self.types.get(unit_id) or type_of_unit(unit_id)
            counts = kind in self._policy.first_types and (own or self._policy.aid_received)
            found.append(Sent(unit_id, response, self._brings.get(unit_id, {}), counts))
        return found

    def _span(self, objective: Objective, incident: Incident, sent: list[Sent]) -> tuple[int | None, int | None]:
        """When an objective's interval began and ended."""
        dispatched_us = _first(s.response.dispatched_us for s in sent)
        if objective.interval == "handling_s":
            return incident.received_us, dispatched_us
        counting = [s for s in sent if s.counts]
        if objective.interval == "turnout_s":
            lead = self._lead(counting)
            return (None, None) if lead is None else (lead.response.dispatched_us, lead.response.enroute_us)
        useful = [s for s in sent if any(s.brings.get(kind, 0) > 0 for kind in objective.needs)]
        done = _completed(useful, objective.needs, staged=self._policy.staging_is_arrival)
        began = {
            "travel_s": _first(s.response.enroute_us for s in useful),
            "turnout_and_travel_s": _first(s.response.dispatched_us for s in useful),
            "total_response_s": incident.received_us,
        }[objective.interval]
        if done is None:
            return began, None
        last, arrived_us = done
        if not _is_force(objective) and objective.interval == "travel_s":
            began = last.response.enroute_us
        if not _is_force(objective) and objective.interval == "turnout_and_travel_s":
            began = last.response.dispatched_us
        return began, arrived_us if began is not None and arrived_us >= began else None

    def _lead(self, counting: list[Sent]) -> Sent | None:
        """The first unit to arrive; until one has, the first that was sent."""
        arrived = [s for s in counting if s.response.arrived_us is not None]
        if arrived:
            return min(arrived, key=lambda s: (s.response.arrived_us or 0, s.unit_id))
        sent = [s for s in counting if s.response.dispatched_us is not None]
        return min(sent, key=lambda s: (s.response.dispatched_us or 0, s.unit_id)) if sent else None


def _completed(sent: list[Sent], needs: Mapping[str, float], *, staged: bool) -> tuple[Sent, int] | None:
    """The response with which nothing was missing any more, and its arrival."""
    arrivals = [(_arrival(s.response, staged=staged), s.unit_id, s) for s in sent]
    so_far = dict.fromkeys(needs, 0.0)
    for arrived_us, _, s in sorted((a for a in arrivals if a[0] is not None), key=lambda a: a[:2]):
        for kind in needs:
            so_far[kind] += s.brings.get(kind, 0.0)
        if all(so_far[kind] >= needed for kind, needed in needs.items()):
            return s, int(arrived_us or 0)
    return None


def _arrival(response: Response, *, staged: bool) -> int | None:
    return _first([response.arrived_us, response.staged_us if staged else None])


def _first(stamps: object) -> int | None:
    known = [s for s in stamps if s is not None]  # type: ignore[attr-defined]
    return min(known, default=None)


def _is_force(objective: Objective) -> bool:
    return len(objective.needs) > 1 or sum(objective.needs.values()) > 1


def _state(objective: Objective, started_us: int | None, stopped_us: int | None, now_us: int) -> str:
    if started_us is None:
        return "waiting"
    limit_us = int(last_within(objective.limit_s) * SECOND_US)
    if stopped_us is not None:
        return "met" if stopped_us - started_us <= limit_us else "missed"
    return "running" if now_us - started_us <= limit_us else "late"


def title_of(objective: Objective) -> str:
    """Name a clock: what is to arrive, and which interval; an objective for an interval alone names itself."""
    if objective.interval in {*CALL_INTERVALS, "turnout_s"}:
        return objective.title
    return f"{objective.title}, {OBSERVED_INTERVALS[objective.interval]}"
