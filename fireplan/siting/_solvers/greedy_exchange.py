"""Good choices for covering problems, quickly: greedy, then exchanges of one site for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.siting._solvers.incumbent import PROVEN, offer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._solvers.incumbent import Search


def greedy(problem: CoverProblem, search: Search, *, told: CoverProblem | None = None) -> NDArray[np.int64]:
    """
    Choose the candidate that adds most, again and again, as long as one may join.

    Where there is a budget, what a candidate adds is divided by what it costs.

    Parameters
    ----------
    problem, search
        What to choose for; the search is told of the choice.
    told
        The problem in whose worth the search is told; left out: this one.
    """
    choice = problem.choice
    chosen = np.empty(0, dtype=np.int64)
    count = problem.counted(chosen)
    price = None
    if choice.cost is not None and choice.budget < np.inf:
        price = np.maximum(choice.cost, PROVEN * max(1.0, abs(choice.budget)))
    # The greedy choice. With a number of sites as the only condition, and worth that never rises, it gains at least 1 -
    # 1/e of what the best choice gains (Nemhauser, Wolsey and Fisher 1978). Invariant: `count` is that of `chosen`.
    while True:
        gain = np.where(choice.may_join(chosen), problem.gains(count), -1.0)
        best = int(np.argmax(gain if price is None else np.where(gain > 0, gain / price, -1.0)))
        if not gain[best] > 0:
            break
        chosen = np.append(chosen, best)
        count = problem.counted(chosen)
        search.check_time()
    offer(told or problem, search, chosen)
    return chosen


def exchange(problem: CoverProblem, chosen: NDArray[np.int64], search: Search) -> NDArray[np.int64]:
    """
    Exchange one site for a better one until none is left (Teitz and Bart 1968).

    Parameters
    ----------
    problem, search
        What to choose for; the search is told of every improvement.
    chosen
        A choice that meets all conditions.
    """
    choice = problem.choice
    chosen = chosen.copy()
    value = problem.objective(chosen)
    turn, unchanged = 0, 0
    # Each site in turn is taken out and the best candidate put in (vertex substitution). The value rises with every
    # exchange, so this ends: when each site in turn, `unchanged` of them, has stayed. `chosen` meets all conditions.
    while unchanged < len(chosen):
        others = np.delete(chosen, turn)
        count = problem.counted(others)
        gain = np.where(choice.may_join(others), problem.gains(count), -1.0)
        best = int(np.argmax(gain))
        found = problem.value(count) + max(gain[best], 0.0)
        if gain[best] > 0 and found > value + PROVEN * abs(value):
            chosen = np.append(others, best)
            value, unchanged = found, 0
            offer(problem, search, chosen)
            turn = 0 if turn >= len(chosen) - 1 else turn
        else:
            turn, unchanged = (turn + 1) % len(chosen), unchanged + 1
        search.check_time()
    return chosen
