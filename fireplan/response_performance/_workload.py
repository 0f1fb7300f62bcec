"""Workload: how busy units are, how many calls run at once, how much is left, and when calls come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._conversions import HOUR_US
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance._attendance import NO_UNITS, first_known
from fireplan.response_performance._groups import OF_UNITS
from fireplan.response_performance._policy import NOT_KNOWN
from fireplan.response_performance._statistics import FEWEST, TOO_SMALL, share_interval
from fireplan.response_performance._time_bins import (
    LONGEST_COMMITTED_S,
    MISSING_US,
    Bins,
    LocalPeriod,
    Spans,
    checked_keys,
    clock_of,
    instants_us,
    merge,
    staffed_spans,
    time_by_group,
    time_by_level,
    without,
)
from fireplan.response_performance._time_groups import WEEKDAYS
from fireplan.response_performance._unit_ids import matched_units, refuse_strangers
from fireplan.stations._apparatus import ALSO_COUNTS_AS
from fireplan.stations._schedules import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance, History
    from fireplan.scenario import Scenario

STAMPS = ("dispatched", "enroute", "arrived")
"""When a unit is first known to be committed."""


@takes
def workload(
    history: History | Attendance,
    *,
    scenario: Scenario | None = None,
    by: str | Sequence[str] = (),
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    schedules: Mapping[str, str] | None = None,
    most_uhu: float | None = None,
    most_source: str = "",
) -> pd.DataFrame:
    """
    Work out unit-hour utilisation: the share of their staffed time that units are committed.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department whose units are meant, with types, stations and schedules; units of neighbours are left out, and
        a unit that never responded has a row. Left out: the units seen in the history, all of them staffed always.
    by
        What to break it down by: `unit_id`, `unit_type`, `station_id`; `hour`, `weekday`, `month`, `year` of local
        time.
    start, end
        The period, in local time; left out: from the local midnight before the first call was received to the one
        after the last.
    schedules
        When units are staffed, by `unit_id`, where it is not as the table of units says: "always", "08:00-20:00",
        "Mon-Fri 07:30-18:00", several parted by semicolons, by the clock on the wall.
    most_uhu, most_source
        A utilisation not to be passed, and who says so. There is no standard for one.

    Returns
    -------
    By the groups: `units`; `n` responses begun; `unknown`, those of them whose end is not known, so that their time is
    missing from what follows; `over_a_day`, those that ended more than a day later, whose time is left out too (named
    in `attrs`, by incident and unit); `committed_h` and `staffed_h` [h]; `uhu`, the one over the other, NaN where
    nobody is staffed; `responses_per_day`, over all days of the period (by hour: n in that hour of a day); with a limit
    also `most_uhu`, `over` and `most_source`. The period stands in `attrs`. Observed, if the history is.

    Raises
    ------
    InputError
        If the history has one row per incident, a schedule cannot be read, a limit has no source, or the history does
        not say what the units are grouped by.
    UnknownIdError
        If `by` names what is not there, or `schedules` a unit that is not.

    Notes
    -----
    UHU = committed time / staffed time, committed from dispatch until available again [1]_ [2]_. There is no industry
    standard for a critical value [2]_. Definitions of our own: a unit sent on before it cleared is committed once;
    where no dispatch is known the next stamp stands for it; time at both ends of the period is cut off; every response
    counts, emergency or not, arrived or cancelled, whatever the policy. Time is cut where a local hour, day or month
    ends: a call from 23:50 to 00:30 is ten minutes of one day and thirty of the next, and an hour that the clock
    strikes twice has two hours of staffed time. Time out of service is not in a dispatch record: it counts as staffed.
    A unit held over after its schedule is still committed, so that its utilisation may pass 1.

    References
    ----------
    .. [1] Darkhorse Emergency, documentation: unit-hour utilisation.
    .. [2] Nevin, on unit-hour utilisation; both as noted in the project's guide to the field, section b.4.
    """
    names = checked_keys(by, *OF_UNITS)
    by_unit, by_time = ([n for n in names if (n in OF_UNITS) == of_units] for of_units in (True, False))
    if most_uhu is not None and not (most_uhu > 0 and most_source.strip()):
        raise InputError("most_uhu must be above zero, and most_source must say who gives it: no standard does")
    units = units_meant(history, scenario, schedules)
    for name in by_unit:
        if name in units and units[name].isna().all():
            raise InputError(f"{name} of the units is not known: give the scenario")
    clock = _clock(history, start, end)
    bins = clock.bins(by_time)
    sent = sent_units(history, units)
    shape = len(units), len(bins.keys)
    group = bins.group_at(sent.at_us)
    began = group >= 0
    cell = sent.unit[began] * shape[1] + group[began]
    rows = units.iloc[np.repeat(np.arange(shape[0]), shape[1])].reset_index(names="unit_id")
    rows = rows[by_unit].fillna(NOT_KNOWN).assign(**{name: np.tile(bins.keys[name], shape[0]) for name in by_time})
    for name in by_time:
        rows[name] = rows[name].astype(bins.keys[name].dtype)
    cells = pd.DataFrame(
        {
            "units": 1,
            "n": np.bincount(cell, minlength=shape[0] * shape[1]),
            "unknown": np.bincount(cell[~sent.known[began]], minlength=shape[0] * shape[1]),
            "over_a_day": np.bincount(cell[sent.over_a_day[began]], minlength=shape[0] * shape[1]),
            # Whole microseconds add up to the same sum in every order of the units; hours would not.
            "committed_h": time_by_group(sent.committed, bins, owners=shape[0]).ravel(),
            "staffed_h": _staffed_by_group(units, clock, bins).ravel(),
            "elapsed_h": np.tile(bins.elapsed_us, shape[0]),
        }
    )
    table = _summed(cells, rows[names])
    spans = ["committed_h", "staffed_h", "elapsed_h"]
    table[spans] = table[spans].astype("int64") / HOUR_US
    with np.errstate(invalid="ignore", divide="ignore"):
        table["uhu"] = (table["committed_h"] / table["staffed_h"]).where(table["staffed_h"] > 0)
    hours_a_day = 1.0 if "hour" in by_time else 24.0
    table["responses_per_day"] = table["n"] / (table.pop("elapsed_h") / hours_a_day)
    if most_uhu is not None:
        table = table.assign(most_uhu=most_uhu, over=table["uhu"] > most_uhu, most_source=most_source)
    table.attrs.update(clock.stated(), basis=basis_of(history), over_a_day=sent.named)
    return table


@takes
def concurrency(
    history: History | Attendance,
    *,
    by: str | Sequence[str] = (),
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """
    Say how many incidents were under way at once.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    by
        `hour`, `weekday`, `month`, `year` of local time.
    start, end
        As for `workload`.

    Returns
    -------
    By the groups and `under_way` (0, 1, 2, ...): `time_h`, during which exactly so many incidents were under way,
    `of_h` in all [h], and `share_of_time`; `began`, incidents that began while so many others were under way, `n` in
    all, and `share_began` with its Wilson 95 % interval. Shares of fewer than ten incidents are left out, and `note`
    says so. In `attrs`: the period, and `unknown`, incidents that began in it of which no end within a day is known and
    that stand nowhere in the table. Observed, if the history is.

    Raises
    ------
    InputError
        If the history has one row per incident: when the last unit had cleared is not known.

    Notes
    -----
    The row 0 of `share_began` is the share of calls that came alone, the row 1 that of calls "dispatched before the
    first has cleared", and so on, as fire departments print it (Nashua; CPSE practice, as noted in the project's guide
    to the field, section b.4). Definitions of our own: an incident is under way from its first dispatch until its last
    unit has cleared; one that ends at the moment another begins is no longer under way; of two that begin at the same
    moment the second finds the first; all incidents of the history count, whoever answered them and wherever they lay.
    The interval takes calls as independent, which storms and large fires are not: it is too narrow then.
    """
    _refuse_without_units(history)
    by_time = checked_keys(by)
    clock = _clock(history, start, end)
    bins = clock.bins(by_time)
    begin, finish = _incident_ends(history)
    known = (finish != MISSING_US) & (finish >= begin)
    unknown = int((bins.group_at(begin[~known]) >= 0).sum())
    begin, finish = begin[known], finish[known]
    lasting = finish > begin
    time = time_by_level(Spans(np.zeros(lasting.sum(), np.int64), begin[lasting], finish[lasting]), bins)
    before = np.cumsum(lasting) - lasting - np.searchsorted(np.sort(finish[lasting]), begin, side="right")
    group = bins.group_at(begin)
    inside = group >= 0
    levels = max(time.shape[1], int(before[inside].max(initial=0)) + 1)
    time = np.pad(time, ((0, 0), (0, levels - time.shape[1])))
    began = np.bincount(group[inside] * levels + before[inside], minlength=time.size)
    in_all = began.reshape(time.shape).sum(axis=1).repeat(levels)
    shares = pd.DataFrame(
        [_share(int(w), int(n)) for w, n in zip(began, in_all, strict=True)],
        columns=["share_began", "share_began_low", "share_began_high", "note"],
    )
    of_us = bins.elapsed_us.repeat(levels)
    table = bins.keys.loc[bins.keys.index.repeat(levels)].reset_index(drop=True)
    table = table.assign(
        under_way=np.tile(np.arange(levels), len(bins.keys)),
        time_h=time.ravel() / HOUR_US,
        of_h=of_us / HOUR_US,
        share_of_time=time.ravel() / of_us,
        began=began,
        n=in_all,
        **shares,
    ).set_index([*by_time, "under_way"])
    table.attrs.update(clock.stated(), basis=basis_of(history), unknown=unknown)
    return table


@takes
def drawdown(
    history: History | Attendance,
    *,
    scenario: Scenario | None = None,
    unit_type: str = "engine",
    floor: int | None = None,
    by: str | Sequence[str] = (),
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    schedules: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Say how many units of a type were left while others were committed.

    Parameters
    ----------
    history, scenario, start, end, schedules
        As for `workload`.
    unit_type
        Such as "engine"; a quint counts as an engine and as a truck.
    floor
        Units that should be left; left out: none named.
    by
        `hour`, `weekday`, `month`, `year` of local time; left out: the whole period in one row.

    Returns
    -------
    By the groups: `units` of the type, `time_h` [h] of which everything else is a share; `committed_mean`, and
    `committed_p90` and `committed_p95`, the fewest that are not passed for 90 % and 95 % of the time; `free_mean` and
    `free_least`; `share_none`, the share of time with none free; with a floor `floor` and `share_below_floor`; and
    `share_free_0`, `share_free_1`, ..., the shares of time with exactly so many free. In `attrs`: the period, and
    `unknown`, responses of these units whose end is not known or more than a day later, during which they count as
    free. Observed, if the history is.

    Raises
    ------
    UnknownIdError
        If there is no unit of the type.

    Notes
    -----
    Definitions of our own: a unit is free while it is staffed and not committed, as in `workload`, whether or not it is
    in quarters; one held over after its schedule is committed and not free.
    """
    by_time = checked_keys(by)
    units = of_type(units_meant(history, scenario, schedules), unit_type)
    if floor is not None and floor < 0:
        raise InputError(f"floor is {floor}: give a number of units, from 0")
    clock = _clock(history, start, end)
    bins = clock.bins(by_time)
    sent = sent_units(history, units)
    n = len(units)
    total = bins.elapsed_us
    committed = time_by_level(sent.committed, bins, most=n) / total[:, None]
    free = time_by_level(without(staffed_time(units, clock), sent.committed), bins, most=n) / total[:, None]
    count = np.arange(n + 1)
    table = bins.keys.assign(
        units=n,
        time_h=total / HOUR_US,
        committed_mean=committed @ count,
        committed_p90=fewest_reaching(committed, 0.90),
        committed_p95=fewest_reaching(committed, 0.95),
        free_mean=free @ count,
        free_least=np.argmax(free > 0, axis=1),
        share_none=free[:, 0],
    )
    if floor is not None:
        table = table.assign(floor=floor, share_below_floor=free[:, :floor].sum(axis=1))
    table = table.assign(**{f"share_free_{k}": free[:, k] for k in count})
    unknown = int(((~sent.known | sent.over_a_day) & (bins.group_at(sent.at_us) >= 0)).sum())
    table = table.set_index(by_time) if by_time else table
    table.attrs.update(clock.stated(), basis=basis_of(history), unknown=unknown)
    return table


