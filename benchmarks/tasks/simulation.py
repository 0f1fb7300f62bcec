"""A hundred thousand calls, each served by the nearest free unit: beside simpy, and a plain heap of events."""

from __future__ import annotations

import heapq
from bisect import insort
from importlib import import_module
from typing import NamedTuple

import numpy as np

from benchmarks.measuring import CannotRunError, Contest, DifferenceError, Way
from fireplan import examples, simulate
from fireplan._kernel import simulation as kernel
from fireplan.simulation._simulate._event_loop import send_units

CALLS, QUICK_CALLS = 100_000, 5_000
STATIONS, UNITS, PLACES = 20, 30, 500
BETWEEN_S, STAY_S = 120.0, 1_800.0
"""Mean time between calls, and at the scene: half of the units are out. [s]"""


class Calls(NamedTuple):
    """Calls and units as every way takes them."""

    at_s: np.ndarray
    stay_s: np.ndarray
    place: np.ndarray
    station: np.ndarray
    drive_s: np.ndarray


def contests(*, quick: bool):
    calls = drawn(QUICK_CALLS if quick else CALLS)
    n = len(calls.at_s)

    def check(ours, theirs):
        for name, seconds in theirs.items():
            if abs(float(np.mean(ours)) - float(np.mean(seconds))) > 1e-6:
                raise DifferenceError(f"mean response of {name}: {np.mean(seconds)}, ours {np.mean(ours)}")
        return f"mean response {np.mean(ours):.3f} s in all", True

    yield Contest(
        task="simulation",
        title=f"{n:,} calls, {UNITS} units of {STATIONS} stations, nearest free, queue",
        place="-",
        ours=Way("fireplan", lambda: by_fireplan(calls), prepare=lambda: by_fireplan(drawn(100))),
        peers=(
            Way("simpy", lambda: by_simpy(calls), prepare=simpy),
            Way("simpy, events alone", lambda: by_events(calls), prepare=simpy, note="units in a set, not in a store"),
            Way("heapq", lambda: by_heap(calls), note="the same in plain Python, without a framework"),
        ),
        check=check,
        times_faster={"simpy": 100},
        judged=not quick,
    )
    days, replications = (28, 4) if quick else (365, 20)
    project = examples.marisol_project()
    yield Contest(
        task="simulation",
        title=f"{days} days of marisol x {replications}, several units a call",
        place="marisol",
        ours=Way(
            "fireplan",
            lambda: simulate(project.today, project.history, days=days, replications=replications),
            prepare=lambda: simulate(project.today, project.history, days=7, replications=1),
        ),
        most_ms=10_000.0,
        most_mb=500.0,
        judged=not quick,
    )


def drawn(n: int) -> Calls:
    """Draw calls, and put units at stations."""
    rng = np.random.default_rng(1)
    station_xy, place_xy = rng.random((STATIONS, 2)), rng.random((PLACES, 2))
    drive_s = 30.0 + 900.0 * np.abs(station_xy[:, None] - place_xy).sum(axis=2)
    return Calls(
        at_s=np.cumsum(rng.exponential(BETWEEN_S, n)),
        stay_s=rng.exponential(STAY_S, n),
        place=rng.integers(0, PLACES, n),
        station=np.resize(np.arange(STATIONS), UNITS),
        drive_s=drive_s.astype(np.float32),
    )


