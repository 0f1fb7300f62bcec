"""Integer programs as arrays, built row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


class ProgramRows:
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
