"""What a database can refuse, told without what it holds and without how it is entered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fireplan.errors import FireplanError, InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = "there is no room on the disk: make room, then send again"
READ_ONLY = "it may only be read: let this user write to it, and to its folder"
LOCKED = "another program holds it: close that program, or try again"
BROKEN = "its disk or its file is faulty: put back a copy, or begin a new store"
AWAY = "the database cannot be reached: see that it runs"

GONE = "its file was deleted or replaced: put it back, or start the service anew"
REPLACED = "it is not the store that was opened: another was put in its place: start the service anew"
TABLES_GONE = "its tables are not there any more: put back a copy and start the service anew, or begin a new store"
NOT_OPENED = "its file cannot be opened: see that its folder is there and that this user may write in it"

_SQLITE = {8: READ_ONLY, 5: LOCKED, 6: LOCKED, 10: BROKEN, 11: BROKEN, 13: FULL, 14: NOT_OPENED, 26: BROKEN}
"""Reason by the low byte of an SQLite error code."""

_SQLITE_NO_ROOM_TO_SHARE = 4874
"""Whole error code of a full disk on which the index of the write-ahead log cannot grow: nothing is faulty."""

_POSTGRES = {
    "53100": FULL,
    "53200": "the database has no memory left",
    "25006": READ_ONLY,
    "42501": "this user has no right to it: GRANT it",
    "55P03": LOCKED,
    "40P01": LOCKED,
    "57014": "the database took too long: see what else it does, and whether its disk answers",
}
_WITHOUT_TABLES = ("42P01", "3F000")
_POSTGRES_AWAY = ("08", "57P", "53300")
"""How the codes of a connection that is lost or not granted begin."""


_KINDS = {FULL: "full", LOCKED: "locked", BROKEN: "corrupt", GONE: "gone", REPLACED: "gone", TABLES_GONE: "gone"}


class StoreError(FireplanError, OSError):
    """
    The store could not do what it was asked; nothing of it is acknowledged, and it can be asked again.

    Attributes
    ----------
    kind
        How the store is: "unreachable", "full", "locked", "corrupt" or "gone"; "": it is well, but refused this.
    """

    def __init__(self, said: str, *, kind: str = "") -> None:
        super().__init__(said)
        self.kind = kind


@contextmanager
def as_store_errors(doing: str) -> Iterator[None]:
    """
    Raise what a database refuses as our own error.

    The database's own error is left out of the traceback, for it may hold rows.

    Parameters
    ----------
    doing
        What was tried, as `the store cannot be written`.

    Raises
    ------
    StoreError
        With the reason and its mend.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        reason = TABLES_GONE if _without_tables(error) else reason_of(error)
        raise StoreError(f"{doing}: {reason}", kind=_kind_of(error, reason)) from None


def _without_tables(error: sa.exc.SQLAlchemyError) -> bool:
    cause = getattr(error, "orig", None)
    return str(cause).startswith("no such table") or getattr(cause, "sqlstate", None) in _WITHOUT_TABLES


def _kind_of(error: sa.exc.SQLAlchemyError, reason: str) -> str:
    """Tell how a store is that refused; "": it is what was asked that was wrong."""
    if reason in _KINDS:
        return _KINDS[reason]
    of_the_rows = isinstance(error, sa.exc.DataError | sa.exc.IntegrityError)
    of_the_store = isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError)
    return "unreachable" if of_the_store and not of_the_rows else ""


def reason_of(error: sa.exc.SQLAlchemyError) -> str:
    """Say why a database refused, in words that hold nothing of its rows or of its password."""
    cause = getattr(error, "orig", None)
    code, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    if isinstance(code, int):
        full = code == _SQLITE_NO_ROOM_TO_SHARE
        return FULL if full else _SQLITE.get(code & 0xFF, quoted(cause, limit=160))
    if state in _POSTGRES:
        return _POSTGRES[state]
    if isinstance(error, sa.exc.TimeoutError):
        return "too many ask it at the same time"
    # Without a code, PostgreSQL's driver speaks of the connection; and then not in words of the server's.
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    if lost or str(state).startswith(_POSTGRES_AWAY) or (not state and isinstance(error, sa.exc.OperationalError)):
        return AWAY
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    # An error of data repeats what it stumbled over.
    tells = primary and not isinstance(error, sa.exc.DataError)
    return quoted(primary, limit=160) if tells else type(cause or error).__name__


def parsed_url(url: str) -> sa.URL:
    """
    Read a database's URL.

    Raises
    ------
    InputError
        If it is none. The text is not repeated: it may hold a password.
    """
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise InputError(
            "the database URL cannot be read: write sqlite:///folder/file.db, or postgresql://user@host/database",
        ) from None


def masked(url: sa.URL) -> str:
    """Show a URL in a message: who and where, without password or options."""
    return quoted(url.set(query={}).render_as_string(hide_password=True), limit=120)
