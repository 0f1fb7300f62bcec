"""The runs that drive times are learnt from, by a fixed rule that looks at nothing a model computes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.calibration._turnout import clear_s
from fireplan.errors import InputError
from fireplan.incidents._places.coordinates import DEFAULT_POINT_COUNT, DEFAULT_POINT_SHARE
from fireplan.response_performance import attend
from fireplan.response_performance._resolution import MINUTE_S, STAMPS
from fireplan.roads import OnRoad
from fireplan.roads._snapping import in_crs, put
from fireplan.scenario import held
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.response_performance import Policy
    from fireplan.response_performance._attendance import Attendance, History
    from fireplan.scenario import Scenario

SHORTEST_S, LONGEST_S = 10.0, 1800.0
"""Travel that is shorter was no drive; travel that is longer had a stop in it, or a stamp that was forgotten. [s]"""

USUAL_LONGEST_S, MOST_LONGER = 900.0, 0.01
"""Where no more than this share of drives takes longer than this, those that do are taken for that, too. [s]"""

TURNOUT_S = (15.0, 600.0)
"""Whose turnout is shorter was on the road already; longer, and it is a stamp gone wrong. [s]"""

CLEAR_S = 300.0
"""A unit that was committed so shortly before may be anywhere but at home. [s]"""

DEFAULTS, DEFAULT_TIMES = 10, 10.0
"""A point is a geocoder's default where it comes so many times as often as any but so many of the others."""

MOST_RUNS = 200_000
"""Of more runs, days are drawn until there are so many: memory does not follow the history."""

FEWEST_TOLD, MOST_STRANGE = 20, 0.5
"""Of so many runs and more, no more than this share may be no drives at all: else the stamps are something else."""

MOST_ASTRAY = 0.5
"""A history of which a larger share lies off the road is one of another city."""


class KeptResponses(NamedTuple):
    """Responses that are left after a rule, and how many each took out."""

    rows: pd.DataFrame
    ledger: list[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class EngineRuns:
    """
    Runs of first-arriving units from their stations.

    Attributes
    ----------
    incident, unit
        Ids.
    stations
        Ids of the stations that are open; `station` says which of them each run began at.
    exits, places
        Where they leave by default, one for each station; and where each run went.
    xy_m
        Where each run went, before it was put on the road. [m]
    travel_s
        Observed, from under way to arrived. [s]
    hour, weekend
        Hour of the day at which the call was received, and whether on a Saturday or Sunday, by the city's clock.
    day
        Number of that day, from the first; `first_day` says which that was.
    ledger
        Responses left out, by rule, and those used: they add up to all.
    notes
        What a reader has to know.
    basis
        As the history says.
    """

    incident: NDArray[np.object_]
    unit: NDArray[np.object_]
    stations: pd.Index
    station: NDArray[np.int64]
    exits: OnRoad
    places: OnRoad
    xy_m: NDArray[np.float64]
    travel_s: NDArray[np.float64]
    hour: NDArray[np.int64]
    weekend: NDArray[np.bool_]
    day: NDArray[np.int64]
    first_day: pd.Timestamp
    ledger: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    basis: str

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.travel_s)

    def with_way(self, reached: NDArray[np.bool_]) -> EngineRuns:
        """Those that have a way from their station; the others stand in the ledger."""
        if reached.all():
            return self
        *before, (used, n) = self.ledger
        lost = int((~reached).sum())
        ledger = (*before, ("no way by road from the station", lost), (used, n - lost))
        return replace(self.of(np.flatnonzero(reached)), ledger=ledger)

    def of(self, rows: NDArray[np.int64]) -> EngineRuns:
        """Some of them; the ledger stays that of all."""
        one_each = ("incident", "unit", "station", "xy_m", "travel_s", "hour", "weekend", "day")
        parts: dict[str, Any] = {name: getattr(self, name)[rows] for name in one_each}
        at = self.places
        return replace(self, **parts, places=OnRoad(at.street[rows], at.along[rows], at.offset_m[rows]))

    def day_said(self, day: int) -> str:
        """Say a day as it is written."""
        return f"{self.first_day + pd.Timedelta(days=int(day)):%Y-%m-%d}"


