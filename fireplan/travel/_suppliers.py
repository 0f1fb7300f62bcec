"""Who brings what is needed, from where, and when they set out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.errors import InputError, listed, quoted
from fireplan.scenario import held, token
from fireplan.standards import INTERVALS
from fireplan.stations import KINDS, USUAL_TURNOUT_S, supply
from fireplan.stations._shared_crews import added_by
from fireplan.travel._clock import start_times
from fireplan.travel._nearest_stations import Origins
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import Places, station_places
from fireplan.travel._turnout import common_turnout_s, told_turnout_s

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

FOLLOWED = 3
"""From how many scenarios before it the nearest stations of one are sought to be followed."""


class Suppliers(NamedTuple):
    """Who brings what is needed: the station of each, where they origins, and those of the scenarios before."""

    ids: pd.Index
    origins: Origins
    before: Callable[[], Iterator[Origins]]


def suppliers_of(scenario: Scenario, needs: Mapping[str, float], interval: str, *, once: bool = False) -> Suppliers:
    """Find who brings any of what is needed; `once`: of a station's turnouts the quickest alone."""

    def of(one: Scenario) -> tuple[pd.Index, Origins]:
        def make() -> tuple[pd.Index, Origins]:
            starts = station_places(one)
            station, later_s, brings = suppliers(one, starts, needs=needs, interval=interval)
            if once:
                first = ~pd.Index(station).duplicated()  # the quickest stands first
                station, later_s, brings = station[first], later_s[first], brings[first]
            waits_s = np.maximum(start_times(one, starts)[station] + later_s, 0.0)
            return starts.ids[station], Origins(starts, station, waits_s, brings)

        tables = token(one, "stations"), token(one, "units"), one.roads.fingerprint, one.snap_limit_m
        kinds = tuple(sorted(k for k, n in needs.items() if n > 0))
        key = "suppliers", *tables, one.when, kinds, interval, once, common_turnout_s(one, interval, kinds)
        return one.memo.get(key, make)

    def before() -> Iterator[Origins]:
        parent = scenario.parent
        for _ in range(FOLLOWED):
            if parent is None or parent.roads.fingerprint != scenario.roads.fingerprint:
                return
            yield of(parent)[1]
            parent = parent.parent

    return Suppliers(*of(scenario), before)


def suppliers(
    scenario: Scenario, starts: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64]]:
    """
    Say which stations bring any of what is needed.

    Parameters
    ----------
    scenario
        Whose units, as far as they are on duty (see `on_duty`). If it has none at all, every open station brings
        everything.
    starts
        The open stations; see `station_places`.
    needs
        Kinds of unit, or `people`.
    interval
        "travel_s" or "turnout_and_travel_s".

    Returns
    -------
    Row of the station in `starts`, turnout to wait for before the drive (see `common_turnout_s`) [s], and what comes
    from there of each of `KINDS`; a station whose units turn out at different times has a row for each. Of units that
    share a crew one comes: of each kind alone their sum is the most that it can be. Of several kinds at once, which a
    crew may have to choose between, `force_arrival` knows.
    """
    unknown = [k for k in needs if k not in KINDS]
    if unknown:
        raise InputError(f"needs names {quoted(unknown[0])}: kinds are {listed(KINDS, most=10)}")
    if interval not in INTERVALS:
        raise InputError(f"interval is {quoted(interval)}: use {listed(INTERVALS)}")
    units = units_on_duty(scenario, needs)
    with_turnout = interval == "turnout_and_travel_s"
    common_s = common_turnout_s(scenario, interval, sorted(k for k, n in needs.items() if n > 0))
    if len(held(scenario).units) == 0:
        n = len(starts.ids)
        later_s = np.full(n, USUAL_TURNOUT_S - common_s if with_turnout else 0.0, dtype=np.float32)
        return np.arange(n), later_s, np.full((n, len(KINDS)), np.inf)
    brings = supply(units)
    wanted = np.array([needs.get(k, 0.0) > 0 for k in KINDS])
    row = {station: i for i, station in enumerate(starts.ids.to_numpy(object))}
    at = np.array([row.get(station, -1) for station in units["station_id"].to_numpy(object)])
    useful = (brings[:, wanted] > 0).any(axis=1) & (at >= 0)
    turnout_s = units["turnout_s"].to_numpy(float) - common_s if with_turnout else np.zeros(len(units))
    brings = brings[useful]
    added = added_by(units[useful], brings, turnout_s[useful])
    more = (added[:, wanted] > 0).any(axis=1)
    at, turnout_s, brings = at[useful][more], turnout_s[useful][more], added[more]
    # What turns out together at a station comes together.
    order = np.lexsort((turnout_s, at))
    at, turnout_s = at[order], turnout_s[order]
    begins = np.flatnonzero(np.append(True, (np.diff(at) != 0) | (np.diff(turnout_s) != 0))[: len(at)])
    together = np.add.reduceat(brings[order], begins) if len(begins) else np.empty((0, len(KINDS)))
    return at[begins].astype(np.int64), turnout_s[begins].astype(np.float32), together


def units_of_sources(
    scenario: Scenario,
    starts: Places,
    station: NDArray[np.int64],
    later_s: NDArray[np.float32],
    *,
    needs: Mapping[str, float],
    interval: str,
) -> list[pd.DataFrame]:
    """Give the units that come with each of what `suppliers` found (`station`, `later_s`)."""
    units = units_on_duty(scenario, needs)
    common_s = common_turnout_s(scenario, interval, sorted(k for k, n in needs.items() if n > 0))
    turnout_s = units["turnout_s"].to_numpy(float) - common_s
    if interval != "turnout_and_travel_s":
        turnout_s = np.zeros(len(units))
    homes, waits_s = units["station_id"].to_numpy(object), turnout_s.astype(np.float32)
    return [units[(homes == starts.ids[at]) & (waits_s == s)] for at, s in zip(station, later_s, strict=True)]


def answer_key(what: str, scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str) -> Hashable:
    """What an answer about stations and units depends on."""
    tables = (
        scenario.roads.fingerprint,
        scenario.roads.attribute_fingerprint,
        token(scenario, "stations"),
        token(scenario, "units"),
        scenario.snap_limit_m,
        scenario.when,
    )
    turnout_s = common_turnout_s(scenario, interval, needs), told_turnout_s(scenario, interval, needs)
    return what, *tables, ends.key, tuple(sorted(needs.items())), interval, *turnout_s
