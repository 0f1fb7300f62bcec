"""Policies of moving up as the loop takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import said
from fireplan._kernel import simulation as kernel
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.simulation._simulate._drive_medians import minute_of_week
from fireplan.simulation._simulate._headline import LIMIT_S
from fireplan.simulation._simulate._move_policies import DMEXCLP, BestMoves, ComplianceTable, kind_of, reached_zones
from fireplan.simulation._simulate._moving_loop import Movement
from fireplan.standards import Objective
from fireplan.stations import KINDS, supply
from fireplan.travel import time_rows
from fireplan.travel._places import station_places
from fireplan.travel._route_lengths import length_rows

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from fireplan._kernel.simulation import MoveGround, Reserve, UnitsInService
    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._crews_and_duty import OnDuty
    from fireplan.simulation._simulate._drive_medians import DriveMedians
    from fireplan.simulation._simulate._move_policies import Backfill
    from fireplan.simulation._simulate._moving_loop import MovePolicy

MINUTE_US = 60_000_000


def movement_of(
    scenario: Scenario,
    moves: MovePolicy | None,
    backfill: Backfill | None,
    *,
    objective: Objective | None,
    templates: CallTemplates,
    drives: DriveMedians,
    crews: OnDuty,
    clock: LocalPeriod,
) -> Movement | None:
    """
    Lay out a policy for the loop; None: nobody moves and nobody is called in.

    Raises
    ------
    InputError, UnknownIdError
        If it is none, or names what is not there.
    """
    if moves is None and backfill is None:
        return None
    known = isinstance(moves, ComplianceTable | DMEXCLP | BestMoves)
    if moves is not None and not known and not callable(moves):
        raise InputError(
            f"moves is {said(moves)}: give a policy such as fireplan.simulation.BestMoves(), or a function of a moment"
        )
    own_objective = moves.objective if isinstance(moves, DMEXCLP | BestMoves) else None
    kind = kind_of(scenario, moves.kind if known else "", own_objective or objective)  # type: ignore[union-attr]
    units, fleet = crews.units, crews.fleet
    n, stations = len(units), drives.stations
    counts = (supply(units)[:, KINDS.index(kind)] > 0) & ~crews.terms.theirs
    reserve, notes = _reserve(backfill, units, fleet, crews.terms.theirs)
    shares_crew = np.diff(fleet.mate_start) > 0
    still = np.flatnonzero(counts & shares_crew)
    if moves is not None and len(still):
        who = wording.counted(len(still), "unit shares its crew", "units share their crew")
        notes.append(f"{who} with others and is not moved up: {listed(units.index[still])}")
    reach, weight = np.zeros((n, len(stations), 0), dtype=np.bool_), np.zeros(0)
    if isinstance(moves, DMEXCLP | BestMoves):
        cover = own_objective or objective or _first_unit(kind)
        processing_s = float(np.median(templates.processing_s)) if len(templates.processing_s) else 0.0
        reach, weight = reached_zones(scenario, cover, units["turnout_s"].to_numpy(float), processing_s=processing_s)
        notes.append(f"moves are weighed by what {_said_of(cover, processing_s)} covers at the planned or median drive")
    movable = counts & ~shares_crew & ~reserve.unit
    if moves is not None and not movable.any():
        notes.append(f"moves is of {quoted(kind)}, of which no unit can be moved up: nobody is")
    above = sorted(n for n in moves.levels if n > counts.sum()) if isinstance(moves, ComplianceTable) else []
    if above:
        notes.append(
            f"the table of compliance has levels for more units than the {int(counts.sum())} of {quoted(kind)} there"
            f" are, which do nothing: {listed(above)}"
        )
    ground = _ground(scenario, crews, drives, clock, counts, movable, reach, weight)._replace(
        while_moving=known and moves.while_moving  # type: ignore[union-attr]
    )
    rule, more = _rule(moves, units, fleet, templates, stations, counts & ~reserve.unit, float(weight.sum()))
    return Movement(
        ground, reserve, rule, None if known or moves is None else moves, kind,  # type: ignore[arg-type]
        tuple(map(str, units.index)), tuple(stations), (*notes, *more),
    )  # fmt: skip


def _first_unit(kind: str) -> Objective:
    """What cover is weighed by where no objective is given: as the headline."""
    return Objective("first_unit", f"First {kind}", LIMIT_S, interval="total_response_s", needs={kind: 1})


def _said_of(cover: Objective, processing_s: float) -> str:
    told = f"{cover.title} within {wording.clock(cover.limit_s)}"
    if cover.interval == "total_response_s":
        return f"{told} of the call (less {wording.clock(processing_s)}, half of calls' processing)"
    return told


def _reserve(
    backfill: Backfill | None, units: pd.DataFrame, fleet: UnitsInService, theirs: NDArray[np.bool_]
) -> tuple[Reserve, list[str]]:
    """Say who is called in, and when."""
    n = len(units)
    none = np.zeros(n, dtype=np.bool_)
    if backfill is None:
        return kernel.Reserve(none, none.copy(), 0, 0.0), []
    ids = [str(unit) for unit in units.index]
    for unit in backfill.units:
        if unit not in ids:
            raise UnknownIdError("unit in service", unit, ids)
    of_kind = (supply(units)[:, KINDS.index(kind_of_reserve(backfill))] > 0) & ~theirs
    reserve = np.isin(ids, backfill.units)
    if (reserve & theirs).any():
        raise InputError(
            f"backfill names {listed(units.index[reserve & theirs])}, of a neighbour: name units of your own"
        )
    if (np.diff(fleet.mate_start)[reserve] > 0).any():
        raise InputError("backfill names a unit that shares its crew with others: it cannot be called in by itself")
    if backfill.when_out > int((of_kind & ~reserve).sum()):
        raise InputError(
            f"backfill waits for {backfill.when_out} of {quoted(backfill.kind)} to be out, but there are only"
            f" {int((of_kind & ~reserve).sum())} besides the reserves"
        )
    after = wording.clock(backfill.after_s)
    told = (
        f"{listed(backfill.units)} in service only on recall, {after} after {backfill.when_out} of"
        f" {quoted(backfill.kind)} are out; `workload` counts the hours of the schedule, `utilisation` those staffed"
    )
    return kernel.Reserve(reserve, of_kind & ~reserve, int(backfill.when_out), float(backfill.after_s)), [told]


def kind_of_reserve(backfill: Backfill) -> str:
    """Say of which kind of unit some have to be out."""
    if backfill.kind not in KINDS[: KINDS.index("people")]:
        raise InputError(f"backfill: kind is {quoted(backfill.kind)}: use {listed(KINDS[: KINDS.index('people')])}")
    return backfill.kind


def _ground(
    scenario: Scenario,
    crews: OnDuty,
    drives: DriveMedians,
    clock: LocalPeriod,
    counts: NDArray[np.bool_],
    movable: NDArray[np.bool_],
    reach: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> MoveGround:
    units, stations, starts = crews.units, drives.stations, station_places(scenario)
    names = scenario.roads.period_names if scenario.roads.periods else [""]
    driven = [scenario if not name else scenario.during(name, incidents=False) for name in names]
    scene_m = np.concatenate([length_rows(scenario, ends).T for ends in drives.ends])
    if scene_m.shape != drives.median_s.shape[1:]:
        raise InputError("lengths of drives are not known of all places that are driven to")  # a fault of fireplan
    house = np.zeros(len(stations), dtype=np.bool_)
    house[crews.fleet.station[movable]] = True
    grounds, weight = _alike(reach, weight)
    return kernel.MoveGround(
        counts=counts,
        movable=movable,
        reach=grounds,
        weight=weight,
        house=house,
        unit_order=np.argsort(np.argsort(units.index.astype(str))).astype(np.int64),
        station_order=np.argsort(np.argsort(np.array(stations, dtype=str))).astype(np.int64),
        drive_s=np.stack([time_rows(one, starts) for one in driven]),
        drive_m=length_rows(scenario, starts).astype(float),
        scene_m=scene_m,
        period=_period_of_clock(drives, clock, len(names)),
        while_moving=False,
    )


def _alike(reach: NDArray[np.bool_], weight: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Put zones together that are reached by the same units from the same stations; those never reached go."""
    units, stations, _ = reach.shape
    counted = weight > 0
    flat = reach.reshape(units * stations, -1)[:, counted]
    if not flat.shape[1]:
        return np.zeros((units, stations, 0), dtype=np.bool_), np.zeros(0)
    _, first, group = np.unique(np.packbits(flat, axis=0).T, axis=0, return_index=True, return_inverse=True)
    summed = np.bincount(np.asarray(group).ravel(), weights=weight[counted]).astype(float)
    some = flat[:, first].any(axis=0)
    return np.ascontiguousarray(flat[:, first[some]].reshape(units, stations, -1)), summed[some]


