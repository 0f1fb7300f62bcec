"""Who went to what: responses and incidents of a history with all that measures need, and what is left out of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._one_release import OfOneRelease
from fireplan._selection import kind_texts
from fireplan.demand import zone_of
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance._history_checks import check_history, completed
from fireplan.response_performance._policy import ASKS_NOTHING, NOT_KNOWN, REASONS, Policy
from fireplan.response_performance._resolution import STAMPS, in_words, resolution_of
from fireplan.response_performance._unit_ids import matched_units, refuse_strangers
from fireplan.scenario import all_demand, counted_columns, token
from fireplan.standards import OBSERVED_INTERVALS
from fireplan.standards._objectives import FORMER_INTERVALS
from fireplan.stations import type_of_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

NO_UNITS = "this history has no units: it holds one row per incident, not one per unit"
"""Why a question of units has no answer."""

FIRST_OF_ANY = (
    "the records hold one row per incident: times are those of the first unit, of whatever kind, as the records give"
    " them, and where they come from several units, such as the first to leave and the first to arrive, turnout and"
    " travel are between those"
)

MOST_PRIORITIES = 12
"""Priorities that are named; a history with more has codes there."""

BETWEEN_M = 1000.0
"""Ground between zones, such as a freeway's, belongs to the city where the zones come as near as this. [m]"""

EDGE_M = 100.0
"""An incident is outside when it lies farther than this from that ground. [m]"""


class History(Protocol):
    """Incidents and the responses to them, read from dispatch records or simulated."""

    @property
    def incidents(self) -> gpd.GeoDataFrame:
        """By `incident_id`: `call_type`, `category`, `priority`, `received` (UTC), points."""

    @property
    def responses(self) -> pd.DataFrame:
        """One row per unit per incident, or without `unit_id` one per incident; see `CadHistory`."""

    @property
    def timezone(self) -> str:
        """IANA zone of the agency's local time."""


