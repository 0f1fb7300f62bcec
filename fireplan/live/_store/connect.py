"""Opening a store: its database is found or made, and told from others."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fireplan.errors import InputError, quoted
from fireplan.live._store.patience import NOTICED, patient_connection
from fireplan.live._store.store_errors import LOCKED, masked, parsed_url, reason_of
from fireplan.live._store.tables import ABOUT, PROGRAM, SCHEMA_VERSION, about, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

BUSY_MS = 5000
"""How long SQLite waits for another program's lock. [ms]"""

LOCKED_S = 0.02
"""How long to wait before a file is tried again of which another program chooses the kind of log. [s]"""

CONNECT_S = 5
"""How long PostgreSQL may take to answer a connection. [s]"""

STATEMENT_S, LOCK_S = 6, 4
"""How long PostgreSQL may work at one statement, and wait for a lock in it. [s]"""

MOST_LOG_BYTES = 64 * 1024 * 1024
"""SQLite's write-ahead log is cut back to this after it had to grow. [bytes]"""

_SQLITE_MAGIC = b"SQLite format 3\x00"
_LOCK_OF_OPENING = 0x66697265
"""Number of the lock under which the tables are made in PostgreSQL."""

_HAS_PLACE = "SELECT true FROM pg_attribute WHERE attrelid = 'events'::regclass AND attname = 'place'"
_PLACE = (
    "ALTER TABLE events ADD COLUMN place geometry(Point, 4326)"
    " GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)) STORED"
)
_PLACE_INDEX = "CREATE INDEX ix_events_place ON events USING gist (place) WHERE place IS NOT NULL"


def opened(url: str | Path) -> tuple[Engine, tuple[str, ...]]:
    """
    Open the database of a store, and make its tables where there are none.

    Parameters
    ----------
    url
        A file, `sqlite:///file`, or `postgresql://user@host/database`.

    Returns
    -------
    The engine, and notes on what the store does without.

    Raises
    ------
    InputError
        If the database is of another kind, holds something else, or was made by a newer fireplan.
    """
    target = _target(url)
    is_file = target.get_backend_name() == "sqlite"
    name = quoted(target.database, limit=120) if is_file else masked(target)
    engine = _sqlite(target, name) if is_file else _postgres(target)
    with _let_go_if_refused(engine, name):
        _make_or_check(engine, name)
        notes = () if is_file else _postgres_notes(engine)
    return engine, notes