def _period_of_clock(drives: DriveMedians, clock: LocalPeriod, n_periods: int) -> NDArray[np.int16]:
    """Row of the period of each minute since the warm-up began."""
    if n_periods == 1:
        return np.zeros(1, dtype=np.int16)
    start_us, end_us = clock.ends_us
    at = pd.DatetimeIndex(np.arange(start_us, end_us, MINUTE_US).view("datetime64[us]")).tz_localize("UTC")
    local = at.tz_convert(clock.timezone).to_series().reset_index(drop=True)
    return drives.period_of_minute[minute_of_week(local)].astype(np.int16)


def _rule(
    moves: MovePolicy | None,
    units: pd.DataFrame,
    fleet: UnitsInService,
    templates: CallTemplates,
    stations: tuple[str, ...],
    counts: NDArray[np.bool_],
    demand: float,
) -> tuple[dict[str, Any], list[str]]:
    """Give the figures of a policy as the loop takes them, and what is to be told of them."""
    rule: dict[str, Any] = {
        "rule": kernel.NEVER, "most": 0, "least": 0.0, "most_drive_s": np.inf,
        "table": np.zeros((1, 1), dtype=np.int16), "nearest_first": False, "worth": np.zeros(1),
    }  # fmt: skip
    if not isinstance(moves, ComplianceTable | DMEXCLP | BestMoves):
        return rule, []
    rule |= {"most": int(moves.most_moves), "most_drive_s": float(moves.longest_drive_s)}
    if isinstance(moves, ComplianceTable):
        rule |= {
            "rule": kernel.COMPLIANCE,
            "table": _table(moves, stations, len(units)),
            "nearest_first": moves.assign == "nearest first",
        }
        nested = "" if moves.is_nested else "; it is not nested, so one unit that comes free may move several"
        return rule, [f"the table of compliance is {moves.made or 'as given'}{nested}"]
    rule["least"] = moves.least_share * demand
    if isinstance(moves, BestMoves):
        return rule | {"rule": kernel.BEST}, []
    busy = _busy(units, fleet, templates, counts) if moves.busy is None else moves.busy
    rule |= {"rule": kernel.EXPECTED_COVER, "worth": (1 - busy) * busy ** np.arange(len(units) + 1)}
    whence = "given" if moves.busy is not None else "as in the history"
    return rule, [f"DMEXCLP takes each unit to be out for {wording.share(busy)} of its time, {whence}"]


