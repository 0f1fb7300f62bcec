"""The staffing sheet: how busy units of a kind are in each hour of the week, and which hours deserve a peak unit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._conversions import HOUR_US
from fireplan._frozen_tables import Handed
from fireplan._one_release import OfOneRelease
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.response_performance._attendance import Attendance, History, attend, first_known
from fireplan.response_performance._calls_held_to import calls_held_to
from fireplan.response_performance._commitments import Commitments, not_cleared_said
from fireplan.response_performance._peak_blocks import COVERED, DaysOfWork, peak_blocks
from fireplan.response_performance._statistics import FEWEST
from fireplan.response_performance._time_bins import (
    Bins,
    clock_of,
    instants_us,
    time_by_level,
    without,
)
from fireplan.response_performance._time_groups import WEEKDAYS
from fireplan.response_performance._workload import (
    basis_of,
    fewest_reaching,
    of_type,
    sent_units,
    staffed_time,
    units_meant,
)
from fireplan.standards import Objective
from fireplan.stations import KINDS
from fireplan.travel._on_duty import duty_notes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.response_performance._policy import Policy
    from fireplan.response_performance._workload import SentUnits
    from fireplan.scenario import Scenario

    By = Literal["over_unit_h", "first_due_out"]

MOST_FREE = 2
"""So many units free, and fewer, have a column."""

USUAL_LIMIT_S = 240.0
"""Limit on travel of the first unit where no objective is given. [s]"""

USUAL_LEVEL = 0.9
"""Where no level is given: so many units are out for this part of the time at most."""

MOST_DRAWS = 20_000


@takes
@dataclass(frozen=True, eq=False, repr=False)
class StaffingSheet(OfOneRelease):
    """
    How busy units of a kind were in each hour of the week, and which hours deserve one more.

    Attributes
    ----------
    kind
        Of which units.
    objective
        Whose calls are asked whether their first-due unit was out, and whether it was missed.
    level
        Units out above this many are what blocks cover.
    block_h
        How long a block lasts. [h]
    blocks
        All blocks of so many hours that begin on a full hour, by `days` ("Mon-Sun", or "Mon-Fri") and `rank`: `begins`
        [h], `schedule` as `SetSchedule` takes it, `hours_a_week` [h]; per week in these hours: `calls` to which the
        kind was sent, `missed`, `over_unit_h`, unit-hours out above the level [h], and `first_due_out`, calls that
        found every unit of the kind of their first-due station out; of the latter two the 95 % interval from whole
        days drawn anew (`_low`, `_high`; missing with fewer than two of each weekday) and the share of all of the week
        (`_share`); and `chance_best`, in which part of the draws the block is the first of those on the same days.
    rank_by
        What they are ranked by.
    weeks
        How long the history is.
    draws, seed
        Of days drawn anew.
    notes
        What the figures rest on, and what was left out.
    basis
        "observed", or what else the history is.
    """

    kind: str
    objective: Objective
    level: int
    block_h: int
    weeks: float
    rank_by: str
    draws: int
    seed: int
    _hourly: Handed[pd.DataFrame] = Handed(own=True)
    blocks: Handed[pd.DataFrame] = Handed(own=True)
    notes: tuple[str, ...] = ()
    basis: str = "observed"

    def __repr__(self) -> str:
        """Say the best blocks in a few lines."""
        table = self.by_hour()
        hour = str(table["out_mean"].idxmax())
        worst: Any = table.loc[hour]
        of = (
            f"{wording.number(worst['out_mean'], decimals=2)} of {wording.number(worst['on_duty'], decimals=1)} on duty"
        )
        lines = [
            f"Staffing sheet, {self.kind}: {wording.number(self.weeks, decimals=1)} weeks ({self.basis})",
            f"most are out on {hour}: {of}",
            *(self.best_said(str(days)) for days in self.blocks.index.unique("days")),
        ]
        return "\n  ".join([*lines, *self.notes])

    def by_hour(self) -> pd.DataFrame:
        """
        Give the figures hour by hour.

        Returns
        -------
        By `hour` ("Mon 00:00" to "Sun 23:00", local time): `weekday`, `clock_hour`, `hours`, how many such hours the
        history had [h]; `calls` to which units of the kind were sent and `calls_per_hour`; `on_duty`, units (mean);
        `out_mean` and `out_p95`, units out on calls (the fewest that are not passed for 95 % of the time); `free_mean`
        and `at_most_free_0` to `at_most_free_2`, the shares of the time in which at most so many are on duty and free;
        `asked`, calls that the objective is held to and that have a first-due station, `first_due_out`, how many of
        them found all its units of the kind out, and `first_due_out_share`; `measured`, calls of which the objective's
        interval is known, `missed` and `missed_share`. Shares of fewer than ten calls are left out.
        """
        return self._hourly

    @takes
    def best_said(self, days: str = "Mon-Sun") -> str:
        """
        Say which block covers most.

        Parameters
        ----------
        days
            "Mon-Sun" or "Mon-Fri".
        """
        known = self.blocks.index.unique("days")
        if days not in known:
            raise InputError(f"days is {quoted(days)}: use {listed(known)}")
        row: Any = self.blocks.loc[(days, 1)]
        over, out = (
            f"{wording.number(row[name], decimals=1)}{self._ends(row, name)}"
            for name in ("over_unit_h", "first_due_out")
        )
        when = row["schedule"] if days in row["schedule"] else f"daily {row['schedule']}"
        said = (
            f"best {self.block_h} h: {when}, with {over} unit-hours a week out above {self.level}"
            f" ({wording.share(row['over_unit_h_share'])} of all) and {out} calls a week with their first-due"
            f" {self.kind} out ({wording.share(row['first_due_out_share'])} of all)"
        )
        if not isfinite(row["chance_best"]):
            return said
        return f"{said}; first in {wording.share(row['chance_best'])} of {wording.count(self.draws)} draws of days"

    @staticmethod
    def _ends(row: Any, name: str) -> str:  # noqa: ANN401 - a row of a table, as pandas hands it out
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if not isfinite(low):
            return ""
        return f" ({wording.number(low, decimals=1)} to {wording.number(high, decimals=1)})"


class _Hours(NamedTuple):
    """Every hour of a history in turn: the period cut there, and the day, weekday and hour of the clock of each."""

    bins: Bins
    day: NDArray[np.int64]
    weekday: NDArray[np.int64]
    hour: NDArray[np.int64]
    weekday_of_day: NDArray[np.int64]

    @property
    def of_week(self) -> NDArray[np.int64]:
        """Hour of the week of each, from Monday at midnight."""
        return 24 * self.weekday + self.hour

    def by_week(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum what happened in each hour by the hour of the week; values may have columns."""
        found = np.zeros((7 * 24, *values.shape[1:]))
        np.add.at(found, self.of_week, values)
        return found

    def by_day(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put what happened in each hour into days x 24."""
        found = np.zeros((len(self.weekday_of_day), 24))
        np.add.at(found, (self.day, self.hour), values)
        return found

    def counted(self, at_us: NDArray[np.int64]) -> NDArray[np.float64]:
        """Count instants in each hour."""
        group = self.bins.group_at(at_us)
        return np.bincount(group[group >= 0], minlength=len(self.bins.keys)).astype(float)


@takes
def staffing_sheet(  # noqa: PLR0913 - a sheet has this many choices
    history: History | Attendance,
    *,
    scenario: Scenario,
    kind: str = "",
    objective: Objective | None = None,
    block_h: int = 10,
    level: int | None = None,
    rank_by: By = "over_unit_h",
    policy: Policy | None = None,
    draws: int = 1000,
    seed: int = 1,
) -> StaffingSheet:
    """
    Say how busy units of a kind are in each hour of the week, and which hours deserve a peak unit.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, a replay or a simulation; or what `attend` made of it. It covers a week at least;
        `between` cuts a part out.
    scenario
        The department.
    kind
        Of which units, such as "engine" or "ambulance"; left out: that of the objective, or "engine".
    objective
        For the first unit of that kind: its calls are asked whether their first-due unit was out, and whether it was
        missed. Left out: all calls that count, within 240 s of travel.
    block_h
        How long a peak unit would be staffed on a day. [h]
    level
        Blocks are ranked by unit-hours out above this many; left out: so many as are out for 90 % of the time at most.
    rank_by
        "over_unit_h", those unit-hours, or "first_due_out", calls that found their first-due unit out.
    policy
        Which calls count; all of them keep units busy. Not looked at when `history` is an `Attendance`.
    draws, seed
        How often days are drawn anew for the intervals.

    Returns
    -------
    The sheet: `by_hour()`, `blocks` with their intervals, and `notes`. Observed, if the history is.

    Raises
    ------
    InputError
        If the history has one row per incident or is shorter than a week, no response has a known end, or the objective
        is not for one unit of the kind.
    UnknownIdError
        If there is no unit of the kind.

    Notes
    -----
    Units are out from dispatch until cleared; those held over after their schedule are out and not on duty. An hour
    that the clock strikes twice is two hours. What a block holds is what happened in its hours: a unit that had been
    there would have taken a part of it, and how much a replay or a simulation with that unit says. Intervals draw each
    weekday anew among its own kind; a block beyond midnight ends on the next day, which is drawn by itself. Ranks of
    blocks that overlap differ by little: read `chance_best` beside them.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project()
    >>> quarter = fp.response_performance.between(project.history, "2024-01-01", "2024-04-01")
    >>> sheet = fp.response_performance.staffing_sheet(quarter, scenario=project.today, kind="engine")
    >>> len(sheet.by_hour()), float(sheet.blocks.loc[("Mon-Fri", 1), "hours_a_week"])
    (168, 50.0)
    """
    kind, objective = _asked(kind, objective)
    _check(block_h, level, rank_by, draws, seed)
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    units = of_type(units_meant(attendance, scenario, None), kind)
    sent = sent_units(attendance, units)
    if len(sent.unit) and not len(sent.committed.owner):
        raise InputError(
            "the history does not say of any response when its unit was free again (cleared), so that no unit would be"
            " out: give that column"
        )
    clock = clock_of(
        first_known(attendance.incidents["received"], attendance.responses), attendance.timezone, start=None, end=None
    )
    each = _hours_of(clock.bins(("weekday", "hour")), attendance.timezone)
    if len(np.unique(each.weekday_of_day)) < 7:
        raise InputError(
            f"the history covers {wording.counted(len(each.weekday_of_day), 'day')}: a staffing sheet needs a week at"
            " least"
        )
    n = len(units)
    staffed = staffed_time(units, clock)
    out_h = time_by_level(sent.committed, each.bins, most=n) / HOUR_US
    free_h = time_by_level(without(staffed, sent.committed), each.bins, most=n) / HOUR_US
    duty_h = time_by_level(staffed, each.bins, most=n) / HOUR_US
    if level is None:
        whole = out_h.sum(axis=0)
        level = int(fewest_reaching(whole[None, :] / whole.sum(), USUAL_LEVEL)[0])
    over_h = out_h @ np.maximum(np.arange(out_h.shape[1]) - level, 0)
    commitments = Commitments(attendance.responses[attendance.responses["unit_id"].notna()])
    held = calls_held_to(attendance, scenario, objective, commitments)
    counts = _counted(attendance, units, held.table, each)
    table = _table(each, out_h, free_h, duty_h, counts)
    figures = {"calls": counts["calls"], "missed": counts["missed"], "over_unit_h": over_h,
               "first_due_out": counts["first_due_out"]}  # fmt: skip
    days = DaysOfWork(each.weekday_of_day, {name: each.by_day(of) for name, of in figures.items()})
    blocks = peak_blocks(days, hours=block_h, rank_by=rank_by, draws=draws, seed=seed)
    basis, weeks = basis_of(attendance), len(each.weekday_of_day) / 7
    for found in (table, blocks):
        found.attrs.update(clock.stated(), basis=basis, weeks=weeks, kind=kind, objective=str(objective))
    blocks.attrs.update(level=level, draws=draws, seed=seed)
    notes = _notes(attendance, scenario, objective, sent, held.table, held.unmeasured)
    return StaffingSheet(
        kind, objective, level, block_h, weeks, rank_by, draws, seed, table, blocks, tuple(notes), basis
    )  # fmt: skip


def _asked(kind: str, objective: Objective | None) -> tuple[str, Objective]:
    """Give the kind of unit, and the objective whose calls are asked."""
    faults, kinds = Faults("staffing_sheet"), KINDS[:-1]
    if objective is not None:
        one = len(objective.needs) == 1 and max(objective.needs.values()) <= 1 and set(objective.needs) <= set(kinds)
        if not one or (objective.weight not in {"", "incidents"}):
            faults.add(f"the objective is {quoted(str(objective))}: give one of calls, for the first unit of one kind")
        elif kind and set(objective.needs) != {kind}:
            faults.add(f"kind is {quoted(kind)}, but the objective is for {listed(objective.needs)}: leave kind out")
    faults.raise_if_any()
    kind = kind or ("engine" if objective is None else next(iter(objective.needs)))
    if kind not in kinds:
        raise InputError(f"kind is {quoted(kind)}: use {listed(kinds)}")
    return kind, objective or Objective(f"first_{kind}", f"First {kind}", USUAL_LIMIT_S, needs={kind: 1.0})


def _check(block_h: int, level: int | None, rank_by: str, draws: int, seed: int) -> None:
    faults = Faults("staffing_sheet")
    if not 1 <= block_h <= 24:
        faults.add(f"block_h is {block_h}: give whole hours, from 1 to 24")
    if level is not None and level < 0:
        faults.add(f"level is {level}: give a number of units, from 0")
    if rank_by not in COVERED:
        faults.add(f"rank_by is {quoted(rank_by)}: use {listed(COVERED)}")
    if not 1 <= draws <= MOST_DRAWS:
        faults.add(f"draws is {draws}: give a number from 1 to {wording.count(MOST_DRAWS)}")
    if seed < 0:
        faults.add(f"seed is {seed}: give a whole number, from 0")
    faults.raise_if_any()


def _hours_of(bins: Bins, timezone: str) -> _Hours:
    """Tell every hour of the period from every other."""
    n = len(bins.group)
    alone = Bins(bins.edges_us, np.arange(n), pd.DataFrame(index=pd.RangeIndex(n)), np.diff(bins.edges_us))
    local = pd.DatetimeIndex(bins.edges_us[:-1].view("datetime64[us]")).tz_localize("UTC").tz_convert(timezone)
    day, dates = pd.factorize(local.tz_localize(None).normalize())
    hour, weekday = np.asarray(local.hour, dtype=np.int64), np.asarray(local.day_of_week, dtype=np.int64)
    return _Hours(alone, day.astype(np.int64), weekday, hour, np.asarray(pd.DatetimeIndex(dates).day_of_week, np.int64))


def _counted(
    attendance: Attendance, units: pd.DataFrame, held: pd.DataFrame, each: _Hours
) -> dict[str, NDArray[np.float64]]:
    """Count calls in each hour: those to which units of the kind went, and those that the objective is held to."""
    rows = attendance.responses[attendance.responses["unit_id"].isin(units.index)]
    went = rows["dispatched"].fillna(rows["received"]).groupby(rows["incident_id"]).min()
    local_us = instants_us(attendance.incidents["local"].reindex(held.index))
    due = held["first_due_busy"]
    asked, out = due.notna().to_numpy(bool), due.fillna(value=False).to_numpy(bool)
    missed = (held["over_s"] > 0).to_numpy(bool)
    return {
        "calls": each.counted(instants_us(went)),
        "asked": each.counted(local_us[asked]),
        "first_due_out": each.counted(local_us[out]),
        "measured": each.counted(local_us),
        "missed": each.counted(local_us[missed]),
    }


def _table(
    each: _Hours,
    out_h: NDArray[np.float64],
    free_h: NDArray[np.float64],
    duty_h: NDArray[np.float64],
    counts: dict[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """Put the figures of every hour of the week together."""
    hours = each.by_week(each.bins.elapsed_us / HOUR_US)
    with np.errstate(invalid="ignore", divide="ignore"):
        out, free, duty = (each.by_week(of) / hours[:, None] for of in (out_h, free_h, duty_h))
        n = {name: each.by_week(of) for name, of in counts.items()}
        shares = {
            name: np.where(n[of] >= FEWEST, n[name] / n[of], np.nan)
            for name, of in (("first_due_out", "asked"), ("missed", "measured"))
        }
        per_hour = n["calls"] / hours
    whole = {name: of.astype(np.int64) for name, of in n.items()}
    at_most = np.minimum(np.cumsum(free, axis=1), 1.0)
    level = [np.arange(of.shape[1]) for of in (out, free, duty)]
    table = pd.DataFrame(
        {
            "weekday": np.repeat(WEEKDAYS, 24),
            "clock_hour": np.tile(np.arange(24), 7),
            "hours": hours,
            "calls": whole["calls"],
            "calls_per_hour": per_hour,
            "on_duty": duty @ level[2],
            "out_mean": out @ level[0],
            "out_p95": fewest_reaching(out, 0.95),
            "free_mean": free @ level[1],
            **{f"at_most_free_{k}": at_most[:, min(k, at_most.shape[1] - 1)] for k in range(MOST_FREE + 1)},
            "asked": whole["asked"],
            "first_due_out": whole["first_due_out"],
            "first_due_out_share": shares["first_due_out"],
            "measured": whole["measured"],
            "missed": whole["missed"],
            "missed_share": shares["missed"],
        }
    )
    table.index = pd.Index([f"{d[:3]} {h:02d}:00" for d in WEEKDAYS for h in range(24)], name="hour")
    return table


def _notes(
    attendance: Attendance,
    scenario: Scenario,
    objective: Objective,
    sent: SentUnits,
    held: pd.DataFrame,
    unmeasured: int,
) -> list[str]:
    """Say what the figures rest on."""
    basis = basis_of(attendance)
    first = (
        f"units out, calls and misses are {basis}; who is first due is modelled. First due out and misses are of"
        f" {wording.counted(len(held), 'call')} held to {quoted(str(objective))}"
    )
    notes = [first]
    nobody = int(held["first_due_busy"].isna().sum())
    if nobody:
        notes.append(f"of {wording.count(nobody)} of them nobody is first due: they are not asked")
    if unmeasured:
        notes.append(f"{wording.counted(unmeasured, 'more call')} left out, as a stamp is missing")
    unknown = int((~sent.known | sent.over_a_day).sum())
    if unknown:
        notes.append(
            f"the end of {wording.counted(unknown, 'response')} of these units is not known or more than a day later:"
            " the units count as not out"
        )
    return [*notes, *duty_notes(scenario, objective.needs), *not_cleared_said(attendance.responses)]
