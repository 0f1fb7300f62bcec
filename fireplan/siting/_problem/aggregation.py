"""Places merged into rows: those that the same candidates cover, in an order that keeps neighbours together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan._kernel.cover.cover_runs import alike, as_runs
from fireplan._kernel.shortest_paths.graph import morton_code
from fireplan.siting._problem.cover_matrix import Covers
from fireplan.siting._problem.cover_problem import CoverProblem, Floor
from fireplan.siting._problem.stepped_demand import thinned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.siting._problem.constraints import Choice


def cover_problem(  # noqa: PLR0913 - a problem has this many parts
    covers: Covers,
    weight: NDArray[np.float64],
    choice: Choice,
    *,
    worth: tuple[float, ...] = (1.0,),
    base: NDArray[np.int64] | None = None,
    units: NDArray[np.int64] | None = None,
    points: NDArray[np.float64] | None = None,
    required: NDArray[np.bool_] | None = None,
    floors: Mapping[str, tuple[NDArray[np.bool_], float]] | None = None,
) -> CoverProblem:
    """
    Merge places into rows.

    Parameters
    ----------
    covers
        Which candidate covers which place.
    weight
        Of each place.
    choice
        What may be chosen.
    worth
        What being covered once, twice ... is worth.
    base
        How often each place is covered already; left out: never.
    units
        How many units come with each candidate; left out: one.
    points
        x and y of each place, in any unit; with them, rows are in an order that makes cover sets short runs. Left out:
        the order given.
    required
        Places that have to be covered at least once; left out: none.
    floors
        By name, places and the share of their weight that has to be covered at least once.
    """
    before = np.zeros(covers.n_places, dtype=np.int64) if base is None else np.asarray(base, dtype=np.int64)
    worths = np.asarray(worth, dtype=float)
    whole = np.concatenate([[0.0], np.cumsum(worths)])
    already = float((weight * whole[np.minimum(before, len(worths))]).sum())
    group, _ = alike(covers.start, covers.place, covers.n_places)
    must = np.zeros(covers.n_places, dtype=bool) if required is None else np.asarray(required) & (before == 0)
    lost = int((must & (group < 0)).sum())
    parts = floors or {}
    # A place of no weight, or covered as often as counts, can gain nothing.
    group = np.where(((weight > 0) & (before < len(worths))) | must, group, -1)
    order = (
        np.arange(covers.n_places)
        if points is None
        else np.argsort(morton_code(points[:, 0], points[:, 1]), kind="stable")
    )
    counted = order[group[order] >= 0]
    key = [group[counted], before[counted], must[counted], *(inside[counted] for inside, _ in parts.values())]
    first, inverse = _grouped(key)
    row = np.full(covers.n_places, -1, dtype=np.int32)
    row[counted] = inverse
    n_rows = len(first)

    def in_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(row[counted], weights=values[counted], minlength=n_rows).astype(float)

    return CoverProblem(
        runs=as_runs(covers.start, covers.place, row, n_rows),
        weight=in_rows(weight),
        base=before[counted[first]],
        worth=worths,
        choice=choice,
        units=np.ones(covers.n, dtype=np.int64) if units is None else units,
        row=row,
        total=float(math.fsum(weight)),
        already=already,
        required=must[counted[first]],
        floors=tuple(
            Floor(
                name,
                in_rows(weight * (inside & (before == 0))),
                share * weight[inside].sum() - weight[inside & (before > 0)].sum(),
            )
            for name, (inside, share) in parts.items()
        ),
        lost=lost,
    )


def _grouped(keys: list[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the first place of each combination of keys, in order, and the number of each place's combination."""
    if len(keys[0]) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    code = np.zeros(len(keys[0]), dtype=np.int64)
    # Keys are folded in one by one and numbered anew each time, so the code stays below places x values of one key.
    for key in keys:
        code = np.unique(code * (int(key.max()) + 1) + key, return_inverse=True)[1]
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.sort(first), rank[inverse]


def core(problem: CoverProblem, alive: NDArray[np.int64]) -> CoverProblem:
    """
    Leave out all candidates but a few, and merge the rows that these do not tell apart.

    Parameters
    ----------
    problem
        The whole.
    alive
        Candidates that stay, by position; the others keep theirs, cover nothing and may not be chosen.
    """
    if problem.stepped:
        problem = thinned(problem, alive).problem
    stays = np.zeros(problem.runs.n, dtype=bool)
    stays[alive] = True
    covered = [problem.runs.rows(j) if stays[j] else np.empty(0, dtype=np.int64) for j in range(problem.runs.n)]
    start = np.concatenate([[0], np.cumsum([len(c) for c in covered])])
    covers = Covers(start, np.concatenate(covered).astype(np.int32), len(problem.weight))
    most = np.where(stays, problem.choice.most, 0)
    there = np.bincount(problem.choice.group, weights=most, minlength=len(problem.choice.quota)).astype(int)
    quota = tuple(min(q, int(n)) for q, n in zip(problem.choice.quota, there, strict=True))
    smaller = cover_problem(
        covers,
        problem.weight,
        replace(problem.choice, most=most, quota=quota),
        worth=tuple(problem.worth),
        base=problem.base,
        units=problem.units,
        required=problem.required,
        floors={f.name: (f.weight > 0, 0.0) for f in problem.floors},
    )
    # Places, and what they gain before anything is chosen, are those of the whole.
    gone = smaller.row < 0
    n_rows = len(smaller.weight)

    def in_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(smaller.row[~gone], weights=values[~gone], minlength=n_rows).astype(float)

    return replace(
        smaller,
        row=np.where(problem.row >= 0, smaller.row[problem.row], -1).astype(np.int32),
        stepped=problem.stepped,
        total=problem.total,
        already=problem.already,
        floors=tuple(f._replace(weight=in_rows(f.weight)) for f in problem.floors),
    )
