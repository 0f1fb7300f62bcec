"""Clocks on one incident: where each begins and ends, what a force still lacks, and the very second of a limit."""

import pytest
from live_towns import at_us, call, line_town, run, say

from fireplan.operations._events.event_records import Board
from fireplan.operations._status.incident_clocks import Clocks
from fireplan.response_performance import Policy
from fireplan.standards import NFPA_1710, Objective, Standard

MIDDLE = (-140.0, 30.015)
ENGINES = (("E1", "S1"), ("E2", "S2"), ("E3", "S1"), ("T1", "S1"), ("T2", "S2"), ("M1", "S1"))  # four aboard, M1 two
TWO_AND_TWELVE = Objective("force", "Force", 480, needs={"engine": 2, "people": 12})
CREATED = call("1", 0, at=MIDDLE)


def set_on(events, *objectives, seconds=5000, policy=None):
    """Clocks of incident 1 by key, and its force, as they stand so many seconds after the call."""
    board = Board(kept_us=None)
    for event in events:
        board.take(event)
    units = line_town(engines=ENGINES).units
    clocks = Clocks(Standard("own", "own", objectives), policy=policy or Policy(), units=units)
    incident = board.incident("1")
    found = {c.objective.key: c for c in clocks.on(incident, now_us=at_us(seconds))}
    return found, clocks.force(incident, now_us=at_us(seconds))


def span_s(clock):
    """Second at which a clock began, and how long it ran."""
    return (clock.started_us - at_us(0)) / 1e6, (clock.stopped_us - clock.started_us) / 1e6


# --- a force is there when nothing is missing any more


def test_a_force_is_met_by_the_unit_that_brings_the_last_missing_part():
    # Two engines are there at 300 s, with 8 people; the truck brings the other 4 at 420 s. Under way since 60 s: 360 s.
    people_last = [CREATED, *run("1", "E1", 30, 60, 200), *run("1", "E2", 30, 80, 300), *run("1", "T1", 30, 90, 420)]
    found, force = set_on(people_last, TWO_AND_TWELVE)
    assert (span_s(found["force"]), force.state) == ((60, 360), "met")
    # Twelve people are there at 300 s, but one engine; the second comes at 500 s: 440 s.
    engine_last = [*people_last[:4], *run("1", "T1", 30, 80, 250), *run("1", "T2", 30, 80, 300)]
    engine_last += run("1", "E2", 30, 90, 500)
    found, force = set_on(engine_last, TWO_AND_TWELVE)
    assert (span_s(found["force"]), force.state) == ((60, 440), "met")


@pytest.mark.parametrize("there", [("E1", "E2"), ("E1", "T1", "T2")])
def test_a_force_of_which_one_kind_alone_is_there_still_runs(there):
    # Two engines with 8 of 12 people; or 12 people on one engine of two.
    events = [CREATED, *(event for unit in there for event in run("1", unit, 30, 60, 200))]
    found, force = set_on(events, TWO_AND_TWELVE, seconds=540)
    assert (found["force"].stopped_us, found["force"].state, force.state) == (None, "running", "running")
    assert set_on(events, TWO_AND_TWELVE, seconds=541)[1].state == "late"


def test_a_force_has_what_is_on_scene_and_is_sent_what_is_under_way():
    events = [CREATED, *run("1", "E1", 30, 60, 200), *run("1", "E2", 30, 60, 200, 400), *run("1", "T1", 30, 60)]
    force = set_on(events, TWO_AND_TWELVE)[1]
    assert force.have == {"engine": 1, "people": 4}  # E1; E2 has left again, T1 is not there yet
    assert force.sent == {"engine": 1, "people": 8}


def test_a_force_that_is_met_by_staging_is_not_said_to_be_missing():
    # Both engines and the truck wait near the scene: by the policy that stops the clock, so all twelve are there.
    events = [CREATED]
    for unit in ("E1", "E2", "T1"):
        events += [*run("1", unit, 30, 60), say("unit.staged", 200, unit, "1")]
    force = set_on(events, TWO_AND_TWELVE)[1]
    assert (force.have, force.state) == ({"engine": 2, "people": 12}, "met")
    strict = set_on(events, TWO_AND_TWELVE, policy=Policy(staging_is_arrival=False))[1]
    assert (strict.have, strict.state) == ({"engine": 0, "people": 0}, "late")


