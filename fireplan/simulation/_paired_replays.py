"""Two replays of one history side by side: what a change gains and loses, and where the work of lost units goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import Faults, quoted
from fireplan.response_performance._groups import Shifts, keys_for
from fireplan.response_performance._period_differences import draw_days
from fireplan.response_performance._statistics import CONFIDENCE, FEWEST, TOO_SMALL, percentile
from fireplan.simulation._call_figures import AID, NOT_PLACED, OWN, UNMET
from fireplan.simulation._days_drawn import FEW_DAYS, FEWEST_DAYS
from fireplan.stations import KINDS, supply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._replay import Replay

NOTICEABLE_S = 10.0
"""A call is reached sooner or later when the median of its first drive changes by more than this. [s]"""

NEIGHBOUR, NOBODY, NOT_TOLD = "neighbour", "nobody", "not told"
"""Where a response goes that no station of the scenario takes."""

DIRECT, KNOCK_ON = "direct", "knock-on"
"""Why a response goes elsewhere: its unit is no more; or that unit's calls keep another one busy."""


@takes
def compare_replays(
    before: Replay,
    after: Replay,
    *,
    by: str | Sequence[str] = (),
    replications: int = 1000,
    seed: int = 1,
    shifts: Shifts | None = None,
) -> pd.DataFrame:
    """
    Set two replays of one history side by side, call by call.

    Parameters
    ----------
    before, after
        From `replay` by the rules, of the same history with the same objective, policy and seed.
    by
        What to break it down by; see `performance`. `station_id` is that of the unit that is first before.
    replications
        How many times days are drawn.
    seed
        Of these draws.
    shifts
        For `by="shift"`.

    Returns
    -------
    By the groups: `n` calls that count and can be told on both sides, and `untold`, those that cannot; `share_before`
    and `share_after` within the limit (expected; a call that nobody of the department answers is not within it),
    `change` with its 95 % interval `low` to `high`; `gained` and `lost`, calls that are expected to come within the
    limit and to fall out of it; `sooner` and `later`, calls whose first drive is more than ten seconds shorter or
    longer at the median; `travel_p50_before_s` and `travel_p50_after_s`, medians of these [s]; and calls that count of
    which what the objective asks for comes from neighbours (`aid_before`, `aid_after`) or from nobody (`unmet_before`,
    `unmet_after`). Shares of fewer than ten calls are left out, and `note` says so. Everything is modelled, on both
    sides by the same terms; `attrs` hold the error of the model as `baseline`.

    Raises
    ------
    InputError
        If the two are no pair.

    Notes
    -----
    Calls of one day hang together, so that whole days are drawn, with all their calls, for both sides at once.

    Examples
    --------
    >>> import fireplan as fp
    >>> today = fp.examples.marisol()
    >>> weeks = fp.response_performance.between(fp.examples.marisol_project().history, "2024-03-01", "2024-03-15")
    >>> engine = fp.Objective("first", "First engine", 240)
    >>> closed = today.apply(fp.CloseStation("S3"))
    >>> pair = [fp.replay(town, weeks, objective=engine) for town in (today, closed)]
    >>> bool(fp.simulation.compare_replays(*pair)["high"].iloc[0] < 0)
    True
    """
    by = [by] if isinstance(by, str) else list(by)
    _check_pair("compare_replays", before, after, replications)
    one, other = before.calls, after.calls
    keys = _keys(before, one, by, shifts)
    day_names, day = np.unique(one["local"].dt.date.astype(str).to_numpy(), return_inverse=True)
    drawn = draw_days(len(day_names), replications, np.random.default_rng(seed))
    parts = [((), np.arange(len(one)))] if not by else _grouped(keys)
    rows = [
        {**dict(zip(by, values, strict=True)), **_pair_figures(one.iloc[at], other.iloc[at], day[at], drawn)}
        for values, at in parts
    ]
    table = pd.DataFrame(rows)
    if by:
        table = table.astype({name: keys[name].dtype for name in by}).set_index(by).sort_index()
    table.attrs = {
        "basis": "modelled",
        "before": before.scenario.name,
        "after": after.scenario.name,
        "objective": str(before.objective),
        "replications": replications,
        "seed": seed,
        "baseline": before.error,
    }
    return table