def _table(moves: ComplianceTable, stations: tuple[str, ...], n_units: int) -> NDArray[np.int16]:
    """By number of free units: rows of the stations to hold, then `HOME`."""
    found = np.full((n_units + 1, n_units + 1), kernel.HOME, dtype=np.int16)
    row_of = {station: row for row, station in enumerate(stations)}
    for station in [s for level in moves.levels.values() for s in level]:
        if station not in row_of:
            raise UnknownIdError("open station", station, stations)
    for n in range(1, n_units + 1):
        for slot, station in enumerate(moves.levels.get(n, ())):
            found[n, slot] = row_of[station]
    return found


def _busy(units: pd.DataFrame, fleet: UnitsInService, templates: CallTemplates, counts: NDArray[np.bool_]) -> float:
    """Share of their time on duty for which the units of a kind were out in the history."""
    own = templates.own[templates.own["unit_id"].isin(units.index[counts])]
    out_s = float((own["cleared"] - own["dispatched"]).dt.total_seconds().sum())
    span_s = fleet.duty_end_s - fleet.duty_begin_s
    of = np.repeat(np.arange(len(units)), np.diff(fleet.duty_start))
    duty = np.bincount(of, weights=span_s, minlength=len(units))
    begin_us, end_us = templates.period.ends_us
    whole_s = float(fleet.duty_end_s.max() - fleet.duty_begin_s.min())
    staffed_s = float(duty[counts].sum()) / whole_s * (end_us - begin_us) / 1e6
    return min(out_s / staffed_s, 0.99) if staffed_s > 0 else 0.0