@takes
@dataclass(frozen=True, eq=False)
class Attendance(OfOneRelease):
    """
    Who went to what.

    Attributes
    ----------
    incidents
        By `incident_id`, in order of `received`: what the history says, `local` time received (where it is not
        known, of the first stamp there is), `zone_id` and the other
        text columns of the zones (missing outside), `inside` (in or between the zones, or there are none),
        `emergency`, and `counts` (measured under the policy).
    responses
        One row per unit per incident, by incident and time of arrival: what the history says, `unit_type` (of a
        neighbour's unit what its name says, if nothing else does), `crew` [people], `station_id` (home of the unit),
        `own` (not a neighbour's), `measured` (its incident counts), `counts` (may stop the clock under the policy),
        `nth` (place among the counting arrivals, from 1; 0: did not arrive or does not count),
        and `answered` (missing where the history does not tell); and, without calls that the unit came upon itself,
        `answering_s` from the call received to its answering, `processing_s` from its answering and `handling_s` from
        its receipt to the dispatch of this unit, `answered_to_arrival_s`, and `turnout_and_travel_s` from dispatch to
        arrival, not of a unit that was on the road [s].
    ledger
        The rules of the policy: `rule`, `setting` (or why it could not be applied), `incidents`, `responses` left out
        by it first (of `longest_s` those that lose an interval), `source`. A rule that asks for nothing is not in it.
    policy, timezone
        As given.
    basis
        "observed", or "modelled" or "invented" where the history says so.
    notes
        What was made of ids of units that are in the table of units but for their spelling.
    resolution_s
        How finely the stamps of each column are written: 60 for full minutes alone, else 1. [s]
    grain
        "unit", or "incident" where the history has one row per incident: each is the response of the first unit, and
        nothing can be said of others.
    """

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    ledger: pd.DataFrame
    policy: Policy
    timezone: str
    basis: str = "observed"
    notes: tuple[str, ...] = ()
    resolution_s: Mapping[str, float] = field(default_factory=dict)
    grain: Literal["unit", "incident"] = "unit"

    def priorities(self) -> pd.Series[int]:
        """Count the incidents of each priority, those that have none as "not known"."""
        if "priority" not in self.incidents:
            return pd.Series({NOT_KNOWN: len(self.incidents)}, name="incidents", dtype="int64")
        counts = self.incidents["priority"].fillna(NOT_KNOWN).value_counts().sort_index(kind="stable")
        named: pd.Series[int] = counts.rename("incidents").astype("int64")
        return named

    def headline(self) -> list[str]:
        """
        Say what the policy leaves out, and why: first a rule that leaves out more than half, if one does.

        Returns
        -------
        Sentences: what is left out, the priorities found, the resolution of stamps, and `notes`.
        """
        n, kept = len(self.incidents), int(self.incidents["counts"].sum())
        of = {"incidents": (n, "incident"), "responses": (len(self.responses), "response")}
        left, most = [], []
        for name, (whole, what) in of.items():
            for rule, out in zip(self.ledger["rule"].astype(str), self.ledger[name].astype(int), strict=True):
                if not out:
                    continue
                left.append(f"{wording.counted(out, what)} by {rule} ({REASONS[rule]})")
                if 2 * out > whole:
                    part = f"{wording.count(out)} of {wording.counted(whole, what)} ({wording.share(out / whole)})"
                    most.append(f"More than half is left out: {part} by {rule}, {REASONS[rule]}.")
        lead = f"Measured are {wording.count(kept)} of {wording.counted(n, 'incident')}"
        without = f"; left out are {wording.joined(left)}." if left else "; the policy leaves out none."
        found = [f"{kind} ({wording.count(count)})" for kind, count in self.priorities().items()]
        asked = self.policy.emergency_priorities
        which = "all of them count" if asked is None else f"emergencies are {wording.joined(asked)}"
        if asked is None and "mode" in self.incidents:
            which = "which are emergencies is told by mode"
        if not self.policy.emergency_only:
            which = "all of them count"
        told = f"Priorities found: {listed(found, most=MOST_PRIORITIES)}; {which}."
        return [
            *most,
            lead + without,
            told,
            in_words(self.resolution_s),
            *(f"{wording.capital(s)}." for s in self.notes),
        ]

    @takes
    def firsts(self, nth: int = 1) -> pd.DataFrame:
        """By `incident_id`: the response of the nth counting unit to arrive at each incident that counts."""
        found = (self.responses["nth"] == nth) & self.responses["measured"]
        return self.responses[found].set_index("incident_id")


@takes
def attend(history: History, *, scenario: Scenario | None = None, policy: Policy | None = None) -> Attendance:
    """
    Put a history beside the department that answered it.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation. Of one with a row per incident each row is taken for the response of
        the first unit, whatever it was: `first_types` and `aid_received` cannot be applied, and the ledger says so.
    scenario
        Its units give types, crews and home stations, and say whose units are neighbours'; its zones say where an
        incident lies. Left out: all units and incidents are the department's own.
    policy
        What counts; left out: `Policy()`.

    Returns
    -------
    Every incident and response of the history, marked.

    Raises
    ------
    InputError
        If the history lacks a column or holds something else in it, names an incident twice or a zone that is none, or
        none of its responses is of one of its incidents; if the policy asks for what the history does not hold.
    """
    return under(beside(history, scenario), policy or Policy())


class Beside(NamedTuple):
    """A history beside the department that answered it, not yet put under a policy: what every policy shares."""

    history: History
    scenario: Scenario | None
    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    order: NDArray[np.intp]
    told: bool
    notes: tuple[str, ...]
    resolution_s: Mapping[str, float]
    grain: Literal["unit", "incident"]


def beside(history: History, scenario: Scenario | None) -> Beside:
    """Put a history beside the department that answered it."""
    history = checked(history)
    grain: Literal["unit", "incident"] = "unit" if "unit_id" in history.responses else "incident"
    known, notes = _with_known_units(history, scenario) if grain == "unit" else _without_units(history)
    told = scenario is not None and len(scenario.units) > 0
    told |= "unit_type" in history.responses and bool(history.responses["unit_type"].notna().any())
    incidents, responses = _placed(known, scenario), _manned(known, scenario if grain == "unit" else None)
    order = _order_of(responses)
    return Beside(known, scenario, incidents, responses, order, told, notes, resolution_of(known.responses), grain)


