"""Policies of moving up, each as the choice of some moves at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import counting_nothing, part_counting_nothing
from fireplan._kernel.simulation.move_ups import ADVISED, HOLE_FILLED, SHORTEST_S, drive_to, look, move

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.move_ups import MoveGround, MovesMade, Posts
    from fireplan._kernel.simulation.one_dispatch import Drives, Moments, UnitsInService

NEVER, COMPLIANCE, EXPECTED_COVER, BEST = 0, 1, 2, 3
"""The rules."""

HOME = -1
"""In a table of compliance: at its own station."""

TOO_FAR = 1e9
"""What an assignment costs that cannot be. [s]"""


class MoveRules(NamedTuple):
    """
    A policy, and the arrays that it reckons with.

    Attributes
    ----------
    rule
        `NEVER`, `COMPLIANCE`, `EXPECTED_COVER` or `BEST`.
    most, least, most_drive_s
        How many moves at a moment, the least demand gained by one, and its longest drive [s].
    table
        By how many units are free: the stations to be held, the most important first, then `HOME`.
    nearest_first
        Holes are filled one by one by the nearest; else all so that least is driven in all.
    worth
        What the n-th free unit within reach adds to the chance that one is.
    depth, gain, takes_s
        Room for what is reached by how many, and for what each move would gain, and how long it would take.
    cost, potential, match, done
        Room for an assignment: of units and one more, `potential` and `match` thrice.
    """

    rule: int
    most: int
    least: float
    most_drive_s: float
    table: NDArray[np.int16]
    nearest_first: bool
    worth: NDArray[np.float64]
    depth: NDArray[np.int64]
    gain: NDArray[np.float64]
    takes_s: NDArray[np.float64]
    cost: NDArray[np.float64]
    potential: NDArray[np.float64]
    match: NDArray[np.int64]
    done: NDArray[np.bool_]


@counting_nothing
def ask(
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    rules: MoveRules,
    made: MovesMade,
) -> None:
    """Let a policy move units now."""
    n, why = 0, ADVISED
    if rules.rule != NEVER:
        free = look(at_s, fleet, ground, moments, posts)
        if rules.rule == COMPLIANCE:
            n = comply(at_s, free, fleet, drives, ground, moments, posts, rules)
        elif rules.rule == EXPECTED_COVER:
            n = most_expected(at_s, fleet, drives, ground, moments, posts, rules)
        else:
            n = fill_best(at_s, fleet, drives, ground, moments, posts, rules)
            if n < 0:
                n, why = -n, HOLE_FILLED
    for pick in range(n):
        unit, to = int(posts.pick_unit[pick]), int(posts.pick_to[pick])
        move(unit, to, why, at_s, fleet, drives, ground, moments, posts, made)
    posts.fresh[:] = False


@part_counting_nothing
def fill_best(
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    rules: MoveRules,
) -> int:
    """
    Choose the moves to empty stations that regain most uncovered demand for each minute of driving.

    The rule of the live view's advice. Units whose post has its own unit back go home before anything is filled: then
    the number of them is given below zero.
    """
    n = np.int64(0)
    units, stations = rules.gain.shape
    for unit in range(units):
        post = moments.station[unit]
        if posts.may[unit] and post != fleet.station[unit]:
            for other in range(units):
                own = fleet.station[other] == post and moments.station[other] == post
                if own and posts.free[other] and moments.home_s[other] <= at_s:
                    posts.pick_unit[n], posts.pick_to[n] = unit, fleet.station[unit]
                    n += 1
                    break
    if n > 0:
        return -int(n)
    rules.depth[:] = 0
    for unit in range(units):
        if posts.free[unit]:
            for spot in range(len(ground.weight)):
                rules.depth[spot] += np.int64(ground.reach[unit, moments.station[unit], spot])
    for to in range(stations):
        empty = ground.house[to]
        for unit in range(units):
            empty = empty and not (posts.free[unit] and moments.station[unit] == to)
        for unit in range(units):
            rules.gain[unit, to] = -np.inf
            if empty and posts.may[unit]:
                arrives_s, _, _, _ = drive_to(unit, to, at_s, drives, ground, moments, posts)
                rules.takes_s[unit, to] = arrives_s - at_s
                if rules.takes_s[unit, to] <= rules.most_drive_s and rules.takes_s[unit, to] < np.inf:
                    gain = _gain(unit, to, ground, moments, rules)
                    if gain >= rules.least:
                        rules.gain[unit, to] = gain / (max(rules.takes_s[unit, to], SHORTEST_S) / 60.0)
    while n < rules.most:
        best, best_to = -1, -1
        for unit in range(units):
            for to in range(stations):
                if rules.gain[unit, to] > -np.inf and (best < 0 or _sooner(unit, to, best, best_to, ground, rules)):
                    best, best_to = unit, to
        if best < 0:
            break
        posts.pick_unit[n], posts.pick_to[n] = best, best_to
        n += 1
        rules.gain[best, :] = -np.inf
        rules.gain[:, best_to] = -np.inf
    return int(n)


@part_counting_nothing
def _gain(unit: int, to: int, ground: MoveGround, moments: Moments, rules: MoveRules) -> float:
    """Demand that comes within reach, less that which falls out of it."""
    station, found = moments.station[unit], 0.0
    for spot in range(len(ground.weight)):
        without = rules.depth[spot] > np.int64(ground.reach[unit, station, spot])
        after = without or ground.reach[unit, to, spot]
        if after != (rules.depth[spot] > 0):
            found += ground.weight[spot] if after else -ground.weight[spot]
    return found


@part_counting_nothing
def _sooner(unit: int, to: int, best: int, best_to: int, ground: MoveGround, rules: MoveRules) -> bool:
    """Say whether a move comes before another: by gain for each minute, then by drive, then by id."""
    if rules.gain[unit, to] != rules.gain[best, best_to]:
        return bool(rules.gain[unit, to] > rules.gain[best, best_to])
    if rules.takes_s[unit, to] != rules.takes_s[best, best_to]:
        return bool(rules.takes_s[unit, to] < rules.takes_s[best, best_to])
    if unit != best:
        return bool(ground.unit_order[unit] < ground.unit_order[best])
    return bool(ground.station_order[to] < ground.station_order[best_to])


@part_counting_nothing
def most_expected(
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    rules: MoveRules,
) -> int:
    """Send each unit that has just cleared to the station where it adds most to expected cover; nobody else moves."""
    n = np.int64(0)
    units, stations = rules.gain.shape
    for unit in range(units):
        if n == rules.most or not (posts.fresh[unit] and posts.may[unit]):
            continue
        rules.depth[:] = 0
        for other in range(units):
            if posts.free[other] and other != unit:
                at = moments.station[other]
                for pick in range(n):
                    at = posts.pick_to[pick] if posts.pick_unit[pick] == other else at
                for spot in range(len(ground.weight)):
                    rules.depth[spot] += np.int64(ground.reach[other, at, spot])
        post, home = int(moments.station[unit]), int(fleet.station[unit])
        best, best_gain = post, _adds(unit, post, ground, rules) + rules.least
        for turn in range(stations + 1):  # of equals its own station, then the first in the table
            to = home if turn == 0 else turn - 1
            if to == post or not ground.house[to]:
                continue
            gain = _adds(unit, to, ground, rules)
            if gain > best_gain:
                arrives_s, _, _, _ = drive_to(unit, to, at_s, drives, ground, moments, posts)
                if arrives_s - at_s <= rules.most_drive_s and arrives_s < np.inf:
                    best, best_gain = to, gain
        if best != post:
            posts.pick_unit[n], posts.pick_to[n] = unit, best
            n += 1
    return int(n)


@part_counting_nothing
def _adds(unit: int, to: int, ground: MoveGround, rules: MoveRules) -> float:
    """Say what a unit at a station adds to expected cover, beside those that reach each ground already."""
    found = 0.0
    for spot in range(len(ground.weight)):
        if ground.reach[unit, to, spot]:
            found += ground.weight[spot] * rules.worth[rules.depth[spot]]
    return found


@part_counting_nothing
def comply(
    at_s: float,
    free: int,
    fleet: UnitsInService,
    drives: Drives,
    ground: MoveGround,
    moments: Moments,
    posts: Posts,
    rules: MoveRules,
) -> int:
    """Hold the stations that a table names for so many free units; of more moves than are allowed the shortest."""
    # Free units are rows, in the order of the table, and what is to be held are columns.
    row = np.int64(0)
    for unit in range(len(posts.free)):
        if not posts.free[unit]:
            continue
        post = moments.station[unit]
        for slot in range(free):
            to = int(rules.table[free, slot])
            to = int(fleet.station[unit]) if to == HOME else to
            cost = 0.0
            if to != post:
                cost = TOO_FAR
                if posts.may[unit]:
                    arrives_s, extra_s, _, _ = drive_to(unit, to, at_s, drives, ground, moments, posts)
                    if arrives_s - at_s <= rules.most_drive_s and arrives_s < np.inf:
                        cost = extra_s
            rules.cost[row, slot] = cost
        row += 1
    if rules.nearest_first:
        _nearest_first(free, rules)
    else:
        _least_in_all(free, rules)
    n, row = np.int64(0), np.int64(0)
    for unit in range(len(posts.free)):
        if not posts.free[unit]:
            continue
        slot = rules.match[row]
        if slot >= 0 and rules.cost[row, slot] < TOO_FAR:
            to = int(rules.table[free, slot])
            to = int(fleet.station[unit]) if to == HOME else to
            if to != moments.station[unit]:
                # Kept in order of their drives, so that what is beyond the most are the longest.
                at = n
                while at > 0 and rules.potential[at - 1] > rules.cost[row, slot]:
                    rules.potential[at] = rules.potential[at - 1]
                    posts.pick_unit[at], posts.pick_to[at] = posts.pick_unit[at - 1], posts.pick_to[at - 1]
                    at -= 1
                rules.potential[at] = rules.cost[row, slot]
                posts.pick_unit[at], posts.pick_to[at] = unit, to
                n += 1
        row += 1
    return int(min(n, np.int64(rules.most)))


@part_counting_nothing
def _nearest_first(n: int, rules: MoveRules) -> None:
    """
    Match what is held already; then each hole, the most important first, with the nearest of those left.

    Whoever is left goes home last, so that no unit at home is passed over because it stands early in the table.
    """
    rules.match[:n] = -1
    for turn in range(4):
        home, holding = turn > 1, turn % 2 == 0
        for slot in range(n):
            if (rules.table[n, slot] == HOME) != home:
                continue
            best = -1
            for row in range(n):
                if rules.match[row] == slot:
                    best = -1
                    break
                fits = rules.match[row] < 0 and (not holding or rules.cost[row, slot] == 0.0)
                if fits and (best < 0 or rules.cost[row, slot] < rules.cost[best, slot]):
                    best = row
            if best >= 0 and rules.cost[best, slot] < TOO_FAR:
                rules.match[best] = slot


@counting_nothing
def _least_in_all(n: int, rules: MoveRules) -> None:
    """
    Match rows with columns so that the sum of costs is least.

    The Hungarian method by shortest augmenting paths, a row at a time [1]_. Rows and columns begin at 1 here; `match`
    is of columns until the end.

    References
    ----------
    .. [1] R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
       problems", Computing 38, 1987.
    """
    size = len(rules.match) // 3
    of_row, of_column = rules.potential[:size], rules.potential[size : 2 * size]
    least = rules.potential[2 * size :]
    row_of, before = rules.match[size : 2 * size], rules.match[2 * size :]
    of_row[: n + 1] = 0.0
    of_column[: n + 1] = 0.0
    row_of[: n + 1] = 0
    for row in range(1, n + 1):
        row_of[0] = row
        at = np.int64(0)
        least[: n + 1] = np.inf
        rules.done[: n + 1] = False
        while True:
            rules.done[at] = True
            here, step, after = row_of[at], np.inf, np.int64(0)
            for column in range(1, n + 1):
                if rules.done[column]:
                    continue
                cost = rules.cost[here - 1, column - 1] - of_row[here] - of_column[column]
                if cost < least[column]:
                    least[column], before[column] = cost, at
                if least[column] < step:
                    step, after = least[column], np.int64(column)
            for column in range(n + 1):
                if rules.done[column]:
                    of_row[row_of[column]] += step
                    of_column[column] -= step
                else:
                    least[column] -= step
            at = after
            if row_of[at] == 0:
                break
        while at > 0:
            row_of[at] = row_of[before[at]]
            at = before[at]
    for column in range(1, n + 1):
        rules.match[row_of[column] - 1] = column - 1
