"""What a vehicle meets at a node of OpenStreetMap: barriers, level crossings, signals and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fireplan.roads._rules.access import ALLOWED, BUSES, CLOSED, TO_ENGINES, TO_SOME, as_meant, refused_sizes
from fireplan.roads._rules.driving_rules import DrivingRule, driving_rules
from fireplan.roads._rules.limits import LIMITS
from fireplan.roads._turns import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fireplan.roads._rules.vehicles import Vehicle

CONTROLS = {"traffic_signals": Control.SIGNALS, "stop": Control.STOP, "give_way": Control.GIVE_WAY}
DIRECTIONS = ("traffic_signals:direction", "stop:direction", "give_way:direction", "direction")
GUARDS = ("crossing:barrier", "crossing:light", "crossing:bell")
HEAVY_RAILS = {"rail", "narrow_gauge", "preserved"}
STREET_RAILS = {"tram", "light_rail", "subway", "monorail", "funicular", "miniature"}
"""Railways for which nobody waits at a gate; all others that are still driven have level crossings."""

APPROACH_M = 40.0
"""A signal nearer to a junction than this stands for those who come to it, unless it says otherwise. [m]"""

ONE_CROSSING_M = 60.0
"""Level crossings of one way nearer to one another than this are tracks side by side: one waits once. [m]"""

THROUGH = 2
"""As many arms has a place in the middle of a street."""

NODE_KEYS = frozenset(
    {"barrier", "bollard", "locked", "highway", "railway", "crossing", "stop", *DIRECTIONS,
     "access", "vehicle", "motor_vehicle", "motorcar", "emergency", "ford", "tram", *BUSES, *GUARDS,
     *(limit.key for limit in LIMITS), *(f"{limit.key}:physical" for limit in LIMITS)}
)  # fmt: skip
"""Keys of nodes that decide anything."""

MOTOR_KEYS = ("motor_vehicle", "motorcar", "vehicle", "access")

TELLING_KEYS = ("barrier", "highway", "railway", "ford", *MOTOR_KEYS, *(limit.key for limit in LIMITS))
"""A node without any of these is passed as if it had no tags."""


class Met(NamedTuple):
    """
    What is met at a node.

    Attributes
    ----------
    shut
        Nothing passes.
    wait_s
        Lost by whoever passes. [s]
    control
        A value of `Control`: what those who come to it have to heed.
    direction
        "forward", "backward": it stands for those who come that way along the way it lies on; "": for both.
    minor
        It stands for those who come from the lesser street alone.
    told
        What is noted of it, as the notes name it; "": nothing.
    crossing
        It is a level crossing: of several tracks side by side one waits once.
    guarded
        It is a crossing that has a gate, lights or a bell: of a railway, not of a tram.
    on_a_lane_s
        What it costs on a way kept open for engines alone, where it can be taken out, or it would not be kept open. [s]
    """

    shut: bool = False
    wait_s: float = 0.0
    control: int = 0
    direction: str = ""
    minor: bool = False
    told: str = ""
    crossing: bool = False
    guarded: bool = False
    on_a_lane_s: float | None = None


def met_at(tags: Mapping[str, str], vehicle: Vehicle) -> Met | None:  # noqa: PLR0911 - a verdict each
    """Say what is met at a node with these tags; None: nothing that counts."""
    tags = as_meant(tags)
    if refused_sizes(tags, vehicle):
        return Met(shut=True, told="barrier too low or narrow")
    barrier = tags.get("barrier", "")
    if barrier:
        met = _worst([_at_barrier(one, tags, vehicle) for one in sorted(_values(barrier))])
        if met is not None:
            return met
    if tags.get("railway") == "level_crossing" and tags.get("tram") != "yes":
        wait_s = driving_rules("crossing")["level_crossing"].figure
        guarded = any(tags.get(key, "no") != "no" for key in GUARDS)
        return Met(wait_s=wait_s, told="level crossing", crossing=True, guarded=guarded)
    control = CONTROLS.get(tags.get("highway", ""))
    if control is not None:
        said = next((tags[key] for key in DIRECTIONS if key in tags), "")
        direction = said if said in {"forward", "backward"} else ""
        minor = tags.get("stop") == "minor" or control is Control.GIVE_WAY
        return Met(control=int(control), direction=direction, minor=minor)
    if tags.get("ford", "") not in {"", "no"}:
        return Met(told="ford")
    shutting = next((key for key in MOTOR_KEYS if key in tags), "")
    if shutting and not barrier and _values(tags[shutting]) <= CLOSED:  # by what, and for whom, nobody says
        return Met(told=f"unknown barrier {shutting}={tags[shutting]}")
    return None


def _worst(met: list[Met | None]) -> Met | None:
    """Of several things at one node, as in "gate;bollard", that which holds up most."""
    return max((one for one in met if one is not None), key=lambda one: (one.shut, one.wait_s), default=None)


def _at_barrier(barrier: str, tags: Mapping[str, str], vehicle: Vehicle) -> Met | None:  # noqa: PLR0911 - a verdict each
    if barrier == "no":
        return None
    rule = driving_rules("barrier").get(barrier)
    if barrier == "bollard":
        rule = driving_rules("bollard").get(tags.get("bollard", ""), rule)
    exempt = _values(tags.get("emergency", ""))
    if vehicle.emergency and exempt == {"no"}:
        return Met(shut=True, told=f"barrier {barrier}")
    said = next((v for key in MOTOR_KEYS if (v := _values(tags.get(key, "")))), set())
    engines = vehicle.emergency and bool(exempt & (ALLOWED | TO_SOME | TO_ENGINES) or said & TO_ENGINES)
    if said and said <= CLOSED | TO_ENGINES and not engines and not _for_buses(tags, vehicle):
        return Met(shut=True, told=f"barrier {barrier}")
    if said & TO_SOME and not vehicle.emergency:
        return Met(shut=True, told=f"barrier {barrier}")
    if rule is None:
        return Met(told=f"unknown barrier {barrier}")
    by_word = bool(said & (ALLOWED if vehicle.emergency else ALLOWED - TO_SOME))
    wait_s = _passing_s(rule, tags, vehicle, let_in=engines or by_word or _for_buses(tags, vehicle))
    if wait_s is None:
        unknown = barrier == "bollard" and "bollard" not in tags and not said and vehicle.removes_bollards
        on_a_lane_s = driving_rules("bollard")["removable"].figure if unknown else None
        return Met(shut=True, told=f"barrier {barrier}", on_a_lane_s=on_a_lane_s)
    return Met(wait_s=wait_s, told=f"passed {barrier}") if wait_s else None


def _passing_s(rule: DrivingRule, tags: Mapping[str, str], vehicle: Vehicle, *, let_in: bool) -> float | None:
    """How long it takes to pass; None: it cannot be passed. [s]"""
    if rule.rule == "opened":
        locked_s = driving_rules("locked")["yes"].figure if tags.get("locked") == "yes" else 0.0
        may = vehicle.opens_gates and (vehicle.emergency or not locked_s)
        return max(rule.figure, locked_s) if may else None
    if rule.rule == "removed":
        return rule.figure if vehicle.removes_bollards or let_in else None
    if rule.rule == "wide":
        return 0.0 if vehicle.bus_roads or let_in else None
    if rule.rule == "shut":
        return 0.0 if let_in else None
    return rule.figure


def _for_buses(tags: Mapping[str, str], vehicle: Vehicle) -> bool:
    return vehicle.bus_roads and any(tags.get(bus, "") in {"yes", "designated", "official"} for bus in BUSES)


def _values(text: str) -> set[str]:
    return {one.strip() for one in text.split(";") if one.strip()}
