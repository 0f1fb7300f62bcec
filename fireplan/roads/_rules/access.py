"""Which ways a vehicle may use, in which direction and how fast, by the tags of OpenStreetMap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._rules.driving_rules import driving_rules
from fireplan.roads._rules.limits import LIMITS, SIZES, WEIGHTS, read_size, too_much
from fireplan.roads._rules.speeds import (
    BY_SIGNALS,
    UNBOUND_CLASSES,
    drivable_class,
    is_unbounded,
    posted_kph,
    response_kph,
)
from fireplan.roads._rules.vehicles import SMOOTHNESS, TRACK_GRADES
from fireplan.roads._turns import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from fireplan.roads._rules.limits import Limit
    from fireplan.roads._rules.vehicles import Vehicle

    Tags = Mapping[str, str]

CLOSED = {"no", "agricultural", "forestry", "use_sidepath"}
TO_SOME = {"private", "residents", "permit", "military", "employees", "staff"}
"""Values that keep the public out, and no engine on a call."""

TO_ENGINES = {"emergency", "fire", "fire_brigade"}
TO_BUSES = {"bus", "psv", "public_transport"}
ALLOWED = {"yes", "designated", "official", "permissive", "destination", "customers", "delivery", "permit", "private"}
"""Values with which a way on foot is said to be driven."""

BUSES = ("bus", "psv", "coach", "tourist_bus", "minibus", "trolleybus")
YARDS = {"driveway", "parking_aisle"}
"""Kinds of `service` way that lead to a door, not past it."""

ON_FOOT = {"footway", "pedestrian", "cycleway", "path", "bridleway"}
NARROW = {"path", "bridleway"}
"""Ways on which `motor_vehicle=yes` may well mean quads: they must be known to be wide enough."""

NEVER = {"steps", "corridor", "elevator", "escalator", "platform", "via_ferrata", "ladder"}
NOT_BUILT = {"construction", "proposed", "planned"}
STILL_OPEN = {"no", "minor", "widening"}
"""Values of `construction` on a road with which it is driven meanwhile."""

GONE = {"no", "abandoned", "disused", "razed", "demolished", "removed", "destroyed", "dismantled", "historic"}
GUIDED = "bus_guideway"
EMERGENCY_ROAD = "emergency_access"
EMERGENCY_LANES = {EMERGENCY_ROAD, "fire_lane"}
"""Kinds of `service` way, and a word of `emergency`, that say that a way is kept open for engines."""


FORWARD, BACKWARD = "forward", "backward"
YES, REVERSE, NO, CHANGING = (
    {"yes", "true", "1"},
    {"-1", "reverse"},
    {"no", "false", "0"},
    {"reversible", "alternating"},
)
NOTHING = {"", "no"}

HIERARCHY = ("access", "vehicle", "motor_vehicle", "motorcar", "emergency", "hgv", "goods", *BUSES)
ONEWAYS = ("oneway:emergency", "oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
_DIRECTED = (
    *HIERARCHY, "maxspeed", "maxspeed:hgv", "maxspeed:emergency", "maxspeed:lanes",
    *(limit.key for limit in LIMITS),
    *(f"{limit.key}:{more}" for limit in LIMITS for more in ("physical", "emergency")),
    *(f"{limit.key}:hgv" for limit in WEIGHTS),
)  # fmt: skip
CONDITIONAL = ":conditional"
KINDS_OF_LIMIT = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
"""What says why a limit holds, such as "RO:urban"."""

TOLD_IF_CONDITIONAL = {"access", "vehicle", "motor_vehicle", "motorcar", "emergency", "oneway", "maxspeed", "ford",
                       *(limit.key for limit in LIMITS)}  # fmt: skip
READ = frozenset(
    {*_DIRECTED, *(f"{key}:{way}" for key in _DIRECTED for way in (FORWARD, BACKWARD)), *ONEWAYS, "oneway:bus",
     "oneway:psv", "highway", "route", "area", "service", "junction", "bridge", "man_made", "tunnel", "tracktype",
     "surface", "smoothness", "construction", "width", "est_width", "ford", "maxaxleload", "maxbogieweight",
     "impassable", *KINDS_OF_LIMIT}
)  # fmt: skip
"""Every key that decides anything; besides these only those that end in ":conditional" are told of."""


class Passage(NamedTuple):
    """
    How a vehicle may use a way.

    Attributes
    ----------
    highway
        Class under which it is driven; "": not at all.
    forward_kph, backward_kph
        Speeds as drawn and against it; NaN where that direction is not driven. [km/h]
    features
        Bits of `Feature`.
    left_out
        Why it is not driven, as one of `fireplan.roads._rules.reading_notes.LEFT_OUT`; "": it is, or is no road.
    told
        What of it is passed over, conditional, or driven by few, as the notes name it.
    """

    highway: str = ""
    forward_kph: float = math.nan
    backward_kph: float = math.nan
    features: int = 0
    left_out: str = ""
    told: tuple[str, ...] = ()


def as_meant(tags: Tags) -> dict[str, str]:
    """Tags without capitals and spaces, which mean nothing in them; speeds and limits, which are told, as written."""
    return {key: text if key.startswith("max") else text.strip().lower() for key, text in tags.items()}


def passage(tags: Tags, vehicle: Vehicle) -> Passage:
    """Say how a vehicle may use a way with these tags."""
    tags = as_meant(tags)
    found = _kind(tags, vehicle)
    if isinstance(found, str):
        return Passage(left_out=found)
    highway, lane, own_kph = found
    told = list(_conditions(tags))
    ways = {way: _allowed(tags, way, vehicle, lane) for way in (FORWARD, BACKWARD)}
    shut = [why for why in ways.values() if why in WHY_SHUT]
    if len(shut) == len(ways):
        return Passage(left_out=shut[0], told=tuple(told))
    opened_for = ({lane, *ways.values()} - WHY_SHUT) - {""}
    limits = {way: _held_by(tags, way, vehicle, told) for way in (FORWARD, BACKWARD)}
    speeds = {way: _kph(tags, way, highway, own_kph, vehicle, told) for way in (FORWARD, BACKWARD)}
    course = ways_driven(tags, vehicle, told)
    shut += [why for way, why in limits.items() if why and way in course]
    driven = [way for way in (FORWARD, BACKWARD) if way in course and ways[way] not in WHY_SHUT and not limits[way]]
    if not driven:
        return Passage(left_out=shut[0] if shut else "closed", told=tuple(told))
    rough = _roughness_kph(tags, vehicle)
    if rough is None:
        return Passage(left_out="rough", told=tuple(told))
    told += sorted(f"only {who}" for who in opened_for)
    forward, backward = (min(speeds[way], rough) if way in driven else np.nan for way in (FORWARD, BACKWARD))
    return Passage(highway, forward, backward, _features(tags, opened_for), "", tuple(dict.fromkeys(told)))


WHY_SHUT = {"closed", "private", "bus", "emergency", "on_foot"}
"""Reasons not to be let onto a way."""


def _kind(tags: Tags, vehicle: Vehicle) -> str | _Street:  # noqa: PLR0911 - a kind of way each
    """What a way is driven as; or why it is no street."""
    value = tags.get("highway", "")
    classes = {one.strip(): None for one in value.split(";")}
    if not value:
        return ""
    if NOT_BUILT & classes.keys() or tags.get("construction", "no") not in STILL_OPEN:
        return "construction"
    if tags.get("area") == "yes":
        return "area"
    kept_open = bool(vehicle.emergency and _values(tags.get("emergency", "")) & ALLOWED)
    highway = drivable_class(value)
    if highway is not None:
        return _road(highway, tags.get("service", ""), vehicle, kept_open=kept_open)
    if EMERGENCY_ROAD in classes:
        kph = driving_rules("lane")[EMERGENCY_ROAD].figure
        return _Street(EMERGENCY_ROAD, "fire_lane", kph) if vehicle.emergency and vehicle.fire_lanes else "emergency"
    if "track" in classes:
        grade = track_grade(tags)
        kph = driving_rules("track")[str(grade)].figure
        return _Street("track", "track", kph) if grade <= vehicle.worst_track or kept_open else "track"
    walked = next((one for one in classes if one in ON_FOOT), "")
    if walked:
        return _Street(walked, "on_foot", driving_rules("lane")["on_foot"].figure)
    return _no_street(classes.keys())


class _Street(NamedTuple):
    """Class, kind of lane ("": an ordinary street) and the speed that goes with it; None: that of the class."""

    highway: str
    lane: str = ""
    own_kph: float | None = None


def _road(highway: str, service: str, vehicle: Vehicle, *, kept_open: bool) -> str | _Street:
    if highway == "service" and service in {*YARDS, "drive-through"} and kept_open:
        return _Street(highway)
    if highway == "service" and service == "drive-through":
        return "driveway"
    if highway == "service" and service in YARDS:
        kph = driving_rules("lane")["to_doors"].figure
        return _Street(highway, "to_doors", kph) if vehicle.to_doors else "driveway"
    if highway == "busway" and not vehicle.bus_roads:
        return "bus"
    if highway == "service" and service in EMERGENCY_LANES and not vehicle.emergency:
        return "emergency"
    return _Street(highway)


def _no_street(classes: AbstractSet[str]) -> str:
    if GUIDED in classes:
        return "bus"
    if classes & NEVER:
        return "on_foot"
    return "" if classes & GONE else "other"


def track_grade(tags: Tags) -> int:
    """Grade of a track by its `tracktype`, else by its surface, of several the worst; soft where neither is known."""
    said = {one.removeprefix("grade") for one in _values(tags.get("tracktype", ""))}
    if said and said <= {str(grade) for grade in range(1, TRACK_GRADES + 1)}:
        return int(max(said))
    rules = [driving_rules("surface").get(one) for one in _values(tags.get("surface", ""))]
    return int(max((TRACK_GRADES if rule is None else rule.figure for rule in rules), default=TRACK_GRADES))


def _said(tags: Tags, key: str, way: str) -> str:
    """Value of a key in one direction: what is said of the direction goes before what is said of both."""
    return tags.get(f"{key}:{way}", tags.get(key, "")).strip().lower()


def _values(text: str) -> set[str]:
    return {one.strip() for one in text.split(";") if one.strip()}


def _allowed(tags: Tags, way: str, vehicle: Vehicle, lane: str) -> str:  # noqa: PLR0911 - a verdict each
    """Why one direction is shut, or what opens it to few ("fire_lane", "bus_road"); "": it is open to all."""
    exempt = _values(_said(tags, "emergency", way))
    general = _general(tags, way, vehicle)
    if vehicle.emergency and exempt == {"no"}:
        return "closed"
    kept_open = bool(
        exempt & (ALLOWED | TO_SOME | TO_ENGINES | EMERGENCY_LANES)
        or {tags["highway"], tags.get("service", "")} & EMERGENCY_LANES
    )
    if vehicle.emergency and kept_open and not (lane == "on_foot" and not vehicle.fire_lanes):
        return "fire_lane" if lane == "on_foot" or general else ""
    if lane == "on_foot":
        return _on_foot(tags, way, vehicle)
    if general == "emergency":
        return "fire_lane" if vehicle.emergency else "emergency"
    for_buses = general == "bus" or tags["highway"] == "busway" or _takes_buses(tags, way)
    if general in {"closed", "bus"} and for_buses:
        return "bus_road" if vehicle.bus_roads else "bus"
    if general == "closed" and vehicle.emergency and ALLOWED & _values(_said(tags, "hgv", way)):
        return ""
    return general


def _general(tags: Tags, way: str, vehicle: Vehicle) -> str:
    """Why a direction is shut by the nearest key that speaks of motor vehicles; "emergency", "bus": open to these."""
    first = ("motor_vehicle", "motorcar") if vehicle.emergency else ("motorcar", "motor_vehicle")
    said = next((values for key in (*first, "vehicle", "access") if (values := _values(_said(tags, key, way)))), set())
    if said & CLOSED and "motorcar" in first and ALLOWED & _values(_said(tags, "motorcar", way)):
        return ""
    if not said or said & {"yes", "permissive", "designated", "official", "destination", "customers", "delivery"}:
        return ""
    if said & TO_ENGINES:
        return "emergency"
    if said & TO_SOME:
        return "" if vehicle.emergency else "private"
    if said & TO_BUSES:
        return "bus"
    return "closed" if said <= CLOSED else ""


def _takes_buses(tags: Tags, way: str) -> bool:
    return any(_values(_said(tags, bus, way)) & {"yes", "designated", "official"} for bus in BUSES)


def _on_foot(tags: Tags, way: str, vehicle: Vehicle) -> str:
    """What opens a way on foot: a word of its own on motor vehicles, buses or engines."""
    motor = next(
        (v for key in ("motor_vehicle", "motorcar", "vehicle") if (v := _values(_said(tags, key, way)))), set()
    )
    open_to = ALLOWED if vehicle.emergency else ALLOWED - TO_SOME
    wide = not NARROW & set(tags.get("highway", "").split(";")) or _width_m(tags) >= vehicle.width_m
    engines = motor | _values(_said(tags, "access", way))
    if engines & TO_ENGINES:
        return "fire_lane" if vehicle.fire_lanes and vehicle.emergency else "on_foot"
    if motor & open_to and wide:
        return "walkway"
    if _takes_buses(tags, way) and wide:
        return "bus_road" if vehicle.bus_roads else "on_foot"
    return "on_foot"


def _width_m(tags: Tags) -> float:
    """Width of a way as it is mapped; 0 where it is not. [m]"""
    for key in ("width", "est_width"):
        width_m = read_size(tags.get(key, ""))
        if width_m is not None:
            return width_m
    return 0.0


def _held_by(tags: Tags, way: str, vehicle: Vehicle, told: list[str]) -> str:
    """What of a vehicle is too much for a way, as posted; limits that are passed over are told."""
    on_bridge = tags.get("bridge", "") not in NOTHING or tags.get("man_made") == "bridge"
    if on_bridge and ("maxaxleload" in tags or "maxbogieweight" in tags):
        told.append("axle")
    found = ""
    for limit in LIMITS:
        value = _posted_limit(tags, limit, way, told)
        of_lorries = f"{limit.key}:hgv"
        if limit in WEIGHTS and too_much(vehicle, limit, _read_limit(tags, limit, (of_lorries,), way, told)):
            told.append(f"conditional {of_lorries}")  # an engine carries no goods
        if not too_much(vehicle, limit, value):
            continue
        if limit in WEIGHTS and vehicle.weight_limits == "bridges" and not on_bridge:
            told.append("weight rule")
            continue
        found = found or limit.what
    mapped_m = _width_m(tags)
    narrow = set(tags.get("highway", "").split(";")) & ON_FOOT and 0 < mapped_m < vehicle.width_m
    return found or ("width" if narrow else "")


def _posted_limit(tags: Tags, limit: Limit, way: str, told: list[str]) -> float:
    return _read_limit(tags, limit, (f"{limit.key}:emergency", f"{limit.key}:physical", limit.key), way, told)


def _read_limit(tags: Tags, limit: Limit, keys: tuple[str, ...], way: str, told: list[str]) -> float:
    text = next((said for key in keys if (said := _said(tags, key, way))), "")
    if not text:
        return math.inf
    value = limit.read(text)
    if value is None:
        told.append(f"limit {limit.key}={text}")
        return math.inf
    return value


def _kph(tags: Tags, way: str, highway: str, own_kph: float | None, vehicle: Vehicle, told: list[str]) -> float:
    """Speed in one direction; a posted speed that cannot be read, or is one of lorries, is told. [km/h]"""
    keys = ("maxspeed:emergency", "maxspeed", "maxspeed:lanes")
    text = next((said for key in keys if (said := _written(tags, key, way))), None)
    if text is None:  # some say only what kind of limit it is, such as RO:urban
        kinds = (tags.get(key, "") for key in KINDS_OF_LIMIT)
        known = (kind for kind in kinds if ":" in kind and (posted_kph(kind) is not None or is_unbounded(kind)))
        zone = tags.get("zone:maxspeed", "")
        text = next(known, zone if posted_kph(zone) is not None else None)
    elif text.strip().lower() in BY_SIGNALS:
        told.append("signalled speed")
        text = None
    elif posted_kph(text) is None and not (is_unbounded(text) and highway in UNBOUND_CLASSES):
        told.append(f"maxspeed {text}")
    if own_kph is not None:
        limit = None if text is None else posted_kph(text)
        own = own_kph if limit is None or vehicle.speeds == "class" else min(own_kph, max(limit, vehicle.floor_kph))
        return min(own, vehicle.top_kph)
    lorries = _written(tags, "maxspeed:hgv", way)
    kph = response_kph(highway, text, vehicle, lorries=lorries)
    if lorries is not None and kph < response_kph(highway, text, vehicle):
        told.append("speed of lorries")
    return kph


def _written(tags: Tags, key: str, way: str) -> str | None:
    return tags.get(f"{key}:{way}", tags.get(key))


def ways_driven(tags: Tags, vehicle: Vehicle, told: list[str]) -> tuple[str, ...]:
    """Directions in which a way is driven, by what is said of one-way traffic; what is not reckoned with is told."""
    implied = tags.get("highway") == "motorway" or tags.get("junction") in {"roundabout", "circular"}
    keys = ONEWAYS if vehicle.emergency else ONEWAYS[1:]
    said = next((tags[key].strip().lower() for key in keys if key in tags), "yes" if implied else "no")
    if said in CHANGING:
        told.append("reversible")
    if said not in YES | REVERSE:
        return FORWARD, BACKWARD
    if NO & {tags.get(f"oneway:{bus}", "") for bus in ("bus", "psv")}:
        told.append("lane of buses")
    course, against = (FORWARD, BACKWARD) if said in YES else (BACKWARD, FORWARD)
    if vehicle.emergency and "oneway:emergency" not in tags and _values(tags.get(f"emergency:{against}", "")) & ALLOWED:
        return FORWARD, BACKWARD
    return (course,)


def _roughness_kph(tags: Tags, vehicle: Vehicle) -> float | None:
    """How fast the surface lets a vehicle drive; None: not at all. [km/h]"""
    said = [SMOOTHNESS.index(one) for one in _values(tags.get("smoothness", "")) if one in SMOOTHNESS]
    if tags.get("impassable") == "yes":
        return None
    if not said:
        return math.inf
    if max(said) > SMOOTHNESS.index(vehicle.worst_smoothness):
        return None
    rule = driving_rules("smoothness").get(SMOOTHNESS[max(said)])
    return math.inf if rule is None else rule.figure


def _conditions(tags: Tags) -> Iterator[str]:
    """Name what holds at times, or for some, and is not reckoned with."""
    for key in tags:
        base = key.removesuffix(CONDITIONAL)
        if base != key and base.partition(":")[0] in TOLD_IF_CONDITIONAL:
            yield f"conditional {key}"
    if tags.get("ford", "") not in NOTHING:
        yield "ford"


def _features(tags: Tags, opened_for: set[str]) -> int:
    found = Feature(0)
    if tags.get("bridge", "") not in NOTHING:
        found |= Feature.BRIDGE
    if tags.get("tunnel", "") not in NOTHING | {"building_passage"}:  # through a building, where doors may well open
        found |= Feature.TUNNEL
    if tags.get("junction") in {"roundabout", "circular"}:
        found |= Feature.ROUNDABOUT
    if "to_doors" in opened_for:
        found |= Feature.TO_DOORS
    if opened_for & {"fire_lane", "bus_road", "walkway", "on_foot"}:
        found |= Feature.FIRE_LANE
    return int(found)


def refused_sizes(tags: Tags, vehicle: Vehicle) -> bool:
    """Tell whether what stands at a point is too low or too narrow for a vehicle, or too weak."""
    limits = SIZES if vehicle.weight_limits == "bridges" else LIMITS
    return any(too_much(vehicle, limit, _posted_limit(tags, limit, FORWARD, [])) for limit in limits)
