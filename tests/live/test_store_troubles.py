"""A store whose database refuses: told as ours, nothing half kept, usable afterwards."""

import sqlite3
import traceback
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from fireplan.errors import FireplanError
from fireplan.live._store import Outcome, Store, StoreError
from fireplan.live._store import connect as opening
from fireplan.operations._events.refusal import Refusal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "live.db"


@contextmanager
def pragma(store, text):
    """Have every transaction of a store begin under a pragma."""

    @sa.event.listens_for(store._engine, "begin")
    def set_it(connection):
        connection.exec_driver_sql(f"PRAGMA {text}")

    try:
        yield
    finally:
        sa.event.remove(store._engine, "begin", set_it)
        store._let_go()
        store._engine.dispose()


def big(make_event, n=400):
    return [make_event(k, address=f"CANARY {k} " + "x" * 400) for k in range(100, 100 + n)]


def test_a_store_error_is_one_of_both_families():
    assert issubclass(StoreError, FireplanError)
    assert issubclass(StoreError, OSError)


def test_a_batch_for_which_there_is_no_room_leaves_nothing(path, make_event):
    store = Store.open(path)
    store.append([make_event(1)], position=("feed", "1"))
    events, refused = big(make_event), [Refusal(0, "feed", 1, "x", "y")]
    with pragma(store, "max_page_count=25"):
        with pytest.raises(StoreError, match=r"nothing of this was kept: there is no room on the disk"):
            store.append(events, refused, position=("feed", "2"))
        assert list(store.events()) == [make_event(1)]
        assert store.position("feed") == "1"
        assert store.refusals() == []
        assert store.append([make_event(2)]) == [Outcome.NEW]
    assert store.append(events, refused, position=("feed", "2")) == [Outcome.NEW] * len(events)
    assert store.position("feed") == "2"
    store.close()


def test_a_store_that_may_only_be_read_says_so(path, make_event):
    store = Store.open(path)
    store.append([make_event(1)])
    with pragma(store, "query_only=ON"):
        with pytest.raises(StoreError, match="may only be read"):
            store.append([make_event(2)])
        with pytest.raises(StoreError, match="nothing was deleted: it may only be read"):
            store.forget(10**18)
        assert list(store.events()) == [make_event(1)]
    assert store.append([make_event(2)]) == [Outcome.NEW]
    store.close()


def test_a_store_that_another_program_holds_says_so_and_goes_on(path, make_event, monkeypatch):
    monkeypatch.setattr(opening, "BUSY_MS", 50)
    store = Store.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program holds it"):
        store.append([make_event(1)])
    assert list(store.events()) == []
    other.execute("ROLLBACK")
    other.close()
    assert store.append([make_event(1)]) == [Outcome.NEW]
    store.close()


def test_a_file_that_was_spoilt_is_told(path, make_event):
    store = Store.open(path)
    store.append([make_event(n) for n in range(2000)])
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(FireplanError, match="faulty"):
        list(Store.open(path).events())


def test_a_postgresql_that_may_only_be_read_says_so(fresh_postgres_url, make_event):
    store = Store.open(fresh_postgres_url)
    store.append([make_event(1)])
    with store._writing() as connection:
        connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with pytest.raises(StoreError, match="may only be read"):
        store.append([make_event(2)])
    store._engine.dispose()
    assert store.append([make_event(2)]) == [Outcome.NEW]
    store.close()


def test_a_server_that_ends_the_connection_costs_one_batch_at_most(fresh_postgres_url, make_event):
    store = Store.open(fresh_postgres_url)
    store.append([make_event(1)])
    for n in range(2, 6):
        other = sa.create_engine(fresh_postgres_url, isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'fireplan' AND datname = current_database()"
            )
        other.dispose()
        with pytest.raises(StoreError, match="cannot be reached"):
            store.append([make_event(n)])
        assert store.append([make_event(n)]) == [Outcome.NEW]
        assert store.counts()["events"] == n
    store.close()


def test_no_row_and_no_statement_is_in_the_error(store, make_event):
    """Not even in a traceback, where whoever logs it would put it into a file."""
    with store._engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE events RENAME COLUMN address TO elsewhere")
    event = make_event(1, address="canary main st".upper(), unit_id="canary".upper())
    with pytest.raises(StoreError) as told:
        store.append([event])
    text = "".join(traceback.format_exception(told.value))
    assert "CANARY" not in text
    assert "INSERT INTO events" not in text
