"""Integer programs, and HiGHS to solve them: watched, interrupted, and with its answer checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan.siting._solvers.incumbent import PROVEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.siting._solvers.incumbent import Search

LISTEN_EVERY_S = 0.1
"""How long an interrupt may wait. [s]"""

PATIENCE_S = 1.0
"""How long HiGHS may take to stop. [s]"""

TOLERANCE = 1e-6
"""How far HiGHS may leave a condition or a whole number unmet."""


@dataclass(frozen=True, eq=False)
class IntegerProgram:
    """
    Maximise or minimise cost @ x + offset, with row_lower <= A x <= row_upper and lower <= x <= upper.

    Attributes
    ----------
    sense
        1: maximise; -1: minimise.
    cost, lower, upper, integer
        One for each variable; `integer`: whether it has to be whole.
    start, column, value
        The rows of A, compressed: row i is `column[start[i]:start[i + 1]]` with `value` beside it.
    row_lower, row_upper
        One for each row.
    offset
        Added to the objective.
    name
        What each variable stands for, in a few words by range: `{"open candidate": (0, 16)}`.
    """

    sense: int
    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    start: NDArray[np.int64]
    column: NDArray[np.int32]
    value: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    offset: float
    name: dict[str, tuple[int, int]]

    def __repr__(self) -> str:
        """Say how large it is."""
        parts = ", ".join(f"{n} {a}..{b - 1}" for n, (a, b) in self.name.items())
        return (
            f"IntegerProgram: {len(self.cost):,} variables ({parts}), {len(self.row_lower):,} rows,"
            f" {len(self.value):,} entries"
        )

    def to_highs(self) -> Any:  # noqa: ANN401 - highspy.Highs, which has no types
        """Give the program as a `highspy.Highs`, silent, for conditions of your own."""
        import highspy  # noqa: PLC0415 - slow to import

        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_lower)
        lp.col_cost_, lp.offset_ = self.cost, self.offset
        lp.col_lower_, lp.col_upper_ = self.lower, self.upper
        lp.row_lower_, lp.row_upper_ = self.row_lower, self.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = self.start.astype(np.int32)
        lp.a_matrix_.index_ = self.column.astype(np.int32)
        lp.a_matrix_.value_ = self.value
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.integer]
        lp.sense_ = highspy.ObjSense.kMaximize if self.sense > 0 else highspy.ObjSense.kMinimize
        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS's own signature
        highs.passModel(lp)
        return highs


class Rows:
    """Rows of an integer program, gathered one block after the other."""

    def __init__(self) -> None:
        self._count: list[NDArray[np.int64]] = []
        self._column: list[NDArray[np.int32]] = []
        self._value: list[NDArray[np.float64]] = []
        self._lower: list[NDArray[np.float64]] = []
        self._upper: list[NDArray[np.float64]] = []

    def add(
        self,
        column: NDArray[Any],
        value: NDArray[Any] | float,
        *,
        count: NDArray[Any] | None = None,
        lower: NDArray[Any] | float = -math.inf,
        upper: NDArray[Any] | float = math.inf,
    ) -> None:
        """Add a row, or with `count` (entries of each) several."""
        several = np.array([len(column)]) if count is None else np.asarray(count)
        self._count.append(several.astype(np.int64))
        self._column.append(np.asarray(column, dtype=np.int32))
        self._value.append(np.broadcast_to(np.asarray(value, dtype=float), len(column)))
        self._lower.append(np.broadcast_to(np.asarray(lower, dtype=float), len(several)))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=float), len(several)))

    def program(
        self,
        *,
        sense: int,
        cost: NDArray[np.float64],
        upper: NDArray[np.float64],
        integer: NDArray[np.bool_],
        name: dict[str, tuple[int, int]],
        lower: NDArray[np.float64] | None = None,
        offset: float = 0.0,
    ) -> IntegerProgram:
        """Give the program with these rows."""

        def joined(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
            return np.concatenate(parts).astype(kind) if parts else np.empty(0, dtype=kind)

        return IntegerProgram(
            sense=sense,
            cost=np.asarray(cost, dtype=float),
            lower=np.zeros(len(cost)) if lower is None else lower,
            upper=np.asarray(upper, dtype=float),
            integer=integer,
            start=np.concatenate([[0], np.cumsum(joined(self._count, np.int64))]),
            column=joined(self._column, np.int32),
            value=joined(self._value, float),
            row_lower=joined(self._lower, float),
            row_upper=joined(self._upper, float),
            offset=offset,
            name=name,
        )


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
