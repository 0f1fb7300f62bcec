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


def test_what_is_set_aside_is_no_word_and_its_share_is_told():
    health = heard((1, 0))
    for n in range(20):
        health.refuse(Refusal(at_us(7000 + n), "cad", n + 1, "ts_naive" if n else "not_json", "no offset"))
    found = health.now(at_us(7300))
    assert (found.state, found.last_received_us) == ("quiet", at_us(0))
    assert (found.refused_share, found.weighed, found.refused_lately) == (20 / 21, 21, 20)
    assert found.refused_since_us == at_us(7000)
    assert (found.refused_example.code, found.refused_example.line) == ("ts_naive", 20)
    assert health.now(at_us(20_000)).refused_lately == 0
    only = FeedHealth()
    only.refuse(Refusal(at_us(0), "cad", 1, "not_json", "no"))
    assert (only.now(at_us(5)).state, only.now(at_us(5)).notes[0]) == ("none", "nothing that can be used has come yet")


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


# --- thresholds, on both sides


@pytest.mark.parametrize(
    ("step_s", "beats", "quiet_after_s"),
    [
        (60, 4, 300),  # five missing heartbeats
        (1, 4, 120),  # five seconds would be a hiccup: two minutes at least
        (24, 3, 120),
        (25, 3, 125),
        (1, 2, 7200),  # two heartbeats do not tell how far apart they come
    ],
)
def test_a_feed_is_quiet_when_it_has_been_silent_for_longer_than_its_threshold(step_s, beats, quiet_after_s):
    health = heard(*((n, n * step_s) for n in range(beats)))
    last = (beats - 1) * step_s
    assert health.now(at_us(last + quiet_after_s)).state == "ok"
    assert health.now(at_us(last + quiet_after_s + 1)).state == "quiet"


def test_a_feed_without_heartbeats_may_be_silent_for_two_hours():
    health = FeedHealth()
    health.hear(say("unit.in_service", 0, "E1"))
    assert [health.now(at_us(s)).state for s in (7200, 7200.001)] == ["ok", "quiet"]


def test_beats_are_the_middle_one_of_their_steps_in_order_of_their_stamps():
    # Steps of 60, 60 and 600 s, heard out of order: five of the middle one are 300 s.
    health = heard((1, 0), (3, 120), (2, 60), (4, 720))
    assert [health.now(at_us(720 + s)).state for s in (300, 301)] == ["ok", "quiet"]


@pytest.mark.parametrize(("older_s", "late"), [(59, 0), (60, 0), (60.001, 1), (61, 1)])
def test_an_event_is_late_when_it_is_more_than_a_minute_older_than_the_newest(older_s, late):
    assert heard((2, 1000), (1, 1000 - older_s)).now(at_us(1000)).late == late


def test_the_newest_event_stays_the_newest():
    health = heard((1, 0), (3, 500), (2, 450), (4, 460))
    assert health.now(at_us(501)).last_event_us == at_us(500)
    health.hear(say("heartbeat", 420, seq=5))
    assert health.now(at_us(501)).late == 1


def stamped(seconds, *lags_s):
    health = FeedHealth()
    for lag_s in lags_s:
        event = say("heartbeat", seconds)
        health.hear(type(event)(event.event_id, event.ts_us, event.type, event.ts_us + int(lag_s * 1_000_000)))
    return health


@pytest.mark.parametrize(("lag_s", "state"), [(60, "ok"), (60.001, "late")])
def test_a_feed_is_behind_when_its_middle_lag_is_over_a_minute(lag_s, state):
    assert stamped(0, 0, lag_s, 600).now(at_us(600)).state == state


@pytest.mark.parametrize(("ahead_s", "skew_s", "state"), [(30, 0, "ok"), (30.001, 30.001, "skewed")])
def test_a_clock_is_ahead_when_it_is_more_than_half_a_minute(ahead_s, skew_s, state):
    found = stamped(0, -ahead_s, 5).now(at_us(10))
    assert (found.skew_s, found.state) == (pytest.approx(skew_s), state)


def test_events_a_minute_are_those_of_the_last_ten_minutes():
    # Of the ten minutes before the newest, at 700 s, the start at 100 s is no part.
    health = heard((1, 0), (2, 100), (3, 101), (4, 400), (5, 699), (6, 700))
    assert health.now(at_us(700)).per_minute == 0.4
    assert FeedHealth().now(at_us(0)).per_minute == 0


def test_the_gravest_state_is_told():
    health = stamped(0, -31, 100, 100)  # its clock is ahead, and its middle lag is over a minute
    assert health.now(at_us(1)).state == "skewed"
    health.hear(say("heartbeat", 0, seq=1))
    health.hear(say("heartbeat", 0, seq=3))
    assert health.now(at_us(1)).gaps == ((2, 2),)
    assert health.now(at_us(1)).state == "skewed"  # a gap is told among the notes
    assert health.now(at_us(7301)).state == "quiet"


@pytest.mark.parametrize(("fell_to", "resets"), [(4, 1), (5, 0)])
def test_a_number_that_falls_to_half_began_anew(fell_to, resets):
    assert heard(*((n, n) for n in range(1, 9)), (fell_to, 100)).now(at_us(101)).resets == resets


@pytest.mark.parametrize(("highest", "resets"), [(4, 0), (5, 1)])
def test_a_number_that_falls_by_fewer_than_four_is_out_of_order(highest, resets):
    assert heard(*((n, n) for n in range(1, highest + 1)), (1, 100)).now(at_us(101)).resets == resets
