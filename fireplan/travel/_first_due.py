"""First, second and third due, and the arrival of a whole force."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan.errors import InputError, listed, quoted
from fireplan.scenario import held, token
from fireplan.standards import INTERVALS
from fireplan.stations import KINDS, USUAL_TURNOUT_S, supply
from fireplan.travel._nearest_stations import (
    DEPTH,
    Near,
    Origins,
    nearest_stations,
    points_of,
    refuse_islands,
    streets_of,
)
from fireplan.travel._places import Places, places, station_places

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

FOLLOWED = 3
"""From how many scenarios before it the nearest stations of one are sought to be followed."""

ONE_ENGINE = {"engine": 1.0}
NTH = ("first", "second", "third")


@takes
def first_due(
    scenario: Scenario,
    *,
    to: str = "zones",
    objective: Objective | None = None,
    needs: Mapping[str, float] | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """
    Say which stations are first, second and third due.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    to
        "zones" or "incidents".
    objective
        Take what must arrive, and the interval, from an objective: stations that house none of it are due nowhere.
    needs
        Kinds of unit of which a station must house at least one to count; left out: those of the objective, or an
        engine.
    interval
        "travel_s", or "turnout_and_travel_s" to add the planning turnout of the quickest such unit; left out: that of
        the objective, or "travel_s".

    Returns
    -------
    By `zone_id` or `incident_id`: `first_due`, `first_due_s` [s], and so for second and third; inf and missing where
    there is none.

    Notes
    -----
    All units are taken to be at home and free: who is first due on the map, not who came. If the scenario has no units
    at all, every open station counts, with the usual planning turnout.
    """
    ends = places(scenario, to)
    needs = needs or (ONE_ENGINE if objective is None else objective.needs)
    interval = interval or ("travel_s" if objective is None else objective.interval)
    station, best_s = _nearest_three(scenario, ends, needs, interval)
    names = np.array([*held(scenario).stations.index, None], dtype=object)
    columns: dict[str, object] = {}
    for n, word in enumerate(NTH):
        columns[f"{word}_due"] = names[station[n]]
        columns[f"{word}_due_s"] = best_s[n]
    return pd.DataFrame(columns, index=ends.ids.view())


def first_due_rows(
    scenario: Scenario, ends: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> NDArray[np.int64]:
    """Row in the table of stations of the one that is first due with any of `needs` at each place; -1: none is."""
    station, _ = _nearest_three(scenario, ends, needs, interval)
    return np.asarray(station[0])


def _nearest_three(
    scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows in the table of stations of the nearest three, and their times; each 3 x places."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        refuse_islands(scenario)
        found = _suppliers(scenario, needs, interval, once=True)
        source, best_s = _three_at(scenario, ends, found)
        row = np.append(held(scenario).stations.index.get_indexer(found.ids), -1)
        return row[source], best_s

    key = _key("nearest three", scenario, ends, needs, interval)
    return scenario.memo.get(key, make)


def _three_at(scenario: Scenario, ends: Places, found: Suppliers) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest three sources of each place; of a scenario that came from another, only where that changed."""
    roads, origins = scenario.roads, found.origins

    def key(of: Origins) -> Hashable:
        return "three at", roads.fingerprint, ends.key, of.key

    def solved(near: Near, rows: NDArray[np.int64] | slice) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return kernel.first_at_points(
            near.table, streets_of(roads), points_of(ends, rows), origins.sources, origins.later_s, depth=3
        )

    def make() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        near = nearest_stations(scenario, origins, before=found.before)
        if near.since is None or key(near.since.origins) not in scenario.memo:
            return solved(near, slice(None))
        old, old_s = scenario.memo.get(key(near.since.origins), lambda: solved(near, slice(None)))
        source, best_s = np.append(near.since.number, np.int32(-1))[old], old_s.copy()
        rows = near.changed(roads, ends, origins)
        source[:, rows], best_s[:, rows] = solved(near, rows)
        return source, best_s

    return scenario.memo.get(key(origins), make)


