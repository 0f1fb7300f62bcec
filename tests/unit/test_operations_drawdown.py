"""How far a department is drawn down: the shares of units and of time at which each level begins."""

from types import SimpleNamespace

import pytest
from live_towns import call, line_town, run

from fireplan.operations._events.to_history import history_of
from fireplan.operations._status.drawdown import Usual
from fireplan.operations._status.live_cover import CoverNow
from fireplan.standards import NFPA_1710

MIDNIGHT_S = -19 * 3600  # the live towns' second 0 is 19:00 UTC
DAY_S = 86_400
MIDDLE = (-140.0, 30.015)


@pytest.fixture(scope="module")
def cover():
    """Two engines, and a truck that is none."""
    return CoverNow(line_town(engines=(("E1", "S1"), ("E2", "S2"), ("T1", "S1"))), standard=NFPA_1710)


def usual_after(cover, *away):
    """What a day is usual in which engines were away for so many seconds from midnight on."""
    events = []
    for number, (unit, seconds) in enumerate(away):
        events += [call(str(number), MIDNIGHT_S, at=MIDDLE)]
        events += run(str(number), unit, MIDNIGHT_S, MIDNIGHT_S, MIDNIGHT_S, MIDNIGHT_S + seconds)
    return Usual(cover, history_of(events, timezone="UTC", units=cover.scenario.units))


@pytest.mark.parametrize(
    ("free", "of", "level"),
    [
        (8, 8, 0), (7, 8, 0), (6, 8, 1), (5, 8, 1), (4, 8, 2), (3, 8, 2), (2, 8, 3), (1, 8, 3), (0, 8, 4),
        (3, 4, 1), (1, 2, 2), (1, 1, 0), (0, 1, 4), (0, 0, 0),
    ],
)  # fmt: skip
def test_without_a_history_levels_begin_at_three_quarters_a_half_a_quarter_and_none(cover, free, of, level):
    assert Usual(cover, None).level(free, of).level == level


@pytest.mark.parametrize(
    ("share", "level"),
    [(0.25, 1), (0.10, 2), (0.02, 3), (0.002, 4)],
)
def test_with_a_history_a_level_begins_at_its_very_share_of_time(cover, share, level):
    # E1 is away from midnight for just this share of the day, so that one engine or none was free for just so long.
    at, over = (usual_after(cover, ("E1", share * DAY_S + more)) for more in (0, 1))
    assert at.level(1, 2).level == level
    assert over.level(1, 2).level == level - 1


def test_so_few_or_fewer_counts_the_fewer_as_well(cover):
    # One engine free for an hour, none for another: two hours of 24 are 8.3 %, one is 4.2 %.
    usual = usual_after(cover, ("E1", 2 * 3600), ("E2", 3600))
    assert [usual.level(free, 2).level for free in (2, 1, 0)] == [0, 2, 2]
    assert "8.3 %" in usual.level(1, 2).usual
    assert "4.2 %" in usual.level(0, 2).usual
    # None free for half an hour: 2.1 %; for a quarter: 1.0 %.
    assert [usual_after(cover, ("E1", 3600), ("E2", s)).level(0, 2).level for s in (1800, 900)] == [2, 3]


def test_more_free_than_the_history_ever_had_is_usual(cover):
    usual = usual_after(cover, ("E1", 3600))
    assert usual.level(5, 6).level == 0  # units bought since: at most two were free then, all of the time


def test_a_history_that_does_not_say_who_went_leaves_the_levels_of_how_many_are_free(cover):
    usual = Usual(cover, SimpleNamespace(grain="incident"))
    assert usual.level(1, 2) == Usual(cover, None).level(1, 2)
    assert (usual.kind, usual.kinds) == ("engine", ("engine", "truck"))
