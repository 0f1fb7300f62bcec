"""Baselines in sentences: what was measured, and the benchmark beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance._attendance import Attendance, attend
from fireplan.response_performance._performance import NO_ANSWER, NO_ANSWERING, Observed, measured, tabulated
from fireplan.response_performance._statistics import FEWEST, USUAL_SHARE
from fireplan.standards import CALL_INTERVALS, OBSERVED_INTERVALS
from fireplan.standards._library import standard_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from fireplan.response_performance._attendance import History
    from fireplan.response_performance._policy import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective, Standard

PROGRAM, RISK, YEAR = "category", "risk_class", "year"
"""Groups of `performance` that have a place of their own in a sentence."""

CALLED = {
    "fire": "fires",
    "ems": "medical incidents",
    "rescue": "rescues",
    "hazmat": "hazardous materials incidents",
    "wildland": "wildland fires",
    "alarm": "alarms",
    "service": "service calls",
    "other": "other incidents",
}
"""What the incidents of a category are called."""

FORCE = "an effective response force"

MET, MISSED = wording.MET, wording.MISSED
MET_OPEN, MISSED_OPEN = f"{MET}, within the interval", f"{MISSED}, within the interval"
TOLD = {
    MET: "met by the whole of the interval",
    MISSED: "missed by the whole of the interval",
    MET_OPEN: "met, but the interval contains it",
    MISSED_OPEN: "missed, but the interval contains it",
}
"""What each verdict says."""

COLUMNS = (
    "period", "measure", "interval", "n", "unknown", "baseline_s", "baseline_low_s", "baseline_high_s",
    "benchmark_s", "benchmark_share", "share", "share_low", "share_high", "verdict", "sentence",
)  # fmt: skip


@takes
def baselines(
    history: History | Attendance,
    *,
    scenario: Scenario | None = None,
    standard: Standard | str | None = None,
    by: Sequence[str] = (PROGRAM, RISK),
    policy: Policy | None = None,
    basis: str = "",
) -> pd.DataFrame:
    """
    State the baselines of every program and class of risk, year by year and over all years.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department; needed for forces, and for classes of risk that are a text column of its zones.
    standard
        The benchmarks; left out: baselines only.
    by
        What to part the incidents by, besides the year: category (the program) and class of risk unless said. Programs
        and classes are never thrown together, so there is no line over all of them; `by=()` gives that.
    policy
        What counts; left out: `Policy()`.
    basis
        What the history is, such as "observed"; left out: the provenance of the scenario, or observed without one.

    Returns
    -------
    As `baseline_sentences`: the years first, in order, then all of them together.

    Notes
    -----
    Agencies report each year and three to five years together. A year the history does not hold in full is not told
    from one it does: look at `n`.
    """
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    standard = standard_of(standard)
    basis = basis or (scenario.provenance if scenario is not None else "observed")
    return baselines_of(attendance, measured(attendance, standard), standard=standard, by=by, basis=basis)


def baselines_of(
    attendance: Attendance,
    observed: Sequence[Observed],
    *,
    standard: Standard | None,
    by: Sequence[str],
    basis: str,
) -> pd.DataFrame:
    """State the baselines of what was measured; see `baselines`."""
    years = attendance.incidents.loc[attendance.incidents["counts"], "local"].dt.year
    if years.empty:
        raise InputError("no incident of this history counts: look at the ledger of `attend`, and at the policy")
    first, last = int(years.min()), int(years.max())
    spans = [[*by]] if first == last else [[YEAR, *by], [*by]]
    period = f"{first}" if first == last else f"{first} to {last}"
    tables = [tabulated(attendance, observed, span) for span in spans]
    told = [baseline_sentences(t, standard=standard, period=period, basis=basis) for t in tables]
    return pd.concat(told, ignore_index=True)


@takes
def baseline_sentences(
    table: pd.DataFrame,
    *,
    standard: Standard | str | None = None,
    period: str = "",
    basis: str = "observed",
    unit: str = "the first unit to arrive",
) -> pd.DataFrame:
    """
    Put measured response performance into the sentences that standards of cover are written in.

    Parameters
    ----------
    table
        From `fireplan.performance`, by any groups; a group that is not known gets no sentence.
    standard
        The one it was measured against; its objectives say what was to arrive, and their limits are the benchmarks.
    period
        What the records are of, such as "2024 to 2025"; where the table is by year, the year stands instead.
    basis
        "observed", or what else the history is.
    unit
        Whose times those of the plain intervals are: another where `performance` was asked for another `nth`.

    Returns
    -------
    One row per row of the table, but for objectives of another class of risk: the groups, `period`, `measure`,
    `interval`, `n`, `unknown`, the baseline `baseline_s` (90th percentile) and its interval `baseline_low_s` to
    `baseline_high_s` [s], the benchmark `benchmark_s` [s] and `benchmark_share`, the `share` within it and its interval
    `share_low` to `share_high`, `verdict` ("" where there is no benchmark or too few records; else "met", "missed", or
    either with "within the interval"), and the `sentence`.

    Raises
    ------
    InputError
        If an objective is for one class of risk and the table is not by class of risk, or is no table of
        `performance`.

    Notes
    -----
    The form is that of the CPSE's baseline objectives [1]_: for 90 percent of the incidents of a program and class of
    risk, the interval of what arrives was so long or less. The benchmark is the goal, the baseline what was measured.
    For a goal of 90 % the limit is held against the interval of the 90th percentile; for any other share, the goal is
    held against the interval of the share. Figures are told as `fireplan.wording` tells them. Below ten records nothing
    is stated but n.

    References
    ----------
    .. [1] Center for Public Safety Excellence, standards of cover, 6th edition (described at cpse.org, 2015-04-16).
    """
    missing = [c for c in ("n", "unknown", "p90_s", "p90_low_s", "limit_s", "share") if c not in table.columns]
    if missing or "measure" not in table.index.names:
        raise InputError(f"this is no table of `performance`: it has no {listed(missing or ['measure in its index'])}")
    standard = standard_of(standard)
    objectives = {o.key: o for o in standard.objectives} if standard else {}
    flat = table.reset_index()
    groups = [str(g) for g in table.index.names if g != "measure"]
    flat = flat[flat[groups].notna().all(axis=1)]
    unparted = [o.key for o in objectives.values() if o.risk and RISK not in groups and o.key in set(flat["measure"])]
    if unparted:
        raise InputError(
            f"objectives for one class of risk ({listed(unparted)}) need a table by class of risk: add {quoted(RISK)}"
            " to `by`"
        )
    rows = []
    for row in flat.to_dict("records"):
        objective = objectives.get(row["measure"])
        nothing = objective is not None and objective.where and not row["n"] + row["unknown"]  # of other ground
        if not nothing and (objective is None or objective.risk in {"", row.get(RISK)}):
            rows.append(_row(row, groups, objective, period=period, basis=basis, unit=unit))
    return pd.DataFrame(rows, columns=[*(g for g in groups if g != YEAR), *COLUMNS])


def _row(
    row: Mapping[Hashable, Any], groups: list[str], objective: Objective | None, *, period: str, basis: str, unit: str
) -> dict[str, object]:
    when = str(row[YEAR]) if YEAR in groups else period
    verdict = _verdict(row)
    whose = _whose(row["interval"], objective, unit)
    time = OBSERVED_INTERVALS[row["interval"]]
    time = time if "time" in time else f"{time} time"
    incidents = _incidents(row, groups, objective)
    unknown = [f"{_unknown(whose)} {wording.count(row['unknown'])} more"] if row["unknown"] else []
    counted = ", ".join([f"n = {wording.count(row['n'])}", *unknown, *([when] if when else [])])
    if row["n"] < FEWEST:
        about = f"the {time}{f' of {whose}' if whose else ''}"
        if row.get("note", "") in {NO_ANSWER, NO_ANSWERING}:
            sentence = f"For {incidents}, {about} is {row['note']} ({counted}; {basis})."
        else:
            sentence = f"For {incidents}, there are too few records to state {about} ({counted}; {basis})."
    else:
        if whose.startswith(FORCE):
            about = f"{incidents} at which {whose} was complete, its {time}"
        else:
            about = f"{incidents}, the {time}{f' of {whose}' if whose else ''}"
        ends = f"95 % interval {wording.time_interval(row['p90_low_s'], row['p90_high_s'])}"
        sentence = (
            f"For 90 percent of {about} was {wording.percentile(row['p90_s'])} or less ({counted}; {ends}; {basis})."
        )
        if np.isfinite(row["limit_s"]):
            sentence += _benchmark(row, verdict)
    return {
        **{g: row[g] for g in groups if g != YEAR},
        "period": when,
        **{c: row[c] for c in ("measure", "interval", "n", "unknown")},
        **{f"baseline{end}_s": row[f"p90{end}_s"] for end in ("", "_low", "_high")},
        "benchmark_s": row["limit_s"],
        "benchmark_share": row["goal"],
        **{c: row[c] for c in ("share", "share_low", "share_high")},
        "verdict": verdict,
        "sentence": sentence,
    }


def _verdict(row: Mapping[Hashable, Any]) -> str:
    """Whether a benchmark is met, and whether its interval says so too."""
    if row["n"] < FEWEST or not np.isfinite(row["limit_s"]) or not np.isfinite(row["goal"]):
        return ""
    met = bool(row["met"])
    if row["goal"] == USUAL_SHARE:
        sure = (
            row["p90_high_s"] <= last_within(row["limit_s"]) if met else row["p90_low_s"] > last_within(row["limit_s"])
        )
    else:
        sure = row["share_low"] >= row["goal"] if met else row["share_high"] < row["goal"]
    if sure:
        return MET if met else MISSED
    return MET_OPEN if met else MISSED_OPEN


def _benchmark(row: Mapping[Hashable, Any], verdict: str) -> str:
    """The benchmark beside the baseline."""
    limit = wording.clock(row["limit_s"])
    ends = f"95 % interval {wording.share_interval(row['share_low'], row['share_high'])}"
    share = f"{wording.share(row['share'], goal=row['goal'])} were within {limit} ({ends})."
    if not verdict:
        return f" The benchmark is {limit} and sets no share; {share}"
    return f" The benchmark, {limit} for {wording.goal(row['goal'])}, is {TOLD[verdict]}; {share}"


def _whose(interval: str, objective: Objective | None, unit: str) -> str:
    """Say whose time it is; "": that of the call."""
    if interval in CALL_INTERVALS:
        return ""
    if objective is None or interval == "turnout_s":
        return unit
    needs = dict(objective.needs)
    people = needs.pop("people", 0)
    if not people and len(needs) == 1 and max(needs.values()) <= 1:
        return f"the first {next(iter(needs))} to arrive"
    return f"{FORCE} of {wording.force({**needs, **({'people': people} if people else {})})}"


def _unknown(whose: str) -> str:
    return "not complete or time not known at" if whose.startswith(FORCE) else "time not known of"


def _incidents(row: Mapping[Hashable, Any], groups: list[str], objective: Objective | None) -> str:
    """Name the incidents that a row speaks of."""
    if PROGRAM in groups:
        what = CALLED.get(row[PROGRAM], f"{row[PROGRAM]} incidents")
    elif objective is not None and objective.categories:
        what = wording.joined([CALLED.get(c, f"{c} incidents") for c in objective.categories])
    else:
        what = "incidents"
    if RISK in groups:
        what = f"{row[RISK]}-risk {what}"
    others = [f"{g.removesuffix('_id').replace('_', ' ')} {row[g]}" for g in groups if g not in {PROGRAM, RISK, YEAR}]
    return f"{what} ({', '.join(others)})" if others else what