def reached_by_road(scenario: Scenario, ends: Places) -> NDArray[np.bool_]:
    """Say to which places a road leads from any open station, whatever it houses."""
    starts = station_places(scenario)
    n = len(starts.ids)
    origins = Origins(starts, np.arange(n), np.zeros(n, dtype=np.float32), np.zeros((n, len(KINDS))))
    near = nearest_stations(scenario, origins)
    _, best_s = kernel.first_at_points(
        near.table, streets_of(scenario.roads), points_of(ends), origins.sources, origins.later_s, depth=1
    )
    return np.asarray(np.isfinite(best_s[0]))


@takes
def force_times(
    scenario: Scenario, ends: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> NDArray[np.float32]:
    """
    Arrival of the unit that completes a force.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    ends
        Where to; see `places`.
    needs
        Kinds of unit, or `people`, and how many must have arrived.
    interval
        "travel_s" or "turnout_and_travel_s".

    Returns
    -------
    Time of the arrival that fills the last missing part; inf where the force is never complete. [s] All units are taken
    to be at home and free.
    """

    def make() -> NDArray[np.float32]:
        refuse_islands(scenario)
        # Each part comes with its own units: the force is complete when the last of its parts is.
        parts = [_amount_at(scenario, ends, kind, amount, interval) for kind, amount in needs.items()]
        return parts[0] if len(parts) == 1 else np.max(parts, axis=0)

    key = _key("force", scenario, ends, needs, interval)
    return scenario.memo.get(key, make)


def _amount_at(scenario: Scenario, ends: Places, kind: str, amount: float, interval: str) -> NDArray[np.float32]:
    """When enough units of one kind, or people, have come to each place; inf: never. [s]"""
    found = _suppliers(scenario, {kind: amount}, interval)
    roads, origins, column = scenario.roads, found.origins, KINDS.index(kind)
    brings = np.ascontiguousarray(origins.brings[:, column])
    if not brings.sum() >= amount:
        return np.full(len(ends.ids), np.inf, dtype=np.float32)

    def key(of: Origins) -> Hashable:
        return "amount at", roads.fingerprint, ends.key, of.key, of.brings[:, column].tobytes(), amount

    def solved(rows: NDArray[np.int64] | slice) -> Amounts:
        depth = DEPTH
        while True:
            near = nearest_stations(scenario, origins, depth=depth, before=found.before)
            out, enough = kernel.amount_at_points(
                near.table, streets_of(roads), points_of(ends, rows), origins.sources, origins.later_s, brings=brings,
                need=amount,
            )  # fmt: skip
            # A table that was followed through closures is shallower than was asked for.
            if enough or near.table.depth >= len(origins):
                return Amounts(out, depth)
            depth = max(depth + 1, min(2 * depth, len(origins)))

    def make() -> Amounts:
        near = nearest_stations(scenario, origins, before=found.before)
        since = near.since
        # Those who stood there may have been asked for something else: what they brought of this is their own matter.
        before = None if since is None else next((b for b in found.before() if b.key == since.origins.key), None)
        if since is None or before is None or key(before) not in scenario.memo:
            return solved(slice(None))
        old = scenario.memo.get(key(before), lambda: solved(slice(None)))
        stays = since.number >= 0
        alike = np.array_equal(before.brings[stays, column], brings[since.number[stays]])
        if old.depth > DEPTH or not alike:
            return solved(slice(None))  # deeper lists have changed where those of the first depth have not
        rows = near.changed(roads, ends, origins)
        some = solved(rows)
        arrival_s = old.arrival_s.copy()
        arrival_s[rows] = some.arrival_s
        return Amounts(arrival_s, some.depth)

    return scenario.memo.get(key(origins), make).arrival_s


class Amounts(NamedTuple):
    """When enough has come to each place [s], and how deep the lists had to be to say so."""

    arrival_s: NDArray[np.float32]
    depth: int


class Suppliers(NamedTuple):
    """Who brings what is needed: the station of each, where they origins, and those of the scenarios before."""

    ids: pd.Index
    origins: Origins
    before: Callable[[], Iterator[Origins]]


def _suppliers(scenario: Scenario, needs: Mapping[str, float], interval: str, *, once: bool = False) -> Suppliers:
    """Find who brings any of what is needed; `once`: of a station's turnouts the quickest alone."""

    def of(one: Scenario) -> tuple[pd.Index, Origins]:
        def make() -> tuple[pd.Index, Origins]:
            starts = station_places(one)
            station, later_s, brings = suppliers(one, starts, needs=needs, interval=interval)
            if once:
                first = ~pd.Index(station).duplicated()  # the quickest stands first
                station, later_s, brings = station[first], later_s[first], brings[first]
            return starts.ids[station], Origins(starts, station, later_s, brings)

        tables = token(one, "stations"), token(one, "units"), one.roads.fingerprint, one.snap_limit_m
        key = ("suppliers", *tables, tuple(sorted(needs.items())), interval, once)
        return one.memo.get(key, make)

    def before() -> Iterator[Origins]:
        parent = scenario.parent
        for _ in range(FOLLOWED):
            if parent is None or parent.roads.fingerprint != scenario.roads.fingerprint:
                return
            yield of(parent)[1]
            parent = parent.parent

    return Suppliers(*of(scenario), before)


def _key(what: str, scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str) -> Hashable:
    """What an answer about stations and units depends on."""
    tables = (
        scenario.roads.fingerprint,
        scenario.roads.attribute_fingerprint,
        token(scenario, "stations"),
        token(scenario, "units"),
        scenario.snap_limit_m,
    )
    return what, *tables, ends.key, tuple(sorted(needs.items())), interval


def suppliers(
    scenario: Scenario, starts: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64]]:
    """
    Say which stations bring any of what is needed.

    Parameters
    ----------
    scenario
        Whose units. If it has none at all, every open station brings everything.
    starts
        The open stations; see `station_places`.
    needs
        Kinds of unit, or `people`.
    interval
        "travel_s" or "turnout_and_travel_s".

    Returns
    -------
    Row of the station in `starts`, turnout to add [s], and what comes from there of each of `KINDS`; a station whose
    units turn out at different times has a row for each.
    """
    unknown = [k for k in needs if k not in KINDS]
    if unknown:
        raise InputError(f"needs names {quoted(unknown[0])}: kinds are {listed(KINDS, most=10)}")
    if interval not in INTERVALS:
        raise InputError(f"interval is {quoted(interval)}: use {listed(INTERVALS)}")
    units = held(scenario).units
    with_turnout = interval == "turnout_and_travel_s"
    if len(units) == 0:
        n = len(starts.ids)
        later_s = np.full(n, USUAL_TURNOUT_S if with_turnout else 0.0, dtype=np.float32)
        return np.arange(n), later_s, np.full((n, len(KINDS)), np.inf)
    brings = supply(units)
    wanted = np.array([needs.get(k, 0.0) > 0 for k in KINDS])
    at = starts.ids.get_indexer(pd.Index(units["station_id"]))
    useful = (brings[:, wanted] > 0).any(axis=1) & (at >= 0)
    turnout_s = units["turnout_s"].to_numpy(float) if with_turnout else np.zeros(len(units))
    groups: dict[tuple[int, float], NDArray[np.float64]] = {}
    for i in np.flatnonzero(useful):
        group = (int(at[i]), float(turnout_s[i]))
        groups[group] = groups.get(group, 0) + brings[i]
    ordered = sorted(groups)
    return (
        np.array([g[0] for g in ordered], dtype=np.int64),
        np.array([g[1] for g in ordered], dtype=np.float32),
        np.array([groups[g] for g in ordered]).reshape(-1, len(KINDS)),
    )
