"""The loop over all that is asked for, where units may be moved up or called in meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import counting_nothing
from fireplan._kernel.simulation.move_rules import ask
from fireplan._kernel.simulation.move_ups import advance, let_all_go, next_moment_s, note_sent, recall
from fireplan._kernel.simulation.one_dispatch import choose, send, soonest_s
from fireplan._kernel.simulation.waiting_lines import first_waiting, put_in_line, take_from_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.move_rules import MoveRules
    from fireplan._kernel.simulation.move_ups import MoveGround, MovesMade, Posts, Reserve
    from fireplan._kernel.simulation.one_dispatch import Drives, Moments, UnitsAsked, UnitsInService, UnitsSent
    from fireplan._kernel.simulation.waiting_lines import Lines


@counting_nothing
def run_with_moves(
    asked: UnitsAsked,
    fleet: UnitsInService,
    drives: Drives,
    moments: Moments,
    lines: Lines,
    sent: UnitsSent,
    waits: NDArray[np.bool_],
    ground: MoveGround,
    posts: Posts,
    rules: MoveRules,
    reserve: Reserve,
    made: MovesMade,
    end_s: float,
) -> None:
    """
    Do as `run` does, and ask a policy whenever a unit has been sent, is clear or home, or goes on or off duty.

    What happens at one moment is all done before the policy is asked: a call takes its units first, then what is left
    is moved. After the last call it goes on until `end_s`.
    """
    since_s, due = -np.inf, False
    fresh, n = 0, len(asked.at_s)
    while True:
        until_s = asked.at_s[fresh] if fresh < n else np.inf
        kind, at_s = -1, np.inf
        if lines.length[-1] > 0:
            kind, at_s = first_waiting(since_s, asked, fleet, drives, moments, lines)
        change_s = next_moment_s(posts)
        then_s = min(until_s, at_s, change_s)
        if due and then_s > since_s:
            ask(since_s, fleet, drives, ground, moments, posts, rules, made)
            due = False
            continue
        waited = kind >= 0 and at_s <= until_s
        if not waited and fresh == n and change_s > end_s:
            break
        if change_s < (at_s if waited else until_s):
            since_s, due = change_s, True
            advance(since_s, fleet, drives, ground, moments, posts, reserve, made)
            continue
        if waited:
            row, since_s = take_from_line(kind, asked, lines), at_s
        else:
            row, since_s = fresh, until_s
            fresh += 1
        unit = choose(row, since_s, asked, fleet, drives, moments)
        if unit >= 0:
            send(row, unit, since_s, asked, fleet, drives, moments, sent)
            note_sent(row, unit, since_s, asked, fleet, moments, posts, sent)
            if reserve.when_out > 0:
                recall(since_s, fleet, moments, posts, reserve, made)
            due = due or posts.watched[unit]
        elif not waited and waits[row] and soonest_s(row, since_s, asked, fleet, drives, moments) < np.inf:
            put_in_line(row, asked, lines)
    let_all_go(end_s, moments, posts, reserve, made)
