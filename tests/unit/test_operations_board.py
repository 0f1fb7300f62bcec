"""What is kept of incidents and their hours: the first stamp or the last, open or closed, and the ends of a span."""

import pytest
from live_towns import at_us, call, line_town, run, say

from fireplan.operations._events.event_records import Board
from fireplan.operations._events.from_history import busiest_day_us, events_of
from fireplan.operations._events.to_history import history_of
from fireplan.operations._status.hourly import hours_of

MIDDLE = (-140.0, 30.015)
DAY_S = 86_400


def board_of(*events, **options):
    board = Board(**options)
    for event in events:
        board.take(event)
    return board


# --- open and closed


@pytest.mark.parametrize("cleared", [(500, 900), (900, 500)])
def test_an_incident_is_closed_when_its_last_unit_has_cleared(cleared):
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 60, 200), *run("1", "E2", 30, 60, 200)]
    first, last = sorted(zip(cleared, ("E1", "E2"), strict=True))
    board = board_of(*events, say("unit.cleared", *first, "1"))
    assert board.incident("1").closed_us is None
    board.take(say("unit.cleared", *last, "1"))
    assert board.incident("1").closed_us == at_us(900)


def test_an_incident_that_opens_again_is_no_longer_among_the_closed():
    board = board_of(call("1", 0, at=MIDDLE), *run("1", "E1", 30, 60, 200, 900))
    assert [i.incident_id for i in board.closed_since(at_us(0), most=9)] == ["1"]
    assert board.open_incidents() == []
    board.take(say("unit.dispatched", 950, "E2", "1"))
    assert board.closed_since(at_us(0), most=9) == []
    assert [i.incident_id for i in board.open_incidents()] == ["1"]
    board.take(say("unit.cleared", 1200, "E2", "1"))
    assert [i.closed_us for i in board.closed_since(at_us(0), most=9)] == [at_us(1200)]


def test_incidents_closed_are_the_newest_first_and_no_more_than_asked_for():
    board = board_of(*[e for n in range(5) for e in (call(f"{n}", n, at=MIDDLE), *run(f"{n}", "E1", n, n, n, 100 + n))])
    assert [i.incident_id for i in board.closed_since(at_us(0), most=3)] == ["4", "3", "2"]
    assert [i.incident_id for i in board.closed_since(at_us(103), most=3)] == ["4"]  # after that instant, not at it


def test_open_incidents_stand_in_the_order_in_which_they_were_received():
    board = board_of(call("b", 20, at=MIDDLE), call("c", 10, at=MIDDLE), call("a", 20, at=MIDDLE))
    assert [i.incident_id for i in board.open_incidents()] == ["c", "a", "b"]


@pytest.mark.parametrize(("seconds", "kept"), [(DAY_S, True), (DAY_S + 1, False)])
def test_an_incident_is_kept_for_a_day_after_the_last_word_of_it(seconds, kept):
    board = board_of(call("1", 0, at=MIDDLE), say("unit.in_service", seconds, "E9"))
    assert (board.incident("1") is not None) == kept
    assert (len(board.open_incidents()) == 1) == kept


# --- the first stamp or the last


def test_of_arrivals_the_first_counts_and_of_clearings_the_last():
    stamps = [say(kind, s, "E1", "1") for kind, s in (
        ("unit.dispatched", 30), ("unit.dispatched", 20), ("unit.arrived", 200), ("unit.arrived", 150),
        ("unit.cleared", 800), ("unit.cleared", 700),
    )]  # fmt: skip
    response = board_of(*stamps).incident("1").responses["E1"]
    assert (response.dispatched_us, response.arrived_us, response.cleared_us) == (at_us(20), at_us(150), at_us(800))
    assert response.ended_us == at_us(800)


def test_what_was_said_last_holds_by_its_stamp_and_not_by_when_it_came():
    said = [
        say("incident.updated", 200, incident="1", call_type="EMS", priority="3", at=(-140.0, 30.02)),
        say("incident.created", 0, incident="1", call_type="FIRE", priority="1", at=MIDDLE),
        say("incident.updated", 300, incident="1", priority="2"),
    ]
    for events in (said, said[::-1]):
        incident = board_of(*events).incident("1")
        assert (incident.text("call_type"), incident.text("priority"), incident.at) == ("EMS", "2", (-140.0, 30.02))
        assert (incident.received_us, incident.first_us, incident.last_us) == (at_us(0), at_us(0), at_us(300))


def test_a_units_own_place_is_not_that_of_the_incident():
    board = board_of(call("1", 0, at=MIDDLE), say("unit.position", 100, "E1", "1", at=(-140.0, 30.03)))
    assert board.incident("1").at == MIDDLE
    assert board.unit("E1").place == (-140.0, 30.03)


