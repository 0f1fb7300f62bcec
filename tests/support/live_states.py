"""
States of the real service, recorded: an afternoon in Marisol on which much goes wrong, told to its desk.

The morning is that of Marisol's own history. Then, in seconds before 14:32:00: a structure fire, a cardiac call whose
ambulance is late, a fire alarm, a collision, a call without a place, a unit nobody knows, a feed with a gap. What the
desk makes of it is recorded once in a session. Tests change single values of what was recorded; whatever is shown to a
page is held to the schema (`faults_of`).
"""

import base64
import copy
import functools
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import shapely
from live_desks import SetClock, eventually
from sample_city import sample_city

import fireplan as fp
from fireplan.live._desk.base_layers import ground_of
from fireplan.live._desk.department import Department
from fireplan.live._desk.event_loop import Desk
from fireplan.live._desk.state import StateMaker
from fireplan.live._store import Store
from fireplan.live._web.state_schema import state_schema
from fireplan.operations._events.event import event_of
from fireplan.operations._events.from_history import events_of
from fireplan.operations._events.refusal import Refusal

NOW = 1_751_405_520_000  # 14:32:00 on 1 July 2025 in Los Angeles
MINUTE = 60_000
SECOND_US = 1_000_000
FIRE_AT, MEDICAL_AT, ALARM_AT, CRASH_AT = (
    [-127.4775, 33.1302],
    [-127.5270, 33.0905],
    [-127.5065, 33.1450],
    [-127.4905, 33.0880],
)
MORNING_S, NOON_S = 14.5 * 3600, 3600
"""Marisol's own incidents from before midnight on, as far as they were over an hour before."""

KINDS = ("unit.dispatched", "unit.enroute", "unit.arrived", "unit.cleared")


# What is held to the schema


@functools.cache
def _validator(kind, *, words):
    schema = state_schema()
    if not words:
        schema = _without_words(schema)
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})


def _without_words(said):
    """Let any text stand where one of few words is to: hostile texts come everywhere."""
    if isinstance(said, dict):
        return {key: _without_words(value) for key, value in said.items() if key != "enum"}
    return [_without_words(one) for one in said] if isinstance(said, list) else said


def faults_of(kind, value, *, words=True):
    """Name what of a State, an Update or a Ground is not as docs/state.schema.json has it."""
    value = json.loads(json.dumps(value))
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(kind, words=words).iter_errors(value)]


# The afternoon


def _said(kind, before_s, unit=None, incident=None, *, at=None, **more):
    """An event, by its type, its seconds before now, and whom it speaks of."""
    at_us = NOW * 1000 - int(before_s * SECOND_US)
    said = {
        "event_id": f"{kind}/{unit}/{incident}/{before_s}",
        "ts": pd.Timestamp(at_us, unit="us", tz="UTC").isoformat(),
        "type": kind,
        "unit_id": unit,
        "incident_id": incident,
        **more,
    }
    if at is not None:
        said |= {"longitude": at[0], "latitude": at[1]}
    return event_of(said, received_us=at_us)


def _call(incident, before_s, call_type, at=None, *, priority="1", address=None):
    about = {"call_type": call_type, "priority": priority, "address": address}
    return _said("incident.created", before_s, incident=incident, at=at, **about)


def _run(incident, unit, *before_s):
    return [_said(kind, s, unit, incident) for kind, s in zip(KINDS, before_s, strict=False)]


def morning(history):
    """Marisol's own events of the day, of incidents that were over."""
    start_us, end_us = (NOW * 1000 - int(s * SECOND_US) for s in (MORNING_S + 3600, NOON_S))
    events = events_of(history, start_us=start_us, end_us=NOW * 1000)
    late = {e.incident_id for e in events if e.ts_us >= end_us}
    closed = {e.incident_id for e in events if e.type == "unit.cleared"} - late
    return [replace(e, seq=None) for e in events if e.incident_id in closed]