def by_fireplan(calls: Calls):
    n, none = len(calls.at_s), np.zeros(len(calls.at_s), dtype=np.int32)
    number, place = np.arange(n), calls.place.astype(np.int32)
    asked = kernel.UnitsAsked(
        at_s=calls.at_s, kind=none, place=place, period=none, urgency=number, circumstance=none,
        turnout_level=np.full(n, 0.5), drive_z=np.zeros(n), pace=np.ones(n), stay_s=calls.stay_s,
        called_off_s=np.full(n, np.nan), leaves=place, sibling=number, went=np.full(n, -1, dtype=np.int32),
    )  # fmt: skip
    mate_start, mate = kernel.mates_of(np.full(UNITS, -1))
    start, unit = kernel.units_by_kind(np.ones((1, UNITS), dtype=bool), calls.station, STATIONS)
    units = kernel.UnitsInService(
        station=calls.station.astype(np.int32), kind_start=start, kind_unit=unit, duty_start=np.arange(UNITS + 1),
        duty_begin_s=np.full(UNITS, -1e12), duty_end_s=np.full(UNITS, 1e15), crew=np.zeros(UNITS, dtype=np.int32),
        factor=np.ones(UNITS), assignable=False, mate_start=mate_start, mate=mate, **kernel.own_terms(UNITS)._asdict(),
    )  # fmt: skip
    median_s = np.ascontiguousarray(calls.drive_s.T)[None]
    drives = kernel.Drives(median_s, kernel.nearest_first(median_s), np.zeros((1, 1, 100)), 0.0, 0.0)
    sent = send_units(asked, units, drives, queue=np.array([True]))
    return sent.arrived_s - calls.at_s


def simpy():
    try:
        return import_module("simpy")  # optional: the `bench` extra
    except ImportError as error:
        raise CannotRunError("not installed: pip install fireplan[bench]") from error


def by_simpy(calls: Calls):
    """Units in a store of simpy's; a process for each call, which takes the nearest, or waits for the next."""
    library = simpy()
    environment = library.Environment()
    store = library.FilterStore(environment)
    store.items.extend(range(UNITS))
    took = np.empty(len(calls.at_s))
    near = [[float(s) for s in calls.drive_s[station]] for station in calls.station]
    place, stay_s = calls.place.tolist(), calls.stay_s.tolist()

    def call(number):
        where = place[number]
        if store.items:
            best = min(store.items, key=lambda u: (near[u][where], u))
            unit = yield store.get(lambda u: u == best)
        else:
            unit = yield store.get()
        drive = near[unit][where]
        yield environment.timeout(drive)
        took[number] = environment.now
        yield environment.timeout(stay_s[number] + drive)
        yield store.put(unit)

    environment.process(_source(environment, calls, call))
    environment.run()
    return took - calls.at_s


def by_events(calls: Calls):
    """The least that simpy can be asked: processes and waits alone, units in a set of Python's."""
    environment = simpy().Environment()
    free = set(range(UNITS))
    waiting = []
    took = np.empty(len(calls.at_s))
    near = [[float(s) for s in calls.drive_s[station]] for station in calls.station]
    place, stay_s = calls.place.tolist(), calls.stay_s.tolist()

    def call(number):
        if not free:
            turn = environment.event()
            waiting.append(turn)
            yield turn
        where = place[number]
        unit = min(free, key=lambda u: (near[u][where], u))
        free.remove(unit)
        drive = near[unit][where]
        yield environment.timeout(drive)
        took[number] = environment.now
        yield environment.timeout(stay_s[number] + drive)
        free.add(unit)
        if waiting:
            waiting.pop(0).succeed()

    environment.process(_source(environment, calls, call))
    environment.run()
    return took - calls.at_s


def _source(environment, calls: Calls, call):
    before = 0.0
    for number, at in enumerate(calls.at_s.tolist()):
        yield environment.timeout(at - before)
        before = at
        environment.process(call(number))


def by_heap(calls: Calls):
    """When each unit is home again, as a heap; the free ones as a list in order."""
    out, free = [], list(range(UNITS))
    took = np.empty(len(calls.at_s))
    near = [[float(s) for s in calls.drive_s[station]] for station in calls.station]
    each = zip(calls.at_s.tolist(), calls.stay_s.tolist(), calls.place.tolist(), strict=True)
    last = 0.0
    for number, (asked, stay, where) in enumerate(each):
        at = max(asked, last)
        while out and (out[0][0] <= at or not free):
            home, unit = heapq.heappop(out)
            at = max(at, home) if not free else at
            insort(free, unit)
        last = at
        unit = min(free, key=lambda u: near[u][where])
        free.remove(unit)
        drive = near[unit][where]
        took[number] = at + drive
        heapq.heappush(out, (at + drive + stay + drive, unit))
    return took - calls.at_s