def test_ambulances_bring_no_part_of_a_force_and_begin_no_clock_of_it():
    events = [CREATED, *run("1", "M1", 10, 20, 100), *run("1", "E1", 30, 60, 200), *run("1", "E2", 40, 90, 300)]
    found, force = set_on(events, Objective("force", "Force", 480, needs={"engine": 2}))
    assert span_s(found["force"]) == (60, 240)  # from the first engine under way, not from the ambulance at 20 s
    assert force.have == {"engine": 2}


# --- where clocks begin and end


def test_call_handling_begins_when_the_call_was_received_whatever_was_said_before():
    handling = Objective("handling", "Call handling", 64, "handling_s")
    first_engine = Objective("total", "First engine", 300, "total_response_s")
    early = [say("incident.updated", -30, incident="1", priority="1"), say("unit.position", -40, "E1", "1", at=MIDDLE)]
    events = [*early, CREATED, *run("1", "E1", 60, 90, 290)]
    found, _ = set_on(events, handling, first_engine)
    assert (span_s(found["handling"]), found["handling"].state) == ((0, 60), "met")
    assert (span_s(found["total"]), found["total"].state) == ((0, 290), "met")
    again = [*events, say("incident.created", -10, incident="1")]  # said twice: the first counts
    assert span_s(set_on(again, handling)[0]["handling"]) == (-10, 70)
    never = [e for e in events if e.type != "incident.created"]
    assert set_on(never, handling)[0]["handling"].state == "waiting"


def test_call_handling_ends_with_the_first_dispatch_of_any_unit():
    handling = Objective("handling", "Call handling", 64, "handling_s")
    events = [CREATED, *run("1", "E1", 70, 90), *run("1", "X9", 50, 80), *run("1", "M1", 60, 80)]
    assert span_s(set_on(events, handling)[0]["handling"]) == (0, 50)


def test_turnout_is_of_the_first_to_arrive_and_until_then_of_the_first_sent():
    turnout = Objective("turnout", "Turnout", 80, "turnout_s")
    sent = [CREATED, *run("1", "E1", 30, 110), *run("1", "E2", 40, 90)]
    assert span_s(set_on(sent, turnout)[0]["turnout"]) == (30, 80)
    arrived = [*sent, say("unit.arrived", 200, "E2", "1"), say("unit.arrived", 210, "E1", "1")]
    assert span_s(set_on(arrived, turnout)[0]["turnout"]) == (40, 50)
    tied = [*sent, say("unit.arrived", 200, "E2", "1"), say("unit.arrived", 200, "E1", "1")]
    assert span_s(set_on(tied, turnout)[0]["turnout"]) == (30, 80)  # of the same second the first by id


@pytest.mark.parametrize(("interval", "span"), [("travel_s", (90, 110)), ("turnout_and_travel_s", (50, 150))])
def test_one_unit_is_timed_by_its_own_stamps_and_a_force_from_the_first(interval, span):
    # E2 is sent and under way after E1, and there before it; with E1 at 300 s the two are complete.
    events = [CREATED, *run("1", "E1", 30, 60, 300), *run("1", "E2", 50, 90, 200)]
    alone = Objective("alone", "First engine", 480, interval)
    both = Objective("both", "Two engines", 480, interval, needs={"engine": 2})
    found, _ = set_on(events, alone, both)
    assert span_s(found["alone"]) == span
    assert span_s(found["both"]) == {"travel_s": (60, 240), "turnout_and_travel_s": (30, 270)}[interval]


def test_an_arrival_before_the_unit_was_under_way_stops_no_clock():
    events = [CREATED, *run("1", "E1", 30, 90), say("unit.arrived", 80, "E1", "1")]
    found, _ = set_on(events, Objective("first", "First engine", 240), seconds=100)
    assert (found["first"].stopped_us, found["first"].state) == (None, "running")


