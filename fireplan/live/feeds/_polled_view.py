"""A table or view of a database that is asked again and again for what is new."""

from __future__ import annotations

import json
import logging
import math
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from fireplan.errors import InputError, listed, quoted
from fireplan.live._store.patience import NOTICED, patient_connection
from fireplan.live._store.store_errors import AWAY, masked, parsed_url, reason_of
from fireplan.live.feeds._feed import MOST_EVENTS, Batch, batch_of, now_us
from fireplan.operations._events.event import SAID, SECOND_US
from fireplan.operations._events.feed_lines import read_object

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

KEYS = ("row", "id")
NEEDED = ("event_id", "ts", "type")
COLUMNS = (*("ts" if name == "ts_us" else name for name in SAID), "received_at")

MOST_MISSING = 200
"""Numbers left out that are asked for again. Whoever took a number first may be the last to commit it."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 5.0
"""Pauses between tries while the database is away: each twice the last. [s]"""

PATIENCE_S = 6
"""How long PostgreSQL may think about one query: less than an answer is waited for. [s]"""

_NAME = re.compile(r'(?:"((?:[^"]|"")+)"|([^".]+))')
_POSTGRES = {"connect_timeout": 5, **NOTICED}

log = logging.getLogger(__name__)


class _Place(NamedTuple):
    """Behind which key to go on, and which numbers before it have not been seen."""

    key: int | str | None = None
    missing: tuple[int, ...] = ()

    def after(self, key: int | str) -> _Place:
        """Give the place behind a row."""
        if isinstance(key, int) and key in self.missing:
            return self._replace(missing=tuple(number for number in self.missing if number != key))
        missing = self.missing
        if isinstance(key, int) and isinstance(self.key, int):
            missing = (*missing, *range(max(self.key + 1, key - MOST_MISSING), key))[-MOST_MISSING:]
        return _Place(key, missing)


class PolledView:
    """
    Rows of a table or view, one event each.

    Its columns are named as an event's fields: `event_id`, `ts` and `type` are needed, and so is a key that grows with
    every row. Others are not read, and NULL is left out. `ts` is text with an offset, or a stamp that has one (in
    PostgreSQL `timestamptz`; of local time, `ts AT TIME ZONE 'America/New_York'`). Nothing is ever changed or locked.

    Parameters
    ----------
    url
        The database, as SQLAlchemy names it.
    table
        `table` or `schema.table`, written as the database has it. A name with a dot stands in double quotes.
    key
        The column that grows: whole numbers, or text. If left out, `row` or `id`.
    name
        What the feed is called; if left out, after the table.
    every_s
        How often to ask. [s]
    clock
        Tells when a row came. [us since 1970, UTC]

    Attributes
    ----------
    trouble
        Why nothing comes, in words; None: nothing is wrong.
    again_us
        When a database that is away is asked again; None: it is not away. [us since 1970, UTC]

    Raises
    ------
    InputError
        If the URL or the table's name cannot be read; by `check` and `batches`, if the table or a column is missing.

    Notes
    -----
    A number that is left out is asked for again, as long as it is among the last 200 left out: so a transaction that
    ends after a later one is not missed.
    """

    def __init__(
        self,
        url: str,
        table: str,
        *,
        key: str | None = None,
        name: str | None = None,
        every_s: float = 1.0,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._url = parsed_url(url)
        if self._url.get_backend_name() == "postgresql":
            self._url = self._url.set(drivername="postgresql+psycopg")
        self._schema, self._table = _parts(table)
        self._key = key
        self.name = f"table {table}" if name is None else name
        self.trouble: str | None = None
        self.again_us: int | None = None
        self._every_s, self._clock = every_s, clock
        self._place = _Place()
        self._query: sa.Select[*tuple[Any, ...]] | None = None
        self._engine = self._made()

    def resume(self, position: str | None) -> None:
        """Go on behind a batch that was given before."""
        self._place = _Place()
        if position is not None:
            try:
                said = json.loads(position)
                self._place = _Place(said["key"], tuple(said["missing"]))
            except (ValueError, TypeError, KeyError):
                log.warning("%s: its position cannot be read, so it is read from the beginning", self.name)

    def check(self) -> None:
        """
        Look once whether the table is there and has the columns that are needed.

        Raises
        ------
        InputError
            If not, or if the database cannot be reached.
        """
        try:
            self._asked_once()
        except sa.exc.SQLAlchemyError as error:
            raise InputError(f"{masked(self._url)} cannot be read: {reason_of(error)}") from None
        finally:
            self._engine.dispose()

    def batches(self, stop: threading.Event) -> Iterator[Batch]:
        """Give what is new, until `stop` is set. While the database is away, it is tried again and again."""
        pause_s = FIRST_PAUSE_S
        try:
            while not stop.is_set():
                try:
                    batch, n = self._asked_once()
                except sa.exc.SQLAlchemyError as error:
                    self._say(reason_of(error))
                    self.again_us = now_us() + int(pause_s * SECOND_US)
                    self._engine.dispose()
                    stop.wait(pause_s)
                    pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                    continue
                self._say(None)
                self.again_us = None
                pause_s = FIRST_PAUSE_S
                if n:
                    yield batch
                if n < MOST_EVENTS:
                    stop.wait(self._every_s)
        finally:
            self._engine.dispose()

    def _asked_once(self) -> tuple[Batch, int]:
        """Ask for what is new; nothing is moved on before the rows are read whole."""
        if self._url.get_backend_name() == "sqlite" and not Path(str(self._url.database)).is_file():
            raise sa.exc.OperationalError(None, None, FileNotFoundError(AWAY), connection_invalidated=True)
        with self._engine.connect() as connection:
            if self._url.get_backend_name() == "postgresql":
                connection.execution_options(postgresql_readonly=True)
                connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{PATIENCE_S}s'")
            query = self._query = self._written(connection) if self._query is None else self._query
            rows = connection.execute(self._behind(query)).mappings().all()
            connection.rollback()
        received_us, read = self._clock(), []
        for row in rows:
            key = _as_key(row["the key"], self.name)
            self._place = self._place.after(key)
            said = {name: _plain(value) for name, value in row.items() if name != "the key" and value is not None}
            number = key if isinstance(key, int) else None
            read.append(read_object(said, number=number, received_us=received_us, source=self.name))
        return batch_of(read, json.dumps(self._place._asdict())), len(rows)

    def _behind(self, query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
        key = query.selected_columns["the key"].element
        if self._place.key is None:
            return query.where(key.is_not(None))
        behind = key > self._place.key
        return query.where(sa.or_(behind, key.in_(self._place.missing)) if self._place.missing else behind)

    def _written(self, connection: Connection) -> sa.Select[*tuple[Any, ...]]:
        """Write the query once the columns are known."""
        table = sa.table(quoted_name(self._table, quote=True), schema=self._schema)
        if not sa.inspect(connection).has_table(self._table, schema=self._schema):
            raise InputError(
                f"table or view {quoted(self._table)} is not there in {masked(self._url)}: write its name as the"
                " database has it, capital letters too, and its schema before it",
            )
        nothing = sa.select(sa.text("*")).select_from(table).where(sa.false())
        there = {str(name).casefold(): str(name) for name in connection.execute(nothing).keys()}  # noqa: SIM118
        keys = KEYS if self._key is None else (self._key,)
        key = next((name for name in keys if name.casefold() in there), None)
        missing = [name for name in NEEDED if name not in there]
        if key is None:
            missing.append(f"a key ({' or '.join(keys)})")
        if missing or key is None:
            raise InputError(
                f"{quoted(self._table)} lacks {listed(missing)}; it has {listed(there.values(), most=20)}: make a view"
                " whose columns are named as the fields of an event",
            )
        at_key: sa.ColumnClause[Any] = sa.column(quoted_name(there[key.casefold()], quote=True))
        said: list[sa.Label[Any]] = [
            sa.column(quoted_name(there[name], quote=True)).label(name) for name in COLUMNS if name in there
        ]
        return sa.select(at_key.label("the key"), *said).select_from(table).order_by(at_key).limit(MOST_EVENTS)

    def _made(self) -> Engine:
        options = _POSTGRES if self._url.get_backend_name() == "postgresql" else {}
        try:
            engine = sa.create_engine(self._url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
        except (ImportError, sa.exc.NoSuchModuleError):
            raise InputError(
                f"the driver of {quoted(self._url.drivername)} is not installed: install the package it names",
            ) from None
        if self._url.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", _only_read)
        if self._url.get_backend_name() == "postgresql":
            sa.event.listen(engine, "do_connect", patient_connection)
        return engine

    def _say(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self.trouble:
            log.warning("%s: %s", self.name, trouble)
        if trouble is None and self.trouble is not None:
            log.warning("%s: it is there again", self.name)
        self.trouble = trouble


def _parts(table: str) -> tuple[str | None, str]:
    """Part `schema.table`."""
    parts = [match[1].replace('""', '"') if match[1] else match[2] for match in _NAME.finditer(table)]
    if not 1 <= len(parts) <= 2 or _NAME.sub("", table) != "." * (len(parts) - 1):
        raise InputError(f"{quoted(table)} is no name of a table: write table, or schema.table")
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _as_key(value: object, name: str) -> int | str:
    """Check what stands in the key's column: a stamp, say, would not tell two rows of one instant apart."""
    if isinstance(value, Decimal | float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, int | str) and not isinstance(value, bool):
        return value
    raise InputError(f"the key of {name} is neither a whole number nor text: name another column as key")


def _plain(value: object) -> object:
    """Give a database's value as JSON would have it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str | int | float) else str(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _only_read(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own
    connection.execute("PRAGMA query_only=ON").close()
    # Other programs put bytes of any kind in a column of text; one such row must not stop the feed.
    connection.text_factory = _text
