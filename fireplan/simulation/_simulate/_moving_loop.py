"""The loop that moves units up while others are out: compiled, or the same in Python for a policy of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel import simulation as kernel
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.simulation._simulate._asked_policies import asking, name_of
from fireplan.simulation._simulate._move_policies import DMEXCLP, BestMoves, ComplianceTable, MoveMoment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from numpy.typing import NDArray

    from fireplan._kernel.simulation import (
        Drives,
        Lines,
        Moments,
        MoveGround,
        MovesMade,
        Posts,
        Reserve,
        UnitsAsked,
        UnitsInService,
        UnitsSent,
    )
    from fireplan.simulation._simulate._event_loop import Chooser

    OwnMoves = Callable[[MoveMoment], Iterable[tuple[str, str]]]
    MovePolicy = ComplianceTable | DMEXCLP | BestMoves | OwnMoves

FEWEST_ROOM = 1024
"""Moves and recalls for which there is room at first."""


@dataclass(frozen=True, eq=False)
class Movement:
    """
    What moves units and calls reserves in, for all replications of a scenario.

    Attributes
    ----------
    ground, reserve
        What policies look at, and who is called in.
    rule
        A policy of this package: its rule and figures, without the room that each replication needs for itself.
    own
        A policy in Python.
    kind, unit_ids, stations
        Names of what it moves.
    notes
        What it rests on.
    """

    ground: MoveGround
    reserve: Reserve
    rule: dict[str, Any]
    own: OwnMoves | None
    kind: str
    unit_ids: tuple[str, ...]
    stations: tuple[str, ...]
    notes: tuple[str, ...]

    def rules(self) -> kernel.MoveRules:
        """Make the policy with room of its own."""
        units, stations, grounds = self.ground.reach.shape
        room = units + 1
        return kernel.MoveRules(
            **self.rule,
            depth=np.zeros(grounds, dtype=np.int64),
            gain=np.zeros((units, stations)),
            takes_s=np.zeros((units, stations)),
            cost=np.zeros((room, room)),
            potential=np.zeros(3 * room),
            match=np.zeros(3 * room, dtype=np.int64),
            done=np.zeros(room, dtype=np.bool_),
        )


class LoopPieces(NamedTuple):
    """What a loop takes: what it is given, and what it changes."""

    moments: Moments
    lines: Lines
    sent: UnitsSent
    posts: Posts
    made: MovesMade


def send_with_moves(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    movement: Movement,
    *,
    waits: NDArray[np.bool_],
    end_s: float,
    chooser: Chooser | None = None,
) -> tuple[UnitsSent, MovesMade]:
    """Send units as `send_units` does, and move others meanwhile."""
    room = FEWEST_ROOM, FEWEST_ROOM
    while True:
        pieces = _pieces(asked, fleet, movement, room)
        moments, lines, sent, posts, made = pieces
        if chooser is None and movement.own is None:
            kernel.run_with_moves(
                asked, fleet, drives, moments, lines, sent, waits, movement.ground, posts, movement.rules(),
                movement.reserve, made, end_s,
            )  # fmt: skip
        else:
            _run_in_python(asked, fleet, drives, movement, pieces, waits, end_s, chooser)
        needs = int(made.total[0]), int(made.total[1])
        if needs[0] <= room[0] and needs[1] <= room[1]:
            break
        room = max(room[0], needs[0]), max(room[1], needs[1])  # the same again, with room for all of it
    return sent, kernel.without_room(made)


def _pieces(asked: UnitsAsked, fleet: UnitsInService, movement: Movement, room: tuple[int, int]) -> LoopPieces:
    n, moments = len(asked.at_s), kernel.all_at_home(fleet)
    asked.went[:] = -1
    sent = kernel.UnitsSent(np.full(n, -1, dtype=np.int32), *(np.full(n, np.nan) for _ in range(4)))
    posts = kernel.posts_of(fleet, moments, movement.ground, movement.reserve)
    return LoopPieces(moments, kernel.lines_for(asked.kind), sent, posts, kernel.room_for_moves(*room))


def _run_in_python(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    movement: Movement,
    pieces: LoopPieces,
    waits: NDArray[np.bool_],
    end_s: float,
    chooser: Chooser | None,
) -> None:
    """Do as `kernel.run_with_moves` does, from the same compiled parts, but ask policies in Python."""
    moments, lines, _, posts, made = pieces
    ground, reserve, rules = movement.ground, movement.reserve, movement.rules()
    there = asked, fleet, drives, moments
    since_s, due, fresh, n = -np.inf, False, 0, len(asked.at_s)
    while True:
        until_s = float(asked.at_s[fresh]) if fresh < n else np.inf
        kind, at_s = kernel.first_waiting(since_s, *there, lines) if lines.length[-1] > 0 else (-1, np.inf)
        change_s = kernel.next_moment_s(posts)
        if due and min(until_s, at_s, change_s) > since_s:
            if movement.own is None:
                kernel.ask(since_s, fleet, drives, ground, moments, posts, rules, made)
            else:
                _ask_in_python(since_s, fleet, drives, movement, moments, posts, made)
            due = False
            continue
        waited = kind >= 0 and at_s <= until_s
        if not waited and fresh == n and change_s > end_s:
            break
        if change_s < (at_s if waited else until_s):
            since_s, due = change_s, True
            kernel.advance(since_s, fleet, drives, ground, moments, posts, reserve, made)
            continue
        if waited:
            row, since_s = kernel.take_from_line(kind, asked, lines), at_s
        else:
            row, since_s = fresh, until_s
            fresh += 1
        unit = _served(row, since_s, waits[row] and not waited, asked, fleet, drives, pieces, chooser)
        if unit >= 0 and reserve.when_out > 0:
            kernel.recall(since_s, fleet, moments, posts, reserve, made)
        due = due or (unit >= 0 and bool(posts.watched[unit]))
    kernel.let_all_go(end_s, moments, posts, reserve, made)


def _served(
    row: int,
    at_s: float,
    may_wait: bool,  # noqa: FBT001 - a row of `waits`
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    pieces: LoopPieces,
    chooser: Chooser | None,
) -> int:
    """Send the unit that is chosen, or let the row wait; -1: none is sent."""
    moments, lines, sent, posts, _ = pieces
    there = asked, fleet, drives, moments
    unit = kernel.choose(row, at_s, *there)
    if unit < 0:
        if may_wait and kernel.soonest_s(row, at_s, *there) < np.inf:
            kernel.put_in_line(row, asked, lines)
        return -1
    if chooser is not None:
        unit = chooser(row, at_s, moments)
    if unit >= 0:
        kernel.send(row, unit, at_s, *there, sent)
        kernel.note_sent(row, unit, at_s, asked, fleet, moments, posts, sent)
    return unit


def _ask_in_python(
    at_s: float,
    fleet: UnitsInService,
    drives: Drives,
    movement: Movement,
    moments: Moments,
    posts: Posts,
    made: MovesMade,
) -> None:
    """Show a policy the moment, and do what it says."""
    ground, ids, stations = movement.ground, movement.unit_ids, movement.stations
    kernel.look(at_s, fleet, ground, moments, posts)
    free = np.flatnonzero(posts.free).tolist()
    others = np.flatnonzero(ground.counts & ~posts.free).tolist()
    moment = MoveMoment(
        at_s=at_s,
        kind=movement.kind,
        free=tuple(ids[u] for u in free),
        stands=tuple(stations[moments.station[u]] for u in free),
        homes=tuple(stations[fleet.station[u]] for u in free),
        arrives_in_s=tuple(max(float(moments.home_s[u]) - at_s, 0.0) for u in free),
        may_move=tuple(bool(posts.may[u]) for u in free),
        cleared=tuple(bool(posts.fresh[u]) for u in free),
        out=tuple(ids[u] for u in others),
        stations=stations,
        drive_s=tuple(
            tuple(
                0.0 if to == moments.station[u] and moments.home_s[u] <= at_s
                else float(kernel.drive_to(u, to, at_s, drives, ground, moments, posts)[0]) - at_s
                for to in range(len(stations))
            )
            for u in free
        ),
    )  # fmt: skip
    moved: set[int] = set()
    for unit_id, station in _pairs(movement.own, moment) if movement.own is not None else ():
        of = f"named by moves ({name_of(movement.own)}) {_when(moment)}"
        unit, to = _known(unit_id, ids, f"unit {of}"), _known(station, stations, f"open station {of}")
        if not posts.may[unit] or unit in moved:
            able = listed(ids[u] for u in free if posts.may[u] and u not in moved)
            raise InputError(f"moves sends {quoted(unit_id)}, which cannot be moved now: {able or 'nobody'} can")
        if to == moments.station[unit]:
            continue
        if not np.isfinite(kernel.drive_to(unit, to, at_s, drives, ground, moments, posts)[0]):
            raise InputError(f"moves sends {quoted(unit_id)} to {quoted(station)}, where no road leads from there")
        moved.add(unit)
        kernel.move(unit, to, kernel.ADVISED, at_s, fleet, drives, ground, moments, posts, made)
    posts.fresh[:] = False


def _pairs(own: OwnMoves, moment: MoveMoment) -> list[tuple[str, str]]:
    """Ask a policy for its moves; what goes wrong in it is said with the moment, and raised from its own error."""
    told = _when(moment)
    with asking("moves", own, told):
        given = own(moment)
        found = [] if given is None else list(given)
    for pair in found:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)):
            raise InputError(
                f"moves ({name_of(own)}) gave {pair!r} {told}: give pairs of a unit's id and a station's, or none"
            )
    return found


def _when(moment: MoveMoment) -> str:
    return f"at {moment.at_s:.0f} s since the warm-up began"


def _known(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise UnknownIdError(what, name, names)
    return names.index(name)
