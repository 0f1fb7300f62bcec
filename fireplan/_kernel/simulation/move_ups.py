"""Where free units are stationed while others are out: what a policy sees, what it may do, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import counting_nothing, part_counting_nothing
from fireplan._kernel.simulation.one_dispatch import free_from_s, renew

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.one_dispatch import Drives, Moments, UnitsAsked, UnitsInService, UnitsSent

LEAST_SHARE = 0.01
"""A move that regains a smaller share of all demand than this is not worth an engine on the road."""

MOST_MOVES = 3
SHORTEST_S = 60.0
"""Drives shorter than this count as this long: otherwise the quickest move would always win. [s]"""

ADVISED, HOLE_FILLED, OFF_DUTY = 0, 1, 2
"""Why a unit is moved: by the policy; home, as the unit of its post is back; home, as it goes off duty."""


class MoveGround(NamedTuple):
    """
    What any policy looks at.

    Attributes
    ----------
    counts, movable
        Units of the kind that is moved, and those of them that may be.
    reach
        Units x stations x grounds that are reached alike: whether a unit there is in time.
    weight
        Demand of those grounds.
    house
        Stations at which a unit of the kind is at home.
    unit_order, station_order
        Place of each among the ids, by which what is equal is told apart.
    drive_s
        Periods x stations x stations, from one to another; inf: not reached. [s]
    drive_m, scene_m
        How far that is by the quickest way, and how far it is between places and stations. [m]
    period
        Of each minute since the start, the row of the period.
    while_moving
        Whether a unit that is on a move may be moved again.
    """

    counts: NDArray[np.bool_]
    movable: NDArray[np.bool_]
    reach: NDArray[np.bool_]
    weight: NDArray[np.float64]
    house: NDArray[np.bool_]
    unit_order: NDArray[np.int64]
    station_order: NDArray[np.int64]
    drive_s: NDArray[np.float32]
    drive_m: NDArray[np.float64]
    scene_m: NDArray[np.float32]
    period: NDArray[np.int16]
    while_moving: bool


class Reserve(NamedTuple):
    """
    Units that are staffed only on recall.

    Attributes
    ----------
    unit, of
        Which they are, and of which units some have to be out.
    when_out
        How many; 0: there is no reserve.
    after_s
        From the recall until they are in service. [s]
    """

    unit: NDArray[np.bool_]
    of: NDArray[np.bool_]
    when_out: int
    after_s: float


class Posts(NamedTuple):
    """
    How units stand as far as policies ask, and what has been done; changed.

    Attributes
    ----------
    clear_s
        When each is clear of its last call. [s]
    scene
        The place it then leaves; -1: it turned back on the way, nobody knows where.
    moving_s
        Until when it drives to another station than its last. [s]
    next_s
        When it next becomes, or ceases to be, free or home; inf for those that nobody watches. [s]
    watched
        Those of the kind, and those whose being out calls a reserve.
    fresh, free, may
        Cleared at this very moment; free, wherever it stands; may be moved.
    pick_unit, pick_to
        What a policy has chosen.
    called_s
        Since when a reserve is recalled; NaN: it is not. [s]
    """

    clear_s: NDArray[np.float64]
    scene: NDArray[np.int32]
    moving_s: NDArray[np.float64]
    next_s: NDArray[np.float64]
    watched: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    free: NDArray[np.bool_]
    may: NDArray[np.bool_]
    pick_unit: NDArray[np.int32]
    pick_to: NDArray[np.int32]
    called_s: NDArray[np.float64]


class MovesMade(NamedTuple):
    """
    Moves in order of time; those for which there is no room are counted alone.

    Attributes
    ----------
    unit, origin, to
        Which unit, from which station (to which it was on its way, if it was) to which.
    why
        `ADVISED`, `HOLE_FILLED` or `OFF_DUTY`.
    at_s, arrives_s
        When. [s]
    drive_s, extra_s, drive_m, extra_m
        How long and how far it drives, and how much of that it would not have driven on its way back. [s, m]
    recalled, called_s, staffed_s, released_s
        Reserves that were called in, when, and from when until when they were in service (NaN: no longer needed before
        they were). [s]
    total
        How many moves there are, and how many recalls.
    """

    unit: NDArray[np.int32]
    origin: NDArray[np.int32]
    to: NDArray[np.int32]
    why: NDArray[np.int8]
    at_s: NDArray[np.float64]
    arrives_s: NDArray[np.float64]
    drive_s: NDArray[np.float64]
    extra_s: NDArray[np.float64]
    drive_m: NDArray[np.float64]
    extra_m: NDArray[np.float64]
    recalled: NDArray[np.int32]
    called_s: NDArray[np.float64]
    staffed_s: NDArray[np.float64]
    released_s: NDArray[np.float64]
    total: NDArray[np.int64]


def room_for_moves(moves: int, recalls: int) -> MovesMade:
    """Make room for so many moves and recalls."""
    return MovesMade(
        unit=np.zeros(moves, dtype=np.int32),
        origin=np.zeros(moves, dtype=np.int32),
        to=np.zeros(moves, dtype=np.int32),
        why=np.zeros(moves, dtype=np.int8),
        at_s=np.zeros(moves),
        arrives_s=np.zeros(moves),
        drive_s=np.zeros(moves),
        extra_s=np.zeros(moves),
        drive_m=np.zeros(moves),
        extra_m=np.zeros(moves),
        recalled=np.zeros(recalls, dtype=np.int32),
        called_s=np.zeros(recalls),
        staffed_s=np.zeros(recalls),
        released_s=np.zeros(recalls),
        total=np.zeros(2, dtype=np.int64),
    )


def without_room(made: MovesMade) -> MovesMade:
    """Give what was written, without the room that was left."""
    moves, recalls = made.total
    return MovesMade(
        unit=made.unit[:moves],
        origin=made.origin[:moves],
        to=made.to[:moves],
        why=made.why[:moves],
        at_s=made.at_s[:moves],
        arrives_s=made.arrives_s[:moves],
        drive_s=made.drive_s[:moves],
        extra_s=made.extra_s[:moves],
        drive_m=made.drive_m[:moves],
        extra_m=made.extra_m[:moves],
        recalled=made.recalled[:recalls],
        called_s=made.called_s[:recalls],
        staffed_s=made.staffed_s[:recalls],
        released_s=made.released_s[:recalls],
        total=made.total,
    )


def posts_of(fleet: UnitsInService, moments: Moments, ground: MoveGround, reserve: Reserve) -> Posts:
    """Let all units be at home, and reserves not be in service."""
    n = len(fleet.station)
    never = np.full(n, -np.inf)
    watched = ground.counts | (reserve.unit | reserve.of if reserve.when_out else np.zeros(n, dtype=bool))
    posts = Posts(
        clear_s=never.copy(),
        scene=np.full(n, -1, dtype=np.int32),
        moving_s=never.copy(),
        next_s=np.full(n, np.inf),
        watched=watched,
        fresh=np.zeros(n, dtype=bool),
        free=np.zeros(n, dtype=bool),
        may=np.zeros(n, dtype=bool),
        pick_unit=np.zeros(n, dtype=np.int32),
        pick_to=np.zeros(n, dtype=np.int32),
        called_s=np.full(n, np.nan),
    )
    if reserve.when_out:
        moments.held_s[reserve.unit] = np.inf
    for unit in np.flatnonzero(watched):
        renew(int(unit), 0.0, fleet, moments)
        posts.next_s[unit] = next_change_s(int(unit), 0.0, fleet, moments, posts)
    return posts


@part_counting_nothing
def on_duty(unit: int, at_s: float, fleet: UnitsInService, moments: Moments) -> bool:
    """Say whether a unit, whose hours were looked up for this moment, is on duty."""
    span = moments.span[unit]
    return bool(span < fleet.duty_start[unit + 1] and fleet.duty_begin_s[span] <= at_s < fleet.duty_end_s[span])


@counting_nothing
def next_change_s(unit: int, at_s: float, fleet: UnitsInService, moments: Moments, posts: Posts) -> float:
    """Say when a unit next becomes clear, staffed or home, or when its hours begin or end. [s]"""
    if posts.clear_s[unit] > at_s:
        return float(posts.clear_s[unit])
    if moments.held_s[unit] > at_s:
        return float(moments.held_s[unit])
    found_s = np.inf
    if moments.home_s[unit] > at_s:
        found_s = moments.home_s[unit]
    span = moments.span[unit]
    if span < fleet.duty_start[unit + 1]:
        begins_s = fleet.duty_begin_s[span]
        found_s = min(found_s, begins_s if begins_s > at_s else max(fleet.duty_end_s[span], at_s + 1.0))
    return float(found_s)


@counting_nothing
def next_moment_s(posts: Posts) -> float:
    """Say when any unit is next clear, staffed or home, or goes on or off duty. [s]"""
    found_s = np.inf
    for unit in range(len(posts.next_s)):
        found_s = min(found_s, posts.next_s[unit])
    return float(found_s)


@counting_nothing
def drive_to(
    unit: int, to: int, at_s: float, drives: Drives, ground: MoveGround, moments: Moments, posts: Posts
) -> tuple[float, float, float, float]:
    """
    Say how a unit would get to a station.

    Returns
    -------
    When it would be there, how long it drives beyond its way back [s], how far it drives, and how far beyond its way
    back [m]. From where it clears it drives straight there; on its way somewhere, by way of that.
    """
    period = ground.period[min(max(np.int64(at_s / 60.0), np.int64(0)), np.int64(len(ground.period) - 1))]
    station, scene = moments.station[unit], posts.scene[unit]
    if posts.fresh[unit] and scene >= 0:
        takes_s = float(drives.median_s[period, scene, to])
        far_m = float(ground.scene_m[scene, to])
        back_m = float(ground.scene_m[scene, station])
        return at_s + takes_s, at_s + takes_s - moments.home_s[unit], far_m, far_m - back_m
    takes_s = float(ground.drive_s[period, station, to])
    far_m = float(ground.drive_m[station, to])
    return max(moments.home_s[unit], at_s) + takes_s, takes_s, far_m, far_m


@counting_nothing
def move(
    unit: int,
    to: int,
    why: int,
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    made: MovesMade,
) -> None:
    """Station a unit elsewhere, and write it down."""
    arrives_s, extra_s, far_m, extra_m = drive_to(unit, to, at_s, drives, ground, moments, posts)
    n = made.total[0]
    made.total[0] += 1
    if n < len(made.unit):
        made.unit[n], made.origin[n], made.to[n], made.why[n] = unit, moments.station[unit], to, why
        made.at_s[n], made.arrives_s[n] = at_s, arrives_s
        made.drive_s[n] = arrives_s - at_s if posts.fresh[unit] else extra_s
        made.extra_s[n], made.drive_m[n], made.extra_m[n] = extra_s, far_m, extra_m
    moments.left[unit] = -1
    if moments.home_s[unit] <= at_s:
        moments.left[unit], moments.left_s[unit] = moments.station[unit], at_s
    moments.station[unit] = to
    moments.home_s[unit] = arrives_s
    posts.moving_s[unit] = arrives_s
    if moments.ready_s[unit] > at_s:  # it may not be sent before it is in a station
        renew(unit, arrives_s, fleet, moments)
    posts.next_s[unit] = next_change_s(unit, at_s, fleet, moments, posts)


@counting_nothing
def note_sent(
    row: int,
    unit: int,
    at_s: float,
    asked: UnitsAsked,
    fleet: UnitsInService,
    moments: Moments,
    posts: Posts,
    sent: UnitsSent,
) -> None:
    """Remember where a unit that is sent will clear, and when."""
    posts.clear_s[unit] = sent.cleared_s[row]
    posts.scene[unit] = -1 if asked.called_off_s[row] >= 0.0 else asked.leaves[row]
    posts.moving_s[unit] = -np.inf
    posts.fresh[unit] = False
    moments.left[unit] = -1
    if posts.watched[unit]:
        posts.next_s[unit] = posts.clear_s[unit]
    for at in range(fleet.mate_start[unit], fleet.mate_start[unit + 1]):
        mate = int(fleet.mate[at])
        if posts.watched[mate]:
            posts.next_s[mate] = next_change_s(mate, at_s, fleet, moments, posts)


@counting_nothing
def recall(
    at_s: float, fleet: UnitsInService, moments: Moments, posts: Posts, reserve: Reserve, made: MovesMade
) -> None:
    """Call reserves in where so many are out, and let them go where they no longer are."""
    out = np.int64(0)
    for unit in range(len(reserve.of)):
        out += np.int64(reserve.of[unit] and posts.clear_s[unit] > at_s)
    for unit in range(len(reserve.unit)):
        if not reserve.unit[unit]:
            continue
        called_s = posts.called_s[unit]
        if out >= reserve.when_out:
            if np.isnan(called_s):
                posts.called_s[unit] = at_s
                moments.held_s[unit] = at_s + reserve.after_s
                moments.span[unit] = fleet.duty_start[unit]
                renew(unit, at_s, fleet, moments)
                posts.next_s[unit] = next_change_s(unit, at_s, fleet, moments, posts)
        elif called_s <= at_s and posts.clear_s[unit] <= at_s and moments.home_s[unit] <= at_s:
            _released(unit, at_s, moments, posts, made)
            renew(unit, at_s, fleet, moments)


@counting_nothing
def let_all_go(end_s: float, moments: Moments, posts: Posts, reserve: Reserve, made: MovesMade) -> None:
    """Write down the reserves that are in service at the end."""
    for unit in range(len(reserve.unit)):
        if reserve.unit[unit] and posts.called_s[unit] <= end_s:
            _released(unit, end_s, moments, posts, made)


@part_counting_nothing
def _released(unit: int, at_s: float, moments: Moments, posts: Posts, made: MovesMade) -> None:
    """Write down for how long a reserve was in service."""
    n = made.total[1]
    made.total[1] += 1
    staffed_s = moments.held_s[unit]
    if n < len(made.recalled):
        made.recalled[n], made.called_s[n] = unit, posts.called_s[unit]
        made.staffed_s[n] = staffed_s if staffed_s <= at_s else np.nan
        made.released_s[n] = at_s if staffed_s <= at_s else np.nan
    posts.called_s[unit], moments.held_s[unit], posts.next_s[unit] = np.nan, np.inf, np.inf


@counting_nothing
def advance(
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    reserve: Reserve,
    made: MovesMade,
) -> None:
    """Let units become clear, home, or go on or off duty; those off duty elsewhere drive home."""
    for unit in range(len(posts.next_s)):
        if posts.next_s[unit] > at_s:
            continue
        free_from_s(unit, at_s, fleet, moments)
        posts.fresh[unit] = posts.clear_s[unit] == posts.next_s[unit]
        posts.next_s[unit] = next_change_s(unit, at_s, fleet, moments, posts)
        home = int(fleet.station[unit])
        if moments.station[unit] != home and posts.clear_s[unit] <= at_s and not on_duty(unit, at_s, fleet, moments):
            move(unit, home, OFF_DUTY, at_s, fleet, drives, ground, moments, posts, made)
            posts.fresh[unit] = False
    if reserve.when_out > 0:
        recall(at_s, fleet, moments, posts, reserve, made)


@counting_nothing
def look(at_s: float, fleet: UnitsInService, ground: MoveGround, moments: Moments, posts: Posts) -> int:
    """See which units of the kind are free, on their way or not, and which of them may be moved; say how many are."""
    n = np.int64(0)
    for unit in range(len(ground.counts)):
        posts.free[unit] = posts.may[unit] = False
        if not ground.counts[unit]:
            continue
        free_from_s(unit, at_s, fleet, moments)
        held = posts.clear_s[unit] > at_s or moments.held_s[unit] > at_s
        if held or not on_duty(unit, at_s, fleet, moments):
            continue
        posts.free[unit] = True
        posts.may[unit] = ground.movable[unit] and (ground.while_moving or posts.moving_s[unit] <= at_s)
        n += 1
    return int(n)