@takes
def displaced_workload(before: Replay, after: Replay, *, replications: int = 1000, seed: int = 1) -> pd.DataFrame:
    """
    Say where the work of closed or removed units goes.

    Parameters
    ----------
    before, after
        From `replay` by the rules, of the same history with the same objective, policy and seed.
    replications, seed
        How many times days are drawn, and the seed of these draws.

    Returns
    -------
    By `cause`, `from_station` and `to_station`: `responses` that move, with a 95 % interval `low` to `high` from whole
    days drawn anew, `calls` they belong to, `hours_before` and `hours_after` that units are committed by them [h], and
    `late_before` and `late_after`, how many of them are expected over the limit: those of calls that count and of units
    that the objective asks for. The cause is "direct", for every response of a unit that is no more, or
    "knock-on", for others that another unit takes, or the same from elsewhere, as units are busy at other times. Not
    only stations are sent to: "neighbour" (as many as the record says came), "nobody", and "not told" (the place is
    not known). Of each cause `responses`, hours and late ones add up; a call may stand in several rows. `attrs` hold
    the `units` that are gone, and how many responses they had.

    Raises
    ------
    InputError
        If the two are no pair, or no unit is gone.

    Examples
    --------
    >>> import fireplan as fp
    >>> today = fp.examples.marisol()
    >>> weeks = fp.response_performance.between(fp.examples.marisol_project().history, "2024-03-01", "2024-03-15")
    >>> without = today.apply(fp.RemoveUnit("M2"), name="the neighbour withdraws M2")
    >>> ambulance = fp.Objective("first", "First ambulance", 480, needs={"ambulance": 1})
    >>> pair = [fp.replay(town, weeks, objective=ambulance) for town in (today, without)]
    >>> moved = fp.simulation.displaced_workload(*pair)
    >>> int(moved.loc["direct", "responses"].sum()) == moved.attrs["responses"]
    True
    """
    _check_pair("displaced_workload", before, after, replications)
    gone = _units_gone(before.scenario, after.scenario)
    faults = Faults("displaced_workload")
    if not gone:
        faults.add(f"no unit of {quoted(before.scenario.name)} is gone from {quoted(after.scenario.name)}")
    faults.raise_if_any()
    one, other = before.dispatches, after.dispatches
    lost = one["unit_id"].isin(gone).to_numpy(bool)
    hours = one["committed_h"].fillna(0.0).to_numpy(float), other["committed_h"].fillna(0.0).to_numpy(float)
    same = (one["unit_id"].fillna("") == other["unit_id"].fillna("")) & (one["outcome"] == other["outcome"])
    moves = lost | ~same.to_numpy(bool) | (hours[0] != hours[1])
    asked = _asked(before)
    table = pd.DataFrame(
        {
            "cause": np.where(lost, DIRECT, KNOCK_ON),
            "from_station": _whither(one),
            "to_station": _whither(other),
            "incident_id": one["incident_id"].to_numpy(object),
            "hours_before": hours[0],
            "hours_after": hours[1],
            "late_before": np.where(asked, one["late"].fillna(0.0), 0.0),
            "late_after": np.where(asked, other["late"].fillna(0.0), 0.0),
            "day": before.calls["local"].dt.date.astype(str).reindex(one["incident_id"]).to_numpy(object),
        }
    )
    names = np.unique(table["day"].to_numpy(str))
    table["day"] = np.searchsorted(names, table["day"].to_numpy(str))
    drawn = draw_days(len(names), replications, np.random.default_rng(seed))
    enough = len(names) >= FEWEST_DAYS
    rows = []
    for key, part in table[moves].groupby(["cause", "from_station", "to_station"], sort=True):
        counted = drawn @ np.bincount(part["day"], minlength=len(names))
        low, high = np.quantile(counted, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) if enough else (np.nan, np.nan)
        sums = part[["hours_before", "hours_after", "late_before", "late_after"]].sum().to_dict()
        told = {"responses": len(part), "low": low, "high": high, "calls": part["incident_id"].nunique(), **sums}
        rows.append({**dict(zip(("cause", "from_station", "to_station"), key, strict=True)), **told})
    columns = ["cause", "from_station", "to_station", "responses", "low", "high", "calls", "hours_before",
               "hours_after", "late_before", "late_after"]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns).set_index(columns[:3])
    found = found.sort_index()
    found.attrs = {
        "basis": "modelled",
        "before": before.scenario.name,
        "after": after.scenario.name,
        "units": gone,
        "responses": int(lost.sum()),
        "objective": str(before.objective),
        "baseline": before.error,
    }
    return found


def _check_pair(call: str, before: Replay, after: Replay, replications: int) -> None:
    """Refuse replays that differ in more than the department."""
    faults = Faults(call)
    if replications < 1:
        faults.add(f"replications is {replications}: give 1 or more")
    for name, one in (("before", before), ("after", after)):
        if one.sent != "rules":
            faults.add(f"{name} has the units that were really sent: both sides need the same terms, sent='rules'")
    if not before.calls.index.equals(after.calls.index) or len(before.dispatches) != len(after.dispatches):
        faults.add("the two are not of the same calls: replay one history with both")
    for name in ("objective", "seed", "returning"):
        if getattr(before, name) != getattr(after, name):
            mine, theirs = getattr(before, name), getattr(after, name)
            faults.add(f"{name} is {quoted(str(mine))} before and {quoted(str(theirs))} after: give both the same")
    faults.raise_if_any()


