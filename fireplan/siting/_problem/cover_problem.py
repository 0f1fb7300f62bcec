"""Covering problems: demand merged into rows, cover sets as runs, and what a choice gains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan._kernel.cover.cover_runs import Runs, sums, times_covered
from fireplan.siting._problem.integer_program import IntegerProgram, ProgramRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.constraints import Choice


@dataclass(frozen=True, eq=False, repr=False)
class CoverProblem:
    """
    What is to be covered by whom, and what a choice gains.

    Places that are covered by the same candidates, and as often before anything is chosen, are one row.

    Attributes
    ----------
    runs
        Rows that each candidate covers.
    weight
        Of each row.
    base
        How often each row is covered before anything is chosen.
    worth
        What being covered once more is worth, by how often a row is covered so far; beyond its end nothing.
    choice
        What may be chosen.
    units
        How many units come with each candidate.
    row
        Row of each place; -1: it can gain nothing.
    total
        Weight of all places, whether or not they can be covered.
    already
        Worth of what is covered before anything is chosen.
    required
        Rows that have to be covered at least once.
    floors
        Least weight that has to be covered, by part of the demand.
    lost
        How many places have to be covered that no candidate reaches.
    stepped
        Whether rows are steps of chance, of which whoever covers one covers those below it too.
    """

    runs: Runs
    weight: NDArray[np.float64]
    base: NDArray[np.int64]
    worth: NDArray[np.float64]
    choice: Choice
    units: NDArray[np.int64]
    row: NDArray[np.int32]
    total: float
    already: float
    required: NDArray[np.bool_]
    floors: tuple[Floor, ...] = ()
    lost: int = 0
    stepped: bool = False

    def __repr__(self) -> str:
        """Say how large it is."""
        return (
            f"CoverProblem: {self.runs.n:,} candidates, {len(self.row):,} places in {len(self.weight):,} rows,"
            f" {len(self.runs.lo):,} runs"
        )

    @property
    def concave(self) -> bool:
        """Whether being covered once more is never worth more than the time before."""
        return bool((np.diff(self.worth) <= 0).all())

    @property
    def plain(self) -> bool:
        """Whether numbers to choose are the only conditions, and being covered again never worth more than before."""
        return self.concave and self.choice.counted_only and not self.floors and not self.required.any()

    def meets(self, chosen: NDArray[np.int64], count: NDArray[np.int64]) -> bool:
        """Say whether a choice, and how often rows are then covered, meet every condition."""
        return (
            not self.lost
            and self.choice.allows(chosen)
            and bool((count[self.required] > 0).all())
            and all(floor.met(count) for floor in self.floors)
        )

    def hull(self) -> CoverProblem:
        """
        Give the least problem of falling worth that is nowhere worth less: itself, if its worth falls.

        Every choice gains as much there, or more, so a bound on it is a bound on this one.
        """
        if self.concave:
            return self
        whole = np.concatenate([[0.0], np.cumsum(self.worth)])
        over = _concave_over(whole)
        gained = np.ones(len(self.worth))
        for b in range(len(self.worth)):
            with np.errstate(divide="ignore", invalid="ignore"):
                gained[b] = np.nanmax((whole[b + 1 :] - whole[b]) / (over[b + 1 :] - over[b]))
        return replace(self, worth=np.diff(over), weight=self.weight * gained[np.minimum(self.base, len(gained) - 1)])

    def counted(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count how often each row is covered, what was there before included."""
        return self.base + times_covered(self.runs, chosen, self.units)

    def value(self, count: NDArray[np.int64]) -> float:
        """Worth of rows covered so often, what was covered before included."""
        whole = np.concatenate([[0.0], np.cumsum(self.worth)])
        reached = whole[np.minimum(count, len(self.worth))] - whole[self.base]
        return float(self.already + (self.weight * reached).sum())

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """Worth of a choice."""
        return self.value(self.counted(chosen))

    def gains(self, count: NDArray[np.int64]) -> NDArray[np.float64]:
        """Say what each candidate would add, where rows are covered so often already."""
        whole = np.concatenate([[0.0], np.cumsum(self.worth), np.full(self.units.max(initial=1), self.worth.sum())])
        here = whole[np.minimum(count, len(self.worth))]
        found = np.empty(self.runs.n)
        out = np.empty(self.runs.n)
        for u in np.unique(self.units):
            more = whole[np.minimum(count, len(self.worth)) + u] - here
            mine = self.units == u
            found[mine] = sums(self.runs, self.weight * more, out)[mine]
        return found

    @property
    def step(self) -> float:
        """All values are whole multiples of this; 0: they are not."""
        whole = bool((self.weight % 1 == 0).all()) and bool((self.worth % 1 == 0).all()) and self.already % 1 == 0
        return 1.0 if whole else 0.0

    def program(self) -> IntegerProgram:
        """State the problem as an integer program: candidates first, then each row level by level."""
        n, levels = self.runs.n, len(self.worth)
        most = self.choice.most.astype(float)
        row, level = np.divmod(np.arange(len(self.weight) * levels), levels)
        kept = level >= self.base[row]
        at = np.full(len(row), -1)
        at[kept] = n + np.arange(kept.sum())
        row, level, variable = row[kept], level[kept], at[kept]
        rows = ProgramRows()
        self.choice.add_rows(rows)
        self._add_cover_rows(rows, at.reshape(-1, levels), most)
        if not self.concave:  # a level counts only on top of the one below
            follows = np.flatnonzero((np.diff(row) == 0) & (np.diff(level) == 1))
            pairs = np.stack([variable[follows + 1], variable[follows]], axis=1).ravel()
            rows.add(pairs, np.tile([1.0, -1.0], len(follows)), count=np.full(len(follows), 2), upper=0.0)
        for floor in self.floors:
            floor.add_row(rows, at.reshape(-1, levels))
        size = n + len(row)
        must = self.required[row] & (level == 0)
        integer = np.arange(size) < (n if self.concave else size)  # levels in falling order are whole by themselves
        return rows.program(
            sense=1,
            cost=np.concatenate([np.zeros(n), self.weight[row] * self.worth[level]]),
            lower=np.concatenate([np.zeros(n), must.astype(float)]),
            upper=np.concatenate([most, np.ones(len(row))]),
            integer=integer,
            name={"candidate": (0, n), "row covered so often": (n, size)},
            offset=self.already,
        )

    def _add_cover_rows(self, rows: ProgramRows, variable: NDArray[np.int64], most: NDArray[np.float64]) -> None:
        """Add for each row of demand: levels taken - units of the candidates that cover it <= 0."""
        if self.stepped and len(self.worth) == 1:
            self._add_step_rows(rows, variable[:, 0], most)
            return
        used = [j for j in range(self.runs.n) if most[j] > 0]
        covered = [self.runs.rows(j) for j in used]
        row = np.concatenate([*covered, np.empty(0, dtype=np.int64)])
        column = np.repeat(np.array(used, dtype=np.int64), [len(c) for c in covered])
        level_row, level = np.nonzero(variable >= 0)
        row = np.concatenate([row, level_row])
        value = np.concatenate([-self.units[column].astype(float), np.ones(len(level_row))])
        column = np.concatenate([column, variable[level_row, level]])
        order = np.argsort(row, kind="stable")
        count = np.bincount(row, minlength=len(self.weight))
        rows.add(column[order], value[order], count=count, upper=0.0)

    def _add_step_rows(self, rows: ProgramRows, variable: NDArray[np.int64], most: NDArray[np.float64]) -> None:
        """
        Add the same where rows are steps: step taken - next step - candidates that cover this one alone <= 0.

        A row that is covered by all who cover the next one needs not name them again, so there are as many entries as
        ends of runs, not as many as rows covered; the relaxation is the same.
        """
        m = len(self.weight)
        column = np.repeat(np.arange(self.runs.n), np.diff(self.runs.start))
        lo, hi = self.runs.lo[most[column] > 0], self.runs.hi[most[column] > 0]
        column = column[most[column] > 0]
        begins = np.zeros(m + 1, dtype=bool)
        begins[lo] = True
        begins[m] = True
        # Groups of rows that are nested: from one where a run begins to the row before the next such. Within a group a
        # run covers the first rows of it; each run is cut at the groups it covers.
        group = np.cumsum(begins[:m]) - 1
        first = np.flatnonzero(begins[:m])
        if len(first) == 0 or first[0] > 0:
            first, group = np.append(0, first), group + 1
        last = np.append(first[1:], m) - 1
        n_groups = group[hi - 1] - group[lo] + 1
        which = np.repeat(np.arange(len(lo)), n_groups)
        at = group[lo][which] + np.arange(len(which)) - np.repeat(np.cumsum(n_groups) - n_groups, n_groups)
        ends = np.minimum(hi[which] - 1, last[at])
        chained = np.flatnonzero(~begins[1 : m + 1])
        row = np.concatenate([ends, np.arange(m), chained])
        whose = np.concatenate([column[which], variable, variable[chained + 1]])
        value = np.concatenate([-self.units[column[which]].astype(float), np.ones(m), -np.ones(len(chained))])
        order = np.argsort(row, kind="stable")
        rows.add(whose[order], value[order], count=np.bincount(row, minlength=m), upper=0.0)

    def to_highs(self) -> Any:  # noqa: ANN401 - highspy.Highs, which has no types
        """Give the problem as a `highspy.Highs`, for conditions of your own; see `program`."""
        return self.program().to_highs()


