"""Why objectives were missed: for each incident over its objective, the one part of it that decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.changes._drive_error import error_said
from fireplan.errors import Faults, listed, quoted
from fireplan.response_performance._attendance import Attendance, History, attend
from fireplan.response_performance._calls_held_to import calls_held_to
from fireplan.response_performance._commitments import Commitments, not_cleared_said
from fireplan.response_performance._groups import keys_for, with_unknown
from fireplan.response_performance._missed_parts import EXCESSES, LIMITS, PARTS, decided, limits_of
from fireplan.response_performance._missed_totals import counted, expected
from fireplan.response_performance._reason_chances import ReasonChances, likeliest, reason_chances
from fireplan.response_performance._statistics import FEWEST, percentile
from fireplan.standards import Standard, named
from fireplan.standards._library import standard_of
from fireplan.stations import KINDS
from fireplan.travel._on_duty import duty_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.response_performance._groups import Shifts
    from fireplan.response_performance._policy import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

WORTH_TELLING, WORTH_TELLING_S = 0.1, 15.0
"""Drives that differ from modelled ones by more than this part, or in a band by more than this [s], are told."""

NOBODY = (
    "the records do not say which unit came: the drive is held against that from the first-due station, so that"
    " slow_travel holds what came from elsewhere too, and who was busy cannot be told"
)

WEIGHED = (
    "reasons are probabilities: a drive was slow only as far as usual ones would have come in time, by how calibrated"
    " drives differ"
)

OF_CALLS = ["unit_id", "unit_type", "station_id", "observed_s", "over_s", "travel_s", "first_due", "first_due_busy"]
"""Columns of `Missed.calls`."""

BANDS_S = (0.0, 60.0, 120.0, 180.0, 240.0)
"""Where bands of modelled time begin. [s]"""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Missed:
    """
    Incidents over their objective, and why.

    Attributes
    ----------
    objective
        What was missed.
    incidents
        By `incident_id`, one row per incident over the objective, in order of time received. Text columns of the
        incidents and their zones, then:

        - observed: `observed_s` (the objective's interval), `limit_s`, `over_s` (how far over it is); the responding
          unit (first of the kind needed to arrive) as `unit_id`, `unit_type`, `station_id` (its home), and its
          `handling_s` (call to its own dispatch), `turnout_s`, `travel_s` [s];
        - modelled: `first_due` (station), `modelled_travel_s` from there, `modelled_s` from the home of the responding
          unit (missing if it was not at home or that is not an open station of the scenario) [s];
        - observed: `first_due_busy` (all units of the kind needed of the first-due station, or their crews with another
          unit, were committed to other incidents; missing where there is no first-due station), `from_away` (the
          responding unit was not at home);
        - each part's excess, observed or modelled less what it is allowed: `handling_excess_s`,
          `turnout_excess_s`, `distance_excess_s`, `elsewhere_excess_s`, `slow_travel_excess_s` [s]; negative: time
          gained; missing: not part of the interval. They add up to `over_s`;
        - `reason`, a key of `REASONS`, and `alone` (mending it alone would have met the objective; missing for
          `outside_area` and `unknown`); with a calibration `reason_chance` (the reason is the likeliest, and `alone`
          what is likelier if it decided); `geometry`.
    measured
        Incidents of which the interval is known: those in `incidents`, and those within the objective.
    unmeasured
        Incidents to which a unit was sent and of which it is not known; in neither.
    drive_ratio, drives
        Observed travel by modelled travel, the middle one of so many drives from home to measured incidents. Far from
        one it speaks of the model, and shifts reasons between `distance` and `slow_travel`.
    drive_errors
        The same as differences: by `from_s`, where a band of modelled time begins, `to_s`, `drives`, and `error_p50_s`,
        observed less modelled travel of the middle one (inverted_cdf); missing for fewer than ten [s].
    attendance
        Who went to what.
    limits
        The standard whose limits of call handling and turnout were used.
    chances
        Where the scenario is calibrated: how likely each reason decided each incident, and how likely it did so alone.
        None: each has one reason.
    drive_error
        What the calibration says of its error; "" without one.
    duty
        Which units count as first due, where some work by a schedule.
    calls
        By `incident_id`, all that were measured, those within the objective too: the responding `unit_id`, `unit_type`
        and `station_id`, `observed_s`, `over_s` (zero or less: within), `travel_s` [s], `first_due` and
        `first_due_busy` as in `incidents`.
    """

    objective: Objective
    incidents: gpd.GeoDataFrame
    measured: int
    unmeasured: int
    drive_ratio: float
    drives: int
    attendance: Attendance
    limits: Standard
    drive_errors: pd.DataFrame
    chances: ReasonChances | None = None
    drive_error: str = ""
    duty: tuple[str, ...] = ()
    calls: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        """Say the reasons in a few lines."""
        told = self.totals()
        part = f"{wording.count(len(self.incidents))} of {wording.count(self.measured)} incidents"
        lines = [f"{part} missed {quoted(str(self.objective))}"]
        rows = zip(told.index, told["incidents"], told["share"], strict=True)
        lines += [
            f"{r}: {wording.count(n)}" + ("" if np.isnan(part) else f" ({wording.share(part)} of known)")
            for r, n, part in rows
            if n
        ]
        return "\n  ".join([*lines, *self.notes()])

    def totals(self, *, by: str | Sequence[str] = (), shifts: Shifts | None = None) -> pd.DataFrame:
        """
        Count the incidents by reason.

        Parameters
        ----------
        by
            What to break them down by first: `first_due`, or whatever `performance` can be, such as `zone_id`,
            `district`, `station_id` (home of the responding unit), `hour`.
        shifts
            For `by="shift"`.

        Returns
        -------
        By the groups and `reason`, every reason in each group: `incidents`; `known` (incidents of the group whose
        reason is known) and `share` (incidents of known; missing for `unknown`); `alone` (incidents that mending this
        alone would have brought within the objective); `over_p50_s` (middle one of how far they were over,
        inverted_cdf) [s]. Incidents that belong to no group, such as those in no zone, stand under "not known".

        With a calibration `incidents`, `known` and `alone` are expected numbers, sums of how likely each reason is, and
        `over_p50_s` is weighted by that. Over all reasons they add up to the incidents.
        """
        by = [by] if isinstance(by, str) else list(by)
        rows = self.incidents
        names = [name for name in by if name != "first_due"]
        keys = keys_for(self.attendance, rows, names, shifts=shifts)
        if "first_due" in by:
            keys = keys.assign(first_due=with_unknown(rows["first_due"]))
        found = keys[by].assign(reason=rows["reason"], alone=rows["alone"].fillna(value=False), over_s=rows["over_s"])
        return counted(found, by) if self.chances is None else expected(found, by, self.chances)

    def notes(self) -> list[str]:
        """Say what the reasons rest on, and what should be checked before they are stated."""
        basis = self.attendance.basis
        notes = [NOBODY] if self.attendance.grain == "incident" else []
        notes += [f"travel is modelled with units at home and compared with what was {basis}; all else is {basis}"]
        notes += self.duty
        if self.chances is not None:
            notes.append(WEIGHED)
        if self.drive_error:
            notes.append(self.drive_error)
        notes += self._of_drives()
        notes += not_cleared_said(self.attendance.responses)
        if self.unmeasured:
            notes.append(
                f"{wording.count(self.unmeasured)} more incidents are neither missed nor met: a stamp is missing"
            )
        used = [o for part in PARTS[self.objective.interval] for o in limits_of(part, self.limits)]
        unseen = [f"{quoted(o.title)} ({wording.clock(o.limit_s)})" for o in [self.objective, *used] if not o.verified]
        notes += [f"the figure of {o} was not seen in its source: check it before stating it" for o in unseen]
        return notes

    def _of_drives(self) -> list[str]:
        """Say how observed drives differ from modelled ones, where they do."""
        table = self.drive_errors[self.drive_errors["error_p50_s"].notna()]
        errors = table["error_p50_s"]
        if not abs(self.drive_ratio - 1) > WORTH_TELLING and not (errors.abs() > WORTH_TELLING_S).any():
            return []
        bands = [
            f"{_band(begin, end)} {wording.signed(error)} s"
            for begin, end, error in zip(table.index, table["to_s"], errors, strict=True)
        ]
        by_band = f"; observed less modelled, middle ones by modelled time: {', '.join(bands)}" if bands else ""
        mend = (
            "calibrate them anew" if self.drive_error else "the travel times need a calibration to these records first"
        )
        told = (
            f"drives took {wording.number(self.drive_ratio, decimals=2)} times as long as modelled (middle one of"
            f" {wording.count(self.drives)}{by_band}), so that slow_travel and distance say more about the model than"
            f" about drives and stations: {mend}"
        )
        return [told]


def _band(begin_s: float, end_s: float) -> str:
    if begin_s == 0:
        return f"up to {wording.clock(end_s)}"
    return wording.span(begin_s, end_s) if np.isfinite(end_s) else f"over {wording.clock(begin_s)}"


@takes
def why_missed(
    history: History | Attendance,
    *,
    scenario: Scenario,
    objective: Objective,
    standard: Standard | str | None = None,
    policy: Policy | None = None,
    return_s: float = 0.0,
) -> Missed:
    """
    Say of every incident over its objective what decided it.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department: stations and the units they house, roads, zones.
    objective
        For the first unit of one kind, of `travel_s`, `turnout_and_travel_s` or `total_response_s`.
    standard
        Its objectives for `handling_s` and `turnout_s` say what those parts are allowed; the first that applies to a
        category holds, and the longest where none does. Without one for handling, those for `answering_s` and
        `processing_s` together are its limit. Left out: NFPA 1710.
    policy
        What counts; left out: `Policy()`. Not looked at when `history` is an `Attendance`.
    return_s
        How long a unit stays committed after it has cleared, on its way back to where it can be sent from. [s]

    Returns
    -------
    The incidents over the objective, with the parts of their interval and the reason.

    Raises
    ------
    InputError
        If the objective is for a force or for an interval without travel, if the scenario has no units, if the
        standard sets no limit for a part of the interval, or if the limits leave nothing for travel.

    Notes
    -----
    The interval is walked in the order of the clock, and each part is set against what it is allowed:

    1. call handling, from the call to the dispatch of the responding unit, against its limit;
    2. turnout of that unit against its limit;
    3. distance: modelled travel from the first-due station against what is left of the objective's limit after the
       limits of the parts before it;
    4. elsewhere: modelled travel from the home of the responding unit against that from the first-due station. Of a
       unit that was not at home (dispatched on the road, or while still committed to another incident) or whose home
       is not in the scenario, it is the observed travel that is set against it;
    5. the drive: observed travel against modelled travel from the home of the responding unit.

    What each has more than it is allowed is its excess. The excesses, with time gained as negative ones, add up
    to how far the incident is over. Mending a part takes its excess away; it would have met the objective if its
    excess is no less than how far the incident is over. The reason is the part whose mending alone would have met the
    objective, of several the one with the largest excess; where none alone would, it is the one with the largest excess
    and `alone` is False. So it is always the largest excess, and of equal ones the earliest. `elsewhere` is told
    apart by whether the first-due station's units of the kind needed were all committed to other incidents, from
    dispatch to cleared (and `return_s` more), when the first unit of that kind was dispatched: `first_due_busy`,
    otherwise `came_from_elsewhere`. A commitment without a stamp of its end, or of over a day,
    ends with its last stamp before that.

    Where the history has one row per incident, the unit that came is not known: all of the drive is set against that
    from the first-due station, `elsewhere` is nothing, and `slow_travel` holds it too.

    First due is by travel alone, from open stations that house a unit of the kind needed; `schedule` of units is not
    looked at. Places outside the zones (they count only if the policy says so) and places that no station reaches are
    `outside_area`, whatever their parts.

    With a calibrated scenario drives are modelled in the hours of the call, and reasons are probabilities. What a drive
    usually takes is then a distribution: for each of a hundred equally likely usual drives, of the same luck from the
    first-due station and from where the unit came, the excesses are as above and the largest decides. But the drive
    itself decides only where the usual one would have met the objective, all else being as it was; where that would
    have missed it too, it is the largest of the other parts. So of a unit from the first-due station, on travel alone,
    `distance` is how likely a usual drive from there misses, and `slow_travel` the rest. The excesses in the table are
    those at the median.
    """
    _check(scenario, objective, return_s)
    limits = standard_of(standard) or named(LIMITS[0]) + named(LIMITS[1])
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    commitments = Commitments(attendance.responses[attendance.responses["unit_id"].notna()], return_s)
    table, unmeasured = calls_held_to(attendance, scenario, objective, commitments)
    told = attendance.grain == "unit"
    ratio = (table["travel_s"] / table["modelled_s"].where(table["modelled_s"] > 0)).dropna()
    missed = table[table["over_s"] > 0].copy()
    missed = decided(missed, objective, limits, told=told)
    drives = (float(ratio.median()), len(ratio))
    chances = None
    spread = None if scenario.calibration is None else scenario.calibration.spread
    if spread is not None and scenario.roads.calibrated:
        chances = reason_chances(missed, spread, told=told)
        missed = likeliest(missed, chances)
    incidents = _as_table(missed, attendance)
    errors = _drive_errors(table)
    return Missed(
        objective,
        incidents,
        len(table),
        unmeasured,
        *drives,
        attendance,
        limits,
        errors,
        chances,
        error_said(scenario),
        tuple(duty_notes(scenario, objective.needs)),
        table[OF_CALLS],
    )


def _drive_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Observed less modelled travel of drives from home, by bands of modelled time."""
    drives = table[table["modelled_s"].notna() & table["travel_s"].notna()]
    # A band holds its end, as limits do.
    band = np.searchsorted(BANDS_S, drives["modelled_s"].to_numpy(float), side="left") - 1
    error_s = (drives["travel_s"] - drives["modelled_s"]).to_numpy(float)
    found = [np.sort(error_s[np.maximum(band, 0) == k]) for k in range(len(BANDS_S))]
    return pd.DataFrame(
        {
            "to_s": [*BANDS_S[1:], float("inf")],
            "drives": [len(errors) for errors in found],
            "error_p50_s": [percentile(errors, 0.5) if len(errors) >= FEWEST else float("nan") for errors in found],
        },
        index=pd.Index(BANDS_S, name="from_s"),
    )


def _check(scenario: Scenario, objective: Objective, return_s: float) -> None:
    faults = Faults("why_missed")
    if objective.interval not in PARTS:
        faults.add(f"the objective is for {quoted(objective.interval)}: give one for {listed(PARTS)}")
    if len(objective.needs) != 1 or max(objective.needs.values()) > 1:
        faults.add("the objective is for a force: give one for the first unit of one kind, such as {'engine': 1}")
    if unknown := [kind for kind in objective.needs if kind not in KINDS]:
        faults.add(f"needs names {quoted(unknown[0])}: kinds are {listed(KINDS)}")
    if len(scenario.units) == 0:
        faults.add(f"scenario {quoted(scenario.name)} has no units, so that nobody can be first due or busy: add them")
    if not 0 <= return_s < float("inf"):
        faults.add(f"return_s is {return_s}: give a number of seconds, zero or more")
    faults.raise_if_any()


def _as_table(table: pd.DataFrame, attendance: Attendance) -> gpd.GeoDataFrame:
    """Put the columns in order, beside what is known of the incidents."""
    incidents = attendance.incidents.loc[table.index]
    incidents = incidents.drop(columns=["inside", "emergency", "counts"])
    order = [
        "observed_s", "limit_s", "over_s", "handling_s", "turnout_s", "travel_s",
        "unit_id", "unit_type", "station_id", "first_due", "modelled_travel_s", "modelled_s",
        "first_due_busy", "from_away", *(f"{name}_excess_s" for name in EXCESSES), "reason", "alone",
        *(["reason_chance"] if "reason_chance" in table else []),
    ]  # fmt: skip
    geometry = incidents.geometry.name
    told = incidents.drop(columns=geometry).join(table[order])
    return incidents[[geometry]].join(told)[[*told.columns, geometry]]
