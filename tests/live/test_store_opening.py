"""Opening a store: made where there is none, and told from everything else."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from fireplan.errors import FireplanError, InputError
from fireplan.live._store import Outcome, Store
from fireplan.live._store import connect as opening


@pytest.fixture
def path(tmp_path):
    return tmp_path / "live.db"


def asked(store, sql):
    """Ask over the connection that writes."""
    with store._writing() as connection:
        return connection.exec_driver_sql(sql).scalar()


def run(url, *statements):
    engine = sa.create_engine(sa.make_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_new_file_and_its_log_are_for_their_owner_alone(path, make_event):
    store = Store.open(path)
    store.append([make_event(1)])
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["live.db", "live.db-shm", "live.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_a_commit_in_sqlite_waits_for_the_disk(path):
    store = Store.open(path)
    assert asked(store, "PRAGMA journal_mode") == "wal"
    assert asked(store, "PRAGMA synchronous") == 2
    assert asked(store, "PRAGMA secure_delete") == 1
    assert asked(store, "PRAGMA busy_timeout") == opening.BUSY_MS
    store.close()


def test_a_commit_in_postgresql_waits_for_the_disk(fresh_postgres_url):
    url = sa.make_url(fresh_postgres_url)
    lax = url.update_query_dict({"options": url.query["options"] + " -csynchronous_commit=off"})
    store = Store.open(lax.render_as_string(hide_password=False))
    assert asked(store, "SHOW synchronous_commit") == "on"
    store.close()


@pytest.mark.parametrize(
    "kind", [str, Path, lambda path: f"sqlite:///{path}", lambda path: f"sqlite+pysqlite:///{path}"]
)
def test_a_file_may_be_named_in_several_ways(path, kind, make_event):
    first = Store.open(path)
    first.append([make_event(1)])
    first.close()
    store = Store.open(kind(path))
    assert store.counts()["events"] == 1
    assert store.notes == ()
    store.close()


def test_an_empty_file_becomes_a_store(path):
    path.touch()
    Store.open(path).close()
    assert path.stat().st_size


@pytest.mark.parametrize("content", [b"a", b"event_id,ts,type\n1,2,3\n", b"SQLite format 4\x00" * 9])
def test_a_file_of_another_kind_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match="some other file: name a new file"):
        Store.open(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE calls (id INTEGER)"],
        ["CREATE TABLE events (row INTEGER)"],
        ["CREATE TABLE about (name TEXT, value TEXT)", "INSERT INTO about VALUES ('program', 'fireplan')"],
        ["CREATE VIEW about AS SELECT 'program' AS name, 'fireplan' AS value"],
        [f"CREATE TABLE {name} (a TEXT)" for name in ("events", "refusals", "positions", "about")],
        [f"CREATE TABLE {name} (name TEXT, value TEXT)" for name in ("events", "refusals", "positions", "about")],
    ],
)
def test_another_program_s_sqlite_is_refused_and_left_alone(path, statements):
    run(f"sqlite:///{path}", *statements)
    before = path.read_bytes()
    with pytest.raises(InputError, match="something else than a store of fireplan"):
        Store.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["live.db"]


def test_a_store_may_stand_beside_other_tables_in_postgresql(fresh_postgres_url, make_event):
    run(fresh_postgres_url, "CREATE TABLE calls (id integer)")
    store = Store.open(fresh_postgres_url)
    assert store.append([make_event(1)]) == [Outcome.NEW]
    store.close()


@pytest.mark.parametrize("name", ["events", "refusals", "positions", "about"])
def test_tables_of_the_same_name_in_postgresql_are_refused(fresh_postgres_url, name):
    run(fresh_postgres_url, f"CREATE TABLE {name} (id integer)")
    with pytest.raises(InputError, match="something else than a store of fireplan"):
        Store.open(fresh_postgres_url)
    run(fresh_postgres_url, f"ALTER TABLE {name} RENAME TO still_there")


def test_a_store_of_a_newer_fireplan_is_refused(store_url):
    Store.open(store_url).close()
    run(store_url, "UPDATE about SET value = '2' WHERE name = 'schema'")
    with pytest.raises(InputError, match=r"version 2, this one knows up to 1.*upgrade fireplan"):
        Store.open(store_url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:CANARY@host/db", "cannot be kept in 'mysql'"),
        ("sqlite+aiosqlite:///x.db", "cannot be kept in"),
        ("postgresql+asyncpg://u:CANARY@host/db", "cannot be kept in"),
        ("sqlite://", "kept in a file"),
        ("sqlite:///:memory:", "kept in a file"),
        ("sqlite:///x.db?mode=memory&uri=true", "kept in a file"),
        ("postgresql://u:CANARY@host:port/db", "cannot be read"),
        ("://CANARY", "cannot be read"),
    ],
)
def test_what_cannot_be_a_store_is_refused_without_its_password(url, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=says) as told:
        Store.open(url)
    assert "CANARY" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("query", ["", "?password=CANARY", "?sslpassword=CANARY"])
def test_a_server_that_is_away_is_told_without_the_password(query):
    pytest.importorskip("psycopg")
    with pytest.raises(InputError, match="cannot be reached") as told:
        Store.open(f"postgresql://chief:CANARY@127.0.0.1:1/dispatch{query}")
    error = told.value
    while error is not None:
        assert "CANARY" not in str(error)
        error = error.__cause__
    assert "chief" in str(told.value)


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        Store.open(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="is its folder there"):
        Store.open(tmp_path / "no" / "live.db")


def test_a_store_that_is_opened_by_several_at_once_is_made_once(store_url, make_event):
    stores, faults = [], []

    def go():
        try:
            stores.append(Store.open(store_url))
        except FireplanError as error:
            faults.append(error)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [store.append([make_event(1)]) for store in stores] == [[Outcome.NEW]] + [[Outcome.DUPLICATE]] * 3
    for store in stores:
        store.close()


def test_places_are_points_where_postgis_is(fresh_postgres_url, postgres_has_postgis, make_event):
    if not postgres_has_postgis:
        pytest.skip("this PostgreSQL has no PostGIS")
    store = Store.open(fresh_postgres_url)
    store.append([make_event(1, latitude=39.95, longitude=-75.16), make_event(2)])
    assert not any("PostGIS" in note for note in store.notes)
    near = "SELECT count(*) FROM events WHERE ST_DWithin(place::geography, ST_MakePoint(-75.16, 39.95)::geography, 9)"
    assert asked(store, near) == 1
    assert asked(store, "SELECT ST_SRID(place) FROM events WHERE place IS NOT NULL") == 4326
    assert asked(store, "SELECT count(*) FROM events WHERE place IS NULL") == 1
    index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_events_place' AND schemaname = current_schema()"
    assert "USING gist (place)" in asked(store, index)
    store.close()
    again = Store.open(fresh_postgres_url)
    assert again.counts()["events"] == 2
    again.close()


def test_without_postgis_the_store_works_and_says_so(fresh_postgres_url, monkeypatch, make_event):
    with monkeypatch.context() as without:
        without.setattr(opening, "_PLACE", "ALTER TABLE events ADD COLUMN place geometry_that_is_not_there")
        store = Store.open(fresh_postgres_url)
        assert any("PostGIS is not to be had" in note for note in store.notes)
        assert store.append([make_event(1, latitude=1.0, longitude=2.0)]) == [Outcome.NEW]
        store.close()


def test_a_store_made_without_postgis_gets_its_points_later(
    fresh_postgres_url, postgres_has_postgis, monkeypatch, make_event
):
    if not postgres_has_postgis:
        pytest.skip("this PostgreSQL has no PostGIS")
    with monkeypatch.context() as without:
        without.setattr(opening, "_PLACE", "ALTER TABLE events ADD COLUMN place geometry_that_is_not_there")
        store = Store.open(fresh_postgres_url)
        store.append([make_event(1, latitude=1.0, longitude=2.0)])
        store.close()
    store = Store.open(fresh_postgres_url)
    assert asked(store, "SELECT ST_X(place) FROM events") == 2.0
    store.close()


def test_what_was_forgotten_is_not_in_the_files(path, make_event):
    store = Store.open(path)
    store.append([make_event(n, address=f"CANARY {n} MAIN ST") for n in range(300)])
    store.append([make_event(900, address="KEPT")])
    assert store.forget(make_event(899).ts_us) == 300
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"KEPT" in content
    assert b"CANARY" not in content
    store.close()


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        ("SELECT * FROM events WHERE (ts_us, row) > (1, 1) ORDER BY ts_us, row LIMIT 9", "ix_events_ts"),
        ("SELECT * FROM events WHERE incident_id = 'x' ORDER BY ts_us, row", "ix_events_incident"),
        ("SELECT max(ts_us) FROM events WHERE ts_us < 9", "ix_events_ts"),
    ],
)
def test_questions_are_answered_by_an_index(path, ask, index):
    store = Store.open(path)
    store.close()
    with sqlite3.connect(path) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {ask}")]
    connection.close()
    assert len(plan) == 1
    assert index in plan[0]
