"""Stores to test on: SQLite, and a PostgreSQL of our own."""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from watched_desk import Cable

from fireplan.live._store import Store
from fireplan.operations._events.event import Event

_numbers = itertools.count(1)


def _unavailable(reason):
    """Skip; under FIREPLAN_CI=1, where PostgreSQL must be there, fail."""
    (pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip)(reason)


def _server_binaries():
    """Folder of PostgreSQL's own programs; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _server_user():
    """Whom the server is run as: PostgreSQL refuses root."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 - not there on Windows

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return _unavailable("no user beside root to run PostgreSQL as")


class _Cluster:
    """A PostgreSQL that lives as long as the session, reached through a socket in its own folder."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.user = _server_user()
        self.folder = Path(tempfile.mkdtemp(prefix="fireplan-pg-"))
        if self.user is not None:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "fireplan", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self):
        """Start the server; also after it was killed."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c shared_buffers=16MB"
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "30", "-l", self.folder / "log", "-o", options, "start")
        self.url = f"postgresql+psycopg://fireplan@/postgres?host={self.folder}"

    def processes(self):
        """Ids of the server and of all it has started."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        return [first, *(pid for pid, parent in parents.items() if parent == first)]

    @property
    def data(self):
        return self.folder / "data"

    def stop(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments):
        who = {} if self.user is None else {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        # The server inherits its starter's output: a pipe would stay open as long as it lives.
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as out:
            Path(out.name).unlink()
            done = subprocess.run(
                [self.binaries / program, *map(str, arguments)],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, **who,
            )  # fmt: skip
            if done.returncode:
                out.seek(0)
                pytest.fail(f"{program} failed: {out.read()}")


@pytest.fixture(scope="session")
def postgres_url():
    """
    Give the URL of a database that belongs to this session (with xdist: to this worker) alone.

    It lies on the server that FIREPLAN_TEST_POSTGRES names, else on one that is started for it.
    """
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    named = os.environ.get("FIREPLAN_TEST_POSTGRES")
    cluster = None
    if not named:
        binaries = _server_binaries()
        if binaries is None:
            _unavailable("no PostgreSQL server is installed, and FIREPLAN_TEST_POSTGRES names none")
        cluster = _Cluster(binaries)
    server = sa.make_url(named or cluster.url).set(drivername="postgresql+psycopg")
    name = f"fireplan_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        yield server.set(database=name).render_as_string(hide_password=False)
        if cluster is None:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()
        if cluster is not None:
            cluster.stop()


@pytest.fixture(scope="session")
def own_server():
    """A PostgreSQL that may be stopped and killed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    binaries = _server_binaries()
    if binaries is None or not Path("/proc").is_dir():
        _unavailable("no PostgreSQL server is installed that can be stopped and killed")
    cluster = _Cluster(binaries)
    yield cluster
    cluster.stop()


@pytest.fixture
def server(own_server):
    """A server that may be stopped and killed, a line to it, and the URL of an empty database by that line."""
    name = f"d{time.monotonic_ns()}"
    engine = sa.create_engine(own_server.url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    cable = Cable(own_server.folder / ".s.PGSQL.5432")
    yield own_server, cable, f"postgresql+psycopg://fireplan@127.0.0.1:{cable.port}/{name}"
    cable.close()


@pytest.fixture(scope="session")
def postgres_has_postgis(postgres_url):
    """Whether the server has PostGIS; if so, it is switched on."""
    engine = sa.create_engine(postgres_url)
    try:
        with engine.connect() as connection, connection.begin():
            offered = connection.exec_driver_sql("SELECT true FROM pg_available_extensions WHERE name = 'postgis'")
            there = bool(offered.scalar())
            if there:
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    finally:
        engine.dispose()
    return there


@pytest.fixture
def fresh_postgres_url(postgres_url, postgres_has_postgis):  # noqa: ARG001 - switched on once, for all schemas
    """URL of a PostgreSQL in which there are no tables yet: each test has a schema of its own."""
    schema = f"t{next(_numbers)}"
    url = sa.make_url(postgres_url)
    engine = sa.create_engine(url)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield url.update_query_dict({"options": f"-csearch_path={schema},public"}).render_as_string(hide_password=False)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """Where a store can be made: first in SQLite, then in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'live.db'}"
    return request.getfixturevalue("fresh_postgres_url")


@pytest.fixture
def store(store_url):
    """Give an empty store, in SQLite and in PostgreSQL."""
    opened = Store.open(store_url)
    yield opened
    opened.close()


BASE_US = 1_700_000_000_000_000


@pytest.fixture(scope="session")
def make_event():
    """Make an event: number, type and whatever else it says."""

    def make(n, kind="unit.enroute", *, at_s=None, event_id=None, **said):
        ts_us = BASE_US + int((n if at_s is None else at_s) * 1_000_000)
        said = {"incident_id": f"24-{n // 8:06d}", "unit_id": f"E{n % 7}", **said}
        return Event(event_id or f"ev-{n:06d}", ts_us, kind, ts_us + 1_500_000, n, **said)

    return make


class _UntilQuiet:
    """Stands for the event that stops a feed: it is set as soon as the feed waits."""

    def __init__(self, waits):
        self.left = waits

    def is_set(self):
        return self.left <= 0

    def wait(self, _s):
        self.left -= 1
        return self.is_set()


@pytest.fixture(scope="session")
def read_all():
    """Read a feed as far as there is something, into a store if one is given; gives the batches."""

    def read(feed, store=None, *, waits=1, resume=True):
        if resume:
            feed.resume(None if store is None else store.position(feed.name))
        batches = []
        for batch in feed.batches(_UntilQuiet(waits)):
            if store is not None:
                store.append(batch.events, batch.refusals, position=(feed.name, batch.position))
            batches.append(batch)
        return batches

    return read
