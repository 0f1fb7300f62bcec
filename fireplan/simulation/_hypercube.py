"""How busy the units of a department are in the long run, and what is left of its cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import Handed
from fireplan._limits import last_within
from fireplan._memory import check_room
from fireplan._one_release import OfOneRelease
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.measures._demand_measures import chosen_of, measures_of, zones_of
from fireplan.measures._expected import chances_for
from fireplan.scenario import held, root, token
from fireplan.simulation._hypercube_matrix import TIE_S, HypercubeAnswer, hypercube_matrix
from fireplan.simulation._observed_rates import hour_of, observed_rates, on_duty
from fireplan.standards._library import standard_of
from fireplan.stations import own_stations, supply
from fireplan.stations._apparatus import ALSO_COUNTS_AS, KINDS
from fireplan.stations._shared_crews import mates
from fireplan.travel._places import Places, station_places
from fireplan.travel._travel_times import time_rows
from fireplan.travel._turnout import common_turnout_s, told_turnout_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.measures._demand_measures import Measure
    from fireplan.response_performance import History
    from fireplan.scenario import Scenario
    from fireplan.simulation._observed_rates import HourOfWeek, ObservedRates
    from fireplan.standards import Objective, Standard

ALWAYS = "always"
ARRAY_BYTES = 8 * 7
"""Of each unit at each place: its drive, time out, chances and what they are worked out with."""

HOUR_S = 3600.0
BECOMES = {"at_once": "served at once", "waited": "wait", "lost": "lost or given to aid", "not_reached": "not reached"}

CHANCE = "calls come by chance, evenly over the hours meant; every unit drives from its station"


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Hypercube(OfOneRelease):
    """
    How busy units are in the long run, and what is left of a department's cover; every figure is modelled.

    Attributes
    ----------
    scenario
        Whose units.
    answer
        The model's own arrays, by unit and place; see `HypercubeAnswer`.
    counted
        What calls were spread by, such as "incidents".
    mean_travel_s, home_travel_s
        Mean drive of the first unit, over the calls served at once; and if all units were at home. [s]
    units
        By `unit_id`: `type`, `station_id`; `busy`, the share of time it is out; `runs_per_hour`; `out_h`, how long it
        is out for a run [h]; `mean_travel_s` of its runs at once [s]; `near_per_hour`, calls to which it is the
        nearest (of those as near an equal part); and `away_share`, the share of its runs at once to places where it is
        not.
    zones
        By `zone_id`: `calls_per_hour`; `at_once_share`, the share that gets a unit at once; `near_share`, the share
        whose first unit is one of the nearest; `mean_travel_s` of the first unit sent at once [s]; and for each
        objective `<key>_share`, the share expected within it, and `<key>_home_share`, the same if all units were at
        home. NaN where there are no calls.
    cover
        By `objective`: `title`, `limit_s` [s], `interval`, `calls_per_hour` it speaks of, `share` expected within it,
        `home_share` if all units were at home, `required_share`.
    first
        Zones x units: which share of a zone's calls the unit is the first sent to, at once.
    notes
        What a reader of the figures has to know.
    """

    scenario: Scenario
    answer: HypercubeAnswer
    counted: str
    mean_travel_s: float
    home_travel_s: float
    units: Handed[pd.DataFrame] = Handed(own=True)
    zones: Handed[pd.DataFrame] = Handed(own=True)
    cover: Handed[pd.DataFrame] = Handed(own=True)
    first: Handed[pd.DataFrame] = Handed(own=True)
    notes: tuple[str, ...] = ()

    @property
    def busy(self) -> pd.Series[float]:
        """Busy share by `unit_id` and `station_id`; `attrs` say where it comes from."""
        units = self.units
        found = units.set_index("station_id", append=True)["busy"].rename("busy")
        found.attrs = {
            "source": "hypercube",
            "basis": "modelled",
            "method": self.answer.method,
            "queue": self.answer.waits,
            "calls_per_hour": float(self.answer.calls_per_hour.sum()),
        }
        return found

    @property
    def flows_per_hour(self) -> pd.Series[float]:
        """What becomes of the calls: `at_once`, `waited`, `lost`, `not_reached`; they add up to all. [1/h]"""
        return pd.Series(self.answer.flows_per_hour, name="calls_per_hour")

    @property
    def away_share(self) -> float:
        """Share of the calls served at once whose first unit is not one of the nearest: inter-district dispatch."""
        at_once = self.answer.flows_per_hour["at_once"]
        near = np.where(self.answer.nearest > 0, self.answer.first, 0.0).sum(axis=0)
        return 1.0 - float(self.answer.calls_per_hour @ near) / at_once

    def __repr__(self) -> str:
        """Say how busy units are, what becomes of the calls, and what is left of the cover."""
        units, flows = self.units, self.flows_per_hour
        order = units["busy"].sort_values(ascending=False, kind="stable")
        busiest = [f"{u} {wording.share(share)}" for u, share in order.items()]
        told = [
            f"{wording.share(flows[name] / flows.sum())} {words}" for name, words in BECOMES.items() if flows[name] > 0
        ]
        away, drive, home = wording.share(self.away_share), self.mean_travel_s, self.home_travel_s
        calls = f"{wording.figure(flows.sum())} calls an hour by {self.counted} (modelled, {self.answer.method})"
        lines = [
            f"Hypercube of {quoted(self.scenario.name)}: {wording.counted(len(units), 'unit')}, {calls}",
            f"busy: {listed(busiest)}",
            f"of the calls {wording.joined(told)}; {away} of those served at once by another than the nearest",
            f"mean drive {wording.clock(drive)}, {wording.clock(home)} if all were at home",
        ]
        if self.answer.waits:
            lines.append(f"mean wait for a unit, over all calls: {wording.clock(self.answer.mean_wait_h * HOUR_S)}")
        cover = self.cover
        for title, limit_s, share, at_home in zip(
            cover["title"], cover["limit_s"], cover["share"], cover["home_share"], strict=True
        ):
            shares = f"{wording.share(share)} of the calls it speaks of, {wording.share(at_home)} if all were at home"
            lines.append(f"{title} within {wording.clock(limit_s)}: to be expected at {shares}")
        return "\n  ".join([*lines, *self.notes])


@takes
def hypercube(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    history: History | None = None,
    calls_per_hour: float | None = None,
    service_h: float | Mapping[str, float] | None = None,
    units_per_call: float | Mapping[int, float] | None = None,
    types: Sequence[str] = ("engine",),
    weight: str | None = None,
    standard: Standard | str | None = None,
    queue: bool = False,
    at: str | None = None,
    drive_home: bool = True,
    method: str = "auto",
    tie_s: float = TIE_S,
) -> Hypercube:
    """
    Work out how busy each unit is when calls take the nearest that are free, and what is left of the cover.

    Parameters
    ----------
    scenario
        The department. Its open stations' own units of `types` answer.
    history
        Dispatch records that say what is not said otherwise: how many calls there are, how many units they take, and
        how long units are out by type, from dispatch to clear.
    calls_per_hour
        How many calls there are in all. [1/h]
    service_h
        How long a unit is out for a call, from its dispatch until it can be sent again, the drive home included: one
        figure, or one for each type. There is no usual one: give it, or a history. [h]
    units_per_call
        How many of these units a call takes: a number, or shares of the calls by number, as `{1: 0.9, 2: 0.1}`.
    types
        Kinds of unit that answer the same calls, such as ("engine",); a quint is an engine and a truck.
    weight
        What calls are spread by: "incidents", "population" or another column of the zones. Left out: incidents where
        they are known (with a history, those that these units were sent to), else people.
    standard
        Whose objectives are worked out, of those that one such unit meets.
    queue
        True: calls that find no unit free wait. False: they are lost, or given to aid.
    at
        An hour of the week, such as "Tue 14:00": only units on duty then answer, and a history's calls of that hour
        alone are counted, on streets at the speeds of that hour. Left out: that of `Scenario.at`, if any. Needed where
        units are not staffed always.
    drive_home
        Whether a history's time out is followed by the modelled drive home, during which a unit cannot be sent.
    method, tie_s
        As in `hypercube_matrix`.

    Returns
    -------
    Busy shares, whom zones get, expected cover and what becomes of the calls: `Hypercube`.

    Raises
    ------
    InputError
        If no unit answers, nothing says how many calls there are or how long units are out, there is no demand, units
        are staffed a part of the time and no hour is given, if two of them share a crew; or as in `hypercube_matrix`.

    Notes
    -----
    See `hypercube_matrix` for the model and its sources. A history counts calls over all hours of its period, from
    midnight to midnight. Expected cover counts each first unit by how likely it comes within the limit, from its own
    station: by how drives differ where they are calibrated, else yes or no. Calls that wait, are lost or are not
    reached count as late.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)))
    >>> found = fp.hypercube(town, calls_per_hour=0.4, service_h=0.5)
    >>> found.busy.round(3).to_dict()
    {('E1', 'S1'): 0.081, ('E2', 'S2'): 0.115}
    """
    at = (scenario.when or None) if at is None else at
    hour = None if at is None else hour_of(at)
    if at is not None and scenario.roads.periods:
        scenario = scenario.at(at, name=scenario.name)  # on streets at the speeds of that hour
    units, notes = _answering(scenario, types, hour)
    seen = None
    if history is not None:
        kinds = {*types, *(kind for kind, also in ALSO_COUNTS_AS.items() if set(also) & set(types))}
        seen = observed_rates(history, scenario, units.index, sorted(kinds), at=hour)
    measure, weights = _demand(scenario, weight, seen)
    calls, told = _calls(scenario, calls_per_hour, seen, measure, weights)
    notes += told
    check_room(
        ARRAY_BYTES * len(units) * len(weights),
        what=f"{wording.counted(len(units), 'unit')} at {wording.counted(len(weights), 'place')}",
        mend="spread calls by a column of the zones: weight='population'",
    )
    station = station_places(scenario).ids.get_indexer(pd.Index(units["station_id"]))
    drive_s = time_rows(scenario, measure.places)[station].astype(float)
    share, said = _units_per_call(units_per_call, seen)
    out_h = _out_h(units, service_h, seen, drive_s if drive_home else np.zeros_like(drive_s))
    answer = hypercube_matrix(
        calls * weights / weights.sum(), drive_s, out_h=out_h, units_per_call=share, queue=queue, method=method,
        tie_s=tie_s,
    )  # fmt: skip
    notes += [CHANCE, *said, *_said_of(answer, measure), _out_said(stated=service_h is not None, drive_home=drive_home)]
    planned = () if standard is None else standard_of(standard).planned
    served = {o.key: chance for o in planned if (chance := _chances(scenario, units, measure, o)) is not None}
    left = [quoted(o.key) for o in planned if o.key not in served]
    if left:
        notes.append(f"objectives that take more than one of these units are left out: {listed(left)}")
    objectives = [o for o in planned if o.key in served]
    in_time = {o.key: _in_time(scenario, answer, measure, o, served[o.key]) for o in objectives}
    travel_s = np.where(np.isfinite(drive_s), drive_s, 0.0)
    by_call = answer.calls_per_hour
    near = answer.nearest.sum(axis=0) @ by_call
    first, zones = _by_zone(scenario, answer, measure, travel_s, in_time, units)
    return Hypercube(
        scenario=scenario,
        units=_by_unit(units, answer, travel_s),
        zones=zones,
        cover=_cover(objectives, in_time),
        first=first,
        answer=answer,
        counted=measure.name,
        mean_travel_s=float((answer.first * travel_s).sum(axis=0) @ by_call / (answer.first.sum(axis=0) @ by_call)),
        home_travel_s=float((answer.nearest * travel_s).sum(axis=0) @ by_call / near),
        notes=tuple(notes),
    )


class _InTime(NamedTuple):
    """By place: calls an objective speaks of [1/h], and how likely they are met, as it is and if all were at home."""

    calls: NDArray[np.float64]
    chance: NDArray[np.float64]
    home: NDArray[np.float64]


def _answering(scenario: Scenario, types: Sequence[str], hour: HourOfWeek | None) -> tuple[pd.DataFrame, list[str]]:
    """Units that answer, and what is to be said of those that do not."""
    tables = held(scenario)
    units, stations = tables.units, tables.stations
    if not len(units):
        raise InputError(f"scenario {quoted(scenario.name)} has no units: say which units each station houses")
    for kind in types:
        if kind not in set(units["type"]) | {k for u in units["type"].unique() for k in ALSO_COUNTS_AS.get(u, ())}:
            raise UnknownIdError("type of unit", kind, units["type"].unique())
    wanted = [kind in types or any(k in types for k in ALSO_COUNTS_AS.get(kind, ())) for kind in units["type"]]
    units = units[wanted]
    home = units["station_id"]
    is_open = home.map(stations["open"]).fillna(value=False).astype(bool)
    own = home.map(own_stations(stations)).fillna(value=False).astype(bool)
    notes = []
    for left, why in ((~is_open, "without an open station"), (is_open & ~own, "of neighbours")):
        if left.any():
            named = listed(units.index[left])
            notes.append(f"{wording.counted(left.sum(), 'unit')} {why} left out: {named}")
    units = units[is_open & own]
    part = units["schedule"].fillna(ALWAYS).str.strip().str.lower()
    part_time = ~part.isin(["", ALWAYS])
    if part_time.any() and hour is None:
        told = listed(f"{u} {quoted(s)}" for u, s in units.loc[part_time, "schedule"].items())
        raise InputError(
            f"{wording.counted(part_time.sum(), 'unit is', 'units are')} staffed a part of the time ({told}): say of"
            " which hour of the week you ask, as at='Tue 14:00'"
        )
    if hour is not None:
        there = np.array([on_duty(str(s), hour) for s in part], dtype=bool)
        if not there.all():
            notes.append(f"off duty {hour}: {listed(units.index[~there])}")
        units = units[there]
    notes += _crews_checked(units, tables.units)
    if not len(units):
        raise InputError(f"no unit of type {listed(map(quoted, types))} answers: {'; '.join(notes) or 'there is none'}")
    return units, notes


def _crews_checked(answering: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Refuse two units of one crew, which are no two servers; say where a crew is out with a unit of another type."""
    together, shared = mates(answering), mates(units)
    if together:
        told = listed(f"{unit} with {listed(others)}" for unit, others in together.items())
        raise InputError(
            f"units that share a crew cannot both answer, as one at a time can be out ({told}): ask of types of which a"
            " crew has one unit, or take one out (RemoveUnit); replay and simulate know shared crews"
        )
    other = [f"{unit} (with {listed(shared[unit])})" for unit in map(str, answering.index) if unit in shared]
    told = f"crews that also go out with units of other types are busier than told here: {listed(other)}"
    return [told] if other else []