@takes
def hour_by_weekday(
    history: History | Attendance, *, start: str | pd.Timestamp | None = None, end: str | pd.Timestamp | None = None
) -> pd.DataFrame:
    """
    Say when calls come, by hour of the day and weekday.

    Parameters
    ----------
    history
        Incidents, with or without units.
    start, end
        As for `workload`.

    Returns
    -------
    24 hours x 7 weekdays, three times side by side: `per_hour`, incidents received (or, where that is not known, first
    heard of) in an hour of that kind on average
    over the period; `n`, how many; `hours`, how many such hours the period had, by the clock on the wall [h]. So
    `hour_by_weekday(history)["per_hour"]` is ready for a heat map. NaN where the period had no such hour. Observed, if
    the history is.

    Notes
    -----
    A definition of our own: n / hours. The hour that the clocks leave out in spring is no exposure, the one they strike
    twice in autumn is two hours, and hours without a call count.
    """
    clock = _clock(history, start, end)
    bins = clock.bins(("hour", "weekday"))
    group = bins.group_at(instants_us(_placed_at(history)))
    n, hours = np.zeros((24, 7), np.int64), np.zeros((24, 7))
    hour, weekday = bins.keys["hour"].to_numpy(np.int64), bins.keys["weekday"].cat.codes.to_numpy()
    n[hour, weekday] = np.bincount(group[group >= 0], minlength=len(bins.keys))
    hours[hour, weekday] = bins.elapsed_us / HOUR_US
    with np.errstate(invalid="ignore"):
        figures = {"per_hour": n / hours, "n": n, "hours": hours}
    rows, columns = pd.RangeIndex(24, name="hour"), pd.Index(WEEKDAYS, name="weekday")
    table = pd.concat(
        {name: pd.DataFrame(cells, index=rows, columns=columns) for name, cells in figures.items()},
        axis=1,
        names=["figure"],
    )
    table.attrs.update(clock.stated(), basis=basis_of(history))
    return table


