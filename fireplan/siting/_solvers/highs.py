"""HiGHS: watched, interrupted, and with its answer checked."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan.siting._solvers.incumbent import PROVEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.siting._problem.integer_program import IntegerProgram
    from fireplan.siting._solvers.incumbent import Search

LISTEN_EVERY_S = 0.1
"""How long an interrupt may wait. [s]"""

PATIENCE_S = 1.0
"""How long HiGHS may take to stop. [s]"""

TOLERANCE = 1e-6
"""How far HiGHS may leave a condition or a whole number unmet."""


class Solved(NamedTuple):
    """
    How HiGHS ended.

    Attributes
    ----------
    values
        The values found, whole where they have to be; None: none was found.
    finished
        Whether HiGHS was done: the values are the best there are (to the gap asked for), or there are none.
    """

    values: NDArray[np.float64] | None
    finished: bool


def solve(
    program: IntegerProgram,
    search: Search,
    *,
    start: NDArray[np.float64] | None = None,
    options: dict[str, Any] | None = None,
) -> Solved:
    """
    Solve a program in the time that is left, telling the search its bound.

    Parameters
    ----------
    program
        What to solve.
    search
        Its bound is tightened by that of HiGHS, so the program's objective has to be that of the search: a step on the
        way has a search of its own. Interrupts reach the solver.
    start
        Values to begin with.
    options
        More of HiGHS's own options.

    Returns
    -------
    What was found. The caller works out the objective of the values again by itself: a solver can be wrong.
    """
    import highspy  # noqa: PLC0415 - slow to import

    highs = program.to_highs()
    for key, value in {"mip_feasibility_tolerance": TOLERANCE, "threads": 1, **(options or {})}.items():
        highs.setOptionValue(key, value)
    highs.setOptionValue("mip_rel_gap", max(search.gap, PROVEN / 10))
    highs.setOptionValue("mip_abs_gap", 0.0)
    highs.setOptionValue("time_limit", max(0.0, search.left_s))
    if start is not None:
        given = highspy.HighsSolution()
        given.col_value = list(start)
        highs.setSolution(given)

    def hear(event: Any) -> None:  # noqa: ANN401 - HiGHS's own record
        search.tighten(event.data_out.mip_dual_bound)

    # One that was left running holds up the next one: HiGHS works on one program at a time.
    while highs.is_solver_running():
        if search.left_s < 0:
            return Solved(None, finished=False)
        time.sleep(LISTEN_EVERY_S)
        search.tell(search.told())
    highs.setOptionValue("time_limit", max(0.0, search.left_s))
    highs.cbMipInterrupt += hear
    highs.HandleUserInterrupt = True
    highs.startSolve()
    try:
        # HiGHS works on a thread of its own; this one waits in short turns, so that an interrupt and the clock are
        # heard.
        while not highs.wait(LISTEN_EVERY_S)[0]:
            search.tell(search.told())
            if search.left_s < -PATIENCE_S:  # HiGHS looks at its clock seldom while it prepares
                return _left_running(highs)
    except BaseException:
        _left_running(highs)
        raise
    return _solved(highs, program, search)


def conclude(solved: Solved, search: Search, *, infeasible: Callable[[], str]) -> None:
    """
    End a search as its last step, HiGHS, has ended, when the search has been told of what was found.

    Parameters
    ----------
    solved
        How HiGHS ended.
    search
        Ended, unless its answer is now proven: where a gap is close enough, HiGHS stops short of a proof, and its bound
        stands.
    infeasible
        Says why there is no answer.
    """
    if not solved.finished:
        search.end("time_limit")
    if math.isnan(search.objective):
        search.end("infeasible", infeasible())
    if solved.values is not None and search.gap:
        search.check()
        search.end("gap_limit")
    search.tighten(search.objective)


def _left_running(highs: Any) -> Solved:  # noqa: ANN401
    """Ask HiGHS to stop, and do not wait long for it: its thread ends by itself."""
    highs.cancelSolve()
    highs.wait(PATIENCE_S)
    return Solved(None, finished=False)


def _solved(highs: Any, program: IntegerProgram, search: Search) -> Solved:  # noqa: ANN401
    """Read what HiGHS ended with."""
    import highspy  # noqa: PLC0415 - slow to import

    states = highspy.HighsModelStatus
    state, info = highs.getModelStatus(), highs.getInfo()
    if state in {states.kInfeasible, states.kUnboundedOrInfeasible}:
        return Solved(None, finished=True)
    if program.integer.any():
        search.tighten(info.mip_dual_bound)
    values = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.array(highs.getSolution().col_value)
        values = np.where(program.integer, np.round(found), found) + 0.0
    return Solved(values, finished=state == states.kOptimal)
