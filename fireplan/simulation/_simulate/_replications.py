"""One simulated period: calls drawn, units asked for, and who came."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from fireplan._kernel.simulation import Drives, UnitsAsked, in_rings
from fireplan.drive_times._travel_spread import LEVELS, NORMAL_SHAPE
from fireplan.simulation._hospitals import walls_s
from fireplan.simulation._simulate._event_loop import send_units
from fireplan.simulation._simulate._hospital_legs import NOWHERE
from fireplan.simulation._simulate._moving_loop import send_with_moves
from fireplan.simulation._simulate._random_streams import Decision, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation import MovesMade, UnitsInService, UnitsSent
    from fireplan.drive_times import TravelSpread
    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._demand_draws import DemandModel
    from fireplan.simulation._simulate._dispatch_policies import Dispatch
    from fireplan.simulation._simulate._drive_medians import DriveMedians
    from fireplan.simulation._simulate._hospital_legs import HospitalLegs
    from fireplan.simulation._simulate._moving_loop import Movement

OWN, AID, UNMET = 0, 1, 2
"""Who comes of each unit asked for: one of the department's own, a neighbour's, nobody."""

HOURS, MINUTES, DAY_S, WEEK_MIN, MICRO = 24, 60, 86_400.0, 10_080, 1e6


class SimulationModel(NamedTuple):
    """
    All that replications of a scenario share.

    Attributes
    ----------
    templates, demand, drives
        Calls of the history, what draws of them, and drives to their places.
    fleet, turnout_s, spread, pace
        Units, their turnouts, how drives differ (None: they do not), and their pace by urgency.
    clock
        From the first day of the warm-up until after the last.
    first_day
        Local midnight at which the warm-up begins.
    warm_up_days, days
        Days that are simulated and not counted, and those that are.
    queue
        By kind, whether what finds nobody free waits.
    beyond
        Of each unit asked for in `templates`, whether there are not so many of its kind: it is not waited for.
    aid
        Whether neighbours take what nobody of the department serves.
    theirs
        Of each unit in service, whether it is a neighbour's that a rule of aid sends.
    policy
        Chooses units; None: the nearest.
    legs
        Who takes patients to which hospitals; None: stays are those of the history, home is from the scene.
    movement
        Moves units up and calls reserves in; None: nobody does.
    """

    templates: CallTemplates
    demand: DemandModel
    drives: DriveMedians
    fleet: UnitsInService
    turnout_s: NDArray[np.float64]
    spread: TravelSpread | None
    pace: NDArray[np.float64]
    clock: LocalPeriod
    first_day: pd.Timestamp
    warm_up_days: int
    days: int
    queue: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    aid: bool
    theirs: NDArray[np.bool_]
    policy: Dispatch | None
    legs: HospitalLegs | None
    movement: Movement | None


class Replication(NamedTuple):
    """
    What happened in one replication. Times are seconds since the warm-up began.

    Attributes
    ----------
    template, received_s
        Of each call: the pattern it was drawn from, and when it came.
    counted_from_s, until_s
        The period that counts.
    call, kind, asked_s, off
        Of each unit asked for, in order of asking: row of its call, kind, when, and whether it was called off.
    who, sent
        Who came, and the stamps; of `sent.unit` rows of the units in service, -1 for none of them.
    hospital, wall_s
        Of each unit asked for: row of the hospital to which it takes a patient, -1 for none, and how long it is held
        there [s]; empty without hospitals.
    made
        Who was moved up and called in; None: nobody could be.
    """

    template: NDArray[np.int32]
    received_s: NDArray[np.float64]
    counted_from_s: float
    until_s: float
    call: NDArray[np.int32]
    kind: NDArray[np.int16]
    asked_s: NDArray[np.float64]
    off: NDArray[np.bool_]
    who: NDArray[np.int8]
    sent: UnitsSent
    hospital: NDArray[np.int16]
    wall_s: NDArray[np.float32]
    made: MovesMade | None

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Which calls came after the warm-up."""
        return self.received_s >= self.counted_from_s

    @property
    def outcome(self) -> NDArray[np.int64]:
        """By call: served (`OWN`) if any of the department's units went, else `AID` if a neighbour's, else `UNMET`."""
        found = np.full(len(self.template), UNMET)
        np.minimum.at(found, self.call, self.who.astype(np.int64))
        return found

    @property
    def waited_s(self) -> NDArray[np.float64]:
        """How long each unit asked for was waited for; NaN: none came. [s]"""
        return self.sent.dispatched_s - self.asked_s