@pytest.mark.parametrize(("staged", "travel_s", "on_arrival_s"), [(150, 90, 140), (250, 140, 140), (None, 140, 140)])
def test_staging_counts_when_it_comes_before_arrival(staged, travel_s, on_arrival_s):
    first = Objective("first", "First engine", 240)
    events = [CREATED, *run("1", "E1", 30, 60, 200)]
    events += [] if staged is None else [say("unit.staged", staged, "E1", "1")]
    assert span_s(set_on(events, first)[0]["first"]) == (60, travel_s)
    plain = set_on(events, first, policy=Policy(staging_is_arrival=False))[0]["first"]
    assert span_s(plain) == (60, on_arrival_s)


# --- the very second of the limit


@pytest.mark.parametrize(("arrived", "state"), [(299, "met"), (300, "met"), (300.001, "missed"), (301, "missed")])
def test_a_unit_that_arrives_at_the_limit_has_met_it(arrived, state):
    first = Objective("first", "First engine", 240)
    events = [CREATED, *run("1", "E1", 30, 60, arrived)]
    assert set_on(events, first)[0]["first"].state == state


@pytest.mark.parametrize(("seconds", "state"), [(300, "running"), (300.001, "late")])
def test_a_clock_is_late_only_past_its_limit(seconds, state):
    first = Objective("first", "First engine", 240)
    assert set_on([CREATED, *run("1", "E1", 30, 60)], first, seconds=seconds)[0]["first"].state == state


# --- which clocks there are


def test_an_objective_has_a_clock_only_on_its_categories():
    fire = {"turnout_fire", "full_alarm", "first_engine"}
    everywhere = set()  # no event says when a call was answered: a limit for processing has no clock
    found, _ = set_on([CREATED], *NFPA_1710.objectives)
    assert set(found) == everywhere | fire
    heart = [call("1", 0, at=MIDDLE, call_type="CARDIAC ARREST")]
    assert set(set_on(heart, *NFPA_1710.objectives)[0]) == everywhere | {"turnout_ems"}


@pytest.mark.parametrize(
    ("only", "priorities", "clocks"), [(True, ("2",), 0), (True, ("1", "2"), 1), (False, ("2",), 1), (True, None, 1)]
)
def test_only_emergencies_have_clocks_unless_the_policy_counts_all(only, priorities, clocks):
    # The call is of priority 1.
    policy = Policy(emergency_only=only, emergency_priorities=priorities)
    assert len(set_on([CREATED], Objective("first", "First engine", 240), policy=policy)[0]) == clocks


@pytest.mark.parametrize("counts", [True, False])
def test_a_neighbours_turnout_counts_only_if_the_policy_says_so(counts):
    events = [CREATED, *run("1", "E9", 20, 50, 100), *run("1", "E1", 30, 90, 200)]
    turnout = Objective("turnout", "Turnout", 80, "turnout_s")
    found, _ = set_on(events, turnout, policy=Policy(aid_received=counts))
    assert span_s(found["turnout"]) == ((20, 30) if counts else (30, 60))


def test_what_was_called_off_before_it_could_be_reached_has_no_clock_running():
    events = [CREATED, *run("1", "E1", 30, 60), say("unit.cancelled", 90, "E1", "1")]
    first = Objective("first", "First engine", 240)
    handling = Objective("handling", "Call handling", 64, "handling_s")
    assert set(set_on(events, first, handling)[0]) == {"handling"}


@pytest.mark.parametrize(
    ("asked", "speaks"),
    [
        ({"categories": ("fire",)}, True),
        ({"categories": ("ems",)}, False),
        ({"priorities": ("1",)}, True),
        ({"priorities": ("2", "3")}, False),
        ({"call_types": ("Structure Fire",)}, True),
        ({"call_types": ("STRUCTURE FIRE",), "priorities": ("2",)}, False),
        ({"weight": "incidents"}, True),
        ({"weight": "population"}, False),  # that is for plans
        ({"where": {"risk_class": ("high",)}}, False),  # of which ground it is, nobody says here
    ],
)
def test_a_clock_runs_on_the_incidents_that_its_objective_speaks_of(asked, speaks):
    found, _ = set_on([CREATED], Objective("own", "Own", 300, needs={"engine": 1}, **asked), seconds=10)
    assert ("own" in found) == speaks