@contextmanager
def _let_go_if_refused(engine: Engine, name: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise InputError(f"the store {name} cannot be opened: {reason_of(error)}") from None
    except InputError:
        engine.dispose()
        raise


def _target(url: str | Path) -> sa.URL:
    """Tell a path from a URL, and name the driver."""
    if isinstance(url, Path) or "://" not in url:
        return sa.URL.create("sqlite+pysqlite", database=str(url))
    target = parsed_url(url)
    kind, _, driver = target.drivername.partition("+")
    if kind == "sqlite" and driver in {"", "pysqlite"}:
        if target.query or not target.database or target.database == ":memory:":
            raise InputError("a store is kept in a file: write sqlite:///folder/file.db, without options")
        return target.set(drivername="sqlite+pysqlite")
    if kind in {"postgresql", "postgres"} and driver in {"", "psycopg"}:
        return target.set(drivername="postgresql+psycopg")
    raise InputError(
        f"a store cannot be kept in {quoted(target.drivername)}: give a file, sqlite:///... or postgresql://...",
    )


def _sqlite(target: sa.URL, name: str) -> Engine:
    path = Path(str(target.database))
    if path.is_dir():
        raise InputError(f"the store {name} is a folder: name a file in it")
    try:
        if path.exists():
            with path.open("rb") as file:
                head = file.read(len(_SQLITE_MAGIC))
            if head not in {b"", _SQLITE_MAGIC}:
                raise InputError(f"{name} is no store but some other file: name a new file, and it is made")
        else:
            # SQLite gives its log the mode of its file, so what callers said can be read by nobody else.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(f"the store {name} cannot be opened ({error.strerror}): is its folder there?") from error
    engine = sa.create_engine(target, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    with _let_go_if_refused(engine, name):
        # Looked at before the first word is written: even choosing the kind of log would change another's file.
        with engine.connect() as connection:
            _refuse_foreign(connection, name)
        engine.dispose()
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        if _kind_of_log(engine) != "wal":
            raise InputError(f"the store {name} cannot keep a write-ahead log there: put it on a local disk")
    return engine


def _kind_of_log(engine: Engine) -> str:
    """Choose the kind of log, and tell which it has become. For that alone SQLite does not wait for a lock."""
    end_s = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            with engine.connect() as connection:
                return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
        except sa.exc.OperationalError as error:
            if reason_of(error) != LOCKED or time.monotonic() > end_s:
                raise
            time.sleep(LOCKED_S)


def _prepare_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own
    """Make a commit mean that it is on the disk, and a deletion that it is gone."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        f"journal_size_limit={MOST_LOG_BYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Who will write says so when beginning: a reader that turns writer half-way could be refused."""
    writes = connection.get_execution_options().get("writes", False)
    if writes is not None:  # None: what is asked cannot stand in a transaction
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(target: sa.URL) -> Engine:
    try:
        engine = sa.create_engine(
            target,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_S, "application_name": PROGRAM, **NOTICED},
        )
    except ImportError:
        raise InputError("a store in PostgreSQL needs psycopg: pip install 'fireplan[postgis]'") from None
    sa.event.listen(engine, "do_connect", patient_connection)
    sa.event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own
    """Make a commit mean that it is on the disk, whatever the server does for others; and let nothing wait for long."""
    connection.execute("SET synchronous_commit TO on")
    connection.execute(f"SET statement_timeout TO '{STATEMENT_S}s'")
    connection.execute(f"SET lock_timeout TO '{LOCK_S}s'")
    connection.commit()


def _refuse_foreign(connection: Connection, name: str) -> bool:
    """Tell whether a store is there already; refuse a database that holds something else under the same names."""
    look = sa.inspect(connection)
    there = set(look.get_table_names()) | set(look.get_view_names())
    # In PostgreSQL many programs share a database; a file of SQLite is one program's.
    if not (there if connection.dialect.name == "sqlite" else there & set(metadata.tables)):
        return False
    ours = set(metadata.tables) <= there and {"name", "value"} <= {c["name"] for c in look.get_columns("about")}
    said = dict(connection.execute(sa.select(about.c.name, about.c.value)).all()) if ours else {}
    version = said.get("schema", "")
    if said.get("program") != PROGRAM or not version.isdecimal():
        raise InputError(f"{name} holds something else than a store of fireplan: name a new file, or an empty database")
    if int(version) > SCHEMA_VERSION:
        raise InputError(
            f"the store {name} was made by a newer fireplan (its tables are of version {version}, this one knows up to"
            f" {SCHEMA_VERSION}): upgrade fireplan",
        )
    return True


def _make_or_check(engine: Engine, name: str) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_OF_OPENING)))
        if not _refuse_foreign(connection, name):
            metadata.create_all(connection, checkfirst=False)
            connection.execute(about.insert(), [{"name": key, "value": value} for key, value in ABOUT.items()])


def _postgres_notes(engine: Engine) -> tuple[str, ...]:
    notes: list[str] = []
    with engine.connect() as connection:
        if connection.exec_driver_sql("SHOW fsync").scalar() != "on":
            notes.append("this PostgreSQL runs with fsync off: what it acknowledged can be lost when power fails")
        placed = connection.exec_driver_sql(_HAS_PLACE).scalar()
    if not placed and not _placed(engine):
        notes.append("PostGIS is not to be had in this database: events are kept without a geometry column")
    return tuple(notes)


def _placed(engine: Engine) -> bool:
    """Add the geometry column; False: the server has no PostGIS, or does not let us."""
    with suppress(sa.exc.DBAPIError), engine.connect() as connection, connection.begin():
        for statement in ("CREATE EXTENSION IF NOT EXISTS postgis", _PLACE, _PLACE_INDEX):
            connection.exec_driver_sql(statement)
        return True
    return False
