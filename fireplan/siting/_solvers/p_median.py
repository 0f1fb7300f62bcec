"""The p-median problem on a matrix: sites from which places are served at the least weighted cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._problem.service_problem import Task
from fireplan.siting._solvers.highs import solve
from fireplan.siting._solvers.incumbent import Answer, relative_gap, searching
from fireplan.siting._solvers.p_median_lagrangian import STEPS, Prices, branch_and_bound
from fireplan.siting._solvers.p_median_local_search import Hunt, unproven

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.integer_program import IntegerProgram

LOOSE = 1e-6
"""HiGHS leaves conditions unmet by this part, so its bound may be short of the optimum by as much."""

LITTLE = 1000
"""So many ways to serve places are left to HiGHS, more to branches."""

KICKS = 30
"""Kicks in vain after which the search for a better choice gives way to the proof."""


def p_median_matrix(
    costs: object,
    weights: ArrayLike,
    p: int | None = None,
    *,
    base: ArrayLike | None = None,
    choice: Choice | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    first: ArrayLike | None = None,
) -> Answer:
    """
    Choose sites so that the weighted cost of serving the places is least.

    Parameters
    ----------
    costs
        Candidates x places, as `fireplan.siting._problem.service_problem.costs_of` takes them.
    weights
        How much each place counts; zero: not at all.
    p
        How many sites to choose.
    base
        Cost at which each place is served anyway, by stations that stand or as a limit beyond which all costs count
        the same; left out: each place must be served by a site chosen.
    choice
        Conditions on the choice, instead of `p`. Each candidate is chosen once at most.
    time_limit_s
        How long to search. [s]
    gap
        Share of the cost that is close enough; 0: until it is proven.
    first
        Positions of a choice to begin with.

    Returns
    -------
    The choice; its objective is the sum of weight times the least cost.

    Notes
    -----
    A greedy choice is bettered by exchanges [1]_ and kicks. Prices of serving each place give the bound [2]_ and rule
    out sites that no better choice has, or lacks; HiGHS settles the rest, stated by radius [3]_.

    References
    ----------
    .. [1] Whitaker (1983), INFOR 21, 95-108; Resende and Werneck (2007), EJOR 174, 54-68.
    .. [2] Beasley (1985), EJOR 21, 270-273; Hanjoul and Peeters (1985), EJOR 20, 387-396.
    .. [3] Cornuejols, Nemhauser and Wolsey (1980); Elloumi (2010), J. Comb. Optim. 19, 69-83.
    """
    task = Task.of(costs, weights, base, p, choice)
    with searching(sense=-1, what="p-median", time_limit_s=time_limit_s, gap=gap) as search:
        reason = task.unserved_reason()
        if reason:
            search.end("infeasible", reason)
        hunt = Hunt(task, search)
        hunt.begin(first)
        search.check()
        prices = Prices.of(hunt.team, hunt.must)
        _lower(hunt, prices)
        _finish(hunt, prices)
    return search.answer()


def _lower(hunt: Hunt, prices: Prices) -> None:
    """Raise the prices to the best bound, following what they suggest on the way."""
    search = hunt.search
    # Prices and choices help each other: the cheapest choice the prices suggest is settled by exchanges, and its cost
    # is what the next steps aim at. Prices whose bound passes `worth` prove the best choice.
    while prices.scale > 1e-3:
        best_total, best = math.inf, prices.closed
        for _ in range(STEPS):
            picked, total = prices.step(hunt.worth)
            if total < best_total:
                best_total, best = total, picked
            if search.left_s <= 0:
                break
        search.tighten(prices.bound if prices.bound < hunt.worth else search.objective)
        search.check()
        hunt.follow(best)
        search.check()
        if not len(prices.undecided):
            return


def _finish(hunt: Hunt, prices: Prices) -> None:
    """Kick the choice until that is in vain, then settle what is left by branches, or by HiGHS where it is little."""
    search, idle = hunt.search, 0
    while idle < KICKS and len(prices.undecided):
        idle = 0 if hunt.kick() else idle + 1
        search.check()
    prices.price = prices.best
    prices.step(hunt.worth)
    if prices.bound > hunt.worth:
        return
    if not len(prices.undecided):
        hunt.team.serve(np.flatnonzero(prices.opened))
        hunt.settle()
        return
    little = int(prices.useful(hunt.worth).sum()) <= LITTLE
    if hunt.task.choice.counted_only and not little:
        branch_and_bound(hunt, prices)
        return
    program = _left_over(hunt, prices)
    if program is None:
        return
    search.model = program
    values, finished = solve(program, search, options={"objective_bound": hunt.worth})
    if values is not None:
        hunt.team.serve(np.flatnonzero(values[: hunt.task.choice.n] > 0.5))
        hunt.settle()
        search.check()
    if not finished:
        unproven(search)
    if values is not None and relative_gap(search.objective, min(search.bound, search.objective)) > LOOSE:
        search.end("gap_limit" if search.gap else "time_limit", "HiGHS stopped before it had proven the optimum")


def _left_over(hunt: Hunt, prices: Prices) -> IntegerProgram | None:
    """
    State by radius what is left: only choices below `worth` need be told apart.

    Variables are the candidates, then for each place and each distinct cost of its sites whether none as cheap is open.
    None: nothing is left, the best choice is optimal.
    """
    service, choice, worth = hunt.team.service, hunt.task.choice, hunt.worth
    n, m = service.n_sites, len(service.base)
    owner = np.repeat(np.arange(m), np.diff(service.first))
    keep = prices.useful(worth)
    owner, site, dear = owner[keep], service.site[keep], service.dear[keep]
    without = (service.base <= prices.limit(worth)) & ~hunt.must
    served = np.bincount(owner, minlength=m) > 0
    if (~served & ~without).any():
        return None
    new = np.concatenate([[True], (np.diff(owner) > 0) | (np.diff(dear) > 0)])[: len(owner)]
    level = np.cumsum(new) - 1
    place, cost = owner[new], dear[new]
    head = np.concatenate([[True], np.diff(place) > 0])[: len(place)]
    last = np.concatenate([head[1:], [True]])[: len(place)]
    after = np.where(last, service.base[place], np.concatenate([cost[1:], [0.0]])[: len(place)])
    upper = np.where(last & ~without[place], 0.0, 1.0)
    step = np.where(upper > 0, after - cost, 0.0)
    rows = ProgramRows()
    k = np.arange(len(place))
    column = np.concatenate([site, n + k, n + k[~head] - 1])
    value = np.concatenate([np.ones(len(site) + len(k)), -np.ones(int((~head).sum()))])
    row = np.concatenate([level, k, k[~head]])
    order = np.argsort(row, kind="stable")
    rows.add(column[order], value[order], count=np.bincount(row, minlength=len(k)), lower=np.where(head, 1.0, 0.0))
    choice.add_rows(rows)
    return rows.program(
        sense=-1,
        cost=np.concatenate([np.zeros(n), step]),
        lower=np.concatenate([prices.opened.astype(float), np.zeros(len(k))]),
        upper=np.concatenate([(~prices.closed).astype(float), upper]),
        integer=np.arange(n + len(k)) < n,
        name={"open candidate": (0, n), "none open as cheap": (n, n + len(k))},
        offset=float(cost[head].sum() + service.base[~served].sum()),
    )
