"""The store, in SQLite and in PostgreSQL."""

import dataclasses
import itertools
import threading

import numpy as np
import pytest
import sqlalchemy as sa

from fireplan.live._store import Outcome, Store, StoreError
from fireplan.live._store import store as store_module
from fireplan.operations._events.event import event_of
from fireplan.operations._events.refusal import Refusal

NEW, DUPLICATE, CONFLICT = Outcome.NEW, Outcome.DUPLICATE, Outcome.CONFLICT

HOSTILE = [
    "'; DROP TABLE events; --",
    '"; DELETE FROM events; --',
    "') OR 1=1 --",
    "%s %(ids)s :ids ? $1 {{191*7}} ${191*7}",
    "4e492",
    "1E1",
    "007",
    "NULL",
    "NaN",
    "\\x00 \\' \\\\",
    "O'Brien & <b>Söhne</b>",
    "\U0001f692 \u202e \u2028 é e\u0301",
    "=1+1",
    "x" * 200,
]


def refusal(n, *, text="{", source="feed", at_s=0):
    return Refusal(int(at_s * 1e6), source, n, "not_json", "the line is not one JSON object", None, text)


def ids(events):
    return [event.event_id for event in events]


def test_an_empty_store_is_empty(store):
    assert list(store.events()) == []
    assert store.refusals() == []
    assert store.last_of_units(10**18) == []
    assert store.position("feed") is None
    assert store.span() is None
    assert store.counts() == {"events": 0, "refused": 0, "incidents": 0, "units": 0}
    assert store.append([]) == []


def test_every_field_comes_back(store, make_event):
    full = make_event(
        1,
        latitude=39.951234567890123,
        longitude=-75.1,
        call_type="EMS",
        priority="1",
        address="1 MAIN",
        station_id="S1",
    )
    bare = dataclasses.replace(make_event(2, "heartbeat"), seq=None, incident_id=None, unit_id=None)
    store.append([full, bare])
    assert list(store.events()) == [full, bare]
    assert [event.digest() for event in store.events()] == [full.digest(), bare.digest()]


def test_an_event_sent_again_is_a_duplicate_and_the_first_receipt_stays(store, make_event):
    event = make_event(1)
    later = dataclasses.replace(event, received_us=event.received_us + 99)
    assert store.append([event]) == [NEW]
    assert store.append([later, make_event(2)]) == [DUPLICATE, NEW]
    assert list(store.events()) == [event, make_event(2)]
    assert store.counts()["refused"] == 0


def test_duplicates_and_conflicts_within_one_batch(store, make_event):
    other = make_event(1, call_type="FIRE")
    assert store.append([make_event(1), make_event(1), other, make_event(2)]) == [NEW, DUPLICATE, CONFLICT, NEW]
    assert list(store.events()) == [make_event(1), make_event(2)]


def test_of_one_id_the_first_stays_and_the_second_is_refused(store, make_event):
    other = make_event(1, address="7400 BLOCK")
    store.append([make_event(1)])
    assert store.append([other], position=("feed", "7")) == [CONFLICT]
    assert list(store.events()) == [make_event(1)]
    (refused,) = store.refusals()
    assert (refused.code, refused.event_id, refused.source) == ("same_id_other_content", "ev-000001", "feed")
    assert "ev-000001" in refused.reason
    assert "7400 BLOCK" in refused.text
    assert "7400 BLOCK" not in refused.reason


def test_events_come_by_instant_and_those_of_one_instant_as_they_arrived(store, make_event):
    arrival = [make_event(1, at_s=5), make_event(2, at_s=3), make_event(9, at_s=3), make_event(4, at_s=3)]
    for event in arrival:
        store.append([event])
    assert ids(store.events()) == ["ev-000002", "ev-000009", "ev-000004", "ev-000001"]


def test_a_batch_keeps_its_order(store, make_event):
    shuffled = np.random.default_rng(3).permutation(700).tolist()
    store.append([make_event(n, at_s=0) for n in shuffled])
    assert [event.seq for event in store.events()] == shuffled


def test_events_from_and_before_an_instant(store, make_event):
    store.append([make_event(n) for n in range(6)])
    start_us, end_us = make_event(2).ts_us, make_event(4).ts_us
    assert ids(store.events(start_us=start_us, end_us=end_us)) == ["ev-000002", "ev-000003"]
    assert len(list(store.events(start_us=start_us))) == 4
    assert len(list(store.events(end_us=end_us))) == 4
    assert list(store.events(start_us=end_us, end_us=end_us)) == []


