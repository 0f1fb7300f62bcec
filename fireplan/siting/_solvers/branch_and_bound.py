"""The optimum of a covering problem whose only conditions are numbers: bounds, fixing, and branching."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.location.lagrangian_cover import Relaxation, Room, Rows
from fireplan.siting._problem.stepped_demand import thinned
from fireplan.siting._solvers.greedy_exchange import exchange, greedy
from fireplan.siting._solvers.incumbent import offer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._solvers.incumbent import Search

ROOT_ROUNDS, ROOT_ITERATIONS = 12, 250
"""The bound is lowered in rounds of so many iterations; between them sites are fixed and answers improved."""

SHORTER = 5
"""Where steps of chance make iterations dear, rounds are so much shorter and as many more: sites are fixed sooner."""

STRIDE = 0.7
"""Steps begin every round this much shorter."""

STOOD_STILL = 2e-5
"""A round at the root that lowers the bound by less than this part of it is the last."""

NODE_ITERATIONS, NODE_STRIDE, NODE_PATIENCE = 80, 0.3, 15
"""The same below the root, where the multipliers are nearly right from the start."""


FEWER = 0.5
"""Where steps of chance are many, they are merged anew when so few of the sites are left."""


class Node(NamedTuple):
    """A part of all choices: these sites are taken, and only those may join; with the bound known so far."""

    taken: NDArray[np.int64]
    alive: NDArray[np.int64]
    price: NDArray[np.float64]
    bound: float


class Root(NamedTuple):
    """What is left to be searched, and the problem in whose rows its prices are."""

    node: Node
    problem: CoverProblem


def bound_and_fix(problem: CoverProblem, search: Search) -> Root:
    """
    Find good choices and a bound, and rule out sites that cannot be in a better choice.

    Parameters
    ----------
    problem
        Conditions other than numbers to choose are left out of the bound.
    search
        Told of every better choice and bound.

    Returns
    -------
    What is left to be searched: candidates that a better choice may hold, with the multipliers.
    """
    runs, choice, hull = problem.runs, problem.choice, problem.hull()
    search.tighten(problem.objective(np.repeat(np.arange(runs.n), choice.most)))
    known = offer(problem, search, np.empty(0, dtype=np.int64))
    search.check()
    chosen = greedy(hull, search, told=problem)
    search.check()
    known = max(known, problem.objective(exchange(problem, chosen, search)))
    rows = Rows(hull.weight, hull.base, hull.worth)
    quota = np.array(choice.quota)
    relaxed = Relaxation(runs, rows)
    alive = np.flatnonzero((choice.most > 0) & (quota[choice.group] > 0))
    within, many = problem, len(alive)
    before, tried = np.inf, {tuple(chosen)}
    # Lower the bound, follow what the relaxed answer suggests, and rule out sites by their scores, in rounds: each
    # makes the next sharper. Invariant: a choice better than the best one known holds sites of `alive` alone.
    parts = SHORTER if problem.stepped else 1
    for turn in range(ROOT_ROUNDS * parts):
        search.check()
        room = Room(alive, choice.most, choice.group, quota, problem.units)
        relaxed.descend(
            rows, room, towards=known - problem.already, iterations=ROOT_ITERATIONS // parts,
            stride=STRIDE ** (turn / parts),
        )  # fmt: skip
        search.tighten(relaxed.bound + problem.already)
        found = np.repeat(np.arange(runs.n), relaxed.best)
        if choice.allows(found) and tuple(found) not in tried:
            tried.add(tuple(found))
            known = max(known, problem.objective(exchange(problem, found, search)))
        if not math.isnan(search.objective):
            alive, _ = _kept(relaxed, room, _target(search) - problem.already)
        if before - relaxed.bound < STOOD_STILL / parts * relaxed.bound:
            break
        before = relaxed.bound
        if problem.stepped and problem.concave and len(alive) < FEWER * many:
            many, (within, row) = len(alive), thinned(within, alive)
            priced = relaxed.price[row >= 0]
            price = np.bincount(row[row >= 0], weights=priced, minlength=within.runs.n_rows).astype(float)
            rows = Rows(within.weight, within.base, within.worth)
            relaxed = Relaxation(within.runs, rows, price)
    search.check()
    return Root(Node(np.empty(0, dtype=np.int64), alive, relaxed.price, relaxed.bound + problem.already), within)


def branch(problem: CoverProblem, root: Node, search: Search) -> None:
    """
    Search what is left, part by part, until every part is bounded by the best choice.

    Parameters
    ----------
    problem
        With numbers as its only conditions.
    root
        What is left; see `bound_and_fix`.
    search
        Told of every better choice, and of the bound.

    Notes
    -----
    Depth first. The site that was most often in the relaxed answers is taken first, and left out second; either way
    the bound is lowered anew from the multipliers at hand (branch and bound on Lagrangian bounds, Geoffrion 1974).
    """
    stack = [root]
    # Invariant: every choice better than the best one known lies in a part on the stack, so the highest bound of the
    # parts is a bound for all. Depth first: the stack stays as short as the parts are deep.
    while stack:
        node = stack.pop()
        stack += _parts(problem, node, search)
        search.tighten(max([n.bound for n in stack], default=search.objective))
        search.check()


def _parts(problem: CoverProblem, node: Node, search: Search) -> list[Node]:
    """Bound one part: nothing is left of it, or two smaller ones, the better last."""
    if node.bound < _target(search):
        return []
    choice = problem.choice
    taken, alive = node.taken, node.alive
    # Bound, then fix; as long as fixing takes sites in or rules many out, bound again, from the prices at hand: that is
    # cheaper than branching. Invariant: better choices of this part hold `taken`, and beyond that sites of `alive`
    # alone.
    while True:
        count = problem.counted(taken)
        value = problem.value(count)
        left = np.array(choice.quota) - np.bincount(choice.group[taken], minlength=len(choice.quota))
        room_of = choice.most - np.bincount(taken, minlength=choice.n)
        alive = alive[(room_of[alive] > 0) & (left[choice.group[alive]] > 0)]
        search.improve(taken, value)
        if len(alive) == 0:
            return []
        weight = np.where(count < len(problem.worth), problem.weight, 0.0)
        rows = Rows(weight, count, problem.worth)
        room = Room(alive, room_of, choice.group, left, problem.units)
        target = _target(search) - value
        relaxed = Relaxation(problem.runs, rows, node.price)
        relaxed.descend(
            rows, room, towards=target, iterations=NODE_ITERATIONS, stride=NODE_STRIDE, patience=NODE_PATIENCE,
            stop_below=target,
        )  # fmt: skip
        found = np.append(taken, np.repeat(np.arange(choice.n), relaxed.best))
        if relaxed.value + value > search.objective and search.improve(found, problem.objective(found)):
            exchange(problem, found, search)
            target = _target(search) - value
        if relaxed.bound < target:
            return []
        kept, must = _kept(relaxed, room, target)
        fewer = len(kept) < 0.7 * len(alive)
        alive, node = kept, node._replace(price=relaxed.price)
        if len(must):
            taken = np.append(taken, must)
        elif not fewer:
            break
    pick = alive[np.argmax(relaxed.often[alive] + 1e-9 * relaxed.score[alive] / max(relaxed.bound, 1e-300))]
    bound = relaxed.bound + value
    with_it = Node(np.append(taken, pick), alive, relaxed.price, bound)
    without = Node(taken, alive[alive != pick], relaxed.price, bound)
    return [without, with_it]


def _target(search: Search) -> float:
    """Worth that a choice must reach to be better than the best so far."""
    return search.objective + (search.step * 0.999 if search.step else 1e-10 * abs(search.objective))


def _kept(relaxed: Relaxation, room: Room, target: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Give candidates that may be in a better choice, and those that must be (once more).

    Taking a candidate that the relaxed answer leaves costs the difference to the last one taken of its group; leaving
    one that it takes costs the difference to the first one left.
    """
    kept, must = [], []
    for g, quota in enumerate(room.quota):
        mine = room.alive[room.group[room.alive] == g]
        if quota <= 0 or len(mine) == 0:
            continue
        score = np.repeat(relaxed.score[mine], room.most[mine])
        who = np.repeat(mine, room.most[mine])
        order = np.argsort(-score, kind="stable")
        last = score[order[min(quota, len(order)) - 1]] if quota <= len(order) else 0.0
        first_left = score[order[quota]] if quota < len(order) else 0.0
        taken = order[:quota]
        kept.append(mine[(relaxed.bound - last + relaxed.score[mine] >= target) | (relaxed.score[mine] >= last)])
        instead = max(first_left, 0.0)
        sure = taken[(relaxed.bound - score[taken] + instead < target) & (score[taken] > instead)]
        must.append(np.unique(who[sure]))
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *kept]), np.concatenate([none, *must])
