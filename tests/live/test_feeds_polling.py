"""A polled view: values of every kind, connections lost, nothing ever written."""

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from fireplan.errors import InputError
from fireplan.live import _assemble as assembling
from fireplan.live.feeds import PolledView
from fireplan.live.feeds import _polled_view as polling

POSTGRES_VIEW = """
CREATE VIEW live AS SELECT id, id::text AS event_id, at AS ts, 'unit.position' AS type, unit AS unit_id,
    lat AS latitude, lon AS longitude, narrative FROM calls
"""


@pytest.fixture
def postgres(fresh_postgres_url):
    engine = sa.create_engine(fresh_postgres_url)
    yield fresh_postgres_url, engine
    engine.dispose()


def run(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def events(batches):
    return [event for batch in batches for event in batch.events]


def test_stamps_and_numbers_of_the_database_s_own_kinds(postgres, read_all):
    url, engine = postgres
    run(
        engine,
        "CREATE TABLE calls (id numeric, at timestamptz, unit varchar, lat numeric(9,6), lon numeric, narrative text)",
        "INSERT INTO calls VALUES (1, '2024-03-05 14:00:20.5-05', 'E1', 39.951, -75, 'CANARY'),"
        " (2, '2024-03-05 14:00:21-05', 'E2', 'NaN', -75, 'x'), (3, '2024-03-05 14:00:22-05', NULL, 1, 2, 'x')",
        POSTGRES_VIEW,
    )
    batches = read_all(PolledView(url, "live", every_s=0))
    (event,) = events(batches)
    assert (event.ts_us, event.latitude, event.longitude) == (1_709_665_220_500_000, 39.951, -75.0)
    assert [(r.line, r.code) for r in batches[0].refusals] == [(2, "latitude"), (3, "unit_id")]
    assert "CANARY" not in repr(batches)


def test_a_stamp_without_offset_is_refused_and_not_guessed(postgres, read_all):
    url, engine = postgres
    run(
        engine,
        "CREATE TABLE calls (id bigint, event_id text, ts timestamp, type text)",
        "INSERT INTO calls VALUES (1, 'a', '2024-03-05 14:00:20', 'heartbeat')",
    )
    (batch,) = read_all(PolledView(url, "calls", every_s=0))
    assert [refusal.code for refusal in batch.refusals] == ["ts_naive"]


def test_a_schema_may_be_named_and_names_may_hold_anything(postgres, read_all):
    url, engine = postgres
    name = 'Live "Events"; DROP TABLE x --'
    quoted = name.replace('"', '""')
    run(
        engine,
        f'CREATE SCHEMA "Cad.{id(engine)}"',
        f'CREATE TABLE "Cad.{id(engine)}"."{quoted}" ("ID" int, "Event_ID" text, ts text, "TYPE" text)',
        f"INSERT INTO \"Cad.{id(engine)}\".\"{quoted}\" VALUES (1, 'a', '2024-03-05T19:00:00Z', 'heartbeat')",  # noqa: S608
    )
    try:
        batches = read_all(PolledView(url, f'"Cad.{id(engine)}"."{quoted}"', every_s=0))
        assert [event.event_id for event in events(batches)] == ["a"]
    finally:
        run(engine, f'DROP SCHEMA "Cad.{id(engine)}" CASCADE')


def test_a_view_that_would_write_writes_nothing(postgres):
    url, engine = postgres
    run(
        engine,
        "CREATE TABLE seen (n int)",
        "CREATE FUNCTION note() RETURNS text LANGUAGE sql AS 'INSERT INTO seen VALUES (1) RETURNING ''a'''",
        "CREATE VIEW live AS SELECT 1 AS id, note() AS event_id, '2024-03-05T19:00:00Z' AS ts, 'heartbeat' AS type",
    )
    with pytest.raises(InputError, match="may only be read"):
        PolledView(url, "live").check()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM seen").scalar() == 0


def test_a_connection_that_is_lost_is_made_again(postgres, monkeypatch):
    monkeypatch.setattr(polling, "FIRST_PAUSE_S", 0.01)
    url, engine = postgres
    run(engine, "CREATE TABLE calls (id serial, event_id text, ts text, type text)")
    say = "INSERT INTO calls (event_id, ts, type) VALUES ('{}', '2024-03-05T19:00:00Z', 'heartbeat')"
    run(engine, say.format("a"))
    url = sa.make_url(url).update_query_dict({"application_name": "polled"}).render_as_string(hide_password=False)
    view, stop, found = PolledView(url, "calls", every_s=0.01), threading.Event(), []
    for batch in view.batches(stop):
        found += [event.event_id for event in batch.events]
        if len(found) == 3:
            stop.set()
            break
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'polled' AND datname = current_database()"
            )
        run(engine, say.format("bc"[len(found) - 1]))
    assert found == ["a", "b", "c"]


def test_pauses_grow_while_the_database_is_away(tmp_path):
    view, waited = PolledView(f"sqlite:///{tmp_path / 'none.db'}", "calls"), []

    class Stop:
        def is_set(self):
            return len(waited) > 8

        def wait(self, s):
            waited.append(s)

    assert list(view.batches(Stop())) == []
    assert waited == [1, 2, 4, 5, 5, 5, 5, 5, 5]  # a page is not to stay old for long after the mend
    assert list(tmp_path.iterdir()) == []  # asking does not make it


