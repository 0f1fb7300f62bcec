"""From a covering problem to its answer: bounds and fixing, then what is left by branching or by HiGHS."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.errors import FireplanError
from fireplan.siting._problem.aggregation import core
from fireplan.siting._solvers.branch_and_bound import bound_and_fix, branch
from fireplan.siting._solvers.cutting_planes import CoverParts, Master, add_required, solve_by_cuts
from fireplan.siting._solvers.highs import TOLERANCE, conclude, solve
from fireplan.siting._solvers.incumbent import offer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.integer_program import ProgramRows
    from fireplan.siting._solvers.incumbent import Search

CORE_ENTRIES = 100_000
"""A plain problem with more entries left than this is branched on here: HiGHS would spend minutes at its root."""


STEPPED_ROWS = 3000
"""A problem of steps with more rows left than this is solved by cuts, if it is not branched on."""

PLAINLY = {"presolve": "off"}
"""What is left is reduced already: on covering programs HiGHS's own presolve costs more than it saves."""


def solve_cover(problem: CoverProblem, search: Search) -> None:
    """
    Find the best choice, and prove it as far as time allows.

    Parameters
    ----------
    problem
        What is to be covered.
    search
        Told of every better choice, and of the bound. Its `model` is what was left after fixing.
    """
    search.model = problem
    if problem.lost:
        search.end(
            "infeasible",
            f"{wording.counted(problem.lost, 'place that has', 'places that have')} to be covered:"
            " reached by no candidate",
        )
    root, within = bound_and_fix(problem, search)
    left = core(problem, root.alive)
    entries = int((left.runs.hi - left.runs.lo).sum())
    search.model = left
    if problem.plain and entries > CORE_ENTRIES:
        branch(within, root, search)
    elif by_cuts(left):
        _by_cuts(problem, left, search)
    else:
        _by_highs(problem, left, search)


def tell(problem: CoverProblem, search: Search, chosen: NDArray[np.int64]) -> None:
    """Tell a search of a choice."""
    offer(problem, search, chosen)


def by_cuts(problem: CoverProblem) -> bool:
    """Say whether a problem has too many rows for HiGHS, and none is worth more than its first cover."""
    return problem.stepped and len(problem.worth) == 1 and problem.runs.n_rows > STEPPED_ROWS


def _by_cuts(problem: CoverProblem, left: CoverProblem, search: Search) -> None:
    """Find what is left by cuts: the objective is the sum of its parts, and so is each floor."""
    parts = CoverParts.by([left.weight, *(f.weight for f in left.floors)])
    n = left.runs.n

    def fix(rows: ProgramRows, variable: NDArray[np.int64]) -> None:
        for number, floor in enumerate(left.floors, start=1):
            if floor.least > 0:
                rows.add(variable[parts.of == number], 1.0, lower=floor.least)
        add_required(left, rows)

    cost = np.concatenate([np.zeros(n), (parts.of == 0).astype(float)])
    upper = np.concatenate([left.choice.most.astype(float), parts.weight.sum(axis=1)])
    master = Master(fix, cost * left.worth[0], upper, left.already)
    solved = solve_by_cuts(left, search, parts, master, lambda chosen: tell(problem, search, chosen))
    conclude(solved, search, infeasible=lambda: _why_not(problem))


def _by_highs(problem: CoverProblem, left: CoverProblem, search: Search) -> None:
    """Hand what is left to HiGHS, and work out again what its answer attains."""
    program = left.program()
    solved = solve(program, search, start=_start(problem, left, search), options=PLAINLY)
    if solved.values is not None:
        chosen = chosen_in(solved.values, problem.runs.n)
        value = offer(problem, search, chosen)
        claimed = float(program.cost @ solved.values + program.offset)
        if value < claimed - 10 * TOLERANCE * max(1.0, abs(claimed)) or not problem.meets(
            chosen, problem.counted(chosen)
        ):
            raise FireplanError(
                f"HiGHS claims {claimed:.9g} for a choice that attains {value:.9g}, or misses a condition: do not use"
                " this answer, and report it"
            )
    conclude(solved, search, infeasible=lambda: _why_not(problem))


def chosen_in(values: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Candidates in the values of a program, one chosen twice standing twice."""
    return np.repeat(np.arange(n), np.round(values[:n]).astype(np.int64))


def _start(problem: CoverProblem, left: CoverProblem, search: Search) -> NDArray[np.float64] | None:
    """Values of the best choice so far, if it stands in what is left."""
    if math.isnan(search.objective):
        return None
    times = np.bincount(search.chosen, minlength=problem.runs.n)
    if (times > left.choice.most).any():
        return None
    count = left.counted(search.chosen)
    level = np.arange(len(left.worth))
    taken = (level < count[:, None])[level >= left.base[:, None]]
    return np.concatenate([times, taken]).astype(float)


def _why_not(problem: CoverProblem) -> str:
    """Say what keeps every choice from meeting the conditions, as far as it can be told."""
    everything = problem.counted(np.repeat(np.arange(problem.runs.n), problem.choice.most))
    short = [f.name for f in problem.floors if not f.met(everything)]
    if short:
        return f"not even with every candidate is enough covered in {', '.join(short)}"
    return "so few sites, within these conditions, cannot do it: allow more, or ask for less"