def runs_of(
    history: History,
    scenario: Scenario,
    *,
    policy: Policy,
    longest_s: float | None,
    seed: int,
) -> EngineRuns:
    """Choose the runs of a history; see `Runs`."""
    if len(held(scenario).units) == 0:
        raise InputError(
            "the scenario has no units, so that nobody knows from where a unit came: give it some, with unit_id and"
            " station_id"
        )
    attendance = attend(history, scenario=scenario, policy=policy)
    if attendance.grain == "incident":
        raise InputError("this history holds one row per incident, not one per unit: nobody knows who drove from where")
    at_home = station_places(scenario)
    kept = _by_rule(attendance, at_home.ids, longest_s=longest_s, types=policy.first_types)
    rows, ledger = kept.rows, kept.ledger
    places, xy_m = _placed(attendance, scenario, rows)
    missing = np.isnan(xy_m[:, 0])
    astray = (places.street < 0) & ~missing
    if len(rows) and astray.sum() > MOST_ASTRAY * (len(rows) - missing.sum()):
        n = wording.count(int(astray.sum()))
        raise InputError(
            f"{n} of {wording.counted(len(rows) - int(missing.sum()), 'run')} went to places farther than"
            f" {wording.distance(scenario.snap_limit_m)} from any street: is this the history of another city, or are"
            " its coordinates in another order?"
        )
    default = _at_default_points(attendance.incidents, rows["incident_id"])
    keep = ~(missing | astray | default)
    ledger += [
        ("place not known", int(missing.sum())),
        ("place off the road", int(astray.sum())),
        ("at a point that a geocoder gives where it knows none", int((default & ~missing & ~astray).sum())),
    ]
    rows, xy_m = rows[keep], xy_m[keep]
    places = OnRoad(places.street[keep], places.along[keep], places.offset_m[keep])
    local = attendance.incidents["local"].reindex(rows["incident_id"])
    midnight = local.dt.tz_localize(None).dt.normalize()
    first = midnight.min() if len(rows) else pd.Timestamp("1970-01-01")
    day = (midnight - first).dt.days.to_numpy(dtype=np.int64)
    drawn = _days_drawn(day, seed)
    if not drawn.all():
        ledger.append(("on a day that was not drawn", int((~drawn).sum())))
    ledger.append(("used", int(drawn.sum())))
    rows, local, day = rows[drawn], local[drawn], day[drawn]
    return EngineRuns(
        rows["incident_id"].to_numpy(object),
        rows["unit_id"].to_numpy(object),
        at_home.ids,
        at_home.ids.get_indexer(pd.Index(rows["station_id"])).astype(np.int64),
        at_home.on_road,
        OnRoad(places.street[drawn], places.along[drawn], places.offset_m[drawn]),
        xy_m[drawn],
        rows["run_s"].to_numpy(float),
        local.dt.hour.to_numpy(dtype=np.int64),
        local.dt.day_of_week.to_numpy() >= 5,
        day,
        first,
        tuple(ledger),
        tuple(_notes(attendance, history, int((~drawn).sum()))),
        attendance.basis,
    )


def _by_rule(
    attendance: Attendance, open_ids: pd.Index, *, longest_s: float | None, types: tuple[str, ...]
) -> KeptResponses:
    """Leave out what is no run of a first-arriving unit from its station, rule by rule."""
    rows = attendance.responses
    taken_s = (rows["arrived"] - rows["enroute"]).dt.total_seconds()
    turnout_s = (rows["enroute"] - rows["dispatched"]).dt.total_seconds()
    rows = rows.assign(run_s=taken_s, out_s=turnout_s, clear_s=clear_s(rows))
    incidents = attendance.incidents
    at = incidents.index.get_indexer(pd.Index(rows["incident_id"]))
    emergency = np.append(incidents["emergency"].to_numpy(bool), False)[at]
    rows = rows.assign(_emergency=emergency & (at >= 0))
    kinds = ", ".join(types)
    ledger: list[tuple[str, int]] = []

    def keep(rule: str, good: pd.Series[bool]) -> None:
        nonlocal rows
        ledger.append((rule, int((~good).sum())))
        rows = rows[good]

    keep("never arrived", rows["arrived"].notna())
    keep("unit of no table", rows["own"])
    keep(f"unit of another type than {kinds}", rows["unit_type"].isin(types))
    keep("station not open in the scenario", rows["station_id"].isin(open_ids))
    firsts = rows.sort_values(["incident_id", "arrived", "unit_id"], kind="stable")
    first = ~firsts["incident_id"].duplicated()
    keep("not the first of its type to arrive", first.reindex(rows.index))
    keep("no emergency", rows["_emergency"])
    keep("a stamp is missing", rows["run_s"].notna() & rows["out_s"].notna())
    if longest_s is None:
        longest_s = _longest_s(rows["run_s"])
    strange = int((~rows["run_s"].between(SHORTEST_S, longest_s)).sum())
    if len(rows) >= FEWEST_TOLD and MOST_STRANGE * len(rows) < strange < len(rows):
        raise InputError(
            f"{wording.count(strange)} of {wording.counted(len(rows), 'run')} took less than {SHORTEST_S:g} s or more"
            f" than {longest_s:g} s from under way to arrived (middle one: {rows['run_s'].median():g} s): are the"
            " stamps in another unit, or is another one taken for them? `fireplan check` says how columns are read"
        )
    keep(
        f"travel not from {SHORTEST_S:g} to {longest_s:g} s",
        rows["run_s"].between(SHORTEST_S, longest_s),
    )
    keep(f"on the road already: turnout under {TURNOUT_S[0]:g} s", rows["out_s"] >= TURNOUT_S[0])
    keep(f"turnout over {TURNOUT_S[1]:g} s", rows["out_s"] <= TURNOUT_S[1])
    keep(f"clear for less than {CLEAR_S:g} s", ~(rows["clear_s"] < CLEAR_S))
    return KeptResponses(rows, ledger)