def under(found: Beside, policy: Policy) -> Attendance:
    """Say what counts of a history under a policy."""
    history, scenario, told = found.history, found.scenario, found.told
    if scenario is not None and len(scenario.units) > 0 and not policy.aid_received and found.grain == "unit":
        refuse_strangers(pd.unique(history.responses["unit_id"]), scenario.units.index)
    incidents, responses = found.incidents.copy(deep=False), found.responses.copy(deep=False)
    priorities = policy.emergency_priorities
    if priorities is not None and "priority" not in incidents:
        raise InputError(
            f"emergency_priorities names {listed(map(quoted, priorities))}, but the incidents have no column"
            " 'priority': leave it out, and all count, or name the column in the mapping"
        )
    incidents["emergency"] = True if priorities is None else incidents["priority"].isin(priorities)
    if priorities is None and "mode" in incidents:
        incidents["emergency"] = incidents["mode"] != "non_emergency"
    right_type, first_types = _right_type(responses, policy, told=told)
    slow = ~incidents["emergency"] & policy.emergency_only
    away = ~incidents["inside"] & (not policy.aid_given)
    beyond = _beyond(incidents, scenario)
    incidents["counts"] = ~slow & ~away & ~beyond
    foreign = ~responses["own"] & (not policy.aid_received)
    responses["counts"] = right_type & ~foreign
    at = incidents.index.get_indexer(pd.Index(responses["incident_id"]))
    responses["measured"] = incidents["counts"].to_numpy()[at] & (at >= 0)
    order = found.order
    if policy.staging_is_arrival and "staged" in responses:
        responses = _staged(responses)
        order = _order_of(responses)
    responses = _with_clocks(responses)
    capped = 0
    if policy.longest_s is not None:
        before = responses
        responses = _capped(before, policy.longest_s)
        names = [name for name in OBSERVED_INTERVALS if name in before]
        capped = int((before[names].notna() & responses[names].isna()).any(axis=1).sum())
    if not policy.cancelled_turned_out:
        responses["turnout_s"] = responses["turnout_s"].mask(responses["cancelled"])
    left_out = {
        "emergency_only": (slow.sum(), 0),
        "aid_given": ((away & ~slow).sum(), 0),
        "first_types": (0, (~right_type).sum()),
        "aid_received": (0, (foreign & right_type).sum()),
        "longest_s": (0, capped),
        "only": ((beyond & ~slow & ~away).sum(), 0),
    }
    asked = [s.words for s in scenario.selections] if scenario is not None else []
    part = [("only", ", ".join(asked), "[area] of the plan, or Scenario.only")] if asked else []
    told_otherwise = {"first_types": first_types, **_not_applied(policy, incidents, responses, scenario)}
    if found.grain == "incident" and not policy.aid_received:
        told_otherwise["aid_received"] = "not applied: the records do not say whose a unit is; all count"
    ledger = pd.DataFrame(
        [
            (rule, told_otherwise.get(rule, how), *left_out.get(rule, (0, 0)), source)
            for rule, how, source in [*policy.stated(), *part]
            if how != ASKS_NOTHING
        ],
        columns=["rule", "setting", "incidents", "responses", "source"],
    )
    basis = getattr(history, "basis", "observed")
    return Attendance(
        incidents,
        _numbered(responses, order),
        ledger,
        policy,
        history.timezone,
        basis,
        found.notes,
        found.resolution_s,
        found.grain,
    )


class _History(NamedTuple):
    """A history whose units bear the ids of the table of units."""

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str
    basis: str


