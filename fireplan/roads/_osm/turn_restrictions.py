"""Turn restrictions of OpenStreetMap as pairs of streets, by the direction in which each is driven."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.roads._rules.access import BUSES, TO_ENGINES
from fireplan.roads._rules.speeds import LORRY_T

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from fireplan.roads._rules.reading_notes import Counts
    from fireplan.roads._rules.vehicles import Vehicle

MOTOR_KEYS = ("restriction", "restriction:vehicle", "restriction:motor_vehicle", "restriction:motorcar")
LORRY_KEY = "restriction:hgv"
CONDITIONAL = tuple(f"{key}:conditional" for key in (*MOTOR_KEYS, LORRY_KEY))
RESTRICTION_KEYS = (*MOTOR_KEYS, LORRY_KEY, *CONDITIONAL)
"""Keys by which a relation is known to restrict a turn of vehicles."""

TURN_ANGLES = {"left": (20.0, 170.0), "right": (-170.0, -20.0), "straight": (-60.0, 60.0)}
"""Angles that a turn of each kind has, left above zero; one back has any other. [°]"""

BACK_ANGLE = 120.0


class TurnRule(NamedTuple):
    """A turn that is forbidden ("no_...") or the only one allowed ("only_..."), from ways at a node onto ways."""

    kind: str
    begin: tuple[int, ...]
    node: int
    end: tuple[int, ...]


def turn_rule(
    tags: Mapping[str, str], members: Iterable[tuple[str, int, str]], vehicle: Vehicle, tally: Counts
) -> TurnRule | None:
    """
    Read a relation.

    Parameters
    ----------
    tags
        Its tags.
    members
        Kind ("n", "w"), number and role of each.
    vehicle
        Says whether it heeds forbidden turns, and from which it is excepted.
    tally
        Takes how many restrictions there are, and of those that are not kept why.

    Returns
    -------
    The rule; None if it does not hold for the vehicle, or cannot be kept.
    """
    keys = (*MOTOR_KEYS, LORRY_KEY) if vehicle.weight_t > LORRY_T else MOTOR_KEYS
    kind = next((tags[key].strip().lower() for key in keys if key in tags), "")
    at_times = any(key in tags for key in ("hour_on", "day_on"))  # as it was mapped before there was ":conditional"
    if not kind or at_times:
        if at_times or any(key in tags for key in CONDITIONAL):
            tally.add("restriction")
            tally.add("restriction conditional")
        return None
    tally.add("restriction")
    excepted = {one.strip().lower() for one in tags.get("except", "").split(";")}
    if _is_free(excepted, vehicle):
        tally.add("restriction excepted")
        return None
    if not vehicle.obeys_turn_restrictions:
        tally.add("restriction disobeyed")
        return None
    rule = _rule(kind, members)
    if isinstance(rule, str):
        tally.add(rule)
        return None
    return rule


def _is_free(excepted: set[str], vehicle: Vehicle) -> bool:
    """Tell whether a vehicle is among those that are excepted; where buses may turn, an engine fits round, too."""
    if excepted & {"motor_vehicle", "vehicle"} or (vehicle.emergency and excepted & ({"emergency"} | TO_ENGINES)):
        return True
    return bool(vehicle.bus_roads and excepted & set(BUSES)) or (not vehicle.emergency and "motorcar" in excepted)


def _rule(kind: str, members: Iterable[tuple[str, int, str]]) -> TurnRule | str:
    """The rule, or how it is counted that there is none."""
    by_role: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for member, number, role in members:
        by_role[role.strip().lower()].append((member, number))
    begin = tuple(number for member, number in by_role["from"] if member == "w")
    end = tuple(number for member, number in by_role["to"] if member == "w")
    if any(member == "w" for member, _ in by_role["via"]):
        return "restriction over ways"
    nodes = [number for member, number in by_role["via"] if member == "n"]
    if not kind.startswith(("no_", "only_")) or len(nodes) != 1 or not begin or not end:
        return "restriction unclear"
    return TurnRule(kind, begin, nodes[0], end)


class DrawnStreets(NamedTuple):
    """
    Streets as they are drawn.

    Attributes
    ----------
    way
        Number of the way each is cut from.
    first, last
        Number of the node at its beginning and at its end.
    begins, ends
        Directions in which each begins and ends, as drawn. [°, anticlockwise]
    open_to
        Whether it may be driven as drawn, and back.
    """

    way: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    begins: NDArray[np.float64]
    ends: NDArray[np.float64]
    open_to: NDArray[np.bool_]


def banned_turns(rules: list[TurnRule], streets: DrawnStreets, tally: Counts) -> NDArray[np.int64]:
    """
    Forbidden turns, n x (from, onto): each is twice the place of a street, and one more where it is driven back.

    A rule that does not tell which turn it means, as its ways run on beyond the node and more than one turn there is of
    its kind, is counted in `tally` and left.
    """
    coming, going = _at_nodes(streets, {rule.node for rule in rules})
    pairs: set[tuple[int, int]] = set()
    for rule in rules:
        into, out_of = coming[rule.node], going[rule.node]
        begin = [state for state in into if streets.way[state >> 1] in rule.begin]
        end = [state for state in out_of if streets.way[state >> 1] in rule.end]
        if not begin or not end:
            if rule.kind.startswith("only_"):
                tally.add("restriction lost")
            continue
        meant = _meant(rule, [(a, b) for a in begin for b in end], streets)
        if not meant:
            tally.add("restriction unclear")
        elif rule.kind.startswith("no_"):
            pairs.update(meant)
        else:
            allowed = {b for _, b in meant}
            pairs.update((a, b) for a in {a for a, _ in meant} for b in out_of if b not in allowed)
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _at_nodes(streets: DrawnStreets, nodes: set[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Ways along streets that lead to each node, and away from it."""
    coming: defaultdict[int, list[int]] = defaultdict(list)
    going: defaultdict[int, list[int]] = defaultdict(list)
    wanted = np.array(sorted(nodes), dtype=np.int64)
    for node_of, there, back in ((streets.first, going, coming), (streets.last, coming, going)):
        for street in np.flatnonzero(np.isin(node_of, wanted)):
            node = int(node_of[street])
            if streets.open_to[street, 0]:
                there[node].append(2 * int(street))
            if streets.open_to[street, 1]:
                back[node].append(2 * int(street) + 1)
    return coming, going


def _meant(rule: TurnRule, pairs: list[tuple[int, int]], streets: DrawnStreets) -> list[tuple[int, int]]:
    """Of the turns a rule may mean those it does; none if that cannot be told."""
    several = len(rule.begin) > 1 or len(rule.end) > 1  # of no_entry and no_exit each pair is meant
    if len(pairs) == 1 or several:
        return pairs
    fitting = [pair for pair in pairs if _fits(rule.kind, _angle(*pair, streets))]
    return fitting if len(fitting) == 1 else []


def _angle(before: int, after: int, streets: DrawnStreets) -> float:
    """Angle of a turn, left above zero. [°]"""
    leaving = streets.begins[before >> 1] + 180.0 if before & 1 else streets.ends[before >> 1]
    entering = streets.ends[after >> 1] + 180.0 if after & 1 else streets.begins[after >> 1]
    return float((entering - leaving + 180.0) % 360.0 - 180.0)


def _fits(kind: str, angle: float) -> bool:
    for word, (low, high) in TURN_ANGLES.items():
        if word in kind:
            return low <= angle <= high
    return "u_turn" in kind and abs(angle) > BACK_ANGLE
