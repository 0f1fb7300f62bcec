"""What passing from one street onto another costs, and where it is forbidden."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Turns = Literal["none", "mean", "exact"]
"""How turns are reckoned: not at all, as a mean at every junction, or each by itself."""

TURNS: tuple[Turns, ...] = get_args(Turns)

Side = Literal["right", "left"]
"""The side of the road on which traffic keeps."""

SHARP = np.pi / 4
"""A turn by more than this goes left or right; by less, straight on. [rad]"""

NEAREST_M = 1.0
"""A street leaves a node towards its first point that is this far off: nearer ones are slips of the hand. [m]"""


class Feature(IntFlag):
    """What a street is besides its class, as bits."""

    BRIDGE = 1
    TUNNEL = 2
    ROUNDABOUT = 4
    TO_DOORS = 8
    """A driveway or an aisle: it leads to doors, not past them."""
    FIRE_LANE = 16
    """A way on foot or by bus that engines may use."""


class Control(IntEnum):
    """What an engine meets at the end of a street, before it turns onto the next."""

    NONE = 0
    SIGNALS = 1
    STOP = 2
    GIVE_WAY = 3


class TurnDelays(NamedTuple):
    """
    Time lost at junctions, by kind of turn. [s]

    All figures are assumed until they are learnt from a city's own dispatch history; see `docs/methods.md`.

    Attributes
    ----------
    straight_s
        Going straight on, or turning by 45° at most. [s]
    left_s, right_s
        Turning left and right by more, where traffic keeps right: left is across oncoming traffic. [s]
    u_turn_s
        Turning back, which is done where a road ends, or leads on nowhere else, and at no other place. [s]
    signal_s, stop_s, give_way_s
        Added to whatever is done at a signal, at a stop sign, and where way is given, straight on included. [s]
    roundabout_s
        Entering a roundabout; on it and leaving it, turns cost nothing. [s]
    drives_on
        Side on which traffic keeps: "right", or "left", and then `left_s` is of turning right and `right_s` of
        turning left.

    Notes
    -----
    Straight, left and right count at junctions of three arms or more, and not between two ramps or motorways, which
    part and join without a stop. What is added at a signal or a sign counts wherever one stands.
    """

    straight_s: float = 0.0
    left_s: float = 4.0
    right_s: float = 2.0
    u_turn_s: float = 0.0
    signal_s: float = 4.0
    stop_s: float = 3.0
    give_way_s: float = 1.0
    roundabout_s: float = 2.0
    drives_on: Side = "right"


USUAL_DELAYS = TurnDelays()
NO_DELAYS = TurnDelays(left_s=0.0, right_s=0.0, signal_s=0.0, stop_s=0.0, give_way_s=0.0, roundabout_s=0.0)

COSTS = {
    "straight_s": "straight on", "left_s": "left", "right_s": "right", "u_turn_s": "turning back",
    "signal_s": "signal", "stop_s": "stop sign", "give_way_s": "give way", "roundabout_s": "roundabout",
}  # fmt: skip
"""What each delay is of."""


def turn_notes(turns: Turns, delays: TurnDelays) -> list[str]:
    """Say how turns are reckoned and on whose figures, where they are."""
    if turns == "none":
        return []
    how = "each by itself" if turns == "exact" else "as a mean at every junction"
    costs = ", ".join(f"{what} {getattr(delays, key):g} s" for key, what in COSTS.items() if getattr(delays, key) > 0)
    assumed = " (assumed)" if delays._replace(drives_on="right") == USUAL_DELAYS else ""
    twice = "planning speeds of classes of road contain junctions, which then count twice"
    return [f"turns count {how}: {costs or 'no delay'}{assumed}; {twice}"]


LONGEST_DELAY_S = 600.0
"""A delay that is longer was written in another unit. [s]"""


class StreetTurns(NamedTuple):
    """
    Turns that may be made from one street onto another.

    A way is twice the row of a street, and one more where it is driven back.

    Attributes
    ----------
    before, after
        The way that is left, in rising order, and the way that is entered.
    delay_s
        What the turn costs. [s]
    kind
        What it is: a place in `KINDS_OF_TURN`.
    """

    before: NDArray[np.int32]
    after: NDArray[np.int32]
    delay_s: NDArray[np.float32]
    kind: NDArray[np.uint8]


STRAIGHT_COUNTS = 4.0
"""
In a mean, how many turns going straight on counts as.

