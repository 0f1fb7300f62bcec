"""Old events are deleted by a clock that can be right, and by no other; what is deleted is logged."""

import pytest
from live_desks import SetClock, desk_at, eventually
from live_towns import at_us, say

from fireplan._cli.serve import forget_events
from fireplan._conversions import DAY_US
from fireplan.errors import InputError
from fireplan.live._desk.retention import forgetting_before_us
from fireplan.live._store import Store

DAY_S = 86_400


@pytest.fixture
def store(store_url):
    opened = Store.open(store_url)
    opened.append([say("heartbeat", day * DAY_S, event_id=f"d{day}") for day in range(11)])
    yield opened
    opened.close()


@pytest.mark.parametrize("years", [-30, -2, 2, 50, 1000])
def test_a_clock_that_is_years_off_deletes_nothing(store, years, caplog):
    now_us = at_us(10 * DAY_S) + years * 365 * DAY_US + 2 * DAY_US * (1 if years > 0 else -1)
    assert forgetting_before_us(store, now_us, 5) is None
    assert "nothing is deleted: the clock says" in caplog.text


def test_days_are_counted_from_the_clock_or_the_newest_event_whichever_is_earlier(store):
    newest_us = at_us(10 * DAY_S)
    for ahead_days, from_us in ((0, newest_us), (60, newest_us), (-3, newest_us - 3 * DAY_US)):
        assert forgetting_before_us(store, newest_us + ahead_days * DAY_US, 5) == from_us - 5 * DAY_US


def test_a_few_wrong_stamps_do_not_bring_the_clock_along(store):
    store.append([say("heartbeat", 100 * DAY_S + n, event_id=f"n{n}") for n in range(100)])
    store.append([say("heartbeat", 9000 * DAY_S + n, event_id=f"w{n}") for n in range(5)])
    assert forgetting_before_us(store, at_us(9000 * DAY_S), 5) is None
    assert forgetting_before_us(store, at_us(101 * DAY_S), 5) == at_us(100 * DAY_S + 99) - 5 * DAY_US


def test_an_empty_store_has_nothing_to_delete(store_url):
    opened = Store.open(store_url)
    assert forgetting_before_us(opened, at_us(0), 5) is None
    opened.close()


@pytest.mark.usefixtures("store")
def test_a_desk_whose_clock_is_wrong_keeps_its_events_and_one_that_deletes_logs_what(store_url, caplog):
    with desk_at(store_url, clock=SetClock(at_us(9000 * DAY_S)), keep_days=5) as desk:
        eventually(lambda: "nothing is deleted" in caplog.text)
        assert len(list(desk.events_between(None, None))) == 11
    with desk_at(store_url, clock=SetClock(at_us(10 * DAY_S)), keep_days=5) as desk:
        eventually(lambda: "5 events deleted, from 2024-03-05 (UTC) to before 2024-03-10 (UTC)" in caplog.text)
        assert [e.event_id for e in desk.events_between(None, None)] == [f"d{day}" for day in range(5, 11)]


def test_the_command_refuses_by_a_clock_that_is_years_off(tmp_path):
    path = tmp_path / "s.sqlite"
    opened = Store.open(path)
    opened.append([say("heartbeat", 0)])
    opened.close()
    with pytest.raises(InputError, match="nothing was deleted: the clock says"):
        forget_events(store=str(path), days=30)
    opened = Store.open(path)
    assert opened.counts()["events"] == 1
    opened.close()


def test_many_are_deleted_some_at_a_time(store, monkeypatch):
    monkeypatch.setattr("fireplan.live._store.store.FORGOTTEN_AT_ONCE", 2)
    assert store.forget_some(at_us(5 * DAY_S)) == 2
    assert store.forget(at_us(5 * DAY_S)) == 3
    assert [e.event_id for e in store.events()] == [f"d{day}" for day in range(5, 11)]
