"""What somebody has to be told now: each with since when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.operations._events.event import SECOND_US
from fireplan.operations._status.incident_clocks import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fireplan.operations._events.event_records import Incident
    from fireplan.operations._events.feed_health import Health
    from fireplan.operations._status.incident_clocks import Force, IncidentClock
    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.operations._status.uncovered_since import Uncovered

WARNING, SERIOUS = "warning", "serious"
MUCH = 0.01
"""Ground without cover is serious from this share of all demand."""

REFUSED_SHARE, REFUSED_MUCH, REFUSED_COUNT = 0.01, 0.1, 5
"""Events set aside are told from this share of the last thousand on, as serious from that share, or from so many."""

FEED_TITLES = {
    "quiet": "The feed is silent",
    "gaps": "The feed has gaps",
    "skewed": "The feed's clock is ahead",
    "late": "The feed is behind",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """
    One thing to be told.

    Attributes
    ----------
    key
        Names it as long as it lasts.
    kind
        "uncovered", "force", "clock", "feed" or "store".
    level
        "serious" or "warning".
    since_us
        Since when it holds. [us since 1970, UTC]
    title, text
        What it is, and what lies behind it.
    """

    key: str
    kind: str
    level: str
    since_us: int
    title: str
    text: str


def alerts_of(
    cover: CoverNow,
    *,
    uncovered: Iterable[Uncovered],
    running: Mapping[str, tuple[Incident, list[IncidentClock], Force | None]],
    health: Health,
    minutes: float,
) -> list[Alert]:
    """
    Gather what has to be told, the gravest and oldest first.

    Parameters
    ----------
    cover
        What is reached now.
    uncovered
        Ground without cover for too long.
    running
        Open incidents with their clocks and forces.
    health
        How the feed is doing.
    minutes
        What too long is. [min]
    """
    found = [_ground(cover, lost, minutes) for lost in uncovered]
    for incident, clocks, force in running.values():
        found += _clocks(incident, clocks, force)
    found += _feed(health)
    return by_gravity(found)


def by_gravity(found: Iterable[Alert]) -> list[Alert]:
    """Put alerts in order: the gravest and oldest first."""
    return sorted(found, key=lambda a: (a.level != SERIOUS, a.since_us, a.key))


def _ground(cover: CoverNow, lost: Uncovered, minutes: float) -> Alert:
    demand = cover.measures[0]
    name = cover.scenario.stations["name"].get(lost.station_id, lost.station_id)
    goal = cover.objective
    return Alert(
        f"ground:{lost.station_id}",
        "uncovered",
        SERIOUS if lost.demand >= MUCH * demand.n else WARNING,
        lost.since_us,
        f"Out of cover for over {wording.clock(60 * minutes)}: {wording.count(lost.demand)} {demand.unit} around"
        f" {name}",
        f"{goal.title} would be there within {wording.clock(goal.limit_s)} if all were at home; none that is free is"
        " now",
    )


def _clocks(incident: Incident, clocks: list[IncidentClock], force: Force | None) -> list[Alert]:
    found = []
    for clock in clocks:
        if clock.state != "late" or clock.started_us is None:
            continue
        goal = clock.objective
        is_force = force is not None and goal.key == force.objective.key
        since_us = clock.started_us + int(goal.limit_s * SECOND_US)
        what = incident.text("call_type") or "incident"
        text = f"{title_of(goal)}: over {wording.clock(goal.limit_s)} and not there yet"
        if is_force and force is not None:
            text = f"{goal.title}: {_of(force)} on scene after {wording.clock(goal.limit_s)}"
        found.append(
            Alert(
                f"{'force' if is_force else 'clock'}:{incident.incident_id}:{goal.key}",
                "force" if is_force else "clock",
                SERIOUS if is_force or goal.interval == "handling_s" else WARNING,
                since_us,
                f"{'Force missing' if is_force else 'Late'}: {what}",
                text,
            )
        )
    return found


def _of(force: Force) -> str:
    needs = force.objective.needs.items()
    return ", ".join(f"{wording.figure(force.have.get(kind, 0))} of {wording.force({kind: n})}" for kind, n in needs)


def _feed(health: Health) -> list[Alert]:
    found = []
    if health.state in FEED_TITLES:
        since_us = health.last_received_us or 0
        level = SERIOUS if health.state in {"quiet", "gaps"} else WARNING
        title = FEED_TITLES[health.state]
        found.append(Alert(f"feed:{health.state}", "feed", level, since_us, title, "; ".join(health.notes)))
    return found + _refused(health)


def _refused(health: Health) -> list[Alert]:
    """Tell that events are set aside: what they said is not in the picture."""
    example, share = health.refused_example, health.refused_share or 0.0
    if example is None or not health.refused_lately:
        return []
    if share < REFUSED_SHARE and health.refused_lately < REFUSED_COUNT:
        return []
    where = "" if example.line is None else f" (line {example.line})"
    return [
        Alert(
            "feed:refused",
            "feed",
            SERIOUS if share >= REFUSED_MUCH else WARNING,
            health.refused_since_us or example.received_us,
            f"Events are set aside: {wording.share(share)} of the last {wording.count(health.weighed)}",
            f"what they say is not in the picture. For example {example.code}{where}: {example.reason}",
        )
    ]
