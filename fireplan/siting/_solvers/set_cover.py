"""The fewest, or cheapest, sites that cover everything (LSCP)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan import wording
from fireplan._kernel.cover.cover_runs import alike
from fireplan._kernel.location.set_cover_reduction import Both, drop_candidates, drop_rows
from fireplan.errors import FireplanError
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.cover_matrix import Covers, checked_weights, covers_of
from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._solvers.highs import conclude, solve
from fireplan.siting._solvers.incumbent import Answer, Search, searching

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_PASSES = 20
"""Rows and candidates are dropped in turn, at most so often."""


def set_cover_matrix(
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    *,
    cost: ArrayLike | None = None,
    required: NDArray[np.bool_] | None = None,
    choice: Choice | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Answer:
    """
    Choose the fewest candidates, or the cheapest, that cover every place (LSCP).

    Parameters
    ----------
    covers
        Candidates x places: dense, SciPy sparse, or `Covers`; what is not zero covers.
    cost
        Of each candidate, zero or more; left out: each costs 1.
    required
        Places that have to be covered; left out: all.
    choice
        Pairs that exclude each other, and quotas by group; left out: neither.
    time_limit_s
        How long to search. [s]
    gap
        Share of the objective that is close enough.

    Returns
    -------
    The choice; its objective is its cost. Status "infeasible" where some place is reached by no candidate.

    Notes
    -----
    Location set covering (Toregas, Swain, ReVelle and Bergman 1971). Rows and candidates that another one makes idle
    are dropped in turn (Toregas and ReVelle 1973); HiGHS solves what is left.
    """
    matrix = covers_of(covers)
    price = np.ones(matrix.n) if cost is None else checked_weights(cost, matrix.n)
    asked = np.ones(matrix.n_places, dtype=bool) if required is None else np.asarray(required, dtype=bool)
    limits = choice or Choice(matrix.n, (matrix.n,))
    whole = 1.0 if (price % 1 == 0).all() else 0.0
    with searching(sense=-1, what="set cover", time_limit_s=time_limit_s, gap=gap, step=whole) as search:
        search.tighten(0.0)
        group, n_rows = alike(matrix.start, matrix.place, matrix.n_places)
        never = int((group[asked] < 0).sum())
        if never:
            search.end(
                "infeasible",
                f"{wording.count(never)} of {wording.count(asked.sum())} places are reached by no candidate",
            )
        wanted = np.zeros(n_rows, dtype=bool)
        wanted[group[asked]] = True
        _solve(_merged(matrix, group, n_rows), wanted, price, limits, search)
    return search.answer()


def _solve(both: Both, wanted: NDArray[np.bool_], price: NDArray[np.float64], choice: Choice, search: Search) -> None:
    rows, left = wanted.copy(), choice.most > 0
    # A candidate that another one makes idle is still needed where that one may be excluded.
    free = choice.counted_only and len(choice.quota) == 1
    # Rows that go make candidates idle, and candidates that go make rows alike: in turn, until neither changes.
    for _ in range(MOST_PASSES):
        search.check_time()
        changed = drop_rows(both, rows, left)
        if free:
            changed += drop_candidates(both, rows, left, price)
        if not changed:
            break
    if free:
        chosen = _cheapest_first(both, rows, left, price, search)
        if choice.allows(chosen):
            search.improve(chosen, float(price[chosen].sum()))
    search.check_time()
    program = _program(both, rows, left, price, choice)
    search.model = program
    solved = solve(program, search)
    if solved.values is not None:
        chosen = np.flatnonzero(solved.values > 0.5)
        if not _covers(both, chosen)[wanted].all() or not choice.allows(chosen):
            raise FireplanError("HiGHS's answer leaves places uncovered, or breaks a condition: report it")
        search.improve(chosen, float(price[chosen].sum()))
    conclude(solved, search, infeasible=lambda: "no choice within these conditions covers every place")


def _covers(both: Both, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    covered = np.zeros(len(both.row_start) - 1, dtype=bool)
    for j in chosen:
        covered[both.row[both.start[j] : both.start[j + 1]]] = True
    return covered


def _cheapest_first(
    both: Both, rows: NDArray[np.bool_], left: NDArray[np.bool_], price: NDArray[np.float64], search: Search
) -> NDArray[np.int64]:
    """Choose what covers most for its price, again and again; then drop what the others make idle (Chvátal 1979)."""
    open_rows, chosen = rows.copy(), []
    who = np.repeat(np.arange(len(price)), np.diff(both.start))
    # Most new rows for the price. Every row left is covered by some candidate left, so each turn closes at least one.
    while open_rows.any():
        search.check_time()
        gain = np.bincount(who, weights=open_rows[both.row], minlength=len(price)) * left
        best = int(np.argmax(gain / np.maximum(price, 1e-12)))
        chosen.append(best)
        open_rows[both.row[both.start[best] : both.start[best + 1]]] = False
    times = np.zeros(len(rows), dtype=np.int64)
    for j in chosen:
        times[both.row[both.start[j] : both.start[j + 1]]] += 1
    # What came later can make an earlier one idle: it goes if each of its rows is covered twice. `times` follows.
    for j in list(chosen):
        mine = both.row[both.start[j] : both.start[j + 1]]
        if (times[mine][rows[mine]] > 1).all():
            times[mine] -= 1
            chosen.remove(j)
    return np.array(chosen, dtype=np.int64)


def _merged(matrix: Covers, group: NDArray[np.int64], n_rows: int) -> Both:
    """The matrix with places that are covered alike as one row, by candidate and by row."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import

    first = np.full(n_rows, -1)
    backwards = np.flatnonzero(group >= 0)[::-1]
    first[group[backwards]] = backwards
    stays = first[np.maximum(group[matrix.place], 0)] == matrix.place
    who = np.repeat(np.arange(matrix.n), np.diff(matrix.start))[stays]
    row = group[matrix.place[stays]]
    by = csr_array((np.ones(len(row), dtype=np.int8), (who, row)), shape=(matrix.n, n_rows))
    turned = by.T.tocsr()
    return Both(
        by.indptr.astype(np.int64), by.indices.astype(np.int32), turned.indptr.astype(np.int64),
        turned.indices.astype(np.int32),
    )  # fmt: skip


def _program(
    both: Both, rows: NDArray[np.bool_], left: NDArray[np.bool_], price: NDArray[np.float64], choice: Choice
) -> Any:  # noqa: ANN401 - IntegerProgram
    found = ProgramRows()
    kept = rows[np.repeat(np.arange(len(rows)), np.diff(both.row_start))] & left[both.candidate]
    count = np.add.reduceat(kept, both.row_start[:-1])[rows] if len(rows) else np.empty(0, dtype=np.int64)
    found.add(both.candidate[kept], 1.0, count=count, lower=1.0)
    choice.add_rows(found)
    n = len(price)
    return found.program(
        sense=-1, cost=price, upper=left.astype(float), integer=np.ones(n, dtype=bool), name={"candidate": (0, n)}
    )
