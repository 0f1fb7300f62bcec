"""What became of each call: who came first, how long that takes at the median, and how likely it is in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._kernel.simulation.replay import FROM_CALL
from fireplan._limits import last_within
from fireplan.errors import Faults, listed, quoted
from fireplan.response_performance._erf_arrivals import is_alone
from fireplan.response_performance._objective_incidents import spoken_of
from fireplan.simulation._first_of_several import first_of_several
from fireplan.stations import KINDS, supply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.replay import SentAgain
    from fireplan.scenario import Scenario
    from fireplan.simulation._past_calls import PastCalls
    from fireplan.standards import Objective

BEFORE_TRAVEL = {
    "travel_s": None,
    "turnout_and_travel_s": "dispatched",
    "answered_to_arrival_s": "answered",
    "total_response_s": "received",
}
"""Intervals that end with the first arrival, and the stamp with which what comes before the drive begins."""

OWN, AID, UNMET, NOT_PLACED = "own", "aid", "unmet", "not placed"
"""
What became of a response: a unit of the scenario went; a neighbour's did, as the record has it; nobody could; or nobody
can say, as the place of the call is not known and the unit that went is no more.
"""


def check_objective(objective: Objective) -> None:
    """Refuse an objective that is not for the first unit of a kind."""
    faults = Faults("replay")
    if objective.interval not in BEFORE_TRAVEL:
        faults.add(f"the objective is for {quoted(objective.interval)}: give one for {listed(BEFORE_TRAVEL)}")
    if not is_alone(objective) or next(iter(objective.needs)) not in KINDS:
        faults.add("the objective is for a force: give one for the first unit of one kind, such as {'engine': 1}")
    faults.raise_if_any()


def of_use(past: PastCalls, objective: Objective) -> NDArray[np.bool_]:
    """Say which responses are of units that the objective asks for."""
    brings = supply(pd.DataFrame({"type": past.kinds, "crew": 1.0}))
    return np.asarray((brings[:, KINDS.index(next(iter(objective.needs)))] > 0)[past.sent.kind])


def spoken(past: PastCalls, objective: Objective) -> NDArray[np.bool_]:
    """Say which calls have a place, count under the policy, and are such as the objective speaks of."""
    applies = pd.Series(spoken_of(past.attendance, objective).applies, index=past.attendance.incidents.index)
    counts = past.incidents["counts"].to_numpy(bool)
    return np.asarray(past.placed & counts & applies.reindex(past.incidents.index).to_numpy(bool))


def outcomes(past: PastCalls, found: SentAgain) -> NDArray[np.object_]:
    """Say what became of each response."""
    theirs = past.rows["theirs"].to_numpy(bool)
    nobody = np.where(theirs, AID, np.where(past.sent.fixed, NOT_PLACED, UNMET))
    return np.where(found.unit >= 0, OWN, nobody).astype(object)


def before_travel_s(past: PastCalls, turnout_s: NDArray[np.float64], interval: str) -> NDArray[np.float64]:
    """What an interval holds before the drive: handling and turnout, by response. [s]"""
    stamp = BEFORE_TRAVEL[interval]
    if stamp is None:
        return np.zeros(len(turnout_s))
    handled = (past.rows["dispatched"] - past.rows[stamp]).dt.total_seconds().to_numpy(float)
    return np.asarray(np.where(handled >= 0, handled, np.nan) + turnout_s)


def first_rows(
    call: NDArray[np.int64], when: NDArray[np.float64], asked: NDArray[np.bool_], n: int
) -> NDArray[np.intp]:
    """Give for each of n calls the row of those asked whose moment comes first; -1: none."""
    rows = np.flatnonzero(asked & np.isfinite(when))
    rows = rows[np.lexsort((when[rows], call[rows]))]
    first = np.full(n, -1)
    _, at = np.unique(call[rows], return_index=True)
    first[call[rows[at]]] = rows[at]
    return first


def call_figures(
    past: PastCalls, found: SentAgain, scenario: Scenario, objective: Objective, *, by_rules: bool
) -> pd.DataFrame:
    """
    Give a row for each call, in order of dispatch.

    Parameters
    ----------
    past, found
        What was sent, and what became of it.
    scenario, objective
        Whose units, and what is asked of the first.
    by_rules
        Whether who comes first is told by the model, or by the record.
    """
    n, sent = len(past.incidents), past.sent
    useful, became = of_use(past, objective), outcomes(past, found)
    own = became == OWN
    at_s = _seconds(past, "arrived")
    seen = first_rows(sent.call, at_s, useful & (sent.unit >= 0), n)
    came_s = sent.at_s + found.turnout_s + found.median_s
    stays = ~np.isfinite(sent.driven_s)  # one that was called off never arrives
    comes = useful & own & stays & np.isfinite(came_s)
    first = first_rows(sent.call, came_s, comes, n) if by_rules else seen
    asked = first_rows(sent.call, sent.at_s, useful, n)
    rows, at, there = past.rows, np.maximum(first, 0), first >= 0
    units = scenario.units
    unit = found.unit[at]
    before_s = before_travel_s(past, found.turnout_s, objective.interval)
    comes &= np.isfinite(at_s) | by_rules
    chance = chances(scenario, found.median_s[at], last_within(objective.limit_s) - before_s[at])
    several, its_chance = first_of_several(
        None if scenario.calibration is None else scenario.calibration.spread, sent, found,
        may=useful & stays, comes=comes, before_s=before_s, limit_s=objective.limit_s,
    )  # fmt: skip
    chance[several] = np.where(np.isnan(chance[several]), np.nan, its_chance)
    before_s = before_s[at]
    applies = spoken(past, objective) & (asked >= 0)
    if not by_rules:
        # Its drive began nobody knows where.
        known = there & (found.whence[at] != FROM_CALL) & ~rows["on_view"].to_numpy(bool)[at]
        chance = np.where(known, chance, np.nan)
    # Where every unit was called off, none arrives, and nothing is measured.
    nobody = ~there & _any(sent.call, useful & stays & ~own & (became != NOT_PLACED), n) & by_rules
    if past.attendance.policy.aid_received:
        came = rows[objective.interval].to_numpy(float)[np.maximum(first_rows(sent.call, at_s, useful, n), 0)]
        nobody_s = np.where(_any(sent.call, useful & (became == AID), n), came, np.inf)
    else:
        nobody_s = np.full(n, np.inf)
    chance = np.where(
        there, chance, np.where(nobody, (nobody_s <= last_within(objective.limit_s)).astype(float), np.nan)
    )
    asked_at = np.maximum(asked, 0)
    observed_s = rows[objective.interval].to_numpy(float)[np.maximum(seen, 0)]
    table = pd.DataFrame(
        {
            "received": past.incidents["received"].array,
            "local": past.incidents["local"].array,
            "outcome": _of_call(sent.call, became, n),
            "outcome_asked": _of_call(sent.call[useful], became[useful], n),
            "counts": applies,
            "observed_unit": _named(rows["unit_id"].to_numpy(object), seen),
            "observed_station": _named(rows["station_id"].to_numpy(object), seen),
            "observed_s": np.where(seen >= 0, observed_s, np.nan),
            "observed_travel_s": np.where(seen >= 0, rows["travel_s"].to_numpy(float)[np.maximum(seen, 0)], np.nan),
            "unit_id": _named(units.index.to_numpy(object), np.where(there, unit, -1)),
            "station_id": _named(units["station_id"].to_numpy(object), np.where(there, unit, -1)),
            "whence": np.where(there, found.whence[at], -1),
            "before_travel_s": np.where(there, before_s, np.nan),
            "travel_s": np.where(there, found.median_s[at], np.nan),
            "drive_s": np.where(there, found.drive_s[at], np.nan),
            "chance": chance,
            "units_committed": np.where(asked >= 0, found.out[asked_at], -1),
        },
        index=past.incidents.index,
    )
    texts = ["outcome", "outcome_asked", "observed_unit", "observed_station", "unit_id", "station_id"]
    return table.astype(dict.fromkeys(texts, "str"))


def chances(scenario: Scenario, median_s: NDArray[np.float64], left_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how likely drives of some medians take no longer than what is left; yes or no, where they do not differ."""
    calibration = scenario.calibration
    known = np.isfinite(median_s) & ~np.isnan(left_s)
    if calibration is None or calibration.spread is None:
        return np.where(known, (median_s <= left_s).astype(float), np.nan)
    return np.where(known, calibration.spread.chance(np.where(known, median_s, np.inf), left_s), np.nan)


def _seconds(past: PastCalls, stamp: str) -> NDArray[np.float64]:
    """A stamp on the clock of the arrays; NaN where it is not known. [s]"""
    since = pd.Timestamp(past.starts_us, unit="us", tz="UTC")
    return np.asarray((past.rows[stamp] - since).dt.total_seconds(), dtype=np.float64)


def _any(call: NDArray[np.int64], of: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    return np.bincount(call[of], minlength=n) > 0


def _named(names: NDArray[np.object_], at: NDArray[np.intp]) -> NDArray[np.object_]:
    return np.append(names, [None])[at]


def _of_call(call: NDArray[np.int64], became: NDArray[np.object_], n: int) -> NDArray[np.object_]:
    """What became of each call: the best that became of any of some responses; missing where it has none of them."""
    found = np.full(n, None, dtype=object)
    for what in (NOT_PLACED, UNMET, AID, OWN):
        found[call[became == what]] = what
    return found