class Floor(NamedTuple):
    """
    Least weight that has to be covered in a part of the demand.

    Attributes
    ----------
    name
        What the part is called.
    weight
        Weight of that part in each row.
    least
        How much of it has to be covered at least once, by what is to be chosen.
    """

    name: str
    weight: NDArray[np.float64]
    least: float

    def met(self, count: NDArray[np.int64]) -> bool:
        """Say whether rows covered so often meet it."""
        return bool(self.weight[count > 0].sum() >= self.least * (1 - 1e-9))

    def add_row(self, rows: ProgramRows, variable: NDArray[np.int64]) -> None:
        """Add it to an integer program."""
        mine = np.flatnonzero((self.weight > 0) & (variable[:, 0] >= 0))
        if self.least > 0:
            rows.add(variable[mine, 0], self.weight[mine], lower=self.least)


def _concave_over(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least function without a dent over these values: their upper convex hull."""
    # The upper hull from left to right (Andrew's monotone chain, 1979). Invariant: slopes between the points kept fall;
    # one that lies on or under the line between its neighbours is dropped.
    kept: list[int] = []
    for k in range(len(whole)):
        while len(kept) > 1 and (whole[kept[-1]] - whole[kept[-2]]) * (k - kept[-1]) <= (whole[k] - whole[kept[-1]]) * (
            kept[-1] - kept[-2]
        ):
            kept.pop()
        kept.append(k)
    return np.interp(np.arange(len(whole)), kept, whole[kept])