def _demand(scenario: Scenario, weight: str | None, seen: ObservedRates | None) -> tuple[Measure, NDArray[np.float64]]:
    """Find what calls are spread by, and how much of it is at each place."""
    measures = measures_of(scenario, also=() if weight is None else (weight,))
    named = {m.name: m for m in measures}
    if weight is None and "incidents" in named and np.nansum(named["incidents"].weight) > 0:
        weight = "incidents"
    measure = chosen_of(scenario, measures, count=weight)
    weights = np.nan_to_num(measure.weight, nan=0.0)
    if seen is not None and measure.places.kind == "incidents":
        answered = measure.places.ids.isin(seen.incidents)
        if (weights[answered] > 0).any():
            weights = np.where(answered, weights, 0.0)
    if not weights.sum() > 0:
        raise InputError(f"there is no demand: {quoted(measure.name)} is zero everywhere; name another weight")
    return measure, weights


def _calls(
    scenario: Scenario,
    given: float | None,
    seen: ObservedRates | None,
    measure: Measure,
    weights: NDArray[np.float64],
) -> tuple[float, tuple[str, ...]]:
    """How many calls there are in all [1/h], and what is to be said of that."""
    if given is not None:
        if not 0 < given < np.inf:
            raise InputError(f"calls_per_hour is {given}: give a number above zero")
        return given, ()
    if seen is None:
        raise InputError("how many calls are there? Give calls_per_hour, or a history")
    before = root(scenario)
    if token(before, "zones") == token(scenario, "zones"):
        return seen.calls_per_hour, seen.notes
    if measure.places.kind != "zones":
        still = "zones were changed, and calls at their own points were not: name a weight of the zones to scale them"
        return seen.calls_per_hour, (*seen.notes, still)
    then = chosen_of(before, measures_of(before, also=(measure.name,)), count=measure.name)
    factor = float(weights.sum() / np.nansum(then.weight))
    scaled = f"calls scaled by {wording.figure(factor)}, as {measure.name} is in all"
    return seen.calls_per_hour * factor, (*seen.notes, scaled)


