"""Response performance: percentiles and shares of what was observed, each with its n and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.errors import Faults, InputError
from fireplan.response_performance._attendance import NO_UNITS, Attendance, History, attend
from fireplan.response_performance._erf_arrivals import SINCE, force_arrivals, is_alone
from fireplan.response_performance._groups import Shifts, keys_for
from fireplan.response_performance._objective_incidents import spoken_of
from fireplan.response_performance._resolution import ENDS, half_width_s
from fireplan.response_performance._statistics import (
    FEWEST,
    TOO_SMALL,
    USUAL_SHARE,
    percentile,
    percentile_interval,
    share_interval,
)
from fireplan.standards import CALL_INTERVALS, OBSERVED_INTERVALS
from fireplan.standards._library import standard_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance._policy import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective, Standard

OF_ANSWER = ("answering_s", "processing_s", "answered_to_arrival_s")
"""Intervals that begin or end when the call is answered."""

NO_ANSWER = (
    "not measured: the records do not say when calls were answered, so that this cannot be told apart; see handling"
)
NO_FORCE = f"not measured: {NO_UNITS}"
ANY_FIRST = "of the first unit to arrive, whatever it was: the records do not say"
NO_ANSWERING = "not measured: the records do not say when calls came in and when they were answered; see handling"
SAYS_WHEN = {
    "received": "the call came in",
    "dispatched": "units were dispatched",
    "enroute": "units were on their way",
    "arrived": "units arrived",
}
NO_UPPER_END = "n too small for an upper end of the interval"
FIGURES = ("p50_s", "p90_s", "p90_low_s", "p90_high_s", "share", "share_low", "share_high")


class Observed(NamedTuple):
    """
    One thing that was measured.

    Attributes
    ----------
    measure, title, interval
        Its key, what it is called, and which interval it is.
    rows
        Responses, or incidents, that it speaks of; with `incident_id`.
    seconds
        How long each took; NaN: not known. [s]
    limit_s, goal, verified
        The objective's limit [s] and share, if there is one, and whether they were seen in their source.
    untold
        Why the history cannot tell it; "": it can.
    left_out
        How many incidents are left out as nobody can tell whether it speaks of them; "": none.
    """

    measure: str
    title: str
    interval: str
    rows: pd.DataFrame
    seconds: NDArray[np.float64]
    limit_s: float = float("nan")
    goal: float = float("nan")
    verified: bool | None = None
    untold: str = ""
    left_out: str = ""


@takes
def performance(
    history: History | Attendance,
    *,
    scenario: Scenario | None = None,
    standard: Standard | str | None = None,
    by: str | Sequence[str] = (),
    nth: int | None = 1,
    policy: Policy | None = None,
    shifts: Shifts | None = None,
) -> pd.DataFrame:
    """
    Measure response performance.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department: units with types, crews and stations; zones. Needed for forces, stations and zones.
    standard
        Objectives to hold it to; left out: percentiles only. Those that count something other than incidents, such as
        dwellings, are for plans and are passed over.
    by
        What to break it down by: `hour`, `weekday`, `month`, `year`, `shift`, `station_id`, `unit_id`, `unit_type`,
        `zone_id`, `category`, `call_type`, `priority`, or a text column of the zones such as `risk_class`; or by who
        was out already: `units_committed` (own units of the type of the responding one, at other incidents when units
        were first sent: "0", "1", "2", "3+"), `all_units_committed` (of any type), and `back_to_back` (whether the unit
        was "at another call", had "cleared within 10 min", or was "free for longer").
    nth
        Times of the first unit to arrive at each incident (1), the second (2) and so on; None: of every unit that
        counts. Answering, processing and handling of the call are of the incident always.
    policy
        What counts; left out: `Policy()`.
    shifts
        For `by="shift"`.

    Returns
    -------
    By the groups and `measure` (the intervals that the history can tell, then the objectives): `title`, `interval`, `n`
    records, `unknown` (records of which this interval is not known; not in n), `p50_s`, `p90_s` (inverted_cdf) with its
    order-statistic 95 % interval `p90_low_s` to `p90_high_s` [s], and for objectives `limit_s` [s], `goal`, `within`
    (records within the limit), `share` (of n) with its Wilson 95 % interval, `met` (share has reached the goal),
    `verified` (the objective's figures were seen in their source), `note`, and `half_width_s`, how far stamps to the
    minute leave the interval open either way (half a minute for each end, else 0) [s]. Figures of fewer than ten
    records are left out, and the note says so. Everything is observed, if the history is; `attrs` hold this as `basis`,
    and the period as `start` and `end`, the priorities found with their counts, the `resolution_s` of stamps, and what
    was `left_out`.

    Raises
    ------
    InputError
        If the history has one row per incident and the question is of units (`nth=2`, `by="unit_id"`), or an objective
        is for one class of risk and nothing says which class a place is of.
    UnknownIdError
        If `by` names what is not there.

    Notes
    -----
    Percentiles of parts do not add up to that of the whole: each has its own records. Turnout and travel of the nth
    unit are its own. Handling of a call is from its receipt to the first dispatch; where the history says when the call
    was answered (`answered`), answering before and processing after that are told apart, and an objective for one of
    them is measured. Where it does not, such an objective has n = 0 and a `note`: a limit for processing is never held
    against handling. Total response ends at arrival; NFPA's ends with the initiating action. An objective for a force,
    such as 16 people, is measured on incidents of the categories it applies to: from the first unit under way
    (`travel_s`), the first dispatch (`turnout_and_travel_s`), the answer (`answered_to_arrival_s`) or the call
    (`total_response_s`) to the arrival that fills the last missing part. Incidents at which the force was never
    complete are `unknown`: many were cancelled when the first unit reported, and a record does not say which.
    """
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    by = [by] if isinstance(by, str) else list(by)
    faults = Faults("performance")
    if nth is not None and nth < 1:
        faults.add(f"nth is {nth}: 1 is the first unit to arrive")
    faults.raise_if_any()
    return tabulated(attendance, measured(attendance, standard_of(standard), nth=nth), by, shifts=shifts)


def measured(attendance: Attendance, standard: Standard | None, *, nth: int | None = 1) -> list[Observed]:
    """Measure every interval that the history can tell, then every objective, not yet parted into groups."""
    units, calls = units_of(attendance, nth), calls_of(attendance)
    told = [
        o._replace(untold=_without_stamps(attendance, o.interval))
        for o in intervals_of(units, calls)
        if is_told(attendance, o.interval)
    ]
    return [*told, *objectives_of(attendance, standard, units, calls)]


def is_told(attendance: Attendance, interval: str) -> bool:
    """Whether the history can tell an interval at all."""
    return not (interval in OF_ANSWER and answer_unknown(attendance))


def tabulated(
    attendance: Attendance, observed: Sequence[Observed], by: Sequence[str] = (), *, shifts: Shifts | None = None
) -> pd.DataFrame:
    """Part what was measured into groups, and give the figures of each: the table of `performance`."""
    keys = {id(o.rows): o.rows for o in observed}  # intervals share their rows, and so their groups
    keys = {i: keys_for(attendance, rows, by, shifts=shifts) for i, rows in keys.items()}
    table = pd.concat([_described(o, keys[id(o.rows)]) for o in observed], ignore_index=True)
    order = {o.measure: i for i, o in enumerate(observed)}
    table = table.sort_values([*by, "measure"], key=lambda c: c.map(order) if c.name == "measure" else c, kind="stable")
    table = table.set_index([*by, "measure"])
    local = attendance.incidents["local"].dropna()
    of_interval = {name: half_width_s(name, attendance.resolution_s) for name in OBSERVED_INTERVALS}
    table["half_width_s"] = table["interval"].map(of_interval).astype(float)
    coarse = [f"stamps to the minute: {wording.clock(s)} off either way" if s else "" for s in table["half_width_s"]]
    table["note"] = ["; ".join(filter(None, told)) for told in zip(table["note"], coarse, strict=True)]
    table.attrs = {
        "basis": attendance.basis,
        "timezone": attendance.timezone,
        "resolution_s": dict(attendance.resolution_s),
        "priorities": attendance.priorities().to_dict(),
        "left_out": attendance.headline(),
    }
    if len(local):
        table.attrs |= {"start": local.min().isoformat(), "end": local.max().isoformat()}
    return table


def intervals_of(units: pd.DataFrame, calls: pd.DataFrame) -> list[Observed]:
    """Every interval on its own, held to nothing."""
    return [interval_of(name, calls if name in CALL_INTERVALS else units) for name in OBSERVED_INTERVALS]


def interval_of(name: str, rows: pd.DataFrame) -> Observed:
    """One interval on its own, held to nothing."""
    return Observed(name.removesuffix("_s"), OBSERVED_INTERVALS[name], name, rows, rows[name].to_numpy(float))


def units_of(attendance: Attendance, nth: int | None) -> pd.DataFrame:
    """Responses of the nth unit to arrive, or of all that count."""
    if nth != 1 and attendance.grain == "incident":
        raise InputError(f"nth is {nth}: {NO_UNITS}, so that only the first is known (nth=1)")
    responses = attendance.responses
    wanted = responses["counts"] if nth is None else responses["nth"] == nth
    return responses[responses["measured"] & wanted]


def answer_unknown(attendance: Attendance) -> bool:
    """Whether the history never says when a call was answered."""
    return bool(attendance.responses["answered"].isna().all())


def calls_of(attendance: Attendance) -> pd.DataFrame:
    """One row per incident that counts, with the intervals of the call: answering, processing, handling."""
    responses = attendance.responses
    called = ~responses["on_view"] if "on_view" in responses else True
    seen = responses[responses["measured"] & called]
    first = seen.groupby("incident_id")[["received", "answered", "dispatched"]].min()
    ids = attendance.incidents.index[attendance.incidents["counts"]]
    lead = attendance.firsts().reindex(ids)[["unit_id", "unit_type", "station_id"]]
    for name in CALL_INTERVALS:
        begin, end = ENDS[name]
        taken_s = (first[end] - first[begin]).dt.total_seconds().reindex(ids)
        lead[name] = taken_s.where((taken_s >= 0) & (taken_s <= attendance.policy.cap_s))
    if responses["answering_s"].isna().all():  # no clock of its own, see `attend`
        lead["answering_s"] = np.nan
    return lead.rename_axis("incident_id").reset_index()


def objectives_of(
    attendance: Attendance, standard: Standard | None, units: pd.DataFrame, calls: pd.DataFrame
) -> list[Observed]:
    """Every objective, on the records it speaks of; those that count dwellings or people are for plans."""
    incidents, found = attendance.incidents, []

    def rows_of(records: pd.DataFrame) -> NDArray[np.intp]:
        return np.asarray(incidents.index.get_indexer(pd.Index(records["incident_id"])))

    at: dict[bool, NDArray[np.intp]] = {}  # of calls and of units, once for many objectives
    for objective in standard.objectives if standard else ():
        any_first = ""
        if objective.weight not in {"", "incidents"}:
            continue
        if objective.interval in {*CALL_INTERVALS, "turnout_s"}:
            of_calls = objective.interval in CALL_INTERVALS
            rows = calls if of_calls else units
            row = at[of_calls] = at[of_calls] if of_calls in at else rows_of(rows)
            seconds = rows[objective.interval].to_numpy(float)
        else:
            rows, seconds = force_arrivals(attendance, objective)
            row = rows_of(rows)
            any_first = ANY_FIRST if attendance.grain == "incident" and is_alone(objective) else ""
        spoken = spoken_of(attendance, objective)
        note, applies = spoken.note(row), spoken.applies[row]
        rows, seconds = rows[applies], seconds[applies]
        on_record = np.zeros(len(incidents), dtype=bool)
        on_record[row[applies]] = True
        unsent = int((incidents["counts"].to_numpy(bool) & spoken.applies & ~on_record).sum())
        said = (
            f"{wording.counted(unsent, 'more incident')}, for which no unit that counts is on record" if unsent else ""
        )
        goal = float("nan") if objective.share is None else objective.share
        found.append(
            Observed(
                objective.key, str(objective), objective.interval, rows, seconds,
                objective.limit_s, goal, objective.verified, _untold(attendance, objective),
                "; ".join(filter(None, (any_first, note, said))),
            )
        )  # fmt: skip
    return found


def _untold(attendance: Attendance, objective: Objective) -> str:
    """Say why a history cannot tell whether an objective was met; "": it can."""
    interval = objective.interval
    if attendance.grain == "incident" and interval in SINCE and not is_alone(objective):
        return NO_FORCE
    if interval == "answering_s" and attendance.responses["answering_s"].isna().all():
        return NO_ANSWERING
    if interval in OF_ANSWER and answer_unknown(attendance):
        return NO_ANSWER
    return _without_stamps(attendance, interval)


def _without_stamps(attendance: Attendance, interval: str) -> str:
    """Say which end of an interval the records never give; "": they give both."""
    known = attendance.resolution_s
    lacking = [SAYS_WHEN[name] for name in ENDS[interval] if name in SAYS_WHEN and name not in known]
    if not lacking or not len(attendance.responses):
        return ""
    return f"not measured: the records never say when {wording.joined(lacking)}"


def _described(observed: Observed, keys: pd.DataFrame) -> pd.DataFrame:
    """Figures of each group."""
    groups = [((), np.arange(len(keys)))] if keys.empty and keys.shape[1] == 0 else grouped(keys)
    told = []
    for values, rows in groups:
        seconds = observed.seconds[rows]
        known = np.sort(seconds[~np.isnan(seconds)])
        told.append({**dict(zip(keys.columns, values, strict=True)), **_figures(known, len(seconds), observed)})
    columns = [*keys.columns, *_figures(np.empty(0), 0, observed)]
    table = pd.DataFrame(told, columns=columns)
    return table.astype({k: keys[k].dtype for k in keys.columns})


def grouped(keys: pd.DataFrame) -> list[tuple[tuple[object, ...], NDArray[np.intp]]]:
    """Rows of each group, with the values that make it one."""
    grouping = keys.groupby(list(keys.columns), sort=False, observed=True, dropna=False)  # not known is a group
    return [(v if isinstance(v, tuple) else (v,), np.asarray(rows)) for v, rows in grouping.indices.items()]


def _figures(ordered: NDArray[np.float64], n_records: int, observed: Observed) -> dict[str, object]:
    n = len(ordered)
    held = np.isfinite(observed.limit_s)
    p90 = percentile_interval(ordered, USUAL_SHARE)
    within = int(np.searchsorted(ordered, last_within(observed.limit_s), side="right")) if held else 0
    share = share_interval(within, n if held else 0)
    figures: dict[str, object] = {
        "measure": observed.measure, "title": observed.title, "interval": observed.interval,
        "n": n, "unknown": n_records - n, "p50_s": percentile(ordered, 0.5),
        "p90_s": p90.value, "p90_low_s": p90.low, "p90_high_s": p90.high,
        "limit_s": observed.limit_s, "goal": observed.goal, "within": within if held else pd.NA,
        "share": share.value, "share_low": share.low, "share_high": share.high,
        "met": bool(within >= observed.goal * n * (1 - 1e-12)) if np.isfinite(observed.goal) and n >= FEWEST else pd.NA,
        "verified": pd.NA if observed.verified is None else observed.verified, "note": "",
    }  # fmt: skip
    if n < FEWEST:
        figures |= dict.fromkeys(FIGURES, float("nan")) | {"note": observed.untold or TOO_SMALL}
    elif np.isinf(p90.high):
        figures["note"] = NO_UPPER_END
    figures["note"] = "; ".join(filter(None, (str(figures["note"]), observed.left_out)))
    return figures
