"""Whatever is simulated: every call ends once, nobody is in two places or off duty, and nothing arrives too early."""

import numpy as np
import pandas as pd
import pytest
import queues
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from regular_calls import HOUR_S, MONDAY, crowded, regular, two_stations

import fireplan as fp
from fireplan._kernel import simulation as kernel
from fireplan.simulation import simulate
from fireplan.simulation._simulate._event_loop import send_units

SCHEDULES = ("always", "08:00-20:00", "Mon-Fri 07:00-19:00", "20:00-08:00")
HISTORY = {
    (hours, aided): regular(hours * HOUR_S, units=("E1", "M1", "OCN E9") if aided else ("E1", "M1"), north=(0.01, 0.03))
    for hours in (0.4, 2.0)
    for aided in (True, False)
}


@settings(max_examples=tries(40))
@given(
    asked=st.fixed_dictionaries(
        {
            "queue": st.sampled_from([True, False, None]),
            "aid": st.booleans(),
            "assignable": st.sampled_from([True, False, None]),
            "demand": st.sampled_from(["days", "poisson"]),
            "growth": st.sampled_from([0.0, 0.5, 1.0, 2.5]),
            "seed": st.integers(0, 2**62),
        }
    ),
    history=st.sampled_from(sorted(HISTORY)),
    schedules=st.tuples(*[st.sampled_from(SCHEDULES)] * 3),
    out=st.sampled_from([{}, {"E1": "always"}, {"M1": [("2025-06-03", "2025-06-05")]}]),
)
def test_every_call_ends_once_and_nobody_is_in_two_places(asked, history, schedules, out):
    town = crowded()
    town = fp.Scenario(town.roads, town.stations, town.units.assign(schedule=list(schedules)), town.zones)
    found = simulate(town, HISTORY[history], days=3, replications=2, brown_outs=out, **asked)
    n = found.summary()["n"]
    assert n["served"] + n["aid"] + n["lost"] == n["calls"]
    assert n["units_sent"] + n["units_aid"] + n["units_unmet"] == n["units_asked"]
    assert asked["aid"] or n["aid"] == n["units_aid"] == 0
    for number in (1, 2):
        one = found.replication(number)
        ends = one.incidents["outcome"]
        assert set(ends) <= {"served", "aid", "lost"}
        own = one.responses[~one.responses["mutual_aid"]]
        assert set(own["incident_id"]) == set(ends.index[ends == "served"])
        assert not own.duplicated(["incident_id", "unit_id"]).any()
        assert (own["dispatched"] >= own["received"]).all()
        assert (own["enroute"] >= own["dispatched"]).all()
        assert (own["arrived"] > own["enroute"]).all()
        for unit_id, theirs in own.sort_values("dispatched").groupby("unit_id"):
            assert (theirs["dispatched"].to_numpy()[1:] >= theirs["cleared"].to_numpy()[:-1]).all()
            assert out.get(unit_id) != "always"
    busy = found.utilisation()
    assert (busy["utilisation"].dropna() >= 0).all()


