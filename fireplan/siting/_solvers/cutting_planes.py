"""Covering with more rows than HiGHS can hold: sites alone in the program, and what they cover by cuts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.cover.cover_runs import sums
from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._solvers.highs import Solved, solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._solvers.incumbent import Search

BLOCKS = 24
"""What is covered is bounded in so many parts, neighbours together: parts make cuts sharp, and programs large."""

LP_ROUNDS = 60
"""Rounds of cuts without whole numbers, which are cheap, before the first with them."""

CLOSE = 1e-7
"""A cut is needed where a part is taken for more than is covered there, by more than this part of all there is."""


class CoverParts(NamedTuple):
    """
    What is covered, part by part.

    Attributes
    ----------
    weight
        Weight of each row in each part; parts x rows.
    of
        What each part belongs to: a number below `n`.
    n
        How many sums of parts there are.
    """

    weight: NDArray[np.float64]
    of: NDArray[np.int64]
    n: int

    @classmethod
    def by(cls, weights: list[NDArray[np.float64]]) -> CoverParts:
        """Part several weightings of the rows into blocks of neighbours."""
        n_rows = len(weights[0])
        edges = np.unique(np.linspace(0, n_rows, BLOCKS + 1).astype(int))
        rows, of = [], []
        for number, weight in enumerate(weights):
            for begin, end in pairwise(edges):
                if weight[begin:end].any():
                    part = np.zeros(n_rows)
                    part[begin:end] = weight[begin:end]
                    rows.append(part)
                    of.append(number)
        return cls(np.array(rows).reshape(-1, n_rows), np.array(of, dtype=np.int64), len(weights))


class Master(NamedTuple):
    """
    What is asked of sites and parts.

    Attributes
    ----------
    fix
        Adds what holds besides conditions on sites, given the variables of the parts: sites first, then parts, then
        whatever more it needs.
    cost
        What is maximised: of all variables.
    upper
        The most that each variable can be.
    offset
        Added to it.
    """

    fix: Callable[[ProgramRows, NDArray[np.int64]], None]
    cost: NDArray[np.float64]
    upper: NDArray[np.float64]
    offset: float = 0.0


def solve_by_cuts(
    problem: CoverProblem, search: Search, parts: CoverParts, master: Master, tell: Callable[[NDArray[np.int64]], None]
) -> Solved:
    """
    Solve a covering question in which being covered once is worth all there is.

    Parameters
    ----------
    problem
        What covers what, and what may be chosen.
    search
        Its bound is tightened by the program, which allows more than the question does.
    parts
        What is covered, in parts.
    master
        What is maximised, and what each part must be.
    tell
        Is told of every choice that was found, to weigh it and keep it.

    Returns
    -------
    How it ended.

    Notes
    -----
    What is covered is a sum over rows of min(1, sites that cover the row). The weight of some rows and, for each site,
    the weight of the others that it covers is never less; with the rows that a choice covers as the first it is what
    that choice covers (Benders cuts of maximal covering, in closed form). Cuts join the program until what it claims of
    its best choice is what that choice covers.
    """
    n, k = problem.runs.n, len(parts.of)
    variable, size = n + np.arange(k), len(master.cost)
    rows = ProgramRows()
    problem.choice.add_rows(rows)
    master.fix(rows, variable)
    cutter = CoverCuts(problem, parts)
    cutter.add(rows, np.zeros(n), variable, np.full(k, np.inf))

    def solved(*, whole: bool) -> Solved:
        program = rows.program(
            sense=1, cost=master.cost, upper=master.upper, integer=(np.arange(size) < n) & whole,
            name={"candidate": (0, n), "covered in part": (n, n + k), "besides": (n + k, size)}, offset=master.offset,
        )  # fmt: skip
        search.model = program
        return solve(program, search)

    for _ in range(LP_ROUNDS):
        search.check_time()
        found = solved(whole=False)
        if found.values is None or not cutter.add(rows, found.values[:n], variable, found.values[variable]):
            break
    while True:
        search.check()
        found = solved(whole=True)
        if found.values is None:
            return found
        taken = np.round(found.values[:n])
        tell(np.repeat(np.arange(n), taken.astype(np.int64)))
        if not cutter.add(rows, taken, variable, found.values[variable]) or not found.finished:
            return found


class CoverCuts:
    """Adds what keeps parts from being taken for more than a choice covers."""

    def __init__(self, problem: CoverProblem, parts: CoverParts) -> None:
        self.problem, self.parts = problem, parts
        self.runs = problem.runs
        self.column = np.repeat(np.arange(self.runs.n), np.diff(self.runs.start))
        self.close = CLOSE * max(1.0, float(parts.weight.sum()))

    def add(
        self, rows: ProgramRows, taken: NDArray[np.float64], variable: NDArray[np.int64], claimed: NDArray[np.float64]
    ) -> bool:
        """Add the cut of each part that is claimed to be more than is covered where sites are taken so far."""
        step = np.zeros(self.runs.n_rows + 1)
        np.add.at(step, self.runs.lo, taken[self.column])
        np.subtract.at(step, self.runs.hi, taken[self.column])
        covered = np.cumsum(step)[:-1]
        fully = covered >= 1 - 1e-9
        reached = self.parts.weight @ np.clip(covered, 0.0, 1.0)
        out, found = np.empty(self.runs.n), False
        for k in np.flatnonzero(claimed > reached + self.close / len(claimed)):
            weight = self.parts.weight[k]
            rest = sums(self.runs, np.where(fully, 0.0, weight), out)
            used = np.flatnonzero(rest > 0)
            rows.add(np.append(used, variable[k]), np.append(-rest[used], 1.0), upper=float(weight[fully].sum()))
            found = True
        return found


def add_required(problem: CoverProblem, rows: ProgramRows) -> None:
    """Add for each row that has to be covered: at least one of the sites that cover it."""
    if not problem.required.any():
        return
    covered = [problem.runs.rows(j) for j in range(problem.runs.n)]
    row = np.concatenate(covered)
    column = np.repeat(np.arange(problem.runs.n), [len(c) for c in covered])
    must = problem.required[row]
    order = np.argsort(row[must], kind="stable")
    count = np.bincount(row[must], minlength=problem.runs.n_rows)
    rows.add(column[must][order], 1.0, count=count[count > 0], lower=1.0)
