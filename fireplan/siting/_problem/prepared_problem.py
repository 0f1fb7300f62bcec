"""A scenario made ready for siting: who covers what already, and what each candidate would cover."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._limits import last_within
from fireplan._schema import natural_order
from fireplan.crs import PLACE_DECIMALS, WGS84, project
from fireplan.errors import Faults, InputError, UnknownIdError, listed, quoted
from fireplan.measures._demand_measures import measures_of
from fireplan.measures._expected import chances_for
from fireplan.roads import OnRoad
from fireplan.scenario import held
from fireplan.siting._problem.aims_and_rules import Aim, aim_objective
from fireplan.siting._problem.constraints import Choice, merged, pairs_within
from fireplan.siting._problem.cover_matrix import Covers
from fireplan.siting._problem.existing_units import ExistingUnits, driven_s
from fireplan.siting._problem.stepped_demand import Chanced
from fireplan.siting._problem.what_counts import place_kind
from fireplan.stations import KINDS, department_turnout_s
from fireplan.travel import candidate_times
from fireplan.travel._places import places, station_places
from fireplan.travel._suppliers import suppliers
from fireplan.travel._travel_times import time_rows
from fireplan.travel._turnout import common_turnout_s, told_turnout_s

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.drive_times._chances import Chances
    from fireplan.scenario import Scenario
    from fireplan.siting._problem.aims_and_rules import Rules
    from fireplan.travel._candidate_times import CandidateTimes
    from fireplan.travel._places import Places

LEEWAY_S = 0.01
"""Times are solved to so much beyond a limit, and compared as an assessment compares them: rounded alike. [s]"""


class Demand(NamedTuple):
    """
    What one aim counts, place by place.

    Attributes
    ----------
    aim
        The aim.
    unit
        Unit of what is counted.
    places
        Where it is.
    weight
        How much of it is at each place; 0 where it does not count or its place is not known.
    points
        x and y of each place's street, for the order of rows. [m]
    """

    aim: Aim
    unit: str
    places: Places
    weight: NDArray[np.float64]
    points: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Setting:
    """
    A scenario, candidates and rules, checked.

    Attributes
    ----------
    scenario, rules
        As given.
    candidates
        Every candidate given, by `candidate_id`; points in EPSG:4326.
    medians
        Whether places are reached or not by the median drive, also where it is known how drives differ.
    """

    scenario: Scenario
    candidates: gpd.GeoDataFrame
    rules: Rules
    medians: bool = False

    @cached_property
    def closable(self) -> list[str]:
        """Open stations that may be closed and bring the unit asked for."""
        return list(dict.fromkeys(self.rules.closable))

    def driven(self, aim: Aim) -> Scenario:
        """Give the scenario under the conditions of an aim."""
        return self.scenario.apply(*aim.conditions) if aim.conditions else self.scenario

    def law(self, aim: Aim) -> Chances | None:
        """Say how likely help comes in time by when it comes at the median; None: places are reached or not."""
        return None if self.medians else chances_for(self.driven(aim), aim_objective(aim, self.rules))

    def reach_s(self, aim: Aim) -> float:
        """Say which arrivals, at the median, have any chance to be in time. [s]"""
        law = self.law(aim)
        return (
            aim.within_s
            if law is None
            else max(aim.within_s, float(np.flatnonzero(law.by_second > 0).max(initial=0) + 1))
        )

    def sources(self, aim: Aim) -> ExistingUnits:
        """Say when the units there are arrive at each place that an aim counts."""
        scenario = self.driven(aim)
        ends = places(scenario, place_kind(scenario, aim.weight))
        starts = station_places(scenario)
        rules = self.rules
        station, later_s, brings = suppliers(scenario, starts, needs={rules.unit: 1.0}, interval=rules.interval)
        units = brings[:, KINDS.index(rules.unit)]
        whole = np.where(np.isinf(units), 1, units).astype(np.int64)
        names, none = starts.ids[station], np.zeros(len(station), dtype=np.float32)
        if not scenario.roads.calibrated:
            travel_s = time_rows(scenario, ends, starts=starts)[station]
            return ExistingUnits(names, whole, later_s, none, travel_s)
        told_s = none + np.float32(told_turnout_s(scenario, rules.interval, [rules.unit]))
        on = starts.on_road
        at = OnRoad(on.street[station], on.along[station], on.offset_m[station])
        standing = starts._replace(ids=names, on_road=at)
        travel_s = time_rows(scenario, ends, starts=standing, later_s=later_s.astype(float))
        return ExistingUnits(names, whole, told_s, later_s, travel_s)

    def times(self, aim: Aim, *, cutoff_s: float | None = None) -> CandidateTimes:
        """Drive from each candidate to the places an aim counts, with what is waited for before it: see `arrivals`."""
        scenario = self.driven(aim)
        to, told_s, waits_s = place_kind(scenario, aim.weight), self._told_s(aim), self._waits_s(aim)
        limit_s = last_within(self.reach_s(aim) if cutoff_s is None else cutoff_s) - told_s
        if not limit_s - waits_s > 0:
            raise InputError(
                f"{aim}: turnout alone takes {wording.clock(self.turnout_s)}, so no new site can reach anything"
            )
        limit_s += LEEWAY_S
        ends = places(scenario, to)
        key = ("candidate times", self._fingerprint, ends.key, limit_s, waits_s, scenario.roads.fingerprint)

        def solve() -> CandidateTimes:
            return candidate_times(scenario, self.candidates, to=to, cutoff_s=limit_s, later_s=waits_s)

        return scenario.memo.get(key, solve)

    def arrivals(self, aim: Aim, times: CandidateTimes, speed: float = 1.0) -> NDArray[np.float32]:
        """When a new unit of each candidate arrives, driving this many times as fast: one for each of its times. [s]"""
        travel_s = driven_s(times.travel_s, speed, np.full(1, self._waits_s(aim), dtype=np.float32))
        return np.asarray(travel_s + np.float32(self._told_s(aim)))

    def _told_s(self, aim: Aim) -> float:
        """What of the turnout of a new unit is told after its drive: all of it, unless drives follow a curve. [s]"""
        scenario = self.driven(aim)
        if not scenario.roads.calibrated:
            return self.turnout_s
        return told_turnout_s(scenario, self.rules.interval, [self.rules.unit])

    def _waits_s(self, aim: Aim) -> float:
        """And what of it is waited for before: how it differs from that of the department. [s]"""
        scenario = self.driven(aim)
        if not scenario.roads.calibrated:
            return 0.0
        return self.turnout_s - common_turnout_s(scenario, self.rules.interval, [self.rules.unit])

    @cached_property
    def _fingerprint(self) -> int:
        points = self.candidates.geometry
        return hash((tuple(self.candidates.index), points.x.to_numpy().tobytes(), points.y.to_numpy().tobytes()))

    @property
    def turnout_s(self) -> float:
        """Planning turnout of a new unit, where it counts: the department's for its type. [s]"""
        if self.rules.interval != "turnout_and_travel_s":
            return 0.0
        return department_turnout_s(held(self.scenario).units, self.rules.unit)

    def demand(self, aim: Aim) -> Demand:
        """Weigh the places an aim counts."""
        found = {m.name: m for m in measures_of(self.scenario, also=[aim.weight]) if m.places.kind != "roads"}
        if aim.weight not in found:
            raise UnknownIdError("weight", aim.weight, found)
        measure = found[aim.weight]
        weight = np.where(measure.known, measure.weight, 0.0)
        if aim.where is not None:
            chosen = aim.where.reindex(measure.places.ids)
            if chosen.isna().any():
                lost = chosen.index[chosen.isna()]
                raise InputError(f"{aim}: where says nothing about {listed(map(quoted, lost))}: say True or False")
            weight = np.where(chosen.to_numpy(bool), weight, 0.0)
        if not weight.sum() > 0:
            raise InputError(f"{aim}: nothing weighs anything, so there is nothing to reach")
        roads, street = self.scenario.roads, np.maximum(measure.places.on_road.street, 0)
        return Demand(aim, measure.unit, measure.places, weight, roads.xy_m[roads.offsets[street]])

    def usable(self, times: CandidateTimes) -> gpd.GeoDataFrame:
        """Candidates that stand on a road."""
        return self.candidates.loc[times.candidate_ids]

    def covers(
        self, aim: Aim, *, speed: float = 1.0, solved_to_s: float | None = None
    ) -> tuple[Covers, NDArray[np.int64], NDArray[np.int64]]:
        """
        Say what each column covers within an aim's limit, and what is covered whatever is chosen.

        Parameters
        ----------
        aim
            What is to be reached, and how fast.
        speed
            Everybody drives this many times as fast.
        solved_to_s
            Solve times to here once, for several limits and speeds; left out: to the aim's limit. [s]

        Returns
        -------
        Covers of the candidates and, after them, of the closable stations; how many units come with each; and how often
        each place is covered by what stays.
        """
        times = self.times(aim, cutoff_s=solved_to_s)
        there = self.sources(aim)
        m = len(times.place_ids)
        inside = there.arrival_s(speed) <= last_within(aim.within_s)
        near = self.arrivals(aim, times, speed) <= last_within(aim.within_s)
        kept = np.concatenate([[0], np.cumsum(near)])[times.start]
        stays = ~there.station.isin(self.closable)
        base = (inside[stays] * there.units[stays, None]).sum(axis=0).astype(np.int64)
        start, place, units = [kept], [times.place[near]], [np.ones(len(times.candidate_ids), dtype=np.int64)]
        for station in self.closable:
            mine = there.station == station
            covered = np.flatnonzero(inside[mine].any(axis=0)).astype(np.int32)
            start.append(start[-1][-1:] + len(covered))
            place.append(covered)
            units.append(np.array([max(1, there.units[mine].sum())]))
        return Covers(np.concatenate(start), np.concatenate(place), m), np.concatenate(units), base

    def chanced(
        self, aim: Aim, law: Chances, *, levels: int = 1, speed: float = 1.0, solved_to_s: float | None = None
    ) -> Chanced:
        """
        Say how likely each column reaches each place within an aim's limit, and how likely what stays does.

        Parameters
        ----------
        aim, speed, solved_to_s
            As in `covers`.
        law
            See `law`.
        levels
            How many units may count at one place.
        """
        times, there = self.times(aim, cutoff_s=solved_to_s), self.sources(aim)
        arrival_s, of_stations_s = self.arrivals(aim, times, speed), there.arrival_s(speed)
        stays = ~there.station.isin(self.closable)
        # Each unit of what stays, the best of them first, as many as may count; who comes later than they adds nothing.
        each = np.repeat(of_stations_s[stays], np.minimum(there.units[stays], levels), axis=0)
        none = np.full((levels, len(times.place_ids)), np.inf, dtype=np.float32)
        first_s = np.sort(np.concatenate([each, none]), axis=0)[:levels]
        sooner = arrival_s < first_s[-1][times.place]
        start = [np.concatenate([[0], np.cumsum(sooner)])[times.start]]
        place, time_s = [times.place[sooner]], [arrival_s[sooner]]
        units = [np.ones(len(times.candidate_ids), dtype=np.int64)]
        for station in self.closable:
            mine = there.station == station
            quickest_s = of_stations_s[mine].min(axis=0, initial=np.inf)
            reached = np.flatnonzero(quickest_s < first_s[-1]).astype(np.int32)
            start.append(start[-1][-1:] + len(reached))
            place.append(reached)
            time_s.append(quickest_s[reached])
            units.append(np.array([max(1, there.units[mine].sum())]))
        all_s = np.concatenate(time_s)
        return Chanced(
            np.concatenate(start), np.concatenate(place), law.at(all_s), all_s, np.concatenate(units), law.at(first_s)
        )

    def from_stations(self, aim: Aim, homes: list[str]) -> NDArray[np.bool_]:
        """Say whom a new unit at each of these open stations would reach in time; stations x places."""
        scenario = self.driven(aim)
        starts = station_places(scenario)
        later_s = np.full(len(starts.ids), self._waits_s(aim))
        ends = places(scenario, place_kind(scenario, aim.weight))
        rows = time_rows(scenario, ends, starts=starts, later_s=later_s)[starts.ids.get_indexer(pd.Index(homes))]
        return np.asarray(rows + np.float32(self._told_s(aim)) <= last_within(aim.within_s))

    def choice(self, ids: pd.Index, *, stations: int, closing: int | None = None, several: int = 1) -> Choice:
        """
        State the rules as conditions on columns: candidates, and after them the closable stations.

        Parameters
        ----------
        ids
            Candidates that can be used.
        stations
            How many may be opened.
        closing
            How many closable stations have to close; left out: any number may.
        several
            How many units a new site may hold.
        """
        rules, closable = self.rules, self.closable
        n, n_new = len(ids) + len(closable), len(ids)
        cost = np.zeros(n)
        cost[:n_new] = self.site_cost(ids)
        closing_cost = self._closing_cost()
        cost[n_new:] = -closing_cost
        limited = rules.budget < math.inf
        pairs = [self._pair(pair, ids) for pair in rules.forbidden]
        if rules.apart_m:
            xy = self._points_m(ids)
            pairs += pairs_within(xy, rules.apart_m)
        keep = len(closable) if closing is None else len(closable) - closing
        return Choice(
            n,
            (stations, keep) if closable else (stations,),
            group=np.repeat([0, 1], [n_new, len(closable)]),
            cost=cost if limited else None,
            budget=rules.budget - closing_cost.sum() if limited else math.inf,
            forbidden=merged([p for p in pairs if p]),
            most=np.repeat([several, 1], [n_new, len(closable)]),
        )

    def site_cost(self, ids: pd.Index) -> NDArray[np.float64]:
        """What opening each candidate costs."""
        asked = self.rules.site_cost
        if not isinstance(asked, str):
            return np.full(len(ids), float(asked))
        if asked not in self.candidates.columns:
            raise UnknownIdError("column of the candidates", asked, self.candidates.columns)
        cost = pd.to_numeric(self.candidates.loc[ids, asked], errors="coerce").to_numpy(float)
        if not np.isfinite(cost).all():
            bad = ids[~np.isfinite(cost)]
            raise InputError(f"{asked} is not a number for candidates {listed(map(quoted, bad))}: give each a cost")
        return np.asarray(cost)

    def _closing_cost(self) -> NDArray[np.float64]:
        asked = self.rules.closing_cost
        if isinstance(asked, int | float):
            return np.full(len(self.closable), float(asked))
        return np.array([float(asked.get(s, 0.0)) for s in self.closable])

    def _pair(self, pair: tuple[str, str], ids: pd.Index) -> tuple[int, int] | None:
        """Positions of two candidates; None where one of them cannot be used anyway."""
        for one in pair:
            if one not in self.candidates.index:
                raise UnknownIdError("candidate", one, self.candidates.index)
        at = ids.get_indexer(pd.Index(pair))
        return None if (at < 0).any() else (int(at[0]), int(at[1]))

    def _points_m(self, ids: pd.Index) -> NDArray[np.float64]:
        points = self.candidates.loc[ids].geometry
        xy = np.column_stack([points.x, points.y])
        return project(xy, source=WGS84, target=self.scenario.roads.crs)


