"""How long crews take to turn out, learnt from who left when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.calibration._bands import ALL_DAY, band_by_hour, bands_of_day
from fireplan.calibration._shrunk_effects import fit_log_times
from fireplan.drive_times import StationTurnout, TurnoutLaw, TurnoutTimes
from fireplan.errors import InputError
from fireplan.response_performance._resolution import MINUTE_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.calibration._shrunk_effects import LogTurnouts
    from fireplan.response_performance import Attendance

LONGEST_S = 600.0
"""Longer is a stamp gone wrong. [s]"""

CLEAR_S = 300.0
"""A unit that was committed so shortly before may be on the road. [s]"""

FEWEST = 30
"""Of fewer turnouts nothing is learnt."""

Z95 = 1.96


class Turnouts(NamedTuple):
    """
    Turnouts from quarters, and whose.

    Attributes
    ----------
    rows
        Places in the responses of the attendance.
    seconds
        How long each took. [s]
    kind, category, station
        Whose, to what, from where; "" where it is not known.
    hour
        Hour of the day of the call, by the city's clock.
    day
        Number of its day, from 1970.
    ledger
        Responses left out, by rule, and those used; they add up to all.
    """

    rows: NDArray[np.int64]
    seconds: NDArray[np.float64]
    kind: NDArray[np.object_]
    category: NDArray[np.object_]
    station: NDArray[np.object_]
    hour: NDArray[np.int64]
    day: NDArray[np.int64]
    ledger: tuple[tuple[str, int], ...]

    def only(self, mask: NDArray[np.bool_]) -> Turnouts:
        """Give a part of them."""
        columns = [name for name in self._fields if name != "ledger"]
        return self._replace(**{name: getattr(self, name)[mask] for name in columns})


@takes
def turnout_times(attendance: Attendance) -> TurnoutTimes:
    """
    Learn from a dispatch history how long crews take to turn out.

    Parameters
    ----------
    attendance
        What `fireplan.response_performance.attend` made of a history and the department that answered it. Its policy
        says which calls are emergencies: the others are left out, unless all count.

    Returns
    -------
    Turnout by kind of unit, category of incident, hours of the day and station, as a distribution.

    Raises
    ------
    InputError
        If there is nothing to learn from: one row per incident, stamps to the full minute, or fewer than 30 turnouts.

    Notes
    -----
    Left out are units of neighbours, calls that a unit came upon itself, cancelled units, those that were on the road
    or had been clear for less than five minutes, and turnouts of 0 or over 600 s: `TurnoutTimes.ledger` counts them.
    That a crew serves another unit too is not seen in a history.

    Hours are merged into bands as far as they do not differ. On the logarithmic scale the median is that of all, and
    what stations, hours, categories, kinds and these together add to it; each of these is shrunk by n / (n + k), with
    k from how much groups differ more than chance lets them. Standard deviations by category, and by kind, category
    and hours, follow in the same way. The shape is that of all residuals, or lognormal where they are under 300.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project(calibrated=False)
    >>> policy = fp.Policy(emergency_priorities=("1", "2"))
    >>> seen = fp.response_performance.attend(project.history, scenario=project.today, policy=policy)
    >>> known = fp.calibration.turnout_times(seen)
    >>> round(known.median_s(["engine"], ["ems"], hours=[12])), round(known.median_s(["engine"], ["ems"], hours=[3]))
    (47, 74)
    """
    coarse = [name for name in ("dispatched", "enroute") if attendance.resolution_s.get(name) == MINUTE_S]
    if attendance.grain == "incident":
        raise InputError("turnout cannot be learnt: this history holds one row per incident, not one per unit")
    if coarse:
        raise InputError(
            f"turnout cannot be learnt: {wording.joined(coarse)} {'is' if len(coarse) == 1 else 'are'} stamped to the"
            " full minute, which is about as long as a turnout takes"
        )
    seen = turnouts_of(attendance)
    if len(seen.seconds) < FEWEST:
        left = ", ".join(f"{rule}: {wording.count(n)}" for rule, n in seen.ledger if n)
        raise InputError(
            f"turnout cannot be learnt from {wording.counted(len(seen.seconds), 'turnout')}; it takes {FEWEST}"
            f" (responses by rule: {left})"
        )
    return learnt(seen)


def turnouts_of(attendance: Attendance) -> Turnouts:
    """Choose the turnouts from quarters, rule by rule."""
    rows = attendance.responses.assign(_row=np.arange(len(attendance.responses)))
    incidents = attendance.incidents
    at = incidents.index.get_indexer(pd.Index(rows["incident_id"]))
    emergency = np.append(incidents["emergency"].to_numpy(bool), False)[at] & (at >= 0)
    rows["_counts"] = emergency if attendance.policy.emergency_only else at >= 0
    rows["_clear_s"] = clear_s(rows)
    ledger: list[tuple[str, int]] = []

    def leave_out(rule: str, bad: pd.Series[bool]) -> None:
        nonlocal rows
        ledger.append((rule, int(bad.sum())))
        rows = rows[~bad]

    def flagged(name: str) -> pd.Series[bool]:
        return rows[name].fillna(value=False).astype(bool) if name in rows else pd.Series(data=False, index=rows.index)

    leave_out("unit of no table", ~rows["own"])
    leave_out("no emergency", ~rows["_counts"])
    leave_out("came upon it itself", flagged("on_view"))
    leave_out("cancelled", flagged("cancelled"))
    leave_out("on the road already", flagged("already_on_road"))
    leave_out(f"clear for less than {CLEAR_S:g} s", rows["_clear_s"] < CLEAR_S)
    leave_out("a stamp is missing", rows["turnout_s"].isna())
    leave_out(f"turnout of 0 or over {LONGEST_S:g} s", ~((rows["turnout_s"] > 0) & (rows["turnout_s"] <= LONGEST_S)))
    ledger.append(("used", len(rows)))
    its = incidents.reindex(pd.Index(rows["incident_id"]))
    local = its["local"]
    return Turnouts(
        rows["_row"].to_numpy(dtype=np.int64),
        rows["turnout_s"].to_numpy(float),
        as_text(rows["unit_type"]),
        as_text(its["category"] if "category" in its else pd.Series(pd.NA, index=its.index, dtype="str")),
        as_text(rows["station_id"]),
        local.dt.hour.to_numpy(dtype=np.int64),
        day_of(local),
        tuple(ledger),
    )


def clear_s(responses: pd.DataFrame) -> pd.Series[float]:
    """How long each unit had been clear when it was dispatched; missing: no earlier call is known. [s]"""
    stamps = [name for name in ("dispatched", "enroute", "arrived") if name in responses]
    rows = responses[responses["dispatched"].notna() & responses["unit_id"].notna()]
    end = rows["cleared"].fillna(rows[stamps].max(axis=1))
    ordered = rows.assign(_end=end).sort_values(["unit_id", "dispatched"], kind="stable")
    before = ordered.groupby("unit_id", sort=False)["_end"].shift()
    return (ordered["dispatched"] - before).dt.total_seconds().reindex(responses.index)


def day_of(local: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Number of each day from 1970, by the city's clock."""
    midnight = local.dt.tz_localize(None).dt.normalize()
    return np.asarray((midnight - pd.Timestamp("1970-01-01")) // pd.Timedelta(days=1), dtype=np.int64)


def as_text(values: pd.Series[str]) -> NDArray[np.object_]:
    """Texts, "" for a missing one."""
    return np.asarray(values.astype(object).where(values.notna(), "").to_numpy(object))


def learnt(seen: Turnouts) -> TurnoutTimes:
    """Learn the distribution from turnouts; see `turnout_times`."""
    log_s = np.log(seen.seconds)
    stations, station = np.unique(seen.station.astype(str), return_inverse=True)
    kinds, kind = np.unique(seen.kind.astype(str), return_inverse=True)
    categories, category = np.unique(seen.category.astype(str), return_inverse=True)
    # What is no matter of the hour is taken out first, by the hours that are there anyway.
    hourly = [station, seen.hour, category, kind]
    sizes = [len(stations), 24, len(categories), len(kinds)]
    first = fit_log_times(log_s, hourly, sizes, first_scale=4)
    residual = log_s - first.location(hourly) + first.effects[1].value[seen.hour]
    bands = bands_of_day(residual, seen.hour, float(np.exp(first.log_scale)))
    band = band_by_hour(bands)[seen.hour]
    both = category * len(bands) + band
    cell = kind * (len(categories) * len(bands)) + both
    groups = [station, band, category, kind, both, cell]
    sizes = [len(stations), len(bands), len(categories), len(kinds), len(categories) * len(bands)]
    sizes.append(len(kinds) * sizes[-1])
    found = fit_log_times(log_s, groups, sizes, first_scale=4)
    seen_cells, n_of = np.unique(cell, return_counts=True)
    k, c, b = np.unravel_index(seen_cells, (len(kinds), len(categories), len(bands)))
    here = [np.zeros(len(k), dtype=np.int64), b, c, k, c * len(bands) + b, seen_cells]
    mean_station = _usual(found, station)
    location = found.location(here) - found.effects[0].value[0] + mean_station
    se = np.sqrt(found.variance(here) - found.effects[0].variance[0] + _sampling(found, len(log_s)))
    scale = found.scale(here)
    median_s, low_s, high_s = (np.exp(location + z * se).tolist() for z in (0.0, -Z95, Z95))
    names = [(str(kinds[i]), str(categories[j]), bands[m]) for i, j, m in zip(k, c, b, strict=True)]
    laws = tuple(
        TurnoutLaw(*name, *values)
        for name, *values in zip(names, n_of.tolist(), median_s, low_s, high_s, scale.tolist(), strict=True)
    )
    shape = tuple(float(z) for z in np.maximum.accumulate(found.shape))
    notes = () if bands != (ALL_DAY,) else ("turnout does not differ by the hour, as far as these turnouts tell",)
    by_station = _by_station(found, stations, station, mean_station)
    return TurnoutTimes(len(log_s), laws, by_station, shape, found.shape_is, seen.ledger, notes)


def _usual(found: LogTurnouts, station: NDArray[np.int64]) -> float:
    """What the usual station adds: the mean over turnouts."""
    return float(found.effects[0].value[station].mean())


def _sampling(found: LogTurnouts, n: int) -> float:
    """Variance of the centre."""
    return float(np.exp(2 * found.log_scale)) * np.pi / 2 / n


def _by_station(
    found: LogTurnouts, stations: NDArray[np.str_], station: NDArray[np.int64], usual: float
) -> dict[str, StationTurnout]:
    effect, n = found.effects[0], np.bincount(station, minlength=len(stations))
    if not np.isfinite(effect.k):
        return {}
    se = np.sqrt(effect.variance)
    factor, low, high = (np.exp(effect.value - usual + z * se).tolist() for z in (0.0, -Z95, Z95))
    each = zip(stations.tolist(), factor, low, high, n.tolist(), strict=True)
    return {name: StationTurnout(*values) for name, *values in each if name}
