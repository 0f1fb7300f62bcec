"""The store: every event once, durable before it is acknowledged; what the live view shows is derived from it."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fireplan.live._store import statements as ask
from fireplan.live._store import tables
from fireplan.live._store.connect import opened
from fireplan.live._store.patience import waiting_for
from fireplan.live._store.store_errors import BROKEN, GONE, REPLACED, StoreError, as_store_errors
from fireplan.live._store.watched_file import WatchedFile
from fireplan.operations._events.event import Event
from fireplan.operations._events.refusal import LONGEST_KEPT, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Engine


PAGE_ROWS = 2000
"""Events read at a time: a slow reader holds no transaction open, so that the write-ahead log stays short."""

MOST_IDS = 5000
"""Ids asked for in one query: databases bound how many values a query may hold."""

MOST_TRIES = 5
"""How often a batch is tried anew when another program has just stored one of its events."""

FORGOTTEN_AT_ONCE = 5000
"""Events deleted in one transaction: what is to be kept does not wait for long."""

NEWEST = 1000
"""Events stored last, by whose stamps it is told of when the newest are."""

LONGEST_READ_S = 300.0
"""How long a question may take that reads the whole store. [s]"""

COUNTED_RECEIPTS = 100_000

CLOSING_S = 10.0
"""How long closing waits for a commit that is under way. [s]"""

KEPT_SIGN_MS = 86_400_000
"""Signs of life of services that are no more are deleted after this. [ms]"""

OTHER_CONTENT = "same_id_other_content"


class Outcome(Enum):
    """What became of an event that was to be stored."""

    NEW = "new"
    DUPLICATE = "duplicate"
    """It was there already, word for word."""
    CONFLICT = "conflict"
    """Another one is there under its id. That one stays; this one is among the refusals."""


class Store:
    """
    Events, refusals and the positions of feeds, in SQLite or PostgreSQL.

    One thread at a time writes; any number may read beside it.

    Parameters
    ----------
    engine
        The database, with its tables. `Store.open` makes it.
    notes
        What the store does without, in words for whoever runs it.
    """

    def __init__(self, engine: Engine, *, notes: Sequence[str] = ()) -> None:
        self.notes = tuple(notes)
        self._engine = engine
        self._lock = Lock()
        self._kept: Connection | None = None
        self._closed = False
        self._dialect = ask.dialect_of(engine.dialect.name)
        is_file = engine.dialect.name == "sqlite"
        self._file = WatchedFile(Path(str(engine.url.database)).absolute()) if is_file else None
        self._sign = ask.SIGN + secrets.token_hex(6)
        self._signed: str | None = None
        self._replaced = self._spoilt = False

    @classmethod
    def open(cls, url: str | Path) -> Store:
        """
        Open a store; where there is none, make it.

        Parameters
        ----------
        url
            A file or `sqlite:///file` (made readable for its owner alone), or `postgresql://user@host/database`.

        Raises
        ------
        InputError
            If the database is of another kind, holds something else, or was made by a newer fireplan.
        """
        engine, notes = opened(url)
        return cls(engine, notes=notes)

    def append(
        self, events: Sequence[Event], refusals: Sequence[Refusal] = (), *, position: tuple[str, str] | None = None
    ) -> list[Outcome]:
        """
        Store what came, in one transaction. When this returns, it is on the disk.

        Sending again what was stored changes nothing.

        Parameters
        ----------
        events
            In the order of arrival.
        refusals
            What came beside them and could not be used.
        position
            A feed's name, and where it is to go on after this.

        Returns
        -------
        What became of each event, in order.

        Raises
        ------
        StoreError
            If the database refuses. Nothing of it is stored then, and all of it can be sent again.
        """
        signed = [(event, event.digest()) for event in events]
        source = position[0] if position else ""
        with as_store_errors("the store cannot be written, and nothing of this was kept"):
            for _ in range(MOST_TRIES):
                try:
                    with self._writing() as connection:
                        outcomes = self._sorted(connection, signed)
                        fresh = [pair for pair, new in zip(signed, outcomes, strict=True) if new is Outcome.NEW]
                        other = [e for e, new in zip(events, outcomes, strict=True) if new is Outcome.CONFLICT]
                        if fresh:
                            connection.execute(self._dialect.add, self._dialect.values(fresh))
                        refused = [*refusals, *(_conflict(event, source) for event in other)]
                        if refused:
                            connection.execute(ask.ADD_REFUSALS, tables.refusals_as_rows(refused))
                        if position is not None:
                            connection.execute(self._dialect.set_position, {"source": source, "position": position[1]})
                except sa.exc.IntegrityError:
                    # Another program stored one of them between the look and the write: now it will be seen.
                    continue
                self.look()  # what was written to a file that nobody finds again is not kept
                return outcomes
        raise StoreError("the store cannot be written: another program writes the same events; nothing was kept")

    def events(
        self, *, start_us: int | None = None, end_us: int | None = None, incident_id: str | None = None
    ) -> Iterator[Event]:
        """
        Give events by instant, those of one instant in the order of arrival.

        They are read page by page: what is stored meanwhile may be among them.

        Parameters
        ----------
        start_us, end_us
            From when, and before when. [us since 1970, UTC]
        incident_id
            Of this incident only.
        """
        at = tables.events.c
        page = sa.select(at.row, *(at[name] for name in tables.FIELDS)).order_by(at.ts_us, at.row).limit(PAGE_ROWS)
        if end_us is not None:
            page = page.where(at.ts_us < end_us)
        if incident_id is not None:
            page = page.where(at.incident_id == incident_id)
        first = page if start_us is None else page.where(at.ts_us >= start_us)
        after = page.where(sa.tuple_(at.ts_us, at.row) > sa.tuple_(sa.bindparam("ts"), sa.bindparam("after")))
        rows = self._read(first)
        while rows:
            for row in rows:
                yield Event(*row[1:])
            if len(rows) < PAGE_ROWS:
                return
            rows = self._read(after, {"ts": rows[-1].ts_us, "after": rows[-1].row})

    def last_of_units(self, before_us: int) -> list[Event]:
        """
        Give for each unit the last event before an instant that says what it does.

        Of several at one instant it is the last in `Event.order`, however they arrived.

        Parameters
        ----------
        before_us
            The instant. [us since 1970, UTC]
        """
        last: dict[str, Event] = {}
        for row in self._read(ask.LAST_OF_UNITS, {"before": before_us}):
            event = Event(*row)
            unit_id = str(event.unit_id)
            if unit_id not in last or last[unit_id].order < event.order:
                last[unit_id] = event
        return [last[unit_id] for unit_id in sorted(last)]

    def position(self, source: str) -> str | None:
        """Tell where a feed is to go on; None: it has not been read yet."""
        rows = self._read(ask.POSITION, {"source": source})
        return str(rows[0][0]) if rows else None

    def refusals(self, *, most: int = 100) -> list[Refusal]:
        """Give what was set aside last, newest first."""
        return [Refusal(*row) for row in self._read(ask.REFUSALS, {"most": most})]

    def counts(self) -> dict[str, int]:
        """Count events, what was refused, incidents and units. It reads the whole store: not for every second."""
        return dict(self._read(ask.COUNTS, patience_s=LONGEST_READ_S)[0]._mapping)  # noqa: SLF001 - public in SQLAlchemy, despite its name

    def span(self) -> tuple[int, int] | None:
        """Tell the first and the last instant of all events. [us since 1970, UTC]"""
        first, last = self._read(ask.SPAN)[0]
        return None if first is None else (first, last)

    def stored(self, event_ids: Sequence[str]) -> list[Event]:
        """Give those events that are stored under these ids."""
        found: list[Event] = []
        for start in range(0, len(event_ids), MOST_IDS):
            rows = self._read(ask.KNOWN_OF, {"ids": list(event_ids[start : start + MOST_IDS])})
            found += [Event(*row) for row in rows]
        return found

    def receipts(self, since_us: int) -> list[int]:
        """Give when the last events were received that happened since an instant, in the order of arrival."""
        rows = self._read(ask.RECEIPTS, {"since": since_us, "most": COUNTED_RECEIPTS})
        return [row[0] for row in reversed(rows)]

    def newest_us(self) -> int | None:
        """
        Tell of when the newest events are; None: there are none. [us since 1970, UTC]

        Of the thousand stored last one in twenty may be stamped later: so few wrong stamps do not shift it.
        """
        stamps = sorted(row[0] for row in self._read(ask.NEWEST_STAMPS, {"most": NEWEST}))
        return stamps[-1 - len(stamps) // 20] if stamps else None

    def sign(self, wall_ms: int) -> None:
        """
        Write a sign of life, so that it is known whether the store takes what it is given, also without events.

        Parameters
        ----------
        wall_ms
            The wall clock; the sign itself. [ms since 1970, UTC]

        Raises
        ------
        StoreError
            If the database refuses, or if the last sign is not what was written: another store is in its place.
        """
        with as_store_errors("the store cannot be written"), self._writing() as connection:
            if self._file is not None:
                # What SQLite remembers of the file would hide that it was spoilt or written over.
                connection.exec_driver_sql("PRAGMA shrink_memory").close()
            if self._signed is None:
                connection.execute(ask.FORGET_SIGNS, {"before": str(wall_ms - KEPT_SIGN_MS)})
            elif connection.execute(ask.POSITION, {"source": self._sign}).scalar() != self._signed:
                self._replaced = True
                self._refuse_gone()
            connection.execute(self._dialect.set_position, {"source": self._sign, "position": str(wall_ms)})
        self._signed = str(wall_ms)
        self.look()

    def look(self) -> None:
        """
        Look whether the store is still where it was opened.

        Raises
        ------
        StoreError
            If its file or its log was deleted, replaced or spoilt.
        """
        self._refuse_gone()
        self._spoilt = self._file is not None and not self._file.is_whole()
        self._refuse_spoilt()
        if self._file is not None and not self._file.log_is_there():
            with self._lock:
                self._save_log()
            raise StoreError(f"the store cannot be written: {GONE}", kind="gone")

    def _refuse_gone(self) -> None:
        if self._replaced:
            raise StoreError(f"the store cannot be written: {REPLACED}", kind="gone")
        if self._file is not None and not self._file.is_there():
            raise StoreError(f"the store cannot be written: {GONE}", kind="gone")
        self._refuse_spoilt()

    def _refuse_spoilt(self) -> None:
        if self._spoilt and self._file is not None and not self._file.is_whole():
            raise StoreError(f"the store cannot be written: {BROKEN}", kind="corrupt")
        self._spoilt = False

    def _save_log(self) -> None:
        """Put what a lost log holds into the file, which nobody else can do; then begin another log."""
        if self._kept is not None:
            with suppress(sa.exc.SQLAlchemyError):
                bare = self._kept.execution_options(writes=None)
                bare.exec_driver_sql("PRAGMA wal_checkpoint(FULL)").close()
        self._let_go()
        self._engine.dispose()

    def forget(self, before_us: int) -> int:
        """
        Delete what happened, or was refused, before an instant.

        In SQLite the deleted text is overwritten, in the log too. What is sent again after this is new.

        Parameters
        ----------
        before_us
            The instant. [us since 1970, UTC]

        Returns
        -------
        How many events were deleted.
        """
        gone = 0
        while n := self.forget_some(before_us):
            gone += n
        self.wipe_log()
        return gone

    def forget_some(self, before_us: int) -> int:
        """Delete the oldest of what happened before an instant [us since 1970, UTC], and say how many events."""
        with as_store_errors("the store cannot forget, and nothing was deleted"), self._writing() as connection:
            gone = connection.execute(ask.FORGET_EVENTS, {"before": before_us, "most": FORGOTTEN_AT_ONCE}).rowcount
            connection.execute(ask.FORGET_REFUSALS, {"before": before_us})
        return gone

    def wipe_log(self) -> None:
        """See to it that what was deleted does not stand in SQLite's log either."""
        if self._engine.dialect.name == "sqlite":
            with (
                as_store_errors("what was deleted may still stand in the store's log"),
                self._lock,
                self._engine.connect() as log,
            ):
                log.execution_options(writes=None).exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Let go of the database. A store that was closed cannot be used."""
        self._closed = True
        # A commit that hangs keeps the lock; whoever ends the service does not wait for it.
        if self._lock.acquire(timeout=CLOSING_S):
            try:
                self._let_go()
            finally:
                self._lock.release()
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Hold the one connection that writes, in a transaction. After any fault the next writer has another."""
        with self._lock:
            self._refuse_closed()
            self._refuse_gone()
            opening = self._kept is None
            if self._kept is None:
                self._kept = self._engine.connect().execution_options(writes=True)
            try:
                with self._kept.begin():
                    if opening and self._file is not None:
                        self._file.log_opened()
                    yield self._kept
            except BaseException:
                self._let_go()
                raise

    def _let_go(self) -> None:
        kept, self._kept = self._kept, None
        if self._file is not None:
            self._file.log_closed()
        if kept is not None:
            kept.close()

    def _read(
        self,
        statement: sa.Executable,
        values: Mapping[str, object] | None = None,
        *,
        patience_s: float | None = None,
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        self._refuse_closed()
        with as_store_errors("the store cannot be read"), self._engine.connect() as connection:
            if patience_s is None:
                return connection.execute(statement, values).all()
            with waiting_for(connection, patience_s):
                return connection.execute(statement, values).all()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError("the store is closed: open it again")

    def _sorted(self, connection: Connection, signed: Sequence[tuple[Event, str]]) -> list[Outcome]:
        """Tell new events from those that are there, or stood before in the same batch."""
        ids = [event.event_id for event, _ in signed]
        known: dict[str, str] = {}
        for start in range(0, len(ids), MOST_IDS):
            known.update(connection.execute(self._dialect.known, {"ids": ids[start : start + MOST_IDS]}).all())
        outcomes = []
        for event, digest in signed:
            there = known.get(event.event_id)
            if there is None:
                known[event.event_id] = digest
                outcomes.append(Outcome.NEW)
            else:
                outcomes.append(Outcome.DUPLICATE if there == digest else Outcome.CONFLICT)
        return outcomes


def _conflict(event: Event, source: str) -> Refusal:
    """Set aside an event whose id another has."""
    said = {name: value for name, value in zip(tables.FIELDS, tables.said(event), strict=True) if value is not None}
    reason = f"event_id {event.event_id} is stored already with other content: the first stays"
    text = json.dumps(said)[:LONGEST_KEPT]
    return Refusal(event.received_us, source, None, OTHER_CONTENT, reason, event.event_id, text)