def setting_of(
    scenario: Scenario, candidates: gpd.GeoDataFrame | gpd.GeoSeries, rules: Rules, *, medians: bool = False
) -> Setting:
    """
    Check a scenario, candidates and rules together.

    Parameters
    ----------
    scenario
        The department as it stands.
    candidates
        Points with a CRS, by id; of sites as good the first by id is taken, numbers in it by their value.
    rules
        See `Rules`.
    medians
        As in `Setting`.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    faults = Faults("candidates")
    if not hasattr(candidates, "crs") or candidates.crs is None:
        faults.add("they have no CRS: give a GeoDataFrame or GeoSeries of points, with .set_crs(...)")
        faults.raise_if_any()
    if len(candidates) == 0:
        faults.add("there are none: give some, see fireplan.siting.grid_sites")
    taken = [i for i in map(str, candidates.index) if i in scenario.stations.index]
    if taken:
        faults.add(f"{listed(map(quoted, taken))} are stations of the scenario: give candidates ids of their own")
    for station in {*rules.closable, *rules.locked}:
        if station not in scenario.stations.index:
            faults.add(str(UnknownIdError("station", station, scenario.stations.index)))
        elif not scenario.stations.loc[station, "open"]:
            faults.add(f"station {quoted(station)} is closed: it can be neither locked nor closable")
    faults.raise_if_any()
    frame = (
        gpd.GeoDataFrame(candidates) if isinstance(candidates, gpd.GeoDataFrame) else candidates.to_frame("geometry")
    )
    frame = gpd.GeoDataFrame(frame, geometry=candidates.geometry, crs=candidates.crs)
    frame.index = pd.Index(frame.index.astype(str), name="candidate_id")
    sound = frame.index.is_unique and bool((frame.geom_type == "Point").all() and not frame.is_empty.any())
    order = natural_order(frame.index) if sound else None  # faults are told by the rows as they were given
    if order is not None:
        frame = frame.iloc[order]
    degrees = frame.to_crs(WGS84)
    whole = gpd.points_from_xy(
        degrees.geometry.x.round(PLACE_DECIMALS), degrees.geometry.y.round(PLACE_DECIMALS), crs=WGS84
    )
    return Setting(scenario, degrees.set_geometry(gpd.GeoSeries(whole, index=degrees.index)), rules, medians)