def _keys(before: Replay, calls: pd.DataFrame, by: list[str], shifts: Shifts | None) -> pd.DataFrame:
    """Give the groups of calls; of units, by the one that is first before."""
    if before.attendance is None or not by:
        return pd.DataFrame(index=calls.index)
    types = before.scenario.units["type"].reindex(calls["unit_id"]).to_numpy(object)
    rows = calls[["unit_id", "station_id"]].assign(incident_id=calls.index, unit_type=pd.array(types, dtype="str"))
    return keys_for(before.attendance, rows.reset_index(drop=True), by, shifts=shifts)


def _grouped(keys: pd.DataFrame) -> list[tuple[tuple[object, ...], NDArray[np.intp]]]:
    grouping = keys.groupby(list(keys.columns), sort=False, observed=True, dropna=False)
    return [(v if isinstance(v, tuple) else (v,), np.asarray(rows)) for v, rows in grouping.indices.items()]


def _pair_figures(
    one: pd.DataFrame, other: pd.DataFrame, day: NDArray[np.intp], drawn: NDArray[np.int32]
) -> dict[str, object]:
    counts = one["counts"].to_numpy(bool)
    chance = one["chance"].to_numpy(float), other["chance"].to_numpy(float)
    known = counts & ~np.isnan(chance[0]) & ~np.isnan(chance[1])
    n, apart = int(known.sum()), (chance[1] - chance[0])[known]
    travel = one["travel_s"].to_numpy(float)[known], other["travel_s"].to_numpy(float)[known]
    change_s = travel[1] - travel[0]
    few = n < FEWEST
    nan = float("nan")
    low = high = nan
    few_days = drawn.shape[1] < FEWEST_DAYS
    if not few and not few_days:
        sums = np.bincount(day[known], weights=apart, minlength=drawn.shape[1])
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (drawn @ sums) / (drawn @ np.bincount(day[known], minlength=drawn.shape[1]))
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(means[np.isfinite(means)], [tail, 1 - tail])
    became = {f"{name}_{side}": int((calls["counts"] & (calls["outcome_asked"] == what)).sum())
              for name, what in (("aid", AID), ("unmet", UNMET))
              for side, calls in (("before", one), ("after", other))}  # fmt: skip
    return {
        "n": n, "untold": int((counts & ~known).sum()),
        "share_before": nan if few else float(chance[0][known].mean()),
        "share_after": nan if few else float(chance[1][known].mean()),
        "change": nan if few else float(apart.mean()), "low": float(low), "high": float(high),
        "gained": float(apart[apart > 0].sum()), "lost": float(-apart[apart < 0].sum()),
        "sooner": int((change_s < -NOTICEABLE_S).sum()), "later": int((change_s > NOTICEABLE_S).sum()),
        "travel_p50_before_s": _median(travel[0]),
        "travel_p50_after_s": _median(travel[1]),
        **became, "note": TOO_SMALL if few else FEW_DAYS if few_days else "",
    }  # fmt: skip


def _median(seconds: NDArray[np.float64]) -> float:
    """The middle one of what is known; NaN where too little is."""
    known = np.sort(seconds[~np.isnan(seconds)])
    return percentile(known, 0.5) if len(known) >= FEWEST else float("nan")


def _units_gone(before: Scenario, after: Scenario) -> list[str]:
    """Units that could be sent before, and cannot after: removed, or their station is closed."""
    there = [
        set(s.units.index[s.units["station_id"].isin(s.stations.index[s.stations["open"]])]) for s in (before, after)
    ]
    return sorted(there[0] - there[1])


def _asked(replay: Replay) -> NDArray[np.bool_]:
    """Which responses are of kinds that the objective asks for."""
    types = pd.Index(replay.dispatches["unit_type"].unique())
    brings = supply(pd.DataFrame({"type": types, "crew": 1.0}))[:, KINDS.index(next(iter(replay.objective.needs)))] > 0
    return np.asarray(brings[types.get_indexer(pd.Index(replay.dispatches["unit_type"]))])


def _whither(dispatches: pd.DataFrame) -> NDArray[np.object_]:
    """Which station each response goes to, or who else."""
    names = {AID: NEIGHBOUR, UNMET: NOBODY, NOT_PLACED: NOT_TOLD}
    elsewhere = dispatches["outcome"].map(names)
    return dispatches["station_id"].where(dispatches["outcome"] == OWN, elsewhere).to_numpy(object)