def test_a_view_that_goes_away_and_comes_back(tmp_path, monkeypatch, read_all):
    monkeypatch.setattr(polling, "FIRST_PAUSE_S", 0.0)
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    engine = sa.create_engine(url)
    make = "CREATE TABLE calls (id INTEGER PRIMARY KEY, event_id, ts, type)"
    say = "INSERT INTO calls VALUES ({0}, 'e{0}', '2024-03-05T19:00:00Z', 'heartbeat')"
    run(engine, make, say.format(1))
    view = PolledView(url, "calls", every_s=0)
    assert len(events(read_all(view))) == 1
    run(engine, "DROP TABLE calls")
    assert read_all(view, resume=False) == []
    assert "no such table" in view.trouble
    run(engine, make, say.format(2))
    assert [event.event_id for event in events(read_all(view, resume=False))] == ["e2"]
    assert view.trouble is None
    engine.dispose()


def test_nothing_can_be_written_over_the_connection(tmp_path):
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    engine = sa.create_engine(url)
    run(engine, "CREATE TABLE calls (id INTEGER PRIMARY KEY, event_id, ts, type)")
    view = PolledView(url, "calls")
    view.check()
    with pytest.raises(sa.exc.OperationalError, match="readonly"), view._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM calls")
    view._engine.dispose()
    engine.dispose()


def test_bytes_that_are_no_text_stop_nothing(tmp_path, read_all):
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    engine = sa.create_engine(url)
    run(
        engine,
        "CREATE TABLE calls (id INTEGER PRIMARY KEY, event_id TEXT, ts TEXT, type TEXT, address TEXT)",
        "INSERT INTO calls VALUES (1, 'a', '2024-03-05T19:00:00Z', 'heartbeat', CAST(x'4dfc6c6c6572' AS TEXT))",
        "INSERT INTO calls VALUES (2, 'b', '2024-03-05T19:00:00Z', 'heartbeat', x'00ff')",
    )
    found = events(read_all(PolledView(url, "calls", every_s=0)))
    assert [event.address for event in found] == ["M\ufffdller", "\ufffd"]
    engine.dispose()


def test_a_key_of_text_goes_on_where_it_was(tmp_path, read_all):
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    engine = sa.create_engine(url)
    say = "INSERT INTO calls VALUES ('{0}', 'e{0}', '2024-03-05T19:00:00Z', 'heartbeat')"
    run(
        engine, "CREATE TABLE calls (k TEXT, event_id TEXT, ts TEXT, type TEXT)", say.format("24-1"), say.format("24-2")
    )
    first = read_all(PolledView(url, "calls", key="k", every_s=0))
    run(engine, say.format("24-3"))
    view = PolledView(url, "calls", key="k", every_s=0)
    view.resume(first[-1].position)
    assert [event.event_id for event in events(read_all(view, resume=False))] == ["e24-3"]
    engine.dispose()


def test_a_row_without_key_is_not_read(tmp_path, read_all):
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    engine = sa.create_engine(url)
    run(
        engine,
        "CREATE TABLE calls (id, event_id, ts, type)",
        "INSERT INTO calls VALUES (NULL, 'a', '2024-03-05T19:00:00Z', 'heartbeat')",
        "INSERT INTO calls VALUES (1, 'b', '2024-03-05T19:00:00Z', 'heartbeat')",
    )
    assert [event.event_id for event in events(read_all(PolledView(url, "calls", every_s=0)))] == ["b"]
    engine.dispose()


@pytest.mark.parametrize("value", [1.5, True, b"x", Decimal("NaN"), Decimal("Infinity"), float("inf")])
def test_a_key_must_be_a_whole_number_or_text(value):
    with pytest.raises(InputError, match="neither a whole number nor text"):
        polling._as_key(value, "calls")


def test_numbers_left_out_are_few():
    place = polling._Place(5).after(10_000)
    assert place.key == 10_000
    assert place.missing == tuple(range(9_800, 10_000))
    assert place.after(9_900).missing == tuple(n for n in range(9_800, 10_000) if n != 9_900)
    assert place.after(9_900).key == 10_000


@pytest.mark.parametrize("position", ["", "x", "{}", "[]", '{"key": 1}'])
def test_a_position_that_cannot_be_read_is_the_beginning(tmp_path, position):
    view = PolledView(f"sqlite:///{tmp_path / 'cad.db'}", "calls")
    view.resume(position)
    assert view._place == polling._Place()


@pytest.mark.parametrize("url", ["nonsense", "mysql+nothing://u:CANARY@h/d", "postgresql://u:CANARY@h:port/d"])
def test_a_database_that_cannot_be_asked_is_refused_without_its_password(url):
    with pytest.raises(InputError) as told:
        PolledView(url, "calls")
    assert "CANARY" not in str(told.value)


def test_a_database_that_is_back_is_read_again_within_seconds():
    """However long it was away: it is asked again and again, and a page must not stay old for long after the mend."""
    assert polling.LONGEST_PAUSE_S <= 5
    assert assembling.LONGEST_PAUSE_S <= 5