def test_events_of_one_incident(store, make_event):
    store.append([make_event(n, incident_id="A" if n % 3 else "B") for n in range(9)])
    assert [event.seq for event in store.events(incident_id="B")] == [0, 3, 6]
    assert [event.seq for event in store.events(incident_id="B", start_us=make_event(1).ts_us)] == [3, 6]
    assert list(store.events(incident_id="b' OR '1'='1")) == []


@pytest.mark.parametrize("n", [5, 6, 7])
def test_pages_leave_nothing_out_and_double_nothing(store, make_event, monkeypatch, n):
    monkeypatch.setattr(store_module, "PAGE_ROWS", 3)
    events = [make_event(k, at_s=k // 4) for k in range(n)]
    store.append(events)
    assert list(store.events()) == events
    assert list(store.events(start_us=events[0].ts_us, end_us=events[-1].ts_us + 1)) == events


def test_a_slow_reader_holds_nothing(store, make_event, monkeypatch):
    monkeypatch.setattr(store_module, "PAGE_ROWS", 2)
    store.append([make_event(n) for n in range(4)])
    reading = store.events()
    assert next(reading) == make_event(0)
    store.append([make_event(9)])
    assert store.forget(make_event(1).ts_us) == 1
    assert ids(reading) == ["ev-000001", "ev-000002", "ev-000003", "ev-000009"]


def test_last_of_units_says_what_each_did_before_an_instant(store, make_event):
    store.append([
        make_event(1, "unit.dispatched", unit_id="E1"),
        make_event(2, "unit.enroute", unit_id="E1"),
        make_event(3, "unit.position", unit_id="E1", latitude=1.0, longitude=2.0),
        make_event(4, "incident.updated", unit_id="E1"),
        make_event(5, "unit.arrived", unit_id="E1"),
        make_event(4, "unit.in_quarters", unit_id="E2", event_id="q"),
        make_event(6, "unit.position", unit_id="E3", latitude=1.0, longitude=2.0),
    ])  # fmt: skip
    assert ids(store.last_of_units(make_event(5).ts_us)) == ["ev-000002", "q"]
    assert ids(store.last_of_units(make_event(5).ts_us + 1)) == ["ev-000005", "q"]
    assert store.last_of_units(make_event(1).ts_us) == []


def test_of_one_instant_the_last_of_a_unit_does_not_depend_on_arrival(store_url, make_event):
    at_once = [
        make_event(1, "unit.cleared", at_s=9, unit_id="E1"),
        make_event(2, "unit.arrived", at_s=9, unit_id="E1"),
        make_event(3, "unit.in_quarters", at_s=9, unit_id="E1"),
        make_event(4, "unit.in_quarters", at_s=8, unit_id="E1"),
    ]
    store = Store.open(store_url)
    for order in itertools.permutations(at_once):
        store.append(order)
        assert ids(store.last_of_units(10**18)) == ["ev-000003"]
        store.forget(10**18)
    store.close()


def test_last_of_units_finds_units_of_any_name(store, make_event):
    names = [*HOSTILE, "a", "A", " ", "é", "zz"]
    store.append([make_event(n, unit_id=name) for n, name in enumerate(names)])
    assert sorted(event.unit_id for event in store.last_of_units(10**18)) == sorted(names)


def test_a_position_is_kept_with_its_batch_and_moves_on(store, make_event):
    store.append([make_event(1)], position=("a", "1"))
    store.append([make_event(2)], position=("b", '{"at":"\'7"}'))
    store.append([], position=("a", "2"))
    assert (store.position("a"), store.position("b"), store.position("c")) == ("2", '{"at":"\'7"}', None)


def test_refusals_come_newest_first(store):
    store.append([], [refusal(n) for n in range(5)])
    store.append([], [refusal(9)])
    assert [kept.line for kept in store.refusals(most=3)] == [9, 4, 3]
    assert store.refusals()[0] == refusal(9)
    assert store.counts()["refused"] == 6


@pytest.mark.parametrize("text", ["a\x00b", "a\ud83db", "\x00", "\ud800\udc00", *HOSTILE])
def test_a_refusal_may_hold_any_text(store, text):
    store.append([], [refusal(1, text=text, source=text)])
    (kept,) = store.refusals()
    assert kept.text == kept.source == text.encode("utf-8", "replace").decode().replace("\x00", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(store, make_event, text):
    event = make_event(
        1, incident_id=text, unit_id=text, call_type=text, priority=text, address=text, station_id=text, event_id=text
    )
    store.append([event], position=(text, text))
    assert store.append([event]) == [DUPLICATE]
    assert list(store.events(incident_id=text)) == [event]
    assert store.last_of_units(10**18) == [event]
    assert store.position(text) == text
    assert store.counts() == {"events": 1, "refused": 0, "incidents": 1, "units": 1}


@pytest.mark.parametrize("text", ["a\x00b", "a\ud83db", "\x00", "\udfff"])
def test_what_no_database_holds_is_mended_where_events_come_in(store, text):
    said = {"event_id": "e", "ts": "2024-03-05T19:00:20Z", "type": "incident.created", "incident_id": "i"}
    event = event_of({**said, "address": text, "call_type": text}, received_us=1_710_000_000_000_000)
    store.append([event])
    assert list(store.events()) == [event]


def test_counts_and_span(store, make_event):
    store.append([make_event(n) for n in range(20)], [refusal(1)])
    store.append([make_event(30, "heartbeat", incident_id=None, unit_id=None)])
    assert store.counts() == {"events": 21, "refused": 1, "incidents": 3, "units": 7}
    assert store.span() == (make_event(0).ts_us, make_event(30).ts_us)


def test_forget_deletes_what_is_older(store, make_event):
    store.append([make_event(n) for n in range(6)], [refusal(n, at_s=n) for n in range(3)], position=("feed", "6"))
    assert store.forget(make_event(4).ts_us) == 4
    assert ids(store.events()) == ["ev-000004", "ev-000005"]
    assert store.refusals() == []
    assert store.position("feed") == "6"
    assert store.forget(0) == 0


def test_what_was_forgotten_is_not_numbered_again(store, make_event):
    """Whoever reads the table by its row would else miss what comes next."""
    store.append([make_event(1), make_event(2)])
    store.forget(10**18)
    store.append([make_event(3)])
    with store._engine.connect() as connection:
        assert connection.execute(sa.text('SELECT "row" FROM events')).scalar_one() > 2


def test_a_batch_larger_than_a_query_may_hold(store, make_event, monkeypatch):
    monkeypatch.setattr(store_module, "MOST_IDS", 100)
    events = [make_event(n) for n in range(450)]
    assert store.append(events[:250]) == [NEW] * 250
    assert store.append(events) == [DUPLICATE] * 250 + [NEW] * 200


def test_a_store_opened_again_has_everything(store_url, make_event):
    first = Store.open(store_url)
    first.append([make_event(1)], [refusal(2)], position=("feed", "1"))
    first.close()
    again = Store.open(store_url)
    assert again.append([make_event(1), make_event(2)]) == [DUPLICATE, NEW]
    assert again.position("feed") == "1"
    assert len(again.refusals()) == 1
    again.close()


def test_a_closed_store_says_so(store, make_event):
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.append([make_event(1)])
    with pytest.raises(StoreError, match="closed"):
        store.counts()
    store.close()


def test_readers_beside_the_writer_see_whole_batches(store, make_event):
    done, faults = threading.Event(), []

    def read():
        while not done.is_set():
            with store._engine.connect() as connection:
                n = connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
            seen = [event.ts_us for event in store.events()]
            if n % 10 or seen != sorted(seen):
                faults.append(n)
            store.last_of_units(10**18)
            store.counts()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, 1000, 10):
        assert store.append([make_event(n) for n in range(start, start + 10)]) == [NEW] * 10
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert store.counts()["events"] == 1000


def test_two_writers_of_the_same_events_store_each_once(store_url, make_event):
    """As when two programs serve from one store."""
    events = [make_event(n) for n in range(120)]
    stores = [Store.open(store_url) for _ in range(2)]
    new, faults = [], []

    def write(store, order):
        try:
            for event in order:
                new.extend(outcome for outcome in store.append([event]) if outcome is NEW)
        except StoreError as error:
            faults.append(error)

    writers = [threading.Thread(target=write, args=(store, events)) for store in stores]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    assert len(new) == len(events)
    assert list(stores[0].events()) == events
    for store in stores:
        store.close()