def _units_per_call(
    given: float | Mapping[int, float] | None, seen: ObservedRates | None
) -> tuple[float | Mapping[int, float], list[str]]:
    if given is not None:
        return given, []
    if seen is not None:
        return seen.units_per_call, []
    return 1, ["each call takes one unit, as nothing else is said"]


def _out_h(
    units: pd.DataFrame,
    service_h: float | Mapping[str, float] | None,
    seen: ObservedRates | None,
    home_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Units x places: how long each is out. [h]"""
    kinds = units["type"].astype(str)
    if service_h is None:
        if seen is None:
            raise InputError(
                "how long is a unit out for a call? Give service_h, the hours from dispatch until it can be sent again,"
                " or a history"
            )
        hours = kinds.map(seen.out_h).astype(float)
        if hours.isna().any():
            kind = kinds[hours.isna()].iloc[0]
            raise InputError(
                f"the history does not say how long a unit of type {quoted(kind)} is out: give service_h, as"
                f" {{'{kind}': 0.6}}, a figure for each type, the drive home included"
            )
        return np.asarray(hours.to_numpy()[:, None] + home_s / HOUR_S)
    hours = kinds.map(dict(service_h)) if isinstance(service_h, Mapping) else pd.Series(service_h, kinds.index)
    bad = hours.index[~((hours > 0) & np.isfinite(hours.astype(float)))]
    if len(bad):
        raise InputError(
            f"service_h is {hours[bad[0]]} for {bad[0]} ({kinds[bad[0]]}): give hours above zero, one figure or one for"
            " each type"
        )
    return np.broadcast_to(hours.to_numpy(float)[:, None], home_s.shape)


def _chances(
    scenario: Scenario, units: pd.DataFrame, measure: Measure, objective: Objective
) -> NDArray[np.float64] | None:
    """Units x places: how likely each comes within an objective's limit; None: it takes more than one of them."""
    brings = supply(units)
    if not all((brings[:, KINDS.index(kind)] >= n).all() for kind, n in objective.needs.items() if n > 0):
        return None
    arrival_s = _arrivals_s(scenario, units, measure.places, objective)
    law = chances_for(scenario, objective)
    return (arrival_s <= last_within(objective.limit_s)).astype(float) if law is None else law.at(arrival_s)


def _arrivals_s(scenario: Scenario, units: pd.DataFrame, ends: Places, objective: Objective) -> NDArray[np.float64]:
    """Units x places: when each arrives, at the median. [s]"""
    starts = station_places(scenario)
    row = starts.ids.get_indexer(pd.Index(units["station_id"]))
    on = starts.on_road
    homes = Places(
        "stations", ("stations of units",), starts.ids[row],
        type(on)(on.street[row], on.along[row], on.offset_m[row]),
    )  # fmt: skip
    kinds = sorted(k for k, n in objective.needs.items() if n > 0)
    # What crews take at the median is told after the drive; how a unit differs is waited for before it (`travel`).
    later_s = np.zeros(len(units))
    if objective.interval == "turnout_and_travel_s":
        later_s = units["turnout_s"].to_numpy(float) - common_turnout_s(scenario, objective.interval, kinds)
    found = time_rows(scenario, ends, starts=homes, later_s=later_s)
    return found.astype(float) + told_turnout_s(scenario, objective.interval, kinds)


def _in_time(
    scenario: Scenario, answer: HypercubeAnswer, measure: Measure, objective: Objective, chance: NDArray[np.float64]
) -> _InTime:
    """Say how likely calls at each place are met, of those an objective speaks of."""
    bound = {m.name: m for m in measures_of(scenario, objective, also=(measure.name,))}[measure.name]
    speaks = np.nan_to_num(bound.weight, nan=0.0) > 0
    met = (answer.first * chance).sum(axis=0)
    at_home = (answer.nearest * chance).sum(axis=0)
    return _InTime(np.where(speaks, answer.calls_per_hour, 0.0), met, at_home)


def _by_unit(units: pd.DataFrame, answer: HypercubeAnswer, travel_s: NDArray[np.float64]) -> pd.DataFrame:
    calls = answer.calls_per_hour
    runs = answer.sent @ calls
    near = np.where(answer.nearest > 0, answer.sent, 0.0) @ calls
    with np.errstate(invalid="ignore", divide="ignore"):
        return units[["type", "station_id"]].assign(
            busy=answer.busy,
            runs_per_hour=answer.runs_per_hour,
            out_h=answer.out_h,
            mean_travel_s=((answer.sent * travel_s) @ calls) / runs,
            near_per_hour=answer.nearest @ calls,
            away_share=1.0 - near / runs,
        )


def _by_zone(
    scenario: Scenario,
    answer: HypercubeAnswer,
    measure: Measure,
    travel_s: NDArray[np.float64],
    in_time: Mapping[str, _InTime],
    units: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whom zones get first, and what their calls find."""
    ids = held(scenario).zones.index
    zone = zones_of(scenario, measure.places)
    inside = zone >= 0

    def summed(by_place: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(zone[inside], weights=by_place[inside], minlength=len(ids)).astype(float)

    calls = answer.calls_per_hour
    with np.errstate(invalid="ignore", divide="ignore"):
        whole, at_once = summed(calls), summed(calls * answer.first.sum(axis=0))
        near = np.where(answer.nearest > 0, answer.first, 0.0).sum(axis=0)
        first = pd.DataFrame(
            np.stack([summed(calls * row) / whole for row in answer.first], axis=1), index=ids, columns=units.index
        )
        table = pd.DataFrame(
            {
                "calls_per_hour": whole,
                "at_once_share": at_once / whole,
                "near_share": summed(calls * near) / whole,
                "mean_travel_s": summed(calls * (answer.first * travel_s).sum(axis=0)) / at_once,
            },
            index=ids,
        )
        for key, found in in_time.items():
            of = summed(found.calls)
            table[f"{key}_share"] = summed(found.calls * found.chance) / of
            table[f"{key}_home_share"] = summed(found.calls * found.home) / of
    return first, table


def _cover(objectives: Sequence[Objective], in_time: Mapping[str, _InTime]) -> pd.DataFrame:
    rows = []
    for o in objectives:
        found = in_time[o.key]
        of = float(found.calls.sum())
        shares = [float(found.calls @ c) / of if of else np.nan for c in (found.chance, found.home)]
        rows.append((o.key, o.title, o.limit_s, o.interval, of, *shares, np.nan if o.share is None else o.share))
    names = ["objective", "title", "limit_s", "interval", "calls_per_hour", "share", "home_share", "required_share"]
    return pd.DataFrame(rows, columns=names).set_index("objective")


def _out_said(*, stated: bool, drive_home: bool) -> str:
    """Say when a unit can be sent again."""
    if stated:
        return "units are out as long as service_h says"
    home = ", then the modelled drive home" if drive_home else ""
    return f"units are out from dispatch to clear as in the history, by type{home}"


def _said_of(answer: HypercubeAnswer, measure: Measure) -> list[str]:
    """Say what a reader of the figures has to know."""
    notes = []
    if answer.method == "approximate":
        notes.append("approximate: of a unit busy less than a third of the time within about a point, see the docs")
    flows = answer.flows_per_hour
    if flows["not_reached"] > 0:
        share = wording.share(flows["not_reached"] / sum(flows.values()))
        notes.append(f"{share} of the calls lie where no unit can drive to: they are in no queue, and late")
    if measure.not_located:
        notes.append(f"{wording.counted(measure.not_located, 'place')} of {measure.name} not known, left out")
    if answer.waits and (answer.waiting_share > 0):
        notes.append("calls that wait for a unit count as late")
    if not answer.waits and flows["lost"] > 0:
        notes.append("calls that find no unit free are given to aid, and count as late")
    return notes