class SentUnits(NamedTuple):
    """Responses of the department's units: their unit's row, when they began, whether their end counts; and spans."""

    unit: NDArray[np.int64]
    at_us: NDArray[np.int64]
    known: NDArray[np.bool_]
    committed: Spans
    over_a_day: NDArray[np.bool_]
    named: tuple[str, ...]


def _refuse_without_units(history: History | Attendance) -> None:
    if "unit_id" not in history.responses or getattr(history, "grain", "unit") == "incident":
        raise InputError(NO_UNITS)


def units_meant(
    history: History | Attendance, scenario: Scenario | None, schedules: Mapping[str, str] | None
) -> pd.DataFrame:
    """By `unit_id`: `unit_type`, `station_id` and `schedule` of the units that are meant."""
    responses = history.responses
    _refuse_without_units(history)
    if scenario is not None and len(scenario.units):
        units = scenario.units[["type", "station_id", "schedule"]].rename(columns={"type": "unit_type"})
    else:
        ours = responses[responses["own"]] if "own" in responses else responses
        what = ours.reindex(columns=["unit_type", "station_id"]).astype("str")
        units = what.groupby(ours["unit_id"]).first().assign(schedule=ALWAYS)
    if not len(units):
        raise InputError("no unit is known: the scenario has none, and none of the department's is in the history")
    for unit_id in schedules or {}:
        if unit_id not in units.index:
            raise UnknownIdError("unit", unit_id, units.index)
    given = pd.Series(schedules or {}, dtype="str").reindex(units.index)
    return units.assign(schedule=given.fillna(units["schedule"]).fillna(ALWAYS)).rename_axis("unit_id")