def afternoon():
    """What happens then."""
    fire, cardiac, alarm, crash, service, other = (f"24-{n:06}" for n in (12, 11, 13, 10, 14, 8))
    return [
        _call(other, 4000, "MEDICAL - OTHER", [-127.52, 33.06], priority="2", address="9 ELM ST"),
        *_run(other, "M2", 3900, 3840, 3500, 240),
        _call(crash, 1500, "TRAFFIC COLLISION", CRASH_AT, priority="2", address="PACIFIC FWY / 9TH"),
        *_run(crash, "E4", 1450, 1400, 1080),
        _call(cardiac, 640, "MEDICAL - CARDIAC", MEDICAL_AT, address="480 BAY ST"),
        *_run(cardiac, "E5", 600, 540),
        *_run(cardiac, "M4", 600, 560),
        _said("unit.position", 30, "E5", at=[-127.5281, 33.0944]),
        _said("unit.position", 20, "M4", at=[-127.5030, 33.1000]),
        _call(fire, 290, "STRUCTURE FIRE", FIRE_AT, address="2210 CORONADO ST"),
        *_run(fire, "E3", 230, 150, 40),
        *_run(fire, "M3", 230, 140, 20),
        *_run(fire, "E1", 230, 95),
        *_run(fire, "T1", 230, 80),
        *_run(fire, "BC1", 230, 60),
        _said("unit.position", 10, "T1", at=[-127.5080, 33.1245]),
        _call(alarm, 170, "FIRE ALARM", ALARM_AT, priority="2", address="1 HARBOR SQ"),
        *_run(alarm, "E2", 130),
        _call(service, 45, "SERVICE CALL", priority="3"),
        _said("unit.moved_up", 1300, "E7", station_id="S4"),
        _said("unit.in_service", 900, "X9"),
        *(_said("heartbeat", s, seq=n) for n, s in ((4, 75), (6, 60), (7, 30), (12, 3.2))),
    ]


class Recorded:
    """What the service says of Marisol: the ground, before anything was heard, and on that afternoon."""

    def __init__(self):
        project = sample_city(calibrated=False)
        self.department = Department.of(project)
        clock = SetClock(NOW * 1000)
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(f"sqlite:///{Path(folder) / 'live.db'}")
            desk = Desk(self.department, store, clock=clock, source="replay of cad.csv.gz")
            self.updates = []
            desk.subscribe(lambda update: self.updates.append(update.data))
            try:
                assert desk.wait_ready(60)
                self.ground = desk.ground
                self.quiet = copy.deepcopy(desk.snapshot())
                refused = Refusal(NOW * 1000 - 540 * SECOND_US, "feed", 5, "ts_naive", "ts has no offset from UTC")
                events = afternoon()
                told = [*morning(project.history), *events]
                desk.submit(told, [refused]).result(60)
                desk.submit(events[:4]).result(60)  # they come again
                desk.submit([]).result(60)
                eventually(lambda: "today" in desk.snapshot() and desk.snapshot()["upto"] == len(told), within_s=60)
                eventually(lambda: desk.snapshot()["today"]["rows"], within_s=60)
                desk.acknowledge("feed:gaps", "operator")
                eventually(lambda: any(a["acknowledged"] for a in desk.snapshot()["alerts"]), within_s=60)
                self.busy = copy.deepcopy(desk.snapshot())
                self.moment = copy.deepcopy(desk.moment((NOW - 30 * MINUTE) * 1000))
            finally:
                desk.close()


@functools.cache
def recorded():
    """Record, once in a session."""
    return Recorded()


def town():
    return recorded().department.scenario


def ground():
    """What /api/ground says of Marisol while a history is played."""
    return copy.deepcopy(recorded().ground) | {"replay": True}


def state(role="operator", **more):
    """The afternoon."""
    return copy.deepcopy(recorded().busy) | {"role": role, "boot": "k3f9", "rev": 12} | more


def quiet(role="operator", **more):
    """Nothing was heard yet: all units are at home."""
    return copy.deepcopy(recorded().quiet) | {"role": role, "boot": "k3f9", "rev": 12} | more


def units():
    return state()["units"]


def incidents():
    return state()["incidents"]


def cover(**more):
    return state()["cover"] | more


def covered_by_all():
    """Cover with all units at home."""
    return copy.deepcopy(recorded().quiet["cover"])


def zone_bytes():
    """Classes of the zones, as the afternoon has them."""
    return np.frombuffer(base64.b64decode(state()["cover"]["zones"]), np.uint8)


def packed(values):
    """Bytes as the state has them."""
    return base64.b64encode(values.tobytes()).decode("ascii")


# Single things, made from a recorded one


