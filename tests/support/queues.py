"""Queues of the textbooks as the simulation's loop takes them: one place, nothing to drive."""

import numpy as np

from fireplan._kernel import simulation as kernel
from fireplan.simulation._simulate._event_loop import send_units

ALWAYS = (-1e12, 1e15)


def fleet_at(station, n_stations, *, assignable=True):
    """Units that are alike, all of one kind and always on duty."""
    n = len(station)
    station = np.asarray(station, dtype=np.int32)
    mate_start, mate = kernel.mates_of(np.full(n, -1))
    kind_start, kind_unit = kernel.units_by_kind(np.ones((1, n), dtype=bool), station, n_stations)
    return kernel.UnitsInService(
        station=station,
        kind_start=kind_start,
        kind_unit=kind_unit,
        duty_start=np.arange(n + 1),
        duty_begin_s=np.full(n, ALWAYS[0]),
        duty_end_s=np.full(n, ALWAYS[1]),
        crew=np.zeros(n, dtype=np.int32),
        factor=np.ones(n),
        assignable=assignable,
        mate_start=mate_start,
        mate=mate,
        **kernel.own_terms(n)._asdict(),
    )


def asked_at(at_s, stay_s, place=None, *, urgency=None):
    """One unit for each call."""
    n = len(at_s)
    none = np.zeros(n, dtype=np.int32)
    return kernel.UnitsAsked(
        at_s=np.asarray(at_s, dtype=float),
        kind=none,
        place=none if place is None else np.asarray(place, dtype=np.int32),
        period=none,
        urgency=np.arange(n) if urgency is None else np.asarray(urgency),
        circumstance=none,
        turnout_level=np.full(n, 0.5),
        drive_z=np.zeros(n),
        pace=np.ones(n),
        stay_s=np.asarray(stay_s, dtype=float),
        called_off_s=np.full(n, np.nan),
        leaves=none if place is None else np.asarray(place, dtype=np.int32),
        sibling=np.arange(n),
        went=np.full(n, -1, dtype=np.int32),
    )


def drives_of(median_s, turnout_s=0.0):
    """Drives that take as long as they do, stations x places."""
    median_s = np.ascontiguousarray(np.asarray(median_s, dtype=np.float32).T)[None]
    return kernel.Drives(
        median_s=median_s,
        nearest=kernel.nearest_first(median_s),
        turnout_s=np.full((1, 1, 100), float(turnout_s)),
        upper=0.0,
        slope=0.0,
    )


def queue_of(at_s, stay_s, servers, *, queue=True):
    """Who was served at one place by so many servers."""
    where = drives_of(np.zeros((1, 1)))
    return send_units(asked_at(at_s, stay_s), fleet_at(np.zeros(servers), 1), where, queue=np.array([queue]))
