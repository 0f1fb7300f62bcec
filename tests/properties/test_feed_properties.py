"""Order, repetition and lateness of a feed do not matter: a state machine against a small model, and Marisol."""

import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from live_towns import NORTH, SOUTH, T0_US, at_us, line_picture, say
from sample_city import sample_city

import fireplan as fp
from fireplan.operations._events.event import ASSIGNED, UNIT_TYPES
from fireplan.operations._events.event_records import Board
from fireplan.operations._events.from_history import busiest_day_us, events_of
from fireplan.operations._events.to_history import history_of
from fireplan.operations._picture import Picture
from fireplan.operations._status.hourly import hours_of
from fireplan.operations._status.live_cover import CoverNow

UNITS, INCIDENTS = ("E1", "E2", "X9"), ("1", "2", "3")
ENDED = ("unit.cancelled", "unit.cleared")


def shown(picture, now_us):
    """Everything a reader could see of a picture."""
    scene = picture.scene(now_us)
    incidents = [
        (i.incident_id, i.received_us, i.closed_us, i.at, i.text("call_type"), scene.clocks[i.incident_id])
        for i in scene.incidents
    ]
    responses = [
        (i.incident_id, u, [getattr(r, name) for name in r.__slots__])
        for i in scene.incidents
        for u, r in sorted(i.responses.items())
    ]
    return scene.units, incidents, responses, scene.codes.tolist(), scene.forces, scene.moves


@st.composite
def words(draw):
    """A word of a feed: of a unit, of an incident, or a heartbeat."""
    kind = draw(st.sampled_from([*UNIT_TYPES, "incident.created", "incident.updated", "incident.closed", "heartbeat"]))
    return say(
        kind,
        draw(st.integers(0, 5000)),
        draw(st.sampled_from(UNITS)),
        draw(st.sampled_from(INCIDENTS)),
        at=draw(st.sampled_from([SOUTH, NORTH])),
        call_type=draw(st.sampled_from([None, "STRUCTURE FIRE", "EMS"])),
        priority=draw(st.sampled_from([None, "1", "3"])),
        station_id=draw(st.sampled_from(["S1", "S2"])),
    )


PICTURES = [line_picture(), line_picture()]