@settings(max_examples=tries(100))
@given(
    seed=st.integers(0, 10**6),
    units=st.integers(1, 5),
    calls=st.integers(0, 60),
    queue=st.booleans(),
    assignable=st.booleans(),
)
def test_the_loop_does_as_a_plain_list_of_units_does(seed, units, calls, queue, assignable):
    """Against a loop of a dozen lines that knows nothing of lines, spans and pointers."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.uniform(0, 4000, calls))
    stay = rng.exponential(400, calls)
    place = rng.integers(0, 6, calls)
    station = np.arange(units)
    median = rng.uniform(60, 600, (units, 6)).astype(np.float32)
    urgency = rng.permutation(calls)
    asked = queues.asked_at(at, stay, place, urgency=urgency)
    fleet = queues.fleet_at(station, units, assignable=assignable)
    sent = send_units(asked, fleet, queues.drives_of(median, 60.0), queue=np.array([queue]))
    expected = plainly(at, stay, place, median.astype(float), urgency, queue=queue, assignable=assignable)
    assert sent.unit.tolist() == [unit for unit, _ in expected]
    np.testing.assert_allclose(sent.dispatched_s, [since for _, since in expected])


def plainly(at, stay, place, median, urgency, *, queue, assignable):
    """Who is sent to each call, and when: by looking at everything at each moment at which anything changes."""
    units = len(median)
    clear, home = np.full(units, -np.inf), np.full(units, -np.inf)
    found, waiting = [(-1, np.nan)] * len(at), []

    def free(now):
        return [u for u in range(units) if (clear if assignable else home)[u] <= now]

    def go(call, now):
        unit = min(free(now), key=lambda u: (median[u, place[call]] + max(home[u] - now, 0), u))
        way = median[unit, place[call]] + max(home[unit] - now, 0)
        clear[unit] = now + (60.0 if home[unit] <= now else 0.0) + way + stay[call]
        home[unit] = clear[unit] + median[unit, place[call]]
        found[call] = unit, now

    def serve(until):
        while waiting:
            now = min(clear if assignable else home)
            if now > until:
                return
            waiting.sort(key=lambda call: urgency[call])
            go(waiting.pop(0), now)

    for call, now in enumerate(at):
        serve(now)
        if free(now):
            go(call, now)
        elif queue:
            waiting.append(call)
    serve(np.inf)
    return found


@pytest.mark.parametrize("queue", [True, False])
def test_a_place_that_no_road_reaches_waits_for_nobody(queue):
    asked = queues.asked_at([0.0, 10.0], [5.0, 5.0], [0, 1])
    drives = queues.drives_of([[np.inf, 30.0]])
    sent = send_units(asked, queues.fleet_at([0], 1), drives, queue=np.array([queue]))
    assert sent.unit.tolist() == [-1, 0]


def test_the_lines_give_out_the_most_urgent_first():
    rng = np.random.default_rng(3)
    urgency = rng.permutation(200)
    asked = queues.asked_at(np.arange(200.0), np.ones(200), urgency=urgency)
    lines = kernel.lines_for(asked.kind)
    for row in range(200):
        kernel.put_in_line(row, asked, lines)
    assert [urgency[kernel.take_from_line(0, asked, lines)] for _ in range(200)] == list(range(200))


def test_a_crew_that_is_out_with_one_unit_cannot_take_the_other():
    # Both at one station 60 s away; the first call holds the crew for 60 + 300 + 60 s, and the next comes within that.
    fleet = queues.fleet_at(np.zeros(2), 1, assignable=False)
    start, mate = kernel.mates_of(np.zeros(2))
    one_crew = fleet._replace(mate_start=start, mate=mate)
    asked = queues.asked_at([0.0, 100.0, 421.0], [300.0] * 3, np.zeros(3))
    drives = queues.drives_of(np.full((1, 1), 60.0))
    both = send_units(asked, fleet, drives, queue=np.array([False]))
    shared = send_units(asked, one_crew, drives, queue=np.array([False]))
    assert both.unit.tolist() == [0, 1, 0]
    assert shared.unit.tolist() == [0, -1, 0]


def test_a_unit_comes_home_from_where_no_way_home_is_known():
    # As long as the way out: home 60 s after it is clear at 360 s.
    asked = queues.asked_at([0.0, 419.0, 421.0], [300.0] * 3, np.zeros(3))._replace(leaves=np.ones(3, dtype=np.int32))
    drives = queues.drives_of(np.array([[60.0, np.inf]]))
    sent = send_units(asked, queues.fleet_at(np.zeros(1), 1, assignable=False), drives, queue=np.array([False]))
    assert sent.unit.tolist() == [0, -1, 0]


def test_a_unit_drives_home_from_where_it_leaves():
    # Clear at 60 + 300 s at the second place, 500 s from home: home at 860 s, not at 420 s.
    asked = queues.asked_at([0.0, 850.0, 861.0], [300.0] * 3, np.zeros(3))._replace(leaves=np.ones(3, dtype=np.int32))
    drives = queues.drives_of(np.array([[60.0, 500.0]]))
    sent = send_units(asked, queues.fleet_at(np.zeros(1), 1, assignable=False), drives, queue=np.array([False]))
    assert sent.unit.tolist() == [0, -1, 0]


MOVES = {
    "best": fp.simulation.BestMoves(least_share=0.0),
    "again": fp.simulation.BestMoves(least_share=0.0, while_moving=True),
    "table": fp.simulation.ComplianceTable({1: ["S1"], 2: ["S3", "S1"], 3: ["S2", "S3", "S1"]}, kind="engine"),
    "nearest": fp.simulation.ComplianceTable({1: ["S2"], 2: ["S1", "S3"]}, kind="engine", assign="nearest first"),
    "cover": fp.simulation.DMEXCLP(busy=0.4),
    "nobody": None,
}
THREE = two_stations().apply(
    fp.OpenStation("S3", at=(-140.0, 30.038), units=("E3",)), fp.AddUnit("E4", to="S1", type="engine")
)
RUNS = {hours: regular(hours * HOUR_S, units=("E1", "E2"), north=(0.001, 0.02, 0.039)) for hours in (0.5, 1.5)}


@settings(max_examples=tries(30))
@given(
    asked=st.fixed_dictionaries(
        {
            "queue": st.sampled_from([True, False]),
            "aid": st.booleans(),
            "assignable": st.booleans(),
            "demand": st.sampled_from(["days", "poisson"]),
            "seed": st.integers(0, 2**62),
        }
    ),
    hours=st.sampled_from(sorted(RUNS)),
    schedules=st.tuples(*[st.sampled_from(SCHEDULES)] * 4),
    moves=st.sampled_from(sorted(MOVES)),
    backfill=st.booleans(),
)
def test_units_that_move_are_free_and_nobody_is_in_two_places(asked, hours, schedules, moves, backfill):
    town = fp.Scenario(THREE.roads, THREE.stations, THREE.units.assign(schedule=list(schedules)), THREE.zones)
    reserve = fp.simulation.Backfill(("E4",), 2, after_s=600.0) if backfill else None
    found = simulate(town, RUNS[hours], days=2, replications=1, moves=MOVES[moves], backfill=reserve, **asked)
    n = found.summary()["n"]
    assert n["served"] + n["aid"] + n["lost"] == n["calls"]
    assert n["units_sent"] + n["units_aid"] + n["units_unmet"] == n["units_asked"]
    own = found.responses[~found.responses["mutual_aid"]]
    stations = dict(town.units["station_id"])
    for unit_id, theirs in own.sort_values("dispatched").groupby("unit_id"):
        assert (theirs["dispatched"].to_numpy()[1:] >= theirs["cleared"].to_numpy()[:-1]).all()
        if backfill and unit_id == "E4":
            called = found.recalls
            # Not told are those called in before the first day, and what goes on after the last.
            first, end = called["released"].min(), MONDAY + pd.Timedelta(days=2)
            for at in theirs["dispatched"]:
                within = (called["staffed"] <= at) & (at <= called["released"])
                assert within.any() or called.empty or at < first or at >= end
    made = found.moves
    assert (made["arrives"] >= made["at"]).all()
    for unit_id, theirs in made.groupby("unit_id"):
        assert not (backfill and unit_id == "E4")
        assert (theirs["origin"].to_numpy()[1:] == theirs["to"].to_numpy()[:-1]).all()
        assert (theirs["origin"] != theirs["to"]).all()
        assert set(theirs["to"]) <= set(stations.values())
        out = own[own["unit_id"] == unit_id]
        for at in theirs["at"]:
            assert not ((out["dispatched"] < at) & (at < out["cleared"])).any()
