"""Where units were through some hours, as far as stamps and roads tell: at home, on the way, at a call, off duty."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan.crs import HALF_TURN_DEG, TURN_DEG, WGS84, reproject
from fireplan.response_performance._commitments import committed_rows
from fireplan.response_performance._time_bins import Spans, instants_us, staffed_spans, without
from fireplan.travel import Passing, Routes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance
    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.scenario import Scenario
    from fireplan.travel import Spot

    Following = Generator["Spell", None, "StandsAt | None"]

STATES = ("in quarters", "dispatched", "en route", "at the call", "returning", "off duty")
QUARTERS, DISPATCHED, EN_ROUTE, AT_CALL, RETURNING, OFF_DUTY = range(len(STATES))
OUT = (DISPATCHED, EN_ROUTE, AT_CALL)
"""Committed to a call."""

BEFORE_US = 3_600_000_000
"""What ended longer before the hours that are shown says nothing of them: the unit is home. [us]"""

LONGEST_S = 3600.0
"""Ways that take longer are not looked for. [s]"""

USUAL_RETURN_S = 900.0
"""How long a unit is taken to be on its way home where no road says so, as the live view takes it. [s]"""

THINNED_M = 8.0
"""How far a way that is drawn may leave the street. [m]"""

SECOND_US = 1_000_000


class StandsAt(NamedTuple):
    """Where a unit stands: longitude and latitude [°], and the point of the road it leaves from, if there is one."""

    at: tuple[float, float]
    spot: Spot | None


class Spell(NamedTuple):
    """
    A time in which a unit is in one state at one place, or on one way.

    Attributes
    ----------
    unit_id
        Which.
    begin_us, end_us
        From when, and until when. [us since 1970, UTC]
    state
        A row of `STATES`.
    call
        Row of the call in the table of calls; -1: none.
    at
        Longitude and latitude where it stands [°]; None: on a way, or not known.
    way
        Row of the way in `Whereabouts.ways`; -1: none.
    from_us, to_us
        When it sets out on the way, and when it is at its end. [us]
    """

    unit_id: str
    begin_us: int
    end_us: int
    state: int
    call: int = -1
    at: tuple[float, float] | None = None
    way: int = -1
    from_us: int = 0
    to_us: int = 0


@dataclass(frozen=True)
class Whereabouts:
    """
    Where units were.

    Attributes
    ----------
    spells
        Of each unit in order of time, without gaps for the department's own, all within the period.
    ways
        Longitudes and latitudes of the ways, each an array of two columns. [°]
    calls
        By `incident_id`, in order of `begin_us`: `begin_us`, `end_us` [us], `lon`, `lat` [°] (missing: no place).
    committed
        Spells of own units from dispatch to clear, by their row in the table of units; within the period.
    counts
        How many responses and calls there are, and what became of them on the page, by a short name.
    """

    spells: list[Spell]
    ways: list[NDArray[np.float64]]
    calls: pd.DataFrame
    committed: Spans
    counts: Mapping[str, int]


class _Sent(NamedTuple):
    """A response on the clock. [us]"""

    call: int
    begin_us: int
    enroute_us: int | None
    arrived_us: int | None
    end_us: int


def whereabouts(attendance: Attendance, scenario: Scenario, period: LocalPeriod) -> Whereabouts:
    """
    Say where each unit was at any moment of a period.

    Parameters
    ----------
    attendance
        Who went to what, beside the department.
    scenario
        Roads, stations and units.
    period
        Which hours.

    Notes
    -----
    Stamps say when a unit was in which state; where it was on its way is estimated: the quickest way by road, driven
    evenly between its stamps. Without a time of arrival, and on the way home, the drive takes what it takes by the
    scenario. A unit with two calls at once is at the one that it was sent to last, until that is over. A unit that is
    sent on its way home starts from where it is taken to be. Neighbours' units are known at the call alone.
    """
    return _Day(attendance, scenario, period).found()


@dataclass
class _Day:
    """The working table of one period: what is found for one unit is of use for the next."""

    attendance: Attendance
    scenario: Scenario
    period: LocalPeriod
    ways: list[NDArray[np.float64]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._passing = Passing(self.scenario, cutoff_s=LONGEST_S)
        self._routes = Routes(self.scenario.roads, cutoff_s=LONGEST_S)
        self._known: dict[tuple[StandsAt, StandsAt], tuple[int, float | None]] = {}
        stations = reproject(self.scenario.stations, WGS84)
        self._homes = {
            str(i): StandsAt((p.x, p.y), self._passing.station(str(i)) if is_open else self._passing.spot((p.x, p.y)))
            for i, p, is_open in zip(stations.index, stations.geometry, stations["open"], strict=True)
        }

    def found(self) -> Whereabouts:
        start, end = self.period.ends_us
        sent, self.calls = self._of_period()
        self.places = self._places_of(self.calls)
        units = self.scenario.units
        spells = []
        for unit_id, home, schedule in zip(units.index, units["station_id"], units["schedule"], strict=True):
            begun = sent.get(str(unit_id), [])
            whole = [*self._unit(str(unit_id), self._homes.get(str(home)), begun, until_us=end)]
            on = self._staffed(str(home), str(schedule))
            spells += self._with_duty(whole, on, start, end)
        for unit_id in sorted(set(sent) - {str(u) for u in units.index}):
            spells += [s for r in sent[unit_id] for s in self._neighbour(unit_id, r, start, end)]
        row = {str(u): i for i, u in enumerate(units.index)}
        out = [(row[u], r.begin_us, r.end_us) for u, rows in sent.items() if u in row for r in rows]
        table = np.array(out, dtype=np.int64).reshape(-1, 3)
        committed = Spans(table[:, 0], np.clip(table[:, 1], start, end), np.clip(table[:, 2], start, end))
        return Whereabouts(spells, self.ways, self.calls, committed, dict(self.counts))

    def _of_period(self) -> tuple[dict[str, list[_Sent]], pd.DataFrame]:
        """Responses by unit, in order of dispatch, and the calls of the period; what is left out is counted."""
        start, end = self.period.ends_us
        incidents, responses = self.attendance.incidents, self.attendance.responses
        begun = pd.Series(instants_us(incidents["local"]), index=incidents.index)
        rows, over = committed_rows(responses)
        since_us, until_us = instants_us(rows["dispatched"]), instants_us(over)
        last = pd.Series(until_us, index=pd.Index(rows["incident_id"])).groupby(level=0).max()
        until = last.reindex(incidents.index)
        here = (begun < end) & (begun >= start) | ((begun < end) & (until > start))
        here &= begun > np.iinfo(np.int64).min
        open_ = here & until.notna() & (until > begun)
        self.counts["calls"] = int(here.sum())
        self.counts["calls_without_end"] = int((here & ~open_).sum())
        self._here = incidents.index[here.to_numpy()]
        calls = incidents[open_.to_numpy()]
        at = reproject(calls[[calls.geometry.name]], WGS84).geometry
        placed = ~(at.isna() | at.is_empty).to_numpy()
        lon, lat = np.full(len(calls), np.nan), np.full(len(calls), np.nan)
        lon[placed], lat[placed] = at[placed].x, at[placed].y
        found = calls.drop(columns=calls.geometry.name).assign(
            begin_us=begun[calls.index].to_numpy(), end_us=until[calls.index].to_numpy(np.int64), lon=lon, lat=lat
        )
        self.counts["calls_without_place"] = int((~placed).sum())
        of_call = pd.Series(np.arange(len(found)), index=found.index)
        return self._responses(rows, since_us, until_us, of_call), found

    def _responses(
        self, rows: pd.DataFrame, since_us: NDArray[np.int64], until_us: NDArray[np.int64], of_call: pd.Series[int]
    ) -> dict[str, list[_Sent]]:
        start, end = self.period.ends_us
        all_ = self.attendance.responses
        call = pd.Index(of_call.index).get_indexer(pd.Index(rows["incident_id"]))
        inside = (since_us < end) & (until_us > start)
        # What ended shortly before says where a unit is at the start.
        shown = (since_us < end) & (until_us > start - BEFORE_US)
        unknown = rows["unit_id"].isna().to_numpy()
        undated = all_["incident_id"].isin(self._here) & all_["dispatched"].isna()
        self.counts["responses"] = int(inside.sum() + undated.sum())
        self.counts["responses_without_dispatch"] = int(undated.sum())
        self.counts["responses_of_no_unit"] = int((inside & unknown).sum())
        own = rows["own"].to_numpy(bool)
        self.counts["responses_of_neighbours"] = int((inside & ~unknown & ~own).sum())
        self.counts["responses_own"] = int((inside & ~unknown & own).sum())
        cleared, arrived, enroute = (rows[name] for name in ("cleared", "arrived", "enroute"))
        self.counts["responses_not_cleared"] = int((inside & cleared.isna().to_numpy()).sum())
        self.counts["responses_not_arrived"] = int((inside & arrived.isna().to_numpy()).sum())
        no_start = enroute.isna() & arrived.notna() & (arrived > rows["dispatched"])
        self.counts["responses_not_enroute"] = int((inside & no_start.to_numpy()).sum())
        enroute_us, arrived_us = instants_us(enroute), instants_us(arrived)
        told = [np.where(enroute.isna(), -1, enroute_us), np.where(arrived.isna(), -1, arrived_us)]
        ids = rows["unit_id"].to_numpy(object)
        found: dict[str, list[_Sent]] = {}
        order = np.flatnonzero(shown & ~unknown)
        for i in order[np.argsort(since_us[order], kind="stable")].tolist():
            begin, over = int(since_us[i]), int(until_us[i])
            out, there = (None if t[i] < 0 else int(np.clip(t[i], begin, over)) for t in told)
            if out is not None and there is not None:
                out = min(out, there)
            found.setdefault(str(ids[i]), []).append(_Sent(int(call[i]), begin, out, there, over))
        return found

    def _places_of(self, calls: pd.DataFrame) -> list[StandsAt | None]:
        known = zip(calls["lon"].tolist(), calls["lat"].tolist(), strict=True)
        return [None if np.isnan(lon) else StandsAt((lon, lat), self._passing.spot((lon, lat))) for lon, lat in known]

    def _unit(self, unit_id: str, home: StandsAt | None, sent: list[_Sent], *, until_us: int) -> Iterator[Spell]:
        """Follow a unit of the department from call to call, and home in between; what is before the period too."""
        at, left = home, False
        self.counts["responses_overlapping"] += self._overlapping(sent)
        now = min([self.period.ends_us[0], *(r.begin_us for r in sent)])
        for response, begin, end in _one_at_a_time(sent):
            if begin > now:
                at = yield from self._free(unit_id, at if left else home, home, now, begin)
            at = yield from self._answering(unit_id, response, at, begin, end)
            now, left = end, True
        if until_us > now:
            yield from self._free(unit_id, at if left else home, home, now, until_us)

    def _overlapping(self, sent: list[_Sent]) -> int:
        """How many responses of a unit began in the period while it was still at another call."""
        start, end = self.period.ends_us
        reach = np.maximum.accumulate([start, *(r.end_us for r in sent)])
        return sum(
            max(int(until), start) > r.begin_us
            for until, r in zip(reach, sent, strict=False)
            if start <= r.begin_us < end
        )

    def _answering(self, unit_id: str, response: _Sent, at: StandsAt | None, begin: int, end: int) -> Following:
        """Follow a unit on one call, from where it stands; gives where it is at the end of this."""
        call = response.call
        there = self.places[call] if call >= 0 else None
        arrived = response.arrived_us
        sets_out = response.enroute_us
        way, drive_s = (-1, None) if at is None or there is None or at == there else self._way(at, there)
        if sets_out is None and arrived is not None:
            sets_out = max(response.begin_us, arrived - int((drive_s or 0.0) * SECOND_US))
        sets_out = end if sets_out is None else max(sets_out, begin)
        if begin < min(sets_out, end):
            yield Spell(unit_id, begin, min(sets_out, end), DISPATCHED, call, None if at is None else at.at)
        if sets_out < end and (arrived is None or arrived > sets_out):
            to = arrived if arrived is not None else sets_out + int((drive_s or 0.0) * SECOND_US)
            to = to if to > sets_out else end
            begins, ends = max(sets_out, begin), min(end, arrived if arrived is not None else end)
            if way >= 0:
                yield Spell(unit_id, begins, ends, EN_ROUTE, call, None, way, sets_out, to)
                if ends < to:
                    at = self._along(way, (ends - sets_out) / (to - sets_out))
                    there = at if arrived is None or arrived > end else there
            else:
                stands = at if at is not None and at == there else None
                yield Spell(unit_id, begins, ends, EN_ROUTE, call, None if stands is None else stands.at)
        if arrived is None or arrived >= end:
            return at if sets_out >= end else there
        yield Spell(unit_id, max(arrived, begin), end, AT_CALL, call, None if there is None else there.at)
        return there

    def _free(self, unit_id: str, at: StandsAt | None, home: StandsAt | None, begin: int, end: int) -> Following:
        """Follow a unit home, and let it stand there; gives where it is at the end of this."""
        if at == home and home is not None:
            yield Spell(unit_id, begin, end, QUARTERS, at=home.at)
            return home
        way, drive_s = (-1, None) if at is None or home is None else self._way(at, home)
        back = begin + int((USUAL_RETURN_S if drive_s is None else drive_s) * SECOND_US)
        ends = min(end, back)
        if ends > begin:
            if way >= 0:
                yield Spell(unit_id, begin, ends, RETURNING, way=way, from_us=begin, to_us=back)
            else:
                yield Spell(unit_id, begin, ends, RETURNING)
        if back > end:
            return at if way < 0 else self._along(way, (end - begin) / (back - begin))
        if end > back:
            yield Spell(unit_id, back, end, QUARTERS, at=None if home is None else home.at)
        return home

    def _neighbour(self, unit_id: str, response: _Sent, start: int, end: int) -> Iterator[Spell]:
        """A neighbours' unit is known from its arrival at the call."""
        there = self.places[response.call] if response.call >= 0 else None
        if response.arrived_us is None or there is None:
            return
        begin, over = max(response.arrived_us, start), min(response.end_us, end)
        if begin < over:
            yield Spell(unit_id, begin, over, AT_CALL, response.call, there.at)

    def _staffed(self, home: str, schedule: str) -> Spans:
        """When a unit is staffed: never at a station that is closed."""
        stations = self.scenario.stations
        if home not in stations.index or not stations["open"].loc[home]:
            nothing = np.zeros(0, np.int64)
            return Spans(nothing, nothing, nothing)
        return staffed_spans(schedule, self.period)

    def _with_duty(self, spells: list[Spell], on: Spans, start: int, end: int) -> list[Spell]:
        """Cut spells to the period; in quarters, a unit that is not staffed is off duty."""
        found = []
        for spell in spells:
            begin, over = max(spell.begin_us, start), min(spell.end_us, end)
            if begin >= over:
                continue
            if spell.state != QUARTERS:
                found.append(spell._replace(begin_us=begin, end_us=over))
                continue
            whole = Spans(np.zeros(1, np.int64), np.array([begin]), np.array([over]))
            off = without(whole, on)
            parts = [(b, e, OFF_DUTY) for b, e in zip(off.begin_us.tolist(), off.end_us.tolist(), strict=True)]
            duty = without(whole, off)
            parts += [(b, e, QUARTERS) for b, e in zip(duty.begin_us.tolist(), duty.end_us.tolist(), strict=True)]
            found += [spell._replace(begin_us=b, end_us=e, state=state) for b, e, state in sorted(parts)]
        return found

    def _way(self, at: StandsAt, to: StandsAt) -> tuple[int, float | None]:
        """Row of the way between two places, and how long it takes [s]; None: no road says so, and it is straight."""
        if (at, to) not in self._known:
            found = None if at.spot is None or to.spot is None else self._routes.way(at.spot, to.spot)
            drive_s = None
            points = np.array([at.at, to.at])
            if found is None:
                self.counts["ways_not_by_road"] += 1
            else:
                line = shapely.simplify(shapely.linestrings(found[0]), THINNED_M)
                drive_s = found[1]
                by_road = self._passing.lonlat(shapely.get_coordinates(line))
                points = np.vstack([at.at, by_road, to.at])
            self._known[at, to] = len(self.ways), drive_s
            self.ways.append(points)
        return self._known[at, to]

    def _along(self, way: int, share: float) -> StandsAt:
        """Where a unit is that has driven a share of a way."""
        points = unwrapped(self.ways[way])
        scale = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
        line = shapely.linestrings(points * scale)
        point = shapely.line_interpolate_point(line, float(np.clip(share, 0.0, 1.0)), normalized=True)
        lon, lat = (shapely.get_coordinates(point)[0] / scale).tolist()
        lon -= TURN_DEG if lon > HALF_TURN_DEG else 0.0
        return StandsAt((lon, lat), self._passing.spot((lon, lat)))


def unwrapped(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes and latitudes that lie on both sides of the 180th meridian on one side of it, beyond 180. [deg]"""
    if not len(lonlat) or np.ptp(lonlat[:, 0]) <= HALF_TURN_DEG:
        return lonlat
    return np.column_stack([np.where(lonlat[:, 0] < 0, lonlat[:, 0] + TURN_DEG, lonlat[:, 0]), lonlat[:, 1]])


def _one_at_a_time(sent: list[_Sent]) -> Iterator[tuple[_Sent, int, int]]:
    """Say on which call a unit is when: of several at once the one that it was sent to last, until that is over."""
    cuts = sorted({t for r in sent for t in (r.begin_us, r.end_us)})
    held: tuple[_Sent, int, int] | None = None
    running: list[_Sent] = []
    waiting = list(reversed(sent))
    for begin, end in pairwise(cuts):
        while waiting and waiting[-1].begin_us <= begin:
            running.append(waiting.pop())
        running = [r for r in running if r.end_us > begin]
        if not running:
            continue
        now = running[-1]
        if held is not None and held[0] is now and held[2] == begin:
            held = (now, held[1], end)
            continue
        if held is not None:
            yield held
        held = (now, begin, end)
    if held is not None:
        yield held