def of_type(units: pd.DataFrame, unit_type: str) -> pd.DataFrame:
    """Give the units of a type, and those that count as one too."""
    if units["unit_type"].isna().all():
        raise InputError("unit_type of the units is not known: give the scenario")
    types = units["unit_type"].dropna().unique()
    alike = [t for t in types if unit_type == t or unit_type in ALSO_COUNTS_AS.get(t, ())]
    if not alike:
        raise UnknownIdError("type of unit", unit_type, types)
    return units[units["unit_type"].isin(alike)]


def sent_units(history: History | Attendance, units: pd.DataFrame) -> SentUnits:
    """What the units were sent to."""
    responses = history.responses
    ids, _ = matched_units(responses["unit_id"], units.index)
    refuse_strangers(ids.unique(), units.index)
    unit = units.index.get_indexer(pd.Index(ids))
    responses, unit = responses[unit >= 0], unit[unit >= 0]
    at, end = _begun_us(responses), instants_us(responses["cleared"])
    known = (at != MISSING_US) & (end >= at)
    over = _over_a_day(at, end)
    named = tuple(f"{i} {u}" for i, u in zip(responses["incident_id"][over], responses["unit_id"][over], strict=True))
    counted = known & ~over
    committed = merge(Spans(unit[counted], at[counted], end[counted]))
    begun = np.where(at == MISSING_US, instants_us(responses["received"]), at)
    return SentUnits(unit, begun, known, committed, over, named)


