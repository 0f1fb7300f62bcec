"""What has to be told: since when, how gravely, and in which order."""

import numpy as np
import pytest
from live_towns import NORTH, at_us, call, line_picture, line_town, run, say, told

from fireplan.operations._advice.alerts import alerts_of
from fireplan.operations._events.feed_health import FeedHealth
from fireplan.operations._events.refusal import Refusal
from fireplan.operations._status.live_cover import LOST, ONCE, CoverNow
from fireplan.operations._status.uncovered_since import LostGround, Uncovered
from fireplan.standards import NFPA_1710


@pytest.fixture(scope="module")
def cover():
    """400 people on forty blocks; S1 at the south end is first due to fifteen of them, S2 at block 30 to the others."""
    return CoverNow(line_town(), standard=NFPA_1710)


def of(cover, *lost, running=None, health=None):
    health = health or FeedHealth().now(at_us(0))
    return alerts_of(cover, uncovered=lost, running=running or {}, health=health, minutes=10)


# --- what is set aside


@pytest.mark.parametrize(
    ("heard", "refused", "level"),
    [
        (1000, 0, None),
        (1000, 4, None),
        (995, 5, "warning"),
        (300, 4, "warning"),
        (90, 10, "serious"),
        (0, 1, "serious"),
    ],
)
def test_events_that_are_set_aside_are_told_with_their_share_the_reason_and_an_example(cover, heard, refused, level):
    health = FeedHealth()
    for n in range(heard):
        health.hear(say("heartbeat", n / 100))
    for n in range(refused):
        health.refuse(Refusal(at_us(10 + n), "cad", 7, "ts_naive", "ts has no offset from UTC", None, "CANARY"))
    found = [a for a in of(cover, health=health.now(at_us(60))) if a.key == "feed:refused"]
    assert [a.level for a in found] == ([] if level is None else [level])
    if found:
        assert found[0].since_us == at_us(10)
        assert "set aside" in found[0].title
        assert "ts_naive (line 7): ts has no offset from UTC" in found[0].text
        assert "CANARY" not in found[0].text
        assert "feed:refused" not in [a.key for a in of(cover, health=health.now(at_us(3700)))]


# --- order


def test_the_gravest_come_first_and_of_equal_ones_the_oldest(cover):
    # A hundredth of 400 people is serious: 40 are, 3 are not.
    old_and_light, young_and_grave = Uncovered("S1", 3, at_us(0), 1), Uncovered("S2", 40, at_us(500), 4)
    assert [a.key for a in of(cover, old_and_light, young_and_grave)] == ["ground:S2", "ground:S1"]
    older = Uncovered("S1", 40, at_us(499), 4)
    assert [a.key for a in of(cover, young_and_grave, older)] == ["ground:S1", "ground:S2"]
    at_once = Uncovered("S1", 40, at_us(500), 4)
    assert [a.key for a in of(cover, young_and_grave, at_once)] == ["ground:S1", "ground:S2"]  # then by key


def test_alerts_of_all_kinds_stand_in_one_order():
    # Nothing says when the call was answered, so processing has no alert; the first engine, under way at 70 s, at 310 s
    # and a warning; its station's ground is lost from 66 s on, which is serious (more than a hundredth).
    picture = told(line_picture(), [call("1", 0, at=NORTH), *run("1", "E1", 66, 70)])
    told(picture, [call("2", 100, at=NORTH, call_type="EMS")])
    for seconds in (66, 700):
        scene = picture.scene(at_us(seconds))
    found = picture.alerts(scene, health=FeedHealth().now(at_us(700)), minutes=10)
    assert [(a.key, a.level) for a in found] == [
        ("ground:S1", "serious"),
        ("force:1:full_alarm", "serious"),
        ("clock:1:first_engine", "warning"),
    ]
    assert [a.since_us for a in found] == [at_us(66), at_us(550), at_us(310)]


@pytest.mark.parametrize(("demand", "level"), [(3.99, "warning"), (4.0, "serious"), (4.01, "serious")])
def test_ground_is_serious_from_a_hundredth_of_all_demand(cover, demand, level):
    assert of(cover, Uncovered("S1", demand, at_us(0), 1))[0].level == level


@pytest.mark.parametrize(("silent_s", "alerts"), [(7200, []), (7201, [("feed:quiet", "serious")])])
def test_a_silent_feed_is_told_since_its_last_word(cover, silent_s, alerts):
    health = FeedHealth()
    health.hear(say("unit.in_service", 0, "E1"))
    found = of(cover, health=health.now(at_us(silent_s)))
    assert [(a.key, a.level) for a in found] == alerts
    assert all(a.since_us == at_us(0) for a in found)


# --- how long ground has been lost


@pytest.mark.parametrize(("seconds", "told_of"), [(599, 0), (600, 0), (600.001, 1), (601, 1)])
def test_ground_is_told_of_when_it_has_been_lost_for_longer_than_so_many_minutes(seconds, told_of):
    picture = told(line_picture(), run("1", "E1", 0))
    picture.scene(at_us(0))
    scene = picture.scene(at_us(seconds))
    assert len(picture.alerts(scene, health=FeedHealth().now(at_us(seconds)), minutes=10)) == told_of


def test_ground_that_was_covered_in_between_is_lost_anew(cover):
    lost = LostGround(40)
    codes = np.full(40, ONCE, dtype=np.uint8)
    gone = codes.copy()
    gone[:2] = LOST
    for seconds, seen in ((0, gone), (100, gone), (300, codes), (400, gone)):
        lost.note(seen, at_us(seconds))
    assert lost.longer_than(cover, minutes=5, now_us=at_us(700)) == []  # since 400 s, and not since 0
    assert lost.longer_than(cover, minutes=5, now_us=at_us(701)) == [Uncovered("S1", 20.0, at_us(400), 2)]


def test_ground_is_told_by_station_with_what_has_been_lost_for_so_long_alone(cover):
    lost = LostGround(40)
    codes = np.full(40, ONCE, dtype=np.uint8)
    codes[[0, 39]] = LOST
    lost.note(codes, at_us(0))
    codes[[1, 2]] = LOST
    lost.note(codes, at_us(250))
    # At 301 s the first and the last zone are out of reach for more than five minutes, the second and third not yet.
    assert lost.longer_than(cover, minutes=5, now_us=at_us(301)) == [
        Uncovered("S1", 10.0, at_us(0), 1),
        Uncovered("S2", 10.0, at_us(0), 1),
    ]
    assert lost.longer_than(cover, minutes=5, now_us=at_us(551))[0] == Uncovered("S1", 30.0, at_us(0), 3)
