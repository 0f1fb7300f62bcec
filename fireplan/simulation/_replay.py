"""A history sent again, call by call, with the units as they stood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import Handed
from fireplan._kernel.jit import compiling_or
from fireplan._kernel.simulation.replay import FROM_HOME, FROM_ROAD, GRID, NOBODY, send_again, send_loop
from fireplan._limits import last_within
from fireplan._one_release import OfOneRelease
from fireplan.changes._demand import scaled_demand
from fireplan.errors import Faults, InputError, UnknownIdError, listed, quoted
from fireplan.progress import listening
from fireplan.response_performance._attendance import Attendance, attend
from fireplan.response_performance._overlapping import overlapping, overlapping_said
from fireplan.response_performance._statistics import FEWEST, share_interval
from fireplan.scenario import root
from fireplan.simulation._aid_rules import unruled
from fireplan.simulation._call_figures import AID, NOT_PLACED, OWN, UNMET, call_figures, check_objective
from fireplan.simulation._days_drawn import FEW_DAYS, FEWEST_DAYS, means_by_day
from fireplan.simulation._drives_to_calls import drives_to_calls, fleet_of
from fireplan.simulation._past_calls import called_off_last, past_calls
from fireplan.simulation._replay_baseline import alone, baseline_errors, compared, right, right_by_kind
from fireplan.simulation._replay_responses import dispatch_table, responses_of
from fireplan.simulation._whole_week import refuse_parts
from fireplan.standards._library import standard_of
from fireplan.stations._shared_crews import crews_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.replay import PastResponses, ReplayDrives, SentAgain, StaffedUnits
    from fireplan.response_performance import History, Policy
    from fireplan.scenario import Scenario
    from fireplan.simulation._past_calls import PastCalls
    from fireplan.standards import Objective

TIES_S = 20.0
"""Stamps of a unit that clears and of one that is dispatched may stand the wrong way round by as much. [s]"""

CHOICES = ("measured", "nearest")
SENT = ("observed", "rules")
"""Who is sent."""

AS_GOOD_AS_ALWAYS, OTHER_RULES = 0.97, 2 / 3
"""Shares of calls to which the nearest went: above the first it counts as always sent, below the second likewise."""

ENOUGH = 5_000
"""So many calls tell how surely the nearest goes."""

RETURNING = ("held", "at station", "on the way")
"""What a unit on its way home can do, by its number in the loop."""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Replay(OfOneRelease):
    """
    A history sent again. It is a history itself: `performance`, `workload` and `why_missed` take it.

    Attributes
    ----------
    scenario
        Who answered.
    sent
        "observed": each call has the units that were really sent; "rules": as many of each kind, the nearest that
        could be sent.
    objective
        What is asked of the first unit.
    returning
        What a unit could do that had cleared and was on its way home: "held" (it cannot be sent before it is home), "at
        station" (it can, and takes as long as from there), "on the way" (it can, from where it is).
    baseline
        How far the model is from the record, of the units that were really sent. By `group` ("all", "station_id", the
        home of the unit that went, and "hour" received) and `value`: `single` calls to which one unit of the kind
        asked for was sent, and `right_share` (with its Wilson 95 % interval) of them to which the nearest by the model
        is the one that went; `n` calls that count and of which both times are known: `travel_error_p50_s` and
        `travel_error_abs_p50_s` (median of modelled less observed travel, and of its size), observed and modelled p50
        and p90 of travel, p90 of the objective's interval [s], and the share within the limit, observed and modelled;
        and `from_call`, calls whose unit was still at another by the record, and not compared. Below ten: missing.
    rules
        Share of right units by each way to treat a unit on its way home (`returning`), and kind of unit; `taken`.
    calls
        By `incident_id`, in order of dispatch: `received`, `local`, `outcome` ("own", "aid", "unmet", "not placed": the
        best of any response to it) and `outcome_asked` (of those of the kind that the objective asks for), `counts`
        (under policy and objective), `observed_unit`, `observed_station`, `observed_s` (the objective's interval) and
        `observed_travel_s` of the unit that first arrived; `unit_id`, `station_id` and `whence` (0 station, 1 on the
        way home, 2 another call, -1 nobody) of the one that does so here; `before_travel_s` (handling and turnout, as
        far as they are in the interval), `travel_s` (median), `drive_s` (drawn) [s], `chance` of being within the limit
        (0 where nobody goes), and `units_committed`, units of the kind at other calls.
    dispatches
        One row per response that was sent again: `incident_id`, `dispatched`, `unit_type`, `observed_unit`, `outcome`,
        `unit_id`, `station_id`, `whence`, `turnout_s`, `travel_s` (median), `drive_s` (drawn) [s], `committed_h` [h],
        `late` (how likely it alone misses the objective's limit; of calls that count), `units_committed` and
        `units_on_duty` of the kind.
    incidents, responses, timezone, basis
        The history that it is; see `fireplan.read_cad`. Calls that nobody answered have no response. Drives are drawn,
        so that shares within limits are right, and not only medians.
    attendance
        The history that was sent again, beside the department that answered it.
    left_out
        Responses that are not sent again, by reason. They stand in `responses` as observed.
    notes
        What the figures rest on.
    seed
        Of the luck of drives. A response has the same luck in every scenario.
    """

    scenario: Scenario
    sent: str
    objective: Objective
    returning: str
    baseline: Handed[pd.DataFrame] = Handed(own=True)
    rules: Handed[pd.DataFrame] = Handed(own=True)
    calls: Handed[pd.DataFrame] = Handed(own=True)
    dispatches: Handed[pd.DataFrame] = Handed(own=True)
    incidents: Handed[gpd.GeoDataFrame] = Handed(own=True)
    responses: Handed[pd.DataFrame] = Handed(own=True)
    attendance: Attendance | None = None
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    seed: int = 1
    timezone: str = ""
    basis: str = "modelled"

    def __repr__(self) -> str:
        """Say the baseline error first, then what became of the calls."""
        base, found = self.error, self.summary()
        how = "as was really sent" if self.sent == "observed" else "nearest by the rules"
        many = base["n"] >= FEWEST and base["single"] >= FEWEST
        lines = [
            f"Replay of {wording.counted(len(self.calls), 'call')} in {quoted(self.scenario.name)}, {how} (modelled)",
            _error_said(base) if many else "error: too few calls to say how far the model is from the record",
        ]
        within: Any = found.loc["share_within"]
        if np.isfinite(within["value"]):
            lines.append(
                f"{self.objective}: {wording.share(within['value'])} within (95 % interval"
                f" {wording.share(within['low'])} to {wording.share(within['high'])}, n = {wording.count(within['n'])})"
            )
        n = {name: float(found["value"][f"calls_{name}"]) for name in ("own", "aid", "unmet")}
        lines.append(
            f"calls answered by own units {wording.count(n['own'])}, by neighbours {wording.count(n['aid'])}, by nobody"
            f" {wording.count(n['unmet'])}"
        )
        return "\n  ".join([*lines, *self.notes])

    @property
    def error(self) -> dict[str, float]:
        """The baseline error of all calls together."""
        return {str(name): float(figure) for name, figure in self.baseline.iloc[0].items()}

    def summary(self) -> pd.DataFrame:
        """
        Give the headline figures: the error first.

        Returns
        -------
        By `figure`: `value` with its 95 % interval `low` to `high`, `n`, `unit` and `note`. `right_first_unit` has a
        Wilson interval; `share_error` (modelled less observed share within the limit, same calls), `share_within` and
        `unmet_share` have one from whole days drawn anew; counts have none. `calls_own`, `calls_aid`, `calls_unmet` and
        `calls_not_placed` add up to `calls`, and so do `responses_...`.
        """
        calls, base = self.calls, self.error
        day = calls["local"].dt.date.astype(str).to_numpy()
        single = int(base["single"]) if base["single"] >= FEWEST else 0
        right = share_interval(round(base["right_share"] * single) if single else 0, single)
        rows: list[tuple[str, float, float, float, int, str, str]] = [
            ("right_first_unit", *right, int(base["single"]), "share of calls with one unit of the kind", "")
        ]
        both = compared(calls)
        within = np.asarray(calls["observed_s"] <= last_within(self.objective.limit_s), dtype=float)
        chance = np.asarray(calls["chance"], dtype=float)
        counted = np.asarray(calls["counts"] & calls["chance"].notna(), dtype=bool)
        nobody = np.asarray(calls["outcome_asked"] == UNMET, dtype=float)
        shares: tuple[tuple[str, NDArray[np.float64], NDArray[np.bool_], str], ...] = (
            ("share_error", chance - within, both, "share of calls that count, both known"),
            ("share_within", chance, counted, "share of calls that count"),
            ("unmet_share", nobody, counted, "share of calls that count, with nobody of the kind asked for"),
        )
        for name, value, of, unit in shares:
            drawn = means_by_day(value[of], day[of], seed=self.seed)
            too_few = FEW_DAYS if len(np.unique(day[of])) < FEWEST_DAYS else ""
            note = too_few if of.sum() >= FEWEST else "n too small"
            rows.append((name, *drawn, int(of.sum()), unit, note))
        nan = float("nan")
        for name, table in (("calls", calls), ("responses", self.dispatches)):
            became = table["outcome"].value_counts()
            rows.append((name, len(table), nan, nan, len(table), name, ""))
            rows += [
                (f"{name}_{what.replace(' ', '_')}", int(became.get(what, 0)), nan, nan, len(table), name, "")
                for what in (OWN, AID, UNMET, NOT_PLACED)
            ]
        rows += [(f"left out: {why}", n, nan, nan, n, "responses", "as observed") for why, n in self.left_out]
        columns = ["figure", "value", "low", "high", "n", "unit", "note"]
        return pd.DataFrame(rows, columns=columns).set_index("figure")


@takes
def replay(  # noqa: PLR0913 - each has a usual value
    scenario: Scenario,
    history: History | Attendance,
    *,
    sent: Literal["observed", "rules"] = "rules",
    objective: Objective | None = None,
    policy: Policy | None = None,
    choice: Literal["measured", "nearest"] = "measured",
    returning: Literal["measured", "held", "at station", "on the way"] = "measured",
    ties_s: float = TIES_S,
    out_of_service: Mapping[str, str | Sequence[str | tuple[str, str]]] | None = None,
    seed: int = 1,
) -> Replay:
    """
    Send a history again, call by call, with the units as they stood.

    Parameters
    ----------
    scenario
        The department that answered, or what comes from it by `apply`: a station closed, a unit added or moved.
    history
        From `fireplan.read_cad`; or what `attend` made of it beside the department that answered.
    sent
        "observed": the units that were really sent, with travel as modelled; for the department that answered alone.
        "rules": of each kind as many as were sent, the nearest of those that are free.
    objective
        For the first unit of one kind; left out: the first engine of NFPA 1710 within 240 s of travel.
    policy
        Which calls count; all of them keep units busy. Left out: `Policy()`.
    choice
        By the rules, whether the nearest always goes, or as surely as it does in the record: that is not always, as the
        city's own maps differ from the model, and as units are out of service that no record tells of.
    returning
        What a unit that has cleared can do before it is home; "measured": what fits the record best.
    ties_s
        A unit that clears no more than this after a dispatch counts as free for it. [s]
    out_of_service
        By unit, when it was out of service besides its schedule and its calls, such as for repair or training: hours of
        the week, or spells of local time such as [("2025-07-01 08:00", "2025-07-02")].
    seed
        Of the luck of drives.

    Returns
    -------
    The replay; its `baseline` error is that of the department that answered, whatever the scenario.

    Raises
    ------
    InputError
        If the history has one row per incident, if the scenario has no units or none of a kind that was sent, if the
        objective is for a force, if the scenario was narrowed by `only` or asks of one moment (`at`), if no time of
        clearing is known, or if `sent="observed"` is asked of a changed department.

    Notes
    -----
    Responses are taken in order of dispatch. A unit is committed from dispatch to clear, and then drives home: the time
    that a drive from its station takes, or less if it was called off on the way. "on the way" puts it on the straight
    line home; from the scene a metre takes what it takes on all drives. A commitment without a stamp of its end, or of
    over a day, ends with its last stamp. A unit is out of service outside its `schedule` and in spells that are
    told (`out_of_service`); others are not known. Stations that are closed send nobody. Of units that share a crew
    (`shared_crew`) one is out at a time, by the rules; the others can be sent when it is home.

    With `choice="measured"` a station is sent in proportion to its drive to the power of -s (a logit choice on the
    logarithm of the drive), and s is such that the nearest is expected at as many calls with one unit of its kind as it
    went to. Where it went to more than 97 in 100 it always goes; where to fewer than two of three, the department
    follows other rules, and it always goes too; the notes say so. Chance belongs to the call and the station: it is the
    same in every scenario.

    By the rules, a response keeps what was observed of it: handling of the call, turnout (by the crew of another
    station as much longer or shorter as theirs is), time on scene, whether it was called off and when; of several the
    last sent are those called off, as the nearest goes first. The drive is modelled: the median of the hours of the
    call, and about it the spread of the calibration, with one luck for each response, the same in every scenario. Calls
    that do not count drive as much slower as they did in the record.
    Own units go first; where too few are free, as many neighbours' units come as the record says came, and beyond that
    the response is unmet. Where the place of a call is not known, or a unit came upon it, the unit that went goes.

    Examples
    --------
    >>> import fireplan as fp
    >>> today = fp.examples.marisol()
    >>> weeks = fp.response_performance.between(fp.examples.marisol_project().history, "2024-03-01", "2024-03-15")
    >>> found = fp.replay(today, weeks)
    >>> bool(found.baseline.loc[("all", "all"), "right_share"] > 0.97)
    True
    """
    check = Faults("replay")
    if len(scenario.units) == 0:
        check.add(f"scenario {quoted(scenario.name)} has no units, so that nobody can be sent: add them")
    if not 0 <= ties_s < 3600:
        check.add(f"ties_s is {ties_s}: give seconds, from 0 to below 3,600")
    for name, value, known in (
        ("sent", sent, SENT),
        ("choice", choice, CHOICES),
        ("returning", returning, ("measured", *RETURNING)),
    ):
        if value not in known:
            check.add(f"{name} is {quoted(value)}: use {listed(known)}")
    refuse_parts(scenario, check)
    check.raise_if_any()
    objective = _objective(objective)
    department = root(scenario)
    if sent == "observed" and scenario is not department:
        raise InputError(
            "what was really sent can be sent again by the department that answered alone: ask for sent='rules', or"
            f" give {quoted(department.name)}"
        )
    given = history if isinstance(history, Attendance) else attend(history, scenario=department, policy=policy)
    for unit in out_of_service or {}:
        if unit not in department.units.index and unit not in scenario.units.index:
            raise UnknownIdError("unit", unit, department.units.index)
    past = past_calls(given, department, seed=seed)
    drives, fleet = drives_to_calls(department, past), fleet_of(department, past, out_of_service)
    past = past.reached(drives.travel_s)
    errors, way = _by_ways_home(past, fleet, drives, ties_s)
    way = way if returning == "measured" else RETURNING.index(returning)
    errors["taken"] = errors.index.get_level_values("returning") == RETURNING[way]
    seen = send_again(past.sent, fleet, drives, by_rules=False, returning=way, ties_s=ties_s)
    steepness = _steepness(past, fleet, drives, way, ties_s) if choice == "measured" else np.inf
    paces, pace_note = _paces(past, seen)
    past_sent = past.sent._replace(pace=paces)
    seen = send_again(past_sent, fleet, drives, by_rules=False, returning=way, ties_s=ties_s)
    observed = call_figures(past, seen, department, objective, by_rules=False)
    base = baseline_errors(past, seen, observed, objective)
    if sent == "observed":
        found, calls = seen, observed
    else:
        past = replace(past, sent=called_off_last(past_sent))
        if scenario is not department:
            drives, fleet = drives_to_calls(scenario, past), fleet_of(scenario, past, out_of_service)
        as_told = _of_scenario(past.sent, past.units, scenario, fleet)
        found = send_again(as_told, fleet, drives, by_rules=True, returning=way, ties_s=ties_s, steepness=steepness)
        calls = call_figures(past, found, scenario, objective, by_rules=True)
    return Replay(
        scenario, sent, objective, RETURNING[way], base, errors, calls,
        dispatch_table(past, found, scenario, objective), _as_history(given), responses_of(past, found, scenario),
        attendance=given, left_out=tuple((why, n) for why, n in past.left_out.items() if n),
        notes=_notes(past, found, scenario, RETURNING[way], pace_note, steepness if sent == "rules" else None,
                     told_out=bool(out_of_service)),
        seed=seed, timezone=given.timezone,
    )  # fmt: skip


def _error_said(base: dict[str, float]) -> str:
    """Say in a line how far the model is from the record."""
    return (
        f"error: right first unit {wording.share(base['right_share'])} of {wording.count(base['single'])} calls with"
        f" one; travel {wording.signed(base['travel_error_p50_s'])} s at the median; within the limit"
        f" {wording.share(base['share_modelled'])} modelled, {wording.share(base['share_observed'])} observed"
        f" (n = {wording.count(base['n'])})"
    )


def _objective(objective: Objective | None) -> Objective:
    """Give the objective asked for, or the first engine of NFPA 1710."""
    if objective is None:
        standard = standard_of("NFPA_1710")
        objective = next(o for o in standard.objectives if o.key == "first_engine") if standard else objective
    if objective is None:
        raise InputError("there is no objective: give one")
    check_objective(objective)
    return objective


def _by_ways_home(
    past: PastCalls, fleet: StaffedUnits, drives: ReplayDrives, ties_s: float
) -> tuple[pd.DataFrame, int]:
    """Share of right units by each way to treat a unit on its way home, and the number of the best."""
    parts, shares = {}, []
    one = alone(past)

    def as_observed(way: int) -> SentAgain:
        return send_again(past.sent, fleet, drives, by_rules=False, returning=way, ties_s=ties_s)

    for way, name in enumerate(RETURNING):
        found = listening(partial(as_observed, way), what=compiling_or("replay", send_loop))
        parts[name] = right_by_kind(past, found)
        shares.append(right(past, found)[one].mean() if one.any() else 0.0)
    return pd.concat(parts, names=["returning"]), int(np.argmax(shares))


def _steepness(past: PastCalls, fleet: StaffedUnits, drives: ReplayDrives, way: int, ties_s: float) -> float:
    """How surely the nearest goes, so that it is expected to as often as it did; inf: always."""
    some = np.flatnonzero(alone(past))
    one = np.zeros(len(past.sent.at_s), dtype=bool)
    one[some[:: max(len(some) // ENOUGH, 1)]] = True
    seen = send_again(past.sent, fleet, drives, by_rules=False, returning=way, ties_s=ties_s, asked=one)
    one &= seen.nearest >= 0
    went = int((fleet.station[seen.nearest] == fleet.station[past.sent.unit])[one].sum())
    if one.sum() < FEWEST or not OTHER_RULES <= went / one.sum() <= AS_GOOD_AS_ALWAYS or went >= seen.expected[-1]:
        return float("inf")
    return float(np.exp(np.interp(went, seen.expected, np.log(GRID))))


def _paces(past: PastCalls, seen: SentAgain) -> tuple[NDArray[np.float64], str]:
    """How much longer drives take to calls that are no emergencies: the middle one, from stations."""
    hurry = past.attendance.incidents["emergency"].reindex(past.incidents.index).to_numpy(bool)[past.sent.call]
    observed = past.rows["travel_s"].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = observed / seen.median_s
    usual = ~hurry & (seen.whence == FROM_HOME) & (seen.unit != NOBODY) & np.isfinite(ratio) & (ratio > 0)
    paces = np.ones(len(hurry))
    if usual.sum() < FEWEST:
        return paces, ""
    middle = float(np.median(ratio[usual]))
    paces[~hurry] = middle
    note = (
        f"drives to calls that are no emergencies took {wording.number(middle, decimals=2)} times as long as modelled"
        f" (middle one of {wording.count(usual.sum())}), and do so here"
    )
    return paces, note


def _of_scenario(sent: PastResponses, known: pd.Index, scenario: Scenario, fleet: StaffedUnits) -> PastResponses:
    """Who was sent, by the units of a scenario; one that is no more, or stands at a closed station, is nobody."""
    at = scenario.units.index.get_indexer(known)
    there = np.diff(fleet.first_span) > 0
    at = np.where((at >= 0) & there[np.maximum(at, 0)], at, NOBODY)
    return sent._replace(unit=np.append(at, NOBODY)[sent.unit])


def _as_history(attendance: Attendance) -> gpd.GeoDataFrame:
    """Incidents as a history has them."""
    return attendance.incidents.drop(columns=["local", "inside", "emergency", "counts"])


def _notes(
    past: PastCalls,
    found: SentAgain,
    scenario: Scenario,
    way: str,
    pace_note: str,
    steepness: float | None,
    *,
    told_out: bool,
) -> tuple[str, ...]:
    """Say what the figures rest on."""
    spread = None if scenario.calibration is None else scenario.calibration.spread
    free = "held until it is there" if way == "held" else f"free, {way}"
    notes = [
        f"a unit on its way home is {free}: of the ways to treat it, see `rules`",
        "units out of service for other reasons than their schedule are not known"
        + (", but for those told in `out_of_service`" if told_out else ""),
    ]
    if spread is None:
        notes.append(
            "drives are planned, or their spread is not known: in time is yes or no by the median: it misleads"
        )
    if pace_note:
        notes.append(pace_note)
    if scaled_demand(scenario):
        notes.append("demand that is scaled changes nothing here: the calls are those of the record; see `simulate`")
    notes += _of_the_record(past)
    notes += overlapping_said(overlapping(past.rows, past.units))
    notes += crews_said(scenario.units)
    notes += unruled(scenario, scenario.units, mend="simulate knows rules of aid")
    on_road = int((found.whence == FROM_ROAD).sum())
    if on_road:
        notes.append(f"{wording.counted(on_road, 'response')} from the way home")
    own_for_aid = int((past.rows["theirs"].to_numpy(bool) & (found.unit != NOBODY)).sum())
    if steepness is not None and steepness < np.inf:
        notes.append("the nearest unit goes as often as it does in the record, not always: see `choice`")
    if steepness is not None and own_for_aid:
        notes.append(
            f"{wording.counted(own_for_aid, 'response')} of neighbours in the record go to own units, which were free"
        )
    return tuple(notes)


def _of_the_record(past: PastCalls) -> list[str]:
    """Say what the record leaves out."""
    notes = [
        f"{wording.counted(n, 'response')} not sent again, {why}: as observed" for why, n in past.left_out.items() if n
    ]
    astray = int((~past.placed).sum())
    if astray:
        notes.append(
            f"{wording.counted(astray, 'call')} without a place that a station reaches: who went goes, unmeasured"
        )
    endless = int(past.rows["cleared"].isna().sum())
    if endless:
        notes.append(
            f"{wording.counted(endless, 'response')} without a time of clearing end with their last stamp: their units"
            " count as free too soon"
        )
    return notes
