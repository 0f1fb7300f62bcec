"""Nothing acknowledged is lost or doubled: writers killed, disks full, lines torn. The long counts are run by hand."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from store_writer import event
from watched_desk import TOLD_S, Watched, hung, keeps_nothing, killed, stopped, well_again

from fireplan.live._store import Outcome, Store, StoreError
from fireplan.live.feeds import TailedFile

SUPPORT = Path(__file__).resolve().parents[1] / "support"
FEW, MANY = {"kills": 8, "full": 3, "torn": 5}, {"kills": 500, "full": 50, "torn": 50}


@pytest.fixture(params=[FEW, pytest.param(MANY, marks=pytest.mark.soak)], ids=["few", "many"])
def counts(request):
    """How often; the many are run by hand."""
    if request.param is MANY and "soak" not in request.config.getoption("-m"):
        pytest.skip("some minutes: by hand, with -m soak")
    return request.param


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 on Windows")
def test_a_writer_that_is_killed_loses_and_doubles_nothing(counts, store_url):
    rng = np.random.default_rng(11)
    Store.open(store_url).close()
    acknowledged, sizes = 0, (1, 7, 100)
    for round_ in range(counts["kills"]):
        size = sizes[round_ % len(sizes)]
        said = killed_writer(store_url, acknowledged, size, lines=int(rng.integers(1, 12)), later_ms=rng.random() * 6)
        acknowledged = max(acknowledged, said)
        store = Store.open(store_url)
        kept = [e.event_id for e in store.events()]
        assert len(kept) == len(set(kept))
        assert set(kept) >= {event(n).event_id for n in range(acknowledged)}
        in_flight = len(kept) - acknowledged
        assert in_flight in {0, size}  # a batch that was not acknowledged is there whole, or not at all
        assert store.position("writer") == (str(acknowledged + in_flight) if kept else None)
        acknowledged += in_flight
        store.close()
    store = Store.open(store_url)
    everything = [event(n) for n in range(acknowledged)]
    assert set(store.append(everything)) == {Outcome.DUPLICATE}
    assert store.counts()["events"] == acknowledged
    assert list(store.events()) == everything
    store.close()


def killed_writer(url, start, size, *, lines, later_ms):
    """Let a writer work, kill it after some acknowledgements and a moment, and give the last it said."""
    command = [sys.executable, str(SUPPORT / "store_writer.py"), url, str(start), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as writer:
        assert writer.stdout.readline() == "ready\n"
        said = start
        for _ in range(lines):
            said = int(writer.stdout.readline())
        threading.Event().wait(later_ms / 1000)
        os.killpg(writer.pid, signal.SIGKILL)
        for line in writer.stdout:  # what it said before it died
            said = int(line) if line.endswith("\n") else said
    return said


def limited(store, pages):
    """Let a SQLite store grow no further than so many pages."""

    @sa.event.listens_for(store._engine, "begin")
    def limit(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    return limit


def test_a_full_disk_is_an_error_and_what_was_acknowledged_stays(counts, tmp_path):
    for round_ in range(counts["full"]):
        url = f"sqlite:///{tmp_path / f'{round_}.db'}"
        store = Store.open(url)
        limit = limited(store, 30 + round_)
        acknowledged, refused = 0, 0
        while not refused:
            batch = [event(n) for n in range(acknowledged, acknowledged + 1 + 40 * (round_ % 3))]
            try:
                store.append(batch)
                acknowledged += len(batch)
            except StoreError:
                refused += 1
        assert acknowledged
        assert [e.event_id for e in store.events()] == [event(n).event_id for n in range(acknowledged)]
        sa.event.remove(store._engine, "begin", limit)
        limited(store, 2**30)
        assert store.append([event(n) for n in range(acknowledged + 300)]).count(Outcome.NEW) == 300
        store.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system can be mounted by root alone")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full(small_disk):
    store = Store.open(small_disk / "s.sqlite")
    store.append([event(n) for n in range(500)])
    ballast = os.open(small_disk / "ballast", os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while True:
            os.write(ballast, b"x" * 4096)
    os.close(ballast)
    n, refused = 500, None
    while refused is None:
        try:
            store.append([event(n)])
            n += 1
        except StoreError as error:
            refused = str(error)
    assert "no room on the disk" in refused
    assert [e.event_id for e in store.events()] == [event(i).event_id for i in range(n)]
    (small_disk / "ballast").unlink()
    assert store.append([event(i) for i in range(n + 5)]).count(Outcome.NEW) == 5
    store.close()


def test_torn_lines_are_waited_for_and_used_once(counts, tmp_path, read_all):
    rng = np.random.default_rng(5)
    file, url = tmp_path / "feed.jsonl", tmp_path / "s.sqlite"
    written = 0
    for _ in range(counts["torn"]):
        lines = [said(written + i) for i in range(int(rng.integers(1, 6)))]
        written += len(lines)
        raw = b"".join(lines)
        cut = int(rng.integers(1, len(raw)))
        for part in (raw[:cut], raw[cut:]):  # a restart after each part
            with file.open("ab") as out:
                out.write(part)
            store = Store.open(url)
            read_all(TailedFile(file), store)
            assert store.counts()["refused"] == 0
            store.close()
    store = Store.open(url)
    assert [e.seq for e in store.events()] == list(range(written))
    store.close()


def said(n):
    ts = f"2024-03-05T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z"
    return json.dumps({"event_id": f"e{n}", "seq": n, "ts": ts, "type": "heartbeat"}).encode() + b"\n"


def by_hand(request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("some minutes: by hand, with -m soak")


@pytest.mark.soak
def test_twenty_databases_that_fail_while_a_desk_is_fed(server, request):
    """Stopped, killed, hung and cut, five times each: told in time each time, and every event once."""
    by_hand(request)
    cluster, cable, url = server
    took_s = []
    with Watched(url) as watched:
        for fails in (stopped, killed, hung, killed_and_cut) * 5:
            watched.acknowledges()
            mend = fails(cluster, cable)
            try:
                took_s.append(watched.until("slow", "unreachable"))
                watched.until("unreachable")
                keeps_nothing(watched)
            finally:
                mend()
            well_again(watched)
        watched.account()
    assert len(took_s) == 20
    assert max(took_s) < TOLD_S


def killed_and_cut(cluster, cable):
    mend = killed(cluster, cable)
    cable.cut()
    return mend


@pytest.mark.soak
def test_fifty_disks_that_are_full_while_a_desk_is_fed(tmp_path, request):
    by_hand(request)
    url = f"sqlite:///{tmp_path / 's.db'}"
    with Watched(url) as watched:
        pages = [2**30]

        @sa.event.listens_for(watched.desk._store._engine, "begin")
        def limit(connection):
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

        for _ in range(50):
            watched.acknowledges(3)
            pages[0] = 1
            watched.until("full", within_s=120)
            keeps_nothing(watched)
            pages[0] = 2**30
            well_again(watched)
        watched.account()
