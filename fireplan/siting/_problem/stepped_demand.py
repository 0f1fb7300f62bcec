"""Covering by chance: each place in steps, which are rows like any others, so that the best chance counts exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.cover.cover_runs import Runs
from fireplan._kernel.shortest_paths.graph import morton_code
from fireplan.siting._problem.cover_problem import CoverProblem, Floor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.siting._problem.constraints import Choice


class Chanced(NamedTuple):
    """
    How likely each column reaches each place in time; an entry that is absent adds no chance to that of what stays.

    Attributes
    ----------
    start, place, chance
        Compressed rows, one for each column: its places and chances are at `start[j]:start[j + 1]`.
    time_s
        When it arrives there, at the median. [s]
    units
        How many units come with each column.
    stays
        Chances of the units that stay, the best first: units x places, as many as count.
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    chance: NDArray[np.float64]
    time_s: NDArray[np.float32]
    units: NDArray[np.int64]
    stays: NDArray[np.float64]

    @property
    def n_places(self) -> int:
        """How many places there are."""
        return int(self.stays.shape[1])

    @property
    def column(self) -> NDArray[np.int64]:
        """The column of each entry."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


class Steps(NamedTuple):
    """
    A covering problem of steps, and where each entry of its chances lies in it.

    Attributes
    ----------
    problem
        The problem.
    column, time_s
        Column of each entry that can gain anything, and when it arrives [s].
    lo, hi
        Rows it covers: from `lo` to below `hi`.
    """

    problem: CoverProblem
    column: NDArray[np.int64]
    time_s: NDArray[np.float32]
    lo: NDArray[np.int64]
    hi: NDArray[np.int64]


def stepped_problem(
    chanced: Chanced,
    weight: NDArray[np.float64],
    choice: Choice,
    *,
    worth: tuple[float, ...] = (1.0,),
    points: NDArray[np.float64],
    floors: Mapping[str, tuple[NDArray[np.bool_], float]] | None = None,
) -> Steps:
    """
    State covering by chance as a covering problem.

    Parameters
    ----------
    chanced
        How likely which column reaches which place.
    weight
        Of each place.
    choice
        What may be chosen.
    worth
        What the best chance at a place is worth, the second best ...
    points
        x and y of each place, for the order of rows.
    floors
        By name, places and the share of their weight that has to be expected in time.

    Notes
    -----
    A place of weight w with chances p1 < p2 < ... has a row of weight w p1 that all these columns cover, one of weight
    w (p2 - p1) that all but the first cover, and so on: the rows that a choice covers add up to w times its best
    chance, those that it covers twice to w times the second best. Nothing is rounded. Rows of a place lie side by side,
    so that what a column covers there is one run. Chances that enough of what stays attains are in no row.
    """
    levels, m = len(worth), chanced.n_places
    # What stays has every step up to its own chance: as often as counts up to the last of its chances that count.
    sure = chanced.stays[levels - 1]
    useful = (chanced.chance > sure[chanced.place]) & (weight[chanced.place] > 0)
    column, place = chanced.column[useful], chanced.place[useful].astype(np.int64)
    chance, time_s = chanced.chance[useful], chanced.time_s[useful]
    order = np.empty(m, dtype=np.int64)
    order[np.argsort(morton_code(points[:, 0], points[:, 1]), kind="stable")] = np.arange(m)
    # A step ends at each chance of a column, and of what stays: elsewhere nothing tells rows apart.
    also = [np.flatnonzero((s > sure) & (weight > 0)) for s in chanced.stays[: levels - 1]]
    values, rank = np.unique(
        np.concatenate([chance, *(s[p] for s, p in zip(chanced.stays, also, strict=False))]), return_inverse=True
    )
    code = order[np.concatenate([place, *also])] * (len(values) + 1) + rank
    step, row = np.unique(code, return_inverse=True)
    of, top = np.divmod(step, len(values) + 1)
    at = np.argsort(order)[of]
    first = np.flatnonzero(np.append(True, of[1:] != of[:-1])) if len(of) else np.empty(0, dtype=np.int64)
    below = np.empty(len(step))
    below[1:] = values[top[:-1]] if len(values) else below[1:]
    below[first] = sure[at[first]]
    rise = values[top] - below if len(values) else below
    n_rows = len(step)
    begins = np.full(m, -1, dtype=np.int64)
    begins[at[first]] = first
    lo, hi = begins[place], row[: len(place)] + 1
    base = np.zeros(n_rows, dtype=np.int64)
    for one in chanced.stays[: levels - 1]:
        base += one[at] >= values[top] if len(values) else 0
    already = sum(w * float((weight * s).sum()) for w, s in zip(worth, chanced.stays, strict=True))
    problem = CoverProblem(
        runs=_joined(chanced, column, lo, hi, n_rows),
        weight=weight[at] * rise,
        base=base,
        worth=np.asarray(worth, dtype=float),
        choice=choice,
        units=chanced.units,
        row=begins.astype(np.int32),
        total=math.fsum(weight),
        already=already,
        required=np.zeros(n_rows, dtype=bool),
        stepped=True,
        floors=tuple(
            Floor(
                name,
                weight[at] * rise * (inside[at] & (base == 0)),
                share * weight[inside].sum() - float((weight * chanced.stays[0])[inside].sum()),
            )
            for name, (inside, share) in (floors or {}).items()
        ),
    )
    return Steps(problem, column, time_s, lo, hi)


def _joined(
    chanced: Chanced, column: NDArray[np.int64], lo: NDArray[np.int64], hi: NDArray[np.int64], n_rows: int
) -> Runs:
    """Join the rows of each column where one place ends as the next begins."""
    order = np.lexsort((lo, column))
    column, lo, hi = column[order], lo[order], hi[order]
    new = np.ones(len(lo), dtype=bool)
    new[1:] = (column[1:] != column[:-1]) | (lo[1:] != hi[:-1])
    last = np.append(new[1:], True)[: len(lo)]
    count = np.bincount(column[new], minlength=len(chanced.start) - 1)
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Runs(start, lo[new].astype(np.int32), hi[last].astype(np.int32), n_rows)


class Thinned(NamedTuple):
    """
    A problem of steps without some columns.

    Attributes
    ----------
    problem
        What is left: columns keep their places.
    row
        Row of each row of the whole in it; -1: nobody is left who covers it.
    """

    problem: CoverProblem
    row: NDArray[np.int64]


def thinned(problem: CoverProblem, alive: NDArray[np.int64]) -> Thinned:
    """Leave out all columns but a few, and merge neighbouring rows that these do not tell apart."""
    runs, m = problem.runs, problem.runs.n_rows
    stays = np.zeros(runs.n, dtype=bool)
    stays[alive] = True
    column = np.repeat(np.arange(runs.n), np.diff(runs.start))
    used = stays[column]
    lo, hi, column = runs.lo[used], runs.hi[used], column[used]
    begins = np.zeros(m + 1, dtype=bool)
    begins[0] = begins[lo] = begins[hi] = True
    for values in (problem.base, problem.required, *(f.weight > 0 for f in problem.floors)):
        begins[1:m] |= values[1:] != values[:-1]
    segment = np.cumsum(begins[:m]) - 1
    times = np.cumsum(np.bincount(lo, minlength=m + 1) - np.bincount(hi, minlength=m + 1))[:m]
    first = np.flatnonzero(begins[:m])
    covered = (times > 0)[first] | problem.required[first]
    number = np.where(covered, np.cumsum(covered) - 1, -1)
    row = number[segment]
    n_rows, there = int(covered.sum()), row >= 0
    most = np.where(stays, problem.choice.most, 0)
    in_group = np.bincount(problem.choice.group, weights=most, minlength=len(problem.choice.quota)).astype(int)
    quota = tuple(min(q, int(n)) for q, n in zip(problem.choice.quota, in_group, strict=True))

    def in_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(row[there], weights=values[there], minlength=n_rows).astype(float)

    start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=runs.n))]).astype(np.int64)
    left = replace(
        problem,
        runs=Runs(start, row[lo].astype(np.int32), (row[hi - 1] + 1).astype(np.int32), n_rows),
        weight=in_rows(problem.weight),
        base=problem.base[first[covered]],
        required=problem.required[first[covered]],
        choice=replace(problem.choice, most=most, quota=quota),
        row=np.where(problem.row >= 0, row[problem.row] if m else -1, -1).astype(np.int32),
        floors=tuple(f._replace(weight=in_rows(f.weight)) for f in problem.floors),
    )
    return Thinned(left, row)


def beside(*problems: CoverProblem) -> CoverProblem:
    """Put the rows of several problems of the same columns, choice and worth into one, one after the other."""
    if len(problems) == 1:
        return problems[0]
    first = np.cumsum([0, *(p.runs.n_rows for p in problems)])
    names = list(dict.fromkeys(f.name for p in problems for f in p.floors))
    floors = []
    for name in names:
        mine = [next((f for f in p.floors if f.name == name), None) for p in problems]
        parts = [np.zeros(len(p.weight)) if f is None else f.weight for f, p in zip(mine, problems, strict=True)]
        floors.append(Floor(name, np.concatenate(parts), sum(f.least for f in mine if f is not None)))
    return replace(
        problems[0],
        runs=_runs_beside([p.runs for p in problems], first),
        weight=np.concatenate([p.weight for p in problems]),
        base=np.concatenate([p.base for p in problems]),
        row=np.concatenate([np.where(p.row >= 0, p.row + n, -1) for p, n in zip(problems, first, strict=False)]).astype(
            np.int32
        ),
        total=math.fsum(p.total for p in problems),
        already=math.fsum(p.already for p in problems),
        required=np.concatenate([p.required for p in problems]),
        floors=tuple(floors),
        lost=sum(p.lost for p in problems),
    )


def _runs_beside(parts: list[Runs], first: NDArray[np.int64]) -> Runs:
    column = np.concatenate([np.repeat(np.arange(p.n), np.diff(p.start)) for p in parts])
    lo = np.concatenate([p.lo + n for p, n in zip(parts, first, strict=False)])
    hi = np.concatenate([p.hi + n for p, n in zip(parts, first, strict=False)])
    order = np.argsort(column, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=parts[0].n))]).astype(np.int64)
    return Runs(start, lo[order].astype(np.int32), hi[order].astype(np.int32), int(first[-1]))
