"""The desk: durable, then part of the picture, then news."""

import json
import threading
import time

import pytest
from live_desks import SetClock, department, desk_at, eventually
from live_towns import NORTH, SOUTH, T0_US, at_us, call, run, say

from fireplan.errors import FireplanError
from fireplan.live._desk.event_loop import Desk
from fireplan.live._store import Store, StoreError
from fireplan.operations._events.refusal import Refusal

MIDDLE = (-140.0, 30.015)


def unit(state, unit_id):
    return next((u for u in state["units"] if u["unit_id"] == unit_id), None)


def merged(state, news):
    """What a page makes of news."""
    state = {**state, **{k: v for k, v in news.items() if k not in {"units", "incidents", "gone", "cover"}}}
    for part, key in (("units", "unit_id"), ("incidents", "incident_id")):
        entries = {e[key]: e for e in state[part]} | {e[key]: e for e in news.get(part, ())}
        state[part] = [e for k, e in entries.items() if k not in news.get("gone", ())]
    state["cover"] = {**state["cover"], **news.get("cover", {})}
    return state


def test_a_receipt_comes_when_events_are_durable(store_url):
    with desk_at(store_url) as desk:
        events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90)]
        receipt = desk.submit(events).result(10)
        assert (receipt.new, receipt.duplicates, receipt.refused, receipt.row) == (3, 0, 0, 3)
        again = desk.submit(events).result(10)
        assert (again.new, again.duplicates, again.row) == (0, 3, 3)
        other = say("unit.enroute", 95, "E1", "1", event_id=events[0].event_id)
        conflict = desk.submit([other]).result(10)
        assert (conflict.new, conflict.conflicts) == (0, (events[0].event_id,))
    store = Store.open(store_url)
    assert [e.event_id for e in store.events()] == [e.event_id for e in events]
    store.close()


def test_the_state_is_json_and_follows(store_url):
    clock = SetClock()
    with desk_at(store_url, clock=clock) as desk:
        first = desk.snapshot()
        assert json.loads(json.dumps(first, allow_nan=False)) == first
        assert [u["status"] for u in first["units"]] == ["in_quarters", "in_quarters"]
        assert first["cover"]["measures"][0]["now"] == first["cover"]["measures"][0]["home"] == 1.0
        clock.to(95)
        desk.submit([call("1", 0, at=SOUTH), *run("1", "E2", 30, 90)])
        state = eventually(lambda: desk.snapshot() if desk.snapshot()["upto"] == 3 else None)
        assert unit(state, "E2")["status"] == "enroute"
        assert unit(state, "E2")["way"]["points"][0] == pytest.approx(NORTH, abs=1e-4)
        assert state["cover"]["measures"][0]["now"] == 0.55
        assert state["incidents"][0]["clocks"][0]["title"] == "First engine, travel time"
        assert state["range"] == [T0_US // 1000, at_us(90) // 1000]
        json.dumps(state, allow_nan=False)


def test_news_add_up_to_the_state(store_url):
    clock = SetClock()
    with desk_at(store_url, clock=clock) as desk:
        kept, news = [desk.snapshot()], []
        end = desk.subscribe(news.append)
        for step, event in enumerate(
            [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 300), say("unit.arrived", 310, "X9", "2")]
        ):
            clock.at = event.ts_us
            desk.submit([event]).result(10)
            eventually(lambda: desk.snapshot()["upto"] > step)  # noqa: B023 - called at once
        end()
        count = len(news)
        desk.submit(run("9", "E2", 400)).result(10)
        time.sleep(0.6)
        assert len(news) == count
        state = kept[0]
        for update in news:
            assert update.rev == state["rev"] + 1
            state = merged(state, update.data)
            json.dumps(update.data, allow_nan=False)
        final = desk.moment(at_us(310))
        assert {u["unit_id"]: u for u in state["units"]} == {u["unit_id"]: u for u in final["units"]}
        assert state["cover"]["zones"] == final["cover"]["zones"]


def test_news_are_held_back_so_that_no_more_than_four_a_second_go_out(store_url):
    with desk_at(store_url) as desk:
        news = []
        desk.subscribe(news.append)
        began_s = time.monotonic()
        for i in range(300):
            desk.submit([say("heartbeat", i)]).result(10)
        eventually(lambda: desk.snapshot()["upto"] == 300)
        assert len(news) <= 4 * (time.monotonic() - began_s) + 2


def test_restart_goes_on_where_it_stopped(store_url):
    clock = SetClock(at_us(100))
    with desk_at(store_url, clock=clock) as desk:
        desk.submit([call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90)], position=("cad", "17")).result(10)
        before = eventually(lambda: desk.snapshot() if desk.snapshot()["upto"] == 3 else None)
    with desk_at(store_url, clock=clock) as desk:
        after = desk.snapshot()
        assert desk.position("cad") == "17"
        for part in ("units", "incidents", "cover", "range", "upto"):
            assert after[part] == before[part]
        assert after["boot"] != before["boot"]


def test_the_last_word_of_a_unit_from_long_ago_is_no_gap(store_url):
    day_s = 86_400
    clock = SetClock(at_us(3 * day_s))
    store = Store.open(store_url)
    store.append([say("unit.out_of_service", 0, "E2", seq=1)])
    store.append([say("heartbeat", 3 * day_s - 100 + i, seq=9000 + i) for i in range(5)])
    store.close()
    with desk_at(store_url, clock=clock) as desk:
        for state in (desk.snapshot(), desk.moment(at_us(3 * day_s))):
            assert state["health"]["gaps"] == []
            assert unit(state, "E2")["status"] == "out_of_service"