@settings(max_examples=tries(150))
@given(st.lists(words(), max_size=25), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_state(events, rng):
    one, two = PICTURES
    one.reset()
    two.reset()
    for event in events:
        one.take(event, now_us=event.ts_us)
    again = [*events, *rng.choices(events, k=len(events))] if events else []
    rng.shuffle(again)
    for event in again:
        two.take(event, now_us=event.ts_us)
    now_us = at_us(5001)
    left, right = shown(one, now_us), shown(two, now_us)
    assert left == right


class Feed(RuleBasedStateMachine):
    """A feed delivered out of order and more than once, against a model that sorts and reads from start to end."""

    def __init__(self):
        super().__init__()
        self.picture = line_picture_again()
        self.events = {}

    @rule(event=words())
    def new(self, event):
        self.events[event.event_id] = event
        self.picture.take(event, now_us=event.ts_us)

    @rule(n=st.integers(0, 100))
    def again(self, n):
        if self.events:
            self.picture.take(list(self.events.values())[n % len(self.events)], now_us=at_us(0))

    @rule()
    def everything_again(self):
        for event in reversed(list(self.events.values())):
            self.picture.take(event, now_us=event.ts_us)

    @invariant()
    def agrees_with_the_model(self):
        model = modelled(self.events.values())
        board = self.picture.board
        for incident_id, (received_us, is_open, stamps) in model["incidents"].items():
            incident = board.incident(incident_id)
            assert incident.received_us == received_us
            assert (incident.closed_us is None) == is_open
            for (unit_id, kind), seconds in stamps.items():
                name = {"unit.arrived": "arrived_us", "unit.dispatched": "dispatched_us", "unit.cleared": "cleared_us"}[
                    kind
                ]
                assert getattr(incident.responses[unit_id], name) == seconds
        for unit_id, busy in model["busy"].items():
            assert (self.picture.roster.now(board, unit_id, at_us(5001)).status in BUSY) == busy


BUSY = ("dispatched", "enroute", "staged", "on_scene", "transporting", "at_hospital")


def line_picture_again():
    PICTURES[0].reset()
    return PICTURES[0]


def modelled(events):  # noqa: C901 - one step for each kind of word
    """The model: sort, then read."""
    ordered = sorted(events, key=lambda e: e.order)
    incidents, last, words_of = {}, {}, {}
    for e in ordered:
        if e.type == "heartbeat":
            continue
        i = incidents.setdefault(e.incident_id, {"received": None, "closed": None, "work": None, "stamps": {}})
        if e.type == "incident.created" and i["received"] is None:
            i["received"] = e.ts_us
        if e.type == "incident.closed":
            i["closed"] = e.order
        if e.type in ASSIGNED:
            i["work"] = e.order
        if e.type in ("unit.dispatched", "unit.arrived"):
            i["stamps"].setdefault((e.unit_id, e.type), e.ts_us)
        if e.type == "unit.cleared":
            i["stamps"][e.unit_id, e.type] = e.ts_us
        if e.type in (*ASSIGNED, *ENDED):
            last[e.incident_id, e.unit_id] = e.type
        if e.type.startswith("unit.") and e.type != "unit.position":
            words_of.setdefault(e.unit_id, []).append(e)
    found = {}
    for key, i in incidents.items():
        theirs = [kind for (incident, _), kind in last.items() if incident == key]
        closed = i["closed"] is not None and (i["work"] is None or i["closed"] > i["work"])
        found[key] = (i["received"], not (closed or (theirs and all(k in ENDED for k in theirs))), i["stamps"])
    return {"incidents": found, "busy": {u: busy(w, incidents) for u, w in words_of.items()}}


def busy(words, incidents):
    at = words[-1].ts_us
    same = [w for w in words if w.ts_us == at]
    over = {w.incident_id for w in same if w.type in ENDED}
    work = [w for w in same if w.type in ASSIGNED and w.incident_id not in over]
    if not work:
        return False
    chosen = max(work, key=lambda w: w.order)
    i = incidents[chosen.incident_id]
    closed = i["closed"] is not None and (i["work"] is None or i["closed"] > i["work"])
    return not (closed and i["closed"][0] >= chosen.ts_us)


TestFeed = Feed.TestCase
TestFeed.settings = settings(max_examples=tries(60), stateful_step_count=25)


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def day(project):
    """The busiest day of Marisol's last quarter, as events."""
    start_us = busiest_day_us(project.history)
    return start_us, events_of(project.history, start_us=start_us, end_us=start_us + 86_400_000_000)


def picture_of(project, **more):
    cover = CoverNow(project.today, standard=project.standard)
    return Picture(cover, standard=project.standard, policy=project.plan.performance.policy, **more)


def test_a_day_backwards_ends_as_the_day_forwards(project, day):
    _, events = day
    forwards, backwards, mixed = (picture_of(project) for _ in range(3))
    for event in events:
        forwards.take(event, now_us=event.ts_us)
    for event in reversed(events):
        backwards.take(event, now_us=event.ts_us)
    twice = [*events, *events]
    twice = [twice[i] for i in np.random.default_rng(1).permutation(len(twice))]
    for event in twice:
        mixed.take(event, now_us=event.ts_us)
    now_us = events[len(events) // 2].ts_us + 60_000_000
    assert shown(forwards, now_us) == shown(backwards, now_us) == shown(mixed, now_us)


def test_kept_as_it_comes_is_the_same_as_put_together_anew(project, day):
    _, events = day
    running, anew = picture_of(project), picture_of(project)
    for i, event in enumerate(events):
        running.take(event, now_us=event.ts_us)
        if i % 60 == 0:
            anew.rebuild(events[: i + 1], now_us=event.ts_us)
            assert shown(running, event.ts_us) == shown(anew, event.ts_us)


def test_swept_incidents_are_recalled_when_they_are_spoken_of_again(project):
    history = project.history
    start_us = busiest_day_us(history)
    events = events_of(history, start_us=start_us, end_us=start_us + 4 * 86_400_000_000)
    by_incident = {}
    for event in events:
        by_incident.setdefault(event.incident_id, []).append(event)
    chosen = np.random.default_rng(2).choice(300, 20, replace=False)
    late = [events.pop(i) for i in sorted(chosen.tolist(), reverse=True)]
    running = picture_of(project, recall=lambda key: by_incident.get(key, ()))
    whole = picture_of(project)
    for event in [*events, *late]:
        running.take(event, now_us=event.ts_us)
    for event in sorted([*events, *late], key=lambda e: e.order):
        whole.board.take(event)
    now_us = events[-1].ts_us
    assert shown(running, now_us) == shown(whole, now_us)
    assert len(list(running.board.incidents())) < len(by_incident) / 2


def test_events_of_a_history_are_that_history_again(project, day):
    start_us, events = day
    again = history_of(
        [events[i] for i in np.random.default_rng(3).permutation(len(events))],
        timezone=project.plan.timezone,
        units=project.today.units,
    )
    kept = again.incidents["received"].notna()
    original = project.history.incidents.loc[again.incidents.index[kept]]
    assert (original["received"] == again.incidents["received"][kept]).all()
    ids = again.incidents.index[kept]
    stamps = ["dispatched", "enroute", "arrived", "call_processing_s", "turnout_s", "travel_s"]
    one = project.history.responses.set_index(["incident_id", "unit_id"]).loc[ids][stamps].sort_index()
    two = again.responses.set_index(["incident_id", "unit_id"]).loc[ids][stamps].sort_index()
    inside = (one[["dispatched", "enroute", "arrived"]] < instant(start_us + 86_400_000_000)).all(axis=1)
    assert inside.sum() > 50
    for name in stamps:
        np.testing.assert_array_equal(one[inside][name].to_numpy(), two[inside][name].to_numpy())


def instant(us):
    return pd.Timestamp(us, unit="us", tz="UTC")


def test_clocks_are_those_of_response_performance(project, day):
    _, events = day
    board = Board(kept_us=None)
    for event in events:
        board.take(event)
    picture = picture_of(project)
    history = history_of(events, timezone=project.plan.timezone, units=project.today.units)
    table = fp.performance(
        history, scenario=project.today, standard=project.standard, policy=project.plan.performance.policy
    )
    states = {}
    for incident in board.incidents():
        if incident.incident_id not in history.incidents.index:
            continue
        for clock in picture.clocks.on(incident, now_us=events[-1].ts_us):
            states.setdefault(clock.objective.key, []).append(clock.state)
    for key in ("first_engine", "turnout_ems"):
        met, missed = states[key].count("met"), states[key].count("missed")
        assert (met, met + missed) == (table.loc[key, "within"], table.loc[key, "n"])


def test_cover_is_that_of_an_assessment_whoever_is_away(project):
    cover = CoverNow(project.today, standard=project.standard)
    rng = np.random.default_rng(4)
    engines = [u for u in project.today.units.index if u.startswith("E")]
    for _ in range(4):
        away = list(rng.choice(engines, size=3, replace=False))
        for unit_id in project.today.units.index:
            cover.put(unit_id, None if unit_id in away else cover.home(unit_id))
        found = fp.assess(project.today.apply(*map(fp.RemoveUnit, away)), standard=project.standard)
        assert (cover.within() == found.zones["first_engine_within"].to_numpy()).all()
        assert (cover.within_force() == found.zones["full_alarm_within"].to_numpy()).all()
        for measure in cover.measures:
            if measure.name != "incidents":
                share = found.summary().loc[("first_engine", measure.name), "share"]
                assert measure.share(cover.within()) == pytest.approx(share, rel=1e-12)


def test_fewest_left_are_those_of_the_drawdown_of_history(project, day):
    start_us, _ = day
    board = Board(kept_us=None)
    for event in events_of(project.history, start_us=start_us - 43_200_000_000, end_us=start_us + 86_400_000_000):
        board.take(event)
    engines = {u for u in project.today.units.index if u.startswith("E")}
    hours = hours_of(board.incidents(), units=engines, now_us=start_us + 86_399_000_000, timezone=project.plan.timezone)
    table = fp.response_performance.drawdown(
        project.history,
        scenario=project.today,
        by="hour",
        start=instant(start_us),
        end=instant(start_us + 86_400_000_000),
    )
    assert [h.free_least for h in hours] == table["free_least"].tolist()
    assert start_us > T0_US
