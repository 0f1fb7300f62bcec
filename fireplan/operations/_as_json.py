"""The picture as JSON, for a page or another program: milliseconds, longitude and latitude, null where not known."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan.incidents._columns.categories import category_of
from fireplan.operations._status.drawdown import TITLES
from fireplan.operations._status.incident_clocks import title_of
from fireplan.standards import OBSERVED_INTERVALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.operations._advice.alerts import Alert
    from fireplan.operations._advice.move_up import Move
    from fireplan.operations._events.event_records import Incident
    from fireplan.operations._events.feed_health import Health
    from fireplan.operations._events.refusal import Refusal
    from fireplan.operations._picture import Picture, Scene
    from fireplan.operations._status.drawdown import Usual
    from fireplan.operations._status.incident_clocks import Force, IncidentClock
    from fireplan.operations._status.live_cover import CoverNow
    from fireplan.operations._status.unit_routes import Way
    from fireplan.operations._status.unit_status import UnitNow
    from fireplan.operations.live_state import (
        AlertState,
        ClockReading,
        CoverState,
        FeedLineState,
        ForceCoverState,
        ForceState,
        HealthState,
        IncidentState,
        MoveState,
        ObjectiveState,
        PerformanceRow,
        RefusalState,
        UnitState,
        WayState,
    )
    from fireplan.standards import Objective, Standard

DIGITS = 7
"""Decimals of figures: so many that the page rounds them, once, and not across a goal or to all."""

MOST_FIRST = 254
NOBODY = 255


def objective_shown(objective: Objective) -> ObjectiveState:
    """Show an objective: its key, a title with its limit, and the limit [s]."""
    interval = OBSERVED_INTERVALS[objective.interval]
    ground = f", {objective.ground}" if objective.where else ""
    title = f"{objective.title} within {wording.clock(objective.limit_s)} of {interval}{ground}"
    return {
        "key": objective.key,
        "title": title,
        "limit_s": objective.limit_s,
        "share": objective.share,
        "verified": objective.verified,
    }


def units_shown(scene: Scene, picture: Picture) -> list[UnitState]:
    """Show how every unit stands."""
    kinds, homes = picture.clocks.types, picture.roster.home_of
    return [_unit(unit, kinds.get(unit.unit_id), homes.get(unit.unit_id), picture.way(unit)) for unit in scene.units]


def _unit(unit: UnitNow, kind: str | None, home: str | None, way: Way | None) -> UnitState:
    return {
        "unit_id": unit.unit_id,
        "type": kind or "unknown",
        "station_id": home,
        "known": unit.known,
        "status": unit.status,
        "since": _ms(unit.since_us),
        "incident_id": unit.incident_id,
        "at": _at(unit.at),
        "free": unit.free,
        "home_by": _ms(unit.home_by_us),
        "post": unit.post,
        "way": None if way is None else _way(way),
        "flags": list(unit.flags),
    }


def _way(way: Way) -> WayState:
    return {"points": way.points.tolist(), "from": way.from_us // 1000, "to": way.to_us // 1000}


def incidents_shown(scene: Scene, picture: Picture) -> list[IncidentState]:
    """Show the incidents on the board, with their clocks."""
    return [_incident(i, scene, picture) for i in scene.incidents]


def _incident(incident: Incident, scene: Scene, picture: Picture) -> IncidentState:
    zone = picture.zone_of(incident.at)
    force = scene.forces.get(incident.incident_id)
    flags = []
    if incident.at is None:
        flags.append("no place")
    elif zone is None:
        flags.append("outside the zones")
    if not picture.clocks.emergency(incident):
        flags.append("not an emergency: held to no objective")
    strangers = [u for u in incident.responses if u not in picture.roster.home_of]
    if strangers:
        flags.append(f"units not in the project: {', '.join(sorted(strangers)[:4])}")
    ground = None if zone is None else picture.cover.ground_of[zone]
    return {
        "incident_id": incident.incident_id,
        "call_type": incident.text("call_type"),
        "category": category_of(incident.text("call_type") or ""),
        "priority": incident.text("priority"),
        "address": incident.text("address"),
        "at": _at(incident.at),
        "received": _ms(incident.received_us if incident.received_us is not None else incident.first_us),
        "open": incident.closed_us is None,
        "closed": _ms(incident.closed_us),
        "zone_id": None if zone is None else str(picture.cover.zones.ids[zone]),
        "district": None if ground is None else str(ground),
        "units": [
            {
                "unit_id": unit_id,
                "dispatched": _ms(r.dispatched_us),
                "enroute": _ms(r.enroute_us),
                "arrived": _ms(r.arrived_us),
                "cleared": _ms(r.ended_us),
                "cancelled": r.cancelled_us is not None and r.over,
            }
            for unit_id, r in sorted(
                incident.responses.items(), key=lambda item: (item[1].dispatched_us or item[1].last.order[0], item[0])
            )
        ],
        "clocks": [_clock(c) for c in scene.clocks.get(incident.incident_id, [])],
        "force": None if force is None else _force(force),
        "flags": flags,
    }


def _clock(clock: IncidentClock) -> ClockReading:
    return {
        "key": clock.objective.key,
        "title": title_of(clock.objective),
        "limit_s": clock.objective.limit_s,
        "started": _ms(clock.started_us),
        "stopped": _ms(clock.stopped_us),
        "state": clock.state,
        "verified": clock.objective.verified,
    }


def _force(force: Force) -> ForceState:
    def told(amounts: dict[str, float]) -> str:
        needs = force.objective.needs.items()
        return ", ".join(f"{wording.figure(amounts[k])} of {wording.force({k: n})}" for k, n in needs)

    return {
        "title": force.objective.title,
        "needs": wording.force(force.objective.needs),
        "have": f"{told(force.have)} on scene",
        "sent": f"{told(force.sent)} sent",
        "state": force.state,
    }


def cover_shown(scene: Scene, cover: CoverNow, usual: Usual) -> CoverState:
    """Show what is reached in time now, soon, and with all units at home, and how many units are left."""
    level = usual.level(*cover.free_of(usual.kind))
    units, row, _ = cover.first()
    first = row.copy()
    first[(row < 0) | (row > MOST_FIRST)] = NOBODY
    return {
        "objective": objective_shown(cover.objective),
        "measures": [
            {
                "name": m.name,
                "unit": m.unit,
                "n": m.n,
                "left_out": m.left_out,
                "home": _share(m.share(cover.home_within)),
                "now": _share(m.share(scene.within)),
                "soon": [{"in_s": s, "within": _share(m.share(within))} for s, within in scene.soon],
            }
            for m in cover.measures
        ],
        "free": [
            {"kind": kind, "title": TITLES[kind], "free": free, "of": of}
            for kind in usual.kinds
            for free, of in (cover.free_of(kind),)
        ],
        "drawdown": {"level": level.level, "of": 4, "title": level.title, "usual": level.usual},
        "force": _force_cover(scene, cover),
        "zones": _bytes(scene.codes),
        "first": {"units": units[:MOST_FIRST], "zones": _bytes(first.astype("uint8"))},
        "basis": "modelled; free units from where they stand, at planning speeds",
    }


def _force_cover(scene: Scene, cover: CoverNow) -> ForceCoverState | None:
    if cover.force is None or scene.within_force is None or cover.home_force is None:
        return None
    return {
        **objective_shown(cover.force),
        "measures": [
            {
                "name": m.name,
                "unit": m.unit,
                "n": m.n,
                "left_out": m.left_out,
                "home": _share(m.share(cover.home_force)),
                "now": _share(m.share(scene.within_force)),
            }
            for m in cover.force_measures
        ],
    }


def moves_shown(moves: tuple[Move, ...], cover: CoverNow) -> list[MoveState]:
    """Show move-up advice."""
    names = cover.scenario.stations["name"]
    return [
        {
            "key": f"{m.unit_id}>{m.to}",
            "unit_id": m.unit_id,
            "from": m.origin,
            "to": m.to,
            "to_name": str(names.get(m.to, m.to)),
            "drive_s": round(m.drive_s, DIGITS),
            "regains": round(m.regains, DIGITS),
            "loses": round(m.loses, DIGITS),
            "net": round(m.net, DIGITS),
            "unit": m.unit,
            "per_minute": round(m.per_minute, DIGITS),
            "reason": m.reason,
        }
        for m in moves
    ]


def alerts_shown(alerts: list[Alert], acknowledged: dict[str, str]) -> list[AlertState]:
    """Show what has to be told, and by whom it was seen."""
    return [
        {
            "key": a.key,
            "kind": a.kind,
            "level": a.level,
            "since": _ms(a.since_us),
            "title": a.title,
            "text": a.text,
            "acknowledged": acknowledged.get(a.key),
        }
        for a in alerts
    ]


def health_shown(health: Health, *, source: str, feeds: Iterable[FeedLineState] = ()) -> HealthState:
    """Show how the feed is doing. What was set aside is named by line, code and reason; its text stays in the store."""
    example, share = health.refused_example, health.refused_share
    return {
        "state": health.state,
        "source": source,
        "last_event": _ms(health.last_event_us),
        "last_received": _ms(health.last_received_us),
        "silent_s": round(health.silent_s, 1),
        "per_minute": round(health.per_minute, 1),
        "lag_s": round(health.lag_s, 1),
        "lag_p95_s": round(health.lag_p95_s, 1),
        "skew_s": round(health.skew_s, 1),
        "gaps": [list(gap) for gap in health.gaps],
        "gaps_n": sum(b - a + 1 for a, b in health.gaps),
        "resets": health.resets,
        "duplicates": health.duplicates,
        "refused": health.refused,
        "late": health.late,
        "unknown_units": list(health.unknown_units),
        "events": health.events,
        "notes": list(health.notes),
        "refusals": [_refusal_shown(refusal) for refusal in health.refusals],
        "refused_share": None if share is None else round(share, 4),
        "refused_example": None if example is None else _refusal_shown(example),
        "feeds": list(feeds),
    }


def _refusal_shown(refusal: Refusal) -> RefusalState:
    return {
        "received": _ms(refusal.received_us),
        "line": refusal.line,
        "code": refusal.code,
        "reason": refusal.reason,
    }


def performance_shown(table: pd.DataFrame | None, standard: Standard) -> list[PerformanceRow]:
    """Show a table of `fireplan.performance`, by measure; objectives are named as on their clocks."""
    if table is None:
        return []
    named = {o.key: title_of(o) for o in standard.objectives}
    return [
        {
            "measure": str(key),
            "title": named.get(str(key), str(row["title"]).capitalize()),
            "n": _plain(row["n"]),
            "p90_s": _plain(row["p90_s"]),
            "p90_low_s": _plain(row["p90_low_s"]),
            "p90_high_s": _plain(row["p90_high_s"]),
            "limit_s": _plain(row["limit_s"]),
            "goal": _plain(row["goal"]),
            "share": _plain(row["share"]),
            "share_low": _plain(row["share_low"]),
            "share_high": _plain(row["share_high"]),
            "met": _plain(row["met"]),
            "verified": _plain(row["verified"]),
            "note": str(row["note"]),
        }
        for key, row in table.iterrows()
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any kind
    """Give a cell as JSON knows it; what is missing or infinite is null."""
    if isinstance(value, str) or value is None:
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    if isinstance(value, bool) or str(type(value).__name__) in {"bool", "bool_"}:
        return bool(value)
    return int(number) if number.is_integer() else round(number, DIGITS)


def _ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


def _at(at: tuple[float, float] | None) -> list[float] | None:
    return None if at is None else [round(at[0], 7), round(at[1], 7)]


def _share(value: float) -> float | None:
    return None if math.isnan(value) else round(value, DIGITS)


def _bytes(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