# --- hours


@pytest.mark.parametrize(("sent", "fewest"), [(4000, 1), (3999, 0)])
def test_a_unit_sent_in_the_second_in_which_another_clears_is_not_away_with_it(sent, fewest):
    board = board_of(
        call("1", 0, at=MIDDLE), *run("1", "E1", 30, 60, 200, 4000),
        call("2", 3800, at=MIDDLE), *run("2", "E2", sent, sent, sent, 5000),
    )  # fmt: skip
    hours = hours_of(board.incidents(), units={"E1", "E2"}, now_us=at_us(7000), timezone="UTC")
    assert [tuple(h) for h in hours[-2:]] == [(19, 1, 1), (20, 1, fewest)]


@pytest.mark.parametrize("now_s", [3599, 3600, 3601])
def test_a_unit_that_is_out_is_out_on_the_full_hour_as_well(now_s):
    # Sent at 19:00:30 and not back: at 20:00:00 the new hour begins with one unit left, and not with two.
    board = board_of(call("1", 0, at=MIDDLE), *run("1", "E1", 30))
    hours = hours_of(board.incidents(), units={"E1", "E2"}, now_us=at_us(now_s), timezone="UTC")
    assert tuple(hours[-1]) == ((19, 1, 1) if now_s < 3600 else (20, 0, 1))


def test_a_unit_sent_at_the_very_instant_is_out():
    board = board_of(call("1", 3600, at=MIDDLE), *run("1", "E1", 3600))
    hours = hours_of(board.incidents(), units={"E1", "E2"}, now_us=at_us(3600), timezone="UTC")
    assert tuple(hours[-1]) == (20, 1, 1)


def test_hours_end_with_the_instant_and_begin_at_local_midnight():
    # 19:00 UTC is 14:00 in New York; a call at 13:59:59 is of the hour before.
    board = board_of(call("1", -1, at=MIDDLE), call("2", 0, at=MIDDLE), call("3", 60, at=MIDDLE))
    board.take(call("before", -14 * 3600 - 1, at=MIDDLE))
    for now_s, last in ((0, (14, 1, 1)), (59, (14, 1, 1)), (60, (14, 2, 1))):
        hours = hours_of(board.incidents(), units={"E1"}, now_us=at_us(now_s), timezone="America/New_York")
        assert tuple(hours[-1]) == last
        assert tuple(hours[-2]) == (13, 1, 1)
        assert len(hours) == 15
        assert hours[0].incidents == 0


# --- history and back


def history():
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900), call("2", 900, at=MIDDLE)]
    return history_of([*events, *run("2", "E1", 930, 960, 1000, 1500)], timezone="UTC", units=line_town().units)


def test_a_span_holds_its_start_and_not_its_end():
    found = events_of(history(), start_us=at_us(90), end_us=at_us(930))
    assert [(e.type, e.ts_us, e.seq) for e in found] == [
        ("unit.enroute", at_us(90), 1),
        ("unit.arrived", at_us(250), 2),
        ("incident.created", at_us(900), 3),
        ("unit.cleared", at_us(900), 4),
    ]
    parts = [events_of(history(), start_us=a, end_us=b) for a, b in ((None, at_us(930)), (at_us(930), None))]
    assert [e.event_id for part in parts for e in part] == [e.event_id for e in events_of(history())]


def test_a_history_keeps_every_stamp_and_the_place():
    row = history().responses.iloc[0]
    stamps = ["received", "dispatched", "enroute", "arrived", "cleared"]
    assert [(row[s].value // 1000 - at_us(0)) / 1e6 for s in stamps] == [0, 30, 90, 250, 900]
    assert history().incidents.geometry.iloc[0].coords[0] == MIDDLE


def test_the_busiest_day_is_that_with_most_calls_of_the_last_and_of_equal_ones_the_first():
    # Three calls a hundred days ago, one on the first of the last days, two on the second and two on the third.
    days = [-100] * 3 + [0, 1, 1, 2, 2]
    calls = [(str(i), day * DAY_S + 60 * i) for i, day in enumerate(days)]
    events = [e for i, s in calls for e in (call(i, s, at=MIDDLE), *run(i, "E1", s, s, s, s + 30))]
    found = history_of(events, timezone="UTC", units=line_town().units)
    midnight_us = at_us(-19 * 3600)  # of the day on which the second 0 falls
    assert busiest_day_us(found) == midnight_us + DAY_S * 1_000_000
    assert busiest_day_us(found, last_days=103) == midnight_us - 100 * DAY_S * 1_000_000