def one_unit(unit_id, station_id, status="in_quarters", **more):
    """A unit: one that was recorded, called otherwise; at its station, unless it is said where."""
    first = units()[0]
    at = next(s["at"] for s in ground()["stations"] if s["station_id"] == station_id)
    nothing = {"incident_id": None, "home_by": None, "way": None, "flags": [], "since": NOW - 20 * MINUTE}
    free = status in {"in_quarters", "available", "returning", "moved_up"}
    named = {"unit_id": unit_id, "station_id": station_id, "post": station_id, "at": at, "known": True}
    return first | nothing | named | {"status": status, "free": free, "type": "engine"} | more


def one_clock(title, limit_s, started_s, state_now="running", *, stopped_s=None):
    """A clock; times in seconds before now."""
    started = None if started_s is None else NOW - round(started_s * 1000)
    stopped = None if stopped_s is None else NOW - round(stopped_s * 1000)
    first = next(i["clocks"][0] for i in incidents() if i["clocks"])
    told = {"key": title, "title": title, "limit_s": limit_s, "verified": True}
    return first | told | {"started": started, "stopped": stopped, "state": state_now}


def one_incident(incident_id, call_type, category, at, received_s, **more):
    """An incident; `received_s` in seconds before now."""
    first = next(i for i in incidents() if i["open"])
    named = {"incident_id": incident_id, "call_type": call_type, "category": category, "at": at, "priority": "1"}
    told = {
        "received": NOW - round(received_s * 1000),
        "open": True,
        "closed": None,
        "address": "7400 BLOCK PACIFIC AV",
    }
    nothing = {"units": [], "clocks": [], "force": None, "flags": [], "zone_id": "Z1", "district": "S3"}
    return first | named | told | nothing | more


def sent(unit_id, *stamps_s):
    """When a unit was dispatched, en route and arrived, in seconds before now."""
    names = ("dispatched", "enroute", "arrived")
    given = {name: NOW - round(s * 1000) for name, s in zip(names, stamps_s, strict=False)}
    return {"unit_id": unit_id} | dict.fromkeys((*names, "cleared")) | given | {"cancelled": False}


# A large county on its worst day


@functools.cache
def _dense():
    """Two hundred units and three hundred incidents over Marisol's ground, through the real picture."""
    home = recorded().department
    kinds = ["engine", "ambulance", "truck", "battalion"]
    stations = list(home.scenario.stations.index)
    draw = np.random.default_rng(7)
    names = [(f"{'EMTB'[i % 4]}{i}", kinds[i % 4], stations[i % len(stations)]) for i in range(200)]
    table = pd.DataFrame(names, columns=["unit_id", "type", "station_id"])
    old = home.scenario
    scenario = fp.Scenario(old.roads, old.stations, table, old.zones, name="county", provenance="invented")
    department = Department(
        "County", scenario, home.standard, home.policy, home.timezone, None, uncovered_minutes=home.uncovered_minutes
    )
    middles = shapely.get_coordinates(shapely.centroid(old.zones.geometry.to_crs(4326).to_numpy()))
    types = ["STRUCTURE FIRE", "MEDICAL - CARDIAC", "FIRE ALARM", "TRAFFIC COLLISION", "GAS LEAK", "SERVICE CALL"]
    events = []
    for i in range(300):
        at = (middles[draw.integers(len(middles))] + draw.normal(0, 0.0005, 2)).tolist()
        began_s = float(np.round(draw.uniform(30, 420)))
        events.append(_call(f"24-{i:06}", began_s + 120, types[i % len(types)], at, priority=str(1 + i % 2)))
        if i < 160:
            there = ((began_s, began_s - 10, began_s / 3), (began_s, began_s - 10), (began_s,))[i % 3]
            events += _run(f"24-{i:06}", names[i][0], *there)
    maker = StateMaker(department, source="a county")
    maker.rebuild(sorted(events, key=lambda e: e.order), now_us=NOW * 1000, whole=True)
    return json.loads(json.dumps(maker.state(NOW * 1000)))


def dense(role="operator"):
    return state(role=role) | copy.deepcopy(_dense())


def ground_again():
    """The ground, made once more: it does not hang on when it was made."""
    home = recorded().department
    return ground_of(home.cover(), title=home.title, timezone=home.timezone, replay=True)
