"""While its store fails the desk tells the truth within seconds, and nothing acknowledged is lost or doubled."""

import os
import shutil
import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa
from live_towns import say
from watched_desk import Watched, hung, keeps_nothing, killed, stopped, well_again

from fireplan.live._store import Store, StoreError
from fireplan.live._store import connect as opening


@pytest.fixture
def path(tmp_path):
    return tmp_path / "live.sqlite"


# SQLite


def test_a_store_that_is_well_says_when_it_last_committed_also_without_events(path):
    with Watched(path) as watched:
        watched.acknowledges()
        watched._stop.set()
        watched._sender.join()
        for _ in range(8):
            time.sleep(0.5)
            state = watched.desk.snapshot()
            assert state["store"]["state"] == "ok"
            assert -50 < state["wall"] - state["store"]["last_commit"] < 4500
            assert abs(state["wall"] - time.time() * 1000) < 1500
        watched.account()


def test_a_store_that_is_moved_away_is_gone_and_comes_back(path):
    with Watched(path) as watched:
        watched.acknowledges()
        path.rename(path.with_name("elsewhere"))
        watched.until("gone")
        keeps_nothing(watched)
        assert "put it back" in watched.desk.snapshot()["store"]["said"]
        path.with_name("elsewhere").rename(path)
        well_again(watched)
        watched.account()


def test_a_store_that_is_deleted_acknowledges_nothing_more(path):
    with Watched(path) as watched:
        watched.acknowledges()
        path.unlink()
        assert watched.until("gone") < 5
        keeps_nothing(watched)
        assert "deleted or replaced" in watched.errors[-1]


def test_a_store_that_is_replaced_acknowledges_nothing_more(path, tmp_path):
    Store.open(tmp_path / "other.sqlite").close()
    with Watched(path) as watched:
        watched.acknowledges()
        (tmp_path / "other.sqlite").rename(path)
        assert watched.until("gone") < 5
        keeps_nothing(watched)


def test_an_older_copy_put_into_the_place_of_a_store_is_told(path, tmp_path):
    """Into the same file, so that only what stands in it tells."""
    with Watched(path) as watched:
        watched.acknowledges()
        watched._stop.set()
        watched._sender.join()
        time.sleep(4)
        watched.desk._store.wipe_log()
        shutil.copy(path, tmp_path / "old.sqlite")
        time.sleep(4)
        watched.desk._store.wipe_log()
        shutil.copyfile(tmp_path / "old.sqlite", path)
        watched.until("gone", "corrupt")


@pytest.mark.parametrize("end", ["-wal", "-shm"])
def test_a_log_that_is_deleted_is_told_and_nothing_of_it_is_lost(path, end):
    with Watched(path) as watched:
        watched.acknowledges()
        path.with_name(path.name + end).unlink()
        ends_s = time.monotonic() + 15
        while not any(state == "gone" for _, state in watched.seen) and not watched.errors:
            assert time.monotonic() < ends_s
            time.sleep(0.01)
        well_again(watched)
        watched.account()


def test_a_store_that_another_program_holds_is_locked(path):
    with Watched(path) as watched:
        watched.acknowledges()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert watched.until("slow") < 4
        watched.until("locked")
        keeps_nothing(watched)
        other.execute("ROLLBACK")
        other.close()
        well_again(watched)
        watched.account()


def test_a_store_without_room_is_full(path):
    with Watched(path) as watched:
        watched.acknowledges()
        pages = [1]

        @sa.event.listens_for(watched.desk._store._engine, "begin")
        def limit(connection):
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

        watched.until("full", within_s=60)
        keeps_nothing(watched)
        pages[0] = 2**30
        well_again(watched)
        watched.account()


def test_a_store_whose_file_is_spoilt_is_corrupt(path):
    with Watched(path) as watched:
        watched.acknowledges()
        watched.desk._store.wipe_log()
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            file.write(b"\xff" * size)
        watched.until("corrupt")
        keeps_nothing(watched)


def test_a_sign_of_life_does_not_call_a_store_well_that_takes_no_event(path, monkeypatch):
    """A database without room may still change a row in its place."""

    def refuse(*_events, **_more):
        raise StoreError("the store cannot be written: no room", kind="full")

    with Watched(path) as watched:
        watched.acknowledges()
        with monkeypatch.context() as patched:
            patched.setattr(watched.desk._store, "append", refuse)
            watched.until("full")
            last, ends_s = watched.desk.snapshot()["store"]["last_commit"], time.monotonic() + 8
            while time.monotonic() < ends_s:
                state = watched.desk.snapshot()["store"]
                assert (state["state"], state["last_commit"]) == ("full", last)
                time.sleep(0.05)
        well_again(watched)
        watched.account()