def simulated(model: SimulationModel, seed: int, replication: int) -> Replication:
    """Simulate one replication."""
    templates = model.templates
    calls = model.demand.draw(seed, replication)
    received_s = _elapsed_s(model, calls.wall_s)
    first, count = templates.item_start[calls.template], np.diff(templates.item_start)[calls.template]
    call = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(call)) - np.repeat(np.cumsum(count) - count, count)
    item = np.repeat(first, count) + rank
    later_s = templates.processing_s[calls.template][call] + templates.after_s[item]
    at_s = received_s[call] + later_s
    order = np.argsort(at_s, kind="stable")
    call, rank, item, at_s = call[order], rank[order], item[order], at_s[order]
    minute = ((calls.wall_s[call] + later_s[order]) // MINUTES).astype(np.int64)
    minute = (minute + model.first_day.day_of_week * HOURS * MINUTES) % WEEK_MIN
    pattern = calls.template[call]
    levels = {
        what: _by_rank(seed, replication, what, call, rank, len(count))
        for what in (Decision.TURNOUT, Decision.DRIVE, Decision.AID)
    }
    shape = NORMAL_SHAPE if model.spread is None else model.spread.shape
    drive_z = np.interp(levels[Decision.DRIVE], LEVELS, shape)
    place = model.drives.place[pattern].astype(np.int32)
    period = model.drives.period_of_minute[minute].astype(np.int32)
    after = _after_arrival(model, seed, replication, (call, rank, len(count)), item, place, period)
    asked = UnitsAsked(
        at_s=at_s,
        kind=templates.kind[item].astype(np.int32),
        place=place,
        period=period,
        urgency=templates.urgency[pattern] * len(call) + np.arange(len(call)),
        circumstance=(templates.category[pattern] * HOURS + minute // MINUTES % HOURS).astype(np.int32),
        turnout_level=levels[Decision.TURNOUT],
        drive_z=np.zeros(len(call)) if model.spread is None else drive_z,
        pace=model.pace[templates.urgency[pattern]],
        stay_s=after.stay_s,
        called_off_s=templates.called_off_s[item],
        leaves=after.leaves,
        sibling=in_rings(call),
        went=np.full(len(call), -1, dtype=np.int32),
    )
    drives = Drives(
        median_s=model.drives.median_s,
        nearest=model.drives.nearest,
        turnout_s=model.turnout_s,
        upper=0.0 if model.spread is None else model.spread.upper,
        slope=0.0 if model.spread is None else model.spread.slope,
    )
    chooser = None
    if model.policy is not None:
        chooser = model.policy.chooser(asked, model.fleet, drives, pattern)
    ends = _elapsed_s(model, np.array([model.warm_up_days, model.warm_up_days + model.days]) * DAY_S)
    made = None
    if model.movement is None:
        sent = send_units(asked, model.fleet, drives, queue=model.queue, beyond=model.beyond[item], chooser=chooser)
    else:
        waits = model.queue[asked.kind] & ~model.beyond[item]
        sent, made = send_with_moves(
            asked, model.fleet, drives, model.movement, waits=waits, end_s=float(ends[1]), chooser=chooser
        )
    nobody = AID if model.aid else UNMET
    who = np.append(np.where(model.theirs, AID, OWN), nobody)[sent.unit].astype(np.int8)  # -1 finds the last
    if model.aid:
        _with_aid(model, asked, levels[Decision.AID], sent)
    return Replication(
        calls.template.astype(np.int32), received_s, float(ends[0]), float(ends[1]), call.astype(np.int32),
        templates.kind[item].astype(np.int16), at_s, np.isfinite(templates.called_off_s[item]), who, sent,
        after.hospital[: len(call) if model.legs else 0].astype(np.int16),
        after.wall_s[: len(call) if model.legs else 0].astype(np.float32), made,
    )  # fmt: skip


class _AfterArrival(NamedTuple):
    """How long each unit stays until it is clear [s], where it leaves for home, and what of that is of a hospital."""

    stay_s: NDArray[np.float64]
    leaves: NDArray[np.int32]
    hospital: NDArray[np.int64]
    wall_s: NDArray[np.float64]


def _after_arrival(
    model: SimulationModel,
    seed: int,
    replication: int,
    who: tuple[NDArray[np.int64], NDArray[np.int64], int],
    item: NDArray[np.int64],
    place: NDArray[np.int32],
    period: NDArray[np.int32],
) -> _AfterArrival:
    """Let units stay as in the history, or take their patients to hospital."""
    stay_s, legs = model.templates.stay_s[item], model.legs
    hospital, wall_s = np.full(len(item), NOWHERE), np.zeros(len(item))
    if legs is None:
        return _AfterArrival(stay_s, place, hospital, wall_s)
    rows = np.flatnonzero(legs.takes[item])
    level = _by_rank(seed, replication, Decision.HOSPITAL, *who)[rows]
    to = legs.chosen(period[rows], place[rows], level)
    z = ndtri(np.clip(_by_rank(seed, replication, Decision.WALL, *who)[rows], 1e-9, 1 - 1e-9))
    hospital[rows], wall_s[rows] = to, walls_s(legs.hospitals, to, z)
    stay_s[rows] = legs.scene_s[item[rows]] + legs.leg_s[period[rows], place[rows], to] + wall_s[rows]
    leaves = place.copy()
    leaves[rows] = legs.first_place + to
    return _AfterArrival(stay_s, leaves, hospital, wall_s)


def _elapsed_s(model: SimulationModel, wall_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds since the start, of those on the wall; what lies in the hour left out in spring comes in the next."""
    local = model.first_day.as_unit("us") + pd.to_timedelta(np.round(wall_s * MICRO).astype(np.int64), unit="us")
    first = np.ones(len(wall_s), dtype=bool)
    at = pd.DatetimeIndex(local).tz_localize(model.clock.timezone, ambiguous=first, nonexistent=pd.Timedelta(hours=1))
    return np.asarray((at.as_unit("us").asi8 - model.clock.ends_us[0]) / MICRO)


def _by_rank(
    seed: int, replication: int, what: Decision, call: NDArray[np.int64], rank: NDArray[np.int64], n_calls: int
) -> NDArray[np.float64]:
    """Draw a number from 0 to 1 for each unit asked for: by its call and its place among the units of the call."""
    found = np.empty(len(call))
    for number in range(int(rank.max(initial=-1)) + 1):
        rows = np.flatnonzero(rank == number)
        found[rows] = stream(seed, replication, what, number).random(n_calls)[call[rows]]
    return found


def _with_aid(model: SimulationModel, asked: UnitsAsked, level: NDArray[np.float64], sent: UnitsSent) -> None:
    """Write the stamps of neighbours' units: as long on the way as theirs in the history, not known where none came."""
    for kind, name in enumerate(model.templates.kinds):
        rows = np.flatnonzero((sent.unit < 0) & (asked.kind == kind))
        sent.dispatched_s[rows] = asked.at_s[rows]
        known = model.templates.aid_s.get(name)
        if known is None or not len(known):
            continue
        sent.arrived_s[rows] = asked.at_s[rows] + known[(level[rows] * len(known)).astype(np.int64)]
        off = asked.called_off_s[rows] >= 0
        cleared_s = np.where(
            off, asked.at_s[rows] + asked.called_off_s[rows], sent.arrived_s[rows] + asked.stay_s[rows]
        )
        sent.cleared_s[rows] = cleared_s
        sent.arrived_s[rows[off]] = np.nan