def _longest_s(run_s: pd.Series[float]) -> float:
    """Say which drives are too long to be one: those over a quarter of an hour, where they are rare."""
    drives = run_s[run_s.between(SHORTEST_S, LONGEST_S)]
    return USUAL_LONGEST_S if (drives > USUAL_LONGEST_S).mean() <= MOST_LONGER else LONGEST_S


def _placed(attendance: Attendance, scenario: Scenario, rows: pd.DataFrame) -> tuple[OnRoad, NDArray[np.float64]]:
    """Put runs on the road; and say where they went, NaN where it is not known. [m]"""
    points = attendance.incidents.geometry.reindex(pd.Index(rows["incident_id"]))
    points = points.set_crs(attendance.incidents.crs) if points.crs is None else points
    xy_m = in_crs(scenario.roads, points)
    return put(scenario.roads, xy_m, limit_m=scenario.snap_limit_m, what="incident").on_road, xy_m


def _at_default_points(incidents: gpd.GeoDataFrame, of: pd.Series[str]) -> NDArray[np.bool_]:
    """
    Say which runs went to a point that a geocoder gives where it knows none.

    In some cities every point is shared, because addresses are rounded to corners: a default is one that comes many
    times as often as the busiest of these.
    """
    placed = ~(incidents.geometry.isna() | incidents.geometry.is_empty)
    points = incidents.geometry[placed]
    key = pd.Series(list(zip(points.x, points.y, strict=True)), index=points.index)
    counts = key.value_counts()
    fewest = max(DEFAULT_POINT_COUNT, DEFAULT_POINT_SHARE * len(points))
    usual = float(counts.iloc[DEFAULTS]) if len(counts) > DEFAULTS else np.inf
    defaults = counts.index[(counts >= fewest) & (counts >= DEFAULT_TIMES * usual)]
    return key.reindex(of).isin(defaults).to_numpy()


def _days_drawn(day: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Draw whole days until there are as many runs as are needed."""
    if len(day) <= MOST_RUNS:
        return np.ones(len(day), dtype=bool)
    days, count = np.unique(day, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(days))
    taken = days[order][np.cumsum(count[order]) <= MOST_RUNS]
    return np.isin(day, taken)


def _notes(attendance: Attendance, history: History, undrawn: int) -> list[str]:
    """Say what a reader has to know of the runs."""
    notes = list(attendance.notes)
    coarse = [name for name in ("enroute", "arrived") if attendance.resolution_s.get(name) == MINUTE_S]
    if coarse:
        notes.append(
            f"{wording.joined(coarse)} {'is' if len(coarse) == 1 else 'are'} stamped to the full minute: each drive is"
            " known to about a minute, its error holds that, and drives under a minute are left out too often"
        )
    if attendance.policy.emergency_priorities is None and "mode" not in history.incidents:
        notes.append(
            "nothing says which calls were emergencies, so all count: drives without lights and siren take longer, and"
            " make the times too long for those with; name emergency_priorities"
        )
    if undrawn:
        notes.append(f"{wording.count(undrawn)} more runs are of days that were not drawn")
    return notes


@takes
def history_fingerprint(history: History) -> str:
    """
    Name a history by the stamps of all its responses, in whatever order they stand.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation.

    Returns
    -------
    Sixteen hexadecimal digits.
    """
    rows = history.responses
    columns = [name for name in ("incident_id", "unit_id", *STAMPS) if name in rows]
    table = rows[columns].astype({name: str for name in ("incident_id", "unit_id") if name in columns})
    hashes = np.sort(pd.util.hash_pandas_object(table, index=False).to_numpy())
    return hashlib.sha256(hashes.tobytes()).hexdigest()[:16]