def checked(history: History) -> History | _History:
    """Refuse a history that is none; where it lacks columns that are asked for later, they are added."""
    check_history(history.incidents, history.responses, history.timezone)
    incidents, responses = history.incidents, completed(history.responses)
    if not isinstance(incidents["received"].dtype, pd.DatetimeTZDtype):  # all of it is blank
        incidents = incidents.assign(received=pd.Series(pd.NaT, index=incidents.index, dtype="datetime64[us, UTC]"))
    if incidents is history.incidents and responses is history.responses:
        return history
    return _History(incidents, responses, history.timezone, getattr(history, "basis", "observed"))


def _with_known_units(history: History, scenario: Scenario | None) -> tuple[History | _History, tuple[str, ...]]:
    """Give units the ids of the table of units, where they differ in spelling alone."""
    if scenario is None or len(scenario.units) == 0:
        return history, ()
    responses = history.responses
    ids, notes = matched_units(responses["unit_id"], scenario.units.index)
    if ids is responses["unit_id"]:
        return history, notes
    basis = getattr(history, "basis", "observed")
    return _History(history.incidents, responses.assign(unit_id=ids), history.timezone, basis), notes


def _without_units(history: History) -> tuple[_History, tuple[str, ...]]:
    """Give rows of incidents the form of responses, each of a unit that is not known."""
    nobody = pd.Series(pd.NA, index=history.responses.index, dtype="str")
    basis = getattr(history, "basis", "observed")
    known = _History(history.incidents, history.responses.assign(unit_id=nobody), history.timezone, basis)
    return known, (FIRST_OF_ANY,)


def _not_applied(
    policy: Policy, incidents: gpd.GeoDataFrame, responses: pd.DataFrame, scenario: Scenario | None
) -> dict[str, str]:
    """Say why rules could not be applied, by rule."""
    found = {}
    if policy.emergency_only and policy.emergency_priorities is None and "mode" not in incidents:
        found["emergency_only"] = "not applied: no emergency_priorities are named, and the records have no mode"
    if not policy.emergency_only and policy.emergency_priorities is not None:
        found["emergency_priorities"] = "not applied: emergency_only is no"
    if policy.staging_is_arrival and "staged" not in responses:
        found["staging_is_arrival"] = "not applied: the records have no time of staging"
    if not policy.cancelled_turned_out and "cancelled" not in responses:
        found["cancelled_turned_out"] = "not applied: the records do not say who was cancelled"
    if not policy.aid_given and (scenario is None or len(scenario.zones) == 0):
        found["aid_given"] = "not applied: no zones say what lies outside; all incidents count"
    if not policy.aid_received and (scenario is None or len(scenario.units) == 0):
        found["aid_received"] = "not applied: no table of units says whose a unit is; all count"
    return found


def _placed(history: History, scenario: Scenario | None) -> gpd.GeoDataFrame:
    """Incidents with local time and zone."""
    incidents = history.incidents.sort_values("received", kind="stable")
    incidents["local"] = first_known(incidents["received"], history.responses).dt.tz_convert(history.timezone)
    incidents["inside"] = True
    if scenario is None or len(scenario.zones) == 0:
        return incidents
    scenario = all_demand(scenario)  # a study area makes no neighbours of those who live beyond it
    zones = scenario.zones
    row = zone_of(incidents, zones)
    astray = np.flatnonzero((row < 0) & ~(incidents.geometry.isna() | incidents.geometry.is_empty).to_numpy())
    inside = np.ones(len(incidents), dtype=bool)  # what cannot be placed is not taken for a neighbour's
    if len(astray):
        points = incidents.geometry.iloc[astray].to_crs(scenario.roads.crs).to_numpy()
        inside[astray] = shapely.dwithin(_city_ground(scenario), points, EDGE_M)
    incidents["inside"] = inside
    counted = counted_columns(scenario)
    texts = zones.drop(columns=[zones.geometry.name, *counted])
    for name in texts.columns.difference(incidents.columns):
        values = kind_texts(texts[name]).to_numpy(object)
        incidents[name] = pd.array(np.append(values, [None])[row], dtype="str")
    incidents["zone_id"] = pd.array(np.append(zones.index.to_numpy(object), [None])[row], dtype="str")
    return incidents


