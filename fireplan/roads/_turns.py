"""What passing from one street onto another costs, and where it is forbidden."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Literal, NamedTuple, get_args

Turns = Literal["none", "mean", "exact"]
"""How turns are reckoned: not at all, as a mean at every junction, or each by itself."""

TURNS: tuple[Turns, ...] = get_args(Turns)


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

    `left_s` and `right_s` are of turns by more than 45°, as seen where traffic keeps right; where it keeps left, give
    them the other way round. `signal_s`, `stop_s` and `give_way_s` are added to every turn made there, straight on
    included; `roundabout_s` is of entering one, in which turns cost nothing more. Turns count at junctions of three
    arms or more; `u_turn_s` is of turning back, which is done where a road ends and nowhere else.

    The figures are assumptions until they are learnt from a city's own dispatch history.
    """

    straight_s: float = 0.0
    left_s: float = 4.0
    right_s: float = 2.0
    u_turn_s: float = 0.0
    signal_s: float = 4.0
    stop_s: float = 3.0
    give_way_s: float = 1.0
    roundabout_s: float = 2.0


USUAL_DELAYS = TurnDelays()
