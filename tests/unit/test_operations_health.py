"""The health of a feed: gaps, resets, skew, lateness, silence; and what is shown of it."""

import json

import pytest
from live_towns import at_us, say

from fireplan.operations._as_json import health_shown
from fireplan.operations._events.feed_health import NUMBERED, FeedHealth
from fireplan.operations._events.refusal import Refusal


def heard(*words):
    health = FeedHealth()
    for seq, seconds in words:
        health.hear(say("heartbeat", seconds, seq=seq))
    return health


def test_numbers_in_a_row_are_no_gap():
    assert heard((1, 0), (2, 1), (3, 2)).now(at_us(3)).gaps == ()


def test_missing_numbers_are_a_gap_until_they_come():
    health = heard((1, 0), (2, 1), (5, 4))
    found = health.now(at_us(5))
    assert (found.state, found.gaps) == ("gaps", ((3, 4),))
    assert "seq 3 to 4 missing" in found.notes[0]
    for seq in (4, 3):
        health.hear(say("heartbeat", seq - 1, seq=seq))
    assert health.now(at_us(5)).gaps == ()


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_order_of_arrival_makes_no_gap(order):
    words = [(seq + 1, seq * 20) for seq in range(5)]
    assert heard(*(words[i] for i in order)).now(at_us(100)).gaps == ()


def test_a_failover_begins_anew_and_drops_nothing():
    found = heard(*((s, s) for s in range(1, 9)), *((s, 100 + s) for s in range(1, 4))).now(at_us(110))
    assert (found.resets, found.gaps) == (1, ())


def test_two_numbers_out_of_order_by_their_stamps_are_no_reset():
    assert heard((1, 0), (2, 10), (4, 19), (3, 20), (5, 30)).now(at_us(31)).resets == 0


def test_a_clock_ten_minutes_ahead_is_told_and_ages_are_never_negative():
    health = FeedHealth()
    health.hear(say("heartbeat", 600, received_at="2024-03-05T19:00:00Z"))
    found = health.now(at_us(1))
    assert (found.state, found.skew_s, found.lag_s) == ("skewed", 600, 0)
    assert found.silent_s == 1


def test_lateness_counts_what_comes_a_minute_after_something_newer():
    found = heard((1, 0), (2, 200), (3, 100), (4, 139), (5, 141)).now(at_us(201))
    assert found.late == 2


def test_silence_is_told_after_hours_or_after_missing_heartbeats():
    quiet = FeedHealth()
    quiet.hear(say("unit.in_service", 0, "E1"))
    assert quiet.now(at_us(7199)).state == "ok"
    found = quiet.now(at_us(7201))
    assert found.state == "quiet"
    assert "is the feed up?" in found.notes[0]
    beating = heard((1, 0), (2, 60), (3, 120), (4, 180))
    assert beating.now(at_us(180 + 299)).state == "ok"
    assert beating.now(at_us(180 + 301)).state == "quiet"
    assert heard((1, 0), (2, 1), (3, 2)).now(at_us(121)).state == "ok"
    assert FeedHealth().now(at_us(0)).state == "none"


def test_lag_is_median_and_95th_percentile_by_the_inverted_distribution():
    health = FeedHealth()
    for lag in range(1, 101):
        event = say("heartbeat", 0)
        health.hear(type(event)(event.event_id, event.ts_us, event.type, event.ts_us + lag * 1_000_000))
    found = health.now(at_us(100))
    assert (found.lag_s, found.lag_p95_s) == (50, 95)
    assert found.state == "ok"


def test_memory_is_bounded():
    health = FeedHealth()
    for seq in range(3 * NUMBERED):
        health.hear(say("heartbeat", 0, seq=seq))
        health.refuse(Refusal(0, "x", seq, "not_json", "no"))
    assert len(health._numbered) <= NUMBERED
    assert len(health.now(0).refusals) == 20


def test_what_is_shown_holds_no_text_of_what_was_refused():
    health = FeedHealth()
    health.refuse(Refusal(at_us(1), "cad", 5, "not_json", "the line is not one JSON object", None, "CANARY"))
    shown = json.dumps(health_shown(health.now(at_us(2), unknown_units=("X9",)), source="cad"))
    assert "CANARY" not in shown
    assert "not_json" in shown
    assert "X9" in shown