def first_known(received: pd.Series[pd.Timestamp], responses: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Give the time of the call; where it is not known, the first time that anything is known to have happened."""
    if received.notna().all():
        return received
    blank = responses[responses["incident_id"].isin(received.index[received.isna()])]
    stamps = [name for name in STAMPS if name in blank]
    first = blank[stamps].min(axis=1).groupby(blank["incident_id"]).min()
    return received.fillna(first.reindex(received.index))


def _beyond(incidents: gpd.GeoDataFrame, scenario: Scenario | None) -> pd.Series[bool]:
    """Say which incidents are not of the part that a scenario was narrowed to; no place is not taken for beyond."""
    found = pd.Series(data=False, index=incidents.index)
    for selection in scenario.selections if scenario is not None else ():
        if selection.area is not None:
            points = incidents.geometry.to_crs(scenario.roads.crs).array  # type: ignore[union-attr]
            placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
            shapely.prepare(selection.area)
            found |= placed & ~shapely.intersects(selection.area, points)
    if scenario is not None and any(s.of_incidents for s in scenario.selections):
        every, left = all_demand(scenario).incidents, scenario.incidents
        known = incidents.index.isin(every.index) if every is not None else np.zeros(len(incidents), dtype=bool)
        if len(incidents) and not known.all():
            raise InputError(
                f"the scenario was narrowed to some of its incidents ({scenario.selections[-1].words}), and"
                f" {wording.count((~known).sum())} of the history's are none of them: narrow one that holds it"
            )
        found |= ~incidents.index.isin(left.index if left is not None else [])
    return found


def _city_ground(scenario: Scenario) -> shapely.Geometry:
    """Zones in the network's metres, and the ground between them."""

    def make() -> shapely.Geometry:
        zones = scenario.zones.geometry.to_crs(scenario.roads.crs).to_numpy()
        # One after another: the buffer of all at once takes many times as long.
        wide = shapely.union_all(shapely.buffer(zones, BETWEEN_M, quad_segs=4))
        ground = shapely.buffer(wide, -BETWEEN_M, quad_segs=4)
        shapely.prepare(ground)
        return ground

    key = ("city ground", token(scenario, "zones"), scenario.roads.crs.to_wkt())
    return scenario.memo.get(key, make)


def _manned(history: History, scenario: Scenario | None) -> pd.DataFrame:
    """Responses with what is known of their units."""
    responses = history.responses.copy()
    for name in ("unit_type", "station_id"):
        if name not in responses:
            responses[name] = pd.Series(pd.NA, index=responses.index, dtype="str")
    responses["own"] = True
    if "crew" not in responses:
        responses["crew"] = np.nan
    if scenario is None or len(scenario.units) == 0:
        return responses.assign(unit_type=_types_by_name(responses))
    units = scenario.units
    at = units.index.get_indexer(pd.Index(responses["unit_id"]))
    responses["own"] = at >= 0
    known = {
        column: pd.Series(np.append(units[column].to_numpy(object), [None])[at], index=responses.index, dtype="str")
        for column in ("type", "station_id")
    }
    responses["unit_type"] = known["type"].fillna(responses["unit_type"])
    responses["station_id"] = responses["station_id"].fillna(known["station_id"])  # where it stood that day, if told
    responses["unit_type"] = _types_by_name(responses)  # a neighbour's unit is in no table
    crew = pd.Series(np.append(units["crew"].to_numpy(float), [np.nan])[at], index=responses.index)
    responses["crew"] = responses["crew"].fillna(crew)  # who was aboard that day, where the history says
    return responses


def _types_by_name(responses: pd.DataFrame) -> pd.Series[str]:
    """Types of units, where nothing else tells them from the units' names."""
    strange = responses["unit_type"].isna() & responses["unit_id"].notna()
    ids = responses.loc[strange, "unit_id"].astype(str)
    kinds = {name: type_of_unit(name) for name in ids.unique()}
    named = pd.Series([kinds[name] for name in ids], index=ids.index, dtype="str").reindex(responses.index)
    return responses["unit_type"].fillna(named)


def _right_type(responses: pd.DataFrame, policy: Policy, *, told: bool) -> tuple[pd.Series[bool], str]:
    """
    Find the responses of units whose arrival counts, and say how the rule was applied.

    Where types were told, a unit without one does not count. Where they could only be read from the units' names, a
    unit whose name says nothing does.
    """
    types = responses["unit_type"]
    wanted = ", ".join(policy.first_types)
    right = types.isin(policy.first_types)
    unknown = types.isna()
    if len(types) and unknown.all():
        return unknown, "not applied: nothing tells what any unit is, so all count"
    if not told:
        right |= unknown & responses["own"]
        wanted += "; types from the names of units"
        if unknown.any():
            wanted += f", of {unknown.sum():,} responses not known, which count"
    if len(types) and not right.any():
        found = listed(f"{quoted(kind)} ({n:,})" for kind, n in types.value_counts().items())
        raise InputError(
            f"no unit is one of first_types ({', '.join(policy.first_types)}), so none of {len(types):,} responses"
            f" would count; types found: {found}: mend unit_type, or give Policy(first_types=...)"
        )
    return right, wanted


def _staged(responses: pd.DataFrame) -> pd.DataFrame:
    """Let a unit that staged have arrived then."""
    earlier = responses["staged"].notna() & ~(responses["arrived"] <= responses["staged"])
    arrived = responses["arrived"].mask(earlier, responses["staged"])
    changed = {"arrived": arrived}
    for name, since in (("travel_s", "enroute"), ("total_response_s", "received")):
        taken_s = (arrived - responses[since]).dt.total_seconds()
        changed[name] = responses[name].mask(earlier, taken_s.where(taken_s >= 0))
    return responses.assign(**changed)


def _with_clocks(responses: pd.DataFrame) -> pd.DataFrame:
    """
    Add the intervals of the call, and those that are sums.

    What is left out of a part is left out of the sum: a unit that came upon the call itself was sent to nothing, one
    that was on the road already had no turnout.
    """
    if "answered" not in responses:
        responses = responses.assign(answered=pd.Series(pd.NaT, index=responses.index, dtype="datetime64[us, UTC]"))
    one_clock = bool((responses["answered"].isna() | (responses["answered"] == responses["received"])).all())
    no = pd.Series(data=False, index=responses.index)
    called, rolling = ~responses.get("on_view", no), responses.get("already_on_road", no)
    known = {
        # Two names of one clock tell nothing of what lies between: the call was not answered at once every time.
        "answering_s": ("received", "answered", called & (not one_clock)),
        "processing_s": ("answered", "dispatched", called),
        "handling_s": ("received", "dispatched", called),
        "answered_to_arrival_s": ("answered", "arrived", called),
        "turnout_and_travel_s": ("dispatched", "arrived", called & ~rolling),
    }
    taken = {name: (responses[end] - responses[begin]).dt.total_seconds() for name, (begin, end, _) in known.items()}
    return responses.assign(**{name: s.where((s >= 0) & known[name][2]) for name, s in taken.items()})


def _capped(responses: pd.DataFrame, longest_s: float) -> pd.DataFrame:
    intervals = [name for name in (*OBSERVED_INTERVALS, *FORMER_INTERVALS) if name in responses]
    return responses.assign(**{name: responses[name].mask(responses[name] > longest_s) for name in intervals})


def _order_of(responses: pd.DataFrame) -> NDArray[np.intp]:
    """Give the order of responses by incident, arrival and unit."""
    keys = responses[["incident_id", "arrived", "unit_id"]].reset_index(drop=True)
    return keys.sort_values(list(keys.columns), kind="stable").index.to_numpy()


def _numbered(responses: pd.DataFrame, order: NDArray[np.intp]) -> pd.DataFrame:
    """Put responses in order of arrival and number those that count."""
    ordered = responses.take(order).reset_index(drop=True)
    arrives = ordered["counts"] & ordered["arrived"].notna()
    place = arrives.groupby(ordered["incident_id"], sort=False).cumsum()
    return ordered.assign(nth=place.where(arrives, 0).astype("int64"))