@pytest.mark.parametrize(
    ("end", "at", "n"),
    [("", 0, 100), ("-wal", 0, 32), ("-wal", 32, 24), ("-wal", 0, 200_000)],
    ids=["head of the file", "head of the log", "head of a frame", "all of the log"],
)
def test_what_sqlite_has_in_memory_does_not_hide_that_its_file_is_spoilt(path, end, at, n):
    """Else it goes on adding to a log that nobody can read any more after a restart."""
    with Watched(path) as watched:
        watched.acknowledges(30)
        watched.until("ok")
        with path.with_name(path.name + end).open("r+b") as file:
            file.seek(at)
            file.write(b"\xa7" * n)
        assert watched.until("corrupt") < 6
        keeps_nothing(watched)
        assert "begin a new store" in watched.desk.snapshot()["store"]["said"]


def test_a_store_is_whole_whatever_becomes_of_its_log(path):
    store = Store.open(path)
    for n in range(2500):
        store.append([say("heartbeat", n)])
        if n % 50 == 0:
            store.sign(n)
        if n % 700 == 699:
            store.wipe_log()
    store.sign(10**6)
    store.close()
    store = Store.open(path)
    store.sign(10**6 + 1)
    store.close()


def test_a_disk_that_hangs_is_told_while_nothing_ends(path, monkeypatch):
    with Watched(path) as watched:
        watched.acknowledges()
        hangs, append = threading.Event(), watched.desk._store.append

        def hanging(*args, **more):
            hangs.wait(60)
            return append(*args, **more)

        monkeypatch.setattr(watched.desk._store, "append", hanging)
        assert watched.until("slow") < 5
        assert watched.until("unreachable") < 15
        keeps_nothing(watched)
        hangs.set()
        well_again(watched)
        watched.account()


def test_what_was_stored_though_nobody_was_told_is_in_the_picture_and_counted_once(path, monkeypatch):
    """A connection that is lost after the commit: the sender gives up, and the event is there all the same."""
    with Watched(path) as watched:
        watched.acknowledges()
        watched._stop.set()
        watched._sender.join()
        store, append = watched.desk._store, watched.desk._store.append

        def cut(*args, **more):
            append(*args, **more)
            raise StoreError("the database cannot be reached", kind="unreachable")

        from live_towns import say  # noqa: PLC0415

        n = len(watched.acknowledged)
        with monkeypatch.context() as patched:
            patched.setattr(store, "append", cut)
            with pytest.raises(StoreError):
                watched.desk.submit([say("unit.out_of_service", n, "E1", event_id=f"e{n}")]).result(10)
        watched.until("ok")
        ends_s = time.monotonic() + 10
        while watched.desk.snapshot()["upto"] != n + 1:
            assert time.monotonic() < ends_s
            time.sleep(0.05)
        unit = next(u for u in watched.desk.snapshot()["units"] if u["unit_id"] == "E1")
        assert unit["status"] == "out_of_service"
        again = watched.desk.submit([say("unit.out_of_service", n, "E1", event_id=f"e{n}")]).result(10)
        assert (again.new, again.duplicates, again.row) == (0, 1, n + 1)


# PostgreSQL


@pytest.mark.parametrize("fails", [stopped, killed, hung])
def test_a_database_that_fails_is_told_and_nothing_is_lost_or_doubled(server, fails):
    cluster, cable, url = server
    with Watched(url) as watched:
        watched.acknowledges()
        mend = fails(cluster, cable)
        try:
            watched.until("slow", "unreachable")
            watched.until("unreachable")
            keeps_nothing(watched)
            time.sleep(3)
        finally:
            mend()
        well_again(watched)
        watched.account()


def test_a_line_that_is_cut_costs_no_event(server):
    _, cable, url = server
    with Watched(url) as watched:
        for _ in range(4):
            watched.acknowledges()
            cable.cut()
        well_again(watched)
        watched.account()


def test_tables_that_are_dropped_are_gone(server):
    _, _, url = server
    with Watched(url) as watched:
        watched.acknowledges()
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE events, positions CASCADE")
        engine.dispose()
        watched.until("gone")
        keeps_nothing(watched)


def test_a_table_that_another_locks_is_locked(server):
    _, _, url = server
    with Watched(url) as watched:
        watched.acknowledges()
        engine = sa.create_engine(url)
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("LOCK TABLE events, positions IN ACCESS EXCLUSIVE MODE")
            watched.until("locked")
            keeps_nothing(watched)
        engine.dispose()
        well_again(watched)
        watched.account()


def test_the_times_are_such_that_it_can_be_told_in_time():
    assert opening.LOCK_S < opening.STATEMENT_S < 8
    assert opening.BUSY_MS <= 5000