On quickest ways through Marisol four of five junctions at which one can go straight on are passed so; counted once, the
mean is 8 s too high on a run there, counted four times half a second too low.
"""

KINDS_OF_TURN = ("straight", "left", "right", "back")
STRAIGHT, LEFT, RIGHT, BACK = range(4)


class DirectedStreets(NamedTuple):
    """
    Streets as they are driven, one direction after the other: there and back of the first, of the second, and so on.

    Attributes
    ----------
    tail, head
        Nodes at which each begins and ends.
    open_to
        Which may be driven.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    open_to: NDArray[np.bool_]


def ways_of(
    first: NDArray[np.int32], last: NDArray[np.int32], there_s: NDArray[np.float64], back_s: NDArray[np.float64]
) -> DirectedStreets:
    """Lay out the ways along streets."""
    open_to = np.isfinite(np.column_stack([there_s, back_s])).ravel()
    return DirectedStreets(np.column_stack([first, last]).ravel(), np.column_stack([last, first]).ravel(), open_to)


def check_delays(delays: TurnDelays) -> None:
    """Raise what is wrong with delays."""
    if not isinstance(delays, TurnDelays):
        raise InputError("delays: give fp.roads.TurnDelays(...)")
    wrong = [
        f"{name} is {quoted(value) if isinstance(value, str) else value}"
        for name, value in delays._asdict().items()
        if name != "drives_on" and not (isinstance(value, int | float) and 0 <= value <= LONGEST_DELAY_S)
    ]
    if wrong:
        raise InputError(f"{listed(wrong)}: a delay is a number of seconds from 0 to {LONGEST_DELAY_S:g}")
    if delays.drives_on not in get_args(Side):
        raise InputError(f"drives_on is {quoted(delays.drives_on)}: traffic keeps to the 'right' or to the 'left'")


def street_turns(  # noqa: PLR0913 - one argument for each attribute of a network
    ways: DirectedStreets,
    *,
    n_nodes: int,
    xy_m: NDArray[np.float64],
    offsets: NDArray[np.int64],
    highway: NDArray[np.str_],
    features: NDArray[np.uint16],
    control: NDArray[np.uint8],
    banned: NDArray[np.int32],
    delays: TurnDelays,
) -> StreetTurns:
    """
    List every turn that may be made, with what it costs.

    Turning back is listed where there is nothing else to do, forbidden turns not at all. Arguments are as the
    attributes of a network.
    """
    n_ways = len(ways.tail)
    before, after = _pairs(ways, n_nodes)
    back = after == before ^ 1
    allowed = np.ones(len(before), dtype=bool)
    if len(banned):
        key = before.astype(np.int64) * n_ways + after
        allowed = ~np.isin(key, banned[:, 0].astype(np.int64) * n_ways + banned[:, 1])
    onward = np.zeros(n_ways, dtype=bool)
    onward[before[allowed & ~back]] = True
    allowed &= ~back | ~onward[before]
    before, after, back = before[allowed], after[allowed], back[allowed]
    kind = kinds_of(before, after, xy_m=xy_m, offsets=offsets)
    delay_s = _kind_s(delays)[kind]
    # A street that is closed still joins: to close one makes no junction quicker.
    arms = np.bincount(ways.tail, minlength=n_nodes)
    ramp = are_ramps(highway)
    plain = (arms[ways.tail[after]] < 3) | (ramp[before >> 1] & ramp[after >> 1])
    ring = (features & Feature.ROUNDABOUT) > 0
    from_ring, onto_ring = ring[before >> 1], ring[after >> 1]
    delay_s[(plain | from_ring) & ~back] = 0.0
    delay_s[onto_ring & ~from_ring] = delays.roundabout_s
    added_s = np.zeros(max(Control) + 1, dtype=np.float32)
    added_s[[Control.SIGNALS, Control.STOP, Control.GIVE_WAY]] = delays.signal_s, delays.stop_s, delays.give_way_s
    delay_s += added_s[control.ravel()[before]]
    return StreetTurns(before, after, delay_s, kind)


