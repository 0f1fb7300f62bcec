"""The rhythm of a feed: which silence is too long, by the feed's own and by the hour."""

import itertools

import numpy as np
import pytest

from fireplan.operations._events.rhythm import EDGES_S, Rhythm

SECOND_US, HOUR_S = 1_000_000, 3600
DAY_S = 24 * HOUR_S
MONDAY_US = 1_780_272_000 * SECOND_US  # midnight, UTC


def at(seconds):
    return MONDAY_US + int(seconds * SECOND_US)


def every(step_s, *, days=1, hours=range(24)):
    return Rhythm.of(at(s) for s in range(0, days * DAY_S, step_s) if s // HOUR_S % 24 in hours)


def test_without_a_rhythm_two_hours_are_too_long():
    silent = Rhythm.of([at(0)])
    assert silent.usual_s(at(0)) is None
    assert not silent.too_long(at(0), at(7200))
    assert silent.too_long(at(0), at(7201))


@pytest.mark.parametrize(("step_s", "limit_s"), [(20, 300), (600, 2 * 724.08), (120, 300)])
def test_a_steady_feed_is_silent_after_twice_its_step_and_not_under_five_minutes(step_s, limit_s):
    rhythm = every(step_s)
    assert step_s <= rhythm.usual_s(at(0)) <= 1.5 * step_s
    assert not rhythm.too_long(at(0), at(limit_s - 1))
    assert rhythm.too_long(at(0), at(limit_s + 1))


def test_the_same_silence_is_usual_at_night_and_too_long_by_day():
    by_day = range(7, 22)
    heard = [s for day in range(10) for s in range(day * DAY_S, (day + 1) * DAY_S, 60) if s // HOUR_S % 24 in by_day]
    heard += [day * DAY_S + int(h * HOUR_S) for day in range(40) for h in (0.5, 2, 3.5, 5)]
    rhythm = Rhythm.of(at(s) for s in sorted(heard))
    assert not rhythm.too_long(at(2 * HOUR_S), at(3.4 * HOUR_S))
    assert rhythm.too_long(at(12 * HOUR_S), at(12.2 * HOUR_S))


def test_a_silence_that_reaches_into_the_day_is_judged_by_the_day():
    rhythm = Rhythm()
    for day in range(60):
        for h in (1, 3, 5):
            rhythm.hear(at(day * DAY_S + h * HOUR_S))
        for s in range(8 * HOUR_S, 20 * HOUR_S, 30):
            rhythm.hear(at(day * DAY_S + s))
    last = at(60 * DAY_S + 5 * HOUR_S)
    assert not rhythm.too_long(last, last + HOUR_S * SECOND_US)
    assert rhythm.too_long(last, at(60 * DAY_S + 10.2 * HOUR_S))


def test_a_random_feed_hardly_ever_cries_wolf():
    draw = np.random.default_rng(3)
    steps = draw.exponential(240, 12_000)
    stamps = np.cumsum(steps)
    rhythm = Rhythm.of(at(s) for s in stamps[:6000])
    alarms = sum(rhythm.too_long(at(a), at(b)) for a, b in itertools.pairwise(stamps[6000:]))
    assert alarms <= 2  # of 6,000 silences, in over two weeks
    assert rhythm.too_long(at(stamps[-1]), at(stamps[-1] + 15 * 240))


def test_heartbeats_are_missed_after_five():
    rhythm = Rhythm()
    for n in range(10):
        rhythm.hear(at(60 * n))
        rhythm.beat(at(60 * n))
    assert not rhythm.too_long(at(540), at(540 + 300))
    assert rhythm.too_long(at(540), at(540 + 301))


def test_what_comes_at_once_is_one_word():
    assert Rhythm.of([at(0)] * 1000).usual_s(at(0)) is None
    assert Rhythm.of(at(n / 10) for n in range(1000)).usual_s(at(0)) is None


def test_a_stamp_from_before_changes_nothing():
    one, other = every(60), every(60)
    other.hear(at(-500_000))
    assert one.as_text() == other.as_text()


def test_it_is_bounded_and_follows_what_changes():
    rhythm = every(20, days=2)
    for s in range(3 * DAY_S, 40 * DAY_S, 600):
        rhythm.hear(at(s))
    for s in range(40 * DAY_S, 400 * DAY_S, 600):
        rhythm.hear(at(s))
    assert rhythm.usual_s(at(0)) > 400
    assert len(rhythm.as_text()) < 6000


def test_it_is_written_and_read_again():
    rhythm = every(60)
    again = Rhythm.from_text(rhythm.as_text())
    assert again.as_text() == rhythm.as_text()
    for spoilt in ("", "[]", "{}", "null", "[[1]]", "[" + ",".join(["[1]"] * 24) + "]"):
        assert Rhythm.from_text(spoilt) is None
    assert EDGES_S[0] == 1