def _over_a_day(begin_us: NDArray[np.int64], end_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which commitments last longer than any does: they were not cleared when the unit was free."""
    both = (begin_us != MISSING_US) & (end_us != MISSING_US)
    lasts_us = np.where(both, end_us, 0) - np.where(both, begin_us, 0)
    return np.asarray(both & (lasts_us > LONGEST_COMMITTED_S * 1e6))


def _begun_us(responses: pd.DataFrame) -> NDArray[np.int64]:
    """When each unit was dispatched, or the first stamp after that which is known. [us]"""
    stamps = [instants_us(responses[name]) for name in STAMPS if name in responses]
    at = stamps[0]
    for later in stamps[1:]:
        at = np.where(at == MISSING_US, later, at)
    return at


def _incident_ends(history: History | Attendance) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When each incident began and when its last unit cleared (the least integer: not known), in order. [us]"""
    responses = history.responses
    if not {"dispatched", "cleared"} <= set(responses.columns):
        raise InputError("this history does not say when units were dispatched and cleared")
    begun = _begun_us(responses)
    begun = np.where(begun == MISSING_US, instants_us(responses["received"]), begun)
    code, _ = pd.factorize(responses["incident_id"])
    cleared = instants_us(responses["cleared"])
    cleared = np.where(_over_a_day(begun, cleared), MISSING_US, cleared)
    ends = pd.DataFrame({"begin": begun, "end": cleared}).groupby(code)
    begin, end = ends["begin"].min().to_numpy(), ends["end"].max().to_numpy()
    order = np.argsort(begin, kind="stable")
    return begin[order], end[order]


def staffed_time(units: pd.DataFrame, clock: LocalPeriod) -> Spans:
    """Staffed time of every unit, by its row."""
    parts = []
    for schedule, rows in units.groupby("schedule").indices.items():
        spans = staffed_spans(str(schedule), clock)
        n = len(spans.owner)
        parts.append(Spans(np.repeat(rows, n), np.tile(spans.begin_us, len(rows)), np.tile(spans.end_us, len(rows))))
    return Spans(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _staffed_by_group(units: pd.DataFrame, clock: LocalPeriod, bins: Bins) -> NDArray[np.int64]:
    """Staffed time of every unit in every group: units x groups. [us]"""
    code, schedules = pd.factorize(units["schedule"])
    of_each = [time_by_group(staffed_spans(s, clock), bins, owners=1)[0] for s in schedules]
    return np.stack(of_each)[code]


def _summed(cells: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Sum over the units of each group; its time elapses once."""
    if keys.shape[1] == 0:
        whole = cells.sum().to_frame().T.astype("int64")
        return whole.assign(elapsed_h=cells["elapsed_h"].max())
    how = {name: "max" if name == "elapsed_h" else "sum" for name in cells.columns}
    return pd.concat([keys, cells], axis=1).groupby(list(keys.columns), sort=True, observed=True).agg(how)


def _share(within: int, n: int) -> tuple[float, float, float, str]:
    """Share with its interval, unless n is too small."""
    if n < FEWEST:
        return float("nan"), float("nan"), float("nan"), TOO_SMALL
    return *share_interval(within, n), ""


def fewest_reaching(shares: NDArray[np.float64], wanted: float) -> NDArray[np.intp]:
    """Smallest level that is not passed for a share of the time (inverted_cdf)."""
    return np.asarray(np.argmax(np.cumsum(shares, axis=1) >= wanted * (1 - 1e-12), axis=1))


def _clock(
    history: History | Attendance, start: str | pd.Timestamp | None, end: str | pd.Timestamp | None
) -> LocalPeriod:
    return clock_of(_placed_at(history), history.timezone, start=start, end=end)


def _placed_at(history: History | Attendance) -> pd.Series[pd.Timestamp]:
    """When each call came in; where it is not known, the first time that anything is known to have happened."""
    return first_known(history.incidents["received"], history.responses)


def basis_of(history: History | Attendance) -> str:
    """Observed, unless the history says that it is modelled."""
    return str(getattr(history, "basis", "observed"))