def kinds_of(
    before: NDArray[np.integer], after: NDArray[np.integer], *, xy_m: NDArray[np.float64], offsets: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Say what kind of turn it is from one way onto another, as places in `KINDS_OF_TURN`."""
    begins, ends = _bearings(xy_m, offsets)
    angle = (begins[after] - ends[before] + np.pi) % (2 * np.pi) - np.pi
    kinds = [after == before ^ 1, angle > SHARP, angle < -SHARP]
    return np.select(kinds, [BACK, LEFT, RIGHT], default=STRAIGHT).astype(np.uint8)


def are_ramps(highway: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Say which streets part and join without a stop among themselves."""
    return np.asarray((highway == "motorway") | np.char.endswith(highway, "_link"))


def mean_delays(turns: StreetTurns, n_ways: int) -> NDArray[np.float64]:
    """
    What turns cost on average at the end of each way, turning back left out; nothing where there is none. [s]

    Going straight on counts as `STRAIGHT_COUNTS` turns, as quick ways go straight on where they can.
    """
    counts = np.array([STRAIGHT_COUNTS, 1.0, 1.0, 0.0])[turns.kind]
    total_s = np.bincount(turns.before, weights=turns.delay_s * counts, minlength=n_ways)
    n_turns = np.bincount(turns.before, weights=counts, minlength=n_ways)
    return np.asarray(total_s / np.where(n_turns > 0, n_turns, 1.0))


def _kind_s(delays: TurnDelays) -> NDArray[np.float32]:
    """What each kind of turn costs. [s]"""
    sides = (delays.left_s, delays.right_s) if delays.drives_on == "right" else (delays.right_s, delays.left_s)
    return np.array([delays.straight_s, *sides, delays.u_turn_s], dtype=np.float32)


def _pairs(ways: DirectedStreets, n_nodes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Every way that may be driven, with every one that begins where it ends."""
    going = np.flatnonzero(ways.open_to).astype(np.int32)
    leaving = going[np.argsort(ways.tail[going], kind="stable")]
    start = np.searchsorted(ways.tail[leaving], np.arange(n_nodes + 1)).astype(np.int32)
    head = ways.head[going]
    count = start[head + 1] - start[head]
    before = np.repeat(going, count)
    step = np.arange(len(before), dtype=np.int32) - np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    return before, leaving[np.repeat(start[head], count) + step]


def _bearings(xy_m: NDArray[np.float64], offsets: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions in which each way begins and ends, as it is driven. [rad]"""
    low, high = offsets[:-1], offsets[1:] - 1
    out = _towards(xy_m, low, high, 1)
    into = _towards(xy_m, high, low, -1)
    half = np.float32(np.pi)
    return np.column_stack([out, into]).ravel(), np.column_stack([into + half, out + half]).ravel()


def _towards(
    xy_m: NDArray[np.float64], node: NDArray[np.int64], other: NDArray[np.int64], step: int
) -> NDArray[np.float32]:
    """Direction from the vertex at a node to the next along a street that is not upon it. [rad]"""
    to = node + step
    while True:
        dx, dy = (xy_m[to] - xy_m[node]).T
        upon = (np.hypot(dx, dy) < NEAREST_M) & (to != other)
        if not upon.any():
            return np.asarray(np.arctan2(dy, dx), dtype=np.float32)
        to = np.where(upon, to + step, to)
