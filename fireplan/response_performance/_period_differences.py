"""What changed from one period, or one simulation, to another, and whether it is more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.progress import steps
from fireplan.response_performance._attendance import Attendance, History, attend
from fireplan.response_performance._groups import keys_for
from fireplan.response_performance._performance import (
    Observed,
    calls_of,
    grouped,
    intervals_of,
    objectives_of,
    units_of,
)
from fireplan.response_performance._statistics import CONFIDENCE, FEWEST, TOO_SMALL, percentile_interval
from fireplan.standards import OBSERVED_INTERVALS, Objective, Standard
from fireplan.standards._objectives import current_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.response_performance._policy import Policy
    from fireplan.scenario import Scenario

PERCENTILES = {"p50": 0.5, "p90": 0.9}
STATISTICS = (*PERCENTILES, "share")
NO_INTERVAL = "n too small for an interval"
AT_ONCE = 4_000_000
"""Records weighed at once, over all the draws that share a step: what fits into memory near the processor."""


@takes
@dataclass(frozen=True, eq=False)
class Period:
    """Part of a history; see `History` for what its tables hold. `basis` is that of the history."""

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str
    basis: str = "observed"


@takes
def between(history: History, start: str | pd.Timestamp | None, end: str | pd.Timestamp | None) -> Period:
    """
    Cut a period out of a history.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation.
    start, end
        Incidents received from `start` on and before `end`, in the agency's local time; a date means its midnight.
        None: from the first, or to the last.

    Returns
    -------
    Those incidents with all responses to them.

    Raises
    ------
    InputError
        If a date cannot be read, or no incident was received in the period.
    """
    local = history.incidents["received"].dt.tz_convert(history.timezone).dt.tz_localize(None)
    inside = pd.Series(data=True, index=local.index)
    if start is not None:
        inside &= local >= _moment(start)
    if end is not None:
        inside &= local < _moment(end)
    if not inside.any():
        span = f"{local.min():%Y-%m-%d} to {local.max():%Y-%m-%d}" if len(local) else "nowhere"
        raise InputError(f"no incident was received from {start} to {end}: the history runs from {span}")
    kept = history.incidents[inside]
    responses = history.responses
    basis = getattr(history, "basis", "observed")
    return Period(kept, responses[responses["incident_id"].isin(kept.index)], history.timezone, basis)


@takes
def split(history: History, *, at: str | pd.Timestamp | Sequence[str | pd.Timestamp]) -> tuple[Period, ...]:
    """
    Cut a history into periods.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation.
    at
        Where to cut, in the agency's local time and in order; a date means its midnight. One cut makes two periods.

    Returns
    -------
    The periods, in order; see `between`.
    """
    cuts = [at] if isinstance(at, str | pd.Timestamp) else list(at)
    return tuple(between(history, start, end) for start, end in pairwise([None, *cuts, None]))


def _moment(given: str | pd.Timestamp) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(given)
    except ValueError as error:
        raise InputError(f"{quoted(given)} is no date: write it as '2025-01-01'") from error
    if moment.tzinfo is not None or pd.isna(moment):
        raise InputError(f"{quoted(given)}: give local time without an offset, as '2025-01-01'")
    return moment


class _Side(NamedTuple):
    """Records of one side: their groups, values, and days as numbers from zero."""

    keys: pd.DataFrame
    value: NDArray[np.float64]
    day: NDArray[np.int64]
    n_days: int


class _Figure(NamedTuple):
    """A figure as it was, and in each draw of days; None: too few records for an interval."""

    value: float
    drawn: NDArray[np.float64] | None


@takes
def difference(  # noqa: PLR0913 - what is compared, how, and how sure
    history_a: History | Attendance,
    history_b: History | Attendance,
    *,
    measure: str | Objective = "travel_s",
    by: str | Sequence[str] = (),
    statistic: str = "p90",
    limit_s: float | None = None,
    nth: int | None = 1,
    scenario: Scenario | None = None,
    policy: Policy | None = None,
    paired: bool = False,
    replications: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """
    Say how much a figure differs between two periods, or two simulations of the same incidents.

    Parameters
    ----------
    history_a, history_b
        Histories, or parts of one from `between` or `split`; or what `attend` made of them.
    measure
        An interval, such as "travel_s"; or an objective, whose interval is measured at the incidents it applies to.
    by
        What to break it down by; see `performance`.
    statistic
        "p90" or "p50" (inverted_cdf) [s], or "share" within the limit.
    limit_s
        For "share"; left out: the limit of the objective. [s]
    nth
        For an interval: of the first unit to arrive (1), the second (2) and so on; None: of every unit that counts.
    scenario, policy
        The department and what counts; see `attend`. Not looked at for an `Attendance`.
    paired
        Both are of the same incidents: days are drawn once for both, so that what the days have in common cancels out.
    replications
        How many times days are drawn.
    seed
        Of the random draws.

    Returns
    -------
    By the groups and `measure`: `statistic`, `unit`, `value_a`, `value_b`, `difference` (b less a), the ends `low` and
    `high` of its 95 % interval, `n_a` and `n_b` records, `replications`, `seed`, and `note`. Where either side has
    fewer than ten records figures are left out, and the interval where either percentile has none of its own (fewer
    than 36 records for p90); the note says so.

    Raises
    ------
    InputError
        If an argument cannot be used, or if `paired` sides are not of the same incidents.

    Notes
    -----
    Calls of one day hang together (weather, events, a busy shift), so that whole days are drawn, not calls: as many
    local days as the side has with an incident that counts, with repetition, each with all its records. Two periods are
    drawn independently. The interval is the middle 95 % of the differences drawn [1]_. All groups come from the same
    draws. An interval that leaves out zero is no proof of a cause: other things may have changed as well. Of many
    groups one in twenty leaves out zero by chance.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, "An introduction to the bootstrap", Chapman & Hall, 1993, chapters 8 and 13.
    """
    by = [by] if isinstance(by, str) else list(by)
    limit_s = measure.limit_s if limit_s is None and isinstance(measure, Objective) else limit_s
    measure = current_interval(measure) if isinstance(measure, str) else measure
    _check(measure, statistic, limit_s, nth, replications)
    attended = [h if isinstance(h, Attendance) else attend(h, scenario=scenario, policy=policy)
                for h in (history_a, history_b)]  # fmt: skip
    days = [_days(a) for a in attended]
    if paired:
        days[1] = _paired(attended, days[0])
    sides = [_side(a, measure, by, nth, d) for a, d in zip(attended, days, strict=True)]
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]
    drawn_a = draw_days(sides[0].n_days, replications, streams[0])
    drawn_b = drawn_a if paired else draw_days(sides[1].n_days, replications, streams[1])
    groups = _matched(sides, by)
    told = []
    held_to_s = float("nan") if limit_s is None else limit_s
    nothing = _Figure(float("nan"), None)
    chunks = [_chunks(len(rows), replications) for _, *both in groups for rows in both if len(rows) >= FEWEST]
    with steps(sum(chunks), what="draws") as step:
        for values, rows_a, rows_b in groups:
            figures = [
                _figure(side.value[rows], side.day[rows], drawn, statistic, held_to_s, step)
                for side, rows, drawn in ((sides[0], rows_a, drawn_a), (sides[1], rows_b, drawn_b))
            ]
            told.append({**dict(zip(by, values, strict=True)), **_compared(figures, len(rows_a), len(rows_b))})
    table = pd.DataFrame(told, columns=[*by, *_compared([nothing, nothing], 0, 0)])
    table = table.astype({k: sides[0].keys[k].dtype for k in by}) if by else table
    name = measure.key if isinstance(measure, Objective) else measure.removesuffix("_s")
    unit = "share of records" if statistic == "share" else "s"
    table = table.assign(measure=name, statistic=statistic, unit=unit, replications=replications, seed=seed)
    figures_then = ["value_a", "value_b", "difference", "low", "high", "n_a", "n_b", "replications", "seed", "note"]
    return table.set_index([*by, "measure"])[["statistic", "unit", *figures_then]]


def _check(measure: str | Objective, statistic: str, limit_s: float | None, nth: int | None, replications: int) -> None:
    faults = Faults("difference")
    if not isinstance(measure, Objective) and measure not in OBSERVED_INTERVALS:
        faults.add(f"measure is {quoted(measure)}: use {listed(OBSERVED_INTERVALS)}, or an objective")
    if statistic not in STATISTICS:
        faults.add(f"statistic is {quoted(statistic)}: use {listed(STATISTICS)}")
    if statistic == "share" and limit_s is None:
        faults.add("a share is of records within a limit: give limit_s")
    if limit_s is not None and not 0 < limit_s < float("inf"):
        faults.add(f"limit_s is {limit_s}: give a number of seconds above zero")
    if nth is not None and nth < 1:
        faults.add(f"nth is {nth}: 1 is the first unit to arrive")
    if replications < 1:
        faults.add(f"replications is {replications}: draw at least once, or better a thousand times")
    faults.raise_if_any()


def _days(attendance: Attendance) -> pd.Series[int]:
    """Local day of each incident that counts, numbered from zero without gaps."""
    local = attendance.incidents.loc[attendance.incidents["counts"], "local"]
    return pd.Series(np.unique(local.dt.tz_localize(None).dt.floor("D"), return_inverse=True)[1], index=local.index)


def _paired(attended: list[Attendance], days: pd.Series[int]) -> pd.Series[int]:
    """Days of the second side: those of the same incidents of the first."""
    ids = [a.incidents.index[a.incidents["counts"]] for a in attended]
    differing = ids[0].symmetric_difference(ids[1])
    if len(differing):
        raise InputError(
            f"{wording.counted(len(differing), 'incident is', 'incidents are')} on one side only, such as"
            f" {listed(map(quoted, differing), most=3)}:"
            " paired sides are of the same incidents; leave paired out for two periods"
        )
    return days.reindex(ids[1])


def _side(
    attendance: Attendance, measure: str | Objective, by: list[str], nth: int | None, days: pd.Series[int]
) -> _Side:
    """Records of which the measure is known."""
    observed = _observed(attendance, measure, nth)
    known = ~np.isnan(observed.seconds)
    rows = observed.rows[known]
    day = days.reindex(rows["incident_id"].to_numpy()).to_numpy().astype(np.int64)
    return _Side(keys_for(attendance, rows, by), observed.seconds[known], day, int(days.max()) + 1 if len(days) else 0)


def _observed(attendance: Attendance, measure: str | Objective, nth: int | None) -> Observed:
    units, calls = units_of(attendance, nth), calls_of(attendance)
    if isinstance(measure, Objective):
        return objectives_of(attendance, Standard(measure.key, measure.title, (measure,)), units, calls)[0]
    return next(o for o in intervals_of(units, calls) if o.interval == measure)


def _matched(sides: list[_Side], by: list[str]) -> list[tuple[tuple[object, ...], NDArray[np.intp], NDArray[np.intp]]]:
    """Rows of each group on either side, in order of the groups; a group may be on one side only."""
    if not by:
        return [((), np.arange(len(sides[0].value)), np.arange(len(sides[1].value)))]
    first, second = (dict(grouped(side.keys)) for side in sides)
    none = np.empty(0, dtype=np.intp)
    keys = pd.concat([side.keys for side in sides]).drop_duplicates().dropna().sort_values(by)
    return [(g, first.get(g, none), second.get(g, none)) for g in keys.itertuples(index=False, name=None)]


def draw_days(n_days: int, replications: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """
    Draw as many days as there are, with repetition.

    Returns
    -------
    Replications x days: how often each day was drawn.
    """
    if n_days == 0:
        return np.zeros((replications, 0), dtype=np.int32)
    return rng.multinomial(n_days, np.full(n_days, 1 / n_days), size=replications).astype(np.int32)


def drawn_percentiles(
    value: NDArray[np.float64],
    day: NDArray[np.int64],
    drawn: NDArray[np.int32],
    share: float,
    *,
    step: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """
    Work out a percentile (inverted_cdf) in each draw of days.

    Parameters
    ----------
    value
        Of each record, none NaN.
    day
        Of each record, as a column of `drawn`.
    drawn
        From `draw_days`.
    share
        Such as 0.9.
    step
        Called after each of `_chunks` parts.

    Returns
    -------
    One for each replication; NaN where no record was drawn.

    Notes
    -----
    Records are sorted once. In each draw they weigh as much as their day was drawn, and the percentile is where the
    weights added up reach the share.
    """
    order = np.argsort(value, kind="stable")
    ordered, on = value[order], day[order]
    total = drawn @ np.bincount(day, minlength=drawn.shape[1])
    rank = np.maximum(1, np.ceil(total * share * (1 - 1e-12))).astype(np.int64)
    place = np.empty(len(drawn), dtype=np.int64)
    for rows in np.array_split(np.arange(len(drawn)), _chunks(len(value), len(drawn))):
        reached = np.cumsum(drawn[rows][:, on], axis=1, dtype=np.int32)
        place[rows] = (reached < rank[rows, None]).sum(axis=1)
        step()
    return np.append(ordered, np.nan)[place]


def _chunks(n_records: int, replications: int) -> int:
    """In how many parts draws are worked through."""
    return min(replications, 1 + n_records * replications // AT_ONCE)


def _figure(
    value: NDArray[np.float64],
    day: NDArray[np.int64],
    drawn: NDArray[np.int32],
    statistic: str,
    limit_s: float,
    step: Callable[[], None],
) -> _Figure:
    """Give a figure as it was, and in each draw."""
    if len(value) < FEWEST:
        return _Figure(float("nan"), None)
    if statistic in PERCENTILES:
        share = PERCENTILES[statistic]
        drawn_s = drawn_percentiles(value, day, drawn, share, step=step)
        seen = percentile_interval(np.sort(value), share)
        return _Figure(seen.value, drawn_s if np.isfinite([seen.low, seen.high]).all() else None)
    within = value <= last_within(limit_s)
    n_drawn = drawn @ np.bincount(day, minlength=drawn.shape[1])
    within_drawn = drawn @ np.bincount(day[within], minlength=drawn.shape[1])
    shares = np.divide(within_drawn, n_drawn, out=np.full(len(drawn), np.nan), where=n_drawn > 0)
    step()
    return _Figure(float(within.mean()), shares)


def _compared(figures: list[_Figure], n_a: int, n_b: int) -> dict[str, object]:
    (value_a, in_a), (value_b, in_b) = figures
    low = high = float("nan")
    note = TOO_SMALL if min(n_a, n_b) < FEWEST else NO_INTERVAL
    if in_a is not None and in_b is not None:
        note = ""
        apart = in_b - in_a
        apart = apart[~np.isnan(apart)]
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(apart, [tail, 1 - tail]) if len(apart) else (low, high)
    return {
        "value_a": value_a, "value_b": value_b, "difference": value_b - value_a, "low": float(low), "high": float(high),
        "n_a": n_a, "n_b": n_b, "note": note,
    }  # fmt: skip