def test_a_moment_of_the_past_is_what_the_stamps_say(store_url):
    clock = SetClock(at_us(2000))
    with desk_at(store_url, clock=clock) as desk:
        desk.submit([*reversed([call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)])]).result(10)
        eventually(lambda: desk.snapshot()["upto"] == 5)
        for seconds, status in (
            (10, "in_quarters"),
            (40, "dispatched"),
            (100, "enroute"),
            (300, "on_scene"),
            (901, "returning"),
        ):
            moment = desk.moment(at_us(seconds))
            assert unit(moment, "E1")["status"] == status
            assert moment["live"] is False
            assert moment["now"] == at_us(seconds) // 1000
        assert desk.moment(at_us(40))["incidents"][0]["clocks"][0]["stopped"] is None
        assert desk.moment(at_us(-10))["incidents"] == []
        assert desk.snapshot()["live"] is True


def test_an_alert_can_be_acknowledged_while_it_lasts(store_url):
    clock = SetClock()
    with desk_at(store_url, clock=clock) as desk:
        desk.submit([say("unit.out_of_service", 0, "E1")]).result(10)
        eventually(lambda: desk.snapshot()["upto"] == 1)
        clock.to(700)
        alert = eventually(lambda: desk.snapshot()["alerts"])[0]
        assert alert["key"] == "ground:S1"
        assert not desk.acknowledge("ground:S9", "operator")
        assert desk.acknowledge(alert["key"], "operator")
        eventually(lambda: desk.snapshot()["alerts"][0]["acknowledged"] == "operator")
        desk.submit([say("unit.in_service", 701, "E1")]).result(10)
        eventually(lambda: not desk.snapshot()["alerts"])


def test_the_days_figures_come_with_their_n(store_url):
    clock = SetClock(at_us(1000))
    with desk_at(store_url, clock=clock) as desk:
        for i in range(12):
            desk.submit([call(f"c{i}", i, at=MIDDLE), *run(f"c{i}", "E1", 30 + i, 90 + i, 250 + i, 300 + i)]).result(10)
        state = eventually(lambda: desk.snapshot() if desk.snapshot().get("today", {}).get("rows") else None)
        travel = next(r for r in state["today"]["rows"] if r["measure"] == "travel")
        assert (travel["n"], travel["p90_s"]) == (12, 160)
        assert state["today"]["basis"] == "invented"
        assert state["hours"][-1] == {"hour": 19, "incidents": 12, "free_least": 1}


def test_refusals_are_counted_and_kept(store_url):
    with desk_at(store_url) as desk:
        refusal = Refusal(T0_US, "cad", 5, "not_json", "the line is not one JSON object", None, "CANARY")
        assert desk.submit([], [refusal]).result(10).refused == 1
        state = eventually(lambda: desk.snapshot() if desk.snapshot()["health"]["refused"] else None)
        assert state["health"]["refusals"][0]["code"] == "not_json"
        assert "CANARY" not in json.dumps(state)


class Failing:
    """A store that takes nothing for a while."""

    def __init__(self, store):
        self._store, self.failing = store, True

    def append(self, events, refusals=(), *, position=None):
        if self.failing:
            raise StoreError("no room")
        return self._store.append(events, refusals, position=position)

    def __getattr__(self, name):
        return getattr(self._store, name)


def test_what_the_store_does_not_take_is_not_acknowledged(store_url, caplog):
    store = Failing(Store.open(store_url))
    desk = Desk(department(), store, clock=SetClock(), source="test")
    event = say("unit.out_of_service", 0, "E1")
    with pytest.raises(StoreError):
        desk.submit([event]).result(10)
    assert "StoreError" in caplog.text
    store.failing = False
    assert desk.submit([event]).result(10).new == 1
    desk.close()
    with pytest.raises(FireplanError, match="closing"):
        desk.submit([event]).result(10)


def test_a_picture_that_fails_does_not_end_the_desk(store_url, monkeypatch, caplog):
    with desk_at(store_url) as desk:
        maker = desk._maker

        def fail(*_, **__):
            raise ZeroDivisionError("CANARY")

        with monkeypatch.context() as patched:
            patched.setattr(maker, "state", fail)
            assert desk.submit([say("unit.out_of_service", 0, "E1")]).result(10).new == 1
            eventually(lambda: "ZeroDivisionError" in caplog.text)
        assert "CANARY" not in caplog.text
        eventually(lambda: unit(desk.snapshot(), "E1")["status"] == "out_of_service")


def test_many_hands_at_once_lose_nothing(store_url):
    with desk_at(store_url) as desk:
        receipts = []

        def hand(worker):
            words = [say("heartbeat", i, event_id=f"{worker}-{i}") for i in range(50)]
            receipts.extend(desk.submit([word]).result(20) for word in words)

        threads = [threading.Thread(target=hand, args=(w,)) for w in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(r.new for r in receipts) == 400
        eventually(lambda: desk.snapshot()["upto"] == 400)
    store = Store.open(store_url)
    assert store.counts()["events"] == 400
    store.close()


def test_old_events_are_deleted_when_they_are_not_to_be_kept(store_url):
    day_s = 86_400
    clock = SetClock(at_us(10 * day_s))
    store = Store.open(store_url)
    store.append([say("heartbeat", 0, event_id="old"), say("heartbeat", 9 * day_s, event_id="new")])
    store.close()
    with desk_at(store_url, clock=clock, keep_days=5) as desk:
        eventually(lambda: [e.event_id for e in desk.events_between(None, None)] == ["new"])
